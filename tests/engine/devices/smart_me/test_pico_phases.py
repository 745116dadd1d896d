"""A Pico that is told by phase: byte for byte, and what it may answer."""

from collections.abc import AsyncIterator

from hypothesis import given
from hypothesis import strategies as st
import pytest

from custom_components.meters_and_chargers.engine.devices import FAMILIES
from custom_components.meters_and_chargers.engine.devices.smart_me import (
    Keeping,
    OnStop,
    PhaseCurrents,
    PhaseMemory,
    Pico,
    registers,
)
from custom_components.meters_and_chargers.engine.model import (
    BadAnswer,
    DeviceError,
    Mark,
    OutOfRange,
    Refused,
    TellingCharger,
    Unreachable,
    Unsupported,
    WrongDevice,
)
from custom_components.meters_and_chargers.engine.protocols.modbus import ModbusLink
from simulators import pico as simulated_pico
from simulators.car import Car
from tests.links import connected

ANSWERS = {"minimum_current": 6, "maximum_current": 16}
L3 = PhaseCurrents(0, 0, 10_000)
TOGETHER = 0x2070


@pytest.fixture
async def station(socket_enabled: None) -> AsyncIterator[simulated_pico.Pico]:
    """Return a simulated station whose firmware takes a current for each phase."""
    fake = simulated_pico.Pico(Car(), serial=7002702, by_phase=True)
    await fake.start()
    yield fake
    await fake.stop()


class Clock:
    """A clock that a test turns."""

    now = 5000.0

    def __call__(self) -> float:
        """Return the time, s."""
        return self.now


def opened(
    link: ModbusLink, clock: Clock | None = None, keeping: Keeping | None = None
) -> Pico:
    """Return a station that is known to take a current for each phase."""
    return Pico(link, ANSWERS, keeping, by_phase=True, clock=clock or Clock())


def writes(station: simulated_pico.Pico) -> list[tuple[int, tuple[int, ...]]]:
    """Return addresses and words of all writes."""
    return [(one.address, one.values) for one in station.requests if one.values]


def test_registers_name_their_source_and_mark() -> None:
    """What is written names the maker's page."""
    assert "Modbus TCP" in registers.PHASES_SOURCE
    assert registers.PHASES_MARK is Mark.DOCUMENTED


async def test_three_phases_are_one_request(station: simulated_pico.Pico) -> None:
    """0, 8 and 10 A are one FC16 of six words at wire 0x2070, high words first."""
    async with connected(station) as link:
        pico = opened(link)
        await pico.set_currents(PhaseCurrents(0, 8000, 10_000))
        assert (pico.limit_ma, pico.phases) == (10_000, 1)
    assert station.write_pdus == [
        bytes.fromhex("10 2070 0006 0C 00000000 00001F40 00002710")
    ]
    assert station.currents_ma == (0, 8000, 10_000)
    assert station.share == simulated_pico.Share(10_000, phase=2)


class Wire:
    """Stands for a link: keeps every word that would be written."""

    lost = False

    def __init__(self, *, together: bool) -> None:
        """Take six words or not."""
        self.together = together
        self.numbers: list[int] = []

    async def write(self, address: int, words: list[int]) -> None:
        """Note the 32-bit numbers of a write, also of one that is refused."""
        assert address == registers.CHARGING_CURRENT or address >= TOGETHER
        for high, low in zip(words[::2], words[1::2], strict=True):
            self.numbers.append(high << 16 | low)
        if len(words) == 6 and not self.together:
            raise Unsupported("no")


@given(
    st.lists(
        st.one_of(
            st.integers(-1000, 40_000),
            st.tuples(*[st.integers(-1000, 40_000) for _ in range(3)]),
            st.tuples(*[st.sampled_from([0, 6000, 8000, 16_000]) for _ in range(3)]),
        ),
        max_size=12,
    ),
    st.booleans(),
)
async def test_no_number_on_the_wire_counts_as_amperes(
    wishes: list[int | tuple[int, int, int]],
    together: bool,  # noqa: FBT001 - drawn by hypothesis
) -> None:
    """Whatever is asked for, whether six words are taken or not: 0 or mA."""
    wire, clock = Wire(together=together), Clock()
    pico = opened(wire, clock)  # type: ignore[arg-type] # it has what is used
    for wish in wishes:
        clock.now += 601
        try:
            if isinstance(wish, int):
                await pico.set_limit(wish)
            else:
                await pico.set_currents(PhaseCurrents(*wish))
            await pico.steering.tend()
        except OutOfRange:
            continue
    assert all(number == 0 or 6000 <= number <= 16_000 for number in wire.numbers)


async def test_number_of_amperes_is_a_trap(station: simulated_pico.Pico) -> None:
    """The simulated station has the maker's trap: 100 written as mA are 100 A."""
    async with connected(station) as link:
        await link.write(TOGETHER, [0, 100])
    assert station.currents_ma == (100_000, 0, 0)


async def test_refused_six_words_become_three_writes(
    station: simulated_pico.Pico,
) -> None:
    """What falls goes first, and six words are not tried again."""
    station.together = False
    clock = Clock()
    async with connected(station) as link:
        pico = opened(link, clock)
        await pico.set_currents(PhaseCurrents(6000, 10_000, 6000))
        await pico.set_currents(PhaseCurrents(16_000, 6000, 8000))
        clock.now += 600
        await pico.set_currents(PhaseCurrents(16_000, 0, 0))
    assert [(address, words[-1]) for address, words in writes(station)] == [
        (0x2070, 6000),  # six words, refused
        (0x2070, 6000),
        (0x2074, 6000),
        (0x2072, 10_000),
        (0x2072, 6000),
        (0x2074, 8000),
        (0x2070, 16_000),
        (0x2074, 0),
        (0x2072, 0),
        (0x2070, 16_000),
    ]
    assert station.currents_ma == (16_000, 0, 0)


async def test_old_firmware_refuses_every_form(pico: simulated_pico.Pico) -> None:
    """A station that has no such registers took nothing: nothing is shown."""
    async with connected(pico) as link:
        station = opened(link)
        with pytest.raises(Unsupported):
            await station.set_currents(L3)
        assert station.currents is None
        assert station.steering.memory == PhaseMemory()
        await station.set_limit(10_000)
        assert station.limit_ma == 10_000
    assert [address for address, _ in writes(pico)] == [0x2070, 0x2070, 0x206D]


async def test_half_a_write_counts_as_a_change(station: simulated_pico.Pico) -> None:
    """One phase was taken, the next refused: the way back has to wait."""
    station.together = False
    clock = Clock()
    async with connected(station) as link:
        pico = opened(link, clock)
        await pico.set_currents(PhaseCurrents.alike(10_000))
        clock.now += 600
        taken = station.written

        def refuse_last(address: int, values: tuple[int, ...]) -> object:
            if address == 0x2074:
                station.by_phase = False
            return taken(address, values)

        station.written = refuse_last  # type: ignore[assignment,method-assign] # a fault
        with pytest.raises(BadAnswer):
            await pico.set_currents(PhaseCurrents(6000, 0, 8000))
        assert pico.currents == PhaseCurrents.alike(10_000)
        await pico.set_currents(PhaseCurrents.alike(6000))
        assert pico.steering.held == PhaseCurrents.alike(6000)


async def test_unknown_firmware_is_told_nothing(pico: simulated_pico.Pico) -> None:
    """Without a word on its firmware no phase is written, and the error says why."""
    async with connected(pico) as link:
        station = FAMILIES["smart_me_pico"].open(link, ANSWERS)
        assert isinstance(station, Pico)
        assert isinstance(station, TellingCharger)
        assert not station.switches_phases
        with pytest.raises(Unsupported, match=r"0\.0\.53"):
            await station.set_currents(L3)
        with pytest.raises(Unsupported):
            await station.set_limit(10_000, phases=1)
        with pytest.raises(Unsupported):
            await station.set_limit(10_000, phases=2)
    assert pico.request_count == 0


@pytest.mark.parametrize("value_ma", [5999, 100, 499, 17_000, -6000, 6500])
async def test_out_of_range_is_told_before_anything_is_sent(
    station: simulated_pico.Pico, value_ma: int
) -> None:
    """Neither a phase nor all take what is outside the owner's bounds."""
    async with connected(station) as link:
        pico = opened(link)
        with pytest.raises(OutOfRange, match="mA"):
            await pico.set_limit(value_ma)
        with pytest.raises(OutOfRange, match="mA"):
            await pico.set_currents(PhaseCurrents(6000, value_ma, 0))
        await pico.set_limit(6000)
    # A wish that failed has not changed how it is told.
    assert [address for address, _ in writes(station)] == [0x206D]


async def test_site_may_choose_one_phase_or_all(station: simulated_pico.Pico) -> None:
    """By the answer that the firmware is new enough; one phase is L1."""
    async with connected(station) as link:
        pico = FAMILIES["smart_me_pico"].open(link, ANSWERS | {"by_phase": 1})
        assert isinstance(pico, TellingCharger)
        assert pico.switches_phases
        assert (pico.phases, pico.plugged, pico.faulted) == (None, None, False)
        await pico.set_limit(10_000, phases=3)
        assert pico.phases == 3
        await pico.set_limit(8000, phases=1, urgent=True)
        assert (pico.phases, pico.limit_ma) == (1, 8000)
        await pico.set_limit(0, phases=1)
        assert (pico.phases, pico.limit_ma) == (1, 0)
    assert [address for address, _ in writes(station)] == [0x206D, 0x2070, 0x2070]
    assert station.share is None


async def test_all_phases_go_the_same_way_as_one_did(
    station: simulated_pico.Pico,
) -> None:
    """Which register wins is not known: once told by phase, it always is."""
    clock = Clock()
    async with connected(station) as link:
        pico = opened(link, clock)
        await pico.set_currents(L3)
        clock.now += 600
        await pico.set_limit(10_000)
        later = opened(link, clock)
        later.recall(PhaseMemory(told=L3, in_use=L3))
        await later.set_limit(0)
    assert [address for address, _ in writes(station)] == [0x2070] * 3


async def test_change_of_phases_waits_on_the_wire(
    station: simulated_pico.Pico,
) -> None:
    """The user's number obeys the ten minutes too, and tending writes it then."""
    clock = Clock()
    async with connected(station) as link:
        pico = opened(link, clock)
        await pico.set_currents(L3)
        clock.now += 10
        await pico.set_limit(10_000)
        assert pico.limit_ma == 10_000
        assert pico.steering.held == PhaseCurrents.alike(10_000)
        clock.now += 590
        await pico.steering.tend()
        assert pico.phases == 3
    assert len(station.write_pdus) == 2
    assert station.relay_moves == 1


async def test_stop_releases_the_station(station: simulated_pico.Pico) -> None:
    """What its owner wants is written at the end, and a dead station is left."""
    async with connected(station) as link:
        pico = opened(link, keeping=Keeping(on_stop=OnStop.RELEASE))
        await pico.set_limit(6000)
        assert await pico.steering.stop()
        assert station.dynamic_ma == 16_000
        await station.stop()
        assert not await pico.steering.stop()


async def test_read_back_is_tried_once_and_not_believed_at_once(
    station: simulated_pico.Pico,
) -> None:
    """What can be read counts when it has once said what was written."""
    station.readable = True
    async with connected(station) as link:
        pico = opened(link)
        await pico.identify()
        assert await pico.try_read_back()
        assert pico.limit_is_assumed
        await pico.set_limit(10_000)
        assert not pico.limit_is_assumed
        station.put(0x206D, 12_000)
        await pico.identify()
        assert pico.limit_ma == 12_000
        station.put(0x206D, 100)
        await pico.identify()
        assert pico.limit_ma == 12_000
        await pico.set_currents(PhaseCurrents(6000, 7000, 8000))
        assert not pico.limit_is_assumed


async def test_station_that_can_not_be_asked_is_assumed(
    station: simulated_pico.Pico,
) -> None:
    """Most likely none can: what was written is all that is known."""
    async with connected(station) as link:
        pico = opened(link)
        assert not await pico.try_read_back()
        await pico.set_limit(10_000)
        await pico.identify()
        assert pico.limit_is_assumed
        asked = [one for one in station.requests if one.address == 0x206D]
        assert [one.function for one in asked] == [3, 16]


async def test_register_that_says_something_else_is_not_asked_again(
    station: simulated_pico.Pico,
) -> None:
    """It answers, but not what was written: it stays assumed, and is left alone."""
    station.readable = True
    station.put = lambda *_: None  # type: ignore[method-assign] # it shows 0 for ever
    async with connected(station) as link:
        pico = FAMILIES["smart_me_pico"].open(link, ANSWERS | {"reads_back": 1})
        assert isinstance(pico, Pico)
        await pico.set_limit(10_000)
        await pico.set_limit(11_000)
        assert pico.limit_is_assumed
        assert pico.limit_ma == 11_000
    assert [one.function for one in station.requests] == [3, 16, 3, 16]


async def test_reading_back_may_end(station: simulated_pico.Pico) -> None:
    """A station that no longer lets itself be asked keeps what it was told."""
    station.readable = True
    async with connected(station) as link:
        pico = opened(link)
        assert await pico.try_read_back()
        await pico.set_limit(10_000)
        station.readable = False
        await pico.identify()
        await pico.set_limit(11_000)
        assert pico.limit_ma == 11_000


@pytest.mark.parametrize("error", [WrongDevice, Unreachable])
async def test_no_phase_reaches_another_station(
    station: simulated_pico.Pico, error: type[DeviceError]
) -> None:
    """After a lost connection the serial is read before any of the six words."""
    async with connected(station) as link:
        pico = opened(link)
        await pico.identify()
        await station.stop()
        if error is WrongDevice:
            station.registers[0x2000] += 1
            await station.start()
            with pytest.raises((WrongDevice, Unreachable)):
                await pico.set_currents(L3)
        with pytest.raises(error):
            await pico.set_currents(L3)
        assert pico.currents is None
        assert not await pico.steering.stop()
    assert not station.write_pdus


def test_only_possible_limits_are_taken_over() -> None:
    """A number from before a restart that no station can have is left out."""
    pico = opened(Wire(together=True))  # type: ignore[arg-type] # never asked
    pico.assume_limit(9500)
    assert pico.currents is None
    pico.assume_limit(0)
    assert (pico.limit_ma, pico.phases) == (0, None)
    pico.assume_limit(9000)
    assert (pico.limit_ma, pico.phases) == (9000, 3)


def test_refusals_are_told_apart() -> None:
    """A refused write is certain, half a write is not: the second is no refusal."""
    assert issubclass(Unsupported, Refused)
    assert not issubclass(BadAnswer, Refused)
