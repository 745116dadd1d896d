"""Which form of a limit is tried, what is found out of it, what is remembered."""

import asyncio
from collections.abc import AsyncIterator, Callable
from itertools import product
from typing import Any

from ocpp_fakes import Clock, Wallbox, Wallbox2, idle, power, rest
import pytest

from custom_components.meters_and_chargers.engine.devices.ocpp_charger import (
    Learnt,
    OcppCharger,
    Pause,
    Quirk,
    Quirks,
    foreign,
)
from custom_components.meters_and_chargers.engine.devices.ocpp_charger.ladder import (
    MOST_TRIES,
    forms,
)
from custom_components.meters_and_chargers.engine.devices.ocpp_charger.quirks import (
    Entry,
)
from custom_components.meters_and_chargers.engine.model import (
    OutOfRange,
    Refused,
    Silent,
    Unreachable,
    Unsupported,
)
from custom_components.meters_and_chargers.engine.protocols.ocpp import CallError

REJECTED = {"status": "Rejected"}
AMPERES = "ChargingScheduleAllowedChargingRateUnit"


@pytest.fixture(autouse=True)
def no_other_looks(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let nobody else ask for the schedules that are counted here."""
    monkeypatch.setattr(foreign, "LOOK_S", 1_000_000)


def _quirks(**said: Any) -> Quirks:
    return Quirks((Entry(vendor="Maker", quirk=Quirk(**said)),))


def _profiles(wallbox: Wallbox) -> list[Any]:
    """Return what was sent, in the words of 1.6 or of 2.0.1."""
    return [
        payload.get("csChargingProfiles") or payload["chargingProfile"]
        for payload in wallbox.link.sent("SetChargingProfile")
    ]


def _words(wallbox: Wallbox) -> list[tuple[str, str, int]]:
    found = []
    for profile in _profiles(wallbox):
        schedule = profile["chargingSchedule"]
        schedule = schedule[0] if isinstance(schedule, list) else schedule
        found.append(
            (
                profile["chargingProfilePurpose"].removesuffix("Profile"),
                profile["chargingProfileKind"][0] + schedule["chargingRateUnit"],
                profile["stackLevel"],
            )
        )
    return found


def _configure(wallbox: Wallbox, **keys: str) -> None:
    listed = [{"key": key, "value": value} for key, value in keys.items()]
    wallbox.link.reply("GetConfiguration", {"configurationKey": listed})


async def _passes(wallbox: Wallbox, seconds: int) -> None:
    journal = wallbox.charger._station.journal
    for _ in range(seconds):
        wallbox.clock.advance(1)
        await rest(12)
        # What was asked of the journal's thread before is answered before this.
        await journal.facts("nobody")
        await rest(12)


async def _set(wallbox: Wallbox, value_ma: int) -> None:
    """Set a limit when it is time for one."""
    wallbox.clock.advance(16)
    async with asyncio.timeout(10):
        await wallbox.charger.set_limit(1, value_ma)


async def _charges(wallbox: Wallbox, ampere: float) -> int:
    """Let a car charge and draw this much."""
    number = await wallbox.starts()
    await wallbox.status("Charging")
    await _draws(wallbox, ampere)
    return number


async def _draws(wallbox: Wallbox, *ampere: float) -> None:
    phases = ampere if len(ampere) > 1 else ampere * 3
    await wallbox.measures(
        *(
            {
                "measurand": "Current.Import",
                "phase": f"L{number}",
                "unit": "A",
                "value": str(one),
            }
            for number, one in enumerate(phases, 1)
        )
    )


async def _judged(wallbox: Wallbox, ampere: float) -> None:
    """Let it charge long enough to be judged, with values of this current."""
    await _passes(wallbox, 20)
    await _draws(wallbox, ampere)
    await _passes(wallbox, 12)
    await idle(wallbox.charger)


@pytest.fixture
async def told(
    new_charger: Callable[..., OcppCharger], clock: Clock
) -> AsyncIterator[Callable[..., Any]]:
    """Return a function that connects a wallbox of which something is known."""
    made: list[OcppCharger] = []

    async def connect(charger_id: str = "GARAGE", **options: Any) -> Wallbox:
        new: Any = new_charger
        charger = new(charger_id, **options)
        await charger.load()
        made.append(charger)
        wallbox = Wallbox(charger, clock)
        wallbox.connect()
        return wallbox

    yield connect
    for charger in made:
        await charger.close()


# What is tried


@pytest.mark.parametrize("level", [None, "0", "1", "8"])
def test_never_more_than_ten_tries(level: str | None) -> None:
    """Whatever is said and known of a wallbox, no form comes twice, and all differ."""
    said = product(
        (None, "A", "W"),
        (None, "Absolute", "Relative"),
        (None, "TxDefaultProfile", "TxProfile", "ChargePointMaxProfile"),
        (None, 0, 3),
        (None, True, False),
        (None, "Current", "Power", "Current,Power"),
    )
    for unit, kind, purpose, stack, phases, allowed in said:
        quirk = Quirk(
            unit=unit, kind=kind, purpose=purpose, stack_level=stack, phases=phases
        )
        keys = {"ChargeProfileMaxStackLevel": level, AMPERES: allowed}
        found = forms(keys, quirk, transaction=True)
        assert 1 < len(found) <= MOST_TRIES
        assert len(set(found)) == len(found)
        first = found[0]
        assert unit in (None, first.unit)
        assert stack in (None, first.stack_level)
        assert kind in (None, first.kind)
        assert purpose in (None, first.purpose)
        assert phases in (None, first.says_phases)
        if purpose != "ChargePointMaxProfile":
            assert not any("Max" in form.purpose for form in found)


async def test_what_is_known_of_it_is_tried_first(
    told: Callable[..., Any],
) -> None:
    """As soon as it says who it is; another maker's wallbox is tried as ever."""
    wallbox = await told(quirks=_quirks(kind="Relative", stack_level=0, unit="W"))
    await _set(wallbox, 10_000)
    assert _words(wallbox) == [("TxDefault", "AA", 0)]
    await wallbox.boots()
    await _passes(wallbox, 2)
    await _set(wallbox, 10_000)
    assert _words(wallbox)[1:] == [("TxDefault", "RW", 0)]
    assert wallbox.charger.quirk.kind == "Relative"


async def test_what_is_known_may_be_wrong(told: Callable[..., Any]) -> None:
    """The rest of the ladder follows, and is taken."""
    wallbox = await told(quirks=_quirks(unit="W"))
    wallbox.charger.introduce("Maker", "Box", "")
    wallbox.charger.use(_quirks(unit="W"))
    wallbox.link.reply("SetChargingProfile", REJECTED)
    await _set(wallbox, 10_000)
    assert _words(wallbox) == [("TxDefault", "AW", 0), ("TxDefault", "AA", 0)]


async def test_no_charging_profiles_is_final(wallbox: Wallbox) -> None:
    """Who does not know them is not asked again before it boots, and it is told."""
    wallbox.link.reply("SetChargingProfile", CallError("NotImplemented"))
    for _ in range(3):
        with pytest.raises(Unsupported):
            await _set(wallbox, 10_000)
        await _passes(wallbox, 16)
    assert len(_profiles(wallbox)) == 1
    assert wallbox.charger.limits.trouble == "SetChargingProfile: NotImplemented"
    assert wallbox.changes[-1].charger
    await wallbox.boots()
    await _passes(wallbox, 2)
    assert len(_profiles(wallbox)) == 2
    assert wallbox.charger.limits.trouble == ""


# What acts


async def test_a_limit_that_acts(wallbox: Wallbox) -> None:
    """What is measured after a while shows it; nothing more is asked then."""
    await _set(wallbox, 10_000)
    await _charges(wallbox, 16)
    assert not wallbox.charger.limits.in_doubt
    await _judged(wallbox, 10.6)
    await _set(wallbox, 8_000)
    await _judged(wallbox, 16)
    assert len(_profiles(wallbox)) == 2
    assert len(wallbox.link.sent("GetCompositeSchedule")) == 1


async def test_a_limit_that_is_ignored(wallbox: Wallbox) -> None:
    """The next form is sent, until one acts; that one stays."""
    _configure(wallbox, ChargeProfileMaxStackLevel="8", **{AMPERES: "Current"})
    await _set(wallbox, 10_000)
    transaction = await _charges(wallbox, 16)
    for tried in range(2, 6):
        await _judged(wallbox, 16)
        assert len(_profiles(wallbox)) == tried
        assert wallbox.charger.limits.in_doubt
    assert _words(wallbox) == [
        ("TxDefault", "AA", 8),
        ("TxDefault", "AA", 0),
        ("TxDefault", "AA", 8),
        ("TxDefault", "RA", 8),
        ("Tx", "AA", 8),
    ]
    assert _profiles(wallbox)[-1]["transactionId"] == transaction
    await _judged(wallbox, 10)
    await _judged(wallbox, 16)
    assert len(_profiles(wallbox)) == 5
    assert wallbox.charger.limits.trouble == ""
    assert not wallbox.charger.limits.in_doubt


async def test_one_that_ignores_all(wallbox: Wallbox) -> None:
    """It is told once what was tried; then nothing is tried until it boots."""
    _configure(wallbox, **{AMPERES: "Power"})
    await _set(wallbox, 10_000)
    await _charges(wallbox, 16)
    for _ in range(8):
        await _judged(wallbox, 16)
    assert len(_profiles(wallbox)) == 4
    assert wallbox.charger.limits.trouble == (
        "TxDefaultProfile, Absolute, W, stackLevel 0; "
        "TxDefaultProfile, Absolute, W, stackLevel 0, numberPhases; "
        "TxDefaultProfile, Relative, W, stackLevel 0; "
        "TxProfile, Absolute, W, stackLevel 0"
    )
    assert wallbox.charger.limits.in_doubt
    await _set(wallbox, 8_000)
    await _judged(wallbox, 16)
    assert _words(wallbox)[4:] == [("TxDefault", "AW", 0)]
    await wallbox.boots()
    await _passes(wallbox, 2)
    assert wallbox.charger.limits.trouble == ""


@pytest.mark.parametrize(
    ("unit", "limit", "acts"),
    [("A", 10, True), ("A", 16, False), ("W", 6900, True), ("W", 11040, False)],
)
async def test_its_own_schedule_decides(
    wallbox: Wallbox,
    unit: str,
    limit: float,
    acts: bool,  # noqa: FBT001  # a parameter of the test
) -> None:
    """Before any meter value, and whatever it measures."""
    schedule = {
        "chargingRateUnit": unit,
        "chargingSchedulePeriod": [{"startPeriod": 0, "limit": limit}],
    }
    wallbox.link.reply(
        "GetCompositeSchedule", {"status": "Accepted", "chargingSchedule": schedule}
    )
    await _set(wallbox, 10_000)
    await _charges(wallbox, 16)
    await _passes(wallbox, 32)
    await idle(wallbox.charger)
    assert len(_profiles(wallbox)) == (1 if acts else 2)


async def test_only_what_says_something_counts(wallbox: Wallbox) -> None:
    """No old value, no limit that the car would not exceed anyway, no pause."""
    await _set(wallbox, 16_000)
    await _charges(wallbox, 20)
    await _judged(wallbox, 20)
    assert wallbox.link.sent("GetCompositeSchedule") == []
    await _set(wallbox, 8_000)
    await _passes(wallbox, 10)
    await _draws(wallbox, 16)
    await _passes(wallbox, 22)
    await wallbox.status("SuspendedEV")
    await _draws(wallbox, 16)
    await _passes(wallbox, 60)
    assert len(_profiles(wallbox)) == 2


async def test_by_its_power(wallbox: Wallbox) -> None:
    """One that measures no current is judged by its power."""
    await _set(wallbox, 6_000)
    await wallbox.starts()
    await wallbox.status("Charging")
    await _passes(wallbox, 20)
    await wallbox.measures(power(11_000))
    await _passes(wallbox, 12)
    assert len(_profiles(wallbox)) == 2


async def test_a_limit_of_a_transaction_follows_it(wallbox: Wallbox) -> None:
    """It is sent anew for the next one, and between two the default holds."""
    wallbox.charger.introduce("Maker", "Box", "")
    wallbox.charger.use(_quirks(purpose="TxProfile"))
    await _set(wallbox, 10_000)
    transaction = await wallbox.starts()
    await wallbox.status("Charging")
    await _passes(wallbox, 2)
    await wallbox.stops(transaction)
    await _passes(wallbox, 16)
    await idle(wallbox.charger)
    found = _profiles(wallbox)
    assert [one["chargingProfilePurpose"] for one in found] == [
        "TxDefaultProfile",
        "TxProfile",
        "TxDefaultProfile",
    ]
    assert [one.get("transactionId") for one in found] == [None, transaction, None]
    assert found[0]["chargingProfileId"] != found[1]["chargingProfileId"]


def _watts(wallbox: Wallbox) -> list[tuple[float, int | None]]:
    """Return the limits, each with its number of phases."""
    periods = [
        one["chargingSchedule"]["chargingSchedulePeriod"][0]
        for one in _profiles(wallbox)
    ]
    return [(one["limit"], one.get("numberPhases")) for one in periods]


async def test_watts_of_a_car_on_one_phase(wallbox: Wallbox) -> None:
    """They are sent again for that phase, and for all when the car is gone."""
    _configure(wallbox, **{AMPERES: "Power"})
    await _set(wallbox, 10_000)
    transaction = await wallbox.starts()
    await wallbox.status("Charging")
    await _draws(wallbox, 10, 0, 0)
    await wallbox.status("Charging", info="again")
    await _passes(wallbox, 2)
    await wallbox.stops(transaction)
    await _passes(wallbox, 16)
    await idle(wallbox.charger)
    assert _watts(wallbox) == [(6900, None), (2300, 1), (6900, None)]


async def test_what_it_named_is_of_before_the_answer(wallbox: Wallbox) -> None:
    """What is measured while the answer is on its way is named by another."""
    _configure(wallbox, **{AMPERES: "Power"})
    await _set(wallbox, 10_000)
    await _charges(wallbox, 10)
    answer: asyncio.Future[dict[str, str]] = asyncio.Future()
    wallbox.link.reply("SetChargingProfile", lambda: answer)
    order = asyncio.create_task(_set(wallbox, 6000))
    await _passes(wallbox, 1)
    await _draws(wallbox, 15, 0, 0)
    answer.set_result({"status": "Accepted"})
    await order
    await _draws(wallbox, 15.1, 0, 0)
    await _passes(wallbox, 2)
    assert _watts(wallbox) == [(6900, None), (4140, None), (1380, 1)]


async def test_a_transaction_that_begins_before_the_answer(wallbox: Wallbox) -> None:
    """The limit on its way was not for it: it gets its own."""
    wallbox.charger.introduce("Maker", "Box", "")
    wallbox.charger.use(_quirks(purpose="TxProfile"))
    answer: asyncio.Future[dict[str, str]] = asyncio.Future()
    wallbox.link.reply("SetChargingProfile", lambda: answer)
    order = asyncio.create_task(_set(wallbox, 6000))
    await _passes(wallbox, 1)
    transaction = await wallbox.starts()
    answer.set_result({"status": "Accepted"})
    await order
    await wallbox.status("Charging")
    await _passes(wallbox, 2)
    found = [one.get("transactionId") for one in _profiles(wallbox)]
    assert found == [None, transaction]


async def _minutes(wallbox: Wallbox, *drawn: tuple[float, ...]) -> None:
    """Let it measure each 5 s what its car draws, one after the other."""
    for ampere in drawn:
        await _draws(wallbox, *ampere)
        await _passes(wallbox, 5)
    await idle(wallbox.charger)


async def test_a_phase_that_is_hardly_used(wallbox: Wallbox) -> None:
    """It is counted or not, and not now and then."""
    _configure(wallbox, **{AMPERES: "Power"})
    await _set(wallbox, 6000)
    await _charges(wallbox, 6)
    await _minutes(wallbox, *[(1.2, 0.9, 1.2), (1.2, 1.1, 1.2)] * 6)
    assert _watts(wallbox) == [(4140, None), (2760, 2)]
    await _minutes(wallbox, (6, 6, 6))
    assert _watts(wallbox) == [(4140, None), (2760, 2), (4140, None)]


async def test_watts_are_not_put_again_too_often(wallbox: Wallbox) -> None:
    """Only those that are too much for the phases go at once."""
    _configure(wallbox, **{AMPERES: "Power"})
    await _set(wallbox, 6000)
    await _charges(wallbox, 6)
    one, three = (6.0, 0.0, 0.0), (6.0, 6.0, 6.0)
    await _minutes(wallbox, one, three, one, three)
    assert _watts(wallbox) == [(4140, None), (1380, 1), (4140, None)]
    await _draws(wallbox, *one)
    await _passes(wallbox, 2)
    assert _watts(wallbox)[3:] == [(1380, 1)]


async def test_refused_watts_are_not_tried_too_often(wallbox: Wallbox) -> None:
    """A wallbox that measures often is not asked with each message."""
    _configure(wallbox, **{AMPERES: "Power"})
    await _set(wallbox, 6000)
    await _charges(wallbox, 6)
    wallbox.link.reply("SetChargingProfile", *[REJECTED] * 500)
    await _minutes(wallbox, *[(6.0, 0.0, 0.0)] * 12)
    first = _watts(wallbox)[1:]
    await _minutes(wallbox, *[(6.0, 0.0, 0.0)] * 12)
    assert len(_watts(wallbox)[1:]) == 2 * len(first)
    assert first.count(first[0]) == 4


async def test_what_was_to_be_put_again_is_not_after_a_close(wallbox: Wallbox) -> None:
    """Nothing rings, and nothing is begun."""
    _configure(wallbox, **{AMPERES: "Power"})
    await _set(wallbox, 6000)
    await _charges(wallbox, 6)
    before = len(wallbox.clock.timers)
    for _ in range(5):
        await _draws(wallbox, 6, 0, 0)
    assert len(wallbox.clock.timers) == before + 1
    await wallbox.charger.close()
    assert all(timer.cancelled for timer in wallbox.clock.timers)


async def test_the_same_to_the_letter_gets_another_number(wallbox: Wallbox) -> None:
    """Without a time in it, a re-send would be ignored by some."""
    wallbox.charger.introduce("Maker", "Box", "")
    wallbox.charger.use(_quirks(kind="Relative"))
    await _set(wallbox, 10_000)
    for _ in range(2):
        await wallbox.boots()
        await _passes(wallbox, 2)
    first, second, third = _profiles(wallbox)
    assert first == third
    assert first["chargingProfileId"] != second["chargingProfileId"]
    assert first | {"chargingProfileId": 0} == second | {"chargingProfileId": 0}


async def test_above_a_fallback(wallbox: Wallbox) -> None:
    """What is ignored there is tried otherwise as well, at last without it."""
    _configure(wallbox, **{AMPERES: "Current"})
    await wallbox.charger.fall_back_to(6_000)
    await _set(wallbox, 10_000)
    await _charges(wallbox, 16)
    await _judged(wallbox, 16)
    await idle(wallbox.charger)
    assert wallbox.charger.fallback_refusal == "no form of a limit acts"
    assert _words(wallbox)[-1] == ("TxDefault", "AA", 0)
    await _judged(wallbox, 10)
    assert wallbox.charger.limits.trouble == ""


async def test_what_is_needed_otherwise_is_needed_above_a_fallback(
    wallbox: Wallbox,
) -> None:
    """A wallbox that wants a number of phases has its fallback all the same."""

    async def answer() -> dict[str, str]:
        (*_, profile) = _profiles(wallbox)
        (period,) = profile["chargingSchedule"]["chargingSchedulePeriod"]
        return {"status": "Accepted" if "numberPhases" in period else "Rejected"}

    wallbox.link.reply("SetChargingProfile", *[answer] * 20)
    await wallbox.charger.fall_back_to(6_000)
    await _set(wallbox, 10_000)
    await wallbox.boots()
    await _passes(wallbox, 2)
    await idle(wallbox.charger)
    assert wallbox.charger.fallback_refusal == ""
    assert [one["chargingProfileId"] for one in _profiles(wallbox)[-2:]] == [101, 1]


async def test_relative_leaves_no_room_for_a_fallback(wallbox: Wallbox) -> None:
    """A limit that ends by itself has to begin now."""
    wallbox.charger.introduce("Maker", "Box", "")
    wallbox.charger.use(_quirks(kind="Relative"))
    await wallbox.charger.fall_back_to(6_000)
    assert wallbox.charger.fallback_refusal == "chargingProfileKind Relative"
    wallbox.charger.use(_quirks(stack_level=0))
    await wallbox.charger.fall_back_to(0)
    assert wallbox.charger.fallback_refusal == "stackLevel 0"


async def test_ocpp_2(wallbox2: Wallbox2) -> None:
    """The same ladder, in the other words; the transaction has its name."""

    async def allows_all() -> Any:
        return {
            "status": "Accepted",
            "schedule": {
                "evseId": 1,
                "duration": 60,
                "scheduleStart": wallbox2.clock.ago(0),
                "chargingRateUnit": "A",
                "chargingSchedulePeriod": [{"startPeriod": 0, "limit": 16}],
            },
        }

    wallbox2.link.reply("GetCompositeSchedule", *[allows_all] * 20)
    await _set(wallbox2, 10_000)
    await wallbox2.event("Started", "Charging", wh=0)
    await _passes(wallbox2, 300)
    assert set(_words(wallbox2)) == {
        ("TxDefault", "AA", 0),
        ("TxDefault", "AW", 0),
        ("TxDefault", "RA", 0),
        ("TxDefault", "RW", 0),
        ("Tx", "AA", 0),
        ("Tx", "AW", 0),
    }
    assert len(_profiles(wallbox2)) == 8
    assert {one.get("transactionId") for one in _profiles(wallbox2)} == {None, "tx-1"}
    assert wallbox2.charger.limits.trouble.count(";") == 7


# What is remembered


async def test_what_acts_is_remembered(told: Callable[..., Any]) -> None:
    """Of a wallbox and of its kind, over a restart; another firmware begins anew."""
    kept: list[Any] = []
    learnt = Learnt(changed=lambda: kept.append(dict(learnt.as_data())))
    first = await told(learnt=learnt)
    await first.boots()
    first.link.reply("SetChargingProfile", REJECTED)
    await _set(first, 10_000)
    assert _words(first) == [("TxDefault", "AA", 0), ("TxDefault", "AW", 0)]
    second = await told("STREET", learnt=Learnt(kept[-1]))
    await second.boots()
    await _set(second, 10_000)
    assert _words(second) == [("TxDefault", "AA", 0)]
    await _charges(first, 10)
    await _judged(first, 10)
    again = await told(learnt=Learnt(kept[-1]))
    await _charges(again, 16)
    await _set(again, 10_000)
    await _judged(again, 16)
    assert _words(again) == [("TxDefault", "AW", 0)]
    third = await told("YARD", learnt=Learnt(kept[-1]))
    await third.boots()
    await _set(third, 10_000)
    assert _words(third) == [("TxDefault", "AW", 0)]
    await _passes(third, 2)
    await third.says(
        "BootNotification",
        chargePointVendor="Maker",
        chargePointModel="Box",
        firmwareVersion="2.0",
    )
    await _passes(third, 2)
    assert _words(third)[-1] == ("TxDefault", "AA", 0)


async def test_what_was_learnt_while_told_otherwise(told: Callable[..., Any]) -> None:
    """Does not count: who writes into the file wants to see what it does."""
    learnt = Learnt()
    first = await told(learnt=learnt)
    await first.boots()
    await _set(first, 10_000)
    second = await told(learnt=learnt, quirks=_quirks(unit="W"))
    await _set(second, 10_000)
    assert _words(second) == [("TxDefault", "AW", 0)]


@pytest.mark.parametrize(
    "data",
    [
        {"wallbox GARAGE": None},
        {"wallbox GARAGE": {"unit": "V", "stack_level": 0}},
        {"wallbox GARAGE": {"unit": "A", "stack_level": "x"}},
    ],
)
async def test_a_spoilt_memory_is_none(told: Callable[..., Any], data: Any) -> None:
    """Nothing that was kept keeps a limit from being sent."""
    wallbox = await told(learnt=Learnt(data))
    await _set(wallbox, 10_000)
    assert _words(wallbox) == [("TxDefault", "AA", 0)]


# Steps


@pytest.mark.parametrize(
    ("wanted", "sent"), [(6_000, 6), (7_900, 6), (12_900, 10), (16_000, 16), (0, 0)]
)
async def test_steps(wallbox: Wallbox, wanted: int, sent: float) -> None:
    """A current is rounded down to one that the wallbox knows, and shown so."""
    wallbox.charger.introduce("Maker", "Box", "")
    wallbox.charger.use(_quirks(steps=(6_000, 8_000, 10_000, 13_000, 16_000)))
    await _set(wallbox, wanted)
    await _set(wallbox, wanted)
    assert wallbox.link.limits == [(1, sent)]
    assert wallbox.charger.connector(1).limit_ma == sent * 1000


@pytest.mark.parametrize(
    ("steps", "minimum_ma"),
    [((4_000, 8_000), 8_000), ((10_000, 16_000), 10_000), ((20_000,), 6_000)],
)
async def test_no_step_below_the_minimum(
    wallbox: Wallbox, steps: tuple[int, ...], minimum_ma: int
) -> None:
    """A wish below its lowest current is refused, not turned into 0 A or less.

    What it falls back to is its owner's word; another wallbox knows all currents.
    """
    charger = wallbox.charger
    charger.introduce("Maker", "Box", "")
    charger.use(_quirks(steps=steps))
    assert charger.setpoint.minimum_ma == minimum_ma
    if minimum_ma > 6_000:
        with pytest.raises(OutOfRange):
            await charger.set_limit(1, 6_000)
        assert wallbox.link.limits == []
    await _set(wallbox, minimum_ma)
    assert wallbox.link.limits == [(1, minimum_ma / 1000 if minimum_ma > 6_000 else 0)]
    await charger.fall_back_to(6_000)
    charger.use(Quirks())
    assert charger.connector(1).setpoint.minimum_ma == 6_000


def test_later_entries_win_field_by_field(
    new_charger: Callable[..., OcppCharger],
) -> None:
    """The owner's file comes after the shipped one."""
    charger = new_charger()
    charger.introduce("Maker", "Box", "")
    charger.use(
        Quirks(
            (
                Entry(vendor="M*", quirk=Quirk(unit="W", pause=Pause.STOP)),
                Entry(vendor="maker", model="b?x", quirk=Quirk(unit="A")),
                Entry(vendor="Maker", firmware="9*", quirk=Quirk(kind="Relative")),
            )
        )
    )
    assert charger.quirk == Quirk(unit="A", pause=Pause.STOP)


async def test_a_refusal_before_and_a_limit_after(wallbox: Wallbox) -> None:
    """Who refuses a moment is not told of for good."""
    wallbox.link.reply("SetChargingProfile", *[REJECTED] * 6)
    with pytest.raises(Refused):
        await _set(wallbox, 10_000)
    assert wallbox.charger.limits.trouble
    await _set(wallbox, 0)
    assert wallbox.charger.limits.trouble == ""


async def test_whatever_its_purpose_it_is_cleared(wallbox: Wallbox) -> None:
    """A limit for one transaction, or for the whole wallbox, is ours as well."""
    wallbox.charger.introduce("Maker", "Box", "")
    wallbox.charger.use(_quirks(purpose="TxProfile"))
    await wallbox.starts()
    await _set(wallbox, 10_000)
    await wallbox.charger.clear_charging_profile(1)
    wallbox.charger.use(_quirks(purpose="ChargePointMaxProfile"))
    await _set(wallbox, 10_000)
    assert wallbox.link.sent("SetChargingProfile")[-1]["connectorId"] == 0
    await wallbox.charger.clear_charging_profile(1)
    found = wallbox.link.sent("ClearChargingProfile")
    assert [tuple(one.values()) for one in found] == [
        ("TxDefaultProfile", 1),
        ("TxProfile", 1),
        ("TxDefaultProfile", 1),
        ("ChargePointMaxProfile",),
    ]


async def test_a_no_to_the_second_purpose(wallbox: Wallbox) -> None:
    """The first is gone by then: the same limit is sent again."""
    wallbox.charger.introduce("Maker", "Box", "")
    wallbox.charger.use(_quirks(purpose="TxProfile"))
    await wallbox.starts()
    await _set(wallbox, 10_000)
    wallbox.link.reply(
        "ClearChargingProfile", {"status": "Accepted"}, CallError("InternalError")
    )
    with pytest.raises(Refused):
        await wallbox.charger.clear_charging_profile(1)
    sent = len(_profiles(wallbox))
    await _set(wallbox, 10_000)
    assert len(_profiles(wallbox)) == sent + 1


@pytest.mark.parametrize("purpose", ["ChargePointMaxProfile", "TxProfile"])
async def test_whatever_its_purpose_it_is_cleared_after_a_restart(
    wallbox: Wallbox, new_charger: Callable[..., OcppCharger], purpose: str
) -> None:
    """What an earlier run has put, and this one has not, is known by its number."""
    wallbox.charger.introduce("Maker", "Box", "")
    wallbox.charger.use(_quirks(purpose=purpose))
    await wallbox.starts()
    await _set(wallbox, 10_000)
    assert _profiles(wallbox)[-1]["chargingProfilePurpose"] == purpose
    await wallbox.charger.close()
    charger = new_charger()
    await charger.load()
    again = Wallbox(charger, wallbox.clock)
    again.connect()
    await charger.release()
    found = again.link.sent("ClearChargingProfile")
    assert purpose in [one["chargingProfilePurpose"] for one in found]
    assert not charger.has_left(1)
    await charger.close()


@pytest.mark.parametrize("lost", [Silent("no answer"), Unreachable("closed")])
async def test_a_limit_without_an_answer_may_lie_in_it(
    wallbox: Wallbox, lost: Unreachable
) -> None:
    """So it is taken back with the others; one that was never sent is not."""
    wallbox.link.reply("SetChargingProfile", lost)
    with pytest.raises(Unreachable):
        await _set(wallbox, 10_000)
    assert wallbox.charger.has_left(1)
    assert wallbox.charger.profile_writes == 1
    await wallbox.charger.release()
    assert wallbox.link.sent("ClearChargingProfile")
    assert not wallbox.charger.has_left(1)
    wallbox.charger.closed(wallbox.link)
    with pytest.raises(Unreachable):
        await wallbox.charger.set_charging_profile({})
    assert wallbox.charger.profile_writes == 1


async def test_ocpp_2_knows_one_limit_of_a_level(wallbox2: Wallbox2) -> None:
    """There another number for the same would be refused; the same one replaces."""
    wallbox2.charger.introduce("Maker", "Box", "")
    wallbox2.charger.use(_quirks(kind="Relative"))
    await _set(wallbox2, 10_000)
    await wallbox2.charger.connector(1).limit.again()
    first, second = _profiles(wallbox2)
    assert first == second
