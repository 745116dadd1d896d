"""The traps of a DIRIS gateway: taken at a port that gateways share, the last kept."""

from collections import deque
from collections.abc import Callable
from typing import Any

from homeassistant.config_entries import ConfigEntry
from homeassistant.const import CONF_HOST, CONF_PORT
from homeassistant.core import CALLBACK_TYPE, HomeAssistant, callback
from homeassistant.util import dt as dt_util

from . import links
from .const import CONF_ENABLED, CONF_SOURCE, CONF_TRAPS
from .engine.devices.diris import Mib
from .shared_port import SharedPort, Words

_KEPT = 50


async def _open(hass: HomeAssistant, port: int) -> links.TrapListener:
    return await links.open_traps(hass, port)


_WORDS = Words(
    kind="traps",
    open=_open,
    port_in_use="traps_port_in_use",
    unknown_source="traps_source",
    unavailable="traps_unavailable",
)


class GatewayTraps:
    """Takes a gateway's traps; the last ones are kept for diagnostics."""

    def __init__(self, hass: HomeAssistant, entry: ConfigEntry[Any], mib: Mib) -> None:
        """Belong to an entry; nothing is listened for yet."""
        options = entry.options[CONF_TRAPS]
        self.mib = mib
        self.last: deque[tuple[str, links.Trap]] = deque(maxlen=_KEPT)
        """When each came, the newest last."""
        self.source = links.trap_source(options, self._came)
        self._listeners: list[Callable[[links.Trap], None]] = []
        address = options.get(CONF_SOURCE) or entry.data[CONF_HOST]
        self._port = SharedPort(
            hass, entry, _WORDS, options[CONF_PORT], address, self.source
        )

    @staticmethod
    def wanted(entry: ConfigEntry[Any]) -> bool:
        """Whether the user lets the gateway send traps."""
        return bool(entry.options.get(CONF_TRAPS, {}).get(CONF_ENABLED))

    @property
    def listening(self) -> bool:
        """Whether traps would be taken."""
        return self._port.listening

    async def start(self) -> None:
        """Listen; what can't be had now is tried again."""
        await self._port.start(lambda: self.source.taken > 0)

    @callback
    def async_listen(self, listener: Callable[[links.Trap], None]) -> CALLBACK_TYPE:
        """Call for each trap."""
        self._listeners.append(listener)
        return lambda: self._listeners.remove(listener)

    @callback
    def _came(self, trap: links.Trap) -> None:
        self.last.append((dt_util.utcnow().isoformat(), trap))
        for listener in tuple(self._listeners):
            listener(trap)

    def diagnostics(self) -> dict[str, Any]:
        """Return counts and the last traps; texts in them may name somebody."""
        return {
            "listening": self.listening,
            "received": self.source.received,
            "taken": self.source.taken,
            "refused": self.source.refused,
            "dropped": self.source.dropped,
            "last": [
                {
                    "time": when,
                    "oid": trap.oid,
                    "version": trap.version,
                    "values": {
                        oid: f"{len(value)} bytes"
                        if isinstance(value, bytes)
                        else value
                        for oid, value in trap.values
                    },
                }
                for when, trap in self.last
            ],
        }
