"""A bare TLS handshake and one read: who listens, and does it take our certificate?

Under TLS 1.3 a refused client certificate shows on the first read only, hence the read
(measured). How a KSEM says no is not documented: an alert, a closed connection and a
Modbus exception all count as a no.
"""

import asyncio
from collections.abc import Callable
import ssl
import struct

from ...model import Finding, Look, PortClosed, Tls, Unreachable

TIMEOUT_S = 5.0
_READ_HOLDING = 3
_TRANSACTION = 0x4D43
_HEADER = 8  # with the function code
_CHUNK = 65_536

type _Streams = tuple[asyncio.StreamReader, asyncio.StreamWriter]


class _Channel:
    """TLS over a stream; keeps the other end's certificate though the handshake fails.

    asyncio's own TLS forgets it then, and it is needed: a device may refuse us before
    its owner has seen whose certificate is to be trusted.
    """

    def __init__(self, streams: _Streams, context: ssl.SSLContext) -> None:
        self._reader, self._writer = streams
        self._incoming, self._outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
        self._tls = context.wrap_bio(self._incoming, self._outgoing)
        self.certificate = b""
        """Of the other end, in DER."""

    async def handshake(self) -> None:
        await self._run(self._tls.do_handshake)

    async def ask(self, request: bytes) -> bytes:
        """Send a request; return what comes until it is long enough to judge it."""
        await self._run(lambda: self._tls.write(request))
        answer = b""
        while len(answer) < _HEADER:
            more = await self._run(lambda: self._tls.read(_CHUNK))
            if not more:
                break
            answer += more
        return answer

    async def _run[T](self, act: Callable[[], T]) -> T:
        """Act once enough has come; raises `OSError` when the other end closes."""
        while True:
            try:
                done = act()
            except ssl.SSLWantReadError:
                await self._flush()
                if data := await self._reader.read(_CHUNK):
                    self._incoming.write(data)
                else:
                    self._incoming.write_eof()
            else:
                await self._flush()
                return done
            finally:
                chain = self._tls.get_unverified_chain()
                self.certificate = chain[0] if chain else b""

    async def _flush(self) -> None:
        self._writer.write(self._outgoing.read())
        await self._writer.drain()


async def look(
    host: str, port: int, unit_id: int, tls: Tls, context: ssl.SSLContext
) -> Look:
    """Shake hands, read once, close; takes at most three times `TIMEOUT_S`.

    `context` must verify nothing: the caller compares the certificate. Raises
    `PortClosed` and `Unreachable` when there is nothing to talk to.
    """
    request = struct.pack(
        ">HHHBBHH", _TRANSACTION, 0, 6, unit_id, _READ_HOLDING, tls.address, tls.count
    )
    streams = await _open(host, port)
    channel = _Channel(streams, context)
    try:
        async with asyncio.timeout(TIMEOUT_S):
            await channel.handshake()
            return Look(_judge(await channel.ask(request)), channel.certificate)
    except TimeoutError:
        finding = Finding.SILENT
    except OSError as err:
        # All of Python's TLS errors are of this kind.
        told = channel.certificate or "ALERT" in str(getattr(err, "reason", ""))
        finding = Finding.REFUSES if told else Finding.OTHER
    finally:
        streams[1].transport.abort()
    if channel.certificate or finding is Finding.REFUSES:
        return Look(finding, channel.certificate)
    return Look(Finding.PLAIN if await _is_plain(host, port, request) else finding)


def _judge(answer: bytes) -> Finding:
    """Tell a Modbus answer from a refusal and from another protocol."""
    if not answer:
        return Finding.REFUSES
    if answer[:4] != struct.pack(">HH", _TRANSACTION, 0):
        return Finding.OTHER
    # Whether a device says no by an exception is not known: it counts as a no.
    return Finding.ANSWERS if answer[7:8] == b"\x03" else Finding.REFUSES


async def _is_plain(host: str, port: int, request: bytes) -> bool:
    reader, writer = await _open(host, port)
    try:
        async with asyncio.timeout(TIMEOUT_S):
            writer.write(request)
            return (await reader.readexactly(4)) == request[:4]
    except OSError, asyncio.IncompleteReadError:
        return False
    finally:
        writer.transport.abort()


async def _open(host: str, port: int) -> _Streams:
    try:
        async with asyncio.timeout(TIMEOUT_S):
            return await asyncio.open_connection(host, port)
    except ConnectionRefusedError as err:
        raise PortClosed(str(err)) from err
    except OSError as err:
        raise Unreachable(str(err)) from err
