"""A KSEM in master mode: it writes its values to others (pymodbus is the client).

How a real one splits its blocks, and with which function and unit id it writes, is not
documented: all of them can be chosen.
"""

import asyncio
from collections.abc import Sequence
import contextlib
from itertools import pairwise

from pymodbus.client import AsyncModbusTcpClient
from pymodbus.exceptions import ModbusException
from pymodbus.pdu import ModbusPDU

from .ksem import Ksem

# By hand from the meter's manual; no write holds more than 123 registers.
TOTALS, PHASES, ENERGIES = (0, 28), (40, 106), (512, 40)
ENERGIES_OF_PHASES = ((592, 100), (692, 100))
ALL = (TOTALS, PHASES, ENERGIES, *ENERGIES_OF_PHASES)


def split(blocks: Sequence[tuple[int, int]], *at: int) -> list[tuple[int, int]]:
    """Return the same registers in writes that are parted at some addresses."""
    writes = []
    for start, count in blocks:
        inside = [one for one in sorted(at) if start < one < start + count]
        for first, end in pairwise([start, *inside, start + count]):
            writes.append((first, end - first))
    return writes


class Pusher:
    """Writes a meter's registers to a host, once or again and again."""

    def __init__(
        self,
        meter: Ksem,
        host: str,
        port: int,
        *,
        source: str = "127.0.0.2",
        writes: Sequence[tuple[int, int]] = ALL,
        unit_id: int = 1,
    ) -> None:
        """Write what a meter shows, from an address of its own; nothing yet."""
        self.meter = meter
        self.writes = list(writes)
        self.single = False
        """Whether it writes each register by itself (function 6)."""
        self.unit_id = unit_id
        self.samples = 0
        """Samples of which every write was taken."""
        self.port = port
        """Where it writes to."""
        self._client = AsyncModbusTcpClient(
            host, port=port, source_address=(source, 0), timeout=1, reconnect_delay=0.1
        )
        self._running: asyncio.Task[None] | None = None

    async def connect(self) -> bool:
        """Connect; False where nobody listens."""
        return bool(await self._client.connect())

    async def close(self) -> None:
        """Stop writing and disconnect."""
        running, self._running = self._running, None
        self._client.close()
        if running is not None:
            # The client swallows a cancellation: the loop ends by itself as well.
            running.cancel()
            await asyncio.gather(running, return_exceptions=True)

    async def push(self) -> list[ModbusPDU]:
        """Write one sample; returns the answers."""
        self.meter.refresh()
        shown = dict(self.meter.registers)
        answers = []
        for start, count in self.writes:
            words = [shown.get(start + at, 0) for at in range(count)]
            answers += await self._write(start, words)
        self.samples += not any(answer.isError() for answer in answers)
        return answers

    async def write(self, start: int, words: list[int]) -> ModbusPDU:
        """Write registers together (function 16)."""
        return await self._client.write_registers(start, words, device_id=self.unit_id)

    def every(self, seconds: float) -> None:
        """Write a sample again and again until closed."""
        self._running = asyncio.create_task(self._push_every(seconds))

    async def _write(self, start: int, words: list[int]) -> list[ModbusPDU]:
        if not self.single:
            return [await self.write(start, words)]
        return [
            await self._client.write_register(start + at, word, device_id=self.unit_id)
            for at, word in enumerate(words)
        ]

    async def _push_every(self, seconds: float) -> None:
        clock = asyncio.get_running_loop().time
        due = clock()
        while self._running is asyncio.current_task():
            with contextlib.suppress(ModbusException):
                await self.push()
            due = max(due + seconds, clock())
            await asyncio.sleep(due - clock())
