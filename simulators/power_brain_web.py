"""A fake web page of a Power Brain: the one request that is made to it."""

from http import HTTPStatus

from aiohttp import web

# As a box with firmware 1.14 answered one of its owners, much shortened.
_ANSWER: dict[str, object] = {
    "auth_cnt": 0,
    "devices": [{"dev_type": "evse_powerbrain", "dev_id": "E1", "is_evse": True}],
    "loadmgr_disabled": False,
}
_PARAMS = {
    "title": "Carport",
    "desc": "Ladestation",
    "max_total_power": 11000,
    "ocpp_srv_password": "secret-word",
    "cycle_time": 3010,
    "version": "1.14.0",
}


class PowerBrainWeb:
    """The page on 127.0.0.1; `active` is its load management."""

    host = "127.0.0.1"

    def __init__(self) -> None:
        """Begin as a new box: its load management is active."""
        self.active: object = True
        self.status = HTTPStatus.OK
        """Another one is answered without a body."""
        self.requests: list[tuple[str, bool]] = []
        """Method, path and query, and whether something like a log-in came along."""
        self.port = 0
        self._runner: web.AppRunner | None = None

    async def start(self) -> None:
        """Begin to answer; after a stop, on the same port."""
        app = web.Application()
        app.router.add_route("*", "/{path:.*}", self._tell)
        self._runner = web.AppRunner(app, shutdown_timeout=0.1)
        await self._runner.setup()
        await web.TCPSite(self._runner, self.host, self.port).start()
        self.port = self._runner.addresses[0][1]

    async def stop(self) -> None:
        """Refuse new sockets."""
        if self._runner is not None:
            await self._runner.cleanup()
            self._runner = None

    async def _tell(self, request: web.Request) -> web.Response:
        logged_in = "Authorization" in request.headers
        self.requests.append((f"{request.method} {request.path_qs}", logged_in))
        if self.status is not HTTPStatus.OK:
            return web.Response(status=self.status)
        params = {**_PARAMS, "lb_enabled": self.active}
        if self.active is None:
            del params["lb_enabled"]
        return web.json_response({"params": params, **_ANSWER})
