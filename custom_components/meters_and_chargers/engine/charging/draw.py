"""What the chargers drew when the grid was sampled, and the base load besides."""

from collections.abc import Iterable, Sequence
from dataclasses import replace

from .charger import Charger
from .memory import NOTHING, Drawn, Measurement
from .settings import Settings
from .state import GridSample, PhaseCurrents

LAG_MS = 2_500
"""A measurement that much older than a sample says little about a car that starts."""
ASTRAY_MA = 1_500
ASTRAY_MS = 15_000
HEEDS_MS = 5_000


def power_to_ma(power_w: int, voltage_mv: int) -> int:
    """The current of a power at the site's voltage, rounded up."""
    return -(-power_w * 1_000_000 // voltage_mv)


def add(currents: Iterable[PhaseCurrents]) -> PhaseCurrents:
    """The sum on each phase."""
    one, two, three = NOTHING
    for first, second, third in currents:
        one, two, three = one + first, two + second, three + third
    return (one, two, three)


def take(room: PhaseCurrents, used: PhaseCurrents) -> PhaseCurrents:
    """What remains of the room; below 0 where more was taken than there was."""
    return (room[0] - used[0], room[1] - used[1], room[2] - used[2])


def sample_draw(charger: Charger, sample: GridSample, now_ms: int) -> Charger:
    """Fix what the charger drew at a new sample, until the next one.

    Comparing a newer measurement with an older sample would take the car's own
    change for one of the house.
    """
    drawn = drawn_at(charger, sample, now_ms)
    return replace(charger, memory=replace(charger.memory, drawn=drawn))


def drawn_at(charger: Charger, sample: GridSample, now_ms: int) -> Drawn:
    """What the charger drew when a meter was sampled, as far as can be told."""
    if charger.online and charger.measured:
        return _measured(charger, sample, now_ms)
    if charger.online and charger.memory.drawing:
        return _assumed(charger, now_ms)
    return Drawn()


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


def excess(chargers: Iterable[Charger]) -> PhaseCurrents:
    """What they drew beyond what they may, in mA: to all others that is base load."""
    drawn = [one.memory.drawn for one in chargers]
    return add(_least(take(one.best_ma, one.high_ma), one.best_ma) for one in drawn)


def judge_heed(charger: Charger) -> Charger:
    """Notice by its own measurements a charger that does not follow its limit.

    A measurement from before a write has had time to show proves nothing.
    """
    memory = charger.memory
    if not (charger.online and charger.measured and charger.known):
        return _heeds(charger)
    newest, changed = memory.measurements[-1], memory.changed_at_ms
    at_ms = newest.at_ms
    if changed is not None and at_ms < changed + charger.settings.settle_ms:
        if memory.astray_since_ms is None and memory.heeds_since_ms is None:
            return charger
        memory = replace(memory, astray_since_ms=None, heeds_since_ms=None)
    elif max(newest.currents_ma) > charger.limit_ma + ASTRAY_MA:
        since = memory.astray_since_ms
        since = at_ms if since is None else since
        memory = replace(
            memory,
            astray_since_ms=since,
            astray=memory.astray or at_ms - since >= ASTRAY_MS,
            heeds_since_ms=None,
        )
    else:
        since = memory.heeds_since_ms
        since = at_ms if since is None else since
        if not memory.astray or at_ms - since >= HEEDS_MS:
            return _heeds(charger)
        memory = replace(memory, astray_since_ms=None, heeds_since_ms=since)
    return replace(charger, memory=memory)


def _heeds(charger: Charger) -> Charger:
    """Forget that a charger seemed not to follow."""
    memory = charger.memory
    if memory.astray_since_ms is None and not memory.astray:
        return charger
    memory = replace(memory, astray_since_ms=None, astray=False, heeds_since_ms=None)
    return replace(charger, memory=memory)


def _measured(charger: Charger, sample: GridSample, now_ms: int) -> Drawn:
    """By the measurement nearest to the sample; more than the limit is base load."""
    memory = charger.memory
    nearest = min(memory.measurements, key=lambda one: abs(one.at_ms - sample.at_ms))
    best = _least(nearest.currents_ma)
    may = charger.reserved_ma
    if memory.astray:
        # Whatever it says that its limit is: what it was told is all that it may.
        may = charger.on_used(charger.limit_ma)
    within = _least(best, may)
    high = within
    if charger.starting(now_ms) or not charger.settled(now_ms):
        if sample.at_ms - nearest.at_ms > LAG_MS:
            # The car changes meanwhile, which must not be taken for the house.
            high = may
        else:
            # The nearest may already show a reduction that the sample does not.
            before = _last_until(memory.measurements, sample.at_ms)
            high = _least(_most([best, before.currents_ma]), may)
    at = memory.commanded_at_ms
    seen = at is None or nearest.at_ms >= at + charger.settings.settle_ms
    if seen and not charger.switching:
        return Drawn(best, within, high)
    old_or_new = _least(charger.before_ma, charger.on_phases(charger.limit_ma))
    return Drawn(best, _least(within, old_or_new), high)


def _last_until(measurements: Sequence[Measurement], at_ms: int) -> Measurement:
    """The last measurement not taken after an instant, else the oldest kept."""
    earlier = [one for one in measurements if one.at_ms <= at_ms]
    return earlier[-1] if earlier else measurements[0]


def _assumed(charger: Charger, now_ms: int) -> Drawn:
    """By the limit, between the old and the new one while a write settles."""
    limit = charger.on_phases(charger.limit_ma)
    previous = charger.before_ma
    if charger.switching:
        # It stops in between, nobody sees when.
        return Drawn(limit, NOTHING, _most([limit, previous]))
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
