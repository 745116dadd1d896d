"""A wallbox of another integration: any entities of Home Assistant, in a real one."""

import asyncio
from collections.abc import Callable
from typing import Any

from homeassistant.config_entries import SOURCE_USER, ConfigEntry, ConfigSubentryData
from homeassistant.core import HomeAssistant, ServiceCall
from homeassistant.data_entry_flow import FlowResultType
from homeassistant.exceptions import HomeAssistantError, ServiceValidationError
from homeassistant.setup import async_setup_component
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry

from custom_components.meters_and_chargers import entity_charger
from custom_components.meters_and_chargers.const import DOMAIN
from custom_components.meters_and_chargers.controller import SiteController
from custom_components.meters_and_chargers.engine.charging import Mode, Reason
from custom_components.meters_and_chargers.entity_charger import EntityCharger

from .test_site import ALL

CURRENT, PAUSE = "input_number.current", "input_boolean.allowed"
PHASES, CABLE = "input_select.phases", "input_boolean.cable"
NUMBERS = {
    "current": {"min": 6, "max": 20, "step": 1, "initial": 16},
    "from_zero": {"min": 0, "max": 32000, "step": 100, "unit_of_measurement": "mA"},
    "coarse": {"min": 0, "max": 10, "step": 16},
}
SELECTS = {
    "phases": {"options": ["1 phase", "3 phases"]},
    "amps": {"options": ["0 A", "6 A", "10 A", "16 A"]},
    "words": {"options": ["eco", "fast"]},
    "backup": {"options": ["6 A", "8 A"]},
}
BOUNDS = {"minimum_current": 6, "maximum_current": 16, "step": 1}


@pytest.fixture(autouse=True)
async def wallbox(hass: HomeAssistant) -> None:
    """Let Home Assistant have helpers that stand for a foreign wallbox."""
    assert await async_setup_component(hass, "input_number", {"input_number": NUMBERS})
    assert await async_setup_component(hass, "input_select", {"input_select": SELECTS})
    switches: dict[str, Any] = {"allowed": {}, "cable": {}, "three": {}}
    assert await async_setup_component(
        hass, "input_boolean", {"input_boolean": switches}
    )


def charger(hass: HomeAssistant, **data: Any) -> EntityCharger:
    """Return a charger made of entities."""
    given = {"charger": "entities_x", "current_entity": CURRENT, **BOUNDS, **data}
    return EntityCharger(hass, "Carport", given)


def value(hass: HomeAssistant, entity_id: str) -> str:
    """Return an entity's state."""
    state = hass.states.get(entity_id)
    assert state is not None
    return state.state


async def turn(hass: HomeAssistant, entity_id: str, *, on: bool) -> None:
    """Turn a helper on or off."""
    action = "turn_on" if on else "turn_off"
    await hass.services.async_call(
        "input_boolean", action, {"entity_id": entity_id}, blocking=True
    )


async def test_current_is_set_and_read_back(hass: HomeAssistant) -> None:
    """The switch pauses; the current is set before it lets the car charge."""
    found = charger(hass, switch_entity=PAUSE)
    assert found.online
    assert found.limit_ma == 0
    await found.async_set_limit(10_000)
    assert value(hass, CURRENT) == "10.0"
    assert value(hass, PAUSE) == "on"
    assert found.limit_ma == 10_000
    await found.async_set_limit(0)
    assert value(hass, PAUSE) == "off"
    assert value(hass, CURRENT) == "10.0"
    assert found.limit_ma == 0
    assert found.plugged is None
    assert found.blocked is None
    assert found.phases is None
    assert not found.switches_phases
    assert found.write_interval_ms == 15_000


async def test_milliamperes_and_options(hass: HomeAssistant) -> None:
    """A unit is heeded; of options the largest that is allowed is taken."""
    milli = charger(hass, current_entity="input_number.from_zero")
    await milli.async_set_limit(7_000)
    assert value(hass, "input_number.from_zero") == "7000.0"
    assert milli.limit_ma == 7_000
    await milli.async_set_limit(0)
    assert milli.limit_ma == 0
    amps = charger(hass, current_entity="input_select.amps")
    await amps.async_set_limit(15_000)
    assert value(hass, "input_select.amps") == "10 A"
    # What was asked for is obeyed, as well as the entity can.
    assert amps.limit_ma == 15_000
    await amps.async_set_limit(0)
    assert amps.limit_ma == 0


async def test_same_again_is_not_written(hass: HomeAssistant) -> None:
    """A memory that wears out is spared."""
    calls: list[ServiceCall] = []
    found = charger(hass, switch_entity=PAUSE)
    await found.async_set_limit(10_000)
    hass.bus.async_listen("call_service", lambda event: calls.append(event.data))
    await found.async_set_limit(10_000)
    await hass.async_block_till_done()
    assert not calls


@pytest.mark.parametrize("entity", [PHASES, "input_boolean.three"])
async def test_phases_are_switched(hass: HomeAssistant, entity: str) -> None:
    """A select with options for 1 and 3, or a switch that is on for three."""
    found = charger(hass, phases_entity=entity)
    assert found.switches_phases
    assert found.phases == 1
    await found.async_set_limit(6_000, phases=3)
    assert found.phases == 3
    await found.async_set_limit(6_000)
    assert found.phases == 3
    await found.async_set_limit(6_000, phases=1)
    assert found.phases == 1


async def test_cable_and_status_are_heeded(hass: HomeAssistant) -> None:
    """A cable's own entity goes first; a word nobody knows says nothing."""
    found = charger(hass, status_entity="sensor.status")
    assert found.plugged is None
    for word, plugged, blocked in (
        ("Charging", True, None),
        ("not connected", False, None),
        ("Faulted", None, Reason.FAULT),
        ("thinking", None, None),
        ("unavailable", None, None),
    ):
        hass.states.async_set("sensor.status", word)
        assert (found.plugged, found.blocked) == (plugged, blocked)
    both = charger(hass, plugged_entity=CABLE, status_entity="sensor.status")
    hass.states.async_set("sensor.status", "charging")
    assert both.plugged is False
    await turn(hass, CABLE, on=True)
    assert both.plugged is True


async def test_unavailable_entity_is_an_absent_wallbox(hass: HomeAssistant) -> None:
    """Neither a limit is known nor one taken for granted."""
    found = charger(hass, switch_entity=PAUSE, phases_entity="select.gone")
    hass.states.async_set(PAUSE, "unavailable")
    assert not found.online
    assert found.limit_ma is None
    assert found.phases is None
    with pytest.raises(HomeAssistantError) as refused:
        await found.async_set_limit(6_000, phases=3)
    assert refused.value.translation_key == "entity_refused"


async def test_refusals_are_told_in_words(hass: HomeAssistant) -> None:
    """Out of bounds, or refused by the entity: the owner reads which and why."""
    found = charger(hass, maximum_current=32)
    with pytest.raises(ServiceValidationError) as outside:
        await found.async_set_limit(40_000)
    assert outside.value.translation_key == "current_out_of_range"
    with pytest.raises(HomeAssistantError) as refused:
        await found.async_set_limit(32_000)
    assert refused.value.translation_placeholders is not None
    assert refused.value.translation_placeholders["name"] == "Carport"
    assert refused.value.translation_placeholders["entity"] == "current"
    amps = charger(hass, current_entity="input_select.backup", minimum_current=4)
    with pytest.raises(ServiceValidationError):
        await amps.async_set_limit(4_000)


async def test_action_that_hangs_is_given_up(
    hass: HomeAssistant, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The next limit does not wait for an integration that never answers."""
    monkeypatch.setattr(entity_charger, "_PATIENCE_S", 0.05)

    async def hang(_call: ServiceCall) -> None:
        await asyncio.Event().wait()

    hass.services.async_register("number", "set_value", hang)
    hass.states.async_set("number.slow", "16")
    found = charger(hass, current_entity="number.slow")
    with pytest.raises(HomeAssistantError) as refused:
        await found.async_set_limit(10_000)
    assert refused.value.translation_key == "entity_refused"


async def add(hass: HomeAssistant, *steps: dict[str, Any]) -> Any:
    """Add a wallbox to a site by its flow; returns the last result."""
    entry = MockConfigEntry(
        domain=DOMAIN,
        title="House",
        unique_id=f"site_{len(hass.config_entries.async_entries(DOMAIN))}",
        data={"family": "site", "fuse_current": 25, "grid_power": "sensor.grid"},
    )
    entry.add_to_hass(hass)
    await hass.config_entries.async_setup(entry.entry_id)
    subentries = hass.config_entries.subentries
    result = await subentries.async_init(
        (entry.entry_id, "charger"), context={"source": SOURCE_USER}
    )
    for step in steps:
        result = await subentries.async_configure(result["flow_id"], step)
    await hass.async_block_till_done()
    return result


FIRST = {"charger": "entities", "charger_phases": ALL, "mode": "off"}
ENTITIES = {"name": "Carport", "current_entity": CURRENT, "switch_entity": PAUSE}


async def test_wallbox_of_entities_is_added_by_the_flow(hass: HomeAssistant) -> None:
    """The bounds begin with what the entity says; no entity is used twice."""
    form = await add(hass, FIRST, ENTITIES)
    assert form["step_id"] == "bounds"
    times = {"write_interval": 15, "settle": 15}
    proposed = {"minimum_current": 6, "maximum_current": 20, "step": 1, **times}
    assert form["data_schema"]({}) == proposed
    wrong = proposed | {"minimum_current": 16, "maximum_current": 10}
    subentries = hass.config_entries.subentries
    form = await subentries.async_configure(form["flow_id"], wrong)
    assert form["errors"] == {"minimum_current": "minimum_above_maximum"}
    done = await subentries.async_configure(form["flow_id"], proposed)
    assert done["type"] is FlowResultType.CREATE_ENTRY
    assert done["title"] == "Carport"
    assert done["data"]["charger"] == f"entities_{CURRENT}"
    await hass.async_block_till_done()
    again = await add(hass, FIRST, ENTITIES)
    assert again["errors"] == {"current_entity": "entity_taken"}


@pytest.mark.parametrize(
    ("change", "errors"),
    [
        ({"current_entity": "number.gone"}, {"current_entity": "no_entity"}),
        (
            {"current_entity": "input_select.words"},
            {"current_entity": "no_currents"},
        ),
        # Its first step is beyond its end.
        ({"current_entity": "input_number.coarse"}, {"current_entity": "no_currents"}),
        ({"switch_entity": None}, {"switch_entity": "no_pause"}),
        (
            {"phases_entity": "input_select.words"},
            {"phases_entity": "no_one_and_three"},
        ),
        ({"phases_entity": PHASES}, None),
        ({"phases_entity": "input_boolean.three"}, None),
        ({"switch_entity": None, "current_entity": "input_number.from_zero"}, None),
        ({"switch_entity": None, "current_entity": "input_select.amps"}, None),
        (
            {"switch_entity": None, "current_entity": "input_select.backup"},
            {"switch_entity": "no_pause"},
        ),
    ],
)
async def test_entities_must_fit(
    hass: HomeAssistant, change: dict[str, Any], errors: dict[str, str] | None
) -> None:
    """What can't pause, or has no currents, is refused with a way out."""
    typed = {key: one for key, one in (ENTITIES | change).items() if one is not None}
    form = await add(hass, FIRST, typed)
    assert (form["errors"] or None) == errors
    assert form["step_id"] == ("entities" if errors else "bounds")


async def test_entity_that_is_gone_meanwhile_is_asked_for_again(
    hass: HomeAssistant,
) -> None:
    """Its bounds are unknown then: the owner chooses another, and goes on with that."""
    form = await add(hass, FIRST, ENTITIES)
    subentries = hass.config_entries.subentries
    hass.states.async_remove(CURRENT)
    wrong = form["data_schema"]({}) | {"minimum_current": 16, "maximum_current": 10}
    form = await subentries.async_configure(form["flow_id"], wrong)
    assert form["step_id"] == "entities"
    form = await subentries.async_configure(form["flow_id"], ENTITIES)
    assert form["errors"] == {"current_entity": "no_entity"}
    other = ENTITIES | {"current_entity": "input_number.from_zero"}
    form = await subentries.async_configure(form["flow_id"], other)
    assert form["step_id"] == "bounds"
    assert form["data_schema"]({})["maximum_current"] == 32


@pytest.mark.parametrize(
    ("typed", "errors"),
    [
        ({"charger_phases": []}, {"charger_phases": "no_phase"}),
        (
            {"more": {"charger_currents": ["sensor.a", "sensor.b"]}},
            {"base": "one_or_three_currents"},
        ),
        ({"more": {"capacity": 60}}, {"base": "level_and_capacity"}),
    ],
)
async def test_wiring_must_fit(
    hass: HomeAssistant, typed: dict[str, Any], errors: dict[str, str]
) -> None:
    """Phases, currents and the car are checked for every wallbox."""
    assert (await add(hass, FIRST | typed))["errors"] == errors


async def set_up(hass: HomeAssistant, **data: Any) -> ConfigEntry[SiteController]:
    """Set up a site with one wallbox made of entities."""
    given = {
        "charger": "entities_x",
        "charger_phases": ALL,
        "mode": "fast",
        "current_entity": CURRENT,
        "switch_entity": PAUSE,
        **BOUNDS,
        "settle": 1,
        **data,
    }
    entry = MockConfigEntry(
        domain=DOMAIN,
        title="House",
        data={"family": "site", "fuse_current": 25, "grid_power": "sensor.grid"},
        subentries_data=[
            ConfigSubentryData(
                data=given, subentry_type="charger", title="Carport", unique_id="x"
            )
        ],
    )
    entry.add_to_hass(hass)
    await hass.config_entries.async_setup(entry.entry_id)
    await hass.async_block_till_done()
    return entry


async def reports(hass: HomeAssistant, until: Callable[[], bool]) -> bool:
    """Let the grid sensor report until something is so, for some seconds at most."""
    for _ in range(180):
        if until():
            return True
        hass.states.async_set(
            "sensor.grid", "300", {"unit_of_measurement": "W"}, force_update=True
        )
        await hass.async_block_till_done(wait_background_tasks=True)
        await asyncio.sleep(0.2)
    return False


async def test_site_steers_a_foreign_wallbox(hass: HomeAssistant) -> None:
    """Fast charges it, off pauses it; its entities are all that is known of it."""
    entry = await set_up(hass)
    site = entry.runtime_data
    assert await reports(hass, lambda: value(hass, PAUSE) == "on")
    (carport,) = site.chargers
    assert carport.own_entity == CURRENT
    assert carport.settings.settle_ms == 1_000
    assert carport.settings.maximum_ma == 16_000
    assert not carport.absent
    assert carport.writer.writes > 0
    await hass.services.async_call(
        "select",
        "select_option",
        {"entity_id": "select.carport_mode", "option": "off"},
        blocking=True,
    )
    assert await reports(hass, lambda: value(hass, PAUSE) == "off")
    hass.states.async_set(CURRENT, "unavailable")
    await hass.async_block_till_done()
    assert site.last_look is not None
    assert site.last_look.decision.reasons["entities_x"].reason is (
        Reason.CHARGER_OFFLINE
    )


async def test_session_begins_with_the_plug(hass: HomeAssistant) -> None:
    """A wallbox that knows the plug counts from there, whatever the mode does."""
    entry = await set_up(
        hass, mode="off", plugged_entity=CABLE, charger_meter="sensor.p"
    )
    (carport,) = entry.runtime_data.chargers
    carport.count(0)
    carport.counted_wh = 500.0
    carport.choose(Mode.FAST)
    assert carport.counted_wh == 500
    await turn(hass, CABLE, on=True)
    carport.count(1_000)
    assert carport.counted_wh == 0
    assert carport.plugged


async def test_entities_of_ours_are_not_offered(hass: HomeAssistant) -> None:
    """A site that set its own options, or a wallbox of ours twice, would never rest."""
    form = await add(hass, FIRST)
    refused = set(
        form["data_schema"].schema["current_entity"].config["exclude_entities"]
    )
    assert "number.house_safe_current" in refused
    assert not refused & set(ENTITIES.values())


async def test_wallbox_of_entities_is_changed_by_the_flow(hass: HomeAssistant) -> None:
    """Wiring, entities and bounds; what was chosen before stands in the forms."""
    entry = await set_up(hass, mode="off", priority=4)
    subentry_id = next(iter(entry.subentries))
    subentries = hass.config_entries.subentries
    form = await entry.start_subentry_reconfigure_flow(hass, subentry_id)  # type: ignore[attr-defined]  # the test's entry
    wiring = {"charger_phases": ["l2"], "more": {"rotation": "l2"}}
    form = await subentries.async_configure(form["flow_id"], wiring)
    assert form["step_id"] == "entities"
    form = await subentries.async_configure(
        form["flow_id"], ENTITIES | {"name": "Shed", "phases_entity": PHASES}
    )
    bounds = BOUNDS | {"maximum_current": 13, "write_interval": 60, "settle": 30}
    done = await subentries.async_configure(form["flow_id"], bounds)
    assert done["reason"] == "reconfigure_successful"
    await hass.async_block_till_done()
    (shed,) = entry.runtime_data.chargers
    assert shed.title == "Shed"
    assert shed.key == "entities_x"
    assert shed.priority == 4
    assert shed.settings.phases == (False, True, False)
    assert shed.settings.maximum_ma == 13_000
    assert shed.settings.write_interval_ms == 60_000
    # With one phase there is nothing to switch.
    assert not shed.settings.switches_phases
