"""One sensor for each point that a device reads."""

from typing import override

from homeassistant.components.sensor import SensorEntity
from homeassistant.const import EntityCategory
from homeassistant.core import HomeAssistant, callback
from homeassistant.helpers.entity_platform import AddConfigEntryEntitiesCallback

from .coordinator import DeviceCoordinator, DeviceEntry
from .describe import SENSORS, UNITS
from .engine.model import Phase, Point
from .entity import DeviceEntity

PARALLEL_UPDATES = 0


async def async_setup_entry(
    _hass: HomeAssistant,
    entry: DeviceEntry,
    async_add_entities: AddConfigEntryEntitiesCallback,
) -> None:
    """Make the sensors of a device."""
    coordinator = entry.runtime_data
    async_add_entities(
        PointSensor(coordinator, point)
        for group in coordinator.device.groups
        for point in group.points
    )


class PointSensor(DeviceEntity, SensorEntity):
    """One value of a device."""

    def __init__(self, coordinator: DeviceCoordinator, point: Point) -> None:
        """Describe the value by its quantity."""
        super().__init__(coordinator, point.key)
        self._point = point
        self._group = coordinator.group_of(point)
        kind = SENSORS[point.quantity]
        unit = UNITS[point.quantity.unit]
        self._attr_device_class = kind.device_class
        self._attr_state_class = kind.state_class
        self._attr_native_unit_of_measurement = unit.name
        self._attr_suggested_unit_of_measurement = unit.shown_as
        self._attr_suggested_display_precision = unit.digits
        self._attr_entity_registry_enabled_default = (
            kind.enabled and point not in coordinator.device.off_by_default
        )
        self._attr_translation_key = point.quantity.value
        if point.phase is not Phase.TOTAL:
            self._attr_translation_key += "_phase"
            self._attr_translation_placeholders = {"phase": point.phase.upper()}
            self._attr_entity_category = EntityCategory.DIAGNOSTIC
            self._attr_entity_registry_enabled_default = False
        self._take_over()

    @property
    @override
    def available(self) -> bool:
        """A value that the last poll of its group did not bring is not shown."""
        return super().available and self._point in self.coordinator.data

    @override
    @callback
    def _handle_coordinator_update(self) -> None:
        """Write the state only when this value's group was read, or was lost."""
        read = self._group in self.coordinator.read_groups
        if read or not self.coordinator.last_update_success:
            self._take_over()
            self.async_write_ha_state()

    def _take_over(self) -> None:
        self._attr_native_value = self.coordinator.data.get(self._point)
