"""The Pico: what is written, byte for byte, and what never is."""

from hypothesis import given
from hypothesis import strategies as st
import pytest

from custom_components.meters_and_chargers.engine.devices import FAMILIES
from custom_components.meters_and_chargers.engine.devices.smart_me.pico import Pico
from custom_components.meters_and_chargers.engine.model import (
    Charger,
    OutOfRange,
    Unreachable,
    WrongDevice,
)
from custom_components.meters_and_chargers.engine.protocols.modbus import ModbusLink
from simulators import ksem as simulated_ksem
from simulators import pico as simulated_pico
from tests.links import connected

ANSWERS = {"minimum_current": 8, "maximum_current": 16}


def opened(link: ModbusLink, **answers: int) -> Pico:
    """Return the station behind a link."""
    device = FAMILIES["smart_me_pico"].open(link, {**ANSWERS, **answers})
    assert isinstance(device, Pico)
    assert isinstance(device, Charger)
    return device


async def test_identity_is_the_serial(pico: simulated_pico.Pico) -> None:
    """The serial number at register 0x2000 is the probe and the identity."""
    async with connected(pico) as link:
        identity = await opened(link).identify()
    assert identity.key == "smart_me_pico_7002702"
    # The maker's telegram from its function code on: 03 1F FF 00 02.
    assert pico.requests[0].pdu == bytes.fromhex("03 1F FF 00 02")


async def test_charging_current_is_the_makers_telegram(
    pico: simulated_pico.Pico,
) -> None:
    """16 A is one FC16 of two words at wire 0x206D, high word first, in mA."""
    async with connected(pico) as link:
        station = opened(link)
        await station.set_limit(16_000)
        assert station.limit_ma == 16_000
    assert pico.write_pdus == [bytes.fromhex("10 20 6D 00 02 04 00 00 3E 80")]
    assert pico.dynamic_ma == 16_000


async def test_zero_pauses(pico: simulated_pico.Pico) -> None:
    """0 is allowed and written as such."""
    async with connected(pico) as link:
        await opened(link).set_limit(0)
    assert pico.write_pdus == [bytes.fromhex("10 20 6D 00 02 04 00 00 00 00")]


@given(st.integers(min_value=-1000, max_value=100_000))
def test_only_zero_and_whole_amperes_within_the_bounds(value_ma: int) -> None:
    """Nothing between 0 and the minimum, nothing above the maximum, whole steps."""
    station = Pico.__new__(Pico)
    Pico.__init__(station, FakeLink(), ANSWERS)  # type: ignore[arg-type] # never asked
    try:
        station.setpoint.check(value_ma)
        allowed = True
    except OutOfRange:
        allowed = False
    assert allowed == (value_ma == 0 or value_ma in range(8000, 16001, 1000))


class FakeLink:
    """A link that is never used."""


async def test_refused_value_is_not_written(pico: simulated_pico.Pico) -> None:
    """7 A on a station whose minimum is 8 A never reaches the wire."""
    async with connected(pico) as link:
        station = opened(link)
        with pytest.raises(OutOfRange):
            await station.set_limit(7_000)
        assert station.limit_ma is None
    assert pico.request_count == 0


async def test_six_ampere_is_selectable(pico: simulated_pico.Pico) -> None:
    """A station whose minimum was set to 6 A takes 6 A."""
    async with connected(pico) as link:
        await opened(link, minimum_current=6).set_limit(6_000)
    assert pico.dynamic_ma == 6_000


async def test_failed_write_leaves_the_known_limit(pico: simulated_pico.Pico) -> None:
    """What was not taken is not shown."""
    async with connected(pico) as link:
        station = opened(link)
        await station.set_limit(10_000)
        await pico.stop()
        with pytest.raises(Unreachable):
            await station.set_limit(12_000)
        assert station.limit_ma == 10_000


async def test_no_current_reaches_another_station(pico: simulated_pico.Pico) -> None:
    """After a lost connection the serial is read before anything is written."""
    async with connected(pico) as link:
        station = opened(link)
        await station.identify()
        other = simulated_pico.Pico(pico.car, serial=7005567, port=pico.port)
        await pico.stop()
        await other.start()
        try:
            with pytest.raises((WrongDevice, Unreachable)):
                await station.set_limit(10_000)
            with pytest.raises(WrongDevice, match="7005567"):
                await station.set_limit(10_000)
            assert not other.write_pdus
        finally:
            await other.stop()


async def test_a_meter_is_no_pico(ksem: simulated_ksem.Ksem) -> None:
    """A device without smart-me's serial number is refused."""
    async with connected(ksem) as link:
        with pytest.raises(WrongDevice):
            await opened(link).identify()


async def test_recalled_limit_is_assumed(pico: simulated_pico.Pico) -> None:
    """The limit from before a restart is taken over without a write."""
    async with connected(pico) as link:
        station = opened(link)
        station.assume_limit(9_000)
        assert station.limit_ma == 9_000
        assert station.limit_is_assumed
    assert pico.request_count == 0
