"""SNMP v1, v2c and v3: reading from one agent.

`REQUIREMENT` is installed when SNMP is first used; where it has no wheel for this
Python or processor, `FALLBACK`, which takes many times the processor time.
"""

from typing import Final

from .backend import Backend, Value
from .credentials import Auth, Community, Credentials, Privacy, User
from .session import PORT, UPTIME, SnmpSession, fastest

REQUIREMENT: Final = "gufo-snmp==0.13.0"
FALLBACK: Final = "pysnmp>=7.1.27,<8"

__all__ = [
    "FALLBACK",
    "PORT",
    "REQUIREMENT",
    "UPTIME",
    "Auth",
    "Backend",
    "Community",
    "Credentials",
    "Privacy",
    "SnmpSession",
    "User",
    "Value",
    "fastest",
]
