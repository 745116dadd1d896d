"""Real sockets between the engine and simulated devices."""

import asyncio
from collections.abc import AsyncIterator, Iterable
from contextlib import asynccontextmanager

from modbus_connection import ModbusTcpParams
from modbus_connection.tmodbus import ModbusConnection

from custom_components.meters_and_chargers.engine.devices.diris import (
    ModbusPath,
    Module,
)
from custom_components.meters_and_chargers.engine.protocols.budget import Lane
from custom_components.meters_and_chargers.engine.protocols.modbus import (
    ModbusLink,
    Spacing,
)
from simulators.modbus_device import ModbusDevice


@asynccontextmanager
async def connected(
    device: ModbusDevice, spacing_s: float = 0.0
) -> AsyncIterator[ModbusLink]:
    """Open a link to a simulated device, as Home Assistant's shared connection does."""
    connection = ModbusConnection(ModbusTcpParams(host=device.host, port=device.port))
    link = ModbusLink(connection.for_unit(1), Spacing(seconds=spacing_s))
    try:
        yield link
    finally:
        link.close()
        await connection.close()


@asynccontextmanager
async def behind_gateway(
    device: ModbusDevice,
    known: Iterable[Module] = (),
    timeout_s: float = 2.8,
    lane: Lane | None = None,
) -> AsyncIterator[ModbusPath]:
    """Open a path to a DIRIS gateway and its modules, over one connection."""
    connection = ModbusConnection(ModbusTcpParams(host=device.host, port=device.port))
    links = []

    async def open_unit(unit: int) -> ModbusLink:
        link = ModbusLink(connection.for_unit(unit), recycles=unit == 1)
        link.set_timeout(timeout_s)
        links.append(link)
        return link

    try:
        yield ModbusPath(open_unit, 1, known, lane)
    finally:
        for link in links:
            link.close()
        await connection.close()


async def all_closed(device: ModbusDevice) -> bool:
    """Return whether every socket to a device is closed, within half a minute."""
    for _ in range(3000):
        if not device.open_connections:
            return True
        await asyncio.sleep(0.01)
    return False
