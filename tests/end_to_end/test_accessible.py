"""What a screen reader, and an eye that sees little, find wrong with the cards."""

import argparse
import asyncio
import json
from pathlib import Path

import pytest

from simulators.browser import Page, Visitor, browser, log_in
from simulators.dashboard import URL_PATH, complete_dashboard
from simulators.demo import demo, grid_key, parse
from tests.end_to_end.household import NEWEST, ROOT

AXE = ROOT / "frontend" / "node_modules" / "axe-core" / "axe.min.js"
VIEWS = ("overview", "charger-1", "circuits", "sessions", "health")
# A card that has not got its words yet is a grey block.
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
JUDGED = """axe.run({ include: window.ours }).then((result) => ({
  passes: result.passes.length,
  violations: result.violations
    .filter((one) => ["serious", "critical"].includes(one.impact))
    .map((one) => `${one.id}: ${one.nodes.map((node) =>
      `${node.html} ${node.failureSummary}`).join(" | ")}`),
}))"""

pytestmark = [
    pytest.mark.end_to_end,
    pytest.mark.skipif(
        not AXE.exists(), reason="axe is not there: scripts/setup tells more"
    ),
]


async def test_axe_finds_nothing_serious(
    chromium: str, tmp_path: Path, socket_enabled: None
) -> None:
    """Every view of a house that charges, the plan too, in light and dark colours."""
    source = await asyncio.to_thread(AXE.read_text)
    async with (
        demo(parse(["--port", "0"]), tmp_path / "config", NEWEST) as (
            _,
            home,
            installed,
        ),
        browser(chromium) as page,
    ):
        await complete_dashboard(home, grid_key(installed))
        window = argparse.Namespace(
            width=1280, height=960, scale=1, dark=False, language="en"
        )
        await log_in(page, home, window)
        owner = Visitor(page, home)
        found = {}
        for view in VIEWS:
            await owner.goes_to(f"{URL_PATH}/{view}")
            await owner.shows(DRAWN)
            await page.evaluate(f"{source}; true")
            found |= await judged(page, view)
            if view == "overview":
                await owner.do("click", ".reason")
                found |= await judged(page, f"{view}, explained")
            if view == "charger-1" and await owner.do("sees", ".plan"):
                await owner.do("click", ".plan .link")
                found |= await judged(page, f"{view}, its plan")
        assert not page.faults
    assert not {where: wrong for where, wrong in found.items() if wrong}, json.dumps(
        found, indent=1
    )


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
