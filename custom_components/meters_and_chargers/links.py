"""Turns entry data into sessions: the one place that opens sockets."""

import asyncio
from collections.abc import AsyncIterator, Callable, Iterable, Mapping
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from dataclasses import dataclass
from functools import partial
from pathlib import Path
import socket
import ssl
from typing import Any

from homeassistant.components.modbus import async_get_temporary_unit, async_get_unit
from homeassistant.config_entries import ConfigEntry
from homeassistant.const import CONF_DEVICE, CONF_HOST, CONF_PORT
from homeassistant.core import HomeAssistant
from homeassistant.exceptions import ConfigEntryError, HomeAssistantError
from homeassistant.helpers.aiohttp_client import async_get_clientsession
from homeassistant.requirements import async_process_requirements
from homeassistant.util.hass_dict import HassKey
from modbus_connection import (
    ModbusSerialParams,
    ModbusTcpParams,
    ModbusTlsParams,
    ModbusUnit,
)
from modbus_connection.tmodbus import ModbusConnection
from yarl import URL

from . import certificates, serial_line
from .const import (
    CONF_ACCESS_KEY,
    CONF_BY_ACCOUNT,
    CONF_CREDENTIALS,
    CONF_ENCRYPTED,
    CONF_FAMILY,
    CONF_GROUP_ID,
    CONF_HOSTS,
    CONF_MEMBERS,
    CONF_PAIR,
    CONF_PINNED,
    CONF_TLS,
    CONF_TLS_MODE,
    CONF_UNIT_ID,
    DOMAIN,
)
from .engine.devices import FAMILIES
from .engine.devices.diris import ModbusPath, Module
from .engine.devices.ksem.emobility import Emobility
from .engine.devices.ocpp_charger import Central, Knock
from .engine.devices.smart_me import Account, AccountGroup, Members
from .engine.devices.smart_me.rest import BASE
from .engine.journal import Journal
from .engine.model import Device, DeviceError, Family, Identity, Look, Sample
from .engine.protocols.http_json import HttpJson
from .engine.protocols.modbus import (
    Dump,
    ModbusDevice,
    ModbusLink,
    PushServer,
    Source,
    Spacing,
    load_requests,
    look,
)
from .engine.protocols.ocpp import OnRefused, Server, Tls, preload
from .search import Found

_SPACINGS: HassKey[dict[tuple[str, int], Spacing]] = HassKey(f"{DOMAIN}_spacings")
_CONTEXTS: HassKey[dict[tuple[str, str], ssl.SSLContext]] = HassKey(f"{DOMAIN}_tls")
"""By pair and pinned certificate: the shared connection compares them by identity."""


_WEB_PORT = 80
"""Of the web interface of a KSEM, and of a Power Brain."""
_ACCOUNT_URL = BASE
_ACCOUNTS: HassKey[dict[str, Account]] = HassKey(f"{DOMAIN}_accounts")
"""By key: all stations of an owner share what was asked, and the pauses."""
_OCPP_REQUIREMENTS = ["ocpp==2.1.0"]
"""Installed when the first OCPP server is set up, not with the integration."""


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
    params = _params(hass, entry.data)
    unit = async_get_unit(hass, entry, params, entry.data[CONF_UNIT_ID])
    link = _link(hass, entry.data, unit)
    entry.async_on_unload(link.close)
    return family_of(entry.data).open(link, {**entry.data, **entry.options})


def open_diris(
    hass: HomeAssistant, entry: ConfigEntry[Any], known: Iterable[Module]
) -> ModbusPath:
    """Open the path to a DIRIS gateway and its modules, over one connection.

    Raises `HomeAssistantError` when the address is in use with other settings.
    """
    params = _params(hass, entry.data)
    own: int = entry.data[CONF_UNIT_ID]

    async def open_unit(unit_id: int) -> ModbusLink:
        unit = async_get_unit(hass, entry, params, unit_id)
        link = _behind_gateway(hass, entry.data, unit, own=unit_id == own)
        entry.async_on_unload(link.close)
        return link

    # Now rather than in the middle of a round.
    async_get_unit(hass, entry, params, own)
    return ModbusPath(open_unit, own, known)


@asynccontextmanager
async def temporary_diris(
    hass: HomeAssistant, data: Mapping[str, Any]
) -> AsyncIterator[ModbusPath]:
    """Open the path to a DIRIS gateway for a config flow.

    Raises `HomeAssistantError` when the address is in use with other settings.
    """
    own: int = data[CONF_UNIT_ID]
    async with AsyncExitStack() as stack:

        async def open_unit(unit_id: int) -> ModbusLink:
            unit = await stack.enter_async_context(
                _temporary_unit(hass, {**data, CONF_UNIT_ID: unit_id})
            )
            link = _behind_gateway(hass, data, unit, own=unit_id == own)
            stack.callback(link.close)
            return link

        yield ModbusPath(open_unit, own)


def _behind_gateway(
    hass: HomeAssistant, data: Mapping[str, Any], unit: ModbusUnit, *, own: bool
) -> ModbusLink:
    """Ask a module; only the gateway's own silence ends the connection."""
    return ModbusLink(unit, _spacing(hass, data), recycles=own)


@asynccontextmanager
async def temporary_device(
    hass: HomeAssistant, data: Mapping[str, Any]
) -> AsyncIterator[Device]:
    """Open a device for a config flow; its socket is closed at the end.

    Raises `HomeAssistantError` when the address is in use with other settings.
    """
    await prepare(hass, data)
    async with _temporary_unit(hass, data) as unit:
        link = _link(hass, data, unit)
        try:
            yield family_of(data).open(link, data)
        finally:
            link.close()


def open_emobility(hass: HomeAssistant, data: Mapping[str, Any], key: str) -> Emobility:
    """Return what a KSEM's web interface offers to the owner of an access key."""
    base = URL.build(scheme="http", host=data[CONF_HOST], port=_WEB_PORT)
    return Emobility(HttpJson(async_get_clientsession(hass), base, key))


def open_power_brain(hass: HomeAssistant, data: Mapping[str, Any]) -> HttpJson:
    """Return the web page of a Power Brain; it asks for no key."""
    base = URL.build(scheme="http", host=data[CONF_HOST], port=_WEB_PORT)
    return HttpJson(async_get_clientsession(hass), base, None)


def open_account(hass: HomeAssistant, key: str) -> Account:
    """Return what the maker's cloud offers to the owner of a smart-me account."""
    accounts = hass.data.setdefault(_ACCOUNTS, {})
    if key not in accounts:
        session = async_get_clientsession(hass)
        accounts[key] = Account(session, key, _ACCOUNT_URL)
    return accounts[key]


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
                unit = await stack.enter_async_context(_temporary_unit(hass, there))
            except HomeAssistantError:
                continue  # another integration reads it in another way
            found[host] = ModbusLink(unit, _spacing(hass, there))
            stack.callback(found[host].close)
        return await members.find(found)


async def dump(device: Device) -> Dump | None:
    """Read all that a device has, raw and without its serial; takes 30 s at most."""
    return await device.dump() if isinstance(device, ModbusDevice) else None


@asynccontextmanager
async def _temporary_unit(
    hass: HomeAssistant, data: Mapping[str, Any]
) -> AsyncIterator[ModbusUnit]:
    """Share the connection that is there, but never one with other certificates."""
    params = _params(hass, data)
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
    spacing = _spacing(hass, data)
    return ModbusLink(unit, spacing, recycles=not data.get(CONF_DEVICE))


def _params(
    hass: HomeAssistant, data: Mapping[str, Any]
) -> ModbusTcpParams | ModbusTlsParams | ModbusSerialParams:
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


def _spacing(hass: HomeAssistant, data: Mapping[str, Any]) -> Spacing:
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


def authority_folder(hass: HomeAssistant) -> Path:
    """Return where our authority and the certificates of OCPP servers are kept."""
    return Path(hass.config.path(".storage", f"{DOMAIN}_authority"))


async def open_ocpp(
    hass: HomeAssistant,
    data: Mapping[str, Any],
    context: ssl.SSLContext | None,
    on_knock: Callable[[Knock], None],
    on_refused: OnRefused,
) -> OcppListener:
    """Prepare an OCPP server; it does not listen yet.

    ``context`` is what it shows to wallboxes that encrypt.
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
    central = Central(on_knock, has_credentials=data.get(CONF_CREDENTIALS, False))
    tls = Tls(data.get(CONF_TLS_MODE, Tls.OFF))
    host, port = data[CONF_HOST], data[CONF_PORT]
    server = Server(
        central, host, port, tls=tls, context=context, on_refused=on_refused
    )
    central.move = server.move
    return OcppListener(server, central, journal, path)


# Meters that push


type PushListener = PushServer


class NoAddress(OSError):
    """Nobody can be let in by this name."""


_EVERYWHERE = "0.0.0.0"  # noqa: S104 - who may connect is a list of the server's


def push_source(device: Device, on_sample: Callable[[Sample], None]) -> Source:
    """Return what a device may write, with where it goes."""
    if not isinstance(device, ModbusDevice) or device.pushed is None:
        raise TypeError("a device that does not push")
    return Source(pushed=device.pushed, on_sample=on_sample)


async def open_push(hass: HomeAssistant, port: int) -> PushServer:
    """Listen for meters that push.

    Raises OSError where the port can't be had, and ImportError when Home Assistant
    has ceased to ship what decodes the requests.
    """
    requests = await hass.async_add_import_executor_job(load_requests)
    server = PushServer(requests, _EVERYWHERE, port)
    await server.start()
    return server


async def addresses_of(host: str) -> frozenset[str]:
    """Return the IP addresses of a host; raises `NoAddress`."""
    loop = asyncio.get_running_loop()
    try:
        found = await loop.getaddrinfo(host, None, type=socket.SOCK_STREAM)
    except OSError as err:
        raise NoAddress(str(err)) from err
    return frozenset(str(one[4][0]) for one in found)


# The search of the network

_SOCKETS = 64
_CONNECT_S = 1.0


async def search(
    hass: HomeAssistant,
    hosts: Iterable[str],
    on_found: Callable[[Found], None],
    on_asked: Callable[[], None],
) -> None:
    """Ask hosts which device they are; 64 sockets at once, each is closed at the end.

    A host that takes no connection within a second is not asked.
    """
    probed: dict[tuple[int, int], list[Family[ModbusLink]]] = {}
    for family in FAMILIES.values():
        if family.probe is not None:
            way = family.transport
            probed.setdefault((way.port, way.unit_id), []).append(family)
    sockets = asyncio.Semaphore(_SOCKETS)

    async def ask(host: str) -> None:
        async with sockets:
            for (port, unit_id), families in probed.items():
                if not await _listens(host, port):
                    continue
                identity = await _identified(hass, host, port, unit_id, families)
                if identity is not None:
                    on_found(Found(host=host, port=port, identity=identity))
        on_asked()

    async with asyncio.TaskGroup() as group:
        for host in hosts:
            group.create_task(ask(host))


async def _listens(host: str, port: int) -> bool:
    try:
        async with asyncio.timeout(_CONNECT_S):
            _, writer = await asyncio.open_connection(host, port)
    except OSError:
        return False
    writer.close()
    with suppress(OSError):
        await writer.wait_closed()
    return True


async def _identified(
    hass: HomeAssistant,
    host: str,
    port: int,
    unit_id: int,
    families: Iterable[Family[ModbusLink]],
) -> Identity | None:
    """Ask for what identifies each family, as slowly as the slowest wants it."""
    spacing = Spacing()
    params = ModbusTcpParams(host=host, port=port)
    try:
        async with async_get_temporary_unit(hass, params, unit_id) as unit:
            link = ModbusLink(unit, spacing)
            try:
                for family in families:
                    if family.probe is None:
                        continue
                    # Set here, so that a connection which another integration
                    # shares is not slowed down as well.
                    pause = max(spacing.seconds, family.transport.spacing_s)
                    spacing.seconds = pause
                    with suppress(DeviceError):
                        return await family.probe.identify(link)
            finally:
                link.close()
    except HomeAssistantError:
        pass  # another integration reads it in another way
    return None
