"""What Home Assistant's system information says about us."""

import re
from typing import Any

from homeassistant.config_entries import ConfigEntry
from homeassistant.core import HomeAssistant
from homeassistant.setup import async_setup_component
import pytest
from pytest_homeassistant_custom_component.common import get_system_health_info

from custom_components.meters_and_chargers.const import DOMAIN
from custom_components.meters_and_chargers.engine.journal import Journal, JournalError
from simulators.ksem import Ksem

from .conftest import SetUp
from .test_ocpp import Garage, charging, garage, server
from .test_site import set_up_site

__all__ = ["garage", "server"]


async def info(hass: HomeAssistant) -> dict[str, Any]:
    """Return what is shown."""
    assert await async_setup_component(hass, "system_health", {})
    await hass.async_block_till_done()
    found: dict[str, Any] = await get_system_health_info(hass, DOMAIN)
    return found


async def test_devices_that_answer_are_counted(
    hass: HomeAssistant,
    ksem: Ksem,
    set_up_ksem: SetUp,
    set_up_pico: SetUp,
    expected_logs: list[str],
) -> None:
    """Two of two, and one when the meter is gone."""
    expected_logs.append("Grid meter")
    meter = await set_up_ksem()
    await set_up_pico()
    await set_up_site(hass)
    assert await info(hass) == {
        "devices": "2 / 2",
        "sites": "1 / 1",
        "ocpp_servers": "0 / 0",
        "ocpp_chargers": "0 / 0",
        "journal": "-",
    }
    await ksem.stop()
    await meter.runtime_data.async_refresh()
    assert (await info(hass))["devices"] == "1 / 2"


async def test_wallboxes_and_the_journal(
    hass: HomeAssistant,
    garage: Garage,
    server: ConfigEntry[Any],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Connected of known; a journal that can't be written is a failure."""
    await charging(hass, garage)
    found = await info(hass)
    assert (found["ocpp_servers"], found["ocpp_chargers"]) == ("1 / 1", "1 / 1")
    assert re.fullmatch(r"\d\.\d\d\N{NO-BREAK SPACE}MB", found["journal"])
    hass.config.language = "de"
    assert re.fullmatch(r"\d,\d\d\N{NO-BREAK SPACE}MB", (await info(hass))["journal"])

    async def broken(*_: object) -> None:
        raise JournalError("nothing was recorded")

    monkeypatch.setattr(Journal, "known_charger", broken)
    assert (await info(hass))["journal"] == {"type": "failed", "error": "not writable"}
    await hass.config_entries.async_unload(server.entry_id)
    assert (await info(hass))["ocpp_servers"] == "0 / 1"
