"""A dump holds what a device answered, and nothing by which it can be recognised."""

import asyncio

from hypothesis import given
from hypothesis import strategies as st
import pytest

from custom_components.meters_and_chargers.engine.devices import FAMILIES
from custom_components.meters_and_chargers.engine.model import (
    Identity,
    Unsupported,
    WrongDevice,
)
from custom_components.meters_and_chargers.engine.protocols.modbus import (
    Dump,
    ModbusDevice,
)
from custom_components.meters_and_chargers.engine.protocols.modbus.dump import (
    Answer,
    Played,
    dump,
    stand_in,
)
from simulators.ksem import Ksem
from simulators.modbus_device import ModbusDevice as SimulatedDevice
from tests.links import connected


def identity(serial: str) -> Identity:
    """Return who a made-up device is."""
    return Identity(family="acme", serial=serial, maker="Acme", model="M1")


def as_words(raw: bytes) -> tuple[int, ...]:
    """Return bytes as words."""
    return tuple(int.from_bytes(raw[at : at + 2]) for at in range(0, len(raw), 2))


def as_bytes(found: Dump) -> bytes:
    """Return all words of a dump as bytes."""
    return b"".join(bytes.fromhex(a.get("words", "")) for a in found["answers"])


def told(raw: bytes) -> Answer:
    """Return an identification that read these bytes."""
    return Answer(0, len(raw) // 2, as_words(raw), part="identity")


async def text_identify(played: Played) -> Identity:
    """Read the serial as eight characters from address 0."""
    words = await played.read(0, 4)
    return identity(b"".join(word.to_bytes(2) for word in words).decode())


async def hidden_identify(played: Played) -> Identity:
    """Read the serial with its bytes swapped, as some devices have it."""
    words = await played.read(0, 4)
    swapped = b"".join(word.to_bytes(2, "little") for word in words)
    return identity(swapped.decode())


@given(st.text("0123456789ABCDEFabcdef", min_size=8, max_size=8))
def test_a_serial_in_a_text_is_replaced(serial: str) -> None:
    """Whatever it is: the dump holds another one, which identifies."""
    answers = [
        told(serial.encode()),
        Answer(100, 5, as_words(b"S" + serial.encode() + b"N"), part="fast"),
    ]
    found = asyncio.run(dump(answers, identity(serial), None, text_identify))
    assert found["serial"] == stand_in(serial)
    if serial != stand_in(serial):
        assert serial.encode() not in as_bytes(found)
    assert all("words" in answer for answer in found["answers"])


async def test_a_serial_that_is_not_found_is_left_out() -> None:
    """A form that nobody thought of: its words go, the others stay."""
    answers = [
        told(b"2143A5B6"),
        Answer(100, 1, (7,), part="fast"),
        Answer(3, 2, as_words(b"B6xx"), part="fast"),
    ]
    found = await dump(answers, identity("1234 5A6B"), None, hidden_identify)
    assert [answer.get("words") for answer in found["answers"]] == [None, "0007", None]
    assert found["answers"][0]["error"] == "left_out"


async def test_a_number_elsewhere_is_a_reading() -> None:
    """630.3 W are not the serial number 6303 of the same station."""
    number = (6303).to_bytes(4)
    answers = [told(number), Answer(100, 2, as_words(number), part="fast")]

    async def identify(played: Played) -> Identity:
        high, low = await played.read(0, 2)
        return identity(str(high << 16 | low))

    found = await dump(answers, identity("6303"), None, identify)
    assert [a["words"] for a in found["answers"]] == ["0000 0457", "0000 189F"]


async def test_an_unknown_device_tells_no_identification() -> None:
    """Nobody knows where its serial is."""
    answers = [told(b"12345678")]
    found = await dump(answers, None, "wrong_device", text_identify)
    assert "words" not in found["answers"][0]
    assert (found["family"], found["serial"]) == (None, None)


@pytest.mark.parametrize("family", sorted(FAMILIES))
async def test_a_device_of_every_family_that_says_nothing(
    family: str, socket_enabled: None
) -> None:
    """A dump raises nothing, whatever answers."""
    other = SimulatedDevice([(60000, 1)])
    await other.start()
    try:
        async with connected(other) as link:
            device = FAMILIES[family].open(
                link, {one.key: one.default for one in FAMILIES[family].questions}
            )
            assert isinstance(device, ModbusDevice)
            found = await device.dump()
    finally:
        await other.stop()
    assert found["error"] == "wrong_device"


async def test_a_dump_takes_no_longer_than_allowed(ksem: Ksem) -> None:
    """What was read until then is there."""
    ksem.delay_s = 0.2
    async with connected(ksem) as link:
        device = FAMILIES["ksem"].open(link, {})
        assert isinstance(device, ModbusDevice)
        found = await device.dump(0.5)
        assert found["error"] == "took_too_long"
        assert 1 <= len(found["answers"]) <= 2
        ksem.delay_s = 0
        again = await device.dump()
    assert again["error"] is None
    # Who it is, five blocks it has, three that it might have.
    assert len(again["answers"]) == 1 + 5 + 3


async def test_the_link_forgets_who_looked(ksem: Ksem) -> None:
    """An observer hears of reads as long as it looks, also of those that fail."""
    ksem.refuse(500, 2)
    heard: list[Answer] = []
    async with connected(ksem) as link:
        with link.observed(heard.append):
            await link.read(8193, 1)
            with pytest.raises(Unsupported):
                await link.read(500, 2)
        await link.read(8193, 1)
    assert heard == [
        Answer(8193, 1, (18530,)),
        Answer(500, 2, None, "unsupported"),
    ]


async def test_another_device_is_named_by_what_it_is_not(ksem: Ksem) -> None:
    """A device that became another one gives no words of its identification."""
    async with connected(ksem) as link:
        device = FAMILIES["ksem"].open(link, {})
        assert isinstance(device, ModbusDevice)
        await device.identify()
        ksem._text(8228, "99999999")
        with pytest.raises(WrongDevice):
            await device.identify()
        found = await device.dump()
    assert found["error"] == "wrong_device"
    assert b"99999999" not in as_bytes(found)


async def test_an_identification_that_can_not_be_repeated_is_left_out() -> None:
    """It asks for words this time that were not read before."""

    async def elsewhere(played: Played) -> Identity:
        await played.read(5000, 1)
        raise AssertionError

    found = await dump([told(b"12345678")], identity("12345678"), None, elsewhere)
    assert found["answers"][0]["error"] == "left_out"
