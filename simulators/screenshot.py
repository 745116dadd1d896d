"""Take a picture of the demo's dashboard with a headless Chromium."""

import argparse
import asyncio
from pathlib import Path
import shutil
import sys
import tempfile
from typing import Any

from .browser import BrowserError, browser, log_in
from .dashboard import URL_PATH, complete_dashboard
from .demo import demo, grid_key, parse, say
from .hass import HassError, HomeAssistant, wait_until
from .house import House

_CHARGING_S = 150
_PAGE_S = 60
# Lets graphs draw and animations end.
_SETTLE_S = 5

# What went wrong on the page: cards that Home Assistant has replaced, in any shadow
# root, and values that nobody delivers.
_FAULTS = """(() => {
  const found = [];
  const walk = (node) => {
    for (const element of node.querySelectorAll("*")) {
      if (/^hui-(error|warning)/.test(element.localName))
        found.push(element.localName + ": " + (element.shadowRoot ?? element)
          .textContent.replace(/\\s+/g, " ").trim());
      if (element.shadowRoot) walk(element.shadowRoot);
    }
  };
  walk(document);
  return found;
})()"""
# Home Assistant's first paint covers the page until it is logged in and has a view.
_SHOWN = """(() => {
  const count = (node) => {
    let cards = 0;
    for (const element of node.querySelectorAll("*")) {
      if (element.localName === "hui-card") cards += 1;
      if (element.shadowRoot) cards += count(element.shadowRoot);
    }
    return cards;
  };
  return !document.querySelector("#ha-launch-screen") && count(document) > 0;
})()"""


class ScreenshotError(Exception):
    """The page shows faults."""


async def take(home: HomeAssistant, options: argparse.Namespace) -> None:
    """Write the picture of a view; raises ScreenshotError when it shows faults."""
    async with browser(options.browser) as page:
        await log_in(page, home, options)
        await page.send("Page.navigate", url=f"{home.url}/{options.view.lstrip('/')}")

        async def shown() -> bool:
            return bool(await page.evaluate(_SHOWN))

        await wait_until("the page shows cards", shown, _PAGE_S)
        await asyncio.sleep(_SETTLE_S)
        faults = [*page.faults, *await page.evaluate(_FAULTS)]
        picture = await page.picture()
        await asyncio.to_thread(options.out.write_bytes, picture)
    if faults:
        raise ScreenshotError("\n".join(faults))


async def charging(house: House, wait_s: float) -> None:
    """Wait until every car draws power, and then for a while so that graphs grow."""

    async def all_charge() -> bool:
        return all(car.power_w > 0 for car in house.cars)

    await wait_until("all cars charge", all_charge, _CHARGING_S)
    say(f"All cars charge; the picture follows in {wait_s:.0f} s.")
    await asyncio.sleep(wait_s)


async def run(options: argparse.Namespace) -> None:
    """Start the demo, wait, and take the picture."""
    config = Path(await asyncio.to_thread(tempfile.mkdtemp))
    try:
        simulation = parse(["--port", "0"])
        async with demo(simulation, config) as (house, home, installed, _):
            await complete_dashboard(home, grid_key(installed))
            await charging(house, options.wait)
            await take(home, options)
    finally:
        await asyncio.to_thread(shutil.rmtree, config, ignore_errors=True)


def parse_options(arguments: list[str] | None = None) -> argparse.Namespace:
    """Read the command line."""
    parser = argparse.ArgumentParser(prog="screenshot", description=__doc__)
    add: Any = parser.add_argument
    add("--browser", required=True, help=argparse.SUPPRESS)
    add("--out", type=Path, default=Path("dashboard.png"), help="the PNG to write")
    add("--width", type=int, default=1280, help="of the window")
    add("--height", type=int, default=960, help="of the window")
    add(
        "--scale", type=float, default=1, help="pixels of the picture for each of those"
    )
    add("--dark", action="store_true", help="dark colours")
    add("--language", default="en", help="of the user: en, de, fr, it")
    add("--view", default=URL_PATH, metavar="PATH", help="another page, e.g. energy")
    add("--wait", type=float, default=60, metavar="SECONDS", help="of charging before")
    return parser.parse_args(arguments)


def main() -> int:
    """Run from the command line."""
    options = parse_options()
    try:
        asyncio.run(run(options))
    except (HassError, BrowserError, ScreenshotError) as err:
        say(f"Failed: {err}")
        return 1
    print(options.out)
    return 0


if __name__ == "__main__":
    sys.exit(main())
