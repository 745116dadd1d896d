"""Wallboxes that others have written: `ocpp` of Python, `ocpp-rpc` of npm."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
import ssl
from typing import Any

import aiohttp
from ocpp.routing import on
from ocpp.v16 import ChargePoint, call, call_result
from ocpp.v16.enums import Action
import pytest
from rpc_wallbox import RpcWallbox, dialling

from custom_components.meters_and_chargers import authority
from custom_components.meters_and_chargers.engine.devices.ocpp_charger import (
    Central,
    OcppCharger,
)
from custom_components.meters_and_chargers.engine.journal import Journal, Transaction
from custom_components.meters_and_chargers.engine.model import Phase, Point, Quantity
from custom_components.meters_and_chargers.engine.protocols.ocpp import Server, Tls

IDENTITY = "FOREIGN"
PASSWORD = "0123456789abcdef0123456789abcdef01234567"  # noqa: S105 - a test's
CURRENT = Point(Quantity.CURRENT, Phase.L1, "1")
ENERGY = Point(Quantity.ENERGY_IMPORT, part="1")


@dataclass
class House:
    """A server of ours that has accepted one wallbox."""

    journal: Journal
    central: Central
    server: Server
    charger: OcppCharger

    @property
    def endpoint(self) -> str:
        """Where it listens, unencrypted."""
        return f"ws://127.0.0.1:{self.server.port}"

    async def recorded(self) -> Transaction:
        """Return the only session there was."""
        (only,) = await self.journal.transactions(IDENTITY)
        return only


@asynccontextmanager
async def living(
    folder: Path, context: ssl.SSLContext | None = None
) -> AsyncIterator[House]:
    """Run a server; with a context every wallbox has to encrypt."""
    journal = await Journal.open(folder / "journal.db")
    central = Central(lambda _: None)
    tls = Tls.OFF if context is None else Tls.REQUIRED
    server = Server(central, "127.0.0.1", 0, tls=tls, context=context)
    charger = OcppCharger(IDENTITY, journal)
    await charger.load()
    central.accept(IDENTITY, charger)
    await server.start()
    try:
        yield House(journal, central, server, charger)
    finally:
        await server.stop()
        await central.close()
        await journal.close()


class Line:
    """What the library wants of a WebSocket, over aiohttp."""

    def __init__(self, socket: aiohttp.ClientWebSocketResponse) -> None:
        """Take an open connection."""
        self._socket = socket

    async def recv(self) -> str:
        """Return the next frame."""
        return await self._socket.receive_str()

    async def send(self, text: str) -> None:
        """Send a frame."""
        await self._socket.send_str(text)


class Foreign(ChargePoint):
    """Charges with as much as it is told."""

    limit_a = 16.0

    @on(Action.set_charging_profile)
    def on_profile(self, **told: Any) -> Any:
        """Obey."""
        schedule = told["cs_charging_profiles"]["charging_schedule"]
        self.limit_a = schedule["charging_schedule_period"][0]["limit"]
        return call_result.SetChargingProfile(status="Accepted")

    async def measure(self, transaction: int, wh: int) -> None:
        """Send two values."""
        values = [
            {"value": str(wh), "measurand": "Energy.Active.Import.Register"},
            {
                "value": str(self.limit_a),
                "measurand": "Current.Import",
                "phase": "L1",
                "unit": "A",
            },
        ]
        shown = {"timestamp": _now(), "sampled_value": values}
        sent = call.MeterValues(
            connector_id=1, transaction_id=transaction, meter_value=[shown]
        )
        await self.call(sent)


def _now() -> str:
    return datetime.now(UTC).isoformat()


async def test_a_foreign_client_charges_and_obeys(
    tmp_path: Path, socket_enabled: None
) -> None:
    """It boots, charges as told, measures, and its session is recorded."""
    async with (
        living(tmp_path) as house,
        aiohttp.ClientSession() as client,
        client.ws_connect(
            f"{house.endpoint}/{IDENTITY}", protocols=("ocpp1.6",)
        ) as socket,
    ):
        charger = house.charger
        box = Foreign(IDENTITY, Line(socket))
        serving = asyncio.create_task(box.start())
        maker = {"charge_point_vendor": "Somebody", "charge_point_model": "Else"}
        booted = await box.call(call.BootNotification(**maker))
        assert booted.status == "Accepted"
        assert (charger.identity.maker, charger.identity.model) == ("Somebody", "Else")
        status = {"error_code": "NoError", "status": "Charging"}
        await box.call(call.StatusNotification(connector_id=1, **status))
        assert charger.connector(1).status == "charging"
        begins = call.StartTransaction(
            connector_id=1, id_tag="CARD", meter_start=1000, timestamp=_now()
        )
        transaction = (await box.call(begins)).transaction_id

        await charger.set_limit(1, 10_000)
        assert box.limit_a == 10.0
        await box.measure(transaction, 1500)
        assert charger.values[CURRENT] == 10.0
        assert charger.values[ENERGY] == 1500

        ends = call.StopTransaction(
            meter_stop=2000, timestamp=_now(), transaction_id=transaction
        )
        await box.call(ends)
        serving.cancel()
        await asyncio.gather(serving, return_exceptions=True)
        recorded = await house.recorded()
    assert (recorded.wire_id, recorded.energy_wh) == (transaction, 1000)


ACCEPTED = {"status": "Accepted"}
ANSWERS = {
    "ChangeConfiguration": ACCEPTED,
    "GetConfiguration": {
        "configurationKey": [
            {"key": "NumberOfConnectors", "readonly": True, "value": "1"},
            {"key": "MeterValueSampleInterval", "readonly": False, "value": "60"},
        ]
    },
    "RemoteStartTransaction": ACCEPTED,
    "RemoteStopTransaction": ACCEPTED,
    "RequestStartTransaction": ACCEPTED,
    "RequestStopTransaction": ACCEPTED,
    "SetChargingProfile": ACCEPTED,
    "TriggerMessage": ACCEPTED,
}


async def charges(box: RpcWallbox, house: House) -> None:
    """Go through a session of 1.6, asked for and ended by us."""
    charger = house.charger
    assert await box.told() == {"connected": "ocpp1.6"}
    maker = {"chargePointVendor": "Node", "chargePointModel": "Rpc"}
    booted = await box.says("BootNotification", **maker)
    assert booted["status"] == "Accepted"
    assert charger.identity.maker == "Node"
    status = {"connectorId": 1, "errorCode": "NoError"}
    await box.says("StatusNotification", status="Preparing", **status)

    await charger.remote_start(1, "CARD")
    asked = await box.was_asked("RemoteStartTransaction")
    assert asked == {"connectorId": 1, "idTag": "CARD"}
    allowed = await box.says("Authorize", idTag="CARD")
    assert allowed["idTagInfo"]["status"] == "Accepted"
    begins = {"connectorId": 1, "idTag": "CARD", "meterStart": 1000}
    begun = await box.says("StartTransaction", timestamp=_now(), **begins)
    running = {"transactionId": begun["transactionId"]}
    await box.says("StatusNotification", status="Charging", **status)
    assert charger.connector(1).status == "charging"

    await charger.set_limit(1, 10_000)
    profile = (await box.was_asked("SetChargingProfile"))["csChargingProfiles"]
    (period,) = profile["chargingSchedule"]["chargingSchedulePeriod"]
    assert period["limit"] == 10
    known = await charger.get_configuration()
    assert known["MeterValueSampleInterval"] == "60"
    values = [
        {"value": "1500", "measurand": "Energy.Active.Import.Register", "unit": "Wh"},
        {"value": "9.9", "measurand": "Current.Import", "phase": "L1", "unit": "A"},
    ]
    shown = [{"timestamp": _now(), "sampledValue": values}]
    await box.says("MeterValues", connectorId=1, meterValue=shown, **running)
    assert (charger.values[CURRENT], charger.values[ENERGY]) == (9.9, 1500)

    await charger.remote_stop(1)
    assert await box.was_asked("RemoteStopTransaction") == running
    ends = {"meterStop": 2000, "timestamp": _now(), "reason": "Remote"}
    stopped = await box.says("StopTransaction", **ends, **running)
    assert stopped.keys() <= {"idTagInfo"}
    assert "currentTime" in await box.says("Heartbeat")
    assert await box.hangs_up() == {"closed": 1000}
    recorded = await house.recorded()
    assert (recorded.wire_id, recorded.id_tag) == (begun["transactionId"], "CARD")
    assert recorded.energy_wh == 1000


@pytest.mark.parametrize(
    ("proof", "profile"),
    [({}, 0), ({"password": PASSWORD}, 1), ({"passwordHex": PASSWORD}, 1)],
    ids=["nothing", "text", "bytes"],
)
async def test_rpc_charges(
    proof: dict[str, str], profile: int, tmp_path: Path, socket_enabled: None
) -> None:
    """A session at profiles 0 and 1; its schemas find nothing wrong in what we send."""
    async with living(tmp_path) as house:
        guard = house.central.guard(IDENTITY)
        if profile:
            guard.add_password(PASSWORD)
        async with dialling(
            house.endpoint, IDENTITY, "ocpp1.6", answers=ANSWERS, **proof
        ) as box:
            await charges(box, house)
        assert (guard.proved, box.wrong) == (profile, [])


async def test_rpc_charges_encrypted(tmp_path: Path, socket_enabled: None) -> None:
    """A session at profile 2: it trusts our authority, and nobody without it."""
    made = authority.served(tmp_path, "one", ["127.0.0.1"], None)
    root = tmp_path / "root.pem"
    root.write_text(authority.root(tmp_path).pem)
    async with living(tmp_path, made.context) as house:
        guard = house.central.guard(IDENTITY)
        guard.add_password(PASSWORD)
        endpoint = house.endpoint.replace("ws:", "wss:")
        more = {"password": PASSWORD, "answers": ANSWERS}
        async with dialling(endpoint, IDENTITY, "ocpp1.6", **more) as box:
            assert "certificate" in (await box.told())["refused"]
        more["root"] = str(root)
        async with dialling(endpoint, IDENTITY, "ocpp1.6", **more) as box:
            await charges(box, house)
        assert (guard.proved, box.wrong) == (2, [])


async def test_rpc_is_refused(tmp_path: Path, socket_enabled: None) -> None:
    """A wrong password is a 401 for it, and an action that nobody knows an error."""
    async with living(tmp_path) as house:
        guard = house.central.guard(IDENTITY)
        guard.add_password(PASSWORD)
        guard.hold_to(1)
        wrong = {"password": "a wrong password"}
        async with dialling(house.endpoint, IDENTITY, "ocpp1.6", **wrong) as box:
            assert await box.told() == {"refused": "Unauthorized"}
        assert guard.proved is None
        right = {"password": PASSWORD}
        async with dialling(house.endpoint, IDENTITY, "ocpp1.6", **right) as box:
            assert await box.told() == {"connected": "ocpp1.6"}
            told = await box.tries("ClearCache")
            assert told == {"refused": "NotImplemented"}
            assert "currentTime" in await box.says("Heartbeat")
        assert box.wrong == []


async def test_rpc_charges_with_2_0_1(tmp_path: Path, socket_enabled: None) -> None:
    """Boot, card and the events of a transaction; its schemas find no fault."""
    name = "5f0d7f6e-rpc"
    card = {"idToken": "CARD", "type": "ISO14443"}
    evse = {"id": 1, "connectorId": 1}

    def event(kind: str, number: int, wh: int, state: str) -> dict[str, Any]:
        measured = [{"value": wh, "measurand": "Energy.Active.Import.Register"}]
        return {
            "eventType": kind,
            "timestamp": _now(),
            "triggerReason": "ChargingStateChanged",
            "seqNo": number,
            "transactionInfo": {"transactionId": name, "chargingState": state},
            "evse": evse,
            "meterValue": [{"timestamp": _now(), "sampledValue": measured}],
        }

    async with (
        living(tmp_path) as house,
        dialling(house.endpoint, IDENTITY, "ocpp2.0.1", answers=ANSWERS) as box,
    ):
        charger = house.charger
        assert await box.told() == {"connected": "ocpp2.0.1"}
        station = {"vendorName": "Node", "model": "Rpc"}
        boot = {"reason": "PowerUp", "chargingStation": station}
        assert (await box.says("BootNotification", **boot))["status"] == "Accepted"
        plug = {"connectorStatus": "Occupied", "evseId": 1, "connectorId": 1}
        await box.says("StatusNotification", timestamp=_now(), **plug)
        await charger.remote_start(1, "CARD")
        asked = await box.was_asked("RequestStartTransaction")
        assert (asked["evseId"], asked["idToken"]["idToken"]) == (1, "CARD")
        allowed = await box.says("Authorize", idToken=card)
        assert allowed["idTokenInfo"]["status"] == "Accepted"
        begins = event("Started", 0, 1000, "Charging")
        begun = await box.says("TransactionEvent", idToken=card, **begins)
        assert begun["idTokenInfo"]["status"] == "Accepted"
        assert charger.connector(1).status == "charging"

        await charger.set_limit(1, 10_000)
        asked = await box.was_asked("SetChargingProfile")
        (schedule,) = asked["chargingProfile"]["chargingSchedule"]
        (period,) = schedule["chargingSchedulePeriod"]
        assert (asked["evseId"], period["limit"]) == (1, 10)
        await box.says("TransactionEvent", **event("Updated", 1, 1500, "Charging"))
        assert charger.values[ENERGY] == 1500
        await charger.remote_stop(1)
        assert await box.was_asked("RequestStopTransaction") == {"transactionId": name}
        await box.says("TransactionEvent", **event("Ended", 2, 2000, "Idle"))
        assert await box.hangs_up() == {"closed": 1000}
        recorded = await house.recorded()
        assert (recorded.id_tag, recorded.energy_wh) == ("CARD", 1000)
        assert box.wrong == []
