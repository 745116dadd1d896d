"""DHCP names a KSEM: it is offered, or its entry follows it to the new address."""

import json
from pathlib import Path
from typing import Any

from homeassistant.config_entries import (
    SOURCE_DHCP,
    SOURCE_USER,
    ConfigEntryState,
    ConfigFlowResult,
)
from homeassistant.core import HomeAssistant
from homeassistant.data_entry_flow import FlowResultType
from homeassistant.helpers.service_info.dhcp import DhcpServiceInfo
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry

from custom_components.meters_and_chargers import links
from custom_components.meters_and_chargers.const import DOMAIN
from custom_components.meters_and_chargers.engine.devices import FAMILIES
from simulators.ksem import Ksem
from simulators.pico import Pico

from .conftest import SetUp

MANIFEST = Path(links.__file__).parents[1] / "manifest.json"


@pytest.fixture
async def meter(port: int, ksem: Ksem) -> Ksem:
    """Return the simulated meter at the port where a KSEM is looked for."""
    await ksem.stop()
    ksem.port = port
    await ksem.start()
    return ksem


async def leased(
    hass: HomeAssistant, hostname: str = "ksem-76555758", mac: str = "00d093000001"
) -> ConfigFlowResult:
    """Tell Home Assistant that a device has got 127.0.0.1 by DHCP."""
    return await hass.config_entries.flow.async_init(
        DOMAIN,
        context={"source": SOURCE_DHCP},
        data=DhcpServiceInfo(ip="127.0.0.1", hostname=hostname, macaddress=mac),
    )


def known(hass: HomeAssistant, meter: Ksem, **data: Any) -> MockConfigEntry:
    """Return an entry of the meter, at an address where it is not."""
    entry = MockConfigEntry(
        domain=DOMAIN,
        title="Grid meter",
        unique_id="ksem_72345678",
        data={
            "family": "ksem",
            "host": "127.0.0.9",
            "port": meter.port,
            "unit_id": 71,
            **data,
        },
    )
    entry.add_to_hass(hass)
    return entry


def test_manifest_names_what_families_declare() -> None:
    """A host name that no family knows, or that Home Assistant is not told, fails."""
    told = {tuple(one.items()) for one in json.loads(MANIFEST.read_text())["dhcp"]}
    probes = [one.probe for one in FAMILIES.values() if one.probe]
    names = {(("hostname", one.hostname),) for one in probes if one.hostname}
    addresses = {(("macaddress", one.mac),) for one in probes if one.mac}
    assert told == names | addresses


async def test_new_meter_needs_one_screen(hass: HomeAssistant, meter: Ksem) -> None:
    """What DHCP names is read at once and shown with its values; its id the serial."""
    result = await leased(hass)
    assert result["step_id"] == "confirm_import"
    assert result["description_placeholders"] is not None
    assert "500\N{NO-BREAK SPACE}W" in result["description_placeholders"]["values"]
    (flow,) = hass.config_entries.flow.async_progress()
    assert flow["context"]["unique_id"] == "ksem_72345678"
    assert flow["context"]["title_placeholders"] == {
        "name": "KOSTAL Smart Energy Meter (127.0.0.1)"
    }
    result = await hass.config_entries.flow.async_configure(
        result["flow_id"], {"name": "Grid meter"}
    )
    assert result["type"] is FlowResultType.CREATE_ENTRY
    await hass.async_block_till_done()
    await hass.config_entries.async_unload(result["result"].entry_id)


async def test_meter_that_does_not_answer_yet_is_offered(
    hass: HomeAssistant, meter: Ksem
) -> None:
    """With Modbus off the form says where it is switched on, its address filled in."""
    await meter.stop()
    result = await leased(hass)
    assert result["step_id"] == "ksem"
    assert not result["errors"]
    assert result["data_schema"] is not None
    (host,) = (key for key in result["data_schema"].schema if key == "host")
    assert host.description == {"suggested_value": "127.0.0.1"}
    assert (await leased(hass))["reason"] == "already_in_progress"
    await meter.start()
    result = await hass.config_entries.flow.async_configure(
        result["flow_id"],
        {"host": "127.0.0.1", "more": {"port": meter.port, "unit_id": 1}},
    )
    assert result["step_id"] == "confirm_import"


async def test_entry_whose_device_is_lost_follows_it(
    hass: HomeAssistant, meter: Ksem, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The serial decides: new host, all other settings kept, loaded again."""
    entry = known(hass, meter, host="no-such-host")
    await hass.config_entries.async_setup(entry.entry_id)
    assert entry.state is ConfigEntryState.SETUP_RETRY
    result = await leased(hass)
    assert result["reason"] == "already_configured"
    await hass.async_block_till_done()
    assert (entry.data["host"], entry.data["unit_id"]) == ("127.0.0.1", 71)
    assert entry.runtime_data.online
    await hass.config_entries.async_unload(entry.entry_id)


async def test_working_entry_is_left_alone(
    hass: HomeAssistant, ksem: Ksem, set_up_ksem: SetUp
) -> None:
    """A lease that is renewed asks the meter nothing and reloads nothing."""
    entry = await set_up_ksem()
    coordinator, requests = entry.runtime_data, ksem.request_count
    result = await leased(hass)
    assert result["reason"] == "already_configured"
    await hass.async_block_till_done()
    assert entry.runtime_data is coordinator
    assert ksem.request_count == requests


async def test_wallbox_is_not_taken_for_the_meter(
    hass: HomeAssistant, meter: Ksem, pico: Pico, set_up_pico: SetUp
) -> None:
    """One at the same address is left alone, and the meter is offered."""
    wallbox = await set_up_pico()
    coordinator, before = wallbox.runtime_data, dict(wallbox.data)
    assert before["host"] == "127.0.0.1"
    assert (await leased(hass))["step_id"] == "confirm_import"
    await hass.async_block_till_done()
    assert wallbox.data == before
    assert wallbox.runtime_data is coordinator


async def test_known_meter_that_is_just_starting_is_no_new_one(
    hass: HomeAssistant, meter: Ksem
) -> None:
    """DHCP comes before Modbus does: at its own address it is not offered again."""
    await meter.stop()
    entry = known(hass, meter, host="127.0.0.1")
    await hass.config_entries.async_setup(entry.entry_id)
    assert (await leased(hass))["reason"] == "already_configured"
    await meter.start()
    await hass.async_block_till_done()
    await hass.config_entries.async_unload(entry.entry_id)


async def test_another_meter_at_a_known_address_is_offered(
    hass: HomeAssistant, meter: Ksem, expected_logs: list[str]
) -> None:
    """A second meter at the first one's address leaves the first one's entry alone."""
    expected_logs.append("another device answers")
    entry = known(hass, meter, host="127.0.0.1")
    hass.config_entries.async_update_entry(entry, unique_id="ksem_79999999")
    await hass.config_entries.async_setup(entry.entry_id)
    result = await leased(hass)
    assert result["step_id"] == "confirm_import"
    assert entry.data["host"] == "127.0.0.1"
    (flow,) = hass.config_entries.flow.async_progress()
    assert flow["context"]["unique_id"] == "ksem_72345678"


async def test_ignored_meter_stays_ignored(hass: HomeAssistant, meter: Ksem) -> None:
    """By its serial once it answered, by its network card before."""
    for unique_id in ("ksem_72345678", "ksem_00d093000001"):
        ignored = MockConfigEntry(
            domain=DOMAIN, unique_id=unique_id, source="ignore", data={}
        )
        ignored.add_to_hass(hass)
        assert (await leased(hass))["reason"] == "already_configured"
        assert not ignored.data
        await hass.config_entries.async_remove(ignored.entry_id)


async def test_discovered_meter_can_be_added_by_hand(
    hass: HomeAssistant, meter: Ksem
) -> None:
    """A card under Discovered does not bar the way by the menu; it goes by itself."""
    await leased(hass)
    flows = hass.config_entries.flow
    result = await flows.async_init(DOMAIN, context={"source": SOURCE_USER})
    for answer in (
        {"next_step_id": "ksem"},
        {"host": "127.0.0.1", "more": {"port": meter.port, "unit_id": 1}},
        {"name": "Grid meter"},
    ):
        result = await flows.async_configure(result["flow_id"], answer)
    assert result["type"] is FlowResultType.CREATE_ENTRY
    await hass.async_block_till_done()
    assert not flows.async_progress()
    await hass.config_entries.async_unload(result["result"].entry_id)
