"""A wallbox knocks, is let in and charges: the OCPP server in a real Home Assistant."""

import asyncio
from collections.abc import AsyncIterator, Callable
import logging
from pathlib import Path
import socket
from typing import Any

import aiohttp
from homeassistant.config_entries import (
    SOURCE_RECONFIGURE,
    SOURCE_USER,
    ConfigEntry,
    ConfigEntryState,
    ConfigFlowResult,
)
from homeassistant.const import (
    ATTR_ENTITY_ID,
    EVENT_STATE_CHANGED,
    STATE_UNAVAILABLE,
)
from homeassistant.core import (
    Event,
    EventStateChangedData,
    HomeAssistant,
    callback,
)
from homeassistant.data_entry_flow import FlowResultType
from homeassistant.exceptions import HomeAssistantError
from homeassistant.helpers import device_registry as dr
from homeassistant.helpers import entity_registry as er
from homeassistant.requirements import RequirementsNotFound
import pytest

from custom_components.meters_and_chargers import links, ocpp_connector
from custom_components.meters_and_chargers.const import DOMAIN
from custom_components.meters_and_chargers.engine.devices.ocpp_charger import (
    OcppCharger,
)
from custom_components.meters_and_chargers.engine.model import Refused
from custom_components.meters_and_chargers.engine.protocols.ocpp import Call
from simulators.charge_point import ChargePoint
from simulators.house import House

from .test_devices import value

STATUS = "sensor.wallbox_status"
CURRENT = "number.wallbox_charging_current"


@pytest.fixture
async def server(
    hass: HomeAssistant, socket_enabled: None, tmp_path: Path
) -> AsyncIterator[ConfigEntry[Any]]:
    """Return a listening OCPP server's entry, made by its flow."""
    hass.config.config_dir = str(tmp_path)
    result = await new_server(hass, free_port())
    assert result["type"] is FlowResultType.CREATE_ENTRY
    entry = result["result"]
    # Nobody waits before the screen that follows.
    hass.config_entries.flow.async_abort(result["next_flow"][1])
    await hass.async_block_till_done()
    assert entry.state is ConfigEntryState.LOADED
    yield entry
    if entry.state is ConfigEntryState.LOADED:
        await hass.config_entries.async_unload(entry.entry_id)


async def new_server(hass: HomeAssistant, port: int, **more: Any) -> ConfigFlowResult:
    """Fill in the form that adds a server."""
    flows = hass.config_entries.flow
    result = await flows.async_init(DOMAIN, context={"source": SOURCE_USER})
    result = await flows.async_configure(
        result["flow_id"], {"next_step_id": "ocpp_server"}
    )
    assert result["step_id"] == "ocpp_server"
    typed = {"port": port, "host": "127.0.0.1", **more}
    return await flows.async_configure(result["flow_id"], typed)


def free_port() -> int:
    """Return a port nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


class Garage:
    """A simulated wallbox with a car, and a house that can be hurried."""

    def __init__(
        self,
        server: ConfigEntry[Any],
        kind: type[ChargePoint] = ChargePoint,
        **options: Any,
    ) -> None:
        """Put a wallbox before a server."""
        self.house = House("clear", 12 * 3600)
        url = f"ws://127.0.0.1:{server.data['port']}"
        self.wallbox = kind(self.house, self.house.cars[0], url, "GARAGE/1", **options)

    async def live(self, seconds: int) -> None:
        """Let the house live some seconds, quickly."""
        for _ in range(seconds):
            self.house.step()
            await asyncio.sleep(0.002)


@pytest.fixture
async def garage(server: ConfigEntry[Any]) -> AsyncIterator[Garage]:
    """Return a wallbox that dials the server."""
    garage = Garage(server, redial_s=(0.1, 0.3))
    await garage.wallbox.start()
    yield garage
    await garage.wallbox.stop()


async def until(
    hass: HomeAssistant, garage: Garage, check: Callable[[], object], what: str
) -> None:
    """Let house and Home Assistant live until something holds."""
    for _ in range(3000):
        await hass.async_block_till_done()
        if check():
            return
        await garage.live(1)
        await asyncio.sleep(0.01)
    pytest.fail(f"not in time: {what}")


def knocks(hass: HomeAssistant) -> list[Any]:
    """Return the wallboxes shown as discovered."""
    return [
        flow
        for flow in hass.config_entries.flow.async_progress_by_handler(DOMAIN)
        if flow["step_id"] == "knock"
    ]


async def let_in(hass: HomeAssistant, garage: Garage) -> ConfigEntry[Any]:
    """Accept the wallbox as the user does."""
    await until(hass, garage, lambda: bool(knocks(hass)), "knock")
    (flow,) = knocks(hass)
    result = await hass.config_entries.flow.async_configure(
        flow["flow_id"], {"name": "Wallbox", "maximum_current": 16}
    )
    assert result["type"] is FlowResultType.CREATE_ENTRY
    await hass.async_block_till_done()
    entry: ConfigEntry[Any] = result["result"]
    # It is told to boot again, and all it says comes after that.
    line = garage.wallbox.line
    await until(
        hass, garage, lambda: line.registered and not line.waiting, "its first words"
    )
    return entry


async def open_options(
    hass: HomeAssistant, entry: ConfigEntry[Any], part: str = "wallbox"
) -> Any:
    """Open a part of a wallbox's options."""
    menu = await hass.config_entries.options.async_init(entry.entry_id)
    assert menu["step_id"] == "wallbox_menu"
    return await hass.config_entries.options.async_configure(
        menu["flow_id"], {"next_step_id": part}
    )


async def charging(hass: HomeAssistant, garage: Garage) -> ConfigEntry[Any]:
    """Accept the wallbox and let its car charge."""
    entry = await let_in(hass, garage)
    await until(
        hass,
        garage,
        lambda: getattr(hass.states.get(STATUS), "state", "") == "charging",
        "charging",
    )
    return entry


async def test_a_knock_tells_how_often_it_was_tried(
    hass: HomeAssistant, server: ConfigEntry[Any], garage: Garage
) -> None:
    """Whoever dials again is counted, and the first time is kept."""
    await until(hass, garage, lambda: bool(knocks(hass)), "knock")
    (flow,) = knocks(hass)

    async def told() -> dict[str, str]:
        shown = await hass.config_entries.flow.async_configure(flow["flow_id"])
        assert shown["description_placeholders"] is not None
        return dict(shown["description_placeholders"])

    def attempts() -> int:
        knock = server.runtime_data.knock("GARAGE/1")
        return knock.attempts if knock else 0

    before = attempts()
    assert before >= 1
    first = (await told())["since"]
    await garage.wallbox.stop()
    await garage.wallbox.start()
    await until(hass, garage, lambda: attempts() > before, "another attempt")
    now = await told()
    assert int(now["attempts"]) > before
    assert now["since"] == first
    assert (now["charger_id"], now["peer"]) == ("GARAGE/1", "127.0.0.1")


async def test_unknown_wallbox_waits_and_charges_at_once_when_accepted(
    hass: HomeAssistant, garage: Garage, device_registry: dr.DeviceRegistry
) -> None:
    """Shown with maker, model and serial; accepted, it needs no second connection."""
    await until(hass, garage, lambda: bool(knocks(hass)), "knock")
    (flow,) = knocks(hass)
    shown = await hass.config_entries.flow.async_configure(flow["flow_id"])
    placeholders = shown["description_placeholders"]
    assert placeholders is not None
    assert placeholders["charger_id"] == "GARAGE/1"
    assert placeholders["model"] != "-"
    assert garage.wallbox.transaction is None
    entry = await charging(hass, garage)
    assert entry.unique_id == "ocpp_charger_GARAGE/1"
    device = device_registry.async_get_device_by_identifier(
        (DOMAIN, "ocpp_charger_GARAGE/1"), entry.entry_id
    )
    assert device is not None
    assert device.manufacturer
    assert device.model


async def test_values_of_a_transaction_are_shown(
    hass: HomeAssistant, garage: Garage
) -> None:
    """Power, energy, current and session follow the car."""
    await charging(hass, garage)
    await until(
        hass,
        garage,
        lambda: (
            float(getattr(hass.states.get("sensor.wallbox_power"), "state", 0) or 0)
            > 1000
        ),
        "power",
    )
    await until(
        hass,
        garage,
        lambda: (
            float(value(hass, "sensor.wallbox_energy_import")) > 0
            and float(value(hass, "sensor.wallbox_current_l1")) > 5
        ),
        "energy and current",
    )
    assert float(value(hass, "sensor.wallbox_session_energy")) >= 0


async def test_charging_current_is_obeyed(hass: HomeAssistant, garage: Garage) -> None:
    """The number shows what the wallbox accepted, and the car obeys."""
    await charging(hass, garage)
    await set_current(hass, 8)
    assert value(hass, CURRENT) == "8.0"
    await until(
        hass, garage, lambda: garage.house.cars[0].current_a == 8, "8 A in the car"
    )
    with pytest.raises(HomeAssistantError, match="0 or 6 to 16 A"):
        await set_current(hass, 3)
    garage.wallbox.reject_profiles = True
    with pytest.raises(HomeAssistantError, match="did not do that"):
        await set_current(hass, 0)
    assert value(hass, CURRENT) == "8.0"


async def set_current(hass: HomeAssistant, amperes: float) -> None:
    """Set the number as the user does."""
    await hass.services.async_call(
        "number",
        "set_value",
        {ATTR_ENTITY_ID: CURRENT, "value": amperes},
        blocking=True,
    )


async def test_switch_ends_and_starts_a_transaction(
    hass: HomeAssistant, garage: Garage
) -> None:
    """Off stops and keeps it so; on starts the plugged car again."""
    await charging(hass, garage)
    switch = {ATTR_ENTITY_ID: "switch.wallbox_charging"}
    await hass.services.async_call("switch", "turn_off", switch, blocking=True)
    await until(
        hass, garage, lambda: garage.wallbox.transaction is None, "end of transaction"
    )
    car = garage.house.cars[0]
    car.connected = False
    await garage.live(3)
    car.connected = True
    await until(
        hass, garage, lambda: value(hass, STATUS) == "preparing", "car plugged in"
    )
    assert garage.wallbox.transaction is None
    await hass.services.async_call("switch", "turn_on", switch, blocking=True)
    await until(
        hass, garage, lambda: garage.wallbox.transaction is not None, "transaction"
    )


async def test_start_is_asked_for_again(
    hass: HomeAssistant, garage: Garage, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A wallbox that is not ready at the first attempt still starts its car."""
    refusals = iter((Refused("not yet"), Refused("not yet"), None))
    remote_start = OcppCharger.remote_start

    async def refuse_at_first(charger: OcppCharger, connector: int) -> None:
        if (refusal := next(refusals, None)) is not None:
            raise refusal
        await remote_start(charger, connector)

    monkeypatch.setattr(ocpp_connector, "_START_AGAIN_S", (0, 0, 0))
    monkeypatch.setattr(OcppCharger, "remote_start", refuse_at_first)
    await charging(hass, garage)


async def test_reload_of_a_wallbox_leaves_its_connection(
    hass: HomeAssistant, garage: Garage, server: ConfigEntry[Any]
) -> None:
    """The listening socket and the wallbox's own are not touched."""
    entry = await charging(hass, garage)
    links = server.runtime_data._listener.server.links
    link = links["GARAGE/1"]
    assert await hass.config_entries.async_reload(entry.entry_id)
    await hass.async_block_till_done()
    assert server.runtime_data._listener.server.links["GARAGE/1"] is link
    assert value(hass, STATUS) == "charging"


async def test_lost_wallbox_is_unavailable_and_comes_back_without_boot(
    hass: HomeAssistant,
    garage: Garage,
    expected_logs: list[str],
    caplog: pytest.LogCaptureFixture,
) -> None:
    """No BootNotification is needed after a reconnect; one log line each way."""
    expected_logs.append("Wallbox is no longer connected")
    caplog.set_level(logging.INFO)
    await charging(hass, garage)
    await garage.wallbox.line.stop()
    await until(hass, garage, lambda: value(hass, STATUS) == STATE_UNAVAILABLE, "loss")
    garage.wallbox.line.start()
    await until(
        hass, garage, lambda: value(hass, STATUS) != STATE_UNAVAILABLE, "return"
    )
    lines = [r.getMessage() for r in caplog.records if "Wallbox" in r.getMessage()]
    assert lines.count("Wallbox is no longer connected") == 1
    assert lines.count("Wallbox is connected again") == 1


async def test_half_open_line_is_replaced_unnoticed(
    hass: HomeAssistant,
    garage: Garage,
    server: ConfigEntry[Any],
    caplog: pytest.LogCaptureFixture,
) -> None:
    """Dialled anew before the old line has ended: nothing goes, nothing is logged."""
    caplog.set_level(logging.INFO)
    entry = await charging(hass, garage)
    gone: list[str] = []

    @callback
    def changed(event: Event[EventStateChangedData]) -> None:
        state = event.data["new_state"]
        if state is not None and state.state == STATE_UNAVAILABLE:
            gone.append(state.entity_id)

    hass.bus.async_listen(EVENT_STATE_CHANGED, changed)
    first = entry.runtime_data.charger.link
    address = f"ws://127.0.0.1:{server.data['port']}/GARAGE%2F1"
    async with (
        aiohttp.ClientSession() as client,
        client.ws_connect(address, protocols=["ocpp1.6"]) as line,
    ):
        # The simulated one hears that it was replaced, and dials anew as well.
        closed = asyncio.create_task(line.receive())
        await until(hass, garage, closed.done, "its return")
    assert entry.runtime_data.charger.link not in (None, first)
    await until(hass, garage, lambda: value(hass, STATUS) == "charging", "charging")
    assert not gone
    assert not [r for r in caplog.records if "connected" in r.getMessage()]


async def test_server_restart_keeps_the_transaction(
    hass: HomeAssistant, garage: Garage, server: ConfigEntry[Any]
) -> None:
    """The journal knows the running transaction when the server comes back."""
    await charging(hass, garage)
    assert garage.wallbox.transaction is not None
    number = garage.wallbox.transaction.number
    assert await hass.config_entries.async_unload(server.entry_id)
    await hass.async_block_till_done()
    assert await hass.config_entries.async_setup(server.entry_id)
    await hass.async_block_till_done()
    await until(
        hass,
        garage,
        lambda: getattr(hass.states.get(STATUS), "state", "") == "charging",
        "charging again",
    )
    assert garage.wallbox.transaction is not None
    assert garage.wallbox.transaction.number == number
    # So far by what it said before; it is asked after some seconds.
    shown = hass.states.get(STATUS)
    assert shown is not None
    assert shown.attributes["before_restart"] is True
    await until(
        hass,
        garage,
        lambda: "before_restart" not in str(hass.states.get(STATUS)),
        "its own word",
    )
    assert value(hass, STATUS) == "charging"


async def test_removed_wallbox_is_unknown_again(
    hass: HomeAssistant, garage: Garage
) -> None:
    """After its entry is removed it knocks like any other."""
    entry = await charging(hass, garage)
    await hass.config_entries.async_remove(entry.entry_id)
    await hass.async_block_till_done()
    await until(hass, garage, lambda: bool(knocks(hass)), "knock")


async def test_card_is_an_event_without_its_number(
    hass: HomeAssistant, garage: Garage, caplog: pytest.LogCaptureFixture
) -> None:
    """A card presented shows up; its number appears nowhere in full."""
    caplog.set_level(logging.DEBUG, "custom_components.meters_and_chargers")
    garage.house.cars[0].connected = False
    await let_in(hass, garage)
    await until(
        hass,
        garage,
        lambda: getattr(hass.states.get(STATUS), "state", "") == "available",
        "available",
    )
    garage.wallbox.present_tag("04A1B2C3D4")
    await until(
        hass,
        garage,
        lambda: (
            (state := hass.states.get("event.wallbox_cards")) is not None
            and state.attributes.get("event_type") == "card_accepted"
        ),
        "card",
    )
    state = hass.states.get("event.wallbox_cards")
    assert state is not None
    assert "04A1B2C3D4" not in str(state.attributes)
    ours = [r for r in caplog.records if r.name.startswith("custom_components")]
    assert not any("04A1B2C3D4" in record.getMessage() for record in ours)


@pytest.mark.parametrize("expected_logs", [["no longer connected"]])
async def test_security_events_are_of_one_entity(
    hass: HomeAssistant, garage: Garage
) -> None:
    """What the wallbox reports is told by *Security*, and by nothing else."""
    entry = await let_in(hass, garage)
    call = Call(
        "SecurityEventNotification",
        {"type": "TamperDetectionActivated", "timestamp": "2026-06-01T11:00:00Z"},
        "",
    )
    charger = entry.runtime_data.charger
    await charger.called(charger.link, call)
    told = hass.states.get("event.wallbox_security")
    assert told is not None
    assert told.attributes["event_type"] == "tamper_detection_activated"
    assert told.attributes["time"] == "2026-06-01T11:00:00+00:00"
    after = hass.states.get("event.wallbox_activity")
    assert after is not None
    assert after.attributes.get("event_type") != "security"
    await garage.wallbox.line.stop()
    await until(hass, garage, lambda: value(hass, STATUS) == STATE_UNAVAILABLE, "gone")
    assert value(hass, "event.wallbox_security") == told.state
    assert value(hass, "event.wallbox_cards") == STATE_UNAVAILABLE


async def test_buttons(hass: HomeAssistant, garage: Garage) -> None:
    """Restart and unlock reach the wallbox."""
    await charging(hass, garage)
    for entity_id in ("button.wallbox_unlock_the_cable", "button.wallbox_restart"):
        await hass.services.async_call(
            "button", "press", {ATTR_ENTITY_ID: entity_id}, blocking=True
        )
    actions = [entry.action for entry in garage.wallbox.book]
    assert "UnlockConnector" in actions
    assert "Reset" in actions


async def test_taken_port_is_said(
    hass: HomeAssistant, server: ConfigEntry[Any]
) -> None:
    """A server of ours has it, or another program does; the next one works."""
    result = await new_server(hass, server.data["port"])
    assert result["reason"] == "server_exists"
    with socket.create_server(("127.0.0.1", 0)) as taken:
        result = await new_server(hass, taken.getsockname()[1])
    assert result["errors"] == {"base": "cannot_listen"}
    assert hass.config_entries.async_entries(DOMAIN) == [server]
    port = free_port()
    result = await hass.config_entries.flow.async_configure(
        result["flow_id"], {"port": port, "host": "127.0.0.1"}
    )
    assert result["title"] == f"OCPP {port}"
    hass.config_entries.flow.async_abort(result["next_flow"][1])
    await hass.async_block_till_done()
    await hass.config_entries.async_unload(result["result"].entry_id)


async def test_entities_of_a_wallbox(
    hass: HomeAssistant, garage: Garage, entity_registry: er.EntityRegistry
) -> None:
    """What is shown from the start."""
    entry = await charging(hass, garage)

    def shown() -> set[str]:
        entries = er.async_entries_for_config_entry(entity_registry, entry.entry_id)
        return {
            found.unique_id.removeprefix("ocpp_charger_GARAGE/1_")
            for found in entries
            if found.disabled_by is None
        }

    # Those of what it measures come with the first values.
    await until(hass, garage, lambda: "1_current_l1" in shown(), "values")
    assert {
        "1_connector_status",
        "1_session_energy",
        "1_session_start",
        "1_power",
        "1_energy_import",
        "1_current_l1",
        "1_charging_current",
        "1_charging",
        "1_unlock",
        "reset",
        "activity",
    } <= shown()


async def reconfigure(hass: HomeAssistant, entry: ConfigEntry[Any]) -> ConfigFlowResult:
    """Open the form that changes an entry."""
    return await hass.config_entries.flow.async_init(
        DOMAIN, context={"source": SOURCE_RECONFIGURE, "entry_id": entry.entry_id}
    )


async def test_server_and_wallbox_are_changed_by_flows(
    hass: HomeAssistant, garage: Garage, server: ConfigEntry[Any]
) -> None:
    """Another largest current is used at once; a taken port is refused."""
    entry = await let_in(hass, garage)
    result = await reconfigure(hass, entry)
    assert result["step_id"] == "reconfigure_ocpp_charger"
    result = await hass.config_entries.flow.async_configure(
        result["flow_id"], {"maximum_current": 32}
    )
    assert result["reason"] == "reconfigure_successful"
    await hass.async_block_till_done()
    state = hass.states.get(CURRENT)
    assert state is not None
    assert state.attributes["max"] == 32

    result = await reconfigure(hass, server)
    assert result["step_id"] == "reconfigure_ocpp_server"
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        result = await hass.config_entries.flow.async_configure(
            result["flow_id"], {"port": port, "host": "127.0.0.1"}
        )
        assert result["errors"] == {"base": "cannot_listen"}
    port = free_port()
    result = await hass.config_entries.flow.async_configure(
        result["flow_id"], {"port": port, "host": "127.0.0.1"}
    )
    assert result["reason"] == "reconfigure_successful"
    await hass.async_block_till_done()
    assert server.title == f"OCPP {port}"
    assert server.state is ConfigEntryState.LOADED


async def test_others_feel_nothing_of_a_wallbox(
    hass: HomeAssistant,
    server: ConfigEntry[Any],
    garage: Garage,
    expected_logs: list[str],
) -> None:
    """One that is added, changed, reloaded or removed costs another no connection."""
    expected_logs.append("is no longer connected")
    listener = server.runtime_data._listener
    url = f"ws://127.0.0.1:{server.data['port']}/YARD"
    async with (
        aiohttp.ClientSession() as client,
        client.ws_connect(url, protocols=["ocpp1.6"]) as yard,
    ):

        async def is_served() -> bool:
            """Ask, and pass over what the wallbox is asked meanwhile."""
            await yard.send_str('[2,"ask","Heartbeat",{}]')
            while (message := await yard.receive_json())[0] == 2:
                await yard.send_json([4, message[1], "NotSupported", "", {}])
            return bool(message[:2] == [3, "ask"])

        await yard.send_str('[2,"1","BootNotification",{"chargePointModel":"Y"}]')
        assert (await yard.receive_json())[2]["status"] == "Pending"
        await until(hass, garage, lambda: len(knocks(hass)) == 2, "both knock")
        (flow,) = (
            flow
            for flow in knocks(hass)
            if flow["context"]["unique_id"] == "ocpp_charger_YARD"
        )
        await hass.config_entries.flow.async_configure(
            flow["flow_id"], {"name": "Yard", "maximum_current": 16}
        )
        await hass.async_block_till_done()
        link = listener.server.links["YARD"]
        assert await is_served()
        entry = await let_in(hass, garage)
        assert await is_served()
        for current in (20, 32):
            result = await reconfigure(hass, entry)
            await hass.config_entries.flow.async_configure(
                result["flow_id"], {"maximum_current": current}
            )
            await hass.async_block_till_done()
            assert await is_served()
        assert await hass.config_entries.async_reload(entry.entry_id)
        assert await is_served()
        await hass.config_entries.async_remove(entry.entry_id)
        await hass.async_block_till_done()
        assert await is_served()
        assert server.runtime_data._listener is listener
        assert listener.server.links["YARD"] is link
        assert listener.server.trace("YARD").connections == 1


async def test_server_that_can_not_listen_is_tried_again(
    hass: HomeAssistant, server: ConfigEntry[Any]
) -> None:
    """A port that another program took meanwhile is named."""
    await hass.config_entries.async_unload(server.entry_id)
    with socket.create_server(("127.0.0.1", server.data["port"])):
        await hass.config_entries.async_setup(server.entry_id)
        assert server.state is ConfigEntryState.SETUP_RETRY
        said = f"Port {server.data['port']} is used by another program"
        assert (server.reason or "").startswith(said)


async def test_server_that_can_not_listen_gets_another_port(
    hass: HomeAssistant, server: ConfigEntry[Any]
) -> None:
    """The form is the way out of a port that is taken: wallboxes get in at once."""
    await hass.config_entries.async_unload(server.entry_id)
    with socket.create_server(("127.0.0.1", server.data["port"])):
        await hass.config_entries.async_setup(server.entry_id)
        assert server.state is ConfigEntryState.SETUP_RETRY
        result = await reconfigure(hass, server)
        result = await hass.config_entries.flow.async_configure(
            result["flow_id"], {"port": free_port(), "host": "127.0.0.1"}
        )
        assert result["reason"] == "reconfigure_successful"
        await hass.async_block_till_done()
        assert server.state is ConfigEntryState.LOADED
        garage = Garage(server, redial_s=(0.1, 0.3))
        await garage.wallbox.start()
        await until(hass, garage, lambda: bool(knocks(hass)), "knock")
        await garage.wallbox.stop()


async def test_server_without_its_library_is_tried_again(
    hass: HomeAssistant, server: ConfigEntry[Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    """It says what it lacks, and that the Internet is needed for it."""
    await hass.config_entries.async_unload(server.entry_id)

    async def none(*_: object) -> None:
        raise RequirementsNotFound(DOMAIN, ["ocpp"])

    with monkeypatch.context() as patched:
        patched.setattr(links.ocpp, "async_process_requirements", none)
        await hass.config_entries.async_setup(server.entry_id)
    assert server.state is ConfigEntryState.SETUP_RETRY
    assert server.error_reason_translation_key == "server_not_ready"
    assert "the Internet once" in (server.reason or "")


async def test_wallbox_without_its_server_waits(
    hass: HomeAssistant, garage: Garage, server: ConfigEntry[Any]
) -> None:
    """It is set up by itself when the server is back."""
    entry = await let_in(hass, garage)
    await hass.config_entries.async_unload(server.entry_id)
    await hass.async_block_till_done()
    assert entry.state is ConfigEntryState.SETUP_RETRY
    await hass.config_entries.async_setup(server.entry_id)
    await hass.async_block_till_done()
    assert entry.state is ConfigEntryState.LOADED


async def test_asked_for_by_two_at_once(
    hass: HomeAssistant, server: ConfigEntry[Any], garage: Garage
) -> None:
    """A server that starts and the wallbox's entry get the same wallbox."""
    entry = await let_in(hass, garage)
    await server.runtime_data.central.remove(entry.data["charger_id"])
    one, other = await asyncio.gather(
        server.runtime_data.charger(entry), server.runtime_data.charger(entry)
    )
    assert one is other
    assert one is server.runtime_data.central.charger(entry.data["charger_id"])
