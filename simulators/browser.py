"""A headless browser, driven by its DevTools protocol."""

import argparse
import asyncio
import base64
from collections.abc import AsyncIterator
import contextlib
from contextlib import asynccontextmanager
import json
import re
import tempfile
from typing import Any

import aiohttp

from .hass import DOMAIN, HomeAssistant, Json

_PHONE = 600
_COMMAND_S = 30
# Home Assistant fetches the icons of its own integrations from the Internet.
_OURS = re.compile(
    rf"(https?|wss?)://127\.[^/]*/(?!api/brands/integration/(?!{DOMAIN}))|$"
)
_LISTENING = re.compile(rb"DevTools listening on (ws://\S+)")


# What a promise was refused with is often an object: its text is told besides. Code 3
# is a connection that is lost, as with every page that is left.
_TELL = """addEventListener("unhandledrejection", (event) => {
  const why = event.reason;
  if (why?.error?.code === 3) event.preventDefault();
  else console.error("refused", why instanceof Error ? why : JSON.stringify(why));
})"""


class BrowserError(Exception):
    """The browser did not start, or does not do what it is told."""


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
        for domain in ("Runtime", "Page", "Log"):
            await self.send(f"{domain}.enable")
        await self.send("Page.addScriptToEvaluateOnNewDocument", source=_TELL)

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
            raise BrowserError(f"{method}: no answer of the browser") from None
        if "error" in answer:
            raise BrowserError(f"{method}: {answer['error']['message']}")
        result: Json = answer["result"]
        return result

    async def _receive(self) -> Json:
        message = await self._socket.receive()
        if message.type is not aiohttp.WSMsgType.TEXT:
            raise BrowserError("the browser has ended")
        received: Json = message.json()
        return received

    async def evaluate(self, expression: str) -> Any:
        """Evaluate JavaScript in the page and return its value, or its promise's."""
        answer = await self.send(
            "Runtime.evaluate",
            expression=expression,
            returnByValue=True,
            awaitPromise=True,
        )
        return answer["result"].get("value")

    async def picture(self) -> bytes:
        """Return what the window shows as a PNG."""
        answer = await self.send("Page.captureScreenshot", format="png")
        return base64.b64decode(answer["data"])

    async def look(self, width: int, height: int, scale: float = 1) -> None:
        """Give the window another size; a narrow one is a phone's."""
        await self.send(
            "Emulation.setDeviceMetricsOverride",
            width=width,
            height=height,
            deviceScaleFactor=scale,
            mobile=width < _PHONE,
        )

    async def prefer(self, **features: str) -> None:
        """Have the owner's system prefer something, such as dark colours."""
        await self.send(
            "Emulation.setEmulatedMedia",
            features=[
                {"name": f"prefers-{name.replace('_', '-')}", "value": value}
                for name, value in features.items()
            ],
        )

    def _heard(self, event: Json) -> None:
        if fault := fault_of(event):
            self.faults.append(fault)


def fault_of(event: Json) -> str:
    """Say in one line what went wrong in a page: thrown, or an error in its console.

    What is only to be had from the Internet is missing, as it should be.
    """
    told = event.get("params", {})
    match event.get("method"):
        case "Runtime.exceptionThrown":
            return exception_text(told["exceptionDetails"])
        case "Runtime.consoleAPICalled" if told["type"] == "error":
            said = (one.get("value", one.get("description")) for one in told["args"])
            return f"console: {' '.join(map(str, said))}".splitlines()[0]
        case "Log.entryAdded" if told["entry"]["level"] == "error":
            entry = told["entry"]
            if not _OURS.match(entry.get("url", "")):
                return ""
            return f"log: {entry['text']} {entry['url']}".splitlines()[0]
    return ""


def exception_text(details: Json) -> str:
    """Say in one line what a page's JavaScript has thrown."""
    thrown = details.get("exception", {})
    text: str = thrown.get("description") or thrown.get("value") or details["text"]
    parts = thrown.get("preview", {}).get("properties", ())
    said = [f"{part['name']}: {part.get('value')}" for part in parts]
    return f"JavaScript: {', '.join([str(text).splitlines()[0], *said])}"


@asynccontextmanager
async def browser(command: str, language: str = "en") -> AsyncIterator[Page]:
    """Run a headless browser that reaches nothing but loopback, with one page."""
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as profile:
        process = await asyncio.create_subprocess_exec(
            command,
            "--headless",
            # In which its own fields, such as those of a time, speak.
            f"--lang={language}",
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
    raise BrowserError(f"the browser did not start: {said.decode()[-300:]}")


async def log_in(page: Page, home: HomeAssistant, options: argparse.Namespace) -> None:
    """Set the window's size and colours, and log in."""
    await page.look(options.width, options.height, options.scale)
    await page.prefer(color_scheme="dark" if options.dark else "light")
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
