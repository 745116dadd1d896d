"""What agents tell by themselves: one socket for the traps of many; v1, v2c and v3.

Needs `FALLBACK`: the fast library doesn't receive traps. Informs aren't answered.
"""

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable
from contextlib import suppress
from dataclasses import dataclass, field
from importlib import import_module
import logging
from types import ModuleType
from typing import TYPE_CHECKING, Final, override

from .backend import Value
from .credentials import Community, Credentials, User

if TYPE_CHECKING:
    from .trap_decoder import Decoder

_LOGGER = logging.getLogger(__name__)

PORT: Final = 1162
"""Proposed; the usual 162 needs rights that Home Assistant may not have."""
PER_S: Final = 100
"""So many are processed in a second at most."""
WAITING: Final = 300
"""So many may wait for that; what comes besides is only counted."""
_TICK_S: Final = 0.1
_LONGEST: Final = 4096
"""Bytes of a datagram; a trap has some hundreds."""


@dataclass(frozen=True, slots=True)
class Trap:
    """One trap; of v1 its OID is made as RFC 3584 says, 3.1."""

    oid: str
    values: tuple[tuple[str, Value], ...]
    version: str


class Unreadable(ValueError):
    """A datagram that is no trap, or none for these credentials."""


@dataclass(eq=False)
class TrapSource:
    """An agent whose traps are taken: as whom it sends, where they go."""

    credentials: Credentials
    on_trap: Callable[[Trap], None]
    received: int = field(default=0, init=False)
    taken: int = field(default=0, init=False)
    refused: int = field(default=0, init=False)
    """No trap at all, or with another community or user."""
    dropped: int = field(default=0, init=False)
    """More than are processed."""
    decoder: Decoder | None = field(default=None, init=False, repr=False)


class TrapListener:
    """Takes datagrams from known addresses, and decodes so many in a second."""

    def __init__(
        self,
        host: str,
        port: int,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
    ) -> None:
        """Choose where to listen; `start` does."""
        self._sleep = sleep
        self._host, self.port = host, port
        self._sources: dict[str, TrapSource] = {}
        self._waiting: deque[tuple[TrapSource, bytes]] = deque()
        self._transport: asyncio.DatagramTransport | None = None
        self._work: asyncio.Task[None] | None = None
        self._come = asyncio.Event()
        self._flooded = False
        self.strangers = 0
        """Datagrams from addresses that nobody has named."""

    @property
    def sources(self) -> frozenset[TrapSource]:
        """The agents whose traps are taken."""
        return frozenset(self._sources.values())

    async def start(self) -> None:
        """Begin to listen; raises OSError where the port can't be had."""
        loop = asyncio.get_running_loop()
        self._transport, _ = await loop.create_datagram_endpoint(
            lambda: _Protocol(self), (self._host, self.port)
        )
        self.port = self._transport.get_extra_info("sockname")[1]
        self._work = loop.create_task(self._process())

    def add(self, address: str, source: TrapSource) -> None:
        """Take traps from an address; raises ValueError where another's are."""
        if self._sources.get(address, source) is not source:
            raise ValueError(address)
        self._sources[address] = source

    def remove(self, source: TrapSource) -> None:
        """Take no more from this one."""
        for address in [at for at, one in self._sources.items() if one is source]:
            del self._sources[address]

    def close(self) -> None:
        """Listen no more; what waits is forgotten."""
        if self._transport is not None:
            self._transport.close()
        if self._work is not None:
            self._work.cancel()
        self._sources.clear()
        self._waiting.clear()

    def came(self, datagram: bytes, address: str) -> None:
        """Put a datagram into the queue, or only count it."""
        source = self._sources.get(address.removeprefix("::ffff:"))
        if source is None:
            self.strangers += 1
            return
        source.received += 1
        if len(datagram) > _LONGEST:
            source.refused += 1
        elif len(self._waiting) < WAITING:
            self._waiting.append((source, datagram))
            self._come.set()
        else:
            source.dropped += 1
            if not self._flooded:
                self._flooded = True
                _LOGGER.warning(
                    "More traps come to port %d than the %d that are processed in a "
                    "second: the rest is only counted",
                    self.port,
                    PER_S,
                )

    async def _process(self) -> None:
        """Decode some at a time, so that a flood stalls nothing else."""
        while True:
            await self._come.wait()
            for _ in range(round(PER_S * _TICK_S)):
                if not self._waiting:
                    break
                source, datagram = self._waiting.popleft()
                await self._take(source, datagram)
            if not self._waiting:
                self._come.clear()
                if self._flooded:
                    self._flooded = False
                    _LOGGER.info("All traps to port %d are processed again", self.port)
            await self._sleep(_TICK_S)

    async def _take(self, source: TrapSource, datagram: bytes) -> None:
        if source not in self.sources:
            return
        if source.decoder is None:
            source.decoder = await _decoder(source.credentials)
        with suppress(Unreadable):
            trap = await source.decoder.decode(datagram)
            source.taken += 1
            source.on_trap(trap)
            return
        source.refused += 1


class _Protocol(asyncio.DatagramProtocol):
    def __init__(self, listener: TrapListener) -> None:
        self._listener = listener

    @override
    def datagram_received(self, data: bytes, addr: tuple[str, int]) -> None:
        self._listener.came(data, addr[0])


def load_decoder() -> ModuleType:
    """Load the library; in a thread. Raises ImportError where there is none."""
    return import_module(".trap_decoder", __package__)


async def _decoder(credentials: Credentials) -> Decoder:
    """Prepare for one agent's traps, which reads files."""

    def load() -> Decoder:
        module = load_decoder()
        match credentials:
            case Community():
                decoder: Decoder = module.CommunityDecoder(credentials)
            case User():
                decoder = module.UserDecoder(credentials)
        return decoder

    return await asyncio.to_thread(load)
