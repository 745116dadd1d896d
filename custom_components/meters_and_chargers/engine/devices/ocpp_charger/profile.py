"""The charging profile that carries a limit, and the forms wallboxes accept it in."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import override

from ...protocols.ocpp.types import Json, Payload
from .reading import MAX_CONNECTOR

VOLTS = 230
PURPOSE = "TxDefaultProfile"
TRANSACTION = "TxProfile"
MAXIMUM = "ChargePointMaxProfile"
ABSOLUTE, RELATIVE = "Absolute", "Relative"
ALL_PHASES = 3
_STARTED_S = 120
"""How long ago the schedule starts: a wallbox's clock may be behind."""

_OF_TRANSACTION, _AGAIN = 2, 3
"""Which hundreds the numbers of profiles begin with."""

LASTS_S = 120
"""How long a limit above a fallback acts from now on."""

AMPERE = "A"
WATT = "W"

type Configuration = Mapping[str, str | None]


@dataclass(frozen=True, slots=True)
class Form:
    """One way to put a limit."""

    unit: str
    stack_level: int
    lasts_s: int | None = None
    """How long it acts from now on; None for good."""
    is_fallback: bool = False
    kind: str = ABSOLUTE
    purpose: str = PURPOSE
    says_phases: bool | None = None
    """Whether it names its number of phases; None for only where that is needed."""

    @override
    def __str__(self) -> str:
        """Return its words, as they stand in a charging profile."""
        says = {None: "", True: ", numberPhases", False: ", no numberPhases"}
        return (
            f"{self.purpose}, {self.kind}, {self.unit}, stackLevel {self.stack_level}"
            f"{says[self.says_phases]}"
        )

    def says(self, phases: int) -> bool:
        """Say whether it names its number of phases."""
        if self.says_phases is not None:
            return self.says_phases
        # The power is that of all phases together: three unless it is said.
        return self.unit == WATT and phases != ALL_PHASES

    @property
    def fallback(self) -> Form:
        """The form of what acts when a limit in this one has ended."""
        return replace(
            self.outside,
            stack_level=self.stack_level - 1,
            lasts_s=None,
            is_fallback=True,
        )

    @property
    def outside(self) -> Form:
        """The same where no transaction runs."""
        return replace(self, purpose=PURPOSE) if self.purpose == TRANSACTION else self

    @property
    def bare(self) -> Form:
        """The same for good: what a wallbox takes, or not."""
        return replace(self, lasts_s=None, is_fallback=False)

    @property
    def lasting(self) -> Form:
        """The same for good."""
        return replace(self, lasts_s=None)


def fallback_number(connector: int) -> int:
    """Return what the fallback of a connector is called; a limit has its number."""
    return _numbers(1) + connector


def _numbers(times: int) -> int:
    """Return where the numbers of another use begin."""
    return times * (MAX_CONNECTOR + 1)


def charging_profile(  # what a profile says
    connector: int,
    limit_ma: int,
    form: Form,
    phases: int,
    now: datetime,
    transaction: int | None = None,
    *,
    again: bool = False,
) -> Payload:
    """Return the limit of a connector; a default acts on a running transaction, too.

    A limit has one decimal, and is rounded down so that it holds. A duration counts
    from the start of the schedule, which lies in the past; when it is
    over, the next lower level acts (OCPP 1.6, 3.13). ``again`` gives it another
    number: some wallboxes ignore what is the same to the letter.
    """
    period: dict[str, Json] = {"startPeriod": 0}
    if form.unit == AMPERE:
        period["limit"] = limit_ma // 100 / 10
    else:
        period["limit"] = limit_ma * VOLTS * phases // 100 / 10
    if form.says(phases):
        period["numberPhases"] = phases
    schedule: dict[str, Json] = {
        "chargingRateUnit": form.unit,
        "chargingSchedulePeriod": [period],
    }
    if form.kind == ABSOLUTE:
        schedule["startSchedule"] = zulu(now - timedelta(seconds=_STARTED_S))
    if form.lasts_s is not None:
        schedule["duration"] = _STARTED_S + form.lasts_s
    profile: dict[str, Json] = {
        "chargingProfileId": _number(connector, form, again=again),
        "stackLevel": form.stack_level,
        "chargingProfilePurpose": form.purpose,
        "chargingProfileKind": form.kind,
        "chargingSchedule": schedule,
    }
    if form.purpose == TRANSACTION and transaction is not None and transaction > 0:
        profile["transactionId"] = transaction
    return {
        "connectorId": 0 if form.purpose == MAXIMUM else connector,
        "csChargingProfiles": profile,
    }


def _number(connector: int, form: Form, *, again: bool) -> int:
    if form.is_fallback:
        return fallback_number(connector)
    # One of a transaction must not replace what holds for the others.
    use = (_OF_TRANSACTION if form.purpose == TRANSACTION else 0) + (
        _AGAIN if again else 0
    )
    return _numbers(use) + connector


def is_of_transaction(number: int) -> bool:
    """Say whether a profile of ours with this number is for one transaction alone."""
    return number // _numbers(1) % _AGAIN == _OF_TRANSACTION


def carries_limit(number: int, connector: int) -> bool:
    """Say whether a profile of ours is a limit of a connector, not its fallback."""
    of = number % _numbers(1)
    return of == connector and number != fallback_number(connector)


def zulu(time: datetime) -> str:
    """Write a time as every wallbox reads it."""
    return time.strftime("%Y-%m-%dT%H:%M:%SZ")
