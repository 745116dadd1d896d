"""What is told, and done, when the record of charging sessions can't be read."""

from collections.abc import Callable
from pathlib import Path
import sqlite3
from typing import Any

from homeassistant.config_entries import ConfigEntry, ConfigEntryState
from homeassistant.core import HomeAssistant
from homeassistant.helpers import issue_registry as ir
import pytest

from custom_components.meters_and_chargers.const import DOMAIN

from .test_ocpp import Garage, garage, let_in, server, until

__all__ = ["garage", "server"]


def told(hass: HomeAssistant, entry: ConfigEntry[Any]) -> ir.IssueEntry | None:
    """Return what Repairs says of an entry."""
    issue_id = f"journal_unread_{entry.entry_id}"
    return ir.async_get(hass).async_get_issue(DOMAIN, issue_id)


def garbage(path: Path) -> None:
    """Let the file be none of sqlite's."""
    path.write_bytes(b"x" * 8192)


def move_away(path: Path) -> None:
    """Do as the issue says."""
    path.rename(path.with_suffix(".old"))


def newer(path: Path) -> None:
    """Let the file come from a later version."""
    with sqlite3.connect(path) as db:
        db.execute("PRAGMA user_version=99")
    db.close()


@pytest.mark.parametrize(
    ("damage", "error"), [(garbage, "not a database"), (newer, "newer than")]
)
@pytest.mark.parametrize("expected_logs", [["no longer connected"]])
async def test_server_without_its_journal(
    hass: HomeAssistant,
    garage: Garage,
    server: ConfigEntry[Any],
    damage: Callable[[Path], None],
    error: str,
) -> None:
    """It says what happened and what to do; the file moved away, all goes on."""
    wallbox = await let_in(hass, garage)
    path: Path = server.runtime_data.listener.journal_path
    await hass.config_entries.async_unload(server.entry_id)
    await hass.async_block_till_done()
    damage(path)
    await hass.config_entries.async_setup(server.entry_id)
    await hass.async_block_till_done()
    assert server.state is ConfigEntryState.SETUP_RETRY
    assert server.error_reason_translation_key == "journal_unread"
    issue = told(hass, server)
    assert issue is not None
    assert issue.translation_placeholders is not None
    assert error in issue.translation_placeholders["error"]
    assert wallbox.state is ConfigEntryState.SETUP_RETRY
    move_away(path)
    await hass.config_entries.async_reload(server.entry_id)
    assert server.state is ConfigEntryState.LOADED
    assert told(hass, server) is None
    await until(
        hass, garage, lambda: wallbox.state is ConfigEntryState.LOADED, "the wallbox"
    )


@pytest.mark.parametrize("expected_logs", [["no longer connected"]])
async def test_wallbox_whose_part_can_t_be_read(
    hass: HomeAssistant, garage: Garage, server: ConfigEntry[Any]
) -> None:
    """It says so by its own entry and issue, and its server listens all the same."""
    wallbox = await let_in(hass, garage)
    path: Path = server.runtime_data.listener.journal_path
    await hass.config_entries.async_unload(server.entry_id)
    await hass.async_block_till_done()
    with sqlite3.connect(path) as db:
        db.execute("ALTER TABLE transactions RENAME TO lost")
    await hass.config_entries.async_setup(server.entry_id)
    await hass.async_block_till_done()
    assert server.state is ConfigEntryState.LOADED
    assert told(hass, server) is None
    assert wallbox.state is ConfigEntryState.SETUP_RETRY
    assert wallbox.error_reason_translation_key == "journal_unread"
    assert told(hass, wallbox) is not None
    with db:
        db.execute("ALTER TABLE lost RENAME TO transactions")
    db.close()
    await hass.config_entries.async_reload(wallbox.entry_id)
    assert wallbox.state is ConfigEntryState.LOADED
    assert told(hass, wallbox) is None


async def test_removed_entry_leaves_no_issue(
    hass: HomeAssistant, server: ConfigEntry[Any]
) -> None:
    """Who deletes the entry has nothing left to mend."""
    path: Path = server.runtime_data.listener.journal_path
    await hass.config_entries.async_unload(server.entry_id)
    garbage(path)
    await hass.config_entries.async_setup(server.entry_id)
    assert told(hass, server) is not None
    await hass.config_entries.async_remove(server.entry_id)
    assert told(hass, server) is None
