"""A wallbox that speaks OCPP 2.0.1: in Home Assistant the same as one of 1.6."""

import asyncio
from collections.abc import AsyncIterator
from datetime import datetime
import json
from pathlib import Path
import sqlite3
from typing import Any

from homeassistant.config_entries import ConfigEntry
from homeassistant.const import ATTR_ENTITY_ID
from homeassistant.core import HomeAssistant
from homeassistant.helpers import entity_registry as er
import pytest

from custom_components.meters_and_chargers.diagnostics import (
    async_get_config_entry_diagnostics,
)
from simulators.charge_point import ChargePoint
from simulators.charge_point_2 import ChargePoint2
from simulators.charge_point_2_session import VARIABLES
from simulators.charge_point_line import Message
from simulators.replay import ReplayedWallbox, load

from .test_devices import value
from .test_ocpp import (
    CURRENT,
    STATUS,
    Garage,
    charging,
    knocks,
    let_in,
    server,
    set_current,
    until,
)
from .test_ocpp_actions import act, said
from .test_ocpp_cards import TAG, add_card, set_rules

__all__ = ["server"]

SWITCH = "switch.wallbox_charging"
LONG = "0123456789abcdef0123456789abcdef"
"""The number of an app's card."""


@pytest.fixture
async def garage(server: ConfigEntry[Any]) -> AsyncIterator[Garage]:
    """Return a wallbox of OCPP 2.0.1 that dials the server."""
    garage = Garage(server, ChargePoint2, redial_s=(0.1, 0.3))
    await garage.wallbox.start()
    yield garage
    await garage.wallbox.stop()


def shown(hass: HomeAssistant, name: str) -> float:
    """Return a sensor's value, 0 as long as it has none."""
    state = hass.states.get(name)
    try:
        return float(state.state) if state else 0
    except ValueError:
        return 0


async def entities(hass: HomeAssistant, server: ConfigEntry[Any], kind: Any) -> Any:
    """Return what a charging wallbox of a kind has, and take it away again."""
    garage = Garage(server, kind, redial_s=(0.1, 0.3))
    await garage.wallbox.start()
    try:
        entry = await charging(hass, garage)
        await until(
            hass, garage, lambda: shown(hass, "sensor.wallbox_power") > 1000, "power"
        )
        found = er.async_entries_for_config_entry(er.async_get(hass), entry.entry_id)
        await hass.config_entries.async_remove(entry.entry_id)
        await hass.async_block_till_done()
    finally:
        await garage.wallbox.stop()
    return sorted(
        (one.entity_id, one.unique_id, one.translation_key, one.disabled)
        for one in found
    )


async def test_the_same_entities(hass: HomeAssistant, server: ConfigEntry[Any]) -> None:
    """Names, identities and what is off by default do not depend on the version."""
    before = await entities(hass, server, ChargePoint)
    assert len(before) > 10
    assert await entities(hass, server, ChargePoint2) == before


async def test_charging_current_is_obeyed(hass: HomeAssistant, garage: Garage) -> None:
    """The number shows what the wallbox accepted, the car obeys, values follow."""
    await charging(hass, garage)
    await set_current(hass, 8)
    assert value(hass, CURRENT) == "8.0"
    await until(
        hass, garage, lambda: garage.house.cars[0].current_a == 8, "8 A in the car"
    )
    await until(
        hass,
        garage,
        lambda: shown(hass, "sensor.wallbox_current_l1") == pytest.approx(8),
        "8 A shown",
    )
    assert shown(hass, "sensor.wallbox_power") == pytest.approx(3 * 8 * 230, rel=0.02)
    await set_current(hass, 0)
    await until(hass, garage, lambda: value(hass, STATUS) == "suspended_evse", "pause")
    assert garage.wallbox.transaction is not None


async def test_switch_ends_and_starts_a_transaction(
    hass: HomeAssistant, garage: Garage
) -> None:
    """Off stops; on starts the car that is plugged in anew."""
    await charging(hass, garage)
    switch = {ATTR_ENTITY_ID: SWITCH}
    await hass.services.async_call("switch", "turn_off", switch, blocking=True)
    await until(hass, garage, lambda: value(hass, STATUS) == "finishing", "the end")
    assert garage.wallbox.transaction is None
    garage.house.cars[0].connected = False
    await until(hass, garage, lambda: value(hass, STATUS) == "available", "unplugged")
    garage.house.cars[0].connected = True
    await until(hass, garage, lambda: value(hass, STATUS) == "preparing", "plugged in")
    await hass.services.async_call("switch", "turn_on", switch, blocking=True)
    await until(hass, garage, lambda: value(hass, STATUS) == "charging", "charging")


async def test_cards_as_with_ocpp_16(
    hass: HomeAssistant,
    server: ConfigEntry[Any],
    garage: Garage,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """It gets the list and each change; blocked, its own memory is cleared."""
    box = garage.wallbox
    for component, known in (
        ("AuthCacheCtrlr", "AuthorizationCacheEnabled"),
        ("LocalAuthListCtrlr", "LocalAuthListEnabled"),
    ):
        monkeypatch.setitem(VARIABLES, (component, "Enabled"), known)
        box.configuration[known] = "true"
    await let_in(hass, garage)
    await add_card(hass, server)
    await set_rules(
        hass, server, policy="everybody", offline="unchanged", local_list=True
    )
    await until(hass, garage, lambda: bool(said(garage, "SendLocalList")), "the list")
    (sent,) = said(garage, "SendLocalList")[-1]["localAuthorizationList"]
    assert sent["idToken"]["idToken"] == TAG
    assert sent["idTokenInfo"]["status"] == "Accepted"
    assert not said(garage, "ClearCache")
    (card,) = server.get_subentries_of_type("card")
    hass.config_entries.async_update_subentry(
        server, card, data={**card.data, "blocked": True}
    )
    await until(hass, garage, lambda: bool(said(garage, "ClearCache")), "clearing")
    (sent,) = said(garage, "SendLocalList")[-1]["localAuthorizationList"]
    assert sent["idTokenInfo"]["status"] == "Blocked"


async def test_actions_as_with_ocpp_16(hass: HomeAssistant, garage: Garage) -> None:
    """They answer alike; names are those of 2.0.1, and a card may be longer."""
    garage.house.cars[0].connected = False
    entry = await let_in(hass, garage)
    await until(hass, garage, lambda: value(hass, STATUS) == "available", "free")
    name = "SampledDataCtrlr.TxUpdatedInterval"
    change = {"key": name, "value": "30"}
    found = await act(hass, entry, "set_configuration", answers=True, **change)
    assert found == {"restart_needed": False}
    found = await act(hass, entry, "get_configuration", answers=True, keys=[name])
    assert found["keys"][name]["value"] == "30"
    found = await act(hass, entry, "upload_log", answers=True, url="ftp://127.0.0.1/")
    assert found == {"file": "log.txt"}
    await act(hass, entry, "start_charging", card=LONG)
    (asked,) = said(garage, "RequestStartTransaction")
    assert asked["idToken"]["idToken"] == LONG
    await act(hass, entry, "set_card_list", cards=[LONG])
    (asked,) = said(garage, "SendLocalList")
    (listed,) = asked["localAuthorizationList"]
    assert listed["idToken"]["idToken"] == LONG
    firmware = {"url": "http://127.0.0.1/2.1.bin", "version": "2.1"}
    await act(hass, entry, "offer_firmware", **firmware)
    await hass.async_block_till_done()
    assert said(garage, "UpdateFirmware") == []
    update = {ATTR_ENTITY_ID: "update.wallbox_firmware"}
    await hass.services.async_call("update", "install", update, blocking=True)
    (asked,) = said(garage, "UpdateFirmware")
    assert asked["firmware"]["location"] == firmware["url"]


async def test_server_restart_keeps_the_transaction(
    hass: HomeAssistant, garage: Garage, server: ConfigEntry[Any], tmp_path: Path
) -> None:
    """It goes on without a boot, and is ended by the name it had before."""
    await charging(hass, garage)
    assert isinstance(garage.wallbox, ChargePoint2)
    name = garage.wallbox.transaction_name
    assert await hass.config_entries.async_unload(server.entry_id)
    await hass.async_block_till_done()
    # What it measures meanwhile, it keeps.
    await garage.live(25)
    assert await hass.config_entries.async_setup(server.entry_id)
    await hass.async_block_till_done()
    await until(
        hass,
        garage,
        lambda: getattr(hass.states.get(STATUS), "state", "") == "charging",
        "charging again",
    )
    await until(hass, garage, lambda: not garage.wallbox.line.waiting, "all said")
    assert garage.wallbox.transaction_name == name
    switch = {ATTR_ENTITY_ID: SWITCH}
    await hass.services.async_call("switch", "turn_off", switch, blocking=True)
    await until(hass, garage, lambda: value(hass, STATUS) == "finishing", "the end")
    (only,) = booked(tmp_path)
    assert only["stop_reason"] == "remote"
    energy_wh = only["meter_stop_wh"] - only["meter_start_wh"]
    assert energy_wh == pytest.approx(garage.house.cars[0].energy_wh, abs=2)


async def test_server_restart_keeps_what_waits_for_a_card(
    hass: HomeAssistant, garage: Garage, server: ConfigEntry[Any], tmp_path: Path
) -> None:
    """The cable is plugged in before it, the card is shown after it: one session."""
    garage.house.cars[0].connected = False
    await let_in(hass, garage)
    await until(hass, garage, lambda: value(hass, STATUS) == "available", "free")
    begin = garage.wallbox.now
    tell(garage, "Started", "CablePluggedIn", 0, "EVConnected")
    await until(hass, garage, lambda: value(hass, STATUS) == "preparing", "plugged in")
    assert booked(tmp_path) == []
    assert await hass.config_entries.async_unload(server.entry_id)
    await hass.async_block_till_done()
    await garage.live(25)
    assert await hass.config_entries.async_setup(server.entry_id)
    await hass.async_block_till_done()
    tell(garage, "Updated", "Authorized", 1, "Charging", TAG)
    await until(
        hass,
        garage,
        lambda: getattr(hass.states.get(STATUS), "state", "") == "charging",
        "charging",
    )
    (only,) = booked(tmp_path)
    assert (only["id_tag"], only["start_unknown"]) == (TAG, 0)
    late = datetime.fromisoformat(only["start_time"]) - begin
    assert abs(late.total_seconds()) < 2


def tell(
    garage: Garage,
    kind: str,
    trigger: str,
    number: int,
    state: str,
    tag: str | None = None,
) -> None:
    """Let the wallbox tell of a transaction that is none of the simulated car's."""
    box = garage.wallbox
    assert isinstance(box, ChargePoint2)
    info = box.types.TransactionType(transaction_id="T-1", charging_state=state)
    event = box.call.TransactionEvent(
        event_type=kind,
        timestamp=box.now.isoformat(),
        trigger_reason=trigger,
        seq_no=number,
        transaction_info=info,
        evse=box.types.EVSEType(id=1),
        id_token=tag and box.types.IdTokenType(id_token=tag, type="ISO14443"),
    )
    box.line.say(Message(lambda: event, kept=True))


async def test_what_happened_offline_is_booked(
    hass: HomeAssistant,
    garage: Garage,
    expected_logs: list[str],
    tmp_path: Path,
) -> None:
    """One transaction ended and another began while nobody listened: both are there."""
    expected_logs.append("Wallbox is no longer connected")
    await charging(hass, garage)
    garage.wallbox.line.dials = False
    garage.wallbox.drop()
    await until(hass, garage, lambda: value(hass, STATUS) == "unavailable", "loss")
    car = garage.house.cars[0]
    car.connected = False
    await until(hass, garage, lambda: not garage.wallbox.transaction, "the end")
    car.connected = True
    await garage.live(2)
    garage.wallbox.use("04AABBCC")
    await until(hass, garage, lambda: bool(garage.wallbox.transaction), "a beginning")
    garage.wallbox.line.dials = True
    await until(hass, garage, lambda: value(hass, STATUS) == "charging", "charging")
    await until(hass, garage, lambda: not garage.wallbox.line.waiting, "all said")
    first, second = booked(tmp_path)
    assert (first["id_tag"], first["stop_reason"]) == (
        "HomeAssistant",
        "ev_disconnected",
    )
    assert (second["id_tag"], second["stop_time"]) == ("04AABBCC", None)


def booked(folder: Path) -> list[dict[str, Any]]:
    """Read the transactions of the journal as it lies on the disk."""
    (path,) = folder.glob(".storage/*.db")
    journal = sqlite3.connect(path)
    journal.row_factory = sqlite3.Row
    rows = journal.execute("SELECT * FROM transactions ORDER BY id").fetchall()
    journal.close()
    return [dict(row) for row in rows]


async def test_diagnostics(
    hass: HomeAssistant,
    garage: Garage,
    server: ConfigEntry[Any],
    tmp_path: Path,
    expected_logs: list[str],
) -> None:
    """They tell no name, card or serial number, and can be played again."""
    expected_logs.append("Again is no longer connected")
    entry = await let_in(hass, garage)
    await until(hass, garage, lambda: value(hass, STATUS) == "charging", "charging")

    def variables() -> Any:
        dialect = entry.runtime_data.charger.dialect
        return dialect and dialect.variables.known

    await until(hass, garage, lambda: bool(variables()), "an inventory")
    await garage.live(15)
    assert isinstance(garage.wallbox, ChargePoint2)
    found = await async_get_config_entry_diagnostics(hass, entry)
    text = str(found)
    assert "'SmartChargingCtrlr': 2" in text
    assert "ocpp2.0.1" in text
    assert "TransactionEvent" in text
    for secret in (
        garage.wallbox.transaction_name or "?",
        "SN-GARAGE",
        "GARAGE/1",
        "HomeAssistant",
    ):
        assert secret not in text
    # A boot of long ago is not among the last frames.
    frames = found["replay"]["frames"]
    found["replay"]["frames"] = [f for f in frames if '"Boot' not in f["frame"]]
    assert len(found["replay"]["frames"]) < len(frames)
    file = tmp_path / "wallbox.json"
    file.write_text(json.dumps({"data": found}))
    replayed = ReplayedWallbox(load(file), f"ws://127.0.0.1:{server.data['port']}")
    running = asyncio.create_task(replayed.run())
    try:
        await until(hass, garage, lambda: bool(knocks(hass)), "knock")
        (flow,) = knocks(hass)
        result = await hass.config_entries.flow.async_configure(
            flow["flow_id"], {"name": "Again", "maximum_current": 16}
        )
        await until(hass, garage, replayed.played.is_set, "played")
        again = result["result"].runtime_data.charger
        assert again.connector(1).status == "charging"
        assert {p.key: v for p, v in again.values.items()} == found["values"]
    finally:
        running.cancel()
        await asyncio.gather(running, return_exceptions=True)
