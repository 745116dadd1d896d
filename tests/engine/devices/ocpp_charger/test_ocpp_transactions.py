"""Transactions from start to stop, and all that goes wrong in between."""

from collections.abc import Callable
from contextlib import closing
from pathlib import Path
import sqlite3

from ocpp_fakes import NOON, Clock, Wallbox, energy, idle, power
import pytest

from custom_components.meters_and_chargers.engine.devices.ocpp_charger import (
    OcppCharger,
)
from custom_components.meters_and_chargers.engine.journal import Journal
from custom_components.meters_and_chargers.engine.model import Point, Quantity


async def test_a_session(wallbox: Wallbox, journal: Journal) -> None:
    """Start, values, stop: the session has its energy, and what happened is told."""
    number = await wallbox.starts()
    connector = wallbox.charger.connector(1)
    assert connector.transaction == number
    assert connector.session_start == NOON
    assert connector.session_energy_wh == 0
    (started,) = wallbox.changes[-1].occurrences
    assert started.kind == "transaction_started"
    assert started.connector == 1
    assert started.data == {
        "transaction": number,
        "tag": "CC",
        "label": None,
        "time": NOON.isoformat(),
        "late": False,
        "meter_start_wh": 1000,
    }
    await wallbox.measures(power(3680), energy(1250), transaction=number)
    assert connector.session_energy_wh == 250
    assert await wallbox.stops(number, 1300, reason="EVDisconnected") == {}
    assert connector.transaction is None
    assert connector.session_energy_wh is None
    assert wallbox.charger.values[Point(Quantity.POWER, part="1")] == 0
    (stopped,) = wallbox.changes[-1].occurrences
    assert stopped.kind == "transaction_stopped"
    assert stopped.data["energy_wh"] == 300
    assert stopped.data["reason"] == "ev_disconnected"
    assert await journal.open_transactions("GARAGE") == ()


async def test_repeated_reports(wallbox: Wallbox) -> None:
    """The same report again gets the same answer, and nothing happens."""
    number = await wallbox.starts()
    wallbox.changes.clear()
    assert await wallbox.starts() == number
    assert wallbox.changes == []
    await wallbox.stops(number)
    wallbox.changes.clear()
    assert await wallbox.stops(number) == {}
    assert await wallbox.starts() == number
    assert wallbox.changes == []
    assert wallbox.charger.connector(1).transaction is None


async def test_what_is_not_recorded_is_not_answered(
    wallbox: Wallbox, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """The wallbox repeats what it got no answer to; the log has two lines for it."""
    caplog.set_level("INFO")
    number = await wallbox.starts()
    with closing(sqlite3.connect(tmp_path / "journal.db")) as other:
        other.execute("BEGIN IMMEDIATE")
        wallbox.changes.clear()
        assert await wallbox.stops(number) is None
        answer = await wallbox.says(
            "StartTransaction", connectorId=2, idTag="A", meterStart=0, timestamp=""
        )
        assert answer is None
        assert wallbox.changes == []
        # These are answered: they come again by themselves.
        assert (await wallbox.boots())["status"] == "Accepted"
        assert await wallbox.measures(power(5), transaction=999) == {}
        other.rollback()
    assert wallbox.charger.values[Point(Quantity.POWER, part="1")] == 5
    assert caplog.text.count("transactions are not answered") == 1
    assert await wallbox.stops(number) == {}
    assert caplog.text.count("transactions are recorded again") == 1


@pytest.mark.parametrize("connector", [None, 0, 500])
async def test_a_start_on_no_connector(
    wallbox: Wallbox, journal: Journal, connector: int | None
) -> None:
    """It is recorded and answered, and runs nowhere."""
    answer = await wallbox.says(
        "StartTransaction", connectorId=connector, idTag="A", meterStart=None
    )
    assert answer["transactionId"] == 1
    assert wallbox.charger.connectors == (1,)
    assert wallbox.charger.connector(1).transaction is None
    (transaction,) = await journal.open_transactions("GARAGE")
    assert transaction.connector == 0
    await wallbox.stops(1)
    assert await journal.open_transactions("GARAGE") == ()


@pytest.mark.parametrize("transaction", [None, -1, 0, "x", 4711])
async def test_a_stop_of_nothing(
    wallbox: Wallbox, journal: Journal, transaction: object
) -> None:
    """It is recorded, and stops nothing that it does not fit."""
    number = await wallbox.starts()
    assert await wallbox.stops(transaction, 500) == {}
    assert wallbox.charger.connector(1).transaction == number
    assert len(await journal.transactions("GARAGE")) == 2
    (stopped,) = wallbox.changes[-1].occurrences
    assert stopped.connector == 0
    assert stopped.data["energy_wh"] is None


async def test_a_stop_with_its_value_in_the_data(
    wallbox: Wallbox, journal: Journal
) -> None:
    """The last register of the data stands in for a missing meterStop."""
    number = await wallbox.starts()
    data = [{"timestamp": NOON.isoformat(), "sampledValue": [energy(1700)]}]
    await wallbox.stops(number, None, transactionData=data)
    (transaction,) = await journal.transactions("GARAGE")
    assert transaction.meter_stop_wh == 1700
    number = await wallbox.starts(wh=1800)
    await wallbox.stops(number, None)
    (stopped,) = wallbox.changes[-1].occurrences
    assert stopped.data["energy_wh"] == 0


async def test_a_register_that_counts_each_session(wallbox: Wallbox) -> None:
    """A register that starts again is no negative energy; a Wh of noise is none."""
    number = await wallbox.starts(wh=5000)
    connector = wallbox.charger.connector(1)
    for register, total in ((4999, 0), (5010, 10), (4, 14), (20, 30)):
        await wallbox.measures(energy(register), transaction=number)
        assert connector.session_energy_wh == total


async def test_a_start_without_a_meter_value(wallbox: Wallbox) -> None:
    """The first value seen is where it began."""
    number = await wallbox.starts(wh=None)
    connector = wallbox.charger.connector(1)
    assert connector.session_energy_wh is None
    await wallbox.measures(energy(700), transaction=number)
    assert connector.session_energy_wh == 0
    await wallbox.measures(energy(800))
    assert connector.session_energy_wh == 100


async def test_a_restart_of_ours(
    wallbox: Wallbox,
    journal: Journal,
    new_charger: Callable[..., OcppCharger],
    clock: Clock,
) -> None:
    """What ran goes on, and the identity is known before any message."""
    await wallbox.boots()
    await wallbox.status("Charging", 2)
    number = await wallbox.starts(2)
    await wallbox.measures(energy(1400), connector=2, transaction=number)
    charger = new_charger()
    await charger.load()
    assert charger.identity.model == "Box"
    assert charger.connectors == (1, 2)
    connector = charger.connector(2)
    assert connector.transaction == number
    assert connector.session_energy_wh == 400
    again = Wallbox(charger, clock)
    again.connect()
    await again.stops(number, 1500)
    assert again.changes[-1].occurrences[0].data["energy_wh"] == 500


async def test_two_open_ones_after_a_restart(
    journal: Journal, new_charger: Callable[..., OcppCharger], clock: Clock
) -> None:
    """The newest one on a connector runs; the other was forgotten."""
    for wire_id in (50, 60):
        await journal.adopt_transaction("GARAGE", 1, wire_id, 0, NOON)
    charger = new_charger()
    await charger.load()
    assert charger.connector(1).transaction == 60
    (running,) = await journal.open_transactions("GARAGE")
    assert running.wire_id == 60


async def test_an_unknown_transaction_is_adopted(
    wallbox: Wallbox, journal: Journal
) -> None:
    """Meter values of one we never saw begin: its start is unknown."""
    await wallbox.measures(energy(800), transaction=4711)
    connector = wallbox.charger.connector(1)
    assert connector.transaction == 4711
    assert connector.session_energy_wh == 0
    await wallbox.measures(energy(900), transaction=4711)
    assert connector.session_energy_wh == 100
    (transaction,) = await journal.open_transactions("GARAGE")
    assert transaction.start_unknown
    await wallbox.stops(4711, 950)
    assert wallbox.changes[-1].occurrences[0].data["energy_wh"] == 150
    # The one value that comes after the stop is noted and starts nothing.
    await wallbox.measures(energy(950), transaction=4711)
    assert connector.transaction is None


async def test_an_adopted_one_without_energy(wallbox: Wallbox) -> None:
    """Without a register there is no energy."""
    await wallbox.measures(power(5), transaction=4711)
    assert wallbox.charger.connector(1).transaction == 4711
    assert wallbox.charger.connector(1).session_energy_wh is None


@pytest.mark.parametrize("transaction", [0, -1])
async def test_values_without_a_real_number(wallbox: Wallbox, transaction: int) -> None:
    """-1 and 0 are no numbers: nothing is adopted, and what runs gets the value."""
    await wallbox.measures(energy(10), transaction=transaction)
    assert wallbox.charger.connector(1).transaction is None
    number = await wallbox.starts()
    await wallbox.measures(energy(1010), transaction=transaction)
    assert wallbox.charger.connector(1).transaction == number
    assert wallbox.charger.connector(1).session_energy_wh == 10


async def test_history_of_an_unknown_one_is_only_recorded(
    wallbox: Wallbox, journal: Journal
) -> None:
    """Old values of an unknown transaction start no session."""
    await wallbox.measures(energy(10), transaction=4711, ago=4000)
    assert wallbox.charger.connector(1).transaction is None
    (transaction,) = await journal.open_transactions("GARAGE")
    assert transaction.wire_id == 4711


async def test_a_new_start_ends_a_forgotten_one(
    wallbox: Wallbox, journal: Journal
) -> None:
    """A connector runs one transaction; the stop of the old one still counts."""
    first = await wallbox.starts()
    wallbox.clock.advance(60)
    second = await wallbox.starts(wh=1500)
    assert wallbox.charger.connector(1).transaction == second
    (running,) = await journal.open_transactions("GARAGE")
    assert running.id == second
    await wallbox.stops(first, 1400)
    assert wallbox.charger.connector(1).transaction == second
    assert wallbox.changes[-1].occurrences[0].data["energy_wh"] == 400
    kept = await journal.find_transaction("GARAGE", first)
    assert kept is not None
    assert kept.meter_stop_wh == 1400


async def test_an_old_start_from_a_queue(wallbox: Wallbox) -> None:
    """It does not replace what runs, and is told as late."""
    number = await wallbox.starts()
    await wallbox.starts(ago=7200)
    assert wallbox.charger.connector(1).transaction == number
    assert wallbox.changes[-1].occurrences[0].data["late"] is True


async def test_an_old_start_before_a_restart(
    wallbox: Wallbox, journal: Journal, new_charger: Callable[..., OcppCharger]
) -> None:
    """What began last runs after a restart, in whatever order it was recorded."""
    number = await wallbox.starts()
    await wallbox.starts(ago=7200)
    await wallbox.starts(0)
    charger = new_charger()
    await charger.load()
    assert charger.connector(1).transaction == number
    running = await journal.open_transactions("GARAGE")
    assert [(each.id, each.connector) for each in running] == [(number, 1), (3, 0)]


async def test_available_with_an_open_transaction(
    wallbox: Wallbox, journal: Journal
) -> None:
    """After a minute it is closed with its last value; a later stop still counts."""
    number = await wallbox.starts()
    await wallbox.measures(energy(1200), transaction=number)
    await wallbox.status("Available")
    wallbox.clock.advance(59)
    await idle(wallbox.charger)
    assert wallbox.charger.connector(1).transaction == number
    wallbox.changes.clear()
    wallbox.clock.advance(2)
    await idle(wallbox.charger)
    assert wallbox.charger.connector(1).transaction is None
    assert wallbox.changes[-1].connectors == {1}
    kept = await journal.find_transaction("GARAGE", number)
    assert kept is not None
    assert kept.closed_locally
    assert kept.meter_stop_wh == 1200
    await wallbox.stops(number, 1250)
    kept = await journal.find_transaction("GARAGE", number)
    assert kept is not None
    assert kept.meter_stop_wh == 1250


async def test_available_only_for_a_moment(wallbox: Wallbox) -> None:
    """Another status in time keeps the transaction, a stop in time ends the wait."""
    number = await wallbox.starts()
    await wallbox.status("Available")
    wallbox.clock.advance(30)
    await wallbox.status("Charging")
    wallbox.clock.advance(60)
    await idle(wallbox.charger)
    assert wallbox.charger.connector(1).transaction == number
    await wallbox.status("Available")
    await wallbox.stops(number)
    wallbox.clock.advance(61)
    await idle(wallbox.charger)


async def test_available_and_gone_within_the_minute(wallbox: Wallbox) -> None:
    """Back without a word about its status, it is closed all the same."""
    await wallbox.starts()
    await wallbox.status("Available")
    wallbox.clock.advance(30)
    wallbox.charger.closed(wallbox.link)
    wallbox.connect().reply("TriggerMessage", {"status": "NotImplemented"})
    wallbox.clock.advance(30)
    await idle(wallbox.charger)
    assert wallbox.charger.connector(1).transaction is not None
    wallbox.clock.advance(31)
    await idle(wallbox.charger)
    assert wallbox.charger.connector(1).transaction is None


async def test_one_closed_too_early_runs_again(wallbox: Wallbox) -> None:
    """A wallbox that charges on with it knows better."""
    number = await wallbox.starts()
    await wallbox.status("Available")
    wallbox.clock.advance(61)
    await idle(wallbox.charger)
    connector = wallbox.charger.connector(1)
    await wallbox.measures(energy(1200), transaction=number)
    assert connector.transaction is None
    await wallbox.status("Charging")
    await wallbox.measures(energy(1300), transaction=number)
    assert connector.transaction == number
    assert connector.session_energy_wh == 300


async def test_a_lock_while_closing(wallbox: Wallbox, tmp_path: Path) -> None:
    """What can't be closed in the journal is still no session."""
    await wallbox.starts()
    await wallbox.status("Available")
    with closing(sqlite3.connect(tmp_path / "journal.db")) as other:
        other.execute("BEGIN IMMEDIATE")
        wallbox.clock.advance(61)
        await idle(wallbox.charger)
        other.rollback()
    assert wallbox.charger.connector(1).transaction is None


async def test_the_number_of_another_connector(wallbox: Wallbox) -> None:
    """Values with a number that runs elsewhere move nothing."""
    number = await wallbox.starts(1)
    await wallbox.measures(energy(5), connector=2, transaction=number)
    assert wallbox.charger.connector(1).transaction == number
    assert wallbox.charger.connector(2).transaction is None


async def test_times_to_come(wallbox: Wallbox, journal: Journal) -> None:
    """A value of tomorrow is noted as one of now."""
    number = await wallbox.starts()
    await wallbox.measures(energy(1100), transaction=number, ago=-86_400)
    (transaction,) = await journal.open_transactions("GARAGE")
    assert transaction.last_time == NOON
