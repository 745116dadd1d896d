"""What a DIRIS gateway tells by itself: its traps as events, by their names."""

from typing import Any, override

from homeassistant.components.event import EventEntity
from homeassistant.core import callback

from . import links
from .diris import GatewayCoordinator
from .diris_entities import GatewayEntity
from .trap_listener import GatewayTraps

UNKNOWN = "unknown_trap"
"""A trap that no file names."""
_MOST_VALUES = 40
"""Of a trap, as an event's attributes."""


class TrapEvent(GatewayEntity, EventEntity):
    """The last trap: by its name in the user's MIB files, or raw."""

    _key = "trap"

    def __init__(self, coordinator: GatewayCoordinator, traps: GatewayTraps) -> None:
        """Know the kinds of traps that the files name."""
        super().__init__(coordinator)
        self._traps = traps
        names = {one.name for one in traps.mib.notifications.values()}
        self._attr_event_types = [*sorted(names), UNKNOWN]

    @property
    @override
    def available(self) -> bool:
        """A gateway that can't be read may still tell something."""
        return True

    @override
    async def async_added_to_hass(self) -> None:
        """Follow what comes."""
        await super().async_added_to_hass()
        self.async_on_remove(self._traps.async_listen(self._came))

    @callback
    def _came(self, trap: links.Trap) -> None:
        mib = self._traps.mib
        named = mib.notifications.get(trap.oid)
        said = mib.said(trap)
        facts: dict[str, Any] = {
            "oid": trap.oid,
            "values": dict(list(said.items())[:_MOST_VALUES]),
        }
        if named is not None and named.description:
            facts["description"] = named.description
        self._trigger_event(UNKNOWN if named is None else named.name, facts)
        self.async_write_ha_state()
