"""Plays diagnostics again: a device's words, a wallbox's frames, a site's decisions."""

import asyncio
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import fields, is_dataclass
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from itertools import pairwise
import json
from pathlib import Path
from types import NoneType, UnionType
from typing import Any, TypeAliasType, get_args, get_origin, get_type_hints

import aiohttp
from pymodbus.constants import ExcCodes

from .diris import Diris
from .engine import load_engine
from .modbus_device import ModbusDevice

_CALL, _RESULT, _ERROR = 2, 3, 4
_BOOT = {"chargePointVendor": "Replay", "chargePointModel": "Replay"}


def load(path: Path) -> dict[str, Any]:
    """Read what can be played of a diagnostics file, or of `scripts/query --raw`.

    Raises ValueError where there is nothing.
    """
    found = json.loads(path.read_text())
    for key in ("data", "replay"):
        if isinstance(found, dict) and key in found:
            found = found[key]
    if isinstance(found, dict) and found.get("waiting"):
        # An OCPP server's file: the wallbox that waits is what somebody asks about.
        found = found["waiting"][0]["replay"]
    if not isinstance(found, dict) or found.get("format") != 1:
        raise ValueError("no diagnostics that can be played")
    return found


# A device that is polled


class ReplayedDevice(ModbusDevice):
    """Answers what the device answered, and refuses what it refused."""

    def __init__(self, replay: Mapping[str, Any], port: int = 0) -> None:
        """Take the answers of a dump; raises ValueError where it has none."""
        self._refusals: dict[tuple[int, int], ExcCodes] = {}
        words: dict[int, int] = {}
        for answer in replay["answers"]:
            asked = answer["start"], answer["count"]
            if "words" in answer:
                texts = answer["words"].split()
                words |= {asked[0] + n: int(word, 16) for n, word in enumerate(texts)}
                self._refusals.pop(asked, None)
            else:
                self._refusals[asked] = (
                    ExcCodes.ILLEGAL_ADDRESS
                    if answer["error"] == "unsupported"
                    else ExcCodes.DEVICE_FAILURE
                )
        if not words:
            raise ValueError("this device has not answered anything")
        super().__init__(_rows(words), port)
        self.registers = words

    async def _act(
        self,
        function: int,
        first: int,
        address: int,
        count: int,
        current: list[int],
        values: list[int] | list[bool] | None,
    ) -> ExcCodes | None:
        if (refusal := self._refusals.get((address, count))) is not None:
            return refusal
        return await super()._act(function, first, address, count, current, values)


class ReplayedGateway(Diris):
    """A gateway whose units answer as they did; at the others there is nobody."""

    def __init__(self, replay: Mapping[str, Any], port: int = 0) -> None:
        """Take the answers of a dump; raises ValueError where it has none."""
        super().__init__({}, port=port)
        answers: dict[int, list[Any]] = {}
        for answer in replay["answers"]:
            answers.setdefault(answer["unit"], []).append(answer)
        self.modules = {
            unit: ReplayedDevice({"answers": told})
            for unit, told in answers.items()
            if any("words" in one for one in told)
        }
        if not self.modules:
            raise ValueError("this gateway has not answered anything")


def device_of(replay: Mapping[str, Any], port: int = 0) -> ReplayedDevice | Diris:
    """Return what answers as a dump says; raises ValueError where it says nothing."""
    several = any("unit" in answer for answer in replay["answers"])
    return (ReplayedGateway if several else ReplayedDevice)(replay, port)


def _rows(words: Mapping[int, int]) -> list[tuple[int, int]]:
    """Return the unbroken rows of addresses: first one and count."""
    addresses = sorted(words)
    ends = [one for one, following in pairwise(addresses) if following != one + 1]
    starts = [addresses[0], *(b for a, b in pairwise(addresses) if b != a + 1)]
    return [
        (start, end - start + 1)
        for start, end in zip(starts, [*ends, addresses[-1]], strict=True)
    ]


# A wallbox


class ReplayedWallbox:
    """Sends a wallbox's calls again in their order, and answers as it did.

    Times are moved so that the newest is now, transactions get the numbers which
    the server gives them this time.
    """

    def __init__(
        self, replay: Mapping[str, Any], url: str, identity: str = "REPLAY"
    ) -> None:
        """Take the frames, and the server to dial."""
        frames = [
            (one["way"] == "in", json.loads(one["frame"]))
            for one in replay["frames"]
            if one["frame"].startswith("[")
        ]
        self.url = f"{url.rstrip('/')}/{identity}"
        self._protocol: str = replay.get("protocol", "ocpp1.6")
        self.played = asyncio.Event()
        """Set when the last call has been answered."""
        self._calls = [f for incoming, f in frames if incoming and f[0] == _CALL]
        self._numbers: dict[str, int] = {
            f[1]: f[2]["transactionId"]
            for incoming, f in frames
            if not incoming and f[0] == _RESULT and "transactionId" in f[2]
        }
        asked = {f[1]: f[2] for inc, f in frames if not inc and f[0] == _CALL}
        self._answers: dict[str, list[Any]] = {}
        for incoming, found in frames:
            if incoming and found[0] != _CALL and found[1] in asked:
                self._answers.setdefault(asked[found[1]], []).append(found)
        self._shift = _until_now(self._calls)
        self._renumbered: dict[int, int] = {}
        self._pending: dict[str, asyncio.Future[Any]] = {}

    async def run(self) -> None:
        """Dial, play and stay until cancelled; raises OSError without a server."""
        async with (
            aiohttp.ClientSession() as session,
            session.ws_connect(self.url, protocols=(self._protocol,)) as socket,
        ):
            playing = asyncio.create_task(self._play(socket))
            try:
                async for message in socket:
                    await self._take(socket, json.loads(message.data))
            finally:
                playing.cancel()
                with suppress(asyncio.CancelledError):
                    await playing

    async def _play(self, socket: aiohttp.ClientWebSocketResponse) -> None:
        boot = next((c[3] for c in self._calls if c[2] == "BootNotification"), _BOOT)
        number = 0
        # A server that doesn't know this wallbox lets it wait.
        while (await self._call(socket, f"boot{number}", "BootNotification", boot)).get(
            "status"
        ) != "Accepted":
            number += 1
            await asyncio.sleep(1)
        for _, message_id, action, payload in self._calls:
            if action == "BootNotification":
                continue
            sent = self._now(payload)
            answer = await self._call(socket, message_id, action, sent)
            if message_id in self._numbers and "transactionId" in answer:
                self._renumbered[self._numbers[message_id]] = answer["transactionId"]
        self.played.set()

    async def _call(
        self,
        socket: aiohttp.ClientWebSocketResponse,
        message_id: str,
        action: str,
        payload: object,
    ) -> dict[str, Any]:
        answer = self._pending[message_id] = asyncio.Future()
        await socket.send_json([_CALL, message_id, action, payload])
        found = await answer
        return found[2] if found[0] == _RESULT else {}

    async def _take(
        self, socket: aiohttp.ClientWebSocketResponse, found: list[Any]
    ) -> None:
        if found[0] != _CALL:
            if (waiting := self._pending.pop(found[1], None)) is not None:
                waiting.set_result(found)
            return
        answers = self._answers.get(found[2], [])
        kept = answers.pop(0) if len(answers) > 1 else (answers or [None])[0]
        if kept is None:
            kept = [_ERROR, "", "NotSupported", "", {}]
        await socket.send_json([kept[0], found[1], *kept[2:]])

    def _now(self, value: Any, name: str = "") -> Any:
        """Return a payload with the times and numbers of this time."""
        if isinstance(value, dict):
            return {key: self._now(one, key) for key, one in value.items()}
        if isinstance(value, list):
            return [self._now(one, name) for one in value]
        if name == "transactionId":
            return self._renumbered.get(value, value)
        if name == "timestamp" and (time := _time(value)) is not None:
            return (time + self._shift).isoformat()
        return value


def _until_now(calls: Sequence[Any]) -> timedelta:
    """Return how long ago the newest time in some calls was."""
    times: list[datetime] = []

    def look(value: Any, name: str = "") -> None:
        if isinstance(value, dict):
            for key, one in value.items():
                look(one, key)
        elif isinstance(value, list):
            for one in value:
                look(one, name)
        elif name == "timestamp" and (time := _time(value)) is not None:
            times.append(time)

    look(list(calls))
    now = datetime.now(UTC)
    return now - max(times, default=now)


def _time(text: str) -> datetime | None:
    try:
        time = datetime.fromisoformat(text)
    except ValueError:
        return None
    return time if time.tzinfo else time.replace(tzinfo=UTC)


# A site


def decide_again(replay: Mapping[str, Any], number: int = -1) -> Any:
    """Decide on what a site saw, the last time or before; the engine's `Decision`."""
    load_engine()
    from custom_components.meters_and_chargers.engine import charging  # noqa: PLC0415 - needs the line above

    one = replay["decisions"][number]
    return charging.decide(
        _made(charging.Settings, replay["settings"][one["settings"]]),
        _made(charging.Memory, one["memory"]),
        _made(charging.State, one["state"]),
        one["now_ms"],
    )


def _play_site(replay: Mapping[str, Any]) -> None:
    """Print each decision of a site, and whether it is decided the same again."""
    told = replay["decisions"]
    same = 0
    for number, one in enumerate(told):
        decision = decide_again(replay, number)
        reasons = {key: again.reason for key, again in decision.reasons.items()}
        commands = {again.charger: again.limit_ma for again in decision.commands}
        before = {key: why["reason"] for key, why in one["reasons"].items()}
        sent = {com["charger"]: tuple(com["limit_ma"]) for com in one["commands"]}
        agrees = reasons == before and commands == sent
        same += agrees
        ago = (one["now_ms"] - told[-1]["now_ms"]) / 1000
        for key, reason in reasons.items():
            limit = f"{max(commands[key]) / 1000:g} A" if key in commands else ""
            print(f"{ago:10.1f} s  {key:12} {reason:18} {limit}".rstrip())
        if not agrees:
            print(f"{'':10}    was: {before} {sent}")
    print(f"{len(told)} decisions, {same} decided the same again")


def _made(kind: Any, value: Any) -> Any:
    """Make an object of a type from the JSON it was written as."""
    if isinstance(kind, TypeAliasType):
        return _made(kind.__value__, value)
    inner = get_args(kind)
    if get_origin(kind) is UnionType or isinstance(kind, UnionType):
        rest = [one for one in inner if one is not NoneType]
        return None if value is None else _made(rest[0], value)
    if get_origin(kind) is tuple:
        kinds = inner[:1] * len(value) if inner[-1] is ... else inner
        return tuple(_made(k, one) for k, one in zip(kinds, value, strict=True))
    if get_origin(kind) is not None:
        return {key: _made(inner[1], one) for key, one in value.items()}
    if is_dataclass(kind) and isinstance(kind, type):
        hints = get_type_hints(kind)
        # What is left out is what the class has by itself.
        names = [one.name for one in fields(kind) if one.name in value]
        return kind(**{name: _made(hints[name], value[name]) for name in names})
    return kind(value) if issubclass(kind, StrEnum) else value


# From the command line


async def play(path: Path, port: int, server: str | None, stop: asyncio.Event) -> None:
    """Play a file until told to stop; raises ValueError where it can't be played."""
    replay = load(path)
    if replay["protocol"] == "site":
        _play_site(replay)
    elif replay["protocol"] == "modbus":
        device = device_of(replay, port)
        await device.start()
        print(f"{replay['family']:8} {device.host}:{device.port} serial", end=" ")
        print(replay["serial"], flush=True)
        await stop.wait()
        await device.stop()
    elif server is None:
        raise ValueError("a wallbox needs --server ws://HOST:PORT to dial")
    else:
        running = asyncio.create_task(ReplayedWallbox(replay, server).run())
        stopping = asyncio.create_task(stop.wait())
        await asyncio.wait({running, stopping}, return_when=asyncio.FIRST_COMPLETED)
        for task in (running, stopping):
            task.cancel()
        try:
            with suppress(asyncio.CancelledError):
                await running
        except aiohttp.ClientError as err:
            raise ValueError(f"no OCPP server at {server}: {err}") from err
