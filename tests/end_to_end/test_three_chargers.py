"""Three wallboxes on one fuse in a real Home Assistant, which loses one after another.

A Pico and an OCPP wallbox with cars on all phases, and a wallbox of another maker that
Home Assistant knows by entities of its own, with a car on L2 alone. All is judged by
the simulators' books; beside it run automations with every trigger and every condition.
"""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from simulators.car import Car
from simulators.charge_point import ChargePoint
from simulators.demo import install, let_in
from simulators.hass import DOMAIN, HomeAssistant, Json, free_port, wait_until
from simulators.house import House, first_surplus
from simulators.http_wallbox import HttpWallbox
from simulators.ksem import Ksem
from simulators.pico import Pico
from simulators.registry import Client, Declaration
from tests.end_to_end.automations import all_run, automate, automations_in

ROOT = Path(__file__).parent.parent.parent
# On the newest alone: it lasts, and the oldest has the tests in tests/integration.
PYTHON = ROOT / ".venv-newest" / "bin" / "python"

FUSE_A = 25
MARGIN_A = 1
MOST_A = FUSE_A - MARGIN_A
FAILSAFE_A = 10
FAILSAFE_S = 12
LEAST_A = 6
# The sun is enough for both cars that charge by it, at their least.
SURPLUS_W = 7500
L2 = 1
KETTLE_W = 3700
# From a load of the house until the cars have obeyed: a poll of the meter, a look, what
# the car takes, and two seconds of the house that count in whole.
REACTION_S = 8
EACH_CAR_WH = 15
# No step takes longer than that, on the slowest machine.
PATIENCE_S = 90
# Who charged has been paused at the stop, and has all delays before it.
AGAIN_S = 240
# The kettle's overload; if it lasted for 3 s, the fuse cools down for five minutes.
COOLING_A = 9

pytestmark = pytest.mark.end_to_end


class Plant:
    """The simulated house with its meter, its wallboxes and what they let cars draw."""

    def __init__(self, url: str) -> None:
        """Build everything; nothing runs yet."""
        cars = [
            Car("garage"),
            Car("carport", connected=False),
            Car("driveway", phases=1, first_phase=L2),
        ]
        start_s = first_surplus("clear", SURPLUS_W)
        self.house = House("clear", start_s, cars=cars, fuse_a=FUSE_A)
        self.meter = Ksem(self.house)
        self.garage = Pico(cars[0], serial=7002702)
        self.carport = ChargePoint(
            self.house, cars[1], url, "CARPORT1", redial_s=(0.5, 1)
        )
        self.driveway = HttpWallbox(cars[2])
        self.longest_over_s = 0
        """The longest time in which a phase was above its fuse because of the cars."""
        self._over_s = 0
        self._counted_s = 0
        self.house.subscribe(self._count)

    def _count(self) -> None:
        total_s = self.house.fuse.seconds_over_by_car
        self._over_s = self._over_s + 1 if total_s > self._counted_s else 0
        self._counted_s = total_s
        self.longest_over_s = max(self.longest_over_s, self._over_s)

    @property
    def limits_a(self) -> tuple[float, float, float]:
        """What the wallboxes together let their cars draw on each phase, A."""
        both = float(self.carport.offered_a)
        if self.garage.car.enabled:
            both += (self.garage.dynamic_ma or 0) / 1000
        third = self.driveway.limit_a if self.driveway.car.enabled else 0
        return both, both + third, both

    @property
    def base_a(self) -> float:
        """What the house takes from the grid on L2 beside the cars; never below 0."""
        cars_w = sum(car.power_w / car.phases for car in self.house.cars)
        return max(0.0, self.house.grid.power_w[L2] - cars_w) / 230

    @property
    def within_fuse(self) -> bool:
        """Whether the fuse would bear all that the cars are allowed to draw."""
        return max(self.limits_a) + self.base_a <= FUSE_A

    async def charges(self, what: str, *cars: Car) -> None:
        """Wait until each of these cars has taken a little more than it has now."""
        wanted = [(car, car.energy_wh + EACH_CAR_WH) for car in cars]
        await eventually(
            what, lambda: all(car.energy_wh > wh for car, wh in wanted), AGAIN_S
        )

    async def start(self) -> None:
        """Let all answer but the wallbox that dials."""
        for device in (self.meter, self.garage, self.driveway):
            await device.start()

    async def stop(self) -> None:
        """Let nobody answer any more."""
        await self.carport.stop()
        for device in (self.meter, self.garage, self.driveway):
            await device.stop()


@asynccontextmanager
async def living(plant: Plant) -> AsyncIterator[None]:
    """Let the house live in real time."""
    ended = asyncio.Event()
    life = asyncio.create_task(plant.house.run(ended))
    await plant.start()
    try:
        yield
    finally:
        await plant.stop()
        ended.set()
        await life


async def eventually(
    what: str, check: Callable[[], bool], seconds: float = PATIENCE_S
) -> float:
    """Wait until something holds; returns how long that took, s."""

    async def look() -> bool:
        return check()

    begun = asyncio.get_running_loop().time()
    await wait_until(what, look, seconds, every=0.1)
    return asyncio.get_running_loop().time() - begun


async def shows(home: HomeAssistant, entity_id: str, wanted: str) -> None:
    """Wait until an entity shows a value."""

    async def look() -> bool:
        state = await home.state(entity_id)
        return state is not None and state["state"] == wanted

    await wait_until(f"{entity_id} shows {wanted}", look, PATIENCE_S)


async def set_up(home: HomeAssistant, plant: Plant, port: int) -> None:
    """Set everything up by the integration's own flows."""
    meter = await install(home, Declaration("ksem", Ksem, "Meter", ""), plant.meter)
    bounds = {"minimum_current": "6", "maximum_current": "16"}
    pico = Declaration("smart_me_pico", lambda _: plant.garage, "Garage", "", bounds)
    garage = await install(home, pico, plant.garage)
    listener = {"host": "127.0.0.1", "port": port}
    await home.flow(DOMAIN, {"next_step_id": "ocpp_server"}, listener)
    client = Client(
        "", lambda *_: plant.carport, "Carport", "", {"maximum_current": "16"}
    )
    carport = await let_in(home, client, plant.carport)
    site = await home.flow(
        DOMAIN,
        {"next_step_id": "site"},
        {"name": "House", "grid_meter": meter.key, "fuse_current": FUSE_A},
        {"sign": "yes"},
    )
    entry_id: str = site["result"]["entry_id"]
    quick = {"start_delay": 10, "min_on": 0, "min_off": 0}
    quick |= {"margin_current": MARGIN_A, "failsafe_current": FAILSAFE_A}
    await home.options_flow(entry_id, {"timing": quick, "limits": {}, "battery": {}})
    solar: Json = {"mode": "solar"}
    await home.subentry_flow(entry_id, "charger", {"charger": garage.key, **solar})
    await home.subentry_flow(
        entry_id, "charger", {"charger": carport.key, "mode": "off"}
    )
    await shows(home, "number.driveway_current", "16.0")
    await home.subentry_flow(
        entry_id,
        "charger",
        {
            "charger": "entities",
            "charger_phases": ["l2"],
            "charger_meter": "sensor.driveway_power",
            **solar,
        },
        {
            "name": "Driveway",
            "current_entity": "number.driveway_current",
            "switch_entity": "switch.driveway_charging_allowed",
            "plugged_entity": "binary_sensor.driveway_plugged_in",
        },
        {
            "minimum_current": LEAST_A,
            "maximum_current": 16,
            "step": 1,
            "write_interval": 5,
            "settle": 8,
        },
    )


async def charge(home: HomeAssistant, name: str, mode: str) -> None:
    """Choose how a wallbox charges."""
    data = {"entity_id": f"select.{name}_mode", "option": mode}
    await home.call("select", "select_option", data)


def assert_told_once(problems: list[str]) -> None:
    """Only the loss of the meter stands in the log, or a limit that was on its way.

    That is one to the driveway, when it was cut off.
    """
    rest = [one for one in problems if "fetching Meter data" not in one]
    assert len(problems) - len(rest) == 1, problems
    assert len(rest) <= 1, problems
    assert all(".limit_writer" in one for one in rest), problems


@pytest.mark.usefixtures("socket_enabled")
async def test_three_chargers_on_one_fuse(tmp_path: Path) -> None:
    """Without meter, without a wallbox, without Home Assistant: never over the fuse."""
    port = free_port(0)
    plant = Plant(f"ws://127.0.0.1:{port}")
    house = plant.house
    garage, carport, driveway = house.cars
    async with living(plant):
        sections = plant.driveway.configuration() + automations_in(tmp_path)
        home = HomeAssistant(tmp_path, PYTHON, sections)
        async with home:
            await set_up(home, plant, port)
            await automate(home)
            await shows(home, "binary_sensor.carport_car_plugged_in", "off")
            plant.carport.car.connected = True
            await eventually(
                "two by the sun", lambda: bool(garage.current_a and driveway.current_a)
            )
            await charge(home, "carport", "fast")
            await eventually(
                "the fuse is used",
                lambda: (
                    carport.current_a > LEAST_A and max(plant.limits_a) > MOST_A - 4
                ),
            )
            # The kettle overloads L2, and all that is driven from then on is lowered.
            house.switch(L2, KETTLE_W)
            assert not plant.within_fuse
            await eventually("room for the kettle", lambda: plant.within_fuse)
            # A wallbox that is gone charges on: what it may draw stays reserved.
            await plant.driveway.stop()
            await shows(home, "number.driveway_current", "unavailable")
            plant.meter.silent = True
            took_s = await eventually(
                "the failsafe current", lambda: max(plant.limits_a) <= FAILSAFE_A
            )
            assert took_s <= FAILSAFE_S
            assert plant.driveway.limit_a >= LEAST_A
            await eventually(
                "the two others stop",
                lambda: not (garage.current_a or carport.current_a),
            )
            plant.meter.silent = False
            house.switch(L2, 0)
            # Whether the sun is then enough for another depends on who is first.
            await eventually("the fast one charges", lambda: bool(carport.current_a))
            await eventually(
                "what is left is used",
                lambda: max(plant.limits_a) > MOST_A - COOLING_A - 3,
            )
            assert max(plant.limits_a) <= MOST_A
            await all_run(home)
            await eventually("the last charges", lambda: bool(carport.current_a))
            assert max(plant.limits_a) <= MOST_A
            problems = home.problems()
        # Nobody watches now, and what was told holds.
        assert max(plant.limits_a) <= MOST_A
        await plant.driveway.start()
        async with home:
            await shows(home, "select.carport_mode", "fast")
            await plant.charges("the fast one again", carport)
            assert max(plant.limits_a) <= MOST_A
            await charge(home, "carport", "off")
            await plant.charges("the two by the sun again", garage, driveway)
            assert max(plant.limits_a) <= MOST_A
            problems += home.problems()
    assert plant.longest_over_s <= REACTION_S
    assert house.fuse.seconds_over_by_car <= REACTION_S + REACTION_S // 2
    assert_told_once(problems)
