"""Turns entry data into sessions: the one place that opens sockets."""

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from typing import Any

from homeassistant.components.modbus import async_get_temporary_unit, async_get_unit
from homeassistant.config_entries import ConfigEntry
from homeassistant.const import CONF_HOST, CONF_PORT
from homeassistant.core import HomeAssistant
from homeassistant.util.hass_dict import HassKey
from modbus_connection import ModbusTcpParams

from .const import CONF_FAMILY, CONF_UNIT_ID, DOMAIN
from .engine.devices import FAMILIES
from .engine.model import Device, Family
from .engine.protocols.modbus import ModbusLink, Spacing

_SPACINGS: HassKey[dict[tuple[str, int], Spacing]] = HassKey(f"{DOMAIN}_spacings")


def family_of(data: Mapping[str, Any]) -> Family[ModbusLink]:
    """Return the family which entry data name."""
    return FAMILIES[data[CONF_FAMILY]]


def open_device(hass: HomeAssistant, entry: ConfigEntry[Any]) -> Device:
    """Open an entry's device on Home Assistant's shared connection.

    Raises `HomeAssistantError` when the address is in use with other settings.
    """
    unit = async_get_unit(hass, entry, _params(entry.data), entry.data[CONF_UNIT_ID])
    link = ModbusLink(unit, _spacing(hass, entry.data))
    entry.async_on_unload(link.close)
    return family_of(entry.data).open(link, entry.data)


@asynccontextmanager
async def temporary_device(
    hass: HomeAssistant, data: Mapping[str, Any]
) -> AsyncIterator[Device]:
    """Open a device for a config flow; its socket is closed at the end.

    Raises `HomeAssistantError` when the address is in use with other settings.
    """
    async with async_get_temporary_unit(
        hass, _params(data), data[CONF_UNIT_ID]
    ) as unit:
        link = ModbusLink(unit, _spacing(hass, data))
        try:
            yield family_of(data).open(link, data)
        finally:
            link.close()


def _params(data: Mapping[str, Any]) -> ModbusTcpParams:
    return ModbusTcpParams(host=data[CONF_HOST], port=data[CONF_PORT])


def _spacing(hass: HomeAssistant, data: Mapping[str, Any]) -> Spacing:
    """Return the pause of this address; it outlives the connection."""
    spacings = hass.data.setdefault(_SPACINGS, {})
    spacing = spacings.setdefault((data[CONF_HOST], data[CONF_PORT]), Spacing())
    # Whoever asked before, even for another kind of device, counts as well.
    spacing.seconds = max(spacing.seconds, family_of(data).transport.spacing_s)
    return spacing
