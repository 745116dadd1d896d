"""Which bound keeps a charger below its wish, and the figures of its sentence."""

from collections.abc import Sequence
from dataclasses import replace

from .charger import Charger
from .circuits import NAMES, Bound, Kind, Rooms
from .decision import CircuitView
from .draw import add, take
from .fuse import RESUME_MA, cooling_until
from .headroom import Base, Bases
from .ramp import Aim
from .reason import Reason
from .tree import Circuit, Tree

type Figures = dict[str, int | str]


def name_bound(tree: Tree, result: Aim, rooms: Rooms, equals: Sequence[Charger]) -> Aim:
    """Name what keeps a charger below its wish after all have got their parts.

    `equals` are the others of its priority that have got more than their minimum.
    """
    charger = result.charger
    bound = rooms.bound(charger)
    circuit = tree.circuits[bound.circuit]
    result = replace(result, bound=bound)
    if circuit.slow:
        return replace(result, reason=Reason.METER_SLOW, until_ms=None)
    if bound.kind is not Kind.FUSE:
        stopped = bound.kind is Kind.DIM and result.target_ma == 0
        name = Reason.GRID_OFF if stopped else NAMES[bound.kind]
        return replace(result, reason=name, until_ms=None)
    until = cooling_until(charger, circuit.phases)
    if until is not None:
        return replace(result, reason=Reason.COOL_DOWN, until_ms=until)
    if result.target_ma == 0:
        return replace(result, reason=Reason.FUSE_FULL, until_ms=None)
    if result.reason is Reason.FUSE:
        return result
    sharing = any(one.used[bound.phase] and circuit in tree.path(one) for one in equals)
    name = Reason.SHARED if sharing else Reason.FUSE
    return replace(result, reason=name, until_ms=None)


def with_figures(
    tree: Tree, bases: Bases, result: Aim, rooms: Rooms, now_ms: int
) -> Aim:
    """Add to an aim what its sentence names, where that is a matter of circuits."""
    charger = result.charger
    if charger.memory.astray:
        drawn = max(charger.memory.measurements[-1].currents_ma)
        figures = {"limit": charger.limit_ma, "current": drawn}
        reason = Reason.NOT_FOLLOWING
        return replace(result, reason=reason, until_ms=None, figures=figures)
    limit: Figures = {"limit": result.target_ma}
    trust = tree.trust(charger)
    age: Figures = {"age": age_ms(trust, now_ms)}
    found: Figures
    match result.reason:
        case Reason.FUSE | Reason.FUSE_FULL | Reason.FUSE_PAUSE:
            found = _at_a_fuse(tree, bases, result, rooms)
        case Reason.POWER_CAP | Reason.GRID_DIM | Reason.GRID_OFF:
            found = _at_a_cap(tree, result, rooms)
        case Reason.SHARED | Reason.UNBALANCE:
            found = limit
        case Reason.FUSE_RESUME:
            found = {"need": charger.lowest_ma + RESUME_MA}
        case Reason.METER_STALE:
            found = limit | age
        case Reason.AGEING | Reason.METER_LOST:
            found = age
        case Reason.METER_SLOW:
            period = max(one.settings.grid_period_ms for one in tree.path(charger))
            found = {"age": period}
        case _:
            return result
    return replace(result, figures={**result.figures, **found})


def age_ms(circuit: Circuit, now_ms: int) -> int:
    """How old a meter's last good sample is, or how long there has been none."""
    grid = circuit.grid
    started = now_ms if grid.started_at_ms is None else grid.started_at_ms
    return now_ms - (grid.sample.at_ms if grid.sample else started)


def view(circuit: Circuit, base: Base, now_ms: int) -> CircuitView:
    """What is shown of a circuit."""
    flows = add((base.least_ma, circuit.high_ma))
    free = take(circuit.settings.fuse_ma, flows)
    known = circuit.grid.sample is not None
    return CircuitView(
        key=circuit.key,
        freshness=circuit.freshness,
        age_ms=age_ms(circuit, now_ms) if known else None,
        base_ma=base.least_ma,
        free_ma=free,
        overloaded=min(free) < 0,
        overloads=circuit.whole.overloads,
        worst_ma=circuit.whole.worst_ma,
    )


def _at_a_fuse(tree: Tree, bases: Bases, result: Aim, rooms: Rooms) -> Figures:
    """Where it is tight: the phase that binds, else the one with the least left."""
    charger, bound = result.charger, result.bound
    if bound is None or bound.kind is not Kind.FUSE:
        bound = _tightest(rooms, charger, Kind.FUSE) or Bound(0)
    where: Figures = {"circuit": bound.circuit, "phase": f"L{bound.phase + 1}"}
    if result.reason is Reason.FUSE:
        return {**where, "limit": result.target_ma}
    if result.reason is Reason.FUSE_FULL:
        need = charger.lowest_ma
        return {**where, "free": max(0, bound.free_ma), "need": need}
    circuit = tree.circuits[bound.circuit]
    base = bases[bound.circuit].least_ma[bound.phase]
    return {**where, "current": base + circuit.high_ma[bound.phase]}


def _at_a_cap(tree: Tree, result: Aim, rooms: Rooms) -> Figures:
    """The cap that binds; nothing if it has just been lifted."""
    dims = result.reason is not Reason.POWER_CAP
    kind = Kind.DIM if dims else Kind.CAP
    bound = _tightest(rooms, result.charger, kind)
    if bound is None:
        return {}
    circuit = tree.circuits[bound.circuit]
    cap = circuit.dim_w if dims else circuit.settings.power_cap_w
    return {"circuit": bound.circuit, "cap": cap or 0}


def _tightest(rooms: Rooms, charger: Charger, kind: Kind) -> Bound | None:
    """Of a charger's bounds of one kind that which leaves the least."""
    found = [one for one in rooms.bounds(charger) if one.kind is kind]
    return min(found, key=lambda one: one.free_ma, default=None)
