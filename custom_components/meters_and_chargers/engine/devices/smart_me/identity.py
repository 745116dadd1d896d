"""Which smart-me device answers: all have their serial number at the same place."""

from ...model import Identity, Unsupported, WrongDevice
from ...protocols.modbus import ModbusLink
from . import registers

MAKER = "smart-me"
_LOWEST_SERIAL = 1_000  # the maker's samples have four to seven digits
_HIGHEST_SERIAL = 99_999_999


async def read_identity(link: ModbusLink, family: str, model: str) -> Identity:
    """Read the serial number, the only thing the maker documents for every device.

    Raises `WrongDevice` when there is none or it can't be one.
    """
    try:
        words = await link.read(
            registers.SERIAL_NUMBER, registers.SERIAL_ENCODING.words
        )
    except Unsupported as err:
        raise WrongDevice("a Modbus device without smart-me's serial number") from err
    serial = registers.SERIAL_ENCODING.decode(words)
    if not _LOWEST_SERIAL <= serial <= _HIGHEST_SERIAL:
        raise WrongDevice(f"a Modbus device with {serial} as serial number")
    return Identity(family=family, serial=str(serial), maker=MAKER, model=model)
