"""The options of a Pico or of a group of them: how it is kept, and its account."""

from collections.abc import Mapping
from contextlib import suppress
from typing import Any, override

from homeassistant.config_entries import (
    ConfigEntry,
    ConfigEntryState,
    ConfigFlowResult,
)
from homeassistant.const import UnitOfElectricCurrent, UnitOfTime
from homeassistant.core import HomeAssistant
from homeassistant.helpers.selector import (
    NumberSelector,
    NumberSelectorConfig,
    NumberSelectorMode,
    SelectSelector,
    SelectSelectorConfig,
)
import voluptuous as vol

from .const import (
    CONF_ACCESS_KEY,
    CONF_FAMILY,
    CONF_LEAVE,
    CONF_LEAVE_CURRENT,
    CONF_REASSERT,
)
from .coordinator import DeviceCoordinator
from .engine.devices.smart_me import PICO, PICO_GROUP, OnStop
from .engine.devices.smart_me.steering import REASSERT_S as BOUNDS_S
from .engine.model import DeviceError
from .key_flow import key_fields, take_key
from .links import open_account
from .pico_account import serials_of
from .pico_station import REASSERT_S
from .stand_in_flow import StandInSteps, has_stand_in

type Input = dict[str, Any]

BY_PHASE = "by_phase"


def is_pico(entry: ConfigEntry) -> bool:
    """Whether an entry is a Pico's or a group's."""
    return entry.data[CONF_FAMILY] in (PICO.key, PICO_GROUP.key)


class PicoOptions(StandInSteps):
    """What a station is told again, what it is left with, and its account's key.

    All but the key is used at once: an entry that is loaded anew leaves its station
    for a moment as at a stop.
    """

    own_step = "station"

    async def async_step_init(
        self, user_input: Input | None = None
    ) -> ConfigFlowResult:
        """Go to the menu where the station is there, which a service could bill."""
        if has_stand_in(self.config_entry):
            return await self.async_step_charger_menu()
        return await self.async_step_station(user_input)

    @override
    async def _finish(self, chosen: Input | None) -> ConfigFlowResult:
        """Load it anew with its billing service, or without."""
        result = await super()._finish(chosen)
        self.hass.config_entries.async_schedule_reload(self.config_entry.entry_id)
        return result

    async def async_step_station(
        self, user_input: Input | None = None
    ) -> ConfigFlowResult:
        """Ask for all of it, and try a new key."""
        entry = self.config_entry
        errors: dict[str, str] = {}
        placeholders: dict[str, str] = {}
        if user_input is not None:
            options: Input = {
                **entry.options,
                CONF_REASSERT: int(user_input[CONF_REASSERT]),
                CONF_LEAVE: user_input[CONF_LEAVE],
                CONF_LEAVE_CURRENT: int(user_input[CONF_LEAVE_CURRENT]),
            }
            problem = _impossible(entry, options) or await take_key(
                self.hass, entry, user_input, options, placeholders
            )
            if problem is None:
                await self._use(options)
                return self.async_create_entry(data=options)
            errors["base"] = problem
        return self.async_show_form(
            step_id="station",
            data_schema=self.add_suggested_values_to_schema(_schema(entry), user_input),
            errors=errors,
            description_placeholders=placeholders,
        )

    async def _use(self, options: Input) -> None:
        """Follow new options now; another key needs the entry to be loaded anew."""
        entry = self.config_entry
        key = options.get(CONF_ACCESS_KEY)
        if key != entry.options.get(CONF_ACCESS_KEY):
            if key is not None and not entry.data.get(BY_PHASE):
                await _learn_by_phase(self.hass, entry, key)
            self.hass.config_entries.async_schedule_reload(entry.entry_id)
        elif entry.state is ConfigEntryState.LOADED:
            coordinator: DeviceCoordinator = entry.runtime_data
            if coordinator.station is not None:
                coordinator.station.keep(options)


async def _learn_by_phase(hass: HomeAssistant, entry: ConfigEntry, key: str) -> None:
    """Let the account confirm that the firmware takes a current for each phase."""
    account, serials = open_account(hass, key), serials_of(entry)
    with suppress(DeviceError):
        mine = [one for one in await account.stations() if one.serial in serials]
        told = [(await account.settings(one.id)).by_phase for one in mine]
        if told and all(told):
            data = {**entry.data, BY_PHASE: 1}
            hass.config_entries.async_update_entry(entry, data=data)


def _impossible(entry: ConfigEntry, options: Mapping[str, Any]) -> str | None:
    """Return the key of what a station can't be told."""
    lowest, highest = BOUNDS_S
    every_s, stop_a = options[CONF_REASSERT], options[CONF_LEAVE_CURRENT]
    if every_s and not lowest <= every_s <= highest:
        return "reassert_range"
    bounds = entry.data["minimum_current"], entry.data["maximum_current"]
    if stop_a and not bounds[0] <= stop_a <= bounds[1]:
        return "leave_current_range"
    return None


def _schema(entry: ConfigEntry) -> vol.Schema:
    options = entry.options
    leave = SelectSelector(
        SelectSelectorConfig(
            options=[one.value for one in OnStop], translation_key="leave"
        )
    )
    return vol.Schema(
        {
            vol.Required(
                CONF_REASSERT, default=options.get(CONF_REASSERT, REASSERT_S)
            ): _figure(BOUNDS_S[1], UnitOfTime.SECONDS),
            vol.Required(
                CONF_LEAVE, default=options.get(CONF_LEAVE, OnStop.KEEP.value)
            ): leave,
            vol.Required(
                CONF_LEAVE_CURRENT, default=options.get(CONF_LEAVE_CURRENT, 0)
            ): _figure(entry.data["maximum_current"], UnitOfElectricCurrent.AMPERE),
            **key_fields(entry),
        }
    )


def _figure(highest: int, unit: str) -> NumberSelector:
    return NumberSelector(
        NumberSelectorConfig(
            min=0,
            max=highest,
            step=1,
            unit_of_measurement=unit,
            mode=NumberSelectorMode.BOX,
        )
    )
