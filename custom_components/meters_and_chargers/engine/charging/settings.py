"""What the user has set up: the connection of the house and its chargers."""

from dataclasses import dataclass
from enum import StrEnum

from .state import PhaseCurrents

MAIN = ""
"""The key of the main fuse among the circuits."""


class PhaseUse(StrEnum):
    """On how many phases the user lets a charger charge that can switch."""

    AUTO = "auto"
    ONE = "1"
    THREE = "3"


@dataclass(frozen=True, slots=True, kw_only=True)
class ChargerSettings:
    """The bounds of one charger; currents in mA, energy in Wh, times in ms."""

    key: str
    phases: tuple[bool, bool, bool] = (True, True, True)
    """The grid's phases it can load."""
    minimum_ma: int = 6_000
    maximum_ma: int = 16_000
    rating_ma: int = 0
    """What it may draw as long as nobody has told it less, if that is more."""
    step_ma: int = 1_000
    least_change_ma: int = 300
    """A smaller change is not worth a write, or would not be written."""
    write_interval_ms: int = 2_000
    settle_ms: int = 8_000
    """How long after a write its measurement may still lag behind."""
    priority: int = 0
    place: int = 0
    """Of chargers that are equal in all else the one with less goes first."""
    target_wh: int | None = None
    """The energy after which a session is finished."""
    circuit: str = MAIN
    """The circuit that feeds it."""
    switches_phases: bool = False
    """Whether it can be told to charge on its first phase alone."""
    first_phase: int = 0
    """Which of the grid's phases, from 0, is its own first; it counts on from there."""
    phase_use: PhaseUse = PhaseUse.AUTO
    phase_gap_ms: int = 600_000
    """The least time between two changes of its phases."""
    max_price: int | None = None
    """It charges fast at this price or below, in the unit of `Price.price`."""
    minimum_percent: int = 0
    """It charges fast while its car's battery is below this level; 0 for never."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CircuitSettings:
    """A fuse between the main one and chargers; currents in mA, power in W."""

    key: str
    parent: str = MAIN
    fuse_ma: PhaseCurrents
    power_cap_w: int | None = None
    """The most that may flow through it, everything in it counted."""
    metered: bool = False
    """Whether it has a meter of its own; without one only its chargers count."""
    grid_period_ms: int = 2_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """One site; currents in mA, power in W, times in ms."""

    fuse_ma: PhaseCurrents
    chargers: tuple[ChargerSettings, ...]
    grid_period_ms: int = 2_000
    """How often the grid meter is expected to give a sample."""
    margin_ma: int = 1_000
    failsafe_ma: int = 10_000
    voltage_mv: int = 230_000
    """Of a phase, as long as nobody measures it."""
    residual_w: int = 50
    start_delay_ms: int = 60_000
    stop_delay_ms: int = 180_000
    min_on_ms: int = 300_000
    min_off_ms: int = 120_000
    circuits: tuple[CircuitSettings, ...] = ()
    power_cap_w: int | None = None
    """The most the house may draw, its chargers included."""
    unbalance_ma: int | None = None
    """How much more a phase may carry than the least loaded one because of chargers
    that do not load all of them; None for no limit."""
    unbalance_counts_base: bool = True
    """Whether the house's own load counts in that."""
    observe: bool = False
    """Look and say what would be done, but command nothing."""
    phase_down_ms: int = 180_000
    phase_up_ms: int = 300_000
    most_starts: int = 40
    """Starts of one charger a day after which it waits twice as long; so with the
    changes of its phases."""
    most_phase_changes: int = 20
    dead_band_ma: int = 3_000
    """Changes of the sun that are worth less than this must last before a write."""
    battery_first_percent: int = 0
    """Below it the sun fills the house's battery before any car."""
    battery_buffer_percent: int = 100
    """From it on the battery may help to keep charging, if it may at all."""
    battery_discharge: bool = False
