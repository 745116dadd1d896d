"""The server to which meters write, on real sockets, with pymodbus as the meter."""

import asyncio
from collections.abc import AsyncIterator, Callable
import contextlib
import struct
import time

import pytest

from custom_components.meters_and_chargers.engine.devices.ksem import registers
from custom_components.meters_and_chargers.engine.model import (
    Phase,
    Point,
    Quantity,
    Sample,
)
from custom_components.meters_and_chargers.engine.protocols.modbus import (
    PushServer,
    Source,
    load_requests,
    push,
    push_server,
)
from simulators.ksem import Ksem
from simulators.pusher import ALL, ENERGIES, PHASES, TOTALS, Pusher, split

HOST = "127.0.0.1"
METER = "127.0.0.2"
POWER = Point(Quantity.POWER)


class Listening:
    """A server with one meter, and what came from it."""

    def __init__(self, **bounds: float) -> None:
        """Know the meter; nothing listens yet."""
        self.samples: list[Sample] = []
        self.source = Source(pushed=registers.PUSHED, on_sample=self.samples.append)
        self.server = PushServer(
            load_requests(),
            HOST,
            0,
            idle_s=bounds.get("idle_s", 300),
            most=int(bounds.get("most", 20)),
        )
        self.server.add(METER, self.source)

    async def came(self, count: int) -> bool:
        """Wait for samples, some seconds at most."""
        return await until(lambda: len(self.samples) >= count)


async def until(true: Callable[[], bool]) -> bool:
    """Wait for something, half a minute at most."""
    for _ in range(3000):
        if true():
            return True
        await asyncio.sleep(0.01)
    return False


@pytest.fixture
async def listening(socket_enabled: None) -> AsyncIterator[Listening]:
    """Return a server that listens for the meter 127.0.0.2."""
    found = Listening()
    await found.server.start()
    yield found
    found.server.close()


@pytest.fixture
async def pusher(ksem: Ksem, listening: Listening) -> AsyncIterator[Pusher]:
    """Return a meter that is connected and has not written yet."""
    found = Pusher(ksem, HOST, listening.server.port, source=METER)
    assert await found.connect()
    yield found
    await found.close()


class Raw:
    """A connection that sends what no client of any library would."""

    def __init__(
        self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> None:
        """Take an open connection."""
        self.reader = reader
        self.writer = writer

    async def ask(self, *pdus: bytes, unit: int = 1) -> list[bytes]:
        """Send requests in one segment; returns the answers' bytes."""
        for number, pdu in enumerate(pdus):
            self.writer.write(struct.pack(">HHHB", number, 0, len(pdu) + 1, unit) + pdu)
        answers = []
        for number in range(len(pdus)):
            head = await asyncio.wait_for(self.reader.readexactly(7), 30)
            transaction, _, length, answered = struct.unpack(">HHHB", head)
            assert (transaction, answered) == (number, unit)
            answers.append(await self.reader.readexactly(length - 1))
        return answers

    async def ended(self) -> bool:
        """Whether the other side has cut the connection, within some seconds."""
        with contextlib.suppress(ConnectionError):
            return await asyncio.wait_for(self.reader.read(), 30) == b""
        return True


@contextlib.asynccontextmanager
async def raw(server: PushServer, source: str = METER) -> AsyncIterator[Raw]:
    """Open a connection from an address."""
    reader, writer = await asyncio.open_connection(
        HOST, server.port, local_addr=(source, 0)
    )
    try:
        yield Raw(reader, writer)
    finally:
        writer.close()


def write(start: int, *words: int) -> bytes:
    """Return a request to write registers, from the function code on."""
    head = struct.pack(">BHHB", 16, start, len(words), 2 * len(words))
    return head + struct.pack(f">{len(words)}H", *words)


async def test_all_values_come_as_by_polling(
    ksem: Ksem, listening: Listening, pusher: Pusher
) -> None:
    """Five writes a sample; 1000 W on L1 and -500 W on L3 are 500 W."""
    ksem.set_counter("energy_import", (12345.6, 1, 2, 3))
    await pusher.push()
    await pusher.push()
    assert await listening.came(2)
    readings = listening.samples[-1].readings
    assert len(readings) == 63
    assert readings[POWER] == 500
    assert readings[Point(Quantity.POWER, Phase.L3)] == -500
    assert readings[Point(Quantity.ENERGY_IMPORT)] == 12345.6
    assert listening.source.writes == 10


@pytest.mark.parametrize("unit_id", [0, 1, 71, 247, 255])
@pytest.mark.parametrize("single", [False, True], ids=["FC16", "FC6"])
async def test_any_unit_id_and_both_functions(
    listening: Listening, pusher: Pusher, unit_id: int, *, single: bool
) -> None:
    """Which a KSEM uses is not documented."""
    pusher.unit_id, pusher.single = unit_id, single
    pusher.writes = [TOTALS]
    if unit_id:
        assert not any(answer.isError() for answer in await pusher.push())
    else:
        # A client expects no answer to unit 0, the broadcast of serial lines.
        await pusher.push()
    assert await listening.came(1)
    assert listening.samples[0].readings[POWER] == 500


@pytest.mark.parametrize("block", [TOTALS, PHASES, ENERGIES, (592, 100), (692, 100)])
async def test_split_at_every_word(
    listening: Listening,
    pusher: Pusher,
    block: tuple[int, int],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Wherever a writer parts a block, the sample is the same."""
    pusher.writes = [block]
    await pusher.push()
    assert await listening.came(1)
    whole = listening.samples[0].points
    assert whole
    # A loaded machine may pause between two writes, which would end the sample.
    for module in (push, push_server):
        monkeypatch.setattr(module, "PAUSE_S", 60)
    for at in range(block[0] + 1, sum(block)):
        pusher.writes = split([block], at)
        before = len(listening.samples)
        await pusher.push()
        assert await listening.came(before + 1)
        assert listening.samples[-1].points == whole, at


async def test_several_writes_in_one_segment(listening: Listening) -> None:
    """Each is answered, and together they are one sample."""
    async with raw(listening.server) as meter:
        requests = write(0, 0), write(1, 12345, 0), write(3, 0)
        assert [answer[0] for answer in await meter.ask(*requests)] == [16, 16, 16]
        assert await listening.came(1)
    assert listening.samples[0].readings[POWER] == 1234.5


async def test_request_in_pieces(listening: Listening) -> None:
    """A byte at a time is a request as well."""
    async with raw(listening.server) as meter:
        pdu = write(0, 0, 1, 0, 0)
        for byte in struct.pack(">HHHB", 0, 0, len(pdu) + 1, 1) + pdu[:-1]:
            meter.writer.write(bytes((byte,)))
            await asyncio.sleep(0)
        meter.writer.write(pdu[-1:])
        assert (await meter.reader.readexactly(12))[7:] == pdu[:5]


@pytest.mark.parametrize(
    ("pdu", "code"),
    [
        (struct.pack(">BHH", 3, 0, 2), 1),
        (struct.pack(">BHH", 5, 0, 0xFF00), 1),
        (b"\x2b\x0e\x01\x00", 1),
        (b"\x7f\x00", 1),
        (write(28, 0), 2),
        (write(8192, 0), 2),
        (write(0, *[0] * 29), 2),
        (write(65535, 0), 2),
        (struct.pack(">BHH", 6, 300, 1), 2),
        (write(0), 3),
        (write(592, *[0] * 123)[:-1], 3),
        (struct.pack(">BHHB", 16, 0, 3, 2) + b"\0\0", 3),
        (struct.pack(">BH", 6, 0), 3),
    ],
)
async def test_anything_else_gets_its_exception(
    listening: Listening, pdu: bytes, code: int
) -> None:
    """Another function 1, another address 2, a malformed write 3; then all goes on."""
    async with raw(listening.server) as meter:
        (answer,) = await meter.ask(pdu)
        assert answer == bytes((pdu[0] | 0x80, code))
        (answer,) = await meter.ask(write(0, 0, 5, 0, 0))
        assert answer[0] == 16
        assert await listening.came(1)
    assert listening.source.refused == 1
    assert listening.samples[0].readings[POWER] == 0.5


@pytest.mark.parametrize(
    "noise", [b"GET / HTTP/1.1\r\n\r\n", bytes(7), b"\0\0\0\0\1\0\1\x10"]
)
async def test_what_is_no_modbus_is_cut(listening: Listening, noise: bytes) -> None:
    """Nothing is guessed about where the next request begins."""
    async with raw(listening.server) as meter:
        meter.writer.write(noise)
        assert await meter.ended()
    assert not listening.samples


async def test_strangers_are_refused_and_logged_once(
    listening: Listening, expected_logs: list[str], caplog: pytest.LogCaptureFixture
) -> None:
    """Who is no source of a meter gets no answer; the log names the address once."""
    expected_logs.append("no meter is known to push from there")
    for _ in range(3):
        async with raw(listening.server, "127.0.0.9") as stranger:
            stranger.writer.write(b"\0\0\0\0\0\6\1" + struct.pack(">BHH", 6, 0, 1))
            assert await stranger.ended()
    said = [r.message for r in caplog.records if "is refused" in r.message]
    assert len(said) == 1
    assert "127.0.0.9" in said[0]
    assert listening.server.refused_connections == 3
    assert listening.server.open_connections == 0


async def test_two_connections_a_meter_and_a_cap_for_all(
    socket_enabled: None, expected_logs: list[str]
) -> None:
    """A meter's third connection replaces its first; the cap lets nobody else in."""
    expected_logs.append("too many connections")
    found = Listening(most=3)
    other = Source(pushed=registers.PUSHED, on_sample=found.samples.append)
    found.server.add("127.0.0.3", other)
    with pytest.raises(ValueError, match="another meter"):
        found.server.add("::ffff:127.0.0.3", found.source)
    await found.server.start()
    try:
        async with contextlib.AsyncExitStack() as stack:
            meters = [
                await stack.enter_async_context(raw(found.server, address))
                for address in (METER, METER, METER, "127.0.0.3", "127.0.0.3")
            ]
            assert await meters[0].ended()
            for meter in meters[1:4]:
                assert (await meter.ask(write(0, 0)))[0][0] == 16
            assert await meters[4].ended()
            assert found.server.open_connections == 3
    finally:
        found.server.close()


async def test_idle_connection_is_closed(socket_enabled: None) -> None:
    """Half a request keeps nobody in; a whole one does."""
    found = Listening(idle_s=2)
    await found.server.start()
    try:
        async with raw(found.server) as meter:
            await asyncio.sleep(0.2)
            asked = time.monotonic()
            await meter.ask(write(0, 0))
            meter.writer.write(b"\0\0")
            assert await meter.ended()
            assert time.monotonic() - asked > 1.95
    finally:
        found.server.close()
    assert found.server.open_connections == 0


async def test_close_takes_no_time_with_meters_connected(
    listening: Listening, pusher: Pusher
) -> None:
    """Everybody is cut, and the port is free again at once."""
    await pusher.push()
    port = listening.server.port
    async with raw(listening.server) as meter:
        await meter.ask(write(0, 0))
        listening.server.close()
        again = PushServer(load_requests(), HOST, port)
        await again.start()
        # By then: nobody was waited for.
        assert listening.server.open_connections == 0
        assert await meter.ended()
        again.close()


async def test_removed_meter_is_a_stranger(
    listening: Listening, expected_logs: list[str]
) -> None:
    """Its connections are cut, and new ones are refused."""
    expected_logs.append("no meter is known to push from there")
    async with raw(listening.server) as meter:
        await meter.ask(write(0, 0))
        listening.server.remove(listening.source)
        assert await meter.ended()
    async with raw(listening.server) as meter:
        assert await meter.ended()


async def test_broken_connection_parts_two_samples(listening: Listening) -> None:
    """Half a value, a new connection, the other half: no value."""
    async with raw(listening.server) as meter:
        await meter.ask(write(0, 1))
    async with raw(listening.server) as meter:
        await meter.ask(write(1, 1, 0, 0))
    assert await until(lambda: not listening.server.open_connections)
    assert not any(POWER in sample.points for sample in listening.samples)


async def test_ten_meters_every_200_ms(socket_enabled: None) -> None:
    """Each gets its own values, and none is lost."""
    server = PushServer(load_requests(), HOST, 0)
    came: list[list[Sample]] = [[] for _ in range(10)]
    pushers = []
    await server.start()
    try:
        for number, samples in enumerate(came):
            address = f"127.0.0.{number + 2}"
            server.add(
                address, Source(pushed=registers.PUSHED, on_sample=samples.append)
            )
            meter = Ksem()
            meter.set_power(100 * number, 0, 0)
            pushers.append(Pusher(meter, HOST, server.port, source=address, writes=ALL))
            assert await pushers[-1].connect()
            pushers[-1].every(0.2)
        assert await until(lambda: all(len(samples) >= 10 for samples in came))
    finally:
        for pusher in pushers:
            await pusher.close()
        server.close()
    for number, samples in enumerate(came):
        # A push that a loaded machine holds up comes as two samples.
        powers = {one.readings[POWER] for one in samples if POWER in one.readings}
        assert powers == {100 * number}
        assert len({point for one in samples for point in one.readings}) == 63
