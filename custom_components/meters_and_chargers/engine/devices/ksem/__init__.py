"""KOSTAL Smart Energy Meter by Modbus TCP."""

from typing import override

from ...model import (
    Answers,
    Device,
    DeviceError,
    Family,
    Group,
    Identity,
    ModbusTcp,
    Probe,
    Tls,
    Unsupported,
    WrongDevice,
)
from ...protocols.modbus import ModbusDevice, ModbusLink, Table, TableGroup
from . import registers

_MAKER = "KOSTAL"
_MODEL = "Smart Energy Meter"


async def identify(link: ModbusLink) -> Identity:
    """Read the identification block; its texts decide, product ids change by firmware.

    Raises `WrongDevice` when there is no such block or it names another maker.
    """
    block = registers.IDENTIFICATION
    try:
        words = await link.read(block.start, block.count)
    except Unsupported as err:
        raise WrongDevice("a Modbus device without KOSTAL's identification") from err

    def text(at: tuple[int, int]) -> str:
        start, count = at
        cut = words[start - block.start : start - block.start + count]
        raw = b"".join(word.to_bytes(2) for word in cut).split(b"\0")[0]
        return raw.decode("ascii", "replace").strip()

    vendor = text(registers.VENDOR_NAME)
    product = text(registers.PRODUCT_NAME)
    serial = text(registers.SERIAL_NUMBER)
    named = f"{vendor} {product}".casefold()
    if not ("kostal" in named or "ksem" in named) or not serial.isalnum():
        raise WrongDevice(f"{vendor} {product}".strip() or "an unnamed Modbus device")
    return Identity(family=FAMILY.key, serial=serial, maker=_MAKER, model=_MODEL)


_GROUPS = (
    TableGroup(key="fast", tables=(registers.INSTANTANEOUS,)),
    TableGroup(key="slow", tables=(registers.ENERGY,), interval_s=30),
    TableGroup(key="flow", tables=(registers.ENERGY_FLOW,), interval_s=10),
    TableGroup(key="wallbox", tables=(registers.WALLBOX,), interval_s=10),
)
_ALWAYS = ("fast", "slow")
_OPTIONAL = {"flow": registers.ENERGY_FLOW, "wallbox": registers.WALLBOX}


class Ksem(ModbusDevice):
    """A KSEM; whether it manages energy and a wallbox is settled at first sight."""

    only_dumped = (registers.WRITEABLE,)
    pushed = registers.PUSHED

    def __init__(self, link: ModbusLink) -> None:
        """Expect a meter and nothing else."""
        super().__init__(link, identify, _GROUPS)
        self._known = self.groups
        self.groups = self._chosen()
        self._settled = False

    @override
    async def identify(self) -> Identity:
        """Ask who it is, and at first what else it has; raises `WrongDevice`."""
        identity = await super().identify()
        if not self._settled:
            served = [
                key for key, table in _OPTIONAL.items() if await self._serves(table)
            ]
            self.groups = self._chosen(*served)
            self._settled = True
        return identity

    def _chosen(self, *served: str) -> tuple[Group, ...]:
        return tuple(one for one in self._known if one.key in (*_ALWAYS, *served))

    async def _serves(self, table: Table) -> bool:
        """Whether a table's first block is there: what it has not is never asked again.

        Any other failure gets a second chance; the meter does not depend on it.
        """
        block = table.blocks[0]
        for _ in range(2):
            try:
                await self._link.read(block.start, block.count)
            except Unsupported:
                return False
            except DeviceError:
                continue
            return True
        return False


def open_device(link: ModbusLink, _answers: Answers) -> Device:
    """Return the meter behind this link."""
    return Ksem(link)


FAMILY: Family[ModbusLink] = Family(
    key="ksem",
    maker=_MAKER,
    name="KOSTAL Smart Energy Meter",
    transport=ModbusTcp(port=502, unit_id=1, tls=Tls(port=802, address=0, count=2)),
    open=open_device,
    intervals_s=(2, 1, 3, 4, 5),
    pushes=True,
    # As a KSEM names itself until its owner changes it.
    probe=Probe(identify=identify, hostname="ksem-*"),
)
