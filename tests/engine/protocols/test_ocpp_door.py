"""Plain, encrypted and certified connections on one port, and what is neither."""

import asyncio
import base64
from contextlib import suppress
import gc
import logging
from pathlib import Path
import socket
import ssl
from typing import Any

import aiohttp
from cryptography.hazmat.primitives.asymmetric import rsa
from ocpp_certificates import TestAuthority, client_context, server_context
from ocpp_wallbox import (
    HOST,
    OCPP16,
    SWITCHING,
    Doors,
    Wallbox,
    knock,
    serving,
    settled,
)
import pytest

from custom_components.meters_and_chargers.engine.devices.ocpp_charger import Guard
from custom_components.meters_and_chargers.engine.protocols.ocpp import (
    Certificate,
    Handler,
    Manners,
    Server,
    Shown,
    Tls,
    Unauthorised,
)
from custom_components.meters_and_chargers.engine.protocols.ocpp import door as doors_

PLAIN = Shown()


@pytest.fixture(autouse=True)
def auto_enable_custom_integrations(socket_enabled: None) -> None:
    """Start no Home Assistant; these need sockets alone."""


@pytest.fixture
def authority(tmp_path: Path) -> TestAuthority:
    """Return an authority of the house."""
    return TestAuthority(tmp_path)


async def asked(server: Server, context: ssl.SSLContext | None = None) -> Any:
    """Connect, ask once, and return the kind of the answer."""
    scheme = "ws" if context is None else "wss"
    address = f"{scheme}://{HOST}:{server.port}/CP1"
    async with (
        aiohttp.ClientSession() as client,
        client.ws_connect(
            address, protocols=["ocpp1.6"], ssl=context or False
        ) as socket,
    ):
        return (await Wallbox(socket).ask())[0]


async def test_one_port_for_all(authority: TestAuthority) -> None:
    """Plain, TLS and a client's certificate: each is known for what it is."""
    doors = Doors()
    path, serial = authority.issue("CP1")
    context = server_context(authority)
    async with serving(doors, tls=Tls.DETECT, context=context) as server:
        assert await asked(server) == 3
        assert await asked(server, client_context(authority)) == 3
        assert await asked(server, client_context(authority, path)) == 3
        address = f"{HOST}:{server.port}"
    assert doors.shown == [
        Shown(address=address),
        Shown(encrypted=True, address=address),
        Shown(encrypted=True, certificate=Certificate("CP1", serial), address=address),
    ]


@pytest.mark.parametrize("version", [ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3])
async def test_tls_versions(authority: TestAuthority, version: ssl.TLSVersion) -> None:
    """1.2 and 1.3 are spoken, and a certificate arrives by both."""
    doors = Doors()
    client = client_context(authority, authority.issue("CP1")[0])
    client.minimum_version = client.maximum_version = version
    context = server_context(authority)
    async with serving(doors, tls=Tls.REQUIRED, context=context) as server:
        assert await asked(server, client) == 3
    assert doors.shown[0].certificate is not None


async def test_wrong_certificates(
    authority: TestAuthority, tmp_path: Path, expected_logs: list[str]
) -> None:
    """Of another authority, or past its end: the handshake fails, others go on."""
    expected_logs.append("its encryption failed")
    doors = Doors()
    other = TestAuthority(tmp_path, "Other")
    context = server_context(authority)
    async with serving(doors, tls=Tls.DETECT, context=context) as server:
        for path in (other.issue("CP1")[0], authority.issue("CP1", days=-1)[0]):
            with pytest.raises((aiohttp.ClientError, OSError)):
                await asked(server, client_context(authority, path))
        assert doors.shown == []
        assert await asked(server, client_context(authority)) == 3


async def test_a_mode_refuses_the_other_kind(
    authority: TestAuthority, expected_logs: list[str], caplog: pytest.LogCaptureFixture
) -> None:
    """Plain where TLS is required, TLS where it is off; each is said once."""
    expected_logs += ["does not encrypt, but must", "encryption is off here"]
    doors = Doors()
    context = server_context(authority)
    async with serving(doors, tls=Tls.REQUIRED, context=context) as server:
        for _ in range(2):
            with pytest.raises((aiohttp.ClientError, OSError)):
                await asked(server)
        assert await asked(server, client_context(authority)) == 3
    async with serving(doors, tls=Tls.DETECT) as server:
        with pytest.raises((aiohttp.ClientError, OSError)):
            await asked(server, client_context(authority))
        assert await asked(server) == 3
    said = [record.getMessage() for record in caplog.records]
    assert said.count("127.0.0.1 can't connect: it does not encrypt, but must") == 1


async def test_a_new_certificate_drops_nobody(
    authority: TestAuthority, tmp_path: Path
) -> None:
    """Who is connected stays, who comes sees the new one."""
    doors = Doors()
    newer = TestAuthority(tmp_path, "Newer")
    context = server_context(authority)
    async with serving(doors, tls=Tls.DETECT, context=context) as server:
        address = f"wss://{HOST}:{server.port}/CP2"
        async with (
            aiohttp.ClientSession() as client,
            client.ws_connect(
                address, protocols=["ocpp1.6"], ssl=client_context(authority)
            ) as socket,
        ):
            server.use(server_context(newer))
            assert await asked(server, client_context(newer)) == 3
            assert (await Wallbox(socket).ask())[0] == 3


async def test_both_kinds_of_keys_are_served(authority: TestAuthority) -> None:
    """A wallbox that knows only one of RSA and ECDSA finds its own."""
    context = server_context(authority)
    context.load_cert_chain(
        authority.issue("house", ip=HOST, key=rsa.generate_private_key(65537, 2048))[0]
    )
    async with serving(Doors(), tls=Tls.DETECT, context=context) as server:
        for cipher in ("ECDHE-RSA-AES128-GCM-SHA256", "ECDHE-ECDSA-AES128-GCM-SHA256"):
            client = client_context(authority)
            client.maximum_version = ssl.TLSVersion.TLSv1_2
            client.set_ciphers(cipher)
            assert await asked(server, client) == 3


@pytest.mark.parametrize("begins", [b"", b"\x16", b"\x16\x03\x01\x00\x02xx", b"GET /"])
async def test_who_never_gets_on_is_closed(
    authority: TestAuthority,
    begins: bytes,
    expected_logs: list[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Silent at once or later, in TLS or before: the line is closed, others go on."""
    expected_logs.append("its encryption failed")
    for bound in ("PEEK_S", "TLS_S", "SETTLE_S"):
        monkeypatch.setattr(doors_, bound, 1.0)
    context = server_context(authority)
    async with serving(Doors(), tls=Tls.DETECT, context=context) as server:
        reader, writer = await asyncio.open_connection(HOST, server.port)
        writer.write(begins)
        assert await asked(server) == 3
        with suppress(ConnectionError):
            await reader.read()
        writer.close()
        assert not server._door._visitors


async def test_silent_ones_keep_nobody_out(monkeypatch: pytest.MonkeyPatch) -> None:
    """Beyond the bound the oldest silent one of that address makes room."""
    monkeypatch.setattr(doors_, "MAX_NEW_OF_PEER", 4)
    async with serving(Doors()) as server:
        silent = [await asyncio.open_connection(HOST, server.port) for _ in range(4)]
        assert await asked(server) == 3
        assert await silent[0][0].read() == b""
        monkeypatch.setattr(doors_, "MAX_NEW_OF_PEER", 100)
        monkeypatch.setattr(doors_, "MAX_NEW", 3)
        assert await asked(server) == 3
        assert await silent[1][0].read() == b""
        for _, writer in silent:
            writer.close()


async def test_who_makes_room_at_once_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    """Of many that come at the same moment those that are too many are closed."""
    monkeypatch.setattr(doors_, "MAX_NEW_OF_PEER", 4)
    monkeypatch.setattr(doors_, "PEEK_S", 60.0)
    # What is closed only as garbage is closed much later on a large heap.
    gc.disable()
    try:
        async with serving(Doors()) as server, asyncio.timeout(20):
            # Nothing else runs meanwhile, so that all are accepted in one go.
            burst = [
                socket.create_connection((HOST, server.port), 5) for _ in range(12)
            ]
            for one in burst:
                one.setblocking(False)
            loop = asyncio.get_running_loop()
            for one in burst[:8]:
                with suppress(ConnectionError):
                    assert await loop.sock_recv(one, 1) == b""
            for one in burst:
                one.close()
    finally:
        gc.enable()


async def test_an_admitted_one_has_time(monkeypatch: pytest.MonkeyPatch) -> None:
    """The bound for beginners does not concern who is in."""
    monkeypatch.setattr(doors_, "SETTLE_S", 1.0)
    doors = Doors()
    async with serving(doors) as server:
        _, _, writer = await knock(server, "/CP1", OCPP16)
        await settled(lambda: server.links)
        # Who comes later and never gets on is closed: that long it is in.
        later, begun = await asyncio.open_connection(HOST, server.port)
        begun.write(b"GET /")
        with suppress(ConnectionError):
            await later.read()
        assert doors.desk.events == ["opened CP1"]
        begun.close()
        writer.close()


class Locked(Doors):
    """A gate that wants one password."""

    password = b"\x00\xff:\x80" * 5

    def admit(self, charger_id: str, peer: str, shown: Shown = PLAIN) -> Handler | None:
        """Compare the raw bytes."""
        handler = super().admit(charger_id, peer, shown)
        if shown.password != self.password:
            raise Unauthorised("its password is wrong")
        return handler


def basic(user: str, password: bytes) -> str:
    """Return the header of a name and a password."""
    both = base64.b64encode(user.encode() + b":" + password)
    return f"Authorization: Basic {both.decode()}"


async def test_passwords_are_bytes(
    expected_logs: list[str], caplog: pytest.LogCaptureFixture
) -> None:
    """20 raw bytes with zeros and colons arrive; without them 401 and no upgrade."""
    expected_logs.append("its password is wrong")
    caplog.set_level(logging.INFO)
    doors = Locked()
    async with serving(doors) as server:
        for header in (
            "X-Nothing: 1",
            basic("CP2", doors.password),
            basic("CP1", b"wrong"),
            "Authorization: Basic ####",
            "Authorization: Bearer abc",
        ):
            answer, _, writer = await knock(server, "/CP1", OCPP16, header)
            assert answer[0] == "HTTP/1.1 401 Unauthorized"
            assert 'WWW-Authenticate: Basic realm="OCPP"' in answer
            writer.close()
        assert doors.desk.events == []
        answer, _, writer = await knock(
            server, "/CP1", OCPP16, basic("CP1", doors.password)
        )
        assert answer[0] == SWITCHING
        writer.close()
    said = [record.getMessage() for record in caplog.records]
    assert said.count("CP1 can't connect: its password is wrong") == 1
    assert said.count("CP1 could connect") == 1
    assert repr(doors.password) not in repr(doors.shown)


@pytest.mark.parametrize(
    ("target", "user", "status"),
    [
        ("/CP1-SN7", "CP1-SN7", SWITCHING),
        ("/CP1-SN7", "CP1", SWITCHING),
        ("/CP1", "CP1-SN7", SWITCHING),
        ("/", "CP1", SWITCHING),
        ("/", "", SWITCHING),
        ("/CP1-SN7", "CP2", "HTTP/1.1 401 Unauthorized"),
        ("/CP1", "", "HTTP/1.1 401 Unauthorized"),
    ],
)
async def test_a_password_by_any_of_its_names(
    target: str, user: str, status: str, expected_logs: list[str]
) -> None:
    """A wallbox that dials as another one gives that name with its password too."""
    expected_logs.append("its password is wrong")
    doors = Locked()
    async with serving(doors) as server:
        treated = Manners(aliases=frozenset({"CP1-SN7"}), address=HOST)
        server.treat("CP1", treated)
        header = basic(user, doors.password)
        answer, _, writer = await knock(server, target, OCPP16, header)
        assert answer[0] == status
        assert doors.knocks == [("CP1", HOST)]
        writer.close()


async def test_a_defect_of_ours_is_seen(caplog: pytest.LogCaptureFixture) -> None:
    """With all that is known of it, and the wallbox gets an answer."""

    class Broken(Doors):
        def admit(self, *_: Any, **__: Any) -> None:
            raise RuntimeError("a defect")

    async with serving(Broken()) as server:
        answer, _, writer = await knock(server, "/CP1", OCPP16)
        assert answer[0] == "HTTP/1.1 500 Internal Server Error"
        writer.close()
    assert "RuntimeError: a defect" in caplog.text


@pytest.mark.parametrize("dials", ["CP1", "CP1-SN7", "CP1:7"])
async def test_the_user_name_may_be_an_alias(dials: str) -> None:
    """Whoever dials under its own name, or has another one, still has one password."""
    doors = Doors()
    async with serving(doors) as server:
        server.treat("CP1", Manners(aliases=frozenset({"CP1-SN7", "CP1:7"})))
        for user in ("CP1", "CP1-SN7", "CP1:7"):
            _, _, writer = await knock(
                server, f"/{dials}", OCPP16, basic(user, b"a:\xff")
            )
            writer.close()
        _, _, writer = await knock(server, f"/{dials}", OCPP16, basic("CP2", b"a"))
        writer.close()
    assert {who for who, _ in doors.knocks} == {"CP1"}
    passwords = [shown.password for shown in doors.shown]
    assert passwords == [b"a:\xff", b"a:\xff", b"a:\xff", b""]


@pytest.mark.parametrize(
    ("user", "password"), [("CP", "1:sixteen letters"), ("CP:1", "sixteen letters!")]
)
async def test_a_password_that_may_be_part_of_a_name(
    user: str, password: str, expected_logs: list[str]
) -> None:
    """User CP with 1:secret sends the same as user CP:1 with secret: both are tried."""
    expected_logs.append("its password or its user name is wrong")
    guard = Guard()
    guard.add_password(password)
    guard.hold_to(1)

    class Guarded(Doors):
        def admit(
            self, charger_id: str, peer: str, shown: Shown = PLAIN
        ) -> Handler | None:
            handler = super().admit(charger_id, peer, shown)
            guard.admit(peer, shown)
            return handler

    raw = password.encode()
    doors = Guarded()
    async with serving(doors) as server:
        server.treat("CP", Manners(aliases=frozenset({"CP:1"})))
        for header, status in (
            (basic(user, raw + b"!"), "HTTP/1.1 401 Unauthorized"),
            (basic(user, raw), SWITCHING),
        ):
            answer, _, writer = await knock(server, "/CP", OCPP16, header)
            assert answer[0] == status
            writer.close()
    assert not [shown for shown in doors.shown if "sixteen" in repr(shown)]


@pytest.mark.parametrize(
    "header",
    [
        "X-Forwarded-For: 10.0.0.1",
        "forwarded: for=10.0.0.1",
        "X-Forwarded-Proto: https",
        "X-Real-IP: 10.0.0.1",
        "Via: 1.1 proxy",
        "CF-Connecting-IP: 10.0.0.1",
    ],
)
async def test_forwarded_is_seen(header: str) -> None:
    """Whoever comes by a proxy is known for it, and its header changes no address."""
    doors = Doors()
    async with serving(doors) as server:
        _, _, writer = await knock(
            server,
            "/CP1",
            OCPP16,
            header,
            basic("GARAGE:1", b"a:b"),
        )
        writer.close()
        _, _, writer = await knock(
            server, "/GARAGE:1", OCPP16, basic("GARAGE:1", b"a:b")
        )
        writer.close()
    assert doors.knocks[0] == ("CP1", HOST)
    assert doors.shown[0].forwarded
    assert doors.shown[0].password == b""
    assert doors.shown[1].password == b"a:b"
    assert not doors.shown[1].forwarded


@pytest.mark.parametrize(
    ("target", "host", "address"),
    [
        ("/CP1", "192.168.1.10:9000", "192.168.1.10:9000"),
        ("/ocpp/1.6/CP1?a=b", "house.example.org", "house.example.org:80/ocpp/1.6"),
        ("//ocpp//CP1/", "[fd00::1]:9000", "[fd00::1]:9000//ocpp"),
        ("ws://house:9000/x/CP1", "house:9000", "house:9000"),
        ("/CP1", "house/evil", ""),
        ("/CP1", "house:900000", ""),
        ("/CP1", "a b", ""),
    ],
)
async def test_what_it_has_dialled(target: str, host: str, address: str) -> None:
    """Its own words for the way to us, without its identity, where they are sound."""
    doors = Doors()
    async with serving(doors) as server:
        _, _, writer = await knock(server, target, OCPP16, host=host)
        writer.close()
    assert doors.shown[0].address == address
