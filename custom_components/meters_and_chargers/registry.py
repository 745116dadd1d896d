"""Who is there: devices published by their entries, found by identity.

A site reads meters and chargers of other entries. It never waits for one: a
device that isn't here is offline.
"""

from collections.abc import Callable
from typing import TYPE_CHECKING

from homeassistant.core import CALLBACK_TYPE, HomeAssistant, callback
from homeassistant.helpers.dispatcher import (
    async_dispatcher_connect,
    async_dispatcher_send,
)
from homeassistant.util.hass_dict import HassKey

from .const import DOMAIN

if TYPE_CHECKING:
    from .coordinator import DeviceCoordinator

_PRESENT: HassKey[dict[str, DeviceCoordinator]] = HassKey(f"{DOMAIN}_present")


@callback
def publish(hass: HomeAssistant, coordinator: DeviceCoordinator) -> CALLBACK_TYPE:
    """Make a device known; returns the function that withdraws it."""
    key = coordinator.identity.key
    present = hass.data.setdefault(_PRESENT, {})
    present[key] = coordinator
    async_dispatcher_send(hass, _signal(key))

    @callback
    def withdraw() -> None:
        if present.get(key) is coordinator:
            del present[key]
            async_dispatcher_send(hass, _signal(key))

    return withdraw


@callback
def present(hass: HomeAssistant) -> tuple[DeviceCoordinator, ...]:
    """Return every device whose entry is set up."""
    return tuple(hass.data.get(_PRESENT, {}).values())


@callback
def subscribe(
    hass: HomeAssistant,
    key: str,
    on_change: Callable[[DeviceCoordinator | None], None],
) -> CALLBACK_TYPE:
    """Follow the coming and going of a device, beginning with now."""

    @callback
    def changed() -> None:
        on_change(hass.data.get(_PRESENT, {}).get(key))

    unsubscribe = async_dispatcher_connect(hass, _signal(key), changed)
    changed()
    return unsubscribe


def _signal(key: str) -> str:
    return f"{DOMAIN}_{key}"
