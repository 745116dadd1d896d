"""Single values of a message, read as leniently as real ones need it."""

from datetime import UTC, datetime
import math
import re

from .types import Json

_MAX_TEXT = 255
_MAX_INTEGER = 2**53  # beyond it a float, which some send for integers, has gaps

_WORDS = re.compile(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])")
_WORD = re.compile(r"[a-z0-9_]{1,50}")


def text(value: Json) -> str:
    """Return a text of bounded length that any file can hold; else an empty one."""
    if not isinstance(value, str):
        whole = integer(value)  # a serial or id tag without its quotes
        return "" if whole is None else str(whole)
    value = value.strip()[:_MAX_TEXT]
    if value.isascii():
        return value
    return value.encode("utf-8", "replace").decode("utf-8")


def number(value: Json) -> float | None:
    """Return a finite number, also one written as a text."""
    if isinstance(value, bool) or not isinstance(value, (str, int, float)):
        return None
    try:
        result = float(value)
    except OverflowError:
        return None
    except ValueError:
        return _with_comma(value)
    return result if math.isfinite(result) else None


def _with_comma(value: str | float) -> float | None:
    if not isinstance(value, str) or value.count(",") != 1:
        return None
    return number(value.replace(",", "."))


def integer(value: Json) -> int | None:
    """Return a whole number, also one written as a text or with decimals."""
    if isinstance(value, int) and not isinstance(value, bool):
        return value if abs(value) <= _MAX_INTEGER else None
    result = number(value)
    return None if result is None or abs(result) > _MAX_INTEGER else round(result)


def moment(value: Json) -> datetime | None:
    """Return a time in UTC, which is also what one without a zone is taken for."""
    if not isinstance(value, str):
        return None
    try:
        time = datetime.fromisoformat(value.strip())
        if time.tzinfo is None:
            return time.replace(tzinfo=UTC)
        return time.astimezone(UTC)
    except ValueError, OverflowError:
        return None


def snake(value: Json) -> str:
    """Return ``SuspendedEVSE`` as ``suspended_evse``."""
    return _WORDS.sub("_", text(value)).replace("-", "_").replace(" ", "_").lower()


def word(value: Json) -> str:
    """Return a word of the standard as `snake` has it; ``unknown`` for another text."""
    result = snake(value)
    return result if _WORD.fullmatch(result) else "unknown"
