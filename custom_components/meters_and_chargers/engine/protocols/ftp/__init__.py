"""An FTP server into which files are put, and from which nothing is taken.

`server` is imported when the first one is opened: its library is installed then.
"""

from .drop import Drop, Limits
from .types import Access, Encryption, OnDone, OnPassword, OnRefused

__all__ = [
    "Access",
    "Drop",
    "Encryption",
    "Limits",
    "OnDone",
    "OnPassword",
    "OnRefused",
]
