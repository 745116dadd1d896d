"""A simulated wallbox that its backend sees itself, and that we steer as well."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack, asynccontextmanager
import json
from pathlib import Path
from typing import Any

from aiohttp import ClientSession, ClientWebSocketResponse
from ocpp.v16 import call
import pytest

from custom_components.meters_and_chargers.engine.billing import RelayedWallbox
from custom_components.meters_and_chargers.engine.devices.ocpp_charger import (
    OcppCharger,
)
from custom_components.meters_and_chargers.engine.gateway.limits import Limiter
from custom_components.meters_and_chargers.engine.gateway.relay import Relay
from custom_components.meters_and_chargers.engine.protocols.ocpp import Version
from custom_components.meters_and_chargers.engine.protocols.ocpp.client import (
    Backend as Address,
)
from custom_components.meters_and_chargers.engine.protocols.ocpp.client import dial
from simulators.backend import Backend
from simulators.charge_point import ChargePoint
from simulators.charge_point_2 import ChargePoint2
from simulators.house import House
from tests.ocpp_here import CARD, IDENTITY, NAME, known_here, live_until
from tests.raw_ocpp import RawBackend


@pytest.fixture(autouse=True)
def auto_enable_custom_integrations(socket_enabled: None) -> None:
    """Start no Home Assistant here."""


class Street[Far: (Backend, RawBackend)]:
    """A wallbox, what we know of it, and the backend that sees it."""

    def __init__(
        self,
        wallbox: ChargePoint,
        charger: OcppCharger,
        relay: Relay,
        relayed: RelayedWallbox,
        backend: Far,
    ) -> None:
        """Hold what a test looks at."""
        self.wallbox, self.charger, self.backend = wallbox, charger, backend
        self.relay, self.relayed = relay, relayed

    async def until(self, what: str, check: Callable[[], object]) -> None:
        """Live until something holds."""
        await live_until(self.wallbox, what, check)

    async def charge(self) -> None:
        """Let a car charge by a card."""
        self.wallbox.present_tag(CARD)
        await self.until("a transaction", lambda: self.wallbox.transaction is not None)
        await self.until("known", lambda: self.charger.connector(1).session is not None)

    async def want(self, value_ma: int) -> None:
        """Set a limit here."""
        task = asyncio.ensure_future(self.charger.set_limit(1, value_ma))
        await self.until("a limit", task.done)
        await task

    async def offers(self, amperes: float) -> None:
        """Wait until the car is offered so much."""
        await self.until(
            f"{amperes} A", lambda: self.wallbox.offered_a == pytest.approx(amperes)
        )


@asynccontextmanager
async def a_street[Far: (Backend, RawBackend)](
    folder: Path, backend: Far, kind: type[ChargePoint] = ChargePoint
) -> AsyncIterator[Street[Far]]:
    """Return a wallbox whose frames pass to a backend."""
    async with AsyncExitStack() as stack:
        http = await stack.enter_async_context(ClientSession())
        await backend.start()
        stack.push_async_callback(backend.stop)
        here = await known_here(stack, folder)

        async def by(version: Version) -> ClientWebSocketResponse:
            address = Address(url=backend.url, identity=IDENTITY)
            return await dial(http, address, f"ocpp{version}")

        relayed = RelayedWallbox(here.charger, here.journal)
        await relayed.load()
        relayed.join()
        stack.push_async_callback(relayed.leave)
        relay = Relay(NAME, relayed, by, pauses_s=(0.02, 0.08))
        stack.push_async_callback(relay.close)
        await here.central.lead(NAME, relay)
        house = House("clear", 12 * 3600)
        wallbox = kind(house, house.cars[0], here.url, NAME, redial_s=(0.1, 0.2))
        await wallbox.start()
        stack.push_async_callback(wallbox.stop)
        found = Street(wallbox, here.charger, relay, relayed, backend)
        await found.until("boot", lambda: wallbox.ready)
        await found.until("backend", lambda: relay.line.connected)
        yield found


@pytest.fixture
async def street(tmp_path: Path) -> AsyncIterator[Street[Backend]]:
    """Return a wallbox of OCPP 1.6 at the backend of the `ocpp` library."""
    async with a_street(tmp_path, Backend()) as street:
        yield street


def profile(
    amperes: float, purpose: str = "TxDefaultProfile", **changes: Any
) -> dict[str, Any]:
    """Return a charging profile of the backend."""
    return {
        "chargingProfileId": 1,
        "stackLevel": 0,
        "chargingProfilePurpose": purpose,
        "chargingProfileKind": "Relative",
        "chargingSchedule": {
            "chargingRateUnit": "A",
            "chargingSchedulePeriod": [{"startPeriod": 0, "limit": amperes}],
        },
        **changes,
    }


async def test_the_wallbox_has_the_backends_number(street: Street[Backend]) -> None:
    """We know the transaction by it as well, and can end it; the books agree."""
    await street.charge()
    [booked] = street.backend.booked
    running = street.wallbox.transaction
    assert running is not None
    await street.until("a number", lambda: running.number == booked.number)
    assert street.charger.connector(1).transaction == booked.number
    await street.until("values", lambda: booked.values)
    await street.until(
        "known values", lambda: (street.charger.connector(1).measured_at or 0) > 0
    )
    ending = asyncio.ensure_future(street.charger.remote_stop(1))
    await street.until("its end", lambda: booked.stops)
    await ending
    [known] = await street.charger._station.journal.transactions(NAME)
    assert known.wire_id == booked.number
    assert known.meter_stop_wh == booked.stops[0]["meter_stop"]
    # What we asked was answered to us alone.
    assert not any('"status":"Accepted"' in text for text in street.backend.took)


async def test_both_limits_hold_whoever_comes_last(street: Street[Backend]) -> None:
    """A transaction's own profile of the backend, its maximum, and ours: the lowest."""
    ask = street.backend.ask
    await street.charge()
    await street.offers(16)
    await street.want(10_000)
    await street.offers(10)
    number = street.backend.booked[0].number
    own = profile(16, "TxProfile", stackLevel=8, transactionId=number)
    assert (await ask(IDENTITY, call.SetChargingProfile(1, own))).status == "Accepted"
    await street.offers(10)
    own["chargingSchedule"]["chargingSchedulePeriod"][0]["limit"] = 7.0
    assert (await ask(IDENTITY, call.SetChargingProfile(1, own))).status == "Accepted"
    await street.offers(7)
    await street.until("7 A", lambda: street.relayed.limit(1).current_ma == 7000)
    assert street.relayed.limit(1).by is Limiter.BACKEND
    await street.want(6_000)
    await street.offers(6)
    await street.want(14_000)
    await street.offers(7)
    most = profile(9, "ChargePointMaxProfile", chargingProfileId=2, stackLevel=8)
    assert (await ask(IDENTITY, call.SetChargingProfile(0, most))).status == "Accepted"
    await street.offers(7)
    await ask(IDENTITY, call.ClearChargingProfile(id=1))
    await street.offers(9)
    await street.want(8_000)
    await street.offers(8)


async def test_what_the_backend_clears_is_its_own(street: Street[Backend]) -> None:
    """It may clear all, and put its own in the place of ours: ours comes again."""
    ask = street.backend.ask
    await street.charge()
    await street.want(10_000)
    await street.offers(10)
    assert (await ask(IDENTITY, call.ClearChargingProfile())).status == "Accepted"
    await street.until("ours", lambda: street.wallbox.profiles.kept)
    await street.offers(10)
    [ours] = street.wallbox.profiles.kept
    level, purpose = ours.profile["stack_level"], ours.purpose
    said = profile(13, purpose, stackLevel=level)
    asked = call.SetChargingProfile(ours.connector, said)
    assert (await ask(IDENTITY, asked)).status == "Accepted"
    await street.until(
        "ours again",
        lambda: (
            [
                kept.profile["charging_profile_id"]
                for kept in street.wallbox.profiles.kept
            ]
            == [ours.profile["charging_profile_id"]]
        ),
    )
    await street.offers(10)
    await street.want(16_000)
    await street.offers(13)


async def test_without_a_wish_of_ours_the_backend_is_obeyed_alone(
    street: Street[Backend],
) -> None:
    """Nothing of ours is put beside its profiles as long as nobody asks for less."""
    await street.charge()
    asked = call.SetChargingProfile(1, profile(9))
    await street.backend.ask(IDENTITY, asked)
    await street.offers(9)
    assert len(street.wallbox.profiles.kept) == 1
    assert street.relayed.limit(1).current_ma == 9000


async def test_the_backend_starts_with_a_profile(street: Street[Backend]) -> None:
    """It holds for the transaction that begins, with ours, and ends with it."""
    own = profile(9, "TxProfile")
    request = call.RemoteStartTransaction("REMOTE", 1, own)
    answer = await street.backend.ask(IDENTITY, request)
    assert answer.status == "Accepted"
    await street.until("a start", lambda: street.backend.booked)
    await street.offers(9)
    await street.until("9 A", lambda: street.relayed.limit(1).current_ma == 9000)
    await street.want(16_000)
    await street.offers(9)
    number = street.backend.booked[0].number
    await street.backend.ask(IDENTITY, call.RemoteStopTransaction(number))
    await street.until("its end", lambda: street.backend.booked[0].stops)
    await street.until("16 A", lambda: street.relayed.limit(1).current_ma == 16000)


async def test_the_wallbox_keeps_what_the_backend_misses(
    street: Street[Backend],
) -> None:
    """Away, it closes the wallbox, which charges on and tells all of it later, once."""
    await street.charge()
    await street.offers(16)
    await street.backend.stop()
    await street.until("closed", lambda: not street.charger.online)
    street.wallbox._card(CARD)
    await street.until("its end", lambda: street.wallbox.transaction is None)
    await street.backend.start()
    await street.until("told", lambda: street.backend.booked[0].stops)
    [booked] = street.backend.booked
    assert (booked.starts, len(booked.stops)) == (1, 1)
    await street.until("known", lambda: street.charger.connector(1).session is None)


async def test_our_profile_is_taken_back_alone(street: Street[Backend]) -> None:
    """What we leave the wallbox with has none of ours, and all of the backend's."""
    await street.charge()
    await street.backend.ask(IDENTITY, call.SetChargingProfile(1, profile(12)))
    await street.want(10_000)
    await street.offers(10)
    releasing = asyncio.ensure_future(street.charger.release())
    await street.until("released", releasing.done)
    await releasing
    await street.offers(12)
    [kept] = street.wallbox.profiles.kept
    assert kept.profile["charging_profile_id"] == 1


async def test_profiles_of_the_backend_outlive_a_restart(
    street: Street[Backend],
) -> None:
    """They lie in the wallbox, and we know of them again."""
    await street.backend.ask(IDENTITY, call.SetChargingProfile(1, profile(9)))
    await street.until("known", lambda: street.relayed.limit(1).current_ma == 9000)
    journal = street.charger._station.journal

    async def kept() -> str:
        return (await journal.facts(NAME)).get("relay", "")

    async with asyncio.timeout(60):
        while "TxDefaultProfile" not in await kept():  # noqa: ASYNC110  # of a file
            await asyncio.sleep(0.01)
    anew = RelayedWallbox(street.charger, journal)
    await anew.load()
    assert anew.limit(1).current_ma == 9000


def _answer_201(text: str) -> str | None:
    kind, number, *rest = json.loads(text)
    if kind != 2:
        return None
    found: dict[str, object] = {}
    match rest[0]:
        case "BootNotification" | "Heartbeat":
            found = {
                "status": "Accepted",
                "currentTime": "2026-06-01T12:00:00Z",
                "interval": 300,
            }
            if rest[0] == "Heartbeat":
                found = {"currentTime": "2026-06-01T12:00:00Z"}
        case "Authorize":
            found = {"idTokenInfo": {"status": "Accepted"}}
        case "TransactionEvent" if "idToken" in rest[1]:
            found = {"idTokenInfo": {"status": "Accepted"}}
    return json.dumps([3, number, found])


async def test_a_wallbox_of_ocpp_2_obeys_both_as_well(tmp_path: Path) -> None:
    """Its own words pass; its profiles are followed, our reports stay here."""
    backend = RawBackend("ocpp2.0.1")
    backend.answer = _answer_201
    async with a_street(tmp_path, backend, ChargePoint2) as street:
        await street.charge()
        await street.want(12_000)
        await street.offers(12)
        assert any('"TransactionEvent"' in text for text in backend.took)
        schedule = {
            "id": 1,
            "chargingRateUnit": "A",
            "chargingSchedulePeriod": [{"startPeriod": 0, "limit": 8.0}],
        }
        said = {
            "id": 1,
            "stackLevel": 0,
            "chargingProfilePurpose": "TxDefaultProfile",
            "chargingProfileKind": "Relative",
            "chargingSchedule": [schedule],
        }
        asked = json.dumps(
            [2, "s", "SetChargingProfile", {"evseId": 1, "chargingProfile": said}]
        )
        await backend.send(asked)
        await street.offers(8)
        await street.until("8 A", lambda: street.relayed.limit(1).current_ma == 8000)
        criteria = {"chargingProfilePurpose": "TxDefaultProfile", "evseId": 1}
        cleared = {"chargingProfileCriteria": criteria}
        await backend.send(json.dumps([2, "c", "ClearChargingProfile", cleared]))
        await street.offers(12)
        dialect = street.charger.dialect
        assert dialect is not None
        await street.until("a report", lambda: dialect.variables.known)
        assert not any('"NotifyReport"' in text for text in backend.took)
        answers = [text for text in backend.took if text.startswith("[3")]
        assert {json.loads(text)[1] for text in answers} == {"s", "c"}
