"""Any sensors of Home Assistant as a meter: a total, a pair, or the three phases."""

from collections import deque
from collections.abc import Callable, Sequence
from functools import partial
from itertools import pairwise, product
from math import copysign, isfinite
from statistics import median

from homeassistant.const import (
    ATTR_UNIT_OF_MEASUREMENT,
    UnitOfElectricCurrent,
    UnitOfPower,
)
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
from homeassistant.util.unit_conversion import ElectricCurrentConverter, PowerConverter

from .engine.charging import GridSample, PhaseCurrents

UNKNOWN_PERIOD_MS = 10_000
"""Until a sensor has shown how often it reports, it may not guard a fuse."""
_ENOUGH_REPORTS = 4
_VOLTAGE = 230
_PLAUSIBLE_A = 2.0
"""How far currents and their total power may be apart: one is older than the other."""


class Sensor:
    """The last value of any sensor, in one unit, and how often it comes."""

    def __init__(
        self,
        hass: HomeAssistant,
        entity_id: str,
        convert: Callable[[float, str | None], float],
    ) -> None:
        """Follow a sensor once started; `convert` takes its value and its unit."""
        self._hass = hass
        self._entity_id = entity_id
        self._on_value: Callable[[], None] = _nothing
        self._convert = convert
        self._reports_ms: deque[int] = deque(maxlen=20)
        self.value: float | None = None
        self.at_ms: int | None = None

    @property
    def period_ms(self) -> int:
        """The usual time between two reports."""
        if len(self._reports_ms) < _ENOUGH_REPORTS:
            return UNKNOWN_PERIOD_MS
        gaps = [later - sooner for sooner, later in pairwise(self._reports_ms)]
        return round(median(gaps))

    @callback
    def start(self, on_value: Callable[[], None] | None = None) -> CALLBACK_TYPE:
        """Begin to follow; returns the function that ends it."""
        self._on_value = on_value or _nothing
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
        if (state := event.data["new_state"]) is not None and self._take(state):
            self._on_value()

    @callback
    def _reported(self, event: Event[EventStateReportedData]) -> None:
        if self._take(event.data["new_state"]):
            self._on_value()

    def _take(self, state: State, age_ms: int = 0) -> bool:
        """Keep a value; unavailable ones leave the last one to grow old."""
        unit = state.attributes.get(ATTR_UNIT_OF_MEASUREMENT)
        try:
            value = self._convert(float(state.state), unit)
        except ValueError, HomeAssistantError:
            return False
        if not isfinite(value):
            return False
        self.value = value
        self.at_ms = round(self._hass.loop.time() * 1000) - age_ms
        self._reports_ms.append(self.at_ms)
        return True


def _nothing() -> None:
    """Do nothing at a value that is only looked at now and then."""


def power_sensor(hass: HomeAssistant, entity_id: str) -> Sensor:
    """Return a sensor read in W."""
    return Sensor(
        hass,
        entity_id,
        lambda value, unit: PowerConverter.convert(value, unit, UnitOfPower.WATT),
    )


def current_sensor(hass: HomeAssistant, entity_id: str) -> Sensor:
    """Return a sensor read in A."""
    return Sensor(
        hass,
        entity_id,
        lambda value, unit: ElectricCurrentConverter.convert(
            value, unit, UnitOfElectricCurrent.AMPERE
        ),
    )


type Combine = Callable[[tuple[float, ...]], tuple[float, PhaseCurrents | None]]
"""Values of sensors -> power in W and currents in mA; import is positive."""


class SensorGrid:
    """Sensors that together say what flows; a sample is as old as the oldest value."""

    voltage_mv: int | None = None
    """None of them tells it."""

    def __init__(
        self,
        sensors: Sequence[Sensor],
        combine: Combine,
        on_sample: Callable[[], None],
    ) -> None:
        """Follow the sensors once started."""
        self._sensors = sensors
        self._waiting = set(sensors)
        """Those that have said nothing since the last sample."""
        self._combine = combine
        self._on_sample = on_sample
        self.sample: GridSample | None = None

    @property
    def period_ms(self) -> int:
        """How often all of them have reported."""
        return max(sensor.period_ms for sensor in self._sensors)

    @callback
    def start(self) -> CALLBACK_TYPE:
        """Begin to follow; returns the function that ends it."""
        ends = [one.start(partial(self._updated, one)) for one in self._sensors]
        for sensor in self._sensors:
            if sensor.value is not None:
                self._updated(sensor)

        @callback
        def stop() -> None:
            for end in ends:
                end()

        return stop

    @callback
    def _updated(self, sensor: Sensor) -> None:
        """Make a sample when every sensor has reported since the last one."""
        self._waiting.discard(sensor)
        if self._waiting:
            return
        self._waiting.update(self._sensors)
        values = tuple(one.value for one in self._sensors if one.value is not None)
        at_ms = min(one.at_ms for one in self._sensors if one.at_ms is not None)
        power_w, currents_ma = self._combine(values)
        self.sample = GridSample(at_ms, round(power_w), currents_ma)
        self._on_sample()


def total(values: tuple[float, ...]) -> tuple[float, None]:
    """Take one power: nothing is known of the phases."""
    return values[0], None


def pair(values: tuple[float, ...]) -> tuple[float, None]:
    """Take import and export, both positive."""
    return values[0] - abs(values[1]), None


def powers(values: tuple[float, ...]) -> tuple[float, PhaseCurrents]:
    """Take the powers of the phases; currents at least follow from them."""
    return sum(values), _in_ma(tuple(watts / _VOLTAGE for watts in values))


class Currents:
    """Three currents, and the total power for their directions if there is one.

    Most sensors count a current positive whatever its direction. Without a total such
    currents count as import; with one, a phase counts as export only where nothing
    else would explain the total. A sensor that was negative once knows directions.
    """

    def __init__(self, *, turned: bool) -> None:
        """Know nothing of the sensors yet; `turned` counts export positive."""
        self._turned = turned
        self._signed = False

    def __call__(self, values: tuple[float, ...]) -> tuple[float, PhaseCurrents]:
        """Take the currents in A, and perhaps the total in W."""
        amps, rest = values[:3], values[3:]
        turn = -1 if self._turned else 1
        self._signed = self._signed or any(amp < 0 for amp in amps)
        watts = turn * rest[0] if rest else None
        if self._signed:
            amps = tuple(turn * amp for amp in amps)
        elif watts is not None:
            amps = _directed(amps, watts)
        if watts is None:
            watts = sum(amps) * _VOLTAGE
        return watts, _in_ma(amps)


def _directed(amps: tuple[float, ...], watts: float) -> tuple[float, ...]:
    """Give unsigned currents the directions that explain a power, import in doubt."""
    wanted = watts / _VOLTAGE
    ways = list(product((1, -1), repeat=len(amps)))
    gaps = [
        abs(sum(s * a for s, a in zip(way, amps, strict=True)) - wanted) for way in ways
    ]
    plausible = [
        way
        for way, gap in zip(ways, gaps, strict=True)
        if gap <= min(gaps) + _PLAUSIBLE_A
    ]
    return tuple(
        copysign(amp, max(way[phase] for way in plausible))
        for phase, amp in enumerate(amps)
    )


def turned(combine: Combine) -> Combine:
    """Return the same for a meter that counts export positive."""

    def turn(values: tuple[float, ...]) -> tuple[float, PhaseCurrents | None]:
        power_w, currents_ma = combine(values)
        if currents_ma is None:
            return -power_w, None
        first, second, third = currents_ma
        return -power_w, (-first, -second, -third)

    return turn


def _in_ma(amps: tuple[float, ...]) -> PhaseCurrents:
    first, second, third = (round(amp * 1000) for amp in amps)
    return (first, second, third)
