"""A Pico's smart-me account in a real Home Assistant, and what fails of it."""

from collections.abc import AsyncIterator
from datetime import timedelta
import json
import logging
from typing import Any

from homeassistant.config_entries import (
    SOURCE_REAUTH,
    ConfigEntry,
    ConfigEntryState,
)
from homeassistant.const import STATE_UNAVAILABLE, STATE_UNKNOWN
from homeassistant.core import HomeAssistant
from homeassistant.data_entry_flow import FlowResultType
from homeassistant.helpers import entity_registry as er
from homeassistant.helpers import issue_registry as ir
from homeassistant.util import dt as dt_util
import pytest
from pytest_homeassistant_custom_component.common import (
    MockConfigEntry,
    async_fire_time_changed,
    snapshot_platform,
)
import pytest_socket
from syrupy.assertion import SnapshotAssertion
from yarl import URL

from custom_components.meters_and_chargers import links, pico_account, registry
from custom_components.meters_and_chargers.const import DOMAIN
from custom_components.meters_and_chargers.coordinator import DeviceCoordinator
from custom_components.meters_and_chargers.diagnostics import (
    async_get_config_entry_diagnostics,
)
from custom_components.meters_and_chargers.engine.devices.smart_me import rest
from simulators.pico_group import SERIALS, PicoGroup
from simulators.smart_me_cloud import SmartMeCloud

from .conftest import SetUp
from .test_devices import value
from .test_pico import enter, fill_options, open_options, settle

KEY = "secret-key"
SERIAL = str(SERIALS[0])
CURRENT = "number.garage_charging_current"
STATUS = "sensor.garage_status"
POWER = "sensor.garage_charging_power"
ENERGY = "sensor.garage_session_energy"
PHASES = "sensor.garage_phases_in_use"


@pytest.fixture
async def group(socket_enabled: None) -> AsyncIterator[PicoGroup]:
    """Return three simulated stations, of which the first is reached by Modbus."""
    pytest_socket.socket_allow_hosts([f"127.0.0.{number}" for number in (1, 2, 3)])
    found = PicoGroup()
    await found.start()
    yield found
    await found.stop()


@pytest.fixture
async def cloud(
    group: PicoGroup, monkeypatch: pytest.MonkeyPatch
) -> AsyncIterator[SmartMeCloud]:
    """Return the stations' simulated account, where the product looks for it."""
    found = SmartMeCloud(group, KEY)
    await found.start()
    url = URL.build(scheme="http", host=found.host, port=found.port)
    monkeypatch.setattr(links.web, "_ACCOUNT_URL", url)
    # The tests' minutes pass at once.
    monkeypatch.setattr(rest, "PACE_S", 0.0)
    yield found
    await found.stop()


@pytest.fixture
def set_up(hass: HomeAssistant, group: PicoGroup, cloud: SmartMeCloud) -> SetUp:
    """Return a function that sets up a station's entry, or the group's."""

    async def _set_up(
        *, members: bool = False, by_phase: int = 0, **options: object
    ) -> ConfigEntry[DeviceCoordinator]:
        family = "smart_me_pico_group" if members else "smart_me_pico"
        data: dict[str, Any] = {
            "family": family,
            "host": group.host,
            "port": group.port,
            "unit_id": 1,
            "minimum_current": 6,
            "maximum_current": 16,
            "by_phase": by_phase,
        }
        if members:
            data["members"] = [str(serial) for serial in SERIALS]
        entry = MockConfigEntry(
            domain=DOMAIN,
            title="Garage",
            unique_id=f"{family}_{SERIAL}",
            data=data,
            options=options,
        )
        entry.add_to_hass(hass)
        await hass.config_entries.async_setup(entry.entry_id)
        await settle(hass)
        return entry

    return _set_up


async def minute(hass: HomeAssistant, number: int = 1) -> None:
    """Let the account be asked again."""
    await settle(hass)
    async_fire_time_changed(hass, dt_util.utcnow() + timedelta(seconds=62 * number))
    await settle(hass)


def charge(group: PicoGroup, seconds: int = 30) -> None:
    """Let the cars draw what they may."""
    for _ in range(seconds):
        for station in group.stations:
            station.car.step()


def present(hass: HomeAssistant, key: str = f"smart_me_pico_{SERIAL}") -> Any:
    """Return the station as a site sees it."""
    return registry.find(hass, key)


# Without, and how it is added


async def test_without_a_key_nothing_is_asked(
    hass: HomeAssistant,
    entity_registry: er.EntityRegistry,
    set_up: SetUp,
    cloud: SmartMeCloud,
) -> None:
    """All that is local is there, and not one request leaves the house."""
    entry = await set_up()
    await minute(hass)
    found = er.async_entries_for_config_entry(entity_registry, entry.entry_id)
    assert [one.entity_id for one in found] == [CURRENT]
    assert not cloud.requests


async def test_key_is_tried_stored_kept_and_forgotten(
    hass: HomeAssistant,
    set_up: SetUp,
    cloud: SmartMeCloud,
    group: PicoGroup,
) -> None:
    """An empty field keeps it; it is shown nowhere; it tells of the firmware."""
    entry = await set_up()
    result = await fill_options(hass, entry, access_key=f" {KEY} ")
    assert result["type"] is FlowResultType.CREATE_ENTRY
    assert entry.options["access_key"] == KEY
    assert entry.data["by_phase"] == 1
    assert value(hass, STATUS) == "connected"
    shown = await open_options(hass, entry)
    assert KEY not in str(shown)
    await fill_options(hass, entry, reassert=120)
    assert entry.options["access_key"] == KEY
    await fill_options(hass, entry, forget_access_key=True)
    assert "access_key" not in entry.options
    asked = len(cloud.requests)
    await minute(hass)
    assert len(cloud.requests) == asked
    assert not group.master.write_pdus
    assert not [one for one in cloud.requests if one.startswith("POST")]


async def test_key_is_no_key_of_a_ksem(
    hass: HomeAssistant, entity_registry: er.EntityRegistry, set_up: SetUp
) -> None:
    """A station has no wallbox mode, which would take the key to its address."""
    entry = await set_up(access_key=KEY)
    assert entry.runtime_data.wallbox is None
    found = er.async_entries_for_config_entry(entity_registry, entry.entry_id)
    assert {one.domain for one in found} == {"number", "sensor"}
    assert [one.entity_id for one in found if one.domain == "number"] == [CURRENT]


async def test_older_firmware_stays_as_its_owner_said(
    hass: HomeAssistant, set_up: SetUp, cloud: SmartMeCloud
) -> None:
    """Only a yes of the account counts."""
    cloud.supports_phases = False
    entry = await set_up()
    await fill_options(hass, entry, access_key=KEY)
    assert entry.data["by_phase"] == 0
    assert entry.options["access_key"] == KEY


@pytest.mark.parametrize("key", ["wrong", "two words", "Schlüssel"])
async def test_wrong_key_is_not_stored(
    hass: HomeAssistant, set_up: SetUp, cloud: SmartMeCloud, key: str
) -> None:
    """It is tried by one request at most; the form asks again without showing it."""
    entry = await set_up()
    result = await fill_options(hass, entry, access_key=key)
    assert result["errors"] == {"base": "account_key_refused"}
    assert key not in str(result["data_schema"].schema)
    assert not entry.options
    assert len(cloud.requests) <= 1


async def test_account_without_the_station_is_refused(
    hass: HomeAssistant, set_up: SetUp, cloud: SmartMeCloud, group: PicoGroup
) -> None:
    """A key of another account tells nothing of this station."""
    entry = await set_up()
    cloud.group = PicoGroup(serials=(7_100_001, 7_100_002, 7_100_003))
    result = await fill_options(hass, entry, access_key=KEY)
    assert result["errors"] == {"base": "not_in_account"}
    await cloud.stop()
    result = await fill_options(hass, entry, access_key=KEY)
    assert result["errors"] == {"base": "account_key_untried"}
    assert result["description_placeholders"]["found"]
    assert not entry.options


# What it adds


async def test_every_entity(
    hass: HomeAssistant,
    entity_registry: er.EntityRegistry,
    set_up: SetUp,
    snapshot: SnapshotAssertion,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Names, classes, units and values of what the account says."""
    monkeypatch.setattr(
        "custom_components.meters_and_chargers.DEVICE_PLATFORMS", ("sensor",)
    )
    entry = await set_up(access_key=KEY)
    await snapshot_platform(hass, entity_registry, snapshot, entry.entry_id)


async def test_what_modbus_does_not_say(
    hass: HomeAssistant, set_up: SetUp, group: PicoGroup, cloud: SmartMeCloud
) -> None:
    """Status, power, energy and phases; a site knows the car and what it got."""
    group.plug(True, False, False)
    await set_up(access_key=KEY)
    assert value(hass, STATUS) == "connected"
    assert (present(hass).plugged, present(hass).drawn) == (True, None)
    await enter(hass, 10, CURRENT)
    charge(group)
    await minute(hass)
    car = group.stations[0].car
    assert value(hass, STATUS) == "charging"
    assert float(value(hass, POWER)) == pytest.approx(car.power_w)
    assert car.power_w == pytest.approx(6900, rel=0.01)
    assert value(hass, PHASES) == "3"
    assert float(value(hass, ENERGY)) == pytest.approx(car.energy_wh / 1000, abs=0.01)
    assert present(hass).session_energy_wh == pytest.approx(car.energy_wh)
    group.plug(False, False, False)
    await minute(hass, 2)
    assert value(hass, STATUS) == "no_vehicle"
    assert present(hass).plugged is False
    for state, word in ((3, "waiting"), (6, "authorize"), (7, "offline")):
        cloud.states = {SERIALS[0]: state}
        await minute(hass, state)
        assert value(hass, STATUS) == word
        assert (value(hass, POWER) == STATE_UNKNOWN) is (state == 7)
        assert present(hass).plugged is None
    cloud.states = {SERIALS[0]: 99}
    await minute(hass, 9)
    assert value(hass, STATUS) == STATE_UNKNOWN


async def test_group_tells_of_its_cars(
    hass: HomeAssistant, set_up: SetUp, group: PicoGroup, cloud: SmartMeCloud
) -> None:
    """How many are plugged in; for a site one is enough, and none must be sure."""
    group.plug(True, False, True)
    await set_up(members=True, access_key=KEY)
    key = f"smart_me_pico_group_{SERIAL}"
    cars = "sensor.garage_vehicles_connected"
    assert value(hass, cars) == "2"
    assert present(hass, key).plugged is True
    assert present(hass, key).session_energy_wh is None
    assert hass.states.get(POWER) is None
    group.plug(False, False, False)
    await minute(hass)
    assert value(hass, cars) == "0"
    assert present(hass, key).plugged is False
    cloud.states = {SERIALS[1]: 7}
    await minute(hass, 2)
    assert value(hass, cars) == STATE_UNKNOWN
    assert present(hass, key).plugged is None


# When it fails


@pytest.mark.parametrize("fault", ["stopped", "garbage", "error", "too often"])
async def test_failure_never_touches_what_is_local(
    hass: HomeAssistant,
    set_up: SetUp,
    group: PicoGroup,
    cloud: SmartMeCloud,
    caplog: pytest.LogCaptureFixture,
    expected_logs: list[str],
    fault: str,
) -> None:
    """Unavailable, logged once each way, and the station is steered all the same."""
    expected_logs.append("Error fetching Garage account data")
    caplog.set_level(logging.INFO)
    await set_up(access_key=KEY)
    if fault == "stopped":
        await cloud.stop()
    elif fault == "garbage":
        cloud.garbage = "<html>"
    elif fault == "error":
        cloud.status = 500
    else:
        cloud.answers_left = 0
    for number in (1, 2, 3):
        await minute(hass, number)
    assert value(hass, STATUS) == STATE_UNAVAILABLE
    assert present(hass).plugged is None
    assert present(hass).session_energy_wh is None
    await enter(hass, 10, CURRENT)
    assert group.currents_ma == (10_000,) * 3
    cloud.garbage = cloud.status = cloud.answers_left = None
    if fault == "stopped":
        await cloud.start()
    await minute(hass, 4)
    assert value(hass, STATUS) == "connected"
    assert caplog.text.count("Error fetching Garage account data") == 1
    assert caplog.text.count("Fetching Garage account data recovered") == 1


async def test_refused_key_is_asked_for_again(
    hass: HomeAssistant,
    set_up: SetUp,
    group: PicoGroup,
    cloud: SmartMeCloud,
    expected_logs: list[str],
) -> None:
    """The station stays in use, the old key is not tried again, a new one helps."""
    expected_logs.append("Authentication failed while fetching Garage account")
    entry = await set_up(access_key=KEY)
    cloud.key = "another-key"
    await minute(hass)
    (flow,) = hass.config_entries.flow.async_progress_by_handler(DOMAIN)
    assert flow["context"]["source"] == SOURCE_REAUTH
    assert flow["step_id"] == "reauth_account"
    asked = len(cloud.requests)
    await minute(hass, 2)
    assert len(cloud.requests) == asked
    assert value(hass, STATUS) == STATE_UNAVAILABLE
    await enter(hass, 10, CURRENT)
    assert group.currents_ma == (10_000,) * 3
    for wrong in (" ", KEY):
        result = await hass.config_entries.flow.async_configure(
            flow["flow_id"], {"access_key": wrong}
        )
        assert result["errors"] == {"base": "account_key_refused"}
    result = await hass.config_entries.flow.async_configure(
        flow["flow_id"], {"access_key": "another-key"}
    )
    await settle(hass)
    assert result["reason"] == "reauth_successful"
    assert entry.state is ConfigEntryState.LOADED
    assert value(hass, STATUS) == "connected"
    assert value(hass, CURRENT) == "10.0"


async def test_station_that_left_the_account(
    hass: HomeAssistant,
    set_up: SetUp,
    cloud: SmartMeCloud,
    expected_logs: list[str],
) -> None:
    """Its values are not those of another station."""
    expected_logs.append("the station is not in this account")
    await set_up(access_key=KEY)
    cloud.group = PicoGroup(serials=(7_100_001, 7_100_002, 7_100_003))
    await minute(hass)
    assert value(hass, STATUS) == STATE_UNAVAILABLE


# Somebody else


@pytest.fixture
def at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let the account show at once what a station was told."""
    monkeypatch.setattr(pico_account, "SHOWN_AFTER_S", 0.0)


@pytest.mark.usefixtures("at_once")
async def test_another_writer_is_named_and_not_fought(
    hass: HomeAssistant,
    set_up: SetUp,
    group: PicoGroup,
    issue_registry: ir.IssueRegistry,
) -> None:
    """Twice another current: an issue; it is shown, and ours no longer repeated."""
    entry = await set_up(access_key=KEY, reassert=30)
    await enter(hass, 10, CURRENT)
    await minute(hass)
    assert not issue_registry.issues
    group.master.tell((13_000, 13_000, 13_000))
    await minute(hass, 2)
    assert not issue_registry.issues
    assert value(hass, CURRENT) == "10.0"
    written = len(group.master.write_pdus)
    await minute(hass, 3)
    (issue,) = issue_registry.issues.values()
    assert issue.translation_key == "other_writer"
    assert issue.translation_placeholders == {"name": "Garage", "current": "13"}
    assert value(hass, CURRENT) == "13.0"
    entry.runtime_data.station.pico.steering._asserted_at -= 60
    await minute(hass, 4)
    assert len(group.master.write_pdus) == written
    assert len(issue_registry.issues) == 1
    await enter(hass, 8, CURRENT)
    await minute(hass, 5)
    assert not issue_registry.issues
    assert value(hass, CURRENT) == "8.0"


async def test_account_that_is_late_accuses_nobody(
    hass: HomeAssistant,
    set_up: SetUp,
    group: PicoGroup,
    issue_registry: ir.IssueRegistry,
) -> None:
    """What was told a moment ago may still be on show, and so may any of three."""
    await set_up(access_key=KEY, by_phase=1)
    for amps in (10, 12, 14):
        await enter(hass, amps, CURRENT)
    for number, shown in enumerate((10, 10, 12, 14, 12), 1):
        group.master.tell((shown * 1000,) * 3)
        await minute(hass, number)
    assert not issue_registry.issues
    found = present(hass)
    await found.async_set_limit(9_000, phases=1, urgent=True)
    await minute(hass, 6)
    await minute(hass, 7)
    assert not issue_registry.issues


@pytest.mark.usefixtures("at_once")
async def test_station_that_was_told_nothing_accuses_nobody(
    hass: HomeAssistant,
    set_up: SetUp,
    group: PicoGroup,
    cloud: SmartMeCloud,
    issue_registry: ir.IssueRegistry,
) -> None:
    """Whoever only looks on is not at odds with anybody; nor with one offline."""
    await set_up(access_key=KEY)
    group.master.tell((13_000, 13_000, 13_000))
    for number in (1, 2, 3):
        await minute(hass, number)
    assert not issue_registry.issues
    await enter(hass, 10, CURRENT)
    group.master.tell((13_000, 13_000, 13_000))
    cloud.states = {SERIALS[0]: 7}
    for number in (4, 5, 6):
        await minute(hass, number)
    assert not issue_registry.issues


async def test_key_is_never_told(
    hass: HomeAssistant,
    set_up: SetUp,
    cloud: SmartMeCloud,
    caplog: pytest.LogCaptureFixture,
    expected_logs: list[str],
) -> None:
    """Neither diagnostics nor log nor state hold it, whatever went wrong."""
    expected_logs.append("Garage account data")
    caplog.set_level(logging.DEBUG)
    entry = await set_up(access_key=KEY)
    cloud.garbage = "<html>"
    await minute(hass)
    cloud.garbage, cloud.key = None, "another-key"
    await minute(hass, 2)
    told = await async_get_config_entry_diagnostics(hass, entry)
    assert told["entry"]["options"]["access_key"] == "**REDACTED**"
    assert KEY not in json.dumps(told, default=str)
    assert KEY not in str(hass.states.async_all())
    logged = [record.getMessage() + str(record.exc_text) for record in caplog.records]
    assert not [text for text in logged if KEY in text]
