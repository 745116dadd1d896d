"""gufo-snmp: sockets, BER and USM in Rust.

Its session class neither tells an agent's error from the end of a walk nor a closed
port from silence, and gives up when garbage comes: its sockets are used below it, which
is why its version is pinned (`REQUIREMENT`).
"""

import asyncio
from collections.abc import Callable, Mapping, Sequence
from errno import ECONNREFUSED
import os
import socket
from typing import override

from gufo.snmp import (
    Aes128Key,
    DesKey,
    Md5Key,
    NoSuchInstance,
    Sha1Key,
    SnmpAuthError,
    SnmpError,
)
from gufo.snmp import User as GufoUser
from gufo.snmp._fast import (
    GetIter,
    SnmpV1ClientSocket,
    SnmpV2cClientSocket,
    SnmpV3ClientSocket,
)
from gufo.snmp.utils import format_sock_addr

from ...model import BadAnswer, PortClosed, Silent, Unreachable
from .backend import Backend, NotInStep, Rows, Value, Walk
from .credentials import Auth, Community, Credentials, Privacy, User

_RECEIVE_BYTES = 64 * 1024
"""Room for a late answer and its doubles beside the right one."""
_AUTH = {Auth.MD5: Md5Key, Auth.SHA1: Sha1Key}
_PRIVACY = {Privacy.DES: DesKey, Privacy.AES128: Aes128Key}

type _Socket = SnmpV1ClientSocket | SnmpV2cClientSocket | SnmpV3ClientSocket


class GufoBackend(Backend):
    """Requests over one connected UDP socket: only the agent's address can answer."""

    slow = False

    def __init__(
        self, address: str, port: int, credentials: Credentials, timeout_s: float
    ) -> None:
        """Take a numeric address; nothing is asked before `open`."""
        self._target = format_sock_addr(address, port)
        self._credentials = credentials
        self._timeout_s = timeout_s
        self._socket: _Socket | None = None
        self._network: socket.socket | None = None
        """The same socket again, for what the network says of the agent."""

    @override
    async def open(self) -> None:
        self.close()
        buffers = (0, 0, _RECEIVE_BYTES, 0)  # class of traffic, sent, received, wait
        try:
            match self._credentials:
                case Community(name, v1=True):
                    self._socket = SnmpV1ClientSocket(self._target, name, *buffers)
                case Community(name):
                    self._socket = SnmpV2cClientSocket(self._target, name, *buffers)
                case User():
                    self._socket = SnmpV3ClientSocket(
                        self._target, b"", "", 0, b"", 0, b"", *buffers
                    )
        except OSError as err:
            raise Unreachable(os.strerror(err.errno or 0)) from err
        self._network = socket.socket(fileno=os.dup(self._socket.get_fd()))
        if isinstance(self._credentials, User):
            await self._introduce(self._credentials)

    async def _introduce(self, user: User) -> None:
        """Learn the agent's engine id, take on the user, then learn its clock."""
        sock = self._v3()
        await self._exchange(sock.send_refresh, sock.recv_refresh)
        auth, privacy = _AUTH.get(user.auth), _PRIVACY.get(user.privacy)
        key = user.password.encode()
        known = GufoUser(
            user.name,
            auth_key=auth(key) if auth else None,
            priv_key=privacy(key) if privacy else None,
        )
        sock.set_keys(
            known.name,
            known.get_auth_alg(),
            known.get_auth_key(),
            known.get_priv_alg(),
            known.get_priv_key(),
        )
        try:
            await self.refresh()
        except Silent as err:
            # It has just told who it is: it doesn't answer what it can't decrypt.
            raise NotInStep("known, but not understood") from err

    @override
    async def refresh(self) -> None:
        if isinstance(self._credentials, User) and (
            self._credentials.auth is not Auth.NONE
        ):
            sock = self._v3()
            await self._exchange(sock.send_refresh, sock.recv_refresh)

    @override
    async def get(self, oids: Sequence[str]) -> Mapping[str, Value | None]:
        sock = self._opened()
        if len(oids) == 1:
            return await self._get_one(oids[0])
        asked = list(oids)
        found = await self._exchange(
            lambda: sock.send_get_many(asked), sock.recv_get_many
        )
        if not found:
            return {}  # an error, or none of them: it can't be told
        # Of what it does answer, the ones without a value are those it doesn't have.
        return {oid: found.get(oid) for oid in asked}

    async def _get_one(self, oid: str) -> Mapping[str, Value | None]:
        sock = self._opened()
        try:
            found = await self._exchange(lambda: sock.send_get(oid), sock.recv_get)
        except _Absent:
            return {oid: None}
        if found is None and not isinstance(sock, SnmpV1ClientSocket):
            return {}  # no value and no reason: an error
        return {oid: found}

    @override
    def walk(self, root: str, repetitions: int) -> Walk:
        return _GufoWalk(self, root, repetitions)

    async def step(self, position: GetIter, repetitions: int) -> Rows:
        """Ask for the rows after a position, which moves on with what comes."""
        sock = self._opened()
        try:
            if repetitions:
                found = await self._exchange(
                    lambda: sock.send_get_bulk(position),
                    lambda: sock.recv_get_bulk(position),
                )
            else:
                row = await self._exchange(
                    lambda: sock.send_get_next(position),
                    lambda: sock.recv_get_next(position),
                )
                found = [row]
        except _Ended:
            return Rows((), last=True)
        rows = [row for row in found if row is not None]
        return Rows(
            [(oid, value) for oid, value in rows if value is not None],
            last=len(rows) < len(found),
        )

    async def _exchange[T](
        self, send: Callable[[], None], receive: Callable[[], T]
    ) -> T:
        """Send a request and wait for its answer, past what isn't."""
        loop = asyncio.get_running_loop()
        answer: asyncio.Future[T] = loop.create_future()
        fd, network = self._opened().get_fd(), self._network

        def ready() -> None:
            if answer.done():
                return
            number = network and network.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR)
            if number:
                answer.set_exception(_unreachable(number))
            else:
                _receive(receive, answer)

        loop.add_reader(fd, ready)
        try:
            send()
            async with asyncio.timeout(self._timeout_s):
                return await answer
        except TimeoutError as err:
            raise Silent(f"no answer in {self._timeout_s:g} s") from err
        except OSError as err:
            raise _unreachable(err.errno or 0) from err
        except SnmpError as err:
            raise BadAnswer("it can't be asked in one request") from err
        finally:
            loop.remove_reader(fd)

    def _opened(self) -> _Socket:
        if self._socket is None:
            raise Unreachable("not opened")
        return self._socket

    def _v3(self) -> SnmpV3ClientSocket:
        sock = self._opened()
        if not isinstance(sock, SnmpV3ClientSocket):
            raise TypeError("not SNMP v3")
        return sock

    @override
    def close(self) -> None:
        if self._network is not None:
            self._network.close()
        self._socket = self._network = None


class _GufoWalk(Walk):
    """A position of gufo's, which outlives the socket it began on."""

    def __init__(self, backend: GufoBackend, root: str, repetitions: int) -> None:
        self._backend = backend
        self._position = GetIter(root, repetitions or None)
        self._repetitions = repetitions

    @override
    async def more(self) -> Rows:
        return await self._backend.step(self._position, self._repetitions)


class _Absent(Exception):
    """The agent doesn't have the one value it was asked for."""


class _Ended(Exception):
    """Nothing of the root follows, or the agent answered with an error."""


def _receive[T](receive: Callable[[], T], answer: asyncio.Future[T]) -> None:
    """Decode a datagram; what is not the answer leaves the future as it is."""
    try:
        answer.set_result(receive())
    except BlockingIOError:
        pass  # the answer to an earlier request
    except StopAsyncIteration:
        answer.set_exception(_Ended())
    except NoSuchInstance:
        answer.set_exception(_Absent())
    except SnmpAuthError:
        answer.set_exception(NotInStep("user, key or clock is refused"))
    except SnmpError:
        pass  # no SNMP, or cut off: the answer may still come
    except OSError as err:
        answer.set_exception(_unreachable(err.errno or 0))


def _unreachable(number: int) -> Unreachable:
    if number == ECONNREFUSED:
        return PortClosed("nothing listens on the port")
    return Unreachable(os.strerror(number))
