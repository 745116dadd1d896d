"""What may be: charging, observing only, dimming; a gateway's outputs."""

from typing import Any, override

from homeassistant.components.switch import SwitchEntity
from homeassistant.const import STATE_OFF, STATE_ON, EntityCategory
from homeassistant.core import HomeAssistant, callback
from homeassistant.helpers.entity_platform import AddConfigEntryEntitiesCallback
from homeassistant.helpers.restore_state import RestoreEntity

from .controller import SiteController, SiteEntry
from .diris import GatewayCoordinator, GatewayEntry
from .diris_outputs import add_outputs
from .entity import ChargerEntity, CircuitEntity, SiteChargerEntity
from .ocpp_wallbox import ChargerEntry, ChargerHub, Topic
from .site_charger import SiteCharger
from .site_circuit import SiteCircuit
from .site_numbers import choose
from .site_options import shown

PARALLEL_UPDATES = 1


async def async_setup_entry(
    _hass: HomeAssistant,
    entry: ChargerEntry | SiteEntry | GatewayEntry,
    async_add_entities: AddConfigEntryEntitiesCallback,
) -> None:
    """Make one switch for each connector or output, or those of a site."""
    runtime = entry.runtime_data
    if isinstance(runtime, GatewayCoordinator):
        add_outputs(runtime, async_add_entities)
        return
    if isinstance(runtime, SiteController):
        _add_switches(runtime, async_add_entities)
        return
    hub = runtime

    @callback
    def add(topic: Topic) -> None:
        if isinstance(topic, int):
            async_add_entities([ChargingSwitch(hub, topic)])

    entry.async_on_unload(hub.each(add))


def _add_switches(
    site: SiteController, async_add_entities: AddConfigEntryEntitiesCallback
) -> None:
    for charger in site.chargers:
        async_add_entities(
            [ChargerEnabled(site, charger)], config_subentry_id=charger.subentry_id
        )
    for circuit in (site.house, *site.circuits):
        async_add_entities(
            [DimSwitch(site, circuit)], config_subentry_id=circuit.subentry_id
        )
    keys = ["observe"]
    if site.battery is not None:
        keys.append("battery_discharge")
    async_add_entities(OptionSwitch(site, key) for key in keys)


class ChargingSwitch(ChargerEntity, SwitchEntity, RestoreEntity):
    """On lets a plugged car charge, by itself if need be; off ends a transaction."""

    _attr_translation_key = "charging"

    def __init__(self, hub: ChargerHub, number: int) -> None:
        """Belong to a connector; charging is allowed unless the user says no."""
        super().__init__(hub, number, f"{number}_charging")
        self._connector = hub.connectors[number]
        self._attr_is_on = True

    @override
    async def async_added_to_hass(self) -> None:
        """Go on with what the user chose before a restart."""
        await super().async_added_to_hass()
        last = await self.async_get_last_state()
        if last is not None and last.state == "off":
            self._attr_is_on = False
        self._connector.allow(allowed=bool(self._attr_is_on))

    @override
    async def async_turn_on(self, **kwargs: Any) -> None:
        """Allow charging; a car that waits is started, also without its card."""
        self._attr_is_on = True
        self._connector.allow(allowed=True, released=True)
        self.async_write_ha_state()

    @override
    async def async_turn_off(self, **kwargs: Any) -> None:
        """End charging, and start nothing."""
        self._connector.allow(allowed=False)
        await self._connector.stop()
        self._attr_is_on = False
        self.async_write_ha_state()


class ChargerEnabled(SiteChargerEntity, SwitchEntity, RestoreEntity):
    """Whether a site may let a charger charge at all, whatever its mode is."""

    def __init__(self, controller: SiteController, charger: SiteCharger) -> None:
        """Belong to a charger of a site."""
        super().__init__(controller, charger, "enabled")

    @override
    async def async_added_to_hass(self) -> None:
        """Go on with what the user chose before a restart."""
        await super().async_added_to_hass()
        last = await self.async_get_last_state()
        if last is not None and last.state in (STATE_ON, STATE_OFF):
            self._charger.enabled = last.state == STATE_ON

    @property
    @override
    def is_on(self) -> bool:
        """Whether it may."""
        return self._charger.enabled

    @override
    def _shown(self) -> object:
        return self.is_on

    @override
    async def async_turn_on(self, **kwargs: Any) -> None:
        """Leave it to the mode again."""
        self._charger.enabled = True
        self._controller.look()

    @override
    async def async_turn_off(self, **kwargs: Any) -> None:
        """Lock the charger."""
        self._charger.enabled = False
        self._controller.look()


class DimSwitch(CircuitEntity, SwitchEntity, RestoreEntity):
    """On while the grid operator leaves the wallboxes below a fuse only so much."""

    def __init__(self, controller: SiteController, circuit: SiteCircuit) -> None:
        """Belong to a site or a circuit."""
        super().__init__(controller, circuit, "dimmed")

    @override
    async def async_added_to_hass(self) -> None:
        """Go on with what was set before a restart."""
        await super().async_added_to_hass()
        last = await self.async_get_last_state()
        if last is not None and last.state == STATE_ON:
            self._circuit.dimmed = True

    @property
    @override
    def is_on(self) -> bool:
        """Whether it does."""
        return self._circuit.dimmed

    @override
    def _shown(self) -> object:
        return self.is_on

    @override
    async def async_turn_on(self, **kwargs: Any) -> None:
        """Keep to the limit from now on."""
        self._circuit.dimmed = True
        self._controller.look()

    @override
    async def async_turn_off(self, **kwargs: Any) -> None:
        """Lift the limit."""
        self._circuit.dimmed = False
        self._controller.look()


class OptionSwitch(CircuitEntity, SwitchEntity):
    """An option of a site that is on or off, the same as in its dialog."""

    _attr_entity_category = EntityCategory.CONFIG

    def __init__(self, controller: SiteController, key: str) -> None:
        """Belong to a site."""
        super().__init__(controller, controller.house, key)
        self._key = key

    @property
    @override
    def is_on(self) -> bool:
        """The option as it is now."""
        return bool(shown(self._key, self._controller.entry.options))

    @override
    def _shown(self) -> object:
        return self.is_on

    @override
    async def async_turn_on(self, **kwargs: Any) -> None:
        """Change the option; the site takes it over at once."""
        choose(self._controller, self._key, value=True)

    @override
    async def async_turn_off(self, **kwargs: Any) -> None:
        """Change the option; the site takes it over at once."""
        choose(self._controller, self._key, value=False)
