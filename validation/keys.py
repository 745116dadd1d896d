"""Texts that the Python files ask for, and texts that nobody asks for."""

import ast
from collections.abc import Iterator, Mapping
from itertools import chain
from typing import Any

from homeassistant import const

from .files import Tree
from .sources import nodes

# CONF_HOST is the name of the field "host", in Home Assistant and here.
FORMS = ("flow", "form")
CONF = "CONF_"
ABORT_KEYS = {"reason", "error"}
ABORTS = {
    "async_abort",
    "_abort_if_unique_id_configured",
    "_abort_if_unique_id_mismatch",
}
# What Home Assistant itself says in flows that call these.
SAID_BY_CORE = {
    "_abort_if_unique_id_configured": "already_configured",
    "_abort_if_unique_id_mismatch": "unique_id_mismatch",
    "async_set_unique_id": "already_in_progress",
    "async_update_and_abort": "reconfigure_successful",
    "async_update_reload_and_abort": "reconfigure_successful",
}
# Under these stand names that the code knows. What actions, triggers and conditions
# say is compared with their own files.
NAMED = {
    "abort",
    "config_subentries",
    "create_entry",
    "data",
    "data_description",
    "error",
    "exceptions",
    "info",
    "initiate_flow",
    "issues",
    "menu_option_descriptions",
    "menu_options",
    "progress",
    "sections",
    "selector",
    "state",
    "step",
}


def _under(content: Mapping[str, Any], kind: str) -> set[str]:
    """Return the names directly under a key, wherever the key stands."""
    found: set[str] = set()
    for name, part in content.items():
        if isinstance(part, dict):
            found |= _under(part, kind) | (part.keys() if name == kind else set())
    return found


def _constants(*parts: ast.AST) -> Iterator[str]:
    """Yield the texts that an expression can be."""
    for node in chain.from_iterable(map(ast.walk, parts)):
        if isinstance(node, ast.Constant) and isinstance(node.value, str):
            yield node.value


def _call(called: str, keywords: list[ast.keyword]) -> Iterator[tuple[str, str]]:
    """Yield the kind and key of each text that a call asks for."""
    given = {word.arg: word.value for word in keywords}
    aborts = [given[key] for key in ABORT_KEYS & given.keys() if called in ABORTS]
    yield from (("abort", key) for key in _constants(*aborts))
    if not aborts and called in SAID_BY_CORE:
        yield "abort", SAID_BY_CORE[called]
    for word, kind in (("step_id", "step"), ("translation_key", "")):
        if isinstance(value := given.get(word), ast.Constant | ast.IfExp):
            yield from ((kind, key) for key in _constants(value))


def _asked(node: ast.AST, *, in_flow: bool) -> Iterator[tuple[str, str]]:
    """Yield the kind and key of each text that a piece of code asks for."""
    match node:
        case ast.Call(
            func=ast.Attribute(attr="Required" | "Optional"),
            args=[ast.Name(id=field)],
        ) if in_flow and field.startswith(CONF):
            yield "data", field.removeprefix(CONF).lower()
        case ast.Call(func=ast.Attribute(attr=called) | ast.Name(id=called)):
            yield from _call(called, node.keywords)
        case ast.Assign(targets=[ast.Name(id="_attr_translation_key")]):
            yield from (("entity", key) for key in _constants(node.value))
        case ast.Dict(keys=[ast.Constant(value="base")], values=[value]):
            yield from (("error", key) for key in _constants(value))
        case ast.Assign(
            targets=[ast.Subscript(value=ast.Name(id="errors"))], value=value
        ):
            yield from (("error", key) for key in _constants(value))
        # A flow's function that returns a text, alone or for a field, means an error.
        case ast.Return(
            value=ast.Constant(value=str(key))
            | ast.Dict(values=[ast.Constant(value=str(key))])
        ) if in_flow:
            yield "error", key


def asked(tree: Tree) -> Iterator[str]:
    """Check that each text which the code names is there."""
    known = {kind: _under(tree.english, kind) for kind in ("abort", "error", "step")}
    entities = tree.english.get("entity", {}).values()
    known["entity"] = {key for platform in entities for key in platform}
    known[""] = known["entity"].union(
        *(tree.english.get(part, {}) for part in ("exceptions", "issues", "selector"))
    )
    known["data"] = _under(tree.english, "data") | _under(tree.english, "sections")
    for path, node in nodes(tree, "*.py"):
        for kind, key in _asked(node, in_flow=path.stem.endswith(FORMS)):
            if key not in known[kind]:
                what = f"{kind} {key}".strip()
                yield f"{tree.name(path)}: {what} has no words: add it to en.json"


def _names(content: Mapping[str, Any], place: str = "") -> Iterator[tuple[str, str]]:
    """Yield the path and the name of everything that is named by us."""
    for kind, part in content.items():
        if not isinstance(part, dict):
            continue
        here = f"{place}{kind}."
        chosen = place and kind == "options"
        if not (kind in NAMED or place == "entity." or chosen):
            yield from _names(part, here)
            continue
        for name, inner in part.items():
            yield f"{here}{name}", name
            if isinstance(inner, dict):
                yield from _names(inner, f"{here}{name}.")


def _chosen(form: Mapping[str, Any]) -> Iterator[str]:
    """Yield the names of the selectors whose words the actions' forms show."""
    for name, part in form.items():
        if name == "translation_key":
            yield part
        elif isinstance(part, dict):
            yield from _chosen(part)


def _vocabulary(tree: Tree) -> set[str]:
    """Return every name and text in the code that a key can be made of."""
    words = set(_chosen(tree.services))
    for path, node in nodes(tree):
        words.add(path.stem)
        words |= {key for _, key in _asked(node, in_flow=False)}
        match node:
            case ast.Constant(value=str(word)):
                words.add(word)
            case ast.FunctionDef(name=name) | ast.AsyncFunctionDef(name=name):
                words.add(name.removeprefix("async_step_"))
            case ast.ImportFrom(module="homeassistant.const", names=names):
                values = (getattr(const, alias.name, None) for alias in names)
                words |= {value for value in values if isinstance(value, str)}
    return words


def unasked(tree: Tree) -> Iterator[str]:
    """Check that the code knows each name which stands in a key."""
    words = _vocabulary(tree)
    # As f"port_closed_{family}", or f"{quantity}_phase".
    ends = {word for word in words if word.startswith("_")}
    starts = {word for word in words if word.endswith("_")}
    name = tree.name(tree.folder / "translations" / "en.json")

    def known(key: str) -> bool:
        return (
            key in words
            or any(key.endswith(end) and key.removesuffix(end) in words for end in ends)
            or any(
                key.startswith(start) and key.removeprefix(start) in words
                for start in starts
            )
        )

    for place, key in _names(tree.english):
        if not known(key):
            yield f"{name}: {place} is named nowhere in the code: remove it"
