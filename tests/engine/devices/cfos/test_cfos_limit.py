"""What a Power Brain is told, byte for byte, and what never goes to its flash."""

import ast
import asyncio
from collections.abc import Sequence
from pathlib import Path

from hypothesis import given
from hypothesis import strategies as st
from pymodbus.constants import ExcCodes
import pytest

from custom_components.meters_and_chargers.engine.devices import FAMILIES, cfos
from custom_components.meters_and_chargers.engine.devices.cfos import (
    power_brain as ours,
)
from custom_components.meters_and_chargers.engine.devices.cfos.power_brain import (
    PowerBrain,
)
from custom_components.meters_and_chargers.engine.devices.cfos.registers import (
    Writable,
)
from custom_components.meters_and_chargers.engine.model import (
    OutOfRange,
    Refused,
    Silent,
    Unreachable,
    Unsupported,
)
from custom_components.meters_and_chargers.engine.protocols.modbus import ModbusLink
from simulators import power_brain as simulated
from simulators.car import Car
from tests.links import connected

# As the maker's note on flash memory names them, by the addresses of its table.
NOT_TO_FLASH = {
    "charging_cur_limit": 8093,
    "fixed_current": 8091,
    "charging_enable": 8094,
    "disconnect_cp": 8086,
    "relay_select": 8087,
    "relay2": 8088,
}
PAUSE = "10 1F9E 0001 02 0000"
GO_ON = "10 1F9E 0001 02 0001"
ONE_PHASE = "10 1F97 0001 02 0001"
THREE_PHASES = "10 1F97 0001 02 0000"


def limit(current_da: int) -> str:
    """Return the telegram of a limit, in 0.1 A."""
    return f"10 1F9D 0001 02 {current_da:04X}"


def told(box: simulated.PowerBrain, *telegrams: str) -> bool:
    """Whether exactly this was written since the last call."""
    written = box.write_pdus == [bytes.fromhex(one) for one in telegrams]
    box.requests.clear()
    return written


async def opened(link: ModbusLink, maximum_a: int = 16) -> PowerBrain:
    """Return the wallbox behind a link, identified and read."""
    device = FAMILIES["cfos"].open(link, {"maximum_current": maximum_a})
    assert isinstance(device, PowerBrain)
    await device.identify()
    await device.read(device.groups[0])
    return device


class Choosy(simulated.PowerBrain):
    """A wallbox that does not take writes to some addresses."""

    no: frozenset[int] = frozenset()

    def written(self, address: int, values: Sequence[int]) -> ExcCodes | None:
        """Refuse some."""
        if address in self.no:
            return ExcCodes.ILLEGAL_VALUE
        return super().written(address, values)


# What may be written at all


def test_only_what_does_not_go_to_flash_can_be_written() -> None:
    """The type of all writes holds nothing that the maker does not list."""
    assert set(Writable) <= set(NOT_TO_FLASH.values())


def test_there_is_one_way_to_write() -> None:
    """In the whole family one line writes, and it takes nothing but that type."""
    folder = Path(str(cfos.__file__)).parent
    calls = [
        (path.name, ast.unparse(node))
        for path in folder.glob("*.py")
        for node in ast.walk(ast.parse(path.read_text()))
        if isinstance(node, ast.Call)
        and isinstance(node.func, ast.Attribute)
        and node.func.attr.startswith("write")
    ]
    assert calls == [("power_brain.py", "self._link.write(what, [value])")]
    assert ours.PowerBrain._write.__annotations__["what"] is Writable


async def test_nothing_goes_to_flash(power_brain: simulated.PowerBrain) -> None:
    """Set-up, polls, limits, a pause, both phases and a dump: the simulator counts."""
    async with connected(power_brain) as link:
        device = await opened(link)
        for value_ma, phases in ((6_000, 1), (16_000, None), (0, None), (7_300, 1)):
            await device.set_limit(value_ma, phases=phases)
            for group in device.groups:
                await device.read(group)
        await device.dump()
    assert power_brain.flash_writes == 0
    written = {request.address for request in power_brain.requests if request.values}
    assert written == {8087, 8093, 8094}


# The charging current


async def test_limit_is_written_in_tenths_and_read_back(
    power_brain: simulated.PowerBrain,
) -> None:
    """12.3 A is 123 at 8093, then charging is enabled; the box's answer counts."""
    async with connected(power_brain) as link:
        device = await opened(link)
        assert device.limit_ma == 16_000
        power_brain.requests.clear()
        await device.set_limit(12_300)
        assert told(power_brain, limit(123), GO_ON)
        assert device.limit_ma == 12_300
    assert not device.limit_is_assumed
    assert power_brain.limit_a == 12.3


async def test_zero_pauses_and_a_limit_goes_on(
    power_brain: simulated.PowerBrain,
) -> None:
    """0 A can't be offered: charging is disabled, and enabled after the next limit."""
    async with connected(power_brain) as link:
        device = await opened(link)
        power_brain.requests.clear()
        await device.set_limit(0)
        assert told(power_brain, PAUSE)
        assert device.limit_ma == 0
        assert not power_brain.car.enabled
        await device.read(device.groups[0])
        assert device.limit_ma == 0
        power_brain.requests.clear()
        await device.set_limit(6_000)
        assert told(power_brain, limit(60), GO_ON)
        assert device.limit_ma == 6_000
        assert power_brain.car.enabled


async def test_boxs_own_maximum_is_shown(power_brain: simulated.PowerBrain) -> None:
    """A model for 11 kW keeps to 16 A, whatever it is told: its answer is the limit."""
    async with connected(power_brain) as link:
        device = await opened(link, maximum_a=32)
        await device.set_limit(32_000)
        assert device.limit_ma == 16_000


async def test_limit_changed_by_another_is_seen(
    power_brain: simulated.PowerBrain,
) -> None:
    """The box's page or its own load management changes it: the next poll says so."""
    async with connected(power_brain) as link:
        device = await opened(link)
        await device.set_limit(10_000)
        power_brain.registers[8093] = 80
        await device.read(device.groups[0])
        assert device.limit_ma == 8_000


@given(st.integers(min_value=-1_000, max_value=40_000), st.sampled_from([16, 32]))
def test_only_what_a_car_may_get_is_taken(value_ma: int, maximum_a: int) -> None:
    """0, or 6 A to what the line carries in steps of 0.1 A; nothing else."""
    device = PowerBrain.__new__(PowerBrain)
    PowerBrain.__init__(device, FakeLink(), {"maximum_current": maximum_a})  # type: ignore[arg-type] # never asked
    try:
        device.setpoint.check(value_ma)
        allowed = True
    except OutOfRange:
        allowed = False
    wanted = value_ma in range(6_000, maximum_a * 1_000 + 1, 100)
    assert allowed == (wanted or value_ma == 0)


class FakeLink:
    """A link that is never used."""


@pytest.mark.parametrize("value_ma", [5_900, 16_100, 10_050, -100])
async def test_refused_value_is_not_written(
    power_brain: simulated.PowerBrain, value_ma: int
) -> None:
    """Nothing is sent that is out of range."""
    async with connected(power_brain) as link:
        device = await opened(link)
        with pytest.raises(OutOfRange):
            await device.set_limit(value_ma)
    assert told(power_brain)


async def test_write_that_is_refused_is_told(socket_enabled: None) -> None:
    """A box that says no keeps its limit, and so do we."""
    box = Choosy(Car())
    box.no = frozenset({8093})
    await box.start()
    try:
        async with connected(box) as link:
            device = await opened(link)
            with pytest.raises(Refused):
                await device.set_limit(10_000)
            assert device.limit_ma == 16_000
    finally:
        await box.stop()


async def test_lost_write_may_have_arrived(power_brain: simulated.PowerBrain) -> None:
    """Without an answer the larger of both limits is reserved."""
    async with connected(power_brain) as link:
        device = await opened(link)
        await device.set_limit(8_000)
        link.set_timeout(0.2)
        power_brain.silent = True
        with pytest.raises(Silent):
            await device.set_limit(12_000)
        assert device.limit_ma == 12_000
        with pytest.raises(Unreachable):
            await device.set_limit(6_000)
        assert device.limit_ma == 12_000


async def test_limit_that_nobody_knows_stays_unknown(
    power_brain: simulated.PowerBrain, expected_logs: list[str]
) -> None:
    """A box that refuses to say its limit, and a write without an answer."""
    expected_logs.append("refuses to send registers 8092 to 8094 together")
    power_brain.refuse(8093, 1)
    async with connected(power_brain) as link:
        device = await opened(link)
        assert device.limit_ma is None
        assert device.plugged is True
        link.set_timeout(0.2)
        power_brain.silent = True
        with pytest.raises(Silent):
            await device.set_limit(12_000)
        assert device.limit_ma is None


async def test_recalled_limit_means_nothing(power_brain: simulated.PowerBrain) -> None:
    """What was known before a restart does not count: the box can be asked."""
    async with connected(power_brain) as link:
        device = await opened(link)
        device.assume_limit(9_000)
        assert device.limit_ma == 16_000


async def test_box_falls_back_by_itself(power_brain: simulated.PowerBrain) -> None:
    """Left alone for longer than its fail-safe, it goes back to its defaults."""
    async with connected(power_brain) as link:
        device = await opened(link)
        await device.set_limit(0)
        power_brain.look()
        assert not power_brain.enabled
        power_brain.put(8083, 0)
        power_brain.look()
        await device.read(device.groups[0])
        assert device.limit_ma == 16_000


# The phases


async def test_one_phase_and_back_after_ten_minutes(
    power_brain: simulated.PowerBrain, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The car is paused, the relay switched, the limit set; nothing is repeated."""
    async with connected(power_brain) as link:
        device = await opened(link)
        assert device.phases is None
        power_brain.requests.clear()
        await device.set_limit(10_000, phases=1)
        assert told(power_brain, PAUSE, ONE_PHASE, limit(100), GO_ON)
        assert device.phases == 1
        assert power_brain.car.phases == 1
        await device.set_limit(12_000, phases=1)
        assert told(power_brain, limit(120), GO_ON)
        monkeypatch.setattr(device, "_phases_free_at", float("-inf"))
        await device.set_limit(0, phases=3)
        assert told(power_brain, PAUSE)
        await device.set_limit(6_000, phases=3)
        assert told(power_brain, THREE_PHASES, limit(60), GO_ON)
        assert device.phases == 3
    assert power_brain.car.phase_changes == 2


async def test_phases_wait_ten_minutes(power_brain: simulated.PowerBrain) -> None:
    """To three too soon: it goes on with one, at the current meant for each phase."""
    async with connected(power_brain) as link:
        device = await opened(link)
        await device.set_limit(16_000, phases=1)
        power_brain.requests.clear()
        await device.set_limit(6_000, phases=3)
        assert told(power_brain, limit(60), GO_ON)
        assert device.phases == 1


async def test_one_phase_too_soon_never_loads_the_others(
    power_brain: simulated.PowerBrain,
) -> None:
    """More for one phase is not given to three; less is; urgent is not held back."""
    async with connected(power_brain) as link:
        device = await opened(link)
        await device.set_limit(8_000, phases=1)
        device._phases_free_at = float("-inf")
        await device.set_limit(8_000, phases=3)
        power_brain.requests.clear()
        with pytest.raises(Refused, match=r"may change again in (600|5[89]\d) s"):
            await device.set_limit(12_000, phases=1)
        assert told(power_brain)
        assert device.limit_ma == 8_000
        await device.set_limit(7_000, phases=1)
        assert told(power_brain, limit(70), GO_ON)
        assert device.phases == 3
        await device.set_limit(12_000, phases=1, urgent=True)
        assert told(power_brain, PAUSE, ONE_PHASE, limit(120), GO_ON)
        assert device.phases == 1


async def test_restarted_box_is_told_its_phases_again(
    power_brain: simulated.PowerBrain,
) -> None:
    """After a loss nobody knows its phases; saying them again is no change."""
    async with connected(power_brain) as link:
        device = await opened(link)
        await device.set_limit(6_000, phases=1)
        power_brain.restart()
        for _ in range(1000):
            if link.lost:
                break
            await asyncio.sleep(0.01)
        await device.read(device.groups[0])
        assert device.phases is None
        assert power_brain.car.phases == 3
        power_brain.requests.clear()
        await device.set_limit(6_000, phases=1)
        assert told(power_brain, ONE_PHASE, limit(60), GO_ON)
        assert power_brain.car.phases == 1


async def test_dump_does_not_forget_the_phases(
    power_brain: simulated.PowerBrain,
) -> None:
    """To make diagnostics interrupts no car."""
    async with connected(power_brain) as link:
        device = await opened(link)
        await device.set_limit(6_000, phases=1)
        await device.dump()
        assert device.phases == 1


async def test_refused_relay_leaves_the_car_charging(socket_enabled: None) -> None:
    """A box that does not switch goes on as before, and we say so."""
    box = Choosy(Car(), solar=True)
    box.no = frozenset({8087})
    await box.start()
    try:
        async with connected(box) as link:
            device = await opened(link)
            with pytest.raises(Refused):
                await device.set_limit(10_000, phases=1)
            assert told(box, PAUSE, ONE_PHASE, GO_ON)
            assert box.car.enabled
            assert (device.limit_ma, device.phases) == (16_000, None)
            await device.set_limit(0)
            box.requests.clear()
            with pytest.raises(Refused):
                await device.set_limit(10_000, phases=1)
            assert told(box, ONE_PHASE)
    finally:
        await box.stop()


@pytest.mark.parametrize(("solar", "phases"), [(False, 1), (True, 2)])
async def test_phases_it_has_not_are_refused(
    socket_enabled: None, *, solar: bool, phases: int
) -> None:
    """A box without the second contactor, and two phases: nothing is written."""
    box = simulated.PowerBrain(Car(), solar=solar)
    await box.start()
    try:
        async with connected(box) as link:
            device = await opened(link)
            with pytest.raises(Unsupported):
                await device.set_limit(10_000, phases=phases)
        assert told(box)
    finally:
        await box.stop()


async def test_poll_that_a_write_overtakes_shows_nothing_old(
    power_brain: simulated.PowerBrain,
) -> None:
    """A poll under way ends before the write begins."""
    async with connected(power_brain) as link:
        device = await opened(link)
        power_brain.requests.clear()
        await asyncio.gather(device.read(device.groups[0]), device.set_limit(9_000))
        kinds = [request.function for request in power_brain.requests]
        assert kinds == [3, 3, 16, 16, 3]
        assert device.limit_ma == 9_000
