"""What can be downloaded of an entry: enough to play it again, and no secret."""

import asyncio
from dataclasses import replace
import json
from pathlib import Path
from typing import Any

from homeassistant.components.diagnostics import DOMAIN as DIAGNOSTICS
from homeassistant.config_entries import SOURCE_USER, ConfigEntry, ConfigEntryState
from homeassistant.core import HomeAssistant
from homeassistant.data_entry_flow import FlowResultType
from homeassistant.exceptions import HomeAssistantError
from homeassistant.setup import async_setup_component
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry
from pytest_homeassistant_custom_component.typing import ClientSessionGenerator

from custom_components.meters_and_chargers import links, site_replay
from custom_components.meters_and_chargers.const import DOMAIN
from custom_components.meters_and_chargers.diagnostics import (
    _counted,
    async_get_config_entry_diagnostics,
)
from custom_components.meters_and_chargers.engine.charging import Mode
from simulators.ksem import Ksem
from simulators.pico import Pico
from simulators.replay import ReplayedDevice, ReplayedWallbox, decide_again, load, play

from .conftest import SetUp
from .test_ocpp import (
    Garage,
    charging,
    garage,
    knocks,
    let_in,
    server,
    until,
)
from .test_site import PICO, set_up_site
from .test_site_surface import set_up_house

__all__ = ["garage", "server"]

SECRETS = (
    "72345678",
    "7002702",
    "37323334",  # the meter's serial in hexadecimal, as words would show it
    "3732 3334",
    "006A DA4E",  # the station's
    "127.0.0.1",
    "Grid meter",
    "Garage",
    "House",
)


async def download(
    hass: HomeAssistant, hass_client: ClientSessionGenerator, entry: ConfigEntry[Any]
) -> str:
    """Return an entry's diagnostics as the owner gets them."""
    assert await async_setup_component(hass, DIAGNOSTICS, {})
    await hass.async_block_till_done()
    client = await hass_client()
    response = await client.get(f"/api/diagnostics/config_entry/{entry.entry_id}")
    assert response.status == 200
    return await response.text()


async def add_ksem(hass: HomeAssistant, device: Any, name: str) -> ConfigEntry[Any]:
    """Add what answers as a KSEM by the flow."""
    result = await hass.config_entries.flow.async_init(
        DOMAIN, context={"source": SOURCE_USER}
    )
    for fields in (
        {"next_step_id": "ksem"},
        {"host": device.host, "more": {"port": device.port, "unit_id": 1}},
        {"name": name},
    ):
        result = await hass.config_entries.flow.async_configure(
            result["flow_id"], fields
        )
    assert result["type"] is FlowResultType.CREATE_ENTRY, result
    await hass.async_block_till_done()
    entry: ConfigEntry[Any] = result["result"]
    return entry


def no_secret(text: str, *more: str) -> None:
    """Fail where a diagnostics file names somebody or something."""
    # Home Assistant's own part stands beside ours.
    ours = json.dumps(json.loads(text)["data"])
    for secret in (*SECRETS, *more):
        assert secret.casefold() not in ours.casefold(), secret


async def test_a_meter_is_replayed_from_its_diagnostics(
    hass: HomeAssistant,
    ksem: Ksem,
    hass_client: ClientSessionGenerator,
    tmp_path: Path,
) -> None:
    """Real flow, real download, played again: a second entry reads the same."""
    ksem.set_counter("energy_import", (123_456, 1, 2, 3))
    entry = await add_ksem(hass, ksem, "Grid meter")
    text = await download(hass, hass_client, entry)
    no_secret(text)
    told = json.loads(text)["data"]
    assert told["kind"] == "device"
    assert told["identity"]["model"] == "Smart Energy Meter"
    assert told["groups"]["fast"]["took_s"] < 3
    assert told["values"]["power"] == 500
    assert (told["failed_polls"], told["error"]) == (0, None)
    file = tmp_path / "diagnostics.json"
    file.write_text(text)
    replay = ReplayedDevice(load(file))
    await replay.start()
    try:
        again = await add_ksem(hass, replay, "Replayed")
        assert again.unique_id == "ksem_11111111"
        assert again.runtime_data.data == entry.runtime_data.data
        assert len(again.runtime_data.data) == 63
    finally:
        await hass.config_entries.async_unload(again.entry_id)
        await replay.stop()


async def test_a_refused_block_is_refused_again(
    hass: HomeAssistant,
    ksem: Ksem,
    hass_client: ClientSessionGenerator,
    tmp_path: Path,
    expected_logs: list[str],
) -> None:
    """What the device does not have is missing in the replay as well."""
    expected_logs.append("refuses to send registers")
    ksem.refuse(26, 2)
    entry = await add_ksem(hass, ksem, "Grid meter")
    told = json.loads(await download(hass, hass_client, entry))["data"]
    assert told["values"]["frequency"] is None
    file = tmp_path / "raw.json"
    file.write_text(json.dumps(told["replay"]))
    replay = ReplayedDevice(load(file))
    await replay.start()
    try:
        again = await add_ksem(hass, replay, "Replayed")
        assert again.runtime_data.data == entry.runtime_data.data
    finally:
        await hass.config_entries.async_unload(again.entry_id)
        await replay.stop()


async def test_a_station_hides_its_serial_number(
    hass: HomeAssistant,
    pico: Pico,
    set_up_pico: SetUp,
    hass_client: ClientSessionGenerator,
) -> None:
    """A serial that is a number is replaced by another number."""
    entry = await set_up_pico()
    text = await download(hass, hass_client, entry)
    no_secret(text)
    told = json.loads(text)["data"]
    assert told["entry"]["data"]["minimum_current"] == 6
    assert told["entry"]["data"]["host"] == "**REDACTED**"
    assert told["replay"]["serial"] == "1111111"
    (answer,) = told["replay"]["answers"]
    assert answer["words"] == f"{1111111 >> 16:04X} {1111111 & 0xFFFF:04X}"


async def test_a_silent_meter_says_what_failed(
    hass: HomeAssistant,
    ksem: Ksem,
    set_up_ksem: SetUp,
    hass_client: ClientSessionGenerator,
    expected_logs: list[str],
) -> None:
    """The dump of a device that stopped answering says at which block."""
    expected_logs.append("Grid meter does not answer")
    entry = await set_up_ksem()
    ksem.silent = True
    entry.runtime_data.device.set_read_timeout(0.2)
    await entry.runtime_data.async_refresh()
    text = await download(hass, hass_client, entry)
    no_secret(text)
    told = json.loads(text)["data"]
    assert (told["failed_polls"], told["error"]) == (1, "silent")
    assert told["replay"]["error"] == "silent"
    assert told["replay"]["answers"][-1] == {
        "part": "identity",
        "start": 8192,
        "count": 58,
        "error": "silent",
    }


@pytest.mark.parametrize("unknown", [False, True])
async def test_a_device_that_was_never_set_up(
    hass: HomeAssistant,
    ksem: Ksem,
    hass_client: ClientSessionGenerator,
    expected_logs: list[str],
    unknown: bool,  # noqa: FBT001 - a parameter of the test
) -> None:
    """Another device at the address: what it answers is shown, its serial is not."""
    expected_logs.append("another device answers")
    if unknown:
        ksem.refuse(8192, 58)
    entry = MockConfigEntry(
        domain=DOMAIN,
        unique_id="ksem_00000001",
        data={"family": "ksem", "host": ksem.host, "port": ksem.port, "unit_id": 1},
    )
    entry.add_to_hass(hass)
    await hass.config_entries.async_setup(entry.entry_id)
    assert entry.state is ConfigEntryState.SETUP_ERROR
    text = await download(hass, hass_client, entry)
    no_secret(text, "00000001")
    told = json.loads(text)["data"]
    assert told["entry"]["error"] == "wrong_device"
    assert told["replay"]["error"] == ("wrong_device" if unknown else None)
    assert told["replay"]["serial"] == (None if unknown else "11111111")


async def test_an_entry_that_is_not_loaded_asks_nobody(
    hass: HomeAssistant,
    ksem: Ksem,
    set_up_ksem: SetUp,
    hass_client: ClientSessionGenerator,
) -> None:
    """An unloaded entry tells its settings and contacts nothing."""
    entry = await set_up_ksem()
    await hass.config_entries.async_unload(entry.entry_id)
    asked = ksem.request_count
    told = json.loads(await download(hass, hass_client, entry))["data"]
    assert told["entry"]["state"] == "not_loaded"
    assert "replay" not in told
    assert ksem.request_count == asked


async def test_a_decision_is_made_again(
    hass: HomeAssistant,
    ksem: Ksem,
    pico: Pico,
    set_up_ksem: SetUp,
    set_up_pico: SetUp,
    hass_client: ClientSessionGenerator,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    """The engine decides the same on what a site's diagnostics hold."""
    meter = await set_up_ksem()
    await set_up_pico()
    entry = await set_up_site(hass)
    (charger,) = entry.runtime_data.chargers
    charger.mode = Mode.FAST
    await meter.runtime_data.async_refresh()
    text = await download(hass, hass_client, entry)
    no_secret(text, PICO, "ksem_")
    file = tmp_path / "site.json"
    file.write_text(text)
    replay = load(file)
    told = replay["decisions"][-1]
    assert told["state"]["grid"]["power_w"] == 500
    decision = decide_again(replay)
    assert [
        {**one, "limit_ma": tuple(one["limit_ma"])} for one in told["commands"]
    ] == [
        {"charger": c.charger, "limit_ma": c.limit_ma, "urgent": c.urgent}
        for c in decision.commands
    ]
    assert {k: r["reason"] for k, r in told["reasons"].items()} == {
        key: told.reason for key, told in decision.reasons.items()
    }
    await play(file, 0, None, asyncio.Event())
    printed = capsys.readouterr().out
    count = len(replay["decisions"])
    assert "charger 1" in printed
    assert printed.endswith(f"{count} decisions, {count} decided the same again\n")
    told["now_ms"] += 60_000
    assert decide_again(replay).reasons["charger 1"].reason == "meter_stale"


async def test_many_decisions_are_a_file_that_can_be_sent(
    hass: HomeAssistant,
    set_up_ksem: SetUp,
    set_up_pico: SetUp,
    hass_client: ClientSessionGenerator,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Equal settings stand there once, circuits are numbered, old ones left out."""
    await set_up_ksem()
    await set_up_pico()
    house = await set_up_house(hass)
    site = house.runtime_data
    look = site.last_look
    assert look is not None
    site.history.extend([look] * 150)
    other = replace(look, settings=replace(look.settings, margin_ma=2_500))
    named = replace(
        other.decision.reasons[PICO],
        figures={"circuit": site.circuits[0].key, "phase": "L2", "who": "Anna"},
    )
    decision = replace(other.decision, reasons={PICO: named})
    site.last_look = replace(other, decision=decision)
    text = await download(hass, hass_client, house)
    no_secret(text, PICO, site.circuits[0].key, "Anna", "Carport")
    told = json.loads(text)["data"]["replay"]
    assert len(told["settings"]) == 2
    assert len(told["decisions"]) == len(site.history) + 1
    newest = told["decisions"][-1]
    assert newest["settings"] == 0
    assert newest["reasons"]["charger 1"]["figures"] == {
        "circuit": "circuit 1",
        "phase": "L2",
        "who": "**REDACTED**",
    }
    size = len(json.dumps(told["decisions"][0]))
    monkeypatch.setattr(site_replay, "MOST_CHARACTERS", 10 * size)
    assert len(site_replay.replay(site)["decisions"]) <= 10
    monkeypatch.setattr(site_replay, "MOST_CHARACTERS", 1)
    assert len(site_replay.replay(site)["decisions"]) == 1


async def test_a_wallbox_is_replayed_from_its_diagnostics(
    hass: HomeAssistant,
    garage: Garage,
    server: ConfigEntry[Any],
    hass_client: ClientSessionGenerator,
    tmp_path: Path,
    expected_logs: list[str],
) -> None:
    """Its frames, played to the server as another wallbox, bring the same values."""
    expected_logs.append("Again is no longer connected")
    entry = await charging(hass, garage)
    await garage.live(30)
    await hass.async_block_till_done()
    text = await download(hass, hass_client, entry)
    no_secret(text, "GARAGE/1", "CARPORT", "FREE")
    told = json.loads(text)["data"]
    assert told["connections"] == 1
    assert told["malformed"] == told["unasked_answers"] == 0
    file = tmp_path / "wallbox.json"
    file.write_text(text)
    url = f"ws://127.0.0.1:{server.data['port']}"
    wallbox = ReplayedWallbox(load(file), url)
    running = asyncio.create_task(wallbox.run())
    try:
        await until(hass, garage, lambda: bool(knocks(hass)), "knock")
        (flow,) = knocks(hass)
        result = await hass.config_entries.flow.async_configure(
            flow["flow_id"], {"name": "Again", "maximum_current": 16}
        )
        await until(hass, garage, wallbox.played.is_set, "played")
        again = result["result"].runtime_data
        assert again.charger.connector(1).status == "charging"
        assert {p.key: v for p, v in again.charger.values.items()} == told["values"]
        assert told["values"]["1_power"] > 1000
        assert again.identity.model == entry.runtime_data.identity.model
    finally:
        running.cancel()
        await asyncio.gather(running, return_exceptions=True)


async def test_settings_of_a_wallbox_are_told_without_secrets(
    hass: HomeAssistant, hass_client: ClientSessionGenerator, garage: Garage
) -> None:
    """Values of the standard's settings are shown, of all others only the names."""
    garage.wallbox.configuration |= {"AuthorizationKey": "secret", "WifiName": "home"}
    entry = await let_in(hass, garage)
    charger = entry.runtime_data.charger
    await until(hass, garage, lambda: bool(charger.settings), "settings")
    text = await download(hass, hass_client, entry)
    told = json.loads(text)["data"]
    found = {one["key"]: one for one in told["configuration"]}
    assert found["HeartbeatInterval"]["value"] == "60"
    assert found["HeartbeatInterval"]["readonly"] is False
    assert (
        found["AuthorizationKey"]["value"] == found["WifiName"]["value"] == "REDACTED"
    )
    assert '"secret"' not in text


async def test_a_server_counts_its_wallboxes(
    hass: HomeAssistant,
    garage: Garage,
    server: ConfigEntry[Any],
    hass_client: ClientSessionGenerator,
    tmp_path: Path,
) -> None:
    """One that waits tells its frames, one that is known how many there were."""
    await until(hass, garage, lambda: bool(knocks(hass)), "knock")
    text = await download(hass, hass_client, server)
    no_secret(text, "GARAGE/1")
    told = json.loads(text)["data"]
    assert told["wallboxes"] == {}
    (waiting,) = told["waiting"]
    assert '"BootNotification"' in waiting["replay"]["frames"][0]["frame"]
    file = tmp_path / "server.json"
    file.write_text(text)
    assert load(file) == waiting["replay"]
    await charging(hass, garage)
    text = await download(hass, hass_client, server)
    no_secret(text, "GARAGE/1")
    told = json.loads(text)["data"]
    assert told["library"]
    assert told["wallboxes"]["wallbox 1"]["connected"] is True
    assert told["wallboxes"]["wallbox 1"]["received"] > 3


async def test_an_address_that_is_used_otherwise(
    hass: HomeAssistant,
    ksem: Ksem,
    hass_client: ClientSessionGenerator,
    monkeypatch: pytest.MonkeyPatch,
    expected_logs: list[str],
) -> None:
    """A connection that Home Assistant refuses is told by its kind alone."""
    expected_logs.append("another device answers")
    entry = MockConfigEntry(
        domain=DOMAIN,
        unique_id="ksem_00000001",
        data={"family": "ksem", "host": ksem.host, "port": ksem.port, "unit_id": 1},
        options={"nested": {"interval": 2, "name": "Garage"}},
    )
    entry.add_to_hass(hass)
    await hass.config_entries.async_setup(entry.entry_id)

    def refuse(*_: object) -> None:
        raise HomeAssistantError(f"{ksem.host} is in use")

    monkeypatch.setattr(links.modbus, "async_get_temporary_unit", refuse)
    text = await download(hass, hass_client, entry)
    no_secret(text)
    told = json.loads(text)["data"]
    assert told["replay"] == {"error": "HomeAssistantError"}
    assert told["entry"]["options"]["nested"]["interval"] == 2


async def test_what_has_not_begun_or_has_ended(
    hass: HomeAssistant,
    server: ConfigEntry[Any],
    set_up_ksem: SetUp,
) -> None:
    """A site before its first look, a server that no longer listens."""
    await set_up_ksem()
    site = await set_up_site(hass)
    site.runtime_data.last_look = None
    told = await async_get_config_entry_diagnostics(hass, site)
    assert "replay" not in told
    await server.runtime_data.stop()
    told = await async_get_config_entry_diagnostics(hass, server)
    assert told["listening"] is False
    assert "wallboxes" not in told
    assert _counted(server.runtime_data, "GARAGE/1") == {}
