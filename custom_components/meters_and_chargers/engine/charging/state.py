"""What the house and its chargers look like at one instant."""

from dataclasses import dataclass
from enum import StrEnum

from .reason import Reason

type PhaseCurrents = tuple[int, int, int]
"""Milliamperes on the grid's L1, L2, L3; import and consumption are positive."""


class Mode(StrEnum):
    """What the user wants of one charger, from nothing to most."""

    OFF = "off"
    SOLAR = "solar"
    MIN_SOLAR = "min_solar"
    FAST = "fast"


@dataclass(frozen=True, slots=True)
class GridSample:
    """The last good reading of the grid meter."""

    at_ms: int
    power_w: int
    currents_ma: PhaseCurrents | None = None
    """Signed currents; None when the meter gives only the total power."""


@dataclass(frozen=True, slots=True)
class Plan:
    """A session that must have its energy at a time."""

    ready_at_ms: int
    """By the wall clock of `State.wall_ms`."""
    energy_wh: int
    """Counted like `ChargerState.session_wh`."""


@dataclass(frozen=True, slots=True)
class Price:
    """What a kilowatt-hour costs in one slot, in thousandths of a cent."""

    start_ms: int
    end_ms: int
    """Both by the wall clock of `State.wall_ms`; the end is not in the slot."""
    price: int


@dataclass(frozen=True, slots=True)
class Battery:
    """The house's battery; discharging is positive, as import is."""

    power_w: int
    charge_percent: int | None = None


@dataclass(frozen=True, slots=True)
class CircuitState:
    """One circuit below the main fuse as it is now."""

    key: str
    grid: GridSample | None = None
    """What its own meter read last, if it has one."""
    dim_w: int | None = None
    """What the grid operator leaves its chargers at present; None when all."""


@dataclass(frozen=True, slots=True)
class ChargerState:
    """One charger as it is now."""

    key: str
    mode: Mode
    online: bool
    limit_ma: PhaseCurrents | None
    """The limit it obeys, as read back or last written; None when not known."""
    measured_ma: PhaseCurrents | None = None
    """What it draws, by its own or its own meter's measurement; None without one."""
    measured_at_ms: int | None = None
    measures_phases: bool = False
    """Whether that tells the phases apart; a power shared by them does not."""
    session_wh: int | None = None
    """The energy of the car that is plugged in now; None when nobody counts it."""
    plugged: bool | None = None
    """Whether a car is plugged in; None when nobody can tell."""
    blocked: Reason | None = None
    """Why it does not charge whatever it is told: DISABLED, AUTH_PENDING, FAULT."""
    phases: int | None = None
    """On how many phases it charges or would, by its own word; None if it has none."""
    ceiling_ma: int | None = None
    """What a billing service leaves it, 0 for a pause; None for all."""
    boost_until_ms: int | None = None
    """Until when it charges fast whatever its mode is; on the clock of `now_ms`."""
    boost_ma: int | None = None
    """With how much it does; None for all it can."""
    plan: Plan | None = None
    charge_percent: int | None = None
    """How full its car's battery is; None when nobody can tell."""


@dataclass(frozen=True, slots=True)
class State:
    """Everything `decide` looks at besides its memory and the clock."""

    grid: GridSample | None
    chargers: tuple[ChargerState, ...]
    circuits: tuple[CircuitState, ...] = ()
    dim_w: int | None = None
    """What the grid operator leaves all chargers together at present."""
    battery: Battery | None = None
    prices: tuple[Price, ...] = ()
    """Slots in order, from the present one on, as far as they are known."""
    wall_ms: int = 0
    """The time since 1970 in UTC, for plans and prices only."""
    day: int = 0
    """The number of the local day; what is counted a day begins anew with it."""
    voltage_mv: int | None = None
    """Of a phase, as the grid meter measures it; None where it does not."""
