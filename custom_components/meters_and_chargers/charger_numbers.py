"""What the owner of a wallbox allows it at a site: bounds, target, rank, overrides."""

from typing import Any, override

from homeassistant.components.number import (
    NumberDeviceClass,
    NumberEntity,
    NumberMode,
)
from homeassistant.const import (
    PERCENTAGE,
    EntityCategory,
    Platform,
    UnitOfElectricCurrent,
    UnitOfEnergy,
)
from homeassistant.core import callback
from homeassistant.helpers.entity_platform import AddConfigEntryEntitiesCallback
from homeassistant.helpers.restore_state import RestoredExtraData, RestoreEntity

from .controller import SiteController
from .entity import SiteChargerEntity, offer_when
from .site_charger import SiteCharger


@callback
def add_charger_numbers(
    controller: SiteController,
    charger: SiteCharger,
    async_add_entities: AddConfigEntryEntitiesCallback,
) -> None:
    """Make the numbers of a charger of a site."""
    numbers: list[NumberEntity] = [
        MinimumCurrent(controller, charger),
        MaximumCurrent(controller, charger),
        Priority(controller, charger),
    ]
    if controller.prices is not None:
        numbers.append(CheapPrice(controller, charger))
    if charger.car_level is not None:
        numbers.append(MinimumLevel(controller, charger))
    async_add_entities(numbers, config_subentry_id=charger.subentry_id)
    offer_when(
        lambda: charger.counts_energy,
        TargetEnergy(controller, charger),
        Platform.NUMBER,
        controller,
        charger,
        async_add_entities,
    )


class _SiteNumber(SiteChargerEntity, NumberEntity, RestoreEntity):
    """A figure that the user sets for a charger of a site; kept over a restart."""

    _attr_mode = NumberMode.BOX

    def _kept(self) -> dict[str, Any]:
        """What is kept."""
        raise NotImplementedError

    def _recall(self, kept: dict[str, Any]) -> None:
        """Take over what was kept."""
        raise NotImplementedError

    @property
    @override
    def extra_restore_state_data(self) -> RestoredExtraData:
        """Keep what the user chose, which the state alone does not tell."""
        return RestoredExtraData(self._kept())

    @override
    async def async_added_to_hass(self) -> None:
        """Go on with what the user chose before a restart."""
        await super().async_added_to_hass()
        if (last := await self.async_get_last_extra_data()) is not None:
            self._recall(last.as_dict())

    @override
    def _shown(self) -> object:
        return self.native_value, self.native_min_value, self.native_max_value


class _Bound(_SiteNumber):
    """A bound of the charging current; A. The wallbox's own if the user has none."""

    _attr_device_class = NumberDeviceClass.CURRENT
    _attr_native_unit_of_measurement = UnitOfElectricCurrent.AMPERE
    _attr_entity_category = EntityCategory.CONFIG

    @property
    @override
    def native_step(self) -> float:
        """The wallbox's step."""
        return self._charger.settings.step_ma / 1000


class MinimumCurrent(_Bound):
    """Below it the charger pauses; at most the maximum."""

    def __init__(self, controller: SiteController, charger: SiteCharger) -> None:
        """Belong to a charger of a site."""
        super().__init__(controller, charger, "min_current")

    @property
    @override
    def native_min_value(self) -> float:
        """The wallbox's own minimum."""
        return self._charger.bounds.minimum_ma / 1000

    @property
    @override
    def native_max_value(self) -> float:
        """The chosen maximum."""
        return self._charger.settings.maximum_ma / 1000

    @property
    @override
    def native_value(self) -> float | None:
        """The minimum; unknown until the wallbox was seen or the user has chosen."""
        charger = self._charger
        if not charger.seen and charger.minimum_ma is None:
            return None
        return charger.settings.minimum_ma / 1000

    @override
    async def async_set_native_value(self, value: float) -> None:
        """Narrow the wallbox's bounds and act on it at once; A."""
        self._charger.narrow(minimum_ma=round(value * 1000))
        self._controller.look()

    @override
    def _kept(self) -> dict[str, Any]:
        return {"chosen_ma": self._charger.minimum_ma}

    @override
    def _recall(self, kept: dict[str, Any]) -> None:
        self._charger.minimum_ma = kept.get("chosen_ma")


class MaximumCurrent(_Bound):
    """More is never allowed; at least the minimum."""

    def __init__(self, controller: SiteController, charger: SiteCharger) -> None:
        """Belong to a charger of a site."""
        super().__init__(controller, charger, "max_current")

    @property
    @override
    def native_min_value(self) -> float:
        """The chosen minimum."""
        return self._charger.settings.minimum_ma / 1000

    @property
    @override
    def native_max_value(self) -> float:
        """The wallbox's own maximum."""
        return self._charger.bounds.maximum_ma / 1000

    @property
    @override
    def native_value(self) -> float | None:
        """The maximum; unknown until the wallbox was seen or the user has chosen."""
        charger = self._charger
        if not charger.seen and charger.maximum_ma is None:
            return None
        return charger.settings.maximum_ma / 1000

    @override
    async def async_set_native_value(self, value: float) -> None:
        """Narrow the wallbox's bounds and act on it at once; A."""
        self._charger.narrow(maximum_ma=round(value * 1000))
        self._controller.look()

    @override
    def _kept(self) -> dict[str, Any]:
        return {"chosen_ma": self._charger.maximum_ma}

    @override
    def _recall(self, kept: dict[str, Any]) -> None:
        self._charger.maximum_ma = kept.get("chosen_ma")


class TargetEnergy(_SiteNumber):
    """The energy after which a session is finished; kWh, 0 for none.

    A session is that of the wallbox if it counts one: it begins when a car is plugged
    in. Of any other charger no plug is known: its session begins when the mode leaves
    off, or when a target is set where none was; the time in which Home Assistant did
    not run is not counted.
    """

    _attr_device_class = NumberDeviceClass.ENERGY
    _attr_native_unit_of_measurement = UnitOfEnergy.KILO_WATT_HOUR
    _attr_native_min_value = 0
    _attr_native_max_value = 200
    _attr_native_step = 0.1

    def __init__(self, controller: SiteController, charger: SiteCharger) -> None:
        """Belong to a charger of a site."""
        super().__init__(controller, charger, "target_energy")

    @property
    @override
    def native_value(self) -> float:
        """The target."""
        return (self._charger.target_wh or 0) / 1000

    @override
    async def async_set_native_value(self, value: float) -> None:
        """Change the target and act on it at once; kWh."""
        self._charger.aim_for(round(value * 1000) or None)
        self._controller.look()

    @override
    def _kept(self) -> dict[str, Any]:
        charger = self._charger
        return {"target_wh": charger.target_wh, "counted_wh": charger.counted_wh}

    @override
    def _recall(self, kept: dict[str, Any]) -> None:
        self._charger.target_wh = kept.get("target_wh")
        self._charger.counted_wh = kept.get("counted_wh", 0.0)


class Priority(_SiteNumber):
    """Who gets the sun and the fuse first; the higher, the earlier."""

    _attr_entity_category = EntityCategory.CONFIG
    _attr_native_min_value = 0
    _attr_native_max_value = 9
    _attr_native_step = 1

    def __init__(self, controller: SiteController, charger: SiteCharger) -> None:
        """Belong to a charger of a site."""
        super().__init__(controller, charger, "priority")

    @property
    @override
    def native_value(self) -> int:
        """The rank."""
        return self._charger.priority

    @override
    async def async_set_native_value(self, value: float) -> None:
        """Change the rank and act on it at once."""
        self._charger.priority = round(value)
        self._controller.look()

    @override
    def _kept(self) -> dict[str, Any]:
        return {"priority": self._charger.priority}

    @override
    def _recall(self, kept: dict[str, Any]) -> None:
        self._charger.priority = kept.get("priority", self._charger.priority)


class CheapPrice(_SiteNumber):
    """It charges fast while power costs at most this; currency/kWh, unknown: never."""

    _attr_entity_category = EntityCategory.CONFIG
    _attr_native_min_value = -100
    _attr_native_max_value = 1000
    _attr_native_step = 0.001

    def __init__(self, controller: SiteController, charger: SiteCharger) -> None:
        """Belong to a charger of a site."""
        super().__init__(controller, charger, "max_price")
        currency = charger.hass.config.currency
        self._attr_native_unit_of_measurement = (
            f"{currency}/{UnitOfEnergy.KILO_WATT_HOUR}"
        )

    @property
    @override
    def native_value(self) -> float | None:
        """The price."""
        return self._charger.max_price

    @override
    async def async_set_native_value(self, value: float) -> None:
        """Change the price and act on it at once."""
        self._charger.max_price = value
        self._controller.look()

    @override
    def _kept(self) -> dict[str, Any]:
        return {"max_price": self._charger.max_price}

    @override
    def _recall(self, kept: dict[str, Any]) -> None:
        self._charger.max_price = kept.get("max_price")


class MinimumLevel(_SiteNumber):
    """It charges fast while its car has less than this; per cent, 0 for never."""

    _attr_entity_category = EntityCategory.CONFIG
    _attr_native_unit_of_measurement = PERCENTAGE
    _attr_native_min_value = 0
    _attr_native_max_value = 100
    _attr_native_step = 1

    def __init__(self, controller: SiteController, charger: SiteCharger) -> None:
        """Belong to a charger of a site."""
        super().__init__(controller, charger, "min_level")

    @property
    @override
    def native_value(self) -> int:
        """The level."""
        return self._charger.minimum_percent

    @override
    async def async_set_native_value(self, value: float) -> None:
        """Change the level and act on it at once; per cent."""
        self._charger.minimum_percent = round(value)
        self._controller.look()

    @override
    def _kept(self) -> dict[str, Any]:
        return {"minimum_percent": self._charger.minimum_percent}

    @override
    def _recall(self, kept: dict[str, Any]) -> None:
        self._charger.minimum_percent = kept.get("minimum_percent", 0)
