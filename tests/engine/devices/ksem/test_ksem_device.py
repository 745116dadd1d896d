"""The KSEM's tables against a simulated meter on a real socket."""

import logging

import pytest
from syrupy.assertion import SnapshotAssertion

from custom_components.meters_and_chargers.engine.devices.ksem import (
    FAMILY,
    registers,
)
from custom_components.meters_and_chargers.engine.model import (
    Phase,
    Point,
    Quantity,
    Readings,
    Silent,
    Unreachable,
    WrongDevice,
)
from custom_components.meters_and_chargers.engine.protocols.modbus import (
    ModbusDevice,
    ModbusLink,
)
from simulators.ksem import Ksem
from simulators.pico import Pico
from tests.links import connected


def opened(link: ModbusLink) -> ModbusDevice:
    """Return the meter behind a link."""
    device = FAMILY.open(link, {})
    assert isinstance(device, ModbusDevice)
    return device


async def read_all(device: ModbusDevice) -> Readings:
    """Read both groups."""
    return {
        point: value
        for group in device.groups
        for point, value in (await device.read(group)).items()
    }


def test_points_and_addresses(snapshot: SnapshotAssertion) -> None:
    """Every value with its address, type and scale: a change must be meant."""
    assert [
        f"{row.point.key} {row.address} {row.encoding.name} x{row.scale}"
        for table in (registers.INSTANTANEOUS, registers.ENERGY)
        for row in table.rows
    ] == snapshot


async def test_full_read_takes_five_requests(ksem: Ksem) -> None:
    """59 values come in 5 requests, counted at the server; net powers are computed."""
    async with connected(ksem) as link:
        device = opened(link)
        await device.identify()
        before = ksem.request_count
        readings = await read_all(device)
        assert ksem.request_count - before == 5
        assert len(readings) == 59 + 4
        assert None not in readings.values()


async def test_values_are_those_of_the_meter(ksem: Ksem) -> None:
    """Powers, signs, factors and counters agree with what the meter was given."""
    ksem.set_power(2300, -1150, 0)
    ksem.set_reactive(0, 0, 460)
    ksem.set_counter("energy_import", (12_345_678.9, 1.5, 2.5, 3.5))
    async with connected(ksem) as link:
        readings = await read_all(opened(link))
    assert readings[Point(Quantity.POWER)] == 1150
    assert readings[Point(Quantity.POWER_IMPORT)] == 1150
    assert readings[Point(Quantity.POWER_EXPORT)] == 0
    assert readings[Point(Quantity.POWER, Phase.L2)] == -1150
    assert readings[Point(Quantity.POWER_EXPORT, Phase.L2)] == 1150
    assert readings[Point(Quantity.CURRENT, Phase.L1)] == 10
    assert readings[Point(Quantity.CURRENT, Phase.L3)] == 2
    assert readings[Point(Quantity.VOLTAGE, Phase.L3)] == 230
    assert readings[Point(Quantity.FREQUENCY)] == 50
    assert readings[Point(Quantity.POWER_FACTOR, Phase.L2)] == -1
    assert readings[Point(Quantity.REACTIVE_POWER_IMPORT, Phase.L3)] == 460
    assert readings[Point(Quantity.ENERGY_IMPORT)] == 12_345_678.9
    assert readings[Point(Quantity.ENERGY_IMPORT, Phase.L3)] == 3.5


def test_worked_example_of_the_register_list() -> None:
    """The encodings worked out by hand from the register lists are read right."""
    examples = {
        Point(Quantity.POWER_IMPORT): (0, [0x0000, 0x3039], 1234.5),
        Point(Quantity.FREQUENCY): (26, [0x0000, 0xC35C], 50.012),
        Point(Quantity.POWER_FACTOR): (24, [0xFFFF, 0xFC25], -0.987),
        Point(Quantity.ENERGY_IMPORT): (512, [0, 0, 0x075B, 0xCD15], 12_345_678.9),
    }
    rows = {
        row.point: row
        for table in (registers.INSTANTANEOUS, registers.ENERGY)
        for row in table.rows
    }
    for point, (address, words, value) in examples.items():
        assert rows[point].address == address
        decoded = rows[point].encoding.decode(words) * rows[point].scale
        assert decoded == pytest.approx(value)


async def test_identity_is_the_serial(ksem: Ksem) -> None:
    """The identification block is the probe and its serial the identity."""
    async with connected(ksem) as link:
        identity = await opened(link).identify()
    assert identity.key == "ksem_72345678"
    assert (identity.maker, identity.model) == ("KOSTAL", "Smart Energy Meter")
    assert [r.address for r in ksem.requests][:1] == [8192]


async def test_another_device_is_told(pico: Pico) -> None:
    """A device without the identification block is no KSEM."""
    async with connected(pico) as link:
        with pytest.raises(WrongDevice):
            await opened(link).identify()


async def test_another_makers_name_is_told(ksem: Ksem) -> None:
    """A block with another vendor's name is refused by that name."""
    words = [int.from_bytes(b"ACME Meter  "[at : at + 2]) for at in range(0, 12, 2)]
    for first in (8196, 8212):
        for offset in range(16):
            ksem.registers[first + offset] = words[offset] if offset < 6 else 0
    async with connected(ksem) as link:
        with pytest.raises(WrongDevice, match="ACME Meter"):
            await opened(link).identify()


async def test_meter_exchanged_behind_the_address_is_noticed(ksem: Ksem) -> None:
    """After a lost connection another meter's values are not taken for ours."""
    async with connected(ksem) as link:
        device = opened(link)
        await device.identify()
        other = Ksem(serial="79999999", port=ksem.port)
        await ksem.stop()
        await other.start()
        try:
            with pytest.raises((WrongDevice, Unreachable)):
                await device.read(device.groups[0])
            with pytest.raises(WrongDevice, match="79999999"):
                await device.read(device.groups[0])
        finally:
            await other.stop()


async def test_refused_block_costs_only_what_is_refused(
    ksem: Ksem, caplog: pytest.LogCaptureFixture, expected_logs: list[str]
) -> None:
    """Exception 2 on a block: its values one by one from then on, one log line."""
    expected_logs.append("refuses to send registers 40 to 145 together")
    ksem.refuse(100, 2)  # current L2
    async with connected(ksem) as link:
        device = opened(link)
        await device.identify()
        fast = device.groups[0]
        for _ in range(3):
            readings = await device.read(fast)
            assert readings[Point(Quantity.CURRENT, Phase.L2)] is None
            assert readings[Point(Quantity.VOLTAGE, Phase.L2)] == 230
            assert len(readings) == 35 + 4
    assert sum("together" in r.getMessage() for r in caplog.records) == 1


async def test_short_answer_costs_its_block_and_one_line(
    ksem: Ksem, caplog: pytest.LogCaptureFixture, expected_logs: list[str]
) -> None:
    """Values of a bad answer are missing, not old; its end is logged once."""
    expected_logs.append("Can't use registers")
    caplog.set_level(logging.INFO)
    async with connected(ksem) as link:
        device = opened(link)
        await device.identify()
        ksem.short_answer = 1
        for _ in range(3):
            assert await device.read(device.groups[0]) == {}
        ksem.clear_faults()
        assert len(await device.read(device.groups[0])) == 35 + 4
    lines = [r.getMessage() for r in caplog.records if "egisters" in r.getMessage()]
    assert sum("Can't use" in line for line in lines) == 2
    assert sum("can be read again" in line for line in lines) == 2


async def test_implausible_value_costs_itself_and_one_line(
    ksem: Ksem, caplog: pytest.LogCaptureFixture, expected_logs: list[str]
) -> None:
    """A value no house can have is missing; the rest of its block is shown."""
    expected_logs.append("implausible")
    ksem.grid.frequency_hz = 4_000_000.0
    async with connected(ksem) as link:
        device = opened(link)
        for _ in range(3):
            readings = await device.read(device.groups[0])
            assert Point(Quantity.FREQUENCY) not in readings
            assert readings[Point(Quantity.POWER)] == 500
    assert sum("implausible" in r.getMessage() for r in caplog.records) == 1


async def test_silent_meter_ends_the_poll_with_the_first_request(ksem: Ksem) -> None:
    """A silent meter is asked once in a poll, not once for each block."""
    async with connected(ksem) as link:
        device = opened(link)
        await device.identify()
        device.set_read_timeout(0.2)
        ksem.silent = True
        before = ksem.request_count
        with pytest.raises(Silent):
            await device.read(device.groups[1])
        assert ksem.request_count - before == 1
