"""The fake Picos share currents as the maker's document says, case by case."""

import struct

import pytest
import pytest_socket
from raw_modbus import Connect, RawClient

from simulators.car import Car
from simulators.house import House
from simulators.pico import Currents, Pico, Share, shares
from simulators.pico_group import SERIALS, PicoGroup

type Shares = list[tuple[int, int | None]]
"""mA, and on which phase alone (0 is L1) or on all three."""


async def tell(client: RawClient, *currents: int) -> bytes:
    """Write one current for all phases, or one for each; mA."""
    address, words = (0x206D, 2) if len(currents) == 1 else (0x2070, 6)
    head = struct.pack(">BHHB", 16, address, words, 2 * words)
    return await client.ask(head + struct.pack(f">{len(currents)}I", *currents))


def given(*stations: Pico) -> Shares:
    """Return what the stations with a car were given."""
    return [
        (station.share.current_ma, station.share.phase)
        for station in stations
        if station.share is not None
    ]


SINGLE: list[tuple[tuple[int, ...], Shares]] = [
    ((5000,), []),
    ((6000,), [(6000, None)]),
    ((6000, 6000, 8000), [(6000, None)]),
    ((0, 8000, 0), [(8000, 1)]),
    ((0, 8000, 10_000), [(10_000, 2)]),
]
GROUP: list[tuple[tuple[int, ...], int, Shares]] = [
    ((12_000,), 1, [(12_000, None)]),
    ((12_000,), 2, [(6000, None), (6000, None)]),
    ((12_000,), 3, [(12_000, 0), (12_000, 1), (12_000, 2)]),
    ((6000, 6000, 8000), 1, [(6000, None)]),
    ((6000, 6000, 8000), 2, [(6000, 0), (8000, 2)]),
    ((0, 0, 8000), 1, [(8000, 2)]),
    ((0, 8000, 10_000), 2, [(8000, 1), (10_000, 2)]),
    ((0, 16_000, 10_000), 3, [(8000, 1), (8000, 1), (10_000, 2)]),
    ((20_000, 20_000, 20_000), 3, [(6000, None), (7000, None), (7000, None)]),
]


@pytest.mark.parametrize(("told", "shared"), SINGLE)
async def test_single_station(
    connect: Connect, told: tuple[int, ...], shared: Shares
) -> None:
    """One car: three phases at the least current, else one at the largest."""
    station = Pico(Car(), by_phase=True)
    client = await connect(station)
    assert (await tell(client, *told))[0] == 16
    assert given(station) == shared
    assert station.car.enabled is bool(shared)


@pytest.mark.parametrize(("told", "cars", "shared"), GROUP)
async def test_group_of_three(
    connect: Connect, told: tuple[int, ...], cars: int, shared: Shares
) -> None:
    """Three phases where each car gets its minimum, else one for each car."""
    group = PicoGroup()
    group.plug(*(index < cars for index in range(3)))
    client = await connect(group)
    assert (await tell(client, *told))[0] == 16
    found = given(*group.stations)
    assert sorted(found, key=lambda one: (one[1] or 0, one[0])) == shared


def test_more_cars_than_there_is_current_for() -> None:
    """One phase of 6 A is enough for one car; the others wait."""
    assert shares((0, 0, 6000), 3, 6000) == [Share(6000, 2), None, None]
    assert shares((16_000,) * 3, 0, 6000) == []


async def test_cars_that_come_and_go_share_anew(connect: Connect) -> None:
    """12 A: one car has three phases, three have one each, and back."""
    group = PicoGroup()
    group.plug(True, False, False)
    assert given(*group.stations) == []
    client = await connect(group)
    await tell(client, 12_000)
    assert given(*group.stations) == [(12_000, None)]
    group.plug(True, True, True)
    assert given(*group.stations) == [(12_000, 0), (12_000, 1), (12_000, 2)]
    group.plug(True, False, False)
    assert given(*group.stations) == [(12_000, None)]
    assert group.stations[0].relay_moves == 2


async def test_cars_draw_from_their_phases(connect: Connect) -> None:
    """Three cars of a group load L1, L2 and L3 of the house alike."""
    cars = (Car("one"), Car("two"), Car("three"))
    house = House("clear", cars=cars)
    client = await connect(PicoGroup(cars))
    await tell(client, 12_000)
    for _ in range(120):
        house.step()
    assert [(car.phases, car.first_phase) for car in cars] == [(1, 0), (1, 1), (1, 2)]
    assert house.car_w == 3 * 230 * 12


async def test_only_the_master_has_an_address(connect: Connect) -> None:
    """A group answers at one address; with another master at another one."""
    group = PicoGroup()
    pytest_socket.socket_allow_hosts(list(group.hosts))
    client = await connect(group)
    assert await client.read(0x1FFF, 2) == SERIALS[0].to_bytes(4)
    await tell(client, 12_000)
    assert [station.running for station in group.stations] == [True, False, False]
    await group.move(1)
    await client.ended()
    other = await connect(group)
    assert group.host == "127.0.0.2"
    assert await other.read(0x1FFF, 2) == SERIALS[1].to_bytes(4)
    assert [station.running for station in group.stations] == [False, True, False]
    group.plug(True, True, False)
    assert given(*group.stations) == [(6000, None), (6000, None)]


@pytest.mark.parametrize(
    ("numbers", "taken"),
    [
        ((16, 10, 0), (16_000, 10_000, 0)),
        ((100, 0, 0), (100_000, 0, 0)),
        ((499, 500, 6000), (499_000, 500, 6000)),
    ],
)
async def test_small_numbers_of_a_phase_are_amperes(
    connect: Connect, numbers: tuple[int, ...], taken: Currents
) -> None:
    """Up to 499 counts as amperes, more as milliamperes."""
    station = Pico(Car(), by_phase=True)
    client = await connect(station)
    await tell(client, *numbers)
    assert station.currents_ma == taken


@pytest.mark.parametrize(
    ("together", "pdu", "answer"),
    [
        (True, "10 2072 0002 04 00001F40", "10 2072 0002"),
        (False, "10 2074 0002 04 00001F40", "10 2074 0002"),
        (False, "10 2070 0006 0C 000000000000000000000000", "90 03"),
        (True, "10 2070 0004 08 0000000000000000", "90 03"),
        (True, "10 2072 0004 08 0000000000000000", "90 03"),
        (True, "10 2071 0002 04 00000000", "90 02"),
        (True, "03 2070 0006", "83 02"),
    ],
)
async def test_form_of_writes_by_phase(
    connect: Connect,
    together: bool,  # noqa: FBT001 - a column of the table
    pdu: str,
    answer: str,
) -> None:
    """One phase, or all three if it takes them together; nothing else."""
    station = Pico(Car(), by_phase=True)
    station.together = together
    client = await connect(station)
    assert await client.ask(bytes.fromhex(pdu)) == bytes.fromhex(answer)


async def test_station_may_say_what_it_was_told(connect: Connect) -> None:
    """Not known of a real one; a fault that ends leaves it as it was."""
    station = Pico(Car(), by_phase=True)
    station.readable = True
    client = await connect(station)
    await tell(client, 6000, 7000, 8000)
    station.silent = True
    station.clear_faults()
    assert await client.read(0x2070, 6) == struct.pack(">3I", 6000, 7000, 8000)
    await tell(client, 6000)
    assert await client.read(0x206D, 2) == struct.pack(">I", 6000)
