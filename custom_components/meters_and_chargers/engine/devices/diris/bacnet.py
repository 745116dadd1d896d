"""A DIRIS gateway by BACnet/IP: each module a device, each value an object of it.

Source: SOCOMEC, instruction manual DIRIS Digiware M-50/M-70, annex on BACnet: a
module's instance number is the gateway's plus its Modbus address; the analog input LLMM
holds value MM of circuit LL. Its table of values names their units; an object whose own
Units say something else is not used.
"""

import asyncio
from collections.abc import Collection, Iterable, Mapping
from collections.abc import Set as AbstractSet
import logging
from typing import Final, TypeIs

from ...model import (
    DeviceError,
    Identity,
    Mark,
    Point,
    Quantity,
    Silent,
    TooOften,
    Unit,
    Unreachable,
)
from ...protocols.bacnet import BacnetSession, Value
from .bacnet_values import EXTRAS, VALUES, Extra, Key, fits
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
_KEYS: Final[Mapping[int, Point | Extra]] = {**VALUES, **EXTRAS}
_INDEX: Final[Mapping[Key, int]] = {key: index for index, key in _KEYS.items()}
_POWER = _INDEX[Point(Quantity.POWER)]
_STATES: Final[Mapping[Value | None, bool]] = {"active": True, "inactive": False}
_MOST_OUTPUTS: Final = 256


class BacnetPath:
    """Reads modules one after the other, each value only in the unit it must have."""

    def __init__(
        self,
        session: BacnetSession,
        main: int = MAIN,
        known: Iterable[Module] = (),
        *,
        every: bool = False,
    ) -> None:
        """Reach a gateway by its instance number; ``known`` are modules of before.

        ``every`` offers all 62 values of a circuit, also those that are no quantity.
        """
        self.offers: Collection[Key] = [*VALUES.values()]
        if every:
            self.offers = [*self.offers, *EXTRAS.values()]
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
        self, wanted: Mapping[Load, AbstractSet[Key]]
    ) -> Mapping[Load, Mapping[Key, float | None]]:
        """Read these values; a circuit whose module does not answer is missing."""
        read: dict[Load, Mapping[Key, float | None]] = {}
        for load in sorted(wanted):
            indices = sorted(_INDEX[key] for key in wanted[load] & _INDEX.keys())
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

    async def _circuit(
        self, load: Load, indices: list[int]
    ) -> Mapping[Key, float | None]:
        await self._learn_units(load, indices)
        right = [index for index in indices if self._units[load, index]]
        values = await self._session.read(
            self._main + load.module, [(_input(load, index), _VALUE) for index in right]
        )
        found: dict[Key, float | None] = {}
        for index, value in zip(right, values, strict=True):
            key = _KEYS[index]
            if value is None:
                found[key] = None
            elif _is_plausible(value, key):
                # A number of 32 bits, with no more than seven digits.
                found[key] = float(f"{value:.7g}")
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
            right = unit is None or fits(str(unit), _unit_of(_KEYS[index]))
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


def _unit_of(key: Point | Extra) -> Unit:
    return key.unit if isinstance(key, Extra) else key.quantity.unit


def _is_plausible(value: Value, key: Point | Extra) -> TypeIs[float]:
    if isinstance(key, Extra):
        return isinstance(value, float)
    lowest, highest = key.quantity.plausible
    return isinstance(value, float) and lowest <= value <= highest
