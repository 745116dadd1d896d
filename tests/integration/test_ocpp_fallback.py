"""A wallbox falls back by itself when Home Assistant has died."""

import asyncio
from collections.abc import AsyncIterator, Callable, Mapping
from functools import partial
from typing import Any

from homeassistant.config_entries import ConfigEntry, ConfigEntryDisabler
from homeassistant.const import EVENT_STATE_CHANGED, STATE_UNKNOWN
from homeassistant.core import HomeAssistant
from homeassistant.data_entry_flow import FlowResultType
from homeassistant.helpers import issue_registry as ir
import pytest

from custom_components.meters_and_chargers import ocpp
from custom_components.meters_and_chargers.const import DOMAIN
from custom_components.meters_and_chargers.engine.devices.ocpp_charger import (
    OcppCharger,
)
from simulators.house import House

from .conftest import SetUp
from .test_devices import value
from .test_ocpp import (
    CURRENT,
    Garage,
    charging,
    open_options,
    server,
    set_current,
    until,
)
from .test_ocpp_site import set_up_site

__all__ = ["server"]

LOST = "Wallbox is no longer connected"


class HouseTimer:
    """Rings after some seconds of a house."""

    def __init__(self, house: House, delay_s: float, ring: Callable[[], None]) -> None:
        """Wait."""
        self._house = house
        self._at = house.seconds + delay_s
        self._ring = ring
        self._end: Callable[[], None] | None = house.subscribe(self._heard)

    def cancel(self) -> None:
        """Don't ring."""
        if self._end is not None:
            self._end()
            self._end = None

    def _heard(self) -> None:
        if self._house.seconds >= self._at:
            self.cancel()
            self._ring()


@pytest.fixture
async def garage(
    server: ConfigEntry[Any], monkeypatch: pytest.MonkeyPatch
) -> AsyncIterator[Garage]:
    """Return a wallbox that dials the server; both live by the house's clock."""
    garage = Garage(server, redial_s=(0.1, 0.3))
    monkeypatch.setattr(
        ocpp,
        "OcppCharger",
        partial(
            OcppCharger,
            now=lambda: garage.wallbox.now,
            monotonic=lambda: float(garage.house.seconds),
            call_later=partial(HouseTimer, garage.house),
        ),
    )
    await garage.wallbox.start()
    yield garage
    await garage.wallbox.stop()


async def choose(
    hass: HomeAssistant, entry: ConfigEntry[Any], **chosen: Any
) -> Mapping[str, Any]:
    """Fill the form of the wallbox's options in."""
    result = await open_options(hass, entry)
    assert result["type"] is FlowResultType.FORM
    assert result["step_id"] == "wallbox"
    result = await hass.config_entries.options.async_configure(
        result["flow_id"], chosen
    )
    await hass.async_block_till_done()
    return result


def profiles(garage: Garage) -> list[tuple[int, int, float, int | None]]:
    """Return number, level, limit and duration of the profiles it was sent."""
    return [
        (
            profile["chargingProfileId"],
            profile["stackLevel"],
            profile["chargingSchedule"]["chargingSchedulePeriod"][0]["limit"],
            profile["chargingSchedule"].get("duration"),
        )
        for direction, action, payload in garage.wallbox.book
        if (direction, action) == ("received", "SetChargingProfile")
        and (profile := payload["csChargingProfiles"])
    ]


def offers(garage: Garage, current_a: float) -> Callable[[], bool]:
    """Return whether the car is offered a current."""
    return lambda: garage.wallbox.offered_a == current_a


async def lasts(
    garage: Garage, entry: ConfigEntry[Any], seconds: int, current_a: float
) -> None:
    """Let a house live in which a limit must never end; renewals are waited for.

    The house lives no second while the wallbox has not answered one.
    """
    asking = entry.runtime_data.charger.link.turn
    for _ in range(seconds):
        garage.house.step()
        await asyncio.sleep(0)
        async with asyncio.timeout(60), asking:
            pass
        assert garage.wallbox.offered_a == current_a


async def test_it_falls_back_and_follows_again(
    hass: HomeAssistant, garage: Garage, expected_logs: list[str]
) -> None:
    """Cut off without a word: its limit ends by itself; back, it gets both again."""
    expected_logs.append(LOST)
    entry = await charging(hass, garage)
    result = await choose(hass, entry, fallback=True, fallback_current=7)
    assert result["type"] is FlowResultType.CREATE_ENTRY
    await until(hass, garage, offers(garage, 7), "the fallback")
    await until(hass, garage, lambda: value(hass, CURRENT) == "7.0", "its current")
    await set_current(hass, 12)
    await until(hass, garage, offers(garage, 12), "12 A")
    garage.wallbox.line.dials = False
    garage.wallbox.drop()
    cut_at = garage.house.seconds
    await until(hass, garage, lambda: not garage.wallbox.line.connected, "the cut")
    while offers(garage, 12)():
        garage.house.step()
        assert garage.house.seconds - cut_at <= 121
    assert garage.wallbox.offered_a == 7
    assert garage.wallbox.transaction is not None
    sent = len(profiles(garage))
    garage.wallbox.line.dials = True
    await until(hass, garage, offers(garage, 12), "12 A again")
    assert profiles(garage)[sent:] == [(101, 7, 7, None), (1, 8, 12, 240)]
    assert value(hass, CURRENT) == "12.0"


async def test_a_limit_lasts_as_long_as_home_assistant(
    hass: HomeAssistant, garage: Garage
) -> None:
    """It is renewed every minute; that writes no state of any entity."""
    entry = await charging(hass, garage)
    await choose(hass, entry, fallback=True, fallback_current=6)
    await set_current(hass, 12)
    await until(hass, garage, offers(garage, 12), "12 A")
    changed: list[str] = []
    hass.bus.async_listen(
        EVENT_STATE_CHANGED, lambda event: changed.append(event.data["entity_id"])
    )
    sent = len(profiles(garage))
    await lasts(garage, entry, 400, 12)
    await hass.async_block_till_done()
    assert len(profiles(garage)) - sent >= 4
    assert set(profiles(garage)[sent:]) == {(1, 8, 12, 240)}
    assert CURRENT not in changed


async def test_turned_off_it_is_cleared(hass: HomeAssistant, garage: Garage) -> None:
    """The limit stays, nothing is renewed, and the wallbox holds one profile."""
    entry = await charging(hass, garage)
    await choose(hass, entry, fallback=True, fallback_current=6)
    await set_current(hass, 12)
    await choose(hass, entry, fallback=False, fallback_current=6)
    await until(hass, garage, lambda: len(garage.wallbox.profiles.kept) == 1, "clear")
    (kept,) = garage.wallbox.profiles.kept
    assert kept.profile["charging_profile_id"] == 1
    assert "duration" not in kept.profile["charging_schedule"]
    await until(hass, garage, lambda: "fallback" not in entry.options, "done")
    sent = len(profiles(garage))
    await garage.live(200)
    assert garage.wallbox.offered_a == 12
    assert len(profiles(garage)) == sent


async def test_turned_off_while_away_it_is_cleared_later(
    hass: HomeAssistant,
    garage: Garage,
    server: ConfigEntry[Any],
    expected_logs: list[str],
) -> None:
    """Also when Home Assistant's server was started anew meanwhile."""
    expected_logs.append(LOST)
    entry = await charging(hass, garage)
    await choose(hass, entry, fallback=True, fallback_current=6)
    await until(hass, garage, offers(garage, 6), "the fallback")
    garage.wallbox.line.dials = False
    garage.wallbox.drop()
    await until(hass, garage, lambda: not garage.wallbox.line.connected, "the cut")
    await choose(hass, entry, fallback=False, fallback_current=6)
    assert await hass.config_entries.async_reload(server.entry_id)
    await hass.async_block_till_done()
    assert entry.options["fallback"] is False
    garage.wallbox.line.dials = True
    await until(hass, garage, lambda: not garage.wallbox.profiles.kept, "clear")
    await until(hass, garage, lambda: "fallback" not in entry.options, "done")
    assert garage.wallbox.offered_a == 16


async def test_removed_it_keeps_no_fallback(
    hass: HomeAssistant, garage: Garage
) -> None:
    """A wallbox that nobody tells anything is not left to end its limit."""
    entry = await charging(hass, garage)
    await choose(hass, entry, fallback=True, fallback_current=6)
    await set_current(hass, 12)
    await hass.config_entries.async_remove(entry.entry_id)
    await hass.async_block_till_done()
    (kept,) = garage.wallbox.profiles.kept
    assert "duration" not in kept.profile["charging_schedule"]


@pytest.mark.parametrize(
    ("on_leave", "left_a"), [("keep", [12]), ("clear", [])], ids=["keep", "clear"]
)
async def test_disabled_it_keeps_no_fallback(
    hass: HomeAssistant,
    garage: Garage,
    server: ConfigEntry[Any],
    on_leave: str,
    left_a: list[int],
) -> None:
    """Nor does it get one at the next start; only when it is enabled again."""
    entry = await charging(hass, garage)
    await choose(
        hass, entry, fallback=True, fallback_current=6, on_leave=on_leave, pause="zero"
    )
    await set_current(hass, 12)
    await until(hass, garage, offers(garage, 12), "12 A")

    def kept() -> list[float]:
        """Return the limits that it holds for good."""
        schedules = [
            one.profile["charging_schedule"] for one in garage.wallbox.profiles.kept
        ]
        assert not any("duration" in one for one in schedules)
        return [one["charging_schedule_period"][0]["limit"] for one in schedules]

    await hass.config_entries.async_set_disabled_by(
        entry.entry_id, ConfigEntryDisabler.USER
    )
    await hass.async_block_till_done()
    assert kept() == left_a
    assert await hass.config_entries.async_reload(server.entry_id)
    await hass.async_block_till_done()
    charger = server.runtime_data.central.charger(entry.data["charger_id"])
    await until(hass, garage, lambda: charger.online, "its connection")
    asked = len(garage.wallbox.book)
    await until(hass, garage, lambda: len(garage.wallbox.book) > asked, "settled")
    await garage.live(30)
    assert kept() == left_a
    await hass.config_entries.async_set_disabled_by(entry.entry_id, None)
    await until(hass, garage, lambda: charger.holds_fallback, "the fallback")


@pytest.mark.parametrize(
    ("key", "room", "error"),
    [
        ("ChargeProfileMaxStackLevel", "0", "ChargeProfileMaxStackLevel 0"),
        ("MaxChargingProfilesInstalled", "1", "MaxChargingProfilesInstalled 1"),
        ("ChargeProfileMaxStackLevel", "1", "SetChargingProfile: rejected"),
        ("durations", "none", "SetChargingProfile: rejected"),
    ],
)
async def test_one_that_can_not_is_steered_as_ever(
    hass: HomeAssistant,
    garage: Garage,
    issue_registry: ir.IssueRegistry,
    key: str,
    room: str,
    error: str,
) -> None:
    """An issue says so as long as it is on; the limit goes the ordinary way."""
    if key == "durations":
        garage.wallbox.reject_durations = True
    else:
        garage.wallbox.configuration[key] = room
    entry = await charging(hass, garage)
    await choose(hass, entry, fallback=True, fallback_current=6)
    await set_current(hass, 12)
    await until(hass, garage, offers(garage, 12), "12 A")
    issue = issue_registry.async_get_issue(DOMAIN, f"no_fallback_{entry.entry_id}")
    assert issue is not None
    assert issue.translation_placeholders == {"name": "Wallbox", "error": error}
    assert value(hass, CURRENT) == "12.0"
    await until(hass, garage, lambda: len(garage.wallbox.profiles.kept) == 1, "one")
    sent = len(profiles(garage))
    await garage.live(200)
    assert garage.wallbox.offered_a == 12
    assert len(profiles(garage)) == sent
    await choose(hass, entry, fallback=False, fallback_current=6)
    assert not issue_registry.issues
    await until(hass, garage, lambda: "fallback" not in entry.options, "done")


async def test_who_has_it_off_sees_nothing_of_it(
    hass: HomeAssistant, garage: Garage
) -> None:
    """The first limit is all that is sent, byte for byte as ever, also if asked."""
    entry = await charging(hass, garage)
    await choose(hass, entry, fallback=False, fallback_current=6)
    assert "fallback" not in entry.options
    assert value(hass, CURRENT) == STATE_UNKNOWN
    start = garage.wallbox.now
    await set_current(hass, 12)
    await garage.live(200)
    actions = [action for direction, action, _ in garage.wallbox.book]
    assert actions.count("SetChargingProfile") == 1
    assert "ClearChargingProfile" not in actions
    (sent,) = [
        payload
        for direction, action, payload in garage.wallbox.book
        if action == "SetChargingProfile"
    ]
    schedule = sent["csChargingProfiles"]["chargingSchedule"]
    assert schedule.pop("startSchedule") <= start.strftime("%Y-%m-%dT%H:%M:%SZ")
    assert sent == {
        "connectorId": 1,
        "csChargingProfiles": {
            "chargingProfileId": 1,
            "stackLevel": 8,
            "chargingProfilePurpose": "TxDefaultProfile",
            "chargingProfileKind": "Absolute",
            "chargingSchedule": {
                "chargingRateUnit": "A",
                "chargingSchedulePeriod": [{"startPeriod": 0, "limit": 12.0}],
            },
        },
    }


async def test_impossible_currents(hass: HomeAssistant, garage: Garage) -> None:
    """0 pauses; what no wallbox can be told is said in the form."""
    entry = await charging(hass, garage)
    result = await choose(hass, entry, fallback=True, fallback_current=5)
    assert result["errors"] == {"base": "fallback_range"}
    result = await choose(hass, entry, fallback=True, fallback_current=0)
    assert result["type"] is FlowResultType.CREATE_ENTRY
    assert entry.options == {"fallback": True, "fallback_current": 0}
    await until(hass, garage, offers(garage, 0), "a pause")


@pytest.mark.parametrize(
    ("chosen", "ends"), [("failsafe", True), ("keep", False), ("release", False)]
)
async def test_stop_of_home_assistant(
    hass: HomeAssistant,
    garage: Garage,
    ksem: object,
    set_up_ksem: SetUp,
    chosen: str,
    ends: bool,  # noqa: FBT001 - a parameter of the test
) -> None:
    """Kept or free as chosen holds for good; the safe current gives way to its own."""
    entry = await charging(hass, garage)
    await choose(hass, entry, fallback=True, fallback_current=6)
    await set_up_ksem()
    site = await set_up_site(hass, "fast")
    hass.config_entries.async_update_entry(site, options={"on_stop": chosen})
    await until(hass, garage, lambda: len(profiles(garage)) > 1, "a limit of the site")
    await hass.async_stop(force=True)
    shown = {
        kept.profile["charging_profile_id"]: "duration"
        in kept.profile["charging_schedule"]
        for kept in garage.wallbox.profiles.kept
    }
    assert shown == {101: False, 1: ends}
