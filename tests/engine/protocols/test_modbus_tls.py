"""A look at an encrypted port: what is found there, on real sockets."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from pathlib import Path
import ssl

import pytest

from custom_components.meters_and_chargers import certificates
from custom_components.meters_and_chargers.certificates import Kind
from custom_components.meters_and_chargers.engine.model import (
    Finding,
    PortClosed,
    Tls,
    Unreachable,
)
from custom_components.meters_and_chargers.engine.protocols.modbus import look, tls
from simulators.ksem import Ksem
from simulators.tls import TlsFront
from tests.links import all_closed

READ = Tls(address=0, count=2)

type Served = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]


@pytest.fixture
def context(tmp_path: Path) -> ssl.SSLContext:
    """Return a context with a client certificate."""
    stored = certificates.store(tmp_path, certificates.make(Kind.ECDSA))
    return certificates.looking(tmp_path, stored.id)


@asynccontextmanager
async def encrypted(ksem: Ksem, version: str) -> AsyncIterator[TlsFront]:
    """Put TLS in front of the simulated meter."""
    front = TlsFront((ksem.host, ksem.port), version=version)  # type: ignore[arg-type]  # one of two
    await front.start()
    try:
        yield front
    finally:
        await front.stop()


@asynccontextmanager
async def serving(
    serve: Served, context: ssl.SSLContext | None = None
) -> AsyncIterator[int]:
    """Let something else listen; yields its port."""
    server = await asyncio.start_server(serve, "127.0.0.1", 0, ssl=context)
    try:
        yield server.sockets[0].getsockname()[1]
    finally:
        server.close()
        server.close_clients()
        await server.wait_closed()


@pytest.mark.parametrize("version", ["1.2", "1.3"])
async def test_refusal_and_acceptance_show_the_certificate(
    ksem: Ksem, context: ssl.SSLContext, version: str
) -> None:
    """The device's certificate is seen even when it refuses ours in the handshake."""
    async with encrypted(ksem, version) as front:
        seen = await look(front.host, front.port, 1, READ, context)
        assert seen.finding is Finding.REFUSES
        assert certificates.fingerprint(seen.certificate) == front.fingerprint
        front.accept()
        front.single_bytes = True
        assert (
            await look(front.host, front.port, 1, READ, context)
        ).finding is Finding.ANSWERS
        ksem.refuse(0, 2)
        assert (
            await look(front.host, front.port, 1, READ, context)
        ).finding is Finding.REFUSES
        assert await all_closed(ksem)


async def test_silence_is_told_from_refusal(
    ksem: Ksem, context: ssl.SSLContext, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Accepted without an answer in time; and a port that never says anything."""
    monkeypatch.setattr(tls, "TIMEOUT_S", 1.5)
    ksem.silent = True
    async with encrypted(ksem, "1.3") as front:
        await look(front.host, front.port, 1, READ, context)
        front.accept()
        seen = await look(front.host, front.port, 1, READ, context)
        assert seen.finding is Finding.SILENT
        assert seen.certificate

    async def mute(reader: asyncio.StreamReader, _writer: asyncio.StreamWriter) -> None:
        await reader.read()

    async with serving(mute) as port:
        seen = await look("127.0.0.1", port, 1, READ, context)
        assert seen.finding is Finding.SILENT
        assert not seen.certificate


async def test_plain_modbus_is_named(ksem: Ksem, context: ssl.SSLContext) -> None:
    """A port without encryption answers the same read in the clear."""
    seen = await look(ksem.host, ksem.port, 1, READ, context)
    assert seen.finding is Finding.PLAIN


async def test_other_servers_are_named(
    socket_enabled: None, tmp_path: Path, context: ssl.SSLContext
) -> None:
    """HTTP, in the clear or by TLS, is neither a meter nor a refusal."""

    async def greet(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read(100)
        writer.write(b"HTTP/1.1 400 Bad Request\r\n\r\n")
        await writer.drain()
        writer.close()

    async with serving(greet) as port:
        seen = await look("127.0.0.1", port, 1, READ, context)
        assert seen.finding is Finding.OTHER
    home = tmp_path / "web"
    stored = certificates.store(home, certificates.make(Kind.ECDSA))
    web = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    web.load_cert_chain(
        home / stored.id / "certificate.pem", home / stored.id / "key.pem"
    )
    async with serving(greet, web) as port:
        seen = await look("127.0.0.1", port, 1, READ, context)
        assert seen.finding is Finding.OTHER
        assert certificates.fingerprint(seen.certificate) == stored.fingerprint


async def test_nothing_there_is_an_error(
    socket_enabled: None, context: ssl.SSLContext, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A closed port and a host that does not answer are told apart."""

    async def nobody(*_: object) -> None:
        raise AssertionError

    async with serving(nobody) as port:
        pass
    with pytest.raises(PortClosed):
        await look("127.0.0.1", port, 1, READ, context)

    async def vanish(*_: object) -> None:
        await asyncio.sleep(10)

    monkeypatch.setattr(tls, "TIMEOUT_S", 0.05)
    monkeypatch.setattr(asyncio, "open_connection", vanish)
    with pytest.raises(Unreachable):
        await look("127.0.0.1", port, 1, READ, context)
