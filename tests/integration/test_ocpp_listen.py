"""The waiting room: what to enter in a wallbox, who has tried, who knocks."""

import asyncio
from contextlib import suppress
from typing import Any

import aiohttp
from homeassistant.config_entries import SOURCE_USER, ConfigEntry
from homeassistant.core import HomeAssistant
from homeassistant.data_entry_flow import FlowResultType
import pytest

from custom_components.meters_and_chargers import ocpp_listen_flow
from custom_components.meters_and_chargers.const import DOMAIN

from .test_ocpp import Garage, free_port, knocks, new_server, server, until

__all__ = ["server"]


async def room(hass: HomeAssistant, server: ConfigEntry[Any]) -> Any:
    """Open the room of a server, and return what it shows."""
    return await hass.config_entries.flow.async_init(
        DOMAIN, context={"source": SOURCE_USER}, data={"server": server.entry_id}
    )


async def test_a_new_server_opens_the_room(
    hass: HomeAssistant, server: ConfigEntry[Any]
) -> None:
    """It is the next screen, and says which address to enter."""
    port = free_port()
    result = await new_server(hass, port)
    shown: Any = await hass.config_entries.flow.async_configure(result["next_flow"][1])
    assert (shown["type"], shown["step_id"]) == (
        FlowResultType.SHOW_PROGRESS,
        "listen",
    )
    words = shown["description_placeholders"]
    assert words == {"addresses": f"- `ws://127.0.0.1:{port}/`", "tried": ""}
    assert shown["progress_action"] == "listen"
    await hass.config_entries.async_unload(result["result"].entry_id)


async def test_every_address_of_this_machine(
    hass: HomeAssistant, server: ConfigEntry[Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    """One that listens everywhere names each of them, no others."""

    async def adapters(_hass: HomeAssistant) -> list[dict[str, Any]]:
        ours = {"address": "192.168.1.10", "network_prefix": 24}
        off = {"address": "10.9.9.9", "network_prefix": 24}
        return [{"enabled": True, "ipv4": [ours]}, {"enabled": False, "ipv4": [off]}]

    network = ocpp_listen_flow.network
    monkeypatch.setattr(network, "async_get_adapters", adapters)
    monkeypatch.setattr(ocpp_listen_flow, "_ALL_ADDRESSES", server.data["host"])
    flow = await room(hass, server)
    addresses = flow["description_placeholders"]["addresses"]
    assert addresses == f"- `ws://192.168.1.10:{server.data['port']}/`"


async def test_who_is_refused_is_told_why(
    hass: HomeAssistant,
    server: ConfigEntry[Any],
    expected_logs: list[str],
) -> None:
    """With what to change in the wallbox; the last attempt comes first."""
    expected_logs += ["can't connect"]
    empty = await room(hass, server)
    assert empty["progress_action"] == "listen"
    waiting = hass.config_entries.flow._progress[empty["flow_id"]]._waiting
    url = f"http://127.0.0.1:{server.data['port']}/"
    async with aiohttp.ClientSession() as session:
        for path, offers in (("", "ocpp1.6"), ("BOX", "ocpp1.5")):
            with suppress(aiohttp.WSServerHandshakeError):
                socket = await session.ws_connect(url + path, protocols=(offers,))
                await socket.close()
    tried = server.runtime_data.tried
    assert [one.key for one in tried] == ["listen_identity", "listen_version"]

    # Who waits is shown it by itself.
    await asyncio.wait_for(asyncio.shield(waiting), 30)
    shown: Any = await hass.config_entries.flow.async_configure(empty["flow_id"])
    assert shown["progress_action"] == "listen_version"
    newest, oldest = shown["description_placeholders"]["tried"].splitlines()
    assert newest.endswith(" 127.0.0.1 BOX")
    assert oldest.endswith(" 127.0.0.1")


async def test_who_knocks_is_the_next_screen(
    hass: HomeAssistant, server: ConfigEntry[Any]
) -> None:
    """The room ends with the wallbox that waits to be accepted."""
    flow_id = (await room(hass, server))["flow_id"]
    garage = Garage(server, redial_s=(0.1, 0.3))
    await garage.wallbox.start()
    await until(hass, garage, lambda: bool(knocks(hass)), "knock")
    flows = hass.config_entries.flow
    waiting = flows._progress[flow_id]._waiting
    await until(hass, garage, waiting.done, "the end of the waiting")
    result: Any = await flows.async_configure(flow_id)
    assert (result["type"], result["reason"]) == (FlowResultType.ABORT, "knocked")
    (knock,) = knocks(hass)
    assert result["next_flow"][1] == knock["flow_id"]
    await garage.wallbox.stop()


async def test_nobody_comes(
    hass: HomeAssistant, server: ConfigEntry[Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    """After ten minutes it ends by itself; a server that is gone has no room."""
    monkeypatch.setattr(ocpp_listen_flow, "PATIENCE_S", 0.0)
    flow = await room(hass, server)
    result: Any = await hass.config_entries.flow.async_configure(flow["flow_id"])
    assert result["reason"] == "nobody_knocked"
    gone = await hass.config_entries.flow.async_init(
        DOMAIN, context={"source": SOURCE_USER}, data={"server": "gone"}
    )
    assert gone["reason"] == "nobody_knocked"


async def test_whoever_waits_in_vain_is_told(
    hass: HomeAssistant, server: ConfigEntry[Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    """The open room closes by itself when its time is over, and not before."""
    monkeypatch.setattr(ocpp_listen_flow, "PATIENCE_S", 1.0)
    monkeypatch.setattr(ocpp_listen_flow, "_LOOK_S", 0.05)
    flow_id = (await room(hass, server))["flow_id"]
    open_room = hass.config_entries.flow._progress[flow_id]
    await asyncio.wait_for(asyncio.shield(open_room._waiting), 60)
    assert hass.loop.time() >= open_room._ends_at
    result: Any = await hass.config_entries.flow.async_configure(flow_id)
    assert (result["type"], result["reason"]) == (
        FlowResultType.ABORT,
        "nobody_knocked",
    )
    assert server.runtime_data.listening


async def test_closing_the_dialog_ends_the_waiting(
    hass: HomeAssistant, server: ConfigEntry[Any]
) -> None:
    """No task goes on without its flow, and the server still listens."""
    flow = await room(hass, server)
    task = hass.config_entries.flow._progress[flow["flow_id"]]._waiting
    hass.config_entries.flow.async_abort(flow["flow_id"])
    await asyncio.sleep(0)
    assert task.cancelled()
    assert server.runtime_data.listening
