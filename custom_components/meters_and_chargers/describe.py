"""What a quantity is to Home Assistant: the one mapping."""

from collections.abc import Mapping
from dataclasses import dataclass

from homeassistant.components.sensor import (
    SensorDeviceClass,
    SensorEntity,
    SensorStateClass,
)
from homeassistant.const import (
    PERCENTAGE,
    EntityCategory,
    UnitOfApparentPower,
    UnitOfElectricCurrent,
    UnitOfElectricPotential,
    UnitOfEnergy,
    UnitOfFrequency,
    UnitOfPower,
    UnitOfReactiveEnergy,
    UnitOfReactivePower,
    UnitOfTemperature,
    UnitOfTime,
)

from .engine.model import Phase, Point, Quantity, Unit


@dataclass(frozen=True, slots=True, kw_only=True)
class UnitOfMeasure:
    """How Home Assistant calls a unit, and the one a person prefers to see."""

    name: str | None
    shown_as: str | None = None
    digits: int


UNITS: Mapping[Unit, UnitOfMeasure] = {
    Unit.WATT: UnitOfMeasure(name=UnitOfPower.WATT, digits=0),
    Unit.VAR: UnitOfMeasure(name=UnitOfReactivePower.VOLT_AMPERE_REACTIVE, digits=0),
    Unit.VOLT_AMPERE: UnitOfMeasure(name=UnitOfApparentPower.VOLT_AMPERE, digits=0),
    Unit.WATT_HOUR: UnitOfMeasure(
        name=UnitOfEnergy.WATT_HOUR, shown_as=UnitOfEnergy.KILO_WATT_HOUR, digits=2
    ),
    Unit.VAR_HOUR: UnitOfMeasure(
        name=UnitOfReactiveEnergy.VOLT_AMPERE_REACTIVE_HOUR,
        shown_as=UnitOfReactiveEnergy.KILO_VOLT_AMPERE_REACTIVE_HOUR,
        digits=2,
    ),
    # Home Assistant knows no apparent energy.
    Unit.VOLT_AMPERE_HOUR: UnitOfMeasure(name="VAh", digits=0),
    Unit.AMPERE: UnitOfMeasure(name=UnitOfElectricCurrent.AMPERE, digits=2),
    Unit.VOLT: UnitOfMeasure(name=UnitOfElectricPotential.VOLT, digits=1),
    Unit.HERTZ: UnitOfMeasure(name=UnitOfFrequency.HERTZ, digits=2),
    Unit.SECOND: UnitOfMeasure(
        name=UnitOfTime.SECONDS, shown_as=UnitOfTime.MINUTES, digits=0
    ),
    Unit.PERCENT: UnitOfMeasure(name=PERCENTAGE, digits=0),
    Unit.CELSIUS: UnitOfMeasure(name=UnitOfTemperature.CELSIUS, digits=1),
    Unit.NONE: UnitOfMeasure(name=None, digits=2),
    Unit.COUNT: UnitOfMeasure(name=None, digits=0),
    Unit.ORDINAL: UnitOfMeasure(name=None, digits=0),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class SensorKind:
    """Device class, state class, and whether the total is shown from the start.

    ``states`` turns a device's code into one of a few words.
    """

    device_class: SensorDeviceClass | None
    state_class: SensorStateClass | None = SensorStateClass.MEASUREMENT
    enabled: bool = False
    states: Mapping[float, str] | None = None


_POWER = SensorKind(device_class=SensorDeviceClass.POWER, enabled=True)
_REACTIVE_POWER = SensorKind(device_class=SensorDeviceClass.REACTIVE_POWER)
_APPARENT_POWER = SensorKind(device_class=SensorDeviceClass.APPARENT_POWER)
_ENERGY = SensorKind(
    device_class=SensorDeviceClass.ENERGY,
    state_class=SensorStateClass.TOTAL_INCREASING,
    enabled=True,
)
_REACTIVE_ENERGY = SensorKind(
    device_class=SensorDeviceClass.REACTIVE_ENERGY,
    state_class=SensorStateClass.TOTAL_INCREASING,
)
_CODE = SensorKind(device_class=None, state_class=None)
_APPARENT_ENERGY = SensorKind(
    device_class=None, state_class=SensorStateClass.TOTAL_INCREASING
)

SENSORS: Mapping[Quantity, SensorKind] = {
    Quantity.POWER: _POWER,
    Quantity.POWER_IMPORT: _POWER,
    Quantity.POWER_EXPORT: _POWER,
    Quantity.REACTIVE_POWER: _REACTIVE_POWER,
    Quantity.REACTIVE_POWER_IMPORT: _REACTIVE_POWER,
    Quantity.REACTIVE_POWER_EXPORT: _REACTIVE_POWER,
    Quantity.APPARENT_POWER: _APPARENT_POWER,
    Quantity.APPARENT_POWER_IMPORT: _APPARENT_POWER,
    Quantity.APPARENT_POWER_EXPORT: _APPARENT_POWER,
    Quantity.POWER_FACTOR: SensorKind(
        device_class=SensorDeviceClass.POWER_FACTOR, enabled=True
    ),
    Quantity.FREQUENCY: SensorKind(
        device_class=SensorDeviceClass.FREQUENCY, enabled=True
    ),
    Quantity.CURRENT: SensorKind(device_class=SensorDeviceClass.CURRENT, enabled=True),
    Quantity.VOLTAGE: SensorKind(device_class=SensorDeviceClass.VOLTAGE, enabled=True),
    Quantity.ENERGY_IMPORT: _ENERGY,
    Quantity.ENERGY_EXPORT: _ENERGY,
    Quantity.ENERGY_IMPORT_T1: _ENERGY,
    Quantity.ENERGY_IMPORT_T2: _ENERGY,
    Quantity.ENERGY_EXPORT_T1: _ENERGY,
    Quantity.ENERGY_EXPORT_T2: _ENERGY,
    Quantity.REACTIVE_ENERGY_IMPORT: _REACTIVE_ENERGY,
    Quantity.REACTIVE_ENERGY_EXPORT: _REACTIVE_ENERGY,
    Quantity.REACTIVE_ENERGY_Q1: _REACTIVE_ENERGY,
    Quantity.REACTIVE_ENERGY_Q2: _REACTIVE_ENERGY,
    Quantity.REACTIVE_ENERGY_Q3: _REACTIVE_ENERGY,
    Quantity.REACTIVE_ENERGY_Q4: _REACTIVE_ENERGY,
    Quantity.APPARENT_ENERGY: _APPARENT_ENERGY,
    Quantity.APPARENT_ENERGY_IMPORT: _APPARENT_ENERGY,
    Quantity.APPARENT_ENERGY_EXPORT: _APPARENT_ENERGY,
    Quantity.PARTIAL_ENERGY_IMPORT: _ENERGY,
    Quantity.PARTIAL_ENERGY_EXPORT: _ENERGY,
    Quantity.TARIFF: SensorKind(device_class=None, state_class=None, enabled=True),
    Quantity.TEMPERATURE: SensorKind(device_class=SensorDeviceClass.TEMPERATURE),
    Quantity.COUNTER: SensorKind(
        device_class=None, state_class=SensorStateClass.TOTAL_INCREASING
    ),
    Quantity.DIGITAL_INPUT: _CODE,
    Quantity.GRID_POWER: _POWER,
    Quantity.INVERTER_POWER: _POWER,
    Quantity.SOLAR_POWER: _POWER,
    Quantity.HOUSE_POWER: _POWER,
    Quantity.BATTERY_POWER: _POWER,
    Quantity.BATTERY_CHARGE: SensorKind(device_class=SensorDeviceClass.BATTERY),
    Quantity.HOUSE_POWER_FROM_SOLAR: _POWER,
    Quantity.HOUSE_POWER_FROM_BATTERY: _POWER,
    Quantity.HOUSE_POWER_FROM_GRID: _POWER,
    Quantity.WALLBOX_POWER: _POWER,
    Quantity.WALLBOX_POWER_FROM_SOLAR: _POWER,
    Quantity.WALLBOX_POWER_FROM_BATTERY: _POWER,
    Quantity.WALLBOX_POWER_FROM_GRID: _POWER,
    Quantity.WALLBOX_CHARGE_MODE: SensorKind(
        device_class=SensorDeviceClass.ENUM,
        state_class=None,
        states={1: "lock", 2: "power", 3: "solar_pure", 4: "solar_plus"},
    ),
    Quantity.INVERTER_CONTROL: _POWER,
    Quantity.CURTAILMENT: _CODE,
    # 0 means unknown to one source, something else to another.
    Quantity.WALLBOX_STATUS: SensorKind(
        device_class=SensorDeviceClass.ENUM,
        state_class=None,
        states={
            1: "no_vehicle",
            2: "connected",
            3: "paused",
            4: "starting",
            5: "charging",
            6: "communication_error",
            7: "service",
        },
    ),
    Quantity.WALLBOX_CURRENT: SensorKind(device_class=SensorDeviceClass.CURRENT),
    Quantity.CHARGING_POWER: _POWER,
    Quantity.CHARGED_ENERGY: _ENERGY,
    Quantity.CHARGING_DURATION: SensorKind(device_class=SensorDeviceClass.DURATION),
    # IEC 61851-1's states A to F.
    Quantity.PILOT_STATUS: SensorKind(
        device_class=SensorDeviceClass.ENUM,
        state_class=None,
        enabled=True,
        states={
            0: "no_vehicle",
            1: "connected",
            2: "charging",
            3: "charging_ventilated",
            4: "no_power",
            5: "error",
        },
    ),
    Quantity.CHARGING_LIMIT: SensorKind(device_class=SensorDeviceClass.CURRENT),
    Quantity.CHARGING_ENABLED: SensorKind(
        device_class=SensorDeviceClass.ENUM,
        state_class=None,
        states={0: "no", 1: "yes"},
    ),
    Quantity.FAILSAFE_DURATION: SensorKind(
        device_class=SensorDeviceClass.DURATION, state_class=None
    ),
    Quantity.FAILSAFE_CURRENT: SensorKind(
        device_class=SensorDeviceClass.CURRENT, state_class=None
    ),
}

_PHASES = {phase: {"phase": phase.upper()} for phase in Phase}
"""Sensors share them: there may be tens of thousands."""


class Described(SensorEntity):
    """A sensor that is described by its point."""

    def _describe(self, point: Point, *, certain: bool = True) -> None:
        kind = SENSORS[point.quantity]
        unit = UNITS[point.quantity.unit]
        self._attr_device_class = kind.device_class
        self._attr_state_class = kind.state_class
        self._attr_native_unit_of_measurement = unit.name
        self._attr_suggested_unit_of_measurement = unit.shown_as
        if kind.states is None:
            self._attr_suggested_display_precision = unit.digits
        else:
            self._attr_options = list(kind.states.values())
        self._attr_entity_registry_enabled_default = kind.enabled and certain
        self._attr_translation_key = point.quantity.value
        if point.part:
            self._attr_translation_placeholders = {"number": point.part}
        if point.phase is not Phase.TOTAL:
            self._attr_translation_key += "_phase"
            self._attr_translation_placeholders = _PHASES[point.phase]
            self._attr_entity_category = EntityCategory.DIAGNOSTIC
            self._attr_entity_registry_enabled_default = False
