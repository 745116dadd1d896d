"""One charging profile of a backend: what it says at a time.

OCPP 1.6 edition 2, sections 3.13, 5.16 and 7.8 to 7.14, with errata sheet v4. Times are
whole seconds since 1970; limits are thousandths of the profile's own unit: mA of each
phase, or mW of all phases together.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum
from itertools import pairwise

from ..protocols.ocpp.scalars import integer, moment, number, text
from ..protocols.ocpp.types import Json, Payload

ALL_PHASES = 3
"""What a period that names no number of phases is for (7.14)."""
MAX_LEVEL = 20
MAX_PERIODS = 100

_DAY_S = 86_400
_MOST = 1_000_000
"""Of a limit; more than any wallbox has, in A or W."""


class Unusable(ValueError):
    """A charging profile that can't be kept; says what is wrong, without its values."""


class Purpose(StrEnum):
    """What a profile limits."""

    MAXIMUM = "ChargePointMaxProfile"
    DEFAULT = "TxDefaultProfile"
    TRANSACTION = "TxProfile"


class Kind(StrEnum):
    """When a schedule begins."""

    ABSOLUTE = "Absolute"
    RECURRING = "Recurring"
    RELATIVE = "Relative"


class RateUnit(StrEnum):
    """What the limits of a schedule are."""

    AMPERE = "A"
    WATT = "W"


RECURRENCES = {"Daily": _DAY_S, "Weekly": 7 * _DAY_S}


@dataclass(frozen=True, slots=True)
class Period:
    """A part of a schedule: from when on, how much, on how many phases."""

    start_s: int
    limit: int
    phases: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Profile:
    """A charging profile."""

    number: int
    level: int
    purpose: Purpose
    kind: Kind
    unit: RateUnit
    periods: tuple[Period, ...]
    """In the order of their time; the first starts at 0."""
    repeats_s: int | None = None
    valid_from_s: int | None = None
    valid_to_s: int | None = None
    start_s: int | None = None
    """None where it counts from the beginning of charging."""
    duration_s: int | None = None
    least: int = 0
    """Below it charging is inefficient; 0 for nothing said."""
    transaction: int | None = None
    """By the backend's number."""

    def period(self, at_s: int, began_s: int) -> Period | None:
        """Return what holds at a time; None where the profile says nothing.

        ``began_s`` is when charging began, for a schedule that counts from there.
        """
        if self.valid_from_s is not None and at_s < self.valid_from_s:
            return None
        if self.valid_to_s is not None and at_s >= self.valid_to_s:
            return None
        elapsed_s = at_s - self._begins(began_s)
        if elapsed_s < 0:
            return None
        if self.repeats_s is not None:
            elapsed_s %= self.repeats_s
        if self.duration_s is not None and elapsed_s >= self.duration_s:
            return None
        return next(one for one in reversed(self.periods) if one.start_s <= elapsed_s)

    def changes(self, from_s: int, to_s: int, began_s: int) -> Iterator[int]:
        """Yield the times from which on it may say something else, in any order."""
        for bound_s in (self.valid_from_s, self.valid_to_s):
            if bound_s is not None and from_s < bound_s < to_s:
                yield bound_s
        offsets = [one.start_s for one in self.periods]
        if self.duration_s is not None:
            offsets.append(self.duration_s)
        begin_s, repeats_s = self._begins(began_s), self.repeats_s
        if repeats_s is not None and begin_s < from_s:
            begin_s = from_s - (from_s - begin_s) % repeats_s
        while begin_s < to_s:
            for offset_s in offsets:
                beyond = repeats_s is not None and offset_s >= repeats_s
                if from_s < begin_s + offset_s < to_s and not beyond:
                    yield begin_s + offset_s
            if repeats_s is None:
                return
            begin_s += repeats_s

    def _begins(self, began_s: int) -> int:
        return began_s if self.start_s is None else self.start_s


def read(payload: Payload) -> Profile:
    """Read a profile as a backend sends it; raises `Unusable`."""
    schedule = payload.get("chargingSchedule")
    if not isinstance(schedule, dict):
        raise Unusable("no charging schedule")
    kind = _one_of(Kind, payload.get("chargingProfileKind"))
    start_s = None if kind is Kind.RELATIVE else _time(schedule.get("startSchedule"))
    profile = Profile(
        number=_whole(payload.get("chargingProfileId"), "number"),
        level=_whole(payload.get("stackLevel"), "stack level", MAX_LEVEL),
        purpose=_one_of(Purpose, payload.get("chargingProfilePurpose")),
        kind=kind,
        unit=_one_of(RateUnit, schedule.get("chargingRateUnit")),
        periods=_periods(schedule.get("chargingSchedulePeriod")),
        repeats_s=_repeats_s(kind, payload, start_s),
        valid_from_s=_time(payload.get("validFrom")),
        valid_to_s=_time(payload.get("validTo")),
        start_s=start_s,
        duration_s=_optional(schedule.get("duration")),
        least=_milli(schedule.get("minChargingRate") or 0),
        transaction=integer(payload.get("transactionId")),
    )
    if profile.transaction is not None and profile.purpose is not Purpose.TRANSACTION:
        raise Unusable("a transaction of a profile that is not for one")
    return profile


def _repeats_s(kind: Kind, payload: Payload, start_s: int | None) -> int | None:
    if kind is not Kind.RECURRING:
        return None
    repeats_s = RECURRENCES.get(text(payload.get("recurrencyKind")))
    if repeats_s is None or start_s is None:
        raise Unusable("a recurring profile without its recurrence or its start")
    return repeats_s


def _periods(value: Json) -> tuple[Period, ...]:
    listed = value if isinstance(value, list) else []
    if len(listed) > MAX_PERIODS:
        raise Unusable("too many periods")
    periods = tuple(_period(one) for one in listed)
    if not periods or periods[0].start_s != 0:
        raise Unusable("no period that starts at 0")
    if any(late.start_s <= early.start_s for early, late in pairwise(periods)):
        raise Unusable("periods out of order")
    return periods


def _period(value: Json) -> Period:
    if not isinstance(value, dict):
        raise Unusable("a period of another shape")
    phases = value.get("numberPhases")
    return Period(
        _whole(value.get("startPeriod"), "start of a period"),
        _milli(value.get("limit")),
        ALL_PHASES if phases is None else _phases(phases),
    )


def _phases(value: Json) -> int:
    phases = integer(value)
    if phases is None or not 1 <= phases <= ALL_PHASES:
        raise Unusable("a number of phases that does not exist")
    return phases


def _milli(value: Json) -> int:
    """Return thousandths; what is finer is left off, so that the limit holds."""
    limit = number(value)
    if limit is None or not 0 <= limit <= _MOST:
        raise Unusable("no usable limit")
    # 6.1 A in binary is 6099.999 mA.
    return int(round(limit * 1000, 3))


def _whole(value: Json, what: str, most: int = 2**31) -> int:
    whole = integer(value)
    if whole is None or not 0 <= whole <= most:
        raise Unusable(f"no usable {what}")
    return whole


def _optional(value: Json) -> int | None:
    return None if value is None else _whole(value, "duration")


def _time(value: Json) -> int | None:
    if value is None:
        return None
    if (time := moment(value)) is None:
        raise Unusable("a time that can't be read")
    return int(time.timestamp())


def _one_of[Word: StrEnum](kind: type[Word], value: Json) -> Word:
    try:
        return kind(text(value))
    except ValueError as err:
        raise Unusable(f"no known {kind.__name__.lower()}") from err
