"""The controller on recorded days of sun, in a plant with a slow car."""

from charging_plant import Car, Plant, Row, day
import pytest

from custom_components.meters_and_chargers.engine.charging import (
    ChargerSettings,
    Command,
    Mode,
    Settings,
)

HOUR = 3_600


def plant_for(
    mode: Mode, fuse_ma: int = 25_000, *, measures: bool = True, step_ma: int = 100
) -> Plant:
    """Return a house with one charger."""
    charger = ChargerSettings(key="a", step_ma=step_ma)
    settings = Settings(fuse_ma=(fuse_ma,) * 3, chargers=(charger,))
    return Plant(settings, {"a": Car(measures=measures)}, mode)


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
    name: str, begin: int, share: float, writes: int, *, measures: bool
) -> None:
    """Over two hours nearly all of the car's energy is the sun's, with few writes."""
    plant = plant_for(Mode.SOLAR, measures=measures)
    plant.run(day(name, begin * HOUR, (begin + 2) * HOUR))
    assert plant.car_wh > 5_000
    assert 1 - plant.car_from_grid_wh / plant.car_wh >= share
    assert plant.cars["a"].writes <= writes
    assert plant.over_s == 0


@pytest.mark.parametrize("measures", [True, False])
def test_min_solar_charges_through_the_clouds(*, measures: bool) -> None:
    """Over two cloudy hours it starts once, and never falls below its minimum."""
    plant = plant_for(Mode.MIN_SOLAR, measures=measures)
    lowest = 16_000
    for row in day("cloud", 11 * HOUR, 13 * HOUR):
        plant.step(row)
        if plant.second > 60:
            lowest = min(lowest, plant.cars["a"].current_ma)
    assert lowest == 6_000
    assert plant.cars["a"].starts == 1
    assert plant.over_s == 0
    assert plant.car_wh > 10_000
    assert 1 - plant.car_from_grid_wh / plant.car_wh >= 0.8


def test_cloudy_day_needs_few_writes() -> None:
    """With steps of 1 A a whole cloudy day costs at most 300 writes and no energy."""
    plant = plant_for(Mode.SOLAR, step_ma=1_000).run(day("cloud"))
    assert plant.cars["a"].writes <= 300
    assert plant.car_wh - plant.car_from_grid_wh > 40_000


def test_fuse_is_not_overloaded_because_of_us() -> None:
    """At full power every overload ends soon after the house has caused it.

    Ours is an overload in which the car draws more than its minimum for longer than
    a sample, a write and the car need, or anything after the longest patience.
    """
    plant = plant_for(Mode.FAST)
    ours = 0
    for row in day("cloud", 11 * HOUR, 13 * HOUR):
        plant.step(row)
        current = plant.cars["a"].current_ma
        ours += plant.run_s > 8 and current > 6_000
        ours += plant.run_s > 20 and current > 0
    assert ours == 0
    assert plant.car_wh > 18_000


def test_overload_is_answered_within_seconds() -> None:
    """A hob that overloads the fuse: told within 2 s, obeyed within 5 s."""
    plant = plant_for(Mode.FAST)
    plant.run(iter([(0, 500, 500, 500)] * 60))
    plant.run(iter([(0, 4_000, 500, 500)] * 60))
    assert plant.log[-1][0] <= 61
    assert plant.longest_over_s <= 5


def test_meter_that_dies_leads_to_the_failsafe_in_time() -> None:
    """The car is at the failsafe current within 12 s of the last good sample."""
    plant = plant_for(Mode.FAST)
    quiet: Row = (0, 500, 500, 500)
    plant.run(iter([quiet] * 61))
    last = plant.second - 1
    plant.meter_works = False
    while plant.cars["a"].current_ma > 10_000:
        plant.step(quiet)
    assert plant.second - 1 - last <= 12
    assert plant.log[-1][1] == Command("a", (10_000,) * 3, urgent=True)


def test_total_power_meter_steers_by_the_sun() -> None:
    """Without phase currents the sun is followed as well."""
    plant = plant_for(Mode.SOLAR, fuse_ma=40_000)
    plant.total_only = True
    plant.run(day("clear", 11 * HOUR, 12 * HOUR))
    assert plant.car_wh > 4_000
    assert plant.car_from_grid_wh < 200


def test_constant_sun_needs_no_more_writes() -> None:
    """With a slow car too the limit settles within a minute and stays."""
    plant = plant_for(Mode.SOLAR)
    row: Row = (7_000, 300, 300, 300)
    plant.run(iter([row] * 180))
    writes = plant.cars["a"].writes
    plant.run(iter([row] * 600))
    assert plant.cars["a"].writes == writes


def test_car_plugged_in_later_is_found_without_a_measurement() -> None:
    """A charger that does not measure finds its car within two probes."""
    plant = plant_for(Mode.FAST, measures=False)
    plant.cars["a"].plugged = False
    quiet: Row = (0, 500, 500, 500)
    plant.run(iter([quiet] * 200))
    plant.cars["a"].plugged = True
    plant.run(iter([quiet] * 200))
    assert plant.cars["a"].current_ma == 16_000
