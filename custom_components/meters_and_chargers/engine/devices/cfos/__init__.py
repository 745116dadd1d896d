"""cFos by Modbus TCP: the Power Brain wallbox, and the S0 meters at it."""

from .power_brain import FAMILY as POWER_BRAIN
from .s0_meter import FAMILY as S0_METER

__all__ = ["POWER_BRAIN", "S0_METER"]
