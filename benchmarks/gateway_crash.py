"""A gateway to a billing backend that is killed at random moments.

Its queue and its line run in a process that is killed (-9) again and again, with the
backend up, away, or coming and going. What was kept is repeated from what was not
confirmed, as a wallbox does. At the end the backend must have each beginning, each
signed value and each end once, and in order.
"""

import argparse
import asyncio
from contextlib import suppress
from enum import StrEnum
from importlib import import_module
from itertools import count, pairwise
import json
from pathlib import Path
import random
import sys
import tempfile
from typing import Any

from aiohttp import ClientSession

from simulators.backend import Backend
from simulators.engine import load_engine
from simulators.hass import REPOSITORY

GOALS = {"lost": 0, "doubled": 0, "out_of_order": 0, "strays": 0}
_IDENTITY = "BILLED1"
_PARTS = 4
"""Of a session: its beginning, two values, its end."""
_LIVES_S = 0.6
_END_S = 300.0


class Mode(StrEnum):
    """What the backend does meanwhile."""

    UP = "up"
    DOWN = "down"
    FLAPPING = "flapping"


def part(index: int) -> tuple[str, int, str]:
    """Return a message: its action, its session, and its payload as text."""
    session, which = divmod(index, _PARTS)
    session += 1
    time = f"2026-06-01T12:{session // 60 % 60:02}:{session % 60:02}.{session:06}Z"
    if which == 0:
        said: dict[str, Any] = {
            "connectorId": 1,
            "idTag": "CARD",
            "meterStart": session,
        }
        return "StartTransaction", session, json.dumps({**said, "timestamp": time})
    if which == _PARTS - 1:
        said = {"transactionId": session, "meterStop": session + 1, "timestamp": time}
        return "StopTransaction", session, json.dumps(said)
    signed = {"value": f"OCMF {index}", "format": "SignedData"}
    values = [{"timestamp": time, "sampledValue": [signed]}]
    said = {"connectorId": 1, "transactionId": session, "meterValue": values}
    return "MeterValues", session, json.dumps(said)


async def _live(path: str, url: str, first: int) -> None:
    """Be the gateway, from a message on; say what was kept."""
    load_engine()
    base = "custom_components.meters_and_chargers.engine"
    journal = await import_module(f"{base}.journal").Journal.open(path)
    queues = import_module(f"{base}.gateway.queue")
    uplinks = import_module(f"{base}.gateway.uplink")
    client = import_module(f"{base}.protocols.ocpp.client")
    queue = queues.Queue(journal, "GARAGE")
    await queue.load()
    print("up", flush=True)
    async with ClientSession() as http:
        address = client.Backend(url=url, identity=_IDENTITY)
        line = uplinks.Uplink(
            lambda: client.dial(http, address),
            "GARAGE",
            _Point(),
            queue,
            pauses_s=(0.01, 0.05),
            again_s=0.01,
        )
        running = asyncio.create_task(line.run())
        for index in count(first) if first >= 0 else ():
            action, session, text = part(index)
            await queue.put(queues.Message(action=action, session=session, text=text))
            line.deliver()
            print(f"kept {index}", flush=True)
            await asyncio.sleep(0.001)
        while queue.standing.length:  # noqa: ASYNC110  # of another task
            await asyncio.sleep(0.01)
        print("empty", flush=True)
        running.cancel()


class _Point:
    """A charge point that nobody asks anything."""

    def boot(self) -> dict[str, Any]:
        return {"chargePointVendor": "Maker", "chargePointModel": "Model"}

    def accepted(self, *, booted: bool) -> None:
        pass

    def changed(self) -> None:
        pass

    async def started(self, session: int, backend_id: int | None, status: str) -> None:
        pass

    async def called(self, _call: Any) -> dict[str, Any]:
        return {"status": "Rejected"}


async def _process(path: Path, url: str, first: int) -> asyncio.subprocess.Process:
    return await asyncio.create_subprocess_exec(
        sys.executable,
        "-m",
        "benchmarks.gateway_crash",
        "--live",
        str(path),
        url,
        str(first),
        cwd=REPOSITORY,
        stdout=asyncio.subprocess.PIPE,
    )


async def _flap(backend: Backend, chance: random.Random) -> None:
    while True:
        await asyncio.sleep(chance.uniform(0.05, 0.3))
        if chance.randrange(2):
            backend.drop()
        else:
            await backend.stop()
            await asyncio.sleep(chance.uniform(0.0, 0.2))
            await backend.start()


async def _one_life(path: Path, url: str, kept: int, lives_s: float | None) -> int:
    """Run a gateway until it is killed, or has delivered all; return what it kept."""
    process = await _process(path, url, kept + 1 if lives_s is not None else -1)
    if process.stdout is None:
        raise RuntimeError("no pipe")
    try:
        async with asyncio.timeout(_END_S):
            await process.stdout.readline()
        with suppress(TimeoutError):
            async with asyncio.timeout(_END_S if lives_s is None else lives_s):
                await process.wait()
    finally:
        if process.returncode is None:
            process.kill()
        said = await process.stdout.read()
        await process.wait()
    lines = [line.split() for line in said.decode().splitlines()]
    found = [int(line[1]) for line in lines if line[0] == "kept" and len(line) > 1]
    return max([kept, *found])


async def run(folder: Path, mode: Mode, kills: int, seed: int) -> dict[str, int]:
    """Kill a gateway so often; return the figures of the backend's books."""
    chance = random.Random(seed)  # noqa: S311  # the same kills each time
    backend = Backend()
    await backend.start()
    flapping = None
    if mode is Mode.DOWN:
        await backend.stop()
    elif mode is Mode.FLAPPING:
        flapping = asyncio.create_task(_flap(backend, chance))
    kept, path = -1, folder / "journal.db"
    try:
        for _ in range(kills):
            kept = await _one_life(path, backend.url, kept, chance.uniform(0, _LIVES_S))
        if flapping is not None:
            flapping.cancel()
            await asyncio.wait({flapping})
        await backend.stop()
        await backend.start()
        await _one_life(path, backend.url, kept, None)
    finally:
        await backend.stop()
    return {"kills": kills, "messages": kept + 1, **judge(backend, kept)}


def judge(backend: Backend, kept: int) -> dict[str, int]:
    """Compare the backend's books with what was kept for certain."""
    told: list[int] = []
    for booked in backend.booked:
        first = (booked.start["meter_start"] - 1) * _PARTS
        told.append(first)
        for values in booked.values:
            signed = values["meter_value"][0]["sampled_value"][0]["value"]
            told.append(int(signed.split()[1]))
        told.extend(first + _PARTS - 1 for _ in booked.stops)
    return {
        "lost": len(set(range(kept + 1)) - set(told)),
        "doubled": len(told) - len(set(told)),
        "out_of_order": sum(one > two for one, two in pairwise(told)),
        "strays": len(backend.strays),
        "repeats": sum(booked.starts - 1 for booked in backend.booked),
    }


async def _main(kills: int, seed: int) -> bool:
    figures = {}
    for mode in Mode:
        with tempfile.TemporaryDirectory() as folder:
            figures[mode.value] = await run(Path(folder), mode, kills, seed)
        print(mode, figures[mode.value], flush=True)
    ok = all(found[name] == GOALS[name] for found in figures.values() for name in GOALS)
    print(json.dumps({"figures": figures, "goals": GOALS, "ok": ok}))
    return ok


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--kills", type=int, default=200)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--live", nargs=3)
    options = parser.parse_args()
    if options.live:
        asyncio.run(_live(options.live[0], options.live[1], int(options.live[2])))
    else:
        sys.exit(0 if asyncio.run(_main(options.kills, options.seed)) else 1)
