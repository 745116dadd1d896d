"""The steps of a DIRIS gateway's SNMP: as whom it is asked, tried at once."""

from collections.abc import Iterator, Mapping
from typing import Any, override

from homeassistant.config_entries import SOURCE_REAUTH, ConfigFlow, ConfigFlowResult
from homeassistant.const import CONF_HOST, CONF_PASSWORD, CONF_PORT, CONF_USERNAME
from homeassistant.data_entry_flow import AbortFlow
from homeassistant.requirements import RequirementsNotFound
import voluptuous as vol

from . import links
from .const import (
    CONF_AUTH,
    CONF_CIRCUITS,
    CONF_COLUMNS,
    CONF_COMMUNITY,
    CONF_ENGINE_ID,
    CONF_FAMILY,
    CONF_MODBUS,
    CONF_PRIVACY,
    CONF_SNMP,
    CONF_VERSION,
    FAMILY_DIRIS,
)
from .device_form import integer
from .diris_columns_flow import (
    CONF_SCALE,
    LearnSteps,
    examples,
    scales_schema,
    snmp_problem,
    take_scales,
)
from .engine.devices.diris import FAMILY
from .engine.model import DeviceError, Identity, Silent
from .figures import figures_of
from .snmp_form import V3, credential_fields, problem_of, with_secrets

type Input = dict[str, Any]

SNMP, BOTH = "snmp", "both"
"""How a gateway may be read, besides by Modbus alone."""
_COMMUNITY = {"v2c": "publicV2", "v1": "public"}
"""Of a new gateway; the manual writes that of v2 in two ways."""
_OTHER_SPELLING = {"publicV2": "publicv2", "publicv2": "publicV2"}


def _schema(told: Mapping[str, Any], typed: Input | None) -> vol.Schema:
    """Return the form that asks how a gateway is asked by SNMP."""
    port = vol.Required(CONF_PORT, default=told.get(CONF_PORT, links.SNMP_PORT))
    return vol.Schema({**credential_fields(told, typed), port: integer(1, 65535)})


def _candidates(typed: Mapping[str, Any]) -> Iterator[Input]:
    """Return the credentials to try, one after the other."""
    told = {CONF_VERSION: typed[CONF_VERSION], CONF_PORT: typed[CONF_PORT]}
    if told[CONF_VERSION] == V3:
        kept = (CONF_USERNAME, CONF_PASSWORD, CONF_AUTH, CONF_PRIVACY)
        yield {**told, **{key: typed[key] for key in kept}}
        return
    community = typed[CONF_COMMUNITY]
    yield {**told, CONF_COMMUNITY: community}
    if community in _OTHER_SPELLING:
        yield {**told, CONF_COMMUNITY: _OTHER_SPELLING[community]}


class SnmpSteps(LearnSteps, ConfigFlow):
    """The steps of SNMP in the flow of a gateway, and when it refuses us."""

    _identity: Identity | None
    _typed: Input | None = None
    """What the form of SNMP was sent with."""
    _path = SNMP

    async def _claim(self, identity: Identity) -> None:
        """Abort if the device is set up already."""
        raise NotImplementedError

    async def _after_snmp(self) -> ConfigFlowResult:
        """Go on when SNMP is settled."""
        raise NotImplementedError

    def _gateway(self) -> dict[str, str]:
        """Return what texts tell of the gateway."""
        raise NotImplementedError

    @property
    def _had(self) -> Mapping[str, Any]:
        """What the entry has that is changed; nothing for a new one."""
        raise NotImplementedError

    async def async_step_diris_snmp(
        self, user_input: Input | None = None
    ) -> ConfigFlowResult:
        """Ask as whom the gateway is asked by SNMP, and try it."""
        errors: dict[str, str] = {}
        placeholders: dict[str, str] = {"host": self._data[CONF_HOST]}
        if user_input is not None:
            self._typed = user_input
            problem, identity = await self.try_snmp(
                user_input, placeholders, beside_modbus=self._path == BOTH
            )
            if problem is None and identity is not None:
                await self._claim_by_snmp(identity)
                if self._data.get(CONF_COLUMNS):
                    return await self._after_snmp()
                return await self.async_step_diris_learn()
            errors["base"] = problem or "no_link"
        return self.async_show_form(
            step_id="diris_snmp",
            data_schema=_schema(user_input or self._stored, user_input),
            errors=errors,
            description_placeholders=placeholders,
        )

    @property
    def _stored(self) -> Mapping[str, Any]:
        """What an entry that is changed has of SNMP already."""
        if self.source == SOURCE_REAUTH:
            told: Mapping[str, Any] = self._get_reauth_entry().data[CONF_SNMP]
        else:
            told = self._had.get(CONF_SNMP, {})
        return told

    def _abort_if_there(self, *, by_modbus: bool | None = None) -> None:
        """Abort if an entry has this host, read or not read by Modbus."""
        same: Input = {CONF_FAMILY: FAMILY_DIRIS, CONF_HOST: self._data[CONF_HOST]}
        for entry in self._async_current_entries():
            is_so = by_modbus in (None, entry.data.get(CONF_MODBUS, True))
            if is_so and same.items() <= entry.data.items():
                raise AbortFlow("gateway_exists", {"name": entry.title})

    async def _claim_by_snmp(self, identity: Identity) -> None:
        """Abort if it is set up already, or another one than before."""
        known = self._stored.get(CONF_ENGINE_ID)
        if known and identity.serial and known != identity.serial:
            raise AbortFlow("another_device")
        if self._path == BOTH or self._had:
            return
        self._abort_if_there()
        self._identity = identity
        if identity.serial:
            await self._claim(identity)

    @override
    async def async_step_diris_learnt(
        self, _user_input: Input | None = None
    ) -> ConfigFlowResult:
        """Ask what the columns hold, or say what went wrong."""
        if (problem := self.learnt()) is None:
            return await self.async_step_diris_columns()
        return self.async_show_form(
            step_id="diris_snmp",
            data_schema=_schema(self._data[CONF_SNMP], self._typed),
            errors={"base": problem},
            description_placeholders=self._gateway(),
        )

    async def async_step_diris_columns(
        self, user_input: Input | None = None
    ) -> ConfigFlowResult:
        """Ask in which units columns count, as far as their owner knows."""
        errors: dict[str, str] = {}
        written = await figures_of(self.hass)
        placeholders = {"line": "", "examples": examples(self._largest, written)}
        if user_input is not None:
            problem = take_scales(self._data, user_input, placeholders)
            if problem is None:
                return await self._after_snmp()
            errors[CONF_COLUMNS] = problem
        # By Modbus it is found out which unit it is.
        scale = {CONF_SCALE: "unknown"} if self._path == BOTH else {}
        return self.async_show_form(
            step_id="diris_columns",
            data_schema=self.add_suggested_values_to_schema(
                scales_schema(), user_input or scale
            ),
            errors=errors,
            description_placeholders={
                **placeholders,
                "columns": str(len(self._data[CONF_COLUMNS])),
                "circuits": str(len(self._data[CONF_CIRCUITS])),
            },
        )

    async def async_step_reauth_diris(
        self, user_input: Input | None = None
    ) -> ConfigFlowResult:
        """Ask for other credentials of SNMP, as the old ones were refused."""
        entry = self._get_reauth_entry()
        errors: dict[str, str] = {}
        placeholders = {"host": entry.data[CONF_HOST], "name": entry.title}
        if user_input is not None:
            self._data = dict(entry.data)
            problem, identity = await self.try_snmp(
                user_input, placeholders, beside_modbus=False
            )
            known = self._stored.get(CONF_ENGINE_ID)
            if identity is not None and known and known != identity.serial:
                return self.async_abort(reason="another_device")
            if problem is None:
                return self.async_update_reload_and_abort(
                    entry, data=self._data, reason="reconfigure_successful"
                )
            errors["base"] = problem
        return self.async_show_form(
            step_id="reauth_diris",
            data_schema=_schema(user_input or self._stored, user_input),
            errors=errors,
            description_placeholders=placeholders,
        )

    async def try_snmp(
        self, typed: Input, placeholders: dict[str, str], *, beside_modbus: bool
    ) -> tuple[str | None, Identity | None]:
        """Ask who answers; returns the key of what went wrong, or the identity."""
        placeholders |= {
            "host": self._data[CONF_HOST],
            "port": str(typed[CONF_PORT]),
            "family": FAMILY.name,
            "found": "",
        }
        typed = with_secrets(typed, self._stored)
        if not typed[CONF_COMMUNITY]:
            typed[CONF_COMMUNITY] = _COMMUNITY.get(typed[CONF_VERSION], "")
        if (wrong := problem_of(typed)) is not None:
            return wrong, None
        problem = None
        for told in _candidates(typed):
            data = {**self._data, CONF_SNMP: told}
            try:
                async with links.temporary_diris_snmp(self.hass, data, {}) as path:
                    identity = await path.identify()
            except RequirementsNotFound:
                return "snmp_not_installed", None
            except DeviceError as err:
                placeholders["found"] = getattr(err, "found", str(err))
                problem = snmp_problem(err, told, beside_modbus=beside_modbus)
                if not isinstance(err, Silent):
                    break
            else:
                self._data[CONF_SNMP] = {**told, CONF_ENGINE_ID: identity.serial}
                return None, identity
        return problem, None
