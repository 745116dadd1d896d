"""Wallboxes and answering parts for the tests of the OCPP transport."""

import asyncio
from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import asynccontextmanager
import json
from typing import Any

import aiohttp

from custom_components.meters_and_chargers.engine.protocols.ocpp import (
    NOTHING_SHOWN,
    Call,
    CallError,
    Link,
    Payload,
    Server,
    Shown,
)

HOST = "127.0.0.1"
OCPP16 = "Sec-WebSocket-Protocol: ocpp1.6"
SWITCHING = "HTTP/1.1 101 Switching Protocols"
KEY = "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ=="
UPGRADE = ("Upgrade: websocket", "Connection: Upgrade", "Sec-WebSocket-Version: 13")

type Answer = Callable[[Link, Call], Awaitable[Payload | None]]


class Desk:
    """A handler that notes what happens and knows Heartbeat and StatusNotification."""

    def __init__(self, answer: Answer | None = None) -> None:
        """Answer by the given function, or as simply as can be."""
        self.events: list[str] = []
        self.calls: list[Call] = []
        self.link: Link | None = None
        self._answer = answer or _simple

    def opened(self, link: Link) -> None:
        """Note it."""
        self.events.append(f"opened {link.charger_id}")
        self.link = link

    def closed(self, link: Link) -> None:
        """Note it."""
        self.events.append(f"closed {link.charger_id}")
        if link is self.link:
            self.link = None

    async def called(self, link: Link, call: Call) -> Payload | None:
        """Note and answer it."""
        self.calls.append(call)
        return await self._answer(link, call)


class Doors:
    """A gate: a desk for everybody, or for some."""

    def __init__(self, *, refused: tuple[str, ...] = ()) -> None:
        """Refuse some identities."""
        self.desk = Desk()
        self.refused = refused
        self.knocks: list[tuple[str, str]] = []
        self.shown: list[Shown] = []

    def admit(
        self, charger_id: str, peer: str, shown: Shown = NOTHING_SHOWN
    ) -> Desk | None:
        """Note who knocks."""
        self.knocks.append((charger_id, peer))
        self.shown.append(shown)
        return None if charger_id in self.refused else self.desk


class Wallbox:
    """The other end of a link, frame by frame."""

    def __init__(self, socket: aiohttp.ClientWebSocketResponse) -> None:
        """Take an open connection."""
        self.socket = socket

    async def say(self, message: Any) -> None:
        """Send a frame: text as it is, everything else as JSON."""
        text = message if isinstance(message, str) else json.dumps(message)
        await self.socket.send_str(text)

    async def hear(self) -> Any:
        """Return the next frame."""
        return json.loads(await self.socket.receive_str())

    async def ask(self, action: str = "Heartbeat", message_id: str = "ask") -> Any:
        """Ask and return the answer, after which nothing else may be left."""
        await self.say([2, message_id, action, {}])
        return await self.hear()


async def _simple(link: Link, call: Call) -> Payload:
    if call.action in {"Heartbeat", "StatusNotification"}:
        return {"currentTime": "2026-11-20T12:00:00Z"}
    raise CallError("NotImplemented", "not known here")


@asynccontextmanager
async def serving(doors: Doors, **settings: Any) -> AsyncGenerator[Server]:
    """Run a server on a free port."""
    server = Server(doors, HOST, 0, **settings)
    await server.start()
    try:
        yield server
    finally:
        await server.stop()


@asynccontextmanager
async def dialling(
    server: Server,
    charger_id: str = "CP1",
    *,
    protocol: str = "ocpp1.6",
    **settings: Any,
) -> AsyncGenerator[Wallbox]:
    """Connect a wallbox."""
    address = f"ws://{HOST}:{server.port}/{charger_id}"
    async with (
        aiohttp.ClientSession() as client,
        client.ws_connect(address, protocols=[protocol], **settings) as socket,
    ):
        yield Wallbox(socket)


async def knock(
    server: Server,
    target: str,
    *lines: str,
    upgrade: tuple[str, ...] = (*UPGRADE, KEY),
    host: str = "house",
) -> tuple[list[str], asyncio.StreamReader, asyncio.StreamWriter]:
    """Send a handshake that no library would; return the lines of the answer."""
    reader, writer = await asyncio.open_connection(HOST, server.port)
    head = [f"GET {target} HTTP/1.1", f"Host: {host}", *upgrade, *lines, "", ""]
    writer.write("\r\n".join(head).encode())
    answer = (await reader.readuntil(b"\r\n\r\n")).decode()
    return answer.strip().split("\r\n"), reader, writer


async def settled(condition: Callable[[], object]) -> None:
    """Wait until something holds."""
    while not condition():  # noqa: ASYNC110 - any state, not one that signals itself
        await asyncio.sleep(0.001)
