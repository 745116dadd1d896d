"""The fake devices that stand in the demo's house, one declaration each."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from .car import Car
from .charge_point import ChargePoint
from .diris import Circuit, Countis, Diris, LoadModule
from .house import House
from .ksem import Ksem
from .modbus_device import Device
from .pico import Pico
from .pico_group import PicoGroup
from .power_brain import PowerBrain

# The roof of a house with all devices is so much larger than the recorded one that
# the sun is enough for all cars.
ROOF = 1.5
PARKED_CARS = ("parked_car_1", "parked_car_2", "parked_car_3")
# Who needs three phases goes before who can do with one.
_FIRST = {"more": {"priority": 1}}
# The circuits of the board's first module, by the house's names of their powers.
_FEEDS = ("house_power", "car_power", "second_car_power", "driveway_car_power")
_GROUP = (7_005_567, 7_006_411, 7_008_120)


@dataclass(frozen=True, slots=True, kw_only=True)
class Judged:
    """By what of the house's books a device is judged."""

    cars: tuple[str, ...] = ()
    """The names of the cars it charges."""
    truths: Mapping[str, str] | None = field(default_factory=dict)
    """The house's names of what its values show; None where both are the same."""
    fresh_s: float = 4
    """What it shows for longer claims to be true still: its poll, and 2 s."""


_NOTHING = Judged()


@dataclass(frozen=True, slots=True)
class Declaration:
    """A device of the house: how it is made, and how it is set up in the demo."""

    key: str
    """The family's name in the integration's flow."""
    factory: Callable[[House], Device]
    title: str
    """What its owner calls it."""
    description: str
    answers: Mapping[str, object] = field(default_factory=dict)
    """What its form asks besides the address."""
    asked: tuple[Mapping[str, object], ...] = ()
    """What is asked after that, before its name."""
    judged: Judged = _NOTHING
    site: Mapping[str, object] | None = None
    """What the site is told of a charger besides its name and mode."""
    billed: Mapping[str, object] | None = None
    """What its options are told of its meters, where a billing service bills it."""


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
    judged: Judged = _NOTHING
    site: Mapping[str, object] = field(default_factory=dict)


def cars() -> tuple[Car, ...]:
    """Make the cars of a house with all devices.

    The second one charges on one phase, and is away until its wallbox is set up.
    """
    second = Car("second_car", connected=False, phases=1)
    return Car(), second, Car("driveway_car"), *map(Car, PARKED_CARS)


def _group(house: House) -> PicoGroup:
    parked = [car for car in house.cars if car.name in PARKED_CARS]
    return PicoGroup(parked, serials=_GROUP)


def _board(house: House) -> Diris:
    def follows(name: str) -> Circuit:
        return Circuit(follows=lambda: house.truths[name])

    feeds = [follows(name) for name in _FEEDS]
    return Diris(
        {
            2: LoadModule("DIRIS B30 RS485", feeds, most=4, net_id=0xB30001),
            3: Countis(follows("sun_power")),
        }
    )


DEVICES = (
    Declaration(
        "ksem",
        Ksem,
        "Grid meter",
        "KOSTAL Smart Energy Meter at the grid",
        judged=Judged(truths=None),
    ),
    Declaration(
        "smart_me_pico",
        lambda house: Pico(house.cars[0], serial=7002702),
        "Garage",
        "smart-me Pico with a car",
        {"minimum_current": "6", "maximum_current": "16"},
        judged=Judged(cars=("car",)),
        site=_FIRST,
        billed={
            "energy_entity": "sensor.garage_meter_energy",
            "power_entity": "sensor.garage_meter_power",
        },
    ),
    Declaration(
        "smart_me_pico_group",
        _group,
        "Parking",
        "three smart-me Picos in a group, a car at each",
        {
            "minimum_current": "6",
            "maximum_current": "32",
            "members": [str(serial) for serial in _GROUP],
        },
        judged=Judged(cars=PARKED_CARS),
        site=_FIRST,
    ),
    Declaration(
        "cfos",
        lambda house: PowerBrain(house.cars[2], solar=True, enabled=False),
        "Driveway",
        "cFos Power Brain with a car",
        {"maximum_current": "16"},
        # Polled every 3 s.
        judged=Judged(
            cars=("driveway_car",), truths={"power": "driveway_car_power"}, fresh_s=5
        ),
        site={},
    ),
    Declaration(
        "diris",
        _board,
        "Main board",
        "SOCOMEC DIRIS gateway with five circuits",
        asked=({"addresses": "2-3"},),
        # Read every 10 s; what changes each second can't be judged by that.
        judged=Judged(
            truths={
                "2_2_power": "car_power",
                "2_3_power": "second_car_power",
                "2_4_power": "driveway_car_power",
                "3_1_power": "sun_power",
            },
            fresh_s=13,
        ),
    ),
)

CLIENTS = (
    Client(
        "ocpp_server",
        lambda house, url: ChargePoint(house, house.cars[1], url, "CARPORT1"),
        "Carport",
        "OCPP wallbox with a second car",
        {"maximum_current": "16"},
        # What it sends every 10 s holds until the next one comes.
        Judged(
            cars=("second_car",),
            truths={
                "1_power": "second_car_power",
                "1_current_l1": "second_car_current",
            },
            fresh_s=12,
        ),
        {"charger_phases": ["l1"]},
    ),
)
