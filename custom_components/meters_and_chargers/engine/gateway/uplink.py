"""A charge point's line to its billing backend: dialled, kept, and dialled again.

What must arrive is taken from the queue, one message at a time; what the backend asks
is answered by whoever it was given to. Nothing here knows a charger.
"""

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import suppress
import logging
from typing import Protocol

from aiohttp import ClientWebSocketResponse

from ..journal import JournalError
from ..model import BadAnswer, DeviceError, Silent, Unreachable
from ..protocols.ocpp import (
    Call,
    CallError,
    Code,
    Link,
    Payload,
    Session,
    Verbatim,
    Version,
)
from ..protocols.ocpp.client import Failure, NotConnected
from ..protocols.ocpp.manners import Manners
from ..protocols.ocpp.scalars import integer, text
from .line import PAUSES_S, Line, Pauses, Watch, verdict
from .queue import SECURITY, START, Queue, Waiting

_LOGGER = logging.getLogger(__name__)

BEAT_S = 300.0
"""Where a backend names no interval."""
LEAST_BEAT_S = 5.0
PING_S = 60.0
ANSWER_S = 60.0
ATTEMPTS = 5
"""How often something is sent that the backend can't process (1.6, 3.7)."""
AGAIN_S = 60.0
_BEFORE_ACCEPTED = frozenset(
    {"ChangeConfiguration", "GetConfiguration", "TriggerMessage"}
)
"""What a backend may ask of a charge point that it has not accepted (1.6, 4.2)."""
_UNKNOWN = frozenset({Code.NOT_IMPLEMENTED, Code.NOT_SUPPORTED})

type Dial = Callable[[], Awaitable[ClientWebSocketResponse]]
"""Opens a connection; raises `NotConnected`."""


class Point(Protocol):
    """What is shown to the backend as a charge point."""

    def boot(self) -> Payload:
        """Return a BootNotification."""

    def accepted(self, *, booted: bool) -> None:
        """Take note that the backend may be told things: all of them after a boot."""

    def changed(self) -> None:
        """Take note that the line or the queue stands otherwise."""

    async def started(self, session: int, backend_id: int | None, status: str) -> None:
        """Take note of what the backend calls a transaction, and what it thinks of it.

        ``status`` is that of its idTagInfo; raises `JournalError`.
        """

    async def called(self, call: Call) -> Payload:
        """Answer the backend; raises `CallError`."""


class Uplink:
    """Keeps the line of one charge point to one backend."""

    def __init__(
        self,
        dial: Dial,
        name: str,
        point: Point,
        queue: Queue,
        *,
        pauses_s: tuple[float, float] = PAUSES_S,
        again_s: float = AGAIN_S,
    ) -> None:
        """Prepare; ``name`` is for the log, pauses grow from the first to the last."""
        self._dial = dial
        self._name = name
        self._point = point
        self._queue = queue
        self._pauses = Pauses(*pauses_s)
        self._again_s = again_s
        self._session: Session | None = None
        self._booted = False
        """Whether the backend has accepted us since our start, or the charger's."""
        self._accepted = False
        """Whether it did so when it was last asked."""
        self.beat_s = BEAT_S
        self.ping_s = PING_S
        self._wake = asyncio.Event()
        self._work = asyncio.Event()
        self._anew = asyncio.Event()
        self._retry = asyncio.Event()
        self._redials = False
        self._attempts = 0
        self._watch = Watch(name, point.changed)

    @property
    def line(self) -> Line:
        """How it stands."""
        return self._watch.line

    async def run(self) -> None:
        """Keep the line until this is cancelled."""
        while True:
            pause_s = None
            try:
                await self._connect()
                failure = Failure.CLOSED
            except NotConnected as err:
                failure, pause_s = err.failure, err.pause_s
            if self._redials:
                self._watch.stands(connected=False, failure=None)
                continue
            self._watch.stands(connected=False, failure=failure)
            await self._rest(pause_s)

    async def call(self, action: str, payload: Payload) -> Payload:
        """Ask the backend something; raises `DeviceError`, or `CallError`."""
        if self._session is None or not self.line.connected:
            raise Unreachable("the backend is not connected")
        return await self._session.call(action, payload)

    def deliver(self) -> None:
        """Take note that something waits in the queue."""
        self._work.set()

    def hurry(self) -> None:
        """Dial now, if it is being waited."""
        self._pauses.answered()
        self._wake.set()

    def flush(self) -> None:
        """Deliver now what waits, without the pauses after failures."""
        self._retry.set()
        self.hurry()

    def redial(self) -> None:
        """Hang up, and dial anew at once."""
        self._redials = True
        if self._session is not None:
            self._session.begin_close()
        self.hurry()

    def reboot(self) -> None:
        """Tell the backend that the charger has started anew."""
        self._booted = False
        self._anew.set()
        self.hurry()

    def beat_every(self, seconds: float) -> None:
        """Send a heartbeat this often from now on."""
        self.beat_s = max(seconds, LEAST_BEAT_S)

    def ping_every(self, seconds: float) -> None:
        """Ask a quiet line for a sign of life this often from now on."""
        self.ping_s = max(seconds, LEAST_BEAT_S)
        if self._session is not None:
            self._session.treat(self._manners)

    # One connection

    @property
    def _manners(self) -> Manners:
        return Manners(ping_s=self.ping_s, timeout_s=ANSWER_S)

    async def _connect(self) -> None:
        """Serve one connection until it ends; raises `NotConnected`."""
        self._redials = False
        socket = await self._dial()
        if self._redials:
            await socket.close()
            raise NotConnected(Failure.CLOSED)
        session = Session(
            socket,
            self._name,
            "",
            _Answers(self._called),
            manners=self._manners,
        )
        self._session = session
        serving = asyncio.create_task(session.run())
        talking = asyncio.create_task(self._talk(session))
        try:
            await asyncio.wait({serving, talking}, return_when=asyncio.FIRST_COMPLETED)
        finally:
            self._session = None
            talking.cancel()
            session.begin_close()
            await asyncio.wait({serving, talking})
        for task in (talking, serving):
            if not task.cancelled():
                task.result()

    async def _talk(self, session: Session) -> None:
        """Be accepted, then tell what waits, as long as the connection is open."""
        beating = delivering = None
        try:
            while True:
                await self._introduce(session)
                if delivering is None:
                    beating = asyncio.create_task(self._beat(session))
                    delivering = asyncio.create_task(self._deliver(session))
                await self._anew.wait()
        finally:
            for task in (beating, delivering):
                if task is not None:
                    task.cancel()
                    await asyncio.wait({task})
                    if not task.cancelled():
                        task.result()

    async def _introduce(self, session: Session) -> None:
        """Have ourselves accepted, and let it be known; raises `NotConnected`."""
        self._anew.clear()
        booted = not self._booted
        try:
            await self._boot(session)
        except DeviceError as err:
            raise NotConnected(_failure(err)) from err
        except CallError as err:
            raise NotConnected(Failure.REJECTED) from err
        self._pauses.answered()
        self._watch.stands(connected=True, failure=None)
        self._point.accepted(booted=booted)
        self._work.set()

    async def _boot(self, session: Session) -> None:
        """Tell who we are until that is accepted; once is enough (rule 4)."""
        if self._booted:
            try:
                await session.call("Heartbeat", {})
            except CallError:
                self._booted = False  # it wants to know after all
        while not self._booted:
            answer = await session.call("BootNotification", self._point.boot())
            interval_s = float(integer(answer.get("interval")) or 0)
            failure = verdict(answer)
            self._accepted = failure is None
            if failure is None:
                self._booted = True
                self.beat_every(interval_s or BEAT_S)
                return
            self._watch.stands(connected=False, failure=failure)
            # Within the interval a charge point may not ask again (4.2).
            await asyncio.sleep(interval_s or self._again_s)

    async def _called(self, call: Call) -> Payload:
        """Answer the backend, most of it only once it has accepted us."""
        if not self._accepted and call.action not in _BEFORE_ACCEPTED:
            raise CallError(Code.SECURITY_ERROR)
        return await self._point.called(call)

    async def _beat(self, session: Session) -> None:
        while True:
            await asyncio.sleep(self.beat_s)
            try:
                await session.call("Heartbeat", {})
            except (DeviceError, CallError) as err:
                _LOGGER.debug("%s: no heartbeat: %s", self._name, type(err).__name__)

    async def _deliver(self, session: Session) -> None:
        """Send what waits, in order, as long as the connection is open."""
        while True:
            self._work.clear()
            pause_s = 0.0
            try:
                one = await self._queue.first()
                if one is None:
                    await self._work.wait()
                else:
                    pause_s = await self._try(session, one)
            except JournalError as err:
                _LOGGER.debug("%s: nothing delivered: %s", self._name, err)
                pause_s = self._again_s
            except Unreachable:
                return  # it waits for the next connection
            await self._pause(pause_s)

    async def _pause(self, pause_s: float) -> None:
        if not pause_s:
            return
        self._retry.clear()
        with suppress(TimeoutError):
            async with asyncio.timeout(pause_s):
                await self._retry.wait()

    async def _try(self, session: Session, one: Waiting) -> float:
        """Send a message; returns how long to wait before the next, s."""
        try:
            await self._send(session, one)
        except Silent:
            self._attempts += 1
        except (CallError, BadAnswer) as err:
            if one.action == SECURITY and getattr(err, "code", "") in _UNKNOWN:
                # Of an extension that not every backend has: nobody misses it.
                await self._queue.sent(one)
                return 0.0
            self._attempts += 1
            if self._attempts >= ATTEMPTS:
                await self._set_aside(one, err)
        else:
            self._attempts = 0
            self._point.changed()
        return self._again_s * min(self._attempts, ATTEMPTS)

    async def _send(self, session: Session, one: Waiting) -> None:
        # As it lies in the queue, whatever JSON it is.
        payload = Verbatim({}, one.text)
        answer = await session.call(one.action, payload, one.message_id)
        backend_id: int | None = None
        if one.action == START:
            backend_id = integer(answer.get("transactionId"))
            info = answer.get("idTagInfo")
            status = text(info.get("status")) if isinstance(info, dict) else ""
            if one.session is not None:
                await self._point.started(one.session, backend_id, status)
        await self._queue.sent(one, backend_id)

    async def _set_aside(self, one: Waiting, err: Exception) -> None:
        """Let the others have their turn: the backend can't process this (3.7)."""
        self._attempts = 0
        _LOGGER.warning(
            "%s: the backend does not take a %s (%s); it is set aside",
            self._name,
            one.action,
            type(err).__name__,
        )
        await self._queue.refused(one)
        self._point.changed()

    # Between connections

    async def _rest(self, pause_s: float | None) -> None:
        """Wait before dialling again."""
        self._wake.clear()
        try:
            async with asyncio.timeout(self._pauses.take(pause_s)):
                await self._wake.wait()
        except TimeoutError:
            return


class _Answers:
    """Passes on what the backend asks."""

    def __init__(self, answer: Callable[[Call], Awaitable[Payload]]) -> None:
        self._answer = answer

    def opened(self, link: Link) -> None:
        """Nothing to do: who is accepted is told otherwise."""

    def closed(self, link: Link) -> None:
        """Nothing to do, as above."""

    async def called(self, _link: Link, call: Call) -> Payload | None:
        """Answer the backend."""
        return await self._answer(call)


async def probe(
    dial: Dial, boot: Payload, version: Version = Version.V16
) -> Failure | None:
    """Dial once and say who we are; returns what is in the way, None for nothing."""
    try:
        socket = await dial()
    except NotConnected as err:
        return err.failure
    manners = Manners(ping_s=None, timeout_s=ANSWER_S)
    answers = _Answers(_nothing)
    session = Session(socket, "a test", "", answers, manners=manners, version=version)
    serving = asyncio.create_task(session.run())
    try:
        return verdict(await session.call("BootNotification", boot))
    except DeviceError as err:
        return _failure(err)
    except CallError:
        return Failure.REJECTED
    finally:
        await session.close()
        await asyncio.wait({serving})


async def _nothing(_call: Call) -> Payload:
    raise CallError(Code.NOT_SUPPORTED)


def _failure(err: DeviceError) -> Failure:
    return Failure.SILENT if isinstance(err, Silent) else Failure.CLOSED
