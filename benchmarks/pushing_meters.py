"""Ten simulated KSEMs in a process of their own, which push all that they measure.

Prints their ports. Then for each line on stdin, ``push PORT``, ``stop`` or an empty
one, how many samples were taken and how many requests answered since the line before.
"""

import asyncio
from itertools import count
import json
from math import sin
import sys

from simulators.ksem import Ksem
from simulators.pusher import Pusher

METERS = 10
EVERY_S = 0.2
_KEEP_S = 3600.0
"""Longest life: a benchmark that was killed leaves nothing behind."""


def source(number: int) -> str:
    """Return the address from which a meter pushes."""
    return f"127.0.0.{number + 2}"


async def _live(meters: list[Ksem]) -> None:
    """Change every value of every meter."""
    for step in count():
        if step * EVERY_S > _KEEP_S:
            return
        for meter in meters:
            meter.set_power(*(3000 * sin(step + phase) for phase in range(3)))
            meter.set_reactive(*(400 * sin(step / 2 + phase) for phase in range(3)))
            meter.grid.voltage_v[:] = [230 + 3 * sin(step + n) for n in range(3)]
            meter.grid.frequency_hz = 50 + sin(step) / 10
            for counter in meter.grid.counters.values():
                counter[:] = [value + 1 for value in counter]
        await asyncio.sleep(EVERY_S)


def _say(told: dict[str, object]) -> None:
    sys.stdout.write(f"{json.dumps(told)}\n")
    sys.stdout.flush()


async def _begin(meters: list[Ksem], port: int) -> list[Pusher]:
    pushers = []
    for number, meter in enumerate(meters):
        pushers.append(Pusher(meter, "127.0.0.1", port, source=source(number)))
        await pushers[-1].connect()
        pushers[-1].every(EVERY_S)
    return pushers


async def main() -> None:
    """Serve until stdin ends."""
    meters = [Ksem(serial=f"7234567{number}") for number in range(METERS)]
    for meter in meters:
        await meter.start()
    pushers: list[Pusher] = []
    life = asyncio.create_task(_live(meters))
    _say({"ports": [meter.port for meter in meters]})
    samples = requests = 0
    while line := await asyncio.to_thread(sys.stdin.readline):
        if line.startswith("push"):
            pushers = await _begin(meters, int(line.split()[1]))
            samples = 0
        pushed = [pusher.samples for pusher in pushers]
        asked = sum(meter.request_count for meter in meters)
        _say({"samples": sum(pushed) - samples, "requests": asked - requests})
        samples, requests = sum(pushed), asked
        if line.startswith("stop"):
            for pusher in pushers:
                await pusher.close()
            pushers, samples = [], 0
    life.cancel()
    await asyncio.gather(life, return_exceptions=True)
    for pusher in pushers:
        await pusher.close()
    for meter in meters:
        await meter.stop()


if __name__ == "__main__":
    asyncio.run(main())
