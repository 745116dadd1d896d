"""The OCPP server of Home Assistant: who may connect."""

import asyncio
from collections.abc import Iterator, Sequence
from contextlib import suppress
from datetime import datetime, timedelta
from functools import partial
import logging
from typing import TYPE_CHECKING

from homeassistant.config_entries import (
    ConfigEntry,
    ConfigEntryState,
)
from homeassistant.const import CONF_PORT, EVENT_HOMEASSISTANT_STOP
from homeassistant.core import Event, HomeAssistant, callback
from homeassistant.exceptions import ConfigEntryNotReady
from homeassistant.helpers import issue_registry as ir
from homeassistant.helpers.event import async_track_time_interval
from homeassistant.requirements import RequirementsNotFound

from . import ocpp_limits, ocpp_tls, session_log
from .cards import keep_kind, policy_of, rules_of
from .const import (
    CONF_CHARGER_ID,
    CONF_CREDENTIALS,
    CONF_FALLBACK,
    CONF_FALLBACK_CURRENT,
    CONF_FAMILY,
    CONF_MAXIMUM_CURRENT,
    CONF_METER_INTERVAL,
    CONF_PRICE,
    CONF_SECURITY,
    CONF_SERVER,
    DOMAIN,
    FAMILY_OCPP_CHARGER,
)
from .engine.devices.ocpp_charger import (
    Central,
    Change,
    Gate,
    Knock,
    OcppCharger,
    Security,
    expiring,
)
from .engine.journal import Journal, JournalError
from .engine.model import DeviceError
from .engine.protocols.ocpp import Manners, Refusal
from .links import OcppListener, open_ocpp
from .ocpp_billing import ServerBilling
from .ocpp_knocks import Attempt, Knocks
from .ocpp_manners import manners_of
from .ocpp_quirks import Kinds
from .session_price import SessionPrice
from .session_statistics import SessionStatistics

if TYPE_CHECKING:
    # It imports the server.
    from .ocpp_wallbox import ChargerEntry

_LOGGER = logging.getLogger(__name__)

_PATIENCE_S = 5.0
"""How long a removed wallbox may take to forget what it was told."""
_DAY = timedelta(days=1)

type ServerEntry = ConfigEntry[OcppServer]


def wallboxes_of(hass: HomeAssistant, server_id: str) -> list[ChargerEntry]:
    """Return the entries of the wallboxes of a server, also of one that is gone."""
    return [
        entry
        for entry in hass.config_entries.async_entries(DOMAIN)
        if entry.data[CONF_FAMILY] == FAMILY_OCPP_CHARGER
        and entry.data[CONF_SERVER] == server_id
    ]


def journals(hass: HomeAssistant) -> Iterator[Journal]:
    """Yield the open journal of each server that listens; all are one file."""
    for entry in hass.config_entries.async_loaded_entries(DOMAIN):
        server = entry.runtime_data
        if isinstance(server, OcppServer) and server.listener is not None:
            yield server.listener.journal


@callback
def tell_left_behind(hass: HomeAssistant, server_id: str, title: str = "") -> None:
    """Offer to remove what a removed server leaves behind, as long as there is any."""
    left = wallboxes_of(hass, server_id)
    issue_id = f"server_removed_{server_id}"
    if not left:
        ir.async_delete_issue(hass, DOMAIN, issue_id)
    elif title:
        ir.async_create_issue(
            hass,
            DOMAIN,
            issue_id,
            data={"server_id": server_id},
            is_fixable=True,
            is_persistent=True,
            severity=ir.IssueSeverity.WARNING,
            translation_key="server_removed",
            translation_placeholders={
                "server": title,
                "wallboxes": ", ".join(entry.title for entry in left),
            },
        )


class OcppServer:
    """The listener of one entry and everyone who may connect to it."""

    def __init__(self, hass: HomeAssistant, entry: ServerEntry) -> None:
        """Belong to an entry; nothing listens yet."""
        self._hass = hass
        self._entry = entry
        self._listener: OcppListener | None = None
        self._price: SessionPrice | None = None
        self._statistics: SessionStatistics | None = None
        self._stopping = False
        self._one_by_one = asyncio.Lock()
        self.gate = Gate()
        """Who may charge."""
        self.gate.on_kind = partial(keep_kind, hass, entry)
        self._kinds = Kinds(hass)
        self.billing = ServerBilling(hass)
        self._knocks = Knocks(hass, entry, self._knows)

    @property
    def listening(self) -> bool:
        """Whether wallboxes can connect, now and in a moment."""
        return self._listener is not None and not self._stopping

    @property
    def tried(self) -> Sequence[Attempt]:
        """Who was refused last, and why."""
        return self._knocks.tried

    @property
    def listener(self) -> OcppListener | None:
        """The open listener with what it needs; None when nothing listens."""
        return self._listener

    @property
    def has_price(self) -> bool:
        """Whether sessions cost what a sensor says."""
        return bool(self._entry.options.get(CONF_PRICE))

    @property
    def copies_cards(self) -> bool:
        """Whether wallboxes get a copy of its cards, which is then their list."""
        return bool(self.gate.tokens.rules.lists)

    @property
    def central(self) -> Central:
        """Who is known and who knocks."""
        if self._listener is None:
            raise ConfigEntryNotReady
        return self._listener.central

    def knock(self, charger_id: str) -> Knock | None:
        """Return what is known of a wallbox that nobody has accepted."""
        return self.central.knock(charger_id) or self._knocks.pinned(charger_id)

    async def start(self) -> None:
        """Listen, and know every wallbox that was accepted before."""
        try:
            self._listener = await open_ocpp(
                self._hass,
                self._entry.data,
                await ocpp_tls.context(self._hass, self._entry),
                self._knocks.knocked,
                self._refused,
            )
        except JournalError as err:
            raise session_log.unread(self._hass, self._entry, err) from err
        except RequirementsNotFound as err:
            raise ConfigEntryNotReady(
                translation_domain=DOMAIN,
                translation_key="server_not_ready",
                translation_placeholders={"error": str(err)},
            ) from err
        session_log.is_read(self._hass, self._entry)
        await self._kinds.read()
        self._price = SessionPrice(self._hass, self._listener.journal)
        self._statistics = SessionStatistics(self._hass, self._listener.journal)
        self.take_cards()
        waiting = []
        for entry in self.charger_entries():
            # One that can't be read says so by its own entry, and stops no other.
            with suppress(ConfigEntryNotReady):
                await self.charger(entry)
            if entry.state is ConfigEntryState.SETUP_RETRY:
                waiting.append(entry)
        try:
            await self._listener.server.start()
        except OSError as err:
            await self.stop()
            raise ConfigEntryNotReady(
                translation_domain=DOMAIN,
                translation_key="port_in_use",
                translation_placeholders={"port": str(self._entry.data[CONF_PORT])},
            ) from err
        await self.follow_price(self._entry.options.get(CONF_PRICE))
        self._statistics.start()
        self._entry.async_on_unload(
            self._hass.bus.async_listen_once(EVENT_HOMEASSISTANT_STOP, self._stop)
        )
        for entry in waiting:
            self._hass.config_entries.async_schedule_reload(entry.entry_id)
        await self.look_at_certificates()
        self._entry.async_on_unload(
            async_track_time_interval(self._hass, self.look_at_certificates, _DAY)
        )

    async def look_at_certificates(self, _now: datetime | None = None) -> None:
        """Renew ours, show what its entry says now, and tell of those that end."""
        if self._listener is None:
            return
        self._listener.central.has_credentials = self._entry.data.get(
            CONF_CREDENTIALS, False
        )
        context = await ocpp_tls.look(self._hass, self._entry)
        if context is not None and self._listener is not None:
            self._listener.server.use(context)
        for entry in self.charger_entries():
            self.look_at_wallbox(entry)

    @callback
    def look_at_wallbox(self, entry: ChargerEntry) -> None:
        """Tell, as an issue and an event, that its certificate ends soon."""
        day = ocpp_tls.look_at_wallbox(self._hass, entry)
        if day is None or self._listener is None:
            return
        charger = self._listener.central.charger(entry.data[CONF_CHARGER_ID])
        if charger is not None:
            charger.happened(expiring(day))

    async def follow_price(self, entity_id: str | None) -> None:
        """Let a sensor say from now on what energy costs, or none."""
        if self._price is not None:
            await self._price.follow(entity_id)

    async def _stop(self, _event: Event) -> None:
        await self.stop()

    async def stop(self) -> None:
        """Close every connection, then the listener, then the journal."""
        self._stopping = True
        if self._price is not None:
            self._price.stop()
        self._knocks.stop()
        await self.billing.stop()
        if self._listener is not None:
            await self._listener.close()
            self._listener = None
        if self._statistics is not None:
            # Not before: a session may end while its connection is closed.
            self._statistics.stop()

    def charger_entries(self) -> list[ChargerEntry]:
        """Return the entries of the wallboxes which belong to this server."""
        return wallboxes_of(self._hass, self._entry.entry_id)

    @callback
    def take_cards(self) -> None:
        """Let the cards and rules hold that were chosen, from now on."""
        self.gate.take(rules_of(self._entry, self.charger_entries()))

    async def charger(self, entry: ChargerEntry) -> OcppCharger:
        """Return the wallbox of an entry; it lives as long as the server.

        Raises `ConfigEntryNotReady`.
        """
        # A starting server and the entry itself ask for it at the same time; were each
        # to make one, the entry would keep the one that no connection leads to.
        async with self._one_by_one:
            return await self._charger(entry)

    async def _charger(self, entry: ChargerEntry) -> OcppCharger:
        if self._listener is None:
            raise ConfigEntryNotReady
        charger_id: str = entry.data[CONF_CHARGER_ID]
        tokens = self.gate.tokens
        if tokens.policy(charger_id) is not policy_of(entry, tokens.rules.policy):
            self.take_cards()
        self._guard(entry)
        known = self.central.charger(charger_id)
        maximum_ma = entry.data[CONF_MAXIMUM_CURRENT] * 1000
        if known is not None:
            # It was loaded anew: its owner's file may be another one.
            await self._kinds.read()
        if known is not None and known.setpoint.maximum_ma == maximum_ma:
            known.use(self._kinds.quirks)
            self._follow_options(entry, known)
            await self._bill(entry, known)
            return known
        # Other bounds make another charger; it takes over the open connection.
        charger = OcppCharger(
            charger_id,
            self._listener.journal,
            maximum_a=entry.data[CONF_MAXIMUM_CURRENT],
            gate=self.gate,
            quirks=self._kinds.quirks,
            learnt=await self._kinds.learnt(),
        )
        charger.credentials.signer = partial(
            ocpp_tls.sign, self._hass, self.central, charger
        )
        try:
            await charger.load()
        except JournalError as err:
            await charger.close()
            raise session_log.unread(self._hass, entry, err) from err
        session_log.is_read(self._hass, entry)
        self._follow_options(entry, charger)
        charger.subscribe(partial(self._follow_kind, entry, charger))
        if self._price is not None and self._statistics is not None:
            await self._price.add(charger_id)
            charger.subscribe(self._statistics.changed)
        try:
            await self._bill(entry, charger)
        except ConfigEntryNotReady:
            await charger.close()
            raise
        self.central.accept(charger_id, charger)
        if known is not None:
            await known.close()
        return charger

    async def _bill(self, entry: ChargerEntry, charger: OcppCharger) -> None:
        if self._listener is None:
            raise ConfigEntryNotReady
        try:
            await self.billing.follow(entry, charger, self._listener)
        except JournalError as err:
            raise session_log.unread(self._hass, entry, err) from err

    @callback
    def _follow_options(self, entry: ChargerEntry, charger: OcppCharger) -> None:
        """Tell a wallbox what its owner chose."""
        self._treat(charger.charger_id, manners_of(entry, charger.quirk))
        ocpp_limits.follow_options(self._hass, entry, charger)
        charger.measure_every(entry.options.get(CONF_METER_INTERVAL))
        self._fall_back(entry, charger)

    @callback
    def _follow_kind(
        self, entry: ChargerEntry, charger: OcppCharger, change: Change
    ) -> None:
        """Talk to a wallbox as it is known since it has said which it is."""
        if self._listener is None or not change.charger:
            return
        if charger is self.central.charger(charger.charger_id):
            self._treat(charger.charger_id, manners_of(entry, charger.quirk))

    @callback
    def _fall_back(self, entry: ChargerEntry, charger: OcppCharger) -> None:
        """Tell a wallbox what to do without us, if that was ever chosen."""
        chosen: bool | None = entry.options.get(CONF_FALLBACK)
        if chosen is None or (chosen and entry.disabled_by is not None):
            return  # nobody would see what binds a disabled one
        value_ma = None
        if chosen:
            value_ma = entry.options[CONF_FALLBACK_CURRENT] * 1000
            value_ma = min(value_ma, charger.setpoint.maximum_ma)
        self._hass.async_create_background_task(
            charger.fall_back_to(value_ma, left=not chosen),
            f"fallback of {entry.title}",
        )

    def _guard(self, entry: ChargerEntry) -> None:
        """Hold a wallbox to what its entry says, and remember what it proves."""
        guard = self.central.guard(entry.data[CONF_CHARGER_ID])
        guard.security = Security.of(entry.data.get(CONF_SECURITY, {}))

        @callback
        def changed(security: Security) -> None:
            data = {**entry.data, CONF_SECURITY: security.as_data()}
            self._hass.config_entries.async_update_entry(entry, data=data)
            self.look_at_wallbox(entry)

        guard.on_change = changed
        guard.on_answer = partial(ocpp_tls.tell_refused, self._hass, entry)

    async def forget(self, charger_id: str) -> None:
        """Let a wallbox be unknown again; it keeps its limit, nothing else of ours."""
        charger = self.central.charger(charger_id)
        if charger is not None:
            with suppress(TimeoutError, DeviceError):
                async with asyncio.timeout(_PATIENCE_S):
                    await charger.forget_cards()
        if charger is not None and charger.holds_fallback:
            with suppress(TimeoutError):
                async with asyncio.timeout(_PATIENCE_S):
                    await charger.fall_back_to(None)
        with suppress(JournalError):
            await self.billing.end(charger_id, forget=True)
        if self._price is not None:
            self._price.drop(charger_id)
        (await self._kinds.learnt()).forget(charger_id)
        await self.central.remove(charger_id)
        if self._listener is not None:
            self._listener.server.treat(charger_id, None)

    @callback
    def _treat(self, charger_id: str, manners: Manners) -> None:
        """Talk to a wallbox like this from now on, on an open connection as well."""
        if self._listener is not None:
            self._listener.server.treat(charger_id, manners)
        self._knocks.settle(manners.aliases)

    def _knows(self, charger_id: str) -> bool:
        return self.central.charger(charger_id) is not None

    @callback
    def _refused(self, charger_id: str, peer: str, why: Refusal | None) -> None:
        if self.listening:
            self._knocks.refused(charger_id, peer, why)
