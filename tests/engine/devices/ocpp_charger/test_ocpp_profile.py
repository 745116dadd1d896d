"""The forms in which a limit is put."""

from typing import Any

from ocpp_fakes import Wallbox
import pytest

from custom_components.meters_and_chargers.engine.devices.ocpp_charger.ladder import (
    forms,
)
from custom_components.meters_and_chargers.engine.devices.ocpp_charger.profile import (
    Form,
    charging_profile,
)
from custom_components.meters_and_chargers.engine.model import Refused, Unsupported
from custom_components.meters_and_chargers.engine.protocols.ocpp import CallError
from custom_components.meters_and_chargers.engine.protocols.ocpp.strict import check

REJECTED = {"status": "Rejected"}


def _configure(wallbox: Wallbox, **keys: str) -> None:
    listed = [{"key": key, "value": value} for key, value in keys.items()]
    wallbox.link.reply("GetConfiguration", {"configurationKey": listed})


@pytest.mark.parametrize(
    ("keys", "tried"),
    [
        ({}, [("A", 0), ("W", 0)]),
        ({"ChargingScheduleAllowedChargingRateUnit": "Current"}, [("A", 0)]),
        ({"ChargingScheduleAllowedChargingRateUnit": "Power"}, [("W", 0)]),
        ({"ChargingScheduleAllowedChargingRateUnit": "W"}, [("W", 0)]),
        (
            {"ChargingScheduleAllowedChargingRateUnit": "Current, Power"},
            [("A", 0), ("W", 0)],
        ),
        (
            {
                "ChargeProfileMaxStackLevel": "8",
                "ChargingScheduleAllowedChargingRateUnit": "A",
            },
            [("A", 8), ("A", 0)],
        ),
    ],
)
async def test_forms(
    wallbox: Wallbox, keys: dict[str, str], tried: list[tuple[str, int]]
) -> None:
    """All forms a wallbox may take are tried before it has refused.

    The usual ones first, then each unit in other words; later one at a time.
    """
    found = [(form.unit, form.stack_level) for form in forms(keys)]
    assert found[: len(tried)] == tried
    _configure(wallbox, **keys)
    wallbox.link.reply("SetChargingProfile", *[REJECTED] * 20)
    with pytest.raises(Refused, match="SetChargingProfile: rejected"):
        await wallbox.charger.set_limit(1, 10_000)
    profiles: Any = [
        payload["csChargingProfiles"]
        for payload in wallbox.link.sent("SetChargingProfile")
    ]
    units = list(dict.fromkeys(unit for unit, _ in tried))
    highest = tried[0][1]
    assert [_shape(profile) for profile in profiles] == [
        *((unit, level, "Absolute", False) for unit, level in tried),
        *(
            (unit, highest, kind, says)
            for unit in units
            for kind, says in (("Absolute", True), ("Relative", False))
        ),
    ]
    assert wallbox.charger.connector(1).limit_ma is None
    trouble = wallbox.charger.limits.trouble
    assert trouble.count("; ") == len(profiles) - 1
    assert trouble.startswith(f"TxDefaultProfile, Absolute, {units[0]}, stackLevel ")
    for _ in range(3):
        wallbox.clock.advance(20)
        with pytest.raises(Refused):
            await wallbox.charger.set_limit(1, 10_000)
    assert len(wallbox.link.limits) == len(profiles) + 3
    wallbox.link.replies.clear()
    wallbox.clock.advance(20)
    await wallbox.charger.set_limit(1, 10_000)
    assert wallbox.charger.limits.trouble == ""


def _shape(profile: Any) -> tuple[str, int, str, bool]:
    schedule = profile["chargingSchedule"]
    (period,) = schedule["chargingSchedulePeriod"]
    kind = profile["chargingProfileKind"]
    assert ("startSchedule" in schedule) is (kind == "Absolute")
    return (
        schedule["chargingRateUnit"],
        profile["stackLevel"],
        kind,
        "numberPhases" in period,
    )


async def test_the_form_that_was_accepted_stays(wallbox: Wallbox) -> None:
    """A wallbox that takes watts is not offered amperes again."""
    wallbox.link.reply("SetChargingProfile", REJECTED)
    await wallbox.charger.set_limit(1, 10_000)
    await wallbox.charger.set_limit(1, 0)
    assert wallbox.link.limits == [(1, 10), (1, 6900), (1, 0)]
    wallbox.clock.advance(20)
    wallbox.link.reply("SetChargingProfile", REJECTED)
    with pytest.raises(Refused):
        await wallbox.charger.set_limit(1, 8_000)
    assert wallbox.charger.connector(1).limit_ma == 0
    assert len(wallbox.link.limits) == 4


async def test_no_smart_charging(wallbox: Wallbox) -> None:
    """A wallbox that has no profiles is asked once."""
    wallbox.link.reply("SetChargingProfile", CallError("NotImplemented"))
    with pytest.raises(Unsupported):
        await wallbox.charger.set_limit(1, 10_000)
    assert len(wallbox.link.limits) == 1


@pytest.mark.parametrize(
    ("unit", "phases", "value_ma", "period"),
    [
        ("A", 3, 6_000, {"limit": 6.0}),
        ("A", 1, 6_190, {"limit": 6.1}),
        ("W", 3, 6_000, {"limit": 4140.0}),
        ("W", 1, 6_100, {"limit": 1403.0, "numberPhases": 1}),
        ("W", 3, 0, {"limit": 0.0}),
    ],
)
async def test_figures(
    wallbox: Wallbox, unit: str, phases: int, value_ma: int, period: dict[str, float]
) -> None:
    """One decimal, rounded down; watts are those of all phases."""
    payload = charging_profile(1, value_ma, Form(unit, 0), phases, wallbox.clock.now())
    check("SetChargingProfile", payload)
    schedule = payload["csChargingProfiles"]["chargingSchedule"]  # type: ignore[call-overload, index]  # JSON
    assert schedule["chargingSchedulePeriod"] == [{"startPeriod": 0, **period}]


def test_every_figure_fits_the_schema(wallbox: Wallbox) -> None:
    """No limit breaks the rule of one decimal, and none is above what was wanted."""
    for value_ma in range(0, 32_100, 100):
        for unit in ("A", "W"):
            payload: Any = charging_profile(
                1, value_ma, Form(unit, 0), 3, wallbox.clock.now()
            )
            check("SetChargingProfile", payload)
            profile = payload["csChargingProfiles"]["chargingSchedule"]
            limit = profile["chargingSchedulePeriod"][0]["limit"]
            wanted = value_ma / 1000 * (1 if unit == "A" else 690)
            assert wanted - 0.1 < limit <= wanted + 1e-9
