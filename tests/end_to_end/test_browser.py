"""A homeowner adds a meter and a wallbox with clicks, and moves the slider."""

import argparse
import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from pathlib import Path
from time import monotonic

import pytest

from simulators.browser import browser, log_in
from simulators.hass import HomeAssistant, wait_until
from simulators.house import House
from simulators.ksem import Ksem
from simulators.pico import Pico
from simulators.visitor import DRAWN, Visitor
from tests.end_to_end.household import NEWEST, install

# A wallbox that begins has its minimum until its car has been seen to follow.
STEADY_S = 180
LEFT = ("ArrowLeft", 37)
# Three fields are typed into, each of which may take a click too. Two clicks are not
# the owner's: they open where the port of a simulated device is entered.
MOST_CLICKS = 20
FIELDS, PORTS = 3, 2

pytestmark = pytest.mark.end_to_end


@pytest.fixture
async def owner(
    chromium: str, tmp_path: Path, socket_enabled: None
) -> AsyncIterator[Visitor]:
    """Return an owner who is logged in to a new Home Assistant with a release."""
    await asyncio.to_thread(install, tmp_path)
    home = HomeAssistant(tmp_path, NEWEST)
    async with home, browser(chromium) as page:
        window = argparse.Namespace(
            width=1280, height=960, scale=1, dark=False, language="en"
        )
        await log_in(page, home, window)
        yield Visitor(page, home)


@pytest.fixture
async def house(socket_enabled: None) -> AsyncIterator[House]:
    """Return a house that lives, with a car, and exports steadily for a while."""
    house, stop = House("clear", 13 * 3600 + 50 * 60), asyncio.Event()
    living = asyncio.create_task(house.run(stop))
    yield house
    stop.set()
    await living


async def test_first_five_minutes(owner: Visitor, house: House) -> None:
    """Meter, wallbox, house and dashboard by clicks; it obeys mode and slider.

    Nothing fails on the page. How long it took is printed.
    """
    ksem = Ksem(house)
    pico = Pico(house.cars[0], serial=7002702)

    async def told(limit_ma: int) -> None:
        async def obeys() -> bool:
            return pico.dynamic_ma == limit_ma

        await wait_until(f"the wallbox has {limit_ma} mA", obeys, STEADY_S)

    async with AsyncExitStack() as stack:
        for device in (ksem, pico):
            await device.start()
            stack.push_async_callback(device.stop)
        begun = monotonic()
        await owner.adds("ksem", ksem.host, ksem.port, "Grid meter")
        await owner.finishes()
        # What follows is offered by itself: the house once there is a wallbox, and
        # then the wallbox of the house.
        await owner.adds("smart_me_pico", pico.host, pico.port, "Garage")
        await owner.enters("site", "fuse_current", "25")
        await owner.submits("site")
        await owner.submits("sign_export")
        await owner.submits("user")
        await owner.finishes()
        await makes_dashboard(owner)
        clicks = owner.clicks + FIELDS - PORTS
        took = f"{clicks} clicks, {monotonic() - begun:.0f} s"
        print(took)  # noqa: T201 - how long it takes is of interest, and no test
        await owner.shows(DRAWN)
        assert clicks <= MOST_CLICKS
        await owner.do("click", "[data-option=fast]")
        await told(16_000)
        assert await owner.do("focus", "input") == 16
        for _ in range(4):
            await owner.key(*LEFT)
        await told(12_000)
    assert not owner.page.faults


async def makes_dashboard(owner: Visitor) -> None:
    """Make our dashboard as a new one, and open it."""
    page = "ui.panel.config.lovelace.dashboards"
    await owner.goes_to("config/lovelace/dashboards")
    await owner.do("press_key", f"{page}.picker.add_dashboard")
    await owner.do("take", "Meters & Chargers")
    await owner.do("press_key", f"{page}.detail.create")
    await owner.do("press", "Meters & Chargers")
