"""What a meter writes to us: from words to samples, without any socket."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property

from ...model import Point, Sample
from .decode import Decoder, derive
from .rows import Block, Row, Table

PAUSE_S = 0.1
"""A longer pause parts two samples: half of the shortest measuring cycle known."""
_MOST_PLANS = 50

type _Runs = tuple[tuple[int, int], ...]


@dataclass(frozen=True, kw_only=True)
class Pushed:
    """What a kind of meter may write: documented blocks, and the tables in them."""

    blocks: tuple[Block, ...]
    tables: tuple[Table, ...]

    def takes(self, start: int, count: int) -> bool:
        """Whether all of these addresses may be written."""
        end = start + count
        return any(one.start <= start and end <= one.end for one in self.blocks)

    @cached_property
    def end(self) -> int:
        """The first address behind all blocks."""
        return max(block.end for block in self.blocks)

    @cached_property
    def rows(self) -> tuple[Row, ...]:
        """All rows."""
        return tuple(row for table in self.tables for row in table.rows)


@dataclass(frozen=True, slots=True)
class _Plan:
    """What can be decoded of a sample whose words came in certain runs."""

    rows: tuple[Row, ...]
    points: frozenset[Point]


class SampleBuilder:
    """Puts together what one connection writes. Nothing says where a sample ends.

    A sample ends before a word that it already holds, with a pause of over
    ``PAUSE_S``, and with the connection. Of one sample a value is decoded when all
    of its words came in one run: in one write, or in writes each of which begins
    where the one before ended. A meter writes the same blocks in the same order in
    each cycle: then no value is put together from two samples, wherever its writes
    are split. It may change what it writes after a pause, or on another connection.
    """

    def __init__(self, pushed: Pushed) -> None:
        """Begin without a word."""
        self._pushed = pushed
        self._decoder = Decoder()
        self._plans: dict[_Runs, _Plan] = {}
        self._words = bytearray(2 * pushed.end)
        self._runs: list[tuple[int, int]] = []
        self._at = self._last_at = float("-inf")
        # Sets of addresses, a bit each: of this sample, of it when it was told, and
        # of the sample before.
        self._seen = self._told = self._usual = 0

    @property
    def waiting(self) -> bool:
        """Whether there are words of which nothing was told yet."""
        return self._seen != self._told

    def write(self, start: int, raw: bytes, at: float) -> list[Sample]:
        """Take words at a wire address; returns the samples that are complete now.

        A sample is complete as soon as it covers what the one before did.
        """
        count = len(raw) // 2
        samples = []
        addresses = ((1 << count) - 1) << start
        if self._seen & addresses or at - self._last_at > PAUSE_S:
            samples += self.finish()
            self._runs.clear()
            self._seen = self._told = 0
        if not self._seen:
            self._at = at
        self._last_at = at
        if self._runs and self._runs[-1][1] == start:
            self._runs[-1] = (self._runs[-1][0], start + count)
        else:
            self._runs.append((start, start + count))
        self._words[2 * start : 2 * (start + count)] = raw
        self._seen |= addresses
        if self._seen == self._usual:
            samples += self.finish()
        return samples

    def finish(self) -> list[Sample]:
        """Tell what the sample brought so far, if it was not told."""
        if not self.waiting:
            return []
        self._told = self._usual = self._seen
        plan = self._plan(tuple(self._runs))
        if not plan.points:
            return []
        readings = self._decoder.decode(plan.rows, bytes(self._words), 0)
        derive(self._pushed.tables, readings)
        return [Sample(self._at, readings, plan.points)]

    def _plan(self, runs: _Runs) -> _Plan:
        """Return what can be decoded, which is the same in most cycles."""
        if (plan := self._plans.get(runs)) is None:
            rows = tuple(
                row
                for row in self._pushed.rows
                if any(first <= row.address and row.end <= end for first, end in runs)
            )
            points = {row.point for row in rows}
            points |= {
                derived.point
                for table in self._pushed.tables
                for derived in table.derived
                if {derived.first, derived.second} <= points
            }
            plan = _Plan(rows, frozenset(points))
            if len(self._plans) >= _MOST_PLANS:
                self._plans.clear()
            self._plans[runs] = plan
        return plan


@dataclass(slots=True, kw_only=True)
class Source:
    """A meter that may write to us, and what came from it."""

    pushed: Pushed
    on_sample: Callable[[Sample], None]
    connections: int = 0
    """Connections so far."""
    writes: int = 0
    samples: int = 0
    refused: int = 0
    """Requests that were answered with an exception."""
