"""Adds an OCPP server, and each wallbox that connects to it."""

import asyncio
from collections.abc import Mapping
from typing import Any, override

from homeassistant.config_entries import (
    ConfigFlow,
    ConfigFlowResult,
    OptionsFlowWithReload,
)
from homeassistant.const import CONF_HOST, CONF_NAME, CONF_PORT
from homeassistant.helpers.selector import (
    BooleanSelector,
    NumberSelector,
    NumberSelectorConfig,
    NumberSelectorMode,
    TextSelector,
)
import voluptuous as vol

from .const import (
    CONF_CHARGER_ID,
    CONF_FALLBACK,
    CONF_FALLBACK_CURRENT,
    CONF_FAMILY,
    CONF_MAXIMUM_CURRENT,
    CONF_SERVER,
    FAMILY_OCPP_CHARGER,
    FAMILY_OCPP_SERVER,
)
from .ocpp import tell_left_behind
from .ocpp_wallbox import ChargerEntry

_PORT = 9000
_ALL_ADDRESSES = "0.0.0.0"  # noqa: S104 - wallboxes dial us over the network
_MINIMUM_A = 6


def _amperes(lowest: int, highest: int) -> vol.All:
    return vol.All(
        NumberSelector(
            NumberSelectorConfig(
                min=lowest,
                max=highest,
                step=1,
                unit_of_measurement="A",
                mode=NumberSelectorMode.BOX,
            )
        ),
        vol.Coerce(int),
    )


_MAXIMUM_CURRENT = {
    vol.Required(CONF_MAXIMUM_CURRENT, default=16): _amperes(_MINIMUM_A, 80)
}
_LISTENER = vol.Schema(
    {
        vol.Required(CONF_PORT, default=_PORT): vol.All(
            NumberSelector(
                NumberSelectorConfig(
                    min=1, max=65535, step=1, mode=NumberSelectorMode.BOX
                )
            ),
            vol.Coerce(int),
        ),
        vol.Required(CONF_HOST, default=_ALL_ADDRESSES): TextSelector(),
    }
)


class OcppSteps(ConfigFlow):
    """The steps of OCPP in the integration's flow."""

    _knock: Mapping[str, Any]

    async def async_step_ocpp_server(
        self, user_input: dict[str, Any] | None = None
    ) -> ConfigFlowResult:
        """Ask for the port on which wallboxes connect."""
        errors: dict[str, str] = {}
        if user_input is not None:
            port: int = user_input[CONF_PORT]
            await self.async_set_unique_id(f"{FAMILY_OCPP_SERVER}_{port}")
            self._abort_if_unique_id_configured(error="server_exists")
            errors = await _tried(user_input)
            if not errors:
                return self.async_create_entry(
                    title=f"OCPP {port}",
                    data={CONF_FAMILY: FAMILY_OCPP_SERVER, **user_input},
                )
        return self.async_show_form(
            step_id="ocpp_server",
            data_schema=self.add_suggested_values_to_schema(_LISTENER, user_input),
            errors=errors,
        )

    async def async_step_reconfigure_ocpp_server(
        self, user_input: dict[str, Any] | None = None
    ) -> ConfigFlowResult:
        """Change the port or the address."""
        entry = self._get_reconfigure_entry()
        errors: dict[str, str] = {}
        if user_input is not None:
            same = user_input[CONF_PORT] == entry.data[CONF_PORT]
            errors = {} if same else await _tried(user_input)
            if not errors:
                return self.async_update_reload_and_abort(
                    entry,
                    data_updates=user_input,
                    title=f"OCPP {user_input[CONF_PORT]}",
                )
        return self.async_show_form(
            step_id="reconfigure_ocpp_server",
            data_schema=self.add_suggested_values_to_schema(
                _LISTENER, user_input or entry.data
            ),
            errors=errors,
        )

    @override
    async def async_step_integration_discovery(
        self, discovery_info: Mapping[str, Any]
    ) -> ConfigFlowResult:
        """Take up a wallbox that knocked."""
        charger_id: str = discovery_info[CONF_CHARGER_ID]
        server_id: str = discovery_info[CONF_SERVER]
        known = await self.async_set_unique_id(f"{FAMILY_OCPP_CHARGER}_{charger_id}")
        if known is not None and self._is_left_behind(known):
            # Its server was removed; it has found the one that came instead.
            before: str = known.data[CONF_SERVER]
            self.hass.config_entries.async_update_entry(
                known, data={**known.data, CONF_SERVER: server_id}
            )
            self.hass.config_entries.async_schedule_reload(known.entry_id)
            tell_left_behind(self.hass, before)
        self._abort_if_unique_id_configured(error="wallbox_exists")
        self._knock = discovery_info
        self.context["title_placeholders"] = {
            "name": f"{_maker_and_model(discovery_info)} ({charger_id})".strip()
        }
        return await self.async_step_knock()

    def _is_left_behind(self, wallbox: ChargerEntry) -> bool:
        return (
            self.hass.config_entries.async_get_entry(wallbox.data[CONF_SERVER]) is None
        )

    async def async_step_knock(
        self, user_input: dict[str, Any] | None = None
    ) -> ConfigFlowResult:
        """Ask whether the wallbox may come in, what it is called, what it may draw."""
        knock = self._knock
        if user_input is not None:
            return self.async_create_entry(
                title=user_input[CONF_NAME],
                data={
                    CONF_FAMILY: FAMILY_OCPP_CHARGER,
                    CONF_SERVER: knock[CONF_SERVER],
                    CONF_CHARGER_ID: knock[CONF_CHARGER_ID],
                    CONF_MAXIMUM_CURRENT: user_input[CONF_MAXIMUM_CURRENT],
                },
            )
        name = _maker_and_model(knock) or knock[CONF_CHARGER_ID]
        return self.async_show_form(
            step_id="knock",
            data_schema=vol.Schema(
                {
                    vol.Required(CONF_NAME, default=name): TextSelector(),
                    **_MAXIMUM_CURRENT,
                }
            ),
            description_placeholders={
                "charger_id": knock[CONF_CHARGER_ID],
                "peer": knock["peer"],
                "model": _maker_and_model(knock) or "-",
                "serial": knock["serial"] or "-",
            },
        )

    async def async_step_reconfigure_ocpp_charger(
        self, user_input: dict[str, Any] | None = None
    ) -> ConfigFlowResult:
        """Change what the wallbox may draw."""
        entry = self._get_reconfigure_entry()
        if user_input is not None:
            return self.async_update_reload_and_abort(entry, data_updates=user_input)
        return self.async_show_form(
            step_id="reconfigure_ocpp_charger",
            data_schema=self.add_suggested_values_to_schema(
                vol.Schema(_MAXIMUM_CURRENT), entry.data
            ),
        )


class WallboxOptions(OptionsFlowWithReload):
    """What a wallbox does by itself when it hears nothing of Home Assistant."""

    async def async_step_init(
        self, user_input: dict[str, Any] | None = None
    ) -> ConfigFlowResult:
        """Go to the form: the first step's words are those of a device."""
        return await self.async_step_wallbox(user_input)

    async def async_step_wallbox(
        self, user_input: dict[str, Any] | None = None
    ) -> ConfigFlowResult:
        """Ask whether it falls back, and to which current."""
        entry = self.config_entry
        options = {**entry.options}
        errors: dict[str, str] = {}
        if user_input is not None:
            if 0 < user_input[CONF_FALLBACK_CURRENT] < _MINIMUM_A:
                errors["base"] = "fallback_range"
            else:
                # One that never had a fallback has none to be cleared.
                never = CONF_FALLBACK not in options
                options |= user_input
                if never and not user_input[CONF_FALLBACK]:
                    del options[CONF_FALLBACK]
                return self.async_create_entry(data=options)
        form = vol.Schema(
            {
                vol.Required(CONF_FALLBACK, default=False): BooleanSelector(),
                vol.Required(CONF_FALLBACK_CURRENT, default=_MINIMUM_A): _amperes(
                    0, entry.data[CONF_MAXIMUM_CURRENT]
                ),
            }
        )
        return self.async_show_form(
            step_id="wallbox",
            data_schema=self.add_suggested_values_to_schema(
                form, user_input or options
            ),
            errors=errors,
        )


def _maker_and_model(knock: Mapping[str, Any]) -> str:
    return " ".join(part for part in (knock["maker"], knock["model"]) if part)


async def _tried(listener: Mapping[str, Any]) -> dict[str, str]:
    """Listen for a moment: a port that is taken is said now, not at the start."""
    try:
        server = await asyncio.start_server(
            lambda _reader, writer: writer.close(),
            listener[CONF_HOST],
            listener[CONF_PORT],
        )
    except OSError:
        return {"base": "cannot_listen"}
    server.close()
    await server.wait_closed()
    return {}
