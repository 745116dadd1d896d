"""Which form of a limit a simulated wallbox obeys is found out over real sockets."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest

from custom_components.meters_and_chargers.engine.devices.ocpp_charger import (
    Central,
    Learnt,
    OcppCharger,
)
from custom_components.meters_and_chargers.engine.devices.ocpp_charger.limit import (
    Timer,
)
from custom_components.meters_and_chargers.engine.journal import Journal
from custom_components.meters_and_chargers.engine.model import Refused
from custom_components.meters_and_chargers.engine.protocols.ocpp import Server
from simulators.charge_point import ChargePoint
from simulators.charge_point_2 import ChargePoint2
from simulators.charge_point_profiles import DEFAULT, Rule
from simulators.house import House

_FASTER = 60
"""Half a minute of patience is half a second here."""
_KINDS = pytest.mark.parametrize("kind", [ChargePoint, ChargePoint2])


@pytest.fixture(autouse=True)
def auto_enable_custom_integrations(socket_enabled: None) -> None:
    """Start no Home Assistant here."""


def _monotonic() -> float:
    return asyncio.get_running_loop().time() * _FASTER


def _call_later(delay_s: float, callback: Callable[[], None]) -> Timer:
    return asyncio.get_running_loop().call_later(delay_s / _FASTER, callback)


class Pair:
    """A simulated wallbox with a car, and what we know of it."""

    def __init__(self, house: House, wallbox: Any, charger: OcppCharger) -> None:
        """Hold what a test looks at."""
        self.house, self.wallbox, self.charger = house, wallbox, charger

    async def until(self, what: str, check: Callable[[], object]) -> None:
        """Live until something holds."""
        for _ in range(3000):
            if check():
                return
            self.house.step()
            await asyncio.sleep(0.01)
        pytest.fail(f"not in time: {what}; {self.charger.limits.trouble}")

    async def charge(self) -> None:
        """Let the car charge."""
        await self.until("boot", lambda: self.wallbox.ready)
        await self.charger.remote_start(1)
        await self.until(
            "charging", lambda: self.charger.connector(1).status == "charging"
        )

    async def set(self, value_ma: int) -> None:
        """Set a limit while the house lives."""
        task = asyncio.ensure_future(self.charger.set_limit(1, value_ma))
        await self.until("a limit", task.done)
        await task


@asynccontextmanager
async def running(
    folder: Path, kind: Any, *rules: Rule, learnt: Learnt | None = None
) -> AsyncIterator[Pair]:
    """Run a server and a wallbox whose profiles have rules."""
    journal = await Journal.open(folder / "journal.db")
    central = Central(lambda _: None)
    server = Server(central, "127.0.0.1", 0)
    central.move = server.move
    charger = OcppCharger(
        "GARAGE",
        journal,
        monotonic=_monotonic,
        call_later=_call_later,
        learnt=learnt,
    )
    await charger.load()
    central.accept("GARAGE", charger)
    await server.start()
    house = House("clear", 12 * 3600)
    url = f"ws://127.0.0.1:{server.port}"
    wallbox = kind(house, house.cars[0], url, "GARAGE", redial_s=(0.1, 0.2))
    wallbox.profiles.rules = rules
    await wallbox.start()
    try:
        yield Pair(house, wallbox, charger)
    finally:
        await wallbox.stop()
        await server.stop()
        await central.close()
        await journal.close()


@_KINDS
@pytest.mark.parametrize(
    "rule",
    [
        {"unit": "A"},
        {"level": 8},
        {"phases": False},
        {"kind": "Absolute"},
        {"purpose": DEFAULT},
    ],
    ids="-".join,
)
@pytest.mark.parametrize("ignores", [False, True], ids=["refuses", "ignores"])
async def test_found_out(
    tmp_path: Path,
    kind: type[ChargePoint | ChargePoint2],
    rule: dict[str, Any],
    ignores: bool,  # noqa: FBT001  # a parameter of the test
) -> None:
    """Whatever it refuses, or takes and ignores, the car gets its limit in the end."""
    async with running(tmp_path, kind, Rule(ignores=ignores, **rule)) as pair:
        await pair.charge()
        await pair.set(9_000)
        car = pair.house.cars[0]
        await pair.until("9 A", lambda: car.current_a == pytest.approx(9, abs=0.1))
        await pair.until("settled", lambda: not pair.charger.limits.in_doubt)
        await pair.set(7_000)
        await pair.until("7 A", lambda: car.current_a == pytest.approx(7, abs=0.1))
        assert pair.charger.limits.trouble == ""


@_KINDS
async def test_nothing_acts(tmp_path: Path, kind: Any) -> None:
    """It is said what was tried, and the wallbox is left alone then."""
    async with running(tmp_path, kind, Rule(ignores=True)) as pair:
        await pair.charge()
        await pair.set(9_000)
        await pair.until("an end of it", lambda: pair.charger.limits.trouble)
        assert pair.charger.limits.trouble.count(";") == 9
        sent = len(_sent(pair))
        assert sent == 10
        for _ in range(100):
            pair.house.step()
            await asyncio.sleep(0.01)
        assert len(_sent(pair)) == sent


@_KINDS
async def test_all_is_refused(tmp_path: Path, kind: Any) -> None:
    """Each form once, then one at a time; when it takes one, that is taken."""
    async with running(tmp_path, kind, Rule()) as pair:
        await pair.charge()
        with pytest.raises(Refused):
            await pair.set(9_000)
        assert len(_sent(pair)) == 10
        assert pair.charger.limits.trouble
        with pytest.raises(Refused):
            await pair.set(9_000)
        assert len(_sent(pair)) == 11
        pair.wallbox.profiles.rules = ()
        await pair.set(9_000)
        assert pair.charger.limits.trouble == ""


@_KINDS
async def test_remembered_over_a_restart(tmp_path: Path, kind: Any) -> None:
    """The form that acts is the first one after it."""
    learnt = Learnt()
    rule = Rule(ignores=True, unit="A")
    async with running(tmp_path, kind, rule, learnt=learnt) as pair:
        await pair.charge()
        await pair.set(9_000)
        await pair.until("proof", lambda: _acts(learnt))
    again = Learnt(dict(learnt.as_data()))
    async with running(tmp_path, kind, rule, learnt=again) as pair:
        await pair.charge()
        await pair.set(9_000)
        await pair.until(
            "9 A", lambda: pair.house.cars[0].current_a == pytest.approx(9, abs=0.1)
        )
        # Some send it again when the transaction has its number.
        assert _sent(pair)
        assert not [one for one in _sent(pair) if "'A'" in str(one.payload)]


def _acts(learnt: Learnt) -> bool:
    return any(one.get("acts") for one in learnt.as_data().values())


def _sent(pair: Pair) -> list[Any]:
    return [
        entry
        for entry in pair.wallbox.book
        if entry.action == "SetChargingProfile" and entry.direction == "received"
    ]
