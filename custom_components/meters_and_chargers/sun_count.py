"""How much of what cars draw comes from the sun: of each session, and of a day."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from homeassistant.util import dt as dt_util

from .engine.charging import Freshness

if TYPE_CHECKING:
    # Both count with it.
    from .controller import Look
    from .site_charger import SiteCharger

_HOUR_MS = 3_600_000
_LONGEST_MS = 60_000
"""After a longer pause nobody knows what was drawn in it."""
_LEAST_WH = 10.0
"""A share of less says nothing."""
_VOLTAGE_MV = 230_000
_SILENT = {Freshness.STALE, Freshness.LOST}
_PRICE_UNIT = 100_000
"""Thousandths of a cent in one unit of the currency."""


def share_of_sun(grid_w: float, battery_w: float, cars_w: float) -> float | None:
    """Return how much of what the cars draw is neither the grid's nor the battery's.

    Import and discharge are positive. The cars take what the house leaves of the sun:
    whatever must be added is drawn for them. None while they draw nothing.
    """
    if cars_w <= 0:
        return None
    other_w = max(grid_w, 0) + max(battery_w, 0)
    return 1 - min(other_w, cars_w) / cars_w


@dataclass(slots=True)
class SunCount:
    """What a charger's car has drawn in its session, as far as its source is known."""

    of_wh: float = 0.0
    sun_wh: float = 0.0
    energy_wh: int | None = None
    """The session's energy when it was last looked at."""

    def follow(self, energy_wh: int | None) -> None:
        """Begin anew with another session: its energy counts anew."""
        before = self.energy_wh
        if before is not None and energy_wh is not None and energy_wh < before:
            self.of_wh = self.sun_wh = 0.0
        if energy_wh is not None:
            self.energy_wh = energy_wh

    def add(self, wh: float, share: float) -> None:
        """Count what was drawn, and its part of the sun."""
        self.of_wh += wh
        self.sun_wh += wh * share

    @property
    def percent(self) -> int | None:
        """How much of it came from the sun; 100 only for all."""
        if self.of_wh < _LEAST_WH:
            return None
        return int(100 * self.sun_wh / self.of_wh + 1e-6)


@dataclass(slots=True)
class Today(SunCount):
    """What all cars of a site have drawn today, and what that cost."""

    day: str = ""
    total_wh: float = 0.0
    cost: float | None = None
    """In the house's currency; None where no price is known."""
    _at_ms: int | None = None

    def take(self, look: Look, chargers: Iterable[SiteCharger]) -> None:
        """Count what was drawn since the last look."""
        if (today := dt_util.now().date().isoformat()) != self.day:
            self.day, self.cost = today, None
            self.of_wh = self.sun_wh = self.total_wh = 0.0
        before, self._at_ms = self._at_ms, look.now_ms
        passed_ms = 0 if before is None else look.now_ms - before
        hours = passed_ms / _HOUR_MS if passed_ms <= _LONGEST_MS else 0.0
        drawn, share = _drawn(look)
        price = _price(look)
        for charger, state in zip(chargers, look.state.chargers, strict=True):
            charger.sun.follow(state.session_wh)
            watts = charger.drawn_w
            wh = hours * (drawn.get(charger.key, 0.0) if watts is None else watts)
            self.total_wh += wh
            if price is not None:
                self.cost = (self.cost or 0.0) + wh / 1000 * price
            if wh and share is not None:
                self.add(wh, share)
                charger.note_sun(wh, share)


def _drawn(look: Look) -> tuple[dict[str, float], float | None]:
    """Return what each charger drew at the grid's sample, and the sun's part; W."""
    sample, views = look.state.grid, look.decision.circuits[:1]
    if sample is None or not views or views[0].freshness in _SILENT:
        return {}, None
    voltage_mv = look.state.voltage_mv or _VOLTAGE_MV
    drawn = {
        one.key: sum(one.drawn.best_ma) * voltage_mv / 1e6
        for one in look.decision.memory.chargers
    }
    battery = look.state.battery
    battery_w = 0 if battery is None else battery.power_w or 0
    return drawn, share_of_sun(sample.power_w, battery_w, sum(drawn.values()))


def _price(look: Look) -> float | None:
    """Return what a kWh costs now, where that is known."""
    now_ms = look.state.wall_ms
    return next(
        (
            one.price / _PRICE_UNIT
            for one in look.state.prices
            if one.start_ms <= now_ms < one.end_ms
        ),
        None,
    )
