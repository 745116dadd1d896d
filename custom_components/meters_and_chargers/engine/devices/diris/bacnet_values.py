"""The 62 values of a circuit by BACnet, and the units in which they must come.

Source: SOCOMEC, instruction manual DIRIS Digiware M-50/M-70, annex: communication by
BACnet IP, table of the Analog Input objects.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from ...model import PHASES, Point, Quantity, Unit


@dataclass(frozen=True, slots=True)
class Extra:
    """A value that is no quantity of ours; it has the name that the manual prints."""

    index: int
    name: str
    unit: Unit

    @property
    def key(self) -> str:
        """A stable name for unique ids."""
        return f"bacnet_{self.index}"


type Key = Point | Extra | int
"""A value of a circuit: what it measures, or the service id of a plain number."""


def _phases(quantity: Quantity, first: int, step: int = 1) -> dict[int, Point]:
    return {
        first + step * index: Point(quantity, phase)
        for index, phase in enumerate(PHASES)
    }


VALUES: Final[Mapping[int, Point]] = {
    3: Point(Quantity.FREQUENCY),
    **_phases(Quantity.VOLTAGE, 4),
    **_phases(Quantity.CURRENT, 11),
    21: Point(Quantity.POWER),
    22: Point(Quantity.REACTIVE_POWER),
    23: Point(Quantity.APPARENT_POWER),
    24: Point(Quantity.POWER_FACTOR),
    **_phases(Quantity.POWER, 26),
    **_phases(Quantity.REACTIVE_POWER, 29),
    **_phases(Quantity.APPARENT_POWER, 32),
    **_phases(Quantity.POWER_FACTOR, 35, 2),
    56: Point(Quantity.ENERGY_IMPORT),
    57: Point(Quantity.ENERGY_EXPORT),
    58: Point(Quantity.REACTIVE_ENERGY_IMPORT),
    59: Point(Quantity.REACTIVE_ENERGY_EXPORT),
    60: Point(Quantity.APPARENT_ENERGY),
}
"""Of the table's 62 those which are a quantity of ours, by their number."""
UNITS: Final[Mapping[Unit, frozenset[str]]] = {
    Unit.WATT: frozenset({"watts"}),
    Unit.VAR: frozenset({"volt-amperes-reactive"}),
    Unit.VOLT_AMPERE: frozenset({"volt-amperes"}),
    Unit.WATT_HOUR: frozenset({"watt-hours"}),
    Unit.VAR_HOUR: frozenset({"volt-ampere-hours-reactive"}),
    Unit.VOLT_AMPERE_HOUR: frozenset({"volt-ampere-hours"}),
    Unit.AMPERE: frozenset({"amperes"}),
    Unit.VOLT: frozenset({"volts"}),
    Unit.HERTZ: frozenset({"hertz"}),
    Unit.PERCENT: frozenset({"percent"}),
    Unit.NONE: frozenset({"no-units", "power-factor"}),
}
"""BACnet's names of our units."""


def _extras(unit: Unit, names: Mapping[int, str]) -> dict[int, Extra]:
    return {index: Extra(index, name, unit) for index, name in names.items()}


EXTRAS: Final[Mapping[int, Extra]] = {
    **_extras(
        Unit.VOLT,
        {0: "VystPhN", 1: "VystPhPh", 7: "VoltPhNVn"}
        | {8: "VoltPhPhU12", 9: "VoltPhPhU23", 10: "VoltPhPhU31"},
    ),
    **_extras(
        Unit.AMPERE,
        {2: "CurrentSyst", 14: "CurrentIn"}
        | {16: "CurrentIdir", 17: "CurrentIinv", 18: "CurrentIhom"},
    ),
    **_extras(Unit.PERCENT, {15: "CurrentInba", 19: "CurrentInb"}),
    **_extras(Unit.VOLT_AMPERE, {20: "PowerApparentNom", 45: "LoadCurve_S"}),
    **_extras(
        Unit.NONE,
        {25: "TotalPowerFactorType"}
        | {36 + 2 * n: f"PowerFactorTypeSPF{n + 1}" for n in range(3)},
    ),
    **_extras(Unit.WATT, {41: "LoadCurve_P+", 42: "LoadCurve_P-"}),
    **_extras(Unit.VAR, {43: "LoadCurve_Q+", 44: "LoadCurve_Q-"}),
    **_extras(
        Unit.PERCENT,
        {46: "THD_I1", 47: "THD_I2", 48: "THD_I3", 49: "THD_In"}
        | {50: "THD_V1", 51: "THD_V2", 52: "THD_V3"}
        | {53: "THD_U12", 54: "THD_U23", 55: "THD_U31"},
    ),
    # The manual gives it no unit: it is that of what is counted.
    **_extras(Unit.COUNT, {61: "Mff"}),
}
"""Those of the 62 that are none of ours."""


def fits(unit: str, expected: Unit) -> bool:
    """Whether an object's own unit is the one that the manual gives it."""
    return expected is Unit.COUNT or unit in UNITS[expected]
