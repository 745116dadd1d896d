"""The search of the network for devices that are read by Modbus TCP."""

import asyncio
from collections.abc import Callable, Iterable
from contextlib import suppress

from homeassistant.components.modbus import async_get_temporary_unit
from homeassistant.core import HomeAssistant
from homeassistant.exceptions import HomeAssistantError
from modbus_connection import ModbusTcpParams

from ..engine.devices import FAMILIES
from ..engine.model import DeviceError, Family, Identity
from ..engine.protocols.modbus import ModbusLink, Spacing
from ..search import Found

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
