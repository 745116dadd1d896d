"""Parts of a frame as the text they came in.

What a meter has signed, or a payment terminal says, must arrive as it was sent:
numbers, order and blanks. So it is cut out of its frame, never written anew.
"""

import json
import re

# Numbers stay texts: Python does not read those of thousands of digits.
_DECODER = json.JSONDecoder(strict=False, parse_int=str, parse_float=str)
_BLANK = re.compile(r"[ \t\n\r]*")
_CALL = 2


def payload_of(frame: str) -> str:
    """Return the payload of a call or of its answer, out of a frame that was read.

    An empty object where it says nothing. Raises ValueError for another frame.
    """
    at = _expect(frame, 0, "[")
    kind, at = _value(frame, at)
    for _ in range(2 if float(str(kind)) == _CALL else 1):
        _, at = _value(frame, _expect(frame, at, ","))
    at = _skip(frame, at)
    if frame[at : at + 1] != ",":
        return "{}"
    begin = _skip(frame, at + 1)
    payload, end = _value(frame, begin)
    if payload is None:
        return "{}"
    if not isinstance(payload, dict):
        raise ValueError("a payload that is no object")  # noqa: TRY004  # of a text
    return frame[begin:end]


def exchange(payload: str, name: str, value: int | str) -> str:
    """Return an object's text with another value as one of its own fields.

    The last of that name, as a reader takes it; unchanged where it has none.
    """
    at = _skip(payload, _expect(payload, 0, "{"))
    found: tuple[int, int] | None = None
    while payload[at : at + 1] == '"':
        key, at = _value(payload, at)
        begin = _skip(payload, _expect(payload, at, ":"))
        _, end = _value(payload, begin)
        if key == name:
            found = begin, end
        at = _skip(payload, end)
        if payload[at : at + 1] != ",":
            break
        at = _skip(payload, at + 1)
    if found is None:
        return payload
    return f"{payload[: found[0]]}{json.dumps(value)}{payload[found[1] :]}"


def _value(text: str, at: int) -> tuple[object, int]:
    return _DECODER.raw_decode(text, _skip(text, at))


def _skip(text: str, at: int) -> int:
    """Return where the blanks end."""
    found = _BLANK.match(text, at)
    return at if found is None else found.end()


def _expect(text: str, at: int, sign: str) -> int:
    """Return what follows a sign; raises ValueError where another one stands."""
    at = _skip(text, at)
    if text[at : at + 1] != sign:
        raise ValueError(f"no {sign} in a frame")
    return at + 1
