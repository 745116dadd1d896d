"""Who may charge: cards of an OCPP server, entered and learnt, as their owner does."""

from collections.abc import AsyncIterator
from datetime import timedelta
import json
import logging
from pathlib import Path
from typing import Any, ClassVar

from homeassistant.config_entries import (
    SOURCE_RECONFIGURE,
    SOURCE_USER,
    ConfigEntry,
    ConfigEntryState,
)
from homeassistant.const import ATTR_ENTITY_ID
from homeassistant.core import HomeAssistant
from homeassistant.data_entry_flow import FlowResultType
from homeassistant.exceptions import ServiceValidationError
from homeassistant.helpers import issue_registry as ir
from homeassistant.util import dt as dt_util
from ocpp.routing import on
from ocpp.v16 import call_result
import pytest

from custom_components.meters_and_chargers import card_flow
from custom_components.meters_and_chargers.const import DOMAIN
from custom_components.meters_and_chargers.diagnostics import (
    async_get_config_entry_diagnostics,
)
from custom_components.meters_and_chargers.engine.devices.ocpp_charger import (
    card_cache,
)
from custom_components.meters_and_chargers.session_log import label_of
from simulators.car import Car
from simulators.charge_point import ChargePoint
from simulators.charge_point_2 import ChargePoint2
from simulators.charge_point_session import Session
from simulators.ksem import Ksem

from .conftest import SetUp
from .test_ocpp import (
    STATUS,
    Garage,
    free_port,
    knocks,
    let_in,
    new_server,
    open_options,
    server,
    until,
)
from .test_ocpp_actions import act
from .test_ocpp_site import set_up_site

__all__ = ["server"]

TAG = "04A1B2C3D4"
ACTIVITY = "event.wallbox_activity"
CARDS = "event.wallbox_cards"


class Keeping(Session):
    """A wallbox's end that keeps a list of cards."""

    cards: ClassVar[dict[str, Any]] = {}
    version = 0

    @on("GetLocalListVersion")  # type: ignore[untyped-decorator]  # the library has no types
    def get_local_list_version(self) -> Any:
        """Say which list it has."""
        return call_result.GetLocalListVersion(Keeping.version)

    @on("SendLocalList")  # type: ignore[untyped-decorator]  # the library has no types
    def send_local_list(
        self,
        list_version: int,
        update_type: str,
        local_authorization_list: list[Any] | None = None,
    ) -> Any:
        """Take cards; one without a word about it is to be forgotten."""
        if update_type == "Full":
            Keeping.cards = {}
        for card in local_authorization_list or ():
            Keeping.cards[card["id_tag"]] = card.get("id_tag_info")
        Keeping.cards = {tag: one for tag, one in Keeping.cards.items() if one}
        Keeping.version = list_version
        return call_result.SendLocalList("Accepted")


@pytest.fixture
async def garage(
    server: ConfigEntry[Any], request: pytest.FixtureRequest
) -> AsyncIterator[Garage]:
    """Return a wallbox that dials the server, with no car yet; of 1.6 as a rule."""
    kind: type[ChargePoint] = getattr(request, "param", ChargePoint)
    garage = Garage(server, kind, redial_s=(0.1, 0.3))
    garage.house.cars[0].connected = False
    await garage.wallbox.start()
    yield garage
    await garage.wallbox.stop()


@pytest.fixture
def keeping(garage: Garage) -> type[Keeping]:
    """Let the wallbox keep a list from its next connection on."""
    Keeping.cards, Keeping.version = {}, 0
    box = garage.wallbox
    box._session = lambda line, answer_s: Keeping(box, line, answer_s)  # type: ignore[method-assign]
    box.configuration["SupportedFeatureProfiles"] += ",LocalAuthListManagement"
    box.drop()
    return Keeping


async def step(
    hass: HomeAssistant, flow: Any, typed: dict[str, Any] | None = None
) -> Any:
    """Go on in the flow of a card."""
    return await hass.config_entries.subentries.async_configure(flow["flow_id"], typed)


async def open_flow(hass: HomeAssistant, server: ConfigEntry[Any]) -> Any:
    """Press the button that adds a card."""
    return await hass.config_entries.subentries.async_init(
        (server.entry_id, "card"), context={"source": SOURCE_USER}
    )


async def add_card(
    hass: HomeAssistant, server: ConfigEntry[Any], name: str = "Anna", **more: Any
) -> Any:
    """Add a card by its number."""
    flow = await open_flow(hass, server)
    assert flow["menu_options"] == ["where", "card"]
    flow = await step(hass, flow, {"next_step_id": "card"})
    result = await step(hass, flow, {"name": name, "tag": TAG, **more})
    await hass.async_block_till_done()
    return result


async def set_rules(
    hass: HomeAssistant, server: ConfigEntry[Any], **chosen: Any
) -> None:
    """Choose who may charge."""
    flow = await hass.config_entries.options.async_init(server.entry_id)
    assert flow["menu_options"] == ["who_may_charge", "sessions"]
    flow = await hass.config_entries.options.async_configure(
        flow["flow_id"], {"next_step_id": "who_may_charge"}
    )
    await hass.config_entries.options.async_configure(flow["flow_id"], chosen)
    await hass.async_block_till_done()


def last(hass: HomeAssistant, entity_id: str = ACTIVITY) -> dict[str, Any]:
    """Return what happened last."""
    state = hass.states.get(entity_id)
    return {} if state is None else dict(state.attributes)


async def present(hass: HomeAssistant, garage: Garage, event: str) -> dict[str, Any]:
    """Hold the card to the wallbox; return what is told of it."""
    before = hass.states.get(CARDS)
    garage.wallbox.present_tag(TAG)
    await until(
        hass,
        garage,
        lambda: (
            hass.states.get(CARDS) != before
            and last(hass, CARDS).get("event_type") == event
        ),
        event,
    )
    return last(hass, CARDS)


async def free(hass: HomeAssistant, garage: Garage) -> ConfigEntry[Any]:
    """Let the wallbox in and wait until it says that no car is there."""
    entry = await let_in(hass, garage)
    await until(hass, garage, lambda: status(hass) == "available", "available")
    return entry


def status(hass: HomeAssistant) -> str:
    """Return the status of the connector."""
    return getattr(hass.states.get(STATUS), "state", "")


async def test_card_is_added_and_changed_with_every_connection_as_it_is(
    hass: HomeAssistant, garage: Garage, server: ConfigEntry[Any]
) -> None:
    """Its label is told instead of its number; a blocked card is refused at once."""
    entry = await free(hass, garage)
    charger, server_before = entry.runtime_data.charger, server.runtime_data
    link = charger.link
    assert (await add_card(hass, server))["type"] is FlowResultType.CREATE_ENTRY
    told = await present(hass, garage, "card_accepted")
    assert told["label"] == "Anna"
    assert not {"tag", "status"} & told.keys()
    assert last(hass).get("event_type") != "card_accepted"

    (card,) = server.get_subentries_of_type("card")
    flow = await hass.config_entries.subentries.async_init(
        (server.entry_id, "card"),
        context={"source": SOURCE_RECONFIGURE, "subentry_id": card.subentry_id},
    )
    result = await step(hass, flow, {"name": "Ben", "tag": TAG, "blocked": True})
    assert result["reason"] == "reconfigure_successful"
    await hass.async_block_till_done()
    told = await present(hass, garage, "card_refused")
    assert (told["label"], told["reason"]) == ("Ben", "blocked")

    hass.config_entries.async_remove_subentry(server, card.subentry_id)
    await hass.async_block_till_done()
    assert (await present(hass, garage, "card_accepted"))["label"] is None
    assert charger.link is link
    assert entry.runtime_data.charger is charger
    assert server.runtime_data is server_before


async def test_form_of_a_card(hass: HomeAssistant, server: ConfigEntry[Any]) -> None:
    """What can't be is said; empty fields are not kept."""
    result = await add_card(hass, server, tag=" ")
    assert result["errors"] == {"tag": "tag_form"}
    result = await step(hass, result, {"name": "A", "tag": TAG, "group": "x" * 21})
    assert result["errors"] == {"group": "group_too_long"}
    result = await step(
        hass, result, {"name": "A", "tag": f" {TAG} ", "energy_limit": 0}
    )
    (card,) = server.get_subentries_of_type("card")
    assert card.data == {"tag": TAG}
    assert label_of(hass, TAG.lower()) == "A"
    assert label_of(hass, "99887766") == "…66"
    result = await add_card(hass, server, tag=TAG.lower())
    assert result["errors"] == {"tag": "card_exists"}


async def test_rules_of_a_card(
    hass: HomeAssistant, garage: Garage, server: ConfigEntry[Any]
) -> None:
    """It may charge until the end of a day, and at the wallboxes that were chosen."""
    await free(hass, garage)
    today = dt_util.now().date()
    await add_card(
        hass,
        server,
        expiry=today.isoformat(),
        wallboxes=["GARAGE/1"],
        energy_limit=7.5,
        group="Family",
        alone=True,
    )
    tokens = server.runtime_data.gate.tokens
    token = tokens.find(TAG)
    assert (token.limit_wh, token.parent, token.alone) == (7500, "Family", True)
    tomorrow = dt_util.start_of_local_day(today + timedelta(days=1))
    just_before = tomorrow - timedelta(seconds=1)
    assert tokens.decide(TAG, "GARAGE/1", just_before).status == "Accepted"
    assert tokens.decide(TAG, "GARAGE/1", tomorrow).status == "Expired"
    assert tokens.decide(TAG, "OTHER", just_before).status == "Blocked"


async def test_card_is_learnt(
    hass: HomeAssistant, garage: Garage, server: ConfigEntry[Any]
) -> None:
    """Held to the wallbox it is taken over into the form, without typing."""
    await free(hass, garage)
    flow = await open_flow(hass, server)
    flow = await step(hass, flow, {"next_step_id": "where"})
    assert flow["type"] is FlowResultType.SHOW_PROGRESS
    assert flow["progress_action"] == "hold_card"
    await present(hass, garage, "card_learned")
    flow = await step(hass, flow)
    assert flow["step_id"] == "card"
    (tag,) = (one for one in flow["data_schema"].schema if one == "tag")
    assert tag.description == {"suggested_value": TAG}
    result = await step(hass, flow, {"name": "Anna", "tag": TAG})
    assert result["type"] is FlowResultType.CREATE_ENTRY


async def test_a_card_is_learnt_at_the_chosen_wallbox(
    hass: HomeAssistant,
    garage: Garage,
    server: ConfigEntry[Any],
    expected_logs: list[str],
) -> None:
    """Of several wallboxes one is chosen, and a card held to another is not taken."""
    expected_logs.append("Carport is no longer connected")
    await free(hass, garage)
    url = f"ws://127.0.0.1:{server.data['port']}"
    other = ChargePoint(
        garage.house, Car("other", connected=False), url, "CARPORT", redial_s=(0.1, 0.3)
    )
    await other.start()
    try:
        await until(hass, garage, lambda: bool(knocks(hass)), "knock")
        (knock,) = knocks(hass)
        await hass.config_entries.flow.async_configure(
            knock["flow_id"], {"name": "Carport", "maximum_current": 16}
        )
        await hass.async_block_till_done()
        flow = await open_flow(hass, server)
        flow = await step(hass, flow, {"next_step_id": "where"})
        assert flow["step_id"] == "where"
        flow = await step(hass, flow, {"wallboxes": "GARAGE/1"})
        assert flow["type"] is FlowResultType.SHOW_PROGRESS
        other.present_tag("04B0B0B0")
        await garage.live(5)
        await hass.async_block_till_done()
        flow = await step(hass, flow)
        assert flow["type"] is FlowResultType.SHOW_PROGRESS
        await present(hass, garage, "card_learned")
        flow = await step(hass, flow)
        (tag,) = (one for one in flow["data_schema"].schema if one == "tag")
        assert tag.description == {"suggested_value": TAG}
        await step(hass, flow, {"name": "Anna", "tag": TAG})
    finally:
        await other.stop()


async def test_no_card_is_learnt(
    hass: HomeAssistant,
    garage: Garage,
    server: ConfigEntry[Any],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Without a wallbox, and without a card, the flow says so and offers the number."""
    flow = await open_flow(hass, server)
    flow = await step(hass, flow, {"next_step_id": "where"})
    assert flow["step_id"] == "none_connected"
    await free(hass, garage)
    monkeypatch.setattr(card_flow, "LEARN_S", 0.01)
    flow = await step(hass, flow, {"next_step_id": "where"})
    await until(
        hass,
        garage,
        lambda: any(
            one.get("step_id") == "not_held"
            for one in hass.config_entries.subentries.async_progress()
        ),
        "the end of waiting",
    )
    flow = await step(hass, flow)
    assert flow["menu_options"] == ["where", "card"]
    flow = await step(hass, flow, {"next_step_id": "card"})
    assert flow["step_id"] == "card"


async def test_no_card_is_learnt_while_the_server_is_off(
    hass: HomeAssistant, garage: Garage, server: ConfigEntry[Any]
) -> None:
    """The flow says that no wallbox is connected, and goes on once it runs again."""
    await free(hass, garage)
    flow = await open_flow(hass, server)
    await hass.config_entries.async_unload(server.entry_id)
    flow = await step(hass, flow, {"next_step_id": "where"})
    assert flow["step_id"] == "none_connected"
    assert flow["menu_options"] == ["where", "card"]
    await hass.config_entries.async_setup(server.entry_id)

    def connected() -> bool:
        charger = server.runtime_data.central.charger("GARAGE/1")
        return charger is not None and charger.online

    await until(hass, garage, connected, "connected again")
    flow = await step(hass, flow, {"next_step_id": "where"})
    assert flow["type"] is FlowResultType.SHOW_PROGRESS
    await present(hass, garage, "card_learned")
    flow = await step(hass, flow)
    assert flow["step_id"] == "card"


async def test_only_known_cards(
    hass: HomeAssistant,
    garage: Garage,
    server: ConfigEntry[Any],
    ksem: Ksem,
    set_up_ksem: SetUp,
) -> None:
    """A car waits for its card, which the site says; the card lets it charge."""
    await free(hass, garage)
    await set_up_ksem()
    await set_rules(hass, server, policy="known", offline="unchanged", local_list=False)
    assert server.options == {"policy": "known", "offline": "unchanged"}
    await set_up_site(hass, "fast")
    garage.house.cars[0].connected = True
    reason = "sensor.wallbox_reason"
    await until(
        hass,
        garage,
        lambda: getattr(hass.states.get(reason), "state", "") == "auth_pending",
        "a car that waits for its card",
    )
    await garage.live(20)
    await hass.async_block_till_done()
    assert garage.wallbox.transaction is None
    assert (await present(hass, garage, "card_refused"))["reason"] == "invalid"
    assert garage.wallbox.transaction is None
    await add_card(hass, server)
    garage.wallbox.present_tag(TAG)
    await until(hass, garage, lambda: status(hass) == "charging", "charging")
    assert last(hass)["label"] == "Anna"


async def test_switch_starts_without_a_card(
    hass: HomeAssistant, garage: Garage, server: ConfigEntry[Any]
) -> None:
    """What its owner does by hand counts as a card, for the car that is there."""
    await free(hass, garage)
    await set_rules(hass, server, policy="known", offline="unchanged", local_list=False)
    garage.house.cars[0].connected = True
    await until(hass, garage, lambda: status(hass) == "preparing", "car plugged in")
    await hass.services.async_call(
        "switch",
        "turn_on",
        {ATTR_ENTITY_ID: "switch.wallbox_charging"},
        blocking=True,
    )
    await until(hass, garage, lambda: status(hass) == "charging", "charging")


async def test_another_rule_at_one_wallbox(
    hass: HomeAssistant, garage: Garage, server: ConfigEntry[Any]
) -> None:
    """Where everybody may, a car is started although the server wants cards."""
    entry = await free(hass, garage)
    await set_rules(hass, server, policy="known", offline="unchanged", local_list=False)
    link = entry.runtime_data.charger.link

    async def choose(policy: str) -> None:
        flow = await open_options(hass, entry)
        await hass.config_entries.options.async_configure(
            flow["flow_id"],
            {"fallback": False, "fallback_current": 6, "policy": policy},
        )
        await hass.async_block_till_done()

    await choose("everybody")
    assert entry.options["policy"] == "everybody"
    garage.house.cars[0].connected = True
    await until(hass, garage, lambda: status(hass) == "charging", "charging")
    await choose("server")
    assert "policy" not in entry.options
    assert entry.runtime_data.charger.needs_card
    assert entry.runtime_data.charger.link is link


async def test_energy_of_a_card_is_used_up(
    hass: HomeAssistant, garage: Garage, server: ConfigEntry[Any]
) -> None:
    """The session is ended; the car that stays is not started, nor after a restart."""
    entry = await free(hass, garage)
    await add_card(hass, server, energy_limit=0.1)
    await hass.services.async_call(
        "switch",
        "turn_off",
        {ATTR_ENTITY_ID: "switch.wallbox_charging"},
        blocking=True,
    )
    garage.house.cars[0].connected = True
    await until(hass, garage, lambda: status(hass) == "preparing", "car plugged in")
    garage.wallbox.present_tag(TAG)
    await until(hass, garage, lambda: status(hass) == "charging", "charging")
    await until(
        hass,
        garage,
        lambda: last(hass).get("event_type") == "transaction_stopped",
        "end of session",
    )
    assert last(hass)["reason"] == "remote"
    assert last(hass)["energy_wh"] >= 100
    await hass.config_entries.async_reload(server.entry_id)
    await until(
        hass,
        garage,
        lambda: (
            entry.state is ConfigEntryState.LOADED
            and entry.runtime_data.charger.online
            and status(hass) == "finishing"
        ),
        "its return",
    )
    assert entry.runtime_data.charger.connector(1).spent
    await hass.services.async_call(
        "switch",
        "turn_off",
        {ATTR_ENTITY_ID: "switch.wallbox_charging"},
        blocking=True,
    )
    garage.house.cars[0].connected = False
    await until(hass, garage, lambda: status(hass) == "available", "unplugged")
    assert not entry.runtime_data.charger.connector(1).spent


async def test_wallbox_keeps_the_cards(
    hass: HomeAssistant,
    garage: Garage,
    server: ConfigEntry[Any],
    keeping: type[Keeping],
) -> None:
    """By choice: it hears of each card, nothing twice, and forgets them with us."""
    entry = await free(hass, garage)
    await add_card(hass, server, group="Family")
    assert not keeping.cards
    await set_rules(
        hass, server, policy="everybody", offline="unchanged", local_list=True
    )
    family = {"status": "Accepted", "parent_id_tag": "Family"}
    await until(hass, garage, lambda: keeping.cards == {TAG: family}, "the first list")
    version = keeping.version
    await add_card(hass, server, name="Ben", tag="B1", blocked=True)
    await until(hass, garage, lambda: len(keeping.cards) == 2, "another card")
    assert keeping.cards["B1"] == {"status": "Blocked"}
    assert keeping.version > version
    told = await async_get_config_entry_diagnostics(hass, entry)
    assert "SendLocalList" in str(told)
    assert TAG not in str(told)
    await hass.config_entries.async_remove(entry.entry_id)
    assert not keeping.cards


async def test_list_of_a_wallbox_has_one_owner(
    hass: HomeAssistant,
    garage: Garage,
    server: ConfigEntry[Any],
    keeping: type[Keeping],
) -> None:
    """While the server copies its cards, the action says where they come from."""
    entry = await free(hass, garage)
    await act(hass, entry, "set_card_list", cards=["B1"])
    assert set(keeping.cards) == {"B1"}
    await add_card(hass, server)
    await set_rules(
        hass, server, policy="everybody", offline="unchanged", local_list=True
    )
    await until(hass, garage, lambda: set(keeping.cards) == {TAG}, "the server's list")
    with pytest.raises(ServiceValidationError, match="is a copy of its server"):
        await act(hass, entry, "set_card_list", cards=["B1"])
    assert set(keeping.cards) == {TAG}


@pytest.mark.parametrize("expected_logs", [["no longer connected"]])
async def test_blocked_card_is_forgotten_by_the_wallbox(
    hass: HomeAssistant,
    garage: Garage,
    server: ConfigEntry[Any],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """At once, or as soon as it is back; a card that may more clears nothing."""
    monkeypatch.setattr(card_cache, "_PAUSE_S", 0)
    box = garage.wallbox
    box.configuration["AuthorizationCacheEnabled"] = "true"
    await free(hass, garage)
    await until(hass, garage, lambda: bool(status(hass)), "status")
    await add_card(hass, server)
    await garage.live(20)
    await hass.async_block_till_done()
    assert box.upkeep.cache_cleared == 0
    (card,) = server.get_subentries_of_type("card")
    hass.config_entries.async_update_subentry(
        server, card, data={**card.data, "blocked": True}
    )
    await until(hass, garage, lambda: box.upkeep.cache_cleared == 1, "clearing")
    await box.stop()
    hass.config_entries.async_update_subentry(server, card, data={"tag": TAG})
    await hass.async_block_till_done()
    await set_rules(hass, server, policy="known", offline="unchanged", local_list=False)
    await box.start()
    await until(hass, garage, lambda: box.upkeep.cache_cleared == 2, "at its return")


async def test_who_may_charge_is_asked_at_first(
    hass: HomeAssistant, tmp_path: Path, socket_enabled: None
) -> None:
    """Everybody is proposed and can be seen; another choice holds from the start."""
    hass.config.config_dir = str(tmp_path)
    result = await hass.config_entries.flow.async_init(
        DOMAIN, context={"source": SOURCE_USER}
    )
    result = await hass.config_entries.flow.async_configure(
        result["flow_id"], {"next_step_id": "ocpp_server"}
    )
    assert result["data_schema"] is not None
    assert result["data_schema"]({})["policy"] == "everybody"
    result = await new_server(hass, free_port(), policy="known")
    entry = result["result"]
    hass.config_entries.flow.async_abort(result["next_flow"][1])
    await hass.async_block_till_done()
    assert "policy" not in entry.data
    assert entry.options == {"policy": "known"}
    verdict = entry.runtime_data.gate.decide(TAG, "GARAGE/1", dt_util.utcnow())
    assert not verdict.accepted
    await hass.config_entries.async_unload(entry.entry_id)


async def test_closed_flow_learns_nothing(
    hass: HomeAssistant, garage: Garage, server: ConfigEntry[Any]
) -> None:
    """Nobody waits for a card any more when the dialog is closed."""
    await free(hass, garage)
    flow = await open_flow(hass, server)
    await step(hass, flow, {"next_step_id": "where"})
    gate = server.runtime_data.gate
    await until(hass, garage, lambda: gate.learns, "somebody who waits")
    hass.config_entries.subentries.async_abort(flow["flow_id"])
    await until(hass, garage, lambda: not gate.learns, "nobody who waits")


@pytest.mark.parametrize(
    "garage", [ChargePoint, ChargePoint2], ids=["1.6", "2.0.1"], indirect=True
)
async def test_number_of_a_card_is_nowhere(
    hass: HomeAssistant,
    garage: Garage,
    server: ConfigEntry[Any],
    caplog: pytest.LogCaptureFixture,
    issue_registry: ir.IssueRegistry,
    expected_logs: list[str],
) -> None:
    """Not in logs, states, diagnostics or issues: known, unknown, and charging."""
    expected_logs.append("it keeps no list")
    caplog.set_level(logging.DEBUG, "custom_components.meters_and_chargers")
    entry = await free(hass, garage)
    states: list[str] = []
    hass.bus.async_listen("state_changed", lambda event: states.append(str(event.data)))
    await set_rules(hass, server, policy="known", offline="known", local_list=True)
    await present(hass, garage, "card_refused")
    await add_card(hass, server, group="Family 7")
    garage.house.cars[0].connected = True
    await until(hass, garage, lambda: status(hass) == "preparing", "car plugged in")
    garage.wallbox.present_tag(TAG)
    await until(hass, garage, lambda: status(hass) == "charging", "charging")
    told = [
        json.dumps(await async_get_config_entry_diagnostics(hass, one), default=str)
        for one in (server, entry)
    ]
    assert '"policy": "known"' in told[0]
    ours = [r for r in caplog.records if r.name.startswith("custom_components")]
    shown = [
        *states,
        *told,
        *(str(state.as_dict()) for state in hass.states.async_all()),
        *(record.getMessage() for record in ours),
        *(str(issue) for issue in issue_registry.issues.values()),
    ]
    assert states
    assert not any(TAG in one or TAG.lower() in one for one in shown)
    assert not any("Family 7" in one for one in told)
