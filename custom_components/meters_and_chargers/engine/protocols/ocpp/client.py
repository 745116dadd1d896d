"""Dialling a central system, as a charge point does (OCPP-J 1.6, 3.1).

The address is the backend's with the charge point's identity as its last segment; the
path and a query that it has stay.
"""

import asyncio
from base64 import b64encode
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
import ssl
from typing import NoReturn
from urllib.parse import quote, urlsplit, urlunsplit

from aiohttp import (
    ClientConnectorCertificateError,
    ClientConnectorDNSError,
    ClientConnectorSSLError,
    ClientError,
    ClientSession,
    ClientWebSocketResponse,
    ClientWSTimeout,
    InvalidURL,
    WSCloseCode,
    WSServerHandshakeError,
    hdrs,
)
from yarl import URL

from .frame import MAX_CHARACTERS
from .session import CLOSE_S

SUBPROTOCOL = "ocpp1.6"
CONNECT_S = 30.0
_MOST_PAUSE_S = 3600.0
_SCHEMES = frozenset({"ws", "wss"})


class Failure(StrEnum):
    """Why a backend can't be used."""

    ADDRESS = "address"
    """No ws:// or wss:// address."""
    NAME = "name"
    """Nobody knows its host's name."""
    UNREACHABLE = "unreachable"
    SILENT = "silent"
    UNTRUSTED = "untrusted"
    """Its certificate is not of a trusted authority, not its name's, or over."""
    ENCRYPTION = "encryption"
    """TLS failed in another way; it may want a client certificate."""
    PASSWORD = "password"  # noqa: S105  # the name of a failure
    """401 or 403."""
    IDENTITY = "identity"
    """404: it does not know the charge point."""
    BUSY = "busy"
    """429 or 503."""
    HANDSHAKE = "handshake"
    """Another answer than a WebSocket."""
    VERSION = "version"
    """It does not speak the version that is wanted, as a rule OCPP 1.6."""
    PENDING = "pending"
    REJECTED = "rejected"
    """What it answers to a BootNotification."""
    CLOSED = "closed"
    """The connection that was open has ended."""


class NotConnected(Exception):
    """A backend could not be dialled; ``pause_s`` is how long it wants to be left."""

    def __init__(self, failure: Failure, pause_s: float | None = None) -> None:
        """Say why."""
        super().__init__(failure)
        self.failure = failure
        self.pause_s = pause_s


@dataclass(frozen=True, slots=True, kw_only=True)
class Backend:
    """Where a backend is, and who dials it; without a context TLS is as usual."""

    url: str
    identity: str
    password: str = field(default="", repr=False)
    tls: ssl.SSLContext | None = field(default=None, repr=False)

    @property
    def address(self) -> URL:
        """The address with the identity; raises `NotConnected` for none."""
        try:
            parts = urlsplit(self.url.strip())
        except ValueError as err:
            raise NotConnected(Failure.ADDRESS) from err
        if parts.scheme.lower() not in _SCHEMES or not parts.hostname:
            raise NotConnected(Failure.ADDRESS)
        path = f"{parts.path.rstrip('/')}/{quote(self.identity, safe='')}"
        whole = urlunsplit((parts.scheme, parts.netloc, path, parts.query, ""))
        return URL(whole, encoded=True)


_BY_STATUS: Mapping[int, Failure] = {
    401: Failure.PASSWORD,
    403: Failure.PASSWORD,
    404: Failure.IDENTITY,
    429: Failure.BUSY,
    503: Failure.BUSY,
}


async def dial(
    http: ClientSession, backend: Backend, protocol: str = SUBPROTOCOL
) -> ClientWebSocketResponse:
    """Open a WebSocket to a backend by a subprotocol; raises `NotConnected`."""
    address = backend.address
    headers = {}
    if backend.password:
        # Bytes, not aiohttp's Latin-1; an identity may hold a colon (OCPP-J 6.2).
        proof = b64encode(f"{backend.identity}:{backend.password}".encode()).decode()
        headers[hdrs.AUTHORIZATION] = f"Basic {proof}"
    try:
        async with asyncio.timeout(CONNECT_S):
            socket = await http.ws_connect(
                address,
                protocols=(protocol,),
                headers=headers,
                ssl=backend.tls if backend.tls is not None else True,
                timeout=ClientWSTimeout(ws_close=2 * CLOSE_S),
                autoping=False,
                max_msg_size=MAX_CHARACTERS,
            )
    except (ClientError, OSError, ValueError) as err:
        _refuse(err)
    if socket.protocol != protocol:
        await socket.close(code=WSCloseCode.PROTOCOL_ERROR)
        raise NotConnected(Failure.VERSION)
    return socket


def _refuse(err: Exception) -> NoReturn:
    """Say what went wrong in one of our words."""
    match err:
        case WSServerHandshakeError():
            failure = _BY_STATUS.get(err.status, Failure.HANDSHAKE)
            raise NotConnected(failure, _pause_s(err)) from err
        case ClientConnectorCertificateError():
            failure = Failure.UNTRUSTED
        case ClientConnectorSSLError() | ssl.SSLError():
            failure = Failure.ENCRYPTION
        case ClientConnectorDNSError():
            failure = Failure.NAME
        case TimeoutError():
            failure = Failure.SILENT
        case InvalidURL():
            failure = Failure.ADDRESS
        case _:
            failure = Failure.UNREACHABLE
    raise NotConnected(failure) from err


def _pause_s(err: WSServerHandshakeError) -> float | None:
    """Return how long a backend wants to be left in peace, where it says seconds."""
    said = err.headers.get(hdrs.RETRY_AFTER, "") if err.headers else ""
    return min(float(said), _MOST_PAUSE_S) if said.isdecimal() else None
