"""A wallbox that somebody else has written: the client of the Python library `ocpp`."""

import asyncio
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import aiohttp
from ocpp.routing import on
from ocpp.v16 import ChargePoint, call, call_result
from ocpp.v16.enums import Action

from custom_components.meters_and_chargers.engine.devices.ocpp_charger import (
    Central,
    OcppCharger,
)
from custom_components.meters_and_chargers.engine.journal import Journal
from custom_components.meters_and_chargers.engine.model import Phase, Point, Quantity
from custom_components.meters_and_chargers.engine.protocols.ocpp import Server

IDENTITY = "FOREIGN"


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
    journal = await Journal.open(tmp_path / "journal.db")
    central = Central(lambda _: None)
    server = Server(central, "127.0.0.1", 0)
    charger = OcppCharger(IDENTITY, journal)
    await charger.load()
    central.accept(IDENTITY, charger)
    await server.start()
    address = f"ws://127.0.0.1:{server.port}/{IDENTITY}"
    async with (
        aiohttp.ClientSession() as client,
        client.ws_connect(address, protocols=("ocpp1.6",)) as socket,
    ):
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
        assert charger.values[Point(Quantity.CURRENT, Phase.L1, "1")] == 10.0
        assert charger.values[Point(Quantity.ENERGY_IMPORT, part="1")] == 1500

        ends = call.StopTransaction(
            meter_stop=2000, timestamp=_now(), transaction_id=transaction
        )
        await box.call(ends)
        serving.cancel()
        await asyncio.gather(serving, return_exceptions=True)
    (recorded,) = await journal.transactions(IDENTITY)
    assert (recorded.wire_id, recorded.energy_wh) == (transaction, 1000)
    await server.stop()
    await central.close()
    await journal.close()
