"""The account's calls against a simulated cloud on a real socket."""

from collections.abc import AsyncIterator, Awaitable, Callable

from aiohttp import ClientSession
import pytest
from yarl import URL

from custom_components.meters_and_chargers.engine.devices.smart_me import (
    Account,
    AccountGroup,
    PhaseCurrents,
    PhaseMemory,
    State,
    rest,
    rest_answers,
)
from custom_components.meters_and_chargers.engine.devices.smart_me.rest import Call
from custom_components.meters_and_chargers.engine.model import (
    BadAnswer,
    DeviceError,
    Mark,
    NotAllowed,
    OutOfRange,
    PortClosed,
    Refused,
    TooOften,
    Unreachable,
    Unsupported,
)
from simulators.pico import Share
from simulators.pico_group import SERIALS, PicoGroup
from simulators.smart_me_cloud import GROUP_ID, SmartMeCloud

KEY = "secret-key"


class Clock:
    """A clock that a test turns."""

    now = 5000.0

    def __call__(self) -> float:
        """Return the time, s."""
        return self.now


@pytest.fixture
async def cloud(socket_enabled: None) -> AsyncIterator[SmartMeCloud]:
    """Return a simulated account with a group of three Picos."""
    fake = SmartMeCloud(PicoGroup(), KEY)
    await fake.start()
    yield fake
    await fake.stop()


@pytest.fixture
async def session(socket_enabled: None) -> AsyncIterator[ClientSession]:
    """Return a client session that is closed at the end."""
    async with ClientSession() as opened:
        yield opened


@pytest.fixture
def clock() -> Clock:
    """Return the account's clock."""
    return Clock()


@pytest.fixture
def account(cloud: SmartMeCloud, session: ClientSession, clock: Clock) -> Account:
    """Return the account behind the right key."""
    return opened(cloud, session, clock)


def opened(
    cloud: SmartMeCloud, session: ClientSession, clock: Clock, key: str = KEY
) -> Account:
    """Open the account; nothing is asked yet."""
    base = URL.build(scheme="http", host=cloud.host, port=cloud.port)
    return Account(session, key, base, clock)


type Ask = Callable[[Account], Awaitable[object]]
ALL_CALLS: list[Ask] = [
    lambda account: account.devices(),
    lambda account: account.stations(),
    lambda account: account.status("an-id"),
    lambda account: account.settings("an-id"),
    lambda account: account.modbus("an-id"),
    lambda account: account.groups(),
    lambda account: account.switch_modbus_on("an-id"),
    lambda account: account.tell(SERIALS[0], 0),
    lambda account: account.tell_phases(GROUP_ID, PhaseCurrents.alike(0)),
]


def test_every_call_names_its_source_and_mark() -> None:
    """All are of the maker's own description, over TLS, without a version in it."""
    calls = [call for call in vars(rest).values() if isinstance(call, Call)]
    assert len(calls) == 9
    for call in calls:
        assert "OpenAPI" in call.source
        assert call.mark is Mark.DOCUMENTED
        assert not call.path.startswith("/api")
    assert str(rest.BASE) == "https://api.smart-me.com"


async def test_stations_and_devices_of_the_account(
    cloud: SmartMeCloud, account: Account
) -> None:
    """Serial numbers, names and what they do, by the fields as they are on the wire."""
    cloud.group.plug(True, False, True)
    car = cloud.group.stations[0].car
    car.current_a, car.enabled = 10.0, True
    stations = await account.stations()
    assert stations == await account.devices()
    assert [one.serial for one in stations] == list(SERIALS)
    assert [one.state for one in stations] == [
        State.CHARGING,
        State.READY_NO_CAR_CONNECTED,
        State.READY_CAR_CONNECTED,
    ]
    assert [one.phases for one in stations] == [3, None, None]
    assert stations[0].currents_a == (10.0, 10.0, 10.0)
    assert (stations[0].family, stations[0].name) == (70, "car_7002702")


async def test_one_phase_is_seen_by_its_current(
    cloud: SmartMeCloud, account: Account
) -> None:
    """A car on L3 alone charges on one phase."""
    cloud.group.plug(True, False, False)
    cloud.group.master.tell((0, 0, 8000))
    cloud.group.master.car.current_a = 8.0
    station = (await account.stations())[0]
    assert station.currents_a == (0, 0, 8.0)
    assert station.phases == 1


async def test_status_of_a_charging_station(
    cloud: SmartMeCloud, account: Account, session: ClientSession, clock: Clock
) -> None:
    """What Modbus does not say: W, Wh, A; of one that is lost no power of before."""
    cloud.group.plug(False, True, False)
    cloud.group.master.tell((16_000, 16_000, 16_000))
    station = cloud.group.stations[1]
    station.car.current_a, station.car.energy_wh = 10.0, 1234.0
    status = await account.status(cloud.id_of(station))
    assert (status.state, status.car_connected) == (State.CHARGING, True)
    assert (status.power_w, status.energy_wh, status.dynamic_a) == (6900, 1234, 16)
    cloud.states[station.serial] = 7
    lost = await opened(cloud, session, clock).status(cloud.id_of(station))
    assert (lost.power_w, lost.energy_wh, lost.dynamic_a) == (None, None, 16)


@pytest.mark.parametrize(
    ("shown", "state", "connected"),
    [
        (1, State.READY_NO_CAR_CONNECTED, False),
        (2, State.READY_CAR_CONNECTED, True),
        ("ReadyCarConnected", State.READY_CAR_CONNECTED, True),
        (3, State.STARTED_WAIT_FOR_CAR, None),
        (4, State.CHARGING, True),
        (6, State.AUTHORIZE, None),
        (7, State.OFFLINE, None),
        (0, State.BOOTING, None),
        (8, None, None),
        (True, None, None),
        (4.0, None, None),
        (None, None, None),
    ],
)
async def test_what_a_state_says_of_the_car(
    cloud: SmartMeCloud,
    account: Account,
    shown: object,
    state: State | None,
    connected: bool | None,  # noqa: FBT001 - a column of the table
) -> None:
    """By number or by name; what a state leaves open stays open."""
    station = cloud.group.stations[0]
    cloud.states[station.serial] = shown
    status = await account.status(cloud.id_of(station))
    assert status.state is state
    assert status.car_connected is connected


async def test_settings_help_to_reach_a_station(
    cloud: SmartMeCloud, account: Account
) -> None:
    """Address, name and Modbus of the master; that phases can be told; no password."""
    settings = await account.settings(cloud.id_of(cloud.group.master))
    assert settings == rest_answers.Settings(
        serial="7002702",
        name="car_7002702",
        minimum_a=6,
        maximum_a=16,
        group_id=GROUP_ID,
        modbus=True,
        host="127.0.0.1",
        dns_name="smart-me_7002702.dns-me.com",
        by_phase=True,
    )
    cloud.supports_phases = False
    cloud.group_id = "00000000-0000-0000-0000-000000000000"
    other = await account.settings(cloud.id_of(cloud.group.stations[1]))
    assert (other.modbus, other.host, other.by_phase) == (False, "", False)
    assert not other.group_id


async def test_groups_of_the_account(cloud: SmartMeCloud, account: Account) -> None:
    """Id, name and fuse."""
    assert await account.groups() == (
        rest_answers.LoadGroup(id=GROUP_ID, name="Garage", fuse_a=63),
    )


async def test_modbus_is_switched_on_and_nothing_else(
    cloud: SmartMeCloud, account: Account
) -> None:
    """All other settings are sent back as they were; who has no such one is left."""
    station = cloud.group.stations[1]
    device_id = cloud.id_of(station)
    assert await account.modbus(device_id) is False
    before = cloud.configurations[station.serial]
    await account.switch_modbus_on(device_id)
    assert cloud.configurations[station.serial] == {**before, "EnableModbusTcp": True}
    assert await account.modbus(device_id) is True
    cloud.configurations[station.serial]["EnableModbusTcp"] = None
    with pytest.raises(Unsupported):
        await account.switch_modbus_on(device_id)
    assert len([one for one in cloud.requests if one.startswith("POST")]) == 1


def group_of(account: Account, clock: Clock, *, by_phase: bool = False) -> AccountGroup:
    """Return the group as a charger that is told through the account."""
    answers = {"minimum_current": 6, "maximum_current": 63, "by_phase": int(by_phase)}
    return AccountGroup(
        account, GROUP_ID, (SERIALS[2], *SERIALS[:2]), answers, clock=clock
    )


async def test_any_member_takes_the_groups_current(
    cloud: SmartMeCloud, account: Account, clock: Clock
) -> None:
    """By the serial number of a station that has no address: one number, in mA."""
    group = group_of(account, clock)
    await group.set_limit(12_000)
    assert cloud.requests == [
        f"POST /pico/loadmanagementgroup/current/{SERIALS[2]}?current=12000"
    ]
    assert cloud.group.currents_ma == (12_000,) * 3
    assert (group.limit_ma, group.limit_is_assumed) == (12_000, True)
    with pytest.raises(Unsupported):
        await group.set_currents(PhaseCurrents(6000, 7000, 8000))
    with pytest.raises(OutOfRange):
        await group.set_limit(64_000)
    group.recall(PhaseMemory(told=PhaseCurrents(0, 0, 8000)))
    with pytest.raises(Unsupported):
        await group.steering.set(PhaseCurrents(0, 0, 7000))
    assert len(cloud.requests) == 1


async def test_group_takes_a_current_for_each_phase(
    cloud: SmartMeCloud, account: Account, clock: Clock
) -> None:
    """By the group's id, also one for all; the ten minutes hold for this way too."""
    group = group_of(account, clock, by_phase=True)
    cloud.group.plug(True, False, False)
    await group.set_currents(PhaseCurrents(0, 0, 8000))
    assert cloud.group.master.share == Share(8000, phase=2)
    assert (group.limit_ma, group.phases, group.switches_phases) == (8000, None, False)
    await group.set_limit(10_000)
    assert group.steering.held == PhaseCurrents.alike(10_000)
    clock.now += 600
    await group.steering.tend()
    assert cloud.requests == [
        f"POST /pico/loadmanagementgroup/threephasecurrent/{GROUP_ID}?PhaseL1={one}"
        f"&PhaseL2={one}&PhaseL3={three}"
        for one, three in ((0, 8000), (10_000, 10_000))
    ]


async def test_group_that_can_not_change_phases_refuses(
    cloud: SmartMeCloud, account: Account, clock: Clock
) -> None:
    """Not all stations have the firmware, or there is no such group: nothing counts."""
    cloud.supports_phases = False
    group = group_of(account, clock, by_phase=True)
    with pytest.raises(Refused):
        await group.set_currents(PhaseCurrents(0, 0, 8000))
    assert group.steering.told is None
    clock.now += 10
    with pytest.raises(Unsupported):
        await account.tell_phases("no-such-group", PhaseCurrents.alike(0))


async def test_group_is_there_while_the_account_sees_one_station(
    cloud: SmartMeCloud, account: Account, clock: Clock
) -> None:
    """It is the same as by Modbus; all lost, or none in the account: not there."""
    group = group_of(account, clock)
    identity = await group.identify()
    assert identity.key == f"smart_me_pico_group_{SERIALS[2]}"
    cloud.states = dict.fromkeys(SERIALS, 7)
    clock.now += 60
    with pytest.raises(Unreachable):
        await group.identify()
    cloud.states.popitem()
    clock.now += 60
    assert await group.identify() == identity
    cloud.group = PicoGroup(serials=(7_100_001, 7_100_002, 7_100_003))
    clock.now += 60
    with pytest.raises(BadAnswer):
        await group.identify()


async def test_nothing_is_asked_twice_a_minute(
    cloud: SmartMeCloud, account: Account, clock: Clock
) -> None:
    """The values change once a minute: what was said is said again until then."""
    first = await account.stations()
    cloud.group.plug(False, False, False)
    clock.now += 59.9
    assert await account.stations() == first
    assert len(cloud.requests) == 1
    clock.now += 0.1
    assert await account.stations() != first
    assert len(cloud.requests) == 2


async def test_too_many_requests_are_answered_with_rest(
    cloud: SmartMeCloud, account: Account, clock: Clock
) -> None:
    """Without a word on how long, one minute, then two; and then as before."""
    cloud.answers_left = 0
    for pause in (60, 120):
        with pytest.raises(TooOften) as refused:
            await account.stations()
        assert refused.value.retry_after_s is None
        asked = len(cloud.requests)
        clock.now += pause - 1
        for ask in ALL_CALLS:
            with pytest.raises(TooOften) as left_alone:
                await ask(account)
            assert left_alone.value.retry_after_s == 1
        assert len(cloud.requests) == asked
        clock.now += 1
    cloud.answers_left = None
    await account.stations()
    cloud.answers_left = 0
    with pytest.raises(TooOften):
        await account.groups()
    clock.now += 60
    cloud.answers_left = None
    assert await account.groups()


async def test_write_that_failed_is_not_repeated_at_once(
    cloud: SmartMeCloud, account: Account, clock: Clock
) -> None:
    """A site tries each second; reading goes on meanwhile."""
    cloud.status = 500
    with pytest.raises(Refused):
        await account.tell(SERIALS[0], 8000)
    cloud.status = None
    asked = len(cloud.requests)
    clock.now += 9
    with pytest.raises(TooOften) as pausing:
        await account.tell(SERIALS[0], 8000)
    assert pausing.value.retry_after_s == 1
    assert len(cloud.requests) == asked
    assert await account.stations()
    clock.now += 1
    await account.tell(SERIALS[0], 8000)
    assert cloud.group.currents_ma == (8000,) * 3


@pytest.mark.parametrize(
    ("after", "pause"), [("90", 90), ("5", 60), ("soon", 60), ("999999", 3600)]
)
async def test_pause_is_what_the_cloud_asks_for(
    cloud: SmartMeCloud, account: Account, clock: Clock, after: str, pause: int
) -> None:
    """At least a minute and at most an hour."""
    cloud.answers_left, cloud.retry_after = 0, after
    with pytest.raises(TooOften):
        await account.stations()
    cloud.answers_left = None
    clock.now += pause - 1
    with pytest.raises(TooOften):
        await account.stations()
    clock.now += 1
    assert await account.stations()


@pytest.mark.parametrize("ask", ALL_CALLS)
async def test_wrong_key_is_told(
    cloud: SmartMeCloud, session: ClientSession, clock: Clock, ask: Ask
) -> None:
    """Status 401 is an error of its own, which never shows the key."""
    account = opened(cloud, session, clock, "wrong-secret")
    with pytest.raises(NotAllowed) as refused:
        await ask(account)
    assert "secret" not in str(refused.value)


@pytest.mark.parametrize("ask", ALL_CALLS)
@pytest.mark.parametrize(
    ("status", "error"), [(403, NotAllowed), (404, Unsupported), (500, Refused)]
)
async def test_refusals_are_typed(
    cloud: SmartMeCloud,
    account: Account,
    ask: Ask,
    status: int,
    error: type[DeviceError],
) -> None:
    """A right that the key lacks, a call that is gone, and a cloud in trouble."""
    cloud.status = status
    with pytest.raises(error):
        await ask(account)


@pytest.mark.parametrize("ask", ALL_CALLS[:7])
@pytest.mark.parametrize(
    "garbage", ["", "null", "3", '"text"', "{", "[3]", '[{"Id": 3, "Serial": "x"}]']
)
async def test_garbage_is_told_or_says_nothing(
    cloud: SmartMeCloud, account: Account, ask: Ask, garbage: str
) -> None:
    """What is no answer raises, and no number is made out of it."""
    cloud.garbage = garbage
    with pytest.raises(BadAnswer):
        await ask(account)


@pytest.mark.parametrize("ask", ALL_CALLS[2:4])
async def test_fields_that_are_missing_are_not_known(
    cloud: SmartMeCloud, account: Account, ask: Ask
) -> None:
    """Null, another type or no field at all: nothing is said."""
    cloud.garbage = (
        '{"State": null, "MinStationCurrent": "six", "activeChargingPower": true,'
        ' "ModbusTcp": 1, "Name": 7, "SupportsLoadmanagementGroupChangePhases": "yes"}'
    )
    answer = await ask(account)
    values = [getattr(answer, name) for name in answer.__slots__]  # type: ignore[attr-defined] # a dataclass with slots
    assert set(values) <= {None, "", False}


async def test_id_can_not_lead_to_another_path(
    cloud: SmartMeCloud, account: Account
) -> None:
    """An id is one part of a path, whatever it holds."""
    with pytest.raises(Unsupported):
        await account.status("../../Devices?x=1")
    assert cloud.requests == ["GET /pico/charging/..%2F..%2FDevices%3Fx=1"]


async def test_cloud_that_is_away_is_told(
    cloud: SmartMeCloud, account: Account
) -> None:
    """No connection is not a refusal."""
    await cloud.stop()
    with pytest.raises(PortClosed):
        await account.stations()
