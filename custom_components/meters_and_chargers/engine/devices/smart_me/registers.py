"""Registers of smart-me devices; wire address = register number - 1.

The rule and the port: smart-me, "Modbus TCP", section "Register Addressing".
"""

from ...model import Mark
from ...protocols.modbus import Encoding

SERIAL_SOURCE = (
    'smart-me, "Modbus TCP" (register 0x2000, telegram of the older edition)'
)
SERIAL_MARK = Mark.DOCUMENTED
SERIAL_NUMBER = 0x2000 - 1
SERIAL_ENCODING = Encoding.UINT32

# The text of the page names 0x206C for the same purpose, its own example and
# the newer edition 0x206E: the one that was shown to be written counts.
CURRENT_SOURCE = (
    'smart-me, "Modbus TCP", section "Change Pico Loadmanagement": '
    "modpoll -r 0x206E -t 4:int -i, in mA for all three phases"
)
CURRENT_MARK = Mark.DOCUMENTED
CHARGING_CURRENT = 0x206E - 1
CURRENT_ENCODING = Encoding.UINT32
