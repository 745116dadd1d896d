"""The server and its journal are killed while wallboxes charge."""

from pathlib import Path

from benchmarks import crash


async def test_a_killed_server_loses_and_doubles_no_session(
    tmp_path: Path, socket_enabled: None
) -> None:
    """Each session is in the journal once, with its energy, whenever the kill came."""
    figures = await crash.run(tmp_path, kills=3, chargers=4, seed=7)
    assert figures["sessions"] - figures["sessions_2_0_1"] >= 2
    assert figures["sessions_2_0_1"] >= 2
    assert {name: figures[name] for name in crash.GOALS} == crash.GOALS
