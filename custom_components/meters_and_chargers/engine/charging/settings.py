"""What the user has set up: the connection of the house and its chargers."""

from dataclasses import dataclass

from .state import PhaseCurrents


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
    dead_band_ma: int = 3_000
    """Changes of the sun that are worth less than this must last before a write."""
    write_interval_ms: int = 2_000
    settle_ms: int = 8_000
    """How long after a write its measurement may still lag behind."""
    priority: int = 0
    target_wh: int | None = None
    """The energy after which a session is finished."""


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
    residual_w: int = 50
    start_delay_ms: int = 60_000
    stop_delay_ms: int = 180_000
    min_on_ms: int = 300_000
    min_off_ms: int = 120_000
