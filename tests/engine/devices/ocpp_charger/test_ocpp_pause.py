"""A pause by an end is one only once it has ended, and gives way to a newer wish."""

import asyncio
from typing import Any

from ocpp_fakes import Wallbox, idle, rest
import pytest

from custom_components.meters_and_chargers.engine.devices.ocpp_charger import Pause
from custom_components.meters_and_chargers.engine.model import (
    Refused,
    Silent,
    Unreachable,
)

ACCEPTED, REJECTED = {"status": "Accepted"}, {"status": "Rejected"}
STOP, START = "RemoteStopTransaction", "RemoteStartTransaction"


async def passes(wallbox: Wallbox, seconds: int) -> None:
    """Let time pass in steps, with what it leads to."""
    for _ in range(seconds):
        wallbox.clock.advance(1)
        await rest(12)
    await idle(wallbox.charger)


async def charges(wallbox: Wallbox) -> int:
    """Let a car charge by 16 A, which is paused by an end."""
    await wallbox.charger.pauses.choose(Pause.STOP)
    await wallbox.charger.set_limit(1, 16_000)
    await wallbox.status("Preparing")
    transaction = await wallbox.starts()
    await wallbox.status("Charging")
    await passes(wallbox, 20)
    return transaction


def believed(wallbox: Wallbox) -> int | None:
    """Return what it is taken to have."""
    return wallbox.charger.connector(1).limit_ma


def slowly(wallbox: Wallbox, action: str) -> tuple[asyncio.Event, Any]:
    """Answer a call when told to; returns what says that it came, and the answer."""
    asked = asyncio.Event()
    answer: asyncio.Future[dict[str, str]] = asyncio.Future()

    async def reply() -> dict[str, str]:
        asked.set()
        return await answer

    wallbox.link.reply(action, reply)
    return asked, answer


async def in_flight(wallbox: Wallbox) -> tuple[asyncio.Task[None], Any]:
    """Pause it, with the answer to its end on its way."""
    asked, answer = slowly(wallbox, STOP)
    order = asyncio.create_task(wallbox.charger.set_limit(1, 0))
    async with asyncio.timeout(5):
        await asked.wait()
    return order, answer


# What it has


async def test_it_is_paused_once_it_has_ended(wallbox: Wallbox) -> None:
    """Until then it has what it had; with the end nothing."""
    transaction = await charges(wallbox)
    order, answer = await in_flight(wallbox)
    assert believed(wallbox) == 16_000
    answer.set_result(ACCEPTED)
    await order
    assert believed(wallbox) == 16_000
    await wallbox.stops(transaction)
    assert believed(wallbox) == 0
    assert wallbox.link.limits == [(1, 16)]


async def test_an_end_without_an_answer(wallbox: Wallbox) -> None:
    """The car may charge on, also when the line breaks then."""
    await charges(wallbox)
    order, answer = await in_flight(wallbox)
    answer.set_exception(Silent("no answer"))
    with pytest.raises(Silent):
        await order
    assert believed(wallbox) == 16_000
    wallbox.charger.closed(wallbox.link)
    assert believed(wallbox) == 16_000


async def test_told_while_away(wallbox: Wallbox) -> None:
    """It charges on until it is back, and is ended then."""
    transaction = await charges(wallbox)
    wallbox.charger.closed(wallbox.link)
    with pytest.raises(Unreachable):
        await wallbox.charger.set_limit(1, 0)
    assert believed(wallbox) == 16_000
    link = wallbox.connect()
    await passes(wallbox, 6)
    assert link.sent(STOP) == [{"transactionId": transaction}]


async def test_neither_ended_nor_limited(wallbox: Wallbox) -> None:
    """Who refuses both charges on."""
    await charges(wallbox)
    wallbox.link.reply(STOP, REJECTED)
    wallbox.link.reply("SetChargingProfile", *[REJECTED] * 9)
    with pytest.raises(Refused):
        await wallbox.charger.set_limit(1, 0)
    assert believed(wallbox) == 16_000


# A newer wish


async def test_a_late_no_to_the_end(wallbox: Wallbox) -> None:
    """It is not told 0 A in the place of what is wanted by now."""
    await charges(wallbox)
    order, answer = await in_flight(wallbox)
    await wallbox.charger.set_limit(1, 10_000)
    answer.set_result(REJECTED)
    await order
    await passes(wallbox, 120)
    await wallbox.status("Charging", info="again")
    await passes(wallbox, 20)
    assert wallbox.link.limits == [(1, 16), (1, 10)]
    assert believed(wallbox) == 10_000


async def test_a_late_yes_to_the_end(wallbox: Wallbox) -> None:
    """The car that is to charge by now begins again."""
    transaction = await charges(wallbox)
    order, answer = await in_flight(wallbox)
    await wallbox.charger.set_limit(1, 10_000)
    await passes(wallbox, 1)
    answer.set_result(ACCEPTED)
    await order
    await wallbox.stops(transaction)
    await wallbox.status("Finishing")
    await passes(wallbox, 6)
    assert len(wallbox.link.sent(START)) == 1


async def test_a_late_no_to_the_end_of_another(wallbox: Wallbox) -> None:
    """The same for what was begun in the pause."""
    transaction = await charges(wallbox)
    await wallbox.charger.set_limit(1, 0)
    await wallbox.stops(transaction)
    await wallbox.status("Preparing")
    asked, answer = slowly(wallbox, STOP)
    await wallbox.starts(wh=2000)
    await wallbox.status("Charging")
    async with asyncio.timeout(5):
        await asked.wait()
    await wallbox.charger.set_limit(1, 10_000)
    answer.set_result(REJECTED)
    await passes(wallbox, 30)
    assert wallbox.link.limits == [(1, 16), (1, 10)]


# Going on


async def test_a_break_while_it_is_started(wallbox: Wallbox) -> None:
    """However long it is away, it is started when it is back."""
    transaction = await charges(wallbox)
    await wallbox.charger.set_limit(1, 0)
    await wallbox.stops(transaction)
    await wallbox.status("Preparing")
    await passes(wallbox, 20)
    asked, answer = slowly(wallbox, START)
    await wallbox.charger.set_limit(1, 10_000)
    async with asyncio.timeout(5):
        await asked.wait()
    wallbox.charger.closed(wallbox.link)
    answer.set_exception(Unreachable("closed"))
    await passes(wallbox, 400)
    assert wallbox.charger.connector(1).card_waits
    link = wallbox.connect()
    await wallbox.status("Preparing")
    await passes(wallbox, 6)
    assert link.sent(START) == [{"connectorId": 1, "idTag": "04AABBCC"}]
