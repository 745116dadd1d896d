"""A bare Modbus TCP client, written for these tests alone."""

import asyncio
from collections.abc import Awaitable, Callable
import struct

from simulators.modbus_device import Device

# Long enough for a busy machine; no test waits for it to pass.
PATIENCE_S = 10


class RawClient:
    """One connection that sends bytes and reads frames."""

    def __init__(
        self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> None:
        """Take an open connection."""
        self.reader = reader
        self.writer = writer

    def send(self, pdu: bytes, *, unit: int = 1, transaction: int = 1) -> None:
        """Send a PDU in a frame."""
        header = struct.pack(">HHHB", transaction, 0, len(pdu) + 1, unit)
        self.writer.write(header + pdu)

    async def receive(self) -> tuple[int, bytes]:
        """Read one frame: its transaction id and its PDU."""
        async with asyncio.timeout(PATIENCE_S):
            header = await self.reader.readexactly(7)
            transaction, _, length, _ = struct.unpack(">HHHB", header)
            return transaction, await self.reader.readexactly(length - 1)

    async def ask(self, pdu: bytes, *, unit: int = 1) -> bytes:
        """Send a PDU and read the answer's."""
        self.send(pdu, unit=unit)
        return (await self.receive())[1]

    async def read(self, address: int, count: int, *, unit: int = 1) -> bytes:
        """Read holding registers: the data bytes, without counts."""
        answer = await self.ask(struct.pack(">BHH", 3, address, count), unit=unit)
        assert answer[0] == 3, f"exception {answer[1]} at {address}"
        assert answer[1] == len(answer) - 2
        return answer[2:]

    async def ended(self) -> None:
        """Wait until the other side has closed."""
        async with asyncio.timeout(PATIENCE_S):
            try:
                rest = await self.reader.read()
            except ConnectionError:
                rest = b""
        assert rest == b""


type Connect = Callable[[Device], Awaitable[RawClient]]
