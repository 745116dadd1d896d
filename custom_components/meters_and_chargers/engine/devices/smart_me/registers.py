"""Registers of smart-me devices; wire address = register number - 1.

The rule and the port: smart-me, "Modbus TCP", section "Register Addressing".

The maker's table of the meter's registers could not be read. Marked as agreed is
what two programs read alike from a Telstar 80A, one of them known to run on live
meters; it reads the blocks below, so they are sure to be short enough. Not taken
over: the same energies once more in mWh, which a single source names.
"""

from ...model import Mark, Quantity
from ...protocols.modbus import Block, Encoding, Table, per_phase, total

SERIAL_SOURCE = (
    'smart-me, "Modbus TCP" (register 0x2000, telegram of the older edition)'
)
SERIAL_MARK = Mark.DOCUMENTED
SERIAL_NUMBER = 0x2000 - 1
SERIAL_ENCODING = Encoding.UINT32

_AGREED = (
    'smart-me, "Modbus TCP", register table of the Telstar 80A, as read alike by a '
    "collector of live meters (Node) and a Modbus to MQTT bridge (Python): "
)
_SINGLE = (
    'smart-me, "Modbus TCP", register table of the Telstar 80A, as a Modbus to MQTT '
    "bridge (Python) alone names it: "
)

_POWER = (Encoding.INT32, 0.001)
_ENERGY = (Encoding.UINT32, 1)

POWER = Table(
    source=f"{_AGREED}0x2004 to 0x200A in mW, 0x2014 to 0x201E in mV and mA",
    mark=Mark.AGREED,
    blocks=(Block(0x2003, 8), Block(0x2013, 12)),
    rows=(
        total(Quantity.POWER, 0x2003, *_POWER),
        *per_phase(Quantity.POWER, (0x2005, 0x2007, 0x2009), *_POWER),
        *per_phase(Quantity.VOLTAGE, (0x2013, 0x2015, 0x2017), Encoding.UINT32, 0.001),
        *per_phase(Quantity.CURRENT, (0x2019, 0x201B, 0x201D), Encoding.INT32, 0.001),
    ),
)

FACTORS = Table(
    source=f"{_AGREED}0x2020 to 0x2022 in thousandths, 0x2023",
    mark=Mark.AGREED,
    blocks=(Block(0x201F, 4),),
    rows=(
        *per_phase(
            Quantity.POWER_FACTOR, (0x201F, 0x2020, 0x2021), Encoding.UINT16, 0.001
        ),
        total(Quantity.TARIFF, 0x2022, Encoding.UINT16, 1),
    ),
)

# Whether it has a sign is not known. No meter for 80 A reaches half the range
# of 32 bits, so that both ways of reading it give the same number.
REACTIVE = Table(
    source=f"{_SINGLE}0x200C to 0x2012 in mvar",
    mark=Mark.SINGLE_SOURCE,
    blocks=(Block(0x200B, 8),),
    rows=(
        total(Quantity.REACTIVE_POWER, 0x200B, *_POWER),
        *per_phase(Quantity.REACTIVE_POWER, (0x200D, 0x200F, 0x2011), *_POWER),
    ),
)

ENERGY = Table(
    source=f"{_AGREED}0x204C to 0x2056 in Wh",
    mark=Mark.AGREED,
    blocks=(Block(0x204B, 12),),
    rows=(
        total(Quantity.ENERGY_IMPORT, 0x204B, *_ENERGY),
        total(Quantity.ENERGY_EXPORT, 0x204D, *_ENERGY),
        total(Quantity.ENERGY_IMPORT_T1, 0x204F, *_ENERGY),
        total(Quantity.ENERGY_IMPORT_T2, 0x2051, *_ENERGY),
        total(Quantity.ENERGY_EXPORT_T1, 0x2053, *_ENERGY),
        total(Quantity.ENERGY_EXPORT_T2, 0x2055, *_ENERGY),
    ),
)

REACTIVE_ENERGY = Table(
    source=f"{_SINGLE}0x2058 to 0x205E in varh",
    mark=Mark.SINGLE_SOURCE,
    blocks=(Block(0x2057, 8),),
    rows=(
        total(Quantity.REACTIVE_ENERGY_Q1, 0x2057, *_ENERGY),
        total(Quantity.REACTIVE_ENERGY_Q2, 0x2059, *_ENERGY),
        total(Quantity.REACTIVE_ENERGY_Q3, 0x205B, *_ENERGY),
        total(Quantity.REACTIVE_ENERGY_Q4, 0x205D, *_ENERGY),
    ),
)

# Other meters of smart-me, such as the module for Kamstrup meters, count in other units
# at the same places. They say no power of a single phase.
_MODULE = (
    "a Home Assistant integration for smart-me's module for Kamstrup meters (HAN), "
    "tried on a real one: "
)

MODULE_POWER = Table(
    source=f"{_MODULE}0x2004 in W, 0x2014 to 0x201E in mV and 0.01 A",
    mark=Mark.SINGLE_SOURCE,
    blocks=(Block(0x2003, 2), Block(0x2013, 12)),
    rows=(
        total(Quantity.POWER, 0x2003, Encoding.INT32, 1),
        *per_phase(Quantity.VOLTAGE, (0x2013, 0x2015, 0x2017), Encoding.UINT32, 0.001),
        *per_phase(Quantity.CURRENT, (0x2019, 0x201B, 0x201D), Encoding.INT32, 0.01),
    ),
)

MODULE_ENERGY = Table(
    source=f"{_MODULE}0x204C and 0x204E in Wh",
    mark=Mark.SINGLE_SOURCE,
    blocks=(Block(0x204B, 4),),
    rows=(
        total(Quantity.ENERGY_IMPORT, 0x204B, *_ENERGY),
        total(Quantity.ENERGY_EXPORT, 0x204D, *_ENERGY),
    ),
)

# The text of the page names 0x206C for the same purpose, its own example and
# the newer edition 0x206E: the one that was shown to be written counts.
CURRENT_SOURCE = (
    'smart-me, "Modbus TCP", section "Change Pico Loadmanagement": '
    "modpoll -r 0x206E -t 4:int -i, in mA for all three phases"
)
CURRENT_MARK = Mark.DOCUMENTED
CHARGING_CURRENT = 0x206E - 1
CURRENT_ENCODING = Encoding.UINT32

# That each phase takes two words follows from the distance of the numbers, that one
# request may write all six from "together by register 0x2071". A station that refuses
# six is written one phase after the other.
PHASES_SOURCE = (
    'smart-me, "Modbus TCP", section "Change Pico Loadmanagement": 0x2071 (L1, L2, L3) '
    "in mA; the newer edition: 0x2071, 0x2073, 0x2075, together or one by one, from "
    "firmware 0.0.53 on, a number up to 499 counting as amperes"
)
PHASES_MARK = Mark.DOCUMENTED
PHASE_CURRENTS = 0x2071 - 1
