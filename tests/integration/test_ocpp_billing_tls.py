"""Certificates of a billing service: verified, uploaded, kept in files, watched."""

import asyncio
from io import BytesIO
from pathlib import Path
import shutil
import ssl
from typing import Any

from homeassistant.components import file_upload
from homeassistant.config_entries import ConfigEntry
from homeassistant.core import HomeAssistant
from homeassistant.helpers import issue_registry as ir
from homeassistant.setup import async_setup_component
import pytest
from pytest_homeassistant_custom_component.typing import ClientSessionGenerator

from custom_components.meters_and_chargers import links
from custom_components.meters_and_chargers.const import DOMAIN
from simulators.backend import Backend
from tests.engine.protocols.ocpp_certificates import TestAuthority

from .billing import CONNECTED, ERROR, enter, quick, submit
from .test_certificates import elliptic, pair
from .test_ocpp import Garage, garage, let_in, server, until

__all__ = ["garage", "quick", "server"]


@pytest.fixture
async def entry(hass: HomeAssistant, garage: Garage, quick: None) -> ConfigEntry[Any]:
    """Return the wallbox's entry; no car is there."""
    garage.house.cars[0].connected = False
    return await let_in(hass, garage)


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


@pytest.fixture(autouse=True)
def handshakes_may_fail(hass: HomeAssistant) -> None:
    """Let the simulated service's side of a refused handshake be no test's failure."""
    usual = hass.loop.get_exception_handler()

    def handle(loop: asyncio.AbstractEventLoop, context: dict[str, Any]) -> None:
        if usual is not None and not isinstance(context.get("exception"), OSError):
            usual(loop, context)

    hass.loop.set_exception_handler(handle)


async def uploaded(client: Any, **files: bytes) -> dict[str, str]:
    """Upload files as the browser does."""
    found = {}
    for name, content in files.items():
        answer = await client.post("/api/file_upload", data={"file": BytesIO(content)})
        found[name] = (await answer.json())["file_id"]
    return found


def shows(path: Path, wants: Path | None = None) -> ssl.SSLContext:
    """Return how a billing service encrypts, and whose certificates it wants."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(path)
    if wants is not None:
        context.load_verify_locations(wants)
        context.verify_mode = ssl.CERT_REQUIRED
    return context


async def test_a_service_of_an_authority_of_its_own(
    hass: HomeAssistant,
    garage: Garage,
    entry: ConfigEntry[Any],
    client: Any,
    tmp_path: Path,
) -> None:
    """Refused until its certificate is uploaded; profile 3 shows ours as well."""
    ours, theirs = TestAuthority(tmp_path, "Ours"), TestAuthority(tmp_path, "Theirs")
    path, _ = theirs.issue("backend", ip="127.0.0.1")
    mine = ours.issue("CP-1")[0].read_bytes()
    stranger = ours.issue("stranger")[0].read_bytes()
    backend = Backend(shows(path, ours.path))
    await backend.start()
    try:
        result = await enter(hass, entry, backend)
        assert result["errors"] == {"base": "billing_untrusted"}
        hass.config_entries.options.async_abort(result["flow_id"])

        result = await enter(hass, entry, backend, trust="own", certified=True)
        assert result["step_id"] == "billing_files"
        result = await submit(hass, result, {})
        assert result["errors"] == {"base": "billing_files_missing"}
        files = await uploaded(client, authorities=b"none", certificate=mine, key=mine)
        result = await submit(hass, result, files)
        assert result["errors"] == {"base": "billing_no_authority"}
        authorities = theirs.path.read_bytes()
        files = await uploaded(
            client, authorities=authorities, certificate=mine, key=stranger
        )
        result = await submit(hass, result, files)
        assert result["errors"] == {"base": "billing_wrong_pair"}
        files = await uploaded(
            client, authorities=authorities, certificate=mine, key=mine
        )
        result = await submit(hass, result, files)
        assert result["step_id"] == "billing_done", result
        await submit(hass, result, {})
        await hass.async_block_till_done()
        await until(hass, garage, lambda: is_on(hass), "connected")
        kept = links.billing_folder(hass) / entry.options["billing"]["files"]
        assert (kept / "key.pem").stat().st_mode & 0o077 == 0
        assert "BEGIN" not in str(entry.options)
        # Both certificates end in ten days.
        issue_id = f"billing_certificate_ends_{entry.entry_id}"
        assert ir.async_get(hass).async_get_issue(DOMAIN, issue_id) is not None

        # Files that are there stay where none is uploaded; the old ones are gone.
        result = await enter(hass, entry, backend, trust="own", certified=True)
        result = await submit(hass, result, {})
        assert result["step_id"] == "billing_done", result
        await submit(hass, result, {})
        await hass.async_block_till_done()
        assert not kept.exists()
        await until(hass, garage, lambda: is_on(hass), "connected")
        files_id = entry.options["billing"]["files"]
        await hass.config_entries.async_remove(entry.entry_id)
        assert not (links.billing_folder(hass) / files_id).exists()
        assert ir.async_get(hass).async_get_issue(DOMAIN, issue_id) is None
    finally:
        await backend.stop()


async def test_a_pair_that_can_not_be_shown_is_refused(
    hass: HomeAssistant, entry: ConfigEntry[Any], client: Any
) -> None:
    """No certificate, a locked key, one that has ended: each in its own words."""
    good, locked = pair(elliptic()), pair(elliptic(), locked=True)
    old = pair(elliptic(), begins=-2, ends=-1)
    backend = Backend()
    await backend.start()
    result = await enter(hass, entry, backend, certified=True)
    for certificate, key, error in (
        (b"none", good.key, "billing_certificate"),
        (locked.certificate, locked.key, "billing_key"),
        (old.certificate, old.key, "billing_expired"),
    ):
        files = await uploaded(client, certificate=certificate, key=key)
        result = await submit(hass, result, files)
        assert result["errors"] == {"base": error}
    hass.config_entries.options.async_abort(result["flow_id"])
    assert not backend.paths
    await backend.stop()


async def test_an_upload_is_taken_once(
    hass: HomeAssistant, entry: ConfigEntry[Any], client: Any
) -> None:
    """Who sends the form again without the files is asked for them again."""
    good = pair(elliptic())
    backend = Backend()
    await backend.start()
    result = await enter(hass, entry, backend, certified=True)
    files = await uploaded(client, certificate=b"none", key=good.key)
    result = await submit(hass, result, files)
    assert result["errors"] == {"base": "billing_certificate"}
    result = await submit(hass, result, files)
    assert result["errors"] == {"base": "upload_again"}
    files = await uploaded(client, certificate=good.certificate, key=good.key)
    result = await submit(hass, result, files)
    assert result["step_id"] == "billing_done"
    hass.config_entries.options.async_abort(result["flow_id"])
    await backend.stop()


async def test_a_server_that_ends_meanwhile_is_said(
    hass: HomeAssistant, entry: ConfigEntry[Any], client: Any
) -> None:
    """While files were looked for nobody is left to be introduced; nothing is kept.

    Nor is anything lost of what was typed.
    """
    backend = Backend()
    await backend.start()
    result = await enter(hass, entry, backend, certified=True)
    assert result["step_id"] == "billing_files"
    await hass.config_entries.async_unload(entry.data["server"])
    good = pair(elliptic())
    files = await uploaded(client, certificate=good.certificate, key=good.key)
    result = await submit(hass, result, files)
    assert result["step_id"] == "billing"
    assert result["errors"] == {"base": "no_server_now"}
    url = next(one for one in result["data_schema"].schema if one == "url")
    assert url.description == {"suggested_value": backend.url}
    hass.config_entries.options.async_abort(result["flow_id"])
    assert not backend.paths
    assert "billing" not in entry.options
    await backend.stop()


async def test_not_to_verify_is_a_choice(
    hass: HomeAssistant, garage: Garage, entry: ConfigEntry[Any], tmp_path: Path
) -> None:
    """It is refused by itself, goes when its owner says so, and an issue warns."""
    theirs = TestAuthority(tmp_path, "Theirs")
    path, _ = theirs.issue("backend", ip="127.0.0.1")
    backend = Backend(shows(path))
    await backend.start()
    try:
        result = await enter(hass, entry, backend, trust="nothing")
        assert result["step_id"] == "billing_done", result
        await submit(hass, result, {})
        await hass.async_block_till_done()
        await until(hass, garage, lambda: is_on(hass), "connected")
        issues, issue_id = ir.async_get(hass), f"billing_unverified_{entry.entry_id}"
        assert issues.async_get_issue(DOMAIN, issue_id) is not None
        form = await enter(hass, entry, backend, trust="nothing", end=True)
        assert form["type"] == "create_entry"
        await hass.async_block_till_done()
        assert issues.async_get_issue(DOMAIN, issue_id) is None
    finally:
        await backend.stop()


async def test_files_that_are_gone_stop_the_line_alone(
    hass: HomeAssistant,
    garage: Garage,
    entry: ConfigEntry[Any],
    client: Any,
    tmp_path: Path,
) -> None:
    """The error says why; without certificates of ours nothing of them is said."""
    theirs = TestAuthority(tmp_path, "Theirs")
    path, _ = theirs.issue("backend", ip="127.0.0.1")
    backend = Backend(shows(path))
    await backend.start()
    try:
        result = await enter(hass, entry, backend, trust="own")
        files = await uploaded(client, authorities=theirs.path.read_bytes())
        result = await submit(hass, result, files)
        await submit(hass, result, {})
        await hass.async_block_till_done()
        await until(hass, garage, lambda: is_on(hass), "connected")
        issues = ir.async_get(hass)
        issue_id = f"billing_certificate_ends_{entry.entry_id}"
        assert issues.async_get_issue(DOMAIN, issue_id) is not None
        shutil.rmtree(links.billing_folder(hass))
        await hass.config_entries.async_reload(entry.data["server"])
        await until(hass, garage, lambda: state(hass, ERROR) == "encryption", "told")
        assert not is_on(hass)
        result = await enter(hass, entry, backend, trust="nothing")
        await submit(hass, result, {})
        await hass.async_block_till_done()
        await until(hass, garage, lambda: is_on(hass), "connected")
        assert issues.async_get_issue(DOMAIN, issue_id) is None
    finally:
        await hass.config_entries.async_unload(entry.data["server"])
        await backend.stop()


def state(hass: HomeAssistant, entity_id: str) -> str:
    """Return a state; empty while there is none."""
    found = hass.states.get(entity_id)
    return "" if found is None else found.state


def is_on(hass: HomeAssistant) -> bool:
    """Whether the billing service is connected."""
    return state(hass, CONNECTED) == "on"
