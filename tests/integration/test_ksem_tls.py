"""A KSEM by TLS: the flow, its waiting room, what changes while it runs."""

import asyncio
from collections.abc import AsyncIterator, Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from io import BytesIO
from pathlib import Path
import socket
import stat
from typing import Any
from unittest.mock import patch

from cryptography.hazmat.primitives.asymmetric import ed25519, rsa
from homeassistant.components import file_upload
from homeassistant.components.repairs import repairs_flow_manager
from homeassistant.config_entries import (
    SOURCE_RECONFIGURE,
    SOURCE_USER,
    ConfigEntry,
    ConfigEntryState,
    ConfigFlowResult,
)
from homeassistant.core import HomeAssistant
from homeassistant.data_entry_flow import FlowResultType
from homeassistant.helpers import entity_registry as er
from homeassistant.helpers import issue_registry as ir
from homeassistant.helpers.update_coordinator import UpdateFailed
from homeassistant.setup import async_setup_component
import pytest
from pytest_homeassistant_custom_component.components.diagnostics import (
    get_diagnostics_for_config_entry,
)
from pytest_homeassistant_custom_component.typing import ClientSessionGenerator

from custom_components.meters_and_chargers import certificates, tls_flow, tls_watch
from custom_components.meters_and_chargers.certificates import Kind, Pair
from custom_components.meters_and_chargers.const import DOMAIN
from custom_components.meters_and_chargers.coordinator import DeviceCoordinator
from custom_components.meters_and_chargers.engine.devices import FAMILIES
from custom_components.meters_and_chargers.engine.protocols.modbus import tls
from custom_components.meters_and_chargers.repairs import async_create_fix_flow
from simulators.ksem import Ksem
from simulators.tls import TlsFront

from .conftest import answer_names
from .test_certificates import elliptic, pair

POWER = "sensor.grid_meter_power"


@pytest.fixture(autouse=True)
def impatient(
    monkeypatch: pytest.MonkeyPatch, hass: HomeAssistant, tmp_path: Path
) -> None:
    """Ask often, and keep the certificates of each test apart."""
    monkeypatch.setattr(tls_flow, "EVERY_S", 0.05)
    monkeypatch.setattr(tls_watch, "LOOK_EVERY_S", 0.0)
    hass.config.config_dir = str(tmp_path)


@pytest.fixture(params=[None, "1.2"], ids=["1.3", "1.2"])
async def front(ksem: Ksem, request: pytest.FixtureRequest) -> AsyncIterator[TlsFront]:
    """Return the TLS port of the simulated meter; under 1.3 and under 1.2."""
    found = TlsFront((ksem.host, ksem.port), version=request.param)
    await found.start()
    yield found
    await found.stop()


@pytest.fixture
def ports(monkeypatch: pytest.MonkeyPatch, ksem: Ksem, front: TlsFront) -> None:
    """Let the simulated meter's two ports be those which every KSEM has."""
    family = FAMILIES["ksem"]
    assert family.transport.tls is not None
    secured = replace(family.transport.tls, port=front.port)
    transport = replace(family.transport, port=ksem.port, tls=secured)
    monkeypatch.setitem(FAMILIES, "ksem", replace(family, transport=transport))  # type: ignore[arg-type]  # a Mapping for its readers


def typed(
    port: int, encryption: str = "automatic", host: str = "127.0.0.1"
) -> dict[str, Any]:
    """Return what an owner types."""
    more = {"port": port, "unit_id": 1, "encryption": encryption}
    return {"host": host, "more": more}


async def start(
    hass: HomeAssistant,
    port: int,
    encryption: str = "automatic",
    host: str = "127.0.0.1",
) -> ConfigFlowResult:
    """Open the flow up to the form of encryption, or as far as it comes."""
    flows = hass.config_entries.flow
    result = await flows.async_init(DOMAIN, context={"source": SOURCE_USER})
    result = await flows.async_configure(result["flow_id"], {"next_step_id": "ksem"})
    return await flows.async_configure(result["flow_id"], typed(port, encryption, host))


async def send(
    hass: HomeAssistant, result: ConfigFlowResult, fields: dict[str, Any]
) -> ConfigFlowResult:
    """Submit a form."""
    return await hass.config_entries.flow.async_configure(result["flow_id"], fields)


async def until(done: Callable[[], object]) -> None:
    """Wait for something, at most 30 s."""
    for _ in range(3000):
        if done():
            return
        await asyncio.sleep(0.01)
    raise TimeoutError


def shown(hass: HomeAssistant, result: ConfigFlowResult) -> ConfigFlowResult:
    """Return what the open dialog shows now."""
    return hass.config_entries.flow.async_get(result["flow_id"])


async def waited(hass: HomeAssistant, result: ConfigFlowResult) -> ConfigFlowResult:
    """Stay in the waiting room until the flow leaves it by itself."""
    await until(lambda: shown(hass, result)["step_id"] != "tls_wait")
    return await hass.config_entries.flow.async_configure(result["flow_id"])


async def attempt(hass: HomeAssistant, result: ConfigFlowResult) -> int:
    """Return which attempt the waiting room shows."""
    now = await hass.config_entries.flow.async_configure(result["flow_id"])
    assert now["step_id"] == "tls_wait", now.get("errors")
    return int((now["description_placeholders"] or {})["attempt"])


async def goes_on(hass: HomeAssistant, result: ConfigFlowResult) -> None:
    """Stay in the waiting room until another attempt has failed from its beginning."""
    last = await attempt(hass, result) + 2
    for _ in range(6000):
        if await attempt(hass, result) >= last:
            return
        await asyncio.sleep(0.01)
    raise TimeoutError


async def add(
    hass: HomeAssistant, front: TlsFront, certificate: str = "rsa"
) -> ConfigEntry[Any]:
    """Go the whole way to an entry that reads."""
    result = await send(
        hass, await start(hass, front.port, "on"), {"certificate": certificate}
    )
    assert result["step_id"] == "tls_wait"
    await until(lambda: front.knocked)
    front.accept()
    result = await waited(hass, result)
    assert result["step_id"] == "confirm_tls_import", result.get("errors")
    result = await send(hass, result, {"name": "Grid meter"})
    await hass.async_block_till_done()
    assert result["result"].state is ConfigEntryState.LOADED
    return result["result"]


async def poll(hass: HomeAssistant, entry: ConfigEntry[Any]) -> None:
    """Read once more."""
    await entry.runtime_data.async_refresh()
    await hass.async_block_till_done(wait_background_tasks=True)


def power(hass: HomeAssistant) -> str:
    """Return what the meter's power is shown as."""
    state = hass.states.get(POWER)
    assert state is not None
    return state.state


def folder(hass: HomeAssistant) -> Path:
    """Return where certificates are kept."""
    return Path(hass.config.path(".storage", f"{DOMAIN}_tls"))


# The flow


async def test_owner_accepts_while_the_flow_waits(
    hass: HomeAssistant, front: TlsFront, caplog: pytest.LogCaptureFixture
) -> None:
    """Certificate, both fingerprints, Accept, values; the key is nobody else's."""
    result = await start(hass, front.port, "on")
    assert result["step_id"] == "tls"
    result = await send(hass, result, {"certificate": "rsa"})
    assert result["type"] is FlowResultType.SHOW_PROGRESS
    first = result["description_placeholders"]
    assert first is not None
    assert first["device_fingerprint"] == front.fingerprint
    assert first["left"] in ("10:00", "9:59")
    await until(lambda: front.knocked)
    # What the meter's page lists is what the screen names.
    assert front.knocked == {first["fingerprint"]: f"CN={first['certificate']}"}

    # What the browser asks for whenever it is told that the flow has changed.
    said: set[str] = set()
    while "3" not in said:
        now = await hass.config_entries.flow.async_configure(result["flow_id"])
        assert now["step_id"] == "tls_wait"
        said.add((now["description_placeholders"] or {})["attempt"])
        await asyncio.sleep(0.01)
    front.accept(first["fingerprint"])
    result = await waited(hass, result)
    assert result["step_id"] == "confirm_tls_import"
    words = result["description_placeholders"]
    assert words is not None
    assert words["device_fingerprint"] == front.fingerprint
    assert "500\N{NO-BREAK SPACE}W" in words["values"]
    result = await send(hass, result, {"name": "Grid meter"})
    await hass.async_block_till_done()
    assert power(hass) == "500.0"
    entry = result["result"]
    (home,) = folder(hass).iterdir()
    assert entry.data == {
        "family": "ksem",
        "host": "127.0.0.1",
        "port": front.port,
        "unit_id": 1,
        "encrypted": True,
        "tls": {"pair": home.name, "pinned": front.fingerprint},
    }
    modes = {path.name: stat.S_IMODE(path.stat().st_mode) for path in home.iterdir()}
    assert modes["key.pem"] == 0o600
    assert set(modes.values()) == {0o600}
    assert stat.S_IMODE(home.stat().st_mode) == 0o700
    body = (home / "key.pem").read_text().splitlines()[1]
    assert body not in caplog.text
    await hass.config_entries.async_remove(entry.entry_id)
    await hass.async_block_till_done()
    assert not list(folder(hass).iterdir())
    await until(lambda: not front.open_connections)


async def test_closed_port_502_leads_to_802(
    hass: HomeAssistant, ksem: Ksem, front: TlsFront, ports: None
) -> None:
    """Automatic notices that the meter has encryption switched on."""
    plain = ksem.port
    other = Ksem(serial="72345678")
    await other.start()
    front._upstream = (other.host, other.port)
    await ksem.stop()
    try:
        assert (await start(hass, plain))["step_id"] == "tls"
        await front.stop()
        result = await start(hass, plain)
        assert result["errors"] == {"base": "port_closed_ksem"}
    finally:
        await other.stop()


async def test_ecdsa_can_be_chosen(hass: HomeAssistant, front: TlsFront) -> None:
    """The other kind of key is accepted as well, and values arrive."""
    await add(hass, front, "ecdsa")
    assert power(hass) == "500.0"
    (home,) = folder(hass).iterdir()
    assert len((home / "key.pem").read_bytes()) < 400


async def test_plain_again_by_adding_it_again(
    hass: HomeAssistant, ksem: Ksem, front: TlsFront, ports: None
) -> None:
    """Adding a meter anew without encryption moves its entry back to port 502."""
    entry = await add(hass, front)
    result = await start(hass, ksem.port, "off")
    assert result["reason"] == "already_configured"
    await hass.async_block_till_done()
    assert not entry.data["encrypted"]
    assert power(hass) == "500.0"
    await until(lambda: not front.open_connections)


async def test_second_try_needs_no_second_accept(
    hass: HomeAssistant, front: TlsFront
) -> None:
    """A closed dialog leaves its pair for the next one; Accept counts for both."""
    result = await send(
        hass, await start(hass, front.port, "on"), {"certificate": "rsa"}
    )
    await until(lambda: front.knocked)
    hass.config_entries.flow.async_abort(result["flow_id"])
    front.accept()
    result = await send(
        hass, await start(hass, front.port, "on"), {"certificate": "rsa"}
    )
    assert (await waited(hass, result))["step_id"] == "confirm_tls_import"
    assert len(front.knocked) == 1


async def test_closed_dialog_stops_waiting(
    hass: HomeAssistant, ksem: Ksem, front: TlsFront
) -> None:
    """Whoever closes the dialog ends the attempt under way; its socket is closed."""
    ksem.silent = True
    result = await start(hass, front.port, "on")
    with patch.object(tls, "TIMEOUT_S", 0.2):
        result = await send(hass, result, {"certificate": "ecdsa"})
    front.accept()
    # An attempt that is accepted and never answered keeps its socket for 5 s.
    await until(lambda: ksem.open_connections)
    hass.config_entries.flow.async_abort(result["flow_id"])
    async with asyncio.timeout(2):
        await until(lambda: not front.open_connections)
    total = front.connections_total
    await asyncio.sleep(0.3)
    assert front.connections_total == total


async def test_patience_ends(
    hass: HomeAssistant, front: TlsFront, monkeypatch: pytest.MonkeyPatch
) -> None:
    """After 10 min the text names acceptance first; the same pair tries again."""
    monkeypatch.setattr(tls_flow, "PATIENCE_S", 0.2)
    result = await send(
        hass, await start(hass, front.port, "on"), {"certificate": "rsa"}
    )
    result = await waited(hass, result)
    assert result["errors"] == {"base": "tls_not_accepted"}
    words = result["description_placeholders"]
    assert words is not None
    assert front.knocked == {next(iter(front.knocked)): f"CN={words['certificate']}"}
    front.accept()
    result = await send(hass, result, {"certificate": "rsa"})
    assert (await waited(hass, result))["step_id"] == "confirm_tls_import"


async def test_a_meter_that_restarts_is_waited_for(
    hass: HomeAssistant, front: TlsFront
) -> None:
    """It may do so with its new settings: the dialog stays, and goes on after it."""
    result = await send(
        hass, await start(hass, front.port, "on"), {"certificate": "ecdsa"}
    )
    await until(lambda: front.knocked)
    await front.stop()
    await goes_on(hass, result)
    front.accept()
    await front.start()
    assert (await waited(hass, result))["step_id"] == "confirm_tls_import"


async def test_a_meter_that_accepts_and_says_nothing_is_waited_for(
    hass: HomeAssistant,
    ksem: Ksem,
    front: TlsFront,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Accepted, and busy: the dialog stays until values come."""
    result = await send(
        hass, await start(hass, front.port, "on"), {"certificate": "ecdsa"}
    )
    await until(lambda: front.knocked)
    ksem.silent = True
    with monkeypatch.context() as patched:
        patched.setattr(tls, "TIMEOUT_S", 1.0)
        front.accept()
        await until(lambda: ksem.open_connections)
        await goes_on(hass, result)
    ksem.silent = False
    assert (await waited(hass, result))["step_id"] == "confirm_tls_import"


# What is wrong, by name


async def test_a_name_without_an_address_is_named(
    hass: HomeAssistant, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A host that nobody knows is another mistake than a port that is closed."""
    name = "no-meter.dns-me.com"
    asked = answer_names(monkeypatch, {})
    result = await start(hass, 802, "on", name)
    result = await send(hass, result, {"certificate": "ecdsa"})
    assert result["errors"] == {"base": "no_link"}
    assert (result["description_placeholders"] or {})["host"] == name
    assert set(asked) == {name}


async def test_plain_port_is_named(hass: HomeAssistant, ksem: Ksem) -> None:
    """Encryption on at a port without it: said so, and off works at once."""
    result = await start(hass, ksem.port, "on")
    result = await send(hass, result, {"certificate": "ecdsa"})
    assert result["errors"] == {"base": "tls_plain"}
    assert (await start(hass, ksem.port, "off"))["step_id"] == "confirm_import"


async def test_another_program_is_named(
    hass: HomeAssistant, socket_enabled: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A port that speaks neither TLS nor Modbus is no meter; a closed one is closed."""

    async def greet(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read(100)
        writer.write(b"HTTP/1.1 400 Bad Request\r\n\r\n")
        writer.close()

    server = await asyncio.start_server(greet, "127.0.0.1", 0)
    port: int = server.sockets[0].getsockname()[1]
    result = await start(hass, port, "on")
    result = await send(hass, result, {"certificate": "ecdsa"})
    assert result["errors"] == {"base": "tls_other"}
    server.close()
    await server.wait_closed()
    result = await send(hass, result, {"certificate": "ecdsa"})
    assert result["errors"] == {"base": "tls_port_closed"}


async def test_a_port_that_says_nothing_is_named(
    hass: HomeAssistant, socket_enabled: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It takes the connection and is silent: another text than for a closed one."""
    monkeypatch.setattr(tls, "TIMEOUT_S", 0.3)
    with socket.create_server(("127.0.0.1", 0)) as silent:
        result = await start(hass, silent.getsockname()[1], "on")
        result = await send(hass, result, {"certificate": "ecdsa"})
    assert result["errors"] == {"base": "tls_silent"}


async def test_encrypted_other_device_is_named(
    hass: HomeAssistant, ksem: Ksem, front: TlsFront
) -> None:
    """Accepted, but no KSEM: the wrong host by name."""
    for register in range(8192, 8250):
        ksem.registers[register] = 0x4141
    result = await send(
        hass, await start(hass, front.port, "on"), {"certificate": "ecdsa"}
    )
    await until(lambda: front.knocked)
    front.accept()
    result = await waited(hass, result)
    assert result["errors"] == {"base": "wrong_device"}


async def test_changed_while_waiting_is_named(
    hass: HomeAssistant, front: TlsFront
) -> None:
    """Another certificate than the one on the screen is never trusted silently."""
    result = await send(
        hass, await start(hass, front.port, "on"), {"certificate": "ecdsa"}
    )
    front.renew()
    front.accept()
    result = await waited(hass, result)
    assert result["errors"] == {"base": "tls_changed_meanwhile"}


# Running


async def test_acceptance_is_taken_and_given_while_connected(
    hass: HomeAssistant,
    front: TlsFront,
    expected_logs: list[str],
    caplog: pytest.LogCaptureFixture,
) -> None:
    """Taken off the meter's list: unavailable, one line says why; back by Accept."""
    entry = await add(hass, front)
    await poll(hass, entry)
    assert power(hass) == "500.0"
    expected_logs.append("still accepted")
    front.reject()
    for _ in range(3):
        await poll(hass, entry)
    assert power(hass) == "unavailable"
    said = [one for one in caplog.messages if "still accepted" in one]
    assert len(said) == 1, said
    assert not ir.async_get(hass).issues
    assert pause_s(entry) is None
    for _ in range(3):
        await poll(hass, entry)
    assert pause_s(entry) == 15
    front.accept()
    await poll(hass, entry)
    assert power(hass) == "500.0"


def pause_s(entry: ConfigEntry[DeviceCoordinator]) -> float | None:
    """Return how long the meter is left alone after a failure."""
    failure = entry.runtime_data.last_exception
    assert isinstance(failure, UpdateFailed)
    return failure.retry_after


async def test_answers_in_single_byte_records(
    hass: HomeAssistant, front: TlsFront
) -> None:
    """Every byte a TLS record of its own, in the flow and in the polls."""
    front.single_bytes = True
    entry = await add(hass, front, "ecdsa")
    before = front.records
    await poll(hass, entry)
    assert power(hass) == "500.0"
    assert entry.runtime_data.last_update_success
    assert front.records - before > 200


async def test_expired_certificate_of_the_meter_is_trusted(
    hass: HomeAssistant, ksem: Ksem
) -> None:
    """A meter whose clock or certificate is old is read: it is the pinned one."""
    front = TlsFront((ksem.host, ksem.port), expired=True)
    await front.start()
    try:
        entry = await add(hass, front, "ecdsa")
        assert power(hass) == "500.0"
        await hass.config_entries.async_unload(entry.entry_id)
    finally:
        await front.stop()


async def test_changed_certificate_is_an_issue_that_mends_it(
    hass: HomeAssistant, front: TlsFront, expected_logs: list[str]
) -> None:
    """No values under another certificate; both are shown, Submit trusts."""
    assert await async_setup_component(hass, "repairs", {})
    entry = await add(hass, front)
    before = front.fingerprint
    expected_logs.append("still accepted")
    front.renew()
    front.close_clients()
    await poll(hass, entry)
    assert power(hass) == "unavailable"
    registry = ir.async_get(hass)
    issue_id = f"other_certificate_{entry.entry_id}"
    issue = registry.async_get_issue(DOMAIN, issue_id)
    assert issue is not None
    assert issue.translation_placeholders is not None
    assert issue.translation_placeholders["trusted"] == before
    assert issue.translation_placeholders["shown"] == front.fingerprint
    # One that is no longer shown is not trusted.
    flow = await async_create_fix_flow(
        hass, issue_id, {**(issue.data or {}), "shown": "0"}
    )
    flow.hass, flow.handler, flow.issue_id = hass, DOMAIN, issue_id
    assert (await flow.async_step_confirm({}))["reason"] == "not_shown_now"  # type: ignore[attr-defined]  # ours
    flows = repairs_flow_manager(hass)
    assert flows is not None
    result = await flows.async_init(DOMAIN, data={"issue_id": issue_id})
    result = await flows.async_configure(result["flow_id"], {})
    assert result["type"] is FlowResultType.CREATE_ENTRY
    await hass.async_block_till_done()
    assert entry.data["tls"]["pinned"] == front.fingerprint
    assert power(hass) == "500.0"
    assert registry.async_get_issue(DOMAIN, issue_id) is None


async def test_changed_certificate_at_the_start_is_an_issue(
    hass: HomeAssistant, front: TlsFront
) -> None:
    """An entry that can't even be set up says why; the old certificate ends it."""
    entry = await add(hass, front)
    key, certificate, trusted = front._key, front._certificate, front.fingerprint
    await hass.config_entries.async_unload(entry.entry_id)
    front.renew()
    assert not await hass.config_entries.async_setup(entry.entry_id)
    assert entry.state is ConfigEntryState.SETUP_RETRY
    registry = ir.async_get(hass)
    issue_id = f"other_certificate_{entry.entry_id}"
    assert registry.async_get_issue(DOMAIN, issue_id) is not None
    front._key, front._certificate, front.fingerprint = key, certificate, trusted
    await hass.config_entries.async_reload(entry.entry_id)
    await hass.async_block_till_done()
    assert entry.state is ConfigEntryState.LOADED
    assert registry.async_get_issue(DOMAIN, issue_id) is None


async def test_own_certificate_near_its_end_is_an_issue(
    hass: HomeAssistant, front: TlsFront
) -> None:
    """In the last 30 days it is said; removing the entry takes it back."""
    with patch.object(certificates, "_VALID", timedelta(days=20)):
        entry = await add(hass, front)
    registry = ir.async_get(hass)
    issue_id = f"certificate_ends_{entry.entry_id}"
    issue = registry.async_get_issue(DOMAIN, issue_id)
    assert issue is not None
    assert issue.translation_placeholders is not None
    ends = issue.translation_placeholders["date"]
    left = datetime.fromisoformat(ends).replace(tzinfo=UTC) - datetime.now(UTC)
    assert timedelta(days=17) < left < timedelta(days=20)
    await hass.config_entries.async_remove(entry.entry_id)
    assert registry.async_get_issue(DOMAIN, issue_id) is None


async def test_lost_files_are_said(
    hass: HomeAssistant, front: TlsFront, expected_logs: list[str]
) -> None:
    """Without its files an entry says what to do, asks nothing, and can be mended."""
    entry = await add(hass, front)
    await hass.config_entries.async_unload(entry.entry_id)
    certificates.remove(folder(hass), entry.data["tls"]["pair"])
    hass.data.pop(f"{DOMAIN}_tls")  # type: ignore[call-overload]  # as after a restart
    expected_logs.append("gone from Home Assistant")
    assert not await hass.config_entries.async_setup(entry.entry_id)
    assert entry.error_reason_translation_key == "certificate_missing"
    result = await reconfigure(hass, entry, front.port, "on")
    result = await send(hass, result, {"certificate": "keep"})
    await until(lambda: len(front.knocked) == 2)
    front.accept()
    assert (await waited(hass, result))["reason"] == "reconfigure_successful"
    await hass.async_block_till_done()
    assert power(hass) == "500.0"


async def test_diagnostics_show_neither_key_nor_certificate(
    hass: HomeAssistant, front: TlsFront, hass_client: ClientSessionGenerator
) -> None:
    """What is sent to somebody who helps holds nothing of the pair."""
    assert await async_setup_component(hass, "diagnostics", {})
    entry = await add(hass, front)
    told = str(await get_diagnostics_for_config_entry(hass, hass_client, entry))
    assert "'encrypted': True" in told
    (home,) = folder(hass).iterdir()
    for path in home.iterdir():
        for line in path.read_text().splitlines():
            assert line not in told
    assert home.name not in told


# Between 502 and 802


async def reconfigure(
    hass: HomeAssistant, entry: ConfigEntry[Any], port: int, encryption: str
) -> ConfigFlowResult:
    """Open an entry's Reconfigure and submit its form."""
    flows = hass.config_entries.flow
    result = await flows.async_init(
        DOMAIN, context={"source": SOURCE_RECONFIGURE, "entry_id": entry.entry_id}
    )
    return await flows.async_configure(result["flow_id"], typed(port, encryption))


async def test_to_802_and_back_keeps_entities(
    hass: HomeAssistant, ksem: Ksem, front: TlsFront, ports: None
) -> None:
    """Plain, encrypted, plain, encrypted: same entities, one Accept, one pair."""
    result = await start(hass, ksem.port)
    assert result["step_id"] == "confirm_import"
    result = await send(hass, result, {"name": "Grid meter"})
    await hass.async_block_till_done()
    entry = result["result"]
    registry = er.async_get(hass)
    before = {
        one.id for one in er.async_entries_for_config_entry(registry, entry.entry_id)
    }

    result = await reconfigure(hass, entry, ksem.port, "on")
    assert result["step_id"] == "tls"
    result = await send(hass, result, {"certificate": "rsa"})
    await until(lambda: front.knocked)
    front.accept()
    result = await waited(hass, result)
    assert result["reason"] == "reconfigure_successful"
    await hass.async_block_till_done()
    assert entry.data["port"] == front.port
    assert power(hass) == "500.0"
    await until(lambda: ksem.open_connections == front.open_connections == 1)

    result = await reconfigure(hass, entry, front.port, "off")
    assert result["reason"] == "reconfigure_successful"
    await hass.async_block_till_done()
    assert entry.data["port"] == ksem.port
    assert "encrypted" not in entry.data
    assert power(hass) == "500.0"
    await until(lambda: not front.open_connections)

    result = await reconfigure(hass, entry, ksem.port, "on")
    result = await send(hass, result, {"certificate": "keep"})
    result = await waited(hass, result)
    assert result["reason"] == "reconfigure_successful"
    await hass.async_block_till_done()
    assert power(hass) == "500.0"
    assert len(front.knocked) == 1
    after = {
        one.id for one in er.async_entries_for_config_entry(registry, entry.entry_id)
    }
    assert after == before


async def test_new_certificate_replaces_the_old(
    hass: HomeAssistant, front: TlsFront
) -> None:
    """A new pair by Reconfigure while the entry runs; the old files are deleted."""
    entry = await add(hass, front)
    before = entry.data["tls"]["pair"]
    result = await reconfigure(hass, entry, front.port, "on")
    result = await send(hass, result, {"certificate": "rsa"})
    await until(lambda: len(front.knocked) == 2)
    assert power(hass) == "500.0"
    front.accept()
    result = await waited(hass, result)
    assert result["reason"] == "reconfigure_successful"
    await hass.async_block_till_done()
    assert power(hass) == "500.0"
    (home,) = folder(hass).iterdir()
    assert home.name == entry.data["tls"]["pair"] != before


async def test_changed_certificate_is_shown_by_reconfigure(
    hass: HomeAssistant, front: TlsFront, expected_logs: list[str]
) -> None:
    """Reconfigure shows both fingerprints first, and trusts when sent once more."""
    expected_logs.append("still accepted")
    entry = await add(hass, front)
    before = front.fingerprint
    front.renew()
    result = await reconfigure(hass, entry, front.port, "on")
    result = await send(hass, result, {"certificate": "keep"})
    assert result["errors"] == {"base": "tls_changed"}
    words = result["description_placeholders"]
    assert words is not None
    assert (words["trusted"], words["shown"]) == (before, front.fingerprint)
    result = await send(hass, result, {"certificate": "keep"})
    result = await waited(hass, result)
    assert result["reason"] == "reconfigure_successful"
    await hass.async_block_till_done()
    assert entry.data["tls"]["pinned"] == front.fingerprint
    assert power(hass) == "500.0"


# A certificate of the owner's own


async def upload(
    hass: HomeAssistant, client: Any, certificate: bytes, key: bytes
) -> dict[str, str]:
    """Upload both files as the browser does."""
    found = {}
    for name, content in (("certificate", certificate), ("key", key)):
        answer = await client.post("/api/file_upload", data={"file": BytesIO(content)})
        assert answer.status == 200, await answer.text()
        found[name] = (await answer.json())["file_id"]
    return found


@pytest.fixture
async def client(
    hass: HomeAssistant,
    hass_client: ClientSessionGenerator,
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
) -> Any:
    """Return a browser that can upload files."""
    monkeypatch.setattr(file_upload, "TEMP_DIR_NAME", str(tmp_path / "uploads"))
    assert await async_setup_component(hass, "file_upload", {})
    return await hass_client()


async def test_each_wrong_upload_has_its_words(
    hass: HomeAssistant, front: TlsFront, client: Any
) -> None:
    """Nothing of it is kept, and the form asks again."""
    good = pair(elliptic())
    old = pair(elliptic(), begins=-2, ends=-1)
    locked = pair(elliptic(), locked=True)
    odd = pair(ed25519.Ed25519PrivateKey.generate())
    short = pair(rsa.generate_private_key(65537, 1024))  # noqa: S505 - to be refused
    result = await start(hass, front.port, "on")
    result = await send(hass, result, {"certificate": "own"})
    for wrong, error in (
        (Pair(good.key, good.key), "tls_not_a_certificate"),
        (Pair(good.certificate, good.certificate), "tls_not_a_key"),
        (locked, "tls_key_encrypted"),
        (odd, "tls_key_kind"),
        (short, "tls_key_short"),
        (old, "tls_expired"),
    ):
        files = await upload(hass, client, wrong.certificate, wrong.key)
        result = await send(hass, result, files)
        assert result["errors"] == {"base": error}
        assert not folder(hass).exists()


async def test_own_pair_is_uploaded(
    hass: HomeAssistant,
    front: TlsFront,
    client: Any,
) -> None:
    """A wrong pair is refused by name, the right one reads."""
    good, other = certificates.make(Kind.RSA), certificates.make(Kind.RSA)
    result = await start(hass, front.port, "on")
    result = await send(hass, result, {"certificate": "own"})
    assert result["step_id"] == "tls_upload"
    files = await upload(hass, client, good.certificate, other.key)
    result = await send(hass, result, files)
    assert result["errors"] == {"base": "tls_wrong_pair"}
    assert not folder(hass).exists()
    # Each upload can be used once.
    result = await send(hass, result, files)
    assert result["errors"] == {"base": "tls_upload_again"}
    files = await upload(hass, client, good.certificate, good.key)
    result = await send(hass, result, files)
    assert result["step_id"] == "tls_wait"
    await until(lambda: front.knocked)
    front.accept()
    assert (await waited(hass, result))["step_id"] == "confirm_tls_import"


async def test_own_pair_for_a_meter_that_is_away(
    hass: HomeAssistant, front: TlsFront, client: Any
) -> None:
    """What is wrong with the meter is said where the files were; then they serve."""
    own = certificates.make(Kind.ECDSA)
    await front.stop()
    result = await start(hass, front.port, "on")
    result = await send(hass, result, {"certificate": "own"})
    files = await upload(hass, client, own.certificate, own.key)
    result = await send(hass, result, files)
    assert result["step_id"] == "tls_upload"
    assert result["errors"] == {"base": "tls_port_closed"}
    await front.start()
    files = await upload(hass, client, own.certificate, own.key)
    result = await send(hass, result, files)
    assert result["step_id"] == "tls_wait"
    await until(lambda: front.knocked)
    front.accept()
    assert (await waited(hass, result))["step_id"] == "confirm_tls_import"
