"""A DIRIS gateway in Home Assistant: modules, circuits, rounds, what comes and goes."""

import asyncio
from collections.abc import AsyncIterator
from datetime import timedelta
from typing import Any

from freezegun.api import FrozenDateTimeFactory
from homeassistant.components.modbus import async_get_unit
from homeassistant.config_entries import (
    SOURCE_DHCP,
    SOURCE_RECONFIGURE,
    ConfigEntry,
    ConfigEntryState,
    ConfigFlowResult,
)
from homeassistant.const import STATE_UNAVAILABLE, Platform
from homeassistant.core import HomeAssistant
from homeassistant.data_entry_flow import FlowResultType
from homeassistant.exceptions import HomeAssistantError
from homeassistant.helpers import device_registry as dr
from homeassistant.helpers import entity_registry as er
from homeassistant.helpers.entity import Entity
from homeassistant.helpers.service_info.dhcp import DhcpServiceInfo
from homeassistant.setup import async_setup_component
from modbus_connection import ModbusTlsParams
import pytest
from pytest_homeassistant_custom_component.common import (
    MockConfigEntry,
    async_fire_time_changed,
    snapshot_platform,
)
from pytest_homeassistant_custom_component.typing import WebSocketGenerator
from syrupy.assertion import SnapshotAssertion

import custom_components.meters_and_chargers as ours
from custom_components.meters_and_chargers import diris, links
from custom_components.meters_and_chargers.config_flow import MetersAndChargersFlow
from custom_components.meters_and_chargers.const import DOMAIN
from custom_components.meters_and_chargers.diagnostics import (
    async_get_config_entry_diagnostics,
)
from custom_components.meters_and_chargers.diris import GatewayCoordinator
from custom_components.meters_and_chargers.diris_store import addresses_in
from custom_components.meters_and_chargers.engine.devices.diris import modbus
from custom_components.meters_and_chargers.engine.model import Unreachable
from simulators.diris import Circuit, Countis, Diris, LoadModule, Module
from simulators.ksem import Ksem
from tests.links import all_closed

from .conftest import SetUp
from .test_config_flow import address, choose, submit

POWER = "sensor.diris_b30_rs485_2_circuit_1_power"
ENERGY = "sensor.diris_b30_rs485_2_circuit_1_energy_import"
SEARCH = "button.main_board_search_for_modules"


def house() -> Diris:
    """Return a gateway with a B-30, an I-35, a Countis and a module nobody reads."""
    return Diris(
        {
            2: LoadModule(
                "DIRIS B30 RS485",
                [Circuit(6900, import_wh=1_234_567.8), Circuit(-900, export_wh=70.3)],
                most=4,
                net_id=0xB30001,
            ),
            3: LoadModule("Digiware I-35", [Circuit(300)], most=3, net_id=0x350001),
            5: Countis(Circuit(1230, import_wh=98_760)),
            9: Module("Digiware IO-10", net_id=0x100001),
        }
    )


@pytest.fixture
async def gateway(socket_enabled: None) -> AsyncIterator[Diris]:
    """Return the house's gateway, running."""
    found = house()
    await found.start()
    yield found
    await found.stop()


async def rest(hass: HomeAssistant) -> None:
    """Wait until the rounds that have begun are over."""
    await hass.async_block_till_done(wait_background_tasks=True)


async def next_round(
    hass: HomeAssistant, freezer: FrozenDateTimeFactory, seconds: float = 11
) -> None:
    """Let the time of the next round come, and wait for its end."""
    freezer.tick(timedelta(seconds=seconds))
    async_fire_time_changed(hass)
    await rest(hass)


@pytest.fixture
def set_up(hass: HomeAssistant, gateway: Diris) -> SetUp:
    """Return a function that adds the gateway through the flow, and reads a round."""

    async def add(**options: Any) -> ConfigEntry[GatewayCoordinator]:
        result = await choose(hass, "diris")
        result = await submit(hass, result, address(gateway))
        assert result["step_id"] == "diris_modules"
        result = await submit(hass, result, {"addresses": "2-5, 9"})
        assert result["type"] is FlowResultType.SHOW_PROGRESS
        await rest(hass)
        result = await hass.config_entries.flow.async_configure(result["flow_id"])
        assert result["step_id"] == "diris_circuits", result
        last = {"name": "Main board", "single_source": False, **options}
        result = await submit(hass, result, last)
        assert result["type"] is FlowResultType.CREATE_ENTRY
        await rest(hass)
        entry: ConfigEntry[GatewayCoordinator] = result["result"]
        return entry

    return add


async def options_form(
    hass: HomeAssistant, entry: ConfigEntry[GatewayCoordinator], step: str
) -> ConfigFlowResult:
    """Open a gateway's options, and choose of their menu."""
    options = hass.config_entries.options
    result = await options.async_init(entry.entry_id)
    assert result["type"] is FlowResultType.MENU
    return await options.async_configure(result["flow_id"], {"next_step_id": step})


def value(hass: HomeAssistant, entity_id: str) -> str:
    """Return an entity's state."""
    state = hass.states.get(entity_id)
    assert state is not None, entity_id
    return state.state


async def test_it_is_added_with_its_modules(
    hass: HomeAssistant, gateway: Diris
) -> None:
    """Address, then where modules may be, then what was found; its id the Net ID."""
    result = await choose(hass, "diris")
    assert result["step_id"] == "diris"
    result = await submit(hass, result, address(gateway))
    assert result["step_id"] == "diris_modules"
    placeholders = result["description_placeholders"]
    assert placeholders is not None
    assert placeholders["device"] == "SOCOMEC DIRIS M-70"
    assert placeholders["serial"] == "7E229C"
    result = await submit(hass, result, {"addresses": "2-300"})
    assert result["errors"] == {"base": "invalid_addresses"}
    result = await submit(hass, result, {"addresses": "1-5, 9"})
    assert result["progress_action"] == "diris_walk"
    await rest(hass)
    result = await hass.config_entries.flow.async_configure(result["flow_id"])
    placeholders = result["description_placeholders"]
    assert placeholders is not None
    assert (placeholders["modules"], placeholders["circuits"]) == ("4", "4")
    assert placeholders["list"].splitlines() == [
        "- 2: DIRIS B30 RS485 (2)",
        "- 3: Digiware I-35 (1)",
        "- 5: Countis E34 (1)",
        "- 9: Digiware IO-10 (-)",
    ]
    # The I-35 is known from one source alone: what it seems to draw is not told.
    assert placeholders["drawn"].replace("\N{NO-BREAK SPACE}", " ") == "8.13 kW"
    assert placeholders["fed"].replace("\N{NO-BREAK SPACE}", " ") == "900 W"
    assert await all_closed(gateway)
    last = {"name": "Main board", "single_source": False}
    result = await submit(hass, result, last)
    assert result["type"] is FlowResultType.CREATE_ENTRY
    assert result["result"].unique_id == "diris_7E229C"
    await rest(hass)
    assert result["result"].state is ConfigEntryState.LOADED
    assert gateway.write_pdus == []


async def test_closing_the_dialog_stops_the_walk(
    hass: HomeAssistant, gateway: Diris
) -> None:
    """While modules are asked: no task, no connection and no entry is left."""
    gateway.bus_s = 0.05
    result = await submit(hass, await choose(hass, "diris"), address(gateway))
    result = await submit(hass, result, {"addresses": "1-200"})
    assert result["type"] is FlowResultType.SHOW_PROGRESS
    flow = hass.config_entries.flow._progress[result["flow_id"]]
    assert isinstance(flow, MetersAndChargersFlow)
    walking = flow._walking
    assert walking is not None
    for _ in range(3000):
        if gateway.open_connections and flow._behind.modules:
            break
        await asyncio.sleep(0.01)
    assert gateway.open_connections
    hass.config_entries.flow.async_abort(result["flow_id"])
    await asyncio.wait([walking], timeout=30)
    assert walking.cancelled()
    assert await all_closed(gateway)
    assert not hass.config_entries.async_entries(DOMAIN)


async def test_the_dialog_can_be_looked_at_while_modules_are_asked(
    hass: HomeAssistant, gateway: Diris
) -> None:
    """It says how many addresses there are, and ends with what was found."""
    result = await submit(hass, await choose(hass, "diris"), address(gateway))
    await submit(hass, result, {"addresses": "2-5"})
    result = await hass.config_entries.flow.async_configure(result["flow_id"])
    assert result["type"] is FlowResultType.SHOW_PROGRESS
    words = result["description_placeholders"]
    assert words is not None
    assert (words["total"], words["host"]) == ("4", gateway.host)
    await rest(hass)
    result = await hass.config_entries.flow.async_configure(result["flow_id"])
    assert result["step_id"] == "diris_circuits"
    words = result["description_placeholders"]
    assert words is not None
    assert words["modules"] == "3"


async def test_another_integration_opens_it_meanwhile(
    hass: HomeAssistant, gateway: Diris
) -> None:
    """Who reads it with other settings is said to be in the way; addresses stay."""
    result = await submit(hass, await choose(hass, "diris"), address(gateway))
    other = MockConfigEntry(domain="other", title="Other")
    other.add_to_hass(hass)
    encrypted = ModbusTlsParams(host=gateway.host, port=gateway.port)
    async_get_unit(hass, other, encrypted, 1)
    result = await submit(hass, result, {"addresses": "2-5"})
    await rest(hass)
    result = await hass.config_entries.flow.async_configure(result["flow_id"])
    assert result["step_id"] == "diris_modules"
    assert result["errors"] == {"base": "in_use"}
    assert result["data_schema"] is not None
    assert result["data_schema"]({}) == {"addresses": "2-5"}


async def test_nobody_at_the_addresses(hass: HomeAssistant, gateway: Diris) -> None:
    """The form comes back and says so; a gateway that is lost meanwhile is named."""
    result = await choose(hass, "diris")
    result = await submit(hass, result, address(gateway))
    result = await submit(hass, result, {"addresses": "40-41"})
    await rest(hass)
    result = await hass.config_entries.flow.async_configure(result["flow_id"])
    assert result["step_id"] == "diris_modules"
    assert result["errors"] == {"base": "no_modules"}
    await gateway.stop()
    result = await submit(hass, result, {"addresses": "2"})
    await rest(hass)
    result = await hass.config_entries.flow.async_configure(result["flow_id"])
    assert result["errors"] == {"base": "no_link"}


async def test_port_503_is_never_asked(hass: HomeAssistant, gateway: Diris) -> None:
    """Whoever types it is told why not, before anything is sent."""
    result = await choose(hass, "diris")
    typed = address(gateway)
    typed["more"] = {**typed["more"], "port": 503}
    result = await submit(hass, result, typed)
    assert result["errors"] == {"base": "port_503"}
    result = await submit(hass, result, address(gateway))
    assert result["step_id"] == "diris_modules"


async def test_another_device_is_refused(hass: HomeAssistant, ksem: Ksem) -> None:
    """A meter of another maker is no gateway."""
    result = await choose(hass, "diris")
    result = await submit(hass, result, address(ksem))
    assert result["errors"] == {"base": "wrong_device"}


@pytest.mark.usefixtures("all_entities_enabled")
async def test_every_sensor(
    hass: HomeAssistant,
    entity_registry: er.EntityRegistry,
    set_up: SetUp,
    snapshot: SnapshotAssertion,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Names, classes, units and values of all that a house's circuits show."""
    monkeypatch.setattr(ours, "DIRIS_PLATFORMS", [Platform.SENSOR])
    entry = await set_up()
    await snapshot_platform(hass, entity_registry, snapshot, entry.entry_id)


async def test_modules_are_devices_and_circuits_their_parts(
    hass: HomeAssistant, device_registry: dr.DeviceRegistry, set_up: SetUp
) -> None:
    """The gateway, the modules via it, the circuits as children of the modules."""
    entry = await set_up()
    gateway = device_registry.async_get_device_by_identifier(
        (DOMAIN, "diris_7E229C"), entry.entry_id
    )
    module = device_registry.async_get_device_by_identifier(
        (DOMAIN, "diris_7E229C_2"), entry.entry_id
    )
    circuit = device_registry.async_get_child_device_by_identifier(
        (DOMAIN, "diris_7E229C_2_1"), entry.entry_id
    )
    assert gateway is not None
    assert module is not None
    assert circuit is not None
    assert (gateway.model, gateway.name) == ("DIRIS M-70", "Main board")
    assert module.via_device_id == gateway.id
    assert (module.serial_number, module.sw_version) == ("B30001", "1.42")
    assert circuit.parent_device_id == module.id
    assert circuit.name == "Circuit 1"
    named = device_registry.async_get_device_by_identifier(
        (DOMAIN, "diris_7E229C_9"), entry.entry_id
    )
    assert named is not None
    assert named.model == "Digiware IO-10"


async def test_shown_from_the_start(
    hass: HomeAssistant, entity_registry: er.EntityRegistry, set_up: SetUp
) -> None:
    """Power and energy of documented products; what one source says is a choice."""
    entry = await set_up()
    shown = {
        found.unique_id.removeprefix("diris_7E229C_")
        for found in er.async_entries_for_config_entry(entity_registry, entry.entry_id)
        if found.disabled_by is None
    }
    assert shown == {
        "access",
        "reading_interval",
        "search_modules",
        "2_alarm_system",
        *(
            f"{circuit}_{key}"
            for circuit in ("2_1", "2_2", "5_1")
            for key in ("power", "energy_import", "energy_export")
        ),
    }
    assert value(hass, POWER) == "6900"
    assert value(hass, "sensor.diris_b30_rs485_2_circuit_2_power") == "-900"
    assert value(hass, "sensor.countis_e34_5_circuit_1_energy_import") == "98.76"


async def test_what_nobody_shows_is_not_asked(
    hass: HomeAssistant,
    gateway: Diris,
    set_up: SetUp,
    freezer: FrozenDateTimeFactory,
) -> None:
    """A round asks for blocks with shown values, two alarms; counters once a minute."""
    await set_up()
    before = gateway.request_count
    await next_round(hass, freezer)
    asked = [(one.unit, one.address) for one in list(gateway.requests)[before:]]
    values, alarms = asked[:3], asked[3:]
    assert values == [(2, 18432), (2, 20480), (5, 50512)]
    assert [unit for unit, _ in alarms] == [2, 2]
    assert value(hass, "sensor.countis_e34_5_circuit_1_energy_import") == "98.76"


async def test_states_are_written_when_they_change(
    hass: HomeAssistant,
    gateway: Diris,
    set_up: SetUp,
    freezer: FrozenDateTimeFactory,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """A round in which one circuit changes writes one state."""
    await set_up()
    # By then all alarms have been read.
    await next_round(hass, freezer)
    written: list[str] = []
    write = Entity.async_write_ha_state

    def count(entity: Entity) -> None:
        written.append(entity.entity_id)
        write(entity)

    monkeypatch.setattr(Entity, "async_write_ha_state", count)
    board = gateway.modules[2]
    assert isinstance(board, LoadModule)
    board.circuits[0].power_w = 7000
    await next_round(hass, freezer)
    assert written == [POWER]
    assert value(hass, POWER) == "7000"


async def test_a_lost_module_costs_only_its_circuits(
    hass: HomeAssistant,
    gateway: Diris,
    set_up: SetUp,
    freezer: FrozenDateTimeFactory,
    monkeypatch: pytest.MonkeyPatch,
    expected_logs: list[str],
) -> None:
    """Its values are unavailable, others go on; it is found again."""
    expected_logs.append("The module at address 2 can't be read")
    monkeypatch.setattr(modbus, "PAUSE_S", 0)
    await set_up()
    gateway.lose(2)
    countis = gateway.modules[5]
    assert isinstance(countis, Countis)
    countis.circuit.power_w = 50
    await next_round(hass, freezer)
    assert value(hass, POWER) == STATE_UNAVAILABLE
    assert (
        value(hass, "sensor.diris_b30_rs485_2_circuit_1_energy_import")
        == STATE_UNAVAILABLE
    )
    assert value(hass, "sensor.countis_e34_5_circuit_1_power") == "50"
    gateway.find(2)
    await next_round(hass, freezer)
    assert value(hass, POWER) == "6900"


async def test_a_lost_gateway_is_found_again(
    hass: HomeAssistant,
    gateway: Diris,
    set_up: SetUp,
    freezer: FrozenDateTimeFactory,
    expected_logs: list[str],
) -> None:
    """All circuits are unavailable, and back with the first good round."""
    expected_logs.append("Main board")
    await set_up()
    await gateway.stop()
    await next_round(hass, freezer)
    assert value(hass, POWER) == STATE_UNAVAILABLE
    assert value(hass, "sensor.main_board_reading_interval") == STATE_UNAVAILABLE
    await gateway.start()
    await next_round(hass, freezer)
    assert value(hass, POWER) == "6900"


async def test_a_gateway_that_is_off_is_tried_again(
    hass: HomeAssistant, gateway: Diris, set_up: SetUp, expected_logs: list[str]
) -> None:
    """Without it the entry waits; a search that is asked for says what is wrong."""
    expected_logs.append("Main board")
    entry = await set_up()
    await gateway.stop()
    with pytest.raises(HomeAssistantError) as failed:
        await hass.services.async_call(
            "button", "press", {"entity_id": SEARCH}, blocking=True
        )
    assert failed.value.translation_key in ("port_closed", "no_link")
    await hass.config_entries.async_reload(entry.entry_id)
    assert entry.state is ConfigEntryState.SETUP_RETRY
    await gateway.start()
    await hass.config_entries.async_reload(entry.entry_id)
    await rest(hass)
    assert value(hass, POWER) == "6900"


async def test_a_look_that_fails_costs_no_value(
    hass: HomeAssistant,
    gateway: Diris,
    set_up: SetUp,
    freezer: FrozenDateTimeFactory,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """A gateway that is lost between a round and the look keeps its circuits."""
    entry = await set_up()
    coordinator: GatewayCoordinator = entry.runtime_data

    async def lost() -> None:
        raise Unreachable("gone")

    monkeypatch.setattr(coordinator.path, "topology", lost)
    coordinator._topology_at = float("-inf")
    await next_round(hass, freezer)
    assert value(hass, POWER) == "6900"
    assert len(coordinator.topology.modules) == 4


async def test_new_circuits_come_without_a_reload(
    hass: HomeAssistant,
    gateway: Diris,
    set_up: SetUp,
    freezer: FrozenDateTimeFactory,
) -> None:
    """After ten minutes a circuit that was switched on has its page and values."""
    entry = await set_up()
    coordinator = entry.runtime_data
    board = gateway.modules[2]
    assert isinstance(board, LoadModule)
    board.circuits.append(Circuit(1500))
    coordinator._topology_at = float("-inf")
    await next_round(hass, freezer)
    await next_round(hass, freezer)
    assert value(hass, "sensor.diris_b30_rs485_2_circuit_3_power") == "1500"
    assert entry.runtime_data is coordinator
    assert entry.data["modules"][0]["loads"] == [1, 2, 3]


async def test_the_button_finds_a_new_module(
    hass: HomeAssistant,
    gateway: Diris,
    set_up: SetUp,
    freezer: FrozenDateTimeFactory,
) -> None:
    """A module at an address that was empty is found when its owner asks for it."""
    await set_up()
    await gateway.stop()
    gateway.modules[4] = Countis(Circuit(770), "Countis E44", order=8)
    await gateway.start()
    await hass.services.async_call(
        "button", "press", {"entity_id": SEARCH}, blocking=True
    )
    await next_round(hass, freezer)
    assert value(hass, "sensor.countis_e44_4_circuit_1_power") == "770"


async def remove(
    hass: HomeAssistant, hass_ws_client: WebSocketGenerator, device_id: str
) -> bool:
    """Press Delete on a device's page; returns whether it was deleted."""
    await async_setup_component(hass, "config", {})
    client = await hass_ws_client(hass)
    await client.send_json_auto_id(
        {"type": "config/device_registry/remove", "device_id": device_id}
    )
    answer = await client.receive_json()
    await rest(hass)
    return bool(answer["success"])


async def test_what_is_gone_can_be_deleted(
    hass: HomeAssistant,
    gateway: Diris,
    set_up: SetUp,
    device_registry: dr.DeviceRegistry,
    freezer: FrozenDateTimeFactory,
    hass_ws_client: WebSocketGenerator,
    expected_logs: list[str],
) -> None:
    """A circuit that is off and a module that is silent, but none that answers."""
    expected_logs.append("The module at address 5 can't be read")
    entry = await set_up()
    device = device_registry.async_get_device_by_identifier
    child = device_registry.async_get_child_device_by_identifier
    circuit = child((DOMAIN, "diris_7E229C_2_2"), entry.entry_id)
    countis = device((DOMAIN, "diris_7E229C_5"), entry.entry_id)
    gateway_page = device((DOMAIN, "diris_7E229C"), entry.entry_id)
    assert circuit is not None
    assert countis is not None
    assert gateway_page is not None
    for page in (circuit, countis, gateway_page):
        assert not await remove(hass, hass_ws_client, page.id)
    board = gateway.modules[2]
    assert isinstance(board, LoadModule)
    board.circuits[1].on = False
    gateway.lose(5)
    entry.runtime_data._topology_at = float("-inf")
    await next_round(hass, freezer)
    assert await remove(hass, hass_ws_client, circuit.id)
    assert await remove(hass, hass_ws_client, countis.id)
    assert hass.states.get("sensor.countis_e34_5_circuit_1_power") is None
    assert [one["address"] for one in entry.data["modules"]] == [2, 3, 9]
    board.circuits[1].on = True
    gateway.find(5)
    await hass.services.async_call(
        "button", "press", {"entity_id": SEARCH}, blocking=True
    )
    await next_round(hass, freezer)
    assert value(hass, "sensor.countis_e34_5_circuit_1_power") == "1230"
    assert value(hass, "sensor.diris_b30_rs485_2_circuit_2_power") == "-900"


async def test_a_module_of_another_product(
    hass: HomeAssistant,
    gateway: Diris,
    set_up: SetUp,
    device_registry: dr.DeviceRegistry,
    freezer: FrozenDateTimeFactory,
    expected_logs: list[str],
) -> None:
    """Its values take the places of the old ones; what it alone has comes besides."""
    expected_logs.append("another device answers: DIRIS B30 RS485")
    entry = await set_up()
    await gateway.stop()
    gateway.modules[5] = LoadModule(
        "DIRIS B30 RS485", [Circuit(40), Circuit(50)], most=4, order=77
    )
    await gateway.start()
    await next_round(hass, freezer)
    await next_round(hass, freezer)
    assert value(hass, "sensor.countis_e34_5_circuit_1_power") == STATE_UNAVAILABLE
    entry.runtime_data._topology_at = float("-inf")
    await next_round(hass, freezer, 40)
    await next_round(hass, freezer)
    assert value(hass, "sensor.countis_e34_5_circuit_1_power") == "40"
    assert value(hass, "sensor.diris_b30_rs485_5_circuit_2_power") == "50"
    module = device_registry.async_get_device_by_identifier(
        (DOMAIN, "diris_7E229C_5"), entry.entry_id
    )
    assert module is not None
    assert module.model == "DIRIS B30 RS485"


async def test_it_moves_with_its_modules(
    hass: HomeAssistant, gateway: Diris, set_up: SetUp
) -> None:
    """A new address forgets neither modules nor names; another gateway is refused."""
    entry = await set_up()
    modules = entry.data["modules"]
    other = Diris({2: Countis(Circuit(100))}, net_id=0x123456)
    await other.start()
    result = await hass.config_entries.flow.async_init(
        DOMAIN, context={"source": SOURCE_RECONFIGURE, "entry_id": entry.entry_id}
    )
    result = await submit(hass, result, address(other))
    assert result["reason"] == "another_device"
    await other.stop()
    assert entry.data["port"] == gateway.port
    await gateway.stop()
    moved = house()
    await moved.start()
    result = await hass.config_entries.flow.async_init(
        DOMAIN, context={"source": SOURCE_RECONFIGURE, "entry_id": entry.entry_id}
    )
    assert result["step_id"] == "diris"
    result = await submit(hass, result, address(moved))
    assert result["reason"] == "reconfigure_successful"
    await rest(hass)
    assert entry.data["port"] == moved.port
    assert entry.data["modules"] == modules
    assert value(hass, POWER) == "6900"
    await hass.config_entries.async_unload(entry.entry_id)
    await moved.stop()


async def test_a_search_finds_it(
    hass: HomeAssistant, gateway: Diris, port: int
) -> None:
    """A gateway says who it is to a search of the network."""
    await gateway.stop()
    gateway.port = port
    await gateway.start()
    found: list[str] = []
    await links.search(
        hass, ["127.0.0.1"], lambda one: found.append(one.title), lambda: None
    )
    assert found == ["SOCOMEC DIRIS M-70 7E229C (127.0.0.1)"]


async def test_a_slow_bus_stretches_the_interval(
    hass: HomeAssistant,
    gateway: Diris,
    set_up: SetUp,
    freezer: FrozenDateTimeFactory,
) -> None:
    """A round that needs longer than its interval is followed by a rest, and shown."""
    entry = await set_up()
    coordinator: GatewayCoordinator = entry.runtime_data
    assert value(hass, "sensor.main_board_reading_interval") == "10"
    coordinator._pace(14.4)
    coordinator.async_update_listeners()
    assert coordinator.update_interval == timedelta(seconds=1)
    assert value(hass, "sensor.main_board_reading_interval") == "15"
    await next_round(hass, freezer)
    assert value(hass, "sensor.main_board_reading_interval") == "10"


async def test_owner_names_circuits(hass: HomeAssistant, set_up: SetUp) -> None:
    """A line for each circuit; a name stands on its page, a bad line is refused."""
    entry = await set_up()
    result = await options_form(hass, entry, "diris")
    assert result["data_schema"] is not None
    schema = result["data_schema"].schema
    (names,) = (key for key in schema if key == "names")
    assert names.description == {"suggested_value": "2.1\n2.2\n3.1\n5.1"}
    fields = {
        "interval": "30",
        "addresses": "2-6",
        "names": "Heat pump 2.1",
        "single_source": False,
    }
    result = await hass.config_entries.options.async_configure(
        result["flow_id"], fields
    )
    assert result["errors"] == {"names": "invalid_names"}
    result = await hass.config_entries.options.async_configure(
        result["flow_id"], {**fields, "names": "2.1", "addresses": "0"}
    )
    assert result["errors"] == {"addresses": "invalid_addresses"}
    result = await hass.config_entries.options.async_configure(
        result["flow_id"], {**fields, "names": "2.1 Heat pump\n2.2: Solar\n3.1"}
    )
    assert result["type"] is FlowResultType.CREATE_ENTRY
    await rest(hass)
    assert entry.options == {
        "interval": 30,
        "addresses": "2-6",
        "names": {"2.1": "Heat pump", "2.2": "Solar"},
        "single_source": False,
    }
    circuit = dr.async_get(hass).async_get_child_device_by_identifier(
        (DOMAIN, "diris_7E229C_2_1"), entry.entry_id
    )
    assert circuit is not None
    assert circuit.name == "Heat pump"
    assert entry.runtime_data.interval_s == 30


async def test_start_asks_the_gateway_alone(
    hass: HomeAssistant, gateway: Diris, set_up: SetUp
) -> None:
    """The set-up waits for no module: who is there was remembered."""
    entry = await set_up()
    await hass.config_entries.async_unload(entry.entry_id)
    assert await all_closed(gateway)
    before = gateway.request_count
    gateway.bus_s = 0.05
    await hass.config_entries.async_setup(entry.entry_id)
    assert entry.state is ConfigEntryState.LOADED
    asked = list(gateway.requests)[before:]
    assert [(one.unit, one.address) for one in asked[:2]] == [(1, 50000), (1, 50066)]
    assert hass.states.get(POWER) is not None
    await rest(hass)
    assert value(hass, POWER) == "6900"


async def test_another_gateway_at_the_address(
    hass: HomeAssistant, gateway: Diris, expected_logs: list[str]
) -> None:
    """A gateway with another Net ID is not read."""
    expected_logs.append("another device answers: SOCOMEC DIRIS M-70")
    entry = MockConfigEntry(
        domain=DOMAIN,
        title="Main board",
        unique_id="diris_000001",
        data={
            "family": "diris",
            "host": gateway.host,
            "port": gateway.port,
            "unit_id": 1,
            "addresses": "2",
            "modules": [],
        },
    )
    entry.add_to_hass(hass)
    await hass.config_entries.async_setup(entry.entry_id)
    assert entry.state is ConfigEntryState.SETUP_ERROR
    assert entry.error_reason_translation_key == "wrong_device"


async def test_diagnostics_name_nobody(
    hass: HomeAssistant, set_up: SetUp, gateway: Diris
) -> None:
    """Products, tables and values, but no host, no Net ID and no serial number."""
    entry = await set_up()
    told = await async_get_config_entry_diagnostics(hass, entry)
    assert [one["product"] for one in told["modules"]][:2] == [
        "DIRIS B30 RS485",
        "Digiware I-35",
    ]
    assert told["modules"][0]["circuits"][1]["power"] == 6900
    assert told["modules"][0]["table"] == 153
    text = str(told)
    for secret in ("7E229C", "B30001", gateway.host, "2331", str(0x7E229C)):
        assert secret not in text


async def test_its_hardware_address_offers_it(
    hass: HomeAssistant, gateway: Diris, port: int
) -> None:
    """DHCP names SOCOMEC: a gateway is offered, another product of theirs is not."""
    await gateway.stop()
    gateway.port = port
    await gateway.start()
    lease = DhcpServiceInfo(ip="127.0.0.1", hostname="", macaddress="00174a112233")
    result = await hass.config_entries.flow.async_init(
        DOMAIN, context={"source": SOURCE_DHCP}, data=lease
    )
    assert result["step_id"] == "diris_modules"
    hass.config_entries.flow.async_abort(result["flow_id"])
    await gateway.stop()
    result = await hass.config_entries.flow.async_init(
        DOMAIN, context={"source": SOURCE_DHCP}, data=lease
    )
    assert result["reason"] == "another_product"


@pytest.mark.parametrize("text", ["", "a", "0-3", "1-248", "5-", "3-1"])
def test_bad_addresses_are_refused(text: str) -> None:
    """Nothing that is no list of addresses is taken for one."""
    with pytest.raises(ValueError):  # noqa: PT011 - its text is shown nowhere
        addresses_in(text)


def test_addresses_are_sorted_and_named_once() -> None:
    """A list as an owner types it."""
    assert addresses_in("20, 1-3,2") == (1, 2, 3, 20)


async def test_what_is_connected_to_a_module_besides(
    hass: HomeAssistant,
    gateway: Diris,
    set_up: SetUp,
    entity_registry: er.EntityRegistry,
    device_registry: dr.DeviceRegistry,
    freezer: FrozenDateTimeFactory,
) -> None:
    """Inputs, temperatures and counters stand on the B-30's page, off at first."""
    board = gateway.modules[2]
    assert isinstance(board, LoadModule)
    board.inputs, board.temperatures = [False, True], [21.5, -3.25]
    board.counts = [4_294_967_299]
    entry = await set_up()
    page = device_registry.async_get_device_by_identifier(
        (DOMAIN, "diris_7E229C_2"), entry.entry_id
    )
    assert page is not None
    of_page = [
        one
        for one in er.async_entries_for_config_entry(entity_registry, entry.entry_id)
        if one.device_id == page.id
    ]
    assert len(of_page) == 30
    shown = {
        "binary_sensor.diris_b30_rs485_2_input_1": "off",
        "binary_sensor.diris_b30_rs485_2_input_2": "on",
        "binary_sensor.diris_b30_rs485_2_input_3": "unknown",
        "sensor.diris_b30_rs485_2_temperature_1": "21.5",
        "sensor.diris_b30_rs485_2_temperature_2": "-3.25",
        "sensor.diris_b30_rs485_2_counter_1": "4294967299",
    }
    for entity_id in shown:
        assert hass.states.get(entity_id) is None
        entity_registry.async_update_entity(entity_id, disabled_by=None)
    await hass.config_entries.async_reload(entry.entry_id)
    await rest(hass)
    assert {one: value(hass, one) for one in shown} == shown
    told = await async_get_config_entry_diagnostics(hass, entry)
    assert told["modules"][0]["besides"]["2_digital_input"] == 1
    board.inputs = [True, True]
    before = gateway.request_count
    await next_round(hass, freezer)
    assert value(hass, "binary_sensor.diris_b30_rs485_2_input_1") == "on"
    asked = [one.address for one in list(gateway.requests)[before:] if one.unit == 2]
    values = [address for address in asked if not 38_000 < address < 40_000]
    assert values == [11248, 11696, 11697, 10240, 18432, 20480]


async def test_writing_states_lets_others_have_their_turn(
    hass: HomeAssistant, set_up: SetUp, monkeypatch: pytest.MonkeyPatch, gateway: Diris
) -> None:
    """What takes too long goes on after the others, and every circuit is written."""
    entry = await set_up()
    coordinator = entry.runtime_data
    turns: list[int] = []
    real = coordinator._tell_some

    def counted() -> None:
        turns.append(len(coordinator._untold))
        real()

    monkeypatch.setattr(diris, "_TURN_S", 0)
    monkeypatch.setattr(coordinator, "_tell_some", counted)
    module = gateway.modules[2]
    assert isinstance(module, LoadModule)
    for circuit in module.circuits:
        circuit.power_w += 111
    await coordinator.async_refresh()
    await rest(hass)
    assert turns == list(range(turns[0], 0, -1))
    assert len(turns) >= 3
    assert value(hass, "sensor.diris_b30_rs485_2_circuit_1_power") == "7011"
    assert value(hass, "sensor.diris_b30_rs485_2_circuit_2_power") == "-789"
