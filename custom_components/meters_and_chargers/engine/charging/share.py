"""Sharing current between chargers: first everybody's minimum, then the rest."""

from collections.abc import Mapping, Sequence

from .charger import Charger
from .memory import NOTHING
from .state import PhaseCurrents


def by_priority(chargers: Sequence[Charger]) -> list[Charger]:
    """Highest priority first; among equals those that charge already, then by key."""
    return sorted(
        chargers, key=lambda one: (-one.settings.priority, not one.charging, one.key)
    )


def grant(
    chargers: Sequence[Charger],
    wants: Mapping[str, int],
    room: PhaseCurrents,
    *,
    keep_minimum: bool,
) -> dict[str, int]:
    """What each charger gets of the room on its phases, in mA.

    With `keep_minimum` those that charge keep their minimum even without room:
    stopping them is the pause rule's business, not an effect of sharing.
    """
    order = by_priority(chargers)
    granted = dict.fromkeys((one.key for one in chargers), 0)
    for charger in sorted(order, key=lambda one: not one.charging):
        lowest = charger.lowest_ma
        if not lowest <= wants[charger.key] or lowest > charger.highest_ma:
            continue
        if charger.least(room) >= lowest or (keep_minimum and charger.charging):
            granted[charger.key] = lowest
            room = take(room, charger.on_phases(lowest))
    for charger in order:
        has = granted[charger.key]
        if has == 0:
            continue
        most = min(wants[charger.key], charger.highest_ma)
        gets = max(has, charger.floor(min(most, has + charger.least(room))))
        granted[charger.key] = gets
        room = take(room, charger.on_phases(gets - has))
    return granted


def take(room: PhaseCurrents, used: PhaseCurrents = NOTHING) -> PhaseCurrents:
    """What remains of the room; below 0 where more was taken than there was."""
    return (room[0] - used[0], room[1] - used[1], room[2] - used[2])
