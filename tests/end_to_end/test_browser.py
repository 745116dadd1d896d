"""A homeowner adds a meter and a wallbox with clicks, and moves the slider."""

import argparse
import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
import json
import os
from pathlib import Path
import subprocess
from typing import Any

import pytest

from simulators.dashboard import STRATEGY, URL_PATH
from simulators.hass import DOMAIN, HomeAssistant, wait_until
from simulators.house import House
from simulators.ksem import Ksem
from simulators.pico import Pico
from simulators.screenshot import Page, browser, log_in
from tests.end_to_end.household import make_site

ROOT = Path(__file__).parent.parent.parent
NEWEST = ROOT / ".venv-newest" / "bin" / "python"
PAGE_S = 60
# A wallbox that begins has its minimum until its car has been seen to follow.
STEADY_S = 180
# Finds through all shadow roots, as a person's eye does; the innermost comes last.
FIND = """(() => {
  const deep = function* (root) {
    for (const element of root.querySelectorAll("*")) {
      yield element;
      if (element.shadowRoot) yield* deep(element.shadowRoot);
    }
  };
  const seen = (element) => {
    const { width, height } = element.getBoundingClientRect();
    return width > 0 && height > 0;
  };
  const all = (root, tags) =>
    [...deep(root)].filter((one) => tags.includes(one.localName) && seen(one));
  const said = (element) => element.textContent.replace(/\\s+/g, " ").trim();
  const press = (tags, text) => {
    const found = all(document, tags).filter((one) => said(one).startsWith(text));
    if (!found.length || found.at(-1).disabled) return false;
    found.at(-1).click();
    return true;
  };
  return {
    press: (text) => press(["ha-button", "ha-list-item", "ha-dropdown-item"], text),
    unfold: () => {
      const [bar] = all(document, ["div"]).filter((one) => one.id === "summary");
      bar?.click();
      return Boolean(bar);
    },
    enter: (label, text) => {
      const field = all(document, ["ha-input"]).find((one) => one.label === label);
      if (!field) return false;
      const [input] = all(field.shadowRoot, ["input"]);
      input.focus();
      input.select();
      document.execCommand("insertText", false, text);
      input.dispatchEvent(new Event("change", { bubbles: true, composed: true }));
      return input.value === text;
    },
    focus: (tag) => {
      const [found] = all(document, [tag]).filter((one) => one.type === "range");
      found?.focus();
      return found ? Number(found.value) : null;
    },
    all: (tags) => all(document, tags).map((one) => one.localName + " "
      + (one.label ?? "") + " " + said(one).slice(0, 60)),
  };
})()"""

pytestmark = pytest.mark.end_to_end


@pytest.fixture(scope="module")
def chromium() -> str:
    """Return the path of a headless Chromium."""
    cache = Path(os.environ.get("XDG_CACHE_HOME", Path.home() / ".cache"))
    ran = subprocess.run(  # noqa: S603 - our own script
        [ROOT / "scripts" / "chromium", cache / "meters_and_chargers"],
        check=False,
        capture_output=True,
        text=True,
        timeout=300,
    )
    if ran.returncode:
        pytest.skip(f"no Chromium: {ran.stderr.strip()}")
    path = ran.stdout.strip()
    tried = subprocess.run(  # noqa: S603 - what our script has found
        [path, "--version"], check=False, capture_output=True, text=True, timeout=60
    )
    if tried.returncode:
        pytest.skip(f"Chromium does not run here: {tried.stderr.strip()}")
    return path


class Owner:
    """Somebody who clicks."""

    def __init__(self, page: Page, home: HomeAssistant) -> None:
        """Sit before a page."""
        self.page = page
        self.home = home

    async def do(self, what: str, *words: str) -> Any:
        """Do something as soon as the page lets one; returns what came of it."""

        async def done() -> Any:
            called = f"{FIND}.{what}(...{json.dumps(words)})"
            found = await self.page.evaluate(called)
            return found if found is not None and found is not False else None

        return await wait_until(f"{what} {', '.join(words)}", done, PAGE_S)

    async def goes_to(self, path: str) -> None:
        """Open a page of Home Assistant."""
        await self.page.send("Page.navigate", url=f"{self.home.url}/{path}")

    async def adds(self, device: str, **fields: str) -> None:
        """Add a device as the dialog asks for it."""
        await self.goes_to(f"config/integrations/dashboard/add?domain={DOMAIN}")
        await self.do("press", "OK")
        await self.do("press", device)
        await self.do("enter", "Host", fields.pop("Host"))
        await self.do("unfold")
        for label, text in fields.items():
            await self.do("enter", label, text)
        await self.do("press", "Submit")
        await self.do("enter", "Name", device.split()[1])
        await self.do("press", "Submit")
        await self.do("press", "Skip and finish")

    async def key(self, name: str) -> None:
        """Press a key."""
        for kind in ("rawKeyDown", "keyUp"):
            await self.page.send(
                "Input.dispatchKeyEvent",
                type=kind,
                key=name,
                code=name,
                windowsVirtualKeyCode={"ArrowLeft": 37}[name],
            )


@pytest.fixture
async def owner(
    chromium: str, tmp_path: Path, socket_enabled: None
) -> AsyncIterator[Owner]:
    """Return an owner who is logged in to a new Home Assistant."""
    home = HomeAssistant(tmp_path, NEWEST)
    async with home, browser(chromium) as page:
        window = argparse.Namespace(
            width=1280, height=960, scale=1, dark=False, language="en"
        )
        await log_in(page, home, window)
        yield Owner(page, home)


@pytest.fixture
async def house(socket_enabled: None) -> AsyncIterator[House]:
    """Return a house at noon that lives, with a car."""
    house, stop = House("clear", 12 * 3600), asyncio.Event()
    living = asyncio.create_task(house.run(stop))
    yield house
    stop.set()
    await living


async def test_first_five_minutes(owner: Owner, house: House) -> None:
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
        await owner.adds(
            "KOSTAL Smart Energy Meter", Host=ksem.host, Port=str(ksem.port)
        )
        await owner.adds("smart-me Pico wallbox", Host=pico.host, Port=str(pico.port))
        await make_site(home, 25)
        await make_dashboard(home)
        await told(16_000)
        await owner.goes_to(URL_PATH)
        assert await owner.do("focus", "input") == 16
        for _ in range(4):
            await owner.key("ArrowLeft")
        await told(12_000)
    assert not owner.page.faults


async def make_dashboard(home: HomeAssistant) -> None:
    """Show what there is on a dashboard of its own."""
    await home.ws(
        "lovelace/dashboards/create",
        url_path=URL_PATH,
        title="Charging",
        show_in_sidebar=True,
        require_admin=False,
    )
    await home.ws("lovelace/config/save", url_path=URL_PATH, config=STRATEGY)
