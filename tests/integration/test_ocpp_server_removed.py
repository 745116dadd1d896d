"""An OCPP server is removed, and its wallboxes with it or not."""

from typing import Any

from homeassistant.components.repairs import repairs_flow_manager
from homeassistant.config_entries import ConfigEntry, ConfigEntryState
from homeassistant.core import HomeAssistant
from homeassistant.data_entry_flow import FlowResultType
from homeassistant.helpers import issue_registry as ir
from homeassistant.setup import async_setup_component
import pytest

from custom_components.meters_and_chargers.const import DOMAIN

from .test_config_flow import choose, submit
from .test_ocpp import Garage, garage, knocks, let_in, server, until

__all__ = ["garage", "server"]


@pytest.fixture
async def left_behind(
    hass: HomeAssistant, server: ConfigEntry[Any], garage: Garage
) -> ConfigEntry[Any]:
    """Return the entry of a wallbox whose server was removed."""
    assert await async_setup_component(hass, "repairs", {})
    entry = await let_in(hass, garage)
    await hass.config_entries.async_remove(server.entry_id)
    await hass.async_block_till_done()
    assert entry.state is ConfigEntryState.SETUP_RETRY
    return entry


def the_issue(
    issue_registry: ir.IssueRegistry, server: ConfigEntry[Any]
) -> ir.IssueEntry | None:
    """Return what is said of the removed server."""
    return issue_registry.async_get_issue(DOMAIN, f"server_removed_{server.entry_id}")


async def test_its_wallboxes_can_be_removed_too(
    hass: HomeAssistant,
    server: ConfigEntry[Any],
    left_behind: ConfigEntry[Any],
    issue_registry: ir.IssueRegistry,
) -> None:
    """Repairs names them, and removes them on Submit."""
    issue = the_issue(issue_registry, server)
    assert issue is not None
    assert issue.translation_placeholders == {
        "server": server.title,
        "wallboxes": "Wallbox",
    }
    manager = repairs_flow_manager(hass)
    assert manager is not None
    flow = await manager.async_init(DOMAIN, data={"issue_id": issue.issue_id})
    flow = await manager.async_configure(flow["flow_id"], {})
    assert flow["type"] is FlowResultType.CREATE_ENTRY
    await hass.async_block_till_done()
    assert hass.config_entries.async_entries(DOMAIN) == []
    assert the_issue(issue_registry, server) is None


async def test_removed_by_hand_they_are_not_spoken_of_again(
    hass: HomeAssistant,
    server: ConfigEntry[Any],
    left_behind: ConfigEntry[Any],
    issue_registry: ir.IssueRegistry,
) -> None:
    """The issue goes with the last wallbox."""
    assert the_issue(issue_registry, server) is not None
    await hass.config_entries.async_remove(left_behind.entry_id)
    assert the_issue(issue_registry, server) is None


async def test_its_wallbox_keeps_its_limit(
    hass: HomeAssistant,
    left_behind: ConfigEntry[Any],
    caplog: pytest.LogCaptureFixture,
    expected_logs: list[str],
) -> None:
    """Nobody can take it back without a server, which is said where it was wanted."""
    expected_logs.append("Wallbox keeps its last limit: no server")
    hass.config_entries.async_update_entry(left_behind, options={"on_leave": "clear"})
    await hass.config_entries.async_remove(left_behind.entry_id)
    assert expected_logs[0] in caplog.text


async def test_another_server_takes_them_over(
    hass: HomeAssistant,
    server: ConfigEntry[Any],
    garage: Garage,
    left_behind: ConfigEntry[Any],
    issue_registry: ir.IssueRegistry,
) -> None:
    """A wallbox that finds a new server goes on as the same device."""
    result = await choose(hass, "ocpp_server")
    result = await submit(
        hass, result, {"port": server.data["port"], "host": "127.0.0.1"}
    )
    assert result["type"] is FlowResultType.CREATE_ENTRY
    await until(
        hass,
        garage,
        lambda: (
            left_behind.state is ConfigEntryState.LOADED
            and left_behind.runtime_data.online
        ),
        "taken over",
    )
    assert left_behind.data["server"] == result["result"].entry_id
    assert the_issue(issue_registry, server) is None
    assert knocks(hass) == []
    await hass.config_entries.async_unload(result["result"].entry_id)
