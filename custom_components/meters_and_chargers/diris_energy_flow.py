"""Finds the energy counters of Digiware modules: a test that their owner starts."""

import asyncio
from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

from homeassistant.config_entries import (
    ConfigEntryState,
    ConfigFlowResult,
    OptionsFlowWithReload,
)
import voluptuous as vol

from .const import CONF_ENERGY_PLACES, DOMAIN
from .diris import GatewayEntry
from .engine.devices.diris import energy
from .engine.devices.diris.energy import Verdict
from .engine.model import DeviceError

type Input = dict[str, Any]
type Verdicts = Mapping[str, Verdict]

_STEPS = 10
"""In which its progress is shown."""


class EnergyTest(OptionsFlowWithReload):
    """Two readings of the places where counters may be, while circuits draw."""

    _testing: asyncio.Task[Verdicts | None] | None = None
    _verdicts: Verdicts = MappingProxyType({})

    @property
    def can_test_energy(self) -> bool:
        """Whether the gateway runs and has modules whose counters are not known."""
        entry: GatewayEntry = self.config_entry
        loaded = entry.state is ConfigEntryState.LOADED
        return loaded and bool(energy.disputed(entry.runtime_data.topology.modules))

    async def async_step_diris_energy(
        self, user_input: Input | None = None, *, problem: str | None = None
    ) -> ConfigFlowResult:
        """Say what it does and what it needs."""
        if user_input is not None:
            return await self.async_step_diris_energy_run()
        modules = energy.disputed(self.config_entry.runtime_data.topology.modules)
        products = sorted({module.product or "" for module in modules})
        return self.async_show_form(
            step_id="diris_energy",
            data_schema=vol.Schema({}),
            errors={"base": problem} if problem else {},
            description_placeholders={"products": ", ".join(products)},
        )

    async def async_step_diris_energy_run(
        self, _user_input: Input | None = None
    ) -> ConfigFlowResult:
        """Read twice; shows how far it is."""
        if self._testing is None:
            self._testing = self.hass.async_create_background_task(
                self._test(self.config_entry), f"{DOMAIN} energy counters"
            )
        elif self._testing.done():
            return self.async_show_progress_done(next_step_id="diris_energy_result")
        return self.async_show_progress(
            step_id="diris_energy_run",
            progress_action="diris_energy_run",
            progress_task=self._testing,
        )

    async def _test(self, entry: GatewayEntry) -> Verdicts | None:
        """Return what was found; None where the gateway was lost."""
        coordinator, clock = entry.runtime_data, self.hass.loop.time
        modules = energy.disputed(coordinator.topology.modules)
        try:
            before = await coordinator.async_ask(
                lambda path: energy.sample(path, modules, clock)
            )
            for step in range(_STEPS):
                self.async_update_progress(step / _STEPS)
                await asyncio.sleep(energy.PAUSE_S / _STEPS)
            after = await coordinator.async_ask(
                lambda path: energy.sample(path, modules, clock)
            )
        except DeviceError:
            return None
        return energy.judge(modules, before, after)

    async def async_step_diris_energy_result(
        self, user_input: Input | None = None
    ) -> ConfigFlowResult:
        """Say what was found; what was is read from then on."""
        if self._testing is not None:
            testing, self._testing = self._testing, None
            if (verdicts := testing.result()) is None:
                return await self.async_step_diris_energy(problem="test_failed")
            self._verdicts = verdicts
        if user_input is not None:
            return self.async_create_entry(data=self._options())
        said = {"found": "", "idle": "", "unsure": ""}
        for product, one in sorted(self._verdicts.items()):
            kind = "found" if one.place else "idle" if one.idle else "unsure"
            name = f"{product} ({one.place})" if one.place else product
            said[kind] += f", {name}" if said[kind] else name
        return self.async_show_form(
            step_id="diris_energy_result",
            data_schema=vol.Schema({}),
            description_placeholders={key: text or "-" for key, text in said.items()},
        )

    def _options(self) -> Input:
        """Return the options with what was found; without a load it stays as it was."""
        options = self.config_entry.options
        places = dict(options.get(CONF_ENERGY_PLACES, {}))
        for product, one in self._verdicts.items():
            if not (one.idle and places.get(product, {}).get("place")):
                places[product] = {"place": one.place, "evidence": [*one.evidence]}
        return {**options, CONF_ENERGY_PLACES: places}
