"""The minimum in any case, and the sun above it."""

from charging_house import House, settings_for
import pytest
from test_charging_surplus import ONE, sun

from custom_components.meters_and_chargers.engine.charging import (
    ChargerSettings,
    Mode,
    Reason,
)

TWO = ChargerSettings(key="b")


def min_solar_house(
    *chargers: ChargerSettings, ampere: float = 0, **others: int
) -> House:
    """Return a house whose chargers are all to have their minimum in any case."""
    chargers = chargers or (ONE,)
    modes = {one.key: Mode.MIN_SOLAR for one in chargers}
    house = House(settings_for(*chargers, **others), modes=modes)
    house.base_ma = sun(ampere)
    return house


def test_charges_at_the_minimum_at_once_and_always() -> None:
    """Without sun it starts with the second sample and never stops."""
    house = min_solar_house().run(3)
    assert house.limit() == 6_000
    house.run(1_000)
    assert (house.limit(), house.reason()) == (6_000, Reason.SOLAR_MIN)
    assert house.until_s() is None
    assert len(house.writes) == 1


def test_follows_the_sun_above_the_minimum() -> None:
    """What the sun gives beyond the minimum is taken, and given back."""
    house = min_solar_house(ampere=10.2).run(60)
    assert (house.limit(), house.reason()) == (10_000, Reason.SOLAR)
    house.base_ma = sun(3)
    house.run(4)
    assert (house.limit(), house.reason()) == (6_000, Reason.SOLAR_MIN)


def test_sun_that_just_covers_the_minimum_pays_for_all_of_it() -> None:
    """Within the residual power nothing is imported: the reason is the sun."""
    house = min_solar_house(ampere=6.1, residual_w=500).run(10)
    assert (house.limit(), house.reason()) == (6_000, Reason.SOLAR)
    house.base_ma = sun(5.9)
    house.run(2)
    assert house.reason() is Reason.SOLAR_MIN


def test_needs_no_rest_after_a_stop() -> None:
    """Neither the start delay nor the minimum off time of solar mode holds it up."""
    house = min_solar_house(min_on_ms=0, stop_delay_ms=10_000)
    house.modes["a"] = Mode.SOLAR
    house.limits["a"] = 6_000
    house.run(20)
    assert house.limit() == 0
    house.modes["a"] = Mode.MIN_SOLAR
    house.run(3)
    assert house.limit() == 6_000


def test_fuse_always_wins() -> None:
    """Where the minimum does not fit it isn't offered, and it is paused if need be."""
    house = min_solar_house()
    house.base_ma = (20_000, 0, 0)
    house.run(20)
    assert (house.limit(), house.reason()) == (0, Reason.FUSE_FULL)
    house.base_ma = (0, 0, 0)
    house.run(70)
    assert house.limit() == 6_000
    house.base_ma = (30_000, 0, 0)
    house.run(10)
    assert (house.limit(), house.reason()) == (0, Reason.FUSE_PAUSE)


def test_minimums_count_before_the_surplus_is_shared() -> None:
    """A solar charger, even a more important one, gets only what they leave."""
    solar = ChargerSettings(key="a", priority=5)
    house = min_solar_house(solar, TWO, ampere=14.2, fuse_ma=63_000)
    house.modes["a"] = Mode.SOLAR
    house.run(5)
    assert (house.limit("a"), house.limit("b")) == (0, 6_000)
    house.run(200)
    assert (house.limit("a"), house.limit("b")) == (8_000, 6_000)
    house.base_ma = sun(11.5)
    house.run(600)
    assert (house.limit("a"), house.limit("b")) == (0, 11_000)
    assert house.reason("a") is Reason.SURPLUS_LOW


def test_minimum_without_a_car_takes_no_sun() -> None:
    """A charger that nobody draws from leaves all of the sun to the others."""
    house = min_solar_house(ONE, TWO, ampere=9.2)
    house.modes["b"] = Mode.SOLAR
    house.draws["a"] = 0
    house.run(200)
    assert (house.limit("a"), house.limit("b")) == (6_000, 9_000)
    assert house.reason("a") is Reason.CAR_NOT_TAKING


def test_car_without_a_measurement_is_found() -> None:
    """The first step shows the car; from then on it follows the sun."""
    house = min_solar_house(ampere=10.2)
    house.unmeasured = {"a"}
    house.run(100)
    assert (house.limit(), house.reason()) == (10_000, Reason.SOLAR)


@pytest.mark.parametrize(
    ("failsafe", "stale", "lost"), [(10_000, 10_000, 6_000), (5_000, 0, 0)]
)
def test_lost_meter_leaves_the_minimum(failsafe: int, stale: int, lost: int) -> None:
    """Stale: the failsafe current; lost: the minimum, if that current allows it."""
    house = min_solar_house(ampere=14.2, failsafe_ma=failsafe, fuse_ma=40_000).run(100)
    assert house.limit() == 14_000
    house.meter = False
    house.run(20)
    assert (house.limit(), house.reason()) == (stale, Reason.METER_STALE)
    house.run(60)
    assert (house.limit(), house.reason()) == (lost, Reason.METER_STALE)


def test_slow_meter_leaves_the_failsafe_current() -> None:
    """A meter that can't guard the fuse: never more than the failsafe current."""
    house = min_solar_house(ampere=14.2, grid_period_ms=5_000).run(200)
    assert house.limit() == 10_000


def test_charger_without_any_limit_stays_off() -> None:
    """A charger whose step leaves nothing between minimum and maximum never starts."""
    house = min_solar_house(ChargerSettings(key="a", step_ma=20_000)).run(10)
    assert house.limit() == 0


def test_other_bounds_are_acted_on_at_once() -> None:
    """A new maximum lowers within a sample, a new minimum raises, in every mode."""
    house = min_solar_house(ampere=14.2).run(100)
    assert house.limit() == 14_000
    house.settings = settings_for(
        ChargerSettings(key="a", maximum_ma=13_000, write_interval_ms=15_000)
    )
    house.run(1)
    assert house.limit() == 13_000
    assert house.decision is not None
    assert house.decision.commands[0].urgent
    house.base_ma = sun(0)
    house.run(30)
    assert house.limit() == 6_000
    house.settings = settings_for(ChargerSettings(key="a", minimum_ma=8_000))
    house.run(1)
    assert house.limit() == 8_000


def test_maximum_raised_in_fast_mode_needs_no_patience() -> None:
    """The user's new maximum is used at the next decision if the fuse has room."""
    house = min_solar_house(ChargerSettings(key="a", maximum_ma=10_000))
    house.modes["a"] = Mode.FAST
    house.run(30)
    assert house.limit() == 10_000
    house.settings = settings_for(ONE)
    house.run(1)
    assert house.limit() == 16_000


def test_unknown_limit_reserves_what_the_charger_can_draw() -> None:
    """The user's maximum says nothing about a charger that nobody has told it."""
    known = ChargerSettings(key="b", maximum_ma=8_000, rating_ma=16_000)
    house = min_solar_house(ONE, known)
    house.limits["b"] = None
    house.offline = {"b"}
    house.modes["a"] = Mode.FAST
    house.run(60)
    assert house.limit("a") == 8_000
