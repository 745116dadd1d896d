"""A Power Brain at a serial port that Home Assistant opens, and shares with others."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

from homeassistant.components.modbus import async_get_unit
from homeassistant.components.modbus.connection import DATA_MODBUS_CONNECTIONS
from homeassistant.config_entries import ConfigEntry, ConfigEntryState, ConfigFlowResult
from homeassistant.const import STATE_UNAVAILABLE
from homeassistant.core import HomeAssistant
from homeassistant.data_entry_flow import FlowResultType
from modbus_connection import ModbusSerialParams
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry

from custom_components.meters_and_chargers import serial_line
from custom_components.meters_and_chargers.const import DOMAIN
from custom_components.meters_and_chargers.engine.protocols.modbus import link
from simulators.car import Car
from simulators.power_brain import PowerBrain, S0Meter
from simulators.serial_line import SerialLine

from .test_cfos import CURRENT, KEY, SERIAL, STATUS, becomes, set_current
from .test_config_flow import address, choose, submit
from .test_devices import poll, value

STEP = "cfos_serial"
UNIT = 7
OTHER_UNIT = 8


@pytest.fixture
async def line(socket_enabled: None, tmp_path: Path) -> AsyncIterator[SerialLine]:
    """Return a line with our wallbox and another one; its port has a lasting name."""
    found = SerialLine(
        {
            UNIT: PowerBrain(Car()),
            OTHER_UNIT: PowerBrain(Car(), serial="PB-8"),
            9: S0Meter(),
        }
    )
    await plug(found, tmp_path)
    yield found
    await found.stop()


async def plug(line: SerialLine, folder: Path) -> None:
    """Plug the adapter in, under the name that it always has."""
    await line.start()
    port = folder / "usb-adapter"
    port.unlink(missing_ok=True)
    port.symlink_to(line.path)


def typed(folder: Path, unit_id: int = UNIT, **fields: Any) -> dict[str, Any]:
    """Return what a user answers for a wallbox at the line."""
    return {
        "device": str(folder / "usb-adapter"),
        "baud_rate": "19200",
        "maximum_current": "16",
        "more": {"unit_id": unit_id, "format": "8N1"},
        **fields,
    }


def is_open(hass: HomeAssistant) -> bool:
    """Return whether Home Assistant holds a serial port."""
    return any(
        kind == "serial" for kind, *_ in hass.data.get(DATA_MODBUS_CONNECTIONS, {})
    )


async def set_up(hass: HomeAssistant, folder: Path) -> ConfigEntry:
    """Add the wallbox as a user does."""
    result = await submit(hass, await choose(hass, STEP), typed(folder))
    result = await submit(hass, result, {"name": "Garage"})
    assert result["type"] is FlowResultType.CREATE_ENTRY
    await hass.async_block_till_done()
    entry: ConfigEntry = result["result"]
    return entry


async def test_flow_adds_a_wallbox_at_a_serial_port(
    hass: HomeAssistant, line: SerialLine, tmp_path: Path
) -> None:
    """The port, how it is set and the unit id; the entry is that of the wallbox."""
    form = await choose(hass, STEP)
    assert form["step_id"] == STEP
    result = await submit(hass, form, typed(tmp_path))
    assert result["step_id"] == "confirm"
    placeholders = result["description_placeholders"]
    assert placeholders is not None
    assert placeholders["serial"] == SERIAL
    result = await submit(hass, result, {"name": "Garage"})
    assert result["result"].unique_id == KEY
    assert result["data"] == {
        "family": "cfos",
        "device": str(tmp_path / "usb-adapter"),
        "baud_rate": 19200,
        "format": "8N1",
        "unit_id": UNIT,
        "maximum_current": 16,
    }
    await hass.async_block_till_done()
    assert value(hass, STATUS) == "connected"
    assert value(hass, CURRENT) == "16.0"
    await set_current(hass, 7.5)
    wallbox = line.devices[UNIT]
    assert isinstance(wallbox, PowerBrain)
    assert wallbox.limit_a == 7.5
    assert wallbox.flash_writes == 0
    assert value(hass, CURRENT) == "7.5"
    assert await hass.config_entries.async_reload(result["result"].entry_id)
    await hass.async_block_till_done()
    assert value(hass, CURRENT) == "7.5"
    assert await hass.config_entries.async_unload(result["result"].entry_id)
    assert not is_open(hass)


async def test_adapter_in_the_network(
    hass: HomeAssistant, line: SerialLine, tmp_path: Path
) -> None:
    """One that passes on the bytes of a line is opened by its address."""
    form = await choose(hass, STEP)
    result = await submit(hass, form, typed(tmp_path, device=line.url))
    result = await submit(hass, result, {"name": "Garage"})
    await hass.async_block_till_done()
    assert value(hass, STATUS) == "connected"
    await set_current(hass, 6.5)
    assert value(hass, CURRENT) == "6.5"
    assert await hass.config_entries.async_unload(result["result"].entry_id)
    assert not is_open(hass)


@pytest.mark.parametrize(
    ("chosen", "parity", "stopbits"),
    [("8N1", "N", 1), ("8E1", "E", 1), ("8O1", "O", 1), ("8N2", "N", 2)],
)
def test_format_reaches_the_port(chosen: str, parity: str, stopbits: int) -> None:
    """All that the form offers; a pseudo-terminal itself knows no parity."""
    assert [*serial_line.FORMATS].count(chosen) == 1
    data = {"device": "/dev/ttyUSB0", "baud_rate": 9600, "format": chosen}
    assert serial_line.params(data) == ModbusSerialParams(
        device="/dev/ttyUSB0",
        baudrate=9600,
        parity=parity,  # type: ignore[arg-type]  # one of its few letters
        stopbits=stopbits,  # type: ignore[arg-type]  # 1 or 2
    )


@pytest.mark.parametrize(
    ("fields", "problem"),
    [
        ({"device": "/dev/nobody-has-this"}, "no_serial_port"),
        ({"device": " "}, "no_serial_port"),
        ({"baud_rate": "9600"}, "silent_serial"),
        ({"more": {"unit_id": 66, "format": "8N1"}}, "silent_serial"),
        ({"more": {"unit_id": 9, "format": "8N1"}}, "wrong_device"),
    ],
)
async def test_what_is_wrong_is_said(
    hass: HomeAssistant,
    line: SerialLine,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    fields: dict[str, Any],
    problem: str,
) -> None:
    """No port, another rate, another unit id, no wallbox: each has its own words."""
    monkeypatch.setattr(link, "DEFAULT_TIMEOUT_S", 1.5)
    form = await choose(hass, STEP)
    result = await submit(hass, form, typed(tmp_path, **fields))
    assert result["errors"] == {"base": problem}
    assert not is_open(hass)


async def test_line_is_shared_with_another_integration(
    hass: HomeAssistant, line: SerialLine, tmp_path: Path
) -> None:
    """Both use one port and take turns; it stays open for who is left."""
    other = MockConfigEntry(domain="other", title="Other")
    other.add_to_hass(hass)
    params = ModbusSerialParams(device=str(tmp_path / "usb-adapter"), baudrate=19200)
    unit = async_get_unit(hass, other, params, OTHER_UNIT)
    entry = await set_up(hass, tmp_path)
    line.turns.clear()

    async def read_all() -> None:
        for _ in range(20):
            await unit.read_holding_registers(8058, 12)

    async with asyncio.TaskGroup() as group:
        group.create_task(read_all())
        for _ in range(3):
            await poll(hass)
    assert {UNIT, OTHER_UNIT} <= {*line.turns}
    assert line.turns[1::2] == [-unit_id for unit_id in line.turns[::2]]
    assert await hass.config_entries.async_unload(entry.entry_id)
    assert await unit.read_holding_registers(8000, 2) == [0, 0xCF05]


async def test_port_in_use_with_other_settings(
    hass: HomeAssistant, line: SerialLine, tmp_path: Path
) -> None:
    """Who shares a port must set it alike: one line has one rate."""
    other = MockConfigEntry(domain="other", title="Other")
    other.add_to_hass(hass)
    params = ModbusSerialParams(device=str(tmp_path / "usb-adapter"), baudrate=9600)
    async_get_unit(hass, other, params, OTHER_UNIT)
    result = await submit(hass, await choose(hass, STEP), typed(tmp_path))
    assert result["errors"] == {"base": "in_use"}


async def test_silent_wallbox_leaves_the_line_open(
    hass: HomeAssistant,
    line: SerialLine,
    tmp_path: Path,
    expected_logs: list[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Others on the line must not pay for it; it comes back with the first answer."""
    expected_logs.append("Error fetching Garage data")
    await set_up(hass, tmp_path)
    (shared,) = hass.data[DATA_MODBUS_CONNECTIONS].values()
    before = shared.connection._client
    line.silent = True
    await poll(hass)
    assert value(hass, STATUS) == STATE_UNAVAILABLE
    assert shared.connection._client is before
    line.silent = False
    assert await becomes(hass, lambda: value(hass, STATUS) == "connected")


async def test_adapter_is_unplugged_and_plugged_in_again(
    hass: HomeAssistant,
    line: SerialLine,
    tmp_path: Path,
    expected_logs: list[str],
) -> None:
    """Unavailable while it is gone; the same wallbox at the same port comes back."""
    expected_logs.append("Error fetching Garage data")
    await set_up(hass, tmp_path)
    await line.stop()
    assert await becomes(hass, lambda: value(hass, STATUS) == STATE_UNAVAILABLE)
    await plug(line, tmp_path)
    assert await becomes(hass, lambda: value(hass, STATUS) == "connected")


async def reconfigure(
    hass: HomeAssistant, entry: ConfigEntry, fields: dict[str, Any]
) -> ConfigFlowResult:
    """Submit the form of an entry that is there."""
    flows = hass.config_entries.flow
    result = await flows.async_init(
        DOMAIN, context={"source": "reconfigure", "entry_id": entry.entry_id}
    )
    assert result["data_schema"] is not None
    asked = {str(marker) for marker in result["data_schema"].schema}
    assert asked == {"device", "baud_rate", "maximum_current", "more"}
    return await flows.async_configure(result["flow_id"], fields)


async def test_line_gets_another_rate(
    hass: HomeAssistant,
    line: SerialLine,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    expected_logs: list[str],
) -> None:
    """The port that the entry itself holds can be tried with another rate."""
    expected_logs.append("Garage")
    entry = await set_up(hass, tmp_path)
    monkeypatch.setattr(link, "DEFAULT_TIMEOUT_S", 1.5)
    wrong = typed(tmp_path, baud_rate="115200")
    result = await reconfigure(hass, entry, wrong)
    assert result["errors"] == {"base": "silent_serial"}
    assert entry.state is ConfigEntryState.LOADED
    line.baud_rate = 115200
    result = await reconfigure(hass, entry, wrong)
    assert result["reason"] == "reconfigure_successful"
    await hass.async_block_till_done()
    assert entry.data["baud_rate"] == 115200
    assert value(hass, STATUS) == "connected"


async def test_wallbox_changes_between_network_and_line(
    hass: HomeAssistant,
    line: SerialLine,
    power_brain: PowerBrain,
    tmp_path: Path,
) -> None:
    """Adding the same wallbox again tells its entry the new way, both ways."""
    entry = await set_up(hass, tmp_path)
    by_network = address(power_brain, maximum_current="16")
    result = await submit(hass, await choose(hass, "cfos"), by_network)
    assert result["reason"] == "already_configured"
    await hass.async_block_till_done()
    assert power_brain.open_connections == 1
    assert not is_open(hass)
    line.turns.clear()
    result = await submit(hass, await choose(hass, STEP), typed(tmp_path))
    assert result["reason"] == "already_configured"
    await hass.async_block_till_done()
    assert entry.state is ConfigEntryState.LOADED
    assert power_brain.open_connections == 0
    line.turns.clear()
    await poll(hass)
    assert UNIT in line.turns
