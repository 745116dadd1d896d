"""What the owner of a site changes in its options is used at once, without a reload."""

from homeassistant.config_entries import ConfigEntryState
from homeassistant.core import HomeAssistant
from homeassistant.data_entry_flow import FlowResultType, InvalidData
import pytest

from custom_components.meters_and_chargers.engine.charging import Settings

from .conftest import SetUp
from .test_site import choose_mode, set_up_site

TIMING = {
    "start_delay": 60,
    "stop_delay": 180,
    "min_on": 300,
    "min_off": 120,
    "phase_up": 300,
    "phase_down": 180,
    "most_starts": 40,
    "most_phase_changes": 20,
    "dead_band": 3,
    "residual_power": 50,
    "margin_current": 1,
    "failsafe_current": 10,
    "observe": False,
    "on_stop": "failsafe",
}
LIMITS = {"power_cap": 0, "unbalance_limit": 0, "unbalance_base": True}
BATTERY = {"battery_first": 0, "battery_buffer": 100, "battery_discharge": False}
USUAL = {"timing": TIMING, "limits": LIMITS, "battery": BATTERY}
EMPTY: dict[str, dict[str, float]] = {"timing": {}, "limits": {}, "battery": {}}


async def test_times_and_limits_are_options(
    hass: HomeAssistant, set_up_ksem: SetUp, set_up_pico: SetUp
) -> None:
    """The form shows what holds; what is changed is used, and nothing is reloaded."""
    await set_up_ksem()
    await set_up_pico()
    entry = await set_up_site(hass)
    site = entry.runtime_data
    usual = site._settings
    assert usual == Settings(fuse_ma=usual.fuse_ma, chargers=())
    form = await hass.config_entries.options.async_init(entry.entry_id)
    assert form["step_id"] == "site"
    assert form["data_schema"] is not None
    assert form["data_schema"](EMPTY) == USUAL
    with pytest.raises(InvalidData):
        await hass.config_entries.options.async_configure(
            form["flow_id"], USUAL | {"timing": TIMING | {"failsafe_current": 13}}
        )
    wanted = {
        "timing": TIMING
        | {"start_delay": 20, "margin_current": 1.5, "observe": True}
        | {"most_starts": 6, "most_phase_changes": 4, "dead_band": 0.5},
        "limits": LIMITS | {"power_cap": 9000, "unbalance_limit": 20},
        "battery": BATTERY | {"battery_first": 60},
    }
    result = await hass.config_entries.options.async_configure(form["flow_id"], wanted)
    assert result["type"] is FlowResultType.CREATE_ENTRY
    await hass.async_block_till_done()
    assert entry.state is ConfigEntryState.LOADED
    assert entry.runtime_data is site
    look = site.last_look
    assert look is not None
    assert look.settings.start_delay_ms == 20_000
    assert look.settings.margin_ma == 1_500
    assert look.settings.observe
    assert look.settings.most_starts == 6
    assert look.settings.most_phase_changes == 4
    assert look.settings.dead_band_ma == 500
    assert look.settings.power_cap_w == 9_000
    assert look.settings.unbalance_ma == 20_000
    assert look.settings.unbalance_counts_base
    assert look.settings.battery_first_percent == 60
    assert look.settings.stop_delay_ms == usual.stop_delay_ms
    form = await hass.config_entries.options.async_init(entry.entry_id)
    assert form["data_schema"] is not None
    assert form["data_schema"](EMPTY) == wanted


async def test_changed_option_keeps_what_the_site_remembers(
    hass: HomeAssistant, set_up_ksem: SetUp, set_up_pico: SetUp
) -> None:
    """Mode and memory outlive an option, a 0 ends a limit; a new fuse reloads."""
    await set_up_ksem()
    await set_up_pico()
    entry = await set_up_site(hass, options={"power_cap": 5000})
    site = entry.runtime_data
    await choose_mode(hass, "fast")
    started = site._memory.grid.started_at_ms
    assert started is not None
    assert site._settings.power_cap_w == 5000
    hass.config_entries.async_update_entry(entry, options={"power_cap": 0})
    await hass.async_block_till_done()
    assert entry.runtime_data is site
    assert site._settings.power_cap_w is None
    assert site._memory.grid.started_at_ms == started
    hass.config_entries.async_update_entry(
        entry, data={**entry.data, "fuse_current": 35}
    )
    await hass.async_block_till_done()
    assert entry.runtime_data is not site
    assert entry.runtime_data.house.rating_ma == (35_000, 35_000, 35_000)


async def test_safe_current_follows_a_smaller_fuse(
    hass: HomeAssistant, set_up_ksem: SetUp
) -> None:
    """A form that was right for a larger fuse can still be opened and sent."""
    await set_up_ksem()
    entry = await set_up_site(
        hass,
        grid_power="sensor.grid",
        fuse_current=16,
        options={"failsafe_current": 12},
    )
    form = await hass.config_entries.options.async_init(entry.entry_id)
    assert form["data_schema"] is not None
    assert form["data_schema"](EMPTY)["timing"]["failsafe_current"] == 8
