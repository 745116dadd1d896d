"""This part of the engine needs no Home Assistant: these stand in for its fixtures."""

from collections.abc import AsyncIterator
from pathlib import Path

from aiohttp import ClientSession
import pytest

from custom_components.meters_and_chargers.engine.journal import Journal
from simulators.backend import Backend


@pytest.fixture(autouse=True)
def no_unexpected_logs() -> None:
    """Let a test say itself what it expects in the log."""


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """Return where the journal is."""
    return tmp_path / "journal.db"


@pytest.fixture
async def journal(path: Path) -> AsyncIterator[Journal]:
    """Return an open journal."""
    journal = await Journal.open(path)
    yield journal
    await journal.close()


@pytest.fixture
async def backend(socket_enabled: None) -> AsyncIterator[Backend]:
    """Return a backend that listens."""
    backend = Backend()
    await backend.start()
    yield backend
    await backend.stop()


@pytest.fixture
async def http(socket_enabled: None) -> AsyncIterator[ClientSession]:
    """Return what dials."""
    async with ClientSession() as http:
        yield http
