"""A simulated wallbox at a billing backend, through us: over sockets on both sides."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack
import json
from pathlib import Path
from typing import Any

from aiohttp import ClientSession
from ocpp.v16 import call
import pytest

from custom_components.meters_and_chargers.engine.billing import BilledWallbox
from custom_components.meters_and_chargers.engine.devices.ocpp_charger import (
    OWN_TAG,
    Gate,
    OcppCharger,
    Policy,
    Rules,
    Token,
)
from custom_components.meters_and_chargers.engine.gateway.charger import Settings
from custom_components.meters_and_chargers.engine.gateway.limits import Limiter
from custom_components.meters_and_chargers.engine.gateway.queue import STOP
from custom_components.meters_and_chargers.engine.gateway.virtual import VirtualPoint
from custom_components.meters_and_chargers.engine.protocols.ocpp import Call
from custom_components.meters_and_chargers.engine.protocols.ocpp.client import (
    Backend as Address,
)
from custom_components.meters_and_chargers.engine.protocols.ocpp.client import dial
from simulators.backend import Backend
from simulators.charge_point import ChargePoint
from simulators.house import House
from tests.ocpp_here import CARD, IDENTITY, NAME, known_here, live_until


@pytest.fixture(autouse=True)
def auto_enable_custom_integrations(socket_enabled: None) -> None:
    """Start no Home Assistant here."""


class Street:
    """A wallbox, what we know of it, and the backend that bills it."""

    def __init__(
        self,
        wallbox: ChargePoint,
        charger: OcppCharger,
        point: VirtualPoint,
        backend: Backend,
    ) -> None:
        """Hold what a test looks at."""
        self.wallbox, self.charger = wallbox, charger
        self.point, self.backend = point, backend

    async def until(self, what: str, check: Callable[[], object]) -> None:
        """Live until something holds."""
        await live_until(self.wallbox, what, check)

    async def charge(self, card: str = CARD) -> None:
        """Let a car charge by a card."""
        self.wallbox.present_tag(card)
        await self.until("a transaction", lambda: self.wallbox.transaction is not None)

    async def empty(self) -> None:
        """Wait until the backend has all."""
        await self.until("empty", lambda: self.point.queue.standing.length == 0)

    async def ask(self, request: Any) -> Any:
        """Ask as the backend."""
        return await self.backend.ask(IDENTITY, request)


@pytest.fixture
def gate() -> Gate:
    """Return who may charge: everybody."""
    return Gate()


@pytest.fixture
async def street(tmp_path: Path, gate: Gate) -> AsyncIterator[Street]:
    """Return a wallbox that is connected here, and we at a backend."""
    async with AsyncExitStack() as stack:
        http = await stack.enter_async_context(ClientSession())
        backend = Backend()
        await backend.start()
        stack.push_async_callback(backend.stop)
        here = await known_here(stack, tmp_path, gate)
        billed = BilledWallbox(here.charger)
        address = Address(url=backend.url, identity=IDENTITY)
        point = VirtualPoint(
            NAME,
            here.journal,
            billed,
            lambda: dial(http, address),
            pauses_s=(0.02, 0.08),
            again_s=0.02,
        )
        await point.load()
        billed.join(point)
        point.start()
        stack.push_async_callback(point.close)
        stack.callback(billed.leave)
        house = House("clear", 12 * 3600)
        wallbox = ChargePoint(
            house,
            house.cars[0],
            here.url,
            NAME,
            redial_s=(0.1, 0.2),
        )
        await wallbox.start()
        stack.push_async_callback(wallbox.stop)
        found = Street(wallbox, here.charger, point, backend)
        await found.until("boot", lambda: wallbox.ready)
        await found.until("backend", lambda: point.uplink.line.connected)
        yield found


async def test_a_session_is_billed(street: Street) -> None:
    """The backend hears of it under its own number, in the wallbox's own words."""
    await street.charge()
    await street.until("values", lambda: street.backend.frames("MeterValues"))
    street.wallbox.present_tag(CARD)
    await street.until("its end", lambda: street.backend.frames(STOP))
    await street.empty()
    [booked] = street.backend.booked
    assert booked.start["id_tag"] == CARD
    assert len(booked.stops) == 1
    [known] = await street.charger._station.journal.transactions(NAME)
    assert booked.number != known.id
    told = json.loads(street.backend.frames(STOP)[0])[3]
    assert told["meterStop"] == known.meter_stop_wh
    await street.until("told", lambda: street.backend.statuses[1] == "Finishing")


async def test_the_backends_limit_and_the_local_one_both_hold(street: Street) -> None:
    """The wallbox offers the lower of both, whoever changes his; each can pause."""
    await street.charge()
    await street.until("charging", lambda: street.wallbox.offered_a == 16)
    await street.empty()

    async def limit(amperes: float) -> None:
        profile = {
            "chargingProfileId": 5,
            "stackLevel": 0,
            "chargingProfilePurpose": "TxDefaultProfile",
            "chargingProfileKind": "Relative",
            "chargingSchedule": {
                "chargingRateUnit": "A",
                "chargingSchedulePeriod": [{"startPeriod": 0, "limit": amperes}],
            },
        }
        answer = await street.ask(call.SetChargingProfile(1, profile))
        assert answer.status == "Accepted"

    async def local(value_ma: int) -> None:
        task = asyncio.ensure_future(street.charger.set_limit(1, value_ma))
        await street.until("a limit", task.done)
        await task

    await limit(10)
    await street.until("10 A", lambda: street.wallbox.offered_a == 10)
    assert street.point.limit(1).by is Limiter.BACKEND
    await local(8_000)
    await street.until("8 A", lambda: street.wallbox.offered_a == 8)
    assert street.point.limit(1).by is Limiter.LOCAL
    await local(14_000)
    await street.until("10 A again", lambda: street.wallbox.offered_a == 10)
    await limit(0)
    await street.until("a pause", lambda: street.wallbox.offered_a == 0)
    await street.ask(call.ClearChargingProfile())
    await street.until("14 A", lambda: street.wallbox.offered_a == 14)
    # Only our own limit ever lay in the wallbox.
    assert {
        kept.profile["charging_profile_id"] for kept in street.wallbox.profiles.kept
    } == {1}


async def test_the_backend_starts_and_stops(street: Street) -> None:
    """By its card, which it need not be asked for; and ends it by its number."""
    answer = await street.ask(call.RemoteStartTransaction("REMOTE", 1))
    assert answer.status == "Accepted"
    await street.until("a start", lambda: street.backend.booked)
    await street.empty()
    [booked] = street.backend.booked
    assert booked.start["id_tag"] == "REMOTE"
    answer = await street.ask(call.RemoteStopTransaction(booked.number))
    assert answer.status == "Accepted"
    await street.until("its end", lambda: booked.stops)


async def test_a_card_that_the_backend_refuses_does_not_charge(street: Street) -> None:
    """What it says to a card is what the wallbox hears."""
    street.backend.refused_tags = {"LOST"}
    street.wallbox.present_tag("LOST")
    await street.until("asked", lambda: street.backend.frames("Authorize"))
    for _ in range(20):
        street.wallbox.house.step()
        await asyncio.sleep(0.01)
    assert street.wallbox.transaction is None
    assert not street.backend.booked


async def test_charging_goes_on_while_the_backend_is_away(street: Street) -> None:
    """All of it arrives when the backend is back, each once."""
    await street.backend.stop()
    await street.until("away", lambda: not street.point.uplink.line.connected)
    street.point.use(Settings(offline=street.point._settings.offline.ALL))
    await street.charge()
    await street.until("charging", lambda: street.wallbox.offered_a == 16)
    street.wallbox.present_tag(CARD)
    await street.until("its end", lambda: street.wallbox.transaction is None)
    await street.until("kept", lambda: street.point.queue.standing.length >= 2)
    await street.backend.start()
    await street.empty()
    [booked] = street.backend.booked
    assert (booked.starts, len(booked.stops)) == (1, 1)


async def test_what_we_start_ourselves_is_told_by_the_fixed_card(
    street: Street,
) -> None:
    """A start by Home Assistant has no card: it is billed to the chosen one."""
    street.point.use(Settings(fixed_tag="FIXED"))
    await street.charger.remote_start(1)
    await street.until("a start", lambda: street.backend.booked)
    assert street.backend.booked[0].start["id_tag"] == "FIXED"
    assert not any(OWN_TAG in text for text in street.backend.took)


async def test_a_card_that_is_blocked_here_is_not_asked_for(
    street: Street, gate: Gate
) -> None:
    """Both have to accept: neither a held card nor a remote start gets around ours."""
    blocked = Token(tag=CARD, label="Old card", blocked=True)
    gate.take(Rules(tokens=(blocked,), policy=Policy.EVERYBODY))
    street.wallbox.present_tag(CARD)
    answer = await street.ask(call.RemoteStartTransaction(CARD, 1))
    assert answer.status == "Rejected"
    assert street.wallbox.transaction is None
    assert not street.backend.frames("Authorize")
    assert street.point._charger.knows(CARD) is False


async def test_signed_values_and_data_arrive_to_the_letter(street: Street) -> None:
    """What a meter signs, and a terminal says, is passed on as the text it came in."""
    await street.charge()
    await street.until("a start", lambda: street.backend.booked)
    await street.empty()
    session = street.charger.connector(1).transaction
    number = street.backend.booked[0].number
    said = (
        f'{{"transactionId": {session},  "connectorId":1,"meterValue":[{{"timestamp":'
        '"2026-06-01T12:00:00.10Z","sampledValue":[{"format":"SignedData","value":'
        '"OCMF|{\\"RV\\":1.100}|{\\"SD\\":\\"3045\\"}","unit":"Wh"}]}]}'
    )
    paid = '{ "vendorId":"giro-e","data":"{\\"amount\\":1.10}"}'
    link = street.charger.link
    assert link is not None
    for action, text in (("MeterValues", said), ("DataTransfer", paid)):
        raw = f'[2,"1","{action}",{text}]'
        await street.charger.called(link, Call(action, json.loads(text), raw))
    await street.empty()
    sent = said.replace(f": {session},", f": {number},", 1)
    assert any(text.endswith(f",{sent}]") for text in street.backend.took)
    assert street.backend.frames("DataTransfer")[0].endswith(f",{paid}]")
