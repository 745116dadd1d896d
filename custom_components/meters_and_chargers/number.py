"""The charging current of a charger."""

from typing import override

from homeassistant.components.number import (
    NumberDeviceClass,
    NumberMode,
    RestoreNumber,
)
from homeassistant.const import UnitOfElectricCurrent
from homeassistant.core import HomeAssistant
from homeassistant.helpers.entity_platform import AddConfigEntryEntitiesCallback

from .coordinator import DeviceCoordinator, DeviceEntry
from .engine.model import Charger
from .entity import DeviceEntity

# Writes to one device go out one after the other.
PARALLEL_UPDATES = 1


async def async_setup_entry(
    _hass: HomeAssistant,
    entry: DeviceEntry,
    async_add_entities: AddConfigEntryEntitiesCallback,
) -> None:
    """Make the number of a charger."""
    coordinator = entry.runtime_data
    if (charger := coordinator.charger) is not None:
        async_add_entities([ChargingCurrent(coordinator, charger)])


class ChargingCurrent(DeviceEntity, RestoreNumber):
    """The current a charger may draw on each of its phases; 0 pauses it."""

    _attr_translation_key = "charging_current"
    _attr_device_class = NumberDeviceClass.CURRENT
    _attr_native_unit_of_measurement = UnitOfElectricCurrent.AMPERE
    _attr_native_min_value = 0
    _attr_mode = NumberMode.SLIDER

    def __init__(self, coordinator: DeviceCoordinator, charger: Charger) -> None:
        """Take the bounds from the charger's setpoint."""
        super().__init__(coordinator, "charging_current")
        self._charger = charger
        self._attr_native_max_value = charger.setpoint.maximum_ma / 1000
        self._attr_native_step = charger.setpoint.step_ma / 1000
        self._attr_assumed_state = charger.limit_is_assumed

    @override
    async def async_added_to_hass(self) -> None:
        """Recall what was last written, if the charger can't tell."""
        await super().async_added_to_hass()
        if self._charger.limit_is_assumed and self._charger.limit_ma is None:
            last = await self.async_get_last_number_data()
            if last is not None and last.native_value is not None:
                self._charger.assume_limit(round(last.native_value * 1000))

    @property
    @override
    def native_value(self) -> float | None:
        """The limit, as far as it is known."""
        if (limit_ma := self._charger.limit_ma) is None:
            return None
        return limit_ma / 1000

    @override
    async def async_set_native_value(self, value: float) -> None:
        """Write the charging current; A."""
        await self.coordinator.async_set_limit(round(value * 1000))
