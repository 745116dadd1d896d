"""A whole house charges from the sun for some minutes, which pass in seconds.

A real Home Assistant reads and steers simulated devices; what is judged stands in
the books of the simulators.
"""

from array import array
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from itertools import pairwise
from time import monotonic

from homeassistant.config_entries import ConfigEntry, ConfigSubentryData
from homeassistant.core import HomeAssistant
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry
import pytest_socket

from custom_components.meters_and_chargers.const import DOMAIN
from custom_components.meters_and_chargers.sun_count import share_of_sun
from simulators.car import Car
from simulators.day import DAY_SECONDS, Day
from simulators.house import House
from simulators.ksem import Ksem
from simulators.modbus_device import Device
from simulators.pico_group import SERIALS, PicoGroup
from simulators.power_brain import PowerBrain

from .conftest import answer_names
from .test_devices import value
from .test_site import choose_mode

NETWORK = [f"127.0.0.{number}" for number in range(1, 4)]
FUSE_A = 20
HOUSE_W = 300
"""What the household takes on each phase."""
QUICK = {"start_delay": 10, "phase_up": 30, "phase_down": 30, "min_on": 0, "min_off": 0}
GROUP = {
    "family": "smart_me_pico_group",
    "members": [str(serial) for serial in SERIALS],
    "minimum_current": 6,
    "maximum_current": 32,
}
BOX = {"family": "cfos", "maximum_current": 16}


class Sunny:
    """A house whose sun shines as a test wants, in a time that a test lets pass."""

    def __init__(
        self, hass: HomeAssistant, monkeypatch: pytest.MonkeyPatch, *cars: Car
    ) -> None:
        """Begin without sun."""
        self.hass = hass
        self.house = House(cars=cars, fuse_a=FUSE_A)
        household = array("d", [HOUSE_W]) * DAY_SECONDS
        self.sun_w = array("d", [0]) * DAY_SECONDS
        self.house.day = Day(self.sun_w, (household, household, household))
        self.meter = Ksem(self.house, serial="72345678")
        self._passed_s = 0
        real = hass.loop.time
        monkeypatch.setattr(hass.loop, "time", lambda: real() + self._passed_s)

    def shine(self, watts: float) -> None:
        """Let the sun be more than the household by so much from now on."""
        for second in range(self.house.trace_s, DAY_SECONDS):
            self.sun_w[second] = 3 * HOUSE_W + watts

    async def live(
        self, seconds: int, until: Callable[[], bool] = lambda: False
    ) -> bool:
        """Let seconds pass until something is so; returns whether it is."""
        for _ in range(seconds):
            if until():
                return True
            self.house.step()
            self._passed_s += 1
            await self.hass.async_block_till_done(wait_background_tasks=True)
        return until()


async def add(
    hass: HomeAssistant, title: str, key: str, device: Device, data: dict[str, object]
) -> ConfigEntry:
    """Set up the entry of a simulated device."""
    where = {"host": device.host, "port": device.port, "unit_id": 1}
    entry = MockConfigEntry(
        domain=DOMAIN,
        title=title,
        unique_id=key,
        data={**where, **data},
        # The clock jumps by a second: a read each second might seem to last for two.
        options={"interval": 2} if data["family"] == "ksem" else {},
    )
    entry.add_to_hass(hass)
    assert await hass.config_entries.async_setup(entry.entry_id)
    return entry


@asynccontextmanager
async def charging(
    sunny: Sunny, key: str, charger: Device, data: dict[str, object]
) -> AsyncIterator[ConfigEntry]:
    """Have a site charge with a device from the sun while inside."""
    hass = sunny.hass
    await sunny.meter.start()
    await charger.start()
    try:
        meter = {"family": "ksem"}
        await add(hass, "Grid meter", "ksem_72345678", sunny.meter, meter)
        entry = await add(hass, "Garage", key, charger, data)
        site = MockConfigEntry(
            domain=DOMAIN,
            title="House",
            unique_id="site_1",
            data={
                "family": "site",
                "fuse_current": FUSE_A,
                "grid_meter": "ksem_72345678",
            },
            options=QUICK,
            subentries_data=[
                ConfigSubentryData(
                    data={
                        "charger": key,
                        "charger_phases": ["l1", "l2", "l3"],
                        "mode": "solar",
                    },
                    subentry_type="charger",
                    title="Garage",
                    unique_id=key,
                )
            ],
        )
        site.add_to_hass(hass)
        assert await hass.config_entries.async_setup(site.entry_id)
        yield entry
        await hass.async_stop(force=True)
    finally:
        await charger.stop()
        await sunny.meter.stop()


@pytest.mark.parametrize(
    ("grid_w", "battery_w", "cars_w", "share"),
    [
        (-2000, 0, 4000, 1),
        (1000, 0, 4000, 0.75),
        (5000, 0, 4000, 0),
        (1000, 1000, 4000, 0.5),
        # It is charged: nothing of that comes from it.
        (-100, -2000, 4000, 1),
        (1000, 0, 0, None),
    ],
)
def test_share_of_the_sun(
    grid_w: int, battery_w: int, cars_w: int, share: float | None
) -> None:
    """What neither the grid nor the house's battery delivers."""
    assert share_of_sun(grid_w, battery_w, cars_w) == share


async def test_group_whose_master_moves_goes_on_by_the_sun(
    hass: HomeAssistant,
    socket_enabled: None,
    monkeypatch: pytest.MonkeyPatch,
    expected_logs: list[str],
) -> None:
    """It is found by a member's name, and follows sun and fuse as before."""
    expected_logs.append("Garage refuses the connection")
    pytest_socket.socket_allow_hosts(NETWORK)
    cars = [Car(f"car_{number}") for number in range(3)]
    sunny = Sunny(hass, monkeypatch, *cars)
    house, group = sunny.house, PicoGroup(cars)
    answer_names(monkeypatch, group.names)

    def told_a() -> float:
        return max(group.currents_ma or (0,)) / 1000

    async with charging(sunny, f"smart_me_pico_group_{SERIALS[0]}", group, GROUP):
        sunny.shine(9000)
        assert await sunny.live(240, lambda: told_a() == 12)
        assert all(car.current_a for car in cars)

        await group.move(1)
        assert await sunny.live(60, lambda: group.master.request_count > 0)
        sunny.shine(5000)
        assert await sunny.live(60, lambda: told_a() == 7)
        assert group.master.write_pdus
        # All that the fuse allows, of which nothing is the sun's any more.
        await choose_mode(hass, "fast")
        sunny.shine(-900)
        assert await sunny.live(120, lambda: told_a() >= FUSE_A - 3)
        await choose_mode(hass, "solar")
        await group.move(2)
        assert await sunny.live(400, lambda: told_a() == 0)
        assert group.master.write_pdus
        assert not any(car.enabled for car in cars)
    assert house.fuse.seconds_over_by_car == 0


async def test_power_brain_changes_its_phases_by_the_sun(
    hass: HomeAssistant, socket_enabled: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    """To one when the sun goes, to three when it is back: each ten minutes apart.

    The first choice counts as a change, and no change is told that would be ignored.
    What the day's figures say of energy and sun is true.
    """
    car = Car()
    sunny = Sunny(hass, monkeypatch, car)
    house = sunny.house
    box = PowerBrain(car, solar=True, enabled=False)
    used: list[tuple[int, int]] = []
    began = monotonic()

    def note() -> None:
        if car.current_a and (not used or used[-1][1] != car.phases):
            used.append((house.seconds, car.phases))

    def waits() -> bool:
        return value(hass, "sensor.garage_reason") == "phase_wait"

    house.subscribe(note)
    async with charging(sunny, f"cfos_{box.serial}", box, BOX):
        sunny.shine(8000)
        assert await sunny.live(120, lambda: car.current_a > 11)
        sunny.shine(3900)
        assert await sunny.live(120, waits)
        await sunny.live(120)
        assert (waits(), car.phases) == (True, 3)
        assert await sunny.live(700, lambda: used[-1][1] == 1 and car.current_a == 16)
        sunny.shine(8000)
        assert await sunny.live(120, waits)
        assert await sunny.live(700, lambda: len(used) == 3)
        (site,) = hass.config_entries.async_loaded_entries(DOMAIN)[2:]
        today = site.runtime_data.today
        # By the books of the house, which knows nothing of our reckoning.
        assert today.total_wh == pytest.approx(house.car_wh, rel=0.05)
        share = house.car_wh_from_sun / house.car_wh
        assert today.sun_wh / today.of_wh == pytest.approx(share, abs=0.03)
        told = [
            float(value(hass, f"sensor.{name}"))
            for name in ("house_charged_today", "house_solar_share_today")
        ]
        assert told == pytest.approx([house.car_wh / 1000, 100 * share], rel=0.05)
        session = float(value(hass, "sensor.garage_session_solar_share"))
        assert session == pytest.approx(100 * share, abs=4)
    assert [phases for _, phases in used] == [3, 1, 3]
    # From one current to the next: the car takes as long after each change. What this
    # took counts as well: the clock goes on between the house's seconds.
    gap_s = 595 - (monotonic() - began)
    assert all(late - early >= gap_s for (early, _), (late, _) in pairwise(used))
    assert car.phase_changes == 2
    assert house.car_wh_from_sun > 0.9 * house.car_wh
    assert house.fuse.seconds_over_by_car == 0
    assert box.flash_writes == 0
