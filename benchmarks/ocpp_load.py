"""What wallboxes cost that each send ten new values again and again.

A real Home Assistant without a recorder runs the OCPP server; the wallboxes are a
process of their own. Processor time without messages, before and after, is taken off
that with messages. The longest stall of the event loop is found in a run of its own,
by 200 WebSocket pings a second, so that the pings do not count as load.
"""

import argparse
import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
import json
from pathlib import Path
import sys
import tempfile
from typing import Any

from simulators.hass import DOMAIN, REPOSITORY, HassError, free_port, wait_until

from .server import MeasuredHomeAssistant, say

VALUES = 10
GOALS = {"cpu_ms_per_message": 0.3, "longest_stall_ms": 20.0}
_ADD_S = 300
# What follows a start and a change of many entities: files are written, and more.
_SETTLE_S = 45

type Json = dict[str, Any]


class Fleet:
    """The process of the wallboxes."""

    def __init__(self, process: asyncio.subprocess.Process) -> None:
        """Take the running process."""
        self._process = process

    async def hear(self) -> Json:
        """Wait for its next line."""
        if self._process.stdout is None or not (
            line := await self._process.stdout.readline()
        ):
            raise HassError("the wallboxes have ended by themselves")
        told: Json = json.loads(line)
        return told

    async def send_for(self, seconds: float) -> Json:
        """Let all wallboxes send for a time, and hear what came of it."""
        if self._process.stdin is None:
            raise HassError("the wallboxes hear nothing")
        self._process.stdin.write(f"{seconds}\n".encode())
        return await self.hear()


@asynccontextmanager
async def fleet(address: str, number: int, period_s: float) -> AsyncIterator[Fleet]:
    """Run wallboxes that dial an address."""
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "benchmarks.ocpp_fleet"),
        *(address, str(number), str(period_s)),
        cwd=REPOSITORY,
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        limit=2**24,  # all answer times come in one line
    )
    try:
        yield Fleet(process)
    finally:
        with suppress(ProcessLookupError):
            process.terminate()
        await process.wait()


async def add_server(home: MeasuredHomeAssistant) -> str:
    """Set the OCPP server up and return its address."""
    port = free_port(0)
    await home.flow(
        DOMAIN,
        {"next_step_id": "ocpp_server"},
        {"port": port, "host": "127.0.0.1"},
    )
    return f"ws://127.0.0.1:{port}"


async def accept(home: MeasuredHomeAssistant, number: int) -> None:
    """Confirm each wallbox that is discovered, until all are there."""
    confirmed: set[str] = set()

    async def all_in() -> bool:
        for flow in await home.ws("config_entries/flow/progress"):
            if flow["handler"] == DOMAIN and flow["flow_id"] not in confirmed:
                confirmed.add(flow["flow_id"])
                name = f"Wallbox {len(confirmed)}"
                answers = {"name": name, "maximum_current": 16}
                await home.continue_flow(flow["flow_id"], answers)
        return len(confirmed) >= number

    await wait_until(f"{number} wallboxes are accepted", all_in, _ADD_S)


async def enable(home: MeasuredHomeAssistant) -> None:
    """Enable every entity, also those that are off by default."""
    entries: set[str] = set()
    for entity in await home.entities():
        if entity["disabled_by"] is not None:
            entity_id: str = entity["entity_id"]
            await home.ws(
                "config/entity_registry/update", entity_id=entity_id, disabled_by=None
            )
            entries.add(entity["config_entry_id"])
    for entry_id in entries:
        await home.request(
            "POST", f"/api/config/config_entries/entry/{entry_id}/reload"
        )


async def measure(home: MeasuredHomeAssistant, boxes: Fleet, seconds: float) -> Json:
    """Compare times with and without messages."""

    async def idle() -> float:
        begun = home.cpu_s
        await asyncio.sleep(seconds)
        return home.cpu_s - begun

    before = await home.states()
    say("Without messages ...")
    quiet = [await idle()]
    say("With messages ...")
    begun = home.cpu_s
    result = await boxes.send_for(seconds)
    busy = home.cpu_s - begun
    after = await home.states()
    quiet.append(await idle())
    say("Stalls, without messages and with ...")
    stall_idle = await home.longest_stall_s(seconds)
    sending = asyncio.create_task(boxes.send_for(seconds))
    stall = await home.longest_stall_s(seconds)
    more = await sending
    waits: list[float] = result["waits_s"]
    if not waits:
        raise HassError("not one message was answered")
    changed = sum(
        before.get(entity_id, {}).get("state") != state["state"]
        for entity_id, state in after.items()
        if entity_id.startswith("sensor.")
    )
    return {
        "messages": len(waits),
        "lost": result["lost"] + more["lost"],
        "entities_changed": changed,
        "idle_cpu_ms_per_s": [round(1000 * each / seconds, 3) for each in quiet],
        "busy_cpu_ms_per_s": round(1000 * busy / seconds, 3),
        "cpu_ms_per_message": round(1000 * (busy - sum(quiet) / 2) / len(waits), 3),
        "answer_ms_median": round(1000 * waits[len(waits) // 2], 2),
        "answer_ms_p99": round(1000 * waits[len(waits) * 99 // 100], 2),
        "answer_ms_longest": round(1000 * waits[-1], 2),
        "longest_stall_ms_idle": round(1000 * stall_idle, 2),
        "longest_stall_ms": round(1000 * stall, 2),
    }


async def run(options: argparse.Namespace, config: Path) -> Json:
    """Set everything up and measure it."""
    async with MeasuredHomeAssistant(config) as home:
        address = await add_server(home)
        async with fleet(address, options.chargers, options.period) as boxes:
            say(f"Accepting {options.chargers} wallboxes ...")
            await accept(home, options.chargers)
            async with asyncio.timeout(_ADD_S):
                await boxes.hear()
            await enable(home)
            # A round for the entities that were off, and for what starts with them.
            await boxes.send_for(options.period)
            await asyncio.sleep(_SETTLE_S)
            figures = await measure(home, boxes, options.seconds)
            # Before the wallboxes leave, which is a problem of its own.
            for problem in (problems := home.problems()):
                say(problem)
            figures["problems_logged"] = len(problems)
    return {**vars(options), **figures}


def main() -> int:
    """Run from the command line."""
    parser = argparse.ArgumentParser(prog="ocpp_load", description=__doc__)
    parser.add_argument("--chargers", type=int, default=100)
    parser.add_argument("--seconds", type=float, default=60, help="of each part")
    parser.add_argument("--period", type=float, default=10, help="of each wallbox, s")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix=DOMAIN) as config:
        figures = asyncio.run(run(options, Path(config)))
    good = (
        all(figures[name] < goal for name, goal in GOALS.items())
        and not figures["lost"]
        and figures["entities_changed"] >= VALUES * options.chargers
    )
    result = {"figures": figures, "goals": GOALS, "ok": good}
    sys.stdout.write(f"{json.dumps(result)}\n")
    return 0 if good else 1


if __name__ == "__main__":
    sys.exit(main())
