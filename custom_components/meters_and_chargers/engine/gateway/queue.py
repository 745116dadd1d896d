"""The messages of one charger that its backend must get: in order, none twice.

They lie in the journal until the backend has answered. A repeat has the message id and
the text of the first, so that a backend which knows either counts it once. Payloads are
kept as the text they came in, packed.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from enum import IntEnum
from functools import partial
from hashlib import blake2b
import sqlite3
from uuid import uuid4
import zlib

from ..journal import Journal
from ..protocols.ocpp.raw import exchange

START, STOP, METER = "StartTransaction", "StopTransaction", "MeterValues"
SECURITY = "SecurityEventNotification"
MAX_BYTES = 64 * 2**20
"""Packed. 30 days of charging around the clock, measured every ten seconds, fit."""
UNKNOWN = -1
"""What a backend is told of a transaction whose number it never said (errata 3.18)."""

_KEPT_DONE = 1000
"""Messages that were sent, by whose key one that comes again is known."""
_KEPT_REFUSED = 1000
_KEPT_ENDED = 1000
_WORDS = (
    b'{"connectorId": 1, "idTag": "", "meterStart": 0, "timestamp": "2026-01-01T00:00:'
    b'00.000Z", "meterStop": 0, "reason": "Local", "transactionId": 1, '
    b'"transactionData": [{"format": "SignedData", "context": "Transaction.Begin", '
    b'"Transaction.End", "Sample.Clock", "Energy.Active.Export.Register", "Frequency", '
    b'"SoC", "Temperature", "Current.Offered", "Power.Offered", "Power.Factor", '
    b'{"connectorId": 1, "transactionId": 1, "meterValue": '
    b'[{"timestamp": "2026-01-01T00:00:00.000Z", "sampledValue": [{"value": "0.0", '
    b'"context": "Sample.Periodic", "format": "Raw", "measurand": '
    b'"Energy.Active.Import.Register", "location": "Outlet", "unit": "Wh"}, {"value": '
    b'"0", "measurand": "Voltage", "phase": "L3", "unit": "V"}, "phase": "L2-N", '
    b'{"value": "0.0", "measurand": "Power.Active.Import", "phase": "L1-N", "unit": '
    b'"W"}, {"value":"0","measurand":"Current.Import","phase":"L1","unit":"A"}]}]}'
)
"""What most payloads are made of. Never to be changed: it unpacks what lies there."""


class _State(IntEnum):
    WAITS = 0
    DONE = 1
    REFUSED = 2


@dataclass(frozen=True, slots=True, kw_only=True)
class Message:
    """Something for the backend; ``text`` is its payload as raw JSON."""

    action: str
    text: str
    session: int | None = None
    """Our number of its transaction, which stands in the text."""
    kept: bool = True
    """False where it may be dropped for want of room."""

    @property
    def key(self) -> bytes:
        """What is the same when it comes again."""
        what = str(self.session) if self.action in (START, STOP) else self.text
        words = f"{self.action} {what}".encode(errors="surrogatepass")
        return blake2b(words, digest_size=16).digest()


@dataclass(frozen=True, slots=True)
class Waiting:
    """A message that is to be sent next."""

    number: int
    message_id: str
    action: str
    session: int | None
    text: str
    """With the backend's own number of the transaction."""
    time: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """How a queue stands."""

    length: int = 0
    size: int = 0
    """Bytes, packed."""
    oldest: datetime | None = None
    lost: int = 0
    """Dropped for want of room since the gateway was set up."""
    refused: int = 0
    """Which the backend never took."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Step:
    """What one commit changes of the standing."""

    oldest: datetime | None
    length: int = 0
    size: int = 0
    lost: int = 0
    refused: int = 0


def _utc_now() -> datetime:
    return datetime.now(UTC)


class Queue:
    """Keeps messages for one backend; each call raises `JournalError`."""

    def __init__(
        self,
        journal: Journal,
        gateway: str,
        *,
        max_bytes: int = MAX_BYTES,
        now: Callable[[], datetime] = _utc_now,
    ) -> None:
        """Keep them in the journal under the name of a gateway; `load` comes first."""
        self._journal = journal
        self._gateway = gateway
        self._max_bytes = max_bytes
        self._now = now
        self.standing = Standing()

    async def load(self) -> None:
        """Take over what waits."""
        self.standing = await self._journal.commit(self._look)

    async def put(self, message: Message) -> bool:
        """Keep a message behind the others; False for one that was kept before."""
        packed = _packed(message.text)
        step = await self._journal.commit(
            partial(self._put, message=message, packed=packed)
        )
        self._take(step)
        return step.length > 0 or step.lost > 0

    async def first(self) -> Waiting | None:
        """Return what is to be sent next."""
        return await self._journal.commit(self._first)

    async def sent(self, waiting: Waiting, backend_id: int | None = None) -> None:
        """Note that the backend has answered, and how it calls the transaction."""
        work = partial(
            self._finish, one=waiting, state=_State.DONE, backend_id=backend_id
        )
        self._take(await self._journal.commit(work))

    async def refused(self, waiting: Waiting) -> None:
        """Note that the backend does not take it; it is kept, but not sent again."""
        work = partial(self._finish, one=waiting, state=_State.REFUSED)
        self._take(await self._journal.commit(work))

    async def discard_refused(self) -> int:
        """Forget what the backend never took; returns how many messages that were."""

        def work(db: sqlite3.Connection) -> int:
            db.execute(
                "UPDATE backend_losses SET refused = 0 WHERE gateway = ?",
                (self._gateway,),
            )
            return db.execute(
                "DELETE FROM backend_queue WHERE gateway = ? AND state = ?",
                (self._gateway, _State.REFUSED),
            ).rowcount

        gone = await self._journal.commit(work)
        self.standing = replace(self.standing, refused=0)
        return gone

    async def transactions(self) -> Mapping[int, int | None]:
        """Return the transactions that have not ended there, by the backend's numbers.

        None for one whose beginning it has not answered.
        """
        return await self._journal.commit(
            lambda db: dict(
                db.execute(
                    "SELECT session, backend_id FROM backend_transactions "
                    "WHERE gateway = ? AND ended = 0",
                    (self._gateway,),
                )
            )
        )

    async def export(self, *, after: int = 0, limit: int = -1) -> tuple[Waiting, ...]:
        """Return what waits or was refused, the oldest first, after a number."""
        where = f"state IN (0, 2) AND number > {after:d}"
        return await self._journal.commit(partial(self._rows, where=where, limit=limit))

    async def forget(self) -> None:
        """Forget all of this gateway."""
        tables = ("backend_queue", "backend_transactions", "backend_losses")

        def work(db: sqlite3.Connection) -> None:
            for table in tables:
                db.execute(
                    f"DELETE FROM {table} WHERE gateway = ?",  # noqa: S608  # constant names
                    (self._gateway,),
                )

        await self._journal.commit(work)
        self.standing = Standing()

    def _take(self, step: _Step) -> None:
        """Count what a commit has changed; several may be under way."""
        before = self.standing
        self.standing = Standing(
            length=before.length + step.length,
            size=before.size + step.size,
            oldest=step.oldest,
            lost=before.lost + step.lost,
            refused=before.refused + step.refused,
        )

    # Inside a commit

    def _look(self, db: sqlite3.Connection) -> Standing:
        length, size = db.execute(
            "SELECT count(*), coalesce(sum(length(payload)), 0) "
            "FROM backend_queue WHERE gateway = ? AND state = 0",
            (self._gateway,),
        ).fetchone()
        lost, refused = db.execute(
            "SELECT coalesce(sum(lost), 0), coalesce(sum(refused), 0) "
            "FROM backend_losses WHERE gateway = ?",
            (self._gateway,),
        ).fetchone()
        return Standing(
            length=length,
            size=size,
            oldest=self._oldest(db),
            lost=lost,
            refused=refused,
        )

    def _oldest(self, db: sqlite3.Connection) -> datetime | None:
        row = db.execute(
            "SELECT time FROM backend_queue WHERE gateway = ? AND state = 0 "
            "ORDER BY number LIMIT 1",
            (self._gateway,),
        ).fetchone()
        return datetime.fromisoformat(row[0]) if row else None

    def _put(self, db: sqlite3.Connection, message: Message, packed: bytes) -> _Step:
        added = not self._was_sent(db, message) and self._insert(db, message, packed)
        if not added:
            return _Step(oldest=self._oldest(db))
        if message.action == START:
            db.execute(
                "INSERT OR IGNORE INTO backend_transactions (gateway, session) "
                "VALUES (?, ?)",
                (self._gateway, message.session),
            )
        size = len(packed)
        lost, freed = self._make_room(db, self.standing.size + size)
        return _Step(
            oldest=self._oldest(db), length=1 - lost, size=size - freed, lost=lost
        )

    def _insert(self, db: sqlite3.Connection, message: Message, packed: bytes) -> bool:
        now = self._now().isoformat(timespec="milliseconds")
        return bool(
            db.execute(
                "INSERT OR IGNORE INTO backend_queue (gateway, message_id, key, time, "
                "action, session, kept, payload) VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
                (
                    self._gateway,
                    str(uuid4()),
                    message.key,
                    now,
                    message.action,
                    message.session,
                    message.kept,
                    packed,
                ),
            ).rowcount
        )

    def _was_sent(self, db: sqlite3.Connection, message: Message) -> bool:
        """Say whether a beginning or end comes again, however late."""
        if message.action not in (START, STOP):
            return False
        row = db.execute(
            "SELECT ended FROM backend_transactions WHERE gateway = ? AND session = ?",
            (self._gateway, message.session),
        ).fetchone()
        return row is not None and (message.action == START or bool(row[0]))

    def _make_room(self, db: sqlite3.Connection, size: int) -> tuple[int, int]:
        """Drop the oldest that may go; returns how many, and their bytes.

        The others stay, whatever room they take.
        """
        if size <= self._max_bytes:
            return 0, 0
        numbers, freed = list[tuple[int]](), 0
        rows = db.execute(
            "SELECT number, length(payload) FROM backend_queue "
            "WHERE gateway = ? AND state = 0 AND kept = 0 ORDER BY number",
            (self._gateway,),
        )
        for number, length in rows:
            # Some at once: dropped one by one, each message would cost a look.
            if size - freed <= self._max_bytes - self._max_bytes // 100:
                break
            numbers.append((number,))
            freed += length
        db.executemany("DELETE FROM backend_queue WHERE number = ?", numbers)
        if numbers:
            self._count(db, lost=len(numbers))
        return len(numbers), freed

    def _count(self, db: sqlite3.Connection, lost: int = 0, refused: int = 0) -> None:
        db.execute(
            "INSERT INTO backend_losses VALUES (?1, ?2, ?3) ON CONFLICT DO UPDATE SET "
            "lost = lost + ?2, refused = refused + ?3",
            (self._gateway, lost, refused),
        )

    def _first(self, db: sqlite3.Connection) -> Waiting | None:
        return next(iter(self._rows(db, where="state = 0", limit=1)), None)

    def _rows(
        self, db: sqlite3.Connection, where: str, limit: int
    ) -> tuple[Waiting, ...]:
        rows = db.execute(
            "SELECT number, message_id, action, session, payload, time "  # noqa: S608  # constant words
            f"FROM backend_queue WHERE gateway = ? AND {where} "
            "ORDER BY number LIMIT ?",
            (self._gateway, limit),
        ).fetchall()
        return tuple(
            Waiting(
                number,
                message_id,
                action,
                session,
                self._named(db, session, _unpacked(payload)),
                datetime.fromisoformat(time),
            )
            for number, message_id, action, session, payload, time in rows
        )

    def _named(self, db: sqlite3.Connection, session: int | None, text: str) -> str:
        """Put the backend's number in the place of ours."""
        if session is None:
            return text
        row = db.execute(
            "SELECT backend_id FROM backend_transactions "
            "WHERE gateway = ? AND session = ?",
            (self._gateway, session),
        ).fetchone()
        known = UNKNOWN if row is None or row[0] is None else row[0]
        return exchange(text, "transactionId", known)

    def _finish(
        self,
        db: sqlite3.Connection,
        one: Waiting,
        state: _State,
        backend_id: int | None = None,
    ) -> _Step:
        (size,) = db.execute(
            "SELECT coalesce(sum(length(payload)), 0) FROM backend_queue "
            "WHERE number = ?",
            (one.number,),
        ).fetchone()
        # What was refused is kept whole, for whoever exports it. It may also have been
        # dropped while it was under way.
        there = db.execute(
            "UPDATE backend_queue SET state = ?1, payload = "
            "CASE WHEN ?1 = 1 THEN x'' ELSE payload END "
            "WHERE number = ?2 AND state = 0",
            (state, one.number),
        ).rowcount
        refused = int(state is _State.REFUSED)
        if refused:
            self._count(db, refused=1)
            self._bound_refused(db)
        if backend_id is not None:
            db.execute(
                "UPDATE backend_transactions SET backend_id = ? "
                "WHERE gateway = ? AND session = ?",
                (backend_id, self._gateway, one.session),
            )
        if one.action == STOP:
            self._end(db, one)
        db.execute(
            "DELETE FROM backend_queue WHERE gateway = ? AND state = 1 AND number <= ?",
            (self._gateway, one.number - _KEPT_DONE),
        )
        return _Step(
            oldest=self._oldest(db), length=-there, size=-size, refused=refused
        )

    def _bound_refused(self, db: sqlite3.Connection) -> None:
        """Keep the newest of what was refused: its owner may never look."""
        db.execute(
            "DELETE FROM backend_queue WHERE gateway = ?1 AND state = 2 "
            "AND number NOT IN (SELECT number FROM backend_queue "
            "WHERE gateway = ?1 AND state = 2 ORDER BY number DESC LIMIT ?2)",
            (self._gateway, _KEPT_REFUSED),
        )

    def _end(self, db: sqlite3.Connection, one: Waiting) -> None:
        db.execute(
            "INSERT INTO backend_transactions (gateway, session, ended) "
            "VALUES (?, ?, 1) ON CONFLICT DO UPDATE SET ended = 1",
            (self._gateway, one.session),
        )
        db.execute(
            "DELETE FROM backend_transactions WHERE gateway = ? AND ended = 1 "
            "AND session <= ?",
            (self._gateway, (one.session or 0) - _KEPT_ENDED),
        )


def _packed(text: str) -> bytes:
    packer = zlib.compressobj(zlib.Z_BEST_SPEED, wbits=-zlib.MAX_WBITS, zdict=_WORDS)
    return packer.compress(text.encode(errors="surrogatepass")) + packer.flush()


def _unpacked(packed: bytes) -> str:
    unpacker = zlib.decompressobj(-zlib.MAX_WBITS, zdict=_WORDS)
    whole = unpacker.decompress(packed) + unpacker.flush()
    return whole.decode(errors="surrogatepass")
