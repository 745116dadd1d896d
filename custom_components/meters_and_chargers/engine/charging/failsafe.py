"""What a charger may keep while nothing guards a fuse on its path."""

from dataclasses import replace

from .charger import Charger
from .freshness import Freshness
from .phases import forget_sun
from .reason import Reason
from .state import Mode
from .surplus import Wish


def cling(charger: Charger, freshness: Freshness) -> Wish:
    """What a charger may keep at most below a stale or lost meter: nothing rises."""
    charger = forget_sun(_stop_timers(charger))
    reason = _reason(charger, freshness)
    return Wish(charger, _has(charger, reason, freshness), reason)


def _has(charger: Charger, reason: Reason, freshness: Freshness) -> int:
    """What the charger surely has been told and may keep at most."""
    if reason is not Reason.METER_STALE:
        return 0
    has = charger.limit_ma
    if charger.read_ma is not None:
        has = min(has, charger.read_ma)
    if charger.mode is Mode.MIN_SOLAR and freshness is Freshness.LOST:
        # The sun of a minute ago pays for nothing; the minimum was never its.
        has = min(has, charger.lowest_ma)
    return has


def _reason(charger: Charger, freshness: Freshness) -> Reason:
    if charger.stopped is not None:
        return charger.stopped
    if charger.mode is Mode.SOLAR and freshness is Freshness.LOST:
        return Reason.METER_LOST
    return Reason.METER_STALE


def _stop_timers(charger: Charger) -> Charger:
    """Nothing may count as sustained that nobody measured."""
    memory = replace(
        charger.memory,
        eager=False,
        change_since_ms=None,
        surplus_since_ms=None,
        short_since_ms=None,
        headroom_since_ms=None,
        resume_since_ms=None,
    )
    return replace(charger, memory=memory)
