"""The demo's dashboard, whole in a real Home Assistant, and its parts."""

from collections.abc import Iterator
from pathlib import Path
import re

import pytest

from simulators.dashboard import (
    URL_PATH,
    Charger,
    Plant,
    complete_dashboard,
    dashboard,
    energy_faults,
    energy_preferences,
    find,
)
from simulators.demo import demo, grid_key, parse
from simulators.hass import Json, wait_until

ROOT = Path(__file__).parent.parent.parent
PAGES = ROOT / ".venv-newest/lib/python3.14/site-packages/hass_frontend/frontend_latest"

HOUSE = {
    name: f"sensor.{name}"
    for name in (
        "grid_power",
        "grid_import",
        "grid_export",
        "import_power",
        "export_power",
        "sun_power",
        "sun_energy",
        "house_power",
        "house_energy",
        "cars_power",
    )
}
# A wallbox that tells nothing, and one that tells all.
BARE = Charger("Garage", {"charge_mode": "select.garage_mode"})
FULL = Charger(
    "Carport",
    {
        name: f"sensor.carport_{name}"
        for name in (
            "charge_mode",
            "reason",
            "next_change",
            "power",
            "energy_import",
            "charging_current",
            "session_energy",
            "connector_status",
            "min_current",
            "max_current",
        )
    },
)


def parts(config: object) -> Iterator[Json]:
    """Walk through all objects of a configuration."""
    if isinstance(config, dict):
        yield config
        config = list(config.values())
    if isinstance(config, list):
        for part in config:
            yield from parts(part)


def shown(config: Json) -> set[str]:
    """Name the entities that a dashboard shows."""
    named = {
        part["entity"] for part in parts(config) if isinstance(part.get("entity"), str)
    }
    for part in parts(config):
        named.update(re.findall(r"state_attr\('([\w.]+)'", part.get("content", "")))
    return named


def test_shows_every_value_of_the_wallboxes() -> None:
    """Each wallbox has a section with all it has; what is missing is left out."""
    config = dashboard(Plant(HOUSE, (FULL, BARE)))
    headings = [part["heading"] for part in parts(config) if "heading" in part]
    assert {"House", "Carport", "Garage", "The last hour"} <= set(headings)
    assert set(FULL.entities.values()) - shown(config) == {
        FULL.entities["energy_import"]  # belongs to the Energy dashboard
    }
    powers = {entity for name, entity in HOUSE.items() if name.endswith("_power")}
    bare = dashboard(Plant(HOUSE, (BARE,)))
    assert shown(bare) == powers | set(BARE.entities.values())


def test_columns_are_filled() -> None:
    """Half tiles come in pairs, so that nothing hangs alone in a row."""
    for section in dashboard(Plant(HOUSE, (FULL, BARE)))["views"][0]["sections"]:
        halves = [
            card
            for card in section["cards"]
            if card.get("grid_options", {}).get("columns") == 6
        ]
        assert not len(halves) % 2, section


def test_only_what_is_measured_is_counted() -> None:
    """A wallbox without a meter is not in the Energy dashboard."""
    energy = energy_preferences(Plant(HOUSE, (FULL, BARE)))
    assert [device["name"] for device in energy["device_consumption"]] == [
        "Carport",
        "Household",
    ]


@pytest.mark.parametrize("kind", ["card", "card-feature"])
def test_cards_exist_in_the_newest_home_assistant(kind: str) -> None:
    """Every card and feature we use is an element of the installed web pages."""
    config = dashboard(Plant(HOUSE, (FULL, BARE)))
    features = [
        feature for part in parts(config) for feature in part.get("features", ())
    ]
    cards = [
        card
        for part in parts(config)
        for card in part.get("cards", ())
        if card["type"] != "grid"
    ]
    used = {part["type"] for part in (features if kind == "card-feature" else cards)}
    assert len(used) > 2
    known: set[str] = set()
    for file in PAGES.glob("*.js"):
        known.update(re.findall(rf'"hui-([a-z-]+?)-{kind}"', file.read_text()))
    assert used <= known


@pytest.mark.end_to_end
async def test_whole_in_a_real_home_assistant(
    tmp_path: Path, socket_enabled: None
) -> None:
    """All entities exist and show something, and the Energy dashboard is valid."""
    options = parse(["--port", "0"])
    async with demo(options, tmp_path) as (house, home, installed):
        key = grid_key(installed)
        await complete_dashboard(home, key)
        assert await energy_faults(home) == []
        config = await home.ws("lovelace/config", url_path=URL_PATH)
        listed = await home.ws("lovelace/dashboards/list")
        assert URL_PATH in [one["url_path"] for one in listed]

        plant = await find(home, key)
        assert [charger.title for charger in plant.chargers] == [
            "Carport",
            "Driveway",
            "Garage",
            "Parking",
        ]
        assert "power" in plant.chargers[0].entities
        assert config == dashboard(plant)
        prefs = await home.ws("energy/get_prefs")
        assert [source["type"] for source in prefs["energy_sources"]] == [
            "grid",
            "solar",
        ]
        assert len(prefs["device_consumption"]) == 3

        async def told() -> bool:
            states = await home.states()
            quiet = {
                entity_id
                for entity_id in shown(config)
                if states[entity_id]["state"] in {"unknown", "unavailable"}
            }
            # Hidden while it has nothing to say.
            return all(name.endswith("next_change") for name in quiet)

        await wait_until("every card shows something", told, 60)
        for charger in plant.chargers:
            reason = await home.state(charger.entities["reason"])
            assert reason is not None
            assert reason["attributes"]["sentence"].endswith(".")

        fast = {"entity_id": plant.chargers[2].entities["charge_mode"]}
        await home.call("select", "select_option", {**fast, "option": "fast"})

        async def balanced() -> bool:
            state = await home.state(plant.house["cars_power"])
            assert state is not None
            return house.car_w > 1000 and abs(float(state["state"]) - house.car_w) < 50

        await wait_until("the cars' sensor shows their power", balanced, 90)
