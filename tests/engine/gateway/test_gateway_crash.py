"""The gateway is killed while it delivers, whatever the backend does."""

from pathlib import Path

import pytest

from benchmarks import gateway_crash


@pytest.mark.parametrize("mode", gateway_crash.Mode)
async def test_a_killed_gateway_loses_and_doubles_nothing(
    tmp_path: Path, socket_enabled: None, mode: gateway_crash.Mode
) -> None:
    """Beginnings, signed values and ends are at the backend once, and in order."""
    figures = await gateway_crash.run(tmp_path, mode, kills=4, seed=7)
    assert figures["messages"] > 8
    assert {name: figures[name] for name in gateway_crash.GOALS} == gateway_crash.GOALS
