"""Triggers and conditions in automations, on the entities of a real site."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

from homeassistant.config_entries import ConfigEntry
from homeassistant.core import HomeAssistant, ServiceCall
from homeassistant.helpers import condition, trigger
from homeassistant.helpers import device_registry as dr
from homeassistant.setup import async_setup_component
import pytest
from pytest_homeassistant_custom_component.common import async_mock_service

from custom_components.meters_and_chargers.const import DOMAIN
from custom_components.meters_and_chargers.controller import SiteController
from custom_components.meters_and_chargers.coordinator import DeviceCoordinator
from custom_components.meters_and_chargers.engine.charging import (
    ChargerView,
    Explanation,
    Freshness,
    Reason,
)
from custom_components.meters_and_chargers.trigger import of_ours

from .conftest import SetUp
from .test_devices import value
from .test_site import PICO
from .test_site_surface import set_up_house, show

ACTIVITY = "event.garage_charging_activity"


@pytest.fixture
async def house(
    hass: HomeAssistant,
    set_up_ksem: SetUp,
    set_up_pico: SetUp,
    monkeypatch: pytest.MonkeyPatch,
) -> ConfigEntry[SiteController]:
    """Return a site that shows what a test tells it, and nothing by itself."""
    monkeypatch.setattr(DeviceCoordinator, "plugged", property(lambda _: False))
    await set_up_ksem()
    await set_up_pico()
    found = await set_up_house(hass)
    monkeypatch.setattr(SiteController, "_watchdog", lambda *_: None)
    for meter in hass.config_entries.async_entries(DOMAIN):
        if isinstance(meter.runtime_data, DeviceCoordinator):
            meter.runtime_data.update_interval = None
    await hass.async_block_till_done()
    return found


def draws(
    site: SiteController, current_ma: int, reason: Reason, *, later_ms: int = 0
) -> None:
    """Let the car draw a current for a reason, at a later time."""
    look = site.last_look
    assert look is not None
    (state,) = look.state.chargers
    state = replace(
        state,
        online=True,
        measured_ma=(current_ma, current_ma, current_ma),
        measured_at_ms=look.now_ms,
    )
    site.last_look = replace(
        look,
        now_ms=look.now_ms + later_ms,
        state=replace(look.state, chargers=(state,)),
    )
    show(site, Explanation(reason), ChargerView())


async def automate(
    hass: HomeAssistant, kind: str, target: dict[str, Any], **options: Any
) -> list[ServiceCall]:
    """Set up an automation with a trigger of ours; returns what it has called."""
    calls = async_mock_service(hass, "test", "automation")
    config = {
        "trigger": {
            "platform": f"{DOMAIN}.{kind}",
            "target": target,
            "options": options,
        },
        "action": {
            "service": "test.automation",
            "data_template": {
                "reason": "{{ trigger.to_state.attributes.reason | default('') }}"
            },
        },
    }
    assert await async_setup_component(hass, "automation", {"automation": config})
    await hass.async_block_till_done()
    return calls


def device_of(hass: HomeAssistant, key: str) -> dict[str, Any]:
    """Name a device as the target."""
    devices = dr.async_get(hass)
    for entry in hass.config_entries.async_entries(DOMAIN):
        found = devices.async_get_device_by_identifier((DOMAIN, key), entry.entry_id)
        if found is not None:
            return {"device_id": found.id}
    pytest.fail(key)


@pytest.mark.parametrize("by_device", [False, True])
async def test_charging_started_and_finished_with_its_reason(
    hass: HomeAssistant, house: ConfigEntry[SiteController], *, by_device: bool
) -> None:
    """A short pause of the car is no end; the reason says why it ended."""
    site = house.runtime_data
    target = device_of(hass, PICO) if by_device else {"entity_id": ACTIVITY}
    draws(site, 0, Reason.STARTING, later_ms=200_000)
    calls = await automate(hass, "charging_finished", target)
    draws(site, 6_000, Reason.SOLAR)
    state = hass.states.get(ACTIVITY)
    assert state is not None
    assert state.attributes["event_type"] == "charging_started"
    draws(site, 0, Reason.SOLAR, later_ms=100_000)
    draws(site, 6_000, Reason.SOLAR)
    draws(site, 0, Reason.SOLAR, later_ms=100_000)
    await hass.async_block_till_done()
    assert not calls
    draws(site, 0, Reason.FINISHED, later_ms=30_000)
    await hass.async_block_till_done()
    assert [call.data["reason"] for call in calls] == ["finished"]
    draws(site, 0, Reason.FINISHED, later_ms=300_000)
    await hass.async_block_till_done()
    assert len(calls) == 1


async def test_charging_that_goes_on_over_a_restart_is_not_told_again(
    hass: HomeAssistant, house: ConfigEntry[SiteController]
) -> None:
    """A car that charged before, and whose measurement comes late, goes on."""
    draws(house.runtime_data, 0, Reason.STARTING, later_ms=200_000)
    draws(house.runtime_data, 0, Reason.STARTING, later_ms=200_000)
    draws(house.runtime_data, 6_000, Reason.SOLAR)
    state = hass.states.get(ACTIVITY)
    assert state is not None
    await hass.config_entries.async_reload(house.entry_id)
    await hass.async_block_till_done()
    site = house.runtime_data
    draws(site, 0, Reason.WARM_UP, later_ms=10_000)
    draws(site, 6_000, Reason.SOLAR, later_ms=200_000)
    again = hass.states.get(ACTIVITY)
    assert again is not None
    assert again.state == state.state
    draws(site, 0, Reason.NO_SURPLUS)
    draws(site, 6_000, Reason.SOLAR)
    begun = hass.states.get(ACTIVITY)
    assert begun is not None
    assert begun.state != state.state
    assert begun.attributes["event_type"] == "charging_started"


async def test_silent_car_stops_after_three_minutes(
    hass: HomeAssistant, house: ConfigEntry[SiteController]
) -> None:
    """Even if the reason says that it goes on."""
    site = house.runtime_data
    draws(site, 6_000, Reason.SOLAR)
    calls = await automate(hass, "charging_finished", {"entity_id": ACTIVITY})
    draws(site, 0, Reason.SOLAR)
    draws(site, 0, Reason.SOLAR, later_ms=179_000)
    await hass.async_block_till_done()
    assert not calls
    draws(site, 0, Reason.SOLAR, later_ms=1_000)
    await hass.async_block_till_done()
    assert len(calls) == 1


async def test_plan_at_risk_phases_and_a_car_that_takes_nothing(
    hass: HomeAssistant, house: ConfigEntry[SiteController]
) -> None:
    """Each is told once, when it comes up."""
    site = house.runtime_data
    calls = await automate(hass, "plan_at_risk", device_of(hass, PICO))
    told: list[str] = []
    for reason, view in (
        (Reason.PLAN, ChargerView(phases=3)),
        (Reason.PLAN_LATE, ChargerView(phases=3, plan_at_risk=True)),
        (Reason.FUSE, ChargerView(phases=3, plan_at_risk=True)),
        (Reason.PLAN_LATE, ChargerView(phases=1, plan_at_risk=True)),
        (Reason.CAR_NOT_TAKING, ChargerView(phases=1, plan_at_risk=True)),
    ):
        show(site, Explanation(reason), view)
        state = hass.states.get(ACTIVITY)
        assert state is not None
        told.append(state.attributes["event_type"])
    await hass.async_block_till_done()
    assert told[1:] == [
        "plan_at_risk",
        "plan_at_risk",
        "phases_switched",
        "vehicle_not_drawing",
    ]
    assert [call.data["reason"] for call in calls] == ["plan_late"]


async def test_overload_and_failsafe_of_the_house(
    hass: HomeAssistant, house: ConfigEntry[SiteController]
) -> None:
    """By the site's device; the circuit's other entities do not count."""
    site = house.runtime_data
    target = device_of(hass, house.entry_id)
    show(site, overloaded=False)
    config = [
        {
            "trigger": {"platform": f"{DOMAIN}.{kind}", "target": target},
            "action": {"service": "test.automation", "data": {"kind": kind}},
        }
        for kind in ("overload", "failsafe_started", "failsafe_ended")
    ]
    calls = async_mock_service(hass, "test", "automation")
    assert await async_setup_component(hass, "automation", {"automation": config})
    await hass.async_block_till_done()
    show(site, overloaded=True)
    for freshness in (
        Freshness.AGEING,
        Freshness.STALE,
        Freshness.LOST,
        Freshness.RECOVERING,
        Freshness.FRESH,
    ):
        show(site, overloaded=True, freshness=freshness)
    await hass.async_block_till_done()
    assert [call.data["kind"] for call in calls] == [
        "overload",
        "failsafe_started",
        "failsafe_ended",
    ]


async def test_car_plugged_in(
    hass: HomeAssistant,
    house: ConfigEntry[SiteController],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """By the wallbox's own word."""
    assert value(hass, "binary_sensor.garage_car_plugged_in") == "off"
    calls = await automate(hass, "vehicle_connected", device_of(hass, PICO))
    monkeypatch.setattr(DeviceCoordinator, "plugged", property(lambda _: True))
    show(house.runtime_data)
    await hass.async_block_till_done()
    assert len(calls) == 1


@pytest.mark.parametrize(
    ("kind", "holds"),
    [
        ("is_charging", lambda r: r in (Reason.SOLAR, Reason.FUSE, Reason.STOP_DELAY)),
        ("is_limited", lambda r: r in (Reason.FUSE, Reason.FUSE_PAUSE)),
        ("is_waiting", lambda r: r is Reason.NO_SURPLUS),
    ],
)
async def test_conditions_of_a_charger(
    hass: HomeAssistant,
    house: ConfigEntry[SiteController],
    kind: str,
    holds: Callable[[Reason], bool],
) -> None:
    """They hold for their stages, by the wallbox's device too."""
    config = {
        "condition": f"{DOMAIN}.{kind}",
        "target": device_of(hass, PICO),
        "options": {"behavior": "any"},
    }
    checked = await condition.async_validate_condition_config(hass, config)
    checker = await condition.async_from_config(hass, checked)
    for reason in (
        Reason.SOLAR,
        Reason.FUSE,
        Reason.FUSE_PAUSE,
        Reason.STOP_DELAY,
        Reason.NO_SURPLUS,
        Reason.OFF,
    ):
        show(house.runtime_data, Explanation(reason))
        assert bool(checker.async_check()) is holds(reason), reason


@pytest.mark.parametrize(
    "chosen", ["sensor.garage_reason", "sensor.garage_state", "sensor.house_meter_data"]
)
async def test_whatever_a_form_offers_stands_for_its_wallbox(
    hass: HomeAssistant, house: ConfigEntry[SiteController], chosen: str
) -> None:
    """Another sensor of the wallbox, and the house for all its wallboxes."""
    config = {
        "condition": f"{DOMAIN}.is_charging",
        "target": {"entity_id": chosen},
        "options": {"behavior": "any"},
    }
    checked = await condition.async_validate_condition_config(hass, config)
    checker = await condition.async_from_config(hass, checked)
    for reason in (Reason.SOLAR, Reason.OFF):
        show(house.runtime_data, Explanation(reason))
        assert bool(checker.async_check()) is (reason is Reason.SOLAR)


async def test_safe_mode_at_a_wallbox_is_that_of_its_house(
    hass: HomeAssistant, house: ConfigEntry[SiteController]
) -> None:
    """A form offers it for the wallbox, whose own sensors know no such state."""
    calls = await automate(hass, "failsafe_started", device_of(hass, PICO))
    show(house.runtime_data, freshness=Freshness.STALE)
    await hass.async_block_till_done()
    assert len(calls) == 1


async def test_entities_of_others_stand_for_nothing(
    hass: HomeAssistant, house: ConfigEntry[SiteController]
) -> None:
    """Neither one without a registry entry nor the meter's own, which is no site's."""
    hass.states.async_set("sensor.foreign", "charging")
    both = ["sensor.foreign", "sensor.meter_power"]
    found = of_ours(hass, {*both}, "charger_state")
    assert (house.runtime_data is not None, found) == (True, set())


async def test_all_are_described(
    hass: HomeAssistant, house: ConfigEntry[SiteController]
) -> None:
    """Home Assistant reads the descriptions of triggers, conditions and actions."""
    assert house.runtime_data
    triggers = await trigger.async_get_all_descriptions(hass)
    assert {key for key in triggers if key.startswith(DOMAIN)} == {
        f"{DOMAIN}.{kind}"
        for kind in (
            "charging_finished",
            "charging_started",
            "failsafe_ended",
            "failsafe_started",
            "overload",
            "plan_at_risk",
            "vehicle_connected",
        )
    }
    conditions = await condition.async_get_all_descriptions(hass)
    assert {key for key in conditions if key.startswith(DOMAIN)} == {
        f"{DOMAIN}.{kind}" for kind in ("is_charging", "is_limited", "is_waiting")
    }
