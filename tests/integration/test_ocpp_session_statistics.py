"""Statistics of charging sessions in a real recorder."""

from datetime import timedelta
from typing import Any

from homeassistant.components.recorder import Recorder
from homeassistant.components.recorder.statistics import (
    list_statistic_ids,
    statistics_during_period,
)
from homeassistant.config_entries import ConfigEntry
from homeassistant.core import HomeAssistant
from homeassistant.util import dt as dt_util
import pytest
from pytest_homeassistant_custom_component.common import async_fire_time_changed
from pytest_homeassistant_custom_component.components.recorder.common import (
    async_wait_recording_done,
)

from custom_components.meters_and_chargers.const import DOMAIN
from custom_components.meters_and_chargers.engine.journal import Journal, Start, Stop

from .test_ocpp import Garage, charging, garage, server
from .test_ocpp_session_log import NOON, log, sessions

__all__ = ["garage", "log", "server"]


@pytest.fixture(autouse=True)
def auto_enable_custom_integrations(
    recorder_mock: Recorder, enable_custom_integrations: None
) -> None:
    """Let Home Assistant have a recorder before anything else."""


async def statistics(hass: HomeAssistant) -> dict[str, list[tuple[int, float]]]:
    """Return each statistic of ours: hours since noon, and its sum; kWh."""
    await async_wait_recording_done(hass)

    def read() -> dict[str, list[Any]]:
        ids = {
            one["statistic_id"]
            for one in list_statistic_ids(hass)
            if one["source"] == DOMAIN
        }
        return dict(
            statistics_during_period(
                hass, NOON - timedelta(days=9), None, ids, "hour", None, {"sum"}
            )
        )

    found = await hass.async_add_executor_job(read)
    return {
        key.removeprefix(f"{DOMAIN}:"): [
            (round((row["start"] - NOON.timestamp()) / 3600), round(row["sum"], 3))
            for row in rows
        ]
        for key, rows in found.items()
    }


async def refresh(hass: HomeAssistant, hours: int) -> None:
    """Let another hour begin, each time a later one."""
    now = dt_util.utcnow() + timedelta(hours=hours)
    async_fire_time_changed(hass, now.replace(minute=1, second=31))
    await hass.async_block_till_done(wait_background_tasks=True)


async def test_statistics(
    hass: HomeAssistant,
    log: Journal,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """By wallbox and by card, hourly, counted once however often it is looked."""
    expected = {
        "wallbox_energy_garage": [(0, 2.667), (1, 4.0), (48, 6.667), (49, 8.0)],
        "wallbox_energy_gone": [(24, 2.667), (25, 4.0)],
        "card_energy_cc": [(0, 2.667), (1, 4.0)],
        "card_energy_home_assistant": [(24, 2.667), (25, 4.0)],
    }
    for hours in (1, 2):
        await refresh(hass, hours)
        assert await statistics(hass) == expected
    # A wallbox sends an older session late: all sums after it are others.
    start = Start(
        charger="GARAGE",
        connector=1,
        id_tag="04AABBCC",
        meter_start_wh=0,
        time=NOON + timedelta(hours=5),
    )
    number = (await log.start_transaction(start)).transaction.id
    end = NOON + timedelta(hours=5, minutes=30)
    await log.stop_transaction(
        Stop(charger="GARAGE", wire_id=number, meter_stop_wh=1000, time=end)
    )
    await refresh(hass, 3)
    expected["card_energy_cc"].append((5, 5.0))
    expected["wallbox_energy_garage"][2:] = [(5, 5.0), (48, 7.667), (49, 9.0)]
    assert await statistics(hass) == expected
    # A card that is called otherwise has all that it ever took.
    monkeypatch.setattr(
        "custom_components.meters_and_chargers.session_statistics.label_of",
        lambda _, tag: "Anna" if tag.startswith("04") else "",
    )
    await refresh(hass, 4)
    assert (await statistics(hass))["card_energy_anna"] == [
        (0, 2.667),
        (1, 4.0),
        (5, 5.0),
    ]


async def test_statistics_follow_an_end(
    hass: HomeAssistant,
    server: ConfigEntry[Any],
    garage: Garage,
) -> None:
    """Soon after a session, without waiting for the hour."""
    await charging(hass, garage)
    await garage.live(60)
    switch = {"entity_id": "switch.wallbox_charging"}
    await hass.services.async_call("switch", "turn_off", switch, blocking=True)
    journal = server.runtime_data.listener.journal
    for _ in range(500):
        await garage.live(1)
        if not await journal.open_transactions("GARAGE/1"):
            break
    await hass.async_block_till_done()
    async_fire_time_changed(hass, dt_util.utcnow() + timedelta(seconds=11))
    await hass.async_block_till_done(wait_background_tasks=True)
    found = await statistics(hass)
    (session,) = (await sessions(hass))["sessions"]
    ((_, total),) = found["wallbox_energy_garage_1"]
    assert total == pytest.approx(session["energy"], abs=0.001)
