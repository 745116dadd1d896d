"""What `decide` remembers from one call to the next; opaque to the caller."""

from dataclasses import dataclass

from .reason import Reason
from .state import GridSample, Mode, PhaseCurrents, Plan

NOTHING: PhaseCurrents = (0, 0, 0)


@dataclass(frozen=True, slots=True)
class Measurement:
    """What a charger drew at one instant, in mA."""

    at_ms: int
    currents_ma: PhaseCurrents


@dataclass(frozen=True, slots=True)
class Drawn:
    """What a charger drew when the grid was sampled, in mA.

    Around a write the exact figure is not known: `low` leaves the largest base
    load and bounds increases, `high` the smallest and bounds what is kept.
    """

    best_ma: PhaseCurrents = NOTHING
    low_ma: PhaseCurrents = NOTHING
    high_ma: PhaseCurrents = NOTHING


@dataclass(frozen=True, slots=True)
class Step:
    """A change of limit, in mA, which the grid should show until `until_ms`."""

    at_ms: int
    from_ma: int
    to_ma: int
    until_ms: int


@dataclass(frozen=True, slots=True)
class Asked:
    """What the user wanted of a charger when it was last within reach; mA."""

    mode: Mode
    minimum_ma: int
    maximum_ma: int
    target_wh: int | None = None
    boost_until_ms: int | None = None
    """None unless it runs."""


@dataclass(frozen=True, slots=True)
class PhasesInUse:
    """On which of the phases that it may use a car draws, by measurements of each."""

    told: tuple[bool, bool, bool] = (False, False, False)
    """Which it could use meanwhile; with others all of this is forgotten."""
    shown: tuple[bool, bool, bool] = (False, False, False)
    """Which carry current at present."""
    since_ms: int | None = None
    """Since when just these do, by the time of the measurements."""
    ever: tuple[bool, bool, bool] = (False, False, False)
    """Which have done so since the car was plugged in."""
    known: tuple[bool, bool, bool] | None = None
    """Which count for the fuse; None for all, as long as nobody knows better."""


@dataclass(frozen=True, slots=True)
class SessionMemory:
    """What is remembered of the car that is plugged in; None: not running, not yet."""

    plugged: bool | None = None
    plugged_at_ms: int | None = None
    """When it was seen to be plugged in."""
    energy_wh: int | None = None
    drew: bool = False
    """It has taken current."""
    idle_since_ms: int | None = None
    """Since when it takes none though it is offered some and has drawn before."""
    finished: bool = False
    plan_until_ms: int | None = None
    """Until when its plan goes on in any case, by the wall clock."""
    plan_ready_ms: int | None = None
    """The time of that plan."""
    plan_over: Plan | None = None
    """The plan that has been carried out, or was for another car."""
    use: PhasesInUse = PhasesInUse()


@dataclass(frozen=True, slots=True)
class HandMemory:
    """What is remembered of limits that somebody else sets in the charger; mA."""

    told_ma: tuple[int, ...] = ()
    """What it was told since it last reported it, and that: it may report each."""
    told_at_ms: int | None = None
    matched: bool = False
    """It has reported its last command."""
    foreign: bool = False
    """It reports what we did not tell it."""
    fought: bool = False
    """It was told its limit again in spite of that."""
    limit_ma: int | None = None
    """The limit that was set by hand and is left so."""
    kept: bool = False
    """That is more than it was told, and is not lowered but for the fuse."""


@dataclass(frozen=True, slots=True)
class PhaseSwitch:
    """How a charger goes between one phase and all; None means not running, not yet."""

    told: int | None = None
    """1 for its first phase alone or 3 for all: as last told, or found."""
    changed_at_ms: int | None = None
    settling: bool = False
    """It has not been seen yet on the phases it was told."""
    before_ma: PhaseCurrents = NOTHING
    """What it may still draw as before, while it settles."""
    differs_since_ms: int | None = None
    refused: bool = False
    """It did not do the last change."""
    looked_at_ms: int | None = None
    """When the sun was last counted in one of the next two."""
    short_ms: int = 0
    """What counts of the time that the sun does not pay for all phases."""
    ample_ms: int = 0
    """What counts of the time that it does while only one is used."""
    tight_at_ms: int | None = None
    """When the fuse last had no room for all phases."""
    changes_today: int = 0


@dataclass(frozen=True, slots=True)
class ChargerMemory:
    """One charger's timers and last command; None means not running, not yet."""

    key: str
    asked: Asked | None = None
    session: SessionMemory = SessionMemory()
    by_hand: HandMemory = HandMemory()
    day: int = 0
    starts_today: int = 0
    eager: bool = False
    """The user has just asked for something else: no need for patience."""
    waived: bool = False
    """The user has chosen another mode after the target was reached."""
    commanded_ma: int | None = None
    commanded_at_ms: int | None = None
    previous_ma: int = 0
    """The limit before the last command."""
    fuse_reduced_at_ms: int | None = None
    started_at_ms: int | None = None
    stopped_at_ms: int | None = None
    surplus_since_ms: int | None = None
    short_since_ms: int | None = None
    headroom_since_ms: int | None = None
    headroom_ma: int = 0
    """The least that was granted since `headroom_since_ms`."""
    change_since_ms: int | None = None
    change_ma: int = 0
    """The sun's wish nearest to the limit since `change_since_ms`."""
    held: Reason | None = None
    """FUSE_PAUSE or FUSE_FULL while the fuse keeps it from starting."""
    resume_since_ms: int | None = None
    measurements: tuple[Measurement, ...] = ()
    drawn: Drawn = Drawn()
    drawing: bool = False
    """Without a measurement: the grid has followed a step of its limit."""
    step: Step | None = None
    probed_at_ms: int | None = None
    changed_at_ms: int | None = None
    """The last command of another limit than before."""
    astray_since_ms: int | None = None
    """Since when it has drawn clearly more than its limit."""
    astray: bool = False
    """It has for so long that it is taken not to follow its limit."""
    heeds_since_ms: int | None = None
    """Since when one astray draws no more than it may again."""
    switch: PhaseSwitch = PhaseSwitch()
    away_at_ms: int | None = None
    """Since when it is out of reach, by the wall clock; None while it is not."""


@dataclass(frozen=True, slots=True)
class GridMemory:
    """The last good samples of the grid meter and how trust in it stands."""

    started_at_ms: int | None = None
    sample: GridSample | None = None
    unmeasured: tuple[GridSample, ...] = ()
    """The last samples without the chargers that measure themselves."""
    good: int = 0
    """Fresh samples since the start or the last lapse, counted up to two."""
    good_since_ms: int | None = None
    lapsed: bool = False


@dataclass(frozen=True, slots=True)
class PhaseMemory:
    """One phase of the main fuse: its overload, and the cool-down after it."""

    over_since_ms: int | None = None
    worst_ma: int = 0
    cool_until_ms: int | None = None
    cool_ma: int = 0
    tight_since_ms: int | None = None
    """Since when it is too much even with every charger at its minimum."""
    lasting: bool = False
    """The overload has lasted long enough to cool down from."""


type Phases = tuple[PhaseMemory, PhaseMemory, PhaseMemory]
NO_PHASES: Phases = (PhaseMemory(), PhaseMemory(), PhaseMemory())


@dataclass(frozen=True, slots=True)
class WholeMemory:
    """What is remembered of all phases of a circuit together."""

    overloads: int = 0
    """How many there have been that lasted."""
    worst_ma: int = 0
    """The largest of them, above the fuse."""
    tight_since_ms: int | None = None
    """Since when its power is too much even with every charger at its minimum."""
    skewed_since_ms: int | None = None
    """Since when its phases are unbalanced in spite of that."""


@dataclass(frozen=True, slots=True)
class CircuitMemory:
    """What is remembered of one circuit below the main fuse; mA."""

    key: str
    grid: GridMemory = GridMemory()
    phases: Phases = NO_PHASES
    whole: WholeMemory = WholeMemory()
    low_ma: PhaseCurrents = NOTHING
    high_ma: PhaseCurrents = NOTHING
    """What its chargers drew at its own meter's sample; see `Drawn`."""


@dataclass(frozen=True, slots=True)
class Memory:
    """Everything carried between two calls; `Memory()` knows nothing yet."""

    grid: GridMemory = GridMemory()
    phases: Phases = NO_PHASES
    whole: WholeMemory = WholeMemory()
    circuits: tuple[CircuitMemory, ...] = ()
    chargers: tuple[ChargerMemory, ...] = ()
