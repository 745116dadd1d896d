"""The fake house: recorded sun and household, cars, and the grid between them."""

import asyncio
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from math import sin
import time

from .car import VOLTAGE_V, Car
from .day import DAY_SECONDS, DayName, load_day
from .grid import Grid

HISTORY_S = 600
# A second counts as over the fuse from this much on, A: the meter's own noise.
OVER_A = 0.01
# After a longer stall the missed seconds are given up instead of made up.
MOST_MADE_UP_S = 5


@dataclass(slots=True)
class FuseBook:
    """What a fuse had to bear above its rating; A, s, A²s."""

    fuse_a: float
    seconds_over: int = 0
    longest_s: int = 0
    largest_a: float = 0.0
    square_a2s: float = 0.0
    seconds_over_by_car: int = 0
    _run_s: int = 0

    def count(
        self, currents_a: Sequence[float], without_car_a: Sequence[float]
    ) -> None:
        """Count one second of the phase currents, with the cars and without."""
        over = max(currents_a) - self.fuse_a
        self.largest_a = max(self.largest_a, over)
        self.square_a2s += max(over, 0.0) ** 2
        if over <= OVER_A:
            self._run_s = 0
            return
        self._run_s += 1
        self.seconds_over += 1
        self.longest_s = max(self.longest_s, self._run_s)
        self.seconds_over_by_car += any(
            current > self.fuse_a + OVER_A and without <= self.fuse_a + OVER_A
            for current, without in zip(currents_a, without_car_a, strict=True)
        )


@dataclass(frozen=True, slots=True)
class Moment:
    """The truth of one second, by the names of `House.truths`."""

    monotonic: float
    wall: float
    truths: dict[str, float]


def first_surplus(
    day: DayName, watts: float, mean_s: int = 600, roof: float = 1.0
) -> int:
    """Find the first second of a day from which the surplus stays above a power.

    That second's surplus and the mean of the `mean_s` seconds from it reach `watts`;
    `roof` as for a `House`.
    """
    trace = load_day(day)
    surplus = [trace.surplus_w(second, roof) for second in range(DAY_SECONDS)]
    total = sum(surplus[:mean_s])
    for second in range(DAY_SECONDS - mean_s):
        if surplus[second] >= watts and total >= watts * mean_s:
            return second
        total += surplus[second + mean_s] - surplus[second]
    raise ValueError(f"day {day} never has a surplus of {watts} W")


class House:
    """A house that lives one second a step; W, A, Wh.

    `speed` hastens the sun and the household; cars, timers and counters keep to
    real time. `roof` is how much larger its roof is than the recorded one.
    `household_tan_phi` is var for each W of the household.
    """

    def __init__(
        self,
        day: DayName = "clear",
        start_s: int = 0,
        *,
        speed: float = 1.0,
        roof: float = 1.0,
        cars: Sequence[Car] | None = None,
        fuse_a: float = 25.0,
        household_tan_phi: float = 0.0,
    ) -> None:
        """Put the house at a second of a recorded day, with a fuse of `fuse_a`."""
        self.day = load_day(day)
        self.speed = speed
        self.roof = roof
        self.cars = tuple(cars) if cars is not None else (Car(),)
        self.grid = Grid()
        self.fuse = FuseBook(fuse_a)
        self.household_tan_phi = household_tan_phi
        self.seconds = 0
        self.missed_s = 0
        self.sun_w = 0.0
        self.house_w = 0.0
        self.sun_wh = 0.0
        self.house_wh = 0.0
        self.import_wh = 0.0
        self.export_wh = 0.0
        self.car_wh = 0.0
        self.car_wh_from_grid = 0.0
        self.history: deque[Moment] = deque(maxlen=HISTORY_S)
        self._appliance_w = [0.0, 0.0, 0.0]
        self._trace_s = float(start_s)
        self._without_car_w = [0.0, 0.0, 0.0]
        self._subscribers: list[Callable[[], None]] = []
        # A meter shows the house before its first second is over.
        self._flow(self.trace_s)

    @property
    def trace_s(self) -> int:
        """The second of the recorded day that the next step replays."""
        return int(self._trace_s) % DAY_SECONDS

    @property
    def car_w(self) -> float:
        """Power of all cars, W."""
        return sum(car.power_w for car in self.cars)

    @property
    def car_wh_from_sun(self) -> float:
        """Energy of the cars that the grid did not deliver, Wh."""
        return self.car_wh - self.car_wh_from_grid

    @property
    def sun_used(self) -> float:
        """Share of the sun that did not leave the house, 0 to 1."""
        return 1 - self.export_wh / self.sun_wh if self.sun_wh else 0.0

    @property
    def starts(self) -> int:
        """How often a car began to charge."""
        return sum(car.starts for car in self.cars)

    def subscribe(self, heard: Callable[[], None]) -> Callable[[], None]:
        """Have a function called after each step; call the result to end it."""
        self._subscribers.append(heard)
        return lambda: self._subscribers.remove(heard)

    def switch(self, phase: int, watts: float) -> None:
        """Have an appliance take a power on a phase from now on, W; 0 is off."""
        self._appliance_w[phase] = watts
        self._flow(self.trace_s)

    def step(self) -> None:
        """Live one second: cars move, the grid is computed, figures are counted."""
        second = self.trace_s
        self._trace_s += self.speed
        self.seconds += 1
        for car in self.cars:
            car.step()
        self._flow(second)
        self._count()
        self.history.append(Moment(time.monotonic(), time.time(), dict(self._truths())))
        for heard in tuple(self._subscribers):
            heard()

    def _flow(self, second: int) -> None:
        self.sun_w = self.day.sun_w[second] * self.roof
        recorded = (phase[second] for phase in self.day.house_w)
        household = list(map(sum, zip(recorded, self._appliance_w, strict=True)))
        self.house_w = sum(household)
        self._without_car_w = [power - self.sun_w / 3 for power in household]
        power = list(self._without_car_w)
        for car in self.cars:
            for phase, on_phase in enumerate(car.phase_power_w):
                power[(phase + car.first_phase) % 3] += on_phase
        reactive = [self.household_tan_phi * phase for phase in household]
        self.grid.set(power, reactive)
        # A grid's frequency wanders by some hundredths within a minute.
        self.grid.frequency_hz = 50 + 0.02 * sin(self.seconds / 37)

    def _count(self) -> None:
        self.grid.count(1)
        self.fuse.count(
            [abs(power) / VOLTAGE_V for power in self.grid.power_w],
            [abs(power) / VOLTAGE_V for power in self._without_car_w],
        )
        total = self.grid.total_power_w
        self.sun_wh += self.sun_w / 3600
        self.house_wh += self.house_w / 3600
        self.import_wh += max(total, 0.0) / 3600
        self.export_wh += max(-total, 0.0) / 3600
        from_grid_w = min(max(total, 0.0), self.car_w)
        self.car_wh += self.car_w / 3600
        self.car_wh_from_grid += from_grid_w / 3600
        for car in self.cars:
            # What the grid delivers is shared by the cars as they draw.
            sun = 1 - from_grid_w / self.car_w if self.car_w else 0.0
            car.sun_wh += sun * car.power_w / 3600

    def _truths(self) -> Iterator[tuple[str, float]]:
        yield from self.grid.values()
        yield "sun_power", self.sun_w
        yield "house_power", self.house_w
        for car in self.cars:
            yield f"{car.name}_power", car.power_w
            yield f"{car.name}_current", car.current_a
            yield f"{car.name}_energy", car.energy_wh

    @property
    def truths(self) -> dict[str, float]:
        """Every true value of now, by name; the grid's as `Grid.values` names them."""
        return dict(self._truths())

    def truth_at(self, wall_time: float) -> dict[str, float] | None:
        """Give the truths of a time.time(); None where history doesn't reach."""
        for moment in reversed(self.history):
            if moment.wall <= wall_time:
                return moment.truths
        return None

    async def run(self, stop_event: asyncio.Event) -> None:
        """Step once a second of real time until told to stop."""
        loop = asyncio.get_running_loop()
        due = loop.time()
        while not stop_event.is_set():
            self.step()
            due += 1
            if (late := loop.time() - due) > MOST_MADE_UP_S:
                self.missed_s += int(late)
                due += int(late)
            with suppress(TimeoutError):
                async with asyncio.timeout_at(due):
                    await stop_event.wait()
