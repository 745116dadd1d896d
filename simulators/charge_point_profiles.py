"""The charging profiles a simulated wallbox has been given, and what they allow."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from .car import VOLTAGE_V

MAXIMUM = "ChargePointMaxProfile"
DEFAULT = "TxDefaultProfile"
TRANSACTION = "TxProfile"
ALL_PHASES = 3
_RECURRENCE = {"Daily": timedelta(days=1), "Weekly": timedelta(weeks=1)}


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """Profiles that a wallbox refuses, or accepts and forgets; None fits all."""

    ignores: bool = False
    unit: str | None = None
    phases: bool | None = None
    """Whether a number of phases is given."""
    purpose: str | None = None
    kind: str | None = None
    level: int | None = None

    def fits(self, profile: Mapping[str, Any]) -> bool:
        """Say whether it is about a profile."""
        schedule = profile["charging_schedule"]
        (period, *_) = schedule["charging_schedule_period"]
        found = (
            (self.unit, schedule["charging_rate_unit"]),
            (self.phases, "number_phases" in period),
            (self.purpose, profile["charging_profile_purpose"]),
            (self.kind, profile["charging_profile_kind"]),
            (self.level, profile["stack_level"]),
        )
        return all(rule in (None, said) for rule, said in found)


@dataclass(frozen=True, slots=True)
class Kept:
    """A profile, in the words of the `ocpp` library, and when and for what it came."""

    connector: int
    profile: Mapping[str, Any]
    came: datetime

    @property
    def purpose(self) -> str:
        """What it limits: the wallbox, any transaction or one transaction."""
        return str(self.profile["charging_profile_purpose"])

    @property
    def rank(self) -> tuple[int, int]:
        """Who goes first: the higher stack level, then the connector's own."""
        return self.profile["stack_level"], self.connector

    def period(self, now: datetime, began: datetime | None) -> Mapping[str, Any] | None:
        """Return what of its schedule acts now; None where it says nothing."""
        start, end = (
            datetime.fromisoformat(self.profile[key]) if key in self.profile else None
            for key in ("valid_from", "valid_to")
        )
        if (start and now < start) or (end and now >= end):
            return None
        schedule = self.profile["charging_schedule"]
        elapsed = now - self._start(schedule, now, began)
        if recurrence := _RECURRENCE.get(self.profile.get("recurrency_kind", "")):
            elapsed %= recurrence
        seconds = elapsed.total_seconds()
        if seconds >= schedule.get("duration", float("inf")):
            return None
        acts: Mapping[str, Any] | None = None
        for period in schedule["charging_schedule_period"]:
            if period["start_period"] <= seconds:
                acts = period
        return acts

    def limit_a(self, period: Mapping[str, Any], phases: int) -> float:
        """Say what a period allows, A per phase."""
        # The library reads figures with a point as decimals.
        limit = float(period["limit"])
        in_watts = self.profile["charging_schedule"]["charging_rate_unit"] == "W"
        return limit / (VOLTAGE_V * phases) if in_watts else limit

    def _start(
        self, schedule: Mapping[str, Any], now: datetime, began: datetime | None
    ) -> datetime:
        if self.profile["charging_profile_kind"] == "Relative":
            return began or now
        if "start_schedule" in schedule:
            return datetime.fromisoformat(schedule["start_schedule"])
        return self.came


def of_another(limit_a: float, purpose: str = DEFAULT) -> dict[str, Any]:
    """Return a profile as another system leaves it behind, above those of most."""
    return {
        "charging_profile_id": 77,
        "id": 77,
        "stack_level": 8,
        "charging_profile_purpose": purpose,
        "charging_profile_kind": "Relative",
        "charging_schedule": {
            "id": 77,
            "charging_rate_unit": "A",
            "charging_schedule_period": [{"start_period": 0, "limit": limit_a}],
        },
    }


class Profiles:
    """All profiles of a wallbox with one connector."""

    def __init__(self) -> None:
        """Start without any."""
        self.kept: list[Kept] = []
        self.rules: tuple[Rule, ...] = ()
        """What is done with some, before all else."""

    def refuses(self, profile: Mapping[str, Any]) -> bool:
        """Say whether a rule keeps a profile out."""
        return any(not rule.ignores and rule.fits(profile) for rule in self.rules)

    def put(self, connector: int, profile: Mapping[str, Any], now: datetime) -> None:
        """Keep a profile in the place of one of its number, or of its rank."""
        if any(rule.ignores and rule.fits(profile) for rule in self.rules):
            return
        new = Kept(connector, profile, now)
        self.kept = [*self._beside(new), new]

    def has_room(self, new: Kept, most: int, of_a_purpose: int) -> bool:
        """Say whether one more may be kept, in all and of its purpose."""
        beside = self._beside(new)
        alike = [
            old
            for old in beside
            if (old.purpose, old.connector) == (new.purpose, new.connector)
        ]
        return len(beside) < most and len(alike) < of_a_purpose

    def _beside(self, new: Kept) -> list[Kept]:
        """Return what stays when a profile comes."""
        number = new.profile["charging_profile_id"]
        return [
            old
            for old in self.kept
            if old.profile["charging_profile_id"] != number
            and (old.purpose, old.rank) != (new.purpose, new.rank)
        ]

    def clear(
        self,
        number: int | None = None,
        connector: int | None = None,
        purpose: str | None = None,
        stack: int | None = None,
    ) -> bool:
        """Forget the profiles that fit everything given; say whether there were any."""

        def fits(kept: Kept) -> bool:
            if number is not None:
                return bool(kept.profile["charging_profile_id"] == number)
            return (
                connector in (None, kept.connector)
                and purpose in (None, kept.purpose)
                and stack in (None, kept.profile["stack_level"])
            )

        before = len(self.kept)
        self.kept = [kept for kept in self.kept if not fits(kept)]
        return len(self.kept) < before

    def limit_a(self, now: datetime, began: datetime | None, phases: int) -> float:
        """Say what they all allow now, A per phase; infinity without a limit."""
        limits = {
            purpose: kept.limit_a(period, phases)
            for purpose, (kept, period) in self._acting(now, began).items()
        }
        # A transaction's own profile stands before the default for all.
        own = limits.get(TRANSACTION, limits.get(DEFAULT, float("inf")))
        return min(own, limits.get(MAXIMUM, float("inf")))

    def phases(self, now: datetime, began: datetime | None) -> int:
        """Say on how many phases a car may charge now."""
        acting = self._acting(now, began)
        own = acting.get(TRANSACTION) or acting.get(DEFAULT)
        return ALL_PHASES if own is None else own[1].get("number_phases", ALL_PHASES)

    def _acting(
        self, now: datetime, began: datetime | None
    ) -> dict[str, tuple[Kept, Mapping[str, Any]]]:
        """Return the first of each purpose that says something now, and its period."""
        acting: dict[str, tuple[Kept, Mapping[str, Any]]] = {}
        for kept in sorted(self.kept, key=lambda kept: kept.rank):
            if (period := kept.period(now, began)) is not None:
                acting[kept.purpose] = kept, period
        return acting
