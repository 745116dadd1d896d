"""The points of hours that may still get more: what a mean of an hour is made of.

In sqlite, so that a restart in the middle of an hour loses none of them. Everything
here blocks; one thread at a time may use it.
"""

from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
import sqlite3
from typing import Self

from .reading import Channel, Row

HOUR_S = 3600
_SCHEMA = """
CREATE TABLE IF NOT EXISTS channel (id INTEGER PRIMARY KEY, key TEXT UNIQUE NOT NULL);
CREATE TABLE IF NOT EXISTS point (
    channel INTEGER NOT NULL, hour INTEGER NOT NULL, moment INTEGER NOT NULL,
    value REAL NOT NULL, seen INTEGER NOT NULL,
    PRIMARY KEY (channel, hour, moment)
) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS kept (name TEXT PRIMARY KEY, value TEXT NOT NULL);
"""


class HoursError(Exception):
    """The points can't be kept: the disk is full, or their file is broken."""


@dataclass(frozen=True, slots=True)
class Spread:
    """The points of an hour: what a statistic says of it.

    ``rise`` is what a counter rose between its first and its last point.
    """

    first: float
    last: float
    rise: float
    mean: float
    low: float
    high: float


@dataclass(frozen=True, slots=True)
class Stored:
    """What a file has brought: its hours by channel; hours are those since 1970.

    An hour is ``new`` to us if nothing else is known of it here.
    """

    hours: Mapping[Channel, Mapping[int, bool]]
    rows: int
    newest: int


type Closed = Mapping[Channel, Iterable[int]]
"""Hours by channel that get no more points."""


def hour_of(channel: Channel, moment: int) -> int:
    """Return the hour to which a value belongs.

    What a counter shows at the full hour is what it has counted before.
    """
    return (moment - 1 if channel.counts else moment) // HOUR_S


class Hours:
    """Points by channel and hour, in one file of sqlite."""

    def __init__(self, path: Path) -> None:
        """Open the file, or make it; raises `HoursError`."""
        with _told():
            path.parent.mkdir(parents=True, exist_ok=True)
            self._db = sqlite3.connect(path, check_same_thread=False)
            self._db.executescript(_SCHEMA)

    def __enter__(self) -> Self:
        """Return itself."""
        return self

    def __exit__(self, *_: object) -> None:
        """Close the file."""
        self.close()

    def close(self) -> None:
        """Close the file; what was not kept is forgotten."""
        self._db.close()

    def take(self, rows: Iterable[Row], now: int) -> Stored:
        """Take all points of a file; they are kept by `keep` alone.

        Raises `HoursError`; what ``rows`` raises comes through, and nothing was taken.
        """
        hours: dict[Channel, dict[int, bool]] = {}
        ids: dict[Channel, int] = {}
        count = newest = 0
        with self._all_or_nothing():
            for row in rows:
                channel, moment = row.channel, int(row.moment.timestamp())
                if channel not in ids:
                    ids[channel], hours[channel] = self._id(channel), {}
                hour = hour_of(channel, moment)
                if hour not in hours[channel]:
                    hours[channel][hour] = not self._has(ids[channel], hour)
                self._db.execute(
                    "INSERT OR REPLACE INTO point VALUES (?, ?, ?, ?, ?)",
                    (ids[channel], hour, moment, row.value, now),
                )
                count += 1
                newest = max(newest, moment)
        return Stored(hours, count, newest)

    def keep(self, closed: Closed) -> None:
        """Keep what was taken, without hours that are closed; raises `HoursError`."""
        with self._all_or_nothing():
            self._db.executemany(
                "DELETE FROM point WHERE channel = ? AND hour = ?",
                [
                    (self._id(channel), hour)
                    for channel, hours in closed.items()
                    for hour in hours
                ],
            )
            self._db.commit()

    def forget_taken(self) -> None:
        """Undo what was taken and not kept."""
        self._db.rollback()

    def spread(self, channel: Channel, hour: int) -> Spread:
        """Return what is known of an hour; raises `HoursError`."""
        with _told():
            values = [
                value
                for (value,) in self._db.execute(
                    "SELECT value FROM point WHERE channel = ? AND hour = ?"
                    " ORDER BY moment",
                    (self._id(channel), hour),
                )
            ]
        rise = sum(risen(before, now) for before, now in pairwise(values))
        mean = sum(values) / len(values)
        return Spread(values[0], values[-1], rise, mean, min(values), max(values))

    def close_hours(self, before: int) -> None:
        """Forget hours to which nothing was added since then; raises `HoursError`."""
        with self._all_or_nothing():
            self._db.execute(
                "DELETE FROM point WHERE (channel, hour) IN (SELECT channel, hour"
                " FROM point GROUP BY channel, hour HAVING max(seen) < ?)",
                (before,),
            )
            self._db.commit()

    def recall(self) -> dict[str, str]:
        """Return the facts that are kept by name; raises `HoursError`."""
        with _told():
            return dict(self._db.execute("SELECT name, value FROM kept"))

    def remember(self, facts: Mapping[str, str]) -> None:
        """Keep facts by name; raises `HoursError`."""
        with self._all_or_nothing():
            self._db.executemany(
                "INSERT OR REPLACE INTO kept VALUES (?, ?)", facts.items()
            )
            self._db.commit()

    @contextmanager
    def _all_or_nothing(self) -> Iterator[None]:
        done = False
        try:
            with _told():
                yield
            done = True
        finally:
            if not done:
                self._db.rollback()

    def _has(self, channel: int, hour: int) -> bool:
        found = self._db.execute(
            "SELECT 1 FROM point WHERE channel = ? AND hour = ? LIMIT 1",
            (channel, hour),
        )
        return found.fetchone() is not None

    def _id(self, channel: Channel) -> int:
        # Values in another unit are other values.
        key = f"{channel.key}|{channel.unit}"
        wanted = "SELECT id FROM channel WHERE key = ?"
        if (found := self._db.execute(wanted, (key,)).fetchone()) is None:
            self._db.execute("INSERT INTO channel (key) VALUES (?)", (key,))
            found = self._db.execute(wanted, (key,)).fetchone()
        number: int = found[0]
        return number


def risen(before: float, now: float) -> float:
    """Return what a counter counted; one that shows less began at 0 again."""
    return now - before if now >= before else now


@contextmanager
def _told() -> Iterator[None]:
    try:
        yield
    except (sqlite3.Error, OSError) as err:
        raise HoursError(str(err)) from err
