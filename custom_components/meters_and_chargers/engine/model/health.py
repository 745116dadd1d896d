"""How a connection fares: kept by who uses it, shown when somebody looks."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
import time

from .errors import DeviceError, Refused, Unsupported

_DAY_H = 24
_HOUR_S = 3600
_WEIGHT = 0.2
"""Of the newest answer in the moving mean: a slow one alone changes little."""


@dataclass(slots=True)
class Health:
    """When it last worked, how long answers take, how often it failed; s.

    Nothing is written of it: it costs a few additions for each answer.
    """

    clock: Callable[[], float] = time.monotonic
    good_at: float | None = None
    """When something good came last, by the clock."""
    answer_s: float | None = None
    """How long answers take lately; None where nothing was asked."""
    away_at: float | None = None
    """Since when nothing good came any more; None while it works."""
    waiting: int = 0
    """How many requests wait or are under way."""
    _failures: dict[int, int] = field(default_factory=dict)
    """How many by hours of the clock."""

    def good(self, took_s: float | None = None) -> None:
        """Take note of something good, and how long it was waited for."""
        self.good_at = self.clock()
        self.away_at = None
        if took_s is not None:
            before = took_s if self.answer_s is None else self.answer_s
            self.answer_s = before + _WEIGHT * (took_s - before)

    def failed(self) -> None:
        """Take note of a failure; the connection is away until something good comes."""
        now = self.clock()
        if self.away_at is None:
            self.away_at = now
        hour = int(now // _HOUR_S)
        self._failures[hour] = self._failures.get(hour, 0) + 1
        for old in [one for one in self._failures if one <= hour - _DAY_H]:
            del self._failures[old]

    @contextmanager
    def asking(self) -> Iterator[None]:
        """Count a request as long as it waits, and take note of how it ended.

        An answer that says no is an answer.
        """
        begun = self.clock()
        self.waiting += 1
        try:
            yield
        except Refused, Unsupported:
            self.good(self.clock() - begun)
            raise
        except DeviceError:
            self.failed()
            raise
        finally:
            self.waiting -= 1
        self.good(self.clock() - begun)

    @property
    def failures(self) -> int:
        """How often it failed in the last 24 hours, to the hour."""
        first = int(self.clock() // _HOUR_S) - _DAY_H
        return sum(count for hour, count in self._failures.items() if hour > first)

    @property
    def age_s(self) -> float | None:
        """How long ago something good came."""
        return None if self.good_at is None else self.clock() - self.good_at
