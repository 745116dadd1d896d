"""The TCP side of a fake device: counts, records and misbehaves before the server.

pymodbus answers the requests; this stands between it and the clients, hands over one
request at a time and can lose, delay or shorten what goes through.
"""

import asyncio
from collections import deque
from contextlib import suppress
from dataclasses import dataclass, field
import struct
import time
from typing import cast

READ_HOLDING = 3
WRITE_MULTIPLE = 16

_ILLEGAL_FUNCTION = 1
_ILLEGAL_VALUE = 3

_HEADER = 7
_LONGEST_PDU = 253
_KEPT = 10_000


@dataclass(frozen=True, slots=True)
class Request:
    """One request a device got, and when; `values` are the words of a write."""

    monotonic: float
    unit: int
    function: int
    address: int
    count: int
    values: tuple[int, ...]
    pdu: bytes


@dataclass(slots=True, eq=False)
class _Client:
    writer: asyncio.StreamWriter
    lost: bool = False


def _parse(frame: bytes) -> Request:
    """Read a request's frame; what a function doesn't have is 0 or empty."""
    pdu = frame[_HEADER:]
    address, count = struct.unpack(">HH", pdu[1:5].ljust(4, b"\0"))
    words = pdu[6:] if pdu[0] == WRITE_MULTIPLE else b""
    values = struct.unpack(f">{len(words) // 2}H", words[: len(words) // 2 * 2])
    return Request(time.monotonic(), frame[6], pdu[0], address, count, values, pdu)


def _well_formed(pdu: bytes) -> bool:
    """Whether a read or a write says as much as its own counts promise."""
    if pdu[0] == READ_HOLDING:
        return len(pdu) == 5
    words = int.from_bytes(pdu[3:5])
    return len(pdu) == 6 + 2 * words and pdu[5] == 2 * words


async def _read_frame(reader: asyncio.StreamReader) -> bytes:
    """Read one frame with its header; IncompleteReadError at the end."""
    header = await reader.readexactly(_HEADER)
    length = int.from_bytes(header[4:6]) - 1
    if not 1 <= length <= _LONGEST_PDU:
        raise ConnectionAbortedError("not a Modbus frame")
    return header + await reader.readexactly(length)


def _frame(request: bytes, pdu: bytes) -> bytes:
    """Put an answer into a frame that fits its request."""
    return request[:4] + struct.pack(">HB", len(pdu) + 1, request[6]) + pdu


@dataclass(slots=True)
class Proxy:
    """The listener of a device and its faults; set the faults at any time."""

    host: str
    port: int = 0
    silent: bool = False
    short_answer: int = 0
    delay_s: float = 0.0
    requests: deque[Request] = field(default_factory=lambda: deque(maxlen=_KEPT))
    request_count: int = 0
    min_gap_s: float | None = None
    connections_total: int = 0
    _half_open: bool = False
    _server: asyncio.Server | None = None
    _upstream: tuple[str, int] = ("", 0)
    _clients: set[_Client] = field(default_factory=set)
    _tasks: set[asyncio.Task[None]] = field(default_factory=set)

    @property
    def open_connections(self) -> int:
        """Connections that are open and served."""
        return sum(not client.lost for client in self._clients)

    @property
    def half_open(self) -> bool:
        """Whether the device has vanished without closing its sockets."""
        return self._half_open

    @half_open.setter
    def half_open(self, vanished: bool) -> None:
        self._half_open = vanished
        if vanished:
            for client in self._clients:
                self._lose(client)

    async def start(self, upstream: tuple[str, int]) -> None:
        """Listen; the port of the first start is kept for later ones."""
        self._upstream = upstream
        self._server = await asyncio.start_server(self._accept, self.host, self.port)
        self.port = self._server.sockets[0].getsockname()[1]

    async def stop(self) -> None:
        """Stop listening and close every socket, the lost ones too."""
        if self._server is None:
            return
        server, self._server = self._server, None
        server.close()
        for client in self._clients:
            client.writer.transport.abort()
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        await server.wait_closed()

    def close_clients(self) -> None:
        """Close the sockets of all served clients; new ones are welcome."""
        for client in self._clients:
            if not client.lost:
                client.writer.transport.abort()

    def _lose(self, client: _Client) -> None:
        """Never read from or write to a client again, and keep its socket open."""
        client.lost = True
        cast("asyncio.Transport", client.writer.transport).pause_reading()

    def _accept(
        self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> None:
        client = _Client(writer)
        self._clients.add(client)
        self.connections_total += 1
        if self._half_open:
            self._lose(client)
        task = asyncio.create_task(self._serve(client, reader))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _serve(self, client: _Client, reader: asyncio.StreamReader) -> None:
        server_writer: asyncio.StreamWriter | None = None
        try:
            with suppress(asyncio.IncompleteReadError, ConnectionError):
                server_reader, server_writer = await asyncio.open_connection(
                    *self._upstream
                )
                while True:
                    frame = await _read_frame(reader)
                    if client.lost:
                        continue
                    self._note(_parse(frame))
                    if self.silent:
                        continue
                    answer = await self._answer(frame, server_reader, server_writer)
                    if client.lost or self.silent:
                        continue
                    client.writer.write(answer)
                    await client.writer.drain()
        finally:
            self._clients.discard(client)
            client.writer.close()
            if server_writer is not None:
                server_writer.close()

    def _note(self, request: Request) -> None:
        if self.requests:
            gap = request.monotonic - self.requests[-1].monotonic
            self.min_gap_s = gap if self.min_gap_s is None else min(self.min_gap_s, gap)
        self.requests.append(request)
        self.request_count += 1

    async def _answer(
        self,
        frame: bytes,
        server_reader: asyncio.StreamReader,
        server_writer: asyncio.StreamWriter,
    ) -> bytes:
        function = frame[_HEADER]
        if function not in (READ_HOLDING, WRITE_MULTIPLE):
            return _frame(frame, bytes((function | 0x80, _ILLEGAL_FUNCTION)))
        if not _well_formed(frame[_HEADER:]):
            return _frame(frame, bytes((function | 0x80, _ILLEGAL_VALUE)))
        if self.delay_s:
            await asyncio.sleep(self.delay_s)
        server_writer.write(frame)
        answer = await _read_frame(server_reader)
        if self.short_answer and answer[_HEADER] == READ_HOLDING:
            words = max(answer[_HEADER + 1] // 2 - self.short_answer, 0)
            data = answer[_HEADER + 2 : _HEADER + 2 + 2 * words]
            return _frame(frame, bytes((READ_HOLDING, 2 * words)) + data)
        return answer
