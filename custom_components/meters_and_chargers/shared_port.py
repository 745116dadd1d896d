"""A port at which several entries listen: the first opens it, the last closes it."""

import asyncio
from collections.abc import Awaitable, Callable, Sized
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Protocol

from homeassistant.config_entries import ConfigEntry
from homeassistant.const import EVENT_HOMEASSISTANT_STOP
from homeassistant.core import Event, HomeAssistant, callback
from homeassistant.helpers import issue_registry as ir
from homeassistant.helpers.event import async_track_time_interval
from homeassistant.requirements import RequirementsNotFound
from homeassistant.util.hass_dict import HassKey

from . import links
from .const import DOMAIN

_AGAIN = timedelta(seconds=60)

_LISTENERS: HassKey[dict[tuple[str, int], Listener[Any]]] = HassKey(
    f"{DOMAIN}_listeners"
)
_TURN: HassKey[asyncio.Lock] = HassKey(f"{DOMAIN}_listeners_turn")


class Listener[SourceT](Protocol):
    """What listens at a port, for those whom it knows by their addresses."""

    @property
    def sources(self) -> Sized:
        """Whom it listens to."""

    def add(self, address: str, source: SourceT) -> None:
        """Let somebody in; raises ValueError where another is known."""

    def remove(self, source: SourceT) -> None:
        """Let somebody in no more."""

    def close(self) -> None:
        """Close the port."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Words[SourceT]:
    """What is listened for, how, and the issues that say why it can't be."""

    kind: str
    open: Callable[[HomeAssistant, int], Awaitable[Listener[SourceT]]]
    """Raises OSError where the port can't be had, ImportError without its library."""
    port_in_use: str
    unknown_source: str
    unavailable: str


class SharedPort[SourceT]:
    """One entry's part of a port; what can't be had is tried again every minute."""

    def __init__(
        self,
        hass: HomeAssistant,
        entry: ConfigEntry[Any],
        words: Words[SourceT],
        port: int,
        address: str,
        source: SourceT,
    ) -> None:
        """Belong to an entry; ``address`` may be a name. Nothing is opened yet."""
        self._hass, self._entry = hass, entry
        self._words, self._port, self._address = words, port, address
        self._source = source
        self._addresses: frozenset[str] = frozenset()
        self._stopped = False
        self.listening = False

    async def start(self, heard: Callable[[], bool]) -> None:
        """Listen; while nothing is heard, its name may have another address now."""
        entry, hass = self._entry, self._hass

        async def try_again(_now: datetime) -> None:
            if not heard():
                await self._attach()

        async def stop(_event: Event) -> None:
            self.stop()

        entry.async_on_unload(self.stop)
        entry.async_on_unload(
            hass.bus.async_listen_once(EVENT_HOMEASSISTANT_STOP, stop)
        )
        entry.async_on_unload(async_track_time_interval(hass, try_again, _AGAIN))
        await self._attach()

    @callback
    def stop(self) -> None:
        """Listen no more; takes no time with whom is connected."""
        self._stopped = True
        self._detach()
        ir.async_delete_issue(self._hass, DOMAIN, self._issue)

    @property
    def _issue(self) -> str:
        return f"{self._words.kind}_{self._entry.entry_id}"

    async def _attach(self) -> None:
        """Let the source in; says as an issue why that is not possible."""
        try:
            addresses = await links.addresses_of(self._address)
            if addresses == self._addresses and self.listening:
                return
            self._detach()
            await self._listen(addresses)
        except ImportError, RequirementsNotFound:
            self._tell(self._words.unavailable)
        except links.NoAddress:
            self._tell(self._words.unknown_source)
        except OSError:
            self._tell(self._words.port_in_use)
        else:
            ir.async_delete_issue(self._hass, DOMAIN, self._issue)

    async def _listen(self, addresses: frozenset[str]) -> None:
        hass, key = self._hass, (self._words.kind, self._port)
        listeners = hass.data.setdefault(_LISTENERS, {})
        async with hass.data.setdefault(_TURN, asyncio.Lock()):
            listener = listeners.get(key) or await self._words.open(hass, self._port)
            try:
                if not self._stopped:
                    for address in addresses:
                        listener.add(address, self._source)
                    self.listening, self._addresses = True, addresses
            except ValueError as err:
                listener.remove(self._source)
                raise links.NoAddress(str(err)) from err
            finally:
                if listener.sources:
                    listeners[key] = listener
                else:
                    listener.close()

    @callback
    def _detach(self) -> None:
        """Refuse the source; the last one takes the listener with it."""
        listeners = self._hass.data.get(_LISTENERS, {})
        key = (self._words.kind, self._port)
        if self.listening and (listener := listeners.get(key)) is not None:
            listener.remove(self._source)
            if not listener.sources:
                listener.close()
                del listeners[key]
        self.listening = False

    def _tell(self, key: str) -> None:
        if self._stopped:
            return
        ir.async_create_issue(
            self._hass,
            DOMAIN,
            self._issue,
            is_fixable=False,
            severity=ir.IssueSeverity.WARNING,
            translation_key=key,
            translation_placeholders={
                "name": self._entry.title,
                "port": str(self._port),
                "source": self._address,
            },
        )
