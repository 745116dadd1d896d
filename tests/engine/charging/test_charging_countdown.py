"""A countdown that is shown ends together with what it announces."""

from itertools import pairwise
import json
from pathlib import Path
import random

from charging_house import House, settings_for

from custom_components.meters_and_chargers.engine.charging import (
    ChargerSettings,
    Mode,
    Reason,
)

TEXTS = (
    Path(__file__).parents[3] / "custom_components/meters_and_chargers/texts/en.json"
)
COUNTED = {
    Reason(key)
    for key, tail in json.loads(TEXTS.read_text())["tails"].items()
    if "{left}" in tail
}
SEEN = {
    Reason.START_DELAY,
    Reason.STOP_DELAY,
    Reason.COOL_DOWN,
    Reason.FUSE_RESUME,
    Reason.ONE_PHASE_SOON,
    Reason.THREE_PHASES_SOON,
    Reason.RECOVERING,
}
"""Those that these houses are known to count down to the end."""
HOURS = 2
MOST_S = 2
"""The meter tells something each other second."""
LEVELS_MA = (-26_000, -14_000, -9_000, -3_000, 500, 20_000, 30_000)
"""What house and sun make of the grid, in turn and by chance."""


def lived(seed: int, mode: Mode) -> list[tuple[Reason, float | None]]:
    """Return each second's reason and its end, of a house with sun and clouds."""
    chance = random.Random(seed)  # noqa: S311 - the same house each time
    house = House(
        settings_for(ChargerSettings(key="a", switches_phases=True)),
        modes={"a": mode},
        limits={"a": 0},
    )
    seen = []
    while house.second < HOURS * 3600:
        level = chance.choice(LEVELS_MA)
        house.base_ma = (level, level, level)
        house.meter = chance.random() > 0.05
        for _ in range(chance.choice([5, 40, 400, 900])):
            told = house.tick().reasons["a"]
            until = None if told.until_ms is None else told.until_ms / 1000
            seen.append((told.reason, until))
    return seen


def test_no_countdown_passes_zero() -> None:
    """When its time has come another reason is told, within a sample of the meter.

    It may begin anew before, when the sun or the house changes, but not at its end.
    """
    ended = set()
    for seed, mode in enumerate([Mode.SOLAR, Mode.MIN_SOLAR, Mode.FAST] * 2):
        seen = lived(seed, mode)
        for second, ((reason, until), (then, later)) in enumerate(pairwise(seen)):
            if reason not in COUNTED or until is None:
                continue
            over = second + 1 - until
            if then is not reason:
                if abs(over) <= MOST_S:
                    ended.add(reason)
                continue
            assert over <= MOST_S, (seed, second, reason)
            if over > 0 and later is not None:
                assert later - second <= MOST_S, (seed, second, reason)
    assert ended >= SEEN, SEEN - ended
