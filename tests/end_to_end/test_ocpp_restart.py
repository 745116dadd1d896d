"""A real Home Assistant goes away in the middle of a transaction."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, closing
from pathlib import Path
import sqlite3
from typing import Any

import pytest

from simulators.charge_point import ChargePoint
from simulators.hass import DOMAIN, HomeAssistant, free_port, wait_until
from simulators.house import House

ROOT = Path(__file__).parent.parent.parent
NEWEST = ROOT / ".venv-newest" / "bin" / "python"
STATUS = "sensor.carport_status"

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

    await wait_until(what, look, 60)


async def let_in(home: HomeAssistant, wallbox: ChargePoint, port: int) -> None:
    """Set the server up, and the wallbox that knocks."""
    listener = {"host": "127.0.0.1", "port": port}
    await home.flow(DOMAIN, {"next_step_id": "ocpp_server"}, listener)
    await wallbox.start()

    async def knocks() -> str | None:
        flows = await home.ws("config_entries/flow/progress")
        ours = (flow for flow in flows if flow["handler"] == DOMAIN)
        return next((flow["flow_id"] for flow in ours), None)

    flow_id = await wait_until("a knock", knocks, 30)
    answers = {"name": "Carport", "maximum_current": 16}
    await home.continue_flow(flow_id, answers)
    await shows(home, "charging")


async def shows(home: HomeAssistant, wanted: str) -> None:
    """Wait until the wallbox's status is shown so."""

    async def look() -> bool:
        state = await home.state(STATUS)
        return state is not None and state["state"] == wanted

    await wait_until(f"{STATUS} shows {wanted}", look, 60)


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
                stopping = asyncio.get_running_loop().time()
            stopped_s = asyncio.get_running_loop().time() - stopping
            assert stopped_s < 15
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
                await home.options_flow(entry_id, fallback)
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


@pytest.mark.usefixtures("socket_enabled")
async def test_a_kill_in_the_middle_of_a_session(tmp_path: Path) -> None:
    """The log has one session afterwards, with all its energy, and so do statistics."""
    house = House("clear", 12 * 3600)
    port = free_port(0)
    address = f"ws://127.0.0.1:{port}"
    wallbox = ChargePoint(house, house.cars[0], address, "CARPORT1", redial_s=(0.5, 1))
    home = HomeAssistant(tmp_path, NEWEST)

    async def ended() -> dict[str, Any] | None:
        answer = await home.request(
            "POST", f"/api/services/{DOMAIN}/get_sessions?return_response", {}
        )
        (only,) = answer["service_response"]["sessions"]
        return None if only["running"] else only

    async def counted() -> float | None:
        start = {"start_time": "2026-01-01T00:00:00Z", "period": "hour"}
        statistic = f"{DOMAIN}:wallbox_energy_carport1"
        found = await home.ws(
            "recorder/statistics_during_period", **start, statistic_ids=[statistic]
        )
        return found[statistic][-1]["sum"] if found else None

    async with living(house):
        try:
            await home.start()
            await let_in(home, wallbox, port)
            await home.kill()
            # It charges on, and its end waits in the wallbox.
            await asyncio.sleep(5)
            house.cars[0].connected = False
            await eventually("the transaction's end", lambda: not wallbox.transaction)
            async with home:
                session = await wait_until("the end in the log", ended, 60)
                assert not session["start_unknown"]
                gained = session["meter_end"] - session["meter_start"]
                assert session["energy"] == pytest.approx(gained, abs=0.002)
                assert session["energy"] > 0
                total = await wait_until("statistics", counted, 60)
                assert total == pytest.approx(session["energy"], abs=0.001)
                assert home.problems() == []
        finally:
            await wallbox.stop()
            await home.stop()
