"""What a car must have, and when: by the owner's clock and words."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from math import isfinite
from typing import Any

from homeassistant.core import HomeAssistant
from homeassistant.util import dt as dt_util

from .const import CONF_CAPACITY, CONF_CAR_LEVEL
from .engine.charging import Plan

WEEKDAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
_FORGOTTEN = timedelta(hours=12)
"""A plan whose time is long past is not for the car of today."""


@dataclass(frozen=True, slots=True)
class ChargePlan:
    """Either an energy, counted like the session's, or a charge level of the car."""

    ready_at: datetime
    """With its time zone."""
    energy_wh: int | None = None
    soc_percent: int | None = None
    weekdays: frozenset[int] = frozenset()
    """On which days it is to be had again, Monday is 0; on none it is for once."""

    def following(self, now: datetime) -> ChargePlan | None:
        """Return it for the next of its days; None where it is for once."""
        local = dt_util.as_local(self.ready_at)
        for ahead in range(len(WEEKDAYS) + 1):
            day = dt_util.as_local(now).date() + timedelta(days=ahead)
            ready_at = datetime.combine(day, local.time(), local.tzinfo)
            if day.weekday() in self.weekdays and ready_at > now:
                return replace(self, ready_at=ready_at)
        return None

    def over(self, now: datetime) -> bool:
        """Whether nobody waits for it any more."""
        return now > self.ready_at + _FORGOTTEN


class CarLevel:
    """The charge level of a car, as the session's energy at which it is reached.

    A car tells its level seldom; what was charged since then is added.
    """

    def __init__(
        self, hass: HomeAssistant, entity_id: str, capacity_kwh: float
    ) -> None:
        """Know the car's battery."""
        self._hass = hass
        self._entity_id = entity_id
        self._capacity_wh = capacity_kwh * 1000
        self._told: tuple[float, int] | None = None
        """The last level in per cent, and the session's energy at that time."""

    @classmethod
    def of(cls, hass: HomeAssistant, data: Mapping[str, Any]) -> CarLevel | None:
        """Return the car's level if a charger's subentry names sensor and size."""
        entity_id: str | None = data.get(CONF_CAR_LEVEL)
        capacity_kwh: float | None = data.get(CONF_CAPACITY)
        if entity_id is None or not capacity_kwh:
            return None
        return cls(hass, entity_id, capacity_kwh)

    @property
    def known(self) -> bool:
        """Whether the car has told its level."""
        return self._level() is not None

    def energy_wh(self, percent: int, session_wh: int) -> int | None:
        """Return the session's energy at which the car has a level."""
        if (told := self._heard(session_wh)) is None:
            return None
        level, since_wh = told
        missing = max(0.0, percent - level) / 100 * self._capacity_wh
        return since_wh + round(missing)

    def percent(self, session_wh: int) -> int | None:
        """Return the level at this energy of the session, rounded down."""
        if (told := self._heard(session_wh)) is None:
            return None
        level, since_wh = told
        return int(level + (session_wh - since_wh) / self._capacity_wh * 100)

    def _heard(self, session_wh: int) -> tuple[float, int] | None:
        """Return the last level, and the session's energy when it was told."""
        level, told = self._level(), self._told
        if level is None and told is not None:
            level = told[0]
        if level is not None and (
            told is None or level != told[0] or session_wh < told[1]  # another session
        ):
            self._told = level, session_wh
        return self._told

    def _level(self) -> float | None:
        state = self._hass.states.get(self._entity_id)
        try:
            level = float("nan" if state is None else state.state)
        except ValueError:
            return None
        return level if isfinite(level) else None


def engine_plan(
    plan: ChargePlan | None, level: CarLevel | None, session_wh: int | None
) -> Plan | None:
    """Return a plan as the engine knows it; none while its energy is not known."""
    if plan is None:
        return None
    energy_wh = plan.energy_wh
    if plan.soc_percent is not None and level is not None:
        energy_wh = level.energy_wh(plan.soc_percent, session_wh or 0)
    if energy_wh is None:
        return None
    return Plan(
        ready_at_ms=round(plan.ready_at.timestamp() * 1000), energy_wh=energy_wh
    )
