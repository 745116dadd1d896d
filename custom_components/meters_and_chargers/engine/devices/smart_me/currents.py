"""The charging currents of three phases, as a Pico may be told."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Self

from ...model import OutOfRange

LOWEST_MA = 6_000
HIGHEST_MA = 6_400_000
STEP_MA = 1_000

type Pattern = tuple[int, int, int]
"""For each phase 0 without current, 1 with one, 2 with the one that decides."""


@dataclass(frozen=True, slots=True)
class PhaseCurrents:
    """What L1, L2 and L3 may carry: each 0, or 6 to 6,400 A in whole amperes; mA.

    A Pico takes a number up to 499 for amperes, so that a careless 100 mA would be
    100 A. There is no such value of this type: another than the above raises
    `OutOfRange`. Source: smart-me's description of its REST API,
    `threephasecurrent`; for Modbus the same is kept to.
    """

    l1_ma: int
    l2_ma: int
    l3_ma: int

    def __post_init__(self) -> None:
        """Refuse every value that is not sure to be understood as meant."""
        for value in self:
            if value == 0:
                continue
            if not LOWEST_MA <= value <= HIGHEST_MA or value % STEP_MA:
                raise OutOfRange(
                    f"{value} mA is neither 0 nor a multiple of {STEP_MA} mA "
                    f"from {LOWEST_MA} mA on"
                )

    @classmethod
    def alike(cls, value_ma: int) -> Self:
        """Return the same current on every phase; mA."""
        return cls(value_ma, value_ma, value_ma)

    def __iter__(self) -> Iterator[int]:
        """Give the currents of L1, L2, L3; mA."""
        return iter((self.l1_ma, self.l2_ma, self.l3_ma))

    @property
    def are_alike(self) -> bool:
        """Whether one number says it all."""
        return self.l1_ma == self.l2_ma == self.l3_ma

    @property
    def paused(self) -> bool:
        """Whether nothing may charge."""
        return not any(self)

    @property
    def pattern(self) -> Pattern:
        """On which phases a car may charge: all three, or one, the largest deciding.

        Two numbers of the same pattern move no relay of a station.
        """
        if all(self):
            return (1, 1, 1)
        largest = max(self)
        one, two, three = ((value > 0) + (value == largest > 0) for value in self)
        return (one, two, three)

    @property
    def offered_ma(self) -> int:
        """What a single station makes of it: the least of three, or the largest; mA."""
        return min(self) if all(self) else max(self)

    def lower_of(self, other: PhaseCurrents) -> PhaseCurrents:
        """Return the smaller current of each phase."""
        return PhaseCurrents(*map(min, self, other, strict=True))

    def on_phases_of(self, other: PhaseCurrents) -> PhaseCurrents:
        """Return these currents, on the phases on which another has some."""
        pairs = zip(self, other, strict=True)
        return PhaseCurrents(*(mine if theirs else 0 for mine, theirs in pairs))
