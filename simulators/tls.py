"""TLS in front of a fake Modbus device, as a meter with encryption switched on.

It demands a client certificate, lists those that knock, and serves those its owner has
accepted. pyOpenSSL, not Python's own TLS: only it shows the certificate of a client
that is refused.
"""

import asyncio
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
import hashlib
from typing import Literal
from uuid import uuid4

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.oid import NameOID
from OpenSSL import SSL, crypto

from .modbus_device import HOST

_CHUNK = 65_536
_VERSIONS = {"1.2": SSL.TLS1_2_VERSION, "1.3": SSL.TLS1_3_VERSION}


@dataclass(slots=True, eq=False)
class _Client:
    """One connection: its TLS, its stream, and whose certificate it showed."""

    tls: SSL.Connection
    reader: asyncio.StreamReader
    writer: asyncio.StreamWriter
    shown: str = ""

    async def flush(self) -> None:
        with suppress(SSL.WantReadError):
            while True:
                self.writer.write(self.tls.bio_read(_CHUNK))
        await self.writer.drain()


class TlsFront:
    """A listener on 127.0.0.1 that hands what it decrypts to a fake device.

    `knocked` maps the fingerprints of certificates that were shown to their names, as
    the meter's web page lists them. `accept` and `reject` change it at any time.
    """

    def __init__(
        self,
        upstream: tuple[str, int],
        port: int = 0,
        *,
        version: Literal["1.2", "1.3"] | None = None,
        expired: bool = False,
    ) -> None:
        """Stand before a device; None takes any version from TLS 1.2 on."""
        self.host = HOST
        self.port = port
        self.single_bytes = False
        """Sends each byte of an answer as a TLS record of its own."""
        self.knocked: dict[str, str] = {}
        self.accepted: set[str] = set()
        self.records = 0
        """TLS records of answers sent so far."""
        self.fingerprint = ""
        self.connections_total = 0
        self._upstream = upstream
        self._version = version
        self._expired = expired
        self._server: asyncio.Server | None = None
        self._clients: set[_Client] = set()
        self._tasks: set[asyncio.Task[None]] = set()
        self.renew()

    @property
    def open_connections(self) -> int:
        """Connections that are open, accepted or not."""
        return len(self._clients)

    def renew(self) -> None:
        """Make another certificate of its own; it is shown to new connections."""
        self._key = ec.generate_private_key(ec.SECP256R1())
        name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, uuid4().hex)])
        day = timedelta(days=1)
        start = datetime.now(UTC) - 10 * day
        self._certificate = (
            x509.CertificateBuilder()
            .subject_name(name)
            .issuer_name(name)
            .public_key(self._key.public_key())
            .serial_number(x509.random_serial_number())
            .not_valid_before(start)
            .not_valid_after(start + (5 if self._expired else 3650) * day)
            .sign(self._key, hashes.SHA256())
        )
        self.fingerprint = _fingerprint(self._certificate.public_bytes(Encoding.DER))

    def accept(self, *fingerprints: str) -> None:
        """Press Accept: serve these from now on, or all that have knocked."""
        self.accepted |= set(fingerprints or self.knocked)

    def reject(self) -> None:
        """Take all off the list; their connections are dropped at once."""
        self.accepted.clear()
        self.close_clients()

    def close_clients(self) -> None:
        """Close all connections; new ones are welcome."""
        for client in self._clients:
            client.writer.transport.abort()

    async def start(self) -> None:
        """Listen; the port of the first start is kept."""
        self._server = await asyncio.start_server(self._accept, self.host, self.port)
        self.port = self._server.sockets[0].getsockname()[1]

    async def stop(self) -> None:
        """Stop listening and close every connection."""
        server, self._server = self._server, None
        if server is None:
            return
        server.close()
        self.close_clients()
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        await server.wait_closed()

    def _accept(
        self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> None:
        self.connections_total += 1
        tls = SSL.Connection(self._context(), None)
        tls.set_accept_state()
        client = _Client(tls, reader, writer)
        self._clients.add(client)
        task = asyncio.create_task(self._serve(client))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    def _context(self) -> SSL.Context:
        context = SSL.Context(SSL.TLS_SERVER_METHOD)
        context.set_min_proto_version(_VERSIONS[self._version or "1.2"])
        if self._version:
            context.set_max_proto_version(_VERSIONS[self._version])
        context.use_privatekey(self._key)
        context.use_certificate(self._certificate)
        context.set_session_cache_mode(SSL.SESS_CACHE_OFF)
        context.set_verify(
            SSL.VERIFY_PEER | SSL.VERIFY_FAIL_IF_NO_PEER_CERT, self._is_accepted
        )
        return context

    def _is_accepted(
        self, tls: SSL.Connection, shown: crypto.X509, *_args: int
    ) -> bool:
        certificate = shown.to_cryptography()
        found = _fingerprint(certificate.public_bytes(Encoding.DER))
        self.knocked[found] = certificate.subject.rfc4514_string()
        for client in self._clients:
            if client.tls is tls:
                client.shown = found
        return found in self.accepted

    async def _serve(self, client: _Client) -> None:
        upstream: asyncio.StreamWriter | None = None
        try:
            with suppress(OSError, SSL.Error):
                if not await self._handshake(client):
                    return
                reader, upstream = await asyncio.open_connection(*self._upstream)
                pumps = [
                    asyncio.ensure_future(self._inwards(client, upstream)),
                    asyncio.ensure_future(self._outwards(client, reader)),
                ]
                try:
                    await asyncio.wait(pumps, return_when=asyncio.FIRST_COMPLETED)
                finally:
                    for pump in pumps:
                        pump.cancel()
                    await asyncio.gather(*pumps, return_exceptions=True)
        finally:
            self._clients.discard(client)
            client.writer.close()
            if upstream is not None:
                upstream.close()

    async def _handshake(self, client: _Client) -> bool:
        """Return whether a handshake succeeded; a refusal is told by an alert."""
        while True:
            try:
                client.tls.do_handshake()
            except SSL.WantReadError:
                await client.flush()
                if not (data := await client.reader.read(_CHUNK)):
                    return False
                client.tls.bio_write(data)
            except SSL.Error:
                await client.flush()
                return False
            else:
                await client.flush()
                return True

    async def _inwards(self, client: _Client, upstream: asyncio.StreamWriter) -> None:
        while True:
            with suppress(SSL.WantReadError):
                while True:
                    upstream.write(client.tls.recv(_CHUNK))
            if not (data := await client.reader.read(_CHUNK)):
                return
            client.tls.bio_write(data)

    async def _outwards(self, client: _Client, upstream: asyncio.StreamReader) -> None:
        while data := await upstream.read(_CHUNK):
            size = 1 if self.single_bytes else len(data)
            for at in range(0, len(data), size):
                client.tls.send(data[at : at + size])
                self.records += 1
                await client.flush()


def _fingerprint(der: bytes) -> str:
    return hashlib.sha256(der).digest().hex(":").upper()
