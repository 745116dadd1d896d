"""Charging profiles of any kind, second by second beside a plain evaluator."""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from fractions import Fraction
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from custom_components.meters_and_chargers.engine.gateway.profiles import Profiles
from custom_components.meters_and_chargers.engine.gateway.schedule import Unusable

BEGIN = datetime(2026, 6, 1, tzinfo=UTC)
LENGTH_S = 240
VOLTS = 230
CAP_MA = 32_000
RESTARTS = {"Daily": timedelta(days=1), "Weekly": timedelta(days=7)}

type Sent = tuple[int, int, dict[str, Any]]
"""The connector, the second in which it came, and the profile."""


def stamp(seconds: int) -> str:
    """Return a time as a backend may write it: not always in UTC."""
    zone = UTC if seconds % 2 else None
    time = BEGIN + timedelta(seconds=seconds)
    return time.isoformat() if zone else time.strftime("%Y-%m-%dT%H:%M:%SZ")


near = st.integers(-2 * LENGTH_S, 2 * LENGTH_S)
"""Around the beginning of what is looked at."""


@st.composite
def sent(draw: st.DrawFn, now: int, connectors: int) -> Sent:
    """Make any profile that acts, or almost acts, around now."""
    purpose = draw(
        st.sampled_from(["ChargePointMaxProfile", "TxDefaultProfile", "TxProfile"])
    )
    kind = draw(st.sampled_from(["Absolute", "Recurring", "Relative"]))
    unit = draw(st.sampled_from("AW"))
    tenths = st.integers(0, 320 if unit == "A" else 220_000)
    starts = sorted(draw(st.sets(st.integers(1, LENGTH_S), max_size=3)) | {0})
    periods = []
    for start in starts:
        period = {"startPeriod": start, "limit": draw(tenths) / 10}
        if (phases := draw(st.sampled_from([None, 1, 2, 3]))) is not None:
            period["numberPhases"] = phases
        periods.append(period)
    schedule: dict[str, Any] = {
        "chargingRateUnit": unit,
        "chargingSchedulePeriod": periods,
    }
    profile: dict[str, Any] = {
        "chargingProfileId": draw(st.integers(1, 8)),
        "stackLevel": draw(st.integers(0, 3)),
        "chargingProfilePurpose": purpose,
        "chargingProfileKind": kind,
        "chargingSchedule": schedule,
    }
    if kind == "Recurring":
        profile["recurrencyKind"] = draw(st.sampled_from(sorted(RESTARTS)))
        back = draw(st.integers(0, 2)) * RESTARTS[profile["recurrencyKind"]]
        start = now + draw(near) - int(back.total_seconds())
        schedule["startSchedule"] = stamp(start)
    elif draw(st.booleans()):
        schedule["startSchedule"] = stamp(now + draw(near))
    if draw(st.booleans()):
        schedule["duration"] = draw(st.integers(0, LENGTH_S))
    for bound in ("validFrom", "validTo"):
        if draw(st.integers(0, 3)) == 0:
            profile[bound] = stamp(now + draw(near))
    lowest = 1 if purpose == "TxProfile" else 0
    highest = 0 if purpose == "ChargePointMaxProfile" else connectors
    return draw(st.integers(lowest, highest)), now - draw(st.integers(0, 99)), profile


@st.composite
def house(draw: st.DrawFn) -> tuple[int, int, dict[int, int], list[Sent]]:
    """Make now, the phases there are, who charges since when, and what was sent."""
    now = draw(st.sampled_from([0, 86_300, 604_700]))
    connectors = draw(st.integers(1, 2))
    running = {
        number: now - draw(st.integers(0, LENGTH_S))
        for number in range(1, connectors + 1)
        if draw(st.booleans())
    }
    listed = draw(st.lists(sent(now, connectors), max_size=7))
    return (
        now,
        draw(st.sampled_from([1, 3])),
        dict.fromkeys(range(1, connectors + 1), -1) | running,
        listed,
    )


def parse(text: str) -> datetime:
    """Read a time."""
    return datetime.fromisoformat(text)


class Plain:
    """Looks at one second at a time, with datetimes and fractions."""

    def __init__(self, now: int, phases: int, running: Mapping[int, int]) -> None:
        """Keep a list, in the order in which things came."""
        self.now = BEGIN + timedelta(seconds=now)
        self.phases = phases
        self.running = {
            number: BEGIN + timedelta(seconds=began)
            for number, began in running.items()
            if began != -1
        }
        self.kept: list[tuple[int, datetime, dict[str, Any]]] = []

    def send(self, connector: int, came: int, profile: dict[str, Any]) -> bool:
        """Take a profile, in the place of those that it replaces."""
        purpose = profile["chargingProfilePurpose"]
        if purpose == "TxProfile" and connector not in self.running:
            return False
        for old in list(self.kept):
            same = all(
                old[2][key] == profile[key]
                for key in ("stackLevel", "chargingProfilePurpose")
            )
            if (same and old[0] == connector) or (
                old[2]["chargingProfileId"] == profile["chargingProfileId"]
            ):
                self.kept.remove(old)
        self.kept.append((connector, BEGIN + timedelta(seconds=came), profile))
        return True

    def start(
        self, connector: int, came: datetime, profile: dict[str, Any]
    ) -> datetime:
        """Find when a schedule began for the first time."""
        schedule = profile["chargingSchedule"]
        if profile["chargingProfileKind"] != "Relative" and "startSchedule" in schedule:
            return parse(schedule["startSchedule"])
        if profile["chargingProfilePurpose"] == "ChargePointMaxProfile":
            return came
        return self.running.get(connector, self.now)

    def period(
        self, connector: int, came: datetime, profile: dict[str, Any], at: datetime
    ) -> dict[str, Any] | None:
        """Find the period of a second by walking through the schedule."""
        if "validFrom" in profile and at < parse(profile["validFrom"]):
            return None
        if "validTo" in profile and not at < parse(profile["validTo"]):
            return None
        schedule = profile["chargingSchedule"]
        start = self.start(connector, came, profile)
        if profile["chargingProfileKind"] == "Recurring":
            while start + RESTARTS[profile["recurrencyKind"]] <= at:
                start += RESTARTS[profile["recurrencyKind"]]
        if at < start:
            return None
        end = schedule.get("duration")
        if end is not None and at >= start + timedelta(seconds=end):
            return None
        found = None
        for period in schedule["chargingSchedulePeriod"]:
            if start + timedelta(seconds=period["startPeriod"]) <= at:
                found = {**period, "unit": schedule["chargingRateUnit"]}
        return found

    def of(self, purpose: str, connector: int, at: datetime) -> dict[str, Any] | None:
        """Return what one purpose says: the highest level, own before common."""
        best, found = (-1, -1), None
        for where, came, profile in self.kept:
            if profile["chargingProfilePurpose"] != purpose or where not in (
                0,
                connector,
            ):
                continue
            period = self.period(connector, came, profile, at)
            if period is not None and (profile["stackLevel"], where) > best:
                best, found = (profile["stackLevel"], where), period
        return found

    def limit(self, connector: int, at: datetime) -> tuple[Fraction, int]:
        """Return A of each phase and the number of phases in one second."""
        own = self.of("TxProfile", connector, at)
        own = own or self.of("TxDefaultProfile", connector, at)
        whole = self.of("ChargePointMaxProfile", connector, at)
        sharers = len(set(self.running) | {connector})
        parts = [
            (period, among) for period, among in ((own, 1), (whole, sharers)) if period
        ]
        phases = min(
            [self.phases, *(period.get("numberPhases", 3) for period, _ in parts)]
        )
        amps = [Fraction(CAP_MA, 1000)]
        for period, among in parts:
            limit = Fraction(str(period["limit"])) / among
            amps.append(limit if period["unit"] == "A" else limit / VOLTS / phases)
        return min(amps), phases


@settings(max_examples=300, deadline=None)
@given(house())
def test_every_second_is_as_a_plain_evaluator_says(
    house: tuple[int, int, dict[int, int], list[Sent]],
) -> None:
    """What is merged at once holds in each second, and what is refused is the same."""
    now, phases, running, listed = house
    plain = Plain(now, phases, running)
    profiles = Profiles(len(running), phases=phases, volts=VOLTS)
    epoch = int(BEGIN.timestamp())
    for number, began in running.items():
        if began != -1:
            profiles.begin(number, epoch + began, number)
    for connector, came, profile in listed:
        taken = True
        try:
            profiles.put(connector, profile, epoch + came)
        except Unusable:
            taken = False
        assert plain.send(connector, came, profile) == taken
    caps = dict.fromkeys(running, CAP_MA)
    for connector in running:
        slices = list(profiles.schedule(connector, epoch + now, LENGTH_S, caps))
        for second in range(LENGTH_S):
            if len(slices) > 1 and slices[1].start_s <= second:
                slices.pop(0)
            amps, on = plain.limit(connector, plain.now + timedelta(seconds=second))
            allowed = slices[0].allowed
            assert (allowed.current(VOLTS), allowed.phases) == (int(amps * 1000), on)


@settings(max_examples=200, deadline=None)
@given(house())
def test_nothing_changes_before_it_was_announced(
    house: tuple[int, int, dict[int, int], list[Sent]],
) -> None:
    """Until the announced second the limit of each connector is what it is now."""
    now, phases, running, listed = house
    profiles = Profiles(len(running), phases=phases, volts=VOLTS)
    epoch = int(BEGIN.timestamp())
    for number in running:  # all charge: nothing then depends on a plan
        profiles.begin(number, epoch + now - 7)
    for connector, came, profile in listed:
        profiles.put(connector, profile, epoch + came)
    at = epoch + now
    change = profiles.next_change(at)
    until = at + LENGTH_S if change is None else min(change, at + LENGTH_S)
    for connector in running:
        first = profiles.allowed(connector, at)
        for second in range(at, until):
            assert profiles.allowed(connector, second) == first
