"""A fuse of a site: the main one, or one between it and some wallboxes."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any

from homeassistant.config_entries import ConfigSubentry
from homeassistant.core import HomeAssistant

from .const import CONF_FUSE_CURRENT, CONF_PARENT, CONF_POWER_CAP
from .engine.charging import (
    MAIN,
    CircuitSettings,
    CircuitState,
    CircuitView,
    PhaseCurrents,
)
from .grid import Grid, grid_of

DIM_CAP_W = 4200
"""What a grid operator leaves each wallbox when it dims."""


@dataclass(frozen=True, slots=True)
class Cap:
    """What somebody allows for a while; W and mA, by the event loop's clock."""

    until_ms: int
    power_w: int | None = None
    current_ma: int | None = None


class SiteCircuit:
    """What a fuse carries, and what it is allowed at present.

    `dimmed` and `dim_cap_w` say what the grid operator leaves the wallboxes below it
    together, so much for each unless the owner has `dim_chosen_w`; `cap` what an
    automation allows for a while, everything counted.
    """

    def __init__(
        self,
        hass: HomeAssistant,
        title: str,
        data: Mapping[str, Any],
        subentry: ConfigSubentry | None,
        on_sample: Callable[[], None],
    ) -> None:
        """Take a fuse's rating and its meter; without a subentry it is the main one."""
        self.subentry_id = None if subentry is None else subentry.subentry_id
        self.key = MAIN if subentry is None else subentry.subentry_id
        self.title = title
        self.view: CircuitView | None = None
        """What is shown of it, by the last decision."""
        self.dimmed = False
        self.dim_chosen_w: int | None = None
        self.wallboxes = 0
        """How many hang on it, on circuits below it too."""
        self.cap: Cap | None = None
        self.grid: Grid | None = grid_of(hass, data, on_sample)
        rating = round(data[CONF_FUSE_CURRENT] * 1000)
        self.rating_ma: PhaseCurrents = (rating, rating, rating)
        self.parent: str = data.get(CONF_PARENT, MAIN)
        self._power_cap_w: int | None = int(data.get(CONF_POWER_CAP) or 0) or None

    @property
    def dim_cap_w(self) -> int:
        """What its wallboxes may draw together while the grid operator dims."""
        chosen = self.dim_chosen_w
        return DIM_CAP_W * max(1, self.wallboxes) if chosen is None else chosen

    @property
    def dim_w(self) -> int | None:
        """What its wallboxes may draw together now; None for all."""
        return self.dim_cap_w if self.dimmed else None

    def fuse_ma(self, now_ms: int) -> PhaseCurrents:
        """Return what each phase may carry now."""
        cap = self._cap(now_ms)
        if cap is None or cap.current_ma is None:
            return self.rating_ma
        first, second, third = (min(ma, cap.current_ma) for ma in self.rating_ma)
        return (first, second, third)

    def power_cap_w(self, own_w: int | None, now_ms: int) -> int | None:
        """Return the most that may flow through it now, its own limit or less."""
        cap = self._cap(now_ms)
        known = [w for w in (own_w, cap.power_w if cap else None) if w is not None]
        return min(known, default=None)

    def settings(self, now_ms: int) -> CircuitSettings:
        """Return what the engine needs to know of a circuit below the main fuse."""
        settings = CircuitSettings(
            key=self.key,
            parent=self.parent,
            fuse_ma=self.fuse_ma(now_ms),
            power_cap_w=self.power_cap_w(self._power_cap_w, now_ms),
        )
        if self.grid is None:
            return settings
        return replace(settings, metered=True, grid_period_ms=self.grid.period_ms)

    @property
    def state(self) -> CircuitState:
        """The circuit as it is now."""
        sample = None if self.grid is None else self.grid.sample
        return CircuitState(key=self.key, grid=sample, dim_w=self.dim_w)

    def _cap(self, now_ms: int) -> Cap | None:
        if self.cap is not None and self.cap.until_ms <= now_ms:
            self.cap = None
        return self.cap
