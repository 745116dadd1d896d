"""Chargers without a measurement: does the grid follow a step of their limit?"""

from itertools import pairwise

from charging_house import House, settings_for
import pytest

from custom_components.meters_and_chargers.engine.charging import (
    ChargerMemory,
    ChargerSettings,
    Mode,
    Reason,
)

BLIND = ChargerSettings(key="a")
SUNNY = (-12_200, -12_200, -12_200)


def house_for(mode: Mode, *, car: bool, **others: int) -> House:
    """Return a house with one charger that does not measure, with or without a car."""
    house = House(settings_for(BLIND, **others), modes={"a": mode}, unmeasured={"a"})
    house.draws = {} if car else {"a": 0}
    return house


def memory(house: House) -> ChargerMemory:
    """Return what is remembered of the charger."""
    return house.memory.chargers[0]


@pytest.mark.parametrize("total_only", [False, True])
def test_fast_rises_once_the_start_was_followed(*, total_only: bool) -> None:
    """The minimum first; when the grid has followed it, the maximum."""
    house = house_for(Mode.FAST, car=True)
    house.total_only = total_only
    house.run(3)
    assert (house.limit(), house.reason()) == (6_000, Reason.STARTING)
    house.run(4)
    assert memory(house).drawing
    house.run(31)
    assert (house.limit(), house.reason()) == (16_000, Reason.FAST)


def test_without_a_car_the_minimum_is_offered() -> None:
    """A charger nobody draws from keeps its minimum, with a probe now and then."""
    house = house_for(Mode.FAST, car=False).run(300)
    assert not memory(house).drawing
    assert {limit for _, _, limit in house.writes} == {6_000, 7_000}
    probes = [second for second, _, limit in house.writes if limit == 7_000]
    assert len(probes) >= 3
    assert all(later - sooner >= 60 for sooner, later in pairwise(probes))


def test_probe_finds_a_car_that_comes_later() -> None:
    """A car plugged in while the minimum is offered is found by the next probe."""
    house = house_for(Mode.FAST, car=False).run(100)
    house.draws = {}
    house.run(150)
    assert house.limit() == 16_000


def test_solar_follows_the_sun_once_the_car_draws() -> None:
    """A confirmed car gets what the sun gives."""
    house = house_for(Mode.SOLAR, car=True)
    house.base_ma = SUNNY
    house.run(130)
    assert (house.limit(), house.reason()) == (12_000, Reason.SOLAR)


def test_solar_probes_only_with_sun_to_spare() -> None:
    """With sun for the minimum alone there is no probing step."""
    house = house_for(Mode.SOLAR, car=False)
    house.base_ma = (-6_200, -6_200, -6_200)
    house.run(62)
    house.base_ma = (-800, -800, -800)
    house.run(150)
    assert {limit for _, _, limit in house.writes} == {6_000}
    house.base_ma = SUNNY
    house.run(100)
    assert house.reason() is Reason.STARTING
    assert 7_000 in {limit for _, _, limit in house.writes}


def test_unconfirmed_charger_leaves_the_sun_to_others() -> None:
    """Without a car it counts as nothing for the sun, but is reserved for the fuse."""
    other = ChargerSettings(key="b")
    house = House(
        settings_for(BLIND, other), unmeasured={"a"}, draws={"a": 0}, base_ma=SUNNY
    ).run(300)
    assert (house.limit("a"), house.limit("b")) == (6_000, 12_000)
    house.modes["b"] = Mode.FAST
    house.base_ma = (4_000, 0, 0)
    house.run(40)
    assert house.limit("b") == 14_000


def test_load_on_one_phase_is_no_car() -> None:
    """A kettle on one phase does not confirm a car on three."""
    house = house_for(Mode.FAST, car=False).run(4)
    house.base_ma = (6_000, 0, 0)
    house.run(10)
    assert not memory(house).drawing


def test_unequal_rise_is_no_car() -> None:
    """Phases that rise very differently are the house's doing."""
    house = house_for(Mode.FAST, car=False).run(4)
    house.base_ma = (3_000, 9_000, 3_000)
    house.run(10)
    assert not memory(house).drawing


def test_rise_far_beyond_the_step_is_no_car() -> None:
    """A large cloud during the small probing step proves nothing."""
    house = house_for(Mode.FAST, car=False).run(66)
    assert house.limit() == 7_000
    house.base_ma = (5_000, 5_000, 5_000)
    house.run(10)
    assert not memory(house).drawing


def test_cloud_taken_for_a_car_corrects_itself() -> None:
    """A cloud that looked like the start is found out at the next step."""
    house = house_for(Mode.FAST, car=False).run(5)
    house.base_ma = (6_000, 6_000, 6_000)
    house.run(4)
    assert memory(house).drawing
    house.base_ma = (0, 0, 0)
    house.run(60)
    assert not memory(house).drawing
    house.run(10)
    assert house.limit() in {6_000, 7_000}


def test_reduction_that_is_followed_confirms_a_car() -> None:
    """After a restart in mid-charge the step down to the minimum shows the car."""
    house = house_for(Mode.FAST, car=True)
    house.limits = {"a": 14_000}
    house.run(1)
    assert house.limit() == 6_000
    house.run(4)
    assert memory(house).drawing
    house.run(40)
    assert house.limit() == 16_000


def test_car_that_leaves_is_noticed_at_the_next_step() -> None:
    """When the sun seems to grow because the car left, the step up finds it out."""
    house = house_for(Mode.SOLAR, car=True)
    house.base_ma = SUNNY
    house.run(130)
    house.draws = {"a": 0}
    house.run(60)
    assert (memory(house).drawing, house.limit()) == (False, 6_000)


def test_step_overtaken_by_the_fuse_proves_nothing() -> None:
    """A reduction within a step's window ends the test without a result."""
    house = house_for(Mode.FAST, car=True).run(60)
    house.base_ma = (14_000, 14_000, 14_000)
    house.run(2)
    assert house.limit() == 10_000
    assert memory(house).step is not None
    house.base_ma = (18_000, 18_000, 18_000)
    house.run(2)
    assert house.limit() == 7_000
    assert (memory(house).step, memory(house).drawing) == (None, True)


def test_reduction_not_seen_yet_is_not_repeated() -> None:
    """While a step settles the old limit still counts as what the car draws."""
    house = house_for(Mode.FAST, car=True).run(60)
    house.base_ma = (14_000, 0, 0)
    house.draws = {"a": 16_000}
    house.run(1)
    assert house.limit() == 10_000
    house.limits["a"] = 16_000
    sample = house.measure()
    house.limits["a"] = 10_000
    house.meter = False
    house.second += 1
    house.sample = sample
    house.run(1)
    assert house.limit() == 10_000


def test_measurement_ends_the_guessing() -> None:
    """A charger that begins to measure needs no step to be believed."""
    house = house_for(Mode.FAST, car=True).run(3)
    assert memory(house).step is not None
    house.unmeasured = set()
    house.run(2)
    assert memory(house).step is None


def test_meter_that_changes_its_kind_is_compared_with_its_own_kind() -> None:
    """Samples with and without phase currents are not compared."""
    house = house_for(Mode.FAST, car=True).run(3)
    house.total_only = True
    house.run(2)
    assert not memory(house).drawing


def test_charger_with_a_single_limit_is_not_probed() -> None:
    """Where minimum and maximum are the same there is nothing to try."""
    fixed = ChargerSettings(key="a", maximum_ma=6_000)
    house = House(settings_for(fixed), modes={"a": Mode.FAST}, unmeasured={"a"})
    house.draws = {"a": 0}
    house.run(200)
    assert {limit for _, _, limit in house.writes} == {6_000}


def test_stop_ends_the_drawing() -> None:
    """A charger at 0 draws nothing."""
    house = house_for(Mode.FAST, car=True).run(60)
    house.modes["a"] = Mode.OFF
    house.run(2)
    assert not memory(house).drawing
