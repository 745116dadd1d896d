"""The tables, and how a file is brought to their version."""

import sqlite3

from .errors import JournalError

VERSION = 6

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
    # 1 -> 2: energy by hours, its price and cost, signed values. What was recorded
    # before is spread no more: all of it belongs to the hour of its end.
    """
    ALTER TABLE transactions ADD COLUMN energy_wh REAL;
    ALTER TABLE transactions ADD COLUMN cost REAL;
    ALTER TABLE transactions ADD COLUMN priced_wh REAL NOT NULL DEFAULT 0;
    ALTER TABLE transactions ADD COLUMN currency TEXT NOT NULL DEFAULT '';
    CREATE TABLE hours (
        transaction_id INTEGER NOT NULL,
        hour INTEGER NOT NULL,
        wh REAL NOT NULL,
        cost REAL,
        PRIMARY KEY (transaction_id, hour)
    ) STRICT, WITHOUT ROWID;
    CREATE TABLE prices (
        charger TEXT NOT NULL,
        since REAL NOT NULL,
        price REAL,
        currency TEXT NOT NULL,
        PRIMARY KEY (charger, since)
    ) STRICT, WITHOUT ROWID;
    CREATE TABLE signed_values (
        transaction_id INTEGER NOT NULL,
        time TEXT NOT NULL,
        context TEXT NOT NULL,
        text TEXT NOT NULL,
        UNIQUE (transaction_id, time, context, text)
    ) STRICT;
    UPDATE transactions SET energy_wh = CASE
        WHEN coalesce(meter_stop_wh, last_wh) >= meter_start_wh
        THEN coalesce(meter_stop_wh, last_wh) - meter_start_wh
        WHEN coalesce(meter_stop_wh, last_wh) < meter_start_wh / 2.0
        THEN coalesce(meter_stop_wh, last_wh)
        ELSE 0 END
        WHERE coalesce(meter_stop_wh, last_wh) IS NOT NULL
        AND meter_start_wh IS NOT NULL;
    UPDATE transactions SET last_wh = meter_stop_wh
        WHERE meter_stop_wh IS NOT NULL;
    INSERT INTO hours (transaction_id, hour, wh) SELECT id,
        CAST(strftime('%s', coalesce(stop_time, last_time)) AS INTEGER) / 3600,
        energy_wh FROM transactions
        WHERE energy_wh > 0 AND coalesce(stop_time, last_time) IS NOT NULL;
    """,
    # 2 -> 3: OCPP 2 has texts for the numbers of transactions.
    """
    CREATE TABLE transaction_names (
        number INTEGER PRIMARY KEY AUTOINCREMENT,
        charger TEXT NOT NULL,
        name TEXT NOT NULL,
        wire_id INTEGER NOT NULL,
        UNIQUE (charger, name)
    ) STRICT;
    CREATE INDEX transaction_names_wire ON transaction_names (charger, wire_id);
    """,
    # 3 -> 4: what else of a wallbox must outlive a restart of ours.
    """
    CREATE TABLE charger_facts (
        charger TEXT NOT NULL,
        name TEXT NOT NULL,
        fact TEXT NOT NULL,
        PRIMARY KEY (charger, name)
    ) STRICT, WITHOUT ROWID;
    """,
    # 4 -> 5: what billing backends must get, and how they call transactions.
    """
    CREATE TABLE backend_queue (
        number INTEGER PRIMARY KEY AUTOINCREMENT,
        gateway TEXT NOT NULL,
        message_id TEXT NOT NULL,
        key BLOB NOT NULL,
        time TEXT NOT NULL,
        action TEXT NOT NULL,
        session INTEGER,
        kept INTEGER NOT NULL,
        state INTEGER NOT NULL DEFAULT 0,
        payload BLOB NOT NULL,
        UNIQUE (gateway, key)
    ) STRICT;
    CREATE INDEX backend_queue_waiting ON backend_queue (gateway, number)
        WHERE state = 0;
    CREATE INDEX backend_queue_may_go ON backend_queue (gateway, number)
        WHERE state = 0 AND kept = 0;
    CREATE TABLE backend_transactions (
        gateway TEXT NOT NULL,
        session INTEGER NOT NULL,
        backend_id INTEGER,
        ended INTEGER NOT NULL DEFAULT 0,
        PRIMARY KEY (gateway, session)
    ) STRICT, WITHOUT ROWID;
    CREATE TABLE backend_losses (
        gateway TEXT PRIMARY KEY,
        lost INTEGER NOT NULL DEFAULT 0,
        refused INTEGER NOT NULL DEFAULT 0
    ) STRICT, WITHOUT ROWID;
    """,
    # 5 -> 6: how much of a session came from the sun, of how much that is known.
    """
    ALTER TABLE transactions ADD COLUMN sun_wh REAL;
    ALTER TABLE transactions ADD COLUMN sun_of_wh REAL NOT NULL DEFAULT 0;
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
