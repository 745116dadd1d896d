"""A site and its chargers are added and changed by flows."""

from homeassistant.config_entries import SOURCE_USER, FlowType
from homeassistant.core import HomeAssistant
from homeassistant.data_entry_flow import FlowResultType

from custom_components.meters_and_chargers.const import DOMAIN
from simulators.pico import Pico

from .conftest import SetUp
from .test_config_flow import address, bounds, choose, submit
from .test_devices import value
from .test_site import ALL, MODE, PICO, set_up_site


async def start_site_flow(hass: HomeAssistant) -> str:
    """Open the flow at the site's form; returns its id."""
    result = await hass.config_entries.flow.async_init(
        DOMAIN, context={"source": SOURCE_USER}
    )
    result = await hass.config_entries.flow.async_configure(
        result["flow_id"], {"next_step_id": "site"}
    )
    assert result["step_id"] == "site"
    return result["flow_id"]


async def test_site_and_charger_are_added_by_flows(
    hass: HomeAssistant, pico: Pico, set_up_ksem: SetUp, set_up_pico: SetUp
) -> None:
    """Exactly one grid source; then the wallbox by itself; in the mode chosen."""
    await set_up_ksem()
    await set_up_pico()
    flow_id = await start_site_flow(hass)
    house = {"name": "House", "fuse_current": 25}
    result = await hass.config_entries.flow.async_configure(flow_id, house)
    assert result["errors"] == {"base": "one_grid_source"}
    for sensors, error in (
        ({"grid_export": "sensor.a"}, "import_and_export"),
        ({"grid_powers": ["sensor.a", "sensor.b"]}, "three_sensors"),
    ):
        part = {**house, "sensors": sensors}
        result = await hass.config_entries.flow.async_configure(flow_id, part)
        assert result["errors"] == {"base": error}
    house["grid_meter"] = "ksem_72345678"
    result = await hass.config_entries.flow.async_configure(flow_id, house)
    assert result["step_id"] == "sign_import"
    result = await hass.config_entries.flow.async_configure(flow_id, {"sign": "yes"})
    assert result["type"] is FlowResultType.CREATE_ENTRY
    assert set(result["data"]) == {"family", "fuse_current", "grid_meter"}
    assert result["description"] == "site"
    kind, wallbox_id = result["next_flow"]
    assert kind is FlowType.CONFIG_SUBENTRIES_FLOW
    entry = result["result"]
    await hass.async_block_till_done()

    flow_id = await start_site_flow(hass)
    result = await hass.config_entries.flow.async_configure(flow_id, house)
    assert result["reason"] == "site_exists"

    subentries = hass.config_entries.subentries
    added = subentries.async_get(wallbox_id)
    assert added["step_id"] == "user"
    form = await subentries.async_configure(wallbox_id)
    assert form["data_schema"] is not None
    assert form["data_schema"]({})["charger"] == PICO
    wallbox = {"charger": PICO, "charger_phases": [], "mode": "solar"}
    added = await subentries.async_configure(wallbox_id, wallbox)
    assert added["errors"] == {"charger_phases": "no_phase"}
    wallbox["charger_phases"] = ALL
    added = await subentries.async_configure(wallbox_id, wallbox)
    assert added["type"] is FlowResultType.CREATE_ENTRY
    await hass.async_block_till_done()
    assert value(hass, MODE) == "solar"

    added = await subentries.async_init(
        (entry.entry_id, "charger"), context={"source": SOURCE_USER}
    )
    assert added["data_schema"] is not None
    offered = added["data_schema"].schema["charger"].config["options"]
    assert [one["value"] for one in offered] == ["entities"]


async def test_the_house_follows_its_meter_and_wallbox(
    hass: HomeAssistant, pico: Pico, set_up_ksem: SetUp
) -> None:
    """Once both are there, the form of the house is what a dialog goes on with."""
    await set_up_ksem()
    result = await choose(hass, "smart_me_pico")
    result = await submit(hass, result, address(pico, **bounds()))
    result = await submit(hass, result, {"name": "Garage"})
    assert result["type"] is FlowResultType.CREATE_ENTRY
    kind, flow_id = result["next_flow"]
    assert kind is FlowType.CONFIG_FLOW
    assert hass.config_entries.flow.async_get(flow_id)["step_id"] == "site"


async def test_site_and_charger_are_changed_by_flows(
    hass: HomeAssistant, set_up_ksem: SetUp, set_up_pico: SetUp
) -> None:
    """Another fuse and another wiring are used at once."""
    await set_up_ksem()
    await set_up_pico()
    entry = await set_up_site(hass)
    result = await entry.start_reconfigure_flow(hass)
    assert result["step_id"] == "reconfigure_site"
    fuse = {"grid_meter": "ksem_72345678", "fuse_current": 35}
    both = {**fuse, "grid_power": "sensor.grid"}
    result = await hass.config_entries.flow.async_configure(result["flow_id"], both)
    assert result["errors"] == {"base": "one_grid_source"}
    result = await hass.config_entries.flow.async_configure(result["flow_id"], fuse)
    assert result["step_id"] == "sign_import"
    result = await hass.config_entries.flow.async_configure(
        result["flow_id"], {"sign": "yes"}
    )
    assert result["reason"] == "reconfigure_successful"
    await hass.async_block_till_done()
    assert entry.runtime_data._settings.fuse_ma == (35_000, 35_000, 35_000)

    subentry_id = next(iter(entry.subentries))
    changed = await entry.start_subentry_reconfigure_flow(hass, subentry_id)
    assert changed["step_id"] == "reconfigure"
    subentries = hass.config_entries.subentries
    changed = await subentries.async_configure(
        changed["flow_id"], {"charger_phases": []}
    )
    assert changed["errors"] == {"charger_phases": "no_phase"}
    changed = await subentries.async_configure(
        changed["flow_id"], {"charger_phases": ["l2"]}
    )
    assert changed["reason"] == "reconfigure_successful"
    await hass.async_block_till_done()
    assert entry.runtime_data.chargers[0].phases == (False, True, False)
    entry.runtime_data.chargers[0]._limit_ma = 6000
    assert entry.runtime_data.chargers[0].state.limit_ma in (None, (0, 6000, 0))


async def test_a_new_site_begins_with_what_is_likely(
    hass: HomeAssistant, set_up_ksem: SetUp, set_up_pico: SetUp
) -> None:
    """First in the menu once it can be made; the only meter chosen, no fuse guessed."""

    async def menu() -> list[str]:
        shown = await hass.config_entries.flow.async_init(
            DOMAIN, context={"source": SOURCE_USER}
        )
        return list(shown["menu_options"])

    await set_up_ksem()
    assert (await menu())[-1] == "site"
    await set_up_pico()
    assert (await menu())[0] == "site"
    flow_id = await start_site_flow(hass)
    form = await hass.config_entries.flow.async_configure(flow_id)
    assert form["data_schema"] is not None
    fields = {str(one): one for one in form["data_schema"].schema}
    assert {
        name: one.description["suggested_value"]
        for name, one in fields.items()
        if one.description
    } == {
        "name": hass.config.location_name,
        "grid_meter": "ksem_72345678",
        "fuse_current": "",
    }
    await set_up_site(hass)
    assert (await menu())[-1] == "site"


async def test_what_may_be_left_empty_can_be_emptied_again(
    hass: HomeAssistant, set_up_ksem: SetUp, set_up_pico: SetUp
) -> None:
    """A list could not be left again: meter and circuit are chosen from a menu."""
    await set_up_ksem()
    await set_up_pico()
    entry = await set_up_site(hass)
    form = await entry.start_reconfigure_flow(hass)
    assert form["data_schema"].schema["grid_meter"].config["mode"] == "dropdown"
    subentries = hass.config_entries.subentries
    handler = (entry.entry_id, "circuit")
    form = await subentries.async_init(handler, context={"source": SOURCE_USER})
    assert form["data_schema"].schema["grid_meter"].config["options"] == []
    await subentries.async_configure(
        form["flow_id"], {"name": "Annexe", "fuse_current": 20}
    )
    await hass.async_block_till_done()
    charger = next(
        one for one in entry.subentries.values() if one.subentry_type == "charger"
    )
    form = await entry.start_subentry_reconfigure_flow(hass, charger.subentry_id)
    more = form["data_schema"].schema["more"].schema.schema
    assert more["circuit"].config["mode"] == "dropdown"


async def test_a_section_with_something_in_it_is_open(hass: HomeAssistant) -> None:
    """Else a site with three sensors would look as if it had no meter."""
    entry = await set_up_site(hass, grid_powers=["sensor.a", "sensor.b", "sensor.c"])
    form = await entry.start_reconfigure_flow(hass)
    fields = form["data_schema"].schema
    assert fields["sensors"].options == {"collapsed": False}
    assert fields["extras"].options == {"collapsed": True}
