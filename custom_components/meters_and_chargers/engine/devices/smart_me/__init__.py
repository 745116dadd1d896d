"""smart-me by Modbus TCP: the Telstar meter and the Pico wallbox."""

from .meter import FAMILY as METER
from .pico import FAMILY as PICO

__all__ = ["METER", "PICO"]
