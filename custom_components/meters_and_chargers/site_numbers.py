"""What the owner of a site sets: margins and limits of the house, the grid's limit."""

from typing import override

from homeassistant.components.number import (
    NumberDeviceClass,
    NumberEntity,
    NumberMode,
    RestoreNumber,
)
from homeassistant.const import EntityCategory, UnitOfPower
from homeassistant.core import callback
from homeassistant.helpers.entity_platform import AddConfigEntryEntitiesCallback

from .const import CONF_FUSE_CURRENT
from .controller import SiteController
from .entity import CircuitEntity
from .site_circuit import SiteCircuit
from .site_options import FIGURES, highest, shown

_CLASSES = {
    "A": NumberDeviceClass.CURRENT,
    "W": NumberDeviceClass.POWER,
}
SHOWN = (
    "margin_current",
    "failsafe_current",
    "residual_power",
    "power_cap",
    "unbalance_limit",
)
"""Options of a site that are entities too."""
BATTERY = ("battery_first", "battery_buffer")
"""The same, where the site knows the battery of the house."""
_MOST_W = 100_000


@callback
def add_site_numbers(
    controller: SiteController, async_add_entities: AddConfigEntryEntitiesCallback
) -> None:
    """Make the numbers of a site and of its circuits."""
    keys = SHOWN + (BATTERY if controller.battery else ())
    async_add_entities(OptionNumber(controller, key) for key in keys)
    for circuit in (controller.house, *controller.circuits):
        async_add_entities(
            [DimCap(controller, circuit)], config_subentry_id=circuit.subentry_id
        )


@callback
def choose(controller: SiteController, key: str, *, value: float | bool) -> None:
    """Change an option of a site, which takes it over at once."""
    entry = controller.entry
    controller.hass.config_entries.async_update_entry(
        entry, options={**entry.options, key: value}
    )


class OptionNumber(CircuitEntity, NumberEntity):
    """An option of a site, the same as in its dialog."""

    _attr_entity_category = EntityCategory.CONFIG
    _attr_mode = NumberMode.BOX

    def __init__(self, controller: SiteController, key: str) -> None:
        """Take unit and bounds from the option."""
        super().__init__(controller, controller.house, key)
        self._key = key
        figure = FIGURES[key]
        entry = controller.entry
        self._attr_native_unit_of_measurement = figure.unit
        self._attr_device_class = _CLASSES.get(figure.unit)
        self._attr_native_min_value = figure.lowest
        self._attr_native_max_value = highest(key, entry.data[CONF_FUSE_CURRENT])
        self._attr_native_step = figure.step

    @property
    @override
    def native_value(self) -> float:
        """The option as it is now."""
        value = float(shown(self._key, self._controller.entry.options))
        return min(value, self.native_max_value)

    @override
    def _shown(self) -> object:
        return self.native_value

    @override
    async def async_set_native_value(self, value: float) -> None:
        """Change the option; the site takes it over at once."""
        choose(self._controller, self._key, value=value)


class DimCap(CircuitEntity, RestoreNumber):
    """What the grid operator leaves the wallboxes below a fuse while it dims; W."""

    _attr_device_class = NumberDeviceClass.POWER
    _attr_native_unit_of_measurement = UnitOfPower.WATT
    _attr_native_min_value = 0
    _attr_native_max_value = _MOST_W
    _attr_native_step = 10
    _attr_mode = NumberMode.BOX
    _attr_entity_category = EntityCategory.CONFIG

    def __init__(self, controller: SiteController, circuit: SiteCircuit) -> None:
        """Belong to a site or a circuit."""
        super().__init__(controller, circuit, "dim_cap")

    @override
    async def async_added_to_hass(self) -> None:
        """Go on with the figure from before a restart."""
        await super().async_added_to_hass()
        last = await self.async_get_last_number_data()
        if last is not None and last.native_value is not None:
            self._circuit.dim_cap_w = round(last.native_value)

    @property
    @override
    def native_value(self) -> int:
        """The power."""
        return self._circuit.dim_cap_w

    @override
    def _shown(self) -> object:
        return self.native_value

    @override
    async def async_set_native_value(self, value: float) -> None:
        """Change the power and act on it at once; W."""
        self._circuit.dim_cap_w = round(value)
        self._controller.look()
