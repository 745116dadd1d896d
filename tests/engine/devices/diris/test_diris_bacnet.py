"""A DIRIS gateway by BACnet/IP, against one that routes to its modules.

The peer is a process of its own whose objects were typed from the maker's manual.
"""

from collections.abc import Iterator
import logging
import subprocess
import sys

import pytest

from custom_components.meters_and_chargers.engine.devices.diris import (
    BinaryOutput,
    Load,
    Module,
    NotTaken,
)
from custom_components.meters_and_chargers.engine.devices.diris.bacnet_values import (
    EXTRAS,
    VALUES,
    fits,
)
from custom_components.meters_and_chargers.engine.model import (
    NotAllowed,
    Phase,
    Point,
    Quantity,
    Silent,
    TooOften,
)
from simulators import bacnet_gateway
from simulators.bacnet_gateway import BacnetGateway
from tests.bacnet import opened
from tests.snmp import unhurried

POWER = Point(Quantity.POWER)
HORN = BinaryOutput(module=9, number=1, name="Horn")
FAN = BinaryOutput(module=9, number=4, name="Fan of the hall")
LAMP = BinaryOutput(module=0, number=2, name="Lamp")
OUTPUTS = {0: {2: "Lamp"}, 9: {1: "Horn", 4: "Fan of the hall"}}
MODULES = {5: ("Digiware I-35", 3), 7: ("Digiware I-61", 6), 9: ("Digiware IO-10", 0)}


@pytest.fixture
def gateway(socket_enabled: None) -> Iterator[BacnetGateway]:
    """Return a running gateway with three modules."""
    with BacnetGateway(MODULES, OUTPUTS) as running:
        yield running


async def test_gateway_and_modules_are_found(gateway: BacnetGateway) -> None:
    """By instance numbers; the circuits are those that have a power."""
    async with opened(gateway.port) as path:
        identity = await path.identify()
        found = await path.topology()
    assert (identity.maker, identity.model) == ("SOCOMEC", "DIRIS M-70")
    assert {module.address: module.product for module in found.modules} == {
        address: product for address, (product, _) in MODULES.items()
    }
    assert {module.address: len(module.loads) for module in found.modules} == {
        address: circuits for address, (_, circuits) in MODULES.items()
    }


async def test_every_value_is_the_right_circuits(gateway: BacnetGateway) -> None:
    """All 62 of nine circuits, and each in one place only."""
    async with opened(gateway.port, every=True) as path:
        found = await path.topology()
        read = await path.read(dict.fromkeys(found.loads, frozenset(path.offers)))
    assert len(read) == 9
    for load, values in read.items():
        assert values == {
            key: pytest.approx(
                bacnet_gateway.value(load.module, load.number, index), rel=1e-6
            )
            for index, key in (VALUES | EXTRAS).items()
        }
        assert len(values) == 62


def test_units_are_those_of_the_manual() -> None:
    """Each value's unit by the table from which the peer was typed."""
    for index, point in VALUES.items():
        assert fits(bacnet_gateway.UNITS[index], point.quantity.unit)
    for index, extra in EXTRAS.items():
        assert extra.index == index
        assert fits(bacnet_gateway.UNITS[index], extra.unit)
    assert VALUES.keys().isdisjoint(EXTRAS)
    assert EXTRAS[46].name == "THD_I1"
    assert VALUES[4] == Point(Quantity.VOLTAGE, Phase.L1)
    assert len(bacnet_gateway.UNITS) == 62


async def test_another_unit_is_not_shown(
    gateway: BacnetGateway,
    caplog: pytest.LogCaptureFixture,
    expected_logs: list[str],
) -> None:
    """A power in kW is told once, and what else there is goes on."""
    expected_logs.append("Can't use BACnet's value 21")
    gateway.change(5, 121, units="kilowatts")
    wanted = {Load(5, 1): {POWER, Point(Quantity.FREQUENCY)}, Load(5, 2): {POWER}}
    async with opened(gateway.port) as path:
        await path.topology()
        for _ in range(2):
            read = await path.read(wanted)
    assert read[Load(5, 1)].keys() == {Point(Quantity.FREQUENCY)}
    assert read[Load(5, 2)].keys() == {POWER}
    told = [one.getMessage() for one in caplog.records if "kilowatts" in one.message]
    assert told == ["Can't use BACnet's value 21 of circuits: its unit is kilowatts"]


async def test_what_changes_is_read_anew(gateway: BacnetGateway) -> None:
    """A value is never the one of before; negative is negative."""
    wanted = {Load(7, 6): {POWER}}
    async with opened(gateway.port) as path:
        await path.topology()
        await path.read(wanted)
        gateway.change(7, 621, presentValue=-1234.5)
        assert await path.read(wanted) == {Load(7, 6): {POWER: -1234.5}}


async def test_a_gateway_that_is_lost_is_found_again(gateway: BacnetGateway) -> None:
    """`Silent` while it is away; then the same path reads it again."""
    wanted = {Load(5, 1): {POWER}}
    budget = unhurried()
    budget.lane().answered()  # another path goes on
    async with opened(gateway.port, budget=budget) as path:
        await path.topology()
        before = await path.read(wanted)
        gateway.stop()
        with pytest.raises(Silent):
            await path.read(wanted)
        gateway.start()
        assert await path.read(wanted) == before


async def test_a_module_that_is_gone_costs_only_its_circuits(
    gateway: BacnetGateway,
    caplog: pytest.LogCaptureFixture,
    expected_logs: list[str],
) -> None:
    """It is known from before and does not answer; the others do, told once."""
    expected_logs.append("The module at address 6 can't be read")
    known = (
        Module(address=5, loads=(Load(5, 1),)),
        Module(address=6, loads=(Load(6, 1),)),
    )
    wanted = {Load(5, 1): {POWER}, Load(6, 1): {POWER}}
    async with opened(gateway.port, known=known) as path:
        for _ in range(2):
            read = await path.read(wanted)
            assert read.keys() == {Load(5, 1)}
    warned = [one for one in caplog.records if one.levelno == logging.WARNING]
    assert [one.getMessage() for one in warned if "address 6" in one.getMessage()] == [
        "The module at address 6 can't be read by BACnet: no BACnet device 106"
    ]


async def test_another_instance_number_is_nobodys(gateway: BacnetGateway) -> None:
    """Silence, and so a hint that the number may be another."""
    async with opened(gateway.port, main=3000) as path:
        with pytest.raises(Silent):
            await path.identify()
        with pytest.raises(Silent):
            await path.topology()


async def test_silence_is_told_to_the_budget_of_all_paths(
    gateway: BacnetGateway, expected_logs: list[str]
) -> None:
    """The last path that answered has fallen silent: the gateway is left alone."""
    expected_logs.append("The gateway answers nothing any more")
    budget = unhurried()
    async with opened(gateway.port, budget=budget) as path:
        await path.identify()
        gateway.stop()
        with pytest.raises(Silent):
            await path.identify()
        assert budget.state.bans == 1
        with pytest.raises(TooOften):
            await path.identify()


async def test_outputs_are_those_that_devices_list(gateway: BacnetGateway) -> None:
    """Among all their objects, by their own names; long lists are read to the end."""
    async with opened(gateway.port) as path:
        found = await path.find_outputs()
    assert set(found) == {LAMP, HORN, FAN}


async def test_an_output_is_commanded_at_the_lowest_priority(
    gateway: BacnetGateway,
) -> None:
    """On and off are both commands, read back; the other outputs stay as they were."""
    async with opened(gateway.port) as path:
        for on, state in ((True, "active"), (False, "inactive")):
            await path.switch_output(FAN, on=on)
            assert gateway.commands(9, 4) == {16: state}
            assert await path.read_outputs([LAMP, HORN, FAN]) == {
                LAMP: False,
                HORN: False,
                FAN: on,
            }
        await path.switch_output(LAMP, on=True)
    assert gateway.commands(0, 2) == {16: "active"}
    assert gateway.commands(9, 1) == {}


async def test_a_stronger_command_is_not_hidden(gateway: BacnetGateway) -> None:
    """What somebody else commands stays, and is told; a refusal is another thing."""
    gateway.command(9, 1, 8, "inactive")
    gateway.lock(9, 4)
    async with opened(gateway.port) as path:
        with pytest.raises(NotTaken):
            await path.switch_output(HORN, on=True)
        with pytest.raises(NotAllowed):
            await path.switch_output(FAN, on=True)
        gateway.command(9, 1, 8, "")
        assert await path.read_outputs([HORN, FAN]) == {HORN: True, FAN: False}


async def test_outputs_of_a_module_that_is_silent(gateway: BacnetGateway) -> None:
    """They stay known and are missing, the others go on; nobody there is `Silent`."""
    away = BinaryOutput(module=30, number=1, name="Away")
    budget = unhurried()
    budget.lane().answered()  # another path goes on
    async with opened(gateway.port, budget=budget) as path:
        assert set(await path.find_outputs([away, HORN])) == {away, LAMP, HORN, FAN}
        assert await path.read_outputs([away, HORN]) == {HORN: False}
        gateway.stop()
        for ask in (path.find_outputs(), path.read_outputs([HORN])):
            with pytest.raises(Silent):
                await ask


def test_the_library_is_loaded_only_when_it_is_used() -> None:
    """The engine's import does not bring it."""
    code = (
        "import sys; from simulators.engine import load_engine; load_engine(); "
        "from custom_components.meters_and_chargers.engine.devices import diris; "
        "from custom_components.meters_and_chargers.engine.devices.diris import bacnet;"
        "assert 'bacpypes3' not in sys.modules"
    )
    subprocess.run([sys.executable, "-c", code], check=True)  # noqa: S603 - our own text
