"""Plugged cars, overloaded fuses, billing services; inputs and alarms of modules."""

from functools import partial
from typing import override

from homeassistant.components.binary_sensor import BinarySensorEntity
from homeassistant.components.binary_sensor.const import BinarySensorDeviceClass
from homeassistant.const import Platform
from homeassistant.core import HomeAssistant
from homeassistant.helpers.entity_platform import AddConfigEntryEntitiesCallback

from .billing_entities import add_site_connected, backend_connected
from .controller import SiteController, SiteEntry
from .coordinator import DeviceCoordinator, DeviceEntry
from .diris import GatewayCoordinator, GatewayEntry
from .diris_alarms import add_alarms
from .diris_entities import add_inputs
from .entity import CircuitEntity, SiteChargerEntity, device_info, offer_when
from .ocpp_wallbox import ChargerEntry, ChargerHub
from .site_charger import SiteCharger
from .site_circuit import SiteCircuit

PARALLEL_UPDATES = 0


async def async_setup_entry(
    _hass: HomeAssistant,
    entry: SiteEntry | GatewayEntry | ChargerEntry | DeviceEntry,
    async_add_entities: AddConfigEntryEntitiesCallback,
) -> None:
    """Make those of each fuse, and of each charger that knows its plug."""
    site = entry.runtime_data
    if isinstance(site, GatewayCoordinator):
        add_inputs(site, async_add_entities)
        add_alarms(site, async_add_entities)
        return
    if isinstance(site, DeviceCoordinator):
        if (billing := site.billing) is not None:
            page = device_info(site.identity, site.title)
            found = backend_connected(billing.gateway, page, site.identity.key)
            async_add_entities([found])
        return
    if isinstance(site, ChargerHub):
        if (gateway := site.gateway) is not None:
            page = device_info(site.identity, site.entry.title)
            async_add_entities([backend_connected(gateway, page, site.identity.key)])
        return
    for circuit in (site.house, *site.circuits):
        async_add_entities(
            [Overload(site, circuit)], config_subentry_id=circuit.subentry_id
        )
    for charger in site.chargers:
        offer_when(
            partial(_tells_plug, charger),
            VehicleConnected(site, charger),
            Platform.BINARY_SENSOR,
            site,
            charger,
            async_add_entities,
        )
    add_site_connected(site, async_add_entities)


def _tells_plug(charger: SiteCharger) -> bool:
    return charger.plugged is not None


class VehicleConnected(SiteChargerEntity, BinarySensorEntity):
    """Whether a car is plugged in, by the charger's own word."""

    _attr_device_class = BinarySensorDeviceClass.PLUG

    def __init__(self, controller: SiteController, charger: SiteCharger) -> None:
        """Belong to a charger of a site."""
        super().__init__(controller, charger, "vehicle_connected")

    @property
    @override
    def is_on(self) -> bool | None:
        """Unknown while the charger does not say."""
        return self._charger.plugged

    @override
    def _shown(self) -> object:
        return self.is_on


class Overload(CircuitEntity, BinarySensorEntity):
    """Whether more flows through a fuse than it is rated for."""

    _attr_device_class = BinarySensorDeviceClass.PROBLEM

    def __init__(self, controller: SiteController, circuit: SiteCircuit) -> None:
        """Belong to a site or a circuit."""
        super().__init__(controller, circuit, "overload")

    @property
    @override
    def is_on(self) -> bool | None:
        """Unknown before the first decision."""
        view = self._circuit.view
        return None if view is None else view.overloaded

    @override
    def _shown(self) -> object:
        return self.is_on
