"""A wallbox's end of the link, and clocks that stand still."""

import asyncio
from collections import deque
from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta
import json
from typing import Any

from custom_components.meters_and_chargers.engine.devices.ocpp_charger import (
    Change,
    OcppCharger,
)
from custom_components.meters_and_chargers.engine.protocols.ocpp import (
    Call,
    Payload,
    Version,
)
from custom_components.meters_and_chargers.engine.protocols.ocpp.strict import check

NOON = datetime(2026, 6, 1, 12, tzinfo=UTC)
BOOT2 = {
    "reason": "PowerUp",
    "chargingStation": {
        "vendorName": "Maker",
        "model": "Box",
        "serialNumber": "SN1",
        "firmwareVersion": "1.2",
    },
}


class Clock:
    """Wall clock, monotonic clock and timers that move only when told to."""

    def __init__(self) -> None:
        """Start at noon."""
        self.seconds = 1000.0
        self.timers: list[FakeTimer] = []

    def now(self) -> datetime:
        """Return the wall clock."""
        return NOON + timedelta(seconds=self.seconds - 1000)

    def monotonic(self) -> float:
        """Return the monotonic clock."""
        return self.seconds

    def call_later(self, delay_s: float, callback: Callable[[], None]) -> FakeTimer:
        """Note a timer."""
        timer = FakeTimer(self.seconds + delay_s, callback)
        self.timers.append(timer)
        return timer

    def advance(self, seconds: float) -> None:
        """Let time pass and timers ring."""
        self.seconds += seconds
        due = [timer for timer in self.timers if timer.at <= self.seconds]
        self.timers = [timer for timer in self.timers if timer not in due]
        for timer in due:
            if not timer.cancelled:
                timer.callback()

    def ago(self, seconds: float) -> str:
        """Return a time in the past as wallboxes write it."""
        return (self.now() - timedelta(seconds=seconds)).isoformat()


class FakeTimer:
    """A timer of the fake clock."""

    def __init__(self, at: float, callback: Callable[[], None]) -> None:
        """Ring at this time."""
        self.at = at
        self.callback = callback
        self.cancelled = False

    def cancel(self) -> None:
        """Don't ring."""
        self.cancelled = True


type Reply = Mapping[str, Any] | Exception | Callable[[], Any]


class FakeLink:
    """Answers what we ask, after holding it against the library's schema."""

    def __init__(
        self,
        charger_id: str = "GARAGE",
        peer: str = "192.168.1.20",
        version: Version = Version.V16,
    ) -> None:
        """Accept everything unless told otherwise."""
        self.charger_id = charger_id
        self.peer = peer
        self.version = version
        self.asked: list[tuple[str, Payload]] = []
        self.replies: dict[str, deque[Reply]] = {}
        self.closed = False

    async def call(self, action: str, payload: Payload) -> Payload:
        """Answer one call."""
        check(action, payload, version=self.version)
        self.asked.append((action, payload))
        replies = self.replies.get(action)
        reply: Reply = replies.popleft() if replies else usual(action)
        if isinstance(reply, Exception):
            raise reply
        answer = await reply() if callable(reply) else reply
        return json.loads(json.dumps(answer))

    async def close(self) -> None:
        """Note that it was closed."""
        self.closed = True

    def reply(self, action: str, *replies: Reply) -> None:
        """Answer the next calls like this."""
        self.replies.setdefault(action, deque()).extend(replies)

    def sent(self, action: str) -> list[Payload]:
        """Return what was asked with one action."""
        return [payload for name, payload in self.asked if name == action]

    @property
    def limits(self) -> list[tuple[int, float]]:
        """Return connectors and limits of the charging profiles."""
        return [
            (
                payload["connectorId"],
                payload["csChargingProfiles"]["chargingSchedule"][
                    "chargingSchedulePeriod"
                ][0]["limit"],
            )
            for payload in self.sent("SetChargingProfile")
        ]


def usual(action: str) -> Mapping[str, Any]:
    """Return what most wallboxes answer."""
    if action == "GetConfiguration":
        return {"configurationKey": []}
    if action == "GetVariables":
        return {"getVariableResult": []}
    if action == "UnlockConnector":
        return {"status": "Unlocked"}
    return {"status": "Accepted"}


class Wallbox:
    """A charger of ours with the wallbox at the other end."""

    def __init__(
        self,
        charger: OcppCharger,
        clock: Clock,
        version: Version = Version.V16,
    ) -> None:
        """Listen to what the charger tells."""
        self.version = version
        self.charger = charger
        self.clock = clock
        self.link = FakeLink()
        self.changes: list[Change] = []
        charger.subscribe(self.changes.append)

    def connect(self) -> FakeLink:
        """Dial anew."""
        self.link = FakeLink(version=self.version)
        self.charger.opened(self.link)
        return self.link

    async def says(self, action: str, **payload: Any) -> Any:
        """Send a call, whose answer has to fit the standard."""
        raw = json.dumps([2, "id", action, payload])
        answer = await self.charger.called(self.link, Call(action, payload, raw))
        if answer is not None:
            check(action, answer, answer=True, version=self.version)
        return answer

    async def boots(self) -> Any:
        """Send a BootNotification."""
        return await self.says(
            "BootNotification",
            chargePointVendor="Maker",
            chargePointModel="Box",
            chargePointSerialNumber="SN1",
            firmwareVersion="1.2",
        )

    async def status(self, status: str, connector: int = 1, **more: Any) -> Any:
        """Send a StatusNotification."""
        return await self.says(
            "StatusNotification",
            connectorId=connector,
            status=status,
            errorCode="NoError",
            **more,
        )

    async def starts(self, connector: int = 1, wh: Any = 1000, ago: float = 0) -> int:
        """Send a StartTransaction and return the number it got."""
        answer = await self.says(
            "StartTransaction",
            connectorId=connector,
            idTag="04AABBCC",
            meterStart=wh,
            timestamp=self.clock.ago(ago),
        )
        return answer["transactionId"]

    async def stops(self, transaction: Any, wh: Any = 2000, **more: Any) -> Any:
        """Send a StopTransaction."""
        return await self.says(
            "StopTransaction",
            transactionId=transaction,
            meterStop=wh,
            timestamp=self.clock.ago(0),
            **more,
        )

    async def measures(
        self,
        *values: Mapping[str, Any],
        connector: int = 1,
        transaction: Any = None,
        ago: float = 0,
    ) -> Any:
        """Send a MeterValues with one sample."""
        payload: dict[str, Any] = {
            "connectorId": connector,
            "meterValue": [
                {"timestamp": self.clock.ago(ago), "sampledValue": list(values)}
            ],
        }
        if transaction is not None:
            payload["transactionId"] = transaction
        return await self.says("MeterValues", **payload)


class Wallbox2(Wallbox):
    """One that speaks OCPP 2.0.1: with one EVSE unless told otherwise."""

    def __init__(self, charger: OcppCharger, clock: Clock) -> None:
        """Count the events of each transaction by itself."""
        super().__init__(charger, clock, Version.V201)
        self.numbers: dict[str, int] = {}

    async def plug(self, status: str, evse: int = 1, connector: int = 1) -> Any:
        """Send a StatusNotification."""
        return await self.says(
            "StatusNotification",
            timestamp=self.clock.ago(0),
            connectorStatus=status,
            evseId=evse,
            connectorId=connector,
        )

    async def event(  # noqa: PLR0913  # what an event may hold
        self,
        kind: str,
        state: str | None = None,
        *,
        trigger: str = "ChargingStateChanged",
        name: str = "tx-1",
        number: int | None = None,
        evse: int | None = 1,
        tag: str | None = None,
        wh: float | None = None,
        ago: float = 0,
        **more: Any,
    ) -> Any:
        """Send a TransactionEvent."""
        expected = self.numbers.get(name, 0)
        number = expected if number is None else number
        self.numbers[name] = max(number + 1, expected)
        info = {"transactionId": name, **more.pop("info", {})}
        if state is not None:
            info["chargingState"] = state
        if evse is not None:
            more["evse"] = {"id": evse}
        if tag is not None:
            more["idToken"] = {"idToken": tag, "type": "ISO14443"}
        if wh is not None:
            sampled = {"value": wh / 1000, "unitOfMeasure": {"unit": "kWh"}}
            measured = {"timestamp": self.clock.ago(ago), "sampledValue": [sampled]}
            more["meterValue"] = [measured]
        return await self.says(
            "TransactionEvent",
            eventType=kind,
            timestamp=self.clock.ago(ago),
            triggerReason=trigger,
            seqNo=number,
            transactionInfo=info,
            **more,
        )


def power(watts: float) -> Mapping[str, Any]:
    """Return a sampled power."""
    return {"measurand": "Power.Active.Import", "unit": "W", "value": str(watts)}


def energy(wh: float) -> Mapping[str, Any]:
    """Return a sampled energy register."""
    return {"value": str(wh)}


async def rest(turns: int = 30) -> None:
    """Let tasks run that wait for nothing but each other."""
    for _ in range(turns):
        await asyncio.sleep(0)


async def idle(charger: OcppCharger) -> None:
    """Let everything that runs in the background come to its end."""
    await rest()
    while tasks := tuple(charger._tasks):
        await asyncio.wait(tasks)
