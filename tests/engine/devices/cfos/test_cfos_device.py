"""The Power Brain's tables against a dump written by hand, and a simulated wallbox."""

import asyncio
from collections.abc import Iterable
import json

import pytest
from syrupy.assertion import SnapshotAssertion

from custom_components.meters_and_chargers.engine.devices import FAMILIES
from custom_components.meters_and_chargers.engine.devices.cfos import registers
from custom_components.meters_and_chargers.engine.devices.cfos.power_brain import (
    PowerBrain,
)
from custom_components.meters_and_chargers.engine.model import (
    CardReader,
    Identity,
    Phase,
    Point,
    Quantity,
    Readings,
    TellingCharger,
    Unreachable,
    WrongDevice,
)
from custom_components.meters_and_chargers.engine.protocols.modbus import (
    ModbusDevice,
    ModbusLink,
)
from simulators import power_brain as simulated
from simulators.car import Car
from simulators.ksem import Ksem
from simulators.modbus_device import ModbusDevice as FakeDevice
from tests.links import connected

SERIAL = "PB-4711-0042"


class Numbers(FakeDevice):
    """Answers every question with the same number."""

    def __init__(self, number: int) -> None:
        """Hold the number everywhere."""
        super().__init__([(0, 9000)])
        self.registers = dict.fromkeys(range(9000), number)


class Dump(FakeDevice):
    """The words of a charging Power Brain, worked out by hand from its tables.

    11,038 Wh, 3,795 W, 16.5 A on L1 and nothing on the others; status C, limit 16 A,
    enabled; 300 s and 6 A without contact; phases are switched; the answer to 8113 is
    what an owner saw.
    """

    WORDS = (
        (8000, "0000 CF05 0001 0100"),
        (8008, "3132 3334 3500 0000 0000 0000 0000 0000"),
        (8057, "0001"),
        (8058, "0000 0000 0000 2B1E 0000 0ED3 0000 00A5 0000 0000 0000 0000"),
        (8083, "0000 012C 003C"),
        (8092, "0002 00A0 0001"),
        (8112, "0001 0100"),
    )

    def __init__(self) -> None:
        """Serve these words and nothing else."""
        words = {
            start + index: int(word, 16)
            for start, row in self.WORDS
            for index, word in enumerate(row.split())
        }
        blocks = [(start, len(row.split())) for start, row in self.WORDS]
        blocks[2:4] = [(8057, 13)]  # one that touches another is one block
        super().__init__(blocks)
        self.registers = words


def opened(link: ModbusLink) -> PowerBrain:
    """Return the wallbox behind a link."""
    device = FAMILIES["cfos"].open(link, {"maximum_current": 16})
    assert isinstance(device, PowerBrain)
    assert isinstance(device, TellingCharger)
    return device


async def read_all(device: ModbusDevice) -> Readings:
    """Read all groups."""
    return {
        point: value
        for group in device.groups
        for point, value in (await device.read(group)).items()
    }


def asked(device: FakeDevice) -> set[int]:
    """Return every address that was read."""
    return {
        request.address + offset
        for request in device.requests
        for offset in range(request.count)
    }


def test_points_and_addresses(snapshot: SnapshotAssertion) -> None:
    """Every value with its address, type and scale: a change must be meant."""
    tables = (
        registers.CONTROL,
        registers.METER,
        registers.METER_TOTAL,
        registers.S0_METER,
        registers.FAILSAFE,
    )
    assert [
        f"{row.point.key} {row.address} {row.encoding.name} x{row.scale} {table.mark}"
        for table in tables
        for row in table.rows
    ] == snapshot


async def test_words_of_the_dump_are_read_right(socket_enabled: None) -> None:
    """Each value of a dump that our tables did not make comes out in its unit."""
    box = Dump()
    await box.start()
    try:
        async with connected(box) as link:
            device = opened(link)
            identity = await device.identify()
            readings = await read_all(device)
    finally:
        await box.stop()
    assert identity == Identity(
        family="cfos", serial="12345", maker="cFos", model="Power Brain"
    )
    assert readings == {
        Point(Quantity.PILOT_STATUS): 2,
        Point(Quantity.CHARGING_LIMIT): 16.0,
        Point(Quantity.CHARGING_ENABLED): 1,
        Point(Quantity.ENERGY_IMPORT): 11_038,
        Point(Quantity.POWER): 3_795,
        Point(Quantity.CURRENT, Phase.L1): 16.5,
        Point(Quantity.CURRENT, Phase.L2): 0,
        Point(Quantity.CURRENT, Phase.L3): 0,
        Point(Quantity.FAILSAFE_DURATION): 300,
        Point(Quantity.FAILSAFE_CURRENT): 6,
    }
    assert device.limit_ma == 16_000
    assert device.switches_phases
    assert device.plugged is True
    assert not device.faulted


async def test_a_poll_takes_two_requests(power_brain: simulated.PowerBrain) -> None:
    """Three requests say who it is, three what it has, two are a poll."""
    async with connected(power_brain) as link:
        device = opened(link)
        await device.identify()
        assert power_brain.request_count == 3 + 3
        await device.read(device.groups[0])
        assert power_brain.request_count == 6 + 2
        await device.identify()
        assert power_brain.request_count == 8 + 3


async def test_idle_power_is_signed(power_brain: simulated.PowerBrain) -> None:
    """The maker's own example has -1 W: it is not four thousand million."""
    async with connected(power_brain) as link:
        device = opened(link)
        readings = await device.read(device.groups[0])
    assert readings[Point(Quantity.POWER)] == -1


@pytest.mark.parametrize(
    ("meter", "knows_phases", "wanted"),
    [
        (True, True, {Quantity.POWER, Quantity.ENERGY_IMPORT, Quantity.CURRENT}),
        (True, False, {Quantity.POWER, Quantity.ENERGY_IMPORT}),
        (False, False, set()),
    ],
)
async def test_only_what_its_meter_knows_is_asked(
    socket_enabled: None, *, meter: bool, knows_phases: bool, wanted: set[Quantity]
) -> None:
    """Without a meter, or without its phases, these values do not exist."""
    box = simulated.PowerBrain(Car(), meter=meter, knows_phases=knows_phases)
    await box.start()
    try:
        async with connected(box) as link:
            device = opened(link)
            await device.identify()
            readings = await read_all(device)
    finally:
        await box.stop()
    measured = {Quantity.POWER, Quantity.ENERGY_IMPORT, Quantity.CURRENT}
    assert {point.quantity for point in readings} & measured == wanted
    assert None not in readings.values()


async def test_old_box_without_the_newer_words(
    power_brain: simulated.PowerBrain,
) -> None:
    """A box that refuses to say what it has is steered without a meter and phases."""
    power_brain.refuse(8112, 2)
    async with connected(power_brain) as link:
        device = opened(link)
        await device.identify()
        readings = await device.read(device.groups[0])
        assert not device.switches_phases
    assert readings[Point(Quantity.CHARGING_LIMIT)] == 16
    assert Point(Quantity.POWER) not in readings


async def test_energy_of_a_box_that_starts_is_missing(
    power_brain: simulated.PowerBrain,
) -> None:
    """It says 0 for a while, which would count all its energy once more."""
    power_brain.starting = True
    async with connected(power_brain) as link:
        device = opened(link)
        fast = device.groups[0]
        readings = await device.read(fast)
        assert Point(Quantity.ENERGY_IMPORT) not in readings
        assert readings[Point(Quantity.POWER)] == -1
        power_brain.starting = False
        readings = await device.read(fast)
    assert readings[Point(Quantity.ENERGY_IMPORT)] == 1_234_567


@pytest.mark.parametrize(
    ("pilot", "plugged", "faulted"),
    [
        (0, False, False),
        (1, True, False),
        (2, True, False),
        (3, True, False),
        (4, None, True),
        (5, None, True),
        (9, None, False),
    ],
)
async def test_status_tells_of_the_car(
    power_brain: simulated.PowerBrain,
    *,
    pilot: int,
    plugged: bool | None,
    faulted: bool,
) -> None:
    """A is no car, B to D a car, E and F a fault; of others nothing is concluded."""
    power_brain.pilot = pilot
    async with connected(power_brain) as link:
        device = opened(link)
        assert device.plugged is None
        await device.read(device.groups[0])
        assert device.plugged is plugged
        assert device.faulted is faulted


async def test_only_the_end_of_a_card_is_told(
    power_brain: simulated.PowerBrain,
) -> None:
    """A new card is told by its last two characters; the one from before is not new."""
    power_brain.present_card("04A2B3C4D5E680")
    async with connected(power_brain) as link:
        device = opened(link)
        assert isinstance(device, CardReader)
        told = [await device.read_card(), await device.read_card()]
        for card in ("04FFEEDDCCBB7F", "7F1", ""):
            power_brain.present_card(card)
            told.append(await device.read_card())
        power_brain.refuse(8096, 15)
        told.append(await device.read_card())
    assert told == [None, None, "7F", "", None, None]


async def test_no_dump_holds_a_card(power_brain: simulated.PowerBrain) -> None:
    """Polls do not read cards; who reads them meanwhile puts none into a dump."""
    power_brain.present_card("04A2B3C4D5E680")
    async with connected(power_brain) as link:
        device = opened(link)
        await device.identify()
        await read_all(device)
        assert asked(power_brain).isdisjoint(range(8096, 8111))
        dump, *_ = await asyncio.gather(device.dump(), device.read_card())
    assert not asked(power_brain).isdisjoint(range(8096, 8111))
    assert dump["error"] is None
    addresses = {answer["start"] for answer in dump["answers"]}
    assert 8096 not in addresses
    card = "".join(f"{byte:02X}" for byte in b"04A2")
    assert card not in json.dumps(dump).replace(" ", "")


async def test_dump_has_another_serial(power_brain: simulated.PowerBrain) -> None:
    """What is given away can be replayed, and does not name the owner's wallbox."""
    async with connected(power_brain) as link:
        dump = await opened(link).dump()
    assert dump["serial"] == "AA-1111-1111"
    assert dump["error"] is None
    words = " ".join(answer.get("words", "") for answer in dump["answers"])
    assert f"{int.from_bytes(b'47'):04X}" not in words
    assert all("left_out" not in answer.values() for answer in dump["answers"])


# Who it is


async def test_identity_is_the_serial(power_brain: simulated.PowerBrain) -> None:
    """The maker's number at 8000 is asked first; the serial number is a text."""
    async with connected(power_brain) as link:
        identity = await opened(link).identify()
    assert identity.key == f"cfos_{SERIAL}"
    assert power_brain.requests[0].pdu == bytes.fromhex("03 1F40 0002")


def strangers() -> Iterable[FakeDevice]:
    """Return devices that are no Power Brain."""
    nameless = simulated.PowerBrain(Car(), serial="")
    odd = simulated.PowerBrain(Car(), serial="AB\x01")
    return (Numbers(0), Numbers(7), Numbers(0xCF05), Ksem(), nameless, odd)


@pytest.mark.parametrize("device", strangers())
async def test_stranger_is_not_taken_for_ours(
    socket_enabled: None, device: FakeDevice
) -> None:
    """Any number at 8000, another maker's device, and a box without a name."""
    await device.start()
    try:
        async with connected(device) as link:
            with pytest.raises(WrongDevice):
                await opened(link).identify()
    finally:
        await device.stop()


async def test_s0_meter_is_no_wallbox(socket_enabled: None) -> None:
    """An S0 meter has the box's serial, but no status: nothing would charge there."""
    meter = simulated.S0Meter()
    await meter.start()
    try:
        async with connected(meter) as link:
            with pytest.raises(WrongDevice, match="cFos meter"):
                await opened(link).identify()
    finally:
        await meter.stop()


async def test_another_wallbox_behind_the_address_is_noticed(
    power_brain: simulated.PowerBrain,
) -> None:
    """After a lost connection another box neither feeds us nor gets a current."""
    async with connected(power_brain) as link:
        device = opened(link)
        await device.identify()
        other = simulated.PowerBrain(Car(), serial="PB-9", port=power_brain.port)
        await power_brain.stop()
        await other.start()
        try:
            with pytest.raises((WrongDevice, Unreachable)):
                await device.set_limit(10_000)
            with pytest.raises(WrongDevice, match="PB-9"):
                await device.set_limit(10_000)
            with pytest.raises(WrongDevice, match="PB-9"):
                await device.read(device.groups[0])
            assert not other.write_pdus
        finally:
            await other.stop()


# The meters at its S0 inputs


@pytest.mark.parametrize("unit", [2, 3])
async def test_s0_meter_is_read(socket_enabled: None, unit: int) -> None:
    """Its energy and power; box and input together are its identity."""
    meter = simulated.S0Meter(unit=unit)
    await meter.start()
    try:
        async with connected(meter) as link:
            device = FAMILIES["cfos_meter"].open(link, {})
            assert (await device.identify()).key == f"cfos_meter_{SERIAL}-{unit}"
            readings = await device.read(device.groups[0])
            assert isinstance(device, ModbusDevice)
            dump = await device.dump()
    finally:
        await meter.stop()
    assert readings == {
        Point(Quantity.ENERGY_IMPORT): 77_000,
        Point(Quantity.POWER_IMPORT): 1_500,
    }
    serial = "".join(f"{byte:02X}" for byte in SERIAL.encode())
    assert serial not in json.dumps(dump).replace(" ", "")


def test_ports_and_units_are_the_makers() -> None:
    """The wallbox is unit 1 on port 4701, its first S0 meter unit 2 on port 4702."""
    ways = [FAMILIES[key].transport for key in ("cfos", "cfos_meter")]
    assert [(way.port, way.unit_id) for way in ways] == [(4701, 1), (4702, 2)]
