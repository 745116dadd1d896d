"""cFos: the Power Brain wallbox and the S0 meters at it, by Modbus; its web page."""

from .power_brain import FAMILY as POWER_BRAIN
from .s0_meter import FAMILY as S0_METER
from .web import manages_load

__all__ = ["POWER_BRAIN", "S0_METER", "manages_load"]
