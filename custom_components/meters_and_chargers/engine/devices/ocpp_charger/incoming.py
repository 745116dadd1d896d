"""What a wallbox reports, and what it is answered."""

from collections.abc import Awaitable, Callable, Mapping
from datetime import datetime
import logging
from typing import TYPE_CHECKING, ClassVar

from ...journal import JournalError, Transaction
from ...model import Point
from ...protocols.ocpp.types import Call, CallError, Payload
from . import reading, security_events
from .change import Change, Kind, Occurrence, redact
from .connector import CHARGING, STATUSES, UNKNOWN, Connector
from .freshness import OLD_S
from .kinds import KIND, kind_said
from .measurands import flowing
from .profile import zulu
from .station import Station
from .transactions import Transactions

if TYPE_CHECKING:
    # It sends requests, which speak the dialect of OCPP 2, which answers as this does.
    from .admission import Admission

_LOGGER = logging.getLogger(__name__)

HEARTBEAT_S = 60
IDLE = "idle"
QUEUED = "offline"
"""Says of a message that is translated that it was kept while the wallbox was away."""
_NUMBER = "transactionId"
NOTHING = Change()

type Answer = tuple[Payload | None, Change]
"""What is sent, None for nothing, and what the message changed."""


class Incoming:
    """Answers each call from the journal, without asking anybody else."""

    def __init__(
        self, station: Station, transactions: Transactions, admission: Admission
    ) -> None:
        """Work for one wallbox."""
        self._station = station
        self._transactions = transactions
        self._admission = admission
        self._unrecorded = False
        """Whether the journal takes nothing, which has been said."""

    async def answer(self, call: Call) -> Answer:
        """Answer one call; raises `CallError` for an action that we don't know."""
        answer = self._answers.get(call.action)
        if answer is None:
            raise CallError("NotImplemented")
        return await answer(self, call)

    async def _boot(self, call: Call) -> Answer:
        boot = reading.boot(call.payload)
        await self._station.remember(
            maker=boot.maker,
            model=boot.model,
            serial=boot.serial,
            firmware=boot.firmware,
        )
        for connector in self._station.by_number.values():
            connector.freshness.reset()
        # An update that was under way is over; how it ended comes now, if ever.
        self._station.firmware_status = ""
        answer: Payload = {
            "status": "Accepted",
            "currentTime": zulu(self._station.now()),
            "interval": HEARTBEAT_S,
        }
        booted = Occurrence(Kind.BOOTED, 0, {"firmware": boot.firmware})
        return answer, Change(
            connectors=frozenset({0}), charger=True, occurrences=(booted,)
        )

    async def _heartbeat(self, _: Call) -> Answer:
        return {"currentTime": zulu(self._station.now())}, NOTHING

    async def _firmware(self, call: Call) -> Answer:
        """Follow an update; one that says again what it said has no news."""
        status = reading.word(call.payload.get("status"))
        if status == self._station.firmware_status:
            return {}, NOTHING
        self._station.firmware_status = status
        told = Occurrence(Kind.FIRMWARE, 0, {"status": status})
        wallbox = frozenset({0})
        # One without an update says so at each start.
        happened = (told,) if status != IDLE else ()
        return {}, Change(connectors=wallbox, occurrences=happened)

    async def _log_upload(self, call: Call) -> Answer:
        status = reading.word(call.payload.get("status"))
        told = Occurrence(Kind.LOG_UPLOAD, 0, {"status": status})
        return {}, Change(occurrences=(told,) if status != IDLE else ())

    async def _security(self, call: Call) -> Answer:
        # Not its free text: that may name users and addresses.
        told = security_events.reported(
            reading.word(call.payload.get("type")),
            self._at(reading.moment(call.payload.get("timestamp"))),
        )
        return {}, Change(occurrences=(told,))

    def _at(self, time: datetime | None) -> str:
        return (time or self._station.now()).isoformat()

    async def _data_transfer(self, _: Call) -> Answer:
        return {"status": "UnknownVendorId"}, NOTHING

    async def _authorize(self, call: Call) -> Answer:
        tag, live = reading.authorize(call.payload).id_tag, not _is_queued(call)
        kind = kind_said(call.payload.get(KIND))
        verdict, presented = self._admission.present(tag, live=live, kind=kind)
        return {"idTagInfo": verdict.info()}, Change(occurrences=presented)

    async def _status(self, call: Call) -> Answer:
        report = reading.status(call.payload)
        if report.connector is None:
            return {}, NOTHING
        connector, new = self._station.seen(report.connector)
        if self._is_outdated(connector, report.time):
            return {}, self._named(new)
        connector.status_time = report.time
        known = report.status in STATUSES
        await self._station.says(connector, report.status if known else UNKNOWN)
        connector.error_code = report.error_code
        points = frozenset[Point]()
        if connector.status not in CHARGING and connector.status != UNKNOWN:
            points = self._nothing_flows(connector)
        if new:
            await self._station.remember()
        return {}, self._named(new, report.connector, points=points)

    def _named(
        self,
        new: bool,  # noqa: FBT001  # private; as `Station.seen` returned it
        *numbers: int,
        points: frozenset[Point] = frozenset(),
    ) -> Change:
        """Return the change of a message that named a connector, perhaps a new one."""
        connectors = frozenset(self._station.by_number if new else numbers)
        return Change(points=points, connectors=connectors, charger=new)

    def _is_outdated(self, connector: Connector, time: datetime | None) -> bool:
        newest = connector.status_time
        if time is None or newest is None or time >= newest:
            return False
        return (self._station.now() - time).total_seconds() > OLD_S

    def _flows(self, connector: Connector) -> bool:
        """Say whether a transaction draws something, as far as that is measured."""
        values = self._station.values
        return connector.session is not None and any(
            (values.get(point) or 0) > 0 for point in flowing(connector.number)
        )

    def _nothing_flows(self, connector: Connector) -> frozenset[Point]:
        """Set to 0 what wallboxes stop reporting when they stop charging."""
        values = self._station.values
        points = frozenset(
            point for point in flowing(connector.number) if values.get(point)
        )
        values.update(dict.fromkeys(points, 0.0))
        return points

    async def _meter_values(self, call: Call) -> Answer:
        report = reading.meter_values(call.payload)
        if report.connector is None or not report.samples:
            return {}, NOTHING
        connector, new = self._station.seen(report.connector)
        if new:
            await self._station.remember()
        now = self._station.now()
        newest = report.samples[-1]
        # Whatever its clock says, it says itself that this is of a queue.
        live = not _is_queued(call) and connector.freshness.is_live(newest.time, now)
        points: set[Point] = set()
        if live:
            for sample in report.samples:
                if _belong_together(sample, newest):
                    points.update(sample.values)
                    self._station.values.update(sample.values)
                    if sample.offered_ma is not None:
                        connector.offered_ma = sample.offered_ma
        try:
            await self._transactions.meter(
                connector, report.transaction, report.samples, live=live
            )
        except JournalError as err:
            return self._unanswered(err)
        if not live:
            return {}, self._named(new)
        connector.measured_at = self._station.monotonic()
        unsaid = connector.is_restored or connector.status == UNKNOWN
        if unsaid and self._flows(connector):
            # Some never say it again after a restart of ours.
            connector.status = "charging"
        return {}, self._named(new, report.connector, points=frozenset(points))

    async def _start(self, call: Call) -> Answer:
        report = reading.start_transaction(call.payload)
        try:
            booked = await self._transactions.start(
                report, call.raw, reading.integer((call.answered or {}).get(_NUMBER))
            )
        except JournalError as err:
            return self._unanswered(err)
        self._recorded()
        transaction = booked.transaction
        late = self._is_late(call, report.time)
        kind = kind_said(call.payload.get(KIND))
        verdict, presented = await self._admission.start(
            transaction, live=not late, kind=kind
        )
        answer: Payload = {
            _NUMBER: transaction.wire_id,
            "idTagInfo": verdict.info(),
        }
        if booked.repeated:
            return answer, NOTHING
        number = report.connector or 0
        started = Occurrence(
            Kind.TRANSACTION_STARTED,
            number,
            {
                **self._facts(transaction, report.time, late=late),
                "meter_start_wh": transaction.meter_start_wh,
            },
        )
        return answer, Change(
            connectors=frozenset({number}), occurrences=(*presented, started)
        )

    async def _stop(self, call: Call) -> Answer:
        report = reading.stop_transaction(call.payload)
        try:
            stopped = await self._transactions.stop(report, call.raw)
        except JournalError as err:
            return self._unanswered(err)
        self._recorded()
        if stopped.booked.repeated:
            return {}, NOTHING
        transaction = stopped.booked.transaction
        points = frozenset[Point]()
        number = 0
        if stopped.connector is not None:
            number = stopped.connector.number
            if stopped.connector.session is None:
                points = self._nothing_flows(stopped.connector)
        occurrence = Occurrence(
            Kind.TRANSACTION_STOPPED,
            number,
            {
                **self._facts(
                    transaction, report.time, late=self._is_late(call, report.time)
                ),
                "energy_wh": stopped.energy_wh,
                "reason": transaction.stop_reason,
            },
        )
        return {}, Change(
            points=points,
            connectors=frozenset({number}),
            occurrences=(occurrence,),
        )

    def _unanswered(self, err: JournalError) -> Answer:
        """Say nothing: the wallbox repeats what was not recorded."""
        if not self._unrecorded:
            self._unrecorded = True
            _LOGGER.warning(
                "%s: transactions are not answered, and come again: %s",
                self._station.charger_id,
                err,
            )
        return None, NOTHING

    def _recorded(self) -> None:
        """Say once that transactions are answered again."""
        if self._unrecorded:
            self._unrecorded = False
            _LOGGER.info(
                "%s: transactions are recorded again", self._station.charger_id
            )

    def _facts(
        self, transaction: Transaction, time: datetime | None, *, late: bool
    ) -> dict[str, str | float | bool | None]:
        return {
            "transaction": transaction.wire_id,
            "tag": redact(transaction.id_tag),
            "label": self._admission.label(transaction.id_tag),
            "time": self._at(time),
            "late": late,
        }

    def _is_late(self, call: Call, time: datetime | None) -> bool:
        """Say whether something is told from a queue, long after it happened."""
        now = self._station.now()
        old = time is not None and (now - time).total_seconds() > OLD_S
        return old or _is_queued(call)

    _answers: ClassVar[Mapping[str, Callable[[Incoming, Call], Awaitable[Answer]]]] = {
        "MeterValues": _meter_values,
        "Heartbeat": _heartbeat,
        "StatusNotification": _status,
        "BootNotification": _boot,
        "Authorize": _authorize,
        "StartTransaction": _start,
        "StopTransaction": _stop,
        "DataTransfer": _data_transfer,
        "FirmwareStatusNotification": _firmware,
        "SignedFirmwareStatusNotification": _firmware,
        "DiagnosticsStatusNotification": _log_upload,
        "LogStatusNotification": _log_upload,
        "SecurityEventNotification": _security,
    }


def _is_queued(call: Call) -> bool:
    return call.payload.get(QUEUED) is True


def _belong_together(sample: reading.Sample, newest: reading.Sample) -> bool:
    """Say whether a sample of the same message is hardly older than its newest."""
    if sample.time is None or newest.time is None:
        return True
    return (newest.time - sample.time).total_seconds() <= OLD_S
