"""A serial port in the data of an entry: its settings, and who holds it."""

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from typing import Any, Literal, cast

from homeassistant.config_entries import ConfigEntry, ConfigEntryState
from homeassistant.const import CONF_DEVICE
from homeassistant.core import HomeAssistant
from modbus_connection import ModbusSerialParams

from .const import CONF_BAUD_RATE, CONF_FORMAT

BAUD_RATES = (9600, 19200, 38400, 57600, 115200)
FORMATS = ("8N1", "8E1", "8O1", "8N2")
"""Bits, parity and stop bits of a character, as Modbus on a serial line allows them."""
_BUSY = (ConfigEntryState.LOADED, ConfigEntryState.SETUP_RETRY)


def params(data: Mapping[str, Any]) -> ModbusSerialParams:
    """Return the settings of a port, which all who share it must have alike."""
    _, parity, stops = data[CONF_FORMAT]
    return ModbusSerialParams(
        device=data[CONF_DEVICE],
        baudrate=data[CONF_BAUD_RATE],
        parity=parity,
        stopbits=cast("Literal[1, 2]", int(stops)),
    )


def _clash(old: Mapping[str, Any], new: Mapping[str, Any]) -> bool:
    """Whether new settings can't be tried while a port is open with the old ones."""
    same = old.get(CONF_DEVICE) and old.get(CONF_DEVICE) == new.get(CONF_DEVICE)
    return bool(same) and params(old) != params(new)


@asynccontextmanager
async def let_go(
    hass: HomeAssistant, entry: ConfigEntry, data: Mapping[str, Any]
) -> AsyncIterator[None]:
    """Let an entry go of its port while the port is tried with other settings.

    Where somebody else shares the port, it stays in use.
    """
    if entry.state not in _BUSY or not _clash(entry.data, data):
        yield
        return
    await hass.config_entries.async_unload(entry.entry_id)
    try:
        yield
    finally:
        await hass.config_entries.async_setup(entry.entry_id)
