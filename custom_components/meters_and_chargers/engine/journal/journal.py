"""The journal: one sqlite file, one thread that writes it."""

import asyncio
from collections.abc import Callable, Collection, Iterable
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from functools import partial
import logging
from pathlib import Path
import sqlite3
from typing import NamedTuple, Self

from . import energy, log, tables
from .errors import JournalError
from .records import (
    Booked,
    ChargerRecord,
    HourOfEnergy,
    SignedValue,
    Start,
    Stop,
    Transaction,
)
from .schema import prepare

_LOGGER = logging.getLogger(__name__)

_NOTES_EVERY_S = 30.0
_LOCK_TIMEOUT_S = 2.0
_MOST_NOTES = 500
"""Meter values of one transaction that wait; more only where nothing can be written."""


def _utc_now() -> datetime:
    return datetime.now(UTC)


class _Work(NamedTuple):
    """Something to be done in a commit, and whom to tell."""

    do: Callable[[sqlite3.Connection], Callable[[], None]]
    """Returns what tells the result once it is committed."""
    fail: Callable[[BaseException], None]


class Journal:
    """Records wallboxes and transactions; each call returns after the commit.

    All of them raise `JournalError`, and then nothing was recorded.
    """

    def __init__(
        self,
        thread: ThreadPoolExecutor,
        db: sqlite3.Connection,
        *,
        now: Callable[[], datetime] = _utc_now,
        notes_every_s: float = _NOTES_EVERY_S,
    ) -> None:
        """Take over an open file and the one thread that may use it."""
        self._thread = thread
        self._db = db
        self._now = now
        self._notes_every_s = notes_every_s
        self._loop = asyncio.get_running_loop()
        self._notes: dict[int, list[energy.Reading]] = {}
        self._suns: dict[int, tuple[float, float]] = {}
        self._costs: dict[int, float] = {}
        """Of the transactions whose values were written by the last commit."""
        self._timer: asyncio.TimerHandle | None = None
        self._flushing: asyncio.Task[None] | None = None
        self._waiting: list[_Work] = []
        self._at_work: list[_Work] = []
        self._writing: asyncio.Task[None] | None = None
        self._closed = False

    @classmethod
    async def open(
        cls,
        path: Path | str,
        *,
        now: Callable[[], datetime] = _utc_now,
        notes_every_s: float = _NOTES_EVERY_S,
        lock_timeout_s: float = _LOCK_TIMEOUT_S,
    ) -> Self:
        """Open the file, which is created or updated as needed."""
        thread = ThreadPoolExecutor(1, thread_name_prefix="journal")
        loop = asyncio.get_running_loop()
        try:
            db = await loop.run_in_executor(
                thread, _connect, Path(path), lock_timeout_s
            )
        except JournalError:
            await loop.run_in_executor(None, thread.shutdown)
            raise
        return cls(thread, db, now=now, notes_every_s=notes_every_s)

    async def close(self) -> None:
        """Write what is left and close the file; a second call does nothing."""
        if self._closed:
            return
        if self._timer:
            self._timer.cancel()
        try:
            await self._run(lambda _: None)
        except JournalError as err:
            _LOGGER.warning("The last meter values were not recorded: %s", err)
        self._closed = True
        if self._writing is not None:
            await asyncio.wait({self._writing})
        await self._loop.run_in_executor(self._thread, self._db.close)
        await self._loop.run_in_executor(None, self._thread.shutdown)

    async def start_transaction(self, report: Start) -> Booked:
        """Record a beginning; the same one again returns the same transaction."""
        return await self._run(partial(tables.start, report=report, now=self._now()))

    async def stop_transaction(self, report: Stop) -> Booked:
        """Record an end; one of an unknown beginning becomes a closed transaction."""
        return await self._run(
            partial(tables.stop, report=report, now=self._now()),
        )

    async def adopt_transaction(
        self,
        charger: str,
        connector: int,
        wire_id: int,
        wh: float | None,
        time: datetime,
    ) -> Transaction:
        """Record one whose beginning nobody saw; one closed locally runs again."""
        return await self._run(
            partial(
                tables.adopt,
                charger=charger,
                connector=connector,
                wire_id=wire_id,
                meter=(wh, time),
            )
        )

    async def close_transaction(self, number: int, reason: str) -> Transaction:
        """Close one with its last value; the wallbox's own end still counts."""
        return await self._run(
            partial(tables.close_locally, number=number, reason=reason, now=self._now())
        )

    async def find_transaction(self, charger: str, wire_id: int) -> Transaction | None:
        """Return the transaction which a wallbox calls by this number."""
        return await self._run(partial(tables.find, charger=charger, wire_id=wire_id))

    async def name_transaction(
        self, charger: str, name: str, wire_id: int | None
    ) -> int:
        """Keep how a wallbox calls a transaction; returns its number, perhaps a new."""
        return await self._run(
            partial(tables.name, charger=charger, name=name, wire_id=wire_id)
        )

    async def named_transaction(self, charger: str, name: str) -> int | None:
        """Return the number of the transaction which a wallbox calls by this name."""
        return await self._run(partial(tables.named, charger=charger, name=name))

    async def transaction_name(self, charger: str, wire_id: int) -> str | None:
        """Return the name of the transaction that has this number."""
        return await self._run(
            partial(tables.name_of, charger=charger, wire_id=wire_id)
        )

    async def open_transactions(self, charger: str) -> tuple[Transaction, ...]:
        """Return what still runs on a wallbox, the oldest first."""
        return await self._run(
            partial(tables.transactions, charger=charger, only_open=True)
        )

    async def transactions(self, charger: str) -> tuple[Transaction, ...]:
        """Return all transactions of a wallbox, the oldest first."""
        return await self._run(
            partial(tables.transactions, charger=charger, only_open=False)
        )

    async def keep_signed(self, number: int, values: tuple[SignedValue, ...]) -> None:
        """Keep what the meter has signed of a transaction, once."""
        await self._run(
            partial(tables.keep_signed, number=number, values=values, now=self._now())
        )

    async def signed_values(self, number: int) -> tuple[SignedValue, ...]:
        """Return what the meter has signed of a transaction, the oldest first."""
        return await self._run(partial(tables.signed, number=number))

    async def note_price(
        self, charger: str, since: datetime, price: float | None, currency: str
    ) -> None:
        """Record what a kWh costs from now on; None where nobody knows."""
        await self._run(
            partial(
                energy.price,
                charger=charger,
                since=since,
                current=price,
                currency=currency,
            )
        )

    async def sessions(
        self,
        *,
        chargers: Collection[str] | None = None,
        since: datetime | None = None,
        until: datetime | None = None,
        limit: int = 500,
    ) -> tuple[Transaction, ...]:
        """Return the transactions that began in a time, the newest first."""
        return await self._run(
            partial(
                log.sessions, chargers=chargers, since=since, until=until, limit=limit
            )
        )

    async def hours(self) -> tuple[HourOfEnergy, ...]:
        """Return all energy by wallbox, card and hour, the oldest first.

        What no wallbox can have given counts as nothing.
        """
        return await self._run(partial(log.hours, now=self._now()))

    async def remember_charger(self, record: ChargerRecord) -> None:
        """Keep what is known of a wallbox."""
        await self._run(partial(tables.remember, record=record))

    async def known_charger(self, charger: str) -> ChargerRecord | None:
        """Return what is known of a wallbox."""
        return await self._run(partial(tables.known, charger=charger))

    async def keep_fact(self, charger: str, name: str, fact: str) -> None:
        """Keep something of a wallbox under a name; an empty text forgets it."""
        await self._run(
            partial(tables.keep_fact, charger=charger, name=name, fact=fact)
        )

    async def facts(self, charger: str) -> dict[str, str]:
        """Return what was kept of a wallbox by name."""
        return await self._run(partial(tables.facts, charger=charger))

    async def commit[T](self, work: Callable[[sqlite3.Connection], T]) -> T:
        """Do what another part keeps here, perhaps in one commit with other work."""
        return await self._run(work)

    def note_meter(self, number: int, wh: float, time: datetime) -> None:
        """Keep a transaction's meter value; written with the next commit.

        At most 30 s of them are lost in a power cut: the wallbox's own end has the
        value that counts.
        """
        noted = self._notes.setdefault(number, [])
        if len(noted) >= _MOST_NOTES:
            noted.pop()
        noted.append((wh, time))
        self._flush_later()

    def note_sun(self, number: int, sun_wh: float, of_wh: float) -> None:
        """Add what a transaction took from the sun, of how much; with the next commit.

        What a power cut loses of both changes the share hardly.
        """
        sun_before, of_before = self._suns.get(number, (0.0, 0.0))
        self._suns[number] = sun_before + sun_wh, of_before + of_wh
        self._flush_later()

    def cost_of(self, number: int, before: float | None) -> float | None:
        """Return what a transaction has cost at the last commit, else as before."""
        return self._costs.get(number, before)

    def _flush_later(self) -> None:
        if self._timer is None and not self._closed:
            self._timer = self._loop.call_later(self._notes_every_s, self._flush)

    def _flush(self) -> None:
        self._timer = None
        if self._notes or self._suns:
            self._flushing = self._loop.create_task(self._write_notes())

    async def _write_notes(self) -> None:
        try:
            await self._run(lambda _: None)
        except JournalError as err:
            _LOGGER.warning("Meter values could not be recorded: %s", err)
            self._flush_later()

    async def _run[T](self, work: Callable[[sqlite3.Connection], T]) -> T:
        """Do the work and write the notes in one commit, perhaps with other work."""
        if self._closed:
            raise JournalError("the journal is closed")
        done: asyncio.Future[T] = self._loop.create_future()

        def do(db: sqlite3.Connection) -> Callable[[], None]:
            result = work(db)
            return lambda: None if done.done() else done.set_result(result)

        def fail(err: BaseException) -> None:
            if not done.done():  # whoever waited may also just have gone
                done.set_exception(err)

        self._waiting.append(_Work(do, fail))
        self._begin_to_write()
        return await done

    def _begin_to_write(self) -> None:
        if self._waiting and self._writing is None:
            self._writing = self._loop.create_task(self._write())
            self._writing.add_done_callback(self._written)

    async def _write(self) -> None:
        """Do what waits: all that came during a commit shares the next one."""
        while self._waiting:
            works, self._waiting = self._waiting, []
            if not await self._commit(works):
                for one in works:
                    await self._commit([one])

    def _written(self, writing: asyncio.Task[None]) -> None:
        """Let a defect reach those who wait, and the others have their turn."""
        self._writing = None
        if not writing.cancelled() and (err := writing.exception()) is not None:
            for one in self._at_work:
                one.fail(err)
        self._begin_to_write()

    async def _commit(self, works: list[_Work]) -> bool:
        """Do work in one commit; False where nothing was done, and nobody was told.

        One that is alone is told that it failed.
        """
        self._at_work = works
        notes, self._notes = self._notes, {}
        suns, self._suns = self._suns, {}
        written = False
        try:
            told, costs = await self._loop.run_in_executor(
                self._thread, _commit, self._db, notes, suns, works
            )
            written = True
        except JournalError as err:
            if len(works) > 1:
                return False
            works[0].fail(err)
            return True
        finally:
            if not written:
                for number, noted in self._notes.items():
                    notes.setdefault(number, []).extend(noted)
                self._notes = notes
                later, self._suns = self._suns, suns
                for number, (sun_wh, of_wh) in later.items():
                    self.note_sun(number, sun_wh, of_wh)
        if notes:
            self._costs = costs
        for tell in told:
            tell()
        return True


def _connect(path: Path, lock_timeout_s: float) -> sqlite3.Connection:
    try:
        path.touch(mode=0o600)  # id tags are nobody else's business
        db = sqlite3.connect(path, timeout=lock_timeout_s, isolation_level=None)
    except (OSError, sqlite3.Error) as err:
        raise JournalError(f"the journal cannot be opened: {err}") from err
    try:
        prepare(db)
    except (JournalError, sqlite3.Error) as err:
        db.close()
        raise JournalError(f"the journal cannot be used: {err}") from err
    return db


def _commit(
    db: sqlite3.Connection,
    notes: tables.Notes,
    suns: tables.Suns,
    works: Iterable[_Work],
) -> tuple[list[Callable[[], None]], dict[int, float]]:
    """Do all in one commit, or nothing; return what tells the results."""
    try:
        db.execute("BEGIN IMMEDIATE")
        try:
            costs = tables.note(db, notes)
            tables.note_sun(db, suns)
            told = [one.do(db) for one in works]
            db.execute("COMMIT")
        finally:
            if db.in_transaction:
                db.execute("ROLLBACK")
    except sqlite3.Error as err:
        raise JournalError(f"nothing was recorded: {err}") from err
    except (OverflowError, UnicodeError) as err:
        raise JournalError("nothing was recorded: no column can hold it") from err
    return told, costs
