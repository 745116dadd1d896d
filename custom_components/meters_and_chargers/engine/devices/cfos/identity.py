"""Which cFos device answers."""

from collections.abc import Iterable

from ...model import Unsupported, WrongDevice
from ...protocols.modbus import Encoding, ModbusLink
from . import registers

MAKER = "cFos"


def text(words: Iterable[int]) -> str:
    """Return the text in registers, up to the first zero."""
    raw = b"".join(word.to_bytes(2) for word in words).split(b"\0")[0]
    return raw.decode("ascii", "replace").strip()


async def read_serial(link: ModbusLink) -> str:
    """Read the maker's number and the serial number.

    Raises `WrongDevice` when another maker's device answers.
    """
    try:
        words = await link.read(registers.VENDOR_ID.start, registers.VENDOR_ID.count)
    except Unsupported as err:
        raise WrongDevice("a Modbus device without cFos's vendor number") from err
    vendor = Encoding.UINT32.decode(words)
    if vendor != registers.CFOS:
        raise WrongDevice(f"a Modbus device with {vendor:#x} as vendor number")
    block = registers.SERIAL_NUMBER
    words = await link.read(block.start, block.count)
    serial = text(words)
    if not serial or not serial.isascii() or not serial.isprintable():
        raise WrongDevice("a cFos device without a serial number")
    return serial
