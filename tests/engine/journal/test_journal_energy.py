"""The log of sessions: energy by hours, prices, what is found again."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import closing
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
import sqlite3
import subprocess
import sys

import pytest

from custom_components.meters_and_chargers.engine.journal import (
    Journal,
    JournalError,
    SignedValue,
    Start,
    Stop,
    schema,
)

NOON = datetime(2026, 6, 1, 12, tzinfo=UTC)
HOUR = int(NOON.timestamp() // 3600)
START = Start(
    charger="GARAGE", connector=1, id_tag="TAG", meter_start_wh=1000, time=NOON
)


def at(minutes: float) -> datetime:
    """Return a time by the minutes since noon."""
    return NOON + timedelta(minutes=minutes)


def stop(number: int, wh: int | None, minutes: float) -> Stop:
    """Return an end by the minutes since noon."""
    return Stop(charger="GARAGE", wire_id=number, meter_stop_wh=wh, time=at(minutes))


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """Return where the journal is."""
    return tmp_path / "journal.db"


@pytest.fixture
async def journal(path: Path) -> AsyncIterator[Journal]:
    """Return an open journal."""
    journal = await Journal.open(path, now=lambda: at(6000))
    yield journal
    await journal.close()


async def hours(journal: Journal) -> list[tuple[int, int]]:
    """Return hours since noon with their energy; Wh."""
    return [(one.hour - HOUR, round(one.wh)) for one in await journal.hours()]


async def test_energy_is_spread_over_the_hours(journal: Journal) -> None:
    """What a register gained between two readings belongs to the time between them."""
    number = (await journal.start_transaction(START)).transaction.id
    journal.note_meter(number, 2000, at(30))
    journal.note_meter(number, 6000, at(150))
    assert await hours(journal) == [(0, 2000), (1, 2000), (2, 1000)]
    booked = await journal.stop_transaction(stop(number, 7000, 170))
    assert booked.transaction.energy_wh == 6000
    assert await hours(journal) == [(0, 2000), (1, 2000), (2, 2000)]


async def test_a_clock_that_was_set(journal: Journal) -> None:
    """A session that seems to have begun years ago fills no years."""
    start = replace(START, time=datetime(1970, 1, 1, tzinfo=UTC))
    number = (await journal.start_transaction(start)).transaction.id
    await journal.stop_transaction(stop(number, 3000, 30))
    assert await hours(journal) == [(0, 2000)]


async def test_what_no_wallbox_can_give(journal: Journal) -> None:
    """A beginning at 0 of a register that never is: nothing of it counts, else all."""
    start = replace(START, meter_start_wh=0)
    number = (await journal.start_transaction(start)).transaction.id
    journal.note_meter(number, 50_000_000, at(30))
    assert await hours(journal) == [(0, 0)]
    (session,) = await journal.open_transactions("GARAGE")
    assert session.is_doubtful(at(30))
    assert not session.is_doubtful(at(30 + 840 * 60))
    booked = await journal.stop_transaction(stop(number, 50_001_000, 60))
    assert booked.transaction.energy_wh == 50_001_000
    assert await hours(journal) == [(0, 0)]
    start = replace(START, time=at(90), meter_start_wh=0)
    number = (await journal.start_transaction(start)).transaction.id
    await journal.stop_transaction(stop(number, 31_000, 120))
    assert await hours(journal) == [(0, 0), (1, 31_000)]


async def test_a_clock_that_is_ahead(journal: Journal) -> None:
    """A beginning that is still to come does not hide what is counted now."""
    number = (
        await journal.start_transaction(replace(START, time=at(9000)))
    ).transaction.id
    journal.note_meter(number, 1500, at(6000))
    (kept,) = await journal.open_transactions("GARAGE")
    assert kept.energy_wh == 500


@pytest.mark.parametrize("by", ["open", "itself", "us"])
async def test_what_ends_before_it_begins(journal: Journal, by: str) -> None:
    """By a clock that is ahead nothing is judged: all that was counted is there."""
    start = replace(START, time=at(9000))
    number = (await journal.start_transaction(start)).transaction.id
    journal.note_meter(number, 9000, at(6000))
    if by == "itself":
        # Its clock was set while it charged.
        await journal.stop_transaction(stop(number, 9000, 6000))
    elif by == "us":
        await journal.close_transaction(number, "Gone")
    assert await hours(journal) == [(100, 8000)]
    (session,) = await journal.transactions("GARAGE")
    assert session.is_open == (by == "open")
    assert not session.is_doubtful(at(6000))


async def test_what_lasts_no_time(journal: Journal) -> None:
    """An end in the moment of the beginning is judged."""
    number = (await journal.start_transaction(START)).transaction.id
    booked = await journal.stop_transaction(stop(number, 9000, 0))
    assert booked.transaction.is_doubtful(at(6000))
    assert await hours(journal) == [(0, 0)]


async def test_energy_without_a_beginning(journal: Journal) -> None:
    """The first value counts nothing, and the last one alone is no energy."""
    start = replace(START, meter_start_wh=None)
    number = (await journal.start_transaction(start)).transaction.id
    booked = await journal.stop_transaction(stop(number, 3000, 30))
    assert booked.transaction.energy_wh is None
    other = await journal.adopt_transaction("GARAGE", 1, 500, 700, at(31))
    journal.note_meter(other.id, 900, at(40))
    assert await hours(journal) == [(0, 200)]


async def test_cost_by_the_price_of_each_time(journal: Journal) -> None:
    """A price holds from its time on; what nobody knows costs nothing and is said."""
    await journal.note_price("GARAGE", at(-60), 0.10, "CHF")
    await journal.note_price("GARAGE", at(-50), 0.10, "CHF")
    await journal.note_price("GARAGE", at(15), 0.40, "CHF")
    await journal.note_price("GARAGE", at(45), None, "CHF")
    await journal.note_price("STREET", at(0), 9.0, "EUR")
    number = (await journal.start_transaction(START)).transaction.id
    journal.note_meter(number, 5000, at(60))
    booked = await journal.stop_transaction(stop(number, 5000, 60))
    kept = booked.transaction
    # 1 kWh for 10, 2 kWh for 40, 1 kWh for nobody knows what.
    assert kept.cost == pytest.approx(0.9)
    assert kept.priced_wh == pytest.approx(3000)
    assert kept.currency == "CHF"


async def test_old_prices_are_forgotten(journal: Journal, path: Path) -> None:
    """Only those that a queue may still need are kept."""
    for day in range(0, 200, 20):
        await journal.note_price("GARAGE", at(day * 1440), 0.1 + day, "CHF")
    with closing(sqlite3.connect(path)) as db:
        assert db.execute("SELECT count(*) FROM prices").fetchone() == (5,)


async def test_a_restart_loses_no_cost(path: Path) -> None:
    """Energy, cost and the price that holds are in the file."""
    journal = await Journal.open(path)
    await journal.note_price("GARAGE", at(-1), 0.5, "EUR")
    number = (await journal.start_transaction(START)).transaction.id
    journal.note_meter(number, 3000, at(10))
    await journal.close()
    journal = await Journal.open(path, now=lambda: at(6000))
    journal.note_meter(number, 5000, at(20))
    (kept,) = await journal.open_transactions("GARAGE")
    assert (kept.energy_wh, kept.cost) == (4000, pytest.approx(2.0))
    await journal.close()


async def test_a_kill_in_the_middle_of_a_session(
    path: Path, socket_enabled: None
) -> None:
    """What was recorded is there, goes on, and has its cost at the end, once."""
    writer = Path(__file__).parent / "journal_writer.py"
    process = subprocess.Popen(  # noqa: ASYNC220, S603  # our own file; it has to be killed
        [sys.executable, str(writer), str(path)], stdout=subprocess.PIPE, text=True
    )
    assert process.stdout is not None
    said = [process.stdout.readline() for _ in range(10)]
    process.kill()
    said += process.stdout.readlines()
    process.stdout.close()
    process.wait()
    journal = await Journal.open(path)
    (running,) = await journal.open_transactions("GARAGE")
    assert running.energy_wh >= max(float(one) for one in said if one.endswith("\n"))
    assert running.cost == pytest.approx(running.energy_wh / 2000)
    end = datetime(2026, 1, 2, tzinfo=UTC)
    report = Stop(charger="GARAGE", wire_id=running.id, meter_stop_wh=9000, time=end)
    kept = (await journal.stop_transaction(report)).transaction
    assert (kept.energy_wh, kept.cost) == (8000, pytest.approx(4.0))
    assert sum(one.wh for one in await journal.hours()) == pytest.approx(8000)
    await journal.close()


async def test_the_log_by_wallbox_and_time(journal: Journal) -> None:
    """The newest first, from a time on and before another, as many as asked for."""
    for index, charger in enumerate(("GARAGE", "STREET", "GARAGE")):
        start = replace(START, charger=charger, time=at(index))
        await journal.start_transaction(start)
    await journal.stop_transaction(stop(77, 5, 10))

    async def found(**asked: object) -> list[int]:
        return [one.id for one in await journal.sessions(**asked)]  # type: ignore[arg-type]  # as the parameters are

    assert await found() == [4, 3, 2, 1]
    assert await found(limit=2) == [4, 3]
    assert await found(chargers=["STREET"]) == [2]
    assert await found(chargers=[]) == []
    assert await found(since=at(1), until=at(2)) == [2]


async def test_signed_values_are_bounded(journal: Journal) -> None:
    """A hundred of one session, and room for those of its begin and end."""

    def many(context: str) -> tuple[SignedValue, ...]:
        return tuple(SignedValue(at(index), context, "S") for index in range(300))

    await journal.keep_signed(1, many("Sample.Periodic"))
    assert len(await journal.signed_values(1)) == 100
    await journal.keep_signed(1, many("Transaction.End"))
    assert len(await journal.signed_values(1)) == 200


async def test_meter_values_that_wait_are_bounded(journal: Journal) -> None:
    """The newest stays, so that the energy is right."""
    number = (await journal.start_transaction(START)).transaction.id
    for index in range(1, 2001):
        journal.note_meter(number, 1000 + index, at(index / 60))
    assert len(journal._notes[number]) == 500
    (kept,) = await journal.open_transactions("GARAGE")
    assert kept.energy_wh == 2000


async def test_a_file_of_the_first_version(path: Path) -> None:
    """Its sessions get their energy, and nothing else of them changes."""
    rows = (
        # id, start, stop, its time, last, its time
        (1, 1000, 3000, "2026-06-01T12:30:00.000+00:00", 2900, None),
        (2, 5000, 200, "2026-06-01T12:40:00.000+00:00", 5000, None),
        (3, 1000, 999, "2026-06-01T12:40:00.000+00:00", 1000, None),
        (4, 1000, None, None, 1700, "2026-06-01T13:10:00.000+00:00"),
        (5, None, 400, "2026-06-01T13:20:00.000+00:00", None, None),
    )
    with closing(sqlite3.connect(path)) as db:
        db.executescript(schema._STEPS[0])
        db.execute("PRAGMA user_version=1")
        db.executemany(
            "INSERT INTO transactions (id, charger, wire_id, connector, id_tag, "
            "meter_start_wh, meter_stop_wh, stop_time, last_wh, last_time) "
            "VALUES (?1, 'GARAGE', ?1, 1, 'TAG', ?2, ?3, ?4, ?5, ?6)",
            rows,
        )
        db.commit()
    journal = await Journal.open(path)
    kept = await journal.transactions("GARAGE")
    assert [one.energy_wh for one in kept] == [2000, 200, 0, 700, None]
    assert [one.cost for one in kept] == [None] * 5
    assert await hours(journal) == [(0, 2200), (1, 700)]
    # The one that runs goes on.
    journal.note_meter(4, 1900, at(90))
    assert (await journal.open_transactions("GARAGE"))[0].energy_wh == 900
    await journal.close()


async def test_years_of_sessions(path: Path) -> None:
    """Thousands of them are read without the loop waiting for it."""
    journal = await Journal.open(path)
    many = (
        (1 + index, f"BOX{index % 5}", (NOON + timedelta(hours=index)).isoformat())
        for index in range(20_000)
    )

    def fill(db: sqlite3.Connection) -> None:
        db.executemany(
            "INSERT INTO transactions (id, charger, wire_id, connector, id_tag, "
            "start_time, energy_wh) VALUES (?1, ?2, ?1, 1, 'TAG', ?3, 1)",
            many,
        )
        db.execute("INSERT INTO hours SELECT id, id, 5.0, NULL FROM transactions")

    await journal._run(fill)
    reading = asyncio.gather(
        journal.sessions(chargers=["BOX1"], limit=5000), journal.hours()
    )
    turns = 0
    while not reading.done():
        await asyncio.sleep(0)
        turns += 1
    found, by_hour = await reading
    assert len(found) == 4000
    assert len(by_hour) == 20_000
    assert turns > 1
    await journal.close()


async def test_sun_of_a_session(path: Path) -> None:
    """It is added up, also over a commit that fails, and is unknown without a site."""
    journal = await Journal.open(path)
    one, other = [
        (await journal.start_transaction(replace(START, connector=number))).transaction
        for number in (1, 2)
    ]
    journal.note_sun(one.id, 30, 40)
    assert (await journal.transactions("GARAGE"))[0].sun_wh == 30

    def broken(_: sqlite3.Connection) -> None:
        raise sqlite3.OperationalError("disk I/O error")

    journal.note_sun(one.id, 10, 40)
    with pytest.raises(JournalError):
        await journal.commit(broken)
    journal.note_sun(one.id, 5, 20)
    await journal.close()
    journal = await Journal.open(path)
    kept = {known.id: known for known in await journal.transactions("GARAGE")}
    assert (kept[one.id].sun_wh, kept[one.id].sun_of_wh) == (45, 100)
    assert kept[other.id].sun_wh is None
    await journal.close()
