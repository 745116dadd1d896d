"""A DIRIS gateway by SNMP: one table of all circuits, a column for each quantity.

Source: SOCOMEC, instruction manual DIRIS Digiware M-50/M-70, annex I (SNMP): below
1.3.6.1.4.1.4555.10.20.20.1 stand the service id, the module's Modbus address and the
circuit's number. What a module doesn't measure is 0 there, as is what it measures as 0.
"""

from collections.abc import AsyncIterator, Callable, Collection, Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from itertools import groupby, islice
import logging
from typing import Final

from ...model import BadAnswer, Identity, Mark, Point, Readings, WrongDevice
from ...protocols.snmp import UPTIME, SnmpSession, Value
from .columns import DOCUMENTED, Column
from .nameplate import FAMILY_KEY
from .tree import Load, Module, Topology

_LOGGER = logging.getLogger(__name__)

SOURCE: Final = (
    "SOCOMEC, instruction manual DIRIS Digiware M-50/M-70, annex I: communication by "
    "SNMP, extraction of data by the MIB file"
)
MARK: Final = Mark.DOCUMENTED

_MAKER: Final = "1.3.6.1.4.1.4555"
TABLE: Final = f"{_MAKER}.10.20.20.1"
_TOPOLOGY: Final = 10000
"""The current of phase 1: every circuit has one."""
_DESCRIPTION: Final = "1.3.6.1.2.1.1.1.0"
_OBJECT_ID: Final = "1.3.6.1.2.1.1.2.0"
_ENGINE_ID: Final = "1.3.6.1.6.3.10.2.1.1.0"
_MODULES, _LOADS = range(1, 248), range(1, 256)
_MANY = 10_000
"""Rows of the whole table, as far as anybody knows before."""

type Learnt = dict[int, dict[Load, float]]
"""By service id the numbers of the circuits, without units."""


@dataclass(frozen=True, slots=True)
class _Unit:
    """How a column's numbers become values."""

    point: Point
    scale: float
    lowest: float
    highest: float


class SnmpPath:
    """Reads the columns whose unit is known, and raw numbers of any.

    Only what is wanted is asked for, by GETs of known OIDs; never a part of the table
    by its place in an answer.
    """

    def __init__(
        self,
        session: SnmpSession,
        columns: Mapping[int, Column] = DOCUMENTED,
        known: Topology | None = None,
        serial: str = "",
    ) -> None:
        """Read over an SNMP session; ``known`` is what was found before a restart.

        ``serial`` is the engine id that the agent had then.
        """
        self._session = session
        self._known = known or Topology(())
        self._identity = _identity(serial) if serial else None
        self._strange: set[int] = set()
        self._columns: Mapping[int, Column] = {}
        self._units: dict[int, _Unit] = {}
        self._by_point: dict[Point, int] = {}
        self.columns = columns

    @property
    def columns(self) -> Mapping[int, Column]:
        """What is known of the columns, by service id."""
        return self._columns

    @columns.setter
    def columns(self, columns: Mapping[int, Column]) -> None:
        self._columns = dict(columns)
        self._units = {
            service: _Unit(point, column.scale, *point.quantity.plausible)
            for service, column in columns.items()
            if (point := column.point) is not None and column.scale is not None
        }
        self._by_point = {unit.point: service for service, unit in self._units.items()}

    @property
    def points(self) -> AbstractSet[Point]:
        """What can be read of a circuit: the columns whose unit is known."""
        return self._by_point.keys()

    @property
    def known(self) -> Topology:
        """What was found last; asks nobody."""
        return self._known

    async def identify(self) -> Identity:
        """Ask who answers; raises `WrongDevice` for another than at first.

        The serial is the agent's engine id, and empty where it doesn't tell it.
        """
        identity = await self._who()
        if self._identity is not None and identity.key != self._identity.key:
            raise WrongDevice(f"{identity.maker} {identity.model}")
        self._identity = identity
        self._session.trust()
        return identity

    async def _assure(self) -> None:
        """After silence, make sure that the same gateway came back."""
        if self._session.lost:
            await self.identify()

    async def _who(self) -> Identity:
        found = await self._session.get((_DESCRIPTION, _OBJECT_ID, _ENGINE_ID))
        kind = str(found.get(_OBJECT_ID))
        # An agent of another's make may still serve SOCOMEC's table.
        if not kind.startswith(f"{_MAKER}.") and not await self._session.holds(TABLE):
            description = found.get(_DESCRIPTION)
            text = description if isinstance(description, bytes) else b""
            raise WrongDevice(text.decode("ascii", "replace")[:80])
        engine = found.get(_ENGINE_ID)
        return _identity(engine.hex().upper() if isinstance(engine, bytes) else "")

    async def topology(self) -> Topology:
        """Find all circuits by one walk of their currents.

        Raises `BadAnswer` when the walk was cut short, or the gateway restarted
        meanwhile: a circuit that is gone is one that it has itself said to be gone.
        """
        await self._assure()
        begun = await self._uptime()
        rows = await self._session.walk(
            f"{TABLE}.{_TOPOLOGY}", expected=len(self._known.loads) or None
        )
        loads = {load for oid in rows if (load := _place(oid)[1]) is not None}
        if gone := self._known.loads - loads:
            said = await self._session.get(_oid(_TOPOLOGY, load) for load in gone)
            if len(said) < len(gone) or set(said.values()) != {None}:
                raise BadAnswer("the table of circuits was cut short")
        if await self._uptime() < begun:
            raise BadAnswer("the gateway restarted meanwhile")
        self._known = Topology(
            tuple(
                Module(address=address, loads=tuple(own))
                for address, own in groupby(sorted(loads), lambda load: load.module)
            )
        )
        return self._known

    async def learn(self, progress: Callable[[int], None] | None = None) -> Learnt:
        """Walk the whole table once, to learn its columns; cancel the task to stop.

        ``progress`` is told how many columns have come so far.
        """
        learnt: Learnt = {}

        def take(rows: Sequence[tuple[str, Value]]) -> None:
            for oid, value in rows:
                service, load = _place(oid)
                if load is not None and isinstance(value, (int, float)):
                    learnt.setdefault(service, {})[load] = value
            if progress is not None:
                progress(len(learnt))

        await self._assure()
        begun = await self._uptime()
        await self._session.walk(TABLE, expected=_MANY, progress=take)
        if await self._uptime() < begun:
            raise BadAnswer("the gateway restarted meanwhile")
        return learnt

    async def read(
        self, wanted: Mapping[Load, AbstractSet[Point]]
    ) -> Mapping[Load, Readings]:
        """Read these points; a circuit none of whose rows can be read is missing.

        What the gateway doesn't have is None, and 0 is 0.
        """
        services = {
            load: [
                service
                for point in points
                if (service := self._by_point.get(point)) is not None
            ]
            for load, points in wanted.items()
        }
        read: dict[Load, dict[Point, float | None]] = {}
        async for rows in self._numbers(services):
            for load, service, number in rows:
                unit = self._units[service]
                value = number
                if number is not None:
                    value = round(number * unit.scale, 9)
                    if not unit.lowest <= value <= unit.highest:
                        self._strangely(service, f"{value:g} can't be")
                        continue
                if self._strange:
                    self._well_again(service)
                read.setdefault(load, {})[unit.point] = value
        return read

    async def read_columns(
        self, wanted: Mapping[Load, AbstractSet[int]]
    ) -> Mapping[Load, Mapping[int, float | None]]:
        """Read columns as the plain numbers they are, by service id."""
        read: dict[Load, dict[int, float | None]] = {}
        async for rows in self._numbers(wanted):
            for load, service, number in rows:
                read.setdefault(load, {})[service] = number
        return read

    @property
    def slow(self) -> bool:
        """Whether the fast library is missing; False before the first request."""
        return self._session.slow

    def close(self) -> None:
        """Let go of the session."""
        self._session.close()

    def lasts_s(self, values: int) -> float:
        """Return how long reading so many values takes at least, by the budget."""
        return self._session.lasts_s(values)

    async def _numbers(
        self, wanted: Mapping[Load, Collection[int]]
    ) -> AsyncIterator[list[tuple[Load, int, float | None]]]:
        """Ask for circuits one after the other, as many values at a time as fit."""
        await self._assure()
        asked = (
            (f"{TABLE}.{service}.{load.module}.{load.number}", load, service)
            for load, services in sorted(wanted.items(), key=_by_load)
            for service in services
        )
        while group := list(islice(asked, self._session.most)):
            found = await self._session.get([oid for oid, _, _ in group])
            rows = []
            for oid, load, service in group:
                if oid not in found:
                    continue
                number = found[oid]
                if number is None or isinstance(number, (int, float)):
                    rows.append((load, service, number))
                else:
                    self._strangely(service, "no number")
            yield rows

    def _well_again(self, service: int) -> None:
        if service in self._strange:
            self._strange.discard(service)
            _LOGGER.info("Column %d can be used again", service)

    def _strangely(self, service: int, what: str) -> None:
        if service not in self._strange:
            self._strange.add(service)
            _LOGGER.warning("Can't use column %d: %s", service, what)

    async def _uptime(self) -> float:
        """Return how long the gateway has run; 0 where it doesn't tell."""
        found = (await self._session.get([UPTIME])).get(UPTIME)
        return found if isinstance(found, (int, float)) else 0.0


def _identity(engine_id: str) -> Identity:
    return Identity(
        family=FAMILY_KEY, serial=engine_id, maker="SOCOMEC", model="DIRIS Digiware"
    )


def _by_load(wanted: tuple[Load, object]) -> tuple[int, int]:
    """Order circuits by numbers, which is quicker than comparing them themselves."""
    return wanted[0].module, wanted[0].number


def _oid(service: int, load: Load) -> str:
    return f"{TABLE}.{service}.{load.module}.{load.number}"


def _place(oid: str) -> tuple[int, Load | None]:
    """Return a row's service id and circuit; None for what is no circuit's."""
    parts = oid[len(TABLE) + 1 :].split(".")
    if len(parts) != 3:  # noqa: PLR2004 - service id, address, number
        return 0, None
    service, module, number = map(int, parts)
    if module not in _MODULES or number not in _LOADS:
        return service, None
    return service, Load(module, number)
