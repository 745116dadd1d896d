"""The main fuse: headroom per phase, overloads, pauses and the way back."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from .charger import Charger
from .decision import Reason
from .draw import add, base_load
from .memory import NOTHING, PhaseMemory
from .settings import Settings
from .state import GridSample, PhaseCurrents

OVERLOAD_MS = 3_000
COOL_DOWN_MS = 300_000
SLIGHT_PERCENT, SLIGHT_MS = 113, 10_000
STRONG_PERCENT, STRONG_MS = 145, 3_000
RESUME_MA = 2_000
RESUME_MS = 60_000

type Phases = tuple[PhaseMemory, PhaseMemory, PhaseMemory]


@dataclass(frozen=True, slots=True)
class Headroom:
    """Per phase in mA: the base load, and what the chargers together may have."""

    base_ma: PhaseCurrents
    keep_ma: PhaseCurrents
    """Limits beyond this must come down."""
    rise_ma: PhaseCurrents
    """Limits may rise up to this; less than `keep_ma` while a write settles."""


def headroom(
    settings: Settings,
    phases: Phases,
    sample: GridSample | None,
    chargers: Sequence[Charger],
) -> Headroom:
    """What is left of the fuse beside the base load.

    Export leaves no more than the fuse less its margin: the sun can go within a
    second, and then nothing would hold the current until the next sample.
    """
    tops = _tops(settings, phases)
    if sample is None:
        return Headroom(NOTHING, tops, tops)
    high = add(charger.memory.drawn.high_ma for charger in chargers)
    low = add(charger.memory.drawn.low_ma for charger in chargers)
    base = base_load(settings, sample, high)
    return Headroom(
        base, _room(tops, base), _room(tops, base_load(settings, sample, low))
    )


def watch(
    settings: Settings, phases: Phases, sample: GridSample, chargers: Sequence[Charger]
) -> Phases:
    """Notice at a new sample an overload long enough for a cool-down."""
    high = add(charger.memory.drawn.high_ma for charger in chargers)
    base = base_load(settings, sample, high)
    one, two, three = (
        _watch_phase(settings, phase, base_ma + drawn_ma - fuse, sample.at_ms)
        for phase, base_ma, drawn_ma, fuse in zip(
            phases, base, high, settings.fuse_ma, strict=True
        )
    )
    return (one, two, three)


def cool(phases: Phases, now_ms: int) -> Phases:
    """End the cool-downs that are over."""
    one, two, three = (
        replace(phase, cool_until_ms=None, cool_ma=0)
        if phase.cool_until_ms is not None and now_ms >= phase.cool_until_ms
        else phase
        for phase in phases
    )
    return (one, two, three)


def pauses(
    settings: Settings,
    phases: Phases,
    base: PhaseCurrents,
    chargers: Sequence[Charger],
    now_ms: int,
) -> tuple[Phases, frozenset[str]]:
    """Who must stop because even the minimum of all is too much for the fuse.

    Judged by what is drawn, not by what is offered: stopping a charger without a
    car would help nobody.
    """
    paused: set[str] = set()
    after: list[PhaseMemory] = []
    lowest_first = sorted(chargers, key=lambda one: one.key, reverse=True)
    lowest_first.sort(key=lambda one: one.settings.priority)
    for index, phase in enumerate(phases):
        fuse = settings.fuse_ma[index]
        drawn = {one.key: _at_minimum(one, index) for one in lowest_first}
        current = base[index] + sum(drawn.values())
        if current <= fuse:
            # While a write settles this may be too kind: the timer just waits.
            clear = all(one.settled(now_ms) for one in chargers)
            after.append(replace(phase, tight_since_ms=None) if clear else phase)
            continue
        since = now_ms if phase.tight_since_ms is None else phase.tight_since_ms
        after.append(replace(phase, tight_since_ms=since))
        if now_ms - since >= _patience_ms(current, fuse):
            paused |= _enough(drawn, paused, current - fuse)
    return (after[0], after[1], after[2]), frozenset(paused)


def hold(charger: Charger, room: PhaseCurrents, now_ms: int) -> Charger:
    """Let a charger go that the fuse held back, once there has been room for long.

    `room` is what remains beside the minimum of every charging charger.
    """
    memory = charger.memory
    if memory.held is None:
        return charger
    if charger.least(room) < charger.lowest_ma + RESUME_MA:
        return replace(charger, memory=replace(memory, resume_since_ms=None))
    since = now_ms if memory.resume_since_ms is None else memory.resume_since_ms
    memory = replace(memory, resume_since_ms=since)
    if now_ms - since >= RESUME_MS:
        memory = replace(memory, held=None, resume_since_ms=None)
    return replace(charger, memory=memory)


def keep_back(charger: Charger, why: Reason) -> Charger:
    """Note that the fuse keeps this charger from charging."""
    memory = replace(charger.memory, held=why, resume_since_ms=None)
    return replace(charger, memory=memory)


def cooling_until(charger: Charger, phases: Phases) -> int | None:
    """When the last cool-down on the charger's phases ends; None without one."""
    ends = [
        phase.cool_until_ms
        for phase, loaded in zip(phases, charger.settings.phases, strict=True)
        if loaded and phase.cool_until_ms is not None
    ]
    return max(ends, default=None)


def _tops(settings: Settings, phases: Phases) -> PhaseCurrents:
    """The fuse less its margin and less a cool-down, never below 0."""
    one, two, three = (
        max(0, fuse - phase.cool_ma - settings.margin_ma)
        for fuse, phase in zip(settings.fuse_ma, phases, strict=True)
    )
    return (one, two, three)


def _room(tops: PhaseCurrents, base: PhaseCurrents) -> PhaseCurrents:
    """What the base load leaves of each phase."""
    one, two, three = (
        max(0, top - max(0, used)) for top, used in zip(tops, base, strict=True)
    )
    return (one, two, three)


def _watch_phase(
    settings: Settings, phase: PhaseMemory, over_ma: int, at_ms: int
) -> PhaseMemory:
    """Follow one phase's overload, in mA above the fuse.

    On average it has begun half a period before the first sample that shows it.
    """
    if over_ma <= 0:
        return replace(phase, over_since_ms=None, worst_ma=0)
    since = at_ms if phase.over_since_ms is None else phase.over_since_ms
    worst = max(phase.worst_ma, over_ma)
    phase = replace(phase, over_since_ms=since, worst_ma=worst)
    if at_ms - since + settings.grid_period_ms // 2 < OVERLOAD_MS:
        return phase
    return replace(
        phase, cool_until_ms=at_ms + COOL_DOWN_MS, cool_ma=max(phase.cool_ma, worst)
    )


def _at_minimum(charger: Charger, index: int) -> int:
    """What the charger would still draw on a phase if lowered to its minimum."""
    offered = min(charger.limit_ma, charger.lowest_ma)
    return min(offered, charger.memory.drawn.high_ma[index])


def _patience_ms(current_ma: int, fuse_ma: int) -> int:
    """How long an overload may last that only a pause can end."""
    if current_ma * 100 <= fuse_ma * SLIGHT_PERCENT:
        return SLIGHT_MS
    if current_ma * 100 <= fuse_ma * STRONG_PERCENT:
        return STRONG_MS
    return 0


def _enough(drawn: dict[str, int], paused: set[str], excess_ma: int) -> set[str]:
    """The fewest chargers, in the given order, whose pause ends the overload."""
    chosen = {key for key in paused if drawn[key] > 0}
    excess_ma -= sum(drawn[key] for key in chosen)
    for key, current in drawn.items():
        if excess_ma <= 0:
            break
        if current > 0 and key not in chosen:
            chosen.add(key)
            excess_ma -= current
    return chosen
