"""Registers of the KOSTAL Smart Energy Meter.

Addresses are wire addresses. The maker's register document could not be read
in full; eight independent programs read these blocks alike on real meters,
first and second generation, firmware 1.2 to 2.6: MeisterTR/ha-kostal-smartmeter,
pre-martin/openhab-addons, SvenBunge/hs_kostalKSEM_ModbusTCP,
kilianknoll/kostal-ksem, openWB/core, pmcgn/Kostal_SmartEnergyMeter,
JsBergbau/Kostal-KSEM-Emulator and smarthomeNG/plugins.
"""

from ...model import PHASES, Mark, Phase, Point, Quantity
from ...protocols.modbus import (
    Block,
    Derived,
    Encoding,
    Pushed,
    Row,
    Table,
    per_phase,
    total,
)

_POWER = (Encoding.UINT32, 0.1)
_FACTOR = (Encoding.INT32, 0.001)
_MILLI = (Encoding.UINT32, 0.001)
_ENERGY = (Encoding.UINT64, 0.1)

INSTANTANEOUS = Table(
    source=(
        "KOSTAL, Interface Description MODBUS, KOSTAL Smart Energy Meter: internal "
        "registers, power (as read alike by the eight programs named above)"
    ),
    mark=Mark.AGREED,
    blocks=(Block(0, 28), Block(40, 106)),
    rows=(
        total(Quantity.POWER_IMPORT, 0, *_POWER),
        total(Quantity.POWER_EXPORT, 2, *_POWER),
        total(Quantity.REACTIVE_POWER_IMPORT, 4, *_POWER),
        total(Quantity.REACTIVE_POWER_EXPORT, 6, *_POWER),
        total(Quantity.APPARENT_POWER_IMPORT, 16, *_POWER),
        total(Quantity.APPARENT_POWER_EXPORT, 18, *_POWER),
        total(Quantity.POWER_FACTOR, 24, *_FACTOR),
        total(Quantity.FREQUENCY, 26, *_MILLI),
        *per_phase(Quantity.POWER_IMPORT, (40, 80, 120), *_POWER),
        *per_phase(Quantity.POWER_EXPORT, (42, 82, 122), *_POWER),
        *per_phase(Quantity.REACTIVE_POWER_IMPORT, (44, 84, 124), *_POWER),
        *per_phase(Quantity.REACTIVE_POWER_EXPORT, (46, 86, 126), *_POWER),
        *per_phase(Quantity.APPARENT_POWER_IMPORT, (56, 96, 136), *_POWER),
        *per_phase(Quantity.APPARENT_POWER_EXPORT, (58, 98, 138), *_POWER),
        *per_phase(Quantity.CURRENT, (60, 100, 140), *_MILLI),
        *per_phase(Quantity.VOLTAGE, (62, 102, 142), *_MILLI),
        *per_phase(Quantity.POWER_FACTOR, (64, 104, 144), *_FACTOR),
    ),
    # Of each pair only one side differs from zero.
    derived=tuple(
        Derived(
            Point(Quantity.POWER, phase),
            Point(Quantity.POWER_IMPORT, phase),
            Point(Quantity.POWER_EXPORT, phase),
            lambda imported, exported: round(imported - exported, 1),
        )
        for phase in (Phase.TOTAL, *PHASES)
    ),
)

ENERGY = Table(
    source=(
        "KOSTAL, Interface Description MODBUS, KOSTAL Smart Energy Meter: internal "
        "registers, energy (as read alike by the eight programs named above)"
    ),
    mark=Mark.AGREED,
    blocks=(Block(512, 40), Block(592, 100), Block(692, 100)),
    rows=(
        total(Quantity.ENERGY_IMPORT, 512, *_ENERGY),
        total(Quantity.ENERGY_EXPORT, 516, *_ENERGY),
        total(Quantity.REACTIVE_ENERGY_IMPORT, 520, *_ENERGY),
        total(Quantity.REACTIVE_ENERGY_EXPORT, 524, *_ENERGY),
        total(Quantity.APPARENT_ENERGY_IMPORT, 544, *_ENERGY),
        total(Quantity.APPARENT_ENERGY_EXPORT, 548, *_ENERGY),
        *per_phase(Quantity.ENERGY_IMPORT, (592, 672, 752), *_ENERGY),
        *per_phase(Quantity.ENERGY_EXPORT, (596, 676, 756), *_ENERGY),
        *per_phase(Quantity.REACTIVE_ENERGY_IMPORT, (600, 680, 760), *_ENERGY),
        *per_phase(Quantity.REACTIVE_ENERGY_EXPORT, (604, 684, 764), *_ENERGY),
        *per_phase(Quantity.APPARENT_ENERGY_IMPORT, (624, 704, 784), *_ENERGY),
        *per_phase(Quantity.APPARENT_ENERGY_EXPORT, (628, 708, 788), *_ENERGY),
    ),
)

# The same two programs read the next block, one being a fork of the other: that is
# one source. The signs of its first values are not known, and are shown as they come.
_WATT = (Encoding.UINT32, 1)
_SIGNED_WATT = (Encoding.INT32, 1)
_CODE = (Encoding.UINT16, 1)

ENERGY_FLOW = Table(
    source=(
        "KOSTAL, Interface Description MODBUS, KOSTAL Smart Energy Meter: energy flow "
        "(as read by MeisterTR/ha-kostal-smartmeter and its fork)"
    ),
    mark=Mark.SINGLE_SOURCE,
    blocks=(Block(40972, 41),),
    rows=(
        total(Quantity.GRID_POWER, 40972, *_SIGNED_WATT),
        total(Quantity.INVERTER_POWER, 40974, *_SIGNED_WATT),
        total(Quantity.SOLAR_POWER, 40976, *_SIGNED_WATT),
        total(Quantity.HOUSE_POWER, 40982, *_SIGNED_WATT),
        total(Quantity.BATTERY_POWER, 40984, *_SIGNED_WATT),
        total(Quantity.BATTERY_CHARGE, 40986, *_CODE),
        total(Quantity.HOUSE_POWER_FROM_SOLAR, 40988, *_WATT),
        total(Quantity.HOUSE_POWER_FROM_BATTERY, 40990, *_WATT),
        total(Quantity.HOUSE_POWER_FROM_GRID, 40992, *_WATT),
        total(Quantity.WALLBOX_CHARGE_MODE, 40994, *_CODE),
        total(Quantity.WALLBOX_POWER, 40996, *_WATT),
        total(Quantity.WALLBOX_POWER_FROM_SOLAR, 40998, *_WATT),
        total(Quantity.WALLBOX_POWER_FROM_BATTERY, 41000, *_WATT),
        total(Quantity.WALLBOX_POWER_FROM_GRID, 41002, *_WATT),
        total(Quantity.INVERTER_CONTROL, 41010, *_WATT),
        total(Quantity.CURTAILMENT, 41012, *_CODE),
    ),
)

# A wallbox set up in the KSEM (ENECTOR). Each value is a request of its own, as the
# maker asks: whether the gaps can be read through is not known. Sources disagree on
# the power's unit (three say mW, one W) and on whether the energy is a session's.
WALLBOX = Table(
    source=(
        "KOSTAL, Interface Description MODBUS, KOSTAL Smart Energy Meter: wallbox (as "
        "read by MeisterTR/ha-kostal-smartmeter, and in part by two configurations)"
    ),
    mark=Mark.SINGLE_SOURCE,
    blocks=(
        Block(49206, 4),
        Block(49218, 2),
        Block(49246, 4),
        Block(49254, 4),
        Block(49258, 4),
    ),
    rows=(
        total(Quantity.WALLBOX_STATUS, 49206, Encoding.UINT64, 1),
        Row(Point(Quantity.WALLBOX_CURRENT, Phase.L1), 49218, *_MILLI),
        total(Quantity.CHARGING_POWER, 49246, Encoding.UINT64, 0.001),
        total(Quantity.CHARGED_ENERGY, 49254, Encoding.UINT64, 0.001),
        total(Quantity.CHARGING_DURATION, 49258, Encoding.UINT64, 1),
    ),
)

# What a KSEM in master mode writes, by the maker's manual of the second generation
# (BA_202306, "Modbus configuration": current values total, current values phases,
# energy total, energy phases). How it splits a block is not documented.
PUSHED = Pushed(
    blocks=(Block(0, 28), Block(40, 106), Block(512, 40), Block(592, 200)),
    tables=(INSTANTANEOUS, ENERGY),
)

# "Modbus-E-Mobility": a single source (MeisterTR/ha-kostal-smartmeter, issue 26) names
# three values in it. Neither their types nor how they are written is known: the words
# go into diagnostics, and nothing is made of them.
WRITEABLE = Block(41160, 30)

# The "KSEM/RM PnP" block: vendor and product name and serial number as text.
# Read by pre-martin/openhab-addons and pmcgn/Kostal_SmartEnergyMeter; the
# firmware's encoding in it is not known, so it is not shown.
IDENTIFICATION = Block(8192, 58)
VENDOR_NAME = (8196, 16)
PRODUCT_NAME = (8212, 16)
SERIAL_NUMBER = (8228, 16)
