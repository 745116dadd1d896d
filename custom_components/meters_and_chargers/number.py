"""The charging current of a charger, and what its owner allows it at a site."""

from typing import Any, override

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
    UnitOfEnergy,
)
from homeassistant.core import HomeAssistant, callback
from homeassistant.helpers import entity_registry as er
from homeassistant.helpers.entity_platform import AddConfigEntryEntitiesCallback
from homeassistant.helpers.restore_state import RestoredExtraData, RestoreEntity

from .const import DOMAIN
from .controller import SiteCharger, SiteController, SiteEntry
from .coordinator import DeviceCoordinator, DeviceEntry
from .engine.devices.ksem.emobility import QUOTA_STEPS, ChargeMode, Quota
from .engine.model import Charger, Setpoint
from .entity import ChargerEntity, DeviceEntity, SiteChargerEntity
from .ksem_wallbox import CHARGING, KsemWallbox, KsemWallboxEntity
from .ocpp_wallbox import ChargerEntry, ChargerHub, Topic

# Writes to one device go out one after the other.
PARALLEL_UPDATES = 1


async def async_setup_entry(
    hass: HomeAssistant,
    entry: DeviceEntry | ChargerEntry | SiteEntry,
    async_add_entities: AddConfigEntryEntitiesCallback,
) -> None:
    """Make the number of a charger or of each connector, or those of a site."""
    runtime = entry.runtime_data
    if isinstance(runtime, SiteController):
        for charger in runtime.chargers:
            async_add_entities(
                [MinimumCurrent(runtime, charger), MaximumCurrent(runtime, charger)],
                config_subentry_id=charger.subentry_id,
            )
            _offer_target(hass, runtime, charger, async_add_entities)
        return
    if isinstance(runtime, DeviceCoordinator):
        if runtime.charger is not None:
            async_add_entities([ChargingCurrent(runtime, runtime.charger)])
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


@callback
def _offer_target(
    hass: HomeAssistant,
    controller: SiteController,
    charger: SiteCharger,
    async_add_entities: AddConfigEntryEntitiesCallback,
) -> None:
    """Make the target energy of a charger, as soon as its energy can be told.

    A charger that is not there yet has it if it had it before.
    """
    number = TargetEnergy(controller, charger)
    entities = er.async_get(hass)
    known = entities.async_get_entity_id("number", DOMAIN, str(number.unique_id))
    if charger.counts_energy or (known and charger.absent):
        async_add_entities([number], config_subentry_id=charger.subentry_id)
        return
    if known:
        entities.async_remove(known)

    @callback
    def offer() -> None:
        if charger.counts_energy:
            end()
            async_add_entities([number], config_subentry_id=charger.subentry_id)

    end = controller.listen(offer)


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
        """Write the charging current; A."""
        await self._connector.async_set_limit(round(value * 1000))
        self.async_write_ha_state()


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
