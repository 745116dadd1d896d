"""A fake Modbus TCP device: pymodbus serves its holding registers."""

import asyncio
from collections import deque
from collections.abc import Sequence
from typing import Protocol, cast

from pymodbus.constants import ExcCodes
from pymodbus.server import ModbusTcpServer
from pymodbus.simulator import DataType, SimData, SimDevice

from .proxy import WRITE_MULTIPLE, Proxy, Request

HOST = "127.0.0.1"
_MOST_WORDS = 125
# Write one coil, one register, several coils, several registers.
_WRITES = (5, 6, 15, 16)


class Device(Protocol):
    """A fake device as the programs that run them see it."""

    @property
    def host(self) -> str:
        """The address it listens on."""

    @property
    def port(self) -> int:
        """The port it listens on; 0 before the first start of an ephemeral one."""

    @port.setter
    def port(self, port: int) -> None: ...

    async def start(self) -> None:
        """Begin to answer; after a stop, on the same port."""

    async def stop(self) -> None:
        """Close every socket and refuse new ones."""


class ModbusDevice:
    """Holding registers on 127.0.0.1 for any unit id, with faults to switch on.

    `blocks` are (first address, count): inside them a register without a value
    reads 0, outside reads give exception 2. `registers` maps address to word.
    """

    def __init__(self, blocks: Sequence[tuple[int, int]], port: int = 0) -> None:
        """Describe the register map; port 0 takes a free one at the first start."""
        self.registers: dict[int, int] = {}
        self._blocks = tuple(blocks)
        self._refused: list[range] = []
        self._proxy = Proxy(HOST, port)
        self._server: ModbusTcpServer | None = None

    # -- what a subclass says -------------------------------------------------

    def refresh(self) -> None:
        """Bring `registers` up to date; called before each read."""

    def written(self, address: int, values: Sequence[int]) -> ExcCodes | None:
        """Take a write, or answer with an exception; this device takes none."""
        del address, values
        return ExcCodes.ILLEGAL_ADDRESS

    def put(self, address: int, value: int, words: int = 2) -> None:
        """Write an integer, high word first; a negative one as two's complement."""
        for index in range(words):
            shift = 16 * (words - 1 - index)
            self.registers[address + index] = value >> shift & 0xFFFF

    # -- running --------------------------------------------------------------

    @property
    def host(self) -> str:
        """The address it listens on."""
        return self._proxy.host

    @host.setter
    def host(self, host: str) -> None:
        self._proxy.host = host

    @property
    def port(self) -> int:
        """The port it listens on; 0 before the first start of an ephemeral one."""
        return self._proxy.port

    @port.setter
    def port(self, port: int) -> None:
        self._proxy.port = port

    @property
    def running(self) -> bool:
        """Whether it listens."""
        return self._server is not None

    async def start(self) -> None:
        """Begin to answer; after a stop, on the same port."""
        if self._server is not None:
            return
        # Id 0 stands for every unit id.
        server = ModbusTcpServer(self.served(0), address=(HOST, 0))
        await server.serve_forever(background=True)
        self._server = server
        # What pymodbus calls its transport is asyncio's server while it listens.
        listener = cast("asyncio.Server", server.transport)
        try:
            await self._proxy.start(listener.sockets[0].getsockname()[:2])
        except OSError:
            await self.stop()
            raise

    def served(self, unit: int) -> SimDevice:
        """Return what answers for this device under a unit id."""
        blocks = [
            SimData(first, values=[0] * count, datatype=DataType.REGISTERS)
            for first, count in self._blocks
        ]
        return SimDevice(unit, simdata=blocks, action=self._act)

    async def stop(self) -> None:
        """Close every socket and refuse new ones."""
        await self._proxy.stop()
        server, self._server = self._server, None
        if server is not None:
            await server.shutdown()  # type: ignore[no-untyped-call]  # pymodbus's

    # -- what happened --------------------------------------------------------

    @property
    def requests(self) -> deque[Request]:
        """The latest requests, oldest first."""
        return self._proxy.requests

    @property
    def request_count(self) -> int:
        """Requests since the device was made."""
        return self._proxy.request_count

    @property
    def min_gap_s(self) -> float | None:
        """Smallest time between two requests, s."""
        return self._proxy.min_gap_s

    @property
    def write_pdus(self) -> list[bytes]:
        """The bytes of the latest writes, from the function code on."""
        return [request.pdu for request in self.requests if request.function in _WRITES]

    @property
    def open_connections(self) -> int:
        """Connections that are open and served."""
        return self._proxy.open_connections

    @property
    def connections_total(self) -> int:
        """Connections accepted since the device was made."""
        return self._proxy.connections_total

    # -- faults ---------------------------------------------------------------

    @property
    def silent(self) -> bool:
        """Takes connections and requests, never answers."""
        return self._proxy.silent

    @silent.setter
    def silent(self, silent: bool) -> None:
        self._proxy.silent = silent

    @property
    def half_open(self) -> bool:
        """Has vanished without closing: sockets stay open and are never served again.

        Clearing it serves new connections; those from before stay dead.
        """
        return self._proxy.half_open

    @half_open.setter
    def half_open(self, half_open: bool) -> None:
        self._proxy.half_open = half_open

    @property
    def short_answer(self) -> int:
        """How many registers less than asked a read answers."""
        return self._proxy.short_answer

    @short_answer.setter
    def short_answer(self, registers: int) -> None:
        self._proxy.short_answer = registers

    @property
    def delay_s(self) -> float:
        """How long each answer takes, s."""
        return self._proxy.delay_s

    @delay_s.setter
    def delay_s(self, seconds: float) -> None:
        self._proxy.delay_s = seconds

    def close_clients(self) -> None:
        """Close the sockets of all served clients; new ones are welcome."""
        self._proxy.close_clients()

    def refuse(self, start: int, count: int) -> None:
        """Answer exception 2 to any read that touches these registers."""
        self._refused.append(range(start, start + count))

    def clear_faults(self) -> None:
        """End every fault; a stopped device stays stopped."""
        self._refused.clear()
        self.silent = self.half_open = False
        self.short_answer = 0
        self.delay_s = 0.0

    # -- pymodbus asks --------------------------------------------------------

    async def _act(
        self,
        function: int,
        first: int,
        address: int,
        count: int,
        current: list[int],
        values: list[int] | list[bool] | None,
    ) -> ExcCodes | None:
        if function == WRITE_MULTIPLE:
            return self.written(address, [int(value) for value in values or ()])
        if not 1 <= count <= _MOST_WORDS:
            return ExcCodes.ILLEGAL_VALUE
        if any(
            address < refused.stop and refused.start < address + count
            for refused in self._refused
        ):
            return ExcCodes.ILLEGAL_ADDRESS
        self.refresh()
        for offset in range(address, address + count):
            current[offset - first] = self.registers.get(offset, 0)
        return None
