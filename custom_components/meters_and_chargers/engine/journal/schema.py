"""The tables, and how a file is brought to their version."""

import sqlite3

from .errors import JournalError

VERSION = 1

_STEPS = (
    # 0 -> 1
    """
    CREATE TABLE chargers (
        id TEXT PRIMARY KEY,
        maker TEXT NOT NULL,
        model TEXT NOT NULL,
        serial TEXT NOT NULL,
        firmware TEXT NOT NULL,
        connectors INTEGER NOT NULL,
        last_seen TEXT
    ) STRICT;
    CREATE TABLE transactions (
        id INTEGER PRIMARY KEY AUTOINCREMENT,
        charger TEXT NOT NULL,
        wire_id INTEGER NOT NULL,
        connector INTEGER,
        id_tag TEXT NOT NULL,
        meter_start_wh INTEGER,
        start_time TEXT,
        meter_stop_wh INTEGER,
        stop_time TEXT,
        stop_reason TEXT NOT NULL DEFAULT '',
        last_wh REAL,
        last_time TEXT,
        start_unknown INTEGER NOT NULL DEFAULT 0,
        closed_locally INTEGER NOT NULL DEFAULT 0,
        start_raw TEXT NOT NULL DEFAULT '',
        stop_raw TEXT NOT NULL DEFAULT ''
    ) STRICT;
    CREATE INDEX transactions_wire ON transactions (charger, wire_id);
    CREATE INDEX transactions_open ON transactions (charger)
        WHERE stop_time IS NULL;
    CREATE UNIQUE INDEX transactions_start ON transactions
        (charger, connector, id_tag, meter_start_wh, start_time)
        WHERE start_unknown = 0;
    """,
)


def prepare(db: sqlite3.Connection) -> None:
    """Set the file's modes and create or update the tables."""
    db.execute("PRAGMA journal_mode=WAL")
    db.execute("PRAGMA synchronous=FULL")
    (version,) = db.execute("PRAGMA user_version").fetchone()
    if version > VERSION:
        raise JournalError(f"the journal has version {version}, newer than {VERSION}")
    for step in range(version, VERSION):
        # One script, one transaction: a cut in between leaves the old version.
        db.executescript(
            f"BEGIN IMMEDIATE; {_STEPS[step]} PRAGMA user_version={step + 1}; COMMIT;"
        )
