"""From words to values: what the device says, what it computes to, what is wrong."""

from collections.abc import Iterable, Sequence
import logging

from ...model import BadAnswer, DeviceError, Point
from .rows import Block, Row, Table, packed

_LOGGER = logging.getLogger(__name__)


class Decoder:
    """Decodes rows; each part that can't be used is logged once, and its end once."""

    def __init__(self, of: str = "") -> None:
        """Begin without troubles; ``of`` names one of several devices at a link."""
        self._of = of and f" of {of}"
        self._failing: set[Block | Point] = set()

    def decode(
        self, rows: Sequence[Row], words: Sequence[int] | bytes, start: int
    ) -> dict[Point, float | None]:
        """Return the values in words that begin at a wire address.

        ``words`` are registers, or the bytes that came over the wire. An implausible
        value is missing from the answer.
        """
        values: dict[Point, float | None] = {}
        raw = words if isinstance(words, bytes) else packed(words)
        for row in rows:
            number = row.encoding.decode_from(raw, row.address - start)
            # The scale is a power of ten: rounding removes binary noise only.
            value = round(number * row.scale, 6)
            lowest, highest = row.point.quantity.plausible
            if lowest <= value <= highest:
                if self._failing:
                    self.worked(row.point)
                values[row.point] = value
            else:
                what = f"register {row.address}"
                unit = row.point.quantity.unit
                self.failed(row.point, what, BadAnswer(f"implausible: {value} {unit}"))
        return values

    def failed(self, part: Block | Point, what: str, err: DeviceError) -> None:
        """Log a part that can't be used, once."""
        if part not in self._failing:
            self._failing.add(part)
            _LOGGER.warning("Can't use %s%s: %s", what, self._of, err)

    def worked(self, part: Block | Point) -> None:
        """Log that a part can be used again."""
        if part in self._failing:
            self._failing.discard(part)
            _LOGGER.info("%s%s can be read again", _name(part), self._of)


def derive(tables: Iterable[Table], values: dict[Point, float | None]) -> None:
    """Add what is computed from two values, where both are there."""
    for table in tables:
        for derived in table.derived:
            if derived.first in values and derived.second in values:
                first, second = values[derived.first], values[derived.second]
                values[derived.point] = (
                    None
                    if first is None or second is None
                    else derived.compute(first, second)
                )


def _name(part: Block | Point) -> str:
    if isinstance(part, Point):
        return part.key
    return f"Registers {part.start} to {part.end - 1}"
