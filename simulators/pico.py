"""A fake smart-me Pico charging station, plain Modbus TCP."""

from collections.abc import Sequence

from pymodbus.constants import ExcCodes

from .car import Car
from .modbus_device import ModbusDevice

# Wire addresses: the maker's register numbers 0x2000 and 0x206E less one.
_SERIAL = 0x1FFF
_DYNAMIC_CURRENT = 0x206D


class Pico(ModbusDevice):
    """A station that offers its car the dynamic current, the same on all phases, mA.

    Only the serial can be read and only the dynamic current be written: nothing else
    of its registers is documented. Below `minimum_ma` it doesn't charge.
    """

    def __init__(
        self,
        car: Car,
        *,
        serial: int = 6303,
        minimum_ma: int = 6000,
        port: int = 0,
    ) -> None:
        """Plug a car into a station; it charges when a current is first written."""
        super().__init__(((_SERIAL, 2), (_DYNAMIC_CURRENT, 2)), port)
        self.car = car
        self.serial = serial
        self.minimum_ma = minimum_ma
        self.dynamic_ma: int | None = None
        self.registers = {_SERIAL: serial >> 16, _SERIAL + 1: serial & 0xFFFF}
        self.refuse(_DYNAMIC_CURRENT, 2)

    def clear_faults(self) -> None:
        """End every fault; the dynamic current stays unreadable."""
        super().clear_faults()
        self.refuse(_DYNAMIC_CURRENT, 2)

    def written(self, address: int, values: Sequence[int]) -> ExcCodes | None:
        """Take a dynamic current, mA; refuse every other write."""
        if address != _DYNAMIC_CURRENT:
            return ExcCodes.ILLEGAL_ADDRESS
        if len(values) != 2:
            return ExcCodes.ILLEGAL_VALUE
        self.dynamic_ma = values[0] << 16 | values[1]
        charging = self.dynamic_ma >= self.minimum_ma
        if charging:
            self.car.set_limit(self.dynamic_ma / 1000)
        self.car.set_enabled(charging)
        return None
