"""A car that is not there, may not charge, does not begin, or has had enough."""

from dataclasses import replace

from charging_house import House, settings_for
import pytest

from custom_components.meters_and_chargers.engine.charging import (
    ChargerSettings,
    Memory,
    Mode,
    Reason,
)

ONE = ChargerSettings(key="a")
SUN = (-10_200, -10_200, -10_200)
BLOCKED = [Reason.DISABLED, Reason.AUTH_PENDING, Reason.FAULT]


def fast_house(**others: object) -> House:
    """Return a house whose car has charged fast for two minutes."""
    return House(settings_for(ONE), modes={"a": Mode.FAST}, **others).run(120)


@pytest.mark.parametrize("why", BLOCKED)
@pytest.mark.parametrize("mode", [Mode.FAST, Mode.MIN_SOLAR, Mode.SOLAR])
def test_blocked_charger_gets_nothing_at_once(mode: Mode, why: Reason) -> None:
    """The next look after the wallbox says so tells it 0 A, with that reason."""
    house = House(settings_for(ONE), modes={"a": mode}, base_ma=SUN).run(200)
    assert house.limit() == 10_000 or mode is Mode.FAST
    house.blocked["a"] = why
    house.run(1)
    assert (house.limit(), house.reason()) == (0, why)


def test_charger_without_a_car_gets_nothing() -> None:
    """Unplugging is 0 A at once; a car that comes back need not wait."""
    house = fast_house(plugged={"a": True})
    house.plugged["a"] = False
    house.run(1)
    assert (house.limit(), house.reason()) == (0, Reason.NO_VEHICLE)
    house.run(10)
    house.plugged["a"] = True
    house.run(3)
    assert house.limit() == 16_000


def test_order_of_what_keeps_a_charger_from_charging() -> None:
    """Off goes before a fault, that before no car, that before lock and card."""
    house = fast_house(plugged={"a": False}, session_wh={"a": 0})
    for why, shown in (
        (Reason.FAULT, Reason.FAULT),
        (Reason.DISABLED, Reason.NO_VEHICLE),
        (Reason.AUTH_PENDING, Reason.NO_VEHICLE),
    ):
        house.blocked["a"] = why
        house.run(1)
        assert house.reason() is shown
    house.plugged["a"] = True
    house.run(1)
    assert house.reason() is Reason.AUTH_PENDING
    house.modes["a"] = Mode.OFF
    house.run(1)
    assert house.reason() is Reason.OFF


def test_blocked_without_a_meter_is_nothing_too() -> None:
    """A stale meter gives a blocked charger no safe current."""
    house = fast_house()
    house.meter = False
    house.blocked["a"] = Reason.AUTH_PENDING
    house.run(30)
    assert (house.limit(), house.reason()) == (0, Reason.AUTH_PENDING)


def test_another_car_waits_for_the_start_delay() -> None:
    """The sun counts from the plug-in on; the last car is forgotten."""
    house = House(
        settings_for(replace(ONE, target_wh=5_000)),
        plugged={"a": True},
        session_wh={"a": 5_000},
        base_ma=SUN,
    ).run(100)
    assert house.reason() is Reason.TARGET
    house.plugged["a"] = False
    house.run(5)
    house.plugged["a"], house.session_wh["a"] = True, 0
    house.run(1)
    assert house.reason() is Reason.START_DELAY
    plugged_in = house.second - 1
    assert house.until_s() == plugged_in + 60
    house.run(60)
    assert house.limit() == 6_000


def test_full_car_has_a_constant_offer() -> None:
    """Two minutes without current after charging: its minimum in any sun."""
    house = House(settings_for(ONE), base_ma=SUN, session_wh={"a": 7_000}).run(200)
    assert house.limit() == 10_000
    house.draws["a"] = 0
    house.run(118)
    assert house.reason() is Reason.CAR_NOT_TAKING
    house.run(4)
    assert (house.limit(), house.reason()) == (6_000, Reason.FINISHED)
    assert house.figures() == {"energy": 7_000}
    writes = len(house.writes)
    for ampere in (0, -15_000, 4_000):
        house.base_ma = (ampere, ampere, ampere)
        house.run(400)
    assert (len(house.writes), house.limit()) == (writes, 6_000)


def finished_house() -> House:
    """Return a house with a car that has finished in the sun."""
    house = House(settings_for(ONE), base_ma=SUN, plugged={"a": True}).run(200)
    house.draws["a"] = 0
    house.run(130)
    assert house.reason() is Reason.FINISHED
    return house


def test_car_that_draws_again_is_steered_again() -> None:
    """From 1 A on the sun counts as ever."""
    house = finished_house()
    house.draws["a"] = 16_000
    house.run(20)
    assert (house.limit(), house.reason()) == (10_000, Reason.SOLAR)


@pytest.mark.parametrize(
    "change",
    [
        lambda house: house.modes.update(a=Mode.FAST),
        lambda house: house.boost_until_s.update(a=2_000),
        lambda house: setattr(
            house, "settings", settings_for(replace(ONE, maximum_ma=12_000))
        ),
        lambda house: setattr(
            house, "settings", settings_for(replace(ONE, target_wh=50_000))
        ),
    ],
    ids=["mode", "boost", "bounds", "target"],
)
def test_the_user_ends_finished(change: object) -> None:
    """Another mode, a boost, other bounds or another target offer power again."""
    house = finished_house()
    assert callable(change)
    change(house)
    house.run(2)
    assert house.reason() is Reason.CAR_NOT_TAKING


def test_the_fuse_goes_before_a_finished_car() -> None:
    """A car that has finished is paused for the fuse as any other, and comes back."""
    house = finished_house()
    house.draws["a"] = 900
    house.base_ma = (30_000, 0, 0)
    house.run(30)
    assert (house.limit(), house.reason()) == (0, Reason.FUSE_PAUSE)
    house.base_ma = (0, 0, 0)
    house.run(500)
    assert (house.limit(), house.reason()) == (6_000, Reason.FINISHED)


def test_car_that_never_drew_is_offered_what_its_mode_gives() -> None:
    """It may be asleep or have a timer of its own: it is not taken for full."""
    house = fast_house(draws={"a": 0})
    assert (house.limit(), house.reason()) == (16_000, Reason.CAR_NOT_TAKING)
    assert house.figures() == {"limit": 16_000}
    house.run(600)
    assert (house.limit(), house.reason()) == (16_000, Reason.CAR_NOT_TAKING)


def test_a_lost_measurement_is_no_full_car() -> None:
    """Without a measurement, and while out of reach, nothing counts as finished."""
    house = fast_house()
    house.draws["a"] = 0
    house.run(100)
    house.unmeasured = {"a"}
    house.run(60)
    assert house.reason() is not Reason.FINISHED
    house.unmeasured = set()
    house.run(100)
    house.offline = {"a"}
    house.run(100)
    house.offline = set()
    house.run(10)
    assert house.reason() is Reason.CAR_NOT_TAKING


def test_energy_that_counts_anew_is_another_session() -> None:
    """Where nobody says that a car is plugged in, its energy does."""
    house = fast_house(session_wh={"a": 9_000})
    house.draws["a"] = 0
    house.run(130)
    assert house.reason() is Reason.FINISHED
    house.session_wh["a"] = 0
    house.run(60)
    assert (house.limit(), house.reason()) == (16_000, Reason.CAR_NOT_TAKING)


def test_many_starts_a_day_make_it_patient() -> None:
    """Beyond the most starts the start delay is twice as long, until the next day."""
    house = House(settings_for(ONE, most_starts=2, min_on_ms=0, min_off_ms=0))
    house.day = 5
    for count in range(1, 3):
        house.base_ma = SUN
        house.run(100)
        assert house.decision is not None
        assert house.decision.chargers["a"].starts_today == count
        house.base_ma = (1_000, 1_000, 1_000)
        house.run(250)
        assert house.limit() == 0
    house.base_ma = SUN
    house.run(2)
    assert house.reason() is Reason.STARTS_LIMIT
    assert house.figures() == {"count": 2}
    assert house.until_s() == house.second + 120 - 2
    house.run(110)
    assert house.limit() == 0
    house.day = 6
    house.run(1)
    assert house.limit() == 6_000
    assert house.decision is not None
    assert house.decision.chargers["a"].starts_today == 1


def test_starting_says_until_when_the_car_has_time() -> None:
    """It has a minute; a memory that knows no start knows no end of it."""
    house = House(settings_for(ONE), modes={"a": Mode.FAST}, draws={"a": 0}).run(5)
    started = house.writes[0][0]
    assert (house.reason(), house.until_s()) == (Reason.STARTING, started + 60)
    adopted = House(settings_for(ONE), modes={"a": Mode.FAST}, unmeasured={"a"})
    adopted.draws["a"] = 0
    adopted.limits["a"] = 6_000
    adopted.memory = Memory()
    adopted.run(5)
    assert (adopted.reason(), adopted.until_s()) == (Reason.STARTING, None)
