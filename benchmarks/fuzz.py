"""Wallboxes that talk nonsense, beside others that behave: half of each by OCPP 2.0.1.

The engine's OCPP server runs in a process of its own and asks each wallbox something
all the time. Hostile ones, some of them accepted and some not, send mutated frames and
mutated answers as fast as they are taken, now and then bytes that are no WebSocket
frame. After each batch they ask one sound thing, which must be answered unless they
have earned the end of their connection. Beside them others charge and notice nothing.
"""

import argparse
import asyncio
from contextlib import closing, suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime
import json
from math import ceil
from pathlib import Path
import sqlite3
import sys
import tempfile
import time
from typing import Any, override

import aiohttp

from simulators.hass import REPOSITORY

from .mutations import PROTOCOLS, Mutations

GOALS = {
    "neighbours_disturbed": 0,
    "hostile_unanswered": 0,
    "hostile_ended_unearned": 0,
    "tracebacks": 0,
    "log_lines_per_hostile": 1,
}
_BATCH = 20
_ANSWER_S = 60.0
_NEIGHBOUR_EVERY_S = 0.05
_REDIAL_S = 0.05
_BROKEN_WEBSOCKET = 0.002
"""How many of the frames are broken below OCPP."""
_FIRST, _LAST = 1000, 10_000_000
"""What a neighbour's meter says at the beginning and at the end, Wh."""
_CALL, _RESULT = 2, 3
_TEXT, _CLOSE = 1, 8
_SHORT, _LONG = 126, 65536
_TOO_LONG = 1_000_000
"""Longer ones end the connection (1009)."""

type Json = dict[str, Any]

_BOOTS: dict[str, Json] = {
    "ocpp1.6": {"chargePointVendor": "Bench", "chargePointModel": "Fuzz"},
    "ocpp2.0.1": {
        "reason": "PowerUp",
        "chargingStation": {"vendorName": "Bench", "model": "Fuzz"},
    },
}


def packed(opcode: int, payload: bytes) -> bytes:
    """Return a WebSocket frame of a client whose mask is 0."""
    length = len(payload)
    if length < _SHORT:
        size = bytes([0x80 | length])
    elif length < _LONG:
        size = bytes([0x80 | 126]) + length.to_bytes(2)
    else:
        size = bytes([0x80 | 127]) + length.to_bytes(8)
    return bytes([0x80 | opcode]) + size + b"\0\0\0\0" + payload


@dataclass
class Tally:
    """What came of it."""

    frames: int = 0
    answers: int = 0
    hostile_connections: int = 0
    hostile_unanswered: int = 0
    hostile_ended_unearned: int = 0
    neighbours_disturbed: int = 0
    neighbour_waits_s: list[float] = field(default_factory=list)


class Hostile:
    """Sends nonsense until all are through with it."""

    def __init__(
        self, identity: str, sound: str, protocol: str, seed: int, tally: Tally
    ) -> None:
        """``sound`` is the action which it may always ask."""
        self._identity = identity
        self._sound = sound
        self._protocol = protocol
        self._mutations = Mutations(f"{seed} {identity}", protocol)
        self._tally = tally
        self._answered = asyncio.Event()
        self._mark = ""
        self._batch = self._sent = 0
        self._end = b""
        """What the server said when it closed."""

    async def run(self, port: int, frames: int) -> None:
        """Send so many frames, over as many connections as it takes."""
        while self._sent < frames:
            with suppress(OSError, asyncio.IncompleteReadError):
                await self._connection(port, frames)
            await asyncio.sleep(_REDIAL_S)

    async def _connection(self, port: int, frames: int) -> None:
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        writer.write(
            f"GET /{self._identity} HTTP/1.1\r\nHost: house\r\nUpgrade: websocket\r\n"
            "Connection: Upgrade\r\nSec-WebSocket-Version: 13\r\n"
            "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n"
            f"Sec-WebSocket-Protocol: {self._protocol}\r\n\r\n".encode()
        )
        try:
            await reader.readuntil(b"\r\n\r\n")
            self._tally.hostile_connections += 1
            hearing = asyncio.create_task(self._hear(reader, writer))
            while self._sent < frames and await self._send(writer, hearing):
                pass
            hearing.cancel()
            await asyncio.gather(hearing, return_exceptions=True)
        finally:
            writer.close()
            with suppress(OSError):
                await writer.wait_closed()

    async def _send(
        self, writer: asyncio.StreamWriter, hearing: asyncio.Task[None]
    ) -> bool:
        """Send a batch and ask something sound; says whether the line still holds."""
        if hearing.done():
            return False
        earned = False
        for _ in range(_BATCH):
            frame = packed(_TEXT, self._mutations.frame())
            earned = earned or len(frame) > _TOO_LONG
            if self._mutations.chance.random() < _BROKEN_WEBSOCKET:
                frame, earned = self._mutations.broken(frame), True
            writer.write(frame)
            self._sent += 1
            self._tally.frames += 1
        self._batch += 1
        self._mark = f"sound {self._batch}"
        self._answered.clear()
        boot = _BOOTS[self._protocol] if "Boot" in self._sound else {}
        sound = [_CALL, self._mark, self._sound, boot]
        writer.write(packed(_TEXT, json.dumps(sound).encode()))
        answered = asyncio.create_task(self._answered.wait())
        await asyncio.wait(
            {answered, hearing},
            # What was broken may have swallowed the question.
            timeout=1.0 if earned else _ANSWER_S,
            return_when=asyncio.FIRST_COMPLETED,
        )
        answered.cancel()
        if self._answered.is_set():
            return True
        if hearing.done() and not earned:
            self._tally.hostile_ended_unearned += 1
            print(f"{self._identity} was cut off ({self._end!r})", file=sys.stderr)
        self._tally.hostile_unanswered += not (hearing.done() or earned)
        return False

    async def _hear(
        self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> None:
        """Hear answers, and answer what is asked by nonsense too."""
        with suppress(OSError, asyncio.IncompleteReadError):
            while True:
                opcode, length = await reader.readexactly(2)
                if length >= _SHORT:
                    size = await reader.readexactly(2 if length == _SHORT else 8)
                    length = int.from_bytes(size)
                payload = await reader.readexactly(length)
                if opcode & 15 == _CLOSE:
                    self._end = payload
                    return
                if opcode & 15 == _TEXT:
                    kind, about, *rest = json.loads(payload)
                    if kind == _CALL:
                        answer = self._mutations.answer(about, rest[0])
                        writer.write(packed(_TEXT, answer))
                        self._tally.answers += 1
                    elif about == self._mark:
                        self._answered.set()


def _now() -> Json:
    return {"timestamp": datetime.now(UTC).isoformat()}


class Neighbour:
    """Charges; each message must be answered at once and on the same connection."""

    protocol = "ocpp1.6"

    def __init__(self, identity: str, tally: Tally) -> None:
        """Take its name."""
        self.identity = identity
        self._tally = tally
        self._number = 0

    async def run(self, port: int, over: asyncio.Event) -> None:
        """Charge until it is over."""
        async with (
            aiohttp.ClientSession() as client,
            client.ws_connect(
                f"ws://127.0.0.1:{port}/{self.identity}", protocols=(self.protocol,)
            ) as socket,
        ):
            try:
                await self._begin(socket)
                while not over.is_set():
                    await self._measure(socket)
                    await asyncio.sleep(_NEIGHBOUR_EVERY_S)
                await self._end(socket)
            except (OSError, aiohttp.ClientError, TypeError, KeyError) as err:
                print(f"A neighbour was disturbed: {err!r}", file=sys.stderr)
                self._tally.neighbours_disturbed += 1

    async def _begin(self, socket: aiohttp.ClientWebSocketResponse) -> None:
        start = {"connectorId": 1, "idTag": "GOOD", "meterStart": _FIRST}
        started = await self._ask(socket, "StartTransaction", start | _now())
        self._running = {"transactionId": started["transactionId"]}

    async def _measure(self, socket: aiohttp.ClientWebSocketResponse) -> None:
        shown = {"sampledValue": [{"value": str(_FIRST + self._number)}]} | _now()
        values = {"connectorId": 1, "meterValue": [shown]} | self._running
        await self._ask(socket, "MeterValues", values)

    async def _end(self, socket: aiohttp.ClientWebSocketResponse) -> None:
        stop = {"meterStop": _LAST} | _now() | self._running
        await self._ask(socket, "StopTransaction", stop)

    async def _ask(
        self, socket: aiohttp.ClientWebSocketResponse, action: str, payload: Json
    ) -> Json:
        self._number += 1
        number = str(self._number)
        begun = time.monotonic()
        await socket.send_json([_CALL, number, action, payload])
        async with asyncio.timeout(_ANSWER_S):
            while True:
                kind, about, *rest = json.loads(await socket.receive_str())
                if kind != _CALL:
                    break
                await socket.send_json([_RESULT, about, {"status": "Accepted"}])
        self._tally.neighbour_waits_s.append(time.monotonic() - begun)
        if (kind, about) != (_RESULT, number):
            raise ConnectionError(f"{kind} to {action}")
        answered: Json = rest[0]
        return answered


class Neighbour2(Neighbour):
    """The same by OCPP 2.0.1."""

    protocol = "ocpp2.0.1"

    @override
    async def _begin(self, socket: aiohttp.ClientWebSocketResponse) -> None:
        card = {"idToken": {"idToken": "GOOD", "type": "ISO14443"}}
        await self._event(socket, "Started", "Authorized", _FIRST, **card)

    @override
    async def _measure(self, socket: aiohttp.ClientWebSocketResponse) -> None:
        shown = _FIRST + self._number
        await self._event(socket, "Updated", "MeterValuePeriodic", shown)

    @override
    async def _end(self, socket: aiohttp.ClientWebSocketResponse) -> None:
        await self._event(socket, "Ended", "EVDeparted", _LAST)

    async def _event(
        self,
        socket: aiohttp.ClientWebSocketResponse,
        kind: str,
        trigger: str,
        wh: int,
        **more: Json,
    ) -> None:
        info = {"transactionId": self.identity, "chargingState": "Charging"}
        event = {
            "eventType": kind,
            "triggerReason": trigger,
            "seqNo": self._number,
            "transactionInfo": info,
            "evse": {"id": 1, "connectorId": 1},
            "meterValue": [{"sampledValue": [{"value": wh}]} | _now()],
        }
        await self._ask(socket, "TransactionEvent", event | _now() | more)


async def run(folder: Path, frames: int, hostile: int, seed: int) -> Json:
    """Let them talk; returns what came of it."""
    tally = Tally()
    neighbours = (Neighbour("GOOD0", tally), Neighbour2("GOOD1", tally))
    good = [one.identity for one in neighbours]
    # Every third one is not accepted, and asks to be.
    accepted = [f"FUZZ{index}" for index in range(hostile) if index % 3 != 2]  # noqa: PLR2004 - as said
    waiting = [f"WAIT{index}" for index in range(hostile - len(accepted))]
    log = folder / "log"
    with log.open("wb") as written:
        process = await asyncio.create_subprocess_exec(
            *(sys.executable, "-m", "benchmarks.ocpp_central", "--busy"),
            *(str(folder / "journal.db"), *good, *accepted),
            cwd=REPOSITORY,
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
            stderr=written,
        )
    if process.stdin is None or process.stdout is None:
        raise RuntimeError("the server can't be spoken to")
    try:
        port = json.loads(await process.stdout.readline())["port"]
        over = asyncio.Event()
        beside = [asyncio.create_task(one.run(port, over)) for one in neighbours]
        await asyncio.gather(
            *(
                Hostile(
                    identity,
                    "Heartbeat" if identity in accepted else "BootNotification",
                    PROTOCOLS[index % len(PROTOCOLS)],
                    seed,
                    tally,
                ).run(port, ceil(frames / hostile))
                for index, identity in enumerate((*accepted, *waiting))
            )
        )
        over.set()
        await asyncio.gather(*beside)
        process.stdin.write(b"\n")
        used = json.loads(await process.stdout.readline())
    finally:
        await process.communicate()
    waits = sorted(tally.neighbour_waits_s)
    lines = log.read_text().splitlines()
    for line in lines[:20]:
        print(line, file=sys.stderr)
    return {
        "frames_sent": tally.frames,
        "answers_sent": tally.answers,
        "hostile_connections": tally.hostile_connections,
        "hostile_unanswered": tally.hostile_unanswered,
        "hostile_ended_unearned": tally.hostile_ended_unearned,
        "neighbours_disturbed": tally.neighbours_disturbed
        + _wrong(folder / "journal.db", good),
        "neighbour_messages": len(waits),
        "neighbour_answer_ms_p99": round(1000 * waits[len(waits) * 99 // 100], 2),
        "tracebacks": sum("Traceback" in line for line in lines),
        "log_lines": len(lines),
        "log_lines_per_hostile": round(len(lines) / hostile, 2),
        "cpu_ms_per_frame": round(1000 * used["cpu_s"] / tally.frames, 3),
        "memory_mb": round(used["memory_kb"] / 1024, 1),
    }


def _wrong(journal: Path, good: list[str]) -> int:
    """Count the neighbours whose one session is not recorded as it was."""
    with closing(sqlite3.connect(journal)) as db:
        told = "SELECT meter_start_wh, meter_stop_wh FROM transactions WHERE charger=?"
        return sum(
            db.execute(told, (one,)).fetchall() != [(_FIRST, _LAST)] for one in good
        )


def main() -> int:
    """Run from the command line."""
    parser = argparse.ArgumentParser(prog="fuzz", description=__doc__)
    parser.add_argument("--frames", type=int, default=100_000)
    parser.add_argument("--hostile", type=int, default=6)
    parser.add_argument("--seed", type=int, default=time.time_ns() % 2**32)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="fuzz") as folder:
        figures = vars(options) | asyncio.run(run(Path(folder), **vars(options)))
    good = all(figures[name] <= goal for name, goal in GOALS.items())
    print(json.dumps({"figures": figures, "goals": GOALS, "ok": good}))
    return 0 if good else 1


if __name__ == "__main__":
    sys.exit(main())
