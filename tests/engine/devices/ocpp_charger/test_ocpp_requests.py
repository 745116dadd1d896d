"""What a wallbox is asked, held against the standard's schemas, and its refusals."""

from collections.abc import Awaitable, Callable
from typing import Any

from ocpp_fakes import Wallbox
import pytest

from custom_components.meters_and_chargers.engine.devices.ocpp_charger import (
    OcppCharger,
    is_secret,
    locks_out,
)
from custom_components.meters_and_chargers.engine.model import (
    OutOfRange,
    Refused,
    Silent,
    Unreachable,
    Unsupported,
)
from custom_components.meters_and_chargers.engine.protocols.ocpp import CallError

type Request = Callable[[OcppCharger], Awaitable[Any]]

REQUESTS: list[tuple[Request, str, dict[str, Any], Any]] = [
    (
        lambda box: box.remote_start(1),
        "RemoteStartTransaction",
        {"connectorId": 1, "idTag": "HomeAssistant"},
        None,
    ),
    (
        lambda box: box.remote_start(2, "TAG"),
        "RemoteStartTransaction",
        {"connectorId": 2, "idTag": "TAG"},
        None,
    ),
    (
        lambda box: box.change_availability(1, operative=False),
        "ChangeAvailability",
        {"connectorId": 1, "type": "Inoperative"},
        "accepted",
    ),
    (
        lambda box: box.change_availability(0, operative=True),
        "ChangeAvailability",
        {"connectorId": 0, "type": "Operative"},
        "accepted",
    ),
    (lambda box: box.reset(hard=True), "Reset", {"type": "Hard"}, None),
    (lambda box: box.reset(hard=False), "Reset", {"type": "Soft"}, None),
    (lambda box: box.unlock(1), "UnlockConnector", {"connectorId": 1}, None),
    (
        lambda box: box.trigger("MeterValues", 1),
        "TriggerMessage",
        {"requestedMessage": "MeterValues", "connectorId": 1},
        None,
    ),
    (
        lambda box: box.trigger("Heartbeat"),
        "TriggerMessage",
        {"requestedMessage": "Heartbeat"},
        None,
    ),
    (
        lambda box: box.change_configuration("HeartbeatInterval", "60"),
        "ChangeConfiguration",
        {"key": "HeartbeatInterval", "value": "60"},
        "accepted",
    ),
    (
        lambda box: box.clear_charging_profile(1),
        "ClearChargingProfile",
        {"chargingProfilePurpose": "TxDefaultProfile", "connectorId": 1},
        None,
    ),
    (
        lambda box: box.clear_charging_profile(),
        "ClearChargingProfile",
        {"chargingProfilePurpose": "TxDefaultProfile"},
        None,
    ),
    (lambda box: box.get_configuration(), "GetConfiguration", {}, {}),
    (
        lambda box: box.get_configuration(["A", "B"]),
        "GetConfiguration",
        {"key": ["A", "B"]},
        {},
    ),
]


@pytest.mark.parametrize(("request_", "action", "payload", "result"), REQUESTS)
async def test_requests(
    wallbox: Wallbox,
    request_: Request,
    action: str,
    payload: dict[str, Any],
    result: Any,
) -> None:
    """Each request as it is sent."""
    assert await request_(wallbox.charger) == result
    assert wallbox.link.asked == [(action, payload)]


async def test_remote_stop(wallbox: Wallbox) -> None:
    """The running transaction is stopped; without one there is nothing to stop."""
    with pytest.raises(Refused):
        await wallbox.charger.remote_stop(1)
    number = await wallbox.starts()
    await wallbox.charger.remote_stop(1)
    assert wallbox.link.asked == [("RemoteStopTransaction", {"transactionId": number})]


@pytest.mark.parametrize(
    ("reply", "error"),
    [
        ({"status": "Rejected"}, Refused),
        ({"status": "UnlockFailed"}, Refused),
        ({"status": "NotSupported"}, Unsupported),
        ({"status": "NotImplemented"}, Unsupported),
        ({"status": 5}, Refused),
        ({}, Refused),
        (CallError("InternalError", "tag 04AABBCC"), Refused),
        (CallError("NotImplemented"), Unsupported),
        (CallError("NotSupported"), Unsupported),
        (Silent("no answer"), Silent),
    ],
)
async def test_refusals(wallbox: Wallbox, reply: Any, error: type[Exception]) -> None:
    """A no is an error of the model, without what the wallbox says about tags."""
    wallbox.link.reply("UnlockConnector", reply)
    with pytest.raises(error) as caught:
        await wallbox.charger.unlock(1)
    assert type(caught.value) is error
    assert "04AABBCC" not in str(caught.value)


async def test_a_refusal_in_words(wallbox: Wallbox) -> None:
    """The status stands in the text."""
    wallbox.link.reply("UnlockConnector", {"status": "UnlockFailed"})
    with pytest.raises(Refused, match="UnlockConnector: unlock failed"):
        await wallbox.charger.unlock(1)


async def test_statuses_that_are_no_refusal(wallbox: Wallbox) -> None:
    """Later and after a restart are told, none there is fine."""
    wallbox.link.reply("ChangeAvailability", {"status": "Scheduled"})
    assert await wallbox.charger.change_availability(1, operative=False) == "scheduled"
    wallbox.link.reply("ChangeConfiguration", {"status": "RebootRequired"})
    status = await wallbox.charger.change_configuration("A", "B")
    assert status == "reboot_required"
    wallbox.link.reply("ClearChargingProfile", {"status": "Unknown"})
    await wallbox.charger.clear_charging_profile(1)


async def test_what_the_schema_refuses_is_not_sent(wallbox: Wallbox) -> None:
    """An id tag of 21 characters is out of range, and not in the text."""
    with pytest.raises(OutOfRange) as caught:
        await wallbox.charger.remote_start(1, "X" * 21)
    assert "XX" not in str(caught.value)
    assert wallbox.link.asked == []


async def test_configuration(wallbox: Wallbox) -> None:
    """Values come as they are, blanks around them do not count."""
    wallbox.link.reply(
        "GetConfiguration",
        {
            "configurationKey": [
                {"key": "A", "readonly": True, "value": " 1 "},
                {"key": "B", "readonly": True},
                {"key": "C", "value": 5},
                {"value": "no key"},
                "nonsense",
            ]
        },
        {"configurationKey": "nonsense"},
    )
    assert await wallbox.charger.get_configuration() == {"A": "1", "B": None, "C": "5"}
    assert await wallbox.charger.get_configuration() == {}


async def test_without_a_connection(wallbox: Wallbox) -> None:
    """Nothing can be asked."""
    wallbox.charger.closed(wallbox.link)
    with pytest.raises(Unreachable):
        await wallbox.charger.reset()


@pytest.mark.parametrize(
    ("key", "secret", "proof"),
    [
        ("AuthorizationKey", True, True),
        (" authorizationKEY ", True, True),
        ("SecurityProfile", False, True),
        ("SecurityCtrlr.BasicAuthPassword", True, True),
        ("NetworkConfiguration[1].BasicAuthPassword", True, True),
        ("NetworkConfiguration[1].VpnKey", True, False),
        ("NetworkConfiguration[1].ApnPassword", True, False),
        ("NetworkConfiguration[1].SimPin", True, False),
        ("AuthCtrlr.MasterPassGroupId", True, False),
        ("HeartbeatInterval", False, False),
        ("FiscalMetering.PublicKey", False, False),
        ("SecurityCtrlr.OrganizationName", False, False),
    ],
)
def test_keys_that_are_nobodys_business(key: str, *, secret: bool, proof: bool) -> None:
    """By their names in either version, however they are written."""
    assert (is_secret(key), locks_out(key)) == (secret, proof)


SECRETS = (
    "AuthorizationKey",
    "SecurityCtrlr.BasicAuthPassword",
    "AuthCtrlr.MasterPassGroupId",
    "NetworkConfiguration[1].VpnKey",
    "WiFiPassphrase",
    "WpaPskKey",
    "SimPin",
    "PUK1",
    "FreevendIdTag",
    "FreeChargingTag",
    "PlugAndChargeIdentifier",
    "AuthorizationKey[]",
    "AuthorizationKey2Backup",
    "WifiKey[0]",
    "WEPKey1",
    "PinCode[1]",
    "SimPin[]",
    "NetworkConfiguration[1].VpnKey2[a b]",
    "FreeChargingTag1",
)
NO_SECRETS = (
    "GetConfigurationMaxKeys",
    "MeterPublicKey",
    "MeterPublicKey1",
    "FiscalMetering.PublicKey[1]",
    "OCPPCommCtrlr.PublicKeyWithSignedMeterValue",
    "MeterValueSampleInterval",
    "SecurityProfile",
    "AuthCtrlr.LocalAuthorizeOffline",
    "MappingPhases",
)


def test_names_of_secrets() -> None:
    """Passwords, keys and cards of makers and standards, but no public key."""
    assert all(is_secret(key) for key in (*SECRETS, *map(str.upper, SECRETS)))
    assert not [key for key in NO_SECRETS if is_secret(key)]


@pytest.mark.parametrize(
    "key",
    [
        "AuthorizationKey",
        "authorizationkey ",
        "SecurityCtrlr.BasicAuthPassword",
        "securityctrlr.basicauthpassword",
        "NetworkConfiguration[1].BasicAuthPassword",
        "SecurityCtrlr.SecurityProfile",
        "SecurityCtrlr.BasicAuthPassword[]",
        "SecurityCtrlr.SecurityProfile[]",
        "SecurityCtrlr[].securityprofile []",
        "SecurityCtrlr@1:1.BasicAuthPassword[a.b]",
        "SecurityCtrlr.Identity",
        " securityctrlr.IDENTITY[] ",
        "NetworkConfiguration[1].Identity",
    ],
)
def test_what_would_lock_it_out(key: str) -> None:
    """By the names of either version, however they are written."""
    assert locks_out(key)
    assert not locks_out(f"{key}s")


@pytest.mark.parametrize(
    "key", ["Identity", "TokenReader.Identity", "SecurityCtrlr.OrganizationName[]", ""]
)
def test_what_locks_nobody_out(key: str) -> None:
    """What only sounds like it may be set."""
    assert not locks_out(key)
