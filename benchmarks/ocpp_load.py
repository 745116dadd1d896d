"""What wallboxes cost that each send ten new values again and again.

A real Home Assistant without a recorder runs the OCPP server; the wallboxes are a
process of their own. Processor time a message is measured while each wallbox sends
again as soon as it is answered, in rounds that alternate with the same of a hundred
wallboxes at the central system of the Python library `ocpp`, alone in a process; of
each the round counts that was disturbed least. The goal, 0.3 ms, was set where the
library took 0.515 ms in the same measurement (0.485 to 0.546), so what counts is the
ratio: `cpu_ms_per_message` is what it would be on a machine on which the library takes
as long, with all that Home Assistant does; `cpu_ms_beside_states` is without what as
many new states of plain sensors cost in a Home Assistant of their own, in turn with it.

How long answers take is measured at `--rate` messages a second, with the processor time
of these. The longest stall of the event loop is found in a run of its own, by 200
WebSocket pings a second, so that the pings do not count as load. Before both, garbage
is collected: what a start leaves makes Python look through the whole heap, for a second
or two with 2,000 wallboxes, at some moment of the next minutes. Then all dial anew,
fifty a second, as after a cut.

Of as many plain sensors as our wallboxes have entities are measured the memory and,
while as many states are written, the longest stall: Python collects its garbage.
`..._beside_entities` is without it. Memory is that after another start, when nothing is
garbage any more, beyond that with one wallbox.
"""

import argparse
import asyncio
import json
from pathlib import Path
import sys
import tempfile
import time

from simulators.hass import DOMAIN, HassError, free_port, wait_until

from .charger_copies import FIRST, copy_charger
from .server import Companion, Json, MeasuredHomeAssistant, companion, say

VALUES = 10
GOALS = {
    "cpu_ms_beside_states": 0.3,
    "answer_ms_p99": 50.0,
    "memory_kb_beside_entities": 150.0,
    "longest_stall_ms": 20.0,
}
"""What no size may exceed; and no message may be lost.

A stall may be longer where Home Assistant has as long a one without us.
"""
_LOSSES = ("lost", "lost_in_stall_run", "storm_lost", "problems_logged")
_SLOW_STATE = "Updating state for"
"""What Home Assistant logs of a state during whose making Python looked through the
whole heap: with 2,000 wallboxes that takes over a second, some ten times in a start.
"""
_PEER = Path(__file__).with_name("ocpp_peer")
_FLEET = "benchmarks.ocpp_fleet"
_READY_S = 300
_RETURNS_PER_S = 50
_WRITING_S = 30
_LIBRARY = "benchmarks.ocpp_library"
_LIBRARY_CHARGERS = 100
_LIBRARY_MS = 0.515
_ROUNDS, _ROUND_S, _WRITES = 9, 2.0, 4000
# What follows a start and a change of many entities: files are written, and more.
_SETTLE_S = 40


async def order(boxes: Companion, what: str, seconds: float) -> Json:
    """Tell all wallboxes to do something for a time, and hear what came of it."""
    boxes.tell(f"{what} {seconds}")
    return await boxes.hear()


async def load(home: MeasuredHomeAssistant, boxes: Companion, seconds: float) -> Json:
    """Compare times with and without messages."""
    before = await home.states()
    say("Without messages ...")
    quiet = [await home.idle_s(seconds)]
    say("With messages ...")
    begun = home.cpu_s
    result = await order(boxes, "send", seconds)
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
        "cpu_ms_at_rate": round(1000 * (busy - sum(quiet) / 2) / len(waits), 3),
        "answer_ms_median": round(1000 * waits[len(waits) // 2], 2),
        "answer_ms_p99": round(1000 * waits[len(waits) * 99 // 100], 2),
        "answer_ms_longest": round(1000 * waits[-1], 2),
    }


async def pressed(server: MeasuredHomeAssistant | Companion, boxes: Companion) -> float:
    """Return the processor time of a message when the next comes at once; ms."""
    begun = server.cpu_s
    result = await order(boxes, "press", _ROUND_S)
    if result["lost"]:
        raise HassError(f"{result['lost']} messages were not answered")
    return 1000 * (server.cpu_s - begun) / len(result["waits_s"])


async def written(home: MeasuredHomeAssistant) -> float:
    """Return the processor time of a state when the next is written at once; ms."""
    begun = home.cpu_s
    await home.call("ocpp_peer", "write", {"times": _WRITES})
    return 1000 * (home.cpu_s - begun) / _WRITES / VALUES


async def in_turns(
    home: MeasuredHomeAssistant, boxes: Companion, sensors: MeasuredHomeAssistant
) -> Json:
    """Compare a message with the library's, and with states alone."""
    say("One message after the other, beside the library ...")
    ours: list[float] = []
    its: list[float] = []
    states: list[float] = []
    async with companion(_LIBRARY) as library:
        address = f"ws://127.0.0.1:{(await library.hear())['port']}"
        number = str(_LIBRARY_CHARGERS)
        async with companion(_FLEET, address, number, "1") as others:
            await others.hear()
            for _ in range(_ROUNDS):
                ours.append(await pressed(home, boxes))
                its.append(await pressed(library, others))
                states.append(await written(sensors))
    return {
        "here_cpu_ms": round(min(ours), 3),
        "here_cpu_ms_of_library": round(min(its), 3),
        "here_cpu_ms_of_a_state": round(min(states), 4),
        "cpu_ratio_to_library": round(min(ours) / min(its), 3),
    }


async def stalls(home: MeasuredHomeAssistant, boxes: Companion, seconds: float) -> Json:
    """Find the longest time that something held the event loop."""
    say("Stalls, without messages and with ...")
    idle = await home.longest_stall_s(seconds)
    sending = asyncio.create_task(order(boxes, "send", seconds))
    stall = await home.longest_stall_s(seconds)
    return {
        "lost_in_stall_run": (await sending)["lost"],
        "longest_stall_ms_idle": round(1000 * idle, 2),
        "longest_stall_ms": round(1000 * stall, 2),
    }


async def storm(home: MeasuredHomeAssistant, boxes: Companion, number: int) -> Json:
    """Let all wallboxes dial anew, boot, and send; their old lines are half open."""
    say("All dial anew ...")
    seconds = number / _RETURNS_PER_S
    begun = home.cpu_s
    returning = asyncio.create_task(order(boxes, "return", seconds))
    stall = await home.longest_stall_s(seconds)
    result = await returning
    return {
        "storm_s": seconds,
        "storm_lost": result["lost"],
        "storm_cpu_ms_each": round(1000 * (home.cpu_s - begun) / number, 2),
        "storm_back_ms_longest": round(1000 * max(result["waits_s"], default=0), 2),
        "storm_stall_ms": round(1000 * stall, 2),
    }


async def first_charger(home: MeasuredHomeAssistant, address: str) -> int:
    """Add the server and one wallbox, by their forms; returns its entities' number."""
    form = {"port": int(address.rpartition(":")[2]), "host": "127.0.0.1"}
    await home.flow(DOMAIN, {"next_step_id": "ocpp_server"}, form)

    async def accepted() -> bool:
        for flow in await home.ws("config_entries/flow/progress"):
            if flow["handler"] == DOMAIN:
                answers = {"name": FIRST, "maximum_current": 16}
                await home.continue_flow(flow["flow_id"], answers)
                return True
        return False

    async with companion(_FLEET, address, "1", "1") as boxes:
        await wait_until("a wallbox is accepted", accepted, _READY_S)
        await boxes.hear()
        await home.enable_all()
        await order(boxes, "send", 3)
        await asyncio.sleep(_SETTLE_S)
        entities = [FIRST.lower() in one["entity_id"] for one in await home.entities()]
        return sum(entities)


async def memory_kb(home: MeasuredHomeAssistant) -> int:
    """Return what is in use when nothing is garbage any more.

    Home Assistant keeps what it was asked for of each state, so all are asked for.
    """
    await home.states()
    await home.call("ocpp_peer", "collect")
    return home.memory_kb


async def of_one(home: MeasuredHomeAssistant, address: str) -> int:
    """Return the memory with one wallbox after another start, kB."""
    say("The first wallbox, after another start ...")
    async with home, companion(_FLEET, address, "1", "1") as boxes:
        await boxes.hear()
        await order(boxes, "send", 3)
        await asyncio.sleep(_SETTLE_S)
        return await memory_kb(home)


async def by_ocpp(options: argparse.Namespace, number: int, config: Path) -> Json:
    """Set the OCPP server and its wallboxes up and measure them."""
    address = f"ws://127.0.0.1:{free_port(0)}"
    say("The first wallbox ...")
    # Beside us there is only what frees the memory.
    home = MeasuredHomeAssistant(
        config, component=_PEER, sensor=[{"platform": "ocpp_peer"}]
    )
    async with home:
        entities = await first_charger(home, address)
    least_kb = await of_one(home, address)
    await asyncio.to_thread(copy_charger, config, number)
    period_s = number / options.rate
    say(f"{number} wallboxes, for the first time ...")
    # Each is written into the registries, whose copies on disk stay in memory.
    async with home, companion(_FLEET, address, str(number), str(period_s)) as boxes:
        async with asyncio.timeout(_READY_S):
            await boxes.hear()
        await order(boxes, "send", period_s)
        await asyncio.sleep(_SETTLE_S)
    say("After another start ...")
    begun = time.monotonic()
    async with home:
        started_s = time.monotonic() - begun
        async with companion(_FLEET, address, str(number), str(period_s)) as boxes:
            async with asyncio.timeout(_READY_S):
                await boxes.hear()
            set_up_s = time.monotonic() - begun
            # A round for what starts with the first values.
            await order(boxes, "send", period_s)
            await asyncio.sleep(_SETTLE_S)
            # Python looks through the whole heap now, and not in the first minute.
            await home.call("ocpp_peer", "collect")
            figures = await load(home, boxes, options.seconds)
            grown_kb = await memory_kb(home) - least_kb
            figures |= await stalls(home, boxes, options.seconds)
            async with plain(config.parent / "states", number, VALUES) as sensors:
                await asyncio.sleep(_SETTLE_S)
                figures |= await in_turns(home, boxes, sensors)
            # Before the wallboxes leave: that each is gone is said of each.
            for problem in (logged := home.problems()):
                say(problem)
            problems = [one for one in logged if _SLOW_STATE not in one]
            figures |= await storm(home, boxes, number)
    return {
        "started_s": round(started_s, 1),
        "set_up_s": round(set_up_s, 1),
        **figures,
        "memory_kb_per_charger": round(grown_kb / (number - 1), 1),
        "entities_per_charger": entities,
        "problems_logged": len(problems),
    }


def plain(config: Path, number: int, sensors: int) -> MeasuredHomeAssistant:
    """Return a Home Assistant with so many wallboxes' plain sensors."""
    platform = [{"platform": "ocpp_peer", "wallboxes": number, "sensors": sensors}]
    return MeasuredHomeAssistant(config, component=_PEER, sensor=platform)


async def of_sensors(
    config: Path, number: int, sensors: int, options: argparse.Namespace
) -> tuple[int, float]:
    """Return memory (kB, after another start) and the longest stall (s) of sensors.

    They change as often as those of wallboxes, of which messages bring ten.
    """
    seconds = min(options.seconds, _WRITING_S)
    times = round(options.rate * seconds)
    rate = options.rate * VALUES / sensors
    home = plain(config, number, sensors)
    async with home:
        await asyncio.sleep(_SETTLE_S)
    async with home:
        order = {"times": max(number, times), "pause_s": 0.001}
        await home.call("ocpp_peer", "write", order)
        await asyncio.sleep(_SETTLE_S)
        memory = await memory_kb(home)
        order = {"times": round(rate * seconds), "pause_s": 1 / rate}
        writing = asyncio.create_task(home.call("ocpp_peer", "write", order))
        stall_s = await home.longest_stall_s(seconds)
        await writing
        return memory, stall_s


async def by_sensors(
    config: Path, number: int, sensors: int, options: argparse.Namespace
) -> tuple[float, float]:
    """Return what as many sensors as a wallbox's entities take, kB a wallbox; s."""
    say("As many sensors without wallboxes ...")
    least_kb, _ = await of_sensors(config / "one", 1, sensors, options)
    whole_kb, stall_s = await of_sensors(config / "many", number, sensors, options)
    return (whole_kb - least_kb) / (number - 1), stall_s


async def measure(options: argparse.Namespace, number: int, config: Path) -> Json:
    """Measure both, one after the other."""
    figures = await by_ocpp(options, number, config / "ocpp")
    entities = figures["entities_per_charger"]
    sensors = config / "sensors"
    entities_kb, stall_s = await by_sensors(sensors, number, entities, options)
    whole_kb = figures["memory_kb_per_charger"]
    states_ms = figures["entities_changed"] / number * figures["here_cpu_ms_of_a_state"]
    scale = _LIBRARY_MS / figures["here_cpu_ms_of_library"]
    return {
        "chargers": number,
        **figures,
        "cpu_ms_per_message": round(figures["here_cpu_ms"] * scale, 3),
        "cpu_ms_beside_states": round((figures["here_cpu_ms"] - states_ms) * scale, 3),
        "longest_stall_ms_of_entities": round(1000 * stall_s, 2),
        "memory_kb_of_entities": round(entities_kb, 1),
        "memory_kb_beside_entities": round(whole_kb - entities_kb, 1),
    }


def reached(figures: Json) -> bool:
    """Whether one size has all that is wanted."""
    allowed = {"longest_stall_ms": figures["longest_stall_ms_of_entities"]}
    return (
        all(
            figures[name] <= max(goal, allowed.get(name, 0))
            for name, goal in GOALS.items()
        )
        and not any(figures[name] for name in _LOSSES)
        and figures["entities_changed"] >= VALUES * figures["chargers"]
    )


def main() -> int:
    """Run from the command line."""
    parser = argparse.ArgumentParser(prog="ocpp_load", description=__doc__)
    parser.add_argument(
        "--sizes", type=int, nargs="+", default=[100, 500, 2000], metavar="CHARGERS"
    )
    parser.add_argument("--seconds", type=float, default=30, help="of each part")
    parser.add_argument("--rate", type=float, default=200, help="messages a second")
    options = parser.parse_args()
    sizes: list[Json] = []
    for number in options.sizes:
        with tempfile.TemporaryDirectory(prefix=DOMAIN) as config:
            sizes.append(asyncio.run(measure(options, number, Path(config))))
        say(json.dumps(sizes[-1]))
    good = all(map(reached, sizes))
    figures = {"rate": options.rate, "seconds": options.seconds, "sizes": sizes}
    result = {"figures": figures, "goals": GOALS, "ok": good}
    sys.stdout.write(f"{json.dumps(result)}\n")
    return 0 if good else 1


if __name__ == "__main__":
    sys.exit(main())
