"""Stories of a house in YAML: what happens, and what the chargers must be told."""

from pathlib import Path

from charging_house import House
import pytest
import yaml

from custom_components.meters_and_chargers.engine.charging import (
    ChargerSettings,
    Mode,
    Settings,
)

STORIES = sorted((Path(__file__).parent / "scenarios").glob("*.yaml"))


@pytest.mark.parametrize("path", STORIES, ids=[path.stem for path in STORIES])
def test_scenario(path: Path) -> None:
    """Each story ends every chapter with the limits and reasons it names."""
    story = yaml.safe_load(path.read_text())
    assert story["why"]
    chargers = tuple(ChargerSettings(**one) for one in story["chargers"])
    given = story["settings"]
    given["fuse_ma"] = tuple(given["fuse_ma"])
    house = House(Settings(chargers=chargers, **given))
    change(house, story)
    for chapter in story["states"]:
        change(house, chapter)
        house.run(chapter["until_s"] - house.second)
        where = f"{path.stem} at {chapter['until_s']} s"
        limits = {key: house.limit(key) for key in chapter["limits"]}
        assert limits == chapter["limits"], where
        expected = chapter.get("reasons", {})
        assert {key: str(house.reason(key)) for key in expected} == expected, where


def change(house: House, chapter: dict[str, object]) -> None:
    """Change the house as a chapter says; what it does not name stays."""
    house.base_ma = tuple(chapter.get("base_ma", house.base_ma))
    house.meter = chapter.get("meter", house.meter)
    house.modes |= {key: Mode(mode) for key, mode in chapter.get("modes", {}).items()}
    house.session_wh |= chapter.get("session_wh", {})
    house.draws = chapter.get("draws", house.draws)
    house.offline = set(chapter.get("offline", house.offline))
    house.unmeasured = set(chapter.get("unmeasured", house.unmeasured))
