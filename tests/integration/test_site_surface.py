"""What a site shows and lets do, beside the page of each wallbox."""

from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

from freezegun.api import FrozenDateTimeFactory
from homeassistant.config_entries import ConfigEntry, ConfigSubentryData
from homeassistant.const import ATTR_ENTITY_ID, STATE_UNKNOWN
from homeassistant.core import Event, HomeAssistant, callback
from homeassistant.helpers import device_registry as dr
from homeassistant.helpers import entity_registry as er
from homeassistant.helpers.event import async_track_state_change_event
from homeassistant.util import dt as dt_util
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry

from custom_components.meters_and_chargers import registry
from custom_components.meters_and_chargers.const import DOMAIN
from custom_components.meters_and_chargers.controller import SiteController
from custom_components.meters_and_chargers.coordinator import DeviceCoordinator
from custom_components.meters_and_chargers.engine.charging import (
    MAIN,
    ChargerView,
    CircuitView,
    Explanation,
    Freshness,
    PhaseUse,
    Reason,
)
from custom_components.meters_and_chargers.engine.model import PHASES, Point, Quantity

from .conftest import SetUp
from .test_devices import value
from .test_site import ALL, PICO, choose_mode

REASON = "sensor.garage_reason"


def charger_data(**data: Any) -> ConfigSubentryData:
    """Describe the simulated station as a charger of a site."""
    return ConfigSubentryData(
        data={"charger": PICO, "charger_phases": ALL, "mode": "off", **data},
        subentry_type="charger",
        title="Garage",
        unique_id=PICO,
    )


async def set_up_house(
    hass: HomeAssistant,
    *,
    options: dict[str, Any] | None = None,
    charger: dict[str, Any] | None = None,
    **data: Any,
) -> ConfigEntry[SiteController]:
    """Set up a site with a circuit and the simulated station in it."""
    entry = MockConfigEntry(
        domain=DOMAIN,
        title="House",
        unique_id="site_1",
        data={
            "family": "site",
            "fuse_current": 25,
            "grid_meter": "ksem_72345678",
            **data,
        },
        options=options or {},
        subentries_data=[
            charger_data(**(charger or {})),
            ConfigSubentryData(
                data={"fuse_current": 16},
                subentry_type="circuit",
                title="Carport",
                unique_id=None,
            ),
        ],
    )
    entry.add_to_hass(hass)
    await hass.config_entries.async_setup(entry.entry_id)
    await hass.async_block_till_done()
    return entry


@pytest.fixture
async def house(
    hass: HomeAssistant, set_up_ksem: SetUp, set_up_pico: SetUp
) -> ConfigEntry[SiteController]:
    """Return a site whose meter and station are simulated."""
    await set_up_ksem()
    await set_up_pico()
    return await set_up_house(hass)


class Clock:
    """The event loop's time, as far as entities ask for it."""

    def __init__(self, now: float) -> None:
        """Begin long after the last write."""
        self.now = now

    def __call__(self) -> float:
        """Return the time; s."""
        return self.now


@pytest.fixture
def clock(hass: HomeAssistant, monkeypatch: pytest.MonkeyPatch) -> Clock:
    """Return a clock that stands still, an hour ahead."""
    found = Clock(hass.loop.time() + 3600)
    monkeypatch.setattr(hass.loop, "time", found)
    return found


def show(
    site: SiteController,
    reason: Explanation | None = None,
    view: ChargerView | None = None,
    **circuit: Any,
) -> None:
    """Let a decision show something, and tell the entities."""
    charger = site.chargers[0]
    charger.explanation = reason or charger.explanation
    charger.view = view or charger.view
    if circuit:
        site.house.view = CircuitView(
            **{
                "key": MAIN,
                "freshness": Freshness.FRESH,
                "age_ms": 500,
                "base_ma": (1000, 2000, 3000),
                "free_ma": (23_040, 22_000, 21_000),
                **circuit,
            }
        )
    for update in tuple(site._listeners):
        update()


async def act(hass: HomeAssistant, domain: str, service: str, **data: Any) -> None:
    """Do something with an entity as the user does."""
    entity_id = data.pop("entity_id")
    await hass.services.async_call(
        domain, service, {ATTR_ENTITY_ID: entity_id, **data}, blocking=True
    )
    await hass.async_block_till_done(wait_background_tasks=True)


async def test_site_and_circuit_have_pages_of_their_own(
    hass: HomeAssistant,
    house: ConfigEntry[SiteController],
    device_registry: dr.DeviceRegistry,
    entity_registry: er.EntityRegistry,
) -> None:
    """The circuit's page hangs on the site's, and goes with its subentry."""
    site = device_registry.async_get_device_by_identifier(
        (DOMAIN, house.entry_id), house.entry_id
    )
    assert site is not None
    assert site.entry_type is dr.DeviceEntryType.SERVICE
    (circuit,) = house.runtime_data.circuits
    page = device_registry.async_get_device_by_identifier(
        (DOMAIN, str(circuit.subentry_id)), house.entry_id
    )
    assert page is not None
    assert (page.name, page.via_device_id) == ("Carport", site.id)
    found = {
        one.entity_id
        for one in er.async_entries_for_device(
            entity_registry, page.id, include_disabled_entities=True
        )
    }
    assert found == {
        "binary_sensor.carport_overload",
        "number.carport_grid_operator_limit",
        "sensor.carport_base_load_l1",
        "sensor.carport_base_load_l2",
        "sensor.carport_base_load_l3",
        "sensor.carport_free_current_l1",
        "sensor.carport_free_current_l2",
        "sensor.carport_free_current_l3",
        "sensor.carport_overloads",
        "sensor.carport_utilisation",
        "switch.carport_grid_operator_limit_active",
    }
    hass.config_entries.async_remove_subentry(house, str(circuit.subentry_id))
    await hass.async_block_till_done()
    assert hass.states.get("binary_sensor.carport_overload") is None


async def test_fuse_is_shown_as_the_decision_sees_it(
    hass: HomeAssistant, house: ConfigEntry[SiteController], clock: Clock
) -> None:
    """Free current, use, overload, its count and the worst one, the meter's state."""
    site = house.runtime_data
    show(site, overloaded=True, overloads=2, worst_ma=4_260, age_ms=1_400)
    assert value(hass, "sensor.house_free_current_l1") == "23.0"
    assert value(hass, "sensor.house_utilisation") == "16"
    assert value(hass, "binary_sensor.house_overload") == "on"
    assert value(hass, "sensor.house_overloads") == "2"
    state = hass.states.get("sensor.house_overloads")
    assert state is not None
    assert state.attributes["worst"] == 4.3
    for freshness, word in (
        (Freshness.AGEING, "aging"),
        (Freshness.STALE, "stale"),
        (Freshness.LOST, "lost"),
        (Freshness.FRESH, "fresh"),
    ):
        show(site, freshness=freshness)
        clock.now += 1
        assert value(hass, "sensor.house_meter_data") == word
    assert value(hass, "binary_sensor.house_overload") == "off"


async def test_a_late_meter_names_the_moment_of_its_last_value(
    hass: HomeAssistant,
    house: ConfigEntry[SiteController],
    clock: Clock,
    freezer: FrozenDateTimeFactory,
) -> None:
    """It holds still while the value ages, and goes with the next fresh value."""
    freezer.move_to("2026-11-22 10:00:00.7")
    seen: list[str | None] = []
    for age_ms in (14_200, 15_100, 16_000):
        show(house.runtime_data, freshness=Freshness.AGEING, age_ms=age_ms)
        clock.now += 1
        freezer.tick(1)
        state = hass.states.get("sensor.house_meter_data")
        assert state is not None
        assert state.state == "aging"
        seen.append(state.attributes["since"])
    assert seen == ["2026-11-22T09:59:46+00:00"] * 3
    for freshness in (Freshness.RECOVERING, Freshness.WARM_UP, Freshness.FRESH):
        show(house.runtime_data, freshness=freshness, age_ms=100)
        clock.now += 1
        state = hass.states.get("sensor.house_meter_data")
        assert state is not None
        assert "since" not in state.attributes


async def test_export_frees_no_more_than_the_fuse(
    hass: HomeAssistant, house: ConfigEntry[SiteController], clock: Clock
) -> None:
    """The sun loads the fuse too, and adds nothing to what it can carry."""
    show(house.runtime_data, free_ma=(35_000, 20_000, 25_000))
    clock.now += 1
    assert value(hass, "sensor.house_free_current_l1") == "25.0"
    assert value(hass, "sensor.house_utilisation") == "40"


async def test_fast_meter_does_not_flood_the_recorder(
    hass: HomeAssistant,
    house: ConfigEntry[SiteController],
    clock: Clock,
) -> None:
    """Ten samples in two seconds write two states; the same figure none."""
    written: list[str] = []

    @callback
    def note(event: Event[Any]) -> None:
        written.append(event.data["new_state"].state)

    async_track_state_change_event(hass, "sensor.house_free_current_l1", note)
    for sample in range(10):
        show(house.runtime_data, free_ma=(10_000 + sample * 100, 0, 0))
        clock.now += 0.2
    for _ in range(10):
        show(house.runtime_data, free_ma=(10_920, 0, 0))
        clock.now += 0.2
    assert written[0] == "10.0"
    assert written[-1] == "10.9"
    assert len(written) <= 4


async def test_reason_tells_its_figures(
    hass: HomeAssistant,
    house: ConfigEntry[SiteController],
    clock: Clock,
) -> None:
    """In a reader's units; another reason at once, another figure after 5 s."""
    site = house.runtime_data
    circuit = site.circuits[0].key

    def shown() -> dict[str, Any]:
        state = hass.states.get(REASON)
        assert state is not None
        return dict(state.attributes)

    show(site, Explanation(Reason.SURPLUS_LOW, None, {"have": 1_130, "need": 1_380}))
    assert value(hass, REASON) == "surplus_low"
    assert (shown()["have"], shown()["need"]) == (1_100, 1_400)
    assert shown()["severity"] == "wait"
    show(site, Explanation(Reason.SURPLUS_LOW, None, {"have": 880, "need": 1_380}))
    assert shown()["have"] == 1_100
    clock.now += 5
    show(site, Explanation(Reason.SURPLUS_LOW, None, {"have": 884, "need": 1_380}))
    assert shown()["have"] == 880
    figures: dict[str, int | str] = {"circuit": circuit, "phase": "L2"}
    show(
        site,
        Explanation(Reason.FUSE_FULL, None, {**figures, "free": 4_040, "need": 6_000}),
    )
    told = {"circuit": "Carport", "phase": "L2", "free": 4.0, "need": 6.0}
    assert shown() | told == shown()
    until_ms = round((clock.now + 60) * 1000)
    show(site, Explanation(Reason.FUSE_RESUME, until_ms, {"need": 6_000}))
    assert (shown()["severity"], shown()["next"]) == ("warn", "start")
    assert shown()["until"].endswith(":00+00:00")
    show(site, Explanation(Reason.PRIORITY, None, {"charger": PICO}))
    assert shown()["charger"] == "Garage"
    prices = {"price": 28_400, "max_price": 20_000, "start": 1_800_000_000_000}
    show(site, Explanation(Reason.PRICE_HIGH, None, prices))
    told = {"price": 0.284, "max_price": 0.2, "start": "2027-01-15T08:00:00+00:00"}
    assert shown() | told == shown()
    show(site, Explanation(Reason.AGEING, None, {"age": 61_400}))
    assert shown()["age"] == 61
    show(site, Explanation(Reason.FINISHED, None, {"energy": 12_340}))
    assert shown()["energy"] == 12.3
    show(site, Explanation(Reason.TARGET, None, {"target": 20_000}))
    assert shown()["target"] == 20.0
    assert value(hass, "sensor.garage_state") == "finished"


@pytest.mark.usefixtures("all_entities_enabled")
async def test_currents_and_counts_of_a_charger(
    hass: HomeAssistant,
    set_up_ksem: SetUp,
    set_up_pico: SetUp,
    clock: Clock,
) -> None:
    """Wished, allocated, the limit of each phase, starts and changes of the day."""
    await set_up_ksem()
    await set_up_pico()
    house = await set_up_house(hass)
    site = house.runtime_data
    clock.now += 2
    view = ChargerView(
        wished_ma=16_000, granted_ma=9_500, starts_today=3, phase_changes_today=1
    )
    look = site.last_look
    assert look is not None
    (state,) = look.state.chargers
    limited = replace(state, limit_ma=(6_000, 0, 0))
    site.last_look = replace(look, state=replace(look.state, chargers=(limited,)))
    show(site, view=view)
    assert value(hass, "sensor.garage_wished_current") == "16.0"
    assert value(hass, "sensor.garage_allocated_current") == "9.5"
    assert value(hass, "sensor.garage_limit_l1") == "6.0"
    assert value(hass, "sensor.garage_limit_l2") == "0.0"
    assert value(hass, "sensor.garage_starts_today") == "3"
    assert value(hass, "sensor.garage_phase_changes_today") == "1"
    site.last_look = replace(
        look, state=replace(look.state, chargers=(replace(state, limit_ma=None),))
    )
    clock.now += 2
    show(site)
    assert value(hass, "sensor.garage_limit_l1") == STATE_UNKNOWN
    assert value(hass, "sensor.house_data_age").isdigit()
    assert value(hass, "sensor.house_base_load_l1") != STATE_UNKNOWN


async def test_options_are_entities_and_taken_over_at_once(
    hass: HomeAssistant, house: ConfigEntry[SiteController]
) -> None:
    """No reload: the site goes on with the same memory."""
    site = house.runtime_data
    for key, figure, field, expected in (
        ("safety_margin", 2.5, "margin_ma", 2_500),
        ("safe_current", 8, "failsafe_ma", 8_000),
        ("keep_exporting", 200, "residual_w", 200),
        ("power_limit", 11_000, "power_cap_w", 11_000),
        ("phase_unbalance_limit", 20, "unbalance_ma", 20_000),
    ):
        entity_id = f"number.house_{key}"
        await act(hass, "number", "set_value", entity_id=entity_id, value=figure)
        assert float(value(hass, entity_id)) == figure
        assert house.runtime_data is site
        assert site.last_look is not None
        assert getattr(site.last_look.settings, field) == expected
    for service, observes in (("turn_on", True), ("turn_off", False)):
        await act(hass, "switch", service, entity_id="switch.house_observe_only")
        assert site.last_look.settings.observe is observes
        assert house.options["observe"] is observes
    assert hass.states.get("number.house_battery_first_up_to") is None


async def test_grid_operator_dims_house_and_circuit(
    hass: HomeAssistant, house: ConfigEntry[SiteController]
) -> None:
    """The limit counts only while it is on."""
    site = house.runtime_data
    for name, circuit in (("house", site.house), ("carport", site.circuits[0])):
        number = f"number.{name}_grid_operator_limit"
        switch = f"switch.{name}_grid_operator_limit_active"
        assert value(hass, number) == "4200"
        await act(hass, "number", "set_value", entity_id=number, value=8_400)
        assert circuit.dim_w is None
        await act(hass, "switch", "turn_on", entity_id=switch)
        assert circuit.dim_w == 8_400
        assert value(hass, switch) == "on"
        await act(hass, "switch", "turn_off", entity_id=switch)
        assert circuit.dim_w is None


async def test_owner_locks_ranks_and_boosts(
    hass: HomeAssistant, house: ConfigEntry[SiteController]
) -> None:
    """Each is acted on at once; boost pressed again ends it."""
    charger = house.runtime_data.chargers[0]
    await choose_mode(hass, "min_solar")
    allowed = "switch.garage_charging_allowed"
    await act(hass, "switch", "turn_off", entity_id=allowed)
    assert (charger.enabled, value(hass, REASON)) == (False, "disabled")
    assert value(hass, "sensor.garage_state") == "blocked"
    await act(hass, "switch", "turn_on", entity_id=allowed)
    assert value(hass, REASON) != "disabled"
    rank = "number.garage_priority"
    await act(hass, "number", "set_value", entity_id=rank, value=5)
    assert charger.settings.priority == 5
    await act(hass, "button", "press", entity_id="button.garage_boost")
    assert charger.boost_until_ms is not None
    left_ms = charger.boost_until_ms - hass.loop.time() * 1000
    assert 29 * 60_000 < left_ms <= 30 * 60_000
    state = hass.states.get("sensor.garage_state")
    assert state is not None
    until = datetime.fromisoformat(state.attributes["boost_until"])
    assert timedelta(minutes=29) < until - dt_util.utcnow() <= timedelta(minutes=30)
    await act(hass, "button", "press", entity_id="button.garage_boost")
    assert charger.boost_until_ms is None
    state = hass.states.get("sensor.garage_state")
    assert state is not None
    assert state.attributes["boost_until"] is None
    assert hass.states.get("select.garage_phases") is None
    assert hass.states.get("binary_sensor.garage_car_plugged_in") is None
    assert hass.states.get("number.garage_cheap_price") is None


@pytest.fixture
def able(monkeypatch: pytest.MonkeyPatch) -> dict[str, bool | None]:
    """Let the station switch phases and know its plug, from when a test says so."""
    what: dict[str, bool | None] = {"switches_phases": False, "plugged": None}
    monkeypatch.setattr(
        DeviceCoordinator,
        "switches_phases",
        property(lambda _: what["switches_phases"]),
    )
    monkeypatch.setattr(
        DeviceCoordinator, "plugged", property(lambda _: what["plugged"])
    )
    return what


async def test_what_a_wallbox_turns_out_to_be_able_to(
    hass: HomeAssistant,
    set_up_ksem: SetUp,
    set_up_pico: SetUp,
    able: dict[str, bool | None],
    entity_registry: er.EntityRegistry,
) -> None:
    """Phases and plug appear with the ability, and go when it is gone for good."""
    await set_up_ksem()
    await set_up_pico()
    house = await set_up_house(hass)
    site = house.runtime_data
    assert hass.states.get("select.garage_phases") is None
    able.update(switches_phases=True, plugged=True)
    site.look()
    await hass.async_block_till_done()
    assert value(hass, "select.garage_phases") == "auto"
    assert value(hass, "binary_sensor.garage_car_plugged_in") == "on"
    await act(
        hass, "select", "select_option", entity_id="select.garage_phases", option="1"
    )
    assert site.chargers[0].phase_use is PhaseUse.ONE
    able.update(switches_phases=False, plugged=None)
    await hass.config_entries.async_reload(house.entry_id)
    await hass.async_block_till_done()
    assert entity_registry.async_get("select.garage_phases") is None


async def test_price_and_battery_bring_their_entities(
    hass: HomeAssistant, set_up_ksem: SetUp, set_up_pico: SetUp
) -> None:
    """A site with a price sensor and a battery offers what needs them."""
    hass.states.async_set("sensor.price", "0.31", {"unit_of_measurement": "CHF/kWh"})
    hass.states.async_set("sensor.battery", "0", {"unit_of_measurement": "W"})
    await set_up_ksem()
    await set_up_pico()
    house = await set_up_house(
        hass, price="sensor.price", battery_power="sensor.battery"
    )
    site = house.runtime_data
    assert value(hass, "number.garage_cheap_price") == STATE_UNKNOWN
    await act(
        hass,
        "number",
        "set_value",
        entity_id="number.garage_cheap_price",
        value=0.25,
    )
    assert site.chargers[0].settings.max_price == 25_000
    await act(
        hass,
        "number",
        "set_value",
        entity_id="number.house_battery_first_up_to",
        value=60,
    )
    await act(hass, "switch", "turn_on", entity_id="switch.house_battery_may_help")
    assert hass.states.get("sensor.house_battery_power") is not None
    assert site.last_look is not None
    assert site.last_look.settings.battery_first_percent == 60
    assert site.last_look.settings.battery_discharge


async def test_surplus_of_a_sunny_house(
    hass: HomeAssistant, house: ConfigEntry[SiteController], clock: Clock
) -> None:
    """What the last decision says, in steps of ten; none where the house draws."""
    site = house.runtime_data
    look = site.last_look
    assert look is not None
    for surplus_w, shown in ((3_456, "3460"), (-870, "0")):
        clock.now += 1
        decision = replace(look.decision, surplus_w=surplus_w)
        site.last_look = replace(look, decision=decision)
        show(site)
        assert value(hass, "sensor.house_solar_surplus") == shown


async def test_powers_of_the_house_are_of_one_look(
    hass: HomeAssistant, house: ConfigEntry[SiteController], clock: Clock
) -> None:
    """Grid and cars as the decision saw them; neither once the meter is stale."""
    site = house.runtime_data
    look = site.last_look
    assert look is not None
    assert look.state.grid is not None
    grid = replace(look.state.grid, power_w=-1_234)
    state = replace(look.state, grid=grid, voltage_mv=231_000)
    memory = look.decision.memory
    drawn = replace(memory.chargers[0].drawn, best_ma=(6_000, 6_000, 0))
    charger = replace(memory.chargers[0], drawn=drawn)
    decision = replace(look.decision, memory=replace(memory, chargers=(charger,)))
    clock.now += 1
    site.last_look = replace(look, state=state, decision=decision)
    show(site)
    assert value(hass, "sensor.house_grid_power") == "-1234"
    assert value(hass, "sensor.house_charging_power") == "2772"
    assert hass.states.get("sensor.house_battery_power") is None
    stale = replace(look.decision.circuits[0], freshness=Freshness.STALE)
    clock.now += 1
    site.last_look = replace(
        look, state=state, decision=replace(decision, circuits=(stale,))
    )
    show(site)
    assert value(hass, "sensor.house_grid_power") == STATE_UNKNOWN
    assert value(hass, "sensor.house_charging_power") == STATE_UNKNOWN


async def test_foreign_wallbox_keeps_its_own_page(
    hass: HomeAssistant,
    set_up_ksem: SetUp,
    device_registry: dr.DeviceRegistry,
    entity_registry: er.EntityRegistry,
) -> None:
    """What the site adds stands on the page of the entity that sets the current."""
    other = MockConfigEntry(domain="other", title="Other")
    other.add_to_hass(hass)
    page = device_registry.async_get_or_create(
        config_entry_id=other.entry_id, identifiers={("other", "1")}, name="Wallbox"
    )
    current = entity_registry.async_get_or_create(
        "number", "other", "1", config_entry=other, device_id=page.id
    )
    hass.states.async_set(current.entity_id, "6", {"min": 0, "max": 16, "step": 1})
    await set_up_ksem()
    house = await set_up_house(
        hass,
        charger={
            "charger": "entities_1",
            "current_entity": current.entity_id,
            "charger_meter": "sensor.wallbox_power",
            "minimum_current": 6,
            "maximum_current": 16,
            "step": 1,
        },
    )
    state = hass.states.get("sensor.wallbox_state")
    assert state is not None
    assert state.attributes["power_entity"] == "sensor.wallbox_power"
    found = entity_registry.async_get("sensor.wallbox_reason")
    assert found is not None
    assert (found.device_id, found.config_entry_id) == (page.id, house.entry_id)
    assert value(hass, "sensor.wallbox_state") == "blocked"


async def test_measured_voltage_reaches_the_decision(
    hass: HomeAssistant, house: ConfigEntry[SiteController]
) -> None:
    """The mean of the meter's phases, to the volt; none while its entry is away."""
    site, meter = house.runtime_data, registry.find(hass, "ksem_72345678")
    assert isinstance(meter, DeviceCoordinator)
    phases = dict(zip(PHASES, (231.2, 236.1, 234.0), strict=True))
    meter.data |= {Point(Quantity.VOLTAGE, one): phases[one] for one in PHASES}
    site.look()
    assert site.last_look is not None
    assert site.last_look.state.voltage_mv == 234_000
    await hass.config_entries.async_unload(meter.config_entry.entry_id)
    site.look()
    assert site.last_look.state.voltage_mv is None
