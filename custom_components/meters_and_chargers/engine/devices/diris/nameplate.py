"""Who answers behind a unit id: the block by which SOCOMEC's products say it."""

from collections.abc import Sequence
from dataclasses import dataclass

from ...model import BadAnswer, Identity, Refused, Unsupported, WrongDevice
from ...protocols.modbus import ModbusLink
from . import registers

FAMILY_KEY = "diris"
MAKER = "SOCOMEC"


@dataclass(frozen=True, slots=True, kw_only=True)
class Nameplate:
    """What a unit says of itself."""

    product: str
    """Its extended name, which tells what its registers mean."""
    serial: str
    firmware: str
    table: int
    """The version of its Modbus table."""
    net_id: int | None = None

    @property
    def identity(self) -> Identity:
        """The unit as a device; raises `BadAnswer` for one without any number."""
        serial = f"{self.net_id:06X}" if self.net_id else self.serial
        if not serial.strip("0"):
            raise BadAnswer("neither a Net ID nor a serial number")
        return Identity(
            family=FAMILY_KEY,
            serial=serial,
            maker=MAKER,
            model=self.product,
            firmware=self.firmware,
        )


async def read_nameplate(link: ModbusLink, *, whole: bool = True) -> Nameplate:
    """Ask a unit who it is; ``whole`` with its Net ID, which takes a second request.

    Raises `WrongDevice` when it is none of SOCOMEC's.
    Source: `registers.IDENTITY_SOURCE`.
    """
    block = registers.IDENTIFICATION
    try:
        words = await link.read(block.start, block.count)
    except Unsupported as err:
        raise WrongDevice("a Modbus device without SOCOMEC's identification") from err
    sign = "".join(chr(word) for word in words[:4] if word < 0x80)  # noqa: PLR2004 - ASCII
    if sign != registers.SIGN:
        raise WrongDevice("a Modbus device without SOCOMEC's identification")
    vendor, name, extended = (_text(words[at : at + 8]) for at in (42, 50, 58))
    product = extended or name or vendor
    return Nameplate(
        product=product,
        serial=f"{words[8]:04X}{words[9]:04X}{words[10]:05d}",
        firmware=_firmware(words),
        table=words[6],
        net_id=await _net_id(link) if whole else None,
    )


async def identify(link: ModbusLink) -> Identity:
    """Ask a gateway who it is; raises `WrongDevice` when it is none of SOCOMEC's."""
    return (await read_nameplate(link)).identity


async def _net_id(link: ModbusLink) -> int | None:
    """Return the number printed on the front, where the product has one."""
    block = registers.NET_ID
    try:
        _, high, low = await link.read(block.start, block.count)
    except Refused, BadAnswer:
        return None
    return (high << 16 | low) or None


def _firmware(words: Sequence[int]) -> str:
    """Return major and minor version; of older products hundredths of one number."""
    major, minor = words[18:20]
    if major or minor:
        return f"{major}.{minor}"
    return f"{words[7] // 100}.{words[7] % 100:02d}"


def _text(words: Sequence[int]) -> str:
    """Return a text of two characters a word, up to its end."""
    raw = b"".join(word.to_bytes(2) for word in words).split(b"\0")[0]
    return raw.decode("ascii", "replace").strip()
