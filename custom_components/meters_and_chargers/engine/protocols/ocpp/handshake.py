"""What a wallbox says before it may talk: its identity and its OCPP version."""

from collections.abc import Iterable
from urllib.parse import unquote

MAX_IDENTITY_CHARACTERS = 255

_SPELLINGS = ("ocpp1.6", "ocpp1.6j", "ocpp1.6-j", "ocpp16", "ocpp16j")
"""How wallboxes write OCPP 1.6 over JSON, our preference first."""


def identity(raw_path: str) -> str | None:
    """Return the last segment of a request's target, decoded once.

    An identity that is empty, or that could not be shown or logged, is None.
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
    return found or None


def offered(lines: Iterable[str]) -> list[str]:
    """Return the subprotocols that all header lines offer together."""
    names = (name.strip() for line in lines for name in line.split(","))
    return [name for name in names if name]


def choose(names: Iterable[str]) -> str | None:
    """Return the offered name that means OCPP 1.6, in the wallbox's own spelling."""
    by_spelling = {name.lower(): name for name in reversed(list(names))}
    return next(
        (by_spelling[known] for known in _SPELLINGS if known in by_spelling), None
    )
