"""The fake wallbox against a small central system on the `ocpp` library."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import suppress
from datetime import timedelta
from typing import Any

from aiohttp import WSMsgType, web
from ocpp import messages
from ocpp.exceptions import InternalError
from ocpp.routing import on
from ocpp.v16 import ChargePoint as Ocpp
from ocpp.v16 import call, call_result
import pytest
from raw_modbus import PATIENCE_S

from simulators.car import Car
from simulators.charge_point import ChargePoint
from simulators.house import House
from simulators.registry import CLIENTS, cars

type Make = Callable[..., Awaitable[ChargePoint]]


class _Hung(Exception):
    """The wallbox has gone."""


class _Wire:
    """A server's WebSocket as the library wants it."""

    def __init__(self, socket: web.WebSocketResponse) -> None:
        self.socket = socket

    async def recv(self) -> str:
        message = await self.socket.receive()
        if message.type is not WSMsgType.TEXT:
            raise _Hung
        return str(message.data)

    async def send(self, text: str) -> None:
        await self.socket.send_str(text)


class _Peer(Ocpp):
    """One connection of the central system; its answers stand in `central`."""

    def __init__(self, central: Central, wire: _Wire) -> None:
        super().__init__("peer", wire, PATIENCE_S)
        self.central = central

    @on("BootNotification")
    def boot(self, **_: object) -> Any:
        status = self.central.boots.pop(0) if self.central.boots else "Accepted"
        return call_result.BootNotification(
            "2026-11-20T10:00:00Z", self.central.interval, status
        )

    @on("Heartbeat")
    def heartbeat(self) -> Any:
        return call_result.Heartbeat("2026-11-20T10:00:00Z")

    @on("StatusNotification")
    def status(self, **_: object) -> Any:
        return call_result.StatusNotification()

    @on("Authorize")
    def authorize(self, id_tag: str) -> Any:
        return call_result.Authorize({"status": self.central.card(id_tag)})

    @on("StartTransaction")
    async def start_transaction(self, id_tag: str, **_: object) -> Any:
        if self.central.refusals:
            self.central.refusals -= 1
            raise InternalError
        await asyncio.sleep(self.central.delays_s.pop(0))
        self.central.number += 1
        return call_result.StartTransaction(
            self.central.number, {"status": self.central.card(id_tag)}
        )

    @on("MeterValues")
    def meter_values(self, **_: object) -> Any:
        return call_result.MeterValues()

    @on("StopTransaction")
    def stop_transaction(self, **_: object) -> Any:
        return call_result.StopTransaction()


class Central:
    """A central system that takes one wallbox after the other."""

    def __init__(self) -> None:
        """Accept everything at once."""
        self.boots: list[str] = []
        self.interval = 300
        self.number = 40
        self.refusals = 0
        self.delays_s = [0.0] * 20
        self.connections = 0
        self.path = ""
        self._peer: _Peer | None = None
        app = web.Application()
        app.router.add_get("/{identity}", self._serve)
        self._runner = web.AppRunner(app, shutdown_timeout=1)
        self.url = ""

    @staticmethod
    def card(tag: str) -> str:
        """Know every card but one."""
        return "Invalid" if tag == "DEADBEEF" else "Accepted"

    async def start(self) -> None:
        """Listen."""
        await self._runner.setup()
        site = web.TCPSite(self._runner, "127.0.0.1", 0)
        await site.start()
        host, port = self._runner.addresses[0][:2]
        self.url = f"ws://{host}:{port}"

    async def stop(self) -> None:
        """Listen no more."""
        await self._runner.cleanup()

    async def ask(self, payload: Any) -> Any:
        """Call the wallbox; None where it answers with an error."""
        assert self._peer is not None
        return await self._peer.call(payload)

    async def _serve(self, request: web.Request) -> web.WebSocketResponse:
        socket = web.WebSocketResponse(protocols=("ocpp1.6",))
        await socket.prepare(request)
        self.connections += 1
        self.path = request.path
        self._peer = _Peer(self, _Wire(socket))
        with suppress(_Hung):
            await self._peer.start()
        return socket


@pytest.fixture
async def central(
    socket_enabled: None, monkeypatch: pytest.MonkeyPatch
) -> AsyncIterator[Central]:
    """Return a central system that listens."""
    # No threads for so little.
    monkeypatch.setattr(messages, "ASYNC_VALIDATION", False)
    system = Central()
    await system.start()
    yield system
    await system.stop()


@pytest.fixture
async def make(central: Central) -> AsyncIterator[Make]:
    """Make a wallbox with a car plugged in, and let it dial."""
    boxes: list[ChargePoint] = []

    async def _make(**options: Any) -> ChargePoint:
        faults = {
            key: options.pop(key)
            for key in ("no_boot", "no_trigger", "reject_profiles", "reject_durations")
            if key in options
        }
        house = House("clear", 36_000, cars=(Car(), Car("second_car")))
        box = ChargePoint(
            house, house.cars[1], central.url, redial_s=(0.02, 0.1), **options
        )
        for key, value in faults.items():
            setattr(box, key, value)
        boxes.append(box)
        await box.start()
        return box

    yield _make
    for box in boxes:
        await box.stop()


async def until(check: Callable[[], object]) -> None:
    """Wait until something is so."""
    async with asyncio.timeout(PATIENCE_S):
        while not check():  # noqa: ASYNC110 - of a wallbox that knows no waiters
            await asyncio.sleep(0.005)


def sent(box: ChargePoint, action: str) -> list[Any]:
    """List what the wallbox has sent of an action."""
    return [
        payload
        for direction, name, payload in box.book
        if (direction, name) == ("sent", action)
    ]


async def quiet(box: ChargePoint) -> None:
    """Wait until all is said."""
    await until(lambda: box.line.registered and not box.line.waiting)


async def live(box: ChargePoint, seconds: int) -> None:
    """Let the house live quickly, and the wallbox say what it has to."""
    for _ in range(seconds):
        box.house.step()
    await quiet(box)


async def charging(central: Central, box: ChargePoint) -> int:
    """Start by remote and let the car draw its full current."""
    await quiet(box)
    answer = await central.ask(call.RemoteStartTransaction("04A1B2C3", 1))
    assert answer.status == "Accepted"
    await until(lambda: box.transaction is not None and box.transaction.number)
    await live(box, 30)
    assert box.car.current_a == 16
    assert box.transaction is not None
    assert box.transaction.number is not None
    return box.transaction.number


def profile(limit: float, **more: Any) -> dict[str, Any]:
    """Make a default profile in amperes."""
    unit = more.pop("unit", "A")
    schedule = {
        "chargingRateUnit": unit,
        "chargingSchedulePeriod": [{"startPeriod": 0, "limit": limit}],
        **more.pop("schedule", {}),
    }
    return {
        "chargingProfileId": 1,
        "stackLevel": 0,
        "chargingProfilePurpose": "TxDefaultProfile",
        "chargingProfileKind": "Relative",
        "chargingSchedule": schedule,
        **more,
    }


async def set_profile(central: Central, connector: int, wanted: dict[str, Any]) -> str:
    """Set a profile and return the status of the answer."""
    answer = await central.ask(call.SetChargingProfile(connector, wanted))
    return str(answer.status)


async def trigger(central: Central, what: str) -> str:
    """Trigger a message and return the status of the answer."""
    answer = await central.ask(call.TriggerMessage(what))
    return str(answer.status)


async def test_it_boots_and_tells_how_it_is(central: Central, make: Make) -> None:
    """After the boot come both connectors, with the car plugged in."""
    box = await make()
    await quiet(box)
    assert central.path == "/SIMULATED1"
    assert sent(box, "BootNotification") == [
        {
            "chargePointModel": "Wallbox",
            "chargePointVendor": "Simulated",
            "chargePointSerialNumber": "SN-SIMULATED1",
            "firmwareVersion": "1.6.0",
        }
    ]
    told = sent(box, "StatusNotification")
    assert [(each["connectorId"], each["status"]) for each in told] == [
        (0, "Available"),
        (1, "Preparing"),
    ]
    box.car.connected = False
    await live(box, 1)
    assert sent(box, "StatusNotification")[-1]["status"] == "Available"
    box.fault = "GroundFailure"
    await live(box, 1)
    last = sent(box, "StatusNotification")[-1]
    assert (last["status"], last["errorCode"]) == ("Faulted", "GroundFailure")


async def test_pending_is_obeyed_until_accepted(central: Central, make: Make) -> None:
    """While pending it answers and tells nothing by itself; a trigger boots again."""
    central.boots = ["Pending", "Rejected"]
    box = await make()
    await until(lambda: central.boots == ["Rejected"])
    answer = await central.ask(call.GetConfiguration(["NumberOfConnectors", "No"]))
    assert answer.configuration_key == [
        {"key": "NumberOfConnectors", "readonly": True, "value": "1"}
    ]
    assert answer.unknown_key == ["No"]
    answer = await central.ask(call.RemoteStartTransaction("04A1B2C3"))
    assert answer.status == "Rejected"
    assert await trigger(central, "StatusNotification") == "Accepted"
    await until(lambda: len(sent(box, "StatusNotification")) == 2)
    assert await trigger(central, "BootNotification") == "Accepted"
    await until(lambda: not central.boots)
    assert not box.line.registered
    assert await trigger(central, "BootNotification") == "Accepted"
    await quiet(box)
    assert len(sent(box, "BootNotification")) == 3


async def test_it_asks_again_after_the_interval(central: Central, make: Make) -> None:
    """Without a trigger it boots again when the interval has passed, then beats."""
    central.boots, central.interval = ["Pending"], 1
    box = await make()
    await until(lambda: sent(box, "Heartbeat"))
    assert len(sent(box, "BootNotification")) == 2


async def test_a_remote_start_charges_the_car(central: Central, make: Make) -> None:
    """Ten values come every ten seconds, and the energy rises."""
    box = await make()
    number = await charging(central, box)
    told = sent(box, "MeterValues")
    assert [each["transactionId"] for each in told] == [number] * 3
    values = [each["meterValue"][0]["sampledValue"] for each in told]
    assert {len(each) for each in values} == {10}
    assert values[-1][0] == {
        "value": "11040",
        "context": "Sample.Periodic",
        "measurand": "Power.Active.Import",
        "unit": "W",
    }
    energy = [float(each[1]["value"]) for each in values]
    assert energy == sorted(energy)
    assert energy[-1] == round(box.car.energy_wh) > 0
    statuses = [each["status"] for each in sent(box, "StatusNotification")]
    assert statuses[-2:] == ["SuspendedEV", "Charging"]
    start = sent(box, "StartTransaction")[0]
    assert (start["idTag"], start["meterStart"]) == ("04A1B2C3", 0)

    answer = await central.ask(call.RemoteStopTransaction(number + 1))
    assert answer.status == "Rejected"
    answer = await central.ask(call.RemoteStopTransaction(number))
    assert answer.status == "Accepted"
    await until(lambda: sent(box, "StopTransaction"))
    stop = sent(box, "StopTransaction")[0]
    assert stop["meterStop"] == round(box.car.energy_wh)
    assert (stop["transactionId"], stop["reason"]) == (number, "Remote")
    await live(box, 1)
    assert box.car.current_a == 0
    assert sent(box, "StatusNotification")[-1]["status"] == "Finishing"


async def test_a_profile_is_obeyed(central: Central, make: Make) -> None:
    """The car follows 3 s later; below 6 A it pauses, and the box says so."""
    box = await make()
    await charging(central, box)
    assert await set_profile(central, 1, profile(10)) == "Accepted"
    await until(lambda: box.offered_a == 10)
    seen = []
    for _ in range(5):
        box.house.step()
        seen.append(box.car.current_a)
    assert seen == [16, 16, 16, 10, 10]
    assert await set_profile(central, 1, profile(5.9)) == "Accepted"
    await until(lambda: not box.offered_a)
    await live(box, 1)
    assert box.car.current_a == 0
    assert sent(box, "StatusNotification")[-1]["status"] == "SuspendedEVSE"
    answer = await central.ask(call.ClearChargingProfile())
    assert answer.status == "Accepted"
    await live(box, 30)
    assert box.car.current_a == 16
    answer = await central.ask(call.ClearChargingProfile())
    assert answer.status == "Unknown"


async def test_the_strictest_profile_wins(central: Central, make: Make) -> None:
    """Stack levels, purposes, units and durations come together."""
    box = await make()
    number = await charging(central, box)
    whole = {"chargingProfileId": 2, "chargingProfilePurpose": "ChargePointMaxProfile"}
    own = {"chargingProfileId": 3, "chargingProfilePurpose": "TxProfile"}
    higher = {"chargingProfileId": 4, "stackLevel": 3}
    steps: list[tuple[int, dict[str, Any], float]] = [
        (0, profile(13), 13),
        (1, profile(8280, unit="W"), 12),
        (1, profile(15, **higher), 15),
        (0, profile(14, **whole), 14),
        (1, profile(9, transactionId=number, schedule={"duration": 60}, **own), 9),
    ]
    for connector, wanted, offered in steps:
        assert await set_profile(central, connector, wanted) == "Accepted"
        await until(lambda offered=offered: box.offered_a == pytest.approx(offered))
    await live(box, 60)
    assert box.offered_a == 14
    for connector, wanted in (
        (1, profile(10, **whole)),
        (1, profile(10, transactionId=number + 1, **own)),
        (1, profile(10, chargingProfileId=9, stackLevel=9)),
    ):
        assert await set_profile(central, connector, wanted) == "Rejected"
    box.end("Local")
    assert {kept.purpose for kept in box.profiles.kept} == {
        "TxDefaultProfile",
        "ChargePointMaxProfile",
    }


async def test_a_short_profile_above_a_lasting_one(
    central: Central, make: Make
) -> None:
    """When the upper level has ended the lower one acts; one sent again goes on."""
    box = await make()
    await charging(central, box)
    lower = profile(6, chargingProfileId=101, chargingProfileKind="Absolute")
    lower["chargingSchedule"]["startSchedule"] = box.now.isoformat()
    assert await set_profile(central, 1, lower) == "Accepted"

    async def upper() -> None:
        schedule = {"duration": 120, "startSchedule": box.now.isoformat()}
        above = {"stackLevel": 1, "chargingProfileKind": "Absolute"}
        wanted = profile(13, schedule=schedule, **above)
        assert await set_profile(central, 1, wanted) == "Accepted"
        await until(lambda: box.offered_a == 13)

    await upper()
    await live(box, 100)
    await upper()
    await live(box, 100)
    assert box.offered_a == 13
    box.line.dials = False
    box.drop()
    for _ in range(25):
        box.house.step()
    assert box.offered_a == 6


@pytest.mark.parametrize(
    ("key", "room"),
    [
        ("MaxChargingProfilesInstalled", "1"),
        ("ChargeProfileMaxStackLevel", "1"),
    ],
)
async def test_room_for_one_profile(
    central: Central, make: Make, key: str, room: str
) -> None:
    """One more is refused, one in the place of another is not."""
    box = await make()
    await quiet(box)
    box.configuration[key] = room
    assert await set_profile(central, 1, profile(6)) == "Accepted"
    second = {"chargingProfileId": 2, "stackLevel": 1}
    assert await set_profile(central, 1, profile(10, **second)) == "Rejected"
    assert await set_profile(central, 1, profile(8, stackLevel=1)) == "Accepted"
    answer = await central.ask(call.ClearChargingProfile(id=1))
    assert answer.status == "Accepted"
    assert await set_profile(central, 1, profile(10, **second)) == "Accepted"


async def test_profiles_by_the_clock(central: Central, make: Make) -> None:
    """A start in the schedule, a day that comes again and a last moment are heeded."""
    box = await make()
    await charging(central, box)
    periods = [{"startPeriod": 0, "limit": 8}, {"startPeriod": 60, "limit": 11}]
    begun = (box.now - timedelta(days=1, seconds=30)).isoformat()
    soon = (box.now + timedelta(seconds=100)).isoformat()
    schedule = {"chargingSchedulePeriod": periods, "startSchedule": begun}
    daily = {"chargingProfileKind": "Recurring", "recurrencyKind": "Daily"}
    wanted = profile(0, schedule=schedule, validTo=soon, **daily)
    assert await set_profile(central, 1, wanted) == "Accepted"
    await until(lambda: box.offered_a == 8)
    await live(box, 31)
    assert box.offered_a == 11
    await live(box, 70)
    assert box.offered_a == 16
    later = {"startSchedule": (box.now + timedelta(seconds=5)).isoformat()}
    wanted = profile(7, schedule=later, chargingProfileKind="Absolute")
    assert await set_profile(central, 1, wanted) == "Accepted"
    await until(lambda: box.profiles.kept[0].profile["charging_profile_kind"][0] == "A")
    assert box.offered_a == 16
    await live(box, 5)
    assert box.offered_a == 7


async def test_what_happens_offline_is_told_later(central: Central, make: Make) -> None:
    """Start, values and stop of an offline session come in order, without a boot."""
    box = await make()
    await quiet(box)
    box.line.dials = False
    box.drop()
    await until(lambda: not box.line.connected)
    box.present_tag("04A1B2C3")
    for _ in range(30):
        box.house.step()
    box.car.connected = False
    box.house.step()
    before = len(box.book)
    box.line.dials = True
    await quiet(box)
    calls = [
        (action, payload)
        for direction, action, payload in list(box.book)[before:]
        if direction == "sent"
    ]
    replayed = [action for action, _ in calls if action != "StatusNotification"]
    assert replayed == ["StartTransaction", *["MeterValues"] * 3, "StopTransaction"]
    (stop,) = sent(box, "StopTransaction")
    assert (stop["transactionId"], stop["reason"]) == (41, "EVDisconnected")
    assert sent(box, "StartTransaction")[0]["timestamp"] < stop["timestamp"]
    assert central.connections == 2
    # Only the status that has changed meanwhile.
    status = [payload for action, payload in calls if action == "StatusNotification"]
    assert [(each["connectorId"], each["status"]) for each in status] == [
        (1, "Available")
    ]


async def test_a_late_answer_means_the_same_frame_again(
    central: Central, make: Make
) -> None:
    """What was not answered in time is sent again as it was."""
    central.delays_s.insert(0, 0.5)
    box = await make(answer_s=0.2)
    await quiet(box)
    box.present_tag("04A1B2C3")
    await until(lambda: sent(box, "StartTransaction"))
    await quiet(box)
    starts = sent(box, "StartTransaction")
    assert len(starts) > 1
    assert all(start == starts[0] for start in starts)
    assert box.transaction is not None
    assert box.transaction.number == 41


async def test_a_refused_start_is_given_up(central: Central, make: Make) -> None:
    """After three errors the session goes on without a number."""
    central.refusals = 3
    box = await make(free=True)
    await live(box, 1)
    assert len(sent(box, "StartTransaction")) == 3
    box.car.connected = False
    await live(box, 1)
    assert sent(box, "StopTransaction")[0]["transactionId"] == -1


async def test_free_charging_starts_by_itself(central: Central, make: Make) -> None:
    """It starts when a car is plugged in, once for each plugging."""
    box = await make(free=True)
    await live(box, 1)
    assert sent(box, "StartTransaction")[0]["idTag"] == "FREE"
    answer = await central.ask(call.UnlockConnector(1))
    assert answer.status == "Unlocked"
    await until(lambda: box.transaction is None)
    await live(box, 5)
    assert sent(box, "StopTransaction")[0]["reason"] == "UnlockCommand"
    for connected in (False, True):
        box.car.connected = connected
        await live(box, 1)
    assert len(sent(box, "StartTransaction")) == 2


async def test_cards_are_asked_for(central: Central, make: Make) -> None:
    """A known card starts and stops; an unknown one does neither."""
    box = await make()
    await quiet(box)
    for tag, running in (
        ("DEADBEEF", False),
        ("04A1B2C3", True),
        ("OTHER", True),
        ("04A1B2C3", False),
    ):
        box.present_tag(tag)
        await quiet(box)
        assert (box.transaction is not None) is running
    assert [each["idTag"] for each in sent(box, "StartTransaction")] == ["04A1B2C3"]
    assert sent(box, "StopTransaction")[0]["reason"] == "Local"
    # By remote nobody asks about the card, until the start is answered.
    await central.ask(call.RemoteStartTransaction("DEADBEEF"))
    await until(lambda: len(sent(box, "StopTransaction")) == 2)
    assert sent(box, "StopTransaction")[1]["reason"] == "DeAuthorized"


async def test_a_start_waits_for_the_car(central: Central, make: Make) -> None:
    """A remote start waits for a car as long as the connection may take."""
    box = await make()
    await quiet(box)
    box.car.connected = False
    for wait, started in ((61, 0), (20, 1)):
        await central.ask(call.RemoteStartTransaction("04A1B2C3", 1, None))
        await until(lambda: box.status(1) == "Preparing")
        await live(box, wait)
        box.car.connected = True
        await live(box, 1)
        assert len(sent(box, "StartTransaction")) == started
        box.car.connected = False


async def test_a_remote_start_can_bring_a_profile(central: Central, make: Make) -> None:
    """The profile of a remote start holds for that transaction."""
    box = await make()
    await quiet(box)
    own = profile(8, chargingProfilePurpose="TxProfile")
    answer = await central.ask(call.RemoteStartTransaction("04A1B2C3", 1, own))
    assert answer.status == "Accepted"
    await until(lambda: box.transaction)
    assert box.offered_a == 8


@pytest.mark.parametrize("kind", ["Soft", "Hard"])
async def test_a_reset_boots_anew(central: Central, make: Make, kind: str) -> None:
    """A soft reset stops the transaction before, a hard one tells of it afterwards."""
    box = await make()
    await charging(central, box)
    before = len(box.book)
    answer = await central.ask(call.Reset(kind))
    assert answer.status == "Accepted"
    await until(lambda: central.connections == 2)
    await quiet(box)
    calls = [
        action
        for direction, action, _ in list(box.book)[before:]
        if direction == "sent" and action in ("StopTransaction", "BootNotification")
    ]
    ordered = ["StopTransaction", "BootNotification"]
    assert calls == (ordered if kind == "Soft" else ordered[::-1])
    assert sent(box, "StopTransaction")[0]["reason"] == f"{kind}Reset"
    assert not box.car.enabled
    assert sent(box, "StatusNotification")[-1]["status"] == "Preparing"


async def test_power_can_go_and_come(central: Central, make: Make) -> None:
    """Switched off it lets the car rest; switched on it boots and tells the end."""
    box = await make()
    await charging(central, box)
    await box.stop()
    box.house.step()
    assert (box.car.current_a, box.line.connected) == (0, False)
    await box.start()
    await quiet(box)
    assert sent(box, "StopTransaction")[0]["reason"] == "PowerLoss"
    assert len(sent(box, "BootNotification")) == 2


async def test_availability_and_settings(central: Central, make: Make) -> None:
    """Out of service a transaction goes on; settings are checked."""
    box = await make()
    number = await charging(central, box)
    answer = await central.ask(call.ChangeAvailability(0, "Inoperative"))
    assert answer.status == "Scheduled"
    await central.ask(call.RemoteStopTransaction(number))
    await live(box, 1)
    assert box.status(1) == "Unavailable"
    answer = await central.ask(call.RemoteStartTransaction("04A1B2C3"))
    assert answer.status == "Rejected"
    answer = await central.ask(call.ChangeAvailability(0, "Operative"))
    assert answer.status == "Accepted"
    for key, value, status in (
        ("MeterValueSampleInterval", "5", "Accepted"),
        ("MeterValueSampleInterval", "often", "Rejected"),
        ("NumberOfConnectors", "2", "Rejected"),
        ("MeterValuesSampledData", "Voltage,Frequency", "Accepted"),
        ("MeterValuesSampledData", "SoC", "Rejected"),
        ("StopTransactionOnInvalidId", "false", "Accepted"),
        ("HeartbeatInterval", "1", "Accepted"),
        ("Unheard", "1", "NotSupported"),
    ):
        answer = await central.ask(call.ChangeConfiguration(key, value))
        assert answer.status == status
    assert await trigger(central, "MeterValues") == "Accepted"
    await quiet(box)
    (values,) = sent(box, "MeterValues")[-1]["meterValue"]
    assert len(values["sampledValue"]) == 4
    assert "transactionId" not in sent(box, "MeterValues")[-1]
    assert await trigger(central, "Heartbeat") == "Accepted"
    await until(lambda: len(sent(box, "Heartbeat")) > 1)
    assert await trigger(central, "DiagnosticsStatusNotification") == "NotImplemented"
    answer = await central.ask(call.DataTransfer("maker"))
    assert answer.status == "UnknownVendorId"


async def test_faults_can_be_switched_on(central: Central, make: Make) -> None:
    """No boot, no triggers, no profiles."""
    box = await make(no_boot=True, no_trigger=True, reject_profiles=True)
    await quiet(box)
    assert await trigger(central, "StatusNotification") == "NotImplemented"
    assert await set_profile(central, 1, profile(10)) == "Rejected"
    assert not sent(box, "BootNotification")
    assert len(sent(box, "StatusNotification")) == 2


async def test_durations_can_be_refused(central: Central, make: Make) -> None:
    """Some wallboxes take only profiles that hold for good."""
    box = await make(reject_durations=True)
    await quiet(box)
    ends = profile(10, schedule={"duration": 60})
    assert await set_profile(central, 1, ends) == "Rejected"
    assert await set_profile(central, 1, profile(10)) == "Accepted"


async def test_a_silent_wallbox_answers_nothing(central: Central, make: Make) -> None:
    """It hears the call, and that is all."""
    box = await make()
    await quiet(box)
    box.silent = True
    asking = asyncio.create_task(central.ask(call.TriggerMessage("Heartbeat")))
    await until(
        lambda: ("received", "TriggerMessage") in [entry[:2] for entry in box.book]
    )
    assert not (await asyncio.wait({asking}, timeout=0.1))[0]
    asking.cancel()
    assert not sent(box, "TriggerMessage.conf")
    assert not sent(box, "Heartbeat")


async def test_it_dials_until_somebody_is_there(
    socket_enabled: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The wallbox of the registry has a car of its own, away at first."""
    house = House("clear", 36_000, cars=cars())
    (client,) = CLIENTS
    box = client.factory(house, "ws://127.0.0.1:1")
    assert box.security.dialling().address == "ws://127.0.0.1:1/CARPORT1"
    await box.start()
    await until(lambda: box.line.refused)
    house.step()
    assert "second_car_power" in house.truths
    assert box.status(1) == "Available"
    await box.stop()
    await box.stop()
