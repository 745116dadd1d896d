"""A site's loop: collect readings, decide, apply the limits."""

from collections.abc import Callable, Coroutine
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
    Explanation,
    Memory,
    Mode,
    PhaseCurrents,
    Settings,
    State,
    decide,
)
from .engine.model import PHASES, Setpoint
from .grid import Grid, MeterGrid, PowerSensor, SensorGrid
from .site_flow import chosen

_LOGGER = logging.getLogger(__name__)

_WATCHDOG = timedelta(seconds=1)
_ABSENT = Setpoint(minimum_ma=6000, maximum_ma=32000, step_ma=1000)
"""Bounds of a charger that has not been seen since the start: reserve much."""
_LEAST_CHANGE_MA = 300
"""Less is within the errors of the meter."""
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
        self.minimum_ma: int | None = None
        self.maximum_ma: int | None = None
        """What the user chose; None for the charger's own bounds."""
        self.target_wh: int | None = None
        self.counted_wh = 0.0
        """What it has drawn since it left mode off, for one that counts no session."""
        self.explanation: Explanation | None = None
        """Why it gets what it gets, by the last decision."""
        self._counted_at_ms: int | None = None
        self._present = registry.find(hass, self.key)
        self._setpoint = _ABSENT
        self._write_interval_ms = 2000
        self._limit_ma: int | None = None
        self._wanted_ma: int | None = None
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

    @callback
    def choose(self, mode: Mode) -> None:
        """Change the mode; a session that is only counted begins when off ends."""
        if self.mode is Mode.OFF and mode is not Mode.OFF:
            self.counted_wh = 0.0
        self.mode = mode

    @callback
    def aim_for(self, target_wh: int | None) -> None:
        """Change the target energy; counting begins with the first one."""
        if self.target_wh is None:
            self.counted_wh = 0.0
        self.target_wh = target_wh

    @property
    def absent(self) -> bool:
        """Whether its own entry is not set up."""
        return self._present is None

    @property
    def counts_energy(self) -> bool:
        """Whether the energy of a session can be told."""
        found = self._present
        if self._meter is not None:
            return True
        return found is not None and (
            found.session_energy_wh is not None or found.drawn is not None
        )

    @callback
    def narrow(
        self, *, minimum_ma: int | None = None, maximum_ma: int | None = None
    ) -> None:
        """Change a bound; the charger's own is no choice, so that it may change."""
        if minimum_ma is not None:
            own = minimum_ma <= self.bounds.minimum_ma
            self.minimum_ma = None if own else minimum_ma
        if maximum_ma is not None:
            own = maximum_ma >= self.bounds.maximum_ma
            self.maximum_ma = None if own else maximum_ma

    @property
    def seen(self) -> bool:
        """Whether the charger's own bounds are known."""
        return self.bounds is not _ABSENT

    @property
    def bounds(self) -> Setpoint:
        """The charger's own bounds."""
        found = self._present
        if found is not None and found.setpoint is not None:
            self._setpoint = found.setpoint
            self._write_interval_ms = found.write_interval_ms
        return self._setpoint

    @property
    def settings(self) -> ChargerSettings:
        """The charger's bounds, narrowed by the user's."""
        own = self.bounds
        minimum_ma = min(max(own.minimum_ma, self.minimum_ma or 0), own.maximum_ma)
        maximum_ma = min(own.maximum_ma, self.maximum_ma or own.maximum_ma)
        return ChargerSettings(
            key=self.key,
            phases=self.phases,
            minimum_ma=minimum_ma,
            maximum_ma=max(minimum_ma, maximum_ma),
            rating_ma=own.maximum_ma,
            step_ma=own.step_ma,
            least_change_ma=max(_LEAST_CHANGE_MA, own.least_change_ma),
            write_interval_ms=self._write_interval_ms,
            target_wh=self.target_wh,
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
            session_wh=self._session_wh(),
        )

    def _session_wh(self) -> int | None:
        """The session's energy by the charger's own count, else by ours."""
        found = self._present
        if found is not None and found.session_energy_wh is not None:
            return round(found.session_energy_wh)
        return int(self.counted_wh) if self.counts_energy else None

    @callback
    def count(self, now_ms: int) -> None:
        """Add what it has drawn since the last call."""
        since, self._counted_at_ms = self._counted_at_ms, now_ms
        measured = self._measured()
        if measured is not None and since is not None:
            watts = max(0, sum(measured[0])) * _VOLTAGE / 1000
            self.counted_wh += watts * (now_ms - since) / 3_600_000

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
        """Send a limit; of several that wait for the device only the last one goes.

        An urgent one does not wait for a limit that is on its way: a wallbox may
        take its time with that, and knows itself what goes first.
        """
        if urgent:
            self._wanted_ma = None
            self._run(entry, self._send(max(limit_ma), urgent=True))
            return
        self._wanted_ma = max(limit_ma)
        if not self._writing:
            self._writing = True
            self._run(entry, self._send_wanted())

    def _run(self, entry: SiteEntry, sending: Coroutine[None, None, object]) -> None:
        name = f"limit of {self.key}"
        entry.async_create_background_task(self.hass, sending, name)

    async def _send_wanted(self) -> None:
        try:
            while (wanted_ma := self._wanted_ma) is not None:
                self._wanted_ma = None
                if not await self._send(wanted_ma):
                    return
        finally:
            self._writing = False

    async def _send(self, limit_ma: int, *, urgent: bool = False) -> bool:
        """Write a limit; returns whether the charger took it."""
        if (found := self._present) is None:
            return False
        try:
            await found.async_set_limit(limit_ma, urgent=urgent)
        except HomeAssistantError as err:
            # A charger that is gone has been logged by its own entry.
            if found.online and not self._write_failed:
                _LOGGER.warning("%s", err)
                self._write_failed = True
            return False
        if self._write_failed:
            _LOGGER.info("%s takes limits again", self.title)
            self._write_failed = False
        return True

    def _spread(self, current_ma: int) -> PhaseCurrents:
        first, second, third = (current_ma * on for on in self.phases)
        return (first, second, third)


@dataclass(frozen=True, slots=True)
class Look:
    """One look at the site: what was known and seen, and what was decided."""

    settings: Settings
    memory: Memory
    state: State
    now_ms: int
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
        self._settings = Settings(
            fuse_ma=(fuse_ma, fuse_ma, fuse_ma), chargers=(), **chosen(entry.options)
        )
        self._memory = Memory()
        self._listeners: list[Callable[[], None]] = []
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
    def listen(self, update: Callable[[], None]) -> CALLBACK_TYPE:
        """Hear of every decision; returns the function that ends it."""
        self._listeners.append(update)
        return lambda: self._listeners.remove(update)

    @callback
    def _watchdog(self, _now: datetime) -> None:
        self.look()

    @callback
    def look(self) -> None:
        """Decide once, now."""
        now_ms = round(self._hass.loop.time() * 1000)
        for charger in self.chargers:
            charger.count(now_ms)
        settings = replace(
            self._settings,
            chargers=tuple(charger.settings for charger in self.chargers),
            grid_period_ms=self._grid.period_ms,
        )
        state = State(
            grid=self._grid.sample,
            chargers=tuple(charger.state for charger in self.chargers),
        )
        decision = decide(settings, self._memory, state, now_ms)
        self.last_look = Look(settings, self._memory, state, now_ms, decision)
        self._memory = decision.memory
        for command in decision.commands:
            self._apply(command, decision)
        for charger in self.chargers:
            charger.explanation = decision.reasons[charger.key]
        for update in tuple(self._listeners):
            update()

    def _apply(self, command: Command, decision: Decision) -> None:
        charger = next(c for c in self.chargers if c.key == command.charger)
        _LOGGER.debug(
            "%s: %s mA, %s",
            charger.title,
            command.limit_ma,
            decision.reasons[command.charger].reason,
        )
        charger.apply(self._entry, command.limit_ma, urgent=command.urgent)
