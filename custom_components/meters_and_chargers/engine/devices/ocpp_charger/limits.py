"""The limits of one wallbox: how they are put, whether they act."""

import asyncio
from collections.abc import Awaitable, Callable, Coroutine
from dataclasses import replace
from datetime import datetime
from functools import partial

from ...model import Refused, Setpoint
from .change import Change
from .connector import Connector
from .known import Known
from .ladder import Ladder, Learnt
from .limit import MIN_INTERVAL_S, CallLater, Limit, Timer, Told
from .phases import PhaseChoice
from .profile import MAXIMUM, TRANSACTION, Configuration
from .proof import Proof
from .quirks import Quirk, Quirks
from .sender import Here, Sender

_AFTER_ANSWER_S = 1.0


class Limits:
    """Brings together what decides about the form of a limit and what sends it."""

    def __init__(  # noqa: PLR0913  # what it is made of
        self,
        wallbox: Known,
        read: Callable[[], Awaitable[Configuration]],
        tell: Callable[[Change], None],
        spawn: Callable[[Coroutine[None, None, None]], None],
        *,
        setpoint: Setpoint,
        phases: int,
        quirks: Quirks | None,
        learnt: Learnt | None,
        now: Callable[[], datetime],
        monotonic: Callable[[], float],
        call_later: CallLater,
    ) -> None:
        """Know nothing of the wallbox yet; ``phases`` is how many it has."""
        self.turn = asyncio.Lock()
        self.ladder = Ladder(learnt or Learnt(), lambda: wallbox.identity)
        self.phase_choice = PhaseChoice(lambda: self.ladder.takes_phases)
        self._wallbox = wallbox
        self.shared = False
        """Whether somebody else puts profiles as well."""
        self.quirks = quirks or Quirks()
        self._tell = tell
        self._spawn = spawn
        self.setpoint = self.chosen = setpoint
        """The bounds, and those of them that its owner chose."""
        self._monotonic = monotonic
        self._call_later = call_later
        self._following: dict[int, tuple[float, Timer]] = {}
        """When the limit of a connector is put again; s."""
        self._followed: dict[int, float] = {}
        """When that was done last; s."""
        self._sent: dict[int, Here] = {}
        """What a limit had to name when one was sent last."""
        self.sender = Sender(
            wallbox,
            read,
            self.ladder,
            lambda number: self.proof.here(number),  # noqa: PLW0108  # it is not there yet
            now,
            lambda: tell(Change(charger=True)),
        )
        self.proof = Proof(
            wallbox, self.sender, self.ladder, spawn, monotonic, call_later, phases
        )

    @property
    def trouble(self) -> str:
        """What was tried when nothing acts, in the words of OCPP; else empty."""
        return self.ladder.trouble

    @property
    def in_doubt(self) -> bool:
        """Whether it is being found out what acts, or was that nothing does."""
        return self.ladder.in_doubt

    def new_connector(self, number: int) -> Connector:
        """Return one of the wallbox's connectors."""

        def accepted() -> None:
            self.proof.watch(self._wallbox.connector(number))
            self._tell(Change(connectors=frozenset({number})))

        limit = Limit(
            self.setpoint,
            partial(self._send, number),
            turn=self.turn,
            monotonic=self._monotonic,
            call_later=self._call_later,
            accepted=accepted,
            renews=partial(self.sender.renews, number),
            fitting=self._fitting,
            falls_back_to=partial(self.sender.falls_back_to, number),
            lies_above=partial(self.sender.lies_above, number),
            choice=self.phase_choice,
        )
        return Connector(number, limit)

    async def _send(self, number: int, told: Told) -> bool:
        self._sent[number] = self.proof.here(number)
        try:
            return await self.sender.send(number, told)
        except Refused:
            limit = self._wallbox.connector(number).limit
            if limit.is_assumed and not self.sender.may_lie_in(number):
                limit.assume(None)
            raise

    def _fitting(self, value_ma: int) -> int:
        return self.ladder.quirk.fitting(value_ma)

    def look_up(self) -> Quirk:
        """Take what is known of the wallbox that it says it is."""
        quirk = self.quirks.of(self._wallbox.identity)
        if self.shared and quirk.purpose is None:
            # What holds beside another's profiles of a transaction, or before them.
            alone = len(self._wallbox.connectors) == 1
            quirk = replace(quirk, purpose=MAXIMUM if alone else TRANSACTION)
        self.ladder.use(quirk)
        self.setpoint = quirk.bounds(self.chosen)
        for number in self._wallbox.connectors:
            self._wallbox.connector(number).limit.setpoint = self.setpoint
        return self.ladder.quirk

    def booted(self) -> None:
        """Try again what failed."""
        self.ladder.booted()
        self.sender.booted()
        self.phase_choice.booted()

    def connected(self) -> None:
        """Take nothing for granted: the wallbox may be another one."""
        self.sender.connected()
        self.proof.connected()

    def emptied(self) -> None:
        """Note that nothing lies in the wallbox: all may be tried anew."""
        self.ladder.begin()
        self.sender.doubt()

    def stop(self) -> None:
        """Wait for nothing any more."""
        self.proof.stop()
        for number in tuple(self._following):
            self._follow_no_more(number)

    def follow(
        self, connector: Connector, put_again: Callable[[], Coroutine[None, None, None]]
    ) -> None:
        """See whether the limit of a connector acts, and names what it has to."""
        number = connector.number
        self.proof.watch(connector)

        def put() -> None:
            del self._following[number]
            if not self.sender.follows(number):
                self._followed[number] = self._monotonic()
                self._spawn(put_again())

        if not self.sender.follows(number):
            at, now = self._follow_at(number), self._monotonic()
            if number not in self._following or at < self._following[number][0]:
                self._follow_no_more(number)
                self._following[number] = at, self._call_later(at - now, put)

    def _follow_at(self, number: int) -> float:
        """Return when a limit is put again: at once for what may be too much.

        That is one of a new transaction, or for more phases than the car uses.
        """
        # The wallbox gets our answer first: it may hold its transaction.
        soon = self._monotonic() + _AFTER_ANSWER_S
        here, sent = self.proof.here(number), self._sent.get(number)
        if sent is None or here.phases < sent.phases:
            return soon
        if here.transaction not in {None, sent.transaction}:
            return soon
        return max(soon, self._followed.get(number, -MIN_INTERVAL_S) + MIN_INTERVAL_S)

    def _follow_no_more(self, number: int) -> None:
        if number in self._following:
            self._following.pop(number)[1].cancel()
