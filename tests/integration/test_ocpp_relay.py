"""A wallbox that its billing service sees itself (mode B), in a real Home Assistant."""

import json
from typing import Any

from homeassistant.config_entries import ConfigEntry
from homeassistant.core import HomeAssistant
from homeassistant.helpers import entity_registry as er
import pytest

from custom_components.meters_and_chargers import registry
from custom_components.meters_and_chargers.diagnostics import (
    async_get_config_entry_diagnostics,
)
from simulators.backend import Backend
from simulators.charge_point_2 import ChargePoint2
from tests.raw_ocpp import RawBackend

from .billing import (
    CARD,
    CLIENT,
    CONNECTED,
    ERROR,
    LIMITS,
    QUEUE,
    backend,
    bill,
    enter,
    open_billing,
    profile,
    quick,
    submit,
)
from .test_ocpp import Garage, garage, let_in, server, set_current, until
from .test_ocpp_billing import issue, shown

__all__ = ["backend", "garage", "quick", "server"]


async def relay(
    hass: HomeAssistant, garage: Garage, entry: ConfigEntry[Any], backend: Backend
) -> None:
    """Let the service see the wallbox, and wait until it does."""
    await bill(hass, entry, backend, billing_mode="relay")
    await until(hass, garage, lambda: shown(hass, CONNECTED) == "on", "connected")
    await until(hass, garage, lambda: entry.runtime_data.online, "the wallbox")


async def charge(
    hass: HomeAssistant, garage: Garage, entry: ConfigEntry[Any], backend: Backend
) -> None:
    """Let a car charge by its card, as the service has it."""
    garage.house.cars[0].connected = True
    garage.wallbox.present_tag(CARD)
    await until(hass, garage, lambda: bool(backend.booked), "a beginning")
    connector = entry.runtime_data.charger.connector(1)
    await until(hass, garage, lambda: connector.session is not None, "known here")
    box = garage.wallbox
    await until(
        hass,
        garage,
        lambda: box.transaction and box.transaction.number is not None,
        "its number",
    )


@pytest.fixture
async def entry(hass: HomeAssistant, garage: Garage) -> ConfigEntry[Any]:
    """Return the wallbox's entry; no car is there."""
    garage.house.cars[0].connected = False
    return await let_in(hass, garage)


async def test_the_service_sees_the_wallbox_itself(
    hass: HomeAssistant, garage: Garage, entry: ConfigEntry[Any], backend: Backend
) -> None:
    """Its own boot and number, a session to the end; the lower limit holds, named."""
    await relay(hass, garage, entry, backend)
    assert backend.boots[-1]["charge_point_serial_number"] == garage.wallbox.serial
    await charge(hass, garage, entry, backend)
    [booked] = backend.booked
    assert garage.wallbox.transaction is not None
    assert garage.wallbox.transaction.number == booked.number
    await until(hass, garage, lambda: garage.wallbox.offered_a == 16, "16 A")
    await backend.ask(CLIENT, profile(9))
    await until(hass, garage, lambda: shown(hass, LIMITS) == "backend", "its limit")
    await until(hass, garage, lambda: garage.wallbox.offered_a == 9, "9 A")
    connector = entry.runtime_data.connectors[1]
    assert registry.ceiling_ma(hass, connector.key) == 9000
    await set_current(hass, 7)
    await until(hass, garage, lambda: garage.wallbox.offered_a == 7, "7 A")
    await until(hass, garage, lambda: shown(hass, LIMITS) == "local", "ours")
    await set_current(hass, 13)
    await until(hass, garage, lambda: garage.wallbox.offered_a == 9, "9 A again")
    garage.wallbox.present_tag(CARD)
    await until(hass, garage, lambda: bool(booked.stops), "billed")
    assert (booked.starts, len(booked.stops)) == (1, 1)
    assert booked.start["id_tag"] == CARD


async def test_the_wallbox_keeps_what_an_absent_service_misses(
    hass: HomeAssistant,
    garage: Garage,
    entry: ConfigEntry[Any],
    backend: Backend,
    expected_logs: list[str],
) -> None:
    """It charges on with our limit, its end arrives later, once; the page says why."""
    expected_logs += ["connected"]
    await relay(hass, garage, entry, backend)
    await charge(hass, garage, entry, backend)
    await set_current(hass, 8)
    await until(hass, garage, lambda: garage.wallbox.offered_a == 8, "8 A")
    await backend.stop()
    await until(hass, garage, lambda: shown(hass, ERROR) == "unreachable", "its error")
    assert shown(hass, CONNECTED) == "off"
    await garage.live(20)
    assert garage.wallbox.offered_a == 8
    garage.wallbox._card(CARD)
    await until(hass, garage, lambda: garage.wallbox.transaction is None, "an end")
    await backend.start()
    await until(hass, garage, lambda: bool(backend.booked[0].stops), "billed")
    [booked] = backend.booked
    assert (booked.starts, len(booked.stops)) == (1, 1)
    await until(hass, garage, lambda: shown(hass, CONNECTED) == "on", "back")


async def test_from_a_virtual_charge_point_to_a_relay_and_back(
    hass: HomeAssistant, garage: Garage, entry: ConfigEntry[Any], backend: Backend
) -> None:
    """A queue is shown where one is kept; in a session the mode can't be changed."""
    await bill(hass, entry, backend)
    await until(hass, garage, lambda: shown(hass, QUEUE) == "0", "a queue")
    await relay(hass, garage, entry, backend)
    entities = er.async_get(hass)
    assert entities.async_get(QUEUE) is None
    assert shown(hass, ERROR) == "none"
    found = await async_get_config_entry_diagnostics(hass, entry)
    assert (found["billing"]["mode"], found["billing"]["waiting"]) == ("relay", 0)
    await charge(hass, garage, entry, backend)
    result = await enter(hass, entry, backend, billing_mode="virtual")
    assert result["errors"] == {"base": "billing_session"}
    hass.config_entries.options.async_abort(result["flow_id"])
    garage.wallbox.present_tag(CARD)
    charger = entry.runtime_data.charger
    await until(hass, garage, lambda: bool(backend.booked[0].stops), "an end")
    await until(hass, garage, lambda: charger.connector(1).session is None, "known")
    await bill(hass, entry, backend, billing_mode="virtual")
    await until(hass, garage, lambda: shown(hass, QUEUE) == "0", "a queue")
    await until(hass, garage, lambda: entry.runtime_data.online, "the wallbox")
    assert charger.wishes.witness is not None


async def test_ended_the_wallbox_is_ours_again(
    hass: HomeAssistant, garage: Garage, entry: ConfigEntry[Any], backend: Backend
) -> None:
    """It hangs up there, has no limit of its any more, and is answered here."""
    await relay(hass, garage, entry, backend)
    await backend.ask(CLIENT, profile(0))
    await until(hass, garage, lambda: garage.wallbox.profiles.kept, "its pause")
    form = await open_billing(hass, entry)
    typed = {"url": backend.url, "client_id": CLIENT, "end": True}
    await submit(hass, form, typed)
    await hass.async_block_till_done()
    await until(hass, garage, lambda: not backend.hubs, "hung up")
    await until(hass, garage, lambda: entry.runtime_data.online, "here")
    assert entry.runtime_data.charger.wishes.witness is None
    took = len(backend.took)
    garage.house.cars[0].connected = True
    garage.wallbox.present_tag(CARD)
    await until(hass, garage, lambda: garage.wallbox.transaction, "a beginning")
    assert len(backend.took) == took
    await until(hass, garage, lambda: garage.wallbox.offered_a == 16, "16 A")


async def test_another_bound_makes_it_dial_anew(
    hass: HomeAssistant, garage: Garage, entry: ConfigEntry[Any], backend: Backend
) -> None:
    """A changed maximum current holds, and the service has the wallbox again."""
    await relay(hass, garage, entry, backend)
    before = entry.runtime_data.charger
    hass.config_entries.async_update_entry(
        entry, data={**entry.data, "maximum_current": 13}
    )
    await hass.config_entries.async_reload(entry.entry_id)
    await until(hass, garage, lambda: entry.runtime_data.online, "the wallbox")
    await until(hass, garage, lambda: shown(hass, CONNECTED) == "on", "connected")
    gateway = entry.runtime_data.gateway
    assert entry.runtime_data.charger is not before
    assert gateway.shown.limit(1).current_ma == 13_000
    await charge(hass, garage, entry, backend)


async def test_a_restart_of_home_assistant(
    hass: HomeAssistant, garage: Garage, entry: ConfigEntry[Any], backend: Backend
) -> None:
    """The wallbox dials again, and the limit that the service has set is known."""
    await relay(hass, garage, entry, backend)
    await backend.ask(CLIENT, profile(9))
    await until(hass, garage, lambda: shown(hass, LIMITS) == "backend", "its limit")
    server_id = entry.data["server"]
    await hass.config_entries.async_unload(server_id)
    await hass.async_block_till_done()
    await hass.config_entries.async_setup(server_id)
    await hass.config_entries.async_reload(entry.entry_id)
    await until(hass, garage, lambda: shown(hass, CONNECTED) == "on", "connected")
    await until(hass, garage, lambda: shown(hass, LIMITS) == "backend", "its limit")


def answer_201(text: str) -> str | None:
    """Answer a wallbox of OCPP 2.0.1."""
    kind, number, *rest = json.loads(text)
    if kind != 2:
        return None
    now = "2026-06-01T12:00:00Z"
    found: dict[str, object] = {}
    match rest[0]:
        case "BootNotification":
            found = {"status": "Accepted", "currentTime": now, "interval": 300}
        case "Heartbeat":
            found = {"currentTime": now}
        case "Authorize":
            found = {"idTokenInfo": {"status": "Accepted"}}
        case "TransactionEvent" if "idToken" in rest[1]:
            found = {"idTokenInfo": {"status": "Accepted"}}
    return json.dumps([3, number, found])


async def test_a_wallbox_of_ocpp_2_is_relayed(
    hass: HomeAssistant,
    server: ConfigEntry[Any],
    quick: None,
    expected_logs: list[str],
) -> None:
    """Tried by its own version; its frames arrive, both limits hold, no issue."""
    expected_logs += ["connected"]
    far = RawBackend("ocpp2.0.1")
    far.answer = answer_201
    await far.start()
    garage = Garage(server, ChargePoint2, redial_s=(0.1, 0.3))
    # Without a car: during a session the service could not be changed.
    garage.house.cars[0].connected = False
    await garage.wallbox.start()
    try:
        entry = await let_in(hass, garage)
        charger = entry.runtime_data.charger
        await until(hass, garage, lambda: charger.dialect, "connected")
        form = await open_billing(hass, entry)
        result = await submit(hass, form, {"url": far.url, "client_id": CLIENT})
        assert result["step_id"] == "billing_done", result
        assert '"BootNotification"' in far.took[0]
        await submit(hass, result, {})
        await hass.async_block_till_done()
        billing = entry.options["billing"]
        assert (billing["billing_mode"], billing["ocpp_version"]) == ("relay", "2.0.1")
        await until(hass, garage, lambda: shown(hass, CONNECTED) == "on", "connected")
        assert issue(hass, "billing_ocpp2", entry) is None
        garage.house.cars[0].connected = True
        garage.wallbox.present_tag(CARD)
        await until(
            hass,
            garage,
            lambda: any('"TransactionEvent"' in text for text in far.took),
            "a beginning",
        )
        await set_current(hass, 8)
        await until(hass, garage, lambda: garage.wallbox.offered_a == 8, "8 A")
    finally:
        await hass.config_entries.async_unload(server.entry_id)
        await garage.wallbox.stop()
        await far.stop()


async def test_a_service_without_ocpp_2_is_named(
    hass: HomeAssistant,
    server: ConfigEntry[Any],
    backend: Backend,
    expected_logs: list[str],
) -> None:
    """What the wallbox speaks stands in the form's words."""
    expected_logs += ["connected"]
    garage = Garage(server, ChargePoint2, redial_s=(0.1, 0.3))
    # Without a car: during a session the service could not be changed.
    garage.house.cars[0].connected = False
    await garage.wallbox.start()
    try:
        entry = await let_in(hass, garage)
        charger = entry.runtime_data.charger
        await until(hass, garage, lambda: charger.dialect, "connected")
        result = await enter(hass, entry, backend)
        assert result["errors"] == {"base": "billing_version"}
        assert result["description_placeholders"]["version"] == "2.0.1"
        hass.config_entries.options.async_abort(result["flow_id"])
    finally:
        await garage.wallbox.stop()
