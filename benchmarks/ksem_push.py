"""What ten KSEMs cost that push all they measure every 200 ms, beside polling them.

A Home Assistant without a recorder takes what ten simulated meters write, a process of
its own whose values all change; then it reads the same ten every second instead, at
last it is left alone. Processor time without the meters is taken off both. The entities
are those which are on from the start; ``--all`` enables the rest as well.
"""

import argparse
import asyncio
import json
from pathlib import Path
import sys
import tempfile

from simulators.hass import DOMAIN, HassError, free_port

from .pushing_meters import METERS, source
from .server import Companion, Json, MeasuredHomeAssistant, companion, say

GOALS = {"cpu_percent": 2.0, "writes_per_minute": 60, "longest_stall_ms": 20}
_SETTLE_S = 15
_LOWEST_PORT = 5020


async def add(home: MeasuredHomeAssistant, ports: list[int]) -> list[str]:
    """Add the meters by the flow; returns their entries."""
    entries = []
    for number, port in enumerate(ports):
        address = {"host": "127.0.0.1", "more": {"port": port, "unit_id": 1}}
        name = {"name": f"Meter {number}"}
        added = await home.flow(DOMAIN, {"next_step_id": "ksem"}, address, name)
        entries.append(added["result"]["entry_id"])
    return entries


async def choose(home: MeasuredHomeAssistant, entries: list[str], port: int) -> None:
    """Let the meters push to a port; port 0 reads them every second instead."""
    path = "/api/config/config_entries/options/flow"
    for number, entry_id in enumerate(entries):
        form = await home.request("POST", path, {"handler": entry_id})
        push = {
            "enabled": bool(port),
            "port": port or _LOWEST_PORT,
            "source": source(number),
        }
        chosen = {"interval": "2" if port else "1", "push": push}
        result = await home.request("POST", f"{path}/{form['flow_id']}", chosen)
        if result["type"] != "create_entry":
            raise HassError(f"the options were refused: {result}")
    await asyncio.sleep(_SETTLE_S)


async def measure(
    home: MeasuredHomeAssistant, meters: Companion, seconds: float
) -> Json:
    """Count what comes, and the processor time that it takes."""
    meters.tell("")
    await meters.hear()
    used = await home.idle_s(seconds)
    meters.tell("")
    came = await meters.hear()
    return {
        "samples_per_s": round(came["samples"] / seconds, 1),
        "requests_per_s": round(came["requests"] / seconds, 1),
        "cpu_percent": 100 * used / seconds,
    }


async def run(seconds: float, config: Path, *, every: bool) -> Json:
    """Measure both, one after the other."""
    async with (
        companion("benchmarks.pushing_meters") as meters,
        MeasuredHomeAssistant(config) as home,
    ):
        ports: list[int] = (await meters.hear())["ports"]
        entries = await add(home, ports)
        if every:
            await home.enable_all()
        say("Pushed ...")
        port = free_port(_LOWEST_PORT)
        await choose(home, entries, port)
        meters.tell(f"push {port}")
        await meters.hear()
        await asyncio.sleep(_SETTLE_S)
        pushed = await measure(home, meters, seconds)
        stall = await home.longest_stall_s(seconds)
        writes = await home.state_writes(seconds)
        meters.tell("stop")
        await meters.hear()
        say("Polled ...")
        await choose(home, entries, 0)
        polled = await measure(home, meters, seconds)
        polled_stall = await home.longest_stall_s(seconds)
        problems = home.problems()
        for entry_id in entries:
            await home.ws(
                "config_entries/disable", entry_id=entry_id, disabled_by="user"
            )
        await asyncio.sleep(_SETTLE_S)
        say("Idle ...")
        idle = 100 * await home.idle_s(seconds) / seconds
        idle_stall = await home.longest_stall_s(seconds)
    for found in (pushed, polled):
        found["cpu_percent"] = round(found["cpu_percent"] - idle, 2)
    return {
        "seconds": seconds,
        "meters": METERS,
        "entities": len(writes),
        "pushed": pushed,
        "polled_every_second": polled,
        "idle_cpu_percent": round(idle, 2),
        "cpu_percent": pushed["cpu_percent"],
        "cpu_ratio_per_sample": round(
            (pushed["cpu_percent"] / pushed["samples_per_s"])
            / (polled["cpu_percent"] / METERS),
            3,
        ),
        "writes_per_minute": max(writes.values(), default=0) * 60 / seconds,
        "longest_stall_ms": round(1000 * stall, 1),
        "longest_stall_ms_polled": round(1000 * polled_stall, 1),
        "longest_stall_ms_idle": round(1000 * idle_stall, 1),
        "problems_logged": len(problems),
    }


def main() -> int:
    """Run from the command line."""
    parser = argparse.ArgumentParser(prog="ksem_push", description=__doc__)
    parser.add_argument("--seconds", type=float, default=60, help="of each")
    parser.add_argument("--all", action="store_true", help="every entity there is")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix=DOMAIN) as config:
        figures = asyncio.run(run(options.seconds, Path(config), every=options.all))
    good = all(figures[name] <= goal for name, goal in GOALS.items())
    # Fifty samples a second, and nothing asked: otherwise it measured something else.
    good = good and figures["pushed"]["samples_per_s"] >= 0.95 * METERS / 0.2
    good = good and not figures["pushed"]["requests_per_s"]
    result = {"figures": figures, "goals": GOALS, "ok": good}
    sys.stdout.write(f"{json.dumps(result)}\n")
    return 0 if good else 1


if __name__ == "__main__":
    sys.exit(main())
