"""Which OCPP wallboxes an action is about, and what is answered, also in refusal."""

import asyncio
from collections.abc import Coroutine, Mapping

from homeassistant.core import HomeAssistant, ServiceCall, ServiceResponse
from homeassistant.exceptions import HomeAssistantError, ServiceValidationError
from homeassistant.helpers import device_registry as dr
from homeassistant.helpers import entity_registry as er
from homeassistant.helpers.target import (
    TargetSelection,
    async_extract_referenced_entity_ids,
)
from homeassistant.util.json import JsonObjectType

from .const import CONF_FAMILY, DOMAIN, FAMILY_OCPP_CHARGER
from .ocpp_wallbox import ChargerHub

type Answer = JsonObjectType | None


def refused(key: str, **names: str) -> ServiceValidationError:
    """Return a refusal in words for the user."""
    return ServiceValidationError(
        translation_domain=DOMAIN, translation_key=key, translation_placeholders=names
    )


async def ask_each(
    call: ServiceCall,
    asked: Mapping[str, Coroutine[None, None, Answer | HomeAssistantError]],
) -> ServiceResponse:
    """Ask all at once, by device; one that fails does not stop the others.

    Raises the first of the errors that were returned.
    """
    async with asyncio.TaskGroup() as group:
        tasks = {key: group.create_task(one) for key, one in asked.items()}
    outcomes = {key: task.result() for key, task in tasks.items()}
    answers: JsonObjectType = {
        key: outcome
        for key, outcome in outcomes.items()
        if not isinstance(outcome, HomeAssistantError)
    }
    for outcome in outcomes.values():
        if isinstance(outcome, HomeAssistantError):
            raise outcome
    return answers if call.return_response else None


def wallboxes(call: ServiceCall) -> list[ChargerHub]:
    """Return the wallboxes that a call is about; refuse one about anything else."""
    hass = call.hass
    selection = TargetSelection(call.data)
    selected = async_extract_referenced_entity_ids(hass, selection)
    entities, devices = er.async_get(hass), dr.async_get(hass)
    named = set(selection.device_ids)
    for entity_id in selected.referenced:
        entry = entities.async_get(entity_id)
        if entry is None or entry.device_id is None:
            raise refused("not_an_ocpp_wallbox", name=entity_id)
        named.add(entry.device_id)
    known = _by_device(hass)
    for device_id in named - known.keys():
        raise _wrong(hass, devices.async_get(device_id), device_id)
    meant = named | selected.referenced_devices
    found = {hub.device_id: hub for key, hub in known.items() if key in meant}
    if not found:
        raise refused("no_wallbox_chosen")
    return list(found.values())


def _by_device(hass: HomeAssistant) -> dict[str, ChargerHub]:
    """Return the wallboxes by their device, and by those of their connectors."""
    devices = dr.async_get(hass)
    hubs = [
        entry.runtime_data
        for entry in hass.config_entries.async_loaded_entries(DOMAIN)
        if isinstance(entry.runtime_data, ChargerHub)
    ]
    return {hub.device_id: hub for hub in hubs} | {
        child.id: hub
        for hub in hubs
        for child in dr.async_entries_for_parent_device(devices, hub.device_id)
    }


def _wrong(
    hass: HomeAssistant, device: dr.AnyDeviceEntry | None, device_id: str
) -> ServiceValidationError:
    """Say what is wrong with a device that is no wallbox, or one that is not there."""
    if device is None:
        return refused("not_an_ocpp_wallbox", name=device_id)
    name = device.name_by_user or device.name or device_id
    entry = hass.config_entries.async_get_entry(device.config_entry_id)
    if entry is not None and entry.data.get(CONF_FAMILY) == FAMILY_OCPP_CHARGER:
        return refused("wallbox_not_set_up", name=name)
    return refused("not_an_ocpp_wallbox", name=name)
