"""The charging current of a charger."""

from typing import override

from homeassistant.components.number import (
    NumberDeviceClass,
    NumberEntity,
    NumberMode,
    RestoreNumber,
)
from homeassistant.const import UnitOfElectricCurrent
from homeassistant.core import HomeAssistant, callback
from homeassistant.helpers.entity_platform import AddConfigEntryEntitiesCallback

from .coordinator import DeviceCoordinator, DeviceEntry
from .engine.model import Charger, Setpoint
from .entity import ChargerEntity, DeviceEntity
from .ocpp import ChargerEntry, ChargerHub, Topic

# Writes to one device go out one after the other.
PARALLEL_UPDATES = 1


async def async_setup_entry(
    _hass: HomeAssistant,
    entry: DeviceEntry | ChargerEntry,
    async_add_entities: AddConfigEntryEntitiesCallback,
) -> None:
    """Make the number of a charger, or one for each connector."""
    runtime = entry.runtime_data
    if isinstance(runtime, DeviceCoordinator):
        if (charger := runtime.charger) is not None:
            async_add_entities([ChargingCurrent(runtime, charger)])
        return

    @callback
    def add(topic: Topic) -> None:
        if isinstance(topic, int):
            async_add_entities([ConnectorCurrent(runtime, topic)])

    entry.async_on_unload(runtime.each(add))


class _Current(NumberEntity):
    """The current a charger may draw on each of its phases; 0 pauses it."""

    _attr_translation_key = "charging_current"
    _attr_device_class = NumberDeviceClass.CURRENT
    _attr_native_unit_of_measurement = UnitOfElectricCurrent.AMPERE
    _attr_native_min_value = 0
    _attr_mode = NumberMode.SLIDER

    def _bound(self, setpoint: Setpoint) -> None:
        self._attr_native_max_value = setpoint.maximum_ma / 1000
        self._attr_native_step = setpoint.step_ma / 1000


class ChargingCurrent(DeviceEntity, RestoreNumber, _Current):
    """The charging current of a charger that is polled."""

    def __init__(self, coordinator: DeviceCoordinator, charger: Charger) -> None:
        """Take the bounds from the charger's setpoint."""
        super().__init__(coordinator, "charging_current")
        self._charger = charger
        self._bound(charger.setpoint)
        self._attr_assumed_state = charger.limit_is_assumed

    @override
    async def async_added_to_hass(self) -> None:
        """Recall what was last written, if the charger can't tell."""
        await super().async_added_to_hass()
        if self._charger.limit_is_assumed and self._charger.limit_ma is None:
            last = await self.async_get_last_number_data()
            if last is not None and last.native_value is not None:
                self._charger.assume_limit(round(last.native_value * 1000))

    @property
    @override
    def native_value(self) -> float | None:
        """The limit, as far as it is known."""
        if (limit_ma := self._charger.limit_ma) is None:
            return None
        return limit_ma / 1000

    @override
    async def async_set_native_value(self, value: float) -> None:
        """Write the charging current; A."""
        await self.coordinator.async_set_limit(round(value * 1000))


class ConnectorCurrent(ChargerEntity, _Current):
    """The charging current of a connector."""

    def __init__(self, hub: ChargerHub, number: int) -> None:
        """Take the bounds from the connector's setpoint."""
        super().__init__(hub, number, f"{number}_charging_current")
        self._connector = hub.connectors[number]
        self._bound(self._connector.setpoint)

    @property
    @override
    def native_value(self) -> float | None:
        """The limit which the wallbox has accepted."""
        if (limit_ma := self._connector.limit_ma) is None:
            return None
        return limit_ma / 1000

    @override
    def _shown(self) -> object:
        return self._connector.limit_ma

    @override
    async def async_set_native_value(self, value: float) -> None:
        """Write the charging current; A."""
        await self._connector.async_set_limit(round(value * 1000))
        self.async_write_ha_state()
