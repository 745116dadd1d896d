"""Charging from the sun: the surplus, who gets it, and the start and stop timers."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from .charger import Charger
from .decision import Reason
from .follow import may_probe, probe_ma
from .settings import Settings
from .share import by_priority
from .state import GridSample, Mode

PATIENCE_MS = 30_000


@dataclass(frozen=True, slots=True)
class Wish:
    """What a charger should get if the fuse allows it, in mA, and why."""

    charger: Charger
    current_ma: int
    reason: Reason
    until_ms: int | None = None


@dataclass(frozen=True, slots=True)
class _Sun:
    """The surplus one charger can count on, in W, after those before it."""

    charger: Charger
    power_w: int

    @property
    def enough(self) -> bool:
        return self.charger.highest_ma > 0 and self.power_w >= 0


def power_w(settings: Settings, charger: Charger, current_ma: int) -> int:
    """The power of a current on the phases the charger loads, rounded up."""
    return -(-current_ma * charger.phase_count * settings.voltage_mv // 1_000_000)


def surplus_w(
    settings: Settings, sample: GridSample, chargers: Sequence[Charger]
) -> int:
    """The power the solar chargers could draw together without drawing from the grid.

    Netted over the phases, as meters bill it.
    """
    drawn = sum(sum(charger.memory.drawn.best_ma) for charger in chargers)
    return (
        drawn * settings.voltage_mv // 1_000_000 - sample.power_w - settings.residual_w
    )


def solar_wishes(
    settings: Settings, sample: GridSample, chargers: Sequence[Charger], now_ms: int
) -> dict[str, Wish]:
    """Share the surplus between the solar chargers that are online.

    The minimums that are drawn whatever the sun does come first, then who is important.
    """
    order = by_priority(chargers)
    left = surplus_w(settings, sample, order)
    wishes: dict[str, Wish] = {}
    claimed = 0
    for charger in sorted(order, key=lambda one: one.mode is not Mode.MIN_SOLAR):
        least = power_w(settings, charger, charger.lowest_ma)
        if charger.mode is Mode.MIN_SOLAR:
            wish = _always(settings, _Sun(charger, left - least))
            if not (charger.charging and _is_idle(charger, now_ms)):
                left -= least
        elif charger.charging:
            wish = _stay(settings, _Sun(charger, left - least), now_ms)
            if not _is_idle(charger, now_ms):
                left -= least
        else:
            wish = _wait(settings, _Sun(charger, left - claimed - least), now_ms)
            if wish.charger.memory.surplus_since_ms is not None:
                claimed += least
            if wish.current_ma > 0:
                left, claimed = left - least, claimed - least
        wishes[charger.key] = wish
    for charger in order:
        wish = wishes[charger.key]
        if _is_supplied(wish):
            wish, left = _rest(settings, wish, left, now_ms)
            wishes[charger.key] = _patient(wish, now_ms)
        else:
            wishes[charger.key] = _at_once(wish)
    return wishes


def _always(settings: Settings, sun: _Sun) -> Wish:
    """The minimum, whoever pays for it; nothing if the charger has none."""
    current = sun.charger.lowest_ma if sun.charger.highest_ma > 0 else 0
    paid = sun.enough or not _would_import(settings, sun)
    return Wish(sun.charger, current, Reason.SOLAR if paid else Reason.SOLAR_MIN)


def _wait(settings: Settings, sun: _Sun, now_ms: int) -> Wish:
    """Start at the minimum once the surplus has lasted."""
    charger, memory = sun.charger, sun.charger.memory
    if not sun.enough:
        charger = replace(charger, memory=replace(memory, surplus_since_ms=None))
        return Wish(charger, 0, Reason.NO_SURPLUS)
    since = now_ms if memory.surplus_since_ms is None else memory.surplus_since_ms
    charger = replace(
        charger, memory=replace(memory, surplus_since_ms=since, short_since_ms=None)
    )
    start = since + settings.start_delay_ms
    stopped = memory.stopped_at_ms
    rested = start if stopped is None else stopped + settings.min_off_ms
    if now_ms < max(start, rested):
        if rested > start:
            return Wish(charger, 0, Reason.MIN_OFF, rested)
        return Wish(charger, 0, Reason.START_DELAY, start)
    return Wish(charger, charger.lowest_ma, Reason.STARTING)


def _stay(settings: Settings, sun: _Sun, now_ms: int) -> Wish:
    """Hold the minimum through a short lack of sun, then stop."""
    charger, memory = sun.charger, sun.charger.memory
    memory = replace(memory, surplus_since_ms=None)
    if sun.enough:
        charger = replace(charger, memory=replace(memory, short_since_ms=None))
        return Wish(charger, charger.lowest_ma, Reason.SOLAR)
    if not _would_import(settings, sun):
        charger = replace(charger, memory=replace(memory, short_since_ms=None))
        return Wish(charger, charger.lowest_ma, Reason.SURPLUS_LOW)
    since = now_ms if memory.short_since_ms is None else memory.short_since_ms
    charger = replace(charger, memory=replace(memory, short_since_ms=since))
    stop = since + settings.stop_delay_ms
    started = memory.started_at_ms
    ran = stop if started is None else started + settings.min_on_ms
    if now_ms >= max(stop, ran):
        return Wish(charger, 0, Reason.NO_SURPLUS)
    if ran > stop:
        return Wish(charger, charger.lowest_ma, Reason.MIN_ON, ran)
    return Wish(charger, charger.lowest_ma, Reason.STOP_DELAY, stop)


def _would_import(settings: Settings, sun: _Sun) -> bool:
    """Whether the house imports with the charger at its minimum.

    A charger nobody draws from costs nothing while it waits with its offer.
    """
    charger = sun.charger
    saved = 0 if charger.draws else power_w(settings, charger, charger.lowest_ma)
    return sun.power_w + saved + settings.residual_w < 0


def _rest(settings: Settings, wish: Wish, left: int, now_ms: int) -> tuple[Wish, int]:
    """Add what is left of the surplus to a charger's minimum."""
    charger = wish.charger
    lowest = charger.lowest_ma
    if _is_unseen(charger):
        return replace(wish, current_ma=_probing(settings, charger, left, now_ms)), left
    if _is_idle(charger, now_ms):
        return wish, left
    per_ampere = charger.phase_count * settings.voltage_mv
    extra = max(0, left) * 1_000_000 // per_ampere
    extra = min(extra, max(0, charger.highest_ma - lowest))
    wish = replace(wish, current_ma=lowest + extra)
    return wish, left - extra * per_ampere // 1_000_000


def _patient(wish: Wish, now_ms: int) -> Wish:
    """Keep the limit until a small change of the sun has lasted.

    Each write wears a charger that keeps its limit in flash, and clouds would cause
    hundreds a day for next to no energy.
    """
    charger, memory, limit = wish.charger, wish.charger.memory, wish.charger.limit_ma
    target = charger.floor(wish.current_ma)
    change = abs(target - limit)
    if (
        memory.eager
        or not charger.lowest_ma <= limit <= charger.highest_ma
        or not charger.worth_ma <= change < charger.dead_band_ma
        or _is_unseen(charger)
    ):
        return _at_once(wish)
    since, nearest = memory.change_since_ms, memory.change_ma
    if since is None or (target > limit) != (nearest > limit):
        since, nearest = now_ms, target
    nearest = min(nearest, target) if target > limit else max(nearest, target)
    memory = replace(memory, change_since_ms=since, change_ma=nearest)
    charger = replace(charger, memory=memory)
    kept = nearest if now_ms - since >= PATIENCE_MS else limit
    return replace(wish, charger=charger, current_ma=kept)


def _at_once(wish: Wish) -> Wish:
    """Leave a wish as it is; a small change seen before no longer counts."""
    memory = replace(wish.charger.memory, change_since_ms=None)
    return replace(wish, charger=replace(wish.charger, memory=memory))


def _probing(settings: Settings, charger: Charger, left: int, now_ms: int) -> int:
    """The minimum, or a little more if it is time to try and the sun pays for it."""
    lowest = charger.lowest_ma
    if may_probe(charger, now_ms):
        more = probe_ma(charger)
        return lowest + more if left >= power_w(settings, charger, more) else lowest
    return max(lowest, charger.limit_ma) if charger.memory.step else lowest


def _is_supplied(wish: Wish) -> bool:
    """Whether a charger that charges gets its part of what the minimums leave."""
    if not wish.charger.charging or wish.current_ma == 0:
        return False
    return wish.reason is Reason.SOLAR or _is_unseen(wish.charger)


def _is_unseen(charger: Charger) -> bool:
    """Whether nothing shows a car on a charger that does not measure."""
    return not charger.measured and not charger.draws


def _is_idle(charger: Charger, now_ms: int) -> bool:
    """Whether it has been offered current for a while and no car takes it."""
    return not charger.draws and not charger.starting(now_ms)
