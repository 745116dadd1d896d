"""A DIRIS gateway by BACnet/IP: each module a device, each value an object of it.

Source: SOCOMEC, instruction manual DIRIS Digiware M-50/M-70, annex on BACnet: a
module's instance number is the gateway's plus its Modbus address; the analog input LLMM
holds value MM of circuit LL. Its table of values names their units; an object whose own
Units say something else is not used.
"""

import asyncio
from collections.abc import Iterable, Mapping
from collections.abc import Set as AbstractSet
import logging
from typing import Final, TypeIs

from ...model import (
    PHASES,
    DeviceError,
    Identity,
    Mark,
    Point,
    Quantity,
    Readings,
    Silent,
    TooOften,
    Unit,
    Unreachable,
)
from ...protocols.bacnet import BacnetSession, Value
from .modbus import PAUSE_S
from .nameplate import FAMILY_KEY
from .outputs import BinaryOutput, check_taken
from .tree import Load, Module, Topology

_LOGGER = logging.getLogger(__name__)

SOURCE: Final = (
    "SOCOMEC, instruction manual DIRIS Digiware M-50/M-70, annex: communication by "
    "BACnet IP, table of the Analog Input objects"
)
MARK: Final = Mark.DOCUMENTED
MAIN: Final = 100
"""The gateway's instance number, unless its owner has changed it."""
_MODULES = 247
_LOADS = 12
"""So many circuits are asked for; a module of more is not known."""
_VALUE, _UNITS, _NAME = "present-value", "units", "object-name"
_OUTPUT: Final = "binary-output"
_STATES: Final[Mapping[Value | None, bool]] = {"active": True, "inactive": False}
_MOST_OUTPUTS: Final = 256


def _phases(quantity: Quantity, first: int, step: int = 1) -> dict[int, Point]:
    return {
        first + step * index: Point(quantity, phase)
        for index, phase in enumerate(PHASES)
    }


VALUES: Final[Mapping[int, Point]] = {
    3: Point(Quantity.FREQUENCY),
    **_phases(Quantity.VOLTAGE, 4),
    **_phases(Quantity.CURRENT, 11),
    21: Point(Quantity.POWER),
    22: Point(Quantity.REACTIVE_POWER),
    23: Point(Quantity.APPARENT_POWER),
    24: Point(Quantity.POWER_FACTOR),
    **_phases(Quantity.POWER, 26),
    **_phases(Quantity.REACTIVE_POWER, 29),
    **_phases(Quantity.APPARENT_POWER, 32),
    **_phases(Quantity.POWER_FACTOR, 35, 2),
    56: Point(Quantity.ENERGY_IMPORT),
    57: Point(Quantity.ENERGY_EXPORT),
    58: Point(Quantity.REACTIVE_ENERGY_IMPORT),
    59: Point(Quantity.REACTIVE_ENERGY_EXPORT),
    60: Point(Quantity.APPARENT_ENERGY),
}
"""Of the table's 62 those which are a quantity of ours, by their number."""
_INDEX = {point: index for index, point in VALUES.items()}
POINTS: Final = frozenset(_INDEX)
_POWER = _INDEX[Point(Quantity.POWER)]
UNITS: Final[Mapping[Unit, frozenset[str]]] = {
    Unit.WATT: frozenset({"watts"}),
    Unit.VAR: frozenset({"volt-amperes-reactive"}),
    Unit.VOLT_AMPERE: frozenset({"volt-amperes"}),
    Unit.WATT_HOUR: frozenset({"watt-hours"}),
    Unit.VAR_HOUR: frozenset({"volt-ampere-hours-reactive"}),
    Unit.VOLT_AMPERE_HOUR: frozenset({"volt-ampere-hours"}),
    Unit.AMPERE: frozenset({"amperes"}),
    Unit.VOLT: frozenset({"volts"}),
    Unit.HERTZ: frozenset({"hertz"}),
    Unit.NONE: frozenset({"no-units", "power-factor"}),
}
"""BACnet's names of our units."""


class BacnetPath:
    """Reads modules one after the other, each value only in the unit it must have."""

    def __init__(
        self, session: BacnetSession, main: int = MAIN, known: Iterable[Module] = ()
    ) -> None:
        """Reach a gateway by its instance number; ``known`` are modules of before."""
        self._session = session
        self._main = main
        self._modules = {module.address: module for module in known}
        self._units: dict[tuple[Load, int], bool] = {}
        """Whether an object's unit is the right one."""
        self._strange: set[int] = set()
        self._failing: dict[int, float] = {}
        """When a module that did not answer is asked again, in the loop's time."""

    async def identify(self) -> Identity:
        """Ask who the gateway is; raises `Silent` where nobody has its number.

        The serial is what it says in its Serial_Number, which not every one has.
        """
        name = f"device,{self._main}"
        asked = [(name, "model-name"), (name, "serial-number"), (name, "vendor-name")]
        try:
            model, serial, maker = await self._session.read(self._main, asked)
        except Silent:
            self._session.silent()
            raise
        return Identity(
            family=FAMILY_KEY,
            serial=str(serial or ""),
            maker=str(maker or ""),
            model=str(model or ""),
        )

    @property
    def known(self) -> Topology:
        """What was found last; asks nobody."""
        return Topology(tuple(one for _, one in sorted(self._modules.items())))

    def answers(self, address: int) -> bool:
        """Whether a module is there and answered the last time it was asked."""
        return address in self._modules and address not in self._failing

    def forget(self, address: int) -> None:
        """Ask a module no more, until it is found again."""
        self._modules.pop(address, None)

    def close(self) -> None:
        """Let go of the socket and of the budget."""
        self._session.close()

    async def topology(self) -> Topology:
        """Ask who is there, and for each module's circuits.

        One that does not answer stays as it was.
        """
        for instance in await self._all_there():
            if (address := instance - self._main) > 0:
                try:
                    module = await self._module(address)
                except Unreachable:
                    continue
                if module != self._modules.get(address):
                    # Another one may have other units.
                    self._units = {
                        key: right
                        for key, right in self._units.items()
                        if key[0].module != address
                    }
                self._modules[address] = module
        return self.known

    async def _all_there(self) -> list[int]:
        """Return the instance numbers of all who answer; raises `Silent`."""
        found = await self._session.find(self._main, self._main + _MODULES)
        if not found:
            self._session.silent()
            raise Silent("no BACnet device answers")
        return found

    async def _module(self, address: int) -> Module:
        instance = self._main + address
        powers = [_input(Load(address, n), _POWER) for n in range(1, _LOADS + 1)]
        (model,) = await self._session.read(
            instance, [(f"device,{instance}", "model-name")]
        )
        values = await self._session.read(instance, [(one, _VALUE) for one in powers])
        loads = (
            Load(address, number)
            for number, value in enumerate(values, start=1)
            if value is not None
        )
        return Module(address=address, loads=tuple(loads), product=str(model or ""))

    async def read(
        self, wanted: Mapping[Load, AbstractSet[Point]]
    ) -> Mapping[Load, Readings]:
        """Read these points; a circuit whose module does not answer is missing."""
        read: dict[Load, Readings] = {}
        for load in sorted(wanted):
            indices = sorted(_INDEX[point] for point in wanted[load] & POINTS)
            again_at = self._failing.get(load.module, float("-inf"))
            if not indices or load not in self.known.loads or _now() < again_at:
                continue
            try:
                read[load] = await self._circuit(load, indices)
            except DeviceError as err:
                await self._failed(load.module, err)
            else:
                self._worked(load.module)
        return read

    async def _circuit(self, load: Load, indices: list[int]) -> Readings:
        await self._learn_units(load, indices)
        right = [index for index in indices if self._units[load, index]]
        values = await self._session.read(
            self._main + load.module, [(_input(load, index), _VALUE) for index in right]
        )
        found: dict[Point, float | None] = {}
        for index, value in zip(right, values, strict=True):
            point = VALUES[index]
            if value is None:
                found[point] = None
            elif _is_plausible(value, point):
                # A number of 32 bits, with no more than seven digits.
                found[point] = float(f"{value:.7g}")
            else:
                self._strangely(index, f"{value} can't be")
        return found

    async def _learn_units(self, load: Load, indices: list[int]) -> None:
        """Ask each object once for its unit."""
        new = [index for index in indices if (load, index) not in self._units]
        units = await self._session.read(
            self._main + load.module, [(_input(load, index), _UNITS) for index in new]
        )
        for index, unit in zip(new, units, strict=True):
            right = unit is None or unit in UNITS[VALUES[index].quantity.unit]
            self._units[load, index] = right
            if not right:
                self._strangely(index, f"its unit is {unit}")

    # Outputs

    async def find_outputs(
        self, before: Iterable[BinaryOutput] = ()
    ) -> tuple[BinaryOutput, ...]:
        """Return the binary outputs that the gateway and its modules list.

        A module that does not answer keeps those of ``before``. Raises `Silent` when
        nobody answers.
        """
        there = await self._all_there()
        known = [one for one in before if self._main + one.module not in there]
        for instance in there:
            address = instance - self._main
            try:
                known += await self._outputs_of(address)
            except Unreachable:
                known += [one for one in before if one.module == address]
        return tuple(known[:_MOST_OUTPUTS])

    async def _outputs_of(self, address: int) -> list[BinaryOutput]:
        instance = self._main + address
        listed = await self._session.objects(instance)
        things = [one for one in listed if one.startswith(f"{_OUTPUT},")]
        names = await self._session.read(instance, [(one, _NAME) for one in things])
        return [
            BinaryOutput(
                module=address,
                number=int(thing.partition(",")[2]),
                name=str(name or thing),
            )
            for thing, name in zip(things, names, strict=True)
        ]

    async def read_outputs(
        self, outputs: Iterable[BinaryOutput]
    ) -> Mapping[BinaryOutput, bool | None]:
        """Read outputs; those of a module that does not answer are missing.

        Raises what the last one failed with when none could be read.
        """
        modules: dict[int, list[BinaryOutput]] = {}
        for one in outputs:
            modules.setdefault(one.module, []).append(one)
        read: dict[BinaryOutput, bool | None] = {}
        failed: DeviceError | None = None
        for address, some in modules.items():
            asked = [(f"{_OUTPUT},{one.number}", _VALUE) for one in some]
            try:
                values = await self._session.read(self._main + address, asked)
            except DeviceError as err:
                failed = err
                continue
            for one, value in zip(some, values, strict=True):
                read[one] = _STATES.get(value)
        if failed is not None and not read:
            raise failed
        return read

    async def switch_output(self, output: BinaryOutput, *, on: bool) -> None:
        """Switch one output, and read it back.

        Raises `NotTaken` when it says another state, as a stronger command keeps it,
        `NotAllowed` when it may not be written, other `DeviceError` subclasses besides.
        """
        thing = f"{_OUTPUT},{output.number}"
        state = "active" if on else "inactive"
        await self._session.write(self._main + output.module, thing, state)
        said = (await self.read_outputs([output])).get(output)
        check_taken(said=said, on=on)

    def _strangely(self, index: int, what: str) -> None:
        if index not in self._strange:
            self._strange.add(index)
            _LOGGER.warning("Can't use BACnet's value %d of circuits: %s", index, what)

    async def _failed(self, address: int, err: DeviceError) -> None:
        """Go on without a module; raises when the gateway is lost as well."""
        if isinstance(err, Silent):
            await self.identify()
        elif isinstance(err, (Unreachable, TooOften)):
            raise err
        before = self._failing.get(address)
        self._failing[address] = _now() + PAUSE_S
        if before is None:
            _LOGGER.warning(
                "The module at address %d can't be read by BACnet: %s", address, err
            )

    def _worked(self, address: int) -> None:
        if address in self._failing:
            del self._failing[address]
            _LOGGER.info("The module at address %d answers by BACnet again", address)


def _now() -> float:
    return asyncio.get_running_loop().time()


def _input(load: Load, index: int) -> str:
    return f"analog-input,{100 * load.number + index}"


def _is_plausible(value: Value, point: Point) -> TypeIs[float]:
    lowest, highest = point.quantity.plausible
    return isinstance(value, float) and lowest <= value <= highest
