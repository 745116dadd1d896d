"""Who may charge: what each card is answered, and what nobody may read."""

import asyncio
from datetime import timedelta

from ocpp_fakes import NOON
import pytest

from custom_components.meters_and_chargers.engine.devices.ocpp_charger import (
    Gate,
    Held,
    Policy,
    Rules,
    Token,
)
from custom_components.meters_and_chargers.engine.devices.ocpp_charger.tokens import (
    Tokens,
)

CARDS = (
    Token(tag="04AABBCC", label="Anna", parent="Family"),
    Token(tag="B1", label="Lost", blocked=True),
    Token(tag="E1", label="Guest", expiry=NOON),
    Token(tag="W1", label="Left only", chargers=frozenset({"LEFT"})),
    Token(tag="A1", label="One car", alone=True),
)


@pytest.mark.parametrize("policy", list(Policy))
@pytest.mark.parametrize(
    ("tag", "charger", "seconds", "busy", "status"),
    [
        ("04AABBCC", "LEFT", 0, False, "Accepted"),
        (" 04aabbcc", "LEFT", 0, False, "Accepted"),
        ("04AABBCC", "LEFT", 0, True, "Accepted"),
        ("B1", "LEFT", 0, False, "Blocked"),
        ("E1", "LEFT", -1, False, "Accepted"),
        ("E1", "LEFT", 0, False, "Expired"),
        ("W1", "LEFT", 0, False, "Accepted"),
        ("W1", "RIGHT", 0, False, "Blocked"),
        ("A1", "LEFT", 0, False, "Accepted"),
        ("A1", "LEFT", 0, True, "ConcurrentTx"),
        ("HomeAssistant", "LEFT", 0, False, "Accepted"),
    ],
)
def test_known_card(
    policy: Policy,
    tag: str,
    charger: str,
    seconds: int,
    busy: bool,  # noqa: FBT001 - a case, as a table's row
    status: str,
) -> None:
    """A known card is judged by its own settings, whoever else may charge."""
    tokens = Tokens(Rules(tokens=CARDS, policy=policy))
    at = NOON + timedelta(seconds=seconds)
    assert tokens.decide(tag, charger, at, busy=busy).status == status


def test_unknown_card() -> None:
    """It charges where everybody may, also at a single wallbox of a strict server."""
    strict = Rules(policy=Policy.KNOWN, policies={"FREE": Policy.EVERYBODY})
    tokens = Tokens(strict)
    assert tokens.decide("X", "LEFT", NOON).status == "Invalid"
    assert tokens.decide("", "LEFT", NOON).status == "Invalid"
    assert tokens.decide("X", "FREE", NOON).status == "Accepted"
    assert Tokens().decide("X", "LEFT", NOON).status == "Accepted"
    billed = Tokens(Rules(policy=Policy.BACKEND))
    assert billed.decide("X", "LEFT", NOON).status == "Accepted"
    assert billed.decide("", "LEFT", NOON).status == "Invalid"


def test_answer_to_a_known_card() -> None:
    """The wallbox learns when it ends and which cards are of one family."""
    tokens = Tokens(Rules(tokens=(*CARDS, Token(tag="P", label="", parent="x" * 30))))
    assert tokens.decide("04AABBCC", "LEFT", NOON).info() == {
        "status": "Accepted",
        "parentIdTag": "Family",
    }
    before = tokens.decide("E1", "LEFT", NOON - timedelta(seconds=1))
    assert before.info() == {
        "status": "Accepted",
        "expiryDate": "2026-06-01T12:00:00Z",
    }
    assert len(str(tokens.decide("P", "LEFT", NOON).info()["parentIdTag"])) == 20


def test_number_is_not_shown() -> None:
    """What is printed of a card does not hold its number."""
    assert "04AABBCC" not in repr(Tokens(Rules(tokens=CARDS)).find("04AABBCC"))
    assert "04AABBCC" not in repr(Rules(tokens=CARDS))
    assert "04AABBCC" not in repr(Held("04AABBCC"))


async def test_learning() -> None:
    """The next unknown card is taken, of the wallbox that was meant."""
    gate = Gate()
    gate.take(Rules(tokens=CARDS))
    of_any = asyncio.create_task(gate.learn())
    of_left = asyncio.create_task(gate.learn("LEFT"))
    await asyncio.sleep(0)
    gate.presented("04aabbcc", "LEFT")
    gate.presented("HomeAssistant", "LEFT")
    gate.presented("", "LEFT")
    gate.presented("NEW1", "RIGHT", "KeyCode")
    gate.presented("NEW2", "LEFT")
    gate.presented("NEW3", "LEFT")
    assert await of_any == Held("NEW1", "KeyCode")
    assert await of_left == Held("NEW2")
    gate.presented("NEW4", "LEFT")
