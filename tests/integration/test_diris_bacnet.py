"""A gateway read by BACnet/IP beside Modbus: switched on, refused, lost."""

from collections.abc import AsyncIterator, Iterator
import socket
from typing import Any

from homeassistant.config_entries import ConfigEntry, ConfigFlowResult
from homeassistant.const import STATE_OFF, STATE_ON, STATE_UNAVAILABLE
from homeassistant.core import HomeAssistant
from homeassistant.data_entry_flow import FlowResultType
from homeassistant.exceptions import HomeAssistantError
from homeassistant.helpers import entity_registry as er
from homeassistant.requirements import RequirementsNotFound
import pytest

from custom_components.meters_and_chargers.diris import GatewayCoordinator
from custom_components.meters_and_chargers.links import bacnet
from simulators.bacnet_gateway import BacnetGateway, value
from simulators.diris import Circuit, Diris, LoadModule, Module

from .conftest import SetUp
from .test_diris import options_form, rest, set_up
from .test_diris import value as state_of
from .test_diris_mib import until

__all__ = ["set_up"]

type Entry = ConfigEntry[GatewayCoordinator]

B30 = "sensor.diris_b30_rs485_2_circuit_1_power"
I35 = "sensor.digiware_i_35_3_circuit_1_power"
LOST = "The gateway can't be read by BACnet"
HORN = "switch.digiware_i_61_5_horn"
I61 = "sensor.digiware_i_61_5_circuit_2_power"


@pytest.fixture
async def gateway(socket_enabled: None) -> AsyncIterator[Diris]:
    """Return a gateway by Modbus: a B-30, an I-35, and an I-61 without a table."""
    found = Diris(
        {
            2: LoadModule("DIRIS B30 RS485", [Circuit(6900)], most=4, net_id=0xB30001),
            3: LoadModule("Digiware I-35", [Circuit(300)], most=3, net_id=0x350001),
            5: Module("Digiware I-61", net_id=0x610001),
        }
    )
    await found.start()
    yield found
    await found.stop()


@pytest.fixture
def by_bacnet(socket_enabled: None) -> Iterator[BacnetGateway]:
    """Return the same gateway by BACnet, with one more module at address 8."""
    modules = {
        2: ("DIRIS B30 RS485", 1),
        3: ("Digiware I-35", 1),
        5: ("Digiware I-61", 2),
        8: ("Digiware I-45", 1),
    }
    with BacnetGateway(modules, {0: {1: "Lamp"}, 5: {3: "Horn"}}) as running:
        yield running


@pytest.fixture(autouse=True)
def any_port(monkeypatch: pytest.MonkeyPatch) -> None:
    """Listen on any free port."""
    monkeypatch.setattr(bacnet, "LOCAL_PORT", 0)


async def next_round(hass: HomeAssistant, entry: Entry) -> None:
    """Read once more at once: where time stands still, BACnet's waiting never ends."""
    await entry.runtime_data.async_refresh()
    await rest(hass)


async def switch_on(
    hass: HomeAssistant, entry: Entry, port: int, **other: Any
) -> ConfigFlowResult:
    """Save the form of BACnet."""
    form = await options_form(hass, entry, "diris_bacnet")
    fields = {"enabled": True, "instance": 100, "port": port, "every": False, **other}
    options = hass.config_entries.options
    result = await options.async_configure(form["flow_id"], fields)
    await rest(hass)
    return result


async def test_it_gives_what_modbus_does_not_surely_know(
    hass: HomeAssistant,
    gateway: Diris,
    by_bacnet: BacnetGateway,
    set_up: SetUp,
) -> None:
    """A module without a table, one that Modbus does not find; the B-30 stays."""
    entry = await set_up()
    assert hass.states.get(I61) is None
    result = await switch_on(hass, entry, by_bacnet.port)
    assert result["type"] is FlowResultType.CREATE_ENTRY
    entry.runtime_data._energy_at = float("-inf")
    await next_round(hass, entry)
    assert float(state_of(hass, I61)) == pytest.approx(value(5, 2, 21), abs=0.1)
    at_8 = state_of(hass, "sensor.digiware_i_45_8_circuit_1_power")
    assert float(at_8) == pytest.approx(value(8, 1, 21), abs=0.1)
    energy = state_of(hass, "sensor.digiware_i_61_5_circuit_1_energy_import")
    assert float(energy) == pytest.approx(value(5, 1, 56) / 1000)
    assert state_of(hass, B30) == "6900"
    assert hass.states.get(I35) is None
    assert [one["address"] for one in entry.data["modules"]] == [2, 3, 5]
    assert [one["address"] for one in entry.data["bacnet_modules"]] == [2, 3, 5, 8]
    await hass.config_entries.async_reload(entry.entry_id)
    await rest(hass)
    assert float(state_of(hass, I61)) == pytest.approx(value(5, 2, 21), abs=0.1)
    assert gateway.write_pdus == []


async def test_all_62_values_if_they_are_wanted(
    hass: HomeAssistant,
    by_bacnet: BacnetGateway,
    set_up: SetUp,
    entity_registry: er.EntityRegistry,
) -> None:
    """What has no name of its own here has the manual's, off, in the manual's unit."""
    entry = await set_up()
    await switch_on(hass, entry, by_bacnet.port)
    await next_round(hass, entry)
    distortion = I61.replace("power", "thd_i1_bacnet")
    assert entity_registry.async_get(distortion) is None
    await switch_on(hass, entry, by_bacnet.port, every=True)
    await next_round(hass, entry)
    mine = [
        one.entity_id
        for one in entity_registry.entities.values()
        if f"{entry.unique_id}_5_2_" in one.unique_id
    ]
    assert len(mine) == 62
    registered = entity_registry.async_get(distortion)
    assert registered is not None
    assert registered.disabled_by is er.RegistryEntryDisabler.INTEGRATION
    entity_registry.async_update_entity(distortion, disabled_by=None)
    await hass.config_entries.async_reload(entry.entry_id)
    await rest(hass)
    await next_round(hass, entry)
    shown = hass.states.get(distortion)
    assert shown is not None
    assert float(shown.state) == pytest.approx(value(5, 2, 46))
    assert shown.attributes["unit_of_measurement"] == "%"


async def test_modbus_goes_on_without_it(
    hass: HomeAssistant,
    by_bacnet: BacnetGateway,
    set_up: SetUp,
    caplog: pytest.LogCaptureFixture,
    expected_logs: list[str],
) -> None:
    """BACnet is lost, told once, and found again; what Modbus gives stays."""
    expected_logs.append(LOST)
    entry = await set_up()
    await switch_on(hass, entry, by_bacnet.port)
    await next_round(hass, entry)
    assert state_of(hass, I61) != STATE_UNAVAILABLE
    by_bacnet.stop()
    for _ in range(2):
        await next_round(hass, entry)
        assert state_of(hass, I61) == STATE_UNAVAILABLE
        assert state_of(hass, B30) == "6900"
    assert caplog.text.count(LOST) == 1


async def test_its_port_is_taken(
    hass: HomeAssistant,
    by_bacnet: BacnetGateway,
    set_up: SetUp,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """The form says which port, and nothing is switched on."""
    entry = await set_up()
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as other:
        other.bind(("", 0))
        monkeypatch.setattr(bacnet, "LOCAL_PORT", other.getsockname()[1])
        result = await switch_on(hass, entry, by_bacnet.port)
        assert result["errors"] == {"base": "bacnet_port_taken"}
        placeholders = result["description_placeholders"]
        assert placeholders is not None
        assert placeholders["port"] == str(other.getsockname()[1])
    assert "bacnet" not in entry.options


async def test_nobody_has_that_number(
    hass: HomeAssistant, by_bacnet: BacnetGateway, set_up: SetUp
) -> None:
    """The form says what to look at in the gateway; then the right number is taken."""
    entry = await set_up()
    result = await switch_on(hass, entry, by_bacnet.port, instance=2000)
    assert result["errors"] == {"base": "bacnet_silent"}
    result = await switch_on(hass, entry, by_bacnet.port)
    assert result["type"] is FlowResultType.CREATE_ENTRY
    result = await switch_on(hass, entry, by_bacnet.port, enabled=False)
    assert result["type"] is FlowResultType.CREATE_ENTRY
    assert entry.options["bacnet"] == {
        "enabled": False,
        "instance": 100,
        "port": by_bacnet.port,
        "every": False,
    }


async def test_its_library_can_not_be_had(
    hass: HomeAssistant, set_up: SetUp, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Without the internet the form says so."""

    async def fails(_hass: HomeAssistant, name: str, wanted: list[str]) -> None:
        raise RequirementsNotFound(name, wanted)

    entry = await set_up()
    monkeypatch.setattr(bacnet, "async_process_requirements", fails)
    result = await switch_on(hass, entry, 9)
    assert result["errors"] == {"base": "bacnet_library"}


async def look_for_outputs(hass: HomeAssistant, entry: Entry) -> ConfigFlowResult:
    """Ask for them in the options, and wait until all lists have been read."""
    options = hass.config_entries.options
    result = await options_form(hass, entry, "diris_bacnet_outputs")
    result = await options.async_configure(result["flow_id"], {"enabled": True})
    assert result["type"] is FlowResultType.SHOW_PROGRESS
    await rest(hass)
    result = await options.async_configure(result["flow_id"])
    await rest(hass)
    return result


async def test_outputs_are_offered_and_switched(
    hass: HomeAssistant,
    by_bacnet: BacnetGateway,
    set_up: SetUp,
    entity_registry: er.EntityRegistry,
    expected_logs: list[str],
) -> None:
    """None before it is asked for, then off; commands are read back; taken back."""
    expected_logs.append(LOST)
    expected_logs.append("outputs (BACnet/IP)")
    entry = await set_up()
    menu = await hass.config_entries.options.async_init(entry.entry_id)
    assert "diris_bacnet_outputs" not in menu["menu_options"]
    await switch_on(hass, entry, by_bacnet.port)
    assert not hass.states.async_entity_ids("switch")
    result = await look_for_outputs(hass, entry)
    assert result["type"] is FlowResultType.CREATE_ENTRY
    found = [one for one in entity_registry.entities if one.startswith("switch.")]
    assert set(found) == {HORN, "switch.main_board_lamp"}
    for one in found:
        assert entity_registry.entities[one].disabled_by
        entity_registry.async_update_entity(one, disabled_by=None)
    await hass.config_entries.async_reload(entry.entry_id)
    await rest(hass)
    assert state_of(hass, HORN) == STATE_OFF
    for turn, state in (("turn_on", "active"), ("turn_off", "inactive")):
        await act(hass, turn)
        assert by_bacnet.commands(5, 3) == {16: state}
        assert state_of(hass, HORN) == (STATE_ON if state == "active" else STATE_OFF)
    assert by_bacnet.commands(0, 1) == {}
    by_bacnet.command(5, 3, 8, "inactive")
    assert await refusal(hass) == "output_not_taken"
    by_bacnet.lock(5, 3)
    assert await refusal(hass) == "output_refused"
    by_bacnet.stop()
    assert await refusal(hass) == "output_unanswered"
    await until(hass, lambda: state_of(hass, HORN) == STATE_UNAVAILABLE)
    options = hass.config_entries.options
    result = await options_form(hass, entry, "diris_bacnet_outputs")
    assert result["description_placeholders"]["found"] == "Lamp, Horn"
    await options.async_configure(result["flow_id"], {"enabled": False})
    assert "bacnet_outputs" not in entry.options


async def act(hass: HomeAssistant, turn: str) -> None:
    """Switch the horn."""
    await hass.services.async_call("switch", turn, {"entity_id": HORN}, blocking=True)


async def refusal(hass: HomeAssistant) -> str:
    """Switch the horn on in vain; returns the key of what is said."""
    with pytest.raises(HomeAssistantError) as refused:
        await act(hass, "turn_on")
    assert refused.value.translation_key is not None
    return refused.value.translation_key


async def test_the_dialog_can_be_looked_at_while_outputs_are_looked_for(
    hass: HomeAssistant, by_bacnet: BacnetGateway, set_up: SetUp
) -> None:
    """It says that it looks on, and ends with what was found."""
    entry = await set_up()
    await switch_on(hass, entry, by_bacnet.port)
    options = hass.config_entries.options
    result = await options_form(hass, entry, "diris_bacnet_outputs")
    await options.async_configure(result["flow_id"], {"enabled": True})
    result = await options.async_configure(result["flow_id"])
    assert result["type"] is FlowResultType.SHOW_PROGRESS
    assert result["progress_action"] == "diris_bacnet_look"
    await rest(hass)
    result = await options.async_configure(result["flow_id"])
    assert result["type"] is FlowResultType.CREATE_ENTRY
    await rest(hass)
    assert len(entry.options["bacnet_outputs"]) == 2


async def test_no_outputs_of_a_gateway_that_was_switched_off(
    hass: HomeAssistant, by_bacnet: BacnetGateway, set_up: SetUp
) -> None:
    """Who disables it while the form is open hears that it does not answer."""
    entry = await set_up()
    await switch_on(hass, entry, by_bacnet.port)
    options = hass.config_entries.options
    result = await options_form(hass, entry, "diris_bacnet_outputs")
    await hass.config_entries.async_unload(entry.entry_id)
    result = await options.async_configure(result["flow_id"], {"enabled": True})
    await rest(hass)
    result = await options.async_configure(result["flow_id"])
    assert result["errors"] == {"base": "bacnet_silent"}
    assert "bacnet_outputs" not in entry.options


async def test_there_are_no_outputs_to_offer(
    hass: HomeAssistant, socket_enabled: None, set_up: SetUp
) -> None:
    """Nothing is kept, and the form says so; nor when the gateway is lost."""
    entry = await set_up()
    without = BacnetGateway({5: ("Digiware I-61", 1)})
    with without:
        await switch_on(hass, entry, without.port)
        result = await look_for_outputs(hass, entry)
        assert result["errors"] == {"base": "bacnet_no_outputs"}
    result = await look_for_outputs(hass, entry)
    assert result["errors"] == {"base": "bacnet_silent"}
    assert "bacnet_outputs" not in entry.options
