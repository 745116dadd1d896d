"""The fake KSEM speaks as the published register lists say."""

import struct
import time

import pytest
from raw_modbus import Connect

from simulators.house import House
from simulators.ksem import Ksem


def _u32(data: bytes, register: int) -> int:
    return int(struct.unpack_from(">I", data, 2 * register)[0])


def _i32(data: bytes, register: int) -> int:
    return int(struct.unpack_from(">i", data, 2 * register)[0])


def _u64(data: bytes, register: int) -> int:
    return int(struct.unpack_from(">Q", data, 2 * register)[0])


async def test_import_and_export_stand_in_their_own_registers(connect: Connect) -> None:
    """Total and phases show import or export, scaled and with fitting currents."""
    ksem = Ksem()
    ksem.set_power(1234.5, -300.0, 0.0)
    ksem.set_reactive(0.0, 400.0, -50.5)
    client = await connect(ksem)
    total = await client.read(0, 28)
    assert total[:8] == bytes.fromhex("00002481 00000000")
    assert (_u32(total, 0), _u32(total, 2)) == (9345, 0)
    assert (_u32(total, 4), _u32(total, 6)) == (3495, 0)
    assert (_u32(total, 16), _u32(total, 18)) == (9977, 0)
    assert _i32(total, 24) == 937
    assert total[52:56] == bytes.fromhex("0000C350")
    phases = await client.read(40, 106)
    assert (_u32(phases, 0), _u32(phases, 2)) == (12345, 0)
    assert (_u32(phases, 20), _u32(phases, 22)) == (5367, 230_000)
    assert _i32(phases, 24) == 1000
    assert (_u32(phases, 40), _u32(phases, 42)) == (0, 3000)
    assert (_u32(phases, 44), _u32(phases, 46)) == (4000, 0)
    assert (_u32(phases, 56), _u32(phases, 58)) == (0, 5000)
    assert _u32(phases, 60) == 2174
    assert _i32(phases, 64) == -600
    assert phases[128:132] == bytes.fromhex("FFFFFDA8")
    assert (_u32(phases, 84), _u32(phases, 86)) == (0, 505)
    assert (_u32(phases, 96), _u32(phases, 100)) == (505, 220)


async def test_energies_have_four_registers(connect: Connect) -> None:
    """Counters are 64 bits of 0.1 Wh, total and phases in their own blocks."""
    ksem = Ksem()
    ksem.set_counter("energy_import", (12_345_678.9, 1.1, 2.2, 3.3))
    ksem.set_counter("energy_export", (987_654_321.0, 4.4, 5.5, 6.6))
    ksem.set_counter("reactive_energy_export", (7.7, 8.8, 9.9, 10.1))
    ksem.set_counter("apparent_energy_import", (11.1, 12.2, 13.3, 14.4))
    client = await connect(ksem)
    total = await client.read(512, 40)
    assert total[:8] == bytes.fromhex("00000000 075BCD15")
    assert _u64(total, 4) == 9_876_543_210
    assert (_u64(total, 12), _u64(total, 32)) == (77, 111)
    phases = await client.read(592, 100)
    assert (_u64(phases, 0), _u64(phases, 4)) == (11, 44)
    assert (_u64(phases, 12), _u64(phases, 32)) == (88, 122)
    assert (_u64(phases, 80), _u64(phases, 84)) == (22, 55)
    phases = await client.read(752, 40)
    assert (_u64(phases, 0), _u64(phases, 4)) == (33, 66)
    assert (_u64(phases, 12), _u64(phases, 32)) == (101, 144)


async def test_it_says_who_it_is(connect: Connect) -> None:
    """The identification block has ids, texts, interval and time."""
    client = await connect(Ksem(serial="76555758"))
    data = await client.read(8192, 58)
    assert struct.unpack_from(">H", data, 2) == (18530,)
    assert data[8:40].rstrip(b"\0") == b"KOSTAL"
    assert data[40:72].rstrip(b"\0") == b"KOSTAL Smart Energy Meter"
    assert data[72:104].rstrip(b"\0") == b"76555758"
    assert struct.unpack_from(">H", data, 104) == (500,)
    assert abs(_u64(data, 53) / 1000 - time.time()) < 60
    assert struct.unpack_from(">H", data, 114) == (7,)
    with pytest.raises(ValueError, match="8 ASCII"):
        Ksem(serial="123")


async def test_it_shows_the_house(connect: Connect) -> None:
    """Wired to a house the registers follow each of its seconds."""
    house = House("clear", 40_000)
    client = await connect(Ksem(house))
    for _ in range(3):
        house.step()
        truths = house.truths
        data = await client.read(0, 28)
        assert _u32(data, 2) == round(truths["power_export"] * 10) > 0
        assert _u32(data, 26) == round(truths["frequency"] * 1000)
        energy = await client.read(516, 4)
        assert _u64(energy, 0) == round(truths["energy_export"] * 10)
        current = await client.read(140, 4)
        assert _u32(current, 0) == round(truths["current_l3"] * 1000)


@pytest.mark.parametrize("unit", [0, 1, 71, 240, 255])
async def test_any_unit_id_is_answered(connect: Connect, unit: int) -> None:
    """The same registers answer whatever the unit id."""
    client = await connect(Ksem())
    assert await client.read(8193, 1, unit=unit) == bytes.fromhex("4862")


@pytest.mark.parametrize(
    ("address", "count"),
    [(146, 3), (148, 1), (511, 2), (790, 3), (8250, 1), (40_000, 2), (41_160, 2)],
)
async def test_absent_registers_are_refused(
    connect: Connect, address: int, count: int
) -> None:
    """A read that leaves the blocks gets exception 2; gaps inside read as 0."""
    client = await connect(Ksem())
    answer = await client.ask(struct.pack(">BHH", 3, address, count))
    assert answer == bytes.fromhex("8302")
    assert await client.read(552, 40) == bytes(80)


async def test_writes_are_refused(connect: Connect) -> None:
    """A meter takes no writes."""
    client = await connect(Ksem())
    assert await client.ask(bytes.fromhex("10 0000 0001 02 0001")) == b"\x90\x02"
