"""What the chargers drew when the grid was sampled, and the base load besides."""

from collections.abc import Iterable, Sequence
from dataclasses import replace

from .charger import Charger
from .memory import NOTHING, Drawn, Measurement
from .settings import Settings
from .state import GridSample, PhaseCurrents


def power_to_ma(power_w: int, voltage_mv: int) -> int:
    """The current of a power at the site's voltage, rounded up."""
    return -(-power_w * 1_000_000 // voltage_mv)


def add(currents: Iterable[PhaseCurrents]) -> PhaseCurrents:
    """The sum on each phase."""
    one, two, three = NOTHING
    for first, second, third in currents:
        one, two, three = one + first, two + second, three + third
    return (one, two, three)


def sample_draw(charger: Charger, sample: GridSample, now_ms: int) -> Charger:
    """Fix what the charger drew at a new sample, until the next one.

    Comparing a newer measurement with an older sample would take the car's own
    change for one of the house.
    """
    if not charger.online:
        drawn = Drawn()
    elif charger.measured:
        drawn = _measured(charger, sample, now_ms)
    elif charger.memory.drawing:
        drawn = _assumed(charger, now_ms)
    else:
        drawn = Drawn()
    return replace(charger, memory=replace(charger.memory, drawn=drawn))


def base_load(
    settings: Settings, sample: GridSample, drawn: PhaseCurrents
) -> PhaseCurrents:
    """The current of the house on each phase without its chargers, in mA.

    With the total power alone all of the house may hang on any one phase.
    """
    if sample.currents_ma is None:
        total = power_to_ma(sample.power_w, settings.voltage_mv) - sum(drawn)
        return (total, total, total)
    one, two, three = sample.currents_ma
    return (one - drawn[0], two - drawn[1], three - drawn[2])


def _measured(charger: Charger, sample: GridSample, now_ms: int) -> Drawn:
    """By the measurement nearest to the sample; more than the limit is base load."""
    memory = charger.memory
    nearest = min(memory.measurements, key=lambda one: abs(one.at_ms - sample.at_ms))
    best = _least(nearest.currents_ma)
    within = _least(best, charger.reserved_ma)
    high = within
    if not charger.settled(now_ms):
        # The nearest may already show a reduction that the sample does not.
        before = _last_until(memory.measurements, sample.at_ms)
        high = _least(_most([best, before.currents_ma]), charger.reserved_ma)
    at = memory.commanded_at_ms
    if at is None or nearest.at_ms >= at + charger.settings.settle_ms:
        return Drawn(best, within, high)
    old_or_new = charger.on_phases(min(memory.previous_ma, charger.limit_ma))
    return Drawn(best, _least(within, old_or_new), high)


def _last_until(measurements: Sequence[Measurement], at_ms: int) -> Measurement:
    """The last measurement not taken after an instant, else the oldest kept."""
    earlier = [one for one in measurements if one.at_ms <= at_ms]
    return earlier[-1] if earlier else measurements[0]


def _assumed(charger: Charger, now_ms: int) -> Drawn:
    """By the limit, between the old and the new one while a write settles."""
    limit = charger.on_phases(charger.limit_ma)
    previous = charger.on_phases(charger.memory.previous_ma)
    settled = charger.settled(now_ms)
    if charger.memory.step is None and settled:
        return Drawn(limit, limit, limit)
    high = limit if settled else _most([limit, previous])
    return Drawn(limit, _least(limit, previous), high)


def _least(first: PhaseCurrents, second: PhaseCurrents | None = None) -> PhaseCurrents:
    """The smaller on each phase, never below 0."""
    other = first if second is None else second
    one, two, three = (max(0, min(pair)) for pair in zip(first, other, strict=True))
    return (one, two, three)


def _most(currents: list[PhaseCurrents]) -> PhaseCurrents:
    """The largest on each phase."""
    one, two, three = (max(phase) for phase in zip(*currents, strict=True))
    return (one, two, three)
