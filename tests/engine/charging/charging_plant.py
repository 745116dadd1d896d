"""A house with sun, one fuse and cars: the plant the controller is tried on.

A car obeys a new limit 3 s after it was set, rises by at most 4 A a second, falls
at once, and starts 15 s after it was enabled. One step is one second; mA and W.
"""

from collections.abc import Iterator
import csv
from dataclasses import dataclass, field
import gzip
from pathlib import Path

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

TRACES = Path(__file__).parents[3] / "simulators" / "traces"
LAG_S, START_S, RISE_MA, CAR_MA, VOLT = 3, 15, 4_000, 16_000, 230

type Row = tuple[int, int, int, int]


def day(name: str, begin_s: int = 0, end_s: int = 86_400) -> Iterator[Row]:
    """Each second's sun and house load per phase, in W."""
    with gzip.open(TRACES / f"day_{name}.csv.gz", "rt") as file:
        rows = csv.reader(file)
        next(rows)
        for second, row in enumerate(rows):
            if begin_s <= second < end_s:
                sun, one, two, three = (round(float(cell)) for cell in row)
                yield sun, one, two, three


@dataclass
class Car:
    """A car at one charger."""

    phases: tuple[bool, bool, bool] = (True, True, True)
    plugged: bool = True
    measures: bool = True
    limit_ma: int = 0
    obeyed_ma: int = 0
    current_ma: int = 0
    counter_s: int = START_S
    due: list[tuple[int, int]] = field(default_factory=list)
    starts: int = 0
    writes: int = 0

    def tell(self, limit_ma: int, second: int) -> None:
        """Set a limit, to be obeyed a little later."""
        self.limit_ma = limit_ma
        self.writes += 1
        self.due.append((second + LAG_S, limit_ma))

    def step(self, second: int) -> None:
        """Let one second pass."""
        while self.due and self.due[0][0] <= second:
            _, self.obeyed_ma = self.due.pop(0)
        if self.obeyed_ma == 0 or not self.plugged:
            self.current_ma, self.counter_s = 0, START_S
            return
        if self.counter_s > 0:
            self.counter_s -= 1
            self.starts += self.counter_s == 0
            return
        target = min(self.obeyed_ma, CAR_MA)
        self.current_ma = min(target, self.current_ma + RISE_MA)

    def currents(self) -> tuple[int, int, int]:
        """What it draws on each phase."""
        one, two, three = (self.current_ma * loaded for loaded in self.phases)
        return one, two, three


@dataclass
class Plant:
    """The house, its books, and the controller that looks at it."""

    settings: Settings
    cars: dict[str, Car]
    mode: Mode = Mode.SOLAR
    total_only: bool = False
    memory: Memory = field(default_factory=Memory)
    second: int = 0
    sample: GridSample | None = None
    meter_works: bool = True
    car_wh: float = 0
    car_from_grid_wh: float = 0
    sun_wh: float = 0
    export_wh: float = 0
    over_s: int = 0
    longest_over_s: int = 0
    over_a2s: float = 0
    worst_over_ma: int = 0
    run_s: int = 0
    decision: Decision | None = None
    log: list[tuple[int, Command]] = field(default_factory=list)

    def run(self, rows: Iterator[Row]) -> Plant:
        """Live through all rows."""
        for row in rows:
            self.step(row)
        return self

    def step(self, row: Row) -> None:
        """Live through one second, then let the controller look."""
        for car in self.cars.values():
            car.step(self.second)
        grid_ma = self._grid(row)
        self._count(row, grid_ma)
        now_ms = self.second * 1000
        period_s = self.settings.grid_period_ms // 1000
        if self.meter_works and self.second % period_s == 0:
            power = sum(grid_ma) * VOLT // 1000
            currents = None if self.total_only else grid_ma
            self.sample = GridSample(now_ms, power, currents)
        self.decision = decide(self.settings, self.memory, self._state(now_ms), now_ms)
        self.memory = self.decision.memory
        for command in self.decision.commands:
            self.cars[command.charger].tell(max(command.limit_ma), self.second)
            self.log.append((self.second, command))
        self.second += 1

    def _state(self, now_ms: int) -> State:
        return State(
            self.sample,
            tuple(
                ChargerState(
                    key,
                    self.mode,
                    online=True,
                    limit_ma=tuple(car.limit_ma * on for on in car.phases),
                    measured_ma=car.currents() if car.measures else None,
                    measured_at_ms=now_ms if car.measures else None,
                )
                for key, car in self.cars.items()
            ),
        )

    def _grid(self, row: Row) -> tuple[int, int, int]:
        sun, *house = row
        cars = [car.currents() for car in self.cars.values()]
        one, two, three = (
            (house[phase] - sun // 3) * 1000 // VOLT + sum(car[phase] for car in cars)
            for phase in range(3)
        )
        return one, two, three

    def _count(self, row: Row, grid_ma: tuple[int, int, int]) -> None:
        grid_w = sum(grid_ma) * VOLT / 1000
        car_w = sum(sum(car.currents()) for car in self.cars.values()) * VOLT / 1000
        self.car_wh += car_w / 3600
        self.car_from_grid_wh += max(0, min(grid_w, car_w)) / 3600
        self.sun_wh += row[0] / 3600
        self.export_wh += max(0, -grid_w) / 3600
        over = max(
            current - fuse
            for current, fuse in zip(grid_ma, self.settings.fuse_ma, strict=True)
        )
        self.run_s = self.run_s + 1 if over > 0 else 0
        self.longest_over_s = max(self.longest_over_s, self.run_s)
        self.worst_over_ma = max(self.worst_over_ma, over)
        if over > 0:
            self.over_s += 1
            self.over_a2s += (over / 1000) ** 2
