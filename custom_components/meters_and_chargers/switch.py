"""Whether a connector of an OCPP wallbox may charge."""

from typing import Any, override

from homeassistant.components.switch import SwitchEntity
from homeassistant.core import HomeAssistant, callback
from homeassistant.helpers.entity_platform import AddConfigEntryEntitiesCallback
from homeassistant.helpers.restore_state import RestoreEntity

from .entity import ChargerEntity
from .ocpp_wallbox import ChargerEntry, ChargerHub, Topic

PARALLEL_UPDATES = 1


async def async_setup_entry(
    _hass: HomeAssistant,
    entry: ChargerEntry,
    async_add_entities: AddConfigEntryEntitiesCallback,
) -> None:
    """Make one switch for each connector."""
    hub = entry.runtime_data

    @callback
    def add(topic: Topic) -> None:
        if isinstance(topic, int):
            async_add_entities([ChargingSwitch(hub, topic)])

    entry.async_on_unload(hub.each(add))


class ChargingSwitch(ChargerEntity, SwitchEntity, RestoreEntity):
    """On lets a plugged car charge, by itself if need be; off ends a transaction."""

    _attr_translation_key = "charging"

    def __init__(self, hub: ChargerHub, number: int) -> None:
        """Belong to a connector; charging is allowed unless the user says no."""
        super().__init__(hub, number, f"{number}_charging")
        self._connector = hub.connectors[number]
        self._attr_is_on = True

    @override
    async def async_added_to_hass(self) -> None:
        """Go on with what the user chose before a restart."""
        await super().async_added_to_hass()
        last = await self.async_get_last_state()
        if last is not None and last.state == "off":
            self._attr_is_on = False
        self._connector.allow(allowed=bool(self._attr_is_on))

    @override
    async def async_turn_on(self, **kwargs: Any) -> None:
        """Allow charging; a car that waits is started."""
        self._attr_is_on = True
        self._connector.allow(allowed=True)
        self.async_write_ha_state()

    @override
    async def async_turn_off(self, **kwargs: Any) -> None:
        """End charging, and start nothing."""
        self._connector.allow(allowed=False)
        await self._connector.stop()
        self._attr_is_on = False
        self.async_write_ha_state()
