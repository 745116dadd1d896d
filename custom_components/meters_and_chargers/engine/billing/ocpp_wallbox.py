"""A wallbox that speaks OCPP 1.6, as the gateway to a billing backend wants it.

Its own messages are passed on as the text they came in; the numbers of its transactions
are ours, the backend has others.
"""

from collections.abc import Callable, Mapping
import json
from typing import cast

from ..devices.ocpp_charger import OWN_TAG, OcppCharger
from ..gateway.charger import Started
from ..gateway.limits import Bounds, Effective
from ..gateway.virtual import VirtualPoint
from ..journal import JournalError
from ..model import DeviceError, Unreachable
from ..protocols.ocpp import Call, Payload, Verbatim
from ..protocols.ocpp.raw import payload_of
from ..protocols.ocpp.scalars import integer, moment, text
from ..protocols.ocpp.types import Json

_SPELT: Mapping[str, str] = {
    "available": "Available",
    "preparing": "Preparing",
    "charging": "Charging",
    "suspended_evse": "SuspendedEVSE",
    "suspended_ev": "SuspendedEV",
    "finishing": "Finishing",
    "reserved": "Reserved",
    "unavailable": "Unavailable",
    "faulted": "Faulted",
}
_KEPT = frozenset(
    {
        "MeterValues",
        "SecurityEventNotification",
        "StartTransaction",
        "StopTransaction",
    }
)


class BilledWallbox:
    """Passes on what a wallbox says, and tells it what the backend asks."""

    def __init__(
        self,
        charger: OcppCharger,
        *,
        phases: int = 3,
        house_ma: Callable[[int], int | None] = lambda _: None,
    ) -> None:
        """Stand between a wallbox and its virtual charge point; see `join`."""
        self._charger = charger
        self._phases = phases
        self._house_ma = house_ma
        self._point: VirtualPoint | None = None
        self._statuses: dict[int, str] = {}

    def join(self, point: VirtualPoint) -> None:
        """Begin to hear all that it says, and to bound it."""
        self._point = point
        self._charger.wishes.witness = self
        self._charger.obey()

    def move(self, charger: OcppCharger) -> None:
        """Go on with what stands for the same wallbox from now on."""
        if charger is self._charger:
            return
        self._charger.wishes.witness = None
        self._charger = charger
        if self._point is not None:
            self.join(self._point)

    def leave(self) -> None:
        """Hear of nothing more; what was asked for here alone holds."""
        self._point = None  # from now on it bounds nothing
        self._charger.obey()
        self._charger.wishes.witness = None

    # What the gateway asks

    @property
    def connectors(self) -> int:
        """How many connectors it has."""
        return len(self._charger.connectors)

    @property
    def aligns(self) -> bool:
        """Say nothing by the clock but what the wallbox itself does."""
        return False

    @property
    def reserves(self) -> bool:
        """Whether it says that it can be kept for a card."""
        said = self._charger.configuration.get("SupportedFeatureProfiles") or ""
        return "reservation" in said.lower()

    def boot(self) -> Payload:
        """Return a BootNotification with its real maker, model, number and firmware."""
        return introduced(self._charger)

    def statuses(self) -> Mapping[int, str]:
        """Return its last statuses as it said them, before that as it is known."""
        found = dict(self._statuses)
        for number in (0, *self._charger.connectors):
            status = _SPELT.get(self._charger.connector(number).status)
            if number not in found and status is not None:
                found[number] = json.dumps(
                    {"connectorId": number, "errorCode": "NoError", "status": status}
                )
        return found

    def bounds(self, connector: int) -> Bounds:
        """Return what bounds a connector here."""
        house_ma = self._house_ma(connector)
        return bounds_of(self._charger, connector, self._phases, house_ma)

    def obey(self) -> None:
        """Let it have what may flow now."""
        self._charger.obey()

    def knows(self, tag: str) -> bool:
        """Say whether a card is one of those that may charge."""
        return self._charger.is_known(tag)

    async def begin(self, connector: int | None, tag: str) -> bool:
        """Start it for a card that may charge here as well."""
        if not self._charger.accepts(tag):
            return False
        await self._charger.remote_start(connector or 1, tag)
        return True

    async def end(self, session: int, _reason: str) -> bool:
        """End a transaction; why, it says itself."""
        try:
            await self._charger.remote_stop_transaction(session)
        except DeviceError:
            return False
        return True

    async def measure(self, connector: int | None) -> bool:
        """Let it say its meter values now."""
        try:
            await self._charger.trigger("MeterValues", connector)
        except DeviceError:
            return False
        return True

    async def pass_on(self, action: str, text: str) -> Payload:
        """Ask it in the backend's own words."""
        if (link := self._charger.link) is None:
            raise Unreachable("the wallbox is not connected")
        return await link.call(action, Verbatim({}, text))

    # What the wallbox asks

    def bounded(self, connector: int, value_ma: int) -> int:
        """Return how much of a charging current the backend leaves; in its steps."""
        if self._point is None:
            return value_ma
        return bounded_by(self._point.limit(connector), value_ma, self._charger)

    async def heard(self, call: Call, answer: Payload | None) -> Payload | None:
        """Keep for the backend what is billed; ask it where it has a say."""
        point = self._point
        if point is None or answer is None:
            return answer
        match call.action:
            case "Authorize":
                return await self._authorised(point, call, answer)
            case "DataTransfer":
                return await point.transfer(payload_of(call.raw))
            case "StatusNotification":
                self._stands(call)
                point.stands()
            case "BootNotification":
                point.restarted()
            case action if action in _KEPT:
                try:
                    await self._keep(point, call, answer)
                except JournalError:
                    return None  # it repeats what was not kept
        return answer

    async def _authorised(
        self, point: VirtualPoint, call: Call, answer: Payload
    ) -> Payload:
        """Let a card charge that both accept."""
        info, tag = answer.get("idTagInfo"), text(call.payload.get("idTag"))
        ours = isinstance(info, dict) and info.get("status") == "Accepted"
        if not ours or _card(tag) == "":
            return answer
        status = await point.authorise(tag)
        return answer if status == "Accepted" else {"idTagInfo": {"status": status}}

    def _stands(self, call: Call) -> None:
        number = integer(call.payload.get("connectorId"))
        if number is not None and 0 <= number <= self.connectors:
            self._statuses[number] = payload_of(call.raw)

    async def _keep(self, point: VirtualPoint, call: Call, answer: Payload) -> None:
        said, raw = call.payload, payload_of(call.raw)
        number = integer(said.get("connectorId")) or 0
        session = integer(said.get("transactionId"))
        match call.action:
            case "StartTransaction":
                time = moment(said.get("timestamp"))
                await point.begun(
                    Started(
                        session=cast("int", answer["transactionId"]),
                        connector=number,
                        text=raw,
                        at_s=point.now_s() if time is None else int(time.timestamp()),
                        tag=_card(text(said.get("idTag"))),
                    )
                )
            case "StopTransaction" if session is not None:
                await point.ended(session, raw)
            case "SecurityEventNotification":
                await point.alarmed(raw)
            case "MeterValues" if number:
                if session is None:
                    session = self._charger.connector(number).transaction
                await point.measured(number, session, raw)


def introduced(charger: OcppCharger) -> Payload:
    """Return a BootNotification of a wallbox, in the words of what it speaks."""
    who, serial = charger.identity, charger.maker_serial[:25]
    firmware = {"firmwareVersion": who.firmware[:50]} if who.firmware else {}
    model = (who.model or "Unknown")[:20]
    if charger.dialect is not None:
        station: dict[str, Json] = {"model": model, **firmware}
        station["vendorName"] = (who.maker or "Unknown")[:50]
        if serial:
            station["serialNumber"] = serial
        return {"reason": "Unknown", "chargingStation": station}
    said: dict[str, Json] = {"chargePointModel": model, **firmware}
    said["chargePointVendor"] = (who.maker or "Unknown")[:20]
    if serial:
        said["chargePointSerialNumber"] = serial
    return said


def bounds_of(
    charger: OcppCharger, connector: int, phases: int, house_ma: int | None
) -> Bounds:
    """Return what bounds a connector of a wallbox here."""
    setpoint = charger.setpoint
    return Bounds(
        hardware_ma=setpoint.maximum_ma,
        minimum_ma=setpoint.minimum_ma,
        local_ma=charger.wishes.wanted_ma(connector),
        house_ma=house_ma,
        phases=phases,
    )


def bounded_by(limit: Effective, value_ma: int, charger: OcppCharger) -> int:
    """Return how much a limit leaves of a charging current, in a wallbox's steps."""
    found = min(limit.current_ma, value_ma)
    return found - found % charger.setpoint.step_ma


def _card(tag: str) -> str:
    """Return a card's number; empty for what we start ourselves with."""
    return "" if tag.casefold() == OWN_TAG.casefold() else tag
