"""Cheap hours: fast while the price is low, and what is said while it is not."""

from dataclasses import replace

from charging_house import House, settings_for
import pytest

from custom_components.meters_and_chargers.engine.charging import (
    ChargerSettings,
    Mode,
    Price,
    Reason,
)

CHEAP = ChargerSettings(key="a", max_price=10_000)


def house_with(*prices: int, one: ChargerSettings = CHEAP, **others: object) -> House:
    """Return a house with prices of 600 s each from its first second on."""
    house = House(settings_for(one), base_ma=(500, 500, 500), **others)
    house.prices = tuple(
        Price(house.wall_ms(600 * n), house.wall_ms(600 * (n + 1)), price)
        for n, price in enumerate(prices)
    )
    return house


@pytest.mark.parametrize("mode", [Mode.SOLAR, Mode.MIN_SOLAR])
def test_charges_fast_while_it_is_cheap(mode: Mode) -> None:
    """At the limit or below, until the slot ends."""
    house = house_with(10_000, 10_001, modes={"a": mode}).run(300)
    assert (house.limit(), house.reason(), house.until_s()) == (
        16_000,
        Reason.PRICE,
        600,
    )
    assert house.figures() == {"price": 10_000, "max_price": 10_000}
    house.run(310)
    assert house.limit() == 6_000


def test_fast_is_fast_at_any_price() -> None:
    """The price says nothing in mode fast."""
    house = house_with(50_000, modes={"a": Mode.FAST}).run(100)
    assert (house.limit(), house.reason()) == (16_000, Reason.FAST)


def test_waits_for_a_cheaper_price() -> None:
    """Without sun the reason names price, limit and the next cheap slot."""
    house = house_with(30_000, 20_000, 9_000).run(100)
    assert (house.limit(), house.reason()) == (0, Reason.PRICE_HIGH)
    assert (house.until_s(), house.figures()) == (
        1_200,
        {"price": 30_000, "max_price": 10_000, "start": house.wall_ms(1_200)},
    )


def test_no_cheap_slot_is_known() -> None:
    """Then nothing says when."""
    house = house_with(30_000, 20_000).run(100)
    assert (house.reason(), house.until_s()) == (Reason.PRICE_HIGH, None)
    assert house.figures() == {"price": 30_000, "max_price": 10_000}


def test_without_prices_the_sun_alone_counts() -> None:
    """Neither a limit without prices nor prices without a limit change anything."""
    for house in (
        house_with(),
        house_with(1_000, one=replace(CHEAP, max_price=None)),
    ):
        house.run(100)
        assert (house.limit(), house.reason()) == (0, Reason.NO_SURPLUS)


def test_sun_goes_on_at_a_high_price() -> None:
    """A price above the limit keeps nothing from the sun."""
    house = house_with(30_000)
    house.base_ma = (-10_200, -10_200, -10_200)
    house.run(130)
    assert (house.limit(), house.reason()) == (10_000, Reason.SOLAR)


def test_a_lost_meter_leaves_cheap_power_the_safe_current() -> None:
    """It was not the sun's: as in mode fast the failsafe budget stays."""
    house = house_with(*[5_000] * 3).run(100)
    house.meter = False
    house.run(100)
    assert (house.limit(), house.reason()) == (10_000, Reason.METER_STALE)
