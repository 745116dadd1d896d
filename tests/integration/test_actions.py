"""Actions: what they do, what they answer, and what they refuse."""

from datetime import timedelta
import json
from typing import Any

from freezegun.api import FrozenDateTimeFactory
from homeassistant.config_entries import ConfigEntry
from homeassistant.core import HomeAssistant
from homeassistant.exceptions import ServiceValidationError
from homeassistant.helpers import device_registry as dr
from homeassistant.util import dt as dt_util
import pytest

from custom_components.meters_and_chargers.const import DOMAIN
from custom_components.meters_and_chargers.controller import SiteController
from custom_components.meters_and_chargers.coordinator import DeviceCoordinator
from custom_components.meters_and_chargers.engine.charging import PhaseUse
from simulators.replay import decide_again

from .conftest import SetUp
from .test_site import MODE, PICO, choose_mode
from .test_site_surface import set_up_house


@pytest.fixture
async def house(
    hass: HomeAssistant, set_up_ksem: SetUp, set_up_pico: SetUp
) -> ConfigEntry[SiteController]:
    """Return a site whose station has a meter, and a car that tells its level."""
    hass.states.async_set("sensor.wallbox", "0", {"unit_of_measurement": "W"})
    hass.states.async_set("sensor.car", "40", {"unit_of_measurement": "%"})
    hass.states.async_set("sensor.price", "0.30", {"unit_of_measurement": "CHF/kWh"})
    await set_up_ksem()
    await set_up_pico()
    return await set_up_house(
        hass,
        charger={
            "charger_meter": "sensor.wallbox",
            "car_level": "sensor.car",
            "capacity": 50,
        },
        price="sensor.price",
    )


async def act(
    hass: HomeAssistant, action: str, *, answers: bool = False, **data: Any
) -> Any:
    """Call one of our actions, on the wallbox unless something else is named."""
    if not {"entity_id", "device_id", "config_entry_id"} & data.keys():
        data["entity_id"] = MODE
    found = await hass.services.async_call(
        DOMAIN, action, data, blocking=True, return_response=answers
    )
    await hass.async_block_till_done(wait_background_tasks=True)
    return found


async def test_plan_is_set_for_the_next_such_time_and_cleared(
    hass: HomeAssistant, house: ConfigEntry[SiteController]
) -> None:
    """An energy or a charge level; an hour that is past is tomorrow's."""
    charger = house.runtime_data.chargers[0]
    for ahead in (timedelta(hours=1), timedelta(hours=-1)):
        now = dt_util.now()
        then = (now + ahead).replace(microsecond=0)
        await act(hass, "set_plan", time=then.time().isoformat(), energy=12.5)
        assert charger.plan is not None
        left = charger.plan.ready_at - now
        assert timedelta() < left <= timedelta(days=1)
        assert charger.plan.ready_at.time() == then.time()
        assert charger.plan.energy_wh == 12_500
    state = hass.states.get("sensor.garage_state")
    assert state is not None
    assert state.attributes["plan"]["energy_kwh"] == 12.5
    await act(hass, "set_plan", time="07:00", date="2099-01-02", charge_level=80)
    assert charger.plan is not None
    assert charger.plan.ready_at.isoformat().startswith("2099-01-02T07:00")
    assert charger.state.plan is not None
    assert charger.state.plan.energy_wh == 20_000
    await act(hass, "clear_plan")
    assert charger.plan is None


async def test_plan_goes_on_to_the_next_of_its_days(
    hass: HomeAssistant,
    house: ConfigEntry[SiteController],
    freezer: FrozenDateTimeFactory,
    expected_logs: list[str],
) -> None:
    """At its time, or for a car that still waits half a day later; once ends then."""
    # Whose polls overtake the time that stands.
    expected_logs += ["Garage", "Grid meter"]
    await hass.config.async_set_time_zone("Europe/Zurich")
    # A Thursday; the clocks go back in the night to Sunday.
    freezer.move_to("2026-10-22T12:00:00+02:00")
    charger = house.runtime_data.chargers[0]
    days = {"time": "07:00", "repeat": ["fri", "sun"]}
    await act(hass, "set_plan", energy=5, **days)

    def planned() -> str | None:
        _ = charger.state
        return None if charger.plan is None else charger.plan.ready_at.isoformat()

    assert planned() == "2026-10-23T07:00:00+02:00"
    state = hass.states.get("sensor.garage_state")
    assert state is not None
    assert state.attributes["plan"]["repeat"] == ["fri", "sun"]
    charger.counted_wh = 4_000
    freezer.move_to("2026-10-23T08:00:00+02:00")
    assert planned() == "2026-10-23T07:00:00+02:00"
    charger.counted_wh = 5_000
    assert planned() == "2026-10-25T07:00:00+01:00"
    charger.counted_wh = 0
    freezer.move_to("2026-10-25T18:59:00+01:00")
    assert planned() == "2026-10-25T07:00:00+01:00"
    freezer.move_to("2026-10-25T19:01:00+01:00")
    assert planned() == "2026-10-30T07:00:00+01:00"
    await act(hass, "set_plan", date="2026-10-28", energy=5, **days)
    assert planned() == "2026-10-28T07:00:00+01:00"
    await act(hass, "set_plan", time="07:00", energy=5)
    freezer.move_to("2026-10-26T19:01:00+01:00")
    assert planned() is None


async def test_wallbox_is_found_by_its_device(
    hass: HomeAssistant,
    house: ConfigEntry[SiteController],
    device_registry: dr.DeviceRegistry,
) -> None:
    """The wallbox's own page, though it is another entry's."""
    wallbox = hass.config_entries.async_entry_for_domain_unique_id(DOMAIN, PICO)
    assert wallbox is not None
    device = device_registry.async_get_device_by_identifier(
        (DOMAIN, PICO), wallbox.entry_id
    )
    assert device is not None
    await act(hass, "boost", device_id=device.id, minutes=5, current=10)
    charger = house.runtime_data.chargers[0]
    assert charger.boost_ma == 10_000
    await act(hass, "boost", minutes=0)
    assert charger.boost_until_ms is None


async def test_cap_of_a_site_and_of_a_circuit(
    hass: HomeAssistant,
    house: ConfigEntry[SiteController],
    device_registry: dr.DeviceRegistry,
) -> None:
    """By entity or device, for a while; without figures it ends."""
    site = house.runtime_data
    await act(hass, "set_cap", entity_id="binary_sensor.house_overload", power=5_000)
    assert site.last_look is not None
    assert site.last_look.settings.power_cap_w == 5_000
    assert site.circuits[0].cap is None
    page = device_registry.async_get_device_by_identifier(
        (DOMAIN, str(site.circuits[0].subentry_id)), house.entry_id
    )
    assert page is not None
    await act(hass, "set_cap", device_id=page.id, current=8, minutes=1)
    assert site.last_look.settings.circuits[0].fuse_ma == (8_000, 8_000, 8_000)
    await act(hass, "set_cap", device_id=page.id)
    assert site.last_look.settings.circuits[0].fuse_ma == (16_000, 16_000, 16_000)
    assert site.last_look.settings.power_cap_w == 5_000


async def test_preview_says_when_and_for_how_much(
    hass: HomeAssistant, house: ConfigEntry[SiteController]
) -> None:
    """The latest hours without known prices; late when the time is too short."""
    in_ten_hours = (dt_util.now() + timedelta(hours=10)).replace(microsecond=0)
    plan = {
        "time": in_ten_hours.time().isoformat(),
        "date": in_ten_hours.date().isoformat(),
        "energy": 11.04,
    }
    found = (await act(hass, "preview", answers=True, **plan))[MODE]
    assert found["power"] == 11_040
    assert dt_util.parse_datetime(found["ready"]) == in_ten_hours
    start = dt_util.parse_datetime(found["start"])
    assert start == in_ten_hours - timedelta(hours=1)
    assert found["late_minutes"] == 0
    assert found["slots"] == [{"start": found["start"], "end": found["ready"]}]
    await act(hass, "set_plan", **{**plan, "energy": 165.6})
    found = (await act(hass, "preview", answers=True))[MODE]
    assert found["late_minutes"] == pytest.approx(300, abs=1)


@pytest.mark.parametrize(
    ("action", "data", "key"),
    [
        ("set_plan", {"time": "07:00"}, "plan_without_goal"),
        (
            "set_plan",
            {"time": "07:00", "date": "2020-01-01", "energy": 5},
            "plan_in_the_past",
        ),
        ("preview", {}, "no_plan"),
        ("clear_plan", {"entity_id": "sensor.car"}, "no_charger"),
        ("boost", {"entity_id": "binary_sensor.house_overload"}, "no_charger"),
        ("set_cap", {"entity_id": MODE, "power": 1}, "no_circuit"),
        ("export_decisions", {"config_entry_id": "nothing"}, "not_a_site"),
    ],
)
async def test_what_cannot_be_done_is_refused_in_words(
    hass: HomeAssistant,
    house: ConfigEntry[SiteController],
    action: str,
    data: dict[str, Any],
    key: str,
) -> None:
    """Each refusal has its own text, and nothing is changed."""
    answers = action in ("preview", "export_decisions")
    with pytest.raises(ServiceValidationError) as refused:
        await act(hass, action, answers=answers, **data)
    assert refused.value.translation_key == key
    assert house.runtime_data.chargers[0].plan is None


async def test_plan_needs_an_energy_that_is_counted(
    hass: HomeAssistant, set_up_ksem: SetUp, set_up_pico: SetUp
) -> None:
    """A station without a meter can't follow a plan, nor a car without its level."""
    await set_up_ksem()
    await set_up_pico()
    await set_up_house(hass)
    for goal, key in (
        ({"energy": 5}, "energy_not_counted"),
        ({"charge_level": 80}, "no_car_level"),
    ):
        with pytest.raises(ServiceValidationError) as refused:
            await act(hass, "set_plan", time="07:00", **goal)
        assert refused.value.translation_key == key
        assert refused.value.translation_placeholders == {"name": "Garage"}


async def test_preview_of_a_car_that_is_full_enough(
    hass: HomeAssistant,
    house: ConfigEntry[SiteController],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Nothing to charge, no hours; on one phase a third of the power."""
    monkeypatch.setattr(DeviceCoordinator, "switches_phases", property(lambda _: True))
    house.runtime_data.chargers[0].phase_use = PhaseUse.ONE
    found = await act(hass, "preview", answers=True, time="07:00", charge_level=30)
    assert (found[MODE]["slots"], found[MODE]["start"]) == ([], None)
    assert found[MODE]["power"] == 3_680


async def test_preview_of_a_car_that_has_not_told_its_level(
    hass: HomeAssistant, house: ConfigEntry[SiteController]
) -> None:
    """It is refused until the level is known."""
    hass.states.async_set("sensor.car", "unknown")
    with pytest.raises(ServiceValidationError) as refused:
        await act(hass, "preview", answers=True, time="07:00", charge_level=80)
    assert refused.value.translation_key == "no_car_level"


async def test_decisions_are_exported_without_names(
    hass: HomeAssistant, house: ConfigEntry[SiteController]
) -> None:
    """As many as asked for, newest last; the engine decides the same on them."""
    await choose_mode(hass, "min_solar")
    await choose_mode(hass, "off")
    found = await act(
        hass, "export_decisions", answers=True, config_entry_id=house.entry_id, count=2
    )
    replay = json.loads(json.dumps(found["replay"]))
    assert len(replay["decisions"]) == 2
    text = json.dumps(replay)
    circuit = house.runtime_data.circuits[0].key
    assert not [secret for secret in (PICO, circuit, "Garage") if secret in text]
    for number, told in enumerate(replay["decisions"]):
        again = decide_again(replay, number)
        assert {key: one["reason"] for key, one in told["reasons"].items()} == {
            key: one.reason for key, one in again.reasons.items()
        }
    await hass.config_entries.async_unload(house.entry_id)
    with pytest.raises(ServiceValidationError):
        await act(
            hass, "export_decisions", answers=True, config_entry_id=house.entry_id
        )
    with pytest.raises(ServiceValidationError):
        await act(hass, "clear_plan")


async def test_minimum_level_charges_at_once(
    hass: HomeAssistant, house: ConfigEntry[SiteController]
) -> None:
    """It reaches the decision with the car's level; what was charged since counts."""
    await choose_mode(hass, "solar")
    number = {"entity_id": "number.garage_minimum_charge_level"}
    state = hass.states.get(number["entity_id"])
    assert state is not None
    assert state.state == "0"
    await hass.services.async_call(
        "number", "set_value", {**number, "value": 45}, blocking=True
    )
    charger = house.runtime_data.chargers[0]
    assert charger.settings.minimum_percent == 45
    assert charger.state.charge_percent == 40
    found = house.runtime_data.last_look
    assert found is not None
    assert found.state.chargers[0].charge_percent == 40
    charger.counted_wh += 2_400
    assert charger.state.charge_percent == 44
    hass.states.async_set("sensor.car", "unavailable")
    charger.counted_wh += 100
    assert charger.state.charge_percent == 45
    # Another session begins before the car says anything.
    charger.counted_wh = 0
    assert charger.state.charge_percent == 40
