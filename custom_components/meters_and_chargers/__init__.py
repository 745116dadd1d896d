"""Sets up and unloads one entry: a device, or a site that charges from the sun."""

from typing import cast

from homeassistant.config_entries import ConfigEntry
from homeassistant.core import HomeAssistant

from . import registry
from .const import CONF_FAMILY, DEVICE_PLATFORMS, FAMILY_SITE, SITE_PLATFORMS
from .controller import SiteController, SiteEntry
from .coordinator import DeviceCoordinator, DeviceEntry

type AnyEntry = ConfigEntry[DeviceCoordinator | SiteController]


async def async_setup_entry(hass: HomeAssistant, entry: AnyEntry) -> bool:
    """Open the device or start the site."""
    if entry.data[CONF_FAMILY] == FAMILY_SITE:
        await _set_up_site(hass, cast("SiteEntry", entry))
    else:
        await _set_up_device(hass, cast("DeviceEntry", entry))
    return True


async def async_unload_entry(hass: HomeAssistant, entry: AnyEntry) -> bool:
    """Remove an entry's entities; its sockets and timers close with it."""
    site = entry.data[CONF_FAMILY] == FAMILY_SITE
    return await hass.config_entries.async_unload_platforms(
        entry, SITE_PLATFORMS if site else DEVICE_PLATFORMS
    )


async def _set_up_device(hass: HomeAssistant, entry: DeviceEntry) -> None:
    coordinator = DeviceCoordinator(hass, entry)
    await coordinator.async_config_entry_first_refresh()
    entry.runtime_data = coordinator
    # Platforms first: a number recalls the last limit before a site asks for it.
    await hass.config_entries.async_forward_entry_setups(entry, DEVICE_PLATFORMS)
    entry.async_on_unload(registry.publish(hass, coordinator))


async def _set_up_site(hass: HomeAssistant, entry: SiteEntry) -> None:
    controller = SiteController(hass, entry)
    entry.runtime_data = controller
    # The modes are restored by their entities before the first decision.
    await hass.config_entries.async_forward_entry_setups(entry, SITE_PLATFORMS)
    controller.start()
    entry.async_on_unload(entry.add_update_listener(_site_changed))


async def _site_changed(hass: HomeAssistant, entry: SiteEntry) -> None:
    """Take over added, changed and removed chargers."""
    hass.config_entries.async_schedule_reload(entry.entry_id)
