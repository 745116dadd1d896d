"""One SNMP session, over both libraries, with net-snmp's own agent."""

import asyncio
from collections.abc import Iterator
import socket
import sys

import pytest

from custom_components.meters_and_chargers.engine.model import (
    NotAllowed,
    PortClosed,
    Silent,
    Unreachable,
)
from custom_components.meters_and_chargers.engine.protocols.snmp import (
    UPTIME,
    Auth,
    Community,
    Credentials,
    Privacy,
    SnmpSession,
    User,
    Value,
    fastest,
)
from custom_components.meters_and_chargers.engine.protocols.snmp.gufo_backend import (
    GufoBackend,
)
from simulators.diris_table import ROOT, oid, value
from simulators.snmp_agent import COLUMNS, HOST, PASSWORD, SnmpAgent
from tests import snmp

pytestmark = [
    snmp.needs_net_snmp,
    pytest.mark.usefixtures("socket_enabled"),
    # pysnmp asks cryptography for AES where it used to be.
    pytest.mark.filterwarnings("ignore:CFB has been moved"),
]
TABLE = ".".join(map(str, ROOT))
WRONG = "another-one"
COLUMN = f"{TABLE}.10000"
each_version = pytest.mark.parametrize(
    "credentials", snmp.CREDENTIALS.values(), ids=snmp.CREDENTIALS
)
each_backend = pytest.mark.parametrize("backend", snmp.BACKENDS)


@pytest.fixture(scope="module")
def agent() -> Iterator[SnmpAgent]:
    """Return an agent that no test changes."""
    with snmp.agent() as running:
        yield running


@pytest.fixture
def own_agent() -> Iterator[SnmpAgent]:
    """Return an agent to change and to restart."""
    with snmp.agent() as running:
        yield running


def column(agent: SnmpAgent, service: int) -> dict[str, int]:
    """Return what a column really holds."""
    return {oid(service, *load): value(service, *load) for load in agent.loads}


@each_version
async def test_the_whole_table(agent: SnmpAgent, credentials: Credentials) -> None:
    """A walk and GETs bring all 11,520 values of 192 circuits, each in its place."""
    expected = {
        where: value
        for service in COLUMNS
        for where, value in column(agent, service).items()
    }
    assert len(expected) == 11_520
    seen: list[tuple[str, Value]] = []
    with snmp.session(agent.port, credentials) as session:
        assert await session.walk(TABLE, progress=seen.extend) == expected
        found = await session.get(expected)
        assert found == expected
    assert seen == list(expected.items())


@each_version
@each_backend
async def test_one_column(
    agent: SnmpAgent, credentials: Credentials, backend: str
) -> None:
    """Both libraries find the 192 circuits, and the values of one, in every version."""
    with snmp.session(agent.port, credentials, backend=backend) as session:
        rows = await session.walk(COLUMN, expected=192)
        assert rows == column(agent, 10000)
        assert list(rows) == list(column(agent, 10000)), "not in their order"
        circuit = {oid(service, 9, 3): value(service, 9, 3) for service in COLUMNS}
        assert await session.get(circuit) == circuit
        assert session.slow is (backend == "pysnmp")


@each_version
@each_backend
async def test_one_that_is_missing_does_not_lose_the_others(
    agent: SnmpAgent, credentials: Credentials, backend: str
) -> None:
    """A circuit that is gone has None; 0 is 0; v1 refuses the whole GET for it."""
    there = [*column(agent, 10000)][:30] + [*column(agent, 10003)][:30]
    gone = oid(10000, 99, 1)
    with snmp.session(agent.port, credentials, backend=backend) as session:
        for _ in range(2):
            found = await session.get([*there[:7], gone, *there[7:]])
            assert found.pop(gone, "failed") is None
            assert [found[where] for where in there] == [
                *list(column(agent, 10000).values())[:30],
                *[0] * 30,
            ]
        assert await session.get([gone, oid(10000, 99, 2)]) == {
            gone: None,
            oid(10000, 99, 2): None,
        }


async def test_v1_does_not_pay_for_a_missing_one_each_time(
    agent: SnmpAgent, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What is missing is left out for a minute, then it is asked for again."""
    asked: list[int] = []
    get = GufoBackend.get

    async def counted(self: GufoBackend, oids: list[str]) -> object:
        asked.append(len(oids))
        return await get(self, oids)

    monkeypatch.setattr(GufoBackend, "get", counted)
    wanted = [*list(column(agent, 10000))[:16], oid(10000, 99, 1)]
    now = 5.0
    session = SnmpSession(
        HOST,
        snmp.CREDENTIALS["v1"],
        snmp.unhurried(),
        port=agent.port,
        clock=lambda: now,
    )
    try:
        await session.get(wanted)
        assert len(asked) > 5
        for seconds in (10.0, 64.0):
            now = seconds
            asked.clear()
            found = await session.get(wanted)
            assert asked == [16]
            assert found[wanted[-1]] is None
        now = 66.0
        asked.clear()
        await session.get(wanted)
        assert len(asked) > 5
    finally:
        session.close()


@each_backend
@pytest.mark.parametrize(
    "user",
    [
        User(name="sha_aes", password=WRONG),
        User(name="stranger", password=PASSWORD),
        User(name="sha_aes", password=PASSWORD, auth=Auth.MD5),
        User(name="sha_aes", password=PASSWORD, privacy=Privacy.NONE),
        User(name="sha_aes", auth=Auth.NONE, privacy=Privacy.NONE),
    ],
    ids=["password", "user", "proof", "without encryption", "without proof"],
)
async def test_wrong_credentials_of_v3(
    agent: SnmpAgent, backend: str, user: User
) -> None:
    """A wrong user, key or level is refused, said as such, and never told on."""
    with snmp.session(agent.port, user, backend=backend) as session:
        with pytest.raises(NotAllowed) as refused:
            await session.get([UPTIME])
        with pytest.raises(NotAllowed):
            await session.walk(COLUMN)
    for secret in (WRONG, PASSWORD, "sha_aes", "stranger"):
        assert secret not in f"{refused.value!r} {user!r} {vars(session)!r}"


async def test_wrong_encryption_is_refused_by_silence_alone(agent: SnmpAgent) -> None:
    """An agent that tells who it is and then understands nothing: the key is wrong."""
    user = User(name="sha_aes", password=PASSWORD, privacy=Privacy.DES)
    with (
        snmp.session(agent.port, user, timeout_s=0.3) as session,
        pytest.raises(NotAllowed),
    ):
        await session.get([UPTIME])


@each_backend
async def test_users_of_every_level(agent: SnmpAgent, backend: str) -> None:
    """Users without encryption, and without any proof, are served as well."""
    for user in (
        User(name="sha_only", password=PASSWORD, privacy=Privacy.NONE),
        User(name="nobody", auth=Auth.NONE, privacy=Privacy.NONE),
    ):
        with snmp.session(agent.port, user, backend=backend) as session:
            assert await session.walk(COLUMN, expected=192) == column(agent, 10000)


@each_backend
async def test_a_wrong_community_is_silence(agent: SnmpAgent, backend: str) -> None:
    """An agent doesn't answer who names another community; its case matters."""
    community = Community("publicv2")
    with (
        snmp.session(
            agent.port, community, backend=backend, timeout_s=0.3, tries=2
        ) as session,
        pytest.raises(Silent) as silent,
    ):
        await session.get([UPTIME])
    assert "public" not in f"{silent.value!r} {community!r} {vars(session)!r}"


async def test_a_port_that_is_closed(own_agent: SnmpAgent) -> None:
    """SNMP that is switched off is told from silence, and found when it is back."""
    with snmp.session(own_agent.port) as session:
        await session.get([UPTIME])
        own_agent.stop()
        with pytest.raises(PortClosed):
            await session.get([UPTIME])
        await asyncio.to_thread(own_agent.start)
        assert await session.walk(COLUMN) == column(own_agent, 10000)


async def test_a_name_that_nobody_knows(monkeypatch: pytest.MonkeyPatch) -> None:
    """A host name without an address is an error of ours, not the library's."""

    def unknown(*_: object) -> None:
        raise socket.gaierror

    monkeypatch.setattr(socket, "getaddrinfo", unknown)
    session = SnmpSession("gateway.invalid", Community("x"), snmp.unhurried())
    with pytest.raises(Unreachable):
        await session.get([UPTIME])
    session.close()


async def test_a_name_that_moves(
    agent: SnmpAgent, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A host name is looked up again when nobody answers where it pointed to."""
    address = "127.0.0.99"

    def known(*_: object, **__: object) -> list[tuple[object, ...]]:
        return [(socket.AF_INET, socket.SOCK_DGRAM, 17, "", (address, agent.port))]

    monkeypatch.setattr(socket, "getaddrinfo", known)
    session = SnmpSession(
        "gateway.invalid", snmp.CREDENTIALS["v2c"], snmp.unhurried(), port=agent.port
    )
    try:
        with pytest.raises(PortClosed):
            await session.get([UPTIME])
        assert session.lost
        address = HOST
        assert await session.walk(COLUMN) == column(agent, 10000)
    finally:
        session.close()


@each_version
async def test_the_agent_restarts(
    own_agent: SnmpAgent, credentials: Credentials
) -> None:
    """After a reboot, and as another engine, the agent is read again by itself."""
    with snmp.session(own_agent.port, credentials, timeout_s=1) as session:
        for engine in (None, "80001f8804616e6f74686572"):
            assert await session.walk(COLUMN) == column(own_agent, 10000)
            own_agent.engine_id = engine or own_agent.engine_id
            await asyncio.to_thread(own_agent.restart)
            # The socket still holds the network's word from while it was away.
            got = await session.get([oid(10001, 4, 1)])
            assert got == {oid(10001, 4, 1): value(10001, 4, 1)}
        assert await session.walk(COLUMN, expected=192) == column(own_agent, 10000)


@each_version
async def test_the_agent_restarts_amid_a_walk(
    own_agent: SnmpAgent, credentials: Credentials
) -> None:
    """A walk goes on where it was: no circuit is lost, none comes twice."""
    with snmp.session(own_agent.port, credentials, timeout_s=2) as session:
        steps = 0

        def progress(_: object) -> None:
            nonlocal steps
            steps += 1
            if steps == 3:
                own_agent.restart()

        rows = await session.walk(COLUMN, progress=progress)
    assert steps > 3
    assert rows == column(own_agent, 10000)


@each_version
@each_backend
async def test_the_last_row_of_all(
    own_agent: SnmpAgent, credentials: Credentials, backend: str
) -> None:
    """A table with nothing behind it ends as well."""
    own_agent.only = TABLE
    await asyncio.to_thread(own_agent.restart)
    with snmp.session(own_agent.port, credentials, backend=backend) as session:
        assert await session.walk(f"{TABLE}.10059") == column(own_agent, 10059)


@each_version
@each_backend
async def test_an_empty_table(
    own_agent: SnmpAgent, credentials: Credentials, backend: str
) -> None:
    """A gateway without circuits has none, which is no error."""
    own_agent.change(loads=[])
    with snmp.session(own_agent.port, credentials, backend=backend) as session:
        assert await session.walk(TABLE) == {}
        assert not await session.holds(TABLE)
        assert await session.holds("1.3.6.1.2.1.1")


async def test_the_clock_of_v3_is_asked_again_after_a_pause(agent: SnmpAgent) -> None:
    """After 150 s an agent would refuse us: before that its clock is asked for."""
    refreshed = []

    class Watched(GufoBackend):
        async def refresh(self) -> None:
            refreshed.append(True)
            await super().refresh()

    now = 1.0
    session = SnmpSession(
        HOST,
        snmp.CREDENTIALS["v3_sha_aes"],
        snmp.unhurried(),
        port=agent.port,
        clock=lambda: now,
        backend=Watched,
    )
    try:
        await session.get([UPTIME])
        first = len(refreshed)
        now = 100.0
        await session.get([UPTIME])
        assert len(refreshed) == first
        now = 250.0
        await session.get([UPTIME])
        assert len(refreshed) == first + 1
    finally:
        session.close()


async def test_many_callers_at_once(agent: SnmpAgent) -> None:
    """What is asked at the same time goes out in turn, and each gets its own."""
    with snmp.session(agent.port) as session:
        wanted = [column(agent, service) for service in COLUMNS]
        found = await asyncio.gather(*(session.get(one) for one in wanted))
    assert found == wanted


async def test_a_caller_who_gives_up_leaves_no_trace(agent: SnmpAgent) -> None:
    """A cancelled request neither blocks the next one nor answers it."""
    with snmp.session(agent.port, snmp.CREDENTIALS["v3_sha_aes"]) as session:
        for service in COLUMNS:
            asking = asyncio.create_task(session.get(column(agent, service)))
            await asyncio.sleep(0)
            await asyncio.sleep(0)
            asking.cancel()
            assert await session.get([oid(service, 5, 2)]) == {
                oid(service, 5, 2): value(service, 5, 2)
            }


async def test_gufo_is_taken_where_it_is_installed() -> None:
    """The fast library is the one that is used."""
    assert await fastest() is GufoBackend


async def test_without_gufo_pysnmp_is_taken(
    agent: SnmpAgent, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Where there is no wheel of gufo's, everything works, and says that it is slow."""
    monkeypatch.setitem(sys.modules, GufoBackend.__module__, None)
    session = SnmpSession(
        HOST, snmp.CREDENTIALS["v2c"], snmp.unhurried(), port=agent.port
    )
    try:
        assert await session.get([oid(10000, 4, 1)]) == {oid(10000, 4, 1): 100_401}
        assert session.slow
    finally:
        session.close()


def test_what_no_agent_could_take() -> None:
    """Encryption without proof, and a short passphrase, are refused at once."""
    with pytest.raises(ValueError, match="without authentication"):
        User(name="x", auth=Auth.NONE)
    with pytest.raises(ValueError, match="8 characters"):
        User(name="x", password="x" * 7)
