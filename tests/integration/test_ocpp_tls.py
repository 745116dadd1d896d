"""Encryption, passwords and certificates of an OCPP server in a real Home Assistant."""

import asyncio
from datetime import timedelta
import html
from http import HTTPStatus
from pathlib import Path
import ssl
from typing import Any

from freezegun.api import FrozenDateTimeFactory
from homeassistant.components import file_upload
from homeassistant.config_entries import ConfigEntry, ConfigEntryState
from homeassistant.core import HomeAssistant
from homeassistant.helpers import issue_registry as ir
from homeassistant.setup import async_setup_component
import pytest
from pytest_homeassistant_custom_component.typing import ClientSessionGenerator

from custom_components.meters_and_chargers import authority, certificates, links
from custom_components.meters_and_chargers.certificates import Kind
from custom_components.meters_and_chargers.const import DOMAIN
from custom_components.meters_and_chargers.diagnostics import (
    async_get_config_entry_diagnostics,
)

from .test_ksem_tls import upload
from .test_ocpp import Garage, garage, knocks, let_in, reconfigure, server, until

__all__ = ["garage", "server"]

PASSWORD = "sixteen letters!"  # noqa: S105 - a made-up one


@pytest.fixture(autouse=True)
def small_root(monkeypatch: pytest.MonkeyPatch) -> None:
    """Make a shorter root key: the machine may be slow."""
    monkeypatch.setattr(authority, "_ROOT_BITS", 2048)


def issue(hass: HomeAssistant, key: str, entry: ConfigEntry[Any]) -> Any:
    """Return an issue of an entry."""
    found = ir.async_get(hass).async_get_issue(DOMAIN, f"{key}_{entry.entry_id}")
    return found if found is not None and found.active else None


def form(server: ConfigEntry[Any], **more: Any) -> dict[str, Any]:
    """Return what is typed to change a server."""
    kept = {key: server.data[key] for key in ("port", "host", "tls_mode")}
    return {
        **kept,
        "credentials": False,
        "certificate": "ours",
        "show_certificate": False,
        **more,
    }


async def change(hass: HomeAssistant, server: ConfigEntry[Any], **more: Any) -> Any:
    """Open the form of a server and send it."""
    result = await reconfigure(hass, server)
    return await hass.config_entries.flow.async_configure(
        result["flow_id"], form(server, **more)
    )


async def shown(hass: HomeAssistant, server: ConfigEntry[Any]) -> dict[str, Any]:
    """Return the server's certificate, verified as a wallbox does."""
    root = authority.root(links.authority_folder(hass))
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.load_verify_locations(cadata=root.pem)
    transport, _ = await hass.loop.create_connection(
        asyncio.Protocol,
        "127.0.0.1",
        server.data["port"],
        ssl=context,
    )
    found: dict[str, Any] = transport.get_extra_info("peercert")
    transport.close()
    return found


async def test_encrypted_from_the_start(hass: HomeAssistant, garage: Garage) -> None:
    """A wallbox that trusts the root connects by TLS on the same port."""
    await until(hass, garage, lambda: bool(knocks(hass)), "knock")
    security = garage.wallbox.security
    await garage.wallbox.stop()
    security.trust(authority.root(links.authority_folder(hass)).pem)
    security.profile, security.password = 2, b"ignored"
    await garage.wallbox.start()
    entry = await let_in(hass, garage)
    await until(
        hass, garage, lambda: entry.runtime_data.charger.online, "online by TLS"
    )
    assert "security" not in entry.data


async def test_a_password_from_the_start(
    hass: HomeAssistant,
    garage: Garage,
    server: ConfigEntry[Any],
    expected_logs: list[str],
) -> None:
    """Refused and shown; accepted with a password, without it refused for ever."""
    expected_logs += ["can't connect", "no longer connected"]
    result = await change(hass, server, credentials=True)
    assert result["reason"] == "reconfigure_successful"
    await garage.wallbox.stop()
    await garage.wallbox.start()
    for flow in knocks(hass):
        hass.config_entries.flow.async_abort(flow["flow_id"])

    def asked() -> list[Any]:
        return [
            flow
            for flow in hass.config_entries.flow.async_progress_by_handler(DOMAIN)
            if flow["step_id"] == "knock_password"
        ]

    await until(hass, garage, lambda: bool(asked()), "knock")
    assert not garage.wallbox.line.connected
    typed = {"name": "Wallbox", "maximum_current": 16, "password": "short"}
    flow_id = asked()[0]["flow_id"]
    result = await hass.config_entries.flow.async_configure(flow_id, typed)
    assert result["errors"] == {"password": "invalid_password"}
    typed["password"] = PASSWORD
    result = await hass.config_entries.flow.async_configure(flow_id, typed)
    entry = result["result"]
    await until(hass, garage, lambda: issue(hass, "wallbox_refused", entry), "an issue")
    garage.wallbox.security.profile = 1
    garage.wallbox.security.password = PASSWORD.encode()
    await until(hass, garage, lambda: entry.runtime_data.charger.online, "online")
    await until(hass, garage, lambda: garage.wallbox.line.connected, "its word of it")
    assert issue(hass, "wallbox_refused", entry) is None
    assert entry.data["security"]["profile"] == 1
    found = await async_get_config_entry_diagnostics(hass, entry)
    assert found["entry"]["data"]["security"]["profile"] == 1
    for secret in (PASSWORD, entry.data["security"]["passwords"][0]["salt"]):
        assert secret not in str(found)
    garage.wallbox.security.profile = 0
    garage.wallbox.drop()
    await until(hass, garage, lambda: issue(hass, "wallbox_refused", entry), "an issue")
    await hass.config_entries.async_remove(entry.entry_id)
    assert issue(hass, "wallbox_refused", entry) is None


async def test_changes_of_the_certificate_drop_nobody(
    hass: HomeAssistant, garage: Garage, server: ConfigEntry[Any]
) -> None:
    """Names are added and the root is shown while a wallbox stays connected."""
    await let_in(hass, garage)
    listener = server.runtime_data.listener
    link = listener.server.links["GARAGE/1"]
    assert ("IP Address", "127.0.0.1") in (await shown(hass, server))["subjectAltName"]
    result = await change(hass, server, names=["ws://house"])
    assert result["errors"] == {"names": "invalid_name"}
    result = await hass.config_entries.flow.async_configure(
        result["flow_id"],
        form(server, names=["ocpp.example.org"], show_certificate=True),
    )
    assert result["step_id"] == "ocpp_authority"
    words = result["description_placeholders"]
    assert words["certificate"].startswith("-----BEGIN CERTIFICATE-----")
    assert "ocpp.example.org" in words["names"]
    result = await hass.config_entries.flow.async_configure(result["flow_id"], {})
    assert result["reason"] == "reconfigure_successful"
    assert ("DNS", "ocpp.example.org") in (await shown(hass, server))["subjectAltName"]
    assert listener.server.links == {"GARAGE/1": link}
    result = await change(hass, server, tls_mode="off")
    await hass.async_block_till_done()
    assert server.data["names"] == []
    assert server.runtime_data.listener is not listener


async def test_a_server_at_rest_is_changed_for_its_next_start(
    hass: HomeAssistant, server: ConfigEntry[Any]
) -> None:
    """A name that it was given meanwhile is in its certificate; it is not started."""
    await hass.config_entries.async_unload(server.entry_id)
    result = await change(hass, server, names=["ocpp.example.org"])
    assert result["reason"] == "reconfigure_successful"
    await hass.async_block_till_done()
    assert server.state is ConfigEntryState.NOT_LOADED
    await hass.config_entries.async_setup(server.entry_id)
    assert ("DNS", "ocpp.example.org") in (await shown(hass, server))["subjectAltName"]


async def test_the_root_as_a_file(
    hass: HomeAssistant,
    server: ConfigEntry[Any],
    hass_client: ClientSessionGenerator,
    hass_client_no_auth: ClientSessionGenerator,
    expected_logs: list[str],
) -> None:
    """Whoever is logged in may have it, or has the form's link; nobody else."""
    expected_logs += ["invalid authentication"]
    found = authority.root(links.authority_folder(hass))
    url = f"/api/{DOMAIN}/home-assistant-wallboxes.pem"
    stranger = await hass_client_no_auth()
    assert (await stranger.get(url)).status == HTTPStatus.UNAUTHORIZED
    result = await change(hass, server, show_certificate=True)
    download = result["description_placeholders"]["download"]
    signed = html.unescape(download.partition('href="')[2].partition('"')[0])
    assert signed.startswith(f"{url}?authSig=")
    for client, address in ((await hass_client(), url), (stranger, signed)):
        answer = await client.get(address)
        assert answer.status == HTTPStatus.OK
        assert await answer.text() == found.pem
        assert "attachment" in answer.headers["Content-Disposition"]
    assert "PRIVATE" not in found.pem
    assert (await stranger.get(f"{signed}0")).status == HTTPStatus.UNAUTHORIZED


async def test_old_ciphers(
    hass: HomeAssistant, server: ConfigEntry[Any], expected_logs: list[str]
) -> None:
    """Refused unless its owner wants them; without a restart, and never for others."""
    expected_logs += ["its encryption failed (NO_SHARED_CIPHER)"]
    listener = server.runtime_data.listener
    old = ["AES128-GCM-SHA256", "AES256-GCM-SHA384"]
    for cipher in old:
        with pytest.raises((ssl.SSLError, ConnectionError)):
            await cipher_of(hass, server, cipher)
    await change(hass, server, old_ciphers=True)
    assert server.data["old_ciphers"] is True
    assert [await cipher_of(hass, server, cipher) for cipher in old] == old
    both = f"{old[0]}:ECDHE-RSA-AES128-GCM-SHA256"
    assert await cipher_of(hass, server, both) == "ECDHE-RSA-AES128-GCM-SHA256"
    with pytest.raises((ssl.SSLError, ConnectionError)):
        await cipher_of(hass, server, "AES128-SHA")
    await change(hass, server)
    with pytest.raises((ssl.SSLError, ConnectionError)):
        await cipher_of(hass, server, old[0])
    assert server.runtime_data.listener is listener


async def cipher_of(hass: HomeAssistant, server: ConfigEntry[Any], ciphers: str) -> str:
    """Connect as a wallbox that knows only these; return what is used."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    root = authority.root(links.authority_folder(hass))
    context.load_verify_locations(cadata=root.pem)
    context.maximum_version = ssl.TLSVersion.TLSv1_2
    context.set_ciphers(ciphers)
    transport, _ = await hass.loop.create_connection(
        asyncio.Protocol, "127.0.0.1", server.data["port"], ssl=context
    )
    used: str = transport.get_extra_info("cipher")[0]
    transport.close()
    return used


async def test_the_owners_own_certificate(
    hass: HomeAssistant,
    server: ConfigEntry[Any],
    hass_client: ClientSessionGenerator,
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
    freezer: FrozenDateTimeFactory,
) -> None:
    """It is checked, shown and kept; its end is told; then ours is shown again."""
    monkeypatch.setattr(file_upload, "TEMP_DIR_NAME", str(tmp_path / "uploads"))
    assert await async_setup_component(hass, "file_upload", {})
    client = await hass_client()
    good = certificates.make(Kind.ECDSA)
    result = await change(hass, server, certificate="own")
    assert result["step_id"] == "ocpp_upload"
    files = await upload(hass, client, good.certificate, good.certificate)
    result = await hass.config_entries.flow.async_configure(result["flow_id"], files)
    assert result["errors"] == {"base": "tls_not_a_key"}
    files = await upload(hass, client, good.certificate, good.key)
    result = await hass.config_entries.flow.async_configure(result["flow_id"], files)
    assert result["reason"] == "reconfigure_successful"
    own = server.data["own_pair"]
    with pytest.raises(ssl.SSLCertVerificationError):
        await shown(hass, server)
    folder = links.authority_folder(hass)
    await change(hass, server, certificate="keep", names=["a.example.org"])
    assert server.data["own_pair"] == own
    freezer.move_to(certificates.load(folder, own).ends - timedelta(days=29))
    await server.runtime_data.look_at_certificates()
    assert issue(hass, "server_certificate_ends", server)
    await change(hass, server)
    assert "own_pair" not in server.data
    assert not (folder / own).exists()
    assert issue(hass, "server_certificate_ends", server) is None
    freezer.move_to(authority.root(folder).ends - timedelta(days=29))
    await server.runtime_data.look_at_certificates()
    assert issue(hass, "authority_ends", server)
    await hass.config_entries.async_remove(server.entry_id)
    assert issue(hass, "authority_ends", server) is None
