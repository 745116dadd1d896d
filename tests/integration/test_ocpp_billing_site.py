"""A site steers a wallbox whose billing service has a say as well."""

from typing import Any

from homeassistant.core import HomeAssistant
from ocpp.v16 import call

from simulators.backend import Backend
from simulators.ksem import Ksem

from .billing import CLIENT, LIMITS, backend, bill, profile, quick
from .conftest import SetUp
from .test_devices import value
from .test_ocpp import Garage, charging, garage, server, until
from .test_ocpp_site import set_up_site

__all__ = ["backend", "garage", "quick", "server"]


async def test_what_the_service_takes_is_nobodys_disobedience(
    hass: HomeAssistant,
    garage: Garage,
    ksem: Ksem,
    set_up_ksem: SetUp,
    backend: Backend,
) -> None:
    """The site knows how much is left, says so, and takes it up when it is more."""
    await set_up_ksem()
    entry = await charging(hass, garage)
    await bill(hass, entry, backend, fixed_tag="FIXED")
    site = await set_up_site(hass, "fast")
    car = garage.house.cars[0]

    def reason() -> Any:
        return value(hass, "sensor.wallbox_reason")

    await until(hass, garage, lambda: car.current_a > 9, "charging")
    await backend.ask(CLIENT, profile(8))
    await until(hass, garage, lambda: car.current_a == 8, "8 A")
    await until(hass, garage, lambda: reason() == "backend_limit", "its reason")
    sentence = hass.states.get("sensor.wallbox_reason").attributes["sentence"]  # type: ignore[union-attr]  # it is there
    assert sentence == "Limited by the billing service: 8\N{NO-BREAK SPACE}A."
    assert value(hass, LIMITS) == "backend"
    look = site.runtime_data.last_look
    assert look.state.chargers[0].ceiling_ma == 8_000
    assert max(look.state.chargers[0].limit_ma) == 8_000
    await backend.ask(CLIENT, profile(0))
    await until(hass, garage, lambda: reason() == "backend_pause", "its pause")
    await until(hass, garage, lambda: not car.current_a, "a pause")
    await backend.ask(CLIENT, call.ClearChargingProfile())
    site.runtime_data.look()
    assert site.runtime_data.last_look.state.chargers[0].ceiling_ma is None
    assert reason() not in ("backend_limit", "backend_pause", "manual")
    assert await hass.config_entries.async_unload(site.entry_id)


async def test_the_fuse_is_named_as_the_house(
    hass: HomeAssistant,
    garage: Garage,
    ksem: Ksem,
    set_up_ksem: SetUp,
    backend: Backend,
) -> None:
    """What limits is the house's connection where the fuse leaves less."""
    ksem.set_power(5700, 5700, 5700)
    await set_up_ksem()
    entry = await charging(hass, garage)
    await bill(hass, entry, backend)
    site = await set_up_site(hass, "fast")
    await until(hass, garage, lambda: value(hass, LIMITS) == "house", "the house")
    assert await hass.config_entries.async_unload(site.entry_id)
