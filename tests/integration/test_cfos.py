"""A cFos Power Brain as Home Assistant shows and steers it, in good and bad days."""

import asyncio
from collections.abc import Callable

from homeassistant.components.number import ATTR_VALUE, SERVICE_SET_VALUE
from homeassistant.config_entries import ConfigEntry, ConfigEntryState
from homeassistant.const import (
    ATTR_ENTITY_ID,
    STATE_UNAVAILABLE,
    STATE_UNKNOWN,
    Platform,
)
from homeassistant.core import HomeAssistant
from homeassistant.data_entry_flow import FlowResultType
from homeassistant.exceptions import HomeAssistantError
from homeassistant.helpers import entity_registry as er
from pymodbus.constants import ExcCodes
import pytest
from pytest_homeassistant_custom_component.common import (
    MockConfigEntry,
    snapshot_platform,
)
from syrupy.assertion import SnapshotAssertion

from custom_components.meters_and_chargers import diagnostics, registry
from custom_components.meters_and_chargers.const import DOMAIN
from custom_components.meters_and_chargers.coordinator import DeviceCoordinator
from custom_components.meters_and_chargers.engine.charging import Reason
from simulators.car import Car
from simulators.power_brain import PowerBrain, S0Meter
from tests.links import all_closed

from .conftest import SetUp
from .test_config_flow import address, choose, submit
from .test_devices import lose_and_find, poll, value
from .test_site import choose_mode, set_up_site

SERIAL = "PB-4711-0042"
KEY = f"cfos_{SERIAL}"
CURRENT = "number.garage_charging_current"
STATUS = "sensor.garage_status"
ACTIVITY = "event.garage_activity"


@pytest.fixture
def set_up(hass: HomeAssistant, power_brain: PowerBrain) -> SetUp:
    """Return a function that sets up the wallbox's entry, polled every 2 s."""

    async def _set_up() -> ConfigEntry[DeviceCoordinator]:
        entry = MockConfigEntry(
            domain=DOMAIN,
            title="Garage",
            unique_id=KEY,
            data={
                "family": "cfos",
                "host": power_brain.host,
                "port": power_brain.port,
                "unit_id": 1,
                "maximum_current": 16,
            },
            options={"interval": 2},
        )
        entry.add_to_hass(hass)
        await hass.config_entries.async_setup(entry.entry_id)
        await hass.async_block_till_done()
        return entry

    return _set_up


async def set_current(hass: HomeAssistant, amps: float) -> None:
    """Set the charging current as the user does."""
    await hass.services.async_call(
        "number",
        SERVICE_SET_VALUE,
        {ATTR_ENTITY_ID: CURRENT, ATTR_VALUE: amps},
        blocking=True,
    )


def present(hass: HomeAssistant) -> registry.Present:
    """Return the wallbox as a site sees it."""
    found = registry.find(hass, KEY)
    assert found is not None
    return found


async def becomes(hass: HomeAssistant, true: Callable[[], bool]) -> bool:
    """Poll until something is so, for some seconds at most."""
    for _ in range(120):
        if true():
            return True
        await poll(hass)
        await asyncio.sleep(0.25)
    return False


def charge(car: Car, seconds: int = 25) -> None:
    """Let the car draw what it may."""
    for _ in range(seconds):
        car.step()


@pytest.mark.usefixtures("all_entities_enabled")
@pytest.mark.parametrize("platform", [Platform.EVENT, Platform.NUMBER, Platform.SENSOR])
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


async def test_what_is_shown_from_the_start(
    hass: HomeAssistant, entity_registry: er.EntityRegistry, set_up: SetUp
) -> None:
    """What an owner needs; phases, and what a single source names, are a choice."""
    entry = await set_up()
    shown = {
        found.unique_id.removeprefix(f"{KEY}_")
        for found in er.async_entries_for_config_entry(entity_registry, entry.entry_id)
        if found.disabled_by is None
    }
    assert shown == {"pilot_status", "power", "energy_import", "charging_current"}
    assert value(hass, STATUS) == "connected"
    assert value(hass, CURRENT) == "16.0"


async def test_charging_current_is_written_and_read_back(
    hass: HomeAssistant, power_brain: PowerBrain, set_up: SetUp
) -> None:
    """A tenth of an ampere counts; what is shown is the wallbox's own answer."""
    await set_up()
    await set_current(hass, 7.5)
    assert power_brain.limit_a == 7.5
    state = hass.states.get(CURRENT)
    assert state is not None
    assert state.state == "7.5"
    assert "assumed_state" not in state.attributes
    assert (state.attributes["max"], state.attributes["step"]) == (16, 0.1)
    await set_current(hass, 0)
    assert not power_brain.enabled
    assert value(hass, CURRENT) == "0.0"
    power_brain.registers |= {8093: 100, 8094: 1}
    await poll(hass)
    assert value(hass, CURRENT) == "10.0"
    assert power_brain.flash_writes == 0


async def test_current_between_0_and_6_a_is_refused_in_words(
    hass: HomeAssistant, power_brain: PowerBrain, set_up: SetUp
) -> None:
    """Nothing is written that no car understands, and the user is told what is."""
    await set_up()
    with pytest.raises(HomeAssistantError, match="choose 0 or 6 to 16 A"):
        await set_current(hass, 4)
    assert not power_brain.write_pdus


async def test_refused_write_is_said(
    hass: HomeAssistant,
    power_brain: PowerBrain,
    set_up: SetUp,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """A wallbox that takes no limit keeps its own, and the user hears of it."""
    await set_up()
    monkeypatch.setattr(power_brain, "written", lambda *_: ExcCodes.ILLEGAL_ADDRESS)
    with pytest.raises(HomeAssistantError, match="did not take the charging current"):
        await set_current(hass, 10)
    assert value(hass, CURRENT) == "16.0"


@pytest.mark.parametrize("fault", ["close", "half_open", "silent"])
async def test_lost_wallbox_is_unavailable_and_comes_back(
    power_brain: PowerBrain,
    hass: HomeAssistant,
    set_up: SetUp,
    caplog: pytest.LogCaptureFixture,
    expected_logs: list[str],
    fault: str,
) -> None:
    """Within two polls gone, within two polls back, one log line each way."""
    expected_logs.append("Error fetching Garage data")
    entry = await set_up()
    await lose_and_find(hass, entry, power_brain, fault, caplog, power="-1")
    assert value(hass, CURRENT) == "16.0"


async def test_failed_write_is_said(
    hass: HomeAssistant,
    power_brain: PowerBrain,
    set_up: SetUp,
    expected_logs: list[str],
) -> None:
    """A wallbox that is gone does not swallow a command."""
    expected_logs.append("Error requesting Garage data")
    await set_up()
    await power_brain.stop()
    with pytest.raises(HomeAssistantError, match="did not take the charging current"):
        await set_current(hass, 10)
    assert value(hass, CURRENT) == STATE_UNAVAILABLE
    assert not present(hass).online


async def test_other_wallbox_at_the_address_is_refused(
    power_brain: PowerBrain, set_up: SetUp, expected_logs: list[str]
) -> None:
    """Another serial behind the address never feeds the old entities."""
    expected_logs.append("another device answers")
    await power_brain.stop()
    other = PowerBrain(Car(), serial="PB-9", port=power_brain.port)
    await other.start()
    try:
        entry = await set_up()
        assert entry.state is ConfigEntryState.SETUP_ERROR
    finally:
        await other.stop()


async def test_unload_closes_the_socket(
    hass: HomeAssistant, power_brain: PowerBrain, set_up: SetUp
) -> None:
    """Nothing stays open after an entry is unloaded."""
    entry = await set_up()
    assert await hass.config_entries.async_unload(entry.entry_id)
    await hass.async_block_till_done()
    assert await all_closed(power_brain)


# What a site sees


async def test_site_sees_what_it_draws(
    hass: HomeAssistant, power_brain: PowerBrain, set_up: SetUp
) -> None:
    """Its own currents with the time of the read, its car, and a fault."""
    await set_up()
    wallbox = present(hass)
    assert wallbox.drawn == ((0, 0, 0), pytest.approx(hass.loop.time() * 1000, abs=9e3))
    assert (wallbox.plugged, wallbox.blocked) == (True, None)
    charge(power_brain.car)
    await poll(hass)
    drawn = wallbox.drawn
    assert drawn is not None
    assert drawn[0] == (16_000, 16_000, 16_000)
    assert wallbox.measures_phases
    assert value(hass, STATUS) == "charging"
    power_brain.pilot = 5
    await poll(hass)
    assert value(hass, STATUS) == "error"
    assert (wallbox.plugged, wallbox.blocked) == (None, Reason.FAULT)
    power_brain.pilot = 0
    await poll(hass)
    assert wallbox.plugged is False


async def test_site_switches_its_phases(
    hass: HomeAssistant, power_brain: PowerBrain, set_up: SetUp
) -> None:
    """One phase is chosen with the limit; too soon back, it goes on with one."""
    await set_up()
    wallbox = present(hass)
    assert wallbox.switches_phases
    assert wallbox.phases is None
    await wallbox.async_set_limit(9_000, phases=1)
    assert (power_brain.car.phases, wallbox.phases) == (1, 1)
    charge(power_brain.car, 70)
    await poll(hass)
    drawn = wallbox.drawn
    assert drawn is not None
    assert drawn[0] == (9_000, 0, 0)
    await wallbox.async_set_limit(6_000, phases=3)
    assert (power_brain.car.phases, wallbox.limit_ma) == (1, 6_000)


async def test_wallbox_without_phases_to_switch(
    hass: HomeAssistant, power_brain: PowerBrain, set_up: SetUp
) -> None:
    """Unless its owner has allowed it in the wallbox, nothing is offered."""
    power_brain.solar = False
    await set_up()
    assert not present(hass).switches_phases


async def test_wallbox_without_a_meter_does_not_say_what_it_draws(
    hass: HomeAssistant, power_brain: PowerBrain, set_up: SetUp
) -> None:
    """The site then judges by the grid, or by a meter that its owner names."""
    power_brain.meter = False
    await set_up()
    assert present(hass).drawn is None
    assert value(hass, STATUS) == "connected"


async def test_wallbox_is_no_grid_meter(hass: HomeAssistant, set_up: SetUp) -> None:
    """It measures a power, but not the house's."""
    await set_up()
    form = await choose(hass, "site")
    assert form["data_schema"] is not None
    field = form["data_schema"].schema["grid_meter"]
    assert field.config["options"] == []


async def test_site_charges_with_it(
    hass: HomeAssistant,
    power_brain: PowerBrain,
    set_up_ksem: SetUp,
    set_up: SetUp,
) -> None:
    """Fast mode lets it charge within the fuse, off pauses it; nothing wears flash."""
    await set_up_ksem()
    await set_up()
    entry = await set_up_site(hass, charger=KEY)
    await choose_mode(hass, "off")
    assert await becomes(hass, lambda: not power_brain.enabled)
    await choose_mode(hass, "fast")
    assert await becomes(hass, lambda: power_brain.enabled)
    charge(power_brain.car)
    await poll(hass)
    (charger,) = entry.runtime_data.chargers
    state = charger.state
    assert state.online
    assert state.measured_ma is not None
    assert max(state.measured_ma) == round(power_brain.limit_a * 1000)
    assert state.plugged is True
    assert charger.switches_phases
    await choose_mode(hass, "off")
    assert await becomes(hass, lambda: not power_brain.enabled)
    assert power_brain.flash_writes == 0


# How it is added


async def test_flow_asks_what_the_line_carries(
    hass: HomeAssistant, power_brain: PowerBrain
) -> None:
    """Address and largest current; the wallbox is read once and named."""
    form = await choose(hass, "cfos")
    typed = address(power_brain, maximum_current="16")
    result = await submit(hass, form, typed)
    assert result["step_id"] == "confirm"
    placeholders = result["description_placeholders"]
    assert placeholders is not None
    assert placeholders["serial"] == SERIAL
    assert "1\N{NO-BREAK SPACE}W" in placeholders["values"]
    result = await submit(hass, result, {"name": "Garage"})
    assert result["type"] is FlowResultType.CREATE_ENTRY
    assert result["result"].unique_id == KEY
    await hass.async_block_till_done()
    assert value(hass, CURRENT) == "16.0"


async def test_flow_refuses_an_s0_meter(
    hass: HomeAssistant, socket_enabled: None
) -> None:
    """Its port is next to the wallbox's: who confuses them is told."""
    meter = S0Meter()
    await meter.start()
    try:
        form = await choose(hass, "cfos")
        typed = address(meter, maximum_current="16")
        result = await submit(hass, form, typed)
        assert result["errors"] == {"base": "wrong_device"}
    finally:
        await meter.stop()


async def test_s0_meter_is_added_and_read(
    hass: HomeAssistant, socket_enabled: None
) -> None:
    """It is a device of its own, with energy and power."""
    meter = S0Meter()
    await meter.start()
    try:
        form = await choose(hass, "cfos_meter")
        more = {"port": meter.port, "unit_id": 2}
        result = await submit(hass, form, {"host": meter.host, "more": more})
        result = await submit(hass, result, {"name": "Heat pump"})
        await hass.async_block_till_done()
        assert result["result"].unique_id == f"cfos_meter_{SERIAL}-2"
        assert value(hass, "sensor.heat_pump_power_import") == "1500"
        assert value(hass, "sensor.heat_pump_energy_import") == "77.0"
        await hass.config_entries.async_unload(result["result"].entry_id)
    finally:
        await meter.stop()


@pytest.mark.usefixtures("all_entities_enabled")
async def test_card_is_an_event(
    hass: HomeAssistant, power_brain: PowerBrain, set_up: SetUp
) -> None:
    """Once its owner wants it: the end of the number, and no more anywhere."""
    power_brain.present_card("04A2B3C4D5E680")
    await set_up()
    await poll(hass)
    assert value(hass, ACTIVITY) == STATE_UNKNOWN
    power_brain.present_card("04FFEEDDCCBB7F")
    await poll(hass, 6)
    state = hass.states.get(ACTIVITY)
    assert state is not None
    assert state.attributes["event_type"] == "rfid_presented"
    assert state.attributes["tag"] == "7F"
    assert not any("04FFEE" in str(one.as_dict()) for one in hass.states.async_all())
    power_brain.refuse(8096, 15)
    await poll(hass, 9)
    assert value(hass, STATUS) == "connected"


async def test_cards_are_not_read_unasked(
    hass: HomeAssistant, power_brain: PowerBrain, set_up: SetUp
) -> None:
    """Without the entity nobody asks for the number of a card."""
    await set_up()
    await poll(hass)
    assert hass.states.get(ACTIVITY) is None
    assert 8096 not in {request.address for request in power_brain.requests}


async def test_diagnostics_name_nobody(
    hass: HomeAssistant, power_brain: PowerBrain, set_up: SetUp
) -> None:
    """Neither the serial number nor a card stands in what is given away."""
    power_brain.present_card("04A2B3C4D5E680")
    entry = await set_up()
    told = await diagnostics.async_get_config_entry_diagnostics(hass, entry)
    text = str(told).replace(" ", "")
    for secret in (SERIAL, "04A2B3C4D5E680"):
        assert secret not in text
        assert "".join(f"{byte:02X}" for byte in secret.encode()) not in text
    assert told["replay"]["family"] == "cfos"
