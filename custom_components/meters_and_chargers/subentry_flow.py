"""Adds a charger to a site, one of ours or any entities, and changes it."""

from collections.abc import Mapping
from typing import Any

from homeassistant.components.sensor import SensorDeviceClass
from homeassistant.config_entries import (
    SOURCE_RECONFIGURE,
    ConfigSubentryFlow,
    SubentryFlowResult,
)
from homeassistant.const import CONF_NAME, Platform
from homeassistant.core import HomeAssistant
from homeassistant.data_entry_flow import section
from homeassistant.helpers import entity_registry as er
from homeassistant.helpers.selector import (
    EntitySelector,
    EntitySelectorConfig,
    NumberSelector,
    NumberSelectorConfig,
    NumberSelectorMode,
    SelectOptionDict,
    SelectSelector,
    SelectSelectorConfig,
    SelectSelectorMode,
    TextSelector,
)
import voluptuous as vol

from . import registry
from .circuit_flow import circuits_of
from .const import (
    CONF_BILLING,
    CONF_CAPACITY,
    CONF_CAR_LEVEL,
    CONF_CHARGER,
    CONF_CHARGER_CURRENTS,
    CONF_CHARGER_METER,
    CONF_CHARGER_PHASES,
    CONF_CIRCUIT,
    CONF_CURRENT_ENTITY,
    CONF_MAXIMUM_CURRENT,
    CONF_MINIMUM_CURRENT,
    CONF_MODE,
    CONF_MORE,
    CONF_PHASES_ENTITY,
    CONF_PLUGGED_ENTITY,
    CONF_PRIORITY,
    CONF_ROTATION,
    CONF_SETTLE,
    CONF_STAND_IN,
    CONF_STATUS_ENTITY,
    CONF_STEP,
    CONF_SWITCH_ENTITY,
    CONF_WRITE_INTERVAL,
    DOMAIN,
)
from .engine.charging import Mode
from .engine.model import PHASES
from .entity_charger import (
    CURRENT_DOMAINS,
    PHASES_DOMAINS,
    SWITCHES,
    domain_of,
    one_and_three,
    range_of,
)
from .source_form import POWER_SENSOR, clearable, flat, nested, sensors

ENTITIES = "entities"
"""Instead of one of our wallboxes: any entities of Home Assistant."""
_USUAL_MINIMUM_A = 6
_PHASES = [phase.value for phase in PHASES]
_PHASE_OPTIONS = [
    SelectOptionDict(value=phase, label=phase.upper()) for phase in _PHASES
]
_BILLED = (CONF_BILLING, CONF_STAND_IN)
"""Asked in the options of the site."""
_IN_MORE = (
    CONF_CIRCUIT,
    CONF_PRIORITY,
    CONF_ROTATION,
    CONF_CHARGER_CURRENTS,
    CONF_CAR_LEVEL,
    CONF_CAPACITY,
)


def _number(low: float, high: float, step: float, unit: str | None) -> NumberSelector:
    config = NumberSelectorConfig(
        min=low, max=high, step=step, mode=NumberSelectorMode.BOX
    )
    if unit is not None:
        config["unit_of_measurement"] = unit
    return NumberSelector(config)


_ENTITY_DOMAINS: Mapping[vol.Marker, tuple[str, ...]] = {
    vol.Required(CONF_CURRENT_ENTITY): CURRENT_DOMAINS,
    vol.Optional(CONF_SWITCH_ENTITY): SWITCHES,
    vol.Optional(CONF_PHASES_ENTITY): PHASES_DOMAINS,
    vol.Optional(CONF_PLUGGED_ENTITY): (Platform.BINARY_SENSOR, "input_boolean"),
    vol.Optional(CONF_STATUS_ENTITY): (
        Platform.SENSOR,
        Platform.SELECT,
        "input_select",
    ),
}


class ChargerFlow(ConfigSubentryFlow):
    """A charger of the site: which one, on which phases, and its own meter if any."""

    def __init__(self) -> None:
        """Begin with nothing typed."""
        self._typed: dict[str, Any] = {}

    async def async_step_user(
        self, user_input: dict[str, Any] | None = None
    ) -> SubentryFlowResult:
        """Choose one of the chargers that are set up, or entities."""
        chargers = registry.without_site(self.hass)
        errors: dict[str, str] = {}
        if user_input is not None:
            self._typed = flat(user_input, CONF_MORE)
            errors = _wiring_errors(self._typed)
            if not errors and (key := user_input[CONF_CHARGER]) == ENTITIES:
                return await self.async_step_entities()
            if not errors:
                return self.async_create_entry(
                    title=chargers[key], data=self._typed, unique_id=key
                )
        options = [
            *(SelectOptionDict(value=key, label=one) for key, one in chargers.items()),
            SelectOptionDict(value=ENTITIES, label=ENTITIES),
        ]
        likely = next(iter(chargers)) if len(chargers) == 1 else vol.UNDEFINED
        first = {
            vol.Required(CONF_CHARGER, default=likely): SelectSelector(
                SelectSelectorConfig(options=options, translation_key=CONF_CHARGER)
            )
        }
        mode = {
            vol.Required(CONF_MODE, default=Mode.SOLAR.value): SelectSelector(
                SelectSelectorConfig(
                    options=[mode.value for mode in Mode],
                    translation_key="charge_mode",
                )
            )
        }
        priority = {
            vol.Optional(CONF_PRIORITY, default=0): _number(0, 9, 1, None),
        }
        schema = vol.Schema({**first, **self._wiring(mode, priority)})
        return self.async_show_form(
            step_id="user",
            data_schema=self.add_suggested_values_to_schema(schema, user_input),
            errors=errors,
        )

    async def async_step_reconfigure(
        self, user_input: dict[str, Any] | None = None
    ) -> SubentryFlowResult:
        """Change a charger's phases, its meter or its circuit."""
        subentry = self._get_reconfigure_subentry()
        errors: dict[str, str] = {}
        if user_input is not None:
            asked_once = (CONF_CHARGER, CONF_MODE, CONF_PRIORITY, *_BILLED)
            kept = {key: one for key, one in subentry.data.items() if key in asked_once}
            self._typed = {**kept, **flat(user_input, CONF_MORE)}
            errors = _wiring_errors(self._typed)
            if not errors and CONF_CURRENT_ENTITY in subentry.data:
                return await self.async_step_entities()
            if not errors:
                return self.async_update_and_abort(
                    self._get_entry(), subentry, data=self._typed
                )
        return self.async_show_form(
            step_id="reconfigure",
            data_schema=self.add_suggested_values_to_schema(
                vol.Schema(self._wiring()),
                user_input or nested(subentry.data, {CONF_MORE: _IN_MORE}),
            ),
            errors=errors,
        )

    async def async_step_entities(
        self, user_input: dict[str, Any] | None = None
    ) -> SubentryFlowResult:
        """Ask which entities read and set a foreign wallbox."""
        before = self._before
        errors: dict[str, str] = {}
        if user_input is not None:
            errors = self._entity_errors(user_input)
            if not errors:
                self._typed |= user_input
                return await self.async_step_bounds()
        schema = vol.Schema(
            {vol.Required(CONF_NAME): TextSelector(), **_entity_fields(self.hass)}
        )
        return self.async_show_form(
            step_id="entities",
            data_schema=self.add_suggested_values_to_schema(
                schema, user_input or before
            ),
            errors=errors,
        )

    async def async_step_bounds(
        self, user_input: dict[str, Any] | None = None
    ) -> SubentryFlowResult:
        """Ask for the currents and times; they begin with what the entity says."""
        errors: dict[str, str] = {}
        if user_input is not None:
            if user_input[CONF_MINIMUM_CURRENT] <= user_input[CONF_MAXIMUM_CURRENT]:
                return self._finish({**self._typed, **user_input})
            errors = {CONF_MINIMUM_CURRENT: "minimum_above_maximum"}
        entity_id = self._typed[CONF_CURRENT_ENTITY]
        if (state := self.hass.states.get(entity_id)) is None:
            return await self.async_step_entities()
        least, most, step = range_of(state)
        usual = min(most, max(least, _USUAL_MINIMUM_A))
        amps = _number(max(least, step), most, step, "A")
        fields = {
            vol.Required(CONF_MINIMUM_CURRENT, default=usual): amps,
            vol.Required(CONF_MAXIMUM_CURRENT, default=most): amps,
            vol.Required(CONF_STEP, default=step): _number(0.1, most, 0.1, "A"),
            vol.Required(CONF_WRITE_INTERVAL, default=15): _number(5, 600, 1, "s"),
            vol.Required(CONF_SETTLE, default=15): _number(1, 120, 1, "s"),
        }
        return self.async_show_form(
            step_id="bounds",
            data_schema=self.add_suggested_values_to_schema(
                vol.Schema(fields), user_input or self._before
            ),
            errors=errors,
        )

    def _finish(self, data: dict[str, Any]) -> SubentryFlowResult:
        title = data.pop(CONF_NAME)
        if self.source == SOURCE_RECONFIGURE:
            subentry = self._get_reconfigure_subentry()
            return self.async_update_and_abort(
                self._get_entry(), subentry, data=data, title=title
            )
        key = f"{ENTITIES}_{data[CONF_CURRENT_ENTITY]}"
        data[CONF_CHARGER] = key
        return self.async_create_entry(title=title, data=data, unique_id=key)

    @property
    def _before(self) -> dict[str, Any]:
        """What is known of a charger that is changed."""
        if self.source != SOURCE_RECONFIGURE:
            return {}
        subentry = self._get_reconfigure_subentry()
        return {**subentry.data, CONF_NAME: subentry.title}

    def _entity_errors(self, typed: Mapping[str, Any]) -> dict[str, str]:
        """Say which entity can't do what is asked of it."""
        current: str = typed[CONF_CURRENT_ENTITY]
        taken = registry.taken(self.hass, CONF_CURRENT_ENTITY)
        if current in taken - {self._before.get(CONF_CURRENT_ENTITY)}:
            return {CONF_CURRENT_ENTITY: "entity_taken"}
        return self._current_errors(typed) or self._phases_errors(typed)

    def _current_errors(self, typed: Mapping[str, Any]) -> dict[str, str]:
        state = self.hass.states.get(typed[CONF_CURRENT_ENTITY])
        if state is None:
            return {CONF_CURRENT_ENTITY: "no_entity"}
        try:
            least, most, step = range_of(state)
        except KeyError, ValueError:
            return {CONF_CURRENT_ENTITY: "no_currents"}
        if step <= 0 or most < step:
            return {CONF_CURRENT_ENTITY: "no_currents"}
        if least > 0 and CONF_SWITCH_ENTITY not in typed:
            return {CONF_SWITCH_ENTITY: "no_pause"}
        return {}

    def _phases_errors(self, typed: Mapping[str, Any]) -> dict[str, str]:
        phases: str | None = typed.get(CONF_PHASES_ENTITY)
        if phases is None or domain_of(phases) in SWITCHES:
            return {}
        state = self.hass.states.get(phases)
        if state is None or one_and_three(state) is None:
            return {CONF_PHASES_ENTITY: "no_one_and_three"}
        return {}

    def _wiring(
        self,
        after: Mapping[vol.Marker, object] | None = None,
        more: Mapping[vol.Marker, object] | None = None,
    ) -> dict[vol.Marker, object]:
        """Return the fields that every charger has."""
        circuits = circuits_of(self._get_entry())
        rest: dict[vol.Marker, object] = {}
        if circuits:
            rest[vol.Optional(CONF_CIRCUIT)] = clearable(circuits)
        rest |= {
            **(more or {}),
            vol.Optional(CONF_ROTATION, default=_PHASES[0]): clearable(_PHASE_OPTIONS),
            vol.Optional(CONF_CHARGER_CURRENTS): sensors(
                SensorDeviceClass.CURRENT, several=True
            ),
            vol.Optional(CONF_CAR_LEVEL): sensors(SensorDeviceClass.BATTERY),
            vol.Optional(CONF_CAPACITY): _number(1, 300, 0.1, "kWh"),
        }
        return {
            vol.Required(CONF_CHARGER_PHASES, default=_PHASES): SelectSelector(
                SelectSelectorConfig(
                    options=_PHASE_OPTIONS,
                    multiple=True,
                    mode=SelectSelectorMode.LIST,
                )
            ),
            vol.Optional(CONF_CHARGER_METER): POWER_SENSOR,
            **(after or {}),
            vol.Optional(CONF_MORE): section(vol.Schema(rest), {"collapsed": True}),
        }


def _entity_fields(hass: HomeAssistant) -> dict[vol.Marker, object]:
    """Return the fields for entities of others: ours would steer themselves."""
    ours = [
        entity_id
        for entity_id, one in er.async_get(hass).entities.items()
        if one.platform == DOMAIN
    ]
    return {
        name: EntitySelector(
            EntitySelectorConfig(domain=list(domains), exclude_entities=ours)
        )
        for name, domains in _ENTITY_DOMAINS.items()
    }


def _wiring_errors(typed: Mapping[str, Any]) -> dict[str, str]:
    if not typed.get(CONF_CHARGER_PHASES):
        return {CONF_CHARGER_PHASES: "no_phase"}
    currents = typed.get(CONF_CHARGER_CURRENTS)
    if currents is not None and len(currents) not in (1, len(PHASES)):
        return {"base": "one_or_three_currents"}
    if (CONF_CAR_LEVEL in typed) != (CONF_CAPACITY in typed):
        return {"base": "level_and_capacity"}
    return {}
