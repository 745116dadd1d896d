"""Somebody who clicks in a browser, as an owner does."""

import json
from typing import Any

from .browser import BrowserError, Page
from .hass import DOMAIN, HassError, HomeAssistant, wait_until

_PAGE_S = 180
_GO_ON = "ha-dialog-footer ha-button[slot=primaryAction]"

# Whether our cards have got their words; until then they are grey blocks.
DRAWN = """(() => {
  const found = [];
  const walk = (node) => {
    for (const one of node.querySelectorAll("*")) {
      if (/^meters-chargers-.*-inside$/.test(one.localName)) found.push(one);
      else if (one.shadowRoot) walk(one.shadowRoot);
    }
  };
  walk(document);
  window.ours = found;
  return found.length > 0 && found.every((one) =>
    one.shadowRoot?.querySelector("ha-card")
    && !one.shadowRoot.querySelector("[aria-busy=true]"));
})()"""

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
  const under = (x, y) => {
    for (let hit = document.elementFromPoint(x, y); ; ) {
      const inner = hit?.shadowRoot?.elementFromPoint(x, y);
      if (!inner || inner === hit || !hit.shadowRoot.contains(inner)) return hit;
      hit = inner;
    }
  };
  const within = (one, other) => {
    for (; one; one = one.assignedSlot ?? one.parentNode ?? one.host)
      if (one === other) return true;
    return false;
  };
  // Where to click: in the middle of what stands still, with nothing in front of it.
  const click = async (found) => {
    const one = found.at(-1);
    if (!one || one.disabled) return false;
    one.scrollIntoViewIfNeeded();
    const before = one.getBoundingClientRect();
    await new Promise((done) => setTimeout(done, 60));
    const now = one.getBoundingClientRect();
    if (["x", "y", "width", "height"].some((side) => before[side] !== now[side]))
      return false;
    const x = now.x + now.width / 2;
    const y = now.y + now.height / 2;
    if (!within(under(x, y), one)) return false;
    // It may still move before the mouse is there, or be drawn anew, and is then as
    // good as the same. Gone with the page it was on.
    window.missed = true;
    const alike = (other) => other === one
      || (other.localName === one.localName && said(other) === said(one));
    const hit = (click) => { window.missed &&= !click.composedPath().some(alike); };
    window.addEventListener("click", hit, { capture: true, once: true });
    return { x, y };
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
    // Takes a kind of dashboard, or of card, by its name.
    take: (name) => click([
      ...all(document, ["dashboard-card"]).filter((one) => one.name === name),
      ...all(document, ["div"]).filter((one) =>
        one.querySelector(":scope > .card-header")?.textContent.trim() === name),
    ]),
    // Whatever says just this.
    point: (text) =>
      click([...deep(document)].filter((one) => said(one) === text && seen(one))),
    press_icon: (key) => click(all(document, ["ha-icon-button", "button"])
      .filter((one) => (one.label ?? one.ariaLabel)?.startsWith(hass().localize(key)))),
    // Takes one of a few that a form offers.
    choose: (text) =>
      click(all(document, ["ha-radio-option"]).filter((one) => said(one) === text)),
    // Fills a form in by the names of its fields, as its selectors would.
    fill: (values) => {
      const [form] = all(document, ["ha-form"]);
      if (!form) return false;
      const value = { ...form.data };
      for (const [name, given] of Object.entries(JSON.parse(values)))
        value[name] = given?.constructor === Object
          ? { ...value[name], ...given } : given;
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
    unfold: () =>
      click(all(document, ["div"]).filter((one) => one.id === "summary").slice(0, 1)),
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
    offers: () => all(document,
      [...PRESSED, "ha-icon-button", "ha-input", "ha-radio-option"])
      .map((one) => (one.label || said(one)).slice(0, 40)).filter(Boolean).join(", "),
  };
})()"""


class Visitor:
    """Somebody who clicks."""

    def __init__(self, page: Page, home: HomeAssistant) -> None:
        """Sit before a page."""
        self.page = page
        self.home = home
        self.clicks = 0

    async def do(self, what: str, *words: str) -> Any:
        """Do something as soon as the page lets one; returns what came of it."""

        async def done() -> Any:
            called = f"{_FIND}.{what}(...{json.dumps(words)})"
            found = await self.page.evaluate(called)
            if isinstance(found, dict) and not await self._clicks(**found):
                return None
            return found if found is not None and found is not False else None

        try:
            return await wait_until(f"{what} {', '.join(words)}", done, _PAGE_S)
        except HassError as err:
            seen = await self.page.evaluate(f"{_FIND}.offers()")
            raise BrowserError(f"{err}; the page offers {seen}") from err

    async def _clicks(self, x: float, y: float) -> bool:
        """Click with the mouse, as a person does; say whether it hit what it was to."""
        for kind in ("mouseMoved", "mousePressed", "mouseReleased"):
            await self.page.send(
                "Input.dispatchMouseEvent",
                type=kind,
                x=x,
                y=y,
                button="none" if kind == "mouseMoved" else "left",
                clickCount=int(kind != "mouseMoved"),
            )
        if await self.page.evaluate("window.missed"):
            return False
        self.clicks += 1
        return True

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
        """Add a device as the dialog asks for it, up to its last page."""
        await self.begins(step)
        await self.finds(step, host, port)
        await self.enters("confirm", "name", name)
        await self.submits("confirm*")

    async def finishes(self) -> None:
        """Leave the last page of a dialog, without choosing a room."""
        await self.submits("create_entry")

    async def types(self, text: str) -> None:
        """Type into what has the focus."""
        await self.page.send("Input.insertText", text=text)

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
