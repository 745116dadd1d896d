"""A KSEM that manages energy and has a wallbox, in a real Home Assistant."""

from collections.abc import AsyncIterator
from typing import Any

from homeassistant.config_entries import ConfigEntry
from homeassistant.core import HomeAssistant
from homeassistant.helpers import entity_registry as er
import pytest

from custom_components.meters_and_chargers.diagnostics import (
    async_get_config_entry_diagnostics,
)
from simulators.ksem import Ksem

from .conftest import SetUp


@pytest.fixture
async def ksem(socket_enabled: None) -> AsyncIterator[Ksem]:
    """Return a meter with energy flow and a wallbox."""
    meter = Ksem(energy_flow=True, wallbox=True)
    await meter.start()
    yield meter
    await meter.stop()


def shown(hass: HomeAssistant, name: str) -> str:
    """Return the state of one of the meter's sensors."""
    state = hass.states.get(f"sensor.grid_meter_{name}")
    assert state is not None, name
    return state.state


async def test_values_of_a_single_source_are_off(
    hass: HomeAssistant, entity_registry: er.EntityRegistry, set_up_ksem: SetUp
) -> None:
    """All 21 are there and none is shown until its owner wants it."""
    entry = await set_up_ksem()
    names = ("grid_power", "solar_power", "wallbox_status", "charged_energy")
    for name in names:
        found = entity_registry.async_get(f"sensor.grid_meter_{name}")
        assert found is not None
        assert found.disabled_by is er.RegistryEntryDisabler.INTEGRATION
    entities = er.async_entries_for_config_entry(entity_registry, entry.entry_id)
    assert len([e for e in entities if e.domain == "sensor"]) >= 63 + 21


async def test_codes_become_words(
    hass: HomeAssistant, ksem: Ksem, all_entities_enabled: None, set_up_ksem: SetUp
) -> None:
    """Mode and status are shown in words; a code that nobody knows is unknown."""
    entry = await set_up_ksem()
    assert shown(hass, "wallbox_charge_mode") == "solar_plus"
    assert shown(hass, "wallbox_status") == "charging"
    assert shown(hass, "charged_energy") == "12.345678"
    assert shown(hass, "charging_time") == "90.0"
    assert shown(hass, "curtailment") == "1"
    ksem.registers |= {40994: 9, 49209: 0}
    entry.runtime_data._due.clear()
    await entry.runtime_data.async_refresh()
    assert shown(hass, "wallbox_charge_mode") == "unknown"
    assert shown(hass, "wallbox_status") == "unknown"


async def test_a_wallbox_has_no_current_to_set(
    hass: HomeAssistant, all_entities_enabled: None, set_up_ksem: SetUp, ksem: Ksem
) -> None:
    """No number in ampere, and nothing is written to the meter."""
    await set_up_ksem()
    for state in hass.states.async_all("number"):
        assert state.attributes.get("unit_of_measurement") != "A"
    assert not ksem.write_pdus


async def test_writeable_words_are_in_diagnostics(
    hass: HomeAssistant, set_up_ksem: SetUp
) -> None:
    """41160 to 41189, raw; without the serial number."""
    entry: ConfigEntry[Any] = await set_up_ksem()
    told = await async_get_config_entry_diagnostics(hass, entry)
    (words,) = (
        one["words"] for one in told["replay"]["answers"] if one["start"] == 41160
    )
    assert len(words.split()) == 30
    assert words.split()[8] == "0004"
    assert "72345678" not in str(told)
