"""Take pictures of every screen an owner meets, with a headless Chromium.

Two stories, told in each language: somebody without anything sets a house up, and a
house that lives loses its meter and a wallbox. Each screen is taken on a phone and on a
desk, in light and in dark colours, and its words are looked at.
"""

import argparse
import asyncio
from collections.abc import Awaitable, Callable
from contextlib import AsyncExitStack
from itertools import product
import json
from pathlib import Path
import re
import shutil
import sys
import tempfile
from typing import Any

from PIL import Image

from .browser import BrowserError, Page, Visitor, browser, log_in
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

WINDOWS = {"phone": (375, 812), "desk": (1280, 960)}
SCHEMES = ("light", "dark")
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
_SETTLE_S = 1.0
_DRAW_S = 4.0
_CHARGE_S = 40
_STORY_S = 900
_LOST_S = 75
_KETTLE_W = 2_000
# From 13:50 on, this day's household switches nothing large for a while: the kettle is
# the only jump.
_QUIET_S = 13 * 3600 + 50 * 60
_PAGE = f"config/integrations/integration/{DOMAIN}"
# Of our cards and of dialogs all that is to be read, below any shadow root.
_WORDS = """(() => {
  const words = (node) => [...node.childNodes].map((one) =>
    one.nodeType === 3 ? one.textContent
    : ["STYLE", "SCRIPT"].includes(one.tagName) ? ""
    : words(one) + (one.shadowRoot ? words(one.shadowRoot) : "")).join(" ");
  const found = [];
  const walk = (node) => {
    for (const one of node.querySelectorAll("*")) {
      if (/^meters-chargers-.*-inside$|^dialog-data-entry-flow$/.test(one.localName))
        found.push(words(one.shadowRoot ?? one));
      else if (one.shadowRoot) walk(one.shadowRoot);
    }
  };
  walk(document);
  return found.join(" ").replace(/\\s+/g, " ");
})()"""
# What no owner is to read: what a program says of nothing, and keys of translations.
_FOREIGN = re.compile(r"\b(NaN|null|undefined|unknown|[a-z]+(?:_[a-z0-9]+)+)\b")
# Names that contain them: those of files, and of our own fakes.
_NAMES = re.compile(r"smart-me_|/\S*|\S+\.\S+")


type Story = Callable[[Visitor, Camera], Awaitable[None]]


class Camera:
    """Takes each screen in all windows and colours, and reads its words."""

    def __init__(self, page: Page, folder: Path, language: str) -> None:
        """Write into a folder."""
        self._page = page
        self._folder = folder
        self._language = language
        self.faults: list[str] = []

    async def take(self, name: str, settle_s: float = _SETTLE_S) -> None:
        """Take the screen that is shown; it stays as it is."""
        for window, size in WINDOWS.items():
            await self._page.look(*size)
            for scheme in SCHEMES:
                await self._page.prefer(color_scheme=scheme)
                await asyncio.sleep(settle_s)
                picture = await self._page.picture()
                file = f"{name}-{self._language}-{window}-{scheme}.png"
                await asyncio.to_thread((self._folder / file).write_bytes, picture)
        words = await self._page.evaluate(_WORDS)
        for word in _FOREIGN.findall(_NAMES.sub(" ", words or "")):
            self.faults.append(f"{name} ({self._language}) says {word}")
        say(f"  {name}")


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
        await add_meter(visitor, camera, ksem)
        await make_dashboard(visitor.home)
        await view(visitor, camera, "empty", "overview")
        front = await started(TlsFront((ksem.host, ksem.port)))
        await accept(visitor, camera, front)
        await add_pico(visitor, camera, await started(Pico(house.cars[0])))
        await add_gateway(visitor, camera, await started(_board()))
        await add_wallbox(visitor, camera, house, stack)
        await add_site(visitor, camera, house)


def _board() -> Diris:
    """Return a gateway with as many circuits as it can have."""
    return Diris(
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
    await visitor.do("at", "search")
    await camera.take("search", 0.2)
    await visitor.do("at", "found")
    await camera.take("found")
    for device in found:
        await device.stop()


async def add_meter(visitor: Visitor, camera: Camera, ksem: Ksem) -> None:
    """Add a meter; at first its port is wrong."""
    await visitor.begins("ksem")
    await visitor.do("at", "ksem")
    await camera.take("ksem")
    await visitor.finds("ksem", ksem.host, free_port(0))
    await visitor.do("sees", "ha-alert")
    await camera.take("ksem_refused")
    await fill(visitor, more={"port": ksem.port, "unit_id": 1, "encryption": "off"})
    await visitor.submits("ksem")
    await visitor.do("at", "confirm*")
    await camera.take("ksem_confirm")
    await fill(visitor, name="Grid meter")
    await visitor.submits("confirm*")
    await visitor.do("at", "create_entry")
    await camera.take("ksem_done")


async def accept(visitor: Visitor, camera: Camera, front: TlsFront) -> None:
    """Look at the waiting room of a meter with encryption, and leave it."""
    await visitor.begins("ksem")
    await visitor.do("at", "ksem")
    more = {"port": front.port, "unit_id": 1, "encryption": "on"}
    await fill(visitor, host=front.host, more=more)
    await visitor.submits("ksem")
    await visitor.do("at", "tls")
    await camera.take("tls")
    await visitor.submits("tls")
    await visitor.do("at", "tls_wait")
    await camera.take("tls_wait", 2)


async def add_pico(visitor: Visitor, camera: Camera, pico: Pico) -> None:
    """Add a wallbox by Modbus."""
    await visitor.begins("smart_me_pico")
    await visitor.do("at", "smart_me_pico")
    await camera.take("pico")
    await visitor.finds("smart_me_pico", pico.host, pico.port)
    await visitor.do("at", "confirm*")
    await camera.take("pico_confirm")
    await fill(visitor, name="Garage")
    await visitor.submits("confirm*")
    await visitor.do("at", "create_entry")


async def add_gateway(visitor: Visitor, camera: Camera, board: Diris) -> None:
    """Add a gateway with many circuits."""
    board.bus_s = 0.05
    await visitor.begins("diris")
    await visitor.do("at", "diris")
    await camera.take("diris")
    await visitor.finds("diris", board.host, board.port)
    await visitor.do("at", "diris_modules")
    await camera.take("diris_modules")
    await fill(visitor, addresses="2-49")
    await visitor.submits("diris_modules")
    await visitor.do("at", "diris_walk")
    await camera.take("diris_walk", 0.5)
    await visitor.do("at", "diris_circuits")
    await camera.take("diris_circuits")
    await fill(visitor, name="Main board")
    await visitor.submits("diris_circuits")
    await visitor.do("at", "create_entry")


async def add_wallbox(
    visitor: Visitor, camera: Camera, house: House, stack: AsyncExitStack
) -> None:
    """Add a server of OCPP, wait in its room, and let in who knocks."""
    port = free_port(0)
    await visitor.begins("ocpp_server")
    await visitor.do("at", "ocpp_server")
    await camera.take("ocpp_server")
    await fill(visitor, port=port, host="127.0.0.1")
    await visitor.submits("ocpp_server")
    await visitor.do("at", "listen")
    await camera.take("listen", 1.5)
    url = f"ws://127.0.0.1:{port}"
    wallbox = ChargePoint(house, house.cars[1], url, "CARPORT1")
    await wallbox.start()
    stack.push_async_callback(wallbox.stop)
    await visitor.do("at", "knock")
    await camera.take("knock")
    await fill(visitor, name="Carport")
    await visitor.submits("knock")
    await visitor.do("at", "create_entry")
    await camera.take("knock_done")


async def add_site(visitor: Visitor, camera: Camera, house: House) -> None:
    """Add the house, whose meter is tried with a kettle."""
    await visitor.begins("site")
    await visitor.do("at", "site")
    await camera.take("site")
    await fill(visitor, name="House", fuse_current=25)
    await visitor.submits("site")
    await visitor.do("at", "sign_export")
    await camera.take("sign")
    await fill(visitor, sign="test")
    await visitor.submits("sign_export")
    await visitor.do("at", "sign_test")
    await camera.take("sign_test")
    house.switch(1, _KETTLE_W)
    await visitor.do("at", "sign_rose")
    await camera.take("sign_rose")
    house.switch(1, 0)
    await visitor.submits("sign_rose")
    await visitor.do("at", "create_entry")
    await camera.take("site_done")
    await page_of(visitor, camera, "integration", _PAGE)
    await view(visitor, camera, "no_charger", "overview")
    await view(visitor, camera, "circuits_many", "circuits")
    await options(visitor, camera)


async def options(visitor: Visitor, camera: Camera) -> None:
    """Open the options of the house."""
    await visitor.goes_to(_PAGE)
    await visitor.do("configure", "House")
    await visitor.do("at", "site")
    await camera.take("site_options")


async def page_of(visitor: Visitor, camera: Camera, name: str, path: str) -> None:
    """Take a page of Home Assistant."""
    await visitor.goes_to(path)
    await asyncio.sleep(_DRAW_S)
    await camera.take(name)


async def fill(visitor: Visitor, **values: object) -> None:
    """Fill fields of a form in."""
    await visitor.do("fill", json.dumps(values))


async def view(visitor: Visitor, camera: Camera, name: str, path: str) -> None:
    """Take a view of the dashboard."""
    await visitor.goes_to(f"{URL_PATH}/{path}")
    await visitor.do("sees", "ha-card")
    await asyncio.sleep(_DRAW_S)
    await camera.take(name)


async def live(visitor: Visitor, camera: Camera) -> None:
    """Take every view of a house that charges."""
    await view(visitor, camera, "overview", "overview")
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


async def run(options: argparse.Namespace) -> list[str]:
    """Tell the stories that are asked for."""
    options.folder.mkdir(parents=True, exist_ok=True)
    stories = {"setup": first_story, "house": second_story}
    faults: list[str] = []
    for name, language in product(options.stories, options.languages):
        config = Path(await asyncio.to_thread(tempfile.mkdtemp))
        say(f"{name}, {language}:")
        one = argparse.Namespace(**{**vars(options), "language": language})
        try:
            faults += await stories[name](one, config)
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
    add("--stories", nargs="+", default=["setup", "house"], choices=("setup", "house"))
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
