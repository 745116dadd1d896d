"""Devices and clients that are closed after their test."""

import asyncio
from collections.abc import AsyncIterator

import pytest
from raw_modbus import Connect, RawClient

from simulators.modbus_device import Device


@pytest.fixture
async def connect(socket_enabled: None) -> AsyncIterator[Connect]:
    """Start a device and connect to it; both are closed after the test."""
    del socket_enabled
    clients: list[RawClient] = []
    devices: list[Device] = []

    async def _connect(device: Device) -> RawClient:
        if device not in devices:
            await device.start()
            devices.append(device)
        client = RawClient(*await asyncio.open_connection(device.host, device.port))
        clients.append(client)
        return client

    yield _connect
    for client in clients:
        client.writer.close()
    for device in devices:
        await device.stop()
