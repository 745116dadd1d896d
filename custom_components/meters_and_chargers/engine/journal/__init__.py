"""What must survive a power cut: wallboxes and their transactions."""

from .energy import GRACE_S, gained
from .errors import JournalError
from .journal import Journal
from .records import (
    Booked,
    ChargerRecord,
    HourOfEnergy,
    SignedValue,
    Start,
    Stop,
    Transaction,
)

__all__ = [
    "GRACE_S",
    "Booked",
    "ChargerRecord",
    "HourOfEnergy",
    "Journal",
    "JournalError",
    "SignedValue",
    "Start",
    "Stop",
    "Transaction",
    "gained",
]
