"""Nothing leaves us that the standard's schemas refuse."""

from dataclasses import dataclass

from ocpp import messages
from ocpp.v16 import call, call_result, datatypes, enums
import pytest

from custom_components.meters_and_chargers.engine.protocols.ocpp import (
    InvalidMessage,
    Version,
    message,
    preload,
)
from custom_components.meters_and_chargers.engine.protocols.ocpp.strict import check


def profile(limit: float) -> call.SetChargingProfile:
    """Return a limit as it is sent."""
    return call.SetChargingProfile(
        connector_id=1,
        cs_charging_profiles=datatypes.ChargingProfile(
            charging_profile_id=1,
            stack_level=0,
            charging_profile_purpose=enums.ChargingProfilePurposeType.tx_default_profile,
            charging_profile_kind=enums.ChargingProfileKindType.relative,
            charging_schedule=datatypes.ChargingSchedule(
                charging_rate_unit=enums.ChargingRateUnitType.amps,
                charging_schedule_period=[
                    datatypes.ChargingSchedulePeriod(start_period=0, limit=limit)
                ],
            ),
        ),
    )


def test_a_call_in_the_standard_s_words() -> None:
    """Names in camelCase, plain values, nothing that is None."""
    action, payload = message(profile(6.1))
    assert action == "SetChargingProfile"
    assert payload == {
        "connectorId": 1,
        "csChargingProfiles": {
            "chargingProfileId": 1,
            "stackLevel": 0,
            "chargingProfilePurpose": "TxDefaultProfile",
            "chargingProfileKind": "Relative",
            "chargingSchedule": {
                "chargingRateUnit": "A",
                "chargingSchedulePeriod": [{"startPeriod": 0, "limit": 6.1}],
            },
        },
    }


@pytest.mark.parametrize("tenths", range(330))
def test_every_tenth_of_an_ampere_can_be_sent(tenths: int) -> None:
    """The noise of binary floats is no reason to refuse."""
    _, payload = message(profile(tenths * 0.1))
    assert f"'limit': {tenths / 10}}}" in str(payload)


@pytest.mark.parametrize("limit", [6.05, 6.123, float("nan"), float("inf")])
def test_finer_limits_are_refused(limit: float) -> None:
    """Which way to round is the caller's business."""
    with pytest.raises(ValueError, match=r"limit|not JSON compliant"):
        message(profile(limit))


def test_answers_are_checked_as_answers() -> None:
    """The same action has another schema on the way back."""
    assert message(call_result.MeterValues()) == ("MeterValues", {})
    answer = call_result.StartTransaction(
        transaction_id=5,
        id_tag_info=datatypes.IdTagInfo(status=enums.AuthorizationStatus.accepted),
    )
    assert message(answer) == (
        "StartTransaction",
        {"transactionId": 5, "idTagInfo": {"status": "Accepted"}},
    )


def test_a_refusal_does_not_tell_the_value() -> None:
    """Id tags do not get into logs this way."""
    secret = "04A2B3C4D5E6F7" * 2
    with pytest.raises(InvalidMessage) as caught:
        message(call.RemoteStartTransaction(id_tag=secret))
    assert str(caught.value) == "RemoteStartTransaction: $.idTag breaks maxLength"


def test_what_json_does_not_know_is_refused() -> None:
    """A defect shows where it is made."""

    @dataclass
    class Reset:
        type: object

    with pytest.raises(InvalidMessage, match="a complex is"):
        message(Reset(type=1j))
    with pytest.raises(InvalidMessage, match=r"\$.type breaks enum"):
        message(Reset(type=("a", None)[0]))


def test_after_preloading_no_file_is_read(monkeypatch: pytest.MonkeyPatch) -> None:
    """The event loop is not held up by the first message of a kind."""
    messages._validators.clear()
    preload()
    assert len(messages._validators) == 78
    for version in (Version.V201, Version.V21):
        preload(version)

    def no_file(*_: object, **__: object) -> None:
        pytest.fail("a file is opened")

    monkeypatch.setattr("builtins.open", no_file)
    message(profile(16))
    message(call_result.Heartbeat(current_time="2026-11-20T12:00:00Z"))
    for version in (Version.V201, Version.V21):
        check("Reset", {"type": "OnIdle"}, version=version)
        with pytest.raises(InvalidMessage):
            check("Reset", {"type": "Soft"}, version=version)
