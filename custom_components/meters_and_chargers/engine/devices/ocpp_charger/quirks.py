"""What is known of kinds of wallboxes, shipped with us and from an owner's own file.

A file is a list; each entry names the wallboxes it is about, by what they say of
themselves when they boot, and what is to be done otherwise with them.
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, fields, replace
from enum import StrEnum
from fnmatch import fnmatchcase
from pathlib import Path

import yaml

from ...model import Identity, Setpoint

SHIPPED = Path(__file__).parent / "quirks.yaml"
_MOST_A = 80
_MOST_LEVEL = 1000
SECONDS: Mapping[str, tuple[float, float]] = {
    "reply_delay": (0, 5),
    "ping_interval": (0, 300),
    "call_timeout": (5, 300),
}
"""What makes sense, here and in its owner's options; s."""


class Pause(StrEnum):
    """How a car that charges is paused."""

    ZERO = "zero"
    """By a limit of 0, as the standard has it."""
    MINIMUM = "minimum"
    """Not at all: it keeps the minimum, except for a fuse and its owner's stop."""
    STOP = "stop"
    """By the end of its transaction; another one begins with the same card."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Quirk:
    """What is done otherwise with one wallbox; None or empty where nothing is."""

    unit: str | None = None
    """A or W: what limits are tried in first."""
    phases: bool | None = None
    """Whether a limit says for how many phases it is."""
    purpose: str | None = None
    """The purpose of the charging profile that is tried first."""
    kind: str | None = None
    """Absolute or Relative."""
    stack_level: int | None = None
    steps: tuple[int, ...] = ()
    """The only currents it takes; mA, ascending."""
    pause: Pause | None = None
    leave_out: frozenset[str] = frozenset()
    """Measurands that it is not asked for."""
    reply_delay: float | None = None
    """How long its calls are left without an answer; s."""
    ping_interval: float | None = None
    """How long it may be quiet; s, 0 for ever."""
    call_timeout: float | None = None
    """How long it may take to answer; s."""

    def bounds(self, setpoint: Setpoint) -> Setpoint:
        """Return what of these bounds it knows: none is below its lowest current.

        Where it knows none of them they stay as they are, and it charges with none.
        """
        known = [one for one in self.steps if one >= setpoint.minimum_ma]
        if not known or known[0] > setpoint.maximum_ma:
            return setpoint
        return replace(setpoint, minimum_ma=known[0])

    def fitting(self, value_ma: int) -> int:
        """Return the highest current it takes that is no higher; mA."""
        if not self.steps:
            return value_ma
        return max((step for step in self.steps if step <= value_ma), default=0)


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """One entry of a file."""

    vendor: str
    model: str = "*"
    firmware: str = "*"
    source: str = ""
    quirk: Quirk

    def is_about(self, identity: Identity) -> bool:
        """Say whether a wallbox is meant; case does not count."""
        said = (identity.maker, identity.model, identity.firmware)
        patterns = (self.vendor, self.model, self.firmware)
        return all(
            fnmatchcase((text or "").lower(), pattern.lower())
            for text, pattern in zip(said, patterns, strict=True)
        )


class QuirksError(Exception):
    """A file that can't be used: where, and which field; empty for the file itself."""

    def __init__(self, line: int, field: str) -> None:
        """Name the place; lines count from 1."""
        super().__init__(f"line {line}: {field or 'not as expected'}")
        self.line = line
        self.field = field


@dataclass(frozen=True, slots=True)
class Quirks:
    """The entries of all files; a later one wins, field by field."""

    entries: tuple[Entry, ...] = ()

    def of(self, identity: Identity) -> Quirk:
        """Return what is known of a wallbox."""
        found = Quirk()
        for entry in self.entries:
            if entry.is_about(identity):
                said = {
                    one.name: value
                    for one in fields(Quirk)
                    if (value := getattr(entry.quirk, one.name)) != one.default
                }
                found = replace(found, **said)
        return found


def read(path: Path) -> tuple[Entry, ...]:
    """Read a file, off the event loop; raises `QuirksError` and `OSError`."""
    try:
        text = path.read_text(encoding="utf-8")
    except UnicodeDecodeError as err:
        raise QuirksError(1, "") from err
    return parse(text)


def parse(text: str) -> tuple[Entry, ...]:
    """Return the entries of a file's text; raises `QuirksError`."""
    try:
        root = yaml.compose(text, Loader=yaml.SafeLoader)
    except yaml.YAMLError as err:
        mark = getattr(err, "problem_mark", None)
        raise QuirksError(1 if mark is None else mark.line + 1, "") from err
    except RecursionError as err:
        raise QuirksError(1, "") from err
    if root is None:
        return ()
    if not isinstance(root, yaml.SequenceNode):
        raise QuirksError(_line(root), "")
    return tuple(_entry(node) for node in root.value)


def _entry(node: yaml.Node) -> Entry:
    names: dict[str, str] = {}
    said: dict[str, object] = {}
    for key, field, value in _pairs(node):
        if key in said or key in names:
            raise QuirksError(_line(field), key)
        try:
            if key in NAMES:
                names[key] = _text(_plain(value))
            else:
                said[key] = FIELDS[key](_plain(value))
        except (KeyError, ValueError, OverflowError) as err:
            raise QuirksError(_line(field), key) from err
    if "vendor" not in names:
        raise QuirksError(_line(node), "vendor")
    return Entry(
        **names,
        quirk=Quirk(**said),  # type: ignore[arg-type]  # each is of its field's type
    )


def _pairs(node: yaml.Node) -> Iterator[tuple[str, yaml.Node, yaml.Node]]:
    if not isinstance(node, yaml.MappingNode):
        raise QuirksError(_line(node), "")
    for field, value in node.value:
        if not isinstance(field, yaml.ScalarNode):
            raise QuirksError(_line(field), "")
        yield field.value, field, value


def _plain(node: yaml.Node) -> object:
    """Return a value as its text, or a list of such."""
    if isinstance(node, yaml.ScalarNode):
        return node.value
    if isinstance(node, yaml.SequenceNode):
        return [_text(_plain(one)) for one in node.value]
    raise ValueError


def _line(node: yaml.Node) -> int:
    return int(node.start_mark.line) + 1


def _text(value: object) -> str:
    if not isinstance(value, str):
        raise ValueError  # noqa: TRY004  # one error for whatever does not fit
    return value


def _one_of[Word](**words: Word) -> Callable[[object], Word]:
    def check(value: object) -> Word:
        return words[_text(value)]

    return check


def _seconds(field: str) -> Callable[[object], float]:
    lowest, highest = SECONDS[field]

    def check(value: object) -> float:
        seconds = float(_text(value))
        if not lowest <= seconds <= highest:
            raise ValueError
        return seconds

    return check


def _level(value: object) -> int:
    level = int(_text(value))
    if not 0 <= level <= _MOST_LEVEL:
        raise ValueError
    return level


def _steps(value: object) -> tuple[int, ...]:
    if not isinstance(value, list) or not value:
        raise ValueError
    steps = [round(float(one) * 10) * 100 for one in value]
    if steps != sorted(set(steps)) or not 0 < steps[0] <= steps[-1] <= _MOST_A * 1000:
        raise ValueError
    return tuple(steps)


def _measurands(value: object) -> frozenset[str]:
    if not isinstance(value, list):
        raise ValueError  # noqa: TRY004  # one error for whatever does not fit
    return frozenset(value)


NAMES = ("vendor", "model", "firmware", "source")
"""Which wallboxes an entry is about, and where that is known from."""

FIELDS: Mapping[str, Callable[[object], object]] = {
    "unit": _one_of(A="A", W="W"),
    "phases": _one_of(sent=True, omitted=False),
    "purpose": _one_of(
        TxDefaultProfile="TxDefaultProfile",
        TxProfile="TxProfile",
        ChargePointMaxProfile="ChargePointMaxProfile",
    ),
    "kind": _one_of(Absolute="Absolute", Relative="Relative"),
    "stack_level": _level,
    "steps": _steps,
    "pause": _one_of(zero=Pause.ZERO, minimum=Pause.MINIMUM, stop=Pause.STOP),
    "leave_out": _measurands,
    **{field: _seconds(field) for field in SECONDS},
}
"""What an entry can say, and what checks it: raises `KeyError` or `ValueError`."""
