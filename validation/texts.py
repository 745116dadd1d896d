"""Translations and icons."""

from collections.abc import Callable, Iterator
from pathlib import Path
import re
from string import Formatter
from typing import Any

from homeassistant.generated.languages import LANGUAGES
from homeassistant.helpers import config_validation as cv
from homeassistant.util.json import json_loads_array
import voluptuous as vol

from .files import Tree, Unreadable, parts, shape, text

ADDRESS = re.compile(
    r"\b(?:(?:ftps?|scp|https?|mqtts?|socket|socks5)://|www\.)[a-z0-9.-]+\.[a-z]{2}",
    re.IGNORECASE,
)
QUOTED = re.compile(r"'{\w*}'")
KEY = re.compile(r"[a-z0-9]+([_-][a-z0-9]+)*")
MDI = re.compile(r"mdi:[a-z0-9]+(-[a-z0-9]+)*")
# The languages that every text is written in; there may be more.
WRITTEN = ("en", "de", "fr", "it")
# A text of so many words is translated; a shorter one may be the same word.
SENTENCE = 4
# Home Assistant's own list, with the frontend that the demo shows.
ICON_LIST = "lib/python3*/site-packages/hass_frontend/static/mdi/iconList.json"

type Shape = Callable[..., object] | dict[Any, Any]


def placeholders(value: str) -> set[str]:
    """Return the names in braces; raises ValueError for a brace without partner."""
    return {name for _, name, _, _ in Formatter().parse(value) if name is not None}


def words(value: object) -> str:
    """Validate one text as hassfest does."""
    said = cv.string_with_no_html(value)
    if said != said.strip():
        raise vol.Invalid("begins or ends with a blank: remove it")
    if ADDRESS.search(said):
        raise vol.Invalid("holds an address: pass it as a placeholder")
    if QUOTED.search(said):
        raise vol.Invalid("quotes a placeholder with ': use another quote or none")
    if "[%" in said:
        raise vol.Invalid("refers to another text, which only core can: write it out")
    try:
        names = placeholders(said)
    except ValueError as error:
        raise vol.Invalid(f"has a brace without partner: {error}") from error
    if not all(name.isidentifier() for name in names):
        raise vol.Invalid("has a placeholder that is no name: use a-z, 0-9 and _")
    return str(said)


def plain(value: object) -> str:
    """Validate a text that Home Assistant shows without filling placeholders in."""
    said = words(value)
    if placeholders(said):
        raise vol.Invalid("is shown without placeholders: remove them")
    return said


def key(value: str) -> str:
    """Validate a translation key."""
    if not KEY.fullmatch(value):
        raise vol.Invalid(
            f"has the key {value}: use a-z, 0-9 and single _ or - between"
        )
    return value


def keyed(value: Shape) -> Shape:
    """Return a mapping from translation keys."""
    return cv.schema_with_slug_keys(value, slug_validator=key)


def described(step: dict[str, dict[str, str]]) -> dict[str, dict[str, str]]:
    """Validate that only fields that exist are described."""
    stale = step.get("data_description", {}).keys() - step.get("data", {}).keys()
    if stale:
        names = ", ".join(sorted(stale))
        raise vol.Invalid(f"describes {names} in data_description but not in data")
    return step


FIELDS = {"data": {str: words}, "data_description": {str: words}}
SECTION = vol.All(parts(name=words, description=words, **FIELDS), described)
STEP = vol.All(
    parts(
        title=words,
        description=words,
        submit=words,
        menu_options={str: words},
        menu_option_descriptions={str: words},
        sections={str: SECTION},
        **FIELDS,
    ),
    described,
)


def flow(**more: object) -> dict[object, object]:
    """Return the shape of a flow's texts."""
    named = {"error", "abort", "progress", "create_entry"}
    return {
        vol.Required("step"): {str: STEP},
        **parts(flow_title=words, **{key: {str: words} for key in sorted(named)}),
        **parts(**more),
    }


def explained(**more: object) -> Shape:
    """Return the shape of a trigger's, a condition's or an action's texts."""
    field = {
        vol.Required("name"): words,
        vol.Optional("description"): words,
        vol.Optional("example"): words,
    }
    return {
        vol.Required("name"): words,
        vol.Required("description"): words,
        **parts(fields=keyed(field), **more),
    }


ENTITY = parts(
    name=words,
    state=keyed(plain),
    state_attributes=keyed(parts(name=plain, state=keyed(plain))),
    unit_of_measurement=plain,
)
ISSUE = vol.Any(
    {vol.Required("title"): words, vol.Required("description"): words},
    {vol.Required("title"): words, vol.Required("fix_flow"): flow()},
)
TRANSLATIONS = vol.Schema(
    parts(
        title=words,
        conditions=keyed(explained()),
        config=flow(initiate_flow={vol.Required("user"): words}),
        config_subentries=keyed(
            {
                vol.Required("entry_type"): words,
                vol.Required("initiate_flow"): {
                    vol.Required("user"): words,
                    str: words,
                },
                **flow(),
            }
        ),
        device=keyed(parts(name=words)),
        device_automation={str: {str: words}},
        entity=keyed(keyed(ENTITY)),
        exceptions=keyed({vol.Required("message"): words}),
        issues={str: ISSUE},
        options=flow(),
        selector=keyed(
            parts(
                choices=keyed(words),
                fields=keyed(vol.Any(words, {str: words})),
                options=keyed(words),
                unit_of_measurement=keyed(words),
            )
        ),
        services=keyed(
            explained(
                sections=keyed(
                    {vol.Required("name"): words, vol.Optional("description"): words}
                )
            )
        ),
        system_health=parts(info=keyed(words)),
        triggers=keyed(explained()),
    )
)
ICON = text("must be an icon's name, as mdi:flash", MDI.fullmatch)
STATES = parts(default=ICON, state=keyed(ICON))
STEP_ICONS = {"step": {str: parts(section={str: ICON}, sections={str: ICON})}}
ICONS = vol.Schema(
    parts(
        conditions=keyed({vol.Required("condition"): ICON}),
        config=STEP_ICONS,
        entity=keyed(
            keyed(
                parts(
                    default=ICON,
                    range={str: ICON},
                    state=keyed(ICON),
                    state_attributes=keyed(STATES),
                )
            )
        ),
        issues={str: {"fix_flow": STEP_ICONS}},
        options=STEP_ICONS,
        services=keyed(parts(service=ICON, sections=keyed(ICON))),
        triggers=keyed({vol.Required("trigger"): ICON}),
    )
)


def flat(content: object, path: str = "") -> dict[str, str]:
    """Return the texts of nested mappings by their dotted path."""
    if not isinstance(content, dict):
        return {path: str(content)}
    return {
        key: said
        for name, part in content.items()
        for key, said in flat(part, f"{path}.{name}" if path else name).items()
    }


def is_sentence(said: str) -> bool:
    """Whether a text is long enough to be translated and isn't a product's name."""
    found = re.findall(r"[^\W\d_]+", re.sub(r"{\w*}", "", said))
    return len(found) >= SENTENCE and any(word.islower() for word in found)


def translations(tree: Tree) -> Iterator[str]:
    """Check the form of every language's file."""
    folder = tree.folder / "translations"
    written = {folder / f"{language}.json" for language in WRITTEN}
    for path in sorted(written.union(folder.glob("*"))):
        name = tree.name(path)
        if path.suffix != ".json" or path.stem not in LANGUAGES:
            yield f"{name}: Home Assistant has no such language: rename or remove it"
        else:
            yield from shape(name, TRANSLATIONS, tree.json(path))
    strings = tree.folder / "strings.json"
    if strings.exists():
        yield f"{tree.name(strings)}: only core has it: move it to translations/"


def languages(tree: Tree, folder: str = "translations") -> Iterator[str]:
    """Check that every language says the same with the same placeholders."""
    source = tree.folder / folder / "en.json"
    english = flat(tree.json(source))
    for path in sorted(source.parent.glob("*.json")):
        name, other = tree.name(path), flat(tree.json(path))
        for key in sorted(english.keys() - other.keys()):
            yield f"{name}: {key} is missing: translate it from en.json"
        for key in sorted(other.keys() - english.keys()):
            yield f"{name}: {key} is not in en.json: remove it"
        for key in sorted(english.keys() & other.keys()):
            if "'" in other[key]:
                yield f"{name}: {key} has a straight apostrophe: use a curly one"
            if placeholders(other[key]) != placeholders(english[key]):
                wanted = ", ".join(sorted(placeholders(english[key]))) or "none"
                yield f"{name}: {key} has other placeholders than en.json: use {wanted}"
            if path != source and (
                other[key] == english[key] and is_sentence(english[key])
            ):
                yield f"{name}: {key} is still English: translate it"


def icons(tree: Tree) -> Iterator[str]:
    """Check the form of icons.json."""
    yield from shape(tree.name(tree.folder / "icons.json"), ICONS, tree.icons)


def icons_belong(tree: Tree) -> Iterator[str]:
    """Check that what has an icon has a name, and its states are known."""
    name = tree.name(tree.folder / "icons.json")
    for platform, entities in tree.icons.get("entity", {}).items():
        for key, icon in entities.items():
            named = tree.english.get("entity", {}).get(platform, {}).get(key)
            place = f"{name}: entity.{platform}.{key}"
            if named is None:
                yield f"{place} has no name in en.json: remove it"
            elif "state" in named:
                stale = icon.get("state", {}).keys() - named["state"].keys()
                for state in sorted(stale):
                    yield f"{place}.state.{state} is no state in en.json: remove it"
    for kind in ("conditions", "triggers"):
        stale = tree.icons.get(kind, {}).keys() - tree.english.get(kind, {}).keys()
        for key in sorted(stale):
            yield f"{name}: {kind}.{key} has no name in en.json: remove it"


def icons_exist(tree: Tree) -> Iterator[str]:
    """Check the icons' names against the frontend's list."""
    newest = Path(__file__).parent.parent / ".venv-newest"
    path = next(newest.glob(ICON_LIST), None)
    if path is None:
        raise Unreadable(f"{newest.name}: has no frontend: run scripts/setup")
    known = {f"mdi:{icon['name']}" for icon in json_loads_array(path.read_bytes())}  # type: ignore[call-overload,index]  # each is an object
    for key, icon in flat(tree.icons).items():
        if icon not in known:
            name = tree.name(tree.folder / "icons.json")
            yield f"{name}: {key}: there is no icon {icon}: choose another"
