"""A connector's charging current: what is wanted, what is sent, what was accepted."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import NamedTuple, Protocol

from ...model import DeviceError, Refused, Setpoint, Unreachable
from .phases import ONE, PhaseChoice
from .profile import LASTS_S

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


class Told(NamedTuple):
    """A limit, and on how many phases where that is said."""

    value_ma: int
    phases: int | None = None

    def or_more(self, other: Told) -> Told:
        """Return the most that either lets flow: without a number on all phases."""
        same = self.phases == other.phases
        phases = self.phases if same else None
        return Told(max(self.value_ma, other.value_ma), phases)


class Limit:
    """Sends one limit at a time, not too often; the newest wanted one wins."""

    def __init__(  # noqa: PLR0913  # what it asks and tells, each by a name
        self,
        setpoint: Setpoint,
        send: Callable[[Told], Awaitable[bool]],
        *,
        turn: asyncio.Lock,
        monotonic: Callable[[], float],
        call_later: CallLater,
        accepted: Callable[[], None],
        renews: Callable[[], bool],
        fitting: Callable[[int], int],
        falls_back_to: Callable[[], int | None],
        lies_above: Callable[[], int | None],
        choice: PhaseChoice,
    ) -> None:
        """Send with ``send`` while it has the ``turn`` among a wallbox's connectors.

        That returns whether what the wallbox took ends by itself, so that it has to be
        sent again and again; ``renews`` says whether the next one is to, and
        ``accepted`` is called when one was taken;
        ``fitting`` rounds down to a current that the wallbox knows; ``falls_back_to``
        says what acts when what it took has ended, ``lies_above`` what may already act
        instead; ``choice`` knows whether it can be told on how many phases.
        """
        self.setpoint = setpoint
        self.accepted_ma: int | None = None
        self.phases: int | None = None
        """On how many phases that is, where it was said."""
        self.is_assumed = False
        """Whether that is the fallback, because nothing was set."""
        self._send = send
        self._turn = turn
        self._monotonic = monotonic
        self._call_later = call_later
        self._accepted = accepted
        self._renews = renews
        self._fitting = fitting
        self._falls_back_to = falls_back_to
        self._lies_above = lies_above
        self._choice = choice
        self._ends = False
        """Whether the accepted one ends by itself."""
        self._renewal: Timer | None = None
        self._renewing = False
        self._taken_at = 0.0
        self._obeyed_ma: int | None = None
        """As ``accepted_ma``, but None after one without an answer, that may act."""
        self._owed: Told | None = None
        """What was wanted last and never accepted."""
        self._pending: Told | None = None
        self._urgent = False
        self._waiters: list[asyncio.Future[None]] = []
        self._sent_at: float | None = None
        self._changed = asyncio.Event()
        self._task: asyncio.Task[None] | None = None

    async def set(
        self, value_ma: int, *, protection: bool = False, phases: int | None = None
    ) -> None:
        """Return when the value finally sent, the newest wanted, was accepted.

        Without ``phases`` it is for as many as the one before.
        """
        self.setpoint.check(value_ma)
        told = self._told(value_ma, phases)
        # A still lower one replaces a waiting protection: it protects as well.
        waiting_ma = self._pending.value_ma if self._pending else 0
        lower = self._urgent and told.value_ma <= waiting_ma
        self._urgent = protection or lower
        self._owed = told
        await self._ask(told)

    async def restore(self, *, booted: bool) -> None:
        """Send again what a wallbox never accepted, or may have lost in a reboot.

        It is owed until it was accepted.
        """
        if booted:
            self._owed = self._pending or self._newest or self._owed
            self._lost()
        if self._pending is None and (told := self._sendable(self._owed)) is not None:
            await self._ask(told)

    async def again(self) -> None:
        """Send what holds once more, at once, because its form is another one.

        It is owed until it was accepted.
        """
        told = self._pending or self._sendable(self._newest)
        if told is not None:
            self._owed = self._owed or told
            self._renewing = True
            self._sent_at = None
            await self._ask(told)

    def assume(self, value_ma: int | None) -> None:
        """Take what the wallbox does by itself for its limit; None for nothing."""
        self.accepted_ma = value_ma
        self._obeyed_ma = self.phases = None
        self.is_assumed = value_ma is not None
        self._ends = False
        self._accepted()

    def lose(self) -> None:
        """Owe what holds: the wallbox may have it no more."""
        self._owed = self._pending or self._newest or self._owed
        self._lost()
        self._accepted()

    def _lost(self) -> None:
        """Note that nobody knows what acts."""
        self.accepted_ma = self._obeyed_ma = self.phases = self._sent_at = None
        self.is_assumed = False

    def forget(self) -> None:
        """Note that the wallbox has no limit of ours any more."""
        self.accepted_ma = self._obeyed_ma = self.phases = self._owed = None
        self.is_assumed = self._ends = False
        self._renew_after(None)

    def owe(self, value_ma: int, phases: int | None = None) -> None:
        """Keep a limit for the next connection."""
        self.setpoint.check(value_ma)
        self._owed = self._told(value_ma, phases)

    def stop(self) -> None:
        """Send nothing any more; what was wanted stays owed.

        With a fallback the limit runs out, now or later, and is owed as well.
        """
        self._run_out()
        if self._renewing:
            self._obeyed_ma = None  # it was to be sent again, and was not
        self._renew_after(None)
        self._pending = None
        self._urgent = self._renewing = False
        if self._task:
            self._task.cancel()
            self._task = None
        _finish(self._take_waiters(), _gone())

    def _run_out(self) -> None:
        """Note that the fallback, where there is one, acts instead, or soon will."""
        fallback_ma = self._falls_back_to()
        if fallback_ma is not None and self.accepted_ma is not None:
            if self._ends and self._owed is None:
                self._owed = self._held
            self._obeyed_ma = self.phases = None
            if fallback_ma > self.accepted_ma:
                self.accepted_ma = fallback_ma
                self._accepted()

    @property
    def is_certain(self) -> bool:
        """Whether what was accepted last is what acts, as far as we were told."""
        return self._obeyed_ma is not None

    @property
    def waits(self) -> bool:
        """Whether another limit is to be sent, or was without an answer."""
        return self._pending is not None or self._owed is not None

    @property
    def _held(self) -> Told | None:
        """What was accepted last."""
        held_ma = self.accepted_ma
        return None if held_ma is None else Told(held_ma, self.phases)

    @property
    def _newest(self) -> Told | None:
        """What the wallbox should obey; not what it refused."""
        if self._obeyed_ma is None and self._owed is not None:
            return self._owed
        return None if self.is_assumed else self._held

    def _told(self, value_ma: int, phases: int | None) -> Told:
        """Return what is to be sent: on the phases of before where none are said."""
        before = self._pending or self._newest
        if phases is None and before is not None and self._choice.is_there:
            phases = before.phases
        return Told(self._fitting(value_ma), phases)

    def _sendable(self, told: Told | None) -> Told | None:
        """Return what can be sent of it; what can't is wanted no more."""
        if told is None or told.phases is None or self._choice.is_there:
            return told
        if (plain := self._without_number(told)) is not None:
            return plain
        self._owed = None
        return self._sendable(None if self.is_assumed else self._held)

    def _without_number(self, told: Told) -> Told | None:
        """Return a limit for all phases; None if that were more than there is."""
        held = self._held
        if held is None or told == held or told.value_ma < held.value_ma:
            return Told(told.value_ma)
        return None

    def _renew_after(self, delay_s: float | None) -> None:
        """Send the accepted limit again after a while, or never."""
        if self._renewal is not None:
            self._renewal.cancel()
        self._renewal = None
        if delay_s is not None:
            self._renewal = self._call_later(delay_s, self._renew)

    def _renew(self) -> None:
        self._renewing = True
        told = self._sendable(self._newest)
        if self._pending is None and told is not None:
            self._want(told)

    def _want(self, told: Told) -> None:
        self._pending = told
        self._changed.set()
        if self._task is None or self._task.done():
            self._task = asyncio.create_task(self._work())

    async def _ask(self, told: Told) -> None:
        self._want(told)
        waiter = asyncio.get_running_loop().create_future()
        self._waiters.append(waiter)
        await waiter

    async def _work(self) -> None:
        while self._pending is not None:
            wait_s = self._wait_s(self._pending)
            if wait_s > 0:
                await self._sleep(wait_s)
                continue
            async with self._turn:
                # Another value may be wanted by now.
                if self._wait_s(self._pending) <= 0:
                    await self._send_pending(self._pending)

    async def _send_pending(self, told: Told) -> None:
        """Send the pending value, or nothing where it makes no difference."""
        waiters = self._take_waiters()
        self._pending = None
        urgent, self._urgent = self._urgent, False
        outcome: DeviceError | None = _gone()
        try:
            if self._makes_difference(told, urgent=urgent):
                await self._send_or_without(told)
            if self._pending is None:
                self._owed = None
            outcome = None
        except DeviceError as err:
            outcome = err
            if self._ends:
                self._renew_after(MIN_INTERVAL_S)
                if self._monotonic() - self._taken_at >= LASTS_S:
                    self._run_out()
        finally:
            _finish(waiters, outcome)

    async def _send_or_without(self, told: Told) -> None:
        """Send a limit; without its number of phases to who may not know that.

        The limit may be for a fuse. But on all phases only less than there is, and
        nothing of before another wish.
        """
        try:
            await self._send_now(told)
        except Refused:
            if told.phases is None or not self._choice.refused():
                raise
            plain = self._without_number(told)
            if plain is None or self._pending is not None:
                raise
            await self._send_now(plain)

    async def _send_now(self, told: Told) -> None:
        value_ma = told.value_ma
        self._sent_at = sent_at = self._monotonic()
        renewing, self._renewing = self._renewing, False
        may_end = self._renews()
        before_ma, self._obeyed_ma = self._obeyed_ma, None
        held = self._held
        either = None if held is None else held.or_more(told)
        if either is not None:
            self.accepted_ma, self.phases = either
        try:
            self._ends = await self._send(told)
        except Refused:
            self._obeyed_ma = before_ma
            if held is not None and self._held == either:
                self.accepted_ma, self.phases = held
            self._cover()
            raise
        except DeviceError:
            self._cover()
            if may_end and not self._ends:
                # It may have taken the place of one that was for good.
                self._ends, self._taken_at = True, sent_at
            self._accepted()  # or not: whoever counts on it has to know
            raise
        same = renewing and told == held
        self.phases = told.phases
        self._obeyed_ma = self.accepted_ma = value_ma
        self.is_assumed = False
        self._taken_at = self._monotonic()
        if told.phases is not None:
            self._choice.taken()
        self._renew_after(RENEW_S if self._ends else None)
        if not same:
            self._accepted()

    def _cover(self) -> None:
        """Note that a fallback may act, which came above what was accepted."""
        lies = self._falls_back_to if self.is_assumed else self._lies_above
        above_ma, held = lies(), self._held
        if held is None or above_ma is None:
            return
        self._obeyed_ma = None
        if (covered := held.or_more(Told(above_ma))) != held:
            self.accepted_ma, self.phases = covered
            self._accepted()

    def _makes_difference(self, told: Told, *, urgent: bool) -> bool:
        value_ma, now_ma = told.value_ma, self._obeyed_ma
        if now_ma is None or self._renewing or told.phases != self.phases:
            return True
        if value_ma == 0 or (urgent and value_ma < now_ma):
            return value_ma != now_ma
        return abs(value_ma - now_ma) >= self.setpoint.least_change_ma

    def _wait_s(self, told: Told) -> float:
        """Return how long a limit has to wait for its turn."""
        if not self._makes_difference(told, urgent=self._urgent):
            return 0
        if self._sent_at is None or told.value_ma == 0:
            return 0
        if self._urgent and self._is_less(told):
            return 0
        return MIN_INTERVAL_S - (self._monotonic() - self._sent_at)

    def _is_less(self, told: Told) -> bool:
        """Say whether the wallbox may take less by it, or the same on fewer phases."""
        if self._obeyed_ma is None or told.value_ma < self._obeyed_ma:
            return True
        fewer = told.phases == ONE and self.phases != ONE
        return fewer and told.value_ma == self._obeyed_ma

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
