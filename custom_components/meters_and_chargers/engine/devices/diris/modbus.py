"""A DIRIS gateway by Modbus TCP: each module answers under its own unit id."""

import asyncio
from collections.abc import Awaitable, Callable, Iterable, Mapping
from collections.abc import Set as AbstractSet
from contextlib import ExitStack, suppress
from dataclasses import dataclass, replace
import logging
from typing import Protocol

from ...model import (
    DeviceError,
    Identity,
    Point,
    Readings,
    Silent,
    TooOften,
    Unreachable,
    Unsupported,
    WrongDevice,
)
from ...protocols.modbus import Block, ModbusLink, ModbusReader
from ...protocols.modbus.dump import Answer
from .alarms import Alarm, AlarmKind
from .nameplate import Nameplate, read_nameplate
from .registers import IDENTIFICATION, NET_ID, alarms_of, layout_of, tables_of
from .tree import Load, Module, Topology

_LOGGER = logging.getLogger(__name__)

PAUSE_S = 30.0
"""How long a module that did not answer is left alone: it costs the bus seconds."""

type OpenUnit = Callable[[int], Awaitable[ModbusLink]]
"""Opens the link to a unit id, over the one connection to the gateway."""


type AlarmPlace = tuple[AlarmKind, int]
"""An alarm of a module, by its kind and its number from 1."""


class Lane(Protocol):
    """This path's part of what a gateway may be asked at all."""

    async def take(self, bits: int) -> None:
        """Wait until a request may go that costs so many bits, both ways together."""

    def answered(self) -> None:
        """Take note of an answer."""

    def silent(self) -> None:
        """Take note that the gateway itself did not answer."""


_OVERHEAD = 2 * 54 + 12 + 9
"""Bytes of a request and its answer besides the words."""


@dataclass(slots=True)
class _Unit:
    """A module's link, and how it fares."""

    link: ModbusLink
    reader: ModbusReader
    again_at: float = float("-inf")
    """When it is asked again after it did not answer, in the event loop's time."""
    failing: bool = False
    sure: bool = False
    """Whether it was the module we know when it was last asked."""

    def trust(self) -> None:
        """Take who answers for the right one until the connection is lost."""
        self.sure = True
        self.link.trust()


class ModbusPath:
    """Reads modules one request after the other, each only after it said who it is.

    A module that does not answer is left out and asked again after half a minute; the
    gateway itself is asked at once, so that its silence is not taken for theirs.
    """

    def __init__(
        self,
        open_unit: OpenUnit,
        own: int,
        known: Iterable[Module] = (),
        lane: Lane | None = None,
        energies: Mapping[str, str] | None = None,
    ) -> None:
        """Reach the gateway under its own unit id; ``known`` are modules of before.

        Without a lane it is asked as often as its links allow. ``energies`` says where
        the counters of a product are, one of `registers.ENERGY_PLACES`.
        """
        self._open = open_unit
        self.own = own
        """The gateway's own unit id."""
        self._lane = lane
        self._units: dict[int, _Unit] = {}
        self.energies: Mapping[str, str] = energies or {}
        self.modules = {module.address: module for module in known}
        """The modules which `topology` asks, by their addresses."""

    async def identify(self) -> Identity:
        """Ask who the gateway is; raises `WrongDevice` for another kind."""
        unit = await self._unit(self.own)
        await self._take(IDENTIFICATION, NET_ID)
        try:
            plate = await read_nameplate(unit.link)
        except Silent:
            if self._lane is not None:
                self._lane.silent()
            raise
        if self._lane is not None:
            self._lane.answered()
        return plate.identity

    async def observe(
        self, watched: ExitStack, observe: Callable[[Answer], None]
    ) -> None:
        """Have every answer of gateway and modules told until the stack is closed."""
        for address in {self.own: None, **dict.fromkeys(self.modules)}:
            unit = await self._unit(address)

            def tell(answer: Answer, address: int = address) -> None:
                observe(replace(answer, unit=address))

            watched.enter_context(unit.link.observed(tell))

    async def look_for(
        self, addresses: Iterable[int], on_asked: Callable[[], None] = lambda: None
    ) -> None:
        """Ask unit ids who they are; who answers is a module from then on.

        Raises `Unreachable` when the gateway itself falls silent.
        """
        for address in addresses:
            if address not in self.modules:
                self.modules[address] = Module(address=address, loads=())
                found = await self._look_at(address)
                # A gateway is none of its own modules, a meter by itself is.
                if found is None or (address == self.own and not found.loads):
                    del self.modules[address]
            on_asked()

    async def topology(self) -> Topology:
        """Ask all modules again who they are and which circuits they have.

        One that does not answer stays as it was; one that is another now is replaced.
        """
        for address in list(self.modules):
            await self._look_at(address)
        return self.known

    @property
    def known(self) -> Topology:
        """What was found last; asks nobody."""
        return Topology(tuple(one for _, one in sorted(self.modules.items())))

    def forget(self, address: int) -> None:
        """Ask a module no more, until a search finds it again."""
        self.modules.pop(address, None)

    def answers(self, address: int) -> bool:
        """Whether a module is there and answered the last time it was asked."""
        unit = self._units.get(address)
        return address in self.modules and (unit is None or not unit.failing)

    async def read(
        self, wanted: Mapping[Load, AbstractSet[Point]]
    ) -> Mapping[Load, Readings]:
        """Read these points; a circuit whose module or row fails is missing."""
        read: dict[Load, Readings] = {}
        for load in sorted(wanted):
            module = self.modules.get(load.module)
            if module is None or load not in (*module.loads, module.itself):
                continue
            if (unit := await self._awake(load.module)) is None:
                continue
            place = self.energies.get(module.product or "")
            tables = tables_of(module.product, load.number, place)
            asked = [one for one in tables if not wanted[load].isdisjoint(one.points)]
            if not asked:
                continue
            try:
                await self._assure(unit, module)
                await self._take(*(block for one in asked for block in one.blocks))
                read[load] = await unit.reader.read(asked)
            except DeviceError as err:
                await self._failed(unit, load.module, err)
            else:
                self._worked(unit, load.module)
        return read

    async def read_words(self, load: Load, block: Block) -> list[int]:
        """Read registers of a circuit's module as they are, once it said who it is."""
        unit = await self._unit(load.module)
        await self._assure(unit, self.modules[load.module])
        await self._take(block)
        return await unit.link.read(block.start, block.count)

    async def read_alarms(
        self, wanted: Mapping[int, Iterable[AlarmPlace]]
    ) -> Mapping[int, Mapping[AlarmPlace, Alarm | None]]:
        """Read alarms by their modules, a request each; None is one that isn't active.

        What its module refuses or doesn't answer is missing.
        """
        read: dict[int, dict[AlarmPlace, Alarm | None]] = {}
        for address in sorted(wanted):
            module = self.modules.get(address)
            if module is None or (unit := await self._awake(address)) is None:
                continue
            tables = alarms_of(module.product)
            alarms = read.setdefault(address, {})
            try:
                await self._assure(unit, module)
                for place in wanted[address]:
                    kind, number = place
                    block = tables[kind].blocks[number - 1]
                    await self._take(block)
                    with suppress(Unsupported):
                        words = await unit.link.read(block.start, block.count)
                        alarms[place] = tables[kind].alarm(number, words)
            except DeviceError as err:
                await self._failed(unit, address, err)
            else:
                self._worked(unit, address)
        return read

    async def _awake(self, address: int) -> _Unit | None:
        """Return who answers at an address; None while it is left alone."""
        unit = await self._unit(address)
        left_alone = asyncio.get_running_loop().time() < unit.again_at
        return None if left_alone else unit

    async def _assure(self, unit: _Unit, module: Module) -> None:
        """Make sure, after a lost connection, that the module is the one we know."""
        if unit.sure and not unit.link.lost:
            return
        await self._take(IDENTIFICATION)
        plate = await read_nameplate(unit.link, whole=False)
        if (plate.product, plate.serial) != (module.product, module.serial):
            raise WrongDevice(plate.product)
        unit.trust()

    async def _look_at(self, address: int) -> Module | None:
        """Find out who answers at a unit id; None, and as before, for nobody."""
        before = self.modules[address]
        unit = await self._unit(address)
        try:
            await self._take(IDENTIFICATION, NET_ID)
            plate = await read_nameplate(unit.link)
            module = _module(before, plate, await self._loads(unit, before, plate))
        except DeviceError as err:
            await self._failed(unit, address, err, known=before.product is not None)
            return None
        self._worked(unit, address)
        self.modules[address] = module
        # Not before its circuits are known: it may be another than it was.
        unit.trust()
        return module

    async def _loads(
        self, unit: _Unit, before: Module, plate: Nameplate
    ) -> tuple[Load, ...]:
        """Return the circuits whose first block is there and not switched off."""
        layout = layout_of(plate.product)
        loads = []
        for number in range(1, layout.loads + 1 if layout else 1):
            block = tables_of(plate.product, number)[0].blocks[0]
            load = Load(before.address, number)
            await self._take(block)
            try:
                words = await unit.link.read(block.start, block.count)
            except Unsupported:
                break
            except Unreachable, TooOften:
                raise
            except DeviceError:
                if load in before.loads:
                    loads.append(load)
                continue
            if layout is None or not layout.switched or words[0]:
                loads.append(load)
        return tuple(loads)

    async def _take(self, *blocks: Block) -> None:
        if self._lane is not None:
            for block in blocks:
                await self._lane.take(8 * (_OVERHEAD + 2 * block.count))

    async def _unit(self, address: int) -> _Unit:
        if address not in self._units:
            link = await self._open(address)
            name = f"the module at address {address}"
            self._units[address] = _Unit(link, ModbusReader(link, name))
        return self._units[address]

    async def _failed(
        self, unit: _Unit, address: int, err: DeviceError, *, known: bool = True
    ) -> None:
        """Leave a module alone for a while; raises when the gateway is lost as well."""
        if isinstance(err, TooOften):
            raise err  # it is the gateway that is left alone, the module was not asked
        unit.sure = False
        if isinstance(err, Silent):
            await self.identify()
        elif isinstance(err, Unreachable):
            raise err
        unit.again_at = asyncio.get_running_loop().time() + PAUSE_S
        if known and not unit.failing:
            _LOGGER.warning("The module at address %d can't be read: %s", address, err)
        unit.failing = known

    def _worked(self, unit: _Unit, address: int) -> None:
        if self._lane is not None:
            self._lane.answered()
        unit.again_at = float("-inf")
        if unit.failing:
            unit.failing = False
            _LOGGER.info("The module at address %d can be read again", address)


def _module(before: Module, plate: Nameplate, loads: tuple[Load, ...]) -> Module:
    return Module(
        address=before.address,
        loads=loads,
        product=plate.product,
        net_id=plate.net_id,
        firmware=plate.firmware,
        serial=plate.serial,
        table=plate.table,
    )
