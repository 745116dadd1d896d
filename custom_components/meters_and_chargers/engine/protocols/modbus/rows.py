"""The shape of a register table: one row is one value."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from enum import Enum

from ...model import PHASES, Mark, Point, Quantity


class Encoding(Enum):
    """How a number lies in registers: big-endian, high word first."""

    UINT16 = (1, False)
    UINT32 = (2, False)
    INT32 = (2, True)
    UINT64 = (4, False)

    @property
    def words(self) -> int:
        """How many registers the number takes."""
        return self.value[0]

    def decode(self, words: Sequence[int]) -> int:
        """Return the number these registers hold."""
        raw = b"".join(word.to_bytes(2) for word in words)
        return int.from_bytes(raw, signed=self.value[1])

    def encode(self, number: int) -> list[int]:
        """Return the registers that hold this number."""
        raw = number.to_bytes(2 * self.words, signed=self.value[1])
        return [int.from_bytes(raw[at : at + 2]) for at in range(0, len(raw), 2)]


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
    compute: Callable[[float, float], float]


@dataclass(frozen=True, slots=True, kw_only=True)
class Table:
    """Rows from one source. ``source`` names the document and its section."""

    source: str
    mark: Mark
    blocks: tuple[Block, ...]
    rows: tuple[Row, ...]
    derived: tuple[Derived, ...] = ()

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
