"""What every device offers, whatever protocol it speaks."""

from collections.abc import Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from typing import Protocol, runtime_checkable

from .control import Setpoint
from .quantity import Point, Readings


@dataclass(frozen=True, slots=True, kw_only=True)
class Identity:
    """Which device this is; family and serial together never change."""

    family: str
    serial: str
    maker: str
    model: str
    firmware: str | None = None
    hardware: str | None = None

    @property
    def key(self) -> str:
        """The name under which others refer to the device."""
        return f"{self.family}_{self.serial}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Group:
    """Points which are read together; ``interval_s`` None follows the user's choice."""

    key: str
    points: tuple[Point, ...]
    interval_s: float | None = None


class Device(Protocol):
    """A meter or charger; all reads raise `DeviceError` subclasses and nothing else."""

    @property
    def groups(self) -> Sequence[Group]:
        """What can be read, in the order in which it is read."""

    @property
    def off_by_default(self) -> frozenset[Point]:
        """Points that a single source knows: shown only when the user wants them."""

    async def identify(self) -> Identity:
        """Ask the device who it is; raises `WrongDevice` for another kind."""

    async def read(self, group: Group) -> Readings:
        """Read one group; parts that fail are missing from the answer."""

    def set_read_timeout(self, seconds: float) -> None:
        """Give up on one request after this long."""


@dataclass(frozen=True, slots=True)
class Sample:
    """What a device wrote to us of one measuring cycle.

    ``at`` is when it began to come, in the event loop's time; ``points`` also holds
    those whose value can't be used.
    """

    at: float
    readings: Mapping[Point, float | None]
    points: frozenset[Point]

    @property
    def missing(self) -> AbstractSet[Point]:
        """Points whose value can't be used; none in nearly every sample."""
        if len(self.readings) == len(self.points):
            return frozenset()
        return self.points - self.readings.keys()


@runtime_checkable
class Pushing(Device, Protocol):
    """A device that may write its values to us, and is asked for the rest."""

    async def read_rest(self, group: Group, known: AbstractSet[Point]) -> Readings:
        """Read of a group what holds more than the points that are known."""


@runtime_checkable
class Charger(Device, Protocol):
    """A device whose charging current can be set."""

    @property
    def setpoint(self) -> Setpoint:
        """The bounds of the charging current."""

    @property
    def limit_ma(self) -> int | None:
        """The limit it obeys as far as is known, the same on all its phases; mA."""

    @property
    def limit_is_assumed(self) -> bool:
        """True when ``limit_ma`` is what was written, not what the device reports."""

    def assume_limit(self, value_ma: int) -> None:
        """Take over the limit known from before a restart; mA."""

    async def set_limit(self, value_ma: int) -> None:
        """Write the charging current; mA. Raises `OutOfRange` outside the setpoint."""


@runtime_checkable
class TellingCharger(Charger, Protocol):
    """A charger that tells what its car does, and may be able to switch phases."""

    @property
    def plugged(self) -> bool | None:
        """Whether a car is plugged in; None when it can't tell."""

    @property
    def faulted(self) -> bool:
        """Whether it can't charge, by its own word."""

    @property
    def switches_phases(self) -> bool:
        """Whether it can be told to charge on one phase alone."""

    @property
    def phases(self) -> int | None:
        """On how many phases it charges or would; None when not known."""

    async def set_limit(
        self, value_ma: int, *, phases: int | None = None, urgent: bool = False
    ) -> None:
        """Write the charging current and, where it can switch, the phases; mA.

        Raises `OutOfRange` outside the setpoint. Phases that changed shortly before are
        left as they are, unless it is urgent to leave all but one; `Refused` where a
        phase would then get more than was meant for it.
        """


@runtime_checkable
class LearningDevice(Device, Protocol):
    """A device that finds out something of itself, which need not be tried again.

    A read raises `Outdated` where it no longer holds.
    """

    @property
    def learnt(self) -> Mapping[str, int]:
        """What it was told or has found out since it was identified; maybe nothing."""


@runtime_checkable
class CardReader(Device, Protocol):
    """A device that knows which card was held against it last."""

    async def read_card(self) -> str | None:
        """Return what may be shown of a new card; None for none since the last call."""
