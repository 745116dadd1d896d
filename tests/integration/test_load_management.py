"""A Power Brain that steers as well: said only if its owner wants to be told."""

from collections.abc import AsyncIterator
from http import HTTPStatus
from typing import Any

from homeassistant.config_entries import ConfigEntry, ConfigFlowResult
from homeassistant.core import HomeAssistant
from homeassistant.data_entry_flow import FlowResultType
from homeassistant.helpers import issue_registry as ir
from homeassistant.util import dt as dt_util
import pytest
from pytest_homeassistant_custom_component.common import async_fire_time_changed

from custom_components.meters_and_chargers import links
from custom_components.meters_and_chargers.const import DOMAIN
from custom_components.meters_and_chargers.load_management import EVERY
from simulators.power_brain import PowerBrain
from simulators.power_brain_web import PowerBrainWeb

from .conftest import SetUp
from .test_cfos import set_up
from .test_pico import open_options

WATCH = "watch_load_management"
ASKED = ("GET /cnf?cmd=get_dev_info", False)

assert set_up  # the fixture


@pytest.fixture
async def page(
    socket_enabled: None, monkeypatch: pytest.MonkeyPatch
) -> AsyncIterator[PowerBrainWeb]:
    """Return the wallbox's web page, at another port than 80."""
    found = PowerBrainWeb()
    await found.start()
    monkeypatch.setattr(links.web, "_WEB_PORT", found.port)
    yield found
    await found.stop()


def issue(hass: HomeAssistant, entry: ConfigEntry) -> ir.IssueEntry | None:
    """Return what is said of an entry."""
    return ir.async_get(hass).async_get_issue(
        DOMAIN, f"load_management_{entry.entry_id}"
    )


async def choose(
    hass: HomeAssistant, entry: ConfigEntry, *, watch: bool
) -> ConfigFlowResult:
    """Submit the options."""
    flows = hass.config_entries.options
    form = await open_options(hass, entry, "device")
    answers: dict[str, Any] = {"interval": "2", WATCH: watch}
    result = await flows.async_configure(form["flow_id"], answers)
    await hass.async_block_till_done(wait_background_tasks=True)
    return result


async def look_again(hass: HomeAssistant) -> None:
    """Let five minutes pass."""
    async_fire_time_changed(hass, dt_util.utcnow() + EVERY)
    await hass.async_block_till_done(wait_background_tasks=True)


async def test_nothing_is_asked_unasked(
    hass: HomeAssistant, set_up: SetUp, page: PowerBrainWeb
) -> None:
    """Its web page is nobody's business before the owner says so."""
    entry = await set_up()
    await look_again(hass)
    assert not page.requests
    assert issue(hass, entry) is None


async def test_issue_comes_and_goes_with_the_setting(
    hass: HomeAssistant, set_up: SetUp, page: PowerBrainWeb
) -> None:
    """While it steers itself an issue says so; on Observe, or unwatched, none."""
    entry = await set_up()
    result = await choose(hass, entry, watch=True)
    assert result["type"] is FlowResultType.CREATE_ENTRY
    said = issue(hass, entry)
    assert said is not None
    assert said.translation_placeholders == {"name": "Garage", "host": "127.0.0.1"}
    page.active = False
    await look_again(hass)
    assert issue(hass, entry) is None
    page.active = True
    await look_again(hass)
    assert issue(hass, entry) is not None
    assert set(page.requests) == {ASKED}
    await choose(hass, entry, watch=False)
    assert issue(hass, entry) is None
    page.requests.clear()
    await look_again(hass)
    assert not page.requests


async def test_issue_goes_with_the_entry(
    hass: HomeAssistant, set_up: SetUp, page: PowerBrainWeb
) -> None:
    """Who removes the wallbox is no longer warned of it."""
    entry = await set_up()
    await choose(hass, entry, watch=True)
    assert issue(hass, entry) is not None
    await hass.config_entries.async_remove(entry.entry_id)
    assert issue(hass, entry) is None


@pytest.mark.parametrize("fault", ["log-in", "another answer", "a word", "no page"])
async def test_page_that_does_not_tell_is_refused(
    hass: HomeAssistant, set_up: SetUp, page: PowerBrainWeb, fault: str
) -> None:
    """A watch that could never warn is not taken for one."""
    entry = await set_up()
    if fault == "log-in":
        page.status = HTTPStatus.UNAUTHORIZED
    elif fault == "no page":
        await page.stop()
    else:
        page.active = None if fault == "another answer" else "observe"
    result = await choose(hass, entry, watch=True)
    assert result["errors"] == {"base": "load_management_untold"}
    assert WATCH not in entry.options


async def test_page_that_fails_later_is_said_once(
    hass: HomeAssistant,
    set_up: SetUp,
    page: PowerBrainWeb,
    caplog: pytest.LogCaptureFixture,
    expected_logs: list[str],
) -> None:
    """One line each way, the wallbox itself goes on, and what was said stays."""
    expected_logs.append("does not tell whether its load management steers")
    entry = await set_up()
    await choose(hass, entry, watch=True)
    page.status = HTTPStatus.INTERNAL_SERVER_ERROR
    await look_again(hass)
    await look_again(hass)
    assert issue(hass, entry) is not None
    page.status = HTTPStatus.OK
    page.active = False
    await look_again(hass)
    assert issue(hass, entry) is None
    told = [one.getMessage() for one in caplog.records if "steers" in one.getMessage()]
    assert len(told) == 2
    assert "secret-word" not in caplog.text


async def test_serial_line_has_no_page(
    hass: HomeAssistant, power_brain: PowerBrain, set_up: SetUp
) -> None:
    """There the option would have nobody to ask."""
    entry = await set_up()
    data = {**entry.data, "device": "/dev/ttyUSB0"}
    del data["host"]
    hass.config_entries.async_update_entry(entry, data=data)
    form = await open_options(hass, entry, "device")
    assert form["data_schema"] is not None
    assert WATCH not in {str(marker) for marker in form["data_schema"].schema}
