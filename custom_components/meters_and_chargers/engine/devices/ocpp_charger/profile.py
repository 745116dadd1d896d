"""The charging profile that carries a limit, and the forms wallboxes accept it in."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from ...protocols.ocpp.types import Json, Payload
from .reading import MAX_CONNECTOR, integer, text

VOLTS = 230
PURPOSE = "TxDefaultProfile"
_ALL_PHASES = 3
_STARTED_S = 60
"""How long ago the schedule starts: a wallbox's clock may be behind."""

LASTS_S = 120
"""How long a limit above a fallback acts from now on."""

_AMPERE = "A"
_WATT = "W"

type Configuration = Mapping[str, str | None]


@dataclass(frozen=True, slots=True)
class Form:
    """One way to put a limit."""

    unit: str
    stack_level: int
    lasts_s: int | None = None
    """How long it acts from now on; None for good."""
    is_fallback: bool = False

    @property
    def fallback(self) -> Form:
        """The form of what acts when a limit in this one has ended."""
        below = self.stack_level - 1
        return replace(self, stack_level=below, lasts_s=None, is_fallback=True)

    @property
    def lasting(self) -> Form:
        """The same for good."""
        return replace(self, lasts_s=None)


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


def obstacle(configuration: Configuration) -> str:
    """Return the key that leaves no room for two profiles, with its value, or nothing.

    The standard counts levels from 0, and profiles from 1.
    """
    least = {"ChargeProfileMaxStackLevel": 1, "MaxChargingProfilesInstalled": 2}
    for key, wanted in least.items():
        found = integer(configuration.get(key))
        if found is not None and found < wanted:
            return f"{key} {found}"
    return ""


def guarded_forms(configuration: Configuration) -> tuple[Form, ...]:
    """Return what to try above a fallback, in this order: high up, then low down."""
    highest = integer(configuration.get("ChargeProfileMaxStackLevel")) or 1
    levels = (highest, 1) if highest > 1 else (1,)
    return tuple(
        Form(unit, level, lasts_s=LASTS_S)
        for unit in _units(configuration)
        for level in levels
    )


def fallback_number(connector: int) -> int:
    """Return what the fallback of a connector is called; a limit has its number."""
    return MAX_CONNECTOR + 1 + connector


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

    A limit has one decimal, and is rounded down so that it holds. A duration counts
    from the start of the schedule, which lies in the past; when it is
    over, the next lower level acts (OCPP 1.6, 3.13).
    """
    period: dict[str, Json] = {"startPeriod": 0}
    if form.unit == _AMPERE:
        period["limit"] = limit_ma // 100 / 10
    else:
        # The power is that of all phases together: three unless it is said.
        period["limit"] = limit_ma * VOLTS * phases // 100 / 10
        if phases != _ALL_PHASES:
            period["numberPhases"] = phases
    schedule: dict[str, Json] = {
        "startSchedule": zulu(now - timedelta(seconds=_STARTED_S)),
        "chargingRateUnit": form.unit,
        "chargingSchedulePeriod": [period],
    }
    if form.lasts_s is not None:
        schedule["duration"] = _STARTED_S + form.lasts_s
    number = fallback_number(connector) if form.is_fallback else connector
    return {
        "connectorId": connector,
        "csChargingProfiles": {
            "chargingProfileId": number,
            "stackLevel": form.stack_level,
            "chargingProfilePurpose": PURPOSE,
            "chargingProfileKind": "Absolute",
            "chargingSchedule": schedule,
        },
    }


def zulu(time: datetime) -> str:
    """Write a time as every wallbox reads it."""
    return time.strftime("%Y-%m-%dT%H:%M:%SZ")
