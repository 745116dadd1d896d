"""A tree's files, read with Home Assistant's own readers."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cached_property
import json
from pathlib import Path
from typing import Any

from homeassistant.exceptions import HomeAssistantError
from homeassistant.util.json import json_loads_object
from homeassistant.util.yaml import load_yaml_dict
import voluptuous as vol

# The validation library's codes, and what to do about them.
ADVICE = {
    "extra_keys_not_allowed": "is not known here: remove it",
    "required": "is missing: add it",
}


class Unreadable(Exception):
    """A file is missing or can't be parsed; the text is the whole problem."""


@dataclass(frozen=True)
class Tree:
    """The project's tree, or a copy of it."""

    root: Path

    @cached_property
    def folder(self) -> Path:
        """The one integration's folder."""
        found = sorted(
            path
            for path in (self.root / "custom_components").glob("[!._]*")
            if path.is_dir()
        )
        if len(found) != 1:
            names = ", ".join(path.name for path in found) or "none"
            raise Unreadable(
                f"custom_components: holds {names}, but only one folder is installed:"
                " keep exactly one"
            )
        return found[0]

    @cached_property
    def manifest(self) -> dict[str, Any]:
        """The integration's manifest."""
        return self.json(self.folder / "manifest.json")

    @cached_property
    def english(self) -> dict[str, Any]:
        """The English texts, which have to be complete."""
        return self.json(self.folder / "translations" / "en.json")

    @cached_property
    def icons(self) -> dict[str, Any]:
        """The icons; a tree may have none."""
        path = self.folder / "icons.json"
        return self.json(path) if path.exists() else {}

    @cached_property
    def services(self) -> dict[str, Any]:
        """The actions' forms; a tree may have none."""
        path = self.folder / "services.yaml"
        return self.yaml(path) if path.exists() else {}

    @cached_property
    def quality(self) -> dict[str, Any]:
        """The answers to the quality scale."""
        return self.yaml(self.folder / "quality_scale.yaml")

    def json(self, path: Path) -> dict[str, Any]:
        """Read a JSON object."""
        read: dict[str, Any] = self._read(_json, path)
        return read

    def yaml(self, path: Path) -> dict[str, Any]:
        """Read a YAML mapping."""
        return self._read(lambda path: load_yaml_dict(str(path)), path)

    def name(self, path: Path) -> str:
        """Name a file as seen from the tree's root."""
        return path.relative_to(self.root).as_posix()

    def _read[T](self, read: Callable[[Path], T], path: Path) -> T:
        if not path.is_file():
            raise Unreadable(f"{self.name(path)}: is missing: add it")
        try:
            return read(path)
        except (HomeAssistantError, ValueError) as error:
            # The parser's text has line breaks and names the path once more.
            cause = " ".join(str(error).replace(str(path), "it").split())
            raise Unreadable(
                f"{self.name(path)}: can't be read, correct it: {cause}"
            ) from error


def _json(path: Path) -> dict[str, Any]:
    text = path.read_bytes()
    read: dict[str, Any] = json_loads_object(text)
    json.loads(text, object_pairs_hook=_once)
    return read


def _once(pairs: list[tuple[str, object]]) -> None:
    """Refuse a key that stands in an object twice: only the last would count."""
    keys = [key for key, _ in pairs]
    for key in keys:
        if keys.count(key) > 1:
            raise ValueError(f"{key} stands in one object twice")


def shape(name: str, schema: vol.Schema, content: object) -> Iterator[str]:
    """Yield a problem for each place where the content breaks the schema."""
    try:
        schema(content)
    except vol.MultipleInvalid as invalid:
        for error in invalid.errors:
            place = ".".join(str(step) for step in error.path)
            advice = ADVICE.get(error.code, error.msg)
            yield f"{name}: {place} {advice}" if place else f"{name}: {advice}"


def text(
    message: str = "must be a text that is not empty",
    holds: Callable[[str], object] = bool,
) -> Callable[[object], str]:
    """Return a validator of a text for which something holds."""

    def check(value: object) -> str:
        if not isinstance(value, str) or not holds(value):
            raise vol.Invalid(message)
        return value

    return check


def parts(**shapes: object) -> dict[object, object]:
    """Return a schema's mapping in which every key may be left out."""
    return {vol.Optional(key): value for key, value in shapes.items()}
