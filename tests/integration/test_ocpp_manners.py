"""How a wallbox is talked to is its owner's choice: the folded part of its options."""

import asyncio
from collections.abc import Callable, Mapping
from datetime import timedelta
from types import MappingProxyType
from typing import Any

import aiohttp
from homeassistant.config_entries import ConfigEntry
from homeassistant.const import STATE_UNAVAILABLE
from homeassistant.core import HomeAssistant
from homeassistant.data_entry_flow import FlowResultType
from homeassistant.helpers import issue_registry as ir
from homeassistant.util.dt import utcnow
import pytest
from pytest_homeassistant_custom_component.common import (
    MockConfigEntry,
    async_fire_time_changed,
)

from custom_components.meters_and_chargers.const import DOMAIN
from custom_components.meters_and_chargers.engine.protocols.ocpp import (
    Manners,
    Version,
)
from simulators.charge_point import ChargePoint

from .test_ocpp import (
    STATUS,
    Garage,
    garage,
    knocks,
    let_in,
    open_options,
    server,
    until,
)

__all__ = ["garage", "server"]

# Of aiohttp's client, which only the simulated wallbox is, when a line is cut.
pytestmark = pytest.mark.parametrize("expected_lingering_timers", [True])

REFUSED = "can't connect"
LOST = "Wallbox is no longer connected"
USUAL = {
    "ocpp_version": "automatic",
    "ping_interval": 20,
    "call_timeout": 60,
    "reply_delay": 0,
    "unavailable_after": 0,
}


async def choose(
    hass: HomeAssistant, entry: ConfigEntry[Any], **chosen: Any
) -> Mapping[str, Any]:
    """Fill the folded part of the wallbox's options in."""
    result = await open_options(hass, entry)
    assert result["step_id"] == "wallbox"
    result = await hass.config_entries.options.async_configure(
        result["flow_id"],
        {"fallback": False, "fallback_current": 6, "advanced": {**USUAL, **chosen}},
    )
    await hass.async_block_till_done()
    return result


def manners(server: ConfigEntry[Any], charger_id: str = "GARAGE/1") -> Manners:
    """Return how the listening server talks to a wallbox."""
    found: Manners = server.runtime_data.listener.server._manners[charger_id]
    return found


async def _holds(hass: HomeAssistant, check: Callable[[], object], what: str) -> None:
    for _ in range(1500):
        await hass.async_block_till_done()
        if check():
            return
        await asyncio.sleep(0.01)
    pytest.fail(f"not in time: {what}")


async def test_a_change_acts_on_the_open_connection(
    hass: HomeAssistant, garage: Garage, server: ConfigEntry[Any]
) -> None:
    """All of it is taken over, nobody has to dial again, and it can be taken back."""
    entry = await let_in(hass, garage)
    await until(hass, garage, lambda: entry.runtime_data.online, "online")
    trace = server.runtime_data.listener.server.trace("GARAGE/1")
    assert trace.connections == 1
    assert manners(server) == Manners()
    result = await choose(
        hass,
        entry,
        ocpp_version="ocpp16",
        aliases=[" GARAGE-SN7 ", "", "GARAGE/1"],
        address="192.168.1.20",
        ping_interval=0,
        call_timeout=120,
        reply_delay=0.1,
        unavailable_after=10,
    )
    assert result["type"] is FlowResultType.CREATE_ENTRY
    assert manners(server) == Manners(
        version=Version.V16,
        aliases=frozenset({"GARAGE-SN7"}),
        address="192.168.1.20",
        ping_s=None,
        timeout_s=120,
        reply_delay_s=0.1,
    )
    sent = trace.sent
    await until(hass, garage, lambda: trace.sent > sent, "an answer")
    assert entry.runtime_data.online
    await choose(hass, entry)
    assert manners(server) == Manners()
    assert "advanced" not in entry.options
    assert trace.connections == 1


@pytest.mark.parametrize(
    ("chosen", "version"), [("ocpp201", Version.V201), ("ocpp21", Version.V21)]
)
async def test_a_version_that_goes_first(
    hass: HomeAssistant,
    garage: Garage,
    server: ConfigEntry[Any],
    expected_logs: list[str],
    chosen: str,
    version: Version,
) -> None:
    """It dials again for it, and goes on where it can't speak it."""
    expected_logs.append(LOST)
    entry = await let_in(hass, garage)
    await until(hass, garage, lambda: entry.runtime_data.online, "online")
    trace = server.runtime_data.listener.server.trace("GARAGE/1")
    await choose(hass, entry, ocpp_version=chosen)
    assert entry.options["advanced"] == {"ocpp_version": chosen}
    assert manners(server).version is version
    await until(hass, garage, lambda: trace.connections == 2, "dialled again")
    await until(hass, garage, lambda: entry.runtime_data.online, "online again")


async def test_what_can_not_be(
    hass: HomeAssistant, garage: Garage, server: ConfigEntry[Any]
) -> None:
    """An identity is one wallbox's, and an address is one."""
    entry = await let_in(hass, garage)
    MockConfigEntry(
        domain=DOMAIN,
        data={**entry.data, "charger_id": "YARD"},
        options={"advanced": {"aliases": ["SHED"], "address": "192.168.1.21"}},
    ).add_to_hass(hass)
    for chosen, error in (
        ({"address": "wallbox"}, "not_an_address"),
        ({"aliases": ["YARD"]}, "identity_taken"),
        ({"aliases": ["SHED"]}, "identity_taken"),
        ({"address": "192.168.1.21"}, "identity_taken"),
    ):
        result = await choose(hass, entry, **chosen)
        assert result["errors"] == {"base": error}
    assert "advanced" not in entry.options


async def test_a_new_alias(
    hass: HomeAssistant,
    server: ConfigEntry[Any],
    garage: Garage,
    expected_logs: list[str],
) -> None:
    """What was shown as another wallbox is no longer, and comes in as this one."""
    expected_logs.append(LOST)
    entry = await let_in(hass, garage)
    await garage.wallbox.stop()
    url = f"ws://127.0.0.1:{server.data['port']}"
    garage.wallbox = ChargePoint(
        garage.house, garage.house.cars[0], url, "SHED", redial_s=(0.1, 0.3)
    )
    await garage.wallbox.start()
    await until(hass, garage, lambda: bool(knocks(hass)), "knock")
    assert not entry.runtime_data.online
    await choose(hass, entry, aliases=["SHED"])
    assert not knocks(hass)
    await until(hass, garage, lambda: entry.runtime_data.online, "online")


async def test_a_wallbox_that_names_no_version(
    hass: HomeAssistant, server: ConfigEntry[Any], expected_logs: list[str]
) -> None:
    """It is shown although it is turned away; accepted, it is let in."""
    expected_logs.append(REFUSED)
    url = f"ws://127.0.0.1:{server.data['port']}/OLD"
    async with aiohttp.ClientSession() as client:
        for _ in range(2):
            async with client.ws_connect(url) as socket:
                assert (await socket.receive()).data == 1002
        await _holds(hass, lambda: knocks(hass), "knock")
        knock = server.runtime_data.knock
        await _holds(hass, lambda: knock("OLD").attempts == 2, "another knock")
        (flow,) = knocks(hass)
        shown = await hass.config_entries.flow.async_configure(flow["flow_id"])
        assert shown["description_placeholders"]["attempts"] == "2"
        result = await hass.config_entries.flow.async_configure(
            flow["flow_id"], {"name": "Wallbox", "maximum_current": 16}
        )
        assert result["type"] is FlowResultType.CREATE_ENTRY
        await hass.async_block_till_done()
        entry = result["result"]
        assert entry.options == {"advanced": {"ocpp_version": "ocpp16"}}
        async with client.ws_connect(url) as socket:
            await socket.send_str('[2,"1","Heartbeat",{}]')
            assert (await socket.receive_json())[:2] == [3, "1"]
            assert entry.runtime_data.online
        expected_logs.append(LOST)
        await _holds(hass, lambda: not entry.runtime_data.online, "gone")


@pytest.mark.parametrize(
    ("path", "headers", "kind", "wallbox"),
    [
        ("OLD", {"Sec-WebSocket-Protocol": "ocpp2.0"}, "refused_version", "OLD"),
        ("", {}, "refused_identity", "127.0.0.1"),
        ("OLD", {"Connection": "keep-alive"}, "refused_handshake", "OLD"),
    ],
)
async def test_repairs_say_who_can_not_connect(
    hass: HomeAssistant,
    server: ConfigEntry[Any],
    issue_registry: ir.IssueRegistry,
    expected_logs: list[str],
    path: str,
    headers: dict[str, str],
    kind: str,
    wallbox: str,
) -> None:
    """With its address and what to do; it goes when the wallbox is let in."""
    expected_logs.append(REFUSED)
    usual = {
        "Connection": "Upgrade",
        "Upgrade": "websocket",
        "Sec-WebSocket-Version": "13",
        "Sec-WebSocket-Key": "dGhlIHNhbXBsZSBub25jZQ==",
    }
    url = f"http://127.0.0.1:{server.data['port']}/{path}"
    async with aiohttp.ClientSession() as client:
        async with client.get(url, headers={**usual, **headers}):
            pass
        await hass.async_block_till_done()
        (issue,) = issue_registry.issues.values()
        assert issue.translation_key == kind
        assert issue.translation_placeholders == MappingProxyType(
            {"wallbox": wallbox, "peer": "127.0.0.1"}
        )
        if path:
            async with client.ws_connect(url, protocols=["ocpp1.6"]):
                await _holds(hass, lambda: not issue_registry.issues, "no issue")
        else:
            await hass.config_entries.async_unload(server.entry_id)
            assert not issue_registry.issues


async def test_a_wallbox_that_is_away_for_a_while(
    hass: HomeAssistant, garage: Garage, expected_logs: list[str]
) -> None:
    """Shown as it was until it is away for as long as its owner said; logged then."""
    entry = await let_in(hass, garage)
    await choose(hass, entry, unavailable_after=20)

    def status() -> str:
        state = hass.states.get(STATUS)
        return "" if state is None else state.state

    await until(hass, garage, lambda: status() == "charging", "charging")
    for stays in (False, True):
        garage.wallbox.line.dials = False
        garage.wallbox.drop()
        await _holds(hass, lambda: not entry.runtime_data.online, "gone")
        async_fire_time_changed(hass, utcnow() + timedelta(minutes=19))
        await hass.async_block_till_done()
        assert status() == "charging"
        if stays:
            expected_logs.append(LOST)
            async_fire_time_changed(hass, utcnow() + timedelta(minutes=21))
            await hass.async_block_till_done()
            assert status() == STATE_UNAVAILABLE
        garage.wallbox.line.dials = True
        await until(hass, garage, lambda: entry.runtime_data.online, "back")
        await until(hass, garage, lambda: status() == "charging", "charging again")
        async_fire_time_changed(hass, utcnow() + timedelta(minutes=21))
        await hass.async_block_till_done()
        assert status() == "charging"
