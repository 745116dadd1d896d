"""Strict sending: what leaves us fits the OCPP schemas of the `ocpp` library."""

from dataclasses import asdict, is_dataclass
from decimal import Decimal
from enum import Enum
from importlib import import_module
import json
from typing import TYPE_CHECKING, Any

from .types import Json, Payload, Version

if TYPE_CHECKING:
    from _typeshed import DataclassInstance

_CALL, _RESULT = 2, 3
_NOISE_DIGITS = 6
"""Decimals from which on a float is noise: 61 * 0.1 is meant to be 6.1."""


class InvalidMessage(ValueError):
    """A message of ours that the schema refuses: a defect or a value out of bounds."""


def message(instance: DataclassInstance) -> tuple[str, Payload]:
    """Return the action and the checked payload of a message of `ocpp.v16`.

    Reads files on first use; after `preload` it does not.
    """
    action = type(instance).__name__
    payload = _object(asdict(instance))
    check(action, payload, answer=_is_answer(type(instance)))
    return action, payload


def check(
    action: str,
    payload: Payload,
    *,
    answer: bool = False,
    version: Version = Version.V16,
) -> None:
    """Raise `InvalidMessage` for a payload that the schema refuses."""
    # Numbers are compared as decimals: 6.1 is no multiple of 0.1 in binary.
    exact = json.loads(json.dumps(payload, allow_nan=False), parse_float=Decimal)
    refusals = _validator(action, version, answer=answer).iter_errors(exact)
    if (refusal := next(refusals, None)) is not None:
        # Not the refusal's own text: it quotes values, and those may be id tags.
        raise InvalidMessage(
            f"{action}: {refusal.json_path} breaks {refusal.validator}"
        )


def preload(version: Version = Version.V16) -> None:
    """Import the library and read every schema; slow, for an executor."""
    # The library costs half a second and is there only where OCPP is used.
    package = f"ocpp.v{version.replace('.', '')}"
    for name in ("call", "call_result"):
        module = import_module(f"{package}.{name}")
        for action, kind in vars(module).items():
            if is_dataclass(kind) and kind.__module__ == module.__name__:
                _validator(action, version, answer=name == "call_result")


def _validator(
    action: str, version: Version, *, answer: bool
) -> Any:  # the library has no types
    """Return the library's validator of one message; it keeps them."""
    # As in `preload`.
    from ocpp.messages import get_validator  # type: ignore[import-untyped]  # noqa: PLC0415

    kind = _RESULT if answer else _CALL
    return get_validator(kind, action, version.value, parse_float=Decimal)


def _is_answer(kind: type) -> bool:
    return kind.__module__.endswith(".call_result")


def _object(parts: dict[str, object]) -> dict[str, Json]:
    """Name fields as the standard does, and leave out what is None."""
    return {
        _camel(name): _plain(part) for name, part in parts.items() if part is not None
    }


def _plain(value: object) -> Json:
    """Turn a field's value into what JSON knows."""
    match value:
        case dict():
            return _object(value)
        case list() | tuple():
            return [_plain(part) for part in value if part is not None]
        case Enum():
            return _plain(value.value)
        case float():
            return round(value, _NOISE_DIGITS)
        case bool() | int() | str():
            return value
    raise InvalidMessage(f"a {type(value).__name__} is nothing that JSON knows")


def _camel(name: str) -> str:
    first, *others = name.split("_")
    return first + "".join(part[:1].upper() + part[1:] for part in others)
