"""What a DIRIS gateway shows: values of circuits, how often they come, a search."""

from collections.abc import Mapping
from datetime import datetime
from typing import override

from homeassistant.components.binary_sensor import BinarySensorEntity
from homeassistant.components.button import ButtonEntity
from homeassistant.components.sensor import DOMAIN as SENSOR
from homeassistant.components.sensor import (
    SensorDeviceClass,
    SensorEntity,
    SensorStateClass,
)
from homeassistant.const import EntityCategory, UnitOfTime
from homeassistant.core import CALLBACK_TYPE, HomeAssistant, callback
from homeassistant.helpers import entity_registry as er
from homeassistant.helpers.device_registry import ChildDeviceInfo, DeviceInfo
from homeassistant.helpers.entity import Entity
from homeassistant.helpers.entity_platform import AddConfigEntryEntitiesCallback
from homeassistant.helpers.event import async_call_later
from homeassistant.helpers.update_coordinator import CoordinatorEntity

from .const import CONF_MODULES, DOMAIN
from .describe import UNITS, Described
from .diris import GatewayCoordinator, GatewayEntry
from .diris_export_sensors import export_sensors, forget_sensors
from .diris_store import modules_of
from .engine.devices.diris import Extra, Key, Load, Module, name_of, points_of
from .engine.model import Mark, Point, Quantity, Unit

FIRST = {
    Quantity.POWER,
    Quantity.ENERGY_IMPORT,
    Quantity.ENERGY_EXPORT,
    Quantity.PARTIAL_ENERGY_IMPORT,
    Quantity.PARTIAL_ENERGY_EXPORT,
}
"""What is shown of a circuit from the start: of 192, more would be too much."""
FIRST_POINTS = frozenset(map(Point, FIRST))
FIRST_BY_SNMP = {*FIRST, Quantity.CURRENT}
"""The same of a gateway that is read by SNMP alone: there may be no more of it."""


@callback
def add_circuits(
    coordinator: GatewayCoordinator, add: AddConfigEntryEntitiesCallback
) -> None:
    """Make the sensors of all circuits, and of each that comes later."""

    @callback
    def made(module: Module, load: Load, keys: Mapping[Key, Mark]) -> None:
        page = coordinator.module_page(module)
        if load == module.itself:
            own = DeviceInfo(identifiers=page.identifiers)
            add(
                CircuitSensor(coordinator, load, own, key, mark)
                for key, mark in keys.items()
                if isinstance(key, Point) and key.quantity is not Quantity.DIGITAL_INPUT
            )
            return
        circuit = ChildDeviceInfo(
            identifiers={(DOMAIN, _key(coordinator, load))},
            parent_device_id=page.id,
        )
        if (name := coordinator.name_of(load)) is not None:
            circuit["name"] = name
        else:
            circuit["translation_key"] = "circuit"
            circuit["translation_placeholders"] = {"number": str(load.number)}
        add(
            CircuitSensor(coordinator, load, circuit, key, mark)
            if isinstance(key, Point)
            else ExtraSensor(coordinator, load, circuit, key)
            if isinstance(key, Extra)
            else ColumnSensor(coordinator, load, circuit, key)
            for key, mark in keys.items()
        )

    if coordinator.path.is_read:
        add([ReadingInterval(coordinator), Access(coordinator)])
    if coordinator.export is None:
        forget_sensors(coordinator.hass, coordinator.key)
    else:
        add(export_sensors(coordinator.export, coordinator.key))
    coordinator.config_entry.async_on_unload(coordinator.async_each(made))


@callback
def show_single_source(
    hass: HomeAssistant, entry: GatewayEntry, *, shown: bool
) -> None:
    """Enable what one source alone says of circuits, or disable it again.

    What its owner has disabled stays so.
    """
    registry = er.async_get(hass)
    by = er.RegistryEntryDisabler.INTEGRATION
    for module in modules_of(entry.data[CONF_MODULES]):
        for load in module.loads:
            marks = points_of(module.product, load.number)
            for point in FIRST_POINTS & marks.keys():
                key = f"{entry.unique_id}_{load.module}_{load.number}_{point.key}"
                entity_id = registry.async_get_entity_id(SENSOR, DOMAIN, key)
                found = registry.async_get(entity_id) if entity_id else None
                if (
                    found is not None
                    and marks[point] is Mark.SINGLE_SOURCE
                    and found.disabled_by is (by if shown else None)
                ):
                    registry.async_update_entity(
                        found.entity_id, disabled_by=None if shown else by
                    )


def _key(coordinator: GatewayCoordinator, load: Load) -> str:
    return f"{coordinator.key}_{load.module}_{load.number}"


@callback
def add_inputs(
    coordinator: GatewayCoordinator, add: AddConfigEntryEntitiesCallback
) -> None:
    """Make the digital inputs of all modules, and of each that comes later."""

    @callback
    def made(module: Module, load: Load, keys: Mapping[Key, Mark]) -> None:
        own = DeviceInfo(identifiers=coordinator.module_page(module).identifiers)
        add(
            DigitalInput(coordinator, load, own, key)
            for key in keys
            if isinstance(key, Point) and key.quantity is Quantity.DIGITAL_INPUT
        )

    coordinator.config_entry.async_on_unload(coordinator.async_each(made))


class _OfCircuit(Entity):
    """One value of a circuit; it is read only while this entity is enabled."""

    _attr_has_entity_name = True
    _attr_should_poll = False
    _value: float | None = None

    def __init__(
        self,
        coordinator: GatewayCoordinator,
        load: Load,
        page: ChildDeviceInfo | DeviceInfo,
        key: Key,
    ) -> None:
        """Stand on the page of a circuit, or of the module itself."""
        self._coordinator = coordinator
        self._load = load
        self._key = key
        self._attr_unique_id = f"{_key(coordinator, load)}_{name_of(key)}"
        self._attr_device_info = page
        self._take_over()

    @override
    async def async_added_to_hass(self) -> None:
        """Ask for the value from the next round on."""
        await super().async_added_to_hass()
        self.async_on_remove(
            self._coordinator.async_show(self._load, self._key, self._read)
        )

    @callback
    def _read(self) -> None:
        """Write the state only when it is another."""
        before = self._attr_available, self._value
        self._take_over()
        if before != (self._attr_available, self._value):
            self.async_write_ha_state()

    def _take_over(self) -> None:
        coordinator = self._coordinator
        values = (coordinator.data or {}).get(self._load, {})
        self._attr_available = coordinator.online and self._key in values
        self._value = values.get(self._key)


class CircuitSensor(_OfCircuit, Described):
    """A value as a sensor."""

    def __init__(
        self,
        coordinator: GatewayCoordinator,
        load: Load,
        page: ChildDeviceInfo | DeviceInfo,
        point: Point,
        mark: Mark,
    ) -> None:
        """Describe the value by its quantity."""
        super().__init__(coordinator, load, page, point)
        certain = coordinator.shows(mark) and point.quantity in FIRST
        self._describe(point, certain=certain)
        if coordinator.path.modbus is None and point.quantity in FIRST_BY_SNMP:
            self._attr_entity_registry_enabled_default = True

    @property
    @override
    def native_value(self) -> float | None:
        """What the device says; None where it has no such value."""
        return self._value


class ExtraSensor(_OfCircuit, SensorEntity):
    """A value by BACnet that has no kind of its own here: by the manual's name."""

    _attr_translation_key = "bacnet_value"
    _attr_entity_registry_enabled_default = False
    _attr_entity_category = EntityCategory.DIAGNOSTIC

    def __init__(
        self,
        coordinator: GatewayCoordinator,
        load: Load,
        circuit: ChildDeviceInfo,
        extra: Extra,
    ) -> None:
        """Have the unit that the manual gives it."""
        super().__init__(coordinator, load, circuit, extra)
        self._attr_translation_placeholders = {"name": extra.name}
        self._attr_native_unit_of_measurement = UNITS[extra.unit].name
        if extra.unit not in (Unit.NONE, Unit.COUNT):
            self._attr_state_class = SensorStateClass.MEASUREMENT

    @property
    @override
    def native_value(self) -> float | None:
        """What the device says; None where it has no such value."""
        return self._value


class ColumnSensor(_OfCircuit, SensorEntity):
    """A plain number of the gateway's SNMP table, of which nobody has said the unit."""

    _attr_translation_key = "column"
    _attr_entity_registry_enabled_default = False
    _attr_entity_category = EntityCategory.DIAGNOSTIC

    def __init__(
        self,
        coordinator: GatewayCoordinator,
        load: Load,
        circuit: ChildDeviceInfo,
        service: int,
    ) -> None:
        """Call it by its service id."""
        super().__init__(coordinator, load, circuit, service)
        self._attr_translation_placeholders = {"column": str(service)}

    @property
    @override
    def native_value(self) -> float | None:
        """The number as the gateway gives it."""
        return self._value


class DigitalInput(_OfCircuit, BinarySensorEntity):
    """Whether an input of a module is active; unknown where it has none."""

    _attr_entity_registry_enabled_default = False
    _attr_translation_key = "digital_input"

    def __init__(
        self,
        coordinator: GatewayCoordinator,
        load: Load,
        page: DeviceInfo,
        point: Point,
    ) -> None:
        """Name it by its number."""
        super().__init__(coordinator, load, page, point)
        self._attr_translation_placeholders = {"number": point.part}

    @property
    @override
    def is_on(self) -> bool | None:
        """Whether it is active."""
        return None if self._value is None else bool(self._value)


class GatewayEntity(CoordinatorEntity[GatewayCoordinator]):
    """An entity on the gateway's own page."""

    _attr_has_entity_name = True
    _key: str

    def __init__(self, coordinator: GatewayCoordinator) -> None:
        """Name it by its own key."""
        super().__init__(coordinator)
        self._attr_unique_id = f"{coordinator.key}_{self._key}"
        self._attr_translation_key = self._key
        self._attr_device_info = DeviceInfo(identifiers={(DOMAIN, coordinator.key)})
        self._written = self._shown()

    def _shown(self) -> object:
        """What the state is made of."""
        return self.available

    @override
    @callback
    def _handle_coordinator_update(self) -> None:
        """Write a change only."""
        if (now := self._shown()) != self._written:
            self._written = now
            self.async_write_ha_state()


class ReadingInterval(GatewayEntity, SensorEntity):
    """How often values come; longer than chosen where the bus needs it."""

    _key = "reading_interval"
    _attr_device_class = SensorDeviceClass.DURATION
    _attr_native_unit_of_measurement = UnitOfTime.SECONDS
    _attr_entity_category = EntityCategory.DIAGNOSTIC
    _attr_suggested_display_precision = 0

    @property
    @override
    def native_value(self) -> int:
        """The time from one round to the next; s."""
        return round(self.coordinator.period_s)

    @override
    def _shown(self) -> object:
        return self.available, self.native_value


class Access(GatewayEntity, SensorEntity):
    """Whether the gateway lets itself be asked as often as it may be."""

    _key = "access"
    _attr_device_class = SensorDeviceClass.ENUM
    _attr_options = ["full", "reduced", "blocked"]  # noqa: RUF012 - as Home Assistant declares it
    _attr_entity_category = EntityCategory.DIAGNOSTIC
    _end: CALLBACK_TYPE | None = None
    """Ends the wait for a ban's end."""

    @property
    @override
    def available(self) -> bool:
        """Always: it speaks of the times when nothing answers."""
        return True

    @property
    @override
    def native_value(self) -> str:
        """Whether nothing is asked for a while, or less than usual."""
        state = self.coordinator.budget.state
        if state.banned_for_s:
            return "blocked"
        return "full" if state.is_full else "reduced"

    @override
    async def async_added_to_hass(self) -> None:
        """Follow the budget, also while no round succeeds."""
        await super().async_added_to_hass()
        self.async_on_remove(self.coordinator.budget.observe(self._changed))
        self.async_on_remove(lambda: self._end and self._end())
        self._changed()

    @callback
    def _changed(self) -> None:
        """Write the state, and once more when a ban ends."""
        if self._end is not None:
            self._end()
        self._end = None
        if left_s := self.coordinator.budget.state.banned_for_s:
            self._end = async_call_later(self.hass, left_s + 0.1, self._over)
        self._handle_coordinator_update()

    @callback
    def _over(self, _now: datetime) -> None:
        self._end = None
        self._changed()

    @override
    def _shown(self) -> tuple[bool, object]:
        return True, self.native_value


class SearchButton(GatewayEntity, ButtonEntity):
    """Looks for modules and circuits that have come or gone."""

    _key = "search_modules"
    _attr_entity_category = EntityCategory.CONFIG

    @override
    async def async_press(self) -> None:
        """Ask all addresses that the owner has named."""
        await self.coordinator.async_search()
