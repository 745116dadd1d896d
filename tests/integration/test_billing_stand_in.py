"""A Pico at a billing service, in a real Home Assistant: a stand-in speaks for it."""

import asyncio
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Any

from homeassistant.config_entries import ConfigEntry, ConfigEntryState
from homeassistant.core import HomeAssistant
from homeassistant.data_entry_flow import FlowResultType
from homeassistant.exceptions import ServiceValidationError
from homeassistant.helpers import entity_registry as er
from ocpp.v16 import call
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry

from custom_components.meters_and_chargers import links, registry
from custom_components.meters_and_chargers.billing import gateway_name
from custom_components.meters_and_chargers.const import DOMAIN
from custom_components.meters_and_chargers.coordinator import DeviceCoordinator
from custom_components.meters_and_chargers.diagnostics import (
    async_get_config_entry_diagnostics,
)
from custom_components.meters_and_chargers.engine.gateway.queue import Queue
from simulators.backend import Backend, Booked
from simulators.car import Car
from simulators.pico import Pico
from simulators.power_brain import PowerBrain

from .billing import CARD, CLIENT, backend, profile, quick, submit
from .conftest import SetUp
from .test_cfos import set_up
from .test_devices import value
from .test_pico import open_options

__all__ = ["backend", "quick", "set_up"]

ENERGY, POWER = "sensor.box_energy", "sensor.box_power"
PLUGGED = "binary_sensor.box_plugged"
CURRENT = "number.garage_charging_current"
CONNECTED = "binary_sensor.garage_billing_service_connected"
LIMITS = "sensor.garage_what_limits"
TRANSACTION = "sensor.garage_transaction"
FIXED = "FLEET7"


class Street:
    """A Pico with a car, its meter in Home Assistant, and the billing service."""

    def __init__(
        self, hass: HomeAssistant, box: Pico | PowerBrain, backend: Backend
    ) -> None:
        """Show what the meter says."""
        self.hass, self.box, self.backend = hass, box, backend
        self.entry: ConfigEntry[DeviceCoordinator]
        self.show()

    @property
    def car(self) -> Car:
        """The car at the station."""
        return self.box.car

    def show(self) -> None:
        """Let the sensors of another integration say how it is."""
        set_state = self.hass.states.async_set
        set_state(
            ENERGY,
            f"{100 + self.car.energy_wh / 1000:.4f}",
            {"unit_of_measurement": "kWh", "device_class": "energy"},
        )
        set_state(
            POWER,
            f"{self.car.power_w:.1f}",
            {"unit_of_measurement": "W", "device_class": "power"},
        )
        set_state(PLUGGED, "on" if self.car.connected else "off")

    async def until(self, what: str, true: Callable[[], object]) -> None:
        """Live until something is so."""
        for _ in range(1500):
            if true():
                return
            self.car.step()
            self.show()
            await asyncio.sleep(0.02)
        pytest.fail(f"not in time: {what}")

    async def bill(self, **chosen: Any) -> None:
        """Set the billing service up in the options."""
        form = await open_options(self.hass, self.entry, "stand_in")
        answers = {
            "energy_entity": ENERGY,
            "power_entity": POWER,
            "plugged_entity": PLUGGED,
        }
        form = await submit(self.hass, form, chosen.pop("stand_in", answers))
        assert form["step_id"] == "billing"
        said = {"url": self.backend.url, "client_id": CLIENT, **chosen}
        result = await submit(self.hass, form, said)
        assert result["step_id"] == "billing_done", result
        await submit(self.hass, result, {})
        await self.hass.async_block_till_done()
        await self.until("connected", lambda: self.shown(CONNECTED) == "on")

    def shown(self, entity_id: str) -> str:
        """Return a state; empty while there is none."""
        state = self.hass.states.get(entity_id)
        return "" if state is None else state.state

    async def charges(self, number: int = 1) -> Booked:
        """Wait for a beginning at the service, and for what flows."""
        booked = self.backend.booked
        await self.until("a beginning", lambda: len(booked) == number)
        billing = self.entry.runtime_data.billing
        assert billing is not None
        # Its number is known here only when the answer has come.
        await self.until("answered", lambda: not billing.gateway.standing.length)
        await self.until("charging", lambda: self.backend.statuses[1] == "Charging")
        return booked[-1]

    async def present(self, card: str = CARD) -> Any:
        """Hold a card to it, by the action."""
        answer = await self.hass.services.async_call(
            DOMAIN,
            "present_card",
            {"entity_id": CONNECTED, "card": card},
            blocking=True,
            return_response=True,
        )
        [said] = (answer or {}).values()
        return said

    def drew_wh(self) -> int:
        """Return what the meter shows."""
        return round(100_000 + self.car.energy_wh)


@pytest.fixture
async def street(
    hass: HomeAssistant, backend: Backend, tmp_path: Path
) -> AsyncIterator[Street]:
    """Return a Pico without a car, of which nothing else is known."""
    hass.config.config_dir = str(tmp_path)
    pico = Pico(Car(connected=False), serial=7002702)
    await pico.start()
    found = Street(hass, pico, backend)
    found.entry = MockConfigEntry(
        domain=DOMAIN,
        title="Garage",
        unique_id="smart_me_pico_7002702",
        entry_id="01GARAGE",
        data={
            "family": "smart_me_pico",
            "host": pico.host,
            "port": pico.port,
            "unit_id": 1,
            "minimum_current": 6,
            "maximum_current": 16,
            "by_phase": 0,
            "reads_back": 0,
        },
    )
    found.entry.add_to_hass(hass)
    await hass.config_entries.async_setup(found.entry.entry_id)
    await hass.async_block_till_done()
    yield found
    if found.entry.state is ConfigEntryState.LOADED:
        await hass.config_entries.async_unload(found.entry.entry_id)
    await pico.stop()


async def test_a_card_that_an_action_presents_is_billed(street: Street) -> None:
    """Nothing flows before it; what flows then is at the service, to the watt hour."""
    await street.bill()
    assert street.backend.boots[-1]["charge_point_model"] == "Pico"
    street.car.connected = True
    await street.until(
        "preparing", lambda: street.backend.statuses.get(1) == "Preparing"
    )
    await street.until("nothing", lambda: value(street.hass, CURRENT) == "0.0")
    assert await street.present() == {"status": "Accepted"}
    booked = await street.charges()
    assert booked.start["meter_start"] == 100_000
    await street.until("500 Wh", lambda: street.car.energy_wh > 500)
    assert await street.present() == {"status": "Accepted"}
    await street.until("its end", lambda: booked.stops)
    assert booked.stops[0]["meter_stop"] == pytest.approx(street.drew_wh(), abs=30)
    assert booked.stops[0]["id_tag"] == CARD
    await street.until("nothing", lambda: street.car.power_w == 0)


async def test_the_services_limit_is_an_upper_bound(street: Street) -> None:
    """Whoever tells the station more, it is taken back; a site is told of it."""
    await street.bill(fixed_tag=FIXED)
    street.car.connected = True
    booked = await street.charges()
    assert booked.start["id_tag"] == FIXED
    answer = await street.backend.ask(CLIENT, profile(9))
    assert answer.status == "Accepted"
    await street.until("9 A", lambda: value(street.hass, CURRENT) == "9.0")
    key = street.entry.runtime_data.key
    assert registry.ceiling_ma(street.hass, key) == 9000
    await street.until("who", lambda: street.shown(LIMITS) == "backend")
    for amps, shown, who in ((14, "9.0", "backend"), (7, "7.0", "local")):
        await street.hass.services.async_call(
            "number",
            "set_value",
            {"entity_id": CURRENT, "value": amps},
            blocking=True,
        )
        await street.until(
            f"{shown} A", lambda shown=shown: value(street.hass, CURRENT) == shown
        )
        await street.until(who, lambda who=who: street.shown(LIMITS) == who)
    await street.hass.services.async_call(
        "number", "set_value", {"entity_id": CURRENT, "value": 14}, blocking=True
    )
    await street.until("9 A", lambda: value(street.hass, CURRENT) == "9.0")
    await street.backend.ask(CLIENT, call.ClearChargingProfile())
    await street.until("14 A again", lambda: value(street.hass, CURRENT) == "14.0")


async def test_a_restart_with_the_service_away_bills_once(street: Street) -> None:
    """The transaction goes on, and arrives whole when the service is back."""
    await street.bill(fixed_tag=FIXED)
    street.car.connected = True
    booked = await street.charges()
    await street.until("50 Wh", lambda: street.car.energy_wh > 50)
    await street.backend.stop()
    await street.hass.config_entries.async_reload(street.entry.entry_id)
    await street.hass.async_block_till_done()
    assert street.shown(CONNECTED) == "off"
    await street.until("100 Wh", lambda: street.car.energy_wh > 100)
    street.car.connected = False
    queue = street.entry.runtime_data.billing
    assert queue is not None
    await street.until("its end", lambda: queue.stand_in.session is None)
    await street.backend.start()
    await street.until("told", lambda: booked.stops)
    assert (len(street.backend.booked), booked.starts, len(booked.stops)) == (1, 1, 1)
    assert booked.stops[0]["reason"] == "EVDisconnected"
    assert booked.stops[0]["meter_stop"] == pytest.approx(street.drew_wh(), abs=2)


async def test_another_rule_loses_no_transaction(street: Street) -> None:
    """At the same service what runs is billed once; the next car has the new card."""
    await street.bill(fixed_tag=FIXED)
    street.car.connected = True
    booked = await street.charges()
    await street.bill(fixed_tag="FLEET8")
    await street.until("50 Wh", lambda: street.car.energy_wh > 50)
    street.car.connected = False
    await street.until("its end", lambda: booked.stops)
    assert (len(street.backend.booked), booked.starts, len(booked.stops)) == (1, 1, 1)
    assert booked.stops[0]["meter_stop"] == pytest.approx(street.drew_wh(), abs=2)
    assert not street.backend.strays
    street.car.connected = True
    assert (await street.charges(2)).start["id_tag"] == "FLEET8"


async def test_the_service_starts_and_stops(street: Street) -> None:
    """By its own card; without one nothing begins."""
    await street.bill()
    street.car.connected = True
    answer = await street.backend.ask(CLIENT, call.RemoteStartTransaction("R1", 1))
    assert answer.status == "Accepted"
    booked = await street.charges()
    stop = call.RemoteStopTransaction(booked.number)
    assert (await street.backend.ask(CLIENT, stop)).status == "Accepted"
    await street.until("its end", lambda: booked.stops)
    assert booked.stops[0]["reason"] == "Remote"


async def test_it_ends_with_its_options(street: Street) -> None:
    """The station is as before then: its entities are gone, its current is its own."""
    await street.bill()
    await street.until("nothing", lambda: value(street.hass, CURRENT) == "0.0")
    form = await open_options(street.hass, street.entry, "stand_in")
    form = await submit(street.hass, form, {"energy_entity": ENERGY})
    said = {"url": street.backend.url, "client_id": CLIENT, "end": True}
    result = await submit(street.hass, form, said)
    assert result["type"] is FlowResultType.CREATE_ENTRY
    await street.hass.async_block_till_done(wait_background_tasks=True)
    assert "billing" not in street.entry.options
    entities = er.async_get(street.hass)
    assert entities.async_get(CONNECTED) is None
    assert entities.async_get(LIMITS) is None
    assert entities.async_get(TRANSACTION) is None
    assert registry.ceiling_ma(street.hass, street.entry.runtime_data.key) is None
    assert street.entry.runtime_data.billing is None
    await street.until("16 A", lambda: value(street.hass, CURRENT) == "16.0")
    await street.until("gone", lambda: not street.backend.hubs)


async def test_diagnostics_name_nobody(street: Street) -> None:
    """Neither the address nor a card; how the line stands."""
    await street.bill(fixed_tag=FIXED)
    found = await async_get_config_entry_diagnostics(street.hass, street.entry)
    assert found["billing"]["connected"] is True
    assert FIXED not in str(found)
    assert CLIENT not in str(found)
    assert street.backend.url not in str(found)


async def test_a_charger_that_is_gone_meanwhile_is_said(street: Street) -> None:
    """The form stays as it was typed, and says where to look."""
    form = await open_options(street.hass, street.entry, "stand_in")
    form = await submit(street.hass, form, {"energy_entity": ENERGY})
    await street.hass.config_entries.async_unload(street.entry.entry_id)
    said = {"url": street.backend.url, "client_id": CLIENT}
    result = await submit(street.hass, form, said)
    assert result["errors"] == {"base": "billing_not_ready"}
    street.hass.config_entries.options.async_abort(result["flow_id"])


async def test_cards_are_for_stand_ins(street: Street) -> None:
    """A charger without a billing service takes none."""
    with pytest.raises(ServiceValidationError):
        await street.hass.services.async_call(
            DOMAIN,
            "present_card",
            {"entity_id": CURRENT, "card": CARD},
            blocking=True,
        )


async def test_its_sessions_are_in_the_log(street: Street) -> None:
    """Without an OCPP server as well, by its page, and by its name as long as it is."""
    hass = street.hass

    async def log(**asked: Any) -> Any:
        found: Any = await hass.services.async_call(
            DOMAIN, "get_sessions", asked, blocking=True, return_response=True
        )
        return found["sessions"]

    with pytest.raises(ServiceValidationError, match="no log of sessions"):
        await log()
    await street.bill(fixed_tag=FIXED)
    assert street.shown(TRANSACTION) == "unknown"
    street.car.connected = True
    await street.charges()
    await street.until("its number", lambda: street.shown(TRANSACTION) == "1")
    page = er.async_get(hass).async_get(TRANSACTION)
    assert page is not None
    device_id = [page.device_id]
    [running] = await log(device_id=device_id)
    assert (running["charger"], running["tag"]) == ("Garage", "…T7")
    assert running["running"]
    await street.until("40 Wh", lambda: street.car.energy_wh > 40)
    street.car.connected = False
    await street.until("its end", lambda: street.shown(TRANSACTION) == "unknown")
    [ended] = await log()
    assert ended["reason"] == "ev_disconnected"
    assert ended["energy"] == pytest.approx(street.car.energy_wh / 1000, abs=0.03)
    billing = street.entry.runtime_data.billing
    assert billing is not None
    await street.until("all told", lambda: not billing.gateway.standing.length)
    await hass.config_entries.async_remove(street.entry.entry_id)
    journal = await links.open_journal(hass)
    try:
        [kept] = await journal.sessions()
        assert kept.charger == "smart_me_pico_7002702"
    finally:
        await journal.close()


async def test_a_power_brain_counts_itself(
    hass: HomeAssistant,
    power_brain: PowerBrain,
    set_up: SetUp,
    backend: Backend,
    tmp_path: Path,
) -> None:
    """Its plug, its register and its currents are what the service hears."""
    hass.config.config_dir = str(tmp_path)
    power_brain.car.connected = False
    street = Street(hass, power_brain, backend)
    street.entry = await set_up()
    await street.bill(fixed_tag=FIXED, stand_in={})
    await street.until("free", lambda: backend.statuses.get(1) == "Available")
    power_brain.car.connected = True
    booked = await street.charges()
    before_wh = booked.start["meter_start"]
    await street.until("40 Wh", lambda: street.car.energy_wh > 40)
    power_brain.car.connected = False
    await street.until("its end", lambda: booked.stops)
    billed_wh = booked.stops[0]["meter_stop"] - before_wh
    assert billed_wh == pytest.approx(street.car.energy_wh, abs=15)
    await hass.config_entries.async_unload(street.entry.entry_id)


async def test_nothing_stays_of_a_removed_charger(street: Street) -> None:
    """What waited for its service is gone from the journal."""
    await street.bill()
    street.car.connected = True
    await street.until("a car", lambda: street.backend.statuses.get(1) == "Preparing")
    await street.present()
    await street.charges()
    billing = street.entry.runtime_data.billing
    assert billing is not None
    gateway, owner_id = billing.gateway, street.entry.entry_id
    await street.backend.stop()
    street.car.connected = False
    await street.until("a queue", lambda: gateway.standing.length)
    await street.hass.config_entries.async_remove(owner_id)
    await street.hass.async_block_till_done()
    journal = await links.open_journal(street.hass)
    try:
        queue = Queue(journal, gateway_name(owner_id, gateway.data))
        assert await queue.export() == ()
        assert not any((await journal.facts(owner_id)).values())
    finally:
        await journal.close()
