"""Our side of an OCPP wallbox, without Home Assistant, and sixty times faster."""

import asyncio
from collections.abc import Callable
from contextlib import AsyncExitStack
from dataclasses import dataclass
from pathlib import Path

import pytest

from custom_components.meters_and_chargers.engine.devices.ocpp_charger import (
    Central,
    Gate,
    OcppCharger,
)
from custom_components.meters_and_chargers.engine.devices.ocpp_charger.limit import (
    Timer,
)
from custom_components.meters_and_chargers.engine.journal import Journal
from custom_components.meters_and_chargers.engine.protocols.ocpp import Server
from simulators.charge_point import ChargePoint

_FASTER = 60
CARD = "04AABBCC"
IDENTITY = "BILLED1"
"""What the wallbox is called at a backend."""
NAME = "GARAGE"
"""What it is called here."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Here:
    """What there is of a wallbox on our side."""

    journal: Journal
    central: Central
    charger: OcppCharger
    url: str
    """Where the wallbox dials."""


async def known_here(
    stack: AsyncExitStack, folder: Path, gate: Gate | None = None
) -> Here:
    """Serve a wallbox until the stack is left."""
    journal = await Journal.open(folder / "journal.db")
    stack.push_async_callback(journal.close)
    central = Central(lambda _: None)
    server = Server(central, "127.0.0.1", 0)
    await server.start()
    stack.push_async_callback(server.stop)
    charger = OcppCharger(
        NAME, journal, gate=gate, monotonic=_monotonic, call_later=_call_later
    )
    await charger.load()
    central.accept(NAME, charger)
    stack.push_async_callback(central.close)
    url = f"ws://127.0.0.1:{server.port}"
    return Here(journal=journal, central=central, charger=charger, url=url)


async def live_until(
    wallbox: ChargePoint, what: str, check: Callable[[], object]
) -> None:
    """Let a wallbox's house live until something holds."""
    for _ in range(3000):
        if check():
            return
        wallbox.house.step()
        await asyncio.sleep(0.01)
    pytest.fail(f"not in time: {what}")


def _monotonic() -> float:
    return asyncio.get_running_loop().time() * _FASTER


def _call_later(delay_s: float, callback: Callable[[], None]) -> Timer:
    return asyncio.get_running_loop().call_later(delay_s / _FASTER, callback)
