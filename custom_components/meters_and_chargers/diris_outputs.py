"""Outputs of a DIRIS gateway that the user's MIB files name, as switches."""

from collections.abc import Mapping
from dataclasses import asdict
from datetime import timedelta
import logging
from typing import Any, override

from homeassistant.components.switch import SwitchEntity
from homeassistant.const import CONF_HOST
from homeassistant.core import callback
from homeassistant.exceptions import HomeAssistantError
from homeassistant.helpers.device_registry import DeviceInfo
from homeassistant.helpers.entity_platform import AddConfigEntryEntitiesCallback
from homeassistant.helpers.update_coordinator import (
    CoordinatorEntity,
    DataUpdateCoordinator,
    UpdateFailed,
)
from homeassistant.requirements import RequirementsNotFound

from . import links
from .const import CONF_OUTPUTS, CONF_PLACES, DOMAIN
from .diris import GatewayCoordinator
from .engine.devices.diris import Mib, NotTaken, Place, read_outputs, switch_output
from .engine.model import DeviceError, NotAllowed

_LOGGER = logging.getLogger(__name__)

_EVERY = timedelta(seconds=30)

_FAILURES = (DeviceError, RequirementsNotFound, ImportError)

type States = Mapping[str, bool | None]


def places_of(options: Mapping[str, Any], mib: Mib) -> tuple[Place, ...]:
    """Return the outputs that were found and that the files of now still name."""
    named = {output.oid for output in mib.outputs}
    places = (
        Place(**one) for one in options.get(CONF_OUTPUTS, {}).get(CONF_PLACES, ())
    )
    return tuple(
        place
        for place in places
        if (found := mib.object_of(place.oid)) is not None and found[0].oid in named
    )


def stored_places(places: tuple[Place, ...]) -> list[dict[str, Any]]:
    """Return what an entry keeps of its outputs."""
    return [asdict(place) for place in places]


class Outputs(DataUpdateCoordinator[States]):
    """Reads outputs while a switch shows any; ``data`` by their OIDs."""

    def __init__(self, gateway: GatewayCoordinator, places: tuple[Place, ...]) -> None:
        """Belong to a gateway; nothing is asked before somebody listens."""
        entry = gateway.config_entry
        super().__init__(
            gateway.hass,
            _LOGGER,
            config_entry=entry,
            name=f"{entry.title} outputs",
            update_interval=_EVERY,
        )
        self.gateway = gateway
        self._host: str = entry.data[CONF_HOST]
        self._how: Mapping[str, Any] = entry.options[CONF_OUTPUTS]
        self._session: links.WritingSession | None = None
        self._places = places

    async def _opened(self) -> links.WritingSession:
        if self._session is None:
            self._session = await links.open_writer(self.hass, self._host, self._how)
            self.gateway.config_entry.async_on_unload(self._session.close)
        return self._session

    @override
    async def _async_update_data(self) -> States:
        try:
            return await read_outputs(await self._opened(), self._places)
        except _FAILURES as err:
            raise UpdateFailed(**self._words(_key(err), err)) from err

    async def async_switch(self, place: Place, *, on: bool) -> None:
        """Switch an output; raises `HomeAssistantError` in words for the user."""
        try:
            await switch_output(await self._opened(), place, on=on)
        except _FAILURES as err:
            await self.async_request_refresh()
            raise HomeAssistantError(**self._words(_key(err), err)) from err
        self.async_set_updated_data({**(self.data or {}), place.oid: on})

    def _words(self, key: str, err: Exception) -> dict[str, Any]:
        return {
            "translation_domain": DOMAIN,
            "translation_key": key,
            "translation_placeholders": {
                "name": self.gateway.config_entry.title,
                "error": str(err),
            },
        }


def _key(err: Exception) -> str:
    """Return the key of the words for what went wrong."""
    match err:
        case NotTaken():
            return "output_not_taken"
        case NotAllowed():
            return "output_refused"
        case DeviceError():
            return "output_unanswered"
        case _:
            return "no_snmp"


@callback
def add_outputs(
    gateway: GatewayCoordinator, add: AddConfigEntryEntitiesCallback
) -> None:
    """Make a switch for each output."""
    if places := places_of(gateway.config_entry.options, gateway.mib):
        outputs = Outputs(gateway, places)
        add(OutputSwitch(outputs, place) for place in places)


class OutputSwitch(CoordinatorEntity[Outputs], SwitchEntity):
    """An output; off until its owner wants to switch it from here."""

    _attr_has_entity_name = True
    _attr_entity_registry_enabled_default = False

    def __init__(self, outputs: Outputs, place: Place) -> None:
        """Be called as the files call it."""
        super().__init__(outputs)
        key = outputs.gateway.key
        self._place = place
        self._attr_unique_id = f"{key}_output_{place.oid}"
        self._attr_name = place.name
        self._attr_device_info = DeviceInfo(identifiers={(DOMAIN, key)})

    @override
    async def async_added_to_hass(self) -> None:
        """Have it read at once, not only after half a minute."""
        await super().async_added_to_hass()
        if self.coordinator.data is None:
            await self.coordinator.async_refresh()

    @property
    @override
    def available(self) -> bool:
        """A failed read is never shown as fresh."""
        return super().available and self._place.oid in (self.coordinator.data or {})

    @property
    @override
    def is_on(self) -> bool | None:
        """Whether it is on, as the gateway says."""
        return (self.coordinator.data or {}).get(self._place.oid)

    @override
    async def async_turn_on(self, **kwargs: Any) -> None:
        """Switch it on."""
        await self.coordinator.async_switch(self._place, on=True)

    @override
    async def async_turn_off(self, **kwargs: Any) -> None:
        """Switch it off."""
        await self.coordinator.async_switch(self._place, on=False)
