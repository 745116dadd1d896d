"""Sessions at wallboxes while the server is killed at random moments.

The engine's OCPP server and journal run in a process that is killed (-9) again and
again, while it starts or while wallboxes are at it. The wallboxes, every other one of
OCPP 2.0.1, repeat what was not answered, as the standard has it. There a card may come
before its car, a car before its card, or without one. At the end the journal must hold
each session once.
"""

import argparse
import asyncio
from collections.abc import Iterator
from contextlib import closing, suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from itertools import count
import json
from pathlib import Path
import random
import sqlite3
import sys
import tempfile
import time
from typing import Any, ClassVar, override

import aiohttp

from simulators.hass import REPOSITORY

GOALS = {"unanswered": 0, "lost": 0, "doubled": 0, "wrong": 0}
_LIVES_S = 0.8
"""How long a server lives at most once it listens."""
_START_S = 1.0
"""The same for those that may not come to listen."""
_STARTING = 0.2
"""How many of them there are."""
_REDIAL_S = 0.01
_END_S = 120.0
_CALL, _RESULT, _ERROR = 2, 3, 4

type Json = dict[str, Any]


@dataclass
class Charging:
    """One session as the wallbox knows it."""

    meter_start: int
    started: datetime
    meter_stop: int = 0
    stopped: datetime | None = None
    number: int | str = 0
    """What the server has called it, or with OCPP 2 the wallbox."""


@dataclass
class Wallbox:
    """Charges one car after another, and repeats what was not answered."""

    protocol: ClassVar[str] = "ocpp1.6"

    identity: str
    random: random.Random
    done: list[Charging] = field(default_factory=list)
    repeated: int = 0
    """How often it had to say something again."""
    port: int = 0
    ends: bool = False
    """Whether the session that runs is the last one."""
    _meter: int = 1000
    _clock: datetime = field(
        default_factory=lambda: datetime.now(UTC) - timedelta(seconds=1)
    )
    _number: Iterator[int] = field(default_factory=count)
    _events: Iterator[int] = field(default_factory=count)
    _socket: aiohttp.ClientWebSocketResponse | None = None

    async def run(self, client: aiohttp.ClientSession) -> None:
        """Charge until told to end, over as many connections as it takes."""
        try:
            while not self.ends:
                await self._charge(client)
        finally:
            await self._hang_up()

    async def _charge(self, client: aiohttp.ClientSession) -> None:
        session = Charging(self._meter, self._now())
        await self._begin(client, session)
        for _ in range(self.random.randrange(30)):
            self._meter += self.random.randrange(50)
            await self._measure(client, session)
        self._meter += 1
        session.meter_stop, session.stopped = self._meter, self._now()
        await self._end(client, session, session.stopped)
        self.done.append(session)

    def _card(self) -> str:
        return f"CARD{self.random.randrange(3)}"

    async def _begin(self, client: aiohttp.ClientSession, session: Charging) -> None:
        start = {
            "connectorId": 1,
            "idTag": self._card(),
            "meterStart": session.meter_start,
            "timestamp": _text(session.started),
        }
        answer = await self._deliver(client, "StartTransaction", start)
        session.number = answer["transactionId"]

    async def _measure(self, client: aiohttp.ClientSession, session: Charging) -> None:
        value = {"value": str(self._meter), "unit": "Wh"}
        shown = {"timestamp": _text(self._now()), "sampledValue": [value]}
        running = {"connectorId": 1, "transactionId": session.number}
        await self._deliver(client, "MeterValues", running | {"meterValue": [shown]})

    async def _end(
        self, client: aiohttp.ClientSession, session: Charging, at: datetime
    ) -> None:
        stop = {
            "transactionId": session.number,
            "meterStop": session.meter_stop,
            "timestamp": _text(at),
        }
        await self._deliver(client, "StopTransaction", stop)

    def _now(self) -> datetime:
        """Return the time, a bit later than the last."""
        least = self._clock + timedelta(milliseconds=1)
        self._clock = max(least, datetime.now(UTC))
        return self._clock

    async def _deliver(
        self, client: aiohttp.ClientSession, action: str, payload: Json
    ) -> Json:
        """Say it until it is answered."""
        while True:
            with suppress(aiohttp.ClientError, OSError):
                if self._socket is None:
                    self._socket = await client.ws_connect(
                        f"ws://127.0.0.1:{self.port}/{self.identity}",
                        protocols=(self.protocol,),
                    )
                    await self._greet()
                answer = await self._ask(action, payload)
                if answer is not None:
                    return answer
                self.repeated += 1
            await self._hang_up()
            await asyncio.sleep(_REDIAL_S)

    async def _greet(self) -> None:
        """Say what wallboxes say after a connection, some as after a boot."""
        if self.random.choice((True, False)):
            await self._ask("BootNotification", self._boot())
        await self._ask("StatusNotification", self._status())

    def _boot(self) -> Json:
        return {"chargePointVendor": "Bench", "chargePointModel": "Crash"}

    def _status(self) -> Json:
        return {"connectorId": 1, "errorCode": "NoError", "status": "Charging"}

    async def _ask(self, action: str, payload: Json) -> Json | None:
        """Return the answer; None where the connection ended."""
        number = str(next(self._number))
        if self._socket is None:
            return None
        await self._socket.send_str(json.dumps([_CALL, number, action, payload]))
        async for message in self._socket:
            kind, about, *rest = json.loads(message.data)
            if kind == _CALL:
                await self._socket.send_str(
                    json.dumps([_ERROR, about, "NotSupported", "", {}])
                )
            elif about == number and kind == _RESULT:
                answer: Json = rest[0]
                return answer
        return None

    async def _hang_up(self) -> None:
        if self._socket is not None:
            await self._socket.close()
            self._socket = None


class Wallbox2(Wallbox):
    """The same by OCPP 2.0.1: all of a transaction are events of one kind."""

    protocol = "ocpp2.0.1"

    @override
    async def _begin(self, client: aiohttp.ClientSession, session: Charging) -> None:
        """Let the card and the car come together, or one before the other."""
        if self.random.choice((True, False)):
            await self._plug_alone(client)
        session.number = f"{self.identity}-{len(self.done)}"
        self._events = count()
        card = {"idToken": {"idToken": self._card(), "type": "ISO14443"}}
        event = self._event("Started", "Authorized", session, session.started)
        match self.random.choice(("card and car", "card", "car")):
            case "card and car":
                await self._deliver(client, "TransactionEvent", event | card)
                return
            case "card":
                del event["evse"]
                await self._deliver(client, "TransactionEvent", event | card)
                card = {}
            case _:
                event["transactionInfo"]["chargingState"] = "EVConnected"
                event["triggerReason"] = "CablePluggedIn"
                await self._deliver(client, "TransactionEvent", event)
        event = self._event("Updated", "ChargingStateChanged", session, self._now())
        await self._deliver(client, "TransactionEvent", event | card)

    async def _plug_alone(self, client: aiohttp.ClientSession) -> None:
        """Let a car come and go without a card: no session."""
        self._events = count()
        name = f"{self.identity}-{len(self.done)}-alone"
        alone = Charging(self._meter, self._now(), number=name)
        for kind in ("Started", "Ended"):
            event = self._event(kind, "CablePluggedIn", alone, self._now())
            event["transactionInfo"]["chargingState"] = "EVConnected"
            await self._deliver(client, "TransactionEvent", event)

    @override
    async def _measure(self, client: aiohttp.ClientSession, session: Charging) -> None:
        event = self._event("Updated", "MeterValuePeriodic", session, self._now())
        await self._deliver(client, "TransactionEvent", event)

    @override
    async def _end(
        self, client: aiohttp.ClientSession, session: Charging, at: datetime
    ) -> None:
        event = self._event("Ended", "EVDeparted", session, at)
        await self._deliver(client, "TransactionEvent", event)

    def _event(self, kind: str, trigger: str, session: Charging, at: datetime) -> Json:
        time = _text(at)
        value = {"value": self._meter, "unitOfMeasure": {"unit": "Wh"}}
        state = "Idle" if kind == "Ended" else "Charging"
        return {
            "eventType": kind,
            "timestamp": time,
            "triggerReason": trigger,
            "seqNo": next(self._events),
            "transactionInfo": {
                "transactionId": session.number,
                "chargingState": state,
            },
            "evse": {"id": 1, "connectorId": 1},
            "meterValue": [{"timestamp": time, "sampledValue": [value]}],
        }

    @override
    def _boot(self) -> Json:
        station = {"vendorName": "Bench", "model": "Crash"}
        return {"reason": "PowerUp", "chargingStation": station}

    @override
    def _status(self) -> Json:
        return {
            "timestamp": _text(self._now()),
            "connectorStatus": "Occupied",
            "evseId": 1,
            "connectorId": 1,
        }


def _text(time: datetime) -> str:
    return time.isoformat(timespec="milliseconds").replace("+00:00", "Z")


async def serve(
    journal: Path, wallboxes: list[Wallbox]
) -> tuple[asyncio.subprocess.Process, asyncio.Task[None]]:
    """Start a server, and tell the wallboxes where it listens as soon as it does."""
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "benchmarks.ocpp_central", journal),
        *(box.identity for box in wallboxes),
        cwd=REPOSITORY,
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
    )

    async def listens() -> None:
        if process.stdout is not None and (line := await process.stdout.readline()):
            port = json.loads(line)["port"]
            for box in wallboxes:
                box.port = port

    return process, asyncio.create_task(listens())


async def run(folder: Path, kills: int, chargers: int, seed: int) -> Json:
    """Kill the server so many times; returns what became of the sessions."""
    chance = random.Random(seed)  # noqa: S311 - no secret
    journal = folder / "journal.db"
    boxes = [
        (Wallbox2 if index % 2 else Wallbox)(
            f"CRASH{index}",
            random.Random(f"{seed} {index}"),  # noqa: S311 - same
        )
        for index in range(chargers)
    ]
    async with aiohttp.ClientSession() as client:
        charging = [asyncio.create_task(box.run(client)) for box in boxes]
        while_starting = 0
        for _ in range(kills):
            process, listens = await serve(journal, boxes)
            if chance.random() < _STARTING:
                await asyncio.wait({listens}, timeout=chance.uniform(0, _START_S))
                while_starting += not listens.done()
            else:
                await listens
                await asyncio.sleep(chance.uniform(0, _LIVES_S))
            process.kill()
            await asyncio.gather(process.wait(), listens)
        process, listens = await serve(journal, boxes)
        for box in boxes:
            box.ends = True
        done, endless = await asyncio.wait(charging, timeout=_END_S)
        for task in endless:
            task.cancel()
        await asyncio.gather(*endless, return_exceptions=True)
        await process.communicate()
        for task in done:
            task.result()
    sessions = sum(len(box.done) for box in boxes)
    figures = {
        "while_starting": while_starting,
        "sessions": sessions,
        "sessions_2_0_1": sum(
            len(box.done) for box in boxes if isinstance(box, Wallbox2)
        ),
        "repeated": sum(box.repeated for box in boxes),
        "unanswered": len(endless),
    }
    return figures | judge(journal, boxes)


def judge(journal: Path, boxes: list[Wallbox]) -> Json:
    """Compare the journal's file with what the wallboxes know."""
    with closing(sqlite3.connect(journal)) as db:
        stored = db.execute(
            "SELECT charger, meter_start_wh, coalesce((SELECT name FROM "
            "transaction_names AS named WHERE named.charger = transactions.charger AND "
            "named.wire_id = transactions.wire_id), id), meter_stop_wh, start_time, "
            "stop_time, energy_wh, closed_locally + start_unknown, "
            "(SELECT sum(wh) FROM hours WHERE transaction_id = transactions.id) "
            "FROM transactions"
        ).fetchall()
    rows: dict[tuple[str, int], list[tuple[Any, ...]]] = {}
    for charger, meter_start, *rest in stored:
        rows.setdefault((charger, meter_start), []).append(tuple(rest))
    lost = wrong = 0
    for box in boxes:
        for one in box.done:
            found = rows.get((box.identity, one.meter_start), [])
            lost += not found
            wrong += bool(found) and found[0] != _expected(one)
    known = sum(len(box.done) for box in boxes)
    return {"lost": lost, "doubled": len(stored) + lost - known, "wrong": wrong}


def _expected(one: Charging) -> tuple[Any, ...]:
    times = (
        time and time.isoformat(timespec="milliseconds")
        for time in (one.started, one.stopped)
    )
    energy = one.meter_stop - one.meter_start
    return (one.number, one.meter_stop, *times, energy, 0, energy)


def main() -> int:
    """Run from the command line."""
    parser = argparse.ArgumentParser(prog="crash", description=__doc__)
    parser.add_argument("--kills", type=int, default=200)
    parser.add_argument("--chargers", type=int, default=4)
    parser.add_argument("--seed", type=int, default=time.time_ns() % 2**32)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="crash") as folder:
        figures = vars(options) | asyncio.run(run(Path(folder), **vars(options)))
    # Without sessions of either version it would show nothing.
    good = figures["sessions"] > figures["sessions_2_0_1"] > 0 and all(
        figures[name] == goal for name, goal in GOALS.items()
    )
    print(json.dumps({"figures": figures, "goals": GOALS, "ok": good}))
    return 0 if good else 1


if __name__ == "__main__":
    sys.exit(main())
