"""The charging mode of each charger of a site."""

from typing import override

from homeassistant.components.select import SelectEntity
from homeassistant.core import HomeAssistant
from homeassistant.helpers.entity_platform import AddConfigEntryEntitiesCallback
from homeassistant.helpers.restore_state import RestoreEntity

from .controller import SiteCharger, SiteController, SiteEntry
from .engine.charging import Mode
from .entity import SiteChargerEntity

PARALLEL_UPDATES = 0


async def async_setup_entry(
    _hass: HomeAssistant,
    entry: SiteEntry,
    async_add_entities: AddConfigEntryEntitiesCallback,
) -> None:
    """Make one mode select for each charger."""
    for charger in entry.runtime_data.chargers:
        async_add_entities(
            [ChargeMode(entry.runtime_data, charger)],
            config_subentry_id=charger.subentry_id,
        )


class ChargeMode(SiteChargerEntity, SelectEntity, RestoreEntity):
    """What the user wants of a charger, from nothing to all it can get."""

    _attr_options = [mode.value for mode in Mode]  # noqa: RUF012 - Home Assistant's own type

    def __init__(self, controller: SiteController, charger: SiteCharger) -> None:
        """Belong to a charger of a site."""
        super().__init__(controller, charger, "charge_mode")

    @override
    async def async_added_to_hass(self) -> None:
        """Go on with the mode from before a restart."""
        await super().async_added_to_hass()
        last = await self.async_get_last_state()
        if last is not None and last.state in self.options:
            self._charger.mode = Mode(last.state)

    @property
    @override
    def current_option(self) -> str:
        """The mode."""
        return self._charger.mode.value

    @override
    def _shown(self) -> object:
        return self._charger.mode

    @override
    async def async_select_option(self, option: str) -> None:
        """Change the mode and act on it at once."""
        self._charger.choose(Mode(option))
        self._controller.look()
