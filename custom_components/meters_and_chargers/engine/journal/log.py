"""What is read of the journal: the log of sessions, and their energy by hours."""

from collections.abc import Collection
from datetime import datetime
import sqlite3

from .records import HourOfEnergy, Transaction
from .tables import SELECT, text, transaction


def sessions(
    db: sqlite3.Connection,
    chargers: Collection[str] | None,
    since: datetime | None,
    until: datetime | None,
    limit: int,
) -> tuple[Transaction, ...]:
    """Return the transactions that began in a time, the newest first.

    One whose beginning nobody knows is as old as its end.
    """
    conditions, values = ["1"], list[str | int]()
    if chargers is not None:
        conditions.append(f"charger IN ({', '.join('?' * len(chargers))})")
        values += chargers
    for comparison, time in ((">=", since), ("<", until)):
        if (stamp := text(time)) is not None:
            conditions.append(f"coalesce(start_time, stop_time) {comparison} ?")
            values.append(stamp)
    rows = db.execute(
        f"{SELECT} WHERE {' AND '.join(conditions)} "
        "ORDER BY coalesce(start_time, stop_time) DESC, id DESC LIMIT ?",
        (*values, limit),
    )
    return tuple(transaction(row) for row in rows)


def hours(db: sqlite3.Connection) -> tuple[HourOfEnergy, ...]:
    """Return all energy by wallbox, card and hour, the oldest first."""
    rows = db.execute(
        "SELECT charger, id_tag, hour, sum(wh) FROM hours "
        "JOIN transactions ON transactions.id = transaction_id "
        "GROUP BY charger, id_tag, hour ORDER BY hour"
    )
    return tuple(HourOfEnergy(*row) for row in rows)
