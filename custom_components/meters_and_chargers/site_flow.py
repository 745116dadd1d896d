"""Adds a site: which meter measures the house, and what its connection carries."""

from typing import Any

from homeassistant.components.sensor import SensorDeviceClass
from homeassistant.config_entries import ConfigFlow, ConfigFlowResult
from homeassistant.const import CONF_NAME, Platform
from homeassistant.core import HomeAssistant
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
    FAMILY_SITE,
)
from .coordinator import DeviceCoordinator
from .engine.model import Point, Quantity

POWER_SENSOR = EntitySelector(
    EntitySelectorConfig(domain=Platform.SENSOR, device_class=SensorDeviceClass.POWER)
)


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
