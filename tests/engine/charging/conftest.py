"""The charging decisions need no Home Assistant: these stand in for its fixtures."""

import pytest


@pytest.fixture(autouse=True)
def auto_enable_custom_integrations() -> None:
    """Start no Home Assistant for a test of pure functions."""


@pytest.fixture(autouse=True)
def no_unexpected_logs() -> None:
    """Nothing here logs."""
