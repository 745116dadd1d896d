"""Files of measured values: EMS CSV of a DIRIS gateway, and a plain table."""

from .cells import Format, Malformed
from .hours import Closed, Hours, HoursError, Spread, Stored
from .reading import Channel, Reading, Row
from .sums import Counted, recount

__all__ = [
    "Channel",
    "Closed",
    "Counted",
    "Format",
    "Hours",
    "HoursError",
    "Malformed",
    "Reading",
    "Row",
    "Spread",
    "Stored",
    "recount",
]
