"""The options of an OCPP wallbox."""

from typing import Any, override

from homeassistant.config_entries import ConfigFlowResult, OptionsFlowWithReload
from homeassistant.helpers.selector import (
    BooleanSelector,
    NumberSelector,
    NumberSelectorConfig,
    NumberSelectorMode,
)
import voluptuous as vol

from .billing_flow import NO_SERVER, BillingSteps
from .card_flow import POLICIES, one_of
from .const import (
    CONF_FALLBACK,
    CONF_FALLBACK_CURRENT,
    CONF_MAXIMUM_CURRENT,
    CONF_METER_INTERVAL,
    CONF_POLICY,
    CONF_SERVER,
)
from .engine.billing import BilledWallbox
from .engine.gateway import Charger
from .ocpp import wallboxes_of
from .ocpp_limits import limit_fields, take_limits
from .ocpp_manners import advanced_fields, take_advanced
from .ocpp_security_flow import CONF_STEP, SecuritySteps, security_fields
from .ocpp_wallbox import ChargerHub

MINIMUM_A = 6
_AS_SERVER = "server"


def amperes(lowest: int, highest: int) -> vol.All:
    """Return the field of a charging current between two bounds; A."""
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


_SECONDS = vol.All(
    NumberSelector(
        NumberSelectorConfig(
            min=0,
            max=900,
            step=1,
            unit_of_measurement="s",
            mode=NumberSelectorMode.BOX,
        )
    ),
    vol.Coerce(int),
)


class WallboxOptions(SecuritySteps, BillingSteps, OptionsFlowWithReload):
    """What a wallbox does without us, how it is talked to, where it is billed."""

    async def async_step_init(
        self,
        user_input: dict[str, Any] | None = None,  # noqa: ARG002 - a menu
    ) -> ConfigFlowResult:
        """Go to the menu: the first step's words are those of a device."""
        return await self.async_step_wallbox_menu()

    async def async_step_wallbox_menu(
        self,
        user_input: dict[str, Any] | None = None,  # noqa: ARG002 - a menu
    ) -> ConfigFlowResult:
        """Choose what to change."""
        return self.async_show_menu(
            step_id="wallbox_menu", menu_options=["wallbox", "billing"]
        )

    @override
    def billed(self) -> Charger | str:
        """Return the wallbox as its billing service sees it; OCPP 2 is not billed."""
        hub = getattr(self.config_entry, "runtime_data", None)
        if not isinstance(hub, ChargerHub):
            return NO_SERVER
        if hub.charger.dialect is not None:
            return "billing_ocpp2"
        return BilledWallbox(hub.charger)

    async def async_step_wallbox(
        self, user_input: dict[str, Any] | None = None
    ) -> ConfigFlowResult:
        """Ask what it does without us, how often it measures, how it is talked to."""
        entry = self.config_entry
        options = {**entry.options}
        errors: dict[str, str] = {}
        if user_input is not None:
            step = user_input.pop(CONF_STEP)
            # One that never had a fallback has none to be cleared.
            never = CONF_FALLBACK not in options
            options |= user_input
            if not user_input[CONF_METER_INTERVAL]:
                del options[CONF_METER_INTERVAL]
            if options[CONF_POLICY] == _AS_SERVER:
                del options[CONF_POLICY]
            if never and not user_input[CONF_FALLBACK]:
                del options[CONF_FALLBACK]
            take_limits(entry, user_input, options)
            others = wallboxes_of(self.hass, entry.data[CONF_SERVER])
            problem = take_advanced(entry, others, user_input, options)
            if 0 < user_input[CONF_FALLBACK_CURRENT] < MINIMUM_A:
                problem = "fallback_range"
            problem = self.security_problem(step) or problem
            if problem is None:
                return await self.security_step(step, options)
            errors["base"] = problem
        form = vol.Schema(
            {
                vol.Required(CONF_FALLBACK, default=False): BooleanSelector(),
                vol.Required(CONF_FALLBACK_CURRENT, default=MINIMUM_A): amperes(
                    0, entry.data[CONF_MAXIMUM_CURRENT]
                ),
                **limit_fields(entry),
                vol.Required(CONF_POLICY, default=_AS_SERVER): one_of(
                    "policy_here", _AS_SERVER, *POLICIES
                ),
                **advanced_fields(entry),
                **security_fields(),
                vol.Required(CONF_METER_INTERVAL, default=0): _SECONDS,
            }
        )
        return self.async_show_form(
            step_id="wallbox",
            data_schema=self.add_suggested_values_to_schema(
                form, user_input or entry.options
            ),
            errors=errors,
        )
