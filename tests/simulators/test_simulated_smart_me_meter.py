"""The fake Telstar speaks as the published register list says."""

import asyncio
import struct
import time

import pytest
from raw_modbus import Connect

from simulators.car import Car
from simulators.house import House
from simulators.smart_me_meter import SmartMeMeter


async def test_serial_answers_as_in_the_makers_telegram(connect: Connect) -> None:
    """The maker's example telegram reads 6303 from wire address 0x1FFF."""
    client = await connect(SmartMeMeter(serial=6303))
    assert await client.ask(bytes.fromhex("03 1FFF 0002")) == bytes.fromhex(
        "03 04 0000189F"
    )
    (clock,) = struct.unpack(">I", await client.read(0x2001, 2))
    assert abs(clock - time.time()) < 60


async def test_numbers_are_milli_units_high_word_first(connect: Connect) -> None:
    """Power has a sign and counts mW; voltage mV, current mA, energy Wh."""
    meter = SmartMeMeter()
    meter.set_power(1234.567, -2300, 0)
    meter.set_counter("energy_export", (12_345_678, 0, 0, 0))
    client = await connect(meter)
    power = await client.read(0x2003, 8)
    assert power == struct.pack(">4i", -1_065_433, 1_234_567, -2_300_000, 0)
    measured = await client.read(0x2013, 12)
    assert measured == struct.pack(">6I", 230_000, 230_000, 230_000, 5368, 10_000, 0)
    assert await client.read(0x201F, 4) == bytes.fromhex("03E8 03E8 03E8 0001")
    assert await client.read(0x204D, 2) == bytes.fromhex("00BC 614E")


async def test_module_counts_in_larger_units(connect: Connect) -> None:
    """The module for Kamstrup meters: W, 0.01 A, and no power of a phase."""
    meter = SmartMeMeter(module=True)
    meter.set_power(2300, 0, 0)
    client = await connect(meter)
    assert await client.read(0x2003, 8) == struct.pack(">4i", 2300, 0, 0, 0)
    assert await client.read(0x2019, 6) == struct.pack(">3i", 1000, 0, 0)


async def test_it_measures_its_car(connect: Connect) -> None:
    """Power and energy are those of the car behind it."""
    house = House("clear", cars=(Car(enabled=True, limit_a=10),))
    client = await connect(SmartMeMeter(house.cars[0]))
    (before,) = struct.unpack(">I", await client.read(0x204B, 2))
    for _ in range(3600):
        house.step()
    (power,) = struct.unpack(">i", await client.read(0x2003, 2))
    assert power == round(house.cars[0].power_w * 1000) == 6_900_000
    (after,) = struct.unpack(">I", await client.read(0x204B, 2))
    assert after - before == pytest.approx(house.cars[0].energy_wh, abs=1)


async def test_hasty_request_is_dropped(connect: Connect) -> None:
    """A request within the pause gets no answer; a later one does."""
    meter = SmartMeMeter()
    client = await connect(meter)
    await client.read(0x1FFF, 2)
    meter.pause_s = 60
    client.send(bytes.fromhex("03 1FFF 0002"))
    with pytest.raises(TimeoutError):
        async with asyncio.timeout(0.2):
            await client.receive()
    meter.pause_s = 0
    assert await client.read(0x1FFF, 2) == struct.pack(">I", meter.serial)


async def test_module_drops_what_comes_within_two_seconds(connect: Connect) -> None:
    """As seen on a module for Kamstrup meters: 0.3 s is too soon, 2.5 s is not."""
    module = SmartMeMeter(module=True)
    module.pause_s = 2
    client = await connect(module)
    await client.read(0x1FFF, 2)
    client.send(bytes.fromhex("03 1FFF 0002"))
    with pytest.raises(TimeoutError):
        async with asyncio.timeout(0.3):
            await client.receive()
    while module.request_count < 2:  # noqa: ASYNC110 - a count, without an event
        await asyncio.sleep(0.01)
    # The dropped one counts too: the pause begins anew with each request.
    await asyncio.sleep(2.2)
    assert await client.read(0x1FFF, 2) == struct.pack(">I", module.serial)
    assert module.request_count == 3


async def test_long_block_is_refused(connect: Connect) -> None:
    """A read of more registers than it sends at once gets exception 3."""
    meter = SmartMeMeter()
    meter.longest = 12
    client = await connect(meter)
    assert len(await client.read(0x204B, 12)) == 24
    assert await client.ask(bytes.fromhex("03 204B 000D")) == b"\x83\x03"


async def test_nothing_can_be_written(connect: Connect) -> None:
    """A meter takes no writes, and has nothing outside its block."""
    client = await connect(SmartMeMeter())
    assert await client.ask(bytes.fromhex("10 206D 0002 04 00003E80")) == b"\x90\x02"
    assert await client.ask(bytes.fromhex("03 205F 0002")) == b"\x83\x02"
