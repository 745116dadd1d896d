"""Adds a charger to a site, and changes it."""

from collections.abc import Mapping
from typing import Any

from homeassistant.config_entries import ConfigSubentryFlow, SubentryFlowResult
from homeassistant.helpers.selector import (
    SelectOptionDict,
    SelectSelector,
    SelectSelectorConfig,
    SelectSelectorMode,
)
import voluptuous as vol

from . import registry
from .const import (
    CONF_CHARGER,
    CONF_CHARGER_METER,
    CONF_CHARGER_PHASES,
    CONF_MODE,
    DOMAIN,
    SUBENTRY_CHARGER,
)
from .engine.charging import Mode
from .engine.model import PHASES
from .site_flow import POWER_SENSOR

_PHASES = [phase.value for phase in PHASES]
_WIRING = {
    vol.Required(CONF_CHARGER_PHASES, default=_PHASES): SelectSelector(
        SelectSelectorConfig(
            options=[
                SelectOptionDict(value=phase, label=phase.upper()) for phase in _PHASES
            ],
            multiple=True,
            mode=SelectSelectorMode.LIST,
        )
    ),
    vol.Optional(CONF_CHARGER_METER): POWER_SENSOR,
}


class ChargerFlow(ConfigSubentryFlow):
    """A charger of the site: which one, on which phases, and its own meter if any."""

    async def async_step_user(
        self, user_input: dict[str, Any] | None = None
    ) -> SubentryFlowResult:
        """Choose one of the chargers that are set up."""
        taken = {
            subentry.data[CONF_CHARGER]
            for entry in self.hass.config_entries.async_entries(DOMAIN)
            for subentry in entry.get_subentries_of_type(SUBENTRY_CHARGER)
        }
        chargers = {
            found.key: found.title
            for found in registry.present(self.hass)
            if found.setpoint is not None and found.key not in taken
        }
        if not chargers:
            return self.async_abort(reason="no_charger")
        errors: dict[str, str] = {}
        if user_input is not None:
            errors = _checked(user_input)
            if not errors:
                key = user_input[CONF_CHARGER]
                return self.async_create_entry(
                    title=chargers[key], data=user_input, unique_id=key
                )
        schema = vol.Schema(
            {
                vol.Required(CONF_CHARGER): SelectSelector(
                    SelectSelectorConfig(
                        options=[
                            SelectOptionDict(value=key, label=title)
                            for key, title in chargers.items()
                        ]
                    )
                ),
                **_WIRING,
                vol.Required(CONF_MODE, default=Mode.SOLAR.value): SelectSelector(
                    SelectSelectorConfig(
                        options=[mode.value for mode in Mode],
                        translation_key="charge_mode",
                    )
                ),
            }
        )
        return self.async_show_form(
            step_id="user",
            data_schema=self.add_suggested_values_to_schema(schema, user_input),
            errors=errors,
        )

    async def async_step_reconfigure(
        self, user_input: dict[str, Any] | None = None
    ) -> SubentryFlowResult:
        """Change a charger's phases or its meter."""
        subentry = self._get_reconfigure_subentry()
        errors: dict[str, str] = {}
        if user_input is not None:
            errors = _checked(user_input)
            if not errors:
                kept = {key: subentry.data[key] for key in (CONF_CHARGER, CONF_MODE)}
                return self.async_update_and_abort(
                    self._get_entry(), subentry, data={**kept, **user_input}
                )
        return self.async_show_form(
            step_id="reconfigure",
            data_schema=self.add_suggested_values_to_schema(
                vol.Schema(_WIRING), user_input or subentry.data
            ),
            errors=errors,
        )


def _checked(user_input: Mapping[str, Any]) -> dict[str, str]:
    if not user_input[CONF_CHARGER_PHASES]:
        return {CONF_CHARGER_PHASES: "no_phase"}
    return {}
