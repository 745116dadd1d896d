"""Charging from the sun: the surplus, who gets it, and the start and stop timers."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

from .charger import Charger
from .follow import may_probe, probe_ma
from .phases import by_sun
from .reason import Reason
from .settings import Settings
from .share import by_priority
from .state import Battery, GridSample, Mode

PATIENCE_MS = 30_000


@dataclass(frozen=True, slots=True)
class Wish:
    """What a charger should get if the fuse allows it, in mA, and why."""

    charger: Charger
    current_ma: int
    reason: Reason
    until_ms: int | None = None
    figures: Mapping[str, int | str] = field(default_factory=dict)
    """As in `Explanation`."""


@dataclass(frozen=True, slots=True)
class _Store:
    """What the house's battery gives and takes, in W."""

    surplus_w: int = 0
    """What its power adds to the surplus: what it charges, unless the battery goes
    first; less what it discharges."""
    withheld_w: int = 0
    """What it charges and is left, since it goes first."""
    help_w: int = 0
    """What it discharges and may, to keep chargers at their minimum."""
    figures: Mapping[str, int] = field(default_factory=dict)
    """How full it is, and from where on it no longer goes first; percent."""


@dataclass(frozen=True, slots=True)
class _Sun:
    """The surplus one charger can count on, in W, after those before it."""

    charger: Charger
    power_w: int
    grid_w: int = 0
    store: _Store = _Store()
    in_front: tuple[tuple[str, int], ...] = ()
    """Chargers of higher priority, and what they have of the surplus."""

    @property
    def enough(self) -> bool:
        return self.charger.highest_ma > 0 and self.power_w >= 0

    def balance(self, settings: Settings) -> dict[str, int]:
        """What there is for the charger, and what it needs."""
        need = power_w(settings, self.charger, self.charger.lowest_ma)
        return {"have": self.power_w + need, "need": need}


def power_w(settings: Settings, charger: Charger, current_ma: int) -> int:
    """The power of a current on the phases the charger loads, rounded up."""
    return -(-current_ma * charger.phase_count * settings.voltage_mv // 1_000_000)


def surplus_w(
    settings: Settings,
    sample: GridSample,
    chargers: Sequence[Charger],
    battery: Battery | None = None,
) -> int:
    """The power the solar chargers could draw together without drawing from the grid.

    Nor from the house's battery. Netted over the phases, as meters bill it.
    """
    drawn = sum(sum(charger.memory.drawn.best_ma) for charger in chargers)
    site_w = sample.power_w - _store(settings, battery).surplus_w
    return drawn * settings.voltage_mv // 1_000_000 - site_w - settings.residual_w


def _store(settings: Settings, battery: Battery | None) -> _Store:
    """What counts of a battery; one whose charge level is not known counts as empty."""
    if battery is None:
        return _Store()
    level = battery.charge_percent or 0
    first = level < settings.battery_first_percent
    charges, discharges = max(0, -battery.power_w), max(0, battery.power_w)
    helps = settings.battery_discharge and level >= settings.battery_buffer_percent
    figures = {"target": settings.battery_first_percent}
    if battery.charge_percent is not None:
        figures["soc"] = battery.charge_percent
    return _Store(
        -discharges if first else charges - discharges,
        charges if first else 0,
        discharges if helps else 0,
        figures,
    )


def solar_wishes(
    settings: Settings,
    sample: GridSample,
    chargers: Sequence[Charger],
    now_ms: int,
    battery: Battery | None = None,
) -> dict[str, Wish]:
    """Share the surplus between the solar chargers that are online.

    The minimums that are drawn whatever the sun does come first, then who is important.
    """
    order = by_priority(chargers)
    left = surplus_w(settings, sample, order, battery)
    order = by_sun(settings, order, left, now_ms)
    wishes: dict[str, Wish] = {}
    claimed = 0
    shares: list[tuple[Charger, int]] = []
    store = _store(settings, battery)
    for charger in sorted(order, key=lambda one: one.mode is not Mode.MIN_SOLAR):
        least = power_w(settings, charger, charger.lowest_ma)
        sun = _Sun(charger, left - least, max(0, sample.power_w), store)
        share = 0
        if charger.mode is Mode.MIN_SOLAR:
            wish = _always(settings, sun)
            if not (charger.charging and _is_idle(charger, now_ms)):
                share = least
            left -= share
        elif charger.charging:
            wish = _stay(settings, sun, now_ms)
            if not _is_idle(charger, now_ms):
                share = least
            left -= share
        else:
            front = tuple(
                (one.key, watts)
                for one, watts in shares
                if one.settings.priority > charger.settings.priority and watts > 0
            )
            wish = _wait(
                settings,
                replace(sun, power_w=sun.power_w - claimed, in_front=front),
                now_ms,
            )
            if wish.charger.memory.surplus_since_ms is not None:
                claimed += least
                share = least
            if wish.current_ma > 0:
                left, claimed = left - least, claimed - least
        shares.append((charger, share))
        wishes[charger.key] = wish
    for charger in order:
        wish = wishes[charger.key]
        if _is_supplied(wish):
            wish, left = _rest(settings, wish, left, now_ms)
            wishes[charger.key] = _patient(settings, wish, now_ms)
        else:
            wishes[charger.key] = _at_once(wish)
    return wishes


def _always(settings: Settings, sun: _Sun) -> Wish:
    """The minimum, whoever pays for it; nothing if the charger has none."""
    current = sun.charger.lowest_ma if sun.charger.highest_ma > 0 else 0
    if sun.enough or not _would_import(settings, sun):
        return Wish(sun.charger, current, Reason.SOLAR)
    if _is_helped(settings, sun):
        return _helped(sun)
    return Wish(sun.charger, current, Reason.SOLAR_MIN)


def _wait(settings: Settings, sun: _Sun, now_ms: int) -> Wish:
    """Start at the minimum once the surplus has lasted."""
    charger, memory = sun.charger, sun.charger.memory
    if not sun.enough:
        charger = replace(charger, memory=replace(memory, surplus_since_ms=None))
        return _without(settings, replace(sun, charger=charger))
    since = now_ms if memory.surplus_since_ms is None else memory.surplus_since_ms
    charger = replace(
        charger, memory=replace(memory, surplus_since_ms=since, short_since_ms=None)
    )
    often = memory.starts_today >= settings.most_starts
    start = since + settings.start_delay_ms * (2 if often else 1)
    stopped = memory.stopped_at_ms
    rested = start if stopped is None else stopped + settings.min_off_ms
    if now_ms < max(start, rested):
        if rested > start:
            return Wish(charger, 0, Reason.MIN_OFF, rested)
        if often:
            count = {"count": memory.starts_today}
            return Wish(charger, 0, Reason.STARTS_LIMIT, start, count)
        return Wish(charger, 0, Reason.START_DELAY, start)
    return Wish(charger, charger.lowest_ma, Reason.STARTING)


def _without(settings: Settings, sun: _Sun) -> Wish:
    """Name what a charger waits for that the sun is not enough for."""
    charger, later = sun.charger, sun.charger.waits_for
    may = charger.highest_ma > 0
    if later is not None and later.reason is Reason.PLAN_LATER:
        return Wish(charger, 0, later.reason, later.until_ms, later.figures)
    if may and sun.power_w + sum(watts for _, watts in sun.in_front) >= 0:
        return Wish(charger, 0, Reason.PRIORITY, None, {"charger": sun.in_front[0][0]})
    if may and sun.power_w + sun.store.withheld_w >= 0:
        return Wish(charger, 0, Reason.BATTERY_FIRST, None, sun.store.figures)
    if later is not None:
        return Wish(charger, 0, later.reason, later.until_ms, later.figures)
    figures = sun.balance(settings)
    if may and sun.power_w < 0 < figures["have"]:
        return Wish(charger, 0, Reason.SURPLUS_LOW, None, figures)
    return Wish(charger, 0, Reason.NO_SURPLUS, None, {"grid": sun.grid_w, **figures})


def _stay(settings: Settings, sun: _Sun, now_ms: int) -> Wish:
    """Hold the minimum through a short lack of sun, then stop."""
    charger, memory = sun.charger, sun.charger.memory
    memory = replace(memory, surplus_since_ms=None)
    if sun.enough:
        charger = replace(charger, memory=replace(memory, short_since_ms=None))
        return Wish(charger, charger.lowest_ma, Reason.SOLAR)
    spared = charger.soon is not None and charger.soon.spares
    if spared or not _would_import(settings, sun):
        charger = replace(charger, memory=replace(memory, short_since_ms=None))
        figures = sun.balance(settings)
        return Wish(charger, charger.lowest_ma, Reason.SURPLUS_LOW, None, figures)
    if _is_helped(settings, sun):
        charger = replace(charger, memory=replace(memory, short_since_ms=None))
        return _helped(replace(sun, charger=charger))
    since = now_ms if memory.short_since_ms is None else memory.short_since_ms
    charger = replace(charger, memory=replace(memory, short_since_ms=since))
    stop = since + settings.stop_delay_ms
    started = memory.started_at_ms
    ran = stop if started is None else started + settings.min_on_ms
    if now_ms >= max(stop, ran):
        figures = {"grid": sun.grid_w, **sun.balance(settings)}
        return Wish(charger, 0, Reason.NO_SURPLUS, None, figures)
    if ran > stop:
        return Wish(charger, charger.lowest_ma, Reason.MIN_ON, ran)
    return Wish(charger, charger.lowest_ma, Reason.STOP_DELAY, stop)


def _is_helped(settings: Settings, sun: _Sun) -> bool:
    """Whether the house would not import but for a battery that may not help."""
    helped = replace(sun, power_w=sun.power_w + sun.store.help_w)
    return sun.store.help_w > 0 and not _would_import(settings, helped)


def _helped(sun: _Sun) -> Wish:
    """The minimum, a part of it from the house's battery."""
    current = sun.charger.lowest_ma if sun.charger.highest_ma > 0 else 0
    figures = {"power": sun.store.help_w}
    return Wish(sun.charger, current, Reason.BATTERY_HELP, None, figures)


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


def _patient(settings: Settings, wish: Wish, now_ms: int) -> Wish:
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
        or not charger.worth_ma <= change < settings.dead_band_ma
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
