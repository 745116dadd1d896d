"""The plant that charging is tried on: recorded days, cars, one fuse, and books.

One step is one second. Its order: the cars move (`car.py` says how), the grid is
computed, figures are counted, and then whoever is in charge sees the meter: our
`decide` (`Managed`) or anybody who tells the stations their limits.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Self

from custom_components.meters_and_chargers.engine.charging import (
    ChargerState,
    Command,
    Decision,
    GridSample,
    Memory,
    Mode,
    Settings,
    State,
    decide,
)

from .car import VOLTAGE_V, Car
from .day import DAY_SECONDS, Day
from .house import FuseBook

type Triple = tuple[float, float, float]
type Row = tuple[float, float, float, float]
"""The sun and the household on L1, L2, L3 in one second, W."""


def rows(day: Day, begin_s: int = 0, end_s: int = DAY_SECONDS) -> Iterable[Row]:
    """Each second of a day from `begin_s` until before `end_s`."""
    columns = (column[begin_s:end_s] for column in (day.sun_w, *day.house_w))
    return zip(*columns, strict=True)


@dataclass
class Station:
    """A wallbox and its car; `phases` are the grid's phases it is wired to."""

    car: Car = field(default_factory=Car)
    phases: tuple[bool, bool, bool] = (True, True, True)
    mode: Mode = Mode.SOLAR
    measures: bool = True
    switches: bool = False
    """Whether it can be told to charge on its first phase alone."""
    limit_ma: int = 0
    writes: int = 0
    plugged_in_wh: float = 0.0
    """What the car had taken when it was plugged in."""

    def __post_init__(self) -> None:
        """Remember how many phases the car takes."""
        self._most_phases = self.car.phases

    def tell(self, limit_ma: int, phases: int = 3) -> None:
        """Write a limit on each of 1 phase or of all; 0 ends charging."""
        self.writes += 1
        self.limit_ma = limit_ma
        if self.switches and limit_ma > 0:
            self.car.set_phases(min(1 if phases == 1 else 3, self._most_phases))
        if limit_ma > 0:
            self.car.set_limit(limit_ma / 1000)
        self.car.set_enabled(limit_ma > 0)

    def plug(self, *, connected: bool) -> None:
        """Let the car come or go."""
        self.car.connected = connected
        self.plugged_in_wh = self.car.energy_wh

    @property
    def currents_a(self) -> Triple:
        """What the car draws on each of the grid's phases; on one: the first wired."""
        current, (one, two, three) = self.car.current_a, self.phases
        if self.car.phases == 1:
            two, three = two and not one, three and not (one or two)
        return current * one, current * two, current * three


@dataclass
class Plant:
    """The house and its books: energies in Wh, currents in A."""

    fuse_a: Triple
    stations: Mapping[str, Station]
    second: int = 0
    grid_w: Triple = (0.0, 0.0, 0.0)
    car_wh: float = 0.0
    car_from_grid_wh: float = 0.0
    sun_wh: float = 0.0
    export_wh: float = 0.0
    fuse: FuseBook = field(default_factory=lambda: FuseBook(0))
    """Counts what is above the fuse of each phase, hence its own rating of 0."""
    house_fuse: FuseBook = field(default_factory=lambda: FuseBook(0))
    """The same for the house without its cars."""
    by_car_s: int = 0
    """How long a phase has been over the fuse that would not be without the cars."""
    longest_by_car_s: int = 0

    def live(self, row: Row) -> None:
        """Live through one second."""
        sun_w, *house_w = row
        cars_a = [0.0, 0.0, 0.0]
        for station in self.stations.values():
            station.car.step()
            for phase, current in enumerate(station.currents_a):
                cars_a[phase] += current
        without = [power - sun_w / 3 for power in house_w]
        one, two, three = (
            power + VOLTAGE_V * current
            for power, current in zip(without, cars_a, strict=True)
        )
        self.grid_w = (one, two, three)
        car_w, grid_w = VOLTAGE_V * sum(cars_a), sum(self.grid_w)
        self.sun_wh += sun_w / 3600
        self.export_wh += max(-grid_w, 0.0) / 3600
        self.car_wh += car_w / 3600
        self.car_from_grid_wh += min(max(grid_w, 0.0), car_w) / 3600
        self._load_fuse(without)
        self.second += 1

    def _load_fuse(self, without_w: Iterable[float]) -> None:
        now = self._above(self.grid_w)
        without = self._above(without_w)
        before = self.fuse.seconds_over_by_car
        self.fuse.count(now, without)
        self.house_fuse.count(without, without)
        by_car = self.fuse.seconds_over_by_car > before
        self.by_car_s = self.by_car_s + 1 if by_car else 0
        self.longest_by_car_s = max(self.longest_by_car_s, self.by_car_s)

    def _above(self, power_w: Iterable[float]) -> list[float]:
        return [
            abs(power) / VOLTAGE_V - fuse
            for power, fuse in zip(power_w, self.fuse_a, strict=True)
        ]

    @property
    def sun_used(self) -> float:
        """Share of the sun that did not leave the house, 0 to 1."""
        return 1 - self.export_wh / self.sun_wh if self.sun_wh else 0.0

    @property
    def starts(self) -> int:
        """How often a car began to charge."""
        return sum(station.car.starts for station in self.stations.values())

    @property
    def phase_changes(self) -> int:
        """How often a car changed between one and three phases."""
        return sum(station.car.phase_changes for station in self.stations.values())

    @property
    def writes(self) -> int:
        """How many limits were written."""
        return sum(station.writes for station in self.stations.values())


class Managed:
    """A plant in the hands of the shipped `decide`, which looks at it every second."""

    def __init__(self, settings: Settings, stations: Mapping[str, Station]) -> None:
        """Put each charger of the settings at its station, by its key."""
        one, two, three = (fuse / 1000 for fuse in settings.fuse_ma)
        self.settings = settings
        self.plant = Plant((one, two, three), stations)
        self.memory = Memory()
        self.sample: GridSample | None = None
        self.meter_works = True
        self.total_only = False
        self.decision: Decision | None = None
        self.log: list[tuple[int, Command]] = []

    def run(self, days_rows: Iterable[Row]) -> Self:
        """Live through all rows."""
        for row in days_rows:
            self.step(row)
        return self

    def step(self, row: Row) -> None:
        """Live through one second, then let the controller look."""
        second = self.plant.second
        self.plant.live(row)
        now_ms = second * 1000
        if self.meter_works and now_ms % self.settings.grid_period_ms == 0:
            self.sample = self._measure(now_ms)
        self.decision = self.look(self._state(now_ms), now_ms)
        self.memory = self.decision.memory
        for command in self.decision.commands:
            phases = sum(current > 0 for current in command.limit_ma)
            station = self.plant.stations[command.charger]
            station.tell(max(command.limit_ma), phases)
            self.log.append((second, command))

    def look(self, state: State, now_ms: int) -> Decision:
        """Decide once."""
        return decide(self.settings, self.memory, state, now_ms)

    def _measure(self, now_ms: int) -> GridSample:
        """What the meter shows now."""
        power_w = self.plant.grid_w
        currents = None if self.total_only else _ma(w / VOLTAGE_V for w in power_w)
        return GridSample(now_ms, round(sum(power_w)), currents)

    def _state(self, now_ms: int) -> State:
        """What the controller is shown."""
        return State(
            self.sample,
            tuple(
                ChargerState(
                    key,
                    one.mode,
                    online=True,
                    limit_ma=_ma(one.limit_ma / 1000 * on for on in one.phases),
                    measured_ma=_ma(one.currents_a) if one.measures else None,
                    measured_at_ms=now_ms if one.measures else None,
                    measures_phases=one.measures,
                    session_wh=int(one.car.energy_wh - one.plugged_in_wh),
                    phases=one.car.phases if one.switches else None,
                )
                for key, one in self.plant.stations.items()
            ),
        )


def _ma(currents_a: Iterable[float]) -> tuple[int, int, int]:
    one, two, three = (round(current * 1000) for current in currents_a)
    return one, two, three
