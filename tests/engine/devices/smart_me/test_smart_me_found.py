"""What a search asks a smart-me device, and how it tells it from any other."""

import pytest

from custom_components.meters_and_chargers.engine.devices.smart_me.meter import find
from custom_components.meters_and_chargers.engine.model import WrongDevice
from simulators.car import Car
from simulators.ksem import Ksem
from simulators.modbus_device import ModbusDevice
from simulators.pico import Pico
from simulators.smart_me_meter import SmartMeMeter
from tests.links import connected


class Numbers(ModbusDevice):
    """Answers every question with the same number."""

    def __init__(self, number: int) -> None:
        """Hold the number everywhere."""
        super().__init__([(0, 9000)])
        self.registers = dict.fromkeys(range(9000), number)


@pytest.mark.parametrize(
    ("device", "key"),
    [
        (SmartMeMeter(serial=7_907_952), "smart_me_meter_7907952"),
        (Pico(Car(), serial=7_002_702), "smart_me_pico_7002702"),
    ],
)
async def test_meter_and_wallbox_are_told_apart(
    socket_enabled: None, device: ModbusDevice, key: str
) -> None:
    """Two requests: the serial number, and whether it has a meter's voltages."""
    await device.start()
    try:
        async with connected(device) as link:
            assert (await find(link)).key == key
        assert device.request_count == 2
    finally:
        await device.stop()


@pytest.mark.parametrize("device", [Numbers(0), Numbers(7), Numbers(0xFFFF), Ksem()])
async def test_stranger_is_not_taken_for_ours(
    socket_enabled: None, device: ModbusDevice
) -> None:
    """A device that answers there with any number is nobody's, with 7 or with none."""
    await device.start()
    try:
        async with connected(device) as link:
            with pytest.raises(WrongDevice):
                await find(link)
    finally:
        await device.stop()
