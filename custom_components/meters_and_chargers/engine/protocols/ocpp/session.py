"""One wallbox's connection: what it asks in order, what we ask one at a time."""

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable, Coroutine
from contextlib import suppress
import logging
from typing import Any
from uuid import uuid4

from aiohttp import (
    ClientError,
    ClientWebSocketResponse,
    WebSocketError,
    WSCloseCode,
    WSMsgType,
    web,
)

from ...model import BadAnswer, DeviceError, Silent, Unreachable
from . import frame
from .manners import Manners
from .raw import payload_of
from .trace import Trace
from .types import Call, CallError, Handler, Payload, Verbatim, Version

_LOGGER = logging.getLogger(__name__)

CLOSE_S = 2.0
GRACE_S = 1.0
"""How long a call that is being handled may go on after its connection."""

MAX_WAITING = 64
"""Calls that may wait for their turn; the standard allows a wallbox one."""

REMEMBERED = 8
"""Answers kept for frames that come twice."""

_OWN_IDS = 64
"""Calls of ours whose late answers are known as such."""

type Socket = web.WebSocketResponse | ClientWebSocketResponse
type Tap = Callable[[str, frame.Frame], Awaitable[None]]
"""Takes each frame, as it came and as it was read."""


class Session:
    """A link over one WebSocket."""

    def __init__(  # noqa: PLR0913  # what a connection is and who hears of it, with defaults
        self,
        socket: Socket,
        charger_id: str,
        peer: str,
        handler: Handler,
        *,
        manners: Manners | None = None,
        on_end: Callable[[Session], None] | None = None,
        cut: Callable[[], None] | None = None,
        trace: Trace | None = None,
        version: Version = Version.V16,
    ) -> None:
        """Take an open socket; `run` serves it.

        Pinging needs a socket that leaves pings to us (``autoping=False``).
        ``on_end`` hears of the end before the handler does, ``cut`` drops a
        connection whose other end does not answer the close. ``trace`` keeps the
        last frames.
        """
        self._trace = trace or Trace()
        self._version = version
        self._socket = socket
        self._charger_id = charger_id
        self._peer = peer
        self._handler = handler
        self._manners = manners or Manners(ping_s=None)
        self._pinging: asyncio.Task[None] | None = None
        self._heard = False
        """Whether anything came since the last look."""
        self._on_end = on_end
        self._cut = cut
        self._opened = False
        self._ended = False
        self._closing: asyncio.Task[None] | None = None
        self.turn = asyncio.Lock()
        """Who has it may ask the other end: one call is in flight at a time."""
        self._tap: Tap | None = None
        self._own: deque[str] | None = None
        self._asked: tuple[str, asyncio.Future[Payload | Exception]] | None = None
        """The one call in flight and who waits for its answer."""
        self._queue: list[tuple[frame.CallFrame, str]] = []
        """A list, which takes less than a deque: mostly there is one."""
        self._worker: asyncio.Task[None] | None = None
        self._answers: dict[str, tuple[int, str]] = {}
        """The last answers: by message id, with a hash of the call's text."""

    @property
    def charger_id(self) -> str:
        """The identity from the address the wallbox dialled."""
        return self._charger_id

    @property
    def peer(self) -> str:
        """The socket's own peer address."""
        return self._peer

    @property
    def version(self) -> Version:
        """What the two have agreed to speak."""
        return self._version

    async def run(self, older: Session | None = None) -> None:
        """Serve the connection until it ends; it takes the place of an older one.

        That is closed only then: between the two the wallbox was never away.
        """
        self._pinging = asyncio.create_task(self._ping())
        try:
            self._open()
            if older is not None:
                older.begin_close()
            await self._receive()
        finally:
            self._pinging.cancel()
            self.begin_close()
            await self._finish_work()
            await self.close()
        if self._worker is not None and not self._worker.cancelled():
            # A handler's defect ends its own connection, and is seen.
            self._worker.result()

    def treat(self, manners: Manners) -> None:
        """Talk like this from now on."""
        if manners == self._manners:
            return
        self._manners = manners
        if self._pinging is not None and not self._ended:
            self._pinging.cancel()
            self._pinging = asyncio.create_task(self._ping())

    def hand_over(self, handler: Handler) -> None:
        """Let another handler answer from now on."""
        if handler is self._handler:
            return
        before, self._handler = self._handler, handler
        self._answers.clear()
        if self._opened and not self._ended:
            before.closed(self)
            handler.opened(self)

    def tap(self, tap: Tap) -> None:
        """Let somebody take all frames from now on, but the answers to our calls."""
        self._tap = tap
        self._own = deque(maxlen=_OWN_IDS)

    async def pass_on(self, text: str) -> None:
        """Send a frame as it is."""
        await self._send(text)

    async def call(
        self, action: str, payload: Payload, message_id: str | None = None
    ) -> Payload:
        """Ask the other end; one call is in flight at a time, others wait.

        Who asks the same again, after it may have arrived, gives the same message id.
        """
        async with self.turn:
            if self._ended:
                raise Unreachable(f"{self._charger_id} is not connected")
            message_id = message_id or str(uuid4())
            if self._own is not None:
                self._own.append(message_id)
            answer: asyncio.Future[Payload | Exception] = asyncio.Future()
            self._asked = message_id, answer
            timeout_s = self._manners.timeout_s
            try:
                async with asyncio.timeout(timeout_s):
                    question = frame.call(message_id, action, payload)
                    self._trace.gave(question)
                    await _apart(self._socket.send_str(question))
                    outcome = await answer
            except TimeoutError as err:
                raise Silent(f"no answer within {timeout_s:g} s") from err
            except (ClientError, OSError) as err:
                raise Unreachable(f"{self._charger_id} is not connected") from err
            finally:
                self._asked = None
        if isinstance(outcome, Exception):
            raise outcome
        return outcome

    def begin_close(self, code: int = WSCloseCode.GOING_AWAY) -> None:
        """End the connection now; the closing handshake follows by itself."""
        if self._closing is not None:
            return
        self._ended = True
        self._queue.clear()
        if self._asked is not None:
            self._answered(self._asked[0], Unreachable("the connection was closed"))
        self._closing = asyncio.create_task(self._close(code))
        if self._on_end is not None:
            self._on_end(self)
        if self._opened:
            self._handler.closed(self)

    async def close(self) -> None:
        """Close the connection (1001, at most 2 s)."""
        self.begin_close()
        if self._closing is not None:
            await asyncio.wait({self._closing})

    def _open(self) -> None:
        if not self._ended:
            self._opened = True
            self._handler.opened(self)

    async def _close(self, code: int) -> None:
        """Say goodbye, and cut the line of one who does not answer."""
        try:
            async with asyncio.timeout(CLOSE_S):
                await self._socket.close(code=code)
        except TimeoutError:
            _LOGGER.debug("%s: did not answer the close", self._charger_id)
            if self._cut is not None:
                self._cut()

    async def _finish_work(self) -> None:
        """Let the call that is being handled come to its end."""
        if self._worker is None:
            return
        await asyncio.wait({self._worker}, timeout=GRACE_S)
        if self._worker.cancel():
            await asyncio.wait({self._worker})

    async def _receive(self) -> None:
        while not self._ended:
            message = await self._socket.receive()
            self._heard = True
            if message.type is WSMsgType.TEXT:
                await self._take(message.data)
            elif message.type is WSMsgType.BINARY:
                await self._refuse(frame.Malformed("a binary frame"))
            elif message.type is WSMsgType.PING:
                with suppress(ClientError, OSError):
                    await _apart(self._socket.pong(message.data))
            elif message.type is not WSMsgType.PONG:
                if isinstance(message.data, WebSocketError):
                    # Closed by now: 1009 for too long, 1007 for text not in UTF-8.
                    self._count(f"WebSocket error {int(message.data.code)}")
                return

    async def _ping(self) -> None:
        """Ask a quiet wallbox for a sign of life; close a dead line.

        Not left to aiohttp, whose timer outlives a connection that we close.
        """
        while (ping_s := self._manners.ping_s) is not None:
            self._heard = False
            await asyncio.sleep(ping_s)
            if self._heard:
                continue
            with suppress(ClientError, OSError):
                # One that reads nothing may have no room left for a ping.
                async with asyncio.timeout(ping_s / 2):
                    await _apart(self._socket.ping())
            await asyncio.sleep(ping_s / 2)
            if not self._heard:
                _LOGGER.debug("%s: no answer to a ping", self._charger_id)
                self.begin_close()
                return

    async def _take(self, text: str) -> None:
        """Sort one frame: never waits for a handler."""
        self._trace.took(text)
        found = frame.parse(text)
        if self._tap is not None and not self._is_own(found):
            await self._tap(text, found)
            return
        match found:
            case frame.CallFrame() as call:
                await self._enqueue(call, text)
            case frame.ResultFrame(message_id, payload):
                if isinstance(payload, dict):
                    answer = Verbatim(payload, payload_of(text))
                    self._answered(message_id, answer)
                else:
                    self._answered(message_id, BadAnswer("the answer is no object"))
            case frame.ErrorFrame(message_id, code, description):
                refusal = CallError(code, description)
                self._answered(self._meant(message_id), refusal)
            case frame.Malformed() as malformed:
                await self._refuse(malformed)
            case frame.Unknown(message_id):
                if message_id is not None and self._version is not Version.V16:
                    await self._send_error(
                        message_id, frame.Code.MESSAGE_TYPE_NOT_SUPPORTED
                    )

    def _is_own(self, found: frame.Frame) -> bool:
        """Say whether a frame answers a call of ours, perhaps too late."""
        own = self._own or ()
        match found:
            case frame.ResultFrame(message_id) | frame.ErrorFrame(message_id):
                return self._meant(message_id) in own
            case frame.Malformed(answer_id=str(message_id)):
                return message_id in own
        return False

    async def _enqueue(self, call: frame.CallFrame, text: str) -> None:
        """Put a call behind the others and see that somebody works."""
        if self._ended:
            return
        if len(self._queue) >= MAX_WAITING:
            # Not reading on instead would keep back the answers that a handler
            # may be waiting for.
            await self._send_error(call.id, frame.Code.GENERIC_ERROR, "too many calls")
            return
        self._queue.append((call, text))
        if self._worker is None or self._worker.done():
            self._worker = asyncio.create_task(self._work(), eager_start=True)

    async def _work(self) -> None:
        """Answer the calls that wait, in order."""
        sound = False
        try:
            while self._queue:
                await self._answer(*self._queue.pop(0))
            sound = True
        finally:
            if not sound:
                self.begin_close(WSCloseCode.INTERNAL_ERROR)

    async def _answer(self, call: frame.CallFrame, text: str) -> None:
        """Answer one call, a repeated one from memory."""
        known = self._answers.get(call.id)
        if known is not None and known[0] == hash(text):
            await self._reply(known[1])
            return
        try:
            payload = await self._handler.called(
                self, Call(call.action, call.payload, text)
            )
        except CallError as err:
            refusal = err.code, err.description
        except DeviceError as err:
            _LOGGER.debug("%s: a call failed: %s", self._charger_id, type(err).__name__)
            refusal = frame.Code.INTERNAL_ERROR, ""
        else:
            if payload is not None:
                answer = frame.result(call.id, payload)
                self._remember(call.id, text, answer)
                await self._reply(answer)
            return
        await self._reply(frame.error(call.id, *refusal, self._version))

    async def _reply(self, text: str) -> None:
        """Send an answer, not at once to a wallbox that would miss it."""
        if self._manners.reply_delay_s:
            await asyncio.sleep(self._manners.reply_delay_s)
        await self._send(text)

    def _remember(self, call_id: str, text: str, answer: str) -> None:
        # Refusals are not kept: a wallbox that asks again may fare better.
        self._answers.pop(call_id, None)
        self._answers[call_id] = hash(text), answer
        if len(self._answers) > REMEMBERED:
            del self._answers[next(iter(self._answers))]

    def _answered(self, message_id: str, answer: Payload | Exception) -> None:
        """Hand an answer to who waits for it; nobody waits for a late one."""
        if self._asked is None or self._asked[0] != message_id:
            self._trace.unasked += 1
            return
        if not self._asked[1].done():
            self._asked[1].set_result(answer)

    async def _refuse(self, malformed: frame.Malformed) -> None:
        """Count an unusable frame and answer it where it asks for one."""
        self._count(malformed.cause)
        if malformed.answer_id is not None:
            self._answered(malformed.answer_id, BadAnswer(malformed.cause))
        if malformed.call_id is not None:
            await self._send_error(
                malformed.call_id, frame.Code.FORMATION_VIOLATION, malformed.cause
            )
        elif malformed.answer_id is None and self._version is not Version.V16:
            await self._send_error(
                frame.NO_ID, frame.Code.RPC_FRAMEWORK_ERROR, malformed.cause
            )

    def _count(self, cause: str) -> None:
        self._trace.malformed += 1
        # Over connections: who dials again after each would fill the log.
        if self._trace.malformed == 1:
            _LOGGER.warning(
                "%s sent a frame that can't be used (%s); more are only counted",
                self._charger_id,
                cause,
            )

    def _meant(self, message_id: str) -> str:
        """Return the id of our call that a refusal is about."""
        if message_id == frame.NO_ID and self._asked is not None:
            return self._asked[0]  # it could not read which one
        return message_id

    async def _send_error(self, message_id: str, code: str, cause: str = "") -> None:
        await self._send(frame.error(message_id, code, cause, self._version))

    async def _send(self, text: str) -> None:
        """Send an answer; when the connection is gone, nobody waits for it."""
        if self._ended:
            return
        self._trace.gave(text)
        try:
            await _apart(self._socket.send_str(text))
        except (ClientError, OSError) as err:
            _LOGGER.debug("%s: answer not sent: %s", self._charger_id, err)


async def _apart(frame_sent: Coroutine[Any, Any, None]) -> None:
    """Send a frame, apart from everybody else who sends.

    aiohttp lets all who wait for room in the buffer wait for one future, which the
    first of them that is cancelled takes down with it.
    """
    sending = asyncio.create_task(frame_sent, eager_start=True)
    if not sending.done():
        sending.add_done_callback(_look_at)
        await asyncio.wait({sending})
    if sending.cancelled():
        raise ConnectionResetError("closed while sending")
    sending.result()


def _look_at(task: asyncio.Task[None]) -> None:
    """Take note of a forgotten frame's failure, so that nobody complains."""
    if not task.cancelled():
        task.exception()
