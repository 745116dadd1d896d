"""The fake devices that stand in the demo's house: one line each."""

from collections.abc import Callable
from dataclasses import dataclass

from .house import House
from .ksem import Ksem
from .modbus_device import Device
from .pico import Pico


@dataclass(frozen=True, slots=True)
class Declaration:
    """A device of the house: its key, how it is made, and what it is."""

    key: str
    factory: Callable[[House], Device]
    description: str


DEVICES = (
    Declaration("ksem", Ksem, "KOSTAL Smart Energy Meter at the grid"),
    Declaration("pico", lambda house: Pico(house.cars[0]), "smart-me Pico with a car"),
)
