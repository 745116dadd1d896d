"""The Modbus TCP server to which meters write.

Requests are decoded and answered with tmodbus's own PDUs, which Home Assistant's
modbus brings; the frames around them, who may connect, and for how long, are ours.
tmodbus's own server logs each exception, and knows no bounds.
"""

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass
from ipaddress import ip_address
import logging
from struct import Struct
from typing import Protocol, cast, override

from .push import PAUSE_S, SampleBuilder, Source

_LOGGER = logging.getLogger(__name__)

IDLE_S = 300.0
"""A connection without a request for so long is closed."""
MOST_CONNECTIONS = 20
MOST_OF_A_SOURCE = 2
"""A meter that comes again without having said goodbye replaces its oldest."""
_MOST_NAMED = 200
"""Strangers whose refusal is logged, so that nobody can fill the memory."""

_HEADER = Struct(">HHHB")
"""Transaction, protocol, length from the unit id on, unit id."""
_SHORTEST, _LONGEST = 2, 254
_WRITE_ONE, _WRITE_MANY = 6, 16
_ILLEGAL_FUNCTION, _ILLEGAL_ADDRESS, _ILLEGAL_VALUE = 1, 2, 3
_EXCEPTION = 0x80


class _Request(Protocol):
    """A decoded write of tmodbus's."""

    def encode_response(self, value: int) -> bytes:
        """Return the answer from the function code on."""


class _WriteOne(_Request, Protocol):
    address: int
    value: int


class _WriteMany(_Request, Protocol):
    start_address: int
    content: bytes


class _Kind[R](Protocol):
    def decode_request(self, request: bytes) -> R:
        """Raises tmodbus's `InvalidRequestError`."""


@dataclass(frozen=True, slots=True)
class Requests:
    """What we use of tmodbus."""

    one: _Kind[_WriteOne]
    many: _Kind[_WriteMany]
    invalid: type[Exception]


def load_requests() -> Requests:
    """Import what decodes requests; raises ImportError when it is not shipped."""
    # Imported when used: core ships it, and may cease to.
    from tmodbus.exceptions import InvalidRequestError  # noqa: PLC0415 - see above
    from tmodbus.pdu.holding_registers import (  # noqa: PLC0415 - see above
        RawWriteMultipleRegistersPDU,
        WriteSingleRegisterPDU,
    )

    return Requests(
        WriteSingleRegisterPDU, RawWriteMultipleRegistersPDU, InvalidRequestError
    )


class PushServer:
    """Listens on one port; who is no source is refused, and logged once."""

    def __init__(
        self,
        requests: Requests,
        host: str | None,
        port: int,
        *,
        idle_s: float = IDLE_S,
        most: int = MOST_CONNECTIONS,
    ) -> None:
        """Prepare; `start` opens the port. Port 0 takes a free one."""
        self.requests = requests
        self.idle_s = idle_s
        self.refused_connections = 0
        self._host = host
        self._port = port
        self._most = most
        self._server: asyncio.Server | None = None
        self._sources: dict[str, Source] = {}
        self._connections: list[Connection] = []
        self._named: set[str] = set()

    @property
    def port(self) -> int:
        """The port listened on; the wanted one before the start."""
        if self._server is None or not self._server.sockets:
            return self._port
        port: int = self._server.sockets[0].getsockname()[1]
        return port

    @property
    def open_connections(self) -> int:
        """Connections that are served now."""
        return len(self._connections)

    @property
    def sources(self) -> Mapping[str, Source]:
        """Who may write, by address."""
        return self._sources

    async def start(self) -> None:
        """Listen; raises OSError where the port can't be had."""
        loop = asyncio.get_running_loop()
        self._server = await loop.create_server(
            lambda: Connection(self), self._host, self._port
        )

    def close(self) -> None:
        """Stop listening and cut every connection, at once."""
        if self._server is not None:
            self._server.close()
            self._server = None
        for connection in tuple(self._connections):
            connection.cut()

    def add(self, address: str, source: Source) -> None:
        """Let a meter write from an IP address; raises ValueError where one does."""
        address = plain_address(address)
        if address in self._sources:
            raise ValueError(f"{address} is the source of another meter")
        self._sources[address] = source
        self._named.discard(address)

    def remove(self, source: Source) -> None:
        """Refuse a meter from now on, and cut its connections."""
        for address, known in tuple(self._sources.items()):
            if known is source:
                del self._sources[address]
        for connection in self._of(source):
            connection.cut()

    def admit(self, connection: Connection, address: str) -> Source | None:
        """Return whose connection this is; None for one that has to go."""
        address = plain_address(address)
        if (source := self._sources.get(address)) is None:
            self._refuse(address, "no meter is known to push from there")
            return None
        theirs = self._of(source)
        if len(theirs) >= MOST_OF_A_SOURCE:
            theirs[0].cut()
        elif len(self._connections) >= self._most:
            self._refuse(address, "too many connections")
            return None
        self._connections.append(connection)
        source.connections += 1
        return source

    def dismiss(self, connection: Connection) -> None:
        """Forget a connection."""
        if connection in self._connections:
            self._connections.remove(connection)

    def _of(self, source: Source) -> list[Connection]:
        return [one for one in self._connections if one.source is source]

    def _refuse(self, address: str, why: str) -> None:
        self.refused_connections += 1
        if address not in self._named and len(self._named) < _MOST_NAMED:
            self._named.add(address)
            _LOGGER.warning("A connection from %s is refused: %s", address, why)


class Connection(asyncio.Protocol):
    """One meter's connection."""

    def __init__(self, server: PushServer) -> None:
        """Belong to a server; nobody has called yet."""
        self._server = server
        self._loop = asyncio.get_running_loop()
        self._transport: asyncio.Transport | None = None
        self._received = bytearray()
        self._last_at = self._loop.time()
        self._pause: asyncio.TimerHandle | None = None
        self._idle: asyncio.TimerHandle | None = None
        self._builder: SampleBuilder | None = None
        self.source: Source | None = None

    @override
    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Look who it is; a stranger gets no answer."""
        self._transport = cast("asyncio.Transport", transport)
        peer = transport.get_extra_info("peername")
        source = None if peer is None else self._server.admit(self, peer[0])
        if source is None:
            self.cut()
            return
        self.source = source
        self._builder = SampleBuilder(source.pushed)
        self._idle = self._loop.call_later(self._server.idle_s, self._look_if_idle)

    @override
    def connection_lost(self, exc: Exception | None) -> None:
        """Tell what came; another connection begins another sample."""
        self._server.dismiss(self)
        for timer in (self._pause, self._idle):
            if timer is not None:
                timer.cancel()
        self._finish()

    @override
    def data_received(self, data: bytes) -> None:
        """Answer each complete request in turn."""
        if self._transport is None or self._builder is None:
            return
        self._received += data
        answers = bytearray()
        while self._builder is not None and len(self._received) >= _HEADER.size:
            transaction, protocol, length, unit = _HEADER.unpack_from(self._received)
            if protocol or not _SHORTEST <= length <= _LONGEST:
                _LOGGER.debug("What came is no Modbus TCP: the connection is cut")
                self.cut()
                return
            end = _HEADER.size - 1 + length
            if len(self._received) < end:
                break
            answer = self._answer(bytes(self._received[_HEADER.size : end]))
            del self._received[:end]
            answers += _HEADER.pack(transaction, 0, len(answer) + 1, unit) + answer
        if answers:
            self._last_at = self._loop.time()
            self._transport.write(answers)
            self._wait_for_pause()

    @override
    def pause_writing(self) -> None:
        """Hear no more of somebody who does not take the answers."""
        if self._transport is not None:
            self._transport.pause_reading()

    @override
    def resume_writing(self) -> None:
        """Go on."""
        if self._transport is not None:
            self._transport.resume_reading()

    def cut(self) -> None:
        """End the connection at once; what it still had to tell is lost."""
        self._server.dismiss(self)
        self._builder = None
        if self._transport is not None:
            self._transport.abort()

    def _answer(self, pdu: bytes) -> bytes:
        """Return the answer to one request, from the function code on."""
        source, builder = self.source, self._builder
        if source is None or builder is None:
            raise TypeError("nobody is connected")
        requests = self._server.requests
        request: _Request
        try:
            if pdu[0] == _WRITE_MANY:
                request = many = requests.many.decode_request(pdu)
                start, content = many.start_address, many.content
                echo = len(content) // 2
            elif pdu[0] == _WRITE_ONE:
                request = one = requests.one.decode_request(pdu)
                start, content, echo = one.address, one.value.to_bytes(2), one.value
            else:
                return self._exception(pdu[0], _ILLEGAL_FUNCTION)
        except requests.invalid:
            return self._exception(pdu[0], _ILLEGAL_VALUE)
        if not source.pushed.takes(start, len(content) // 2):
            return self._exception(pdu[0], _ILLEGAL_ADDRESS)
        source.writes += 1
        for sample in builder.write(start, content, self._loop.time()):
            source.samples += 1
            source.on_sample(sample)
        return request.encode_response(echo)

    def _exception(self, function: int, code: int) -> bytes:
        if self.source is None:
            raise TypeError("nobody is connected")
        self.source.refused += 1
        if self.source.refused == 1:
            _LOGGER.info(
                "A meter's request is refused: function %d, exception %d",
                function,
                code,
            )
        return bytes((function | _EXCEPTION, code))

    def _wait_for_pause(self) -> None:
        """Tell a sample whose end nothing shows when nothing more comes."""
        if self._pause is None and self._builder is not None and self._builder.waiting:
            self._pause = self._loop.call_later(PAUSE_S, self._look_if_paused)

    def _look_if_paused(self) -> None:
        """One timer for all writes of a sample, which mostly end it themselves."""
        self._pause = None
        left = self._last_at + PAUSE_S - self._loop.time()
        if left <= 0:
            self._finish()
        elif self._builder is not None and self._builder.waiting:
            self._pause = self._loop.call_later(left, self._look_if_paused)

    def _finish(self) -> None:
        if self.source is None or self._builder is None:
            return
        for sample in self._builder.finish():
            self.source.samples += 1
            self.source.on_sample(sample)

    def _look_if_idle(self) -> None:
        left = self._last_at + self._server.idle_s - self._loop.time()
        if left <= 0:
            self.cut()
        else:
            self._idle = self._loop.call_later(left, self._look_if_idle)


def plain_address(address: str) -> str:
    """Return the one spelling of an IP address; raises ValueError for a name."""
    found = ip_address(address.split("%", maxsplit=1)[0])
    mapped = getattr(found, "ipv4_mapped", None)
    return str(mapped or found)
