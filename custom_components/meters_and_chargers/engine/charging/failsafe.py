"""What the chargers together may have while nothing guards the fuse."""

from collections.abc import Sequence
from dataclasses import replace

from .charger import Charger
from .decision import Reason
from .draw import add
from .freshness import Freshness
from .ramp import Aim
from .settings import Settings
from .share import grant, take
from .state import Mode, PhaseCurrents


def budget(settings: Settings) -> PhaseCurrents:
    """The failsafe budget on each phase, in mA: at most half of the fuse."""
    one, two, three = (
        min(settings.failsafe_ma, fuse // 2) for fuse in settings.fuse_ma
    )
    return (one, two, three)


def reserved(chargers: Sequence[Charger]) -> PhaseCurrents:
    """What must be left for chargers that cannot be told anything now."""
    return add(one.reserved_ma for one in chargers if not one.online)


def fall_back(
    settings: Settings, chargers: Sequence[Charger], freshness: Freshness
) -> dict[str, Aim]:
    """Lower what exceeds the budget; nothing rises, nothing starts."""
    online = [_stop_timers(charger) for charger in chargers if charger.online]
    wants = {one.key: _has(one, freshness) for one in online}
    room = take(budget(settings), reserved(chargers))
    granted = grant(online, wants, room, keep_minimum=False)
    return {
        one.key: Aim(one, granted[one.key], _reason(one, freshness), urgent=True)
        for one in online
    }


def _has(charger: Charger, freshness: Freshness) -> int:
    """What the charger surely has been told and may keep at most."""
    if _reason(charger, freshness) is not Reason.METER_STALE:
        return 0
    has = charger.limit_ma
    if charger.read_ma is not None:
        has = min(has, charger.read_ma)
    if charger.mode is Mode.MIN_SOLAR and freshness is Freshness.LOST:
        # The sun of a minute ago pays for nothing; the minimum was never its.
        has = min(has, charger.lowest_ma)
    return has


def _reason(charger: Charger, freshness: Freshness) -> Reason:
    if charger.mode is Mode.OFF:
        return Reason.OFF
    if charger.reached:
        return Reason.TARGET
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
