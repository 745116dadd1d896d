"""What happens at an OCPP wallbox: a card, a transaction, a restart."""

from typing import override

from homeassistant.components.event import EventEntity
from homeassistant.core import HomeAssistant, callback
from homeassistant.helpers.entity_platform import AddConfigEntryEntitiesCallback

from .engine.devices.ocpp_charger import OCCURRENCES, Occurrence
from .entity import ChargerEntity
from .ocpp_wallbox import ChargerEntry, ChargerHub

PARALLEL_UPDATES = 0


async def async_setup_entry(
    _hass: HomeAssistant,
    entry: ChargerEntry,
    async_add_entities: AddConfigEntryEntitiesCallback,
) -> None:
    """Make the event entity of a wallbox."""
    async_add_entities([ChargerEvent(entry.runtime_data)])


class ChargerEvent(ChargerEntity, EventEntity):
    """The last thing that happened; a card's number never appears in full."""

    _attr_translation_key = "activity"
    _attr_event_types = list(OCCURRENCES)  # noqa: RUF012 - Home Assistant's own type

    def __init__(self, hub: ChargerHub) -> None:
        """Belong to a wallbox."""
        super().__init__(hub, 1, "activity")

    @override
    async def async_added_to_hass(self) -> None:
        """Follow what happens."""
        await super().async_added_to_hass()
        self.async_on_remove(self._hub.listen_occurrences(self._happened))

    @callback
    def _happened(self, occurrence: Occurrence) -> None:
        self._trigger_event(
            occurrence.kind, {"connector": occurrence.connector, **occurrence.data}
        )
        self.async_write_ha_state()
