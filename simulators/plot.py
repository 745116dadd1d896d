"""Draws a lived day: sun, household and grid, then each charger's limit and currents.

By Pillow, which Home Assistant brings.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path

from PIL import Image, ImageDraw, ImageFont

from .charging_day import Film

_WIDTH, _LEFT, _RIGHT, _TOP, _GAP = 1600, 90, 30, 60, 70
_POWER_HEIGHT, _CHARGER_HEIGHT = 400, 220
_SUN, _SUN_AREA, _HOUSE, _GRID, _GRID_BAND = (
    "#d39b00",
    "#fdf0c4",
    "#2867b2",
    "#b3261e",
    "#f3d3d0",
)
_LIMIT, _PHASES = "#c3b1e8", ("#8d5524", "#6b6b6b", "#2e8b57")
_INK, _RULE, _ZERO = "#222222", "#e4e4e4", "#8a8a8a"
_STEPS = (1, 2, 4, 5, 10, 20, 50, 100)

type Point = tuple[float, float]
type Key = tuple[str, str]
"""A colour and what it stands for."""


def draw(film: Film, title: str, path: Path) -> None:
    """Draw a day into a PNG file; raises ValueError where there is nothing to draw."""
    if not film.sun_w:
        raise ValueError("a day of no seconds can't be drawn")
    heights = [_POWER_HEIGHT] + [_CHARGER_HEIGHT] * len(film.limits_a)
    image = Image.new(
        "RGB", (_WIDTH, _TOP + sum(heights) + _GAP * len(heights)), "#fff"
    )
    canvas = ImageDraw.Draw(image)
    canvas.text((_LEFT, 14), title, _INK, _font(20))
    top = _TOP + _GAP // 2
    _power(canvas, film, top)
    for key in film.limits_a:
        top += _GAP + (_POWER_HEIGHT if key == next(iter(film.limits_a)) else 0)
        _charger(canvas, film, key, top)
        top += _CHARGER_HEIGHT
    image.save(path, "PNG", optimize=True)


@dataclass(frozen=True, slots=True)
class _Panel:
    """A rectangle with axes; values are in `unit`."""

    canvas: ImageDraw.ImageDraw
    top: int
    height: int
    low: float
    high: float
    seconds: int

    def y(self, value: float) -> float:
        """Where a value is."""
        share = (value - self.low) / (self.high - self.low)
        return self.top + self.height * (1 - share)

    def columns(self, values: Sequence[float]) -> list[Sequence[float]]:
        """Cut values into what each column of pixels shows."""
        wide = _WIDTH - _LEFT - _RIGHT
        edges = [round(self.seconds * x / wide) for x in range(wide + 1)]
        return [values[a : max(b, a + 1)] for a, b in pairwise(edges)]

    def line(
        self, values: Sequence[float], of: Callable[[Sequence[float]], float]
    ) -> list[Point]:
        """One point for each column."""
        columns = self.columns(values)
        return [(_LEFT + x, self.y(of(part))) for x, part in enumerate(columns) if part]

    def trace(self, values: Sequence[float]) -> list[Point]:
        """Every value passed through, as an oscilloscope shows it."""
        return [
            (_LEFT + x, self.y(value))
            for x, part in enumerate(self.columns(values))
            if part
            for value in (part[0], min(part), max(part), part[-1])
        ]

    def axes(self, begin_s: int, unit: str, keys: Sequence[Key]) -> None:
        """Draw rules, figures and the legend."""
        font, right = _font(15), _WIDTH - _RIGHT
        step = next(s for s in _STEPS if (self.high - self.low) / s <= 8)
        for tick in range(int(self.low) // step * step, int(self.high) + 1, step):
            if tick < self.low:
                continue
            self.canvas.line(
                [(_LEFT, self.y(tick)), (right, self.y(tick))],
                _RULE if tick else _ZERO,
            )
            self.canvas.text(
                (_LEFT - 10, self.y(tick)), f"{tick} {unit}", _INK, font, "rm"
            )
        bottom = self.top + self.height
        every = max(1, -(-self.seconds // 3600 // 12))
        for hour in range(-(-begin_s // 3600), (begin_s + self.seconds) // 3600 + 1):
            if hour % every:
                continue
            share = (hour * 3600 - begin_s) / self.seconds
            x = _LEFT + (right - _LEFT) * share
            self.canvas.line([(x, self.top), (x, bottom)], _RULE)
            self.canvas.text((x, bottom + 12), f"{hour:02}:00", _INK, font, "mt")
        x = float(_LEFT)
        for colour, text in keys:
            self.canvas.rectangle([x, self.top - 18, x + 18, self.top - 8], colour)
            self.canvas.text((x + 25, self.top - 13), text, _INK, font, "lm")
            x += 55 + font.getlength(text)


def _power(canvas: ImageDraw.ImageDraw, film: Film, top: int) -> None:
    """Sun, household and grid in kW."""
    sun, house, grid = (
        [watts / 1000 for watts in line]
        for line in (film.sun_w, film.house_w, film.grid_w)
    )
    high = max(*sun, *house, *grid, 1.0)
    panel = _Panel(canvas, top, _POWER_HEIGHT, min(*grid, 0.0), high, len(sun))
    sunny = panel.line(sun, _mean)
    ends = [(sunny[-1][0], panel.y(0)), (sunny[0][0], panel.y(0))]
    canvas.polygon([*sunny, *ends], _SUN_AREA)
    band = panel.line(grid, max) + panel.line(grid, min)[::-1]
    canvas.polygon(band, _GRID_BAND)
    panel.axes(
        film.begin_s,
        "kW",
        ((_SUN, "sun"), (_HOUSE, "household"), (_GRID, "grid: import above 0, export")),
    )
    for values, colour in ((sun, _SUN), (house, _HOUSE), (grid, _GRID)):
        canvas.line(panel.line(values, _mean), colour, 2)


def _charger(canvas: ImageDraw.ImageDraw, film: Film, key: str, top: int) -> None:
    """One charger's limit and the car's currents in A."""
    limits, currents = film.limits_a[key], film.currents_a[key]
    high = max(*limits, *(max(one) for one in currents), 6.0) * 1.05
    panel = _Panel(canvas, top, _CHARGER_HEIGHT, 0.0, high, len(limits))
    names = [(colour, f"car on L{n}") for n, colour in enumerate(_PHASES, 1)]
    panel.axes(film.begin_s, "A", ((_LIMIT, f"{key}: limit"), *names))
    # The wider below the narrower, so that equal figures are all seen.
    canvas.line(panel.trace(limits), _LIMIT, 12)
    for phase, (colour, width) in enumerate(zip(_PHASES, (6, 4, 2), strict=True)):
        canvas.line(panel.trace([one[phase] for one in currents]), colour, width)


def _mean(part: Sequence[float]) -> float:
    return sum(part) / len(part)


def _font(size: int) -> ImageFont.FreeTypeFont | ImageFont.ImageFont:
    return ImageFont.load_default(size)
