"""The charging decisions need no Home Assistant: these stand in for its fixtures."""

import pytest


@pytest.fixture(autouse=True)
def no_unexpected_logs() -> None:
    """Nothing here logs."""
