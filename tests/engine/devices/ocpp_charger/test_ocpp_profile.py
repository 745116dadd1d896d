"""The forms in which a limit is put."""

from typing import Any

from ocpp_fakes import Wallbox
import pytest

from custom_components.meters_and_chargers.engine.devices.ocpp_charger.profile import (
    Form,
    charging_profile,
    forms,
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
    """All forms a wallbox may take are tried before it has refused."""
    assert [(form.unit, form.stack_level) for form in forms(keys)] == tried
    _configure(wallbox, **keys)
    wallbox.link.reply("SetChargingProfile", *[REJECTED] * len(tried))
    with pytest.raises(Refused, match="SetChargingProfile: rejected"):
        await wallbox.charger.set_limit(1, 10_000)
    profiles = [
        payload["csChargingProfiles"]
        for payload in wallbox.link.sent("SetChargingProfile")
    ]
    assert [
        (profile["chargingSchedule"]["chargingRateUnit"], profile["stackLevel"])
        for profile in profiles
    ] == tried
    assert wallbox.charger.connector(1).limit_ma is None


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
