"""What is left in the circuits of a house, and what it is that leaves no more."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import Enum, auto

from .charger import Charger
from .memory import NOTHING
from .reason import Reason
from .settings import MAIN
from .state import PhaseCurrents
from .switch import Loaded


class Kind(Enum):
    """What can bound a charger."""

    FUSE = auto()
    CAP = auto()
    DIM = auto()
    BALANCE = auto()


NAMES: Mapping[Kind, Reason] = {
    Kind.FUSE: Reason.FUSE,
    Kind.CAP: Reason.POWER_CAP,
    Kind.DIM: Reason.GRID_DIM,
    Kind.BALANCE: Reason.UNBALANCE,
}


@dataclass(frozen=True, slots=True)
class Bound:
    """The tightest of a charger's bounds, and what it leaves on each phase, in mA."""

    free_ma: int
    kind: Kind = Kind.FUSE
    circuit: str = MAIN
    phase: int = 0


@dataclass(slots=True)
class Room:
    """What is left in one circuit, in mA; below 0 where more was taken than there was.

    The caps count the currents of all phases together.
    """

    phases_ma: list[int]
    cap_ma: int | None = None
    """Of what may flow through it in all."""
    dim_ma: int | None = None
    """Of what the grid operator leaves its chargers."""


@dataclass(slots=True)
class Balance:
    """How unequal the phases of the house may become, in mA.

    A phase may carry `limit_ma` more than the least loaded one. Of chargers that do not
    load all phases `loads_ma` holds what they may draw, `floors_ma` only what they do.
    """

    limit_ma: int
    loads_ma: list[int]
    floors_ma: list[int]

    def free(self, loaded: Loaded) -> int | None:
        """What phases may get that are loaded together; None if that is all of them."""
        others = [self.floors_ma[index] for index in range(3) if not loaded[index]]
        if not others:
            return None
        own = [self.loads_ma[index] for index in range(3) if loaded[index]]
        return min(others) + self.limit_ma - max(own)


@dataclass(frozen=True, slots=True)
class _Taken:
    """What one charger has been given, and what of it counts in the balance."""

    most_ma: PhaseCurrents = NOTHING
    load_ma: PhaseCurrents = NOTHING
    floor_ma: PhaseCurrents = NOTHING


class Rooms:
    """What is left for chargers along their paths to the main fuse."""

    def __init__(
        self,
        paths: Mapping[str, Sequence[str]],
        rooms: Mapping[str, Room],
        balance: Balance | None = None,
    ) -> None:
        """Begin before any charger has got something.

        `paths` leads from each circuit, itself first, to the main fuse.
        """
        self._paths = {
            key: tuple((one, rooms[one]) for one in path) for key, path in paths.items()
        }
        self._balance = balance
        self._taken: dict[str, _Taken] = {}

    def bounds(self, charger: Charger, phases: Loaded | None = None) -> list[Bound]:
        """All that bounds a charger besides what it has been given.

        On these phases, or else on those that it uses.
        """
        loaded = phases or charger.used
        count = sum(loaded)
        if count == 0:
            return [Bound(0)]
        found: list[Bound] = []
        for key, room in self._path(charger):
            found += [
                Bound(room.phases_ma[index], Kind.FUSE, key, index)
                for index in range(3)
                if loaded[index]
            ]
            for kind, total in ((Kind.CAP, room.cap_ma), (Kind.DIM, room.dim_ma)):
                if total is not None:
                    found.append(Bound(total // count, kind, key))
        if self._balance:
            free = self._balance.free(loaded)
            if free is not None:
                found.append(Bound(free, Kind.BALANCE))
        return found

    def bound(self, charger: Charger) -> Bound:
        """What leaves it the least."""
        return min(self.bounds(charger), key=lambda one: one.free_ma)

    def least(self, charger: Charger) -> int:
        """The current that is left for it on each of its phases, in mA."""
        loaded = charger.used
        used = [index for index in range(3) if loaded[index]]
        if not used:
            return 0
        least = [
            room.phases_ma[index] for _, room in self._path(charger) for index in used
        ]
        for _, room in self._path(charger):
            if room.cap_ma is not None:
                least.append(room.cap_ma // len(used))
            if room.dim_ma is not None:
                least.append(room.dim_ma // len(used))
        free = self._balance.free(loaded) if self._balance else None
        return min(least) if free is None else min(*least, free)

    def dimmed(self, charger: Charger) -> int | None:
        """What the grid operator leaves it on each of its phases; None for all."""
        count = max(1, sum(charger.used))
        totals = [room.dim_ma for _, room in self._path(charger)]
        return min((one // count for one in totals if one is not None), default=None)

    def fair(self, charger: Charger, mates: Counter[tuple[str, int]]) -> int:
        """Its equal part of what is left for those that `mates` has counted."""
        loaded = charger.used
        parts = [self.least(charger)]
        for key, room in self._path(charger):
            parts += [
                room.phases_ma[index] // mates[key, index]
                for index in range(3)
                if loaded[index]
            ]
            parts += [
                total // mates[key, 3]
                for total in (room.cap_ma, room.dim_ma)
                if total is not None
            ]
        return min(parts)

    def mates(self, chargers: Sequence[Charger]) -> Counter[tuple[str, int]]:
        """How many of them load each phase of each circuit; 3 counts their phases."""
        found: Counter[tuple[str, int]] = Counter()
        for charger in chargers:
            loaded = charger.used
            for key, _ in self._path(charger):
                for index in range(3):
                    found[key, index] += loaded[index]
                found[key, 3] += sum(loaded)
        return found

    def put(
        self, charger: Charger, most: PhaseCurrents, sure: PhaseCurrents | None = None
    ) -> None:
        """Give a charger a current on each phase, in place of what it had before.

        `sure` is what it keeps of `most` when a command on its way has arrived.
        """
        before = self._taken.get(charger.key, _Taken())
        after = _taken(charger, most, most if sure is None else sure)
        self._taken[charger.key] = after
        total = sum(most) - sum(before.most_ma)
        for _, room in self._path(charger):
            _lower(room.phases_ma, most, before.most_ma)
            if room.cap_ma is not None:
                room.cap_ma -= total
            if room.dim_ma is not None:
                room.dim_ma -= total
        if self._balance:
            _lower(self._balance.loads_ma, before.load_ma, after.load_ma)
            _lower(self._balance.floors_ma, before.floor_ma, after.floor_ma)

    def given(self, charger: Charger) -> PhaseCurrents:
        """What was put for it, in mA."""
        return self._taken.get(charger.key, _Taken()).most_ma

    def _path(self, charger: Charger) -> Sequence[tuple[str, Room]]:
        """From its circuit to the main fuse; straight there if nobody knows it."""
        return self._paths.get(charger.settings.circuit) or self._paths[MAIN]


def fits(rooms: Rooms, charger: Charger, phases: Loaded, current_ma: int) -> bool:
    """Whether there is room for this current on these phases, besides the others."""
    has = rooms.given(charger)
    rooms.put(charger, NOTHING)
    free = min(one.free_ma for one in rooms.bounds(charger, phases))
    rooms.put(charger, has)
    return free >= current_ma


def is_partial(charger: Charger) -> bool:
    """Whether it loads some phases and leaves others alone."""
    return any(charger.used) and not all(charger.used)


def _taken(charger: Charger, most: PhaseCurrents, sure: PhaseCurrents) -> _Taken:
    if not is_partial(charger):
        return _Taken(most)
    one, two, three = map(min, sure, charger.memory.drawn.high_ma, strict=True)
    return _Taken(most, most, (one, two, three))


def _lower(left_ma: list[int], more: PhaseCurrents, before: PhaseCurrents) -> None:
    """Take on each phase what is more than before."""
    for index in range(3):
        left_ma[index] -= more[index] - before[index]
