"""A simulated KSEM in a process of its own, whose values change all the time.

Prints its port; then for each line on stdin how many requests it has answered, and
how many different ones, since the line before.
"""

import asyncio
import contextlib
from itertools import count
import json
from math import sin
import sys

from simulators.ksem import Ksem

_STEP_S = 0.25
_KEEP_S = 3600.0
"""Longest life: a benchmark that was killed leaves nothing behind."""


async def _live(meter: Ksem) -> None:
    """Change every value."""
    for step in count():
        if step * _STEP_S > _KEEP_S:
            return
        # Both directions come and go on each phase, so that no value stands still.
        meter.set_power(*(3000 * sin(step + phase) for phase in range(3)))
        meter.set_reactive(*(400 * sin(step / 2 + phase) for phase in range(3)))
        meter.grid.voltage_v[:] = [230 + 3 * sin(step + phase) for phase in range(3)]
        meter.grid.frequency_hz = 50 + sin(step) / 10
        for counter in meter.grid.counters.values():
            counter[:] = [value + 1 for value in counter]
        await asyncio.sleep(_STEP_S)


async def main() -> None:
    """Serve until stdin ends."""
    meter = Ksem()
    await meter.start()
    life = asyncio.create_task(_live(meter))
    sys.stdout.write(f"{json.dumps({'port': meter.port})}\n")
    sys.stdout.flush()
    while await asyncio.to_thread(sys.stdin.readline):
        different = {(request.address, request.count) for request in meter.requests}
        told = {"requests": len(meter.requests), "different": len(different)}
        meter.requests.clear()
        sys.stdout.write(f"{json.dumps(told)}\n")
        sys.stdout.flush()
    life.cancel()
    with contextlib.suppress(asyncio.CancelledError):
        await life
    await meter.stop()


if __name__ == "__main__":
    asyncio.run(main())
