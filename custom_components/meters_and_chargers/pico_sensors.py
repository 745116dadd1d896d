"""What a Pico's page shows of its phases, and what its account says of it."""

from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
import time
from typing import Any, override

from homeassistant.components.sensor import (
    SensorDeviceClass,
    SensorEntity,
    SensorStateClass,
)
from homeassistant.const import EntityCategory, UnitOfEnergy, UnitOfPower
from homeassistant.helpers.update_coordinator import CoordinatorEntity
from homeassistant.util import dt as dt_util

from .coordinator import DeviceCoordinator
from .engine.devices.smart_me import State, Steering
from .engine.model import PHASES
from .entity import DeviceEntity, device_info
from .pico_account import PicoAccount
from .pico_station import PicoStation


def pico_sensors(coordinator: DeviceCoordinator) -> Iterator[SensorEntity]:
    """Make the sensors of a station or a group, as far as it has something to show."""
    station, account = coordinator.station, coordinator.account
    if station is not None and station.pico.by_phase:
        yield WaitsUntil(coordinator, station)
        for key, count in COUNTS.items():
            yield Count(coordinator, station, key, count)
    if account is None:
        return
    if account.members:
        yield VehiclesConnected(account, "vehicles_connected")
        return
    yield StationStatus(account, "station_status")
    yield ChargingPower(account, "charging_power")
    yield SessionEnergy(account, "session_energy")
    yield PhasesInUse(account, "phases_in_use")


COUNTS: dict[str, Callable[[Steering], int]] = {
    "relay_changes_today": lambda steering: steering.changes_today,
    "relay_changes": lambda steering: steering.memory.total,
    "relay_changes_early": lambda steering: steering.memory.urgent,
}
"""How often the phases of a station changed."""


class _StationSensor(DeviceEntity, SensorEntity):
    """A sensor of what a station was told."""

    _attr_entity_category = EntityCategory.DIAGNOSTIC

    def __init__(
        self, coordinator: DeviceCoordinator, station: PicoStation, key: str
    ) -> None:
        """Belong to a station."""
        super().__init__(coordinator, key)
        self._attr_translation_key = key
        self._steering = station.pico.steering


class WaitsUntil(_StationSensor):
    """Until when currents that need other phases have to wait."""

    _attr_device_class = SensorDeviceClass.TIMESTAMP
    _until: tuple[float, datetime] | None = None

    def __init__(self, coordinator: DeviceCoordinator, station: PicoStation) -> None:
        """Belong to a station."""
        super().__init__(coordinator, station, "phases_wait_until")

    @property
    @override
    def native_value(self) -> datetime | None:
        """The time; unknown while nothing waits."""
        if (until := self._steering.held_until) is None:
            self._until = None
            return None
        if self._until is None or abs(self._until[0] - until) > 1:
            left = timedelta(seconds=until - time.monotonic())
            self._until = until, (dt_util.utcnow() + left).replace(microsecond=0)
        return self._until[1]

    @property
    @override
    def extra_state_attributes(self) -> dict[str, Any]:
        """The currents that wait; A."""
        if (held := self._steering.held) is None:
            return {}
        return {
            phase: current // 1000 for phase, current in zip(PHASES, held, strict=True)
        }


class Count(_StationSensor):
    """How often the phases of a station changed."""

    _attr_state_class = SensorStateClass.TOTAL_INCREASING

    def __init__(
        self,
        coordinator: DeviceCoordinator,
        station: PicoStation,
        key: str,
        count: Callable[[Steering], int],
    ) -> None:
        """Count what the function says."""
        super().__init__(coordinator, station, key)
        self._count = count

    @property
    @override
    def native_value(self) -> int:
        """The count."""
        return self._count(self._steering)


class _AccountSensor(CoordinatorEntity[PicoAccount], SensorEntity):
    """A value that only the account knows; it stands on the station's page."""

    _attr_attribution = "smart-me account"
    _attr_has_entity_name = True

    def __init__(self, account: PicoAccount, key: str) -> None:
        """Name the entity by the station's identity and its own key."""
        super().__init__(account)
        identity = account.meter.identity
        self._attr_translation_key = key
        self._attr_unique_id = f"{identity.key}_{key}"
        self._attr_device_info = device_info(identity, account.meter.title)


STATES = {
    State.BOOTING: "starting",
    State.READY_NO_CAR_CONNECTED: "no_vehicle",
    State.READY_CAR_CONNECTED: "connected",
    State.STARTED_WAIT_FOR_CAR: "waiting",
    State.CHARGING: "charging",
    State.INSTALLATION: "installing",
    State.AUTHORIZE: "authorize",
    State.OFFLINE: "offline",
}


class StationStatus(_AccountSensor):
    """What a station does, in the words of its account."""

    _attr_device_class = SensorDeviceClass.ENUM
    _attr_options = list(STATES.values())  # noqa: RUF012 - Home Assistant's own type

    @property
    @override
    def native_value(self) -> str | None:
        """The state; None for one that nobody knows."""
        status = self.coordinator.data.status
        return None if status is None or status.state is None else STATES[status.state]


class ChargingPower(_AccountSensor):
    """What the car draws."""

    _attr_device_class = SensorDeviceClass.POWER
    _attr_state_class = SensorStateClass.MEASUREMENT
    _attr_native_unit_of_measurement = UnitOfPower.WATT
    _attr_suggested_display_precision = 0

    @property
    @override
    def native_value(self) -> float | None:
        """The power; W."""
        status = self.coordinator.data.status
        return None if status is None else status.power_w


class SessionEnergy(_AccountSensor):
    """What the car got in this session."""

    _attr_device_class = SensorDeviceClass.ENERGY
    _attr_native_unit_of_measurement = UnitOfEnergy.WATT_HOUR
    _attr_suggested_unit_of_measurement = UnitOfEnergy.KILO_WATT_HOUR
    _attr_suggested_display_precision = 2

    @property
    @override
    def native_value(self) -> float | None:
        """The energy; Wh."""
        status = self.coordinator.data.status
        return None if status is None else status.energy_wh


class PhasesInUse(_AccountSensor):
    """On how many phases the car charges."""

    _attr_entity_category = EntityCategory.DIAGNOSTIC

    @property
    @override
    def native_value(self) -> int | None:
        """How many; unknown while it does not charge."""
        stations = self.coordinator.data.stations
        return stations[0].phases if stations else None


class VehiclesConnected(_AccountSensor):
    """How many cars are plugged in at the stations of a group."""

    _attr_state_class = SensorStateClass.MEASUREMENT

    @property
    @override
    def native_value(self) -> int | None:
        """How many; unknown while not every station says it."""
        told = [one.car_connected for one in self.coordinator.data.stations]
        return None if not told or None in told else sum(map(bool, told))
