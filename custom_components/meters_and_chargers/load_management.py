"""Makes an issue of a Power Brain whose own load management steers as well.

Modbus does not tell. Only if its owner wants it, the box's web page is asked.
"""

from datetime import datetime, timedelta
import logging
from typing import Any

from homeassistant.config_entries import ConfigEntry
from homeassistant.const import CONF_HOST
from homeassistant.core import HomeAssistant
from homeassistant.helpers import issue_registry as ir
from homeassistant.helpers.event import async_track_time_interval
from homeassistant.helpers.selector import BooleanSelector
import voluptuous as vol

from . import links
from .const import CONF_FAMILY, CONF_WATCH_LOAD_MANAGEMENT, DOMAIN
from .engine.devices import cfos
from .engine.model import DeviceError

_LOGGER = logging.getLogger(__name__)
EVERY = timedelta(minutes=5)


def _issue(entry: ConfigEntry) -> str:
    return f"load_management_{entry.entry_id}"


def load_management_fields(entry: ConfigEntry) -> dict[vol.Marker, object]:
    """Return the field of the options; on a serial line there is no web page."""
    if entry.data[CONF_FAMILY] != cfos.POWER_BRAIN.key or not entry.data.get(CONF_HOST):
        return {}
    wanted = entry.options.get(CONF_WATCH_LOAD_MANAGEMENT, False)
    return {vol.Required(CONF_WATCH_LOAD_MANAGEMENT, default=wanted): BooleanSelector()}


async def take_load_management(
    hass: HomeAssistant,
    entry: ConfigEntry,
    user_input: dict[str, Any],
    options: dict[str, Any],
    placeholders: dict[str, str],
) -> str | None:
    """Put the choice into the options; returns the key of why it can't be had."""
    if CONF_WATCH_LOAD_MANAGEMENT not in user_input:
        return None
    options[CONF_WATCH_LOAD_MANAGEMENT] = user_input[CONF_WATCH_LOAD_MANAGEMENT]
    if not user_input[CONF_WATCH_LOAD_MANAGEMENT]:
        return None
    try:
        await cfos.manages_load(links.open_power_brain(hass, entry.data))
    except DeviceError as err:
        placeholders |= {"host": entry.data[CONF_HOST], "found": str(err)}
        return "load_management_untold"
    return None


def watch_load_management(hass: HomeAssistant, entry: ConfigEntry) -> None:
    """Ask every five minutes while the entry is loaded, if that is wanted."""
    if not entry.options.get(CONF_WATCH_LOAD_MANAGEMENT) or not load_management_fields(
        entry
    ):
        forget(hass, entry)
        return
    web = links.open_power_brain(hass, entry.data)
    told = True

    async def ask(_now: datetime | None = None) -> None:
        nonlocal told
        try:
            active = await cfos.manages_load(web)
        except DeviceError as err:
            if told:
                _LOGGER.warning(
                    "%s does not tell whether its load management steers: %s",
                    entry.title,
                    err,
                )
            told = False
            return
        if not told:
            _LOGGER.info("%s tells again whether it steers", entry.title)
        told = True
        if active:
            _say(hass, entry)
        else:
            forget(hass, entry)

    entry.async_create_background_task(hass, ask(), f"load management {entry.title}")
    entry.async_on_unload(async_track_time_interval(hass, ask, EVERY))


def _say(hass: HomeAssistant, entry: ConfigEntry) -> None:
    ir.async_create_issue(
        hass,
        DOMAIN,
        _issue(entry),
        is_fixable=False,
        severity=ir.IssueSeverity.WARNING,
        translation_key="load_management",
        translation_placeholders={"name": entry.title, "host": entry.data[CONF_HOST]},
    )


def forget(hass: HomeAssistant, entry: ConfigEntry) -> None:
    """Take back what was said of an entry."""
    ir.async_delete_issue(hass, DOMAIN, _issue(entry))
