"""Home Assistant's quality scale."""

from collections.abc import Iterator

import voluptuous as vol

from .files import Tree, shape, text

# Developer documents, integration quality scale, November 2026.
RULES = {
    "bronze": [
        "action-setup",
        "appropriate-polling",
        "brands",
        "common-modules",
        "config-flow",
        "config-flow-test-coverage",
        "dependency-transparency",
        "docs-actions",
        "docs-conditions",
        "docs-high-level-description",
        "docs-installation-instructions",
        "docs-removal-instructions",
        "docs-triggers",
        "entity-event-setup",
        "entity-unique-id",
        "has-entity-name",
        "runtime-data",
        "test-before-configure",
        "test-before-setup",
        "unique-config-entry",
    ],
    "silver": [
        "action-exceptions",
        "config-entry-unloading",
        "docs-configuration-parameters",
        "docs-installation-parameters",
        "entity-unavailable",
        "integration-owner",
        "log-when-unavailable",
        "parallel-updates",
        "reauthentication-flow",
        "test-coverage",
    ],
    "gold": [
        "devices",
        "diagnostics",
        "discovery",
        "discovery-update-info",
        "docs-data-update",
        "docs-examples",
        "docs-known-limitations",
        "docs-supported-devices",
        "docs-supported-functions",
        "docs-troubleshooting",
        "docs-use-cases",
        "dynamic-devices",
        "entity-category",
        "entity-device-class",
        "entity-disabled-by-default",
        "entity-translations",
        "exception-translations",
        "icon-translations",
        "reconfiguration-flow",
        "repair-issues",
        "stale-devices",
    ],
    "platinum": ["async-dependency", "inject-websession", "strict-typing"],
}


WITH_COMMENT = vol.Schema(
    {
        vol.Required("status"): vol.In(["done", "todo", "exempt"]),
        vol.Required("comment"): text(),
    }
)


def answer(value: object) -> object:
    """Validate the answer to one rule: done, or todo or exempt with a comment."""
    if value in ("todo", "exempt"):
        raise vol.Invalid(f"is {value} without a comment: say what is missing or why")
    if value != "done" and not isinstance(value, dict):
        raise vol.Invalid("must be done, or a status (todo, exempt) with a comment")
    return value if value == "done" else WITH_COMMENT(value)


QUALITY = vol.Schema(
    {
        vol.Required("rules"): {
            vol.Required(rule): answer for rules in RULES.values() for rule in rules
        }
    }
)


def answers(tree: Tree) -> Iterator[str]:
    """Check that every rule of the scale is answered."""
    yield from shape(
        tree.name(tree.folder / "quality_scale.yaml"), QUALITY, tree.quality
    )


def claim(tree: Tree) -> Iterator[str]:
    """Check that the manifest claims no tier with an open rule."""
    claimed = tree.manifest.get("quality_scale")
    if claimed not in RULES:
        return
    name = tree.name(tree.folder / "quality_scale.yaml")
    for tier, rules in RULES.items():
        for rule in rules:
            given = tree.quality["rules"][rule]
            status = given if isinstance(given, str) else given["status"]
            if status == "todo":
                yield (
                    f"{name}: rules.{rule} is todo, but the manifest claims {claimed}:"
                    " do it or claim less"
                )
        if tier == claimed:
            return


def evidence(tree: Tree) -> Iterator[str]:
    """Check that what is done can be seen: the files and tests that show it are there.

    Only in the project's own tree; a release holds neither documents nor tests.
    """
    path = tree.root / "validation" / "evidence.yaml"
    if not path.exists():
        return
    shown, here = tree.yaml(path), tree.name(path)
    for rule, given in tree.quality["rules"].items():
        status = given if isinstance(given, str) else given["status"]
        if status == "done" and not shown.get(rule):
            yield f"{here}: {rule} is missing: name what shows that it is done"
        for one in shown.get(rule, ()):
            name, _, needle = one.partition(": ")
            file = tree.root / name
            if not file.is_file():
                yield f"{here}: {rule} rests on {name}, which is missing"
            elif needle and needle not in file.read_text(encoding="utf-8"):
                yield f"{here}: {rule} rests on {needle}, missing in {name}"
