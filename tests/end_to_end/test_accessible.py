"""What a screen reader, and an eye that sees little, find wrong with the cards."""

import argparse
import asyncio
from collections.abc import AsyncIterator
import json
from pathlib import Path

import pytest

from simulators.browser import Page, browser, log_in
from simulators.dashboard import URL_PATH, complete_dashboard
from simulators.demo import demo, grid_key, parse
from simulators.visitor import DRAWN, Visitor
from tests.end_to_end.household import NEWEST, ROOT

AXE = ROOT / "frontend" / "node_modules" / "axe-core" / "axe.min.js"
VIEWS = ("overview", "charger-1", "circuits", "sessions", "health")
JUDGED = """axe.run({ include: window.ours }).then((result) => ({
  passes: result.passes.length,
  violations: result.violations
    .filter((one) => ["serious", "critical"].includes(one.impact))
    .map((one) => `${one.id}: ${one.nodes.map((node) =>
      `${node.html} ${node.failureSummary}`).join(" | ")}`),
}))"""

# Of the wallbox's mode: how many there are, in how many rows, how many words are cut.
MODES = """(() => {
  const found = window.ours.flatMap((one) =>
    [...one.shadowRoot.querySelectorAll("[role=radiogroup]")])[0];
  const modes = [...(found?.querySelectorAll("[role=radio]") ?? [])];
  return modes.length > 0 && {
    modes: modes.length,
    rows: new Set(modes.map((one) => one.getBoundingClientRect().top)).size,
    cut: modes.filter((one) => one.scrollWidth > one.clientWidth).length,
  };
})()"""
# What is wider than the window, or than the card around it.
WIDER = """(() => {
  const width = document.documentElement.clientWidth;
  const all = window.ours.flatMap((one) => [...one.shadowRoot.querySelectorAll("*")]);
  return all
    .filter((one) => one.getBoundingClientRect().right > width + 0.5
      && getComputedStyle(one).position !== "absolute")
    .map((one) => one.outerHTML.slice(0, 120));
})()"""
# What moves of our cards, and what of them would move for others.
MOVING = """window.ours.flatMap((one) => [...one.shadowRoot.querySelectorAll("*")])
  .filter((one) => {
    const style = getComputedStyle(one);
    return style.transitionDuration.split(",").some((time) => parseFloat(time) > 0)
      || style.animationName !== "none";
  })
  .map((one) => one.outerHTML.slice(0, 120))"""
# As who reads badly may set their letters (WCAG 1.4.12).
SPACED = """(() => {
  for (const one of window.ours) {
    const sheet = document.createElement("style");
    sheet.textContent = `* { line-height: 1.5 !important;
      letter-spacing: .12em !important; word-spacing: .16em !important; }`;
    one.shadowRoot.append(sheet);
  }
  return true;
})()"""
# Words that do not fit into what they stand in.
CUT = """window.ours.flatMap((one) => [...one.shadowRoot.querySelectorAll("*")])
  .filter((one) => one.scrollWidth > one.clientWidth + 1 && one.clientWidth > 1
    && getComputedStyle(one).display !== "inline" && one.textContent.trim() !== "")
  .map((one) => one.outerHTML.slice(0, 120))"""
# Where Tab has to stop in our cards, in their order; how many there are.
STOPS = """(() => {
  window.stops = window.ours.flatMap((one) =>
    [...one.shadowRoot.querySelectorAll("button, input, select, a[href]")])
    .filter((one) => !one.disabled && one.tabIndex >= 0 && one.checkVisibility());
  return window.stops.length;
})()"""
# At which of them the focus is, and whether it is seen below the page's own header.
FOCUS = """(() => {
  let one = document.activeElement;
  while (one?.shadowRoot?.activeElement) one = one.shadowRoot.activeElement;
  const { top, bottom } = one.getBoundingClientRect();
  const { outlineStyle, outlineWidth } = getComputedStyle(one);
  return {
    stop: window.stops.indexOf(one),
    seen: outlineStyle !== "none" && parseFloat(outlineWidth) >= 2
      && top >= 56 && bottom <= innerHeight,
    what: one.outerHTML.slice(0, 120),
  };
})()"""
TAB = "Tab", 9
WINDOW = argparse.Namespace(width=1280, height=960, scale=1, dark=False, language="en")

pytestmark = pytest.mark.end_to_end


@pytest.fixture
async def owner(
    chromium: str, tmp_path: Path, socket_enabled: None
) -> AsyncIterator[Visitor]:
    """Return an owner before the dashboard of a house that charges."""
    house = demo(parse(["--port", "0"]), tmp_path / "config", NEWEST)
    async with house as (_, home, installed, _), browser(chromium) as page:
        await complete_dashboard(home, grid_key(installed))
        await log_in(page, home, WINDOW)
        yield Visitor(page, home)


@pytest.mark.skipif(
    not AXE.exists(), reason="axe is not there: scripts/setup tells more"
)
async def test_axe_finds_nothing_serious(owner: Visitor) -> None:
    """Every view of a house that charges, the plan too, in light and dark colours."""
    source = await asyncio.to_thread(AXE.read_text)
    page, found = owner.page, {}
    for view in VIEWS:
        await owner.goes_to(f"{URL_PATH}/{view}")
        await owner.shows(DRAWN)
        await page.evaluate(f"{source}; true")
        found |= await judged(page, view)
        if view == "overview":
            await owner.do("click", ".reason")
            found |= await judged(page, f"{view}, explained")
        if view == "charger-1":
            await owner.do("click", ".plan .link")
            found |= await judged(page, f"{view}, its plan")
    assert not page.faults
    assert not {where: wrong for where, wrong in found.items() if wrong}, json.dumps(
        found, indent=1
    )


async def test_cards_fit_a_narrow_phone(owner: Visitor) -> None:
    """Nothing is wider than 320 px; four modes in a row at 375 px in each language."""
    page = owner.page
    for language in ("en", "de", "fr", "it"):
        window = argparse.Namespace(**{**vars(WINDOW), "language": language})
        await log_in(page, owner.home, window)
        await page.look(375, 812)
        await owner.goes_to(f"{URL_PATH}/charger-1")
        await owner.shows(DRAWN)
        rows = await owner.shows(MODES)
        assert rows == {"modes": 4, "rows": 1, "cut": 0}, (language, rows)
        for view in VIEWS:
            await owner.goes_to(f"{URL_PATH}/{view}")
            await owner.shows(DRAWN)
            await page.look(320, 700)
            await asyncio.sleep(0.5)
            assert await page.evaluate(DRAWN)
            assert await page.evaluate(WIDER) == [], (language, view)
    assert not page.faults


async def test_cards_stay_still_and_whole(owner: Visitor) -> None:
    """Nothing moves for who wants that; wider letters cut no word on a phone."""
    page = owner.page
    await page.look(375, 812)
    for view in VIEWS:
        await owner.goes_to(f"{URL_PATH}/{view}")
        await owner.shows(DRAWN)
        if view == "overview":
            await page.prefer(reduced_motion="no-preference")
            assert await page.evaluate(MOVING), "the bars move for everybody else"
        await page.prefer(reduced_motion="reduce")
        assert await page.evaluate(MOVING) == [], view
        await page.evaluate(SPACED)
        await asyncio.sleep(0.5)
        assert await page.evaluate(WIDER) == [], view
        assert await page.evaluate(CUT) == [], view
    assert not page.faults


async def test_tab_reaches_all_of_the_cards(owner: Visitor) -> None:
    """Each control of every card in its order, and the focus is seen on each."""
    page = owner.page
    await page.send("Emulation.setFocusEmulationEnabled", enabled=True)
    for view in ("overview", "charger-1"):
        await owner.goes_to(f"{URL_PATH}/{view}")
        await owner.shows(DRAWN)
        count = await page.evaluate(STOPS)
        assert count > 5, view
        reached: list[int] = []
        for _ in range(count + 60):
            await owner.key(*TAB)
            found = await page.evaluate(FOCUS)
            if found["stop"] >= 0:
                assert found["seen"], (view, found)
                reached.append(found["stop"])
            if len(reached) == count:
                break
        assert reached == list(range(count)), view
    assert not page.faults


async def judged(page: Page, where: str) -> dict[str, list[str]]:
    """Return what axe finds wrong with our elements, by where, in both colours."""
    found = {}
    for scheme in ("light", "dark"):
        await page.prefer(color_scheme=scheme)
        # Colours change within a moment; a colour on its way would be judged.
        await asyncio.sleep(1)
        assert await page.evaluate(DRAWN)
        result = await page.evaluate(JUDGED)
        assert result["passes"] > 5, where
        found[f"{where}, {scheme}"] = result["violations"]
    return found
