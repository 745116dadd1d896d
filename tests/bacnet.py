"""A path by BACnet to a simulated gateway, for tests."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
import socket

from custom_components.meters_and_chargers.engine.devices.diris import Module
from custom_components.meters_and_chargers.engine.devices.diris.bacnet import BacnetPath
from custom_components.meters_and_chargers.engine.protocols.bacnet import (
    BacnetSession,
    Stack,
    open_stack,
)
from custom_components.meters_and_chargers.engine.protocols.budget import Budget
from simulators.bacnet_gateway import HOST, MAIN
from tests.snmp import unhurried


@asynccontextmanager
async def opened(
    port: int,
    *,
    main: int = MAIN,
    known: tuple[Module, ...] = (),
    budget: Budget | None = None,
    every: bool = False,
) -> AsyncIterator[BacnetPath]:
    """Open a path with short time-outs."""

    async def bound() -> socket.socket:
        own = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        own.setblocking(False)
        own.bind((HOST, 0))
        return own

    async def stack() -> Stack:
        return await open_stack(bound, (HOST, port), HOST, timeout_s=1.0)

    session = BacnetSession(stack, budget or unhurried(), wait_s=1.0)
    try:
        yield BacnetPath(session, main, known, every=every)
    finally:
        session.close()
