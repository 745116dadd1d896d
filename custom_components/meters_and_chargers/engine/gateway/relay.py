"""A wallbox whose backend sees itself (mode B): frames pass as they come.

OCPP 2.0.1, part 4, chapter 6: for each connection of the wallbox one to its backend, of
the same version; where one ends, the other is closed, so that the wallbox keeps what it
has to say and dials again. Nothing is stored here. Our own calls to the wallbox come
between the backend's, and their answers stay here.
"""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
import logging
from typing import Protocol

from aiohttp import ClientWebSocketResponse

from ..model import Unreachable
from ..protocols.ocpp import Call, Link, Manners, Payload, Session, Version
from ..protocols.ocpp.client import Failure, NotConnected
from ..protocols.ocpp.frame import CallFrame, ErrorFrame, Frame, ResultFrame, result
from .line import PAUSES_S, Line, Pauses, Watch, verdict

_LOGGER = logging.getLogger(__name__)

PING_S = 60.0
ANSWER_S = 60.0
"""How long a wallbox may take before somebody else may ask it something."""
_MOST_WAITING = 256
"""Frames that may wait for the backend; a wallbox sends one after the other."""
_MOST_UNANSWERED = 64
_AFTER_ANSWER = frozenset({"Authorize", "BootNotification", "StartTransaction"})
"""What counts here as the backend has answered it."""

_NOT_TAKEN = frozenset({Failure.PENDING, Failure.REJECTED})

type DialAs = Callable[[Version], Awaitable[ClientWebSocketResponse]]
"""Opens a connection to the backend by a version; raises `NotConnected`."""


class Relayed(Protocol):
    """Our own side of a wallbox: it sees what passes, and asks what it wants."""

    def opened(self, link: Link) -> None:
        """Take over a connection; calls on it come between the backend's."""

    def closed(self, link: Link) -> None:
        """Note that a connection has ended."""

    def is_ours(self, call: Call) -> bool:
        """Say whether a call only brings what we have asked for."""

    async def said(self, call: Call, answer: Payload | None) -> None:
        """See what the wallbox said; with an answer, what the backend made of it."""

    async def told(self, call: Call, answer: Payload) -> None:
        """See what the backend asked, and what the wallbox answered."""


class Relay:
    """Answers one wallbox by letting its backend answer."""

    def __init__(
        self,
        name: str,
        wallbox: Relayed,
        dial: DialAs,
        *,
        pauses_s: tuple[float, float] = PAUSES_S,
    ) -> None:
        """Wait for the wallbox; ``name`` is for the log."""
        self._name = name
        self._wallbox = wallbox
        self._dial = dial
        self._pauses = Pauses(*pauses_s)
        self._closed_until = 0.0
        """By the loop's clock: before it, the backend is left in peace."""
        self._closed = False
        self._watch = Watch(name, lambda: self.on_change())  # noqa: PLW0108  # it may be replaced
        self._crossings: dict[Link, asyncio.Task[None]] = {}
        self.on_change: Callable[[], None] = lambda: None
        """Hears that the line stands otherwise."""

    @property
    def line(self) -> Line:
        """How the line to the backend stands."""
        return self._watch.line

    def hurry(self) -> None:
        """Dial as soon as the wallbox does."""
        self._pauses.answered()
        self._closed_until = 0.0

    def redial(self) -> None:
        """Let the wallbox dial anew, and dial as soon as it does."""
        self.hurry()
        for task in self._crossings.values():
            task.cancel()

    async def close(self) -> None:
        """Close all, and take no other connection: the wallbox dials again."""
        self._closed = True
        links = tuple(self._crossings)
        await asyncio.gather(*(link.close() for link in links))
        await asyncio.gather(*self._crossings.values(), return_exceptions=True)

    # Handler

    def opened(self, link: Link) -> None:
        """Take a new connection of the wallbox across."""
        if not isinstance(link, Session):
            raise TypeError("a relay needs the frames of a connection")
        if self._closed:
            link.begin_close()
            return
        crossing = _Crossing(link, self._wallbox, self._answered)
        # Before it is received from: what it says waits for the backend.
        link.tap(crossing.from_wallbox)
        before = tuple(self._crossings.values())
        self._crossings[link] = asyncio.create_task(self._serve(crossing, before))

    def closed(self, link: Link) -> None:
        """Hang up at the backend as well."""
        task = self._crossings.get(link)
        if task is not None:
            task.cancel()

    async def called(self, _link: Link, _call: Call) -> Payload | None:
        """Never asked: all that is not ours passes."""
        return None

    # Inside

    async def _serve(
        self, crossing: _Crossing, before: tuple[asyncio.Task[None], ...]
    ) -> None:
        """Serve one connection of the wallbox until it, or the backend's, ends."""
        failure, pause_s = Failure.CLOSED, None
        try:
            for task in before:
                # A backend knows one connection of a charge point, the newest.
                task.cancel()
            if before:
                await asyncio.wait(before)
            if self._now() < self._closed_until:
                return
            await crossing.run(await self._dial(crossing.version))
        except NotConnected as err:
            failure, pause_s = err.failure, err.pause_s
        except asyncio.CancelledError:
            # It is the wallbox that has left.
            self._watch.stands(connected=False, failure=None)
            raise
        except Unreachable:
            pass  # more than the backend takes
        finally:
            self._crossings.pop(crossing.link, None)
            crossing.link.begin_close()
        self._watch.stands(connected=False, failure=failure)
        self._closed_until = self._now() + self._pauses.take(pause_s)

    def _now(self) -> float:
        return asyncio.get_running_loop().time()

    def _answered(self, call: Call, answer: Payload) -> None:
        """Note that the backend answers, and whether it takes the wallbox."""
        failure = self.line.failure if self.line.failure in _NOT_TAKEN else None
        if call.action == "BootNotification":
            failure = verdict(answer)
        if failure is None:
            self._pauses.answered()
        self._watch.stands(connected=failure is None, failure=failure)


@dataclass(slots=True)
class _Asked:
    """A call of the backend that the wallbox is to answer."""

    call: Call
    message_id: str
    answered: asyncio.Event = field(default_factory=asyncio.Event)


class _Crossing:
    """One connection of a wallbox, and its own to the backend."""

    def __init__(
        self,
        link: Session,
        wallbox: Relayed,
        answered: Callable[[Call, Payload], None],
    ) -> None:
        """Keep what the wallbox says until there is a backend."""
        self.link = link
        self._wallbox = wallbox
        self._answered = answered
        self._to_backend: asyncio.Queue[str] = asyncio.Queue(_MOST_WAITING)
        self._calls: asyncio.Queue[tuple[Call, str]] = asyncio.Queue(_MOST_UNANSWERED)
        """What the backend asks and the wallbox was not told."""
        self._seen: asyncio.Queue[tuple[Call, Payload | None, bool]] = asyncio.Queue(
            _MOST_WAITING
        )
        """What has passed and was not looked at: a call, its answer, whose it is."""
        self._said: dict[str, Call] = {}
        """Calls of the wallbox that the backend has not answered, by message id."""
        self._asked: _Asked | None = None
        self._too_much = asyncio.Event()

    @property
    def version(self) -> Version:
        """What the wallbox speaks."""
        return self.link.version

    async def run(self, socket: ClientWebSocketResponse) -> None:
        """Pass frames both ways until one end closes; raises `Unreachable`."""
        backend = Session(
            socket,
            self.link.charger_id,
            "",
            _Nobody(),
            manners=Manners(ping_s=PING_S, timeout_s=ANSWER_S),
            version=self.version,
        )
        backend.tap(self._from_backend)
        self._wallbox.opened(self.link)
        works = [
            asyncio.create_task(work)
            for work in (
                backend.run(),
                self._send_on(backend),
                self._ask_on(),
                self._look(),
                self._too_much.wait(),
            )
        ]
        try:
            await asyncio.wait(works, return_when=asyncio.FIRST_COMPLETED)
        finally:
            self._wallbox.closed(self.link)
            for task in works[1:]:
                task.cancel()
            backend.begin_close()
            await asyncio.wait(works)
        for task in works:
            if not task.cancelled():
                task.result()
        if self._too_much.is_set():
            raise Unreachable("the backend reads too slowly")

    # From the wallbox

    async def from_wallbox(self, text: str, found: Frame) -> None:
        """Take a frame of the wallbox."""
        match found:
            case CallFrame(message_id, action, payload):
                call = Call(action, payload, text)
                if self._wallbox.is_ours(call):
                    await self._seen.put((call, None, True))
                    await self.link.pass_on(result(message_id, {}))
                    return
                await self._note(message_id, call)
            case ResultFrame(message_id) | ErrorFrame(message_id):
                await self._note_answer(message_id, found)
        try:
            self._to_backend.put_nowait(text)
        except asyncio.QueueFull:
            self._too_much.set()

    async def _note(self, message_id: str, call: Call) -> None:
        if call.action not in _AFTER_ANSWER:
            await self._seen.put((call, None, True))
        self._said[message_id] = call
        if len(self._said) > _MOST_UNANSWERED:
            del self._said[next(iter(self._said))]

    async def _note_answer(
        self, message_id: str, found: ResultFrame | ErrorFrame
    ) -> None:
        asked = self._asked
        if asked is None or asked.message_id != message_id:
            return
        asked.answered.set()
        if isinstance(found, ResultFrame) and isinstance(found.payload, dict):
            await self._seen.put((asked.call, found.payload, False))

    async def _send_on(self, backend: Session) -> None:
        while True:
            await backend.pass_on(await self._to_backend.get())

    # From the backend

    async def _from_backend(self, text: str, found: Frame) -> None:
        """Take a frame of the backend."""
        match found:
            case CallFrame(message_id, action, payload):
                try:
                    self._calls.put_nowait((Call(action, payload, text), message_id))
                except asyncio.QueueFull:
                    self._too_much.set()
                return
            case ResultFrame(message_id, payload):
                call = self._said.pop(message_id, None)
                if call is not None and isinstance(payload, dict):
                    self._answered(call, payload)
                    await self.link.pass_on(text)
                    if call.action in _AFTER_ANSWER:
                        await self._seen.put((call, payload, True))
                    return
            case ErrorFrame(message_id):
                self._said.pop(message_id, None)
        await self.link.pass_on(text)

    async def _ask_on(self) -> None:
        """Ask what the backend asks, in turn with what we ask."""
        while True:
            call, message_id = await self._calls.get()
            async with self.link.turn:
                self._asked = _Asked(call, message_id)
                await self.link.pass_on(call.raw)
                try:
                    async with asyncio.timeout(ANSWER_S):
                        await self._asked.answered.wait()
                except TimeoutError:
                    _LOGGER.debug("%s: no answer", self.link.charger_id)
                self._asked = None

    async def _look(self) -> None:
        """Show our side what has passed, in order."""
        while True:
            call, answer, by_wallbox = await self._seen.get()
            if by_wallbox:
                await self._wallbox.said(call, answer)
            elif answer is not None:
                await self._wallbox.told(call, answer)


class _Nobody:
    """Answers nothing: all that a backend says passes."""

    def opened(self, link: Link) -> None:
        """Nothing to do."""

    def closed(self, link: Link) -> None:
        """Nothing to do."""

    async def called(self, _link: Link, _call: Call) -> Payload | None:
        """Say nothing."""
        return None
