"""Whether a car draws on a charger that does not measure: does the grid follow?"""

from dataclasses import replace

from .charger import DRAWING_MA, START_WINDOW_MS, Charger
from .draw import power_to_ma
from .memory import GridMemory, Step
from .settings import Settings
from .state import GridSample, PhaseCurrents

STEP_WINDOW_MS = 15_000
PROBE_EVERY_MS = 60_000
KEPT_SAMPLES = 4
FOLLOWED_MA = 800
"""A step of 1 A counts as followed from here: the house is never quite still."""


def record(
    settings: Settings, grid: GridMemory, sample: GridSample, measured: PhaseCurrents
) -> GridMemory:
    """Keep the sample without the chargers whose own measurement explains it."""
    power = sum(measured) * settings.voltage_mv // 1_000_000
    currents = sample.currents_ma
    if currents is not None:
        one, two, three = (
            grid_ma - own_ma for grid_ma, own_ma in zip(currents, measured, strict=True)
        )
        currents = (one, two, three)
    rest = GridSample(sample.at_ms, sample.power_w - power, currents)
    alike = tuple(
        old
        for old in grid.unmeasured
        if (old.currents_ma is None) == (currents is None)
    )
    return replace(grid, unmeasured=(*alike, rest)[-KEPT_SAMPLES:])


def judge_step(settings: Settings, charger: Charger, grid: GridMemory) -> Charger:
    """Decide at a new sample whether a pending step was followed, or will not be."""
    step = charger.memory.step
    if step is None:
        return charger
    if charger.measured:
        return replace(charger, memory=replace(charger.memory, step=None))
    *before, newest = grid.unmeasured
    if newest.at_ms > step.at_ms and any(
        _follows(settings, charger, step, old, newest) for old in before
    ):
        return replace(charger, memory=replace(charger.memory, step=None, drawing=True))
    if newest.at_ms > step.until_ms:
        memory = replace(charger.memory, step=None, drawing=False)
        return replace(charger, memory=memory)
    return charger


def step_for(charger: Charger, to_ma: int, now_ms: int) -> Step | None:
    """What a command will prove; nothing if it is small or overtakes another step."""
    size = abs(to_ma - charger.limit_ma)
    if charger.measured or charger.memory.step or to_ma == 0 or size < DRAWING_MA:
        return None
    window = STEP_WINDOW_MS if charger.charging else START_WINDOW_MS
    return Step(now_ms, charger.limit_ma, to_ma, now_ms + window)


def probe_ma(charger: Charger) -> int:
    """How much a probing step adds: 1 A, or the charger's own larger step."""
    step = charger.settings.step_ma
    return -(-DRAWING_MA // step) * step


def may_probe(charger: Charger, now_ms: int) -> bool:
    """Whether a charger waiting at its minimum is due for a probing step."""
    probed = charger.memory.probed_at_ms
    return (
        charger.limit_ma == charger.lowest_ma
        and charger.memory.step is None
        and charger.lowest_ma + probe_ma(charger) <= charger.highest_ma
        and (probed is None or now_ms - probed >= PROBE_EVERY_MS)
    )


def _follows(
    settings: Settings,
    charger: Charger,
    step: Step,
    old: GridSample,
    newest: GridSample,
) -> bool:
    """Whether all phases of the charger changed between two samples as the step did."""
    sign = 1 if step.to_ma > step.from_ma else -1
    size = abs(step.to_ma - step.from_ma)
    changes = [sign * change for change in _changes(settings, charger, old, newest)]
    slack = max(DRAWING_MA, size // 2)
    return (
        min(changes) >= max(FOLLOWED_MA, size // 2)
        and max(changes) <= size + slack
        and max(changes) - min(changes) <= slack
    )


def _changes(
    settings: Settings, charger: Charger, old: GridSample, newest: GridSample
) -> list[int]:
    """The change of current on each phase of the charger; of power if that is all."""
    if old.currents_ma is None or newest.currents_ma is None:
        power = newest.power_w - old.power_w
        count = max(1, sum(charger.phases))
        return [power_to_ma(power, settings.voltage_mv) // count]
    return [
        after - before
        for before, after, loaded in zip(
            old.currents_ma, newest.currents_ma, charger.phases, strict=True
        )
        if loaded
    ] or [0]
