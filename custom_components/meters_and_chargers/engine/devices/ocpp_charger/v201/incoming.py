"""What a wallbox says in OCPP 2, said again in the words of OCPP 1.6."""

from collections.abc import Awaitable, Callable, Mapping

from ....protocols.ocpp.types import Call, Payload
from .. import reading
from ..change import Change
from ..incoming import NOTHING, Answer
from ..station import Station
from . import words
from .events import Events
from .evse import Evse
from .running import Names

_EMPTY: Payload = {}

ACKNOWLEDGED: Mapping[str, Payload] = {
    **dict.fromkeys(
        (
            "BatterySwap",
            "ClearedChargingLimit",
            "NotifyChargingLimit",
            "NotifyCustomerInformation",
            "NotifyDERAlarm",
            "NotifyDERStartStop",
            "NotifyDisplayMessages",
            "NotifyEvent",
            "NotifyMonitoringReport",
            "NotifyPriorityCharging",
            "NotifySettlement",
            "NotifyWebPaymentStarted",
            "PublishFirmwareStatusNotification",
            "ReportDERControl",
            "ReservationStatusUpdate",
        ),
        _EMPTY,
    ),
    # What we can't do for a car or a wallbox is refused in the standard's words.
    "GetCertificateStatus": {"status": "Failed"},
    "NotifyEVChargingNeeds": {"status": "Rejected"},
    "NotifyEVChargingSchedule": {"status": "Accepted"},
    "OpenPeriodicEventStream": {"status": "Rejected"},
    "PullDynamicScheduleUpdate": {"status": "Rejected"},
}


class Incoming:
    """Translates each call for the part that answers 1.6, and its answer back."""

    def __init__(
        self,
        station: Station,
        names: Names,
        answer: Callable[[Call], Awaitable[Answer]],
        report: Callable[[str, Payload], None],
        kind_of: words.KindOf,
    ) -> None:
        """Have calls of 1.6 answered by ``answer``, and hand reports to ``report``."""
        self.evses: dict[int, Evse] = {}
        self.kind_of = kind_of
        self._station = station
        self._answer = answer
        self._report = report
        self._shown: dict[int, str] = {}
        self.events = Events(names, self.evse, answer, self._show, station.now, kind_of)
        self._translations: Mapping[str, Callable[[Call], Awaitable[Answer]]] = {
            "Authorize": self._authorize,
            "MeterValues": self._meter_values,
            "NotifyReport": self._take_report,
            "ReportChargingProfiles": self._take_report,
            "StatusNotification": self._status,
            "TransactionEvent": self.events.answer,
        }

    def evse(self, number: int) -> Evse:
        """Return what was said of an EVSE; 0 is the wallbox itself."""
        return self.evses.setdefault(number, Evse())

    async def answer(self, call: Call) -> Answer:
        """Answer one call; raises `CallError` for an action that we don't know."""
        if (translation := self._translations.get(call.action)) is not None:
            return await translation(call)
        if (known := ACKNOWLEDGED.get(call.action)) is not None:
            return known, NOTHING
        # The same in both, or from a wallbox that claims a version it can't speak.
        return await self._answer(call)

    async def forget(self, number: int) -> Change:
        """Say an EVSE's status anew: a transaction of it was found to be gone."""
        self.evse(number).forget()
        _, change = await self._show(number, Call("", {}, ""))
        return change

    async def _take_report(self, call: Call) -> Answer:
        self._report(call.action, call.payload)
        return _EMPTY, NOTHING

    async def _authorize(self, call: Call) -> Answer:
        if (tag := words.token(call.payload)) is None:
            return await self._answer(call)
        payload = {"idTag": tag, **words.kind(call.payload)}
        answer, change = await self._answer(Call("Authorize", payload, call.raw))
        if answer is None:
            return None, change
        return {"idTokenInfo": words.id_token_info(answer, self.kind_of)}, change

    async def _meter_values(self, call: Call) -> Answer:
        if "evseId" not in call.payload:
            return await self._answer(call)
        payload: Payload = {
            "connectorId": call.payload["evseId"],
            "meterValue": words.meter_values(call.payload.get("meterValue")),
        }
        return await self._answer(Call("MeterValues", payload, call.raw))

    async def _status(self, call: Call) -> Answer:
        number = reading.connector(call.payload.get("evseId"))
        status = reading.text(call.payload.get("connectorStatus"))
        if number is None or not status:
            return await self._answer(call)
        self.evse(number).says(
            reading.integer(call.payload.get("connectorId")) or 0,
            status,
            reading.moment(call.payload.get("timestamp")),
            self._station.now(),
        )
        self._shown.pop(number, None)  # it may have been asked for
        return await self._show(number, call)

    async def _show(self, number: int, call: Call) -> Answer:
        """Say an EVSE's status where it is another one."""
        known = self._station.by_number.get(number)
        charges = known is not None and known.session is not None
        status = self.evse(number).status(charges=charges)
        if status is None or status == self._shown.get(number):
            return _EMPTY, NOTHING
        self._shown[number] = status
        payload = words.present(
            connectorId=number,
            status=status,
            errorCode="NoError",
            timestamp=call.payload.get("timestamp"),
        )
        return await self._answer(Call("StatusNotification", payload, call.raw))
