"""BACnet/IP beside Modbus: switched on in a gateway's options, and tried."""

from typing import Any

from homeassistant.config_entries import ConfigFlowResult, OptionsFlowWithReload
from homeassistant.const import CONF_HOST, CONF_PORT
from homeassistant.helpers.selector import (
    BooleanSelector,
    NumberSelector,
    NumberSelectorConfig,
    NumberSelectorMode,
)
import voluptuous as vol

from . import links
from .const import CONF_BACNET, CONF_ENABLED, CONF_INSTANCE
from .engine.devices.diris import BACNET_MAIN, BACNET_PORT
from .engine.model import DeviceError

type Input = dict[str, Any]


class BacnetOptions(OptionsFlowWithReload):
    """Whether what Modbus does not give is read by BACnet."""

    async def async_step_diris_bacnet(
        self, user_input: Input | None = None
    ) -> ConfigFlowResult:
        """Ask for the gateway's instance number; it is asked before it is kept."""
        options = self.config_entry.options
        known = options.get(CONF_BACNET, {})
        errors = {}
        if user_input is not None:
            told = {
                CONF_ENABLED: user_input[CONF_ENABLED],
                CONF_INSTANCE: int(user_input[CONF_INSTANCE]),
                CONF_PORT: int(user_input[CONF_PORT]),
            }
            # While it runs, it has the port itself.
            runs = known.get(CONF_ENABLED, False)
            problem = await self._try(told) if told[CONF_ENABLED] and not runs else None
            if problem is None:
                return self.async_create_entry(data={**options, CONF_BACNET: told})
            errors["base"] = problem
        typed = user_input or known
        fields: dict[vol.Marker, object] = {
            vol.Required(
                CONF_ENABLED, default=typed.get(CONF_ENABLED, False)
            ): BooleanSelector(),
            vol.Required(
                CONF_INSTANCE, default=typed.get(CONF_INSTANCE, BACNET_MAIN)
            ): _number(4_194_000),
            vol.Required(CONF_PORT, default=typed.get(CONF_PORT, BACNET_PORT)): _number(
                65_535
            ),
        }
        return self.async_show_form(
            step_id="diris_bacnet",
            data_schema=vol.Schema(fields),
            errors=errors,
            description_placeholders={
                "host": self.config_entry.data[CONF_HOST],
                "port": str(links.bacnet.LOCAL_PORT),
            },
        )

    async def _try(self, told: Input) -> str | None:
        """Ask the gateway who it is; returns the key of what is wrong."""
        path = links.open_diris_bacnet(self.hass, self.config_entry.data, told)
        try:
            await path.identify()
        except links.NoLibrary:
            return "bacnet_library"
        except links.PortTaken:
            return "bacnet_port_taken"
        except DeviceError:
            return "bacnet_silent"
        finally:
            path.close()
        return None


def _number(most: int) -> NumberSelector:
    return NumberSelector(
        NumberSelectorConfig(min=1, max=most, mode=NumberSelectorMode.BOX)
    )
