"""The access key of a KSEM, or of a Pico's account, in the flows.

It is asked for, tried once, and never shown again.
"""

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

from .const import (
    CONF_ACCESS_KEY,
    CONF_BY_ACCOUNT,
    CONF_FAMILY,
    CONF_FORGET_ACCESS_KEY,
    FAMILY_DIRIS,
)
from .engine.devices import ksem
from .engine.devices.smart_me import PICO, PICO_GROUP
from .engine.model import DeviceError, NotAllowed
from .links import open_account, open_emobility
from .pico_account import serials_of

type Input = dict[str, Any]
_FAMILIES = {ksem.FAMILY.key, PICO.key, PICO_GROUP.key}
KEY = TextSelector(
    TextSelectorConfig(type=TextSelectorType.PASSWORD, autocomplete="off")
)


def key_fields(entry: ConfigEntry) -> dict[vol.Marker, object]:
    """Return the fields of the options that concern the key; none without one."""
    if entry.data[CONF_FAMILY] not in _FAMILIES:
        return {}
    fields: dict[vol.Marker, object] = {vol.Optional(CONF_ACCESS_KEY): KEY}
    if entry.options.get(CONF_ACCESS_KEY) and not entry.data.get(CONF_BY_ACCOUNT):
        fields[vol.Optional(CONF_FORGET_ACCESS_KEY, default=False)] = BooleanSelector()
    return fields


def may_be_key(text: str) -> bool:
    """Whether a header can carry it; anything else was not copied as a whole."""
    return text.isascii() and text.isprintable() and " " not in text


async def take_key(
    hass: HomeAssistant,
    entry: ConfigEntry,
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
    placeholders |= {"host": entry.data.get(CONF_HOST, ""), "found": "-"}
    of_meter = entry.data[CONF_FAMILY] == ksem.FAMILY.key
    if not may_be_key(key):
        return "key_refused" if of_meter else "account_key_refused"
    try:
        problem = await (_try_meter if of_meter else _try_account)(hass, entry, key)
    except NotAllowed:
        return "key_refused" if of_meter else "account_key_refused"
    except DeviceError as err:
        placeholders["found"] = str(err)
        return "key_untried" if of_meter else "account_key_untried"
    if problem is None:
        options[CONF_ACCESS_KEY] = key
    return problem


async def _try_meter(hass: HomeAssistant, entry: ConfigEntry, key: str) -> str | None:
    wallboxes = await open_emobility(hass, entry.data, key).wallboxes()
    return None if wallboxes else "no_wallbox"


async def _try_account(hass: HomeAssistant, entry: ConfigEntry, key: str) -> str | None:
    stations = await open_account(hass, key).stations()
    known = {station.serial for station in stations}
    return None if known.intersection(serials_of(entry)) else "not_in_account"


class AccessKeySteps(ConfigFlow):
    """The steps that ask for another key when the one there was is refused."""

    async def async_step_reauth(
        self, entry_data: Mapping[str, Any]
    ) -> ConfigFlowResult:
        """Begin: the answer was 401 or 403."""
        if entry_data[CONF_FAMILY] == ksem.FAMILY.key:
            return await self.async_step_reauth_confirm()
        if entry_data[CONF_FAMILY] == FAMILY_DIRIS:
            return await self.async_step_reauth_diris()
        return await self.async_step_reauth_account()

    async def async_step_reauth_diris(
        self, user_input: Input | None = None
    ) -> ConfigFlowResult:
        """Ask for credentials that a gateway takes by SNMP."""
        raise NotImplementedError

    async def async_step_reauth_confirm(
        self, user_input: Input | None = None
    ) -> ConfigFlowResult:
        """Ask for a key that the meter takes."""
        return await self._ask_again("reauth_confirm", "key_refused", user_input)

    async def async_step_reauth_account(
        self, user_input: Input | None = None
    ) -> ConfigFlowResult:
        """Ask for a key that the account takes."""
        return await self._ask_again(
            "reauth_account", "account_key_refused", user_input
        )

    async def _ask_again(
        self, step_id: str, refused: str, user_input: Input | None
    ) -> ConfigFlowResult:
        entry = self._get_reauth_entry()
        errors: dict[str, str] = {}
        placeholders = {"host": entry.data.get(CONF_HOST, ""), "name": entry.title}
        if user_input is not None:
            options = dict(entry.options)
            problem = await take_key(
                self.hass, entry, user_input, options, placeholders
            )
            if not user_input[CONF_ACCESS_KEY].strip():
                problem = refused
            if problem is None:
                return self.async_update_reload_and_abort(
                    entry, options=options, reason="reauth_successful"
                )
            errors["base"] = problem
        return self.async_show_form(
            step_id=step_id,
            data_schema=self.add_suggested_values_to_schema(
                vol.Schema({vol.Required(CONF_ACCESS_KEY): KEY}), user_input
            ),
            errors=errors,
            description_placeholders=placeholders,
        )
