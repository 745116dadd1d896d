"""Adds an OCPP server, and each wallbox that connects to it."""

import asyncio
from collections.abc import Mapping
from datetime import datetime
import re
from typing import Any, override

from homeassistant.config_entries import (
    ConfigEntryState,
    ConfigFlowResult,
)
from homeassistant.const import CONF_HOST, CONF_NAME, CONF_PASSWORD, CONF_PORT
from homeassistant.helpers.selector import (
    BooleanSelector,
    NumberSelector,
    NumberSelectorConfig,
    NumberSelectorMode,
    SelectSelector,
    SelectSelectorConfig,
    TextSelector,
    TextSelectorConfig,
)
from homeassistant.util import dt as dt_util
import voluptuous as vol

from . import certificates, links, ocpp_root_view, ocpp_tls
from .card_flow import POLICIES, one_of
from .certificates import Unusable
from .const import (
    CONF_CHARGER_ID,
    CONF_CREDENTIALS,
    CONF_FAMILY,
    CONF_MAXIMUM_CURRENT,
    CONF_MEASURE,
    CONF_METER_INTERVAL,
    CONF_NAMES,
    CONF_OLD_CIPHERS,
    CONF_OWN_PAIR,
    CONF_POLICY,
    CONF_SECURITY,
    CONF_SERVER,
    CONF_TLS_MODE,
    FAMILY_OCPP_CHARGER,
    FAMILY_OCPP_SERVER,
)
from .engine.devices.ocpp_charger import Policy, Security
from .figures import UNKNOWN
from .ocpp import OcppServer, tell_left_behind
from .ocpp_listen_flow import ListenSteps
from .ocpp_manners import PINNED
from .ocpp_options import MINIMUM_A, amperes
from .ocpp_tls import (
    TLS_DETECT,
    TLS_OFF,
    TLS_REQUIRED,
    is_password,
    new_password,
)
from .ocpp_wallbox import ChargerEntry
from .tls_flow import CONF_CERTIFICATE, UPLOAD, uploaded

_PORT = 9000
ALL_ADDRESSES = "0.0.0.0"  # noqa: S104 - wallboxes dial us over the network
_MINIMUM_A = 6
_MEASURE_S = 10
"""How often a new wallbox measures, if its owner wants that: it suits a site."""
_AS_SERVER = "server"


_MAXIMUM_CURRENT = {
    vol.Required(CONF_MAXIMUM_CURRENT, default=16): amperes(MINIMUM_A, 80)
}
_LISTENER = vol.Schema(
    {
        vol.Required(CONF_PORT, default=_PORT): vol.All(
            NumberSelector(
                NumberSelectorConfig(
                    min=1, max=65535, step=1, mode=NumberSelectorMode.BOX
                )
            ),
            vol.Coerce(int),
        ),
        vol.Required(CONF_HOST, default=ALL_ADDRESSES): TextSelector(),
        vol.Required(CONF_TLS_MODE, default=TLS_DETECT): SelectSelector(
            SelectSelectorConfig(
                options=[TLS_DETECT, TLS_REQUIRED, TLS_OFF],
                translation_key=CONF_TLS_MODE,
            )
        ),
        vol.Required(CONF_CREDENTIALS, default=False): BooleanSelector(),
    }
)
_NEW = _LISTENER.extend(
    {
        vol.Required(CONF_POLICY, default=Policy.EVERYBODY.value): one_of(
            CONF_POLICY, *POLICIES
        )
    }
)
"""What a new server is asked: that everybody may charge is its owner's word."""
_NAME = re.compile(r"[A-Za-z0-9*:]([A-Za-z0-9.:\-]{0,250}[A-Za-z0-9])?")
_KEEP, _OURS, _OWN = "keep", "ours", "own"
_SHOW = "show_certificate"
_AT_ONCE = (CONF_CREDENTIALS, CONF_OLD_CIPHERS)
"""What is changed while the server listens."""


class OcppSteps(ListenSteps):
    """The steps of OCPP in the integration's flow."""

    _knock: Mapping[str, Any]
    _listener: Mapping[str, Any]
    """What was typed into the form of a server."""
    _own: str | None = None

    async def async_step_ocpp_server(
        self, user_input: dict[str, Any] | None = None
    ) -> ConfigFlowResult:
        """Ask for the port on which wallboxes connect."""
        errors: dict[str, str] = {}
        if user_input is not None:
            port: int = user_input[CONF_PORT]
            await self.async_set_unique_id(f"{FAMILY_OCPP_SERVER}_{port}")
            self._abort_if_unique_id_configured(error="server_exists")
            errors = await tried(user_input)
            if not errors:
                listener = {**user_input}
                return self.async_create_entry(
                    title=f"OCPP {port}",
                    options={CONF_POLICY: listener.pop(CONF_POLICY)},
                    data={CONF_FAMILY: FAMILY_OCPP_SERVER, **listener},
                )
        return self.async_show_form(
            step_id="ocpp_server",
            data_schema=self.add_suggested_values_to_schema(_NEW, user_input),
            errors=errors,
        )

    async def async_step_reconfigure_ocpp_server(
        self, user_input: dict[str, Any] | None = None
    ) -> ConfigFlowResult:
        """Change the port or the address."""
        entry = self._get_reconfigure_entry()
        errors: dict[str, str] = {}
        if user_input is not None:
            same = user_input[CONF_PORT] == entry.data[CONF_PORT]
            errors = {} if same else await tried(user_input)
            if not all(map(_NAME.fullmatch, user_input.get(CONF_NAMES, ()))):
                errors[CONF_NAMES] = "invalid_name"
            if not errors:
                self._listener = user_input
                if user_input[CONF_CERTIFICATE] == _OWN:
                    return await self.async_step_ocpp_upload()
                return await self._server_changed()
        own = CONF_OWN_PAIR in entry.data
        shown = {
            CONF_TLS_MODE: TLS_OFF,
            **entry.data,
            CONF_CERTIFICATE: _KEEP if own else _OURS,
            **(user_input or {}),
        }
        return self.async_show_form(
            step_id="reconfigure_ocpp_server",
            data_schema=self.add_suggested_values_to_schema(_changed(own=own), shown),
            errors=errors,
        )

    async def async_step_ocpp_upload(
        self, user_input: dict[str, Any] | None = None
    ) -> ConfigFlowResult:
        """Take the certificate and key of the owner's."""
        errors: dict[str, str] = {}
        if user_input is not None:
            folder = links.authority_folder(self.hass)
            try:
                stored = await self.hass.async_add_executor_job(
                    uploaded, self.hass, user_input, folder
                )
            except Unusable as err:
                errors["base"] = err.key
            else:
                return await self._server_changed(stored.id)
        return self.async_show_form(
            step_id="ocpp_upload", data_schema=UPLOAD, errors=errors
        )

    async def _server_changed(self, own: str | None = None) -> ConfigFlowResult:
        """Show what a wallbox has to trust, if that is wanted, and change the entry."""
        self._own = own
        if self._listener[_SHOW]:
            return await self.async_step_ocpp_authority()
        return await self._server_done()

    async def async_step_ocpp_authority(
        self, user_input: dict[str, Any] | None = None
    ) -> ConfigFlowResult:
        """Show the certificate that a wallbox has to trust."""
        if user_input is not None:
            return await self._server_done()
        found = await ocpp_tls.root(self.hass)
        names = {**self._get_reconfigure_entry().data, **self._listener}
        return self.async_show_form(
            step_id="ocpp_authority",
            data_schema=vol.Schema({}),
            description_placeholders={
                "certificate": found.pem,
                "download": ocpp_root_view.link(self.hass),
                "name": found.name,
                "fingerprint": found.fingerprint,
                "names": ", ".join(await ocpp_tls.names_of(self.hass, names)),
            },
        )

    async def _server_done(self) -> ConfigFlowResult:
        """Change the entry; connections stay unless the listener itself changes."""
        entry, typed = self._get_reconfigure_entry(), self._listener
        listener = (CONF_HOST, CONF_PORT, CONF_TLS_MODE)
        same = all(entry.data.get(key) == typed[key] for key in listener)
        kept = typed[CONF_CERTIFICATE] == _KEEP
        own = entry.data.get(CONF_OWN_PAIR) if kept else self._own
        data = {
            **entry.data,
            **{key: typed[key] for key in (*listener, *_AT_ONCE)},
            CONF_NAMES: typed.get(CONF_NAMES, []),
        }
        before = data.pop(CONF_OWN_PAIR, None)
        if own is not None:
            data[CONF_OWN_PAIR] = own
        if before not in (None, own):
            await self.hass.async_add_executor_job(
                certificates.remove, links.authority_folder(self.hass), before
            )
        title = f"OCPP {typed[CONF_PORT]}"
        if not same:
            result = self.async_update_and_abort(entry, data=data, title=title)
            if entry.state is not ConfigEntryState.LOADED:
                # One that listens looks for changes itself.
                self.hass.config_entries.async_schedule_reload(entry.entry_id)
            return result
        result = self.async_update_and_abort(entry, data=data)
        if isinstance(server := getattr(entry, "runtime_data", None), OcppServer):
            await server.look_at_certificates()
        return result

    @override
    async def async_step_integration_discovery(
        self, discovery_info: Mapping[str, Any]
    ) -> ConfigFlowResult:
        """Take up a wallbox that knocked."""
        charger_id: str = discovery_info[CONF_CHARGER_ID]
        server_id: str = discovery_info[CONF_SERVER]
        known = await self.async_set_unique_id(f"{FAMILY_OCPP_CHARGER}_{charger_id}")
        if known is not None and self._is_left_behind(known):
            # Its server was removed; it has found the one that came instead.
            before: str = known.data[CONF_SERVER]
            self.hass.config_entries.async_update_entry(
                known, data={**known.data, CONF_SERVER: server_id}
            )
            self.hass.config_entries.async_schedule_reload(known.entry_id)
            tell_left_behind(self.hass, before)
        self._abort_if_unique_id_configured(error="wallbox_exists")
        self._knock = discovery_info
        self.context["title_placeholders"] = {
            "name": f"{_maker_and_model(discovery_info)} ({charger_id})".strip()
        }
        return await self.async_step_knock()

    def _is_left_behind(self, wallbox: ChargerEntry) -> bool:
        return (
            self.hass.config_entries.async_get_entry(wallbox.data[CONF_SERVER]) is None
        )

    async def async_step_knock(
        self, user_input: dict[str, Any] | None = None
    ) -> ConfigFlowResult:
        """Ask whether the wallbox may come in, what it is called, what it may draw."""
        knock = self._knock
        server = self.hass.config_entries.async_get_entry(knock[CONF_SERVER])
        if server is not None and server.data.get(CONF_CREDENTIALS):
            return await self.async_step_knock_password()
        if user_input is not None:
            return self._taken_in(user_input)
        return self.async_show_form(
            step_id="knock",
            data_schema=self._knock_form(),
            description_placeholders=self._knock_words(),
        )

    async def async_step_knock_password(
        self, user_input: dict[str, Any] | None = None
    ) -> ConfigFlowResult:
        """Ask the same, and give the wallbox a password, without which it stays out."""
        errors: dict[str, str] = {}
        if user_input is not None:
            if is_password(user_input[CONF_PASSWORD]):
                return self._taken_in(user_input)
            errors[CONF_PASSWORD] = "invalid_password"
        proposed = (user_input or {}).get(CONF_PASSWORD) or new_password()
        password = vol.Required(CONF_PASSWORD, default=proposed)
        return self.async_show_form(
            step_id="knock_password",
            data_schema=self.add_suggested_values_to_schema(
                self._knock_form().extend({password: TextSelector()}), user_input
            ),
            errors=errors,
            description_placeholders=self._knock_words(),
        )

    def _taken_in(self, typed: Mapping[str, Any]) -> ConfigFlowResult:
        """Take in what knocks, as typed."""
        knock = self._knock
        data = {
            CONF_FAMILY: FAMILY_OCPP_CHARGER,
            CONF_SERVER: knock[CONF_SERVER],
            CONF_CHARGER_ID: knock[CONF_CHARGER_ID],
            CONF_MAXIMUM_CURRENT: typed[CONF_MAXIMUM_CURRENT],
        }
        if password := typed.get(CONF_PASSWORD):
            data[CONF_SECURITY] = Security.by_password(password).as_data()
        options = dict(PINNED) if knock["pinned"] else {}
        if typed[CONF_MEASURE]:
            options[CONF_METER_INTERVAL] = _MEASURE_S
        return self.async_create_entry(
            title=typed[CONF_NAME], data=data, options=options
        )

    def _knock_form(self) -> vol.Schema:
        name = _maker_and_model(self._knock) or self._knock[CONF_CHARGER_ID]
        return vol.Schema(
            {
                vol.Required(CONF_NAME, default=name): TextSelector(),
                **_MAXIMUM_CURRENT,
                vol.Required(CONF_MEASURE, default=False): BooleanSelector(),
            }
        )

    def _knock_words(self) -> dict[str, str]:
        knock = self._knock
        entry = self.hass.config_entries.async_get_entry(knock[CONF_SERVER])
        server = getattr(entry, "runtime_data", None)
        known = (
            server.knock(knock[CONF_CHARGER_ID])
            if isinstance(server, OcppServer)
            else None
        )
        return {
            "charger_id": knock[CONF_CHARGER_ID],
            "peer": known.peer if known else knock["peer"],
            "attempts": str(known.attempts) if known else UNKNOWN,
            "since": _moment(known.first_seen) if known else UNKNOWN,
            "model": _maker_and_model(knock) or "-",
            "serial": knock["serial"] or "-",
        }

    async def async_step_reconfigure_ocpp_charger(
        self, user_input: dict[str, Any] | None = None
    ) -> ConfigFlowResult:
        """Change what the wallbox may draw."""
        entry = self._get_reconfigure_entry()
        if user_input is not None:
            return self.async_update_reload_and_abort(entry, data_updates=user_input)
        return self.async_show_form(
            step_id="reconfigure_ocpp_charger",
            data_schema=self.add_suggested_values_to_schema(
                vol.Schema(_MAXIMUM_CURRENT), entry.data
            ),
        )


def _changed(*, own: bool) -> vol.Schema:
    """Return the form that changes a server."""
    options = [*((_KEEP,) if own else ()), _OURS, _OWN]
    return _LISTENER.extend(
        {
            vol.Required(CONF_CERTIFICATE, default=options[0]): SelectSelector(
                SelectSelectorConfig(
                    options=options, translation_key="server_certificate"
                )
            ),
            vol.Optional(CONF_NAMES): TextSelector(TextSelectorConfig(multiple=True)),
            vol.Required(CONF_OLD_CIPHERS, default=False): BooleanSelector(),
            vol.Required(_SHOW, default=False): BooleanSelector(),
        }
    )


def _moment(at: datetime) -> str:
    """Return a time by the house's clock, with its date unless that is today."""
    local = dt_util.as_local(at)
    today = local.date() == dt_util.now().date()
    return f"{local:%H:%M}" if today else f"{local:%Y-%m-%d %H:%M}"


def _maker_and_model(knock: Mapping[str, Any]) -> str:
    return " ".join(part for part in (knock["maker"], knock["model"]) if part)


async def tried(listener: Mapping[str, Any]) -> dict[str, str]:
    """Listen for a moment: a port that is taken is said now, not at the start."""
    try:
        server = await asyncio.start_server(
            lambda _reader, writer: writer.close(),
            listener[CONF_HOST],
            listener[CONF_PORT],
        )
    except OSError:
        return {"base": "cannot_listen"}
    server.close()
    await server.wait_closed()
    return {}
