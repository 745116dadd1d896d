"""Adds a site: which meter measures the house, and what its connection carries."""

from collections.abc import Mapping
from typing import Any, override

from homeassistant.components.sensor import SensorDeviceClass
from homeassistant.config_entries import (
    SOURCE_RECONFIGURE,
    SOURCE_USER,
    ConfigFlowResult,
    FlowType,
)
from homeassistant.const import CONF_NAME, Platform
from homeassistant.core import HomeAssistant
from homeassistant.helpers.selector import (
    BooleanSelector,
    EntitySelector,
    EntitySelectorConfig,
    NumberSelector,
    NumberSelectorConfig,
    NumberSelectorMode,
    TextSelector,
)
import voluptuous as vol

from . import registry
from .const import (
    CONF_BATTERY_LEVEL,
    CONF_BATTERY_POWER,
    CONF_BATTERY_TURNED,
    CONF_FAMILY,
    CONF_FUSE_CURRENT,
    CONF_GRID_METER,
    CONF_GRID_TURNED,
    CONF_PRICE,
    DOMAIN,
    FAMILY_SITE,
    SUBENTRY_CHARGER,
)
from .sign_flow import WAIT_S, SignSteps
from .source_form import (
    IN_SENSORS,
    POWER_SENSOR,
    SENSORS,
    flat,
    folded,
    meter_options,
    name_of,
    nested,
    sensors,
    source_fields,
    source_of,
    source_problem,
)

_EXTRAS = "extras"
_IN_EXTRAS = (CONF_BATTERY_POWER, CONF_BATTERY_TURNED, CONF_BATTERY_LEVEL, CONF_PRICE)
FUSE = NumberSelector(
    NumberSelectorConfig(
        min=6,
        max=1000,
        step=1,
        unit_of_measurement="A",
        mode=NumberSelectorMode.BOX,
    )
)


def fuse_field() -> vol.Required:
    """Return the field's name; the form fills nothing in, it would be the minimum."""
    return vol.Required(CONF_FUSE_CURRENT, description={"suggested_value": ""})


class SiteSteps(SignSteps):
    """The steps of a site in the integration's flow."""

    _site: dict[str, Any] | None = None
    """What was typed, flat."""

    async def async_step_site(
        self, user_input: dict[str, Any] | None = None
    ) -> ConfigFlowResult:
        """Ask for the grid meter and the fuse of the house."""
        problem = None
        if user_input is not None:
            self._site = flat(user_input, SENSORS, _EXTRAS)
            problem = source_problem(self._site)
            if problem is None:
                source = name_of(self._site)
                await self.async_set_unique_id(f"{FAMILY_SITE}_{source}")
                self._abort_if_unique_id_configured(error="site_exists")
                return await self._check_sign(self._site)
        return self._site_form("site", problem)

    @override
    async def async_on_create_entry(self, result: ConfigFlowResult) -> ConfigFlowResult:
        """Go on: with the first site once there is what it needs, with its wallbox."""
        entries = self.hass.config_entries
        entry = result["result"]
        is_site = entry.data[CONF_FAMILY] == FAMILY_SITE
        if is_site and registry.without_site(self.hass):
            key = entry.entry_id, SUBENTRY_CHARGER
            charger = await entries.subentries.async_init(
                key, context={"source": SOURCE_USER}
            )
            result["next_flow"] = FlowType.CONFIG_SUBENTRIES_FLOW, charger["flow_id"]
        elif not is_site and self._site_is_next:
            site = await entries.flow.async_init(
                DOMAIN,
                context={"source": SOURCE_USER},
                data={CONF_FAMILY: FAMILY_SITE},
            )
            result["next_flow"] = FlowType.CONFIG_FLOW, site["flow_id"]
        return await super().async_on_create_entry(result)

    async def async_step_reconfigure_site(
        self, user_input: dict[str, Any] | None = None
    ) -> ConfigFlowResult:
        """Change the grid meter or the fuse."""
        problem = None
        if user_input is not None:
            self._site = flat(user_input, SENSORS, _EXTRAS)
            problem = source_problem(self._site)
            if problem is None:
                turned = self._same_source and self._site_before.get(
                    CONF_GRID_TURNED, False
                )
                return await self._check_sign({**self._site, CONF_GRID_TURNED: turned})
        return self._site_form("reconfigure_site", problem)

    def _site_form(self, step: str, problem: str | None) -> ConfigFlowResult:
        named = step == "site"
        fields = {vol.Required(CONF_NAME): TextSelector()} if named else {}
        typed = self._site or (self._likely if named else self._site_before)
        schema = vol.Schema({**fields, **_fields(self.hass, typed)})
        sections = {**IN_SENSORS, _EXTRAS: _IN_EXTRAS}
        return self.async_show_form(
            step_id=step,
            data_schema=self.add_suggested_values_to_schema(
                schema, nested(typed, sections)
            ),
            errors={"base": problem} if problem else {},
            description_placeholders={"seconds": str(WAIT_S)},
        )

    @property
    def _site_is_next(self) -> bool:
        """Whether a meter and a charger wait for their first site."""
        entries = self.hass.config_entries.async_entries(DOMAIN)
        return (
            bool(meter_options(self.hass))
            and any(one.setpoint is not None for one in registry.present(self.hass))
            and not any(one.data[CONF_FAMILY] == FAMILY_SITE for one in entries)
        )

    @property
    def _likely(self) -> Mapping[str, Any]:
        """What a new site begins with: Home Assistant's own name, the only meter."""
        likely = {CONF_NAME: self.hass.config.location_name}
        if len(meters := meter_options(self.hass)) == 1:
            likely[CONF_GRID_METER] = meters[0]["value"]
        return likely

    @property
    def _site_before(self) -> Mapping[str, Any]:
        return self._get_reconfigure_entry().data

    @property
    def _same_source(self) -> bool:
        return source_of(self._site or {}) == source_of(self._site_before)

    @property
    @override
    def _site_step(self) -> str:
        return "reconfigure_site" if self.source == SOURCE_RECONFIGURE else "site"

    @override
    async def _sign_is_known(self) -> ConfigFlowResult:
        """Make the site, or change it."""
        typed = self._site or {}
        data = _data(typed, turned=self._turned)
        if self.source == SOURCE_RECONFIGURE:
            return self.async_update_and_abort(self._get_reconfigure_entry(), data=data)
        return self.async_create_entry(
            title=typed[CONF_NAME], data=data, description="site"
        )

    @override
    async def _meter_is_silent(self) -> ConfigFlowResult:
        """A new meter must show a value; an old one keeps its sign."""
        if self.source == SOURCE_RECONFIGURE and self._same_source:
            return await self._sign_is_known()
        return self._site_form(self._site_step, "no_grid_value")


def _data(typed: Mapping[str, Any], *, turned: bool) -> dict[str, Any]:
    return {
        CONF_FAMILY: FAMILY_SITE,
        CONF_FUSE_CURRENT: int(typed[CONF_FUSE_CURRENT]),
        **source_of(typed),
        **({CONF_GRID_TURNED: True} if turned else {}),
        **{key: typed[key] for key in _IN_EXTRAS if typed.get(key)},
    }


def _fields(hass: HomeAssistant, filled: Mapping[str, Any]) -> dict[vol.Marker, object]:
    extras: dict[vol.Marker, object] = {
        vol.Optional(CONF_BATTERY_POWER): POWER_SENSOR,
        vol.Optional(CONF_BATTERY_TURNED, default=False): BooleanSelector(),
        vol.Optional(CONF_BATTERY_LEVEL): sensors(SensorDeviceClass.BATTERY),
        vol.Optional(CONF_PRICE): EntitySelector(
            EntitySelectorConfig(domain=Platform.SENSOR)
        ),
    }
    return {
        **source_fields(meter_options(hass), filled),
        fuse_field(): FUSE,
        vol.Optional(_EXTRAS): folded(extras, filled),
    }
