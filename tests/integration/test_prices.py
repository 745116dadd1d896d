"""Prices of electricity, in the shapes in which integrations tell them."""

from datetime import datetime, timedelta
from typing import Any

from freezegun.api import FrozenDateTimeFactory
from homeassistant.core import HomeAssistant
from homeassistant.util import dt as dt_util
import pytest

from custom_components.meters_and_chargers.prices import PriceSensor

from .test_site import set_up_site

NOW = datetime(2026, 11, 21, 12, 20, tzinfo=dt_util.UTC)
HOURS = [datetime(2026, 11, 21, hour, tzinfo=dt_util.UTC) for hour in (11, 12, 13, 14)]


def rows(start: str, end: str | None, price: str, values: list[float]) -> list[Any]:
    """Return rows of an hour each."""
    return [
        {start: hour.isoformat(), price: value}
        | ({end: (hour + timedelta(hours=1)).isoformat()} if end else {})
        for hour, value in zip(HOURS, values, strict=False)
    ]


def offset(shape: list[Any], key: str, change: Any) -> list[Any]:
    """Return rows with a time in another form."""
    return [row | {key: change(datetime.fromisoformat(row[key]))} for row in shape]


CENTS = [10, 20, 30]
EUROS = [0.1, 0.2, 0.3]
SHAPES = {
    "start, end, value in EUR": ("EUR/kWh", rows("start", "end", "value", EUROS)),
    "the same in cents": ("ct/kWh", rows("start", "end", "price", CENTS)),
    "the same in EUR a MWh": (
        "EUR/MWh",
        rows("start", "end", "price", [100, 200, 300]),
    ),
    "price_per_kwh": ("ct/kWh", rows("start_time", "end_time", "price_per_kwh", EUROS)),
    "price_ct_per_kwh": (
        "EUR/kWh",
        rows("start_time", "end_time", "price_ct_per_kwh", CENTS),
    ),
    "marketprice": (None, rows("start_time", None, "marketprice", [100, 200, 300])),
    "time and price, no end": ("CHF/kWh", rows("time", None, "price", EUROS)),
    "startsAt and total": ("NOK/kWh", rows("startsAt", None, "total", EUROS)),
    "times as objects": (
        "EUR/kWh",
        offset(rows("start", None, "value", EUROS), "start", lambda at: at),
    ),
    "ms since 1970": (
        "EUR/kWh",
        offset(
            rows("start", None, "value", EUROS),
            "start",
            lambda at: at.timestamp() * 1e3,
        ),
    ),
    "s since 1970": (
        "EUR/kWh",
        offset(rows("start", None, "value", EUROS), "start", lambda at: at.timestamp()),
    ),
}


def told(hass: HomeAssistant) -> list[tuple[int, int, int]]:
    """Return the slots: start and end in minutes from now, thousandths of a cent."""
    sensor = PriceSensor.of(hass, {"price": "sensor.price"})
    assert sensor is not None
    now_ms = round(NOW.timestamp() * 1000)
    return [
        ((one.start_ms - now_ms) // 60_000, (one.end_ms - now_ms) // 60_000, one.price)
        for one in sensor.slots(NOW)
    ]


@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize("attribute", ["raw_today", "prices", "data", "forecast"])
async def test_known_shapes(hass: HomeAssistant, shape: str, attribute: str) -> None:
    """The hour that is over is left out; the present one is the first."""
    unit, found = SHAPES[shape]
    hass.states.async_set(
        "sensor.price", "9", {"unit_of_measurement": unit, attribute: found}
    )
    assert told(hass) == [(-20, 40, 20_000), (40, 100, 30_000)]


async def test_time_without_a_zone_is_the_houses(hass: HomeAssistant) -> None:
    """It is not taken for UTC."""
    plain = offset(
        rows("start", None, "value", EUROS),
        "start",
        lambda at: dt_util.as_local(at).replace(tzinfo=None).isoformat(),
    )
    assert dt_util.as_local(NOW).hour != NOW.hour
    hass.states.async_set("sensor.price", "9", {"data": plain})
    assert told(hass) == [(-20, 40, 20_000), (40, 100, 30_000)]


async def test_today_and_tomorrow_are_one_list(hass: HomeAssistant) -> None:
    """Both attributes count, in order; a slot ends where the next one begins."""
    first, second, third = rows("start", None, "value", EUROS)
    hass.states.async_set(
        "sensor.price",
        "0.2",
        {
            "unit_of_measurement": "EUR/kWh",
            "raw_today": [second, first],
            "raw_tomorrow": [third, {"start": "?", "value": 1}, {"start": None}, 7],
        },
    )
    assert told(hass) == [(-20, 40, 20_000), (40, 100, 30_000)]


@pytest.mark.parametrize(
    ("state", "slots"),
    [("0.25", [(-20, 40, 25_000)]), ("unavailable", []), ("nan", [])],
)
async def test_price_without_a_forecast(
    hass: HomeAssistant, state: str, slots: list[tuple[int, int, int]]
) -> None:
    """The present price holds for the present hour; what comes then is not known."""
    unit = {"unit_of_measurement": "CHF/kWh", "prices": "soon"}
    hass.states.async_set("sensor.price", state, unit)
    assert told(hass) == slots
    hass.states.async_remove("sensor.price")
    assert told(hass) == []


async def test_prices_and_clocks_reach_the_decision(
    hass: HomeAssistant, freezer: FrozenDateTimeFactory
) -> None:
    """With the wall clock and the number of the local day."""
    freezer.move_to(NOW)
    entry = await set_up_site(hass, grid_power="sensor.grid", price="sensor.price")
    site = entry.runtime_data
    hass.states.async_set("sensor.price", "31", {"unit_of_measurement": "Rp./kWh"})
    site.look()
    assert site.last_look is not None
    state = site.last_look.state
    assert [one.price for one in state.prices] == [31_000]
    assert state.wall_ms == round(NOW.timestamp() * 1000)
    assert state.day == NOW.toordinal()
    # Until the sensor says more, its last forecast holds.
    first = rows("start", None, "value", [0.1, 0.2])
    hass.states.async_set("sensor.price", "0.2", {"data": first})
    site.look()
    hass.states.async_set("sensor.price", "unavailable")
    site.look()
    assert [one.price for one in site.last_look.state.prices] == [20_000]
