"""The fake Power Brain does what the maker's page and its readers say, byte by byte."""

import pytest
from raw_modbus import Connect

from simulators.car import Car
from simulators.house import House
from simulators.power_brain import PowerBrain, S0Meter


def live(house: House, seconds: int = 20) -> None:
    """Let time pass."""
    for _ in range(seconds):
        house.step()


async def test_it_says_who_it_is(connect: Connect) -> None:
    """The maker's number, product and device, the serial and the name as texts."""
    client = await connect(PowerBrain(Car(), serial="PB-1"))
    assert await client.read(8000, 4) == bytes.fromhex("0000CF05 0001 0100")
    assert await client.read(8008, 8) == b"PB-1".ljust(16, b"\0")
    assert await client.read(8016, 16) == b"cFos Power Brain".ljust(32, b"\0")
    assert await client.read(8040, 1) == bytes.fromhex("0001")


async def test_it_charges_as_it_is_told(connect: Connect) -> None:
    """Status, limit, enable and meter follow; the energy counts what the car took."""
    house = House("clear")
    box = PowerBrain(house.cars[0])
    client = await connect(box)
    assert await client.read(8092, 3) == bytes.fromhex("0001 00A0 0001")
    assert await client.read(8062, 2) == bytes.fromhex("FFFFFFFF")
    assert await client.ask(bytes.fromhex("10 1F9D 0001 02 0064")) == bytes.fromhex(
        "10 1F9D 0001"
    )
    live(house)
    assert await client.read(8092, 3) == bytes.fromhex("0002 0064 0001")
    assert await client.read(8062, 2) == (3 * 230 * 10).to_bytes(4)
    assert await client.read(8064, 6) == 3 * (100).to_bytes(4)
    energy = 1_234_567 + round(house.cars[0].energy_wh)
    assert await client.read(8058, 4) == energy.to_bytes(8)
    await client.ask(bytes.fromhex("10 1F9E 0001 02 0000"))
    live(house)
    assert house.car_w == 0
    house.cars[0].connected = False
    assert await client.read(8092, 3) == bytes.fromhex("0000 0064 0000")


async def test_it_may_wait_to_be_told(connect: Connect) -> None:
    """Set so by its owner, it does not charge before; its fail-safe ends it again."""
    house = House("clear")
    box = PowerBrain(house.cars[0], enabled=False)
    client = await connect(box)
    live(house)
    assert (box.enabled, house.car_w) == (False, 0)
    await client.ask(bytes.fromhex("10 1F9E 0001 02 0001"))
    live(house)
    assert house.car_w > 0
    box.restart()
    assert not box.enabled


async def test_model_keeps_to_its_own_maximum(connect: Connect) -> None:
    """32 A are taken, and become the 16 A of a model for 11 kW."""
    box = PowerBrain(Car())
    client = await connect(box)
    await client.ask(bytes.fromhex("10 1F9D 0001 02 0140"))
    assert await client.read(8093, 1) == bytes.fromhex("00A0")


async def test_phases_are_switched_by_the_solar_model_alone(connect: Connect) -> None:
    """Bit 8 of 8113 says whether; 1 selects a single phase, 0 all three."""
    one_phase = bytes.fromhex("10 1F97 0001 02 0001")
    plain, solar = PowerBrain(Car()), PowerBrain(Car(), solar=True)
    client = await connect(plain)
    assert await client.read(8113, 1) == bytes.fromhex("0000")
    assert await client.ask(one_phase) == bytes.fromhex("90 03")
    client = await connect(solar)
    assert await client.read(8113, 1) == bytes.fromhex("0100")
    await client.ask(one_phase)
    assert solar.car.phases == 1
    await client.ask(bytes.fromhex("10 1F97 0001 02 0000"))
    assert solar.car.phases == 3


@pytest.mark.parametrize(
    ("pdu", "answer"),
    [
        ("10 1F9D 0001 02 003B", "90 03"),  # 5.9 A
        ("10 1F9D 0001 02 0277", "90 03"),  # 63.1 A
        ("10 1F9E 0001 02 0002", "90 03"),
        ("10 1F9C 0001 02 0002", "90 02"),  # the status
        ("10 1F40 0001 02 0000", "90 02"),  # who it is
    ],
)
async def test_other_writes_are_refused(
    connect: Connect, pdu: str, answer: str
) -> None:
    """What it can't offer, and what can only be read, changes nothing."""
    box = PowerBrain(Car())
    before = dict(box.registers)
    client = await connect(box)
    assert await client.ask(bytes.fromhex(pdu)) == bytes.fromhex(answer)
    assert box.registers == before


async def test_flash_is_counted(connect: Connect) -> None:
    """Its defaults and its fail-safe can be written, and wear the flash."""
    box = PowerBrain(Car())
    client = await connect(box)
    await client.ask(bytes.fromhex("10 1F9D 0001 02 0064"))
    assert box.flash_writes == 0
    await client.ask(bytes.fromhex("10 1F91 0001 02 0064"))
    await client.ask(bytes.fromhex("10 1F93 0002 04 0000003C"))
    assert box.flash_writes == 3
    assert await client.read(8083, 3) == bytes.fromhex("0000003C 003C")


async def test_left_alone_it_falls_back(connect: Connect) -> None:
    """Limit and enable return to the defaults once nobody has asked for its time."""
    box = PowerBrain(Car())
    client = await connect(box)
    await client.ask(bytes.fromhex("10 1F9D 0002 04 0064 0000"))
    box.look()
    assert (box.limit_a, box.enabled) == (10, False)
    box.put(8083, 0)
    box.look()
    assert (box.limit_a, box.enabled) == (16, True)


async def test_without_a_meter_there_is_nothing_to_read(connect: Connect) -> None:
    """8112 says so, and the meter's block is refused, also after other faults."""
    box = PowerBrain(Car(), meter=False)
    client = await connect(box)
    assert await client.read(8112, 1) == bytes.fromhex("0000")
    box.clear_faults()
    assert await client.ask(bytes.fromhex("03 1F7A 000C")) == b"\x83\x02"


async def test_a_card_is_shown_in_fifteen_words(connect: Connect) -> None:
    """The number of the last card as text, as evcc reads it, and how many came."""
    box = PowerBrain(Car())
    client = await connect(box)
    assert await client.read(8096, 15) == bytes(30)
    box.present_card("04A2B3C4")
    assert await client.read(8096, 16) == b"04A2B3C4".ljust(30, b"\0") + b"\0\1"


async def test_s0_meter_is_another_unit(connect: Connect) -> None:
    """The same serial, its own unit id, energy and power; no status of a wallbox."""
    client = await connect(S0Meter(unit=3))
    assert await client.read(8040, 1) == bytes.fromhex("0003")
    assert await client.read(8058, 6) == bytes.fromhex("0000000000012CC8 000005DC")
    assert await client.ask(bytes.fromhex("03 1F9C 0001")) == b"\x83\x02"
