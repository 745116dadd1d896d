"""A backend's charging profiles: what they allow together."""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import yaml

from custom_components.meters_and_chargers.engine.gateway.profiles import (
    MAX_PROFILES,
    Profiles,
)
from custom_components.meters_and_chargers.engine.gateway.schedule import Unusable

BEGIN = datetime(2026, 6, 1, tzinfo=UTC)
T0 = int(BEGIN.timestamp())
CASES = yaml.safe_load((Path(__file__).parent / "profiles.yaml").read_text())
HARDWARE_MA = 32_000


def time(seconds: int) -> str:
    """Return a time as a backend writes it."""
    return (BEGIN + timedelta(seconds=seconds)).isoformat().replace("+00:00", "Z")


def payload(words: Mapping[str, Any], number: int = 1) -> dict[str, Any]:
    """Return a profile as a backend sends it, of the few words of a case."""
    schedule: dict[str, Any] = {
        "chargingRateUnit": words.get("unit", "A"),
        "chargingSchedulePeriod": [
            dict(zip(("startPeriod", "limit", "numberPhases"), one, strict=False))
            for one in words["periods"]
        ],
    }
    if "start" in words:
        schedule["startSchedule"] = time(words["start"])
    if "duration" in words:
        schedule["duration"] = words["duration"]
    profile = {
        "chargingProfileId": words.get("number", number),
        "stackLevel": words.get("level", 0),
        "chargingProfilePurpose": words.get("purpose", "TxDefaultProfile"),
        "chargingProfileKind": words.get("kind", "Absolute"),
        "chargingSchedule": schedule,
    }
    if "recurs" in words:
        profile["recurrencyKind"] = words["recurs"]
    if "valid" in words:
        profile["validFrom"], profile["validTo"] = map(time, words["valid"])
    return profile


def story(case: Mapping[str, Any]) -> Profiles:
    """Return the store after all that a case tells."""
    profiles = Profiles(case.get("connectors", 1), phases=case.get("phases", 3))
    for connector, began in case.get("running", {}).items():
        profiles.begin(connector, T0 + began, connector)
    for number, words in enumerate(case["profiles"], 100):
        came = T0 + words.get("came", 0)
        profiles.put(words.get("connector", 1), payload(words, number), came)
    for connector in case.get("ended", ()):
        profiles.end(connector)
    return profiles


@pytest.mark.parametrize("case", CASES, ids=lambda case: case["rule"])
def test_a_rule_of_the_standard(case: Mapping[str, Any]) -> None:
    """Each rule gives what was worked out by hand, also after a restart."""
    profiles = story(case)
    caps = dict.fromkeys(
        range(1, case.get("connectors", 1) + 1), case.get("cap", HARDWARE_MA)
    )
    now = T0 + case.get("at", 0)
    again = story({**case, "profiles": []})
    again.load(profiles.dump())
    for store in (profiles, again):
        for connector, expected in case["expect"].items():
            found = store.schedule(connector, now, case.get("for", 3600), caps)
            assert [
                [one.start_s, one.allowed.current(), one.allowed.phases]
                for one in found
            ] == expected


def put(words: Mapping[str, Any], **changes: Any) -> None:
    """Put one profile, changed at its outermost, into an empty store."""
    profile = payload({"start": 0, "periods": [[0, 10]], **words}) | changes
    Profiles().put(words.get("connector", 1), profile, T0)


@pytest.mark.parametrize(
    ("words", "changes"),
    [
        ({"purpose": "ChargePointMaxProfile"}, {}),
        ({"purpose": "TxProfile"}, {}),
        ({"purpose": "TxProfile", "connector": 0}, {}),
        ({"connector": 2}, {}),
        ({"level": 21}, {}),
        ({"periods": []}, {}),
        ({"periods": [[1, 10]]}, {}),
        ({"periods": [[0, 10], [60, 9], [30, 8]]}, {}),
        ({"periods": [[0, -1]]}, {}),
        ({"periods": [[0, 10, 4]]}, {}),
        ({"periods": [[n, 10] for n in range(101)]}, {}),
        ({"kind": "Recurring"}, {}),
        ({"kind": "Recurring", "recurs": "Monthly"}, {}),
        ({"unit": "kW"}, {}),
        ({"duration": -1}, {}),
        ({}, {"validFrom": "soon"}),
        ({}, {"chargingProfilePurpose": "Secret"}),
        ({}, {"chargingSchedule": []}),
        ({}, {"chargingProfileId": None}),
        ({}, {"transactionId": 4}),
        ({}, {"chargingSchedule": {"chargingRateUnit": "A"}}),
        (
            {},
            {
                "chargingSchedule": {
                    "chargingRateUnit": "A",
                    "chargingSchedulePeriod": [7],
                }
            },
        ),
    ],
)
def test_what_can_not_be_kept_is_refused(
    words: Mapping[str, Any], changes: Mapping[str, Any]
) -> None:
    """What the standard forbids, or nobody can read, is not half kept."""
    put({}, stackLevel=20)
    with pytest.raises(Unusable):
        put(words, **changes)


def test_a_recurring_profile_needs_its_start() -> None:
    """Without a start nobody knows when a day begins."""
    words = {"kind": "Recurring", "recurs": "Daily", "periods": [[0, 10]]}
    with pytest.raises(Unusable):
        Profiles().put(1, payload(words), T0)


def test_a_profile_of_another_transaction_is_refused() -> None:
    """Only the transaction that runs may have one, by the backend's own number."""
    profiles = Profiles()
    profile = payload({"purpose": "TxProfile", "start": 0, "periods": [[0, 10]]})
    profiles.begin(1, T0)
    with pytest.raises(Unusable):
        profiles.put(1, profile | {"transactionId": 5}, T0)
    profiles.name(1, 5)
    profiles.name(2, 9)
    profiles.put(1, profile | {"transactionId": 5}, T0)
    with pytest.raises(Unusable):
        profiles.put(1, profile | {"transactionId": 6}, T0)


def test_there_is_room_for_so_many() -> None:
    """One more than the bound is refused, one that replaces is not."""
    profiles = Profiles(connectors=2)
    words = {"start": 0, "periods": [[0, 10]]}
    kinds = [
        (connector, purpose, level)
        for connector, purpose in (
            (0, "ChargePointMaxProfile"),
            (1, "TxDefaultProfile"),
            (2, "TxDefaultProfile"),
        )
        for level in range(20)
    ]
    for number, (connector, purpose, level) in enumerate(kinds[:MAX_PROFILES]):
        profiles.put(
            connector,
            payload({**words, "purpose": purpose, "level": level}, number),
            T0,
        )
    connector, purpose, level = kinds[MAX_PROFILES]
    one_more = payload({**words, "purpose": purpose, "level": level}, 99)
    with pytest.raises(Unusable):
        profiles.put(connector, one_more, T0)
    profiles.put(connector, {**one_more, "chargingProfileId": 0}, T0)


@pytest.mark.parametrize(
    ("request_", "left"),
    [
        ({}, set()),
        ({"id": 2}, {1, 3, 4}),
        ({"id": 2, "stackLevel": 0}, {1, 3, 4}),
        ({"id": 9}, {1, 2, 3, 4}),
        ({"connectorId": 0}, {3, 4}),
        ({"connectorId": 1}, {1, 2}),
        ({"chargingProfilePurpose": "TxDefaultProfile"}, {1}),
        ({"stackLevel": 1}, {1, 2, 3}),
        ({"connectorId": 1, "stackLevel": 0}, {1, 2, 4}),
        ({"chargingProfilePurpose": "Other"}, {1, 2, 3, 4}),
    ],
)
def test_a_backend_clears_its_profiles(
    request_: dict[str, Any], left: set[int]
) -> None:
    """A number stands alone, other words must all fit (5.5); what fits is gone."""
    profiles = Profiles()
    for number, connector, level, purpose in (
        (1, 0, 0, "ChargePointMaxProfile"),
        (2, 0, 0, "TxDefaultProfile"),
        (3, 1, 0, "TxDefaultProfile"),
        (4, 1, 1, "TxDefaultProfile"),
    ):
        words = {"level": level, "purpose": purpose, "start": 0, "periods": [[0, 9]]}
        profiles.put(connector, payload(words, number), T0)
    assert profiles.clear(request_) == (left != {1, 2, 3, 4})
    assert {number for number in range(1, 5) if profiles.clear({"id": number})} == left


def test_the_next_change_is_known() -> None:
    """Who obeys knows when to look again: at the next period, the restart, the end."""
    profiles = Profiles()
    assert profiles.next_change(T0) is None
    words = {"start": 0, "duration": 900, "periods": [[0, 10], [600, 8]]}
    profiles.put(1, payload(words), T0)
    assert profiles.next_change(T0) == T0 + 600
    assert profiles.next_change(T0 + 600) == T0 + 900
    assert profiles.next_change(T0 + 900) is None


def test_inefficient_charging_is_told() -> None:
    """Of all that hold the highest rate below which charging is inefficient counts."""
    profiles = Profiles()
    words = {"start": 0, "periods": [[0, 10]]}
    profile = payload(words)
    profile["chargingSchedule"]["minChargingRate"] = 6.5
    profiles.put(1, profile, T0)
    allowed = profiles.allowed(1, T0)
    assert allowed is not None
    assert allowed.least_mw == 6500 * 230 * 3
    assert allowed.power() == 10_000 * 230 * 3
