"""The fake devices that stand in the demo's house, one declaration each."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from .car import Car
from .charge_point import ChargePoint
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


@dataclass(frozen=True, slots=True)
class Client:
    """A device that dials Home Assistant: set up from there once it has knocked."""

    key: str
    """The step of the integration's flow that sets up the server it dials."""
    factory: Callable[[House, str], ChargePoint]
    """Makes it for a house with `cars`, with the server's address."""
    title: str
    description: str
    answers: Mapping[str, str] = field(default_factory=dict)
    """What the form asks that confirms its discovery, besides the name."""


def cars() -> tuple[Car, Car]:
    """Make the cars of a house with all devices.

    The second one charges on one phase, and is away until its wallbox is set up.
    """
    return Car(), Car("second_car", connected=False, phases=1)


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

CLIENTS = (
    Client(
        "ocpp_server",
        lambda house, url: ChargePoint(house, house.cars[1], url, "CARPORT1"),
        "Carport",
        "OCPP wallbox with a second car",
        {"maximum_current": "16"},
    ),
)
