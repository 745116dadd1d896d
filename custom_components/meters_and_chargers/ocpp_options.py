"""The options of an OCPP wallbox."""

from collections.abc import Sequence
from typing import Any, override

from homeassistant.config_entries import ConfigFlowResult, OptionsFlowWithReload
from homeassistant.helpers.selector import (
    BooleanSelector,
    NumberSelector,
    NumberSelectorConfig,
    NumberSelectorMode,
)
import voluptuous as vol

from .billing import mode_of
from .billing_flow import NO_SERVER, V16, BillingSteps
from .card_flow import POLICIES, one_of
from .const import (
    CONF_FALLBACK,
    CONF_FALLBACK_CURRENT,
    CONF_MAXIMUM_CURRENT,
    CONF_METER_INTERVAL,
    CONF_OCPP_VERSION,
    CONF_POLICY,
    CONF_SERVER,
)
from .engine.billing import BilledWallbox, Mode
from .engine.devices.ocpp_charger import OcppCharger
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
        """Return the wallbox as its billing service sees it."""
        charger = self._charger
        return NO_SERVER if charger is None else BilledWallbox(charger)

    @property
    def _charger(self) -> OcppCharger | None:
        hub = getattr(self.config_entry, "runtime_data", None)
        return hub.charger if isinstance(hub, ChargerHub) else None

    @property
    @override
    def modes(self) -> Sequence[Mode]:
        """Return what the service may see; of one that speaks OCPP 2 itself alone."""
        return (Mode.RELAY,) if self.version != V16 else tuple(Mode)

    @property
    @override
    def version(self) -> str:
        """Return what the wallbox speaks, as it spoke last."""
        spoken = None if self._charger is None else self._charger.version
        kept: str = (self._kept or {}).get(CONF_OCPP_VERSION, V16)
        return kept if spoken is None else spoken.value

    @override
    def mode_problem(self, mode: Mode) -> str | None:
        """Refuse another mode in a session: its number is known on one side only."""
        kept, charger = self._kept, self._charger
        before = Mode.VIRTUAL if kept is None else mode_of(kept)
        runs = charger is not None and any(
            charger.connector(number).session is not None
            for number in charger.connectors
        )
        return "billing_session" if runs and mode is not before else None

    async def async_step_wallbox(
        self, user_input: dict[str, Any] | None = None
    ) -> ConfigFlowResult:
        """Ask what it does without us, how often it measures, how it is talked to."""
        entry = self.config_entry
        options = {**entry.options}
        errors: dict[str, str] = {}
        if user_input is not None:
            step: str = user_input[CONF_STEP]
            # One that never had a fallback has none to be cleared.
            never = CONF_FALLBACK not in options
            options |= user_input
            del options[CONF_STEP]
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
