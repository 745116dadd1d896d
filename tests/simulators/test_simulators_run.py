"""The simulators run by themselves, and load no Home Assistant."""

import asyncio
import json
import os
from pathlib import Path
import subprocess
import sys
from types import ModuleType

import pytest
from raw_modbus import PATIENCE_S

from simulators.__main__ import _second_of_day, simulate
from simulators.engine import load_engine
from simulators.house import House
from simulators.registry import DEVICES, cars

REPOSITORY = Path(__file__).parents[2]

_ENGINE = """
import sys
before = list(sys.path)
from simulators.engine import load_engine
load_engine()
import custom_components.meters_and_chargers.engine.model.quantity as quantity
load_engine()
assert sys.modules[quantity.__name__] is quantity
assert sys.path == before
assert "homeassistant" not in sys.modules
"""


def test_the_engine_is_imported_without_home_assistant() -> None:
    """The engine has its one name, and Home Assistant stays out."""
    command = (sys.executable, "-c", _ENGINE)
    subprocess.run(command, cwd=REPOSITORY, check=True)  # noqa: S603 - our own text


def test_imported_parents_stay_as_they_are(monkeypatch: pytest.MonkeyPatch) -> None:
    """Where the packages are imported already nothing is put in their place."""
    parents = ("custom_components", "custom_components.meters_and_chargers")
    imported = [ModuleType(name) for name in parents]
    for module in imported:
        monkeypatch.setitem(sys.modules, module.__name__, module)
    load_engine()
    assert [sys.modules[name] for name in parents] == imported
    assert not hasattr(imported[0], "meters_and_chargers")


_ASKS = """
import socket, sys
assert __name__ == "__main__"
for host in ("smart-me_1.dns-me.com", "smart-me_2.dns-me.com", "127.0.0.1"):
    try:
        print(socket.getaddrinfo(host, 502)[0][4][0])
    except socket.gaierror as err:
        print(err.errno == socket.EAI_NONAME)
print(sys.argv[1:])
"""


def test_home_assistant_knows_the_names_of_the_house_alone(tmp_path: Path) -> None:
    """What asks for a name gets the simulated device, or nothing; nobody is asked."""
    program = tmp_path / "homeassistant"
    program.mkdir()
    (program / "__init__.py").touch()
    (program / "__main__.py").write_text(_ASKS)
    names = json.dumps({"smart-me_1.dns-me.com": "127.0.0.9"})
    named = REPOSITORY / "simulators" / "named.py"
    told = subprocess.run(  # noqa: S603 - our own program
        (sys.executable, "-P", str(named), names, "-c", "folder"),
        env={**os.environ, "PYTHONPATH": str(tmp_path)},
        check=True,
        capture_output=True,
        text=True,
    )
    assert told.stdout.splitlines() == [
        "127.0.0.9",
        "True",
        "127.0.0.1",
        "['-c', 'folder']",
    ]


async def test_house_and_devices_run_until_stopped(
    socket_enabled: None, capsys: pytest.CaptureFixture[str]
) -> None:
    """Each device's address is printed, and all is closed at the end."""
    del socket_enabled
    stop = asyncio.Event()
    house = House("clear", 36_000, cars=cars())
    house.subscribe(stop.set)
    async with asyncio.timeout(PATIENCE_S):
        await simulate(house, 0, stop)
    lines = capsys.readouterr().out.splitlines()
    assert [line.split()[0] for line in lines] == [each.key for each in DEVICES]
    assert all("127.0.0.1:" in line for line in lines)


def test_a_time_of_day_is_understood() -> None:
    """HH:MM becomes seconds, nonsense is refused."""
    assert _second_of_day("10:30") == 37_800
    with pytest.raises(ValueError, match="25:00"):
        _second_of_day("25:00")
