"""EMS CSV and the plain table: what is read, what is refused, and why."""

from contextlib import suppress
from datetime import UTC, datetime, timedelta, timezone
from io import BytesIO
import tracemalloc

from hypothesis import given
from hypothesis import strategies as st
import pytest

from custom_components.meters_and_chargers.engine.protocols.ems_csv import (
    Format,
    Malformed,
    Reading,
    Row,
)
from simulators.diris_export import Export, Measured

THEN = datetime(2019, 1, 18, 15, 14)  # noqa: DTZ001 - a gateway's own time
THD = Measured(100006, "THD I1 of PC 1-2-3 of I-35@4", "%", 100, {THEN: 234})
CURRENT = Measured(10023, "I1 AVG of PC 1-2-3 of I-35@4", "A", 1000, {THEN: 20001})
ENERGY = Measured(1, "Ea+ of PC 1-2-3 of I-35@4", "kWh", 10, {THEN: 12345})


def read(content: bytes, zone: timezone | None = None) -> tuple[Reading, list[Row]]:
    """Return a reading, and all its rows."""
    found = Reading(BytesIO(content), zone)
    return found, list(found.rows())


def test_the_example_of_the_manual() -> None:
    """234 at a coefficient of 100 is 2.34 %, 20001 at 1000 is 20.001 A."""
    found, rows = read(Export([THD, CURRENT]).text().encode())
    assert [(one.channel.key, one.value) for one in rows] == [
        ("socomec|E5C801|14|1|ANA|100006", 2.34),
        ("socomec|E5C801|14|1|ANA|10023", 20.001),
    ]
    assert {one.moment for one in rows} == {THEN.replace(tzinfo=UTC)}
    first = rows[0].channel
    assert (first.quantity, first.circuit, first.unit, first.counts) == (
        "THD I1",
        "PC 1-2-3 of I-35@4",
        "%",
        False,
    )
    assert found.format == Format("utf-8", ";", "")


@pytest.mark.parametrize("delimiter", [";", ",", "\t"])
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "latin-1"])
@pytest.mark.parametrize("end", ["\r\n", "\n", "\r"])
def test_how_it_is_written_is_found_out(
    delimiter: str, encoding: str, end: str
) -> None:
    """Delimiter, encoding and line ends are none of the owner's business."""
    named = Measured(7, "Température of Dépôt of T-10@2", "°C", 10, {THEN: 215})
    text = Export([named]).text(delimiter, end)
    found, (row,) = read(text.encode(encoding))
    assert found.format.delimiter == delimiter
    assert found.format.encoding == encoding
    assert (row.channel.unit, row.value) == ("°C", 21.5)


def test_an_index_is_a_counter_and_an_average_is_none() -> None:
    """By unit and kind of file: a file of averages never counts."""
    for data_type, counts in (("Index", True), ("Avg", False), ("LoadCurve", False)):
        _, (row,) = read(Export([ENERGY], data_type).text().encode())
        assert row.channel.counts is counts, data_type
        assert row.value == 1234.5
    _, (row,) = read(Export([CURRENT], "Index").text().encode())
    assert not row.channel.counts


def test_what_is_not_good_is_skipped_and_counted() -> None:
    """Any quality but 192."""
    found, rows = read(Export([THD, CURRENT], quality=0).text().encode())
    assert (rows, found.skipped) == ([], 2)


@pytest.mark.parametrize(
    ("zone", "ahead"),
    [("UTC", 0), ("UTC+1", 1), ("gmt-05:30", -5.5), ("Asia/Tokyo", 9)],
)
def test_times_are_those_of_the_zone_that_is_named(zone: str, ahead: float) -> None:
    """What its owner chooses comes before what the file says."""
    text = Export([THD], zone=zone).text().encode()
    _, (row,) = read(text)
    assert row.moment == THEN.replace(tzinfo=UTC) - timedelta(hours=ahead)
    _, (row,) = read(text, timezone(timedelta(hours=2)))
    assert row.moment == THEN.replace(tzinfo=UTC) - timedelta(hours=2)


def test_the_plain_table() -> None:
    """A row names its circuit, quantity and unit; the decimal sign is found out."""
    text = (
        "Time;Circuit;Quantity;Unit;Value;Quality\n"
        "2026-01-02T10:00:00+01:00;Pump;Ea+;kWh;12,5;192\n"
        "2026-01-02T11:00:00+01:00;Pump;Ea+;kWh;13,25;192\n"
        "2026-01-02T11:00:00+01:00;Pump;P;W;-7;192\n"
        "2026-01-02T12:00:00+01:00;Pump;P;W;1;64\n"
    )
    found, rows = read(text.encode())
    assert [(one.channel.name, one.value) for one in rows] == [
        ("Pump Ea+", 12.5),
        ("Pump Ea+", 13.25),
        ("Pump P", -7),
    ]
    assert [one.channel.counts for one in rows] == [True, True, False]
    assert rows[0].moment == datetime(2026, 1, 2, 9, tzinfo=UTC)
    assert found.format.decimal == ","
    assert found.skipped == 1


def changed(old: str, new: str) -> bytes:
    """Return a good file with one change."""
    text = Export([THD, CURRENT]).text()
    assert old in text
    return text.replace(old, new, 1).encode()


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"", "layout_unknown"),
        (b"connection test", "layout_unknown"),
        (b"Date;U12;U23\n2026-01-01;400;401\n", "layout_unknown"),
        (changed("Coef", "Factor"), "layout_unknown"),
        (changed(";UTC;", ";Mars/Olympus;"), "zone"),
        (changed(";UTC;", ";UTC+99;"), "zone"),
        (changed(";100;", ";0;"), "coefficient"),
        (changed(";100;", ";x;"), "coefficient"),
        (changed(";234;", ";;"), "value"),
        (changed(";234;", ";nan;"), "value"),
        (changed(";234;", ";1e5;"), "value"),
        (changed(";192", ";"), "quality"),
        (changed("2019-01-18T15:14:00", "18/01/2019 15:14"), "date"),
        (changed("2019-01-18T15:14:00", "1970-01-01T00:00:00"), "date"),
        (changed("1;2019", "7;2019"), "index_unknown"),
        (changed("\r\n1;", "\r\n0;"), "index_twice"),
        (changed("socomec|E5C801|14|1|ANA|100006", ""), "key"),
        (changed("THD I1", "x" * 300), "row"),
        (Export([THD]).text().encode()[:-8], "row"),
        (Export([THD]).text().partition("Index Key;Date")[0].encode(), "no_rows"),
        (changed(";20001;", ";20,5;").replace(b";234;", b";2.5;"), "decimal"),
        (b"Time;Circuit;Quantity;Unit;Value\n2026-01-02T10:00;a;b;W;1\n", "zone"),
        (b"Time;Circuit;Quantity;Unit;Value\n2026-01-02T10:00Z;a;;W;1\n", "key"),
        (b'Time;Circuit;Quantity;Unit;Value\n"' + b"x" * 200_000, "row"),
    ],
)
def test_what_can_not_be_read_says_why(content: bytes, reason: str) -> None:
    """A reason and a line, and never a part of the file."""
    with pytest.raises(Malformed) as raised:
        read(content)
    assert raised.value.reason == reason


def test_an_encoding_that_changes_in_the_middle() -> None:
    """What began as UTF-8 and goes on otherwise is refused."""
    text = Export([Measured(1, "é of a of b", "W", 1, {THEN: 1})]).text().encode()
    with pytest.raises(Malformed, match="encoding"):
        read(text + b"\n" * 70_000 + b"0;2019-01-18T15:14:00;\xe9;192\r\n")


@given(st.binary(max_size=3000))
def test_any_bytes_are_rows_or_refused(content: bytes) -> None:
    """Nothing but `Malformed` comes out of a file, whatever is in it."""
    with suppress(Malformed):
        read(content)


@given(
    st.integers(0, 400),
    st.binary(min_size=1, max_size=20),
    st.sampled_from(["replace", "insert", "cut"]),
)
def test_a_damaged_file_is_rows_or_refused(at: int, damage: bytes, how: str) -> None:
    """Damage at any place never gives anything but rows or a reason."""
    text = Export([THD, CURRENT, ENERGY]).text().encode()
    after = {"replace": at + len(damage), "insert": at, "cut": len(text)}[how]
    with suppress(Malformed):
        read(text[:at] + damage + text[after:])


@given(
    st.lists(
        st.tuples(
            st.integers(-(10**12), 10**12),
            st.sampled_from([1, 10, 100, 1000, 10**6]),
            st.datetimes(datetime(2001, 1, 1), datetime(2090, 1, 1)),  # noqa: DTZ001
        ),
        max_size=20,
    ),
    st.sampled_from(";,\t"),
)
def test_every_value_comes_back(
    values: list[tuple[int, int, datetime]], delimiter: str
) -> None:
    """Raw integers, divided by their coefficient, at their second."""
    measured = [
        Measured(number, "P of a of b", "W", coefficient, {then: raw})
        for number, (raw, coefficient, then) in enumerate(values)
    ]
    _, rows = read(Export(measured).text(delimiter).encode())
    assert [(one.value, one.moment) for one in rows] == [
        (raw / coefficient, then.replace(tzinfo=UTC, microsecond=0))
        for raw, coefficient, then in values
    ]


def test_a_large_file_is_not_held_in_memory() -> None:
    """200,000 rows (7 MB) are read with less than a megabyte besides the file."""
    points = {THEN + timedelta(seconds=number): number for number in range(200_000)}
    content = Export([Measured(1, "P of a of b", "W", 1, points)]).text().encode()
    found = Reading(BytesIO(content), None)
    tracemalloc.start()
    try:
        assert sum(1 for _ in found.rows()) == 200_000
        most = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert most < 1_000_000
