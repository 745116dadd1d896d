"""A device's JSON interface: short, bounded requests, with its key if it has one."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from http import HTTPStatus
import json

from aiohttp import (
    ClientConnectionError,
    ClientConnectorError,
    ClientError,
    ClientResponse,
    ClientSession,
    ClientWSTimeout,
    WSMsgType,
    WSServerHandshakeError,
)
from yarl import URL

from ...model import (
    BadAnswer,
    DeviceError,
    NotAllowed,
    PortClosed,
    Refused,
    Silent,
    TooOften,
    Unreachable,
    Unsupported,
)

_LONGEST = 64 * 1024
"""Bytes of an answer; what the calls bring is below 2 kB."""


class HttpJson:
    """Requests to one base address; redirects, which could leak the key, end there.

    All methods raise `DeviceError` subclasses and nothing else: `NotAllowed` for
    status 401 and 403, `Unsupported` for 404, `TooOften` for 429, `Refused` for any
    other that is not 2xx, `BadAnswer` for what is no JSON, `Silent`, `PortClosed` and
    `Unreachable` for the network. No error holds the key or anything of a body.
    """

    def __init__(
        self,
        session: ClientSession,
        base: URL,
        key: str | None,
        timeout_s: float = 5.0,
        *,
        scheme: str = "Bearer",
        longest: int = _LONGEST,
    ) -> None:
        """Use somebody's client session; nothing is asked yet.

        Without a ``key`` nothing but the question is sent. ``scheme`` stands before
        it, ``longest`` bounds an answer, in bytes.
        """
        self._session = session
        self._base = base
        self._bearer = f"{scheme} {key}"
        self._headers = {} if key is None else {"Authorization": self._bearer}
        self._timeout_s = timeout_s
        self._longest = longest

    async def get(self, path: str) -> object:
        """Return what a path holds, as JSON's own types; None when it has no body."""
        return await self._ask("GET", path)

    async def put(self, path: str, body: object) -> None:
        """Send JSON; what a success answers besides its status is not looked at."""
        await self._ask("PUT", path, body)

    async def post(self, path: str, body: object = None) -> None:
        """Call a path with its query, with JSON or no body; the answer is ignored."""
        await self._ask("POST", path, body)

    async def first_frame(self, path: str) -> object:
        """Return a WebSocket's first text frame as JSON, and close it at once.

        The key goes out as the first text frame: with a header alone a browser's
        WebSocket could not log in, so devices expect it there.
        """
        async with self._bounded():
            async with self._session.ws_connect(
                self._base.with_scheme("ws").join(URL(path)),
                headers=self._headers,
                timeout=ClientWSTimeout(ws_close=1.0),
                max_msg_size=self._longest,
            ) as socket:
                if socket._response.history:  # noqa: SLF001 - aiohttp tells no other way that it followed a redirect
                    raise Refused("it sends elsewhere")
                await socket.send_str(self._bearer)
                frame = await socket.receive()
            if frame.type is not WSMsgType.TEXT:
                raise BadAnswer("a WebSocket without a text frame")
            return _parsed(frame.data)

    async def _ask(self, method: str, path: str, body: object = None) -> object:
        async with (
            self._bounded(),
            self._session.request(
                method,
                self._base.join(URL(path)),
                headers=self._headers,
                json=body,
                allow_redirects=False,
            ) as response,
        ):
            _check(response)
            text = await _body(response, self._longest)
        return _parsed(text) if text and method == "GET" else None

    @asynccontextmanager
    async def _bounded(self) -> AsyncIterator[None]:
        """Bound the time of an exchange, and turn what goes wrong into our errors."""
        try:
            async with asyncio.timeout(self._timeout_s):
                yield
        except TimeoutError as err:
            raise Silent(f"no answer in {self._timeout_s:g} s") from err
        except WSServerHandshakeError as err:
            raise _refusal(err.status) from err
        except ClientConnectorError as err:
            if isinstance(err.os_error, ConnectionRefusedError):
                raise PortClosed(f"port {self._base.port} is closed") from err
            raise Unreachable(type(err).__name__) from err
        except ClientConnectionError as err:
            raise Unreachable(type(err).__name__) from err
        except ClientError as err:
            raise BadAnswer(type(err).__name__) from err


def _check(response: ClientResponse) -> None:
    status = response.status
    if status == HTTPStatus.TOO_MANY_REQUESTS:
        after = response.headers.get("Retry-After", "")
        raise TooOften(
            f"HTTP status {status}", float(after) if after.isdecimal() else None
        )
    if not HTTPStatus.OK <= status < HTTPStatus.MULTIPLE_CHOICES:
        raise _refusal(status)


def _refusal(status: int) -> DeviceError:
    if status in (HTTPStatus.UNAUTHORIZED, HTTPStatus.FORBIDDEN):
        return NotAllowed(f"HTTP status {status}")
    if status == HTTPStatus.NOT_FOUND:
        return Unsupported(f"HTTP status {status}")
    return Refused(f"HTTP status {status}")


async def _body(response: ClientResponse, longest: int) -> bytes:
    body = bytearray()
    async for part in response.content.iter_any():
        body += part
        if len(body) > longest:
            raise BadAnswer(f"an answer of more than {longest} bytes")
    return bytes(body)


def _parsed(text: bytes | str) -> object:
    try:
        parsed: object = json.loads(text)
    except (ValueError, RecursionError) as err:
        raise BadAnswer("no JSON") from err
    return parsed
