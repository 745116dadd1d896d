"""What a billing service adds to a charger's page, as long as it has one."""

from collections.abc import Iterable
from datetime import datetime
from typing import override

from homeassistant.components.binary_sensor import BinarySensorEntity
from homeassistant.components.binary_sensor.const import BinarySensorDeviceClass
from homeassistant.components.sensor import (
    SensorDeviceClass,
    SensorEntity,
    SensorStateClass,
)
from homeassistant.const import EntityCategory, Platform
from homeassistant.core import HomeAssistant, callback
from homeassistant.helpers import entity_registry as er
from homeassistant.helpers.device_registry import DeviceInfo

from .billing import BillingGateway
from .const import DOMAIN
from .coordinator import DeviceCoordinator
from .engine.billing import Mode
from .engine.gateway import Failure, Limiter
from .entity import BillingEntity, ChargerEntity
from .ocpp_wallbox import ChargerHub

NO_ERROR = "none"
_CONNECTED, _LIMITER = "backend_connected", "backend_limiter"


class BackendConnected(BillingEntity, BinarySensorEntity):
    """Whether the billing service has accepted the charger on an open connection."""

    _attr_device_class = BinarySensorDeviceClass.CONNECTIVITY

    @property
    @override
    def is_on(self) -> bool:
        """Whether it is."""
        return self._gateway.line.connected

    @override
    def _shown(self) -> object:
        return self.is_on


class _BillingSensor(BillingEntity, SensorEntity):
    @override
    def _shown(self) -> object:
        return self.native_value


class QueueLength(_BillingSensor):
    """How many messages wait for the billing service."""

    _attr_state_class = SensorStateClass.MEASUREMENT

    @property
    @override
    def native_value(self) -> int:
        """The number."""
        return self._gateway.standing.length


class OldestMessage(_BillingSensor):
    """Since when the oldest of them waits."""

    _attr_device_class = SensorDeviceClass.TIMESTAMP

    @property
    @override
    def native_value(self) -> datetime | None:
        """The time; None where none waits."""
        return self._gateway.standing.oldest


class LastError(_BillingSensor):
    """Why the billing service could last not be reached, or did not accept."""

    _attr_device_class = SensorDeviceClass.ENUM
    _attr_options = [NO_ERROR, *Failure]  # noqa: RUF012 - Home Assistant's own type

    @property
    @override
    def native_value(self) -> str:
        """Why; since Home Assistant has started."""
        return self._gateway.last_failure or NO_ERROR


_QUEUE: tuple[tuple[str, type[_BillingSensor]], ...] = (
    ("backend_queue", QueueLength),
    ("backend_oldest", OldestMessage),
)
"""Only where something waits here: behind a relay the wallbox keeps it."""
_SENSORS: tuple[tuple[str, type[_BillingSensor]], ...] = (
    *_QUEUE,
    ("backend_error", LastError),
)


class WhatLimits(ChargerEntity, SensorEntity):
    """Whose limit is the lowest on a connector of a wallbox."""

    _attr_translation_key = _LIMITER
    _attr_entity_category = EntityCategory.DIAGNOSTIC
    _attr_device_class = SensorDeviceClass.ENUM
    _attr_options = list(Limiter)  # noqa: RUF012 - Home Assistant's own type

    def __init__(self, hub: ChargerHub, gateway: BillingGateway, number: int) -> None:
        """Belong to a connector."""
        super().__init__(hub, number, f"{number}_{_LIMITER}")
        self._gateway = gateway
        self._number = number

    @override
    async def async_added_to_hass(self) -> None:
        """Follow the connector, and the billing service's limit."""
        await super().async_added_to_hass()
        self.async_on_remove(self._gateway.listen(self._changed))

    @property
    @override
    def native_value(self) -> str:
        """Whose; of equal ones the nearest to the car."""
        return self._gateway.shown.limit(self._number).by

    @override
    def _shown(self) -> object:
        return self.native_value


class StandInLimits(_BillingSensor):
    """Whose limit is the lowest on a charger without OCPP."""

    _attr_device_class = SensorDeviceClass.ENUM
    _attr_options = list(Limiter)  # noqa: RUF012 - Home Assistant's own type

    def __init__(
        self, coordinator: DeviceCoordinator, gateway: BillingGateway, page: DeviceInfo
    ) -> None:
        """Belong to the only connector of a charger."""
        super().__init__(gateway, page, coordinator.key, f"1_{_LIMITER}")
        self._attr_translation_key = _LIMITER
        self._coordinator = coordinator

    @override
    async def async_added_to_hass(self) -> None:
        """Follow the charger's own current as well."""
        await super().async_added_to_hass()
        self.async_on_remove(self._coordinator.async_add_listener(self._changed))

    @property
    @override
    def native_value(self) -> str:
        """Whose; of equal ones the nearest to the car."""
        return self._gateway.shown.limit(1).by


def backend_sensors(
    gateway: BillingGateway, page: DeviceInfo, owner: str
) -> Iterable[SensorEntity]:
    """Return the sensors of a charger that is billed; others are taken away."""
    kinds = _SENSORS
    if gateway.shown.mode is Mode.RELAY:
        kinds = tuple(one for one in _SENSORS if one not in _QUEUE)
        _remove(gateway.hass, owner, [(Platform.SENSOR, key) for key, _ in _QUEUE])
    return [kind(gateway, page, owner, key) for key, kind in kinds]


def backend_connected(
    gateway: BillingGateway, page: DeviceInfo, owner: str
) -> BackendConnected:
    """Return whether it is connected there."""
    return BackendConnected(gateway, page, owner, _CONNECTED)


@callback
def forget(hass: HomeAssistant, owner: str, connectors: Iterable[int] = ()) -> None:
    """Take these entities from the page of a charger that is no longer billed."""
    keys = [(Platform.BINARY_SENSOR, _CONNECTED)]
    keys += [(Platform.SENSOR, key) for key, _ in _SENSORS]
    keys += [(Platform.SENSOR, f"{number}_{_LIMITER}") for number in connectors]
    _remove(hass, owner, keys)


def _remove(
    hass: HomeAssistant, owner: str, keys: Iterable[tuple[Platform, str]]
) -> None:
    entities = er.async_get(hass)
    for platform, key in keys:
        known = entities.async_get_entity_id(platform, DOMAIN, f"{owner}_{key}")
        if known is not None:
            entities.async_remove(known)
