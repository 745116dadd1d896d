"""How often a device is read, and how often its entities are written."""

import asyncio
from collections.abc import Callable, Sequence
from datetime import timedelta
import logging
from typing import override

from homeassistant.config_entries import ConfigEntry
from homeassistant.core import CALLBACK_TYPE, Context, HomeAssistant, callback
from homeassistant.helpers.update_coordinator import DataUpdateCoordinator

from .const import CONF_INTERVAL
from .engine.model import Readings


class PacedCoordinator(DataUpdateCoordinator[Readings]):
    """Reads at its owner's pace, or at that of a fuse; followers hear of each sample.

    Entities hear no more often than they would without the fuse.
    """

    def __init__(
        self,
        hass: HomeAssistant,
        logger: logging.Logger,
        entry: ConfigEntry,
        intervals_s: Sequence[float],
    ) -> None:
        """Read as often as the owner chose, or as the first interval, s, proposes."""
        chosen: float | None = entry.options.get(CONF_INTERVAL)
        self.calm_interval_s = float(chosen or intervals_s[0])
        """How often it is read while no fuse depends on it."""
        self._guard_interval_s = float(chosen or min(intervals_s))
        self._guards = 0
        self.interval_s = self.calm_interval_s
        self.context = Context()
        self.read_groups: frozenset[str] = frozenset()
        """The groups which entities have to write: what the last polls brought."""
        self._followers: list[Callable[[], None]] = []
        self._unwritten: set[str] = set()
        """Groups with values which their entities have not written yet."""
        self._written_at = float("-inf")
        self._writing: asyncio.TimerHandle | None = None
        entry.async_on_unload(self._write_no_more)
        super().__init__(
            hass,
            logger,
            config_entry=entry,
            name=entry.title,
            update_interval=timedelta(seconds=self.interval_s),
            always_update=True,
        )

    @callback
    def async_guard(self) -> CALLBACK_TYPE:
        """Read at the pace of a fuse, unless the owner chose one; returns what ends it.

        A read may last as long as ever: a slow meter is late, but not lost.
        """

        @callback
        def count(change: int) -> None:
            self._guards += change
            guards = self._guards > 0
            self.interval_s = self._guard_interval_s if guards else self.calm_interval_s
            self.update_interval = timedelta(seconds=self.interval_s)

        count(1)
        return lambda: count(-1)

    @callback
    def async_follow(self, listener: Callable[[], None]) -> CALLBACK_TYPE:
        """Call for each sample at once; entities may be called less often."""
        self._followers.append(listener)
        return lambda: self._followers.remove(listener)

    @override
    @callback
    def async_update_listeners(self) -> None:
        """Tell followers at once, entities when it is their time; a failure at once."""
        for follower in tuple(self._followers):
            follower()
        self._unwritten |= self.read_groups
        pause_s, late_s = self._write_pause_s if self.last_update_success else (0, 0)
        left_s = self._written_at + pause_s - self.hass.loop.time()
        if left_s <= late_s:
            self._write()
        elif self._writing is None:
            self._writing = self.hass.loop.call_later(left_s + late_s, self._write)

    @property
    def _write_pause_s(self) -> tuple[float, float]:
        """The pause between two writes of entities, and how early one may be; s.

        A poll that comes a little early or late is written, and not the one before it.
        """
        if self.interval_s < self.calm_interval_s:
            return self.calm_interval_s, self.interval_s / 2
        return 0, 0

    @callback
    def _write(self) -> None:
        """Let the entities write the newest values of all that came."""
        self._write_no_more()
        # What comes after a failure is shown at once.
        good = self.last_update_success
        self._written_at = self.hass.loop.time() if good else float("-inf")
        self.read_groups = frozenset(self._unwritten)
        self._unwritten.clear()
        # All that is written at once has one cause, and one context.
        self.context = Context()
        super().async_update_listeners()

    @callback
    def _write_no_more(self) -> None:
        if self._writing is not None:
            self._writing.cancel()
            self._writing = None
