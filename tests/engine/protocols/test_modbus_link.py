"""A Modbus link against a real socket, in good and bad days."""

import socket

from modbus_connection import ModbusTcpParams
from modbus_connection.tmodbus import ModbusConnection
import pytest

from custom_components.meters_and_chargers.engine.model import (
    BadAnswer,
    PortClosed,
    Silent,
    Unreachable,
    Unsupported,
)
from custom_components.meters_and_chargers.engine.protocols.modbus import (
    Encoding,
    ModbusLink,
)
from custom_components.meters_and_chargers.engine.protocols.modbus.link import (
    DEFAULT_TIMEOUT_S,
)
from simulators.ksem import Ksem
from simulators.pico import Pico
from tests.links import connected


async def read(link: ModbusLink) -> list[int]:
    """Read the meter's first two registers."""
    return await link.read(0, 2)


async def test_reads_holding_registers(ksem: Ksem) -> None:
    """1000 W import on L1 less 500 W export on L3 are 500 W in tenths."""
    async with connected(ksem) as link:
        assert await read(link) == [0, 5000]


async def test_closed_port_is_told_from_silence(ksem: Ksem) -> None:
    """Refused is a matter of a switch in the device, not of the network."""
    await ksem.stop()
    async with connected(ksem) as link:
        with pytest.raises(PortClosed):
            await read(link)


async def test_silent_device_costs_its_timeout_and_comes_back(ksem: Ksem) -> None:
    """A device that takes requests and says nothing is given up, then found again."""
    async with connected(ksem) as link:
        link.set_timeout(0.2)
        ksem.silent = True
        with pytest.raises(Silent):
            await read(link)
        assert link.lost
        ksem.silent = False
        link.set_timeout(DEFAULT_TIMEOUT_S)
        assert await read(link) == [0, 5000]


async def test_host_that_takes_no_connection_is_not_called_silent(
    socket_enabled: None,
) -> None:
    """Packets that get lost are a matter of the address or the network."""
    with socket.socket() as listener, socket.socket() as first, socket.socket() as more:
        listener.bind(("127.0.0.1", 0))
        listener.listen(0)
        for filler in (first, more):  # from now on the kernel drops new ones
            filler.setblocking(False)
            filler.connect_ex(listener.getsockname())
        params = ModbusTcpParams(host="127.0.0.1", port=listener.getsockname()[1])
        connection = ModbusConnection(params)
        link = ModbusLink(connection.for_unit(1))
        link.set_timeout(0.2)
        for _ in range(2):  # the second one joins the attempt to connect of the first
            with pytest.raises(Unreachable) as caught:
                await read(link)
            assert not isinstance(caught.value, Silent)
        link.close()
        # The attempt under way would last 10 s, but for a host that refuses it.
        listener.close()
        await connection.close()


async def test_half_open_connection_is_replaced(ksem: Ksem) -> None:
    """A socket whose other end has vanished is not used for ever."""
    async with connected(ksem) as link:
        await read(link)
        ksem.half_open = True
        link.set_timeout(0.2)
        with pytest.raises(Silent):
            await read(link)
        ksem.half_open = False
        link.set_timeout(DEFAULT_TIMEOUT_S)
        assert await read(link) == [0, 5000]
        assert ksem.connections_total == 2


async def test_closed_socket_is_opened_again(ksem: Ksem) -> None:
    """A device that drops its clients is asked again on a new socket."""
    async with connected(ksem) as link:
        await read(link)
        ksem.close_clients()
        for _ in range(2):
            try:
                words = await read(link)
            except Unreachable:
                continue
        assert words == [0, 5000]
        assert link.lost


async def test_short_answer_is_no_data(ksem: Ksem) -> None:
    """Two registers asked, one sent: nothing of it is believed."""
    async with connected(ksem) as link:
        ksem.short_answer = 1
        with pytest.raises(BadAnswer):
            await read(link)


async def test_unknown_address_is_unsupported(ksem: Ksem) -> None:
    """Exception 2 means that the device does not have it."""
    async with connected(ksem) as link:
        with pytest.raises(Unsupported):
            await link.read(300, 2)


async def test_spacing_holds_over_connections(pico: Pico) -> None:
    """The pause between two requests does not end with a socket."""
    async with connected(pico, spacing_s=0.3) as link:
        await link.read(0x1FFF, 2)
        pico.close_clients()
        for _ in range(2):
            try:
                await link.read(0x1FFF, 2)
            except Unreachable:
                continue
    assert pico.min_gap_s is not None
    assert pico.min_gap_s >= 0.3


@pytest.mark.parametrize(
    ("encoding", "number", "words"),
    [
        (Encoding.UINT16, 500, [500]),
        (Encoding.UINT32, 12345, [0, 0x3039]),
        (Encoding.INT32, -987, [0xFFFF, 0xFC25]),
        (Encoding.UINT64, 123456789, [0, 0, 0x075B, 0xCD15]),
    ],
)
def test_numbers_are_big_endian_high_word_first(
    encoding: Encoding, number: int, words: list[int]
) -> None:
    """Encoding and decoding agree with samples worked out by hand."""
    assert encoding.encode(number) == words
    assert encoding.decode(words) == number
