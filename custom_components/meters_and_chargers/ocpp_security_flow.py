"""The steps of a wallbox's security in its options: a password, a profile."""

import asyncio
from typing import Any

from homeassistant.config_entries import ConfigFlowResult, OptionsFlow
from homeassistant.const import CONF_PASSWORD
from homeassistant.helpers.selector import (
    SelectSelector,
    SelectSelectorConfig,
    TextSelector,
)
import voluptuous as vol

from . import ocpp_root_view, ocpp_security
from .const import CONF_SECURITY
from .engine.devices.ocpp_charger import Security
from .ocpp_security import Failed
from .ocpp_tls import is_password, new_password

type Input = dict[str, Any]

CONF_STEP = "security_step"
CONF_SECURITY_PROFILE = "security_profile"
_KEEP, _PASSWORD, _RAISE, _LOWER = "keep", "password", "raise", "lower"
_PROFILES = ["0", "1", "2"]
"""Those that a wallbox may be lowered to."""


def security_fields() -> dict[vol.Marker, object]:
    """Return the field of the options that leads to these steps."""
    options = [_KEEP, _RAISE, _PASSWORD, _LOWER]
    return {
        vol.Required(CONF_STEP, default=_KEEP): SelectSelector(
            SelectSelectorConfig(options=options, translation_key=CONF_STEP)
        )
    }


class SecuritySteps(OptionsFlow):
    """How a wallbox proves who it is."""

    _options: Input
    """What becomes of the options afterwards."""
    _raising: asyncio.Task[None] | None = None
    _failed: Failed | None = None

    def security_problem(self, step: str) -> str | None:
        """Return the key of what keeps a step from being taken."""
        guard = ocpp_security.guard_of(self.hass, self.config_entry)
        if step == _KEEP:
            return None
        if guard is None:
            return "no_server_now"
        if step == _LOWER and not guard.security.profile:
            return "lowest_profile"
        if step == _RAISE:
            return ocpp_security.hindrance(self.hass, self.config_entry)
        return None

    async def security_step(self, step: str, options: Input) -> ConfigFlowResult:
        """Go on with a step, and keep the options for its end."""
        self._options = options
        if step == _PASSWORD:
            return await self.async_step_security_password()
        if step == _LOWER:
            return await self.async_step_security_lower()
        if step == _RAISE:
            return await self._raise()
        return self.async_create_entry(data=options)

    async def async_step_security_password(
        self, user_input: Input | None = None
    ) -> ConfigFlowResult:
        """Take a password that the owner enters in the wallbox."""
        guard = ocpp_security.guard_of(self.hass, self.config_entry)
        errors: dict[str, str] = {}
        if user_input is not None:
            if guard is None:
                errors["base"] = "no_server_now"
            elif is_password(user_input[CONF_PASSWORD]):
                guard.add_password(user_input[CONF_PASSWORD])
                return self.async_create_entry(data=self._options)
            else:
                errors[CONF_PASSWORD] = "invalid_password"
        proposed = (user_input or {}).get(CONF_PASSWORD) or new_password()
        return self.async_show_form(
            step_id="security_password",
            data_schema=vol.Schema(
                {vol.Required(CONF_PASSWORD, default=proposed): TextSelector()}
            ),
            errors=errors,
        )

    async def async_step_security_lower(
        self, user_input: Input | None = None
    ) -> ConfigFlowResult:
        """Hold the wallbox to less; over OCPP a profile is never lowered."""
        guard = ocpp_security.guard_of(self.hass, self.config_entry)
        errors: dict[str, str] = {}
        if user_input is not None:
            if guard is not None:
                guard.hold_to(int(user_input[CONF_SECURITY_PROFILE]))
                return self.async_create_entry(data=self._options)
            errors["base"] = "no_server_now"
        kept = Security.of(self.config_entry.data.get(CONF_SECURITY, {}))
        now = kept if guard is None else guard.security
        profiles = _PROFILES[: max(now.profile, 1)]
        proposed = (user_input or {}).get(CONF_SECURITY_PROFILE, profiles[-1])
        return self.async_show_form(
            step_id="security_lower",
            data_schema=vol.Schema(
                {
                    vol.Required(
                        CONF_SECURITY_PROFILE, default=proposed
                    ): SelectSelector(
                        SelectSelectorConfig(
                            options=profiles, translation_key=CONF_SECURITY_PROFILE
                        )
                    )
                }
            ),
            errors=errors,
        )

    async def _raise(self) -> ConfigFlowResult:
        guard = ocpp_security.guard_of(self.hass, self.config_entry)
        steps = {
            1: self.async_step_security_raise_1,
            2: self.async_step_security_raise_2,
            3: self.async_step_security_raise_3,
        }
        return await steps[1 if guard is None else ocpp_security.next_profile(guard)]()

    async def async_step_security_raise_1(
        self, user_input: Input | None = None
    ) -> ConfigFlowResult:
        """Say what a password means, and give one."""
        if user_input is not None:
            return await self.async_step_security_wait()
        return self.async_show_form(step_id="security_raise_1", **self._problem())

    async def async_step_security_raise_2(
        self, user_input: Input | None = None
    ) -> ConfigFlowResult:
        """Say what encryption means, and begin with it."""
        if user_input is not None:
            return await self.async_step_security_wait()
        shown = self._problem()
        shown["description_placeholders"]["download"] = ocpp_root_view.link(self.hass)
        return self.async_show_form(step_id="security_raise_2", **shown)

    async def async_step_security_raise_3(
        self, user_input: Input | None = None
    ) -> ConfigFlowResult:
        """Say what a certificate means, and make one or renew it."""
        if user_input is not None:
            return await self.async_step_security_wait()
        return self.async_show_form(step_id="security_raise_3", **self._problem())

    def _problem(self) -> Input:
        """Return what a form says about the attempt before."""
        failed, self._failed = self._failed, None
        return {
            "data_schema": vol.Schema({}),
            "errors": {} if failed is None else {"base": failed.key},
            "description_placeholders": {"found": failed.found if failed else "-"},
        }

    async def async_step_security_wait(
        self, user_input: Input | None = None
    ) -> ConfigFlowResult:
        """Raise the profile, and wait until the wallbox is back with its proof."""
        del user_input
        if self._raising is None:
            self._raising = self.hass.async_create_background_task(
                ocpp_security.raise_profile(self.hass, self.config_entry),
                "raise a security profile",
                eager_start=False,
            )
        if self._raising.done():
            return self.async_show_progress_done(next_step_id="security_waited")
        return self.async_show_progress(
            step_id="security_wait",
            progress_action="security_wait",
            progress_task=self._raising,
        )

    async def async_step_security_waited(
        self, user_input: Input | None = None
    ) -> ConfigFlowResult:
        """Say that it has worked, or what has not."""
        del user_input
        task, self._raising = self._raising, None
        if task is None:
            return await self._raise()
        try:
            await task
        except Failed as err:
            self._failed = err
            return await self._raise()
        return await self.async_step_security_done()

    async def async_step_security_done(
        self, user_input: Input | None = None
    ) -> ConfigFlowResult:
        """Say which profile holds from now on; more may follow."""
        if user_input is not None:
            return self.async_create_entry(data=self._options)
        guard = ocpp_security.guard_of(self.hass, self.config_entry)
        profile = 0 if guard is None else guard.security.profile
        return self.async_show_form(
            step_id="security_done",
            data_schema=vol.Schema({}),
            description_placeholders={"profile": str(profile)},
        )
