"""The controller on recorded days of sun, in a plant with a slow car."""

from collections.abc import Iterable

import pytest

from custom_components.meters_and_chargers.engine.charging import (
    ChargerSettings,
    Command,
    Mode,
    Settings,
)
from simulators.day import DayName, load_day
from simulators.plant import Managed, Row, Station, rows

HOUR = 3_600


def day(name: DayName, begin_h: int = 0, end_h: int = 24) -> Iterable[Row]:
    """Return some hours of a recorded day."""
    return rows(load_day(name), begin_h * HOUR, end_h * HOUR)


def house_for(
    mode: Mode, fuse_ma: int = 25_000, *, measures: bool = True, step_ma: int = 100
) -> Managed:
    """Return a house with one charger."""
    charger = ChargerSettings(key="a", step_ma=step_ma)
    settings = Settings(fuse_ma=(fuse_ma,) * 3, chargers=(charger,))
    return Managed(settings, {"a": Station(mode=mode, measures=measures)})


@pytest.mark.parametrize(
    ("name", "begin", "measures", "share", "writes"),
    [
        ("clear", 9, True, 0.98, 40),
        ("cloud", 11, True, 0.88, 420),
        ("clear", 9, False, 0.98, 40),
        ("cloud", 11, False, 0.87, 420),
    ],
)
def test_solar_charging_takes_its_energy_from_the_sun(
    name: DayName, begin: int, share: float, writes: int, *, measures: bool
) -> None:
    """Over two hours nearly all of the car's energy is the sun's, with few writes."""
    house = house_for(Mode.SOLAR, measures=measures)
    house.run(day(name, begin, begin + 2))
    assert house.plant.car_wh > 5_000
    assert 1 - house.plant.car_from_grid_wh / house.plant.car_wh >= share
    assert house.plant.writes <= writes
    assert house.plant.fuse.seconds_over == 0


@pytest.mark.parametrize("measures", [True, False])
def test_min_solar_charges_through_the_clouds(*, measures: bool) -> None:
    """Over two cloudy hours it starts once, and never falls below its minimum."""
    house = house_for(Mode.MIN_SOLAR, measures=measures)
    lowest = 16.0
    for row in day("cloud", 11, 13):
        house.step(row)
        if house.plant.second > 60:
            lowest = min(lowest, house.plant.stations["a"].car.current_a)
    assert lowest == 6
    assert house.plant.starts == 1
    assert house.plant.fuse.seconds_over == 0
    assert house.plant.car_wh > 10_000
    assert 1 - house.plant.car_from_grid_wh / house.plant.car_wh >= 0.8


def test_cloudy_day_needs_few_writes() -> None:
    """With steps of 1 A a whole cloudy day costs at most 300 writes and no energy."""
    house = house_for(Mode.SOLAR, step_ma=1_000).run(day("cloud"))
    assert house.plant.writes <= 300
    assert house.plant.car_wh - house.plant.car_from_grid_wh > 40_000


def test_fuse_is_not_overloaded_because_of_us() -> None:
    """At full power every overload ends soon after the house has caused it.

    Ours is an overload in which the car draws more than its minimum for longer than
    a sample, a write and the car need, or anything after the longest patience.
    """
    house = house_for(Mode.FAST)
    ours = 0
    for row in day("cloud", 11, 13):
        house.step(row)
        current_a = house.plant.stations["a"].car.current_a
        ours += house.plant.by_car_s > 9 and current_a > 6
        ours += house.plant.by_car_s > 20 and current_a > 0
    assert ours == 0
    assert house.plant.car_wh > 18_000


def test_overload_is_answered_within_seconds() -> None:
    """A hob that overloads the fuse: told within 2 s, obeyed within 5 s."""
    house = house_for(Mode.FAST)
    house.run(iter([(0, 500, 500, 500)] * 60))
    before = len(house.log)
    house.run(iter([(0, 4_000, 500, 500)] * 60))
    assert house.log[before][0] <= 61
    assert house.plant.fuse.longest_s <= 5


def test_meter_that_dies_leads_to_the_failsafe_in_time() -> None:
    """At most 12 s of more than the failsafe current follow the last good sample."""
    house = house_for(Mode.FAST)
    quiet: Row = (0, 500, 500, 500)
    house.run(iter([quiet] * 61))
    house.meter_works = False
    above_s = -1
    while house.plant.stations["a"].car.current_a > 10:
        house.step(quiet)
        above_s += 1
    assert above_s <= 12
    assert house.log[-1][1] == Command("a", (10_000,) * 3, urgent=True)


def test_total_power_meter_steers_by_the_sun() -> None:
    """Without phase currents the sun is followed as well."""
    house = house_for(Mode.SOLAR, fuse_ma=40_000)
    house.total_only = True
    house.run(day("clear", 11, 12))
    assert house.plant.car_wh > 4_000
    assert house.plant.car_from_grid_wh < 200


def test_constant_sun_needs_no_more_writes() -> None:
    """With a slow car too the limit settles within a minute and stays."""
    house = house_for(Mode.SOLAR)
    row: Row = (7_000, 300, 300, 300)
    house.run(iter([row] * 180))
    writes = house.plant.writes
    house.run(iter([row] * 600))
    assert house.plant.writes == writes


def test_car_plugged_in_later_is_found_without_a_measurement() -> None:
    """A charger that does not measure finds its car within two probes."""
    house = house_for(Mode.FAST, measures=False)
    station = house.plant.stations["a"]
    station.plug(connected=False)
    quiet: Row = (0, 500, 500, 500)
    house.run(iter([quiet] * 200))
    station.plug(connected=True)
    house.run(iter([quiet] * 200))
    assert station.car.current_a == 16
