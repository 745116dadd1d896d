"""A wallbox of the OCPP server: what its entities hear, and what a site steers."""

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import suppress
from datetime import datetime
import logging

from homeassistant.config_entries import ConfigEntry
from homeassistant.core import CALLBACK_TYPE, Context, HomeAssistant, callback
from homeassistant.exceptions import HomeAssistantError
from homeassistant.helpers import device_registry as dr
from homeassistant.helpers import issue_registry as ir
from homeassistant.helpers.event import async_call_later

from . import registry
from .const import CONF_FALLBACK, DOMAIN
from .engine.charging import PhaseCurrents, Reason
from .engine.devices.ocpp_charger import Change, Occurrence, OcppCharger
from .engine.model import (
    PHASES,
    DeviceError,
    OutOfRange,
    Phase,
    Point,
    Quantity,
    Setpoint,
)
from .ocpp import OcppServer
from .ocpp_manners import unavailable_after_s

_LOGGER = logging.getLogger(__name__)

_START_AGAIN_S = (5, 30, 120)
"""Pauses between the attempts to start a car that waits for a release."""

_PLUGGED = {
    "available": False,
    "preparing": True,
    "charging": True,
    "suspended_ev": True,
    "suspended_evse": True,
    "finishing": True,
}
"""Whether a car is plugged in; the other states leave it open."""

type ChargerEntry = ConfigEntry[ChargerHub]
type Topic = Point | int
"""What an entity follows: a value, or the state of a connector."""


class ChargerHub:
    """Tells the entities of one wallbox what concerns them, and nobody else."""

    def __init__(
        self,
        hass: HomeAssistant,
        entry: ChargerEntry,
        server: OcppServer,
        charger: OcppCharger,
    ) -> None:
        """Stand between a wallbox of the engine and its entities."""
        self.hass = hass
        self.server = server
        self._missed = False
        self.context = Context()
        self.entry = entry
        self.charger = charger
        self.identity = charger.identity
        self.device_id = (
            dr.async_get(hass)
            .async_get_or_create(
                config_entry_id=entry.entry_id,
                identifiers={(DOMAIN, self.identity.key)},
                name=entry.title,
            )
            .id
        )
        self._online = charger.online
        self.available = charger.online
        """Whether it is shown: connected, or not away for long."""
        self._waits: CALLBACK_TYPE | None = None
        self._listeners: dict[Topic, list[Callable[[], None]]] = {}
        self._occurrence_listeners: list[Callable[[Occurrence], None]] = []
        self._newcomers: list[Callable[[Topic], None]] = []
        self.points: set[Point] = set(charger.values)
        self.connectors = {
            number: Connector(self, number) for number in charger.connectors
        }

    @callback
    def start(self) -> CALLBACK_TYPE:
        """Begin to pass on changes; returns the function that ends it."""
        ends = [self.charger.subscribe(self._changed)]

        @callback
        def publish(topic: Topic) -> None:
            if isinstance(topic, int):
                ends.append(registry.publish(self.hass, self.connectors[topic]))

        ends.append(self.each(publish))
        # What changed while the entities were made.
        self._online = self.available = self.charger.online
        self.tell(*self._listeners)
        self._follow_fallback()
        self._follow_restart()

        @callback
        def stop() -> None:
            for end in ends:
                end()
            self._wait_no_more()
            ir.async_delete_issue(self.hass, DOMAIN, self._issue_id)
            ir.async_delete_issue(self.hass, DOMAIN, self._restart_id)

        return stop

    @property
    def online(self) -> bool:
        """Whether the wallbox is connected."""
        return self.charger.online

    @callback
    def listen(self, topic: Topic, update: Callable[[], None]) -> CALLBACK_TYPE:
        """Follow one value or one connector."""
        listeners = self._listeners.setdefault(topic, [])
        listeners.append(update)
        return lambda: listeners.remove(update)

    @callback
    def listen_occurrences(self, update: Callable[[Occurrence], None]) -> CALLBACK_TYPE:
        """Follow what happens."""
        self._occurrence_listeners.append(update)
        return lambda: self._occurrence_listeners.remove(update)

    @callback
    def each(self, add: Callable[[Topic], None]) -> CALLBACK_TYPE:
        """Call for every value and connector there is, and for each that comes."""
        for number in self.connectors:
            add(number)
        for point in sorted(self.points):
            add(point)
        self._newcomers.append(add)
        return lambda: self._newcomers.remove(add)

    def _identify(self) -> None:
        """Show who the wallbox says it is since its last boot."""
        if self.identity == self.charger.identity:
            return
        self.identity = self.charger.identity
        dr.async_get(self.hass).async_update_device(
            self.device_id,
            manufacturer=self.identity.maker,
            model=self.identity.model,
            sw_version=self.identity.firmware,
        )

    @property
    def _issue_id(self) -> str:
        return f"no_fallback_{self.entry.entry_id}"

    @property
    def _restart_id(self) -> str:
        return f"restart_needed_{self.entry.entry_id}"

    def _follow_restart(self) -> None:
        """Say that a setting of ours waits for a restart: its owner knows when."""
        if not self.charger.needs_restart:
            ir.async_delete_issue(self.hass, DOMAIN, self._restart_id)
            return
        ir.async_create_issue(
            self.hass,
            DOMAIN,
            self._restart_id,
            is_fixable=False,
            severity=ir.IssueSeverity.WARNING,
            translation_key="restart_needed",
            translation_placeholders={"name": self.entry.title},
        )

    def _follow_fallback(self) -> None:
        """Say that the wallbox can't fall back by itself; forget what was cleared."""
        entry, error = self.entry, self.charger.fallback_refusal
        if error:
            ir.async_create_issue(
                self.hass,
                DOMAIN,
                self._issue_id,
                is_fixable=False,
                severity=ir.IssueSeverity.WARNING,
                translation_key="no_fallback",
                translation_placeholders={"name": entry.title, "error": error},
            )
        else:
            ir.async_delete_issue(self.hass, DOMAIN, self._issue_id)
        if (
            entry.options.get(CONF_FALLBACK) is False
            and not self.charger.holds_fallback
        ):
            options = {**entry.options}
            del options[CONF_FALLBACK]
            self.hass.config_entries.async_update_entry(entry, options=options)

    @callback
    def _changed(self, change: Change) -> None:
        if change.charger:
            self._identify()
            self._follow_fallback()
            self._follow_restart()
        for number in change.connectors:
            if number and number not in self.connectors:
                self.connectors[number] = Connector(self, number)
                self._introduce(number)
        for point in change.points:
            if point not in self.points:
                self.points.add(point)
                self._introduce(point)
        if self._online != self.charger.online:
            self._follow_connection()
        else:
            self.tell(*change.points, *change.connectors)
        for occurrence in change.occurrences:
            for tell in self._occurrence_listeners:
                tell(occurrence)

    def _follow_connection(self) -> None:
        """Show that it is back at once, and that it is gone when it stays away."""
        self._online = self.charger.online
        self._wait_no_more()
        patience_s = unavailable_after_s(self.entry)
        if not self._online and patience_s and self.server.listening:
            self._waits = async_call_later(self.hass, patience_s, self._stays_away)
            self.tell(*self._listeners)
        else:
            self._show_connection()

    @callback
    def _stays_away(self, _now: datetime) -> None:
        self._waits = None
        self._show_connection()

    def _wait_no_more(self) -> None:
        if self._waits is not None:
            self._waits()
            self._waits = None

    def _show_connection(self) -> None:
        if self.available != self._online:
            self.available = self._online
            self._log_connection()
        self.tell(*self._listeners)

    def _log_connection(self) -> None:
        """Say once that the wallbox is gone, and once that it is back."""
        if self._online and self._missed:
            _LOGGER.info("%s is connected again", self.entry.title)
        elif not self._online and self.server.listening:
            _LOGGER.warning("%s is no longer connected", self.entry.title)
        self._missed = not self._online and self.server.listening

    def _introduce(self, topic: Topic) -> None:
        for add in self._newcomers:
            add(topic)

    def tell(self, *topics: Topic) -> None:
        """Call back who follows one of these."""
        # All that one message changes has one cause, and one context.
        self.context = Context()
        for topic in topics:
            for update in self._listeners.get(topic, ()):
                update()


class Connector:
    """One connector of a wallbox: what a site steers."""

    write_interval_ms = 15_000

    def __init__(self, hub: ChargerHub, number: int) -> None:
        """Belong to a wallbox."""
        self._hub = hub
        self.number = number
        key = hub.identity.key
        self.key = key if number == 1 else f"{key}_{number}"
        self._allowed = False
        self._released = False
        """Whether its owner lets the car that waits charge without a card."""
        self._asked_to_start = False
        hub.listen(number, self._changed)

    @property
    def title(self) -> str:
        """What its owner calls it."""
        title = self._hub.entry.title
        return title if self.number == 1 else f"{title} {self.number}"

    @property
    def online(self) -> bool:
        """Whether the wallbox is connected."""
        return self._hub.online

    @property
    def setpoint(self) -> Setpoint:
        """The bounds of the charging current."""
        return self._hub.charger.setpoint

    @property
    def limit_ma(self) -> int | None:
        """The limit the wallbox has accepted; mA."""
        return self._hub.charger.connector(self.number).limit_ma

    @property
    def drawn(self) -> tuple[PhaseCurrents, int] | None:
        """What the wallbox measures on its phases; mA, loop ms."""
        charger = self._hub.charger
        measured_at = charger.connector(self.number).measured_at
        currents = [self._current_ma(phase) for phase in PHASES]
        if measured_at is None or currents == [None, None, None]:
            return None
        first, second, third = (current or 0 for current in currents)
        return (first, second, third), round(measured_at * 1000)

    @property
    def measures_phases(self) -> bool:
        """Whether that is a current of each phase, and not of some alone."""
        return all(self._current_ma(phase) is not None for phase in PHASES)

    @property
    def session_energy_wh(self) -> float | None:
        """The energy of the running transaction; 0 between two."""
        state = self._hub.charger.connector(self.number)
        return 0 if state.session is None else state.session_energy_wh

    @property
    def plugged(self) -> bool | None:
        """Whether a car is plugged in, as far as its status says."""
        return _PLUGGED.get(self._hub.charger.connector(self.number).status)

    @property
    def blocked(self) -> Reason | None:
        """A fault, or a card that is missing: that is certain only by our own rule."""
        status = self._hub.charger.connector(self.number).status
        if status == "faulted":
            return Reason.FAULT
        return Reason.AUTH_PENDING if self._waits and self._needs_card else None

    @property
    def phases(self) -> None:
        """OCPP 1.6 has no word for the phases in use."""

    @property
    def switches_phases(self) -> bool:
        """Phases are not switched by OCPP so far."""
        return False

    async def async_set_limit(
        self,
        value_ma: int,
        *,
        urgent: bool = False,
        phases: int | None = None,  # noqa: ARG002 - others can switch
    ) -> None:
        """Write the limit; mA."""
        charger = self._hub.charger
        await self.ask(
            charger.set_limit(self.number, value_ma, protection=urgent), value_ma
        )

    async def async_keep(self) -> None:
        """Let the limit hold for good, also where it would end; best effort."""
        with suppress(DeviceError):
            await self._hub.charger.keep_limit(self.number)

    async def ask(self, request: Awaitable[object], value_ma: int = 0) -> None:
        """Wait for a request to the wallbox; raises in words for the user."""
        try:
            await request
        except OutOfRange as err:
            raise registry.out_of_range(self, value_ma) from err
        except DeviceError as err:
            raise HomeAssistantError(
                translation_domain=DOMAIN,
                translation_key="request_failed",
                translation_placeholders={"name": self.title, "error": str(err)},
            ) from err

    @callback
    def allow(self, *, allowed: bool, released: bool = False) -> None:
        """Let a plugged car charge, or not; a car that waits is started.

        Where a card is needed it waits for one, unless it is `released` by hand.
        """
        self._allowed = allowed
        self._released = released
        self._asked_to_start = False
        self._changed()

    @property
    def _waits(self) -> bool:
        """Whether a car is plugged in that no transaction charges."""
        state = self._hub.charger.connector(self.number)
        return state.status == "preparing" and state.transaction is None

    @property
    def _needs_card(self) -> bool:
        return self._hub.charger.needs_card and not self._released

    @property
    def _may_start(self) -> bool:
        """Whether a car that waits is started by Home Assistant."""
        spent = self._hub.charger.connector(self.number).spent and not self._released
        return self._allowed and self.online and not (self._needs_card or spent)

    async def stop(self) -> None:
        """End a running transaction."""
        charger = self._hub.charger
        if charger.connector(self.number).transaction is not None:
            await self.ask(charger.remote_stop(self.number))

    @callback
    def _changed(self) -> None:
        """Start a car that waits for a release, once each time it is plugged in."""
        if not self._waits:
            self._asked_to_start = self._released = False
        elif self._may_start and not self._asked_to_start:
            self._asked_to_start = True
            self._hub.entry.async_create_background_task(
                self._hub.hass, self._start(), f"start {self.key}"
            )

    async def _start(self) -> None:
        """Ask for a start, again for a while if the wallbox isn't ready yet."""
        for pause_s in _START_AGAIN_S:
            if not (self._waits and self._may_start):
                return
            try:
                await self._hub.charger.remote_start(self.number)
            except DeviceError as err:
                # Many wallboxes start by themselves, or only with a card.
                _LOGGER.debug("%s was not started: %s", self.title, err)
            await asyncio.sleep(pause_s)

    def _current_ma(self, phase: Phase) -> int | None:
        point = Point(Quantity.CURRENT, phase, str(self.number))
        current = self._hub.charger.values.get(point)
        return None if current is None else round(current * 1000)
