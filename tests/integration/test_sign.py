"""The owner checks the sign of the grid meter before a site is made."""

import asyncio

from freezegun.api import FrozenDateTimeFactory
from homeassistant.config_entries import SOURCE_RECONFIGURE, ConfigFlowResult
from homeassistant.core import HomeAssistant
from homeassistant.data_entry_flow import FlowResultType
import pytest

from custom_components.meters_and_chargers import sign_flow
from custom_components.meters_and_chargers.const import DOMAIN
from simulators.ksem import Ksem

from .conftest import SetUp
from .test_site import set_up_site
from .test_site_flows import start_site_flow

HOUSE = {"name": "House", "fuse_current": 25}
POWER = {"unit_of_measurement": "W", "device_class": "power"}
NOON, MIDNIGHT = "2026-06-21 19:00:00+00:00", "2026-06-21 08:00:00+00:00"
"""In San Diego, where the test's house stands."""


@pytest.fixture(autouse=True)
def no_waiting(monkeypatch: pytest.MonkeyPatch) -> None:
    """Look without a pause; how long is waited at most stays as it is."""
    monkeypatch.setattr(sign_flow, "LOOK_EVERY_S", 0.01)


def report(hass: HomeAssistant, watts: float, entity_id: str = "sensor.grid") -> None:
    """Let a power sensor say something."""
    hass.states.async_set(entity_id, str(watts), POWER, force_update=True)


async def choose(hass: HomeAssistant, **source: object) -> ConfigFlowResult:
    """Choose what measures the house."""
    flow_id = await start_site_flow(hass)
    return await hass.config_entries.flow.async_configure(flow_id, HOUSE | source)


async def answer(
    hass: HomeAssistant, result: ConfigFlowResult, **typed: object
) -> ConfigFlowResult:
    """Send a form, or look again at a step that goes on."""
    return await hass.config_entries.flow.async_configure(
        result["flow_id"], typed or None
    )


async def until_done(hass: HomeAssistant, result: ConfigFlowResult) -> ConfigFlowResult:
    """Wait for the end of a step that goes on, for some looks at most."""
    for _ in range(3000):
        if result["type"] is not FlowResultType.SHOW_PROGRESS:
            return result
        await asyncio.sleep(0.01)
        result = await answer(hass, result)
    raise AssertionError(result)


def both_ways(result: ConfigFlowResult, *moments: str) -> list[str]:
    """Return what was drawn and fed in at some moments of the test."""
    told = result["description_placeholders"]
    assert told is not None
    return [
        told[f"{moment}_{way}"].replace("\N{NO-BREAK SPACE}", " ")
        for moment in moments
        for way in ("drawn", "fed")
    ]


@pytest.mark.parametrize(
    ("now", "watts", "step", "likely"),
    [
        (NOON, 1240, "sign_import", "yes"),
        (NOON, -1240, "sign_export", "yes"),
        (MIDNIGHT, -1240, "sign_night", "no"),
    ],
)
async def test_the_house_is_shown_with_the_likely_answer(
    hass: HomeAssistant,
    freezer: FrozenDateTimeFactory,
    now: str,
    watts: int,
    step: str,
    likely: str,
) -> None:
    """What the meter says, in words; export at night is doubted."""
    freezer.move_to(now)
    report(hass, watts)
    result = await choose(hass, grid_power="sensor.grid")
    assert result["step_id"] == step
    assert result["description_placeholders"] == {
        "power": "1.24\N{NO-BREAK SPACE}kW",
        "phases_drawn": "\N{EN DASH}",
        "phases_fed": "\N{EN DASH}",
    }
    assert result["data_schema"] is not None
    assert result["data_schema"]({}) == {"sign": likely}
    result = await answer(hass, result, sign=likely)
    assert result["data"].get("grid_turned", False) is (likely == "no")
    await hass.async_block_till_done()
    site = result["result"].runtime_data
    assert site.last_look.state.grid.power_w == abs(watts) * (
        1 if watts > 0 else -1
    ) * (-1 if likely == "no" else 1)


async def test_a_kettle_proves_the_sign(
    hass: HomeAssistant, ksem: Ksem, set_up_ksem: SetUp
) -> None:
    """The power rises by 2 kW on L2: all is well, and the phase is named."""
    meter = await set_up_ksem()
    result = await choose(hass, grid_meter="ksem_72345678")
    assert result["step_id"] == "sign_import"
    assert result["description_placeholders"] == {
        "power": "500\N{NO-BREAK SPACE}W",
        "phases_drawn": "L1 4.3\N{NO-BREAK SPACE}A · L2 0.0\N{NO-BREAK SPACE}A",
        "phases_fed": "L3 2.2\N{NO-BREAK SPACE}A",
    }
    result = await answer(hass, result, sign="test")
    assert result["step_id"] == "sign_test"
    assert both_ways(result, "start", "now") == ["500 W", "0 W"] * 2
    ksem.set_power(1000, 2000, -500)
    await meter.runtime_data.async_refresh()
    result = await until_done(hass, result)
    assert result["step_id"] == "sign_rose"
    assert result["description_placeholders"]["phase"] == "L2"
    assert both_ways(result, "start", "now") == ["500 W", "0 W", "2.50 kW", "0 W"]
    assert result["description_placeholders"]["delta"] == "2.00\N{NO-BREAK SPACE}kW"
    result = await hass.config_entries.flow.async_configure(result["flow_id"], {})
    assert result["type"] is FlowResultType.CREATE_ENTRY
    assert "grid_turned" not in result["data"]


async def test_a_kettle_turns_a_turned_meter(hass: HomeAssistant) -> None:
    """The power falls: from now on the sign is turned, which reconfiguring keeps."""
    report(hass, -300)
    result = await choose(hass, grid_power="sensor.grid")
    result = await answer(hass, result, sign="test")
    report(hass, -2300)
    result = await until_done(hass, result)
    assert result["step_id"] == "sign_fell"
    assert both_ways(result, "start", "now") == [
        "0 W",
        "300 W",
        "0 W",
        "2.30 kW",
    ]
    assert result["description_placeholders"]["delta"] == "2.00\N{NO-BREAK SPACE}kW"
    result = await hass.config_entries.flow.async_configure(result["flow_id"], {})
    assert result["data"]["grid_turned"] is True
    entry = result["result"]
    await hass.async_block_till_done()
    assert entry.runtime_data.last_look.state.grid.power_w == 2300

    result = await hass.config_entries.flow.async_init(
        DOMAIN, context={"source": SOURCE_RECONFIGURE, "entry_id": entry.entry_id}
    )
    typed = {"fuse_current": 35, "grid_power": "sensor.grid"}
    result = await hass.config_entries.flow.async_configure(result["flow_id"], typed)
    assert result["step_id"] == "sign_import"
    result = await answer(hass, result, sign="yes")
    assert result["reason"] == "reconfigure_successful"
    assert entry.data["grid_turned"] is True
    await hass.async_block_till_done()


async def test_no_jump_asks_for_the_meter(
    hass: HomeAssistant, monkeypatch: pytest.MonkeyPatch
) -> None:
    """After the time is over the owner may try again, go on, or choose another."""
    monkeypatch.setattr(sign_flow, "TEST_S", 0)
    report(hass, 300)
    result = await choose(hass, grid_power="sensor.grid")
    result = await until_done(hass, await answer(hass, result, sign="test"))
    assert result["step_id"] == "sign_no_jump"
    assert result["menu_options"] == ["sign_test", "sign", "site"]
    result = await until_done(
        hass, await answer(hass, result, next_step_id="sign_test")
    )
    assert result["step_id"] == "sign_no_jump"
    result = await answer(hass, result, next_step_id="sign")
    assert result["step_id"] == "sign_import"
    result = await until_done(hass, await answer(hass, result, sign="test"))
    result = await answer(hass, result, next_step_id="site")
    assert result["step_id"] == "site"


async def test_silent_meter_makes_no_site(
    hass: HomeAssistant, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A site needs a value; one that comes while it is waited for is enough."""
    monkeypatch.setattr(sign_flow, "WAIT_S", 0)
    result = await until_done(hass, await choose(hass, grid_power="sensor.grid"))
    assert result["step_id"] == "site"
    assert result["errors"] == {"base": "no_grid_value"}
    monkeypatch.setattr(sign_flow, "WAIT_S", 15)
    result = await answer(hass, result, **HOUSE, grid_power="sensor.grid")
    assert result["step_id"] == "sign_look"
    report(hass, 300)
    result = await until_done(hass, result)
    assert result["step_id"] == "sign_import"


async def test_the_time_that_is_left_is_counted_down(
    hass: HomeAssistant, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whoever waits for a silent meter sees it pass, until the meter speaks."""
    monkeypatch.setattr(sign_flow, "WAIT_S", 300)
    result = await choose(hass, grid_power="sensor.grid")
    for _ in range(3000):
        assert result["step_id"] == "sign_look"
        assert result["description_placeholders"] is not None
        if int(result["description_placeholders"]["left"]) < 300:
            break
        await asyncio.sleep(0.01)
        result = await answer(hass, result)
    else:
        raise AssertionError(result)
    report(hass, 300)
    result = await until_done(hass, result)
    assert result["step_id"] == "sign_import"


async def test_silent_meter_does_not_keep_from_changing_the_fuse(
    hass: HomeAssistant, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The same meter keeps its sign; another one must show a value."""
    monkeypatch.setattr(sign_flow, "WAIT_S", 0)
    entry = await set_up_site(
        hass, grid_power="sensor.grid", grid_turned=True, fuse_current=25
    )
    typed = {"fuse_current": 16, "grid_power": "sensor.other"}
    result = await entry.start_reconfigure_flow(hass)
    result = await hass.config_entries.flow.async_configure(result["flow_id"], typed)
    result = await until_done(hass, result)
    assert result["errors"] == {"base": "no_grid_value"}
    typed["grid_power"] = "sensor.grid"
    result = await hass.config_entries.flow.async_configure(result["flow_id"], typed)
    result = await until_done(hass, result)
    assert result["reason"] == "reconfigure_successful"
    assert entry.data["fuse_current"] == 16
    assert entry.data["grid_turned"] is True
    await hass.async_block_till_done()


async def test_closed_dialog_lets_go_of_the_meter(
    hass: HomeAssistant, set_up_ksem: SetUp
) -> None:
    """Nobody follows the meter any more."""
    meter = await set_up_ksem()
    before = len(meter.runtime_data._followers)
    result = await choose(hass, grid_meter="ksem_72345678")
    assert len(meter.runtime_data._followers) == before + 1
    result = await answer(hass, result, sign="test")
    hass.config_entries.flow.async_abort(result["flow_id"])
    await hass.async_block_till_done()
    assert len(meter.runtime_data._followers) == before
