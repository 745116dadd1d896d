"""The WebSocket server that wallboxes dial."""

import asyncio
from collections.abc import Callable, Mapping
from contextlib import suppress
import logging
import ssl
from types import MappingProxyType

from aiohttp import WSCloseCode, hdrs, web

from . import handshake, proof
from .door import Door, Tls
from .frame import MAX_CHARACTERS
from .http_log import HttpLog
from .manners import CALL_TIMEOUT_S, PING_S, Manners, Refusal, whose
from .session import CLOSE_S, Session
from .strict import preload
from .trace import Trace
from .types import Gate, Handler, Link, Unauthorised, Version

_LOGGER = logging.getLogger(__name__)

_SHUTDOWN_S = 1.0
_DISMISS_S = 0.5
_MAX_TRACED = 200
"""Wallboxes whose last frames are kept; who is gone makes room."""
_MAX_NAMED = 200
"""How many names of each kind are remembered, so that nobody can fill the memory; a
wallbox that somebody knows always has room."""

_NO_ROOM = "nobody knows it, and it is not local or too many wait"
_CHALLENGE = 'Basic realm="OCPP"'
_HANDSHAKE = (
    hdrs.CONNECTION,
    hdrs.UPGRADE,
    hdrs.SEC_WEBSOCKET_KEY,
    hdrs.SEC_WEBSOCKET_VERSION,
    hdrs.SEC_WEBSOCKET_EXTENSIONS,
)


type OnRefused = Callable[[str, str, Refusal | None], None]
"""Hears the identity and the address of a wallbox that can't connect, and why; None
when it could after all."""


class Server:
    """Listens on one port and keeps at most one connection a wallbox."""

    def __init__(
        self,
        gate: Gate,
        host: str | None,
        port: int,
        *,
        ping_s: float | None = PING_S,
        timeout_s: float = CALL_TIMEOUT_S,
        tls: Tls = Tls.OFF,
        context: ssl.SSLContext | None = None,
        on_refused: OnRefused | None = None,
    ) -> None:
        """Prepare; `start` opens the port. Port 0 takes a free one.

        ``ping_s`` and ``timeout_s`` are for wallboxes of which nothing is known.
        ``context`` has the server's certificate; without it nothing is encrypted,
        whatever ``tls`` says.
        """
        self._gate = gate
        self._door = Door(host, port, tls, context, refused=self._turn_away)
        self._usual = Manners(ping_s=ping_s, timeout_s=timeout_s)
        self._manners: dict[str, Manners] = {}
        self._on_refused = on_refused
        self._runner: web.AppRunner | None = None
        self._sessions: dict[str, Session] = {}
        self._ending: set[Session] = set()
        """Sessions out of use that still say goodbye."""
        self._named: set[str] = set()
        """Identities of which the log says why they can't connect."""
        self._turned_away: set[str] = set()
        """Addresses, and strangers without room, of which it does too."""
        self._refused: set[str] = set()
        """Who has been told as refused."""
        self._traces: dict[str, Trace] = {}

    @property
    def port(self) -> int:
        """The port listened on; the wanted one before the start."""
        return self._door.port

    def use(self, context: ssl.SSLContext) -> None:
        """Show another certificate from now on; open connections stay."""
        self._door.context = context

    @property
    def links(self) -> Mapping[str, Link]:
        """The open connections by identity."""
        return MappingProxyType(self._sessions)

    def trace(self, charger_id: str) -> Trace:
        """Return the last frames of a wallbox, which it may yet have to send."""
        return self._traces.get(charger_id) or Trace()

    async def start(self) -> None:
        """Listen; raises OSError where the port can't be had."""
        app = web.Application()
        app.router.add_route(hdrs.METH_GET, "/{path:.*}", self._serve)
        runner = web.AppRunner(
            app,
            access_log=None,
            shutdown_timeout=_SHUTDOWN_S,
            logger=HttpLog(self._turn_away),
        )
        await runner.setup()
        if (factory := runner.server) is None:
            raise RuntimeError("a runner without its server")
        try:
            await self._door.open(factory)
        except OSError:
            await runner.cleanup()
            raise
        self._runner = runner

    async def stop(self) -> None:
        """Stop listening and close every connection; takes less than 3 s."""
        if self._runner is None:
            return
        runner, self._runner = self._runner, None
        await self._door.close()
        open_sessions = [*self._sessions.values(), *self._ending]
        await asyncio.gather(*(session.close() for session in open_sessions))
        await runner.cleanup()

    def move(self, charger_id: str, handler: Handler) -> bool:
        """Hand an open connection over to another handler without closing it.

        The handler before is told `closed`, the new one `opened`. False where the
        wallbox is not connected.
        """
        if (session := self._sessions.get(charger_id)) is None:
            return False
        session.hand_over(handler)
        return True

    def treat(self, charger_id: str, manners: Manners | None) -> None:
        """Talk to a wallbox like this from now on; None as to one that is not known.

        An open connection goes on, unless it was opened under what turns out to be
        an alias of another one, or speaks another version than is wanted from now on.
        """
        before = self._manners.get(charger_id, self._usual).version
        if manners is None:
            self._manners.pop(charger_id, None)
        else:
            self._manners[charger_id] = manners
            for alias in manners.aliases - set(self._manners):
                if (stranger := self._sessions.get(alias)) is not None:
                    stranger.begin_close()
        if (session := self._sessions.get(charger_id)) is not None:
            session.treat(manners or self._usual)
            wanted = self._manners.get(charger_id, self._usual).version
            if wanted not in (None, before, session.version):
                session.begin_close()

    async def _serve(self, request: web.Request) -> web.StreamResponse:
        """Decide about one wallbox that knocks, and serve it."""
        said = handshake.identity(request.raw_path)
        if said is None:
            raise web.HTTPNotFound
        charger_id = whose(said, _peer(request), self._manners)
        # Only what the handshake needs, and without the subprotocols: aiohttp
        # reads the first line of them alone and knows one spelling.
        request_headers = [
            (name, request.headers[name])
            for name in _HANDSHAKE
            if name in request.headers
        ]
        bare = request.clone(headers=request_headers)
        # Closing is bounded by the session, which then cuts the line.
        socket = web.WebSocketResponse(
            timeout=2 * CLOSE_S, autoping=False, max_msg_size=MAX_CHARACTERS
        )
        if not socket.can_prepare(bare):
            if hdrs.SEC_WEBSOCKET_KEY in request.headers:
                self._refuse(charger_id, request, Refusal.HANDSHAKE)
            raise web.HTTPBadRequest
        if not charger_id:
            self._refuse(charger_id, request, Refusal.NO_IDENTITY)
            raise web.HTTPNotFound
        if (handler := self._admit(request, charger_id, said)) is None:
            self._turn_away(charger_id, _NO_ROOM)
            raise web.HTTPNotFound
        self._door.settle(request.protocol)
        names = handshake.offered(
            request.headers.getall(hdrs.SEC_WEBSOCKET_PROTOCOL, ())
        )
        wanted = self._manners.get(charger_id, self._usual).version
        chosen = handshake.choose(names, wanted)
        if chosen is not None:
            socket.headers[hdrs.SEC_WEBSOCKET_PROTOCOL] = chosen.name
        try:
            await socket.prepare(bare)
        except ConnectionError:
            # It has left meanwhile, and there is nobody to be answered.
            _LOGGER.debug("%s left during its handshake", charger_id)
            raise web.HTTPBadRequest from None
        if chosen is None and wanted is not Version.V16:
            # The standard wants the handshake finished first.
            why = Refusal.OTHER_VERSION if names else Refusal.NO_VERSION
            self._refuse(charger_id, request, why)
            await _dismiss(socket, WSCloseCode.PROTOCOL_ERROR)
        elif self._runner is None:
            await _dismiss(socket, WSCloseCode.GOING_AWAY)
        else:
            version = Version.V16 if chosen is None else chosen.version
            await self._run(request, socket, charger_id, handler, version)
        return socket

    def _admit(
        self, request: web.Request, charger_id: str, said: str
    ) -> Handler | None:
        """Ask the gate; who has not proved who it is gets 401, before the upgrade."""
        aliases = self._manners.get(charger_id, self._usual).aliases
        # With its password it gives the name that it dials by, or its other one.
        shown = proof.shown(request, {said, charger_id, *aliases})
        try:
            return self._gate.admit(charger_id, _peer(request), shown)
        except Unauthorised as err:
            self._name(charger_id, err.reason)
            raise web.HTTPUnauthorized(
                headers={hdrs.WWW_AUTHENTICATE: _CHALLENGE}
            ) from err

    async def _run(
        self,
        request: web.Request,
        socket: web.WebSocketResponse,
        charger_id: str,
        handler: Handler,
        version: Version,
    ) -> None:
        """Serve a connection, which replaces an older one of the same wallbox."""
        if version is not Version.V16:
            # Only now: hardly anybody needs these schemas, and they are many.
            await asyncio.to_thread(preload, version)
            if self._runner is None:
                await _dismiss(socket, WSCloseCode.GOING_AWAY)
                return
        self._let_in(charger_id, _peer(request))
        trace = self._begin_trace(charger_id, version)
        session = Session(
            socket,
            charger_id,
            _peer(request),
            handler,
            manners=self._manners.get(charger_id, self._usual),
            on_end=self._ended,
            cut=None if request.transport is None else request.transport.abort,
            trace=trace,
            version=version,
        )
        if (older := self._sessions.get(charger_id)) is not None:
            self._ending.add(older)
        self._sessions[charger_id] = session
        try:
            await session.run(older)
        finally:
            self._ending.discard(session)

    def _let_in(self, charger_id: str, peer: str) -> None:
        """Say once that a wallbox which could not connect now can."""
        if charger_id in self._named | self._turned_away:
            self._named.discard(charger_id)
            self._turned_away.discard(charger_id)
            _LOGGER.info("%s could connect", charger_id)
        if charger_id in self._refused:
            self._refused.discard(charger_id)
            if self._on_refused is not None:
                self._on_refused(charger_id, peer, None)

    def _begin_trace(self, charger_id: str, version: Version = Version.V16) -> Trace:
        if charger_id not in self._traces and len(self._traces) >= _MAX_TRACED:
            gone = next((k for k in self._traces if k not in self._sessions), None)
            if gone is not None:
                del self._traces[gone]
        trace = self._traces.setdefault(charger_id, Trace())
        trace.connections += 1
        trace.version = version
        return trace

    def _ended(self, session: Session) -> None:
        """Forget a session before its handler hears of its end."""
        if self._sessions.get(session.charger_id) is session:
            del self._sessions[session.charger_id]
        self._ending.add(session)

    def _refuse(self, charger_id: str, request: web.Request, why: Refusal) -> None:
        """Tell once that a wallbox can't connect as it is, and why."""
        peer = _peer(request)
        if charger_id:
            self._name(charger_id, why)
        else:
            self._turn_away(peer, why)
        fresh = self._remember(charger_id or peer, self._refused)
        if fresh and self._on_refused is not None:
            self._on_refused(charger_id, peer, why)

    def _name(self, charger_id: str, reason: str) -> None:
        """Log once why a wallbox can't connect."""
        if self._remember(charger_id, self._named):
            _LOGGER.warning("%s can't connect: %s", charger_id, reason)

    def _turn_away(self, name: str, reason: str) -> None:
        """Log once why somebody can't connect who may be no wallbox at all."""
        if self._remember(name, self._turned_away):
            _LOGGER.warning("%s can't connect: %s", name, reason)

    def _remember(self, name: str, names: set[str]) -> bool:
        """Say whether a name is new; strangers' names have only so much room."""
        known = self._manners.keys()
        if name in names or (name not in known and len(names - known) >= _MAX_NAMED):
            return False
        names.add(name)
        return True


async def _dismiss(socket: web.WebSocketResponse, code: WSCloseCode) -> None:
    """Close a connection that never came into use, without much patience."""
    with suppress(TimeoutError):
        async with asyncio.timeout(_DISMISS_S):
            await socket.close(code=code)


def _peer(request: web.Request) -> str:
    """Return the socket's own peer address, never a header's."""
    return request.remote or ""
