"""What becomes of a charger's car and of the user's wishes, from look to look."""

from collections.abc import Iterable
from dataclasses import replace

from .charger import (
    DRAWING_MA,
    READ_TOLERANCE_MA,
    REPEAT_MS,
    START_WINDOW_MS,
    has_reached,
)
from .memory import Asked, ChargerMemory, HandMemory, PhasesInUse, SessionMemory
from .settings import ChargerSettings
from .state import ChargerState, Mode, State
from .switch import heed_use

FINISHED_MS = 120_000
KEPT_TOLD = 16


def heed(
    settings: ChargerSettings,
    seen: ChargerState | None,
    memory: ChargerMemory | None,
    state: State,
    now_ms: int,
    *,
    observing: bool = False,
) -> ChargerMemory:
    """Take in what is new at a charger within reach: car, wishes, a limit set by hand.

    While only `observing`, nothing that it was told before counts.
    """
    memory = memory or ChargerMemory(settings.key)
    if memory.day != state.day:
        switch = replace(memory.switch, changes_today=0)
        memory = replace(memory, day=state.day, starts_today=0, switch=switch)
    if observing:
        memory = replace(
            memory, commanded_ma=None, commanded_at_ms=None, step=None, previous_ma=0
        )
    if seen is None or not seen.online:
        return _rest_unwatched(memory)
    memory = _heed_car(memory, seen, state.wall_ms, now_ms)
    memory = _heed_user(settings, seen, memory, now_ms)
    memory = _heed_hand(settings, seen, memory, now_ms)
    session = _heed_rest(settings, seen, memory, now_ms)
    use = heed_use(settings, seen, memory, now_ms)
    if use != session.use:
        session = replace(session, use=use)
    return memory if session == memory.session else replace(memory, session=session)


def boosts(seen: ChargerState, now_ms: int) -> bool:
    """Whether the user lets it charge fast for a while."""
    return seen.boost_until_ms is not None and now_ms < seen.boost_until_ms


def _heed_car(
    memory: ChargerMemory, seen: ChargerState, wall_ms: int, now_ms: int
) -> ChargerMemory:
    """Begin anew with another car: just plugged in, or its energy counts anew."""
    old = memory.session
    energy = old.energy_wh if seen.session_wh is None else seen.session_wh
    plugged_in = old.plugged is False and seen.plugged is True
    less = old.energy_wh is not None and energy is not None and energy < old.energy_wh
    if not (plugged_in or less or seen.plugged is False):
        plugged = old.plugged if seen.plugged is None else seen.plugged
        if (plugged, energy) == (old.plugged, old.energy_wh):
            return memory
        session = replace(old, plugged=plugged, energy_wh=energy)
        return replace(memory, session=session)
    over = old.plan_over
    if seen.plan is not None and seen.plan.ready_at_ms <= wall_ms:
        over = seen.plan
    came = now_ms if plugged_in else old.plugged_at_ms
    session = SessionMemory(
        plugged=seen.plugged,
        plugged_at_ms=None if seen.plugged is False else came,
        energy_wh=energy,
        plan_over=over,
    )
    memory = replace(memory, session=session)
    if not (plugged_in or less):
        return memory
    return replace(
        memory,
        by_hand=_without_hand(memory),
        waived=False,
        eager=False,
        surplus_since_ms=None,
    )


def _heed_user(
    settings: ChargerSettings, seen: ChargerState, memory: ChargerMemory, now_ms: int
) -> ChargerMemory:
    """Notice that the user wants something else."""
    boosting = boosts(seen, now_ms)
    asks = Asked(
        seen.mode,
        settings.minimum_ma,
        settings.maximum_ma,
        settings.target_wh,
        seen.boost_until_ms if boosting else None,
    )
    asked = memory.asked or asks
    begins = boosting and asks.boost_until_ms != asked.boost_until_ms
    other_mode = asks.mode is not asked.mode
    bounds = (asks.minimum_ma, asks.maximum_ma)
    again = other_mode or begins or bounds != (asked.minimum_ma, asked.maximum_ma)
    waives = memory.waived or boosting or other_mode
    waives = waives and has_reached(settings, seen)
    if asks == memory.asked and waives == memory.waived:
        return memory
    session = memory.session
    if again or asks.target_wh != asked.target_wh:
        session = replace(session, finished=False, idle_since_ms=None)
    return replace(
        memory,
        asked=asks,
        eager=memory.eager or again,
        waived=waives,
        session=session,
        by_hand=_without_hand(memory) if again else memory.by_hand,
    )


def _rest_unwatched(memory: ChargerMemory) -> ChargerMemory:
    """Nothing counts as lasting that nobody saw."""
    session = replace(memory.session, idle_since_ms=None, use=PhasesInUse())
    return memory if session == memory.session else replace(memory, session=session)


def _heed_rest(
    settings: ChargerSettings, seen: ChargerState, memory: ChargerMemory, now_ms: int
) -> SessionMemory:
    """Notice a car that has drawn and takes nothing any more of what it is offered."""
    session = memory.session
    if seen.measured_ma is None:
        return replace(session, idle_since_ms=None, finished=False)
    if max(seen.measured_ma) >= DRAWING_MA:
        if session.drew and session.idle_since_ms is None:
            return session
        return replace(session, drew=True, idle_since_ms=None, finished=False)
    offered = memory.commanded_ma
    if offered is None:
        offered = max(seen.limit_ma or (0,))
    started = memory.started_at_ms
    starting = started is not None and now_ms - started <= START_WINDOW_MS
    if (
        starting
        or memory.switch.settling
        or not session.drew
        or offered < max(1, settings.minimum_ma)
    ):
        return replace(session, idle_since_ms=None)
    since = now_ms if session.idle_since_ms is None else session.idle_since_ms
    finished = session.finished or now_ms - since >= FINISHED_MS
    return replace(session, idle_since_ms=since, finished=finished)


def _without_hand(memory: ChargerMemory) -> HandMemory:
    """Forget what was set by hand, but not that the charger says what it obeys."""
    return HandMemory(matched=memory.by_hand.matched)


def _heed_hand(
    settings: ChargerSettings, seen: ChargerState, memory: ChargerMemory, now_ms: int
) -> ChargerMemory:
    """Notice a limit that we did not command; give in once it was set against ours.

    What it reports counts as foreign if it is none of what it was told since it last
    agreed with us: a lost write, or a slow answer, is nobody's will.
    """
    told, at = memory.commanded_ma, memory.commanded_at_ms
    if told is None or at is None or seen.limit_ma is None:
        return memory
    if seen.ceiling_ma is not None and told > seen.ceiling_ma:
        return memory  # that is lowered by nobody's hand, and ours in a moment
    read, hand = max(seen.limit_ma), memory.by_hand
    tolerance = max(settings.step_ma, READ_TOLERANCE_MA)
    if hand.told_at_ms is None:
        hand = replace(hand, told_ma=(memory.previous_ma,))
    if at != hand.told_at_ms:
        hand = replace(
            hand,
            told_ma=_with(hand.told_ma, told),
            told_at_ms=at,
            matched=False,
            fought=hand.fought or hand.foreign,
        )
    if abs(read - told) < tolerance:
        if hand.foreign or not hand.matched or hand.told_ma != (told,):
            hand = replace(hand, told_ma=(told,), matched=True, foreign=False)
        return memory if hand is memory.by_hand else replace(memory, by_hand=hand)
    may_judge = hand.matched or now_ms - at >= REPEAT_MS
    foreign = may_judge and not _is_near(read, hand.told_ma, tolerance)
    memory = replace(memory, by_hand=replace(hand, foreign=foreign))
    if foreign and hand.fought and seen.mode is not Mode.OFF and seen.blocked is None:
        return _give_in(settings, memory, read, told)
    return memory


def _with(told_ma: tuple[int, ...], limit_ma: int) -> tuple[int, ...]:
    """Add a limit; the first is what it last agreed to, and is always kept."""
    later = [one for one in told_ma[1:] if one != limit_ma]
    return (*told_ma[:1], *later[1 - KEPT_TOLD :], limit_ma)


def _is_near(read_ma: int, told_ma: Iterable[int], tolerance_ma: int) -> bool:
    return any(abs(read_ma - one) < tolerance_ma for one in told_ma)


def _give_in(
    settings: ChargerSettings, memory: ChargerMemory, read_ma: int, told_ma: int
) -> ChargerMemory:
    """Leave the limit that was set by hand, as if it had been commanded."""
    limit = read_ma // settings.step_ma * settings.step_ma
    hand = replace(
        memory.by_hand,
        told_ma=(limit,),
        matched=True,
        foreign=False,
        limit_ma=limit,
        kept=limit > told_ma,
    )
    started = memory.started_at_ms if limit > 0 else None
    return replace(
        memory,
        by_hand=hand,
        commanded_ma=limit,
        previous_ma=limit,
        started_at_ms=started,
        step=None,
    )
