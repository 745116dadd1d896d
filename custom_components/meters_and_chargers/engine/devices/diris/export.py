"""A gateway's exported files: their points, and the hours that these make.

Everything here blocks, and one thread at a time may use it.
"""

from collections.abc import Iterable, Iterator, Mapping
from contextlib import suppress
from dataclasses import asdict, dataclass
from datetime import UTC, datetime, tzinfo
from pathlib import Path

from ...protocols.ems_csv import (
    Channel,
    Counted,
    Format,
    Hours,
    HoursError,
    Malformed,
    Reading,
    Row,
    Stored,
    recount,
)

__all__ = [
    "Averaged",
    "Channel",
    "Counted",
    "Export",
    "Facts",
    "HourOf",
    "HoursError",
    "Malformed",
    "Stored",
]

_AHEAD_S = 1800
"""How far a gateway's clock may be ahead; more is another time zone."""
_CLOSED_AFTER_S = 3 * 86_400
"""An hour to which nothing is added for so long gets no more points."""


@dataclass(frozen=True, slots=True)
class Averaged:
    """What an hour since 1970 was on average, at least and at most."""

    hour: int
    mean: float
    low: float
    high: float


type HourOf = Averaged | Counted
"""What a statistic says of an hour."""


@dataclass(slots=True)
class Facts:
    """What is known of a gateway's files, over restarts as well."""

    last_file: str = ""
    last_rows: int = 0
    last_at: int = 0
    """When the last file was taken; s since 1970."""
    newest: int = 0
    """The moment of the newest point of the last file."""
    rows: int = 0
    skipped: int = 0
    """Rows of another quality than good."""
    encoding: str = ""
    delimiter: str = ""
    decimal: str = ""

    @property
    def format(self) -> Format | None:
        """How files were written until now."""
        if not self.delimiter:
            return None
        return Format(self.encoding, self.delimiter, self.decimal)


class Export:
    """Takes files one by one: `take`, then `settle`, then `done`."""

    def __init__(self, path: Path, zone: tzinfo | None) -> None:
        """Open what is kept at a path; raises `HoursError`.

        ``zone`` is that of times; None takes what a file says.
        """
        self._hours = Hours(path)
        self._zone = zone
        self._skipped = 0
        self._format: Format | None = None
        self.facts = Facts()
        for name, text in self._hours.recall().items():
            kind = type(getattr(self.facts, name, None))
            with suppress(ValueError):
                if kind in (int, str):
                    setattr(self.facts, name, kind(text))

    def close(self) -> None:
        """Close the file; raises nothing."""
        self._hours.close()

    def take(self, path: Path, now: int) -> Stored:
        """Take the points of a file, if all of it can be read.

        Raises `Malformed`, `HoursError`, and OSError where the file can't be opened.
        """
        with path.open("rb") as file:
            reading = Reading(file, self._zone, self.facts.format)
            stored = self._hours.take(_past(reading.rows(), now), now)
        self._skipped, self._format = reading.skipped, reading.format
        return stored

    def settle(
        self, stored: Stored, known: Mapping[Channel, Iterable[Counted]]
    ) -> dict[Channel, list[HourOf]]:
        """Keep what was taken; return the hours that statistics need for it.

        ``known`` is what these have from the last hour before on. An hour that they
        have and of which no point is left here is closed. Raises `HoursError`.
        """
        before = {channel: list(hours) for channel, hours in known.items()}
        closed = {}
        for channel, hours in stored.hours.items():
            there = {one.hour for one in before.get(channel, ())}
            closed[channel] = {hour for hour, new in hours.items() if new} & there
        self._hours.keep(closed)
        return {
            channel: self._made(
                channel, hours.keys() - closed[channel], before.get(channel, ())
            )
            for channel, hours in stored.hours.items()
        }

    def _made(
        self, channel: Channel, hours: Iterable[int], known: Iterable[Counted]
    ) -> list[HourOf]:
        spreads = {hour: self._hours.spread(channel, hour) for hour in sorted(hours)}
        if channel.counts:
            return list(recount(known, spreads) if spreads else ())
        return [
            Averaged(hour, one.mean, one.low, one.high) for hour, one in spreads.items()
        ]

    def forget_taken(self) -> None:
        """Undo what was taken and not settled."""
        self._hours.forget_taken()

    def done(self, name: str, stored: Stored, now: int) -> None:
        """Remember a file whose hours are where they belong; raises `HoursError`."""
        facts, written = self.facts, self._format
        facts.last_file, facts.last_rows, facts.last_at = name, stored.rows, now
        facts.newest = stored.newest
        facts.rows += stored.rows
        facts.skipped += self._skipped
        if written is not None:
            facts.encoding, facts.delimiter = written.encoding, written.delimiter
            facts.decimal = written.decimal or facts.decimal
        self._hours.remember({key: str(value) for key, value in asdict(facts).items()})
        self._hours.close_hours(now - _CLOSED_AFTER_S)


def _past(rows: Iterator[Row], now: int) -> Iterator[Row]:
    """Yield rows; raises `Malformed` for one that lies in the future."""
    latest = datetime.fromtimestamp(now + _AHEAD_S, UTC)
    for row in rows:
        if row.moment > latest:
            raise Malformed("future")
        yield row
