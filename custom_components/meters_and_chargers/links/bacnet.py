"""BACnet/IP: one socket for all that a gateway's modules answer."""

from collections.abc import Iterable, Mapping
from ipaddress import ip_interface
import socket
from typing import Any

from homeassistant.components.network import async_get_adapters
from homeassistant.const import CONF_HOST, CONF_PORT
from homeassistant.core import HomeAssistant
from homeassistant.requirements import (
    RequirementsNotFound,
    async_process_requirements,
)

from ..const import CONF_EVERY, CONF_INSTANCE, DOMAIN
from ..engine.devices.diris import BacnetPath, Module
from ..engine.model import Unreachable
from ..engine.protocols.bacnet import (
    PORT,
    REQUIREMENT,
    BacnetSession,
    Stack,
    open_stack,
)
from .diris import budget_of

LOCAL_PORT = PORT
"""Where devices expect whoever asks them; some say only there who they are."""


class PortTaken(Unreachable):
    """Another program on this computer has BACnet's port."""


class NoLibrary(Unreachable):
    """What speaks BACnet could not be installed."""


def open_diris_bacnet(
    hass: HomeAssistant,
    data: Mapping[str, Any],
    told: Mapping[str, Any],
    known: Iterable[Module] = (),
) -> BacnetPath:
    """Open the path by BACnet to a gateway; its socket opens with the first request.

    ``told`` is what its owner has set of BACnet, ``known`` are modules of before. The
    first request raises `PortTaken` when another program has BACnet's port, `NoLibrary`
    when what speaks it can't be installed.
    """
    host, port = data[CONF_HOST], told[CONF_PORT]

    async def opened() -> Stack:
        try:
            await async_process_requirements(hass, DOMAIN, [REQUIREMENT])
        except RequirementsNotFound as err:
            raise NoLibrary(f"{REQUIREMENT} can't be installed") from err
        try:
            found = await hass.loop.getaddrinfo(
                host, port, family=socket.AF_INET, type=socket.SOCK_DGRAM
            )
        except (OSError, UnicodeError) as err:
            raise Unreachable("its name is not known") from err
        address = str(found[0][4][0])
        return await open_stack(_bound, (address, port), await _all(hass, address))

    session = BacnetSession(opened, budget_of(hass, data))
    return BacnetPath(
        session, told[CONF_INSTANCE], known, every=told.get(CONF_EVERY, False)
    )


async def _bound() -> socket.socket:
    """Bind to all interfaces: what is sent to a whole network comes to none alone."""
    bound = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    bound.setblocking(False)
    bound.setsockopt(socket.SOL_SOCKET, socket.SO_BROADCAST, 1)
    try:
        bound.bind(("", LOCAL_PORT))
    except OSError as err:
        bound.close()
        raise PortTaken(f"another program has UDP port {LOCAL_PORT}") from err
    return bound


async def _all(hass: HomeAssistant, address: str) -> str:
    """Return where all devices of the gateway's network hear us.

    Where we are not in that network, it is the gateway itself.
    """
    host = ip_interface(address).ip
    for adapter in await async_get_adapters(hass):
        for one in adapter["ipv4"]:
            network = ip_interface(f"{one['address']}/{one['network_prefix']}").network
            if host in network:
                return str(network.broadcast_address)
    return address
