"""A serial line with fake devices: a pseudo-terminal, and pymodbus that speaks RTU.

pymodbus opens a serial port by a library that nothing else here needs. So it serves RTU
frames on a socket of 127.0.0.1, and bytes are carried between that and the port.
"""

import asyncio
from collections.abc import Mapping
from contextlib import suppress
import os
import termios
import tty
from typing import cast

from pymodbus import FramerType
from pymodbus.server import ModbusTcpServer

from .modbus_device import HOST, ModbusDevice

_MOST = 4096
_SPEED = 5
"""Where `termios.tcgetattr` tells the rate of what is written to the port."""


class SerialLine:
    """Devices by their unit id, all at one rate; nobody else answers.

    `turns` holds what went over the line: the unit id that is asked, and the same as a
    negative number when it answers.
    """

    def __init__(
        self, devices: Mapping[int, ModbusDevice], baud_rate: int = 19200
    ) -> None:
        """Hang devices on a line; their own listeners need not be started."""
        self.devices = dict(devices)
        self.baud_rate = baud_rate
        self.silent = False
        self.turns: list[int] = []
        self.path = ""
        """The port to open, once it is started."""
        self.url = ""
        """The same line as an adapter in the network offers it, without its faults."""
        self._near = self._far = -1
        self._server: ModbusTcpServer | None = None
        self._carrying: asyncio.Task[None] | None = None

    async def start(self) -> None:
        """Plug the adapter in, and answer what is asked."""
        self._near, self._far = os.openpty()
        tty.setraw(self._far)
        os.set_blocking(self._near, False)
        self.path = os.ttyname(self._far)
        server = ModbusTcpServer(
            [device.served(unit) for unit, device in self.devices.items()],
            framer=FramerType.RTU,
            address=(HOST, 0),
        )
        await server.serve_forever(background=True)
        self._server = server
        # What pymodbus calls its transport is asyncio's server while it listens.
        listener = cast("asyncio.Server", server.transport)
        host, port = listener.sockets[0].getsockname()[:2]
        self.url = f"socket://{host}:{port}"
        reader, writer = await asyncio.open_connection(host, port)
        asyncio.get_running_loop().add_reader(self._near, self._ask, writer)
        self._carrying = asyncio.create_task(self._answer(reader, writer))

    async def stop(self) -> None:
        """Unplug the adapter: who holds its port loses it."""
        if self._server is None or self._carrying is None:
            return
        server, self._server = self._server, None
        asyncio.get_running_loop().remove_reader(self._near)
        os.close(self._near)
        os.close(self._far)
        self._carrying.cancel()
        await asyncio.gather(self._carrying, return_exceptions=True)
        await server.shutdown()  # type: ignore[no-untyped-call]  # pymodbus's

    def _ask(self, server: asyncio.StreamWriter) -> None:
        with suppress(BlockingIOError):
            asked = os.read(self._near, _MOST)
            self.turns.append(asked[0])
            speed = getattr(termios, f"B{self.baud_rate}")
            understood = termios.tcgetattr(self._far)[_SPEED] == speed
            if understood and asked[0] in self.devices and not self.silent:
                server.write(asked)

    async def _answer(
        self, server: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> None:
        try:
            while answer := await server.read(_MOST):
                self.turns.append(-answer[0])
                os.write(self._near, answer)
        finally:
            writer.close()
