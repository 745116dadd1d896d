"""A limit names no time to a wallbox whose clock is wrong."""

from datetime import datetime, timedelta
from typing import Any

from ocpp_fakes import Wallbox, idle, power
import pytest

from custom_components.meters_and_chargers.engine.devices.ocpp_charger.limit import (
    MIN_INTERVAL_S,
    RENEW_S,
)

ABSOLUTE, RELATIVE = "Absolute", "Relative"
REJECTED, ACCEPTED = {"status": "Rejected"}, {"status": "Accepted"}


async def shows(wallbox: Wallbox, behind_s: float) -> None:
    """Measure until it is certain how far its clock is behind ours."""
    for _ in range(4):
        await wallbox.measures(power(2000), ago=behind_s)
        wallbox.clock.advance(10)
    await idle(wallbox.charger)


async def limit(wallbox: Wallbox, value_ma: int) -> None:
    """Set a limit as soon as one may be sent again."""
    wallbox.clock.advance(20)
    await wallbox.charger.set_limit(1, value_ma)
    await idle(wallbox.charger)


def kinds(wallbox: Wallbox) -> list[str]:
    """Return the kinds of the profiles that were sent."""
    return [
        payload["csChargingProfiles"]["chargingProfileKind"]
        for payload in wallbox.link.sent("SetChargingProfile")
    ]


@pytest.mark.parametrize("off_s", [3600, -3600, 95, -50])
async def test_a_wrong_clock_is_told_no_time(wallbox: Wallbox, off_s: float) -> None:
    """The first limit, and one that holds already, which is put again."""
    await shows(wallbox, off_s)
    await limit(wallbox, 10_000)
    assert kinds(wallbox) == [RELATIVE]
    await wallbox.boots()
    await limit(wallbox, 8_000)
    assert set(kinds(wallbox)) == {RELATIVE}


@pytest.mark.parametrize("off_s", [0, 85, -40])
async def test_a_right_clock_is_told_the_time(wallbox: Wallbox, off_s: float) -> None:
    """Also one whose values are dated by the begin of their interval."""
    await shows(wallbox, off_s)
    await limit(wallbox, 10_000)
    assert kinds(wallbox) == [ABSOLUTE]


async def test_it_is_found_out_while_a_limit_holds(wallbox: Wallbox) -> None:
    """The limit is put again without a time, once."""
    await limit(wallbox, 10_000)
    await shows(wallbox, 3600)
    await shows(wallbox, 3600)
    assert kinds(wallbox) == [ABSOLUTE, RELATIVE]


async def test_one_that_takes_nothing_else(wallbox: Wallbox) -> None:
    """What it refuses is tried once, and what it took holds on."""
    await limit(wallbox, 10_000)
    wallbox.link.reply("SetChargingProfile", REJECTED, *[ACCEPTED] * 9)
    await shows(wallbox, 3600)
    await shows(wallbox, 3600)
    assert kinds(wallbox) == [ABSOLUTE, RELATIVE, ABSOLUTE]
    await limit(wallbox, 8_000)
    assert kinds(wallbox)[3:] == [ABSOLUTE]


async def test_no_fallback_by_a_wrong_clock(wallbox: Wallbox) -> None:
    """What ends by itself would end at another time: said, and steered as before."""
    await wallbox.charger.fall_back_to(6_000)
    await limit(wallbox, 10_000)
    assert wallbox.charger.fallback_refusal == ""
    await shows(wallbox, 3600)
    await limit(wallbox, 8_000)
    assert wallbox.charger.fallback_refusal == "its clock is wrong"
    last: Any = wallbox.link.sent("SetChargingProfile")[-1]["csChargingProfiles"]
    assert last["chargingProfileKind"] == RELATIVE
    assert "duration" not in last["chargingSchedule"]


@pytest.mark.parametrize("off_s", [0, 85, -40])
async def test_by_its_own_clock_a_limit_holds(wallbox: Wallbox, off_s: float) -> None:
    """From when it is sent until it is sent again, though that is lost once."""
    await wallbox.charger.fall_back_to(6_000)
    await shows(wallbox, off_s)
    await limit(wallbox, 10_000)
    profile: Any = wallbox.link.sent("SetChargingProfile")[-1]["csChargingProfiles"]
    schedule = profile["chargingSchedule"]
    begin = datetime.fromisoformat(schedule["startSchedule"])
    end = begin + timedelta(seconds=schedule["duration"])
    its_now = wallbox.clock.now() - timedelta(seconds=off_s)
    assert begin <= its_now
    assert its_now + timedelta(seconds=RENEW_S + MIN_INTERVAL_S) <= end
    assert wallbox.charger.fallback_refusal == ""
