"""Traps as pysnmp reads them: with a community (v1, v2c), or of a user (v3)."""

import asyncio
from typing import Any, Protocol, override

from pyasn1.codec.ber import decoder as ber
from pyasn1.error import PyAsn1Error
from pysnmp.carrier.asyncio.dgram import udp
from pysnmp.carrier.base import AbstractTransportDispatcher
from pysnmp.entity import config
from pysnmp.error import PySnmpError
from pysnmp.proto import api
from pysnmp.proto.api import v2c
from pysnmp.proto.mpmod.rfc3412 import SNMPv3Message
from pysnmp.proto.rfc1902 import OctetString
from pysnmp.proto.secmod.rfc3414.service import UsmSecurityParameters

from .backend import Value
from .credentials import Auth, Community, Privacy, User
from .pysnmp_backend import AUTH, PRIVACY, new_engine, plain
from .traps import Trap, Unreadable

_TRAP_OID = "1.3.6.1.6.3.1.1.4.1.0"
_UPTIME = "1.3.6.1.2.1.1.3.0"
_STANDARD_TRAPS = "1.3.6.1.6.3.1.1.5"
_ENTERPRISE_SPECIFIC = 6
_MOST_ENGINES = 4
"""Of one agent: whoever is replaced has another id."""
_TRY_S = 1.0
"""A new engine id is tried no more often: it costs a thread some processor time."""
_BROKEN = (
    *(PyAsn1Error, PySnmpError, ValueError, TypeError, LookupError, AttributeError),
    *(RecursionError, OverflowError),
)
"""What the libraries raise for datagrams that somebody has made up."""


class Decoder(Protocol):
    """Reads the traps of one agent."""

    async def decode(self, datagram: bytes) -> Trap:
        """Return the trap; raises `Unreadable`."""


class CommunityDecoder(Decoder):
    """Takes v1 and v2c alike: an agent sends what is set in it."""

    def __init__(self, community: Community) -> None:
        """Take those with this community alone."""
        self._community = community.name.encode()

    @override
    async def decode(self, datagram: bytes) -> Trap:
        try:
            return self._decoded(datagram)
        except _BROKEN as err:
            raise Unreadable(type(err).__name__) from None

    def _decoded(self, datagram: bytes) -> Trap:
        version = int(api.decodeMessageVersion(datagram))
        if version not in api.PROTOCOL_MODULES:
            raise Unreadable("another version")
        words = api.PROTOCOL_MODULES[version]
        message, _ = ber.decode(datagram, asn1Spec=words.Message())
        if bytes(words.apiMessage.get_community(message)) != self._community:
            raise Unreadable("another community")
        pdu = words.apiMessage.get_pdu(message)
        if not pdu.isSameTypeWith(words.TrapPDU()):
            raise Unreadable("no trap")
        if words is v2c:
            return _trap(words.apiTrapPDU.get_varbinds(pdu), "v2c")
        values = _values(words.apiTrapPDU.get_varbinds(pdu))
        generic = int(words.apiTrapPDU.get_generic_trap(pdu))
        if generic == _ENTERPRISE_SPECIFIC:
            specific = int(words.apiTrapPDU.get_specific_trap(pdu))
            oid = f"{words.apiTrapPDU.get_enterprise(pdu)}.0.{specific}"
        else:
            oid = f"{_STANDARD_TRAPS}.{generic + 1}"
        return Trap(oid, values, "v1")


class UserDecoder(Decoder):
    """Takes v3 of one user, with no less proof and encryption than was chosen."""

    def __init__(self, user: User) -> None:
        """Prepare the library's engine; in a thread, it reads files."""
        self._user = user
        self._level = (
            1 + (user.auth is not Auth.NONE) + (user.privacy is not Privacy.NONE)
        )
        self._engines: set[bytes] = set()
        self._tried_at = float("-inf")
        self._got: Trap | None = None
        self._engine = new_engine()
        # It has no way out: we answer nobody.
        self._engine.transport_dispatcher = AbstractTransportDispatcher()
        self._engine.message_dispatcher.register_context_engine_id(
            b"", (v2c.SNMPv2TrapPDU.tagSet,), self._take
        )

    @override
    async def decode(self, datagram: bytes) -> Trap:
        self._got = None
        try:
            engine_id = _engine_id(datagram)
            if engine_id in self._engines:
                self._receive(datagram)
            else:
                await self._try(engine_id, datagram)
        except _BROKEN as err:
            raise Unreadable(type(err).__name__) from None
        if self._got is None:
            raise Unreadable("another user, key or security level")
        return self._got

    def _receive(self, datagram: bytes) -> None:
        """Give a datagram to the engine, which calls `_take` if all is right."""
        dispatcher = self._engine.message_dispatcher
        dispatcher.receive_message(self._engine, udp.DOMAIN_NAME, ("", 0), datagram)

    async def _try(self, engine_id: bytes, datagram: bytes) -> None:
        """Make the user's keys for an engine; it is known once it has used them."""
        now = asyncio.get_running_loop().time()
        if len(self._engines) >= _MOST_ENGINES or now - self._tried_at < _TRY_S:
            raise Unreadable("too many engine ids")
        self._tried_at = now
        user = self._user
        await asyncio.to_thread(
            config.add_v3_user,
            self._engine,
            user.name,
            AUTH[user.auth],
            user.password if user.auth is not Auth.NONE else None,
            PRIVACY[user.privacy],
            user.password if user.privacy is not Privacy.NONE else None,
            securityEngineId=OctetString(engine_id),
        )
        try:
            self._receive(datagram)
        finally:
            if self._got is None:
                config.delete_v3_user(self._engine, user.name, OctetString(engine_id))
            else:
                self._engines.add(engine_id)

    def _take(self, _engine: Any, _model: Any, _security: Any, *told: Any) -> None:
        """Be told of a trap by the engine: whose, how secure, and what it holds."""
        _name, level, _context_engine, _context, _version, pdu = told[:6]
        if int(level) >= self._level:
            self._got = _trap(v2c.apiPDU.get_varbinds(pdu), "v3")


def _engine_id(datagram: bytes) -> bytes:
    """Return who sends, as the message says before anything of it is proved."""
    if int(api.decodeMessageVersion(datagram)) != 3:  # noqa: PLR2004 - SNMP v3 itself
        raise Unreadable("another version")
    message, _ = ber.decode(datagram, asn1Spec=SNMPv3Message())
    security = bytes(message.getComponentByPosition(2))
    parameters, _ = ber.decode(security, asn1Spec=UsmSecurityParameters())
    engine_id = bytes(parameters.getComponentByPosition(0))
    if not 5 <= len(engine_id) <= 32:  # noqa: PLR2004 - RFC 3411, SnmpEngineID
        raise Unreadable("no engine id")
    return engine_id


def _values(varbinds: Any) -> tuple[tuple[str, Value], ...]:
    said = ((str(oid), plain(value)) for oid, value in varbinds)
    return tuple((oid, value) for oid, value in said if value is not None)


def _trap(varbinds: Any, version: str) -> Trap:
    """Take the trap's own OID out of its values."""
    values = _values(varbinds)
    oid = dict(values).get(_TRAP_OID)
    if not isinstance(oid, str):
        raise Unreadable("no name")
    rest = (one for one in values if one[0] not in (_TRAP_OID, _UPTIME))
    return Trap(oid, tuple(rest), version)
