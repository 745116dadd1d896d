"""Hours of points that are kept, and running totals of counters."""

from collections.abc import Iterable, Iterator
from datetime import UTC, datetime
from pathlib import Path
import sqlite3

from hypothesis import given, settings
from hypothesis import strategies as st
import pytest

from custom_components.meters_and_chargers.engine.protocols.ems_csv import (
    Channel,
    Counted,
    Hours,
    HoursError,
    Malformed,
    Row,
    recount,
)

POWER = Channel("power", "P", "Pump", "W")
ENERGY = Channel("energy", "Ea+", "Pump", "Wh", counts=True)


def rows(channel: Channel, points: Iterable[tuple[int, float]]) -> list[Row]:
    """Return rows of seconds since 1970 and values."""
    return [
        Row(channel, datetime.fromtimestamp(at, UTC), value) for at, value in points
    ]


def bring(
    hours: Hours, known: dict[int, Counted], points: Iterable[tuple[int, float]]
) -> None:
    """Take a file of a counter into the hours that a recorder has."""
    stored = hours.take(rows(ENERGY, points), 0)
    hours.keep({})
    touched = stored.hours.get(ENERGY, {})
    brought = {hour: hours.spread(ENERGY, hour) for hour in touched}
    for one in recount(sorted(known.values(), key=lambda one: one.hour), brought):
        known[one.hour] = one


@pytest.fixture
def hours(tmp_path: Path) -> Iterator[Hours]:
    """Return an empty file of hours."""
    with Hours(tmp_path / "hours.db") as found:
        yield found


def test_a_mean_of_two_files(hours: Hours) -> None:
    """Points of one hour from two files, one of them in both, are counted once."""
    hours.take(rows(POWER, [(3600, 10), (3660, 20)]), 0)
    hours.keep({})
    stored = hours.take(rows(POWER, [(3660, 20), (3720, 60)]), 0)
    hours.keep({})
    assert stored.hours == {POWER: {1: False}}
    assert (stored.rows, stored.newest) == (2, 3720)
    found = hours.spread(POWER, 1)
    assert (found.mean, found.low, found.high) == (30, 10, 60)


def test_what_was_not_kept_is_gone(hours: Hours, tmp_path: Path) -> None:
    """A file that turns out to be broken leaves no point, nor does a power cut."""

    def broken() -> Iterator[Row]:
        yield from rows(POWER, [(3600, 10)])
        raise Malformed("row", 2)

    with pytest.raises(Malformed):
        hours.take(broken(), 0)
    assert hours.take(rows(POWER, [(3600, 20)]), 0).hours == {POWER: {1: True}}
    hours.forget_taken()
    hours.take(rows(POWER, [(3660, 30)]), 0)
    hours.close()
    with Hours(tmp_path / "hours.db") as again:
        assert again.take(rows(POWER, [(3720, 40)]), 0).hours == {POWER: {1: True}}
        assert again.spread(POWER, 1).mean == 40


def test_hours_are_closed(hours: Hours) -> None:
    """Those that are closed take nothing, those nobody adds to are forgotten."""
    hours.take(rows(POWER, [(3600, 10), (7200, 20)]), 100)
    hours.keep({POWER: [1]})
    assert hours.take(rows(POWER, [(3660, 1)]), 500).hours == {POWER: {1: True}}
    hours.keep({})
    hours.close_hours(200)
    found = hours.take(rows(POWER, [(3720, 1), (7260, 1)]), 500).hours
    assert found == {POWER: {1: False, 2: True}}


def test_a_counter_belongs_to_the_hour_it_has_counted(hours: Hours) -> None:
    """What it shows at 02:00:00 is the end of the hour from one to two."""
    found = hours.take(rows(ENERGY, [(7200, 10), (7201, 11)]), 0)
    assert found.hours == {ENERGY: {1: True, 2: True}}


def test_another_unit_is_another_value(hours: Hours) -> None:
    """Watts never are in a mean with kilowatts."""
    hours.take(rows(POWER, [(3600, 1000)]), 0)
    hours.keep({})
    kilowatts = Channel("power", "P", "Pump", "kW")
    assert hours.take(rows(kilowatts, [(3600, 1)]), 0).hours == {kilowatts: {1: True}}
    hours.keep({})
    assert hours.spread(kilowatts, 1).mean == 1


def test_facts_are_recalled(hours: Hours) -> None:
    """What is known of a gateway's files outlasts a restart."""
    hours.remember({"delimiter": ";", "rows": "7"})
    hours.remember({"rows": "8"})
    assert hours.recall() == {"delimiter": ";", "rows": "8"}


def test_a_disk_that_is_full(hours: Hours, tmp_path: Path) -> None:
    """It is said, and what was there stays."""
    hours.take(rows(POWER, [(3600, 10)]), 0)
    hours.keep({})
    with sqlite3.connect(tmp_path / "hours.db") as other:
        (pages,) = other.execute("PRAGMA page_count").fetchone()
    hours._db.execute(f"PRAGMA max_page_count = {pages}")
    many = rows(POWER, [(at, 1) for at in range(0, 36_000, 1)])
    with pytest.raises(HoursError, match="full"):
        hours.take(many, 0)
    assert hours.spread(POWER, 1).mean == 10


def test_a_file_that_is_none(tmp_path: Path) -> None:
    """A broken file of ours is said, too."""
    (tmp_path / "hours.db").write_bytes(b"no sqlite" * 1000)
    with pytest.raises(HoursError):
        Hours(tmp_path / "hours.db")


def test_a_counter_that_begins_again(hours: Hours) -> None:
    """What it counted after its reset is added, in the hour and between two."""
    known: dict[int, Counted] = {}
    bring(hours, known, [(3601, 100), (5000, 150), (6000, 5)])
    assert known[1] == Counted(1, 5, 55)
    bring(hours, known, [(7300, 3), (7400, 10)])
    assert known[2] == Counted(2, 10, 65)


def test_a_hole_that_is_filled_late(hours: Hours) -> None:
    """Hours between and before those that are known change no more than they must."""
    known: dict[int, Counted] = {}
    bring(hours, known, [(3601, 100), (7000, 110), (18_100, 150)])
    assert [(one.hour, one.total) for one in known.values()] == [(1, 10), (5, 50)]
    bring(hours, known, [(7300, 120), (11_000, 130)])
    totals = {hour: one.total for hour, one in sorted(known.items())}
    assert totals == {1: 10, 2: 20, 3: 30, 5: 50}
    bring(hours, known, [(100, 90)])
    totals = {hour: one.total for hour, one in sorted(known.items())}
    assert totals == {0: 0, 1: 20, 2: 30, 3: 40, 5: 60}


@settings(max_examples=60, deadline=None)
@given(
    st.lists(st.integers(1, 3000), min_size=1, max_size=40),
    st.data(),
)
def test_any_order_of_files_gives_the_same(
    steps: list[int], data: st.DataObject
) -> None:
    """Files in any order, overlapping and repeated, count what the counter counted."""
    points, at = [], 0
    for step in steps:
        at += step
        points.append((at, float(at * 2)))
    cuts = st.tuples(st.integers(0, len(points)), st.integers(0, len(points)))
    spans = data.draw(st.lists(cuts, max_size=6))
    files = [points[min(span) : max(span)] for span in spans]
    files.insert(data.draw(st.integers(0, len(files))), points)
    known: dict[int, Counted] = {}
    with Hours(Path(":memory:")) as hours:
        for file in files:
            bring(hours, known, data.draw(st.permutations(file)))
    last = max(known)
    assert known[last].total == points[-1][1] - points[0][1]
    totals = [one.total for _, one in sorted(known.items())]
    assert totals == sorted(totals)
    for hour, one in known.items():
        ends = [value for when, value in points if (when - 1) // 3600 == hour]
        assert one.state == ends[-1]
        assert one.total == ends[-1] - points[0][1]
