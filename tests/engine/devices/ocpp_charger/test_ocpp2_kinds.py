"""Of which kind a card is: said by a wallbox of OCPP 2, kept, and told to it again."""

import asyncio
from collections.abc import AsyncIterator, Callable
from dataclasses import replace
from typing import Any

from ocpp_fakes import Clock, FakeLink, Wallbox, Wallbox2, idle
import pytest
from test_ocpp2_cards import connect
from test_ocpp_local_list import Kept
from test_ocpp_local_list import connect as connect_16

from custom_components.meters_and_chargers.engine.devices.ocpp_charger import (
    Gate,
    Held,
    OcppCharger,
    Rules,
    Token,
)

PIN = "12345678"
"""A code, though it looks like a card's number."""
CODE = Token(tag=PIN, label="Code")
CAR = Token(tag="EMSP1", label="Car", parent=PIN)
KINDS = (replace(CODE, kind="KeyCode"), replace(CAR, kind="eMAID"))


def rules(*tokens: Token) -> Rules:
    """Return rules by which wallboxes keep cards."""
    return Rules(tokens=tokens, lists=True)


@pytest.fixture
def gate() -> Gate:
    """Return a gate that keeps what is said of a card, as Home Assistant does."""
    gate = Gate()
    gate.take(rules(CODE, CAR))

    def keep(token: Token, kind: str) -> None:
        others = [one for one in gate.tokens.rules.tokens if one != token]
        gate.take(rules(*others, replace(token, kind=kind)))

    gate.on_kind = keep
    return gate


@pytest.fixture
async def box(
    gate: Gate, new_charger: Callable[..., OcppCharger], clock: Clock
) -> AsyncIterator[Wallbox2]:
    """Return a wallbox of OCPP 2 behind that gate."""
    charger = new_charger(gate=gate)
    await charger.load()
    yield Wallbox2(charger, clock)
    await charger.close()


def card(kind: object, tag: str = PIN) -> dict[str, Any]:
    """Return a card as a wallbox of OCPP 2 names it."""
    return {"idToken": tag, "type": kind}


async def connected(box: Wallbox2) -> FakeLink:
    """Connect a wallbox that keeps the list that it was sent."""
    link = await connect(box)

    async def kept() -> Any:
        return {"versionNumber": link.sent("SendLocalList")[-1]["versionNumber"]}

    link.reply("GetLocalListVersion", *[kept] * 9)
    return link


def listed(sent: Any) -> dict[str, str]:
    """Return the kinds of the cards of a list."""
    entries = sent.get("localAuthorizationList", ())
    return {one["idToken"]["idToken"]: one["idToken"]["type"] for one in entries}


async def authorises(box: Wallbox2, kind: object, tag: str = PIN) -> None:
    """Ask about a card."""
    await box.says("Authorize", idToken=card(kind, tag))
    await idle(box.charger)


async def begins(box: Wallbox2, kind: object, tag: str = PIN) -> None:
    """Begin a transaction with a card."""
    await box.plug("Occupied")
    await box.event("Started", "Charging", wh=1000, idToken=card(kind, tag))
    await idle(box.charger)


async def test_what_was_said_is_told_again(box: Wallbox2, gate: Gate) -> None:
    """In the list, in a start, in a reservation, for a group, and in an answer."""
    gate.take(rules(*KINDS))
    link = await connected(box)
    (sent,) = link.sent("SendLocalList")
    assert listed(sent) == {PIN: "KeyCode", "EMSP1": "eMAID"}
    group = {"status": "Accepted", "groupIdToken": card("KeyCode")}
    assert sent["localAuthorizationList"][1]["idTokenInfo"] == group
    await box.charger.remote_start(1, PIN)
    assert link.sent("RequestStartTransaction")[0]["idToken"] == card("KeyCode")
    await box.charger.reserve(1, "EMSP1", box.clock.now(), parent=PIN)
    (asked,) = link.sent("ReserveNow")
    assert asked["idToken"] == card("eMAID", "EMSP1")
    assert asked["groupIdToken"] == card("KeyCode")
    answer = await box.says("Authorize", idToken=card("eMAID", "EMSP1"))
    assert answer["idTokenInfo"] == group
    answer = await box.event("Started", "Charging", idToken=card("eMAID", "EMSP1"))
    assert answer["idTokenInfo"] == group


@pytest.mark.parametrize("shows", [authorises, begins])
async def test_it_is_learnt_when_a_card_is_shown(
    box: Wallbox2, gate: Gate, shows: Callable[..., Any]
) -> None:
    """Then the list of before is sent anew, whole and once: the guess is gone."""
    link = await connected(box)
    (sent,) = link.sent("SendLocalList")
    assert listed(sent) == {PIN: "ISO14443", "EMSP1": "Central"}
    await shows(box, "KeyCode", PIN)
    assert gate.kind_of(PIN) == "KeyCode"
    _, anew = link.sent("SendLocalList")
    assert anew["updateType"] == "Full"
    assert listed(anew) == {PIN: "KeyCode", "EMSP1": "Central"}
    assert anew["versionNumber"] & 0xFFFF != sent["versionNumber"] & 0xFFFF
    (car,) = anew["localAuthorizationList"][1:]
    assert car["idTokenInfo"]["groupIdToken"]["type"] == "KeyCode"
    await authorises(box, "KeyCode")
    await authorises(box, "Local")
    assert gate.kind_of(PIN) == "KeyCode"
    assert len(link.sent("SendLocalList")) == 2


async def test_a_list_with_kinds_is_known_after_a_restart(
    box: Wallbox2,
    gate: Gate,
    new_charger: Callable[..., OcppCharger],
    clock: Clock,
) -> None:
    """Nothing is sent that is there; one without the kind is sent once more."""
    link = await connected(box)
    before = link.sent("SendLocalList")[-1]["versionNumber"]
    await authorises(box, "KeyCode")
    after = link.sent("SendLocalList")[-1]["versionNumber"]
    await box.charger.close()
    for version, times in ((before, 1), (after, 0)):
        again = Wallbox2(new_charger(gate=gate), clock)
        link = await connect(again, version)
        await again.charger.close()
        assert len(link.sent("SendLocalList")) == times


@pytest.mark.parametrize(
    "said", ["ISO14443", "NoAuthorization", "VIN", "", None, 7, ["KeyCode"], "keycode"]
)
async def test_what_says_nothing_new_is_ignored(
    box: Wallbox2, gate: Gate, said: object
) -> None:
    """A guess of ours that comes back, and words that no card is of."""
    link = await connected(box)
    await box.charger.remote_start(1, PIN)
    await authorises(box, said)
    await begins(box, said)
    assert not gate.tokens.rules.tokens[0].kind
    assert len(link.sent("SendLocalList")) == 1
    await authorises(box, "KeyCode")
    assert gate.kind_of(PIN) == "KeyCode"


async def test_a_card_of_another_kind_goes_with_the_whole_list(
    box: Wallbox2, gate: Gate
) -> None:
    """Taken out by its number alone it would stay; a new one is only added."""
    gate.take(rules(CODE, KINDS[1]))
    link = await connected(box)
    gate.take(rules(CODE, *KINDS[1:], Token(tag="M1", label="M", kind="MacAddress")))
    await idle(box.charger)
    sent = link.sent("SendLocalList")[-1]
    assert sent["updateType"] == "Differential"
    assert listed(sent) == {"M1": "MacAddress"}
    gate.take(rules(CODE))
    await idle(box.charger)
    sent = link.sent("SendLocalList")[-1]
    assert sent["updateType"] == "Full"
    assert listed(sent) == {PIN: "ISO14443"}


async def test_the_learn_mode_hears_it(box: Wallbox2, gate: Gate) -> None:
    """With the number of the card, that does not stand in what is printed of it."""
    box.connect()
    for tag, said, kind in (("99", "KeyCode", "KeyCode"), ("98", "Odd", "")):
        learner = asyncio.create_task(gate.learn())
        await asyncio.sleep(0)
        await authorises(box, said, tag)
        assert await learner == Held(tag, kind)
    assert PIN not in repr(Held(PIN, "KeyCode"))


async def test_ocpp_16_knows_no_kind(
    gate: Gate, new_charger: Callable[..., OcppCharger], clock: Clock
) -> None:
    """Its list is the same as ever, and it says nothing of a card but the number."""
    lists = []
    for tokens in ((CODE, CAR), KINDS):
        gate.take(rules(*tokens))
        box, kept = Wallbox(new_charger(gate=gate), clock), Kept()
        await connect_16(box, kept)
        await box.says("Authorize", idTag=PIN)
        await box.charger.close()
        assert gate.tokens.rules.tokens == tokens
        lists.append((kept.version, kept.cards))
    first, second = lists
    assert first == second
    assert first[1][PIN] == {"status": "Accepted"}
