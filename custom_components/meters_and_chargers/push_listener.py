"""Meters that write their values to us: one listener a port, for all that use it."""

import asyncio
from collections import deque
from collections.abc import Callable
from collections.abc import Set as AbstractSet
import logging
from statistics import median

from homeassistant.config_entries import ConfigEntry
from homeassistant.const import CONF_HOST, CONF_PORT
from homeassistant.core import HomeAssistant, callback

from . import links
from .const import CONF_ENABLED, CONF_PUSH, CONF_SOURCE
from .engine.model import Device, Point, Sample
from .shared_port import SharedPort, Words

_LOGGER = logging.getLogger(__name__)

MISSING_PERIODS = 5
"""After so many periods without a sample polling takes over."""
_SHORTEST_S = 0.2
_SLOWER = 1.5
"""A push that much slower than the poll it would replace replaces nothing."""
_MOST_SERIES = 20


async def _open(hass: HomeAssistant, port: int) -> links.PushListener:
    return await links.open_push(hass, port)


_WORDS = Words(
    kind="push",
    open=_open,
    port_in_use="push_port_in_use",
    unknown_source="push_source",
    unavailable="push_unavailable",
)


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
        self._on_sample = on_sample
        self._on_missing = on_missing
        self._series: dict[frozenset[Point], _Series] = {}
        self._alive: frozenset[Point] = frozenset()
        self._timer: asyncio.TimerHandle | None = None
        self.source = links.push_source(device, self._came)
        """Who writes, with its counts."""
        address = options[CONF_SOURCE] or entry.data[CONF_HOST]
        self._port = SharedPort(
            hass, entry, _WORDS, options[CONF_PORT], address, self.source
        )
        self.values: dict[Point, float | None] = {}
        """The newest pushed value of each point that does not miss its time."""

    @property
    def listening(self) -> bool:
        """Whether the meter is let in."""
        return self._port.listening

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
        self._entry.async_on_unload(self._stop)
        await self._port.start(lambda: self.active)

    @callback
    def _stop(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

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
