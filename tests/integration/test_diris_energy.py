"""A Digiware's values of a single source, and the test that finds its counters."""

from collections.abc import AsyncIterator
from typing import Any

from homeassistant.config_entries import ConfigEntry, ConfigFlowResult
from homeassistant.const import STATE_UNAVAILABLE
from homeassistant.core import HomeAssistant
from homeassistant.data_entry_flow import FlowResultType
from homeassistant.helpers import entity_registry as er
import pytest

from custom_components.meters_and_chargers.diagnostics import (
    async_get_config_entry_diagnostics,
)
from custom_components.meters_and_chargers.diris import GatewayCoordinator
from custom_components.meters_and_chargers.engine.devices.diris import energy
from simulators.diris import Circuit, Diris, LoadModule

from .conftest import SetUp
from .test_diris import options_form, rest, set_up, value

__all__ = ["set_up"]

type Entry = ConfigEntry[GatewayCoordinator]

I35 = "sensor.digiware_i_35_3_circuit_1"
I60 = "sensor.digiware_i_60_4_circuit_2"


@pytest.fixture
async def gateway(socket_enabled: None) -> AsyncIterator[Diris]:
    """Return a gateway with an I-35 and an I-60, whose counters are apart."""
    found = Diris(
        {
            3: LoadModule(
                "Digiware I-35",
                [Circuit(72_000, import_wh=5_000, counts=True)],
                most=3,
                net_id=0x350001,
            ),
            4: LoadModule(
                "Digiware I-60",
                [Circuit(0), Circuit(90_000, import_wh=9_000, counts=True)],
                net_id=0x600001,
                import_at=19841,
            ),
        }
    )
    await found.start()
    yield found
    await found.stop()


@pytest.fixture(autouse=True)
def short_pause(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let one second pass between the two readings, at ten times the power."""
    monkeypatch.setattr(energy, "PAUSE_S", 1.0)


async def shown_by_test(hass: HomeAssistant, entry: Entry) -> ConfigFlowResult:
    """Start the test in the options, and wait for what it says."""
    options = hass.config_entries.options
    result = await options_form(hass, entry, "diris_energy")
    assert result["description_placeholders"] == {
        "products": "Digiware I-35, Digiware I-60"
    }
    result = await options.async_configure(result["flow_id"], {})
    assert result["type"] is FlowResultType.SHOW_PROGRESS
    await rest(hass)
    return await options.async_configure(result["flow_id"])


async def finish(hass: HomeAssistant, result: ConfigFlowResult) -> None:
    """Read what the test says, and wait for the reload."""
    options = hass.config_entries.options
    result = await options.async_configure(result["flow_id"], {})
    assert result["type"] is FlowResultType.CREATE_ENTRY
    await rest(hass)


async def test_both_places_are_found(
    hass: HomeAssistant, gateway: Diris, set_up: SetUp
) -> None:
    """Of each product its own; the energies are there and on, with the evidence."""
    entry = await set_up()
    assert hass.states.get(f"{I35}_energy_import") is None
    result = await shown_by_test(hass, entry)
    assert result["step_id"] == "diris_energy_result"
    assert result["description_placeholders"] == {
        "found": "Digiware I-35 (19843), Digiware I-60 (19841)",
        "idle": "-",
        "unsure": "-",
    }
    await finish(hass, result)
    assert float(value(hass, f"{I35}_energy_import")) > 5
    assert float(value(hass, f"{I60}_energy_import")) > 9
    assert value(hass, f"{I60}_energy_export") == "0.0"
    assert hass.states.get(f"{I35}_power") is None
    told = await async_get_config_entry_diagnostics(hass, entry)
    found = told["energy_places"]["Digiware I-35"]
    assert found["place"] == "19843"
    assert found["evidence"][0].startswith("3.1: 72000 W, then 72000 W")
    assert gateway.write_pdus == []


async def test_the_dialog_can_be_looked_at_while_it_is_tested(
    hass: HomeAssistant, set_up: SetUp
) -> None:
    """It says that it tests on, and ends with what was found."""
    entry = await set_up()
    options = hass.config_entries.options
    result = await options_form(hass, entry, "diris_energy")
    await options.async_configure(result["flow_id"], {})
    result = await options.async_configure(result["flow_id"])
    assert result["type"] is FlowResultType.SHOW_PROGRESS
    assert result["progress_action"] == "diris_energy_run"
    await rest(hass)
    result = await options.async_configure(result["flow_id"])
    assert result["step_id"] == "diris_energy_result"
    await finish(hass, result)
    assert set(entry.options["energy_places"]) == {"Digiware I-35", "Digiware I-60"}


async def test_without_a_load_nothing_is_decided(
    hass: HomeAssistant, gateway: Diris, set_up: SetUp
) -> None:
    """It says so; what an earlier test found stays."""
    board = gateway.modules[3]
    assert isinstance(board, LoadModule)
    board.circuits[0].power_w = 0
    entry = await set_up()
    result = await shown_by_test(hass, entry)
    assert result["description_placeholders"] == {
        "found": "Digiware I-60 (19841)",
        "idle": "Digiware I-35",
        "unsure": "-",
    }
    await finish(hass, result)
    assert hass.states.get(f"{I35}_energy_import") is None
    assert float(value(hass, f"{I60}_energy_import")) > 9
    other = gateway.modules[4]
    assert isinstance(other, LoadModule)
    other.circuits[1].power_w = 0
    result = await shown_by_test(hass, entry)
    assert result["description_placeholders"] == {
        "found": "-",
        "idle": "Digiware I-35, Digiware I-60",
        "unsure": "-",
    }
    await finish(hass, result)
    assert float(value(hass, f"{I60}_energy_import")) > 9


async def test_a_counter_that_stands_still_decides_nothing(
    hass: HomeAssistant, gateway: Diris, set_up: SetUp
) -> None:
    """A load that no place follows is told, and a place found before is given up."""
    entry = await set_up()
    await finish(hass, await shown_by_test(hass, entry))
    board = gateway.modules[3]
    assert isinstance(board, LoadModule)
    board.circuits[0].counts = False
    result = await shown_by_test(hass, entry)
    assert result["description_placeholders"] == {
        "found": "Digiware I-60 (19841)",
        "idle": "-",
        "unsure": "Digiware I-35",
    }
    await finish(hass, result)
    assert value(hass, f"{I35}_energy_import") == STATE_UNAVAILABLE


async def test_a_gateway_that_is_lost_meanwhile(
    hass: HomeAssistant, gateway: Diris, set_up: SetUp, expected_logs: list[str]
) -> None:
    """The form comes back and says so."""
    expected_logs.append("Main board")
    entry = await set_up()
    form = await options_form(hass, entry, "diris_energy")
    await gateway.stop()
    options = hass.config_entries.options
    result = await options.async_configure(form["flow_id"], {})
    await rest(hass)
    result = await options.async_configure(result["flow_id"])
    assert (result["step_id"], result["errors"]) == (
        "diris_energy",
        {"base": "test_failed"},
    )


async def save(hass: HomeAssistant, entry: Entry, **fields: Any) -> None:
    """Save the form of modules and circuits."""
    result = await options_form(hass, entry, "diris")
    every = {"interval": "10", "addresses": "3-4", **fields}
    options = hass.config_entries.options
    result = await options.async_configure(result["flow_id"], every)
    assert result["type"] is FlowResultType.CREATE_ENTRY
    await rest(hass)


async def test_single_source_is_a_choice_from_the_start(
    hass: HomeAssistant, set_up: SetUp
) -> None:
    """Ticked in the last screen, the powers of its circuits are there at once."""
    await set_up(single_source=True)
    assert value(hass, f"{I35}_power") == "72000"
    assert value(hass, f"{I60}_power") == "90000"
    assert hass.states.get(f"{I60}_apparent_power") is None


async def test_single_source_is_switched_on_and_off_later(
    hass: HomeAssistant, set_up: SetUp, entity_registry: er.EntityRegistry
) -> None:
    """In the options; what its owner has disabled stays so."""
    entry = await set_up()
    assert hass.states.get(f"{I35}_power") is None
    off_by_owner = f"{I60}_power"
    user = er.RegistryEntryDisabler.USER
    entity_registry.async_update_entity(off_by_owner, disabled_by=user)
    await save(hass, entry, single_source=True)
    assert value(hass, f"{I35}_power") == "72000"
    assert hass.states.get(off_by_owner) is None
    await save(hass, entry, single_source=True)
    assert value(hass, f"{I35}_power") == "72000"
    await save(hass, entry, single_source=False)
    assert hass.states.get(f"{I35}_power") is None
    found = entity_registry.async_get(off_by_owner)
    assert found is not None
    assert found.disabled_by is user


async def test_a_gateway_without_such_modules_offers_no_test(
    hass: HomeAssistant, gateway: Diris, set_up: SetUp
) -> None:
    """A B-30's counters are documented."""
    await gateway.stop()
    gateway.modules = {
        1: gateway.modules[1],
        2: LoadModule("DIRIS B30 RS485", [Circuit(100)], most=4),
    }
    await gateway.start()
    entry = await set_up()
    result = await hass.config_entries.options.async_init(entry.entry_id)
    assert "diris_energy" not in result["menu_options"]
