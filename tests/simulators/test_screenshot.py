"""Taking a picture, without a browser: its protocol, its options, its failures."""

from collections.abc import AsyncIterator
from pathlib import Path

import aiohttp
from aiohttp import web
import pytest

from simulators.browser import BrowserError, Page, browser, exception_text, fault_of
from simulators.dashboard import URL_PATH
from simulators.hass import Json
from simulators.screenshot import parse_options

THROWN = {
    "method": "Runtime.exceptionThrown",
    "params": {
        "exceptionDetails": {
            "text": "Uncaught",
            "exception": {"description": "TypeError: no card\n    at here"},
        }
    },
}
SESSION = "a session"


@pytest.fixture
async def page(socket_enabled: None) -> AsyncIterator[Page]:
    """Talk to something that answers like a browser whose page throws once."""

    async def devtools(request: web.Request) -> web.WebSocketResponse:
        socket = web.WebSocketResponse()
        await socket.prepare(request)
        results = {
            "Target.createTarget": {"targetId": "a target"},
            "Target.attachToTarget": {"sessionId": SESSION},
            "Runtime.evaluate": {"result": {"value": ["a card"]}},
        }
        async for message in socket:
            asked = message.json()
            answer = {"id": asked["id"], "result": results.get(asked["method"], {})}
            if asked["method"] == "Runtime.evaluate":
                assert asked["sessionId"] == SESSION
                await socket.send_json(THROWN)
            if asked["method"] == "Browser.close":
                break
            if asked["method"] == "Page.refuse":
                answer = {"id": asked["id"], "error": {"message": "no such method"}}
            await socket.send_json(answer)
        return socket

    app = web.Application()
    app.router.add_get("/", devtools)
    runner = web.AppRunner(app)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    async with (
        aiohttp.ClientSession() as session,
        session.ws_connect(f"ws://127.0.0.1:{runner.addresses[0][1]}/") as socket,
    ):
        yield Page(socket)
    await runner.cleanup()


async def test_page_keeps_what_it_throws(page: Page) -> None:
    """What comes between a command and its answer is not lost."""
    await page.open()
    assert page.faults == []
    assert await page.evaluate("cards") == ["a card"]
    assert page.faults == ["JavaScript: TypeError: no card"]
    with pytest.raises(BrowserError, match=r"Page\.refuse: no such method"):
        await page.send("Page.refuse")


async def test_browser_that_ends_is_told(page: Page) -> None:
    """A browser that crashes is not waited for."""
    await page.open()
    with pytest.raises(BrowserError, match="has ended"):
        await page.send("Browser.close")


def test_thrown_text_is_told() -> None:
    """JavaScript throws objects, texts, and nothing."""
    assert exception_text({"text": "Uncaught"}) == "JavaScript: Uncaught"
    thrown = {"text": "Uncaught", "exception": {"value": "a text"}}
    assert exception_text(thrown) == "JavaScript: a text"


def test_errors_in_the_console_are_faults() -> None:
    """An error that a card writes counts, a picture of the Internet's does not."""
    said: Json = {"type": "error", "args": [{"value": "no"}, {"description": "E\n1"}]}
    console = {"method": "Runtime.consoleAPICalled", "params": said}
    assert fault_of(console) == "console: no E"
    said["type"] = "info"
    assert fault_of(console) == ""
    entry = {"level": "error", "text": "404", "url": "http://127.0.0.1:8123/cards.js"}
    logged = {"method": "Log.entryAdded", "params": {"entry": entry}}
    assert fault_of(logged) == "log: 404 http://127.0.0.1:8123/cards.js"
    entry["url"] = "https://brands.home-assistant.io/ksem/icon.png"
    assert fault_of(logged) == ""


async def test_browser_that_does_not_start_says_why(tmp_path: Path) -> None:
    """A library that is missing is told, and not waited for."""
    broken = tmp_path / "chromium"
    broken.write_text("#!/bin/sh\necho libnss3.so: not found >&2\nexit 127\n")
    broken.chmod(0o755)
    with pytest.raises(BrowserError, match=r"libnss3\.so: not found"):
        async with browser(str(broken)):
            pass


def test_options() -> None:
    """Without options it is the dashboard, in light colours, at the desk's width."""
    options = parse_options(["--browser", "chromium"])
    assert (options.view, options.dark, options.width) == (URL_PATH, False, 1280)
    assert options.language == "en"
    phone = parse_options(["--browser", "chromium", "--width", "375", "--dark"])
    assert (phone.dark, phone.width) == (True, 375)
