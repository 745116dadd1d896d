"""What an OCPP wallbox measures, by the option of its entry."""

from homeassistant.config_entries import ConfigEntry
from homeassistant.core import HomeAssistant
from homeassistant.data_entry_flow import FlowResultType
from homeassistant.helpers import issue_registry as ir
import pytest

from custom_components.meters_and_chargers.const import DOMAIN
from custom_components.meters_and_chargers.ocpp_wallbox import ChargerHub

from .test_ocpp import Garage, garage, knocks, open_options, server, until
from .test_ocpp_actions import act, entry, said

__all__ = ["entry", "garage", "server"]


async def choose(
    hass: HomeAssistant, entry: ConfigEntry[ChargerHub], seconds: int
) -> None:
    """Set *Measure every* in the options."""
    form = await open_options(hass, entry)
    form = await hass.config_entries.options.async_configure(
        form["flow_id"],
        {"fallback": False, "fallback_current": 6, "meter_interval": seconds},
    )
    assert form["type"] is FlowResultType.CREATE_ENTRY
    await hass.async_block_till_done()


async def test_the_option_tells_the_wallbox(
    hass: HomeAssistant, garage: Garage, entry: ConfigEntry[ChargerHub]
) -> None:
    """It is written at once and kept after a boot; 0 leaves the wallbox alone."""
    kept = garage.wallbox.configuration
    await until(
        hass, garage, lambda: bool(entry.runtime_data.charger.settings), "settings"
    )
    kept["MeterValuesSampledData"] = "Voltage"
    await choose(hass, entry, 0)
    assert "meter_interval" not in entry.options
    assert said(garage, "ChangeConfiguration") == []
    await choose(hass, entry, 30)
    await until(
        hass, garage, lambda: kept["MeterValueSampleInterval"] == "30", "interval"
    )
    await choose(hass, entry, 0)
    assert "meter_interval" not in entry.options
    assert kept["MeterValueSampleInterval"] == "30"


@pytest.mark.parametrize("expected_logs", [["no longer connected"]])
async def test_a_restart_that_is_needed_is_an_issue(
    hass: HomeAssistant, garage: Garage, entry: ConfigEntry[ChargerHub]
) -> None:
    """Its owner restarts it, and the issue goes."""
    issues, issue_id = ir.async_get(hass), f"restart_needed_{entry.entry_id}"
    await until(
        hass, garage, lambda: bool(entry.runtime_data.charger.settings), "settings"
    )
    garage.wallbox.upkeep.acts_after_restart = True
    await choose(hass, entry, 30)
    await until(
        hass,
        garage,
        lambda: issues.async_get_issue(DOMAIN, issue_id) is not None,
        "an issue",
    )
    assert said(garage, "Reset") == []
    await act(hass, entry, "restart")
    await until(
        hass,
        garage,
        lambda: issues.async_get_issue(DOMAIN, issue_id) is None,
        "no issue",
    )


@pytest.mark.parametrize(
    ("typed", "options"), [({"measure": True}, {"meter_interval": 10}), ({}, {})]
)
async def test_who_lets_it_in_chooses_what_it_measures(
    hass: HomeAssistant,
    garage: Garage,
    typed: dict[str, bool],
    options: dict[str, int],
) -> None:
    """The form says so; off, which it is at first, writes nothing to the wallbox."""
    kept = garage.wallbox.configuration
    kept["MeterValuesSampledData"] = "Voltage"
    await until(hass, garage, lambda: bool(knocks(hass)), "knock")
    (flow,) = knocks(hass)
    result = await hass.config_entries.flow.async_configure(
        flow["flow_id"], {"name": "Wallbox", "maximum_current": 16, **typed}
    )
    entry: ConfigEntry[ChargerHub] = result["result"]
    assert entry.options == options
    await hass.async_block_till_done()
    charger = entry.runtime_data.charger
    await until(hass, garage, lambda: bool(charger.settings), "settings")
    if typed:
        await until(
            hass,
            garage,
            lambda: "Current.Import" in kept["MeterValuesSampledData"],
            "measurands",
        )
    else:
        await garage.live(20)
        assert said(garage, "ChangeConfiguration") == []
