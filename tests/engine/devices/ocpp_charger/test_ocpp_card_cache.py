"""What a wallbox remembers of cards is cleared when it is no longer right."""

from collections.abc import AsyncIterator, Callable
from typing import Any

from ocpp_fakes import Clock, Wallbox, Wallbox2, energy, idle
import pytest

from custom_components.meters_and_chargers.engine.devices.ocpp_charger import (
    Gate,
    OcppCharger,
    Policy,
    Rules,
    Token,
)
from custom_components.meters_and_chargers.engine.devices.ocpp_charger.card_cache import (  # noqa: E501 - one name
    Answers,
)
from custom_components.meters_and_chargers.engine.journal import Journal

ANNA = Token(tag="AA", label="Anna")
BEN = Token(tag="BB", label="Ben")
BLOCKED = Token(tag="AA", label="Anna", blocked=True)
RENAMED = Token(tag="aa", label="Anna's card")
FAMILY = Token(tag="AA", label="Anna", parent="Family")
YES = {"status": "Accepted"}


@pytest.fixture
def gate() -> Gate:
    """Return a gate that knows two cards."""
    gate = Gate()
    gate.take(Rules(tokens=(ANNA, BEN)))
    return gate


@pytest.fixture
async def box(
    gate: Gate, new_charger: Callable[..., OcppCharger], clock: Clock
) -> AsyncIterator[Wallbox]:
    """Return a wallbox behind that gate; not connected."""
    charger = new_charger(gate=gate)
    await charger.load()
    yield Wallbox(charger, clock)
    await charger.close()


async def connect(wallbox: Wallbox, cache: str | None = "true") -> Any:
    """Connect a wallbox whose cache is on, off, or not there."""
    link = wallbox.connect()
    keys = {} if cache is None else {"AuthorizationCacheEnabled": cache}
    listed = [
        {"key": key, "value": value, "readonly": True} for key, value in keys.items()
    ]
    link.reply("GetConfiguration", {"configurationKey": listed})
    await wallbox.boots()
    wallbox.clock.advance(1)
    await idle(wallbox.charger)
    return link


async def take(wallbox: Wallbox, gate: Gate, *tokens: Token, **more: Any) -> int:
    """Let other rules hold; return how often its cache was cleared on this link."""
    wallbox.clock.advance(60)
    gate.take(Rules(tokens=tokens, **more))
    await idle(wallbox.charger)
    return len(wallbox.link.sent("ClearCache"))


@pytest.mark.parametrize(
    ("before", "after", "stale"),
    [
        (Answers(), Answers(free=False), True),
        (Answers(free=False), Answers(), False),
        (Answers(), Answers(known={"aa": YES}), False),
        (Answers(), Answers(known={"aa": {"status": "Blocked"}}), True),
        (Answers(known={"aa": {"status": "Blocked"}}), Answers(), False),
        (Answers(free=False, known={"aa": YES}), Answers(free=False), True),
        (Answers(known={"aa": YES}), Answers(known={"aa": {**YES, "p": 1}}), True),
    ],
)
def test_what_is_taken_back(before: Answers, after: Answers, *, stale: bool) -> None:
    """Only what might charge before, and is answered otherwise now."""
    assert after.take_back(before) is stale
    assert Answers.read(before.written()) == before


async def test_cleared_when_a_card_may_less(box: Wallbox, gate: Gate) -> None:
    """Blocked, changed and deleted cards and another rule; not new ones or names."""
    await connect(box)
    assert not box.link.sent("ClearCache")
    assert await take(box, gate, ANNA, BEN, Token(tag="CC", label="Carl")) == 0
    assert await take(box, gate, RENAMED, BEN) == 0
    assert await take(box, gate, BLOCKED, BEN) == 1
    assert await take(box, gate, ANNA, BEN) == 1
    assert await take(box, gate, FAMILY, BEN) == 2
    assert await take(box, gate, FAMILY, policy=Policy.KNOWN) == 3
    assert await take(box, gate, BEN, policy=Policy.KNOWN) == 4


@pytest.mark.parametrize("cache", [None, "false"])
async def test_nothing_is_sent_without_a_cache(
    box: Wallbox, gate: Gate, cache: str | None
) -> None:
    """Who remembers nothing is left alone; once it is switched on, it is cleared."""
    await connect(box, cache)
    assert await take(box, gate, BLOCKED) == 0
    await connect(box)
    assert len(box.link.sent("ClearCache")) == 1


async def test_no_flood(box: Wallbox, gate: Gate, clock: Clock) -> None:
    """Many changes in a row clear it once at once, and once when they are over."""
    await connect(box)
    for number in range(20):
        gate.take(Rules(tokens=(ANNA, Token(tag=f"{number}", label="", blocked=True))))
        await idle(box.charger)
    assert len(box.link.sent("ClearCache")) == 1
    clock.advance(31)
    await idle(box.charger)
    assert len(box.link.sent("ClearCache")) == 2
    clock.advance(3600)
    await idle(box.charger)
    assert len(box.link.sent("ClearCache")) == 2


async def test_who_is_away_hears_of_it_also_after_a_restart(
    box: Wallbox,
    gate: Gate,
    new_charger: Callable[..., OcppCharger],
    clock: Clock,
) -> None:
    """At its next connection, once; nothing is sent where nothing has changed."""
    await connect(box)
    assert await take(box, gate, BLOCKED, Token(tag="CC", label="Carl")) == 1
    box.charger.closed(box.link)
    gate.take(Rules(tokens=(BLOCKED,), policy=Policy.KNOWN))
    await box.charger.close()
    again = Wallbox(new_charger(gate=gate), clock)
    await again.charger.load()
    link = await connect(again)
    assert len(link.sent("ClearCache")) == 1
    await again.charger.close()
    third = Wallbox(new_charger(gate=gate), clock)
    await third.charger.load()
    link = await connect(third)
    assert not link.sent("ClearCache")
    await third.charger.close()


async def test_refused_clearing_is_tried_again(
    box: Wallbox, gate: Gate, clock: Clock
) -> None:
    """Until it is done; then no more."""
    await connect(box)
    box.link.reply("ClearCache", {"status": "Rejected"})
    assert await take(box, gate, BLOCKED) == 1
    clock.advance(61)
    await idle(box.charger)
    assert len(box.link.sent("ClearCache")) == 2
    clock.advance(4000)
    await idle(box.charger)
    assert len(box.link.sent("ClearCache")) == 2


async def test_what_a_card_has_used_up_outlives_a_restart(
    box: Wallbox,
    gate: Gate,
    new_charger: Callable[..., OcppCharger],
    journal: Journal,
    clock: Clock,
) -> None:
    """The car that is still there has had its share, until it is unplugged."""
    gate.take(Rules(tokens=(Token(tag="04AABBCC", label="A", limit_wh=5000),)))
    box.connect()
    transaction = await box.starts(wh=1000)
    await box.measures(energy(6000), transaction=transaction)
    await box.stops(transaction, wh=6000)
    await idle(box.charger)
    await box.charger.close()
    again = Wallbox(new_charger(gate=gate), clock)
    await again.charger.load()
    again.connect()
    assert again.charger.connector(1).spent
    await again.status("Preparing")
    assert again.charger.connector(1).spent
    await again.status("Available")
    await idle(again.charger)
    assert not again.charger.connector(1).spent
    await again.charger.close()
    third = new_charger(gate=gate)
    await third.load()
    assert not third.connector(1).spent
    await third.close()


async def test_refused_transaction_is_ended_after_a_restart(
    box: Wallbox,
    gate: Gate,
    new_charger: Callable[..., OcppCharger],
    clock: Clock,
) -> None:
    """A wallbox that charges on with a refused card does not gain by our restart."""
    gate.take(Rules(policy=Policy.KNOWN))
    box.connect()
    transaction = await box.starts()
    await box.charger.close()
    again = Wallbox(new_charger(gate=gate), clock)
    await again.charger.load()
    again.connect()
    await again.measures(energy(2000), transaction=transaction)
    await idle(again.charger)
    asked = again.link.sent("RemoteStopTransaction")
    assert asked == [{"transactionId": transaction}]
    await again.charger.close()


async def test_the_same_over_ocpp_2(
    gate: Gate, new_charger: Callable[..., OcppCharger], clock: Clock
) -> None:
    """Its variable says whether it has a cache; the request has the same name."""
    charger = new_charger(gate=gate)
    await charger.load()
    box = Wallbox2(charger, clock)
    link = box.connect()

    async def report() -> dict[str, str]:
        number = link.sent("GetBaseReport")[-1]["requestId"]
        await box.says(
            "NotifyReport",
            requestId=number,
            generatedAt=clock.ago(0),
            seqNo=0,
            reportData=[
                {
                    "component": {"name": "AuthCacheCtrlr"},
                    "variable": {"name": "Enabled"},
                    "variableAttribute": [{"value": "true"}],
                }
            ],
        )
        return {"status": "Accepted"}

    link.reply("GetBaseReport", report)
    await box.plug("Available")
    clock.advance(5)
    await idle(charger)
    assert await take(box, gate, ANNA) == 0
    assert await take(box, gate, BLOCKED) == 1
    await charger.close()
