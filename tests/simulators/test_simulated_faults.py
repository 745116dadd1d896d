"""A fake device misbehaves exactly as told."""

import asyncio
from collections.abc import Callable

import pytest
from raw_modbus import PATIENCE_S, Connect

from simulators.ksem import Ksem

READ = bytes.fromhex("03 2001 0001")
ANSWER = bytes.fromhex("03 02 4862")


async def _until(reached: Callable[[], bool]) -> None:
    async with asyncio.timeout(PATIENCE_S):
        while not reached():  # noqa: ASYNC110 - what it waits for has no event
            await asyncio.sleep(0.01)


async def test_silent_takes_requests_and_never_answers(connect: Connect) -> None:
    """What was asked in silence stays unanswered, what comes after it does not."""
    ksem = Ksem()
    client = await connect(ksem)
    ksem.silent = True
    client.send(READ, transaction=1)
    await _until(lambda: ksem.request_count == 1)
    ksem.silent = False
    client.send(READ, transaction=2)
    assert await client.receive() == (2, ANSWER)


async def test_refused_registers_give_exception_2(connect: Connect) -> None:
    """Any read that touches them is refused, its neighbours are not."""
    ksem = Ksem()
    client = await connect(ksem)
    ksem.refuse(592, 20)
    assert await client.ask(bytes.fromhex("03 0200 0064")) == b"\x83\x02"
    assert await client.ask(bytes.fromhex("03 0263 0001")) == b"\x83\x02"
    assert len(await client.read(512, 80)) == 160
    assert len(await client.read(612, 80)) == 160
    ksem.clear_faults()
    assert len(await client.read(512, 100)) == 200


async def test_a_short_answer_lacks_registers(connect: Connect) -> None:
    """An answer is whole in itself but brings fewer registers than asked."""
    ksem = Ksem()
    client = await connect(ksem)
    ksem.short_answer = 3
    data = await client.read(8192, 58)
    assert len(data) == 110
    assert data[2:4] == ANSWER[2:]
    ksem.clear_faults()
    assert len(await client.read(8192, 58)) == 116


async def test_clients_are_closed_and_may_come_back(connect: Connect) -> None:
    """Closed clients see the end; the device counts who is there."""
    ksem = Ksem()
    client, other = await connect(ksem), await connect(ksem)
    assert await client.ask(READ) == await other.ask(READ) == ANSWER
    assert (ksem.open_connections, ksem.connections_total) == (2, 2)
    ksem.close_clients()
    await client.ended()
    await other.ended()
    again = await connect(ksem)
    assert await again.ask(READ) == ANSWER
    await _until(lambda: ksem.open_connections == 1)
    assert ksem.connections_total == 3
    again.writer.close()
    await _until(lambda: ksem.open_connections == 0)


async def test_a_vanished_device_leaves_dead_sockets(connect: Connect) -> None:
    """Half-open sockets are never served again; later ones are."""
    ksem = Ksem()
    before = await connect(ksem)
    assert await before.ask(READ) == ANSWER
    ksem.half_open = True
    before.send(READ)
    during = await connect(ksem)
    during.send(READ)
    await _until(lambda: ksem.connections_total == 2)
    assert ksem.open_connections == 0
    ksem.half_open = False
    after = await connect(ksem)
    assert await after.ask(READ) == ANSWER
    assert (ksem.request_count, ksem.open_connections) == (2, 1)
    for dead in (before, during):
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(0.1):
                await dead.reader.read(1)
        assert not dead.reader.at_eof()
    await ksem.stop()
    await before.ended()
    await during.ended()


async def test_a_stopped_device_refuses_and_returns(connect: Connect) -> None:
    """Stopped it refuses connections; started again it has the same port."""
    ksem = Ksem()
    client = await connect(ksem)
    port = ksem.port
    assert await client.ask(READ) == ANSWER
    await ksem.stop()
    await ksem.stop()
    assert not ksem.running
    await client.ended()
    with pytest.raises(ConnectionRefusedError):
        await asyncio.open_connection(ksem.host, port)
    await ksem.start()
    await ksem.start()
    assert ksem.running
    assert ksem.port == port
    assert await (await connect(ksem)).ask(READ) == ANSWER


async def test_a_delayed_answer_comes_and_hinders_no_stop(connect: Connect) -> None:
    """A short delay only delays; a stop doesn't wait for a long one."""
    ksem = Ksem()
    client = await connect(ksem)
    ksem.delay_s = 0.01
    assert await client.ask(READ) == ANSWER
    ksem.delay_s = 3600
    client.send(READ)
    await _until(lambda: ksem.request_count == 2)
    async with asyncio.timeout(PATIENCE_S):
        await ksem.stop()
    await client.ended()


async def test_a_taken_port_leaves_nothing_running(connect: Connect) -> None:
    """A device that can't have its port says so and is stopped."""
    first = Ksem()
    await connect(first)
    second = Ksem(port=first.port)
    with pytest.raises(OSError, match="address already in use"):
        await second.start()
    assert not second.running


async def test_requests_in_one_segment_are_all_answered(connect: Connect) -> None:
    """Three requests that come at once get three answers, in order."""
    ksem = Ksem()
    client = await connect(ksem)
    for transaction in (1, 2, 3):
        client.send(READ, transaction=transaction)
    answers = [await client.receive() for _ in range(3)]
    assert answers == [(1, ANSWER), (2, ANSWER), (3, ANSWER)]
    assert [request.address for request in ksem.requests] == [8193] * 3


@pytest.mark.parametrize(
    ("pdu", "answer"),
    [
        ("04 2001 0001", "84 01"),
        ("01 0000 0001", "81 01"),
        ("2B 0E 01 00", "AB 01"),
        ("03 2001 0000", "83 03"),
        ("03 0200 007E", "83 03"),
        ("03 20", "83 03"),
        ("10 0000 0002 04 0001", "90 03"),
    ],
)
async def test_what_it_cannot_do_is_an_exception(
    connect: Connect, pdu: str, answer: str
) -> None:
    """Other functions give exception 1, counts that can't be exception 3."""
    client = await connect(Ksem())
    assert await client.ask(bytes.fromhex(pdu)) == bytes.fromhex(answer)
    assert await client.ask(READ) == ANSWER


async def test_what_is_no_frame_ends_the_connection(connect: Connect) -> None:
    """A length no Modbus frame can have closes the socket."""
    client = await connect(Ksem())
    client.writer.write(b"GET / HTTP/1.1\r\n\r\n")
    await client.ended()
    assert client.reader.at_eof()
