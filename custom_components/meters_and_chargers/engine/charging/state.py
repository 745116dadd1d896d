"""What the house and its chargers look like at one instant."""

from dataclasses import dataclass
from enum import StrEnum

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
    session_wh: int | None = None
    """The energy of the car that is plugged in now; None when nobody counts it."""


@dataclass(frozen=True, slots=True)
class State:
    """Everything `decide` looks at besides its memory and the clock."""

    grid: GridSample | None
    chargers: tuple[ChargerState, ...]
