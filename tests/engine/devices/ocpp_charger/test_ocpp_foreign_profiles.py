"""Charging profiles that are not ours: found out, never where there are none."""

import asyncio
from collections.abc import Callable, Mapping
from typing import Any

from ocpp_fakes import Wallbox, Wallbox2, idle, rest
import pytest

from custom_components.meters_and_chargers.engine.devices.ocpp_charger import (
    Learnt,
    OcppCharger,
)
from custom_components.meters_and_chargers.engine.devices.ocpp_charger.limit import (
    MIN_INTERVAL_S,
)
from custom_components.meters_and_chargers.engine.devices.ocpp_charger.settling import (
    SETTLE_S,
)
from custom_components.meters_and_chargers.engine.model import (
    BadAnswer,
    DeviceError,
    Refused,
    Silent,
    Unreachable,
)
from custom_components.meters_and_chargers.engine.protocols.ocpp import CallError

REJECTED = {"status": "Rejected"}


def allowed(limit: float, unit: str = "A", **more: Any) -> Mapping[str, Any]:
    """Return a composite schedule."""
    return {
        "status": "Accepted",
        "chargingSchedule": {
            "chargingRateUnit": unit,
            "chargingSchedulePeriod": [{"startPeriod": 0, "limit": limit, **more}],
        },
    }


def reported(number: int, purpose: str, limit: float) -> dict[str, Any]:
    """Return a profile as a wallbox of 2.0.1 reports it."""
    return {
        "id": number,
        "stackLevel": 5,
        "chargingProfilePurpose": purpose,
        "chargingProfileKind": "Absolute",
        "chargingSchedule": [
            {
                "id": 1,
                "chargingRateUnit": "A",
                "chargingSchedulePeriod": [{"startPeriod": 0, "limit": limit}],
            }
        ],
    }


async def passes(wallbox: Wallbox, seconds: int) -> None:
    """Let time pass, in which something may be asked."""
    for _ in range(-(-seconds // 10)):
        wallbox.clock.advance(10)
        await rest(12)


async def looked(wallbox: Wallbox, seconds: int = 30) -> str | None:
    """Let it be looked once, and return what was found."""
    await passes(wallbox, seconds)
    await idle(wallbox.charger)
    return wallbox.charger.foreign.found


@pytest.mark.parametrize(
    ("maximum_a", "schedule", "found"),
    [
        (16, allowed(0), "0 A"),
        (16, allowed(6), "6 A"),
        (32, allowed(23.5), "23.5 A"),
        (16, allowed(4140, "W", numberPhases=3), "4140 W"),
        # Two words for its own maximum, or less than that: how it was installed.
        (16, allowed(16), ""),
        (16, allowed(32), ""),
        (32, allowed(16), ""),
        (32, allowed(20), ""),
        (32, allowed(10), ""),
        (32, allowed(11000, "W"), ""),
        (32, allowed(22000, "W"), ""),
        # Of one phase, which it does not say.
        (16, allowed(3700, "W"), ""),
        (16, {"status": "Accepted"}, ""),
        (16, REJECTED, ""),
        (16, CallError("NotImplemented"), ""),
    ],
)
async def test_a_wallbox_that_was_never_limited(
    new_charger: Callable[..., OcppCharger],
    wallbox: Wallbox,
    maximum_a: int,
    schedule: Any,
    found: str,
) -> None:
    """It allows less than it was built for, or it does not."""
    charger = new_charger("OTHER", maximum_a=maximum_a)
    await charger.load()
    other = Wallbox(charger, wallbox.clock)
    other.connect().reply("GetCompositeSchedule", schedule)
    assert charger.foreign.found is None
    seen = await looked(other)
    assert seen == (found and f"GetCompositeSchedule 1: {found}")
    assert other.changes[-1].charger
    await charger.close()


@pytest.mark.parametrize(
    ("ours", "schedule", "found"),
    [
        (16_000, 8, True),
        (16_000, 0, True),
        (9_000, 0, True),
        # Another step of its own, and the limit itself.
        (9_500, 8, False),
        (6_000, 6, False),
        (0, 0, False),
    ],
)
async def test_beside_ours(
    wallbox: Wallbox,
    ours: int,
    schedule: float,
    found: bool,  # noqa: FBT001  # a parameter of the test
) -> None:
    """What is far below our limit is not by us."""
    await wallbox.charger.set_limit(1, ours)
    wallbox.link.reply("GetCompositeSchedule", allowed(schedule))
    assert bool(await looked(wallbox)) is found


async def test_what_of_ours_is_not_known(
    wallbox: Wallbox, new_charger: Callable[..., OcppCharger]
) -> None:
    """A limit of before our restart is ours, whatever it was."""
    await wallbox.charger.set_limit(1, 7_000)
    await wallbox.charger.close()
    charger = new_charger()
    await charger.load()
    later = Wallbox(charger, wallbox.clock)
    later.connect()
    assert await looked(later) == ""
    assert later.link.sent("GetCompositeSchedule") == []
    await charger.close()


async def test_a_fallback_is_ours(wallbox: Wallbox) -> None:
    """What it falls back to is no wonder, also where a higher limit was set."""
    keys = {"ChargeProfileMaxStackLevel": "8", "MaxChargingProfilesInstalled": "9"}
    listed = [{"key": key, "value": value} for key, value in keys.items()]
    wallbox.link.reply("GetConfiguration", {"configurationKey": listed})
    await wallbox.charger.fall_back_to(6_000)
    await wallbox.charger.set_limit(1, 16_000)
    wallbox.link.reply("GetCompositeSchedule", allowed(6))
    assert await looked(wallbox) == ""
    assert wallbox.link.sent("GetCompositeSchedule")


async def test_it_ends_when_it_is_gone(wallbox: Wallbox) -> None:
    """Somebody takes it back: seen some minutes later, without a connection."""
    wallbox.link.reply("GetCompositeSchedule", allowed(0), allowed(0), allowed(16))
    assert await looked(wallbox)
    assert await looked(wallbox, 610)
    assert await looked(wallbox, 610) == ""
    await looked(wallbox, 700)
    assert len(wallbox.link.sent("GetCompositeSchedule")) == 3


async def test_no_room_for_what_it_took_before(
    wallbox: Wallbox, new_charger: Callable[..., OcppCharger]
) -> None:
    """All is refused, and nothing of ours lies in it: cleared, it is tried again."""
    learnt = Learnt()
    before = new_charger("OTHER", learnt=learnt)
    Wallbox(before, wallbox.clock).connect()
    await before.set_limit(1, 8_000)
    await before.clear_charging_profile()
    await before.close()
    charger = new_charger("OTHER", learnt=learnt)
    await charger.load()
    later = Wallbox(charger, wallbox.clock)
    link = later.connect()
    listed = [{"key": "MaxChargingProfilesInstalled", "value": "2"}]
    link.reply("GetConfiguration", {"configurationKey": listed})
    link.reply("SetChargingProfile", *[REJECTED] * 10)
    with pytest.raises(Refused):
        await charger.set_limit(1, 8_000)
    link.replies.pop("SetChargingProfile")
    link.reply("SetChargingProfile", *[REJECTED] * 10)
    found = await looked(later)
    assert found == "SetChargingProfile: Rejected, MaxChargingProfilesInstalled 2"
    assert charger.limits.trouble
    link.replies.pop("SetChargingProfile")
    await charger.foreign.clear()
    assert link.sent("ClearChargingProfile") == [{}]
    assert charger.connector(1).limit_ma == 8_000
    assert charger.limits.trouble == ""
    assert await looked(later) == ""
    await charger.close()


async def test_one_that_refuses_all_from_the_start(wallbox: Wallbox) -> None:
    """That says nothing of what lies in it: it may know no profiles at all."""
    listed = [{"key": "MaxChargingProfilesInstalled", "value": "2"}]
    wallbox.link.reply("GetConfiguration", {"configurationKey": listed})
    wallbox.link.reply("SetChargingProfile", *[REJECTED] * 10)
    with pytest.raises(Refused):
        await wallbox.charger.set_limit(1, 8_000)
    assert await looked(wallbox) == ""


async def test_a_wallbox_that_is_away_is_not_cleared(wallbox: Wallbox) -> None:
    """What was found stays found."""
    wallbox.link.reply("GetCompositeSchedule", allowed(0))
    found = await looked(wallbox)
    wallbox.charger.closed(wallbox.link)
    with pytest.raises(Unreachable):
        await wallbox.charger.foreign.clear()
    assert wallbox.charger.foreign.found == found != ""


@pytest.mark.parametrize("lost", [Silent("no answer"), BadAnswer("no object")])
async def test_a_wallbox_that_does_not_answer_may_be_cleared(
    wallbox: Wallbox, lost: DeviceError
) -> None:
    """Ours are put again in any case: it would charge without any limit."""
    await wallbox.charger.set_limit(1, 8_000)
    wallbox.link.reply("ClearChargingProfile", lost)
    with pytest.raises(type(lost)):
        await wallbox.charger.foreign.clear()
    await idle(wallbox.charger)
    assert wallbox.link.limits == [(1, 8), (1, 8)]


async def test_a_line_that_breaks_while_it_is_cleared(wallbox: Wallbox) -> None:
    """Ours go on the next one."""
    await wallbox.charger.set_limit(1, 8_000)

    async def breaks() -> None:
        wallbox.charger.closed(wallbox.link)
        raise Unreachable("closed")

    wallbox.link.reply("ClearChargingProfile", breaks)
    with pytest.raises(Unreachable):
        await wallbox.charger.foreign.clear()
    assert await _sent_on_the_next_line(wallbox) == [(1, 8)]


async def test_a_line_that_breaks_after_it_was_cleared(wallbox: Wallbox) -> None:
    """It has heard neither of the two limits that were put again."""
    await wallbox.status("Available", 2)
    await wallbox.charger.set_limit(1, 8_000)
    await wallbox.charger.set_limit(2, 9_000)
    may_answer = asyncio.Event()
    wallbox.link.reply("ClearChargingProfile", Silent("no answer"))
    wallbox.link.reply("SetChargingProfile", may_answer.wait)
    with pytest.raises(Silent):
        await wallbox.charger.foreign.clear()
    await rest()
    assert wallbox.link.limits == [(1, 8), (2, 9), (1, 8)]
    wallbox.charger.closed(wallbox.link)
    # What was sent a moment ago is not sent at once.
    assert await _sent_on_the_next_line(wallbox) == [(2, 9), (1, 8)]


async def test_a_line_that_breaks_while_all_are_put_again(wallbox: Wallbox) -> None:
    """Also one whose turn had not come is owed."""
    await wallbox.status("Available", 2)
    await wallbox.charger.set_limit(1, 8_000)
    await wallbox.charger.set_limit(2, 9_000)
    wallbox.link.reply("SetChargingProfile", asyncio.Event().wait)
    wallbox.charger.put_again()
    await rest()
    wallbox.charger.closed(wallbox.link)
    assert sorted(await _sent_on_the_next_line(wallbox)) == [(1, 8), (2, 9)]


async def test_a_wallbox_that_answers_nothing_for_a_while(wallbox: Wallbox) -> None:
    """Neither the clearing nor what is put again: that is owed."""
    await wallbox.charger.set_limit(1, 8_000)
    wallbox.link.reply("ClearChargingProfile", Silent("no answer"))
    wallbox.link.reply("SetChargingProfile", Silent("no answer"))
    with pytest.raises(Silent):
        await wallbox.charger.foreign.clear()
    await idle(wallbox.charger)
    wallbox.charger.closed(wallbox.link)
    assert await _sent_on_the_next_line(wallbox) == [(1, 8)]


async def test_nobody_waits_until_it_is_cleared(wallbox: Wallbox) -> None:
    """Who asked for it has left: ours are put again all the same."""
    await wallbox.charger.set_limit(1, 8_000)
    wallbox.link.reply("ClearChargingProfile", asyncio.Event().wait)
    clearing = asyncio.create_task(wallbox.charger.foreign.clear())
    await rest()
    assert wallbox.link.sent("ClearChargingProfile")
    clearing.cancel()
    with pytest.raises(asyncio.CancelledError):
        await clearing
    await idle(wallbox.charger)
    assert wallbox.link.limits == [(1, 8), (1, 8)]


async def test_a_no_to_the_second_of_three(wallbox2: Wallbox2) -> None:
    """A wallbox of 2.0.1 is asked for each purpose: one may be cleared already."""
    wallbox2.link.reply("GetBaseReport", REJECTED)
    await wallbox2.charger.set_limit(1, 8_000)
    wallbox2.link.reply(
        "ClearChargingProfile", {"status": "Accepted"}, CallError("InternalError")
    )
    with pytest.raises(Refused):
        await wallbox2.charger.foreign.clear()
    await idle(wallbox2.charger)
    assert len(wallbox2.link.sent("ClearChargingProfile")) == 2
    assert len(wallbox2.link.sent("SetChargingProfile")) == 2


async def test_a_wallbox_that_is_away_keeps_what_it_has(wallbox: Wallbox) -> None:
    """It was told nothing, so nothing is owed."""
    await wallbox.charger.set_limit(1, 8_000)
    wallbox.charger.closed(wallbox.link)
    with pytest.raises(Unreachable):
        await wallbox.charger.foreign.clear()
    assert await _sent_on_the_next_line(wallbox) == []


async def _sent_on_the_next_line(wallbox: Wallbox) -> list[tuple[int, float]]:
    """Let a wallbox dial anew, and return the limits that it is sent."""
    await idle(wallbox.charger)
    wallbox.connect()
    for wait_s in (SETTLE_S, MIN_INTERVAL_S):
        wallbox.clock.advance(wait_s)
        await rest()
    await idle(wallbox.charger)
    return wallbox.link.limits


async def test_with_its_fallback(wallbox: Wallbox) -> None:
    """Cleared, it gets both again: the limit, and the fallback below it."""
    keys = {"ChargeProfileMaxStackLevel": "8", "MaxChargingProfilesInstalled": "9"}
    listed = [{"key": key, "value": value} for key, value in keys.items()]
    wallbox.link.reply("GetConfiguration", {"configurationKey": listed})
    await wallbox.charger.fall_back_to(6_000)
    await wallbox.charger.set_limit(1, 16_000)
    before = len(wallbox.link.sent("SetChargingProfile"))
    await wallbox.charger.foreign.clear()
    again = wallbox.link.sent("SetChargingProfile")[before:]
    assert [
        one["csChargingProfiles"]["chargingSchedule"]["chargingSchedulePeriod"][0][
            "limit"
        ]
        for one in again
    ] == [6, 16]


@pytest.mark.parametrize(
    ("profiles", "found"),
    [
        ([reported(77, "TxDefaultProfile", 32)], "TxDefaultProfile 77, stackLevel 5"),
        (
            [
                reported(1, "TxDefaultProfile", 8),
                reported(7, "ChargingStationMaxProfile", 6),
            ],
            "ChargePointMaxProfile 7, stackLevel 5",
        ),
        # Its own maximum, the grid's operator, and ours.
        ([reported(7, "ChargingStationMaxProfile", 16)], ""),
        ([reported(7, "ChargingStationExternalConstraints", 0)], ""),
        ([reported(1, "TxDefaultProfile", 8)], ""),
        ([], ""),
    ],
)
async def test_a_report(
    wallbox2: Wallbox2, profiles: list[dict[str, Any]], found: str
) -> None:
    """A wallbox of 2.0.1 names what lies in it; ours is known by its number."""
    wallbox2.link.reply("GetBaseReport", REJECTED)
    await wallbox2.charger.set_limit(1, 8_000)
    wallbox2.link.reply(
        "GetChargingProfiles",
        {"status": "Accepted" if profiles else "NoProfiles"},
    )
    await passes(wallbox2, 30)
    for one in profiles:
        await wallbox2.says(
            "ReportChargingProfiles",
            requestId=wallbox2.link.sent("GetChargingProfiles")[0]["requestId"],
            chargingLimitSource="CSO",
            evseId=1,
            tbc=one is not profiles[-1],
            chargingProfile=[one],
        )
    await rest(12)
    await idle(wallbox2.charger)
    assert wallbox2.charger.foreign.found == found
    assert wallbox2.link.sent("GetCompositeSchedule") == []


async def test_one_that_reports_none(wallbox2: Wallbox2) -> None:
    """Where that is not supported, its schedule tells."""
    wallbox2.link.reply("GetBaseReport", REJECTED)
    wallbox2.link.reply("GetChargingProfiles", CallError("NotSupported"))
    wallbox2.link.reply(
        "GetCompositeSchedule",
        {
            "status": "Accepted",
            "schedule": {
                "evseId": 1,
                "duration": 60,
                "scheduleStart": wallbox2.clock.ago(0),
                "chargingRateUnit": "A",
                "chargingSchedulePeriod": [{"startPeriod": 0, "limit": 0}],
            },
        },
    )
    assert await looked(wallbox2) == "GetCompositeSchedule 1: 0 A"


async def test_what_was_cleared_is_not_believed(wallbox: Wallbox) -> None:
    """Where ours can't be put again nobody counts on it."""
    await wallbox.charger.set_limit(1, 6_000)
    wallbox.clock.advance(20)
    wallbox.link.reply("SetChargingProfile", *[REJECTED] * 8)
    before = len(wallbox.changes)
    await wallbox.charger.foreign.clear()
    assert wallbox.charger.connector(1).limit_ma is None
    assert any(1 in change.connectors for change in wallbox.changes[before:])
