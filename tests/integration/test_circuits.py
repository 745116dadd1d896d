"""Circuits of a site: fuses below the main one, their meters, caps, and the wiring."""

from typing import Any

from freezegun.api import FrozenDateTimeFactory
from homeassistant.config_entries import SOURCE_USER, ConfigEntry, ConfigSubentryData
from homeassistant.core import HomeAssistant
from homeassistant.data_entry_flow import FlowResultType
from homeassistant.util import dt as dt_util
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry

from custom_components.meters_and_chargers.charge_plan import CarLevel, ChargePlan
from custom_components.meters_and_chargers.charger_meter import ChargerMeter, Wiring
from custom_components.meters_and_chargers.const import DOMAIN
from custom_components.meters_and_chargers.controller import Look, SiteController
from custom_components.meters_and_chargers.engine.charging import MAIN, Reason

from .conftest import SetUp
from .test_grid_sources import report
from .test_site import ALL, PICO


def _circuit(title: str, **data: Any) -> ConfigSubentryData:
    return ConfigSubentryData(
        data=data, subentry_type="circuit", title=title, unique_id=None
    )


async def set_up(
    hass: HomeAssistant, *parts: ConfigSubentryData, **charger: Any
) -> ConfigEntry[SiteController]:
    """Set up a site with circuits and one charger."""
    data = {"charger": PICO, "charger_phases": ALL, "mode": "off", **charger}
    garage = ConfigSubentryData(
        data=data, subentry_type="charger", title="Garage", unique_id=PICO
    )
    entry = MockConfigEntry(
        domain=DOMAIN,
        title="House",
        data={"family": "site", "fuse_current": 25, "grid_power": "sensor.grid"},
        subentries_data=[*parts, garage],
    )
    entry.add_to_hass(hass)
    await hass.config_entries.async_setup(entry.entry_id)
    await hass.async_block_till_done()
    return entry


def looked(site: SiteController) -> Look:
    """Let the site look, and return what it saw."""
    site.look()
    assert site.last_look is not None
    return site.last_look


def ids(entry: ConfigEntry[SiteController], kind: str) -> dict[str, str]:
    """Return the ids of a site's parts by their names."""
    return {one.title: one.subentry_id for one in entry.get_subentries_of_type(kind)}


async def submit(
    hass: HomeAssistant, entry: ConfigEntry[SiteController], **typed: Any
) -> Any:
    """Add a circuit by its flow."""
    subentries = hass.config_entries.subentries
    form = await subentries.async_init(
        (entry.entry_id, "circuit"), context={"source": SOURCE_USER}
    )
    done = await subentries.async_configure(form["flow_id"], typed)
    await hass.async_block_till_done()
    return done


async def test_circuits_are_added_and_form_a_tree(hass: HomeAssistant) -> None:
    """Names, fuses, parents and meters reach the decision; no circle is offered."""
    entry = await set_up(hass)
    done = await submit(hass, entry, name="Annexe", fuse_current=20)
    assert done["type"] is FlowResultType.CREATE_ENTRY
    assert done["data"] == {"fuse_current": 20}
    annexe = ids(entry, "circuit")["Annexe"]
    await submit(
        hass,
        entry,
        name="Carport",
        fuse_current=16,
        parent=annexe,
        power_cap=5000,
        grid_power="sensor.carport",
        grid_turned=True,
    )
    site = entry.runtime_data
    report(hass, "W", carport=-300)
    outer, inner = looked(site).settings.circuits
    assert (outer.key, outer.parent, outer.metered) == (annexe, MAIN, False)
    assert (inner.parent, inner.fuse_ma) == (annexe, (16_000, 16_000, 16_000))
    assert (inner.power_cap_w, inner.metered) == (5_000, True)
    grid = looked(site).state.circuits[1].grid
    assert grid is not None
    assert grid.power_w == 300
    assert [circuit.title for circuit in site.circuits] == ["Annexe", "Carport"]

    subentries = hass.config_entries.subentries
    form = await entry.start_subentry_reconfigure_flow(hass, annexe)  # type: ignore[attr-defined]  # the test's entry
    assert "parent" not in form["data_schema"].schema
    done = await subentries.async_configure(
        form["flow_id"], {"name": "Barn", "fuse_current": 32}
    )
    assert done["reason"] == "reconfigure_successful"
    await hass.async_block_till_done()
    assert ids(entry, "circuit")["Barn"] == annexe
    assert looked(entry.runtime_data).settings.circuits[0].fuse_ma[0] == 32_000
    carport = ids(entry, "circuit")["Carport"]
    form = await entry.start_subentry_reconfigure_flow(hass, carport)  # type: ignore[attr-defined]  # the test's entry
    offered = form["data_schema"].schema["parent"].config["options"]
    assert [one["label"] for one in offered] == ["Barn"]


@pytest.mark.parametrize(
    ("meter", "error"),
    [
        (
            {"grid_power": "sensor.a", "sensors": {"grid_powers": ["sensor.b"] * 3}},
            "one_grid_source",
        ),
        ({"sensors": {"grid_currents": ["sensor.b"] * 2}}, "three_sensors"),
        ({"sensors": {"grid_import": "sensor.a"}}, "import_and_export"),
    ],
)
async def test_circuit_may_have_one_whole_meter_at_most(
    hass: HomeAssistant, meter: dict[str, Any], error: str
) -> None:
    """Two kinds of meter are refused, and a part of one."""
    entry = await set_up(hass)
    done = await submit(hass, entry, name="Barn", fuse_current=20, **meter)
    assert done["errors"] == {"base": error}


async def test_charger_of_a_removed_circuit_hangs_on_the_main_fuse(
    hass: HomeAssistant, set_up_pico: SetUp
) -> None:
    """It is put on a circuit by its flow, and goes on when that is removed."""
    await set_up_pico()
    entry = await set_up(hass, _circuit("Barn", fuse_current=16))
    barn = ids(entry, "circuit")["Barn"]
    subentries = hass.config_entries.subentries
    garage = ids(entry, "charger")["Garage"]
    form = await entry.start_subentry_reconfigure_flow(hass, garage)  # type: ignore[attr-defined]  # the test's entry
    await subentries.async_configure(
        form["flow_id"], {"charger_phases": ALL, "more": {"circuit": barn}}
    )
    await hass.async_block_till_done()
    assert looked(entry.runtime_data).settings.chargers[0].circuit == barn
    hass.config_entries.async_remove_subentry(entry, barn)
    await hass.async_block_till_done()
    look = looked(entry.runtime_data)
    assert look.settings.circuits == ()
    assert look.decision.reasons[PICO].reason is Reason.OFF


async def test_caps_and_dimming_reach_the_decision(
    hass: HomeAssistant, freezer: FrozenDateTimeFactory
) -> None:
    """A cap holds while it lasts, never above the fuse; dimming while it is on."""
    entry = await set_up(hass, _circuit("Barn", fuse_current=16, power_cap=4000))
    site = entry.runtime_data
    (barn,) = site.circuits
    now_ms = round(hass.loop.time() * 1000)
    site.cap(MAIN, 3000, 10_000, now_ms + 60_000)
    site.cap(barn.key, 5000, 20_000, now_ms + 60_000)
    settings = looked(site).settings
    assert settings.power_cap_w == 3000
    assert settings.fuse_ma == (10_000,) * 3
    assert settings.circuits[0].power_cap_w == 4000
    assert settings.circuits[0].fuse_ma == (16_000,) * 3
    site.cap(barn.key, None, None, 0)
    assert barn.cap is None
    with pytest.raises(KeyError):
        site.cap("nothing", 1, None, 0)
    assert site.house.cap is not None
    site.cap(MAIN, 3000, None, now_ms - 1)
    settings = looked(site).settings
    assert settings.power_cap_w is None
    assert settings.fuse_ma == (25_000,) * 3

    assert looked(site).state.dim_w is None
    site.house.dimmed = barn.dimmed = True
    barn.dim_chosen_w = 8400
    state = looked(site).state
    assert state.dim_w == 4200
    assert state.circuits[0].dim_w == 8400
    freezer.tick(1)


async def test_grid_operator_leaves_as_much_for_each_wallbox(
    hass: HomeAssistant,
) -> None:
    """Those on circuits below count too; another figure is the owner's until undone."""
    barn = ConfigSubentryData(
        data={"fuse_current": 25},
        subentry_type="circuit",
        title="Barn",
        unique_id=None,
        subentry_id="barn",
    )
    stable = {**barn, "title": "Stable", "subentry_id": "stable"}
    stable["data"] = {"fuse_current": 16, "parent": "barn"}
    second = ConfigSubentryData(
        data={
            "charger": "ocpp_b:1",
            "charger_phases": ALL,
            "mode": "off",
            "circuit": "barn",
        },
        subentry_type="charger",
        title="Barn",
        unique_id="ocpp_b:1",
    )
    third = {**second, "title": "Stable", "unique_id": "ocpp_c:1"}
    third["data"] = {**second["data"], "charger": "ocpp_c:1", "circuit": "stable"}
    entry = await set_up(hass, barn, stable, second, third)
    site = entry.runtime_data
    house, barn_circuit, stable_circuit = site.house, *site.circuits
    # Of equals the one that was added first goes first.
    assert [one.place for one in looked(site).settings.chargers] == [0, 1, 2]
    for circuit in (house, barn_circuit, stable_circuit):
        circuit.dimmed = True
    state = looked(site).state
    assert state.dim_w == 3 * 4200
    assert [one.dim_w for one in state.circuits] == [2 * 4200, 4200]
    number = {"entity_id": "number.house_grid_operator_limit"}
    for chosen, kept in ((4200, 4200), (12_600, None)):
        await hass.services.async_call(
            "number", "set_value", {**number, "value": chosen}, blocking=True
        )
        assert looked(site).state.dim_w == chosen
        assert house.dim_chosen_w == kept


async def test_only_looks_that_tell_something_are_kept(hass: HomeAssistant) -> None:
    """A hundred looks at the same are one; a reason that changes is another."""
    entry = await set_up(hass)
    site = entry.runtime_data
    for _ in range(100):
        site.look()
    before = len(site.history)
    assert before <= 3
    assert site.history[-1] is site.last_look
    site.chargers[0].enabled = False
    for _ in range(20):
        site.look()
    assert len(site.history) <= before + 2
    assert site.history[-1] is site.last_look


async def test_what_the_user_wants_of_a_charger_reaches_the_decision(
    hass: HomeAssistant, set_up_pico: SetUp
) -> None:
    """Boost, plan, priority, price, phases and permission."""
    await set_up_pico()
    entry = await set_up(
        hass, priority=3, car_level="sensor.car", capacity=50, rotation="l2"
    )
    site = entry.runtime_data
    (garage,) = site.chargers
    assert garage.car_level is not None
    garage.max_price = 0.21
    garage.enabled = False
    garage.boost(30, 8_000)
    ready = dt_util.utcnow().replace(microsecond=0) + dt_util.dt.timedelta(hours=8)
    garage.set_plan(ChargePlan(ready, energy_wh=9_000))
    look = looked(site)
    (settings,), (state,) = look.settings.chargers, look.state.chargers
    assert settings.priority == 3
    assert settings.max_price == 21_000
    assert state.blocked is Reason.DISABLED
    assert state.boost_ma == 8_000
    assert state.boost_until_ms is not None
    assert 1_790_000 < state.boost_until_ms - look.now_ms <= 1_800_000
    assert state.plan is not None
    assert state.plan.energy_wh == 9_000
    assert state.plan.ready_at_ms == ready.timestamp() * 1000
    assert look.decision.reasons[PICO].reason is Reason.OFF
    # A plan in per cent needs the car's level.
    garage.set_plan(ChargePlan(ready, soc_percent=80))
    assert looked(site).state.chargers[0].plan is None
    garage.minimum_percent = 20
    assert looked(site).state.chargers[0].charge_percent is None
    garage.minimum_percent = 0
    assert not garage.car_level.known
    report(hass, "%", car=60)
    plan = looked(site).state.chargers[0].plan
    assert plan is not None
    assert plan.energy_wh == 10_000
    garage.end_boost()
    garage.clear_plan()
    state = looked(site).state.chargers[0]
    assert state.boost_until_ms is None
    assert state.plan is None
    garage.boost(0)
    assert looked(site).state.chargers[0].boost_until_ms is None
    garage.set_plan(ChargePlan(ready - dt_util.dt.timedelta(hours=21), energy_wh=1))
    assert looked(site).state.chargers[0].plan is None


async def test_level_of_a_car_goes_on_between_its_words(hass: HomeAssistant) -> None:
    """What was charged since the last word counts; another car begins anew."""
    level = CarLevel(hass, "sensor.car", 50)
    assert level.energy_wh(80, 0) is None
    report(hass, "%", car=60)
    assert level.energy_wh(80, 1_000) == 11_000
    assert level.energy_wh(80, 5_000) == 11_000
    report(hass, "%", car="unavailable")
    assert level.energy_wh(80, 6_000) == 11_000
    report(hass, "%", car=70)
    assert level.energy_wh(80, 6_000) == 11_000
    assert level.energy_wh(80, 0) == 5_000
    assert level.energy_wh(50, 0) == 0


@pytest.mark.parametrize(
    ("phases", "rotation", "own", "grid"),
    [
        (ALL, "l1", (1, 2, 3), (1, 2, 3)),
        (ALL, "l2", (1, 2, 3), (3, 1, 2)),
        (ALL, "l3", (1, 2, 3), (2, 3, 1)),
        (["l2"], "l1", (8, 0, 0), (0, 8, 0)),
        (["l2"], "l1", (0, 8, 0), (0, 8, 0)),
        (["l1", "l3"], "l3", (8, 0, 0), (0, 0, 8)),
    ],
)
def test_rotation_puts_currents_on_the_houses_phases(
    phases: list[str],
    rotation: str,
    own: tuple[int, int, int],
    grid: tuple[int, int, int],
) -> None:
    """What a wallbox calls its L1 is another phase of the house."""
    assert Wiring({"charger_phases": phases, "rotation": rotation}).turn(own) == grid


def test_one_phase_is_the_one_of_its_l1() -> None:
    """A limit on one phase stands where the wallbox's L1 is."""
    wiring = Wiring({"charger_phases": ALL, "rotation": "l3"})
    assert wiring.spread(6000, 1) == (0, 0, 6000)
    assert wiring.spread(6000, 2) == (6000, 0, 6000)
    assert wiring.spread(6000) == (6000, 6000, 6000)


async def test_own_meter_of_a_charger(hass: HomeAssistant) -> None:
    """Currents go before a power; a power is shared by the phases in use.

    Only three currents tell which of three phases are in use.
    """
    three = ["sensor.a", "sensor.b", "sensor.c"]
    data: dict[str, Any] = {"charger_phases": ALL, "rotation": "l2"}
    wiring = Wiring(data)
    meter = ChargerMeter(hass, data | {"charger_currents": three}, wiring)
    meter.start()
    report(hass, "A", a=6, b=-7)
    assert meter.measured(None) is None
    report(hass, "A", c=8)
    await hass.async_block_till_done()
    found = meter.measured(None)
    assert found is not None
    assert found[0] == (8000, 6000, 7000)
    assert found.by_phase
    single = ChargerMeter(hass, data | {"charger_currents": three[:1]}, wiring)
    single.start()
    found = single.measured(None)
    assert found is not None
    assert found[0] == (0, 6000, 0)
    assert not found.by_phase
    report(hass, "W", p=1380)
    power = ChargerMeter(hass, data | {"charger_meter": "sensor.p"}, wiring)
    power.start()
    for phases, shared in ((1, (0, 6000, 0)), (3, (2000, 2000, 2000))):
        found = power.measured(phases)
        assert found is not None
        assert found[0] == shared
        assert not found.by_phase
    assert not ChargerMeter(hass, data, wiring).there
