"""A wallbox of the OCPP server at a billing service, in a real Home Assistant."""

import asyncio
from datetime import datetime
import json
import socket
from typing import Any

from homeassistant.config_entries import ConfigEntry, ConfigEntryDisabler
from homeassistant.core import HomeAssistant
from homeassistant.helpers import entity_registry as er
from homeassistant.helpers import issue_registry as ir
from homeassistant.helpers.aiohttp_client import async_get_clientsession
from ocpp.v16 import call
import pytest

from custom_components.meters_and_chargers import billing
from custom_components.meters_and_chargers.const import DOMAIN
from custom_components.meters_and_chargers.diagnostics import (
    async_get_config_entry_diagnostics,
)
from custom_components.meters_and_chargers.engine.gateway import uplink
from custom_components.meters_and_chargers.engine.gateway.queue import Queue
from custom_components.meters_and_chargers.engine.protocols.ocpp import client
from simulators.backend import Backend
from simulators.car import Car
from simulators.charge_point import ChargePoint
from simulators.charge_point_2 import ChargePoint2

from .billing import (
    CARD,
    CLIENT,
    CONNECTED,
    ERROR,
    LIMITS,
    OLDEST,
    PASSWORD,
    QUEUE,
    backend,
    bill,
    enter,
    open_billing,
    profile,
    quick,
    submit,
)
from .test_devices import value
from .test_ocpp import (
    CURRENT,
    Garage,
    charging,
    garage,
    let_in,
    open_options,
    server,
    set_current,
    until,
)
from .test_ocpp_cards import add_card, set_rules

__all__ = ["backend", "garage", "quick", "server"]

_RULES = {"offline", "fixed_tag", "passed_on"}
"""What does not count for a relay."""


@pytest.fixture
async def entry(
    hass: HomeAssistant, garage: Garage, server: ConfigEntry[Any]
) -> ConfigEntry[Any]:
    """Return the wallbox's entry; a car needs a card, and none is there."""
    await set_rules(hass, server, policy="known", offline="unchanged", local_list=False)
    garage.house.cars[0].connected = False
    return await let_in(hass, garage)


def shown(hass: HomeAssistant, entity_id: str) -> str:
    """Return a state; empty while there is none."""
    state = hass.states.get(entity_id)
    return "" if state is None else state.state


def issue(hass: HomeAssistant, key: str, entry: ConfigEntry[Any]) -> Any:
    """Return an issue of the wallbox."""
    return ir.async_get(hass).async_get_issue(DOMAIN, f"{key}_{entry.entry_id}")


async def empty(hass: HomeAssistant, garage: Garage) -> None:
    """Wait until the billing service has all."""
    await until(hass, garage, lambda: shown(hass, QUEUE) == "0", "an empty queue")


async def session(hass: HomeAssistant, garage: Garage) -> None:
    """Let a car charge by its card, and end it."""
    garage.house.cars[0].connected = True
    garage.wallbox.present_tag(CARD)
    await until(hass, garage, lambda: garage.wallbox.transaction, "a beginning")
    await garage.live(5)
    garage.wallbox.present_tag(CARD)
    await until(hass, garage, lambda: not garage.wallbox.transaction, "an end")
    garage.house.cars[0].connected = False


async def test_a_wallbox_is_billed(
    hass: HomeAssistant, garage: Garage, entry: ConfigEntry[Any], backend: Backend
) -> None:
    """Set up by its options, tried there, then each session arrives, once."""
    backend.identities = {CLIENT: PASSWORD}
    await bill(hass, entry, backend, password=PASSWORD)
    assert backend.paths[0] == f"/cpo/ocpp/{CLIENT}"
    await until(hass, garage, lambda: shown(hass, CONNECTED) == "on", "connected")
    assert shown(hass, ERROR) == "none"
    await session(hass, garage)
    await until(
        hass, garage, lambda: backend.booked and backend.booked[0].stops, "billed"
    )
    await empty(hass, garage)
    (booked,) = backend.booked
    assert booked.start["id_tag"] == CARD
    assert (booked.starts, len(booked.stops)) == (1, 1)
    assert backend.boots[-1]["charge_point_serial_number"] == garage.wallbox.serial
    assert shown(hass, OLDEST) == "unknown"


@pytest.mark.parametrize(
    ("said", "error", "passes"),
    [
        ({"identities": {"ANOTHER": ""}}, "billing_identity", False),
        ({"identities": {CLIENT: "other"}}, "billing_password", False),
        ({"boot_status": "Rejected"}, "billing_rejected", False),
        ({"protocols": ("ocpp2.0.1",)}, "billing_version", False),
        ({"boot_status": "Pending"}, "billing_pending", True),
        ({"http_status": 503}, "billing_busy", True),
        ({"http_status": 500}, "billing_handshake", True),
    ],
)
async def test_what_is_wrong_is_said(
    hass: HomeAssistant,
    entry: ConfigEntry[Any],
    backend: Backend,
    said: dict[str, Any],
    error: str,
    *,
    passes: bool,
) -> None:
    """The form names it, and can be stored all the same where it may pass."""
    for name, one in said.items():
        setattr(backend, name, one)
    result = await enter(hass, entry, backend)
    assert result["step_id"] == "billing"
    assert result["errors"] == {"base": error}
    assert ("save_anyway" in result["data_schema"].schema) is passes
    hass.config_entries.options.async_abort(result["flow_id"])
    assert "billing" not in entry.options


@pytest.mark.parametrize(
    ("told", "error"),
    [
        ({"drop_after": 0}, "billing_closed"),
        ({"lose_answers": 1}, "billing_silent"),
    ],
)
async def test_a_service_that_says_nothing_is_told_so(
    hass: HomeAssistant,
    entry: ConfigEntry[Any],
    backend: Backend,
    monkeypatch: pytest.MonkeyPatch,
    told: dict[str, int],
    error: str,
) -> None:
    """One that hangs up, and one that leaves a greeting without an answer."""
    monkeypatch.setattr(uplink, "ANSWER_S", 0.3)
    for name, one in told.items():
        setattr(backend, name, one)
    result = await enter(hass, entry, backend)
    assert result["errors"] == {"base": error}
    hass.config_entries.options.async_abort(result["flow_id"])


async def test_a_name_that_nobody_knows_is_told_so(
    hass: HomeAssistant,
    entry: ConfigEntry[Any],
    backend: Backend,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """It is spelt wrong, or the Internet is away."""

    async def unknown(*_: object, **__: object) -> list[Any]:
        raise OSError(socket.EAI_NONAME, "Name or service not known")

    resolver = async_get_clientsession(hass).connector._resolver
    monkeypatch.setattr(resolver, "resolve", unknown)
    result = await enter(hass, entry, backend, url="ws://service.invalid/ocpp")
    assert result["errors"] == {"base": "billing_name"}
    hass.config_entries.options.async_abort(result["flow_id"])


async def test_a_line_without_encryption_or_words_is_told_so(
    hass: HomeAssistant,
    entry: ConfigEntry[Any],
    backend: Backend,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """It speaks no TLS, or takes the connection and says nothing at all."""
    encrypted = backend.url.replace("ws://", "wss://")
    result = await enter(hass, entry, backend, url=encrypted, trust="nothing")
    assert result["errors"] == {"base": "billing_encryption"}
    hass.config_entries.options.async_abort(result["flow_id"])
    monkeypatch.setattr(client, "CONNECT_S", 0.5)
    with socket.create_server(("127.0.0.1", 0)) as silent:
        url = f"ws://127.0.0.1:{silent.getsockname()[1]}/"
        result = await enter(hass, entry, backend, url=url)
    assert result["errors"] == {"base": "billing_silent"}
    hass.config_entries.options.async_abort(result["flow_id"])


async def test_a_form_that_can_not_be_right_is_not_tried(
    hass: HomeAssistant, entry: ConfigEntry[Any], backend: Backend
) -> None:
    """Another address than a WebSocket's, no client id, a card that is too long."""
    for typed, error in (
        (
            {"url": "https://service.example/ocpp", "password": PASSWORD},
            {"url": "billing_address"},
        ),
        ({"client_id": " "}, {"client_id": "billing_no_identity"}),
        ({"fixed_tag": "x" * 21}, {"fixed_tag": "billing_tag"}),
    ):
        result = await enter(hass, entry, backend, **typed)
        assert result["errors"] == error
        hass.config_entries.options.async_abort(result["flow_id"])
    assert not backend.paths


async def test_a_password_is_kept_from_form_to_form(
    hass: HomeAssistant, garage: Garage, entry: ConfigEntry[Any], backend: Backend
) -> None:
    """It need not be typed again after a failed test, nor when all else changes."""
    backend.identities = {CLIENT: PASSWORD}
    backend.boot_status = "Pending"
    result = await enter(hass, entry, backend, password=PASSWORD)
    assert result["errors"] == {"base": "billing_pending"}
    typed = {"url": backend.url, "client_id": CLIENT}
    await submit(hass, result, {**typed, "save_anyway": True})
    assert entry.options["billing"]["password"] == PASSWORD
    await until(hass, garage, lambda: shown(hass, ERROR) == "pending", "its error")
    backend.boot_status = "Accepted"
    await bill(hass, entry, backend, offline="all")
    assert entry.options["billing"]["password"] == PASSWORD
    await until(hass, garage, lambda: shown(hass, CONNECTED) == "on", "connected")
    form = await open_billing(hass, entry)
    assert PASSWORD not in str(form["data_schema"].schema)
    hass.config_entries.options.async_abort(form["flow_id"])
    await hass.config_entries.async_unload(entry.data["server"])
    result = await enter(hass, entry, backend, end=True)
    assert result["errors"] == {"base": "no_server_now"}
    hass.config_entries.options.async_abort(result["flow_id"])


async def test_it_is_stored_although_nobody_answers(
    hass: HomeAssistant, garage: Garage, entry: ConfigEntry[Any], backend: Backend
) -> None:
    """Then what happens is kept, shown as waiting, and delivered once it answers."""
    await backend.stop()
    result = await enter(hass, entry, backend, offline="all")
    assert result["errors"] == {"base": "billing_unreachable"}
    await hass.config_entries.options.async_configure(
        result["flow_id"],
        {
            "url": backend.url,
            "client_id": CLIENT,
            "offline": "all",
            "save_anyway": True,
        },
    )
    await hass.async_block_till_done()
    assert "save_anyway" not in entry.options["billing"]
    await until(hass, garage, lambda: shown(hass, ERROR) == "unreachable", "its error")
    assert shown(hass, CONNECTED) == "off"
    await session(hass, garage)
    await until(hass, garage, lambda: int(shown(hass, QUEUE)) >= 2, "a queue")
    assert datetime.fromisoformat(shown(hass, OLDEST)).tzinfo is not None
    await backend.start()
    await empty(hass, garage)
    assert all((one.starts, len(one.stops)) == (1, 1) for one in backend.booked), (
        backend.booked
    )
    assert shown(hass, CONNECTED) == "on"
    assert shown(hass, ERROR) == "unreachable"  # it is the last there was


async def test_what_limits_is_shown(
    hass: HomeAssistant, garage: Garage, backend: Backend
) -> None:
    """The lowest limit counts, and its owner is named."""
    entry = await charging(hass, garage)
    await bill(hass, entry, backend)
    await until(hass, garage, lambda: shown(hass, CONNECTED) == "on", "connected")
    assert shown(hass, LIMITS) == "hardware"
    await backend.ask(CLIENT, profile(9))
    await until(hass, garage, lambda: shown(hass, LIMITS) == "backend", "its limit")
    await until(hass, garage, lambda: garage.wallbox.offered_a == 9, "9 A")
    await set_current(hass, 7)
    await until(hass, garage, lambda: shown(hass, LIMITS) == "local", "ours")
    assert garage.wallbox.offered_a == 7
    await backend.ask(CLIENT, profile(0))
    await until(hass, garage, lambda: shown(hass, LIMITS) == "backend", "its pause")
    await until(hass, garage, lambda: value(hass, CURRENT) == "0.0", "a pause")


async def test_entities_come_and_go_with_the_service(
    hass: HomeAssistant, garage: Garage, entry: ConfigEntry[Any], backend: Backend
) -> None:
    """Without one there are none; ended, they and all that was kept are gone."""
    entities = er.async_get(hass)

    def ours() -> set[str]:
        found = er.async_entries_for_config_entry(entities, entry.entry_id)
        return {
            one.translation_key
            for one in found
            if one.translation_key and one.translation_key.startswith("backend_")
        }

    assert not ours()
    await bill(hass, entry, backend)
    assert ours() == {
        "backend_connected",
        "backend_queue",
        "backend_oldest",
        "backend_error",
        "backend_limiter",
    }
    charger = entry.runtime_data.charger
    assert charger.wishes.witness is not None
    form = await open_billing(hass, entry)
    await hass.config_entries.options.async_configure(
        form["flow_id"], {"url": backend.url, "client_id": CLIENT, "end": True}
    )
    await hass.async_block_till_done()
    assert not ours()
    assert charger.wishes.witness is None
    assert "billing" not in entry.options
    await until(hass, garage, lambda: not backend.hubs, "hung up")


async def test_what_waits_goes_to_no_other_account(
    hass: HomeAssistant, garage: Garage, entry: ConfigEntry[Any], backend: Backend
) -> None:
    """Another client id needs a word about what waits for the former one."""
    await bill(hass, entry, backend, offline="all")
    await backend.stop()
    await session(hass, garage)
    await until(hass, garage, lambda: int(shown(hass, QUEUE)) >= 2, "a queue")
    other = Backend()
    await other.start()
    try:
        typed = {"client_id": "CP-2", "offline": "all"}
        result = await enter(hass, entry, other, **typed)
        assert result["errors"] == {"base": "billing_waiting"}
        hass.config_entries.options.async_abort(result["flow_id"])
        result = await enter(hass, entry, other, **typed, discard=True)
        await hass.config_entries.options.async_configure(result["flow_id"], {})
        await hass.async_block_till_done()
        await until(hass, garage, lambda: shown(hass, CONNECTED) == "on", "connected")
        await empty(hass, garage)
        await session(hass, garage)
        await until(
            hass, garage, lambda: other.booked and other.booked[-1].stops, "billed"
        )
        assert len(other.booked) == 1
    finally:
        await hass.config_entries.async_unload(entry.data["server"])
        await other.stop()


async def test_what_waits_is_lost_only_if_its_owner_says_so(
    hass: HomeAssistant, garage: Garage, entry: ConfigEntry[Any], backend: Backend
) -> None:
    """To end the billing needs a word about what the service has not got yet."""
    await bill(hass, entry, backend, offline="all")
    await backend.stop()
    await session(hass, garage)
    await until(hass, garage, lambda: int(shown(hass, QUEUE)) >= 2, "a queue")
    form = await enter(hass, entry, backend, offline="all", end=True)
    assert form["errors"] == {"base": "billing_waiting"}
    assert int(form["description_placeholders"]["count"]) >= 2
    assert "billing" in entry.options
    typed = {"url": backend.url, "client_id": CLIENT, "end": True, "discard": True}
    form = await submit(hass, form, typed)
    assert form["type"] == "create_entry"
    await hass.async_block_till_done()
    assert "billing" not in entry.options
    assert hass.states.get(QUEUE) is None


async def test_a_session_that_begins_meanwhile_keeps_its_mode(
    hass: HomeAssistant, garage: Garage, server: ConfigEntry[Any], backend: Backend
) -> None:
    """Another mode, chosen before the session, is refused in the form after it."""
    garage.house.cars[0].connected = False
    entry = await let_in(hass, garage)
    form = await open_billing(hass, entry, "relay")
    assert form["step_id"] == "billing"
    garage.house.cars[0].connected = True
    charger = entry.runtime_data.charger
    await until(hass, garage, lambda: charger.connector(1).session, "a session")
    form = await submit(hass, form, {"url": backend.url, "client_id": CLIENT})
    assert form["errors"] == {"base": "billing_session"}
    assert not backend.paths
    garage.house.cars[0].connected = False
    await until(hass, garage, lambda: not charger.connector(1).session, "its end")
    form = await submit(hass, form, {"url": backend.url, "client_id": CLIENT})
    assert form["step_id"] == "billing_done"


async def test_a_reload_misses_nothing(
    hass: HomeAssistant, garage: Garage, entry: ConfigEntry[Any], backend: Backend
) -> None:
    """The gateway outlives its wallbox's entry, and takes other options as it runs."""
    await bill(hass, entry, backend)
    await until(hass, garage, lambda: shown(hass, CONNECTED) == "on", "connected")
    gateway = entry.runtime_data.gateway
    garage.house.cars[0].connected = True
    garage.wallbox.present_tag(CARD)
    await until(hass, garage, lambda: backend.booked, "a beginning")
    await hass.config_entries.async_unload(entry.entry_id)
    garage.wallbox.present_tag(CARD)
    await until(hass, garage, lambda: backend.booked[0].stops, "an end")
    await hass.config_entries.async_setup(entry.entry_id)
    assert entry.runtime_data.gateway is gateway
    await enter_again(hass, entry, backend)
    assert entry.runtime_data.gateway is gateway
    assert gateway.shown.point._settings.fixed_tag == "FIXED"
    hass.config_entries.async_update_entry(
        entry, data={**entry.data, "maximum_current": 13}
    )
    await hass.config_entries.async_reload(entry.entry_id)
    assert entry.runtime_data.gateway is gateway
    assert entry.runtime_data.charger.wishes.witness is not None
    assert gateway.shown.point.limit(1).current_ma == 13_000


async def enter_again(
    hass: HomeAssistant, entry: ConfigEntry[Any], backend: Backend
) -> None:
    """Change an option that touches no connection."""
    result = await enter(hass, entry, backend, fixed_tag="FIXED")
    await hass.config_entries.options.async_configure(result["flow_id"], {})
    await hass.async_block_till_done()


async def test_a_disabled_wallbox_is_not_billed(
    hass: HomeAssistant, garage: Garage, entry: ConfigEntry[Any], backend: Backend
) -> None:
    """It hangs up, and goes on when it is enabled again."""
    await bill(hass, entry, backend)
    await until(hass, garage, lambda: backend.hubs, "connected")
    await hass.config_entries.async_set_disabled_by(
        entry.entry_id, ConfigEntryDisabler.USER
    )
    await until(hass, garage, lambda: not backend.hubs, "hung up")
    await hass.config_entries.async_set_disabled_by(entry.entry_id, None)
    await until(hass, garage, lambda: shown(hass, CONNECTED) == "on", "back")


async def test_the_actions(
    hass: HomeAssistant,
    garage: Garage,
    entry: ConfigEntry[Any],
    backend: Backend,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """What waits is read, delivered at once, and the line is made anew."""
    await bill(hass, entry, backend, offline="all")
    await until(hass, garage, lambda: shown(hass, CONNECTED) == "on", "connected")
    device = {"device_id": entry.runtime_data.device_id}

    async def act(name: str, **data: Any) -> Any:
        found: Any = await hass.services.async_call(
            DOMAIN, name, {**device, **data}, blocking=True, return_response=True
        )
        return found[device["device_id"]]

    dialled = len(backend.paths)
    await hass.services.async_call(
        DOMAIN, "reconnect_backend", {"entity_id": CONNECTED}, blocking=True
    )
    await until(hass, garage, lambda: len(backend.paths) > dialled, "dialled anew")
    await until(hass, garage, lambda: shown(hass, CONNECTED) == "on", "connected")
    assert shown(hass, ERROR) == "none"
    await backend.stop()
    await session(hass, garage)
    await until(hass, garage, lambda: int(shown(hass, QUEUE)) >= 2, "a queue")
    found = await act("export_backend_queue")
    assert found["waiting"] == len(found["messages"]) == int(shown(hass, QUEUE))
    first, *others = found["messages"]
    assert first["action"] == "StartTransaction"
    assert json.loads(first["content"])["idTag"] == CARD
    again = await act("export_backend_queue", after=first["number"], limit=1)
    assert again["messages"] == others[:1]
    with pytest.raises(Exception, match="Messages waiting"):
        await act("flush_backend_queue")
    await backend.start()
    monkeypatch.setattr(billing, "FLUSH_S", 60)
    assert await act("flush_backend_queue") == {"waiting": 0}
    assert backend.booked[0].stops
    with pytest.raises(Exception, match="takes cards itself"):
        await act("present_card", card=CARD)
    with pytest.raises(Exception, match="No wallbox with a billing service"):
        await hass.services.async_call(
            DOMAIN, "reconnect_backend", {"device_id": "nothing"}, blocking=True
        )


async def test_who_is_refused_hears_of_it(
    hass: HomeAssistant, garage: Garage, entry: ConfigEntry[Any], backend: Backend
) -> None:
    """An issue, until the billing service knows the wallbox again."""
    await bill(hass, entry, backend)
    await until(hass, garage, lambda: shown(hass, CONNECTED) == "on", "connected")
    backend.identities = {"ANOTHER": ""}
    backend.drop()
    await until(hass, garage, lambda: issue(hass, "billing_refused", entry), "an issue")
    await until(hass, garage, lambda: shown(hass, ERROR) == "identity", "its error")
    backend.identities = {}
    await until(
        hass, garage, lambda: not issue(hass, "billing_refused", entry), "no issue"
    )


async def test_a_loss_is_told(
    hass: HomeAssistant,
    garage: Garage,
    entry: ConfigEntry[Any],
    backend: Backend,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Samples go when there is no more room; beginning and end are all delivered."""
    monkeypatch.setitem(Queue.__init__.__kwdefaults__, "max_bytes", 600)
    await bill(hass, entry, backend, offline="all")
    await until(hass, garage, lambda: shown(hass, CONNECTED) == "on", "connected")
    await backend.ask(CLIENT, call.ChangeConfiguration("MeterValueSampleInterval", "1"))
    await backend.stop()
    garage.house.cars[0].connected = True
    garage.wallbox.present_tag(CARD)
    await until(hass, garage, lambda: garage.wallbox.transaction, "a beginning")
    await until(hass, garage, lambda: issue(hass, "billing_lost", entry), "an issue")
    garage.wallbox.present_tag(CARD)
    await until(hass, garage, lambda: not garage.wallbox.transaction, "an end")
    await backend.start()
    await until(hass, garage, lambda: not issue(hass, "billing_lost", entry), "none")
    (booked,) = backend.booked
    assert (booked.starts, len(booked.stops)) == (1, 1)


async def test_what_the_service_never_takes_is_told(
    hass: HomeAssistant,
    garage: Garage,
    entry: ConfigEntry[Any],
    backend: Backend,
    expected_logs: list[str],
) -> None:
    """Five times refused it is set aside, an issue says so, and the rest arrives."""
    expected_logs += ["set aside"]
    await bill(hass, entry, backend)
    await until(hass, garage, lambda: shown(hass, CONNECTED) == "on", "connected")
    assert issue(hass, "billing_set_aside", entry) is None
    backend.errors = {"StartTransaction": 5}
    await session(hass, garage)
    await until(hass, garage, lambda: issue(hass, "billing_set_aside", entry), "told")
    found = issue(hass, "billing_set_aside", entry)
    assert found.translation_placeholders == {"name": "Wallbox", "count": "1"}
    await empty(hass, garage)
    device = {"device_id": entry.runtime_data.device_id}

    async def act(name: str) -> Any:
        found: Any = await hass.services.async_call(
            DOMAIN, name, device, blocking=True, return_response=True
        )
        return found[device["device_id"]]

    [aside] = (await act("export_backend_queue"))["messages"]
    assert aside["action"] == "StartTransaction"
    assert await act("delete_set_aside") == {"deleted": 1}
    await until(
        hass, garage, lambda: not issue(hass, "billing_set_aside", entry), "no issue"
    )
    found = await act("export_backend_queue")
    assert (found["set_aside"], found["messages"]) == (0, [])
    assert await act("delete_set_aside") == {"deleted": 0}


async def test_diagnostics_name_nobody(
    hass: HomeAssistant, garage: Garage, entry: ConfigEntry[Any], backend: Backend
) -> None:
    """How it stands is told; no address, client id, password or card."""
    backend.identities = {CLIENT: PASSWORD}
    await bill(hass, entry, backend, password=PASSWORD, fixed_tag="FIXED-TAG")
    await until(hass, garage, lambda: shown(hass, CONNECTED) == "on", "connected")
    found = await async_get_config_entry_diagnostics(hass, entry)
    assert found["billing"]["connected"] is True
    assert found["billing"]["waiting"] == 0
    assert found["entry"]["options"]["billing"]["trust"] == "public"
    for secret in (CLIENT, PASSWORD, "FIXED-TAG", str(backend.port), "cpo/ocpp"):
        assert secret not in str(found)


async def test_cards_of_the_service_where_only_known_ones_may(
    hass: HomeAssistant,
    garage: Garage,
    server: ConfigEntry[Any],
    entry: ConfigEntry[Any],
    backend: Backend,
) -> None:
    """They charge if that is chosen; a blocked card never; a car waits for its card."""
    await add_card(hass, server, name="Lost", tag="LOST", blocked=True)
    await bill(hass, entry, backend, backend_cards=False)
    await until(hass, garage, lambda: shown(hass, CONNECTED) == "on", "connected")
    garage.house.cars[0].connected = True
    answer = await backend.ask(CLIENT, call.RemoteStartTransaction(CARD, 1))
    assert answer.status == "Rejected"
    result = await enter(hass, entry, backend, backend_cards=True)
    await hass.config_entries.options.async_configure(result["flow_id"], {})
    await hass.async_block_till_done()
    assert entry.runtime_data.charger.needs_card
    await until(hass, garage, lambda: CLIENT in backend.hubs, "connected")
    answer = await backend.ask(CLIENT, call.RemoteStartTransaction("LOST", 1))
    assert answer.status == "Rejected"
    backend.refused_tags = {"STRANGER"}
    garage.wallbox.present_tag("STRANGER")
    await until(hass, garage, lambda: backend.frames("Authorize"), "asked")
    await garage.live(5)
    assert garage.wallbox.transaction is None
    garage.wallbox.present_tag(CARD)
    await until(hass, garage, lambda: backend.booked, "a beginning")
    assert [one.start["id_tag"] for one in backend.booked] == [CARD]


async def test_removed_with_its_wallbox(
    hass: HomeAssistant, garage: Garage, entry: ConfigEntry[Any], backend: Backend
) -> None:
    """Nothing of it stays, not even in the journal."""
    await bill(hass, entry, backend)
    await until(hass, garage, lambda: backend.hubs, "connected")
    queue = entry.runtime_data.gateway.shown.point.queue
    await hass.config_entries.async_remove(entry.entry_id)
    await until(hass, garage, lambda: not backend.hubs, "hung up")
    assert await queue.export() == ()
    await asyncio.sleep(0)


async def test_a_wallbox_of_ocpp_2_has_no_virtual_charge_point(
    hass: HomeAssistant,
    server: ConfigEntry[Any],
    backend: Backend,
    expected_logs: list[str],
) -> None:
    """The form does not offer one; a wallbox that changes over has an issue."""
    expected_logs += ["no longer connected"]
    garage = Garage(server, ChargePoint2, redial_s=(0.1, 0.3))
    garage.house.cars[0].connected = False
    await garage.wallbox.start()
    try:
        entry = await let_in(hass, garage)
        await until(
            hass, garage, lambda: entry.runtime_data.charger.dialect, "connected"
        )
        form = await open_options(hass, entry, "billing")
        assert form["step_id"] == "billing"  # there is nothing to choose
        assert not _RULES & set(form["data_schema"].schema)
        hass.config_entries.options.async_abort(form["flow_id"])
        assert not backend.paths
        old = Garage(server, redial_s=(0.1, 0.3))
        old.house.cars[0].connected = False
        await garage.wallbox.stop()
        await old.wallbox.start()
        await until(
            hass,
            old,
            lambda: (
                entry.runtime_data.charger.online
                and not entry.runtime_data.charger.dialect
            ),
            "1.6",
        )
        await bill(hass, entry, backend)
        assert issue(hass, "billing_ocpp2", entry) is None
        await old.wallbox.stop()
        await garage.wallbox.start()
        await until(hass, garage, lambda: issue(hass, "billing_ocpp2", entry), "told")
    finally:
        await garage.wallbox.stop()


async def test_a_relay_is_not_asked_for_what_does_not_count(
    hass: HomeAssistant, entry: ConfigEntry[Any], backend: Backend
) -> None:
    """The mode comes first; what was chosen before it is kept for a way back."""
    await bill(hass, entry, backend, offline="all", fixed_tag="FIXED")
    form = await open_billing(hass, entry, "virtual")
    assert set(form["data_schema"].schema) >= _RULES
    hass.config_entries.options.async_abort(form["flow_id"])
    form = await open_billing(hass, entry, "relay")
    assert not _RULES & set(form["data_schema"].schema)
    hass.config_entries.options.async_abort(form["flow_id"])
    await bill(hass, entry, backend, billing_mode="relay")
    kept = entry.options["billing"]
    assert (kept["billing_mode"], kept["offline"]) == ("relay", "all")
    assert kept["fixed_tag"] == "FIXED"
    assert kept["passed_on"]


async def test_two_wallboxes_at_two_services(
    hass: HomeAssistant,
    garage: Garage,
    server: ConfigEntry[Any],
    entry: ConfigEntry[Any],
    backend: Backend,
) -> None:
    """Neither service hears anything of the other's wallbox."""
    url = f"ws://127.0.0.1:{server.data['port']}"
    other, car = Backend(), Car("carport", connected=False)
    second = ChargePoint(garage.house, car, url, "CARPORT", redial_s=(0.1, 0.3))
    await other.start()
    await second.start()
    try:
        carport = await let_in(hass, garage)
        await bill(hass, entry, backend)
        result = await enter(hass, carport, other, client_id="CP-2")
        await hass.config_entries.options.async_configure(result["flow_id"], {})
        await hass.async_block_till_done()
        await until(hass, garage, lambda: backend.hubs and other.hubs, "connected")
        await until(hass, garage, lambda: shown(hass, CONNECTED) == "on", "connected")
        await session(hass, garage)
        await until(
            hass, garage, lambda: backend.booked and backend.booked[0].stops, "billed"
        )
        assert not other.booked
        for text in (CARD, garage.wallbox.serial, CLIENT):
            assert not any(text in one for one in (*other.took, *other.paths))
        assert not any(second.serial in one for one in backend.took)
    finally:
        await second.stop()
        await hass.config_entries.async_unload(server.entry_id)
        await other.stop()
