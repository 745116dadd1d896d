"""Every family there is, one line each."""

from collections.abc import Mapping

from ..model import Family
from ..protocols.modbus import ModbusLink
from .ksem import FAMILY as KSEM
from .smart_me import METER, PICO

FAMILIES: Mapping[str, Family[ModbusLink]] = {
    family.key: family for family in (KSEM, METER, PICO)
}
