"""Options of a DIRIS gateway: its MIB files, its traps, outputs that are written."""

from collections.abc import Mapping
from contextlib import suppress
import hashlib
from typing import Any

from homeassistant.components.file_upload import process_uploaded_file
from homeassistant.config_entries import ConfigFlowResult, OptionsFlowWithReload
from homeassistant.const import CONF_HOST, CONF_PORT, CONF_USERNAME
from homeassistant.helpers.selector import (
    BooleanSelector,
    FileSelector,
    FileSelectorConfig,
    TextSelector,
)
from homeassistant.requirements import RequirementsNotFound
import voluptuous as vol

from . import diris_mib, links
from .const import (
    CONF_ENABLED,
    CONF_MIB,
    CONF_OUTPUTS,
    CONF_PLACES,
    CONF_SOURCE,
    CONF_TRAPS,
)
from .coordinator import error_key
from .device_form import integer
from .diris_outputs import stored_outputs
from .engine.devices.diris import BadMib, Mib, Place, find_outputs
from .engine.model import DeviceError, NotAllowed
from .snmp_form import credential_fields, problem_of, with_secrets

type Input = dict[str, Any]

MIB_FILE = "mib_file"
FORGET_MIB = "forget_mib"
_MOST_FILES = 10
_LARGEST_FILE = 2_000_000
_TRAP_COMMUNITY, _WRITER = "trap", "admin"
"""Proposed, as Easy Config shows them."""


class DirisMibOptions(OptionsFlowWithReload):
    """The steps of a gateway's options that go with its MIB files."""

    async def async_step_diris_mib(
        self, user_input: Input | None = None
    ) -> ConfigFlowResult:
        """Take a file after the other; finished without one, or when all are gone."""
        entry, errors, where = self.config_entry, dict[str, str](), ""
        files, mib = await diris_mib.load(self.hass, entry.entry_id)
        if user_input is not None:
            if user_input.get(FORGET_MIB):
                await diris_mib.forget(self.hass, entry.entry_id)
                return self._finish_mib({})
            if MIB_FILE not in user_input:
                return self._finish_mib(files)
            try:
                files, mib = await self._taken(files, user_input[MIB_FILE])
            except BadMib as err:
                errors[MIB_FILE], where = "bad_mib", err.where
            except RequirementsNotFound, ImportError:
                errors["base"] = "no_mib_parser"
            except ValueError:
                errors[MIB_FILE] = "upload_again"
        fields: dict[vol.Marker, object] = {
            vol.Optional(MIB_FILE): FileSelector(
                FileSelectorConfig(accept=".mib,.my,.txt,text/plain")
            )
        }
        if files:
            fields[vol.Optional(FORGET_MIB, default=False)] = BooleanSelector()
        return self.async_show_form(
            step_id="diris_mib",
            data_schema=vol.Schema(fields),
            errors=errors,
            description_placeholders={"where": where, **_counts(files, mib)},
        )

    async def _taken(
        self, files: dict[str, str], upload: str
    ) -> tuple[dict[str, str], Mib]:
        """Read an uploaded file with those that are there, and keep them all.

        Raises ValueError when the upload is gone, `BadMib` and `RequirementsNotFound`.
        """
        name, text = await self.hass.async_add_executor_job(self._uploaded, upload)
        files = {**files, name: text}
        if len(files) > _MOST_FILES:
            raise BadMib(f"> {_MOST_FILES}")
        mib = await links.load_mib(self.hass, files.values())
        await diris_mib.save(self.hass, self.config_entry.entry_id, files, mib)
        return files, mib

    def _uploaded(self, upload: str) -> tuple[str, str]:
        with process_uploaded_file(self.hass, upload) as path:
            if path.stat().st_size > _LARGEST_FILE:
                raise BadMib(f"> {_LARGEST_FILE}")
            raw = path.read_bytes()
        with suppress(UnicodeDecodeError):
            return path.name, raw.decode("utf-8-sig")
        return path.name, raw.decode("latin-1")

    def _finish_mib(self, files: dict[str, str]) -> ConfigFlowResult:
        """Make the entry begin anew when the files are others."""
        options = {**self.config_entry.options}
        options.pop(CONF_MIB, None)
        if files:
            said = "\0".join(f"{name}\0{text}" for name, text in sorted(files.items()))
            options[CONF_MIB] = hashlib.sha256(said.encode()).hexdigest()
        return self.async_create_entry(data=options)

    async def async_step_diris_traps(
        self, user_input: Input | None = None
    ) -> ConfigFlowResult:
        """Ask whether traps are taken, at which port and as whose."""
        entry, errors = self.config_entry, dict[str, str]()
        kept: Mapping[str, Any] = entry.options.get(CONF_TRAPS, {})
        if user_input is not None:
            taken = with_secrets(user_input, kept)
            error = problem_of(taken) if user_input[CONF_ENABLED] else None
            if error is None:
                options = {**entry.options, CONF_TRAPS: taken}
                return self.async_create_entry(data=options)
            errors["base"] = error
        shown = {**kept, **(user_input or {})}
        proposed = "" if kept else _TRAP_COMMUNITY
        fields: dict[vol.Marker, object] = {
            vol.Required(CONF_ENABLED, default=shown.get(CONF_ENABLED, False)): (
                BooleanSelector()
            ),
            vol.Required(
                CONF_PORT, default=shown.get(CONF_PORT, links.TRAP_PORT)
            ): integer(1025, 65535),
            vol.Optional(
                CONF_SOURCE, description={"suggested_value": shown.get(CONF_SOURCE, "")}
            ): TextSelector(),
            **credential_fields(shown, user_input, community=proposed),
        }
        return self.async_show_form(
            step_id="diris_traps", data_schema=vol.Schema(fields), errors=errors
        )

    async def async_step_diris_outputs(
        self, user_input: Input | None = None
    ) -> ConfigFlowResult:
        """Ask as whom outputs are written, and look which of them there are."""
        entry, errors, found = self.config_entry, dict[str, str](), ""
        _, mib = await diris_mib.load(self.hass, entry.entry_id)
        kept: Mapping[str, Any] = entry.options.get(CONF_OUTPUTS, {})
        if user_input is not None:
            taken = with_secrets(user_input, kept)
            error = problem_of(taken)
            if error is None:
                error, found, places = await self._find(taken, mib)
            if error is None:
                taken[CONF_PLACES] = stored_outputs(places)
                options = {**entry.options, CONF_OUTPUTS: taken}
                return self.async_create_entry(data=options)
            errors["base"] = error
        elif not mib.outputs:
            return self.async_abort(reason="no_outputs")
        shown = {CONF_USERNAME: _WRITER, **kept, **(user_input or {})}
        fields: dict[vol.Marker, object] = {
            vol.Required(
                CONF_PORT, default=shown.get(CONF_PORT, links.SNMP_PORT)
            ): integer(1, 65535),
            **credential_fields(shown, user_input),
        }
        return self.async_show_form(
            step_id="diris_outputs",
            data_schema=vol.Schema(fields),
            errors=errors,
            description_placeholders={
                "host": entry.data[CONF_HOST],
                "found": found,
                "outputs": ", ".join(one.name for one in mib.outputs[:20]),
            },
        )

    async def _find(
        self, taken: Input, mib: Mib
    ) -> tuple[str | None, str, tuple[Place, ...]]:
        """Look for outputs; returns the key of what went wrong, with its words."""
        try:
            host = self.config_entry.data[CONF_HOST]
            session = await links.open_writer(self.hass, host, taken)
            try:
                places = await find_outputs(session, mib.outputs)
            finally:
                session.close()
        except NotAllowed as err:
            return "snmp_refused", str(err), ()
        except DeviceError as err:
            silent = error_key(err) in ("silent", "port_closed")
            return "snmp_silent" if silent else "snmp_failed", str(err), ()
        except (RequirementsNotFound, ImportError) as err:
            return "no_snmp", str(err), ()
        return (None if places else "no_outputs_found"), "", places


def _counts(files: Mapping[str, str], mib: Mib) -> dict[str, str]:
    return {
        "files": ", ".join(files) or "-",
        "columns": str(len(mib.columns)),
        "notifications": str(len(mib.notifications)),
        "outputs": str(len(mib.outputs)),
        "missing": ", ".join(mib.missing[:10]) or "-",
    }
