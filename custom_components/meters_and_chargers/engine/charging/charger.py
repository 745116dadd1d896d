"""One charger as all the rules see it: settings, state and memory together."""

from dataclasses import dataclass, replace

from .decision import Explanation
from .memory import NOTHING, ChargerMemory, Measurement
from .reason import Reason
from .settings import ChargerSettings
from .state import ChargerState, Mode, PhaseCurrents
from .switch import ONE, Loaded, can_switch, heed_phases, loaded

DRAWING_MA = 1_000
START_WINDOW_MS = 60_000
REPEAT_MS = 10_000
READ_TOLERANCE_MA = 250
KEPT_MEASUREMENTS = 3


@dataclass(frozen=True, slots=True)
class Soon:
    """A change of phases that is coming, and when."""

    reason: Reason
    until_ms: int
    spares: bool = False
    """Whether one phase could go on, so that a lack of sun must not stop it."""


@dataclass(frozen=True, slots=True)
class Charger:
    """One charger now; `limit_ma` is one figure for all phases it uses, in mA."""

    settings: ChargerSettings
    mode: Mode
    online: bool
    known: bool
    """Whether its limit is known; if not, `limit_ma` is 0, its maximum reserved."""
    limit_ma: int
    read_ma: int | None
    """The limit it reports itself."""
    phases: Loaded
    """The grid's phases that it loads, or will with the next command."""
    reserved_ma: PhaseCurrents
    """The most it may draw by what it has been told, on old and new phases."""
    measured: bool
    reached: bool
    """Whether its session has got the energy that the user wants."""
    memory: ChargerMemory
    said_ma: PhaseCurrents = NOTHING
    """The same by its own word, where that is of more phases than it was told."""
    may_switch: bool = False
    """Whether its phases may change now, by its pause between changes and the meter."""
    all_fit: bool = True
    """Whether the fuse has room for its minimum on all its phases."""
    soon: Soon | None = None
    seen: ChargerState | None = None
    override: Explanation | None = None
    """What lets it charge fast whatever mode the user chose."""
    waits_for: Explanation | None = None
    """What will, later."""
    most_ma: int | None = None
    """The most it may have while a boost runs."""

    @property
    def key(self) -> str:
        """The name of the charger in settings and state."""
        return self.settings.key

    @property
    def charging(self) -> bool:
        """Whether it has been offered current."""
        return self.limit_ma > 0

    @property
    def lowest_ma(self) -> int:
        """The smallest limit above 0 that it takes."""
        step = self.settings.step_ma
        return -(-self.settings.minimum_ma // step) * step

    @property
    def highest_ma(self) -> int:
        """The largest limit that it may have."""
        hand, most = self.memory.by_hand, self.settings.maximum_ma
        if hand.kept and self.limit_ma == hand.limit_ma and self.ceiling_ma is None:
            return self.limit_ma
        if hand.limit_ma is not None:
            most = min(most, hand.limit_ma)
        if self.most_ma is not None:
            most = min(most, max(self.most_ma, self.lowest_ma))
        if self.ceiling_ma is not None:
            most = min(most, self.ceiling_ma)
        return self.floor(most)

    @property
    def ceiling_ma(self) -> int | None:
        """What a billing service leaves it; None for all."""
        return self.seen.ceiling_ma if self.seen else None

    @property
    def stopped(self) -> Reason | None:
        """Why it must have nothing, whatever the sun and the fuse allow."""
        if self.mode is Mode.OFF:
            return Reason.OFF
        blocked = self.seen.blocked if self.seen else None
        if blocked is not Reason.FAULT and self.seen and self.seen.plugged is False:
            return Reason.NO_VEHICLE
        if blocked is not None:
            return blocked
        if self.ceiling_ma is not None and self.ceiling_ma < self.lowest_ma:
            return Reason.BACKEND_PAUSE
        return Reason.TARGET if self.reached else None

    @property
    def worth_ma(self) -> int:
        """The smallest change worth a write."""
        return max(self.settings.least_change_ma, self.settings.step_ma)

    @property
    def rating_ma(self) -> int:
        """The most it may draw while its limit is not known."""
        return max(self.settings.rating_ma, self.settings.maximum_ma)

    @property
    def phase_count(self) -> int:
        """How many of the grid's phases it loads: those seen to carry current.

        Of a car that stays and does not draw now, those that are known to.
        """
        used = sum(current >= DRAWING_MA for current in self.memory.drawn.best_ma)
        if self.changes_phases or self.switching:
            used = 0
        return used or max(1, sum(self.used))

    @property
    def used(self) -> Loaded:
        """The phases that count for a fuse: those its car is known to draw on, or all.

        A change of its phases makes that unknown again.
        """
        use = self.memory.session.use
        return (
            self.phases if use.known is None or use.told != self.phases else use.known
        )

    @property
    def told_phases(self) -> Loaded:
        """The phases it has been told to load."""
        return loaded(self.settings, self.memory.switch.told)

    @property
    def changes_phases(self) -> bool:
        """Whether the next command is for other phases than the last."""
        return self.phases != self.told_phases

    @property
    def switching(self) -> bool:
        """Whether it charges, but has not been seen yet on its new phases."""
        return self.memory.switch.settling and self.charging

    @property
    def phase_changes_today(self) -> int:
        """How often it has been told to change its phases."""
        return self.memory.switch.changes_today

    @property
    def draws(self) -> bool:
        """Whether a car takes current, as far as can be told."""
        if self.measured:
            return max(self.memory.drawn.best_ma) >= DRAWING_MA
        return self.memory.drawing

    def starting(self, now_ms: int) -> bool:
        """Whether a car may still be about to begin, or to go on with other phases."""
        if self.switching:
            return True
        since = self.memory.started_at_ms
        return since is not None and now_ms - since <= START_WINDOW_MS

    def settled(self, now_ms: int) -> bool:
        """Whether the last write has had time to show."""
        at = self.memory.commanded_at_ms
        return at is None or now_ms - at >= self.settings.settle_ms

    def lost_write(self, now_ms: int) -> bool:
        """Whether it still reports, or obeys, another limit long after a command."""
        told, at = self.memory.commanded_ma, self.memory.commanded_at_ms
        if told is None or at is None:
            return False
        if self.memory.astray:
            return now_ms - at >= REPEAT_MS
        if self.read_ma is None:
            # Only of one that did report it is that a sign that it has lost it.
            return self.memory.by_hand.matched and now_ms - at >= REPEAT_MS
        tolerance = max(self.settings.step_ma, READ_TOLERANCE_MA)
        return now_ms - at >= REPEAT_MS and abs(self.read_ma - told) >= tolerance

    def floor(self, current_ma: int) -> int:
        """Round a current down to what it can be told."""
        return max(0, current_ma // self.settings.step_ma * self.settings.step_ma)

    def on_phases(self, current_ma: int) -> PhaseCurrents:
        """The current on each of the phases it loads, 0 on the others."""
        return _on(self.phases, current_ma)

    def on_used(self, current_ma: int) -> PhaseCurrents:
        """The current on each of the phases that its car draws on, 0 on the others."""
        return _on(self.used, current_ma)

    @property
    def aside_ma(self) -> PhaseCurrents:
        """What nobody else may rise to: the most by what it was told, or says."""
        one, two, three = map(max, self.reserved_ma, self.said_ma, strict=True)
        return (one, two, three)

    @property
    def before_ma(self) -> PhaseCurrents:
        """The limit before the last command on each phase."""
        one, two, three = self.on_phases(self.memory.previous_ma)
        old = self.memory.switch.before_ma
        return (max(one, old[0]), max(two, old[1]), max(three, old[2]))


def _on(phases: Loaded, current_ma: int) -> PhaseCurrents:
    one, two, three = phases
    return (current_ma * one, current_ma * two, current_ma * three)


def has_reached(settings: ChargerSettings, state: ChargerState | None) -> bool:
    """Whether the session has got its target energy."""
    target, energy = settings.target_wh, state.session_wh if state else None
    return target is not None and energy is not None and energy >= target


def look(
    settings: ChargerSettings,
    state: ChargerState | None,
    memory: ChargerMemory | None,
    now_ms: int,
) -> Charger:
    """Put one charger together; a charger missing from the state is offline."""
    memory = memory or ChargerMemory(settings.key)
    memory = heed_phases(settings, state, memory, now_ms)
    online = state is not None and state.online
    mode = state.mode if state is not None and online else Mode.OFF
    reached = has_reached(settings, state) and not memory.waived
    measured = state.measured_ma if state else None
    if measured is not None and state is not None:
        at = now_ms if state.measured_at_ms is None else state.measured_at_ms
        memory = _remember(memory, Measurement(at, measured))
    told = memory.commanded_ma
    limits = state.limit_ma if state else None
    read = None if limits is None else max(limits)
    limit = told if told is not None else read
    charger = Charger(
        settings=settings,
        mode=mode,
        online=online,
        known=limit is not None,
        limit_ma=limit or 0,
        read_ma=read,
        phases=loaded(settings, memory.switch.told),
        reserved_ma=NOTHING,
        measured=measured is not None,
        reached=reached,
        memory=memory,
        seen=state,
    )
    return replace(
        charger,
        reserved_ma=_reserved(charger, limits, now_ms),
        said_ma=_said(charger),
    )


def note_contact(charger: Charger, wall_ms: int) -> Charger:
    """Remember since when a charger is out of reach, until it is back."""
    if charger.online is (charger.memory.away_at_ms is None):
        return charger
    away_at_ms = None if charger.online else wall_ms
    return replace(charger, memory=replace(charger.memory, away_at_ms=away_at_ms))


def _remember(memory: ChargerMemory, measurement: Measurement) -> ChargerMemory:
    """Keep the newest measurements, so that one near the grid's sample is found."""
    kept = memory.measurements
    if kept and kept[-1].at_ms == measurement.at_ms:
        kept = kept[:-1]
    kept = (*kept, measurement)[-KEPT_MEASUREMENTS:]
    return replace(memory, measurements=kept)


def _reserved(
    charger: Charger, limits: PhaseCurrents | None, now_ms: int
) -> PhaseCurrents:
    """The most it may draw: the old limit counts until the new one has settled."""
    if not charger.known:
        return charger.on_phases(charger.rating_ma)
    limit = charger.limit_ma
    if not charger.settled(now_ms):
        limit = max(limit, charger.memory.previous_ma)
    told = charger.on_used(limit)
    if limits is None:
        limits = NOTHING
    elif can_switch(charger.settings) or charger.used != charger.phases:
        # What it says may be one figure, whatever phases it is for.
        limits = charger.on_used(max(limits))
    before = charger.memory.switch.before_ma
    one, two, three = (max(each) for each in zip(told, limits, before, strict=True))
    return (one, two, three)


def _said(charger: Charger) -> PhaseCurrents:
    """What it may draw by its own word on more phases than it was told.

    A wallbox that nobody reaches falls back to all of them with a current of its own.
    """
    said = charger.seen.phases if charger.seen else None
    if said in (None, ONE) or charger.phases == charger.settings.phases:
        return NOTHING
    limit = charger.limit_ma if charger.known else charger.rating_ma
    read = limit if charger.read_ma is None else charger.read_ma
    return _on(charger.settings.phases, read)
