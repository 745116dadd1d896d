"""Traps by net-snmp's own `snmptrap`, to our listener on loopback."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
import logging
import random
import socket

import pytest

from custom_components.meters_and_chargers.engine.protocols.snmp import (
    Auth,
    Community,
    Credentials,
    Privacy,
    Trap,
    TrapListener,
    TrapSource,
    User,
    traps,
)
from tests import snmp
from tests.snmp import HOST, PASSWORD, send_trap

pytestmark = [
    snmp.needs_net_snmp,
    pytest.mark.usefixtures("socket_enabled"),
    # pysnmp asks cryptography for AES where it used to be.
    pytest.mark.filterwarnings("ignore:CFB has been moved"),
]
COMMUNITY = Community("trap")
OVERLOAD = "1.3.6.1.4.1.32473.20.0.7"
VALUE = "1.3.6.1.4.1.32473.20.4.0"
TEXT = "1.3.6.1.4.1.32473.20.5.0"
ENGINE = "0x80001f8804646972697331"
USERS = {
    "md5_des": User(name="one", password=PASSWORD, auth=Auth.MD5, privacy=Privacy.DES),
    "sha_aes": User(name="one", password=PASSWORD),
    "sha_only": User(name="one", password=PASSWORD, privacy=Privacy.NONE),
    "nothing": User(name="one", auth=Auth.NONE, privacy=Privacy.NONE),
}


class Heard(list[Trap]):
    """The traps that came, to be waited for."""

    async def until(self, enough: Callable[[], bool]) -> None:
        """Wait until it is so."""
        async with asyncio.timeout(30):
            while not enough():  # noqa: ASYNC110 - counts have no event to wait for
                await asyncio.sleep(0.02)


SECOND = "127.0.0.2"


@asynccontextmanager
async def listening(
    credentials: Credentials,
    address: str = HOST,
    sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
) -> AsyncIterator[tuple[TrapListener, TrapSource, Heard]]:
    """Listen for one agent's traps."""
    heard = Heard()
    listener = TrapListener(HOST, 0, sleep)
    await listener.start()
    source = TrapSource(credentials, heard.append)
    try:
        listener.add(address, source)
        yield listener, source, heard
    finally:
        listener.close()


@pytest.mark.parametrize("version", ["1", "2c"])
async def test_with_a_community(version: str) -> None:
    """v1 and v2c alike; another community's are refused, and nothing shows it."""
    async with listening(COMMUNITY) as (listener, source, heard):
        for community in ("Trap", "trap"):
            await send_trap(
                listener.port,
                *("-v", version, "-c", community),
                trap=OVERLOAD,
                values=(VALUE, "i", "-7", TEXT, "s", "Kitchen"),
            )
        await heard.until(lambda: source.taken == 1)
    named = {"1": "v1", "2c": "v2c"}[version]
    assert heard == [Trap(OVERLOAD, ((VALUE, -7), (TEXT, b"Kitchen")), named)]
    assert (source.received, source.refused) == (2, 1)
    assert "trap" not in repr(source).replace("on_trap", "")


async def test_a_standard_trap_of_v1() -> None:
    """A cold start, by the number that RFC 3584 gives it."""
    async with listening(COMMUNITY) as (listener, source, heard):
        await send_trap(
            listener.port, *("-v", "1", "-c", "trap"), trap="1.3.6.1.4.1.32473.0"
        )
        await heard.until(lambda: source.taken == 1)
    assert heard[0].oid == "1.3.6.1.6.3.1.1.5.1"


@pytest.mark.parametrize("kind", USERS)
async def test_of_a_user(kind: str) -> None:
    """v3 with each way of proof and encryption, from an engine nobody knew before."""
    async with listening(USERS[kind]) as (listener, source, heard):
        for _ in range(2):
            await send_trap(
                listener.port,
                *("-v", "3", "-e", ENGINE, "-u", "one", *snmp.security(USERS[kind])),
                trap=OVERLOAD,
                values=(VALUE, "i", "5"),
            )
        await heard.until(lambda: source.taken == 2)
    assert heard == [Trap(OVERLOAD, ((VALUE, 5),), "v3")] * 2


@pytest.mark.parametrize(
    "sent",
    [
        User(name="one", auth=Auth.NONE, privacy=Privacy.NONE),
        User(name="one", password=PASSWORD, privacy=Privacy.NONE),
        User(name="one", password=PASSWORD[::-1]),
        User(name="two", password=PASSWORD),
        User(name="one", password=PASSWORD, auth=Auth.MD5),
    ],
    ids=["no proof", "no encryption", "password", "user", "MD5"],
)
async def test_of_a_user_with_less_or_others(sent: User) -> None:
    """Nothing that is less secure than chosen is taken for the agent's word."""
    async with listening(USERS["sha_aes"]) as (listener, source, heard):
        await send_trap(
            listener.port,
            *("-v", "3", "-e", ENGINE, "-u", sent.name, *snmp.security(sent)),
            trap=OVERLOAD,
        )
        await heard.until(lambda: source.refused == 1)
    assert heard == []


async def test_from_an_unknown_address() -> None:
    """It is counted and never decoded; also what a removed one still sends."""
    async with listening(COMMUNITY, "127.0.0.9") as (listener, source, heard):
        send = ("-v", "2c", "-c", "trap")
        await send_trap(listener.port, *send, trap=OVERLOAD)
        await heard.until(lambda: listener.strangers == 1)
        listener.add(HOST, source)
        with pytest.raises(ValueError, match=HOST):
            listener.add(HOST, TrapSource(COMMUNITY, heard.append))
        listener.remove(source)
        assert not listener.sources
        await send_trap(listener.port, *send, trap=OVERLOAD)
        await heard.until(lambda: listener.strangers == 2)
    assert (source.received, heard) == (0, [])


async def test_two_agents_at_one_port() -> None:
    """Each is known by its address and its own credentials, and heard by its own."""
    async with listening(COMMUNITY) as (listener, first, heard):
        others = Heard()
        second = TrapSource(USERS["sha_aes"], others.append)
        listener.add(SECOND, second)
        v3 = ("-v", "3", "-e", ENGINE, "-u", "one", *snmp.security(USERS["sha_aes"]))
        v2c = ("-v", "2c", "-c", "trap")
        for options in (v3, v2c):
            await send_trap(listener.port, *options, trap=OVERLOAD)
            as_second = (*options, f"--clientaddr={SECOND}")
            await send_trap(listener.port, *as_second, trap=OVERLOAD)
        await heard.until(lambda: first.received + second.received == 4)
        await heard.until(lambda: first.refused + second.refused == 2)
        listener.remove(second)
        assert listener.sources == {first}
    assert [one.version for one in heard] == ["v2c"]
    assert [one.version for one in others] == ["v3"]


async def datagram_of(*options: str) -> bytes:
    """Return a trap as it goes over the wire."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as catcher:
        catcher.bind((HOST, 0))
        catcher.setblocking(False)
        await send_trap(
            catcher.getsockname()[1],
            *options,
            trap=OVERLOAD,
            values=(VALUE, "i", "5", TEXT, "s", "Kitchen"),
        )
        async with asyncio.timeout(30):
            return await asyncio.get_running_loop().sock_recv(catcher, 4096)


async def test_a_flood(
    caplog: pytest.LogCaptureFixture, expected_logs: list[str]
) -> None:
    """Ten in each tenth of a second are processed, the rest is counted."""
    expected_logs.append("More traps come to port")
    caplog.set_level(logging.INFO)
    taken: list[tuple[int, float]] = []

    async def sleep(seconds: float) -> None:
        taken.append((source.taken, seconds))
        await asyncio.sleep(0)

    async with listening(COMMUNITY, sleep=sleep) as (listener, source, heard):
        datagram = await datagram_of("-v", "2c", "-c", "trap")
        for _ in range(5_000):
            listener.came(datagram, HOST)
        assert source.received == 5_000
        assert source.dropped == 5_000 - traps.WAITING
        await heard.until(lambda: "processed again" in caplog.text)
    assert source.taken == traps.WAITING
    assert taken == [(count, 0.1) for count in range(10, traps.WAITING + 1, 10)]
    lines = [one for one in caplog.messages if "processed" in one]
    assert len(lines) == 2


@pytest.mark.parametrize("kind", ["v1", "v2c", *USERS])
async def test_made_up_datagrams(kind: str) -> None:
    """Whatever comes, it is counted, and the next good trap is taken."""
    credentials = USERS.get(kind, COMMUNITY)
    options = {"v1": ("-v", "1", "-c", "trap"), "v2c": ("-v", "2c", "-c", "trap")}.get(
        kind
    )
    if isinstance(credentials, User):
        options = ("-v", "3", "-e", ENGINE, "-u", "one", *snmp.security(credentials))
    assert options is not None
    chance = random.Random(4555)  # noqa: S311 - a seed, so that it can be repeated
    good = await datagram_of(*options)
    async with listening(credentials) as (listener, source, heard):
        for _ in range(400):
            made = bytearray(good)
            for _ in range(chance.randint(1, 4)):
                made[chance.randrange(len(made))] = chance.randrange(256)
            whole = len(made) if chance.random() < 0.8 else chance.randrange(len(made))
            await listener._take(source, bytes(made[:whole]))
        listener.came(bytes(5000), HOST)
        assert source.taken + source.refused == 401
        before = source.taken

        def taken() -> bool:
            listener.came(good, HOST)
            return source.taken > before

        await heard.until(taken)
