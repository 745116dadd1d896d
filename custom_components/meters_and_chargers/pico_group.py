"""Follows a group of Picos: the station that answers for it may change at any time."""

from datetime import datetime, timedelta
import logging

from homeassistant.config_entries import ConfigEntry
from homeassistant.const import CONF_HOST
from homeassistant.core import HomeAssistant, callback
from homeassistant.helpers.event import async_track_time_interval

from . import links
from .const import CONF_HOSTS, DOMAIN
from .coordinator import DeviceEntry

_LOGGER = logging.getLogger(__name__)

_AGAIN = timedelta(seconds=60)


def _moves(entry: ConfigEntry) -> bool:
    """Whether it is a group that is told by Modbus to its master."""
    return links.family_of(entry.data).members and CONF_HOST in entry.data


async def find(hass: HomeAssistant, entry: ConfigEntry) -> bool:
    """Look for a group elsewhere; returns whether its entry has another host now."""
    if not _moves(entry):
        return False
    host = await links.find_master(hass, entry.data)
    if host is None or host == entry.data[CONF_HOST]:
        return False
    data = {**entry.data, CONF_HOST: host}
    hass.config_entries.async_update_entry(entry, data=data)
    return True


def watch(hass: HomeAssistant, entry: DeviceEntry) -> None:
    """Remember where the group is, and look for it whenever it is lost."""
    if not _moves(entry):
        return
    coordinator = entry.runtime_data
    host, hosts = entry.data[CONF_HOST], entry.data.get(CONF_HOSTS, [])
    if host not in hosts:
        data = {**entry.data, CONF_HOSTS: [*hosts, host]}
        hass.config_entries.async_update_entry(entry, data=data)
    looking = False

    async def search() -> None:
        nonlocal looking
        try:
            if await find(hass, entry):
                # The coordinator that told of the loss is not there for its end.
                _LOGGER.info("%s is back: another station is its master", entry.title)
                hass.config_entries.async_schedule_reload(entry.entry_id)
        finally:
            looking = False

    @callback
    def look(_now: datetime | None = None) -> None:
        nonlocal looking
        if not coordinator.online and not looking:
            looking = True
            entry.async_create_background_task(
                hass, search(), f"{DOMAIN} looks for {entry.title}"
            )

    entry.async_on_unload(coordinator.async_add_listener(look))
    entry.async_on_unload(async_track_time_interval(hass, look, _AGAIN))
