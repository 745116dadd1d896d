"""The one entrance: what every charger should be told now, and why."""

from collections.abc import Sequence
from dataclasses import replace

from .charger import Charger, look
from .decision import Command, Decision, Explanation, Reason
from .draw import add, sample_draw
from .failsafe import fall_back
from .follow import judge_step, record
from .freshness import Freshness, judge, observe
from .fuse import cool, watch
from .memory import GridMemory, Memory
from .ramp import Aim, emit
from .settings import Settings
from .state import GridSample, State
from .steer import Site, steer


def decide(settings: Settings, memory: Memory, state: State, now_ms: int) -> Decision:
    """Look at the site once; call it at every sample and at least every second.

    `now_ms` is monotonic, on the clock of `state`'s times; `memory` is what the
    last call returned, `Memory()` at first.
    """
    grid, is_new = observe(settings, memory.grid, state.grid, now_ms)
    freshness = judge(settings, grid, now_ms)
    chargers = _look(settings, memory, state, now_ms)
    phases = cool(memory.phases, now_ms)
    sample = grid.sample if is_new else None
    if sample is not None:
        grid, chargers = _sample(settings, grid, sample, chargers, now_ms)
        phases = watch(settings, phases, sample, chargers)
    if freshness in (Freshness.STALE, Freshness.LOST):
        one, two, three = (replace(phase, tight_since_ms=None) for phase in phases)
        phases = (one, two, three)
        aims = fall_back(settings, chargers, freshness)
    else:
        site = Site(settings, grid, phases, freshness, now_ms)
        phases, aims = steer(site, chargers)
    return _answer(chargers, aims, Memory(grid, phases), now_ms, freshness)


def _look(
    settings: Settings, memory: Memory, state: State, now_ms: int
) -> tuple[Charger, ...]:
    """Put settings, state and memory of each charger together."""
    states = {one.key: one for one in state.chargers}
    memories = {one.key: one for one in memory.chargers}
    return tuple(
        look(one, states.get(one.key), memories.get(one.key), now_ms)
        for one in settings.chargers
    )


def _sample(
    settings: Settings,
    grid: GridMemory,
    sample: GridSample,
    chargers: Sequence[Charger],
    now_ms: int,
) -> tuple[GridMemory, tuple[Charger, ...]]:
    """Set a new sample against what the chargers drew at its time."""
    drawn = [sample_draw(charger, sample, now_ms) for charger in chargers]
    measured = add(one.memory.drawn.best_ma for one in drawn if one.measured)
    grid = record(settings, grid, sample, measured)
    judged = (judge_step(settings, charger, grid) for charger in drawn)
    return grid, tuple(sample_draw(charger, sample, now_ms) for charger in judged)


def _answer(
    chargers: Sequence[Charger],
    aims: dict[str, Aim],
    memory: Memory,
    now_ms: int,
    freshness: Freshness,
) -> Decision:
    """Turn the aims into commands, reasons and the next memory."""
    may_rise = freshness is Freshness.FRESH
    commands: list[Command] = []
    reasons: dict[str, Explanation] = {}
    memories = []
    for charger in chargers:
        wanted = aims.get(charger.key)
        if wanted is None:
            reasons[charger.key] = Explanation(Reason.CHARGER_OFFLINE)
            memories.append(charger.memory)
            continue
        command, told = emit(wanted, now_ms, may_rise=may_rise)
        if command is not None:
            commands.append(command)
        reasons[charger.key] = Explanation(wanted.reason, wanted.until_ms)
        memories.append(told.memory)
    return Decision(tuple(commands), reasons, replace(memory, chargers=tuple(memories)))
