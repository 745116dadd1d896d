"""A fake billing backend that charge points dial by OCPP 1.6J, on the `ocpp` library.

It books transactions as real ones do: a beginning that comes again with the same
connector, card, time and register is the one it knows, and has its number again.
"""

from base64 import b64decode
import binascii
from dataclasses import dataclass, field
from datetime import UTC, datetime
import json
import ssl
from typing import Any

from aiohttp import WSMsgType, web
from ocpp.routing import on  # type: ignore[import-untyped]  # has no types
from ocpp.v16 import ChargePoint as Library  # type: ignore[import-untyped]
from ocpp.v16 import call_result

_ACCEPTED = {"status": "Accepted"}


@dataclass
class Booked:
    """A transaction as the backend has it."""

    number: int
    start: dict[str, Any]
    starts: int = 1
    """How often its beginning came."""
    values: list[dict[str, Any]] = field(default_factory=list)
    stops: list[dict[str, Any]] = field(default_factory=list)


class Hub(Library):  # type: ignore[misc]  # has no types
    """One charge point's connection, as the backend sees it."""

    def __init__(
        self, identity: str, connection: _Connection, backend: Backend
    ) -> None:
        """Answer for a backend."""
        super().__init__(identity, connection, response_timeout=10)
        self._backend = backend

    @on("BootNotification")  # type: ignore[untyped-decorator]  # has no types
    def boot(self, **said: Any) -> Any:
        """Say whether it may talk."""
        self._backend.boots.append(said)
        now = datetime.now(UTC).isoformat()
        status = self._backend.boot_status
        return call_result.BootNotification(now, self._backend.interval_s, status)

    @on("Heartbeat")  # type: ignore[untyped-decorator]  # has no types
    def beat(self) -> Any:
        """Tell the time."""
        return call_result.Heartbeat(datetime.now(UTC).isoformat())

    @on("StatusNotification")  # type: ignore[untyped-decorator]  # has no types
    def status(self, **said: Any) -> Any:
        """Keep the last status of each connector."""
        self._backend.statuses[said["connector_id"]] = said["status"]
        return call_result.StatusNotification()

    @on("Authorize")  # type: ignore[untyped-decorator]  # has no types
    def authorize(self, id_tag: str) -> Any:
        """Say whether a card may charge."""
        return call_result.Authorize(self._backend.verdict(id_tag))

    @on("StartTransaction")  # type: ignore[untyped-decorator]  # has no types
    def begin(self, **said: Any) -> Any:
        """Book a beginning, once."""
        booked = self._backend.book(said)
        verdict = self._backend.verdict(said["id_tag"])
        return call_result.StartTransaction(booked.number, verdict)

    @on("MeterValues")  # type: ignore[untyped-decorator]  # has no types
    def values(self, call_unique_id: str, **said: Any) -> Any:
        """Book meter values, once."""
        booked = self._backend.find(said.get("transaction_id"))
        if booked is not None and self._backend.is_new(call_unique_id):
            booked.values.append(said)
        return call_result.MeterValues()

    @on("StopTransaction", skip_schema_validation=True)  # type: ignore[untyped-decorator]  # has no types
    def end(self, call_unique_id: str, **said: Any) -> Any:
        """Book an end, once."""
        booked = self._backend.find(said.get("transaction_id"))
        if not self._backend.is_new(call_unique_id):
            pass
        elif booked is not None:
            booked.stops.append(said)
        else:
            self._backend.strays.append(said)
        return call_result.StopTransaction()

    @on("DataTransfer")  # type: ignore[untyped-decorator]  # has no types
    def transfer(self, **said: Any) -> Any:
        """Take whatever is said."""
        return call_result.DataTransfer("Accepted", said.get("data"))


class _Connection:
    """What the library wants of a WebSocket."""

    def __init__(self, socket: web.WebSocketResponse, backend: Backend) -> None:
        self._socket = socket
        self._backend = backend

    async def recv(self) -> str:
        """Return the next frame; the connection's end ends the library's loop."""
        while True:
            message = await self._socket.receive()
            if message.type is not WSMsgType.TEXT:
                raise ConnectionError
            if await self._backend.takes(message.data):
                return str(message.data)

    async def send(self, text: str) -> None:
        """Send a frame, unless answers get lost."""
        self._backend.gave.append(text)
        if text.startswith("[3") and self._backend.lose_answers > 0:
            self._backend.lose_answers -= 1
            return
        await self._socket.send_str(text)


class Backend:
    """A backend on a free port of 127.0.0.1; everything about it may be changed."""

    def __init__(self, tls: ssl.SSLContext | None = None) -> None:
        """Know nobody: then everybody is let in."""
        self.identities: dict[str, str] = {}
        """Passwords by identity; empty for none."""
        self.http_status = 0
        """Answered to all who dial, unless 0."""
        self.retry_after: str | None = None
        self.protocols: tuple[str, ...] = ("ocpp1.6",)
        self.boot_status = "Accepted"
        self.interval_s = 300
        self.refused_tags: set[str] = set()
        self.lose_answers = 0
        """How many answers are not sent."""
        self.errors: dict[str, int] = {}
        """How many calls of an action are answered by an error."""
        self.drop_after: int | None = None
        """After how many frames a connection is cut, before the frame is answered."""
        self.paths: list[str] = []
        self.took: list[str] = []
        self.gave: list[str] = []
        self.boots: list[dict[str, Any]] = []
        self.statuses: dict[int, str] = {}
        self.booked: list[Booked] = []
        self.strays: list[dict[str, Any]] = []
        """Ends of transactions that it does not know."""
        self.hubs: dict[str, Hub] = {}
        self.port = 0
        self._ids: set[str] = set()
        self._sockets: set[web.WebSocketResponse] = set()
        self._tls = tls
        self._runner: web.AppRunner | None = None

    @property
    def url(self) -> str:
        """Where it is dialled, with a path of its own."""
        return (
            f"{'ws' if self._tls is None else 'wss'}://127.0.0.1:{self.port}/cpo/ocpp"
        )

    async def start(self) -> None:
        """Listen, on the same port as before."""
        app = web.Application()
        app.router.add_route("GET", "/{path:.*}", self._serve)
        self._runner = web.AppRunner(app, access_log=None, shutdown_timeout=1)
        await self._runner.setup()
        site = web.TCPSite(self._runner, "127.0.0.1", self.port, ssl_context=self._tls)
        await site.start()
        self.port = self._runner.addresses[0][1]

    async def stop(self) -> None:
        """Close everything."""
        self.drop()
        if self._runner is not None:
            await self._runner.cleanup()
            self._runner = None

    def drop(self) -> None:
        """Cut all connections without a word."""
        for socket in self._sockets:
            transport = socket._req.transport if socket._req else None  # noqa: SLF001  # no public way
            if transport is not None:
                transport.abort()

    async def ask(self, identity: str, request: Any) -> Any:
        """Ask a charge point; None where it answers by an error."""
        return await self.hubs[identity].call(request)

    # What it books

    def is_new(self, message_id: str) -> bool:
        """Say whether a message was not booked before, and note it."""
        new = message_id not in self._ids
        self._ids.add(message_id)
        return new

    def verdict(self, tag: str) -> dict[str, str]:
        """Say whether a card may charge."""
        return {"status": "Invalid" if tag in self.refused_tags else "Accepted"}

    def book(self, said: dict[str, Any]) -> Booked:
        """Return the transaction of a beginning, the known one if it comes again."""
        for booked in self.booked:
            if booked.start == said:
                booked.starts += 1
                return booked
        booked = Booked(9000 + 7 * len(self.booked), said)
        self.booked.append(booked)
        return booked

    def find(self, number: int | None) -> Booked | None:
        """Return the transaction of a number."""
        return next((one for one in self.booked if one.number == number), None)

    def frames(self, action: str) -> list[str]:
        """Return all calls of an action, as they came."""
        return [text for text in self.took if f'"{action}"' in text[:120]]

    # Inside

    async def takes(self, text: str) -> bool:
        """Note a frame; False where it is refused here, or never answered."""
        self.took.append(text)
        if self.drop_after is not None:
            self.drop_after -= 1
            if self.drop_after < 0:
                self.drop_after = None
                self.drop()
                return False
        frame = json.loads(text)
        if frame[0] == 2 and self.errors.get(frame[2], 0) > 0:
            self.errors[frame[2]] -= 1
            for socket in self._sockets:
                await socket.send_str(
                    json.dumps([4, frame[1], "InternalError", "", {}])
                )
            return False
        return True

    async def _serve(self, request: web.Request) -> web.StreamResponse:
        self.paths.append(request.raw_path)
        identity = request.path.rpartition("/")[2]
        if self.http_status:
            headers = {"Retry-After": self.retry_after} if self.retry_after else {}
            return web.Response(status=self.http_status, headers=headers)
        if self.identities and identity not in self.identities:
            return web.Response(status=404)
        password = self.identities.get(identity, "")
        if password and _password(request, identity) != password:
            return web.Response(status=401)
        socket = web.WebSocketResponse(protocols=self.protocols, timeout=1)
        await socket.prepare(request)
        self._sockets.add(socket)
        hub = Hub(identity, _Connection(socket, self), self)
        self.hubs[identity] = hub
        try:
            await hub.start()
        except ConnectionError:
            pass
        finally:
            self._sockets.discard(socket)
            if self.hubs.get(identity) is hub:
                del self.hubs[identity]
        return socket


def _password(request: web.Request, identity: str) -> str | None:
    header = request.headers.get("Authorization", "")
    try:
        decoded = b64decode(header.removeprefix("Basic ")).decode()
    except binascii.Error, ValueError:
        return None
    user = f"{identity}:"
    return decoded.removeprefix(user) if decoded.startswith(user) else None
