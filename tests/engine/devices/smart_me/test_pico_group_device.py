"""A group of Picos: told through its master, found again where the master went."""

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack

import pytest
import pytest_socket

from custom_components.meters_and_chargers.engine.devices.smart_me import (
    Members,
    PhaseCurrents,
    PicoGroup,
)
from custom_components.meters_and_chargers.engine.model import (
    OutOfRange,
    TellingCharger,
    Unreachable,
    WrongDevice,
)
from custom_components.meters_and_chargers.engine.protocols.modbus import ModbusLink
from simulators import pico_group
from simulators.car import Car
from simulators.pico import Pico, Share
from tests.links import connected

ANSWERS = {"minimum_current": 6, "maximum_current": 63}
STRANGER = "127.0.0.9"
MEMBERS = Members(*pico_group.SERIALS)


@pytest.fixture
async def group(socket_enabled: None) -> AsyncIterator[pico_group.PicoGroup]:
    """Return a simulated group of three stations, each with a car."""
    fake = pico_group.PicoGroup()
    # Each station has its own address, as in a house.
    pytest_socket.socket_allow_hosts([*fake.hosts, STRANGER])
    await fake.start()
    yield fake
    await fake.stop()


def opened(link: ModbusLink) -> PicoGroup:
    """Return the group behind a link to its master."""
    return PicoGroup(link, ANSWERS, MEMBERS, by_phase=True)


async def test_group_is_one_charger_with_any_master(
    group: pico_group.PicoGroup,
) -> None:
    """The identity is the group's, whichever of its stations answers."""
    for index in (0, 2, 1):
        await group.move(index)
        async with connected(group.master) as link:
            charger = opened(link)
            identity = await charger.identify()
            assert identity.key == "smart_me_pico_group_7002702"
            assert identity.model == "Pico group"
            assert isinstance(charger, TellingCharger)
            assert not charger.switches_phases
            assert charger.phases is None


async def test_three_cars_get_one_phase_each(group: pico_group.PicoGroup) -> None:
    """The maker's example: 12 A for three cars are 12 A on L1, on L2 and on L3."""
    async with connected(group.master) as link:
        charger = opened(link)
        await charger.set_limit(12_000)
        assert charger.limit_ma == 12_000
    assert [station.share for station in group.stations] == [
        Share(12_000, phase) for phase in range(3)
    ]


async def test_group_has_its_own_currents_by_phase(
    group: pico_group.PicoGroup,
) -> None:
    """0, 16 and 10 A for three cars; the limit is the largest of a phase."""
    async with connected(group.master) as link:
        charger = opened(link)
        assert charger.limit_ma is None
        await charger.set_currents(PhaseCurrents(6000, 16_000, 10_000))
        assert charger.limit_ma == 16_000
        with pytest.raises(OutOfRange):
            await charger.set_limit(64_000)
    assert group.currents_ma == (6000, 16_000, 10_000)


async def test_group_is_found_again_by_its_members(
    group: pico_group.PicoGroup,
) -> None:
    """The master dies, another station takes over: its serial number tells it."""
    stranger = Pico(Car(), serial=7_999_999)
    stranger.host = STRANGER
    async with connected(group.master) as link:
        charger = opened(link)
        await charger.set_limit(12_000)
        await group.move(2)
        with pytest.raises(Unreachable):
            await charger.set_limit(16_000)
        memory = charger.steering.memory
    stranger.port = group.port
    await stranger.start()
    try:
        async with AsyncExitStack() as stack:
            links = {
                one.host: await stack.enter_async_context(connected(one))
                for one in (stranger, *group.stations)
            }
            host = await MEMBERS.find(links)
            assert host == group.master.host == "127.0.0.3"
            again = opened(links[host])
            again.steering.recall(memory)
            assert again.limit_ma == 12_000
            await again.set_limit(16_000)
    finally:
        await stranger.stop()
    assert group.currents_ma == (16_000,) * 3
    assert not stranger.write_pdus


async def test_group_that_is_nowhere_is_not_found(
    group: pico_group.PicoGroup,
) -> None:
    """All of its addresses are dead."""
    await group.stop()
    async with connected(group.master) as link:
        assert await MEMBERS.find({group.host: link}) is None


async def test_station_of_no_member_gets_no_current(
    group: pico_group.PicoGroup,
) -> None:
    """Another Pico behind the master's address is refused, by name."""
    async with connected(group.master) as link:
        charger = PicoGroup(link, ANSWERS, Members(7_000_001, 7_000_002))
        with pytest.raises(WrongDevice, match="smart-me Pico 7002702"):
            await charger.identify()
        with pytest.raises(WrongDevice):
            await charger.set_limit(10_000)
    assert not group.master.write_pdus


def test_members_have_names_on_the_network() -> None:
    """The maker's form, where DNS is switched on in the portal."""
    assert Members(6_301_587, 7_002_702).names == (
        "smart-me_6301587.dns-me.com",
        "smart-me_7002702.dns-me.com",
    )
