"""Shared by all tests."""

from collections.abc import AsyncIterator, Iterator
import logging
from unittest.mock import PropertyMock, patch

import pytest
from pytest_homeassistant_custom_component.syrupy import HomeAssistantSnapshotExtension
from syrupy.assertion import SnapshotAssertion

# Ours first: the test plugin ships a package of the same name.
import custom_components
from simulators.car import Car
from simulators.ksem import Ksem
from simulators.pico import Pico
from simulators.power_brain import PowerBrain

OURS = "custom_components.meters_and_chargers"

assert custom_components.__file__ is not None


@pytest.fixture(autouse=True)
def auto_enable_custom_integrations(request: pytest.FixtureRequest) -> None:
    """Let Home Assistant find the integration, where a test has one at all."""
    if "hass" in request.fixturenames:
        request.getfixturevalue("enable_custom_integrations")


@pytest.fixture
def snapshot(snapshot: SnapshotAssertion) -> SnapshotAssertion:
    """Return snapshots in Home Assistant's own form."""
    return snapshot.use_extension(HomeAssistantSnapshotExtension)


@pytest.fixture
def expected_logs() -> list[str]:
    """Warnings and errors about us that a test expects: parts of their texts."""
    return []


@pytest.fixture(autouse=True)
def no_unexpected_logs(
    caplog: pytest.LogCaptureFixture, expected_logs: list[str]
) -> Iterator[None]:
    """Fail a test in which Home Assistant logged a warning or an error about us."""
    yield
    unexpected = [
        record.getMessage()
        for phase in ("setup", "call")
        for record in caplog.get_records(phase)
        if record.levelno >= logging.WARNING
        and (OURS in record.name or "meters_and_chargers" in record.getMessage())
        and "has not been tested by Home Assistant" not in record.getMessage()
        # asyncio names the interpreter's folder when a loaded machine is slow.
        and record.name != "asyncio"
        and not any(part in record.getMessage() for part in expected_logs)
    ]
    assert not unexpected


@pytest.fixture
async def ksem(socket_enabled: None) -> AsyncIterator[Ksem]:
    """Return a simulated meter: 1000 W import on L1, 500 W export on L3."""
    meter = Ksem(serial="72345678")
    meter.set_power(1000, 0, -500)
    await meter.start()
    yield meter
    await meter.stop()


@pytest.fixture
async def pico(socket_enabled: None) -> AsyncIterator[Pico]:
    """Return a simulated station with a car plugged in."""
    station = Pico(Car(), serial=7002702)
    await station.start()
    yield station
    await station.stop()


@pytest.fixture
async def power_brain(socket_enabled: None) -> AsyncIterator[PowerBrain]:
    """Return a simulated wallbox that can switch phases, with a car plugged in."""
    wallbox = PowerBrain(Car(), solar=True)
    await wallbox.start()
    yield wallbox
    await wallbox.stop()


@pytest.fixture
def all_entities_enabled() -> Iterator[None]:
    """Enable the entities that are off by default."""
    with patch(
        "homeassistant.helpers.entity.Entity.entity_registry_enabled_default",
        new_callable=PropertyMock(return_value=True),
    ):
        yield
