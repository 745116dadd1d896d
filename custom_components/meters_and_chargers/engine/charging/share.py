"""Sharing current between chargers: first everybody's minimum, then the rest."""

from collections.abc import Collection, Mapping, Sequence
from itertools import groupby
from math import inf

from .charger import Charger
from .circuits import Rooms


def by_priority(chargers: Sequence[Charger]) -> list[Charger]:
    """Highest priority first, among equals those that charge already.

    Then who came first: was plugged in where that is known, else began to charge.
    Then as their owner has placed them, and by key.
    """
    return sorted(chargers, key=_rank)


def _rank(charger: Charger) -> tuple[int, bool, float, int, str]:
    settings, memory = charger.settings, charger.memory
    came = memory.session.plugged_at_ms
    if came is None:
        came = memory.started_at_ms
    since = inf if came is None else came
    return -settings.priority, not charger.charging, since, settings.place, charger.key


def grant(
    chargers: Sequence[Charger],
    wants: Mapping[str, int],
    rooms: Rooms,
    kept: Collection[str],
) -> dict[str, int]:
    """What each charger gets, in mA, and put that into the rooms.

    Those in `kept` that charge keep their minimum even without room on a fuse: stopping
    them is the pause rule's business, not an effect of sharing. What the grid operator
    leaves is never exceeded.
    """
    order = by_priority(chargers)
    granted = dict.fromkeys((one.key for one in chargers), 0)
    for charger in sorted(order, key=lambda one: not one.charging):
        lowest = charger.lowest_ma
        if not lowest <= wants[charger.key] or lowest > charger.highest_ma:
            continue
        room: int | None = rooms.least(charger)
        if charger.charging and charger.key in kept:
            room = rooms.dimmed(charger)
        if room is None or room >= lowest:
            granted[charger.key] = lowest
            rooms.put(charger, charger.on_used(lowest))
    for _, equals in groupby(order, lambda one: one.settings.priority):
        shared = [one for one in equals if granted[one.key] > 0]
        most = {one.key: min(wants[one.key], one.highest_ma) for one in shared}
        _share(shared, most, rooms, granted)
    return granted


def _share(
    chargers: Sequence[Charger],
    most: Mapping[str, int],
    rooms: Rooms,
    granted: dict[str, int],
) -> None:
    """Give equals equal parts of the rest, and what cannot be halved to the first.

    Round by round those drop out who want no more or whose part is less than a step.
    """
    rest = list(chargers)
    while rest:
        mates = rooms.mates(rest)
        parts = {one.key: rooms.fair(one, mates) for one in rest}
        rest = [
            one for one in rest if _raise(one, parts[one.key], most, rooms, granted)
        ]
    for charger in chargers:
        _raise(charger, charger.settings.step_ma, most, rooms, granted)
    for charger in chargers:
        _raise(charger, most[charger.key], most, rooms, granted)


def _raise(
    charger: Charger,
    more_ma: int,
    most: Mapping[str, int],
    rooms: Rooms,
    granted: dict[str, int],
) -> bool:
    """Raise what one is granted, if there is room; whether that was a step at least."""
    has = granted[charger.key]
    if has + charger.settings.step_ma > most[charger.key]:
        return False
    more = min(more_ma, rooms.least(charger))
    gets = max(has, charger.floor(min(most[charger.key], has + more)))
    if gets > has:
        granted[charger.key] = gets
        rooms.put(charger, charger.on_used(gets))
    return gets > has
