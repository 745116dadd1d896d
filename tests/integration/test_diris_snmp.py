"""A DIRIS gateway by SNMP: flow, columns, credentials, bans; with net-snmp's agent."""

from collections.abc import Awaitable, Callable, Iterator
import sys
from typing import Any

from freezegun.api import FrozenDateTimeFactory
from homeassistant.components.repairs import repairs_flow_manager
from homeassistant.config_entries import (
    SOURCE_REAUTH,
    SOURCE_RECONFIGURE,
    ConfigEntry,
    ConfigEntryDisabler,
    ConfigEntryState,
    ConfigFlowResult,
)
from homeassistant.const import STATE_UNAVAILABLE
from homeassistant.core import HomeAssistant
from homeassistant.data_entry_flow import FlowResultType
from homeassistant.helpers import device_registry as dr
from homeassistant.helpers import entity_registry as er
from homeassistant.helpers import issue_registry as ir
from homeassistant.helpers.update_coordinator import UpdateFailed
from homeassistant.requirements import RequirementsNotFound
from homeassistant.setup import async_setup_component
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry
from pytest_homeassistant_custom_component.typing import WebSocketGenerator

from custom_components.meters_and_chargers import (
    diris_failures,
    diris_mib,
    diris_snmp,
    links,
)
from custom_components.meters_and_chargers.const import DOMAIN
from custom_components.meters_and_chargers.diagnostics import (
    async_get_config_entry_diagnostics,
)
from custom_components.meters_and_chargers.diris import GatewayCoordinator
from custom_components.meters_and_chargers.engine.devices.diris import read_mib
from custom_components.meters_and_chargers.engine.protocols.snmp.gufo_backend import (
    GufoBackend,
)
from simulators.diris import Countis, Diris, LoadModule
from simulators.diris_table import ROOT, oid
from simulators.snmp_agent import PASSWORD, SnmpAgent
from simulators.udp_relay import Trouble, UdpRelay
from tests import snmp

from .test_config_flow import address, choose, submit
from .test_diris import gateway, next_round, rest, value
from .test_diris_mib import FILES as MIB_FILES
from .test_diris_mib import NAMES as MIB_NAMES
from .test_health import connections

pytestmark = [snmp.needs_net_snmp, pytest.mark.usefixtures("socket_enabled")]
__all__ = ["gateway"]

LOADS = [(2, 1), (2, 2), (3, 1), (5, 1)]
COLUMNS = (10000, 10001, 10003)
V2C = {"version": "v2c"}
V3 = {"version": "v3", "username": "sha_aes", "password": PASSWORD}
MD5_DES = {
    "version": "v3",
    "username": "md5_des",
    "password": PASSWORD,
    "auth": "md5",
    "privacy": "des",
}
ACCESS = "sensor.board_access"
FIRST = "sensor.module_2_circuit_1_current_l1"
COLUMN = "sensor.module_2_circuit_1_column_10003"

type Add = Callable[..., Awaitable[ConfigEntry[GatewayCoordinator]]]


@pytest.fixture
def agent(socket_enabled: None) -> Iterator[SnmpAgent]:
    """Return a gateway's table of four circuits and three columns."""
    running = SnmpAgent(LOADS, COLUMNS)
    running.start()
    yield running
    running.close()


@pytest.fixture
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    """Give up on what is silent after tenths of seconds."""
    real = links.snmp.SnmpSession

    def session(*args: Any, **kwargs: Any) -> Any:
        return real(*args, **kwargs, timeout_s=0.3, tries=2)

    monkeypatch.setattr(links.snmp, "SnmpSession", session)


async def begin(hass: HomeAssistant, **more: Any) -> ConfigFlowResult:
    """Choose SNMP for a gateway; the next step asks for credentials."""
    result = await choose(hass, "diris")
    typed = {"host": "127.0.0.1", "path": "snmp", "more": {}, **more}
    return await submit(hass, result, typed)


async def learn(hass: HomeAssistant, result: ConfigFlowResult) -> ConfigFlowResult:
    """Wait for the walk over the table."""
    assert result["type"] is FlowResultType.SHOW_PROGRESS, result
    await rest(hass)
    return await hass.config_entries.flow.async_configure(result["flow_id"])


@pytest.fixture
def add(hass: HomeAssistant, agent: SnmpAgent) -> Add:
    """Return a function that adds the gateway by SNMP alone, through the flow."""

    async def added(
        typed: dict[str, Any] = V2C, **scales: str
    ) -> ConfigEntry[GatewayCoordinator]:
        result = await begin(hass)
        assert result["step_id"] == "diris_snmp"
        result = await submit(hass, result, {**typed, "port": agent.port})
        result = await learn(hass, result)
        assert result["step_id"] == "diris_columns", result
        result = await submit(hass, result, scales)
        assert result["step_id"] == "diris_circuits", result
        result = await submit(hass, result, {"name": "Board"})
        assert result["type"] is FlowResultType.CREATE_ENTRY
        await rest(hass)
        entry: ConfigEntry[GatewayCoordinator] = result["result"]
        return entry

    return added


@pytest.mark.parametrize(
    "typed",
    [{"version": "v1"}, V2C, V3, MD5_DES],
    ids=["v1", "v2c", "sha_aes", "md5_des"],
)
async def test_added_by_snmp_alone(
    hass: HomeAssistant, add: Add, typed: dict[str, Any]
) -> None:
    """Circuits at modules without names; currents in the unit that was confirmed."""
    entry = await add(typed)
    assert entry.state is ConfigEntryState.LOADED
    assert entry.data["circuits"] == [list(load) for load in LOADS]
    assert value(hass, FIRST) == "100.201"
    assert value(hass, "sensor.module_5_circuit_1_current_l2") == "200.501"
    assert hass.states.get(COLUMN) is None
    assert value(hass, ACCESS) == "full"
    page = dr.async_get(hass).async_get_device_by_identifier(
        (DOMAIN, f"{entry.unique_id}_2"), entry.entry_id
    )
    assert page is not None
    assert (page.name, page.model) == ("Module 2", None)


async def test_only_wanted_columns_are_asked_for(
    hass: HomeAssistant,
    agent: SnmpAgent,
    add: Add,
    entity_registry: er.EntityRegistry,
) -> None:
    """A column without a unit is a plain number, off, and read once it is enabled."""
    agent.change(values={oid(10003, 2, 1): 4711})
    entry = await add()
    coordinator = entry.runtime_data
    registered = entity_registry.async_get(COLUMN)
    assert registered is not None
    assert registered.disabled_by is er.RegistryEntryDisabler.INTEGRATION
    assert {key for keys in coordinator.data.values() for key in keys} == set(
        coordinator.path.snmp.points if coordinator.path.snmp else ()
    )
    entity_registry.async_update_entity(COLUMN, disabled_by=None)
    await hass.config_entries.async_reload(entry.entry_id)
    await rest(hass)
    state = hass.states.get(COLUMN)
    assert state is not None
    assert state.state == "4711"
    assert "unit_of_measurement" not in state.attributes


async def test_nothing_is_known_until_its_owner_says_so(
    hass: HomeAssistant, add: Add, entity_registry: er.EntityRegistry
) -> None:
    """Without a unit even the columns that the manual names are plain numbers."""
    entry = await add(scale="unknown")
    names = {
        found.unique_id.rpartition("_2_1_")[2]
        for found in er.async_entries_for_config_entry(entity_registry, entry.entry_id)
        if "_2_1_" in found.unique_id
    }
    assert names == {"column_10000", "column_10001", "column_10003"}


async def test_columns_of_the_makers_file(
    hass: HomeAssistant, add: Add, entity_registry: er.EntityRegistry
) -> None:
    """A scale that an uploaded MIB states counts, and is gone with the file."""
    entry = await add(scale="unknown")
    plain = "sensor.module_2_circuit_1_column_10000"
    assert entity_registry.async_get(plain) is not None
    texts = {name: (MIB_FILES / name).read_text() for name in MIB_NAMES}
    mib = await hass.async_add_executor_job(read_mib, list(texts.values()))
    await diris_mib.save(hass, entry.entry_id, texts, mib)
    await hass.config_entries.async_reload(entry.entry_id)
    await rest(hass)
    assert value(hass, FIRST) == "100.201"
    assert entity_registry.async_get(plain) is None
    await diris_mib.forget(hass, entry.entry_id)
    await hass.config_entries.async_reload(entry.entry_id)
    await rest(hass)
    assert value(hass, FIRST) == "unavailable"
    assert entity_registry.async_get(plain) is not None


async def test_columns_from_lines(hass: HomeAssistant, add: Add) -> None:
    """Lines name columns when it is added and in the options; a bad one is refused."""
    entry = await add(scale="unknown", columns="10003; power; ; 0,5")
    assert hass.states.get(FIRST) is None
    assert value(hass, "sensor.module_2_circuit_1_power") == "0.0"
    options = hass.config_entries.options
    result = await options.async_init(entry.entry_id)
    result = await options.async_configure(
        result["flow_id"], {"next_step_id": "columns"}
    )
    assert result["description_placeholders"]["columns"] == "10000, 10001, 10003"
    bad = {"columns": "10000, current, l9, 1"}
    result = await options.async_configure(result["flow_id"], bad)
    assert result["errors"] == {"columns": "column_phase"}
    assert result["description_placeholders"]["line"] == "1"
    result = await options.async_configure(
        result["flow_id"], {"columns": "10000, current, l1, 0.01"}
    )
    assert result["type"] is FlowResultType.CREATE_ENTRY
    await rest(hass)
    assert value(hass, FIRST) == "1002.01"
    assert value(hass, "sensor.module_2_circuit_1_power") == STATE_UNAVAILABLE


@pytest.mark.parametrize(
    ("lines", "error", "line"),
    [
        pytest.param("1," * 500_001, "column_too_long", "0", id="long"),
        ("# no column", "column_nothing", "0"),
        ("10003, power, 0.5", "column_fields", "1"),
        ("10001, current, l2, 1\nx, power, , 1", "column_service", "2"),
        ("10003, might, , 0.5", "column_quantity", "1"),
        ("10003, power, l9, 0.5", "column_phase", "1"),
        ("10003, power, , 0", "column_scale", "1"),
        ("10003, power, , 1\n10003, current, l1, 1", "column_twice", "2"),
    ],
)
async def test_each_wrong_line_has_its_words(
    hass: HomeAssistant,
    agent: SnmpAgent,
    lines: str,
    error: str,
    line: str,
) -> None:
    """When it is added; the lines stay in the form, and the wrong one is named."""
    result = await begin(hass)
    result = await learn(hass, await submit(hass, result, {**V2C, "port": agent.port}))
    assert result["step_id"] == "diris_columns"
    result = await submit(hass, result, {"scale": "ampere", "columns": lines})
    assert result["errors"] == {"columns": error}
    placeholders = result["description_placeholders"]
    assert placeholders is not None
    assert placeholders["line"] == line
    hass.config_entries.flow.async_abort(result["flow_id"])


async def test_a_table_without_circuits_is_said(
    hass: HomeAssistant, agent: SnmpAgent, add: Add
) -> None:
    """When it is added, and when the columns are learnt again; what was typed stays."""
    agent.kind = f".{'.'.join(map(str, ROOT[:7]))}.1"
    agent.change([])
    agent.restart()
    result = await begin(hass)
    result = await learn(hass, await submit(hass, result, {**V2C, "port": agent.port}))
    assert result["errors"] == {"base": "no_circuits"}
    hass.config_entries.flow.async_abort(result["flow_id"])
    agent.change(LOADS)
    agent.restart()
    entry = await add()
    agent.change([])
    agent.restart()
    options = hass.config_entries.options
    result = await options.async_init(entry.entry_id)
    result = await options.async_configure(
        result["flow_id"], {"next_step_id": "columns"}
    )
    typed = {"columns": "10000, current, l1, 0.001", "learn": True}
    result = await options.async_configure(result["flow_id"], typed)
    await rest(hass)
    result = await options.async_configure(result["flow_id"])
    assert result["errors"] == {"base": "no_circuits"}


@pytest.mark.usefixtures("quick")
async def test_a_gateway_without_snmp_says_so(
    hass: HomeAssistant, agent: SnmpAgent, add: Add, expected_logs: list[str]
) -> None:
    """What is logged of one that is read by SNMP alone asks for SNMP, not Modbus."""
    expected_logs += ["Board", "refuses SNMP"]
    entry = await add()
    agent.stop()
    await entry.runtime_data.async_refresh()
    failed = entry.runtime_data.last_exception
    assert isinstance(failed, UpdateFailed)
    assert failed.translation_key == "port_closed_snmp"


@pytest.mark.usefixtures("quick")
async def test_columns_that_can_not_be_learnt_again(
    hass: HomeAssistant, agent: SnmpAgent, add: Add, expected_logs: list[str]
) -> None:
    """The options say that SNMP is off now."""
    expected_logs.append("Board")
    entry = await add()
    agent.stop()
    options = hass.config_entries.options
    result = await options.async_init(entry.entry_id)
    result = await options.async_configure(
        result["flow_id"], {"next_step_id": "columns"}
    )
    typed = {"columns": "10000, current, l1, 0.001", "learn": True}
    result = await options.async_configure(result["flow_id"], typed)
    await rest(hass)
    result = await options.async_configure(result["flow_id"])
    assert result["errors"] == {"base": "snmp_closed"}


async def test_the_table_is_learnt_again(
    hass: HomeAssistant,
    agent: SnmpAgent,
    add: Add,
    entity_registry: er.EntityRegistry,
) -> None:
    """A column that a new firmware brings is found when its owner asks for it."""
    entry = await add()
    agent._columns = (*COLUMNS, 10005)
    agent.change()
    options = hass.config_entries.options
    result = await options.async_init(entry.entry_id)
    result = await options.async_configure(
        result["flow_id"], {"next_step_id": "columns"}
    )
    typed = {"columns": "10000, current, l1, 0.001", "learn": True}
    result = await options.async_configure(result["flow_id"], typed)
    assert result["type"] is FlowResultType.SHOW_PROGRESS
    await rest(hass)
    result = await options.async_configure(result["flow_id"])
    assert result["type"] is FlowResultType.CREATE_ENTRY
    await rest(hass)
    assert "10005" in entry.data["columns"]
    assert entity_registry.async_get("sensor.module_2_circuit_1_column_10005")


async def test_closing_the_dialog_stops_the_walk(
    hass: HomeAssistant, agent: SnmpAgent
) -> None:
    """A flow that is closed while it learns leaves nothing that runs."""
    agent.change([(module, load) for module in range(2, 34) for load in range(1, 7)])
    result = await begin(hass)
    result = await submit(hass, result, {**V2C, "port": agent.port})
    assert result["type"] is FlowResultType.SHOW_PROGRESS
    hass.config_entries.flow.async_abort(result["flow_id"])
    await rest(hass)
    assert not hass.config_entries.async_entries(DOMAIN)


async def test_the_dialog_can_be_looked_at_while_it_learns(
    hass: HomeAssistant, agent: SnmpAgent
) -> None:
    """It says so, and of whom; it ends with all columns."""
    result = await begin(hass)
    await submit(hass, result, {**V2C, "port": agent.port})
    result = await hass.config_entries.flow.async_configure(result["flow_id"])
    assert result["type"] is FlowResultType.SHOW_PROGRESS
    words = result["description_placeholders"]
    assert words is not None
    assert words["host"] == "127.0.0.1"
    result = await learn(hass, result)
    assert result["step_id"] == "diris_columns"
    words = result["description_placeholders"]
    assert words is not None
    assert (words["columns"], words["circuits"]) == ("3", "4")


@pytest.mark.usefixtures("quick")
@pytest.mark.parametrize(
    ("typed", "problem"),
    [
        ({"version": "v2c", "community": "secret"}, "snmp_community"),
        ({**V3, "password": "Digiware-another"}, "snmp_refused"),
        ({**V3, "username": "who"}, "snmp_refused"),
        ({**V3, "password": "short"}, "snmp_password"),
        ({**V3, "auth": "none"}, "snmp_privacy"),
        ({"version": "v3"}, "snmp_user"),
    ],
)
async def test_wrong_credentials(
    hass: HomeAssistant, agent: SnmpAgent, typed: dict[str, Any], problem: str
) -> None:
    """Each has its own text, and the form comes back."""
    result = await begin(hass)
    result = await submit(hass, result, {**typed, "port": agent.port})
    assert result["errors"] == {"base": problem}
    result = await submit(hass, result, {**V2C, "port": agent.port})
    assert result["type"] is FlowResultType.SHOW_PROGRESS
    hass.config_entries.flow.async_abort(result["flow_id"])


@pytest.mark.usefixtures("quick")
async def test_nothing_listens(hass: HomeAssistant, agent: SnmpAgent) -> None:
    """A closed port is SNMP that is switched off."""
    agent.stop()
    result = await begin(hass)
    result = await submit(hass, result, {**V2C, "port": agent.port})
    assert result["errors"] == {"base": "snmp_closed"}


@pytest.mark.usefixtures("quick")
async def test_modbus_answers_and_snmp_does_not(
    hass: HomeAssistant, gateway: Diris, agent: SnmpAgent
) -> None:
    """With both chosen, silence of SNMP alone says that it is off."""
    result = await begin(hass, **address(gateway), path="both")
    assert result["step_id"] == "diris_snmp", result
    typed = {"version": "v2c", "community": "secret", "port": agent.port}
    result = await submit(hass, result, typed)
    assert result["errors"] == {"base": "snmp_off"}


async def test_the_other_spelling_is_tried(
    hass: HomeAssistant, agent: SnmpAgent, quick: None
) -> None:
    """The manual writes the community of v2 in two ways: both are tried."""
    result = await begin(hass)
    typed = {"version": "v2c", "community": "publicv2", "port": agent.port}
    result = await learn(hass, await submit(hass, result, typed))
    result = await submit(hass, result, {})
    result = await submit(hass, result, {"name": "Board"})
    await rest(hass)
    entry = result["result"]
    assert entry.data["snmp"]["community"] == "publicV2"
    issue = f"default_community_{entry.entry_id}"
    assert ir.async_get(hass).async_get_issue(DOMAIN, issue)
    await hass.config_entries.async_remove(entry.entry_id)
    assert not ir.async_get(hass).async_get_issue(DOMAIN, issue)


async def test_a_gateway_is_added_once(
    hass: HomeAssistant, add: Add, gateway: Diris
) -> None:
    """The same host again is refused, by SNMP as by Modbus."""
    entry = await add()
    result = await begin(hass)
    typed = {**V2C, "port": entry.data["snmp"]["port"]}
    result = await submit(hass, result, typed)
    assert result["reason"] == "gateway_exists"
    result = await submit(hass, await choose(hass, "diris"), address(gateway))
    assert result["reason"] == "gateway_exists"


async def test_a_second_gateway_is_added_beside_the_first(
    hass: HomeAssistant, add: Add
) -> None:
    """Only one at the same address is refused."""
    first = MockConfigEntry(
        domain=DOMAIN,
        title="First board",
        data={"family": "diris", "host": "127.0.0.9", "modbus": False},
        disabled_by=ConfigEntryDisabler.USER,
    )
    first.add_to_hass(hass)
    second = await add()
    assert hass.config_entries.async_entries(DOMAIN) == [first, second]
    assert value(hass, FIRST) == "100.201"


async def test_a_gateway_that_does_not_say_who_it_is(
    hass: HomeAssistant, agent: SnmpAgent, add: Add
) -> None:
    """It is added without an identity of its own, and once: its address tells."""
    agent.only = f".{'.'.join(map(str, ROOT))}"
    agent.restart()
    entry = await add()
    assert entry.unique_id is None
    assert value(hass, FIRST) == "100.201"
    result = await begin(hass)
    result = await submit(hass, result, {**V2C, "port": agent.port})
    assert result["reason"] == "gateway_exists"


@pytest.mark.parametrize("source", [SOURCE_RECONFIGURE, SOURCE_REAUTH])
async def test_another_gateway_is_not_taken_for_it(
    hass: HomeAssistant,
    agent: SnmpAgent,
    add: Add,
    expected_logs: list[str],
    source: str,
) -> None:
    """Who gets its address later is refused, and the entry stays as it was."""
    expected_logs.append("Board")
    entry = await add()
    before = dict(entry.data)
    agent.engine_id = "80001f88040000000001"
    agent.restart()
    context = {"source": source, "entry_id": entry.entry_id}
    result = await hass.config_entries.flow.async_init(
        DOMAIN, context=context, data=before if source == SOURCE_REAUTH else None
    )
    if source == SOURCE_RECONFIGURE:
        typed = {"host": "127.0.0.1", "path": "snmp", "more": {}}
        result = await submit(hass, result, typed)
    result = await submit(hass, result, {**V2C, "port": agent.port})
    assert result["reason"] == "another_device"
    assert entry.data == before


@pytest.mark.usefixtures("quick")
async def test_refused_credentials_are_asked_for_again(
    hass: HomeAssistant,
    agent: SnmpAgent,
    add: Add,
    expected_logs: list[str],
) -> None:
    """Wrong ones begin a reauthentication; with the right ones it is read again."""
    expected_logs.append("Board")
    entry = await add(V3)
    wrong = {**entry.data["snmp"], "password": "Digiware-another"}
    hass.config_entries.async_update_entry(entry, data={**entry.data, "snmp": wrong})
    await hass.config_entries.async_reload(entry.entry_id)
    assert entry.state is ConfigEntryState.SETUP_ERROR
    (flow,) = hass.config_entries.flow.async_progress_by_handler(DOMAIN)
    assert flow["context"]["source"] == SOURCE_REAUTH
    assert flow["step_id"] == "reauth_diris"
    result = await hass.config_entries.flow.async_configure(
        flow["flow_id"], {**V3, "password": "Digiware-nobody", "port": agent.port}
    )
    assert result["errors"] == {"base": "snmp_refused"}
    result = await submit(hass, result, {**V3, "port": agent.port})
    assert result["reason"] == "reconfigure_successful"
    await rest(hass)
    assert value(hass, FIRST) == "100.201"


async def test_a_new_circuit_comes_without_a_restart(
    hass: HomeAssistant,
    agent: SnmpAgent,
    add: Add,
    freezer: FrozenDateTimeFactory,
) -> None:
    """It has its page and its values after the next look at the topology."""
    entry = await add()
    coordinator = entry.runtime_data
    agent.change([*LOADS, (2, 3)])
    coordinator._topology_at = float("-inf")
    await next_round(hass, freezer)
    await next_round(hass, freezer)
    assert value(hass, "sensor.module_2_circuit_3_current_l1") == "100.203"
    assert entry.runtime_data is coordinator
    assert [2, 3] in entry.data["circuits"]
    agent.change(LOADS)
    await hass.services.async_call(
        "button",
        "press",
        {"entity_id": "button.board_search_for_modules"},
        blocking=True,
    )
    await next_round(hass, freezer)
    assert value(hass, "sensor.module_2_circuit_3_current_l1") == STATE_UNAVAILABLE
    assert coordinator.async_forget(f"{coordinator.key}_2_3")


@pytest.fixture
async def both(
    hass: HomeAssistant, gateway: Diris, agent: SnmpAgent
) -> ConfigEntry[GatewayCoordinator]:
    """Return the entry of a gateway that is read by Modbus and by SNMP."""
    result = await begin(hass, **address(gateway), path="both")
    result = await learn(hass, await submit(hass, result, {**V3, "port": agent.port}))
    result = await submit(hass, result, {"scale": "unknown"})
    assert result["step_id"] == "diris_modules"
    result = await submit(hass, result, {"addresses": "2-5, 9"})
    await rest(hass)
    result = await hass.config_entries.flow.async_configure(result["flow_id"])
    result = await submit(hass, result, {"name": "Board"})
    await rest(hass)
    entry: ConfigEntry[GatewayCoordinator] = result["result"]
    return entry


def show_currents(agent: SnmpAgent, gateway: Diris) -> None:
    """Let the table hold what the modules measure, in mA."""
    board, countis = gateway.modules[2], gateway.modules[5]
    assert isinstance(board, LoadModule)
    assert isinstance(countis, Countis)
    circuits = {
        (2, 1): board.circuits[0],
        (2, 2): board.circuits[1],
        (5, 1): countis.circuit,
    }
    agent.change(
        values={
            oid(service, *load): circuit.current_ma
            for service in (10000, 10001)
            for load, circuit in circuits.items()
        }
    )


async def test_scales_are_found_by_comparison(
    hass: HomeAssistant,
    gateway: Diris,
    agent: SnmpAgent,
    both: ConfigEntry[GatewayCoordinator],
    freezer: FrozenDateTimeFactory,
    entity_registry: er.EntityRegistry,
) -> None:
    """The same circuits by Modbus show that a column is in mA; the proof is told."""
    told = await async_get_config_entry_diagnostics(hass, both)
    assert told["columns"]["10000"] == {}
    show_currents(agent, gateway)
    both.runtime_data._topology_at = float("-inf")
    await next_round(hass, freezer)
    column = both.data["columns"]["10000"]
    assert (column["scale"], column["evidence"]) == (0.001, "compared")
    assert "2.1: 11087 is 11.087" in column["proof"]
    told = await async_get_config_entry_diagnostics(hass, both)
    assert told["columns"]["10000"] == column
    assert PASSWORD not in str(told)
    assert "sha_aes" not in str(told)
    assert not entity_registry.async_get(
        "sensor.diris_b30_rs485_2_circuit_1_column_10000"
    )


async def test_names_come_by_modbus(
    hass: HomeAssistant, both: ConfigEntry[GatewayCoordinator]
) -> None:
    """With both, a module has its product, and powers come as by Modbus alone."""
    assert value(hass, "sensor.diris_b30_rs485_2_circuit_1_power") == "6900"
    assert both.unique_id == "diris_7E229C"
    assert len(both.data["circuits"]) == len(LOADS)


@pytest.mark.usefixtures("quick")
async def test_one_path_fails_alone(
    hass: HomeAssistant,
    agent: SnmpAgent,
    both: ConfigEntry[GatewayCoordinator],
    entity_registry: er.EntityRegistry,
    expected_logs: list[str],
    hass_ws_client: WebSocketGenerator,
) -> None:
    """Without SNMP the values of Modbus go on, and the others come back with it.

    The health card tells of each path by itself.
    """
    expected_logs.append("can't be read by SNMP")
    column = "sensor.diris_b30_rs485_2_circuit_1_column_10000"
    entity_registry.async_update_entity(column, disabled_by=None)
    await hass.config_entries.async_reload(both.entry_id)
    await rest(hass)
    assert value(hass, column) == "100201"
    agent.stop()
    await both.runtime_data.async_refresh()
    assert value(hass, column) == STATE_UNAVAILABLE
    assert value(hass, "sensor.diris_b30_rs485_2_circuit_1_power") == "6900"
    fares = await connections(hass, hass_ws_client)
    statuses = {row["path"]: row["status"] for row in fares}
    assert statuses == {"Modbus": "working", "SNMP": "no_contact"}
    failures = {row["path"]: row["failures"] for row in fares}
    assert (failures["Modbus"], failures["SNMP"] > 0) == (0, True)
    agent.start()
    await both.runtime_data.async_refresh()
    assert value(hass, column) == "100201"


@pytest.mark.usefixtures("quick")
async def test_refused_beside_modbus(
    hass: HomeAssistant,
    both: ConfigEntry[GatewayCoordinator],
    expected_logs: list[str],
) -> None:
    """Modbus goes on while other credentials of SNMP are asked for."""
    expected_logs.append("can't be read by SNMP")
    right = both.data["snmp"]
    wrong = {**right, "password": "Digiware-another"}
    hass.config_entries.async_update_entry(both, data={**both.data, "snmp": wrong})
    await hass.config_entries.async_reload(both.entry_id)
    await rest(hass)
    await both.runtime_data.async_refresh()
    await rest(hass)
    assert value(hass, "sensor.diris_b30_rs485_2_circuit_1_power") == "6900"
    (flow,) = hass.config_entries.flow.async_progress_by_handler(DOMAIN)
    assert flow["step_id"] == "reauth_diris"
    typed = {**V3, "port": right["port"]}
    result = await hass.config_entries.flow.async_configure(flow["flow_id"], typed)
    assert result["reason"] == "reconfigure_successful"
    await rest(hass)
    assert both.data["snmp"] == right


async def test_a_stored_password_is_kept(
    hass: HomeAssistant, add: Add, agent: SnmpAgent
) -> None:
    """Whoever changes something else leaves the field empty; it is shown nowhere."""
    entry = await add(V3)
    result = await hass.config_entries.flow.async_init(
        DOMAIN, context={"source": SOURCE_RECONFIGURE, "entry_id": entry.entry_id}
    )
    typed = {"host": "127.0.0.1", "path": "snmp", "more": {}}
    result = await submit(hass, result, typed)
    assert PASSWORD not in str(result)
    typed = {"version": "v3", "username": "sha_aes", "port": agent.port}
    result = await submit(hass, result, typed)
    assert result["reason"] == "reconfigure_successful"
    await rest(hass)
    assert entry.data["snmp"]["password"] == PASSWORD
    assert value(hass, FIRST) == "100.201"


async def test_snmp_is_added_to_an_entry(
    hass: HomeAssistant, gateway: Diris, agent: SnmpAgent
) -> None:
    """Reconfigure of an entry of Modbus adds SNMP, and takes it away again."""
    result = await choose(hass, "diris")
    result = await submit(hass, result, address(gateway))
    result = await submit(hass, result, {"addresses": "2"})
    await rest(hass)
    result = await hass.config_entries.flow.async_configure(result["flow_id"])
    result = await submit(hass, result, {"name": "Board"})
    await rest(hass)
    entry: ConfigEntry[GatewayCoordinator] = result["result"]

    async def change(path: str) -> ConfigFlowResult:
        result = await hass.config_entries.flow.async_init(
            DOMAIN, context={"source": SOURCE_RECONFIGURE, "entry_id": entry.entry_id}
        )
        return await submit(hass, result, {**address(gateway), "path": path})

    result = await change("both")
    result = await learn(hass, await submit(hass, result, {**V2C, "port": agent.port}))
    result = await submit(hass, result, {})
    assert result["reason"] == "reconfigure_successful"
    await rest(hass)
    assert entry.runtime_data.path.snmp is not None
    assert value(hass, "sensor.diris_b30_rs485_2_circuit_1_power") == "6900"
    result = await change("modbus")
    assert result["reason"] == "reconfigure_successful"
    await rest(hass)
    assert entry.runtime_data.path.snmp is None
    assert "snmp" not in entry.data
    result = await change("snmp")
    result = await submit(hass, result, {**V2C, "port": agent.port})
    assert result["reason"] == "reconfigure_successful"
    await rest(hass)
    assert entry.runtime_data.path.modbus is None
    assert entry.unique_id == "diris_7E229C"


async def test_modbus_is_added_to_an_entry_of_snmp(
    hass: HomeAssistant, add: Add, gateway: Diris
) -> None:
    """It asks for modules, whose addresses SNMP proposes; the entry stays the same."""
    entry = await add()
    unique_id = entry.unique_id
    result = await hass.config_entries.flow.async_init(
        DOMAIN, context={"source": SOURCE_RECONFIGURE, "entry_id": entry.entry_id}
    )
    result = await submit(hass, result, {**address(gateway), "path": "both"})
    assert result["step_id"] == "diris_snmp"
    typed = {**V2C, "port": entry.data["snmp"]["port"]}
    result = await submit(hass, result, typed)
    assert result["step_id"] == "diris_modules"
    result = await submit(hass, result, {"addresses": "2, 3, 5"})
    await rest(hass)
    result = await hass.config_entries.flow.async_configure(result["flow_id"])
    assert result["reason"] == "reconfigure_successful"
    await rest(hass)
    assert entry.unique_id == unique_id
    assert entry.state is ConfigEntryState.LOADED
    module = dr.async_get(hass).async_get_device_by_identifier(
        (DOMAIN, f"{unique_id}_2"), entry.entry_id
    )
    assert module is not None
    assert module.model == "DIRIS B30 RS485"


@pytest.mark.usefixtures("quick")
async def test_silence_of_all_is_a_ban(
    hass: HomeAssistant,
    agent: SnmpAgent,
    monkeypatch: pytest.MonkeyPatch,
    expected_logs: list[str],
) -> None:
    """Nothing is asked for 35 s, then less; the sensor says both."""
    expected_logs += ["Board", "as when its firewall blocks us"]
    relay = UdpRelay(agent.port, Trouble())
    await relay.start()
    result = await begin(hass)
    result = await learn(hass, await submit(hass, result, {**V3, "port": relay.port}))
    result = await submit(hass, result, {})
    result = await submit(hass, result, {"name": "Board"})
    await rest(hass)
    assert value(hass, FIRST) == "100.201"
    coordinator: GatewayCoordinator = result["result"].runtime_data
    relay.trouble = Trouble(lost=1.0)
    await coordinator.async_refresh()
    assert value(hass, FIRST) == STATE_UNAVAILABLE
    assert value(hass, ACCESS) == "blocked"
    relay.trouble = Trouble()
    before = relay.passed
    await coordinator.async_refresh()
    assert relay.passed == before
    assert value(hass, FIRST) == STATE_UNAVAILABLE
    later = hass.loop.time() + 36
    monkeypatch.setattr(coordinator.budget, "_clock", lambda: later)
    await coordinator.async_refresh()
    assert value(hass, FIRST) == "100.201"
    assert value(hass, ACCESS) == "reduced"
    await hass.config_entries.async_unload(result["result"].entry_id)
    relay.stop()


async def test_columns_that_are_always_0_can_be_hidden(
    hass: HomeAssistant,
    add: Add,
    freezer: FrozenDateTimeFactory,
    entity_registry: er.EntityRegistry,
) -> None:
    """After a day it is proposed; a yes removes them, the options bring them back."""
    assert await async_setup_component(hass, "repairs", {})
    entry = await add()
    coordinator = entry.runtime_data
    issue_id = f"zero_columns_{entry.entry_id}"
    for seconds in (11, diris_snmp._ZERO_S):
        assert not ir.async_get(hass).async_get_issue(DOMAIN, issue_id)
        coordinator._topology_at = float("-inf")
        await next_round(hass, freezer, seconds)
    issue = ir.async_get(hass).async_get_issue(DOMAIN, issue_id)
    assert issue is not None
    assert issue.translation_placeholders == {"name": "Board", "columns": "10003"}
    manager = repairs_flow_manager(hass)
    assert manager is not None
    flow = await manager.async_init(DOMAIN, data={"issue_id": issue_id})
    assert flow["step_id"] == "confirm"
    flow = await manager.async_configure(flow["flow_id"], {})
    assert flow["type"] is FlowResultType.CREATE_ENTRY
    await rest(hass)
    assert entry.data["hidden"] == [10003]
    assert entity_registry.async_get(COLUMN) is None
    options = hass.config_entries.options
    result = await options.async_init(entry.entry_id)
    result = await options.async_configure(
        result["flow_id"], {"next_step_id": "columns"}
    )
    await options.async_configure(result["flow_id"], {"show_hidden": True})
    await rest(hass)
    assert entity_registry.async_get(COLUMN) is not None


async def test_a_day_of_zeros_outlives_a_restart(
    hass: HomeAssistant,
    add: Add,
    agent: SnmpAgent,
    freezer: FrozenDateTimeFactory,
    hass_storage: dict[str, Any],
) -> None:
    """Half a day before and half a day after are one; what held something is not."""
    entry = await add()
    issue_id = f"zero_columns_{entry.entry_id}"
    key = f"{DOMAIN}_{issue_id}"

    async def look(*pauses_s: float) -> None:
        for seconds in pauses_s:
            assert not ir.async_get(hass).async_get_issue(DOMAIN, issue_id)
            entry.runtime_data._topology_at = float("-inf")
            await next_round(hass, freezer, seconds)

    await look(11, diris_snmp._ZERO_S / 2)
    half = pytest.approx(diris_snmp._ZERO_S / 2, abs=60)
    assert hass_storage[key]["data"] == {"10003": half}
    await hass.config_entries.async_unload(entry.entry_id)
    freezer.tick(diris_snmp._ZERO_S)  # while nobody looks does not count
    await hass.config_entries.async_setup(entry.entry_id)
    await rest(hass)
    await look(diris_snmp._ZERO_S / 2)
    assert ir.async_get(hass).async_get_issue(DOMAIN, issue_id)
    agent.change(values={oid(10003, 2, 1): 5})
    entry.runtime_data._topology_at = float("-inf")
    await next_round(hass, freezer)
    assert hass_storage[key]["data"] == {}
    await hass.config_entries.async_remove(entry.entry_id)
    assert key not in hass_storage


@pytest.mark.usefixtures("quick")
async def test_a_community_that_was_changed(
    hass: HomeAssistant,
    agent: SnmpAgent,
    add: Add,
    monkeypatch: pytest.MonkeyPatch,
    expected_logs: list[str],
) -> None:
    """Silence for a while asks for it, also at a start; with the right one it goes."""
    expected_logs += ["Board", "left alone for"]
    assert await async_setup_component(hass, "repairs", {})
    entry = await add()
    issue_id = f"silent_snmp_{entry.entry_id}"

    def asked() -> bool:
        return ir.async_get(hass).async_get_issue(DOMAIN, issue_id) is not None

    right = entry.data["snmp"]
    agent.communities = ("old", "another")
    agent.restart()
    for patience_s, expected in ((diris_failures.SILENT_S, False), (0, True)):
        monkeypatch.setattr(diris_failures, "SILENT_S", patience_s)
        await entry.runtime_data.async_refresh()
        assert asked() is expected
    budget, now = entry.runtime_data.budget, hass.loop.time()
    await hass.config_entries.async_unload(entry.entry_id)
    ir.async_delete_issue(hass, DOMAIN, issue_id)
    monkeypatch.setattr(budget, "_clock", lambda: now + 36)
    await hass.config_entries.async_setup(entry.entry_id)
    assert entry.state is ConfigEntryState.SETUP_RETRY
    assert asked()
    manager = repairs_flow_manager(hass)
    assert manager is not None
    flow = await manager.async_init(DOMAIN, data={"issue_id": issue_id})
    await manager.async_configure(flow["flow_id"], {})
    await rest(hass)
    (form,) = hass.config_entries.flow.async_progress_by_handler(DOMAIN)
    assert form["step_id"] == "reauth_diris"
    monkeypatch.setattr(budget, "_clock", lambda: now + 80)
    typed = {**V2C, "community": "another", "port": agent.port}
    result = await hass.config_entries.flow.async_configure(form["flow_id"], typed)
    assert result.get("reason") == "reconfigure_successful", result["errors"]
    await rest(hass)
    assert entry.data["snmp"] == {**right, "community": "another"}
    assert value(hass, FIRST) == "100.201"
    assert not asked()


async def test_without_the_fast_library(
    hass: HomeAssistant, add: Add, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Where gufo-snmp can't be had, pysnmp reads the same, and an issue says so."""
    asked: list[str] = []

    async def process(_hass: object, _name: str, wanted: list[str], *_: object) -> None:
        asked.extend(wanted)
        if "gufo" in wanted[0]:
            raise RequirementsNotFound(DOMAIN, wanted)

    monkeypatch.setattr(links.snmp, "async_process_requirements", process)
    monkeypatch.setitem(sys.modules, GufoBackend.__module__, None)
    entry = await add()
    assert value(hass, FIRST) == "100.201"
    assert {one.split("=")[0].rstrip(">") for one in asked} == {"gufo-snmp", "pysnmp"}
    issues = ir.async_get(hass)
    assert issues.async_get_issue(DOMAIN, f"slow_snmp_{entry.entry_id}")


async def test_without_any_library(
    hass: HomeAssistant,
    add: Add,
    monkeypatch: pytest.MonkeyPatch,
    expected_logs: list[str],
) -> None:
    """An entry of SNMP alone is tried again; the flow says what is missing."""

    async def process(_hass: object, _name: str, wanted: list[str], *_: object) -> None:
        raise RequirementsNotFound(DOMAIN, wanted)

    expected_logs.append("Board")
    entry = await add()
    monkeypatch.setattr(links.snmp, "async_process_requirements", process)
    await hass.config_entries.async_reload(entry.entry_id)
    assert entry.state is ConfigEntryState.SETUP_RETRY
    assert entry.error_reason_translation_key == "snmp_not_installed"
    result = await begin(hass)
    result = await submit(hass, result, {**V2C, "port": 161})
    assert result["errors"] == {"base": "snmp_not_installed"}


async def test_firmware_with_weaknesses(
    hass: HomeAssistant, gateway: Diris, agent: SnmpAgent
) -> None:
    """Of a gateway whose firmware has published weaknesses, Repairs says so."""
    gateway.modules[1].put(50018, 1, 1)
    gateway.modules[1].put(50019, 6, 1)
    result = await choose(hass, "diris")
    result = await submit(hass, result, address(gateway))
    result = await submit(hass, result, {"addresses": "2"})
    await rest(hass)
    result = await hass.config_entries.flow.async_configure(result["flow_id"])
    result = await submit(hass, result, {"name": "Board"})
    await rest(hass)
    issue = f"weak_firmware_{result['result'].entry_id}"
    assert ir.async_get(hass).async_get_issue(DOMAIN, issue)
