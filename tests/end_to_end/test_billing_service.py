"""A real Home Assistant steers a wallbox that a billing service bills."""

from collections import Counter
import json
from pathlib import Path
from typing import Any

from ocpp.v16 import call
import pytest
from test_ocpp_restart import NEWEST, PATIENCE_S, eventually, let_in, living

from simulators.backend import Backend
from simulators.charge_point import ChargePoint
from simulators.hass import DOMAIN, HomeAssistant, free_port, wait_until
from simulators.house import House
from simulators.ksem import Ksem

CARD, CLIENT = "04AABBCC", "CP-77"
CONNECTED = "binary_sensor.carport_billing_service_connected"
QUEUE = "sensor.carport_messages_waiting"
ONCE = ("StartTransaction", "MeterValues", "StopTransaction")

pytestmark = pytest.mark.end_to_end


async def shows(home: HomeAssistant, entity_id: str, wanted: str) -> None:
    """Wait until a state is shown."""

    async def look() -> bool:
        state = await home.state(entity_id)
        return state is not None and state["state"] == wanted

    await wait_until(f"{entity_id} shows {wanted}", look, PATIENCE_S)


async def waits(home: HomeAssistant) -> bool:
    """Say whether something waits for the service."""
    state = await home.state(QUEUE)
    return state is not None and state["state"].isdecimal() and state["state"] != "0"


def limited_to(amperes: float) -> Any:
    """Return a limit by the billing service."""
    return call.SetChargingProfile(
        1,
        {
            "chargingProfileId": 1,
            "stackLevel": 0,
            "chargingProfilePurpose": "TxDefaultProfile",
            "chargingProfileKind": "Relative",
            "chargingSchedule": {
                "chargingRateUnit": "A",
                "chargingSchedulePeriod": [{"startPeriod": 0, "limit": amperes}],
            },
        },
    )


async def set_up(
    home: HomeAssistant, wallbox: ChargePoint, meter: Ksem, port: int, url: str
) -> None:
    """Set up meter, server, wallbox, its billing service, and a site that is fast."""
    await let_in(home, wallbox, port, "available")
    address = {"host": meter.host, "more": {"port": meter.port, "unit_id": 1}}
    await home.flow(DOMAIN, {"next_step_id": "ksem"}, address, {"name": "Meter"})
    entries = {one["title"]: one["entry_id"] for one in await home.entries()}
    server = next(key for name, key in entries.items() if "OCPP" in name)
    rules = {"policy": "known", "offline": "unchanged", "local_list": False}
    await home.options_flow(server, {"next_step_id": "who_may_charge"}, rules)
    service = {"url": url, "client_id": CLIENT}
    billing = {"next_step_id": "billing"}
    seen = {"billing_mode": "virtual"}
    await home.options_flow(entries["Carport"], billing, seen, service, {})
    # Its entry is loaded anew meanwhile, and a site offers only who is there.
    await shows(home, CONNECTED, "on")
    site = await home.flow(
        DOMAIN,
        {"next_step_id": "site"},
        {"name": "House", "grid_meter": "ksem_72345678", "fuse_current": 63},
        {"sign": "yes"},
    )
    await home.subentry_flow(
        site["result"]["entry_id"],
        "charger",
        {"charger": "ocpp_charger_CARPORT1", "mode": "fast"},
    )


async def charge(
    home: HomeAssistant, wallbox: ChargePoint, house: House, backend: Backend
) -> None:
    """Let the service begin a session, and limit it below what the site wants."""
    house.cars[0].connected = True
    await eventually("a car", lambda: backend.statuses.get(1) == "Preparing")
    answer = await backend.ask(CLIENT, call.RemoteStartTransaction(CARD, 1))
    assert answer.status == "Accepted"
    await eventually("a session", lambda: bool(backend.booked))
    await eventually("all there is", lambda: wallbox.offered_a == 16)
    answer = await backend.ask(CLIENT, limited_to(9))
    assert answer.status == "Accepted"
    await eventually("its limit", lambda: wallbox.offered_a == 9)
    await shows(home, "sensor.carport_reason", "backend_limit")
    await shows(home, "sensor.carport_what_limits", "backend")
    asks = call.ChangeConfiguration("MeterValueSampleInterval", "2")
    await backend.ask(CLIENT, asks)
    await eventually("values", lambda: len(backend.booked[0].values) > 1)


def judge(backend: Backend) -> None:
    """Compare the service's books with what came: all of it, in one piece, once."""
    (booked,) = backend.booked
    assert booked.start["id_tag"] == CARD
    assert (booked.starts, len(booked.stops)) == (1, 1)
    assert not backend.strays
    frames = [frame for frame in map(json.loads, backend.took) if frame[0] == 2]
    ids = Counter((frame[1], frame[2]) for frame in frames if frame[2] in ONCE)
    assert {action for _, action in ids} == set(ONCE)
    assert set(ids.values()) == {1}


@pytest.mark.usefixtures("socket_enabled")
async def test_billed_elsewhere_and_steered_here(tmp_path: Path) -> None:
    """The service starts and limits a session; each message arrives once, whatever."""
    house = House("clear", 12 * 3600)
    house.cars[0].connected = False
    port = free_port(0)
    wallbox = ChargePoint(
        house, house.cars[0], f"ws://127.0.0.1:{port}", "CARPORT1", redial_s=(0.5, 1)
    )
    home, meter, backend = HomeAssistant(tmp_path, NEWEST), Ksem(house), Backend()
    await backend.start()
    await meter.start()
    async with living(house):
        try:
            async with home:
                await set_up(home, wallbox, meter, port, backend.url)
                await charge(home, wallbox, house, backend)
                assert home.problems() == []
                await backend.stop()
                await shows(home, CONNECTED, "off")

            house.cars[0].connected = False
            await eventually("an end", lambda: not wallbox.transaction)
            async with home:
                await shows(home, "sensor.carport_status", "available")
                await shows(home, CONNECTED, "off")
                await wait_until("the end waits", lambda: waits(home), PATIENCE_S)
                await backend.start()
                entity = {"entity_id": CONNECTED}
                await home.call(DOMAIN, "flush_backend_queue", entity)
                await shows(home, QUEUE, "0")
                await shows(home, CONNECTED, "on")
                assert home.problems() == []
        finally:
            await wallbox.stop()
            await meter.stop()
            await backend.stop()
    judge(backend)
