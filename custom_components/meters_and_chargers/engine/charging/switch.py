"""Which of its phases a charger uses: what it was told, what it says, what it shows."""

from dataclasses import replace

from .memory import ChargerMemory, PhasesInUse, PhaseSwitch
from .settings import ChargerSettings
from .state import ChargerState, PhaseCurrents

ONE, ALL = 1, 3
SETTLE_MS = 120_000
"""How long a change may take; the word of who says otherwise later is taken."""
SHOWN_MA = 1_000
USED_MS = 20_000
"""How long a car draws on the same phases before the others count as free."""
LATE_MS = 15_000
"""A measurement that old says nothing of the phases in use any more."""

type Loaded = tuple[bool, bool, bool]
"""Which of the grid's phases are loaded."""


def can_switch(settings: ChargerSettings) -> bool:
    """Whether the charger has a choice."""
    return settings.switches_phases and sum(settings.phases) > 1


def loaded(settings: ChargerSettings, count: int | None) -> Loaded:
    """The phases used with a number of them; with 1 its own first that it can load."""
    if count != ONE or not can_switch(settings):
        return settings.phases
    own = ((settings.first_phase + number) % ALL for number in range(ALL))
    first = next(phase for phase in own if settings.phases[phase])
    return (first == 0, first == 1, first == ALL - 1)


def heed_phases(
    settings: ChargerSettings,
    state: ChargerState | None,
    memory: ChargerMemory,
    now_ms: int,
) -> ChargerMemory:
    """Notice which phases a charger uses, at first and after a change."""
    switch = memory.switch
    if not can_switch(settings):
        if switch.settling and _has_had_its_time(switch, now_ms):
            switch = replace(switch, settling=False, before_ma=(0, 0, 0))
        return memory if switch is memory.switch else replace(memory, switch=switch)
    if state is None or not state.online:
        return memory
    if switch.told is None:
        switch = _found(settings, state, switch, now_ms)
    else:
        switch = _compare(settings, state, memory, switch, now_ms)
    return replace(memory, switch=switch)


def heed_use(
    settings: ChargerSettings, state: ChargerState, memory: ChargerMemory, now_ms: int
) -> PhasesInUse:
    """Notice on which of its phases a car draws, and at once when it takes another.

    Then, as with an old measurement or other phases to use, all count until it is
    known anew.
    """
    use, told = memory.session.use, loaded(settings, memory.switch.told)
    at_ms = now_ms if state.measured_at_ms is None else state.measured_at_ms
    measured = state.measured_ma if state.measures_phases else None
    late = now_ms - at_ms > LATE_MS
    if measured is None or late or memory.switch.settling or told != use.told:
        return PhasesInUse(told)
    one, two, three = (
        may and current >= SHOWN_MA for may, current in zip(told, measured, strict=True)
    )
    shown = (one, two, three)
    if not any(shown):
        return _resting(state, use)
    one, two, three = map(max, shown, use.ever, strict=True)
    ever = (one, two, three)
    known = use.known
    if known is not None and tuple(map(max, shown, known, strict=True)) != known:
        known = None
    if shown != use.shown:
        return PhasesInUse(told, shown, at_ms, ever, known)
    if known != shown and use.since_ms is not None and at_ms - use.since_ms >= USED_MS:
        return replace(use, known=shown)
    return use


def _resting(state: ChargerState, use: PhasesInUse) -> PhasesInUse:
    """While it draws nothing a car may begin with all that it has ever used.

    Where nobody knows whether a car is plugged in, the next one may be another.
    """
    if state.plugged is not True:
        return PhasesInUse(use.told)
    known = None if use.known is None else use.ever
    return PhasesInUse(use.told, ever=use.ever, known=known)


def _found(
    settings: ChargerSettings, state: ChargerState, switch: PhaseSwitch, now_ms: int
) -> PhaseSwitch:
    """Adopt a charger; one that charges may just have changed its phases."""
    limits = state.limit_ma or (0, 0, 0)
    told = _word(settings, state)
    if told is None and any(limits):
        told = ONE if _only_first(settings, limits) else ALL
    changed = now_ms if told is not None and any(limits) else switch.changed_at_ms
    return replace(switch, told=told, changed_at_ms=changed)


def _compare(
    settings: ChargerSettings,
    state: ChargerState,
    memory: ChargerMemory,
    switch: PhaseSwitch,
    now_ms: int,
) -> PhaseSwitch:
    """End a change that shows, and take the word of a charger that did not make it."""
    if switch.settling and _is_done(settings, state, memory, switch, now_ms):
        switch = replace(switch, settling=False, before_ma=(0, 0, 0))
    word = _word(settings, state)
    if word is None or word == switch.told:
        return replace(switch, differs_since_ms=None)
    since = switch.differs_since_ms
    since = now_ms if since is None else since
    if now_ms - since <= SETTLE_MS:
        return replace(switch, differs_since_ms=since)
    changed = switch.changed_at_ms
    return replace(
        switch,
        told=word,
        changed_at_ms=since if changed is None else max(changed, since),
        settling=False,
        before_ma=(0, 0, 0),
        differs_since_ms=None,
        refused=True,
    )


def _is_done(
    settings: ChargerSettings,
    state: ChargerState,
    memory: ChargerMemory,
    switch: PhaseSwitch,
    now_ms: int,
) -> bool:
    """Whether a change is over: it is seen, it was said, or it has had its time."""
    if _has_had_its_time(switch, now_ms):
        return True
    measured = state.measured_ma
    if measured is not None:
        wanted = loaded(settings, switch.told)
        return tuple(current >= SHOWN_MA for current in measured) == wanted
    written = memory.commanded_at_ms or 0
    return state.phases == switch.told and now_ms - written >= settings.settle_ms


def _has_had_its_time(switch: PhaseSwitch, now_ms: int) -> bool:
    return now_ms - (switch.changed_at_ms or 0) > SETTLE_MS


def _word(settings: ChargerSettings, state: ChargerState) -> int | None:
    """On how many phases a charger says it charges, or is seen to."""
    measured = state.measured_ma
    if measured is not None and not _only_first(settings, measured):
        return ALL
    if state.phases is None:
        return None
    return ONE if state.phases == ONE else ALL


def _only_first(settings: ChargerSettings, currents_ma: PhaseCurrents) -> bool:
    """Whether no other than the first of its phases carries current."""
    first = loaded(settings, ONE)
    pairs = zip(currents_ma, first, strict=True)
    return all(one or current < SHOWN_MA for current, one in pairs)
