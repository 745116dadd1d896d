"""A charging profile of somebody else lies in a wallbox: said, cleared or ignored."""

import asyncio
from collections.abc import AsyncIterator
from typing import Any

from homeassistant.components.repairs import repairs_flow_manager
from homeassistant.config_entries import ConfigEntry
from homeassistant.core import HomeAssistant
from homeassistant.data_entry_flow import FlowResultType
from homeassistant.helpers import issue_registry as ir
from homeassistant.setup import async_setup_component
import pytest

from custom_components.meters_and_chargers import ocpp_limits
from custom_components.meters_and_chargers.const import DOMAIN
from custom_components.meters_and_chargers.engine.devices.ocpp_charger import (
    foreign,
    settling,
)
from simulators.charge_point import ChargePoint
from simulators.charge_point_2 import ChargePoint2
from simulators.charge_point_profiles import of_another

from .test_ocpp import Garage, let_in, server, set_current, until

__all__ = ["server"]

# Of aiohttp's client, which only the simulated wallbox is, when a line is cut.
pytestmark = pytest.mark.parametrize("expected_lingering_timers", [True])


@pytest.fixture(params=[ChargePoint, ChargePoint2], ids=["1.6", "2.0.1"])
async def garage(
    server: ConfigEntry[Any],
    request: pytest.FixtureRequest,
    monkeypatch: pytest.MonkeyPatch,
) -> AsyncIterator[Garage]:
    """Return a wallbox of each version that is looked at soon and often."""
    monkeypatch.setattr(settling, "SETTLE_S", 0.1)
    monkeypatch.setattr(settling, "AFTER_BOOT_S", 0.1)
    monkeypatch.setattr(foreign, "LOOK_S", 0.2)
    monkeypatch.setattr(foreign, "AGAIN_S", 0.2)
    garage = Garage(server, request.param, redial_s=(0.1, 0.3))
    await garage.wallbox.start()
    yield garage
    await garage.wallbox.stop()


async def locked(hass: HomeAssistant, garage: Garage) -> ConfigEntry[Any]:
    """Return the entry of a wallbox in which 0 A of somebody else lie."""
    assert await async_setup_component(hass, "repairs", {})
    box = garage.wallbox
    box.profiles.put(1, of_another(0), box.now)
    entry = await let_in(hass, garage)
    await until(hass, garage, lambda: issue_of(hass, entry) is not None, "the issue")
    return entry


def issue_of(hass: HomeAssistant, entry: ConfigEntry[Any]) -> ir.IssueEntry | None:
    """Return what is said of it."""
    issue_id = f"foreign_profile_{entry.entry_id}"
    return ir.async_get(hass).async_get_issue(DOMAIN, issue_id)


async def chosen(hass: HomeAssistant, entry: ConfigEntry[Any], what: str) -> Any:
    """Choose in the flow of the issue, and return what comes then."""
    manager, issue = repairs_flow_manager(hass), issue_of(hass, entry)
    assert manager is not None
    assert issue is not None
    flow = await manager.async_init(DOMAIN, data={"issue_id": issue.issue_id})
    assert flow["type"] is FlowResultType.MENU
    assert flow["description_placeholders"] == issue.translation_placeholders
    return await manager.async_configure(flow["flow_id"], {"next_step_id": what})


async def submitted(hass: HomeAssistant, flow: Any) -> Any:
    """Press Submit."""
    manager = repairs_flow_manager(hass)
    assert manager is not None
    return await manager.async_configure(flow["flow_id"], {})


async def test_it_is_cleared(
    hass: HomeAssistant, garage: Garage, expected_logs: list[str]
) -> None:
    """Asked first; then all are gone, and ours holds again."""
    entry = await locked(hass, garage)
    issue = issue_of(hass, entry)
    assert issue is not None
    assert issue.is_fixable
    assert issue.translation_placeholders is not None
    assert issue.translation_placeholders["name"] == "Wallbox"
    new = isinstance(garage.wallbox, ChargePoint2)
    seen = "TxDefaultProfile 77, stackLevel 8" if new else "GetCompositeSchedule 1: 0 A"
    assert issue.translation_placeholders["found"] == seen
    flow = await chosen(hass, entry, "confirm")
    assert flow["type"] is FlowResultType.FORM
    assert garage.wallbox.profiles.kept
    flow = await submitted(hass, flow)
    assert flow["type"] is FlowResultType.CREATE_ENTRY
    assert garage.wallbox.profiles.kept == []
    assert issue_of(hass, entry) is None
    await set_current(hass, 8)
    # Beside ours: of the whole wallbox, which no level of ours can outdo.
    expected_logs.append("is no longer connected")
    maximum = of_another(0, "ChargePointMaxProfile")
    garage.wallbox.profiles.put(0, maximum, garage.wallbox.now)
    garage.wallbox.drop()
    await until(hass, garage, lambda: issue_of(hass, entry) is not None, "the issue")
    flow = await submitted(hass, await chosen(hass, entry, "confirm"))
    assert flow["type"] is FlowResultType.CREATE_ENTRY
    (kept,) = garage.wallbox.profiles.kept
    assert kept.profile["charging_profile_id"] == 1
    assert garage.wallbox.allowed_a == 8


async def test_it_is_ignored(hass: HomeAssistant, garage: Garage) -> None:
    """Also when its entry is loaded anew; it goes with the profile."""
    entry = await locked(hass, garage)
    flow = await chosen(hass, entry, "ignore")
    assert flow["reason"] == "ignored"
    assert await hass.config_entries.async_reload(entry.entry_id)
    await hass.async_block_till_done()
    issue = issue_of(hass, entry)
    assert issue is not None
    assert issue.dismissed_version is not None
    assert garage.wallbox.profiles.kept
    garage.wallbox.profiles.clear()
    await until(hass, garage, lambda: issue_of(hass, entry) is None, "its end")


async def test_it_goes_with_its_entry(hass: HomeAssistant, garage: Garage) -> None:
    """Nothing is left that could not be cleared any more."""
    entry = await locked(hass, garage)
    await hass.config_entries.async_remove(entry.entry_id)
    await hass.async_block_till_done()
    assert issue_of(hass, entry) is None


async def test_one_that_takes_its_time(
    hass: HomeAssistant, garage: Garage, monkeypatch: pytest.MonkeyPatch
) -> None:
    """That is said; it is cleared all the same, and ours put again."""
    entry = await locked(hass, garage)
    await set_current(hass, 8)
    charger = entry.runtime_data.charger
    clear, may_answer = charger.clear_all_profiles, asyncio.Event()

    async def late() -> None:
        await clear()
        await may_answer.wait()

    monkeypatch.setattr(charger, "clear_all_profiles", late)
    monkeypatch.setattr(ocpp_limits, "_PATIENCE_S", 0.1)
    flow = await submitted(hass, await chosen(hass, entry, "confirm"))
    assert flow["reason"] == "not_cleared"
    assert garage.wallbox.profiles.kept == []
    may_answer.set()
    # At once: what it draws would show in the end as well that it has none.
    await hass.async_block_till_done(wait_background_tasks=True)
    (kept,) = garage.wallbox.profiles.kept
    assert kept.profile["charging_profile_id"] == 1
    assert issue_of(hass, entry) is None


async def test_loaded_anew_while_it_takes_its_time(
    hass: HomeAssistant, garage: Garage, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It is cleared all the same, and ours put again."""
    entry = await locked(hass, garage)
    await set_current(hass, 8)
    charger = entry.runtime_data.charger
    clear, may_answer = charger.clear_all_profiles, asyncio.Event()

    async def late() -> None:
        await clear()
        await may_answer.wait()

    monkeypatch.setattr(charger, "clear_all_profiles", late)
    monkeypatch.setattr(ocpp_limits, "_PATIENCE_S", 0.1)
    flow = await submitted(hass, await chosen(hass, entry, "confirm"))
    assert flow["reason"] == "not_cleared"
    assert await hass.config_entries.async_reload(entry.entry_id)
    assert garage.wallbox.profiles.kept == []
    may_answer.set()
    await hass.async_block_till_done(wait_background_tasks=True)
    (kept,) = garage.wallbox.profiles.kept
    assert kept.profile["charging_profile_id"] == 1
    assert charger.foreign.found == ""


async def test_one_whose_clearing_is_cut_off(
    hass: HomeAssistant, garage: Garage, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Who waits for it hears that it was not done."""
    entry = await locked(hass, garage)

    async def cut_off() -> None:
        raise asyncio.CancelledError

    charger = entry.runtime_data.charger
    monkeypatch.setattr(charger, "clear_all_profiles", cut_off)
    flow = await submitted(hass, await chosen(hass, entry, "confirm"))
    assert flow["reason"] == "not_cleared"


async def test_one_that_is_away(
    hass: HomeAssistant, garage: Garage, expected_logs: list[str]
) -> None:
    """It can't be told, which is said, and the issue stays."""
    expected_logs.append("is no longer connected")
    entry = await locked(hass, garage)
    garage.wallbox.line.dials = False
    garage.wallbox.drop()
    await until(hass, garage, lambda: not entry.runtime_data.online, "the cut")
    flow = await submitted(hass, await chosen(hass, entry, "confirm"))
    assert flow["reason"] == "not_cleared"
    assert issue_of(hass, entry) is not None


async def test_none_is_there(
    hass: HomeAssistant, garage: Garage, expected_logs: list[str]
) -> None:
    """A wallbox without any, and with ours, is not spoken of."""
    expected_logs.append("is no longer connected")
    entry = await let_in(hass, garage)
    wallbox = entry.runtime_data.charger
    await until(hass, garage, lambda: wallbox.foreign.found == "", "a look")
    await set_current(hass, 8)
    wallbox.foreign.found = None
    garage.wallbox.drop()
    await until(hass, garage, lambda: wallbox.foreign.found == "", "another look")
    assert garage.wallbox.profiles.kept
    assert issue_of(hass, entry) is None
