"""SNMP over a network that loses, doubles, delays and garbles datagrams."""

import asyncio
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager
import time
from typing import override

import pytest

from custom_components.meters_and_chargers.engine.model import (
    BadAnswer,
    Silent,
    TooOften,
)
from custom_components.meters_and_chargers.engine.protocols.budget import Budget
from custom_components.meters_and_chargers.engine.protocols.snmp import (
    UPTIME,
    Credentials,
)
from simulators.diris_table import ROOT, oid, value
from simulators.snmp_agent import HOST, SnmpAgent
from simulators.udp_relay import Address, Trouble, UdpRelay
from tests import snmp
from tests.clock import Clock

pytestmark = [snmp.needs_net_snmp, pytest.mark.usefixtures("socket_enabled")]
COLUMN = ".".join(map(str, (*ROOT, 10000)))
SERVICES = range(10000, 10013)
V1 = snmp.CREDENTIALS["v1"]


@pytest.fixture(scope="module")
def agent() -> Iterator[SnmpAgent]:
    """Return an agent that no test changes."""
    with snmp.agent() as running:
        yield running


@asynccontextmanager
async def relay(agent: SnmpAgent, trouble: Trouble) -> AsyncIterator[UdpRelay]:
    """Put a bad network before the agent."""
    between = UdpRelay(agent.port, trouble)
    await between.start()
    try:
        yield between
    finally:
        between.stop()


@pytest.mark.parametrize("credentials", snmp.CREDENTIALS.values(), ids=snmp.CREDENTIALS)
async def test_no_wrong_value_and_no_lost_circuit(
    agent: SnmpAgent, credentials: Credentials
) -> None:
    """A tenth lost, a tenth doubled, a tenth overtaken, some garbled: all is right."""
    trouble = Trouble(lost=0.1, doubled=0.1, late=0.1, garbled=0.05, late_s=0.3)
    expected = {
        oid(service, *load): value(service, *load)
        # Row by row and in small GETs version 1 takes long enough.
        for service in (SERVICES[:4] if credentials is V1 else SERVICES)
        for load in agent.loads
    }
    async with relay(agent, trouble) as network:
        with snmp.session(
            network.port, credentials, timeout_s=0.2, tries=12
        ) as session:
            assert await session.walk(COLUMN, expected=192) == {
                oid(10000, *load): value(10000, *load) for load in agent.loads
            }
            assert await session.get(expected) == expected
    assert trouble.happened > 20


async def test_pysnmp_in_the_same_network(agent: SnmpAgent) -> None:
    """The slow library finds the same, in the same trouble."""
    trouble = Trouble(lost=0.1, doubled=0.1, late=0.1, garbled=0.05, late_s=0.3)
    async with relay(agent, trouble) as network:
        with snmp.session(
            network.port, backend="pysnmp", timeout_s=0.3, tries=12
        ) as session:
            assert await session.walk(COLUMN, expected=192) == {
                oid(10000, *load): value(10000, *load) for load in agent.loads
            }
    assert trouble.happened


async def test_a_late_answer_is_nobodys(agent: SnmpAgent) -> None:
    """Answers that come after their time-out never stand for another question."""
    forgiving = Budget(
        bits_per_s=1e12, requests_per_s=1e9, clock=lambda: 1e6 * time.monotonic()
    )
    async with relay(agent, Trouble(late=1.0, late_s=0.3)) as network:
        with snmp.session(
            network.port, timeout_s=0.2, tries=1, budget=forgiving
        ) as session:
            answered = 0
            for service in SERVICES:
                for load in agent.loads[:4]:
                    try:
                        found = await session.get([oid(service, *load)])
                    except Silent:
                        continue
                    assert found == {oid(service, *load): value(service, *load)}
                    answered += 1
    assert 0 < answered < 52


async def test_silence_is_bounded_and_told_to_the_budget(agent: SnmpAgent) -> None:
    """When nothing comes any more the gateway is left alone; what comes late is not."""
    trouble = Trouble()
    budget = snmp.unhurried()
    async with relay(agent, trouble) as network:
        with snmp.session(
            network.port, timeout_s=1.0, tries=2, budget=budget
        ) as session:
            await session.get([UPTIME])
            trouble.lost = 1.0
            passed = network.passed
            with pytest.raises(Silent):
                await session.get([UPTIME])
            assert network.passed == passed + 2
            assert budget.state.bans == 1
            with pytest.raises(TooOften):
                await session.get([UPTIME])
            assert network.passed == passed + 2, "asked during the ban"


@pytest.fixture
def expected_logs() -> list[str]:
    """The budget says once that it leaves a gateway alone."""
    return ["as when its firewall blocks us"]


class _LongOnesGoMissing(UdpRelay):
    """A network, or an agent, that takes nothing beyond so many bytes."""

    longest = 500

    @override
    def _pass_on(self, data: bytes, send: Callable[[bytes], None]) -> None:
        if len(data) <= self.longest:
            super()._pass_on(data, send)


async def test_an_agent_that_takes_only_short_datagrams(agent: SnmpAgent) -> None:
    """Long GETs that nobody answers become shorter, for an hour; nobody is banned."""
    budget = snmp.unhurried()
    clock = Clock()
    network = _LongOnesGoMissing(agent.port, Trouble())
    await network.start()
    wanted = {oid(10000, *load): value(10000, *load) for load in agent.loads}
    try:
        with snmp.session(
            network.port, timeout_s=1.0, tries=2, budget=budget, clock=clock
        ) as session:
            await session.get([UPTIME])
            assert await session.get(wanted) == wanted
            assert 5 <= session.most <= 20
            passed = network.passed
            assert await session.get(wanted) == wanted
            assert network.passed - passed <= 192 // 5 + 1
            network.longest = 10_000
            clock.now += 3601
            assert await session.get(wanted) == wanted
            assert session.most == 40
    finally:
        network.stop()
    assert budget.state.bans == 0


class _ErrorsAlone(asyncio.DatagramProtocol):
    """An agent that answers whatever it is asked by genErr."""

    def __init__(self) -> None:
        self.transport = asyncio.DatagramTransport()

    @override
    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.DatagramTransport)
        self.transport = transport

    @override
    def datagram_received(self, data: bytes, addr: Address) -> None:
        # 0x30 length, version, community; then the PDU with its request id.
        pdu = 2 + 3 + 2 + data[6]
        length = 2 if data[1] < 0x80 else 3
        pdu += length - 2 if length > 2 else 0
        status = pdu + 2 + 2 + data[pdu + 3]
        answer = bytearray(data)
        answer[pdu] = 0xA2
        answer[status + 2] = 5
        self.transport.sendto(bytes(answer), addr)


@pytest.mark.parametrize("backend", snmp.BACKENDS)
@pytest.mark.parametrize("version", ["v1", "v2c"])
async def test_an_agent_that_answers_errors_alone(backend: str, version: str) -> None:
    """An error is neither a value, nor a circuit's absence, nor an empty table."""
    loop = asyncio.get_running_loop()
    transport, _ = await loop.create_datagram_endpoint(
        _ErrorsAlone, local_addr=(HOST, 0)
    )
    port = transport.get_extra_info("sockname")[1]
    try:
        with snmp.session(port, snmp.CREDENTIALS[version], backend=backend) as session:
            found = await session.get([oid(10000, 4, 1), oid(10000, 4, 2)])
            # Version 1 and gufo don't tell an error from a value that isn't there.
            assert set(found.values()) <= ({None} if version == "v1" else set())
            with pytest.raises(BadAnswer):
                await session.walk(COLUMN)
    finally:
        transport.close()


async def test_the_default_budget_holds_back(agent: SnmpAgent) -> None:
    """60 GETs of one value need three seconds at 20 requests a second, less a burst."""
    clock = Clock()
    budget = Budget(clock=clock, sleep=clock.sleep)
    begun = clock.now
    with snmp.session(agent.port, budget=budget) as session:
        for load in agent.loads[:60]:
            await session.get([oid(10000, *load)])
    assert clock.now - begun == pytest.approx(2.5, abs=0.2)
