"""A smart-me Telstar as Home Assistant shows it, in good and bad days."""

from collections.abc import AsyncIterator

from homeassistant.config_entries import ConfigEntry, ConfigEntryState
from homeassistant.const import STATE_UNAVAILABLE
from homeassistant.core import HomeAssistant
from homeassistant.data_entry_flow import FlowResultType
from homeassistant.helpers import entity_registry as er
import pytest
from pytest_homeassistant_custom_component.common import (
    MockConfigEntry,
    snapshot_platform,
)
from syrupy.assertion import SnapshotAssertion

from custom_components.meters_and_chargers import links
from custom_components.meters_and_chargers.const import DOMAIN
from custom_components.meters_and_chargers.coordinator import DeviceCoordinator
from custom_components.meters_and_chargers.diagnostics import (
    async_get_config_entry_diagnostics,
)
from custom_components.meters_and_chargers.engine.model import Point, Quantity
from custom_components.meters_and_chargers.grid import MeterGrid
from simulators.pico import Pico
from simulators.smart_me_meter import SmartMeMeter
from tests.links import all_closed

from .conftest import SetUp, answer_names
from .test_config_flow import address, choose, submit
from .test_devices import lose_and_find, poll, value

SERIAL = "7907952"
POWER = "sensor.grid_meter_power"
ENERGY = "sensor.grid_meter_energy_import"
# Serial number, two tries of long blocks, then the two groups.
SET_UP_REQUESTS = 1 + 2 + 2
SHOWN = " · ".join(
    f"{figure}\N{NO-BREAK SPACE}{unit}"
    for figure, unit in (
        ("500", "W"),
        ("L1 4.3", "A"),
        ("L2 0.0", "A"),
        ("L3 2.2", "A"),
        ("230", "V"),
    )
)
"""What the confirmation says of it."""
SPACED = links.modbus.spacing_of
"""The pause between requests, which the other tests leave out."""


@pytest.fixture
async def meter(socket_enabled: None) -> AsyncIterator[SmartMeMeter]:
    """Return a simulated meter: 1000 W import on L1, 500 W export on L3."""
    telstar = SmartMeMeter(serial=int(SERIAL))
    telstar.set_power(1000, 0, -500)
    await telstar.start()
    yield telstar
    await telstar.stop()


@pytest.fixture
def set_up(hass: HomeAssistant, meter: SmartMeMeter) -> SetUp:
    """Return a function that sets up the simulated meter's entry."""

    async def _set_up() -> ConfigEntry[DeviceCoordinator]:
        entry = MockConfigEntry(
            domain=DOMAIN,
            title="Grid meter",
            unique_id=f"smart_me_meter_{SERIAL}",
            data={
                "family": "smart_me_meter",
                "host": meter.host,
                "port": meter.port,
                "unit_id": 1,
            },
        )
        entry.add_to_hass(hass)
        await hass.config_entries.async_setup(entry.entry_id)
        await hass.async_block_till_done()
        return entry

    return _set_up


@pytest.mark.usefixtures("all_entities_enabled")
async def test_every_sensor(
    hass: HomeAssistant,
    entity_registry: er.EntityRegistry,
    set_up: SetUp,
    snapshot: SnapshotAssertion,
) -> None:
    """Names, classes, units and values of all 28 sensors."""
    entry = await set_up()
    await snapshot_platform(hass, entity_registry, snapshot, entry.entry_id)


async def test_confirmed_totals_are_shown(
    hass: HomeAssistant, entity_registry: er.EntityRegistry, set_up: SetUp
) -> None:
    """Shown from the start: totals that two programs confirm; phases are a choice."""
    entry = await set_up()
    shown = {
        found.unique_id.removeprefix(f"smart_me_meter_{SERIAL}_")
        for found in er.async_entries_for_config_entry(entity_registry, entry.entry_id)
        if found.disabled_by is None
    }
    assert shown == {
        "power",
        "tariff",
        "energy_import",
        "energy_export",
        "energy_import_t1",
        "energy_import_t2",
        "energy_export_t1",
        "energy_export_t2",
    }
    assert value(hass, POWER) == "500.0"
    assert value(hass, "sensor.grid_meter_tariff") == "1"


async def test_it_is_added_with_live_values(
    hass: HomeAssistant, meter: SmartMeMeter
) -> None:
    """Address, then what answers with its values, then the entry; its id the serial."""
    result = await choose(hass, "smart_me_meter")
    result = await submit(hass, result, address(meter))
    assert result["step_id"] == "confirm_import"
    assert result["description_placeholders"] == {
        "device": "smart-me Telstar",
        "serial": SERIAL,
        "values": SHOWN,
    }
    result = await submit(hass, result, {"name": "Heat pump"})
    assert result["type"] is FlowResultType.CREATE_ENTRY
    assert result["result"].unique_id == f"smart_me_meter_{SERIAL}"
    await hass.async_block_till_done()
    assert result["result"].state is ConfigEntryState.LOADED


async def test_wallbox_at_the_address_is_named(hass: HomeAssistant, pico: Pico) -> None:
    """A Pico is not taken for a meter; no socket is left."""
    result = await choose(hass, "smart_me_meter")
    result = await submit(hass, result, address(pico))
    assert result["errors"] == {"base": "wrong_device"}
    placeholders = result["description_placeholders"]
    assert placeholders is not None
    assert "without a meter's values" in placeholders["found"]
    assert await all_closed(pico)


async def test_meter_of_another_scale_is_read_in_its_units(
    hass: HomeAssistant, meter: SmartMeMeter, entity_registry: er.EntityRegistry
) -> None:
    """A module that counts in other units is found out when it is added."""
    meter.module = True
    result = await choose(hass, "smart_me_meter")
    result = await submit(hass, result, address(meter))
    assert result["step_id"] == "confirm_import"
    placeholders = result["description_placeholders"]
    assert placeholders is not None
    assert placeholders["values"] == SHOWN
    result = await submit(hass, result, {"name": "Grid meter"})
    await hass.async_block_till_done()
    entry = result["result"]
    assert entry.data["scale"] == 1
    assert entry.runtime_data.data[Point(Quantity.POWER)] == 500
    found = er.async_entries_for_config_entry(entity_registry, entry.entry_id)
    assert len(found) == 9
    assert {one.disabled_by for one in found} == {er.RegistryEntryDisabler.INTEGRATION}


async def test_units_can_be_changed_in_the_options(
    hass: HomeAssistant, meter: SmartMeMeter, set_up: SetUp, expected_logs: list[str]
) -> None:
    """A meter that was added without a load, and turns out to be a module."""
    expected_logs.append("other units than a Telstar")
    meter.set_power(0, 0, 0)
    meter.module = True
    entry = await set_up()
    assert value(hass, POWER) == "0.0"
    meter.set_power(500, 0, 0)
    await poll(hass)
    assert value(hass, POWER) == STATE_UNAVAILABLE
    shown = await hass.config_entries.options.async_init(entry.entry_id)
    assert shown["data_schema"].schema["scale"].config["options"] == ["0", "1"]
    await hass.config_entries.options.async_configure(
        shown["flow_id"], {"interval": "2", "scale": "1"}
    )
    await hass.async_block_till_done()
    assert entry.options["scale"] == 1
    assert entry.runtime_data.data[Point(Quantity.POWER)] == 500
    told = await async_get_config_entry_diagnostics(hass, entry)
    assert told["entry"]["options"]["scale"] == 1


async def test_name_of_the_maker_is_a_host(
    hass: HomeAssistant, meter: SmartMeMeter, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The name that the portal gives a meter, with its underscore, is looked up."""
    name = f"smart-me_{SERIAL}.dns-me.com"
    asked = answer_names(monkeypatch, {name: meter.host})
    result = await choose(hass, "smart_me_meter")
    typed = address(meter) | {"host": f"https://{name.upper()}/"}
    result = await submit(hass, result, typed)
    assert result["step_id"] == "confirm_import"
    result = await submit(hass, result, {"name": "Grid meter"})
    await hass.async_block_till_done()
    assert result["data"]["host"] == name
    assert result["result"].state is ConfigEntryState.LOADED
    assert name in asked


async def test_a_poll_is_one_request(
    hass: HomeAssistant, meter: SmartMeMeter, set_up: SetUp
) -> None:
    """Everything fast comes with one request; energies only every 60 s."""
    entry = await set_up()
    assert meter.request_count == SET_UP_REQUESTS
    for seconds in (3, 6, 9):
        await poll(hass, seconds)
    assert meter.request_count == SET_UP_REQUESTS + 3
    entry.runtime_data._due.clear()
    await poll(hass, 12)
    assert meter.request_count == SET_UP_REQUESTS + 3 + 2


async def test_requests_are_two_seconds_apart(
    hass: HomeAssistant,
    meter: SmartMeMeter,
    set_up: SetUp,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """A meter that drops hasty requests loses none, from set-up to the next poll."""
    monkeypatch.setattr(links.modbus, "spacing_of", SPACED)
    meter.pause_s = 1.9
    entry = await set_up()
    assert entry.state is ConfigEntryState.LOADED
    await poll(hass)
    assert meter.request_count >= SET_UP_REQUESTS + 1
    assert meter.min_gap_s is not None
    assert meter.min_gap_s >= 1.95
    assert entry.runtime_data.failed_polls == 0


async def test_it_can_be_a_sites_grid_meter(
    hass: HomeAssistant, meter: SmartMeMeter, set_up: SetUp
) -> None:
    """A site gets power and the currents of the phases with their direction."""
    entry = await set_up()
    samples: list[object] = []
    grid = MeterGrid(hass, entry.runtime_data.key, lambda: samples.append(grid.sample))
    stop = grid.start()
    assert grid.sample is not None
    assert grid.sample.power_w == 500
    assert grid.sample.currents_ma == (4348, 0, -2174)
    assert grid.period_ms == 2000
    meter.set_power(2300, 0, 0)
    await poll(hass)
    assert grid.sample.currents_ma == (10_000, 0, 0)
    assert len(samples) == 2
    stop()


@pytest.mark.parametrize("fault", ["close", "silent"])
async def test_lost_meter_is_unavailable_and_comes_back(
    hass: HomeAssistant,
    meter: SmartMeMeter,
    set_up: SetUp,
    caplog: pytest.LogCaptureFixture,
    expected_logs: list[str],
    fault: str,
) -> None:
    """Within two polls gone, within two polls back, one log line each way."""
    expected_logs.append("Error fetching Grid meter data")
    await lose_and_find(hass, await set_up(), meter, fault, caplog)


async def test_absent_meter_is_tried_again(
    hass: HomeAssistant, meter: SmartMeMeter, set_up: SetUp
) -> None:
    """A meter that is off at the start is set up when it answers."""
    await meter.stop()
    entry = await set_up()
    assert entry.state is ConfigEntryState.SETUP_RETRY
    await meter.start()
    await poll(hass, 60)
    assert entry.state is ConfigEntryState.LOADED


async def test_other_meter_at_the_address_is_refused(
    meter: SmartMeMeter, set_up: SetUp, expected_logs: list[str]
) -> None:
    """Another serial behind the address never feeds the old entities."""
    expected_logs.append("another device answers")
    meter.serial = 6_301_587
    entry = await set_up()
    assert entry.state is ConfigEntryState.SETUP_ERROR
    assert entry.reason is not None
    assert "6301587" in entry.reason


async def test_sizes_of_its_blocks_are_kept(
    hass: HomeAssistant, meter: SmartMeMeter, set_up: SetUp, expected_logs: list[str]
) -> None:
    """Tried at the first start alone, and once more when one is refused."""
    entry = await set_up()
    assert entry.data["whole_fast"] == entry.data["whole_slow"] == 1
    before = meter.request_count
    await hass.config_entries.async_reload(entry.entry_id)
    await hass.async_block_till_done()
    assert meter.request_count - before == SET_UP_REQUESTS - 2
    meter.longest = 12
    await hass.config_entries.async_reload(entry.entry_id)
    await hass.async_block_till_done()
    assert entry.state is ConfigEntryState.SETUP_RETRY
    assert "no longer sends its values at once" in str(entry.reason)
    assert "whole_fast" not in entry.data
    await hass.config_entries.async_reload(entry.entry_id)
    await hass.async_block_till_done()
    assert entry.state is ConfigEntryState.LOADED
    assert entry.data["whole_fast"] == entry.data["whole_slow"] == 0
    assert value(hass, POWER) == "500.0"


async def test_meter_of_short_blocks_shows_what_it_has(
    hass: HomeAssistant,
    entity_registry: er.EntityRegistry,
    meter: SmartMeMeter,
    set_up: SetUp,
) -> None:
    """Refused long blocks cost the single-source sensors, and half the pace."""
    meter.longest = 12
    entry = await set_up()
    grid = MeterGrid(hass, entry.runtime_data.key, lambda: None)
    stop = grid.start()
    assert grid.period_ms == 4000
    stop()
    found = er.async_entries_for_config_entry(entity_registry, entry.entry_id)
    assert len(found) == 28 - 8
    assert not any("reactive" in one.unique_id for one in found)
    assert value(hass, POWER) == "500.0"
    assert value(hass, ENERGY) != STATE_UNAVAILABLE
