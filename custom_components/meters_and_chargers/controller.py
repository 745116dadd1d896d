"""A site's loop: collect readings, decide, apply the limits."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
import logging

from homeassistant.config_entries import ConfigEntry, ConfigSubentry
from homeassistant.core import CALLBACK_TYPE, HomeAssistant, callback
from homeassistant.exceptions import HomeAssistantError
from homeassistant.helpers.event import async_track_time_interval

from . import registry
from .const import (
    CONF_CHARGER,
    CONF_CHARGER_METER,
    CONF_CHARGER_PHASES,
    CONF_FUSE_CURRENT,
    CONF_GRID_METER,
    CONF_GRID_POWER,
    CONF_MODE,
    SUBENTRY_CHARGER,
)
from .engine.charging import (
    ChargerSettings,
    ChargerState,
    Command,
    Decision,
    Memory,
    Mode,
    PhaseCurrents,
    Settings,
    State,
    decide,
)
from .engine.model import PHASES, Setpoint
from .grid import Grid, MeterGrid, PowerSensor, SensorGrid

_LOGGER = logging.getLogger(__name__)

_WATCHDOG = timedelta(seconds=1)
_ABSENT = Setpoint(minimum_ma=6000, maximum_ma=32000, step_ma=1000)
"""Bounds of a charger that has not been seen since the start: reserve much."""
_VOLTAGE = 230
_METER_FRESH_MS = 60_000
"""A charger's own meter that says nothing for longer does not count."""

type SiteEntry = ConfigEntry[SiteController]


class SiteCharger:
    """A charger of the site, wherever its own entry is."""

    def __init__(self, hass: HomeAssistant, subentry: ConfigSubentry) -> None:
        """Take the charger's wiring from its subentry."""
        self.hass = hass
        self.key: str = subentry.data[CONF_CHARGER]
        self.subentry_id = subentry.subentry_id
        self.title = subentry.title
        self.mode = Mode(subentry.data[CONF_MODE])
        self._present: registry.Present | None = None
        self._setpoint = _ABSENT
        self._write_interval_ms = 2000
        self._limit_ma: int | None = None
        self._wanted: tuple[int, bool] | None = None
        self._writing = False
        self._write_failed = False
        chosen: list[str] = subentry.data[CONF_CHARGER_PHASES]
        on = [phase.value in chosen for phase in PHASES]
        self.phases = (on[0], on[1], on[2])
        meter: str | None = subentry.data.get(CONF_CHARGER_METER)
        self._meter = PowerSensor(hass, meter, lambda: None) if meter else None

    @callback
    def start(self, on_change: Callable[[], None]) -> CALLBACK_TYPE:
        """Follow the charger; returns the function that ends it."""

        @callback
        def came_or_went(found: registry.Present | None) -> None:
            self._present = found
            on_change()

        ends = [registry.subscribe(self.hass, self.key, came_or_went)]
        if self._meter is not None:
            ends.append(self._meter.start())

        @callback
        def stop() -> None:
            for end in ends:
                end()

        return stop

    @property
    def settings(self) -> ChargerSettings:
        """The charger's bounds."""
        found = self._present
        if found is not None and found.setpoint is not None:
            self._setpoint = found.setpoint
            self._write_interval_ms = found.write_interval_ms
        return ChargerSettings(
            key=self.key,
            phases=self.phases,
            minimum_ma=self._setpoint.minimum_ma,
            maximum_ma=self._setpoint.maximum_ma,
            step_ma=self._setpoint.step_ma,
            write_interval_ms=self._write_interval_ms,
        )

    @property
    def state(self) -> ChargerState:
        """The charger as it is now."""
        online = False
        if self._present is not None:
            online = self._present.online
            self._limit_ma = self._present.limit_ma
        measured = self._measured()
        return ChargerState(
            key=self.key,
            mode=self.mode,
            online=online,
            limit_ma=None if self._limit_ma is None else self._spread(self._limit_ma),
            measured_ma=None if measured is None else measured[0],
            measured_at_ms=None if measured is None else measured[1],
        )

    def _measured(self) -> tuple[PhaseCurrents, int] | None:
        """What it draws by its own meter, else by itself, unless that is old."""
        measured = None
        meter = self._meter
        if meter is not None and meter.watts is not None and meter.at_ms is not None:
            drawn = round(meter.watts * 1000 / (sum(self.phases) * _VOLTAGE))
            measured = self._spread(drawn), meter.at_ms
        elif self._present is not None:
            measured = self._present.drawn
        now_ms = round(self.hass.loop.time() * 1000)
        if measured is None or now_ms - measured[1] > _METER_FRESH_MS:
            return None
        return measured

    @callback
    def apply(
        self, entry: SiteEntry, limit_ma: PhaseCurrents, *, urgent: bool = False
    ) -> None:
        """Send a limit; of several that wait for the device only the last one goes."""
        self._wanted = max(limit_ma), urgent
        if not self._writing:
            self._writing = True
            entry.async_create_background_task(
                self.hass, self._write(), f"limit of {self.key}"
            )

    async def _write(self) -> None:
        try:
            while (wanted := self._wanted) is not None:
                self._wanted = None
                if (found := self._present) is None:
                    return
                try:
                    await found.async_set_limit(wanted[0], urgent=wanted[1])
                except HomeAssistantError as err:
                    # A charger that is gone has been logged by its own entry.
                    if found.online and not self._write_failed:
                        _LOGGER.warning("%s", err)
                        self._write_failed = True
                    return
                if self._write_failed:
                    _LOGGER.info("%s takes limits again", self.title)
                    self._write_failed = False
        finally:
            self._writing = False

    def _spread(self, current_ma: int) -> PhaseCurrents:
        first, second, third = (current_ma * on for on in self.phases)
        return (first, second, third)


@dataclass(frozen=True, slots=True)
class Look:
    """One look at the site: what was seen and what was decided."""

    settings: Settings
    state: State
    decision: Decision


class SiteController:
    """Decides on every sample of the grid meter and at least once a second."""

    def __init__(self, hass: HomeAssistant, entry: SiteEntry) -> None:
        """Read what the site consists of."""
        self._hass = hass
        self._entry = entry
        self.chargers = tuple(
            SiteCharger(hass, subentry)
            for subentry in entry.get_subentries_of_type(SUBENTRY_CHARGER)
        )
        meter: str | None = entry.data.get(CONF_GRID_METER)
        self._grid: Grid = (
            MeterGrid(hass, meter, self.look)
            if meter
            else SensorGrid(hass, entry.data[CONF_GRID_POWER], self.look)
        )
        fuse_ma = entry.data[CONF_FUSE_CURRENT] * 1000
        self._settings = Settings(fuse_ma=(fuse_ma, fuse_ma, fuse_ma), chargers=())
        self._memory = Memory()
        self.last_look: Look | None = None

    @callback
    def start(self) -> None:
        """Begin to decide; ends with the entry."""
        self._entry.async_on_unload(self._grid.start())
        for charger in self.chargers:
            self._entry.async_on_unload(charger.start(self.look))
        self._entry.async_on_unload(
            async_track_time_interval(self._hass, self._watchdog, _WATCHDOG)
        )

    @callback
    def _watchdog(self, _now: datetime) -> None:
        self.look()

    @callback
    def look(self) -> None:
        """Decide once, now."""
        settings = replace(
            self._settings,
            chargers=tuple(charger.settings for charger in self.chargers),
            grid_period_ms=self._grid.period_ms,
        )
        state = State(
            grid=self._grid.sample,
            chargers=tuple(charger.state for charger in self.chargers),
        )
        now_ms = round(self._hass.loop.time() * 1000)
        decision = decide(settings, self._memory, state, now_ms)
        self._memory = decision.memory
        self.last_look = Look(settings, state, decision)
        for command in decision.commands:
            self._apply(command, decision)

    def _apply(self, command: Command, decision: Decision) -> None:
        charger = next(c for c in self.chargers if c.key == command.charger)
        _LOGGER.debug(
            "%s: %s mA, %s",
            charger.title,
            command.limit_ma,
            decision.reasons[command.charger].reason,
        )
        charger.apply(self._entry, command.limit_ma, urgent=command.urgent)
