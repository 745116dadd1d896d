"""A device that is nothing but tables behind one Modbus unit."""

import asyncio
from collections.abc import Awaitable, Callable
from collections.abc import Set as AbstractSet
from contextlib import suppress
from dataclasses import dataclass, replace
from typing import cast

from ...model import (
    BadAnswer,
    DeviceError,
    Group,
    Identity,
    Mark,
    Point,
    Readings,
    Refused,
    WrongDevice,
)
from .dump import Answer, Dump, Played, dump, name_of
from .link import ModbusLink
from .push import Pushed
from .reader import ModbusReader
from .rows import Block, Table

DUMP_S = 30.0
"""What a slow device gets for a dump of all it has."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TableGroup:
    """Tables that are read together; ``interval_s`` None follows the user's choice."""

    key: str
    tables: tuple[Table, ...]
    interval_s: float | None = None


class ModbusDevice:
    """Reads groups of tables; what it is, its family's function finds out."""

    only_dumped: tuple[Block, ...] = ()
    """What a dump holds besides: asked for once, or nobody knows yet what it says."""
    pushed: Pushed | None = None
    """What it may write to us by itself."""

    def __init__(
        self,
        link: ModbusLink,
        identify: Callable[[ModbusLink], Awaitable[Identity]],
        groups: tuple[TableGroup, ...] = (),
    ) -> None:
        """Put tables and identification of a family behind a link."""
        self._link = link
        self._identify = identify
        self._identity: Identity | None = None
        self._reader = ModbusReader(link)
        self._tables = {group.key: group.tables for group in groups}
        self.groups = tuple(
            Group(
                key=group.key,
                points=tuple(point for table in group.tables for point in table.points),
                interval_s=group.interval_s,
            )
            for group in groups
        )
        self.off_by_default: frozenset[Point] = frozenset(
            point
            for group in groups
            for table in group.tables
            if table.mark is Mark.SINGLE_SOURCE
            for point in table.points
        )

    async def identify(self) -> Identity:
        """Ask the device who it is; raises `WrongDevice` for another than at first."""
        identity = await self._identify(self._link)
        if self._identity is not None and identity.key != self._identity.key:
            raise WrongDevice(f"{identity.maker} {identity.model} {identity.serial}")
        self._identity = identity
        self._link.trust()
        return identity

    async def piece(self, link: ModbusLink) -> Identity:
        """Find out which piece of hardware answers; raises as `identify`."""
        return await self._identify(link)

    async def assure(self) -> None:
        """After a lost connection, make sure that the same device came back."""
        if self._link.lost:
            await self.identify()

    async def read(self, group: Group) -> Readings:
        """Read one group; parts that fail are missing from the answer."""
        await self.assure()
        return await self._reader.read(self._tables[group.key])

    async def read_rest(self, group: Group, known: AbstractSet[Point]) -> Readings:
        """Read of a group what holds more than the points that are known."""
        await self.assure()
        return await self._reader.read(self._tables[group.key], known)

    def set_read_timeout(self, seconds: float) -> None:
        """Give up on one request after this long."""
        self._link.set_timeout(seconds)

    async def dump(self, limit_s: float = DUMP_S) -> Dump:
        """Read all there is and return it raw, without the serial; raises nothing.

        Takes ``limit_s`` at most. A dump that ends early says why.
        """
        answers: list[Answer] = []
        identity = error = None
        part = "identity"
        with self._link.observed(lambda a: answers.append(replace(a, part=part))):
            try:
                async with asyncio.timeout(limit_s):
                    identity = await self.identify()
                    with suppress(DeviceError):
                        identity = await self._who_was(Played(answers))
                    for group in self.groups:
                        part = group.key
                        await self.read(group)
                    part = "only_dumped"
                    for block in self.only_dumped:
                        with suppress(Refused, BadAnswer):
                            await self._link.read(block.start, block.count)
            except DeviceError as err:
                error = name_of(err)
            except TimeoutError:
                error = "took_too_long"

        return await dump(answers, identity, error, self._who_was)

    async def _who_was(self, played: Played) -> Identity:
        # An identification reads and does nothing else.
        return await self.piece(cast("ModbusLink", played))
