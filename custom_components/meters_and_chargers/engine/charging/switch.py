"""Which of its phases a charger uses: what it was told, what it says, what it shows."""

from dataclasses import replace

from .memory import ChargerMemory, PhaseSwitch
from .settings import ChargerSettings
from .state import ChargerState, PhaseCurrents

ONE, ALL = 1, 3
SETTLE_MS = 120_000
"""How long a change may take; the word of who says otherwise later is taken."""
SHOWN_MA = 1_000

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
    if state is None or not state.online or not can_switch(settings):
        return memory
    switch = memory.switch
    if switch.told is None:
        switch = _found(settings, state, switch, now_ms)
    else:
        switch = _compare(settings, state, memory, switch, now_ms)
    return replace(memory, switch=switch)


def _found(
    settings: ChargerSettings, state: ChargerState, switch: PhaseSwitch, now_ms: int
) -> PhaseSwitch:
    """Adopt a charger; one that charges may just have changed its phases."""
    limits = state.limit_ma or (0, 0, 0)
    told = _word(settings, state)
    if told is None and any(limits):
        told = ONE if _only_first(settings, limits) else ALL
    changed = now_ms if told is not None and any(limits) else None
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
    changed = switch.changed_at_ms or 0
    if now_ms - changed > SETTLE_MS:
        return True
    measured = state.measured_ma
    if measured is not None:
        wanted = loaded(settings, switch.told)
        return tuple(current >= SHOWN_MA for current in measured) == wanted
    written = memory.commanded_at_ms or 0
    return state.phases == switch.told and now_ms - written >= settings.settle_ms


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
