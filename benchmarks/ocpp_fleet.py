"""Many light wallboxes in a process of their own: raw frames, ten values each.

Started with an address, a number and a period in seconds. Prints a line when each
wallbox is accepted and has sent its first values; then for each line on stdin prints
what came of it: `send SECONDS` lets them send, `press SECONDS` lets each send again as
soon as it is answered, `return SECONDS` lets each dial anew within that time, as after
a cut line that the server has not noticed.
"""

import asyncio
from contextlib import suppress
from datetime import UTC, datetime
from itertools import count
import json
from math import sin
import sys
from typing import Any

import aiohttp

_CALL, _RESULT = 2, 3
_REDIAL_S = 1.0
_ANSWER_S = 30.0
_VALUES = (
    ("Power.Active.Import", None, "W", 7000, 1),
    ("Energy.Active.Import.Register", None, "Wh", 100_000, 0),
    ("Current.Import", "L1", "A", 10, 3),
    ("Current.Import", "L2", "A", 10, 3),
    ("Current.Import", "L3", "A", 10, 3),
    ("Voltage", "L1-N", "V", 230, 2),
    ("Voltage", "L2-N", "V", 230, 2),
    ("Voltage", "L3-N", "V", 230, 2),
    ("Power.Factor", None, None, 0.9, 5),
    ("Frequency", None, None, 50, 4),
)
_ANSWERS: dict[str, Any] = {
    "GetConfiguration": {
        "configurationKey": [
            {"key": "MeterValueSampleInterval", "readonly": False, "value": "10"},
            {
                "key": "MeterValuesSampledData",
                "readonly": False,
                "value": ",".join(dict.fromkeys(each[0] for each in _VALUES)),
            },
        ]
    },
    "TriggerMessage": {"status": "NotImplemented"},
}

type Json = dict[str, Any]


def _measured(turn: int, index: int) -> list[str]:
    """Return ten values: the energy rises, the others waver by a percent."""
    waver = 1 + 0.01 * sin(turn + index)
    return [
        f"{middle + 30 * turn if unit == 'Wh' else middle * waver:.{digits}f}"
        for _, _, unit, middle, digits in _VALUES
    ]


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


class Wallbox:
    """One wallbox: boots, starts a transaction and sends when told."""

    def __init__(self, address: str, index: int) -> None:
        """Nothing is dialled yet."""
        self.identity = f"BENCH{index:04}"
        self.ready = asyncio.Event()
        self.waits_s: list[float] = []
        self.lost = 0
        self._address = f"{address}/{self.identity}"
        self._index = index
        self._round = count(1)
        self._number = count(1)
        self._socket: aiohttp.ClientWebSocketResponse | None = None
        self._dials = asyncio.Event()
        self._answers: dict[str, asyncio.Future[Json]] = {}
        self._transaction = 0

    async def run(self, client: aiohttp.ClientSession) -> None:
        """Dial until there is somebody, and again when he has gone."""
        async with asyncio.TaskGroup() as lines:
            while True:
                self._dials.clear()
                lines.create_task(self._connect(client))
                await self._dials.wait()

    async def do(self, what: str, seconds: float, period_s: float, of: int) -> None:
        """Do what a line on stdin says."""
        match what:
            case "send":
                await self._send(seconds, period_s, of)
            case "press":
                await self._press(seconds)
            case _:
                await self._return(seconds, of)

    async def _send(self, seconds: float, period_s: float, of: int) -> None:
        """Send each period, all wallboxes spread over it."""
        clock = asyncio.get_running_loop().time
        due = clock() + period_s * self._index / of
        end = clock() + seconds
        while due < end:
            await asyncio.sleep(due - clock())
            await self._timed()
            due += period_s

    async def _press(self, seconds: float) -> None:
        """Send again as soon as there is an answer."""
        clock = asyncio.get_running_loop().time
        end = clock() + seconds
        while clock() < end:
            await self._timed()

    async def _timed(self) -> None:
        """Send once, and see how long the answer takes."""
        clock = asyncio.get_running_loop().time
        begun = clock()
        try:
            await self._values()
        except OSError, aiohttp.ClientError:
            self.lost += 1
        else:
            self.waits_s.append(clock() - begun)

    async def _return(self, seconds: float, of: int) -> None:
        """Dial anew in its turn, until its values are answered."""
        clock = asyncio.get_running_loop().time
        await asyncio.sleep(seconds * self._index / of)
        begun = clock()
        self.ready.clear()
        self._dials.set()
        try:
            async with asyncio.timeout(_ANSWER_S):
                await self.ready.wait()
        except TimeoutError:
            self.lost += 1
        else:
            self.waits_s.append(clock() - begun)

    async def _connect(self, client: aiohttp.ClientSession) -> None:
        socket = None
        with suppress(aiohttp.ClientError, OSError):
            async with client.ws_connect(
                self._address, protocols=("ocpp1.6",)
            ) as socket:
                self._socket = socket
                await self._talk(socket)
        if self._socket is socket:
            self._socket = None
        if self._socket is None:
            await asyncio.sleep(_REDIAL_S)
            self._dials.set()

    async def _talk(self, socket: aiohttp.ClientWebSocketResponse) -> None:
        begins = asyncio.create_task(self._begin_again())
        async for message in socket:
            kind, number, *rest = json.loads(message.data)
            if kind == _CALL:
                answer = _ANSWERS.get(rest[0], {"status": "Accepted"})
                await socket.send_str(json.dumps([_RESULT, number, answer]))
            elif (waiting := self._answers.pop(number, None)) is not None:
                waiting.set_result(rest[-1])
        begins.cancel()
        await asyncio.gather(begins, return_exceptions=True)

    async def _begin_again(self) -> None:
        """Try until there are answers, as real ones do."""
        while not self.ready.is_set():
            with suppress(TimeoutError):
                await self._begin()

    async def _begin(self) -> None:
        hello = {
            "chargePointVendor": "Benchmark",
            "chargePointModel": "Light",
            "chargePointSerialNumber": self.identity,
        }
        while True:
            status = (await self._ask("BootNotification", hello))["status"]
            if status == "Accepted":
                break
            await asyncio.sleep(_REDIAL_S)
        told = {"connectorId": 1, "errorCode": "NoError", "status": "Charging"}
        await self._ask("StatusNotification", told)
        if not self._transaction:
            start = {"connectorId": 1, "idTag": "BENCH", "meterStart": 100_000}
            answer = await self._ask("StartTransaction", {**start, "timestamp": _now()})
            self._transaction = answer["transactionId"]
        await self._values()
        self.ready.set()

    async def _values(self) -> None:
        values = []
        measured = _measured(next(self._round), self._index)
        for value, (name, phase, unit, _, _) in zip(measured, _VALUES, strict=True):
            sampled = {"value": value, "measurand": name}
            if phase is not None:
                sampled["phase"] = phase
            if unit is not None:
                sampled["unit"] = unit
            values.append({**sampled, "context": "Sample.Periodic"})
        shown = [{"timestamp": _now(), "sampledValue": values}]
        payload = {"connectorId": 1, "transactionId": self._transaction}
        await self._ask("MeterValues", {**payload, "meterValue": shown})

    async def _ask(self, action: str, payload: Json) -> Json:
        if self._socket is None:
            raise ConnectionError
        number = str(next(self._number))
        answer: asyncio.Future[Json] = asyncio.get_running_loop().create_future()
        self._answers[number] = answer
        await self._socket.send_str(json.dumps([_CALL, number, action, payload]))
        async with asyncio.timeout(_ANSWER_S):
            return await answer


async def _lines() -> asyncio.StreamReader:
    reader = asyncio.StreamReader()
    await asyncio.get_running_loop().connect_read_pipe(
        lambda: asyncio.StreamReaderProtocol(reader), sys.stdin
    )
    return reader


def _tell(result: Json) -> None:
    sys.stdout.write(f"{json.dumps(result)}\n")
    sys.stdout.flush()


async def main(address: str, number: int, period_s: float) -> None:
    """Run the wallboxes until stdin ends."""
    boxes = [Wallbox(address, index) for index in range(number)]
    orders = await _lines()
    async with (
        aiohttp.ClientSession(connector=aiohttp.TCPConnector(limit=0)) as client,
        asyncio.TaskGroup() as group,
    ):
        running = [group.create_task(box.run(client)) for box in boxes]
        for box in boxes:
            await box.ready.wait()
        _tell({"ready": number})
        while order := await orders.readline():
            for box in boxes:
                box.waits_s.clear()
                box.lost = 0
            what, seconds = order.decode().split()
            doing = (box.do(what, float(seconds), period_s, number) for box in boxes)
            await asyncio.gather(*doing)
            waits = sorted(wait for box in boxes for wait in box.waits_s)
            _tell({"waits_s": waits, "lost": sum(box.lost for box in boxes)})
        for task in running:
            task.cancel()


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1], int(sys.argv[2]), float(sys.argv[3])))
