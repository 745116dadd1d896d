"""What OCPP 2.0.1 says of an EVSE, in the one word that OCPP 1.6 has for it."""

from collections.abc import Mapping
from datetime import datetime

from ..freshness import OLD_S

FAULTED = "Faulted"
OCCUPIED = "Occupied"
AVAILABLE = "Available"

_POWER: Mapping[str, str] = {
    "Charging": "Charging",
    "SuspendedEV": "SuspendedEV",
    "SuspendedEVSE": "SuspendedEVSE",
}
"""The charging states in which a car is supplied, or could be."""


def supplies(charging_state: str) -> bool:
    """Say whether a charging state is one of an authorised transaction."""
    return charging_state in _POWER


class Evse:
    """One place where one car charges; its connectors are never used together.

    So it is what we number: transactions, meter values and charging profiles belong
    to it, and only the status comes by connector.
    """

    def __init__(self) -> None:
        """Start without a word from the wallbox."""
        self.connectors: dict[int, str] = {}
        """What each connector said last."""
        self._charging_state = ""
        self._has_charged = False
        self._finished = False
        self._newest: datetime | None = None

    @property
    def used_connector(self) -> int:
        """The connector with the cable that is in use, else the first."""
        for number, status in self.connectors.items():
            if status == OCCUPIED:
                return number
        return min(self.connectors, default=1)

    def says(
        self, connector: int, status: str, time: datetime | None, now: datetime
    ) -> None:
        """Take a connector's status."""
        self.connectors[connector] = status
        if self._is_old(time, now):
            return
        if OCCUPIED not in self.connectors.values():
            self.forget()  # unplugged

    def forget(self) -> None:
        """Know of no transaction, nor of one before it."""
        self._charging_state = ""
        self._has_charged = self._finished = False

    def runs(self, charging_state: str, time: datetime | None, now: datetime) -> None:
        """Take the state of the transaction that runs."""
        if charging_state and not self._is_old(time, now):
            self._charging_state = charging_state
            self._finished = False
            self._has_charged = self._has_charged or supplies(charging_state)

    def ends(self, time: datetime | None, now: datetime) -> None:
        """Note that the transaction has ended; the car may still be plugged in."""
        if not self._is_old(time, now):
            self._charging_state = ""
            self._has_charged = False
            self._finished = True

    def status(self, *, charges: bool) -> str | None:
        """Return the status, None as long as nothing is known.

        ``charges`` says whether a transaction is known to run, perhaps from before
        a restart of ours.
        """
        said = set(self.connectors.values())
        if said == {FAULTED}:
            return FAULTED
        if self._charging_state:
            idle = "Finishing" if self._has_charged else "Preparing"
            return _POWER.get(self._charging_state, idle)
        if OCCUPIED in said or (not said and self._finished):
            if self._finished:
                return "Finishing"
            return "Charging" if charges else "Preparing"
        for word in ("Reserved", AVAILABLE, "Unavailable"):
            if word in said:
                return word
        return min(said, default=None)

    def _is_old(self, time: datetime | None, now: datetime) -> bool:
        """Say whether something is from a queue, and note its time if not."""
        newest = self._newest
        if time is None:
            return False
        if (
            newest is not None
            and time < newest
            and (now - time).total_seconds() > OLD_S
        ):
            return True
        self._newest = time if newest is None else max(newest, time)
        return False
