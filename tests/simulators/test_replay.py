"""Diagnostics are played again: by the command line, and wrongly made ones refused."""

import asyncio
import json
from pathlib import Path
import signal
import subprocess
import sys
from typing import Any

import pytest
from raw_modbus import Connect

from simulators.__main__ import main
from simulators.ksem import Ksem
from simulators.replay import ReplayedDevice, load, play

ROOT = Path(__file__).parents[2]
WORDS = {
    "format": 1,
    "protocol": "modbus",
    "family": "ksem",
    "serial": "11111111",
    "error": None,
    "answers": [
        {"part": "a", "start": 0, "count": 2, "words": "0001 0002"},
        {"part": "a", "start": 2, "count": 1, "words": "0003"},
        {"part": "a", "start": 0, "count": 3, "error": "unsupported"},
        {"part": "a", "start": 9, "count": 1, "error": "bad_answer"},
        {"part": "a", "start": 12, "count": 1, "words": "FFFF"},
    ],
}


def written(tmp_path: Path, found: Any) -> Path:
    """Write a file to play."""
    file = tmp_path / "found.json"
    file.write_text(json.dumps(found))
    return file


def query(*arguments: str) -> subprocess.CompletedProcess[str]:
    """Run scripts/query without what makes the environments."""
    return subprocess.run(  # noqa: S603 - our own program
        [sys.executable, "-X", "importtime", "scripts/query.py", *arguments],
        cwd=ROOT,
        env={"PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


async def asked(*arguments: str) -> subprocess.CompletedProcess[str]:
    """Run it while the simulators of this process go on."""
    found = await asyncio.to_thread(query, *arguments)
    modules = [
        line.rpartition("|")[2].strip()
        for line in found.stderr.splitlines()
        if line.startswith("import time:")
    ]
    assert "modbus_connection" in modules
    assert not [name for name in modules if name.startswith("homeassistant")]
    found.stderr = "\n".join(
        line for line in found.stderr.splitlines() if "import time:" not in line
    )
    return found


def at(device: Ksem | ReplayedDevice) -> tuple[str, ...]:
    """Return where a device listens, as arguments."""
    return device.host, "--port", str(device.port)


async def test_a_replayed_device_answers_as_the_device(connect: Connect) -> None:
    """The same words, and for the same question the same refusal."""
    client = await connect(ReplayedDevice(WORDS))
    assert await client.read(0, 2) == b"\0\1\0\2"
    assert await client.read(1, 2) == b"\0\2\0\3"
    assert await client.read(12, 1) == b"\xff\xff"
    for start, count in ((0, 3), (5, 1), (9, 1), (11, 2)):
        with pytest.raises(AssertionError):
            await client.read(start, count)


@pytest.mark.parametrize(
    "found", [[], {}, {"format": 2}, {"data": {"kind": "site"}}, {"data": None}]
)
def test_what_can_not_be_played(tmp_path: Path, found: Any) -> None:
    """A file of something else, or of an entry that was not set up."""
    with pytest.raises(ValueError, match="no diagnostics"):
        load(written(tmp_path, found))


def test_a_device_that_never_answered(tmp_path: Path) -> None:
    """Nothing can be served; the command says so in one line."""
    file = written(tmp_path, {**WORDS, "answers": WORDS["answers"][2:4]})
    with pytest.raises(SystemExit, match="has not answered anything"):
        main(["--replay", str(file)])
    with pytest.raises(SystemExit, match=r"found\.json\.none"):
        main(["--replay", f"{file}.none"])


async def test_a_wallbox_needs_a_server(tmp_path: Path, socket_enabled: None) -> None:
    """It dials; nobody can guess whom."""
    file = written(tmp_path, {"format": 1, "protocol": "ocpp1.6", "frames": []})
    with pytest.raises(ValueError, match="--server"):
        await play(file, 0, None, asyncio.Event())
    with pytest.raises(ValueError, match="no OCPP server"):
        await play(file, 0, "ws://127.0.0.1:1", asyncio.Event())


async def test_one_reading_is_printed_without_home_assistant(ksem: Ksem) -> None:
    """Who it is, values with units, what was refused, and how long it took."""
    ksem.refuse(26, 2)
    found = await asked("ksem", *at(ksem))
    assert found.returncode == 0, found.stderr
    lines = found.stdout.splitlines()
    assert lines[0] == "KOSTAL Smart Energy Meter, serial 72345678"
    values = {line.split()[0]: line.split()[1:] for line in lines[1:]}
    assert values["power"] == ["500", "W"]
    assert values["current_l1"][1] == "A"
    assert values["frequency"] == ["-", "Hz"]
    assert "registers 0 to 27: unsupported" in lines
    assert lines[-1].split()[1] == "requests"
    assert len(values) > 63


async def test_raw_words_are_played_by_the_simulator(
    ksem: Ksem, tmp_path: Path
) -> None:
    """The dump of the script, served by scripts/simulate, gives the same reading."""
    raw = await asked("ksem", *at(ksem), "--raw")
    assert raw.returncode == 0, raw.stderr
    assert "72345678" not in raw.stdout
    file = written(tmp_path, json.loads(raw.stdout))
    simulator = await asyncio.create_subprocess_exec(
        sys.executable,
        *("-m", "simulators", "--port", "0", "--replay", str(file)),
        cwd=ROOT,
        stdout=asyncio.subprocess.PIPE,
    )
    try:
        assert simulator.stdout is not None
        async with asyncio.timeout(60):
            line = (await simulator.stdout.readline()).decode()
        _, where, _, serial = line.split()
        assert serial == "11111111"
        host, _, port = where.partition(":")
        again = await asked("ksem", host, "--port", port)
    finally:
        simulator.send_signal(signal.SIGTERM)
        assert await simulator.wait() == 0
    straight = await asked("ksem", *at(ksem))
    assert again.stdout.splitlines()[1:-1] == straight.stdout.splitlines()[1:-1]


async def test_what_goes_wrong_is_one_line(ksem: Ksem) -> None:
    """Another device 1, nobody there 1, wrong arguments 2."""
    other = await asked("smart_me_pico", *at(ksem))
    assert other.returncode == 1
    assert other.stdout == ""
    assert "another device answers" in other.stderr
    assert len(other.stderr.splitlines()) == 1
    where = at(ksem)
    await ksem.stop()
    gone = await asked("ksem", *where)
    assert gone.returncode == 1
    assert len(gone.stderr.splitlines()) == 1
    gone = await asked("ksem", *where, "--raw")
    assert gone.returncode == 1
    assert json.loads(gone.stdout)["error"] == "port_closed"
    for wrong in (("ksem",), ("toaster", "127.0.0.1")):
        assert (await asked(*wrong)).returncode == 2


async def test_the_families_are_listed() -> None:
    """By their key, from the registry."""
    found = await asked("--help")
    assert found.returncode == 0
    assert "smart_me_pico    smart-me Pico" in found.stdout
