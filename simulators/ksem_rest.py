"""A fake web interface of a KSEM: the calls about its wallbox, nothing else.

Paths, bodies and answers as the programs on the meter tell: the charge mode is written
as a whole and read by a WebSocket alone, phases are read and written at one path. How a
real meter refuses a wrong key on the WebSocket is not known; this one closes it.
"""

import asyncio
from contextlib import suppress
from http import HTTPStatus
import json
import time

from aiohttp import WSCloseCode, WSMsgType, web
from aiohttp.typedefs import Handler

_SHOWN = "local/config/e-mobility/chargemode"
_FIELDS = {
    "mode",
    "mincharginpowerquota",
    "minpvpowerquota",
    "lastminchargingpowerquota",
    "lastminpvpowerquota",
    "controlledby",
}
_MODES = ("lock", "grid", "pv", "hybrid")


class KsemRest:
    """The web interface on 127.0.0.1, with one wallbox, and faults to switch on."""

    def __init__(self, key: str = "secret-key", port: int = 0) -> None:
        """Begin locked, as a new meter does; port 0 takes a free one."""
        self.key = key
        self.port = port
        self.charging: dict[str, object] = {
            "mode": "lock",
            "mincharginpowerquota": 0,
            "minpvpowerquota": 0,
            "lastminchargingpowerquota": 100,
            "lastminpvpowerquota": 30,
            "controlledby": 0,
        }
        self.phase_usage: object = 0
        self.wallboxes: object = [{"label": "Wallbox"}]
        self.requests: list[str] = []
        """Method and path, oldest first."""
        self.written: list[dict[str, object]] = []
        """The bodies of the writes that were accepted."""
        self.longest_socket_s = 0.0
        self.open_sockets = 0
        # Faults.
        self.status: dict[str, int] = {}
        """An answer instead of the usual one, by method and end of the path."""
        self.location = ""
        """The host to which answers with a status of 3xx send."""
        self.garbage: str | None = None
        self.needs_header = True
        """Whether a request without the key in its header is refused."""
        self.first_frames: list[object] = []
        """What came first on each WebSocket."""
        self.binary = False
        """Whether the WebSocket sends binary frames."""
        self.delay_s = 0.0
        self.keeps = 0
        """How many readings still show the old values after a write."""
        self._before: dict[str, object] | None = None
        self._stopped = asyncio.Event()
        self._runner: web.AppRunner | None = None

    @property
    def host(self) -> str:
        """The address it listens on."""
        return "127.0.0.1"

    async def start(self) -> None:
        """Begin to answer; after a stop, on the same port."""
        self._stopped.clear()
        app = web.Application(middlewares=[self._guard])
        api = "/api/e-mobility"
        app.router.add_get(f"{api}/evselist", self._list)
        app.router.add_put(f"{api}/config/chargemode", self._put_mode)
        app.router.add_get(f"{api}/config/phaseswitching", self._get_phases)
        app.router.add_put(f"{api}/config/phaseswitching", self._put_phases)
        app.router.add_get(f"/api/data-transfer/ws/json/json/{_SHOWN}", self._socket)
        self._runner = web.AppRunner(app, shutdown_timeout=0.1)
        await self._runner.setup()
        site = web.TCPSite(self._runner, self.host, self.port)
        await site.start()
        self.port = self._runner.addresses[0][1]

    async def stop(self) -> None:
        """Close every socket and refuse new ones."""
        self._stopped.set()
        if self._runner is not None:
            await self._runner.cleanup()
            self._runner = None

    def count(self, end: str) -> int:
        """Return how many requests there were to a path with this end."""
        return sum(request.endswith(end) for request in self.requests)

    async def all_closed(self) -> bool:
        """Return whether every WebSocket is closed, within a second or two."""
        for _ in range(200):
            if not self.open_sockets:
                return True
            await asyncio.sleep(0.01)
        return False

    @web.middleware
    async def _guard(
        self,
        request: web.Request,
        handler: Handler,
    ) -> web.StreamResponse:
        name = f"{request.method} {request.path}"
        self.requests.append(name)
        with suppress(TimeoutError):
            async with asyncio.timeout(self.delay_s):
                await self._stopped.wait()
        for end, status in self.status.items():
            method, _, path = end.partition(" ")
            if method == request.method and request.path.endswith(path):
                where = (
                    {"Location": self.location + request.path}
                    if self.location
                    else None
                )
                return web.Response(status=status, headers=where)
        known = request.headers.get("Authorization") == f"Bearer {self.key}"
        if self.needs_header and not known:
            return web.Response(status=HTTPStatus.UNAUTHORIZED)
        return await handler(request)

    def _answer(self, value: object) -> str:
        return json.dumps(value) if self.garbage is None else self.garbage

    async def _list(self, _request: web.Request) -> web.Response:
        return web.Response(text=self._answer(self.wallboxes))

    async def _put_mode(self, request: web.Request) -> web.Response:
        body = await request.json()
        if set(body) != _FIELDS or body["mode"] not in _MODES:
            return web.Response(status=HTTPStatus.BAD_REQUEST)
        self._before, self.charging = self.charging, body
        self.written.append(body)
        return web.Response(status=HTTPStatus.NO_CONTENT)

    async def _get_phases(self, _request: web.Request) -> web.Response:
        return web.Response(text=self._answer({"phase_usage": self.phase_usage}))

    async def _put_phases(self, request: web.Request) -> web.Response:
        body = await request.json()
        if set(body) != {"phase_usage"} or body["phase_usage"] not in (0, 1, 2):
            return web.Response(status=HTTPStatus.BAD_REQUEST)
        self.written.append(body)
        if self.keeps:
            self.keeps -= 1
        else:
            self.phase_usage = body["phase_usage"]
        # Without a body and without a content type, as real meters do.
        return web.Response()

    async def _socket(self, request: web.Request) -> web.WebSocketResponse:
        socket = web.WebSocketResponse()
        await socket.prepare(request)
        began = time.monotonic()
        self.open_sockets += 1
        try:
            first = await socket.receive()
            self.first_frames.append(first.data)
            if first.type is not WSMsgType.TEXT or first.data != f"Bearer {self.key}":
                await socket.close(code=WSCloseCode.POLICY_VIOLATION)
                return socket
            shown = self.charging
            if self.keeps and self._before is not None:
                self.keeps -= 1
                shown = self._before
            frame = self._answer({"topic": f"json/{_SHOWN}", "msg": shown})
            if self.binary:
                await socket.send_bytes(frame.encode())
            else:
                await socket.send_str(frame)
            # It tells of every change from now on; nobody should listen so long.
            await socket.receive()
        finally:
            self.open_sockets -= 1
            self.longest_socket_s = max(self.longest_socket_s, time.monotonic() - began)
        return socket
