"""The access key of a KSEM in the flows: asked for, tried once, never shown again."""

from collections.abc import Mapping
from typing import Any

from homeassistant.config_entries import ConfigEntry, ConfigFlow, ConfigFlowResult
from homeassistant.const import CONF_HOST
from homeassistant.core import HomeAssistant
from homeassistant.helpers.selector import (
    BooleanSelector,
    TextSelector,
    TextSelectorConfig,
    TextSelectorType,
)
import voluptuous as vol

from .const import CONF_ACCESS_KEY, CONF_FAMILY, CONF_FORGET_ACCESS_KEY
from .engine.devices import ksem
from .engine.model import DeviceError, NotAllowed
from .links import open_emobility

type Input = dict[str, Any]

_KEY = TextSelector(
    TextSelectorConfig(type=TextSelectorType.PASSWORD, autocomplete="off")
)


def key_fields(entry: ConfigEntry) -> dict[vol.Marker, object]:
    """Return the fields of the options that concern the key; none without a KSEM."""
    if entry.data[CONF_FAMILY] != ksem.FAMILY.key:
        return {}
    fields: dict[vol.Marker, object] = {vol.Optional(CONF_ACCESS_KEY): _KEY}
    if entry.options.get(CONF_ACCESS_KEY):
        fields[vol.Optional(CONF_FORGET_ACCESS_KEY, default=False)] = BooleanSelector()
    return fields


async def take_key(
    hass: HomeAssistant,
    data: Mapping[str, Any],
    user_input: Input,
    options: Input,
    placeholders: dict[str, str],
) -> str | None:
    """Put a new key into the options, or the old one out of them.

    A field left empty keeps the old one. Returns the key of what is wrong with it.
    """
    if user_input.get(CONF_FORGET_ACCESS_KEY):
        options.pop(CONF_ACCESS_KEY, None)
    key = user_input.get(CONF_ACCESS_KEY, "").strip()
    if not key:
        return None
    placeholders |= {"host": data[CONF_HOST], "found": "-"}
    # What a header can carry; anything else was not copied from the meter.
    if not (key.isascii() and key.isprintable()) or " " in key:
        return "key_refused"
    try:
        wallboxes = await open_emobility(hass, data, key).wallboxes()
    except NotAllowed:
        return "key_refused"
    except DeviceError as err:
        placeholders["found"] = str(err)
        return "key_untried"
    if not wallboxes:
        return "no_wallbox"
    options[CONF_ACCESS_KEY] = key
    return None


class AccessKeySteps(ConfigFlow):
    """The steps that ask for another key when the meter refuses the one it had."""

    async def async_step_reauth(
        self, _entry_data: Mapping[str, Any]
    ) -> ConfigFlowResult:
        """Begin: the meter has answered 401 or 403."""
        return await self.async_step_reauth_confirm()

    async def async_step_reauth_confirm(
        self, user_input: Input | None = None
    ) -> ConfigFlowResult:
        """Ask for a key that works."""
        entry = self._get_reauth_entry()
        errors: dict[str, str] = {}
        placeholders = {"host": entry.data[CONF_HOST], "name": entry.title}
        if user_input is not None:
            options = dict(entry.options)
            problem = await take_key(
                self.hass, entry.data, user_input, options, placeholders
            )
            if not user_input[CONF_ACCESS_KEY].strip():
                problem = "key_refused"
            if problem is None:
                return self.async_update_reload_and_abort(
                    entry, options=options, reason="reauth_successful"
                )
            errors["base"] = problem
        return self.async_show_form(
            step_id="reauth_confirm",
            data_schema=vol.Schema({vol.Required(CONF_ACCESS_KEY): _KEY}),
            errors=errors,
            description_placeholders=placeholders,
        )
