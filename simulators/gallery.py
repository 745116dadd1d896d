"""Take pictures of every screen an owner meets, with a headless Chromium.

Three stories, told in each language: somebody without anything sets a house up, a
house that lives loses its meter and a wallbox, and one draws from the grid in the
evening. Each screen is taken on a phone and on a desk, in light and in dark colours,
and its words are looked at.
"""

import argparse
import asyncio
from collections.abc import Awaitable, Callable, Mapping
from contextlib import AsyncExitStack
from itertools import product
import json
from pathlib import Path
import shutil
import sys
import tempfile
from typing import Any, NamedTuple

from PIL import Image

from .browser import BrowserError, browser, log_in
from .camera import SETTLE_S, Camera
from .car import Car
from .charge_point import ChargePoint
from .dashboard import URL_PATH, complete_dashboard, make_dashboard
from .demo import demo, grid_key, parse, say
from .diris import Circuit, Diris, LoadModule
from .hass import DOMAIN, REPOSITORY, HassError, HomeAssistant, free_port
from .house import House
from .ksem import Ksem
from .modbus_device import ModbusDevice
from .pico import Pico
from .screenshot import ScreenshotError, charging
from .smart_me_meter import SmartMeMeter
from .tls import TlsFront
from .visitor import Visitor

# The pictures that stand in the documents, by the names they have there.
IN_DOCS = {
    "overview-en-desk-light": "dashboard",
    "charger_1-en-phone-light": "dashboard-wallbox",
    "listen-en-desk-light": "setup-waiting-room",
    "tls_wait-en-desk-light": "setup-accept",
    "sign_test-en-desk-light": "setup-kettle",
}
_DOCS = REPOSITORY / "docs" / "images"
_COLOURS = 64
# Where a dialog is on a desk.
_DIALOG = (340, 210, 940, 750)
_DRAW_S = 4.0
_CHARGE_S = 40
_STORY_S = 900
_LOST_S = 75
_KETTLE_W = 2_000
# From 13:50 on, this day's household switches nothing large for a while: the kettle is
# the only jump.
_QUIET_S = 13 * 3600 + 50 * 60
# The sun is low, and dinner is cooked.
_EVENING = "18:50"
_PAGE = f"config/integrations/integration/{DOMAIN}"

type Story = Callable[[Visitor, Camera], Awaitable[None]]


async def set_up(visitor: Visitor, camera: Camera, house: House) -> None:
    """Tell the first story: a house is set up by clicks, every screen is taken."""
    async with AsyncExitStack() as stack:

        async def started[Device: (Ksem, Pico, Diris, TlsFront, SmartMeMeter)](
            device: Device,
        ) -> Device:
            await device.start()
            stack.push_async_callback(device.stop)
            return device

        await visitor.goes_to(f"config/integrations/dashboard/add?domain={DOMAIN}")
        await visitor.do("press", "OK")
        await visitor.do("at", "user")
        await camera.take("menu")
        await search(visitor, camera, house, stack)
        ksem = await started(Ksem(house))
        await visitor.begins("ksem")
        wrong = at(ksem, port=free_port(0))
        await walk(visitor, camera, Screen("ksem", "ksem", wrong))
        await visitor.do("sees", "ha-alert")
        await walk(visitor, camera, Screen("ksem", "ksem_refused", at(ksem)), *_METER)
        await make_dashboard(visitor.home)
        await view(visitor, camera, "empty", "overview")
        front = await started(TlsFront((ksem.host, ksem.port)))
        pico, board = await started(Pico(house.cars[0])), await started(_board())
        for step, picture, where, screens in (
            ("ksem", "", at(front, encryption="on"), _TLS),
            ("smart_me_pico", "pico", at(pico), _PICO),
            ("diris", "diris", at(board), _BOARD),
        ):
            await visitor.begins(step)
            await walk(visitor, camera, Screen(step, picture, where), *screens)
        await add_wallbox(visitor, camera, house, stack)
        await add_site(visitor, camera, house)


def _board() -> Diris:
    """Return a gateway with as many circuits as it can have."""
    board = Diris(
        {
            address: LoadModule(
                "DIRIS B30 RS485",
                [Circuit(power_w=37 * address + 11 * n) for n in range(4)],
                most=4,
                net_id=0xB30000 + address,
            )
            for address in range(2, 50)
        }
    )
    board.bus_s = 0.05
    return board


async def search(
    visitor: Visitor, camera: Camera, house: House, stack: AsyncExitStack
) -> None:
    """Search a network with two meters, at the port where devices are."""
    found: list[ModbusDevice] = [
        Ksem(house, serial="72349999", port=502),
        SmartMeMeter(port=502),
    ]
    for host, device in zip(("127.0.0.4", "127.0.0.6"), found, strict=True):
        device.host = host
        try:
            await device.start()
        except PermissionError:
            say("  (no search: port 502 is the system's own here)")
            return
        stack.push_async_callback(device.stop)
    await visitor.begins("search")
    screens = Screen("search", "search", settle_s=0.2), Screen("found", "found")
    await walk(visitor, camera, *screens)
    for device in found:
        await device.stop()


class Screen(NamedTuple):
    """A screen of a dialog: its step, its picture, and what is sent off from it."""

    step: str
    picture: str = ""
    answers: Mapping[str, object] | None = None
    settle_s: float = SETTLE_S


async def walk(visitor: Visitor, camera: Camera, *screens: Screen) -> None:
    """Go through the screens of a dialog."""
    for screen in screens:
        await visitor.do("at", screen.step)
        if screen.picture:
            await camera.take(screen.picture, screen.settle_s)
        if screen.answers is not None:
            if screen.answers:
                await fill(visitor, **screen.answers)
            await visitor.submits(screen.step)


def at(device: ModbusDevice | TlsFront, **more: object) -> dict[str, object]:
    """Return what a form asks about where a device is."""
    where = {"port": device.port, "unit_id": 1, **more}
    return {"host": device.host, "more": where}


# What follows the form that asks where a device is.
_METER = (
    Screen("confirm*", "ksem_confirm", {"name": "Grid meter"}),
    Screen("create_entry", "ksem_done"),
)
_TLS = Screen("tls", "tls", {}), Screen("tls_wait", "tls_wait", settle_s=2)
_PICO = (
    Screen("confirm*", "pico_confirm", {"name": "Garage"}),
    # With a meter and a wallbox there, each dialog goes on with the house.
    Screen("site"),
)
_BOARD = (
    Screen("diris_modules", "diris_modules", {"addresses": "2-49"}),
    Screen("diris_walk", "diris_walk", settle_s=0.5),
    Screen("diris_circuits", "diris_circuits", {"name": "Main board"}),
    Screen("site"),
)
_SITE = (
    Screen("site", "site", {"name": "House", "fuse_current": 25}),
    Screen("sign_export", "sign", {"sign": "test"}),
    Screen("sign_test", "sign_test"),
)


async def add_wallbox(
    visitor: Visitor, camera: Camera, house: House, stack: AsyncExitStack
) -> None:
    """Add a server of OCPP, wait in its room, and let in who knocks."""
    port = free_port(0)
    where = {"port": port, "host": "127.0.0.1"}
    first = Screen("ocpp_server", "ocpp_server", where)
    await visitor.begins("ocpp_server")
    await walk(visitor, camera, first, Screen("listen", "listen", settle_s=1.5))
    url = f"ws://127.0.0.1:{port}"
    wallbox = ChargePoint(house, house.cars[1], url, "CARPORT1")
    await wallbox.start()
    stack.push_async_callback(wallbox.stop)
    knock = Screen("knock", "knock", {"name": "Carport"})
    await walk(visitor, camera, knock, Screen("site"))


async def add_site(visitor: Visitor, camera: Camera, house: House) -> None:
    """Add the house, whose meter is tried with a kettle."""
    await visitor.begins("site")
    await walk(visitor, camera, *_SITE)
    house.switch(1, _KETTLE_W)
    await walk(visitor, camera, Screen("sign_rose", "sign_rose"))
    house.switch(1, 0)
    last = Screen("sign_rose", "", {}), Screen("user", "site_charger")
    await walk(visitor, camera, *last)
    await page_of(visitor, camera, "integration", _PAGE)
    await view(visitor, camera, "no_charger", "overview")
    await view(visitor, camera, "circuits_many", "circuits")
    await visitor.goes_to(_PAGE)
    await visitor.do("configure", "House")
    await walk(visitor, camera, Screen("site", "site_options"))


async def page_of(visitor: Visitor, camera: Camera, name: str, path: str) -> None:
    """Take a page of Home Assistant."""
    await visitor.goes_to(path)
    await asyncio.sleep(_DRAW_S)
    await camera.take(name)


async def fill(visitor: Visitor, **values: object) -> None:
    """Fill fields of a form in."""
    await visitor.do("fill", json.dumps(values))


async def opens(visitor: Visitor, path: str) -> None:
    """Open a view of the dashboard."""
    await visitor.goes_to(f"{URL_PATH}/{path}")
    await visitor.do("sees", "ha-card")
    await asyncio.sleep(_DRAW_S)


async def view(visitor: Visitor, camera: Camera, name: str, path: str) -> None:
    """Take a view of the dashboard."""
    await opens(visitor, path)
    await camera.take(name)


async def live(visitor: Visitor, camera: Camera) -> None:
    """Take every view of a house that charges."""
    await opens(visitor, "overview")
    await camera.take_grey("overview")
    await visitor.do("click", "meters-chargers-charger-card .reason, .reason")
    await camera.take("explained")
    for n in (1, 2):
        await view(visitor, camera, f"charger_{n}", f"charger-{n}")
    await visitor.do("click", ".plan .link")
    await camera.take("plan")
    for name in ("circuits", "sessions", "health"):
        await view(visitor, camera, name, name)


async def tell(
    options: argparse.Namespace, home: HomeAssistant, told: Story
) -> list[str]:
    """Tell a story; returns what was wrong on the pages."""
    async with browser(options.browser, options.language) as page:
        look = {"width": 1280, "height": 960, "scale": 1, "dark": False}
        window = argparse.Namespace(**look, language=options.language)
        await log_in(page, home, window)
        camera = Camera(page, options.folder, options.language)
        async with asyncio.timeout(_STORY_S):
            await told(Visitor(page, home), camera)
        return [*page.faults, *camera.faults]


async def first_story(options: argparse.Namespace, config: Path) -> list[str]:
    """Set a house up."""
    # Neither charges while the sign of the meter is tried.
    cars = (Car(), Car("second_car", connected=False))
    house, ended = House("clear", _QUIET_S, cars=cars), asyncio.Event()
    life = asyncio.create_task(house.run(ended))

    async def told(visitor: Visitor, camera: Camera) -> None:
        await set_up(visitor, camera, house)

    try:
        async with HomeAssistant(config, names={}, language=options.language) as home:
            return await tell(options, home, told)
    finally:
        ended.set()
        await life


async def second_story(options: argparse.Namespace, config: Path) -> list[str]:
    """Look at a house that lives, and at one that has lost a meter and a wallbox."""
    simulation = parse(["--port", "0"])
    async with demo(simulation, config, language=options.language) as (
        house,
        home,
        installed,
        _,
    ):
        await complete_dashboard(home, grid_key(installed))
        await charging(house, _CHARGE_S)
        faults = await tell(options, home, live)
        for one in installed:
            if one.declared.key in ("ksem", "cfos"):
                await one.device.stop()
        say(f"Meter and a wallbox are lost; the pictures follow in {_LOST_S} s.")
        await asyncio.sleep(_LOST_S)
        return faults + await tell(options, home, lost)


async def evening(options: argparse.Namespace, config: Path) -> list[str]:
    """Look at a house that draws from the grid what its roof does not give."""
    simulation = parse(["--port", "0", "--start", _EVENING])

    async def told(visitor: Visitor, camera: Camera) -> None:
        await opens(visitor, "overview")
        await camera.take_grey("evening")

    async with demo(simulation, config, language=options.language) as (_, home, _, _):
        return await tell(options, home, told)


async def lost(visitor: Visitor, camera: Camera) -> None:
    """Take what is told of devices that are gone."""
    await view(visitor, camera, "lost", "overview")
    await view(visitor, camera, "lost_charger", "charger-1")
    await view(visitor, camera, "offline_charger", "charger-2")
    await view(visitor, camera, "lost_health", "health")
    await page_of(visitor, camera, "lost_repairs", "config/repairs")


def keep(folder: Path) -> None:
    """Put those that the documents show where they are, with few colours: small."""
    for picture, name in IN_DOCS.items():
        with Image.open(folder / f"{picture}.png") as taken:
            part = taken.crop(_DIALOG) if name.startswith("setup") else taken
            few = part.convert("RGB").quantize(_COLOURS)
        few.save(_DOCS / f"{name}.png", optimize=True)


STORIES = {"setup": first_story, "house": second_story, "evening": evening}


async def run(options: argparse.Namespace) -> list[str]:
    """Tell the stories that are asked for."""
    options.folder.mkdir(parents=True, exist_ok=True)
    faults: list[str] = []
    for name, language in product(options.stories, options.languages):
        config = Path(await asyncio.to_thread(tempfile.mkdtemp))
        say(f"{name}, {language}:")
        one = argparse.Namespace(**{**vars(options), "language": language})
        try:
            faults += await STORIES[name](one, config)
        finally:
            await asyncio.to_thread(shutil.rmtree, config, ignore_errors=True)
    return faults


def parse_options(arguments: list[str] | None = None) -> argparse.Namespace:
    """Read the command line."""
    parser = argparse.ArgumentParser(prog="screenshots", description=__doc__)
    add: Any = parser.add_argument
    add("--browser", required=True, help=argparse.SUPPRESS)
    add("folder", type=Path, help="where the pictures are written")
    add(
        "--languages", nargs="+", default=["en", "de"], choices=("en", "de", "fr", "it")
    )
    add("--stories", nargs="+", default=[*STORIES], choices=[*STORIES])
    add("--docs", action="store_true", help="renew the pictures in docs/images too")
    return parser.parse_args(arguments)


def main() -> int:
    """Run from the command line."""
    options = parse_options()
    try:
        faults = asyncio.run(run(options))
    except (HassError, BrowserError, ScreenshotError, TimeoutError) as err:
        faults = [str(err) or "the story took too long"]
    if options.docs and not faults:
        keep(options.folder)
    for fault in dict.fromkeys(faults):
        say(f"Failed: {fault}")
    print(options.folder)
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main())
