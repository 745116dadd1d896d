"""The fake devices that stand in the demo's house, one declaration each."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from .house import House
from .ksem import Ksem
from .modbus_device import Device
from .pico import Pico


@dataclass(frozen=True, slots=True)
class Declaration:
    """A device of the house: how it is made, and how it is set up in the demo."""

    key: str
    """The family's name in the integration's flow."""
    factory: Callable[[House], Device]
    title: str
    """What its owner calls it."""
    description: str
    answers: Mapping[str, str] = field(default_factory=dict)
    """What its form asks besides the address."""


DEVICES = (
    Declaration("ksem", Ksem, "Grid meter", "KOSTAL Smart Energy Meter at the grid"),
    Declaration(
        "smart_me_pico",
        lambda house: Pico(house.cars[0], serial=7002702),
        "Garage",
        "smart-me Pico with a car",
        {"minimum_current": "6", "maximum_current": "16"},
    ),
)
