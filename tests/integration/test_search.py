"""A search of the network: 127.0.0.0/28 only, with simulators on several addresses."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any

from homeassistant.config_entries import (
    SOURCE_INTEGRATION_DISCOVERY,
    SOURCE_USER,
    ConfigFlowResult,
)
from homeassistant.core import HomeAssistant
from homeassistant.data_entry_flow import FlowResultType, UnknownFlow
from homeassistant.exceptions import HomeAssistantError
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry
import pytest_socket

from custom_components.meters_and_chargers import links
from custom_components.meters_and_chargers.const import DOMAIN
from custom_components.meters_and_chargers.engine.protocols.modbus import link
from custom_components.meters_and_chargers.search import MOST_HOSTS, hosts_near
from simulators.car import Car
from simulators.ksem import Ksem
from simulators.modbus_device import ModbusDevice
from simulators.pico import Pico
from simulators.power_brain import PowerBrain
from simulators.smart_me_meter import SmartMeMeter
from tests.links import all_closed

NETWORK = [f"127.0.0.{number}" for number in range(1, 15)]

type Put[D: ModbusDevice] = Callable[[D, int], Awaitable[D]]


class Stranger(ModbusDevice):
    """A Modbus device of another maker that answers every question with some number."""

    def __init__(self) -> None:
        """Hold a plausible serial number wherever one is looked for."""
        super().__init__([(0, 9000)])
        self.registers = dict.fromkeys(range(9000), 7)


@pytest.fixture
def loopback(monkeypatch: pytest.MonkeyPatch, port: int) -> list[str]:
    """Put Home Assistant into 127.0.0.0/28; a socket to anywhere else fails the test.

    Returns the hosts at which the search has knocked.
    """
    adapter = {"enabled": True, "ipv4": [_ipv4("127.0.0.1", 28)]}
    foreign = {"enabled": False, "ipv4": [_ipv4("192.168.77.1", 24)]}

    async def adapters(_hass: HomeAssistant) -> list[dict[str, Any]]:
        return [adapter, foreign]

    monkeypatch.setattr("homeassistant.components.network.async_get_adapters", adapters)
    pytest_socket.socket_allow_hosts(NETWORK)
    asked: list[str] = []
    open_connection = asyncio.open_connection

    async def watched(host: str, at: int) -> Any:
        if at == port:
            asked.append(host)
        return await open_connection(host, at)

    monkeypatch.setattr(asyncio, "open_connection", watched)
    return asked


def _ipv4(address: str, prefix: int) -> dict[str, object]:
    return {"address": address, "network_prefix": prefix}


@pytest.fixture
async def put(loopback: list[str], port: int) -> AsyncIterator[Put[Any]]:
    """Return a function that puts a simulated device at 127.0.0.<number>."""
    running: list[ModbusDevice] = []

    async def put(device: ModbusDevice, number: int) -> ModbusDevice:
        device.host, device.port = f"127.0.0.{number}", port
        await device.start()
        running.append(device)
        return device

    yield put
    for device in running:
        await device.stop()


async def begin(hass: HomeAssistant) -> ConfigFlowResult:
    """Choose the search in the menu."""
    flows = hass.config_entries.flow
    result = await flows.async_init(DOMAIN, context={"source": SOURCE_USER})
    assert "search" in result["menu_options"]
    return await flows.async_configure(result["flow_id"], {"next_step_id": "search"})


async def searched(hass: HomeAssistant, result: ConfigFlowResult) -> ConfigFlowResult:
    """Wait until a search has ended, and return what is shown then."""
    for _ in range(1200):
        if result["type"] is not FlowResultType.SHOW_PROGRESS:
            return result
        await asyncio.sleep(0.05)
        result = await hass.config_entries.flow.async_configure(result["flow_id"])
    raise TimeoutError


async def unloaded(hass: HomeAssistant) -> None:
    """Unload all entries, so that their devices may be stopped."""
    await hass.async_block_till_done()
    for entry in hass.config_entries.async_entries(DOMAIN):
        await hass.config_entries.async_unload(entry.entry_id)


def discovered(hass: HomeAssistant) -> list[Any]:
    """Return the flows which a search has left under Discovered."""
    return [
        flow
        for flow in hass.config_entries.flow.async_progress()
        if flow["context"]["source"] == SOURCE_INTEGRATION_DISCOVERY
    ]


# Whom it asks


def test_only_the_networks_we_are_in_are_asked() -> None:
    """A network of 254 neighbours is asked whole, and no other."""
    hosts = hosts_near([("192.168.1.20", 24)])
    assert len(hosts) == 254
    assert {host.rpartition(".")[0] for host in hosts} == {"192.168.1"}


def test_wide_network_is_asked_around_our_own_address() -> None:
    """Of 65,534 neighbours the 1,022 next to us are asked."""
    hosts = hosts_near([("10.20.30.40", 8)])
    assert len(hosts) == 1022
    assert "10.20.30.41" in hosts
    assert {host.split(".")[2] for host in hosts} == {"28", "29", "30", "31"}


def test_several_networks_share_the_bound() -> None:
    """1,024 hosts at most, the first network's first, none twice."""
    own = [("192.168.1.20", 24), ("192.168.1.21", 24), ("172.16.9.9", 12)]
    hosts = hosts_near([*own, ("10.0.0.1", 8)])
    assert len(hosts) == len(set(hosts)) == MOST_HOSTS
    assert hosts[0] == "192.168.1.1"


@pytest.mark.parametrize("own", ["8.8.8.8", "100.64.0.9", "169.254.7.7", "172.32.0.1"])
def test_public_and_foreign_networks_are_never_asked(own: str) -> None:
    """An address that is not private brings nobody to ask."""
    assert hosts_near([(own, 24)]) == ()


# What it finds


async def test_search_finds_ours_and_no_stranger(
    hass: HomeAssistant, put: Put[Any], loopback: list[str]
) -> None:
    """Two devices of 14 addresses: one is added, the other waits under Discovered."""
    meter = await put(Ksem(serial="72345678"), 2)
    telstar = await put(SmartMeMeter(serial=7_907_952), 9)
    stranger = await put(Stranger(), 5)
    result = await begin(hass)
    assert result["type"] is FlowResultType.SHOW_PROGRESS
    result = await searched(hass, result)
    assert result["step_id"] == "found"
    assert result["description_placeholders"] == {"others": "1"}
    (field,) = result["data_schema"].schema.values()
    labels = {one["value"]: one["label"] for one in field.config["options"]}
    assert sorted(labels.values()) == [
        "KOSTAL Smart Energy Meter 72345678 (127.0.0.2)",
        "smart-me Telstar 7907952 (127.0.0.9)",
    ]
    assert sorted(loopback) == sorted(NETWORK)
    for device in (meter, telstar, stranger):
        assert await all_closed(device)
    (first,) = (value for value, label in labels.items() if "KOSTAL" in label)
    flows = hass.config_entries.flow
    result = await flows.async_configure(result["flow_id"], {"device": first})
    assert result["step_id"] == "confirm_import"
    result = await flows.async_configure(result["flow_id"], {"name": "Grid"})
    assert result["type"] is FlowResultType.CREATE_ENTRY
    assert result["data"]["host"] == "127.0.0.2"
    await hass.async_block_till_done()
    (other,) = discovered(hass)
    assert other["context"]["unique_id"] == "smart_me_meter_7907952"
    assert other["step_id"] == "confirm_import"
    await unloaded(hass)


async def test_single_device_is_taken_up_at_once(
    hass: HomeAssistant, put: Put[Any]
) -> None:
    """With one find there is nothing to choose: a Pico's bounds are asked next."""
    pico = await put(Pico(Car(), serial=7002702), 3)
    result = await searched(hass, await begin(hass))
    assert result["step_id"] == "smart_me_pico"
    fields = {
        "host": "127.0.0.3",
        "more": {"port": pico.port, "unit_id": 1},
        "minimum_current": "6",
        "maximum_current": "16",
    }
    flows = hass.config_entries.flow
    result = await flows.async_configure(result["flow_id"], fields)
    assert result["step_id"] == "confirm_station"
    assert not pico.write_pdus


async def test_power_brain_is_found(hass: HomeAssistant, put: Put[Any]) -> None:
    """By its maker's number; what its line carries is asked next."""
    wallbox = await put(PowerBrain(Car()), 6)
    result = await searched(hass, await begin(hass))
    assert result["step_id"] == "cfos"
    assert not wallbox.write_pdus


async def test_wallbox_on_a_serial_line_stays_there(
    hass: HomeAssistant, put: Put[Any]
) -> None:
    """Who answers in the network as well is neither offered again nor moved."""
    await put(PowerBrain(Car()), 6)
    data = {
        "family": "cfos",
        "device": "/dev/ttyUSB0",
        "baud_rate": 9600,
        "format": "8N1",
        "unit_id": 1,
        "maximum_current": 16,
    }
    entry = MockConfigEntry(domain=DOMAIN, unique_id="cfos_PB-4711-0042", data=data)
    entry.add_to_hass(hass)
    result = await searched(hass, await begin(hass))
    assert result["step_id"] == "nothing_found"
    assert dict(entry.data) == data


async def test_nothing_found_says_so(hass: HomeAssistant, put: Put[Any]) -> None:
    """A stranger alone is nothing; one can search again or go back to the list."""
    await put(Stranger(), 4)
    result = await searched(hass, await begin(hass))
    assert result["step_id"] == "nothing_found"
    assert result["description_placeholders"] == {"total": "14"}
    flows = hass.config_entries.flow
    for choice, shown in (("search", "nothing_found"), ("user", "user")):
        result = await flows.async_configure(
            result["flow_id"], {"next_step_id": choice}
        )
        result = await searched(hass, result)
        assert result["step_id"] == shown


async def test_nothing_found_is_said_again(
    hass: HomeAssistant, put: Put[Any], loopback: list[str]
) -> None:
    """Whoever loads the page anew sees the same, and nobody is asked twice."""
    await put(Stranger(), 4)
    first = await searched(hass, await begin(hass))
    asked = list(loopback)
    again = await hass.config_entries.flow.async_configure(first["flow_id"])
    assert again["type"] is FlowResultType.MENU
    assert again["step_id"] == "nothing_found"
    assert again["menu_options"] == ["search", "user"]
    assert again["description_placeholders"] == {"total": "14"}
    assert loopback == asked


async def test_host_without_a_network_finds_nothing(
    hass: HomeAssistant, port: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nobody to ask is no error."""

    async def no_adapters(_hass: HomeAssistant) -> list[Any]:
        return []

    monkeypatch.setattr(
        "homeassistant.components.network.async_get_adapters", no_adapters
    )
    result = await searched(hass, await begin(hass))
    assert result["step_id"] == "nothing_found"


async def test_progress_is_told(hass: HomeAssistant, put: Put[Any]) -> None:
    """The dialog says how far it is and what was found, and is told to look again."""
    events: list[Any] = []
    for name in ("data_entry_flow_progressed", "data_entry_flow_progress_update"):
        hass.bus.async_listen(name, events.append)
    await put(Ksem(), 2)
    silent = await put(Ksem(serial="79999999"), 3)
    silent.silent = True
    result = await begin(hass)
    for _ in range(3000):
        result = await hass.config_entries.flow.async_configure(result["flow_id"])
        placeholders = result["description_placeholders"]
        if placeholders["done"] == "13":
            break
        await asyncio.sleep(0.01)
    assert placeholders["total"] == "14"
    assert placeholders["names"] == "KOSTAL Smart Energy Meter 72345678 (127.0.0.2)"
    assert {event.event_type for event in events} == {
        "data_entry_flow_progressed",
        "data_entry_flow_progress_update",
    }
    hass.config_entries.flow.async_abort(result["flow_id"])
    assert await all_closed(silent)


# How it ends


async def test_closing_the_dialog_closes_every_socket(
    hass: HomeAssistant, put: Put[Any]
) -> None:
    """A search that is cancelled leaves no connection and no task."""
    devices = [await put(Ksem(serial=f"7000000{n}"), n) for n in range(2, 8)]
    for device in devices:
        device.silent = True
    result = await begin(hass)
    for _ in range(3000):
        if all(device.request_count for device in devices):
            break
        await asyncio.sleep(0.01)
    assert sum(device.open_connections for device in devices) == len(devices)
    hass.config_entries.flow.async_abort(result["flow_id"])
    with pytest.raises(UnknownFlow):
        await hass.config_entries.flow.async_configure(result["flow_id"])
    for device in devices:
        assert await all_closed(device)
    assert not [t for t in asyncio.all_tasks() if t.get_name() == f"{DOMAIN} search"]


async def test_never_more_than_64_sockets(
    hass: HomeAssistant, loopback: list[str], port: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """1,024 hosts that do not answer: 64 at once, each for a second at most."""
    open_now = most = 0

    async def never(_host: str, _port: int) -> None:
        nonlocal open_now, most
        open_now += 1
        most = max(most, open_now)
        try:
            await asyncio.sleep(3600)
        finally:
            open_now -= 1

    monkeypatch.setattr(asyncio, "open_connection", never)
    monkeypatch.setattr(links.network, "_CONNECT_S", 0.01)
    hosts = hosts_near([("10.0.0.1", 8), ("192.168.1.1", 24)])
    assert len(hosts) == MOST_HOSTS
    asked = 0

    def on_asked() -> None:
        nonlocal asked
        asked += 1

    await links.search(hass, hosts, lambda _found: None, on_asked)
    assert (asked, most, open_now) == (MOST_HOSTS, 64, 0)


async def test_slow_devices_are_asked_slowly(
    hass: HomeAssistant, put: Put[Any]
) -> None:
    """A Telstar drops what comes too soon; it is found all the same."""
    telstar = await put(SmartMeMeter(), 6)
    telstar.pause_s = 0.15
    found: list[str] = []
    await links.search(
        hass,
        ["127.0.0.6"],
        lambda one: found.append(one.identity.key),
        lambda: None,
    )
    assert found == ["smart_me_meter_7907952"]
    assert telstar.request_count == 3


async def test_device_that_never_answers_does_not_hold_up_the_search(
    hass: HomeAssistant, put: Put[Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Silence costs its own time-outs, the others are found."""
    monkeypatch.setattr(link, "DEFAULT_TIMEOUT_S", 1.0)
    mute = await put(Ksem(serial="79999999"), 3)
    mute.silent = True
    await put(Ksem(), 2)
    result = await searched(hass, await begin(hass))
    assert result["step_id"] == "confirm_import"
    assert await all_closed(mute)


# What is known already


def entry_at(host: str, port: int, serial: str = "72345678") -> MockConfigEntry:
    """Return the entry of a KSEM at an address."""
    return MockConfigEntry(
        domain=DOMAIN,
        title="Grid meter",
        unique_id=f"ksem_{serial}",
        data={"family": "ksem", "host": host, "port": port, "unit_id": 71},
    )


async def test_known_device_at_a_new_address_is_followed(
    hass: HomeAssistant, put: Put[Any], port: int
) -> None:
    """The serial decides: the entry gets the new host, keeps the rest, and loads."""
    await put(Ksem(), 8)
    entry = entry_at("127.0.0.2", port)
    entry.add_to_hass(hass)
    await hass.config_entries.async_setup(entry.entry_id)
    result = await searched(hass, await begin(hass))
    assert result["type"] is FlowResultType.ABORT
    assert result["reason"] == "already_configured"
    assert result["description_placeholders"] == {"serial": "72345678"}
    await hass.async_block_till_done()
    assert entry.data == {
        "family": "ksem",
        "host": "127.0.0.8",
        "port": port,
        "unit_id": 71,
    }
    assert entry.runtime_data.online
    await unloaded(hass)


async def test_working_device_is_not_asked(
    hass: HomeAssistant, put: Put[Any], port: int, loopback: list[str]
) -> None:
    """Who is read already is left alone by the search."""
    await put(Ksem(), 8)
    entry = entry_at("127.0.0.8", port)
    entry.add_to_hass(hass)
    await hass.config_entries.async_setup(entry.entry_id)
    result = await searched(hass, await begin(hass))
    assert result["step_id"] == "nothing_found"
    assert "127.0.0.8" not in loopback
    assert len(loopback) == 13
    await unloaded(hass)


async def test_ignored_device_is_found_when_searched_for(
    hass: HomeAssistant, put: Put[Any]
) -> None:
    """Who searches may change their mind about a device that was ignored."""
    await put(Ksem(), 8)
    ignored = MockConfigEntry(
        domain=DOMAIN, unique_id="ksem_72345678", source="ignore", data={}
    )
    ignored.add_to_hass(hass)
    result = await searched(hass, await begin(hass))
    assert result["step_id"] == "confirm_import"


async def test_name_that_its_owner_gave_stays(
    hass: HomeAssistant,
    put: Put[Any],
    port: int,
) -> None:
    """A meter that works under a name is found by its address, and keeps its name."""
    await put(Ksem(), 8)
    entry = entry_at("127.0.0.8", port)
    entry.add_to_hass(hass)
    await hass.config_entries.async_setup(entry.entry_id)
    named = {**entry.data, "host": "meter.home"}
    hass.config_entries.async_update_entry(entry, data=named)
    coordinator = entry.runtime_data
    result = await searched(hass, await begin(hass))
    assert result["step_id"] == "nothing_found"
    await hass.async_block_till_done()
    assert entry.data == named
    assert entry.runtime_data is coordinator
    await unloaded(hass)


async def test_device_that_another_integration_holds_is_passed_over(
    hass: HomeAssistant, put: Put[Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Who reads a device with other settings is not disturbed, and ends no search."""
    await put(Ksem(), 2)

    def refuse(*_: object) -> None:
        raise HomeAssistantError("device_in_use")

    monkeypatch.setattr(links.network, "async_get_temporary_unit", refuse)
    result = await searched(hass, await begin(hass))
    assert result["step_id"] == "nothing_found"


async def test_find_that_was_set_up_meanwhile_is_not_offered(
    hass: HomeAssistant, put: Put[Any], port: int
) -> None:
    """What waits under Discovered has to be new when it gets there."""
    entry_at("127.0.0.8", port).add_to_hass(hass)
    result = await hass.config_entries.flow.async_init(
        DOMAIN,
        context={"source": SOURCE_INTEGRATION_DISCOVERY},
        data={
            "family": "ksem",
            "host": "127.0.0.2",
            "port": port,
            "key": "ksem_72345678",
            "name": "KSEM",
        },
    )
    assert result["reason"] == "already_configured"


async def test_group_told_through_its_account_is_left_alone(
    hass: HomeAssistant, put: Put[Any], loopback: list[str]
) -> None:
    """Its master is neither new nor moved: it gets no address, and no second entry."""
    await put(Pico(Car(), serial=7002702), 3)
    entry = MockConfigEntry(
        domain=DOMAIN,
        unique_id="smart_me_pico_group_7002702",
        data={
            "family": "smart_me_pico_group",
            "by_account": True,
            "members": ["7002702"],
        },
    )
    entry.add_to_hass(hass)
    result = await begin(hass)
    await hass.async_block_till_done(wait_background_tasks=True)
    result = await hass.config_entries.flow.async_configure(result["flow_id"])
    assert result["step_id"] == "nothing_found"
    assert "host" not in entry.data
