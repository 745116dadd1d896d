"""TransactionEvent: beginnings, meter values and ends as OCPP 1.6 has them."""

from collections.abc import Awaitable, Callable, Mapping
from datetime import datetime
from typing import NamedTuple

from ....journal import JournalError
from ....protocols.ocpp.types import Call, CallError, Json, Payload
from .. import reading
from ..change import Change
from ..incoming import NOTHING, QUEUED, Answer
from ..measurands import register
from . import words
from .evse import Evse, supplies
from .running import Beginning, Names, Running

_AUTHORISED = frozenset({"Authorized", "RemoteStart"})
_ENDED = "Ended"
_EMPTY: Payload = {}
_MAX_SIGNED = 20
"""Signed ones kept until a transaction is booked: the first tell how it began."""


class Event(NamedTuple):
    """What is read of a TransactionEvent."""

    call: Call
    kind: str
    time: datetime | None
    number: int | None
    authorised: bool
    offline: bool
    """Whether it was kept while the wallbox did not reach us."""
    info: Mapping[str, Json]
    evse: int
    token: str | None
    """The card shown; an empty text for nobody's, None for none at all."""
    start: str
    """The number of the start of ours that it follows; empty for none."""

    @property
    def state(self) -> str:
        """The charging state; empty where it is the same as before."""
        return reading.text(self.info.get("chargingState"))

    @property
    def meter_value(self) -> Json:
        """What was measured."""
        return self.call.payload.get("meterValue")


class Said:
    """What the part that answers 1.6 has made of one event."""

    def __init__(self) -> None:
        """Start with nothing said."""
        self.change = NOTHING
        self.unanswered = False
        """Whether something could not be recorded: the wallbox repeats it."""

    def add(self, answer: Answer) -> Payload | None:
        """Note an answer."""
        payload, change = answer
        self.unanswered = self.unanswered or payload is None
        self.change = Change.of(self.change, change)
        return payload


class Events:
    """Follows the transactions of one wallbox."""

    def __init__(
        self,
        names: Names,
        evse: Callable[[int], Evse],
        answer: Callable[[Call], Awaitable[Answer]],
        show: Callable[[int, Call], Awaitable[Answer]],
        now: Callable[[], datetime],
        kind_of: words.KindOf,
    ) -> None:
        """Have calls of 1.6 answered by ``answer``; ``show`` says a status."""
        self._names = names
        self._evse = evse
        self._answer = answer
        self._show = show
        self._now = now
        self._kind_of = kind_of

    async def answer(self, call: Call) -> Answer:
        """Answer one event; raises `CallError` for one without a transaction."""
        event = _read(call)
        if not (name := reading.text(event.info.get("transactionId"))):
            raise CallError("OccurenceConstraintViolation", "no transactionId")
        said = Said()
        try:
            about_card = await self._follow(await self._names.find(name), event, said)
        except JournalError:
            said.unanswered = True
            about_card = None
        if said.unanswered:
            return None, said.change
        if event.token is None:
            return _EMPTY, said.change
        info = words.id_token_info(about_card or _EMPTY, self._kind_of)
        return {"idTokenInfo": info}, said.change

    async def _follow(
        self, running: Running, event: Event, said: Said
    ) -> Payload | None:
        """Book what an event says; return what was answered about its card."""
        running.evse = running.evse or event.evse
        about_card = await self._begin(running, event, said)
        if event.token is not None and about_card is None:
            # The change is left out: that a card was shown has been said before.
            about_card, _ = await self._say("Authorize", {"idTag": event.token}, event)
        await self._measure(running, event, said)
        if event.kind == _ENDED:
            await self._end(running, event, said)
        if said.unanswered:
            return None  # and when it comes again, it is no repeat
        self._names.begun.starts.pop(event.start, None)
        await self._names.settle(running, ended=event.kind == _ENDED)
        if running.follows(event.number) and running.evse:
            evse = self._evse(running.evse)
            if event.kind == _ENDED:
                evse.ends(event.time, self._now())
            else:
                evse.runs(event.state, event.time, self._now())
            said.add(await self._show(running.evse, event.call))
        return about_card

    async def _begin(
        self, running: Running, event: Event, said: Said
    ) -> Payload | None:
        """Book a beginning as soon as it is one: with a car, and authorised.

        A transaction of OCPP 2 may begin when somebody only shows a card, or only
        plugs in a car; for 1.6 neither is one.
        """
        if running.number is not None:
            return None
        waits = bool(event.state) and not supplies(event.state)
        if running.began is None and (event.kind == "Started" or waits):
            running.began = _beginning(event)
        if event.token is not None:
            running.tag = event.token
        elif running.tag is None:
            running.tag = self._names.begun.starts.get(event.start)
        began = running.began or (_beginning(event) if event.authorised else None)
        if began is None or not running.evse or not self._charges(running, event):
            return None
        meter_wh = _register(event) if began.meter_wh is None else began.meter_wh
        payload = words.present(
            connectorId=running.evse,
            idTag=running.tag or "",
            meterStart=meter_wh,
            timestamp=began.time or None,
        )
        call = Call("StartTransaction", _marked(payload, event), began.raw)
        answer = said.add(await self._answer(call))
        number = None if answer is None else reading.integer(answer["transactionId"])
        if number is not None:
            # Where this fails, the same beginning finds the same number again.
            await self._names.book(running, number)
        return answer

    def _charges(self, running: Running, event: Event) -> bool:
        """Say whether a car charges, or may."""
        if running.tag is not None or event.authorised or supplies(event.state):
            return True
        if event.kind != _ENDED or running.began is None:
            return False
        before, after = running.began.meter_wh, _register(event)
        return before is not None and after is not None and after > before

    async def _measure(self, running: Running, event: Event, said: Said) -> None:
        """Give meter values to the transaction, also to one nobody saw begin."""
        values = words.meter_values(event.meter_value)
        repeated = running.over and event.kind == _ENDED
        unknown = running.number is None and running.began is None and not repeated
        if running.number is None and not unknown:
            for one in words.signed_alone(values):
                if one not in running.signed and len(running.signed) < _MAX_SIGNED:
                    running.signed.append(one)
        if not running.evse or said.unanswered:
            return
        if unknown:
            await self._names.book(running)
        # Those of the end go with it.
        told = values if unknown or event.kind != _ENDED else []
        if running.number is not None:
            told = [*running.signed, *told]
        if not told:
            return
        payload = words.present(
            connectorId=running.evse, transactionId=running.number, meterValue=told
        )
        said.add(await self._say("MeterValues", payload, event))
        if running.number is not None and not said.unanswered:
            running.signed = []

    async def _end(self, running: Running, event: Event, said: Said) -> None:
        if running.number is None or said.unanswered:
            return  # a card without a car, or a car without a card
        payload = words.present(
            transactionId=running.number,
            timestamp=event.call.payload.get("timestamp"),
            # The one reason that the standard lets a wallbox leave out.
            reason=event.info.get("stoppedReason", "Local"),
            transactionData=words.meter_values(event.meter_value),
        )
        said.add(await self._say("StopTransaction", payload, event))

    async def _say(self, action: str, payload: Payload, event: Event) -> Answer:
        return await self._answer(Call(action, _marked(payload, event), event.call.raw))


def _marked(payload: Payload, event: Event) -> Payload:
    """Return a message of 1.6 that says if it is of a queue, and what its card is."""
    payload = {**payload, **words.kind(event.call.payload)}
    return {**payload, QUEUED: True} if event.offline else payload


def _read(call: Call) -> Event:
    payload = call.payload
    info = words.mapping(payload.get("transactionInfo"))
    return Event(
        call=call,
        kind=reading.text(payload.get("eventType")),
        time=reading.moment(payload.get("timestamp")),
        number=reading.integer(payload.get("seqNo")),
        authorised=reading.text(payload.get("triggerReason")) in _AUTHORISED,
        offline=payload.get("offline") is True,
        info=info,
        evse=reading.connector(words.mapping(payload.get("evse")).get("id")) or 0,
        token=words.token(payload),
        start=reading.text(info.get("remoteStartId")),
    )


def _beginning(event: Event) -> Beginning:
    time = reading.text(event.call.payload.get("timestamp"))
    return Beginning(time, _register(event), event.call.raw)


def _register(event: Event) -> int | None:
    """Return an event's first value of the energy register; Wh."""
    point, values = register(0), words.meter_values(event.meter_value)
    report = reading.meter_values({"connectorId": 0, "meterValue": values})
    for sample in report.samples:
        if point in sample.values:
            return max(round(sample.values[point]), 0)
    return None
