"""What the house leaves its chargers in each circuit: fuses, caps, balance."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from .charger import Charger
from .circuits import Balance, Room, Rooms, is_partial
from .draw import add, base_load, excess, power_to_ma, take
from .memory import NOTHING
from .settings import MAIN, Settings
from .state import PhaseCurrents
from .tree import Circuit, Tree


@dataclass(frozen=True, slots=True)
class Base:
    """What flows through a circuit besides its chargers, in mA; import is positive.

    While a write settles nobody knows it exactly: the smallest it may be bounds what
    chargers keep, the largest what they may rise to.
    """

    least_ma: PhaseCurrents = NOTHING
    most_ma: PhaseCurrents = NOTHING
    least_total_ma: int = 0
    """On all phases together, with export on one set against import on another."""
    most_total_ma: int = 0


type Bases = Mapping[str, Base]


def budget(settings: Settings, fuse_ma: PhaseCurrents) -> PhaseCurrents:
    """The failsafe budget on each phase of a fuse, in mA: at most half of it."""
    one, two, three = (min(settings.failsafe_ma, fuse // 2) for fuse in fuse_ma)
    return (one, two, three)


def cap_ma(settings: Settings, power_w: int) -> int:
    """The current of a power cap, all phases together."""
    return max(0, power_w) * 1_000_000 // settings.voltage_mv


def base_loads(settings: Settings, tree: Tree, chargers: Sequence[Charger]) -> Bases:
    """The base load of every circuit."""
    found = {one.key: _measured(settings, one) for one in tree if one.metered}
    for one in tree:
        if not one.metered:
            found[one.key] = _known(tree, one, found, tree.below(one, chargers))
    return found


def rooms(
    settings: Settings,
    tree: Tree,
    bases: Bases,
    chargers: Sequence[Charger],
    *,
    rising: bool,
) -> Rooms:
    """What the chargers within reach may share; limits may rise to less than they keep.

    Export leaves no more than the fuse less its margin: the sun can go within a
    second, and then nothing would hold the current until the next sample. Who is out
    of reach has its last limit set aside.
    """
    circuits = {
        one.key: _room(settings, one, bases[one.key], rising=rising) for one in tree
    }
    for one in tree:
        over = excess(tree.below(one, chargers)) if one.dim_w is not None else NOTHING
        if one.dim_w is not None:
            dim = cap_ma(settings, one.dim_w) - sum(over)
            circuits[one.key].dim_ma = max(0, dim)
    balance = _balance(settings, bases[MAIN], chargers, rising=rising)
    found = Rooms(tree.paths, circuits, balance)
    for charger in chargers:
        if not charger.online:
            found.put(charger, charger.aside_ma)
    return found


def phases_besides(
    settings: Settings, base_ma: PhaseCurrents, chargers: Sequence[Charger]
) -> PhaseCurrents:
    """The load of each phase of the house without what makes it unbalanced by us.

    That is without the chargers that load some phases only. A meter that gives the
    total power alone shows no unbalance: then only the chargers count.
    """
    if not settings.unbalance_counts_base:
        base_ma = NOTHING
    even = add(one.memory.drawn.high_ma for one in chargers if not is_partial(one))
    return add((base_ma, even))


def _measured(settings: Settings, circuit: Circuit) -> Base:
    """By the circuit's own meter; nothing is known before its first sample."""
    sample = circuit.grid.sample
    if sample is None:
        return Base()
    total = power_to_ma(sample.power_w, settings.voltage_mv)
    return Base(
        base_load(settings, sample, circuit.high_ma),
        base_load(settings, sample, circuit.low_ma),
        total - sum(circuit.high_ma),
        total - sum(circuit.low_ma),
    )


def _known(
    tree: Tree, circuit: Circuit, bases: Bases, chargers: Sequence[Charger]
) -> Base:
    """What is known without a meter: what those below it show, and who takes too much.

    What meters of circuits below it measure besides their chargers flows through it.
    """
    inner = [
        one
        for one in tree
        if one.metered and circuit.key in one.path and one.key != circuit.key
    ]
    keys = {one.key for one in inner}
    nearest = [one for one in inner if keys.isdisjoint(one.path[1:])]
    over = excess(one for one in chargers if not _is_in(tree, one, inner))
    least = add((over, *(_import(bases[one.key].least_ma) for one in nearest)))
    most = add((over, *(_import(bases[one.key].most_ma) for one in nearest)))
    return Base(least, most, sum(least), sum(most))


def _is_in(tree: Tree, charger: Charger, circuits: Sequence[Circuit]) -> bool:
    keys = {one.key for one in circuits}
    return any(one.key in keys for one in tree.path(charger))


def _import(currents_ma: PhaseCurrents) -> PhaseCurrents:
    """Export of a part may end within a second: it makes no room for others."""
    one, two, three = (max(0, current) for current in currents_ma)
    return (one, two, three)


def _room(settings: Settings, circuit: Circuit, base: Base, *, rising: bool) -> Room:
    """What one circuit leaves; half of its cap, as of its fuse, without its meter."""
    used = base.most_ma if rising else base.least_ma
    total = base.most_total_ma if rising else base.least_total_ma
    cap_w = circuit.settings.power_cap_w
    cap = None if cap_w is None else cap_ma(settings, cap_w)
    left = None if cap is None else max(0, cap - max(0, total))
    tops = [
        max(0, fuse - phase.cool_ma - settings.margin_ma)
        for fuse, phase in zip(circuit.settings.fuse_ma, circuit.phases, strict=True)
    ]
    phases = [max(0, top - max(0, one)) for top, one in zip(tops, used, strict=True)]
    safe = list(budget(settings, circuit.settings.fuse_ma))
    if circuit.blind and circuit.metered:
        return Room(safe, None if cap is None else cap // 2)
    if circuit.slow:
        phases = [min(pair) for pair in zip(phases, safe, strict=True)]
        left = None if cap is None or left is None else min(left, cap // 2)
    return Room(phases, left)


def _balance(
    settings: Settings, base: Base, chargers: Sequence[Charger], *, rising: bool
) -> Balance | None:
    """How the phases of the house are loaded before its chargers get anything."""
    if settings.unbalance_ma is None:
        return None
    floors = phases_besides(settings, base.least_ma, chargers)
    loads = floors
    if rising:
        more = take(base.most_ma, base.least_ma)
        even = [one.memory.drawn for one in chargers if not is_partial(one)]
        less = take(add(one.high_ma for one in even), add(one.low_ma for one in even))
        if settings.unbalance_counts_base:
            loads = take(add((floors, more)), less)
    return Balance(settings.unbalance_ma, list(loads), list(floors))
