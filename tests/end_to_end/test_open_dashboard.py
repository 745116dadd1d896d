"""The cards in a browser: announced, waiting, and put into anybody's dashboard."""

import argparse
from collections.abc import AsyncIterator, Iterator
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest

from simulators.browser import browser, log_in
from simulators.dashboard import URL_PATH, make_dashboard
from simulators.hass import DOMAIN, HomeAssistant
from simulators.ksem import Ksem
from simulators.pico import Pico
from simulators.visitor import DRAWN, Visitor
from tests.end_to_end.household import NEWEST, make_site

WINDOW = argparse.Namespace(width=1280, height=960, scale=1, dark=False, language="en")
# What the card of the wallbox says of its reason, and what of it is announced.
REASON = """window.ours
  .flatMap((one) => [...one.shadowRoot.querySelectorAll(".reason")])
  .map((one) => one.textContent.replace(/\\s+/g, " ").trim())[0]"""
LISTEN = """(() => {
  window.told = [];
  const regions = window.ours.flatMap((one) =>
    [...one.shadowRoot.querySelectorAll("[role=status], [aria-live]")]);
  for (const region of regions)
    new MutationObserver(() => window.told.push(region.textContent.trim()))
      .observe(region, { childList: true, characterData: true, subtree: true });
  return regions.length;
})()"""
SHOWN = "window.ours.map((one) => one.shadowRoot.textContent).join()"
OFF = "Switched off: choose Solar or Fast to charge."
OUTPUT = """window.ours
  .flatMap((one) => [...one.shadowRoot.querySelectorAll("output")])[0]"""
SLIDER = f"{OUTPUT}.parentElement.querySelector('input')"
LIVE = f"{OUTPUT}.getAttribute('aria-live') ?? 'polite'"
# Writes down each text that the card of the house ever shows, whichever element it is.
WRITE_DOWN = """(() => {
  window.read = [];
  const look = () => {
    DRAWN;
    const words = window.ours.filter((one) => one.localName.includes("-site-"))
      .map((one) => one.shadowRoot.textContent.replace(/\\s+/g, " ").trim()).join();
    if (words !== window.read.at(-1)) window.read.push(words);
  };
  look();
  setInterval(look, 50);
})()""".replace("DRAWN", DRAWN)
WAITING = "Waiting for Home Assistant"

pytestmark = pytest.mark.end_to_end


@pytest.fixture
async def owner(
    chromium: str, tmp_path: Path, ksem: Ksem, pico: Pico
) -> AsyncIterator[Visitor]:
    """Return an owner who has a meter, a wallbox that is off, and a dashboard."""
    home = HomeAssistant(tmp_path, NEWEST)
    async with home, browser(chromium) as page:
        for step, device, name in (
            ("ksem", ksem, "Grid meter"),
            ("smart_me_pico", pico, "Garage"),
        ):
            where = {"host": device.host, "more": {"port": device.port, "unit_id": 1}}
            await home.flow(DOMAIN, {"next_step_id": step}, where, {"name": name})
        await make_site(home, 25, "off")
        await make_dashboard(home)
        await log_in(page, home, WINDOW)
        visitor = Visitor(page, home)
        yield visitor


async def steered(home: HomeAssistant) -> str | None:
    """Return the mode of the wallbox as Home Assistant has it."""
    state = await home.state("select.garage_mode")
    return None if state is None else state["state"]


def rows(tree: dict[str, Any], region: str) -> Iterator[tuple[str, str, str]]:
    """Yield role, name and value of what a reader is given of a card, in its order."""
    nodes = {node["nodeId"]: node for node in tree["nodes"]}

    def said(node: dict[str, Any], what: str) -> str:
        return str(node.get(what, {}).get("value", ""))

    def below(node: dict[str, Any]) -> Iterator[tuple[str, str, str]]:
        if not node["ignored"]:
            found = {one["name"]: one["value"] for one in node["properties"]}
            states = [
                f"{name} {found[name]['value']}"
                for name in ("checked", "expanded", "level", "live")
                if "value" in found.get(name, {})
            ]
            if value := said(node, "value"):
                states.append(value)
            yield said(node, "role"), said(node, "name"), ", ".join(states)
        for child in node["childIds"]:
            yield from below(nodes[child])

    for node in tree["nodes"]:
        if (said(node, "role"), said(node, "name")) == ("region", region):
            yield from below(node)
            return


async def test_a_reader_is_given_all_of_a_card(owner: Visitor) -> None:
    """Chromium's accessibility tree has heading, mode and slider, named, in order."""
    page = owner.page
    await owner.goes_to(URL_PATH)
    await owner.shows(DRAWN)
    await owner.shows(f"{REASON} === {OFF!r}")
    await page.send("Accessibility.enable")
    tree = await page.send("Accessibility.getFullAXTree")
    current = "Garage, maximum charging current"
    buttons = {"Garage", OFF, f"{current}: less", f"{current}: more"}
    wanted = {"heading", "status", "radiogroup", "radio", "slider"}
    found = [
        (role, name, value)
        for role, name, value in rows(tree, "Garage")
        if role in wanted or (role == "button" and name in buttons)
    ]
    assert found == [
        ("heading", "Garage", "level 2"),
        ("button", "Garage", ""),
        ("button", OFF, "expanded False"),
        ("status", "", "live polite"),
        ("radiogroup", "Garage, mode", ""),
        ("radio", "Off", "checked true"),
        ("radio", "Solar", "checked false"),
        ("radio", "Min + Solar", "checked false"),
        ("radio", "Fast", "checked false"),
        ("button", f"{current}: less", ""),
        ("slider", current, "16"),
        ("button", f"{current}: more", ""),
        ("status", "", "live polite"),
    ]
    # Chromium's tree has the number alone; a reader is told what the attribute says.
    spoken = await page.evaluate(f"{SLIDER}.getAttribute('aria-valuetext')")
    assert spoken == "16\u00a0A"


async def test_another_mode_is_another_reason_said_once(
    owner: Visitor, ksem: Ksem
) -> None:
    """A new mode shows its reason and says it once, however its figures go on."""
    page = owner.page
    await owner.goes_to(URL_PATH)
    await owner.shows(DRAWN)
    await owner.shows(f"{REASON} === {OFF!r}")
    assert await page.evaluate(LISTEN) > 0
    await owner.do("click", "[data-option=solar]")
    for kilowatts in (2, 3, 4):
        ksem.set_power(1000 * kilowatts, 0, 0)
        reason = f"No solar surplus: house imports {kilowatts}.0 kW."
        await owner.shows(f"{REASON} === {reason!r}")
    # A meter that is late on a slow machine is another reason, and said in between.
    heads = [said.split(":")[0] for said in await page.evaluate("window.told")]
    assert "No solar surplus" in heads
    assert all(one != other for one, other in pairwise(heads)), heads
    # A slider that has the focus speaks for itself; its output keeps quiet then.
    assert await owner.do("focus", "input") == 16
    assert await page.evaluate(LIVE) == "off"
    await owner.key("ArrowLeft", 37)
    await owner.shows(f"{OUTPUT}.textContent === 'max 15\\u00a0A'")
    await owner.do("click", ".slider button")
    await owner.shows(f"{OUTPUT}.textContent === 'max 16\\u00a0A'")
    assert await page.evaluate(LIVE) == "polite"
    assert not page.faults


async def test_cards_wait_and_come_back(owner: Visitor, ksem: Ksem) -> None:
    """Home Assistant stops and starts: no old number is shown, nothing is reloaded."""
    page, home = owner.page, owner.home
    await owner.goes_to(URL_PATH)
    await owner.shows(DRAWN)
    await page.evaluate(WRITE_DOWN)
    await owner.shows("window.read.at(-1).includes('500 W')")
    await home.stop()
    await owner.shows(f"window.read.at(-1).includes('{WAITING}')")
    ksem.set_power(4_000, 0, 0)
    await home.start()
    await owner.shows("window.read.at(-1).includes('4.0 kW')")
    read = await page.evaluate("window.read")
    since = next(n for n, words in enumerate(read) if WAITING in words)
    assert not [words for words in read[since:] if "500 W" in words]
    await owner.do("click", "[data-option=fast]")
    await owner.shows(f"{REASON} !== {OFF!r}")
    assert await steered(home) == "fast"
    # While nobody answers, Home Assistant's own page fetches in vain.
    absent = "ERR_CONNECTION_REFUSED", "Failed to fetch dynamically imported module"
    assert not [one for one in page.faults if not any(why in one for why in absent)]


async def test_a_card_from_the_list_of_cards(owner: Visitor) -> None:
    """Found in the list with its preview, filled in, saved, and it steers."""
    page, home = owner.page, owner.home
    await home.ws(
        "lovelace/dashboards/create",
        url_path="our-house",
        title="Our house",
        show_in_sidebar=True,
        require_admin=False,
    )
    empty = {"type": "sections", "title": "Home", "sections": [{"type": "grid"}]}
    await home.ws(
        "lovelace/config/save", url_path="our-house", config={"views": [empty]}
    )
    await owner.goes_to("our-house")
    for what, word in (
        ("press_icon", "ui.panel.lovelace.menu.configure_ui"),
        ("press_icon", "ui.panel.lovelace.editor.section.add_card"),
        ("click", "ha-tab-group-tab[panel=card]"),
    ):
        await owner.do(what, word)
    # All five are in the list, each with a preview of this house.
    await owner.shows(f"{DRAWN} && window.ours.length === 5")
    await owner.do("take", "Charger")
    await owner.do("click", "ha-selector-text")
    await owner.types("Left of the door")
    await owner.do("point", "Boost")
    await owner.shows(f"{DRAWN} && {SHOWN}.includes('Left of the door')")
    await owner.shows(f"{DRAWN} && {SHOWN}.includes('Boost 30')")
    await owner.do("press_key", "ui.common.save")
    await owner.do("press_key", "ui.panel.lovelace.menu.exit_edit_mode")
    await owner.shows(f"{DRAWN} && window.ours.length === 1")
    await owner.do("click", "[data-option=fast]")
    await owner.shows(f"{REASON} !== {OFF!r}")
    saved = await home.ws("lovelace/config", url_path="our-house")
    (card,) = saved["views"][0]["sections"][0]["cards"]
    assert card["type"] == "custom:meters-chargers-charger-card"
    assert card["name"] == "Left of the door"
    assert "boost" in card["show"]
    assert await steered(home) == "fast"
    assert not page.faults
