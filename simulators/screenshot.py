"""Take a picture of the demo's dashboard with a headless Chromium."""

import argparse
import asyncio
import base64
from collections.abc import AsyncIterator
import contextlib
from contextlib import asynccontextmanager
import json
from pathlib import Path
import re
import shutil
import sys
import tempfile
from typing import Any

import aiohttp

from .dashboard import URL_PATH, complete_dashboard
from .demo import demo, grid_key, parse, say
from .hass import HassError, HomeAssistant, Json, wait_until
from .house import House

_CHARGING_S = 150
_PAGE_S = 60
# Lets graphs draw and animations end.
_SETTLE_S = 5
_COMMAND_S = 30
_LISTENING = re.compile(rb"DevTools listening on (ws://\S+)")

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
    """The browser did not start, or the page shows faults."""


class Page:
    """A page of a browser, driven by its DevTools protocol."""

    def __init__(self, socket: aiohttp.ClientWebSocketResponse) -> None:
        """Talk over the browser's socket."""
        self._socket = socket
        self._session_id: str | None = None
        self._number = 0
        self.faults: list[str] = []

    async def open(self) -> None:
        """Open a blank page and listen to what goes wrong in it."""
        target = await self.send("Target.createTarget", url="about:blank")
        attached = await self.send(
            "Target.attachToTarget", targetId=target["targetId"], flatten=True
        )
        self._session_id = attached["sessionId"]
        await self.send("Runtime.enable")
        await self.send("Page.enable")

    async def send(self, method: str, **params: object) -> Json:
        """Send one command and return its result; events in between are kept."""
        self._number += 1
        message: Json = {"id": self._number, "method": method, "params": params}
        if self._session_id is not None:
            message["sessionId"] = self._session_id
        try:
            async with asyncio.timeout(_COMMAND_S):
                await self._socket.send_json(message)
                while (answer := await self._receive()).get("id") != self._number:
                    self._heard(answer)
        except TimeoutError:
            raise ScreenshotError(f"{method}: no answer of the browser") from None
        if "error" in answer:
            raise ScreenshotError(f"{method}: {answer['error']['message']}")
        result: Json = answer["result"]
        return result

    async def _receive(self) -> Json:
        message = await self._socket.receive()
        if message.type is not aiohttp.WSMsgType.TEXT:
            raise ScreenshotError("the browser has ended")
        received: Json = message.json()
        return received

    async def evaluate(self, expression: str) -> Any:
        """Evaluate JavaScript in the page and return its value."""
        answer = await self.send(
            "Runtime.evaluate", expression=expression, returnByValue=True
        )
        return answer["result"].get("value")

    def _heard(self, event: Json) -> None:
        if event.get("method") == "Runtime.exceptionThrown":
            self.faults.append(exception_text(event["params"]["exceptionDetails"]))


def exception_text(details: Json) -> str:
    """Say in one line what a page's JavaScript has thrown."""
    thrown = details.get("exception", {})
    text: str = thrown.get("description") or thrown.get("value") or details["text"]
    return f"JavaScript: {str(text).splitlines()[0]}"


@asynccontextmanager
async def browser(command: str) -> AsyncIterator[Page]:
    """Run a headless browser that reaches nothing but loopback, with one page."""
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as profile:
        process = await asyncio.create_subprocess_exec(
            command,
            "--headless",
            # A container's root may not make a sandbox; only our own pages are opened.
            "--no-sandbox",
            "--remote-debugging-port=0",
            "--disable-gpu",
            "--disable-dev-shm-usage",
            "--hide-scrollbars",
            "--host-resolver-rules=MAP * ~NOTFOUND , EXCLUDE 127.0.0.1",
            f"--user-data-dir={profile}",
            stdin=asyncio.subprocess.DEVNULL,
            stdout=asyncio.subprocess.DEVNULL,
            stderr=asyncio.subprocess.PIPE,
        )
        try:
            url = await _devtools(process)
            async with (
                aiohttp.ClientSession() as session,
                session.ws_connect(url, max_msg_size=0) as socket,
            ):
                page = Page(socket)
                await page.open()
                yield page
        finally:
            with contextlib.suppress(ProcessLookupError):
                process.kill()
            await process.wait()


async def _devtools(process: asyncio.subprocess.Process) -> str:
    """Read from a browser's messages where it listens."""
    said = b""
    if process.stderr is not None:
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(_COMMAND_S):
                async for line in process.stderr:
                    if match := _LISTENING.search(line):
                        return match[1].decode()
                    said += line
    raise ScreenshotError(f"the browser did not start: {said.decode()[-300:]}")


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
        answer = await page.send("Page.captureScreenshot", format="png")
        picture = base64.b64decode(answer["data"])
        await asyncio.to_thread(options.out.write_bytes, picture)
    if faults:
        raise ScreenshotError("\n".join(faults))


async def log_in(page: Page, home: HomeAssistant, options: argparse.Namespace) -> None:
    """Set the window's size and colours, and log in."""
    await page.send(
        "Emulation.setDeviceMetricsOverride",
        width=options.width,
        height=options.height,
        deviceScaleFactor=options.scale,
        mobile=options.width < 600,
    )
    scheme = {"name": "prefers-color-scheme", "value": "dark" if options.dark else ""}
    await page.send("Emulation.setEmulatedMedia", features=[scheme])
    tokens = {
        "access_token": home.token,
        "token_type": "Bearer",
        "expires_in": 1800,
        "hassUrl": home.url,
        "clientId": f"{home.url}/",
        # Far in the future: the token is a long-lived one and has no refresh token.
        "expires": 1e14,
        "refresh_token": "",
    }
    # Twice JSON: the storage keeps a text. The sidebar is folded, as on a tablet.
    stored = {
        "hassTokens": json.dumps(tokens),
        "dockedSidebar": '"always_hidden"',
        "selectedLanguage": json.dumps(options.language),
    }
    script = f"Object.assign(localStorage, {json.dumps(stored)})"
    await page.send("Page.addScriptToEvaluateOnNewDocument", source=script)


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
        async with demo(simulation, config) as (house, home, installed):
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
    except (HassError, ScreenshotError) as err:
        say(f"Failed: {err}")
        return 1
    print(options.out)
    return 0


if __name__ == "__main__":
    sys.exit(main())
