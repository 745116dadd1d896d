"""A wallbox's end of a WebSocket, byte by byte: no library would be as rude."""

import asyncio
from collections.abc import AsyncIterator, Iterable
import os
import struct

HOST = "127.0.0.1"
CONTINUED, TEXT, CLOSE, PING, PONG = 0, 1, 8, 9, 10
UPGRADE = (
    "Upgrade: websocket",
    "Connection: Upgrade",
    "Sec-WebSocket-Version: 13",
    "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==",
)


class Line:
    """A connection whose handshake was answered, well or not."""

    def __init__(
        self,
        reader: asyncio.StreamReader,
        writer: asyncio.StreamWriter,
        answer: list[str],
    ) -> None:
        """Take what `dial` has opened."""
        self._reader, self._writer = reader, writer
        self.status = int(answer[0].split()[1])
        self.headers = {
            name.lower(): value.strip()
            for name, _, value in (line.partition(":") for line in answer[1:])
        }

    @classmethod
    async def dial(
        cls, port: int, target: str, lines: Iterable[str], upgrade: Iterable[str]
    ) -> Line:
        """Send a handshake as it is given."""
        reader, writer = await asyncio.open_connection(HOST, port)
        head = [f"GET {target} HTTP/1.1", "Host: house", *upgrade, *lines, "", ""]
        writer.write("\r\n".join(head).encode())
        answer = (await reader.readuntil(b"\r\n\r\n")).decode()
        return cls(reader, writer, answer.strip().split("\r\n"))

    def send(self, data: bytes, opcode: int = TEXT) -> None:
        """Send one frame, masked as a client has to."""
        mask = os.urandom(4)
        size = len(data)
        if size < 126:
            head = struct.pack("!BB", 0x80 | opcode, 0x80 | size)
        elif size < 1 << 16:
            head = struct.pack("!BBH", 0x80 | opcode, 0x80 | 126, size)
        else:
            head = struct.pack("!BBQ", 0x80 | opcode, 0x80 | 127, size)
        masked = bytes(byte ^ mask[at % 4] for at, byte in enumerate(data))
        self._writer.write(head + mask + masked)

    async def frames(self) -> AsyncIterator[tuple[int, bytes]]:
        """Yield what comes until the line is closed."""
        whole, kind = b"", TEXT
        try:
            while True:
                first, size = await self._reader.readexactly(2)
                if size == 126:
                    (size,) = struct.unpack("!H", await self._reader.readexactly(2))
                elif size == 127:
                    (size,) = struct.unpack("!Q", await self._reader.readexactly(8))
                data = await self._reader.readexactly(size)
                opcode = first & 0x0F
                if opcode >= CLOSE:
                    yield opcode, data
                    continue
                kind = kind if opcode == CONTINUED else opcode
                whole += data
                if first & 0x80:
                    yield kind, whole
                    whole = b""
        except asyncio.IncompleteReadError, ConnectionResetError:
            return

    def drop(self) -> None:
        """Be gone without a word."""
        self._writer.transport.abort()
