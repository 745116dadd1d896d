"""The central system of the Python library `ocpp`, alone in a process of its own.

It validates and answers; nothing is behind it. Prints its port when it listens; ends
with stdin.
"""

import asyncio
from contextlib import suppress
from datetime import UTC, datetime
import json
import logging
import sys
from typing import Any, Protocol

from aiohttp import web
from ocpp.routing import on  # type: ignore[import-untyped]  # the library has no types
from ocpp.v16 import (  # type: ignore[import-untyped]  # same
    ChargePoint,
    call_result,
)


class _Connection(Protocol):
    """What the library wants of a connection."""

    async def recv(self) -> str: ...
    async def send(self, message: str) -> None: ...


class _Socket:
    """A WebSocket of aiohttp as the library wants it."""

    def __init__(self, socket: web.WebSocketResponse) -> None:
        self._socket = socket

    async def recv(self) -> str:
        return await self._socket.receive_str()

    async def send(self, message: str) -> None:
        await self._socket.send_str(message)


class Wallbox(ChargePoint):  # type: ignore[misc]  # same
    """Answers a wallbox, and keeps its values."""

    def __init__(self, identity: str, connection: _Connection) -> None:
        """Take a new connection."""
        super().__init__(identity, connection)
        self._values: dict[tuple[str, str | None], float] = {}

    @on("BootNotification")  # type: ignore[untyped-decorator]  # same
    async def boot(self, **_: Any) -> object:
        """Accept it."""
        now = datetime.now(UTC).isoformat()
        return call_result.BootNotification(
            current_time=now, interval=60, status="Accepted"
        )

    @on("StatusNotification")  # type: ignore[untyped-decorator]  # same
    async def status(self, **_: Any) -> object:
        """Take note."""
        return call_result.StatusNotification()

    @on("StartTransaction")  # type: ignore[untyped-decorator]  # same
    async def start_transaction(self, **_: Any) -> object:
        """Let it charge."""
        return call_result.StartTransaction(
            transaction_id=1, id_tag_info={"status": "Accepted"}
        )

    @on("MeterValues")  # type: ignore[untyped-decorator]  # same
    async def meter_values(self, meter_value: list[dict[str, Any]], **_: Any) -> object:
        """Keep all that it brings."""
        for sample in meter_value:
            for one in sample["sampled_value"]:
                self._values[one["measurand"], one.get("phase")] = float(one["value"])
        return call_result.MeterValues()


async def _serve(request: web.Request) -> web.WebSocketResponse:
    socket = web.WebSocketResponse(protocols=("ocpp1.6",))
    await socket.prepare(request)
    with suppress(TypeError):  # what `receive_str` raises at the end
        await Wallbox(request.match_info["identity"], _Socket(socket)).start()
    return socket


async def main() -> None:
    """Serve until stdin ends."""
    # Otherwise it logs each frame.
    logging.getLogger("ocpp").setLevel(logging.WARNING)
    app = web.Application()
    app.router.add_get("/{identity}", _serve)
    runner = web.AppRunner(app, access_log=None)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    sys.stdout.write(f"{json.dumps({'port': runner.addresses[0][1]})}\n")
    sys.stdout.flush()
    await asyncio.to_thread(sys.stdin.read)


if __name__ == "__main__":
    asyncio.run(main())
