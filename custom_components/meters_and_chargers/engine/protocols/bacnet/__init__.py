"""BACnet/IP: reading objects of the devices behind one gateway.

`REQUIREMENT` is installed when BACnet is first used.
"""

from typing import Final

from .session import PORT, Asked, BacnetSession, Found, Stack, Value, open_stack

REQUIREMENT: Final = "bacpypes3==0.0.110"

__all__ = [
    "PORT",
    "REQUIREMENT",
    "Asked",
    "BacnetSession",
    "Found",
    "Stack",
    "Value",
    "open_stack",
]
