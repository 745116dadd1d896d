"""Adding devices by the flow, against real sockets, with everything that goes wrong."""

import socket
from typing import Any

from homeassistant.config_entries import SOURCE_USER, ConfigFlowResult
from homeassistant.core import HomeAssistant
from homeassistant.data_entry_flow import FlowResultType
from homeassistant.exceptions import HomeAssistantError
from homeassistant.setup import async_setup_component
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry
from pytest_homeassistant_custom_component.typing import WebSocketGenerator

from custom_components.meters_and_chargers.const import DOMAIN
from custom_components.meters_and_chargers.engine.protocols.modbus import link
from simulators.ksem import Ksem
from simulators.modbus_device import ModbusDevice
from simulators.pico import Pico
from tests.links import all_closed

from .conftest import SetUp


async def choose(hass: HomeAssistant, family: str) -> ConfigFlowResult:
    """Open the flow and choose a family."""
    result = await hass.config_entries.flow.async_init(
        DOMAIN, context={"source": SOURCE_USER}
    )
    assert result["type"] is FlowResultType.MENU
    # What is first depends on what is there already.
    assert sorted(result["menu_options"]) == [
        "cfos",
        "cfos_meter",
        "cfos_serial",
        "diris",
        "ksem",
        "ocpp_server",
        "search",
        "site",
        "smart_me_account",
        "smart_me_meter",
        "smart_me_pico",
        "smart_me_pico_group",
    ]
    return await hass.config_entries.flow.async_configure(
        result["flow_id"], {"next_step_id": family}
    )


def address(device: ModbusDevice, **fields: Any) -> dict[str, Any]:
    """Return what a user types for a simulated device."""
    return {
        "host": device.host,
        "more": {"port": device.port, "unit_id": 1},
        **fields,
    }


def bounds() -> dict[str, str]:
    """Return what a user answers for a Pico."""
    return {"minimum_current": "8", "maximum_current": "16"}


async def submit(
    hass: HomeAssistant, result: ConfigFlowResult, fields: dict[str, Any]
) -> ConfigFlowResult:
    """Submit a form."""
    return await hass.config_entries.flow.async_configure(result["flow_id"], fields)


async def test_ksem_is_added_with_live_values(hass: HomeAssistant, ksem: Ksem) -> None:
    """Address, then what answers with its values, then the entry; its id the serial."""
    result = await choose(hass, "ksem")
    assert result["step_id"] == "ksem"
    result = await submit(hass, result, address(ksem))
    assert result["step_id"] == "confirm_import"
    placeholders = result["description_placeholders"]
    assert placeholders is not None
    assert placeholders["serial"] == "72345678"
    assert "500\N{NO-BREAK SPACE}W" in placeholders["values"]
    assert await all_closed(ksem)
    result = await submit(hass, result, {"name": "Grid meter"})
    assert result["type"] is FlowResultType.CREATE_ENTRY
    assert result["title"] == "Grid meter"
    assert result["data"] == {
        "family": "ksem",
        "host": "127.0.0.1",
        "port": ksem.port,
        "unit_id": 1,
    }
    assert result["result"].unique_id == "ksem_72345678"
    await hass.async_block_till_done()
    assert ksem.open_connections == 1


async def test_export_is_said_in_words(hass: HomeAssistant, ksem: Ksem) -> None:
    """A house that exports is told so, without a sign that must be explained."""
    ksem.set_power(-900, -900, -900)
    result = await submit(hass, await choose(hass, "ksem"), address(ksem))
    assert result["step_id"] == "confirm_export"
    placeholders = result["description_placeholders"]
    assert placeholders is not None
    assert placeholders["values"].startswith("2.70\N{NO-BREAK SPACE}kW · L1 ")
    assert "-" not in placeholders["values"]


async def test_pico_is_added_with_its_bounds(hass: HomeAssistant, pico: Pico) -> None:
    """8 A is proposed as minimum; nothing is written by adding a station."""
    result = await choose(hass, "smart_me_pico")
    assert result["data_schema"] is not None
    proposed = {
        str(marker): marker.default()
        for marker in result["data_schema"].schema
        if str(marker).endswith("_current")
    }
    assert proposed == {"minimum_current": "8", "maximum_current": "16"}
    result = await submit(hass, result, address(pico, **bounds()))
    # What it does just now it does not say: the screen tells so, and what it takes.
    assert result["step_id"] == "confirm_station"
    assert result["description_placeholders"] is not None
    values = result["description_placeholders"]["values"]
    assert values == "8\N{EN DASH}16\N{NO-BREAK SPACE}A"
    result = await submit(hass, result, {"name": "Garage"})
    assert result["type"] is FlowResultType.CREATE_ENTRY
    assert result["data"]["minimum_current"] == 8
    assert result["data"]["maximum_current"] == 16
    assert result["result"].unique_id == "smart_me_pico_7002702"
    await hass.async_block_till_done()
    assert not pico.write_pdus


async def test_typed_address_is_tidied(hass: HomeAssistant, ksem: Ksem) -> None:
    """A pasted web address is understood; the host gets one spelling."""
    result = await choose(hass, "ksem")
    typed = address(ksem) | {"host": " HTTP://127.0.0.1/login "}
    result = await submit(hass, result, typed)
    assert result["step_id"] == "confirm_import"


@pytest.mark.parametrize("family", ["ksem", "smart_me_meter", "smart_me_pico"])
async def test_refused_names_the_switch(
    hass: HomeAssistant, ksem: Ksem, family: str
) -> None:
    """A closed port is shown as the family's own hint, and the flow goes on."""
    await ksem.stop()
    result = await choose(hass, family)
    asked = bounds() if family == "smart_me_pico" else {}
    fields = address(ksem, **asked)
    result = await submit(hass, result, fields)
    assert result["errors"] == {"base": f"port_closed_{family}"}
    await ksem.start()
    if family == "ksem":
        result = await submit(hass, result, address(ksem))
        assert result["step_id"] == "confirm_import"
    assert await all_closed(ksem)


async def test_silent_device_is_said_to_be_silent(
    hass: HomeAssistant, ksem: Ksem, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A time-out is told from a closed port; no socket is left open."""
    monkeypatch.setattr(link, "DEFAULT_TIMEOUT_S", 0.2)
    ksem.silent = True
    result = await choose(hass, "ksem")
    result = await submit(hass, result, address(ksem))
    assert result["errors"] == {"base": "silent"}
    assert await all_closed(ksem)


@pytest.mark.parametrize(
    ("family", "more"),
    [
        ("ksem", {}),
        ("diris", {"path": "modbus"}),
        ("smart_me_meter", {}),
        ("smart_me_pico", {"minimum_current": "6", "maximum_current": "16"}),
        (
            "smart_me_pico_group",
            {"members": ["7002702"], "minimum_current": "6", "maximum_current": "16"},
        ),
        ("cfos", {"maximum_current": "16"}),
        ("cfos_meter", {}),
    ],
)
async def test_a_closed_port_has_the_words_of_its_family(
    hass: HomeAssistant, socket_enabled: None, family: str, more: dict[str, Any]
) -> None:
    """Each says where Modbus is switched on at that device; what was typed stays."""
    with socket.create_server(("127.0.0.1", 0)) as closed:
        port = closed.getsockname()[1]
    result = await choose(hass, family)
    typed = {"host": "127.0.0.1", "more": {"port": port, "unit_id": 1}, **more}
    result = await submit(hass, result, typed)
    assert result["errors"] == {"base": f"port_closed_{family}"}


async def test_wrong_host_is_said_to_be_unreachable(
    hass: HomeAssistant, ksem: Ksem
) -> None:
    """An address that can't be reached is no closed port."""
    result = await choose(hass, "ksem")
    result = await submit(hass, result, address(ksem) | {"host": "no-such-host"})
    assert result["errors"] == {"base": "no_link"}


async def test_empty_host_is_refused(hass: HomeAssistant, ksem: Ksem) -> None:
    """A host of blanks is not tried."""
    result = await choose(hass, "ksem")
    result = await submit(hass, result, address(ksem) | {"host": "  "})
    assert result["errors"] == {"base": "invalid_host"}


async def test_wrong_device_is_named(hass: HomeAssistant, pico: Pico) -> None:
    """A Pico at the meter's address is not taken for a KSEM; no socket is left."""
    result = await choose(hass, "ksem")
    result = await submit(hass, result, address(pico))
    assert result["errors"] == {"base": "wrong_device"}
    assert result["description_placeholders"] is not None
    assert "KOSTAL" in result["description_placeholders"]["found"]
    assert await all_closed(pico)


async def test_bad_answer_is_shown(hass: HomeAssistant, ksem: Ksem) -> None:
    """A device that sends too little is not added."""
    ksem.short_answer = 1
    result = await choose(hass, "ksem")
    result = await submit(hass, result, address(ksem))
    assert result["errors"] == {"base": "refused"}
    assert await all_closed(ksem)


async def test_known_device_updates_its_address(
    hass: HomeAssistant, ksem: Ksem, set_up_ksem: SetUp
) -> None:
    """The same serial at a new address is not a second device."""
    entry = await set_up_ksem()
    moved = Ksem(serial="72345678")
    await moved.start()
    await ksem.stop()
    try:
        result = await choose(hass, "ksem")
        result = await submit(hass, result, address(moved))
        assert result["type"] is FlowResultType.ABORT
        assert result["reason"] == "already_configured"
        assert entry.data["port"] == moved.port
        await hass.async_block_till_done()
        await hass.config_entries.async_unload(entry.entry_id)
    finally:
        await moved.stop()


async def test_address_in_use_with_other_settings(
    hass: HomeAssistant, ksem: Ksem, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Another integration's different link to the meter is named as the reason."""

    def refuse(*_: object) -> None:
        raise HomeAssistantError("device_in_use")

    monkeypatch.setattr(
        "custom_components.meters_and_chargers.links.modbus.async_get_temporary_unit",
        refuse,
    )
    result = await choose(hass, "ksem")
    result = await submit(hass, result, address(ksem))
    assert result["errors"] == {"base": "in_use"}


async def test_reconfigure_keeps_the_device(
    hass: HomeAssistant, ksem: Ksem, set_up_ksem: SetUp
) -> None:
    """A moved meter is followed; another one at the new address is refused."""
    entry = await set_up_ksem()
    other = Ksem(serial="79999999")
    await other.start()
    try:
        result = await entry.start_reconfigure_flow(hass)
        assert result["step_id"] == "reconfigure"
        result = await submit(hass, result, address(other))
        assert result["reason"] == "another_device"
    finally:
        await other.stop()
    result = await entry.start_reconfigure_flow(hass)
    ksem.silent = False
    result = await submit(hass, result, address(ksem) | {"host": "  "})
    assert result["errors"] == {"base": "invalid_host"}
    result = await submit(
        hass, result, {"host": ksem.host, "more": {"port": ksem.port, "unit_id": 71}}
    )
    assert result["reason"] == "reconfigure_successful"
    await hass.async_block_till_done()
    assert entry.data["unit_id"] == 71
    assert ksem.requests[-1].unit == 71


async def test_interval_is_an_option(hass: HomeAssistant, set_up_ksem: SetUp) -> None:
    """1 to 5 seconds can be chosen; the entry is loaded anew with it."""
    entry = await set_up_ksem()
    for before, chosen, after in (("automatic", "5", 5), ("5", "automatic", 2)):
        result = await hass.config_entries.options.async_init(entry.entry_id)
        assert result["data_schema"]({})["interval"] == before
        result = await hass.config_entries.options.async_configure(
            result["flow_id"], {"interval": chosen}
        )
        assert result["type"] is FlowResultType.CREATE_ENTRY
        await hass.async_block_till_done()
        assert entry.runtime_data.interval_s == after
    assert "interval" not in entry.options


async def test_what_can_be_set_is_offered(
    hass: HomeAssistant, hass_ws_client: WebSocketGenerator
) -> None:
    """The list of entries leads to options, and to the parts that can be added."""
    parts = {"site": ["charger", "circuit"], "ocpp_server": ["card"]}
    with_options = (
        *("cfos", "cfos_meter", "diris", "ksem", "ocpp_charger", "ocpp_server"),
        *("site", "smart_me_meter", "smart_me_pico", "smart_me_pico_group"),
    )
    # The last one is of a version that is newer than this one.
    for family in (*with_options, "tomorrow"):
        entry = MockConfigEntry(domain=DOMAIN, title=family, data={"family": family})
        entry.add_to_hass(hass)
    assert await async_setup_component(hass, "config", {})
    client = await hass_ws_client(hass)
    await client.send_json_auto_id({"type": "config_entries/get", "domain": DOMAIN})
    listed = (await client.receive_json())["result"]
    assert {one["title"]: one["supports_options"] for one in listed} == {
        **dict.fromkeys(with_options, True),
        "tomorrow": False,
    }
    for one in listed:
        offered = sorted(one["supported_subentry_types"])
        assert offered == parts.get(one["title"], []), one["title"]
