"""Meters that write their values to us: one listener a port, for all that use it."""

import asyncio
from collections import deque
from collections.abc import Callable
from collections.abc import Set as AbstractSet
from datetime import datetime, timedelta
import logging
from statistics import median

from homeassistant.config_entries import ConfigEntry
from homeassistant.const import CONF_HOST, CONF_PORT, EVENT_HOMEASSISTANT_STOP
from homeassistant.core import Event, HomeAssistant, callback
from homeassistant.helpers import issue_registry as ir
from homeassistant.helpers.event import async_track_time_interval
from homeassistant.util.hass_dict import HassKey

from . import links
from .const import CONF_ENABLED, CONF_PUSH, CONF_SOURCE, DOMAIN
from .engine.model import Device, Point, Sample

_LOGGER = logging.getLogger(__name__)

MISSING_PERIODS = 5
"""After so many periods without a sample polling takes over."""
_SHORTEST_S = 0.2
_SLOWER = 1.5
"""A push that much slower than the poll it would replace replaces nothing."""
_MOST_SERIES = 20
_AGAIN = timedelta(seconds=60)

_SERVERS: HassKey[dict[int, links.PushListener]] = HassKey(f"{DOMAIN}_push_servers")
_TURN: HassKey[asyncio.Lock] = HassKey(f"{DOMAIN}_push_turn")


class _Series:
    """Samples that bring the same points, and how often they come."""

    def __init__(self) -> None:
        """Begin without a sample."""
        self.last_at: float | None = None
        self.gaps: deque[float] = deque(maxlen=5)

    @property
    def period_s(self) -> float | None:
        """The usual time between two samples; None before the second one."""
        return median(self.gaps) if self.gaps else None

    @property
    def until(self) -> float:
        """When too many samples are missing, in the event loop's time."""
        if self.last_at is None or not self.gaps:
            return float("-inf")
        return self.last_at + MISSING_PERIODS * max(median(self.gaps), _SHORTEST_S)

    def came(self, at: float) -> None:
        """Count a sample; after an outage the period is learnt anew."""
        if self.last_at is not None and at > self.last_at:
            if self.gaps and at > self.until:
                self.gaps.clear()
            else:
                self.gaps.append(at - self.last_at)
        self.last_at = at


class MeterPush:
    """What one meter pushes: which values, how often, and when it falls silent."""

    def __init__(
        self,
        hass: HomeAssistant,
        entry: ConfigEntry,
        device: Device,
        on_sample: Callable[[Sample], None],
        on_missing: Callable[[], None],
    ) -> None:
        """Belong to an entry; nothing is listened for yet."""
        options = entry.options[CONF_PUSH]
        self._hass = hass
        self._entry = entry
        self._port: int = options[CONF_PORT]
        self._address: str = options[CONF_SOURCE] or entry.data[CONF_HOST]
        self._on_sample = on_sample
        self._on_missing = on_missing
        self._series: dict[frozenset[Point], _Series] = {}
        self._alive: frozenset[Point] = frozenset()
        self._timer: asyncio.TimerHandle | None = None
        self._addresses: frozenset[str] = frozenset()
        self._stopped = False
        self.source = links.push_source(device, self._came)
        """Who writes, with its counts."""
        self.values: dict[Point, float | None] = {}
        """The newest pushed value of each point that does not miss its time."""
        self.listening = False

    @staticmethod
    def wanted(entry: ConfigEntry) -> bool:
        """Whether the user lets the meter push."""
        return bool(entry.options.get(CONF_PUSH, {}).get(CONF_ENABLED))

    @property
    def active(self) -> bool:
        """Whether values come in time."""
        return bool(self._alive)

    @property
    def period_s(self) -> float | None:
        """The shortest usual time between two samples; s."""
        now = self._hass.loop.time()
        found = [one.period_s for one in self._series.values() if one.until > now]
        return min((period for period in found if period is not None), default=None)

    async def start(self) -> None:
        """Listen; what can't be had now is tried again."""
        entry, hass = self._entry, self._hass
        entry.async_on_unload(self.stop)
        entry.async_on_unload(
            hass.bus.async_listen_once(EVENT_HOMEASSISTANT_STOP, self._stop)
        )
        entry.async_on_unload(async_track_time_interval(hass, self._try_again, _AGAIN))
        await self._attach()

    async def _stop(self, _event: Event) -> None:
        self.stop()

    @callback
    def stop(self) -> None:
        """Listen no more; takes no time with the meter connected."""
        self._stopped = True
        self._detach()
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        ir.async_delete_issue(self._hass, DOMAIN, self._issue)

    def at(self, point: Point) -> float | None:
        """When the newest pushed value of a point was sent, in the loop's time."""
        return max(
            (
                one.last_at
                for points, one in self._series.items()
                if point in points and one.last_at is not None
            ),
            default=None,
        )

    def known(self, points: AbstractSet[Point], limit_s: float) -> AbstractSet[Point]:
        """Return those points which come at least about that often by themselves."""
        if not self._alive:
            return frozenset()
        now = self._hass.loop.time()
        found: set[Point] = set()
        for series_points, one in self._series.items():
            period = one.period_s
            if one.until > now and period is not None and period <= _SLOWER * limit_s:
                found |= series_points & points
        return found

    # -- the meter writes -----------------------------------------------------

    @callback
    def _came(self, sample: Sample) -> None:
        if (series := self._series.get(sample.points)) is None:
            if len(self._series) >= _MOST_SERIES:
                self._series.clear()
            series = self._series[sample.points] = _Series()
        series.came(sample.at)
        if series.gaps:
            if not self._alive:
                _LOGGER.info("%s pushes its values", self._entry.title)
            if not sample.points <= self._alive:
                self._alive |= sample.points
            self.values.update(sample.readings)
            for point in sample.missing:
                self.values.pop(point, None)
            if self._timer is None:
                self._watch()
        self._on_sample(sample)

    @callback
    def _watch(self) -> None:
        """Look when the first samples are missing; polling takes over for those."""
        now = self._hass.loop.time()
        alive = {p: one for p, one in self._series.items() if one.until > now}
        still = frozenset().union(*alive)
        lost = self._alive - still
        self._alive = still
        self._timer = None
        if alive:
            left = min(one.until for one in alive.values()) - now
            self._timer = self._hass.loop.call_later(left + 0.01, self._watch)
        if lost:
            for point in lost:
                self.values.pop(point, None)
            if not still:
                _LOGGER.info(
                    "%s does not push any more: it is polled", self._entry.title
                )
            self._on_missing()

    # -- the listener ---------------------------------------------------------

    @property
    def _issue(self) -> str:
        return f"push_{self._entry.entry_id}"

    async def _try_again(self, _now: datetime) -> None:
        """While nothing comes, the meter's name may have another address now."""
        if not self._alive:
            await self._attach()

    async def _attach(self) -> None:
        """Let the meter in; says as an issue why that is not possible."""
        try:
            addresses = await links.addresses_of(self._address)
            if addresses == self._addresses and self.listening:
                return
            self._detach()
            await self._listen(addresses)
        except ImportError:
            self._tell("push_unavailable")
        except links.NoAddress:
            self._tell("push_source")
        except OSError:
            self._tell("push_port_in_use")
        else:
            ir.async_delete_issue(self._hass, DOMAIN, self._issue)

    async def _listen(self, addresses: frozenset[str]) -> None:
        hass, port = self._hass, self._port
        servers = hass.data.setdefault(_SERVERS, {})
        async with hass.data.setdefault(_TURN, asyncio.Lock()):
            server = servers.get(port) or await links.open_push(hass, port)
            try:
                if not self._stopped:
                    for address in addresses:
                        server.add(address, self.source)
                    self.listening, self._addresses = True, addresses
            except ValueError as err:
                server.remove(self.source)
                raise links.NoAddress(str(err)) from err
            finally:
                if server.sources:
                    servers[port] = server
                else:
                    server.close()

    @callback
    def _detach(self) -> None:
        """Refuse the meter; the last one takes the listener with it."""
        servers = self._hass.data.get(_SERVERS, {})
        if self.listening and (server := servers.get(self._port)) is not None:
            server.remove(self.source)
            if not server.sources:
                server.close()
                del servers[self._port]
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
