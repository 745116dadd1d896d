"""A wallbox that falls back by itself: what is sent for that, and when."""

import asyncio
from collections.abc import Callable
from typing import Any

from ocpp_fakes import Wallbox, idle, rest
import pytest

from custom_components.meters_and_chargers.engine.devices.ocpp_charger import (
    OcppCharger,
)
from custom_components.meters_and_chargers.engine.devices.ocpp_charger.ladder import (
    guarded_forms,
    obstacle,
)
from custom_components.meters_and_chargers.engine.devices.ocpp_charger.profile import (
    Form,
    charging_profile,
)
from custom_components.meters_and_chargers.engine.model import (
    OutOfRange,
    Refused,
    Silent,
)
from custom_components.meters_and_chargers.engine.protocols.ocpp.strict import check

REJECTED = {"status": "Rejected"}


def profiles(wallbox: Wallbox) -> list[tuple[int, int, float, int | None]]:
    """Return number, level, limit and duration of what was sent."""
    found = []
    for payload in wallbox.link.sent("SetChargingProfile"):
        profile: Any = payload["csChargingProfiles"]
        schedule = profile["chargingSchedule"]
        found.append(
            (
                profile["chargingProfileId"],
                profile["stackLevel"],
                schedule["chargingSchedulePeriod"][0]["limit"],
                schedule.get("duration"),
            )
        )
    return found


def cleared(wallbox: Wallbox) -> list[Any]:
    """Return what was cleared."""
    return wallbox.link.sent("ClearChargingProfile")


async def passes(wallbox: Wallbox, seconds: float) -> None:
    """Let time pass in steps, with what it leads to."""
    for _ in range(round(seconds)):
        wallbox.clock.advance(1)
        await rest(8)


def configure(wallbox: Wallbox, **keys: str) -> None:
    """Answer the next question for the configuration."""
    listed = [{"key": key, "value": value} for key, value in keys.items()]
    wallbox.link.reply("GetConfiguration", {"configurationKey": listed})


# What is sent


def test_forms_above_a_fallback() -> None:
    """Both units, the two highest levels first, then the two lowest."""
    unit = {"ChargingScheduleAllowedChargingRateUnit": "Current"}
    for levels, tried in (("8", [8, 1]), ("1", [1]), (None, [1])):
        found = guarded_forms({**unit, "ChargeProfileMaxStackLevel": levels})
        assert [form.stack_level for form in found] == tried
        assert all(form.lasts_s == 120 for form in found)
        assert [form.fallback.stack_level for form in found] == [
            level - 1 for level in tried
        ]
        assert all(form.fallback.lasts_s is None for form in found)
    assert [form.unit for form in guarded_forms({})] == ["A", "W"]


@pytest.mark.parametrize(
    ("keys", "found"),
    [
        ({}, ""),
        ({"ChargeProfileMaxStackLevel": "0"}, "ChargeProfileMaxStackLevel 0"),
        ({"MaxChargingProfilesInstalled": "1"}, "MaxChargingProfilesInstalled 1"),
        ({"ChargeProfileMaxStackLevel": "1", "MaxChargingProfilesInstalled": "2"}, ""),
        ({"MaxChargingProfilesInstalled": "many"}, ""),
    ],
)
def test_obstacles(keys: dict[str, str], found: str) -> None:
    """Only what a wallbox says clearly leaves no room for two profiles."""
    assert obstacle(keys) == found


def test_a_duration_counts_from_the_start_of_the_schedule(wallbox: Wallbox) -> None:
    """A start two minutes ago and 240 s make two minutes from now on."""
    form = Form("A", 3, lasts_s=120)
    for one, number, level, duration in (
        (form, 2, 3, 240),
        (form.lasting, 2, 3, None),
        (form.fallback, 102, 2, None),
    ):
        payload: Any = charging_profile(2, 10_000, one, 3, wallbox.clock.now())
        check("SetChargingProfile", payload)
        profile = payload["csChargingProfiles"]
        schedule = profile["chargingSchedule"]
        assert payload["connectorId"] == 2
        assert profile["chargingProfileId"] == number
        assert profile["stackLevel"] == level
        assert profile["chargingProfileKind"] == "Absolute"
        assert schedule["startSchedule"] == "2026-06-01T11:58:00Z"
        assert schedule.get("duration") == duration


# When it is sent


async def test_the_fallback_goes_first_and_once(wallbox: Wallbox) -> None:
    """Below the limits, which end by themselves; once a connection."""
    await wallbox.charger.fall_back_to(6_000)
    await wallbox.charger.set_limit(1, 10_000)
    await wallbox.charger.set_limit(1, 0)
    fallback = (101, 0, 6, None)
    assert profiles(wallbox) == [fallback, (1, 1, 10, 240), (1, 1, 0, 240)]


async def test_a_limit_is_renewed(wallbox: Wallbox) -> None:
    """Each minute while it is the same, a minute after one that is another; silently.

    Nobody is told, for nothing has changed.
    """
    await wallbox.charger.fall_back_to(6_000)
    await wallbox.charger.set_limit(1, 10_000)
    wallbox.changes.clear()
    await passes(wallbox, 150)
    assert profiles(wallbox)[1:] == [(1, 1, 10, 240)] * 3
    assert not any(change.connectors for change in wallbox.changes)
    starts = [
        payload["csChargingProfiles"]["chargingSchedule"]["startSchedule"]  # type: ignore[index, call-overload]  # JSON
        for payload in wallbox.link.sent("SetChargingProfile")[1:]
    ]
    assert len(set(starts)) == 3
    await wallbox.charger.set_limit(1, 12_000)
    await passes(wallbox, 59)
    assert [limit for _, _, limit, _ in profiles(wallbox)][-2:] == [10, 12]
    await passes(wallbox, 2)
    assert [limit for _, _, limit, _ in profiles(wallbox)][-2:] == [12, 12]


async def test_a_lost_renewal_is_sent_again_soon(wallbox: Wallbox) -> None:
    """After 15 s, so that the limit does not run out; also the newest wanted one."""
    await wallbox.charger.fall_back_to(6_000)
    await wallbox.charger.set_limit(1, 10_000)
    wallbox.link.reply("SetChargingProfile", Silent("no answer"))
    await passes(wallbox, 62)
    assert len(profiles(wallbox)) == 3
    await passes(wallbox, 16)
    assert len(profiles(wallbox)) == 4
    wallbox.link.reply("SetChargingProfile", Silent("no answer"))
    with pytest.raises(Silent):
        await wallbox.charger.set_limit(1, 6_000, protection=True)
    await passes(wallbox, 16)
    assert profiles(wallbox)[-1] == (1, 1, 6, 240)
    assert wallbox.charger.connector(1).limit_ma == 6_000


async def test_without_a_limit_the_fallback_is_the_limit(wallbox: Wallbox) -> None:
    """What an earlier run left above it is cleared; what is set then is sent."""
    await wallbox.charger.fall_back_to(6_000)
    assert profiles(wallbox) == [(101, 0, 6, None)]
    assert cleared(wallbox) == [{"id": 1}]
    assert wallbox.charger.connector(1).limit_ma == 6_000
    await passes(wallbox, 130)
    await wallbox.charger.set_limit(1, 6_000)
    assert profiles(wallbox)[1:] == [(1, 1, 6, 240)]


async def test_all_that_an_earlier_run_left_above_it_is_cleared(
    wallbox: Wallbox, new_charger: Callable[..., OcppCharger]
) -> None:
    """Whatever number a limit of this connector had; those of others stay."""
    of_transaction = Form("A", 1, purpose="TxProfile")
    for connector, form in (
        (1, Form("A", 1, kind="Relative")),
        (1, of_transaction),
        (1, of_transaction.fallback),
        (2, Form("A", 1, kind="Relative")),
    ):
        now = wallbox.clock.now()
        payload = charging_profile(connector, 10_000, form, 3, now, 5, again=True)
        await wallbox.charger.set_charging_profile(payload)
    later = Wallbox(new_charger(), wallbox.clock)
    await later.charger.load()
    later.connect()
    await later.charger.fall_back_to(6_000)
    assert cleared(later) == [{"id": 1}, {"id": 301}, {"id": 501}]
    await later.charger.close()


async def test_another_fallback_is_placed_at_once(wallbox: Wallbox) -> None:
    """Also where a limit holds, which is sent again in its new form."""
    await wallbox.charger.set_limit(1, 10_000)
    await wallbox.charger.fall_back_to(6_000)
    await wallbox.charger.fall_back_to(6_000)
    await wallbox.charger.fall_back_to(0)
    assert profiles(wallbox) == [
        (1, 0, 10, None),
        (101, 0, 6, None),
        (1, 1, 10, 240),
        (101, 0, 0, None),
        (1, 1, 10, 240),
    ]
    assert cleared(wallbox) == []
    with pytest.raises(OutOfRange):
        await wallbox.charger.fall_back_to(3_000)


async def test_one_that_comes_back_gets_both(wallbox: Wallbox) -> None:
    """Away it counts with the larger of both; a half-open connection is no other."""
    await wallbox.charger.fall_back_to(6_000)
    await wallbox.charger.set_limit(1, 0)
    wallbox.charger.closed(wallbox.link)
    assert wallbox.charger.connector(1).limit_ma == 6_000
    await passes(wallbox, 200)
    for _ in range(2):
        wallbox.connect()
        await passes(wallbox, 6)
        await idle(wallbox.charger)
        assert profiles(wallbox) == [(101, 0, 6, None), (1, 1, 0, 240)]
        assert wallbox.charger.connector(1).limit_ma == 0
    await wallbox.boots()
    await passes(wallbox, 2)
    assert profiles(wallbox)[2:] == [(101, 0, 6, None), (1, 1, 0, 240)]


async def test_one_that_comes_back_without_a_limit(wallbox: Wallbox) -> None:
    """It gets its fallback again, and no limit that nobody set."""
    await wallbox.charger.fall_back_to(6_000)
    wallbox.charger.closed(wallbox.link)
    wallbox.connect()
    await passes(wallbox, 6)
    await wallbox.boots()
    await passes(wallbox, 2)
    assert profiles(wallbox) == [(101, 0, 6, None)] * 2
    assert wallbox.charger.connector(1).limit_ma == 6_000


async def test_turned_off(wallbox: Wallbox) -> None:
    """The limit goes in its ordinary form first, then the fallback is cleared."""
    await wallbox.charger.fall_back_to(6_000)
    await wallbox.charger.set_limit(1, 10_000)
    wallbox.link.asked.clear()
    await wallbox.charger.fall_back_to(None)
    assert [action for action, _ in wallbox.link.asked] == [
        "SetChargingProfile",
        "ClearChargingProfile",
    ]
    assert profiles(wallbox) == [(1, 0, 10, None)]
    assert cleared(wallbox) == [{"id": 101}]
    assert not wallbox.charger.holds_fallback
    await passes(wallbox, 200)
    assert len(profiles(wallbox)) == len(cleared(wallbox)) == 1


async def test_turned_off_without_a_limit(wallbox: Wallbox) -> None:
    """Then nothing of ours is left, and no limit is known."""
    await wallbox.charger.fall_back_to(6_000)
    await wallbox.charger.fall_back_to(None)
    assert len(profiles(wallbox)) == 1
    assert cleared(wallbox) == [{"id": 1}, {"id": 101}]
    assert wallbox.charger.connector(1).limit_ma is None


async def test_turned_off_while_away(wallbox: Wallbox) -> None:
    """It is cleared when the wallbox comes back; what fails is tried again."""
    await wallbox.charger.fall_back_to(6_000)
    await wallbox.charger.set_limit(1, 10_000)
    wallbox.charger.closed(wallbox.link)
    await wallbox.charger.fall_back_to(None)
    assert wallbox.charger.holds_fallback
    silence = [Silent("no answer")] * 2
    wallbox.connect().reply("ClearChargingProfile", *silence)
    await passes(wallbox, 16)
    assert profiles(wallbox) == [(1, 0, 10, None)]
    assert wallbox.charger.holds_fallback
    wallbox.charger.closed(wallbox.link)
    wallbox.connect()
    await passes(wallbox, 16)
    assert cleared(wallbox) == [{"id": 101}]
    assert not wallbox.charger.holds_fallback


async def test_left_of_an_earlier_run(wallbox: Wallbox) -> None:
    """A fallback that was turned off before a restart is cleared after it."""
    await wallbox.charger.fall_back_to(None, left=True)
    assert cleared(wallbox) == [{"id": 101}]
    assert not wallbox.charger.holds_fallback
    assert profiles(wallbox) == []


async def test_kept_for_good(wallbox: Wallbox) -> None:
    """A limit that is to stay without us has no end any more, at once."""
    await wallbox.charger.fall_back_to(6_000)
    await wallbox.charger.set_limit(1, 10_000)
    await wallbox.charger.keep_limit(1)
    assert profiles(wallbox)[-1] == (1, 1, 10, None)
    await passes(wallbox, 200)
    assert len(profiles(wallbox)) == 3


async def test_nothing_to_keep(wallbox: Wallbox) -> None:
    """Without a fallback limits hold for good anyway; a fallback does too."""
    await wallbox.charger.set_limit(1, 10_000)
    await wallbox.charger.keep_limit(1)
    assert len(profiles(wallbox)) == 1
    await wallbox.charger.clear_charging_profile()
    await wallbox.charger.fall_back_to(6_000)
    await wallbox.charger.keep_limit(1)
    assert profiles(wallbox)[1:] == [(101, 0, 6, None)]


async def test_cleared_it_is_placed_again(wallbox: Wallbox) -> None:
    """Whoever clears the limits clears the fallback: the next one brings it back."""
    await wallbox.charger.fall_back_to(6_000)
    await wallbox.charger.clear_charging_profile()
    await wallbox.charger.set_limit(1, 12_000)
    fallback = (101, 0, 6, None)
    assert profiles(wallbox) == [fallback, fallback, (1, 1, 12, 240)]


# Who refuses


async def test_no_room_by_its_own_word(wallbox: Wallbox) -> None:
    """It is not even tried, and the limit goes as ever."""
    configure(wallbox, MaxChargingProfilesInstalled="1")
    await wallbox.charger.fall_back_to(6_000)
    assert wallbox.charger.fallback_refusal == "MaxChargingProfilesInstalled 1"
    assert wallbox.link.sent("SetChargingProfile") == []
    await wallbox.charger.set_limit(1, 10_000)
    assert profiles(wallbox) == [(1, 0, 10, None)]
    assert cleared(wallbox) == []


@pytest.mark.parametrize("word", ["Rejected", "NotSupported"])
async def test_no_duration(wallbox: Wallbox, word: str) -> None:
    """One that takes only what holds for good is left with nothing else of ours."""
    configure(wallbox, ChargingScheduleAllowedChargingRateUnit="Current")
    accepted, refused = {"status": "Accepted"}, {"status": word}
    wallbox.link.reply("SetChargingProfile", accepted, refused, accepted)
    await wallbox.charger.fall_back_to(6_000)
    wallbox.link.asked.clear()
    await wallbox.charger.set_limit(1, 10_000)
    assert profiles(wallbox) == [(1, 1, 10, 240), (1, 0, 10, None)]
    assert cleared(wallbox) == [{"id": 101}]
    assert wallbox.charger.fallback_refusal.startswith("SetChargingProfile: ")
    assert wallbox.charger.connector(1).limit_ma == 10_000
    await passes(wallbox, 200)
    assert len(profiles(wallbox)) == 2
    await wallbox.boots()
    await passes(wallbox, 2)
    assert profiles(wallbox)[2:] == [(101, 0, 6, None), (1, 1, 10, 240)]
    assert wallbox.charger.fallback_refusal == ""


async def test_room_for_one_alone(wallbox: Wallbox) -> None:
    """Where the fallback takes the only place, it makes room for the limit."""
    configure(wallbox, ChargingScheduleAllowedChargingRateUnit="Current")
    accepted = {"status": "Accepted"}
    wallbox.link.reply("SetChargingProfile", accepted, REJECTED, REJECTED, accepted)
    await wallbox.charger.fall_back_to(6_000)
    wallbox.link.asked.clear()
    await wallbox.charger.set_limit(1, 10_000)
    assert [action for action, _ in wallbox.link.asked] == [
        *["SetChargingProfile"] * 2,
        "ClearChargingProfile",
        "SetChargingProfile",
    ]
    assert wallbox.charger.connector(1).limit_ma == 10_000
    assert wallbox.charger.fallback_refusal


async def test_who_refuses_everything_has_not_refused_the_fallback(
    wallbox: Wallbox,
) -> None:
    """A wallbox that takes nothing for a moment goes on with both afterwards."""
    await wallbox.charger.fall_back_to(6_000)
    await wallbox.charger.set_limit(1, 10_000)
    await passes(wallbox, 20)
    wallbox.link.reply("SetChargingProfile", *[REJECTED] * 5)
    with pytest.raises(Refused):
        await wallbox.charger.set_limit(1, 8_000)
    assert wallbox.charger.fallback_refusal == ""
    assert cleared(wallbox) == [{"id": 1}]
    wallbox.link.replies.clear()
    await passes(wallbox, 16)
    assert profiles(wallbox)[-1] == (1, 1, 10, 240)


async def test_two_connectors(wallbox: Wallbox) -> None:
    """Each has its own fallback, and renews its own limit."""
    await wallbox.status("Available", 2)
    await wallbox.charger.fall_back_to(6_000)
    await asyncio.gather(
        wallbox.charger.set_limit(1, 8_000), wallbox.charger.set_limit(2, 9_000)
    )
    sent = profiles(wallbox)
    assert sorted(sent[:2]) == [(101, 0, 6, None), (102, 0, 6, None)]
    assert sorted(sent[2:]) == [(1, 1, 8, 240), (2, 1, 9, 240)]
    await passes(wallbox, 62)
    assert len(profiles(wallbox)) == 6


@pytest.mark.parametrize("changed_ma", [None, 6_000])
async def test_a_fallback_counts_as_long_as_it_may_lie_there(
    wallbox: Wallbox, changed_ma: int | None
) -> None:
    """A change that the wallbox did not confirm is none."""
    configure(wallbox, ChargeProfileMaxStackLevel="8")
    await wallbox.charger.fall_back_to(16_000)
    await wallbox.charger.set_limit(1, 6_000)
    held: asyncio.Future[dict[str, str]] = asyncio.get_running_loop().create_future()

    async def answer() -> dict[str, str]:
        return await held

    wallbox.link.reply("SetChargingProfile", answer)
    changing = asyncio.create_task(wallbox.charger.fall_back_to(changed_ma))
    await rest()
    wallbox.charger.closed(wallbox.link)
    await changing
    assert wallbox.charger.connector(1).limit_ma == 16_000


async def test_a_limit_that_is_not_renewed_has_run_out(wallbox: Wallbox) -> None:
    """After two minutes of silence the fallback acts, also while the line stands."""
    configure(wallbox, ChargeProfileMaxStackLevel="8")
    await wallbox.charger.fall_back_to(16_000)
    await wallbox.charger.set_limit(1, 6_000)
    wallbox.link.reply("SetChargingProfile", *[Silent("no answer")] * 8)
    await passes(wallbox, 118)
    assert wallbox.charger.connector(1).limit_ma == 6_000
    await passes(wallbox, 20)
    assert wallbox.charger.connector(1).limit_ma == 16_000
    await passes(wallbox, 60)
    assert wallbox.charger.connector(1).limit_ma == 6_000


async def test_a_boot_and_a_silence(wallbox: Wallbox) -> None:
    """Fallback and limit that could not be restored at once are there soon."""
    configure(wallbox, ChargeProfileMaxStackLevel="8")
    await wallbox.charger.fall_back_to(10_000)
    await wallbox.charger.set_limit(1, 6_000)
    before = len(profiles(wallbox))
    configure(wallbox, ChargeProfileMaxStackLevel="8")
    wallbox.link.reply("SetChargingProfile", Silent("no answer"))
    await wallbox.boots()
    await passes(wallbox, 60)
    assert [one[2] for one in profiles(wallbox)[before:]][:3] == [10, 10, 6]
    assert wallbox.charger.connector(1).limit_ma == 6_000
