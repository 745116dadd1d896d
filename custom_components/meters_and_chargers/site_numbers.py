"""What the owner of a site sets: margins and limits of the house, the grid's limit."""

from typing import override

from homeassistant.components.number import (
    NumberDeviceClass,
    NumberEntity,
    NumberMode,
)
from homeassistant.const import EntityCategory, UnitOfPower
from homeassistant.core import callback
from homeassistant.helpers.entity_platform import AddConfigEntryEntitiesCallback
from homeassistant.helpers.restore_state import RestoredExtraData, RestoreEntity

from .const import CONF_FUSE_CURRENT
from .controller import SiteController
from .entity import CircuitEntity
from .site_circuit import DIM_CAP_W, SiteCircuit
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


class DimCap(CircuitEntity, NumberEntity, RestoreEntity):
    """What the grid operator leaves the wallboxes below a fuse while it dims; W.

    As much for each of them as a rule, until the owner chooses another figure.
    """

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

    @property
    @override
    def extra_restore_state_data(self) -> RestoredExtraData:
        """Keep what the owner chose, which the state alone does not tell."""
        return RestoredExtraData({"chosen_w": self._circuit.dim_chosen_w})

    @override
    async def async_added_to_hass(self) -> None:
        """Go on with the figure from before a restart."""
        await super().async_added_to_hass()
        if (last := await self.async_get_last_extra_data()) is None:
            return
        kept = last.as_dict()
        # Earlier versions kept what was shown, at first the power of one wallbox.
        shown_w = kept.get("native_value")
        chosen_w = None if shown_w in (None, DIM_CAP_W) else round(shown_w)
        self._circuit.dim_chosen_w = kept.get("chosen_w", chosen_w)

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
        """Change the power and act on it at once; W. The usual one is no choice."""
        self._circuit.dim_chosen_w = None
        if round(value) != self._circuit.dim_cap_w:
            self._circuit.dim_chosen_w = round(value)
        self._controller.look()
