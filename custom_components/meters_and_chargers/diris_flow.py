"""The steps and options of a DIRIS gateway: its modules, its circuits' names."""

import asyncio
from collections.abc import Mapping
from collections.abc import Set as AbstractSet
import re
from types import MappingProxyType
from typing import Any, override

from homeassistant.config_entries import SOURCE_RECONFIGURE, ConfigFlowResult
from homeassistant.const import CONF_HOST, CONF_NAME, CONF_PORT
from homeassistant.data_entry_flow import AbortFlow
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
    CONF_BACNET_MODULES,
    CONF_CIRCUITS,
    CONF_COLUMNS,
    CONF_HIDDEN,
    CONF_MODBUS,
    CONF_MODBUS_KEY,
    CONF_MODULES,
    CONF_NAMES,
    CONF_PATH,
    CONF_SINGLE_SOURCE,
    CONF_SNMP,
    DOMAIN,
    FAMILY_DIRIS,
)
from .coordinator import error_key
from .device_form import flat, interval_field, nested, schema, take_interval
from .diris_bacnet_flow import BacnetOptions
from .diris_columns_flow import ColumnOptions
from .diris_energy_flow import EnergyTest
from .diris_entities import show_single_source
from .diris_export_flow import DirisExportOptions, FilesSteps
from .diris_mib_flow import DirisMibOptions
from .diris_snmp_flow import BOTH, SNMP, SnmpSteps
from .diris_store import (
    addresses_in,
    circuits_of,
    modules_of,
    only_sends_files,
    stored,
)
from .engine.devices.diris import FAMILY, Load, Topology, points_of
from .engine.model import DeviceError, Identity, Mark, Point, Quantity, Readings
from .figures import figures_of

type Input = dict[str, Any]

MODBUS, FILES = "modbus", "files"
ADDRESSES = "1-32"
"""As many modules as a gateway can have."""
_MOST_UPDATES_S = 1.0
_NEVER_PORT = 503
"""There a gateway speaks another Modbus, which is reported to bring it down."""
_POWER = Point(Quantity.POWER)
_LINE = re.compile(r"(\d+\.\d+)\s*[:=]?\s*(.*)")
"""A circuit's place and its name."""


class DirisSteps(SnmpSteps, FilesSteps):
    """The steps of a gateway in the integration's flow."""

    _identity: Identity | None
    _walking: asyncio.Task[str | None] | None = None
    _behind: Topology = Topology(())
    _powers: Mapping[Load, Readings] = MappingProxyType({})
    """What circuits of documented products drew after they were found."""
    _walked = 0
    _shown_at = 0.0
    _path = MODBUS

    async def _probe(self, placeholders: dict[str, str]) -> str | None:
        """Identify the device by Modbus; returns the key of what went wrong."""
        raise NotImplementedError

    @property
    @override
    def _had(self) -> Mapping[str, Any]:
        """What the entry has that is changed; nothing for a new one."""
        if self.source == SOURCE_RECONFIGURE:
            return self._get_reconfigure_entry().data
        return {}

    async def async_step_diris(
        self, user_input: Input | None = None
    ) -> ConfigFlowResult:
        """Ask where the gateway is, and how it is to be read."""
        errors: dict[str, str] = {}
        placeholders: dict[str, str] = {}
        before = self._had
        if user_input is not None:
            self._path = user_input[CONF_PATH]
            kept = (CONF_ADDRESSES, CONF_MODULES, CONF_CIRCUITS, CONF_COLUMNS)
            more = (CONF_HIDDEN, CONF_MODBUS_KEY, CONF_BACNET_MODULES)
            self._data = {key: before[key] for key in (*kept, *more) if key in before}
            self._data |= flat(FAMILY_DIRIS, user_input)
            problem = await self._meet(placeholders)
            if problem is None:
                if self._path in (SNMP, BOTH):
                    return await self.async_step_diris_snmp()
                return await self._after_snmp()
            errors["base"] = problem
        suggested = user_input
        if before and user_input is None:
            suggested = {**nested(before), CONF_PATH: _path_of(before)}
        return self.async_show_form(
            step_id="diris",
            data_schema=self.add_suggested_values_to_schema(
                schema(FAMILY_DIRIS), suggested
            ),
            errors=errors,
            description_placeholders=placeholders,
        )

    async def _meet(self, placeholders: dict[str, str]) -> str | None:
        """Identify the gateway by Modbus, where it is to be read by that."""
        if self._path in (SNMP, FILES):
            self._data[CONF_MODBUS] = False
            self._identity = None
            if self._path == FILES and not self._had:
                self._abort_if_there()
            return None if self._data[CONF_HOST] else "invalid_host"
        if self._data[CONF_PORT] == _NEVER_PORT:
            return "port_503"
        problem = await self._probe(placeholders)
        if problem is not None or self._identity is None:
            return problem
        key = self._identity.key
        if self.source != SOURCE_RECONFIGURE:
            self._abort_if_there(by_modbus=False)
            await self._claim(self._identity)
        elif not self._had.get(CONF_MODBUS, True):
            # Until now SNMP alone has said who it is.
            self._data[CONF_MODBUS_KEY] = key
        else:
            unique_id = self._get_reconfigure_entry().unique_id
            if key != self._had.get(CONF_MODBUS_KEY, unique_id):
                raise AbortFlow("another_device")
        return None

    @override
    async def _after_snmp(self) -> ConfigFlowResult:
        """Go on: modules by Modbus, or nothing is left to ask."""
        if self._path in (SNMP, FILES):
            self._data.setdefault(CONF_ADDRESSES, ADDRESSES)
            self._data.setdefault(CONF_MODULES, [])
            if not self._had and self._path == FILES:
                return await self.async_step_diris_files()
            if not self._had:
                self._behind = circuits_of(self._data)
                return await self.async_step_diris_circuits()
        elif not self._had.get(CONF_MODBUS, bool(self._had)):
            return await self.async_step_diris_modules()
        return self._changed()

    def _changed(self) -> ConfigFlowResult:
        """End with the entry as it is now; it is set up anew."""
        return self.async_update_reload_and_abort(
            self._get_reconfigure_entry(), data=self._data
        )

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
        there = [one.address for one in circuits_of(self._data).modules]
        proposed = ", ".join(map(str, there)) or ADDRESSES
        addresses = vol.Required(
            CONF_ADDRESSES, default=typed.get(CONF_ADDRESSES, proposed)
        )
        return self.async_show_form(
            step_id="diris_modules",
            data_schema=vol.Schema({addresses: TextSelector()}),
            errors={"base": problem} if problem else {},
            description_placeholders=self._gateway(),
        )

    @override
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
            self._walked, self._behind, self._powers = 0, Topology(()), {}
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
                self._powers = await path.read(_with_powers(self._behind))
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
        if self._path != SNMP:
            self._data[CONF_MODULES] = stored(self._behind)
        if self._had:
            return self._changed()
        if user_input is not None:
            return self.async_create_entry(
                title=user_input[CONF_NAME],
                data=self._data,
                options={CONF_SINGLE_SOURCE: user_input[CONF_SINGLE_SOURCE]},
            )
        name = f"{identity.model} {identity.serial[-4:]}".strip()
        told = [readings.get(_POWER) for readings in self._powers.values()]
        powers = [power for power in told if power is not None]
        drawn, fed = (await figures_of(self.hass)).both_ways(powers)
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
                "drawn": drawn,
                "fed": fed,
            },
        )


def _with_powers(found: Topology) -> Mapping[Load, AbstractSet[Point]]:
    """Return the circuits whose power is documented, with that alone to be read."""
    wanted = {}
    for module in found.modules:
        for load in module.loads:
            mark = points_of(module.product, load.number).get(_POWER)
            if mark is not None and mark is not Mark.SINGLE_SOURCE:
                wanted[load] = {_POWER}
    return wanted


def _path_of(data: Mapping[str, Any]) -> str:
    """Return how an entry's gateway is read."""
    if only_sends_files(data):
        return FILES
    if CONF_SNMP not in data:
        return MODBUS
    return BOTH if data.get(CONF_MODBUS, True) else SNMP


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


class DirisOptions(
    ColumnOptions, EnergyTest, BacnetOptions, DirisMibOptions, DirisExportOptions
):
    """How often circuits are read, what they are called, where modules may be."""

    async def async_step_init(
        self, _user_input: Input | None = None
    ) -> ConfigFlowResult:
        """Ask what to change."""
        files = ["diris_mib", "diris_traps", "diris_outputs", "diris_export"]
        if only_sends_files(self.config_entry.data):
            return self.async_show_menu(step_id="init", menu_options=files)
        options = ["diris", "diris_bacnet"]
        if self._bacnet is not None:
            options.append("diris_bacnet_outputs")
        if CONF_SNMP in self.config_entry.data:
            options.append("columns")
        if self.can_test_energy:
            options.append("diris_energy")
        return self.async_show_menu(step_id="init", menu_options=[*options, *files])

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
        lines = _lines(entry.data, entry.options.get(CONF_NAMES, {}))
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


def _lines(data: Mapping[str, Any], names: Mapping[str, str]) -> str:
    """Return a line for each circuit: its place, and its name if it has one."""
    known = [*data[CONF_MODULES], *data.get(CONF_BACNET_MODULES, ())]
    loads = sorted(Topology(modules_of(known)).loads | circuits_of(data).loads)
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
