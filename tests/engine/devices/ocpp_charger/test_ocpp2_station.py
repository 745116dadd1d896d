"""What OCPP 2 says of a wallbox, and what it is asked, in the words of 1.6."""

from collections.abc import Awaitable, Callable
from typing import Any

from ocpp_fakes import BOOT2 as BOOT
from ocpp_fakes import NOON, Clock, FakeLink, Wallbox2, idle, rest
import pytest

from custom_components.meters_and_chargers.engine.devices.ocpp_charger import (
    Central,
    Firmware,
    OcppCharger,
    Setting,
)
from custom_components.meters_and_chargers.engine.devices.ocpp_charger.reading import (
    snake,
)
from custom_components.meters_and_chargers.engine.devices.ocpp_charger.v201 import (
    variables,
)
from custom_components.meters_and_chargers.engine.devices.ocpp_charger.v201.incoming import (  # noqa: E501 - its path is that long
    ACKNOWLEDGED,
)
from custom_components.meters_and_chargers.engine.model import Refused, Unsupported
from custom_components.meters_and_chargers.engine.protocols.ocpp import (
    Call,
    CallError,
    Version,
)


async def test_who_it_is(wallbox2: Wallbox2) -> None:
    """The same as of a 1.6 wallbox."""
    answer = await wallbox2.says("BootNotification", **BOOT)
    assert answer["status"] == "Accepted"
    identity = wallbox2.charger.identity
    assert (identity.maker, identity.model, identity.firmware) == (
        "Maker",
        "Box",
        "1.2",
    )
    assert wallbox2.charger.maker_serial == "SN1"


async def test_who_knocks(clock: Clock) -> None:
    """A wallbox that nobody knows is shown with its name, and waits."""
    knocks: list[Any] = []
    central = Central(knocks.append, now=clock.now, call_later=clock.call_later)
    handler = central.admit("NEW", "10.0.0.1")
    assert handler is not None
    link = FakeLink("NEW", version=Version.V201)
    handler.opened(link)
    answer = await handler.called(link, Call("BootNotification", BOOT, ""))
    assert answer is not None
    assert answer["status"] == "Pending"
    assert (knocks[0].maker, knocks[0].serial) == ("Maker", "SN1")


async def test_several_connectors_of_an_evse(wallbox2: Wallbox2) -> None:
    """They share one number: what one says is true of the place where one car fits."""
    box, connector = wallbox2, wallbox2.charger.connector(1)
    await box.plug("Available", connector=1)
    await box.plug("Faulted", connector=2)
    assert connector.status == "available"
    await box.plug("Occupied", connector=2)
    assert connector.status == "preparing"
    await box.charger.unlock(1)
    assert box.link.sent("UnlockConnector") == [{"evseId": 1, "connectorId": 2}]
    await box.charger.trigger("StatusNotification", 1)
    assert [p["evse"] for p in box.link.sent("TriggerMessage")] == [
        {"id": 1, "connectorId": 1},
        {"id": 1, "connectorId": 2},
        {"id": 1},
    ]
    assert box.charger.connectors == (1,)


@pytest.mark.parametrize(
    ("said", "shown"),
    [
        ("Available", "available"),
        ("Occupied", "preparing"),
        ("Reserved", "reserved"),
        ("Unavailable", "unavailable"),
        ("Faulted", "faulted"),
        ("Dreaming", "unknown"),
    ],
)
async def test_status(wallbox2: Wallbox2, said: str, shown: str) -> None:
    """Each status has its word; a connector of another EVSE is another one."""
    await wallbox2.plug(said, evse=2)
    assert wallbox2.charger.connector(2).status == shown
    assert wallbox2.charger.connector(1).status == "unknown"


async def test_a_fault_while_charging(wallbox2: Wallbox2) -> None:
    """It is shown, and charging is shown again when it is over."""
    await wallbox2.event("Started", "Charging", tag="04AABBCC")
    await wallbox2.plug("Faulted")
    assert wallbox2.charger.connector(1).status == "faulted"
    await wallbox2.plug("Occupied")
    await wallbox2.event("Updated", "Charging")
    assert wallbox2.charger.connector(1).status == "charging"


async def test_one_that_claims_a_version_it_cannot_speak(wallbox2: Wallbox2) -> None:
    """Messages of 1.6 are understood as such."""
    box = wallbox2
    for action, payload in (
        ("BootNotification", {"chargePointVendor": "Old", "chargePointModel": "Box"}),
        (
            "StatusNotification",
            {"connectorId": 1, "status": "Charging", "errorCode": "NoError"},
        ),
        ("Authorize", {"idTag": "04AABBCC"}),
        (
            "MeterValues",
            {"connectorId": 1, "meterValue": [{"sampledValue": [{"value": "7"}]}]},
        ),
    ):
        call = Call(action, payload, "")
        assert await box.charger.called(box.link, call) is not None
    assert box.charger.identity.maker == "Old"
    assert box.charger.connector(1).status == "charging"
    assert list(box.charger.values.values()) == [7]
    with pytest.raises(CallError, match="NotImplemented"):
        await box.charger.called(box.link, Call("Dream", {}, ""))


async def test_the_version_is_that_of_the_connection(wallbox2: Wallbox2) -> None:
    """A wallbox that comes back with 1.6 is asked in 1.6."""
    await wallbox2.charger.reset()
    assert wallbox2.link.sent("Reset") == [{"type": "OnIdle"}]
    wallbox2.version = Version.V16
    link = wallbox2.connect()
    await wallbox2.charger.reset()
    assert link.sent("Reset") == [{"type": "Soft"}]


async def test_a_limit_waits_for_few_variables(wallbox2: Wallbox2) -> None:
    """And has the form that they ask for."""
    wallbox2.link.reply(
        "GetVariables",
        {
            "getVariableResult": [
                _result("ProfileStackLevel", "3"),
                _result("RateUnit", "W"),
                _result("Other", "", "UnknownVariable"),
            ]
        },
    )
    await wallbox2.charger.set_limit(1, 10_000)
    assert [action for action, _ in wallbox2.link.asked] == [
        "GetVariables",
        "SetChargingProfile",
    ]
    (sent,) = wallbox2.link.sent("SetChargingProfile")
    profile: Any = sent["chargingProfile"]
    assert (sent["evseId"], profile["id"], profile["stackLevel"]) == (1, 1, 3)
    (schedule,) = profile["chargingSchedule"]
    assert schedule["chargingRateUnit"] == "W"
    assert schedule["chargingSchedulePeriod"] == [{"startPeriod": 0, "limit": 6900}]


def _result(variable: str, value: str, status: str = "Accepted") -> dict[str, Any]:
    return {
        "attributeStatus": status,
        "attributeValue": value,
        "component": {"name": "SmartChargingCtrlr"},
        "variable": {"name": variable},
    }


@pytest.mark.parametrize(
    ("payload", "asked"),
    [
        ({"id": 3}, {"chargingProfileId": 3}),
        (
            {"connectorId": 2, "chargingProfilePurpose": "TxDefaultProfile"},
            {
                "chargingProfileCriteria": {
                    "evseId": 2,
                    "chargingProfilePurpose": "TxDefaultProfile",
                }
            },
        ),
        (
            {"chargingProfilePurpose": "ChargePointMaxProfile", "stackLevel": 0},
            {
                "chargingProfileCriteria": {
                    "chargingProfilePurpose": "ChargingStationMaxProfile",
                    "stackLevel": 0,
                }
            },
        ),
    ],
)
async def test_profiles_are_cleared(
    wallbox2: Wallbox2, payload: dict[str, Any], asked: dict[str, Any]
) -> None:
    """By number or by what they are for."""
    await wallbox2.charger.ask("ClearChargingProfile", payload)
    assert wallbox2.link.sent("ClearChargingProfile") == [asked]


async def test_all_profiles_are_cleared(wallbox2: Wallbox2) -> None:
    """Each kind by its name: a request has to name something, and not the grid's."""
    wallbox2.link.reply("ClearChargingProfile", {"status": "Unknown"})
    answer = await wallbox2.charger.ask("ClearChargingProfile", {})
    assert answer["status"] == "Accepted"
    assert wallbox2.link.sent("ClearChargingProfile") == [
        {"chargingProfileCriteria": {"chargingProfilePurpose": purpose}}
        for purpose in ("ChargingStationMaxProfile", "TxDefaultProfile", "TxProfile")
    ]


@pytest.mark.parametrize(
    ("status", "kind"),
    [
        ("Rejected", Refused),
        ("UnknownVariable", Unsupported),
        ("UnknownComponent", Unsupported),
        ("NotSupportedAttributeType", Refused),
    ],
)
async def test_a_variable_that_cannot_be_set(
    wallbox2: Wallbox2, status: str, kind: type[Exception]
) -> None:
    """It is told as with 1.6."""
    result = _result("RateUnit", "", status)
    del result["attributeValue"]
    wallbox2.link.reply("SetVariables", {"setVariableResult": [result]})
    with pytest.raises(kind):
        await wallbox2.charger.change_configuration("A.B", "1")


@pytest.mark.parametrize("action", ACKNOWLEDGED)
async def test_what_is_only_acknowledged(wallbox2: Wallbox2, action: str) -> None:
    """The answer fits the standard, also to what 2.1 alone has; nothing is shown."""
    wallbox2.version = Version.V21
    wallbox2.connect()
    wallbox2.changes.clear()
    assert await wallbox2.says(action) is not None
    assert wallbox2.changes == []


@pytest.mark.parametrize(
    ("action", "status"),
    [
        ("UpdateFirmware", "Rejected"),
        ("UpdateFirmware", "InvalidCertificate"),
        ("GetLog", "Rejected"),
    ],
)
async def test_a_no_that_16_does_not_know(
    wallbox2: Wallbox2, action: str, status: str
) -> None:
    """It is told, and nothing is shown as if it were under way."""
    box, now = wallbox2.charger, wallbox2.clock.now()
    firmware = Firmware(url="http://house/1.bin")

    async def ask() -> None:
        if action == "GetLog":
            await box.upload_log("ftp://house", now)
        else:
            await box.update_firmware(firmware, now)

    wallbox2.link.reply(action, {"status": status})
    with pytest.raises(Refused, match=f"{action}: {snake(status).replace('_', ' ')}"):
        await ask()
    assert box.firmware_status == ""
    wallbox2.link.reply(action, {"status": "AcceptedCanceled"})
    await ask()


@pytest.mark.parametrize(
    ("action", "ask"),
    [
        (
            "UpdateFirmware",
            lambda box: box.update_firmware(Firmware(url="http://house/1.bin"), NOON),
        ),
        ("GetLog", lambda box: box.upload_log("ftp://house/", NOON)),
        ("GetBaseReport", lambda box: box.read_settings()),
    ],
)
async def test_a_no_that_1_6_does_not_know(
    wallbox2: Wallbox2, action: str, ask: Callable[[OcppCharger], Awaitable[object]]
) -> None:
    """What 1.6 only acknowledges may be refused here, and is not taken for done."""
    wallbox2.link.reply(action, {"status": "Rejected"})
    with pytest.raises(Refused, match=f"{action}: rejected"):
        await ask(wallbox2.charger)
    if action == "GetBaseReport":
        return  # what follows a yes is in other tests
    wallbox2.link.reply(action, {"status": "AcceptedCanceled"})
    await ask(wallbox2.charger)


async def test_a_variable_that_cannot_be_read(wallbox2: Wallbox2) -> None:
    """A password is there although the wallbox keeps it to itself; others aren't."""
    secret = {
        "attributeStatus": "Rejected",
        "component": {"name": "SecurityCtrlr"},
        "variable": {"name": "BasicAuthPassword"},
    }
    missing = _result("Other", "", "UnknownVariable")
    wallbox2.link.reply("GetVariables", {"getVariableResult": [secret, missing]})
    names = ["SecurityCtrlr.BasicAuthPassword", "SmartChargingCtrlr.Other"]
    found = await wallbox2.charger.read_settings(names)
    assert found.known == {names[0]: Setting(None, read_only=False)}
    assert found.unknown == (names[1],)


@pytest.mark.parametrize("told", ["text", {"level": 5, "on": [True]}, None])
async def test_what_a_maker_answers(wallbox2: Wallbox2, told: Any) -> None:
    """It comes back as it is, which in 2.0.1 need not be a text."""
    answer = {"status": "Accepted"} | ({} if told is None else {"data": told})
    wallbox2.link.reply("DataTransfer", answer)
    found = await wallbox2.charger.transfer_data("com.example", "Light", "5")
    assert found == ("Accepted", told)


async def test_what_is_no_variable_is_not_asked_for(wallbox2: Wallbox2) -> None:
    """A name of 1.6 that 2.0.1 has not is unknown."""
    assert await wallbox2.charger.get_configuration(["GetConfigurationMaxKeys"]) == {}
    with pytest.raises(Unsupported):
        await wallbox2.charger.change_configuration("GetConfigurationMaxKeys", "1")
    assert wallbox2.link.asked == []


async def test_a_transaction_without_a_name_is_not_stopped(wallbox2: Wallbox2) -> None:
    """Nothing else is stopped instead."""
    with pytest.raises(Refused):
        await wallbox2.charger.remote_stop_transaction(5)
    assert wallbox2.link.asked == []


@pytest.mark.parametrize(
    "name",
    [
        "OCPPCommCtrlr.HeartbeatInterval",
        "Connector@1:2.AvailabilityState",
        "EVSE@3.Power",
        "LocalAuthListCtrlr[x y].Entries[a/b]",
    ],
)
def test_a_variable_has_one_name(name: str) -> None:
    """Which is read as it is written, also from a message."""
    key = variables.Key.parse(name)
    assert key is not None
    assert str(key) == name
    assert variables.Key.read(key.payload()) == key


async def test_inventory_after_a_boot(wallbox2: Wallbox2) -> None:
    """The wallbox reports itself in parts; EVSEs that it names are connectors."""
    box = wallbox2
    await box.says("BootNotification", **BOOT)
    box.clock.advance(1)
    for _ in range(200):
        if box.link.sent("GetBaseReport"):
            break
        await rest()
    (asked,) = box.link.sent("GetBaseReport")
    for number, name in enumerate(("EVSE@1", "EVSE@2")):
        key = variables.Key.parse(f"{name}.Power")
        assert key is not None
        await box.says(
            "NotifyReport",
            requestId=asked["requestId"],
            generatedAt=box.clock.ago(0),
            seqNo=number,
            tbc=number == 0,
            reportData=[
                {**key.payload(), "variableAttribute": [{"value": str(number)}]}
            ],
        )
    await idle(box.charger)
    assert box.charger.connectors == (1, 2)
    assert box.charger.dialect is not None
    known = box.charger.dialect.variables.known
    assert {str(key): found.value for key, found in known.items()} == {
        "EVSE@1.Power": "0",
        "EVSE@2.Power": "1",
    }


async def test_a_status_that_was_asked_for(wallbox2: Wallbox2) -> None:
    """It counts as said, also where it is the same as before."""
    await wallbox2.plug("Available")
    wallbox2.changes.clear()
    await wallbox2.plug("Available")
    assert wallbox2.changes[-1].connectors == {1}


@pytest.mark.parametrize(
    ("tag", "kind"),
    [
        ("04AABBCC", "ISO14443"),
        ("04aabbccddeeff", "ISO14443"),
        ("04AABBCCDDEEFF001122", "ISO14443"),
        ("0011223344556677", "ISO15693"),
        ("HomeAssistant", "Central"),
        ("1234567", "Central"),
    ],
)
async def test_the_kind_of_a_card(wallbox2: Wallbox2, tag: str, kind: str) -> None:
    """Its number tells: 1.6 has no word for it."""
    await wallbox2.charger.remote_start(1, tag)
    (asked,) = wallbox2.link.sent("RequestStartTransaction")
    assert asked["idToken"] == {"idToken": tag, "type": kind}


async def test_the_last_status_outlives_our_restart(
    wallbox2: Wallbox2, new_charger: Callable[..., OcppCharger], clock: Clock
) -> None:
    """It counts until the wallbox says one; what is plugged is its word of before."""
    await wallbox2.plug("Occupied")
    assert wallbox2.charger.connector(1).status == "preparing"
    again = new_charger()
    await again.load()
    assert again.connector(1).status == "preparing"
    assert again.connector(1).is_restored
    back = Wallbox2(again, clock)
    back.connect()
    await back.plug("Available")
    assert again.connector(1).status == "available"
    assert not again.connector(1).is_restored
    await again.close()
