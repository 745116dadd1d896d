"""A headless browser, driven by its DevTools protocol, and who clicks in it."""

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

from .hass import DOMAIN, HassError, HomeAssistant, Json, wait_until

_PAGE_S = 60
_PHONE = 600
_COMMAND_S = 30
_GO_ON = "ha-dialog-footer ha-button[slot=primaryAction]"
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


# Finds through all shadow roots, as a person's eye does; the innermost comes last.
_FIND = """(() => {
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
  const hass = () => document.querySelector("home-assistant").hass;
  const click = (found) => {
    if (!found.length || found.at(-1).disabled) return false;
    found.at(-1).click();
    return true;
  };
  const PRESSED = ["ha-button", "ha-list-item", "ha-dropdown-item", "button"];
  const press = (text) =>
    Boolean(text)
    && click(all(document, PRESSED).filter((one) => said(one).startsWith(text)));
  const field = (label) => {
    const named = all(document, ["ha-input"]).filter((one) =>
      (one.label ?? "").replace(/\\*$/, "").trim() === label);
    return named.length ? all(named[0].shadowRoot, ["input"])[0] : undefined;
  };
  return {
    press,
    // By the key of a translation, Home Assistant's or ours.
    press_key: (key) => press(hass().localize(key)),
    click: (selector) =>
      click([...deep(document)].filter((one) => one.matches(selector) && seen(one))),
    sees: (selector) =>
      [...deep(document)].some((one) => one.matches(selector) && seen(one)),
    // Whether a dialog of a flow shows a step, one of a few (confirm_*), or has ended.
    at: (step) => [...deep(document)].some(
      (one) => one.localName === "dialog-data-entry-flow"
        && [one._step?.step_id, one._step?.type].some((name) =>
          step.endsWith("*") ? name?.startsWith(step.slice(0, -1)) : name === step)),
    // Takes one of a few that a form offers.
    choose: (text) =>
      click(all(document, ["ha-radio-option"]).filter((one) => said(one) === text)),
    // Fills a form in by the names of its fields, as its selectors would.
    fill: (values) => {
      const [form] = all(document, ["ha-form"]);
      if (!form) return false;
      const value = { ...form.data, ...JSON.parse(values) };
      form.dispatchEvent(new CustomEvent("value-changed", { detail: { value } }));
      return true;
    },
    // Opens the options of an entry, on the integration's page.
    configure: (title) => {
      const label = "ui.panel.config.integrations.config_entry.configure";
      const rows = all(document, ["ha-config-entry-row"]);
      const row = rows.find((one) => one.shadowRoot.textContent.includes(title));
      return Boolean(row) && click(all(row.shadowRoot, ["ha-icon-button"])
        .filter((one) => one.label === hass().localize(label)));
    },
    unfold: () => {
      const [bar] = all(document, ["div"]).filter((one) => one.id === "summary");
      bar?.click();
      return Boolean(bar);
    },
    enter: (label, text) => {
      const input = field(label);
      if (!input) return false;
      // Not by keys: a dialog that is still closing takes the focus back.
      input.value = text;
      for (const kind of ["input", "change"])
        input.dispatchEvent(new Event(kind, { bubbles: true, composed: true }));
      return input.value === text;
    },
    enter_key: function (key, text) { return this.enter(hass().localize(key), text); },
    focus: (tag) => {
      const [found] = all(document, [tag]).filter((one) => one.type === "range");
      found?.focus();
      return found ? Number(found.value) : null;
    },
    // What can be pressed, and filled in: for whoever finds something else missing.
    offers: () => all(document, [...PRESSED, "ha-input", "ha-radio-option"])
      .map((one) => (one.label || said(one)).slice(0, 40)).filter(Boolean).join(", "),
  };
})()"""


class Visitor:
    """Somebody who clicks."""

    def __init__(self, page: Page, home: HomeAssistant) -> None:
        """Sit before a page."""
        self.page = page
        self.home = home

    async def do(self, what: str, *words: str) -> Any:
        """Do something as soon as the page lets one; returns what came of it."""

        async def done() -> Any:
            called = f"{_FIND}.{what}(...{json.dumps(words)})"
            found = await self.page.evaluate(called)
            return found if found is not None and found is not False else None

        try:
            return await wait_until(f"{what} {', '.join(words)}", done, _PAGE_S)
        except HassError as err:
            seen = await self.page.evaluate(f"{_FIND}.offers()")
            raise BrowserError(f"{err}; the page offers {seen}") from err

    async def shows(self, script: str) -> Any:
        """Wait until a script finds something on the page; returns that."""

        async def shown() -> Any:
            return await self.page.evaluate(script)

        return await wait_until("the page shows it", shown, _PAGE_S)

    async def goes_to(self, path: str) -> None:
        """Open a page of Home Assistant."""
        await self.page.send("Page.navigate", url=f"{self.home.url}/{path}")

    async def begins(self, step: str) -> None:
        """Choose what to add, in the dialog that adds one of ours."""
        await self.goes_to(f"config/integrations/dashboard/add?domain={DOMAIN}")
        await self.do("press", "OK")
        await self.chooses("user", step)

    async def chooses(self, menu: str, step: str) -> None:
        """Choose from a menu of our flow, once it is there."""
        await self.do("at", menu)
        key = f"component.{DOMAIN}.config.step.{menu}.menu_options.{step}"
        await self.do("press_key", key)

    async def enters(self, step: str, name: str, text: str) -> None:
        """Fill a field of our flow in."""
        key = f"component.{DOMAIN}.config.step.{step}.data.{name}"
        await self.do("enter_key", key, text)

    async def submits(self, step: str) -> None:
        """Send the form of a step off, once it is there."""
        await self.do("at", step)
        await self.do("click", _GO_ON)

    async def finds(self, step: str, host: str, port: int) -> None:
        """Say in a family's form where a device is."""
        await self.enters(step, "host", host)
        await self.do("unfold")
        more = f"component.{DOMAIN}.config.step.{step}.sections.more.data.port"
        await self.do("enter_key", more, str(port))
        await self.submits(step)

    async def adds(self, step: str, host: str, port: int, name: str) -> None:
        """Add a device as the dialog asks for it."""
        await self.begins(step)
        await self.finds(step, host, port)
        await self.enters("confirm", "name", name)
        await self.submits("confirm*")
        await self.finishes()

    async def finishes(self) -> None:
        """Leave the last page of a dialog, without choosing a room."""
        await self.submits("create_entry")

    async def key(self, name: str, code: int) -> None:
        """Press a key, by its name and its number."""
        for kind in ("rawKeyDown", "keyUp"):
            await self.page.send(
                "Input.dispatchKeyEvent",
                type=kind,
                key=name,
                code=name,
                windowsVirtualKeyCode=code,
            )
