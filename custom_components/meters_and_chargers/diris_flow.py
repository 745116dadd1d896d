"""The steps and options of a DIRIS gateway: its modules, its circuits' names."""

import asyncio
from collections.abc import Mapping
import re
from typing import Any

from homeassistant.config_entries import ConfigFlow, ConfigFlowResult
from homeassistant.const import CONF_HOST, CONF_NAME, CONF_PORT
from homeassistant.exceptions import HomeAssistantError
from homeassistant.helpers.selector import (
    BooleanSelector,
    TextSelector,
    TextSelectorConfig,
)
import voluptuous as vol

from . import links
from .const import (
    CONF_ADDRESSES,
    CONF_MODULES,
    CONF_NAMES,
    CONF_SINGLE_SOURCE,
    DOMAIN,
)
from .coordinator import error_key
from .device_form import interval_field, take_interval
from .diris import addresses_in, modules_of, stored
from .diris_energy_flow import EnergyTest
from .diris_entities import show_single_source
from .diris_export_flow import DirisExportOptions
from .diris_mib_flow import DirisMibOptions
from .engine.devices.diris import FAMILY, Topology, points_of
from .engine.model import DeviceError, Identity

type Input = dict[str, Any]

ADDRESSES = "1-32"
"""As many modules as a gateway can have."""
_MOST_UPDATES_S = 1.0
_LINE = re.compile(r"(\d+\.\d+)\s*[:=]?\s*(.*)")
"""A circuit's place and its name."""


class DirisSteps(ConfigFlow):
    """The steps of a gateway in the integration's flow, once it has answered."""

    _data: Input
    _identity: Identity | None
    _walking: asyncio.Task[str | None] | None = None
    _behind: Topology = Topology(())
    _walked = 0
    _shown_at = 0.0

    async def async_step_diris_modules(
        self, user_input: Input | None = None, *, problem: str | None = None
    ) -> ConfigFlowResult:
        """Ask at which addresses modules may be."""
        if user_input is not None:
            if _are_addresses(user_input[CONF_ADDRESSES]):
                self._data[CONF_ADDRESSES] = user_input[CONF_ADDRESSES]
                return await self.async_step_diris_walk()
            problem = "invalid_addresses"
        typed = user_input or self._data
        addresses = vol.Required(
            CONF_ADDRESSES, default=typed.get(CONF_ADDRESSES, ADDRESSES)
        )
        return self.async_show_form(
            step_id="diris_modules",
            data_schema=vol.Schema({addresses: TextSelector()}),
            errors={"base": problem} if problem else {},
            description_placeholders=self._gateway(),
        )

    def _gateway(self) -> dict[str, str]:
        identity = self._identity
        return {
            "device": "" if identity is None else f"{identity.maker} {identity.model}",
            "serial": "" if identity is None else identity.serial,
            "host": self._data[CONF_HOST],
            "port": str(self._data[CONF_PORT]),
        }

    async def async_step_diris_walk(
        self, _user_input: Input | None = None
    ) -> ConfigFlowResult:
        """Ask every address who is there; shows how far it is."""
        addresses = addresses_in(self._data[CONF_ADDRESSES])
        if self._walking is None:
            self._walked, self._behind = 0, Topology(())
            self._walking = self.hass.async_create_background_task(
                self._walk(addresses), f"{DOMAIN} modules"
            )
        elif self._walking.done():
            return self.async_show_progress_done(next_step_id="diris_circuits")
        return self.async_show_progress(
            step_id="diris_walk",
            progress_action="diris_walk",
            description_placeholders={
                **self._gateway(),
                "done": str(self._walked),
                "total": str(len(addresses)),
                "modules": str(len(self._behind.modules)),
                "circuits": str(len(self._behind.loads)),
            },
            progress_task=self._walking,
        )

    async def _walk(self, addresses: tuple[int, ...]) -> str | None:
        """Find modules; returns the key of what went wrong."""

        def asked() -> None:
            self._walked += 1
            self._behind = path.known
            self.async_update_progress(self._walked / len(addresses))
            now = self.hass.loop.time()
            if now - self._shown_at > _MOST_UPDATES_S:
                self._shown_at = now
                self.async_notify_flow_changed()

        try:
            async with links.temporary_diris(self.hass, self._data) as path:
                await path.look_for(addresses, asked)
                self._behind = path.known
        except DeviceError as err:
            return "silent" if error_key(err) == "silent" else "no_link"
        except HomeAssistantError:
            return "in_use"
        return None if self._behind.modules else "no_modules"

    async def async_step_diris_circuits(
        self, user_input: Input | None = None
    ) -> ConfigFlowResult:
        """Show what was found, and ask for the gateway's name."""
        if self._walking is not None:
            walking, self._walking = self._walking, None
            if (problem := walking.result()) is not None:
                return await self.async_step_diris_modules(problem=problem)
        identity = self._identity
        if identity is None:
            return await self.async_step_diris_modules()
        if user_input is not None:
            return self.async_create_entry(
                title=user_input[CONF_NAME],
                data={**self._data, CONF_MODULES: stored(self._behind)},
                options={CONF_SINGLE_SOURCE: user_input[CONF_SINGLE_SOURCE]},
            )
        name = f"{identity.model} {identity.serial[-4:]}"
        return self.async_show_form(
            step_id="diris_circuits",
            data_schema=vol.Schema(
                {
                    vol.Required(CONF_NAME, default=name): TextSelector(),
                    vol.Required(CONF_SINGLE_SOURCE, default=False): BooleanSelector(),
                }
            ),
            description_placeholders={
                **self._gateway(),
                "modules": str(len(self._behind.modules)),
                "circuits": str(len(self._behind.loads)),
                "list": _in_words(self._behind),
            },
        )


def _are_addresses(text: str) -> bool:
    try:
        return bool(addresses_in(text))
    except ValueError:
        return False


def _in_words(found: Topology) -> str:
    """Return a line for each module; one without a table is only named."""
    return "\n".join(
        f"- {module.address}: {module.product} "
        f"({len(module.loads) if points_of(module.product, 1) else '-'})"
        for module in found.modules
    )


class DirisOptions(EnergyTest, DirisMibOptions, DirisExportOptions):
    """How often circuits are read, what they are called, where modules may be."""

    async def async_step_init(
        self, _user_input: Input | None = None
    ) -> ConfigFlowResult:
        """Ask what to change."""
        items = ["diris"]
        if self.can_test_energy:
            items.append("diris_energy")
        items += ["diris_mib", "diris_traps", "diris_outputs", "diris_export"]
        return self.async_show_menu(step_id="init", menu_options=items)

    async def async_step_diris(
        self, user_input: Input | None = None
    ) -> ConfigFlowResult:
        """Ask for all of it; a circuit without a line is called by its place."""
        entry, errors = self.config_entry, dict[str, str]()
        single_source: bool = entry.options.get(CONF_SINGLE_SOURCE, False)
        if user_input is not None:
            names = _names(user_input.get(CONF_NAMES, ""))
            if names is None:
                errors[CONF_NAMES] = "invalid_names"
            elif not _are_addresses(user_input[CONF_ADDRESSES]):
                errors[CONF_ADDRESSES] = "invalid_addresses"
            else:
                options: Input = {
                    **entry.options,
                    CONF_NAMES: names,
                    CONF_ADDRESSES: user_input[CONF_ADDRESSES],
                    CONF_SINGLE_SOURCE: user_input[CONF_SINGLE_SOURCE],
                }
                if options[CONF_SINGLE_SOURCE] != single_source:
                    show_single_source(self.hass, entry, shown=not single_source)
                take_interval(user_input, options)
                return self.async_create_entry(data=options)
        lines = _lines(entry.data[CONF_MODULES], entry.options.get(CONF_NAMES, {}))
        known = {**entry.data, **entry.options}
        suggested = {
            CONF_NAMES: lines,
            CONF_ADDRESSES: known[CONF_ADDRESSES],
            **(user_input or {}),
        }
        fields: dict[vol.Marker, object] = {
            **interval_field(entry, FAMILY.intervals_s),
            vol.Required(CONF_ADDRESSES): TextSelector(),
            vol.Optional(CONF_NAMES): TextSelector(TextSelectorConfig(multiline=True)),
            vol.Required(CONF_SINGLE_SOURCE, default=single_source): BooleanSelector(),
        }
        return self.async_show_form(
            step_id="diris",
            data_schema=self.add_suggested_values_to_schema(
                vol.Schema(fields), suggested
            ),
            errors=errors,
        )


def _lines(modules: list[dict[str, Any]], names: Mapping[str, str]) -> str:
    """Return a line for each circuit: its place, and its name if it has one."""
    loads = sorted(Topology(modules_of(modules)).loads)
    places = [f"{load.module}.{load.number}" for load in loads]
    return "\n".join(f"{place} {names.get(place, '')}".strip() for place in places)


def _names(text: str) -> dict[str, str] | None:
    """Return the names in such lines; None where one begins without a place."""
    names = {}
    for line in filter(None, map(str.strip, text.splitlines())):
        if (said := _LINE.fullmatch(line)) is None:
            return None
        if said[2]:
            names[said[1]] = said[2]
    return names
