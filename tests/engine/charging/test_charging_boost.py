"""Boost: fast for a while, whatever the mode is."""

from dataclasses import replace

from charging_house import House, settings_for
import pytest

from custom_components.meters_and_chargers.engine.charging import (
    ChargerSettings,
    Mode,
    Reason,
)

ONE = ChargerSettings(key="a")


@pytest.mark.parametrize("mode", [Mode.SOLAR, Mode.MIN_SOLAR, Mode.FAST])
def test_boost_charges_fast_until_it_ends(mode: Mode) -> None:
    """In every mode but off, without waiting; the reason says when it ends."""
    house = House(settings_for(ONE), modes={"a": mode}, boost_until_s={"a": 600})
    house.run(70)
    assert (house.limit(), house.reason(), house.until_s()) == (
        16_000,
        Reason.BOOST,
        600,
    )


def test_after_a_boost_the_mode_is_back() -> None:
    """A solar charger without sun is held for the stop delay and then stops."""
    house = House(settings_for(ONE), boost_until_s={"a": 400}, base_ma=(500, 0, 0))
    house.run(400)
    assert house.reason() is Reason.BOOST
    house.run(4)
    assert (house.limit(), house.reason()) == (6_000, Reason.STOP_DELAY)
    house.run(190)
    assert house.limit() == 0


def test_boost_is_bounded_by_its_current() -> None:
    """No more than asked for, no less than the charger's minimum."""
    for asked, has in ((10_400, 10_000), (2_000, 6_000), (30_000, 16_000)):
        house = House(settings_for(ONE), boost_until_s={"a": 600})
        house.boost_ma["a"] = asked
        house.run(70)
        assert house.limit() == has


def test_off_is_off() -> None:
    """A boost does not wake a charger that is switched off."""
    house = House(settings_for(ONE), modes={"a": Mode.OFF}, boost_until_s={"a": 600})
    house.run(70)
    assert (house.limit(), house.reason()) == (0, Reason.OFF)


def test_boost_goes_beyond_the_target() -> None:
    """Who boosts a session that has its energy wants more; afterwards it is enough."""
    house = House(
        settings_for(replace(ONE, target_wh=5_000)),
        modes={"a": Mode.FAST},
        session_wh={"a": 6_000},
    ).run(30)
    assert house.reason() is Reason.TARGET
    house.boost_until_s["a"] = 120
    house.run(70)
    assert (house.limit(), house.reason()) == (16_000, Reason.BOOST)


def test_the_fuse_bounds_a_boost() -> None:
    """What the house uses is not the boost's."""
    house = House(
        settings_for(ONE), boost_until_s={"a": 600}, base_ma=(12_000, 0, 0)
    ).run(100)
    assert (house.limit(), house.reason()) == (12_000, Reason.FUSE)


def test_boost_starts_without_a_measurement() -> None:
    """It probes at the minimum as the fast mode does, with its own reason."""
    house = House(settings_for(ONE), boost_until_s={"a": 600}, unmeasured={"a"})
    house.run(300)
    assert (house.limit(), house.reason()) == (16_000, Reason.BOOST)
