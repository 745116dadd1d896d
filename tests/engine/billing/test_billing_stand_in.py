"""A charger without OCPP at a billing backend: over a socket, with its own meter."""

import asyncio
from collections.abc import AsyncIterator, Callable
from datetime import datetime
import json
from typing import Any

from aiohttp import ClientSession
from ocpp.v16 import call
import pytest

from custom_components.meters_and_chargers.engine.billing import (
    Choices,
    Seen,
    StandIn,
)
from custom_components.meters_and_chargers.engine.gateway.charger import (
    Offline,
    Settings,
)
from custom_components.meters_and_chargers.engine.gateway.limits import Bounds, Limiter
from custom_components.meters_and_chargers.engine.gateway.virtual import VirtualPoint
from custom_components.meters_and_chargers.engine.journal import Journal
from custom_components.meters_and_chargers.engine.model import Identity
from custom_components.meters_and_chargers.engine.protocols.ocpp.client import (
    Backend as Address,
)
from custom_components.meters_and_chargers.engine.protocols.ocpp.client import dial
from simulators.backend import Backend, Booked

IDENTITY = "STANDIN1"
CARD = "04AABBCC"
FIXED = "FLEET7"
_PHASES = 3


class Box:
    """A charger with a car and a meter; lives when it is told how long."""

    def __init__(self, *, sees_cars: bool = True) -> None:
        """Have no car."""
        self.identity = Identity(
            family="smart_me",
            serial="7002702",
            maker="smart-me",
            model="Pico",
            firmware="0.0.55",
        )
        self.sees_cars = sees_cars
        self.car = False
        self.full = False
        self.reachable = True
        self.faulted = False
        self.meter_wh = 5000.0
        self.local_ma = 16_000
        self.most_ma: int | None = None
        self.bounds_told: list[int | None] = []
        self.time_s = 1_780_000_000.0

    @property
    def offered_a(self) -> float:
        """What a car is offered."""
        offered_ma = min(
            self.local_ma, 16_000 if self.most_ma is None else self.most_ma
        )
        return offered_ma / 1000 if offered_ma >= 6000 else 0.0

    @property
    def power_w(self) -> float:
        """What the car draws."""
        if not self.car or self.full:
            return 0.0
        return self.offered_a * 230 * _PHASES

    def live(self, seconds: float) -> None:
        """Let the meter count."""
        self.meter_wh += self.power_w * seconds / 3600
        self.time_s += seconds

    def seen(self) -> Seen:
        """Show how it stands."""
        if not self.reachable:
            return Seen(reachable=False)
        current_a = self.power_w / 230 / _PHASES
        return Seen(
            faulted=self.faulted,
            plugged=self.car if self.sees_cars else None,
            power_w=self.power_w,
            energy_wh=self.meter_wh,
            currents_a=(current_a,) * _PHASES,
        )

    def bounds(self) -> Bounds:
        """Return what bounds it here."""
        return Bounds(hardware_ma=16_000, local_ma=self.local_ma)

    def bound(self, most_ma: int | None) -> None:
        """Take the backend's limit."""
        self.most_ma = most_ma
        self.bounds_told.append(most_ma)

    def knows(self, tag: str) -> bool:
        """Know one card."""
        return tag == CARD


class Street:
    """A box that a backend sees, and its clock."""

    def __init__(self, journal: Journal, http: ClientSession, backend: Backend) -> None:
        """Stand in for a box."""
        self.box = Box()
        self.backend = backend
        self._journal = journal
        self._http = http
        self.stand_in: StandIn
        self.point: VirtualPoint

    async def start(self, choices: Choices | None = None) -> None:
        """Connect."""
        address = Address(url=self.backend.url, identity=IDENTITY)

        def now() -> float:
            return self.box.time_s

        self.stand_in = StandIn("PICO", self._journal, self.box, now=now, tick_s=0.01)
        self.stand_in.choices = choices or Choices()
        self.point = VirtualPoint(
            "PICO",
            self._journal,
            self.stand_in,
            lambda: dial(self._http, address),
            now=now,
            pauses_s=(0.02, 0.08),
            again_s=0.02,
        )
        await self.point.load()
        await self.stand_in.load()
        self.stand_in.join(self.point)
        self.point.start()

    async def stop(self) -> None:
        """Hang up."""
        self.stand_in.leave()
        await self.point.close()

    async def until(
        self, what: str, check: Callable[[], object], step_s: float = 1.0
    ) -> None:
        """Live until something holds."""
        for _ in range(2000):
            if check():
                return
            self.box.live(step_s)
            await asyncio.sleep(0.01)
        pytest.fail(f"not in time: {what}")

    async def says(self, status: str) -> None:
        """Wait until the backend knows a status."""
        await self.until(status, lambda: self.backend.statuses.get(1) == status)

    async def charges(self, number: int = 1) -> Booked:
        """Wait until the backend has booked so many beginnings; return the last."""
        booked = self.backend.booked
        await self.until("a beginning", lambda: len(booked) == number)
        # Its number is known here only when the answer has come.
        await self.until("answered", lambda: not self.point.queue.standing.length)
        await self.says("Charging")
        return booked[-1]

    async def live(self, seconds: int) -> None:
        """Live so long, in which all is looked at."""
        for _ in range(seconds // 10):
            self.box.live(10)
            await asyncio.sleep(0.02)

    async def ask(self, request: Any) -> Any:
        """Ask as the backend."""
        return await self.backend.ask(IDENTITY, request)


@pytest.fixture
async def other(
    journal: Journal, http: ClientSession, backend: Backend
) -> AsyncIterator[Street]:
    """Return one that is not connected yet."""
    other = Street(journal, http, backend)
    yield other
    await other.stop()


@pytest.fixture
async def street(
    journal: Journal, http: ClientSession, backend: Backend
) -> AsyncIterator[Street]:
    """Return a box at a backend, that charges for cards."""
    street = Street(journal, http, backend)
    await street.start()
    await street.until("online", lambda: street.point.uplink.line.connected)
    await street.says("Available")
    yield street
    await street.stop()


def profile(amperes: float, purpose: str = "TxDefaultProfile") -> dict[str, Any]:
    """Return a charging profile of the backend."""
    return {
        "chargingProfileId": 5,
        "stackLevel": 0,
        "chargingProfilePurpose": purpose,
        "chargingProfileKind": "Relative",
        "chargingSchedule": {
            "chargingRateUnit": "A",
            "chargingSchedulePeriod": [{"startPeriod": 0, "limit": amperes}],
        },
    }


async def test_it_says_who_it_is(street: Street) -> None:
    """The backend sees the charger's own maker, model, number and firmware."""
    assert street.backend.boots[0] == {
        "charge_point_vendor": "smart-me",
        "charge_point_model": "Pico",
        "charge_point_serial_number": "7002702",
        "firmware_version": "0.0.55",
    }


async def test_a_card_held_elsewhere_begins_and_ends(street: Street) -> None:
    """Without one nothing flows; with it all that flows is billed, in plain figures."""
    street.box.car = True
    await street.says("Preparing")
    assert street.box.most_ma == 0
    assert await street.stand_in.present(CARD) == "Accepted"
    booked = await street.charges()
    assert booked.start["id_tag"] == CARD
    assert booked.start["meter_start"] == 5000
    await street.live(900)
    assert await street.stand_in.present("OTHER") == "ConcurrentTx"
    assert await street.stand_in.present(CARD) == "Accepted"
    await street.until("its end", lambda: booked.stops)
    [stop] = booked.stops
    assert stop["reason"] == "Local"
    assert stop["id_tag"] == CARD
    assert stop["meter_stop"] == round(street.box.meter_wh)
    assert stop["meter_stop"] > 7500
    await street.says("Finishing")
    await street.until("nothing", lambda: street.box.most_ma == 0)
    value = booked.values[0]["meter_value"][0]["sampled_value"]
    assert {one["format"] for one in value} == {"Raw"}
    assert [one["measurand"] for one in value] == [
        "Energy.Active.Import.Register",
        "Power.Active.Import",
        *["Current.Import"] * 3,
    ]
    registers = [
        int(one["meter_value"][0]["sampled_value"][0]["value"]) for one in booked.values
    ]
    assert registers == sorted(registers)
    street.box.car = False
    await street.says("Available")


async def test_its_sessions_are_in_the_log(
    street: Street, journal: Journal, http: ClientSession
) -> None:
    """Each once, with its card, energy and end; one that is forgotten is closed."""
    street.box.car = True
    await street.stand_in.present(CARD)
    await street.charges()
    await street.until("energy", lambda: street.box.meter_wh > 5400)
    [running] = await journal.sessions()
    assert (running.charger, running.id_tag, running.is_open) == ("PICO", CARD, True)
    assert running.meter_start_wh == 5000
    await street.stop()
    again = Street(journal, http, street.backend)
    again.box = street.box
    await again.start()
    await again.until("again", lambda: again.stand_in.session is not None)
    again.box.car = False
    await again.until("its end", lambda: again.stand_in.session is None)
    [ended] = await journal.sessions()
    assert ended.id == running.id
    assert (
        ended.energy_wh
        == ended.meter_stop_wh - 5000
        == round(again.box.meter_wh - 5000)
    )
    assert ended.stop_reason == "ev_disconnected"
    assert sum(one.wh for one in await journal.hours()) == pytest.approx(
        ended.energy_wh
    )
    again.box.car = True
    await again.stand_in.present(CARD)
    await again.until("another", lambda: again.stand_in.session is not None)
    await again.stop()
    await again.stand_in.forget()
    newest, _ = await journal.sessions()
    assert newest.closed_locally
    assert not newest.is_open


async def test_samples_come_as_often_as_the_backend_wants(street: Street) -> None:
    """Its interval is kept; one that it asks for comes at once."""
    answer = await street.ask(
        call.ChangeConfiguration("MeterValueSampleInterval", "300")
    )
    assert answer.status == "Accepted"
    street.box.car = True
    await street.stand_in.present(CARD)
    booked = await street.charges()
    await street.live(1000)
    await street.until("3 values", lambda: len(booked.values) == 3)
    await street.ask(call.TriggerMessage("MeterValues", 1))
    await street.until("a value", lambda: len(booked.values) > 3, step_s=0.01)
    assert "Trigger" in json.dumps(booked.values[3])


async def test_values_by_the_clock(street: Street) -> None:
    """One at the end of each quarter of an hour, besides the others; 0 ends them."""
    ask = street.ask
    await ask(call.ChangeConfiguration("MeterValueSampleInterval", "0"))
    street.box.car = True
    await street.stand_in.present(CARD)
    booked = await street.charges()
    answer = await ask(call.ChangeConfiguration("ClockAlignedDataInterval", "900"))
    assert answer.status == "Accepted"
    await street.until("3 values", lambda: len(booked.values) >= 3, step_s=10)
    found = [one["meter_value"][0] for one in booked.values]
    assert all('"Sample.Clock"' in json.dumps(one) for one in found)
    times = [datetime.fromisoformat(one["timestamp"]).timestamp() for one in found]
    assert len({time // 900 for time in times}) == len(times)
    await ask(call.ChangeConfiguration("ClockAlignedDataInterval", "0"))
    await street.until("told", lambda: not street.point.queue.standing.length, 0.01)
    count, end_s = len(booked.values), street.box.time_s + 2000
    await street.until("later", lambda: street.box.time_s > end_s, step_s=10)
    assert len(booked.values) == count


async def test_a_fixed_card_charges_each_car(other: Street) -> None:
    """It is asked for when a car comes, and ends when the car goes."""
    street, backend = other, other.backend
    await street.start(Choices(fixed_tag=FIXED))
    await street.says("Available")
    for number in range(2):
        street.box.car = True
        booked = await street.charges(number + 1)
        assert booked.start["id_tag"] == FIXED
        await street.live(120)
        street.box.car = False
        await street.until("its end", lambda booked=booked: booked.stops)
        assert booked.stops[0]["reason"] == "EVDisconnected"
        await street.says("Available")
    assert len(backend.frames("Authorize")) == 2
    backend.refused_tags = {FIXED}
    street.box.car = True
    await street.until("asked", lambda: len(backend.frames("Authorize")) == 3)
    await street.live(50)
    assert (len(backend.booked), street.box.most_ma) == (2, 0)
    backend.refused_tags = set()
    await street.until("asked again", lambda: len(backend.booked) == 3)


async def test_the_backend_starts_limits_and_stops(street: Street) -> None:
    """Its card waits for the car; its profile is the upper bound of what flows."""
    answer = await street.ask(
        call.RemoteStartTransaction("REMOTE", 1, profile(9, "TxProfile"))
    )
    assert answer.status == "Accepted"
    await street.says("Preparing")
    assert not street.backend.booked
    street.box.car = True
    booked = await street.charges()
    await street.until("9 A", lambda: street.box.offered_a == 9)
    assert street.point.limit(1).by is Limiter.BACKEND
    # The local controller has less: nobody tells it its own limit for a bound.
    street.box.local_ma = 7000
    await street.until("7 A", lambda: street.point.limit(1).current_ma == 7000)
    assert street.box.most_ma == 9000
    await street.ask(call.ClearChargingProfile())
    await street.until("no bound", lambda: street.box.most_ma is None)
    await street.ask(call.SetChargingProfile(1, profile(3)))
    await street.says("SuspendedEVSE")
    assert street.box.most_ma == 0
    answer = await street.ask(call.RemoteStopTransaction(booked.number))
    assert answer.status == "Accepted"
    await street.until("its end", lambda: booked.stops)
    assert booked.stops[0]["reason"] == "Remote"
    assert (await street.ask(call.RemoteStopTransaction(booked.number))).status == (
        "Rejected"
    )


async def test_a_remote_start_without_a_car_is_given_up(street: Street) -> None:
    """After the time that a cable may take, the next car needs a card of its own."""
    await street.ask(call.RemoteStartTransaction("REMOTE", 1))
    await street.says("Preparing")
    await street.live(200)
    await street.says("Available")
    street.box.car = True
    await street.says("Preparing")
    await street.live(50)
    assert not street.backend.booked


async def test_a_restart_goes_on_with_the_transaction(
    street: Street, other: Street, backend: Backend
) -> None:
    """With the backend away all the time: one beginning, one end, all the energy."""
    street.box.car = True
    await street.stand_in.present(CARD)
    await street.charges()
    await street.live(300)
    await backend.stop()
    await street.stop()
    street.box.most_ma = None
    street.box.live(600)
    again = other
    again.box = street.box
    await again.start()
    await again.until("goes on", lambda: again.stand_in.session is not None)
    again.box.car = False
    await again.until("its end", lambda: again.stand_in.session is None)
    await backend.start()
    [booked] = backend.booked
    await again.until("told", lambda: booked.stops)
    assert (booked.starts, len(booked.stops)) == (1, 1)
    assert booked.stops[0]["meter_stop"] == round(street.box.meter_wh)
    again.box.car = True
    await again.stand_in.present(CARD)
    await again.until("the next", lambda: len(backend.booked) == 2)


async def test_a_beginning_that_was_not_told_is_told_after_a_restart(
    street: Street, other: Street, backend: Backend, journal: Journal
) -> None:
    """What was kept before the power failed is what the backend hears."""
    street.box.car = True
    await street.stop()
    text = (
        '{"connectorId": 1, "idTag": "LATE", "meterStart": 4000, '
        '"timestamp": "2026-05-28T00:00:00Z"}'
    )
    session = {"number": 1, "tag": "LATE", "text": text, "at_s": 1_779_926_400}
    fact = {"number": 1, "session": session, "register": {}}
    await journal.keep_fact("PICO", "stand_in", json.dumps(fact))
    again = other
    again.box = street.box
    await again.start()
    await again.until("told", lambda: backend.booked)
    assert backend.booked[0].start["meter_start"] == 4000


async def test_a_card_that_is_refused_afterwards_gets_nothing(street: Street) -> None:
    """Charging that began while the backend was away ends with its refusal."""
    await street.backend.stop()
    await street.until("away", lambda: not street.point.uplink.line.connected)
    street.point.use(Settings(offline=Offline.ALL))
    street.box.car = True
    assert await street.stand_in.present("LOST") == "Accepted"
    await street.until("flows", lambda: street.box.power_w > 1000)
    street.backend.refused_tags = {"LOST"}
    await street.backend.start()
    await street.until("told", lambda: street.backend.booked)
    [booked] = street.backend.booked
    await street.until("its end", lambda: booked.stops)
    assert booked.stops[0]["reason"] == "DeAuthorized"
    assert street.box.most_ma == 0


async def test_a_charger_that_sees_no_cars(other: Street) -> None:
    """A transaction begins with what flows; it ends when a car takes no more."""
    street, backend = other, other.backend
    street.box.sees_cars = False
    await street.start(Choices(fixed_tag=FIXED))
    await street.says("Available")
    await street.until("unbound", lambda: street.box.most_ma is None)
    street.box.car = True
    booked = await street.charges()
    # A pause of ours is no end of it, however long.
    street.box.local_ma = 0
    await street.says("SuspendedEVSE")
    await street.live(2000)
    assert not booked.stops
    street.box.local_ma = 16_000
    await street.says("Charging")
    street.box.full = True
    await street.says("SuspendedEV")
    await street.live(400)
    assert not booked.stops
    await street.live(300)
    await street.until("its end", lambda: booked.stops)
    assert booked.stops[0]["reason"] == "Other"
    # The next one is billed anew; one that is stopped stays so until a card comes.
    street.box.full = False
    booked = await street.charges(2)
    await street.ask(call.RemoteStopTransaction(booked.number))
    await street.until("its end", lambda: backend.booked[1].stops)
    await street.live(100)
    assert (len(backend.booked), street.box.most_ma) == (2, 0)
    await street.ask(call.RemoteStartTransaction("REMOTE", 1))
    await street.until("another", lambda: len(backend.booked) == 3)


async def test_free_charging_is_not_told(other: Street) -> None:
    """No card is invented where its owner lets everybody charge."""
    street, backend = other, other.backend
    await street.start(Choices(free=True))
    street.box.car = True
    await street.says("Preparing")
    await street.until("flows", lambda: street.box.power_w > 1000)
    await street.live(200)
    assert not backend.booked
    assert not backend.frames("MeterValues")


async def test_out_of_service_reserved_and_reset(street: Street) -> None:
    """The backend may take it out of service, keep it for a card, and boot it."""
    ask = street.ask
    assert (await ask(call.ChangeAvailability(1, "Inoperative"))).status == "Accepted"
    await street.says("Unavailable")
    assert (await ask(call.RemoteStartTransaction("R", 1))).status == "Rejected"
    assert (await ask(call.ChangeAvailability(1, "Operative"))).status == "Accepted"
    await street.says("Available")
    later = "2030-01-01T00:00:00Z"
    assert (await ask(call.ReserveNow(1, later, CARD, 9))).status == "Accepted"
    await street.says("Reserved")
    assert (await ask(call.ReserveNow(1, later, CARD, 10))).status == "Occupied"
    assert (await ask(call.CancelReservation(10))).status == "Rejected"
    street.box.car = True
    assert await street.stand_in.present("OTHER") == "Blocked"
    assert await street.stand_in.present(CARD) == "Accepted"
    booked = await street.charges()
    assert booked.start["reservation_id"] == 9
    answer = await ask(call.ChangeAvailability(0, "Inoperative"))
    assert answer.status == "Scheduled"
    assert (await ask(call.ChangeAvailability(0, "Operative"))).status == "Accepted"
    assert (await ask(call.UnlockConnector(1))).status == "NotSupported"
    assert (await ask(call.Reset("Soft"))).status == "Accepted"
    await street.until("its end", lambda: booked.stops)
    assert booked.stops[0]["reason"] == "SoftReset"
    await street.until("a boot", lambda: len(street.backend.boots) == 2)


async def test_a_charger_that_is_silent_or_faulted_says_so(street: Street) -> None:
    """A transaction goes on while it can't be seen, and nothing is made up for it."""
    street.box.car = True
    await street.stand_in.present(CARD)
    await street.charges()
    street.box.reachable = False
    await street.says("Unavailable")
    values = len(street.backend.booked[0].values)
    await street.live(500)
    assert len(street.backend.booked[0].values) == values
    assert not street.backend.booked[0].stops
    street.box.reachable = True
    await street.says("Charging")
    street.box.faulted = True
    await street.says("Faulted")


async def test_a_meter_that_begins_anew_goes_on(street: Street) -> None:
    """What the backend sees only rises, by what has really flowed."""
    street.box.car = True
    await street.stand_in.present(CARD)
    await street.charges()
    await street.live(100)
    before_wh = street.box.meter_wh
    street.box.meter_wh = 0.0
    await street.live(600)
    street.box.car = False
    [booked] = street.backend.booked
    await street.until("its end", lambda: booked.stops)
    total_wh = before_wh + street.box.meter_wh
    assert booked.stops[0]["meter_stop"] == pytest.approx(total_wh, abs=40)


async def test_nothing_bounds_a_charger_that_is_no_longer_shown(street: Street) -> None:
    """Its own steering is left alone."""
    assert street.box.most_ma == 0
    street.stand_in.leave()
    assert street.box.most_ma is None
