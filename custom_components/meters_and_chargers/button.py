"""Buttons of an OCPP wallbox: restart it, free the cable."""

from typing import override

from homeassistant.components.button import ButtonEntity
from homeassistant.components.button.const import ButtonDeviceClass
from homeassistant.const import EntityCategory
from homeassistant.core import HomeAssistant, callback
from homeassistant.helpers.entity_platform import AddConfigEntryEntitiesCallback

from .entity import ChargerEntity
from .ocpp_wallbox import ChargerEntry, ChargerHub, Topic

PARALLEL_UPDATES = 1


async def async_setup_entry(
    _hass: HomeAssistant,
    entry: ChargerEntry,
    async_add_entities: AddConfigEntryEntitiesCallback,
) -> None:
    """Make the buttons of a wallbox and of its connectors."""
    hub = entry.runtime_data

    @callback
    def add(topic: Topic) -> None:
        if isinstance(topic, int):
            async_add_entities([UnlockButton(hub, topic)])

    async_add_entities([ResetButton(hub)])
    entry.async_on_unload(hub.each(add))


class ResetButton(ChargerEntity, ButtonEntity):
    """Restarts a wallbox, after ending its transactions."""

    _attr_device_class = ButtonDeviceClass.RESTART
    _attr_entity_category = EntityCategory.CONFIG

    def __init__(self, hub: ChargerHub) -> None:
        """Belong to a wallbox."""
        super().__init__(hub, 1, "reset")
        self._connector = hub.connectors[1]

    @override
    async def async_press(self) -> None:
        """Ask for a soft reset."""
        await self._connector.ask(self._hub.charger.reset(hard=False))


class UnlockButton(ChargerEntity, ButtonEntity):
    """Frees the cable of a connector."""

    _attr_translation_key = "unlock"

    def __init__(self, hub: ChargerHub, number: int) -> None:
        """Belong to a connector."""
        super().__init__(hub, number, f"{number}_unlock")
        self._connector = hub.connectors[number]

    @override
    async def async_press(self) -> None:
        """Ask for the connector to be unlocked."""
        await self._connector.ask(self._hub.charger.unlock(self._connector.number))
