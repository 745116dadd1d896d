"""The house's battery: who goes first, and when it may help."""

from charging_house import House, settings_for

from custom_components.meters_and_chargers.engine.charging import (
    Battery,
    ChargerSettings,
    Mode,
    Reason,
)

ONE = ChargerSettings(key="a")
STILL = (0, 0, 0)
PAID = (-6_000, -6_000, -6_000)
"""With a car at its minimum the grid gives and takes nothing."""


def house_with(power_w: int, percent: int | None, **settings: object) -> House:
    """Return a house without export whose battery does this."""
    house = House(settings_for(ONE, **settings), base_ma=STILL)
    house.battery = Battery(power_w, percent)
    return house


def test_what_the_battery_charges_is_surplus() -> None:
    """7 kW into the battery are 10 A for a car, if nothing else is set."""
    house = house_with(-7_000, 40).run(61)
    assert house.limit() == 6_000
    house.base_ma, house.battery = PAID, Battery(-2_860, 40)
    house.run(7)
    assert house.reason() is Reason.SOLAR
    assert house.decision is not None
    assert house.decision.surplus_w == 7_000 - 50
    house.run(4)
    assert house.limit() == 10_000


def test_battery_first_keeps_the_car_waiting() -> None:
    """Below its level the battery has all it takes; the reason names both levels."""
    house = house_with(-7_000, 40, battery_first_percent=60).run(100)
    assert (house.limit(), house.reason()) == (0, Reason.BATTERY_FIRST)
    assert house.figures() == {"soc": 40, "target": 60}
    house.battery = Battery(-7_000, 60)
    house.run(61)
    assert house.limit() == 6_000


def test_unknown_level_counts_as_empty() -> None:
    """The battery goes first, and nothing is said of its level."""
    house = house_with(-7_000, None, battery_first_percent=60).run(100)
    assert (house.limit(), house.reason()) == (0, Reason.BATTERY_FIRST)
    assert house.figures() == {"target": 60}


def test_what_the_battery_leaves_is_for_the_car() -> None:
    """Export beside a battery that goes first starts the car."""
    house = house_with(-3_000, 10, battery_first_percent=90)
    house.base_ma = (-7_000, -7_000, -7_000)
    house.run(61)
    assert house.limit() == 6_000


def test_too_little_sun_is_not_the_battery_s_fault() -> None:
    """Where even its power would not be enough, the sun is named."""
    house = house_with(-1_000, 10, battery_first_percent=90).run(10)
    assert house.reason() is Reason.NO_SURPLUS
    house.battery = Battery(-1_000, 95)
    house.run(2)
    assert house.reason() is Reason.SURPLUS_LOW
    assert house.figures() == {"have": 950, "need": 4_140}


def test_discharging_is_no_sun() -> None:
    """A car is not kept going by the battery: it stops after the stop delay."""
    house = house_with(-7_000, 90).run(61)
    house.base_ma, house.battery = PAID, Battery(0, 90)
    house.run(400)
    assert house.reason() is Reason.SOLAR
    house.battery = Battery(4_000, 90)
    house.run(5)
    assert (house.limit(), house.reason()) == (6_000, Reason.STOP_DELAY)
    house.run(200)
    assert house.limit() == 0


def test_battery_helps_above_its_buffer() -> None:
    """Where it may, it keeps a car at the minimum; below the buffer it does not."""
    allowed = {"battery_discharge": True, "battery_buffer_percent": 50}
    house = house_with(-7_000, 90, **allowed).run(61)
    house.base_ma, house.battery = PAID, Battery(4_000, 51)
    house.run(600)
    assert (house.limit(), house.reason()) == (6_000, Reason.BATTERY_HELP)
    assert house.figures() == {"power": 4_000}
    house.battery = Battery(4_000, 49)
    house.run(200)
    assert house.limit() == 0


def test_help_that_is_not_enough_is_none() -> None:
    """If the house imports beside it, the car stops as ever."""
    allowed = {"battery_discharge": True, "battery_buffer_percent": 50}
    house = house_with(-7_000, 90, **allowed).run(61)
    house.base_ma, house.battery = PAID, Battery(0, 90)
    house.run(400)
    house.base_ma, house.battery = STILL, Battery(1_000, 90)
    house.run(5)
    assert house.reason() is Reason.STOP_DELAY


def test_battery_helps_min_solar() -> None:
    """The minimum is had anyway; the reason says who pays."""
    house = house_with(4_140, 90, battery_discharge=True, battery_buffer_percent=50)
    house.modes["a"] = Mode.MIN_SOLAR
    house.base_ma = (-6_000, -6_000, -6_000)
    house.run(30)
    assert (house.limit(), house.reason()) == (6_000, Reason.BATTERY_HELP)
    house.battery = Battery(4_140, 10)
    house.run(2)
    assert house.reason() is Reason.SOLAR_MIN
    assert house.figures() == {"power": 4_140, "grid": 0}
