"""Numbers: the charging current of a charger, a KSEM's quotas, those of a site."""

from typing import override

from homeassistant.components.number import (
    NumberDeviceClass,
    NumberEntity,
    NumberMode,
    RestoreNumber,
)
from homeassistant.const import (
    PERCENTAGE,
    EntityCategory,
    UnitOfElectricCurrent,
)
from homeassistant.core import HomeAssistant, callback
from homeassistant.helpers.entity_platform import AddConfigEntryEntitiesCallback

from .charger_numbers import add_charger_numbers
from .controller import SiteController, SiteEntry
from .coordinator import DeviceCoordinator, DeviceEntry
from .engine.devices.ksem.emobility import QUOTA_STEPS, ChargeMode, Quota
from .engine.model import PHASES, Charger, OutOfRange, Setpoint
from .entity import ChargerEntity, DeviceEntity
from .ksem_wallbox import CHARGING, KsemWallbox, KsemWallboxEntity
from .ocpp_wallbox import ChargerEntry, ChargerHub, Topic
from .pico_station import PicoStation
from .registry import out_of_range
from .site_numbers import add_site_numbers

# Writes to one device go out one after the other.
PARALLEL_UPDATES = 1


async def async_setup_entry(
    _hass: HomeAssistant,
    entry: DeviceEntry | ChargerEntry | SiteEntry,
    async_add_entities: AddConfigEntryEntitiesCallback,
) -> None:
    """Make the number of a charger or of each connector, or those of a site."""
    runtime = entry.runtime_data
    if isinstance(runtime, SiteController):
        for charger in runtime.chargers:
            add_charger_numbers(runtime, charger, async_add_entities)
        add_site_numbers(runtime, async_add_entities)
        return
    if isinstance(runtime, DeviceCoordinator):
        if runtime.charger is not None:
            async_add_entities([ChargingCurrent(runtime, runtime.charger)])
        if (station := runtime.station) is not None and station.pico.by_phase:
            async_add_entities(
                PhaseCurrent(runtime, station, phase) for phase in range(len(PHASES))
            )
        if (wallbox := runtime.wallbox) is not None:
            pv = KsemQuota(runtime, wallbox, "wallbox_minimum_pv", Quota.PV)
            charging = KsemQuota(
                runtime, wallbox, "wallbox_minimum_charging", Quota.CHARGING
            )
            async_add_entities([pv, charging])
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
        station = self.coordinator.station
        if station is not None and station.remembers:
            return
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


class PhaseCurrent(DeviceEntity, _Current):
    """The charging current of one phase of a Pico; what is set is written together."""

    _attr_entity_registry_enabled_default = False
    _attr_assumed_state = True

    def __init__(
        self, coordinator: DeviceCoordinator, station: PicoStation, index: int
    ) -> None:
        """Take the bounds from the station's setpoint."""
        phase = PHASES[index]
        super().__init__(coordinator, f"charging_current_{phase}")
        self._attr_translation_key = f"charging_current_{phase}"
        self._station = station
        self._index = index
        self._bound(station.pico.setpoint)

    @property
    @override
    def native_value(self) -> float | None:
        """What was set a moment ago, else what the station was last told."""
        value_ma = self._station.shown_ma(self._index)
        return None if value_ma is None else value_ma / 1000

    @override
    async def async_set_native_value(self, value: float) -> None:
        """Take a current, and write it with those of the other phases; A."""
        value_ma = round(value * 1000)
        try:
            self._station.pico.setpoint.check(value_ma)
        except OutOfRange as err:
            raise await out_of_range(self.hass, self.coordinator, value_ma) from err
        self._station.wish(self._index, value_ma)
        self.async_write_ha_state()


class KsemQuota(KsemWallboxEntity, NumberEntity):
    """A quota that a KSEM keeps to in its mode Solar Plus; per cent."""

    _attr_native_min_value = 0
    _attr_native_max_value = 100
    _attr_native_unit_of_measurement = PERCENTAGE
    _attr_entity_category = EntityCategory.CONFIG

    def __init__(
        self, meter: DeviceCoordinator, wallbox: KsemWallbox, key: str, quota: Quota
    ) -> None:
        """Belong to a meter."""
        super().__init__(meter, wallbox, key, CHARGING)
        self._quota = quota
        self._attr_native_step = QUOTA_STEPS[quota]

    @property
    @override
    def available(self) -> bool:
        """In other modes the meter shows 0, which is nobody's choice."""
        charging = self.coordinator.data.charging
        solar_plus = charging is not None and charging.mode is ChargeMode.SOLAR_PLUS
        return super().available and solar_plus

    @property
    @override
    def native_value(self) -> int | None:
        """What the meter says."""
        charging = self.coordinator.data.charging
        return None if charging is None else charging.quotas.get(self._quota)

    @override
    async def async_set_native_value(self, value: float) -> None:
        """Change the quota; what is then shown is the meter's answer."""
        change = self.coordinator.emobility.set_quota(self._quota, round(value))
        await self.coordinator.async_charge(change)


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
        """Write the charging current, 0 as its owner wants it to be paused; A."""
        connector = self._connector
        kept_ma = connector.setpoint.minimum_ma if connector.keeps_minimum else 0
        await connector.async_set_limit(round(value * 1000) or kept_ma)
        self.async_write_ha_state()
