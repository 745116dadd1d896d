"""The listening sockets: plain and encrypted connections on one port.

The first byte of a connection says which it is: a TLS record begins with 0x16, a
request with a letter (OCPP-J security whitepaper, profiles 1 to 3, one port each; here
the wallbox's own profile decides, see `devices/ocpp_charger/guard.py`).
"""

import asyncio
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from enum import StrEnum
from functools import partial
import logging
import socket
import ssl

_LOGGER = logging.getLogger(__name__)

PEEK_S = 2.0
"""How long a connection may be silent at first."""
TLS_S = 10.0
SETTLE_S = 15.0
"""How long one that has begun may take until it is admitted."""
MAX_NEW = 512
MAX_NEW_OF_PEER = 128
"""Connections that are not admitted yet; beyond it the oldest is closed."""

_BACKLOG = 128
_PAUSE_S = 1.0
_TLS_RECORD = b"\x16"

type Factory = Callable[[], asyncio.BaseProtocol]


class Tls(StrEnum):
    """Which connections a port takes."""

    OFF = "off"
    DETECT = "detect"
    REQUIRED = "required"


@dataclass(slots=True, eq=False)
class _Visitor:
    """A connection that is not admitted yet."""

    peer: str
    connection: socket.socket
    handed_over: bool = False
    """From then on a transport closes its connection."""
    task: asyncio.Task[None] | None = None
    transport: asyncio.BaseTransport | None = None
    timer: asyncio.TimerHandle | None = None

    def send_away(self) -> None:
        """Close it, however far it has come."""
        if self.timer is not None:
            self.timer.cancel()
        if self.task is not None:
            self.task.cancel()
        if isinstance(self.transport, asyncio.WriteTransport):
            self.transport.abort()


class Door:
    """Lets connections in, to a protocol each; bounded as long as they prove nothing.

    ``context`` may be exchanged at any time: it is used for new connections.
    """

    def __init__(
        self,
        host: str | None,
        port: int,
        tls: Tls = Tls.OFF,
        context: ssl.SSLContext | None = None,
        *,
        refused: Callable[[str, str], None] = lambda _peer, _reason: None,
    ) -> None:
        """Prepare; ``refused`` hears of a peer's address and what was wrong with it."""
        self.context = context
        self._host = host
        self._wanted_port = port
        self._tls = Tls.OFF if context is None else tls
        self._refused = refused
        self._factory: Factory | None = None
        self._sockets: list[socket.socket] = []
        self._listening: list[asyncio.Task[None]] = []
        self._visitors: dict[_Visitor, None] = {}
        self._by_protocol: dict[asyncio.BaseProtocol, _Visitor] = {}
        self._full = False

    @property
    def port(self) -> int:
        """The port listened on; the wanted one before the start."""
        if not self._sockets:
            return self._wanted_port
        port: int = self._sockets[0].getsockname()[1]
        return port

    async def open(self, factory: Factory) -> None:
        """Listen; raises OSError where the port can't be had."""
        self._factory = factory
        loop = asyncio.get_running_loop()
        found = await loop.getaddrinfo(
            self._host,
            self._wanted_port,
            type=socket.SOCK_STREAM,
            flags=socket.AI_PASSIVE,
        )
        try:
            for family, address in dict.fromkeys((one[0], one[4]) for one in found):
                listening = socket.create_server(
                    address, family=family, backlog=_BACKLOG
                )
                listening.setblocking(False)
                self._sockets.append(listening)
        except OSError:
            await self.close()
            raise
        self._listening = [
            asyncio.create_task(self._listen(listening)) for listening in self._sockets
        ]

    async def close(self) -> None:
        """Stop listening; who was handed over is the protocol's to close."""
        tasks = [*self._listening]
        for visitor in self._visitors:
            if visitor.timer is not None:
                visitor.timer.cancel()
            if visitor.task is not None:
                tasks.append(visitor.task)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        for listening in self._sockets:
            listening.close()
        self._sockets.clear()
        self._listening.clear()
        self._visitors.clear()
        self._by_protocol.clear()

    def settle(self, protocol: asyncio.BaseProtocol) -> None:
        """Take note that the connection of a protocol was admitted."""
        if (visitor := self._by_protocol.get(protocol)) is not None:
            self._forget(visitor)

    async def _listen(self, listening: socket.socket) -> None:
        loop = asyncio.get_running_loop()
        while True:
            try:
                connection, address = await loop.sock_accept(listening)
            except OSError as err:
                # Out of files or memory: those that are open may still end.
                if not self._full:
                    _LOGGER.warning("No connection can be taken: %s", err)
                self._full = True
                await asyncio.sleep(_PAUSE_S)
                continue
            if self._full:
                self._full = False
                _LOGGER.info("Connections can be taken again")
            visitor = _Visitor(str(address[0]), connection)
            self._make_room(visitor.peer)
            self._visitors[visitor] = None
            visitor.task = asyncio.create_task(self._let_in(visitor))
            # Not at the task's own end: one that is cancelled may never have begun.
            visitor.task.add_done_callback(partial(self._looked_at, visitor))

    def _make_room(self, peer: str) -> None:
        """Send the oldest away, of the same peer first, where there are too many."""
        same = [visitor for visitor in self._visitors if visitor.peer == peer]
        if len(same) >= MAX_NEW_OF_PEER:
            self._send_away(same[0])
        elif len(self._visitors) >= MAX_NEW:
            self._send_away(next(iter(self._visitors)))

    async def _let_in(self, visitor: _Visitor) -> None:
        """Look how a connection begins, and hand it over."""
        try:
            async with asyncio.timeout(PEEK_S):
                first = await _first_byte(visitor.connection)
            encrypted = first == _TLS_RECORD
            if first and (reason := self._wrong(encrypted=encrypted)):
                self._refused(visitor.peer, reason)
            elif first:
                visitor.handed_over = True
                await self._hand_over(visitor, self.context if encrypted else None)
        except ssl.SSLError as err:
            reason = err.reason or type(err).__name__
            self._refused(visitor.peer, f"its encryption failed ({reason})")
        except (OSError, TimeoutError) as err:
            _LOGGER.debug("%s: nothing came of it: %s", visitor.peer, err)

    def _looked_at(self, visitor: _Visitor, _task: asyncio.Task[None]) -> None:
        if visitor.transport is None:
            self._forget(visitor)
            if not visitor.handed_over:
                visitor.connection.close()

    def _wrong(self, *, encrypted: bool) -> str | None:
        if encrypted and self._tls is Tls.OFF:
            return "it encrypts, but encryption is off here"
        if not encrypted and self._tls is Tls.REQUIRED:
            return "it does not encrypt, but must"
        return None

    async def _hand_over(
        self, visitor: _Visitor, context: ssl.SSLContext | None
    ) -> None:
        if self._factory is None:
            raise RuntimeError("not open")
        loop = asyncio.get_running_loop()
        protocol = self._factory()
        self._by_protocol[protocol] = visitor
        visitor.timer = loop.call_later(SETTLE_S, self._send_away, visitor)
        transport, _ = await loop.connect_accepted_socket(
            lambda: protocol,
            visitor.connection,
            ssl=context,
            ssl_handshake_timeout=None if context is None else TLS_S,
        )
        visitor.transport = transport

    def _send_away(self, visitor: _Visitor) -> None:
        self._forget(visitor)
        visitor.send_away()

    def _forget(self, visitor: _Visitor) -> None:
        if visitor.timer is not None:
            visitor.timer.cancel()
        self._visitors.pop(visitor, None)
        for protocol in [p for p, v in self._by_protocol.items() if v is visitor]:
            del self._by_protocol[protocol]


async def _first_byte(connection: socket.socket) -> bytes:
    """Wait for the first byte and leave it where it is; empty at the end."""
    loop = asyncio.get_running_loop()
    readable = asyncio.Event()
    loop.add_reader(connection, readable.set)
    try:
        while True:
            await readable.wait()
            with suppress(BlockingIOError):
                return connection.recv(1, socket.MSG_PEEK)
            readable.clear()
    finally:
        loop.remove_reader(connection)
