"""KOSTAL Smart Energy Meter by Modbus TCP."""

from ...model import (
    Answers,
    Device,
    Family,
    Identity,
    ModbusTcp,
    Unsupported,
    WrongDevice,
)
from ...protocols.modbus import ModbusDevice, ModbusLink, TableGroup
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


def open_device(link: ModbusLink, _answers: Answers) -> Device:
    """Return the meter behind this link."""
    return ModbusDevice(
        link,
        identify,
        (
            TableGroup(key="fast", tables=(registers.INSTANTANEOUS,)),
            TableGroup(key="slow", tables=(registers.ENERGY,), interval_s=30),
        ),
    )


FAMILY: Family[ModbusLink] = Family(
    key="ksem",
    maker=_MAKER,
    name="KOSTAL Smart Energy Meter",
    transport=ModbusTcp(port=502, unit_id=1),
    open=open_device,
    intervals_s=(2, 1, 3, 4, 5),
)
