"""The house's battery, by sensors that its inverter's integration has."""

from collections.abc import Mapping
from datetime import timedelta
from math import isfinite
from typing import Any

from homeassistant.const import ATTR_UNIT_OF_MEASUREMENT, UnitOfPower
from homeassistant.core import HomeAssistant, State
from homeassistant.exceptions import HomeAssistantError
from homeassistant.util import dt as dt_util
from homeassistant.util.unit_conversion import PowerConverter

from .const import CONF_BATTERY_LEVEL, CONF_BATTERY_POWER, CONF_BATTERY_TURNED
from .engine.charging import Battery

_BELIEVED = timedelta(minutes=10)
"""A power that nobody has reported for longer is not believed."""


class HouseBattery:
    """Its power, discharging positive, and its charge level if a sensor tells."""

    def __init__(
        self, hass: HomeAssistant, power: str, level: str | None, *, turned: bool
    ) -> None:
        """Read these sensors when asked; a turned one counts charging positive."""
        self._hass = hass
        self._power = power
        self._level = level
        self._sign = -1 if turned else 1

    @classmethod
    def of(cls, hass: HomeAssistant, data: Mapping[str, Any]) -> HouseBattery | None:
        """Return the battery that a site's entry names, if it names one."""
        power: str | None = data.get(CONF_BATTERY_POWER)
        if power is None:
            return None
        level: str | None = data.get(CONF_BATTERY_LEVEL)
        return cls(hass, power, level, turned=bool(data.get(CONF_BATTERY_TURNED)))

    @property
    def state(self) -> Battery | None:
        """The battery as it is now; None while its power is not known."""
        state = self._hass.states.get(self._power)
        if state is None or dt_util.utcnow() - state.last_reported > _BELIEVED:
            return None
        unit = state.attributes.get(ATTR_UNIT_OF_MEASUREMENT)
        try:
            watts = PowerConverter.convert(float(state.state), unit, UnitOfPower.WATT)
        except ValueError, HomeAssistantError:
            return None
        if not isfinite(watts):
            return None
        return Battery(power_w=self._sign * round(watts), charge_percent=self._percent)

    @property
    def _percent(self) -> int | None:
        level = None if self._level is None else self._hass.states.get(self._level)
        return None if level is None else _percent(level)


def _percent(state: State) -> int | None:
    try:
        level = float(state.state)
    except ValueError:
        return None
    return round(level) if isfinite(level) else None
