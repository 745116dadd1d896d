"""Small changes of the sun: which are written, and when."""

from dataclasses import replace

from charging_house import House, settings_for
import pytest
from test_charging_surplus import FINE, ONE, solar_house, sun

from custom_components.meters_and_chargers.engine.charging import (
    ChargerSettings,
    Mode,
    Reason,
)


def test_least_changes_are_never_written() -> None:
    """A change below 0.3 A is not worth a write, however long it lasts."""
    house = solar_house(FINE, ampere=10)
    writes = len(house.writes)
    house.base_ma = sun(10.2)
    house.run(60)
    house.base_ma = sun(9.8)
    house.run(60)
    assert len(house.writes) == writes
    house.base_ma = sun(10.4)
    house.run(32)
    assert house.limit() == 10_300


def test_charger_names_its_own_least_change() -> None:
    """What a wallbox would not write is not asked for: smaller steps add up."""
    house = solar_house(replace(FINE, least_change_ma=500), ampere=10)
    writes = len(house.writes)
    house.base_ma = sun(10.4)
    house.run(60)
    assert len(house.writes) == writes
    house.base_ma = sun(10.7)
    house.run(32)
    assert house.limit() == 10_600


def test_small_changes_must_last() -> None:
    """Below the dead band of 3 A a change is written after 30 s, from there at once."""
    house = solar_house()
    house.base_ma = sun(12.2)
    house.run(28)
    assert house.limit() == 10_000
    house.run(4)
    assert house.limit() == 12_000
    house.run(60)
    house.base_ma = sun(10.2)
    house.run(28)
    assert house.limit() == 12_000
    house.run(4)
    assert house.limit() == 10_000
    house.base_ma = sun(7.2)
    house.run(2)
    assert house.limit() == 7_000


def test_change_that_lasted_is_the_least_of_its_time() -> None:
    """After 30 s what the sun gave throughout is written; a turn begins anew."""
    house = solar_house()
    house.base_ma = sun(12.2)
    house.run(20)
    house.base_ma = sun(11.2)
    house.run(2)
    house.base_ma = sun(12.2)
    house.run(10)
    assert house.limit() == 11_000
    house.run(9)
    house.base_ma = sun(9.2)
    house.run(22)
    house.base_ma = sun(12.2)
    house.run(22)
    assert house.limit() == 11_000


@pytest.mark.parametrize("dead_band_ma", [0, 100, 1_000])
def test_dead_band_is_never_below_the_step(dead_band_ma: int) -> None:
    """With a dead band of no more than a step each step is written at once."""
    house = solar_house(ChargerSettings(key="a"), dead_band_ma=dead_band_ma)
    house.base_ma = sun(11.2)
    house.run(2)
    assert house.limit() == 11_000


def test_fuse_does_not_wait_for_the_dead_band() -> None:
    """A small change that the fuse asks for is written at once."""
    house = solar_house(ampere=16.2)
    assert house.limit() == 16_000
    house.base_ma = (10_000, -40_000, -40_000)
    house.run(2)
    assert (house.limit(), house.reason()) == (14_000, Reason.FUSE)


def test_sun_that_was_away_begins_anew() -> None:
    """Half a minute of sun in two parts is not half a minute."""
    house = House(settings_for(ONE), modes={"a": Mode.MIN_SOLAR}, base_ma=sun(0))
    house.run(60)
    house.base_ma = sun(8.2)
    house.run(20)
    house.base_ma = sun(0)
    house.run(60)
    house.base_ma = sun(8.2)
    house.run(20)
    assert house.limit() == 6_000
    house.run(20)
    assert house.limit() == 8_000
