"""pysnmp: the same requests in Python alone, where gufo-snmp has no wheel."""

import asyncio
from collections.abc import Mapping, Sequence
from typing import Any, override

from pyasn1.type.univ import Integer, Null, ObjectIdentifier
from pysnmp.hlapi.v3arch.asyncio import (
    CommunityData,
    ContextData,
    ObjectIdentity,
    ObjectType,
    SnmpEngine,
    Udp6TransportTarget,
    UdpTransportTarget,
    UsmUserData,
    bulk_cmd,
    get_cmd,
    next_cmd,
    set_cmd,
    usmAesCfb128Protocol,
    usmDESPrivProtocol,
    usmHMACMD5AuthProtocol,
    usmHMACSHAAuthProtocol,
    usmNoAuthProtocol,
    usmNoPrivProtocol,
)
from pysnmp.proto import errind
from pysnmp.proto.rfc1902 import Integer32
from pysnmp.smi.view import MibViewController

from ...model import BadAnswer, NotAllowed, Silent, Unreachable
from .backend import Backend, NotInStep, Rejected, Rows, Value, Walk
from .credentials import Auth, Community, Credentials, Privacy

AUTH = {
    Auth.NONE: usmNoAuthProtocol,
    Auth.MD5: usmHMACMD5AuthProtocol,
    Auth.SHA1: usmHMACSHAAuthProtocol,
}
PRIVACY = {
    Privacy.NONE: usmNoPrivProtocol,
    Privacy.DES: usmDESPrivProtocol,
    Privacy.AES128: usmAesCfb128Protocol,
}
_NOT_IN_STEP = (
    errind.AuthenticationError,
    errind.AuthenticationFailure,
    errind.DecryptionError,
    errind.NotInTimeWindow,
    errind.UnknownEngineID,
    errind.UnknownUserName,
    errind.UnsupportedSecurityLevel,
    errind.WrongDigest,
)
_NO_SUCH_NAME = 2
_READ_ONLY = {_NO_SUCH_NAME, 4, 6, 16, 17}
"""What an agent answers to a SET of what mustn't be written; RFC 1157 and RFC 3416."""
_AUTHORIZATION_ERROR = 16

type _Answer = tuple[int, Sequence[tuple[str, Value | None]]]
"""The agent's error-status, and its rows."""


class PysnmpBackend(Backend):
    """One engine of pysnmp's for one agent, which finds out engine id and clock."""

    slow = True

    def __init__(
        self, address: str, port: int, credentials: Credentials, timeout_s: float
    ) -> None:
        """Take a numeric address; nothing is asked before `open`."""
        self._address = (address, port)
        self._timeout_s = timeout_s
        self._v1 = isinstance(credentials, Community) and credentials.v1
        match credentials:
            case Community(name):
                self._as = CommunityData(name, mpModel=0 if self._v1 else 1)
            case user:
                self._as = UsmUserData(
                    user.name,
                    user.password if user.auth is not Auth.NONE else None,
                    user.password if user.privacy is not Privacy.NONE else None,
                    AUTH[user.auth],
                    PRIVACY[user.privacy],
                )
        self._engine: SnmpEngine | None = None
        self._target: UdpTransportTarget | None = None

    @override
    async def open(self) -> None:
        self.close()
        self._engine = await asyncio.to_thread(new_engine)
        kind = Udp6TransportTarget if ":" in self._address[0] else UdpTransportTarget
        self._target = await kind.create(
            self._address, timeout=self._timeout_s, retries=0
        )

    @override
    async def refresh(self) -> None:
        """Nothing to do: it does so by itself."""

    @override
    async def get(self, oids: Sequence[str]) -> Mapping[str, Value | None]:
        status, rows = await self._ask(get_cmd, (), oids)
        if status == _NO_SUCH_NAME and len(oids) == 1:
            return {oids[0]: None}
        return {} if status else dict(rows)

    @override
    def walk(self, root: str, repetitions: int) -> Walk:
        return _PysnmpWalk(self, root, repetitions)

    async def step(self, after: str, repetitions: int) -> Sequence[tuple[str, Value]]:
        """Ask for the rows after an OID, whatever they belong to; none at the end."""
        if repetitions:
            status, rows = await self._ask(bulk_cmd, (0, repetitions), (after,))
        else:
            status, rows = await self._ask(next_cmd, (), (after,))
            if status == _NO_SUCH_NAME and self._v1:
                return ()
        if status:
            raise Rejected(f"error-status {status}")
        return [(oid, value) for oid, value in rows if value is not None]

    async def _ask(
        self, command: Any, how: tuple[int, ...], oids: Sequence[str], *values: Any
    ) -> _Answer:
        if self._engine is None:
            raise Unreachable("not opened")
        objects = (
            ObjectType(ObjectIdentity(oid), *values[at : at + 1])
            for at, oid in enumerate(oids)
        )
        wrong, status, _, rows = await command(
            *(self._engine, self._as, self._target, ContextData(), *how, *objects),
            lookupMib=False,
        )
        if isinstance(wrong, errind.RequestTimedOut):
            raise Silent(f"no answer in {self._timeout_s:g} s")
        if isinstance(wrong, _NOT_IN_STEP):
            raise NotInStep(type(wrong).__name__)
        if wrong is not None:
            raise BadAnswer(type(wrong).__name__)
        if status == _AUTHORIZATION_ERROR:
            raise NotInStep("the user may not read this")
        return int(status), [(str(oid), plain(value)) for oid, value in rows]

    async def set(self, oid: str, number: int) -> None:
        """Write an integer; raises `NotAllowed` when the agent refuses it."""
        status, _ = await self._ask(set_cmd, (), (oid,), Integer32(number))
        if status in _READ_ONLY:
            raise NotAllowed(f"error-status {status}")
        if status:
            raise Rejected(f"error-status {status}")

    @override
    def close(self) -> None:
        if self._engine is not None:
            self._engine.close_dispatcher()
        self._engine = None


class _PysnmpWalk(Walk):
    def __init__(self, backend: PysnmpBackend, root: str, repetitions: int) -> None:
        self._backend = backend
        self._below = f"{root}."
        self._after = root
        self._repetitions = repetitions

    @override
    async def more(self) -> Rows:
        found = await self._backend.step(self._after, self._repetitions)
        rows = [row for row in found if row[0].startswith(self._below)]
        if rows:
            self._after = rows[-1][0]
        return Rows(rows, not rows or len(rows) < len(found))


def new_engine() -> SnmpEngine:
    """Make an engine in a thread: it reads its MIBs from files."""
    engine = SnmpEngine()
    builder = engine.message_dispatcher.mib_instrum_controller.get_mib_builder()
    view = MibViewController(builder)
    engine.cache["mibViewController"] = view
    view.mibBuilder.load_modules()
    return engine


def plain(value: Any) -> Value | None:
    """Turn a value of pysnmp's into Python's own; None where there is none."""
    if isinstance(value, Null):  # also noSuchObject, noSuchInstance, endOfMibView
        return None
    if isinstance(value, Integer):
        return int(value)
    if isinstance(value, ObjectIdentifier):
        return str(value)
    return bytes(value)
