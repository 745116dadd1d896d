"""How much one gateway is asked, over all ways in which it is read.

A DIRIS Digiware M-50/M-70 blocks a client for 30 s that exceeds a bandwidth or a number
of requests a second (SOCOMEC, instruction manual DIRIS Digiware M-50/M-70, "Firewall").
The manual gives the bandwidth in kbit/s, its picture in bit/s: we stay far below both.
"""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
import logging
import time

from ..model import TooOften

_LOGGER = logging.getLogger(__name__)

BITS_PER_S = 150_000
REQUESTS_PER_S = 20
BAN_S = 35.0
"""The firewall's 30 s, and some more."""
_LEAST_SHARE = 1 / 8
_RECOVER_S = 3600.0
"""After this long without a ban the rate is doubled again, up to the full one."""
_BURST_S = 0.5
"""How much of the rate may be used at once after a pause."""


@dataclass(frozen=True, slots=True, kw_only=True)
class BudgetState:
    """What a person may want to know about a budget."""

    bits_per_s: float
    requests_per_s: float
    is_full: bool
    """Whether both rates are the usual ones."""
    banned_for_s: float
    """How long nothing is asked any more; 0 when not banned."""
    bans: int
    """How often all paths fell silent together, since the start."""


@dataclass(slots=True)
class _Bucket:
    """Tokens of one kind; may be overdrawn by a request larger than the bucket."""

    rate: float
    tokens: float = 0.0

    def fill(self, seconds: float, rate: float) -> None:
        self.rate = rate
        self.tokens = min(self.tokens + seconds * rate, self.most)

    @property
    def most(self) -> float:
        return max(self.rate * _BURST_S, 1.0)

    def lacks_s(self, cost: float) -> float:
        """Return how long to wait until a request of this cost may go."""
        return max(0.0, min(cost, self.most) - self.tokens) / self.rate


class Budget:
    """Shared by all paths to one gateway; each takes a `Lane` of it.

    When every path that has answered before falls silent, the gateway is taken to have
    banned us: for 35 s nothing is asked, then at half the rate.
    """

    def __init__(
        self,
        *,
        bits_per_s: float = BITS_PER_S,
        requests_per_s: float = REQUESTS_PER_S,
        clock: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
    ) -> None:
        """Start with a full bucket; ``clock`` counts seconds and never goes back."""
        self._bits = _Bucket(bits_per_s, bits_per_s * _BURST_S)
        self._requests = _Bucket(requests_per_s, requests_per_s * _BURST_S)
        self._full = (bits_per_s, requests_per_s)
        self._clock = clock
        self._sleep = sleep
        self._share = 1.0
        self._filled_at = self._changed_at = clock()
        self._banned_until = float("-inf")
        self._bans = 0
        self._lanes: list[Lane] = []
        self._turn = asyncio.Lock()
        self._observers: list[Callable[[], None]] = []

    def lane(self) -> Lane:
        """Return a new path's part; close it when the path is no longer used."""
        lane = Lane(self)
        self._lanes.append(lane)
        return lane

    def observe(self, observer: Callable[[], None]) -> Callable[[], None]:
        """Have it called when a ban or a rate begins; returns what ends that."""
        self._observers.append(observer)
        return lambda: self._observers.remove(observer)

    @property
    def state(self) -> BudgetState:
        """The rates of now, and whether the gateway has banned us."""
        self._recover()
        bits, requests = self._full
        return BudgetState(
            bits_per_s=bits * self._share,
            requests_per_s=requests * self._share,
            is_full=self._share == 1,
            banned_for_s=max(0.0, self._banned_until - self._clock()),
            bans=self._bans,
        )

    def lasts_s(self, requests: int, bits: int) -> float:
        """Return how long so many requests take by the budget alone."""
        state = self.state
        return max(requests / state.requests_per_s, bits / state.bits_per_s)

    async def _take(self, bits: int) -> None:
        """Wait for the turn of one request; in the order in which they came."""
        async with self._turn:
            while wait := self._wait_s(bits):
                await self._sleep(wait)
            self._bits.tokens -= bits
            self._requests.tokens -= 1

    def _wait_s(self, bits: int) -> float:
        state = self.state
        if state.banned_for_s:
            raise TooOften("the gateway answers nothing any more", state.banned_for_s)
        now = self._clock()
        passed, self._filled_at = now - self._filled_at, now
        self._bits.fill(passed, state.bits_per_s)
        self._requests.fill(passed, state.requests_per_s)
        # A hair more, lest what is left be too little for the clock to show.
        lacks = max(self._bits.lacks_s(bits), self._requests.lacks_s(1))
        return lacks + 1e-3 if lacks else 0.0

    def _recover(self) -> None:
        now = self._clock()
        while self._share < 1 and now - self._changed_at >= _RECOVER_S:
            self._share *= 2
            self._changed_at += _RECOVER_S
            self._tell()

    def _silent(self) -> None:
        """Find out whether that was the last path that still answered."""
        trusted = [lane for lane in self._lanes if lane.answers is not None]
        if not trusted or any(lane.answers for lane in trusted):
            return
        for lane in trusted:
            lane.answers = None  # what was silent before must answer to count again
        now = self._clock()
        self._banned_until = now + BAN_S
        self._share = max(self._share / 2, _LEAST_SHARE)
        self._changed_at = now
        self._bans += 1
        _LOGGER.warning(
            "The gateway answers nothing any more, as when its firewall blocks us: "
            "it is left alone for %d s, then asked at half the rate",
            BAN_S,
        )
        self._tell()

    def _tell(self) -> None:
        for observer in tuple(self._observers):
            observer()


@dataclass(slots=True, eq=False)
class Lane:
    """One path's part of a `Budget`."""

    budget: Budget
    answers: bool | None = field(default=None, init=False)
    """Whether its last request was answered; None until one was."""

    async def take(self, bits: int) -> None:
        """Wait until a request may go that costs so many bits, both ways together.

        Raises `TooOften` while the gateway is left alone.
        """
        await self.budget._take(bits)  # noqa: SLF001 - a lane is the budget's own part

    def answered(self) -> None:
        """Take note of any answer at all."""
        self.answers = True

    def silent(self) -> None:
        """Take note that a request and its repetitions were not answered."""
        if self.answers is not None:
            self.answers = False
            self.budget._silent()  # noqa: SLF001 - same

    def close(self) -> None:
        """No longer count among the paths; does nothing the second time."""
        if self in self.budget._lanes:  # noqa: SLF001 - same
            self.budget._lanes.remove(self)  # noqa: SLF001 - same
