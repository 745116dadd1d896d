"""The circuits of a house as they are now, and how far each meter is to be trusted."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from .charger import Charger
from .freshness import Freshness, is_slow, judge, observe
from .memory import NOTHING, CircuitMemory, GridMemory, Memory, Phases, WholeMemory
from .settings import MAIN, CircuitSettings, Settings
from .state import CircuitState, GridSample, PhaseCurrents, State

_WORST = (
    Freshness.LOST,
    Freshness.STALE,
    Freshness.RECOVERING,
    Freshness.WARM_UP,
    Freshness.AGEING,
    Freshness.FRESH,
)
_BLIND = (Freshness.LOST, Freshness.STALE)


@dataclass(frozen=True, slots=True)
class Circuit:
    """One circuit now; the main fuse is one with the key `MAIN`."""

    settings: CircuitSettings
    path: tuple[str, ...]
    """From itself to the main fuse."""
    grid: GridMemory
    phases: Phases
    whole: WholeMemory
    freshness: Freshness
    """Without a meter that of the next one above it which has one."""
    dim_w: int | None = None
    low_ma: PhaseCurrents = NOTHING
    high_ma: PhaseCurrents = NOTHING
    """What its chargers drew at the sample of its meter; see `Drawn`."""
    new: GridSample | None = None
    """A sample that has come just now."""

    @property
    def key(self) -> str:
        """Its name in settings and state."""
        return self.settings.key

    @property
    def metered(self) -> bool:
        """Whether its own meter says what flows through it."""
        return self.settings.metered

    @property
    def blind(self) -> bool:
        """Whether nobody has known for too long what flows through it."""
        return self.freshness in _BLIND

    @property
    def slow(self) -> bool:
        """Whether its meter is too slow to guard a fuse."""
        return self.metered and is_slow(self.settings)


@dataclass(frozen=True, slots=True)
class Tree:
    """All circuits by key, the main fuse first."""

    circuits: Mapping[str, Circuit]

    def __iter__(self) -> Iterator[Circuit]:
        """All circuits, the main fuse first."""
        return iter(self.circuits.values())

    @property
    def main(self) -> Circuit:
        """The main fuse."""
        return self.circuits[MAIN]

    @property
    def paths(self) -> Mapping[str, tuple[str, ...]]:
        """How each circuit hangs on the main fuse."""
        return {one.key: one.path for one in self}

    def path(self, charger: Charger) -> list[Circuit]:
        """From the charger's circuit to the main fuse; nobody knows it: only that."""
        circuit = self.circuits.get(charger.settings.circuit, self.main)
        return [self.circuits[key] for key in circuit.path]

    def below(self, circuit: Circuit, chargers: Sequence[Charger]) -> list[Charger]:
        """Those of the chargers that the circuit feeds."""
        paths, key = self.paths, circuit.key
        return [
            one for one in chargers if key in paths.get(one.settings.circuit, (MAIN,))
        ]

    def trust(self, charger: Charger) -> Circuit:
        """The circuit on the charger's path that can be trusted least."""
        path = self.path(charger)
        return path[0] if len(path) == 1 else min(path, key=_trust)

    def is_slow(self, charger: Charger) -> bool:
        """Whether a meter on its path is too slow to guard a fuse."""
        return any(one.slow for one in self.path(charger))

    def memory(self) -> Memory:
        """What is remembered of the circuits."""
        main = self.main
        rest = tuple(
            CircuitMemory(
                one.key, one.grid, one.phases, one.whole, one.low_ma, one.high_ma
            )
            for one in self
            if one.key != MAIN
        )
        return Memory(main.grid, main.phases, main.whole, rest)

    def replaced(self, *circuits: Circuit) -> Tree:
        """The tree with these circuits instead of those with their keys."""
        return Tree({**self.circuits, **{one.key: one for one in circuits}})


def _trust(circuit: Circuit) -> int:
    return _WORST.index(circuit.freshness)


def look_at_circuits(
    settings: Settings, memory: Memory, state: State, now_ms: int
) -> Tree:
    """Take in what the meters say, and judge them."""
    given = {one.key: one for one in settings.circuits if one.key != MAIN}
    memories = {one.key: one for one in memory.circuits}
    states = {one.key: one for one in state.circuits}
    main = CircuitSettings(
        key=MAIN,
        fuse_ma=settings.fuse_ma,
        power_cap_w=settings.power_cap_w,
        metered=True,
        grid_period_ms=settings.grid_period_ms,
    )
    known = CircuitMemory(MAIN, memory.grid, memory.phases, memory.whole)
    now = CircuitState(MAIN, state.grid, state.dim_w)
    circuits = {MAIN: _look(settings, main, (MAIN,), known, now, now_ms)}
    for key, one in given.items():
        known = memories.get(key) or CircuitMemory(key)
        now = states.get(key) or CircuitState(key)
        path = _path(given, key)
        circuits[key] = _look(settings, one, path, known, now, now_ms)
    return Tree({key: _inherit(one, circuits) for key, one in circuits.items()})


def _look(
    settings: Settings,
    circuit: CircuitSettings,
    path: tuple[str, ...],
    memory: CircuitMemory,
    state: CircuitState,
    now_ms: int,
) -> Circuit:
    grid, is_new = memory.grid, False
    if circuit.metered:
        grid, is_new = observe(
            circuit, settings.voltage_mv, memory.grid, state.grid, now_ms
        )
    return Circuit(
        settings=circuit,
        path=path,
        grid=grid,
        phases=memory.phases,
        whole=memory.whole,
        freshness=judge(circuit, grid, now_ms),
        dim_w=state.dim_w,
        low_ma=memory.low_ma,
        high_ma=memory.high_ma,
        new=grid.sample if is_new else None,
    )


def _path(given: Mapping[str, CircuitSettings], key: str) -> tuple[str, ...]:
    """From a circuit to the main fuse; who hangs on nothing known hangs on that."""
    path: list[str] = []
    while key in given and key not in path:
        path.append(key)
        key = given[key].parent
    return (*path, MAIN)


def _inherit(circuit: Circuit, circuits: Mapping[str, Circuit]) -> Circuit:
    """Let a circuit without a meter be judged by the next one that has one."""
    above = next(circuits[key] for key in circuit.path if circuits[key].metered)
    if above.key == circuit.key:
        return circuit
    return replace(circuit, freshness=above.freshness, new=above.new)
