"""BACnet/IP in a gateway's options: switched on and tried; its outputs looked for."""

import asyncio
from typing import Any

from homeassistant.config_entries import (
    ConfigEntryState,
    ConfigFlowResult,
    OptionsFlowWithReload,
)
from homeassistant.const import CONF_HOST, CONF_PORT
from homeassistant.helpers.selector import (
    BooleanSelector,
    NumberSelector,
    NumberSelectorConfig,
    NumberSelectorMode,
)
import voluptuous as vol

from . import links
from .const import (
    CONF_BACNET,
    CONF_BACNET_OUTPUTS,
    CONF_ENABLED,
    CONF_EVERY,
    CONF_INSTANCE,
    DOMAIN,
)
from .diris import GatewayEntry
from .diris_outputs import bacnet_outputs_of, stored_outputs
from .engine.devices.diris import (
    BACNET_MAIN,
    BACNET_PORT,
    BacnetPath,
    BinaryOutput,
)
from .engine.model import DeviceError

type Input = dict[str, Any]


class BacnetOptions(OptionsFlowWithReload):
    """Whether what Modbus does not give is read by BACnet, and outputs are offered."""

    _looking: asyncio.Task[tuple[BinaryOutput, ...] | None] | None = None

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
                CONF_EVERY: user_input[CONF_EVERY],
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
            vol.Required(
                CONF_EVERY, default=typed.get(CONF_EVERY, False)
            ): BooleanSelector(),
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

    # Outputs

    @property
    def _bacnet(self) -> BacnetPath | None:
        """The path, while the gateway is read by it."""
        entry: GatewayEntry = self.config_entry
        loaded = entry.state is ConfigEntryState.LOADED
        return entry.runtime_data.path.bacnet if loaded else None

    async def async_step_diris_bacnet_outputs(
        self, user_input: Input | None = None, *, problem: str | None = None
    ) -> ConfigFlowResult:
        """Say what is written and how; looks for outputs, or forgets them."""
        options = self.config_entry.options
        known = bacnet_outputs_of(options)
        if user_input is not None:
            if user_input[CONF_ENABLED]:
                return await self.async_step_diris_bacnet_look()
            kept = {key: options[key] for key in options if key != CONF_BACNET_OUTPUTS}
            return self.async_create_entry(data=kept)
        offered = vol.Required(CONF_ENABLED, default=bool(known or problem))
        return self.async_show_form(
            step_id="diris_bacnet_outputs",
            data_schema=vol.Schema({offered: BooleanSelector()}),
            errors={"base": problem} if problem else {},
            description_placeholders={
                "found": ", ".join(one.name for one in known) or "-",
                "host": self.config_entry.data[CONF_HOST],
            },
        )

    async def async_step_diris_bacnet_look(
        self, _user_input: Input | None = None
    ) -> ConfigFlowResult:
        """Read what all devices list; that takes a while."""
        if self._looking is None:
            self._looking = self.hass.async_create_background_task(
                self._look(), f"{DOMAIN} outputs"
            )
        elif self._looking.done():
            return self.async_show_progress_done(next_step_id="diris_bacnet_looked")
        return self.async_show_progress(
            step_id="diris_bacnet_look",
            progress_action="diris_bacnet_look",
            progress_task=self._looking,
        )

    async def _look(self) -> tuple[BinaryOutput, ...] | None:
        """Return what there is; None where the gateway does not answer."""
        if (path := self._bacnet) is None:
            return None
        try:
            return await path.find_outputs(bacnet_outputs_of(self.config_entry.options))
        except DeviceError:
            return None

    async def async_step_diris_bacnet_looked(
        self, _user_input: Input | None = None
    ) -> ConfigFlowResult:
        """Keep what was found, or say what went wrong."""
        looking, self._looking = self._looking, None
        found = None if looking is None else looking.result()
        if not found:
            return await self.async_step_diris_bacnet_outputs(
                problem="bacnet_silent" if found is None else "bacnet_no_outputs"
            )
        options = self.config_entry.options
        return self.async_create_entry(
            data={**options, CONF_BACNET_OUTPUTS: stored_outputs(found)}
        )


def _number(most: int) -> NumberSelector:
    return NumberSelector(
        NumberSelectorConfig(min=1, max=most, mode=NumberSelectorMode.BOX)
    )
