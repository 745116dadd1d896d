"""The actions' forms, their words and their icons."""

from collections.abc import Iterator

from homeassistant.helpers import config_validation as cv
from homeassistant.helpers import selector
import voluptuous as vol

from .files import Tree, parts, shape, text

FIELD = vol.Schema(
    parts(
        advanced=bool,
        default=object,
        example=object,
        # Home Assistant's own check of these imports every kind of entity, with
        # libraries that only its container has.
        filter=parts(attribute={str: [text()]}, supported_features=[text()]),
        required=bool,
        selector=selector.validate_selector,
    )
)
SECTION = vol.Schema(
    {vol.Required("fields"): {str: FIELD}, vol.Optional("collapsed"): bool}
)


def field(value: dict[str, object]) -> object:
    """Validate a field, or a section of fields."""
    return (SECTION if "fields" in value else FIELD)(value)


SERVICES = vol.Schema(
    {
        cv.slug: vol.Any(
            None,
            parts(
                fields={str: vol.All(dict, field)},
                target=vol.Any(None, selector.TargetSelector.CONFIG_SCHEMA),
            ),
        )
    }
)


def forms(tree: Tree) -> Iterator[str]:
    """Check the form of services.yaml."""
    yield from shape(tree.name(tree.folder / "services.yaml"), SERVICES, tree.services)


def forms_have_words(tree: Tree) -> Iterator[str]:
    """Check that each action and each of its fields has words and an icon."""
    known = tree.english.get("services", {})
    for content, path in (
        (tree.english, "translations/en.json"),
        (tree.icons, "icons.json"),
    ):
        for action in sorted(content.get("services", {}).keys() - tree.services):
            name = tree.name(tree.folder / path)
            yield f"{name}: services.{action} is not in services.yaml: remove it"
    name = tree.name(tree.folder / "services.yaml")
    for action, form in tree.services.items():
        said = known.get(action)
        if said is None:
            yield f"{name}: {action} has no words: add services.{action} to en.json"
            continue
        if action not in tree.icons.get("services", {}):
            yield f"{name}: {action} has no icon: add services.{action} to icons.json"
        fields = (form or {}).get("fields", {})
        inner = {key for part in fields.values() for key in part.get("fields", ())}
        outer = {key for key, part in fields.items() if "fields" not in part}
        for kind, keys in (
            ("fields", inner | outer),
            ("sections", fields.keys() - outer),
        ):
            for key in sorted(keys ^ said.get(kind, {}).keys()):
                yield (
                    f"{name}: {action}: {key} stands only here or only in en.json"
                    f" under services.{action}.{kind}: make them equal"
                )
