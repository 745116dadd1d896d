"""A DIRIS gateway read by Modbus TCP, against a simulated one on a real socket."""

from collections.abc import AsyncIterator
import logging

import pytest

from custom_components.meters_and_chargers.engine.devices.diris import (
    Alarm,
    AlarmKind,
    Load,
    Topology,
    modbus,
)
from custom_components.meters_and_chargers.engine.devices.diris.alarms import (
    Criticality,
)
from custom_components.meters_and_chargers.engine.model import (
    BadAnswer,
    Phase,
    Point,
    Quantity,
    Silent,
    Unreachable,
    WrongDevice,
)
from simulators.diris import Circuit, Countis, Diris, LoadModule
from simulators.diris import Module as SimulatedModule
from simulators.ksem import Ksem
from tests.links import behind_gateway as opened

POWER = Point(Quantity.POWER)
ENERGY = Point(Quantity.ENERGY_IMPORT)
CURRENT = Point(Quantity.CURRENT, Phase.L1)


def house() -> Diris:
    """Return a gateway with a B-30, an I-35, a Countis and a module nobody reads."""
    return Diris(
        {
            2: LoadModule(
                "DIRIS B30 RS485",
                [Circuit(6900, import_wh=1_234_567.8), Circuit(-900, export_wh=70.3)],
                most=4,
                net_id=0xB30001,
            ),
            3: LoadModule(
                "Digiware I-35",
                [Circuit(300), Circuit(600), Circuit(900)],
                most=3,
                net_id=0x350001,
                order=35,
            ),
            5: Countis(Circuit(1230, import_wh=98_760)),
            9: SimulatedModule("Digiware IO-10", net_id=0x100001),
        }
    )


@pytest.fixture
async def gateway(socket_enabled: None) -> AsyncIterator[Diris]:
    """Return the house's gateway, running."""
    found = house()
    await found.start()
    yield found
    await found.stop()


async def found_by(gateway: Diris) -> Topology:
    """Return what a search finds behind a gateway."""
    async with opened(gateway) as path:
        await path.look_for(range(2, 11))
        return path.known


async def test_gateway_and_modules_say_who_they_are(gateway: Diris) -> None:
    """Net IDs where there are any, else serial numbers; circuits that are on."""
    async with opened(gateway) as path:
        identity = await path.identify()
        asked: list[None] = []
        await path.look_for(range(2, 11), lambda: asked.append(None))
    assert (identity.key, identity.maker) == ("diris_7E229C", "SOCOMEC")
    assert (identity.model, identity.firmware) == ("DIRIS M-70", "1.42")
    assert len(asked) == 9
    told = {module.address: module for module in path.known.modules}
    assert {address: module.product for address, module in told.items()} == {
        2: "DIRIS B30 RS485",
        3: "Digiware I-35",
        5: "Countis E34",
        9: "Digiware IO-10",
    }
    assert told[2].loads == (Load(2, 1), Load(2, 2))
    assert told[3].loads == (Load(3, 1), Load(3, 2), Load(3, 3))
    assert told[5].loads == (Load(5, 1),)
    assert told[9].loads == ()
    assert (told[2].net_id, told[5].net_id) == (0xB30001, None)
    assert (told[5].serial, told[5].table) == ("2331120300007", 153)


async def test_nothing_but_identities_is_asked_of_who_is_not_known(
    gateway: Diris,
) -> None:
    """No other register than the identification of modules without tables; no write."""
    await found_by(gateway)
    at_9 = {one.address for one in gateway.requests if one.unit == 9}
    assert at_9 == {50000, 50066}
    nobody = [one for one in gateway.requests if one.unit == 4]
    assert [(one.address, one.count) for one in nobody] == [(50000, 66)]
    assert gateway.write_pdus == []
    assert {one.function for one in gateway.requests} == {3}


async def test_values_are_those_of_the_circuits(gateway: Diris) -> None:
    """Each family in its own units: watts and tens, energies with their remainders."""
    known = (await found_by(gateway)).modules
    points = {POWER, ENERGY, CURRENT, Point(Quantity.FREQUENCY)}
    async with opened(gateway, known) as path:
        read = await path.read(dict.fromkeys(path.known.loads, points))
    assert read[Load(2, 1)][POWER] == 6900
    assert read[Load(2, 1)][ENERGY] == 1_234_567.8
    assert read[Load(2, 1)][CURRENT] == pytest.approx(11.087)
    assert read[Load(2, 2)][POWER] == -900
    assert read[Load(2, 2)][Point(Quantity.ENERGY_EXPORT)] == 70.3
    assert [read[Load(3, n)][POWER] for n in (1, 2, 3)] == [300, 600, 900]
    assert ENERGY not in read[Load(3, 1)]
    assert read[Load(5, 1)][POWER] == 1230
    assert read[Load(5, 1)][ENERGY] == 98_760
    # In thousandths of a hertz on one, in hundredths on the other.
    assert read[Load(2, 1)][Point(Quantity.FREQUENCY)] == 50.01
    assert read[Load(5, 1)][Point(Quantity.FREQUENCY)] == 50.01


async def test_only_blocks_with_wanted_values_are_read_whole(gateway: Diris) -> None:
    """A value costs one request for its block; a circuit nobody wants costs none."""
    known = (await found_by(gateway)).modules
    async with opened(gateway, known) as path:
        await path.read({Load(2, 1): {POWER}})
        before = gateway.request_count
        await path.read({Load(2, 2): {POWER}, Load(3, 1): set()})
        asked = list(gateway.requests)[before:]
    assert [(one.unit, one.address, one.count) for one in asked] == [(2, 20480, 92)]


@pytest.mark.parametrize("says_so", [True, False])
async def test_a_lost_module_costs_the_others_nothing(
    gateway: Diris,
    caplog: pytest.LogCaptureFixture,
    monkeypatch: pytest.MonkeyPatch,
    expected_logs: list[str],
    *,
    says_so: bool,
) -> None:
    """It is missing and logged once, left alone for a while, and found again."""
    expected_logs.append("The module at address 2 can't be read")
    caplog.set_level(logging.INFO)
    known = (await found_by(gateway)).modules
    gateway.says_so = says_so
    wanted = {Load(2, 1): {POWER}, Load(2, 2): {POWER}, Load(3, 1): {POWER}}
    async with opened(gateway, known, timeout_s=1.5) as path:
        assert set(await path.read(wanted)) == set(wanted)
        gateway.lose(2)
        for _ in range(3):
            assert set(await path.read(wanted)) == {Load(3, 1)}
        asked = [one for one in gateway.requests if one.unit == 2]
        assert not path.answers(2)
        gateway.find(2)
        await path.read(wanted)
        assert [one for one in gateway.requests if one.unit == 2] == asked
        monkeypatch.setattr(modbus, "PAUSE_S", 0)
        for unit in path._units.values():
            unit.again_at = 0
        assert set(await path.read(wanted)) == set(wanted)
        assert path.answers(2)
    texts = [record.getMessage() for record in caplog.records]
    assert sum("can't be read" in text for text in texts) == 1
    assert sum("can be read again" in text for text in texts) == 1


@pytest.mark.parametrize("half_open", [True, False])
async def test_a_lost_gateway_ends_the_round(
    gateway: Diris, *, half_open: bool
) -> None:
    """A gateway that falls silent is not taken for modules that do; it comes back."""
    known = (await found_by(gateway)).modules
    wanted = {Load(2, 1): {POWER}, Load(3, 1): {POWER}}
    async with opened(gateway, known, timeout_s=1.5) as path:
        await path.read(wanted)
        if half_open:
            gateway.half_open = True
        else:
            await gateway.stop()
        with pytest.raises(Silent if half_open else Unreachable):
            await path.read(wanted)
        assert path.answers(2)
        assert path.answers(3)
        gateway.half_open = False
        await gateway.start()
        assert set(await path.read(wanted)) == set(wanted)


async def test_another_module_at_the_address_feeds_nothing(
    gateway: Diris, expected_logs: list[str]
) -> None:
    """After a lost connection each module is asked who it is before it is read."""
    expected_logs.append("another device answers: Digiware I-35")
    known = (await found_by(gateway)).modules
    wanted = {Load(3, 1): {POWER}, Load(2, 1): {POWER}}
    async with opened(gateway, known) as path:
        await path.read(wanted)
        gateway.modules[3].order = 36
        gateway.close_clients()
        with pytest.raises(Unreachable):
            await path.read(wanted)
        assert set(await path.read(wanted)) == {Load(2, 1)}
        topology = await path.topology()
        module = topology.module(3)
        assert module is not None
        assert module.serial == "2331120300036"
        assert set(await path.read(wanted)) == set(wanted)


async def test_a_module_that_was_away_says_again_who_it_is(
    gateway: Diris, monkeypatch: pytest.MonkeyPatch, expected_logs: list[str]
) -> None:
    """One that was swapped while the gateway's connection stood feeds nothing."""
    expected_logs.append("The module at address 3 can't be read")
    monkeypatch.setattr(modbus, "PAUSE_S", 0)
    known = (await found_by(gateway)).modules
    wanted = {Load(3, 1): {POWER}}
    async with opened(gateway, known) as path:
        await path.read(wanted)
        gateway.lose(3)
        assert not await path.read(wanted)
        gateway.modules[3].product = "Digiware I-61"
        gateway.find(3)
        assert not await path.read(wanted)
        gateway.modules[3].product = "Digiware I-35"
        assert set(await path.read(wanted)) == set(wanted)


async def test_circuits_come_and_go(gateway: Diris) -> None:
    """A circuit that is switched on is found again, one that is off is gone."""
    known = (await found_by(gateway)).modules
    board = gateway.modules[2]
    assert isinstance(board, LoadModule)
    async with opened(gateway, known) as path:
        board.circuits.append(Circuit(50))
        assert Load(2, 3) in (await path.topology()).loads
        board.circuits[0].on = False
        assert Load(2, 1) not in (await path.topology()).loads


async def test_a_module_that_does_not_answer_stays_in_the_topology(
    gateway: Diris, expected_logs: list[str]
) -> None:
    """A circuit whose module is off for a moment is not taken for one that is gone."""
    expected_logs.append("The module at address 3 can't be read")
    known = (await found_by(gateway)).modules
    gateway.lose(3)
    async with opened(gateway, known) as path:
        assert await path.topology() == Topology(known)


async def test_circuits_end_where_a_module_refuses(gateway: Diris) -> None:
    """A module with fewer circuits than its like has those whose blocks it serves."""
    gateway.modules[3].refuse(18432 + 2048, 92)
    module = (await found_by(gateway)).module(3)
    assert module is not None
    assert module.loads == (Load(3, 1),)


async def test_a_short_answer_costs_no_circuit(
    gateway: Diris, expected_logs: list[str]
) -> None:
    """What comes too short in a look says nothing about what there is."""
    expected_logs.append("can't be read")
    known = (await found_by(gateway)).modules
    async with opened(gateway, known) as path:
        gateway.short_answer = 1
        assert await path.topology() == Topology(known)
        gateway.short_answer = 0
        assert await path.topology() == Topology(known)


async def test_an_older_product_says_its_version_in_one_word(gateway: Diris) -> None:
    """Hundredths of a version, where major and minor are not told."""
    for at in (50018, 50019):
        gateway.modules[5].registers[at] = 0
    module = (await found_by(gateway)).module(5)
    assert module is not None
    assert module.firmware == "1.42"


async def test_a_gateway_without_a_number_is_refused(gateway: Diris) -> None:
    """Neither a Net ID nor a serial number: nothing would tell it from another."""
    own = gateway.modules[1]
    own.order = 0
    own.registers |= dict.fromkeys((50008, 50009, 50067, 50068), 0)
    async with opened(gateway) as path:
        with pytest.raises(BadAnswer):
            await path.identify()


async def test_another_sign_is_none_of_the_makers(gateway: Diris) -> None:
    """A device that serves the addresses with something else in them."""
    gateway.modules[1].registers[50003] = ord("X")
    async with opened(gateway) as path:
        with pytest.raises(WrongDevice):
            await path.identify()


async def test_a_foreign_device_is_no_gateway(ksem: Ksem) -> None:
    """A KSEM is refused by its missing identification."""
    async with opened(ksem) as path:
        with pytest.raises(WrongDevice):
            await path.identify()


async def test_a_refused_block_is_read_value_by_value(
    gateway: Diris, expected_logs: list[str]
) -> None:
    """A module that does not serve a block whole loses only what it has not."""
    expected_logs.append("refuses to send registers 18432 to 18523")
    known = (await found_by(gateway)).modules
    gateway.modules[3].refuse(18520, 4)
    async with opened(gateway, known) as path:
        read = await path.read({Load(3, 1): {POWER}})
    assert read[Load(3, 1)][POWER] == 300
    assert read[Load(3, 1)][Point(Quantity.POWER_FACTOR, Phase.L3)] is None


class Counting:
    """Lets every request go, and counts."""

    def __init__(self) -> None:
        """Begin with nothing."""
        self.bits: list[int] = []
        self.answers = self.silences = 0

    async def take(self, bits: int) -> None:
        """Note a request."""
        self.bits.append(bits)

    def answered(self) -> None:
        """Note an answer."""
        self.answers += 1

    def silent(self) -> None:
        """Note that there was none."""
        self.silences += 1


async def test_every_request_waits_for_its_turn(gateway: Diris) -> None:
    """As many requests are asked for as are sent: no ban by the gateway's firewall."""
    async with opened(gateway, timeout_s=1.5) as path:
        lane = path._lane = Counting()
        await path.identify()
        await path.look_for(range(2, 11))
        await path.read({load: {POWER, ENERGY} for load in path.known.loads})
        assert len(lane.bits) >= gateway.request_count
        assert 1000 < min(lane.bits) < max(lane.bits) < 3000
        assert lane.answers
        assert not lane.silences
        gateway.half_open = True
        with pytest.raises(Silent):
            await path.identify()
        assert lane.silences == 1


async def test_alarms_of_a_module(gateway: Diris, expected_logs: list[str]) -> None:
    """They are read where they are wanted; a module that is gone is missing."""
    expected_logs.append("The module at address 2 can't be read")
    module = gateway.modules[2]
    assert isinstance(module, LoadModule)
    module.alarm(39272, 1, 4, 1)
    wanted = {2: [(AlarmKind.ANALOG, 1), (AlarmKind.ANALOG, 2)]}
    async with opened(gateway) as path:
        await path.look_for([2, 3])
        assert await path.read_alarms(wanted) == {
            2: {
                (AlarmKind.ANALOG, 1): None,
                (AlarmKind.ANALOG, 2): Alarm(
                    2, "below_threshold", Criticality.NOT_CRITICAL
                ),
            }
        }
        module.refuse(39248, 24)
        assert await path.read_alarms(wanted) == {
            2: {
                (AlarmKind.ANALOG, 2): Alarm(
                    2, "below_threshold", Criticality.NOT_CRITICAL
                )
            }
        }
        gateway.lose(2)
        assert await path.read_alarms(wanted) == {2: {}}
        assert not path.answers(2)
        assert await path.read_alarms(wanted) == {}
    assert gateway.write_pdus == []
