"""Puts limits into a wallbox, in a form that it takes, and a fallback below them."""

from collections.abc import Awaitable, Callable, Iterable
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import datetime
import logging

from ...model import DeviceError, Refused, Silent, Unsupported
from ...protocols.ocpp.types import Payload
from .ladder import Ladder, guarded_forms, obstacle
from .limit import Limit, Told
from .profile import (
    ABSOLUTE,
    AMPERE,
    PURPOSE,
    RELATIVE,
    TRANSACTION,
    WATT,
    Configuration,
    Form,
    charging_profile,
    fallback_number,
)
from .requests import Requests

_LOGGER = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Here:
    """What of a connector a limit may have to name."""

    transaction: int | None
    phases: int
    wrong_clock: bool = False
    """Whether a time would mean another one to the wallbox."""


class Sender:
    """What is sent to one wallbox about its charging currents.

    With a fallback a limit ends by itself, and has to be sent again before; below it
    lies the fallback, for good. A wallbox that refuses that is told its limits in
    the ordinary way, until it boots.
    """

    def __init__(  # what is asked, and what is told
        self,
        wallbox: Requests,
        read: Callable[[], Awaitable[Configuration]],
        ladder: Ladder,
        here: Callable[[int], Here],
        now: Callable[[], datetime],
        changed: Callable[[], None],
    ) -> None:
        """Begin without a fallback; ``changed`` hears of a refusal and its end."""
        self.fallback_ma: int | None = None
        self.refusal = ""
        """Why the wallbox can't fall back by itself; empty when it can."""
        self._wallbox = wallbox
        self._read = read
        self._ladder = ladder
        self._here = here
        self._now = now
        self._changed = changed
        self._guarded: Form | None = None
        """How this wallbox accepted a limit above a fallback."""
        self._used: dict[int, tuple[Form, Here]] = {}
        """The last limit of each connector: its form, and what it named."""
        self._said: dict[int, tuple[Payload, bool]] = {}
        """The last profile of each connector, and whether it had its other number."""
        self._final = ""
        """The wallbox's word that it has no charging profiles at all."""
        self._placed: dict[int, tuple[Form, int]] = {}
        """The fallback of each connector, as it was accepted on this connection."""
        self._lies: dict[int, int] = {}
        """The most that such a fallback may be, also one that has no answer yet; mA."""
        self._levels: dict[int, int] = {}
        """The highest stack level at which such a fallback may lie."""
        self._laid: set[int] = set()
        """Connectors in which a fallback of ours may lie."""
        self._kept: set[int] = set()
        self._gave_up = False

    @property
    def guards(self) -> bool:
        """Whether limits are put above a fallback."""
        return self.fallback_ma is not None and not self._gave_up

    @property
    def cleared(self) -> bool:
        """Whether the wallbox holds no fallback of ours."""
        return not self._laid

    def renews(self, number: int) -> bool:
        """Whether the next limit of a connector is to end by itself."""
        return self.guards and number not in self._kept

    def falls_back_to(self, number: int) -> int | None:
        """Return what a connector has without us, as far as that is known; mA."""
        return self._lies.get(number) or None

    def lies_above(self, number: int) -> int | None:
        """Return the fallback that may have come above the limit of a connector; mA."""
        form, level = self.form(number), self._levels.get(number, 0)
        if form is None or form.purpose != PURPOSE or form.stack_level <= level:
            return self.falls_back_to(number)
        return None

    def may_lie_in(self, number: int) -> bool:
        """Whether a fallback of ours may lie in a connector."""
        return number in self._laid

    def want(self, fallback_ma: int | None, laid: Iterable[int]) -> bool:
        """Take another fallback or none; returns whether that changes anything.

        ``laid`` are connectors that may hold one of an earlier run.
        """
        laid = frozenset(laid) - self._laid
        if fallback_ma == self.fallback_ma and not laid:
            return False
        self.fallback_ma = fallback_ma
        self._laid |= laid
        self._gave_up = False
        self.refusal = ""
        self._changed()
        return True

    def keep(self, number: int) -> None:
        """Let the next limits of a connector hold for good, on this connection."""
        self._kept.add(number)

    def connected(self) -> None:
        """Take nothing for granted: the wallbox may be another one."""
        self.doubt()
        self._kept.clear()
        self._final = ""

    def doubt(self) -> None:
        """Place the fallback again: it may be gone, or lie there all the same."""
        self._placed.clear()

    def booted(self) -> None:
        """Try again what was refused: its firmware may be another one."""
        self.doubt()
        self._gave_up = False
        self._final = ""
        self._guarded = None

    def follows(self, number: int) -> bool:
        """Say whether the limit of a connector names what it still has."""
        if number not in self._used:
            return True
        form, named = self._used[number]
        return self._named(number, form) == named

    def form(self, number: int) -> Form | None:
        """Return the form in which the limit of a connector was accepted last."""
        return self._used[number][0] if number in self._used else None

    @property
    def rare_purposes(self) -> Iterable[str]:
        """The purposes of our limits besides the usual one."""
        return {form.purpose for form, _ in self._used.values()} - {PURPOSE}

    def obeyed(self, number: int) -> None:
        """Note that the limit of a connector acts."""
        if (form := self.form(number)) is not None:
            self._ladder.acts(form)
            self._changed()

    async def ignored(self, number: int) -> bool:
        """Note that the limit of a connector is not obeyed; say whether to try on."""
        configuration = await self._read()
        if (form := self.form(number)) is None:
            return False
        self._guarded = None
        phases = self._here(number).phases
        left = self._ladder.ignores(form, configuration, phases)
        self._changed()
        return left

    async def send(self, number: int, told: Told) -> bool:
        """Send a limit; returns whether what was taken ends by itself."""
        if self._final:
            raise Unsupported(self._final)
        trouble = self._ladder.trouble
        try:
            await self._send(number, told)
        finally:
            if self._ladder.trouble != trouble:
                self._changed()
        form = self.form(number)
        return form is not None and form.lasts_s is not None

    async def _send(self, number: int, told: Told) -> None:
        refusal, words = None, self._words
        if self.guards:
            try:
                await self._put_guarded(number, told)
            except Refused as err:
                refusal = err
            else:
                return
        try:
            await self._put_plainly(number, told, alone=number not in self._laid)
        except Refused:
            known = self._guarded is not None or number not in self._laid
            if known or told.phases is not None:
                raise
            # There may be room for one alone.
            await self._clear(number)
            await self._put_alone(number, told)
        if refusal is not None and self._words != words:
            return  # what it needs otherwise was not known: tried above it next time
        if refusal is not None:
            # Only now: who refuses everything has not refused the fallback.
            self._give_up(refusal)
        if not await self._clear(number) and self.lies_above(number):
            raise Silent("a fallback may lie above the limit")

    async def _put_alone(self, number: int, told: Told) -> None:
        """Put a limit for which the fallback made room; back with that if it fails."""
        try:
            await self._put_plainly(number, told, alone=True)
        except DeviceError:
            with suppress(DeviceError):
                await self._put_guarded(number, None)
            raise

    async def settle(self, number: int, limit: Limit, left: Iterable[int]) -> None:
        """Place the fallback where no limit is known, or clear one that is left.

        ``left`` are the profiles in which limits of an earlier run may lie above it.
        """
        if self.guards and (limit.accepted_ma is None or limit.is_assumed):
            try:
                await self._put_guarded(number, None)
            except Refused as err:
                self._give_up(err)
            except DeviceError:
                if limit.is_assumed:
                    limit.assume(self._lies.get(number))
                raise
            else:
                if limit.is_assumed:
                    limit.assume(self.fallback_ma)
                for one in left:
                    await self._wallbox.clear_profile(one)
                limit.assume(self.fallback_ma)
        if not self.guards:
            await self._clear(number)
            if limit.is_assumed:
                limit.assume(None)

    @property
    def _words(self) -> tuple[str, bool | None]:
        like = self._ladder.like()
        return like.purpose, like.says_phases

    async def _put_plainly(self, number: int, told: Told, *, alone: bool) -> None:
        """Put a limit in the first form that is taken; not ``alone``, in the usual."""

        async def put(form: Form) -> None:
            await self._limit(number, told, form)

        ladder, here = self._ladder, self._here(number)
        running = here.transaction is not None
        configuration = await self._read()
        tried = ladder.candidates(
            configuration,
            here.phases,
            transaction=running,
            wrong_clock=here.wrong_clock,
        )
        if not alone and ladder.taken is None:
            tried = tuple(form for form in tried if ladder.is_usual(form))
        if told.phases is not None:
            tried = _in_amperes(tried)
        try:
            taken = await _first_taken(tried, put)
        except Unsupported as err:
            self._final = str(err)
            ladder.refused((), err)
            raise
        except Refused as err:
            if alone and told.phases is None:
                ladder.refused(tried, err)
            raise
        ladder.taken = taken
        ladder.took(taken, tried)

    async def _put_guarded(self, number: int, told: Told | None) -> None:
        """Put a limit above the fallback, or the fallback alone."""

        async def put(form: Form) -> None:
            # The fallback first: there is no moment without any.
            await self._place(number, form.fallback)
            if told is not None:
                kept = number in self._kept
                await self._limit(number, told, form.lasting if kept else form)

        ladder, configuration = self._ladder, await self._read()
        if reason := obstacle(configuration, ladder.quirk):
            raise Refused(reason)
        if self._here(number).wrong_clock:
            raise Refused("its clock is wrong")
        known = self._guarded
        candidates = guarded_forms(configuration, ladder.like())
        if known is not None:
            candidates = (known,)
        if told is not None and told.phases is not None:
            candidates = _in_amperes(candidates)
        taken = await _first_taken(filter(ladder.may_act, candidates), put)
        if told is not None:
            self._guarded = taken
            ladder.took(taken, (taken,))
        if self.refusal:
            self.refusal = ""
            self._changed()

    async def _place(self, number: int, form: Form) -> None:
        if self.fallback_ma is None:
            return  # it was taken back meanwhile
        wanted = form, self.fallback_ma
        if self._placed.get(number) != wanted:
            value_ma, level = self.fallback_ma, form.stack_level
            before = self._lies.get(number, 0), self._levels.get(number, 0)
            placed = self._placed.pop(number, None)
            self._laid.add(number)
            self._lie(number, max(value_ma, before[0]), max(level, before[1]))
            try:
                await self._set(number, Told(value_ma), form)
            except Refused:
                self._lie(number, *before)
                if placed is not None:
                    self._placed[number] = placed
                raise
            self._placed[number] = wanted
            self._lie(number, value_ma, level)

    def _lie(self, number: int, value_ma: int, level: int) -> None:
        """Note what of a fallback may lie in a connector."""
        self._lies[number], self._levels[number] = value_ma, level

    async def _limit(self, number: int, told: Told, form: Form) -> None:
        named = self._named(number, form)  # a message may come before the answer
        await self._set(number, told, form)
        self._used[number] = form, named

    def _named(self, number: int, form: Form) -> Here:
        """Return what a limit names, as it is now."""
        here = self._here(number)
        transaction = here.transaction if form.purpose == TRANSACTION else None
        return Here(
            transaction,
            here.phases if form.unit == WATT else 0,
            here.wrong_clock and form.kind == ABSOLUTE,
        )

    async def _set(self, number: int, told: Told, form: Form) -> None:
        here = self._here(number)
        phases = here.phases
        if here.transaction is None:
            form = form.outside
        if told.phases is not None:
            phases, form = told.phases, replace(form, says_phases=True)

        def profile(*, other: bool) -> Payload:
            now = self._now()
            parts = (number, told.value_ma, form, phases, now, here.transaction)
            return charging_profile(*parts, again=other)

        said, other = self._said.get(number, ({}, False))
        payload = profile(other=other)
        # OCPP 2 has another number refused on the same level, and the same replaced.
        may_differ = self._wallbox.dialect is None
        if form.kind == RELATIVE and not form.is_fallback and may_differ:
            if payload == said:
                payload, other = profile(other=not other), not other
            self._said[number] = payload, other
        await self._wallbox.set_charging_profile(payload)

    async def _clear(self, number: int) -> bool:
        """Remove a fallback that may lie there; what fails is tried again later."""
        if number not in self._laid:
            return True
        self._placed.pop(number, None)
        try:
            await self._wallbox.clear_profile(fallback_number(number))
        except DeviceError as err:
            _LOGGER.debug("a fallback is left in connector %s: %s", number, err)
            return False
        self._laid.discard(number)
        self._lies.pop(number, None)
        self._levels.pop(number, None)
        self._changed()
        return True

    def _give_up(self, refusal: Refused) -> None:
        self._gave_up = True
        self.refusal = str(refusal)
        self._changed()


def _in_amperes(forms: Iterable[Form]) -> tuple[Form, ...]:
    """Return those that are for each phase, however many these are."""
    if found := tuple(form for form in forms if form.unit == AMPERE):
        return found
    raise Refused("its limits are in watts, for all phases together")


async def _first_taken(
    candidates: Iterable[Form], put: Callable[[Form], Awaitable[None]]
) -> Form:
    """Return the first form that is accepted; raises what the first one met."""
    refusals: list[Refused] = []
    for form in candidates:
        try:
            await put(form)
        except Unsupported:
            raise
        except Refused as err:
            refusals.append(err)
        else:
            return form
    raise refusals[0] if refusals else Refused("no form of a limit acts")
