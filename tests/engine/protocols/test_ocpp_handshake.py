"""The handshake: which address, which version, and what is said to the others."""

import asyncio
from contextlib import suppress
from dataclasses import replace
from functools import partial
from typing import Any

from ocpp_wallbox import (
    HOST,
    KEY,
    OCPP16,
    SWITCHING,
    UPGRADE,
    Doors,
    dialling,
    knock,
    serving,
    settled,
)
import pytest

from custom_components.meters_and_chargers.engine.protocols.ocpp import (
    Manners,
    Refusal,
    Server,
    Unauthorised,
    Version,
    handshake,
    manners,
)

NOT_FOUND = "HTTP/1.1 404 Not Found"
BAD_REQUEST = "HTTP/1.1 400 Bad Request"


@pytest.fixture(autouse=True)
def auto_enable_custom_integrations(socket_enabled: None) -> None:
    """Start no Home Assistant; these need sockets alone."""


@pytest.fixture
def expected_logs() -> list[str]:
    """A refused wallbox is named."""
    return [f"{name} can't connect" for name in ("CP1", HOST, "refused")]


@pytest.mark.parametrize(
    ("target", "charger_id"),
    [
        ("/CP1", "CP1"),
        ("///CP1", "CP1"),
        ("/ocpp/CP1", "CP1"),
        ("/a/b//c/CP1/", "CP1"),
        ("/CP1?token=a/b", "CP1"),
        ("/CP%201", "CP 1"),
        ("/ocpp/CP%2F1", "CP/1"),
        ("/CP%252F1", "CP%2F1"),
        ("/c%C3%B4te", "c\u00f4te"),
        ("http://house:9000/CP1", "CP1"),
        ("/ws://house:9000/ocpp/CP1", "CP1"),
    ],
)
async def test_identity(target: str, charger_id: str) -> None:
    """The last segment counts, decoded once."""
    doors = Doors()
    async with serving(doors) as server:
        answer, _, writer = await knock(server, target, OCPP16)
        assert answer[0] == SWITCHING
        assert doors.knocks == [(charger_id, HOST)]
        await settled(lambda: charger_id in server.links)
        writer.close()


@pytest.mark.parametrize(
    "target",
    [
        "/",
        "///",
        "/?id=CP1",
        "http://house:9000",
        "/%FF",
        "/a%0Ab",
        f"/{'x' * 256}",
        "/refused",
    ],
)
async def test_no_identity_or_a_refused_one(target: str) -> None:
    """Refused before the handshake is finished."""
    doors = Doors(refused=("refused",))
    async with serving(doors) as server:
        answer, _, writer = await knock(server, target, OCPP16)
        assert answer[0] == NOT_FOUND
        assert [who for who, _ in doors.knocks] in ([], ["refused"])
        writer.close()


@pytest.mark.parametrize(
    ("lines", "spelling"),
    [
        ((OCPP16,), "ocpp1.6"),
        (("Sec-WebSocket-Protocol: OCPP1.6",), "OCPP1.6"),
        (("Sec-WebSocket-Protocol: ocpp1.6j",), "ocpp1.6j"),
        (("Sec-WebSocket-Protocol: ocpp2.0.1,ocpp1.6",), "ocpp1.6"),
        (("sec-websocket-protocol: ocpp1.6J , ,ocpp1.6",), "ocpp1.6"),
        (("Sec-WebSocket-Protocol: ocpp2.0.1", OCPP16), "ocpp1.6"),
        ((OCPP16, OCPP16), "ocpp1.6"),
        ((OCPP16, "X-Name: \u00e4", "Cookie: a=b"), "ocpp1.6"),
    ],
)
async def test_subprotocol(
    lines: tuple[str, ...], spelling: str, caplog: pytest.LogCaptureFixture
) -> None:
    """Version 1.6 is recognised however it is offered, and confirmed as it was."""
    async with serving(Doors()) as server:
        answer, _, writer = await knock(server, "/CP1", *lines)
        assert answer[0] == SWITCHING
        offers = [line for line in answer if line.startswith("Sec-WebSocket-Protocol")]
        assert offers == [f"Sec-WebSocket-Protocol: {spelling}"]
        await settled(lambda: server.links)
        writer.close()
    assert "overlap" not in caplog.text


@pytest.mark.parametrize(
    ("lines", "why"),
    [
        ((), Refusal.NO_VERSION),
        (("Sec-WebSocket-Protocol: ocpp2.0",), Refusal.OTHER_VERSION),
        (("Sec-WebSocket-Protocol: ocpp2.0, ocpp1.5",), Refusal.OTHER_VERSION),
    ],
)
async def test_another_version(
    lines: tuple[str, ...], why: Refusal, caplog: pytest.LogCaptureFixture
) -> None:
    """The handshake is finished, then the connection closed; logged once."""
    doors = Doors()
    refused: list[tuple[str, str, Refusal | None]] = []
    told = partial(_note, refused)
    async with serving(doors, on_refused=told) as server:
        for close in (b"\x88\x80\0\0\0\0", b""):
            answer, reader, writer = await knock(server, "/CP1", *lines)
            assert answer[0] == SWITCHING
            assert "Sec-WebSocket-Protocol" not in "".join(answer)
            assert await reader.readexactly(4) == b"\x88\x02" + (1002).to_bytes(2)
            # Whether it answers the close or not, the line is cut soon after.
            writer.write(close)
            assert await reader.read() == b""
            writer.close()
        assert not server.links
        assert not doors.desk.events
        assert refused == [("CP1", HOST, why)]
        async with dialling(server):
            assert refused[1:] == [("CP1", HOST, None)]
    assert caplog.text.count(f"CP1 can't connect: {why}") == 1
    assert "overlap" not in caplog.text


@pytest.mark.parametrize(
    ("offered", "spelling", "version"),
    [
        ("ocpp1.6", "ocpp1.6", "1.6"),
        ("ocpp2.0.1", "ocpp2.0.1", "2.0.1"),
        ("ocpp2.1", "ocpp2.1", "2.1"),
        ("OCPP2.0.1", "OCPP2.0.1", "2.0.1"),
        ("ocpp2.1, ocpp2.0.1, ocpp1.6", "ocpp1.6", "1.6"),
        ("ocpp2.1, ocpp2.0.1", "ocpp2.0.1", "2.0.1"),
    ],
)
async def test_version(offered: str, spelling: str, version: str) -> None:
    """Of several, the one that most wallboxes are proven with."""
    async with serving(Doors()) as server:
        offer = f"Sec-WebSocket-Protocol: {offered}"
        answer, _, writer = await knock(server, "/CP1", offer)
        assert f"Sec-WebSocket-Protocol: {spelling}" in answer
        await settled(lambda: server.links)
        assert server.links["CP1"].version == version
        assert server.trace("CP1").version == version
        writer.close()


@pytest.mark.parametrize(
    ("wanted", "offered", "spelling"),
    [
        (Version.V201, "ocpp1.6, ocpp2.0.1", "ocpp2.0.1"),
        (Version.V201, "ocpp2.1, ocpp2.0.1, ocpp1.6", "ocpp2.0.1"),
        (Version.V21, "ocpp2.0.1, OCPP2.1", "OCPP2.1"),
        (Version.V21, "ocpp1.6, ocpp2.0.1", "ocpp1.6"),
        (Version.V201, "ocpp1.6", "ocpp1.6"),
        (Version.V201, "ocpp2.1", "ocpp2.1"),
    ],
)
async def test_a_wanted_version_goes_first(
    wanted: Version, offered: str, spelling: str
) -> None:
    """Also where we'd prefer another; who does not offer it is not locked out."""
    async with serving(Doors()) as server:
        server.treat("CP1", Manners(version=wanted))
        offer = f"Sec-WebSocket-Protocol: {offered}"
        answer, _, writer = await knock(server, "/CP1", offer)
        assert f"Sec-WebSocket-Protocol: {spelling}" in answer
        await settled(lambda: server.links)
        assert server.links["CP1"].version == spelling.lower().removeprefix("ocpp")
        writer.close()


async def test_another_wanted_version_acts_at_once() -> None:
    """Who speaks another one dials again, nobody else and not for anything less."""
    treated = Manners(ping_s=None)
    async with serving(Doors()) as server:
        server.treat("CP1", treated)
        async with dialling(server) as wallbox, dialling(server, "CP2"):
            await settled(lambda: len(server.links) == 2)
            for version in (Version.V16, None):
                server.treat("CP1", replace(treated, version=version))
                assert (await wallbox.ask())[0] == 3
            server.treat("CP1", replace(treated, version=Version.V201))
            assert (await wallbox.socket.receive()).data == 1001
            assert set(server.links) == {"CP2"}
        async with dialling(server) as wallbox:
            # It does not offer that one: it is not hung up on for ever.
            server.treat("CP1", replace(treated, version=Version.V201, timeout_s=5))
            assert (await wallbox.ask())[0] == 3


@pytest.mark.parametrize("protocol", ["ocpp1.6", "ocpp2.0.1"])
async def test_compression(protocol: str) -> None:
    """OCPP 2 wants it offered to every wallbox; a long answer fits as well."""
    async with serving(Doors()) as server:
        client = dialling(server, protocol=protocol, compress=15)
        async with client as wallbox:
            assert wallbox.socket.compress
            assert (await wallbox.ask())[0] == 3
    async with serving(Doors()) as server, dialling(server, protocol=protocol) as box:
        assert not box.socket.compress
        assert (await box.ask())[0] == 3


def _note(
    refused: list[tuple[str, str, Refusal | None]],
    charger_id: str,
    peer: str,
    why: Refusal | None,
) -> None:
    refused.append((charger_id, peer, why))


@pytest.mark.parametrize(
    ("line", "confirmed"),
    [
        ("X-Nothing: here", []),
        ("Sec-WebSocket-Protocol: ocpp2.0.1", ["Sec-WebSocket-Protocol: ocpp2.0.1"]),
        ("Sec-WebSocket-Protocol: a, ocpp1.6", ["Sec-WebSocket-Protocol: ocpp1.6"]),
    ],
)
async def test_a_pinned_version(line: str, confirmed: list[str]) -> None:
    """A wallbox that is known to speak 1.6 does so whatever it offers; others don't."""
    async with serving(Doors()) as server:
        server.treat("CP2", Manners(version=Version.V16))
        answer, _, writer = await knock(server, "/CP2", line)
        assert answer[0] == SWITCHING
        offers = [one for one in answer if one.startswith("Sec-WebSocket-Protocol")]
        assert offers == confirmed
        await settled(lambda: server.links)
        writer.close()
        server.treat("CP2", None)
        _, reader, writer = await knock(server, "/CP1", "X-Nothing: here")
        assert (await reader.readexactly(4))[0] == 0x88
        writer.close()


async def test_an_alias() -> None:
    """It is the same wallbox, one connection in all; a known one is never an alias."""
    doors = Doors()
    async with serving(doors) as server:
        server.treat("CP1", Manners(aliases=frozenset({"CP1-SN7", "CP2"})))
        server.treat("CP2", Manners())
        async with dialling(server, "CP1-SN7"), dialling(server, "CP2"):
            await settled(lambda: set(server.links) == {"CP1", "CP2"})
        assert [who for who, _ in doors.knocks] == ["CP1", "CP2"]
        server.treat("CP3", Manners(aliases=frozenset({"CP1-SN7"})))
        async with dialling(server, "CP1-SN7"):
            # Two claim it, so it is nobody's.
            await settled(lambda: set(server.links) == {"CP1-SN7"})


async def test_a_new_alias_ends_the_strangers_connection() -> None:
    """It was let wait as another one; it comes back as the one it is."""
    async with serving(Doors()) as server, dialling(server, "CP9") as wallbox:
        await settled(lambda: "CP9" in server.links)
        server.treat("CP1", Manners(aliases=frozenset({"CP9"})))
        assert (await wallbox.socket.receive()).data == 1001
        async with dialling(server, "CP9"):
            await settled(lambda: set(server.links) == {"CP1"})


async def test_no_identity_from_an_expected_address() -> None:
    """Let in where exactly one wallbox is expected from there; named where not."""
    async with serving(Doors()) as server:
        server.treat("CP1", Manners(address=HOST))
        server.treat("CP2", Manners(address="127.0.0.9"))
        async with dialling(server, ""):
            await settled(lambda: set(server.links) == {"CP1"})
        server.treat("CP2", Manners(address=HOST))
        answer, _, writer = await knock(server, "/", OCPP16)
        assert answer[0] == NOT_FOUND
        writer.close()
        assert manners.whose("", f"::ffff:{HOST}", {"CP1": Manners(address=HOST)})


@pytest.mark.parametrize(
    ("upgrade", "named"),
    [
        (("Upgrade: websocket", UPGRADE[2], KEY), 1),
        ((*UPGRADE, "Sec-WebSocket-Key: short"), 1),
        ((), 0),
    ],
)
async def test_no_handshake(
    upgrade: tuple[str, ...], named: int, caplog: pytest.LogCaptureFixture
) -> None:
    """400; a wallbox that tried is named, a browser is not."""
    doors = Doors()
    async with serving(doors) as server:
        answer, _, writer = await knock(server, "/CP1", OCPP16, upgrade=upgrade)
        assert answer[0] == BAD_REQUEST
        assert not doors.knocks
        writer.close()
    assert caplog.text.count("CP1 can't connect") == named


@pytest.mark.parametrize(
    "head",
    [
        "GET /CP\u00e41 HTTP/1.1\r\nAuthorization: Basic {secret}",
        "GET CP1 HTTP/1.1\r\nAuthorization: Basic {secret}",
        "GET /CP1 HTTP/1.1\r\nAuthorization: Basic {secret}\x00",
        "GET /CP1 HTTP/1.1\r\nAuthorization: Basic aaaa\r\n{secret}==",
        "GET /CP1 HTTP/1.1\r\nAuthorization: Basic {secret}" + 9000 * "a",
    ],
)
async def test_what_can_not_be_read(
    head: str, caplog: pytest.LogCaptureFixture
) -> None:
    """It is said once who sent it, and nothing of it: a password may be there."""
    secret = "c2VjcmV0LXNlY3JldA"  # noqa: S105 - of nobody
    async with serving(Doors()) as server:
        for _ in range(2):
            reader, writer = await asyncio.open_connection(HOST, server.port)
            writer.write(f"{head.format(secret=secret)}\r\n\r\n".encode())
            assert (await reader.readline()).startswith(b"HTTP/1.0 400")
            writer.close()
        async with dialling(server) as wallbox:
            assert (await wallbox.ask())[0] == 3
    assert caplog.text.count(f"{HOST} can't connect: its request can't be read") == 1
    assert secret not in caplog.text
    assert "Traceback" not in caplog.text


async def test_one_that_may_not_even_wait(
    expected_logs: list[str], caplog: pytest.LogCaptureFixture
) -> None:
    """Its owner finds in the log why it is never shown, once."""
    expected_logs.append("AWAY can't connect")
    async with serving(Doors(refused=("AWAY",))) as server:
        for _ in range(2):
            answer, _, writer = await knock(server, "/AWAY", OCPP16)
            assert answer[0] == NOT_FOUND
            writer.close()
    assert caplog.text.count("AWAY can't connect: nobody knows it") == 1


async def test_naming_is_bounded(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """Invented identities fill neither the log nor the memory."""
    monkeypatch.setattr(f"{Server.__module__}._MAX_NAMED", 1)
    async with serving(Doors()) as server:
        for charger_id in ("CP1", "CP12", "CP13"):
            _, reader, writer = await knock(server, f"/{charger_id}")
            await reader.readexactly(4)
            writer.close()
    assert caplog.text.count("can't connect") == 1


@pytest.mark.parametrize("stranger", ["identity", "no room", "unreadable"])
async def test_strangers_take_no_room(
    stranger: str,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
    expected_logs: list[str],
) -> None:
    """A wallbox that somebody knows is told and logged however many came before."""
    monkeypatch.setattr(f"{Server.__module__}._MAX_NAMED", 1)
    expected_logs += [f"{name} can't connect" for name in ("AWAY", "CP13", "CP2")]
    refused: list[tuple[str, str, Refusal | None]] = []
    doors, told = Doors(refused=("AWAY",)), partial(_note, refused)
    async with serving(doors, on_refused=told) as server:
        server.treat("CP2", Manners())
        if stranger == "unreadable":
            reader, writer = await asyncio.open_connection(HOST, server.port)
            writer.write(b"GET nonsense\r\n\r\n")
            await reader.readline()
            writer.close()
        target = {"identity": "/CP13", "no room": "/AWAY"}.get(stranger, "/CP1")
        for path in (target, "/CP1", "/CP12", "/CP2", "/CP2"):
            _, reader, writer = await knock(server, path)
            with suppress(asyncio.IncompleteReadError):
                await reader.readexactly(4)
            writer.close()
        # One whose name nobody knows, and the one that somebody does.
        first = "CP13" if stranger == "identity" else "CP1"
        assert [who for who, _, _ in refused] == [first, "CP2"]
        assert caplog.text.count(f"{first} can't connect") == 1
        assert caplog.text.count("CP2 can't connect") == 1
        async with dialling(server, "CP2"):
            assert refused[2:] == [("CP2", HOST, None)]


async def test_refusals_are_told_whatever_was_logged(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Repairs has room of its own, and is told so many strangers and no more."""

    class Closed(Doors):
        def admit(self, *_: Any, **__: Any) -> None:
            raise Unauthorised("it gives no password")

    monkeypatch.setattr(f"{Server.__module__}._MAX_NAMED", 1)
    refused: list[tuple[str, str, Refusal | None]] = []
    told = partial(_note, refused)
    async with serving(Closed(), on_refused=told) as server:
        _, _, writer = await knock(server, "/CP1", OCPP16)
        writer.close()
        for path in ("/CP12", "/CP13"):
            upgrade = (*UPGRADE, "Sec-WebSocket-Key: short")
            _, _, writer = await knock(server, path, upgrade=upgrade)
            writer.close()
    assert refused == [("CP12", HOST, Refusal.HANDSHAKE)]


@pytest.mark.parametrize(
    ("raw_path", "charger_id"),
    [("", ""), ("*", "*"), ("CP1", "CP1"), ("/%C3", None), ("/x#y/z", "x")],
)
def test_identity_of_odd_targets(raw_path: str, charger_id: str | None) -> None:
    """Whatever stands there, nothing fails."""
    assert handshake.identity(raw_path) == charger_id
