"""How a wallbox is paused is chosen for each: by 0 A, by an end, or not at all."""

from collections.abc import AsyncIterator, Callable
from typing import Any

from homeassistant.config_entries import ConfigEntry
from homeassistant.const import ATTR_ENTITY_ID
from homeassistant.core import HomeAssistant
import pytest

from simulators.charge_point import ChargePoint
from simulators.charge_point_2 import ChargePoint2
from simulators.ksem import Ksem

from .conftest import SetUp
from .test_devices import value
from .test_ocpp import (
    CURRENT,
    STATUS,
    Garage,
    charging,
    server,
    set_current,
    until,
)
from .test_ocpp_fallback import choose
from .test_ocpp_site import set_up_site

__all__ = ["server"]

CARD = "04AABBCC"
SWITCH = {ATTR_ENTITY_ID: "switch.wallbox_charging"}


@pytest.fixture(params=[ChargePoint, ChargePoint2], ids=["1.6", "2.0.1"])
async def garage(
    server: ConfigEntry[Any], request: pytest.FixtureRequest
) -> AsyncIterator[Garage]:
    """Return a wallbox of each version that dials the server."""
    garage = Garage(server, request.param, redial_s=(0.1, 0.3))
    await garage.wallbox.start()
    yield garage
    await garage.wallbox.stop()


async def chosen(
    hass: HomeAssistant, entry: ConfigEntry[Any], pause: str
) -> ConfigEntry[Any]:
    """Choose how it is paused."""
    await choose(hass, entry, fallback=False, fallback_current=6, pause=pause)
    return entry


def runs(garage: Garage, *, so: bool = True) -> Callable[[], bool]:
    """Return whether a transaction runs."""
    return lambda: (garage.wallbox.transaction is not None) is so


def sent(garage: Garage, limit: float) -> bool:
    """Return whether a profile with this limit was sent."""
    return any(
        f"'limit': {limit}" in str(payload)
        for direction, action, payload in garage.wallbox.book
        if (direction, action) == ("received", "SetChargingProfile")
    )


async def test_it_begins_again_with_the_card_that_began(
    hass: HomeAssistant, garage: Garage
) -> None:
    """Ended for a pause of the number, it goes on with the same card, not with ours."""
    entry = await chosen(hass, await charging(hass, garage), "stop")
    assert entry.options["pause"] == "stop"
    await hass.services.async_call("switch", "turn_off", SWITCH, blocking=True)
    await until(hass, garage, runs(garage, so=False), "no transaction of ours")
    garage.house.cars[0].connected = False
    await until(hass, garage, lambda: value(hass, STATUS) == "available", "unplugged")
    garage.house.cars[0].connected = True
    assert garage.wallbox.transaction is None
    garage.wallbox.present_tag(CARD)
    await until(hass, garage, lambda: value(hass, STATUS) == "charging", "charging")
    await set_current(hass, 0)
    await until(hass, garage, runs(garage, so=False), "its end")
    await until(hass, garage, lambda: value(hass, CURRENT) == "0.0", "a pause")
    assert not sent(garage, 0)
    await garage.live(20)
    assert garage.wallbox.transaction is None
    await set_current(hass, 8)
    await until(hass, garage, runs(garage), "another one")
    assert garage.wallbox.transaction is not None
    assert garage.wallbox.transaction.tag == CARD
    await until(hass, garage, lambda: garage.house.cars[0].current_a == 8, "8 A")
    assert value(hass, CURRENT) == "8.0"


async def test_off_in_a_pause_begins_nothing(
    hass: HomeAssistant, garage: Garage
) -> None:
    """What its owner has ended is not begun again when there is current."""
    await chosen(hass, await charging(hass, garage), "stop")
    await set_current(hass, 0)
    await until(hass, garage, lambda: value(hass, STATUS) == "finishing", "its end")
    await hass.services.async_call("switch", "turn_off", SWITCH, blocking=True)
    await set_current(hass, 8)
    await garage.live(20)
    await hass.async_block_till_done()
    assert garage.wallbox.transaction is None


async def test_a_site_pauses_by_an_end(
    hass: HomeAssistant, garage: Garage, ksem: Ksem, set_up_ksem: SetUp
) -> None:
    """Off ends the transaction, fast begins another; a site sees no disobedience."""
    await set_up_ksem()
    await chosen(hass, await charging(hass, garage), "stop")
    site = await set_up_site(hass, "off")
    await until(hass, garage, runs(garage, so=False), "its end")
    await until(hass, garage, lambda: value(hass, CURRENT) == "0.0", "a pause")
    await hass.services.async_call(
        "select",
        "select_option",
        {ATTR_ENTITY_ID: "select.wallbox_mode", "option": "fast"},
        blocking=True,
    )
    await until(hass, garage, runs(garage), "another one")
    await until(hass, garage, lambda: value(hass, STATUS) == "charging", "charging")
    assert not sent(garage, 0)
    assert await hass.config_entries.async_unload(site.entry_id)


async def test_it_keeps_the_minimum(
    hass: HomeAssistant, garage: Garage, ksem: Ksem, set_up_ksem: SetUp
) -> None:
    """A car that charges by the sun goes on without it; Off still pauses it."""
    await set_up_ksem()
    await chosen(hass, await charging(hass, garage), "minimum")
    await set_current(hass, 0)
    assert value(hass, CURRENT) == "6.0"
    site = await set_up_site(hass, "solar")
    (charger,) = site.runtime_data.chargers
    assert charger.state.mode == "min_solar"
    assert value(hass, "select.wallbox_mode") == "solar"
    for _ in range(20):
        await garage.live(1)
        site.runtime_data.look()
    await hass.async_block_till_done()
    assert garage.wallbox.transaction is not None
    assert not sent(garage, 0)
    await hass.services.async_call(
        "select",
        "select_option",
        {ATTR_ENTITY_ID: "select.wallbox_mode", "option": "off"},
        blocking=True,
    )
    await until(hass, garage, lambda: sent(garage, 0), "0 A")
    assert await hass.config_entries.async_unload(site.entry_id)


async def test_without_a_choice_the_session_is_kept(
    hass: HomeAssistant, garage: Garage
) -> None:
    """0 A it is, which the form shows and the options need not hold."""
    entry = await chosen(hass, await charging(hass, garage), "zero")
    assert "pause" not in entry.options
    await set_current(hass, 0)
    await until(hass, garage, lambda: sent(garage, 0), "0 A")
    assert garage.wallbox.transaction is not None
