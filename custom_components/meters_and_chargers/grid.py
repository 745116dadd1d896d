"""Where a site's or a circuit's power comes from: one of our meters, or any sensors."""

from collections.abc import Callable, Mapping
from math import copysign
from typing import Any, Protocol

from homeassistant.core import CALLBACK_TYPE, HomeAssistant, callback

from . import registry
from .const import (
    CONF_GRID_CURRENTS,
    CONF_GRID_EXPORT,
    CONF_GRID_IMPORT,
    CONF_GRID_METER,
    CONF_GRID_POWER,
    CONF_GRID_POWERS,
    CONF_GRID_TURNED,
)
from .coordinator import DeviceCoordinator
from .engine.charging import GridSample, PhaseCurrents
from .engine.model import PHASES, Phase, Point, Quantity
from .grid_sensors import (
    UNKNOWN_PERIOD_MS,
    Combine,
    Currents,
    SensorGrid,
    current_sensor,
    pair,
    power_sensor,
    powers,
    total,
    turned,
)

_POWER = Point(Quantity.POWER)
_VOLTAGES = tuple(Point(Quantity.VOLTAGE, phase) for phase in PHASES)
_OF_PHASES = tuple(
    Point(quantity, phase)
    for quantity in (Quantity.CURRENT, Quantity.POWER)
    for phase in PHASES
)


class Grid(Protocol):
    """The grid meter of a site."""

    @property
    def period_ms(self) -> int:
        """How often it is expected to give a sample."""

    @property
    def sample(self) -> GridSample | None:
        """The last good reading."""

    @property
    def voltage_mv(self) -> int | None:
        """The mean voltage of its phases, to the volt; None if it tells none."""

    def start(self) -> CALLBACK_TYPE:
        """Begin to follow; returns the function that ends it."""


class MeterGrid:
    """One of our own meters, found by identity."""

    def __init__(
        self,
        hass: HomeAssistant,
        key: str,
        on_sample: Callable[[], None],
        *,
        turned: bool = False,
    ) -> None:
        """Follow a meter once started; a turned one counts export positive."""
        self._hass = hass
        self._key = key
        self._on_sample = on_sample
        self._sign = -1 if turned else 1
        self._coordinator: DeviceCoordinator | None = None
        self._unlisten: CALLBACK_TYPE | None = None
        self._period_ms = UNKNOWN_PERIOD_MS
        self.sample: GridSample | None = None

    @property
    def period_ms(self) -> int:
        """How often its power is read: as its owner chose, or as it can."""
        return self._period_ms

    @property
    def voltage_mv(self) -> int | None:
        """The mean voltage of its phases, to the volt."""
        data = self._coordinator.data if self._coordinator else {}
        told = [data.get(point) for point in _VOLTAGES]
        known = [volts for volts in told if volts]
        return round(sum(known) / len(known)) * 1000 if known else None

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
            relax = coordinator.async_guard()
            period_s = coordinator.period_s(Point(Quantity.POWER))
            self._period_ms = round(period_s * 1000)
            # An entity writes once a second; here each sample counts, at once.
            unfollow = coordinator.async_follow(self._updated)
            unlisten = coordinator.async_add_listener(self._updated)

            @callback
            def end() -> None:
                relax()
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
        currents = [self._current_ma(coordinator, phase) for phase in PHASES]
        all_currents = _all_known(*currents)
        used = (_POWER,) if all_currents is None else (_POWER, *_OF_PHASES)
        times = [at for point in used if (at := coordinator.time_of(point)) is not None]
        if power is None or len(times) < len(used):
            return
        sample = GridSample(
            at_ms=round(min(times) * 1000),
            power_w=self._sign * round(power),
            currents_ma=all_currents,
        )
        if sample != self.sample:
            self.sample = sample
            self._on_sample()

    def _current_ma(self, coordinator: DeviceCoordinator, phase: Phase) -> int | None:
        """Return a phase's current with the direction of its power."""
        current = coordinator.data.get(Point(Quantity.CURRENT, phase))
        power = coordinator.data.get(Point(Quantity.POWER, phase))
        if current is None or power is None:
            return None
        return self._sign * round(copysign(current * 1000, power))


def _all_known(
    first: int | None, second: int | None, third: int | None
) -> PhaseCurrents | None:
    if first is None or second is None or third is None:
        return None
    return (first, second, third)


def grid_of(
    hass: HomeAssistant, data: Mapping[str, Any], on_sample: Callable[[], None]
) -> Grid | None:
    """Return the meter that an entry's or a circuit's data name, if they name one."""
    is_turned = bool(data.get(CONF_GRID_TURNED))
    meter: str | None = data.get(CONF_GRID_METER)
    if meter is not None:
        return MeterGrid(hass, meter, on_sample, turned=is_turned)
    power: str | None = data.get(CONF_GRID_POWER)
    if CONF_GRID_CURRENTS in data:
        sensors = [current_sensor(hass, one) for one in data[CONF_GRID_CURRENTS]]
        if power is not None:
            sensors.append(power_sensor(hass, power))
        return SensorGrid(sensors, Currents(turned=is_turned), on_sample)
    entity_ids: list[str]
    combine: Combine
    if CONF_GRID_POWERS in data:
        entity_ids, combine = data[CONF_GRID_POWERS], powers
    elif CONF_GRID_IMPORT in data:
        entity_ids, combine = [data[CONF_GRID_IMPORT], data[CONF_GRID_EXPORT]], pair
    elif power is not None:
        entity_ids, combine = [power], total
    else:
        return None
    return SensorGrid(
        [power_sensor(hass, one) for one in entity_ids],
        turned(combine) if is_turned else combine,
        on_sample,
    )
