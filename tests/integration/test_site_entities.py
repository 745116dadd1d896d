"""What a site adds to the page of a wallbox: reason, next change, bounds, target."""

import asyncio
from datetime import datetime, timedelta
from typing import Any

from homeassistant.components.number import SERVICE_SET_VALUE
from homeassistant.config_entries import ConfigEntry
from homeassistant.const import (
    ATTR_ENTITY_ID,
    STATE_UNAVAILABLE,
    STATE_UNKNOWN,
)
from homeassistant.core import Event, HomeAssistant, State, callback
from homeassistant.exceptions import ServiceValidationError
from homeassistant.helpers import device_registry as dr
from homeassistant.helpers import entity_registry as er
from homeassistant.helpers.event import (
    async_track_state_change_event,
    async_track_state_report_event,
)
from homeassistant.util import dt as dt_util
import pytest
from pytest_homeassistant_custom_component.common import (
    mock_restore_cache_with_extra_data,
)

from custom_components.meters_and_chargers.const import DOMAIN
from custom_components.meters_and_chargers.controller import SiteController
from custom_components.meters_and_chargers.engine.charging import Mode, Reason
from simulators.ksem import Ksem
from simulators.pico import Pico

from .conftest import SetUp
from .test_devices import poll, value
from .test_site import MODE, PICO, choose_mode, reason, set_up_site, written

REASON = "sensor.garage_reason"
NEXT = "sensor.garage_next_change"
MINIMUM = "number.garage_minimum_charging_current"
MAXIMUM = "number.garage_maximum_charging_current"
TARGET = "number.garage_target_energy"
ALWAYS = {MODE, REASON, NEXT, MINIMUM, MAXIMUM} | {
    "button.garage_boost",
    "event.garage_charging_activity",
    "number.garage_priority",
    "sensor.garage_allocated_current",
    "sensor.garage_limit_l1",
    "sensor.garage_limit_l2",
    "sensor.garage_limit_l3",
    "sensor.garage_phase_changes_today",
    "sensor.garage_session_solar_share",
    "sensor.garage_starts_today",
    "sensor.garage_state",
    "sensor.garage_wished_current",
    "sensor.garage_write_commands_today",
    "switch.garage_charging_allowed",
}
METERED = {"grid_meter": "ksem_72345678", "charger_meter": "sensor.wallbox"}


async def set_number(hass: HomeAssistant, entity_id: str, figure: float) -> None:
    """Set a number as the user does."""
    await hass.services.async_call(
        "number",
        SERVICE_SET_VALUE,
        {ATTR_ENTITY_ID: entity_id, "value": figure},
        blocking=True,
    )
    await hass.async_block_till_done(wait_background_tasks=True)


def of_site(registry: er.EntityRegistry, entry: ConfigEntry[Any]) -> set[str]:
    """Return the entities of a site's chargers."""
    found = er.async_entries_for_config_entry(registry, entry.entry_id)
    return {one.entity_id for one in found if one.config_subentry_id is not None}


async def wait_for(hass: HomeAssistant, ksem: Ksem, entity_id: str, text: str) -> None:
    """Poll until an entity shows something."""
    for _ in range(10):
        if value(hass, entity_id) == text:
            return
        await poll(hass)
    pytest.fail(f"{entity_id} is {value(hass, entity_id)}, not {text}")


async def test_all_stand_on_the_wallboxs_own_page(
    hass: HomeAssistant,
    set_up_ksem: SetUp,
    set_up_pico: SetUp,
    device_registry: dr.DeviceRegistry,
    entity_registry: er.EntityRegistry,
) -> None:
    """One device for all; a target only where energy is known."""
    await set_up_ksem()
    wallbox = await set_up_pico()
    entry = await set_up_site(hass)
    assert of_site(entity_registry, entry) == ALWAYS
    device = device_registry.async_get_device_by_identifier(
        (DOMAIN, PICO), wallbox.entry_id
    )
    assert device is not None
    for entity_id in ALWAYS:
        found = entity_registry.async_get(entity_id)
        assert found is not None
        assert found.device_id == device.id
        assert found.config_subentry_id in entry.subentries
    state = hass.states.get(REASON)
    assert state is not None
    assert state.attributes["options"] == [one.value for one in Reason]


async def test_connector_has_a_page_of_its_own(
    hass: HomeAssistant,
    set_up_pico: SetUp,
    device_registry: dr.DeviceRegistry,
    entity_registry: er.EntityRegistry,
) -> None:
    """The second connector's mode stands where its other entities stand."""
    wallbox = await set_up_pico()
    device = device_registry.async_get_device_by_identifier(
        (DOMAIN, PICO), wallbox.entry_id
    )
    assert device is not None
    second = device_registry.async_get_or_create_child(
        config_entry_id=wallbox.entry_id,
        identifiers={(DOMAIN, f"{PICO}_2")},
        name="Right",
        parent_device_id=device.id,
    )
    hass.states.async_set("sensor.grid", "0", {"unit_of_measurement": "W"})
    await set_up_site(hass, grid_power="sensor.grid", charger=f"{PICO}_2")
    mode = next(e for e in entity_registry.entities if e.startswith("select."))
    found = entity_registry.async_get(mode)
    assert found is not None
    assert found.device_id == second.id


async def test_reason_follows_the_decisions(
    hass: HomeAssistant, ksem: Ksem, pico: Pico, set_up_ksem: SetUp, set_up_pico: SetUp
) -> None:
    """Off, then at the minimum without sun, then what a full house leaves."""
    await set_up_ksem()
    await set_up_pico()
    entry = await set_up_site(hass)
    assert value(hass, REASON) == "off"
    await choose_mode(hass, "min_solar")
    assert value(hass, REASON) == "warm_up"
    assert await written(hass, pico, lambda ma: ma == 6000)
    assert value(hass, REASON) in ("starting", "solar_min")
    ksem.set_power(230 * 40, 0, 0)
    await wait_for(hass, ksem, REASON, reason(entry).value)
    await choose_mode(hass, "off")
    assert value(hass, REASON) == "off"


async def test_next_change_does_not_jitter(
    hass: HomeAssistant, ksem: Ksem, set_up_ksem: SetUp, set_up_pico: SetUp
) -> None:
    """Enough sun: the start is announced once; nothing is written while it nears."""
    ksem.set_power(-3000, -3000, -3000)
    await set_up_ksem()
    await set_up_pico()
    entry = await set_up_site(hass)
    await choose_mode(hass, "solar")
    await wait_for(hass, ksem, REASON, "start_delay")
    start = dt_util.parse_datetime(value(hass, NEXT))
    assert start is not None
    left = start - dt_util.utcnow()
    assert timedelta(seconds=40) < left < timedelta(seconds=62)
    written_states: list[str] = []

    @callback
    def note(event: Event[Any]) -> None:
        written_states.append(event.data["entity_id"])

    async_track_state_change_event(hass, ALWAYS, note)
    async_track_state_report_event(hass, ALWAYS, note)
    for _ in range(50):
        entry.runtime_data.look()
    await hass.async_block_till_done()
    assert not written_states
    await choose_mode(hass, "off")
    assert value(hass, NEXT) == STATE_UNKNOWN


async def test_bounds_are_obeyed_at_once(
    hass: HomeAssistant, ksem: Ksem, pico: Pico, set_up_ksem: SetUp, set_up_pico: SetUp
) -> None:
    """A smaller maximum lowers the charger, a larger minimum raises it."""
    hass.states.async_set("sensor.wallbox", "6900", {"unit_of_measurement": "W"})
    await set_up_ksem()
    await set_up_pico()
    entry = await set_up_site(hass, **METERED)
    assert (value(hass, MINIMUM), value(hass, MAXIMUM)) == ("6.0", "16.0")
    await choose_mode(hass, "fast")
    assert await written(hass, pico, lambda ma: ma == 16_000)
    await asyncio.sleep(2)
    await set_number(hass, MAXIMUM, 10)
    assert pico.dynamic_ma == 10_000
    settings = entry.runtime_data.chargers[0].settings
    assert (settings.maximum_ma, settings.rating_ma) == (10_000, 16_000)
    ksem.set_power(3000, 2300, 2300)
    await choose_mode(hass, "min_solar")
    assert await written(hass, pico, lambda ma: ma == 6_000)
    await set_number(hass, MINIMUM, 8)
    assert await written(hass, pico, lambda ma: ma == 8_000)
    await choose_mode(hass, "off")


async def test_minimum_is_never_above_the_maximum(
    hass: HomeAssistant, set_up_ksem: SetUp, set_up_pico: SetUp
) -> None:
    """Each bounds the other, and the wallbox bounds both."""
    await set_up_ksem()
    await set_up_pico()
    entry = await set_up_site(hass)
    await set_number(hass, MINIMUM, 8)
    await set_number(hass, MAXIMUM, 10)
    for entity_id, wrong in ((MINIMUM, 11), (MAXIMUM, 7), (MAXIMUM, 17), (MINIMUM, 5)):
        with pytest.raises(ServiceValidationError):
            await set_number(hass, entity_id, wrong)
    assert (value(hass, MINIMUM), value(hass, MAXIMUM)) == ("8.0", "10.0")
    await set_number(hass, MAXIMUM, 16)
    await set_number(hass, MINIMUM, 6)
    charger = entry.runtime_data.chargers[0]
    assert (charger.minimum_ma, charger.maximum_ma) == (None, None)


async def test_choices_go_on_after_a_restart(
    hass: HomeAssistant, set_up_ksem: SetUp, set_up_pico: SetUp
) -> None:
    """Bounds, target, and what the session had already got."""
    kept = {
        MINIMUM: {"chosen_ma": None},
        MAXIMUM: {"chosen_ma": 13_000},
        TARGET: {"target_wh": 12_000, "counted_wh": 3_400.5},
    }
    mock_restore_cache_with_extra_data(
        hass, [(State(entity_id, "1"), extra) for entity_id, extra in kept.items()]
    )
    hass.states.async_set("sensor.wallbox", "0", {"unit_of_measurement": "W"})
    await set_up_ksem()
    await set_up_pico()
    entry = await set_up_site(hass, **METERED)
    assert value(hass, MINIMUM) == "6.0"
    assert value(hass, MAXIMUM) == "13.0"
    assert value(hass, TARGET) == "12.0"
    assert entry.runtime_data.chargers[0].state.session_wh == 3_400
    await hass.config_entries.async_reload(entry.entry_id)
    await hass.async_block_till_done()
    assert value(hass, MAXIMUM) == "13.0"
    assert entry.runtime_data.chargers[0].state.session_wh == 3_400


async def test_target_ends_what_the_wallboxs_meter_counts(
    hass: HomeAssistant, pico: Pico, set_up_ksem: SetUp, set_up_pico: SetUp
) -> None:
    """A session begins when off ends; the target stops it, a higher one goes on."""
    hass.states.async_set("sensor.wallbox", "7.2", {"unit_of_measurement": "kW"})
    await set_up_ksem()
    await set_up_pico()
    entry = await set_up_site(hass, **METERED)
    charger = entry.runtime_data.chargers[0]
    assert value(hass, TARGET) == "0.0"
    await set_number(hass, TARGET, 1)
    await choose_mode(hass, "fast")
    assert await written(hass, pico, lambda ma: ma >= 6000)

    def looked() -> tuple[float, float]:
        """Look; return at which second, and what is counted by then."""
        entry.runtime_data.look()
        look = entry.runtime_data.last_look
        assert look is not None
        return look.now_ms / 1000, charger.counted_wh

    begun_s, begun_wh = looked()
    await asyncio.sleep(1)
    ended_s, ended_wh = looked()
    assert ended_wh - begun_wh == pytest.approx(2 * (ended_s - begun_s), rel=0.01)
    charger.counted_wh += 1_000
    assert await written(hass, pico, lambda ma: ma == 0)
    assert value(hass, REASON) == "target"
    await set_number(hass, TARGET, 10)
    assert value(hass, REASON) != "target"
    await set_number(hass, TARGET, 1)
    assert value(hass, REASON) == "target"
    await choose_mode(hass, "off")
    await choose_mode(hass, "fast")
    assert charger.counted_wh < 100
    assert value(hass, REASON) != "target"
    await set_number(hass, TARGET, 0)
    assert charger.target_wh is None
    assert charger.state.session_wh is not None
    await choose_mode(hass, "off")


async def test_target_goes_with_the_meter(
    hass: HomeAssistant,
    set_up_ksem: SetUp,
    set_up_pico: SetUp,
    entity_registry: er.EntityRegistry,
) -> None:
    """Without the wallbox's meter no target is offered, and none is left over."""
    await set_up_ksem()
    await set_up_pico()
    entry = await set_up_site(hass, **METERED)
    assert of_site(entity_registry, entry) == ALWAYS | {TARGET}
    subentry = next(iter(entry.subentries.values()))
    data = {key: had for key, had in subentry.data.items() if key != "charger_meter"}
    hass.config_entries.async_update_subentry(entry, subentry, data=data)
    await hass.async_block_till_done()
    assert of_site(entity_registry, entry) == ALWAYS


async def test_wallbox_that_goes_leaves_its_choices(
    hass: HomeAssistant, set_up_ksem: SetUp, set_up_pico: SetUp
) -> None:
    """Its own entities are gone; the site's stay, and say why nothing happens."""
    await set_up_ksem()
    wallbox = await set_up_pico()
    entry = await set_up_site(hass)
    await choose_mode(hass, "solar")
    assert await hass.config_entries.async_unload(wallbox.entry_id)
    await hass.async_block_till_done()
    assert value(hass, "number.garage_charging_current") == STATE_UNAVAILABLE
    assert value(hass, REASON) == "charger_offline"
    told = hass.states.get(REASON)
    assert told is not None
    away = dt_util.utcnow() - datetime.fromisoformat(told.attributes["since"])
    assert timedelta() <= away < timedelta(minutes=5)
    assert value(hass, MODE) == "solar"
    assert value(hass, MAXIMUM) == "16.0"
    await choose_mode(hass, "fast")
    assert entry.runtime_data.chargers[0].mode is Mode.FAST
    await hass.config_entries.async_setup(wallbox.entry_id)
    await hass.async_block_till_done()
    assert value(hass, REASON) != "charger_offline"


async def test_site_starts_without_its_wallbox(
    hass: HomeAssistant,
    set_up_ksem: SetUp,
    set_up_pico: SetUp,
    entity_registry: er.EntityRegistry,
) -> None:
    """All is there; its bounds are unknown until it comes."""
    await set_up_ksem()
    entry = await set_up_site(hass)
    assert of_site(entity_registry, entry) == ALWAYS
    assert value(hass, REASON) == "charger_offline"
    assert value(hass, MAXIMUM) == STATE_UNKNOWN
    assert value(hass, MINIMUM) == STATE_UNKNOWN
    await set_up_pico()
    assert value(hass, MAXIMUM) == "16.0"
    assert value(hass, REASON) == "off"


async def test_target_waits_for_an_absent_wallbox(
    hass: HomeAssistant,
    set_up_ksem: SetUp,
    entity_registry: er.EntityRegistry,
) -> None:
    """A target offered before is offered again before the wallbox is there."""
    await set_up_ksem()
    entry = await set_up_site(hass)
    subentry_id = next(iter(entry.subentries))
    entity_registry.async_get_or_create(
        "number", DOMAIN, f"{subentry_id}_target_energy", config_entry=entry,
        config_subentry_id=subentry_id, suggested_object_id="garage_target_energy",
    )  # fmt: skip
    await hass.config_entries.async_reload(entry.entry_id)
    await hass.async_block_till_done()
    assert value(hass, TARGET) == "0.0"


async def test_renamed_wallbox_keeps_its_entities(
    hass: HomeAssistant,
    set_up_ksem: SetUp,
    set_up_pico: SetUp,
    device_registry: dr.DeviceRegistry,
    entity_registry: er.EntityRegistry,
) -> None:
    """Entities follow the device's name, the site follows its identity."""
    await set_up_ksem()
    wallbox = await set_up_pico()
    entry = await set_up_site(hass)
    device = device_registry.async_get_device_by_identifier(
        (DOMAIN, PICO), wallbox.entry_id
    )
    assert device is not None
    device_registry.async_update_device(device.id, name_by_user="Carport")
    hass.config_entries.async_update_entry(wallbox, title="Barn")
    for one in (wallbox, entry):
        await hass.config_entries.async_reload(one.entry_id)
        await hass.async_block_till_done()
    assert of_site(entity_registry, entry) == ALWAYS
    state = hass.states.get(MODE)
    assert state is not None
    assert state.name == "Carport Mode"
    assert value(hass, REASON) == "off"


async def test_removed_wallbox_takes_its_entities_along(
    hass: HomeAssistant,
    set_up_ksem: SetUp,
    set_up_pico: SetUp,
    entity_registry: er.EntityRegistry,
) -> None:
    """A charger removed from the site leaves nothing of it, and stays a wallbox."""
    await set_up_ksem()
    await set_up_pico()
    entry: ConfigEntry[SiteController] = await set_up_site(hass)
    subentry_id = next(iter(entry.subentries))
    hass.config_entries.async_remove_subentry(entry, subentry_id)
    await hass.async_block_till_done()
    assert of_site(entity_registry, entry) == set()
    assert all(hass.states.get(entity_id) is None for entity_id in ALWAYS)
    assert value(hass, "number.garage_charging_current") != STATE_UNAVAILABLE
    assert entry.runtime_data.chargers == ()
