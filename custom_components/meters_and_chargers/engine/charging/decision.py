"""What `decide` answers: commands, and the reason each charger is as it is."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

from .state import PhaseCurrents

if TYPE_CHECKING:
    from .memory import Memory


class Reason(StrEnum):
    """Why a charger gets what it gets; the keys of the reason line."""

    OFF = "off"
    NO_SURPLUS = "no_surplus"
    SURPLUS_LOW = "surplus_low"
    START_DELAY = "start_delay"
    MIN_OFF = "min_off"
    MIN_ON = "min_on"
    STOP_DELAY = "stop_delay"
    STARTING = "starting"
    SOLAR = "solar"
    SOLAR_MIN = "solar_min"
    FAST = "fast"
    FUSE = "fuse"
    FUSE_FULL = "fuse_full"
    FUSE_PAUSE = "fuse_pause"
    FUSE_RESUME = "fuse_resume"
    COOL_DOWN = "cool_down"
    AGEING = "ageing"
    METER_STALE = "meter_stale"
    METER_LOST = "meter_lost"
    METER_SLOW = "meter_slow"
    RECOVERING = "recovering"
    WARM_UP = "warm_up"
    CHARGER_OFFLINE = "charger_offline"
    TARGET = "target"


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


@dataclass(frozen=True, slots=True)
class Decision:
    """The outcome of one look at the site."""

    commands: tuple[Command, ...]
    reasons: Mapping[str, Explanation]
    memory: Memory
