"""Adds a circuit to a site: a fuse between the main one and some wallboxes."""

from collections.abc import Mapping
from typing import Any

from homeassistant.config_entries import (
    SOURCE_RECONFIGURE,
    ConfigEntry,
    ConfigSubentryFlow,
    SubentryFlowResult,
)
from homeassistant.const import CONF_NAME
from homeassistant.helpers.selector import (
    BooleanSelector,
    NumberSelector,
    NumberSelectorConfig,
    NumberSelectorMode,
    SelectOptionDict,
    TextSelector,
)
import voluptuous as vol

from .const import (
    CONF_FUSE_CURRENT,
    CONF_GRID_METER,
    CONF_GRID_TURNED,
    CONF_PARENT,
    CONF_POWER_CAP,
    SUBENTRY_CIRCUIT,
)
from .site_flow import FUSE, fuse_field
from .source_form import (
    IN_SENSORS,
    SENSORS,
    clearable,
    flat,
    meter_options,
    nested,
    source_fields,
    source_of,
    source_problem,
)

_CAP = NumberSelector(
    NumberSelectorConfig(
        min=0,
        max=1_000_000,
        step=100,
        unit_of_measurement="W",
        mode=NumberSelectorMode.BOX,
    )
)


def circuits_of(
    entry: ConfigEntry[Any], without: str | None = None
) -> list[SelectOptionDict]:
    """Return the circuits of a site to choose from.

    `without` is one that is being placed itself: neither it nor what hangs on it can
    feed it.
    """
    circuits = {
        one.subentry_id: one for one in entry.get_subentries_of_type(SUBENTRY_CIRCUIT)
    }

    def hangs_on(key: str | None) -> bool:
        seen: set[str] = set()
        while key in circuits and key not in seen:
            if key == without:
                return True
            seen.add(key)
            key = circuits[key].data.get(CONF_PARENT)
        return False

    return [
        SelectOptionDict(value=key, label=one.title)
        for key, one in circuits.items()
        if without is None or not hangs_on(key)
    ]


class CircuitFlow(ConfigSubentryFlow):
    """A circuit: its fuse, what feeds it, and its own meter if it has one."""

    async def async_step_user(
        self, user_input: dict[str, Any] | None = None
    ) -> SubentryFlowResult:
        """Ask for a new circuit."""
        return self._step("user", user_input, {}, None)

    async def async_step_reconfigure(
        self, user_input: dict[str, Any] | None = None
    ) -> SubentryFlowResult:
        """Change a circuit."""
        subentry = self._get_reconfigure_subentry()
        before = {**subentry.data, CONF_NAME: subentry.title}
        return self._step("reconfigure", user_input, before, subentry.subentry_id)

    def _step(
        self,
        step: str,
        user_input: dict[str, Any] | None,
        before: Mapping[str, Any],
        key: str | None,
    ) -> SubentryFlowResult:
        problem = None
        if user_input is not None:
            typed = flat(user_input, SENSORS)
            problem = source_problem(typed, needed=False)
            if problem is None:
                return self._keep(typed)
        parents = circuits_of(self._get_entry(), without=key)
        feeds: dict[vol.Marker, object] = {}
        if parents:
            feeds[vol.Optional(CONF_PARENT)] = clearable(parents)
        meters = [
            one
            for one in meter_options(self.hass)
            if one["value"] != self._get_entry().data.get(CONF_GRID_METER)
        ]
        schema = vol.Schema(
            {
                vol.Required(CONF_NAME): TextSelector(),
                fuse_field(): FUSE,
                **feeds,
                vol.Optional(CONF_POWER_CAP, default=0): _CAP,
                **source_fields(meters, before),
                vol.Optional(CONF_GRID_TURNED, default=False): BooleanSelector(),
            }
        )
        return self.async_show_form(
            step_id=step,
            data_schema=self.add_suggested_values_to_schema(
                schema, user_input or nested(before, IN_SENSORS)
            ),
            errors={"base": problem} if problem else {},
        )

    def _keep(self, typed: dict[str, Any]) -> SubentryFlowResult:
        data = {
            CONF_FUSE_CURRENT: int(typed[CONF_FUSE_CURRENT]),
            **source_of(typed),
            **{
                key: typed[key]
                for key in (CONF_PARENT, CONF_POWER_CAP, CONF_GRID_TURNED)
                if typed.get(key)
            },
        }
        title = typed[CONF_NAME]
        if self.source == SOURCE_RECONFIGURE:
            return self.async_update_and_abort(
                self._get_entry(),
                self._get_reconfigure_subentry(),
                data=data,
                title=title,
            )
        return self.async_create_entry(title=title, data=data)
