"""What the columns of a DIRIS gateway's SNMP table hold: learnt, asked, kept."""

import asyncio
from collections.abc import Mapping
from dataclasses import replace
from typing import Any, override

from homeassistant.config_entries import (
    ConfigEntryBaseFlow,
    ConfigFlowResult,
    OptionsFlow,
)
from homeassistant.const import CONF_HOST, CONF_PORT
from homeassistant.helpers.selector import (
    BooleanSelector,
    TextSelector,
    TextSelectorConfig,
)
import voluptuous as vol

from . import links
from .const import (
    CONF_CIRCUITS,
    CONF_COLUMNS,
    CONF_HIDDEN,
    CONF_SNMP,
    CONF_VERSION,
    DOMAIN,
)
from .device_form import choice_of
from .diris_store import columns_of, stored_circuits, stored_columns
from .engine.devices.diris import (
    FAMILY,
    PROPOSED_SCALE,
    BadFile,
    Column,
    Evidence,
    Load,
    read_file,
)
from .engine.model import (
    DeviceError,
    NotAllowed,
    PortClosed,
    Silent,
    TooOften,
    Unreachable,
    WrongDevice,
)
from .figures import Figures
from .snmp_form import V3

type Input = dict[str, Any]

CONF_SCALE = "scale"
_MOST_UPDATES_S = 1.0
_EXAMPLES = 3
_LEARN, _SHOW_HIDDEN = "learn", "show_hidden"
_TYPED = {"milliampere": 0.001, "ampere": 1.0, "unknown": None}
"""What the two columns that the manual names may count in."""


def snmp_problem(
    err: DeviceError, told: Mapping[str, Any], *, beside_modbus: bool
) -> str:
    """Return the key of the text that says what to do."""
    silent = "snmp_silent" if told[CONF_VERSION] == V3 else "snmp_community"
    if beside_modbus:
        silent = "snmp_off"
    keys: dict[type[DeviceError], str] = {
        PortClosed: "snmp_closed",
        Silent: silent,
        Unreachable: "no_link",
        NotAllowed: "snmp_refused",
        TooOften: "banned",
        WrongDevice: "wrong_device",
    }
    return next((key for kind, key in keys.items() if isinstance(err, kind)), "refused")


class LearnSteps(ConfigEntryBaseFlow):
    """The walk over the table, of a new gateway or in its options."""

    _data: Input
    """Entry data, as far as they are known."""
    _learning: asyncio.Task[str | None] | None = None
    _columns_seen = 0
    _told_at = 0.0
    _largest: dict[Load, float]
    """The largest numbers of the first column, to show what they may be."""

    async def async_step_diris_learn(
        self, _user_input: Input | None = None
    ) -> ConfigFlowResult:
        """Walk the table of circuits once; ends when the dialog is closed."""
        if self._learning is None:
            self._columns_seen = 0
            self._learning = self.hass.async_create_background_task(
                self._learn(), f"{DOMAIN} columns"
            )
        elif self._learning.done():
            return self.async_show_progress_done(next_step_id="diris_learnt")
        return self.async_show_progress(
            step_id="diris_learn",
            progress_action="diris_learn",
            description_placeholders={
                "host": self._data[CONF_HOST],
                "columns": str(self._columns_seen),
                "circuits": str(len(self._data.get(CONF_CIRCUITS, ()))),
            },
            progress_task=self._learning,
        )

    async def async_step_diris_learnt(
        self, _user_input: Input | None = None
    ) -> ConfigFlowResult:
        """Go on with what was learnt, or say what went wrong."""
        raise NotImplementedError

    def learnt(self) -> str | None:
        """Return the key of what went wrong with the walk that has ended."""
        learning, self._learning = self._learning, None
        return None if learning is None else learning.result()

    async def _learn(self) -> str | None:
        def seen(columns: int) -> None:
            self._columns_seen = columns
            now = self.hass.loop.time()
            if now - self._told_at > _MOST_UPDATES_S:
                self._told_at = now
                self.async_notify_flow_changed()

        data = self._data
        try:
            async with links.temporary_diris_snmp(self.hass, data, {}) as path:
                found = await path.topology()
                data[CONF_CIRCUITS] = stored_circuits(found.loads)
                learnt = await path.learn(seen)
        except DeviceError as err:
            return snmp_problem(err, data[CONF_SNMP], beside_modbus=False)
        if not found.loads:
            return "no_circuits"
        first = learnt.get(min(PROPOSED_SCALE), {})
        ranked = sorted(first, key=first.__getitem__, reverse=True)
        self._largest = {load: first[load] for load in ranked[:_EXAMPLES]}
        data[CONF_COLUMNS] = stored_columns(learnt, columns_of(data))
        return None


def examples(largest: Mapping[Load, float], written: Figures) -> str:
    """Say which numbers the first column holds, for a person to compare."""
    said = (
        f"{load.module}.{load.number}: {written.plain(n)}"
        for load, n in largest.items()
    )
    return "; ".join(said) or "-"


def scales_schema() -> vol.Schema:
    """Return the form that asks what columns hold, for a gateway that is new."""
    return vol.Schema(
        {
            vol.Required(CONF_SCALE, default="milliampere"): choice_of(
                *_TYPED, key="column_scale"
            ),
            vol.Optional(CONF_COLUMNS): TextSelector(
                TextSelectorConfig(multiline=True)
            ),
        }
    )


def columns_schema() -> vol.Schema:
    """Return the same for one that is there, all columns as lines."""
    return vol.Schema(
        {
            vol.Optional(CONF_COLUMNS): TextSelector(
                TextSelectorConfig(multiline=True)
            ),
            vol.Required(_LEARN, default=False): BooleanSelector(),
            vol.Required(_SHOW_HIDDEN, default=False): BooleanSelector(),
        }
    )


def take_scales(
    data: Input,
    user_input: Mapping[str, Any],
    placeholders: dict[str, str],
) -> str | None:
    """Put what was typed of columns into entry data; returns what is wrong with it."""
    learnt = [int(service) for service in data.get(CONF_COLUMNS, {})]
    before = columns_of(data)
    columns: dict[int, Column] = {}
    scale = _TYPED.get(user_input.get(CONF_SCALE, ""))
    if scale is not None:
        columns = {
            service: replace(before[service], scale=scale, evidence=Evidence.TYPED)
            for service in PROPOSED_SCALE
        }
    if text := user_input.get(CONF_COLUMNS, "").strip():
        try:
            columns |= read_file(text)
        except BadFile as err:
            placeholders["line"] = str(err.line)
            return f"column_{err.fault.value}"
    for service, column in columns.items():
        if (old := before.get(service)) and _same(old, column):
            columns[service] = old  # with its proof
    data[CONF_COLUMNS] = stored_columns(learnt, columns)
    return None


def _same(one: Column, other: Column) -> bool:
    return (one.point, one.scale) == (other.point, other.scale)


def lines(data: Mapping[str, Any]) -> str:
    """Return the columns that are known as the lines that `take_scales` reads."""
    return "\n".join(
        f"{service}, {column.quantity}, {column.phase}, {column.scale:g}"
        for service, column in sorted(columns_of(data).items())
        if column.quantity is not None and column.scale is not None
    )


class ColumnOptions(LearnSteps, OptionsFlow):
    """The part of a gateway's options that says what its SNMP columns hold."""

    _columns_form: Input | None = None
    """What the form was last sent with."""

    async def async_step_columns(
        self, user_input: Input | None = None, *, problem: str | None = None
    ) -> ConfigFlowResult:
        """Ask for a line for each column, and whether to learn them again."""
        entry = self.config_entry
        errors = {} if problem is None else {"base": problem}
        placeholders = {"line": "", "host": entry.data[CONF_HOST], "found": ""}
        if user_input is not None:
            self._columns_form = user_input
            self._data = dict(entry.data)
            wrong = take_scales(self._data, user_input, placeholders)
            if wrong is None:
                if user_input[_SHOW_HIDDEN]:
                    self._data.pop(CONF_HIDDEN, None)
                if user_input[_LEARN]:
                    return await self.async_step_diris_learn()
                return self._keep()
            errors[CONF_COLUMNS] = wrong
        told = entry.data[CONF_SNMP]
        return self.async_show_form(
            step_id="columns",
            data_schema=self.add_suggested_values_to_schema(
                columns_schema(),
                self._columns_form or {CONF_COLUMNS: lines(entry.data)},
            ),
            errors=errors,
            description_placeholders={
                **placeholders,
                "port": str(told[CONF_PORT]),
                "family": FAMILY.name,
                "columns": ", ".join(entry.data.get(CONF_COLUMNS, ())) or "-",
                "hidden": ", ".join(map(str, entry.data.get(CONF_HIDDEN, ()))) or "-",
            },
        )

    @override
    async def async_step_diris_learnt(
        self, _user_input: Input | None = None
    ) -> ConfigFlowResult:
        """Keep what the table has now, or leave all as it was."""
        if (problem := self.learnt()) is not None:
            return await self.async_step_columns(problem=problem)
        return self._keep()

    def _keep(self) -> ConfigFlowResult:
        entry, entries = self.config_entry, self.hass.config_entries
        entries.async_update_entry(entry, data=self._data)
        entries.async_schedule_reload(entry.entry_id)
        return self.async_create_entry(data=dict(entry.options))
