"""Is the grid meter mounted the right way round? Judged by what can't be otherwise.

Two things show a turned meter. At night, when no sun can produce, a house draws from
the grid: a meter that says export for long, and never import, is turned - or a battery
feeds the grid, a generator runs, the wind blows. And when a car begins to charge, the
grid must show its power as import: a meter that shows it as export three times in a row
is turned. A house battery that makes up for the car hides the step; that is no evidence
either way. A meter that measures something else than the house shows neither.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from .state import GridSample

EXPORT_W = 200
IMPORT_W = 50
"""More than noise: a house that draws this is not shown the wrong way round."""
LONG_MS = 10 * 60_000
NIGHT_MS = 60 * 60_000
GAP_MS = 2 * 60_000
"""Longer without a sample, and the night is counted anew."""
IDLE_MA = 500
CHARGING_MA = 5_000
STEP_MS = 70_000
"""A wallbox may measure once a minute."""
SETTLE_MS = 6_000
LEAST_W = 1_000
ENOUGH_STEPS = 3
_VOLTAGE = 230


class Finding(StrEnum):
    """What speaks for a turned meter."""

    NIGHT = "sign_night"
    STEPS = "sign_steps"


@dataclass(frozen=True, slots=True)
class Measured:
    """What a charger draws by its own measurement; mA over all phases, and when."""

    at_ms: int
    total_ma: int


@dataclass(slots=True)
class _Start:
    """A charger that is idle, or has just begun to charge."""

    idle_at_ms: int
    grid_w: int
    others_ma: int
    begun_at_ms: int | None = None


class SignWatch:
    """Gathers evidence, sample by sample; ``finding`` is what it comes to."""

    def __init__(self) -> None:
        """Begin without any evidence."""
        self.finding: Finding | None = None
        self.export_w = 0
        """What the grid showed, or the step it made, when it was found; W."""
        self._sample: GridSample | None = None
        self._night_since_ms: int | None = None
        self._export_since_ms: int | None = None
        self._import_since_ms: int | None = None
        self._starts: dict[str, _Start] = {}
        self._wrong = 0
        self._right = 0

    def look(
        self,
        grid: GridSample | None,
        chargers: Mapping[str, Measured],
        *,
        night: bool,
    ) -> None:
        """Take the newest sample of the grid and of every charger that measures.

        ``night`` says that the sun is well below the horizon.
        """
        if grid is None or grid == self._sample:
            return
        before, self._sample = self._sample, grid
        gap = before is None or grid.at_ms - before.at_ms > GAP_MS
        self._look_at_night(grid, night=night, gap=gap)
        if gap:
            self._starts.clear()
        for key, measured in chargers.items():
            others = sum(c.total_ma for k, c in chargers.items() if k != key)
            self._look_at_charger(key, measured, others, grid)

    def _look_at_night(self, grid: GridSample, *, night: bool, gap: bool) -> None:
        now_ms, power_w = grid.at_ms, grid.power_w
        if gap or not night:
            self._night_since_ms = None
            self._export_since_ms = self._import_since_ms = None
        if not night:
            return
        if self._night_since_ms is None or power_w > IMPORT_W:
            # The night in which nothing was drawn begins now.
            self._night_since_ms = now_ms
        self._export_since_ms = _since(
            self._export_since_ms, now_ms, holds=power_w < -EXPORT_W
        )
        self._import_since_ms = _since(
            self._import_since_ms, now_ms, holds=power_w > EXPORT_W
        )
        if _lasts(self._import_since_ms, now_ms) and self.finding is Finding.NIGHT:
            self.finding = None
        if (
            self.finding is None
            and _lasts(self._export_since_ms, now_ms)
            and now_ms - self._night_since_ms >= NIGHT_MS
        ):
            self.finding, self.export_w = Finding.NIGHT, -power_w

    def _look_at_charger(
        self, key: str, measured: Measured, others_ma: int, grid: GridSample
    ) -> None:
        """Follow a car from drawing nothing to charging."""
        start = self._starts.get(key)
        if measured.total_ma <= IDLE_MA:
            if start is None or start.idle_at_ms != measured.at_ms:
                self._starts[key] = _Start(measured.at_ms, grid.power_w, others_ma)
            return
        if start is None or measured.total_ma < CHARGING_MA:
            return
        if start.begun_at_ms is None:
            start.begun_at_ms = measured.at_ms
        if grid.at_ms < start.begun_at_ms + SETTLE_MS:
            return
        del self._starts[key]
        drawn_w = measured.total_ma * _VOLTAGE // 1000
        others_moved = abs(others_ma - start.others_ma) > IDLE_MA
        if grid.at_ms - start.idle_at_ms <= STEP_MS + SETTLE_MS and not others_moved:
            self._judge(grid.power_w - start.grid_w, drawn_w)

    def _judge(self, change_w: int, drawn_w: int) -> None:
        """Count a car's start that the grid shows, rightly or the wrong way round."""
        if drawn_w < LEAST_W or not drawn_w / 2 <= abs(change_w) <= drawn_w * 3 / 2:
            return
        if change_w > 0:
            self._right, self._wrong = self._right + 1, 0
        else:
            self._right, self._wrong = 0, self._wrong + 1
        if self._right >= ENOUGH_STEPS and self.finding is not None:
            self.finding = None
        elif self._wrong >= ENOUGH_STEPS and self.finding is None:
            self.finding, self.export_w = Finding.STEPS, -change_w


def _since(since_ms: int | None, now_ms: int, *, holds: bool) -> int | None:
    """Return since when something holds; None when it doesn't."""
    if not holds:
        return None
    return now_ms if since_ms is None else since_ms


def _lasts(since_ms: int | None, now_ms: int) -> bool:
    return since_ms is not None and now_ms - since_ms >= LONG_MS
