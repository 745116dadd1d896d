"""What wallboxes cost that each send ten new values again and again.

A real Home Assistant without a recorder runs the OCPP server; the wallboxes are a
process of their own. Processor time without messages, before and after, is taken off
that with messages. The longest stall of the event loop is found in a run of its own,
by 200 WebSocket pings a second, so that the pings do not count as load.

Beside it stands what Home Assistant has itself for values that are pushed: a webhook
for each sender, which fills ten template sensors.
"""

import argparse
import asyncio
import json
from pathlib import Path
import sys
import tempfile

from simulators.hass import DOMAIN, HassError, free_port, wait_until

from .server import Companion, Json, MeasuredHomeAssistant, companion, say

VALUES = 10
GOALS = {"cpu_ms_per_message": 0.3, "longest_stall_ms": 20.0}
_ADD_S = 300
# What follows a start and a change of many entities: files are written, and more.
_SETTLE_S = 45


async def send_for(boxes: Companion, seconds: float) -> Json:
    """Let all wallboxes send for a time, and hear what came of it."""
    boxes.tell(str(seconds))
    return await boxes.hear()


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


async def load(home: MeasuredHomeAssistant, boxes: Companion, seconds: float) -> Json:
    """Compare times with and without messages."""
    before = await home.states()
    say("Without messages ...")
    quiet = [await home.idle_s(seconds)]
    say("With messages ...")
    begun = home.cpu_s
    result = await send_for(boxes, seconds)
    busy = home.cpu_s - begun
    after = await home.states()
    quiet.append(await home.idle_s(seconds))
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
        "lost": result["lost"],
        "entities_changed": changed,
        "idle_cpu_ms_per_s": [round(1000 * each / seconds, 3) for each in quiet],
        "busy_cpu_ms_per_s": round(1000 * busy / seconds, 3),
        "cpu_ms_per_message": round(1000 * (busy - sum(quiet) / 2) / len(waits), 3),
        "answer_ms_median": round(1000 * waits[len(waits) // 2], 2),
        "answer_ms_p99": round(1000 * waits[len(waits) * 99 // 100], 2),
        "answer_ms_longest": round(1000 * waits[-1], 2),
    }


async def stalls(home: MeasuredHomeAssistant, boxes: Companion, seconds: float) -> Json:
    """Find the longest time that something held the event loop."""
    say("Stalls, without messages and with ...")
    idle = await home.longest_stall_s(seconds)
    sending = asyncio.create_task(send_for(boxes, seconds))
    stall = await home.longest_stall_s(seconds)
    return {
        "lost_in_stall_run": (await sending)["lost"],
        "longest_stall_ms_idle": round(1000 * idle, 2),
        "longest_stall_ms": round(1000 * stall, 2),
    }


async def by_ocpp(options: argparse.Namespace, config: Path) -> Json:
    """Set the OCPP server and its wallboxes up and measure them."""
    async with MeasuredHomeAssistant(config) as home:
        address = await add_server(home)
        fleet = (address, str(options.chargers), str(options.period))
        async with companion("benchmarks.ocpp_fleet", *fleet) as boxes:
            say(f"Accepting {options.chargers} wallboxes ...")
            await accept(home, options.chargers)
            async with asyncio.timeout(_ADD_S):
                await boxes.hear()
            await home.enable_all()
            # A round for the entities that were off, and for what starts with them.
            await send_for(boxes, options.period)
            await asyncio.sleep(_SETTLE_S)
            figures = await load(home, boxes, options.seconds)
            figures |= await stalls(home, boxes, options.seconds)
            # Before the wallboxes leave, which is a problem of its own.
            for problem in (problems := home.problems()):
                say(problem)
    return {**figures, "problems_logged": len(problems)}


def webhooks(number: int) -> list[Json]:
    """Describe senders with ten values each to Home Assistant's `template`."""
    return [
        {
            "triggers": [{"trigger": "webhook", "webhook_id": f"BENCH{index:04}"}],
            "sensor": [
                {
                    "name": f"Sender {index} value {value}",
                    "unique_id": f"{index}_{value}",
                    "state": f"{{{{ trigger.json.v{value} }}}}",
                    "unit_of_measurement": "W",
                    "device_class": "power",
                    "state_class": "measurement",
                }
                for value in range(VALUES)
            ],
        }
        for index in range(number)
    ]


async def by_webhook(options: argparse.Namespace, config: Path) -> Json:
    """Send the same values to Home Assistant's own webhooks."""
    senders = webhooks(options.chargers)
    async with MeasuredHomeAssistant(config, template=senders, webhook={}) as home:
        address = f"{home.url}/api/webhook"
        fleet = (address, str(options.chargers), str(options.period))
        say(f"{options.chargers} webhooks ...")
        async with companion("benchmarks.ocpp_fleet", *fleet) as posters:
            async with asyncio.timeout(_ADD_S):
                await posters.hear()
            await asyncio.sleep(_SETTLE_S)
            return await load(home, posters, options.seconds)


async def run(options: argparse.Namespace, config: Path) -> Json:
    """Measure both, one after the other."""
    figures = await by_ocpp(options, config / "ocpp")
    peer = await by_webhook(options, config / "webhook")
    ratio = figures["cpu_ms_per_message"] / peer["cpu_ms_per_message"]
    return {**vars(options), **figures, "webhook": peer, "cpu_ratio": round(ratio, 3)}


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
        and not (figures["lost"] or figures["lost_in_stall_run"])
        and figures["entities_changed"] >= VALUES * options.chargers
    )
    result = {"figures": figures, "goals": GOALS, "ok": good}
    sys.stdout.write(f"{json.dumps(result)}\n")
    return 0 if good else 1


if __name__ == "__main__":
    sys.exit(main())
