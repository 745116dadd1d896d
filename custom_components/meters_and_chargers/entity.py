"""What the entities of a device, of a connector, and of a site have in common."""

from typing import override

from homeassistant.core import HomeAssistant, callback
from homeassistant.helpers import device_registry as dr
from homeassistant.helpers.device_registry import ChildDeviceInfo, DeviceInfo
from homeassistant.helpers.entity import Entity
from homeassistant.helpers.update_coordinator import CoordinatorEntity

from .const import DOMAIN
from .controller import SiteCharger, SiteController
from .coordinator import DeviceCoordinator
from .engine.model import Identity
from .ocpp_wallbox import ChargerHub, Topic


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


class _PushedEntity(Entity):
    """An entity that writes its state when it is told of a change, and only then."""

    _attr_has_entity_name = True
    _attr_should_poll = False
    _written: tuple[bool, object] | None = None

    def _shown(self) -> object:
        """What the state is made of; the same again is not written."""
        return None

    @callback
    def _changed(self) -> None:
        now = (self.available, self._shown())
        if now != self._written:
            self._written = now
            self._write()

    def _write(self) -> None:
        self.async_write_ha_state()


class ChargerEntity(_PushedEntity):
    """An entity on the page of an OCPP wallbox, or of one of its connectors."""

    def __init__(self, hub: ChargerHub, topic: Topic | None, key: str) -> None:
        """Name the entity by the wallbox's identity and its own key.

        The first connector's entities stand on the wallbox's page, the others'
        on pages of their own.
        """
        self._hub = hub
        self._topic = topic
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

    @override
    def _write(self) -> None:
        self.async_set_context(self._hub.context)
        super()._write()


class SiteChargerEntity(_PushedEntity):
    """What a site adds to one of its chargers; there even without the charger.

    It stands on the wallbox's own page, whoever's that is, so that the owner has one
    wallbox; on a page of its own as long as nobody knows the wallbox.
    """

    def __init__(
        self, controller: SiteController, charger: SiteCharger, key: str
    ) -> None:
        """Name the entity by the charger's subentry and its own key."""
        self._controller = controller
        self._charger = charger
        self._attr_translation_key = key
        self._attr_unique_id = f"{charger.subentry_id}_{key}"
        self.device_entry = _device_of(charger.hass, charger.key)
        if self.device_entry is None:
            self._attr_device_info = DeviceInfo(
                identifiers={(DOMAIN, charger.subentry_id)}, name=charger.title
            )

    @override
    async def async_added_to_hass(self) -> None:
        """Follow the decisions of the site."""
        await super().async_added_to_hass()
        self.async_on_remove(self._controller.listen(self._changed))


def _device_of(hass: HomeAssistant, key: str) -> dr.AnyDeviceEntry | None:
    """Return the page of a wallbox, or of one of its connectors."""
    devices = dr.async_get(hass)
    for entry in hass.config_entries.async_entries(DOMAIN):
        for find in (
            devices.async_get_device_by_identifier,
            devices.async_get_child_device_by_identifier,
        ):
            if (found := find((DOMAIN, key), entry.entry_id)) is not None:
                return found
    return None
