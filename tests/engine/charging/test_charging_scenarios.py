"""Stories of a house in YAML: what happens, and what the chargers must be told."""

from pathlib import Path
from typing import Any

from charging_house import House
import pytest
import yaml

from custom_components.meters_and_chargers.engine.charging import (
    Battery,
    ChargerSettings,
    CircuitSettings,
    Mode,
    Plan,
    Price,
    Reason,
    Settings,
)

STORIES = sorted((Path(__file__).parent / "scenarios").glob("*.yaml"))


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
        limits = {key: house.limit(key) for key in chapter["limits"]}
        assert limits == chapter["limits"], where
        expected = chapter.get("reasons", {})
        assert {key: str(house.reason(key)) for key in expected} == expected, where
        phases = chapter.get("on_phases", {})
        assert {key: house.phases.get(key, 3) for key in phases} == phases, where
        for key, named in chapter.get("figures", {}).items():
            figures = house.explanation(key).figures
            assert {name: figures.get(name) for name in named} == named, where


def house_of(story: dict[str, Any]) -> House:
    """Build the house of a story, as it is before the first chapter."""
    chargers = tuple(
        ChargerSettings(**one | {"phases": tuple(one.get("phases", [True] * 3))})
        for one in story["chargers"]
    )
    circuits = tuple(
        CircuitSettings(**one | {"fuse_ma": tuple(one["fuse_ma"])})
        for one in story.get("circuits", [])
    )
    given = story["settings"] | {"fuse_ma": tuple(story["settings"]["fuse_ma"])}
    house = House(Settings(chargers=chargers, circuits=circuits, **given))
    house.limits |= story.get("found", {})
    change(house, story)
    return house


def change(house: House, chapter: dict[str, object]) -> None:
    """Change the house as a chapter says; what it does not name stays."""
    house.base_ma = tuple(chapter.get("base_ma", house.base_ma))
    house.meter = chapter.get("meter", house.meter)
    house.modes |= {key: Mode(mode) for key, mode in chapter.get("modes", {}).items()}
    house.session_wh |= chapter.get("session_wh", {})
    house.draws = chapter.get("draws", house.draws)
    house.limits |= chapter.get("set_by_hand", {})
    house.plugged |= chapter.get("plugged", {})
    house.blocked = {
        key: Reason(why) for key, why in chapter.get("blocked", house.blocked).items()
    }
    house.boost_until_s |= chapter.get("boost_until_s", {})
    house.plans |= {
        key: Plan(house.wall_ms(ready_s), energy_wh)
        for key, (ready_s, energy_wh) in chapter.get("plans", {}).items()
    }
    if "prices" in chapter:
        house.prices = tuple(
            Price(house.wall_ms(start_s), house.wall_ms(end_s), price)
            for start_s, end_s, price in chapter["prices"]
        )
    if "battery" in chapter:
        house.battery = Battery(*chapter["battery"])
    house.day = chapter.get("day", house.day)
    house.offline = set(chapter.get("offline", house.offline))
    house.unmeasured = set(chapter.get("unmeasured", house.unmeasured))
    bases = chapter.get("bases", {})
    house.bases |= {key: tuple(base) for key, base in bases.items()}
    house.dead = set(chapter.get("dead", house.dead))
    house.dims |= chapter.get("dims", {})
    house.stubborn = chapter.get("stubborn", house.stubborn)
    house.phases |= chapter.get("phases", {})
    house.small_cars = set(chapter.get("small_cars", house.small_cars))
    house.stuck = set(chapter.get("stuck", house.stuck))
    house.total_only = chapter.get("total_only", house.total_only)
