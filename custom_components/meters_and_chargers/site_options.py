"""What the owner of a site may change at any time: its options, used at once."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Any

from homeassistant.config_entries import ConfigFlowResult, OptionsFlow
from homeassistant.data_entry_flow import section
from homeassistant.helpers.selector import (
    BooleanSelector,
    NumberSelector,
    NumberSelectorConfig,
    NumberSelectorMode,
    SelectSelector,
    SelectSelectorConfig,
)
import voluptuous as vol

from .const import CONF_FUSE_CURRENT, CONF_ON_STOP
from .engine.charging import Settings


class OnStop(StrEnum):
    """What becomes of the limits when nobody looks after them any more."""

    FAILSAFE = "failsafe"
    KEEP = "keep"
    RELEASE = "release"


@dataclass(frozen=True, slots=True)
class Figure:
    """A figure of `Settings` that the user may change, in units of `factor`."""

    section: str
    field: str
    unit: str
    lowest: int
    highest: int
    factor: int = 1
    step: float = 1
    zero_is_none: bool = False
    """Whether 0 says that there is no such limit."""


FIGURES: Mapping[str, Figure] = {
    "start_delay": Figure("timing", "start_delay_ms", "s", 10, 900, 1000),
    "stop_delay": Figure("timing", "stop_delay_ms", "s", 0, 900, 1000),
    "min_on": Figure("timing", "min_on_ms", "s", 0, 3600, 1000),
    "min_off": Figure("timing", "min_off_ms", "s", 0, 3600, 1000),
    "phase_up": Figure("timing", "phase_up_ms", "s", 30, 3600, 1000),
    "phase_down": Figure("timing", "phase_down_ms", "s", 30, 3600, 1000),
    "most_starts": Figure("timing", "most_starts", "", 1, 500),
    "most_phase_changes": Figure("timing", "most_phase_changes", "", 1, 100),
    "dead_band": Figure("timing", "dead_band_ma", "A", 0, 10, 1000, 0.5),
    "residual_power": Figure("timing", "residual_w", "W", -2000, 2000, step=10),
    "margin_current": Figure("timing", "margin_ma", "A", 0, 5, 1000, 0.5),
    "failsafe_current": Figure("timing", "failsafe_ma", "A", 0, 500, 1000),
    "power_cap": Figure(
        "limits", "power_cap_w", "W", 0, 1_000_000, step=100, zero_is_none=True
    ),
    "unbalance_limit": Figure(
        "limits", "unbalance_ma", "A", 0, 100, 1000, zero_is_none=True
    ),
    "battery_first": Figure("battery", "battery_first_percent", "%", 0, 100),
    "battery_buffer": Figure("battery", "battery_buffer_percent", "%", 0, 100),
}
SWITCHES: Mapping[str, tuple[str, str]] = {
    "observe": ("timing", "observe"),
    "unbalance_base": ("limits", "unbalance_counts_base"),
    "battery_discharge": ("battery", "battery_discharge"),
}
"""Section and field of what is on or off."""
SECTIONS = ("timing", "limits", "battery")
DEFAULTS = Settings(fuse_ma=(0, 0, 0), chargers=())


def chosen(settings: Settings, options: Mapping[str, Any]) -> Settings:
    """Return the settings with what the user has changed of them."""
    changed: dict[str, Any] = {}
    for key, figure in FIGURES.items():
        if key in options:
            value = round(options[key] * figure.factor)
            changed[figure.field] = None if figure.zero_is_none and not value else value
    for key, (_, field) in SWITCHES.items():
        if key in options:
            changed[field] = options[key]
    return replace(settings, **changed)


def on_stop(options: Mapping[str, Any]) -> OnStop:
    """Return what the wallboxes are left with."""
    return OnStop(options.get(CONF_ON_STOP, OnStop.FAILSAFE))


def shown(key: str, options: Mapping[str, Any]) -> float | bool:
    """Return what an option is now, as it is shown and kept."""
    now: float | bool | None = options.get(key)
    if now is not None:
        return now
    if key in SWITCHES:
        return bool(getattr(DEFAULTS, SWITCHES[key][1]))
    figure = FIGURES[key]
    return (getattr(DEFAULTS, figure.field) or 0) / figure.factor


def highest(key: str, fuse_current: int) -> int:
    """Return the largest figure; more than half of the fuse would not be safe."""
    return fuse_current // 2 if key == "failsafe_current" else FIGURES[key].highest


class SiteOptions(OptionsFlow):
    """How patiently and how carefully a site charges; it need not be reloaded."""

    async def async_step_init(
        self,
        user_input: dict[str, Any] | None = None,  # noqa: ARG002 - another step asks
    ) -> ConfigFlowResult:
        """Go to the form: the first step's words are those of a device."""
        return await self.async_step_site()

    async def async_step_site(
        self, user_input: dict[str, Any] | None = None
    ) -> ConfigFlowResult:
        """Ask for times, powers and currents."""
        if user_input is not None:
            sent = {
                key: value
                for part in user_input.values()
                for key, value in part.items()
            }
            return self.async_create_entry(data={**self.config_entry.options, **sent})
        schema = {
            vol.Required(name): section(
                vol.Schema(self._fields(name)), {"collapsed": True}
            )
            for name in SECTIONS
        }
        return self.async_show_form(step_id="site", data_schema=vol.Schema(schema))

    def _fields(self, name: str) -> dict[vol.Marker, object]:
        entry = self.config_entry
        fields: dict[vol.Marker, object] = {}
        for key, figure in FIGURES.items():
            if figure.section != name:
                continue
            most = highest(key, entry.data[CONF_FUSE_CURRENT])
            now = min(shown(key, entry.options), most)
            fields[vol.Required(key, default=now)] = NumberSelector(
                NumberSelectorConfig(
                    min=figure.lowest,
                    max=most,
                    step=figure.step,
                    unit_of_measurement=figure.unit,
                    mode=NumberSelectorMode.BOX,
                )
            )
        for key, (where, _) in SWITCHES.items():
            if where == name:
                now = shown(key, entry.options)
                fields[vol.Required(key, default=now)] = BooleanSelector()
        if name == "timing":
            chosen_stop = on_stop(entry.options)
            fields[vol.Required(CONF_ON_STOP, default=chosen_stop)] = SelectSelector(
                SelectSelectorConfig(options=list(OnStop), translation_key="on_stop")
            )
        return fields
