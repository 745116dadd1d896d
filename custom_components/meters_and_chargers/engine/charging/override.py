"""What goes before a charger's mode: a boost, an empty car, a plan, a low price."""

from dataclasses import replace

from .charger import Charger
from .decision import Explanation
from .memory import SessionMemory
from .plan import choose
from .reason import Reason
from .session import boosts
from .settings import Settings
from .state import ChargerState, Mode, Plan, Price, State
from .surplus import power_w

LATE_MS = 300_000
"""A plan that is missed by less is not worth a word: starting alone takes a minute."""
SAME_PLAN_WH = 1_000
"""A plan for a charge level changes a little with each look at the car."""
_MINUTE_MS = 60_000
_SUNNY = (Mode.SOLAR, Mode.MIN_SOLAR)


def lead(settings: Settings, state: State, charger: Charger, now_ms: int) -> Charger:
    """Let a charger charge fast where something goes before its mode."""
    seen = charger.seen
    if seen is None or not charger.online:
        return _forget(charger)
    session, planned = _planned(settings, state, charger, seen, now_ms)
    if session is not charger.memory.session:
        charger = replace(charger, memory=replace(charger.memory, session=session))
    priced = _priced(state, charger, now_ms)
    boosted, empty = boosts(seen, now_ms), _empty(charger, seen)
    if (boosted or empty or planned or priced) and charger.stopped is None:
        boost = None
        if boosted:
            boost = Explanation(Reason.BOOST, seen.boost_until_ms)
        found = (boost, empty, planned, priced)
        first = next((one for one in found if one and not _waits(one)), None)
        later = next((one for one in found if one and _waits(one)), None)
        most = seen.boost_ma if boost else None
        mode = charger.mode if first is None else Mode.FAST
        charger = replace(
            charger, mode=mode, override=first, waits_for=later, most_ma=most
        )
    return _forget(charger)


def _waits(told: Explanation) -> bool:
    return told.reason in (Reason.PLAN_LATER, Reason.PRICE_HIGH)


def _empty(charger: Charger, seen: ChargerState) -> Explanation | None:
    """Whether its car has less than its owner always wants in it."""
    least, level = charger.settings.minimum_percent, seen.charge_percent
    if level is None or level >= least or charger.mode not in _SUNNY:
        return None
    return Explanation(Reason.MIN_SOC, figures={"soc": least})


def _priced(state: State, charger: Charger, now_ms: int) -> Explanation | None:
    """Whether power is cheap now, or when it will be; None without a limit or price."""
    most, wall = charger.settings.max_price, state.wall_ms
    if most is None or charger.mode not in _SUNNY:
        return None
    present = _slot(state)
    if present is None:
        return None
    figures = {"price": present.price, "max_price": most}
    if present.price <= most:
        return Explanation(Reason.PRICE, now_ms + present.end_ms - wall, figures)
    for one in state.prices:
        if one.start_ms > wall and one.price <= most:
            figures["start"] = one.start_ms
            until = now_ms + one.start_ms - wall
            return Explanation(Reason.PRICE_HIGH, until, figures)
    return Explanation(Reason.PRICE_HIGH, None, figures)


def _slot(state: State) -> Price | None:
    """The present price."""
    for one in state.prices:
        if one.start_ms <= state.wall_ms < one.end_ms:
            return one
    return None


def _planned(
    settings: Settings,
    state: State,
    charger: Charger,
    seen: ChargerState,
    now_ms: int,
) -> tuple[SessionMemory, Explanation | None]:
    """Whether the plan charges now, or when it will; None without one to carry out.

    Where nobody counts the energy, it ends at its time.
    """
    session, plan, wall = charger.memory.session, seen.plan, state.wall_ms
    if plan is None or charger.mode not in _SUNNY:
        return _forget_plan(session), None
    if session.plan_ready_ms != plan.ready_at_ms:
        session = _forget_plan(session)
    missing = plan.energy_wh - (seen.session_wh or 0)
    if missing <= 0 or (seen.session_wh is None and wall >= plan.ready_at_ms):
        session = replace(session, plan_over=plan)
    if _is_over(plan, session.plan_over):
        return _forget_plan(session), None
    power = _full_power_w(settings, charger, session, now_ms)
    slots, late = choose(plan, missing, power, state.prices, wall)
    if not slots:
        return session, None
    start = slots[0].start_ms
    if start <= wall:
        # Once begun, a slot goes on to its end, however the outlook changes.
        session = replace(
            session,
            plan_until_ms=slots[0].end_ms,
            plan_ready_ms=plan.ready_at_ms,
        )
    if session.plan_until_ms is not None and wall < session.plan_until_ms:
        return session, _under_way(plan, slots[-1].end_ms, late, now_ms - wall)
    until = now_ms + start - wall
    figures = {"start": start, "ready": plan.ready_at_ms}
    return _forget_plan(session), Explanation(Reason.PLAN_LATER, until, figures)


def _under_way(plan: Plan, ready_ms: int, late_ms: int, ahead_ms: int) -> Explanation:
    """A plan that charges; `ahead_ms` is from the wall clock to that of `now_ms`."""
    # To the minute, so that it holds still.
    until = -(-ready_ms // _MINUTE_MS) * _MINUTE_MS + ahead_ms
    if late_ms >= LATE_MS:
        return Explanation(Reason.PLAN_LATE, until, {"late": late_ms})
    return Explanation(Reason.PLAN, until, {"ready": plan.ready_at_ms})


def _is_over(plan: Plan, over: Plan | None) -> bool:
    return (
        over is not None
        and plan.ready_at_ms == over.ready_at_ms
        and plan.energy_wh < over.energy_wh + SAME_PLAN_WH
    )


def _forget_plan(session: SessionMemory) -> SessionMemory:
    if session.plan_until_ms is None and session.plan_ready_ms is None:
        return session
    return replace(session, plan_until_ms=None, plan_ready_ms=None)


def _full_power_w(
    settings: Settings, charger: Charger, session: SessionMemory, now_ms: int
) -> int:
    """What it could draw: all it may, or what it does draw while the plan charges.

    So with a car that takes clearly less than it is offered.
    """
    full = power_w(settings, charger, charger.highest_ma)
    drawn = charger.memory.drawn.best_ma
    if not (charger.measured and charger.draws) or charger.starting(now_ms):
        return full
    at_full = session.plan_until_ms is not None
    if at_full or max(drawn) + 2 * charger.worth_ma <= charger.limit_ma:
        return sum(drawn) * settings.voltage_mv // 1_000_000
    return full


def _forget(charger: Charger) -> Charger:
    """Stop the timers that only run in another mode: none may go on unwatched."""
    memory = charger.memory
    timers = (
        memory.headroom_since_ms,
        memory.change_since_ms,
        memory.surplus_since_ms,
        memory.short_since_ms,
    )
    headroom, change, surplus, short = timers
    if charger.mode is not Mode.FAST:
        headroom = None
    if charger.mode not in _SUNNY:
        change = None
    if (
        charger.mode is not Mode.SOLAR
        or charger.stopped is not None
        or memory.held is not None
        or memory.session.finished
    ):
        surplus = short = None
    if (headroom, change, surplus, short) == timers:
        return charger
    memory = replace(
        memory,
        headroom_since_ms=headroom,
        change_since_ms=change,
        surplus_since_ms=surplus,
        short_since_ms=short,
    )
    return replace(charger, memory=memory)
