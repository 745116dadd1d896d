"""Follows a charger without OCPP: its status, its meter, its transactions.

One step after the other: no two of them can begin or end a transaction.
"""

import asyncio
from collections.abc import Callable
from contextlib import suppress
from dataclasses import asdict, dataclass, field
import json
import logging
import time

from ..gateway.charger import Started
from ..gateway.configuration import CLOCK, SAMPLES
from ..gateway.virtual import VirtualPoint
from ..journal import Journal, JournalError
from .appliance import (
    Appliance,
    Register,
    Seen,
    Session,
    start_text,
    status_text,
    stop_text,
    values_text,
)
from .entrance import Entrance
from .session_book import SessionBook

_LOGGER = logging.getLogger(__name__)

TICK_S = 1.0
QUIET_S = 600
"""How long a car draws nothing that it may have, before it is taken to be gone."""
ASK_AGAIN_S = 60
RUN_OUT_S = 15
"""How long a charger may take to obey, before its transaction ends."""
_DAY_S = 86_400
_FACT = "stand_in"


@dataclass(frozen=True, slots=True)
class Choices:
    """How its owner lets it charge."""

    fixed_tag: str = field(default="", repr=False)
    """The card of each car that nobody has shown one for; empty for none."""
    free: bool = False
    """Whether it may charge without any card, which the backend is then not told."""


@dataclass(frozen=True, slots=True)
class _Ending:
    """Why a transaction is to be ended, and by which card."""

    reason: str
    tag: str = field(repr=False)
    since_s: float


class Following:
    """Makes statuses, values and transactions of what a charger shows."""

    def __init__(
        self,
        gateway: str,
        journal: Journal,
        appliance: Appliance,
        *,
        logged_as: str = "",
        now: Callable[[], float] = time.time,
        tick_s: float = TICK_S,
    ) -> None:
        """Stand in for a charger under the name of a gateway; see `load`, `join`.

        In the log of sessions it may have another name.
        """
        self.choices = Choices()
        self.journal = journal
        """Where its sessions are."""
        self._book = SessionBook(journal, logged_as or gateway)
        self._gateway = gateway
        self._appliance = appliance
        self._now = now
        self._entrance = Entrance(now)
        self._tick_s = tick_s
        self._point: VirtualPoint | None = None
        self._seen = Seen(reachable=False)
        self._register = Register()
        self._last_number = 0
        self._session: Session | None = None
        self._told = True
        """Whether the gateway knows of the session."""
        self._ending: _Ending | None = None
        self._finishing = False
        """Whether the car of the last session may still be there."""
        self._ask_after_s = 0.0
        self._flowed_s = 0.0
        self._sampled_s = 0.0
        self._slot: tuple[int, int, int] | None = None
        """How long an interval is, the day, and the interval that was seen last."""
        self._statuses: dict[int, tuple[str, str]] = {}
        """The status of each connector, and the message that says it."""
        self._bound: int | None = None
        self._unkept = False
        self._wake = asyncio.Event()
        self._task: asyncio.Task[None] | None = None

    # Its life

    async def load(self) -> None:
        """Take over what was so before; raises `JournalError`."""
        facts = await self.journal.facts(self._gateway)
        kept = json.loads(facts.get(_FACT) or "{}")
        self._last_number = kept.get("number", 0)
        self._register = Register(**kept.get("register", {}))
        self._entrance.operative = kept.get("operative", True)
        self._finishing = kept.get("finishing", False)
        if kept.get("session") is not None:
            self._session = Session(**kept["session"])

    def join(self, point: VirtualPoint) -> None:
        """Begin to follow the charger for a point that was loaded."""
        self._point = point
        if self._session is not None:
            self._told = point.sessions.knows(self._session.number)
        self._flowed_s = self._now()
        self._look()
        self._say_statuses()
        self._task = asyncio.create_task(self._run())

    def leave(self) -> None:
        """Follow it no more, and bound it no more; what runs is kept."""
        if self._task is not None:
            self._task.cancel()
        self._point = None
        self._tell_bound(None)

    async def forget(self) -> None:
        """Forget all but the log, after `leave`; raises `JournalError`."""
        await self.journal.keep_fact(self._gateway, _FACT, "")
        await self._book.close()

    def update(self) -> None:
        """Take note that the charger shows something else."""
        self._wake.set()

    @property
    def session(self) -> Session | None:
        """The transaction that runs."""
        return self._session

    # What follows, one step after the other

    async def _run(self) -> None:
        while True:
            try:
                await self._step()
            except JournalError as err:
                # What is billed comes again with the next step.
                _LOGGER.debug("%s: not kept: %s", self._gateway, err)
            with suppress(TimeoutError):
                async with asyncio.timeout(self._tick_s):
                    await self._wake.wait()
            self._wake.clear()

    async def _step(self) -> None:
        """See how the charger stands, and go by it; raises `JournalError`."""
        self._look()
        if self._session is not None:
            await self._follow(self._session)
        else:
            await self._await_car()
        if self._point is not None and self._say_statuses():
            self._point.stands()
        self._obey()
        if self._unkept:
            await self._keep()

    def _look(self) -> None:
        """Take what the charger shows."""
        self._seen = seen = self._appliance.seen()
        self._register.take(seen.energy_wh)
        now_s = self._now()
        limit = None if self._point is None else self._point.limit(1)
        if seen.charges or (limit is not None and not limit.current_ma):
            self._flowed_s = now_s  # a car can't draw what it may not have
        if seen.reachable and seen.plugged is False:
            self._finishing = False

    @property
    def _car_is_there(self) -> bool:
        """Whether there is a car; where nobody says so, whether one charges."""
        seen = self._seen
        return seen.charges if seen.plugged is None else seen.plugged

    async def _follow(self, session: Session) -> None:
        """Go on with a transaction, or end it."""
        if not self._told:
            await self._tell_start(session)
        seen, now_s = self._seen, self._now()
        if seen.energy_wh is not None:
            await self._book.note(session, self._register.total_wh, now_s)
        if self._ending is None and seen.reachable:
            if seen.plugged is False:
                self._end("EVDisconnected")
            elif seen.plugged is None and now_s - self._flowed_s > QUIET_S:
                self._end("Other")
        if self._ending is not None:
            # What flows until the charger obeys is billed as well.
            waited_s = now_s - self._ending.since_s
            if not seen.charges or seen.plugged is False or waited_s > RUN_OUT_S:
                await self._stop(session, self._ending)
        elif self._is_due(now_s):
            self._sampled_s = now_s
            await self._sample("Sample.Periodic")
            await self._keep()
        if self._ends_interval(now_s):
            await self._sample("Sample.Clock")

    def _is_due(self, now_s: float) -> bool:
        """Say whether the backend wants a sample; 0 is never."""
        if self._point is None or self._seen.energy_wh is None:
            return False
        interval_s = self._point.configuration.seconds(SAMPLES)
        return bool(interval_s) and now_s - self._sampled_s >= interval_s

    def _ends_interval(self, now_s: float) -> bool:
        """Say whether one of the day's even intervals has ended, as far as they count.

        OCPP 1.6, 9.1 (ClockAlignedDataInterval): the first begins at midnight; 0 is
        never.
        """
        if self._point is None or self._seen.energy_wh is None:
            return False
        interval_s = self._point.configuration.seconds(CLOCK)
        day, second = divmod(int(now_s), _DAY_S)
        before = self._slot
        self._slot = now = (interval_s, day, second // (interval_s or _DAY_S))
        same = before is not None and before[0] == interval_s
        return bool(interval_s) and same and before != now

    async def _await_car(self) -> None:
        """Begin a transaction where there is a car and a card for it."""
        self._ending = None
        may = (
            self._entrance.operative
            and self._register.is_known
            and self._seen.reachable
        )
        if not may or not self._car_is_there or self._finishing:
            return
        tag = self._entrance.waits
        if not tag and await self._takes_fixed():
            tag = self.choices.fixed_tag
        if tag:
            await self._begin(tag)

    async def _takes_fixed(self) -> bool:
        """Ask whether the fixed card may charge, not too often."""
        tag, point = self.choices.fixed_tag, self._point
        if not tag or point is None or not self._entrance.is_free_for(tag):
            return False
        if self._now() < self._ask_after_s:
            return False
        self._ask_after_s = self._now() + ASK_AGAIN_S
        return await point.authorise(tag) == "Accepted"

    async def _begin(self, tag: str) -> None:
        now_s = self._now()
        reserved = self._entrance.enter()
        words = start_text(tag, self._register.total_wh, now_s, reserved)
        self._last_number += 1
        self._session = Session(
            number=self._last_number, tag=tag, text=words, at_s=int(now_s)
        )
        self._told, self._ask_after_s = False, 0.0
        self._flowed_s = self._sampled_s = now_s
        self._slot = None
        await self._keep()
        await self._tell_start(self._session)

    async def _tell_start(self, session: Session) -> None:
        if self._point is None:
            return
        await self._book.begin(session)
        await self._point.begun(
            Started(
                session=session.number,
                connector=1,
                text=session.text,
                at_s=session.at_s,
                tag=session.tag,
            )
        )
        self._told = True

    async def _stop(self, session: Session, ending: _Ending) -> None:
        if self._point is None:
            return
        total_wh, now_s = self._register.total_wh, self._now()
        words = stop_text(session, total_wh, now_s, ending.reason, ending.tag)
        await self._book.end(session, total_wh, now_s, ending.reason)
        await self._point.ended(session.number, words)
        self._session = self._ending = None
        # A car that nobody sees is gone only where it has fallen silent by itself.
        unseen = self._seen.plugged is None and ending.reason != "Other"
        self._finishing = unseen or bool(self._seen.plugged)
        await self._keep()

    async def _sample(self, context: str) -> None:
        if self._point is None:
            return
        number = None if self._session is None else self._session.number
        total_wh = self._register.total_wh
        words = values_text(number, self._seen, total_wh, self._now(), context)
        await self._point.measured(1, number, words)

    # How it stands

    def _say_statuses(self) -> bool:
        """Make messages of statuses that are others; say if there are any."""
        found = {0: self._whole(), 1: self._status()}
        changed = False
        for number, status in found.items():
            if number not in self._statuses or self._statuses[number][0] != status:
                said = status_text(number, status, self._now())
                self._statuses[number] = status, said
                changed = True
        return changed

    def _whole(self) -> str:
        if self._seen.faulted:
            return "Faulted"
        return (
            "Available"
            if self._seen.reachable and self._entrance.operative
            else "Unavailable"
        )

    def _status(self) -> str:
        """Return the status of its connector."""
        whole = self._whole()
        if whole == "Faulted" or not self._seen.reachable:
            return whole
        if self._session is not None:
            if self._seen.charges:
                return "Charging"
            limit = None if self._point is None else self._point.limit(1)
            paused = limit is not None and not limit.current_ma
            return "SuspendedEVSE" if paused else "SuspendedEV"
        return whole if whole != "Available" else self._idle()

    def _idle(self) -> str:
        """Return its status where it may be used, and nobody charges."""
        if self._seen.plugged and self._finishing:
            return "Finishing"
        if self._seen.plugged or self._entrance.waits:
            return "Preparing"
        return "Available" if self._entrance.reserved is None else "Reserved"

    def _obey(self) -> None:
        """Bound the charger by what the backend leaves, and by who may charge."""
        if self._point is None:
            return
        self._tell_bound(self._point.ceiling_ma(1) if self._may_flow() else 0)

    def _tell_bound(self, most_ma: int | None) -> None:
        if most_ma != self._bound:
            self._bound = most_ma
            self._appliance.bound(most_ma)

    def _may_flow(self) -> bool:
        """Say whether a car may draw anything; unseen ones show themselves so."""
        if self._session is not None:
            return self._ending is None
        if not self._entrance.operative:
            return False
        if self.choices.free:
            return True
        unseen = self._seen.plugged is None and not self._finishing
        return unseen and bool(self._entrance.waits or self.choices.fixed_tag)

    def _wait(self, tag: str) -> None:
        self._finishing = False  # it may be another one with the car that is there
        self._entrance.wait(tag)
        self._wake.set()

    def _end(self, reason: str, tag: str = "") -> None:
        if self._session is not None and self._ending is None:
            self._ending = _Ending(reason, tag, self._now())
            self._wake.set()

    async def _keep(self) -> None:
        """Keep what outlives a restart; raises `JournalError`."""
        self._unkept = True
        kept = {
            "number": self._last_number,
            "session": None if self._session is None else asdict(self._session),
            "register": asdict(self._register),
            "operative": self._entrance.operative,
            "finishing": self._finishing,
        }
        await self.journal.keep_fact(self._gateway, _FACT, json.dumps(kept))
        self._unkept = False
