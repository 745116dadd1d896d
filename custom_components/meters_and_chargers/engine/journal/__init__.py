"""What must survive a power cut: wallboxes and their transactions."""

from .errors import JournalError
from .journal import Journal
from .records import Booked, ChargerRecord, Start, Stop, Transaction

__all__ = [
    "Booked",
    "ChargerRecord",
    "Journal",
    "JournalError",
    "Start",
    "Stop",
    "Transaction",
]
