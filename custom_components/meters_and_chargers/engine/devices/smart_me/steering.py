"""Tells a station its charging currents, by any way, within the ten-minute rule."""

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum
import time

from ...model import DeviceError, OutOfRange, Refused, Setpoint
from .currents import PhaseCurrents
from .limits import PhaseMemory, admit, may_have_written, waits_until, wrote

REASSERT_S = (30, 600)
STOP_S = 5.0
"""How long a stop may take at most."""

type Put = Callable[[PhaseCurrents], Awaitable[None]]
"""Writes; a `Refused` says that nothing was taken, any other error that it may be."""


class OnStop(StrEnum):
    """What a station is left with when we stop."""

    KEEP = "keep"
    RELEASE = "release"
    """All its owner allows."""
    CURRENT = "current"


@dataclass(frozen=True, slots=True, kw_only=True)
class Keeping:
    """How a station is kept to what it was told; raises `OutOfRange`.

    How long a station obeys is not known, nor what a write costs its memory: so it is
    told again, but slowly. ``reassert_s`` None never does.
    """

    reassert_s: int | None = 60
    on_stop: OnStop = OnStop.KEEP
    stop_ma: int = 0
    """For `OnStop.CURRENT`."""

    def __post_init__(self) -> None:
        """Refuse an interval that is too short or too long."""
        lowest, highest = REASSERT_S
        if self.reassert_s is not None and not lowest <= self.reassert_s <= highest:
            raise OutOfRange(
                f"{self.reassert_s} s is neither off nor {lowest} to {highest} s"
            )


def local_day() -> int:
    """Return the number of the present day, where this program runs."""
    return datetime.now(UTC).astimezone().toordinal()


async def at_once() -> None:
    """Need nothing before a write."""


class Steering:
    """Writes one after the other; what has to wait is held and shown.

    It has no timer: whoever owns it calls `tend` with every poll, and at `held_until`.
    """

    def __init__(
        self,
        put: Put,
        setpoint: Setpoint,
        keeping: Keeping | None = None,
        *,
        prepare: Callable[[], Awaitable[None]] = at_once,
        clock: Callable[[], float] = time.monotonic,
        today: Callable[[], int] = local_day,
    ) -> None:
        """Write with ``put``, after ``prepare``, which writes nothing."""
        self.setpoint = setpoint
        self.keep(keeping or Keeping())
        self.memory = PhaseMemory()
        """To be kept over a restart, with its times on the clock of then."""
        self.held: PhaseCurrents | None = None
        """What is wanted and has to wait until `held_until`."""
        self._put = put
        self._prepare = prepare
        self._clock = clock
        self._today = today
        self._turn = asyncio.Lock()
        self._asserted: PhaseCurrents | None = None
        """What was taken last, by us in this run; None when not sure."""
        self._asserted_at = 0.0

    @property
    def told(self) -> PhaseCurrents | None:
        """What it was last told."""
        return self.memory.told

    @property
    def held_until(self) -> float | None:
        """When what is held may be written, in seconds of the clock."""
        if self.held is None:
            return None
        until_ms = self._waits_until(self.held)
        return self._clock() if until_ms is None else until_ms / 1000

    @property
    def changes_today(self) -> int:
        """How often the phases changed today."""
        return self.memory.changes_on(self._today())

    def keep(self, keeping: Keeping) -> None:
        """Follow other settings from now on.

        Raises `OutOfRange` for a current at the stop outside the setpoint.
        """
        self.setpoint.check(keeping.stop_ma)
        self.keeping = keeping

    def recall(self, memory: PhaseMemory) -> None:
        """Take over what was remembered before a restart, on the present clock."""
        self.memory = memory

    def assume(self, currents: PhaseCurrents) -> None:
        """Take over what it was last told, where no more is remembered.

        Its phases may have changed just now.
        """
        in_use = None if currents.paused else currents
        self.memory = PhaseMemory(
            told=currents, in_use=in_use, changed_at_ms=self._now_ms
        )

    async def set(self, wanted: PhaseCurrents, *, urgent: bool = False) -> None:
        """Write currents, or hold them; the newest wish replaces one that is held.

        ``urgent`` protects a fuse: what it lowers never waits. Raises `OutOfRange`
        before anything is written.
        """
        for value in wanted:
            self.setpoint.check(value)
        async with self._turn:
            step = admit(self.memory, wanted, self._now_ms, urgent=urgent)
            self.held = step.later
            if step.now is not None:
                await self._write(step.now)

    async def tend(self) -> None:
        """Write what was held and may be written now, or the last once more."""
        async with self._turn:
            if self.held is not None and self._waits_until(self.held) is None:
                await self._write(self.held)
                self.held = None
            elif self._asserted is not None and self._is_old:
                await self._write(self._asserted)

    async def stop(self, limit_s: float = STOP_S) -> bool:
        """Leave the station as its owner wants; True when that was written.

        At most for ``limit_s``, and without an error: nobody can do better then. A
        station that was never told anything is left alone. Inside the ten minutes the
        current goes to the phases in use.
        """
        self.held = None
        last = self._last()
        if last is None:
            return False
        with suppress(DeviceError, TimeoutError):
            async with asyncio.timeout(limit_s), self._turn:
                await self._write(last)
                return True
        return False

    async def look(self, ask: Callable[[], Awaitable[PhaseCurrents | None]]) -> None:
        """Take note of what the station says itself; another may have written it."""
        async with self._turn:
            said = await ask()
            if said is None or said == self.told:
                return
            self.memory = wrote(*self._write_of(said))
            # Two that write in turn wear the relays: the other has the last word.
            self._asserted = None

    async def _write(self, currents: PhaseCurrents) -> None:
        await self._prepare()
        try:
            await self._put(currents)
        except Refused:
            raise
        except DeviceError, asyncio.CancelledError:
            self.memory = may_have_written(*self._write_of(currents))
            self._asserted = None
            raise
        self.memory = wrote(*self._write_of(currents))
        self._asserted = currents
        self._asserted_at = self._clock()

    def _write_of(
        self, currents: PhaseCurrents
    ) -> tuple[PhaseMemory, PhaseCurrents, int, int]:
        return self.memory, currents, self._now_ms, self._today()

    def _last(self) -> PhaseCurrents | None:
        """Return what to leave behind, if anything."""
        keeping, told = self.keeping, self.told
        if keeping.on_stop is OnStop.KEEP or told is None:
            return None
        released = keeping.on_stop is OnStop.RELEASE
        value_ma = self.setpoint.maximum_ma if released else keeping.stop_ma
        last = PhaseCurrents.alike(value_ma)
        if self._waits_until(last) is not None:
            last = last.on_phases_of(self.memory.in_use or last)
        return last if self._waits_until(last) is None else None

    def _waits_until(self, wanted: PhaseCurrents) -> int | None:
        return waits_until(self.memory, wanted, self._now_ms)

    @property
    def _is_old(self) -> bool:
        """Whether it is time to tell the last currents once more."""
        every_s = self.keeping.reassert_s
        return every_s is not None and self._clock() >= self._asserted_at + every_s

    @property
    def _now_ms(self) -> int:
        return round(self._clock() * 1000)
