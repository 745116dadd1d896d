"""What `decide` answers: commands, and the reason each charger is as it is."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from .freshness import Freshness
from .memory import Memory
from .reason import STAGES, Reason, Stage
from .state import PhaseCurrents


@dataclass(frozen=True, slots=True)
class Command:
    """Set this charger's limit, in mA on each of the grid's phases."""

    charger: str
    limit_ma: PhaseCurrents
    urgent: bool = False
    """Off, stale, the fuse or a new maximum: nothing on the way may hold it up."""


@dataclass(frozen=True, slots=True)
class Explanation:
    """The reason for one charger, and when it will change if nothing else does."""

    reason: Reason
    until_ms: int | None = None
    figures: Mapping[str, int | str] = field(default_factory=dict)
    """What its sentence names: W, mA, ms, Wh, a circuit, a charger, a phase."""

    @property
    def stage(self) -> Stage:
        """Where the charger stands."""
        return STAGES[self.reason]


@dataclass(frozen=True, slots=True)
class ChargerView:
    """What is shown of one charger besides its reason; mA."""

    wished_ma: int = 0
    """What its mode asks for, on each of the phases in use."""
    granted_ma: int = 0
    """What the circuits and the other chargers leave of that."""
    phases: int = 3
    starts_today: int = 0
    phase_changes_today: int = 0
    plan_at_risk: bool = False
    """Whether its plan is under way and will be missed, whatever the reason names."""


@dataclass(frozen=True, slots=True)
class CircuitView:
    """What is shown of one circuit; mA on each phase."""

    key: str
    freshness: Freshness
    age_ms: int | None
    base_ma: PhaseCurrents
    """What is drawn besides the chargers."""
    free_ma: PhaseCurrents
    """What is left of the fuse at this moment, negative over it."""
    overloaded: bool = False
    overloads: int = 0
    """How many overloads there have been that lasted long enough to cool down from."""
    worst_ma: int = 0
    """The largest of them, above the fuse."""


@dataclass(frozen=True, slots=True)
class Decision:
    """The outcome of one look at the site."""

    commands: tuple[Command, ...]
    reasons: Mapping[str, Explanation]
    memory: Memory
    chargers: Mapping[str, ChargerView] = field(default_factory=dict)
    circuits: tuple[CircuitView, ...] = ()
    """The house first, then its circuits in the order of the settings."""
    surplus_w: int | None = None
    """What the solar chargers could draw together; None while it is not known."""
