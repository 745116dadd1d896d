"""Meters and chargers as Home Assistant shows them, in good and bad days."""

from datetime import timedelta
import logging

from homeassistant.components.number import ATTR_VALUE, SERVICE_SET_VALUE
from homeassistant.config_entries import ConfigEntry, ConfigEntryState
from homeassistant.const import (
    ATTR_ENTITY_ID,
    STATE_UNAVAILABLE,
    STATE_UNKNOWN,
    Platform,
)
from homeassistant.core import HomeAssistant, State
from homeassistant.exceptions import HomeAssistantError
from homeassistant.helpers import entity_registry as er
from homeassistant.loader import async_get_integration
from homeassistant.setup import async_setup_component
from homeassistant.util import dt as dt_util
import pytest
from pytest_homeassistant_custom_component.common import (
    async_fire_time_changed,
    mock_restore_cache_with_extra_data,
    snapshot_platform,
)
from syrupy.assertion import SnapshotAssertion

from custom_components.meters_and_chargers.const import DOMAIN
from custom_components.meters_and_chargers.coordinator import DeviceCoordinator
from simulators.ksem import Ksem
from simulators.modbus_device import ModbusDevice
from simulators.pico import Pico
from tests.links import all_closed

from .conftest import SetUp

POWER = "sensor.grid_meter_power"
ENERGY = "sensor.grid_meter_energy_import"
CURRENT = "number.garage_charging_current"


async def poll(hass: HomeAssistant, seconds: float = 3) -> None:
    """Let the next poll happen; one that is under way would seem to have timed out."""
    await hass.async_block_till_done(wait_background_tasks=True)
    async_fire_time_changed(hass, dt_util.utcnow() + timedelta(seconds=seconds))
    await hass.async_block_till_done(wait_background_tasks=True)


def value(hass: HomeAssistant, entity_id: str) -> str:
    """Return an entity's state."""
    state = hass.states.get(entity_id)
    assert state is not None, entity_id
    return state.state


@pytest.mark.usefixtures("all_entities_enabled")
async def test_every_sensor_of_a_ksem(
    hass: HomeAssistant,
    entity_registry: er.EntityRegistry,
    set_up_ksem: SetUp,
    snapshot: SnapshotAssertion,
) -> None:
    """Names, classes, units and values of all 63 sensors."""
    entry = await set_up_ksem()
    await snapshot_platform(hass, entity_registry, snapshot, entry.entry_id)


async def test_totals_are_shown_and_phases_are_not(
    hass: HomeAssistant, entity_registry: er.EntityRegistry, set_up_ksem: SetUp
) -> None:
    """From the start: net, import, export, energies, factor, frequency."""
    entry = await set_up_ksem()
    shown = {
        found.unique_id.removeprefix("ksem_72345678_")
        for found in er.async_entries_for_config_entry(entity_registry, entry.entry_id)
        if found.disabled_by is None
    }
    assert shown == {
        "power",
        "power_import",
        "power_export",
        "power_factor",
        "frequency",
        "energy_import",
        "energy_export",
    }
    assert value(hass, POWER) == "500.0"


async def test_polls_read_energies_seldom(
    hass: HomeAssistant, ksem: Ksem, set_up_ksem: SetUp
) -> None:
    """Two requests a poll; the three of the energies only every 30 s."""
    entry = await set_up_ksem()
    setup = 1 + 2 + 5  # identity, what only some KSEMs have, all values
    assert ksem.request_count == setup
    await poll(hass)
    assert ksem.request_count == setup + 2
    entry.runtime_data._due.clear()
    await poll(hass, 6)
    assert ksem.request_count == setup + 2 + 5


async def test_energies_are_not_written_with_every_poll(
    hass: HomeAssistant, set_up_ksem: SetUp
) -> None:
    """A value that was not read is not reported again."""
    await set_up_ksem()
    before = hass.states.get(ENERGY)
    assert before is not None
    reported = before.last_reported
    await poll(hass)
    after = hass.states.get(ENERGY)
    assert after is not None
    assert after.last_reported == reported


async def lose_and_find(
    hass: HomeAssistant,
    entry: ConfigEntry[DeviceCoordinator],
    device: ModbusDevice,
    fault: str,
    caplog: pytest.LogCaptureFixture,
    *,
    power: str = "500.0",
) -> None:
    """Lose a device of 500 W and find it again: two polls, one log line each way."""
    name = entry.title.lower().replace(" ", "_")
    sensors = f"sensor.{name}_power", f"sensor.{name}_energy_import"
    entry.runtime_data.device.set_read_timeout(0.2)
    caplog.clear()
    caplog.set_level(logging.INFO)
    if fault == "close":
        await device.stop()
    else:
        setattr(device, fault, True)
    for _ in range(2):
        await poll(hass)
    assert [value(hass, one) for one in sensors] == [STATE_UNAVAILABLE] * 2
    await poll(hass)
    device.clear_faults()
    await device.start()
    entry.runtime_data.device.set_read_timeout(2)
    for _ in range(2):
        await poll(hass)
    assert value(hass, sensors[0]) == power
    assert value(hass, sensors[1]) != STATE_UNAVAILABLE
    ours = [
        record.getMessage()
        for record in caplog.records
        if record.name.startswith("custom_components.meters_and_chargers")
        and record.levelno >= logging.INFO
    ]
    assert len(ours) == 2, ours
    assert f"Error fetching {entry.title} data" in ours[0]
    assert "recovered" in ours[1]


@pytest.mark.parametrize("fault", ["close", "half_open", "silent"])
async def test_lost_meter_is_unavailable_and_comes_back(
    hass: HomeAssistant,
    ksem: Ksem,
    set_up_ksem: SetUp,
    caplog: pytest.LogCaptureFixture,
    expected_logs: list[str],
    fault: str,
) -> None:
    """Within two polls gone, within two polls back, one log line each way."""
    expected_logs.append("Error fetching Grid meter data")
    await lose_and_find(hass, await set_up_ksem(), ksem, fault, caplog)


async def test_closed_socket_alone_is_no_loss(
    hass: HomeAssistant, ksem: Ksem, set_up_ksem: SetUp
) -> None:
    """A meter that drops an idle client and takes it again stays available."""
    await set_up_ksem()
    ksem.close_clients()
    assert await all_closed(ksem)
    await poll(hass)
    await poll(hass)
    assert value(hass, POWER) == "500.0"


async def test_failed_value_is_not_shown_as_fresh(
    hass: HomeAssistant, ksem: Ksem, set_up_ksem: SetUp, expected_logs: list[str]
) -> None:
    """An implausible value makes its own entity unavailable, and only that."""
    expected_logs.append("implausible")
    await set_up_ksem()
    ksem.grid.frequency_hz = 4_000_000.0
    await poll(hass)
    assert value(hass, "sensor.grid_meter_frequency") == STATE_UNAVAILABLE
    assert value(hass, POWER) == "500.0"


async def test_refused_block_leaves_unknown_values(
    hass: HomeAssistant, ksem: Ksem, set_up_ksem: SetUp, expected_logs: list[str]
) -> None:
    """What the meter does not have is unknown; the rest goes on."""
    expected_logs.append("refuses to send registers 0 to 27 together")
    ksem.refuse(26, 2)
    await set_up_ksem()
    assert value(hass, "sensor.grid_meter_frequency") == STATE_UNKNOWN
    assert value(hass, POWER) == "500.0"


async def test_absent_meter_is_tried_again(
    hass: HomeAssistant, ksem: Ksem, set_up_ksem: SetUp
) -> None:
    """A meter that is off at the start is set up when it answers."""
    await ksem.stop()
    entry = await set_up_ksem()
    assert entry.state is ConfigEntryState.SETUP_RETRY
    await ksem.start()
    await poll(hass, 60)
    assert entry.state is ConfigEntryState.LOADED


async def test_other_meter_at_the_address_is_refused(
    ksem: Ksem, set_up_ksem: SetUp, expected_logs: list[str]
) -> None:
    """Another serial behind the address never feeds the old entities."""
    expected_logs.append("another device answers")
    await ksem.stop()
    other = Ksem(serial="79999999", port=ksem.port)
    await other.start()
    try:
        entry = await set_up_ksem()
        assert entry.state is ConfigEntryState.SETUP_ERROR
        assert entry.reason is not None
        assert "79999999" in entry.reason
    finally:
        await other.stop()


async def test_unload_closes_the_socket(
    hass: HomeAssistant, ksem: Ksem, set_up_ksem: SetUp
) -> None:
    """Nothing stays open after an entry is unloaded."""
    entry = await set_up_ksem()
    assert ksem.open_connections == 1
    assert await hass.config_entries.async_unload(entry.entry_id)
    await hass.async_block_till_done()
    assert await all_closed(ksem)


async def test_charging_current_is_written(
    hass: HomeAssistant, pico: Pico, set_up_pico: SetUp
) -> None:
    """The number writes the maker's telegram and shows what was written, as assumed."""
    await set_up_pico()
    assert value(hass, CURRENT) == STATE_UNKNOWN
    await hass.services.async_call(
        "number",
        SERVICE_SET_VALUE,
        {ATTR_ENTITY_ID: CURRENT, ATTR_VALUE: 16},
        blocking=True,
    )
    assert pico.write_pdus == [bytes.fromhex("10 20 6D 00 02 04 00 00 3E 80")]
    state = hass.states.get(CURRENT)
    assert state is not None
    assert state.state == "16.0"
    assert state.attributes["assumed_state"] is True
    assert (state.attributes["min"], state.attributes["max"]) == (0, 16)
    assert state.attributes["step"] == 1


async def test_value_below_the_minimum_is_refused_in_words(
    hass: HomeAssistant, pico: Pico, set_up_pico: SetUp
) -> None:
    """Nothing between 0 and the minimum is written, and the user is told what is."""
    await set_up_pico()
    with pytest.raises(HomeAssistantError) as refused:
        await hass.services.async_call(
            "number",
            SERVICE_SET_VALUE,
            {ATTR_ENTITY_ID: CURRENT, ATTR_VALUE: 4},
            blocking=True,
        )
    said = "t be set to 4 A: choose 0 or 6 to 16 A"
    assert str(refused.value) == f"Garage can\N{RIGHT SINGLE QUOTATION MARK}{said}"
    assert not pico.write_pdus


async def test_failed_write_is_said(
    hass: HomeAssistant, pico: Pico, set_up_pico: SetUp, expected_logs: list[str]
) -> None:
    """A station that is gone does not swallow a command."""
    expected_logs.append("Error requesting Garage data")
    await set_up_pico()
    await pico.stop()
    with pytest.raises(HomeAssistantError, match="did not take the charging current"):
        await hass.services.async_call(
            "number",
            SERVICE_SET_VALUE,
            {ATTR_ENTITY_ID: CURRENT, ATTR_VALUE: 10},
            blocking=True,
        )
    assert value(hass, CURRENT) == STATE_UNAVAILABLE


async def test_limit_is_recalled_after_a_restart(
    hass: HomeAssistant, pico: Pico, set_up_pico: SetUp
) -> None:
    """The station can't be asked: what was written before the restart is assumed."""
    mock_restore_cache_with_extra_data(
        hass,
        [
            (
                State(CURRENT, "12.0"),
                {
                    "native_max_value": 16,
                    "native_min_value": 0,
                    "native_step": 1,
                    "native_unit_of_measurement": "A",
                    "native_value": 12.0,
                },
            )
        ],
    )
    await set_up_pico()
    assert value(hass, CURRENT) == "12.0"
    assert not pico.write_pdus


async def test_lost_station_is_unavailable_and_comes_back(
    hass: HomeAssistant, pico: Pico, set_up_pico: SetUp, expected_logs: list[str]
) -> None:
    """A station without readings is asked for its serial, to know that it is there."""
    expected_logs.append("Error fetching Garage data")
    await set_up_pico()
    await pico.stop()
    await poll(hass, 12)
    assert value(hass, CURRENT) == STATE_UNAVAILABLE
    await pico.start()
    await poll(hass, 24)
    assert value(hass, CURRENT) == STATE_UNKNOWN


async def test_platforms_are_loaded_before_the_first_entry(hass: HomeAssistant) -> None:
    """Entries that start at the same time would import them in the event loop."""
    assert await async_setup_component(hass, DOMAIN, {})
    integration = await async_get_integration(hass, DOMAIN)
    folder = integration.file_path
    there = {one for one in Platform if (folder / f"{one}.py").exists()}
    assert len(there) > 5
    assert integration.platforms_are_loaded(there)
