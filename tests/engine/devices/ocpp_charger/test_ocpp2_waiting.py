"""What of OCPP 2 waits for its car or its card while we restart, or die."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import closing
from datetime import timedelta
from itertools import count
import json
import logging
from pathlib import Path
import shutil
import sqlite3
from typing import Any

from ocpp_fakes import NOON, Clock, Wallbox2
import pytest

from custom_components.meters_and_chargers.engine.devices.ocpp_charger import (
    OcppCharger,
)
from custom_components.meters_and_chargers.engine.devices.ocpp_charger.v201 import (
    running,
)
from custom_components.meters_and_chargers.engine.journal import Journal, JournalError

CARD = "04AABBCC"
ACCEPTED = {"idTokenInfo": {"status": "Accepted"}}

type Die = Callable[[Wallbox2], Awaitable[Wallbox2]]


def signed(wallbox: Wallbox2, context: str, wh: float, data: str = "QQ==") -> Any:
    """Return meter values with one that the meter has signed."""
    one = {
        "value": wh,
        "context": context,
        "signedMeterValue": {"signedMeterData": data, "encodingMethod": "OCMF"},
    }
    return [{"timestamp": wallbox.clock.ago(0), "sampledValue": [one]}]


def missing(wallbox: Wallbox2) -> int:
    """Return how many events never came."""
    assert wallbox.charger.dialect is not None
    return wallbox.charger.dialect.missing_events


async def fact(wallbox: Wallbox2) -> str:
    """Return what lies in the journal of what waits."""
    facts = await wallbox.charger._station.journal.facts("GARAGE")
    return facts.get("begun", "")


async def booked(wallbox: Wallbox2) -> Any:
    """Return the only transaction."""
    (only,) = await wallbox.charger._station.journal.transactions("GARAGE")
    return only


@pytest.fixture
async def die(tmp_path: Path, clock: Clock) -> AsyncIterator[Die]:
    """Return a function that goes on with what lies on the disk, as after a kill."""
    opened: list[tuple[OcppCharger, Journal]] = []
    folders = count()
    last = tmp_path

    async def kill(wallbox: Wallbox2) -> Wallbox2:
        nonlocal last
        folder = tmp_path / str(next(folders))
        folder.mkdir()
        for path in last.glob("journal.db*"):
            shutil.copy(path, folder)
        last = folder
        clock.advance(5)
        journal = await Journal.open(folder / "journal.db", now=clock.now)
        charger = OcppCharger(
            "GARAGE",
            journal,
            now=clock.now,
            monotonic=clock.monotonic,
            call_later=clock.call_later,
        )
        opened.append((charger, journal))
        await charger.load()
        box = Wallbox2(charger, clock)
        box.numbers = wallbox.numbers
        box.connect()
        return box

    yield kill
    for charger, journal in opened:
        await charger.close()
        await journal.close()


@pytest.mark.parametrize("repeats", [False, True])
async def test_killed_after_every_event(
    wallbox2: Wallbox2, die: Die, *, repeats: bool
) -> None:
    """One transaction as without; also where no answer has reached the wallbox."""
    box = wallbox2
    events: list[tuple[str, str | None, dict[str, Any]]] = [
        ("Started", "EVConnected", {"wh": 1000}),
        ("Updated", None, {"meterValue": signed(box, "Transaction.Begin", 1000)}),
        ("Updated", None, {"tag": CARD, "trigger": "Authorized"}),
        ("Updated", "Charging", {"wh": 1500}),
        ("Ended", None, {"meterValue": signed(box, "Transaction.End", 1800, "Qg==")}),
    ]
    for number, (kind, state, more) in enumerate(events):
        at = box.clock.now()
        for _ in range(1 + repeats):
            ago = (box.clock.now() - at).total_seconds()
            told = {**more, "number": number, "ago": ago}
            assert await box.event(kind, state, **told) is not None
            box = await die(box)
        box.clock.advance((at - box.clock.now()).total_seconds() + 60)
    only = await booked(box)
    assert (only.id_tag, only.connector) == (CARD, 1)
    assert only.start_time == NOON
    assert (only.meter_start_wh, only.meter_stop_wh) == (1000, 1800)
    assert only.stop_time == NOON + timedelta(seconds=240)
    assert not only.start_unknown
    journal = box.charger._station.journal
    kept = await journal.signed_values(only.id)
    assert [one.context for one in kept] == ["Transaction.Begin", "Transaction.End"]
    assert missing(box) == 0
    assert await fact(box) == ""


async def test_a_card_before_a_car(wallbox2: Wallbox2, die: Die) -> None:
    """The car comes after a restart: card and time are those of before."""
    shown = {"tag": CARD, "trigger": "Authorized", "evse": None}
    assert await wallbox2.event("Started", **shown) == ACCEPTED
    box = await die(wallbox2)
    await box.event("Updated", "Charging", evse=2, trigger="CablePluggedIn", wh=50)
    only = await booked(box)
    assert (only.connector, only.id_tag, only.meter_start_wh) == (2, CARD, 50)
    assert only.start_time == NOON


async def test_events_lost_while_we_were_away(wallbox2: Wallbox2, die: Die) -> None:
    """What is missing is counted from the first event since, as of one that runs."""
    await wallbox2.event("Started", "EVConnected", wh=100)
    box = await die(wallbox2)
    await box.event("Updated", number=5)
    assert missing(box) == 0
    await box.event("Updated", "Charging", number=7, tag=CARD)
    assert missing(box) == 1
    assert (await booked(box)).meter_start_wh == 100


@pytest.mark.parametrize("began", [{"tag": CARD, "evse": None}, {"evse": 1, "wh": 100}])
async def test_nobody_charged(
    wallbox2: Wallbox2, die: Die, began: dict[str, Any]
) -> None:
    """Its end that comes again after a restart is none of something unknown."""
    box = wallbox2
    await box.event("Started", **began)
    for _ in range(3):
        ended = {"evse": 1, "wh": 100} if began["evse"] else {"evse": None}
        assert await box.event("Ended", number=1, **ended) == {}
        box = await die(box)
        assert CARD not in await fact(box)
    assert await box.charger._station.journal.transactions("GARAGE") == ()
    # Of a wallbox that takes its names twice.
    await box.event("Started", "Charging", number=0, tag=CARD, wh=300)
    assert (await booked(box)).meter_start_wh == 300


async def test_a_kill_before_the_name_is_kept(
    wallbox2: Wallbox2, die: Die, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The repeated event finds the beginning that was booked."""
    await wallbox2.event("Started", "EVConnected", wh=100)
    wallbox2.clock.advance(60)

    async def fail(*_: Any) -> int:
        raise JournalError("killed")

    monkeypatch.setattr(wallbox2.charger._station.journal, "name_transaction", fail)
    card = {"tag": CARD, "trigger": "Authorized", "number": 1}
    assert await wallbox2.event("Updated", **card) is None
    assert (await booked(wallbox2)).start_time == NOON
    box = await die(wallbox2)
    assert await box.event("Updated", **card, ago=5) == ACCEPTED
    assert (await booked(box)).start_time == NOON
    assert box.charger.connector(1).transaction is not None
    assert await fact(box) == ""


async def test_a_kill_before_signed_values_are_kept(
    wallbox2: Wallbox2, die: Die, monkeypatch: pytest.MonkeyPatch
) -> None:
    """They wait until they are, although the transaction is booked."""
    begin = signed(wallbox2, "Transaction.Begin", 1000)
    await wallbox2.event("Started", "EVConnected", meterValue=begin)

    async def fail(*_: Any) -> None:
        raise JournalError("killed")

    monkeypatch.setattr(wallbox2.charger._station.journal, "keep_signed", fail)
    assert await wallbox2.event("Updated", "Charging", tag=CARD, number=1) is None
    box = await die(wallbox2)
    await box.event("Updated", "Charging", tag=CARD, number=1)
    (kept,) = await box.charger._station.journal.signed_values((await booked(box)).id)
    assert kept.context == "Transaction.Begin"
    assert await fact(box) == ""


async def test_what_cannot_wait_is_not_answered(
    wallbox2: Wallbox2, die: Die, tmp_path: Path
) -> None:
    """The wallbox says it again, and then it is shown as well."""
    card = {"tag": CARD, "trigger": "Authorized", "evse": None}
    plugged = {"wh": 100, "state": "EVConnected", "evse": 1}
    for name, began in (("tx-1", card), ("tx-2", plugged)):
        with closing(sqlite3.connect(tmp_path / "journal.db")) as other:
            other.execute("BEGIN IMMEDIATE")
            assert await wallbox2.event("Started", name=name, number=0, **began) is None
            assert wallbox2.charger.connector(1).status == "unknown"
            other.rollback()
        assert await wallbox2.event("Started", name=name, number=0, **began) is not None
    assert wallbox2.charger.connector(1).status == "preparing"
    box = await die(wallbox2)
    await box.event("Updated", "Charging", name="tx-2", tag=CARD)
    assert (await booked(box)).meter_start_wh == 100


async def test_what_waits_is_bounded(wallbox2: Wallbox2, die: Die) -> None:
    """In number and size: the last ones stay, and of a long one how it began."""
    long = "A" * 300_000
    for number in range(30):
        begin = signed(wallbox2, "Transaction.Begin", number)
        begin += signed(wallbox2, "Sample.Periodic", number, long)
        plugged = {"name": f"tx-{number}", "meterValue": begin}
        await wallbox2.event("Started", "EVConnected", **plugged)
        await wallbox2.event("Started", "EVConnected", name=f"none-{number}", ago=60)
        await wallbox2.event("Ended", name=f"none-{number}")
        await wallbox2.charger.remote_start(1, f"TAG{number}")
    text = await fact(wallbox2)
    assert '"tx-29"' in text
    assert '"tx-9"' not in text
    assert '"none-9"' not in text
    assert "TAG9" not in text
    assert long not in text
    assert len(text) < 20_000
    box = await die(wallbox2)
    await box.event("Updated", "Charging", name="tx-29", tag=CARD)
    only = await booked(box)
    assert (only.meter_start_wh, only.start_time) == (29, NOON)
    (kept,) = await box.charger._station.journal.signed_values(only.id)
    assert kept.context == "Transaction.Begin"


async def test_what_says_nothing_new_is_not_written(
    wallbox2: Wallbox2, die: Die, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A car that waits for hours wears no disk; what comes twice takes no place."""
    begin = signed(wallbox2, "Transaction.Begin", 100)
    journal = wallbox2.charger._station.journal
    keep_fact, written = journal.keep_fact, []

    async def count_writes(charger: str, name: str, fact: str) -> None:
        written.append(name)
        await keep_fact(charger, name, fact)

    monkeypatch.setattr(journal, "keep_fact", count_writes)
    for number in range(30):
        await wallbox2.event("Started", "EVConnected", number=0, meterValue=begin)
        await wallbox2.event("Updated", number=number + 1, wh=100)
    assert written.count("begun") == 1
    later = signed(wallbox2, "Sample.Clock", 100, "Qg==")
    await wallbox2.event("Updated", meterValue=later)
    assert written.count("begun") == 2
    box = await die(wallbox2)
    await box.event("Updated", "Charging", tag=CARD)
    kept = await box.charger._station.journal.signed_values((await booked(box)).id)
    assert [one.context for one in kept] == ["Transaction.Begin", "Sample.Clock"]


async def test_a_start_that_was_taken_up(wallbox2: Wallbox2, die: Die) -> None:
    """Its tag waits with the transaction that follows it, and goes with it."""
    await wallbox2.charger.remote_start(1, "HOUSE")
    assert "HOUSE" in await fact(wallbox2)
    (asked,) = wallbox2.link.sent("RequestStartTransaction")
    info = {"remoteStartId": asked["remoteStartId"]}
    begins = {"trigger": "RemoteStart", "info": info, "evse": None}
    box = await die(wallbox2)
    await box.event("Started", **begins)
    box = await die(box)
    await box.event("Updated", "Charging", wh=100)
    assert (await booked(box)).id_tag == "HOUSE"
    assert await fact(box) == ""


async def test_a_write_that_nobody_waited_for(wallbox2: Wallbox2) -> None:
    """It may be on the disk all the same, so what it wrote is taken back there too."""
    asking = asyncio.create_task(wallbox2.charger.remote_start(1, "HOUSE"))
    while not await fact(wallbox2):
        asking.cancel()
    assert asking.cancelled()
    number = next(iter(json.loads(await fact(wallbox2))["starts"]))
    info = {"remoteStartId": int(number)}
    await wallbox2.event("Started", "Charging", trigger="RemoteStart", info=info)
    assert (await booked(wallbox2)).id_tag == "HOUSE"
    assert await fact(wallbox2) == ""


async def test_a_start_that_can_t_be_kept(
    wallbox2: Wallbox2, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """It is asked for all the same, and no tag is logged."""
    caplog.set_level(logging.DEBUG)
    with closing(sqlite3.connect(tmp_path / "journal.db")) as other:
        other.execute("BEGIN IMMEDIATE")
        await wallbox2.charger.remote_start(1, "HOUSE")
        other.rollback()
    assert wallbox2.link.sent("RequestStartTransaction")
    assert "a start is not kept" in caplog.text
    assert "HOUSE" not in caplog.text


def test_no_card_in_a_log() -> None:
    """What follows a transaction can be logged without what it must not tell."""
    began = running.Beginning("", 0, f"raw {CARD}")
    one = running.Running("tx-1", tag=CARD, began=began, signed=[{"value": CARD}])
    assert CARD not in repr(one)
