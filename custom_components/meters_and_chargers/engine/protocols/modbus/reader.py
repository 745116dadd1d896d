"""Reads tables in as few requests as the device allows."""

from collections.abc import Sequence
from collections.abc import Set as AbstractSet
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
from .decode import Decoder, derive
from .link import ModbusLink
from .rows import Block, Row, Table

_LOGGER = logging.getLogger(__name__)


class ModbusReader:
    """Polls tables block by block.

    A dead link ends the poll. A block that goes wrong costs its own values and
    one log line. A block the device refuses is from then on read value by
    value, without those values that it does not have.
    """

    def __init__(self, link: ModbusLink, of: str = "") -> None:
        """Read over this link; ``of`` names one of several devices in the log."""
        self._link = link
        self._split: dict[Block, tuple[Row, ...]] = {}
        self._decoder = Decoder(of)

    async def read(
        self,
        tables: Sequence[Table],
        without: AbstractSet[Point] = frozenset(),
        *,
        whole: bool = False,
    ) -> Readings:
        """Read all rows; parts that failed are missing, absent values are None.

        Blocks that would bring only points in ``without`` are left out. Raises
        `Unreachable` when the link is down or the device silent, and whatever goes
        wrong with a block that is to be read ``whole``.
        """
        values: dict[Point, float | None] = {}
        for table in tables:
            for block, rows in table.rows_of.items():
                if without and all(row.point in without for row in rows):
                    continue
                values.update(await self._read_block(block, rows, whole=whole))
        derive(tables, values)
        return values

    async def _read_block(
        self, block: Block, rows: tuple[Row, ...], *, whole: bool
    ) -> dict[Point, float | None]:
        if block not in self._split:
            try:
                words = await self._link.read(block.start, block.count)
            except Unreachable:
                raise
            except DeviceError as err:
                if whole:
                    raise
                if isinstance(err, Unsupported):
                    self._split[block] = await self._answered(block, rows)
                    return await self._read_split(block, rows)
                what = f"registers {block.start} to {block.end - 1}"
                self._decoder.failed(block, what, err)
                return {}
            else:
                self._decoder.worked(block)
                return self._decoder.decode(rows, words, block.start)
        return await self._read_split(block, rows)

    async def _read_split(
        self, block: Block, rows: tuple[Row, ...]
    ) -> dict[Point, float | None]:
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
            self._decoder.failed(row.point, f"register {row.address}", err)
            return {}
        return self._decoder.decode((row,), words, row.address)
