"""Adds a site: which meter measures the house, and what its connection carries."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from homeassistant.components.sensor import SensorDeviceClass
from homeassistant.config_entries import ConfigFlow, ConfigFlowResult, OptionsFlow
from homeassistant.const import CONF_NAME, Platform
from homeassistant.core import HomeAssistant
from homeassistant.data_entry_flow import section
from homeassistant.helpers.selector import (
    EntitySelector,
    EntitySelectorConfig,
    NumberSelector,
    NumberSelectorConfig,
    NumberSelectorMode,
    SelectOptionDict,
    SelectSelector,
    SelectSelectorConfig,
    TextSelector,
)
import voluptuous as vol

from . import registry
from .const import (
    CONF_FAMILY,
    CONF_FUSE_CURRENT,
    CONF_GRID_METER,
    CONF_GRID_POWER,
    CONF_TIMING,
    FAMILY_SITE,
)
from .coordinator import DeviceCoordinator
from .engine.charging import Settings
from .engine.model import Point, Quantity

POWER_SENSOR = EntitySelector(
    EntitySelectorConfig(domain=Platform.SENSOR, device_class=SensorDeviceClass.POWER)
)


@dataclass(frozen=True, slots=True)
class _Figure:
    """A figure of `Settings` that the user may change, in units of `factor`."""

    field: str
    unit: str
    lowest: int
    highest: int
    factor: int = 1
    step: float = 1


_FIGURES: Mapping[str, _Figure] = {
    "start_delay": _Figure("start_delay_ms", "s", 10, 900, 1000),
    "stop_delay": _Figure("stop_delay_ms", "s", 0, 900, 1000),
    "min_on": _Figure("min_on_ms", "s", 0, 3600, 1000),
    "min_off": _Figure("min_off_ms", "s", 0, 3600, 1000),
    "residual_power": _Figure("residual_w", "W", -2000, 2000, step=10),
    "margin_current": _Figure("margin_ma", "A", 0, 5, 1000, 0.5),
    "failsafe_current": _Figure("failsafe_ma", "A", 0, 500, 1000),
}
_DEFAULTS = Settings(fuse_ma=(0, 0, 0), chargers=())


def chosen(options: Mapping[str, Any]) -> dict[str, int]:
    """Return what the user has changed of `Settings`."""
    return {
        figure.field: round(options[key] * figure.factor)
        for key, figure in _FIGURES.items()
        if key in options
    }


class SiteSteps(ConfigFlow):
    """The steps of a site in the integration's flow."""

    async def async_step_site(
        self, user_input: dict[str, Any] | None = None
    ) -> ConfigFlowResult:
        """Ask for the grid meter and the fuse of the house."""
        errors: dict[str, str] = {}
        if user_input is not None:
            errors = _checked(user_input)
            if not errors:
                source = user_input.get(CONF_GRID_METER) or user_input[CONF_GRID_POWER]
                await self.async_set_unique_id(f"{FAMILY_SITE}_{source}")
                self._abort_if_unique_id_configured(error="site_exists")
                data = _data(user_input)
                return self.async_create_entry(title=user_input[CONF_NAME], data=data)
        schema = vol.Schema({vol.Required(CONF_NAME): TextSelector()}).extend(
            _schema(self.hass).schema
        )
        return self.async_show_form(
            step_id="site",
            data_schema=self.add_suggested_values_to_schema(schema, user_input),
            errors=errors,
        )

    async def async_step_reconfigure_site(
        self, user_input: dict[str, Any] | None = None
    ) -> ConfigFlowResult:
        """Change the grid meter or the fuse."""
        entry = self._get_reconfigure_entry()
        errors: dict[str, str] = {}
        if user_input is not None:
            errors = _checked(user_input)
            if not errors:
                return self.async_update_and_abort(entry, data=_data(user_input))
        return self.async_show_form(
            step_id="reconfigure_site",
            data_schema=self.add_suggested_values_to_schema(
                _schema(self.hass), user_input or entry.data
            ),
            errors=errors,
        )


def _checked(user_input: dict[str, Any]) -> dict[str, str]:
    sources = (user_input.get(CONF_GRID_METER), user_input.get(CONF_GRID_POWER))
    if sum(source is not None for source in sources) != 1:
        return {"base": "one_grid_source"}
    return {}


def _data(user_input: dict[str, Any]) -> dict[str, Any]:
    sources: dict[str, Any] = {
        key: user_input[key]
        for key in (CONF_GRID_METER, CONF_GRID_POWER)
        if key in user_input
    }
    return {
        CONF_FAMILY: FAMILY_SITE,
        CONF_FUSE_CURRENT: int(user_input[CONF_FUSE_CURRENT]),
        **sources,
    }


def _schema(hass: HomeAssistant) -> vol.Schema:
    meters = [
        SelectOptionDict(value=meter.key, label=meter.title)
        for meter in registry.present(hass)
        if isinstance(meter, DeviceCoordinator)
        and any(Point(Quantity.POWER) in group.points for group in meter.device.groups)
    ]
    return vol.Schema(
        {
            vol.Optional(CONF_GRID_METER): SelectSelector(
                SelectSelectorConfig(options=meters)
            ),
            vol.Optional(CONF_GRID_POWER): POWER_SENSOR,
            vol.Required(CONF_FUSE_CURRENT): NumberSelector(
                NumberSelectorConfig(
                    min=6,
                    max=1000,
                    step=1,
                    unit_of_measurement="A",
                    mode=NumberSelectorMode.BOX,
                )
            ),
        }
    )


class SiteOptions(OptionsFlow):
    """How patiently and how carefully a site charges; its listener reloads it."""

    async def async_step_init(
        self,
        user_input: dict[str, Any] | None = None,  # noqa: ARG002 - another step asks
    ) -> ConfigFlowResult:
        """Go to the form: the first step's words are those of a device."""
        return await self.async_step_site()

    async def async_step_site(
        self, user_input: dict[str, Any] | None = None
    ) -> ConfigFlowResult:
        """Ask for times, powers and currents."""
        entry = self.config_entry
        if user_input is not None:
            return self.async_create_entry(data=user_input[CONF_TIMING])
        # More than half of the fuse would not be safe, and isn't used.
        highest = {"failsafe_current": entry.data[CONF_FUSE_CURRENT] // 2}
        fields: dict[vol.Marker, object] = {}
        for key, figure in _FIGURES.items():
            most = highest.get(key, figure.highest)
            default = getattr(_DEFAULTS, figure.field) / figure.factor
            now = min(entry.options.get(key, default), most)
            fields[vol.Required(key, default=now)] = NumberSelector(
                NumberSelectorConfig(
                    min=figure.lowest,
                    max=most,
                    step=figure.step,
                    unit_of_measurement=figure.unit,
                    mode=NumberSelectorMode.BOX,
                )
            )
        form = section(vol.Schema(fields), {"collapsed": True})
        return self.async_show_form(
            step_id="site", data_schema=vol.Schema({vol.Required(CONF_TIMING): form})
        )
