"""The wallbox calls of a KSEM against a simulated web interface on a real socket."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable

from aiohttp import ClientSession, TCPConnector
import pytest
from yarl import URL

from custom_components.meters_and_chargers.engine.devices.ksem import emobility
from custom_components.meters_and_chargers.engine.devices.ksem.emobility import (
    Call,
    ChargeMode,
    Charging,
    Emobility,
    PhaseUse,
    Quota,
)
from custom_components.meters_and_chargers.engine.model import (
    BadAnswer,
    DeviceError,
    Mark,
    NotAllowed,
    OutOfRange,
    PortClosed,
    Refused,
    Silent,
    Unreachable,
    Unsupported,
)
from custom_components.meters_and_chargers.engine.protocols.http_json import HttpJson
from simulators.ksem_rest import KsemRest

KEY = "secret-key"
SOCKET = "e-mobility/chargemode"

type Ask = Callable[[Emobility], Awaitable[object]]
ALL_CALLS: list[Ask] = [
    lambda meter: meter.wallboxes(),
    lambda meter: meter.charging(),
    lambda meter: meter.phase_use(),
    lambda meter: meter.set_mode(ChargeMode.SOLAR_PURE),
    lambda meter: meter.set_quota(Quota.PV, 50),
    lambda meter: meter.set_phase_use(PhaseUse.ONE),
]


@pytest.fixture
async def web(socket_enabled: None) -> AsyncIterator[KsemRest]:
    """Return a simulated web interface that is locked and uses three phases."""
    fake = KsemRest(KEY)
    await fake.start()
    yield fake
    await fake.stop()


@pytest.fixture
async def client(socket_enabled: None) -> AsyncIterator[ClientSession]:
    """Return a client session that is closed at the end."""
    async with ClientSession() as session:
        yield session


@pytest.fixture
def meter(web: KsemRest, client: ClientSession) -> Emobility:
    """Return the meter behind the right key."""
    return opened(web, client)


def opened(
    web: KsemRest, client: ClientSession, key: str = KEY, timeout_s: float = 5
) -> Emobility:
    """Open the meter; it has no time to settle."""
    base = URL.build(scheme="http", host=web.host, port=web.port)
    return Emobility(HttpJson(client, base, key, timeout_s), settle_s=0)


def test_every_call_names_its_source_and_mark() -> None:
    """A call of nobody knows where is refused; all are of a single source."""
    calls = [call for call in vars(emobility).values() if isinstance(call, Call)]
    assert len(calls) == 4
    for call in calls:
        assert len(call.source) > 20
        assert call.mark is Mark.SINGLE_SOURCE


async def test_what_the_meter_says_is_read(web: KsemRest, meter: Emobility) -> None:
    """Wallboxes, charge mode, quotas and phases, without any write."""
    web.phase_usage = 2
    assert await meter.wallboxes() == 1
    assert await meter.charging() == Charging(
        mode=ChargeMode.LOCK, quotas={Quota.PV: 0, Quota.CHARGING: 0}
    )
    assert await meter.phase_use() is PhaseUse.AUTOMATIC
    assert not web.written


async def test_the_socket_is_open_for_one_frame(
    web: KsemRest, meter: Emobility
) -> None:
    """A WebSocket that stays open keeps the meter from charging by itself."""
    await meter.charging()
    assert web.count(SOCKET) == 1
    assert await web.all_closed()
    assert web.longest_socket_s < 5


async def test_only_what_was_asked_for_is_changed(
    web: KsemRest, meter: Emobility
) -> None:
    """The meter takes all six fields or none: the others go back as they came."""
    web.charging |= {"controlledby": 1, "minpvpowerquota": 20}
    before = dict(web.charging)
    assert (await meter.set_mode(ChargeMode.POWER)).mode is ChargeMode.POWER
    assert web.written == [before | {"mode": "grid"}]


@pytest.mark.parametrize(
    ("mode", "spelt"),
    [
        (ChargeMode.LOCK, "lock"),
        (ChargeMode.POWER, "grid"),
        (ChargeMode.SOLAR_PURE, "pv"),
        (ChargeMode.SOLAR_PLUS, "hybrid"),
    ],
)
async def test_each_mode_in_the_meters_spelling(
    web: KsemRest, meter: Emobility, mode: ChargeMode, spelt: str
) -> None:
    """The web interface has names of its own for the maker's modes."""
    assert (await meter.set_mode(mode)).mode is mode
    assert web.charging["mode"] == spelt


async def test_solar_plus_gets_its_quotas_back(web: KsemRest, meter: Emobility) -> None:
    """While locked the meter shows 0, which would let it charge without any sun."""
    said = await meter.set_mode(ChargeMode.SOLAR_PLUS)
    assert said.quotas == {Quota.PV: 30, Quota.CHARGING: 100}
    await meter.set_quota(Quota.PV, 60)
    await meter.set_mode(ChargeMode.LOCK)
    said = await meter.set_mode(ChargeMode.SOLAR_PLUS)
    assert said.quotas == {Quota.PV: 60, Quota.CHARGING: 100}


async def test_phases_are_written_and_read_again(
    web: KsemRest, meter: Emobility
) -> None:
    """The meter numbers them 0 for three, 1 for one, 2 for automatic."""
    for number, use in enumerate((PhaseUse.THREE, PhaseUse.ONE, PhaseUse.AUTOMATIC)):
        assert await meter.set_phase_use(use) is use
        assert web.written[-1] == {"phase_usage": number}
        assert web.requests[-1].startswith("GET ")


async def test_a_late_answer_is_waited_for(web: KsemRest, meter: Emobility) -> None:
    """A meter that shows the old mode once more has taken the new one all the same."""
    web.keeps = 1
    assert (await meter.set_mode(ChargeMode.SOLAR_PURE)).mode is ChargeMode.SOLAR_PURE
    assert web.count("PUT /api/e-mobility/config/chargemode") == 1


async def test_a_change_that_does_not_last_is_no_success(
    web: KsemRest, meter: Emobility
) -> None:
    """A 204 alone is no answer: what the meter says afterwards counts."""
    web.keeps = 9
    with pytest.raises(Refused, match="still says"):
        await meter.set_mode(ChargeMode.SOLAR_PURE)
    with pytest.raises(Refused, match="still says three"):
        await meter.set_phase_use(PhaseUse.ONE)


@pytest.mark.parametrize("percent", [-10, 5, 55, 110])
async def test_quotas_outside_are_not_written(
    web: KsemRest, meter: Emobility, percent: int
) -> None:
    """Only whole steps from 0 to 100 per cent reach the meter."""
    with pytest.raises(OutOfRange):
        await meter.set_quota(Quota.PV, percent)
    assert not web.requests


@pytest.mark.parametrize("ask", ALL_CALLS)
async def test_a_wrong_key_is_not_allowed(
    web: KsemRest, client: ClientSession, ask: Ask
) -> None:
    """Every call says so, and no error tells the key."""
    meter = opened(web, client, key="wrong-key")
    with pytest.raises(NotAllowed) as caught:
        await ask(meter)
    assert "wrong-key" not in repr(caught.value)
    assert not web.written


@pytest.mark.parametrize(
    ("status", "error"),
    [
        (401, NotAllowed),
        (403, NotAllowed),
        (404, Unsupported),
        (400, Refused),
        (500, Refused),
        (302, Refused),
    ],
)
@pytest.mark.parametrize("ask", ALL_CALLS[:4])
async def test_a_status_is_told_in_our_words(
    web: KsemRest, meter: Emobility, status: int, error: type[DeviceError], ask: Ask
) -> None:
    """Reading, the WebSocket and writing map a status alike."""
    web.status = {"GET ": status, "PUT ": status}
    with pytest.raises(error) as caught:
        await ask(meter)
    assert type(caught.value) is error


async def test_a_write_alone_may_be_forbidden(web: KsemRest, meter: Emobility) -> None:
    """A key that may only read is found when it is used to write."""
    web.status = {"PUT ": 403}
    await meter.charging()
    for ask in ALL_CALLS[3:]:
        with pytest.raises(NotAllowed):
            await ask(meter)


@pytest.mark.parametrize("ask", ALL_CALLS[:3])
async def test_the_key_goes_nowhere_else(
    web: KsemRest, meter: Emobility, client: ClientSession, ask: Ask
) -> None:
    """An answer that redirects to another host does not lead the key there."""
    other = KsemRest(KEY)
    other.needs_header = False
    await other.start()
    try:
        web.location = f"http://{other.host}:{other.port}"
        web.status = {"GET ": 307}
        with pytest.raises(Refused) as caught:
            await ask(meter)
        assert type(caught.value) is Refused
    finally:
        await other.stop()
    assert f"Bearer {KEY}" not in other.first_frames


@pytest.mark.parametrize("ask", ALL_CALLS[:3])
@pytest.mark.parametrize(
    "garbage",
    [
        "",
        "no json",
        "null",
        "[[[]]]",
        '{"msg": {}}',
        '{"msg": {"mode": 3}, "phase_usage": 7}',
        '{"phase_usage": true}',
        "[" * 60_000,
        " " * 100_000,
    ],
    ids=lambda text: text[:20].strip(),
)
async def test_garbage_is_a_bad_answer(
    web: KsemRest, meter: Emobility, garbage: str, ask: Ask
) -> None:
    """Whatever comes, it neither breaks us nor is taken for a value."""
    web.garbage = garbage
    if garbage == "[[[]]]" and ask is ALL_CALLS[0]:
        return
    with pytest.raises(BadAnswer):
        await ask(meter)


async def test_a_mode_of_later_firmware_is_unknown(
    web: KsemRest, meter: Emobility
) -> None:
    """It is nobody's mistake, and the rest of the answer stays good."""
    web.charging["mode"] = "time"
    web.charging["minpvpowerquota"] = 400
    assert await meter.charging() == Charging(mode=None, quotas={Quota.CHARGING: 0})


@pytest.mark.parametrize("ask", ALL_CALLS)
async def test_a_slow_meter_is_silent(
    web: KsemRest, client: ClientSession, ask: Ask
) -> None:
    """Nobody waits longer than the bound of one request."""
    web.delay_s = 5
    with pytest.raises(Silent):
        await ask(opened(web, client, timeout_s=0.2))


@pytest.mark.parametrize("ask", ALL_CALLS)
async def test_a_meter_that_is_off_is_unreachable(
    web: KsemRest, meter: Emobility, ask: Ask
) -> None:
    """A closed port is told from no host at all, and a good meter works again."""
    await web.stop()
    with pytest.raises(Unreachable) as caught:
        await ask(meter)
    assert type(caught.value) is PortClosed
    await web.start()
    await ask(meter)


@pytest.mark.parametrize("ask", ALL_CALLS[:3])
@pytest.mark.parametrize(
    ("answer", "error"), [(b"", Unreachable), (b"\0 no HTTP\r\n\r\n", BadAnswer)]
)
async def test_something_else_listens_there(
    client: ClientSession,
    answer: bytes,
    error: type[DeviceError],
    ask: Ask,
    socket_enabled: None,
) -> None:
    """It hangs up, or does not speak HTTP."""

    async def hang_up(
        reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(answer)
        writer.close()
        await writer.wait_closed()

    server = await asyncio.start_server(hang_up, "127.0.0.1", 0)
    async with server:
        port = server.sockets[0].getsockname()[1]
        base = URL.build(scheme="http", host="127.0.0.1", port=port)
        with pytest.raises(error):
            await ask(Emobility(HttpJson(client, base, KEY)))


async def test_no_network_is_unreachable(web: KsemRest) -> None:
    """An address that this machine does not have can't be dialled from."""
    connector = TCPConnector(local_addr=("192.0.2.1", 0))
    async with ClientSession(connector=connector) as client:
        with pytest.raises(Unreachable) as caught:
            await opened(web, client).charging()
    assert type(caught.value) is Unreachable


async def test_a_binary_frame_is_a_bad_answer(web: KsemRest, meter: Emobility) -> None:
    """The neighbouring WebSockets of the meter speak another language."""
    web.binary = True
    with pytest.raises(BadAnswer):
        await meter.charging()
