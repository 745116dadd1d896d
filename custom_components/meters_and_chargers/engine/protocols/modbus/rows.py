"""The shape of a register table: one row is one value."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from enum import Enum
from struct import Struct, pack

from ...model import PHASES, Mark, Point, Quantity

_REST = 10_000


class Encoding(Enum):
    """How a number lies in registers: big-endian, high word first."""

    UINT16 = Struct(">H")
    INT16 = Struct(">h")
    UINT32 = Struct(">I")
    INT32 = Struct(">i")
    UINT64 = Struct(">Q")
    INT64 = Struct(">q")
    UINT32_AND_REST = Struct(">IH")
    """A number, and behind it what is left over in ten-thousandths: one number of
    ten-thousandths, which can't tear as both come with one request."""

    @property
    def words(self) -> int:
        """How many registers the number takes."""
        return self.value.size // 2

    def decode(self, words: Sequence[int]) -> int:
        """Return the number these registers hold."""
        return self.decode_from(packed(words), 0)

    def decode_from(self, raw: bytes, at: int) -> int:
        """Return the number at a word of what `packed` returned."""
        parts: tuple[int, ...] = self.value.unpack_from(raw, 2 * at)
        return parts[0] if len(parts) == 1 else parts[0] * _REST + parts[1]

    def encode(self, number: int) -> list[int]:
        """Return the registers that hold this number."""
        parts = divmod(number, _REST) if self is Encoding.UINT32_AND_REST else (number,)
        raw = self.value.pack(*parts)
        return [int.from_bytes(raw[at : at + 2]) for at in range(0, len(raw), 2)]


def packed(words: Sequence[int]) -> bytes:
    """Return registers as the bytes that came over the wire."""
    return pack(f">{len(words)}H", *words)


@dataclass(frozen=True, slots=True)
class Row:
    """What is measured and where it is: a wire address, a type, a scale to the unit."""

    point: Point
    address: int
    encoding: Encoding
    scale: float

    @property
    def end(self) -> int:
        """The first address behind the value."""
        return self.address + self.encoding.words


@dataclass(frozen=True, slots=True)
class Block:
    """Registers which the device lets us read in one request."""

    start: int
    count: int

    @property
    def end(self) -> int:
        """The first address behind the block."""
        return self.start + self.count

    def holds(self, row: Row) -> bool:
        """Whether the row lies wholly in the block."""
        return self.start <= row.address and row.end <= self.end


@dataclass(frozen=True, slots=True)
class Derived:
    """A value computed from two others; missing or None as soon as one of them is."""

    point: Point
    first: Point
    second: Point
    compute: Callable[[float, float], float | None]


@dataclass(frozen=True, slots=True, kw_only=True)
class Table:
    """Rows from one source. ``source`` names the document and its section."""

    source: str
    mark: Mark
    blocks: tuple[Block, ...]
    rows: tuple[Row, ...]
    derived: tuple[Derived, ...] = ()
    rows_of: Mapping[Block, tuple[Row, ...]] = field(
        init=False, repr=False, compare=False
    )
    """The rows in each block, sorted out once."""

    def __post_init__(self) -> None:
        """Sort the rows into their blocks."""
        rows_of = {
            block: tuple(row for row in self.rows if block.holds(row))
            for block in self.blocks
        }
        object.__setattr__(self, "rows_of", rows_of)

    @property
    def points(self) -> tuple[Point, ...]:
        """All values of the table, computed ones last."""
        return tuple(row.point for row in self.rows) + tuple(
            derived.point for derived in self.derived
        )


def total(quantity: Quantity, address: int, encoding: Encoding, scale: float) -> Row:
    """Return the row of a value over all phases."""
    return Row(Point(quantity), address, encoding, scale)


def per_phase(
    quantity: Quantity,
    addresses: tuple[int, int, int],
    encoding: Encoding,
    scale: float,
) -> tuple[Row, ...]:
    """Return the rows of a value on L1, L2 and L3."""
    return tuple(
        Row(Point(quantity, phase), address, encoding, scale)
        for phase, address in zip(PHASES, addresses, strict=True)
    )
