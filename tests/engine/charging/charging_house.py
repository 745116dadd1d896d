"""A house at a desk: base load set by hand, cars that obey at once."""

from dataclasses import dataclass, field

from custom_components.meters_and_chargers.engine.charging import (
    ChargerSettings,
    ChargerState,
    Decision,
    GridSample,
    Memory,
    Mode,
    Reason,
    Settings,
    State,
    decide,
)

type Triple = tuple[int, int, int]


def settings_for(
    *chargers: ChargerSettings, fuse_ma: int = 25_000, **others: int
) -> Settings:
    """Return a site with the same fuse on each phase."""
    return Settings(fuse_ma=(fuse_ma, fuse_ma, fuse_ma), chargers=chargers, **others)


@dataclass
class House:
    """Run `decide` second by second; currents in mA, import positive."""

    settings: Settings
    base_ma: Triple = (0, 0, 0)
    modes: dict[str, Mode] = field(default_factory=dict)
    limits: dict[str, int | None] = field(default_factory=dict)
    draws: dict[str, int] = field(default_factory=dict)
    """What a car takes at most; a car not named here takes all it may."""
    session_wh: dict[str, int | None] = field(default_factory=dict)
    deaf: set[str] = field(default_factory=set)
    """Chargers that lose every write."""
    offline: set[str] = field(default_factory=set)
    unmeasured: set[str] = field(default_factory=set)
    meter: bool = True
    total_only: bool = False
    second: int = 0
    memory: Memory = field(default_factory=Memory)
    sample: GridSample | None = None
    decision: Decision | None = None
    writes: list[tuple[int, str, int]] = field(default_factory=list)

    def run(self, seconds: int) -> House:
        """Let time pass, one call of `decide` a second."""
        for _ in range(seconds):
            self.tick()
        return self

    def tick(self) -> Decision:
        """Live through one second."""
        period = max(1, self.settings.grid_period_ms // 1000)
        if self.meter and self.second % period == 0:
            self.sample = self.measure()
        now_ms = self.second * 1000
        self.decision = decide(self.settings, self.memory, self.state(), now_ms)
        self.memory = self.decision.memory
        for command in self.decision.commands:
            limit = max(command.limit_ma)
            self.writes.append((self.second, command.charger, limit))
            if command.charger not in self.deaf:
                self.limits[command.charger] = limit
        self.second += 1
        return self.decision

    def measure(self) -> GridSample:
        """What the meter shows now."""
        total = list(self.base_ma)
        for one in self.settings.chargers:
            for phase in range(3):
                total[phase] += self._draw(one)[phase]
        currents = (total[0], total[1], total[2])
        power = sum(currents) * self.settings.voltage_mv // 1_000_000
        return GridSample(
            self.second * 1000, power, None if self.total_only else currents
        )

    def state(self) -> State:
        """What the controller is shown."""
        chargers = []
        for one in self.settings.chargers:
            limit = self.limits.get(one.key, 0)
            chargers.append(
                ChargerState(
                    one.key,
                    self.modes.get(one.key, Mode.SOLAR),
                    one.key not in self.offline,
                    None if limit is None else self._on(one, limit),
                    None if one.key in self.unmeasured else self._draw(one),
                    session_wh=self.session_wh.get(one.key),
                )
            )
        return State(self.sample, tuple(chargers))

    def limit(self, key: str = "a") -> int | None:
        """The limit the charger obeys."""
        return self.limits.get(key, 0)

    def reason(self, key: str = "a") -> Reason:
        """The last reason."""
        assert self.decision is not None
        return self.decision.reasons[key].reason

    def until_s(self, key: str = "a") -> float | None:
        """When the last reason expires."""
        assert self.decision is not None
        until = self.decision.reasons[key].until_ms
        return None if until is None else until / 1000

    def _draw(self, one: ChargerSettings) -> Triple:
        limit = self.limits.get(one.key, 0) or 0
        return self._on(one, min(limit, self.draws.get(one.key, limit)))

    def _on(self, one: ChargerSettings, current: int) -> Triple:
        first, second, third = (current * loaded for loaded in one.phases)
        return first, second, third
