"""What a wallbox says before it may talk: its identity and its OCPP version."""

from collections.abc import Iterable, Mapping, Sequence
from typing import NamedTuple
from urllib.parse import unquote

from .types import Version

MAX_IDENTITY_CHARACTERS = 255

_SPELLINGS: Mapping[Version, tuple[str, ...]] = {
    Version.V16: ("ocpp1.6", "ocpp1.6j", "ocpp1.6-j", "ocpp16", "ocpp16j"),
    Version.V201: ("ocpp2.0.1",),
    Version.V21: ("ocpp2.1",),
}
"""How wallboxes write the versions, the standard's own way first."""

ORDER = tuple(Version)
"""What is chosen of several: the version that most wallboxes are proven with."""


class Chosen(NamedTuple):
    """A subprotocol in the wallbox's own spelling, and what it means."""

    name: str
    version: Version


def identity(raw_path: str) -> str | None:
    """Return the last segment of a request's target, decoded once.

    It is empty where the target names none. One that could not be shown or logged is
    None.
    """
    path = raw_path.partition("?")[0].partition("#")[0]
    if "://" in path:
        # An absolute address, or one that a wallbox has put behind the slash.
        path = path.partition("://")[2].partition("/")[2]
    try:
        found = unquote(path.rstrip("/").rpartition("/")[2], errors="strict")
    except UnicodeDecodeError:
        return None
    if not found.isprintable() or len(found) > MAX_IDENTITY_CHARACTERS:
        return None
    return found


def offered(lines: Iterable[str]) -> list[str]:
    """Return the subprotocols that all header lines offer together."""
    names = (name.strip() for line in lines for name in line.split(","))
    return [name for name in names if name]


def choose(names: Sequence[str], wanted: Version | None = None) -> Chosen | None:
    """Return which of the offered names to speak; the ``wanted`` version goes first.

    Where that is OCPP 1.6, any name is taken for it.
    """
    by_spelling = {name.lower(): name for name in reversed(names)}
    always = wanted is Version.V16
    others = () if always else (one for one in ORDER if one is not wanted)
    for version in (*((wanted,) if wanted else ()), *others):
        for known in _SPELLINGS[version]:
            if known in by_spelling:
                return Chosen(by_spelling[known], version)
    return Chosen(names[0], Version.V16) if always and names else None
