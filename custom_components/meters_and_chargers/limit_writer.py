"""Sends the limits of one charger, the last one that waits, an urgent one at once."""

from collections.abc import Coroutine
import logging
from typing import Protocol

from homeassistant.config_entries import ConfigEntry
from homeassistant.core import HomeAssistant, callback
from homeassistant.exceptions import HomeAssistantError

from .registry import Present

_LOGGER = logging.getLogger(__name__)

type Limit = tuple[int, int | None]
"""mA on each phase, and on how many phases if that is a choice."""


class Steered(Protocol):
    """A charger of a site, as far as it is written to."""

    hass: HomeAssistant
    key: str
    title: str
    present: Present | None


class LimitWriter:
    """One limit on its way to a charger, and one that waits."""

    def __init__(self, charger: Steered) -> None:
        """Nothing is on its way."""
        self._charger = charger
        self._wanted: Limit | None = None
        self._writing = False
        self._failed = False
        self.writes = 0
        """How many limits the charger has taken."""

    @callback
    def apply(self, entry: ConfigEntry, limit: Limit, *, urgent: bool = False) -> None:
        """Send a limit; of several that wait for the device only the last one goes.

        An urgent one does not wait for a limit that is on its way: a wallbox may
        take its time with that, and knows itself what goes first.
        """
        if urgent:
            self._wanted = None
            self._run(entry, self._send(limit, urgent=True))
            return
        self._wanted = limit
        if not self._writing:
            self._writing = True
            self._run(entry, self._send_wanted())

    async def async_tell(self, limit: Limit) -> None:
        """Send a last limit and wait for it; what fails is logged as ever."""
        self._wanted = None
        await self._send(limit, urgent=True)

    def _run(self, entry: ConfigEntry, sending: Coroutine[None, None, object]) -> None:
        name = f"limit of {self._charger.key}"
        entry.async_create_background_task(self._charger.hass, sending, name)

    async def _send_wanted(self) -> None:
        try:
            while (wanted := self._wanted) is not None:
                self._wanted = None
                # One that fails says nothing of the next, which may be the safer.
                await self._send(wanted)
        finally:
            self._writing = False

    async def _send(self, limit: Limit, *, urgent: bool = False) -> None:
        """Write a limit; what fails is logged, once until one is taken again."""
        if (found := self._charger.present) is None:
            return
        limit_ma, phases = limit
        try:
            await found.async_set_limit(limit_ma, urgent=urgent, phases=phases)
        except HomeAssistantError as err:
            # A charger that is gone has been logged by its own entry.
            if found.online and not self._failed:
                _LOGGER.warning("%s", err)
                self._failed = True
            return
        self.writes += 1
        if self._failed:
            _LOGGER.info("%s takes limits again", self._charger.title)
            self._failed = False
