"""A homeowner adds a meter and a wallbox with clicks, and moves the slider."""

import argparse
import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from pathlib import Path

import pytest

from simulators.browser import Visitor, browser, log_in
from simulators.dashboard import URL_PATH, make_dashboard
from simulators.hass import DOMAIN, HomeAssistant, wait_until
from simulators.house import House
from simulators.ksem import Ksem
from simulators.pico import Pico
from tests.end_to_end.household import NEWEST

# A wallbox that begins has its minimum until its car has been seen to follow.
STEADY_S = 180
LEFT = ("ArrowLeft", 37)

pytestmark = pytest.mark.end_to_end


@pytest.fixture
async def owner(
    chromium: str, tmp_path: Path, socket_enabled: None
) -> AsyncIterator[Visitor]:
    """Return an owner who is logged in to a new Home Assistant."""
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
    """Meter and wallbox by clicks; it obeys the slider; nothing fails on the page."""
    home, ksem = owner.home, Ksem(house)
    pico = Pico(house.cars[0], serial=7002702)

    async def told(limit_ma: int) -> None:
        async def obeys() -> bool:
            return pico.dynamic_ma == limit_ma

        await wait_until(f"the wallbox has {limit_ma} mA", obeys, STEADY_S)

    async with AsyncExitStack() as stack:
        for device in (ksem, pico):
            await device.start()
            stack.push_async_callback(device.stop)
        await owner.adds("ksem", ksem.host, ksem.port, "Grid meter")
        await owner.adds("smart_me_pico", pico.host, pico.port, "Garage")
        await adds_site(owner)
        await make_dashboard(home)
        await told(16_000)
        await owner.goes_to(URL_PATH)
        assert await owner.do("focus", "input") == 16
        for _ in range(4):
            await owner.key(*LEFT)
        await told(12_000)
    assert not owner.page.faults


async def adds_site(owner: Visitor) -> None:
    """Add the house, whose meter is proposed, and let it charge fast."""
    await owner.begins("site")
    await owner.enters("site", "fuse_current", "25")
    await owner.submits("site")
    await owner.submits("sign_export")
    await owner.finishes()
    await owner.goes_to(f"config/integrations/integration/{DOMAIN}")
    text = f"component.{DOMAIN}.config_subentries.charger"
    await owner.do("press_key", f"{text}.initiate_flow.user")
    for name in ("Garage", "Fast"):
        await owner.do("choose", name)
    await owner.submits("user")
    await owner.finishes()
