"""What a site shows of its fuses: free current, base load, surplus, the meter's age.

And of the house: what flows over its grid, into its cars and out of its battery.
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import override

from homeassistant.components.sensor import (
    SensorDeviceClass,
    SensorEntity,
    SensorEntityDescription,
    SensorStateClass,
)
from homeassistant.const import (
    PERCENTAGE,
    EntityCategory,
    UnitOfElectricCurrent,
    UnitOfPower,
    UnitOfTime,
)
from homeassistant.helpers.restore_state import RestoredExtraData, RestoreEntity
from homeassistant.util.dt import utcnow

from .controller import Look, SiteController
from .engine.charging import CircuitView, Freshness
from .entity import CircuitEntity
from .site_circuit import SiteCircuit
from .sun_sensors import today_sensors

_STATES: Mapping[Freshness, str] = {
    Freshness.WARM_UP: "aging",
    Freshness.FRESH: "fresh",
    Freshness.AGEING: "aging",
    Freshness.STALE: "stale",
    Freshness.LOST: "lost",
    Freshness.RECOVERING: "aging",
}
_HEADROOM = ("headroom_l1", "headroom_l2", "headroom_l3")
_BASE_LOAD = ("base_load_l1", "base_load_l2", "base_load_l3")


@dataclass(frozen=True, kw_only=True)
class CircuitFigure(SensorEntityDescription):
    """A figure of a fuse, made of what the last decision shows of it."""

    value: Callable[[CircuitView, SiteCircuit], float | None]
    pause_s: float = 1.0
    phase: int | None = None
    """The phase whose rating it shows besides."""


def _free(phase: int) -> Callable[[CircuitView, SiteCircuit], float]:
    """Return what is free for more; the sun adds nothing to what the fuse can carry."""
    return lambda view, circuit: round(
        min(view.free_ma[phase], circuit.rating_ma[phase]) / 1000, 1
    )


def _base(phase: int) -> Callable[[CircuitView, SiteCircuit], float]:
    return lambda view, _: round(view.base_ma[phase] / 1000, 1)


def _utilisation(view: CircuitView, circuit: SiteCircuit) -> float:
    """Return how much of its rating the fullest phase carries; per cent."""
    used = (
        abs(rating - free) / rating
        for rating, free in zip(circuit.rating_ma, view.free_ma, strict=True)
    )
    return round(100 * max(used))


def _age(view: CircuitView, _: SiteCircuit) -> float | None:
    return None if view.age_ms is None else round(view.age_ms / 1000)


FIGURES = (
    *(
        CircuitFigure(
            key=key,
            device_class=SensorDeviceClass.CURRENT,
            state_class=SensorStateClass.MEASUREMENT,
            native_unit_of_measurement=UnitOfElectricCurrent.AMPERE,
            suggested_display_precision=1,
            value=_free(phase),
            phase=phase,
        )
        for phase, key in enumerate(_HEADROOM)
    ),
    *(
        CircuitFigure(
            key=key,
            device_class=SensorDeviceClass.CURRENT,
            state_class=SensorStateClass.MEASUREMENT,
            native_unit_of_measurement=UnitOfElectricCurrent.AMPERE,
            suggested_display_precision=1,
            entity_registry_enabled_default=False,
            value=_base(phase),
        )
        for phase, key in enumerate(_BASE_LOAD)
    ),
    CircuitFigure(
        key="utilisation",
        state_class=SensorStateClass.MEASUREMENT,
        native_unit_of_measurement=PERCENTAGE,
        value=_utilisation,
    ),
)
AGE = CircuitFigure(
    key="data_age",
    device_class=SensorDeviceClass.DURATION,
    state_class=SensorStateClass.MEASUREMENT,
    native_unit_of_measurement=UnitOfTime.SECONDS,
    entity_category=EntityCategory.DIAGNOSTIC,
    entity_registry_enabled_default=False,
    value=_age,
    pause_s=10.0,
)


_VOLTAGE_MV = 230_000
_SILENT = {Freshness.STALE, Freshness.LOST}
_LATE = {Freshness.AGEING, *_SILENT}
_SAME_VALUE = timedelta(seconds=2)
"""What rounding and the clocks' jitter make of the moment of one value."""


def _silent(look: Look) -> bool:
    """Whether the house's meter says nothing any more."""
    house = look.decision.circuits[:1]
    return not house or house[0].freshness in _SILENT


def _grid_power(look: Look) -> int | None:
    """Return the import; a meter that is stale shows none."""
    sample = look.state.grid
    return None if sample is None or _silent(look) else sample.power_w


def _charging_power(look: Look) -> int | None:
    """Return what the wallboxes drew at the grid's sample, measured or reckoned.

    Without another sample that stays as it was, whatever they draw by now.
    """
    if _silent(look):
        return None
    drawn = (sum(one.drawn.best_ma) for one in look.decision.memory.chargers)
    return sum(drawn) * (look.state.voltage_mv or _VOLTAGE_MV) // 1_000_000


def _battery_power(look: Look) -> int | None:
    """Return what the battery gives; negative while it is charged."""
    return None if look.state.battery is None else look.state.battery.power_w


POWERS: Mapping[str, Callable[[Look], int | None]] = {
    "grid_power": _grid_power,
    "charging_power": _charging_power,
    "battery_power": _battery_power,
}
"""By what they are called; all of the same look, so that sums agree."""


class FigureSensor(CircuitEntity, SensorEntity):
    """A figure of a fuse."""

    _unrecorded_attributes = frozenset({"rating"})
    entity_description: CircuitFigure

    def __init__(
        self,
        controller: SiteController,
        circuit: SiteCircuit,
        description: CircuitFigure,
    ) -> None:
        """Belong to a site or a circuit."""
        super().__init__(controller, circuit, description.key)
        self.entity_description = description
        self._pause_s = description.pause_s
        if description.phase is not None:
            rating = circuit.rating_ma[description.phase] / 1000
            self._attr_extra_state_attributes = {"rating": rating}

    @property
    @override
    def native_value(self) -> float | None:
        """The figure; unknown before the first decision."""
        if (view := self._circuit.view) is None:
            return None
        return self.entity_description.value(view, self._circuit)

    @override
    def _shown(self) -> object:
        return self.native_value


class _SitePower(CircuitEntity, SensorEntity):
    """A power of a site."""

    _attr_device_class = SensorDeviceClass.POWER
    _attr_state_class = SensorStateClass.MEASUREMENT
    _attr_native_unit_of_measurement = UnitOfPower.WATT
    _attr_suggested_display_precision = 0
    _pause_s = 1.0

    @override
    def _shown(self) -> object:
        return self.native_value


class PowerSensor(_SitePower):
    """A power that the last decision was made with."""

    def __init__(self, controller: SiteController, key: str) -> None:
        """Belong to a site."""
        super().__init__(controller, controller.house, key)
        self._of = POWERS[key]

    @property
    @override
    def native_value(self) -> int | None:
        """The power; W."""
        look = self._controller.last_look
        return None if look is None else self._of(look)


class SurplusSensor(_SitePower):
    """What the wallboxes of a site could draw from the sun together."""

    def __init__(self, controller: SiteController) -> None:
        """Belong to a site."""
        super().__init__(controller, controller.house, "surplus")

    @property
    @override
    def native_value(self) -> int | None:
        """The surplus; W, in steps of ten, unknown while the meter is not fresh.

        A house that draws from the grid leaves none over.
        """
        look = self._controller.last_look
        surplus_w = None if look is None else look.decision.surplus_w
        return None if surplus_w is None else max(0, round(surplus_w, -1))


class DataStateSensor(CircuitEntity, SensorEntity):
    """How far the meter of a fuse can be trusted, and since when a late one is silent.

    A moment, so that a card counts the age and nothing is written each second.
    """

    _unrecorded_attributes = frozenset({"since"})
    _attr_device_class = SensorDeviceClass.ENUM
    _attr_options = ["fresh", "aging", "stale", "lost"]  # noqa: RUF012 - Home Assistant's own type

    def __init__(self, controller: SiteController, circuit: SiteCircuit) -> None:
        """Belong to a site or a circuit."""
        super().__init__(controller, circuit, "grid_data_state")
        self._since: datetime | None = None

    @property
    @override
    def native_value(self) -> str | None:
        """The word; unknown before the first decision."""
        view = self._circuit.view
        return None if view is None else _STATES[view.freshness]

    @property
    @override
    def extra_state_attributes(self) -> dict[str, str]:
        """When the last value came, of a meter that is late."""
        return {} if self._since is None else {"since": self._since.isoformat()}

    @override
    def _shown(self) -> object:
        view = self._circuit.view
        if view is None or view.age_ms is None or view.freshness not in _LATE:
            self._since = None
        else:
            since = utcnow() - timedelta(milliseconds=view.age_ms)
            if self._since is None or abs(since - self._since) > _SAME_VALUE:
                self._since = since.replace(microsecond=0)
        return self.native_value, self._since


class OverloadCount(CircuitEntity, SensorEntity, RestoreEntity):
    """How many overloads of a fuse there have been, and the worst of them."""

    _attr_state_class = SensorStateClass.TOTAL_INCREASING
    _attr_entity_category = EntityCategory.DIAGNOSTIC

    def __init__(self, controller: SiteController, circuit: SiteCircuit) -> None:
        """Belong to a site or a circuit."""
        super().__init__(controller, circuit, "overload_count")
        self._before, self._worst = 0, 0.0
        """What there was before Home Assistant, or the site, was started."""

    @override
    async def async_added_to_hass(self) -> None:
        """Go on from before a restart."""
        await super().async_added_to_hass()
        if (last := await self.async_get_last_extra_data()) is not None:
            kept = last.as_dict()
            self._before, self._worst = kept["count"], kept["worst"]

    @property
    @override
    def native_value(self) -> int:
        """The number of overloads."""
        view = self._circuit.view
        return self._before + (0 if view is None else view.overloads)

    @property
    @override
    def extra_state_attributes(self) -> dict[str, float]:
        """How far above the fuse the worst was; A."""
        view = self._circuit.view
        now = 0.0 if view is None else round(view.worst_ma / 1000, 1)
        return {"worst": max(self._worst, now)}

    @property
    @override
    def extra_restore_state_data(self) -> RestoredExtraData:
        """Keep both."""
        return RestoredExtraData(
            {"count": self.native_value, **self.extra_state_attributes}
        )

    @override
    def _shown(self) -> object:
        return self.native_value, self.extra_state_attributes


def circuit_sensors(
    controller: SiteController, circuit: SiteCircuit
) -> Iterator[SensorEntity]:
    """Yield the sensors of a site or of one of its circuits."""
    for figure in FIGURES:
        yield FigureSensor(controller, circuit, figure)
    yield OverloadCount(controller, circuit)
    if circuit.grid is not None:
        yield FigureSensor(controller, circuit, AGE)
        yield DataStateSensor(controller, circuit)
    if circuit is controller.house:
        yield SurplusSensor(controller)
        yield from today_sensors(controller)
        for key in POWERS:
            if key != "battery_power" or controller.battery is not None:
                yield PowerSensor(controller, key)
