"""The fake house is the plant it says it is."""

import asyncio
from collections import defaultdict
import csv
from pathlib import Path

import pytest

from simulators.car import Car
from simulators.day import load_day
from simulators.house import FuseBook, House, first_surplus

DATA = Path(__file__).with_name("data")


def _charge(house: House, amperes: float, seconds: int) -> None:
    house.cars[0].set_limit(amperes)
    house.cars[0].set_enabled(True)
    for _ in range(seconds):
        house.step()


def test_replayed_commands_give_the_known_figures() -> None:
    """The commands that another controller gave bring the figures it counted."""
    commands = defaultdict(list)
    with (DATA / "day_clear_solar_3p_1A_30s.csv").open(encoding="ascii") as file:
        for row in csv.DictReader(file):
            commands[int(row["t_s"])].append((row["command"], row["value"]))
    house = House("clear")
    (car,) = house.cars
    writes = 0
    while house.seconds < 86_400:
        house.step()
        for command, value in commands[house.seconds]:
            writes += 1
            if command == "limit":
                car.set_limit(float(value))
            else:
                car.set_enabled(value == "true")
    assert round(house.car_wh / 1000, 1) == 50.3
    assert round(house.sun_used * 100, 1) == 88.1
    assert round(house.car_wh_from_grid / 1000, 2) == 0.69
    assert house.car_wh_from_sun == pytest.approx(49_620, abs=20)
    assert house.starts == 3
    assert writes == 117
    balance = house.import_wh + house.sun_wh - house.export_wh
    assert balance == pytest.approx(house.house_wh + house.car_wh)


def test_a_car_starts_and_rises_as_told() -> None:
    """After 15 s of start a current rises by 4 A a second to its limit."""
    house = House("clear")
    _charge(house, 10, 15)
    (car,) = house.cars
    assert (car.current_a, car.starts) == (0, 1)
    seen = []
    for _ in range(4):
        house.step()
        seen.append(car.current_a)
    assert seen == [4, 8, 10, 10]
    assert car.power_w == 6900


def test_a_new_limit_is_obeyed_three_seconds_later() -> None:
    """A lower limit holds after three more seconds of the old one."""
    house = House("clear")
    _charge(house, 16, 40)
    house.cars[0].set_limit(7)
    seen = []
    for _ in range(4):
        house.step()
        seen.append(house.cars[0].current_a)
    assert seen == [16, 16, 16, 7]


def test_a_car_takes_no_more_than_it_can() -> None:
    """A limit above 16 A draws 16 A, one below 6 A nothing."""
    house = House("clear")
    _charge(house, 32, 40)
    assert house.cars[0].current_a == 16
    _charge(house, 5.9, 4)
    assert house.cars[0].current_a == 0


def test_disabled_charging_ends_at_once() -> None:
    """Disabled charging ends with the next second, and starts anew after 15 s."""
    house = House("clear")
    _charge(house, 16, 40)
    house.cars[0].set_enabled(False)
    house.step()
    assert house.cars[0].current_a == 0
    _charge(house, 16, 15)
    assert house.cars[0].current_a == 0
    _charge(house, 16, 1)
    assert house.cars[0].current_a == 4
    assert house.starts == 2


def test_a_phase_change_takes_its_time() -> None:
    """A change of phases costs 40 s and a start, and leaves L1 alone."""
    house = House("clear")
    _charge(house, 16, 40)
    (car,) = house.cars
    car.set_phases(1)
    car.set_phases(1)
    for _ in range(55):
        house.step()
        assert car.current_a == 0
    house.step()
    assert car.phase_power_w == (920, 0, 0)
    assert (car.starts, car.phase_changes) == (2, 1)
    with pytest.raises(ValueError, match="not 2"):
        car.set_phases(2)


def test_a_full_or_absent_car_draws_nothing() -> None:
    """A car stops when it is full, and starts only when it is plugged in."""
    house = House("clear", cars=(Car("full", capacity_wh=100), Car("away")))
    full, away = house.cars
    away.connected = False
    for car in house.cars:
        car.set_limit(16)
        car.set_enabled(True)
    for _ in range(120):
        house.step()
    assert full.finished
    assert 100 <= full.energy_wh < 104
    assert (full.current_a, away.starts, away.energy_wh) == (0, 0, 0)
    assert {"full_power", "away_power"} <= house.truths.keys()


def test_the_grid_bears_house_and_car_less_the_sun() -> None:
    """Each phase carries its household and its car less a third of the sun."""
    house = House("clear", 40_000)
    day = load_day("clear")
    _charge(house, 16, 60)
    for phase in range(3):
        expected = day.house_w[phase][40_059] + 230 * 16 - day.sun_w[40_059] / 3
        assert house.grid.power_w[phase] == pytest.approx(expected)
        assert house.grid.current_a(phase) == pytest.approx(abs(expected) / 230)
    truths = house.truths
    assert truths["power"] == pytest.approx(sum(house.grid.power_w))
    assert truths["sun_power"] == day.sun_w[40_059]
    assert truths["car_current"] == 16


def test_an_appliance_is_seen_at_once() -> None:
    """What is switched on belongs to the household, on its phase, until it is off."""
    house = House("clear", 40_000)
    household, powers = house.house_w, list(house.grid.power_w)
    house.switch(1, 2000)
    assert house.house_w == pytest.approx(household + 2000)
    assert house.grid.power_w == pytest.approx([powers[0], powers[1] + 2000, powers[2]])
    house.switch(1, 0)
    assert house.grid.power_w == pytest.approx(powers)


def test_a_station_may_be_wired_to_another_phase() -> None:
    """A car on one phase loads the phase of the house that its station calls L1."""
    house = House("clear", 40_000, cars=[Car(phases=1, first_phase=2)])
    _charge(house, 10, 60)
    (car,) = house.cars
    assert car.phase_power_w == (2300, 0, 0)
    day = load_day("clear")
    for phase, load in enumerate((0, 0, 2300)):
        household = day.house_w[phase][40_059]
        expected = household + load - day.sun_w[40_059] / 3
        assert house.grid.power_w[phase] == pytest.approx(expected)


def test_reactive_power_follows_the_household() -> None:
    """With a tan phi, current and power factor fit active and reactive power."""
    house = House("clear", 40_000, household_tan_phi=0.5)
    house.step()
    truths = house.truths
    assert truths["reactive_power_import"] == pytest.approx(house.house_w / 2)
    apparent = truths["voltage_l1"] * truths["current_l1"]
    assert apparent**2 == pytest.approx(
        truths["power_l1"] ** 2 + truths["reactive_power_import_l1"] ** 2
    )
    assert truths["power_factor_l1"] == pytest.approx(truths["power_l1"] / apparent)


def test_speed_hastens_sun_and_household_alone() -> None:
    """At speed 60 a step replays a minute, while a counter counts a second."""
    house = House("clear", 43_000, speed=60)
    before = house.grid.counters["energy_export"][0]
    house.step()
    assert house.trace_s == 43_060
    counted = house.grid.counters["energy_export"][0] - before
    assert counted == pytest.approx(house.truths["power_export"] / 3600)
    for _ in range(1000):
        house.step()
    assert house.trace_s == (43_000 + 60 * 1001) % 86_400


def test_two_houses_live_the_same_day() -> None:
    """Nothing in the house is left to chance."""
    one, other = House("cloud", 50_000), House("cloud", 50_000)
    for _ in range(30):
        one.step()
        other.step()
    assert one.truths == other.truths


def test_the_fuse_book_tells_whose_fault_it_is() -> None:
    """A second counts against a car only where its phase would be well without."""
    book = FuseBook(25)
    book.count([25.005, 0, 0], [10, 0, 0])
    book.count([27, 0, 0], [11, 0, 0])
    book.count([30, 20, 0], [28, 4, 0])
    book.count([10, 10, 10], [10, 10, 10])
    book.count([26, 0, 0], [10, 0, 0])
    assert (book.seconds_over, book.seconds_over_by_car) == (3, 2)
    assert (book.longest_s, book.largest_a) == (2, 5)
    assert book.square_a2s == pytest.approx(4 + 25 + 1, abs=0.001)


def test_history_gives_the_truth_of_a_time() -> None:
    """History keeps 600 s and answers with the last second before a time."""
    house = House("clear", 30_000)
    for _ in range(601):
        house.step()
    assert len(house.history) == 600
    some = house.history[10]
    assert house.truth_at(house.history[0].wall - 1) is None
    assert house.truth_at(house.history[-1].wall + 1) == house.truths
    found = house.truth_at(some.wall)
    assert found is not None
    assert found.keys() == some.truths.keys()


@pytest.mark.parametrize("watts", [1380, 4140])
def test_first_surplus_lasts(watts: float) -> None:
    """From the second found on the surplus is there, now and in the mean."""
    second = first_surplus("clear", watts)
    day = load_day("clear")
    assert day.surplus_w(second) >= watts
    assert sum(day.surplus_w(second + n) for n in range(600)) >= 600 * watts
    with pytest.raises(ValueError, match="never"):
        first_surplus("clear", 50_000)


def test_a_larger_roof_has_more_sun() -> None:
    """The sun is multiplied, the household is not; the surplus comes earlier."""
    small, large = House("clear", 43_200), House("clear", 43_200, roof=1.5)
    small.step()
    large.step()
    assert large.sun_w == pytest.approx(1.5 * small.sun_w)
    assert large.house_w == small.house_w
    assert first_surplus("clear", 6000, roof=1.5) < first_surplus("clear", 6000)


def test_what_the_grid_delivers_is_shared_by_the_cars() -> None:
    """At night none of their energy is the sun's, at noon all of it."""
    for second, of_the_sun in ((0, 0.0), (45_000, 1.0)):
        cars = [Car("one", phases=1), Car("two", phases=1)]
        house = House("clear", second, cars=cars)
        for car, amperes in zip(cars, (6, 12), strict=True):
            car.set_limit(amperes)
            car.set_enabled(True)
        for _ in range(60):
            house.step()
        one, two = cars
        assert two.energy_wh > one.energy_wh > 0
        assert one.sun_wh == pytest.approx(of_the_sun * one.energy_wh)
        assert two.sun_wh == pytest.approx(of_the_sun * two.energy_wh)
        total = house.car_wh_from_sun
        assert one.sun_wh + two.sun_wh == pytest.approx(total, abs=1e-9)


async def test_run_steps_until_stopped() -> None:
    """A running house tells its subscribers after each step until it is stopped."""
    house = House("clear", 30_000)
    stop = asyncio.Event()
    heard: list[int] = []

    def _heard() -> None:
        heard.append(house.seconds)
        if house.seconds == 2:
            unsubscribe()
            stop.set()

    unsubscribe = house.subscribe(_heard)
    async with asyncio.timeout(20):
        await house.run(stop)
    house.step()
    assert heard == [1, 2]
