"""Devices of a smart-me account are found by its key, and read in the house."""

import asyncio
from collections.abc import AsyncIterator
from typing import Any

from homeassistant.config_entries import (
    SOURCE_RECONFIGURE,
    ConfigEntry,
    ConfigEntryState,
    ConfigFlowResult,
)
from homeassistant.const import STATE_UNAVAILABLE
from homeassistant.core import HomeAssistant
from homeassistant.data_entry_flow import FlowResultType
from homeassistant.exceptions import HomeAssistantError
import pytest
import pytest_socket
from yarl import URL

from custom_components.meters_and_chargers import account_flow, links, registry
from custom_components.meters_and_chargers.const import DOMAIN
from custom_components.meters_and_chargers.device_form import in_words
from custom_components.meters_and_chargers.diagnostics import (
    async_get_config_entry_diagnostics,
)
from custom_components.meters_and_chargers.engine.devices.smart_me import rest
from custom_components.meters_and_chargers.engine.model import Point, Quantity
from custom_components.meters_and_chargers.figures import Figures
from simulators.car import Car
from simulators.pico import Pico
from simulators.pico_group import SERIALS, PicoGroup
from simulators.smart_me_cloud import SmartMeCloud
from simulators.smart_me_meter import SmartMeMeter

from .conftest import answer_names
from .test_config_flow import address, bounds, choose, submit
from .test_devices import value
from .test_pico import enter, fill_options, open_options, settle
from .test_smart_me_cloud import minute

KEY = "secret-key"
NO_GROUP = "00000000-0000-0000-0000-000000000000"
GROUP = f"smart_me_pico_group_{SERIALS[0]}"
PICOS = [f"smart_me_pico_{serial}" for serial in SERIALS]
METER = "smart_me_meter_7907952"
CURRENT = "number.garage_charging_current"


@pytest.fixture
async def group(socket_enabled: None, port: int) -> AsyncIterator[PicoGroup]:
    """Return three simulated stations, of which the first one answers."""
    pytest_socket.socket_allow_hosts([f"127.0.0.{number}" for number in range(1, 6)])
    found = PicoGroup()
    found.port = port
    await found.start()
    yield found
    await found.stop()


@pytest.fixture
async def meter(group: PicoGroup, port: int) -> AsyncIterator[SmartMeMeter]:
    """Return a simulated meter of the same account."""
    found = SmartMeMeter()
    found.host, found.port = "127.0.0.5", port
    found.set_power(1200, 0, 0)
    await found.start()
    yield found
    await found.stop()


@pytest.fixture
async def cloud(
    group: PicoGroup, meter: SmartMeMeter, monkeypatch: pytest.MonkeyPatch
) -> AsyncIterator[SmartMeCloud]:
    """Return the simulated account, where the product looks for it."""
    found = SmartMeCloud(group, KEY, meters=[meter])
    await found.start()
    url = URL.build(scheme="http", host=found.host, port=found.port)
    monkeypatch.setattr(links.web, "_ACCOUNT_URL", url)
    # The tests' minutes pass at once.
    monkeypatch.setattr(rest, "PACE_S", 0.0)
    monkeypatch.setattr(account_flow, "WAKE_S", 0.1)
    yield found
    await found.stop()


@pytest.fixture(autouse=True)
def names(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Give the meter and the second station a name; returns who was asked for."""
    known = {
        "smart-me_7907952.dns-me.com": "127.0.0.5",
        f"smart-me_{SERIALS[1]}.dns-me.com": "127.0.0.2",
    }
    return answer_names(monkeypatch, known)


async def list_devices(hass: HomeAssistant, key: str = KEY) -> ConfigFlowResult:
    """Enter a key."""
    result = await choose(hass, "smart_me_account")
    assert result["step_id"] == "smart_me_account"
    return await submit(hass, result, {"access_key": key})


def options_of(result: ConfigFlowResult) -> dict[str, str]:
    """Return what the form lists: a label for each key."""
    schema = result["data_schema"]
    assert schema is not None
    field = next(one for key, one in schema.schema.items() if key == "devices")
    return {one["value"]: one["label"] for one in field.config["options"]}


def fields_of(result: ConfigFlowResult) -> dict[str, Any]:
    """Return the form's fields with what is proposed."""
    schema = result["data_schema"]
    assert schema is not None
    return {str(key): key.default() for key in schema.schema}


async def read(
    hass: HomeAssistant, result: ConfigFlowResult, *devices: str, **fields: bool
) -> ConfigFlowResult:
    """Choose devices, and wait until they are read."""
    result = await submit(hass, result, {"devices": list(devices), **fields})
    assert result["type"] is FlowResultType.SHOW_PROGRESS
    await settle(hass)
    return await hass.config_entries.flow.async_configure(result["flow_id"])


def entry_of(hass: HomeAssistant, key: str) -> ConfigEntry[Any]:
    """Return a device's entry."""
    entry = hass.config_entries.async_entry_for_domain_unique_id(DOMAIN, key)
    assert entry is not None
    return entry


async def reconfigure(hass: HomeAssistant, entry: ConfigEntry[Any]) -> ConfigFlowResult:
    """Open an entry's own flow."""
    return await hass.config_entries.flow.async_init(
        DOMAIN, context={"source": SOURCE_RECONFIGURE, "entry_id": entry.entry_id}
    )


# What is listed


async def test_account_is_listed(hass: HomeAssistant, cloud: SmartMeCloud) -> None:
    """Name, kind, serial number, likeliest address, Modbus; nothing is written."""
    result = await list_devices(hass)
    assert result["step_id"] == "account_devices"
    numbers = ", ".join(map(str, SERIALS))
    assert options_of(result) == {
        METER: "meter_7907952: smart-me Telstar 7907952, "
        "smart-me_7907952.dns-me.com, Modbus ✓",
        GROUP: f"Garage: smart-me Pico group {numbers}, 127.0.0.1, Modbus ✓",
    }
    assert fields_of(result) == {
        "devices": [METER, GROUP],
        "keep_key": True,
        "by_account": False,
    }
    assert not [one for one in cloud.requests if one.startswith("POST")]


async def test_stations_without_a_group_stand_alone(
    hass: HomeAssistant, cloud: SmartMeCloud
) -> None:
    """Whose Modbus is off is listed, but not proposed; other meters are not listed."""
    cloud.group_id, cloud.families = NO_GROUP, {7_907_952: 1}
    result = await list_devices(hass)
    assert list(options_of(result)) == PICOS
    assert options_of(result)[PICOS[1]] == (
        f"car_{SERIALS[1]}: smart-me Pico {SERIALS[1]}, "
        f"smart-me_{SERIALS[1]}.dns-me.com, Modbus ✗"
    )
    assert fields_of(result) == {
        "devices": PICOS[:1],
        "keep_key": True,
        "switch_modbus": False,
    }
    result = await submit(hass, result, {"devices": []})
    assert result["errors"] == {"devices": "nothing_chosen"}


@pytest.mark.parametrize("key", ["wrong", "two words", "Schlüssel", " "])
async def test_wrong_key_is_refused(
    hass: HomeAssistant, cloud: SmartMeCloud, key: str
) -> None:
    """It is not shown again, and another one may be entered."""
    result = await list_devices(hass, key)
    assert result["errors"] == {"base": "account_key_refused"}
    result = await submit(hass, result, {"access_key": KEY})
    assert result["step_id"] == "account_devices"


async def test_account_that_does_not_answer(
    hass: HomeAssistant, cloud: SmartMeCloud
) -> None:
    """Too many requests, no connection, or nothing in it: each has its words."""
    cloud.answers_left, cloud.retry_after = 0, "90"
    result = await list_devices(hass)
    assert result["errors"] == {"base": "account_too_often"}
    assert result["description_placeholders"] == {"seconds": "90"}
    hass.data[links.web._ACCOUNTS].clear()
    cloud.answers_left = None
    await cloud.stop()
    result = await submit(hass, result, {"access_key": KEY})
    assert result["errors"] == {"base": "account_key_untried"}
    await cloud.start()
    cloud.garbage = "[]"
    result = await submit(hass, result, {"access_key": KEY})
    assert result["errors"] == {"base": "account_empty"}
    cloud.garbage = None
    result = await submit(hass, result, {"access_key": KEY})
    assert result["step_id"] == "account_devices"


async def test_stations_that_could_not_be_read_are_counted(
    hass: HomeAssistant, cloud: SmartMeCloud
) -> None:
    """A limit in the middle of the list costs what comes after it, not the list."""
    cloud.group_id, cloud.answers_left = NO_GROUP, 4
    result = await list_devices(hass)
    assert list(options_of(result)) == [METER, PICOS[0]]
    assert result["description_placeholders"] == {"unread": "2"}


# What is added


def test_a_list_tells_which_way_power_flows() -> None:
    """A minus where nothing around says that a meter exports, and none elsewhere."""
    readings = {Point(Quantity.POWER): -1200.0}
    assert (
        in_words(readings, Figures(signed=True))
        == "\N{MINUS SIGN}1.20\N{NO-BREAK SPACE}kW"
    )
    assert in_words(readings, Figures()) == "1.20\N{NO-BREAK SPACE}kW"


async def test_devices_are_read_and_added(
    hass: HomeAssistant, cloud: SmartMeCloud, group: PicoGroup
) -> None:
    """Live values after two screens; each is an entry as if typed by hand."""
    cloud.group_id = NO_GROUP
    result = await list_devices(hass)
    result = await read(hass, result, METER, *PICOS, keep_key=True, switch_modbus=False)
    assert result["step_id"] == "account_found"
    words = result["description_placeholders"]
    assert words is not None
    meter = "meter_7907952 (smart-me_7907952.dns-me.com)"
    assert f"{meter}: 1.20\N{NO-BREAK SPACE}kW · L1 " in words["found"]
    bounds = "6\N{EN DASH}16\N{NO-BREAK SPACE}A"
    assert f"car_{SERIALS[0]} (127.0.0.1): {bounds}" in words["found"]
    assert str(SERIALS[1]) in words["off"]
    assert str(SERIALS[2]) in words["off"]
    assert words["silent"] == "-"
    result = await submit(hass, result, {})
    await settle(hass)
    assert result["type"] is FlowResultType.CREATE_ENTRY
    assert len(hass.config_entries.async_entries(DOMAIN)) == 2
    found, pico = entry_of(hass, METER), entry_of(hass, PICOS[0])
    assert found.state is pico.state is ConfigEntryState.LOADED
    assert found.data == {
        "family": "smart_me_meter",
        "host": "smart-me_7907952.dns-me.com",
        "port": group.port,
        "unit_id": 1,
        "scale": 0,
        "whole_fast": 1,
        "whole_slow": 1,
    }
    assert not found.options
    assert pico.title == f"car_{SERIALS[0]}"
    assert pico.data == {
        "family": "smart_me_pico",
        "host": "127.0.0.1",
        "port": group.port,
        "unit_id": 1,
        "minimum_current": 6,
        "maximum_current": 16,
        "by_phase": 1,
        "reads_back": 0,
    }
    assert pico.options == {"access_key": KEY}
    assert value(hass, f"sensor.car_{SERIALS[0]}_status") == "connected"
    assert not group.master.write_pdus
    assert not [one for one in cloud.requests if one.startswith("POST")]
    again = await list_devices(hass)
    assert list(options_of(again)) == PICOS[1:]


async def test_key_is_kept_only_if_wished(
    hass: HomeAssistant, cloud: SmartMeCloud, group: PicoGroup
) -> None:
    """Without it the group is what it is by hand, and the account is left alone."""
    group.minimum_ma = 8000
    for one in group.stations:
        one.minimum_ma = 8000
    result = await list_devices(hass)
    result = await read(hass, result, GROUP, keep_key=False, by_account=False)
    await submit(hass, result, {})
    await settle(hass)
    entry = entry_of(hass, GROUP)
    assert entry.state is ConfigEntryState.LOADED
    assert entry.title == "Garage"
    assert not entry.options
    assert entry.data["members"] == [str(serial) for serial in SERIALS]
    assert entry.data["minimum_current"] == 8
    assert entry.data["maximum_current"] == 63
    asked = len(cloud.requests)
    await minute(hass)
    assert len(cloud.requests) == asked
    result = await reconfigure(hass, entry)
    result = await submit(
        hass,
        result,
        address(group.master, members=entry.data["members"])
        | {"minimum_current": "8", "maximum_current": "63", "by_phase": False},
    )
    assert result["reason"] == "reconfigure_successful"
    await settle(hass)
    assert entry.data["maximum_current"] == 63


async def test_modbus_is_switched_on_by_choice(
    hass: HomeAssistant, cloud: SmartMeCloud, group: PicoGroup
) -> None:
    """Only of who was chosen; the device is tried until it listens."""
    cloud.group_id = NO_GROUP
    second = group.stations[1]

    async def listen(serial: int) -> None:
        assert serial == SERIALS[1]
        await second.start()

    cloud.on_switched = listen
    result = await list_devices(hass)
    result = await read(hass, result, PICOS[1], keep_key=True, switch_modbus=True)
    assert result["step_id"] == "account_found"
    await submit(hass, result, {})
    await settle(hass)
    entry = entry_of(hass, PICOS[1])
    assert entry.state is ConfigEntryState.LOADED
    assert entry.data["host"] == f"smart-me_{SERIALS[1]}.dns-me.com"
    assert [one for one in cloud.requests if one.startswith("POST")] == [
        "POST /SmartMeDeviceConfiguration"
    ]
    await hass.config_entries.async_unload(entry.entry_id)
    await second.stop()


async def test_a_device_may_take_a_while_until_it_listens(
    hass: HomeAssistant,
    cloud: SmartMeCloud,
    group: PicoGroup,
    names: list[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """One whose Modbus was just switched on is tried again, and found then."""
    monkeypatch.setattr(account_flow, "WAKE_TRIES", 300)
    cloud.group_id = NO_GROUP
    second = group.stations[1]
    host = f"smart-me_{SERIALS[1]}.dns-me.com"
    waking: list[asyncio.Task[None]] = []

    async def wake() -> None:
        # Not before it was tried in vain.
        for _ in range(1500):
            if names.count(host) > 1:
                break
            await asyncio.sleep(0.02)
        await second.start()

    async def listen(_serial: int) -> None:
        waking.append(asyncio.create_task(wake()))

    cloud.on_switched = listen
    result = await list_devices(hass)
    result = await read(hass, result, PICOS[1], keep_key=True, switch_modbus=True)
    await asyncio.gather(*waking)
    assert result["step_id"] == "account_found"
    words = result["description_placeholders"]
    assert words is not None
    assert host in words["found"]
    assert (words["off"], words["silent"]) == ("-", "-")
    await second.stop()


async def test_the_dialog_can_be_looked_at_while_devices_are_read(
    hass: HomeAssistant, cloud: SmartMeCloud
) -> None:
    """It says that it reads on, and each device is read once."""
    result = await list_devices(hass)
    chosen = {"devices": [METER], "keep_key": True, "by_account": False}
    result = await submit(hass, result, chosen)
    result = await hass.config_entries.flow.async_configure(result["flow_id"])
    assert result["type"] is FlowResultType.SHOW_PROGRESS
    assert result["progress_action"] == "account_read"
    await settle(hass)
    result = await hass.config_entries.flow.async_configure(result["flow_id"])
    assert result["step_id"] == "account_found"
    words = result["description_placeholders"]
    assert words is not None
    assert words["found"].count("\n- ") == 1
    assert "7907952" in words["found"]


async def test_nothing_that_answers_lets_choose_again(
    hass: HomeAssistant, cloud: SmartMeCloud, meter: SmartMeMeter
) -> None:
    """Each is named with what to do; a setting that is refused changes nothing."""
    cloud.group_id = NO_GROUP
    await meter.stop()
    cloud.configurations[SERIALS[2]]["EnableModbusTcp"] = False
    result = await list_devices(hass)
    cloud.configurations[SERIALS[2]]["EnableModbusTcp"] = None
    result = await read(
        hass, result, METER, PICOS[2], keep_key=True, switch_modbus=True
    )
    assert result["step_id"] == "account_devices"
    assert result["errors"] == {"base": "account_none"}
    words = result["description_placeholders"]
    assert words is not None
    assert str(SERIALS[2]) in words["off"]
    assert "7907952" in words["silent"]
    assert not hass.config_entries.async_entries(DOMAIN)
    result = await read(hass, result, PICOS[0], keep_key=True, switch_modbus=False)
    assert result["step_id"] == "account_found"


async def test_another_device_at_the_address_is_not_taken(
    hass: HomeAssistant, cloud: SmartMeCloud, group: PicoGroup
) -> None:
    """The serial number decides, whatever the account says of addresses."""
    cloud.group_id = NO_GROUP
    group.master.put(0x1FFF, 7_100_001)
    result = await list_devices(hass)
    result = await read(hass, result, PICOS[0], keep_key=True, switch_modbus=False)
    assert result["errors"] == {"base": "account_none"}


async def test_closed_flow_leaves_nothing(
    hass: HomeAssistant, cloud: SmartMeCloud, group: PicoGroup
) -> None:
    """Neither an entry nor a connection, also in the middle of reading."""
    result = await list_devices(hass)
    result = await submit(
        hass, result, {"devices": [GROUP], "keep_key": True, "by_account": False}
    )
    hass.config_entries.flow.async_abort(result["flow_id"])
    await settle(hass)
    assert not hass.config_entries.async_entries(DOMAIN)
    assert group.master.open_connections == 0


# A group that is told through the account


@pytest.fixture
async def entry(
    hass: HomeAssistant, cloud: SmartMeCloud, group: PicoGroup
) -> ConfigEntry[Any]:
    """Return the entry of a group which nobody reaches by Modbus."""
    group.plug(True, True, False)
    await group.stop()
    result = await list_devices(hass)
    result = await read(hass, result, GROUP, keep_key=False, by_account=True)
    assert result["step_id"] == "account_found"
    await submit(hass, result, {})
    await settle(hass)
    return entry_of(hass, GROUP)


async def test_group_is_told_through_the_account(
    hass: HomeAssistant,
    entry: ConfigEntry[Any],
    cloud: SmartMeCloud,
    group: PicoGroup,
) -> None:
    """By choice, with the key, without a host; a site may write once a minute."""
    assert entry.state is ConfigEntryState.LOADED
    assert entry.data == {
        "family": "smart_me_pico_group",
        "by_account": True,
        "group_id": cloud.group_id,
        "members": [str(serial) for serial in SERIALS],
        "minimum_current": 6,
        "maximum_current": 63,
        "by_phase": 1,
    }
    assert entry.options == {"access_key": KEY, "reassert": 600}
    assert value(hass, "sensor.garage_vehicles_connected") == "2"
    await enter(hass, 12, CURRENT)
    assert group.currents_ma == (12_000,) * 3
    assert value(hass, CURRENT) == "12.0"
    found = registry.find(hass, GROUP)
    assert found is not None
    assert found.write_interval_ms == 61_000
    asked = len(cloud.requests)
    await minute(hass)
    assert len(cloud.requests) <= asked + 3
    told = await async_get_config_entry_diagnostics(hass, entry)
    assert told["replay"] is None
    assert KEY not in str(told)


async def test_write_that_fails_says_why(
    hass: HomeAssistant,
    entry: ConfigEntry[Any],
    cloud: SmartMeCloud,
) -> None:
    """A key without the right is named; who tries again at once asks nobody."""
    cloud.status = 403
    with pytest.raises(HomeAssistantError) as refused:
        await enter(hass, 12, CURRENT)
    assert refused.value.translation_key == "account_write"
    asked = len(cloud.requests)
    with pytest.raises(HomeAssistantError) as limited:
        await enter(hass, 12, CURRENT)
    assert limited.value.translation_key == "write_failed"
    assert len(cloud.requests) == asked


async def test_account_that_is_lost_takes_its_group_away(
    hass: HomeAssistant,
    entry: ConfigEntry[Any],
    cloud: SmartMeCloud,
    expected_logs: list[str],
) -> None:
    """It is unavailable and comes back; a refused key asks for another, once."""
    expected_logs.extend(("Error fetching Garage", "Authentication failed while"))
    cloud.status = 500
    await minute(hass)
    assert value(hass, CURRENT) == STATE_UNAVAILABLE
    cloud.status = None
    await minute(hass, 2)
    assert value(hass, CURRENT) != STATE_UNAVAILABLE
    cloud.key = "another-key"
    await minute(hass, 3)
    assert value(hass, CURRENT) == STATE_UNAVAILABLE
    (flow,) = hass.config_entries.flow.async_progress_by_handler(DOMAIN)
    assert flow["step_id"] == "reauth_account"
    result = await hass.config_entries.flow.async_configure(
        flow["flow_id"], {"access_key": "another-key"}
    )
    assert result["reason"] == "reauth_successful"
    await settle(hass)
    assert value(hass, CURRENT) != STATE_UNAVAILABLE


async def test_group_is_never_told_in_two_ways(
    hass: HomeAssistant,
    entry: ConfigEntry[Any],
    cloud: SmartMeCloud,
    group: PicoGroup,
) -> None:
    """Its stations are neither offered again nor added by Modbus; the key stays."""
    result = await list_devices(hass)
    assert list(options_of(result)) == [METER]
    await group.start()
    bounds = {"minimum_current": "6", "maximum_current": "16"}
    result = await choose(hass, "smart_me_pico")
    result = await submit(hass, result, address(group.master, **bounds))
    assert result["reason"] == "told_by_account"
    bounds = {"minimum_current": "6", "maximum_current": "32"}
    result = await choose(hass, "smart_me_pico_group")
    numbers = {"members": [str(serial) for serial in SERIALS]}
    result = await submit(hass, result, address(group.master, **bounds, **numbers))
    assert result["reason"] == "told_by_account"
    assert "host" not in entry.data
    shown = await open_options(hass, entry)
    schema = shown["data_schema"]
    assert schema is not None
    assert "forget_access_key" not in schema.schema
    await fill_options(hass, entry, reassert=300)
    assert entry.options == {**entry.options, "access_key": KEY, "reassert": 300}


async def test_a_station_of_no_group_is_added_beside_it(
    hass: HomeAssistant, entry: ConfigEntry[Any]
) -> None:
    """Only those are refused whom the account tells already."""
    assert "7100001" not in entry.data["members"]
    alone = Pico(Car(), serial=7_100_001)
    await alone.start()
    try:
        result = await choose(hass, "smart_me_pico")
        result = await submit(hass, result, address(alone, **bounds()))
    finally:
        await alone.stop()
    assert result["step_id"] == "confirm_station"
    words = result["description_placeholders"]
    assert words is not None
    assert words["serial"] == "7100001"


async def test_bounds_of_the_group_can_be_changed(
    hass: HomeAssistant, entry: ConfigEntry[Any]
) -> None:
    """Nothing else is asked; the figures which the account gave stay a choice."""
    result = await reconfigure(hass, entry)
    assert result["step_id"] == "reconfigure_account"
    assert fields_of(result) == {
        "minimum_current": "6",
        "maximum_current": "63",
        "by_phase": True,
    }
    answers = {"minimum_current": "8", "maximum_current": "63", "by_phase": False}
    result = await submit(hass, result, answers)
    assert result["reason"] == "reconfigure_successful"
    await settle(hass)
    assert entry.data["minimum_current"] == 8
    state = hass.states.get(CURRENT)
    assert state is not None
    assert state.attributes["max"] == 63
