"""A simulated wallbox's line to its central system: dials, boots, keeps the order."""

import asyncio
from collections import deque
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
import json
import socket
from typing import Any, NamedTuple, Protocol
from uuid import uuid4

import aiohttp
from ocpp.exceptions import OCPPError  # type: ignore[import-untyped]  # has no types

from .charge_point_security import Security

_MOST_REFUSALS = 3
_BOOK = 10_000
_PING_S = 20
# What stands first in a frame: a call, its answer, an error for an answer.
_CALL, _RESULT = 2, 3


class Closed(Exception):
    """The connection is no more."""


class Entry(NamedTuple):
    """A frame that went over the line."""

    direction: str
    """`sent` or `received`."""
    action: str
    """Of an answer with `.conf` behind it, of an error with `.error`."""
    payload: Any


@dataclass(slots=True, eq=False)
class Message:
    """Something to send; what is `kept` waits for a line and is sent until answered."""

    make: Callable[[], Any]
    kept: bool = False
    answered: Callable[[Any], None] | None = None
    asked: bool = False
    """By the central system, so it may go before the wallbox is accepted."""
    number: str = field(default_factory=lambda: str(uuid4()))
    refusals: int = 0


class Connection:
    """One WebSocket as the `ocpp` library wants it, with the books."""

    def __init__(
        self, socket_: aiohttp.ClientWebSocketResponse, book: deque[Entry]
    ) -> None:
        """Take an open WebSocket and the book to write into."""
        self._socket = socket_
        self._book = book
        self._actions: dict[str, str] = {}

    async def recv(self) -> str:
        """Wait for a frame."""
        try:
            message = await self._socket.receive()
        except aiohttp.ClientConnectionResetError:
            # A ping can't be answered on a line that is just cut.
            raise Closed from None
        if message.type is not aiohttp.WSMsgType.TEXT:
            raise Closed
        text: str = message.data
        self._note("received", text)
        return text

    async def send(self, text: str) -> None:
        """Send a frame."""
        self._note("sent", text)
        try:
            await self._socket.send_str(text)
        except aiohttp.ClientConnectionResetError:
            raise Closed from None

    async def close(self) -> None:
        """Close in good order."""
        await self._socket.close()

    def cut(self) -> None:
        """End the connection without a close frame."""
        if (wire := self._socket.get_extra_info("socket")) is not None:
            with suppress(OSError):
                wire.shutdown(socket.SHUT_RDWR)

    def _note(self, direction: str, text: str) -> None:
        try:
            kind, number, *rest = json.loads(text)
        except ValueError, TypeError:
            self._book.append(Entry(direction, "", text))
            return
        if kind == _CALL:
            self._actions[number] = action = rest[0]
        else:
            end = ".conf" if kind == _RESULT else ".error"
            action = self._actions.get(number, "") + end
        self._book.append(Entry(direction, action, rest[-1]))


class Session(Protocol):
    """The `ocpp` library's charge point on one connection."""

    async def start(self) -> None:
        """Answer until the connection is closed."""

    async def call(self, payload: Any, *, suppress: bool, unique_id: str | None) -> Any:
        """Send a call and wait for its answer."""


class Line:
    """Dials again and again, boots once, and sends one message after the other."""

    def __init__(
        self,
        security: Security,
        hello: Callable[[], Any],
        make_session: Callable[[Connection], Session],
        registered: Callable[[bool], None],
        redial_s: tuple[float, float],
        *,
        beat: Callable[[], Any],
        protocol: str = "ocpp1.6",
    ) -> None:
        """Tell how to dial; `registered` hears of each line, and if after a boot."""
        self.security = security
        self.book: deque[Entry] = deque(maxlen=_BOOK)
        self.dials = True
        self.no_boot = False
        self.refused = 0
        self._hello = hello
        self._beat = beat
        self._protocol = protocol
        self._make_session = make_session
        self._registered = registered
        self._redial_s = redial_s
        self._messages: deque[Message] = deque()
        self._connection: Connection | None = None
        self._task: asyncio.Task[None] | None = None
        self._wake = asyncio.Event()
        self._accepted = False
        self._reboots = False
        self._boot_at = 0.0
        self._beat_at = 0.0
        self._beat_s = 0.0

    @property
    def connected(self) -> bool:
        """Whether the WebSocket is open."""
        return self._connection is not None

    @property
    def registered(self) -> bool:
        """Whether the central system is there and has accepted the wallbox."""
        return self.connected and self._accepted

    @property
    def waiting(self) -> int:
        """How many messages are not answered yet."""
        return len(self._messages)

    def start(self) -> None:
        """Begin to dial, as after power-on."""
        if self._task is None:
            self._accepted = self._reboots = False
            self._task = asyncio.create_task(self._run())

    async def stop(self) -> None:
        """Hang up and dial no more; what is kept stays in the queue."""
        task, self._task = self._task, None
        if task is not None:
            task.cancel()
            with suppress(asyncio.CancelledError):
                await task

    def say(self, message: Message) -> None:
        """Send a message when it is its turn; without a line only what is kept."""
        if message.kept or self.connected:
            self._messages.append(message)
            self._wake.set()

    def boot(self) -> None:
        """Send a BootNotification now, also again."""
        self._boot_at = 0.0
        if self._accepted:
            self.say(Message(self._hello))
        self._wake.set()

    def beat_every(self, seconds: float) -> None:
        """Send a heartbeat that often; 0 for never."""
        self._beat_s = seconds
        self._beat_at = asyncio.get_running_loop().time() + seconds
        self._wake.set()

    def drop(self) -> None:
        """Cut the connection without a close frame."""
        if self._connection is not None:
            self._connection.cut()

    def reboot(self, *, at_once: bool) -> None:
        """Boot on a new connection: at once, or when all is said."""
        if at_once:
            self._accepted = False
            # Nothing more on the connection that is being cut.
            self._boot_at = float("inf")
            self.drop()
        else:
            self._reboots = True
            self._wake.set()

    async def _run(self) -> None:
        shortest, longest = self._redial_s
        wait = shortest
        async with aiohttp.ClientSession() as client:
            while True:
                if self.dials and await self._dial(client):
                    wait = shortest
                await asyncio.sleep(wait)
                wait = min(2 * wait, longest)

    async def _dial(self, client: aiohttp.ClientSession) -> bool:
        """Talk as long as the connection lasts; say whether there was one."""
        try:
            how = await asyncio.to_thread(self.security.dialling)
            async with client.ws_connect(
                how.address,
                headers=how.headers,
                ssl=how.tls or True,
                protocols=(self._protocol,),
                timeout=aiohttp.ClientWSTimeout(ws_close=1),
            ) as socket_:
                if socket_.protocol == self._protocol:
                    self.security.dialled(success=True)
                    beating = asyncio.create_task(_beat(socket_))
                    try:
                        await self._talk(Connection(socket_, self.book))
                    finally:
                        beating.cancel()
                    return True
        except aiohttp.ClientError, OSError:
            pass
        self.refused += 1
        self.security.dialled(success=False)
        return False

    async def _talk(self, connection: Connection) -> None:
        session = self._make_session(connection)
        self._connection = connection
        self._boot_at = 0.0
        if self.no_boot:
            self._accepted = True
        if self._accepted:
            self._registered(False)
        try:
            async with asyncio.TaskGroup() as group:
                group.create_task(session.start())
                group.create_task(self._serve(session))
        except* Closed:
            pass
        finally:
            self._connection = None
            self._messages = deque(each for each in self._messages if each.kept)

    async def _serve(self, session: Session) -> None:
        """Do what is due, one thing at a time: boot, messages, heartbeats."""
        now = asyncio.get_running_loop().time
        while True:
            if not self._accepted and now() >= self._boot_at:
                await self._boot(session)
            elif message := self._next():
                await self._send(session, message)
            elif self._reboots:
                self._reboots = self._accepted = False
                if self._connection is not None:
                    await self._connection.close()
                raise Closed
            elif self._accepted and self._beat_s and now() >= self._beat_at:
                self._beat_at = now() + self._beat_s
                await self._ask(session, self._beat())
            else:
                await self._wait()

    async def _wait(self) -> None:
        due = self._beat_at if self._accepted else self._boot_at
        forever = self._accepted and not self._beat_s
        with suppress(TimeoutError):
            async with asyncio.timeout_at(None if forever else due):
                await self._wake.wait()
        self._wake.clear()

    def _next(self) -> Message | None:
        for message in self._messages:
            if self._accepted or message.asked:
                return message
        return None

    async def _boot(self, session: Session) -> None:
        now = asyncio.get_running_loop().time
        # A trigger while this is on its way asks for another one.
        self._boot_at = float("inf")
        answer = await self._ask(session, self._hello())
        interval = answer.interval if answer is not None else 0
        self._boot_at = min(self._boot_at, now() + (interval or self._redial_s[1]))
        if answer is not None and answer.status == "Accepted":
            self._accepted = True
            self.beat_every(interval)
            self._registered(True)

    async def _send(self, session: Session, message: Message) -> None:
        """Send one message; what is kept again and again, the same frame each time."""
        try:
            answer = await session.call(
                message.make(), suppress=False, unique_id=message.number
            )
        except TimeoutError:
            if not message.kept:
                self._messages.remove(message)
            return
        except OCPPError:
            message.refusals += 1
            if not message.kept or message.refusals >= _MOST_REFUSALS:
                self._messages.remove(message)
            return
        self._messages.remove(message)
        if message.answered is not None:
            message.answered(answer)

    async def _ask(self, session: Session, payload: Any) -> Any:
        """Call, and give None where no proper answer came."""
        try:
            return await session.call(payload, suppress=False, unique_id=None)
        except TimeoutError, OCPPError:
            return None


async def _beat(socket_: aiohttp.ClientWebSocketResponse) -> None:
    """Ping now and then; aiohttp's own heartbeat may outlive a connection."""
    with suppress(ConnectionError):
        while True:
            await asyncio.sleep(_PING_S)
            await socket_.ping()
