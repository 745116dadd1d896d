"""Pictures of a page in all windows and colours, whose words are read."""

import asyncio
from pathlib import Path
import re

from .browser import Page
from .demo import say

WINDOWS = {"phone": (375, 812), "desk": (1280, 960)}
SCHEMES = ("light", "dark")
SETTLE_S = 1.0
# Of our cards and of dialogs all that is to be read, below any shadow root.
_WORDS = """(() => {
  const words = (node) => [...node.childNodes].map((one) =>
    one.nodeType === 3 ? one.textContent
    : ["STYLE", "SCRIPT"].includes(one.tagName) ? ""
    : words(one) + (one.shadowRoot ? words(one.shadowRoot) : "")).join(" ");
  const found = [];
  const walk = (node) => {
    for (const one of node.querySelectorAll("*")) {
      if (/^meters-chargers-.*-inside$|^dialog-data-entry-flow$/.test(one.localName))
        found.push(words(one.shadowRoot ?? one));
      else if (one.shadowRoot) walk(one.shadowRoot);
    }
  };
  walk(document);
  return found.join(" ").replace(/\\s+/g, " ");
})()"""
# What Home Assistant's own graphs have written into their pictures.
GRAPHS = """(() => {
  const found = [];
  const walk = (node) => {
    for (const one of node.querySelectorAll("*")) {
      if (one.localName === "ha-chart-base" && one.chart)
        for (const drawn of one.chart.getZr().storage.getDisplayList(true))
          if (drawn.style?.text) found.push(String(drawn.style.text));
      if (one.shadowRoot) walk(one.shadowRoot);
    }
  };
  walk(document);
  return found;
})()"""
# What no owner is to read: what a program says of nothing, and keys of translations.
_FOREIGN = re.compile(r"\b(NaN|null|undefined|unknown|[a-z]+(?:_[a-z0-9]+)+)\b")
# Names that contain them: those of files, and of our own fakes.
_NAMES = re.compile(r"smart-me_|/\S*|\S+\.\S+")
# Which way power flows is said in words.
_MINUS = re.compile(r"(?<!\w)[-\u2212]\s?\d\S*")


class Camera:
    """Takes each screen in all windows and colours, and reads its words."""

    def __init__(self, page: Page, folder: Path, language: str) -> None:
        """Write into a folder."""
        self._page = page
        self._folder = folder
        self._language = language
        self.faults: list[str] = []

    async def take(self, name: str, settle_s: float = SETTLE_S) -> None:
        """Take the screen that is shown; it stays as it is."""
        for window, size in WINDOWS.items():
            await self._page.look(*size)
            for scheme in SCHEMES:
                await self._page.prefer(color_scheme=scheme)
                await asyncio.sleep(settle_s)
                picture = await self._page.picture()
                file = f"{name}-{self._language}-{window}-{scheme}.png"
                await asyncio.to_thread((self._folder / file).write_bytes, picture)
        words = await self._page.evaluate(_WORDS) or ""
        drawn = " ".join(await self._page.evaluate(GRAPHS))
        for word in (
            *_FOREIGN.findall(_NAMES.sub(" ", words)),
            *_MINUS.findall(f"{words} {drawn}"),
        ):
            self.faults.append(f"{name} ({self._language}) says {word}")
        say(f"  {name}")

    async def take_grey(self, name: str) -> None:
        """Take the screen also as who sees no colours does."""
        await self.take(name)
        for deficiency in ("achromatopsia", "none"):
            await self._page.send(
                "Emulation.setEmulatedVisionDeficiency", type=deficiency
            )
            if deficiency != "none":
                await self.take(f"{name}_grey")
