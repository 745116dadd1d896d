"""A real Home Assistant goes away in the middle of a transaction."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, closing
from dataclasses import dataclass
from pathlib import Path
import sqlite3
from typing import Any

from held_wire import Book, Wire
import pytest

from simulators import car as car_module
from simulators.car import Car
from simulators.charge_point import ChargePoint
from simulators.hass import DOMAIN, HomeAssistant, free_port, wait_until
from simulators.house import House

ROOT = Path(__file__).parent.parent.parent
NEWEST = ROOT / ".venv-newest" / "bin" / "python"
STATUS = "sensor.carport_status"
# No step takes longer than that, on the slowest machine.
PATIENCE_S = 120

pytestmark = pytest.mark.end_to_end


@asynccontextmanager
async def living(house: House) -> AsyncIterator[None]:
    """Let the house live in real time."""
    ended = asyncio.Event()
    life = asyncio.create_task(house.run(ended))
    try:
        yield
    finally:
        ended.set()
        await life


def transactions(folder: Path) -> list[tuple[object, ...]]:
    """Read the journal as it lies on the disk."""
    (path,) = folder.glob(".storage/*.db")
    with closing(sqlite3.connect(path)) as journal:
        return journal.execute(
            "SELECT id, meter_start_wh, meter_stop_wh, stop_time FROM transactions"
        ).fetchall()


async def eventually(what: str, check: Callable[[], bool]) -> None:
    """Wait until something holds."""

    async def look() -> bool:
        return check()

    await wait_until(what, look, PATIENCE_S)


async def let_in(
    home: HomeAssistant, wallbox: ChargePoint, port: int, status: str = "charging"
) -> None:
    """Set the server up, and the wallbox that knocks and then has a status."""
    listener = {"host": "127.0.0.1", "port": port}
    await home.flow(DOMAIN, {"next_step_id": "ocpp_server"}, listener)
    await wallbox.start()

    async def knocks() -> str | None:
        flows = await home.ws("config_entries/flow/progress")
        ours = (flow for flow in flows if flow["handler"] == DOMAIN)
        return next((flow["flow_id"] for flow in ours), None)

    flow_id = await wait_until("a knock", knocks, PATIENCE_S)
    answers = {"name": "Carport", "maximum_current": 16}
    await home.continue_flow(flow_id, answers)
    await shows(home, status)


async def shows(home: HomeAssistant, wanted: str) -> None:
    """Wait until the wallbox's status is shown so."""

    async def look() -> bool:
        state = await home.state(STATUS)
        return state is not None and state["state"] == wanted

    await wait_until(f"{STATUS} shows {wanted}", look, PATIENCE_S)


@pytest.mark.usefixtures("socket_enabled")
async def test_restart_in_the_middle_of_a_transaction(tmp_path: Path) -> None:
    """One transaction before and after, with one start and one stop: none doubled."""
    house = House("clear", 12 * 3600)
    port = free_port(0)
    wallbox = ChargePoint(
        house, house.cars[0], f"ws://127.0.0.1:{port}", "CARPORT1", redial_s=(0.5, 1)
    )
    home = HomeAssistant(tmp_path, NEWEST)
    async with living(house):
        try:
            async with home:
                await let_in(home, wallbox, port)
                assert wallbox.transaction is not None
                number = wallbox.transaction.number
            # A wallbox that stays connected holds up no stop.
            assert not home.forced
            assert not [one for one in home.records() if "Timed out" in one.text]
            assert len(transactions(tmp_path)) == 1

            # The car is unplugged while nobody listens: its end waits in the wallbox.
            house.cars[0].connected = False
            await eventually("the transaction's end", lambda: not wallbox.transaction)
            async with home:
                await shows(home, "available")
                await eventually(
                    "the end in the journal", lambda: bool(transactions(tmp_path)[0][3])
                )
                (only,) = transactions(tmp_path)
                assert only[0] == number
                house.cars[0].connected = True
                await shows(home, "charging")
                assert wallbox.transaction is not None
                assert wallbox.transaction.number is not None
                assert number is not None
                assert wallbox.transaction.number > number
                assert home.problems() == []
        finally:
            await wallbox.stop()


@pytest.mark.usefixtures("socket_enabled")
async def test_a_killed_home_assistant_leaves_the_fallback(tmp_path: Path) -> None:
    """The wallbox charges on with it within two minutes, by itself."""
    port = free_port(0)
    async with HomeAssistant(tmp_path, NEWEST) as home:
        # Made only now: a house that does not live yet has a clock that stands.
        house = House("clear", 12 * 3600)
        address = f"ws://127.0.0.1:{port}"
        wallbox = ChargePoint(
            house, house.cars[0], address, "CARPORT1", redial_s=(0.5, 1)
        )
        try:
            async with living(house):
                await let_in(home, wallbox, port)
                (entry_id,) = (
                    entry["entry_id"]
                    for entry in await home.entries()
                    if entry["title"] == "Carport"
                )
                fallback = {"fallback": True, "fallback_current": 7}
                part = {"next_step_id": "wallbox"}
                await home.options_flow(entry_id, part, fallback)
                await eventually("the fallback", lambda: wallbox.offered_a == 7)
                number = "number.carport_charging_current"
                limit = {"entity_id": number, "value": 13}
                await home.call("number", "set_value", limit)
                await eventually("the limit", lambda: wallbox.offered_a == 13)
                assert home.problems() == []
                await home.kill()
                assert wallbox.offered_a == 13
            # From here on time can be hurried: nobody else lives by it.
            for _ in range(130):
                house.step()
            assert wallbox.offered_a == 7
            assert house.cars[0].current_a == 7
        finally:
            await wallbox.stop()


@dataclass
class Cuts:
    """Kills Home Assistant at moments of which each can lose or double a session."""

    home: HomeAssistant
    wire: Wire
    house: House
    wallbox: ChargePoint
    book: Book

    async def before_the_answer_to_a_start(self) -> None:
        """It is in the journal, and the wallbox will repeat it."""
        self.book.hold(self.wire.to_wallbox, "sent", "StartTransaction")
        self.car.connected = True
        await eventually("the start", lambda: self.stored(1))
        await self.kill()

    async def while_it_charges(self) -> None:
        """What it charges meanwhile belongs to the session."""
        await self.home.start()
        await shows(self.home, "charging")
        await self.charge(10)
        await self.kill()
        await self.charge(5)

    async def before_a_limit_is_accepted(self) -> None:
        """The wallbox has taken it, and that is never heard."""
        await self.home.start()
        await shows(self.home, "charging")
        self.book.hold(self.wire.to_home, "received", "SetChargingProfile")
        limit = {"entity_id": "number.carport_charging_current", "value": 13}
        setting = asyncio.create_task(self.home.call("number", "set_value", limit))
        await eventually("the limit", lambda: self.wallbox.offered_a == 13)
        assert not setting.done()
        await self.kill()
        await asyncio.gather(setting, return_exceptions=True)
        await self.charge(5)

    async def before_the_answer_to_a_stop(self) -> None:
        """It is in the journal, and the wallbox will repeat it."""
        await self.home.start()
        await shows(self.home, "charging")
        self.book.hold(self.wire.to_wallbox, "sent", "StopTransaction")
        self.car.connected = False
        await eventually("the end", lambda: self.stored(1, ended=True))
        await self.kill()

    async def while_history_is_told(self) -> None:
        """Of two sessions that nobody saw the first is told, its end not answered."""
        for _ in range(2):
            self.car.connected = True
            await eventually("a session", lambda: self.wallbox.transaction is not None)
            await self.charge(5)
            self.car.connected = False
            await eventually("its end", lambda: self.wallbox.transaction is None)
        waits = self.wallbox.line.waiting
        # The first end is the repeated one of the session before.
        self.book.hold(self.wire.to_wallbox, "sent", "StopTransaction", 2)
        await self.home.start()
        await eventually("the first", lambda: self.stored(2, ended=True))
        assert 0 < self.wallbox.line.waiting < waits
        await self.kill()

    @property
    def car(self) -> Car:
        """The only one."""
        return self.house.cars[0]

    def stored(self, number: int, *, ended: bool = False) -> bool:
        """Whether so many transactions lie on the disk, the last of them ended."""
        kept = transactions(self.home.config)
        return len(kept) == number and bool(kept[-1][3]) is ended

    async def kill(self) -> None:
        """End it, and all that was on its way."""
        await self.home.kill()
        self.wire.cut()

    async def charge(self, wh: float) -> None:
        """Wait until the car has so much more."""
        goal = self.car.energy_wh + wh
        await eventually("energy", lambda: self.car.energy_wh > goal)


async def told_sessions(home: HomeAssistant) -> list[dict[str, Any]]:
    """Return what the log says, the oldest first."""
    path = f"/api/services/{DOMAIN}/get_sessions?return_response"
    answer = await home.request("POST", path, {})
    sessions: list[dict[str, Any]] = answer["service_response"]["sessions"]
    return sorted(sessions, key=lambda one: one["meter_start"])


async def counted(home: HomeAssistant) -> float | None:
    """Return the energy that statistics have of the wallbox, kWh."""
    start = {"start_time": "2026-01-01T00:00:00Z", "period": "hour"}
    statistic = f"{DOMAIN}:wallbox_energy_carport1"
    found = await home.ws(
        "recorder/statistics_during_period", **start, statistic_ids=[statistic]
    )
    return found[statistic][-1]["sum"] if found else None


@pytest.mark.usefixtures("socket_enabled")
async def test_five_kills(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The log has each session once afterwards, with all its energy; statistics too."""
    monkeypatch.setattr(car_module, "START_S", 1)
    house, port = House("clear", 12 * 3600), free_port(0)
    house.cars[0].connected = False
    home = HomeAssistant(tmp_path, NEWEST)

    async with Wire(port) as wire, living(house):
        wallbox = ChargePoint(
            *(house, house.cars[0], f"ws://127.0.0.1:{wire.port}", "CARPORT1"),
            free=True,
            redial_s=(0.3, 0.5),
        )
        wallbox.line.book = book = Book()
        wallbox.configuration["MeterValueSampleInterval"] = "1"
        cuts = Cuts(home, wire, house, wallbox, book)
        try:
            await home.start()
            await let_in(home, wallbox, port, "available")
            # Home Assistant itself keeps a new entry after a second only.
            entries = tmp_path / ".storage" / "core.config_entries"
            await eventually(
                "its entry",
                lambda: entries.exists() and "CARPORT1" in entries.read_text(),
            )
            await cuts.before_the_answer_to_a_start()
            await cuts.while_it_charges()
            await cuts.before_a_limit_is_accepted()
            await cuts.before_the_answer_to_a_stop()
            await cuts.while_history_is_told()
            async with home:
                await eventually("all", lambda: cuts.stored(3, ended=True))
                await shows(home, "available")
                told = await told_sessions(home)
                assert not any(one["running"] or one["start_unknown"] for one in told)
                known = [(one["meter_start"], one["meter_end"]) for one in told]
                assert known == book.sessions()
                energy = [one["energy"] for one in told]
                gained = [end - start for start, end in known]
                assert energy == pytest.approx(gained, abs=0.002)
                wanted = pytest.approx(sum(energy), abs=0.002)

                async def complete() -> bool:
                    return await counted(home) == wanted

                await wait_until("statistics", complete, PATIENCE_S)
                assert home.problems() == []
        finally:
            await wallbox.stop()
            await home.stop()
