"""A site: from the grid meter's sample to the charger's limit."""

import asyncio
from collections.abc import Callable
from datetime import timedelta
import logging
from typing import Any

from homeassistant.components.select import SERVICE_SELECT_OPTION
from homeassistant.config_entries import ConfigEntry, ConfigSubentryData
from homeassistant.const import (
    ATTR_ENTITY_ID,
    EVENT_STATE_CHANGED,
    STATE_UNAVAILABLE,
)
from homeassistant.core import HomeAssistant, State
from homeassistant.helpers import device_registry as dr
from homeassistant.helpers import entity_registry as er
from pymodbus.constants import ExcCodes
import pytest
from pytest_homeassistant_custom_component.common import (
    MockConfigEntry,
    async_capture_events,
    mock_restore_cache,
)

from custom_components.meters_and_chargers import registry
from custom_components.meters_and_chargers.const import DOMAIN
from custom_components.meters_and_chargers.controller import SiteController
from custom_components.meters_and_chargers.coordinator import DeviceCoordinator
from custom_components.meters_and_chargers.engine.charging import Mode, Reason
from custom_components.meters_and_chargers.engine.model import (
    Point,
    Quantity,
    Setpoint,
)
from simulators.ksem import Ksem
from simulators.pico import Pico
from tests.conftest import OURS
from tests.links import all_closed

from .conftest import SetUp
from .test_devices import poll, value

MODE = "select.garage_mode"
METER = "sensor.grid_meter_power"
PICO = "smart_me_pico_7002702"
ALL = ["l1", "l2", "l3"]


async def set_up_site(hass: HomeAssistant, **data: Any) -> ConfigEntry[SiteController]:
    """Set up a site with the simulated meter and the simulated station."""
    key = data.pop("charger", PICO)
    charger = {"charger": key, "charger_phases": ALL, "mode": "off"}
    options = data.pop("options", {})
    meter = data.pop("charger_meter", None)
    if meter:
        charger["charger_meter"] = meter
    entry = MockConfigEntry(
        domain=DOMAIN,
        title="House",
        unique_id="site_1",
        data={
            "family": "site",
            "fuse_current": 25,
            **(data or {"grid_meter": "ksem_72345678"}),
        },
        options=options,
        subentries_data=[
            ConfigSubentryData(
                data=charger, subentry_type="charger", title="Garage", unique_id=PICO
            )
        ],
    )
    entry.add_to_hass(hass)
    await hass.config_entries.async_setup(entry.entry_id)
    await hass.async_block_till_done()
    return entry


async def choose_mode(hass: HomeAssistant, mode: str) -> None:
    """Choose a mode as the user does."""
    await hass.services.async_call(
        "select",
        SERVICE_SELECT_OPTION,
        {ATTR_ENTITY_ID: MODE, "option": mode},
        blocking=True,
    )
    await hass.async_block_till_done(wait_background_tasks=True)


async def written(
    hass: HomeAssistant, pico: Pico, wanted: Callable[[int], bool]
) -> bool:
    """Poll until such a limit was written, for some seconds at most."""
    for _ in range(120):
        if pico.dynamic_ma is not None and wanted(pico.dynamic_ma):
            return True
        await poll(hass)
        await asyncio.sleep(0.25)
    return False


def reason(entry: ConfigEntry[SiteController]) -> Reason:
    """Return why the charger gets what it gets."""
    look = entry.runtime_data.last_look
    assert look is not None
    return look.decision.reasons[PICO].reason


async def test_fast_mode_writes_a_limit_and_off_ends_it(
    hass: HomeAssistant, pico: Pico, set_up_ksem: SetUp, set_up_pico: SetUp
) -> None:
    """Two fresh samples, then at least the minimum; off is written at once."""
    await set_up_ksem()
    await set_up_pico()
    entry = await set_up_site(hass)
    await choose_mode(hass, "fast")
    assert reason(entry) is Reason.WARM_UP
    assert await written(hass, pico, lambda ma: ma >= 6000)
    assert value(hass, "number.garage_charging_current") == f"{pico.dynamic_ma / 1000}"
    await choose_mode(hass, "off")
    assert await written(hass, pico, lambda ma: ma == 0)
    assert reason(entry) is Reason.OFF


async def test_full_fuse_gives_nothing(
    hass: HomeAssistant, ksem: Ksem, pico: Pico, set_up_ksem: SetUp, set_up_pico: SetUp
) -> None:
    """A house that fills L1 leaves no room for three phases."""
    ksem.set_power(230 * 24, 0, 0)
    await set_up_ksem()
    await set_up_pico()
    await set_up_site(hass)
    await choose_mode(hass, "fast")
    for _ in range(4):
        await poll(hass)
    assert not any(pdu[-4:] != bytes(4) for pdu in pico.write_pdus)


async def test_mode_stands_on_the_wallboxs_own_page(
    hass: HomeAssistant,
    set_up_ksem: SetUp,
    set_up_pico: SetUp,
    device_registry: dr.DeviceRegistry,
    entity_registry: er.EntityRegistry,
) -> None:
    """The owner sees one wallbox, not two."""
    await set_up_ksem()
    wallbox = await set_up_pico()
    await set_up_site(hass)
    found = entity_registry.async_get(MODE)
    assert found is not None
    device = device_registry.async_get_device_by_identifier(
        (DOMAIN, PICO), wallbox.entry_id
    )
    assert device is not None
    assert found.device_id == device.id
    state = hass.states.get(MODE)
    assert state is not None
    assert state.attributes["options"] == ["off", "solar", "min_solar", "fast"]


async def test_mode_goes_on_after_a_restart(
    hass: HomeAssistant, set_up_ksem: SetUp, set_up_pico: SetUp
) -> None:
    """The mode chosen last holds, not the one of the set-up."""
    mock_restore_cache(hass, [State(MODE, "fast")])
    await set_up_ksem()
    await set_up_pico()
    entry = await set_up_site(hass)
    assert value(hass, MODE) == "fast"
    assert entry.runtime_data.chargers[0].mode is Mode.FAST


async def test_absent_devices_are_offline_and_join_later(
    hass: HomeAssistant,
    ksem: Ksem,
    pico: Pico,
    set_up_ksem: SetUp,
    set_up_pico: SetUp,
) -> None:
    """A site starts without its meter and charger and takes them when they come."""
    entry = await set_up_site(hass)
    controller = entry.runtime_data
    controller.look()
    assert reason(entry) is Reason.CHARGER_OFFLINE
    assert controller.last_look is not None
    assert controller.last_look.state.grid is None
    meter = await set_up_ksem()
    await set_up_pico()
    controller.look()
    assert controller.last_look.state.grid is not None
    assert controller.last_look.state.grid.power_w == 500
    assert controller.last_look.state.grid.currents_ma == (4348, 0, -2174)
    assert controller.last_look.state.chargers[0].online
    await hass.config_entries.async_unload(meter.entry_id)
    await hass.async_block_till_done()
    assert await all_closed(ksem)
    await poll(hass)
    assert controller.last_look.state.grid is not None


async def test_meter_is_read_at_the_pace_of_the_fuse(
    hass: HomeAssistant, ksem: Ksem, set_up_ksem: SetUp
) -> None:
    """Each second while a site needs it; its entities are written as before."""
    meter = await set_up_ksem()
    coordinator: DeviceCoordinator = meter.runtime_data
    assert coordinator.update_interval == timedelta(seconds=2)
    site = await set_up_site(hass)
    assert coordinator.update_interval == timedelta(seconds=1)
    assert coordinator.period_s(Point(Quantity.POWER)) == 1
    site.runtime_data.look()
    assert site.runtime_data.last_look is not None
    assert site.runtime_data.last_look.settings.grid_period_ms == 1000
    polls, written = coordinator.polls, async_capture_events(hass, EVENT_STATE_CHANGED)
    for watts in range(1000, 1007):
        ksem.set_power(watts, 0, 0)
        polled = asyncio.Event()
        unfollow = coordinator.async_follow(polled.set)
        await polled.wait()
        unfollow()
    states = [one for one in written if one.data["entity_id"] == METER]
    assert 0 < len(states) < coordinator.polls - polls
    await hass.config_entries.async_unload(site.entry_id)
    assert coordinator.update_interval == timedelta(seconds=2)
    assert coordinator.interval_s == 2


async def test_pace_which_the_owner_chose_stays(
    hass: HomeAssistant, set_up_ksem: SetUp
) -> None:
    """Who chose 2 s has a reason."""
    meter = await set_up_ksem(interval=2)
    site = await set_up_site(hass)
    assert meter.runtime_data.interval_s == 2
    site.runtime_data.look()
    assert site.runtime_data.last_look is not None
    assert site.runtime_data.last_look.settings.grid_period_ms == 2000


async def test_any_power_sensor_is_a_grid_meter(
    hass: HomeAssistant, set_up_pico: SetUp
) -> None:
    """KW are understood; without currents the total counts on each phase."""
    hass.states.async_set("sensor.grid", "1.5", {"unit_of_measurement": "kW"})
    await set_up_pico()
    entry = await set_up_site(hass, grid_power="sensor.grid")
    controller = entry.runtime_data
    controller.look()
    look = controller.last_look
    assert look is not None
    assert look.state.grid is not None
    assert look.state.grid.power_w == 1500
    assert look.state.grid.currents_ma is None
    # Not known yet how often it reports: it may not guard a fuse.
    assert look.settings.grid_period_ms > 2500
    first_ms = look.state.grid.at_ms
    hass.states.async_set("sensor.grid", "unavailable")
    hass.states.async_set("sensor.grid", "nan", {"unit_of_measurement": "W"})
    await hass.async_block_till_done()
    look = controller.last_look
    assert look is not None
    assert look.state.grid is not None
    assert look.state.grid.at_ms == first_ms
    for _ in range(5):
        hass.states.async_set("sensor.grid", "700", {"unit_of_measurement": "W"})
        await hass.async_block_till_done()
    look = controller.last_look
    assert look is not None
    assert look.state.grid is not None
    assert look.state.grid.power_w == 700
    assert look.settings.grid_period_ms < 2500


async def test_charger_with_its_own_meter(
    hass: HomeAssistant, set_up_ksem: SetUp, set_up_pico: SetUp
) -> None:
    """The wallbox's meter tells what it draws on each of its phases."""
    hass.states.async_set("sensor.wallbox", "6900", {"unit_of_measurement": "W"})
    await set_up_ksem()
    await set_up_pico()
    entry = await set_up_site(
        hass, grid_meter="ksem_72345678", charger_meter="sensor.wallbox"
    )
    entry.runtime_data.look()
    look = entry.runtime_data.last_look
    assert look is not None
    assert look.state.chargers[0].measured_ma == (10_000, 10_000, 10_000)


class SlowWallbox:
    """A wallbox that takes its time with limits that are not urgent."""

    key = title = "slow"
    online = True
    setpoint = Setpoint(minimum_ma=6000, maximum_ma=16000, step_ma=1000)
    limit_ma = 0
    write_interval_ms = 15_000
    drawn = session_energy_wh = plugged = blocked = phases = None
    switches_phases = False

    def __init__(self) -> None:
        """Nothing was written yet."""
        self.written: list[int] = []
        self.asked: list[int] = []

    async def async_set_limit(
        self, value_ma: int, *, urgent: bool = False, phases: int | None = None
    ) -> None:
        """Take an urgent limit at once, another one never."""
        assert phases is None
        self.asked.append(value_ma)
        if not urgent:
            await asyncio.Event().wait()
        self.written.append(value_ma)


async def test_urgent_limit_does_not_wait_for_another(hass: HomeAssistant) -> None:
    """The fuse is protected while a wallbox still thinks about the sun."""
    slow = SlowWallbox()
    withdraw = registry.publish(hass, slow)
    entry = await set_up_site(hass, charger="slow", grid_power="sensor.grid")
    (charger,) = entry.runtime_data.chargers
    for limit_ma in (10_000, 9_000):
        charger.apply(entry, (limit_ma,) * 3)
    await asyncio.sleep(0)
    charger.apply(entry, (6000, 6000, 6000), urgent=True)
    await asyncio.sleep(0.01)
    # What had not gone out yet is dropped.
    assert slow.asked == [10_000, 6_000]
    assert slow.written == [6_000]
    await hass.config_entries.async_unload(entry.entry_id)
    withdraw()


async def test_refused_write_is_logged_once(
    hass: HomeAssistant,
    pico: Pico,
    set_up_ksem: SetUp,
    set_up_pico: SetUp,
    expected_logs: list[str],
    caplog: pytest.LogCaptureFixture,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """A station that refuses is named once, and once when it takes limits again."""
    expected_logs.append("did not take the charging current")
    caplog.set_level(logging.INFO)
    await set_up_ksem()
    await set_up_pico()
    entry = await set_up_site(hass)
    charger = entry.runtime_data.chargers[0]
    with monkeypatch.context() as patched:
        patched.setattr(pico, "written", lambda *_: ExcCodes.DEVICE_FAILURE)
        for _ in range(2):
            charger.apply(entry, (6000, 6000, 6000))
            await hass.async_block_till_done(wait_background_tasks=True)
    charger.apply(entry, (6000, 6000, 6000))
    await hass.async_block_till_done(wait_background_tasks=True)
    assert pico.dynamic_ma == 6000
    lines = [r.getMessage() for r in caplog.records if "Garage" in r.getMessage()]
    assert sum("did not take" in line for line in lines) == 1
    assert sum("takes limits again" in line for line in lines) == 1


async def test_write_to_a_lost_station_shows_the_loss_at_once(
    hass: HomeAssistant,
    pico: Pico,
    set_up_ksem: SetUp,
    set_up_pico: SetUp,
    expected_logs: list[str],
    caplog: pytest.LogCaptureFixture,
) -> None:
    """The write tells what the next poll would: unavailable, and one log line."""
    expected_logs.append("Error requesting Garage data")
    await set_up_ksem()
    await set_up_pico()
    entry = await set_up_site(hass)
    await pico.stop()
    charger = entry.runtime_data.chargers[0]
    caplog.clear()
    for _ in range(2):
        charger.apply(entry, (6000, 6000, 6000))
        await hass.async_block_till_done(wait_background_tasks=True)
    assert value(hass, "number.garage_charging_current") == STATE_UNAVAILABLE
    await poll(hass, 12)
    problems = [
        record
        for record in caplog.records
        if record.levelno >= logging.WARNING and record.name.startswith(OURS)
    ]
    assert len(problems) == 1
    await pico.start()
    await poll(hass, 24)
    assert value(hass, "number.garage_charging_current") != STATE_UNAVAILABLE


async def test_unload_stops_deciding(
    hass: HomeAssistant, set_up_ksem: SetUp, set_up_pico: SetUp
) -> None:
    """After an unload no timer and no listener of the site is left."""
    await set_up_ksem()
    await set_up_pico()
    entry = await set_up_site(hass)
    controller = entry.runtime_data
    assert await hass.config_entries.async_unload(entry.entry_id)
    before = controller.last_look
    await poll(hass)
    assert controller.last_look is before
