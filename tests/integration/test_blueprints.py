"""The blueprints, loaded and run by a real Home Assistant."""

from pathlib import Path
from typing import Any
from urllib.parse import quote

from homeassistant.components.automation.config import AUTOMATION_BLUEPRINT_SCHEMA
from homeassistant.components.blueprint import Blueprint
from homeassistant.config_entries import ConfigEntry
from homeassistant.core import HomeAssistant, ServiceCall
from homeassistant.setup import async_setup_component
from homeassistant.util.yaml import load_yaml_dict
import pytest
from pytest_homeassistant_custom_component.common import async_mock_service

from custom_components.meters_and_chargers.const import DOMAIN
from custom_components.meters_and_chargers.controller import SiteController
from custom_components.meters_and_chargers.engine.charging import (
    ChargerView,
    Explanation,
    Reason,
)

from .test_site_surface import show
from .test_triggers import ACTIVITY, house

__all__ = ["house"]

ROOT = Path(__file__).parents[2]
FOLDER = ROOT / "blueprints" / "automation" / DOMAIN
FILES = sorted(FOLDER.glob("*.yaml"))
TELL = [{"action": "test.told", "data": {"message": "{{ message | default(guest) }}"}}]
PLUG, MODE, CARDS = "binary_sensor.plug", "select.mode", "event.cards"
ENERGY = "number.target_energy"


async def use(hass: HomeAssistant, name: str, **inputs: Any) -> list[ServiceCall]:
    """Make an automation of a blueprint; returns what it tells."""
    config = {"use_blueprint": {"path": f"{DOMAIN}/{name}.yaml", "input": inputs}}
    folder = Path(hass.config.path("blueprints", "automation"))
    await hass.async_add_executor_job(lambda: folder.mkdir(parents=True))
    await hass.async_add_executor_job((folder / DOMAIN).symlink_to, FOLDER)
    calls = async_mock_service(hass, "test", "told")
    assert await async_setup_component(hass, "automation", {"automation": config})
    await hass.async_block_till_done()
    (state,) = hass.states.async_all("automation")
    assert state.state == "on"
    return calls


@pytest.fixture
def config_dir(hass: HomeAssistant, tmp_path: Path) -> None:
    """Have a configuration folder of its own."""
    hass.config.config_dir = str(tmp_path)


@pytest.fixture
def modes(hass: HomeAssistant, config_dir: None) -> list[ServiceCall]:
    """Return what is chosen; an entity then has the chosen state."""
    calls = async_mock_service(hass, "select", "select_option")

    def take(call: ServiceCall) -> None:
        for entity_id in call.data["entity_id"]:
            hass.states.async_set(entity_id, call.data["option"])
        calls.append(call)

    hass.services.async_register("select", "select_option", take)
    return calls


async def test_each_is_whole_and_can_be_imported() -> None:
    """A blueprint is valid, names its own place, and the docs have a link for it."""
    docs = (ROOT / "docs" / "automations.md").read_text(encoding="utf-8")
    assert FILES
    for file in FILES:
        found = Blueprint(load_yaml_dict(file), schema=AUTOMATION_BLUEPRINT_SCHEMA)
        url = found.metadata["source_url"]
        assert url.endswith(f"/blob/main/{file.relative_to(ROOT).as_posix()}")
        link = f"blueprint_import/?blueprint_url={quote(url, safe='')}"
        assert link in docs, file.name
        assert found.name in docs, file.name
        assert not found.validate()


async def test_plan_at_risk(
    hass: HomeAssistant, config_dir: None, house: ConfigEntry[SiteController]
) -> None:
    """It is told once, by the wallbox's name and in words."""
    calls = await use(
        hass, "plan_at_risk", wallboxes={"entity_id": ACTIVITY}, tell=TELL
    )
    show(house.runtime_data, Explanation(Reason.PLAN), ChargerView(phases=3))
    late = ChargerView(phases=3, plan_at_risk=True)
    show(house.runtime_data, Explanation(Reason.PLAN_LATE), late)
    await hass.async_block_till_done()
    (call,) = calls
    state = hass.states.get(ACTIVITY)
    assert state is not None
    assert call.data["message"] == f"Garage: {state.attributes['sentence']}"


async def test_overload(
    hass: HomeAssistant, config_dir: None, house: ConfigEntry[SiteController]
) -> None:
    """It is told with the fuse's name."""
    show(house.runtime_data, overloaded=False)
    calls = await use(
        hass,
        "overload",
        fuses={"entity_id": "binary_sensor.house_overload"},
        duration={"seconds": 0},
        tell=TELL,
    )
    show(house.runtime_data, overloaded=True)
    await hass.async_block_till_done()
    (call,) = calls
    assert call.data["message"].startswith("House: more current than")


async def test_cheap_price(hass: HomeAssistant, modes: list[ServiceCall]) -> None:
    """Cheap is fast, what is off stays off, and an unknown price changes nothing."""
    other = "select.other"
    hass.states.async_set(MODE, "solar")
    hass.states.async_set(other, "off")
    hass.states.async_set("sensor.price", "0.30")
    await use(hass, "cheap_price", price="sensor.price", limit=0.2, modes=[MODE, other])
    for price, mode in (
        ("0.19", "fast"),
        ("0.18", "fast"),
        ("unavailable", "fast"),
        ("0.2", "solar"),
        ("unknown", "solar"),
        ("-0.05", "fast"),
    ):
        hass.states.async_set("sensor.price", price)
        await hass.async_block_till_done()
        state = hass.states.get(MODE)
        assert state is not None
        assert (price, state.state) == (price, mode)
    assert len(modes) == 3
    assert all(call.data["entity_id"] == [MODE] for call in modes)


async def test_stop_at_a_charge_level(
    hass: HomeAssistant, modes: list[ServiceCall]
) -> None:
    """Off when full, as long as it is plugged in; by the sun for the next time."""
    level = "sensor.car_level"
    hass.states.async_set(MODE, "fast")
    hass.states.async_set(PLUG, "on")
    hass.states.async_set(level, "79")
    await use(
        hass, "stop_at_charge_level", charge_level=level, plugged=PLUG, charge_mode=MODE
    )
    for entity_id, value, mode in (
        (level, "79.9", "fast"),
        (level, "80", "off"),
        (level, "unavailable", "off"),
        (PLUG, "off", "solar"),
        # Another car, while this one is driven.
        (level, "81", "solar"),
        (level, "40", "solar"),
        (PLUG, "on", "solar"),
        (level, "90", "off"),
    ):
        hass.states.async_set(entity_id, value)
        await hass.async_block_till_done()
        state = hass.states.get(MODE)
        assert state is not None
        assert (entity_id, value, state.state) == (entity_id, value, mode)
    assert [call.data["option"] for call in modes] == ["off", "solar", "off"]


async def test_guest_card(hass: HomeAssistant, modes: list[ServiceCall]) -> None:
    """Only a guest's accepted card, never one that comes back after a lost line."""
    energies = async_mock_service(hass, "number", "set_value")
    hass.states.async_set(MODE, "solar")
    hass.states.async_set(PLUG, "on")
    hass.states.async_set(CARDS, "unknown")
    calls = await use(
        hass,
        "guest_card",
        cards=CARDS,
        labels=["Anna"],
        plugged=PLUG,
        charge_mode=MODE,
        target_energy=[ENERGY],
        energy=15,
        tell=TELL,
    )
    guest = {"event_type": "card_accepted", "label": "Anna"}
    for moment, attributes, mode in (
        ("1", {"event_type": "card_refused", "label": "Anna"}, "solar"),
        ("2", {"event_type": "card_accepted", "label": "Bert"}, "solar"),
        ("unavailable", {}, "solar"),
        ("0", guest, "solar"),
        ("3", guest, "fast"),
    ):
        hass.states.async_set(CARDS, moment, attributes)
        await hass.async_block_till_done()
        state = hass.states.get(MODE)
        assert state is not None
        assert (moment, state.state) == (moment, mode)
    hass.states.async_set(PLUG, "off")
    await hass.async_block_till_done()
    state = hass.states.get(MODE)
    assert state is not None
    assert state.state == "solar"
    assert [call.data["value"] for call in energies] == [15, 0]
    assert [call.data["message"] for call in calls] == ["Anna"]
