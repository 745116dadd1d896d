"""SNMP v1, v2c and v3: reading from one agent, and what agents tell by themselves.

`REQUIREMENT` is installed when SNMP is first used; where it has no wheel for this
Python or processor, `FALLBACK`, which takes many times the processor time.
"""

from typing import Final

from .backend import Backend, Value
from .credentials import Auth, Community, Credentials, Privacy, User
from .session import PORT, UPTIME, SnmpSession, fastest
from .traps import PORT as TRAP_PORT
from .traps import Trap, TrapListener, TrapSource, load_decoder
from .writer import WritingSession

REQUIREMENT: Final = "gufo-snmp==0.13.0"
FALLBACK: Final = "pysnmp>=7.1.27,<8"

__all__ = [
    "FALLBACK",
    "PORT",
    "REQUIREMENT",
    "TRAP_PORT",
    "UPTIME",
    "Auth",
    "Backend",
    "Community",
    "Credentials",
    "Privacy",
    "SnmpSession",
    "Trap",
    "TrapListener",
    "TrapSource",
    "User",
    "Value",
    "WritingSession",
    "fastest",
    "load_decoder",
]
