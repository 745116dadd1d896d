"""A site's wallbox of another integration at a billing service, in a Home Assistant."""

import asyncio
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from types import MappingProxyType
from typing import Any

from homeassistant.config_entries import ConfigEntry, ConfigSubentry
from homeassistant.core import HomeAssistant
from homeassistant.data_entry_flow import FlowResultType
from homeassistant.helpers import entity_registry as er
import pytest

from custom_components.meters_and_chargers import links
from custom_components.meters_and_chargers.billing import gateway_name
from custom_components.meters_and_chargers.const import DOMAIN
from custom_components.meters_and_chargers.controller import SiteController
from custom_components.meters_and_chargers.diagnostics import (
    async_get_config_entry_diagnostics,
)
from custom_components.meters_and_chargers.engine.charging import Reason
from custom_components.meters_and_chargers.engine.gateway.queue import Queue
from custom_components.meters_and_chargers.engine.journal import Journal, JournalError
from simulators.backend import Backend

from .billing import CARD, CLIENT, backend, profile, quick, submit
from .test_entity_charger import CABLE, CURRENT, PAUSE, set_up, turn, value, wallbox

__all__ = ["backend", "quick", "wallbox"]

ENERGY, POWER = "sensor.box_energy", "sensor.box_power"
CONNECTED = "binary_sensor.carport_billing_service_connected"
LIMITS = "sensor.carport_what_limits"
QUEUE = "sensor.carport_messages_waiting"
STAND_IN = {"energy_entity": ENERGY, "power_entity": POWER}


class Carport:
    """A wallbox made of helpers, whose car draws what it may."""

    def __init__(
        self,
        hass: HomeAssistant,
        entry: ConfigEntry[SiteController],
        backend: Backend,
    ) -> None:
        """Show a house that draws nothing else."""
        self.hass, self.entry, self.backend = hass, entry, backend
        self.energy_wh = 5000.0

    @property
    def subentry_id(self) -> str:
        """Which wallbox of the site it is."""
        return next(iter(self.entry.subentries))

    def shown(self, entity_id: str) -> str:
        """Return a state; empty while there is none."""
        state = self.hass.states.get(entity_id)
        return "" if state is None else state.state

    def live(self) -> None:
        """Let a second pass, and the sensors say what it was like."""
        charges = self.shown(PAUSE) == self.shown(CABLE) == "on"
        power_w = 3 * 230 * float(self.shown(CURRENT)) if charges else 0.0
        self.energy_wh += power_w / 3600
        set_state = self.hass.states.async_set
        watts = {"unit_of_measurement": "W", "device_class": "power"}
        set_state(POWER, f"{power_w:.1f}", watts)
        set_state("sensor.grid", f"{power_w:.0f}", watts, force_update=True)
        set_state(ENERGY, f"{self.energy_wh:.1f}", {"unit_of_measurement": "Wh"})

    async def until(self, what: str, true: Callable[[], object]) -> None:
        """Live until something is so."""
        for _ in range(1200):
            if true():
                return
            self.live()
            await self.hass.async_block_till_done()
            await asyncio.sleep(0.02)
        pytest.fail(f"not in time: {what}")

    async def open(self) -> Any:
        """Open the options of the site at its wallbox's billing service."""
        options = self.hass.config_entries.options
        menu = await options.async_init(self.entry.entry_id)
        assert menu["menu_options"] == ["site", "foreign"]
        return await options.async_configure(
            menu["flow_id"], {"next_step_id": "foreign"}
        )

    async def bill(self) -> None:
        """Set the billing service up."""
        form = await submit(self.hass, await self.open(), STAND_IN)
        said = {"url": self.backend.url, "client_id": CLIENT}
        result = await submit(self.hass, form, said)
        assert result["step_id"] == "billing_done", result
        await submit(self.hass, result, {})
        await self.hass.async_block_till_done()
        await self.until("connected", lambda: self.shown(CONNECTED) == "on")

    async def charge(self) -> None:
        """Let a car come and charge by a card."""
        await turn(self.hass, CABLE, on=True)
        await self.until(
            "preparing", lambda: self.backend.statuses.get(1) == "Preparing"
        )
        await self.hass.services.async_call(
            DOMAIN,
            "present_card",
            {"entity_id": CONNECTED, "card": CARD},
            blocking=True,
        )
        await self.until("a beginning", lambda: self.backend.booked)
        await self.until("charging", lambda: self.backend.statuses.get(1) == "Charging")
        await self.until("answered", lambda: self.shown(QUEUE) == "0")


@pytest.fixture
async def carport(
    hass: HomeAssistant, backend: Backend, tmp_path: Path
) -> AsyncIterator[Carport]:
    """Return a site whose wallbox charges fast, without a car."""
    hass.config.config_dir = str(tmp_path)
    known = {"plugged_entity": CABLE, "charger_meter": POWER}
    entry = await set_up(hass, write_interval=1, **known)
    found = Carport(hass, entry, backend)
    yield found
    if found.entry.state.recoverable:
        await hass.config_entries.async_unload(found.entry.entry_id)


async def test_it_is_billed_and_bounded(carport: Carport) -> None:
    """Nothing flows before a card; the service's limit is the site's, to the figure."""
    await carport.bill()
    boot = carport.backend.boots[-1]
    assert boot["charge_point_model"] == "Carport"
    await carport.until("nothing", lambda: carport.shown(PAUSE) == "off")
    began_wh = round(carport.energy_wh)
    await carport.charge()
    [booked] = carport.backend.booked
    assert booked.start["meter_start"] == pytest.approx(began_wh, abs=30)
    await carport.until("16 A", lambda: float(carport.shown(CURRENT)) == 16)
    await carport.backend.ask(CLIENT, profile(9))
    await carport.until("9 A", lambda: float(carport.shown(CURRENT)) == 9)
    await carport.until("whose", lambda: carport.shown(LIMITS) == "backend")
    (charger,) = carport.entry.runtime_data.chargers

    def why() -> Reason | None:
        return None if charger.explanation is None else charger.explanation.reason

    await carport.until("its reason", lambda: why() is Reason.BACKEND_LIMIT)
    # A hand that tells it more finds that taken back.
    await carport.hass.services.async_call(
        "input_number", "set_value", {"entity_id": CURRENT, "value": 14}, blocking=True
    )
    await carport.until("9 A again", lambda: float(carport.shown(CURRENT)) == 9)
    await turn(carport.hass, CABLE, on=False)
    await carport.until("an end", lambda: booked.stops)
    assert booked.stops[0]["meter_stop"] == pytest.approx(carport.energy_wh, abs=1)
    assert booked.stops[0]["reason"] == "EVDisconnected"
    # Its log is found by the page of another integration's wallbox.
    page = er.async_get(carport.hass).async_get(CONNECTED)
    assert page is not None
    log: Any = await carport.hass.services.async_call(
        DOMAIN,
        "get_sessions",
        {"device_id": page.device_id},
        blocking=True,
        return_response=True,
    )
    [session] = log["sessions"]
    assert (session["charger"], session["tag"]) == ("Carport", "…CC")
    assert session["energy"] == pytest.approx(log["total"]["energy"])
    assert session["energy"] > 0


async def test_what_is_shown_goes_with_the_service(carport: Carport) -> None:
    """Entities on its page, figures without names; ended, both are gone."""
    await carport.bill()
    hass, entry = carport.hass, carport.entry
    entities = er.async_get(hass)

    def ours() -> set[str]:
        found = er.async_entries_for_config_entry(entities, entry.entry_id)
        return {
            str(one.translation_key)
            for one in found
            if str(one.translation_key).startswith("backend_")
        }

    assert len(ours()) == 5
    for entity_id in (CONNECTED, LIMITS, QUEUE):
        one = entities.async_get(entity_id)
        assert one is not None
        assert one.config_subentry_id == carport.subentry_id
    told = await async_get_config_entry_diagnostics(hass, entry)
    assert CLIENT not in str(told)
    assert str(carport.backend.port) not in str(told)
    [figures] = told["billing"].values()
    assert figures["connected"] is True
    form = await submit(hass, await carport.open(), STAND_IN)
    await submit(
        hass, form, {"url": carport.backend.url, "client_id": "x", "end": True}
    )
    await hass.async_block_till_done()
    assert not ours()
    assert "billing" not in entry.subentries[carport.subentry_id].data
    await carport.until("hung up", lambda: not carport.backend.hubs)


async def test_of_two_wallboxes_one_is_chosen(carport: Carport) -> None:
    """By its title; the other one is not billed by it."""
    hass, entry, first = carport.hass, carport.entry, carport.subentry_id
    other = {"charger": "entities_y", "current_entity": "input_number.from_zero"}
    annexe = ConfigSubentry(
        data=MappingProxyType({**entry.subentries[first].data, **other}),
        subentry_type="charger",
        title="Annexe",
        unique_id="y",
    )
    hass.config_entries.async_add_subentry(entry, annexe)
    await hass.async_block_till_done()
    form = await carport.open()
    assert form["step_id"] == "foreign"
    (field,) = form["data_schema"].schema.values()
    assert {one["value"]: one["label"] for one in field.config["options"]} == {
        first: "Carport",
        annexe.subentry_id: "Annexe",
    }
    form = await submit(hass, form, {"charger": annexe.subentry_id})
    form = await submit(hass, form, STAND_IN)
    said = {"url": carport.backend.url, "client_id": CLIENT}
    result = await submit(hass, form, said)
    assert result["step_id"] == "billing_done", result
    await submit(hass, result, {})
    await hass.async_block_till_done()
    connected = CONNECTED.replace("carport", "annexe")
    await carport.until("connected", lambda: carport.shown(connected) == "on")
    assert "billing" not in entry.subentries[first].data
    assert carport.shown(CONNECTED) == ""


async def test_the_service_of_a_site_at_rest_can_be_ended(carport: Carport) -> None:
    """Nothing can be tried meanwhile, which is said; at the next start it is gone."""
    await carport.bill()
    hass, entry = carport.hass, carport.entry
    await hass.config_entries.async_unload(entry.entry_id)
    await carport.until("hung up", lambda: not carport.backend.hubs)
    said = {"url": carport.backend.url, "client_id": CLIENT}
    form = await submit(hass, await carport.open(), STAND_IN)
    form = await submit(hass, form, said)
    assert form["errors"] == {"base": "billing_not_ready"}
    done = await submit(hass, form, {**said, "end": True})
    assert done["type"] is FlowResultType.CREATE_ENTRY
    assert "billing" not in entry.subentries[carport.subentry_id].data
    await hass.config_entries.async_setup(entry.entry_id)
    await carport.until("a decision", lambda: entry.runtime_data.last_look)
    assert carport.shown(CONNECTED) != "on"
    assert not carport.backend.hubs


async def test_its_wiring_is_changed_without_a_loss(carport: Carport) -> None:
    """The wallbox's own form leaves its billing service alone, and a session open."""
    await carport.bill()
    await carport.charge()
    hass, entry = carport.hass, carport.entry
    before = dict(entry.subentries[carport.subentry_id].data)
    subentries = hass.config_entries.subentries
    form = await entry.start_subentry_reconfigure_flow(hass, carport.subentry_id)  # type: ignore[attr-defined]  # the test's entry
    form = await subentries.async_configure(
        form["flow_id"], {"charger_phases": ["l1", "l2", "l3"]}
    )
    named = {
        "current_entity": CURRENT,
        "switch_entity": PAUSE,
        "plugged_entity": CABLE,
        "name": "Carport",
    }
    form = await subentries.async_configure(form["flow_id"], named)
    bounds = {"minimum_current": 6, "maximum_current": 13, "step": 1}
    times = {"write_interval": 15, "settle": 1}
    done = await subentries.async_configure(form["flow_id"], bounds | times)
    assert done["reason"] == "reconfigure_successful"
    await hass.async_block_till_done()
    after = entry.subentries[carport.subentry_id].data
    assert (after["billing"], after["stand_in"]) == (
        before["billing"],
        before["stand_in"],
    )
    await carport.until("back", lambda: carport.shown(CONNECTED) == "on")
    await turn(hass, CABLE, on=False)
    await carport.until("an end", lambda: carport.backend.booked[0].stops)
    assert len(carport.backend.booked) == 1


async def test_nothing_stays_of_a_removed_wallbox(carport: Carport) -> None:
    """What waited for its service is gone from the journal."""
    await carport.bill()
    await carport.charge()
    hass, entry, owner_id = carport.hass, carport.entry, carport.subentry_id
    data = entry.subentries[owner_id].data["billing"]
    await carport.backend.stop()
    await turn(hass, CABLE, on=False)
    await carport.until("a queue", lambda: carport.shown(QUEUE) not in ("", "0"))
    hass.config_entries.async_remove_subentry(entry, owner_id)
    await hass.async_block_till_done()
    journal = await links.open_journal(hass)
    try:
        assert await Queue(journal, gateway_name(owner_id, data)).export() == ()
        assert not any((await journal.facts(owner_id)).values())
    finally:
        await journal.close()


async def test_the_site_goes_on_without_a_journal(
    carport: Carport,
    monkeypatch: pytest.MonkeyPatch,
    expected_logs: list[str],
) -> None:
    """It guards its fuse, and the wallbox is billed once the journal opens again."""
    await carport.bill()
    expected_logs += ["Carport is not billed"]
    monkeypatch.setattr(
        "custom_components.meters_and_chargers.site_billing.AGAIN_S", 0.2
    )
    opened = links.open_journal

    async def broken(_hass: HomeAssistant) -> Journal:
        raise JournalError("the disk is full")

    monkeypatch.setattr(links, "open_journal", broken)
    hass, entry = carport.hass, carport.entry
    await hass.config_entries.async_reload(entry.entry_id)
    await carport.until("a decision", lambda: entry.runtime_data.last_look)
    assert carport.shown(CONNECTED) in ("", "unavailable")
    monkeypatch.setattr(links, "open_journal", opened)
    await carport.until("billed", lambda: carport.shown(CONNECTED) == "on")
    assert value(hass, QUEUE) == "0"
