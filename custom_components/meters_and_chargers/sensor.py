"""Sensors: what a device reads, the state of each connector, what a site decides."""

from datetime import datetime, timedelta
from typing import override

from homeassistant.components.sensor import (
    SensorDeviceClass,
    SensorEntity,
    SensorStateClass,
)
from homeassistant.const import EntityCategory, UnitOfEnergy
from homeassistant.core import HomeAssistant, callback
from homeassistant.helpers.entity_platform import AddConfigEntryEntitiesCallback
from homeassistant.helpers.restore_state import RestoredExtraData, RestoreEntity
from homeassistant.util import dt as dt_util

from . import billing_entities
from .billing_entities import WhatLimits
from .charger_sensors import charger_sensors
from .controller import SiteController, SiteEntry
from .coordinator import DeviceCoordinator, DeviceEntry
from .describe import SENSORS, Described
from .diris import GatewayCoordinator, GatewayEntry
from .diris_entities import add_circuits
from .engine.devices.ocpp_charger import STATUSES
from .engine.model import Point, Quantity
from .entity import ChargerEntity, DeviceEntity, device_info
from .ocpp_wallbox import WALLBOX, ChargerEntry, ChargerHub, Topic
from .pico_sensors import pico_sensors
from .push_coordinator import PushCoordinator
from .site_sensors import circuit_sensors

PARALLEL_UPDATES = 0

_LAST_VALUES_EVERY = timedelta(seconds=10)


async def async_setup_entry(
    _hass: HomeAssistant,
    entry: DeviceEntry | ChargerEntry | SiteEntry | GatewayEntry,
    async_add_entities: AddConfigEntryEntitiesCallback,
) -> None:
    """Make the sensors of a device or site, and those a wallbox turns out to have."""
    runtime = entry.runtime_data
    if isinstance(runtime, SiteController):
        for charger in runtime.chargers:
            async_add_entities(
                charger_sensors(runtime, charger),
                config_subentry_id=charger.subentry_id,
            )
        for circuit in (runtime.house, *runtime.circuits):
            async_add_entities(
                circuit_sensors(runtime, circuit),
                config_subentry_id=circuit.subentry_id,
            )
        billing_entities.add_site_sensors(runtime, async_add_entities)
        return
    if isinstance(runtime, GatewayCoordinator):
        add_circuits(runtime, async_add_entities)
        return
    if isinstance(runtime, DeviceCoordinator):
        async_add_entities(
            PointSensor(runtime, point)
            for group in runtime.device.groups
            for point in group.points
        )
        if isinstance(runtime, PushCoordinator):
            async_add_entities([SourceSensor(runtime), LastValuesSensor(runtime)])
        async_add_entities(pico_sensors(runtime))
        _add_stand_in(runtime, async_add_entities)
        return

    @callback
    def add(topic: Topic) -> None:
        if isinstance(topic, Point):
            async_add_entities([ChargerPointSensor(runtime, topic)])
        else:
            async_add_entities(
                kind(runtime, topic)
                for kind in (
                    StatusSensor,
                    SessionEnergySensor,
                    SessionCostSensor,
                    SessionStartSensor,
                    TransactionSensor,
                )
            )

    async_add_entities([ProfileWritesSensor(runtime)])
    entry.async_on_unload(runtime.each(add))
    _add_billing(runtime, async_add_entities)


def _add_stand_in(
    coordinator: DeviceCoordinator, async_add_entities: AddConfigEntryEntitiesCallback
) -> None:
    """Make those of a charger's billing service, or take them away without one."""
    owner, billing = coordinator.identity.key, coordinator.billing
    if billing is None:
        billing_entities.forget_stand_in(coordinator.hass, owner)
        return
    page = device_info(coordinator.identity, coordinator.title)
    async_add_entities(
        billing_entities.stand_in_sensors(
            billing.gateway, page, owner, coordinator.async_add_listener
        )
    )


def _add_billing(
    hub: ChargerHub, async_add_entities: AddConfigEntryEntitiesCallback
) -> None:
    """Make those of a wallbox's billing service, or take them away without one."""
    owner, gateway = hub.identity.key, hub.gateway
    if gateway is None:
        billing_entities.forget(hub.hass, owner, hub.connectors)
        return
    page = device_info(hub.identity, hub.entry.title)
    async_add_entities(billing_entities.backend_sensors(gateway, page, owner))

    @callback
    def add(topic: Topic) -> None:
        if isinstance(topic, int):
            async_add_entities([WhatLimits(hub, gateway, topic)])

    hub.entry.async_on_unload(hub.each(add))


class PointSensor(DeviceEntity, Described):
    """One value of a device that is polled."""

    def __init__(self, coordinator: DeviceCoordinator, point: Point) -> None:
        """Describe the value by its quantity."""
        super().__init__(coordinator, point.key)
        self._point = point
        self._group = coordinator.group_of(point)
        self._describe(point, certain=point not in coordinator.device.off_by_default)
        self._take_over()

    @property
    @override
    def available(self) -> bool:
        """A value that the last poll of its group did not bring is not shown."""
        return self._brought and super().available

    @override
    @callback
    def _handle_coordinator_update(self) -> None:
        """Write the state only when this value's group was read, or was lost."""
        read = self._group in self.coordinator.read_groups
        if read or not self.coordinator.last_update_success:
            self._take_over()
            self.async_set_context(self.coordinator.context)
            self.async_write_ha_state()

    def _take_over(self) -> None:
        self._brought = self._point in self.coordinator.data
        value = self.coordinator.data.get(self._point)
        states = SENSORS[self._point.quantity].states
        if states is None or value is None:
            self._attr_native_value = value
        else:
            self._attr_native_value = states.get(value)


class _PushSensor(DeviceEntity, SensorEntity):
    """What a meter that may push says about its values; there even without them."""

    _attr_entity_category = EntityCategory.DIAGNOSTIC
    coordinator: PushCoordinator
    _key: str

    def __init__(self, coordinator: PushCoordinator) -> None:
        """Belong to a meter."""
        super().__init__(coordinator, self._key)
        self._attr_translation_key = self._key

    @property
    @override
    def available(self) -> bool:
        """How old the last values are matters most when there are no new ones."""
        return True


class SourceSensor(_PushSensor):
    """Whether the meter's values are pushed or polled."""

    _key = "data_source"
    _attr_device_class = SensorDeviceClass.ENUM
    _attr_options = ["polled", "pushed"]  # noqa: RUF012 - Home Assistant's own type

    @property
    @override
    def native_value(self) -> str:
        """Pushed where fast values need no poll."""
        return "pushed" if self.coordinator.pushed else "polled"

    @override
    @callback
    def _handle_coordinator_update(self) -> None:
        """Write a change only."""
        state = self.hass.states.get(self.entity_id)
        if state is None or state.state != self.native_value:
            self.async_write_ha_state()


class LastValuesSensor(_PushSensor):
    """When the meter's last values came: Home Assistant shows it as an age."""

    _key = "last_values"
    _attr_device_class = SensorDeviceClass.TIMESTAMP

    @property
    @override
    def native_value(self) -> datetime | None:
        """The time of the newest value of the fast group."""
        group = self.coordinator.device.groups[0]
        at = self.coordinator.time_of(group.points[0])
        if at is None:
            return None
        age = timedelta(seconds=self.hass.loop.time() - at)
        return (dt_util.utcnow() - age).replace(microsecond=0)

    @override
    @callback
    def _handle_coordinator_update(self) -> None:
        """Write so often that an age in seconds is right, and no recorder suffers."""
        now, before = self.native_value, self.hass.states.get(self.entity_id)
        shown = None if before is None else dt_util.parse_datetime(before.state)
        if now is None or shown is None or now - shown >= _LAST_VALUES_EVERY:
            self.async_write_ha_state()


class ChargerPointSensor(ChargerEntity, Described):
    """One value that a wallbox sends."""

    def __init__(self, hub: ChargerHub, point: Point) -> None:
        """Describe the value by its quantity; a wallbox only draws."""
        super().__init__(hub, point, point.key)
        self._point = point
        self._values = hub.charger.values
        self._describe(point)
        if point.quantity is Quantity.CURRENT:
            self._attr_entity_registry_enabled_default = True

    @property
    @override
    def native_value(self) -> float | None:
        """The newest value."""
        return self._values.get(self._point)

    @override
    def _shown(self) -> object:
        return self._values.get(self._point)


class _ConnectorSensor(ChargerEntity, SensorEntity):
    """A sensor of one connector."""

    _key: str

    def __init__(self, hub: ChargerHub, number: int) -> None:
        """Belong to a connector."""
        super().__init__(hub, number, f"{number}_{self._key}")
        self._attr_translation_key = self._key
        self._number = number

    @override
    def _shown(self) -> object:
        return self.native_value


class StatusSensor(_ConnectorSensor):
    """What the wallbox says of a connector."""

    _key = "connector_status"
    _attr_device_class = SensorDeviceClass.ENUM
    _attr_options = list(STATUSES)  # noqa: RUF012 - Home Assistant's own type

    @property
    @override
    def native_value(self) -> str:
        """The status."""
        return self._hub.charger.connector(self._number).status

    @property
    @override
    def extra_state_attributes(self) -> dict[str, bool] | None:
        """Say of a status that it is of before a restart of Home Assistant."""
        restored = self._hub.charger.connector(self._number).is_restored
        return {"before_restart": True} if restored else None

    @override
    def _shown(self) -> object:
        return self.native_value, self.extra_state_attributes


class SessionEnergySensor(_ConnectorSensor):
    """The energy of the running or last transaction."""

    _key = "session_energy"
    _attr_device_class = SensorDeviceClass.ENERGY
    _attr_native_unit_of_measurement = UnitOfEnergy.WATT_HOUR
    _attr_suggested_unit_of_measurement = UnitOfEnergy.KILO_WATT_HOUR
    _attr_suggested_display_precision = 2

    @property
    @override
    def native_value(self) -> float | None:
        """The energy since the transaction began; Wh."""
        return self._hub.charger.connector(self._number).session_energy_wh


class SessionCostSensor(_ConnectorSensor):
    """The cost of the running transaction; off where no price is known."""

    _key = "session_cost"
    _attr_device_class = SensorDeviceClass.MONETARY
    _attr_suggested_display_precision = 2

    def __init__(self, hub: ChargerHub, number: int) -> None:
        """Show the house's own currency."""
        super().__init__(hub, number)
        self._attr_native_unit_of_measurement = hub.hass.config.currency
        self._attr_entity_registry_enabled_default = hub.server.has_price

    @property
    @override
    def native_value(self) -> float | None:
        """The cost since the transaction began."""
        cost = self._hub.charger.connector(self._number).session_cost
        return None if cost is None else round(cost, 2)


class SessionStartSensor(_ConnectorSensor):
    """When the running or last transaction began."""

    _key = "session_start"
    _attr_device_class = SensorDeviceClass.TIMESTAMP
    _attr_entity_category = EntityCategory.DIAGNOSTIC

    @property
    @override
    def native_value(self) -> datetime | None:
        """The start of the transaction."""
        return self._hub.charger.connector(self._number).session_start


class TransactionSensor(_ConnectorSensor):
    """The number of the running transaction."""

    _key = "transaction"
    _attr_entity_category = EntityCategory.DIAGNOSTIC

    @property
    @override
    def native_value(self) -> int | None:
        """The number the wallbox knows; None when none is running."""
        return self._hub.charger.connector(self._number).transaction


class ProfileWritesSensor(ChargerEntity, SensorEntity, RestoreEntity):
    """How often it was sent today what it may store; goes on over a restart."""

    _attr_translation_key = "profile_writes_today"
    _attr_state_class = SensorStateClass.TOTAL_INCREASING
    _attr_entity_category = EntityCategory.DIAGNOSTIC

    def __init__(self, hub: ChargerHub) -> None:
        """Belong to a wallbox."""
        super().__init__(hub, WALLBOX, "profile_writes_today")

    @override
    async def async_added_to_hass(self) -> None:
        """Go on with the count of today."""
        await super().async_added_to_hass()
        if (last := await self.async_get_last_extra_data()) is not None:
            kept = last.as_dict()
            self._hub.writes.recall(kept["day"], kept["count"])

    @property
    @override
    def available(self) -> bool:
        """What we sent is known without the wallbox."""
        return True

    @property
    @override
    def native_value(self) -> int:
        """The count."""
        return self._hub.writes.count

    @property
    @override
    def extra_restore_state_data(self) -> RestoredExtraData:
        """Keep the count, and its day."""
        writes = self._hub.writes
        return RestoredExtraData({"day": writes.day, "count": writes.count})

    @override
    def _shown(self) -> object:
        return self.native_value
