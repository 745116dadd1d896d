"""What OCPP 1.6 calls a measurand, a phase and a unit."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache

from ...model import Phase, Point, Quantity

ENERGY_REGISTER = "Energy.Active.Import.Register"
"""What a sampled value is when it does not say."""
CURRENT_OFFERED = "Current.Offered"

# Import is what the car draws: positive for a charger.
_QUANTITIES: Mapping[str, Quantity] = {
    ENERGY_REGISTER: Quantity.ENERGY_IMPORT,
    "Power.Active.Import": Quantity.POWER,
    "Current.Import": Quantity.CURRENT,
    "Voltage": Quantity.VOLTAGE,
    "Frequency": Quantity.FREQUENCY,
    "Power.Factor": Quantity.POWER_FACTOR,
}

# One conductor to neutral is that conductor; between two conductors is not.
_PHASES: Mapping[str, Phase] = {
    "": Phase.TOTAL,
    "L1": Phase.L1,
    "L2": Phase.L2,
    "L3": Phase.L3,
    "L1-N": Phase.L1,
    "L2-N": Phase.L2,
    "L3-N": Phase.L3,
}
_TOTAL_ONLY = frozenset({Quantity.ENERGY_IMPORT, Quantity.FREQUENCY})

# The empty text is a value without unit: the standard's default.
_FACTORS: Mapping[Quantity, Mapping[str, float]] = {
    Quantity.ENERGY_IMPORT: {"": 1, "Wh": 1, "kWh": 1000, "MWh": 1e6},
    Quantity.POWER: {"": 1, "W": 1, "kW": 1000},
    Quantity.CURRENT: {"": 1, "A": 1, "mA": 0.001},
    Quantity.VOLTAGE: {"": 1, "V": 1, "kV": 1000},
    Quantity.FREQUENCY: {"": 1, "Hz": 1},
    Quantity.POWER_FACTOR: {"": 1, "Percent": 0.01, "%": 0.01},
}


@dataclass(frozen=True, slots=True)
class Measurand:
    """Where a sampled value goes, and what makes its unit ours; the model's bounds."""

    point: Point
    factor: float
    lowest: float
    highest: float


@lru_cache(maxsize=128)
def table(connector: int) -> Mapping[tuple[str, str, str], Measurand]:
    """Return what a connector can report, by measurand, phase and unit as sent."""
    part = str(connector) if connector else ""
    return {
        (name, text, unit): Measurand(
            Point(quantity, phase, part), factor, *quantity.plausible
        )
        for name, quantity in _QUANTITIES.items()
        for text, phase in _PHASES.items()
        if phase is Phase.TOTAL or quantity not in _TOTAL_ONLY
        for unit, factor in _FACTORS[quantity].items()
    }


@lru_cache(maxsize=128)
def register(connector: int) -> Point:
    """Return the point of a connector's energy register."""
    return table(connector)[ENERGY_REGISTER, "", ""].point


@lru_cache(maxsize=128)
def flowing(connector: int) -> frozenset[Point]:
    """Return the points that are 0 while no energy flows."""
    return frozenset(
        measurand.point
        for measurand in table(connector).values()
        if measurand.point.quantity in (Quantity.POWER, Quantity.CURRENT)
    )
