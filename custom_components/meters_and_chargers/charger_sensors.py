"""What a site shows of its chargers: state, reason, currents, counts of a day."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, override

from homeassistant.components.sensor import (
    SensorDeviceClass,
    SensorEntity,
    SensorEntityDescription,
    SensorStateClass,
)
from homeassistant.const import (
    MATCH_ALL,
    EntityCategory,
    UnitOfElectricCurrent,
)
from homeassistant.helpers.restore_state import RestoredExtraData, RestoreEntity
from homeassistant.util import dt as dt_util

from .charge_plan import WEEKDAYS
from .controller import SiteController
from .engine.charging import ChargerView, PhaseCurrents, Reason, Stage
from .entity import SiteChargerEntity
from .reason_text import SENTENCES, explain, names_times, shown_figures
from .site_charger import SiteCharger
from .sun_sensors import SessionSunSensor

_SAME_TIME = timedelta(seconds=2)
_FIGURES_EVERY_S = 5.0

_SEVERITY: Mapping[Stage, str] = {
    Stage.CHARGING: "ok",
    Stage.FINISHED: "ok",
    Stage.STARTING: "ok",
    Stage.SWITCHING_PHASES: "ok",
    Stage.LIMITED: "limit",
    Stage.PAUSED_FUSE: "warn",
    Stage.FAILSAFE: "warn",
    Stage.FAULT: "fault",
}
"""How much a stage asks for attention; any other is a ``wait``."""
_NEXT: Mapping[Reason, str] = {
    Reason.PLAN_LATER: "plan",
    Reason.PRICE_HIGH: "start",
    Reason.PRICE: "pause",
    Reason.BOOST: "boost_end",
    Reason.PLAN: "ready",
    Reason.START_DELAY: "start",
    Reason.MIN_OFF: "start",
    Reason.STARTS_LIMIT: "start",
    Reason.FUSE_RESUME: "start",
    Reason.STOP_DELAY: "pause",
    Reason.MIN_ON: "pause",
    Reason.ONE_PHASE_SOON: "one_phase",
    Reason.THREE_PHASES_SOON: "three_phases",
}
"""What happens when a reason ends by itself, where that is certain."""


class ReasonSensor(SiteChargerEntity, SensorEntity):
    """Why a charger gets what it gets."""

    _attr_device_class = SensorDeviceClass.ENUM
    _attr_options = [reason.value for reason in Reason]  # noqa: RUF012 - Home Assistant's own type
    _unrecorded_attributes = frozenset({MATCH_ALL})
    _reason: Reason | None = None
    _until: str | None = None
    """The end that was shown last."""

    def __init__(self, controller: SiteController, charger: SiteCharger) -> None:
        """Belong to a charger of a site."""
        super().__init__(controller, charger, "reason")

    @property
    @override
    def native_value(self) -> str | None:
        """The reason; None before the first decision."""
        explanation = self._charger.explanation
        return None if explanation is None else explanation.reason.value

    @property
    @override
    def extra_state_attributes(self) -> dict[str, Any]:
        """Its sentence, and the figures as they are shown; W, A, s, kWh, dates, names.

        Home Assistant asks when it writes the state: only then a sentence is made.
        """
        if (explanation := self._charger.explanation) is None:
            return {}
        shown: dict[str, Any] = {"severity": _SEVERITY.get(explanation.stage, "wait")}
        if (following := _NEXT.get(explanation.reason)) is not None:
            shown["next"] = following
        return shown | explain(self._controller, explanation, until=self._until)

    @override
    def _shown(self) -> object:
        if (explanation := self._charger.explanation) is None:
            return None
        reason = explanation.reason
        self._pause_s = _FIGURES_EVERY_S
        if reason is not self._reason:
            # Another is written at once; its next figures have time.
            self._written_at = float("-inf")
        self._reason = reason
        figures = shown_figures(self._controller, explanation, until=self._until)
        self._until = figures.get("until")
        # What is tomorrow in a sentence is today after midnight.
        today = dt_util.now().date() if names_times(reason) else None
        return reason, figures, today, self.hass.data[SENTENCES]


class StateSensor(SiteChargerEntity, SensorEntity):
    """Where a charger stands, in one of few words; its plan."""

    _attr_device_class = SensorDeviceClass.ENUM
    _attr_options = [stage.value for stage in Stage]  # noqa: RUF012 - Home Assistant's own type
    _unrecorded_attributes = frozenset(
        {"plan", "boost_until", "power_entity", "current_entities"}
    )

    def __init__(self, controller: SiteController, charger: SiteCharger) -> None:
        """Belong to a charger of a site."""
        super().__init__(controller, charger, "charger_state")

    @property
    @override
    def native_value(self) -> str | None:
        """The stage; None before the first decision."""
        explanation = self._charger.explanation
        return None if explanation is None else explanation.stage.value

    @property
    @override
    def extra_state_attributes(self) -> dict[str, Any]:
        """Its plan and boost, if there are, and the sensors that measure it."""
        more: dict[str, Any] = {"boost_until": None, **self._charger.meter.entities}
        if (until_ms := self._charger.boost_until_ms) is not None:
            left = timedelta(milliseconds=until_ms - self.hass.loop.time() * 1000)
            until = (dt_util.utcnow() + left).replace(microsecond=0)
            more["boost_until"] = until.isoformat()
        if (plan := self._charger.plan) is None:
            return {"plan": None, **more}
        told: dict[str, Any] = {"ready_at": plan.ready_at.isoformat()}
        if plan.energy_wh is not None:
            told["energy_kwh"] = plan.energy_wh / 1000
        if plan.soc_percent is not None:
            told["charge_level"] = plan.soc_percent
        if plan.weekdays:
            told["repeat"] = [WEEKDAYS[day] for day in sorted(plan.weekdays)]
        return {"plan": told, **more}

    @override
    def _shown(self) -> object:
        return self.native_value, self._charger.plan, self._charger.boost_until_ms


class NextChangeSensor(SiteChargerEntity, SensorEntity):
    """When the reason will change if nothing else does."""

    _attr_device_class = SensorDeviceClass.TIMESTAMP

    def __init__(self, controller: SiteController, charger: SiteCharger) -> None:
        """Belong to a charger of a site."""
        super().__init__(controller, charger, "next_change")

    @override
    def _shown(self) -> object:
        """Turn the time of the decisions into a date that does not jitter."""
        explanation = self._charger.explanation
        until_ms = None if explanation is None else explanation.until_ms
        before = self._attr_native_value
        self._attr_native_value = None
        if until_ms is not None:
            left = timedelta(milliseconds=until_ms - self.hass.loop.time() * 1000)
            then = (dt_util.utcnow() + left).replace(microsecond=0)
            same = isinstance(before, datetime) and abs(then - before) <= _SAME_TIME
            self._attr_native_value = before if same else then
        return self._attr_native_value


@dataclass(frozen=True, kw_only=True)
class ChargerCurrent(SensorEntityDescription):
    """A current of a charger, by the last look at it."""

    value_ma: Callable[[ChargerView, PhaseCurrents | None], int | None]


def _limit(phase: int) -> Callable[[ChargerView, PhaseCurrents | None], int | None]:
    return lambda _, limit_ma: None if limit_ma is None else limit_ma[phase]


CURRENTS = (
    *(
        ChargerCurrent(
            key=key,
            entity_category=EntityCategory.DIAGNOSTIC,
            value_ma=_limit(phase),
        )
        for phase, key in enumerate(("limit_l1", "limit_l2", "limit_l3"))
    ),
    ChargerCurrent(
        key="wished_current",
        value_ma=lambda view, _: view.wished_ma,
    ),
    ChargerCurrent(
        key="allocated_current",
        value_ma=lambda view, _: view.granted_ma,
    ),
)


class CurrentSensor(SiteChargerEntity, SensorEntity):
    """A current of the last decision; off by default."""

    _attr_device_class = SensorDeviceClass.CURRENT
    _attr_state_class = SensorStateClass.MEASUREMENT
    _attr_native_unit_of_measurement = UnitOfElectricCurrent.AMPERE
    _attr_entity_registry_enabled_default = False
    _attr_suggested_display_precision = 1
    _pause_s = 1.0
    entity_description: ChargerCurrent

    def __init__(
        self,
        controller: SiteController,
        charger: SiteCharger,
        description: ChargerCurrent,
    ) -> None:
        """Belong to a charger of a site."""
        super().__init__(controller, charger, description.key)
        self.entity_description = description

    @property
    @override
    def native_value(self) -> float | None:
        """The current; A."""
        look, charger = self._controller.last_look, self._charger
        if look is None or charger.view is None:
            return None
        limit_ma = next(
            one.limit_ma for one in look.state.chargers if one.key == charger.key
        )
        value_ma = self.entity_description.value_ma(charger.view, limit_ma)
        return None if value_ma is None else round(value_ma / 1000, 1)

    @override
    def _shown(self) -> object:
        return self.native_value


@dataclass(frozen=True, kw_only=True)
class DayCount(SensorEntityDescription):
    """Something of a charger that is counted since midnight."""

    total: Callable[[SiteCharger], int]
    """What was counted since the site was set up, at most since midnight."""
    all_days: bool = False
    """Whether the total goes on at midnight."""
    recall: Callable[[SiteCharger, int], None] | None = None
    """Takes over what was counted before a restart, where the decisions count on."""


COUNTS = (
    DayCount(
        key="starts_today",
        total=lambda charger: charger.starts_today,
        recall=lambda charger, count: charger.recall(starts_today=count),
    ),
    DayCount(
        key="phase_changes_today",
        total=lambda charger: charger.phase_changes_today,
        recall=lambda charger, count: charger.recall(phase_changes_today=count),
    ),
    DayCount(
        key="writes_today", total=lambda charger: charger.writer.writes, all_days=True
    ),
)


class CountSensor(SiteChargerEntity, SensorEntity, RestoreEntity):
    """A count of the day; goes on over a restart."""

    _attr_state_class = SensorStateClass.TOTAL_INCREASING
    _attr_entity_category = EntityCategory.DIAGNOSTIC
    entity_description: DayCount

    def __init__(
        self, controller: SiteController, charger: SiteCharger, description: DayCount
    ) -> None:
        """Belong to a charger of a site."""
        super().__init__(controller, charger, description.key)
        self.entity_description = description
        self._before = 0
        """What was counted today before the site was set up."""
        self._day = dt_util.now().date().isoformat()

    @override
    async def async_added_to_hass(self) -> None:
        """Go on with the count of today."""
        await super().async_added_to_hass()
        if (last := await self.async_get_last_extra_data()) is not None:
            kept = last.as_dict()
            recall = self.entity_description.recall
            if kept.get("day") != self._day:
                return
            if recall is None:
                self._before = kept["count"]
            else:
                recall(self._charger, kept["count"])

    @property
    @override
    def native_value(self) -> int:
        """The count."""
        return self._before + self.entity_description.total(self._charger)

    @property
    @override
    def extra_restore_state_data(self) -> RestoredExtraData:
        """Keep the count, and its day."""
        return RestoredExtraData({"day": self._day, "count": self.native_value})

    @override
    def _shown(self) -> object:
        today = dt_util.now().date().isoformat()
        if today != self._day:
            self._day = today
            counting = self.entity_description
            self._before = -counting.total(self._charger) if counting.all_days else 0
        return self.native_value


def charger_sensors(
    controller: SiteController, charger: SiteCharger
) -> list[SensorEntity]:
    """Return the sensors of a charger of a site."""
    return [
        StateSensor(controller, charger),
        ReasonSensor(controller, charger),
        NextChangeSensor(controller, charger),
        SessionSunSensor(controller, charger),
        *(CurrentSensor(controller, charger, one) for one in CURRENTS),
        *(CountSensor(controller, charger, one) for one in COUNTS),
    ]
