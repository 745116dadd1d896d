"""The options of a device that is polled, made of its family's declaration."""

from typing import Any

from homeassistant.config_entries import ConfigFlowResult, OptionsFlowWithReload
from homeassistant.helpers.selector import SelectSelector, SelectSelectorConfig
import voluptuous as vol

from .const import CONF_FAMILY
from .device_form import interval_field, take_interval
from .engine.devices import FAMILIES
from .engine.model import Question
from .key_flow import key_fields, take_key
from .load_management import load_management_fields, take_load_management
from .push_flow import push_fields, take_push
from .stand_in_flow import StandInSteps, has_stand_in

type Input = dict[str, Any]


class DeviceOptions(StandInSteps, OptionsFlowWithReload):
    """How often a device is asked, in which units it counts; a KSEM's access key."""

    async def async_step_init(
        self, user_input: Input | None = None
    ) -> ConfigFlowResult:
        """Go to the menu of a charger, or ask for the interval; s."""
        if user_input is None and has_stand_in(self.config_entry):
            return await self.async_step_charger_menu()
        return await self.async_step_device(user_input)

    async def async_step_device(
        self, user_input: Input | None = None
    ) -> ConfigFlowResult:
        """Ask for the interval; s."""
        entry = self.config_entry
        family = FAMILIES[entry.data[CONF_FAMILY]]
        errors: dict[str, str] = {}
        placeholders: dict[str, str] = {}
        if user_input is not None:
            keys = (one.key for one in family.settings)
            options = {**entry.options, **{key: int(user_input[key]) for key in keys}}
            take_interval(user_input, options)
            problem = take_push(self.hass, entry, user_input, options)
            problem = problem or await take_key(
                self.hass, entry, user_input, options, placeholders
            )
            problem = problem or await take_load_management(
                self.hass, entry, user_input, options, placeholders
            )
            if problem is None:
                return self.async_create_entry(data=options)
            errors["base"] = problem
        known = {**entry.data, **entry.options}
        fields: dict[vol.Marker, object] = {
            **interval_field(entry, family.intervals_s),
            **{
                vol.Required(
                    one.key, default=str(known.get(one.key, one.default))
                ): _in_words_of(one)
                for one in family.settings
            },
            **key_fields(entry),
            **push_fields(entry),
            **load_management_fields(entry),
        }
        return self.async_show_form(
            step_id="init",
            data_schema=self.add_suggested_values_to_schema(
                vol.Schema(fields), user_input
            ),
            errors=errors,
            description_placeholders=placeholders,
        )


def _in_words_of(question: Question) -> SelectSelector:
    """Return a choice whose numbers are told in words."""
    return SelectSelector(
        SelectSelectorConfig(
            options=[str(option) for option in question.options],
            translation_key=question.key,
        )
    )
