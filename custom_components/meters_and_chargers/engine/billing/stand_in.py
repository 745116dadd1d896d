"""A charger without OCPP that a billing backend sees as a charge point of OCPP 1.6.

Its status, its meter and its transactions are made here of what it shows. A transaction
begins for a card: a fixed one, the backend's, or one that was held somewhere else.
"""

from collections.abc import Mapping
import json

from ..gateway.limits import Bounds
from ..protocols.ocpp import CallError, Code, Payload
from .appliance import introduction
from .following import Following


class StandIn(Following):
    """One charger with one connector; see `gateway.charger.Charger`."""

    connectors = 1
    aligns = True
    reserves = True

    async def present(self, tag: str) -> str:
        """Take a card that was held somewhere: it begins, or ends what it began.

        Returns what the backend says of it.
        """
        if self._point is None or not tag:
            return "Invalid"
        if self._session is not None:
            if self._session.tag.casefold() != tag.casefold():
                return "ConcurrentTx"
            self._end("Local", tag)
            return "Accepted"
        if not self._entrance.is_free_for(tag):
            return "Blocked"
        status = await self._point.authorise(tag)
        if status == "Accepted":
            self._wait(tag)
        return status

    # What the gateway asks

    def boot(self) -> Payload:
        """Return a BootNotification."""
        return introduction(self._appliance.identity)

    def statuses(self) -> Mapping[int, str]:
        """Return its statuses of now."""
        return {number: said for number, (_, said) in self._statuses.items()}

    def bounds(self, connector: int) -> Bounds:
        """Return what bounds it here."""
        del connector  # it has one
        return self._appliance.bounds()

    def obey(self) -> None:
        """Let it have what the backend leaves, soon."""
        self._wake.set()

    def knows(self, tag: str) -> bool:
        """Say whether a card may charge by what is known here."""
        return self._appliance.knows(tag)

    async def begin(self, connector: int | None, tag: str) -> bool:
        """Begin for a card, now or when a car comes."""
        if connector not in (None, 1) or self._session is not None:
            return False
        if not self._entrance.operative or not self._entrance.is_free_for(tag):
            return False
        self._wait(tag)
        return True

    async def end(self, session: int, reason: str) -> bool:
        """End a transaction."""
        if self._session is None or self._session.number != session:
            return False
        self._end(reason)
        return True

    async def measure(self, connector: int | None) -> bool:
        """Say the meter values now."""
        if connector == 0 or self._session is None:
            return False
        await self._sample("Trigger")
        return True

    async def pass_on(self, action: str, text: str) -> Payload:
        """Do what a backend asks of a charge point; raises `CallError`."""
        said = json.loads(text)
        self._wake.set()
        match action:
            case "ChangeAvailability":
                self._unkept = True
                busy = self._session is not None
                return self._entrance.change_availability(said, busy=busy)
            case "ReserveNow":
                return self._entrance.reserve(said, self._statuses[1][0])
            case "CancelReservation":
                return self._entrance.cancel(said)
            case "Reset":
                self._end("HardReset" if said.get("type") == "Hard" else "SoftReset")
                if self._point is not None:
                    self._point.restarted()
                return {"status": "Accepted"}
            case "UnlockConnector":
                return {"status": "NotSupported"}
            case "DataTransfer":
                return {"status": "UnknownVendorId"}
        raise CallError(Code.NOT_SUPPORTED)
