"""What is known of kinds of wallboxes, in Home Assistant: files, options, issues."""

from dataclasses import replace
from pathlib import Path
from typing import Any

from homeassistant.config_entries import ConfigEntry
from homeassistant.core import HomeAssistant
from homeassistant.exceptions import HomeAssistantError
from homeassistant.helpers import issue_registry as ir
import pytest

from custom_components.meters_and_chargers import charger_watch
from custom_components.meters_and_chargers.const import DOMAIN
from custom_components.meters_and_chargers.engine.charging import Explanation, Reason
from custom_components.meters_and_chargers.ocpp_quirks import Kinds
from simulators.charge_point_profiles import Rule

from .conftest import SetUp
from .test_ocpp import Garage, charging, garage, server, set_current
from .test_ocpp_manners import choose, manners
from .test_ocpp_site import set_up_site

__all__ = ["garage", "server"]

# Of aiohttp's client, which only the simulated wallbox is, when a line is cut.
pytestmark = pytest.mark.parametrize("expected_lingering_timers", [True])

KNOWN = """
- vendor: "*"
  unit: W
  ping_interval: 0
  reply_delay: 0.5
"""


@pytest.fixture
def own_file(
    hass: HomeAssistant, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Path:
    """Return where an owner's file belongs, in a folder of this test."""
    monkeypatch.setattr(hass.config, "config_dir", str(tmp_path))
    path = tmp_path / DOMAIN / "ocpp_quirks.yaml"
    path.parent.mkdir()
    return path


def _unit(garage: Garage) -> str:
    *_, entry = [
        one for one in garage.wallbox.book if one.action == "SetChargingProfile"
    ]
    schedule: Any = entry.payload["csChargingProfiles"]["chargingSchedule"]
    return str(schedule["chargingRateUnit"])


def _write(path: Path, text: str | None) -> None:
    """Write the file, or take it away."""
    if text is None:
        path.unlink()
    else:
        path.write_text(text)


async def _load_again(hass: HomeAssistant, entry: ConfigEntry[Any]) -> None:
    await hass.config_entries.async_reload(entry.entry_id)
    await hass.async_block_till_done()


async def test_files_are_read_once(hass: HomeAssistant, own_file: Path) -> None:
    """However many wallboxes ask: only when the owner's file is another one."""
    kinds = Kinds(hass)
    await kinds.read()
    first = kinds.quirks
    await kinds.read()
    assert kinds.quirks is first
    _write(own_file, KNOWN)
    await kinds.read()
    assert len(kinds.quirks.entries) == len(first.entries) + 1
    _write(own_file, None)
    await kinds.read()
    assert kinds.quirks == first


async def test_an_owners_file(
    hass: HomeAssistant,
    own_file: Path,
    server: ConfigEntry[Any],
    garage: Garage,
    issue_registry: ir.IssueRegistry,
) -> None:
    """It is read when a wallbox is loaded anew, whose connection stays."""
    entry = await charging(hass, garage)
    assert manners(server).ping_s == 20
    connection = entry.runtime_data.charger.link
    _write(own_file, KNOWN)
    await _load_again(hass, entry)
    assert manners(server).ping_s is None
    assert manners(server).reply_delay_s == 0.5
    assert entry.runtime_data.charger.link is connection
    await set_current(hass, 9)
    assert _unit(garage) == "W"
    # A choice goes before the file, also that of what is usual.
    await choose(hass, entry, ping_interval=20, reply_delay=0.5)
    assert entry.options["advanced"] == {"ping_interval": 20}
    assert manners(server).ping_s == 20
    assert manners(server).reply_delay_s == 0.5
    # An error is told with its place, and nothing of the file holds.
    _write(own_file, f"{KNOWN}  unit: V\n")
    await _load_again(hass, entry)
    issue = issue_registry.async_get_issue(DOMAIN, "quirks_file")
    assert issue is not None
    assert issue.translation_placeholders == {
        "file": "meters_and_chargers/ocpp_quirks.yaml",
        "line": "6",
        "field": "unit",
    }
    assert manners(server).reply_delay_s == 0
    _write(own_file, None)
    await _load_again(hass, entry)
    assert issue_registry.async_get_issue(DOMAIN, "quirks_file") is None


async def test_read_at_the_start(
    hass: HomeAssistant, own_file: Path, server: ConfigEntry[Any], garage: Garage
) -> None:
    """A server that starts knows it, too."""
    entry = await charging(hass, garage)
    _write(own_file, KNOWN)
    await hass.config_entries.async_reload(server.entry_id)
    await hass.async_block_till_done()
    assert manners(server).ping_s is None
    assert entry.runtime_data.charger.quirk.unit == "W"


async def test_it_obeys_no_limit(
    hass: HomeAssistant,
    own_file: Path,
    garage: Garage,
    issue_registry: ir.IssueRegistry,
) -> None:
    """Repairs says what was tried, as long as nothing else acts; that is forgotten."""
    garage.wallbox.profiles.rules = (Rule(),)
    entry = await charging(hass, garage)
    with pytest.raises(HomeAssistantError):
        await set_current(hass, 9)
    issue_id = f"no_limit_{entry.entry_id}"
    issue = issue_registry.async_get_issue(DOMAIN, issue_id)
    assert issue is not None
    assert issue.translation_placeholders is not None
    assert issue.translation_placeholders["name"] == "Wallbox"
    assert "TxDefaultProfile, Relative, W" in issue.translation_placeholders["tried"]
    garage.wallbox.profiles.rules = ()
    await set_current(hass, 0)
    assert issue_registry.async_get_issue(DOMAIN, issue_id) is None
    await hass.config_entries.async_remove(entry.entry_id)
    await hass.async_block_till_done()
    learnt = hass.data["meters_and_chargers_learnt"]
    assert not any("GARAGE" in key for key in learnt.as_data())


async def test_it_is_not_told_twice(
    hass: HomeAssistant,
    own_file: Path,
    garage: Garage,
    set_up_ksem: SetUp,
    issue_registry: ir.IssueRegistry,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """A site is silent of a wallbox that obeys nothing, which its own entry says."""
    monkeypatch.setattr(charger_watch, "DISOBEYS_S", 0)
    garage.wallbox.profiles.rules = (Rule(),)
    await set_up_ksem()
    entry = await charging(hass, garage)
    with pytest.raises(HomeAssistantError):
        await set_current(hass, 9)
    site = await set_up_site(hass, "off")
    watch = charger_watch.ChargerWatch(hass, site)
    (charger,) = site.runtime_data.chargers

    def look() -> bool:
        seen = site.runtime_data.last_look
        reasons = {charger.key: Explanation(Reason.NOT_FOLLOWING)}
        decision = replace(seen.decision, reasons=reasons)
        site.runtime_data.last_look = replace(seen, decision=decision)
        watch.look()
        issue_id = f"not_following_{charger.subentry_id}"
        return issue_registry.async_get_issue(DOMAIN, issue_id) is not None

    assert not any(look() for _ in range(3))
    entry.runtime_data.charger.limits.ladder.begin()
    assert look()
    watch.clear()
    assert await hass.config_entries.async_unload(site.entry_id)
