"""The options of an OCPP wallbox about its limits: its pauses, what is left of them."""

import asyncio
from collections.abc import Mapping
from enum import StrEnum
import logging
from typing import Any

from homeassistant.config_entries import ConfigEntry
from homeassistant.core import HomeAssistant, callback
from homeassistant.helpers.selector import SelectSelector, SelectSelectorConfig
import voluptuous as vol

from .const import (
    CONF_ON_LEAVE,
    CONF_PAUSE,
)
from .engine.devices.ocpp_charger import OcppCharger, Pause
from .engine.model import DeviceError

_LOGGER = logging.getLogger(__name__)

_PATIENCE_S = 5.0
"""How long a wallbox may take to forget its limits before it is let go with them."""


class OnLeave(StrEnum):
    """What a wallbox is left with when its entry is disabled or removed."""

    KEEP = "keep"
    CLEAR = "clear"


@callback
def follow_options(
    hass: HomeAssistant, entry: ConfigEntry, charger: OcppCharger
) -> None:
    """Tell a wallbox how its owner wants it to be paused."""
    hass.async_create_background_task(
        charger.pauses.choose(entry.options.get(CONF_PAUSE)), f"pause of {entry.title}"
    )


async def leave(entry: ConfigEntry, charger: OcppCharger) -> None:
    """Take our limits back from a wallbox that is let go, if that was chosen."""
    if entry.options.get(CONF_ON_LEAVE) != OnLeave.CLEAR:
        return
    try:
        async with asyncio.timeout(_PATIENCE_S):
            await charger.fall_back_to(None)
            await charger.release()
    except (DeviceError, TimeoutError) as err:
        _LOGGER.warning("%s keeps its last limit: %s", entry.title, err or "no answer")


def limit_fields(entry: ConfigEntry) -> dict[vol.Marker, object]:
    """Return the fields of the options; what holds without a choice is shown."""
    usual = _pause_default(entry)
    pause = SelectSelector(
        SelectSelectorConfig(
            options=[mode.value for mode in Pause], translation_key=CONF_PAUSE
        )
    )
    on_leave = SelectSelector(
        SelectSelectorConfig(
            options=[choice.value for choice in OnLeave],
            translation_key=CONF_ON_LEAVE,
        )
    )
    return {
        vol.Required(CONF_PAUSE, default=usual.value): pause,
        vol.Required(CONF_ON_LEAVE, default=OnLeave.KEEP.value): on_leave,
    }


def take_limits(
    entry: ConfigEntry, chosen: Mapping[str, Any], options: dict[str, Any]
) -> None:
    """Put what was chosen into the options; what is as it is anyway is not kept."""
    if chosen[CONF_PAUSE] == _pause_default(entry):
        options.pop(CONF_PAUSE, None)
    if chosen[CONF_ON_LEAVE] == OnLeave.KEEP:
        options.pop(CONF_ON_LEAVE, None)


def _pause_default(entry: ConfigEntry) -> Pause:
    """Return how it is paused by what is known of its kind; all others by 0 A."""
    hub = getattr(entry, "runtime_data", None)
    return Pause.ZERO if hub is None else hub.charger.pauses.usual
