"""Is the grid meter the right way round? Asked, and tried, before a site is made."""

import asyncio
from collections.abc import Mapping
from typing import Any, override

from homeassistant.config_entries import ConfigFlow, ConfigFlowResult
from homeassistant.core import CALLBACK_TYPE, callback
from homeassistant.helpers.selector import SelectSelector, SelectSelectorConfig
import voluptuous as vol

from .const import CONF_GRID_TURNED
from .engine.charging import GridSample
from .engine.model import PHASES
from .figures import UNKNOWN, Figures, figures_of
from .grid import Grid, grid_of
from .site_watch import is_night

LOOK_EVERY_S = 1.0
WAIT_S = 15
"""How long a meter may take to say something at all."""
TEST_S = 90
JUMP_W = 1_000
"""What a kettle draws, at least."""
_PHASE_JUMP_MA = 2_000
_SIGN = "sign"
_YES, _NO, _TEST = "yes", "no", "test"


class SignSteps(ConfigFlow):
    """The steps that let the owner check the sign of a grid meter, live."""

    _source: Mapping[str, Any]
    """The data of the meter that is looked at."""
    _turned: bool = False
    _grid: Grid | None = None
    _end: CALLBACK_TYPE | None = None
    _looking: asyncio.Task[None] | None = None
    _until: float = 0
    _first: GridSample | None = None
    """What the meter said when the test began."""
    _written: Figures = Figures()

    async def _sign_is_known(self) -> ConfigFlowResult:
        """Go on with `_turned`."""
        raise NotImplementedError

    async def _meter_is_silent(self) -> ConfigFlowResult:
        """Go on with a meter that says nothing."""
        raise NotImplementedError

    async def _check_sign(self, source: Mapping[str, Any]) -> ConfigFlowResult:
        """Begin to look at a meter."""
        self._stop_looking()
        self._written = await figures_of(self.hass)
        self._source = source
        self._turned = bool(source.get(CONF_GRID_TURNED))
        self._grid = grid_of(self.hass, source, lambda: None)
        if self._grid is not None:
            self._end = self._grid.start()
        self._until = self._now + WAIT_S
        return await self.async_step_sign_look()

    async def async_step_sign_look(
        self,
        user_input: dict[str, Any] | None = None,  # noqa: ARG002 - nothing is asked
    ) -> ConfigFlowResult:
        """Wait until the meter has said something."""
        waited = self._looking is not None
        if self._sample is not None and not waited:
            return await self.async_step_sign()
        if (done := self._look_again("sign_look")) is not None:
            return done
        found = self._sample is not None
        return self.async_show_progress_done(
            next_step_id="sign" if found else "sign_silent"
        )

    async def async_step_sign_silent(
        self,
        user_input: dict[str, Any] | None = None,  # noqa: ARG002 - nothing is asked
    ) -> ConfigFlowResult:
        """Say that nothing came."""
        self._stop_looking()
        return await self._meter_is_silent()

    async def async_step_sign(
        self, user_input: dict[str, Any] | None = None
    ) -> ConfigFlowResult:
        """Show what the house does now, and ask whether that is right."""
        if user_input is not None:
            if user_input[_SIGN] == _TEST:
                return await self.async_step_sign_test()
            self._turned ^= user_input[_SIGN] == _NO
            return await self._finish()
        sample = self._sample
        if sample is None:
            return await self.async_step_sign_silent()
        exports = sample.power_w < 0
        doubtful = exports and is_night(self.hass)
        step = "sign_night" if doubtful else "sign_export" if exports else "sign_import"
        choice = SelectSelector(
            SelectSelectorConfig(options=[_YES, _NO, _TEST], translation_key=_SIGN)
        )
        default = _NO if doubtful else _YES
        return self.async_show_form(
            step_id=step,
            data_schema=vol.Schema({vol.Required(_SIGN, default=default): choice}),
            description_placeholders={
                "power": self._written.watts(sample.power_w),
                "phases_drawn": self._phases(sample, 1),
                "phases_fed": self._phases(sample, -1),
            },
        )

    async_step_sign_import = async_step_sign
    async_step_sign_export = async_step_sign
    async_step_sign_night = async_step_sign

    async def async_step_sign_test(
        self,
        user_input: dict[str, Any] | None = None,  # noqa: ARG002 - nothing is asked
    ) -> ConfigFlowResult:
        """Wait for the jump that a kettle makes, and show what the meter says."""
        if self._looking is None:
            self._first = self._sample
            self._until = self._now + TEST_S
        jump_w = self._jump_w
        if abs(jump_w) < JUMP_W and (going_on := self._look_again("sign_test")):
            return going_on
        self._stop_task()
        result = "sign_rose" if jump_w > 0 else "sign_fell"
        if abs(jump_w) < JUMP_W:
            result = "sign_no_jump"
        return self.async_show_progress_done(next_step_id=result)

    async def async_step_sign_rose(
        self, user_input: dict[str, Any] | None = None
    ) -> ConfigFlowResult:
        """The power rose: all is well."""
        return await self._say("sign_rose", user_input)

    async def async_step_sign_fell(
        self, user_input: dict[str, Any] | None = None
    ) -> ConfigFlowResult:
        """The power fell: it is counted the other way round from now on."""
        if user_input is not None:
            self._turned = not self._turned
        return await self._say("sign_fell", user_input)

    async def async_step_sign_no_jump(
        self,
        user_input: dict[str, Any] | None = None,  # noqa: ARG002 - the menu goes on
    ) -> ConfigFlowResult:
        """Nothing happened: try again, choose another meter, or look at it again."""
        return self.async_show_menu(
            step_id="sign_no_jump",
            menu_options=["sign_test", "sign", self._site_step],
            description_placeholders=self._figures(),
        )

    @property
    def _site_step(self) -> str:
        """The step in which the meter is chosen."""
        raise NotImplementedError

    async def _say(
        self, step: str, user_input: dict[str, Any] | None
    ) -> ConfigFlowResult:
        if user_input is not None:
            return await self._finish()
        return self.async_show_form(
            step_id=step,
            data_schema=vol.Schema({}),
            description_placeholders=self._figures(),
        )

    async def _finish(self) -> ConfigFlowResult:
        self._stop_looking()
        return await self._sign_is_known()

    def _look_again(self, step: str) -> ConfigFlowResult | None:
        """Show the progress of a step for a second more; None when it is over."""
        left = self._until - self._now
        if self._looking is not None and self._looking.done():
            self._looking = None
            if left <= 0 or (step == "sign_look" and self._sample is not None):
                return None
        if self._looking is None:
            self._looking = self.hass.async_create_task(
                asyncio.sleep(LOOK_EVERY_S), f"{step} waits", eager_start=False
            )
        return self.async_show_progress(
            step_id=step,
            progress_action=step,
            progress_task=self._looking,
            description_placeholders={
                **self._figures(),
                "left": str(max(0, round(left))),
            },
        )

    def _figures(self) -> dict[str, str]:
        first, now = self._first, self._sample
        return {
            **self._both_ways("start", first),
            **self._both_ways("now", now),
            "delta": self._written.watts(self._jump_w),
            "phase": self._phase(),
        }

    def _both_ways(self, name: str, sample: GridSample | None) -> dict[str, str]:
        """Return what is drawn and what is fed in: no sign has to be explained."""
        drawn, fed = self._written.both_ways([sample.power_w] if sample else [])
        return {f"{name}_drawn": drawn, f"{name}_fed": fed}

    def _phases(self, sample: GridSample, way: int) -> str:
        """Return the currents of the phases that draw, or of those that feed in."""
        pairs = zip(PHASES, sample.currents_ma or (), strict=False)
        return (
            " · ".join(
                f"{phase.upper()} {self._written.number(ma / 1000, 1, 'A')}"
                for phase, ma in pairs
                if (ma < 0) is (way < 0)
            )
            or UNKNOWN
        )

    @property
    def _jump_w(self) -> int:
        first, now = self._first, self._sample
        return 0 if first is None or now is None else now.power_w - first.power_w

    def _phase(self) -> str:
        """Return the phase on which the jump was, if the meter tells phases."""
        first = None if self._first is None else self._first.currents_ma
        now = None if self._sample is None else self._sample.currents_ma
        if first is None or now is None:
            return UNKNOWN
        jumps = [abs(b - a) for a, b in zip(first, now, strict=True)]
        jumped = [
            phase.upper()
            for phase, jump in zip(PHASES, jumps, strict=True)
            if jump >= max(_PHASE_JUMP_MA, max(jumps) // 2)
        ]
        return ", ".join(jumped) or UNKNOWN

    @property
    def _sample(self) -> GridSample | None:
        return None if self._grid is None else self._grid.sample

    @property
    def _now(self) -> float:
        return self.hass.loop.time()

    def _stop_task(self) -> None:
        if self._looking is not None:
            self._looking.cancel()
            self._looking = None

    @callback
    def _stop_looking(self) -> None:
        self._stop_task()
        if self._end is not None:
            self._end()
            self._end = None

    @callback
    @override
    def async_remove(self) -> None:
        """Let go of the meter when the dialog is closed."""
        self._stop_looking()
