"""Cards of a wallbox that speaks OCPP 2: who may charge, and what it does alone."""

from collections.abc import AsyncIterator, Callable
from typing import Any

from ocpp_fakes import BOOT2, Clock, FakeLink, Wallbox2, idle
import pytest

from custom_components.meters_and_chargers.engine.devices.ocpp_charger import (
    Gate,
    OcppCharger,
    Offline,
    Policy,
    Rules,
    Token,
)

LONG = "0123456789abcdef0123456789abcdef"
TOO_LONG = "x" * 37
ANNA = Token(tag="04AABBCC", label="Anna", parent="Family", limit_wh=500)
APP = Token(tag=LONG, label="App", blocked=True)
ODD = Token(tag=TOO_LONG, label="Odd")
RULES = Rules(
    tokens=(ANNA, APP, ODD), policy=Policy.KNOWN, offline=Offline.KNOWN, lists=True
)
VARIABLES = {
    ("AuthCtrlr", "LocalAuthorizeOffline"): "false",
    ("AuthCtrlr", "OfflineTxForUnknownIdEnabled"): "true",
    ("AuthCtrlr", "AuthorizeRemoteStart"): "true",
    ("LocalAuthListCtrlr", "Enabled"): "false",
}

MORE: dict[tuple[str, str], dict[str, Any]] = {}
"""What is reported of a variable besides its value."""


def named(key: tuple[str, str]) -> dict[str, Any]:
    """Return how a message names a variable."""
    component, variable = key
    return {"component": {"name": component}, "variable": {"name": variable}}


async def connect(box: Wallbox2, version: int = 0) -> FakeLink:
    """Connect it; it reports these variables, takes others, and has a list or none."""
    link = box.connect()

    async def report() -> Any:
        await box.says(
            "NotifyReport",
            requestId=link.sent("GetBaseReport")[-1]["requestId"],
            generatedAt=box.clock.ago(0),
            seqNo=0,
            reportData=[
                {
                    **named(key),
                    "variableAttribute": [{"value": value}],
                    **MORE.get(key, {}),
                }
                for key, value in VARIABLES.items()
            ],
        )
        return {"status": "Accepted"}

    async def take() -> Any:
        (wanted,) = link.sent("SetVariables")[-1]["setVariableData"]
        del wanted["attributeValue"]
        return {"setVariableResult": [{**wanted, "attributeStatus": "Accepted"}]}

    link.reply("GetBaseReport", report)
    link.reply("SetVariables", *[take] * 9)
    link.reply("GetLocalListVersion", {"versionNumber": version})
    await box.says("BootNotification", **BOOT2)
    for _ in range(2):
        box.clock.advance(5)
        await idle(box.charger)
    return link


@pytest.fixture
async def strict(
    new_charger: Callable[..., OcppCharger], clock: Clock
) -> AsyncIterator[Wallbox2]:
    """Return a wallbox where only known cards may charge."""
    gate = Gate()
    gate.take(RULES)
    charger = new_charger(gate=gate)
    await charger.load()
    yield Wallbox2(charger, clock)
    await charger.close()


async def test_what_it_does_alone(
    strict: Wallbox2, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its variables say what they say to one of 1.6; those that are right stay."""
    monkeypatch.setitem(VARIABLES, ("AuthCtrlr", "AuthorizeRemoteStart"), "False")
    link = await connect(strict)
    told = [payload["setVariableData"][0] for payload in link.sent("SetVariables")]
    assert [one["variable"]["name"] for one in told] == [
        "LocalAuthorizeOffline",
        "OfflineTxForUnknownIdEnabled",
        "Enabled",
    ]


async def test_its_list_has_long_cards(strict: Wallbox2) -> None:
    """Those of an app may have up to 36 characters, which 1.6 does not know."""
    link = await connect(strict)
    (sent,) = link.sent("SendLocalList")
    assert sent["localAuthorizationList"] == [
        {
            "idToken": {"idToken": ANNA.tag, "type": "ISO14443"},
            "idTokenInfo": {
                "status": "Accepted",
                "groupIdToken": {"idToken": "Family", "type": "Central"},
            },
        },
        {
            "idToken": {"idToken": LONG, "type": "Central"},
            "idTokenInfo": {"status": "Blocked"},
        },
    ]


async def test_no_more_cards_than_it_has_room_for(
    strict: Wallbox2, monkeypatch: pytest.MonkeyPatch, expected_logs: list[str]
) -> None:
    """Those that may charge go first; the others are named in the log."""
    expected_logs.append("has room for 1 of 2 cards")
    entries = ("LocalAuthListCtrlr", "Entries")
    monkeypatch.setitem(VARIABLES, entries, "0")
    room = {"dataType": "integer", "supportsMonitoring": False, "maxLimit": 1}
    monkeypatch.setitem(MORE, entries, {"variableCharacteristics": room})
    link = await connect(strict)
    (sent,) = link.sent("SendLocalList")
    (one,) = sent["localAuthorizationList"]
    assert one["idToken"]["idToken"] == ANNA.tag


async def test_a_refused_card_charges_no_car(strict: Wallbox2) -> None:
    """A wallbox that charges on is told to end its transaction."""
    link = await connect(strict)
    await strict.plug("Occupied")
    answer = await strict.event("Started", "Charging", tag="DEADBEEF", wh=1000)
    assert answer == {"idTokenInfo": {"status": "Invalid"}}
    await idle(strict.charger)
    assert link.sent("RequestStopTransaction") == [{"transactionId": "tx-1"}]


async def test_energy_of_a_card_is_used_up(strict: Wallbox2) -> None:
    """Then the transaction is ended, by the name that the wallbox gave it."""
    link = await connect(strict)
    await strict.plug("Occupied")
    answer = await strict.event("Started", "Charging", tag="04aabbcc", wh=1000)
    assert answer["idTokenInfo"]["status"] == "Accepted"
    for wh in (1499, 1500):
        assert link.sent("RequestStopTransaction") == []
        await strict.event("Updated", trigger="MeterValuePeriodic", wh=wh)
        await idle(strict.charger)
    assert link.sent("RequestStopTransaction") == [{"transactionId": "tx-1"}]
