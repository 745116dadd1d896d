"""The pages of a DIRIS gateway and of its modules in the device registry."""

from typing import TYPE_CHECKING

from homeassistant.helpers import device_registry as dr
from homeassistant.helpers.typing import UNDEFINED

from .const import DOMAIN
from .engine.devices.diris import Module

if TYPE_CHECKING:
    from .diris import GatewayCoordinator, GatewayEntry


def gateway_page(coordinator: GatewayCoordinator) -> dr.DeviceEntry:
    """Return the page of a gateway, made or brought up to date."""
    entry, identity = coordinator.config_entry, coordinator.identity
    # SNMP tells neither model nor number: what Modbus has told before stays.
    by_modbus = identity.firmware is not None
    alone = coordinator.path.modbus is None
    return dr.async_get(coordinator.hass).async_get_or_create(
        config_entry_id=entry.entry_id,
        identifiers={(DOMAIN, coordinator.key)},
        manufacturer=identity.maker,
        model=identity.model if by_modbus or alone else UNDEFINED,
        name=entry.title,
        serial_number=identity.serial if by_modbus else UNDEFINED,
        sw_version=identity.firmware if by_modbus else UNDEFINED,
    )


def module_page(coordinator: GatewayCoordinator, module: Module) -> dr.DeviceEntry:
    """Return the page of a module; one whose product is not known has a number."""
    product, address = module.product, str(module.address)
    unnamed = "module" if product is None else None
    return dr.async_get(coordinator.hass).async_get_or_create(
        config_entry_id=coordinator.config_entry.entry_id,
        identifiers={(DOMAIN, f"{coordinator.key}_{address}")},
        manufacturer=coordinator.identity.maker,
        model=product,
        name=UNDEFINED if product is None else f"{product} {address}",
        translation_key=unnamed,
        translation_placeholders={"number": address} if unnamed else None,
        serial_number=f"{module.net_id:06X}" if module.net_id else module.serial,
        sw_version=module.firmware,
        via_device_id=coordinator.device_id,
    )


def remove_device(entry: GatewayEntry, device: dr.AnyDeviceEntry) -> bool:
    """Let a module or circuit be deleted that is no longer there."""
    key = next(key for domain, key in device.identifiers if domain == DOMAIN)
    return entry.runtime_data.async_forget(key)
