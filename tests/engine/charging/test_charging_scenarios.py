"""Stories of a house in YAML: what happens, and what the chargers must be told."""

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from charging_house import MAY_CHARGE, House
import pytest
import yaml

from custom_components.meters_and_chargers.engine.charging import (
    STAGES,
    Battery,
    ChargerSettings,
    CircuitSettings,
    Mode,
    PhaseUse,
    Plan,
    Price,
    Reason,
    Settings,
)

STORIES = sorted((Path(__file__).parent / "scenarios").glob("*.yaml"))
WHOLE = {"why", "shows", "settings", "circuits", "chargers", "found", "states"}


def settings_of(house: House, key: str) -> ChargerSettings:
    """Return the settings of a charger."""
    return next(one for one in house.settings.chargers if one.key == key)


LOOKS: Mapping[str, Callable[[House, str], object]] = {
    "limits": House.limit,
    "reasons": lambda house, key: str(house.reason(key)),
    "stages": lambda house, key: str(STAGES[house.reason(key)]),
    "until": House.until_s,
    "on_phases": lambda house, key: house.phases.get(key, 3),
    "draw": lambda house, key: list(house.drawn(settings_of(house, key))),
    "writes": lambda house, key: sum(key == one for _, one, _ in house.writes),
    "overloads": lambda house, key: house.view(key).overloads,
}
"""What a chapter may name of each charger, or of a circuit, at its end."""
TOLD = {*LOOKS, "until_s", "figures"}


ANEW = {"blocked", "ceilings", "draws", "stubborn"}
"""What is not there any more when a chapter leaves it out of these."""
MAKE: Mapping[str, Callable[[House, Any], object]] = {
    "base_ma": lambda _, value: tuple(value),
    "bases": lambda _, value: {key: tuple(base) for key, base in value.items()},
    "modes": lambda _, value: {key: Mode(mode) for key, mode in value.items()},
    "blocked": lambda _, value: {key: Reason(why) for key, why in value.items()},
    "battery": lambda _, value: Battery(*value),
    "takes": lambda _, value: {key: tuple(on) for key, on in value.items()},
    "plans": lambda house, value: {
        key: Plan(house.wall_ms(ready_s), energy_wh)
        for key, (ready_s, energy_wh) in value.items()
    },
    "prices": lambda house, value: tuple(
        Price(house.wall_ms(start_s), house.wall_ms(end_s), price)
        for start_s, end_s, price in value
    ),
}
"""What a chapter says in YAML's words."""


@pytest.mark.parametrize("path", STORIES, ids=[path.stem for path in STORIES])
def test_scenario(path: Path) -> None:
    """Each story ends every chapter with the limits and reasons it names."""
    story = yaml.safe_load(path.read_text())
    assert story["why"]
    house = house_of(story)
    for chapter in story["states"]:
        change(house, chapter)
        house.run(chapter["until_s"] - house.second)
        where = f"{path.stem} at {chapter['until_s']} s"
        compare(house, chapter, where)


def house_of(story: dict[str, Any]) -> House:
    """Return the house of a story, as it is at the beginning."""
    chargers = tuple(
        ChargerSettings(
            **one
            | {
                "phases": tuple(one.get("phases", [True] * 3)),
                "phase_use": PhaseUse(one.get("phase_use", "auto")),
            }
        )
        for one in story["chargers"]
    )
    circuits = tuple(
        CircuitSettings(**one | {"fuse_ma": tuple(one["fuse_ma"])})
        for one in story.get("circuits", [])
    )
    given = story["settings"] | {"fuse_ma": tuple(story["settings"]["fuse_ma"])}
    house = House(Settings(chargers=chargers, circuits=circuits, **given))
    house.limits |= story.get("found", {})
    change(house, {name: story[name] for name in story if name not in WHOLE})
    return house


def compare(house: House, chapter: dict[str, dict], where: str) -> None:
    """Compare the house with what a chapter names, and limits with stages."""
    for name, look in LOOKS.items():
        wanted = chapter.get(name, {})
        assert {key: look(house, key) for key in wanted} == wanted, where
    for key, named in chapter.get("figures", {}).items():
        figures = house.explanation(key).figures
        assert {name: figures.get(name) for name in named} == named, where
    for one in house.settings.chargers:
        reason = house.reason(one.key)
        waits = STAGES[reason] not in MAY_CHARGE and reason is not Reason.WARM_UP
        charges = (house.limit(one.key) or 0) > 0 and not house.settings.observe
        assert not (charges and waits), where


def change(house: House, chapter: dict[str, object]) -> None:
    """Change the house as a chapter says; what it does not name stays."""
    for name, value in chapter.items():
        if name in TOLD:
            continue
        field = "limits" if name == "set_by_hand" else name
        before, after = getattr(house, field), value
        if name in MAKE:
            after = MAKE[name](house, value)
        if isinstance(before, dict) and name not in ANEW:
            after = before | after
        if isinstance(before, set):
            after = set(after)
        setattr(house, field, after)
