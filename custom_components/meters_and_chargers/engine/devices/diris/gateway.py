"""A DIRIS gateway by all its paths: one topology, each value by the surer path."""

from collections.abc import Awaitable, Callable, Collection, Iterable, Mapping
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, field, replace
from functools import partial
import logging

from ...model import (
    DeviceError,
    Health,
    Identity,
    Mark,
    NotAllowed,
    Point,
    Silent,
    TooOften,
    Unit,
    WrongDevice,
)
from .bacnet import MARK as BACNET_MARK
from .bacnet import BacnetPath
from .bacnet_values import Key
from .columns import (
    CURRENTS,
    Column,
    Comparison,
    compared,
    current_of,
    currents_of,
    is_enough,
)
from .modbus import ModbusPath
from .nameplate import FAMILY_KEY, MAKER
from .registers import points_of
from .snmp import MARK, SnmpPath
from .tree import Load, Module, Topology

_LOGGER = logging.getLogger(__name__)

type Values = Mapping[Load, Mapping[Key, float | None]]
"""What was read; a circuit or a value that is missing failed."""


def name_of(key: Key) -> str:
    """Return a value's name, as ids of entities hold it."""
    return f"column_{key}" if isinstance(key, int) else key.key


def is_counted(key: Key) -> bool:
    """Whether it is a counter, which is another request on the modules' bus."""
    return isinstance(key, Point) and key.quantity.unit in _COUNTED


_COUNTED = {Unit.WATT_HOUR, Unit.VAR_HOUR, Unit.VOLT_AMPERE_HOUR}
_COMPARED_LOADS = 12
"""So many circuits at a time are read by both paths, to compare them."""
_ZEROS = 40
"""Circuits that are asked at once whether a column is 0."""


@dataclass(slots=True, eq=False)
class _Way:
    """One of the paths, and how it fares."""

    name: str
    path: ModbusPath | SnmpPath | BacnetPath
    error: DeviceError | None = None
    """Why it failed when it was last asked."""
    told: bool = False
    """Whether it was logged that this one fails while another works."""
    health: Health = field(default_factory=Health)


class Gateway:
    """Asks the paths there are, one after the other; one that fails costs its own.

    A value comes by Modbus where the maker's table names it, by SNMP where only that
    has it, or a single source says what Modbus has, by BACnet what neither surely has.
    """

    def __init__(
        self,
        modbus: ModbusPath | None,
        snmp: SnmpPath | None = None,
        bacnet: BacnetPath | None = None,
        *,
        key: str | None = None,
        learnt: Collection[int] = (),
    ) -> None:
        """Take at least one path besides BACnet's; without any it only sends files.

        ``key`` is who it must be by Modbus, ``learnt`` are the columns that its SNMP
        table was found to have.
        """
        self.modbus, self.snmp, self.bacnet = modbus, snmp, bacnet
        self.learnt = frozenset(learnt)
        self._key = key
        self._ways = [
            _Way(name, path)
            for name, path in (("Modbus", modbus), ("SNMP", snmp), ("BACnet", bacnet))
            if path is not None
        ]
        self._round = 0
        self._offers: dict[Load, Mapping[Key, Mark]] = {}
        self._sources: dict[Load, Mapping[Key, SnmpPath | BacnetPath]] = {}
        """By which path values come that don't come by Modbus."""
        self.look()

    @property
    def known(self) -> Topology:
        """What was found last, by any path; asks nobody."""
        modules: dict[int, Module] = {}
        for path in (self.snmp, self.bacnet, self.modbus):
            for module in path.known.modules if path is not None else ():
                before = modules.get(module.address, module).loads
                loads = tuple(sorted({*before, *module.loads}))
                modules[module.address] = replace(module, loads=loads)
        return Topology(tuple(one for _, one in sorted(modules.items())))

    @property
    def is_read(self) -> bool:
        """Whether anything is asked of it at all."""
        return bool(self._ways)

    @property
    def healths(self) -> Mapping[str, tuple[Health, DeviceError | None]]:
        """How each path fares, and why it failed when it was last asked."""
        return {way.name: (way.health, way.error) for way in self._ways}

    @property
    def refused(self) -> bool:
        """Whether user or password of SNMP were refused when it was last asked."""
        return any(isinstance(way.error, NotAllowed) for way in self._ways)

    @property
    def unanswered(self) -> bool:
        """Whether SNMP was silent when it was last to be asked."""
        return any(
            way.path is self.snmp and isinstance(way.error, (Silent, TooOften))
            for way in self._ways
        )

    @property
    def named(self) -> frozenset[int]:
        """The columns whose unit is known: they are no plain numbers any more."""
        if self.snmp is None:
            return frozenset()
        columns = self.snmp.columns.values()
        return frozenset(one.service for one in columns if one.point is not None)

    def look(self) -> None:
        """Find out anew which path tells what, after circuits or columns changed."""
        self._offers, self._sources = {}, {}
        for module in self.known.modules:
            for load in (*module.loads, module.itself):
                offered: dict[Key, Mark] = {}
                offered.update(self._by_modbus(load).items())
                sources: dict[Key, SnmpPath | BacnetPath] = {}
                for path, mark, told in (
                    (self.snmp, MARK, self._by_snmp(load)),
                    (self.bacnet, BACNET_MARK, self._by_bacnet(load)),
                ):
                    for key in told:
                        before = offered.get(key, Mark.SINGLE_SOURCE)
                        if path is not None and before is Mark.SINGLE_SOURCE:
                            offered[key], sources[key] = mark, path
                self._offers[load], self._sources[load] = offered, sources

    def offered(self, load: Load) -> Mapping[Key, Mark]:
        """Return what can be read of a circuit, and how sure it is."""
        return self._offers.get(load, {})

    def _by_modbus(self, load: Load) -> Mapping[Point, Mark]:
        if self.modbus is None:
            return {}
        module = self.modbus.modules.get(load.module)
        if module is None or load not in (*module.loads, module.itself):
            return {}
        place = self.modbus.energies.get(module.product or "")
        return points_of(module.product, load.number, place)

    def _by_snmp(self, load: Load) -> Iterable[Key]:
        if self.snmp is None or load not in self.snmp.known.loads:
            return
        columns = self.snmp.columns
        for service in self.learnt or columns:
            column = columns.get(service)
            yield service if column is None else column.point or service

    def _by_bacnet(self, load: Load) -> Iterable[Key]:
        path = self.bacnet
        return () if path is None or load not in path.known.loads else path.offers

    async def identify(self) -> Identity:
        """Ask who it is, by the first path that answers and can prove it.

        Raises `WrongDevice` for another than it should be. Where nobody is asked, only
        its maker is known.
        """
        if not self.is_read:
            return Identity(family=FAMILY_KEY, serial="", maker=MAKER, model="DIRIS")
        for way in self._ways:
            if way.path is self.bacnet:
                continue  # anybody may have its instance number
            identity = await self._ask(way, way.path.identify)
            if identity is not None:
                if way.path is self.modbus and self._key not in (None, identity.key):
                    raise WrongDevice(f"{identity.maker} {identity.model}")
                return identity
            if isinstance(way.error, WrongDevice):
                break
        raise self._error()

    async def topology(self) -> Topology:
        """Find modules and circuits again, by each path; raises when none can."""
        for way in self._ways:
            await self._ask(way, way.path.topology)
        self._judge(self._ways)
        if self.snmp is not None and self.modbus is not None:
            # What SNMP tells of, Modbus can say the name of.
            there = {one.address for one in self.snmp.known.modules}
            new = sorted(there - self.modbus.modules.keys())
            modbus = self.modbus
            await self._ask(self._ways[0], lambda: modbus.look_for(new))
        self.look()
        return self.known

    async def look_for(
        self, addresses: Iterable[int], on_asked: Callable[[], None] = lambda: None
    ) -> None:
        """Ask addresses by Modbus who is there; SNMP needs nobody to look."""
        if self.modbus is not None:
            await self.modbus.look_for(addresses, on_asked)
            self.look()

    def forget(self, address: int) -> None:
        """Ask a module no more by its address, until it is found again."""
        for path in (self.modbus, self.bacnet):
            if path is not None:
                path.forget(address)
        self.look()

    def answers(self, address: int) -> bool:
        """Whether a module is there, as far as any path knows."""
        by_snmp = self.snmp is not None and self.snmp.known.module(address) is not None
        others = (self.modbus, self.bacnet)
        return by_snmp or any(one and one.answers(address) for one in others)

    async def read(self, wanted: Mapping[Load, AbstractSet[Key]]) -> Values:
        """Read these values; raises when no path that was asked could be."""
        read: dict[Load, dict[Key, float | None]] = {}
        asked: list[_Way] = []
        for way in self._ways:
            part = self._part(way, wanted)
            if not part:
                continue
            values_of = await self._read(way, part) or {}
            if values_of or way.error is not None:
                asked.append(way)
            for load, values in values_of.items():
                # A table brings more than was wanted of it, which the other may tell.
                own = part[load]
                told = {key: value for key, value in values.items() if key in own}
                read.setdefault(load, {}).update(told)
        if asked and all(way.error is not None for way in asked):
            # Those that were not asked show whether it is the gateway itself.
            for way in self._ways:
                if way not in asked:
                    await self._ask(way, way.path.identify)
            asked = self._ways
        self._judge(asked)
        return read

    async def also(
        self, reads: Iterable[Callable[[ModbusPath], Awaitable[None]]]
    ) -> None:
        """Ask something else by Modbus; raises only where no other path goes on."""
        modbus, way = self.modbus, self._ways[0]
        if modbus is None:
            return
        for read in reads:
            if way.error is None:
                await self._ask(way, partial(read, modbus))
        if way.error is not None and len(self._ways) == 1:
            raise way.error

    def _part(
        self, way: _Way, wanted: Mapping[Load, AbstractSet[Key]]
    ) -> dict[Load, AbstractSet[Key]]:
        """Return what of the wanted comes by a path."""
        part: dict[Load, AbstractSet[Key]] = {}
        for load, keys in wanted.items():
            sources = self._sources.get(load, {})
            own = {key for key in keys if sources.get(key, self.modbus) is way.path}
            if own:
                part[load] = own
        return part

    async def _read(
        self, way: _Way, part: Mapping[Load, AbstractSet[Key]]
    ) -> Values | None:
        points, services = _kinds(part)

        async def ask() -> Values:
            if isinstance(way.path, BacnetPath):
                return await way.path.read(part)
            read: dict[Load, dict[Key, float | None]] = {}
            if points:
                for load, values in (await way.path.read(points)).items():
                    read.setdefault(load, {}).update(values.items())
            if services and isinstance(way.path, SnmpPath):
                for load, numbers in (await way.path.read_columns(services)).items():
                    read.setdefault(load, {}).update(numbers.items())
            return read

        return await self._ask(way, ask)

    async def compare(self) -> Mapping[int, Column]:
        """Find scales of columns by reading circuits by both paths.

        Returns the columns whose scale is known now. Raises `DeviceError`.
        """
        modbus, snmp = self.modbus, self.snmp
        if modbus is None or snmp is None:
            return {}
        unknown = {
            service: Point(column.quantity, column.phase)
            for service, column in snmp.columns.items()
            if column.quantity is not None
            and column.scale is None
            and (service in self.learnt or not self.learnt)
        }
        loads = self._some_of(sorted(modbus.known.loads & snmp.known.loads))
        if not unknown or not loads:
            return {}
        asked = {*unknown.values(), *CURRENTS}
        values = await modbus.read(
            {load: asked & self._by_modbus(load).keys() for load in loads}
        )
        drawn = {load: currents_of(read) for load, read in values.items()}
        strong = {load for load, phases in drawn.items() if is_enough(phases)}
        numbers = await snmp.read_columns({load: unknown.keys() for load in strong})
        found: dict[int, Column] = {}
        for service, point in unknown.items():
            seen = [
                Comparison(load=load, raw=raw, value=value, current_a=current)
                for load in sorted(strong)
                if (raw := numbers.get(load, {}).get(service)) is not None
                and (value := values[load].get(point)) is not None
                and (current := current_of(drawn[load], point.phase)) is not None
            ]
            if (column := compared(snmp.columns[service], seen)) is not None:
                found[service] = column
        return found

    async def is_zero(self, service: int) -> bool:
        """Whether a column is 0 on every circuit; raises `DeviceError`.

        One that isn't mostly shows it with the first circuits.
        """
        if self.snmp is None:
            return False
        loads = sorted(self.snmp.known.loads)
        for first in range(0, len(loads), _ZEROS):
            group = loads[first : first + _ZEROS]
            read = await self.snmp.read_columns({load: {service} for load in group})
            if len(read) < len(group) or any(one[service] for one in read.values()):
                return False
        return bool(loads)

    def _some_of(self, loads: list[Load]) -> list[Load]:
        """Return some circuits, other ones each time."""
        step = max(1, len(loads) // _COMPARED_LOADS)
        self._round += 1
        return loads[self._round % step :: step]

    async def _ask[T](self, way: _Way, ask: Callable[[], Awaitable[T]]) -> T | None:
        """Ask one path; None when it fails, and `_Way.error` says why."""
        way.error = None
        try:
            with way.health.asking():
                return await ask()
        except DeviceError as err:
            way.error = err
            return None

    def _judge(self, asked: Collection[_Way]) -> None:
        """Raise when all that were asked failed; log when a single one begins to."""
        failed = [way for way in asked if way.error is not None]
        if failed and len(failed) == len(asked):
            raise self._error()
        for way in asked:
            if way.error is not None and not way.told:
                _LOGGER.warning(
                    "The gateway can't be read by %s: %s", way.name, way.error
                )
            elif way.error is None and way.told:
                _LOGGER.info("The gateway can be read by %s again", way.name)
            way.told = way.error is not None

    def _error(self) -> DeviceError:
        return next(way.error for way in self._ways if way.error is not None)


def _kinds(
    part: Mapping[Load, AbstractSet[Key]],
) -> tuple[dict[Load, set[Point]], dict[Load, set[int]]]:
    """Return what is wanted of points, and of columns without a unit."""
    points: dict[Load, set[Point]] = {}
    services: dict[Load, set[int]] = {}
    for load, keys in part.items():
        if some := {key for key in keys if isinstance(key, Point)}:
            points[load] = some
        if plain := {key for key in keys if isinstance(key, int)}:
            services[load] = plain
    return points, services
