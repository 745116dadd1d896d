"""What each charger should get if no fuse were in the way."""

from collections.abc import Sequence
from dataclasses import replace

from .charger import Charger
from .decision import Explanation
from .follow import may_probe, probe_ma
from .phases import at_full
from .reason import Reason
from .settings import Settings
from .state import Battery, GridSample, Mode
from .surplus import Wish, solar_wishes

_AS_MUCH_AS_MAY_BE = {
    Reason.FAST,
    Reason.BOOST,
    Reason.PLAN,
    Reason.PLAN_LATE,
    Reason.PRICE,
    Reason.MIN_SOC,
    Reason.SOLAR,
}


def ask(
    settings: Settings,
    sample: GridSample | None,
    online: Sequence[Charger],
    now_ms: int,
    battery: Battery | None = None,
) -> dict[str, Wish]:
    """What each mode asks for, before the fuse is looked at."""
    wishes: dict[str, Wish] = {}
    sunny: list[Charger] = []
    for charger in online:
        wish = _settled(charger)
        if wish is None and charger.mode is Mode.FAST:
            wish = _fast(at_full(settings, charger, now_ms), now_ms)
        if wish is None:
            sunny.append(charger)
        else:
            wishes[charger.key] = wish
    if sample is None:
        # Nothing is known about the sun yet: everything stays as it is.
        wishes |= {one.key: Wish(one, one.limit_ma, Reason.WARM_UP) for one in sunny}
    else:
        wishes |= solar_wishes(settings, sample, sunny, now_ms, battery)
    return {key: _by_backend(_by_hand(wish)) for key, wish in wishes.items()}


def _settled(charger: Charger) -> Wish | None:
    """What does not depend on how much there is to have."""
    hand, stopped, held = charger.memory.by_hand, charger.stopped, charger.memory.held
    if stopped is not None:
        return Wish(charger, 0, stopped)
    if held is not None:
        return Wish(charger, 0, held)
    if hand.limit_ma is not None and (
        hand.kept or charger.highest_ma < charger.lowest_ma
    ):
        most = charger.highest_ma
        return Wish(charger, most if most >= charger.lowest_ma else 0, Reason.MANUAL)
    if charger.memory.session.finished:
        return Wish(charger, charger.lowest_ma, Reason.FINISHED)
    return None


def _fast(charger: Charger, now_ms: int) -> Wish:
    """As much as the charger can give; the minimum until a car is seen to draw."""
    why = charger.override or Explanation(Reason.FAST)
    wish = Wish(charger, charger.lowest_ma, why.reason, why.until_ms, why.figures)
    if charger.measured or charger.draws:
        return replace(wish, current_ma=charger.highest_ma)
    if may_probe(charger, now_ms):
        return replace(wish, current_ma=wish.current_ma + probe_ma(charger))
    if charger.memory.step is not None:
        return replace(wish, current_ma=max(wish.current_ma, charger.limit_ma))
    return wish


def _by_hand(wish: Wish) -> Wish:
    """Say so where a limit set by hand is what bounds a charger."""
    charger, limit = wish.charger, wish.charger.memory.by_hand.limit_ma
    if (
        limit is None
        or wish.reason not in _AS_MUCH_AS_MAY_BE
        or not charger.highest_ma <= wish.current_ma < charger.settings.maximum_ma
    ):
        return wish
    return Wish(charger, wish.current_ma, Reason.MANUAL)


def _by_backend(wish: Wish) -> Wish:
    """Say so where a billing service is who bounds a charger."""
    charger = wish.charger
    if (
        charger.ceiling_ma is None
        or wish.reason not in _AS_MUCH_AS_MAY_BE
        or not charger.floor(charger.ceiling_ma) <= wish.current_ma
        or charger.ceiling_ma >= charger.settings.maximum_ma
    ):
        return wish
    return Wish(charger, wish.current_ma, Reason.BACKEND_LIMIT)
