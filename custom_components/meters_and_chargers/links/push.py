"""Meters that push: who may, and what listens for them."""

import asyncio
from collections.abc import Callable
import socket

from homeassistant.core import HomeAssistant

from ..engine.model import Device, Sample
from ..engine.protocols.modbus import ModbusDevice, PushServer, Source, load_requests

type PushListener = PushServer

_EVERYWHERE = "0.0.0.0"  # noqa: S104 - who may connect is a list of the server's


class NoAddress(OSError):
    """Nobody can be let in by this name."""


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
