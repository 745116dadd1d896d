"""One charger as all the rules see it: settings, state and memory together."""

from dataclasses import dataclass, replace

from .memory import NOTHING, Asked, ChargerMemory, Measurement
from .settings import ChargerSettings
from .state import ChargerState, Mode, PhaseCurrents

DRAWING_MA = 1_000
START_WINDOW_MS = 60_000
REPEAT_MS = 10_000
READ_TOLERANCE_MA = 250
KEPT_MEASUREMENTS = 3


@dataclass(frozen=True, slots=True)
class Charger:
    """One charger now; `limit_ma` is one figure for all its phases, in mA."""

    settings: ChargerSettings
    mode: Mode
    online: bool
    known: bool
    """Whether its limit is known; if not, `limit_ma` is 0, its maximum reserved."""
    limit_ma: int
    read_ma: int | None
    """The limit it reports itself."""
    reserved_ma: PhaseCurrents
    """The most it may draw by what it has been told."""
    measured: bool
    reached: bool
    """Whether its session has got the energy that the user wants."""
    memory: ChargerMemory

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
        """The largest limit that it takes."""
        return self.floor(self.settings.maximum_ma)

    @property
    def worth_ma(self) -> int:
        """The smallest change worth a write."""
        return max(self.settings.least_change_ma, self.settings.step_ma)

    @property
    def dead_band_ma(self) -> int:
        """The smallest change by the sun that needs not last before it is written."""
        return max(self.settings.dead_band_ma, self.settings.step_ma)

    @property
    def rating_ma(self) -> int:
        """The most it may draw while its limit is not known."""
        return max(self.settings.rating_ma, self.settings.maximum_ma)

    @property
    def phase_count(self) -> int:
        """How many of the grid's phases it loads: those seen to carry current."""
        used = sum(current >= DRAWING_MA for current in self.memory.drawn.best_ma)
        return used or max(1, sum(self.settings.phases))

    @property
    def draws(self) -> bool:
        """Whether a car takes current, as far as can be told."""
        if self.measured:
            return max(self.memory.drawn.best_ma) >= DRAWING_MA
        return self.memory.drawing

    def starting(self, now_ms: int) -> bool:
        """Whether a car may still be about to begin."""
        since = self.memory.started_at_ms
        return since is not None and now_ms - since <= START_WINDOW_MS

    def settled(self, now_ms: int) -> bool:
        """Whether the last write has had time to show."""
        at = self.memory.commanded_at_ms
        return at is None or now_ms - at >= self.settings.settle_ms

    def lost_write(self, now_ms: int) -> bool:
        """Whether it still reports another limit long after a command."""
        told, at = self.memory.commanded_ma, self.memory.commanded_at_ms
        if told is None or at is None or self.read_ma is None:
            return False
        tolerance = max(self.settings.step_ma, READ_TOLERANCE_MA)
        return now_ms - at >= REPEAT_MS and abs(self.read_ma - told) >= tolerance

    def floor(self, current_ma: int) -> int:
        """Round a current down to what it can be told."""
        return max(0, current_ma // self.settings.step_ma * self.settings.step_ma)

    def on_phases(self, current_ma: int) -> PhaseCurrents:
        """The current on each of the phases it loads, 0 on the others."""
        one, two, three = self.settings.phases
        return (current_ma * one, current_ma * two, current_ma * three)

    def least(self, currents_ma: PhaseCurrents) -> int:
        """The smallest of the currents on its phases; 0 if it has none."""
        pairs = zip(currents_ma, self.settings.phases, strict=True)
        return min((current for current, loaded in pairs if loaded), default=0)


def look(
    settings: ChargerSettings,
    state: ChargerState | None,
    memory: ChargerMemory | None,
    now_ms: int,
) -> Charger:
    """Put one charger together; a charger missing from the state is offline."""
    memory = memory or ChargerMemory(settings.key)
    online = state is not None and state.online
    mode = state.mode if state is not None and online else Mode.OFF
    reached = _has_reached(settings, state)
    if online:
        memory = _heed(settings, memory, mode, reached=reached)
    reached = reached and not memory.waived
    memory = _forget(memory, mode, reached=reached)
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
        reserved_ma=NOTHING,
        measured=measured is not None,
        reached=reached,
        memory=memory,
    )
    return replace(charger, reserved_ma=_reserved(charger, limits, now_ms))


def _has_reached(settings: ChargerSettings, state: ChargerState | None) -> bool:
    """Whether the session has got its target energy."""
    target, energy = settings.target_wh, state.session_wh if state else None
    return target is not None and energy is not None and energy >= target


def _heed(
    settings: ChargerSettings, memory: ChargerMemory, mode: Mode, *, reached: bool
) -> ChargerMemory:
    """Notice that the user wants something else of a charger within reach."""
    asks, asked = Asked(mode, settings.minimum_ma, settings.maximum_ma), memory.asked
    again = asked is not None and asks != asked
    other_mode = asked is not None and mode is not asked.mode
    return replace(
        memory,
        asked=asks,
        eager=memory.eager or again,
        waived=reached and (memory.waived or other_mode),
    )


def _forget(memory: ChargerMemory, mode: Mode, *, reached: bool) -> ChargerMemory:
    """Stop the timers that only run in another mode: none may go on unwatched."""
    if mode is not Mode.FAST:
        memory = replace(memory, headroom_since_ms=None)
    if mode not in (Mode.SOLAR, Mode.MIN_SOLAR):
        memory = replace(memory, change_since_ms=None)
    if mode is not Mode.SOLAR or memory.held is not None or reached:
        memory = replace(memory, surplus_since_ms=None, short_since_ms=None)
    return memory


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
    if limits is None:
        return charger.on_phases(limit)
    one, two, three = (
        max(pair) for pair in zip(charger.on_phases(limit), limits, strict=True)
    )
    return (one, two, three)
