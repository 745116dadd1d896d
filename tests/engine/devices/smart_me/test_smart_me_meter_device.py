"""The Telstar's tables and manners against a simulated meter on a real socket."""

from collections.abc import AsyncIterator, Mapping
import logging

import pytest
from syrupy.assertion import SnapshotAssertion

from custom_components.meters_and_chargers.engine.devices import FAMILIES
from custom_components.meters_and_chargers.engine.devices.smart_me import registers
from custom_components.meters_and_chargers.engine.devices.smart_me.meter import (
    FAMILY,
    Meter,
    learn,
)
from custom_components.meters_and_chargers.engine.model import (
    BadAnswer,
    Charger,
    Outdated,
    Phase,
    Point,
    Quantity,
    Readings,
    Silent,
    Unreachable,
    WrongDevice,
)
from custom_components.meters_and_chargers.engine.protocols.modbus import ModbusLink
from simulators.car import Car
from simulators.ksem import Ksem
from simulators.pico import Pico
from simulators.smart_me_meter import SmartMeMeter
from tests.links import connected

TABLES = (
    registers.POWER,
    registers.REACTIVE,
    registers.FACTORS,
    registers.ENERGY,
    registers.REACTIVE_ENERGY,
)


WHOLE = {"whole_fast": 1, "whole_slow": 1}
SHORT = {"whole_fast": 0, "whole_slow": 0}


@pytest.fixture
async def meter(socket_enabled: None) -> AsyncIterator[SmartMeMeter]:
    """Return a simulated meter: 1000 W import on L1, 500 W export on L3."""
    telstar = SmartMeMeter()
    telstar.set_power(1000, 0, -500)
    await telstar.start()
    yield telstar
    await telstar.stop()


def opened(link: ModbusLink, answers: Mapping[str, int] | None = None) -> Meter:
    """Return the meter behind a link."""
    device = FAMILIES["smart_me_meter"].open(link, answers or {})
    assert isinstance(device, Meter)
    assert not isinstance(device, Charger)
    return device


async def read_all(device: Meter) -> Readings:
    """Read all groups which the meter turns out to have."""
    await device.identify()
    return {
        point: value
        for group in device.groups
        for point, value in (await device.read(group)).items()
    }


def test_points_and_addresses(snapshot: SnapshotAssertion) -> None:
    """Every value with its mark, address, type and scale: a change must be meant."""
    assert [
        f"{table.mark}: {row.point.key} {row.address} {row.encoding.name} x{row.scale}"
        for table in (*TABLES, registers.MODULE_POWER, registers.MODULE_ENERGY)
        for row in table.rows
    ] == snapshot


def test_words_worked_out_by_hand() -> None:
    """Words written by hand at the published register numbers are read right."""
    examples = {
        Point(Quantity.POWER): (0x2004, [0xFFED, 0x2979], -1234.567),
        Point(Quantity.POWER, Phase.L2): (0x2008, [0x0038, 0x2540], 3679.552),
        Point(Quantity.VOLTAGE, Phase.L1): (0x2014, [0x0003, 0x82EB], 230.123),
        Point(Quantity.CURRENT, Phase.L3): (0x201E, [0x0000, 0x3E80], 16.0),
        Point(Quantity.POWER_FACTOR, Phase.L2): (0x2021, [0x03DB], 0.987),
        Point(Quantity.TARIFF): (0x2023, [0x0002], 2),
        Point(Quantity.ENERGY_IMPORT): (0x204C, [0x00BC, 0x614E], 12_345_678),
        Point(Quantity.ENERGY_EXPORT_T2): (0x2056, [0x0000, 0x03E8], 1000),
    }
    rows = {row.point: row for table in TABLES for row in table.rows}
    for point, (number, words, value) in examples.items():
        assert rows[point].address == number - 1
        decoded = rows[point].encoding.decode(words) * rows[point].scale
        assert decoded == pytest.approx(value)


async def test_identity_is_the_serial_of_the_makers_telegram(
    socket_enabled: None,
) -> None:
    """The maker's telegram is the first request; its answer 0000189F is 6303."""
    telstar = SmartMeMeter(serial=6303)
    await telstar.start()
    try:
        async with connected(telstar) as link:
            identity = await opened(link).identify()
    finally:
        await telstar.stop()
    assert identity.key == "smart_me_meter_6303"
    assert (identity.maker, identity.model) == ("smart-me", "Telstar")
    assert telstar.requests[0].pdu == bytes.fromhex("03 1F FF 00 02")


async def test_full_read_takes_two_requests(meter: SmartMeMeter) -> None:
    """28 values come in 2 requests, counted at the server, energies every 60 s."""
    async with connected(meter) as link:
        device = opened(link)
        await device.identify()
        before = meter.request_count
        readings = await read_all(device)
    assert meter.request_count - before == 1 + 2
    assert [(r.address, r.count) for r in list(meter.requests)[-2:]] == [
        (0x2003, 32),
        (0x204B, 20),
    ]
    assert len(readings) == 28
    assert None not in readings.values()
    assert [group.interval_s for group in device.groups] == [None, 60]


async def test_values_are_those_of_the_meter(meter: SmartMeMeter) -> None:
    """Powers, signs, currents, factors and counters are what the meter was given."""
    meter.set_power(2300, -1150, 0)
    meter.set_reactive(0, 0, 460)
    meter.set_counter("energy_import", (12_345_678, 0, 0, 0))
    async with connected(meter) as link:
        readings = await read_all(opened(link))
    assert readings[Point(Quantity.POWER)] == 1150
    assert readings[Point(Quantity.POWER, Phase.L1)] == 2300
    assert readings[Point(Quantity.POWER, Phase.L2)] == -1150
    assert readings[Point(Quantity.CURRENT, Phase.L1)] == 10
    assert readings[Point(Quantity.CURRENT, Phase.L2)] == 5
    assert readings[Point(Quantity.VOLTAGE, Phase.L3)] == 230
    assert readings[Point(Quantity.POWER_FACTOR, Phase.L3)] == 0
    assert readings[Point(Quantity.REACTIVE_POWER, Phase.L3)] == 460
    assert readings[Point(Quantity.TARIFF)] == 1
    assert readings[Point(Quantity.ENERGY_IMPORT)] == 12_345_678
    assert readings[Point(Quantity.ENERGY_IMPORT_T1)] == 12_345_678 - 4_100_200
    assert readings[Point(Quantity.ENERGY_IMPORT_T2)] == 4_100_200
    assert readings[Point(Quantity.REACTIVE_ENERGY_Q4)] == 4000


def test_single_source_is_off_by_default() -> None:
    """What one program alone names is not shown from the start; all else may be."""
    device = Meter(FakeLink())  # type: ignore[arg-type]  # never asked
    assert {point.key for point in device.off_by_default} == {
        "reactive_power",
        *(f"reactive_power_l{number}" for number in (1, 2, 3)),
        *(f"reactive_energy_q{number}" for number in (1, 2, 3, 4)),
    }


class FakeLink:
    """A link that is never used."""


async def test_meter_of_short_blocks_is_read_in_the_known_ones(
    meter: SmartMeMeter, caplog: pytest.LogCaptureFixture
) -> None:
    """Long blocks refused: only lengths that are known to work, asked once; 4 s."""
    caplog.set_level(logging.INFO)
    meter.longest = 12
    async with connected(meter) as link:
        device = opened(link)
        readings = await read_all(device)
        before = meter.request_count
        again = await read_all(device)
    assert {(r.address, r.count) for r in list(meter.requests)[before + 1 :]} == {
        (0x2003, 8),
        (0x2013, 12),
        (0x201F, 4),
        (0x204B, 12),
    }
    assert meter.request_count - before == 1 + 4
    assert again == readings
    assert len(readings) == 28 - len(device.off_by_default)
    assert readings[Point(Quantity.POWER)] == 500
    assert [group.interval_s for group in device.groups] == [4, 60, 60]
    assert sum("short blocks" in r.getMessage() for r in caplog.records) == 1


@pytest.mark.parametrize(
    ("longest", "sizes", "requests"), [(32, WHOLE, 1 + 2), (12, SHORT, 1 + 4)]
)
async def test_known_sizes_are_not_tried_again(
    meter: SmartMeMeter, longest: int, sizes: dict[str, int], requests: int
) -> None:
    """A start asks who it is, and reads: no request is refused, none is for a try."""
    meter.longest = longest
    async with connected(meter) as link:
        device = opened(link)
        first = await read_all(device)
        assert device.learnt == sizes
    before = meter.request_count
    async with connected(meter) as link:
        again = opened(link, sizes)
        assert await read_all(again) == first
        assert again.learnt == sizes
    assert meter.request_count - before == requests


async def test_size_that_is_refused_is_outdated(meter: SmartMeMeter) -> None:
    """It is told as such, and tried anew by who asks for it."""
    meter.longest = 12
    async with connected(meter) as link:
        device = opened(link, WHOLE)
        await device.identify()
        for group in device.groups:
            with pytest.raises(Outdated):
                await device.read(group)
        assert await learn(device) == {"scale": 0, **SHORT}
        assert [group.key for group in device.groups] == ["power", "factors", "energy"]


async def test_refused_counters_cost_the_power_nothing(
    meter: SmartMeMeter, expected_logs: list[str]
) -> None:
    """No second tariff: the energies that are there, and still one fast request."""
    expected_logs.append("refuses to send registers 8267 to 8278 together")
    meter.refuse(0x2051, 2)
    async with connected(meter) as link:
        device = opened(link)
        readings = await read_all(device)
    assert [group.key for group in device.groups] == ["fast", "energy"]
    assert readings[Point(Quantity.ENERGY_IMPORT_T2)] is None
    assert readings[Point(Quantity.ENERGY_EXPORT_T2)] == 1_000_300


async def test_module_with_another_scale_is_refused(meter: SmartMeMeter) -> None:
    """W and 0.01 A are never taken for mW and mA: no value rather than a wrong one."""
    meter.module = True
    async with connected(meter) as link:
        device = opened(link)
        await device.identify()
        with pytest.raises(BadAnswer, match="other units than a Telstar"):
            await device.read(device.groups[0])
        meter.set_power(0, 0, 0)
        readings = await device.read(device.groups[0])
        assert readings[Point(Quantity.POWER)] == 0
        meter.set_power(500, 0, 0)
        with pytest.raises(BadAnswer):
            await device.read(device.groups[0])


async def test_module_is_learnt_and_read_in_its_units(meter: SmartMeMeter) -> None:
    """At the set-up its values tell; what a single program knows is off by default."""
    meter.module = True
    async with connected(meter) as link:
        device = opened(link)
        await device.identify()
        assert await learn(device) == {"scale": 1}
        readings = await read_all(device)
        assert device.off_by_default >= set(readings)
    assert readings[Point(Quantity.POWER)] == 500
    assert readings[Point(Quantity.CURRENT, Phase.L1)] == pytest.approx(4.35)
    assert readings[Point(Quantity.VOLTAGE, Phase.L3)] == 230
    energy = readings[Point(Quantity.ENERGY_IMPORT)]
    assert energy == pytest.approx(12_345_678, abs=100)
    assert Point(Quantity.POWER, Phase.L1) not in readings
    assert [group.interval_s for group in device.groups] == [4, 60]


async def test_telstar_is_learnt_as_one(meter: SmartMeMeter) -> None:
    """What fits is kept; so it is while nothing flows that could tell."""
    for power in ((1000, 0, -500), (0, 0, 0)):
        meter.set_power(*power)
        async with connected(meter) as link:
            device = opened(link)
            await device.identify()
            assert await learn(device) == {"scale": 0, **WHOLE}
            assert [group.key for group in device.groups] == ["fast", "slow"]


async def test_telstar_is_never_read_as_a_module(meter: SmartMeMeter) -> None:
    """Who chooses the wrong units gets no value, not one that is a thousandfold."""
    async with connected(meter) as link:
        device = FAMILIES["smart_me_meter"].open(link, {"scale": 1})
        await device.identify()
        with pytest.raises(BadAnswer, match="counted like a Telstar"):
            await device.read(device.groups[0])


async def test_wallbox_is_no_module(pico: Pico) -> None:
    """Chosen units don't make a meter of a wallbox."""
    async with connected(pico) as link:
        with pytest.raises(WrongDevice):
            await FAMILIES["smart_me_meter"].open(link, {"scale": 1}).identify()


async def test_power_that_fits_no_unit_is_refused(
    meter: SmartMeMeter, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Neither kind of meter says ten times too little; the first reason is told."""
    monkeypatch.setattr(meter, "refresh", lambda: None)
    for address, value in (
        *((0x1FFF, 7_907_952), (0x2003, 1)),
        *((0x2013, 230_000), (0x2015, 230_000), (0x2017, 230_000)),
        *((0x2019, 900_000), (0x201B, 0), (0x201D, 0)),
    ):
        meter.put(address, value)
    async with connected(meter) as link:
        device = opened(link)
        await device.identify()
        with pytest.raises(BadAnswer, match="other units than a Telstar"):
            await learn(device)


@pytest.mark.parametrize(
    ("active", "reactive"),
    [
        ((1000, -500, -500), (0, 0, 0)),
        ((0, 0, 0), (2, 2, 2)),
        ((2, 0, 0), (100, 0, 0)),
    ],
    ids=["phases cancel", "noise", "inverter at night"],
)
async def test_telstar_is_not_doubted_without_reason(
    meter: SmartMeMeter,
    active: tuple[float, float, float],
    reactive: tuple[float, float, float],
) -> None:
    """Little power for the currents alone is no other scale."""
    meter.set_power(*active)
    meter.set_reactive(*reactive)
    async with connected(meter) as link:
        readings = await read_all(opened(link))
    assert readings[Point(Quantity.POWER)] == sum(active)


async def test_scale_once_proved_is_not_doubted_again(meter: SmartMeMeter) -> None:
    """A purely reactive load later on is a value like any other."""
    async with connected(meter) as link:
        device = opened(link)
        await read_all(device)
        meter.set_power(0, 0, 0)
        meter.set_reactive(500, 0, 0)
        readings = await device.read(device.groups[0])
    assert readings[Point(Quantity.POWER)] == 0
    assert readings[Point(Quantity.CURRENT, Phase.L1)] == pytest.approx(2.174)


async def test_pause_is_kept_where_the_meter_drops_hasty_requests(
    meter: SmartMeMeter,
) -> None:
    """Set-up and a full read lose nothing on a meter that wants its pause."""
    assert FAMILY.transport.spacing_s == 2
    meter.pause_s = 0.25
    async with connected(meter, spacing_s=0.3) as link:
        readings = await read_all(opened(link))
    assert len(readings) == 28
    assert meter.min_gap_s is not None
    assert meter.min_gap_s >= 0.29


async def test_hasty_requests_get_no_answer(meter: SmartMeMeter) -> None:
    """Without the pause the same meter falls silent: the simulator is strict."""
    meter.pause_s = 30
    async with connected(meter) as link:
        link.set_timeout(0.2)
        with pytest.raises(Silent):
            await opened(link).identify()


@pytest.mark.parametrize("number", [2, 3])
async def test_lost_answer_does_not_make_a_meter_slow(
    meter: SmartMeMeter, number: int
) -> None:
    """A long read that gets no answer at set-up is asked once more."""
    meter.lose(number)
    async with connected(meter) as link:
        link.set_timeout(1.5)
        device = opened(link)
        await device.identify()
    assert [group.key for group in device.groups] == ["fast", "slow"]
    assert meter.request_count == 1 + 2 + 1


async def test_meter_silent_at_long_blocks_is_read_in_short_ones(
    meter: SmartMeMeter,
) -> None:
    """A meter that never answers long reads is not taken for an absent one."""
    for number in (2, 3, 5, 6):
        meter.lose(number)
    async with connected(meter) as link:
        link.set_timeout(1.5)
        device = opened(link)
        await device.identify()
        readings = await read_all(device)
    assert [group.key for group in device.groups] == ["power", "factors", "energy"]
    assert readings[Point(Quantity.POWER)] == 500


async def test_wallbox_of_the_same_maker_is_no_meter(pico: Pico) -> None:
    """A Pico has a serial number, but no meter's values."""
    async with connected(pico) as link:
        with pytest.raises(WrongDevice, match="without a meter's values"):
            await opened(link).identify()


async def test_meter_of_another_maker_is_told(ksem: Ksem) -> None:
    """A device without smart-me's serial number is refused."""
    async with connected(ksem) as link:
        with pytest.raises(WrongDevice, match="without smart-me's serial number"):
            await opened(link).identify()


async def test_impossible_serial_is_told(meter: SmartMeMeter) -> None:
    """Zeros where the serial number should be are no smart-me device."""
    meter.serial = 0
    async with connected(meter) as link:
        with pytest.raises(WrongDevice):
            await opened(link).identify()


async def test_meter_exchanged_behind_the_address_is_noticed(
    meter: SmartMeMeter,
) -> None:
    """After a lost connection another meter's values are not taken for ours."""
    async with connected(meter) as link:
        device = opened(link)
        await device.identify()
        other = SmartMeMeter(serial=6_301_587, port=meter.port)
        await meter.stop()
        await other.start()
        try:
            with pytest.raises((WrongDevice, Unreachable)):
                await device.read(device.groups[0])
            with pytest.raises(WrongDevice, match="6301587"):
                await device.read(device.groups[0])
        finally:
            await other.stop()


async def test_silent_meter_ends_the_poll_with_the_first_request(
    meter: SmartMeMeter,
) -> None:
    """A meter that falls silent between polls is asked once."""
    async with connected(meter) as link:
        device = opened(link)
        await device.identify()
        device.set_read_timeout(0.2)
        meter.silent = True
        before = meter.request_count
        with pytest.raises(Silent):
            await device.read(device.groups[0])
        assert meter.request_count - before == 1


async def test_meter_of_a_car_follows_it(socket_enabled: None) -> None:
    """Behind the meter a car charges with 16 A on three phases."""
    car = Car(enabled=True)
    car.set_limit(16)
    for _ in range(30):
        car.step()
    telstar = SmartMeMeter(car)
    await telstar.start()
    try:
        async with connected(telstar) as link:
            readings = await read_all(opened(link))
    finally:
        await telstar.stop()
    assert readings[Point(Quantity.POWER)] == 3 * 230 * 16
    assert readings[Point(Quantity.CURRENT, Phase.L2)] == 16
