"""Who may begin at a stand-in: whether it is in service, for whom it is kept."""

from collections.abc import Callable
from dataclasses import dataclass, field

from ..protocols.ocpp import CallError, Code, Payload
from ..protocols.ocpp.scalars import integer, moment, text

PATIENCE_S = 120
"""How long a card waits for a car (ConnectionTimeOut)."""


@dataclass(frozen=True, slots=True)
class Waiting:
    """A card that may charge as soon as a car is there."""

    tag: str = field(repr=False)
    until_s: float


@dataclass(frozen=True, slots=True)
class Reservation:
    """A card that it is kept for."""

    number: int
    tag: str = field(repr=False)
    until_s: float


class Entrance:
    """Keeps what a backend and its cards have arranged; times are in s since 1970."""

    def __init__(self, now: Callable[[], float]) -> None:
        """Be in service, for everybody."""
        self.operative = True
        self._now = now
        self._waiting: Waiting | None = None
        self._reservation: Reservation | None = None

    @property
    def waits(self) -> str:
        """The card that waits for a car; empty for none."""
        waiting = self._waiting
        if waiting is None or waiting.until_s < self._now():
            return ""
        return waiting.tag

    @property
    def reserved(self) -> Reservation | None:
        """Whom it is kept for."""
        found = self._reservation
        return None if found is None or found.until_s < self._now() else found

    def is_free_for(self, tag: str) -> bool:
        """Say whether nobody else has reserved it."""
        reserved = self.reserved
        return reserved is None or reserved.tag.casefold() == tag.casefold()

    def wait(self, tag: str) -> None:
        """Let a card wait for a car."""
        self._waiting = Waiting(tag, self._now() + PATIENCE_S)

    def enter(self) -> int | None:
        """Note that a transaction begins; returns the reservation that it uses up."""
        reserved = self.reserved
        self._waiting = self._reservation = None
        return None if reserved is None else reserved.number

    def change_availability(self, said: Payload, *, busy: bool) -> Payload:
        """Answer a ChangeAvailability; what charges may go on to its end."""
        self.operative = said.get("type") != "Inoperative"
        later = busy and not self.operative
        return {"status": "Scheduled" if later else "Accepted"}

    def reserve(self, said: Payload, status: str) -> Payload:
        """Answer a ReserveNow at a connector of a status; raises `CallError`."""
        until = moment(said.get("expiryDate"))
        number = integer(said.get("reservationId"))
        if until is None or number is None:
            raise CallError(Code.FORMATION_VIOLATION)
        before = self.reserved
        if status in ("Faulted", "Unavailable"):
            return {"status": status}
        if before is not None and before.number != number:
            return {"status": "Occupied"}
        if status not in ("Available", "Reserved"):
            return {"status": "Occupied"}
        tag = text(said.get("idTag"))
        self._reservation = Reservation(number, tag, until.timestamp())
        return {"status": "Accepted"}

    def cancel(self, said: Payload) -> Payload:
        """Answer a CancelReservation."""
        before = self.reserved
        if before is None or before.number != integer(said.get("reservationId")):
            return {"status": "Rejected"}
        self._reservation = None
        return {"status": "Accepted"}
