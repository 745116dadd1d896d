"""Is a charger wired to the phase that its owner named? Judged by the grid's steps.

A car that charges on one phase and changes its current moves the current of one phase
of the house by as much. Three such steps in a row on another phase than the named one
say that the wiring is another; one on the named phase says that it is right. A step
that shows on several phases, or on none, is no evidence: the house moved too.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from .state import ChargerState, GridSample, PhaseCurrents

LEAST_MA = 3_000
SETTLE_MS = 6_000
STEP_MS = 70_000
"""A wallbox may measure once a minute."""
ENOUGH_STEPS = 3
_IDLE_MA = 500


@dataclass(frozen=True, slots=True)
class Mismatch:
    """A charger whose steps show on another phase; phases from 0."""

    charger: str
    named: int
    seen: int


@dataclass(frozen=True, slots=True)
class _Before:
    """What a charger drew on its one phase, and the grid, before a step."""

    at_ms: int
    phase: int | None
    """None while it drew nothing."""
    current_ma: int
    grid_ma: PhaseCurrents
    moved_at_ms: int | None = None


@dataclass(slots=True)
class _Evidence:
    before: _Before | None = None
    seen: int | None = None
    steps: int = 0
    mismatch: Mismatch | None = None


class RotationWatch:
    """Gathers evidence, sample by sample."""

    def __init__(self) -> None:
        """Begin without any evidence."""
        self._sample: GridSample | None = None
        self._chargers: dict[str, _Evidence] = {}

    @property
    def mismatches(self) -> tuple[Mismatch, ...]:
        """Return what is known to be wired otherwise."""
        found = (one.mismatch for one in self._chargers.values())
        return tuple(one for one in found if one is not None)

    def look(self, grid: GridSample | None, chargers: Sequence[ChargerState]) -> None:
        """Take the newest sample of the grid and of every charger that measures."""
        if grid is None or grid == self._sample or grid.currents_ma is None:
            return
        self._sample = grid
        for one in chargers:
            evidence = self._chargers.setdefault(one.key, _Evidence())
            _look_at(one, evidence, grid.at_ms, grid.currents_ma)


def _look_at(
    charger: ChargerState, evidence: _Evidence, now_ms: int, grid_ma: PhaseCurrents
) -> None:
    """Follow a charger from one current to another, and compare the grid."""
    before, drawing = evidence.before, _drawing(charger)
    if charger.measured_at_ms is None or len(drawing) > 1:
        evidence.before = None
        return
    phase, current_ma = drawing[0] if drawing else (None, 0)
    here = _Before(charger.measured_at_ms, phase, current_ma, grid_ma)
    named = phase if phase is not None or before is None else before.phase
    if before is None or named is None or before.phase not in (None, named):
        evidence.before = here
        return
    step_ma = current_ma - before.current_ma
    if abs(step_ma) < LEAST_MA:
        evidence.before = here
        return
    moved_at_ms = before.moved_at_ms or charger.measured_at_ms
    if now_ms < moved_at_ms + SETTLE_MS:
        evidence.before = replace(before, moved_at_ms=moved_at_ms)
        return
    evidence.before = here
    if now_ms - before.at_ms > STEP_MS + SETTLE_MS:
        return
    changes = [now - then for now, then in zip(grid_ma, before.grid_ma, strict=True)]
    followed = [p for p, change in enumerate(changes) if _follows(change, step_ma)]
    still = sum(abs(change) * 3 < abs(step_ma) for change in changes)
    if len(followed) == 1 and still == len(changes) - 1:
        _judge(charger.key, evidence, named, followed[0])


def _judge(key: str, evidence: _Evidence, named: int, seen: int) -> None:
    """Count a step that shows on one phase alone."""
    if seen == named:
        evidence.seen, evidence.steps, evidence.mismatch = None, 0, None
        return
    evidence.steps = evidence.steps + 1 if seen == evidence.seen else 1
    evidence.seen = seen
    if evidence.steps >= ENOUGH_STEPS:
        evidence.mismatch = Mismatch(key, named, seen)


def _drawing(charger: ChargerState) -> list[tuple[int, int]]:
    """Return the phases on which a charger draws, and how much."""
    drawn = charger.measured_ma or ()
    return [(phase, ma) for phase, ma in enumerate(drawn) if ma > _IDLE_MA]


def _follows(change_ma: int, step_ma: int) -> bool:
    """Whether a phase of the grid moved as the charger did, within a third."""
    return abs(change_ma - step_ma) * 3 <= abs(step_ma)
