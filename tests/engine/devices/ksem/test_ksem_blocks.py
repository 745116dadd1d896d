"""What only some KSEMs have: energy flow, a wallbox, words nobody knows yet."""

from collections.abc import AsyncIterator

import pytest
from syrupy.assertion import SnapshotAssertion

from custom_components.meters_and_chargers.engine.devices.ksem import (
    FAMILY,
    registers,
)
from custom_components.meters_and_chargers.engine.model import (
    Mark,
    Phase,
    Point,
    Quantity,
    Readings,
    WrongDevice,
)
from custom_components.meters_and_chargers.engine.protocols.modbus import (
    ModbusDevice,
    ModbusLink,
)
from custom_components.meters_and_chargers.engine.protocols.modbus.link import (
    DEFAULT_TIMEOUT_S,
)
from simulators.ksem import Ksem
from simulators.modbus_device import ModbusDevice as Simulated
from tests.links import connected

OPTIONAL = {40972: 41, 49206: 4}


def opened(link: ModbusLink) -> ModbusDevice:
    """Return the meter behind a link."""
    device = FAMILY.open(link, {})
    assert isinstance(device, ModbusDevice)
    return device


def asked(meter: Simulated) -> list[int]:
    """Return where the optional blocks were asked for."""
    return [one.address for one in meter.requests if one.address > 40_000]


async def read(meter: Simulated, key: str) -> Readings:
    """Identify a meter and read one of its groups."""
    async with connected(meter) as link:
        device = opened(link)
        await device.identify()
        (group,) = (group for group in device.groups if group.key == key)
        return await device.read(group)


@pytest.fixture
async def full(socket_enabled: None) -> AsyncIterator[Ksem]:
    """Return a meter that manages energy and has a wallbox; it listens."""
    meter = Ksem(energy_flow=True, wallbox=True)
    await meter.start()
    yield meter
    await meter.stop()


def test_points_and_addresses_of_optional_blocks(snapshot: SnapshotAssertion) -> None:
    """Every value with its address, type and scale, all of them of a single source."""
    tables = (registers.ENERGY_FLOW, registers.WALLBOX)
    assert [table.mark for table in tables] == [Mark.SINGLE_SOURCE] * 2
    assert [
        f"{row.point.key} {row.address} {row.encoding.name} x{row.scale}"
        for table in tables
        for row in table.rows
    ] == snapshot


async def test_absent_blocks_are_asked_for_once(ksem: Ksem) -> None:
    """Exception 2 is remembered: no group, and no request any more."""
    async with connected(ksem) as link:
        device = opened(link)
        for _ in range(3):
            await device.identify()
            for group in device.groups:
                await device.read(group)
        assert [group.key for group in device.groups] == ["fast", "slow"]
    assert asked(ksem) == list(OPTIONAL)


async def test_energy_flow_is_read_with_its_gaps(full: Ksem) -> None:
    """Values behind unused words are not shifted; signs are those of the device."""
    readings = await read(full, "flow")
    assert {point.key: value for point, value in readings.items()} == {
        "grid_power": -120,
        "inverter_power": 4200,
        "solar_power": 4350,
        "house_power": 640,
        "battery_power": -587,
        "battery_charge": 55,
        "house_power_from_solar": 600,
        "house_power_from_battery": 30,
        "house_power_from_grid": 10,
        "wallbox_charge_mode": 4,
        "wallbox_power": 3440,
        "wallbox_power_from_solar": 3000,
        "wallbox_power_from_battery": 400,
        "wallbox_power_from_grid": 40,
        "inverter_control": 5000,
        "curtailment": 1,
    }


async def test_wallbox_is_read_in_units_of_its_quantities(full: Ksem) -> None:
    """mW, mWh and mA become W, Wh and A; each value is a request of its own."""
    before = len(asked(full))
    readings = await read(full, "wallbox")
    assert readings == {
        Point(Quantity.WALLBOX_STATUS): 5,
        Point(Quantity.WALLBOX_CURRENT, Phase.L1): 16,
        Point(Quantity.CHARGING_POWER): 3680,
        Point(Quantity.CHARGED_ENERGY): 12_345.678,
        Point(Quantity.CHARGING_DURATION): 5400,
    }
    assert asked(full)[before:] == [*OPTIONAL, 49206, 49218, 49246, 49254, 49258]


async def test_optional_values_are_off_by_default(full: Ksem) -> None:
    """A single source's values are shown only when the user wants them."""
    async with connected(full) as link:
        device = opened(link)
        await device.identify()
        optional = {
            point
            for group in device.groups
            if group.key in {"flow", "wallbox"}
            for point in group.points
        }
    assert len(optional) == 21
    assert optional == device.off_by_default


async def test_silence_at_an_optional_block_leaves_the_meter_alone(ksem: Ksem) -> None:
    """A meter that fails to answer for what it has not is a meter all the same."""
    async with connected(ksem) as link:
        device = opened(link)

        def fall_silent(answer: object) -> None:
            del answer
            link.set_timeout(0.2)
            ksem.silent = True

        with link.observed(fall_silent):
            await device.identify()
        ksem.silent = False
        link.set_timeout(DEFAULT_TIMEOUT_S)
        assert [group.key for group in device.groups] == ["fast", "slow"]
        assert (await device.read(device.groups[0]))[Point(Quantity.POWER)] == 500


async def test_writeable_words_are_dumped_and_nothing_else(full: Ksem) -> None:
    """41160 to 41189 stand raw in a dump; no reading is made of them."""
    async with connected(full) as link:
        device = opened(link)
        dump = await device.dump()
        points = {point for group in device.groups for point in group.points}
    (found,) = (one for one in dump["answers"] if one["part"] == "only_dumped")
    assert (found["start"], found["count"]) == (41160, 30)
    words = found["words"].split()
    assert [words[8], words[10], words[12]] == ["0004", "0032", "0014"]
    assert dump["error"] is None
    assert not {row for row in points if "quota" in row.key}
    assert "72345678" not in str(dump)


async def test_dump_of_a_meter_without_the_words_says_so(ksem: Ksem) -> None:
    """A refused block is part of the dump, not its end."""
    async with connected(ksem) as link:
        dump = await opened(link).dump()
    (found,) = (one for one in dump["answers"] if one["part"] == "only_dumped")
    assert found["error"] == "unsupported"
    assert dump["error"] is None


@pytest.mark.parametrize("product_id", [18498, 18514, 18530, 4711])
async def test_texts_decide_and_no_product_id(ksem: Ksem, product_id: int) -> None:
    """Known and unknown product ids are accepted when the texts say KSEM."""
    ksem.registers[8193] = product_id
    async with connected(ksem) as link:
        assert (await opened(link).identify()).serial == "72345678"


async def test_known_product_id_without_the_texts_is_refused(ksem: Ksem) -> None:
    """An id alone makes no KSEM."""
    for address in range(8196, 8228):
        ksem.registers[address] = 0
    async with connected(ksem) as link:
        with pytest.raises(WrongDevice):
            await opened(link).identify()
