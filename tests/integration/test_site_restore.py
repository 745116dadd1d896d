"""What the owner of a site chose, and what was counted, goes on after a restart."""

from collections.abc import Awaitable, Callable
from datetime import timedelta
from typing import Any

from homeassistant.config_entries import ConfigEntry
from homeassistant.const import STATE_OFF, STATE_ON
from homeassistant.core import HomeAssistant, State
from homeassistant.util import dt as dt_util
import pytest
from pytest_homeassistant_custom_component.common import (
    mock_restore_cache_with_extra_data,
)

from custom_components.meters_and_chargers.controller import SiteController
from custom_components.meters_and_chargers.coordinator import DeviceCoordinator
from custom_components.meters_and_chargers.engine.charging import ChargerView, PhaseUse

from .conftest import SetUp
from .test_devices import value
from .test_site_surface import act, set_up_house, show

METERED = {
    "charger": {
        "charger_meter": "sensor.wallbox",
        "car_level": "sensor.car",
        "capacity": 50,
    },
    "price": "sensor.price",
}


type Start = Callable[[], Awaitable[ConfigEntry[SiteController]]]


@pytest.fixture
def start(
    hass: HomeAssistant,
    set_up_ksem: SetUp,
    set_up_pico: SetUp,
    monkeypatch: pytest.MonkeyPatch,
) -> Start:
    """Return what starts a site: its station has a meter and switches phases."""
    monkeypatch.setattr(DeviceCoordinator, "switches_phases", property(lambda _: True))
    hass.states.async_set("sensor.wallbox", "0", {"unit_of_measurement": "W"})
    hass.states.async_set("sensor.price", "0.30", {"unit_of_measurement": "CHF/kWh"})

    async def run() -> ConfigEntry[SiteController]:
        await set_up_ksem()
        await set_up_pico()
        return await set_up_house(hass, **METERED)

    return run


async def test_choices_go_on_after_a_restart(hass: HomeAssistant, start: Start) -> None:
    """Lock, rank, price, phases, the grid operator's limit, a plan, a boost."""
    now = dt_util.utcnow()
    ready_at, until = now + timedelta(hours=9), now + timedelta(minutes=12)
    plan = {"ready_at": ready_at.isoformat(), "energy_wh": 9_000, "soc_percent": None}
    kept: list[tuple[str, str, dict[str, Any]]] = [
        ("switch.garage_charging_allowed", STATE_OFF, {}),
        ("number.garage_priority", "7", {"priority": 7}),
        ("number.garage_cheap_price", "0.2", {"max_price": 0.2}),
        ("number.garage_minimum_charge_level", "20", {"minimum_percent": 20}),
        ("select.garage_phases", "3", {}),
        ("select.garage_mode", "solar", {"plan": plan}),
        (
            "button.garage_boost",
            now.isoformat(),
            {"until": until.isoformat(), "current_ma": 8_000},
        ),
        ("switch.house_grid_operator_limit_active", STATE_ON, {}),
        (
            "number.house_grid_operator_limit",
            "8400",
            {
                "native_value": 8400,
                "native_min_value": 0,
                "native_max_value": 100_000,
                "native_step": 10,
                "native_unit_of_measurement": "W",
            },
        ),
        ("sensor.house_overloads", "3", {"count": 3, "worst": 7.5}),
    ]
    mock_restore_cache_with_extra_data(
        hass, [(State(entity_id, state), extra) for entity_id, state, extra in kept]
    )
    house = await start()
    site, charger = house.runtime_data, house.runtime_data.chargers[0]
    assert charger.enabled is False
    assert charger.priority == 7
    assert charger.max_price == 0.2
    assert charger.minimum_percent == 20
    assert charger.phase_use is PhaseUse.THREE
    assert charger.plan is not None
    assert (charger.plan.ready_at, charger.plan.energy_wh) == (ready_at, 9_000)
    assert charger.boost_ma == 8_000
    assert charger.boost_until_ms is not None
    left_ms = charger.boost_until_ms - hass.loop.time() * 1000
    assert 11 * 60_000 < left_ms <= 12 * 60_000
    assert site.house.dim_w == 8_400
    assert value(hass, "sensor.house_overloads") == "3"
    show(site, overloads=2, worst_ma=9_000)
    state = hass.states.get("sensor.house_overloads")
    assert state is not None
    assert (state.state, state.attributes["worst"]) == ("5", 9.0)


@pytest.mark.parametrize(
    ("kept", "chosen_w"),
    [
        ({"chosen_w": 4_200}, 4_200),
        ({"chosen_w": None}, None),
        ({"native_value": 4_200}, None),
    ],
    ids=["chosen", "usual", "usual of an earlier version"],
)
async def test_usual_limit_of_the_grid_operator_is_no_choice(
    hass: HomeAssistant, start: Start, kept: dict[str, Any], chosen_w: int | None
) -> None:
    """It follows the number of wallboxes after a restart too."""
    last = State("number.house_grid_operator_limit", "4200")
    mock_restore_cache_with_extra_data(hass, [(last, kept)])
    house = await start()
    assert house.runtime_data.house.dim_chosen_w == chosen_w


async def test_plan_and_boost_that_are_over_are_forgotten(
    hass: HomeAssistant, start: Start
) -> None:
    """They ended while Home Assistant was down."""
    past = (dt_util.utcnow() - timedelta(minutes=1)).isoformat()
    plan = {"ready_at": past, "energy_wh": 9_000, "soc_percent": None}
    mock_restore_cache_with_extra_data(
        hass,
        [
            (State("select.garage_mode", "fast"), {"plan": plan}),
            (State("button.garage_boost", past), {"until": past, "current_ma": None}),
        ],
    )
    house = await start()
    charger = house.runtime_data.chargers[0]
    assert charger.plan is None
    assert charger.boost_until_ms is None


async def test_plan_that_repeats_goes_on_to_its_next_day(
    hass: HomeAssistant, start: Start
) -> None:
    """Its time came while Home Assistant was down."""
    past = dt_util.now() - timedelta(minutes=1)
    plan = {"ready_at": past.isoformat(), "energy_wh": 9_000, "soc_percent": None}
    kept = {"plan": {**plan, "weekdays": list(range(7))}}
    mock_restore_cache_with_extra_data(
        hass, [(State("select.garage_mode", "fast"), kept)]
    )
    house = await start()
    planned = house.runtime_data.chargers[0].plan
    assert planned is not None
    assert timedelta() < planned.ready_at - past <= timedelta(hours=25)
    assert planned.ready_at.time() == past.time()


async def test_all_that_is_kept_can_be_recalled(
    hass: HomeAssistant, start: Start
) -> None:
    """What is written at a stop is what the next start reads."""
    house = await start()
    charger = house.runtime_data.chargers[0]
    await act(hass, "button", "press", entity_id="button.garage_boost")
    await act(hass, "number", "set_value", entity_id="number.garage_priority", value=4)
    await hass.services.async_call(
        "meters_and_chargers",
        "set_plan",
        {
            "entity_id": "select.garage_mode",
            "time": "07:00",
            "energy": 20,
            "repeat": ["mon", "sat"],
        },
        blocking=True,
    )
    plan, until_ms = charger.plan, charger.boost_until_ms
    await hass.config_entries.async_reload(house.entry_id)
    await hass.async_block_till_done()
    again = house.runtime_data.chargers[0]
    assert again is not charger
    assert again.plan == plan
    assert again.priority == 4
    assert until_ms is not None
    assert again.boost_until_ms == pytest.approx(until_ms, abs=100)


@pytest.mark.parametrize("days_ago", [0, 1])
async def test_energy_and_sun_of_a_day_begin_anew(
    hass: HomeAssistant,
    start: Start,
    monkeypatch: pytest.MonkeyPatch,
    days_ago: int,
) -> None:
    """What was charged today goes on, and the car's session; midnight ends the day."""
    day = (dt_util.now() - timedelta(days=days_ago)).date().isoformat()
    today = {"day": day, "of_wh": 4000.0, "sun_wh": 3000.0, "total_wh": 5000.0}
    session = {"of_wh": 2000.0, "sun_wh": 500.0, "energy_wh": 0}
    mock_restore_cache_with_extra_data(
        hass,
        [
            (State("sensor.house_charged_today", "5"), {**today, "cost": 1.2}),
            (State("sensor.garage_session_solar_share", "25"), session),
        ],
    )
    site = (await start()).runtime_data
    site.look()
    told = [
        value(hass, f"sensor.house_{name}")
        for name in ("charged_today", "solar_share_today", "cost_today")
    ]
    new = ["0.0", "unknown", "unknown"]
    # A price is known: what is drawn costs something from the first look on.
    assert told[:2] == (new[:2] if days_ago else ["5.0", "75"])
    assert told[2] == ("0.0" if days_ago else "1.2")
    assert value(hass, "sensor.garage_session_solar_share") == "25"
    tomorrow = dt_util.now() + timedelta(days=1)
    monkeypatch.setattr(dt_util, "now", lambda: tomorrow)
    site.look()
    assert (site.today.total_wh, site.today.percent) == (0, None)
    site.chargers[0].sun.follow(500)
    site.chargers[0].sun.follow(0)
    assert site.chargers[0].sun.percent is None


@pytest.mark.parametrize("days_ago", [0, 1])
async def test_counts_of_a_day_begin_anew_with_the_day(
    hass: HomeAssistant,
    start: Start,
    monkeypatch: pytest.MonkeyPatch,
    days_ago: int,
) -> None:
    """Those of today go on, yesterday's do not; midnight ends them."""
    day = (dt_util.now() - timedelta(days=days_ago)).date().isoformat()
    names = ("starts_today", "phase_changes_today", "write_commands_today")
    mock_restore_cache_with_extra_data(
        hass,
        [
            (State(f"sensor.garage_{name}", "9"), {"day": day, "count": 9})
            for name in names
        ],
    )
    house = await start()
    site = house.runtime_data
    before = 0 if days_ago else 9
    writes = site.chargers[0].writer.writes
    assert value(hass, "sensor.garage_write_commands_today") == f"{before + writes}"
    site.look()
    memory = site.last_look.decision.memory.chargers[0]
    assert memory.starts_today == memory.switch.changes_today == before
    assert value(hass, "sensor.garage_starts_today") == f"{before}"
    assert value(hass, "sensor.garage_phase_changes_today") == f"{before}"
    tomorrow = dt_util.now() + timedelta(days=1)
    monkeypatch.setattr(dt_util, "now", lambda: tomorrow)
    show(site, view=ChargerView())
    assert value(hass, "sensor.garage_starts_today") == "0"
    assert value(hass, "sensor.garage_write_commands_today") == "0"
    site.chargers[0].writer.writes += 1
    show(site)
    assert value(hass, "sensor.garage_write_commands_today") == "1"
