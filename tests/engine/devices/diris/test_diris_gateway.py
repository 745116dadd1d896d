"""A DIRIS gateway by all paths: whose value counts, what fails alone, bans."""

from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
import logging

import pytest

from custom_components.meters_and_chargers.engine.devices.diris import (
    DOCUMENTED,
    Gateway,
    Load,
    SnmpPath,
    name_of,
)
from custom_components.meters_and_chargers.engine.model import (
    Mark,
    Phase,
    Point,
    Quantity,
    Silent,
    TooOften,
    WrongDevice,
)
from custom_components.meters_and_chargers.engine.protocols.budget import Budget
from simulators import bacnet_gateway
from simulators.bacnet_gateway import BacnetGateway
from simulators.diris import Circuit, Diris, LoadModule
from simulators.diris_table import oid
from simulators.snmp_agent import SnmpAgent
from simulators.udp_relay import Trouble, UdpRelay
from tests import snmp
from tests.bacnet import opened as by_bacnet
from tests.links import behind_gateway

pytestmark = [snmp.needs_net_snmp, pytest.mark.usefixtures("socket_enabled")]
CURRENT = Point(Quantity.CURRENT, Phase.L1)
POWER = Point(Quantity.POWER)
IN_MA = {
    service: replace(column, scale=0.001) for service, column in DOCUMENTED.items()
}
LOADS = [(2, 1), (3, 1), (7, 1)]
BOARD, DIGIWARE, STRANGE = (Load(*load) for load in LOADS)


@pytest.fixture
def agent() -> Iterator[SnmpAgent]:
    """Return a table of three circuits, one of a module that Modbus can't reach."""
    running = SnmpAgent(LOADS, (10000, 10001, 10003))
    running.start()
    yield running
    running.close()


@dataclass
class Both:
    """A gateway by both paths, and how each is disturbed."""

    gateway: Gateway
    device: Diris
    relay: UdpRelay
    budget: Budget


@asynccontextmanager
async def opened(agent: SnmpAgent, key: str | None = None) -> AsyncIterator[Both]:
    """Open both paths to a gateway, which share a budget."""
    device = Diris(
        {
            2: LoadModule("DIRIS B30 RS485", [Circuit(6900)], most=4),
            3: LoadModule("Digiware I-35", [Circuit(3000)], most=3, order=35),
        }
    )
    relay = UdpRelay(agent.port, Trouble())
    budget = snmp.unhurried()
    await device.start()
    await relay.start()
    try:
        with snmp.session(relay.port, budget=budget, timeout_s=1.0, tries=2) as session:
            async with behind_gateway(device, (), 1.5, budget.lane()) as modbus:
                path = SnmpPath(session, IN_MA)
                learnt = (10000, 10001, 10003)
                gateway = Gateway(modbus, path, key=key, learnt=learnt)
                await gateway.look_for([2, 3])
                await gateway.topology()
                yield Both(gateway, device, relay, budget)
    finally:
        relay.stop()
        await device.stop()


async def test_the_surer_path_tells(agent: SnmpAgent) -> None:
    """Documented values come by Modbus, all else by SNMP; both in one round."""
    async with opened(agent) as both:
        gateway = both.gateway
        assert gateway.offered(BOARD)[POWER] is Mark.DOCUMENTED
        assert gateway.offered(DIGIWARE)[POWER] is Mark.SINGLE_SOURCE
        assert gateway.offered(DIGIWARE)[CURRENT] is Mark.DOCUMENTED
        assert set(map(name_of, gateway.offered(STRANGE))) == {
            "current_l1",
            "current_l2",
            "column_10003",
        }
        wanted = {BOARD: {POWER, CURRENT, 10003}, DIGIWARE: {CURRENT}}
        read = await gateway.read(wanted)
    assert read[BOARD].keys() == wanted[BOARD]
    assert read[BOARD][POWER] == 6900
    assert read[BOARD][CURRENT] == pytest.approx(11.087)
    assert read[BOARD][10003] == 0
    assert read[DIGIWARE] == {CURRENT: 100.301}


async def test_modules_of_the_table_are_looked_for(agent: SnmpAgent) -> None:
    """What SNMP tells of is asked by Modbus who it is; who is silent stays nameless."""
    async with opened(agent) as both:
        known = both.gateway.known
        names = {module.address: module.product for module in known.modules}
        assert names == {2: "DIRIS B30 RS485", 3: "Digiware I-35", 7: None}
        assert both.gateway.answers(7)
        both.gateway.forget(3)
        assert both.gateway.answers(3)


async def test_another_gateway(agent: SnmpAgent) -> None:
    """Who it must be is known by Modbus, and SNMP does not stand in for it."""
    async with opened(agent, key="diris_000001") as both:
        with pytest.raises(WrongDevice):
            await both.gateway.identify()


async def test_one_path_fails_alone(
    agent: SnmpAgent, caplog: pytest.LogCaptureFixture, expected_logs: list[str]
) -> None:
    """Its values are missing, it is logged once each way, and it is no ban."""
    caplog.set_level(logging.INFO)
    expected_logs.append("can't be read by SNMP")
    async with opened(agent) as both:
        wanted = {BOARD: {POWER, 10003}}
        assert (await both.gateway.read(wanted))[BOARD].keys() == {POWER, 10003}
        both.relay.trouble = Trouble(lost=1.0)
        for _ in range(2):
            assert await both.gateway.read(wanted) == {BOARD: {POWER: 6900}}
        assert not both.budget.state.bans
        both.relay.trouble = Trouble()
        assert (await both.gateway.read(wanted))[BOARD].keys() == {POWER, 10003}
    said = [one.getMessage() for one in caplog.records if "by SNMP" in one.getMessage()]
    assert len(said) == 2


async def test_silence_of_all_paths_is_a_ban(
    agent: SnmpAgent, expected_logs: list[str], caplog: pytest.LogCaptureFixture
) -> None:
    """Also of one that was not wanted; a module is not blamed for it."""
    expected_logs.append("as when its firewall blocks us")
    async with opened(agent) as both:
        wanted = {BOARD: {POWER}}
        await both.gateway.read(wanted)
        both.relay.trouble = Trouble(lost=1.0)
        both.device.says_so = False
        both.device.lose(1, 2, 3)
        with pytest.raises(Silent):
            await both.gateway.read(wanted)
        assert both.budget.state.banned_for_s > 30
        with pytest.raises(TooOften):
            await both.gateway.read(wanted)
        assert both.gateway.answers(2)
    assert "module at address" not in caplog.text


async def test_bacnet_gives_the_rest(
    agent: SnmpAgent, caplog: pytest.LogCaptureFixture, expected_logs: list[str]
) -> None:
    """What neither Modbus surely has nor SNMP; lost, both go on, also unasked."""
    expected_logs.append("can't be read by BACnet")
    modules = {2: ("DIRIS B30 RS485", 1), 3: ("Digiware I-35", 1), 8: ("I-61", 1)}
    with BacnetGateway(modules) as peer:
        async with (
            opened(agent) as both,
            by_bacnet(peer.port, budget=both.budget) as path,
        ):
            modbus, snmp = both.gateway.modbus, both.gateway.snmp
            gateway = Gateway(modbus, snmp, path, learnt=both.gateway.learnt)
            names = {
                one.address: one.product for one in (await gateway.topology()).modules
            }
            assert (names[2], names[8]) == ("DIRIS B30 RS485", "I-61")
            new = Load(8, 1)
            wanted = {load: {POWER, CURRENT} for load in (BOARD, DIGIWARE, new)}
            assert gateway.offered(DIGIWARE)[POWER] is Mark.DOCUMENTED
            read = await gateway.read(wanted)
            assert read[BOARD][POWER] == 6900
            assert read[DIGIWARE][CURRENT] == 100.301
            for load in (DIGIWARE, new):
                said = bacnet_gateway.value(load.module, load.number, 21)
                assert read[load][POWER] == pytest.approx(said, rel=1e-6)
            peer.stop()
            for _ in range(2):
                assert await gateway.read({new: {POWER}}) == {}
                assert (await gateway.read(wanted))[BOARD].keys() == {POWER, CURRENT}
            assert not both.budget.state.bans
    assert caplog.text.count("can't be read by BACnet") == 1


async def test_a_column_of_zeros(agent: SnmpAgent) -> None:
    """It is one as long as no circuit has another number."""
    async with opened(agent) as both:
        assert await both.gateway.is_zero(10003)
        assert not await both.gateway.is_zero(10000)
        agent.change(values={oid(10003, 7, 1): 5})
        assert not await both.gateway.is_zero(10003)


async def test_nothing_to_compare(agent: SnmpAgent) -> None:
    """Columns whose unit is known, and circuits without current, show nothing."""
    async with opened(agent) as both:
        assert await both.gateway.compare() == {}
        assert both.gateway.snmp is not None
        both.gateway.snmp.columns = DOCUMENTED
        assert await both.gateway.compare() == {}
