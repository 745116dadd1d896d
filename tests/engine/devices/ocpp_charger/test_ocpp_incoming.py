"""What a wallbox reports and what it is answered."""

from typing import Any

from ocpp_fakes import Wallbox, energy, power
import pytest

from custom_components.meters_and_chargers.engine.devices.ocpp_charger import (
    OWN_TAG,
    Change,
    Firmware,
    Kind,
    Occurrence,
)
from custom_components.meters_and_chargers.engine.model import (
    Identity,
    Phase,
    Point,
    Quantity,
)
from custom_components.meters_and_chargers.engine.protocols.ocpp import CallError

POWER = Point(Quantity.POWER, part="1")
ENERGY = Point(Quantity.ENERGY_IMPORT, part="1")
CURRENT_L1 = Point(Quantity.CURRENT, Phase.L1, "1")


async def test_boot(wallbox: Wallbox) -> None:
    """A boot is accepted and says who it is; the key was known before."""
    assert wallbox.charger.identity.key == "ocpp_charger_GARAGE"
    answer = await wallbox.boots()
    assert answer == {
        "status": "Accepted",
        "currentTime": "2026-06-01T12:00:00Z",
        "interval": 60,
    }
    assert wallbox.charger.identity == Identity(
        family="ocpp_charger",
        serial="GARAGE",
        maker="Maker",
        model="Box",
        firmware="1.2",
    )
    assert wallbox.charger.maker_serial == "SN1"
    change = wallbox.changes[-1]
    assert change.charger
    assert change.occurrences == (Occurrence("booted", 0, {"firmware": "1.2"}),)


async def test_heartbeat(wallbox: Wallbox) -> None:
    """A heartbeat tells the time and changes nothing."""
    wallbox.changes.clear()
    answer = await wallbox.says("Heartbeat")
    assert answer == {"currentTime": "2026-06-01T12:00:00Z"}
    assert wallbox.changes == []


async def test_status(wallbox: Wallbox) -> None:
    """A status is named in lower snake case."""
    assert await wallbox.status("SuspendedEVSE") == {}
    connector = wallbox.charger.connector(1)
    assert connector.status == "suspended_evse"
    assert connector.error_code == "no_error"
    assert wallbox.changes[-1] == Change(connectors=frozenset({1}))
    await wallbox.status("Occupied")
    assert connector.status == "unknown"
    await wallbox.status("Faulted", 0)
    assert wallbox.charger.connector(0).status == "faulted"
    assert wallbox.charger.connectors == (1,)


async def test_a_status_of_no_connector(wallbox: Wallbox) -> None:
    """It is answered, and that is all."""
    wallbox.changes.clear()
    assert await wallbox.says("StatusNotification", status="Available") == {}
    assert wallbox.changes == []


async def test_a_second_connector(wallbox: Wallbox) -> None:
    """A connector is there from its first message on."""
    await wallbox.status("Available", 2)
    assert wallbox.charger.connectors == (1, 2)
    assert wallbox.changes[-1].charger
    assert wallbox.changes[-1].connectors == {0, 1, 2}
    await wallbox.measures(power(5), connector=3)
    assert wallbox.charger.connectors == (1, 2, 3)
    assert wallbox.charger.values[Point(Quantity.POWER, part="3")] == 5


async def test_an_old_status_from_a_queue(wallbox: Wallbox) -> None:
    """It does not replace a newer one."""
    await wallbox.status("Charging", timestamp=wallbox.clock.ago(0))
    await wallbox.status("Available", timestamp=wallbox.clock.ago(3600))
    assert wallbox.charger.connector(1).status == "charging"
    await wallbox.status("Finishing", timestamp=wallbox.clock.ago(10))
    assert wallbox.charger.connector(1).status == "finishing"


async def test_meter_values(wallbox: Wallbox) -> None:
    """Values are in place when the change is told, once a message."""
    wallbox.changes.clear()
    current = {"measurand": "Current.Import", "phase": "L1", "value": "16"}
    offered = {"measurand": "Current.Offered", "value": "16"}
    await wallbox.measures(power(3680), current, energy(5), offered)
    assert wallbox.changes == [
        Change(points=frozenset({POWER, CURRENT_L1, ENERGY}), connectors=frozenset({1}))
    ]
    assert wallbox.charger.values == {POWER: 3680, CURRENT_L1: 16, ENERGY: 5}
    connector = wallbox.charger.connector(1)
    assert connector.offered_ma == 16_000
    assert connector.measured_at == wallbox.clock.monotonic()


@pytest.mark.parametrize(
    "payload",
    [{}, {"connectorId": 1}, {"connectorId": 1, "meterValue": "x"}],
)
async def test_meter_values_without_any(
    wallbox: Wallbox, payload: dict[str, Any]
) -> None:
    """They are answered and change nothing."""
    wallbox.changes.clear()
    assert await wallbox.says("MeterValues", **payload) == {}
    assert wallbox.changes == []


async def test_nothing_flows_when_it_is_over(wallbox: Wallbox) -> None:
    """Wallboxes stop reporting: power and current are 0 then."""
    current = {"measurand": "Current.Import", "phase": "L1", "value": "16"}
    await wallbox.measures(power(3680), current, energy(5))
    await wallbox.status("SuspendedEV")
    assert wallbox.charger.values[POWER] == 3680
    await wallbox.status("Finishing")
    assert wallbox.charger.values == {POWER: 0, CURRENT_L1: 0, ENERGY: 5}
    assert wallbox.changes[-1].points == {POWER, CURRENT_L1}


async def test_a_card(wallbox: Wallbox) -> None:
    """A card is accepted; nothing of its number is told. Ours is none."""
    answer = await wallbox.says("Authorize", idTag="04AABBCC")
    assert answer == {"idTagInfo": {"status": "Accepted"}}
    (occurrence,) = wallbox.changes[-1].occurrences
    assert occurrence == Occurrence(Kind.CARD_ACCEPTED, 0, {"label": None})
    wallbox.changes.clear()
    await wallbox.says("Authorize", idTag=OWN_TAG)
    assert not wallbox.changes


@pytest.mark.parametrize(
    ("action", "answer"),
    [
        ("DataTransfer", {"status": "UnknownVendorId"}),
        ("DiagnosticsStatusNotification", {}),
        ("LogStatusNotification", {}),
    ],
)
async def test_acknowledged(
    wallbox: Wallbox, action: str, answer: dict[str, str]
) -> None:
    """Messages that are only acknowledged change nothing."""
    wallbox.changes.clear()
    assert await wallbox.says(action, vendorId="x", status="Idle") == answer
    assert wallbox.changes == []


@pytest.mark.parametrize(
    ("action", "payload", "kind", "data"),
    [
        (
            "FirmwareStatusNotification",
            {"status": "Downloading"},
            Kind.FIRMWARE,
            {"status": "downloading"},
        ),
        (
            "SignedFirmwareStatusNotification",
            {"status": "InvalidSignature", "requestId": "7"},
            Kind.FIRMWARE,
            {"status": "invalid_signature"},
        ),
        (
            "DiagnosticsStatusNotification",
            {"status": "UploadFailed"},
            Kind.LOG_UPLOAD,
            {"status": "upload_failed"},
        ),
        (
            "LogStatusNotification",
            {"status": {"card": "04AABBCC"}},
            Kind.LOG_UPLOAD,
            {"status": "unknown"},
        ),
        (
            "SecurityEventNotification",
            {
                "type": "FailedToAuthenticateAtCentralSystem",
                "timestamp": "2026-06-01T11:00:00Z",
                "techInfo": "04AABBCC",
            },
            Kind.SECURITY,
            {
                "event": "failed_to_authenticate_at_csms",
                "time": "2026-06-01T11:00:00+00:00",
            },
        ),
        (
            "SecurityEventNotification",
            {"type": "card <04AABBCC>", "timestamp": "soon"},
            Kind.SECURITY,
            {"event": "other", "time": "2026-06-01T12:00:00+00:00"},
        ),
    ],
)
async def test_what_happens_besides_charging(
    wallbox: Wallbox,
    action: str,
    payload: dict[str, Any],
    kind: Kind,
    data: dict[str, str],
) -> None:
    """Firmware, logs and security: words of the standard, no free text."""
    assert await wallbox.says(action, **payload) == {}
    (occurrence,) = wallbox.changes[-1].occurrences
    assert occurrence == Occurrence(kind, 0, data)


async def test_an_update_that_says_the_same_again(wallbox: Wallbox) -> None:
    """Some repeat how far they are; that is told once, and its end by `Idle`."""
    await wallbox.says("FirmwareStatusNotification", status="Downloading")
    wallbox.changes.clear()
    await wallbox.says("FirmwareStatusNotification", status="Downloading")
    assert wallbox.changes == []
    await wallbox.says("FirmwareStatusNotification", status="Idle")
    (change,) = wallbox.changes
    assert (change.connectors, change.occurrences) == ({0}, ())
    assert wallbox.charger.firmware_status == "idle"


async def test_an_update_is_over_with_a_boot(wallbox: Wallbox) -> None:
    """Asked for, it is under way; some say nothing of it but their next boot."""
    firmware = Firmware(url="http://192.168.1.10/2.bin")
    await wallbox.charger.update_firmware(firmware, wallbox.clock.now())
    assert wallbox.charger.firmware_status == "requested"
    assert wallbox.changes[-1] == Change(connectors=frozenset({0}))
    await wallbox.boots()
    assert wallbox.charger.firmware_status == ""


async def test_an_unknown_action(wallbox: Wallbox) -> None:
    """An action that we don't know is refused as the standard says."""
    with pytest.raises(CallError) as caught:
        await wallbox.says("Dance")
    assert caught.value.code == "NotImplemented"


async def test_unsubscribing(wallbox: Wallbox) -> None:
    """Whoever has left is told nothing."""
    told: list[Change] = []
    leave = wallbox.charger.subscribe(told.append)
    leave()
    leave()
    await wallbox.status("Available")
    assert told == []
