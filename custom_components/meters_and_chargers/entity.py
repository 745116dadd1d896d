"""What all entities of a device have in common."""

from homeassistant.helpers.device_registry import DeviceInfo
from homeassistant.helpers.update_coordinator import CoordinatorEntity

from .const import DOMAIN
from .coordinator import DeviceCoordinator


class DeviceEntity(CoordinatorEntity[DeviceCoordinator]):
    """An entity on the page of a meter or charger."""

    _attr_has_entity_name = True

    def __init__(self, coordinator: DeviceCoordinator, key: str) -> None:
        """Name the entity by the device's identity and its own key."""
        super().__init__(coordinator)
        identity = coordinator.identity
        self._attr_unique_id = f"{identity.key}_{key}"
        self._attr_device_info = DeviceInfo(
            identifiers={(DOMAIN, identity.key)},
            manufacturer=identity.maker,
            model=identity.model,
            name=coordinator.config_entry.title,
            serial_number=identity.serial,
            sw_version=identity.firmware,
            hw_version=identity.hardware,
        )
