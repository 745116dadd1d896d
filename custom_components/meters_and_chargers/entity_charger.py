"""A wallbox of another integration, made of Home Assistant's entities."""

import asyncio
from collections.abc import Callable, Mapping
from itertools import pairwise
import re
from typing import Any

from homeassistant.components.select import SERVICE_SELECT_OPTION
from homeassistant.const import (
    ATTR_ENTITY_ID,
    ATTR_UNIT_OF_MEASUREMENT,
    SERVICE_TURN_OFF,
    SERVICE_TURN_ON,
    STATE_OFF,
    STATE_ON,
    STATE_UNAVAILABLE,
    STATE_UNKNOWN,
    Platform,
    UnitOfElectricCurrent,
)
from homeassistant.core import (
    CALLBACK_TYPE,
    Event,
    EventStateChangedData,
    HomeAssistant,
    State,
    callback,
)
from homeassistant.exceptions import HomeAssistantError
from homeassistant.helpers.event import async_track_state_change_event
from homeassistant.util.unit_conversion import ElectricCurrentConverter
import voluptuous as vol

from .const import (
    CONF_CHARGER,
    CONF_CURRENT_ENTITY,
    CONF_MAXIMUM_CURRENT,
    CONF_MINIMUM_CURRENT,
    CONF_PHASES_ENTITY,
    CONF_PLUGGED_ENTITY,
    CONF_STATUS_ENTITY,
    CONF_STEP,
    CONF_SWITCH_ENTITY,
    CONF_WRITE_INTERVAL,
    DOMAIN,
)
from .engine.charging import Reason
from .engine.model import Setpoint
from .registry import out_of_range

_SELECTS = (Platform.SELECT, "input_select")
SWITCHES = (Platform.SWITCH, "input_boolean")
PHASES_DOMAINS = (*SWITCHES, *_SELECTS)
CURRENT_DOMAINS = (Platform.NUMBER, "input_number", *_SELECTS)
_MISSING = (STATE_UNAVAILABLE, STATE_UNKNOWN)
_WRITE_INTERVAL_S = 15
_PATIENCE_S = 10.0
"""An action that takes longer must not keep the next limit waiting."""
_NUMBER = re.compile(r"\d+(?:[.,]\d+)?")
_PLUGGED: Mapping[str, bool] = {
    "available": False,
    "disconnected": False,
    "idle": False,
    "no_vehicle": False,
    "not_connected": False,
    "unplugged": False,
    "charging": True,
    "complete": True,
    "completed": True,
    "connected": True,
    "finishing": True,
    "paused": True,
    "plugged": True,
    "plugged_in": True,
    "preparing": True,
    "ready": True,
    "suspended_ev": True,
    "suspended_evse": True,
    "waiting": True,
}
"""Words of charging status in common use; of any other nothing is concluded."""
_FAULTS = ("error", "fault", "faulted")


def domain_of(entity_id: str) -> str:
    """Return an entity's domain."""
    return entity_id.partition(".")[0]


def figure_in(text: str) -> float | None:
    """Return the first figure of an option such as "16 A"."""
    found = _NUMBER.search(text)
    return None if found is None else float(found[0].replace(",", "."))


def one_and_three(state: State) -> tuple[str, str] | None:
    """Return the options of a select that mean one and three phases."""
    options = {
        figure_in(one): one for one in reversed(state.attributes.get("options", []))
    }
    if 1 in options and 3 in options:  # noqa: PLR2004 - phases
        return options[1], options[3]
    return None


def range_of(state: State) -> tuple[float, float, float]:
    """Return the least and largest current of an entity and its step, in A.

    Raises `ValueError` if it has no such figures.
    """
    if domain_of(state.entity_id) in _SELECTS:
        amps = sorted({to_amps(state, one) for one in _figures(state)} - {0.0})
        if not amps:
            raise ValueError(state.entity_id)
        steps = {round(b - a, 3) for a, b in pairwise(amps)}
        least = 0.0 if 0.0 in _figures(state) else amps[0]
        return least, amps[-1], min(steps, default=1.0)
    found = tuple(
        to_amps(state, float(state.attributes[name])) for name in ("min", "max", "step")
    )
    return found[0], found[1], found[2]


def to_amps(state: State, value: float) -> float:
    """Return a value of an entity in A; without a unit it is one already."""
    unit = state.attributes.get(ATTR_UNIT_OF_MEASUREMENT)
    if unit not in ElectricCurrentConverter.VALID_UNITS:
        return value
    return ElectricCurrentConverter.convert(value, unit, UnitOfElectricCurrent.AMPERE)


def _figures(state: State) -> list[float]:
    options: list[str] = state.attributes.get("options", [])
    return [one for one in map(figure_in, options) if one is not None]


class EntityCharger:
    """A charger as a site sees it, read from and written to other entities."""

    drawn = None
    measures_phases = False
    session_energy_wh = None

    def __init__(
        self, hass: HomeAssistant, title: str, data: Mapping[str, Any]
    ) -> None:
        """Take the entities from a charger's subentry."""
        self._hass = hass
        self.key: str = data[CONF_CHARGER]
        self.title = title
        self._current: str = data[CONF_CURRENT_ENTITY]
        self._switch: str | None = data.get(CONF_SWITCH_ENTITY)
        self._phases: str | None = data.get(CONF_PHASES_ENTITY)
        self._plugged: str | None = data.get(CONF_PLUGGED_ENTITY)
        self._status: str | None = data.get(CONF_STATUS_ENTITY)
        self.write_interval_ms = (
            round(data.get(CONF_WRITE_INTERVAL, _WRITE_INTERVAL_S)) * 1000
        )
        self._rounded: tuple[int | None, int] = (None, 0)
        """The current of the option that was chosen, and what it was chosen for."""
        self.setpoint = Setpoint(
            minimum_ma=round(data[CONF_MINIMUM_CURRENT] * 1000),
            maximum_ma=round(data[CONF_MAXIMUM_CURRENT] * 1000),
            step_ma=round(data[CONF_STEP] * 1000),
        )

    @callback
    def start(self, on_change: Callable[[], None]) -> CALLBACK_TYPE:
        """Call when one of its entities changes; returns the function that ends it."""
        named = (self._current, self._switch, self._phases, self._plugged, self._status)

        @callback
        def changed(_event: Event[EventStateChangedData]) -> None:
            on_change()

        return async_track_state_change_event(
            self._hass, [one for one in named if one], changed
        )

    @property
    def online(self) -> bool:
        """Whether all that is written can be written."""
        needed = [one for one in (self._current, self._switch) if one]
        return all(self._state(one) is not None for one in needed)

    @property
    def limit_ma(self) -> int | None:
        """The limit by the entities' own states; mA."""
        if self._switch is not None:
            switch = self._state(self._switch)
            if switch is None:
                return None
            if switch.state == STATE_OFF:
                return 0
        return self._current_ma()

    @property
    def phases(self) -> int | None:
        """The phases in use, by the entity that switches them."""
        if self._phases is None or (state := self._state(self._phases)) is None:
            return None
        if domain_of(self._phases) in _SELECTS:
            figure = figure_in(state.state)
            return int(figure) if figure in (1, 3) else None
        return 3 if state.state == STATE_ON else 1

    @property
    def switches_phases(self) -> bool:
        """Whether there is an entity for it."""
        return self._phases is not None

    @property
    def plugged(self) -> bool | None:
        """Whether a car is plugged in, by its entity, else by the status."""
        if self._plugged is not None:
            state = self._state(self._plugged)
            return None if state is None else state.state == STATE_ON
        return _PLUGGED.get(self._word())

    @property
    def blocked(self) -> Reason | None:
        """A fault that the status tells."""
        return Reason.FAULT if self._word() in _FAULTS else None

    async def async_set_limit(
        self,
        value_ma: int,
        *,
        urgent: bool = False,  # noqa: ARG002 - nothing else is on its way
        phases: int | None = None,
    ) -> None:
        """Write current, phases and switch, each only if it is another; mA."""
        setpoint = self.setpoint
        if value_ma and not setpoint.minimum_ma <= value_ma <= setpoint.maximum_ma:
            raise await out_of_range(self._hass, self, value_ma)
        if value_ma == 0 and self._switch is not None:
            await self._turn(self._switch, on=False)
            return
        if phases is not None and self._phases is not None and phases != self.phases:
            await self._use_phases(self._phases, phases)
        if value_ma != self._current_ma():
            await self._set_current(value_ma)
        if self._switch is not None:
            await self._turn(self._switch, on=True)

    async def _set_current(self, value_ma: int) -> None:
        state = self._state(self._current)
        unit = None if state is None else state.attributes.get(ATTR_UNIT_OF_MEASUREMENT)
        domain = domain_of(self._current)
        if domain in _SELECTS:
            # The largest option that is not more than what is allowed.
            options: list[str] = [] if state is None else state.attributes["options"]
            fitting = [
                (to_amps(state, figure), option)
                for option in options
                if state is not None
                and (figure := figure_in(option)) is not None
                and to_amps(state, figure) * 1000 <= value_ma
            ]
            if not fitting:
                raise await out_of_range(self._hass, self, value_ma)
            amps, option = max(fitting)
            await self._call(
                domain, SERVICE_SELECT_OPTION, self._current, option=option
            )
            self._rounded = round(amps * 1000), value_ma
            return
        value = value_ma / 1000
        if unit in ElectricCurrentConverter.VALID_UNITS:
            value = ElectricCurrentConverter.convert(
                value, UnitOfElectricCurrent.AMPERE, unit
            )
        await self._call(domain, "set_value", self._current, value=value)

    async def _use_phases(self, entity_id: str, phases: int) -> None:
        if domain_of(entity_id) not in _SELECTS:
            await self._turn(entity_id, on=phases > 1)
            return
        state = self._state(entity_id)
        options = None if state is None else one_and_three(state)
        if options is None:
            raise self._failed(entity_id, "1, 3?")
        option = options[0] if phases == 1 else options[1]
        await self._call(
            domain_of(entity_id), SERVICE_SELECT_OPTION, entity_id, option=option
        )

    async def _turn(self, entity_id: str, *, on: bool) -> None:
        state = self._state(entity_id)
        if state is None or state.state != (STATE_ON if on else STATE_OFF):
            action = SERVICE_TURN_ON if on else SERVICE_TURN_OFF
            await self._call(domain_of(entity_id), action, entity_id)

    async def _call(
        self, domain: str, action: str, entity_id: str, **data: float | str
    ) -> None:
        """Call an action of Home Assistant and wait; its errors in words."""
        try:
            async with asyncio.timeout(_PATIENCE_S):
                await self._hass.services.async_call(
                    domain, action, {ATTR_ENTITY_ID: entity_id, **data}, blocking=True
                )
        except TimeoutError as err:
            raise self._failed(entity_id, f"> {_PATIENCE_S:g} s") from err
        except (HomeAssistantError, vol.Invalid, ValueError) as err:
            raise self._failed(entity_id, str(err)) from err

    def _failed(self, entity_id: str, error: str) -> HomeAssistantError:
        state = self._hass.states.get(entity_id)
        return HomeAssistantError(
            translation_domain=DOMAIN,
            translation_key="entity_refused",
            translation_placeholders={
                "name": self.title,
                "entity": entity_id if state is None else state.name,
                "error": error,
            },
        )

    def _current_ma(self) -> int | None:
        if (state := self._state(self._current)) is None:
            return None
        if (figure := figure_in(state.state)) is None:
            return None
        current_ma = round(to_amps(state, figure) * 1000)
        chosen_ma, asked_ma = self._rounded
        return asked_ma if current_ma == chosen_ma else current_ma

    def _word(self) -> str:
        if self._status is None or (state := self._state(self._status)) is None:
            return ""
        return state.state.strip().lower().replace(" ", "_")

    def _state(self, entity_id: str) -> State | None:
        state = self._hass.states.get(entity_id)
        return None if state is None or state.state in _MISSING else state
