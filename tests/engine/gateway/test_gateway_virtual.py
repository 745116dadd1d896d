"""A charger shown to a backend as a charge point: over sockets, both ways."""

import asyncio
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
import json
from pathlib import Path
from typing import Any

from aiohttp import ClientSession
from ocpp.v16 import call
import pytest

from custom_components.meters_and_chargers.engine.gateway import virtual
from custom_components.meters_and_chargers.engine.gateway.charger import (
    Offline,
    Settings,
    Started,
)
from custom_components.meters_and_chargers.engine.gateway.limits import (
    Bounds,
    Effective,
    Limiter,
    effective,
)
from custom_components.meters_and_chargers.engine.gateway.profiles import Allowed
from custom_components.meters_and_chargers.engine.gateway.queue import (
    METER,
    START,
    STOP,
)
from custom_components.meters_and_chargers.engine.gateway.virtual import VirtualPoint
from custom_components.meters_and_chargers.engine.journal import Journal
from custom_components.meters_and_chargers.engine.model import Unreachable
from custom_components.meters_and_chargers.engine.protocols.ocpp import (
    CallError,
    Payload,
    Verbatim,
)
from custom_components.meters_and_chargers.engine.protocols.ocpp.client import (
    Backend as Address,
)
from custom_components.meters_and_chargers.engine.protocols.ocpp.client import (
    Failure,
    dial,
)
from simulators.backend import Backend

IDENTITY = "BILLED1"
CARD = "04AABBCC"
OCMF = 'OCMF|{"FV":"1.0","RD":[{"RV":1.100,"RU":"kWh"}]}|{"SD":"30450221"}'


class Box:
    """A charger with one connector that notes what it is told."""

    def __init__(self) -> None:
        """Allow what the hardware can."""
        self.connectors = 1
        self.aligns = self.reserves = False
        self.local_ma: int | None = None
        self.status = "Available"
        self.known = {CARD}
        self.begins = True
        self.obeyed = 0
        self.begun: list[tuple[int | None, str]] = []
        self.ended: list[tuple[int, str]] = []
        self.measured: list[int | None] = []
        self.passed: list[tuple[str, str]] = []
        self.answer: Payload | Exception = {"status": "Accepted"}

    def boot(self) -> Payload:
        """Say what it is."""
        return {"chargePointVendor": "Maker", "chargePointModel": "Box"}

    def statuses(self) -> Mapping[int, str]:
        """Say how it stands."""
        return {
            number: f'{{"connectorId":{number}, "errorCode":"NoError",'
            f'"status":"{self.status}","timestamp":"2026-06-01T12:00:00.500Z"}}'
            for number in (0, 1)
        }

    def bounds(self, connector: int) -> Bounds:
        """Return what bounds its only connector."""
        assert connector == 1
        return Bounds(hardware_ma=32_000, local_ma=self.local_ma)

    def obey(self) -> None:
        """Count."""
        self.obeyed += 1

    def knows(self, tag: str) -> bool:
        """Know one card."""
        return tag in self.known

    async def begin(self, connector: int | None, tag: str) -> bool:
        """Note."""
        self.begun.append((connector, tag))
        return self.begins

    async def end(self, session: int, reason: str) -> bool:
        """Note."""
        self.ended.append((session, reason))
        return self.begins

    async def measure(self, connector: int | None) -> bool:
        """Note."""
        self.measured.append(connector)
        return True

    async def pass_on(self, action: str, text: str) -> Payload:
        """Note, and answer as it is told to."""
        self.passed.append((action, text))
        if isinstance(self.answer, Exception):
            raise self.answer
        return self.answer


class House:
    """A virtual charge point with its charger."""

    def __init__(self, journal: Journal, http: ClientSession, backend: Backend) -> None:
        """Show a box to a backend."""
        self.box = Box()
        address = Address(url=backend.url, identity=IDENTITY)
        self.point = VirtualPoint(
            "GARAGE",
            journal,
            self.box,
            lambda: dial(http, address),
            pauses_s=(0.02, 0.08),
            again_s=0.02,
        )
        self.backend = backend

    async def start(self) -> None:
        """Connect."""
        await self.point.load()
        self.point.start()

    async def online(self) -> None:
        """Wait for the line, and until all was told."""
        await until(lambda: self.point.uplink.line.connected)
        await until(lambda: len(self.backend.statuses) == 2)

    async def begin(self, session: int = 7, tag: str = CARD, at_s: int = 0) -> None:
        """Let a transaction begin."""
        text = (
            f'{{"connectorId":1,"idTag":"{tag}", "meterStart":{session * 1000},'
            '"timestamp":"2026-06-01T12:00:00Z"}'
        )
        at_s = at_s or int(datetime.now(UTC).timestamp())
        await self.point.begun(
            Started(session=session, connector=1, text=text, at_s=at_s, tag=tag)
        )

    async def measure(self, value: str, session: int = 7, context: str = "") -> None:
        """Let it say meter values."""
        own = f',"context":"{context}"' if context else ""
        await self.point.measured(
            1,
            session,
            f'{{"connectorId":1,"transactionId":{session},"meterValue":[{{"timestamp":'
            f'"2026-06-01T12:00:00Z","sampledValue":[{{"value":"{value}"{own}}}]}}]}}',
        )

    async def end(self, session: int = 7) -> str:
        """Let the transaction end, with what the meter has signed; returns its text."""
        signed = json.dumps(OCMF)
        text = (
            f'{{"transactionId":{session},"meterStop":9000, "timestamp":'
            '"2026-06-01T13:00:00Z","transactionData":[{"timestamp":'
            '"2026-06-01T13:00:00.10Z","sampledValue":[{"format":"SignedData",'
            f'"context":"Transaction.End","value":{signed}}}]}}]}}'
        )
        await self.point.ended(session, text)
        return text

    async def empty(self) -> None:
        """Wait until nothing waits."""
        await until(lambda: self.point.queue.standing.length == 0)

    async def ask(self, request: Any) -> Any:
        """Ask as the backend."""
        return await self.backend.ask(IDENTITY, request)


async def until(true: Callable[[], object]) -> None:
    """Wait until something is so."""
    async with asyncio.timeout(60):
        while not true():  # noqa: ASYNC110  # of anything
            await asyncio.sleep(0.005)


@pytest.fixture
async def house(
    journal: Journal, http: ClientSession, backend: Backend
) -> AsyncIterator[House]:
    """Return a virtual charge point that is connected."""
    house = House(journal, http, backend)
    await house.start()
    await house.online()
    yield house
    await house.point.close()


def profile(limit: float, purpose: str = "TxProfile", **changes: Any) -> dict[str, Any]:
    """Return a charging profile of a backend."""
    return {
        "chargingProfileId": 1,
        "stackLevel": 0,
        "chargingProfilePurpose": purpose,
        "chargingProfileKind": "Relative",
        "chargingSchedule": {
            "chargingRateUnit": "A",
            "chargingSchedulePeriod": [{"startPeriod": 0, "limit": limit}],
        },
        **changes,
    }


async def test_a_transaction_is_told_under_the_backends_number(house: House) -> None:
    """Boot, statuses, beginning, values and end arrive; signed texts to the letter."""
    backend = house.backend
    assert backend.boots[0]["charge_point_vendor"] == "Maker"
    assert backend.statuses == {0: "Available", 1: "Available"}
    await house.begin()
    await house.measure("1.10")
    ended = await house.end()
    await house.empty()
    [booked] = backend.booked
    assert booked.start["id_tag"] == CARD
    sent = backend.frames(STOP)[0]
    assert sent.endswith(ended.replace(":7,", f":{booked.number},", 1) + "]")
    assert len(booked.values) == len(booked.stops) == 1


async def test_what_happens_while_the_backend_is_away_arrives_later(
    house: House,
) -> None:
    """Charging goes on; all of it is told afterwards, in order, under its number."""
    await house.backend.stop()
    await until(lambda: not house.point.uplink.line.connected)
    await house.begin()
    for number in range(3):
        await house.measure(f"{number}", context="Transaction.Begin")
    await house.end()
    await house.begin(8)
    assert house.point.queue.standing.length == 6
    await house.backend.start()
    await house.empty()
    first, second = house.backend.booked
    assert [len(first.values), len(first.stops), len(second.stops)] == [3, 1, 0]
    order = [json.loads(text)[2] for text in house.backend.took]
    told = [action for action in order if action in (START, METER, STOP)]
    assert told == [START, METER, METER, METER, STOP, START]


async def test_statuses_are_told_when_they_change(house: House) -> None:
    """Told are the changed ones, after a reconnect what changed meanwhile."""
    count = len(house.backend.frames("StatusNotification"))
    assert count == 2
    house.point.stands()
    house.box.status = "Charging"
    house.point.stands()
    await until(lambda: house.backend.statuses[1] == "Charging")
    house.backend.drop()
    await until(lambda: not house.point.uplink.line.connected)
    house.box.status = "Available"
    await until(lambda: house.backend.statuses[1] == "Available")
    assert len(house.backend.boots) == 1
    house.point.restarted()
    await until(lambda: len(house.backend.boots) == 2)
    await until(lambda: len(house.backend.frames("StatusNotification")) == 8)


async def test_the_lowest_limit_counts_and_is_named(house: House) -> None:
    """The backend's limit, the local one, and what is left without the first."""
    assert house.point.limit(1) == Effective(32_000, 3, Limiter.HARDWARE)
    assert house.point.ceiling_ma(1) is None
    await house.begin()
    await house.empty()
    number = house.backend.booked[0].number
    answer = await house.ask(
        call.SetChargingProfile(1, profile(10, transactionId=number))
    )
    assert answer.status == "Accepted"
    assert house.point.limit(1) == Effective(10_000, 3, Limiter.BACKEND)
    assert house.point.ceiling_ma(1) == 10_000
    house.box.local_ma = 8_000
    assert house.point.limit(1) == Effective(8_000, 3, Limiter.LOCAL)
    assert house.point.ceiling_ma(1) == 10_000
    schedule = await house.ask(call.GetCompositeSchedule(1, 600))
    assert schedule.charging_schedule["charging_schedule_period"] == [
        {"start_period": 0, "limit": 8.0, "number_phases": 3}
    ]
    in_watts = await house.ask(call.GetCompositeSchedule(0, 600, "W"))
    [period] = in_watts.charging_schedule["charging_schedule_period"]
    assert period["limit"] == 8 * 230 * 3
    await house.end()
    assert house.point.limit(1) == Effective(8_000, 3, Limiter.LOCAL)
    answer = await house.ask(
        call.SetChargingProfile(1, profile(10, transactionId=number))
    )
    assert answer.status == "Rejected"


async def test_the_backend_clears_its_own_profiles_only(house: House) -> None:
    """What bounds the charger here stays when the backend clears all."""
    house.box.local_ma = 8_000
    default = profile(6, "TxDefaultProfile")
    await house.ask(call.SetChargingProfile(0, default))
    assert house.point.limit(1).by is Limiter.BACKEND
    assert (await house.ask(call.ClearChargingProfile())).status == "Accepted"
    assert (await house.ask(call.ClearChargingProfile())).status == "Unknown"
    assert house.point.limit(1) == Effective(8_000, 3, Limiter.LOCAL)


async def test_a_limit_that_ends_by_itself_is_obeyed(house: House) -> None:
    """When a schedule's next period begins, the charger is asked to obey anew."""
    await house.begin()
    passed = (
        int(datetime.now(UTC).timestamp()) - house.point.sessions.running[1].began_s
    )
    periods = [
        {"startPeriod": 0, "limit": 6},
        {"startPeriod": passed + 2, "limit": 10},
    ]
    schedule = {"chargingRateUnit": "A", "chargingSchedulePeriod": periods}
    own = profile(6, "TxDefaultProfile", chargingSchedule=schedule)
    await house.ask(call.SetChargingProfile(1, own))
    before = house.box.obeyed
    await until(lambda: house.point.limit(1).current_ma == 10_000)
    await until(lambda: house.box.obeyed > before)


async def test_a_limit_outlives_its_backend(house: House) -> None:
    """Away, its last profile holds to its own end; then what holds here, no more."""
    end = (datetime.now(UTC) + timedelta(hours=1)).isoformat()
    own = profile(9, "TxDefaultProfile", validTo=end)
    await house.ask(call.SetChargingProfile(1, own))
    house.box.local_ma = 12_000
    await house.backend.stop()
    await until(lambda: not house.point.uplink.line.connected)
    assert house.point.limit(1) == Effective(9_000, 3, Limiter.BACKEND)
    house.point._now = lambda: datetime.now(UTC).timestamp() + 7200
    assert house.point.limit(1) == Effective(12_000, 3, Limiter.LOCAL)


async def test_a_clock_that_is_ahead_leaves_no_gap(house: House) -> None:
    """A limit from the beginning of charging holds, though that seems yet to come."""
    await house.begin(at_s=int(datetime.now(UTC).timestamp()) + 900)
    await house.ask(call.SetChargingProfile(1, profile(9, "TxDefaultProfile")))
    assert house.point.limit(1) == Effective(9_000, 3, Limiter.BACKEND)


async def test_a_remote_start_brings_its_card_and_its_profile(house: House) -> None:
    """The box starts, the card needs no question, the profile is kept, not sent."""
    answer = await house.ask(
        call.RemoteStartTransaction("REMOTE", 1, charging_profile=profile(9))
    )
    assert answer.status == "Accepted"
    assert house.box.begun == [(1, "REMOTE")]
    asked = len(house.backend.frames("Authorize"))
    assert await house.point.authorise("remote") == "Accepted"
    assert len(house.backend.frames("Authorize")) == asked
    await house.begin(tag="REMOTE")
    assert house.point.limit(1) == Effective(9_000, 3, Limiter.BACKEND)
    await house.empty()
    assert house.backend.booked[0].start["id_tag"] == "REMOTE"
    again = await house.ask(call.RemoteStartTransaction("REMOTE", 1))
    assert again.status == "Rejected"
    stop = await house.ask(call.RemoteStopTransaction(house.backend.booked[0].number))
    assert stop.status == "Accepted"
    assert house.box.ended == [(7, "Remote")]
    assert (await house.ask(call.RemoteStopTransaction(7))).status == "Rejected"


async def test_who_is_at_home_wins_over_a_remote_start(house: House) -> None:
    """What may not begin here is refused; so is a profile of another purpose."""
    house.box.begins = False
    assert (await house.ask(call.RemoteStartTransaction("R"))).status == "Rejected"
    assert await house.point.authorise("R") == "Accepted"  # by the backend
    assert house.backend.frames("Authorize")
    house.box.begins = True
    other = call.RemoteStartTransaction(
        "R", charging_profile=profile(9, "TxDefaultProfile")
    )
    assert (await house.ask(other)).status == "Rejected"
    assert len(house.box.begun) == 1


@pytest.mark.parametrize(
    ("offline", "accepted"),
    [
        (Offline.REFUSE, set()),
        (Offline.KNOWN, {CARD, "SEEN"}),
        (Offline.ALL, {CARD, "SEEN", "LOST", "NEVER"}),
    ],
)
async def test_cards_are_the_backends_and_without_it_the_owners(
    house: House, offline: Offline, accepted: set[str]
) -> None:
    """It is asked when it can be; else the owner's choice holds."""
    house.point.use(Settings(offline=offline))
    house.backend.refused_tags = {"LOST"}
    assert await house.point.authorise("SEEN") == "Accepted"
    assert await house.point.authorise("LOST") == "Invalid"
    await house.backend.stop()
    await until(lambda: not house.point.uplink.line.connected)
    for tag in (CARD, "SEEN", "LOST", "NEVER"):
        found = await house.point.authorise(tag)
        assert (found == "Accepted") == (tag in accepted)


async def test_a_backend_that_does_not_answer_is_not_waited_for(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A card does not wait for ever: after a while the owner's choice holds."""
    assert virtual.AUTHORISE_S == 10  # rule 9 of the gateway
    monkeypatch.setattr(virtual, "AUTHORISE_S", 0.1)
    house.backend.lose_answers = 2
    assert await house.point.authorise(CARD) == "Accepted"
    assert await house.point.authorise("NEVER") == "Invalid"
    assert len(house.backend.frames("Authorize")) == 2


async def test_a_backend_that_does_not_accept_us_stops_nobody(
    journal: Journal, http: ClientSession, backend: Backend
) -> None:
    """Known cards charge, nothing is limited, and all of it is told in the end."""
    backend.boot_status, backend.interval_s = "Rejected", 0
    house = House(journal, http, backend)
    await house.start()
    await until(lambda: house.point.uplink.line.failure is Failure.REJECTED)
    assert await house.point.authorise(CARD) == "Accepted"
    assert house.point.limit(1) == Effective(32_000, 3, Limiter.HARDWARE)
    await house.begin()
    await house.end()
    assert not backend.booked
    backend.boot_status = "Accepted"
    await house.empty()
    [booked] = backend.booked
    assert (booked.starts, len(booked.stops)) == (1, 1)
    await house.point.close()


@pytest.mark.parametrize("ends", [True, False])
async def test_a_card_that_the_backend_refuses_too_late(
    house: House, *, ends: bool
) -> None:
    """Its transaction is ended, or goes on without energy, as the backend has set."""
    house.backend.refused_tags = {"LOST"}
    key = "StopTransactionOnInvalidId"
    answer = await house.ask(call.ChangeConfiguration(key, str(ends).lower()))
    assert answer.status == "Accepted"
    await house.begin(tag="LOST")
    await house.empty()
    if ends:
        await until(lambda: house.box.ended == [(7, "DeAuthorized")])
    else:
        await until(lambda: house.point.limit(1).current_ma == 0)
        assert house.point.limit(1).by is Limiter.BACKEND
        assert house.point.ceiling_ma(1) == 0
        assert not house.box.ended


async def test_charging_without_a_card(house: House) -> None:
    """It is told under the fixed card, or not at all; never under an invented one."""
    await house.begin(tag="")
    await house.measure("1")
    await house.end()
    assert house.point.queue.standing.length == 0
    house.point.use(Settings(fixed_tag="FIXED"))
    await house.begin(8, tag="")
    await house.empty()
    assert [one.start["id_tag"] for one in house.backend.booked] == ["FIXED"]


async def test_samples_are_thinned_as_the_backend_wants(house: House) -> None:
    """Samples come at most at its interval; what is signed or ends always comes."""
    await house.ask(call.ChangeConfiguration("MeterValueSampleInterval", "3600"))
    await house.begin()
    for number in range(5):
        await house.measure(f"{number}", context="Sample.Periodic")
    await house.measure("9", context="Transaction.End")
    await house.empty()
    values = [
        one["meter_value"][0]["sampled_value"][0]["value"]
        for one in house.backend.booked[0].values
    ]
    assert values == ["0", "9"]


async def test_data_passes_to_the_letter_both_ways(house: House) -> None:
    """A terminal's text, its numbers and blanks, arrive as they were said."""
    said = '{"vendorId":"giro-e",  "data":"{\\"amount\\":1.10}"}'
    answer = await house.point.transfer(said)
    assert house.backend.frames("DataTransfer")[0].endswith(f",{said}]")
    assert isinstance(answer, Verbatim)
    assert answer.text in house.backend.gave[-1]
    text = '{"status" :"Accepted","data":"1.50" }'
    house.box.answer = Verbatim(json.loads(text), text)
    await house.ask(call.DataTransfer("giro-e", "m", "pay"))
    assert house.box.passed[0][0] == "DataTransfer"
    assert any(one.endswith(f",{text}]") for one in house.backend.took)
    await house.backend.stop()
    await until(lambda: not house.point.uplink.line.connected)
    assert await house.point.transfer(said) == {"status": "Rejected"}


async def test_what_concerns_the_charger_is_passed_on(house: House) -> None:
    """As far as its owner allows it; a charger that fails is no answer."""
    assert (await house.ask(call.Reset("Soft"))).status == "Accepted"
    assert (await house.ask(call.Reset("Hard"))).status == "Rejected"
    there = call.ChangeAvailability(1, "Inoperative")
    assert (await house.ask(there)).status == "Accepted"
    assert await house.ask(call.GetDiagnostics("ftp://x")) is None
    kept = call.ReserveNow(1, "2026-06-01T12:00:00Z", CARD, 5)
    assert (await house.ask(kept)).status == "Accepted"
    assert [action for action, _ in house.box.passed] == [
        "Reset",
        "ChangeAvailability",
        "ReserveNow",
    ]
    assert json.loads(house.box.passed[-1][1])["reservationId"] == 5
    house.box.answer = Unreachable("gone")
    assert await house.ask(call.Reset("Soft")) is None
    house.box.answer = CallError("NotSupported")
    assert await house.ask(call.Reset("Soft")) is None
    house.point.use(Settings(passed_on=frozenset()))
    assert (await house.ask(call.DataTransfer("x"))).status == "Rejected"


async def test_the_backend_asks_for_messages_and_settings(house: House) -> None:
    """What it triggers comes after the answer; what would break steering is fixed."""
    beats = len(house.backend.frames("Heartbeat"))
    for message, connector, status in (
        ("Heartbeat", None, "Accepted"),
        ("StatusNotification", 1, "Accepted"),
        ("MeterValues", 1, "Accepted"),
        ("MeterValues", 2, "Rejected"),
        ("BootNotification", None, "Rejected"),
    ):
        answer = await house.ask(call.TriggerMessage(message, connector))
        assert answer.status == status
    await until(lambda: len(house.backend.frames("Heartbeat")) == beats + 1)
    await until(lambda: len(house.backend.frames("StatusNotification")) == 3)
    assert house.box.measured == [1]
    known = await house.ask(call.GetConfiguration(["HeartbeatInterval", "Nothing"]))
    assert known.configuration_key[0]["value"] == "300"
    assert known.unknown_key == ["Nothing"]
    features = call.GetConfiguration(["SupportedFeatureProfiles"])
    for house.box.reserves in (False, True):
        [found] = (await house.ask(features)).configuration_key
        assert ("Reservation" in found["value"]) == house.box.reserves
    every = await house.ask(call.GetConfiguration())
    assert len(every.configuration_key) > 20
    for key, value, status in (
        ("HeartbeatInterval", "60", "Accepted"),
        ("HeartbeatInterval", "often", "Rejected"),
        ("AuthorizeRemoteTxRequests", "true", "Rejected"),
        ("AuthorizationKey", "00", "NotSupported"),
    ):
        answer = await house.ask(call.ChangeConfiguration(key, value))
        assert answer.status == status
    assert house.point.uplink.beat_s == 60
    for seconds, status in (("0", "Rejected"), ("20", "Accepted")):
        change = call.ChangeConfiguration("WebSocketPingInterval", seconds)
        assert (await house.ask(change)).status == status
    assert house.point.uplink.ping_s == 20
    assert (await house.ask(call.ClearCache())).status == "Accepted"
    assert (await house.ask(call.GetLocalListVersion())).list_version == -1


async def test_all_is_so_after_a_restart(
    path: Path, http: ClientSession, backend: Backend
) -> None:
    """Profiles, settings, cards and the transaction's number outlive one of ours."""

    @asynccontextmanager
    async def lives() -> AsyncIterator[House]:
        journal = await Journal.open(path)
        house = House(journal, http, backend)
        await house.start()
        await house.online()
        yield house
        await house.point.close()
        await journal.close()

    async with lives() as house:
        await house.begin()
        await house.empty()
        number = backend.booked[0].number
        own = profile(10, transactionId=number)
        await house.ask(call.SetChargingProfile(1, own))
        await house.ask(call.ChangeConfiguration("HeartbeatInterval", "77"))
        await house.point.authorise("SEEN")
        await asyncio.sleep(0)
        await until(lambda: not [t for t in house.point._tasks if "_keep" in repr(t)])
    async with lives() as house:
        assert house.point.limit(1) == Effective(10_000, 3, Limiter.BACKEND)
        await house.begin()  # it is told again by who finds it running
        stop = await house.ask(call.RemoteStopTransaction(number))
        assert stop.status == "Accepted"
        await house.end()
        await house.empty()
        await backend.stop()
        await until(lambda: not house.point.uplink.line.connected)
        assert await house.point.authorise("SEEN") == "Accepted"
    [booked] = backend.booked
    assert (booked.starts, len(booked.stops)) == (1, 1)
    await backend.start()


@pytest.mark.parametrize(
    ("allowed", "bounds", "enabled", "expected"),
    [
        (None, {}, True, (32_000, 3, Limiter.HARDWARE)),
        (None, {"house_ma": 20_000}, True, (20_000, 3, Limiter.HOUSE)),
        (
            None,
            {"house_ma": 20_000, "local_ma": 9_000},
            True,
            (9_000, 3, Limiter.LOCAL),
        ),
        (Allowed(1, current_ma=10_000), {}, True, (10_000, 1, Limiter.BACKEND)),
        (Allowed(3, current_ma=5_900), {}, True, (0, 3, Limiter.BACKEND)),
        (Allowed(3, power_mw=6_900_000), {}, True, (10_000, 3, Limiter.BACKEND)),
        (
            Allowed(3, current_ma=10_000),
            {"local_ma": 0},
            True,
            (0, 3, Limiter.LOCAL),
        ),
        (
            Allowed(3, current_ma=9_000),
            {"local_ma": 9_000},
            True,
            (9_000, 3, Limiter.LOCAL),
        ),
        (None, {"local_ma": 16_000}, False, (0, 3, Limiter.BACKEND)),
    ],
)
def test_the_effective_limit(
    allowed: Allowed | None,
    bounds: dict[str, int],
    enabled: bool,  # noqa: FBT001  # a column
    expected: tuple[int, int, Limiter],
) -> None:
    """The lowest counts; below the minimum nothing flows; both must let charge."""
    found = effective(allowed, Bounds(hardware_ma=32_000, **bounds), enabled=enabled)
    assert found == Effective(*expected)
