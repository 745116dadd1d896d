"""One phase or three: when a charger that can choose changes, and when it may.

A change stops the car for most of a minute and wears contactors: the sun must have
gone or come for minutes, and two changes of a charger are at least its gap apart. The
one exception is leaving phases for the fuse, instead of a pause.
"""

from collections.abc import Callable, Sequence
from dataclasses import replace

from .charger import Charger, Soon
from .fuse import RESUME_MA
from .memory import NOTHING, PhaseSwitch
from .reason import Reason
from .settings import PhaseUse, Settings
from .state import Mode, PhaseCurrents
from .switch import ALL, ONE, Loaded, can_switch, loaded

MOST_TENTHS = 50
"""How fast time may count, in tenths, where much sun is lost on one phase."""
LONGEST_LOOK_MS = 5_000

type Fits = Callable[[Loaded, int], bool]
"""Whether there is room for a current, in mA, on these phases of a charger, with every
other charging one at its minimum."""


def prepare(
    settings: Settings,
    charger: Charger,
    fits: Fits,
    now_ms: int,
    *,
    may_rise: bool,
) -> Charger:
    """Note whether its phases may change now, and whether the fuse has room for all."""
    if not can_switch(charger.settings):
        return charger
    charger = _look_at_fuse(settings, charger, fits, now_ms)
    if charger.mode not in (Mode.SOLAR, Mode.MIN_SOLAR) or charger.memory.held:
        charger = forget_sun(charger)
    may = may_rise and not charger.switching and now_ms >= _free_at(settings, charger)
    charger = replace(charger, may_switch=may)
    if charger.memory.held and _is_automatic(charger):
        return _start_with(charger, ALL if charger.all_fit else ONE)
    return charger


def at_full(settings: Settings, charger: Charger, now_ms: int) -> Charger:
    """Choose for a charger that may have all that the fuse leaves."""
    charger = forget_sun(charger)
    if not _is_automatic(charger):
        return _as_set(settings, charger, now_ms)
    if not charger.charging:
        return _start_with(charger, ALL if charger.all_fit else ONE)
    if not (_uses_one(charger) and charger.all_fit and charger.draws):
        return charger
    tight = charger.memory.switch.tight_at_ms
    delay = settings.phase_up_ms * _patience(settings, charger)
    ready = now_ms if tight is None else tight + delay
    return _change(settings, charger, ALL, ready, now_ms)


def by_sun(
    settings: Settings, order: Sequence[Charger], surplus_w: int, now_ms: int
) -> list[Charger]:
    """Choose for the solar chargers, the most important first, by what is left."""
    left = surplus_w - sum(_least_w(settings, one) for one in order if one.charging)
    chosen = []
    for charger in order:
        least = _least_w(settings, charger)
        sun = left + least if charger.charging else left
        one = _by_sun(settings, charger, sun, now_ms)
        chosen.append(one)
        if charger.charging and charger.draws:
            most = _power_w(settings, charger.highest_ma, charger.phase_count)
            left -= min(max(0, left), max(0, most - least))
        elif not charger.charging and sun >= _least_w(settings, one):
            left -= _least_w(settings, one)
    return chosen


def drop(
    settings: Settings, charger: Charger, fits: Fits, now_ms: int
) -> Charger | None:
    """Leave all phases but the first for the fuse; None if that would not do.

    Not again and again where it is not obeyed.
    """
    switch = charger.memory.switch
    if not _is_automatic(charger) or _uses_one(charger):
        return None
    if switch.refused and now_ms < _free_at(settings, charger):
        return None
    first = loaded(charger.settings, ONE)
    return replace(charger, phases=first) if fits(first, charger.lowest_ma) else None


def stays(charger: Charger, now_ms: int) -> Charger:
    """Take one that has to pause to use the phases that it was to leave and did not.

    Else it would begin again as if it had.
    """
    high = charger.memory.drawn.high_ma
    left = any(
        drawn and not may for may, drawn in zip(charger.phases, high, strict=True)
    )
    if not (left and charger.switching and charger.settled(now_ms)):
        return charger
    switch = replace(
        charger.memory.switch,
        told=ALL,
        settling=False,
        before_ma=NOTHING,
        differs_since_ms=None,
        refused=True,
    )
    return _remember(replace(charger, phases=charger.settings.phases), switch)


def told(charger: Charger, target_ma: int, now_ms: int) -> PhaseSwitch:
    """What is remembered of its phases after a command."""
    switch = charger.memory.switch
    if target_ma == 0:
        return switch
    if not can_switch(charger.settings):
        return _without_number(switch, now_ms)
    count = ONE if charger.phases == loaded(charger.settings, ONE) else ALL
    if count == switch.told:
        return switch
    if switch.told is None:
        # What it used before is not known: it may be a change, and counts as one.
        return replace(switch, told=count, changed_at_ms=now_ms)
    return replace(
        switch,
        told=count,
        changed_at_ms=now_ms,
        settling=charger.charging or switch.refused,
        before_ma=_before(charger, target_ma),
        differs_since_ms=None,
        refused=False,
        looked_at_ms=None,
        short_ms=0,
        ample_ms=0,
        changes_today=switch.changes_today + 1,
    )


def _before(charger: Charger, target_ma: int) -> PhaseCurrents:
    """What it may draw after a command as if it had not changed its phases.

    Who did not leave any the last time may begin on all of them once more.
    """
    reserved = charger.reserved_ma
    if charger.charging or not charger.memory.switch.refused:
        return reserved
    again = (target_ma * may for may in charger.settings.phases)
    one, two, three = map(max, reserved, again, strict=True)
    return (one, two, three)


def _without_number(switch: PhaseSwitch, now_ms: int) -> PhaseSwitch:
    """A limit without a number of phases may be for all: found anew with the choice.

    So it is while a wallbox is loaded anew and has not said yet that it switches.
    """
    if switch.told is None:
        return switch
    changed = now_ms if switch.told == ONE else switch.changed_at_ms
    return replace(switch, told=None, changed_at_ms=changed, differs_since_ms=None)


def _by_sun(settings: Settings, charger: Charger, sun_w: int, now_ms: int) -> Charger:
    """Choose for one charger that could draw `sun_w` without drawing from the grid."""
    if not can_switch(charger.settings):
        return charger
    if not _is_automatic(charger):
        return _as_set(settings, forget_sun(charger), now_ms)
    if not charger.charging:
        ample = charger.all_fit and sun_w >= _on_all_w(settings, charger)
        return _start_with(forget_sun(charger), ALL if ample else ONE)
    if charger.switching or not charger.draws:
        return forget_sun(charger)
    if _uses_one(charger):
        return _up(settings, charger, sun_w, now_ms)
    return _down(settings, charger, sun_w, now_ms)


def _down(settings: Settings, charger: Charger, sun_w: int, now_ms: int) -> Charger:
    """To one phase, once the sun has not paid for all of them for long.

    Time counts half while the sun is more than one phase can take: neither fits, and
    the change itself costs a minute of sun.
    """
    paid_w = sun_w + settings.residual_w
    needs_one_phase = charger.phase_count < sum(charger.phases)
    if needs_one_phase or paid_w >= _on_all_w(settings, charger):
        return forget_sun(charger)
    slow = paid_w >= _power_w(settings, charger.highest_ma, 1)
    switch, passed = charger.memory.switch, _passed_ms(charger, now_ms)
    short = switch.short_ms + (passed // 2 if slow else passed)
    charger = _remember(
        charger, replace(switch, short_ms=short, ample_ms=0, looked_at_ms=now_ms)
    )
    one_w = _power_w(settings, charger.lowest_ma, 1)
    if charger.mode is not Mode.MIN_SOLAR and paid_w < one_w:
        return charger
    left = max(0, settings.phase_down_ms * _patience(settings, charger) - short)
    return _change(settings, charger, ONE, now_ms + (2 if slow else 1) * left, now_ms)


def _up(settings: Settings, charger: Charger, sun_w: int, now_ms: int) -> Charger:
    """To all phases, once the sun has been too much for one and enough for all.

    Time counts up to five times, by the power that one phase cannot take; where the
    sun or the fuse has too little it is counted back.
    """
    lost_w = sun_w - _power_w(settings, charger.highest_ma, 1)
    switch, passed = charger.memory.switch, _passed_ms(charger, now_ms)
    enough = charger.all_fit and sun_w >= _on_all_w(settings, charger) and lost_w >= 0
    tenths = 10 * lost_w // max(1, _power_w(settings, charger.lowest_ma, 1) // 3)
    tenths = min(MOST_TENTHS, max(10, tenths)) if enough else -10
    ample = max(0, switch.ample_ms + passed * tenths // 10)
    charger = _remember(
        charger, replace(switch, short_ms=0, ample_ms=ample, looked_at_ms=now_ms)
    )
    if not enough:
        return charger
    left = max(0, settings.phase_up_ms * _patience(settings, charger) - ample)
    return _change(settings, charger, ALL, now_ms + left * 10 // tenths, now_ms)


def _passed_ms(charger: Charger, now_ms: int) -> int:
    """The time since the sun was last counted, as far as somebody looked."""
    looked = charger.memory.switch.looked_at_ms
    return 0 if looked is None else min(now_ms - looked, LONGEST_LOOK_MS)


def _as_set(settings: Settings, charger: Charger, now_ms: int) -> Charger:
    """The number of phases that the user wants and no other."""
    use = charger.settings.phase_use
    if not can_switch(charger.settings):
        return charger
    count = ONE if use is PhaseUse.ONE else ALL
    if not charger.charging:
        return _start_with(charger, count)
    if _uses_one(charger) is (count == ONE) or (count == ALL and not charger.all_fit):
        return charger
    return _change(settings, charger, count, now_ms, now_ms)


def _change(
    settings: Settings, charger: Charger, count: int, ready_ms: int, now_ms: int
) -> Charger:
    """Change the phases of a charger that charges, or say when that will be."""
    free = _free_at(settings, charger)
    if now_ms >= max(ready_ms, free):
        return _start_with(charger, count)
    if free > ready_ms:
        reason = Reason.PHASE_WAIT
    else:
        reason = Reason.ONE_PHASE_SOON if count == ONE else Reason.THREE_PHASES_SOON
    soon = Soon(reason, max(ready_ms, free), spares=count == ONE)
    return replace(charger, soon=soon)


def _start_with(charger: Charger, count: int) -> Charger:
    """Use that number of phases from the next command on, if they may change."""
    if not charger.may_switch:
        return charger
    return replace(charger, phases=loaded(charger.settings, count))


def _look_at_fuse(
    settings: Settings, charger: Charger, fits: Fits, now_ms: int
) -> Charger:
    """Whether its minimum fits on all its phases, with something to spare on return."""
    switch = charger.memory.switch
    if charger.charging and not _uses_one(charger):
        return charger
    tight = switch.tight_at_ms
    recently = tight is not None and now_ms - tight < settings.phase_up_ms
    need = charger.lowest_ma
    if charger.charging or charger.memory.held or recently:
        need += RESUME_MA
    if fits(charger.settings.phases, need):
        return charger
    if charger.settled(now_ms):
        # Else it may only seem so, for what it has just been given itself.
        charger = _remember(charger, replace(switch, tight_at_ms=now_ms))
    return replace(charger, all_fit=False)


def _free_at(settings: Settings, charger: Charger) -> int:
    """From when on the gap between two changes allows another."""
    changed = charger.memory.switch.changed_at_ms
    if changed is None:
        return 0
    return changed + charger.settings.phase_gap_ms * _patience(settings, charger)


def _patience(settings: Settings, charger: Charger) -> int:
    """Twice as long once there have been many changes on one day."""
    return (
        2 if charger.memory.switch.changes_today >= settings.most_phase_changes else 1
    )


def _is_automatic(charger: Charger) -> bool:
    can = can_switch(charger.settings)
    return can and charger.settings.phase_use is PhaseUse.AUTO


def _uses_one(charger: Charger) -> bool:
    return charger.memory.switch.told == ONE


def _on_all_w(settings: Settings, charger: Charger) -> int:
    """The power of its minimum on all its phases."""
    return _power_w(settings, charger.lowest_ma, sum(charger.settings.phases))


def _least_w(settings: Settings, charger: Charger) -> int:
    """The power of its minimum on the phases it uses."""
    return _power_w(settings, charger.lowest_ma, charger.phase_count)


def _power_w(settings: Settings, current_ma: int, count: int) -> int:
    """The power of a current on a number of phases, rounded up."""
    return -(-current_ma * count * settings.voltage_mv // 1_000_000)


def forget_sun(charger: Charger) -> Charger:
    """Nothing counts as lasting that was interrupted."""
    switch = charger.memory.switch
    return _remember(
        charger, replace(switch, looked_at_ms=None, short_ms=0, ample_ms=0)
    )


def _remember(charger: Charger, switch: PhaseSwitch) -> Charger:
    if switch == charger.memory.switch:
        return charger
    return replace(charger, memory=replace(charger.memory, switch=switch))
