"""The text frames of OCPP over JSON: read with bounds, written as the standard has."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import StrEnum
import json
from math import isfinite
import re

from .types import Json, Payload, Verbatim, Version

MAX_CHARACTERS = 1_000_000
MAX_NESTING = 32
MAX_ID_CHARACTERS = 255
"""The standard allows 36; wallboxes were seen with longer ones."""

_MAX_DESCRIPTION_CHARACTERS = 255
_MAX_INTEGER_CHARACTERS = 18
"""What fits 64 bits for certain; longer numbers are kept as floats."""

_CALL, _RESULT, _ERROR = 2, 3, 4
_UNANSWERED = frozenset({5, 6})
"""The kinds of OCPP 2.1 that want no answer: CALLRESULTERROR and SEND."""

NO_ID = "-1"
"""What OCPP 2 answers to a frame whose id can't be read."""


class Code(StrEnum):
    """The error codes of a CALLERROR, in the spelling of OCPP 1.6."""

    NOT_IMPLEMENTED = "NotImplemented"
    NOT_SUPPORTED = "NotSupported"
    INTERNAL_ERROR = "InternalError"
    PROTOCOL_ERROR = "ProtocolError"
    SECURITY_ERROR = "SecurityError"
    FORMATION_VIOLATION = "FormationViolation"
    PROPERTY_CONSTRAINT_VIOLATION = "PropertyConstraintViolation"
    OCCURENCE_CONSTRAINT_VIOLATION = "OccurenceConstraintViolation"
    TYPE_CONSTRAINT_VIOLATION = "TypeConstraintViolation"
    GENERIC_ERROR = "GenericError"
    # These two are of OCPP 2.
    RPC_FRAMEWORK_ERROR = "RpcFrameworkError"
    MESSAGE_TYPE_NOT_SUPPORTED = "MessageTypeNotSupported"


_SPELT_SINCE_2: Mapping[str, str] = {
    Code.FORMATION_VIOLATION: "FormatViolation",
    Code.OCCURENCE_CONSTRAINT_VIOLATION: "OccurrenceConstraintViolation",
}

CODES_SINCE_2 = frozenset(_SPELT_SINCE_2.values())


@dataclass(frozen=True, slots=True)
class CallFrame:
    """A question."""

    id: str
    action: str
    payload: Payload


@dataclass(frozen=True, slots=True)
class ResultFrame:
    """An answer; its payload is not an object where the sender got it wrong."""

    id: str
    payload: Json


@dataclass(frozen=True, slots=True)
class ErrorFrame:
    """A refusal."""

    id: str
    code: str
    description: str


@dataclass(frozen=True, slots=True)
class Malformed:
    """A frame that can't be used."""

    cause: str
    call_id: str | None = None
    """The call that must be answered with a CALLERROR."""
    answer_id: str | None = None
    """The call of ours that this was meant to answer."""


@dataclass(frozen=True, slots=True)
class Unknown:
    """A message type that we don't know; OCPP 1.6 wants it ignored."""

    message_id: str | None = None
    """The id, where OCPP 2 wants a refusal."""


type Frame = CallFrame | ResultFrame | ErrorFrame | Malformed | Unknown


def parse(text: str) -> Frame:
    """Read one frame; whatever it holds, this returns."""
    message = _read(text)
    match message:
        case [2, str(message_id), str(action), dict(payload)] if _fits(message_id):
            # Nearly all are this.
            return CallFrame(message_id, action, payload)
        case Malformed():
            return message
        case [int() | float() as kind, *rest] if kind not in _KINDS:
            return Unknown(None if kind in _UNANSWERED else _id(rest))
        case [int() | float() as kind, str(message_id), *rest] if _fits(message_id):
            return _KINDS[kind](message_id, rest)
        case [int() | float(), *_]:
            return Malformed("no usable message id")
    return Malformed("no array that starts with a message type")


def call(message_id: str, action: str, payload: Payload) -> str:
    """Return the frame of a question."""
    head = f"{_CALL},{_ENCODER.encode(message_id)},{_ENCODER.encode(action)}"
    return f"[{head},{_written(payload)}]"


def result(message_id: str, payload: Payload) -> str:
    """Return the frame of an answer."""
    return f"[{_RESULT},{_ENCODER.encode(message_id)},{_written(payload)}]"


def error(
    message_id: str,
    code: str,
    description: str = "",
    version: Version = Version.V16,
) -> str:
    """Return the frame of a refusal, its code as the version spells it."""
    shortened = description[:_MAX_DESCRIPTION_CHARACTERS]
    if version is not Version.V16:
        code = _SPELT_SINCE_2.get(code, code)
    return _ENCODER.encode([_ERROR, message_id, code, shortened, {}])


def _written(payload: Payload) -> str:
    """Write a payload; one that is passed on stays as it came."""
    if isinstance(payload, Verbatim):
        return payload.text
    return _ENCODER.encode(dict(payload)) if payload else "{}"


def _read(text: str) -> Json | Malformed:
    """Read JSON within our bounds."""
    if len(text) > MAX_CHARACTERS:
        return Malformed("too long")
    if _nested_too_deep(text):
        return _unreadable(text, "nested too deep")
    try:
        message: Json = _DECODER.decode(text)
        if any(escape in text for escape in _ESCAPED_SURROGATES):
            # Half a surrogate pair is a string that nobody can write down.
            json.dumps(message, ensure_ascii=False).encode()
    except ValueError:
        return _unreadable(text, "not JSON")
    return message


def _call(call_id: str, rest: list[Json]) -> CallFrame | Malformed:
    match rest:
        case [str(action), dict(payload)]:
            return CallFrame(call_id, action, payload)
        case [str(action), None]:
            # The standard allows null for "nothing to say".
            return CallFrame(call_id, action, {})
    return Malformed("a call of another shape", call_id=call_id)


def _result(answer_id: str, rest: list[Json]) -> ResultFrame | Malformed:
    if not rest:
        return Malformed("an answer without a payload", answer_id=answer_id)
    return ResultFrame(answer_id, {} if rest[0] is None else rest[0])


def _error(answer_id: str, rest: list[Json]) -> ErrorFrame:
    code, description = (*rest, None, None)[:2]
    return ErrorFrame(
        answer_id,
        code if isinstance(code, str) else Code.GENERIC_ERROR,
        description if isinstance(description, str) else "",
    )


_KINDS: dict[float, Callable[[str, list[Json]], Frame]] = {
    _CALL: _call,
    _RESULT: _result,
    _ERROR: _error,
}


def _id(rest: list[Json]) -> str:
    """Return the id of a message of a kind that we don't know."""
    match rest:
        case [str(message_id), *_] if _fits(message_id):
            return message_id
    return NO_ID


def _fits(message_id: str) -> bool:
    return len(message_id) <= MAX_ID_CHARACTERS


def _unreadable(text: str, cause: str) -> Malformed:
    """Find out from its beginning which call a broken frame belongs to."""
    if (found := _BEGINNING.match(text)) is None:
        return Malformed(cause)
    kind, message_id = int(found[1]), found[2]
    if not _fits(message_id):
        return Malformed(cause)
    if kind == _CALL:
        return Malformed(cause, call_id=message_id)
    return Malformed(cause, answer_id=message_id)


def _nested_too_deep(text: str) -> bool:
    """Tell whether reading would recurse further than we allow."""
    if text.count("[") + text.count("{") <= MAX_NESTING:
        return False
    depth = 0
    for bracket in _BRACKET.findall(_STRING.sub("", text)):
        depth += 1 if bracket in "[{" else -1
        if depth > MAX_NESTING:
            return True
    return False


def _integer(text: str) -> int | float:
    """Read an integer; Python's own reading fails from 4,300 digits on."""
    return int(text) if len(text) <= _MAX_INTEGER_CHARACTERS else _float(text)


def _float(text: str) -> float:
    """Read a number that must be finite."""
    if not isfinite(value := float(text)):
        raise ValueError("a number out of range")
    return value


def _no_number(text: str) -> float:
    """Refuse NaN and Infinity, which JSON does not have."""
    raise ValueError(text)


# An unfinished string runs to the end: each character is looked at once.
_STRING = re.compile(r'"(?:[^"\\]++|\\.)*+"?', re.DOTALL)
_BRACKET = re.compile(r"[\[\]{}]")
_BEGINNING = re.compile(r'\s*\[\s*([234])\s*,\s*"([^"\\\x00-\x1f]*)"\s*,')
_ESCAPED_SURROGATES = ("\\ud", "\\uD")
# Not strict: wallboxes put line ends into strings.
_DECODER = json.JSONDecoder(
    parse_int=_integer, parse_float=_float, parse_constant=_no_number, strict=False
)
_ENCODER = json.JSONEncoder(separators=(",", ":"), allow_nan=False)
