"""The transactions of OCPP 2: when they begin, what repeats, what is missing."""

import asyncio
from collections.abc import Callable
from contextlib import closing
from datetime import timedelta
import json
from pathlib import Path
import sqlite3
from typing import Any

from ocpp_fakes import BOOT2 as BOOT
from ocpp_fakes import NOON, Clock, Wallbox2, idle
import pytest

from custom_components.meters_and_chargers.engine.devices.ocpp_charger import (
    Gate,
    Kind,
    OcppCharger,
)
from custom_components.meters_and_chargers.engine.journal import Journal
from custom_components.meters_and_chargers.engine.model import Point, Quantity
from custom_components.meters_and_chargers.engine.protocols.ocpp import CallError

CARD = "04AABBCC"
ACCEPTED = {"idTokenInfo": {"status": "Accepted"}}


def told(wallbox: Wallbox2, kind: Kind) -> list[Any]:
    """Return what happened, of one kind."""
    return [
        occurrence
        for change in wallbox.changes
        for occurrence in change.occurrences
        if occurrence.kind is kind
    ]


def missing(wallbox: Wallbox2) -> int:
    """Return how many events never came."""
    assert wallbox.charger.dialect is not None
    return wallbox.charger.dialect.missing_events


async def test_from_plug_to_unplug(wallbox2: Wallbox2, journal: Journal) -> None:
    """A transaction that begins with the cable begins for us with the card as well."""
    box, connector = wallbox2, wallbox2.charger.connector(1)
    await box.plug("Occupied")
    assert await box.event("Started", "EVConnected", wh=1000) == {}
    assert (connector.status, connector.transaction) == ("preparing", None)
    box.clock.advance(30)
    answer = await box.event("Updated", tag=CARD, trigger="Authorized")
    assert answer == ACCEPTED
    assert connector.transaction is not None
    await box.event("Updated", "Charging", wh=1500)
    assert (connector.status, connector.session_energy_wh) == ("charging", 500)
    assert connector.session_start == NOON
    for state, status in (
        ("SuspendedEV", "suspended_ev"),
        ("SuspendedEVSE", "suspended_evse"),
        ("EVConnected", "finishing"),
    ):
        await box.event("Updated", state)
        assert connector.status == status
    await box.event(
        "Ended", wh=1800, info={"stoppedReason": "EVDisconnected"}, evse=None
    )
    assert (connector.status, connector.transaction) == ("finishing", None)
    await box.plug("Available")
    assert connector.status == "available"
    (booked,) = await journal.transactions("GARAGE")
    assert (booked.meter_start_wh, booked.meter_stop_wh) == (1000, 1800)
    assert (booked.id_tag, booked.stop_reason) == (CARD, "ev_disconnected")
    assert booked.start_time == NOON
    (stopped,) = told(box, Kind.TRANSACTION_STOPPED)
    assert stopped.data["energy_wh"] == 800
    await box.plug("Occupied")
    assert connector.status == "preparing"


async def test_a_card_before_a_car(wallbox2: Wallbox2, journal: Journal) -> None:
    """It is answered at once; the transaction begins where the car is plugged in."""
    box = wallbox2
    started = {"tag": CARD, "trigger": "Authorized", "evse": None}
    assert await box.event("Started", **started) == ACCEPTED
    assert await journal.transactions("GARAGE") == ()
    await box.event("Updated", "Charging", evse=2, trigger="CablePluggedIn", wh=50)
    (booked,) = await journal.transactions("GARAGE")
    assert (booked.connector, booked.id_tag, booked.meter_start_wh) == (2, CARD, 50)
    assert box.charger.connectors == (1, 2)


@pytest.mark.parametrize("began", [{"tag": CARD, "evse": None}, {"evse": 1, "wh": 100}])
async def test_nobody_charged(
    wallbox2: Wallbox2, journal: Journal, began: dict[str, Any]
) -> None:
    """A card without a car, or a car without a card, is no transaction."""
    await wallbox2.event("Started", **began)
    assert await wallbox2.event("Ended", evse=began["evse"], wh=100) == {}
    assert await journal.transactions("GARAGE") == ()


async def test_energy_without_a_card(wallbox2: Wallbox2, journal: Journal) -> None:
    """What was drawn is booked, whoever it was."""
    await wallbox2.event("Started", "EVConnected", wh=100)
    await wallbox2.event("Ended", wh=300)
    (booked,) = await journal.transactions("GARAGE")
    assert booked.stop_reason == "local"  # the standard's default
    assert (booked.id_tag, booked.meter_start_wh, booked.meter_stop_wh) == (
        "",
        100,
        300,
    )


async def test_a_start_we_asked_for(wallbox2: Wallbox2, journal: Journal) -> None:
    """It has our tag, also where the wallbox names only the request."""
    await wallbox2.charger.remote_start(1, "HOUSE")
    (asked,) = wallbox2.link.sent("RequestStartTransaction")
    assert asked["idToken"] == {"idToken": "HOUSE", "type": "Central"}
    info = {"remoteStartId": asked["remoteStartId"]}
    await wallbox2.event("Started", trigger="RemoteStart", info=info)
    (booked,) = await journal.transactions("GARAGE")
    assert booked.id_tag == "HOUSE"


async def test_a_start_of_before_our_restart(
    wallbox2: Wallbox2,
    new_charger: Callable[..., OcppCharger],
    clock: Clock,
    journal: Journal,
) -> None:
    """It gets its own card, not that of another start that was asked for since."""
    await wallbox2.charger.remote_start(1, "BEFORE")
    (asked,) = wallbox2.link.sent("RequestStartTransaction")
    await wallbox2.charger.close()
    clock.advance(60)
    charger = new_charger()
    await charger.load()
    box = Wallbox2(charger, clock)
    box.connect()
    await charger.remote_start(1, "SINCE")
    info = {"remoteStartId": asked["remoteStartId"]}
    await box.event("Started", "Charging", trigger="RemoteStart", info=info)
    (booked,) = await journal.transactions("GARAGE")
    assert booked.id_tag == "BEFORE"
    await charger.close()


async def test_what_comes_twice_counts_once(
    wallbox2: Wallbox2, journal: Journal
) -> None:
    """Each event of a transaction, also all of them again."""
    box = wallbox2
    for _ in range(2):
        start = {"tag": CARD, "number": 0, "ago": 60, "wh": 1000}
        assert await box.event("Started", "Charging", **start) == ACCEPTED
        await box.event("Updated", "SuspendedEV", number=1, wh=1200, ago=30)
        await box.event("Ended", number=2, wh=1300)
    (booked,) = await journal.transactions("GARAGE")
    assert (booked.meter_start_wh, booked.meter_stop_wh) == (1000, 1300)
    assert len(told(box, Kind.TRANSACTION_STARTED)) == 1
    assert len(told(box, Kind.TRANSACTION_STOPPED)) == 1
    assert told(box, Kind.CARD_ACCEPTED) == []
    assert box.charger.connector(1).status == "finishing"
    assert missing(box) == 0


async def test_missing_and_late_events(wallbox2: Wallbox2) -> None:
    """Missing ones are counted; one that comes late shows nothing any more."""
    box, connector = wallbox2, wallbox2.charger.connector(1)
    await box.event("Started", "Charging", tag=CARD, wh=0, ago=20)
    await box.event("Updated", "SuspendedEV", number=3, wh=300)
    assert missing(box) == 2
    await box.event("Updated", "Charging", number=2, wh=200, ago=10)
    assert (missing(box), connector.status) == (1, "suspended_ev")
    assert connector.session_energy_wh == 300


async def test_nobody_saw_the_beginning(wallbox2: Wallbox2, journal: Journal) -> None:
    """What runs is adopted, with what it has shown first, and ends as it says."""
    await wallbox2.event("Updated", "Charging", number=7, wh=5000)
    connector = wallbox2.charger.connector(1)
    number = connector.transaction
    assert number is not None
    assert connector.status == "charging"
    await wallbox2.event("Ended", wh=5600)
    (booked,) = await journal.transactions("GARAGE")
    assert booked.start_unknown
    assert (booked.wire_id, booked.connector) == (number, 1)
    assert (booked.meter_start_wh, booked.meter_stop_wh) == (5000, 5600)


async def test_only_the_end_is_known(wallbox2: Wallbox2, journal: Journal) -> None:
    """It is kept, on its connector."""
    await wallbox2.event("Ended", number=9, wh=700)
    (booked,) = await journal.transactions("GARAGE")
    assert (booked.start_unknown, booked.is_open) == (True, False)
    assert (booked.connector, booked.meter_stop_wh) == (1, 700)


async def test_over_a_restart(
    wallbox2: Wallbox2,
    new_charger: Callable[..., OcppCharger],
    clock: Clock,
    journal: Journal,
) -> None:
    """The transaction goes on under its name, which we ask it to stop by."""
    await wallbox2.event("Started", "Charging", tag=CARD, wh=1000)
    number = wallbox2.charger.connector(1).transaction
    await wallbox2.charger.close()
    charger = new_charger()
    await charger.load()
    box = Wallbox2(charger, clock)
    box.numbers = wallbox2.numbers
    box.connect()
    connector = charger.connector(1)
    assert connector.transaction == number
    # A status alone does not say that it charges: the open transaction does.
    await box.plug("Occupied")
    assert connector.status == "charging"
    clock.advance(60)
    await box.event("Updated", wh=1900, evse=None)
    assert connector.session_energy_wh == 900
    await charger.remote_stop(1)
    assert box.link.sent("RequestStopTransaction") == [{"transactionId": "tx-1"}]
    await box.event("Ended", wh=2000, evse=None, info={"stoppedReason": "Remote"})
    (booked,) = await journal.transactions("GARAGE")
    assert (booked.wire_id, booked.meter_stop_wh) == (number, 2000)
    await charger.close()


async def test_of_a_queue(wallbox2: Wallbox2, journal: Journal) -> None:
    """What happened while it was offline is booked with its times, and not shown."""
    box, connector = wallbox2, wallbox2.charger.connector(1)
    await box.plug("Available")
    offline: dict[str, Any] = {"offline": True}
    await box.event("Started", "Charging", tag=CARD, wh=100, ago=7200, **offline)
    assert connector.status == "available"
    await box.event("Updated", wh=4000, ago=5400, **offline)
    assert box.charger.values == {}
    await box.event("Ended", wh=8100, ago=3600, **offline)
    assert connector.status == "available"
    assert connector.transaction is None
    (booked,) = await journal.transactions("GARAGE")
    assert booked.start_time == box.clock.now() - timedelta(hours=2)
    assert booked.stop_time == box.clock.now() - timedelta(hours=1)
    (started,) = told(box, Kind.TRANSACTION_STARTED)
    assert started.data["late"]
    await box.plug("Occupied")
    assert connector.status == "preparing"


async def test_of_a_queue_by_its_own_word(
    new_charger: Callable[..., OcppCharger], clock: Clock, journal: Journal
) -> None:
    """Where its clock is ahead, only its word tells what happened while it was away."""
    gate = Gate()
    box = Wallbox2(new_charger(gate=gate), clock)
    connector = box.charger.connector(1)
    box.connect()
    learner = asyncio.create_task(gate.learn())
    await asyncio.sleep(0)
    queued = {"ago": -3600, "offline": True}
    await box.event("Started", "Charging", tag=CARD, wh=1000, **queued)
    await box.event("Updated", "Charging", tag="0011223344556677", wh=2000, **queued)
    assert box.charger.values == {}
    assert not learner.done()
    (started,) = told(box, Kind.TRANSACTION_STARTED)
    assert started.data["late"]
    await box.event("Updated", "Charging", tag="0011223344556677", wh=3000, ago=-3700)
    assert list(box.charger.values.values()) == [3000]
    assert connector.session_energy_wh == 2000
    assert (await learner).tag == "0011223344556677"
    await box.event("Ended", wh=3000, **queued)
    (stopped,) = told(box, Kind.TRANSACTION_STOPPED)
    assert stopped.data["late"]
    (booked,) = await journal.transactions("GARAGE")
    assert (booked.meter_start_wh, booked.meter_stop_wh) == (1000, 3000)
    await box.charger.close()


async def test_what_cannot_be_recorded_is_not_answered(
    wallbox2: Wallbox2,
    journal: Journal,
    tmp_path: Path,
    caplog: pytest.LogCaptureFixture,
) -> None:
    """So the wallbox says it again, and then it counts, once."""
    box = wallbox2
    blocker = sqlite3.connect(tmp_path / "journal.db")
    for kind, state in (("Started", "Charging"), ("Ended", None)):
        number = box.numbers.get("tx-1", 0)
        blocker.execute("BEGIN EXCLUSIVE")
        tag = CARD if state else None
        before = box.charger.connector(1).status
        assert await box.event(kind, state, tag=tag, number=number) is None
        assert box.charger.connector(1).status == before
        blocker.execute("ROLLBACK")
        assert await box.event(kind, state, tag=tag, number=number) is not None
        assert box.charger.connector(1).status == ("charging" if state else "finishing")
    blocker.close()
    (booked,) = await journal.transactions("GARAGE")
    assert not booked.is_open
    assert len(told(box, Kind.TRANSACTION_STOPPED)) == 1


async def test_values_in_any_unit(wallbox2: Wallbox2) -> None:
    """A unit stands beside its multiplier; a value without one has the standard's."""
    sampled = [
        {
            "measurand": "Power.Active.Import",
            "value": 7.4,
            "unitOfMeasure": {"unit": "W", "multiplier": 3},
        },
        {
            "measurand": "Current.Import",
            "phase": "L1",
            "value": 10_700,
            "unitOfMeasure": {"unit": "A", "multiplier": -3},
        },
        {"measurand": "Voltage", "phase": "L1-N", "value": 231},
        {"value": 12},
    ]
    measured = [{"timestamp": wallbox2.clock.ago(0), "sampledValue": sampled}]
    await wallbox2.event("Started", "Charging", tag=CARD, meterValue=measured)
    values = {p.quantity: v for p, v in wallbox2.charger.values.items()}
    assert values == {
        Quantity.POWER: 7400,
        Quantity.CURRENT: 10.7,
        Quantity.VOLTAGE: 231,
        Quantity.ENERGY_IMPORT: 12,
    }


async def test_values_outside_a_transaction(wallbox2: Wallbox2) -> None:
    """They belong to their EVSE."""
    sampled = [{"measurand": "Power.Active.Import", "value": 40}]
    measured = [{"timestamp": wallbox2.clock.ago(0), "sampledValue": sampled}]
    assert await wallbox2.says("MeterValues", evseId=2, meterValue=measured) == {}
    assert wallbox2.charger.values == {Point(Quantity.POWER, part="2"): 40}


async def test_an_event_without_a_transaction(wallbox2: Wallbox2) -> None:
    """It is refused, in a code that its version has."""
    with pytest.raises(CallError, match="OccurenceConstraintViolation"):
        await wallbox2.event("Started", name="")


@pytest.mark.parametrize(
    ("answer", "status"),
    [
        ({"ongoingIndicator": False, "messagesInQueue": False}, "preparing"),
        ({"ongoingIndicator": False, "messagesInQueue": True}, "charging"),
        ({"ongoingIndicator": True, "messagesInQueue": False}, "charging"),
        ({"messagesInQueue": False}, "charging"),
        (CallError("NotSupported"), "charging"),
    ],
)
async def test_a_transaction_that_the_wallbox_has_lost(
    wallbox2: Wallbox2, journal: Journal, answer: Any, status: str
) -> None:
    """After a boot it is asked; only a certain no closes what we know of."""
    box = wallbox2
    await box.event("Started", "Charging", tag=CARD, wh=100)
    box.charger.closed(box.link)
    box.connect()
    box.link.reply("GetTransactionStatus", answer)
    box.link.reply("GetBaseReport", {"status": "NotSupported"})
    await box.says("BootNotification", **BOOT)
    await box.plug("Occupied")
    box.clock.advance(1)
    await idle(box.charger)
    assert box.link.sent("GetTransactionStatus") == [{"transactionId": "tx-1"}]
    assert box.charger.connector(1).status == status
    (booked,) = await journal.transactions("GARAGE")
    assert booked.is_open == (status == "charging")


SIGNATURE = {
    "signedMeterData": "T0NNRnx7Iu9+8iJ9",
    "signingMethod": "ECDSA-secp256r1-SHA256",
    "encodingMethod": "OCMF",
    "publicKey": "b2NhOjE2OmFiYw==",
}


def signed(wallbox: Wallbox2, context: str, wh: float, **more: Any) -> Any:
    """Return meter values with one that the meter has signed."""
    sampled = {
        "value": wh,
        "context": context,
        "signedMeterValue": {**SIGNATURE, **more},
    }
    return [{"timestamp": wallbox.clock.ago(0), "sampledValue": [sampled]}]


async def test_signed_values_are_kept_whole(
    wallbox2: Wallbox2, journal: Journal
) -> None:
    """Before the card, while it charges, at the end: once each, numbers count too."""
    box = wallbox2
    begin = {"meterValue": signed(box, "Transaction.Begin", 1000)}
    for _ in range(2):
        await box.event("Started", "EVConnected", number=0, **begin)
    box.clock.advance(30)
    await box.event("Updated", "Charging", tag=CARD, trigger="Authorized")
    box.clock.advance(30)
    between = signed(box, "Sample.Periodic", 1500, signedMeterData="Qg==")
    await box.event("Updated", meterValue=between)
    assert box.charger.connector(1).session_energy_wh == 500
    box.clock.advance(30)
    await box.event("Ended", meterValue=signed(box, "Transaction.End", 1900))
    (booked,) = await journal.transactions("GARAGE")
    assert (booked.meter_start_wh, booked.meter_stop_wh) == (1000, 1900)
    kept = await journal.signed_values(booked.id)
    assert [one.context for one in kept] == [
        "Transaction.Begin",
        "Sample.Periodic",
        "Transaction.End",
    ]
    assert [json.loads(one.text) for one in kept] == [
        SIGNATURE,
        {**SIGNATURE, "signedMeterData": "Qg=="},
        SIGNATURE,
    ]
    assert kept[0].time == NOON


async def test_signed_values_of_a_card_before_a_car(
    wallbox2: Wallbox2, journal: Journal
) -> None:
    """What is signed before anybody knows where the car is belongs to it as well."""
    begin = signed(wallbox2, "Transaction.Begin", 1000)
    shown = {"tag": CARD, "trigger": "Authorized", "evse": None}
    await wallbox2.event("Started", **shown, meterValue=begin)
    await wallbox2.event("Updated", "Charging", trigger="CablePluggedIn")
    (booked,) = await journal.transactions("GARAGE")
    (kept,) = await journal.signed_values(booked.id)
    assert kept.context == "Transaction.Begin"


async def test_signed_values_that_can_t_be_kept_come_again(
    wallbox2: Wallbox2, journal: Journal, tmp_path: Path
) -> None:
    """The event is not answered, so the wallbox repeats it."""
    await wallbox2.event("Started", "Charging", tag=CARD, trigger="Authorized")
    between = signed(wallbox2, "Sample.Periodic", 1500)
    with closing(sqlite3.connect(tmp_path / "journal.db")) as other:
        other.execute("BEGIN IMMEDIATE")
        assert await wallbox2.event("Updated", meterValue=between) is None
        other.rollback()
    assert await wallbox2.event("Updated", number=1, meterValue=between) == {}
    (booked,) = await journal.transactions("GARAGE")
    assert len(await journal.signed_values(booked.id)) == 1
