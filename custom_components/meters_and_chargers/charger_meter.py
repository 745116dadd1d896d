"""What a charger draws on the grid's phases, by a meter of its own or by its word."""

from collections.abc import Mapping
from typing import Any, NamedTuple

from homeassistant.core import CALLBACK_TYPE, HomeAssistant, callback

from .const import (
    CONF_CHARGER_CURRENTS,
    CONF_CHARGER_METER,
    CONF_CHARGER_PHASES,
    CONF_ROTATION,
)
from .engine.charging import PhaseCurrents
from .engine.model import PHASES
from .grid_sensors import current_sensor, power_sensor

_VOLTAGE = 230


class Measured(NamedTuple):
    """What a charger draws, and when."""

    currents_ma: PhaseCurrents
    """On the grid's phases."""
    at_ms: int
    """By the event loop's clock."""
    by_phase: bool
    """Whether each of its phases was measured."""


class Wiring:
    """Which of the grid's phases a charger loads, and in which order."""

    def __init__(self, data: Mapping[str, Any]) -> None:
        """Take a charger's phases and where its L1 is; cyclic from there."""
        names = [phase.value for phase in PHASES]
        chosen: list[str] = data[CONF_CHARGER_PHASES]
        on = [name in chosen for name in names]
        self.phases = (on[0], on[1], on[2])
        self.first = names.index(data.get(CONF_ROTATION, names[0]))
        """The grid's phase, from 0, on which its L1 is."""
        self._own = tuple((self.first + n) % 3 for n in range(3))
        self.order = tuple(phase for phase in self._own if on[phase])
        """The grid's phases on which its L1, L2 and L3 are, as far as it has them."""

    def spread(self, current_ma: int, count: int | None = None) -> PhaseCurrents:
        """Return the same current on its phases, or on the first few of them."""
        used = self.order if count is None else self.order[:count]
        first, second, third = (current_ma if n in used else 0 for n in range(3))
        return (first, second, third)

    def turn(self, own: PhaseCurrents) -> PhaseCurrents:
        """Return currents on a charger's own phases as they load the grid's."""
        if len(self.order) == 1:
            # Whatever it calls the one phase it has.
            return self.spread(sum(own))
        grid = [0, 0, 0]
        for phase, current_ma in zip(self._own, own, strict=True):
            grid[phase] += current_ma
        return (grid[0], grid[1], grid[2])


class ChargerMeter:
    """A power sensor or three current sensors that measure a charger alone."""

    def __init__(
        self, hass: HomeAssistant, data: Mapping[str, Any], wiring: Wiring
    ) -> None:
        """Follow the sensors once started."""
        self._wiring = wiring
        currents: list[str] = data.get(CONF_CHARGER_CURRENTS, [])
        self._sensors = [current_sensor(hass, one) for one in currents]
        self.entities: dict[str, str | list[str]] = {}
        """What it is measured by, for who shows it."""
        if currents:
            self.entities["current_entities"] = currents
        if power := data.get(CONF_CHARGER_METER):
            self.entities["power_entity"] = power
        if not currents:
            self._sensors = [power_sensor(hass, power)] if power else []
        self._by_current = bool(currents)

    @property
    def there(self) -> bool:
        """Whether it has such a meter at all."""
        return bool(self._sensors)

    @callback
    def start(self) -> CALLBACK_TYPE:
        """Begin to follow; returns the function that ends it."""
        ends = [sensor.start() for sensor in self._sensors]

        @callback
        def stop() -> None:
            for end in ends:
                end()

        return stop

    def measured(self, phases: int | None) -> Measured | None:
        """Return what it draws; a power is shared by the phases in use."""
        values = [one.value for one in self._sensors if one.value is not None]
        times = [one.at_ms for one in self._sensors if one.at_ms is not None]
        if not values or len(values) < len(self._sensors):
            return None
        if self._by_current:
            amps = [*values, 0.0, 0.0][:3]
            first, second, third = (round(abs(one) * 1000) for one in amps)
            each = len(values) >= len(self._wiring.order)
            turned = self._wiring.turn((first, second, third))
            return Measured(turned, min(times), each)
        count = min(phases or 3, len(self._wiring.order))
        drawn = round(values[0] * 1000 / (count * _VOLTAGE))
        return Measured(self._wiring.spread(drawn, count), min(times), by_phase=False)
