"""The charging mode of each charger of a site."""

from typing import override

from homeassistant.components.select import SelectEntity
from homeassistant.core import HomeAssistant
from homeassistant.helpers import device_registry as dr
from homeassistant.helpers.device_registry import DeviceInfo
from homeassistant.helpers.entity_platform import AddConfigEntryEntitiesCallback
from homeassistant.helpers.restore_state import RestoreEntity

from .const import DOMAIN
from .controller import SiteCharger, SiteController, SiteEntry
from .engine.charging import Mode

PARALLEL_UPDATES = 0


async def async_setup_entry(
    hass: HomeAssistant,
    entry: SiteEntry,
    async_add_entities: AddConfigEntryEntitiesCallback,
) -> None:
    """Make one mode select for each charger."""
    for charger in entry.runtime_data.chargers:
        async_add_entities(
            [ChargeMode(hass, entry.runtime_data, charger)],
            config_subentry_id=charger.subentry_id,
        )


class ChargeMode(SelectEntity, RestoreEntity):
    """What the user wants of a charger: nothing, the sun, or all it can get."""

    _attr_has_entity_name = True
    _attr_should_poll = False
    _attr_translation_key = "charge_mode"
    _attr_options = [mode.value for mode in Mode]  # noqa: RUF012 - Home Assistant's own type

    def __init__(
        self, hass: HomeAssistant, controller: SiteController, charger: SiteCharger
    ) -> None:
        """Stand on the wallbox's own page; on one of its own if it has none yet."""
        self._controller = controller
        self._charger = charger
        self._attr_unique_id = f"{charger.subentry_id}_charge_mode"
        self.device_entry = _device_of(hass, charger.key)
        if self.device_entry is None:
            self._attr_device_info = DeviceInfo(
                identifiers={(DOMAIN, charger.subentry_id)}, name=charger.title
            )

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
    async def async_select_option(self, option: str) -> None:
        """Change the mode and act on it at once."""
        self._charger.mode = Mode(option)
        self.async_write_ha_state()
        self._controller.look()


def _device_of(hass: HomeAssistant, key: str) -> dr.DeviceEntry | None:
    entry = hass.config_entries.async_entry_for_domain_unique_id(DOMAIN, key)
    if entry is None:
        return None
    return dr.async_get(hass).async_get_device_by_identifier(
        (DOMAIN, key), entry.entry_id
    )
