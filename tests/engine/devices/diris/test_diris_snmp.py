"""A DIRIS gateway by SNMP: topology, columns and values, by net-snmp's own agent."""

import asyncio
from collections.abc import Iterator
from dataclasses import replace
import logging

import pytest

from custom_components.meters_and_chargers.engine.devices.diris.columns import (
    DOCUMENTED,
    Column,
    Comparison,
    compared,
)
from custom_components.meters_and_chargers.engine.devices.diris.snmp import (
    MARK,
    SOURCE,
    SnmpPath,
)
from custom_components.meters_and_chargers.engine.devices.diris.tree import Load, Module
from custom_components.meters_and_chargers.engine.model import (
    BadAnswer,
    Mark,
    NotAllowed,
    Phase,
    Point,
    Quantity,
    Silent,
    Unreachable,
    WrongDevice,
)
from custom_components.meters_and_chargers.engine.protocols.budget import Budget
from custom_components.meters_and_chargers.engine.protocols.snmp import (
    Credentials,
    User,
)
from simulators.diris_table import oid, value
from simulators.snmp_agent import COLUMNS, PASSWORD, SnmpAgent
from simulators.udp_relay import Trouble, UdpRelay
from tests import snmp
from tests.clock import Clock

pytestmark = [snmp.needs_net_snmp, pytest.mark.usefixtures("socket_enabled")]
each_version = pytest.mark.parametrize(
    "credentials", snmp.CREDENTIALS.values(), ids=snmp.CREDENTIALS
)
CURRENTS = {
    service: replace(column, scale=0.001) for service, column in DOCUMENTED.items()
}
I1, I2 = (Point(Quantity.CURRENT, phase) for phase in (Phase.L1, Phase.L2))
POWER = Point(Quantity.POWER)


@pytest.fixture(scope="module")
def agent() -> Iterator[SnmpAgent]:
    """Return a gateway with 192 circuits that no test changes."""
    with snmp.agent() as running:
        yield running


@pytest.fixture
def own_agent() -> Iterator[SnmpAgent]:
    """Return a gateway to change and to restart."""
    with snmp.agent() as running:
        yield running


@each_version
async def test_the_topology_of_a_full_gateway(
    agent: SnmpAgent, credentials: Credentials
) -> None:
    """32 modules with six circuits each are found, and found again."""
    with snmp.session(agent.port, credentials) as session:
        path = SnmpPath(session)
        for _ in range(2):
            topology = await path.topology()
            assert topology.loads == {Load(*load) for load in agent.loads}
            assert len(topology.modules) == 32
            assert topology.modules[1] == Module(
                address=5, loads=tuple(Load(5, number) for number in range(1, 7))
            )
        assert path.known == topology


@each_version
async def test_all_columns_are_learnt(
    agent: SnmpAgent, credentials: Credentials
) -> None:
    """One walk brings 60 columns with 192 circuits each, and says how far it is."""
    seen: list[int] = []
    with snmp.session(agent.port, credentials) as session:
        learnt = await SnmpPath(session).learn(seen.append)
    assert learnt == {
        service: {Load(*load): value(service, *load) for load in agent.loads}
        for service in COLUMNS
    }
    assert seen == sorted(seen)
    assert seen[-1] == 60


async def test_learning_can_be_stopped(agent: SnmpAgent) -> None:
    """A walk ends with its task, and the path reads on."""
    with snmp.session(agent.port) as session:
        path = SnmpPath(session, CURRENTS)
        learning: asyncio.Task[object] | None = None

        def enough(columns: int) -> None:
            if columns == 3 and learning is not None:
                learning.cancel()

        learning = asyncio.create_task(path.learn(enough))
        with pytest.raises(asyncio.CancelledError):
            await learning
        assert await path.read({Load(4, 1): {I1}}) == {Load(4, 1): {I1: 100.401}}


@each_version
async def test_only_what_is_wanted_in_its_unit(
    agent: SnmpAgent, credentials: Credentials
) -> None:
    """Each circuit gets its own points, a column without a scale gives none."""
    columns = {
        **CURRENTS,
        10005: Column(service=10005, quantity=Quantity.POWER, scale=0.1),
        10006: Column(service=10006, quantity=Quantity.VOLTAGE, phase=Phase.L1),
    }
    voltage = Point(Quantity.VOLTAGE, Phase.L1)
    wanted = {Load(*load): {I1, POWER, voltage} for load in agent.loads}
    wanted[Load(7, 3)] = {I2}
    wanted[Load(99, 1)] = {I1}
    wanted[Load(8, 1)] = set()
    with snmp.session(agent.port, credentials) as session:
        path = SnmpPath(session, columns)
        assert path.points == {I1, I2, POWER}
        read = await path.read(wanted)
    assert read.pop(Load(7, 3)) == {I2: value(10001, 7, 3) / 1000}
    assert read.pop(Load(99, 1)) == {I1: None}
    assert set(read) == {
        Load(*load) for load in agent.loads if load not in ((7, 3), (8, 1))
    }
    for load, readings in read.items():
        assert readings == {
            I1: value(10000, load.module, load.number) / 1000,
            POWER: value(10005, load.module, load.number) / 10,
        }


async def test_columns_without_a_unit_are_plain_numbers(own_agent: SnmpAgent) -> None:
    """Any column is read raw: 0 is 0, what isn't there is None."""
    first, gone = Load(4, 1), Load(99, 1)
    with snmp.session(own_agent.port) as session:
        read = await SnmpPath(session).read_columns(
            {first: {10000, 10003, 77777}, gone: {10000}}
        )
    assert read == {
        first: {10000: value(10000, 4, 1), 10003: 0, 77777: None},
        gone: {10000: None},
    }


async def test_a_zero_is_a_zero(own_agent: SnmpAgent) -> None:
    """A circuit that draws nothing has 0 A, one that is gone has none."""
    own_agent.change(values={oid(10000, 4, 1): 0})
    with snmp.session(own_agent.port) as session:
        path = SnmpPath(session, CURRENTS)
        wanted = {Load(4, 1): {I1}, Load(4, 2): {I1}}
        assert (await path.read(wanted))[Load(4, 1)] == {I1: 0}
        own_agent.change(loads=[load for load in own_agent.loads if load != (4, 2)])
        assert await path.read(wanted) == {
            Load(4, 1): {I1: 100.401},
            Load(4, 2): {I1: None},
        }


async def test_what_can_not_be_is_missing_and_said_once(
    own_agent: SnmpAgent, caplog: pytest.LogCaptureFixture
) -> None:
    """20 kA on a circuit is no value; one log line says so, another that it ended."""
    caplog.set_level(logging.INFO)
    with snmp.session(own_agent.port) as session:
        path = SnmpPath(session, CURRENTS)
        wanted = {Load(4, 1): {I1, I2}}
        own_agent.change(values={oid(10000, 4, 1): 20_000_000})
        for _ in range(3):
            assert await path.read(wanted) == {Load(4, 1): {I2: 200.401}}
        own_agent.change()
        for _ in range(3):
            assert await path.read(wanted) == {Load(4, 1): {I1: 100.401, I2: 200.401}}
    said = [record.getMessage() for record in caplog.records if "olumn" in record.msg]
    assert said == [
        "Can't use column 10000: 20000 can't be",
        "Column 10000 can be used again",
    ]


async def test_a_text_is_no_number(own_agent: SnmpAgent) -> None:
    """A column that holds texts is missing, and spoils no other."""
    own_agent.change(values={oid(10000, 4, 1): "4,2 A"})
    with snmp.session(own_agent.port) as session:
        path = SnmpPath(session, CURRENTS)
        assert await path.read({Load(4, 1): {I1, I2}}) == {Load(4, 1): {I2: 200.401}}
        assert (await path.learn())[10000].keys() == {
            Load(*load) for load in own_agent.loads if load != (4, 1)
        }


async def test_rows_that_are_no_circuits(own_agent: SnmpAgent) -> None:
    """An address beyond Modbus's, or a row without a load, makes no module."""
    own_agent.change(
        values={
            oid(10000, 300, 1): 1,
            oid(10000, 35, 0): 1,
            oid(10000, 36, 1).rpartition(".")[0]: 0,
        }
    )
    with snmp.session(own_agent.port) as session:
        topology = await SnmpPath(session).topology()
    assert topology.loads == {Load(*load) for load in own_agent.loads}


@pytest.fixture
def expected_logs() -> list[str]:
    """What can't be used is logged once, which a test looks at."""
    return ["Can't use column"]


async def test_circuits_come_and_go(own_agent: SnmpAgent) -> None:
    """What the gateway itself says to be gone is gone; a new module is found."""
    with snmp.session(own_agent.port) as session:
        path = SnmpPath(session)
        await path.topology()
        loads = [load for load in own_agent.loads if load[0] != 35]
        own_agent.change(loads=[*loads, (200, 1)])
        topology = await path.topology()
        assert topology.module(35) is None
        assert topology.module(200) == Module(address=200, loads=(Load(200, 1),))
        own_agent.change(loads=[])
        assert not (await path.topology()).modules


async def test_a_walk_that_is_cut_short_loses_no_circuit(
    agent: SnmpAgent, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Circuits that still answer are not gone because a walk ended before them."""
    with snmp.session(agent.port) as session:
        path = SnmpPath(session)
        known = await path.topology()
        walk = session.walk

        async def cut(root: str, **more: int) -> dict[str, object]:
            rows = await walk(root, expected=more["expected"])
            return dict(list(rows.items())[:100])

        monkeypatch.setattr(session, "walk", cut)
        with pytest.raises(BadAnswer):
            await path.topology()
        assert path.known == known


async def test_the_gateway_restarts_amid_the_walk(
    own_agent: SnmpAgent, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What was walked before and after a restart is not taken for one topology."""
    with snmp.session(own_agent.port, timeout_s=2) as session:
        path = SnmpPath(session)
        # A loaded machine may need long for the first answer of the next one.
        await asyncio.sleep(3)
        walk = session.walk

        async def restarted(root: str, **more: int) -> object:
            rows = await walk(root, expected=more["expected"])
            await asyncio.to_thread(own_agent.restart)
            return rows

        monkeypatch.setattr(session, "walk", restarted)
        with pytest.raises(BadAnswer):
            await path.topology()
        monkeypatch.undo()
        assert len((await path.topology()).loads) == 192


@each_version
async def test_who_the_gateway_is(agent: SnmpAgent, credentials: Credentials) -> None:
    """An agent that serves the table is one, known by its engine id."""
    with snmp.session(agent.port, credentials) as session:
        identity = await SnmpPath(session).identify()
    assert identity.key == f"diris_{agent.engine_id.upper()}"
    assert identity.maker == "SOCOMEC"


async def test_another_agent(own_agent: SnmpAgent) -> None:
    """An agent without the table is another device, which says what it is."""
    own_agent.change(loads=[])
    with (
        snmp.session(own_agent.port) as session,
        pytest.raises(WrongDevice) as wrong,
    ):
        await SnmpPath(session).identify()
    assert "Linux" in wrong.value.found


@each_version
async def test_another_gateway_at_the_address(
    own_agent: SnmpAgent, credentials: Credentials
) -> None:
    """After silence the gateway must say again who it is: another's is not read."""
    wanted = {Load(4, 1): {I1}}
    with snmp.session(own_agent.port, credentials, timeout_s=1, tries=2) as session:
        path = SnmpPath(session, CURRENTS)
        assert await path.read(wanted) == {Load(4, 1): {I1: 100.401}}
        first = own_agent.engine_id
        for engine, right in (("80001f8804616e6f74686572", False), (first, True)):
            await asyncio.to_thread(own_agent.stop)
            with pytest.raises(Unreachable):
                await path.read(wanted)
            own_agent.engine_id = engine
            await asyncio.to_thread(own_agent.start)
            if right:
                assert await path.read(wanted) == {Load(4, 1): {I1: 100.401}}
                continue
            for ask in (path.read, path.read_columns):
                with pytest.raises(WrongDevice):
                    await ask(wanted)
            with pytest.raises(WrongDevice):
                await path.topology()


def test_the_table_names_its_source() -> None:
    """Where its rows stand is the maker's own word; what most hold is nobody's."""
    assert "annex I" in SOURCE
    assert MARK is Mark.DOCUMENTED


async def test_errors_are_our_own(own_agent: SnmpAgent) -> None:
    """Silence and refusal are raised as such, by every kind of read."""
    user = User(name="sha_aes", password=PASSWORD[::-1])
    with snmp.session(own_agent.port, user) as session:
        path = SnmpPath(session, CURRENTS)
        for ask in (path.identify, path.topology, path.learn):
            with pytest.raises(NotAllowed):
                await ask()
    relay = UdpRelay(own_agent.port, Trouble(lost=1.0))
    await relay.start()
    with (
        snmp.session(relay.port, timeout_s=0.2, tries=2) as session,
        pytest.raises(Silent),
    ):
        await SnmpPath(session, CURRENTS).read({Load(4, 1): {I1}})
    relay.stop()


async def test_a_scale_is_found_by_another_path(own_agent: SnmpAgent) -> None:
    """From raw numbers and the same circuits by another path to amperes."""
    truth = {Load(4, 1): 16.04, Load(4, 2): 0.2, Load(5, 1): 3.98}
    own_agent.change(
        values={
            oid(10000, load.module, load.number): round(amperes * 1000)
            for load, amperes in truth.items()
        }
    )
    with snmp.session(own_agent.port) as session:
        path = SnmpPath(session)
        raw = await path.read_columns({load: {10000} for load in truth})
        column = compared(
            DOCUMENTED[10000],
            (
                Comparison(
                    load=load,
                    raw=raw[load][10000] or 0,
                    value=1.01 * amperes,
                    current_a=amperes,
                )
                for load, amperes in truth.items()
            ),
        )
        assert column is not None
        path.columns = {10000: column}
        assert await path.read({load: {I1} for load in truth}) == {
            load: {I1: amperes} for load, amperes in truth.items()
        }


async def test_how_long_a_poll_takes(agent: SnmpAgent) -> None:
    """13 values of 192 circuits take some 7 s by the default budget, and say so."""
    clock = Clock()
    budget = Budget(clock=clock, sleep=clock.sleep)
    with snmp.session(agent.port, budget=budget) as session:
        path = SnmpPath(session, CURRENTS)
        assert 5 < path.lasts_s(13 * 192) < 10
        assert path.lasts_s(13 * 12) < 1
        await path.identify()
        clock.now += 60
        begun = clock.now
        await path.read({Load(*load): {I1, I2} for load in agent.loads})
        # Half a second's worth may go at once.
        assert clock.now - begun == pytest.approx(path.lasts_s(2 * 192) - 0.5, abs=0.3)
