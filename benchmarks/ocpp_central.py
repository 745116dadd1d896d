"""The engine's OCPP server in a process of its own, to be killed or told nonsense.

Started with the path of a journal and the identities it accepts. Prints its port when
it listens, then for each line on stdin what it has used so far; ends with stdin. With
`--busy` first, it also asks each wallbox something all the time. Logs go to stderr.
"""

import asyncio
from contextlib import suppress
from itertools import count
import json
import logging
from pathlib import Path
import sys
import time

from simulators.engine import load_engine

load_engine()

from custom_components.meters_and_chargers.engine.devices.ocpp_charger import (  # noqa: E402 - load_engine comes first
    Central,
    OcppCharger,
)
from custom_components.meters_and_chargers.engine.journal import (  # noqa: E402 - same
    Journal,
)
from custom_components.meters_and_chargers.engine.model import (  # noqa: E402 - same
    DeviceError,
)
from custom_components.meters_and_chargers.engine.protocols.ocpp import (  # noqa: E402 - same
    Server,
    Version,
    preload,
)

_BUSY = "--busy"
_ASK_EVERY_S = 0.01
_PATIENCE_S = 0.2
_TIMEOUT_S = 1.0


async def _ask(charger: OcppCharger) -> None:
    """Keep a question open, so that answers to it can be nonsense too."""
    for number in count():
        with suppress(DeviceError, TimeoutError):
            async with asyncio.timeout(_PATIENCE_S):
                if number % 10:
                    await charger.get_configuration()
                else:
                    await charger.set_limit(1, 6000 + 100 * (number % 100))
        await asyncio.sleep(_ASK_EVERY_S)


def _used() -> dict[str, float]:
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return {"cpu_s": time.process_time(), "memory_kb": 4 * pages}


async def main(path: str, identities: list[str], *, busy: bool) -> None:
    """Serve until stdin ends."""
    journal = await Journal.open(path)
    central = Central(lambda _: None)
    server = Server(central, "127.0.0.1", 0, timeout_s=_TIMEOUT_S)
    central.move = server.move
    chargers = [OcppCharger(identity, journal) for identity in identities]
    for charger in chargers:
        await charger.load()
        central.accept(charger.charger_id, charger)
    # One that lives for a moment only would hardly come to hear a wallbox of 2.0.1.
    preload(Version.V201)
    await server.start()
    asking = [asyncio.create_task(_ask(charger)) for charger in chargers if busy]
    print(json.dumps({"port": server.port}), flush=True)
    while await asyncio.to_thread(sys.stdin.readline):
        print(json.dumps(_used()), flush=True)
    for task in asking:
        task.cancel()
    await asyncio.gather(*asking, return_exceptions=True)
    await server.stop()
    await central.close()
    await journal.close()


if __name__ == "__main__":
    logging.basicConfig(level=logging.WARNING, format="%(levelname)s %(message)s")
    wanted = sys.argv[1:]
    asks = wanted[0] == _BUSY
    if asks:
        del wanted[0]
    asyncio.run(main(wanted[0], wanted[1:], busy=asks))
