"""Of which kind a card is: learnt from a wallbox of OCPP 2, kept, told to it again."""

from typing import Any

from homeassistant.config_entries import SOURCE_RECONFIGURE, ConfigEntry
from homeassistant.core import HomeAssistant
from homeassistant.data_entry_flow import FlowResultType
import pytest

from custom_components.meters_and_chargers.diagnostics import (
    async_get_config_entry_diagnostics,
)
from simulators.charge_point_2 import ChargePoint2
from simulators.charge_point_2_session import VARIABLES

from .test_ocpp import Garage, server, until
from .test_ocpp2 import garage
from .test_ocpp_actions import act, said
from .test_ocpp_cards import TAG as PIN
from .test_ocpp_cards import add_card, free, open_flow, present, set_rules, step

__all__ = ["garage", "server"]


@pytest.fixture
def keypad(garage: Garage, monkeypatch: pytest.MonkeyPatch) -> Garage:
    """Return a wallbox that takes codes, and keeps a list; no car is there."""
    monkeypatch.setitem(
        VARIABLES, ("LocalAuthListCtrlr", "Enabled"), "LocalAuthListEnabled"
    )
    box = garage.wallbox
    assert isinstance(box, ChargePoint2)
    box.configuration["LocalAuthListEnabled"] = "true"
    box.card_kind = "KeyCode"
    garage.house.cars[0].connected = False
    return garage


def listed(garage: Garage) -> list[Any]:
    """Return the cards of the list that was sent last."""
    sent = said(garage, "SendLocalList")
    entries = sent[-1].get("localAuthorizationList", ()) if sent else ()
    return [one["idToken"] for one in entries]


async def reconfigure(
    hass: HomeAssistant, server: ConfigEntry[Any], **typed: Any
) -> dict[str, Any]:
    """Change the one card of a server; return what is kept of it."""
    (card,) = server.get_subentries_of_type("card")
    flow = await hass.config_entries.subentries.async_init(
        (server.entry_id, "card"),
        context={"source": SOURCE_RECONFIGURE, "subentry_id": card.subentry_id},
    )
    await step(hass, flow, {"name": "Anna", **typed})
    await hass.async_block_till_done()
    (card,) = server.get_subentries_of_type("card")
    return dict(card.data)


async def test_the_dialog_learns_it(
    hass: HomeAssistant, keypad: Garage, server: ConfigEntry[Any]
) -> None:
    """Held to the wallbox, a card keeps its kind, also when it is changed."""
    entry = await free(hass, keypad)
    flow = await open_flow(hass, server)
    flow = await step(hass, flow, {"next_step_id": "where"})
    await present(hass, keypad, "card_learned")
    flow = await step(hass, flow)
    assert "card_kind" not in flow["data_schema"].schema
    result = await step(hass, flow, {"name": "Anna", "tag": PIN.lower()})
    assert result["type"] is FlowResultType.CREATE_ENTRY
    (card,) = server.get_subentries_of_type("card")
    assert card.data == {"tag": PIN.lower(), "card_kind": "KeyCode"}

    await set_rules(
        hass, server, policy="everybody", offline="unchanged", local_list=True
    )
    code = {"idToken": PIN.lower(), "type": "KeyCode"}
    await until(hass, keypad, lambda: listed(keypad) == [code], "the list")
    await act(hass, entry, "start_charging", card=PIN)
    asked = said(keypad, "RequestStartTransaction")[-1]
    assert asked["idToken"] == {"idToken": PIN, "type": "KeyCode"}
    told = await async_get_config_entry_diagnostics(hass, server)
    assert told["entry"]["subentries"][0]["card_kind"] == "KeyCode"
    assert PIN.lower() not in str(told).lower()

    kept = await reconfigure(hass, server, tag=PIN, blocked=True)
    assert kept == {"tag": PIN, "card_kind": "KeyCode", "blocked": True}
    assert await reconfigure(hass, server, tag="B1") == {"tag": "B1"}


async def test_another_number_than_the_one_held_has_no_kind(
    hass: HomeAssistant, keypad: Garage, server: ConfigEntry[Any]
) -> None:
    """What was typed over it is another card."""
    await free(hass, keypad)
    flow = await open_flow(hass, server)
    flow = await step(hass, flow, {"next_step_id": "where"})
    await present(hass, keypad, "card_learned")
    flow = await step(hass, flow)
    await step(hass, flow, {"name": "Anna", "tag": "B1"})
    (card,) = server.get_subentries_of_type("card")
    assert card.data == {"tag": "B1"}


async def test_a_typed_card_gets_it_when_it_is_shown(
    hass: HomeAssistant, keypad: Garage, server: ConfigEntry[Any]
) -> None:
    """The list is sent anew, the connection stays, and a restart forgets nothing."""
    entry = await free(hass, keypad)
    await add_card(hass, server)
    await set_rules(
        hass, server, policy="everybody", offline="unchanged", local_list=True
    )
    guess, code = ({"idToken": PIN, "type": one} for one in ("Central", "KeyCode"))
    await until(hass, keypad, lambda: listed(keypad) == [guess], "the first list")
    link = entry.runtime_data.charger.link
    assert (await present(hass, keypad, "card_accepted"))["label"] == "Anna"
    await until(hass, keypad, lambda: listed(keypad) == [code], "the list anew")
    assert entry.runtime_data.charger.link is link
    (card,) = server.get_subentries_of_type("card")
    assert card.data == {"tag": PIN, "card_kind": "KeyCode"}

    sent = len(said(keypad, "SendLocalList"))
    asked = len(said(keypad, "GetLocalListVersion"))
    await hass.config_entries.async_reload(server.entry_id)
    await until(
        hass,
        keypad,
        lambda: len(said(keypad, "GetLocalListVersion")) > asked,
        "the list is compared",
    )
    await keypad.live(20)
    await hass.async_block_till_done()
    assert server.runtime_data.gate.kind_of(PIN) == "KeyCode"
    assert len(said(keypad, "SendLocalList")) == sent
