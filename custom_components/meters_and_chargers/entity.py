"""What the entities of a device, and those of a connector, have in common."""

from typing import override

from homeassistant.core import callback
from homeassistant.helpers.device_registry import ChildDeviceInfo, DeviceInfo
from homeassistant.helpers.entity import Entity
from homeassistant.helpers.update_coordinator import CoordinatorEntity

from .const import DOMAIN
from .coordinator import DeviceCoordinator
from .engine.model import Identity
from .ocpp import ChargerHub, Topic


def device_info(identity: Identity, title: str) -> DeviceInfo:
    """Describe a device to Home Assistant."""
    return DeviceInfo(
        identifiers={(DOMAIN, identity.key)},
        manufacturer=identity.maker,
        model=identity.model,
        name=title,
        serial_number=identity.serial,
        sw_version=identity.firmware,
        hw_version=identity.hardware,
    )


class DeviceEntity(CoordinatorEntity[DeviceCoordinator]):
    """An entity on the page of a meter or charger that is polled."""

    _attr_has_entity_name = True

    def __init__(self, coordinator: DeviceCoordinator, key: str) -> None:
        """Name the entity by the device's identity and its own key."""
        super().__init__(coordinator)
        identity = coordinator.identity
        self._attr_unique_id = f"{identity.key}_{key}"
        self._attr_device_info = device_info(identity, coordinator.title)


class ChargerEntity(Entity):
    """An entity on the page of an OCPP wallbox, or of one of its connectors."""

    _attr_has_entity_name = True
    _attr_should_poll = False

    def __init__(self, hub: ChargerHub, topic: Topic | None, key: str) -> None:
        """Name the entity by the wallbox's identity and its own key.

        The first connector's entities stand on the wallbox's page, the others'
        on pages of their own.
        """
        self._hub = hub
        self._topic = topic
        self._written: tuple[bool, object] | None = None
        self._attr_unique_id = f"{hub.identity.key}_{key}"
        self._attr_device_info = device_info(hub.identity, hub.entry.title)
        number = 1
        if topic is not None:
            number = topic if isinstance(topic, int) else int(topic.part or 1)
        if number > 1:
            self._attr_device_info = ChildDeviceInfo(
                identifiers={(DOMAIN, f"{hub.identity.key}_{number}")},
                name=f"{hub.entry.title} {number}",
                parent_device_id=hub.device_id,
            )

    @property
    @override
    def available(self) -> bool:
        """Nothing is known of a wallbox without a connection."""
        return self._hub.online

    @override
    async def async_added_to_hass(self) -> None:
        """Follow what the entity shows."""
        await super().async_added_to_hass()
        if self._topic is not None:
            self.async_on_remove(self._hub.listen(self._topic, self._changed))

    def _shown(self) -> object:
        """What the state is made of; the same again is not written."""
        return None

    @callback
    def _changed(self) -> None:
        now = (self.available, self._shown())
        if now != self._written:
            self._written = now
            self.async_set_context(self._hub.context)
            self.async_write_ha_state()
