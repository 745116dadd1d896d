"""A wallbox of the OCPP server: what its entities hear, and what a site steers."""

from collections.abc import Callable
from datetime import datetime
import logging

from homeassistant.config_entries import ConfigEntry
from homeassistant.core import CALLBACK_TYPE, Context, HomeAssistant, callback
from homeassistant.helpers import device_registry as dr
from homeassistant.helpers import issue_registry as ir
from homeassistant.helpers.device_registry import ChildDeviceInfo, DeviceInfo
from homeassistant.helpers.event import async_call_later

from . import ocpp_billing, ocpp_limits, registry
from .billing import BillingGateway
from .const import CONF_FALLBACK, DOMAIN
from .engine.devices.ocpp_charger import Change, Occurrence, OcppCharger
from .engine.model import (
    Point,
)
from .ocpp import OcppServer
from .ocpp_connector import Connector
from .ocpp_manners import unavailable_after_s
from .ocpp_writes import ProfileWrites

_LOGGER = logging.getLogger(__name__)

WALLBOX = 0
"""The topic of what concerns all connectors."""

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
        self.pages: dict[int, DeviceInfo | ChildDeviceInfo] = {}
        """The page of each connector, as its entities name it."""
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
        self.writes = ProfileWrites(hass, entry, charger)
        self._listeners: dict[Topic, tuple[Callable[[], None], ...]] = {}
        self._occurrence_listeners: list[Callable[[Occurrence], None]] = []
        self._newcomers: list[Callable[[Topic], None]] = []
        self.points: set[Point] = set(charger.values)
        self.connectors = {
            number: Connector(self, number) for number in charger.connectors
        }

    @callback
    def start(self) -> CALLBACK_TYPE:
        """Begin to pass on changes; returns the function that ends it."""
        ends = [
            self.charger.subscribe(self._changed),
            self.writes.start(lambda: self.tell(WALLBOX)),
        ]

        @callback
        def publish(topic: Topic) -> None:
            if isinstance(topic, int):
                ends.append(registry.publish(self.hass, self.connectors[topic]))
                if self.gateway is not None:
                    ends.append(self._bound(topic))

        ends.append(self.each(publish))
        # What changed while the entities were made.
        self._online = self.available = self.charger.online
        self.tell(*self._listeners)
        self._follow_fallback()
        self._follow_restart()
        self._follow_limits()
        ocpp_limits.follow_foreign(self.hass, self.entry, self.charger)
        ocpp_billing.follow_version(self.hass, self.entry, self.charger)

        @callback
        def stop() -> None:
            for end in ends:
                end()
            self._wait_no_more()
            ir.async_delete_issue(self.hass, DOMAIN, self._issue_id)
            ir.async_delete_issue(self.hass, DOMAIN, self._restart_id)
            ir.async_delete_issue(self.hass, DOMAIN, self._limit_id)
            if self.entry.disabled_by is not None:
                # Not at a reload: that would undo a choice to ignore it.
                ocpp_limits.forget_foreign(self.hass, self.entry)

        return stop

    @property
    def gateway(self) -> BillingGateway | None:
        """What shows it at a billing service, if it is billed."""
        return self.server.billing.gateway(self.charger.charger_id)

    def _bound(self, number: int) -> CALLBACK_TYPE:
        """Tell sites what the billing service leaves a connector."""

        def ceiling() -> int | None:
            gateway = self.gateway
            return None if gateway is None else gateway.shown.ceiling_ma(number)

        return registry.bound(self.hass, self.connectors[number].key, ceiling)

    @property
    def online(self) -> bool:
        """Whether the wallbox is connected."""
        return self.charger.online

    @callback
    def listen(self, topic: Topic, update: Callable[[], None]) -> None:
        """Follow one value or one connector, until `leave`.

        Nothing is returned that ends it: for thousands of wallboxes with dozens of
        entities each that would be a lot of memory.
        """
        self._listeners[topic] = (*self._listeners.get(topic, ()), update)

    @callback
    def leave(self, topic: Topic, update: Callable[[], None]) -> None:
        """Follow it no more."""
        self._listeners[topic] = tuple(
            one for one in self._listeners[topic] if one != update
        )

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
        self.pages.clear()
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

    @property
    def _limit_id(self) -> str:
        return f"no_limit_{self.entry.entry_id}"

    def _follow_limits(self) -> None:
        """Say that nothing makes the wallbox obey, with what was tried."""
        if not (tried := self.charger.limits.trouble):
            ir.async_delete_issue(self.hass, DOMAIN, self._limit_id)
            return
        ir.async_create_issue(
            self.hass,
            DOMAIN,
            self._limit_id,
            is_fixable=False,
            severity=ir.IssueSeverity.WARNING,
            translation_key="no_limit",
            translation_placeholders={"name": self.entry.title, "tried": tried},
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
            self._follow_limits()
            ocpp_limits.follow_foreign(self.hass, self.entry, self.charger)
            ocpp_billing.follow_version(self.hass, self.entry, self.charger)
        for number in change.connectors:
            if number and number not in self.connectors:
                self.connectors[number] = Connector(self, number)
                self._introduce(number)
        for point in change.points - self.points:
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
