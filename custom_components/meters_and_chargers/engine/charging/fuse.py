"""Fuses: overloads, pauses and the way back."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

from .charger import Charger
from .circuits import Kind, Rooms, is_partial
from .headroom import Base, Bases, cap_ma, phases_besides
from .memory import PhaseMemory, Phases, WholeMemory
from .reason import Reason
from .settings import MAIN, Settings
from .share import by_priority
from .tree import Circuit, Tree

OVERLOAD_MS = 3_000
COOL_DOWN_MS = 300_000
SLIGHT_PERCENT, SLIGHT_MS = 113, 10_000
STRONG_PERCENT, STRONG_MS = 145, 3_000
SKEWED_MS = 10_000
RESUME_MA = 2_000
RESUME_MS = 60_000

HELD_BY: Mapping[Kind, Reason] = {
    Kind.FUSE: Reason.FUSE_FULL,
    Kind.CAP: Reason.POWER_CAP,
    Kind.BALANCE: Reason.UNBALANCE,
}
"""Why a charger may not start where there is no room for its minimum."""


def watch(circuit: Circuit, base: Base) -> Circuit:
    """Notice at a new sample an overload long enough for a cool-down."""
    if circuit.new is None:
        return circuit
    at_ms = circuit.new.at_ms
    one, two, three = (
        _watch_phase(circuit, phase, base_ma + drawn_ma - fuse, at_ms)
        for phase, base_ma, drawn_ma, fuse in zip(
            circuit.phases,
            base.least_ma,
            circuit.high_ma,
            circuit.settings.fuse_ma,
            strict=True,
        )
    )
    phases = (one, two, three)
    if phases == circuit.phases:
        return circuit
    whole, lasting = circuit.whole, [one for one in phases if one.lasting]
    begins = bool(lasting) and not any(one.lasting for one in circuit.phases)
    worst = max((one.worst_ma for one in lasting), default=0)
    whole = replace(
        whole,
        overloads=whole.overloads + begins,
        worst_ma=max(whole.worst_ma, worst),
    )
    return replace(circuit, phases=phases, whole=whole)


def cool(circuit: Circuit, now_ms: int) -> Circuit:
    """End the cool-downs that are over."""
    if all(phase.cool_until_ms is None for phase in circuit.phases):
        return circuit
    one, two, three = (
        replace(phase, cool_until_ms=None, cool_ma=0)
        if phase.cool_until_ms is not None and now_ms >= phase.cool_until_ms
        else phase
        for phase in circuit.phases
    )
    return replace(circuit, phases=(one, two, three))


def pauses(
    settings: Settings,
    tree: Tree,
    bases: Bases,
    chargers: Sequence[Charger],
    now_ms: int,
) -> tuple[Tree, Mapping[str, Reason]]:
    """Who must stop because even the minimum of all is too much, and for what.

    Judged by what is drawn, not by what is offered: stopping a charger without a
    car would help nobody. Where the meter is stale, the failsafe budget decides.
    """
    paused: dict[str, Reason] = {}
    lowest_first = by_priority(chargers)[::-1]
    for circuit in tree:
        inside = tree.below(circuit, lowest_first)
        look = _Look(inside, paused, now_ms)
        tree = tree.replaced(_relieve(settings, circuit, bases[circuit.key], look))
    return tree, paused


@dataclass(frozen=True, slots=True)
class _Look:
    """The chargers below a circuit, lowest priority first, and who pauses already."""

    chargers: Sequence[Charger]
    paused: dict[str, Reason]
    now_ms: int

    def tight(self, over: _Over, since_ms: int | None) -> int | None:
        """Pause who must, once it has lasted; since when it is too much."""
        if over.current_ma <= over.most_ma:
            # While a write settles this may be too kind: the timer just waits.
            clear = all(one.settled(self.now_ms) for one in self.chargers)
            return None if clear else since_ms
        since = self.now_ms if since_ms is None else since_ms
        if self.now_ms - since >= over.patience_ms:
            excess = over.current_ma - over.most_ma
            for key in _enough(over.drawn_ma, self.paused, excess):
                self.paused.setdefault(key, over.why)
        return since

    def at_minimum(self, index: int) -> dict[str, int]:
        """What each would still draw on a phase if lowered to its minimum."""
        return {one.key: _at_minimum(one, index, self.now_ms) for one in self.chargers}


@dataclass(frozen=True, slots=True)
class _Over:
    """A current with every charger at its minimum, and the most it may be; mA."""

    why: Reason
    drawn_ma: dict[str, int]
    """What of it each charger draws."""
    current_ma: int
    most_ma: int
    patience_ms: int


def _relieve(settings: Settings, circuit: Circuit, base: Base, look: _Look) -> Circuit:
    """Follow how long each phase, and the whole of a circuit, has been too much."""
    if circuit.blind:
        return _untimed(circuit)
    phases: list[PhaseMemory] = []
    for index, phase in enumerate(circuit.phases):
        drawn, fuse = look.at_minimum(index), circuit.settings.fuse_ma[index]
        current = base.least_ma[index] + sum(drawn.values())
        over = _Over(
            Reason.FUSE_PAUSE, drawn, current, fuse, _patience_ms(current, fuse)
        )
        since = look.tight(over, phase.tight_since_ms)
        same = since == phase.tight_since_ms
        phases.append(phase if same else replace(phase, tight_since_ms=since))
    whole = circuit.whole
    if circuit.settings.power_cap_w is not None:
        cap = cap_ma(settings, circuit.settings.power_cap_w)
        by_phase = [look.at_minimum(index) for index in range(3)]
        drawn = {key: sum(one[key] for one in by_phase) for key in by_phase[0]}
        current = base.least_total_ma + sum(drawn.values())
        over = _Over(Reason.POWER_CAP, drawn, current, cap, _patience_ms(current, cap))
        whole = replace(whole, tight_since_ms=look.tight(over, whole.tight_since_ms))
    if circuit.key == MAIN and settings.unbalance_ma is not None:
        since = _level(settings, base, look, whole)
        whole = replace(whole, skewed_since_ms=since)
    return replace(circuit, phases=(phases[0], phases[1], phases[2]), whole=whole)


def _level(
    settings: Settings, base: Base, look: _Look, whole: WholeMemory
) -> int | None:
    """Pause who makes the phases too unequal even at the minimum; since when they are.

    Being lowered to the minimum at once and pausing after ten seconds is the simplest
    that is safe: the limit is one of contracts and of the grid, nothing melts.
    """
    partial = [one for one in look.chargers if is_partial(one)]
    part = replace(look, chargers=partial)
    beside = phases_besides(settings, base.least_ma, look.chargers)
    drawn = [part.at_minimum(index) for index in range(3)]
    loads = [
        one + sum(by_key.values()) for one, by_key in zip(beside, drawn, strict=True)
    ]
    most = min(loads) + (settings.unbalance_ma or 0)
    overs = [
        _Over(Reason.UNBALANCE, by_key, load, most, SKEWED_MS)
        for by_key, load in zip(drawn, loads, strict=True)
        if load > most and any(by_key.values())
    ]
    if not overs:
        return part.tight(_Over(Reason.UNBALANCE, {}, 0, 0, 0), whole.skewed_since_ms)
    since = [part.tight(one, whole.skewed_since_ms) for one in overs]
    return since[0]


def _untimed(circuit: Circuit) -> Circuit:
    """Stop the timers of what nobody measures."""
    one, two, three = (replace(phase, tight_since_ms=None) for phase in circuit.phases)
    whole = replace(circuit.whole, tight_since_ms=None, skewed_since_ms=None)
    return replace(circuit, phases=(one, two, three), whole=whole)


def hold(charger: Charger, rest: Rooms, now_ms: int) -> Charger:
    """Let a charger go that was held back, once there has been room for long.

    `rest` is what remains beside the minimum of every charging charger.
    """
    memory = charger.memory
    if memory.held is None:
        return charger
    if rest.least(charger) < charger.lowest_ma + RESUME_MA:
        return replace(charger, memory=replace(memory, resume_since_ms=None))
    since = now_ms if memory.resume_since_ms is None else memory.resume_since_ms
    memory = replace(memory, resume_since_ms=since)
    if now_ms - since >= RESUME_MS:
        memory = replace(memory, held=None, resume_since_ms=None)
    return replace(charger, memory=memory)


def keep_back(charger: Charger, why: Reason) -> Charger:
    """Note what keeps this charger from charging."""
    memory = replace(charger.memory, held=why, resume_since_ms=None)
    return replace(charger, memory=memory)


def cooling_until(charger: Charger, phases: Phases) -> int | None:
    """When the last cool-down on the charger's phases ends; None without one."""
    ends = [
        phase.cool_until_ms
        for phase, loaded in zip(phases, charger.used, strict=True)
        if loaded and phase.cool_until_ms is not None
    ]
    return max(ends, default=None)


def _watch_phase(
    circuit: Circuit, phase: PhaseMemory, over_ma: int, at_ms: int
) -> PhaseMemory:
    """Follow one phase's overload, in mA above the fuse.

    On average it has begun half a period before the first sample that shows it.
    """
    if over_ma <= 0:
        if phase.over_since_ms is None:
            return phase
        return replace(phase, over_since_ms=None, worst_ma=0, lasting=False)
    since = at_ms if phase.over_since_ms is None else phase.over_since_ms
    worst = max(phase.worst_ma, over_ma)
    phase = replace(phase, over_since_ms=since, worst_ma=worst)
    if at_ms - since + circuit.settings.grid_period_ms // 2 < OVERLOAD_MS:
        return phase
    return replace(
        phase,
        cool_until_ms=at_ms + COOL_DOWN_MS,
        cool_ma=max(phase.cool_ma, worst),
        lasting=True,
    )


def _at_minimum(charger: Charger, index: int, now_ms: int) -> int:
    """What the charger would still draw on a phase if lowered to its minimum.

    Of phases that it has been told to leave it will draw nothing, as long as that may
    be on its way; who still does then does not leave them.
    """
    drawn = charger.memory.drawn.high_ma[index]
    if charger.switching and not charger.phases[index] and charger.settled(now_ms):
        return drawn
    offered = charger.on_phases(min(charger.limit_ma, charger.lowest_ma))
    return min(offered[index], drawn)


def _patience_ms(current_ma: int, most_ma: int) -> int:
    """How long an overload may last that only a pause can end."""
    if current_ma * 100 <= most_ma * SLIGHT_PERCENT:
        return SLIGHT_MS
    if current_ma * 100 <= most_ma * STRONG_PERCENT:
        return STRONG_MS
    return 0


def _enough(
    drawn: Mapping[str, int], paused: Iterable[str], excess_ma: int
) -> set[str]:
    """The fewest chargers, in the given order, whose pause ends the overload."""
    chosen = {key for key in paused if drawn.get(key, 0) > 0}
    excess_ma -= sum(drawn[key] for key in chosen)
    for key, current in drawn.items():
        if excess_ma <= 0:
            break
        if current > 0 and key not in chosen:
            chosen.add(key)
            excess_ma -= current
    return chosen
