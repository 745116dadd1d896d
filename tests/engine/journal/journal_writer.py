"""A program that books transactions until it is killed; it says what it booked."""

import asyncio
from datetime import UTC, datetime, timedelta
from importlib import import_module
from pathlib import Path
import sys
from types import ModuleType
from typing import Any

ROOT = Path(__file__).parents[3] / "custom_components"


def _journal() -> Any:
    """Load the engine without Home Assistant: empty packages stand above it."""
    for name, path in (
        ("custom_components", ROOT),
        ("custom_components.meters_and_chargers", ROOT / "meters_and_chargers"),
    ):
        package = ModuleType(name)
        package.__path__ = [str(path)]
        sys.modules[name] = package
    return import_module("custom_components.meters_and_chargers.engine.journal")


async def main(path: str, first: int) -> None:
    """Book a start and a stop of each transaction, and say so after the commit."""
    journal = _journal()
    book = await journal.Journal.open(path)
    begin = datetime(2026, 1, 1, tzinfo=UTC)
    await book.note_price("GARAGE", begin, 0.5, "CHF")
    for number in range(first, 1_000_000):
        start = journal.Start(
            charger="GARAGE",
            connector=1,
            id_tag="TAG",
            meter_start_wh=number,
            time=begin + timedelta(seconds=number),
        )
        booked = await book.start_transaction(start)
        print(f"start {number} {booked.transaction.id}", flush=True)  # noqa: T201  # read by the test
        book.note_meter(
            booked.transaction.id, number + 1, begin + timedelta(seconds=number)
        )
        stop = journal.Stop(
            charger="GARAGE",
            wire_id=booked.transaction.wire_id,
            meter_stop_wh=number + 1,
            time=begin + timedelta(seconds=number + 1),
        )
        await book.stop_transaction(stop)
        print(f"stop {number} {booked.transaction.id}", flush=True)  # noqa: T201  # as above


async def charge(path: str) -> None:
    """Begin one transaction, record a meter value, and say so; then go on for ever."""
    journal = _journal()
    begin = datetime(2026, 1, 1, tzinfo=UTC)
    book = await journal.Journal.open(path, notes_every_s=0.01)
    await book.note_price("GARAGE", begin, 0.5, "CHF")
    start = journal.Start(
        charger="GARAGE", connector=1, id_tag="TAG", meter_start_wh=1000, time=begin
    )
    number = (await book.start_transaction(start)).transaction.id
    for minute in range(1_000_000):
        wh = 1000 + minute
        book.note_meter(number, wh, begin + timedelta(minutes=minute))
        await asyncio.sleep(0.01)
        (running,) = await book.open_transactions("GARAGE")
        print(running.energy_wh, flush=True)  # noqa: T201  # as above


if len(sys.argv) > 2:  # the path, and where to begin
    asyncio.run(main(sys.argv[1], int(sys.argv[2])))
else:
    asyncio.run(charge(sys.argv[1]))
