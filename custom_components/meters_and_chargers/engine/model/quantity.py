"""What can be measured, on which phase, in which unit."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum


class Unit(StrEnum):
    """The one unit each quantity has everywhere in the engine."""

    WATT = "W"
    VAR = "var"
    VOLT_AMPERE = "VA"
    WATT_HOUR = "Wh"
    VAR_HOUR = "varh"
    VOLT_AMPERE_HOUR = "VAh"
    AMPERE = "A"
    VOLT = "V"
    HERTZ = "Hz"
    SECOND = "s"
    PERCENT = "%"
    CELSIUS = "°C"
    NONE = ""
    COUNT = "count"
    """What a device counts, in a unit that its owner has chosen there."""
    ORDINAL = "ordinal"
    """A number that names one of several things: it isn't an amount."""


class Quantity(StrEnum):
    """A measured quantity; import is what the house draws from the grid."""

    POWER = "power"
    POWER_IMPORT = "power_import"
    POWER_EXPORT = "power_export"
    REACTIVE_POWER = "reactive_power"
    REACTIVE_POWER_IMPORT = "reactive_power_import"
    REACTIVE_POWER_EXPORT = "reactive_power_export"
    APPARENT_POWER = "apparent_power"
    APPARENT_POWER_IMPORT = "apparent_power_import"
    APPARENT_POWER_EXPORT = "apparent_power_export"
    POWER_FACTOR = "power_factor"
    FREQUENCY = "frequency"
    CURRENT = "current"
    VOLTAGE = "voltage"
    ENERGY_IMPORT = "energy_import"
    ENERGY_EXPORT = "energy_export"
    ENERGY_IMPORT_T1 = "energy_import_t1"
    ENERGY_IMPORT_T2 = "energy_import_t2"
    ENERGY_EXPORT_T1 = "energy_export_t1"
    ENERGY_EXPORT_T2 = "energy_export_t2"
    REACTIVE_ENERGY_IMPORT = "reactive_energy_import"
    REACTIVE_ENERGY_EXPORT = "reactive_energy_export"
    REACTIVE_ENERGY_Q1 = "reactive_energy_q1"
    REACTIVE_ENERGY_Q2 = "reactive_energy_q2"
    REACTIVE_ENERGY_Q3 = "reactive_energy_q3"
    REACTIVE_ENERGY_Q4 = "reactive_energy_q4"
    APPARENT_ENERGY = "apparent_energy"
    APPARENT_ENERGY_IMPORT = "apparent_energy_import"
    APPARENT_ENERGY_EXPORT = "apparent_energy_export"
    # Counters that somebody may set back to 0.
    PARTIAL_ENERGY_IMPORT = "partial_energy_import"
    PARTIAL_ENERGY_EXPORT = "partial_energy_export"
    TARIFF = "tariff"
    # What is connected to a meter besides; the part is which one.
    TEMPERATURE = "temperature"
    COUNTER = "counter"
    DIGITAL_INPUT = "digital_input"
    # What an energy manager knows of the house; signs are those of the device.
    GRID_POWER = "grid_power"
    INVERTER_POWER = "inverter_power"
    SOLAR_POWER = "solar_power"
    HOUSE_POWER = "house_power"
    BATTERY_POWER = "battery_power"
    BATTERY_CHARGE = "battery_charge"
    HOUSE_POWER_FROM_SOLAR = "house_power_from_solar"
    HOUSE_POWER_FROM_BATTERY = "house_power_from_battery"
    HOUSE_POWER_FROM_GRID = "house_power_from_grid"
    WALLBOX_POWER = "wallbox_power"
    WALLBOX_POWER_FROM_SOLAR = "wallbox_power_from_solar"
    WALLBOX_POWER_FROM_BATTERY = "wallbox_power_from_battery"
    WALLBOX_POWER_FROM_GRID = "wallbox_power_from_grid"
    WALLBOX_CHARGE_MODE = "wallbox_charge_mode"
    INVERTER_CONTROL = "inverter_control"
    CURTAILMENT = "curtailment"
    # What a meter knows of the wallbox behind it.
    WALLBOX_STATUS = "wallbox_status"
    WALLBOX_CURRENT = "wallbox_current"
    CHARGING_POWER = "charging_power"
    CHARGED_ENERGY = "charged_energy"
    CHARGING_DURATION = "charging_duration"
    # What a wallbox says of itself.
    PILOT_STATUS = "pilot_status"
    CHARGING_LIMIT = "charging_limit"
    CHARGING_ENABLED = "charging_enabled"
    FAILSAFE_DURATION = "failsafe_duration"
    FAILSAFE_CURRENT = "failsafe_current"

    @property
    def unit(self) -> Unit:
        """The unit of every value of this quantity."""
        return _UNITS[self]

    @property
    def plausible(self) -> tuple[float, float]:
        """The lowest and highest value a site can have; beyond it is a bad answer."""
        return _PLAUSIBLE[self]


_UNITS: Mapping[Quantity, Unit] = {
    Quantity.POWER: Unit.WATT,
    Quantity.POWER_IMPORT: Unit.WATT,
    Quantity.POWER_EXPORT: Unit.WATT,
    Quantity.REACTIVE_POWER: Unit.VAR,
    Quantity.REACTIVE_POWER_IMPORT: Unit.VAR,
    Quantity.REACTIVE_POWER_EXPORT: Unit.VAR,
    Quantity.APPARENT_POWER: Unit.VOLT_AMPERE,
    Quantity.APPARENT_POWER_IMPORT: Unit.VOLT_AMPERE,
    Quantity.APPARENT_POWER_EXPORT: Unit.VOLT_AMPERE,
    Quantity.POWER_FACTOR: Unit.NONE,
    Quantity.FREQUENCY: Unit.HERTZ,
    Quantity.CURRENT: Unit.AMPERE,
    Quantity.VOLTAGE: Unit.VOLT,
    Quantity.ENERGY_IMPORT: Unit.WATT_HOUR,
    Quantity.ENERGY_EXPORT: Unit.WATT_HOUR,
    Quantity.ENERGY_IMPORT_T1: Unit.WATT_HOUR,
    Quantity.ENERGY_IMPORT_T2: Unit.WATT_HOUR,
    Quantity.ENERGY_EXPORT_T1: Unit.WATT_HOUR,
    Quantity.ENERGY_EXPORT_T2: Unit.WATT_HOUR,
    Quantity.REACTIVE_ENERGY_IMPORT: Unit.VAR_HOUR,
    Quantity.REACTIVE_ENERGY_EXPORT: Unit.VAR_HOUR,
    Quantity.REACTIVE_ENERGY_Q1: Unit.VAR_HOUR,
    Quantity.REACTIVE_ENERGY_Q2: Unit.VAR_HOUR,
    Quantity.REACTIVE_ENERGY_Q3: Unit.VAR_HOUR,
    Quantity.REACTIVE_ENERGY_Q4: Unit.VAR_HOUR,
    Quantity.APPARENT_ENERGY: Unit.VOLT_AMPERE_HOUR,
    Quantity.APPARENT_ENERGY_IMPORT: Unit.VOLT_AMPERE_HOUR,
    Quantity.APPARENT_ENERGY_EXPORT: Unit.VOLT_AMPERE_HOUR,
    Quantity.PARTIAL_ENERGY_IMPORT: Unit.WATT_HOUR,
    Quantity.PARTIAL_ENERGY_EXPORT: Unit.WATT_HOUR,
    Quantity.TARIFF: Unit.ORDINAL,
    Quantity.TEMPERATURE: Unit.CELSIUS,
    Quantity.COUNTER: Unit.COUNT,
    Quantity.DIGITAL_INPUT: Unit.ORDINAL,
    Quantity.GRID_POWER: Unit.WATT,
    Quantity.INVERTER_POWER: Unit.WATT,
    Quantity.SOLAR_POWER: Unit.WATT,
    Quantity.HOUSE_POWER: Unit.WATT,
    Quantity.BATTERY_POWER: Unit.WATT,
    Quantity.BATTERY_CHARGE: Unit.PERCENT,
    Quantity.HOUSE_POWER_FROM_SOLAR: Unit.WATT,
    Quantity.HOUSE_POWER_FROM_BATTERY: Unit.WATT,
    Quantity.HOUSE_POWER_FROM_GRID: Unit.WATT,
    Quantity.WALLBOX_POWER: Unit.WATT,
    Quantity.WALLBOX_POWER_FROM_SOLAR: Unit.WATT,
    Quantity.WALLBOX_POWER_FROM_BATTERY: Unit.WATT,
    Quantity.WALLBOX_POWER_FROM_GRID: Unit.WATT,
    Quantity.WALLBOX_CHARGE_MODE: Unit.ORDINAL,
    Quantity.INVERTER_CONTROL: Unit.WATT,
    Quantity.CURTAILMENT: Unit.ORDINAL,
    Quantity.WALLBOX_STATUS: Unit.ORDINAL,
    Quantity.WALLBOX_CURRENT: Unit.AMPERE,
    Quantity.CHARGING_POWER: Unit.WATT,
    Quantity.CHARGED_ENERGY: Unit.WATT_HOUR,
    Quantity.CHARGING_DURATION: Unit.SECOND,
    Quantity.PILOT_STATUS: Unit.ORDINAL,
    Quantity.CHARGING_LIMIT: Unit.AMPERE,
    Quantity.CHARGING_ENABLED: Unit.ORDINAL,
    Quantity.FAILSAFE_DURATION: Unit.SECOND,
    Quantity.FAILSAFE_CURRENT: Unit.AMPERE,
}

# Wide enough for any low-voltage site (10 kA), narrow enough to catch the
# 0xFFFFFFFF of a value that isn't there, and words in the wrong order.
_LIMITS: Mapping[Unit, tuple[float, float]] = {
    Unit.WATT: (-2e7, 2e7),
    Unit.VAR: (-2e7, 2e7),
    Unit.VOLT_AMPERE: (0, 2e7),
    Unit.WATT_HOUR: (0, 1e14),
    Unit.VAR_HOUR: (0, 1e14),
    Unit.VOLT_AMPERE_HOUR: (0, 1e14),
    Unit.AMPERE: (-1e4, 1e4),
    Unit.VOLT: (0, 1e4),
    Unit.HERTZ: (0, 1e3),
    Unit.SECOND: (0, 1e9),
    Unit.PERCENT: (0, 100),
    Unit.CELSIUS: (-100, 300),
    Unit.NONE: (-1.05, 1.05),  # a power factor, and how it may be rounded
}

# By quantity, as each value of each poll asks for it.
_PLAUSIBLE: Mapping[Quantity, tuple[float, float]] = {
    quantity: _LIMITS.get(unit, (float("-inf"), float("inf")))
    for quantity, unit in _UNITS.items()
}


class Phase(StrEnum):
    """A line conductor, or all of them together."""

    TOTAL = "total"
    L1 = "l1"
    L2 = "l2"
    L3 = "l3"


PHASES = (Phase.L1, Phase.L2, Phase.L3)


@dataclass(frozen=True, slots=True, order=True)
class Point:
    """One value of a device: what is measured, on which phase, of which part."""

    quantity: Quantity
    phase: Phase = Phase.TOTAL
    part: str = ""
    """A connector of a charger, an input of a module; empty for the device itself."""

    @property
    def key(self) -> str:
        """A stable name for unique ids, such as ``current_l1`` or ``2_power``."""
        key = f"{self.part}_{self.quantity.value}" if self.part else self.quantity.value
        return key if self.phase is Phase.TOTAL else f"{key}_{self.phase.value}"


type Readings = Mapping[Point, float | None]
"""What one read brought: None where the device does not say, no key where it failed."""
