"""Meter values from a queue are history, never shown as of now."""

from ocpp_fakes import Wallbox, energy, power

from custom_components.meters_and_chargers.engine.journal import Journal
from custom_components.meters_and_chargers.engine.model import Point, Quantity

POWER = Point(Quantity.POWER, part="1")


async def test_older_than_the_newest(wallbox: Wallbox) -> None:
    """A value older than one already seen is not shown."""
    await wallbox.measures(power(100), ago=5)
    wallbox.changes.clear()
    await wallbox.measures(power(50), ago=6)
    assert wallbox.charger.values[POWER] == 100
    assert wallbox.changes == []
    await wallbox.measures(power(70), ago=5)
    assert wallbox.charger.values[POWER] == 70


async def test_a_queue_after_a_restart(wallbox: Wallbox) -> None:
    """An old value is not shown even when nothing newer has been seen."""
    for minutes in range(60, 3, -1):
        await wallbox.measures(power(minutes), ago=minutes * 60)
        wallbox.clock.advance(0.1)
    assert POWER not in wallbox.charger.values
    await wallbox.measures(power(1), ago=0)
    assert wallbox.charger.values[POWER] == 1


async def test_the_history_goes_to_its_transaction(
    wallbox: Wallbox, journal: Journal
) -> None:
    """Its energy counts, in its order."""
    number = await wallbox.starts(ago=3600)
    await wallbox.measures(power(9), energy(1500), transaction=number, ago=1800)
    assert POWER not in wallbox.charger.values
    (transaction,) = await journal.open_transactions("GARAGE")
    assert transaction.last_wh == 1500
    connector = wallbox.charger.connector(1)
    assert connector.session_energy_wh == 500
    await wallbox.measures(energy(1400), transaction=number, ago=2000)
    assert connector.session_energy_wh == 500


async def test_history_without_a_transaction_is_nobodys(wallbox: Wallbox) -> None:
    """It is not added to what runs now."""
    await wallbox.starts()
    await wallbox.measures(energy(5000), ago=1800)
    assert wallbox.charger.connector(1).session_energy_wh == 0


async def test_a_wrong_clock(wallbox: Wallbox) -> None:
    """Values that keep pace with our clock are of now, whatever their date."""
    for watts in range(3):
        assert POWER not in wallbox.charger.values
        await wallbox.measures(power(watts), ago=1e6)
        wallbox.clock.advance(10)
    assert wallbox.charger.values[POWER] == 2


async def test_a_clock_that_is_put_back(wallbox: Wallbox) -> None:
    """A wallbox whose clock was ahead is believed again soon."""
    await wallbox.measures(power(1), ago=-3600)
    for watts in (2, 3, 4):
        wallbox.clock.advance(10)
        assert wallbox.charger.values[POWER] == 1
        await wallbox.measures(power(watts))
    assert wallbox.charger.values[POWER] == 4


async def test_a_boot_sets_the_clock(wallbox: Wallbox) -> None:
    """After a boot older times than before are fine."""
    await wallbox.measures(power(1), ago=-3600)
    await wallbox.boots()
    await wallbox.measures(power(2))
    assert wallbox.charger.values[POWER] == 2


async def test_several_samples_in_one_message(wallbox: Wallbox) -> None:
    """What is hardly older than the newest belongs to it, the rest is history."""
    items = [
        {"timestamp": wallbox.clock.ago(ago), "sampledValue": [value]}
        for ago, value in ((5, energy(7)), (0, power(3)), (900, energy(5)))
    ]
    await wallbox.says("MeterValues", connectorId=1, meterValue=items)
    assert wallbox.charger.values == {
        POWER: 3,
        Point(Quantity.ENERGY_IMPORT, part="1"): 7,
    }
    items = [
        {"timestamp": wallbox.clock.ago(0), "sampledValue": [power(4)]},
        {"sampledValue": [energy(9)]},
    ]
    await wallbox.says("MeterValues", connectorId=1, meterValue=items)
    assert sorted(wallbox.charger.values.values()) == [4, 9]
