"""What is done to the tables; every function runs inside one database transaction."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime
import sqlite3

from .energy import Reading, book
from .records import (
    Booked,
    ChargerRecord,
    SignedValue,
    Start,
    Stop,
    Transaction,
)

type Suns = Mapping[int, tuple[float, float]]
"""What transactions took from the sun, of how much; Wh."""
type Notes = Mapping[int, Sequence[Reading]]
"""The newest meter values of transactions."""

_MAX_SIGNED = 100
"""Signed values of one transaction: more are none that anybody bills by."""
_MAX_SIGNED_ENDS = 200
"""With those of its begin and end."""
_FIRST_UNKNOWN = 2**40
"""Numbers for transactions whose beginning nobody saw: above all others."""

_COLUMNS = (
    "id, charger, wire_id, connector, id_tag, meter_start_wh, start_time, "
    "meter_stop_wh, stop_time, stop_reason, last_wh, last_time, start_unknown, "
    "closed_locally, energy_wh, cost, priced_wh, currency, sun_wh, sun_of_wh"
)
SELECT = f"SELECT {_COLUMNS} FROM transactions"  # noqa: S608  # constant columns


def text(time: datetime | None) -> str | None:
    """Write a time so that texts sort like times."""
    if time is None:
        return None
    return time.astimezone(UTC).isoformat(timespec="milliseconds")


def _time(stored: str | None) -> datetime | None:
    return datetime.fromisoformat(stored) if stored else None


def transaction(row: tuple[object, ...]) -> Transaction:
    """Return a row as what it says."""
    names = _COLUMNS.split(", ")
    fields = dict(zip(names, row, strict=True))
    for name in ("start_time", "stop_time", "last_time"):
        fields[name] = _time(fields[name])  # type: ignore[arg-type]  # TEXT in a STRICT table
    for name in ("start_unknown", "closed_locally"):
        fields[name] = bool(fields[name])
    return Transaction(**fields)  # type: ignore[arg-type]  # the table is STRICT


def by_id(db: sqlite3.Connection, number: int) -> Transaction:
    """Return a transaction that is known to exist."""
    return transaction(db.execute(f"{SELECT} WHERE id = ?", (number,)).fetchone())


def find(db: sqlite3.Connection, charger: str, wire_id: int) -> Transaction | None:
    """Return what a wallbox calls by this number, the newest if there are several."""
    row = db.execute(
        f"{SELECT} WHERE charger = ? AND wire_id = ? ORDER BY id DESC LIMIT 1",
        (charger, wire_id),
    ).fetchone()
    return row and transaction(row)


def transactions(
    db: sqlite3.Connection, charger: str, *, only_open: bool
) -> tuple[Transaction, ...]:
    """Return a wallbox's transactions in the order in which they were recorded."""
    condition = "AND stop_time IS NULL" if only_open else ""
    rows = db.execute(f"{SELECT} WHERE charger = ? {condition} ORDER BY id", (charger,))
    return tuple(transaction(row) for row in rows)


def _next_id(db: sqlite3.Connection, charger: str) -> int:
    """Return a number never used before, nor adopted from this wallbox."""
    row = db.execute(
        "SELECT seq FROM sqlite_sequence WHERE name = 'transactions'"
    ).fetchone()
    number: int = (row[0] if row else 0) + 1
    while find(db, charger, number):
        number += 1
    return number


def start(db: sqlite3.Connection, report: Start, now: datetime) -> Booked:
    """Record a beginning once, however often it is reported."""
    time = text(report.time)
    key = (
        report.charger,
        report.connector,
        report.id_tag,
        report.meter_start_wh,
        time,
    )
    # Without its time a later report is only the same while that one still runs.
    row = db.execute(
        f"{SELECT} WHERE charger = ? AND connector = ? AND id_tag = ? "
        "AND meter_start_wh IS ? AND start_time IS ? AND start_unknown = 0 "
        "AND (start_time IS NOT NULL OR stop_time IS NULL)",
        key,
    ).fetchone()
    if row:
        known = transaction(row)
        if report.wire_id not in (None, known.wire_id):
            db.execute(
                "UPDATE transactions SET wire_id = ? WHERE id = ?",
                (report.wire_id, known.id),
            )
        return Booked(by_id(db, known.id), repeated=True)
    number = _next_id(db, report.charger)
    wire_id = number if report.wire_id is None else report.wire_id
    # Of a clock that is ahead, the values to come would all be older.
    first = time and text(min(report.time or now, now))
    wh = report.meter_start_wh
    db.execute(
        "INSERT INTO transactions (id, wire_id, charger, connector, id_tag, "
        "meter_start_wh, start_time, last_wh, last_time, energy_wh, start_raw) "
        "VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
        (number, wire_id, *key, wh, first, None if wh is None else 0.0, report.raw),
    )
    return Booked(by_id(db, number), repeated=False)


def stop(db: sqlite3.Connection, report: Stop, now: datetime) -> Booked:
    """Record an end once; one of an unknown beginning becomes a row of its own."""
    time = text(report.time) or text(now)
    end = (report.meter_stop_wh, time, report.reason, report.raw)
    known = find(db, report.charger, report.wire_id)
    guessed = False
    if report.wire_id <= 0 and (known is None or not known.is_open):
        # Boxes without a number of ours use -1 or 0 for all of them.
        known = _same_end(db, report, time)
        if known is not None:
            return Booked(known, repeated=True)
        known = _meant(db, report, time)
        guessed = known is not None
    if known is None:
        number = _next_id(db, report.charger)
        db.execute(
            "INSERT INTO transactions (id, charger, wire_id, id_tag, start_unknown, "
            "meter_stop_wh, stop_time, stop_reason, stop_raw) "
            "VALUES (?, ?, ?, '', 1, ?, ?, ?, ?)",
            (number, report.charger, report.wire_id, *end),
        )
    elif known.is_open or known.closed_locally:
        number = known.id
        if report.meter_stop_wh is not None:
            read = (float(report.meter_stop_wh), min(report.time or now, now))
            book(db, number, [read], end=True)
        db.execute(
            "UPDATE transactions SET meter_stop_wh = ?, stop_time = ?, "
            "stop_reason = ?, stop_raw = ?, closed_locally = ? WHERE id = ?",
            (*end, guessed, number),
        )
    else:
        return Booked(known, repeated=True)
    keep_signed(db, number, report.signed, now)
    return Booked(by_id(db, number), repeated=False)


def _meant(
    db: sqlite3.Connection, report: Stop, time: str | None
) -> Transaction | None:
    """Return the one that runs and that an end without a number fits, if it is one."""
    rows = db.execute(
        f"{SELECT} WHERE charger = ?1 AND stop_time IS NULL AND start_time <= ?2 "
        "AND (meter_start_wh IS NULL OR ?3 IS NULL OR meter_start_wh <= ?3) "
        "AND (?4 = '' OR id_tag = '' OR id_tag = ?4 COLLATE NOCASE) LIMIT 2",
        (report.charger, time, report.meter_stop_wh, report.id_tag),
    ).fetchall()
    return transaction(rows[0]) if len(rows) == 1 else None


def keep_signed(
    db: sqlite3.Connection,
    number: int,
    values: Iterable[SignedValue],
    now: datetime,
) -> None:
    """Keep what a meter has signed, word for word, once."""
    db.executemany(
        "INSERT OR IGNORE INTO signed_values (transaction_id, time, context, text) "
        "SELECT ?1, ?2, ?3, ?4 WHERE ?5 > "
        "(SELECT count(*) FROM signed_values WHERE transaction_id = ?1)",
        [
            (
                number,
                text(one.time or now),
                one.context,
                one.text,
                _MAX_SIGNED_ENDS
                if one.context.startswith("Transaction.")
                else _MAX_SIGNED,
            )
            for one in values
        ],
    )


def signed(db: sqlite3.Connection, number: int) -> tuple[SignedValue, ...]:
    """Return what the meter has signed of a transaction, the oldest first."""
    rows = db.execute(
        "SELECT time, context, text FROM signed_values WHERE transaction_id = ? "
        "ORDER BY time, rowid",
        (number,),
    )
    return tuple(SignedValue(_time(time), *words) for time, *words in rows)


def _same_end(
    db: sqlite3.Connection, report: Stop, time: str | None
) -> Transaction | None:
    row = db.execute(
        f"{SELECT} WHERE charger = ? AND (wire_id = ? OR closed_locally) "
        "AND meter_stop_wh IS ? AND stop_time = ?",
        (report.charger, report.wire_id, report.meter_stop_wh, time),
    ).fetchone()
    return row and transaction(row)


def adopt(
    db: sqlite3.Connection,
    charger: str,
    connector: int,
    wire_id: int,
    meter: tuple[float | None, datetime],
) -> Transaction:
    """Record a transaction that runs already; one that we had closed runs again."""
    wh, time = meter
    known = find(db, charger, wire_id)
    if known is None:
        number = _next_id(db, charger)
        db.execute(
            "INSERT INTO transactions (id, charger, wire_id, connector, id_tag, "
            "start_unknown, meter_start_wh, start_time, last_wh, last_time, "
            "energy_wh) VALUES (?, ?, ?, ?, '', 1, ?, ?, ?, ?, ?)",
            (
                number,
                charger,
                wire_id,
                connector,
                None if wh is None else round(wh),
                text(time),
                wh,
                None if wh is None else text(time),
                None if wh is None else 0.0,
            ),
        )
        return by_id(db, number)
    if known.closed_locally:
        db.execute(
            "UPDATE transactions SET stop_time = NULL, meter_stop_wh = NULL, "
            "stop_reason = '', closed_locally = 0 WHERE id = ?",
            (known.id,),
        )
    return by_id(db, known.id)


def named(db: sqlite3.Connection, charger: str, name: str) -> int | None:
    """Return the number of a transaction which a wallbox calls by a name."""
    row = db.execute(
        "SELECT wire_id FROM transaction_names WHERE charger = ? AND name = ?",
        (charger, name),
    ).fetchone()
    return row[0] if row else None


def name_of(db: sqlite3.Connection, charger: str, wire_id: int) -> str | None:
    """Return the name of a transaction, the newest if there are several."""
    row = db.execute(
        "SELECT name FROM transaction_names WHERE charger = ? AND wire_id = ? "
        "ORDER BY number DESC LIMIT 1",
        (charger, wire_id),
    ).fetchone()
    return row[0] if row else None


def name(db: sqlite3.Connection, charger: str, name: str, wire_id: int | None) -> int:
    """Keep a transaction's name, whose number stays; a free one without a number."""
    known = named(db, charger, name)
    if known is not None:
        return known
    row = db.execute(
        "INSERT INTO transaction_names (charger, name, wire_id) "
        "VALUES (?, ?, coalesce(?, 0)) RETURNING number",
        (charger, name, wire_id),
    ).fetchone()
    if wire_id is not None:
        return wire_id
    number: int = _FIRST_UNKNOWN + row[0]
    db.execute(
        "UPDATE transaction_names SET wire_id = ? WHERE number = ?", (number, row[0])
    )
    return number


def close_locally(
    db: sqlite3.Connection, number: int, reason: str, now: datetime
) -> Transaction:
    """Close what the wallbox forgot to, with the last value and its time."""
    db.execute(
        "UPDATE transactions SET meter_stop_wh = CAST(round(last_wh) AS INTEGER), "
        "stop_time = coalesce(last_time, ?), stop_reason = ?, closed_locally = 1 "
        "WHERE id = ? AND stop_time IS NULL",
        (text(now), reason, number),
    )
    return by_id(db, number)


def note(db: sqlite3.Connection, notes: Notes) -> dict[int, float]:
    """Add the newest meter values to their transactions; return what these cost."""
    costs = {}
    for number, readings in notes.items():
        in_order = sorted(readings, key=lambda one: one[1])
        cost = book(db, number, in_order, end=False)
        if cost is not None:
            costs[number] = cost
    return costs


def note_sun(db: sqlite3.Connection, suns: Suns) -> None:
    """Add what transactions took from the sun."""
    db.executemany(
        "UPDATE transactions SET sun_wh = coalesce(sun_wh, 0) + ?, "
        "sun_of_wh = sun_of_wh + ? WHERE id = ?",
        [(sun_wh, of_wh, number) for number, (sun_wh, of_wh) in suns.items()],
    )


def remember(db: sqlite3.Connection, record: ChargerRecord) -> None:
    """Keep what is known of a wallbox."""
    db.execute(
        "INSERT OR REPLACE INTO chargers "
        "(id, maker, model, serial, firmware, connectors, last_seen) "
        "VALUES (?, ?, ?, ?, ?, ?, ?)",
        (
            record.id,
            record.maker,
            record.model,
            record.serial,
            record.firmware,
            record.connectors,
            text(record.last_seen),
        ),
    )


def known(db: sqlite3.Connection, charger: str) -> ChargerRecord | None:
    """Return what is known of a wallbox."""
    row = db.execute(
        "SELECT id, maker, model, serial, firmware, connectors, last_seen "
        "FROM chargers WHERE id = ?",
        (charger,),
    ).fetchone()
    if row is None:
        return None
    return ChargerRecord(
        id=row[0],
        maker=row[1],
        model=row[2],
        serial=row[3],
        firmware=row[4],
        connectors=row[5],
        last_seen=_time(row[6]),
    )


def keep_fact(db: sqlite3.Connection, charger: str, name: str, fact: str) -> None:
    """Keep a fact under its name; an empty one is forgotten."""
    db.execute(
        "DELETE FROM charger_facts WHERE charger = ? AND name = ?", (charger, name)
    )
    if fact:
        db.execute("INSERT INTO charger_facts VALUES (?, ?, ?)", (charger, name, fact))


def facts(db: sqlite3.Connection, charger: str) -> dict[str, str]:
    """Return what is kept of a wallbox by name."""
    return dict(
        db.execute("SELECT name, fact FROM charger_facts WHERE charger = ?", (charger,))
    )
