"""A Pico that takes a current for each phase, in a real Home Assistant."""

import asyncio
from collections.abc import AsyncIterator, Callable
from datetime import datetime, timedelta
import time
from typing import Any

from homeassistant.components.number import ATTR_VALUE, SERVICE_SET_VALUE
from homeassistant.config_entries import ConfigEntry, ConfigEntryState
from homeassistant.const import (
    ATTR_ENTITY_ID,
    EVENT_HOMEASSISTANT_STOP,
    STATE_UNAVAILABLE,
    STATE_UNKNOWN,
    Platform,
)
from homeassistant.core import HomeAssistant
from homeassistant.data_entry_flow import FlowResultType
from homeassistant.exceptions import HomeAssistantError
from homeassistant.helpers import entity_registry as er
from homeassistant.helpers import issue_registry as ir
from homeassistant.util import dt as dt_util
from pymodbus.constants import ExcCodes
import pytest
from pytest_homeassistant_custom_component.common import (
    MockConfigEntry,
    snapshot_platform,
)
from syrupy.assertion import SnapshotAssertion

from custom_components.meters_and_chargers import pico_station, registry
from custom_components.meters_and_chargers.const import DOMAIN
from custom_components.meters_and_chargers.coordinator import DeviceCoordinator
from custom_components.meters_and_chargers.diagnostics import (
    async_get_config_entry_diagnostics,
)
from custom_components.meters_and_chargers.engine.devices.smart_me import (
    PhaseCurrents,
    limits,
)
from simulators.car import Car
from simulators.pico import Pico
from tests.links import all_closed

from .conftest import SetUp
from .test_config_flow import address, choose, submit
from .test_devices import poll, value

KEY = "smart_me_pico_7002702"
CURRENT = "number.garage_charging_current"
PHASES = tuple(f"{CURRENT}_l{phase}" for phase in (1, 2, 3))
WAITS = "sensor.garage_phase_change_waits_until"
TODAY = "sensor.garage_relay_changes_today"
TOTAL = "sensor.garage_relay_changes"
EARLY = "sensor.garage_early_relay_changes"
BOUNDS = {"minimum_current": "6", "maximum_current": "16"}


@pytest.fixture
async def station(socket_enabled: None) -> AsyncIterator[Pico]:
    """Return a simulated station of the newer firmware, with a car plugged in."""
    found = Pico(Car(), serial=7002702, by_phase=True)
    await found.start()
    yield found
    await found.stop()


@pytest.fixture(autouse=True)
def no_waiting(monkeypatch: pytest.MonkeyPatch) -> None:
    """Collect the currents of phases for a moment only."""
    monkeypatch.setattr(pico_station, "WISH_S", 0.5)


@pytest.fixture
def set_up(hass: HomeAssistant, station: Pico) -> SetUp:
    """Return a function that sets up the station's entry with options."""

    async def _set_up(**options: object) -> ConfigEntry[DeviceCoordinator]:
        entry = MockConfigEntry(
            domain=DOMAIN,
            title="Garage",
            unique_id=KEY,
            entry_id="01GARAGE",
            data={
                "family": "smart_me_pico",
                "host": station.host,
                "port": station.port,
                "unit_id": 1,
                "minimum_current": 6,
                "maximum_current": 16,
                "by_phase": 1,
                "reads_back": 0,
            },
            options=options,
        )
        entry.add_to_hass(hass)
        await hass.config_entries.async_setup(entry.entry_id)
        await settle(hass)
        return entry

    return _set_up


async def settle(hass: HomeAssistant) -> None:
    """Let what was begun end, also in the background."""
    await hass.async_block_till_done(wait_background_tasks=True)


async def becomes(hass: HomeAssistant, true: Callable[[], bool]) -> bool:
    """Wait until something is so, without a poll, for half a minute at most."""
    for _ in range(600):
        if true():
            return True
        await asyncio.sleep(0.05)
        await settle(hass)
    return False


async def enter(hass: HomeAssistant, amps: float, *entities: str) -> None:
    """Set the same current for some entities, as its owner does."""
    await hass.services.async_call(
        "number",
        SERVICE_SET_VALUE,
        {ATTR_ENTITY_ID: list(entities), ATTR_VALUE: amps},
        blocking=True,
    )


async def enter_phases(
    hass: HomeAssistant, station: Pico, *currents: float, waits: bool = False
) -> None:
    """Set three currents one after the other, and wait for what comes of it."""
    before = len(station.write_pdus)
    for amps, entity in zip(currents, PHASES, strict=True):
        await enter(hass, amps, entity)
    if waits:
        assert await becomes(hass, lambda: value(hass, WAITS) != STATE_UNKNOWN)
    else:
        assert await becomes(hass, lambda: len(station.write_pdus) > before)
    await settle(hass)


def present(hass: HomeAssistant) -> registry.Present:
    """Return the station as a site sees it."""
    found = registry.find(hass, KEY)
    assert found is not None
    return found


async def open_options(
    hass: HomeAssistant, entry: ConfigEntry[Any], part: str = "station"
) -> Any:
    """Open a part of the options of a charger."""
    options = hass.config_entries.options
    menu = await options.async_init(entry.entry_id)
    assert menu["step_id"] == "charger_menu"
    return await options.async_configure(menu["flow_id"], {"next_step_id": part})


async def fill_options(
    hass: HomeAssistant, entry: ConfigEntry[Any], **fields: object
) -> dict[str, Any]:
    """Fill in the station's options and return what the flow says."""
    shown = await open_options(hass, entry, "station")
    assert shown["step_id"] == "station"
    defaults = {"reassert": 60, "leave": "keep", "leave_current": 0}
    result = await hass.config_entries.options.async_configure(
        shown["flow_id"], defaults | fields
    )
    await settle(hass)
    return dict(result)


# How it is added


@pytest.mark.parametrize("readable", [False, True])
async def test_firmware_is_asked_and_reading_back_is_tried(
    hass: HomeAssistant, station: Pico, *, readable: bool
) -> None:
    """One question for its owner, one request for the station, no write."""
    station.readable = readable
    form = await choose(hass, "smart_me_pico")
    assert form["data_schema"] is not None
    (marker,) = [key for key in form["data_schema"].schema if key == "by_phase"]
    assert marker.default() is False
    result = await submit(hass, form, address(station, **BOUNDS) | {"by_phase": True})
    assert result["step_id"] == "confirm_station"
    result = await submit(hass, result, {"name": "Garage"})
    await settle(hass)
    assert result["data"]["by_phase"] == 1
    assert result["data"]["reads_back"] == int(readable)
    assert not station.write_pdus
    assert present(hass).switches_phases


async def test_firmware_can_be_updated(
    hass: HomeAssistant, pico: Pico, set_up_pico: SetUp
) -> None:
    """An older entry knows no phases; Reconfigure says that it now does."""
    entry = await set_up_pico()
    assert not present(hass).switches_phases
    assert hass.states.get(WAITS) is None
    form = await entry.start_reconfigure_flow(hass)
    pico.by_phase = True
    typed = address(pico, **BOUNDS) | {"by_phase": True}
    result = await hass.config_entries.flow.async_configure(form["flow_id"], typed)
    assert result["reason"] == "reconfigure_successful"
    await settle(hass)
    assert present(hass).switches_phases
    assert value(hass, WAITS) == STATE_UNKNOWN


# What it shows


@pytest.mark.usefixtures("all_entities_enabled")
@pytest.mark.parametrize("platform", [Platform.NUMBER, Platform.SENSOR])
async def test_every_entity(
    hass: HomeAssistant,
    entity_registry: er.EntityRegistry,
    set_up: SetUp,
    snapshot: SnapshotAssertion,
    monkeypatch: pytest.MonkeyPatch,
    platform: Platform,
) -> None:
    """Names, classes, units and values of all there is, a platform at a time."""
    monkeypatch.setattr(
        "custom_components.meters_and_chargers.DEVICE_PLATFORMS", (platform,)
    )
    entry = await set_up()
    await snapshot_platform(hass, entity_registry, snapshot, entry.entry_id)


async def test_phases_are_a_choice(
    hass: HomeAssistant, entity_registry: er.EntityRegistry, set_up: SetUp
) -> None:
    """Three numbers wait to be switched on; the one for all phases is there."""
    await set_up()
    off = er.RegistryEntryDisabler.INTEGRATION
    for entity in PHASES:
        found = entity_registry.async_get(entity)
        assert found is not None
        assert found.disabled_by is off
    assert value(hass, CURRENT) == STATE_UNKNOWN
    assert value(hass, TODAY) == "0"


# Three currents


@pytest.mark.usefixtures("all_entities_enabled")
async def test_three_currents_are_one_write(
    hass: HomeAssistant, station: Pico, set_up: SetUp
) -> None:
    """Set one after the other, they reach the station together, as six words."""
    await set_up()
    await enter_phases(hass, station, 0, 8, 10)
    expected = "10 20 70 00 06 0C 00000000 00001F40 00002710"
    assert station.write_pdus == [bytes.fromhex(expected)]
    assert [value(hass, one) for one in PHASES] == ["0.0", "8.0", "10.0"]
    assert value(hass, CURRENT) == "10.0"
    await enter(hass, 8, *PHASES)
    assert [value(hass, one) for one in PHASES] == ["8.0"] * 3
    state = hass.states.get(PHASES[0])
    assert state is not None
    assert state.attributes["assumed_state"] is True
    assert (state.attributes["max"], state.attributes["step"]) == (16, 1)


@pytest.mark.usefixtures("all_entities_enabled")
async def test_impossible_current_of_a_phase_is_refused_in_words(
    hass: HomeAssistant, station: Pico, set_up: SetUp
) -> None:
    """Nothing is sent that the station might take for amperes."""
    await set_up()
    with pytest.raises(HomeAssistantError, match="choose 0 or 6 to 16 A"):
        await enter(hass, 5, PHASES[1])
    await asyncio.sleep(0.7)
    await settle(hass)
    assert not station.write_pdus
    assert value(hass, PHASES[1]) == STATE_UNKNOWN


@pytest.mark.usefixtures("all_entities_enabled")
async def test_station_that_takes_no_phases(
    hass: HomeAssistant,
    station: Pico,
    set_up: SetUp,
    caplog: pytest.LogCaptureFixture,
    expected_logs: list[str],
) -> None:
    """An owner who was wrong about the firmware reads it; what was told stays."""
    expected_logs.append("Garage did not take the charging current")
    station.by_phase = False
    await set_up()
    await enter(hass, 8, PHASES[0])
    assert value(hass, PHASES[0]) == "8.0"
    assert await becomes(hass, lambda: "did not take" in caplog.text)
    assert [value(hass, one) for one in PHASES] == [STATE_UNKNOWN] * 3
    await enter(hass, 10, CURRENT)
    assert station.dynamic_ma == 10_000
    assert [value(hass, one) for one in PHASES] == ["10.0"] * 3


# The ten minutes


@pytest.mark.usefixtures("all_entities_enabled")
async def test_change_of_phases_waits_and_is_shown(
    hass: HomeAssistant,
    station: Pico,
    set_up: SetUp,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Whoever sets it: it waits for the rest of the ten minutes, then it is written."""
    await set_up()
    await enter(hass, 10, CURRENT)
    written = len(station.write_pdus)
    await enter_phases(hass, station, 8, 0, 0, waits=True)
    assert len(station.write_pdus) == written
    state = hass.states.get(WAITS)
    assert state is not None
    until = datetime.fromisoformat(state.state) - dt_util.utcnow()
    assert timedelta(seconds=540) < until <= timedelta(seconds=600)
    assert [state.attributes[phase] for phase in ("l1", "l2", "l3")] == [8, 0, 0]
    assert [value(hass, one) for one in PHASES] == ["10.0"] * 3
    await poll(hass, 11)
    await settle(hass)
    assert len(station.write_pdus) == written
    monkeypatch.setattr(limits, "LOCK_MS", 0)
    await poll(hass, 22)
    await settle(hass)
    assert station.currents_ma == (8000, 0, 0)
    assert value(hass, WAITS) == STATE_UNKNOWN
    assert [value(hass, one) for one in (TODAY, TOTAL, EARLY)] == ["1", "1", "0"]


@pytest.mark.usefixtures("all_entities_enabled")
async def test_what_waits_is_written_at_its_time(
    hass: HomeAssistant,
    station: Pico,
    set_up: SetUp,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Not with the next poll: a timer of its own."""
    monkeypatch.setattr(limits, "LOCK_MS", 3000)
    await set_up()
    began = time.monotonic()
    await enter(hass, 10, CURRENT)
    await enter_phases(hass, station, 8, 0, 0, waits=True)
    assert await becomes(hass, lambda: station.currents_ma == (8000, 0, 0))
    assert time.monotonic() - began >= 2.9
    assert await becomes(hass, lambda: value(hass, WAITS) == STATE_UNKNOWN)


@pytest.mark.usefixtures("all_entities_enabled")
async def test_many_changes_of_phases_are_said(
    hass: HomeAssistant,
    station: Pico,
    set_up: SetUp,
    issue_registry: ir.IssueRegistry,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """More than twenty a day wear the relays; the next day takes it back."""
    monkeypatch.setattr(limits, "LOCK_MS", 0)
    entry = await set_up()
    found = present(hass)
    for count in range(21):
        await found.async_set_limit(8000, phases=1 if count % 2 else 3)
    assert value(hass, TODAY) == "20"
    assert not issue_registry.issues
    await found.async_set_limit(8000, phases=1)
    (issue,) = issue_registry.issues.values()
    assert issue.translation_key == "relay_wear"
    assert issue.translation_placeholders == {"name": "Garage", "count": "21"}
    monkeypatch.setattr(entry.runtime_data.station.pico.steering, "_today", lambda: 0)
    await poll(hass, 11)
    assert value(hass, TODAY) == "0"
    assert value(hass, TOTAL) == "21"
    assert not issue_registry.issues


# What a site sees


async def test_site_may_choose_its_phases(
    hass: HomeAssistant, station: Pico, set_up: SetUp
) -> None:
    """One phase with the limit; back too soon waits, but a fuse does not."""
    await set_up()
    found = present(hass)
    assert found.switches_phases
    assert (found.phases, found.plugged, found.drawn) == (None, None, None)
    await found.async_set_limit(10_000, phases=3)
    await found.async_set_limit(9_000, phases=1)
    assert station.currents_ma == (10_000, 10_000, 10_000)
    assert (found.phases, found.limit_ma) == (3, 10_000)
    await found.async_set_limit(9_000, phases=1, urgent=True)
    assert station.currents_ma == (9_000, 0, 0)
    assert (found.phases, found.limit_ma) == (1, 9_000)
    assert value(hass, TOTAL) == "1"


# What is remembered


def kept(**changes: object) -> dict[str, Any]:
    """Return what is stored of a station on three phases that changed 100 s ago."""
    data = {
        "told": None,
        "in_use": [8000, 8000, 8000],
        "changed_at": time.time() - 100,
        "day": dt_util.now().toordinal(),
        "changes": 3,
        "total": 40,
        "urgent": 2,
    }
    return {
        "version": 1,
        "minor_version": 1,
        "key": f"{DOMAIN}_station_01GARAGE",
        "data": data | changes,
    }


async def test_ten_minutes_go_on_after_a_crash(
    hass: HomeAssistant,
    station: Pico,
    set_up: SetUp,
    hass_storage: dict[str, Any],
) -> None:
    """The lock and the counts are those of before; the current is not known."""
    hass_storage[f"{DOMAIN}_station_01GARAGE"] = kept()
    entry = await set_up()
    assert value(hass, CURRENT) == STATE_UNKNOWN
    assert value(hass, TOTAL) == "40"
    assert value(hass, EARLY) == "2"
    await present(hass).async_set_limit(8000, phases=1)
    assert not station.write_pdus
    state = hass.states.get(WAITS)
    assert state is not None
    left = datetime.fromisoformat(state.state) - dt_util.utcnow()
    assert timedelta(seconds=440) < left < timedelta(seconds=501)
    assert entry.runtime_data.station.pico.currents is None


async def test_current_and_phases_survive_a_restart(
    hass: HomeAssistant,
    station: Pico,
    set_up: SetUp,
    hass_storage: dict[str, Any],
) -> None:
    """What it was told is written down when Home Assistant stops, and not before."""
    entry = await set_up()
    await present(hass).async_set_limit(9000, phases=1)
    assert await hass.config_entries.async_unload(entry.entry_id)
    stored = hass_storage[f"{DOMAIN}_station_01GARAGE"]["data"]
    assert stored["told"] == stored["in_use"] == [9000, 0, 0]
    await hass.config_entries.async_setup(entry.entry_id)
    await settle(hass)
    assert value(hass, CURRENT) == "9.0"
    assert present(hass).phases == 1
    await present(hass).async_set_limit(9000, phases=3)
    assert station.currents_ma == (9000, 0, 0)


async def test_clock_that_was_turned_back_locks_ten_minutes_at_most(
    hass: HomeAssistant, set_up: SetUp, hass_storage: dict[str, Any]
) -> None:
    """A change of the future is one of now."""
    hass_storage[f"{DOMAIN}_station_01GARAGE"] = kept(changed_at=time.time() + 9e6)
    entry = await set_up()
    steering = entry.runtime_data.station.pico.steering
    await steering.set(PhaseCurrents(8000, 0, 0))
    assert steering.held_until == pytest.approx(time.monotonic() + 600, abs=20)


async def test_removed_station_is_forgotten(
    hass: HomeAssistant, set_up: SetUp, hass_storage: dict[str, Any]
) -> None:
    """Its file goes with its entry."""
    entry = await set_up()
    await hass.config_entries.async_remove(entry.entry_id)
    assert f"{DOMAIN}_station_01GARAGE" not in hass_storage


# Its options


async def test_options_are_used_at_once(
    hass: HomeAssistant, station: Pico, set_up: SetUp
) -> None:
    """Without a reload, which would tell the station something."""
    entry = await set_up()
    coordinator = entry.runtime_data
    keeping = coordinator.station.pico.steering.keeping
    assert (keeping.reassert_s, keeping.on_stop) == (60, "keep")
    result = await fill_options(
        hass, entry, reassert=30, leave="current", leave_current=6
    )
    assert result["type"] is FlowResultType.CREATE_ENTRY
    assert entry.runtime_data is coordinator
    keeping = coordinator.station.pico.steering.keeping
    assert (keeping.reassert_s, keeping.on_stop, keeping.stop_ma) == (
        30,
        "current",
        6000,
    )
    await fill_options(hass, entry, reassert=0)
    assert coordinator.station.pico.steering.keeping.reassert_s is None
    assert not station.write_pdus


async def test_options_of_an_absent_station_wait_for_it(
    hass: HomeAssistant, station: Pico, set_up: SetUp
) -> None:
    """They are asked for at once, as nothing can be billed, and hold when it comes."""
    await station.stop()
    entry = await set_up()
    assert entry.state is ConfigEntryState.SETUP_RETRY
    options = hass.config_entries.options
    shown = await options.async_init(entry.entry_id)
    assert shown["step_id"] == "station"
    typed = {"reassert": 30, "leave": "current", "leave_current": 6}
    result = await options.async_configure(shown["flow_id"], typed)
    assert result["type"] is FlowResultType.CREATE_ENTRY
    await station.start()
    await hass.config_entries.async_reload(entry.entry_id)
    await settle(hass)
    keeping = entry.runtime_data.station.pico.steering.keeping
    found = keeping.reassert_s, keeping.on_stop, keeping.stop_ma
    assert found == (30, "current", 6000)


@pytest.mark.parametrize(
    ("fields", "error"),
    [
        ({"reassert": 29}, "reassert_range"),
        ({"leave": "current", "leave_current": 5}, "leave_current_range"),
    ],
)
async def test_impossible_options_are_refused(
    hass: HomeAssistant, set_up: SetUp, fields: dict[str, object], error: str
) -> None:
    """The form says what is possible."""
    entry = await set_up()
    result = await fill_options(hass, entry, **fields)
    assert result["errors"] == {"base": error}
    assert not entry.options


async def test_current_is_told_again(
    hass: HomeAssistant, station: Pico, set_up: SetUp
) -> None:
    """As often as its owner wants, with a poll."""
    entry = await set_up(reassert=30)
    await enter(hass, 10, CURRENT)
    await poll(hass, 11)
    await settle(hass)
    assert len(station.write_pdus) == 1
    entry.runtime_data.station.pico.steering._asserted_at -= 31
    await poll(hass, 22)
    await settle(hass)
    assert station.write_pdus == [station.write_pdus[0]] * 2


@pytest.mark.parametrize("ends", ["unload", "stop"])
@pytest.mark.parametrize(
    ("leave", "left_with"),
    [("keep", 10_000), ("release", 16_000), ("current", 6_000)],
)
async def test_station_is_left_as_its_owner_wants(
    hass: HomeAssistant,
    station: Pico,
    set_up: SetUp,
    ends: str,
    leave: str,
    left_with: int,
) -> None:
    """When the entry is unloaded, and when Home Assistant stops."""
    entry = await set_up(leave=leave, leave_current=6)
    await enter(hass, 10, CURRENT)
    if ends == "unload":
        await hass.config_entries.async_unload(entry.entry_id)
    else:
        hass.bus.async_fire(EVENT_HOMEASSISTANT_STOP)
    await settle(hass)
    assert station.currents_ma == (left_with,) * 3
    assert registry.find(hass, KEY) is None
    if ends == "unload":
        assert await all_closed(station)


async def test_station_that_was_never_told_anything_is_left_alone(
    hass: HomeAssistant, station: Pico, set_up: SetUp
) -> None:
    """Nor one that can't be reached: the stop does not wait for it."""
    entry = await set_up(leave="release")
    await hass.config_entries.async_reload(entry.entry_id)
    await settle(hass)
    assert not station.write_pdus
    await enter(hass, 10, CURRENT)
    await station.stop()
    began = time.monotonic()
    await hass.config_entries.async_unload(entry.entry_id)
    assert time.monotonic() - began < 15


async def test_narrower_bounds_hold_for_the_stop_as_well(
    hass: HomeAssistant, station: Pico, set_up: SetUp
) -> None:
    """A current from older options never exceeds what the line carries now."""
    entry = await set_up(leave="current", leave_current=32)
    await enter(hass, 10, CURRENT)
    await hass.config_entries.async_unload(entry.entry_id)
    assert station.dynamic_ma == 16_000


# Bad days


@pytest.mark.usefixtures("all_entities_enabled")
async def test_held_current_outlives_a_lost_station(
    hass: HomeAssistant,
    station: Pico,
    set_up: SetUp,
    expected_logs: list[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """It is written when the station is back, and not to another one."""
    expected_logs.append("Error fetching Garage data")
    await set_up()
    await enter(hass, 10, CURRENT)
    await enter_phases(hass, station, 8, 0, 0, waits=True)
    await station.stop()
    await poll(hass, 11)
    await settle(hass)
    assert value(hass, WAITS) == STATE_UNAVAILABLE
    monkeypatch.setattr(limits, "LOCK_MS", 0)
    await station.start()
    await poll(hass, 22)
    await settle(hass)
    assert await becomes(hass, lambda: station.currents_ma == (8000, 0, 0))


async def test_refused_repetition_is_logged_once(
    hass: HomeAssistant,
    station: Pico,
    set_up: SetUp,
    caplog: pytest.LogCaptureFixture,
    expected_logs: list[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """One line when it begins, one when it ends."""
    caplog.set_level("INFO")
    expected_logs.append("Garage did not take the charging current")
    entry = await set_up(reassert=30)
    await enter(hass, 10, CURRENT)
    steering = entry.runtime_data.station.pico.steering
    steering._asserted_at -= 31
    with monkeypatch.context() as patched:
        patched.setattr(station, "written", lambda *_: ExcCodes.DEVICE_FAILURE)
        for seconds in (11, 22):
            await poll(hass, seconds)
            await settle(hass)
    await poll(hass, 33)
    await settle(hass)
    assert caplog.text.count("did not take the charging current") == 1
    assert caplog.text.count("Garage takes currents again") == 1


async def test_diagnostics_tell_its_phases(hass: HomeAssistant, set_up: SetUp) -> None:
    """What waits and how often it changed, without its serial number."""
    entry = await set_up()
    await present(hass).async_set_limit(9000, phases=1)
    told = await async_get_config_entry_diagnostics(hass, entry)
    assert told["station"]["told"] == [9000, 0, 0]
    assert told["station"]["held"] is None
    assert "7002702" not in str(told)
