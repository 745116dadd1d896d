"""The options of an OCPP wallbox about its limits: its pauses, what is left of them."""

import asyncio
from collections.abc import Mapping
from enum import StrEnum
import logging
from typing import Any

from homeassistant.config_entries import ConfigEntry, ConfigEntryState
from homeassistant.core import HomeAssistant, callback
from homeassistant.helpers import issue_registry as ir
from homeassistant.helpers.selector import SelectSelector, SelectSelectorConfig
import voluptuous as vol

from .const import (
    CONF_ON_LEAVE,
    CONF_PAUSE,
    DOMAIN,
)
from .engine.devices.ocpp_charger import OcppCharger, Pause
from .engine.model import DeviceError

_LOGGER = logging.getLogger(__name__)

_PATIENCE_S = 10.0
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
    """Take our limits back from a wallbox that is let go, if that was chosen.

    Else its last one holds for good: nobody is left to renew it above a fallback.
    """
    clears = _clears(entry)
    try:
        async with asyncio.timeout(_PATIENCE_S):
            await charger.fall_back_to(None)
            if clears:
                await charger.release()
    except (DeviceError, TimeoutError) as err:
        left = "its last limit" if clears else "its fallback for now"
        _LOGGER.warning("%s keeps %s: %s", entry.title, left, err or "no answer")


@callback
def leave_untold(entry: ConfigEntry) -> None:
    """Say that a wallbox that nobody can tell anything keeps what it has."""
    if _clears(entry):
        _LOGGER.warning("%s keeps its last limit: no server", entry.title)


def _clears(entry: ConfigEntry) -> bool:
    return bool(entry.options.get(CONF_ON_LEAVE) == OnLeave.CLEAR)


@callback
def follow_foreign(
    hass: HomeAssistant, entry: ConfigEntry, charger: OcppCharger
) -> None:
    """Say that somebody else's charging profiles lie in a wallbox, until they don't."""
    if not (found := charger.foreign.found):
        if found is not None:
            forget_foreign(hass, entry)
        return
    ir.async_create_issue(
        hass,
        DOMAIN,
        _foreign_id(entry),
        data={"entry_id": entry.entry_id, "clears": "profiles"},
        is_fixable=True,
        severity=ir.IssueSeverity.WARNING,
        translation_key="foreign_profile",
        translation_placeholders={"name": entry.title, "found": found},
    )


@callback
def forget_foreign(hass: HomeAssistant, entry: ConfigEntry) -> None:
    """Take that back; a choice to ignore it goes with it."""
    ir.async_delete_issue(hass, DOMAIN, _foreign_id(entry))


def _foreign_id(entry: ConfigEntry) -> str:
    return f"foreign_profile_{entry.entry_id}"


async def clear_profiles(hass: HomeAssistant, entry_id: str) -> bool:
    """Remove all charging profiles of a wallbox but ours; say whether it has done so.

    One that takes its time goes on, also when its entry is loaded anew meanwhile: cut
    off, it would be left without ours as well.
    """
    entry = hass.config_entries.async_get_entry(entry_id)
    if entry is None or entry.state is not ConfigEntryState.LOADED:
        return False
    clearing = hass.async_create_background_task(
        _clear(entry), f"profiles of {entry.title}"
    )
    done, _ = await asyncio.wait({clearing}, timeout=_PATIENCE_S)
    return bool(done) and not clearing.cancelled() and clearing.result()


async def _clear(entry: ConfigEntry) -> bool:
    try:
        await entry.runtime_data.charger.foreign.clear()
    except DeviceError as err:
        _LOGGER.debug("%s keeps its profiles: %s", entry.title, err)
        return False
    return True


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
