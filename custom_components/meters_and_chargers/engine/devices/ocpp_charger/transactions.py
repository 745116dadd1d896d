"""The transactions of one wallbox, between its messages and the journal."""

from dataclasses import dataclass
from datetime import datetime
import logging

from ...journal import (
    GRACE_S,
    Booked,
    JournalError,
    SignedValue,
    Start,
    Stop,
    Transaction,
)
from .connector import CHARGING, Connector, Session
from .measurands import register
from .reading import Sample, StartTransaction, StopTransaction
from .station import Station

_LOGGER = logging.getLogger(__name__)

NO_ID = -1
"""What wallboxes send for a transaction whose number they never got."""


@dataclass(frozen=True, slots=True)
class Stopped:
    """A booked end, with where and how much."""

    booked: Booked
    connector: Connector | None
    energy_wh: float | None


class Transactions:
    """Books them, and says which one runs on a connector."""

    def __init__(self, station: Station) -> None:
        """Work for one wallbox."""
        self._station = station
        self._journal = station.journal

    async def load(self) -> None:
        """Take over what ran before a restart: the newest on each connector."""
        for transaction in await self._journal.open_transactions(
            self._station.charger_id
        ):
            number = transaction.connector
            if not number:
                continue
            connector, _ = self._station.seen(number)
            if _is_older(transaction, connector.session):
                await self._close(transaction, "superseded")
            else:
                await self._run(connector, transaction)

    async def start(
        self, report: StartTransaction, raw: str, wire_id: int | None = None
    ) -> Booked:
        """Book a beginning, by the number it was given; raises `JournalError`."""
        number = report.connector or 0
        booked = await self._journal.start_transaction(
            Start(
                charger=self._station.charger_id,
                connector=number,
                id_tag=report.id_tag,
                meter_start_wh=report.meter_start_wh,
                time=report.time,
                raw=raw,
                wire_id=wire_id,
            )
        )
        if number and booked.transaction.is_open:
            connector, _ = self._station.seen(number)
            if not _is_older(booked.transaction, connector.session):
                await self._run(connector, booked.transaction)
        return booked

    async def stop(self, report: StopTransaction, raw: str) -> Stopped:
        """Book an end; raises `JournalError`."""
        meter_stop_wh = report.meter_stop_wh
        if meter_stop_wh is None:
            meter_stop_wh = _last_register(report.samples)
        booked = await self._journal.stop_transaction(
            Stop(
                charger=self._station.charger_id,
                wire_id=NO_ID if report.transaction is None else report.transaction,
                meter_stop_wh=meter_stop_wh,
                time=report.time,
                reason=report.reason,
                id_tag=report.id_tag,
                raw=raw,
                signed=_signed(report.samples),
            )
        )
        transaction = booked.transaction
        connector = self._station.by_number.get(transaction.connector or 0)
        if connector is None or connector.number == 0:
            return Stopped(booked, None, None)
        session = connector.session
        if session is not None and session.transaction.id == transaction.id:
            connector.session = None
            connector.ended = transaction
        return Stopped(booked, connector, transaction.energy_wh)

    async def meter(
        self,
        connector: Connector,
        wire_id: int | None,
        samples: tuple[Sample, ...],
        *,
        live: bool,
    ) -> None:
        """Give meter values to the transaction they belong to.

        Raises `JournalError` where signed ones could not be kept.
        """
        session = connector.session
        if wire_id is not None and wire_id > 0 and connector.number:
            if session is None or session.transaction.wire_id != wire_id:
                await self._other(connector, wire_id, samples, live=live)
                return
        elif not live:
            return
        if session is not None:
            await self._note(session.transaction, connector, samples, live=live)
        elif (ended := self._just_ended(connector, samples)) is not None:
            await self._note(ended, connector, samples, live=live)

    def _just_ended(
        self, connector: Connector, samples: tuple[Sample, ...]
    ) -> Transaction | None:
        """Return the transaction whose closing value this may be."""
        ended = connector.ended
        if ended is None or ended.stop_time is None:
            return None
        late = self._stamp(samples[-1].time) - ended.stop_time
        if late.total_seconds() > GRACE_S:
            connector.ended = None
        return connector.ended

    async def close(self, connector: Connector, reason: str) -> bool:
        """Close what runs on a connector; the wallbox's own end still counts."""
        session = connector.session
        if session is None:
            return False
        connector.session = None
        await self._close(session.transaction, reason)
        return True

    async def _other(
        self,
        connector: Connector,
        wire_id: int,
        samples: tuple[Sample, ...],
        *,
        live: bool,
    ) -> None:
        """Find or adopt a transaction which is not the one we know of."""
        try:
            transaction = await self._find(connector, wire_id, samples, live=live)
        except JournalError as err:
            _LOGGER.debug(
                "%s: a transaction could not be adopted: %s",
                self._station.charger_id,
                err,
            )
            return
        runs = live and transaction.is_open
        if runs and transaction.connector == connector.number:
            await self._run(connector, transaction)
        await self._note(transaction, connector, samples, live=live)

    async def _find(
        self,
        connector: Connector,
        wire_id: int,
        samples: tuple[Sample, ...],
        *,
        live: bool,
    ) -> Transaction:
        charger = self._station.charger_id
        known = await self._journal.find_transaction(charger, wire_id)
        runs_again = (
            known is not None
            and known.closed_locally
            and live
            and connector.status in CHARGING
        )
        if known is not None and not runs_again:
            return known
        point = register(connector.number)
        values = [sample for sample in samples if point in sample.values]
        return await self._journal.adopt_transaction(
            charger,
            connector.number,
            wire_id,
            values[0].values[point] if values else None,
            self._stamp((values or samples)[0].time),
        )

    async def _run(self, connector: Connector, transaction: Transaction) -> None:
        """Let a transaction be the one that runs; another one was forgotten."""
        before = connector.session
        if before is not None and before.transaction.id == transaction.id:
            return
        connector.session = Session(transaction, self._station.now())
        if before is not None:
            await self._close(before.transaction, "superseded")

    async def _close(self, transaction: Transaction, reason: str) -> None:
        try:
            await self._journal.close_transaction(transaction.id, reason)
        except JournalError as err:
            # It is found open again after a restart, and closed then.
            _LOGGER.debug(
                "%s: a transaction could not be closed: %s",
                self._station.charger_id,
                err,
            )

    async def _note(
        self,
        transaction: Transaction,
        connector: Connector,
        samples: tuple[Sample, ...],
        *,
        live: bool,
    ) -> None:
        session = connector.session
        if session is not None and session.transaction.id != transaction.id:
            session = None
        point = register(connector.number)
        for sample in samples:
            wh = sample.values.get(point)
            if wh is None:
                continue
            time = self._stamp(sample.time)
            self._journal.note_meter(transaction.id, wh, time)
            if session is not None:
                session.register(wh, time, live=live)
        if session is not None:
            session.cost = self._journal.cost_of(transaction.id, session.cost)
        if signed := _signed(samples):
            await self._journal.keep_signed(transaction.id, signed)

    def _stamp(self, time: datetime | None) -> datetime:
        """Return a sample's time, or ours where it has none or one to come."""
        now = self._station.now()
        return now if time is None else min(time, now)


def _is_older(transaction: Transaction, session: Session | None) -> bool:
    """Say whether a beginning from the queue is older than what runs."""
    if session is None or session.transaction.start_unknown:
        return False
    started = session.transaction.start_time
    time = transaction.start_time
    return time is not None and started is not None and time < started


def _last_register(samples: tuple[Sample, ...]) -> int | None:
    point = register(0)
    values = [sample.values[point] for sample in samples if point in sample.values]
    return round(values[-1]) if values else None


def _signed(samples: tuple[Sample, ...]) -> tuple[SignedValue, ...]:
    """Return what the meter has signed."""
    return tuple(one for sample in samples for one in sample.signed)
