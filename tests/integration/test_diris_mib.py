"""The user's MIB files, traps and outputs of a DIRIS gateway in Home Assistant."""

import asyncio
from collections.abc import Callable, Iterator
from io import BytesIO
from pathlib import Path
import socket
from typing import Any

from homeassistant.components import file_upload
from homeassistant.config_entries import ConfigEntry, ConfigFlowResult
from homeassistant.const import STATE_OFF, STATE_ON, STATE_UNAVAILABLE, STATE_UNKNOWN
from homeassistant.core import HomeAssistant, State
from homeassistant.data_entry_flow import FlowResultType
from homeassistant.exceptions import HomeAssistantError
from homeassistant.helpers import entity_registry as er
from homeassistant.helpers import issue_registry as ir
from homeassistant.requirements import RequirementsNotFound
from homeassistant.setup import async_setup_component
import pytest
from pytest_homeassistant_custom_component.typing import ClientSessionGenerator

from custom_components.meters_and_chargers import diris_mib
from custom_components.meters_and_chargers.const import DOMAIN
from custom_components.meters_and_chargers.diagnostics import (
    async_get_config_entry_diagnostics,
)
from custom_components.meters_and_chargers.engine.devices.diris import Mib
from custom_components.meters_and_chargers.links import mib as links_mib
from simulators.snmp_agent import (
    COMMUNITY_WRITE,
    HOST,
    OWN,
    PASSWORD,
    WRITER,
    SnmpAgent,
)
from tests import snmp

from .conftest import SetUp, answer_names
from .test_diris import gateway, rest, set_up

__all__ = ["gateway", "set_up"]

pytestmark = [
    snmp.needs_net_snmp,
    # pysnmp asks cryptography for AES where it used to be.
    pytest.mark.filterwarnings("ignore:CFB has been moved"),
]
FILES = Path(__file__).parents[1] / "engine" / "devices" / "diris"
NAMES = ("EXAMPLE-GATEWAY-MIB.txt", "EXAMPLE-TYPES-MIB.txt")
OVERLOAD = f"{OWN}.20.0.7"
HORN, OUTPUT = f"{OWN}.20.1.0", f"{OWN}.20.2.1.1.4.1"
TRAP = "event.main_board_snmp_trap"
SWITCH = "switch.main_board_examplehorn"
V3 = {"version": "v3", "auth": "sha1", "privacy": "aes128"}


@pytest.fixture
def agent() -> Iterator[SnmpAgent]:
    """Return an agent with an output, and a second one in a table."""
    with snmp.agent() as running:
        running.change([(2, 1)], {HORN: 0, OUTPUT: 1}, [HORN, OUTPUT])
        yield running


def free_port() -> int:
    """Return a port for traps that is free now."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        probe.bind((HOST, 0))
        port: int = probe.getsockname()[1]
        return port


async def until(hass: HomeAssistant, enough: Callable[[], bool]) -> None:
    """Wait until it is so."""
    async with asyncio.timeout(30):
        while not enough():
            await asyncio.sleep(0.02)
            await hass.async_block_till_done()


async def begin(hass: HomeAssistant, entry: ConfigEntry, step: str) -> Any:
    """Open one of the options' steps."""
    options = hass.config_entries.options
    result = await options.async_init(entry.entry_id)
    return await options.async_configure(result["flow_id"], {"next_step_id": step})


async def fill(
    hass: HomeAssistant, result: ConfigFlowResult, **fields: object
) -> ConfigFlowResult:
    """Submit a form."""
    configure = hass.config_entries.options.async_configure
    result = await configure(result["flow_id"], fields)
    await rest(hass)
    return result


@pytest.fixture
def with_files(
    hass: HomeAssistant,
    hass_client: ClientSessionGenerator,
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
) -> Callable[[str, bytes], Any]:
    """Return a function that uploads a file as the browser does."""
    monkeypatch.setattr(file_upload, "TEMP_DIR_NAME", str(tmp_path / "uploads"))

    async def upload(name: str, content: bytes) -> str:
        assert await async_setup_component(hass, "file_upload", {})
        client = await hass_client()
        file = BytesIO(content)
        file.name = name
        answer = await client.post("/api/file_upload", data={"file": file})
        assert answer.status == 200, await answer.text()
        found: str = (await answer.json())["file_id"]
        return found

    return upload


@pytest.fixture
def added(
    hass: HomeAssistant, set_up: SetUp, with_files: Callable[[str, bytes], Any]
) -> SetUp:
    """Return a function that adds the gateway, with both MIB files if wanted."""

    async def add(*, files: bool = True) -> ConfigEntry[Any]:
        entry = await set_up()
        if files:
            result = await begin(hass, entry, "diris_mib")
            for name in NAMES:
                upload = await with_files(name, (FILES / name).read_bytes())
                result = await fill(hass, result, mib_file=upload)
                assert result["errors"] == {}
            result = await fill(hass, result)
            assert result["type"] is FlowResultType.CREATE_ENTRY
        return entry

    return add


async def test_files_are_read_kept_and_removed(
    hass: HomeAssistant, added: SetUp, with_files: Callable[[str, bytes], Any]
) -> None:
    """One after the other; what is missing is named; after a reload they are there."""
    entry = await added(files=False)
    result = await begin(hass, entry, "diris_mib")
    words = result["description_placeholders"]
    assert words is not None
    assert (words["files"], words["columns"], words["missing"]) == ("-", "0", "-")
    upload = await with_files("photo.txt", b"\x89PNG no MIB")
    result = await fill(hass, result, mib_file=upload)
    assert result["errors"] == {"mib_file": "bad_mib"}
    result = await fill(hass, result, mib_file=upload)
    assert result["errors"] == {"mib_file": "upload_again"}
    text = (FILES / NAMES[0]).read_text().replace("Made up.", "Inventé.")
    upload = await with_files(NAMES[0], text.encode("latin-1"))
    result = await fill(hass, result, mib_file=upload)
    words = result["description_placeholders"]
    assert words is not None
    assert words["missing"] == "-"
    assert words["outputs"] == "1"
    upload = await with_files(NAMES[1], (FILES / NAMES[1]).read_bytes())
    result = await fill(hass, result, mib_file=upload)
    words = result["description_placeholders"]
    assert words == {
        "where": "",
        "files": ", ".join(NAMES),
        "columns": "5",
        "notifications": "2",
        "outputs": "2",
        "missing": "NOT-GIVEN-MIB",
    }
    result = await fill(hass, result)
    assert result["type"] is FlowResultType.CREATE_ENTRY
    assert len(entry.runtime_data.mib.columns) == 5
    told = await async_get_config_entry_diagnostics(hass, entry)
    assert told["mib"] == {
        "columns": 5,
        "notifications": 2,
        "outputs": 2,
        "missing": 1,
    }
    result = await begin(hass, entry, "diris_mib")
    result = await fill(hass, result, forget_mib=True)
    assert "mib" not in entry.options
    assert entry.runtime_data.mib == Mib()
    assert await diris_mib.load(hass, entry.entry_id) == ({}, Mib())


async def test_files_that_are_too_large_or_too_many(
    hass: HomeAssistant, added: SetUp, with_files: Callable[[str, bytes], Any]
) -> None:
    """They are refused with the bound; what was kept before stays as it was."""
    entry = await added(files=False)
    kept = {f"{number}.mib": "" for number in range(10)}
    await diris_mib.save(hass, entry.entry_id, kept, Mib())
    result = await begin(hass, entry, "diris_mib")
    large = b"-" * 2_000_001
    for name, content, bound in (
        ("11.mib", b"-", "> 10"),
        ("0.mib", large, "> 2000000"),
    ):
        upload = await with_files(name, content)
        result = await fill(hass, result, mib_file=upload)
        assert result["errors"] == {"mib_file": "bad_mib"}
        words = result["description_placeholders"]
        assert words is not None
        assert words["where"] == bound
    assert await diris_mib.load(hass, entry.entry_id) == (kept, Mib())


async def test_a_removed_gateway_takes_its_files_along(
    hass: HomeAssistant, added: SetUp, hass_storage: dict[str, Any]
) -> None:
    """Nothing of them stays in the storage."""
    entry = await added()
    key = f"{DOMAIN}_mib_{entry.entry_id}"
    assert set(hass_storage[key]["data"]["files"]) == set(NAMES)
    await hass.config_entries.async_remove(entry.entry_id)
    await rest(hass)
    assert key not in hass_storage


async def take_traps(
    hass: HomeAssistant, entry: ConfigEntry, port: int, **fields: object
) -> None:
    """Switch traps on in the options."""
    result = await begin(hass, entry, "diris_traps")
    result = await fill(hass, result, enabled=True, port=port, **fields)
    assert result["type"] is FlowResultType.CREATE_ENTRY, result
    await until(hass, lambda: entry.runtime_data.traps.listening)


async def trap_state(hass: HomeAssistant) -> State:
    """Return the event entity's state, once something has come."""

    def came() -> bool:
        state = hass.states.get(TRAP)
        return state is not None and state.state != STATE_UNKNOWN

    await until(hass, came)
    state = hass.states.get(TRAP)
    assert state is not None
    return state


async def test_a_trap_that_the_file_names(hass: HomeAssistant, added: SetUp) -> None:
    """By SNMPv3: an event of its name, with values by theirs; no secret is told."""
    entry = await added()
    port = free_port()
    await take_traps(hass, entry, port, username="one", password=PASSWORD, **V3)
    await snmp.send_trap(
        port,
        *("-v", "3", "-e", "0x80001f8804646972697331", "-u", "one"),
        *snmp.security(snmp.User(name="one", password=PASSWORD)),
        trap=OVERLOAD,
        values=(HORN, "i", "1", f"{OWN}.20.5.0", "s", "Kitchen"),
    )
    state = await trap_state(hass)
    assert state.attributes["event_type"] == "exampleOverload"
    assert state.attributes["values"] == {
        "exampleHorn": "on",
        "exampleText": "Kitchen",
    }
    assert state.attributes["description"] == "Too much flows through a circuit."
    told = await async_get_config_entry_diagnostics(hass, entry)
    assert told["traps"]["taken"] == 1
    assert told["traps"]["last"][0]["oid"] == OVERLOAD
    said = str(told)
    assert PASSWORD not in said
    assert "Kitchen" not in said
    result = await begin(hass, entry, "diris_traps")
    assert PASSWORD not in str(result)
    result = await fill(hass, result, enabled=True, port=port, username="one", **V3)
    assert entry.options["traps"]["password"] == PASSWORD


async def test_a_trap_without_a_file(hass: HomeAssistant, added: SetUp) -> None:
    """A raw event, with its numbers; the last fifty are kept."""
    entry = await added(files=False)
    port = free_port()
    await take_traps(hass, entry, port, **{**V3, "version": "v2c"}, community="trap")
    for _ in range(2):
        await snmp.send_trap(
            *(port, "-v", "2c", "-c", "trap"), trap=OVERLOAD, values=(HORN, "i", "1")
        )
    state = await trap_state(hass)
    assert state.attributes["event_type"] == "unknown_trap"
    assert state.attributes["oid"] == OVERLOAD
    assert state.attributes["values"] == {HORN: 1}
    assert entry.runtime_data.traps.last.maxlen == 50


async def test_what_is_wrong_with_credentials(
    hass: HomeAssistant, added: SetUp
) -> None:
    """Each fault has its own words; switched off, nothing is asked for."""
    entry = await added(files=False)
    result = await begin(hass, entry, "diris_traps")
    base: dict[str, object] = {"enabled": True, "port": 1162, **V3}
    for fields, error in (
        ({"password": PASSWORD}, "snmp_user"),
        ({"username": "one", "password": "short"}, "snmp_password"),
        ({"username": "one", "auth": "none"}, "snmp_privacy"),
        ({"version": "v1"}, "snmp_community"),
    ):
        result = await fill(hass, result, **base | fields)
        assert result["errors"] == {"base": error}
    result = await fill(hass, result, **base | {"enabled": False})
    assert result["type"] is FlowResultType.CREATE_ENTRY
    assert entry.runtime_data.traps is None
    assert hass.states.get(TRAP) is None


async def test_a_port_that_is_taken(
    hass: HomeAssistant, added: SetUp, issue_registry: ir.IssueRegistry
) -> None:
    """An issue says so and goes with the entry; the gateway's values go on."""
    entry = await added(files=False)
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as other:
        other.bind(("0.0.0.0", 0))  # noqa: S104 - the same as the listener's
        port = other.getsockname()[1]
        result = await begin(hass, entry, "diris_traps")
        fields = {**V3, "version": "v1", "community": "trap", "port": port}
        await fill(hass, result, enabled=True, **fields)
        issue = (DOMAIN, f"traps_{entry.entry_id}")
        await until(hass, lambda: issue in issue_registry.issues)
    found = issue_registry.issues[issue]
    assert found.translation_key == "traps_port_in_use"
    assert hass.states.get("sensor.diris_b30_rs485_2_circuit_1_power") is not None
    await hass.config_entries.async_unload(entry.entry_id)
    await rest(hass)
    assert issue not in issue_registry.issues


async def test_an_address_that_is_none(
    hass: HomeAssistant,
    added: SetUp,
    issue_registry: ir.IssueRegistry,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Traps of a name that nobody has are not taken; an issue asks for the address."""
    answer_names(monkeypatch, {})
    name = "gateway.dns-me.com"
    entry = await added(files=False)
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    result = await begin(hass, entry, "diris_traps")
    fields = {**V3, "version": "v1", "community": "trap", "port": port}
    await fill(hass, result, enabled=True, source=name, **fields)
    issue = (DOMAIN, f"traps_{entry.entry_id}")
    await until(hass, lambda: issue in issue_registry.issues)
    found = issue_registry.issues[issue]
    assert found.translation_key == "traps_source"
    assert found.translation_placeholders is not None
    assert found.translation_placeholders["source"] == name
    await hass.config_entries.async_unload(entry.entry_id)
    await rest(hass)
    assert issue not in issue_registry.issues


async def test_outputs_need_a_file(hass: HomeAssistant, added: SetUp) -> None:
    """Without one there is nothing to be switched."""
    entry = await added(files=False)
    result = await begin(hass, entry, "diris_outputs")
    assert result["type"] is FlowResultType.ABORT
    assert result["reason"] == "no_outputs"


@pytest.mark.parametrize("version", ["v2c", "v3"])
async def test_outputs_are_switched_and_read_back(
    hass: HomeAssistant,
    added: SetUp,
    agent: SnmpAgent,
    entity_registry: er.EntityRegistry,
    version: str,
) -> None:
    """Disabled until their owner wants them; what they show, the gateway says."""
    entry = await added()
    result = await begin(hass, entry, "diris_outputs")
    credentials: dict[str, object] = {
        **V3,
        "version": version,
        "community": COMMUNITY_WRITE,
        "username": WRITER,
        "password": PASSWORD,
    }
    result = await fill(hass, result, port=agent.port, **credentials)
    assert result["type"] is FlowResultType.CREATE_ENTRY, result
    found = [one for one in entity_registry.entities if one.startswith("switch.")]
    assert found == [SWITCH, "switch.main_board_exampleoutput_4_1"]
    for one in found:
        assert entity_registry.entities[one].disabled_by
        entity_registry.async_update_entity(one, disabled_by=None)
    await hass.config_entries.async_reload(entry.entry_id)
    await rest(hass)
    assert [state_of(hass, one) for one in found] == [STATE_OFF, STATE_ON]
    for turn, wire in (("turn_on", 1), ("turn_off", 0)):
        await hass.services.async_call(
            "switch", turn, {"entity_id": SWITCH}, blocking=True
        )
        assert state_of(hass, SWITCH) == (STATE_ON if wire else STATE_OFF)
        with snmp.session(agent.port) as session:
            assert await session.get([HORN, OUTPUT]) == {HORN: wire, OUTPUT: 1}


def state_of(hass: HomeAssistant, entity_id: str) -> str:
    """Return an entity's state."""
    state = hass.states.get(entity_id)
    assert state is not None, entity_id
    return state.state


async def test_outputs_that_do_not_obey(
    hass: HomeAssistant,
    added: SetUp,
    agent: SnmpAgent,
    entity_registry: er.EntityRegistry,
    expected_logs: list[str],
) -> None:
    """Refused, driven by another, silent: each in its own words, none shown as done."""
    expected_logs.extend(["outputs", "can't be reached by SNMP", "left alone for"])
    entry = await added()
    result = await begin(hass, entry, "diris_outputs")
    fields: dict[str, object] = {**V3, "version": "v2c", "port": agent.port}
    agent.change([(2, 1)], {HORN: 0}, stuck=[HORN])
    result = await fill(hass, result, **fields, community=COMMUNITY_WRITE)
    assert result["type"] is FlowResultType.CREATE_ENTRY
    entity_registry.async_update_entity(SWITCH, disabled_by=None)
    await hass.config_entries.async_reload(entry.entry_id)
    await rest(hass)

    async def turn_on() -> str:
        with pytest.raises(HomeAssistantError) as refused:
            await hass.services.async_call(
                "switch", "turn_on", {"entity_id": SWITCH}, blocking=True
            )
        assert refused.value.translation_key is not None
        return refused.value.translation_key

    assert await turn_on() == "output_not_taken"
    assert state_of(hass, SWITCH) == STATE_OFF
    # From now on it mustn't be written, as with a community that may only read.
    agent.change([(2, 1)], {HORN: 0})
    assert await turn_on() == "output_refused"
    assert state_of(hass, SWITCH) == STATE_OFF
    agent.stop()
    assert await turn_on() == "output_unanswered"
    await until(hass, lambda: state_of(hass, SWITCH) == STATE_UNAVAILABLE)


async def test_who_can_not_be_asked_for_outputs(
    hass: HomeAssistant, added: SetUp, agent: SnmpAgent
) -> None:
    """What can be no password, a wrong one, nobody there, none: the form says which."""
    entry = await added()
    result = await begin(hass, entry, "diris_outputs")
    fields: dict[str, object] = {**V3, "username": WRITER, "port": agent.port}
    result = await fill(hass, result, **fields, password=PASSWORD[:5])
    assert result["errors"] == {"base": "snmp_password"}
    result = await fill(hass, result, **fields, password=PASSWORD[::-1])
    assert result["errors"] == {"base": "snmp_refused"}
    agent.change([(2, 1)])
    result = await fill(hass, result, **fields, password=PASSWORD)
    assert result["errors"] == {"base": "no_outputs_found"}
    agent.stop()
    result = await fill(hass, result, **fields, password=PASSWORD)
    assert result["errors"] == {"base": "snmp_silent"}


async def test_libraries_that_can_not_be_had(
    hass: HomeAssistant,
    added: SetUp,
    with_files: Callable[[str, bytes], Any],
    issue_registry: ir.IssueRegistry,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Without the internet each form and an issue say so; all else goes on."""
    entry = await added()

    async def offline(*_: object) -> None:
        raise RequirementsNotFound(DOMAIN, ["pysnmp"])

    monkeypatch.setattr(links_mib, "async_process_requirements", offline)
    result = await begin(hass, entry, "diris_mib")
    upload = await with_files(NAMES[1], (FILES / NAMES[1]).read_bytes())
    result = await fill(hass, result, mib_file=upload)
    assert result["errors"] == {"base": "no_mib_parser"}
    result = await begin(hass, entry, "diris_outputs")
    fields: dict[str, object] = {**V3, "username": "one", "password": PASSWORD}
    result = await fill(hass, result, **fields, port=161)
    assert result["errors"] == {"base": "no_snmp"}
    result = await begin(hass, entry, "diris_traps")
    await fill(hass, result, **fields, enabled=True, port=free_port())
    issue = (DOMAIN, f"traps_{entry.entry_id}")
    await until(hass, lambda: issue in issue_registry.issues)
    assert issue_registry.issues[issue].translation_key == "traps_unavailable"
    assert len(entry.runtime_data.mib.outputs) == 2
    assert hass.states.get("sensor.diris_b30_rs485_2_circuit_1_power") is not None
