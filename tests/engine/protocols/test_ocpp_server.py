"""The server: who replaces whom, who is found dead, and how it stops."""

import asyncio
from collections.abc import Callable
import json
import logging
import socket
import struct
from typing import Any

import aiohttp
import ocpp.messages
from ocpp.routing import on
from ocpp.v16 import ChargePoint, call, call_result
from ocpp_wallbox import (
    HOST,
    KEY,
    OCPP16,
    UPGRADE,
    Desk,
    Doors,
    dialling,
    knock,
    serving,
    settled,
)
import pytest

from custom_components.meters_and_chargers.engine.model import Unreachable
from custom_components.meters_and_chargers.engine.protocols.ocpp import (
    Call,
    Link,
    Payload,
    Server,
)
from custom_components.meters_and_chargers.engine.protocols.ocpp import (
    session as sessions,
)

_RESET = struct.pack("ii", 1, 0)


@pytest.fixture(autouse=True)
def auto_enable_custom_integrations(socket_enabled: None) -> None:
    """Start no Home Assistant; these need sockets alone."""


@pytest.fixture
def expected_logs() -> list[str]:
    """Big messages are slow where asyncio debugs."""
    return ["Executing <"]


async def test_newest_connection_wins() -> None:
    """The old one is closed, its end told after the new one's start: never away."""
    doors = Doors()
    async with serving(doors) as server, dialling(server) as old:
        assert doors.desk.link is not None
        waiting = asyncio.create_task(doors.desk.link.call("Reset", {}))
        await old.hear()
        async with dialling(server) as new:
            assert (await old.socket.receive()).data == aiohttp.WSCloseCode.GOING_AWAY
            with pytest.raises(Exception, match="closed"):
                await waiting
            assert doors.desk.events == ["opened CP1", "opened CP1", "closed CP1"]
            assert (await new.ask())[0] == 3
            assert server.links == {"CP1": doors.desk.link}
    assert doors.desk.events[3:] == ["closed CP1"]


async def test_who_leaves_during_the_handshake(
    caplog: pytest.LogCaptureFixture,
) -> None:
    """Nobody is shown as connected, no error is logged, the next one is served."""
    caplog.set_level(logging.DEBUG, "custom_components")
    doors = Doors()
    async with serving(doors) as server:
        with socket.create_connection((HOST, server.port)) as line:
            # Closed with a reset: the answer to the first request finds nobody, and
            # the second one is asked for on a line that is closing.
            line.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _RESET)
            lines = ["GET /CP1 HTTP/1.1", "Host: house", *UPGRADE, KEY, OCPP16, "", ""]
            head = "GET / HTTP/1.1\r\nHost: house\r\n\r\n" + "\r\n".join(lines)
            line.sendall(head.encode())
        await settled(lambda: "CP1 left during its handshake" in caplog.messages)
        assert not doors.desk.events
        assert not server.links
        async with dialling(server) as wallbox:
            assert (await wallbox.ask())[0] == 3
    assert not [one for one in caplog.records if one.levelno > logging.INFO]


async def test_move_without_closing() -> None:
    """A wallbox that was accepted meanwhile keeps its connection."""
    doors = Doors()

    async def accept(link: Link, call: Call) -> Payload:
        return {"accepted": True}

    accepted = Desk(accept)
    async with serving(doors) as server, dialling(server) as wallbox:
        first = await wallbox.ask()
        assert server.move("CP1", accepted)
        assert server.move("CP1", accepted)
        assert doors.desk.events == ["opened CP1", "closed CP1"]
        assert accepted.events == ["opened CP1"]
        assert await wallbox.ask() == [3, "ask", {"accepted": True}] != first
        assert not server.move("CP2", accepted)
    assert accepted.events == ["opened CP1", "closed CP1"]
    assert doors.desk.events == ["opened CP1", "closed CP1"]


async def test_port_taken_and_free_again() -> None:
    """The error passes through, and a stopped server leaves its port."""
    async with serving(Doors()) as server:
        second = Server(Doors(), HOST, server.port)
        assert second.port == server.port
        with pytest.raises(OSError, match=r"(?i)address already in use"):
            await second.start()
        await second.stop()
    await second.start()
    async with dialling(second) as wallbox:
        assert (await wallbox.ask())[0] == 3
    await second.stop()
    await second.stop()


@pytest.mark.parametrize("stuffed", [False, True])
async def test_stop_with_clients_that_ignore_it(stuffed: bool) -> None:  # noqa: FBT001 - a table's column
    """Ten who never answer the close are waited for together, full buffers or not."""
    doors = Doors()
    async with serving(doors) as server:
        knocked = [await knock(server, f"/CP{n}", OCPP16) for n in range(10)]
        await settled(lambda: len(server.links) == 10)
        big: Any = {"data": "x" * 10_000_000 if stuffed else ""}
        asked = [
            asyncio.create_task(link.call("DataTransfer", big))
            for link in server.links.values()
        ]
        idle = await asyncio.open_connection(HOST, server.port)
        await asyncio.sleep(0.01)
        clock = asyncio.get_running_loop().time
        start = clock()
        await server.stop()
        assert clock() - start < 5 * sessions.CLOSE_S
        assert not server.links
        assert len([event for event in doors.desk.events if "closed" in event]) == 10
        for failure in await asyncio.gather(*asked, return_exceptions=True):
            assert isinstance(failure, Exception)
        for _, _, writer in knocked:
            writer.close()
        idle[1].close()


async def test_stop_says_goodbye() -> None:
    """A wallbox hears 1001, and one that comes during the stop is not served."""
    doors = Doors()
    async with serving(doors) as server, dialling(server) as wallbox:
        stopping = asyncio.create_task(server.stop())
        message = await wallbox.socket.receive()
        assert message.data == aiohttp.WSCloseCode.GOING_AWAY
        await stopping


async def test_knock_during_the_stop() -> None:
    """Who has connected but not asked for anything before the stop finds nobody."""
    doors = Doors()
    async with serving(doors) as server:
        silent = await knock(server, "/CP1", OCPP16)
        reader, writer = await asyncio.open_connection(HOST, server.port)
        writer.write(b"G")
        await settled(lambda: server.links)
        await asyncio.sleep(0.01)
        stopping = asyncio.create_task(server.stop())
        await settled(lambda: not server.links)
        lines = ["ET /CP2 HTTP/1.1", "Host: house", *UPGRADE, KEY, OCPP16, "", ""]
        writer.write("\r\n".join(lines).encode())
        await reader.readuntil(b"\r\n\r\n")
        assert await reader.readexactly(4) == b"\x88\x02" + (1001).to_bytes(2)
        silent[2].close()
        writer.close()
        await stopping
    assert doors.desk.events == ["opened CP1", "closed CP1"]


async def test_pings_find_a_dead_line() -> None:
    """One that answers no ping is closed."""
    doors = Doors()
    async with serving(doors, ping_s=0.02) as server:
        _, reader, writer = await knock(server, "/CP1", OCPP16)
        assert await reader.readexactly(2) == b"\x89\x00"
        await settled(lambda: doors.desk.events == ["opened CP1", "closed CP1"])
        writer.close()


async def test_pings_find_one_that_reads_nothing(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Even where there is no room for a ping; who asked it hears of the end."""
    monkeypatch.setattr(sessions, "CLOSE_S", 0.02)
    doors = Doors()
    async with serving(doors, ping_s=0.02) as server:
        _, _, writer = await knock(server, "/CP1", OCPP16)
        await settled(lambda: doors.desk.link)
        assert doors.desk.link is not None
        with pytest.raises(Unreachable):
            await doors.desk.link.call("DataTransfer", {"data": "x" * 10_000_000})
        await settled(lambda: doors.desk.events == ["opened CP1", "closed CP1"])
        writer.close()


async def test_pings_keep_a_quiet_line() -> None:
    """An answer to a ping is a sign of life, and so is a call."""
    doors = Doors()
    async with (
        serving(doors, ping_s=1.0) as server,
        dialling(server, autoping=False) as wallbox,
    ):
        for answer in (wallbox.socket.pong, wallbox.ask, wallbox.socket.pong):
            assert (await wallbox.socket.receive()).type is aiohttp.WSMsgType.PING
            await answer()
        assert (await wallbox.socket.receive()).type is aiohttp.WSMsgType.PING
        assert doors.desk.events == ["opened CP1"]


async def test_a_wallbox_may_ping() -> None:
    """It is answered with what it sent, and pings to a closed line harm nobody."""
    async with serving(Doors(), ping_s=None) as server:
        _, reader, writer = await knock(server, "/CP1", OCPP16)
        writer.write(b"\x89\x82\0\0\0\0hi")
        assert await reader.readexactly(4) == b"\x8a\x02hi"
        writer.close()


class Socket:
    """What the `ocpp` library needs of a connection."""

    def __init__(self, socket: aiohttp.ClientWebSocketResponse) -> None:
        """Take an open one."""
        self.recv: Callable[[], Any] = socket.receive_str
        self.send: Callable[[str], Any] = socket.send_str


class LibraryWallbox(ChargePoint):  # type: ignore[misc]  # the library has no types
    """A wallbox made of the `ocpp` library."""

    @on("RemoteStartTransaction")  # type: ignore[untyped-decorator]  # as above
    def on_start(self, id_tag: str, **_: Any) -> Any:
        """Accept one tag."""
        status = "Accepted" if id_tag == "TAG" else "Rejected"
        return call_result.RemoteStartTransaction(status=status)


async def test_a_wallbox_of_another_make(monkeypatch: pytest.MonkeyPatch) -> None:
    """The library's client boots and is started from here."""
    monkeypatch.setattr(ocpp.messages, "ASYNC_VALIDATION", False)

    async def boot(link: Link, call: Call) -> Payload:
        assert json.loads(call.raw)[2] == "BootNotification"
        assert call.payload["chargePointModel"] == "Model"
        return {
            "currentTime": "2026-11-20T12:00:00Z",
            "interval": 300,
            "status": "Accepted",
        }

    doors = Doors()
    doors.desk = Desk(boot)
    async with serving(doors) as server, dialling(server) as wallbox:
        point = LibraryWallbox("CP1", Socket(wallbox.socket))
        running = asyncio.create_task(point.start())
        answer = await point.call(
            call.BootNotification(
                charge_point_model="Model", charge_point_vendor="Vendor"
            )
        )
        assert (answer.status, answer.interval) == ("Accepted", 300)
        assert doors.desk.link is not None
        started = await doors.desk.link.call("RemoteStartTransaction", {"idTag": "TAG"})
        assert started == {"status": "Accepted"}
        running.cancel()
        await asyncio.wait({running})
