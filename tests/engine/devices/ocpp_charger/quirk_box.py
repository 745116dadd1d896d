"""A scripted wallbox: what it says is told to it, what it is asked it answers."""

import asyncio
from collections.abc import Mapping
import json
from typing import Any

from ocpp_fakes import usual
from quirk_line import CLOSE, PING, PONG, TEXT, Line

from custom_components.meters_and_chargers.engine.protocols.ocpp.strict import check

CALL, RESULT, ERROR = 2, 3, 4


def holds(wanted: Any, found: Any) -> bool:
    """Say whether something is as wanted, which of a mapping may leave keys out."""
    if isinstance(wanted, dict):
        return isinstance(found, Mapping) and all(
            holds(value, found.get(key)) for key, value in wanted.items()
        )
    if isinstance(wanted, list):
        return (
            isinstance(found, (list, tuple))
            and len(wanted) == len(found)
            and all(map(holds, wanted, found, strict=True))
        )
    return bool(wanted == found)


class Box:
    """One scripted wallbox."""

    def __init__(self, charger_id: str) -> None:
        """Answer what it is asked like most do, unless a rule says otherwise."""
        self.charger_id = charger_id
        self.line: Line | None = None
        self.rules: list[dict[str, Any]] = []
        self.asked: list[tuple[str, Any]] = []
        self.looked = 0
        """How many of those a script has looked at."""
        self.pings = 0
        self.pongs = True
        self.closed: int | None = None
        self.late: list[str] = []
        """Ids of questions that it has not answered so far."""
        self.answered: set[str] = set()
        self.answers: dict[str, asyncio.Future[list[Any]]] = {}
        self._lines: list[tuple[Line, asyncio.Task[None]]] = []

    def begin(self, line: Line) -> None:
        """Talk on a new line."""
        self.line, self.closed = line, None
        self._lines.append((line, asyncio.create_task(self._read(line))))

    async def end(self) -> None:
        """Drop all lines, and read what is left of them."""
        for line, reading in self._lines:
            line.drop()
            await reading

    async def _read(self, line: Line) -> None:
        async for opcode, data in line.frames():
            if opcode == PING:
                self.pings += 1
                if self.pongs:
                    line.send(data, PONG)
            elif opcode == CLOSE:
                self.closed = int.from_bytes(data[:2])
                line.send(data, CLOSE)
            elif opcode == TEXT:
                self._take(line, json.loads(data))
        if self.closed is None:
            self.closed = 0

    def _take(self, line: Line, message: list[Any]) -> None:
        if message[0] != CALL:
            self.answered.add(message[1])
            if (answer := self.answers.get(message[1])) and not answer.done():
                answer.set_result(message)
            return
        _, message_id, action, payload = message
        check(action, payload)
        self.asked.append((action, payload))
        rule = next((one for one in self.rules if self._applies(one, message)), {})
        if "times" in rule:
            rule["times"] -= 1
        if rule.get("late"):
            self.late.append(message_id)
        elif "text" in rule:
            line.send(rule["text"].replace("{id}", message_id).encode())
        elif "error" in rule:
            self._send([ERROR, message_id, rule["error"], "", {}])
        else:
            self._send([RESULT, message_id, rule.get("answer", usual(action))])

    @staticmethod
    def _applies(rule: Mapping[str, Any], message: list[Any]) -> bool:
        _, _, action, payload = message
        return (
            rule["to"] == action
            and rule.get("times", 1) > 0
            and holds(rule.get("with", {}), payload)
        )

    def _send(self, message: list[Any]) -> None:
        self.send(json.dumps(message))

    def send(self, text: str) -> None:
        """Send a text as it is."""
        assert self.line is not None, "it has not dialled"
        self.line.send(text.encode())
