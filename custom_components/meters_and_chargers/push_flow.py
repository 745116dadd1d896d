"""The part of a meter's options that lets it push its values."""

from collections.abc import Mapping
from typing import Any

from homeassistant.config_entries import ConfigEntry
from homeassistant.const import CONF_HOST, CONF_PORT
from homeassistant.core import HomeAssistant
from homeassistant.data_entry_flow import section
from homeassistant.helpers.selector import (
    BooleanSelector,
    NumberSelector,
    NumberSelectorConfig,
    NumberSelectorMode,
    TextSelector,
)
import voluptuous as vol

from .const import CONF_ENABLED, CONF_FAMILY, CONF_PUSH, CONF_SOURCE, DOMAIN
from .engine.devices import FAMILIES

DEFAULT_PORT = 5020
_LOWEST_PORT = 1025
"""Lower ones need rights that Home Assistant may not have."""


def push_fields(entry: ConfigEntry) -> dict[vol.Marker, object]:
    """Return the fields for a meter that can push; none for another device."""
    if not FAMILIES[entry.data[CONF_FAMILY]].pushes:
        return {}
    chosen: Mapping[str, Any] = entry.options.get(CONF_PUSH, {})
    port = vol.All(
        NumberSelector(
            NumberSelectorConfig(
                min=_LOWEST_PORT, max=65535, step=1, mode=NumberSelectorMode.BOX
            )
        ),
        vol.Coerce(int),
    )
    source = chosen.get(CONF_SOURCE) or entry.data[CONF_HOST]
    fields: dict[vol.Marker, object] = {
        vol.Required(
            CONF_ENABLED, default=chosen.get(CONF_ENABLED, False)
        ): BooleanSelector(),
        vol.Required(CONF_PORT, default=chosen.get(CONF_PORT, DEFAULT_PORT)): port,
        vol.Optional(
            CONF_SOURCE, description={"suggested_value": source}
        ): TextSelector(),
    }
    return {
        vol.Optional(CONF_PUSH): section(vol.Schema(fields), {"collapsed": not chosen})
    }


def take_push(
    hass: HomeAssistant,
    entry: ConfigEntry,
    user_input: Mapping[str, Any],
    options: dict[str, Any],
) -> str | None:
    """Put what was chosen into the options; returns the key of what is wrong."""
    if (chosen := user_input.get(CONF_PUSH)) is None:
        return None
    source: str = chosen.get(CONF_SOURCE, "").strip().lower()
    # The meter's host is followed when it changes.
    source = "" if source == entry.data[CONF_HOST] else source
    options[CONF_PUSH] = {**chosen, CONF_SOURCE: source}
    mine = (chosen[CONF_PORT], source or entry.data[CONF_HOST])
    for other in hass.config_entries.async_entries(DOMAIN):
        theirs: Mapping[str, Any] = other.options.get(CONF_PUSH, {})
        if other.entry_id == entry.entry_id or not theirs.get(CONF_ENABLED):
            continue
        address = theirs[CONF_SOURCE] or other.data[CONF_HOST]
        if chosen[CONF_ENABLED] and mine == (theirs[CONF_PORT], address):
            return "push_source_taken"
    return None
