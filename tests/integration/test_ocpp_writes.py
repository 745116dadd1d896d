"""How often a wallbox is told what it may store is counted, and said where often."""

from collections.abc import AsyncIterator
from datetime import timedelta
from typing import Any

from homeassistant.config_entries import ConfigEntry
from homeassistant.core import HomeAssistant
from homeassistant.helpers import issue_registry as ir
from homeassistant.util import dt as dt_util
import pytest

from custom_components.meters_and_chargers import ocpp_writes
from custom_components.meters_and_chargers.const import DOMAIN
from simulators.charge_point import ChargePoint
from simulators.charge_point_2 import ChargePoint2

from .test_devices import value
from .test_ocpp import Garage, charging, server

__all__ = ["server"]

COUNT = "sensor.wallbox_stored_limits_today"


@pytest.fixture(params=[ChargePoint, ChargePoint2], ids=["1.6", "2.0.1"])
async def garage(
    server: ConfigEntry[Any], request: pytest.FixtureRequest
) -> AsyncIterator[Garage]:
    """Return a wallbox of each version that dials the server."""
    garage = Garage(server, request.param, redial_s=(0.1, 0.3))
    await garage.wallbox.start()
    yield garage
    await garage.wallbox.stop()


async def put(entry: ConfigEntry[Any], ampere: float, purpose: str) -> None:
    """Send the wallbox a profile."""
    profile = {
        "chargingProfileId": 7,
        "stackLevel": 1,
        "chargingProfilePurpose": purpose,
        "chargingProfileKind": "Relative",
        "chargingSchedule": {
            "chargingRateUnit": "A",
            "chargingSchedulePeriod": [{"startPeriod": 0, "limit": ampere}],
        },
    }
    charger = entry.runtime_data.charger
    transaction = charger.connector(1).transaction
    if purpose == "TxProfile":
        profile["transactionId"] = transaction
    await charger.set_charging_profile(
        {"connectorId": 1, "csChargingProfiles": profile}
    )


async def test_what_it_may_store_is_counted(
    hass: HomeAssistant,
    garage: Garage,
    issue_registry: ir.IssueRegistry,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Over a reload; too many are an issue, which is gone with the day."""
    monkeypatch.setattr(ocpp_writes, "MANY_WRITES", 2)
    entry = await charging(hass, garage)
    assert value(hass, COUNT) == "0"
    await put(entry, 10, "TxDefaultProfile")
    await put(entry, 11, "TxProfile")
    assert value(hass, COUNT) == "1"
    assert await hass.config_entries.async_reload(entry.entry_id)
    await hass.async_block_till_done()
    assert value(hass, COUNT) == "1"
    await put(entry, 12, "TxDefaultProfile")
    issue_id = f"many_profiles_{entry.entry_id}"
    assert issue_registry.async_get_issue(DOMAIN, issue_id) is None
    await put(entry, 13, "TxDefaultProfile")
    assert value(hass, COUNT) == "3"
    issue = issue_registry.async_get_issue(DOMAIN, issue_id)
    assert issue is not None
    assert issue.translation_placeholders == {"name": "Wallbox", "most": "2"}
    tomorrow = dt_util.start_of_local_day() + timedelta(days=1, seconds=1)
    monkeypatch.setattr(ocpp_writes, "_today", lambda: tomorrow.date().isoformat())
    # Not by Home Assistant's clock: that would ring every timer of the sockets, too.
    entry.runtime_data.writes._midnight(tomorrow)
    await hass.async_block_till_done()
    assert value(hass, COUNT) == "0"
    assert issue_registry.async_get_issue(DOMAIN, issue_id) is None
