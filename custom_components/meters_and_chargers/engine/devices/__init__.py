"""Every family there is, one line each."""

from collections.abc import Mapping

from ..model import Family
from ..protocols.modbus import ModbusLink
from .cfos import POWER_BRAIN, S0_METER
from .diris import FAMILY as DIRIS
from .ksem import FAMILY as KSEM
from .smart_me import METER, PICO, PICO_GROUP

FAMILIES: Mapping[str, Family[ModbusLink]] = {
    family.key: family
    for family in (KSEM, METER, PICO, PICO_GROUP, POWER_BRAIN, S0_METER, DIRIS)
}
