"""What a billing service adds to a charger's page, as long as it has one."""

from collections.abc import Callable, Iterable
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
from homeassistant.core import CALLBACK_TYPE, HomeAssistant, callback
from homeassistant.helpers import entity_registry as er
from homeassistant.helpers.entity_platform import AddConfigEntryEntitiesCallback

from .billing import BillingGateway
from .const import CONF_BILLING, DOMAIN
from .controller import SiteController
from .engine.billing import Mode, StandIn
from .engine.gateway import Failure, Limiter
from .entity import BillingEntity, ChargerEntity, Page, site_page
from .ocpp_wallbox import ChargerHub
from .site_charger import SiteCharger

type Follow = Callable[[Callable[[], None]], CALLBACK_TYPE]

NO_ERROR = "none"
_CONNECTED, _LIMITER = "backend_connected", "backend_limiter"
_TRANSACTION = "transaction"


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
        self, gateway: BillingGateway, page: Page, owner: str, follow: Follow
    ) -> None:
        """Belong to the only connector of a charger, whose own current is followed."""
        super().__init__(gateway, page, owner, f"1_{_LIMITER}")
        self._attr_translation_key = _LIMITER
        self._follow = follow

    @override
    async def async_added_to_hass(self) -> None:
        """Follow the charger's own current as well."""
        await super().async_added_to_hass()
        self.async_on_remove(self._follow(self._changed))

    @property
    @override
    def native_value(self) -> str:
        """Whose; of equal ones the nearest to the car."""
        return self._gateway.shown.limit(1).by


class StandInTransaction(_BillingSensor):
    """The number of the running transaction of a charger without OCPP."""

    def __init__(
        self, gateway: BillingGateway, stand_in: StandIn, page: Page, owner: str
    ) -> None:
        """Belong to the only connector of a charger."""
        super().__init__(gateway, page, owner, f"1_{_TRANSACTION}")
        self._attr_translation_key = _TRANSACTION
        self._stand_in = stand_in

    @property
    @override
    def native_value(self) -> int | None:
        """The number here; None when none is running."""
        session = self._stand_in.session
        return None if session is None else session.number


def stand_in_sensors(
    gateway: BillingGateway, page: Page, owner: str, follow: Follow
) -> list[SensorEntity]:
    """Return the sensors of a charger for which a stand-in speaks."""
    found: list[SensorEntity] = [*backend_sensors(gateway, page, owner)]
    found.append(StandInLimits(gateway, page, owner, follow))
    if gateway.stand_in is not None:
        found.append(StandInTransaction(gateway, gateway.stand_in, page, owner))
    return found


def add_site_sensors(
    site: SiteController, async_add_entities: AddConfigEntryEntitiesCallback
) -> None:
    """Make those of each wallbox of a site that is billed, others are taken away."""
    for charger in site.chargers:
        if CONF_BILLING not in site.entry.subentries[charger.subentry_id].data:
            forget_stand_in(site.hass, charger.subentry_id)

    @callback
    def add(charger: SiteCharger, gateway: BillingGateway) -> None:
        owner = charger.subentry_id
        found = stand_in_sensors(gateway, site_page(charger), owner, site.listen)
        async_add_entities(found, config_subentry_id=owner)

    if site.billing is not None:
        site.billing.each(add)


def add_site_connected(
    site: SiteController, async_add_entities: AddConfigEntryEntitiesCallback
) -> None:
    """Make whether each wallbox of a site that is billed is connected there."""

    @callback
    def add(charger: SiteCharger, gateway: BillingGateway) -> None:
        owner = charger.subentry_id
        found = backend_connected(gateway, site_page(charger), owner)
        async_add_entities([found], config_subentry_id=owner)

    if site.billing is not None:
        site.billing.each(add)


def backend_sensors(
    gateway: BillingGateway, page: Page, owner: str
) -> Iterable[SensorEntity]:
    """Return the sensors of a charger that is billed; others are taken away."""
    kinds = _SENSORS
    if gateway.shown.mode is Mode.RELAY:
        kinds = tuple(one for one in _SENSORS if one not in _QUEUE)
        _remove(gateway.hass, owner, [(Platform.SENSOR, key) for key, _ in _QUEUE])
    return [kind(gateway, page, owner, key) for key, kind in kinds]


def backend_connected(
    gateway: BillingGateway, page: Page, owner: str
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


@callback
def forget_stand_in(hass: HomeAssistant, owner: str) -> None:
    """Take those of a stand-in from the page of a charger that is no longer billed."""
    forget(hass, owner, (1,))
    _remove(hass, owner, [(Platform.SENSOR, f"1_{_TRANSACTION}")])


def _remove(
    hass: HomeAssistant, owner: str, keys: Iterable[tuple[Platform, str]]
) -> None:
    entities = er.async_get(hass)
    for platform, key in keys:
        known = entities.async_get_entity_id(platform, DOMAIN, f"{owner}_{key}")
        if known is not None:
            entities.async_remove(known)
