"""Each message of OCPP 1.6 both ways, over sockets, with another OCPP library."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import is_dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from ocpp.v16 import call
import pytest

from custom_components.meters_and_chargers.engine.devices.ocpp_charger import (
    Card,
    Central,
    Firmware,
    Kind,
    Occurrence,
    OcppCharger,
)
from custom_components.meters_and_chargers.engine.devices.ocpp_charger.upkeep import (
    CertificateUse,
)
from custom_components.meters_and_chargers.engine.journal import Journal
from custom_components.meters_and_chargers.engine.model import Refused
from custom_components.meters_and_chargers.engine.protocols.ocpp import Server
from simulators.charge_point import ChargePoint
from simulators.charge_point_line import Message
from simulators.house import House


class Site:
    """A server, and a wallbox that it knows, on real sockets."""

    def __init__(
        self, house: House, wallbox: ChargePoint, charger: OcppCharger, journal: Journal
    ) -> None:
        """Hold what a test looks at."""
        self.house = house
        self.wallbox = wallbox
        self.charger = charger
        self.journal = journal

    async def until(self, what: str, check: Callable[[], bool]) -> None:
        """Live until something holds, half a minute at most."""
        for _ in range(6000):
            if check():
                return
            self.house.step()
            await asyncio.sleep(0.005)
        pytest.fail(f"not in time: {what}")

    def said(self, action: str, direction: str = "sent") -> list[Any]:
        """Return the payloads of an action that went over the line."""
        return [
            entry.payload
            for entry in self.wallbox.book
            if entry.action == action and entry.direction == direction
        ]

    async def charge(self) -> None:
        """Let the car charge."""
        await self.until("boot", lambda: self.wallbox.ready)
        await self.charger.remote_start(1)
        await self.until(
            "a transaction that both know",
            lambda: (
                self.charger.connector(1).transaction is not None
                and self.wallbox.transaction is not None
                and self.wallbox.transaction.number is not None
            ),
        )


@asynccontextmanager
async def running(
    folder: Path, kind: Callable[..., ChargePoint] = ChargePoint
) -> AsyncIterator[Site]:
    """Run a server and a wallbox."""
    journal = await Journal.open(folder / "journal.db")
    central = Central(lambda _: None)
    server = Server(central, "127.0.0.1", 0)
    central.move = server.move
    charger = OcppCharger("GARAGE", journal)
    await charger.load()
    central.accept("GARAGE", charger)
    await server.start()
    house = House("clear", 12 * 3600)
    url = f"ws://127.0.0.1:{server.port}"
    wallbox = kind(house, house.cars[0], url, "GARAGE", redial_s=(0.1, 0.2))
    await wallbox.start()
    try:
        yield Site(house, wallbox, charger, journal)
    finally:
        await wallbox.stop()
        await server.stop()
        await central.close()
        await journal.close()


@pytest.fixture
async def site(socket_enabled: None, tmp_path: Path) -> AsyncIterator[Site]:
    """Return a server with one known wallbox."""
    async with running(tmp_path) as site:
        yield site


NOW = datetime.now(UTC)
LATER = NOW + timedelta(days=1)
PEM = "-----BEGIN CERTIFICATE-----"
ROOT: CertificateUse = "CentralSystemRootCertificate"

type Request = Callable[[OcppCharger], Awaitable[object]]

REQUESTS: dict[str, Request] = {
    "RemoteStartTransaction": lambda charger: charger.remote_start(1),
    "RemoteStopTransaction": lambda charger: charger.remote_stop(1),
    "SetChargingProfile": lambda charger: charger.set_limit(1, 8_000),
    "ClearChargingProfile": lambda charger: charger.clear_charging_profile(1),
    "ChangeAvailability": lambda charger: charger.change_availability(1, False),
    "Reset": lambda charger: charger.reset(hard=False),
    "UnlockConnector": lambda charger: charger.unlock(1),
    "TriggerMessage": lambda charger: charger.trigger("MeterValues", 1),
    "GetConfiguration": lambda charger: charger.get_configuration(
        ["HeartbeatInterval"]
    ),
    "ChangeConfiguration": lambda charger: charger.change_configuration(
        "HeartbeatInterval", "30"
    ),
    "GetCompositeSchedule": lambda charger: charger.composite_schedule(1, 3600, "A"),
    "ClearCache": lambda charger: charger.clear_cache(),
    "DataTransfer": lambda charger: charger.transfer_data("maker", "message", "{}"),
    "GetLocalListVersion": lambda charger: charger.local_list_version(),
    "SendLocalList": lambda charger: charger.send_local_list(
        3, [Card(id_tag="04A1B2C3", parent="FAMILY", expires=LATER)]
    ),
    "GetDiagnostics": lambda charger: charger.upload_log(
        "ftp://127.0.0.1/", NOW, since=NOW, until=LATER
    ),
    "GetLog": lambda charger: charger.upload_log(
        "ftp://127.0.0.1/", NOW, security=True, since=NOW, until=LATER
    ),
    "UpdateFirmware": lambda charger: charger.update_firmware(
        Firmware(url="http://127.0.0.1/1.7.0.bin"), NOW
    ),
    "SignedUpdateFirmware": lambda charger: charger.update_firmware(
        Firmware(
            url="http://127.0.0.1/1.7.0.bin",
            signing_certificate=PEM,
            signature="signature",
        ),
        NOW,
    ),
    "ExtendedTriggerMessage": lambda charger: charger.ask_for("LogStatusNotification"),
    "GetInstalledCertificateIds": lambda charger: charger.installed_certificates(ROOT),
}


@pytest.mark.parametrize("action", REQUESTS)
async def test_what_we_ask_is_understood(site: Site, action: str) -> None:
    """The wallbox answers each request of ours, and its library finds no fault."""
    if action == "RemoteStartTransaction":
        await site.until("boot", lambda: site.wallbox.ready)
    else:
        await site.charge()
    await REQUESTS[action](site.charger)
    assert site.said(action, "received")
    assert site.said(f"{action}.conf", "sent")


async def test_a_reservation_is_made_and_cancelled(site: Site) -> None:
    """A free connector is kept for a card, and shown so, until nobody wants it."""
    await site.until("boot", lambda: site.wallbox.ready)
    site.house.cars[0].connected = False
    connector = site.charger.connector(1)
    await site.until("free", lambda: connector.status == "available")
    await site.charger.reserve(1, "04A1B2C3", LATER, parent="FAMILY")
    await site.until("reserved", lambda: connector.status == "reserved")
    assert site.wallbox.upkeep.reservations == {2: (1, "04A1B2C3")}
    await site.charger.cancel_reservation(1)
    await site.until("free again", lambda: connector.status == "available")
    with pytest.raises(Refused, match="CancelReservation: rejected"):
        await site.charger.cancel_reservation(1)


async def test_a_list_of_cards(site: Site) -> None:
    """The wallbox keeps the list as it was sent, and refuses an older change."""
    await site.until("boot", lambda: site.wallbox.ready)
    kept = site.wallbox.upkeep
    cards = [Card(id_tag="A", parent="B", expires=LATER), Card(id_tag="C")]
    await site.charger.send_local_list(7, cards)
    assert await site.charger.local_list_version() == 7
    assert set(kept.cards) == {"A", "C"}
    blocked = [Card(id_tag="C", accepted=False)]
    with pytest.raises(Refused, match="version mismatch"):
        await site.charger.send_local_list(7, blocked, full=False)
    await site.charger.send_local_list(8, blocked, full=False)
    assert kept.cards["C"] == {"status": "Blocked"}
    await site.charger.send_local_list(9, [])
    assert kept.cards == {}


async def test_what_a_wallbox_trusts(site: Site) -> None:
    """A certificate is listed, and taken out by what the list says."""
    await site.until("boot", lambda: site.wallbox.ready)
    site.wallbox.upkeep.certificates[ROOT] = [PEM]
    (found,) = await site.charger.installed_certificates(ROOT)
    await site.charger.delete_certificate(found)
    assert await site.charger.installed_certificates(ROOT) == []
    assert site.said("DeleteCertificate", "received") == [
        {"certificateHashData": found}
    ]


async def test_a_log_of_one_that_knows_only_the_newer_message(site: Site) -> None:
    """The same log is asked for by the security extension."""
    await site.until("boot", lambda: site.wallbox.ready)
    site.wallbox.upkeep.knows_diagnostics = False
    name = await site.charger.upload_log("ftp://127.0.0.1/logs", NOW)
    assert name == "DiagnosticsLog.zip"
    await site.until("upload", lambda: bool(site.wallbox.upkeep.uploads))
    assert site.wallbox.upkeep.uploads == ["ftp://127.0.0.1/logs"]


@pytest.mark.parametrize(
    ("version", "steps"),
    [
        ("1.6.0", ["downloading", "download_failed"]),
        ("9.9", ["downloading", "downloaded", "installing", "installed"]),
    ],
)
async def test_a_firmware_is_installed(
    site: Site, version: str, steps: list[str]
) -> None:
    """Each step is followed; after the last the wallbox boots with another version."""
    await site.until("boot", lambda: site.wallbox.ready)
    happened: list[Occurrence] = []
    site.charger.subscribe(lambda change: happened.extend(change.occurrences))
    site.wallbox.upkeep.download_fails = steps[-1] == "download_failed"
    await site.charger.update_firmware(Firmware(url="http://127.0.0.1/9.9.bin"), NOW)
    await site.until("end", lambda: site.charger.firmware_status == steps[-1])
    await site.until("boot", lambda: site.charger.identity.firmware == version)
    told = [one.data["status"] for one in happened if one.kind is Kind.FIRMWARE]
    assert told == steps


INCOMING = {
    "LogStatusNotification": lambda: call.LogStatusNotification("Uploaded", 5),
    "SecurityEventNotification": lambda: call.SecurityEventNotification(
        "SettingSystemTime", "2026-06-01T12:00:00Z", "free text"
    ),
    "SignedFirmwareStatusNotification": (
        lambda: call.SignedFirmwareStatusNotification("InvalidSignature", 5)
    ),
    "Heartbeat": call.Heartbeat,
    "Authorize": lambda: call.Authorize("04A1B2C3"),
    "DataTransfer": lambda: call.DataTransfer("maker", "message", "data"),
    "FirmwareStatusNotification": lambda: call.FirmwareStatusNotification("Idle"),
    "DiagnosticsStatusNotification": lambda: call.DiagnosticsStatusNotification("Idle"),
}


@pytest.mark.parametrize("action", INCOMING)
async def test_what_the_wallbox_says_is_answered(site: Site, action: str) -> None:
    """Each message gets an answer that the wallbox's library accepts."""
    await site.until("boot", lambda: site.wallbox.ready)
    site.wallbox.line.say(Message(INCOMING[action]))
    await site.until(action, lambda: bool(site.said(f"{action}.conf", "received")))


async def test_life_of_a_transaction(site: Site) -> None:
    """Boot, status, start, meter values, stop: answered, shown, and in the journal."""
    await site.charge()
    await site.until(
        "meter values", lambda: len(site.said("MeterValues.conf", "received")) >= 2
    )
    connector = site.charger.connector(1)
    assert connector.status == "charging"
    assert (connector.session_energy_wh or 0) > 0
    (started,) = site.said("StartTransaction.conf", "received")
    number = started["transactionId"]
    await site.charger.remote_stop(1)
    await site.until(
        "stop", lambda: bool(site.said("StopTransaction.conf", "received"))
    )
    await site.until("end", lambda: connector.transaction is None)
    await site.until("the last answer", lambda: not site.wallbox.line.waiting)
    for action in ("BootNotification", "StatusNotification", "StartTransaction"):
        await site.until(
            f"an answer to each {action}",
            lambda action=action: (
                len(site.said(action)) == len(site.said(f"{action}.conf", "received"))
            ),
        )
    (booked,) = await site.journal.transactions("GARAGE")
    assert booked.wire_id == number
    assert booked.meter_stop_wh is not None
    assert booked.meter_start_wh is not None
    assert booked.meter_stop_wh > booked.meter_start_wh


async def test_transaction_of_a_lost_connection_is_replayed(site: Site) -> None:
    """What the wallbox kept while offline is booked in order, and never shown live."""
    await site.charge()
    site.wallbox.line.dials = False
    site.wallbox.drop()
    await site.until("loss", lambda: not site.charger.online)
    site.house.cars[0].connected = False
    await site.until("end", lambda: site.wallbox.transaction is None)
    site.wallbox.line.dials = True
    await site.until(
        "stop", lambda: bool(site.said("StopTransaction.conf", "received"))
    )
    (booked,) = await site.journal.transactions("GARAGE")
    assert booked.meter_stop_wh is not None
    assert site.charger.connector(1).transaction is None
    # A reconnect is no boot.
    assert len(site.said("BootNotification")) == 1


IN_OTHER_TESTS = {
    "BootNotification": "test_life_of_a_transaction",
    "StatusNotification": "test_life_of_a_transaction",
    "StartTransaction": "test_life_of_a_transaction",
    "MeterValues": "test_life_of_a_transaction",
    "StopTransaction": "test_life_of_a_transaction",
    "ReserveNow": "test_a_reservation_is_made_and_cancelled",
    "CancelReservation": "test_a_reservation_is_made_and_cancelled",
    "DeleteCertificate": "test_what_a_wallbox_trusts",
    # Also over sockets, in tests/integration/test_ocpp_security.py.
    "InstallCertificate": "test_from_nothing_to_a_certificate",
    "SignCertificate": "test_from_nothing_to_a_certificate",
    "CertificateSigned": "test_from_nothing_to_a_certificate",
}


def test_no_message_is_forgotten() -> None:
    """All that the library knows of 1.6 and its security extension, each once."""
    known = {name for name, kind in vars(call).items() if is_dataclass(kind)}
    shown = [*REQUESTS, *INCOMING, *IN_OTHER_TESTS]
    # This one goes both ways.
    assert sorted([*known, "DataTransfer"]) == sorted(shown)
    both = Path(__file__).parent.parent / "integration" / "test_ocpp_security.py"
    texts = Path(__file__).read_text() + both.read_text()
    assert not [name for name in IN_OTHER_TESTS.values() if f"def {name}(" not in texts]
