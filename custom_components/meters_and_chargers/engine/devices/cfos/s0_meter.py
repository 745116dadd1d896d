"""An S0 meter at a cFos Power Brain: it counts pulses, at a port of its own."""

from typing import override

from ...model import Answers, Device, Family, Identity, ModbusTcp
from ...protocols.modbus import ModbusDevice, ModbusLink, TableGroup
from . import registers
from .identity import MAKER, read_serial

MODEL = "S0 meter"


async def identify(link: ModbusLink) -> Identity:
    """Read whose input it is; raises `WrongDevice` when another maker's device answers.

    The serial number is the box's, which has two of them: the unit id tells which.
    """
    serial = await read_serial(link)
    (unit,) = await link.read(registers.UNIT_ID.start, registers.UNIT_ID.count)
    return Identity(
        family=FAMILY.key, serial=f"{serial}-{unit}", maker=MAKER, model=MODEL
    )


class S0Meter(ModbusDevice):
    """One of the two inputs."""

    @override
    async def piece(self, link: ModbusLink) -> Identity:
        """Read which box it is at; raises `WrongDevice`."""
        serial = await read_serial(link)
        return Identity(family=FAMILY.key, serial=serial, maker=MAKER, model=MODEL)


def open_device(link: ModbusLink, _answers: Answers) -> Device:
    """Return the meter behind this link."""
    group = TableGroup(key="fast", tables=(registers.S0_METER,))
    return S0Meter(link, identify, (group,))


FAMILY: Family[ModbusLink] = Family(
    key="cfos_meter",
    maker=MAKER,
    name="cFos S0 meter",
    # The second one listens on port 4703 as unit 3.
    transport=ModbusTcp(port=4702, unit_id=2),
    open=open_device,
    intervals_s=(5, 2, 10),
)
