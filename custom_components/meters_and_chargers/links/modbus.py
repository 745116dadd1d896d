"""Devices that are read by Modbus, on Home Assistant's shared connections."""

from collections.abc import AsyncIterator, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path
import ssl
from typing import Any

from homeassistant.components.modbus import async_get_temporary_unit, async_get_unit
from homeassistant.config_entries import ConfigEntry
from homeassistant.const import CONF_DEVICE, CONF_HOST, CONF_PORT
from homeassistant.core import HomeAssistant
from homeassistant.exceptions import ConfigEntryError, HomeAssistantError
from homeassistant.util.hass_dict import HassKey
from modbus_connection import (
    ModbusSerialParams,
    ModbusTcpParams,
    ModbusTlsParams,
    ModbusUnit,
)
from modbus_connection.tmodbus import ModbusConnection

from .. import certificates, serial_line
from ..const import (
    CONF_ACCESS_KEY,
    CONF_BY_ACCOUNT,
    CONF_ENCRYPTED,
    CONF_FAMILY,
    CONF_GROUP_ID,
    CONF_HOSTS,
    CONF_MEMBERS,
    CONF_PAIR,
    CONF_PINNED,
    CONF_TLS,
    CONF_UNIT_ID,
    DOMAIN,
)
from ..engine.devices import FAMILIES
from ..engine.devices.smart_me import AccountGroup, Members
from ..engine.model import Device, Family, Look
from ..engine.protocols.modbus import Dump, ModbusDevice, ModbusLink, Spacing, look
from .web import open_account

_SPACINGS: HassKey[dict[tuple[str, int], Spacing]] = HassKey(f"{DOMAIN}_spacings")
_CONTEXTS: HassKey[dict[tuple[str, str], ssl.SSLContext]] = HassKey(f"{DOMAIN}_tls")
"""By pair and pinned certificate: the shared connection compares them by identity."""


def family_of(data: Mapping[str, Any]) -> Family[ModbusLink]:
    """Return the family which entry data name."""
    return FAMILIES[data[CONF_FAMILY]]


def open_device(hass: HomeAssistant, entry: ConfigEntry[Any]) -> Device:
    """Open an entry's device, on Home Assistant's shared connection or by an account.

    Raises `HomeAssistantError` when the address is in use with other settings.
    """
    if entry.data.get(CONF_BY_ACCOUNT):
        account = open_account(hass, entry.options[CONF_ACCESS_KEY])
        serials = tuple(map(int, entry.data[CONF_MEMBERS]))
        return AccountGroup(account, entry.data[CONF_GROUP_ID], serials, entry.data)
    params = params_of(hass, entry.data)
    unit = async_get_unit(hass, entry, params, entry.data[CONF_UNIT_ID])
    link = _link(hass, entry.data, unit)
    entry.async_on_unload(link.close)
    return family_of(entry.data).open(link, {**entry.data, **entry.options})


@asynccontextmanager
async def temporary_device(
    hass: HomeAssistant, data: Mapping[str, Any]
) -> AsyncIterator[Device]:
    """Open a device for a config flow; its socket is closed at the end.

    Raises `HomeAssistantError` when the address is in use with other settings.
    """
    await prepare(hass, data)
    async with temporary_unit(hass, data) as unit:
        link = _link(hass, data, unit)
        try:
            yield family_of(data).open(link, data)
        finally:
            link.close()


async def find_master(hass: HomeAssistant, data: Mapping[str, Any]) -> str | None:
    """Return the host at which a group of Picos answers now.

    Asked are the hosts where it was before, and the names of its stations.
    """
    members = Members(*map(int, data[CONF_MEMBERS]))
    async with AsyncExitStack() as stack:
        found = {}
        for host in (*data.get(CONF_HOSTS, ()), *members.names):
            there = {**data, CONF_HOST: host}
            try:
                unit = await stack.enter_async_context(temporary_unit(hass, there))
            except HomeAssistantError:
                continue  # another integration reads it in another way
            found[host] = ModbusLink(unit, spacing_of(hass, there))
            stack.callback(found[host].close)
        return await members.find(found)


async def dump(device: Device) -> Dump | None:
    """Read all that a device has, raw and without its serial; takes 30 s at most."""
    return await device.dump() if isinstance(device, ModbusDevice) else None


@asynccontextmanager
async def temporary_unit(
    hass: HomeAssistant, data: Mapping[str, Any]
) -> AsyncIterator[ModbusUnit]:
    """Share the connection that is there, but never one with other certificates."""
    params = params_of(hass, data)
    if not isinstance(params, ModbusTlsParams):
        async with async_get_temporary_unit(hass, params, data[CONF_UNIT_ID]) as unit:
            yield unit
        return
    connection = ModbusConnection(params)
    try:
        yield connection.for_unit(data[CONF_UNIT_ID])
    finally:
        await connection.close()


def _link(hass: HomeAssistant, data: Mapping[str, Any], unit: ModbusUnit) -> ModbusLink:
    """Ask a unit; a serial line stays open for the others on it."""
    spacing = spacing_of(hass, data)
    return ModbusLink(unit, spacing, recycles=not data.get(CONF_DEVICE))


def params_of(
    hass: HomeAssistant, data: Mapping[str, Any]
) -> ModbusTcpParams | ModbusTlsParams | ModbusSerialParams:
    """Return how an address is reached."""
    if data.get(CONF_DEVICE):
        return serial_line.params(data)
    host, port = data[CONF_HOST], data[CONF_PORT]
    if not data.get(CONF_ENCRYPTED):
        return ModbusTcpParams(host=host, port=port)
    context = hass.data[_CONTEXTS][_certificates(data)]
    return ModbusTlsParams(host=host, port=port, sslctx=context)


def _certificates(data: Mapping[str, Any]) -> tuple[str, str]:
    return data[CONF_TLS][CONF_PAIR], data[CONF_TLS][CONF_PINNED]


def certificate_folder(hass: HomeAssistant) -> Path:
    """Return where pairs and pinned certificates are kept."""
    return Path(hass.config.path(".storage", f"{DOMAIN}_tls"))


async def prepare(hass: HomeAssistant, data: Mapping[str, Any]) -> None:
    """Load the certificates of an encrypted device, once, before it is opened.

    Raises `ConfigEntryError` when they are gone.
    """
    if not data.get(CONF_ENCRYPTED):
        return
    contexts = hass.data.setdefault(_CONTEXTS, {})
    wanted = _certificates(data)
    try:
        if wanted not in contexts:
            contexts[wanted] = await hass.async_add_executor_job(
                certificates.trusting, certificate_folder(hass), *wanted
            )
    except OSError as err:
        raise ConfigEntryError(
            translation_domain=DOMAIN, translation_key="certificate_missing"
        ) from err


async def look_at(
    hass: HomeAssistant, data: Mapping[str, Any], pair_id: str | None
) -> Look:
    """See what listens where an encrypted device should, showing a pair or none.

    Raises `PortClosed` and `Unreachable`.
    """
    if (tls := family_of(data).transport.tls) is None:
        raise TypeError(f"{data[CONF_FAMILY]} knows no encryption")
    context = await hass.async_add_executor_job(
        certificates.looking, certificate_folder(hass), pair_id
    )
    host, port = data[CONF_HOST], data[CONF_PORT]
    return await look(host, port, data[CONF_UNIT_ID], tls, context)


def spacing_of(hass: HomeAssistant, data: Mapping[str, Any]) -> Spacing:
    """Return the pause of this address; it outlives the connection."""
    spacings = hass.data.setdefault(_SPACINGS, {})
    if device := data.get(CONF_DEVICE):
        place = device, data[CONF_UNIT_ID]
    else:
        place = data[CONF_HOST], data[CONF_PORT]
    spacing = spacings.setdefault(place, Spacing())
    # Whoever asked before, even for another kind of device, counts as well.
    spacing.seconds = max(spacing.seconds, family_of(data).transport.spacing_s)
    return spacing
