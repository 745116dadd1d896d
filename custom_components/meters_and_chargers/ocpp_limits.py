"""The options of an OCPP wallbox about its limits: how it is paused."""

from collections.abc import Mapping
from typing import Any

from homeassistant.config_entries import ConfigEntry
from homeassistant.core import HomeAssistant, callback
from homeassistant.helpers.selector import SelectSelector, SelectSelectorConfig
import voluptuous as vol

from .const import CONF_CHARGER_ID, CONF_PAUSE, FAMILY_OCPP_CHARGER
from .engine.devices.ocpp_charger import OcppCharger, PauseMode, pause_default
from .engine.model import Identity


@callback
def follow_options(
    hass: HomeAssistant, entry: ConfigEntry, charger: OcppCharger
) -> None:
    """Tell a wallbox how its owner wants it to be paused."""
    hass.async_create_background_task(
        charger.pauses.choose(entry.options.get(CONF_PAUSE)), f"pause of {entry.title}"
    )


def limit_fields(entry: ConfigEntry) -> dict[vol.Marker, object]:
    """Return the fields of the options; what holds without a choice is shown."""
    usual = _pause_default(entry)
    pause = SelectSelector(
        SelectSelectorConfig(
            options=[mode.value for mode in PauseMode], translation_key=CONF_PAUSE
        )
    )
    return {vol.Required(CONF_PAUSE, default=usual.value): pause}


def take_limits(
    entry: ConfigEntry, chosen: Mapping[str, Any], options: dict[str, Any]
) -> None:
    """Put what was chosen into the options; what is as it is anyway is not kept."""
    if chosen[CONF_PAUSE] == _pause_default(entry):
        options.pop(CONF_PAUSE, None)


def _pause_default(entry: ConfigEntry) -> PauseMode:
    hub = getattr(entry, "runtime_data", None)
    if hub is not None:
        return pause_default(hub.charger.identity)
    serial: str = entry.data[CONF_CHARGER_ID]
    return pause_default(
        Identity(family=FAMILY_OCPP_CHARGER, serial=serial, maker="", model="")
    )
