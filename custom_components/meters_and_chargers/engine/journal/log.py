"""What is read of the journal: the log of sessions, and their energy by hours."""

from collections.abc import Collection
from datetime import datetime
import sqlite3

from .records import MOST_W, SPARE_WH, HourOfEnergy, Transaction
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


def hours(db: sqlite3.Connection, now: datetime) -> tuple[HourOfEnergy, ...]:
    """Return all energy by wallbox, card and hour, the oldest first.

    What no wallbox can have given counts as nothing, as in `Transaction.is_doubtful`;
    its hours stay, as they may be known already.
    """
    rows = db.execute(
        "SELECT charger, id_tag, hour, sum(CASE WHEN "
        "coalesce(stop_time, ?1) >= start_time AND energy_wh > ?2 + ?3 * "
        "24 * (julianday(coalesce(stop_time, ?1)) - julianday(start_time)) "
        "THEN 0 ELSE wh END) FROM hours "
        "JOIN transactions ON transactions.id = transaction_id "
        "GROUP BY charger, id_tag, hour ORDER BY hour",
        (text(now), SPARE_WH, MOST_W),
    )
    return tuple(HourOfEnergy(*row) for row in rows)
