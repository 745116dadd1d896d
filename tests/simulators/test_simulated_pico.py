"""The fake Pico takes what is documented, and nothing else."""

import pytest
from raw_modbus import Connect

from simulators.car import Car
from simulators.house import House
from simulators.pico import Pico


async def test_serial_answers_as_in_the_makers_telegram(connect: Connect) -> None:
    """The maker's example telegram reads 6303 from wire address 0x1FFF."""
    client = await connect(Pico(Car()))
    assert await client.ask(bytes.fromhex("03 1FFF 0002")) == bytes.fromhex(
        "03 04 0000189F"
    )


@pytest.mark.parametrize("pdu", ["03 206D 0002", "03 1FFF 0003", "03 2004 0002"])
async def test_nothing_else_can_be_read(connect: Connect, pdu: str) -> None:
    """No other register is documented, so none answers, also after other faults."""
    pico = Pico(Car())
    client = await connect(pico)
    assert await client.ask(bytes.fromhex(pdu)) == b"\x83\x02"
    pico.clear_faults()
    assert await client.ask(bytes.fromhex(pdu)) == b"\x83\x02"


async def test_sixteen_amperes_charge_the_car(connect: Connect) -> None:
    """The documented write lets the car draw 16 A; its bytes are kept."""
    house = House("clear")
    pico = Pico(house.cars[0])
    client = await connect(pico)
    write = bytes.fromhex("10 20 6D 00 02 04 00 00 3E 80")
    assert await client.ask(write) == bytes.fromhex("10 206D 0002")
    assert pico.write_pdus == [write]
    assert pico.requests[-1].values == (0, 16_000)
    assert pico.dynamic_ma == 16_000
    for _ in range(20):
        house.step()
    assert house.car_w == 3 * 230 * 16


async def test_below_the_minimum_it_stops(connect: Connect) -> None:
    """A current below the station's minimum ends charging at once."""
    house = House("clear")
    pico = Pico(house.cars[0], minimum_ma=8000)
    client = await connect(pico)
    for wanted, drawn in ((8000, 8), (7999, 0), (10_000, 10), (0, 0)):
        await client.ask(bytes.fromhex("10 206D 0002 04") + wanted.to_bytes(4))
        for _ in range(20):
            house.step()
        assert house.cars[0].current_a == drawn
    assert house.starts == 2


@pytest.mark.parametrize(
    ("pdu", "answer"),
    [
        ("10 206D 0001 02 0001", "90 03"),
        ("10 206D 0003 06 000000000000", "90 03"),
        ("10 206C 0002 04 00003E80", "90 02"),
        ("10 206B 0002 04 00003E80", "90 02"),
        ("10 2070 0006 0C 000000000000000000000000", "90 02"),
        ("10 1FFF 0002 04 00000001", "90 02"),
        ("06 206D 3E80", "86 01"),
    ],
)
async def test_other_writes_are_refused(
    connect: Connect, pdu: str, answer: str
) -> None:
    """Only one uint32 at the dynamic current is taken; the rest changes nothing."""
    pico = Pico(Car())
    client = await connect(pico)
    assert await client.ask(bytes.fromhex(pdu)) == bytes.fromhex(answer)
    assert pico.dynamic_ma is None
    assert not pico.car.enabled
    assert pico.write_pdus == [bytes.fromhex(pdu)]


async def test_the_smallest_gap_is_seen(connect: Connect) -> None:
    """The device tells how close together its requests came."""
    pico = Pico(Car())
    client = await connect(pico)
    assert pico.min_gap_s is None
    await client.read(0x1FFF, 2)
    await client.read(0x1FFF, 2)
    first, second = pico.requests
    assert pico.min_gap_s == second.monotonic - first.monotonic
