"""What of the cars' energy comes from the sun: of a session, and of a day."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import override

from homeassistant.components.sensor import (
    SensorDeviceClass,
    SensorEntity,
    SensorEntityDescription,
    SensorStateClass,
)
from homeassistant.const import PERCENTAGE, UnitOfEnergy
from homeassistant.helpers.restore_state import RestoredExtraData, RestoreEntity
from homeassistant.util import dt as dt_util

from .controller import SiteController
from .entity import CircuitEntity, SiteChargerEntity
from .site_charger import SiteCharger
from .sun_count import SunCount, Today

_EVERY_S = 60.0
_COUNTED = ("of_wh", "sun_wh", "energy_wh")
_COUNTED_TODAY = ("of_wh", "sun_wh", "total_wh", "cost", "day")


class SessionSunSensor(SiteChargerEntity, SensorEntity, RestoreEntity):
    """How much of a session came from the sun."""

    _attr_native_unit_of_measurement = PERCENTAGE
    _attr_state_class = SensorStateClass.MEASUREMENT
    _pause_s = _EVERY_S

    def __init__(self, controller: SiteController, charger: SiteCharger) -> None:
        """Belong to a charger of a site."""
        super().__init__(controller, charger, "session_solar_share")

    @override
    async def async_added_to_hass(self) -> None:
        """Go on with the session that ran before a restart."""
        await super().async_added_to_hass()
        if (last := await self.async_get_last_extra_data()) is not None:
            _recall(self._charger.sun, last.as_dict())

    @property
    @override
    def native_value(self) -> int | None:
        """The share; unknown before it has drawn anything."""
        return self._charger.sun.percent

    @property
    @override
    def extra_restore_state_data(self) -> RestoredExtraData:
        """Keep what was counted."""
        return _kept(self._charger.sun, _COUNTED)

    @override
    def _shown(self) -> object:
        return self.native_value


@dataclass(frozen=True, kw_only=True)
class TodayFigure(SensorEntityDescription):
    """Something of a site that is counted since midnight."""

    value: Callable[[Today], float | None]


ENERGY = TodayFigure(
    key="energy_today",
    device_class=SensorDeviceClass.ENERGY,
    state_class=SensorStateClass.TOTAL_INCREASING,
    native_unit_of_measurement=UnitOfEnergy.KILO_WATT_HOUR,
    suggested_display_precision=1,
    value=lambda today: round(today.total_wh / 1000, 2),
)
SHARE = TodayFigure(
    key="solar_share_today",
    state_class=SensorStateClass.MEASUREMENT,
    native_unit_of_measurement=PERCENTAGE,
    value=lambda today: today.percent,
)
COST = TodayFigure(
    key="cost_today",
    device_class=SensorDeviceClass.MONETARY,
    suggested_display_precision=2,
    value=lambda today: None if today.cost is None else round(today.cost, 2),
)


class TodaySensor(CircuitEntity, SensorEntity):
    """A figure of the day, written once a minute at most."""

    _pause_s = _EVERY_S
    entity_description: TodayFigure

    def __init__(self, controller: SiteController, figure: TodayFigure) -> None:
        """Belong to a site."""
        super().__init__(controller, controller.house, figure.key)
        self.entity_description = figure
        if figure is COST:
            self._attr_native_unit_of_measurement = controller.hass.config.currency

    @property
    @override
    def native_value(self) -> float | None:
        """The figure."""
        return self.entity_description.value(self._controller.today)

    @override
    def _shown(self) -> object:
        return self.native_value


class EnergyTodaySensor(TodaySensor, RestoreEntity):
    """What all cars have drawn today; keeps the other figures of the day too."""

    def __init__(self, controller: SiteController) -> None:
        """Belong to a site."""
        super().__init__(controller, ENERGY)

    @override
    async def async_added_to_hass(self) -> None:
        """Go on with what was counted today."""
        await super().async_added_to_hass()
        if (last := await self.async_get_last_extra_data()) is not None:
            kept = last.as_dict()
            if kept.get("day") == dt_util.now().date().isoformat():
                _recall(self._controller.today, kept)

    @property
    @override
    def extra_restore_state_data(self) -> RestoredExtraData:
        """Keep what was counted, and its day."""
        return _kept(self._controller.today, _COUNTED_TODAY)


def _kept(count: SunCount, names: tuple[str, ...]) -> RestoredExtraData:
    return RestoredExtraData({name: getattr(count, name) for name in names})


def _recall(count: SunCount, kept: dict[str, object]) -> None:
    for name, value in kept.items():
        setattr(count, name, value)


def today_sensors(controller: SiteController) -> list[SensorEntity]:
    """Return the figures of a site's day; the cost where a price is known."""
    figures: list[SensorEntity] = [
        EnergyTodaySensor(controller),
        TodaySensor(controller, SHARE),
    ]
    if controller.prices is not None:
        figures.append(TodaySensor(controller, COST))
    return figures
