"""Reads tables in as few requests as the device allows."""

from collections.abc import Sequence
import logging

from ...model import (
    BadAnswer,
    DeviceError,
    Point,
    Readings,
    Refused,
    Unreachable,
    Unsupported,
)
from .link import ModbusLink
from .rows import Block, Row, Table, packed

_LOGGER = logging.getLogger(__name__)


class ModbusReader:
    """Polls tables block by block.

    A dead link ends the poll. A block that goes wrong costs its own values and
    one log line. A block the device refuses is from then on read value by
    value, without those values that it does not have.
    """

    def __init__(self, link: ModbusLink) -> None:
        """Read over this link."""
        self._link = link
        self._split: dict[Block, tuple[Row, ...]] = {}
        self._failing: set[Block | Point] = set()

    async def read(self, tables: Sequence[Table]) -> Readings:
        """Read all rows; parts that failed are missing, absent values are None.

        Raises `Unreachable` when the link is down or the device silent.
        """
        values: dict[Point, float | None] = {}
        for table in tables:
            for block, rows in table.rows_of.items():
                values.update(await self._read_block(block, rows))
        for table in tables:
            for derived in table.derived:
                if derived.first in values and derived.second in values:
                    first, second = values[derived.first], values[derived.second]
                    values[derived.point] = (
                        None
                        if first is None or second is None
                        else derived.compute(first, second)
                    )
        return values

    async def _read_block(
        self, block: Block, rows: tuple[Row, ...]
    ) -> dict[Point, float | None]:
        if block not in self._split:
            try:
                words = await self._link.read(block.start, block.count)
            except Unsupported:
                self._split[block] = await self._answered(block, rows)
            except Unreachable:
                raise
            except DeviceError as err:
                self._failed(block, f"registers {block.start} to {block.end - 1}", err)
                return {}
            else:
                self._worked(block)
                return self._decode(rows, words, block.start)
        values: dict[Point, float | None] = {row.point: None for row in rows}
        for row in self._split[block]:
            del values[row.point]
            values.update(await self._read_row(row))
        return values

    async def _answered(self, block: Block, rows: tuple[Row, ...]) -> tuple[Row, ...]:
        """Find out which values of a refused block the device has."""
        served = []
        for row in rows:
            try:
                await self._link.read(row.address, row.encoding.words)
            except Refused:
                continue
            except BadAnswer:
                pass  # it answers: a later read may well succeed
            served.append(row)
        _LOGGER.warning(
            "The device refuses to send registers %d to %d together; "
            "%d of their %d values can be read one by one",
            block.start,
            block.end - 1,
            len(served),
            len(rows),
        )
        return tuple(served)

    async def _read_row(self, row: Row) -> dict[Point, float | None]:
        try:
            words = await self._link.read(row.address, row.encoding.words)
        except Unreachable:
            raise
        except DeviceError as err:
            self._failed(row.point, f"register {row.address}", err)
            return {}
        return self._decode((row,), words, row.address)

    def _decode(
        self, rows: Sequence[Row], words: Sequence[int], start: int
    ) -> dict[Point, float | None]:
        values: dict[Point, float | None] = {}
        raw = packed(words)
        for row in rows:
            number = row.encoding.decode_from(raw, row.address - start)
            # The scale is a power of ten: rounding removes binary noise only.
            value = round(number * row.scale, 6)
            lowest, highest = row.point.quantity.plausible
            if lowest <= value <= highest:
                if self._failing:
                    self._worked(row.point)
                values[row.point] = value
            else:
                what = f"register {row.address}"
                unit = row.point.quantity.unit
                self._failed(row.point, what, BadAnswer(f"implausible: {value} {unit}"))
        return values

    def _failed(self, part: Block | Point, what: str, err: DeviceError) -> None:
        if part not in self._failing:
            self._failing.add(part)
            _LOGGER.warning("Can't use %s: %s", what, err)

    def _worked(self, part: Block | Point) -> None:
        if part in self._failing:
            self._failing.discard(part)
            _LOGGER.info("%s can be read again", _name(part))


def _name(part: Block | Point) -> str:
    if isinstance(part, Point):
        return part.key
    return f"Registers {part.start} to {part.end - 1}"
