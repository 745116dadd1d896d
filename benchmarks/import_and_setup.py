"""How long the import of the engine takes, and a meter until its entities are there.

The engine is imported by processes without Home Assistant, after the two libraries that
Home Assistant has loaded long before us: aiohttp and modbus-connection, timed apart.
In a real Home Assistant a KSEM entry and, beside it, one of Home Assistant's own
`random` integration are enabled in turn; the answer comes when the entry is set up,
and then its entities are there.
"""

import argparse
import asyncio
import json
from pathlib import Path
from statistics import median
import subprocess
import sys
import tempfile
import time

from simulators.hass import DOMAIN, REPOSITORY, HassError

from .server import Json, MeasuredHomeAssistant, companion

GOALS = {"engine_import_s": 0.1}
_SETTLE_S = 20
_IMPORT = f"""\
import asyncio, sys, time
from simulators.engine import load_engine
load_engine()
begun = time.perf_counter()
import aiohttp.web, modbus_connection
print(time.perf_counter() - begun)
begun = time.perf_counter()
from custom_components.{DOMAIN}.engine import charging, devices, journal, model
from custom_components.{DOMAIN}.engine.protocols import modbus, ocpp
print(time.perf_counter() - begun)
assert not any(name.split(".")[0] == "homeassistant" for name in sys.modules)
"""


def import_s(times: int) -> tuple[float, float]:
    """Import libraries and engine in new processes; the first fills the caches."""

    def once() -> tuple[float, float]:
        command = [sys.executable, "-c", _IMPORT]
        told = subprocess.run(  # noqa: S603 - our own interpreter and text
            command, cwd=REPOSITORY, capture_output=True, text=True, check=True
        )
        libraries, engine = told.stdout.split()
        return float(libraries), float(engine)

    once()
    libraries, engines = zip(*(once() for _ in range(times)), strict=True)
    return median(libraries), median(engines)


async def set_up_s(home: MeasuredHomeAssistant, entry_id: str) -> tuple[float, int]:
    """Disable an entry, enable it, and return how long that took, and its entities."""
    before = len(await home.states())
    await home.ws("config_entries/disable", entry_id=entry_id, disabled_by="user")
    without = len(await home.states())
    begun = time.perf_counter()
    await home.ws("config_entries/disable", entry_id=entry_id, disabled_by=None)
    took = time.perf_counter() - begun
    if len(await home.states()) != before:
        raise HassError("the answer came before the last entity")
    return took, before - without


async def run(times: int, config: Path) -> Json:
    """Measure the import, then both entries in turn."""
    libraries, engine = await asyncio.to_thread(import_s, times)
    async with (
        companion("benchmarks.busy_meter") as meter,
        MeasuredHomeAssistant(config) as home,
    ):
        more = {"port": (await meter.hear())["port"], "unit_id": 1}
        address = {"host": "127.0.0.1", "more": more}
        ksem = await home.flow(
            DOMAIN, {"next_step_id": "ksem"}, address, {"name": "Meter"}
        )
        peer = await home.flow("random", {"next_step_id": "sensor"}, {"name": "Random"})
        await asyncio.sleep(_SETTLE_S)
        ours: list[float] = []
        random: list[float] = []
        entities = 0
        for _ in range(times):
            took, entities = await set_up_s(home, ksem["result"]["entry_id"])
            ours.append(took)
            took, _ = await set_up_s(home, peer["result"]["entry_id"])
            random.append(took)
        problems = home.problems()
    return {
        "libraries_import_s": round(libraries, 4),
        "engine_import_s": round(engine, 4),
        "ksem_set_up_s": round(median(ours), 4),
        "ksem_entities": entities,
        "random_set_up_s": round(median(random), 4),
        "set_up_ratio": round(median(ours) / median(random), 2),
        "problems_logged": len(problems),
    }


def main() -> int:
    """Run from the command line."""
    parser = argparse.ArgumentParser(prog="import_and_setup", description=__doc__)
    parser.add_argument("--times", type=int, default=5, help="of each measurement")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix=DOMAIN) as config:
        figures = asyncio.run(run(options.times, Path(config)))
    good = figures["engine_import_s"] < GOALS["engine_import_s"]
    result = {"figures": figures, "goals": GOALS, "ok": good}
    sys.stdout.write(f"{json.dumps(result)}\n")
    return 0 if good else 1


if __name__ == "__main__":
    sys.exit(main())
