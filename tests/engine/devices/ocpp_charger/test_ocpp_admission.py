"""Cards at a wallbox: asked for, charged with, used up, and kept by the wallbox."""

from collections.abc import AsyncIterator, Callable
import logging
from typing import Any

from ocpp_fakes import Clock, Wallbox, energy, idle
import pytest

from custom_components.meters_and_chargers.engine.devices.ocpp_charger import (
    Change,
    Gate,
    OcppCharger,
    Offline,
    Policy,
    Rules,
    Token,
)
from custom_components.meters_and_chargers.engine.journal import Journal

ANNA = Token(tag="04aabbcc", label="Anna")


@pytest.fixture
def gate() -> Gate:
    """Return the gate of a server where only Anna may charge."""
    gate = Gate()
    gate.take(Rules(tokens=(ANNA,), policy=Policy.KNOWN))
    return gate


@pytest.fixture
async def strict(
    gate: Gate, new_charger: Callable[..., OcppCharger], clock: Clock
) -> AsyncIterator[Wallbox]:
    """Return a connected wallbox behind that gate."""
    charger = new_charger(gate=gate)
    await charger.load()
    wallbox = Wallbox(charger, clock)
    wallbox.connect()
    yield wallbox
    await charger.close()


def happened(changes: list[Change]) -> list[tuple[str, Any]]:
    """Return what happened, each with the label of its card."""
    return [
        (occurrence.kind, occurrence.data.get("label"))
        for change in changes
        for occurrence in change.occurrences
    ]


async def test_known_card_charges(strict: Wallbox) -> None:
    """It is accepted without regard to case, and what happens names its label."""
    answer = await strict.says("Authorize", idTag="04AABBCC")
    assert answer == {"idTagInfo": {"status": "Accepted"}}
    await strict.starts()
    assert happened(strict.changes) == [
        ("card_accepted", "Anna"),
        ("transaction_started", "Anna"),
    ]


async def test_unknown_card_is_refused_and_told(strict: Wallbox) -> None:
    """It has no label, and nothing of its number is told."""
    answer = await strict.says("Authorize", idTag="99887766")
    assert answer == {"idTagInfo": {"status": "Invalid"}}
    (occurrence,) = strict.changes[-1].occurrences
    assert occurrence.kind == "card_refused"
    assert occurrence.data == {"label": None, "reason": "invalid"}


async def test_refused_transaction_is_booked_and_ended(
    strict: Wallbox, gate: Gate, clock: Clock
) -> None:
    """A wallbox that charges on with a refused card is told to stop, and again."""
    gate.take(Rules(policy=Policy.KNOWN))
    answer = await strict.says(
        "StartTransaction",
        connectorId=1,
        idTag="04AABBCC",
        meterStart=0,
        timestamp=clock.ago(0),
    )
    assert answer["idTagInfo"] == {"status": "Invalid"}
    stops = strict.link.sent
    await strict.measures(energy(1))
    await idle(strict.charger)
    assert not stops("RemoteStopTransaction")
    for _ in range(2):
        clock.advance(31)
        await strict.measures(energy(2))
        await strict.measures(energy(3))
        await idle(strict.charger)
    transaction = answer["transactionId"]
    assert stops("RemoteStopTransaction") == [{"transactionId": transaction}] * 2


async def test_transaction_that_ran_before_the_rules_is_not_ended(
    strict: Wallbox, gate: Gate, clock: Clock
) -> None:
    """Other rules hold for the next car."""
    gate.take(Rules())
    transaction = await strict.starts()
    gate.take(Rules(policy=Policy.KNOWN))
    clock.advance(60)
    await strict.measures(energy(5000), transaction=transaction)
    await idle(strict.charger)
    assert not strict.link.sent("RemoteStopTransaction")


async def test_energy_of_a_card(strict: Wallbox, gate: Gate) -> None:
    """When it is used up the transaction is ended; until unplugged that is known."""
    gate.take(Rules(tokens=(Token(tag="04AABBCC", label="A", limit_wh=5000),)))
    transaction = await strict.starts(wh=1000)
    await strict.measures(energy(5999), transaction=transaction)
    await idle(strict.charger)
    assert not strict.link.sent("RemoteStopTransaction")
    await strict.measures(energy(6000), transaction=transaction)
    await idle(strict.charger)
    assert strict.link.sent("RemoteStopTransaction") == [{"transactionId": transaction}]
    await strict.stops(transaction, wh=6000)
    await strict.status("Preparing")
    assert strict.charger.connector(1).spent
    await strict.status("Available")
    assert not strict.charger.connector(1).spent


async def test_one_car_at_a_time(
    strict: Wallbox, gate: Gate, journal: Journal, clock: Clock
) -> None:
    """A card that may charge one car is refused at a second wallbox, as long as so."""
    gate.take(Rules(tokens=(Token(tag="04AABBCC", label="A", alone=True),)))
    other = Wallbox(OcppCharger("OTHER", journal, now=clock.now, gate=gate), clock)
    other.connect()
    start = {"connectorId": 1, "idTag": "04AABBCC", "meterStart": 0}
    transaction = await strict.starts()
    time = clock.ago(0)
    second = await other.says("StartTransaction", timestamp=time, **start)
    assert second["idTagInfo"] == {"status": "ConcurrentTx"}
    await strict.stops(transaction)
    await other.stops(second["transactionId"])
    clock.advance(1)
    third = await other.says("StartTransaction", timestamp=clock.ago(0), **start)
    assert third["idTagInfo"] == {"status": "Accepted"}
    await other.charger.close()


KEYS = {
    "LocalAuthorizeOffline": "true",
    "AllowOfflineTxForUnknownId": "false",
    "AuthorizeRemoteTxRequests": "TRUE",
}


async def settled(wallbox: Wallbox, keys: dict[str, str], **replies: Any) -> list[Any]:
    """Connect a wallbox with these settings; return what was changed in them."""
    link = wallbox.connect()
    listed = [
        {"key": key, "value": value, "readonly": False} for key, value in keys.items()
    ]
    link.reply("GetConfiguration", {"configurationKey": listed})
    for action, reply in replies.items():
        link.reply(action, *reply)
    await wallbox.boots()
    wallbox.clock.advance(1)
    await idle(wallbox.charger)
    return link.sent("ChangeConfiguration")


@pytest.mark.parametrize(
    ("policy", "offline", "changed"),
    [
        (Policy.EVERYBODY, Offline.UNCHANGED, {}),
        (Policy.KNOWN, Offline.UNCHANGED, {"AuthorizeRemoteTxRequests": "false"}),
        (Policy.EVERYBODY, Offline.NOBODY, {"LocalAuthorizeOffline": "false"}),
        (Policy.EVERYBODY, Offline.KNOWN, {}),
        (Policy.EVERYBODY, Offline.EVERYBODY, {"AllowOfflineTxForUnknownId": "true"}),
    ],
)
async def test_settings_of_the_wallbox(
    strict: Wallbox,
    gate: Gate,
    policy: Policy,
    offline: Offline,
    changed: dict[str, str],
) -> None:
    """They are written by choice only, where they are otherwise."""
    gate.take(Rules(policy=policy, offline=offline))
    assert await settled(strict, KEYS) == [
        {"key": key, "value": value} for key, value in changed.items()
    ]


async def test_missing_setting_is_left(strict: Wallbox) -> None:
    """A wallbox is not asked for a setting that it does not have."""
    assert await settled(strict, {"HeartbeatInterval": "60"}) == []


async def test_setting_is_written_once(strict: Wallbox, gate: Gate) -> None:
    """What was taken is not written again with each card that is added."""
    await settled(strict, KEYS)
    gate.take(Rules(policy=Policy.KNOWN))
    await idle(strict.charger)
    assert len(strict.link.sent("ChangeConfiguration")) == 1
    gate.take(Rules(policy=Policy.KNOWN, offline=Offline.NOBODY))
    await idle(strict.charger)
    assert strict.link.sent("ChangeConfiguration")[1:] == [
        {"key": "LocalAuthorizeOffline", "value": "false"}
    ]


async def test_refused_setting_is_said_once_and_tried_again(
    strict: Wallbox, clock: Clock, caplog: pytest.LogCaptureFixture
) -> None:
    """One line when it fails, one when it is taken; no number of a card in either."""
    caplog.set_level(logging.INFO)
    refused = {"status": "Rejected"}
    await settled(strict, KEYS, ChangeConfiguration=[refused, refused])
    clock.advance(61)
    await idle(strict.charger)
    clock.advance(301)
    await idle(strict.charger)
    assert len(strict.link.sent("ChangeConfiguration")) == 3
    said = [one.getMessage() for one in caplog.records if "its cards" in one.message]
    assert len(said) == 2
    assert "GARAGE: its cards or what it does without us could not be set" in said[0]
    assert said[1] == "GARAGE: has its cards again"
