"""Steering by a meter that can be trusted: wishes, the fuse, and the next limits."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from .charger import Charger
from .decision import Reason
from .failsafe import budget, reserved
from .follow import may_probe, probe_ma
from .freshness import Freshness, is_slow, recovered_at_ms
from .fuse import (
    RESUME_MS,
    Phases,
    cooling_until,
    headroom,
    hold,
    keep_back,
    pauses,
)
from .memory import GridMemory
from .ramp import Aim, aim, fit
from .settings import Settings
from .share import grant, take
from .state import Mode, PhaseCurrents
from .surplus import Wish, solar_wishes

_CHARGING = (Reason.FAST, Reason.SOLAR, Reason.SOLAR_MIN)


@dataclass(frozen=True, slots=True)
class Site:
    """What all chargers have in common in one call."""

    settings: Settings
    grid: GridMemory
    phases: Phases
    freshness: Freshness
    now_ms: int

    @property
    def may_rise(self) -> bool:
        """Whether limits may go up."""
        return self.freshness is Freshness.FRESH


def steer(site: Site, chargers: Sequence[Charger]) -> tuple[Phases, dict[str, Aim]]:
    """The next limit of every charger that is online, and the phases' timers."""
    settings, now_ms = site.settings, site.now_ms
    online = [charger for charger in chargers if charger.online]
    room = headroom(settings, site.phases, site.grid.sample, chargers)
    phases, paused = pauses(settings, site.phases, room.base_ma, online, now_ms)
    taken = reserved(chargers)
    rest = _beside_minimums(take(room.rise_ma, taken), online)
    online = [hold(charger, rest, now_ms) for charger in online]
    wishes = _wishes(site, online)
    wants = {
        key: 0 if key in paused else wish.current_ma for key, wish in wishes.items()
    }
    slow = is_slow(settings)
    keep = _cap(room.keep_ma, budget(settings)) if slow else room.keep_ma
    rise = _cap(room.rise_ma, budget(settings)) if slow else room.rise_ma
    granted = grant(online, wants, take(keep, taken), keep_minimum=not slow)
    aims = [
        _pause(wishes[one.key])
        if one.key in paused
        else _aim(site, wishes[one.key], granted[one.key])
        for one in online
    ]
    return phases, fit(aims, take(rise, taken))


def _wishes(site: Site, online: Sequence[Charger]) -> dict[str, Wish]:
    """What each mode asks for, before the fuse is looked at."""
    wishes: dict[str, Wish] = {}
    sunny: list[Charger] = []
    for charger in online:
        held = charger.memory.held
        if charger.mode is Mode.OFF:
            wishes[charger.key] = Wish(charger, 0, Reason.OFF)
        elif charger.reached:
            wishes[charger.key] = Wish(charger, 0, Reason.TARGET)
        elif held is not None:
            wishes[charger.key] = Wish(charger, 0, held)
        elif charger.mode is Mode.FAST:
            wishes[charger.key] = _fast(charger, site.now_ms)
        else:
            sunny.append(charger)
    if site.grid.sample is None:
        # Nothing is known about the sun yet: everything stays as it is.
        return wishes | {
            one.key: Wish(one, one.limit_ma, Reason.WARM_UP) for one in sunny
        }
    return wishes | solar_wishes(site.settings, site.grid.sample, sunny, site.now_ms)


def _fast(charger: Charger, now_ms: int) -> Wish:
    """As much as the charger can give; the minimum until a car is seen to draw."""
    if charger.measured or charger.draws:
        return Wish(charger, charger.highest_ma, Reason.FAST)
    current = charger.lowest_ma
    if may_probe(charger, now_ms):
        current += probe_ma(charger)
    elif charger.memory.step is not None:
        current = max(current, charger.limit_ma)
    return Wish(charger, current, Reason.FAST)


def _pause(wish: Wish) -> Aim:
    charger = keep_back(wish.charger, Reason.FUSE_PAUSE)
    return Aim(charger, 0, Reason.FUSE_PAUSE, urgent=True, fuse=True)


def _aim(site: Site, wish: Wish, granted_ma: int) -> Aim:
    """The next limit before it is known what room the others leave, with its reason."""
    charger = wish.charger
    if wish.reason in (Reason.OFF, Reason.TARGET):
        return Aim(charger, 0, wish.reason, urgent=wish.reason is Reason.OFF)
    slow = is_slow(site.settings)
    full = wish.current_ma > 0 and granted_ma == 0 and not charger.charging
    if full and site.may_rise and not slow:
        wish = replace(wish, charger=keep_back(charger, Reason.FUSE_FULL))
    result = aim(wish, granted_ma, site.now_ms, may_rise=site.may_rise)
    if site.freshness in (Freshness.WARM_UP, Freshness.RECOVERING):
        return _distrust(site, result)
    if charger.memory.held is not None:
        return _held(result)
    if granted_ma < charger.floor(wish.current_ma):
        return _short(site, result, slow=slow)
    if result.reason in _CHARGING and not charger.draws:
        return replace(result, reason=Reason.STARTING)
    return result


def _distrust(site: Site, result: Aim) -> Aim:
    if site.freshness is Freshness.WARM_UP:
        return replace(result, reason=Reason.WARM_UP, until_ms=None)
    until = recovered_at_ms(site.grid)
    return replace(result, reason=Reason.RECOVERING, until_ms=until)


def _held(result: Aim) -> Aim:
    since = result.charger.memory.resume_since_ms
    if since is None:
        return result
    return replace(result, reason=Reason.FUSE_RESUME, until_ms=since + RESUME_MS)


def _short(site: Site, result: Aim, *, slow: bool) -> Aim:
    """Name what keeps the charger below its wish."""
    if slow:
        return replace(result, reason=Reason.METER_SLOW, until_ms=None)
    until = cooling_until(result.charger, site.phases)
    if until is not None:
        return replace(result, reason=Reason.COOL_DOWN, until_ms=until)
    if result.target_ma == 0:
        return replace(result, reason=Reason.FUSE_FULL, until_ms=None)
    if result.reason is Reason.FUSE:
        return result
    return replace(result, reason=Reason.FUSE, until_ms=None)


def _beside_minimums(room: PhaseCurrents, online: Sequence[Charger]) -> PhaseCurrents:
    """What remains when every charging charger is lowered to its minimum."""
    for charger in online:
        if charger.charging:
            room = take(room, charger.on_phases(charger.lowest_ma))
    return room


def _cap(room: PhaseCurrents, most: PhaseCurrents) -> PhaseCurrents:
    one, two, three = (min(pair) for pair in zip(room, most, strict=True))
    return (one, two, three)
