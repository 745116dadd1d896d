"""Buttons: restart an OCPP wallbox, free its cable; charge fast for a while."""

from datetime import timedelta
from typing import override

from homeassistant.components.button import ButtonEntity
from homeassistant.components.button.const import ButtonDeviceClass
from homeassistant.const import EntityCategory
from homeassistant.core import HomeAssistant, callback
from homeassistant.helpers.entity_platform import AddConfigEntryEntitiesCallback
from homeassistant.helpers.restore_state import RestoredExtraData
from homeassistant.util import dt as dt_util

from .controller import SiteController, SiteEntry
from .diris import GatewayCoordinator, GatewayEntry
from .diris_entities import SearchButton
from .entity import ChargerEntity, SiteChargerEntity
from .ocpp_wallbox import ChargerEntry, ChargerHub, Topic
from .site_charger import SiteCharger

PARALLEL_UPDATES = 1

BOOST_MINUTES = 30


async def async_setup_entry(
    _hass: HomeAssistant,
    entry: ChargerEntry | SiteEntry | GatewayEntry,
    async_add_entities: AddConfigEntryEntitiesCallback,
) -> None:
    """Make the buttons of a wallbox and of its connectors, or of a site's chargers."""
    runtime = entry.runtime_data
    if isinstance(runtime, GatewayCoordinator):
        if runtime.path.is_read:
            async_add_entities([SearchButton(runtime)])
        return
    if isinstance(runtime, SiteController):
        for charger in runtime.chargers:
            async_add_entities(
                [BoostButton(runtime, charger)],
                config_subentry_id=charger.subentry_id,
            )
        return
    hub = runtime

    @callback
    def add(topic: Topic) -> None:
        if isinstance(topic, int):
            async_add_entities([UnlockButton(hub, topic)])

    async_add_entities([ResetButton(hub)])
    entry.async_on_unload(hub.each(add))


class ResetButton(ChargerEntity, ButtonEntity):
    """Restarts a wallbox, after ending its transactions."""

    _attr_device_class = ButtonDeviceClass.RESTART
    _attr_entity_category = EntityCategory.CONFIG

    def __init__(self, hub: ChargerHub) -> None:
        """Belong to a wallbox."""
        super().__init__(hub, 1, "reset")
        self._connector = hub.connectors[1]

    @override
    async def async_press(self) -> None:
        """Ask for a soft reset."""
        await self._connector.ask(self._hub.charger.reset(hard=False))


class UnlockButton(ChargerEntity, ButtonEntity):
    """Frees the cable of a connector."""

    _attr_translation_key = "unlock"

    def __init__(self, hub: ChargerHub, number: int) -> None:
        """Belong to a connector."""
        super().__init__(hub, number, f"{number}_unlock")
        self._connector = hub.connectors[number]

    @override
    async def async_press(self) -> None:
        """Ask for the connector to be unlocked."""
        await self._connector.ask(self._hub.charger.unlock(self._connector.number))


class BoostButton(SiteChargerEntity, ButtonEntity):
    """Charges as fast as possible for half an hour; pressed again, it ends that."""

    def __init__(self, controller: SiteController, charger: SiteCharger) -> None:
        """Belong to a charger of a site."""
        super().__init__(controller, charger, "boost")

    @override
    async def async_added_to_hass(self) -> None:
        """Go on with a boost that a restart interrupted."""
        await super().async_added_to_hass()
        if (extra := await self.async_get_last_extra_data()) is None:
            return
        kept = extra.as_dict()
        until = dt_util.parse_datetime(kept["until"] or "")
        if until is not None and (left := until - dt_util.utcnow()) > timedelta():
            self._charger.boost(left / timedelta(minutes=1), kept["current_ma"])

    @property
    @override
    def extra_restore_state_data(self) -> RestoredExtraData:
        """Keep when the boost ends; `until` is empty without one."""
        charger, until = self._charger, ""
        if charger.boost_until_ms is not None:
            left_ms = charger.boost_until_ms - self.hass.loop.time() * 1000
            until = (dt_util.utcnow() + timedelta(milliseconds=left_ms)).isoformat()
        return RestoredExtraData({"until": until, "current_ma": charger.boost_ma})

    @override
    async def async_press(self) -> None:
        """Begin or end, and act on it at once."""
        if self._charger.boost_until_ms is None:
            self._charger.boost(BOOST_MINUTES)
        else:
            self._charger.end_boost()
        self._controller.look()
