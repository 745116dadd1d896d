"""smart-me Telstar: a meter that wants two seconds between two requests."""

from collections.abc import Iterable
from dataclasses import replace
import logging
from typing import override

from ...model import (
    PHASES,
    Answers,
    BadAnswer,
    Device,
    Family,
    Group,
    Identity,
    ModbusTcp,
    Outdated,
    Point,
    Probe,
    Quantity,
    Question,
    Readings,
    Refused,
    Silent,
    Unsupported,
    WrongDevice,
)
from ...protocols.modbus import Block, ModbusDevice, ModbusLink, Table, TableGroup
from . import pico, registers
from .identity import MAKER, read_identity

_LOGGER = logging.getLogger(__name__)

_MODEL = "Telstar"
SCALE = "scale"
WHOLE_FAST = "whole_fast"
WHOLE_SLOW = "whole_slow"
"""Whether it sends a long block: 1, or 0 for the short ones."""
_SPACING_S = 2.0
_SLOW_S = 60.0


def _together(*tables: Table) -> Table:
    """Read tables with one request, over the gaps between them."""
    rows = tuple(row for table in tables for row in table.rows)
    start = min(row.address for row in rows)
    whole = Block(start, max(row.end for row in rows) - start)
    return replace(tables[0], blocks=(whole,), rows=rows)


# How long a block may be is not known: these two are tried at set-up, and kept.
_FAST = _together(registers.POWER, registers.REACTIVE, registers.FACTORS)
_SLOW = _together(registers.ENERGY, registers.REACTIVE_ENERGY)
# A meter that refuses them is asked for the blocks that are known to work, without
# what a single source names: each request more makes the power older.
_GROUPS = (
    TableGroup(key="fast", tables=(_FAST,)),
    TableGroup(
        key="power",
        tables=(registers.POWER,),
        interval_s=_SPACING_S * len(registers.POWER.blocks),
    ),
    TableGroup(key="factors", tables=(registers.FACTORS,), interval_s=_SLOW_S),
    TableGroup(key="slow", tables=(_SLOW,), interval_s=_SLOW_S),
    TableGroup(key="energy", tables=(registers.ENERGY,), interval_s=_SLOW_S),
    TableGroup(
        key="module",
        tables=(registers.MODULE_POWER,),
        interval_s=_SPACING_S * len(registers.MODULE_POWER.blocks),
    ),
    TableGroup(
        key="module_energy", tables=(registers.MODULE_ENERGY,), interval_s=_SLOW_S
    ),
)
_SINGLE_SOURCE = frozenset(registers.REACTIVE.points + registers.REACTIVE_ENERGY.points)

_MAINS_V = (80.0, 300.0)
_JUDGED_VA = 10.0
"""Below it the currents may be noise."""
_LEAST_FACTOR = 0.015
"""Other meters of smart-me count W and 0.01 A where a Telstar counts mW and mA:
read as a Telstar, they have a hundredth of their power factor."""
_MOST_FACTOR = 1.5
"""And a Telstar read as one of those has a hundred times its own. Power and currents
may be some seconds apart."""


async def identify(link: ModbusLink) -> Identity:
    """Read the serial number; raises `WrongDevice` when there is none."""
    return await read_identity(link, FAMILY.key, _MODEL)


async def find(link: ModbusLink) -> Identity:
    """Tell a Telstar from a Pico, and both from any other device, by two requests.

    A meter has the mains' voltage, a Pico has no such values. Raises `WrongDevice`.
    """
    identity = await identify(link)
    block = registers.POWER.blocks[1]
    try:
        words = await link.read(block.start, block.count)
    except Unsupported:
        return replace(identity, family=pico.FAMILY.key, model=pico.MODEL)
    voltages = (
        row.encoding.decode(words[row.address - block.start :][: row.encoding.words])
        * row.scale
        for row in registers.POWER.rows
        if row.point.quantity is Quantity.VOLTAGE
    )
    if not any(_MAINS_V[0] < voltage < _MAINS_V[1] for voltage in voltages):
        raise WrongDevice("a Modbus device without a meter's voltages")
    return identity


class Meter(ModbusDevice):
    """A Telstar. Which groups it has is settled when it is first identified.

    ``module`` says that it is another meter, which counts in W and 0.01 A; ``sizes``
    what was `learnt` before, so that it need not be tried again.
    """

    def __init__(
        self,
        link: ModbusLink,
        *,
        module: bool = False,
        sizes: Answers | None = None,
    ) -> None:
        """Expect a meter that sends long blocks."""
        super().__init__(link, identify, _GROUPS)
        self._known: dict[str, Group] = {group.key: group for group in self.groups}
        self._single_source = self.off_by_default
        self._settled = False
        self._sizes = dict(sizes or {})
        self._known_before = bool(sizes)
        self._unproved: set[str] = set()
        """Groups of a size that is only known from before."""
        self._scale_is_sure = False
        self._expect(module=module)

    @override
    async def identify(self) -> Identity:
        """Ask who it is, and at first which blocks it sends.

        Raises `WrongDevice` for another than at first, and for one without a
        meter's values.
        """
        identity = await super().identify()
        if not self._settled:
            if self._module:
                await self._must_measure()
            elif self._sizes:
                self._unproved = set(self._use_sizes()) & {"fast", "slow"}
            else:
                await self._settle()
            self._settled = True
        return identity

    @property
    def learnt(self) -> Answers:
        """Which long blocks it sends; nothing of a module."""
        return {} if self._module else self._sizes

    @override
    async def read(self, group: Group) -> Readings:
        """Read one group.

        Raises `BadAnswer` if its scale is not as expected, `Outdated` if a block is no
        longer sent that was.
        """
        if group.key in self._unproved:
            readings = await self._read_whole(group)
        else:
            readings = await super().read(group)
        if not self._scale_is_sure and Point(Quantity.POWER) in readings:
            self._scale_is_sure = _proves_the_scale(readings, module=self._module)
        return readings

    async def _read_whole(self, group: Group) -> Readings:
        await self.assure()
        try:
            readings = await self._reader.read(self._tables[group.key], whole=True)
        except (Refused, BadAnswer) as err:
            raise Outdated("it no longer sends its values at once") from err
        except Silent as err:
            # That answers where only the block is too long.
            await self.identify()
            raise Outdated("it no longer sends its values at once") from err
        if readings:
            self._unproved.discard(group.key)
        return readings

    async def settle_anew(self) -> None:
        """Try again which blocks it sends, if that is only known from before."""
        if self._known_before and not self._module:
            self._unproved.clear()
            self._known_before = False
            await self._settle()

    async def learn_scale(self) -> bool:
        """Find out whether it counts in W and 0.01 A, and read it so from now on.

        False also while too little flows to tell. Raises `BadAnswer` where its power
        fits neither.
        """
        try:
            await self.read(self.groups[0])
        except BadAnswer as err:
            self._expect(module=True)
            try:
                await self.read(self.groups[0])
            except BadAnswer:
                raise err from None
        return self._module

    def _expect(self, *, module: bool) -> None:
        """Read it as the one or the other kind."""
        self._module = module
        self.groups = (
            self._chosen("module", "module_energy")
            if module
            else self._chosen("fast", "slow")
        )
        self.off_by_default = self._single_source if module else _SINGLE_SOURCE

    async def _settle(self) -> None:
        """Try which blocks a Telstar sends."""
        fast = await self._sends(_FAST)
        if not fast:
            await self._must_measure()
        slow = await self._sends(_SLOW)
        self._sizes = {WHOLE_FAST: int(fast), WHOLE_SLOW: int(slow)}
        self._use_sizes()
        if not (fast and slow):
            _LOGGER.info("The meter sends short blocks only: it is read slower")

    def _use_sizes(self) -> tuple[str, ...]:
        """Read it in the blocks that it sends; returns the keys of the groups."""
        keys: tuple[str, ...] = (
            ("fast",) if self._sizes[WHOLE_FAST] else ("power", "factors")
        )
        keys += ("slow",) if self._sizes[WHOLE_SLOW] else ("energy",)
        self.groups = self._chosen(*keys)
        return keys

    def _chosen(self, *keys: str) -> tuple[Group, ...]:
        return tuple(self._known[key] for key in keys)

    async def _sends(self, table: Table) -> bool:
        """Whether a block is sent whole; silence is given a second chance."""
        (block,) = table.blocks
        for _ in range(2):
            try:
                await self._link.read(block.start, block.count)
            except Refused, BadAnswer:
                return False
            except Silent:
                continue
            return True
        return False

    async def _must_measure(self) -> None:
        """Tell a device that is no meter, such as a wallbox, from one."""
        block = registers.POWER.blocks[0]
        try:
            await self._link.read(block.start, block.count)
        except Unsupported as err:
            raise WrongDevice("a smart-me device without a meter's values") from err


def _proves_the_scale(readings: Readings, *, module: bool) -> bool:
    """Compare power with voltage and current; False while too little flows.

    Raises `BadAnswer` when they don't fit: a wrong value is worse than none.
    """

    def phases(quantity: Quantity) -> Iterable[float]:
        return (readings.get(Point(quantity, phase)) or 0.0 for phase in PHASES)

    # Phases may cancel each other out in the total.
    power_w = max(
        abs(readings.get(Point(Quantity.POWER)) or 0.0),
        sum(map(abs, phases(Quantity.POWER))),
    )
    apparent_va = sum(
        voltage * abs(current)
        for voltage, current in zip(
            phases(Quantity.VOLTAGE), phases(Quantity.CURRENT), strict=True
        )
    )
    if apparent_va < _JUDGED_VA:
        return False
    if power_w < _LEAST_FACTOR * apparent_va:
        raise BadAnswer(
            "its power is too small for its voltages and currents, "
            "as if it counted in other units than a Telstar"
        )
    if module and power_w > _MOST_FACTOR * apparent_va:
        raise BadAnswer(
            "its power is too large for its voltages and currents, "
            "as if it counted like a Telstar"
        )
    return True


def open_device(link: ModbusLink, answers: Answers) -> Device:
    """Return the meter behind this link; `scale` 1 is a module's."""
    keys = (WHOLE_FAST, WHOLE_SLOW)
    known = all(key in answers for key in keys)
    sizes = {key: answers[key] for key in keys} if known else None
    return Meter(link, module=bool(answers.get(SCALE)), sizes=sizes)


async def learn(device: Device) -> Answers:
    """Find out in which units a meter counts, and which blocks it sends."""
    if not isinstance(device, Meter):
        return {}
    await device.settle_anew()
    return {SCALE: int(await device.learn_scale()), **device.learnt}


FAMILY: Family[ModbusLink] = Family(
    key="smart_me_meter",
    maker=MAKER,
    name="smart-me Telstar",
    # "Queries should not be made more frequently than every 2 seconds."
    transport=ModbusTcp(port=502, unit_id=1, spacing_s=_SPACING_S),
    open=open_device,
    intervals_s=(2, 5, 10),
    settings=(Question(key=SCALE, options=(0, 1)),),
    learn=learn,
    probe=Probe(identify=find),
)
