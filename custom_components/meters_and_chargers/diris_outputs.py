"""Outputs of a DIRIS gateway as switches: by SNMP those of MIB files, by BACnet."""

from collections.abc import Iterable, Mapping
from dataclasses import asdict
from datetime import timedelta
import logging
from typing import Any, ClassVar, override

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
from .const import CONF_BACNET_OUTPUTS, CONF_OUTPUTS, CONF_PLACES, DOMAIN
from .diris import GatewayCoordinator
from .engine.devices.diris import (
    BacnetPath,
    BinaryOutput,
    Mib,
    NotTaken,
    Place,
    read_outputs,
    switch_output,
)
from .engine.model import DeviceError, NotAllowed

_LOGGER = logging.getLogger(__name__)

_EVERY = timedelta(seconds=30)

_FAILURES = (DeviceError, RequirementsNotFound, ImportError)

type Output = Place | BinaryOutput
type States[P: Output] = Mapping[P, bool | None]


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


def bacnet_outputs_of(options: Mapping[str, Any]) -> tuple[BinaryOutput, ...]:
    """Return the outputs that were found by BACnet."""
    return tuple(BinaryOutput(**one) for one in options.get(CONF_BACNET_OUTPUTS, ()))


def stored_outputs(outputs: Iterable[Output]) -> list[dict[str, Any]]:
    """Return what an entry keeps of its outputs."""
    return [asdict(one) for one in outputs]


class Outputs[P: Output](DataUpdateCoordinator[States[P]]):
    """Reads outputs while a switch shows any."""

    way: ClassVar[str]
    """How they are reached, as texts name it."""

    def __init__(self, gateway: GatewayCoordinator, places: tuple[P, ...]) -> None:
        """Belong to a gateway; nothing is asked before somebody listens."""
        entry = gateway.config_entry
        super().__init__(
            gateway.hass,
            _LOGGER,
            config_entry=entry,
            name=f"{entry.title} outputs ({self.way})",
            update_interval=_EVERY,
        )
        self.gateway = gateway
        self.places = places

    async def _read(self) -> States[P]:
        """Read all; raises `_FAILURES`."""
        raise NotImplementedError

    async def _write(self, place: P, *, on: bool) -> None:
        """Switch one, and read it back; raises `_FAILURES`."""
        raise NotImplementedError

    @override
    async def _async_update_data(self) -> States[P]:
        try:
            return await self._read()
        except _FAILURES as err:
            raise UpdateFailed(**self._words(_key(err), err)) from err

    async def async_switch(self, place: P, *, on: bool) -> None:
        """Switch an output; raises `HomeAssistantError` in words for the user."""
        try:
            await self._write(place, on=on)
        except _FAILURES as err:
            await self.async_request_refresh()
            raise HomeAssistantError(**self._words(_key(err), err)) from err
        self.async_set_updated_data({**(self.data or {}), place: on})

    def _words(self, key: str, err: Exception) -> dict[str, Any]:
        return {
            "translation_domain": DOMAIN,
            "translation_key": key,
            "translation_placeholders": {
                "name": self.gateway.config_entry.title,
                "error": str(err),
                "way": self.way,
            },
        }


class SnmpOutputs(Outputs[Place]):
    """Those that the user's MIB files name, with credentials of their own."""

    way = "SNMP"

    def __init__(self, gateway: GatewayCoordinator, places: tuple[Place, ...]) -> None:
        """Open nothing yet."""
        super().__init__(gateway, places)
        entry = gateway.config_entry
        self._host: str = entry.data[CONF_HOST]
        self._how: Mapping[str, Any] = entry.options[CONF_OUTPUTS]
        self._session: links.WritingSession | None = None

    async def _opened(self) -> links.WritingSession:
        if self._session is None:
            self._session = await links.open_writer(self.hass, self._host, self._how)
            self.gateway.config_entry.async_on_unload(self._session.close)
        return self._session

    @override
    async def _read(self) -> States[Place]:
        return await read_outputs(await self._opened(), self.places)

    @override
    async def _write(self, place: Place, *, on: bool) -> None:
        await switch_output(await self._opened(), place, on=on)


class BacnetOutputs(Outputs[BinaryOutput]):
    """Those that the gateway and its modules list by BACnet."""

    way = "BACnet/IP"

    def __init__(
        self,
        gateway: GatewayCoordinator,
        path: BacnetPath,
        places: tuple[BinaryOutput, ...],
    ) -> None:
        """Share the path by which values are read."""
        super().__init__(gateway, places)
        self._path = path

    @override
    async def _read(self) -> States[BinaryOutput]:
        return await self._path.read_outputs(self.places)

    @override
    async def _write(self, place: BinaryOutput, *, on: bool) -> None:
        await self._path.switch_output(place, on=on)


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
    """Make a switch for each output; one of a module that is gone has none."""
    options, page = gateway.config_entry.options, gateway.key
    if places := places_of(options, gateway.mib):
        snmp = SnmpOutputs(gateway, places)
        add(OutputSwitch(snmp, place, page) for place in places)
    path = gateway.path.bacnet
    there = {0, *(module.address for module in gateway.topology.modules)}
    found = tuple(one for one in bacnet_outputs_of(options) if one.module in there)
    if path is not None and found:
        bacnet = BacnetOutputs(gateway, path, found)
        add(
            OutputSwitch(bacnet, one, f"{page}_{one.module}" if one.module else page)
            for one in found
        )


class OutputSwitch[P: Output](CoordinatorEntity[Outputs[P]], SwitchEntity):
    """An output; off until its owner wants to switch it from here."""

    _attr_has_entity_name = True
    _attr_entity_registry_enabled_default = False

    def __init__(self, outputs: Outputs[P], place: P, page: str) -> None:
        """Be called as the files, or the device, call it; stand on a page."""
        super().__init__(outputs)
        self._place = place
        self._attr_unique_id = f"{outputs.gateway.key}_output_{place.key}"
        self._attr_name = place.name
        self._attr_device_info = DeviceInfo(identifiers={(DOMAIN, page)})

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
        return super().available and self._place in (self.coordinator.data or {})

    @property
    @override
    def is_on(self) -> bool | None:
        """Whether it is on, as the gateway says."""
        return (self.coordinator.data or {}).get(self._place)

    @override
    async def async_turn_on(self, **kwargs: Any) -> None:
        """Switch it on."""
        await self.coordinator.async_switch(self._place, on=True)

    @override
    async def async_turn_off(self, **kwargs: Any) -> None:
        """Switch it off."""
        await self.coordinator.async_switch(self._place, on=False)
