"""A wallbox and a backend that say and note raw frames."""

import asyncio
from collections.abc import Callable
from contextlib import suppress

from aiohttp import ClientSession, ClientWebSocketResponse, WSMsgType, web


async def until(true: Callable[[], object]) -> None:
    """Wait until something is so."""
    async with asyncio.timeout(30):
        while not true():  # noqa: ASYNC110  # of anything
            await asyncio.sleep(0.005)


class RawBackend:
    """Takes every charge point on a free port, and notes what it says."""

    def __init__(self, *protocols: str) -> None:
        """Speak some subprotocols."""
        self.protocols = protocols
        self.chosen: list[str | None] = []
        self.took: list[str] = []
        self.sockets: list[web.WebSocketResponse] = []
        self.answer: Callable[[str], str | None] = lambda _: None
        """Makes an answer of a frame."""
        self.port = 0
        self._runner: web.AppRunner | None = None

    @property
    def url(self) -> str:
        """Where it is dialled."""
        return f"ws://127.0.0.1:{self.port}/ocpp"

    async def start(self) -> None:
        """Listen, on the same port as before."""
        app = web.Application()
        app.router.add_route("GET", "/{path:.*}", self._serve)
        self._runner = web.AppRunner(app, access_log=None, shutdown_timeout=1)
        await self._runner.setup()
        await web.TCPSite(self._runner, "127.0.0.1", self.port).start()
        self.port = self._runner.addresses[0][1]

    async def stop(self) -> None:
        """Close everything."""
        for socket in tuple(self.sockets):
            await socket.close()
        if self._runner is not None:
            await self._runner.cleanup()
            self._runner = None

    async def send(self, text: str) -> None:
        """Say something to the charge point that came last."""
        await self.sockets[-1].send_str(text)

    async def _serve(self, request: web.Request) -> web.WebSocketResponse:
        socket = web.WebSocketResponse(protocols=self.protocols, timeout=1)
        await socket.prepare(request)
        self.chosen.append(socket.ws_protocol)
        self.sockets.append(socket)
        try:
            async for message in socket:
                if message.type is not WSMsgType.TEXT:
                    break
                self.took.append(message.data)
                answer = self.answer(message.data)
                if answer is not None:
                    await socket.send_str(answer)
        finally:
            self.sockets.remove(socket)
        return socket


class RawWallbox:
    """Dials, says raw frames and notes what it hears."""

    def __init__(self, http: ClientSession, url: str, protocol: str) -> None:
        """Prepare to dial."""
        self.took: list[str] = []
        self.answer: Callable[[str], str | None] = lambda _: None
        """Makes an answer of a frame."""
        self._http = http
        self._url = url
        self._protocol = protocol
        self._socket: ClientWebSocketResponse | None = None
        self._hearing: asyncio.Task[None] | None = None

    @property
    def connected(self) -> bool:
        """Whether its connection is open."""
        return self._hearing is not None and not self._hearing.done()

    async def dial(self) -> None:
        """Open a connection."""
        self._socket = await self._http.ws_connect(
            self._url, protocols=(self._protocol,)
        )
        self._hearing = asyncio.create_task(self._hear(self._socket))

    async def say(self, text: str) -> None:
        """Send a frame."""
        assert self._socket is not None
        await self._socket.send_str(text)

    async def hang_up(self) -> None:
        """Close the connection."""
        if self._socket is not None:
            with suppress(ConnectionError):
                await self._socket.close()
        if self._hearing is not None:
            await asyncio.wait({self._hearing})

    async def _hear(self, socket: ClientWebSocketResponse) -> None:
        async for message in socket:
            self.took.append(str(message.data))
            answer = self.answer(str(message.data))
            if answer is not None:
                await socket.send_str(answer)
