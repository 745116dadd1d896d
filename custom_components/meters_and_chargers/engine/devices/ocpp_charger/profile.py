"""The charging profile that carries a limit, and the forms wallboxes accept it in."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from ...protocols.ocpp.types import Json, Payload
from .reading import integer, text

VOLTS = 230
PURPOSE = "TxDefaultProfile"
_ALL_PHASES = 3
_STARTED_S = 60
"""How long ago the schedule starts: a wallbox's clock may be behind."""

_AMPERE = "A"
_WATT = "W"

type Configuration = Mapping[str, str | None]


@dataclass(frozen=True, slots=True)
class Form:
    """One way to put a limit."""

    unit: str
    stack_level: int


def forms(configuration: Configuration) -> tuple[Form, ...]:
    """Return what to try, in this order.

    Of equal profiles the highest level counts, also above what an app or another
    central system left behind; some wallboxes take level 0 only.
    """
    highest = integer(configuration.get("ChargeProfileMaxStackLevel")) or 0
    levels = (highest, 0) if highest > 0 else (0,)
    return tuple(
        Form(unit, level) for unit in _units(configuration) for level in levels
    )


def _units(configuration: Configuration) -> Iterator[str]:
    allowed = text(configuration.get("ChargingScheduleAllowedChargingRateUnit"))
    words = {word.strip().lower() for word in allowed.split(",")}
    current = bool(words & {"current", "a"})
    power = bool(words & {"power", "w"})
    if current or not power:
        yield _AMPERE
    if power or not current:
        yield _WATT


def charging_profile(
    connector: int, limit_ma: int, form: Form, phases: int, now: datetime
) -> Payload:
    """Return a default for all transactions of a connector; it acts on a running one.

    A limit has one decimal, and is rounded down so that it holds.
    """
    period: dict[str, Json] = {"startPeriod": 0}
    if form.unit == _AMPERE:
        period["limit"] = limit_ma // 100 / 10
    else:
        # The power is that of all phases together: three unless it is said.
        period["limit"] = limit_ma * VOLTS * phases // 100 / 10
        if phases != _ALL_PHASES:
            period["numberPhases"] = phases
    return {
        "connectorId": connector,
        "csChargingProfiles": {
            "chargingProfileId": connector,
            "stackLevel": form.stack_level,
            "chargingProfilePurpose": PURPOSE,
            "chargingProfileKind": "Absolute",
            "chargingSchedule": {
                "startSchedule": zulu(now - timedelta(seconds=_STARTED_S)),
                "chargingRateUnit": form.unit,
                "chargingSchedulePeriod": [period],
            },
        },
    }


def zulu(time: datetime) -> str:
    """Write a time as every wallbox reads it."""
    return time.strftime("%Y-%m-%dT%H:%M:%SZ")
