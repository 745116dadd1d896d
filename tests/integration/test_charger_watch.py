"""What the owner is told of a wallbox that disobeys, wears, or is wired otherwise."""

from dataclasses import replace
from datetime import timedelta

from homeassistant.config_entries import ConfigEntry
from homeassistant.core import HomeAssistant
from homeassistant.helpers import issue_registry as ir
from homeassistant.util import dt as dt_util
import pytest

from custom_components.meters_and_chargers.charger_watch import (
    DISOBEYS_S,
    MANY_WRITES,
    ChargerWatch,
)
from custom_components.meters_and_chargers.controller import SiteController
from custom_components.meters_and_chargers.coordinator import DeviceCoordinator
from custom_components.meters_and_chargers.engine.charging import (
    ChargerState,
    Explanation,
    GridSample,
    Mode,
    Reason,
)

from .conftest import SetUp
from .test_repairs import issues
from .test_site import PICO
from .test_site_surface import Clock, clock, set_up_house

__all__ = ["clock"]


@pytest.fixture
async def house(
    hass: HomeAssistant, set_up_ksem: SetUp, set_up_pico: SetUp
) -> ConfigEntry[SiteController]:
    """Return a site whose meter and station are simulated."""
    await set_up_ksem()
    await set_up_pico()
    return await set_up_house(hass)


def see(site: SiteController, reason: Reason) -> None:
    """Let the last decision have had a reason."""
    look = site.last_look
    assert look is not None
    decision = replace(look.decision, reasons={PICO: Explanation(reason)})
    site.last_look = replace(look, decision=decision)


async def test_charger_that_ignores_its_limit_for_a_minute(
    hass: HomeAssistant,
    house: ConfigEntry[SiteController],
    clock: Clock,
    issue_registry: ir.IssueRegistry,
) -> None:
    """Not at once, not twice, and it is taken back when it obeys for as long."""
    site, watch = house.runtime_data, ChargerWatch(hass, house)
    for seconds, reason, said in (
        (0, Reason.NOT_FOLLOWING, False),
        (DISOBEYS_S - 1, Reason.NOT_FOLLOWING, False),
        (1, Reason.NOT_FOLLOWING, True),
        (1, Reason.SOLAR, True),
        (DISOBEYS_S, Reason.SOLAR, False),
    ):
        clock.now += seconds
        see(site, reason)
        watch.look()
        assert ("not_following" in issues(issue_registry)) is said, seconds
    see(site, Reason.NOT_FOLLOWING)
    watch.look()
    clock.now += DISOBEYS_S
    watch.look()
    found = issues(issue_registry)["not_following"]
    assert found.translation_placeholders == {"site": "House", "charger": "Garage"}
    watch.clear()
    assert not issues(issue_registry)


async def test_foreign_wallbox_that_is_written_to_often(
    hass: HomeAssistant,
    house: ConfigEntry[SiteController],
    issue_registry: ir.IssueRegistry,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Counted by the day; our own families know what they can bear."""
    site, watch = house.runtime_data, ChargerWatch(hass, house)
    charger = site.chargers[0]
    charger.writer.writes += MANY_WRITES
    watch.look()
    assert not issues(issue_registry)
    charger.own_entity = "number.wallbox"
    watch.look()
    placeholders = issues(issue_registry)["many_writes"].translation_placeholders
    assert placeholders is not None
    assert placeholders["count"] == str(MANY_WRITES)
    tomorrow = dt_util.now() + timedelta(days=1)
    monkeypatch.setattr(dt_util, "now", lambda: tomorrow)
    watch.look()
    assert not issues(issue_registry)


async def test_group_that_is_told_through_its_account(
    hass: HomeAssistant,
    house: ConfigEntry[SiteController],
    issue_registry: ir.IssueRegistry,
) -> None:
    """No fuse may depend on it; nothing changes while its own entry is away."""
    watch, charger = ChargerWatch(hass, house), house.runtime_data.chargers[0]
    watch.look()
    assert not issues(issue_registry)
    told = charger.present
    assert isinstance(told, DeviceCoordinator)
    entry = told.config_entry
    hass.config_entries.async_update_entry(
        entry, data={**entry.data, "by_account": True}
    )
    watch.look()
    charger.present = None
    watch.look()
    found = issues(issue_registry)["slow_group"]
    assert found.translation_placeholders == {"site": "House", "charger": "Garage"}
    watch.clear()
    assert not issues(issue_registry)


async def test_wallbox_on_another_phase_than_named(
    hass: HomeAssistant,
    house: ConfigEntry[SiteController],
    issue_registry: ir.IssueRegistry,
) -> None:
    """From what a site sees to the issue: three steps of L1 that the grid has on L3."""
    site, watch = house.runtime_data, ChargerWatch(hass, house)
    look = site.last_look
    assert look is not None
    now_ms = 0
    for current_ma in (0, 16_000, 6_000, 16_000):
        assert not issues(issue_registry)
        for _ in range(6):
            now_ms += 2_000
            car = ChargerState(
                key=PICO,
                mode=Mode.SOLAR,
                online=True,
                limit_ma=None,
                measured_ma=(current_ma, 0, 0),
                measured_at_ms=now_ms,
            )
            grid = GridSample(now_ms, 0, (900, 800, 700 + current_ma))
            state = replace(look.state, grid=grid, chargers=(car,))
            site.last_look = replace(look, state=state)
            watch.look()
    found = issues(issue_registry)["rotation"].translation_placeholders
    assert found == {"site": "House", "charger": "Garage", "named": "L1", "seen": "L3"}
    watch.clear()
    assert not issues(issue_registry)


async def test_site_without_a_look_says_nothing(
    hass: HomeAssistant,
    house: ConfigEntry[SiteController],
    issue_registry: ir.IssueRegistry,
) -> None:
    """Before the first decision nothing is known."""
    watch = ChargerWatch(hass, house)
    house.runtime_data.last_look = None
    watch.look()
    assert not issues(issue_registry)
