"""A house at a desk: base load set by hand, cars that obey at once."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from hypothesis import strategies as st

from custom_components.meters_and_chargers.engine.charging import (
    FIGURES,
    MAIN,
    Battery,
    ChargerSettings,
    ChargerState,
    CircuitSettings,
    CircuitState,
    CircuitView,
    Command,
    Decision,
    Explanation,
    GridSample,
    Memory,
    Mode,
    Plan,
    Price,
    Reason,
    Settings,
    Stage,
    State,
    decide,
)

type Triple = tuple[int, int, int]
LONGEST_LAG_S = 10
MAY_CHARGE = {
    Stage.STARTING,
    Stage.CHARGING,
    Stage.LIMITED,
    Stage.STOP_DELAY,
    Stage.SWITCHING_PHASES,
    Stage.FAILSAFE,
    Stage.FINISHED,
    Stage.FAULT,
}
"""Where a limit above 0 is right: out of reach, a fault too, it keeps what it has.

Besides, whatever is found charging goes on for the two samples after a start.
"""

TAKES = st.sampled_from(
    [
        (True, True, True),
        (True, False, False),
        (False, True, False),
        (False, True, True),
    ]
)
"""The phases on which a car takes current, for houses at random."""


def settings_for(
    *chargers: ChargerSettings, fuse_ma: int = 25_000, **others: object
) -> Settings:
    """Return a site with the same fuse on each phase."""
    return Settings(fuse_ma=(fuse_ma, fuse_ma, fuse_ma), chargers=chargers, **others)


def circuit(key: str, fuse_ma: int, **others: object) -> CircuitSettings:
    """Return a circuit with the same fuse on each phase."""
    return CircuitSettings(key=key, fuse_ma=(fuse_ma, fuse_ma, fuse_ma), **others)


@dataclass
class House:
    """Run `decide` second by second; currents in mA, import positive."""

    settings: Settings
    base_ma: Triple = (0, 0, 0)
    modes: dict[str, Mode] = field(default_factory=dict)
    limits: dict[str, int | None] = field(default_factory=dict)
    draws: dict[str, int] = field(default_factory=dict)
    """What a car takes at most; a car not named here takes all it may."""
    lags_s: dict[str, int] = field(default_factory=dict)
    """How much later than told a car comes down or goes up."""
    session_wh: dict[str, int | None] = field(default_factory=dict)
    deaf: set[str] = field(default_factory=set)
    """Chargers that lose every write."""
    offline: set[str] = field(default_factory=set)
    unmeasured: set[str] = field(default_factory=set)
    blurred: set[str] = field(default_factory=set)
    """Chargers whose measurement does not tell the phases apart."""
    plugged: dict[str, bool] = field(default_factory=dict)
    """Where nothing is said, nobody can tell; without a car nothing is drawn."""
    blocked: dict[str, Reason] = field(default_factory=dict)
    ceilings: dict[str, int] = field(default_factory=dict)
    """What a billing service leaves of the limits that chargers are told."""
    boost_until_s: dict[str, int] = field(default_factory=dict)
    boost_ma: dict[str, int] = field(default_factory=dict)
    plans: dict[str, Plan] = field(default_factory=dict)
    """Their times are those of `wall_ms`."""
    levels: dict[str, int] = field(default_factory=dict)
    """How full cars are, in per cent; where nothing is said, nobody can tell."""
    prices: tuple[Price, ...] = ()
    battery: Battery | None = None
    day: int = 0
    voltage_mv: int | None = None
    """What the house's meter says that it is; None where it does not."""
    wall_start_ms: int = 1_780_000_000_000
    meter: bool = True
    late_s: int = 0
    """How long after it was taken a sample of the house's meter arrives."""
    total_only: bool = False
    unsigned: bool = False
    """Whether the house's meter shows every current as import."""
    bases: dict[str, Triple] = field(default_factory=dict)
    """The base load in each circuit below the main fuse, besides `base_ma`."""
    dead: set[str] = field(default_factory=set)
    """Circuits whose own meter says nothing."""
    dims: dict[str, int | None] = field(default_factory=dict)
    """What the grid operator leaves each circuit's chargers, in W."""
    stubborn: dict[str, int] = field(default_factory=dict)
    """Chargers that draw this whatever they are told."""
    phases: dict[str, int] = field(default_factory=dict)
    """On 1 or 3 phases, for chargers that switch; 3 where nothing is said."""
    takes: dict[str, tuple[bool, bool, bool]] = field(default_factory=dict)
    """On which of the grid's phases a car takes current at most; else on all."""
    mute: set[str] = field(default_factory=set)
    """Chargers that do not say on how many phases they charge."""
    stuck: set[str] = field(default_factory=set)
    """Chargers that never change their phases."""
    switches: list[tuple[int, str, int]] = field(default_factory=list)
    """When a charger was told to charge on another number of phases."""
    second: int = 0
    memory: Memory = field(default_factory=Memory)
    sample: GridSample | None = None
    samples: dict[str, GridSample] = field(default_factory=dict)
    """What the meters of the circuits said last."""
    on_the_way: list[GridSample] = field(default_factory=list)
    """What the house's meter has measured and not said yet."""
    past: list[dict[str, int | None]] = field(default_factory=list)
    """The limits of the last seconds."""
    decision: Decision | None = None
    writes: list[tuple[int, str, int]] = field(default_factory=list)

    def become(self, event: Mapping[str, object]) -> None:
        """Take over circumstances by their names; modes in the chargers' order."""
        for name, value in event.items():
            match name:
                case "seconds":
                    pass
                case "base":
                    self.base_ma = value
                case "modes":
                    self.modes = dict(zip("abc", value, strict=False))
                case _:
                    setattr(self, name, value)

    def run(self, seconds: int) -> House:
        """Let time pass, one call of `decide` a second."""
        for _ in range(seconds):
            self.tick()
        return self

    def learn(self) -> House:
        """Charge until it is known what the cars use, and a write is not too soon."""
        self.base_ma = (-60_000, -60_000, -60_000)
        self.run(26)
        while self.writes and self.second - self.writes[-1][0] < 6:
            # By whole periods of the meter: the next look must see a new sample.
            self.run(2)
        return self

    def tick(self) -> Decision:
        """Live through one second."""
        period = max(1, self.settings.grid_period_ms // 1000)
        if self.meter and self.second % period == 0:
            self.on_the_way = [*self.on_the_way, self.measure()]
        due_ms = (self.second - self.late_s) * 1000
        for sample in self.on_the_way:
            self.sample = sample if sample.at_ms <= due_ms else self.sample
        self.on_the_way = [one for one in self.on_the_way if one.at_ms > due_ms]
        for one in self.settings.circuits:
            period = max(1, one.grid_period_ms // 1000)
            if one.metered and one.key not in self.dead and self.second % period == 0:
                self.samples[one.key] = self.measure(one.key)
        now_ms = self.second * 1000
        self.decision = decide(self.settings, self.memory, self.state(), now_ms)
        for told in self.decision.reasons.values():
            assert told.figures.keys() <= FIGURES.get(told.reason, {}).keys(), told
        self.memory = self.decision.memory
        for command in self.decision.commands:
            limit = max(command.limit_ma)
            self.writes.append((self.second, command.charger, limit))
            if command.charger not in self.deaf:
                self.limits[command.charger] = limit
                self._switch(command)
        self.past = [*self.past[-LONGEST_LAG_S:], dict(self.limits)]
        self.second += 1
        return self.decision

    def measure(self, circuit: str = MAIN) -> GridSample:
        """What the meter of the house, or of a circuit, shows now."""
        total = list(self.base_ma if circuit == MAIN else (0, 0, 0))
        loads = [base for key, base in self.bases.items() if self.feeds(circuit, key)]
        loads += [
            self.drawn(one)
            for one in self.settings.chargers
            if self.feeds(circuit, one.circuit)
        ]
        for load in loads:
            for phase in range(3):
                total[phase] += load[phase]
        if self.unsigned and circuit == MAIN:
            total = [abs(current) for current in total]
        currents = (total[0], total[1], total[2])
        power = sum(currents) * self.settings.voltage_mv // 1_000_000
        return GridSample(
            self.second * 1000, power, None if self.total_only else currents
        )

    def state(self) -> State:
        """What the controller is shown."""
        chargers = []
        for one in self.settings.chargers:
            limit = self.limit(one.key)
            until = self.boost_until_s.get(one.key)
            chargers.append(
                ChargerState(
                    one.key,
                    self.modes.get(one.key, Mode.SOLAR),
                    one.key not in self.offline,
                    None if limit is None else self._on(one, limit),
                    None if one.key in self.unmeasured else self.drawn(one),
                    measures_phases=one.key not in self.blurred,
                    session_wh=self.session_wh.get(one.key),
                    plugged=self.plugged.get(one.key),
                    blocked=self.blocked.get(one.key),
                    ceiling_ma=self.ceilings.get(one.key),
                    boost_until_ms=until if until is None else until * 1000,
                    boost_ma=self.boost_ma.get(one.key),
                    plan=self.plans.get(one.key),
                    phases=self._said(one),
                    charge_percent=self.levels.get(one.key),
                )
            )
        circuits = tuple(
            CircuitState(one.key, self.samples.get(one.key), self.dims.get(one.key))
            for one in self.settings.circuits
        )
        return State(
            self.sample,
            tuple(chargers),
            circuits,
            dim_w=self.dims.get(MAIN),
            battery=self.battery,
            prices=self.prices,
            wall_ms=self.wall_ms(self.second),
            day=self.day,
            voltage_mv=self.voltage_mv,
        )

    def feeds(self, circuit: str, below: str) -> bool:
        """Whether a circuit is another one or above it."""
        parents = {one.key: one.parent for one in self.settings.circuits}
        path: list[str] = []
        while below in parents and below not in path:
            path.append(below)
            below = parents[below]
        return circuit in (*path, MAIN)

    def counts(self, one: ChargerSettings, phase: int) -> bool:
        """Whether a phase must be reserved for a charger, by what its car draws now.

        Only of a car that is seen to draw, and not on this phase, it need not.
        """
        drawn = self.drawn(one)
        hidden = one.key in self.unmeasured | self.blurred | self.offline
        unknown = hidden or max(drawn) < 1_000
        return one.phases[phase] and (unknown or drawn[phase] >= 1_000)

    def limit(self, key: str = "a") -> int | None:
        """The limit the charger obeys."""
        limit, ceiling = self.limits.get(key, 0), self.ceilings.get(key)
        return limit if limit is None or ceiling is None else min(limit, ceiling)

    def reason(self, key: str = "a") -> Reason:
        """The last reason."""
        assert self.decision is not None
        return self.decision.reasons[key].reason

    def explanation(self, key: str = "a") -> Explanation:
        """The last reason with its figures."""
        assert self.decision is not None
        return self.decision.reasons[key]

    def view(self, circuit: str = MAIN) -> CircuitView:
        """What was last said of a circuit."""
        assert self.decision is not None
        return next(one for one in self.decision.circuits if one.key == circuit)

    def figures(self, key: str = "a") -> dict[str, int | str]:
        """The figures of the last reason."""
        assert self.decision is not None
        return dict(self.decision.reasons[key].figures)

    def wall_ms(self, second: int) -> int:
        """The wall clock at a second of the house."""
        return self.wall_start_ms + second * 1000

    def until_s(self, key: str = "a") -> float | None:
        """When the last reason expires."""
        assert self.decision is not None
        until = self.decision.reasons[key].until_ms
        return None if until is None else until / 1000

    def uses(self, one: ChargerSettings) -> int:
        """On how many phases a charger charges."""
        return self.phases.get(one.key, 3)

    def drawn(self, one: ChargerSettings) -> Triple:
        """What a charger's car takes on each of the grid's phases."""
        lag_s = self.lags_s.get(one.key, 0)
        limits = self.past[-1 - lag_s] if lag_s < len(self.past) else self.limits
        limit = (limits if lag_s else self.limits).get(one.key, 0) or 0
        limit = min(limit, self.ceilings.get(one.key, limit))
        if one.key in self.blocked or self.plugged.get(one.key) is False:
            limit = 0
        if one.key in self.stubborn:
            return self._on(one, self.stubborn[one.key])
        drawn = self._on(one, min(limit, self.draws.get(one.key, limit)))
        first, second, third = self.takes.get(one.key, (True, True, True))
        return drawn[0] * first, drawn[1] * second, drawn[2] * third

    def _said(self, one: ChargerSettings) -> int | None:
        if one.key in self.mute or not one.switches_phases:
            return None
        return self.uses(one)

    def _switch(self, command: Command) -> None:
        one = next(one for one in self.settings.chargers if one.key == command.charger)
        count = 1 if sum(current > 0 for current in command.limit_ma) == 1 else 3
        if one.switches_phases and any(command.limit_ma) and count != self.uses(one):
            self.switches.append((self.second, one.key, count))
            if one.key not in self.stuck:
                self.phases[one.key] = count

    def _on(self, one: ChargerSettings, current: int) -> Triple:
        order = [(one.first_phase + number) % 3 for number in range(3)]
        used = [phase for phase in order if one.phases[phase]]
        if one.switches_phases and self.uses(one) == 1:
            used = used[:1]
        return current * (0 in used), current * (1 in used), current * (2 in used)
