"""Registers of the cFos Power Brain; addresses are those on the wire.

The maker's page gives the identification and the meter, the ports and units, and the
names of what is not kept in flash. Its rows for the wallbox itself could not be read:
marked as agreed is what a user's copy of that table (ioBroker/modbus-templates,
Wallbox/Cfos) and a program that runs on real boxes (evcc-io/evcc, charger/cfos.go) name
alike.
"""

from enum import IntEnum

from ...model import Mark, Quantity
from ...protocols.modbus import Block, Encoding, Table, per_phase, total

_PAGE = 'cFos, "Modbus Registers" of the Power Brain'
_BOX = f"{_PAGE}, registers of the charging station"
_AGREED = f"{_BOX}, as a user copied them and evcc reads them: "
_COPIED = f"{_BOX}, as a user alone copied them: "

# "Registers for S0 Meters and the EVSE".
IDENTITY_SOURCE = f"{_PAGE}, registers for S0 meters and the charging station"
IDENTITY_MARK = Mark.DOCUMENTED
VENDOR_ID = Block(8000, 2)
SERIAL_NUMBER = Block(8008, 8)
UNIT_ID = Block(8040, 1)
CFOS = 0xCF05

_ENERGY = total(Quantity.ENERGY_IMPORT, 8058, Encoding.UINT64, 1)
# Signed: the maker's own example of an answer holds -1.
_POWER = total(Quantity.POWER, 8062, Encoding.INT32, 1)

METER = Table(
    source=f"{_PAGE}, meter: 8058 in Wh, 8062 in W, 8064 to 8068 in 0.1 A",
    mark=Mark.DOCUMENTED,
    blocks=(Block(8058, 12),),
    rows=(
        _ENERGY,
        _POWER,
        *per_phase(Quantity.CURRENT, (8064, 8066, 8068), Encoding.INT32, 0.1),
    ),
)

# Of a meter that does not know the phases.
METER_TOTAL = Table(
    source=f"{_PAGE}, meter: 8058 in Wh, 8062 in W",
    mark=Mark.DOCUMENTED,
    blocks=(Block(8058, 6),),
    rows=(_ENERGY, _POWER),
)

# An S0 meter counts pulses: it knows no direction.
S0_METER = Table(
    source=f"{_PAGE}, S0 meters: 8058 in Wh, 8062 in W",
    mark=Mark.DOCUMENTED,
    blocks=(Block(8058, 6),),
    rows=(_ENERGY, total(Quantity.POWER_IMPORT, 8062, Encoding.INT32, 1)),
)

_CODE = (Encoding.UINT16, 1)

CONTROL = Table(
    source=f"{_AGREED}8092 to 8094, limit in 0.1 A",
    mark=Mark.AGREED,
    blocks=(Block(8092, 3),),
    rows=(
        total(Quantity.PILOT_STATUS, 8092, *_CODE),
        total(Quantity.CHARGING_LIMIT, 8093, Encoding.UINT16, 0.1),
        total(Quantity.CHARGING_ENABLED, 8094, *_CODE),
    ),
)
LIMIT_AND_ENABLE = Block(8093, 2)

# What it does when nobody has asked it for so long; kept in flash, so never written.
FAILSAFE = Table(
    source=f"{_COPIED}8083 in s, 8085 in 0.1 A",
    mark=Mark.SINGLE_SOURCE,
    blocks=(Block(8083, 3),),
    rows=(
        total(Quantity.FAILSAFE_DURATION, 8083, Encoding.UINT32, 1),
        total(Quantity.FAILSAFE_CURRENT, 8085, Encoding.UINT16, 0.1),
    ),
)

# What the box has, asked for once. Of 8113 the copy knows nothing: evcc reads bit 8,
# and one of its users read 0 before and 256 after he had allowed phases to switch.
FEATURE_SOURCE = f"{_AGREED}8112, bit 0 of 8057; by evcc and its users: bit 8 of 8113"
FEATURE_MARK = Mark.AGREED
HAS_METER = Block(8112, 1)
METER_FLAGS = Block(8057, 1)
KNOWS_PHASES = 1 << 0
PHASE_SWITCHING = Block(8113, 1)
SWITCHES_PHASES = 1 << 8


# A secret: what is shown of it is shortened, and no dump holds it. The copy counts 16
# words, but the next row begins before their end.
CARD_SOURCE = f"{_AGREED}8096, text"
CARD_MARK = Mark.AGREED
CARD = Block(8096, 15)


class Writable(IntEnum):
    """All that is ever written: what the maker lists as not going to flash.

    The older edition of the list lacks the relay, which is therefore written seldom.
    Whether it can be read is not known: 0 selects three phases, 1 a single one.
    """

    RELAY_SELECT = 8087
    CHARGING_LIMIT = 8093
    CHARGING_ENABLE = 8094


WRITABLE_SOURCE = (
    f"{_PAGE}, note on flash memory (charging_cur_limit, charging_enable and "
    "relay_select may change regularly); addresses as evcc writes them"
)
WRITABLE_MARK = Mark.AGREED
