"""Many wallboxes talk nonsense at once; the whole of it is `scripts/bench fuzz`."""

from pathlib import Path

import pytest

from benchmarks import fuzz


@pytest.fixture(autouse=True)
def auto_enable_custom_integrations(socket_enabled: None) -> None:
    """Start no Home Assistant; these need sockets alone."""


async def test_nonsense_disturbs_nobody_and_fills_no_log(tmp_path: Path) -> None:
    """Neighbours charge on, the talkers are answered, and each is logged once."""
    figures = await fuzz.run(tmp_path, frames=1500, hostile=6, seed=7)
    assert figures["frames_sent"] >= 1500
    assert figures["neighbour_messages"] > 0
    # More connections than talkers, or once for each would prove nothing.
    assert figures["hostile_connections"] > 6
    assert figures["log_lines_per_hostile"] <= 1
    assert all(figures[name] <= goal for name, goal in fuzz.GOALS.items())
