"""On how many phases a car charges is chosen where the wallbox says that it can."""

import asyncio
from collections.abc import Mapping
from typing import Any

from ocpp_fakes import FakeLink, Wallbox, Wallbox2, idle, rest
import pytest

from custom_components.meters_and_chargers.engine.devices.ocpp_charger import (
    Quirk,
    Quirks,
    foreign,
)
from custom_components.meters_and_chargers.engine.devices.ocpp_charger.quirks import (
    Entry,
)
from custom_components.meters_and_chargers.engine.model import (
    Refused,
    Silent,
    Unreachable,
    Unsupported,
)

KEY = "ConnectorSwitch3to1PhaseSupported"
UNIT = "ChargingScheduleAllowedChargingRateUnit"
REJECTED = {"status": "Rejected"}


@pytest.fixture(autouse=True)
def no_other_looks(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let nobody else ask for the schedules that are counted here."""
    monkeypatch.setattr(foreign, "LOOK_S", 1_000_000)


async def told(wallbox: Wallbox, keys: Mapping[str, str]) -> None:
    """Let a wallbox connect and say its configuration."""
    known = [{"key": key, "readonly": True, "value": keys[key]} for key in keys]
    for _ in range(5):
        wallbox.link.reply("GetConfiguration", {"configurationKey": known})
    for _ in range(4):
        wallbox.clock.advance(6)
        await rest()
    await idle(wallbox.charger)


async def put(
    wallbox: Wallbox, value_ma: int, phases: int | None = None, **how: Any
) -> None:
    """Set a limit and let the pause after it pass."""
    async with asyncio.timeout(5):
        await wallbox.charger.set_limit(1, value_ma, phases=phases, **how)
    wallbox.clock.advance(20)


def sent(link: FakeLink) -> list[tuple[float, int | None]]:
    """Return the limits that were sent, each with its number of phases."""
    found = []
    for payload in link.sent("SetChargingProfile"):
        profile = payload.get("csChargingProfiles") or payload["chargingProfile"]
        schedule = profile["chargingSchedule"]
        schedule = schedule[0] if isinstance(schedule, list) else schedule
        (period,) = schedule["chargingSchedulePeriod"]
        found.append((period["limit"], period.get("numberPhases")))
    return found


@pytest.mark.parametrize(
    ("keys", "switches"),
    [
        ({}, False),
        ({KEY: "false"}, False),
        ({KEY: "true"}, True),
        ({KEY.lower(): " TRUE"}, True),
        ({"ACPhaseSwitchingSupported": "true"}, False),
        ({KEY: "true", UNIT: "Current,Power"}, True),
        ({KEY: "true", UNIT: "Power"}, False),
    ],
)
async def test_who_switches(
    wallbox: Wallbox,
    keys: dict[str, str],
    switches: bool,  # noqa: FBT001 - a parameter of the test
) -> None:
    """By its own word, and only by currents: a power would be on one phase alone."""
    await told(wallbox, keys)
    # Before its first limit nobody knows what it takes.
    assert not wallbox.charger.switches_phases
    await put(wallbox, 10_000)
    assert wallbox.charger.switches_phases is switches
    if not switches:
        with pytest.raises(Unsupported):
            await put(wallbox, 6000, 1)
        assert len(sent(wallbox.link)) == 1


@pytest.mark.parametrize("said", [{"unit": "W"}, {"phases": False}])
async def test_who_takes_no_number(wallbox: Wallbox, said: dict[str, Any]) -> None:
    """What is known of its kind goes before its word."""
    wallbox.charger.use(Quirks((Entry(vendor="*", quirk=Quirk(**said)),)))
    await told(wallbox, {KEY: "true"})
    await put(wallbox, 10_000)
    assert not wallbox.charger.switches_phases


async def switching(wallbox: Wallbox, value_ma: int = 10_000) -> None:
    """Let a wallbox say that it can, and take its first limit."""
    await told(wallbox, {KEY: "true"})
    await put(wallbox, value_ma)


async def test_between_one_and_three(wallbox: Wallbox) -> None:
    """The same current on other phases is sent, nothing else twice; a pause keeps."""
    charger = wallbox.charger
    assert charger.phases_told(1) is None
    await switching(wallbox, 6000)
    # What names no number is for three.
    assert charger.phases_told(1) == 3
    await put(wallbox, 6000, 1)
    assert charger.phases_told(1) == 1
    await put(wallbox, 6000, 1)
    await put(wallbox, 6000)
    await put(wallbox, 0)
    assert charger.phases_told(1) == 1
    await put(wallbox, 8000, 3)
    assert charger.phases_told(1) == 3
    with pytest.raises(Unsupported):
        await put(wallbox, 8000, 2)
    assert sent(wallbox.link) == [(6, None), (6, 1), (0, 1), (8, 3)]
    await charger.clear_charging_profile(1)
    assert charger.phases_told(1) is None


async def test_fewer_for_a_fuse_at_once(wallbox: Wallbox) -> None:
    """Two phases less are a reduction, though the current is the same."""
    await switching(wallbox)
    await wallbox.charger.set_limit(1, 6000, phases=3)
    await wallbox.charger.set_limit(1, 6000, phases=1, protection=True)
    assert sent(wallbox.link)[1:] == [(6, 3), (6, 1)]


async def test_the_current_of_before_is_not_for_the_new_phases(
    wallbox: Wallbox,
) -> None:
    """What waits goes with them, also when something else is told meanwhile."""
    await switching(wallbox)
    await wallbox.charger.set_limit(1, 16_000, phases=1)
    waits = asyncio.create_task(wallbox.charger.set_limit(1, 6000, phases=3))
    await wallbox.status("Charging")
    wallbox.clock.advance(2)
    await idle(wallbox.charger)
    wallbox.clock.advance(20)
    await waits
    assert sent(wallbox.link)[1:] == [(16, 1), (6, 3)]


async def test_a_limit_on_its_way_keeps_its_phases(wallbox: Wallbox) -> None:
    """Another number that is wanted meanwhile is for the current it came with."""
    await switching(wallbox)
    await put(wallbox, 16_000, 1)
    later: list[asyncio.Task[None]] = []

    async def slowly() -> dict[str, str]:
        order = wallbox.charger.set_limit(1, 6000, phases=3)
        later.append(asyncio.create_task(order))
        await rest(5)
        return {"status": "Accepted"}

    wallbox.link.reply("SetChargingProfile", slowly)
    await put(wallbox, 12_000, 1)
    assert wallbox.charger.phases_told(1) == 1
    wallbox.clock.advance(20)
    await later[0]
    assert sent(wallbox.link)[1:] == [(16, 1), (12, 1), (6, 3)]
    assert wallbox.charger.phases_told(1) == 3


async def test_a_wallbox_that_refuses_it_after_all(wallbox: Wallbox) -> None:
    """It has less for a fuse without, and is told no number any more."""
    await switching(wallbox)
    wallbox.link.reply("SetChargingProfile", REJECTED)
    await put(wallbox, 6000, 1)
    assert sent(wallbox.link) == [(10, None), (6, 1), (6, None)]
    assert wallbox.charger.connector(1).limit_ma == 6000
    assert wallbox.charger.phases_told(1) == 3
    assert not wallbox.charger.switches_phases
    await wallbox.boots()
    await told(wallbox, {KEY: "true"})
    assert wallbox.charger.switches_phases  # its firmware may be another one
    assert sent(wallbox.link)[3:] == [(6, None)]


def refuses_numbers(wallbox: Wallbox) -> None:
    """Let the next limits be taken that say nothing of phases."""

    async def answer() -> Mapping[str, Any]:
        return {"status": "Rejected" if sent(wallbox.link)[-1][1] else "Accepted"}

    wallbox.link.reply("SetChargingProfile", *[answer] * 50)


@pytest.mark.parametrize("happens", ["boots", "breaks", "nothing"])
async def test_a_refused_number_is_not_sent_for_ever(
    wallbox: Wallbox, happens: str
) -> None:
    """Whatever happens then, each later limit arrives, also 0 A."""
    await switching(wallbox)
    await put(wallbox, 6000)
    refuses_numbers(wallbox)
    with pytest.raises(Refused):
        await put(wallbox, 6000, 1)
    if happens == "boots":
        await wallbox.boots()
    elif happens == "breaks":
        wallbox.charger.closed(wallbox.link)
        wallbox.connect()
        refuses_numbers(wallbox)
    await told(wallbox, {KEY: "true"})
    wallbox.clock.advance(20)
    for value_ma in (8000, 7000, 0, 6000):
        await put(wallbox, value_ma)
        assert wallbox.charger.connector(1).limit_ma == value_ma
        assert sent(wallbox.link)[-1] == (value_ma / 1000, None)


async def test_who_takes_watts_from_now_on_is_told_no_number(wallbox: Wallbox) -> None:
    """What was wanted on one phase, and what comes then, arrives all the same."""
    await wallbox.boots()
    await switching(wallbox)
    await put(wallbox, 6000, 1)
    wallbox.charger.closed(wallbox.link)
    with pytest.raises(Unreachable):
        await put(wallbox, 7000)
    wallbox.connect()

    async def answer() -> Mapping[str, Any]:
        (profile,) = wallbox.link.sent("SetChargingProfile")[-1:]
        named: Any = profile["csChargingProfiles"]
        unit = named["chargingSchedule"]["chargingRateUnit"]
        return {"status": "Accepted" if unit == "W" else "Rejected"}

    wallbox.link.reply("SetChargingProfile", *[answer] * 50)
    named = {"chargePointVendor": "Maker", "chargePointModel": "Box"}
    await wallbox.says("BootNotification", **named, firmwareVersion="2.0")
    await told(wallbox, {KEY: "true", UNIT: "Power"})
    wallbox.clock.advance(20)
    for value_ma in (8000, 6000, 0):
        await put(wallbox, value_ma)
        assert wallbox.charger.connector(1).limit_ma == value_ma
        assert not wallbox.charger.switches_phases


async def test_a_restored_number_is_a_taken_one(wallbox: Wallbox) -> None:
    """A single no after it is to something else."""
    await switching(wallbox)
    await put(wallbox, 6000)
    wallbox.link.reply("SetChargingProfile", Silent("no answer"))
    with pytest.raises(Silent):
        await put(wallbox, 6000, 1)
    wallbox.charger.closed(wallbox.link)
    wallbox.connect()
    await told(wallbox, {KEY: "true"})
    wallbox.clock.advance(20)
    assert wallbox.charger.phases_told(1) == 1
    wallbox.link.reply("SetChargingProfile", REJECTED)
    with pytest.raises(Refused):
        await put(wallbox, 6000, 3)
    assert wallbox.charger.switches_phases


async def test_what_has_no_answer_may_be_on_all_phases(wallbox: Wallbox) -> None:
    """Until it says which, the most is counted."""
    await switching(wallbox)
    await put(wallbox, 6000, 1)
    wallbox.link.reply("SetChargingProfile", Silent("no answer"))
    with pytest.raises(Silent):
        await put(wallbox, 8000, 3)
    assert wallbox.charger.connector(1).limit_ma == 8000
    assert wallbox.charger.phases_told(1) == 3


async def test_a_refused_rise_is_not_for_three_phases(wallbox: Wallbox) -> None:
    """What was meant for one phase alone could be too much for the others."""
    await switching(wallbox)
    wallbox.link.reply("SetChargingProfile", REJECTED)
    with pytest.raises(Refused):
        await put(wallbox, 16_000, 1)
    assert sent(wallbox.link) == [(10, None), (16, 1)]
    assert wallbox.charger.connector(1).limit_ma == 10_000
    assert not wallbox.charger.switches_phases


async def test_a_no_to_something_else(wallbox: Wallbox) -> None:
    """Who has taken a number has what it took, as it took it, and the choice stays."""
    await switching(wallbox)
    await put(wallbox, 10_000, 1)
    for phases in (1, 3):
        wallbox.link.reply("SetChargingProfile", REJECTED)
        with pytest.raises(Refused):
            await put(wallbox, 16_000, phases)
        await wallbox.status("Charging")
        wallbox.clock.advance(20)
        await idle(wallbox.charger)
    assert sent(wallbox.link) == [(10, None), (10, 1), (16, 1), (16, 3)]
    assert wallbox.charger.phases_told(1) == 1
    assert wallbox.charger.switches_phases
    await put(wallbox, 8000)
    assert sent(wallbox.link)[4:] == [(8, 1)]


async def test_a_refused_protection_is_not_undone(wallbox: Wallbox) -> None:
    """An older, higher wish that waited for its turn is not sent in its place."""
    await switching(wallbox)
    await wallbox.charger.set_limit(1, 12_000)
    rise = asyncio.create_task(wallbox.charger.set_limit(1, 16_000, phases=1))
    await rest(5)
    wallbox.link.reply("SetChargingProfile", REJECTED)
    await wallbox.charger.set_limit(1, 6000, phases=1, protection=True)
    await rise  # a newer wish has taken its place, and that was met
    wallbox.clock.advance(20)
    await idle(wallbox.charger)
    assert sent(wallbox.link)[1:] == [(12, None), (6, 1), (6, None)]


async def test_other_phases_are_owed_over_a_break(wallbox: Wallbox) -> None:
    """The same current that waited is sent to who comes back."""
    await switching(wallbox)
    await wallbox.charger.set_limit(1, 6000, phases=3)
    waits = asyncio.create_task(wallbox.charger.set_limit(1, 6000, phases=1))
    await rest(5)
    wallbox.charger.closed(wallbox.link)
    with pytest.raises(Unreachable):
        await waits
    wallbox.clock.advance(20)
    link = wallbox.connect()
    await told(wallbox, {KEY: "true"})
    assert sent(link) == [(6, 1)]


async def test_after_a_reboot_and_while_away(wallbox: Wallbox) -> None:
    """What it was told it is told again, with its phases."""
    await switching(wallbox)
    await put(wallbox, 6000, 1)
    await wallbox.boots()
    assert wallbox.charger.switches_phases
    await told(wallbox, {KEY: "true"})
    assert sent(wallbox.link)[1:] == [(6, 1), (6, 1)]
    wallbox.charger.closed(wallbox.link)
    with pytest.raises(Unreachable):
        await put(wallbox, 8000, 3)
    wallbox.clock.advance(20)
    link = wallbox.connect()
    await told(wallbox, {KEY: "true"})
    assert sent(link) == [(8, 3)]


async def test_above_a_fallback(wallbox: Wallbox) -> None:
    """The fallback leaves it the phases that it has anyway."""
    await switching(wallbox)
    await wallbox.charger.fall_back_to(6000)
    wallbox.clock.advance(20)
    await put(wallbox, 8000, 1)
    assert sent(wallbox.link)[-1] == (8, 1)
    assert (6, None) in sent(wallbox.link)
    # Without us it falls back, on all phases; with us it has its own again.
    wallbox.charger.closed(wallbox.link)
    assert wallbox.charger.phases_told(1) == 3
    wallbox.clock.advance(20)
    link = wallbox.connect()
    await told(wallbox, {KEY: "true"})
    assert sent(link)[-1] == (8, 1)


async def test_ocpp_2(wallbox2: Wallbox2) -> None:
    """It has a variable for it."""
    wallbox2.link.reply(
        "GetVariables",
        {
            "getVariableResult": [
                {
                    "attributeStatus": "Accepted",
                    "attributeValue": "true",
                    "component": {"name": "SmartChargingCtrlr"},
                    "variable": {"name": "Phases3to1"},
                }
            ]
        },
    )
    wallbox2.clock.advance(6)
    await rest(100)
    await put(wallbox2, 10_000)
    assert wallbox2.charger.switches_phases
    await put(wallbox2, 6000, 1)
    assert sent(wallbox2.link) == [(10, None), (6, 1)]
