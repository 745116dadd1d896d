"""Where a site's power comes from: one of our meters, or any power sensor."""

from collections import deque
from collections.abc import Callable
from itertools import pairwise
from math import copysign, isfinite
from statistics import median
from typing import Protocol

from homeassistant.const import ATTR_UNIT_OF_MEASUREMENT, UnitOfPower
from homeassistant.core import (
    CALLBACK_TYPE,
    Event,
    EventStateChangedData,
    EventStateReportedData,
    HomeAssistant,
    State,
    callback,
)
from homeassistant.exceptions import HomeAssistantError
from homeassistant.helpers.event import (
    async_track_state_change_event,
    async_track_state_report_event,
)
from homeassistant.util import dt as dt_util
from homeassistant.util.unit_conversion import PowerConverter

from . import registry
from .coordinator import DeviceCoordinator
from .engine.charging import GridSample, PhaseCurrents
from .engine.model import PHASES, Phase, Point, Quantity

_UNKNOWN_PERIOD_MS = 10_000
"""Until a sensor has shown how often it reports, it may not guard a fuse."""
_ENOUGH_REPORTS = 4
_POWER = Point(Quantity.POWER)
_OF_PHASES = tuple(
    Point(quantity, phase)
    for quantity in (Quantity.CURRENT, Quantity.POWER)
    for phase in PHASES
)


class PowerSensor:
    """The last value of any power sensor, in W, and how often it comes."""

    def __init__(
        self, hass: HomeAssistant, entity_id: str, on_value: Callable[[], None]
    ) -> None:
        """Follow a sensor once started."""
        self._hass = hass
        self._entity_id = entity_id
        self._on_value = on_value
        self._reports_ms: deque[int] = deque(maxlen=20)
        self.watts: float | None = None
        self.at_ms: int | None = None

    @property
    def period_ms(self) -> int:
        """The usual time between two reports."""
        if len(self._reports_ms) < _ENOUGH_REPORTS:
            return _UNKNOWN_PERIOD_MS
        gaps = [later - sooner for sooner, later in pairwise(self._reports_ms)]
        return round(median(gaps))

    @callback
    def start(self) -> CALLBACK_TYPE:
        """Begin to follow; returns the function that ends it."""
        ends = (
            async_track_state_change_event(self._hass, self._entity_id, self._changed),
            async_track_state_report_event(self._hass, self._entity_id, self._reported),
        )
        if (state := self._hass.states.get(self._entity_id)) is not None:
            age = dt_util.utcnow() - state.last_reported
            self._take(state, max(0, round(age.total_seconds() * 1000)))

        @callback
        def stop() -> None:
            for end in ends:
                end()

        return stop

    @callback
    def _changed(self, event: Event[EventStateChangedData]) -> None:
        if (state := event.data["new_state"]) is not None:
            self._take(state)
            self._on_value()

    @callback
    def _reported(self, event: Event[EventStateReportedData]) -> None:
        self._take(event.data["new_state"])
        self._on_value()

    def _take(self, state: State, age_ms: int = 0) -> None:
        """Keep a value; unavailable ones leave the last one to grow old."""
        unit = state.attributes.get(ATTR_UNIT_OF_MEASUREMENT)
        try:
            watts = PowerConverter.convert(float(state.state), unit, UnitOfPower.WATT)
        except ValueError, HomeAssistantError:
            return
        if isfinite(watts):
            self.watts = watts
            self.at_ms = round(self._hass.loop.time() * 1000) - age_ms
            self._reports_ms.append(self.at_ms)


class Grid(Protocol):
    """The grid meter of a site."""

    @property
    def period_ms(self) -> int:
        """How often it is expected to give a sample."""

    @property
    def sample(self) -> GridSample | None:
        """The last good reading."""

    def start(self) -> CALLBACK_TYPE:
        """Begin to follow; returns the function that ends it."""


class SensorGrid:
    """Any total power sensor; import is positive."""

    def __init__(
        self, hass: HomeAssistant, entity_id: str, on_sample: Callable[[], None]
    ) -> None:
        """Follow a sensor once started."""
        self._sensor = PowerSensor(hass, entity_id, on_sample)
        self.start = self._sensor.start

    @property
    def period_ms(self) -> int:
        """How often the sensor reports."""
        return self._sensor.period_ms

    @property
    def sample(self) -> GridSample | None:
        """The last value, without currents."""
        if self._sensor.watts is None or self._sensor.at_ms is None:
            return None
        return GridSample(at_ms=self._sensor.at_ms, power_w=round(self._sensor.watts))


class MeterGrid:
    """One of our own meters, found by identity."""

    def __init__(
        self, hass: HomeAssistant, key: str, on_sample: Callable[[], None]
    ) -> None:
        """Follow a meter once started."""
        self._hass = hass
        self._key = key
        self._on_sample = on_sample
        self._coordinator: DeviceCoordinator | None = None
        self._unlisten: CALLBACK_TYPE | None = None
        self._period_ms = _UNKNOWN_PERIOD_MS
        self.sample: GridSample | None = None

    @property
    def period_ms(self) -> int:
        """How often its power is read: as its owner chose, or as it can."""
        return self._period_ms

    @callback
    def start(self) -> CALLBACK_TYPE:
        """Begin to follow; returns the function that ends it."""
        unsubscribe = registry.subscribe(self._hass, self._key, self._came_or_went)

        @callback
        def stop() -> None:
            unsubscribe()
            self._came_or_went(None)

        return stop

    @callback
    def _came_or_went(self, found: registry.Present | None) -> None:
        if self._unlisten is not None:
            self._unlisten()
            self._unlisten = None
        coordinator = found if isinstance(found, DeviceCoordinator) else None
        self._coordinator = coordinator
        if coordinator is not None:
            period_s = coordinator.period_s(Point(Quantity.POWER))
            self._period_ms = round(period_s * 1000)
            # An entity writes once a second; here each sample counts, at once.
            unfollow = coordinator.async_follow(self._updated)
            unlisten = coordinator.async_add_listener(self._updated)

            @callback
            def end() -> None:
                unfollow()
                unlisten()

            self._unlisten = end
            self._updated()

    @callback
    def _updated(self) -> None:
        """Take over what brought the power; the last sample stays otherwise.

        A sample is as old as the oldest of its values: of a meter that pushes some,
        the others may be polled.
        """
        coordinator = self._coordinator
        if coordinator is None or not coordinator.last_update_success:
            return
        power = coordinator.data.get(_POWER)
        currents = [_current_ma(coordinator, phase) for phase in PHASES]
        all_currents = _all_known(*currents)
        used = (_POWER,) if all_currents is None else (_POWER, *_OF_PHASES)
        times = [at for point in used if (at := coordinator.time_of(point)) is not None]
        if power is None or len(times) < len(used):
            return
        sample = GridSample(
            at_ms=round(min(times) * 1000),
            power_w=round(power),
            currents_ma=all_currents,
        )
        if sample != self.sample:
            self.sample = sample
            self._on_sample()


def _current_ma(coordinator: DeviceCoordinator, phase: Phase) -> int | None:
    """Return a phase's current with the direction of its power."""
    current = coordinator.data.get(Point(Quantity.CURRENT, phase))
    power = coordinator.data.get(Point(Quantity.POWER, phase))
    if current is None or power is None:
        return None
    return round(copysign(current * 1000, power))


def _all_known(
    first: int | None, second: int | None, third: int | None
) -> PhaseCurrents | None:
    if first is None or second is None or third is None:
        return None
    return (first, second, third)
