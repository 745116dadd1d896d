"""A line between a wallbox and Home Assistant that can be held at a chosen message."""

import asyncio
from collections import deque
from contextlib import closing, suppress
from typing import Any, Self, override

from simulators.charge_point_line import Entry


class Wire:
    """Stands between a wallbox and Home Assistant, and can hold back what is said."""

    def __init__(self, port: int) -> None:
        """Hand over to a port of this machine."""
        self._home = port
        self.to_home = asyncio.Event()
        self.to_wallbox = asyncio.Event()
        self._server: asyncio.Server | None = None
        self._serving: set[asyncio.Task[None]] = set()
        self.cut()

    @property
    def port(self) -> int:
        """Where the wallbox dials."""
        assert self._server is not None
        port: int = self._server.sockets[0].getsockname()[1]
        return port

    def cut(self) -> None:
        """Lose what is held back, with its connection, and hold nothing back."""
        for task in self._serving:
            task.cancel()
        self.to_home.set()
        self.to_wallbox.set()

    async def __aenter__(self) -> Self:
        """Listen."""
        self._server = await asyncio.start_server(self._accept, "127.0.0.1", 0)
        return self

    async def __aexit__(self, *_: object) -> None:
        """Listen no more."""
        assert self._server is not None
        self._server.close()
        self.cut()

    def _accept(
        self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> None:
        task = asyncio.create_task(self._serve(reader, writer))
        self._serving.add(task)
        task.add_done_callback(self._serving.discard)

    async def _serve(
        self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> None:
        """Serve one connection, until either end closes it or it is cut."""
        with closing(writer), suppress(OSError, asyncio.CancelledError):
            answers, home = await asyncio.open_connection("127.0.0.1", self._home)
            with closing(home):
                async with asyncio.TaskGroup() as ways:
                    ways.create_task(self._pass_on(reader, home, self.to_home))
                    ways.create_task(self._pass_on(answers, writer, self.to_wallbox))

    async def _pass_on(
        self,
        reader: asyncio.StreamReader,
        writer: asyncio.StreamWriter,
        free: asyncio.Event,
    ) -> None:
        with closing(writer), suppress(OSError):
            while said := await reader.read(65536):
                await free.wait()
                writer.write(said)
                await writer.drain()


class Book(deque[Entry]):
    """A wallbox's book that holds the wire back as soon as something is in it."""

    def __init__(self) -> None:
        """Hold nothing back."""
        super().__init__()
        self._awaited: tuple[str, str] | None = None
        self._left = 0
        self._way = asyncio.Event()

    def hold(
        self, way: asyncio.Event, direction: str, action: str, number: int = 1
    ) -> None:
        """Hold one way back at the so manieth frame of an action in a direction."""
        self._awaited, self._left, self._way = (direction, action), number, way

    @override
    def append(self, entry: Entry) -> None:
        super().append(entry)
        if (entry.direction, entry.action) == self._awaited:
            self._left -= 1
            if not self._left:
                self._way.clear()

    def sent(self, action: str) -> list[dict[str, Any]]:
        """Return what was sent under an action, each once though it was repeated."""
        told: list[dict[str, Any]] = []
        for entry in self:
            if (entry.direction, entry.action) == ("sent", action):
                told += [entry.payload] if entry.payload not in told else []
        return told

    def sessions(self) -> list[tuple[float, float]]:
        """Return first and last state of the meter of each session, kWh."""
        starts = (each["meterStart"] for each in self.sent("StartTransaction"))
        stops = (each["meterStop"] for each in self.sent("StopTransaction"))
        return [(a / 1000, b / 1000) for a, b in zip(starts, stops, strict=True)]
