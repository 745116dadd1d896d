"""What a virtual charge point needs of the charger below it, whatever that is."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Protocol

from ..protocols.ocpp import Payload
from .limits import Bounds


class Offline(StrEnum):
    """Who may charge while the backend can't be asked."""

    REFUSE = "refuse"
    KNOWN = "known"
    """Cards that the backend has accepted before, or that are known here."""
    ALL = "all"


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """What its owner has chosen for a gateway."""

    offline: Offline = Offline.KNOWN
    fixed_tag: str = field(default="", repr=False)
    """Told to the backend where charging began without a card; empty: not told."""
    passed_on: frozenset[str] = frozenset(
        {
            "CancelReservation",
            "ChangeAvailability",
            "DataTransfer",
            "ReserveNow",
            "Reset",
            "UnlockConnector",
        }
    )
    """What the backend may ask of the charger itself; hard resets by "HardReset"."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Started:
    """A transaction that has begun; ``text`` is a StartTransaction as raw JSON."""

    session: int
    """Our number: rising, unique, the same when it is told again."""
    connector: int
    text: str
    at_s: int
    """Since 1970."""
    tag: str = field(default="", repr=False)
    """Empty where it began without a card."""


class Charger(Protocol):
    """A charger that is shown to a backend; its messages are raw JSON texts."""

    @property
    def connectors(self) -> int:
        """How many connectors it has."""

    @property
    def aligns(self) -> bool:
        """Whether it says values by the clock as well, where the backend wants that."""

    @property
    def reserves(self) -> bool:
        """Whether it can be kept for a card."""

    def boot(self) -> Payload:
        """Return a BootNotification that says what it is."""

    def statuses(self) -> Mapping[int, str]:
        """Return its StatusNotifications of now, by connector; 0 is the whole."""

    def bounds(self, connector: int) -> Bounds:
        """Return what bounds a connector besides the backend."""

    def obey(self) -> None:
        """Ask for the effective limits anew: they may be others."""

    def knows(self, tag: str) -> bool:
        """Say whether a card may charge by what is known here."""

    async def begin(self, connector: int | None, tag: str) -> bool:
        """Begin a transaction, or wait for a car; False where that may not be."""

    async def end(self, session: int, reason: str) -> bool:
        """End a transaction."""

    async def measure(self, connector: int | None) -> bool:
        """Let it say its meter values now."""

    async def pass_on(self, action: str, text: str) -> Payload:
        """Ask the charger what the backend asks; raises `CallError`, `DeviceError`."""
