"""smart-me: the Pico wallbox by Modbus TCP."""

from .pico import FAMILY as PICO

__all__ = ["PICO"]
