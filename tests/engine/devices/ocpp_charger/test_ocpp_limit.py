"""The charging current: bounds, forms, and how often it is sent."""

import asyncio
from collections.abc import Callable
from typing import Any

from ocpp_fakes import Wallbox, idle, rest
import pytest

from custom_components.meters_and_chargers.engine.devices.ocpp_charger import (
    OcppCharger,
)
from custom_components.meters_and_chargers.engine.model import (
    BadAnswer,
    OutOfRange,
    Refused,
    Silent,
    Unreachable,
)
from custom_components.meters_and_chargers.engine.protocols.ocpp import CallError

REJECTED = {"status": "Rejected"}


def _ask(wallbox: Wallbox, value_ma: int, *, protection: bool = False) -> Any:
    return asyncio.ensure_future(
        wallbox.charger.set_limit(1, value_ma, protection=protection)
    )


async def test_the_first_limit(wallbox: Wallbox) -> None:
    """It is sent at once, as a default for the transactions of its connector."""
    await wallbox.charger.set_limit(1, 10_500)
    assert wallbox.link.sent("SetChargingProfile") == [
        {
            "connectorId": 1,
            "csChargingProfiles": {
                "chargingProfileId": 1,
                "stackLevel": 0,
                "chargingProfilePurpose": "TxDefaultProfile",
                "chargingProfileKind": "Absolute",
                "chargingSchedule": {
                    "startSchedule": "2026-06-01T11:58:00Z",
                    "chargingRateUnit": "A",
                    "chargingSchedulePeriod": [{"startPeriod": 0, "limit": 10.5}],
                },
            },
        }
    ]
    connector = wallbox.charger.connector(1)
    assert connector.limit_ma == 10_500
    assert connector.limit_is_assumed is False
    assert connector.setpoint is wallbox.charger.setpoint
    assert wallbox.changes[-1].connectors == {1}


@pytest.mark.parametrize("value_ma", [5_900, 16_100, -1, 10_050])
async def test_bounds(wallbox: Wallbox, value_ma: int) -> None:
    """What is out of bounds is never sent, also not later."""
    with pytest.raises(OutOfRange):
        await wallbox.charger.set_limit(1, value_ma)
    wallbox.charger.closed(wallbox.link)
    with pytest.raises(OutOfRange):
        await wallbox.charger.set_limit(1, value_ma)
    assert wallbox.link.asked == []


async def test_a_coarse_step(new_charger: Callable[..., OcppCharger]) -> None:
    """The step is the owner's choice."""
    charger = new_charger(step_ma=1000, minimum_a=8, maximum_a=32)
    with pytest.raises(OutOfRange):
        await charger.set_limit(1, 8_500)
    assert charger.setpoint.minimum_ma == 8_000


async def test_not_too_often(wallbox: Wallbox) -> None:
    """The newest of several waits until 15 s are over; all get its outcome."""
    await wallbox.charger.set_limit(1, 16_000)
    wallbox.clock.advance(1)
    tasks = [_ask(wallbox, value_ma) for value_ma in (7_000, 12_000, 9_000)]
    await rest()
    wallbox.clock.advance(13.9)
    await rest()
    assert wallbox.link.limits == [(1, 16)]
    assert not any(task.done() for task in tasks)
    wallbox.clock.advance(0.2)
    await asyncio.gather(*tasks)
    assert wallbox.link.limits == [(1, 16), (1, 9)]
    assert wallbox.charger.connector(1).limit_ma == 9_000


async def test_small_differences_are_not_sent(wallbox: Wallbox) -> None:
    """Less than half an ampere is not worth a write, and replaces what waits."""
    await wallbox.charger.set_limit(1, 10_000)
    await wallbox.charger.set_limit(1, 10_400)
    await wallbox.charger.set_limit(1, 9_600)
    waits = _ask(wallbox, 14_000)
    await rest()
    await wallbox.charger.set_limit(1, 10_000)
    await waits
    wallbox.clock.advance(100)
    await rest()
    assert wallbox.link.limits == [(1, 10)]
    await wallbox.charger.set_limit(1, 10_500)
    assert wallbox.link.limits == [(1, 10), (1, 10.5)]


async def test_zero_goes_at_once(wallbox: Wallbox) -> None:
    """Stopping does not wait, and is not sent twice."""
    await wallbox.charger.set_limit(1, 10_000)
    await wallbox.charger.set_limit(1, 0)
    await wallbox.charger.set_limit(1, 0)
    assert wallbox.link.limits == [(1, 10), (1, 0)]


async def test_protection_goes_at_once(wallbox: Wallbox) -> None:
    """A reduction to protect a fuse does not wait, however small; an increase does."""
    await wallbox.charger.set_limit(1, 10_000)
    await wallbox.charger.set_limit(1, 9_800, protection=True)
    assert wallbox.link.limits == [(1, 10), (1, 9.8)]
    waits = _ask(wallbox, 12_000, protection=True)
    await rest()
    assert not waits.done()
    await wallbox.charger.set_limit(1, 8_000, protection=True)
    await waits
    assert wallbox.link.limits == [(1, 10), (1, 9.8), (1, 8)]


async def test_one_in_flight(wallbox: Wallbox) -> None:
    """While one is on its way only the newest waits; protection follows directly."""
    release = asyncio.Event()

    async def slow() -> dict[str, str]:
        await release.wait()
        return {"status": "Accepted"}

    wallbox.link.reply("SetChargingProfile", slow)
    first = _ask(wallbox, 16_000)
    await rest()
    second = _ask(wallbox, 8_000, protection=True)
    third = _ask(wallbox, 7_000)
    await rest()
    assert wallbox.link.limits == [(1, 16)]
    release.set()
    await asyncio.gather(first, second, third)
    assert wallbox.link.limits == [(1, 16), (1, 7)]


async def test_connectors_take_turns(wallbox: Wallbox) -> None:
    """A wallbox gets one profile at a time, and each connector its own."""
    await wallbox.status("Available", 2)
    running = 0

    async def slow() -> dict[str, str]:
        nonlocal running
        running += 1
        assert running == 1
        await rest(3)
        running -= 1
        return {"status": "Accepted"}

    wallbox.link.reply("SetChargingProfile", slow, slow)
    await asyncio.gather(
        wallbox.charger.set_limit(1, 8_000), wallbox.charger.set_limit(2, 9_000)
    )
    assert sorted(wallbox.link.limits) == [(1, 8), (2, 9)]


async def test_a_newer_value_while_another_connector_has_the_turn(
    wallbox: Wallbox,
) -> None:
    """What waits for its turn is replaced, not sent first."""
    await wallbox.status("Available", 2)
    release = asyncio.Event()

    async def slow() -> dict[str, str]:
        await release.wait()
        return {"status": "Accepted"}

    wallbox.link.reply("SetChargingProfile", slow)
    first = _ask(wallbox, 8_000)
    await rest()
    second = asyncio.ensure_future(wallbox.charger.set_limit(2, 9_000))
    await rest()
    third = asyncio.ensure_future(wallbox.charger.set_limit(2, 12_000))
    await rest()
    release.set()
    await asyncio.gather(first, second, third)
    assert wallbox.link.limits == [(1, 8), (2, 12)]


async def test_an_unanswered_limit_may_act(wallbox: Wallbox) -> None:
    """After silence either may act: the higher one counts, the lower is sent again."""
    await wallbox.charger.set_limit(1, 6_000)
    wallbox.clock.advance(20)
    wallbox.link.reply("SetChargingProfile", Silent("no answer"))
    with pytest.raises(Silent):
        await wallbox.charger.set_limit(1, 16_000)
    assert wallbox.charger.connector(1).limit_ma == 16_000
    assert wallbox.changes[-1].connectors == {1}
    await wallbox.charger.set_limit(1, 6_000, protection=True)
    assert wallbox.link.limits == [(1, 6), (1, 16), (1, 6)]


async def test_wanted_while_away(wallbox: Wallbox) -> None:
    """What could not be sent is sent after the next connection, once."""
    wallbox.charger.closed(wallbox.link)
    with pytest.raises(Unreachable):
        await wallbox.charger.set_limit(1, 9_000)
    for limits in ([(1, 9)], []):
        wallbox.connect()
        wallbox.clock.advance(6)
        await idle(wallbox.charger)
        assert wallbox.link.limits == limits
        wallbox.charger.closed(wallbox.link)


async def test_cut_off(wallbox: Wallbox) -> None:
    """A connection that ends lets nobody wait, and what was wanted is owed."""
    await wallbox.charger.set_limit(1, 16_000)
    waits = _ask(wallbox, 8_000)
    await rest()
    wallbox.charger.closed(wallbox.link)
    with pytest.raises(Unreachable):
        await waits
    wallbox.connect()
    wallbox.clock.advance(20)
    await idle(wallbox.charger)
    assert wallbox.link.limits == [(1, 8)]


async def test_cut_off_in_flight(wallbox: Wallbox) -> None:
    """A limit on its way when the connection ends is sent again."""
    wallbox.link.reply("SetChargingProfile", asyncio.Event().wait)
    waits = _ask(wallbox, 8_000)
    await rest()
    wallbox.charger.closed(wallbox.link)
    with pytest.raises(Unreachable):
        await waits
    wallbox.connect()
    wallbox.clock.advance(20)
    await idle(wallbox.charger)
    assert wallbox.link.limits == [(1, 8)]


async def test_after_a_boot(wallbox: Wallbox) -> None:
    """A wallbox that booted gets its limit again, right after its answer."""
    await wallbox.charger.set_limit(1, 9_000)
    await wallbox.boots()
    wallbox.clock.advance(1)
    await idle(wallbox.charger)
    assert wallbox.link.limits == [(1, 9), (1, 9)]
    assert wallbox.charger.connector(1).limit_ma == 9_000


async def test_refused_after_a_boot_it_is_tried_again(wallbox: Wallbox) -> None:
    """Three times, a minute apart: one that just started may not be ready."""
    await wallbox.charger.set_limit(1, 10_000)
    await wallbox.boots()
    wallbox.link.reply("SetChargingProfile", *[REJECTED] * 100)
    before, tries = len(wallbox.link.limits), []
    for seconds in (1, 60, 60, 60, 60, 60):
        for _ in range(seconds):
            wallbox.clock.advance(1)
            await rest()
        await idle(wallbox.charger)
        tries.append(len(wallbox.link.limits) - before)
        before = len(wallbox.link.limits)
    assert tries[0] > 0
    assert tries == [tries[0]] * 4 + [0, 0]
    wallbox.link.replies.clear()
    wallbox.charger.closed(wallbox.link)
    wallbox.connect()
    wallbox.clock.advance(6)
    await idle(wallbox.charger)
    assert wallbox.link.limits == [(1, 10)]


async def test_a_boot_without_a_limit(wallbox: Wallbox) -> None:
    """Nothing is sent that nobody wanted."""
    await wallbox.boots()
    wallbox.clock.advance(1)
    await idle(wallbox.charger)
    assert wallbox.link.limits == []


async def test_a_limit_that_cannot_be_restored(wallbox: Wallbox) -> None:
    """It is tried again after the next connection."""
    await wallbox.charger.set_limit(1, 9_000)
    wallbox.link.reply("SetChargingProfile", REJECTED, REJECTED)
    await wallbox.boots()
    wallbox.clock.advance(1)
    await idle(wallbox.charger)
    assert wallbox.charger.connector(1).limit_ma is None
    wallbox.charger.closed(wallbox.link)
    wallbox.clock.advance(20)
    wallbox.connect()
    wallbox.clock.advance(6)
    await idle(wallbox.charger)
    assert wallbox.link.limits == [(1, 9)]
    assert wallbox.charger.connector(1).limit_ma == 9_000


async def test_an_unread_configuration_is_asked_for_again(wallbox: Wallbox) -> None:
    """On the next connection, not before each limit."""
    wallbox.link.reply("GetConfiguration", Silent("no answer"))
    for value_ma in (6_000, 8_000):
        async with asyncio.timeout(5):
            await wallbox.charger.set_limit(1, value_ma)
        wallbox.clock.advance(20)
    assert len(wallbox.link.sent("GetConfiguration")) == 1
    wallbox.charger.closed(wallbox.link)
    known = {"key": "NumberOfConnectors", "readonly": True, "value": "1"}
    wallbox.connect().reply("GetConfiguration", {"configurationKey": [known]})
    async with asyncio.timeout(5):
        await wallbox.charger.set_limit(1, 10_000)
    assert wallbox.charger.configuration == {"NumberOfConnectors": "1"}


async def test_clearing(wallbox: Wallbox) -> None:
    """Without profiles there is no limit, and none is restored."""
    await wallbox.charger.set_limit(1, 9_000)
    await wallbox.charger.clear_charging_profile()
    assert wallbox.charger.connector(1).limit_ma is None
    await wallbox.boots()
    wallbox.clock.advance(1)
    await idle(wallbox.charger)
    assert wallbox.link.limits == [(1, 9)]


@pytest.mark.parametrize(
    "lost",
    [
        Silent("no answer"),
        Unreachable("closed"),
        BadAnswer("no object"),
        CallError("InternalError"),
        asyncio.CancelledError(),
    ],
)
async def test_clearing_without_an_answer(wallbox: Wallbox, lost: Any) -> None:
    """Nobody knows whether it is gone: the same limit is sent again."""
    await wallbox.charger.set_limit(1, 10_000)

    async def answer() -> None:
        raise lost

    wallbox.link.reply("ClearChargingProfile", answer)
    with pytest.raises(Refused if isinstance(lost, CallError) else type(lost)):
        await wallbox.charger.clear_charging_profile()
    assert wallbox.charger.connector(1).limit_ma is None
    wallbox.clock.advance(20)
    await wallbox.charger.set_limit(1, 10_000)
    assert wallbox.link.limits == [(1, 10), (1, 10)]


async def test_clearing_one_that_is_away(wallbox: Wallbox) -> None:
    """It was told nothing: what it has is still known."""
    await wallbox.charger.set_limit(1, 10_000)
    wallbox.charger.closed(wallbox.link)
    with pytest.raises(Unreachable):
        await wallbox.charger.clear_charging_profile()
    assert wallbox.charger.connector(1).limit_ma == 10_000


async def test_a_caller_that_left(wallbox: Wallbox) -> None:
    """The limit goes on without it."""
    await wallbox.charger.set_limit(1, 16_000)
    waits = _ask(wallbox, 8_000)
    await rest()
    waits.cancel()
    await rest()
    wallbox.clock.advance(15)
    await rest()
    assert wallbox.link.limits == [(1, 16), (1, 8)]
