"""cFos Power Brain: a wallbox that measures, and says what its car does."""

import asyncio
from typing import override

from ...model import (
    Answers,
    BadAnswer,
    DeviceError,
    Family,
    Group,
    Identity,
    ModbusTcp,
    Point,
    Probe,
    Quantity,
    Question,
    Readings,
    Refused,
    Setpoint,
    TellingCharger,
    Unsupported,
    WrongDevice,
)
from ...protocols.modbus import Block, ModbusDevice, ModbusLink, TableGroup
from . import registers
from .identity import MAKER, read_serial, text
from .registers import Writable

MODEL = "Power Brain"
PHASE_PAUSE_S = 600.0
"""Between two changes of the phases: they wear contactors, and stop the car."""

_STATUS = Point(Quantity.PILOT_STATUS)
_LIMIT = Point(Quantity.CHARGING_LIMIT)
_ENABLED = Point(Quantity.CHARGING_ENABLED)
_ENERGY = Point(Quantity.ENERGY_IMPORT)
_PLUGGED = {0: False, 1: True, 2: True, 3: True}
_FAULTS = (4, 5)
_RELAY = {1: 1, 3: 0}
_STEP_MA = 100
_SHORT_CARD = 4

_SLOW = TableGroup(key="slow", tables=(registers.FAILSAFE,), interval_s=60)
_ALL = TableGroup(key="fast", tables=(registers.CONTROL, registers.METER))
_TOTAL = TableGroup(key="total", tables=(registers.CONTROL, registers.METER_TOTAL))
_BARE = TableGroup(key="bare", tables=(registers.CONTROL,))


async def identify(link: ModbusLink) -> Identity:
    """Read who it is, and that it is a wallbox; raises `WrongDevice` for all others."""
    serial = await read_serial(link)
    status = registers.CONTROL.blocks[0].start
    try:
        await link.read(status, 1)
    except Unsupported as err:
        raise WrongDevice("a cFos meter, not a wallbox") from err
    return Identity(family=FAMILY.key, serial=serial, maker=MAKER, model=MODEL)


class PowerBrain(ModbusDevice):
    """A Power Brain. What it has is settled when it is first identified.

    Nothing but `registers.Writable` is ever written.
    """

    limit_is_assumed = False
    only_dumped = (
        registers.HAS_METER,
        registers.METER_FLAGS,
        registers.PHASE_SWITCHING,
    )

    def __init__(self, link: ModbusLink, answers: Answers) -> None:
        """Expect a box with a meter; its owner says how much its line carries, in A."""
        super().__init__(link, identify, (_ALL, _TOTAL, _BARE, _SLOW))
        self.setpoint = Setpoint(
            minimum_ma=6_000,
            maximum_ma=answers["maximum_current"] * 1000,
            step_ma=_STEP_MA,
        )
        self._known: dict[str, Group] = {group.key: group for group in self.groups}
        self.groups = self._chosen(_ALL)
        self.switches_phases = False
        self._settled = False
        self._turn = asyncio.Lock()
        """A read that a write overtook would show what was before."""
        self._limit_ma: int | None = None
        self._status: float | None = None
        self._card: str | None = None
        self._phases: int | None = None
        self._told_phases: int | None = None
        self._phases_free_at = float("-inf")

    # -- what it says ---------------------------------------------------------

    @override
    async def identify(self) -> Identity:
        """Ask who it is, and at first what it has.

        Raises `WrongDevice` for another than at first. A box that comes back may have
        restarted: on how many phases it charges is then not known.
        """
        if self._link.lost:
            self._phases = None
        identity = await super().identify()
        if not self._settled:
            self.groups = self._chosen(await self._measured())
            switching = await self._feature(registers.PHASE_SWITCHING)
            self.switches_phases = bool(switching & registers.SWITCHES_PHASES)
            self._settled = True
        return identity

    @override
    async def read(self, group: Group) -> Readings:
        """Read one group; takes over the limit with it."""
        async with self._turn:
            readings = dict(await super().read(group))
        if _STATUS in group.points:
            self._status = readings.get(_STATUS)
            limit, enabled = readings.get(_LIMIT), readings.get(_ENABLED)
            if limit is not None and enabled is not None:
                self._limit_ma = round(limit * 1000) if enabled else 0
        # A box that has just started says 0: a counter would count all there is anew.
        if readings.get(_ENERGY) == 0:
            del readings[_ENERGY]
        return readings

    @property
    def limit_ma(self) -> int | None:
        """The limit by the box's own word; 0 while it may not charge; mA."""
        return self._limit_ma

    @property
    def plugged(self) -> bool | None:
        """Whether a car is plugged in; None while the box has a fault."""
        return None if self._status is None else _PLUGGED.get(int(self._status))

    @property
    def faulted(self) -> bool:
        """Whether it says that it can't charge."""
        return self._status in _FAULTS

    @property
    def phases(self) -> int | None:
        """On how many phases it was told to charge; None before, and after a loss."""
        return self._phases

    async def read_card(self) -> str | None:
        """Return the end of a card's number, if it is another than at the last call.

        The same card twice is not noticed, nor is the one before the first call.
        """
        try:
            number = text(
                await self._link.read_secret(registers.CARD.start, registers.CARD.count)
            )
        except Refused, BadAnswer:
            return None
        before, self._card = self._card, number
        if before is None or not number or number == before:
            return None
        return number[-2:] if len(number) > _SHORT_CARD else ""

    # -- what it is told ------------------------------------------------------

    def assume_limit(self, value_ma: int) -> None:
        """Take nothing over: the box says itself which limit it has."""

    async def set_limit(
        self, value_ma: int, *, phases: int | None = None, urgent: bool = False
    ) -> None:
        """Write the charging current, and before it the number of phases; mA.

        What is then known is the box's own answer: it keeps to its model's maximum.
        Raises `OutOfRange`, and `Refused` for one phase too soon after three.
        """
        self.setpoint.check(value_ma)
        if phases is not None and (phases not in _RELAY or not self.switches_phases):
            raise Unsupported(f"the wallbox can't choose {phases} phases")
        async with self._turn:
            await self.assure()
            before_ma = self._limit_ma
            try:
                if value_ma:
                    if phases is not None:
                        await self._use_phases(phases, value_ma, urgent=urgent)
                    await self._write(Writable.CHARGING_LIMIT, value_ma // _STEP_MA)
                await self._write(Writable.CHARGING_ENABLE, int(value_ma > 0))
                await self._read_back()
            except Refused:
                raise
            except DeviceError:
                if before_ma is not None:
                    # It may have arrived all the same.
                    self._limit_ma = max(before_ma, value_ma)
                raise

    async def _use_phases(self, phases: int, value_ma: int, *, urgent: bool) -> None:
        """Select the relay, unless the last change was not long ago.

        Then it goes on as it is, as long as no phase gets more than was meant for it.
        """
        if phases == self._phases:
            return
        now = asyncio.get_running_loop().time()
        again = phases == self._told_phases
        if not again and now < self._phases_free_at and not (urgent and phases == 1):
            if phases == 1 and value_ma > (self._limit_ma or 0):
                left_s = self._phases_free_at - now
                raise Refused(f"its phases may change again in {left_s:.0f} s")
            return
        paused = bool(self._limit_ma) and not again
        if paused:
            await self._write(Writable.CHARGING_ENABLE, 0)
        try:
            await self._write(Writable.RELAY_SELECT, _RELAY[phases])
        except Refused:
            if paused:
                await self._write(Writable.CHARGING_ENABLE, 1)
            raise
        if not again:
            self._phases_free_at = now + PHASE_PAUSE_S
        self._phases = self._told_phases = phases

    async def _write(self, what: Writable, value: int) -> None:
        """Write one of the few values that may be written."""
        await self._link.write(what, [value])

    async def _read_back(self) -> None:
        block = registers.LIMIT_AND_ENABLE
        limit, enabled = await self._link.read(block.start, block.count)
        self._limit_ma = limit * _STEP_MA if enabled else 0

    # -- what it has ----------------------------------------------------------

    def _chosen(self, fast: TableGroup) -> tuple[Group, ...]:
        return self._known[fast.key], self._known[_SLOW.key]

    async def _measured(self) -> TableGroup:
        """Return what its meter can say, if it has one."""
        if not await self._feature(registers.HAS_METER):
            return _BARE
        flags = await self._feature(registers.METER_FLAGS)
        return _ALL if flags & registers.KNOWS_PHASES else _TOTAL

    async def _feature(self, block: Block) -> int:
        """Return a word that says what it has; an older box has none of it."""
        try:
            (word,) = await self._link.read(block.start, block.count)
        except Refused:
            return 0
        return word


def open_device(link: ModbusLink, answers: Answers) -> TellingCharger:
    """Return the wallbox behind this link."""
    return PowerBrain(link, answers)


FAMILY: Family[ModbusLink] = Family(
    key="cfos",
    maker=MAKER,
    name="cFos Power Brain",
    transport=ModbusTcp(port=4701, unit_id=1, serial=True),
    open=open_device,
    questions=(Question(key="maximum_current", options=(16, 20, 25, 32), default=16),),
    # The maker's own load management asks every 3 s.
    intervals_s=(3, 2, 5, 10),
    probe=Probe(identify=identify),
)
