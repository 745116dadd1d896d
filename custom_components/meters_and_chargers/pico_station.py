"""How a Pico, or a group of them, is kept to what it was told.

Its steering has neither a timer nor a memory that survives a restart: here are both.
"""

import asyncio
from collections.abc import Mapping
import logging
import time
from typing import Any

from homeassistant.config_entries import ConfigEntry
from homeassistant.const import EVENT_HOMEASSISTANT_STOP
from homeassistant.core import CALLBACK_TYPE, Event, HomeAssistant, callback
from homeassistant.exceptions import HomeAssistantError
from homeassistant.helpers import issue_registry as ir
from homeassistant.helpers.storage import Store

from .const import CONF_LEAVE, CONF_LEAVE_CURRENT, CONF_REASSERT, DOMAIN
from .coordinator import DeviceEntry
from .engine.devices.smart_me import (
    Keeping,
    OnStop,
    PhaseCurrents,
    PhaseMemory,
    Station,
)
from .engine.model import OutOfRange, Setpoint

_LOGGER = logging.getLogger(__name__)

MANY_CHANGES = 20
"""More changes of the phases in a day wear out the relays of a station."""
WISH_S = 1.0
"""How long the currents of single phases are collected before they are written."""
REASSERT_S = 60
_STORE_VERSION = 1


def keeping(options: Mapping[str, Any], setpoint: Setpoint) -> Keeping:
    """Return what an entry's options ask for; a stop's current stays in the bounds."""
    stop_ma = round(options.get(CONF_LEAVE_CURRENT, 0) * 1000)
    if stop_ma:
        stop_ma = min(max(stop_ma, setpoint.minimum_ma), setpoint.maximum_ma)
    return Keeping(
        reassert_s=options.get(CONF_REASSERT, REASSERT_S) or None,
        on_stop=OnStop(options.get(CONF_LEAVE, OnStop.KEEP)),
        stop_ma=stop_ma,
    )


class PicoStation:
    """Tends a station, remembers it over restarts, and leaves it as its owner wants."""

    def __init__(self, hass: HomeAssistant, entry: DeviceEntry, pico: Station) -> None:
        """Belong to an entry's station; nothing is written yet."""
        self.pico = pico
        self.remembers = False
        """Whether its memory survived the last restart."""
        self.withdraw: CALLBACK_TYPE | None = None
        """Hides the station from sites."""
        self._hass = hass
        self._entry = entry
        self._coordinator = entry.runtime_data
        self._store = _store(hass, entry)
        self._saved: tuple[object, ...] = ()
        self._wish: dict[int, int] = {}
        """Currents of phases that are not written yet; mA by index."""
        self._timers: dict[str, asyncio.TimerHandle] = {}
        self._tending = self._refused = self._ended = False

    async def start(self) -> None:
        """Recall what was remembered, and begin to tend."""
        if (kept := await self._store.async_load()) is not None:
            self.pico.recall(_recalled(kept))
            self.remembers = True
        self._saved = self._worth_saving
        self.keep(self._entry.options)
        for end in (
            self._coordinator.async_add_listener(self._look),
            self._hass.bus.async_listen_once(EVENT_HOMEASSISTANT_STOP, self._stopping),
            self._cancel,
        ):
            self._entry.async_on_unload(end)

    @callback
    def keep(self, options: Mapping[str, Any]) -> None:
        """Follow an entry's options from now on."""
        self.pico.steering.keep(keeping(options, self.pico.setpoint))

    async def stop(self) -> None:
        """Leave the station as its owner wants, as far as it can be reached."""
        if self._ended:
            return
        self._ended = True
        if self.withdraw is not None:
            # A site would take the last current back.
            self.withdraw()
        self._cancel()
        steering = self.pico.steering
        wrote = await steering.stop()
        sure = wrote or steering.keeping.on_stop is OnStop.KEEP
        await self._store.async_save(self._kept(sure=sure))

    # -- what waits -----------------------------------------------------------

    def shown_ma(self, phase: int) -> int | None:
        """Return the current of a phase by its index: the newest wish, else told."""
        told = self.pico.currents
        return self._wish.get(phase, None if told is None else tuple(told)[phase])

    @callback
    def wish(self, phase: int, value_ma: int) -> None:
        """Change the current of a phase; with others that follow it is one write."""
        self._wish[phase] = value_ma
        self._after("wish", WISH_S, self._fulfil)

    @callback
    def _fulfil(self) -> None:
        self._entry.async_create_background_task(
            self._hass, self._write_wish(), f"currents of {self._entry.title}"
        )

    async def _write_wish(self) -> None:
        wish, self._wish = self._wish, {}
        steering = self.pico.steering
        known = tuple(steering.held or steering.told or PhaseCurrents.alike(0))
        try:
            wanted = PhaseCurrents(*(wish.get(i, one) for i, one in enumerate(known)))
            await self._coordinator.async_tell(self.pico.set_currents(wanted))
        except (HomeAssistantError, OutOfRange) as err:
            if self._coordinator.online:
                _LOGGER.warning("%s", err)
        self._coordinator.async_update_listeners()

    @callback
    def _look(self) -> None:
        """After each poll and each write: save, warn, and do what is due."""
        if self._ended:
            return
        if self._worth_saving != self._saved:
            self._saved = self._worth_saving
            self._store.async_delay_save(self._kept)
        self._tell_of_wear()
        if (until := self.pico.steering.held_until) is not None:
            self._after("held", max(0.0, until - time.monotonic()), self._tend)
        if self._coordinator.online:
            self._tend()

    @callback
    def _tend(self) -> None:
        if not self._tending:
            self._tending = True
            self._entry.async_create_background_task(
                self._hass, self._do_tend(), f"tend {self._entry.title}"
            )

    async def _do_tend(self) -> None:
        steering = self.pico.steering
        before = steering.memory, steering.held
        try:
            await self._coordinator.async_tell(steering.tend())
        except HomeAssistantError as err:
            if self._coordinator.online and not self._refused:
                _LOGGER.warning("%s", err)
                self._refused = True
        else:
            if self._refused:
                _LOGGER.info("%s takes currents again", self._entry.title)
                self._refused = False
        finally:
            self._tending = False
        if (steering.memory, steering.held) != before:
            self._coordinator.async_update_listeners()

    def _after(self, key: str, seconds: float, act: CALLBACK_TYPE) -> None:
        if (timer := self._timers.pop(key, None)) is not None:
            timer.cancel()
        self._timers[key] = self._hass.loop.call_later(seconds, act)

    @callback
    def _cancel(self) -> None:
        for timer in self._timers.values():
            timer.cancel()
        self._timers.clear()

    async def _stopping(self, _event: Event) -> None:
        await self.stop()

    def _tell_of_wear(self) -> None:
        count = self.pico.steering.changes_today
        if count <= MANY_CHANGES:
            ir.async_delete_issue(self._hass, DOMAIN, _wear(self._entry))
            return
        ir.async_create_issue(
            self._hass,
            DOMAIN,
            _wear(self._entry),
            is_fixable=False,
            severity=ir.IssueSeverity.WARNING,
            translation_key="relay_wear",
            translation_placeholders={
                "name": self._entry.title,
                "count": str(count),
            },
        )

    # -- what is remembered ---------------------------------------------------

    @property
    def _worth_saving(self) -> tuple[object, ...]:
        """What changes with the phases alone: a file is not written for less."""
        memory = self.pico.steering.memory
        return memory.changed_at_ms, memory.total, memory.urgent, memory.changes

    def _kept(self, *, sure: bool = False) -> dict[str, Any]:
        """Return the memory by the wall's clock.

        What it was last told only where that is ``sure``: after a crash an old
        current would be taken for the present one.
        """
        memory = self.pico.steering.memory
        told, in_use = memory.told if sure else None, memory.in_use
        age_s = time.monotonic() - (memory.changed_at_ms or 0) / 1000
        return {
            "told": None if told is None else list(told),
            "in_use": None if in_use is None else list(in_use),
            "changed_at": None
            if memory.changed_at_ms is None
            else round(time.time() - age_s, 3),
            "day": memory.day,
            "changes": memory.changes,
            "total": memory.total,
            "urgent": memory.urgent,
        }


def _recalled(kept: Mapping[str, Any]) -> PhaseMemory:
    told, in_use, changed_at = kept["told"], kept["in_use"], kept["changed_at"]
    # A wall clock that was turned back must not lock the phases for longer.
    age_s = 0.0 if changed_at is None else max(0.0, time.time() - changed_at)
    return PhaseMemory(
        told=None if told is None else PhaseCurrents(*told),
        in_use=None if in_use is None else PhaseCurrents(*in_use),
        changed_at_ms=None
        if changed_at is None
        else round((time.monotonic() - age_s) * 1000),
        day=kept["day"],
        changes=kept["changes"],
        total=kept["total"],
        urgent=kept["urgent"],
    )


def _wear(entry: ConfigEntry) -> str:
    return f"relay_wear_{entry.entry_id}"


def _store(hass: HomeAssistant, entry: ConfigEntry) -> Store[dict[str, Any]]:
    return Store(hass, _STORE_VERSION, f"{DOMAIN}_station_{entry.entry_id}")


async def start(hass: HomeAssistant, entry: DeviceEntry) -> PicoStation | None:
    """Begin to keep an entry's station, if it has one."""
    coordinator = entry.runtime_data
    if not isinstance(coordinator.device, Station):
        return None
    coordinator.station = PicoStation(hass, entry, coordinator.device)
    await coordinator.station.start()
    return coordinator.station


async def forget(hass: HomeAssistant, entry: ConfigEntry) -> None:
    """Remove what was kept of an entry that was deleted."""
    ir.async_delete_issue(hass, DOMAIN, _wear(entry))
    await _store(hass, entry).async_remove()
