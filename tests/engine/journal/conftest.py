"""This part of the engine needs no Home Assistant: these stand in for its fixtures."""

import pytest


@pytest.fixture(autouse=True)
def no_unexpected_logs() -> None:
    """Let a test say itself what it expects in the log."""
