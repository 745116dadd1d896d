"""Alarms that a module keeps, as the maker's table lists them: each a block of its own.

Source: SOCOMEC, MODBUS tables of DIRIS B30 V153.745, tables "... alarm current status".
Whether an alarm is set up at all, and what it watches, is set in the module.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import IntEnum, StrEnum
from typing import Final

from ...model import Mark
from ...protocols.modbus import Block

_STATUS: Final = 1
_ACTIVE: Final = 1
"""After it an alarm is finished, acknowledged or not: it is over."""


class AlarmKind(StrEnum):
    """What sets off an alarm."""

    SYSTEM = "system"
    INRUSH = "inrush"
    QUALITY = "quality"
    ANALOG = "analog"
    LOGICAL = "logical"
    COMBINATION = "combination"


class Criticality(IntEnum):
    """How bad its owner has declared an alarm to be."""

    INFORMATION = 0
    NOT_CRITICAL = 1
    CRITICAL = 2


@dataclass(frozen=True, slots=True)
class Alarm:
    """An alarm that is active."""

    number: int
    """Its place among those of its kind, from 1."""
    cause: str | None
    """A key; None where the module doesn't say, or with a code nobody documents."""
    criticality: Criticality | None


@dataclass(frozen=True, slots=True, kw_only=True)
class AlarmTable:
    """The alarms of one kind; places are words from the begin of a block."""

    kind: AlarmKind
    source: str
    first: int
    words: int
    step: int
    count: int
    criticality: int = 3
    cause: int = 2
    causes: Mapping[int, str] = field(default_factory=dict)
    mark: Mark = Mark.DOCUMENTED

    @property
    def blocks(self) -> tuple[Block, ...]:
        """A block for each alarm, in their order."""
        return tuple(
            Block(self.first + self.step * index, self.words)
            for index in range(self.count)
        )

    def alarm(self, number: int, words: Sequence[int]) -> Alarm | None:
        """Return the alarm that a block shows; None while it isn't active."""
        if words[_STATUS] != _ACTIVE:
            return None
        how_bad = words[self.criticality]
        known = how_bad in set(Criticality)
        return Alarm(
            number=number,
            cause=self.causes.get(words[self.cause]),
            criticality=Criticality(how_bad) if known else None,
        )


_B30: Final = "SOCOMEC, MODBUS tables of DIRIS B30 V153.745, table"

B30_ALARMS: Final = (
    AlarmTable(
        kind=AlarmKind.SYSTEM,
        source=f"{_B30} System alarm current status#1",
        first=38496,
        words=23,
        step=24,
        count=4,
        criticality=4,
        causes={
            1: "net_rotation",
            2: "vi_association",
            3: "ct_disconnected",
            10: "bad_ct_primary",
        },
    ),
    AlarmTable(
        kind=AlarmKind.INRUSH,
        source=f"{_B30} Inrush alarm current status#1",
        first=38688,
        words=11,
        step=16,
        count=4,
        cause=8,
        causes={0: "circuit_1", 1: "circuit_2", 2: "circuit_3", 3: "circuit_4"},
    ),
    AlarmTable(
        kind=AlarmKind.QUALITY,
        source=f"{_B30} EN50160 alarm current status#1",
        first=38752,
        words=11,
        step=16,
        count=3,
        cause=8,
        causes={1: "swell", 2: "dip", 3: "interruption"},
    ),
    AlarmTable(
        kind=AlarmKind.ANALOG,
        source=f"{_B30} Analog alarm current status#1",
        first=39248,
        words=23,
        step=24,
        count=8,
        causes={
            **dict.fromkeys((1, 2, 3), "above_threshold"),
            **dict.fromkeys((4, 5, 6), "below_threshold"),
        },
    ),
    AlarmTable(
        kind=AlarmKind.LOGICAL,
        source=f"{_B30} Logical alarm current status#1",
        first=39456,
        words=11,
        step=16,
        count=4,
        cause=8,
        causes={index: f"input_{index + 1}" for index in range(10)},
    ),
    AlarmTable(
        kind=AlarmKind.COMBINATION,
        source=f"{_B30} Combination alarm current status#1",
        first=39536,
        words=11,
        step=16,
        count=4,
        causes={8: "and", 9: "or"},
    ),
)
