"""Plays the script of a wallbox over a socket: our server, charger and journal answer.

A script is a list of tries; each begins with an empty journal. A step is a mapping of
one verb, a method of `Player`, to what it takes; ``box`` names a wallbox other than
GARAGE. ``$name`` stands for what was saved, ``<60 s ago>`` for a time.
"""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager
import inspect
import json
from operator import attrgetter
from pathlib import Path
import re
from typing import Any

from ocpp_fakes import Clock
import pytest
from quirk_box import CALL, ERROR, RESULT, Box, holds
from quirk_line import HOST, UPGRADE, Line

from custom_components.meters_and_chargers.engine.devices.ocpp_charger import (
    SHIPPED,
    Central,
    Knock,
    OcppCharger,
    Quirks,
    read_quirks,
)
from custom_components.meters_and_chargers.engine.journal import Journal
from custom_components.meters_and_chargers.engine.model import (
    DeviceError,
    Phase,
    Point,
)
from custom_components.meters_and_chargers.engine.protocols.ocpp import (
    Manners,
    Server,
    Version,
)
from custom_components.meters_and_chargers.engine.protocols.ocpp.strict import check

PATIENCE_S = 20
USUAL = "GARAGE"
OCPP16 = "Sec-WebSocket-Protocol: ocpp1.6"
_AGO = re.compile(r"<(-?\d+) s ago>")

type Step = Mapping[str, Any]


class Player:
    """Plays one try of a script."""

    def __init__(self, path: Path, caplog: pytest.LogCaptureFixture) -> None:
        """Keep its journal in a file."""
        self._path, self._caplog = path, caplog
        self.clock = Clock()
        self.server: Server
        self.boxes: dict[str, Box] = {}
        self.chargers: dict[str, OcppCharger] = {}
        self.knocks: list[Knock] = []
        self._saved: dict[str, Any] = {}
        self._calls = 0
        self._wanted: dict[str, asyncio.Task[Any]] = {}
        self._script: Mapping[str, Any] = {}

    async def play(self, script: Mapping[str, Any]) -> None:
        """Play all steps."""
        self._script = script
        async with self._house():
            for number, step in enumerate(script["steps"], 1):
                try:
                    await self._step(step)
                except (AssertionError, TimeoutError) as err:
                    pytest.fail(f"step {number}, {step}: {err or 'not in time'}")

    @asynccontextmanager
    async def _house(self) -> AsyncIterator[None]:
        await self._open()
        try:
            yield
        finally:
            for task in self._wanted.values():
                task.cancel()
            await asyncio.gather(*self._wanted.values(), return_exceptions=True)
            await self._close()
            for box in self.boxes.values():
                await box.end()

    async def _open(self) -> None:
        journal = await Journal.open(self._path, now=self.clock.now)
        central = Central(
            self.knocks.append, now=self.clock.now, call_later=self.clock.call_later
        )
        settings = self._script.get("server", {})
        self.server = Server(central, HOST, 0, **settings)
        central.move = self.server.move
        self._journal, self._central = journal, central
        known = self._script.get("chargers", {USUAL: {}})
        for charger_id, options in known.items():
            charger = OcppCharger(
                charger_id,
                journal,
                now=self.clock.now,
                monotonic=self.clock.monotonic,
                call_later=self.clock.call_later,
                quirks=self._quirks,
                **(options or {}),
            )
            await charger.load()
            manners = self._script.get("manners", {}).get(charger_id, {})
            self._treat(charger_id, manners)
            central.accept(charger_id, charger)
            self.chargers[charger_id] = charger
        await self.server.start()

    @property
    def _quirks(self) -> Quirks:
        """Our file of makers, where the script wants it."""
        wanted = self._script.get("quirks") == "shipped"
        return Quirks(read_quirks(SHIPPED) if wanted else ())

    def _treat(self, charger_id: str, manners: Mapping[str, Any]) -> None:
        aliases = frozenset(manners.get("aliases", ()))
        version = Version(manners["version"]) if "version" in manners else None
        usual = self._script.get("server", {})
        told = {**usual, **manners, "aliases": aliases, "version": version}
        self.server.treat(charger_id, Manners(**told))

    async def _close(self) -> None:
        await self.server.stop()
        await self._central.close()
        await self._journal.close()

    async def _step(self, step: Step) -> None:
        told = {**step}
        box_id = told.pop("box", USUAL)
        box = self.boxes.setdefault(box_id, Box(box_id))
        ((verb, what),) = told.items()
        async with asyncio.timeout(PATIENCE_S):
            await getattr(self, verb)(box, self._meant(what))

    def _meant(self, what: Any) -> Any:
        """Return what a script says with its names and times filled in."""
        if isinstance(what, dict):
            return {key: self._meant(value) for key, value in what.items()}
        if isinstance(what, list):
            return [self._meant(value) for value in what]
        if not isinstance(what, str):
            return what
        if what.startswith("$"):
            return self._saved[what[1:]]
        return _AGO.sub(lambda found: self.clock.ago(int(found[1])), what)

    @staticmethod
    async def _until(condition: Callable[[], object]) -> None:
        """Wait until something holds; the step's patience bounds it."""
        while not condition():  # noqa: ASYNC110 - any state, not one that signals itself
            await asyncio.sleep(0.005)

    # What the wallbox does

    async def dials(self, box: Box, what: Mapping[str, Any] | None) -> None:
        """Dial: ``target``, header ``lines``, the ``status`` and ``version`` to get."""
        what = what or {}
        line = await Line.dial(
            self.server.port,
            what.get("target", f"/{box.charger_id}"),
            what.get("lines", [OCPP16]),
            what.get("upgrade", UPGRADE),
        )
        status = what.get("status", 101)
        assert line.status == status, f"answered {line.status}"
        if "version" in what:
            assert line.headers.get("sec-websocket-protocol") == what["version"]
        if status != 101:
            line.drop()
            return
        box.begin(line)
        if what.get("stays", True):
            known = what.get("known_as", box.charger_id)
            link = self.server.links.get
            await self._until(
                lambda: known in self.server.links and self._is_open(known)
            )
            assert link(known) is not None

    def _is_open(self, charger_id: str) -> bool:
        charger = self.chargers.get(charger_id)
        return charger is None or charger.online

    async def says(self, box: Box, what: Mapping[str, Any]) -> None:
        """Send a call: its action with the payload, and what it is to be answered.

        ``answer`` is held against the answer, ``error`` is a code, ``save`` keeps
        fields under names.
        """
        ((action, payload),) = (
            (key, value) for key, value in what.items() if key[0].isupper()
        )
        message_id = what.get("id")
        if message_id is None:
            self._calls += 1
            message_id = f"call {self._calls}"
        future = asyncio.get_running_loop().create_future()
        box.answers[message_id] = future
        box.send(json.dumps([CALL, message_id, action, payload or {}]))
        kind, _, *rest = await future
        if "error" in what:
            assert (kind, rest[0]) == (ERROR, what["error"])
            return
        assert kind == RESULT, f"refused: {rest}"
        check(action, rest[0], answer=True)
        assert holds(what.get("answer", {}), rest[0]), f"answered {rest[0]}"
        for name, field in what.get("save", {}).items():
            self._saved[name] = rest[0][field]

    async def sends(self, box: Box, text: str) -> None:
        """Send a text as it is."""
        box.send(text)

    async def drops(self, box: Box, _: object) -> None:
        """Be gone without a word."""
        assert box.line is not None
        box.line.drop()
        charger = self.chargers.get(box.charger_id)
        await self._until(lambda: charger is None or not charger.online)

    async def replies(self, box: Box, rules: list[dict[str, Any]]) -> None:
        """Answer from now on by rules, the first that applies; else as most do."""
        box.rules = rules

    async def answers_late(self, box: Box, answer: Mapping[str, Any]) -> None:
        """Answer the oldest question that was left open."""
        await self._until(lambda: box.late)
        box.send(json.dumps([RESULT, box.late.pop(0), answer]))

    async def ignores_pings(self, box: Box, _: object) -> None:
        """Send no pong any more."""
        box.pongs = False

    # What time and the house do

    async def treats(self, box: Box, manners: Mapping[str, Any]) -> None:
        """Change how it is talked to."""
        self._treat(box.charger_id, manners)

    async def passes(self, _: Box, seconds: float) -> None:
        """Let time pass, second by second: what rings may start another timer."""
        for _turn in range(round(seconds * 2)):
            self.clock.advance(0.5)
            for _rest in range(5):
                await asyncio.sleep(0)

    async def restarts(self, _: Box, __: object) -> None:
        """Stop the server and start it with the same journal."""
        await self._close()
        await self._open()

    async def asks(self, box: Box, what: Mapping[str, Any]) -> None:
        """Call a method of the charger; what it ``returns`` or ``fails`` with.

        A request with a ``name`` is left waiting, for `ends`.
        """
        ((method, arguments),) = (
            (key, value) for key, value in what.items() if key not in _AROUND
        )
        work = attrgetter(method)(self.chargers[box.charger_id])(*arguments)
        if "name" in what:
            self._wanted[what["name"]] = asyncio.create_task(work)
            await asyncio.sleep(0)
        else:
            await self._ended(work, what)

    async def ends(self, _: Box, what: Mapping[str, Any]) -> None:
        """Wait for a request that was left waiting."""
        await self._ended(self._wanted[what["name"]], what)

    async def _ended(self, work: Awaitable[Any], what: Mapping[str, Any]) -> None:
        failed = None
        try:
            result = await work
        except DeviceError as err:
            failed = type(err).__name__
        assert failed == what.get("fails"), f"failed with {failed}"
        if failed is None and "returns" in what:
            assert holds(what["returns"], result), f"returned {result}"

    # What is expected

    async def asked(self, box: Box, what: Mapping[str, Any]) -> None:
        """Wait until it was asked that, after what was looked at before."""
        ((action, payload),) = what.items()

        def found() -> bool:
            for at in range(box.looked, len(box.asked)):
                if box.asked[at][0] == action and holds(
                    payload or {}, box.asked[at][1]
                ):
                    box.looked = at + 1
                    return True
            return False

        await self._until(found)

    async def never_asked(self, box: Box, what: Mapping[str, Any]) -> None:
        """See that it was not asked that, once all is quiet."""
        await self.quiet(box, None)
        ((action, payload),) = what.items()
        rest = [one for one in box.asked if one[0] == action]
        assert not [one for one in rest if holds(payload or {}, one[1])], rest

    async def asked_times(self, box: Box, what: Mapping[str, int]) -> None:
        """See how often it was asked in all, once all is quiet."""
        await self.quiet(box, None)
        for action, times in what.items():
            found = [payload for name, payload in box.asked if name == action]
            assert len(found) == times, found

    async def quiet(self, box: Box, _: object) -> None:
        """Wait until the charger has nothing under way, nor anything on the line."""
        charger = self.chargers[box.charger_id]
        await self._until(lambda: not charger._tasks)
        if box.line is not None and box.closed is None:
            await self.says(box, {"Heartbeat": {}})

    async def unanswered(self, box: Box, message_id: str) -> None:
        """See that it got no answer to a message so far."""
        assert message_id not in box.answered

    async def pinged(self, box: Box, times: int) -> None:
        """Wait until it was pinged so often since the last look."""
        box.pings = 0
        await self._until(lambda: box.pings >= times)

    async def never_pinged(self, box: Box, _: object) -> None:
        """See that it was not pinged."""
        assert not box.pings

    async def closed(self, box: Box, code: int) -> None:
        """Wait until the server has closed the connection; 0 without a word."""
        await self._until(lambda: box.closed is not None)
        assert box.closed == code, f"closed with {box.closed}"

    async def connected(self, box: Box, connected: bool) -> None:  # noqa: FBT001 - as the script says it
        """See whether the line is open."""
        assert (box.closed is None) is connected

    async def knows(self, box: Box, wanted: Mapping[str, Any]) -> None:
        """Wait until that is known of the charger, and of connector 1."""
        try:
            await self._until(lambda: holds(wanted, self._known(box)))
        finally:
            found = self._known(box)
            wrong = {key: found.get(key) for key in wanted}
            assert holds(wanted, found), f"known: {wrong}"

    def _known(self, box: Box) -> Mapping[str, Any]:
        charger = self.chargers[box.charger_id]
        connector = charger.connector(1)
        session = connector.session
        return {
            "online": charger.online,
            "maker": charger.identity.maker,
            "model": charger.identity.model,
            "connectors": len(charger.connectors),
            "configuration": charger.configuration,
            "status": connector.status,
            "restored": connector.is_restored,
            "error": connector.error_code,
            "transaction": connector.transaction,
            "session_wh": connector.session_energy_wh,
            "start_unknown": None
            if session is None
            else session.transaction.start_unknown,
            "limit_ma": connector.limit_ma,
            "limit_trouble": charger.limits.trouble,
            "foreign": charger.foreign.found,
            "offered_ma": connector.offered_ma,
            "values": {
                _words(point): value
                for point, value in charger.values.items()
                if point.part in ("1", "")
            },
        }

    async def booked(self, box: Box, wanted: list[Mapping[str, Any]]) -> None:
        """See which transactions the journal holds."""
        found = [
            {name: _plain(getattr(row, name)) for name in row.__slots__}
            for row in await self._journal.transactions(box.charger_id)
        ]
        assert holds(wanted, found), found

    async def knocked(self, _: Box, ids: list[str]) -> None:
        """See which unknown wallboxes wait."""
        await self._until(lambda: [knock.charger_id for knock in self.knocks] == ids)

    async def logged(self, _: Box, text: str) -> None:
        """Wait until exactly one line of the log says that."""
        await self._until(lambda: text in self._caplog.text)
        assert self._caplog.text.count(text) == 1

    async def never_logged(self, _: Box, text: str) -> None:
        """See that nothing of this is in the log."""
        assert text not in self._caplog.text


_AROUND = frozenset({"name", "fails", "returns"})
VERBS = frozenset(
    name
    for name, _ in inspect.getmembers(Player, inspect.iscoroutinefunction)
    if not name.startswith("_") and name != "play"
)


def _plain(value: Any) -> Any:
    return value.isoformat() if hasattr(value, "isoformat") else value


def _words(point: Point) -> str:
    phase = "" if point.phase is Phase.TOTAL else f" {point.phase}"
    return f"{point.quantity}{phase}"
