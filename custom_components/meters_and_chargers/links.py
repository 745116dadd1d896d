"""Turns entry data into sessions: the one place that opens sockets."""

import asyncio
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

from homeassistant.components.modbus import async_get_temporary_unit, async_get_unit
from homeassistant.config_entries import ConfigEntry
from homeassistant.const import CONF_HOST, CONF_PORT
from homeassistant.core import HomeAssistant
from homeassistant.requirements import async_process_requirements
from homeassistant.util.hass_dict import HassKey
from modbus_connection import ModbusTcpParams

from .const import CONF_FAMILY, CONF_UNIT_ID, DOMAIN
from .engine.devices import FAMILIES
from .engine.devices.ocpp_charger import Central, Knock
from .engine.journal import Journal
from .engine.model import Device, Family
from .engine.protocols.modbus import Dump, ModbusDevice, ModbusLink, Spacing
from .engine.protocols.ocpp import Server, preload

_SPACINGS: HassKey[dict[tuple[str, int], Spacing]] = HassKey(f"{DOMAIN}_spacings")


_OCPP_REQUIREMENTS = ["ocpp==2.1.0"]
"""Installed when the first OCPP server is set up, not with the integration."""


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


async def dump(device: Device) -> Dump | None:
    """Read all that a device has, raw and without its serial; takes 30 s at most."""
    return await device.dump() if isinstance(device, ModbusDevice) else None


def _params(data: Mapping[str, Any]) -> ModbusTcpParams:
    return ModbusTcpParams(host=data[CONF_HOST], port=data[CONF_PORT])


def _spacing(hass: HomeAssistant, data: Mapping[str, Any]) -> Spacing:
    """Return the pause of this address; it outlives the connection."""
    spacings = hass.data.setdefault(_SPACINGS, {})
    spacing = spacings.setdefault((data[CONF_HOST], data[CONF_PORT]), Spacing())
    # Whoever asked before, even for another kind of device, counts as well.
    spacing.seconds = max(spacing.seconds, family_of(data).transport.spacing_s)
    return spacing


@dataclass(frozen=True, slots=True)
class OcppListener:
    """An OCPP server that may be started, with what it needs."""

    server: Server
    central: Central
    journal: Journal
    journal_path: Path

    async def journal_size(self) -> int:
        """Return the journal's size in bytes; raises `JournalError` if it is broken.

        Every access is a commit, so one that changes nothing shows that it can be
        written.
        """
        await self.journal.known_charger("")
        return await asyncio.to_thread(lambda: self.journal_path.stat().st_size)

    async def close(self) -> None:
        """Close every connection, then the journal."""
        await self.server.stop()
        await self.central.close()
        await self.journal.close()


async def open_ocpp(
    hass: HomeAssistant, host: str, port: int, on_knock: Callable[[Knock], None]
) -> OcppListener:
    """Prepare an OCPP server; it does not listen yet.

    Raises `RequirementsNotFound` when its library can't be installed, and
    `JournalError` when the journal can't be opened.
    """
    await async_process_requirements(hass, DOMAIN, _OCPP_REQUIREMENTS, False)
    await hass.async_add_executor_job(preload)
    folder = Path(hass.config.path(".storage"))
    await hass.async_add_executor_job(partial(folder.mkdir, exist_ok=True))
    # One file for all servers: numbers of transactions are unique over all wallboxes.
    path = folder / f"{DOMAIN}_journal.db"
    journal = await Journal.open(path)
    central = Central(on_knock=on_knock)
    server = Server(central, host, port)
    central.move = server.move
    return OcppListener(server, central, journal, path)
