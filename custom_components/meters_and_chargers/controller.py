"""A site's loop: collect readings, decide, apply the limits."""

from collections import deque
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
import logging
from typing import TYPE_CHECKING, Any

from homeassistant.config_entries import ConfigEntry
from homeassistant.core import CALLBACK_TYPE, HomeAssistant, callback
from homeassistant.helpers.event import async_track_time_interval
from homeassistant.util import dt as dt_util

from .const import SUBENTRY_CHARGER, SUBENTRY_CIRCUIT
from .engine.charging import (
    Command,
    Decision,
    Memory,
    PhaseCurrents,
    Settings,
    State,
    decide,
)
from .house_battery import HouseBattery
from .prices import PriceSensor
from .site_charger import SiteCharger
from .site_circuit import Cap, SiteCircuit
from .site_options import chosen
from .sun_count import Today

if TYPE_CHECKING:
    # It imports the controller.
    from .site_billing import SiteBilling

_LOGGER = logging.getLogger(__name__)

_WATCHDOG = timedelta(seconds=1)
_KEPT_LOOKS = 200
_SILENCE_MS = 20_000
"""Stale by any meter's pace, too late to tell a car's phases, and not yet lost."""

type SiteEntry = ConfigEntry[SiteController]


@dataclass(frozen=True, slots=True)
class Look:
    """One look at the site: what was known and seen, and what was decided."""

    settings: Settings
    memory: Memory
    state: State
    now_ms: int
    decision: Decision

    def tells_more_than(self, other: Look) -> bool:
        """Whether it commands something, or gives a reason that the other did not."""
        mine = {key: one.reason for key, one in self.decision.reasons.items()}
        return bool(self.decision.commands) or mine != {
            key: one.reason for key, one in other.decision.reasons.items()
        }


class SiteController:
    """Decides on every sample of a meter and at least once a second."""

    def __init__(self, hass: HomeAssistant, entry: SiteEntry) -> None:
        """Read what the site consists of."""
        self.hass = hass
        self.entry = entry
        self.chargers = tuple(
            SiteCharger(hass, subentry, place)
            for place, subentry in enumerate(
                entry.get_subentries_of_type(SUBENTRY_CHARGER)
            )
        )
        self.house = SiteCircuit(hass, entry.title, entry.data, None, self.look)
        self.circuits = tuple(
            SiteCircuit(hass, subentry.title, subentry.data, subentry, self.look)
            for subentry in entry.get_subentries_of_type(SUBENTRY_CIRCUIT)
        )
        self._count_wallboxes()
        self.battery = HouseBattery.of(hass, entry.data)
        self.prices = PriceSensor.of(hass, entry.data)
        self._settings = Settings(fuse_ma=self.house.rating_ma, chargers=())
        self.take_options(entry.options)
        self._memory = Memory()
        self._listeners: list[Callable[[], None]] = []
        self.last_look: Look | None = None
        self.today = Today()
        self.billing: SiteBilling | None = None
        """What shows its wallboxes of other integrations to billing services."""
        self.comes_back = False
        """Whether the entry is unloaded only to be loaded again at once."""
        self.history: deque[Look] = deque(maxlen=_KEPT_LOOKS)
        """Looks that commanded something or changed a reason, and the last one."""

    def _count_wallboxes(self) -> None:
        """Tell each circuit how many wallboxes it feeds."""
        circuits = {one.key: one for one in self.circuits}
        self.house.wallboxes = len(self.chargers)
        for charger in self.chargers:
            key, path = charger.circuit, set[str]()
            while key in circuits and key not in path:
                path.add(key)
                circuits[key].wallboxes += 1
                key = circuits[key].parent

    @callback
    def take_options(self, options: Mapping[str, Any]) -> None:
        """Take over what the user has changed; nothing is forgotten."""
        plain = Settings(fuse_ma=self.house.rating_ma, chargers=())
        self._settings = chosen(plain, options)

    @callback
    def start(self) -> None:
        """Begin to decide; ends with the entry."""
        day = dt_util.now().toordinal()
        self._memory = Memory(chargers=tuple(one.memory(day) for one in self.chargers))
        for circuit in (self.house, *self.circuits):
            if circuit.grid is not None:
                self.entry.async_on_unload(circuit.grid.start())
        for charger in self.chargers:
            self.entry.async_on_unload(charger.start(self.look))
        self.entry.async_on_unload(
            async_track_time_interval(self.hass, self._watchdog, _WATCHDOG)
        )

    @callback
    def listen(self, update: Callable[[], None]) -> CALLBACK_TYPE:
        """Hear of every decision; returns the function that ends it."""
        self._listeners.append(update)
        return lambda: self._listeners.remove(update)

    @callback
    def cap(
        self,
        circuit_key: str,
        power_w: int | None,
        current_ma: int | None,
        until_ms: int,
    ) -> None:
        """Allow a circuit less for a while; W, mA, by the event loop's clock.

        Neither power nor current ends it. Raises `KeyError` for an unknown circuit.
        """
        found = {one.key: one for one in (self.house, *self.circuits)}[circuit_key]
        nothing = power_w is None and current_ma is None
        found.cap = None if nothing else Cap(until_ms, power_w, current_ma)
        self.look()

    def name_of(self, key: str) -> str:
        """Return what the owner calls a charger or a circuit."""
        known: tuple[SiteCharger | SiteCircuit, ...] = (
            self.house,
            *self.circuits,
            *self.chargers,
        )
        return next((one.title for one in known if one.key == key), key)

    @property
    def observes(self) -> bool:
        """Whether it only looks."""
        return self._settings.observe

    @callback
    def safe_limits(self) -> dict[str, PhaseCurrents]:
        """Return what makes it safe without us: as when the meters fall silent."""
        now_ms = round(self.hass.loop.time() * 1000)
        then_ms = now_ms + _SILENCE_MS
        settings, state = self._settings_at(now_ms), self._state()
        # First as it is, since the last look may be older than a charger's own change.
        memory = decide(settings, self._memory, state, now_ms).memory
        decision = decide(settings, memory, state, then_ms)
        limits = {one.key: one.limit_ma for one in state.chargers}
        return {
            one.charger: one.limit_ma
            for one in decision.commands
            if (now := limits[one.charger]) is not None and max(one.limit_ma) < max(now)
        }

    @callback
    def _watchdog(self, _now: datetime) -> None:
        self.look()

    @callback
    def look(self) -> None:
        """Decide once, now."""
        now_ms = round(self.hass.loop.time() * 1000)
        for charger in self.chargers:
            charger.count(now_ms)
        settings, state = self._settings_at(now_ms), self._state()
        decision = decide(settings, self._memory, state, now_ms)
        self._keep(look := Look(settings, self._memory, state, now_ms, decision))
        self.today.take(look, self.chargers)
        self._memory = decision.memory
        for command in decision.commands:
            self._apply(command, decision)
        for charger in self.chargers:
            charger.explanation = decision.reasons[charger.key]
            charger.view = decision.chargers.get(charger.key)
        views = {view.key: view for view in decision.circuits}
        for circuit in (self.house, *self.circuits):
            circuit.view = views.get(circuit.key)
        for update in tuple(self._listeners):
            update()

    def _settings_at(self, now_ms: int) -> Settings:
        house, grid = self.house, self.house.grid
        own = self._settings
        return replace(
            own,
            fuse_ma=house.fuse_ma(now_ms),
            power_cap_w=house.power_cap_w(own.power_cap_w, now_ms),
            chargers=tuple(charger.settings for charger in self.chargers),
            circuits=tuple(circuit.settings(now_ms) for circuit in self.circuits),
            grid_period_ms=own.grid_period_ms if grid is None else grid.period_ms,
        )

    def _state(self) -> State:
        local = dt_util.now()
        return State(
            grid=self.house.state.grid,
            chargers=tuple(charger.state for charger in self.chargers),
            circuits=tuple(circuit.state for circuit in self.circuits),
            dim_w=self.house.dim_w,
            battery=None if self.battery is None else self.battery.state,
            prices=() if self.prices is None else self.prices.slots(local),
            wall_ms=round(local.timestamp() * 1000),
            day=local.toordinal(),
            voltage_mv=self.house.grid.voltage_mv if self.house.grid else None,
        )

    def _keep(self, look: Look) -> None:
        """Keep a look; the one before it goes if it told nothing new."""
        history = self.history
        before = history[-2] if len(history) > 1 else None
        if before is not None and not history[-1].tells_more_than(before):
            history.pop()
        history.append(look)
        self.last_look = look

    def _apply(self, command: Command, decision: Decision) -> None:
        charger = next(c for c in self.chargers if c.key == command.charger)
        _LOGGER.debug(
            "%s: %s mA, %s",
            charger.title,
            command.limit_ma,
            decision.reasons[command.charger].reason,
        )
        charger.apply(self.entry, command.limit_ma, urgent=command.urgent)
