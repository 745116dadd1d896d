"""The one entrance: what every charger should be told now, and why."""

from collections.abc import Mapping, Sequence
from dataclasses import replace

from .charger import Charger, look, note_contact
from .decision import ChargerView, Command, Decision, Explanation
from .draw import add, drawn_at, judge_heed, sample_draw
from .follow import judge_step, record
from .freshness import Freshness
from .fuse import cool, watch
from .headroom import base_loads
from .memory import Memory
from .override import lead
from .ramp import Aim, emit
from .session import heed
from .settings import MAIN, Settings
from .state import Mode, State
from .steer import Site, steer
from .surplus import surplus_w
from .tell import explain, explain_offline, view, view_offline
from .tree import Circuit, Tree, look_at_circuits
from .why import view as view_circuit

LEAST_VOLTAGE_MV, MOST_VOLTAGE_MV = 200_000, 250_000


def decide(settings: Settings, memory: Memory, state: State, now_ms: int) -> Decision:
    """Look at the site once; call it at every sample and at least every second.

    `now_ms` is monotonic, on the clock of `state`'s times; `memory` is what the
    last call returned, `Memory()` at first.
    """
    settings = _measured(settings, state)
    tree = look_at_circuits(settings, memory, state, now_ms)
    chargers = _look(settings, memory, state, now_ms)
    tree, chargers = _sample(settings, tree, chargers, now_ms)
    bases = base_loads(settings, tree, chargers)
    tree = tree.replaced(*(watch(cool(one, now_ms), bases[one.key]) for one in tree))
    site = Site(settings, tree, bases, now_ms, state.battery)
    tree, aims = steer(site, chargers)
    return _answer(replace(site, tree=tree), chargers, aims)


def _measured(settings: Settings, state: State) -> Settings:
    """Reckon with the voltage that is measured, unless that can't be one of a phase."""
    voltage = state.voltage_mv
    if voltage is None or not LEAST_VOLTAGE_MV <= voltage <= MOST_VOLTAGE_MV:
        return settings
    return replace(settings, voltage_mv=voltage)


def _look(
    settings: Settings, memory: Memory, state: State, now_ms: int
) -> tuple[Charger, ...]:
    """Put settings, state and memory of each charger together."""
    states = {one.key: one for one in state.chargers}
    memories = {one.key: one for one in memory.chargers}
    chargers = []
    for one in settings.chargers:
        seen, known = states.get(one.key), memories.get(one.key)
        known = heed(one, seen, known, state, now_ms, observing=settings.observe)
        charger = note_contact(look(one, seen, known, now_ms), state.wall_ms)
        chargers.append(lead(settings, state, charger, now_ms))
    return tuple(chargers)


def _sample(
    settings: Settings, tree: Tree, chargers: Sequence[Charger], now_ms: int
) -> tuple[Tree, tuple[Charger, ...]]:
    """Set new samples against what the chargers drew at their time."""
    chargers = tuple(judge_heed(charger) for charger in chargers)
    main = tree.main
    if main.new is not None:
        sample = main.new
        drawn = [sample_draw(charger, sample, now_ms) for charger in chargers]
        measured = add(one.memory.drawn.best_ma for one in drawn if one.measured)
        grid = record(settings, main.grid, sample, measured)
        judged = [judge_step(settings, charger, grid) for charger in drawn]
        chargers = tuple(
            after if after is before else sample_draw(after, sample, now_ms)
            for before, after in zip(drawn, judged, strict=True)
        )
        tree = tree.replaced(replace(main, grid=grid))
    circuits = (_drawn(tree, one, chargers, now_ms) for one in tree)
    return tree.replaced(*circuits), chargers


def _drawn(
    tree: Tree, circuit: Circuit, chargers: Sequence[Charger], now_ms: int
) -> Circuit:
    """Note what a circuit's chargers drew: at its own meter's sample, if it has one."""
    inside = tree.below(circuit, chargers)
    drawn = [one.memory.drawn for one in inside]
    if circuit.key != MAIN and circuit.metered:
        if circuit.new is None:
            return circuit
        drawn = [drawn_at(one, circuit.new, now_ms) for one in inside]
    return replace(
        circuit,
        low_ma=add(one.low_ma for one in drawn),
        high_ma=add(one.high_ma for one in drawn),
    )


def _answer(
    site: Site, chargers: Sequence[Charger], aims: Mapping[str, Aim]
) -> Decision:
    """Turn the aims into commands, reasons and the next memory."""
    settings, tree, now_ms = site.settings, site.tree, site.now_ms
    sample = tree.main.grid.sample
    commands: list[Command] = []
    views: dict[str, ChargerView] = {}
    reasons: dict[str, Explanation] = {}
    memories = []
    for charger in chargers:
        wanted = aims.get(charger.key)
        if wanted is None:
            reasons[charger.key] = explain_offline(charger)
            memories.append(charger.memory)
            views[charger.key] = view_offline(charger)
            continue
        reasons[charger.key] = explain(settings, wanted, sample)
        if settings.observe:
            memories.append(wanted.charger.memory)
            views[charger.key] = view(wanted)
            continue
        may_rise = tree.trust(charger).freshness is Freshness.FRESH
        command, told = emit(wanted, now_ms, may_rise=may_rise)
        if command is not None:
            commands.append(command)
        memories.append(told.memory)
        views[charger.key] = view(replace(wanted, charger=told))
    memory = replace(tree.memory(), chargers=tuple(memories))
    circuits = tuple(view_circuit(one, site.bases[one.key], now_ms) for one in tree)
    surplus = _surplus_w(site, chargers)
    return Decision(tuple(commands), reasons, memory, views, circuits, surplus)


def _surplus_w(site: Site, chargers: Sequence[Charger]) -> int | None:
    """What those could draw that follow the sun; None while nobody knows."""
    main, sunny = site.tree.main, (Mode.SOLAR, Mode.MIN_SOLAR)
    if main.grid.sample is None or main.blind:
        return None
    following = [one for one in chargers if one.mode in sunny and one.stopped is None]
    return surplus_w(site.settings, main.grid.sample, following, site.battery)
