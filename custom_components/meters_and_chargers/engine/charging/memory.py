"""What `decide` remembers from one call to the next; opaque to the caller."""

from dataclasses import dataclass

from .decision import Reason
from .state import GridSample, Mode, PhaseCurrents

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


@dataclass(frozen=True, slots=True)
class ChargerMemory:
    """One charger's timers and last command; None means not running, not yet."""

    key: str
    asked: Asked | None = None
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


@dataclass(frozen=True, slots=True)
class Memory:
    """Everything carried between two calls; `Memory()` knows nothing yet."""

    grid: GridMemory = GridMemory()
    phases: tuple[PhaseMemory, PhaseMemory, PhaseMemory] = (
        PhaseMemory(),
        PhaseMemory(),
        PhaseMemory(),
    )
    chargers: tuple[ChargerMemory, ...] = ()
