"""A charger as a charge point of its own at a billing backend (mode A).

It boots, beats and calls transactions by itself; the charger below never sees the
backend, nor the backend it. What is billed lies in the queue before it is answered.
"""

import asyncio
from collections.abc import Callable, Coroutine
from dataclasses import dataclass
import json
import logging
import time

from ..journal import Journal, JournalError
from ..model import DeviceError
from ..protocols.ocpp import Call, CallError, Payload, Verbatim
from ..protocols.ocpp.raw import exchange
from ..protocols.ocpp.scalars import text
from .answers import Answers, Told
from .charger import Charger, Offline, Settings, Started
from .configuration import (
    HEARTBEAT,
    PING,
    SAMPLES,
    STOP_INVALID,
    Configuration,
)
from .limits import Effective, effective, left_ma
from .line import PAUSES_S
from .lookout import Lookout
from .profiles import Profiles
from .queue import METER, SECURITY, START, STOP, Message, Queue
from .schedule import Unusable
from .sessions import Sessions
from .uplink import AGAIN_S, Dial, Uplink

_LOGGER = logging.getLogger(__name__)

AUTHORISE_S = 10.0
PROMISED_S = 300
"""How long a card that the backend started may take to begin."""
_FACT = "gateway"
_MOST_CARDS = 200
_ACCEPTED = "Accepted"
_ASKED = '"Trigger"'
"""The context of values that the backend has asked for."""
_BY_CLOCK = '"Sample.Clock"'
_KEPT = ('"SignedData"', '"Transaction.Begin"', '"Transaction.End"')


@dataclass(frozen=True, slots=True)
class _Promise:
    connector: int | None
    tag: str
    until_s: int
    profile: Payload | None


class VirtualPoint:
    """One charger at one backend."""

    def __init__(
        self,
        gateway: str,
        journal: Journal,
        charger: Charger,
        dial: Dial,
        *,
        now: Callable[[], float] = time.time,
        pauses_s: tuple[float, float] = PAUSES_S,
        again_s: float = AGAIN_S,
    ) -> None:
        """Show a charger under the name of a gateway; `load` comes first."""
        self._gateway = gateway
        self._journal = journal
        self._charger = charger
        self._now = now
        self._settings = Settings()
        self.queue = Queue(journal, gateway)
        self.uplink = Uplink(
            dial, gateway, self, self.queue, pauses_s=pauses_s, again_s=again_s
        )
        self.profiles = Profiles(charger.connectors, phases=charger.bounds(1).phases)
        self.configuration = Configuration(charger.connectors, aligns=charger.aligns)
        self.sessions = Sessions()
        told = Told(
            now_s=self.now_s,
            trigger=lambda wanted, number: self._spawn(self._triggered(wanted, number)),
            changed=self._otherwise,
            begin=self._begin,
        )
        self._answers = Answers(
            charger, self.profiles, self.configuration, self.sessions, told
        )
        self._promises: list[_Promise] = []
        self._cards: dict[str, str] = {}
        """What the backend thought of cards, the newest last."""
        self._told: dict[int, str] = {}
        """The status of each connector that the backend knows."""
        self._measured_s: dict[int, float] = {}
        self._tasks: set[asyncio.Task[None]] = set()
        self._lookout = Lookout(self.profiles, now, self._looked)
        self._closed = False
        self._telling = asyncio.Lock()
        self.on_change: Callable[[], None] = lambda: None
        """Hears that the line, the queue or a limit stands otherwise."""

    # Its life

    async def load(self) -> None:
        """Take over what was so before; raises `JournalError`."""
        await self.queue.load()
        self.sessions.load(await self.queue.transactions())
        facts = await self._journal.facts(self._gateway)
        kept = json.loads(facts.get(_FACT) or "{}")
        for number, (session, began_s) in kept.get("running", {}).items():
            self.sessions.begin(int(number), session, began_s)
            self.profiles.begin(int(number), began_s, self.sessions.number(session))
        self.sessions.refused.update(kept.get("refused", ()))
        self.profiles.load(kept.get("profiles", ""))
        self.configuration.load(kept.get("settings", ""))
        self._cards = kept.get("cards", {})

    def use(self, settings: Settings) -> None:
        """Go by what its owner has chosen."""
        self._settings = self._answers.settings = settings

    def start(self) -> None:
        """Begin to dial."""
        self._keep_alive()
        self._lookout.look()
        self._spawn(self.uplink.run())

    async def close(self) -> None:
        """Hang up; what waits stays in the journal."""
        self._closed = True
        self._lookout.stop()
        for task in tuple(self._tasks):
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    async def forget(self) -> None:
        """Forget all of this backend, after `close`; raises `JournalError`."""
        await self.queue.forget()
        await self._journal.keep_fact(self._gateway, _FACT, "")

    # What follows for the charger

    def now_s(self) -> int:
        """Return the time, in whole seconds since 1970."""
        return int(self._now())

    def limit(self, connector: int) -> Effective:
        """Return what a connector may draw now, and whose limit that is."""
        return effective(
            self.profiles.allowed(connector, self.now_s()),
            self._charger.bounds(connector),
            enabled=not self._is_refused(connector),
        )

    def ceiling_ma(self, connector: int) -> int | None:
        """Return what the backend alone leaves a connector, 0 for a pause; mA."""
        if self._is_refused(connector):
            return 0
        allowed = self.profiles.allowed(connector, self.now_s())
        return left_ma(allowed, self._charger.bounds(connector).minimum_ma)

    # What the charger says; what is billed raises `JournalError`

    async def authorise(self, tag: str) -> str:
        """Return what a card is answered: by the backend, else as its owner chose."""
        if self._find_promise(tag, None) is not None:
            return _ACCEPTED
        try:
            async with asyncio.timeout(AUTHORISE_S):
                answer = await self.uplink.call("Authorize", {"idTag": tag})
        except (DeviceError, CallError, TimeoutError) as err:
            _LOGGER.debug("%s: a card is not asked for: %s", self._gateway, type(err))
            return self._offline(tag)
        info = answer.get("idTagInfo")
        status = text(info.get("status")) if isinstance(info, dict) else ""
        self._remember_card(tag, status)
        return status or "Invalid"

    async def begun(self, started: Started) -> None:
        """Keep the beginning of a transaction for the backend, and go by it."""
        tag = started.tag or self._settings.fixed_tag
        if not tag:
            return  # it began without a card, and its owner wants that untold
        payload = started.text
        if not started.tag:
            payload = exchange(payload, "idTag", tag)
        message = Message(action=START, session=started.session, text=payload)
        await self.queue.put(message)
        # A charger's clock may be ahead; its charging has begun all the same.
        began_s = min(started.at_s, self.now_s())
        self.sessions.begin(started.connector, started.session, began_s)
        number = self.sessions.number(started.session)
        self.profiles.begin(started.connector, began_s, number)
        promise = self._find_promise(tag, started.connector)
        if promise is not None:
            self._promises.remove(promise)
            if promise.profile is not None:
                self._put_promised(started.connector, promise.profile)
        self.uplink.deliver()
        self._otherwise()

    async def measured(self, connector: int, session: int | None, payload: str) -> None:
        """Keep meter values for the backend, as often as it wants them."""
        if session is None or not self.sessions.knows(session):
            return
        kept = any(word in payload for word in _KEPT)
        if not kept and not self._is_asked(payload) and self._is_too_soon(connector):
            return
        await self.queue.put(
            Message(action=METER, session=session, text=payload, kept=kept)
        )
        self.uplink.deliver()
        self.on_change()

    async def ended(self, session: int, payload: str) -> None:
        """Keep the end of a transaction for the backend, and go by it."""
        if not self.sessions.knows(session):
            return
        await self.queue.put(Message(action=STOP, session=session, text=payload))
        connector = self.sessions.end(session)
        if connector is not None:
            self.profiles.end(connector)
            self._measured_s.pop(connector, None)
        self.uplink.deliver()
        self._otherwise()

    async def alarmed(self, payload: str) -> None:
        """Keep a security event for the backend."""
        await self.queue.put(Message(action=SECURITY, text=payload, kept=False))
        self.uplink.deliver()
        self.on_change()

    def stands(self) -> None:
        """Tell the backend what is another status now."""
        if self.uplink.line.connected:
            self._spawn(self._tell_statuses())

    def restarted(self) -> None:
        """Tell the backend that the charger has booted."""
        self.uplink.reboot()

    async def transfer(self, payload: str) -> Payload:
        """Pass a DataTransfer on; whoever is asked is known, but not always there."""
        try:
            return await self.uplink.call("DataTransfer", Verbatim({}, payload))
        except DeviceError:
            return {"status": "Rejected"}

    # What the line says

    def boot(self) -> Payload:
        """Return a BootNotification."""
        return self._charger.boot()

    def accepted(self, *, booted: bool) -> None:
        """Tell the status of each connector: all after a boot, else the changed."""
        if booted:
            self._told.clear()
            self.configuration.change(
                {"key": HEARTBEAT, "value": str(round(self.uplink.beat_s))}
            )
        self._spawn(self._tell_statuses())

    def changed(self) -> None:
        """Pass on that the line or the queue stands otherwise."""
        self.on_change()

    async def started(self, session: int, backend_id: int | None, status: str) -> None:
        """Go by what the backend says of a transaction (4.8, errata 3.17)."""
        connector = self.sessions.name(session, backend_id)
        if connector is None:
            return
        if backend_id is not None:
            self.profiles.name(connector, backend_id)
        if status in ("", _ACCEPTED):
            return
        if self.configuration[STOP_INVALID] == "true":
            self._spawn(self._end(session))
        else:
            self.sessions.refused.add(session)
            self._otherwise()

    async def called(self, call: Call) -> Payload:
        """Answer the backend."""
        return await self._answers.answer(call)

    # Inside

    def _is_refused(self, connector: int) -> bool:
        running = self.sessions.running.get(connector)
        return running is not None and running.session in self.sessions.refused

    def _spawn(self, work: Coroutine[None, None, None]) -> None:
        task = asyncio.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    def _otherwise(self) -> None:
        """Let the charger obey, look again in time, and keep how things stand."""
        if self._closed:
            return
        self._charger.obey()
        self._lookout.look()
        self._keep_alive()
        self._spawn(self._keep())
        self.on_change()

    def _keep_alive(self) -> None:
        """Let the line live as the backend wants it."""
        self.uplink.beat_every(self.configuration.seconds(HEARTBEAT))
        self.uplink.ping_every(self.configuration.seconds(PING))

    def _looked(self) -> None:
        self._charger.obey()
        self.on_change()

    async def _keep(self) -> None:
        running = {
            number: (one.session, one.began_s)
            for number, one in self.sessions.running.items()
        }
        fact = {
            "running": running,
            "refused": sorted(self.sessions.refused),
            "profiles": self.profiles.dump(),
            "settings": self.configuration.dump(),
            "cards": self._cards,
        }
        try:
            await self._journal.keep_fact(self._gateway, _FACT, json.dumps(fact))
        except JournalError as err:
            _LOGGER.debug("%s: not kept: %s", self._gateway, err)

    def _offline(self, tag: str) -> str:
        match self._settings.offline:
            case Offline.ALL:
                return _ACCEPTED
            case Offline.KNOWN:
                if self._cards.get(tag) == _ACCEPTED or self._charger.knows(tag):
                    return _ACCEPTED
        return "Invalid"

    def _remember_card(self, tag: str, status: str) -> None:
        if self._cards.get(tag) == status:
            return
        self._cards.pop(tag, None)
        self._cards[tag] = status
        if len(self._cards) > _MOST_CARDS:
            del self._cards[next(iter(self._cards))]
        self._spawn(self._keep())

    async def _begin(
        self, connector: int | None, tag: str, profile: Payload | None
    ) -> bool:
        """Let a card begin that the backend has chosen."""
        promise = _Promise(connector, tag, self.now_s() + PROMISED_S, profile)
        self._promises.append(promise)
        try:
            begins = await self._charger.begin(connector, tag)
        except DeviceError:
            begins = False
        if not begins and promise in self._promises:
            self._promises.remove(promise)
        return begins

    def _find_promise(self, tag: str, connector: int | None) -> _Promise | None:
        now_s = self.now_s()
        self._promises = [one for one in self._promises if one.until_s > now_s]
        for one in self._promises:
            there = None in (one.connector, connector) or one.connector == connector
            if there and one.tag.casefold() == tag.casefold():
                return one
        return None

    def _put_promised(self, connector: int, profile: Payload) -> None:
        try:
            self.profiles.put(connector, profile, self.now_s())
        except Unusable as err:
            _LOGGER.debug("%s: a remote start's profile: %s", self._gateway, err)

    def _is_asked(self, payload: str) -> bool:
        """Say whether the backend has asked for values, or for some by the clock."""
        return _ASKED in payload or (self._charger.aligns and _BY_CLOCK in payload)

    def _is_too_soon(self, connector: int) -> bool:
        """Say whether the backend wants no sample yet; 0 is never."""
        interval_s = self.configuration.seconds(SAMPLES)
        now, last = self._now(), self._measured_s.get(connector)
        # A charger's own clock is never quite ours.
        if not interval_s or (last is not None and now - last < interval_s - 1):
            return True
        self._measured_s[connector] = now
        return False

    async def _end(self, session: int) -> None:
        try:
            ended = await self._charger.end(session, "DeAuthorized")
        except DeviceError:
            ended = False
        if not ended:
            self.sessions.refused.add(session)
            self._otherwise()

    async def _triggered(self, wanted: str, connector: int | None) -> None:
        await asyncio.sleep(0)  # the answer goes first
        match wanted:
            case "Heartbeat":
                await self._say("Heartbeat", {})
            case "MeterValues":
                await self._charger.measure(connector)
            case _:
                for number, status in self._charger.statuses().items():
                    if connector in (None, number):
                        await self._say("StatusNotification", Verbatim({}, status))

    async def _tell_statuses(self) -> None:
        """Tell each status that the backend does not know, with its own time."""
        async with self._telling:
            for number, status in self._charger.statuses().items():
                if self._told.get(number) == status:
                    continue
                if await self._say("StatusNotification", Verbatim({}, status)):
                    self._told[number] = status

    async def _say(self, action: str, payload: Payload) -> bool:
        try:
            await self.uplink.call(action, payload)
        except (DeviceError, CallError) as err:
            _LOGGER.debug("%s: no %s: %s", self._gateway, action, type(err).__name__)
            return False
        return True
