"""This part of the engine needs no Home Assistant: these stand in for its fixtures."""

from collections.abc import AsyncIterator, Callable
from pathlib import Path

from ocpp_fakes import Clock, Wallbox, Wallbox2
import pytest

from custom_components.meters_and_chargers.engine.devices.ocpp_charger import (
    OcppCharger,
)
from custom_components.meters_and_chargers.engine.journal import Journal


@pytest.fixture(autouse=True)
def no_unexpected_logs() -> None:
    """Let a test say itself what it expects in the log."""


@pytest.fixture
def clock() -> Clock:
    """Return clocks that stand still."""
    return Clock()


@pytest.fixture
async def journal(tmp_path: Path, clock: Clock) -> AsyncIterator[Journal]:
    """Return an open journal."""
    journal = await Journal.open(
        tmp_path / "journal.db", now=clock.now, lock_timeout_s=0.05
    )
    yield journal
    await journal.close()


@pytest.fixture
def new_charger(journal: Journal, clock: Clock) -> Callable[..., OcppCharger]:
    """Return a function that makes a charger."""

    def new(charger_id: str = "GARAGE", **bounds: int) -> OcppCharger:
        return OcppCharger(
            charger_id,
            journal,
            now=clock.now,
            monotonic=clock.monotonic,
            call_later=clock.call_later,
            **bounds,
        )

    return new


@pytest.fixture
async def wallbox(
    new_charger: Callable[..., OcppCharger], clock: Clock
) -> AsyncIterator[Wallbox]:
    """Return a connected wallbox."""
    charger = new_charger()
    await charger.load()
    wallbox = Wallbox(charger, clock)
    wallbox.connect()
    yield wallbox
    await charger.close()


@pytest.fixture
async def wallbox2(
    new_charger: Callable[..., OcppCharger], clock: Clock
) -> AsyncIterator[Wallbox2]:
    """Return a connected wallbox that speaks OCPP 2.0.1."""
    charger = new_charger()
    await charger.load()
    wallbox = Wallbox2(charger, clock)
    wallbox.connect()
    yield wallbox
    await charger.close()
