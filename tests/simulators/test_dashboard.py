"""The demo's dashboard, whole in a real Home Assistant, and its Energy preferences."""

import asyncio
from collections.abc import Iterator
import json
from pathlib import Path
import re
import shutil
from typing import Any

import pytest

from simulators.dashboard import (
    STRATEGY,
    URL_PATH,
    Charger,
    Plant,
    complete_dashboard,
    energy_faults,
    energy_preferences,
    find,
)
from simulators.demo import demo, grid_key, parse
from simulators.hass import HomeAssistant, Json, wait_until

ROOT = Path(__file__).parent.parent.parent
PAGES = ROOT / ".venv-newest/lib/python3.14/site-packages/hass_frontend/frontend_latest"
STRATEGY_JS = Path(__file__).with_name("strategy.mjs")
OWN = "custom:meters-chargers-"

HOUSE = {
    name: f"sensor.{name}"
    for name in (
        "grid_power",
        "grid_import",
        "grid_export",
        "sun_power",
        "sun_energy",
        "house_power",
        "house_energy",
    )
}
# A wallbox that tells nothing, and one that measures.
BARE = Charger("Garage", {"charge_mode": "select.garage_mode"})
FULL = Charger(
    "Carport",
    {
        name: f"sensor.carport_{name}"
        for name in ("charge_mode", "power", "energy_import")
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


def named(config: object) -> set[str]:
    """Name the entities in a configuration."""
    text = json.dumps(config)
    return set(re.findall(r'"((?:sensor|number|select|switch)\.\w+)"', text))


async def made(home: HomeAssistant) -> Json:
    """Return the dashboard that the shipped module makes of a real Home Assistant."""
    told: Json = {
        name: await home.ws(command)
        for name, command in {
            "entities": "config/entity_registry/list_for_display",
            "devices": "config/device_registry/list",
            "states": "get_states",
            "energy": "energy/get_prefs",
            "config": "get_config",
        }.items()
    }
    node = shutil.which("node")
    assert node is not None
    run = await asyncio.create_subprocess_exec(
        node,
        str(STRATEGY_JS),
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
    )
    answer, _ = await run.communicate(json.dumps(told).encode())
    assert run.returncode == 0
    result: Json = json.loads(answer)
    return result


def used(config: Json, kind: str) -> set[str]:
    """Name the kinds of cards or of features that a dashboard is made of."""
    found: set[Any] = set()
    for part in parts(config):
        if kind == "card":
            found.update(card["type"] for card in part.get("cards", ()))
        else:
            found.update(feature["type"] for feature in part.get("features", ()))
    return found - {"grid"}


def known(kind: str) -> set[str]:
    """Name the cards or features that the newest Home Assistant's pages have."""
    found: set[str] = set()
    for file in PAGES.glob("*.js"):
        found.update(re.findall(rf'"hui-([a-z-]+?)-{kind}"', file.read_text()))
    return found


def test_only_what_is_measured_is_counted() -> None:
    """A wallbox without a meter is not in the Energy dashboard."""
    energy = energy_preferences(Plant(HOUSE, (FULL, BARE)))
    assert [device["name"] for device in energy["device_consumption"]] == [
        "Carport",
        "Household",
    ]


@pytest.mark.end_to_end
@pytest.mark.skipif(shutil.which("node") is None, reason="there is no Node.js")
async def test_whole_in_a_real_home_assistant(
    tmp_path: Path, socket_enabled: None
) -> None:
    """All entities exist, all cards too, and the Energy dashboard is valid."""
    options = parse(["--port", "0"])
    async with demo(options, tmp_path) as (house, home, installed, _):
        key = grid_key(installed)
        await complete_dashboard(home, key)
        assert await energy_faults(home) == []
        saved = await home.ws("lovelace/config", url_path=URL_PATH)
        assert saved == STRATEGY

        plant = await find(home, key)
        assert [charger.title for charger in plant.chargers] == [
            "Carport",
            "Driveway",
            "Garage",
            "Parking",
        ]
        assert "power" in plant.chargers[0].entities
        prefs = await home.ws("energy/get_prefs")
        assert [source["type"] for source in prefs["energy_sources"]] == [
            "grid",
            "solar",
        ]
        assert len(prefs["device_consumption"]) == 3

        config = await made(home)
        assert [view["path"] for view in config["views"]] == [
            "overview",
            *(f"charger-{number}" for number in (1, 2, 3, 4)),
            "circuits",
            "sessions",
            "health",
        ]
        states = await home.states()
        assert plant.house["sun_power"] in named(config)
        assert named(config) <= states.keys()
        for charger in plant.chargers:
            assert charger.entities["priority"] in named(config)
        cards = used(config, "card")
        assert {one.removeprefix(OWN) for one in cards if one.startswith(OWN)} == {
            f"{name}-card"
            for name in ("charger", "site", "circuits", "sessions", "health")
        }
        assert {one for one in cards if not one.startswith(OWN)} <= known("card")
        features = used(config, "card-feature")
        assert len(features) > 2
        assert features <= known("card-feature")

        fast = {"entity_id": plant.chargers[2].entities["charge_mode"]}
        await home.call("select", "select_option", {**fast, "option": "fast"})

        async def balanced() -> bool:
            state = await home.state("sensor.house_charging_power")
            assert state is not None
            wrong = abs(float(state["state"]) - house.car_w)
            return house.car_w > 1000 and wrong < 0.05 * house.car_w

        await wait_until("the site shows the cars' power", balanced, 90)
