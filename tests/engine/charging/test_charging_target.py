"""A charger stops when its session has got the energy the user wants."""

from dataclasses import replace

from charging_house import House, settings_for
import pytest

from custom_components.meters_and_chargers.engine.charging import (
    ChargerSettings,
    Mode,
    Reason,
)

TARGET = ChargerSettings(key="a", target_wh=10_000)


def target_house(mode: Mode = Mode.FAST, session_wh: int | None = 9_999) -> House:
    """Return a house whose session has nearly got its energy."""
    house = House(settings_for(TARGET), modes={"a": mode})
    house.base_ma = (-30_000, -30_000, -30_000)
    house.session_wh["a"] = session_wh
    return house.run(121)


@pytest.mark.parametrize("mode", [Mode.SOLAR, Mode.MIN_SOLAR, Mode.FAST])
def test_stops_at_the_target(mode: Mode) -> None:
    """In every mode the charger stops with the reason, and stays stopped."""
    house = target_house(mode)
    assert house.limit() == 16_000
    house.session_wh["a"] = 10_000
    house.run(2)
    assert (house.limit(), house.reason()) == (0, Reason.TARGET)
    house.run(600)
    assert (house.limit(), house.reason()) == (0, Reason.TARGET)


@pytest.mark.parametrize(
    ("session_wh", "target_wh"), [(0, 10_000), (10_000, 12_000), (10_000, None)]
)
def test_goes_on_with_a_new_session_or_a_higher_target(
    session_wh: int, target_wh: int | None
) -> None:
    """Another car, a raised target, or none at all."""
    house = target_house()
    house.session_wh["a"] = 10_000
    house.run(2)
    house.session_wh["a"] = session_wh
    house.settings = settings_for(replace(TARGET, target_wh=target_wh))
    house.run(3)
    assert (house.limit(), house.reason()) == (16_000, Reason.FAST)


def test_goes_on_after_another_mode_was_chosen() -> None:
    """Choosing a mode after the target lifts it for this session, not for the next."""
    house = target_house(Mode.SOLAR)
    house.session_wh["a"] = 10_000
    house.run(2)
    house.modes["a"] = Mode.FAST
    house.run(3)
    assert house.limit() == 16_000
    house.session_wh["a"] = 20_000
    house.run(60)
    assert house.limit() == 16_000
    house.session_wh["a"] = 0
    house.run(5)
    house.session_wh["a"] = 10_000
    house.run(5)
    assert (house.limit(), house.reason()) == (0, Reason.TARGET)


def test_mode_chosen_before_the_target_lifts_nothing() -> None:
    """Only a choice made after the target was reached is one against it."""
    house = target_house(Mode.SOLAR)
    house.modes["a"] = Mode.FAST
    house.run(5)
    house.session_wh["a"] = 10_000
    house.run(5)
    assert (house.limit(), house.reason()) == (0, Reason.TARGET)


def test_time_out_of_reach_is_no_choice_of_a_mode() -> None:
    """A charger that was offline for a while is still finished."""
    house = target_house()
    house.session_wh["a"] = 10_000
    house.run(5)
    house.offline = {"a"}
    house.run(5)
    house.offline = set()
    house.run(5)
    assert (house.limit(), house.reason()) == (0, Reason.TARGET)


def test_off_remains_the_reason_of_off() -> None:
    """A charger that is switched off is off, whatever it has charged."""
    house = target_house()
    house.session_wh["a"] = 10_000
    house.modes["a"] = Mode.OFF
    house.run(5)
    assert house.reason() is Reason.OFF


def test_unknown_energy_never_stops() -> None:
    """Without a count the target has no effect."""
    house = target_house(session_wh=None)
    assert house.limit() == 16_000


@pytest.mark.parametrize("seconds", [20, 100])
def test_stops_without_the_meter_too(seconds: int) -> None:
    """Stale or lost, the target needs no grid meter."""
    house = target_house()
    house.meter = False
    house.run(seconds)
    assert house.limit() == 10_000
    house.session_wh["a"] = 10_000
    house.run(3)
    assert (house.limit(), house.reason()) == (0, Reason.TARGET)


def test_fuse_is_no_reason_once_the_target_is_reached() -> None:
    """A paused charger whose session is complete does not wait for the fuse."""
    house = target_house()
    house.base_ma = (30_000, 0, 0)
    house.run(10)
    assert house.reason() is Reason.FUSE_PAUSE
    house.session_wh["a"] = 10_000
    house.run(2)
    assert house.reason() is Reason.TARGET
