"""What a transaction took, hour by hour, and what it cost.

A wallbox reports a register. What it has gained between two readings is spread evenly
over the time between them, cut at full hours and where the price was another one.
"""

from bisect import bisect_right
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
import sqlite3

GRACE_S = 120.0
"""How long after a transaction's end a closing meter value still counts."""

_HOUR_S = 3600
_MOST_SPREAD_S = 7 * 24 * _HOUR_S
"""A clock that was set makes a longer time; all is then of its end."""
_PRICES_KEPT_S = 90 * 24 * _HOUR_S
"""No wallbox keeps its queue longer."""

type Reading = tuple[float, datetime]
"""An energy register in Wh, and its time."""
type Price = tuple[float, float | None, str]
"""From when on (s since 1970), per kWh or None for unknown, and the currency."""


def gained(before: float | None, wh: float) -> float | None:
    """Return what a register has counted since it was read before; Wh.

    None for a reading that says nothing: some are a Wh below what they said before.
    """
    if before is None:
        return 0.0
    if wh >= before:
        return wh - before
    # Some count each session from 0.
    return wh if wh < before / 2 else None


@dataclass(slots=True)
class _Hour:
    wh: float = 0.0
    cost: float | None = None


@dataclass(slots=True)
class _Sum:
    """What some readings add to a transaction."""

    last_wh: float | None
    last_s: float | None
    prices: Sequence[Price]
    wh: float | None
    hours: dict[int, _Hour] = field(default_factory=dict)
    priced_wh: float = 0.0
    cost: float | None = None
    currency: str = ""

    def add(self, wh: float, time_s: float) -> None:
        """Take one reading; an older one, or noise, is left out."""
        if self.last_s is not None and time_s < self.last_s:
            return
        gain = gained(self.last_wh, wh)
        if gain is None:
            return
        begin_s = time_s if self.last_s is None else self.last_s
        self.last_wh, self.last_s = wh, time_s
        self.wh = (self.wh or 0.0) + gain
        if gain:
            for start_s, part in self._parts(begin_s, time_s):
                self._book(start_s, gain * part)

    def _parts(self, begin_s: float, end_s: float) -> Iterator[tuple[float, float]]:
        """Yield the starts of the parts of a time, and each part's share of it."""
        length = end_s - begin_s
        if not 0 < length <= _MOST_SPREAD_S:
            yield end_s, 1.0
            return
        first = int(begin_s // _HOUR_S + 1) * _HOUR_S
        cuts = {float(hour) for hour in range(first, int(end_s) + 1, _HOUR_S)}
        cuts |= {since for since, _, _ in self.prices if begin_s < since < end_s}
        start = begin_s
        for cut in (*sorted(cuts), end_s):
            if cut > start:
                yield start, (cut - start) / length
                start = cut

    def _book(self, start_s: float, wh: float) -> None:
        hour = self.hours.setdefault(int(start_s // _HOUR_S), _Hour())
        hour.wh += wh
        index = bisect_right(self.prices, start_s, key=lambda price: price[0])
        _, price, currency = self.prices[index - 1] if index else (0, None, "")
        if price is None:
            return
        cost = wh / 1000 * price
        hour.cost = (hour.cost or 0.0) + cost
        self.cost = (self.cost or 0.0) + cost
        self.priced_wh += wh
        self.currency = currency


def book(
    db: sqlite3.Connection, number: int, readings: Iterable[Reading], *, end: bool
) -> float | None:
    """Add readings to a transaction, in the order of their times; return its cost.

    ``end`` is the wallbox's own last one: it counts whatever its clock says. One that
    comes after the end counts for a while, unless its register began anew.
    """
    row = db.execute(
        "SELECT charger, last_wh, last_time, energy_wh, stop_time, closed_locally, "
        "cost FROM transactions WHERE id = ?",
        (number,),
    ).fetchone()
    if row is None:
        return None
    charger, last_wh, last_time, energy_wh, stop_time, closed_locally = row[:6]
    cost: float | None = row[6]
    known = [(wh, time.timestamp()) for wh, time in readings]
    ended = stop_time is not None and not closed_locally and not end
    if ended:
        latest = _seconds(stop_time) + GRACE_S
        known = [
            (wh, time)
            for wh, time in known
            if time <= latest and last_wh is not None and wh >= last_wh
        ]
    if not known or (end and last_wh is None):
        return cost  # one value alone is no energy
    last_s = None if last_time is None else _seconds(last_time)
    if end and last_s is not None:
        known = [(wh, max(time, last_s)) for wh, time in known]
    prices = _prices(db, charger, last_s or known[0][1], known[-1][1])
    total = _Sum(last_wh, last_s, prices, energy_wh)
    for wh, time_s in known:
        total.add(wh, time_s)
    if total.last_s is not None:
        _write(db, number, total)
    if total.cost is not None:
        cost = total.cost + (cost or 0.0)
    return cost


def _write(db: sqlite3.Connection, number: int, total: _Sum) -> None:
    stamp = None if total.last_s is None else _text(total.last_s)
    db.execute(
        "UPDATE transactions SET last_wh = ?2, last_time = ?3, energy_wh = ?4, "
        "cost = CASE WHEN ?5 IS NULL THEN cost ELSE coalesce(cost, 0) + ?5 END, "
        "priced_wh = priced_wh + ?6, "
        "currency = CASE WHEN ?7 = '' THEN currency ELSE ?7 END, "
        "meter_stop_wh = CASE WHEN stop_time IS NULL THEN meter_stop_wh "
        "ELSE CAST(round(?2) AS INTEGER) END WHERE id = ?1",
        (
            number,
            total.last_wh,
            stamp,
            total.wh,
            total.cost,
            total.priced_wh,
            total.currency,
        ),
    )
    db.executemany(
        "INSERT INTO hours (transaction_id, hour, wh, cost) VALUES (?, ?, ?, ?) "
        "ON CONFLICT DO UPDATE SET wh = wh + excluded.wh, cost = CASE "
        "WHEN excluded.cost IS NULL THEN cost "
        "ELSE coalesce(cost, 0) + excluded.cost END",
        [(number, hour, one.wh, one.cost) for hour, one in total.hours.items()],
    )


def _prices(
    db: sqlite3.Connection, charger: str, begin_s: float, end_s: float
) -> Sequence[Price]:
    """Return the prices of a time: the one that held at its begin, and each change."""
    return db.execute(
        "SELECT since, price, currency FROM prices WHERE charger = ?1 AND since <= ?3 "
        "AND since >= coalesce((SELECT max(since) FROM prices "
        "WHERE charger = ?1 AND since <= ?2), 0) ORDER BY since",
        (charger, begin_s, end_s),
    ).fetchall()


def price(
    db: sqlite3.Connection,
    charger: str,
    since: datetime,
    current: float | None,
    currency: str,
) -> None:
    """Keep from when on energy has another price; what is long past is forgotten."""
    since_s = since.timestamp()
    (before,) = db.execute(
        "SELECT max(since) FROM prices WHERE charger = ?", (charger,)
    ).fetchone()
    if before is None and current is None:
        return
    if before is not None and _same(db, charger, before, current, currency):
        return
    db.execute(
        "INSERT OR REPLACE INTO prices (charger, since, price, currency) "
        "VALUES (?, ?, ?, ?)",
        (charger, since_s, current, currency),
    )
    db.execute(
        "DELETE FROM prices WHERE charger = ? AND since < ?",
        (charger, since_s - _PRICES_KEPT_S),
    )


def _same(
    db: sqlite3.Connection,
    charger: str,
    since_s: float,
    current: float | None,
    currency: str,
) -> bool:
    row = db.execute(
        "SELECT price, currency FROM prices WHERE charger = ? AND since = ?",
        (charger, since_s),
    ).fetchone()
    return bool(row == (current, currency))


def _seconds(stored: str) -> float:
    return datetime.fromisoformat(stored).timestamp()


def _text(seconds: float) -> str:
    """Write a time so that texts sort like times."""
    return datetime.fromtimestamp(seconds, UTC).isoformat(timespec="milliseconds")
