"""The texts of the sentences of reasons, in every language and beside the engine."""

from collections.abc import Iterator
import runpy
from typing import Any

import voluptuous as vol

from .files import Tree, shape, text
from .texts import WRITTEN, languages, placeholders, words

# What stands for a countdown, and for the time of its end.
LEFT, UNTIL = "left", "until"
UNITS = ("W", "kW", "A", "kWh", "percent", "price", "s", "min", "h")


def each(*names: str) -> dict[object, object]:
    """Return the shape of a table with a text for each of these names."""
    return {vol.Required(name): words for name in names}


TEXTS = vol.Schema(
    {
        vol.Required("sentence"): each("with_tail", "without_tail"),
        vol.Required("decimal"): text(),
        vol.Required("units"): each(*UNITS),
        vol.Required("times"): each("today", "tomorrow", "week", "later"),
        vol.Required("weekdays"): each(*"1234567"),
        vol.Required("phases"): each(*"123"),
        vol.Required("tails"): {str: words},
        vol.Required("still"): {str: words},
        # What the cards say besides; frontend/ reads it.
        vol.Required("cards"): {str: words},
    }
)


def forms_of_sentences(tree: Tree) -> Iterator[str]:
    """Check the form of every language's file."""
    folder = tree.folder / "texts"
    written = {folder / f"{language}.json" for language in WRITTEN}
    for path in sorted(written.union(folder.glob("*"))):
        if path in written:
            yield from shape(tree.name(path), TEXTS, tree.json(path))
        else:
            yield f"{tree.name(path)}: is read by nobody: remove it"


def told_alike(tree: Tree) -> Iterator[str]:
    """Check that every language has the same tails with the same placeholders."""
    yield from languages(tree, "texts")


def named_figures(tree: Tree) -> Iterator[str]:
    """Check that each tail is of a reason, and names what the engine gives for it."""
    path = tree.folder / "texts" / "en.json"
    name, english = tree.name(path), tree.json(path)
    # The engine's own list, of this tree; its module imports nothing of ours.
    engine = runpy.run_path(str(tree.folder / "engine" / "charging" / "reason.py"))
    reasons = {str(reason) for reason in engine["Reason"]}
    figures = {str(key): set(kinds) for key, kinds in engine["FIGURES"].items()}
    for key in sorted(figures.keys() - english["tails"].keys()):
        yield f"{name}: tails.{key} is missing: add it, empty for a reason without tail"
    for table in ("tails", "still"):
        for key, tail in english[table].items():
            place = f"{name}: {table}.{key}"
            if key not in reasons:
                yield f"{place} is no reason of the engine: remove it"
                continue
            known = figures.get(key, set())
            for figure in sorted(_figures(table, tail) - known):
                yield f"{place} names {figure}, which its reason does not give"
    yield from _counted(name, english)


def _figures(table: str, tail: str) -> set[str]:
    """Return the figures that a tail needs; a countdown needs its end."""
    named = placeholders(tail)
    if table == "tails" and LEFT in named:
        return named - {LEFT} | {UNTIL}
    return named


def _counted(name: str, english: dict[str, Any]) -> Iterator[str]:
    """Check that what counts down can be told where nobody counts."""
    counting = {
        key for key, tail in english["tails"].items() if LEFT in placeholders(tail)
    }
    for key in sorted(counting - english["still"].keys()):
        yield f"{name}: still.{key} is missing: tell the time of tails.{key}"
    for key in sorted(english["still"].keys() - counting):
        yield f"{name}: still.{key} is of a tail that counts nothing: remove it"
