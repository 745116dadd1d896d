"""The journal: nothing lost, nothing doubled, nothing guessed."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import closing
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
import sqlite3
import subprocess
import sys
import time

import pytest

from custom_components.meters_and_chargers.engine.journal import (
    Booked,
    ChargerRecord,
    Journal,
    JournalError,
    Start,
    Stop,
    schema,
)

NOON = datetime(2026, 6, 1, 12, tzinfo=UTC)
START = Start(
    charger="GARAGE",
    connector=1,
    id_tag="04AABBCC",
    meter_start_wh=1000,
    time=NOON,
    raw='[2,"1","StartTransaction",{}]',
)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """Return where the journal is."""
    return tmp_path / "journal.db"


@pytest.fixture
async def journal(path: Path) -> AsyncIterator[Journal]:
    """Return an open journal."""
    journal = await Journal.open(path, now=lambda: NOON, lock_timeout_s=0.05)
    yield journal
    await journal.close()


def _stop(wire_id: int, wh: int | None = 2000, **changes: object) -> Stop:
    stop = Stop(
        charger="GARAGE",
        wire_id=wire_id,
        meter_stop_wh=wh,
        time=NOON + timedelta(hours=1),
        reason="local",
        raw="stop",
    )
    return replace(stop, **changes)


async def test_a_transaction_from_start_to_stop(journal: Journal) -> None:
    """A transaction is open between its two reports and keeps what they said."""
    started = (await journal.start_transaction(START)).transaction
    assert started.id == started.wire_id > 0
    assert await journal.open_transactions("GARAGE") == (started,)
    stopped = (await journal.stop_transaction(_stop(started.id))).transaction
    assert not stopped.is_open
    assert (stopped.meter_start_wh, stopped.meter_stop_wh) == (1000, 2000)
    assert stopped.stop_time == NOON + timedelta(hours=1)
    assert stopped.stop_reason == "local"
    assert await journal.open_transactions("GARAGE") == ()
    assert await journal.transactions("GARAGE") == (stopped,)


async def test_raw_texts_are_kept(journal: Journal, path: Path) -> None:
    """The frames' own texts stay, for signed values."""
    started = (await journal.start_transaction(START)).transaction
    await journal.stop_transaction(_stop(started.id))
    with closing(sqlite3.connect(path)) as db:
        rows = db.execute("SELECT start_raw, stop_raw FROM transactions").fetchall()
    assert rows == [(START.raw, "stop")]


@pytest.mark.parametrize(
    "start",
    [
        START,
        replace(START, meter_start_wh=None),
        replace(START, time=None),
        replace(START, id_tag=""),
    ],
)
async def test_the_same_start_is_booked_once(journal: Journal, start: Start) -> None:
    """A repeated report returns the same number."""
    first = await journal.start_transaction(start)
    second = await journal.start_transaction(start)
    assert (first.repeated, second.repeated) == (False, True)
    assert first.transaction.id == second.transaction.id


@pytest.mark.parametrize(
    "change",
    [
        {"charger": "STREET"},
        {"connector": 2},
        {"id_tag": "OTHER"},
        {"meter_start_wh": 1001},
        {"time": NOON + timedelta(seconds=1)},
    ],
)
async def test_another_start_is_another_transaction(
    journal: Journal, change: dict[str, object]
) -> None:
    """Numbers rise over all wallboxes."""
    first = await journal.start_transaction(START)
    second = await journal.start_transaction(replace(START, **change))
    assert second.transaction.id == first.transaction.id + 1


async def test_a_start_without_time_is_new_after_its_stop(journal: Journal) -> None:
    """Without a time only what still runs can be the same."""
    start = replace(START, time=None)
    first = (await journal.start_transaction(start)).transaction
    await journal.stop_transaction(_stop(first.id))
    second = await journal.start_transaction(start)
    assert not second.repeated
    assert second.transaction.id > first.id


async def test_the_same_stop_is_booked_once(journal: Journal) -> None:
    """The first word of the wallbox counts."""
    started = (await journal.start_transaction(START)).transaction
    first = await journal.stop_transaction(_stop(started.id))
    second = await journal.stop_transaction(_stop(started.id, 9999))
    assert (first.repeated, second.repeated) == (False, True)
    assert second.transaction.meter_stop_wh == 2000


async def test_a_stop_of_an_unknown_transaction_is_kept(journal: Journal) -> None:
    """It belongs to no connector and is closed."""
    await journal.start_transaction(START)
    booked = await journal.stop_transaction(_stop(77))
    assert booked.transaction.start_unknown
    assert booked.transaction.connector is None
    assert not booked.transaction.is_open
    assert (await journal.stop_transaction(_stop(77))).repeated
    assert len(await journal.open_transactions("GARAGE")) == 1


async def test_stops_without_a_number_are_told_apart(journal: Journal) -> None:
    """-1 is no number: two ends are two transactions, a repeated one is not."""
    one = await journal.stop_transaction(_stop(-1, 10))
    two = await journal.stop_transaction(_stop(-1, 20))
    again = await journal.stop_transaction(_stop(-1, 10))
    assert one.transaction.id != two.transaction.id
    assert again.repeated
    assert again.transaction.id == one.transaction.id


async def test_a_number_of_an_adopted_transaction_is_not_given_again(
    journal: Journal,
) -> None:
    """A wallbox never knows two transactions by one number."""
    adopted = await journal.adopt_transaction("GARAGE", 1, 2, 500.4, NOON)
    assert (adopted.id, adopted.wire_id, adopted.meter_start_wh) == (1, 2, 500)
    assert adopted.start_unknown
    assert await journal.adopt_transaction("GARAGE", 1, 2, 600, NOON) == adopted
    started = (await journal.start_transaction(START)).transaction
    assert started.id == started.wire_id == 3
    other = (await journal.start_transaction(replace(START, charger="B"))).transaction
    assert other.id == 4
    assert await journal.find_transaction("GARAGE", 2) == adopted
    assert await journal.find_transaction("STREET", 2) is None


async def test_one_closed_locally_can_still_be_stopped(journal: Journal) -> None:
    """Our own end is only a guess: the last value and its time."""
    started = (await journal.start_transaction(START)).transaction
    journal.note_meter(started.id, 1500.6, NOON + timedelta(minutes=5))
    closed = await journal.close_transaction(started.id, "forgotten")
    assert closed.closed_locally
    assert closed.meter_stop_wh == 1501
    assert closed.stop_time == NOON + timedelta(minutes=5)
    booked = await journal.stop_transaction(_stop(started.id, 1600))
    assert not booked.repeated
    assert booked.transaction.meter_stop_wh == 1600
    assert not booked.transaction.closed_locally


async def test_one_closed_locally_can_run_again(journal: Journal) -> None:
    """A wallbox that goes on with it knows better."""
    started = (await journal.start_transaction(START)).transaction
    await journal.close_transaction(started.id, "forgotten")
    again = await journal.adopt_transaction("GARAGE", 1, started.id, 1700, NOON)
    assert again.is_open
    assert again.id == started.id
    assert again.meter_start_wh == 1000


async def test_only_the_newest_meter_value_stays(journal: Journal) -> None:
    """Values from a queue never replace a newer one."""
    started = (await journal.start_transaction(START)).transaction
    journal.note_meter(started.id, 1200, NOON + timedelta(minutes=2))
    journal.note_meter(started.id, 1100, NOON + timedelta(minutes=1))
    (kept,) = await journal.open_transactions("GARAGE")
    assert kept.last_wh == 1200
    journal.note_meter(started.id, 1150, NOON + timedelta(seconds=90))
    (kept,) = await journal.open_transactions("GARAGE")
    assert kept.last_wh == 1200


async def test_meter_values_are_written_after_a_while(path: Path) -> None:
    """Without another commit they are written by a timer."""
    journal = await Journal.open(path, notes_every_s=0.02)
    started = (await journal.start_transaction(START)).transaction
    journal.note_meter(started.id, 1234, NOON + timedelta(minutes=2))
    with closing(sqlite3.connect(path)) as db:
        question = "SELECT last_wh FROM transactions"
        assert db.execute(question).fetchone() == (1000,)
        for _ in range(1500):
            await asyncio.sleep(0.02)
            if db.execute(question).fetchone() == (1234,):
                break
        assert db.execute(question).fetchone() == (1234,)
    await journal.close()


async def test_reopening_finds_everything(path: Path) -> None:
    """Numbers go on, and meter values were written by the close."""
    journal = await Journal.open(path)
    first = (await journal.start_transaction(START)).transaction
    record = ChargerRecord(id="GARAGE", maker="M", connectors=2, last_seen=NOON)
    await journal.remember_charger(record)
    journal.note_meter(first.id, 1100, NOON + timedelta(minutes=2))
    await journal.close()
    await journal.close()

    journal = await Journal.open(path)
    assert await journal.known_charger("GARAGE") == record
    assert await journal.known_charger("STREET") is None
    (kept,) = await journal.open_transactions("GARAGE")
    assert kept.last_wh == 1100
    assert (await journal.start_transaction(START)).repeated
    second = await journal.start_transaction(replace(START, connector=2))
    assert second.transaction.id == first.id + 1
    await journal.close()
    assert path.stat().st_mode & 0o077 == 0  # noqa: ASYNC240  # a test may wait


async def test_a_closed_journal_records_nothing(path: Path) -> None:
    """After the close every call fails."""
    journal = await Journal.open(path)
    await journal.close()
    with pytest.raises(JournalError):
        await journal.start_transaction(START)
    journal.note_meter(1, 1, NOON)


async def test_a_locked_file(journal: Journal, path: Path) -> None:
    """What can't be recorded is an error, and meter values wait for the next time."""
    started = (await journal.start_transaction(START)).transaction
    journal.note_meter(started.id, 1300, NOON + timedelta(minutes=1))
    with closing(sqlite3.connect(path, isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        with pytest.raises(JournalError):
            await journal.start_transaction(replace(START, connector=2))
        other.execute("ROLLBACK")
    assert len(await journal.transactions("GARAGE")) == 1
    (kept,) = await journal.open_transactions("GARAGE")
    assert kept.last_wh == 1300


async def test_meter_values_are_tried_again(
    path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """A lock is logged and survived."""
    journal = await Journal.open(path, notes_every_s=0.01, lock_timeout_s=0.01)
    started = (await journal.start_transaction(START)).transaction
    with closing(sqlite3.connect(path, isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        journal.note_meter(started.id, 1300, NOON + timedelta(minutes=1))
        for _ in range(3000):
            await asyncio.sleep(0.01)
            if "could not be recorded" in caplog.text:
                break
        other.execute("ROLLBACK")
        for _ in range(1500):
            await asyncio.sleep(0.02)
            row = other.execute("SELECT last_wh FROM transactions").fetchone()
            if row == (1300,):
                break
    assert row == (1300,)
    await journal.close()


async def test_a_full_disk(journal: Journal) -> None:
    """A transaction that does not fit leaves nothing behind."""
    await journal._run(lambda db: db.execute("PRAGMA max_page_count=1"))
    with pytest.raises(JournalError):
        await journal.start_transaction(replace(START, raw="x" * 100_000))
    await journal._run(lambda db: db.execute("PRAGMA max_page_count=1000000"))
    assert await journal.transactions("GARAGE") == ()
    assert (await journal.start_transaction(START)).transaction.id == 1


@pytest.mark.parametrize(
    "start", [replace(START, meter_start_wh=2**70), replace(START, id_tag="\ud800")]
)
async def test_what_no_column_can_hold(journal: Journal, start: Start) -> None:
    """It is refused like everything else that can't be recorded."""
    with pytest.raises(JournalError):
        await journal.start_transaction(start)
    assert await journal.transactions("GARAGE") == ()


async def test_closing_while_locked(
    path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """The close succeeds; what it could not write is logged."""
    journal = await Journal.open(path, lock_timeout_s=0.01)
    with closing(sqlite3.connect(path, isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        await journal.close()
        other.execute("ROLLBACK")
    assert "were not recorded" in caplog.text


async def test_meter_values_of_a_cancelled_call_are_kept(
    journal: Journal, path: Path
) -> None:
    """Whoever stops waiting takes no values along."""
    started = (await journal.start_transaction(START)).transaction
    journal.note_meter(started.id, 1400, NOON + timedelta(minutes=1))
    with closing(sqlite3.connect(path, isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        task = asyncio.create_task(journal.open_transactions("GARAGE"))
        await asyncio.sleep(0)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        other.execute("ROLLBACK")
    (kept,) = await journal.open_transactions("GARAGE")
    assert kept.last_wh == 1400


async def test_what_comes_at_once_shares_a_commit(journal: Journal) -> None:
    """A hundred wallboxes that boot together wait for one disk access, or two."""
    statements: list[str] = []
    await journal._run(lambda db: db.set_trace_callback(statements.append))
    records = [ChargerRecord(id=f"BOX{number}") for number in range(100)]
    await asyncio.gather(*map(journal.remember_charger, records))
    # The one that began to look on ends too.
    assert statements.count("COMMIT") <= 3
    for record in records:
        assert await journal.known_charger(record.id) == record


async def test_work_that_fails_takes_no_other_along(journal: Journal) -> None:
    """What no column can hold is refused, all that came with it is recorded."""
    good, bad, other = await asyncio.gather(
        journal.start_transaction(START),
        journal.start_transaction(replace(START, id_tag="\ud800")),
        journal.remember_charger(ChargerRecord(id="BOX")),
        return_exceptions=True,
    )
    assert isinstance(bad, JournalError)
    assert other is None
    assert isinstance(good, Booked)
    assert await journal.transactions("GARAGE") == (good.transaction,)
    assert await journal.known_charger("BOX") is not None


async def test_a_defect_reaches_who_asked(journal: Journal) -> None:
    """Nobody waits for ever for work that can't be done, and the next goes on."""

    def broken(_: sqlite3.Connection) -> None:
        raise KeyError("defect")

    with pytest.raises(KeyError):
        await journal._run(broken)
    assert (await journal.start_transaction(START)).transaction.id == 1


async def test_files_that_are_no_journal(tmp_path: Path) -> None:
    """Damage, a newer version and a missing folder are told apart from success."""
    damaged = tmp_path / "damaged.db"
    damaged.write_bytes(b"no database at all" * 100)
    newer = tmp_path / "newer.db"
    with closing(sqlite3.connect(newer)) as db:
        db.execute(f"PRAGMA user_version={schema.VERSION + 1}")
    for bad in (damaged, newer, tmp_path / "missing" / "journal.db"):
        with pytest.raises(JournalError):
            await Journal.open(bad)


async def test_a_killed_program_loses_and_doubles_nothing(
    path: Path, socket_enabled: None
) -> None:
    """After kill -9 everything it had been told was recorded is there, once."""
    writer = Path(__file__).parent / "journal_writer.py"
    said: dict[tuple[str, int], int] = {}
    first = 0
    for _ in range(3):
        process = subprocess.Popen(  # noqa: ASYNC220, S603  # our own file; it has to be killed
            [sys.executable, str(writer), str(path), str(first)],
            stdout=subprocess.PIPE,
            text=True,
        )
        assert process.stdout is not None
        lines = [process.stdout.readline() for _ in range(41)]
        time.sleep(0.02)  # noqa: ASYNC251  # in the middle of one more
        process.kill()
        lines += process.stdout.readlines()
        process.stdout.close()
        process.wait()
        for line in lines:
            if line.endswith("\n"):
                word, number, booked = line.split()
                said[word, int(number)] = int(booked)
        first = max(number for _, number in said)

    journal = await Journal.open(path)
    rows = {row.id: row for row in await journal.transactions("GARAGE")}
    by_start = [row.meter_start_wh for row in rows.values()]
    assert len(by_start) == len(set(by_start))
    for (word, number), booked in said.items():
        assert rows[booked].meter_start_wh == number
        if word == "stop":
            assert rows[booked].meter_stop_wh == number + 1
    by_hours = sum(one.wh for one in await journal.hours())
    assert by_hours == sum(row.energy_wh or 0 for row in rows.values())
    # What ran when it was killed goes on, and is right afterwards.
    for row in await journal.open_transactions("GARAGE"):
        end = _stop(row.id, row.meter_start_wh + 7, time=NOON)
        rows[row.id] = (await journal.stop_transaction(end)).transaction
    for row in rows.values():
        said_wh = row.meter_stop_wh - row.meter_start_wh
        assert (row.energy_wh, row.cost) == (said_wh, pytest.approx(said_wh / 2000))
    await journal.close()


async def test_facts_of_a_wallbox(tmp_path: Path) -> None:
    """Each has its own; the newest counts, an empty one is gone, over a restart."""
    path = tmp_path / "journal.db"
    journal = await Journal.open(path)
    await journal.keep_fact("GARAGE", "status 1", "charging")
    await journal.keep_fact("GARAGE", "status 1", "available")
    await journal.keep_fact("GARAGE", "status 2", "charging")
    await journal.keep_fact("GARAGE", "status 2", "")
    await journal.close()
    journal = await Journal.open(path)
    assert await journal.facts("GARAGE") == {"status 1": "available"}
    assert await journal.facts("CARPORT") == {}
    await journal.close()
