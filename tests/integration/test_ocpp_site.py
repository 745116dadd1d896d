"""A site charges a car at an OCPP wallbox."""

from typing import Any, cast

from homeassistant.config_entries import ConfigEntry, ConfigSubentryData
from homeassistant.const import ATTR_ENTITY_ID
from homeassistant.core import HomeAssistant
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry

from custom_components.meters_and_chargers.const import DOMAIN
from simulators.charge_point_session import SWITCHES_PHASES
from simulators.ksem import Ksem

from .conftest import SetUp
from .test_devices import value
from .test_ocpp import CURRENT, Garage, charging, garage, server, until

__all__ = ["garage", "server"]


async def set_up_site(
    hass: HomeAssistant, mode: str, phases: tuple[str, ...] = ("l1", "l2", "l3")
) -> ConfigEntry[Any]:
    """Set up a site with the simulated meter and the wallbox."""
    site = MockConfigEntry(
        domain=DOMAIN,
        title="House",
        unique_id="site_1",
        data={"family": "site", "fuse_current": 25, "grid_meter": "ksem_72345678"},
        subentries_data=[
            ConfigSubentryData(
                data={
                    "charger": "ocpp_charger_GARAGE/1",
                    "charger_phases": list(phases),
                    "mode": mode,
                },
                subentry_type="charger",
                title="Wallbox",
                unique_id="ocpp_charger_GARAGE/1",
            )
        ],
    )
    site.add_to_hass(hass)
    await hass.config_entries.async_setup(site.entry_id)
    await hass.async_block_till_done()
    return site


async def test_site_steers_a_wallbox(
    hass: HomeAssistant, garage: Garage, ksem: Ksem, set_up_ksem: SetUp
) -> None:
    """A connector is a charger of a site like any other; off pauses its car."""
    await set_up_ksem()
    await charging(hass, garage)
    site = await set_up_site(hass, "off")
    await until(
        hass,
        garage,
        lambda: not garage.house.cars[0].current_a and value(hass, CURRENT) == "0.0",
        "a car that pauses, and its current",
    )
    assert garage.wallbox.transaction is not None
    look = site.runtime_data.last_look
    assert look.state.chargers[0].measured_ma is not None
    assert look.state.chargers[0].measures_phases
    # What the wallbox would not write, the site must not wait for.
    assert look.settings.chargers[0].least_change_ma == 500
    assert await hass.config_entries.async_unload(site.entry_id)


@pytest.mark.parametrize(
    ("wired", "count"),
    [(("l1", "l2", "l3"), 1), (("l1", "l2"), 3)],
    ids=["one", "all of two"],
)
async def test_site_chooses_its_phases(
    hass: HomeAssistant,
    garage: Garage,
    ksem: Ksem,
    set_up_ksem: SetUp,
    wired: tuple[str, ...],
    count: int,
) -> None:
    """A wallbox that says it can switch them is told, and the choice is offered."""
    garage.wallbox.configuration[SWITCHES_PHASES] = "true"
    await set_up_ksem()
    entry = await charging(hass, garage)
    charger = entry.runtime_data.charger
    # Before it has taken a limit nobody knows whether one can name phases.
    assert not charger.switches_phases
    await charger.set_limit(1, 0)
    await until(hass, garage, lambda: charger.switches_phases, "its word")
    site = await set_up_site(hass, "fast", wired)
    await until(
        hass, garage, lambda: hass.states.get("select.wallbox_phases"), "the choice"
    )
    await hass.services.async_call(
        "select",
        "select_option",
        {ATTR_ENTITY_ID: "select.wallbox_phases", "option": str(count)},
        blocking=True,
    )

    def told() -> set[int | None]:
        """Return for how many phases the limits are that it holds."""
        return {
            period.get("number_phases")
            for one in garage.wallbox.profiles.kept
            for period in one.profile["charging_schedule"]["charging_schedule_period"]
        }

    (steered,) = site.runtime_data.chargers
    await until(
        hass,
        garage,
        lambda: told() == {count} and steered.state.phases == count,
        "its phases",
    )
    assert garage.house.cars[0].phases == count
    assert await hass.config_entries.async_unload(site.entry_id)


async def test_log_tells_how_much_was_from_the_sun(
    hass: HomeAssistant, garage: Garage, ksem: Ksem, set_up_ksem: SetUp
) -> None:
    """What the site counts of its wallbox's session stands in the log, and adds up."""
    await set_up_ksem()
    await charging(hass, garage)
    site = await set_up_site(hass, "fast")
    (charger,) = site.runtime_data.chargers
    # So much that what the site itself counts meanwhile is nothing beside it.
    for wh, share in ((30_000, 1.0), (10_000, 0.0)):
        charger.note_sun(wh, share)
        answer = await hass.services.async_call(
            DOMAIN, "get_sessions", {}, blocking=True, return_response=True
        )
    assert answer is not None
    (session,) = cast("list[dict[str, Any]]", answer["sessions"])
    assert (session["running"], session["sun_share"]) == (True, 75)
    assert charger.sun.percent == 75
    assert await hass.config_entries.async_unload(site.entry_id)


async def test_target_ends_the_session_which_the_wallbox_counts(
    hass: HomeAssistant, garage: Garage, ksem: Ksem, set_up_ksem: SetUp
) -> None:
    """A wallbox that counts is offered a target, and pauses its car when it has it."""
    await set_up_ksem()
    await charging(hass, garage)
    site = await set_up_site(hass, "fast")
    charger = site.runtime_data.chargers[0]
    assert value(hass, "number.wallbox_target_energy") == "0.0"
    assert value(hass, "sensor.wallbox_reason") != "target"
    await until(
        hass, garage, lambda: (charger.state.session_wh or 0) >= 100, "some energy"
    )
    await hass.services.async_call(
        "number",
        "set_value",
        {ATTR_ENTITY_ID: "number.wallbox_target_energy", "value": 0.1},
        blocking=True,
    )
    assert value(hass, "sensor.wallbox_reason") == "target"
    await until(
        hass, garage, lambda: not garage.house.cars[0].current_a, "a car that pauses"
    )
    assert garage.wallbox.transaction is not None
    garage.house.cars[0].connected = False
    await until(hass, garage, lambda: charger.state.session_wh == 0, "an end")
    site.runtime_data.look()
    assert value(hass, "sensor.wallbox_reason") != "target"
    assert await hass.config_entries.async_unload(site.entry_id)
