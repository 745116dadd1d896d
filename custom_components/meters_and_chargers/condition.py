"""Conditions of automations: what a charger of a site does at present."""

from typing import override

from homeassistant.core import HomeAssistant
from homeassistant.helpers.condition import Condition, EntityStateConditionBase

from .engine.charging import Stage
from .trigger import SENSORS, of_ours

_CHARGING: set[str | bool] = {Stage.CHARGING, Stage.LIMITED, Stage.STOP_DELAY}
_LIMITED: set[str | bool] = {Stage.LIMITED, Stage.PAUSED_FUSE}
_WAITING: set[str | bool] = {Stage.WAITING_SURPLUS, Stage.START_DELAY}


class _Stage(EntityStateConditionBase):
    """A charger stands at one of some stages."""

    _domain_specs = SENSORS

    @override
    def entity_filter(self, entities: set[str]) -> set[str]:
        return of_ours(self._hass, super().entity_filter(entities), "charger_state")


class IsCharging(_Stage):
    """It lets a car charge."""

    _states = _CHARGING


class IsLimited(_Stage):
    """It gets less than its mode asks for, or nothing, because of a fuse or limit."""

    _states = _LIMITED


class IsWaiting(_Stage):
    """It waits for sun, a price, a plan, or room on the fuse."""

    _states = _WAITING


CONDITIONS: dict[str, type[Condition]] = {
    "is_charging": IsCharging,
    "is_limited": IsLimited,
    "is_waiting": IsWaiting,
}


async def async_get_conditions(_hass: HomeAssistant) -> dict[str, type[Condition]]:
    """Return the conditions of the chargers of a site."""
    return CONDITIONS
