"""What it costs to read a KSEM, beside Home Assistant's own `modbus` integration.

Home Assistants without a recorder, one after the other, read the same simulated meter,
a process of its own whose values all change: one by this integration, one by the 59
same values as `modbus` sensors in its configuration, all with the interval that this
integration has for its fast ones. A third asks for the counters as seldom as this
integration does. Processor time without the meter is taken off all of them.
"""

import argparse
import asyncio
from datetime import UTC, datetime
import json
from pathlib import Path
import sys
import tempfile

from simulators import ksem
from simulators.grid import PHASES
from simulators.hass import DOMAIN, HassError

from .server import Companion, Json, MeasuredHomeAssistant, companion, say

VALUES = 59
FULL_READ = 5
GOALS = {"requests_full_read": FULL_READ, "cpu_ratio": 1 / 6}
_FAST_S, _SLOW_S = 2, 30
# Home Assistant reloads what was enabled after 30 s.
_SETTLE_S = 45
_PERIODS_S = 60
"""A measurement lasts whole slow periods, so that both sides do whole rounds."""


def hub(port: int, counters_every_s: int) -> list[Json]:
    """Describe the meter to `modbus`."""
    found = sensors(counters_every_s)
    address = {"type": "tcp", "host": "127.0.0.1", "port": port}
    return [{"name": "meter", **address, "sensors": found}]


def sensors(counters_every_s: int) -> list[Json]:
    """Describe the 59 values as `modbus` wants them, from the simulator's own map."""
    found: list[Json] = []
    known = dict(ksem.Ksem().grid.values())
    for base, end in ksem.BASES:
        for offset, (name, scale) in ksem.INSTANT.items():
            if name + end in known:
                signed = name == "power_factor"
                found.append(
                    {
                        "name": name + end,
                        "address": base + offset,
                        "data_type": "int32" if signed else "uint32",
                        "scale": 1 / scale,
                        "precision": 3,
                        "scan_interval": _FAST_S,
                    }
                )
        for offset, name in ksem.ENERGY.items():
            found.append(
                {
                    "name": name + end,
                    "address": 512 + 2 * base + offset,
                    "data_type": "uint64",
                    "scale": 0.1,
                    "precision": 1,
                    "scan_interval": counters_every_s,
                }
            )
    for sensor in found:
        sensor |= {"slave": 1, "unique_id": sensor["name"]}
    return found


async def leave_out_net_powers(home: MeasuredHomeAssistant) -> None:
    """Disable the four values that this integration computes beyond the meter's own."""
    net = {"power", *(f"power_{phase}" for phase in PHASES)}
    for entity in await home.entities():
        if entity["unique_id"].split("_", 2)[-1] in net:
            await home.ws(
                "config/entity_registry/update",
                entity_id=entity["entity_id"],
                disabled_by="user",
            )


async def measure(
    home: MeasuredHomeAssistant, meter: Companion, seconds: float
) -> Json:
    """Count requests and processor time while a Home Assistant reads."""
    await asyncio.sleep(_SETTLE_S)
    meter.tell("")
    await meter.hear()
    begun = datetime.now(UTC).isoformat()
    used = await home.idle_s(seconds)
    meter.tell("")
    asked = await meter.hear()
    changed = sum(
        entity_id.startswith("sensor.") and state["last_changed"] > begun
        for entity_id, state in (await home.states()).items()
    )
    return {
        "requests_full_read": asked["different"],
        "requests_per_s": round(asked["requests"] / seconds, 2),
        "cpu_ms_per_s": 1000 * used / seconds,
        "entities_changed": changed,
    }


async def run(seconds: float, config: Path) -> Json:
    """Measure both, one after the other."""
    async with companion("benchmarks.busy_meter") as meter:
        port: int = (await meter.hear())["port"]
        async with MeasuredHomeAssistant(config / "ours") as home:
            say("This integration ...")
            address = {"host": "127.0.0.1", "more": {"port": port, "unit_id": 1}}
            added = await home.flow(
                DOMAIN, {"next_step_id": "ksem"}, address, {"name": "Meter"}
            )
            await home.enable_all()
            await leave_out_net_powers(home)
            ours = await measure(home, meter, seconds)
            problems = home.problems()
            await home.ws(
                "config_entries/disable",
                entry_id=added["result"]["entry_id"],
                disabled_by="user",
            )
            await asyncio.sleep(_SETTLE_S)
            idle = 1000 * await home.idle_s(seconds) / seconds
        say("Home Assistant's modbus ...")
        every = hub(port, _FAST_S)
        async with MeasuredHomeAssistant(config / "every", modbus=every) as home:
            peer = await measure(home, meter, seconds)
        say("Home Assistant's modbus, counters less often ...")
        less = hub(port, _SLOW_S)
        async with MeasuredHomeAssistant(config / "less", modbus=less) as home:
            seldom = await measure(home, meter, seconds)
    for found in (ours, peer, seldom):
        found["cpu_ms_per_s"] = round(found["cpu_ms_per_s"] - idle, 3)
        if found["entities_changed"] != VALUES:
            raise HassError(f"not every value came and changed: {found}")
    return {
        "seconds": seconds,
        "idle_cpu_ms_per_s": round(idle, 3),
        "ours": ours,
        "modbus_yaml": peer,
        "modbus_yaml_counters_seldom": seldom,
        "requests_full_read": ours["requests_full_read"],
        "cpu_ratio": round(ours["cpu_ms_per_s"] / peer["cpu_ms_per_s"], 3),
        "cpu_ratio_counters_seldom": round(
            ours["cpu_ms_per_s"] / seldom["cpu_ms_per_s"], 3
        ),
        "problems_logged": len(problems),
    }


def main() -> int:
    """Run from the command line."""
    parser = argparse.ArgumentParser(prog="ksem_poll", description=__doc__)
    parser.add_argument("--seconds", type=float, default=_PERIODS_S, help="of each")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix=DOMAIN) as config:
        figures = asyncio.run(run(options.seconds, Path(config)))
    good = all(figures[name] <= goal for name, goal in GOALS.items())
    good = good and figures["modbus_yaml"]["requests_full_read"] == VALUES
    result = {"figures": figures, "goals": GOALS, "ok": good}
    sys.stdout.write(f"{json.dumps(result)}\n")
    return 0 if good else 1


if __name__ == "__main__":
    sys.exit(main())
