"""Somebody else who bounds the charging current: his bound and a wish both hold."""

import asyncio

from ocpp_fakes import Wallbox, rest
import pytest

from custom_components.meters_and_chargers.engine.protocols.ocpp import Call
from custom_components.meters_and_chargers.engine.protocols.ocpp.types import Payload


class Bounding:
    """A witness who leaves as much as a test says; mA."""

    def __init__(self) -> None:
        """Bound nothing."""
        self.most_ma = 32_000

    async def heard(self, _call: Call, answer: Payload | None) -> Payload | None:
        """Leave every answer."""
        return answer

    def bounded(self, _connector: int, value_ma: int) -> int:
        """Leave no more than that."""
        return min(value_ma, self.most_ma)


@pytest.fixture
def witness(wallbox: Wallbox) -> Bounding:
    """Return who bounds the wallbox."""
    found = Bounding()
    wallbox.charger.wishes.witness = found
    return found


class Slow:
    """An answer that comes when a test lets it."""

    def __init__(self, wallbox: Wallbox) -> None:
        """Hold back the answer to the next limit."""
        self.release = asyncio.Event()
        wallbox.link.reply("SetChargingProfile", self._answer)

    async def _answer(self) -> dict[str, str]:
        await self.release.wait()
        return {"status": "Accepted"}


async def bounds(wallbox: Wallbox, witness: Bounding, most_ma: int) -> None:
    """Let the wallbox have no more than that, from now on."""
    witness.most_ma = most_ma
    wallbox.charger.obey()
    await rest()


async def test_a_bound_and_a_wish(wallbox: Wallbox, witness: Bounding) -> None:
    """The lower of both is sent, whoever changes his."""
    await wallbox.charger.set_limit(1, 14_000)
    for most_ma in (10_000, 15_000):
        wallbox.clock.advance(20)
        await bounds(wallbox, witness, most_ma)
    assert wallbox.link.limits == [(1, 14), (1, 10), (1, 14)]


async def test_nothing_is_sent_without_need(
    wallbox: Wallbox, witness: Bounding
) -> None:
    """Neither where nothing was ever asked for, nor where it is so already."""
    await bounds(wallbox, witness, 32_000)
    assert wallbox.link.limits == []
    for _ in range(2):
        wallbox.clock.advance(20)
        await bounds(wallbox, witness, 10_000)
    assert wallbox.link.limits == [(1, 10)]


async def test_a_wish_in_the_moment_of_a_bound(
    wallbox: Wallbox, witness: Bounding
) -> None:
    """It is not replaced by what was left before it was said."""
    slow = Slow(wallbox)
    await bounds(wallbox, witness, 10_000)
    wish = asyncio.ensure_future(wallbox.charger.set_limit(1, 8_000))
    wallbox.charger.obey()
    await rest()
    slow.release.set()
    await rest()
    wallbox.clock.advance(20)
    await rest()
    assert wish.done()
    assert wallbox.link.limits == [(1, 10), (1, 8)]


async def test_a_bound_while_a_higher_wish_waits(
    wallbox: Wallbox, witness: Bounding
) -> None:
    """The bound is what the wallbox has, but no more what it is about to get."""
    await wallbox.charger.set_limit(1, 10_000)
    wish = asyncio.ensure_future(wallbox.charger.set_limit(1, 14_000))
    await rest()
    await bounds(wallbox, witness, 10_000)
    assert wish.done()
    wallbox.clock.advance(100)
    await rest()
    assert wallbox.link.limits == [(1, 10)]
    assert wallbox.charger.connector(1).limit_ma == 10_000


async def test_a_bound_that_ends_before_it_is_answered(
    wallbox: Wallbox, witness: Bounding
) -> None:
    """Nothing holds yet, but something will."""
    slow = Slow(wallbox)
    await bounds(wallbox, witness, 10_000)
    await bounds(wallbox, witness, 32_000)
    slow.release.set()
    await rest()
    wallbox.clock.advance(20)
    await rest()
    assert wallbox.link.limits == [(1, 10), (1, 16)]
