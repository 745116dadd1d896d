"""A real Home Assistant whose entries talk to simulated devices."""

from collections.abc import Awaitable, Callable
from typing import Any

from homeassistant.config_entries import ConfigEntry
from homeassistant.core import HomeAssistant
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry

from custom_components.meters_and_chargers import links
from custom_components.meters_and_chargers.const import DOMAIN
from custom_components.meters_and_chargers.engine.protocols.modbus import Spacing
from simulators.ksem import Ksem
from simulators.pico import Pico

type SetUp = Callable[..., Awaitable[ConfigEntry[Any]]]


@pytest.fixture
def set_up_ksem(hass: HomeAssistant, ksem: Ksem) -> SetUp:
    """Return a function that sets up the simulated meter's entry."""

    async def set_up(**options: int) -> ConfigEntry[Any]:
        entry = MockConfigEntry(
            domain=DOMAIN,
            title="Grid meter",
            unique_id="ksem_72345678",
            data={
                "family": "ksem",
                "host": ksem.host,
                "port": ksem.port,
                "unit_id": 1,
            },
            options=options,
        )
        entry.add_to_hass(hass)
        await hass.config_entries.async_setup(entry.entry_id)
        await hass.async_block_till_done()
        return entry

    return set_up


@pytest.fixture
def set_up_pico(hass: HomeAssistant, pico: Pico) -> SetUp:
    """Return a function that sets up the simulated station's entry."""

    async def set_up() -> ConfigEntry[Any]:
        entry = MockConfigEntry(
            domain=DOMAIN,
            title="Garage",
            unique_id="smart_me_pico_7002702",
            data={
                "family": "smart_me_pico",
                "host": pico.host,
                "port": pico.port,
                "unit_id": 1,
                "minimum_current": 6,
                "maximum_current": 16,
            },
        )
        entry.add_to_hass(hass)
        await hass.config_entries.async_setup(entry.entry_id)
        await hass.async_block_till_done()
        return entry

    return set_up


@pytest.fixture(autouse=True)
def no_pause(monkeypatch: pytest.MonkeyPatch) -> None:
    """Leave out the two seconds between requests; test_modbus_link tests them."""
    monkeypatch.setattr(links, "_spacing", lambda *_: Spacing())
