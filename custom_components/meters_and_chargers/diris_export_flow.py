"""The options of a gateway that exports files: from where, and the first one."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from pathlib import Path
import secrets
from typing import Any, override

from homeassistant.components import network
from homeassistant.config_entries import (
    ConfigFlow,
    ConfigFlowResult,
    FlowType,
    OptionsFlow,
)
from homeassistant.const import (
    CONF_HOST,
    CONF_NAME,
    CONF_PASSWORD,
    CONF_PORT,
    CONF_SOURCE,
)
from homeassistant.core import HomeAssistant, callback
from homeassistant.helpers.selector import (
    NumberSelector,
    NumberSelectorConfig,
    NumberSelectorMode,
    SelectSelector,
    SelectSelectorConfig,
    TextSelector,
)
from homeassistant.util import dt as dt_util
import voluptuous as vol

from . import links, ocpp_root_view
from .const import (
    CONF_EXPORT,
    CONF_FAMILY,
    CONF_FOLDER,
    CONF_TLS_MODE,
    CONF_ZONE,
    DOMAIN,
    EXPORT_USER,
    FAMILY_DIRIS,
)
from .diris_export import (
    FOLDER,
    FTP,
    ZONE_FILE,
    ZONE_LOCAL,
    ZONE_UTC,
    GatewayExport,
)
from .diris_store import only_sends_files
from .ocpp_flow import ALL_ADDRESSES, tried
from .ocpp_tls import TLS_DETECT, TLS_OFF, TLS_REQUIRED

type Input = dict[str, Any]

_OFF = "off"
_PORT = 2121
_LOWEST_PORT = 1
_HIGHEST_PORT = 65_525
"""With room for those of the connections that carry files."""
PATIENCE_S = 600.0
EVERY_S = 1.0


def _select(key: str, *options: str) -> SelectSelector:
    return SelectSelector(
        SelectSelectorConfig(options=list(options), translation_key=key)
    )


_FORM = vol.Schema(
    {
        vol.Required(CONF_SOURCE, default=_OFF): _select(
            "export_source", _OFF, FTP, FOLDER
        ),
        vol.Required(CONF_PORT, default=_PORT): vol.All(
            NumberSelector(
                NumberSelectorConfig(
                    min=_LOWEST_PORT,
                    max=_HIGHEST_PORT,
                    step=1,
                    mode=NumberSelectorMode.BOX,
                )
            ),
            vol.Coerce(int),
        ),
        vol.Required(CONF_TLS_MODE, default=TLS_DETECT): _select(
            CONF_TLS_MODE, TLS_DETECT, TLS_REQUIRED, TLS_OFF
        ),
        vol.Optional(CONF_FOLDER): TextSelector(),
        vol.Required(CONF_ZONE, default=ZONE_FILE): _select(
            "export_zone", ZONE_FILE, ZONE_UTC, ZONE_LOCAL
        ),
    }
)


class FilesSteps(ConfigFlow):
    """The step of a gateway that is never asked: it only sends files."""

    _data: Input

    async def async_step_diris_files(
        self, user_input: Input | None = None
    ) -> ConfigFlowResult:
        """Ask for its name; where its files come from is asked next."""
        if user_input is not None:
            return self.async_create_entry(title=user_input[CONF_NAME], data=self._data)
        name = vol.Required(CONF_NAME, default=f"DIRIS {self._data[CONF_HOST]}")
        return self.async_show_form(
            step_id="diris_files", data_schema=vol.Schema({name: TextSelector()})
        )

    @override
    async def async_on_create_entry(self, result: ConfigFlowResult) -> ConfigFlowResult:
        """Go on with its files in the options."""
        entry, options = result["result"], self.hass.config_entries.options
        if entry.data[CONF_FAMILY] != FAMILY_DIRIS or not only_sends_files(entry.data):
            return await super().async_on_create_entry(result)
        flow = await options.async_init(entry.entry_id)
        files = {"next_step_id": "diris_export"}
        flow = await options.async_configure(flow["flow_id"], files)
        result["next_flow"] = FlowType.OPTIONS_FLOW, flow["flow_id"]
        return result


class DirisExportOptions(OptionsFlow):
    """The steps of exported files in a gateway's options."""

    _waiting: asyncio.Task[None] | None = None
    _before = (0, 0, 0)

    async def async_step_diris_export(
        self, user_input: Input | None = None
    ) -> ConfigFlowResult:
        """Ask where files come from; what is chosen holds at once."""
        entry, errors = self.config_entry, dict[str, str]()
        chosen: Mapping[str, Any] = entry.options.get(CONF_EXPORT, {})
        if user_input is not None:
            errors = await self._problems(user_input)
            if not errors:
                return await self._take(user_input, chosen)
        typed = user_input or dict(chosen)
        if not typed and only_sends_files(entry.data):
            typed = {CONF_SOURCE: FTP}
        return self.async_show_form(
            step_id="diris_export",
            data_schema=self.add_suggested_values_to_schema(_FORM, typed),
            errors=errors,
        )

    async def _problems(self, typed: Mapping[str, Any]) -> dict[str, str]:
        """Return what is wrong with what was typed."""
        if typed[CONF_SOURCE] == FOLDER:
            folder = typed.get(CONF_FOLDER, "").strip()
            allowed = await self.hass.async_add_executor_job(
                _may_be_watched, self.hass, folder
            )
            return {} if allowed else {CONF_FOLDER: "folder_not_allowed"}
        if typed[CONF_SOURCE] == FTP:
            mine = self._export
            if mine is None or mine.port != typed[CONF_PORT]:
                return await tried(
                    {CONF_HOST: ALL_ADDRESSES, CONF_PORT: typed[CONF_PORT]}
                )
        return {}

    @property
    def _export(self) -> GatewayExport | None:
        runtime = getattr(self.config_entry, "runtime_data", None)
        return getattr(runtime, "export", None)

    async def _take(self, typed: Input, chosen: Mapping[str, Any]) -> ConfigFlowResult:
        """Change the options and load the entry anew, so that files can come."""
        entry = self.config_entry
        options = {key: one for key, one in entry.options.items() if key != CONF_EXPORT}
        if typed[CONF_SOURCE] != _OFF:
            password = chosen.get(CONF_PASSWORD) or secrets.token_hex(8)
            options[CONF_EXPORT] = {**typed, CONF_PASSWORD: password}
        if options != entry.options:
            self.hass.config_entries.async_update_entry(entry, options=options)
            await self.hass.config_entries.async_reload(entry.entry_id)
        if typed[CONF_SOURCE] == _OFF:
            return self.async_create_entry(data=options)
        self._before = self._come()
        return await self.async_step_diris_export_wait()

    # The first file

    def _come(self) -> tuple[int, int, int]:
        if (export := self._export) is None:
            return (0, 0, 0)
        seen = export.seen
        return (seen.files, seen.rejected, seen.others)

    async def async_step_diris_export_wait(
        self, _user_input: Input | None = None
    ) -> ConfigFlowResult:
        """Show what is to be typed into the gateway, and wait for its first file."""
        if self._waiting is None:
            self._waiting = self.hass.async_create_background_task(
                self._wait(), f"{DOMAIN} first file"
            )
        elif self._waiting.done():
            return self.async_show_progress_done(next_step_id="diris_export_done")
        folder = self.config_entry.options[CONF_EXPORT][CONF_SOURCE] == FOLDER
        return self.async_show_progress(
            step_id="diris_export_wait",
            progress_action="diris_export_folder" if folder else "diris_export_ftp",
            description_placeholders=await self._to_be_typed(),
            progress_task=self._waiting,
        )

    @callback
    @override
    def async_remove(self) -> None:
        """Wait no longer when the dialog is closed."""
        super().async_remove()
        if self._waiting is not None:
            self._waiting.cancel()

    async def _wait(self) -> None:
        ends = self.hass.loop.time() + PATIENCE_S
        others = self._come()[2]
        while self.hass.loop.time() < ends:
            await asyncio.sleep(EVERY_S)
            files, rejected, tested = self._come()
            if (files, rejected) != self._before[:2]:
                return
            if tested != others:
                # A test of the connection is no file with values, but good news.
                others = tested
                self.async_notify_flow_changed()

    async def _to_be_typed(self) -> dict[str, str]:
        chosen: Mapping[str, Any] = self.config_entry.options[CONF_EXPORT]
        addresses = await network.async_get_enabled_source_ips(self.hass)
        known = [str(one) for one in addresses if one.version == 4]  # noqa: PLR2004 - of IP
        ports = links.passive_ports(chosen[CONF_PORT])
        encrypted = chosen[CONF_TLS_MODE] != TLS_OFF
        return {
            "address": ", ".join(known) or "-",
            "port": str(chosen[CONF_PORT]),
            "user": EXPORT_USER,
            "password": chosen[CONF_PASSWORD],
            "ports": f"{ports[0]}-{ports[-1]}",
            "download": ocpp_root_view.link(self.hass) if encrypted else "-",
            "folder": chosen.get(CONF_FOLDER) or "-",
            "tests": str(self._come()[2]),
        }

    async def async_step_diris_export_done(
        self, user_input: Input | None = None
    ) -> ConfigFlowResult:
        """Say what came."""
        if user_input is not None:
            return self.async_create_entry(data=dict(self.config_entry.options))
        errors = {}
        export, come = self._export, self._come()
        if come[1] > self._before[1]:
            errors["base"] = "export_rejected"
        elif come[0] == self._before[0]:
            errors["base"] = "export_none_yet"
        return self.async_show_form(
            step_id="diris_export_done",
            data_schema=vol.Schema({}),
            errors=errors,
            description_placeholders=_in_words(export),
        )


def _in_words(export: GatewayExport | None) -> dict[str, str]:
    if export is None:
        return dict.fromkeys(("file", "rows", "newest", "written", "reason"), "-")
    facts, written = export.facts, export.facts.format
    newest = dt_util.as_local(dt_util.utc_from_timestamp(facts.newest))
    marks = {"\t": "tab"}
    return {
        "file": facts.last_file or "-",
        "rows": str(facts.last_rows),
        "newest": f"{newest:%Y-%m-%d %H:%M}" if facts.newest else "-",
        "written": "-"
        if written is None
        else f"{marks.get(written.delimiter, written.delimiter)} "
        f"{written.decimal or '-'} {written.encoding}",
        "reason": export.seen.reason or "-",
    }


def _may_be_watched(hass: HomeAssistant, folder: str) -> bool:
    """Whether files may be taken, and deleted, there."""
    if not folder:
        return False
    path = Path(folder).resolve()
    config = Path(hass.config.config_dir).resolve()
    if not path.is_dir():
        return False
    if path.is_relative_to(config):
        inside = path.relative_to(config).parts
        return bool(inside) and not any(part.startswith(".") for part in inside)
    return hass.config.is_allowed_path(str(path))
