"""What the entities of a device, of a connector, and of a site have in common."""

from collections.abc import Callable
from typing import override

from homeassistant.const import EntityCategory, Platform
from homeassistant.core import callback
from homeassistant.helpers import device_registry as dr
from homeassistant.helpers import entity_registry as er
from homeassistant.helpers.device_registry import (
    ChildDeviceInfo,
    DeviceEntryType,
    DeviceInfo,
)
from homeassistant.helpers.entity import Entity
from homeassistant.helpers.entity_platform import AddConfigEntryEntitiesCallback
from homeassistant.helpers.update_coordinator import CoordinatorEntity

from .billing import BillingGateway
from .const import DOMAIN
from .controller import SiteController
from .coordinator import DeviceCoordinator
from .engine.model import Identity
from .ocpp_wallbox import ChargerHub, Topic
from .site_charger import SiteCharger
from .site_circuit import SiteCircuit

type Page = DeviceInfo | dr.AnyDeviceEntry
"""A page of our own, or one that is there."""


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
    _pause_s = 0.0
    """How long after a write the next one waits, so that a fast meter floods nobody."""
    _written: object = None
    _was_available: bool | None = None
    """None before the first write."""
    _written_at = float("-inf")

    def _shown(self) -> object:
        """What the state is made of; the same again is not written."""
        return None

    @callback
    def _changed(self) -> None:
        available, shown = self.available, self._shown()
        if available == self._was_available and shown == self._written:
            return
        if self._pause_s:
            clock = self.hass.loop.time()
            if clock - self._written_at < self._pause_s:
                # It is written at a later call: a site calls each second.
                return
            self._written_at = clock
        self._was_available, self._written = available, shown
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
        number = 1
        if topic is not None:
            number = topic if isinstance(topic, int) else int(topic.part or 1)
        number = max(number, 1)
        if number not in hub.pages:
            # Entities share it: for thousands one each would be a lot of memory.
            hub.pages[number] = _page(hub, number)
        self._attr_device_info = hub.pages[number]

    @property
    @override
    def available(self) -> bool:
        """Nothing is known of a wallbox that is away for long."""
        return self._hub.available

    @override
    async def async_added_to_hass(self) -> None:
        """Follow what the entity shows."""
        await super().async_added_to_hass()
        if self._topic is not None:
            self._hub.listen(self._topic, self._changed)

    @override
    async def async_will_remove_from_hass(self) -> None:
        """Follow it no more."""
        if self._topic is not None:
            self._hub.leave(self._topic, self._changed)
        await super().async_will_remove_from_hass()

    @callback
    @override
    def _changed(self) -> None:
        # One message changes ten of them, so this is without a detour.
        available, shown = self.available, self._shown()
        if shown == self._written and available is self._was_available:
            return
        self._was_available, self._written = available, shown
        self.async_set_context(self._hub.context)
        self.async_write_ha_state()


def _page(hub: ChargerHub, number: int) -> DeviceInfo | ChildDeviceInfo:
    if number == 1:
        return device_info(hub.identity, hub.entry.title)
    return ChildDeviceInfo(
        identifiers={(DOMAIN, f"{hub.identity.key}_{number}")},
        name=f"{hub.entry.title} {number}",
        parent_device_id=hub.device_id,
    )


class BillingEntity(_PushedEntity):
    """How a charger stands at its billing service; there also without the charger."""

    _attr_entity_category = EntityCategory.DIAGNOSTIC

    def __init__(
        self, gateway: BillingGateway, page: Page, owner: str, key: str
    ) -> None:
        """Name the entity by its charger's identity and its own key."""
        self._gateway = gateway
        self._attr_translation_key = key
        self._attr_unique_id = f"{owner}_{key}"
        _stand_on(self, page)

    @override
    async def async_added_to_hass(self) -> None:
        """Follow the gateway."""
        await super().async_added_to_hass()
        self.async_on_remove(self._gateway.listen(self._changed))


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
        _stand_on(self, site_page(charger))

    @override
    async def async_added_to_hass(self) -> None:
        """Follow the decisions of the site."""
        await super().async_added_to_hass()
        self.async_on_remove(self._controller.listen(self._changed))


@callback
def offer_when(
    able: Callable[[], bool],
    entity: SiteChargerEntity,
    platform: Platform,
    controller: SiteController,
    charger: SiteCharger,
    async_add_entities: AddConfigEntryEntitiesCallback,
) -> None:
    """Make an entity as soon as its charger turns out to be able to what it shows.

    A charger that can't be asked now has it if it had it before.
    """
    entities = er.async_get(charger.hass)
    known = entities.async_get_entity_id(platform, DOMAIN, str(entity.unique_id))
    if able() or (known and (charger.absent or not charger.state.online)):
        async_add_entities([entity], config_subentry_id=charger.subentry_id)
        return
    if known:
        entities.async_remove(known)

    @callback
    def offer() -> None:
        if able():
            end()
            async_add_entities([entity], config_subentry_id=charger.subentry_id)

    end = controller.listen(offer)


class CircuitEntity(_PushedEntity):
    """An entity on the page of a site, or of one of its circuits."""

    def __init__(
        self, controller: SiteController, circuit: SiteCircuit, key: str
    ) -> None:
        """Name the entity by the circuit's subentry, or the site's entry, and a key."""
        self._controller = controller
        self._circuit = circuit
        self._attr_translation_key = key
        entry = controller.entry
        place = circuit.subentry_id or entry.entry_id
        self._attr_unique_id = f"{place}_{key}"
        site = DeviceInfo(
            identifiers={(DOMAIN, entry.entry_id)},
            entry_type=DeviceEntryType.SERVICE,
            name=entry.title,
        )
        self._attr_device_info = site
        if circuit.subentry_id:
            # A child device would have to be of the site's own, without a subentry.
            page = dr.async_get(controller.hass).async_get_or_create(
                config_entry_id=entry.entry_id,
                identifiers={(DOMAIN, entry.entry_id)},
                entry_type=DeviceEntryType.SERVICE,
                name=entry.title,
            )
            self._attr_device_info = DeviceInfo(
                identifiers={(DOMAIN, circuit.subentry_id)},
                entry_type=DeviceEntryType.SERVICE,
                name=circuit.title,
                via_device_id=page.id,
            )

    @override
    async def async_added_to_hass(self) -> None:
        """Follow the decisions of the site."""
        await super().async_added_to_hass()
        self.async_on_remove(self._controller.listen(self._changed))


def _stand_on(entity: Entity, page: Page) -> None:
    """Put an entity on a page."""
    if isinstance(page, dr.DeviceEntry | dr.ChildDeviceEntry):
        entity.device_entry = page
    else:
        entity._attr_device_info = page  # noqa: SLF001  # of Home Assistant's own classes


def site_page(charger: SiteCharger) -> Page:
    """Return the page of a site's wallbox, or one of our own as long as there is none.

    An owner has one wallbox, whoever's page it is.
    """
    return _page_of(charger) or DeviceInfo(
        identifiers={(DOMAIN, charger.subentry_id)}, name=charger.title
    )


def _page_of(charger: SiteCharger) -> dr.AnyDeviceEntry | None:
    """Return the page of a wallbox, of a connector, or of a foreign wallbox."""
    hass, devices = charger.hass, dr.async_get(charger.hass)
    if charger.own_entity is not None:
        entity = er.async_get(hass).async_get(charger.own_entity)
        device_id = None if entity is None else entity.device_id
        return None if device_id is None else devices.async_get(device_id)
    for entry in hass.config_entries.async_entries(DOMAIN):
        for find in (
            devices.async_get_device_by_identifier,
            devices.async_get_child_device_by_identifier,
        ):
            if (found := find((DOMAIN, charger.key), entry.entry_id)) is not None:
                return found
    return None
