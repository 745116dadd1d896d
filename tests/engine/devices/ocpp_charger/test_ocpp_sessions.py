"""Sessions are right, whatever the wallbox makes of numbers, registers and order."""

from collections.abc import Callable
from contextlib import closing
from pathlib import Path
import sqlite3
from typing import Any

from ocpp_fakes import Clock, Wallbox, energy
import pytest

from custom_components.meters_and_chargers.engine.devices.ocpp_charger import (
    OcppCharger,
)
from custom_components.meters_and_chargers.engine.journal import Journal, Transaction

OCMF = 'OCMF|{"FV":"1.0","RD":[{"RV":1.250,"TX":"B"}]}|{"SD":"3045=+"}'


async def newest(journal: Journal) -> Transaction:
    """Return the session that began last."""
    return (await journal.sessions())[0]


@pytest.mark.parametrize("transaction", [None, -1, 0, "x"])
async def test_an_end_without_a_number_ends_what_it_fits(
    wallbox: Wallbox, journal: Journal, transaction: object
) -> None:
    """With one session open, an end of -1 is its end, and the same again is nothing."""
    await wallbox.starts()
    wallbox.clock.advance(600)
    end = wallbox.clock.ago(0)
    for _ in range(2):
        wallbox.changes.clear()
        await wallbox.says(
            "StopTransaction", transactionId=transaction, meterStop=1700, timestamp=end
        )
        wallbox.clock.advance(5)
    assert wallbox.changes == []
    assert wallbox.charger.connector(1).transaction is None
    (kept,) = await journal.transactions("GARAGE")
    assert (kept.energy_wh, kept.is_open, kept.start_unknown) == (700, False, False)


@pytest.mark.parametrize(
    "changes", [{"idTag": "OTHER"}, {"meterStop": 999}, {"timestamp": "2026-01-01"}]
)
async def test_an_end_without_a_number_that_fits_nothing(
    wallbox: Wallbox, changes: dict[str, Any]
) -> None:
    """Another card, a smaller register or an older time belong to something else."""
    number = await wallbox.starts()
    wallbox.clock.advance(600)
    end = {"meterStop": 1700, "timestamp": wallbox.clock.ago(0), **changes}
    await wallbox.says("StopTransaction", transactionId=-1, **end)
    assert wallbox.charger.connector(1).transaction == number


async def test_an_end_without_a_number_between_two(wallbox: Wallbox) -> None:
    """With two sessions open nobody knows which one has ended."""
    numbers = [await wallbox.starts(1), await wallbox.starts(2)]
    await wallbox.stops(-1)
    charger = wallbox.charger
    assert [charger.connector(one).transaction for one in (1, 2)] == numbers


async def test_an_end_that_was_guessed_wrong(
    wallbox: Wallbox, journal: Journal
) -> None:
    """A wallbox that charges on under the number knows better."""
    number = await wallbox.starts()
    await wallbox.stops(-1, 1000)
    await wallbox.status("Charging")
    await wallbox.measures(energy(1300), transaction=number)
    assert wallbox.charger.connector(1).transaction == number
    await wallbox.stops(number, 1400)
    (kept,) = await journal.transactions("GARAGE")
    assert (kept.energy_wh, kept.closed_locally) == (400, False)


async def test_a_register_that_begins_anew_and_a_restart_of_ours(
    wallbox: Wallbox,
    journal: Journal,
    new_charger: Callable[..., OcppCharger],
    clock: Clock,
) -> None:
    """What was counted before the register began anew is still there afterwards."""
    number = await wallbox.starts(wh=5000)
    for register in (5400, 100, 250):
        wallbox.clock.advance(60)
        await wallbox.measures(energy(register), transaction=number)
    charger = new_charger()
    await charger.load()
    again = Wallbox(charger, clock)
    again.connect()
    assert charger.connector(1).session_energy_wh == 650
    await again.stops(number, 300)
    assert again.changes[-1].occurrences[0].data["energy_wh"] == 700
    assert (await newest(journal)).energy_wh == 700


async def test_an_end_below_the_beginning(wallbox: Wallbox, journal: Journal) -> None:
    """A Wh less at the end than at the beginning is no energy, not a negative one."""
    number = await wallbox.starts(wh=1000)
    await wallbox.stops(number, 999)
    assert wallbox.changes[-1].occurrences[0].data["energy_wh"] == 0
    kept = await newest(journal)
    assert (kept.meter_start_wh, kept.meter_stop_wh) == (1000, 999)
    assert kept.energy_wh == 0


@pytest.mark.parametrize("numbered", [True, False])
async def test_a_closing_value_after_the_end(
    wallbox: Wallbox,
    journal: Journal,
    numbered: bool,  # noqa: FBT001  # a parameter of the test
) -> None:
    """It counts within two minutes, and moves nothing later."""
    number = await wallbox.starts()
    wallbox.clock.advance(600)
    await wallbox.measures(energy(1800), transaction=number)
    await wallbox.stops(number, 1800)
    for register in (1850, 0, 1900):
        wallbox.clock.advance(65)
        await wallbox.measures(
            energy(register), transaction=number if numbered else None
        )
    kept = await newest(journal)
    assert (kept.energy_wh, kept.meter_stop_wh, kept.is_open) == (850, 1850, False)
    assert wallbox.charger.connector(1).transaction is None


async def test_history_is_booked_where_it_happened(
    wallbox: Wallbox, journal: Journal
) -> None:
    """A queue of three hours fills these hours, not the one in which it is sent."""
    number = await wallbox.starts(ago=3 * 3600)
    for hours, register in ((2, 2000), (1, 4000)):
        await wallbox.measures(energy(register), transaction=number, ago=hours * 3600)
    await wallbox.stops(number, 5000)
    booked = [(hour.hour % 24, round(hour.wh)) for hour in await journal.hours()]
    assert booked == [(9, 1000), (10, 2000), (11, 1000)]


async def test_signed_values_are_kept_word_for_word(
    wallbox: Wallbox, journal: Journal
) -> None:
    """Those of meter values and of the end, once, and never as numbers."""

    def signed(context: str, text: object) -> dict[str, Any]:
        return {"value": text, "context": context, "format": "SignedData"}

    number = await wallbox.starts()
    begin = signed("Transaction.Begin", OCMF)
    for _ in range(2):
        await wallbox.measures(begin, energy(1100), transaction=number, ago=1)
    await wallbox.measures(signed("Transaction.Begin", 5), transaction=number)
    data = [
        {
            "timestamp": wallbox.clock.ago(0),
            "sampledValue": [signed("Transaction.End", OCMF.replace("1.25", "9.75"))],
        }
    ]
    await wallbox.stops(number, 2000, transactionData=data)
    kept = await journal.signed_values(number)
    assert [one.context for one in kept] == ["Transaction.Begin", "Transaction.End"]
    assert kept[0].text == OCMF
    assert kept[1].text == OCMF.replace("1.25", "9.75")
    assert (await newest(journal)).energy_wh == 1000


async def test_signed_values_that_can_t_be_kept_are_not_answered(
    wallbox: Wallbox, journal: Journal, tmp_path: Path
) -> None:
    """The wallbox sends them again."""
    number = await wallbox.starts()
    value = {"value": OCMF, "format": "SignedData"}
    with closing(sqlite3.connect(tmp_path / "journal.db")) as other:
        other.execute("BEGIN IMMEDIATE")
        assert await wallbox.measures(value, transaction=number) is None
        other.rollback()
    assert await wallbox.measures(value, transaction=number) == {}
    assert len(await journal.signed_values(number)) == 1


async def test_a_cost_follows_the_energy(wallbox: Wallbox, journal: Journal) -> None:
    """The running session shows what the last commit has booked."""
    await journal.note_price("GARAGE", wallbox.clock.now(), 0.25, "CHF")
    number = await wallbox.starts()
    connector = wallbox.charger.connector(1)
    assert connector.session_cost is None
    for register in (3000, 5000):
        wallbox.clock.advance(600)
        await wallbox.measures(energy(register), transaction=number)
        await journal.sessions()
    await wallbox.measures(energy(5000), transaction=number)
    assert connector.session_cost == pytest.approx(1.0)
