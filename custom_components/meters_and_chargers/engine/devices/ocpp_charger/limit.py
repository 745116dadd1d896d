"""A connector's charging current: what is wanted, what is sent, what was accepted."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Protocol

from ...model import DeviceError, Refused, Setpoint, Unreachable

MIN_INTERVAL_S = 15.0
"""Many wallboxes write each profile to their flash memory."""
RENEW_S = 60.0
"""When a limit that ends by itself is sent again: in the middle of its life."""


class Timer(Protocol):
    """Something that can be called off, such as an `asyncio.TimerHandle`."""

    def cancel(self) -> None:
        """Don't call."""


type CallLater = Callable[[float, Callable[[], None]], Timer]


def call_later_on_loop(delay_s: float, callback: Callable[[], None]) -> Timer:
    """Call back on the running event loop."""
    return asyncio.get_running_loop().call_later(delay_s, callback)


class Limit:
    """Sends one limit at a time, not too often; the newest wanted one wins."""

    def __init__(
        self,
        setpoint: Setpoint,
        send: Callable[[int], Awaitable[None]],
        *,
        turn: asyncio.Lock,
        monotonic: Callable[[], float],
        call_later: CallLater,
        accepted: Callable[[], None],
        renews: Callable[[], bool],
        fitting: Callable[[int], int],
    ) -> None:
        """Send with ``send`` while it has the ``turn`` among a wallbox's connectors.

        ``accepted`` is called when the wallbox took a limit, ``renews`` says whether
        what it took ends by itself, so that it has to be sent again and again;
        ``fitting`` rounds down to a current that the wallbox knows.
        """
        self.setpoint = setpoint
        self.accepted_ma: int | None = None
        self.is_assumed = False
        """Whether that is the fallback, because nothing was set."""
        self._send = send
        self._turn = turn
        self._monotonic = monotonic
        self._call_later = call_later
        self._accepted = accepted
        self._renews = renews
        self._fitting = fitting
        self._ends = False
        """Whether the accepted one ends by itself."""
        self._renewal: Timer | None = None
        self._renewing = False
        self._obeyed_ma: int | None = None
        """The same, but None after a limit without an answer: it may act or not."""
        self._owed_ma: int | None = None
        """What was wanted last and never accepted."""
        self._pending_ma: int | None = None
        self._urgent = False
        self._waiters: list[asyncio.Future[None]] = []
        self._sent_at: float | None = None
        self._changed = asyncio.Event()
        self._task: asyncio.Task[None] | None = None

    async def set(
        self, value_ma: int, *, protection: bool = False, anew: bool = False
    ) -> None:
        """Return when the value finally sent, the newest wanted, was accepted.

        ``anew`` sends it whatever was sent before, because it means something else.
        """
        self.setpoint.check(value_ma)
        value_ma = self._fitting(value_ma)
        # A still lower one replaces a waiting protection: it protects as well.
        lower = self._urgent and value_ma <= (self._pending_ma or 0)
        self._urgent = protection or lower
        self._owed_ma = value_ma
        if anew:
            self._renewing = True
            self._sent_at = None if protection else self._sent_at
        await self._ask(value_ma)

    async def restore(self, *, booted: bool) -> None:
        """Send again what a wallbox never accepted, or may have lost in a reboot."""
        value_ma = self._owed_ma
        if booted:
            if value_ma is None and not self.is_assumed:
                value_ma = self.accepted_ma
            self.accepted_ma = self._obeyed_ma = None
            self._sent_at = None
        if value_ma is not None and self._pending_ma is None:
            await self._ask(value_ma)

    async def again(self) -> None:
        """Send what holds once more, at once, because its form is another one."""
        value_ma = self._pending_ma
        if value_ma is None:
            value_ma = self._newest_ma
        if value_ma is not None:
            self._renewing = True
            self._sent_at = None
            await self._ask(value_ma)

    def assume(self, value_ma: int | None) -> None:
        """Take what the wallbox does by itself for its limit; None for nothing."""
        self.accepted_ma = value_ma
        self._obeyed_ma = None
        self.is_assumed = value_ma is not None
        self._ends = False
        self._accepted()

    def forget(self) -> None:
        """Note that the wallbox has no limit of ours any more."""
        self.accepted_ma = self._obeyed_ma = self._owed_ma = None
        self.is_assumed = self._ends = False
        self._renew_after(None)

    def owe(self, value_ma: int) -> None:
        """Keep a limit for the next connection."""
        self.setpoint.check(value_ma)
        self._owed_ma = self._fitting(value_ma)

    def stop(self, fallback_ma: int | None = None) -> None:
        """Send nothing any more; what was wanted stays owed.

        With a fallback the limit runs out, now or later, and is owed as well.
        """
        if fallback_ma is not None and self.accepted_ma is not None:
            if self._ends and self._owed_ma is None:
                self._owed_ma = self.accepted_ma
            self.accepted_ma = max(self.accepted_ma, fallback_ma)
            self._obeyed_ma = None
        self._renew_after(None)
        self._pending_ma = None
        self._urgent = self._renewing = False
        if self._task:
            self._task.cancel()
            self._task = None
        _finish(self._take_waiters(), _gone())

    @property
    def waits(self) -> bool:
        """Whether another limit is to be sent, or was without an answer."""
        return self._pending_ma is not None or self._owed_ma is not None

    @property
    def _newest_ma(self) -> int | None:
        """What the wallbox should obey; not what it refused."""
        if self._obeyed_ma is None and self._owed_ma is not None:
            return self._owed_ma
        return None if self.is_assumed else self.accepted_ma

    def _renew_after(self, delay_s: float | None) -> None:
        """Send the accepted limit again after a while, or never."""
        if self._renewal is not None:
            self._renewal.cancel()
        self._renewal = None
        if delay_s is not None:
            self._renewal = self._call_later(delay_s, self._renew)

    def _renew(self) -> None:
        self._renewing = True
        if self._pending_ma is None and (value_ma := self._newest_ma) is not None:
            self._want(value_ma)

    def _want(self, value_ma: int) -> None:
        self._pending_ma = value_ma
        self._changed.set()
        if self._task is None or self._task.done():
            self._task = asyncio.create_task(self._work())

    async def _ask(self, value_ma: int) -> None:
        self._want(value_ma)
        waiter = asyncio.get_running_loop().create_future()
        self._waiters.append(waiter)
        await waiter

    async def _work(self) -> None:
        while self._pending_ma is not None:
            wait_s = self._wait_s(self._pending_ma)
            if wait_s > 0:
                await self._sleep(wait_s)
                continue
            async with self._turn:
                # Another value may be wanted by now.
                if self._wait_s(self._pending_ma) <= 0:
                    await self._send_pending(self._pending_ma)

    async def _send_pending(self, value_ma: int) -> None:
        """Send the pending value, or nothing where it makes no difference."""
        waiters = self._take_waiters()
        self._pending_ma = None
        urgent, self._urgent = self._urgent, False
        outcome: DeviceError | None = _gone()
        try:
            if self._makes_difference(value_ma, urgent=urgent):
                await self._send_now(value_ma)
            if self._pending_ma is None:
                self._owed_ma = None
            outcome = None
        except DeviceError as err:
            outcome = err
            if self._ends:
                self._renew_after(MIN_INTERVAL_S)
        finally:
            _finish(waiters, outcome)

    async def _send_now(self, value_ma: int) -> None:
        self._sent_at = self._monotonic()
        renewing, self._renewing = self._renewing, False
        before_ma, self._obeyed_ma = self._obeyed_ma, None
        try:
            await self._send(value_ma)
        except Refused:
            self._obeyed_ma = before_ma
            raise
        same = renewing and value_ma == self.accepted_ma
        self._obeyed_ma = self.accepted_ma = value_ma
        self.is_assumed = False
        self._ends = self._renews()
        self._renew_after(RENEW_S if self._ends else None)
        if not same:
            self._accepted()

    def _makes_difference(self, value_ma: int, *, urgent: bool) -> bool:
        now_ma = self._obeyed_ma
        if now_ma is None or self._renewing:
            return True
        if value_ma == 0 or (urgent and value_ma < now_ma):
            return value_ma != now_ma
        return abs(value_ma - now_ma) >= self.setpoint.least_change_ma

    def _wait_s(self, value_ma: int) -> float:
        """Return how long a value has to wait for its turn."""
        if not self._makes_difference(value_ma, urgent=self._urgent):
            return 0
        if self._sent_at is None or value_ma == 0:
            return 0
        if self._urgent and (self._obeyed_ma is None or value_ma < self._obeyed_ma):
            return 0
        return MIN_INTERVAL_S - (self._monotonic() - self._sent_at)

    async def _sleep(self, seconds: float) -> None:
        """Sleep until the time is over or another value is wanted."""
        self._changed.clear()
        timer = self._call_later(seconds, self._changed.set)
        try:
            await self._changed.wait()
        finally:
            timer.cancel()

    def _take_waiters(self) -> list[asyncio.Future[None]]:
        waiters, self._waiters = self._waiters, []
        return waiters


def _gone() -> Unreachable:
    return Unreachable("the wallbox is not connected")


def _finish(waiters: list[asyncio.Future[None]], outcome: DeviceError | None) -> None:
    for waiter in waiters:
        if waiter.done():
            continue
        if outcome is None:
            waiter.set_result(None)
        else:
            waiter.set_exception(outcome)
