"""What the owner is told to mend, and when it is taken back."""

from dataclasses import replace
from datetime import datetime
from types import SimpleNamespace
from typing import Any

from homeassistant.components.repairs import repairs_flow_manager
from homeassistant.config_entries import ConfigEntry
from homeassistant.core import HomeAssistant
from homeassistant.data_entry_flow import FlowResultType
from homeassistant.helpers import issue_registry as ir
from homeassistant.setup import async_setup_component
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry

from custom_components.meters_and_chargers import site_watch
from custom_components.meters_and_chargers.const import DOMAIN
from custom_components.meters_and_chargers.controller import SiteController
from custom_components.meters_and_chargers.engine.charging import GridSample
from custom_components.meters_and_chargers.engine.charging.sign import (
    Finding,
    SignWatch,
)
from custom_components.meters_and_chargers.repairs import async_create_fix_flow

from .conftest import SetUp

NIGHT = "2026-11-21 23:30:00+00:00"
NOON = "2026-06-21 11:00:00+00:00"


@pytest.fixture(autouse=True)
def at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """Say at once what otherwise waits two minutes; test_steady tests that."""
    monkeypatch.setattr(site_watch, "STEADY_S", 0)


def at(monkeypatch: pytest.MonkeyPatch, time: str) -> None:
    """Let the sun stand as it does at some time; sockets keep their own."""
    clock = SimpleNamespace(utcnow=lambda: datetime.fromisoformat(time))
    monkeypatch.setattr(site_watch, "dt_util", clock)


async def set_up_site(hass: HomeAssistant, **data: Any) -> ConfigEntry[SiteController]:
    """Set up a site without wallboxes."""
    entry = MockConfigEntry(
        domain=DOMAIN,
        title="House",
        unique_id="site_1",
        data={
            "family": "site",
            "fuse_current": 25,
            **(data or {"grid_meter": "ksem_72345678"}),
        },
    )
    entry.add_to_hass(hass)
    await hass.config_entries.async_setup(entry.entry_id)
    await hass.async_block_till_done()
    return entry


def look(entry: ConfigEntry[SiteController], times: int = 3) -> None:
    """Let the site look at its meter."""
    for _ in range(times):
        entry.runtime_data.look()


def issues(issue_registry: ir.IssueRegistry) -> dict[str, ir.IssueEntry]:
    """Return our issues by the text they show."""
    return {
        issue.translation_key or "": issue
        for (domain, _), issue in issue_registry.issues.items()
        if domain == DOMAIN
    }


async def test_a_meter_polled_seldom_is_polled_faster(
    hass: HomeAssistant, set_up_ksem: SetUp, issue_registry: ir.IssueRegistry
) -> None:
    """Every 5 s is too slow; Submit makes it 2 s, and the issue goes."""
    assert await async_setup_component(hass, "repairs", {})
    meter = await set_up_ksem(interval=5)
    site = await set_up_site(hass)
    look(site)
    issue = issues(issue_registry)["slow_interval"]
    assert issue.issue_id == f"slow_meter_{site.entry_id}"
    assert issue.is_fixable
    assert issue.translation_placeholders == {
        "site": "House",
        "meter": "Grid meter",
        "period": "5",
        "interval": "2",
    }
    manager = repairs_flow_manager(hass)
    assert manager is not None
    flow = await manager.async_init(DOMAIN, data={"issue_id": issue.issue_id})
    assert flow["type"] is FlowResultType.FORM
    assert flow["description_placeholders"] == issue.translation_placeholders
    flow = await manager.async_configure(flow["flow_id"], {})
    assert flow["type"] is FlowResultType.CREATE_ENTRY
    await hass.async_block_till_done()
    assert meter.options == {"interval": 2}
    assert meter.runtime_data.interval_s == 2
    look(site)
    assert issues(issue_registry) == {}


@pytest.mark.parametrize(("language", "said"), [("en", "2.7"), ("de", "2,7")])
async def test_a_period_is_written_in_the_language_of_the_house(
    hass: HomeAssistant,
    set_up_ksem: SetUp,
    issue_registry: ir.IssueRegistry,
    language: str,
    said: str,
) -> None:
    """An issue has many readers: their decimal sign is that of the system."""
    hass.config.language = language
    await set_up_ksem(interval=2.74)
    look(await set_up_site(hass))
    placeholders = issues(issue_registry)["slow_interval"].translation_placeholders
    assert placeholders is not None
    assert placeholders["period"] == said


async def test_a_slow_sensor_can_not_be_mended_from_here(
    hass: HomeAssistant, issue_registry: ir.IssueRegistry
) -> None:
    """The issue names the sensor; it goes with the site."""
    hass.states.async_set(
        "sensor.grid", "500", {"unit_of_measurement": "W", "friendly_name": "Grid"}
    )
    site = await set_up_site(hass, grid_power="sensor.grid")
    look(site)
    issue = issues(issue_registry)["slow_meter"]
    assert not issue.is_fixable
    assert issue.translation_placeholders is not None
    assert issue.translation_placeholders["meter"] == "Grid"
    assert issue.translation_placeholders["period"] == "10"
    await hass.config_entries.async_unload(site.entry_id)
    assert issues(issue_registry) == {}
    with pytest.raises(ValueError, match="nobody can mend"):
        await async_create_fix_flow(hass, issue.issue_id, None)


async def test_a_fast_meter_or_none_is_no_issue(
    hass: HomeAssistant, set_up_ksem: SetUp, issue_registry: ir.IssueRegistry
) -> None:
    """Nothing is said of a meter that has not been seen, nor of one at 2 s."""
    site = await set_up_site(hass)
    look(site)
    assert issues(issue_registry) == {}
    await set_up_ksem()
    look(site)
    assert issues(issue_registry) == {}


async def test_steady(
    hass: HomeAssistant,
    set_up_ksem: SetUp,
    issue_registry: ir.IssueRegistry,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """A meter must be slow for two minutes without a break before it is said."""
    monkeypatch.setattr(site_watch, "STEADY_S", 120)
    await set_up_ksem()
    site = await set_up_site(hass)
    watch, now = site_watch.SiteWatch(hass, site), 0.0
    watch._clock = lambda: now
    for now, period_ms, said in (
        (0, 5000, False),
        (119, 5000, False),
        (121, 2000, False),
        (200, 5000, False),
        (319, 5000, False),
        (321, 5000, True),
        (322, 2000, True),
        (443, 2000, False),
    ):
        watch._look_at_pace(period_ms)
        assert bool(issues(issue_registry)) is said, now


@pytest.mark.parametrize(("time", "dark"), [(NIGHT, True), (NOON, False)])
async def test_the_sun_decides_what_night_is(
    hass: HomeAssistant,
    monkeypatch: pytest.MonkeyPatch,
    time: str,
    *,
    dark: bool,
) -> None:
    """By the place of Home Assistant, without any entity."""
    await hass.config.async_update(latitude=47.4, longitude=8.5)
    at(monkeypatch, time)
    site = await set_up_site(hass)
    assert site_watch.SiteWatch(hass, site)._is_night() is dark


@pytest.mark.parametrize("finding", list(Finding))
async def test_a_turned_meter_is_named_once(
    hass: HomeAssistant,
    set_up_ksem: SetUp,
    issue_registry: ir.IssueRegistry,
    monkeypatch: pytest.MonkeyPatch,
    finding: Finding,
) -> None:
    """One issue whatever speaks for it; it goes when nothing does any more."""
    found: list[Finding | None] = [finding]

    def judge(watch: SignWatch, *_: object, **__: object) -> None:
        watch.finding, watch.export_w = found[0], 700

    monkeypatch.setattr(SignWatch, "look", judge)
    await set_up_ksem()
    site = await set_up_site(hass)
    look(site)
    assert list(issues(issue_registry)) == [finding.value]
    issue = issues(issue_registry)[finding.value]
    assert issue.issue_id == f"sign_{site.entry_id}"
    assert issue.translation_placeholders == {
        "site": "House",
        "meter": "Grid meter",
        "power": "700",
    }
    found[0] = None
    look(site)
    assert issues(issue_registry) == {}


async def test_a_night_of_export_is_seen_by_a_site(
    hass: HomeAssistant,
    set_up_ksem: SetUp,
    issue_registry: ir.IssueRegistry,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """From what the site sees to the issue: an hour of 900 W export in the dark."""
    await hass.config.async_update(latitude=47.4, longitude=8.5)
    at(monkeypatch, NIGHT)
    await set_up_ksem()
    site = await set_up_site(hass)
    watch = site_watch.SiteWatch(hass, site)
    seen = site.runtime_data.last_look
    assert seen is not None
    for minute in range(61):
        assert issues(issue_registry) == {}, minute
        sample = GridSample(minute * 60_000, -900, (-1300, -1300, -1300))
        state = replace(seen.state, grid=sample)
        site.runtime_data.last_look = replace(seen, state=state)
        watch.look()
    issue = issues(issue_registry)["sign_night"]
    assert issue.translation_placeholders is not None
    assert issue.translation_placeholders["power"] == "900"
    watch.clear()
    assert issues(issue_registry) == {}


async def test_a_meter_that_knows_no_phases_is_named(
    hass: HomeAssistant, issue_registry: ir.IssueRegistry
) -> None:
    """The fuse is then guarded as if all of the power were on each phase."""
    hass.states.async_set("sensor.grid", "500", {"unit_of_measurement": "W"})
    site = await set_up_site(hass, grid_power="sensor.grid")
    look(site)
    issue = issues(issue_registry)["only_total"]
    assert issue.translation_placeholders == {"site": "House", "meter": "grid"}
    seen = site.runtime_data.last_look
    assert seen is not None
    watch = site_watch.SiteWatch(hass, site)
    for currents_ma, said in ((None, True), ((0, 0, 0), False)):
        state = replace(seen.state, grid=GridSample(0, 500, currents_ma))
        site.runtime_data.last_look = replace(seen, state=state)
        for _ in range(3):
            watch.look()
        assert ("only_total" in issues(issue_registry)) is said
