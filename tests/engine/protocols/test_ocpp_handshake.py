"""The handshake: which address, which version, and what is said to the others."""

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
    Server,
    Version,
    handshake,
)

NOT_FOUND = "HTTP/1.1 404 Not Found"
BAD_REQUEST = "HTTP/1.1 400 Bad Request"


@pytest.fixture(autouse=True)
def auto_enable_custom_integrations(socket_enabled: None) -> None:
    """Start no Home Assistant; these need sockets alone."""


@pytest.fixture
def expected_logs() -> list[str]:
    """A refused wallbox is named."""
    return ["CP1 can't connect"]


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
    ("lines", "assume_16"),
    [
        ((), False),
        (("Sec-WebSocket-Protocol: ocpp2.0",), False),
        (("Sec-WebSocket-Protocol: ocpp2.0, ocpp1.5",), True),
    ],
)
async def test_another_version(
    lines: tuple[str, ...],
    assume_16: bool,  # noqa: FBT001 - a table's column
    caplog: pytest.LogCaptureFixture,
) -> None:
    """The handshake is finished, then the connection closed; logged once."""
    doors = Doors()
    async with serving(doors, assume_16=assume_16) as server:
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
    assert caplog.text.count("CP1 can't connect") == 1
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


def test_a_pinned_version_goes_first() -> None:
    """Also where the wallbox offers another that we'd prefer."""
    chosen = handshake.choose(["ocpp1.6", "ocpp2.0.1"], [Version.V201])
    assert chosen == ("ocpp2.0.1", Version.V201)
    assert handshake.choose(["ocpp1.6"], [Version.V201]) is None


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


async def test_no_version_can_be_taken_for_1_6() -> None:
    """Where the owner says so, for wallboxes that name none."""
    doors = Doors()
    async with serving(doors, assume_16=True) as server:
        answer, _, writer = await knock(server, "/CP1")
        assert answer[0] == SWITCHING
        await settled(lambda: server.links)
        writer.close()


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


@pytest.mark.parametrize(
    ("raw_path", "charger_id"),
    [("", None), ("*", "*"), ("CP1", "CP1"), ("/%C3", None), ("/x#y/z", "x")],
)
def test_identity_of_odd_targets(raw_path: str, charger_id: str | None) -> None:
    """Whatever stands there, nothing fails."""
    assert handshake.identity(raw_path) == charger_id
