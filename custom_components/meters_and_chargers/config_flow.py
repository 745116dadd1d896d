"""Adds a device: choose its family, ask its connection, read it once, confirm."""

from collections.abc import Mapping
from functools import partialmethod
from typing import Any, override

from homeassistant.config_entries import (
    SOURCE_DHCP,
    SOURCE_USER,
    ConfigEntry,
    ConfigFlow,
    ConfigFlowResult,
    ConfigSubentryFlow,
    OptionsFlow,
    OptionsFlowWithReload,
)
from homeassistant.const import CONF_HOST, CONF_NAME, CONF_PORT
from homeassistant.core import callback
from homeassistant.data_entry_flow import section
from homeassistant.exceptions import HomeAssistantError
from homeassistant.helpers.selector import (
    NumberSelector,
    NumberSelectorConfig,
    NumberSelectorMode,
    SelectOptionDict,
    SelectSelector,
    SelectSelectorConfig,
    SelectSelectorMode,
    TextSelector,
)
import voluptuous as vol

from .const import (
    CONF_ACCESS_KEY,
    CONF_ENCRYPTED,
    CONF_FAMILY,
    CONF_INTERVAL,
    CONF_MORE,
    CONF_UNIT_ID,
    DOMAIN,
    FAMILY_OCPP_CHARGER,
    FAMILY_OCPP_SERVER,
    FAMILY_SITE,
    SUBENTRY_CHARGER,
)
from .engine.devices import FAMILIES
from .engine.model import (
    PHASES,
    DeviceError,
    Identity,
    Phase,
    Point,
    PortClosed,
    Quantity,
    Readings,
    Silent,
    Unreachable,
    WrongDevice,
)
from .ksem_flow import AccessKeySteps, key_fields, take_key
from .links import temporary_device
from .ocpp_flow import OcppSteps
from .push_flow import push_fields, take_push
from .search_flow import SearchSteps
from .site_flow import SiteOptions, SiteSteps
from .subentry_flow import ChargerFlow
from .tls_flow import AUTOMATIC, CONF_ENCRYPTION, ENCRYPTION, ON, TO_TLS, TlsSteps

type Input = dict[str, Any]


class MetersAndChargersFlow(
    SearchSteps,
    OcppSteps,
    SiteSteps,
    TlsSteps,
    AccessKeySteps,
    ConfigFlow,
    domain=DOMAIN,
):
    """One path for every family; what differs stands in the family's declaration."""

    VERSION = 1

    def __init__(self) -> None:
        """Begin without a device."""
        self._data: Input = {}
        self._identity: Identity | None = None
        self._readings: Readings = {}

    @override
    async def async_step_user(
        self, user_input: Input | None = None
    ) -> ConfigFlowResult:
        """Ask what to add."""
        return self.async_show_menu(
            step_id="user",
            menu_options=["search", *FAMILIES, FAMILY_OCPP_SERVER, FAMILY_SITE],
        )

    async def _step_family(
        self, family_key: str, user_input: Input | None = None
    ) -> ConfigFlowResult:
        """Ask how to reach a device of a family, and read it."""
        errors: dict[str, str] = {}
        placeholders: dict[str, str] = {}
        if user_input is not None:
            self._data = _flat(family_key, user_input)
            choice = user_input[CONF_MORE].get(CONF_ENCRYPTION, AUTOMATIC)
            problem = await self._probe_or_tls(choice, placeholders)
            if problem == TO_TLS:
                return await self.async_step_tls()
            if problem is None and self._identity is not None:
                by_user = self.source == SOURCE_USER
                await self.async_set_unique_id(
                    self._identity.key, raise_on_progress=not by_user
                )
                if not by_user:
                    host, port = self._data[CONF_HOST], self._data[CONF_PORT]
                    self._abort_if_found_again(self._identity, host, port)
                self._abort_if_unique_id_configured(
                    updates={CONF_ENCRYPTED: False, **self._data} if by_user else None,
                    description_placeholders={"serial": self._identity.serial},
                )
                return await self.async_step_confirm()
            errors["base"] = problem or "no_link"
        return self.async_show_form(
            step_id=family_key,
            data_schema=self.add_suggested_values_to_schema(
                _schema(family_key), user_input
            ),
            errors=errors,
            description_placeholders=placeholders,
        )

    @override
    async def _take_up(
        self, family_key: str, host: str, port: int | None = None
    ) -> ConfigFlowResult:
        """Read a device that was found; what only its owner knows is asked first."""
        schema = _schema(family_key)
        typed: Input = schema({CONF_HOST: host, CONF_MORE: {}})
        if port is not None:
            typed[CONF_MORE][CONF_PORT] = port
        self._data = _flat(family_key, typed)
        ask = bool(FAMILIES[family_key].questions)
        if self.source == SOURCE_DHCP and not ask:
            # Nobody is there yet to be told what is wrong.
            ask = await self._probe({}) is not None
        if not ask:
            return await self._step_family(family_key, typed)
        return self.async_show_form(
            step_id=family_key,
            data_schema=self.add_suggested_values_to_schema(schema, typed),
        )

    @override
    async def async_step_confirm(
        self, user_input: Input | None = None
    ) -> ConfigFlowResult:
        """Show what answers, with live values, and ask for its name."""
        identity = self._identity
        if identity is None:
            return await self.async_step_user()
        if user_input is not None:
            return self.async_create_entry(title=user_input[CONF_NAME], data=self._data)
        return self.async_show_form(
            step_id="confirm_tls" if self._data.get(CONF_ENCRYPTED) else "confirm",
            data_schema=vol.Schema(
                {
                    vol.Required(
                        CONF_NAME, default=f"{identity.model} {identity.serial[-4:]}"
                    ): TextSelector()
                }
            ),
            description_placeholders={
                "device": f"{identity.maker} {identity.model}",
                "serial": identity.serial,
                "values": _in_words(self._readings),
                **self._certificate_words(),
            },
        )

    async def async_step_reconfigure(
        self, user_input: Input | None = None
    ) -> ConfigFlowResult:
        """Change the address or the bounds of the same device, or the site's fuse."""
        entry = self._get_reconfigure_entry()
        steps = {
            FAMILY_SITE: self.async_step_reconfigure_site,
            FAMILY_OCPP_SERVER: self.async_step_reconfigure_ocpp_server,
            FAMILY_OCPP_CHARGER: self.async_step_reconfigure_ocpp_charger,
        }
        if (step := steps.get(entry.data[CONF_FAMILY])) is not None:
            return await step()
        errors: dict[str, str] = {}
        placeholders: dict[str, str] = {}
        if user_input is not None:
            self._data = _flat(entry.data[CONF_FAMILY], user_input) | self._kept()
            choice = user_input[CONF_MORE].get(CONF_ENCRYPTION, AUTOMATIC)
            problem = await self._probe_or_tls(choice, placeholders)
            if problem == TO_TLS:
                return await self.async_step_tls()
            if problem is None and self._identity is not None:
                await self.async_set_unique_id(self._identity.key)
                self._abort_if_unique_id_mismatch(reason="another_device")
                return self.async_update_reload_and_abort(entry, data=self._data)
            errors["base"] = problem or "no_link"
        return self.async_show_form(
            step_id="reconfigure",
            data_schema=self.add_suggested_values_to_schema(
                _schema(entry.data[CONF_FAMILY]), user_input or _nested(entry.data)
            ),
            errors=errors,
            description_placeholders=placeholders,
        )

    @staticmethod
    @callback
    @override
    def async_get_options_flow(config_entry: ConfigEntry) -> OptionsFlow:
        """How often a device is asked; how patiently a site charges."""
        if config_entry.data[CONF_FAMILY] == FAMILY_SITE:
            return SiteOptions()
        return DeviceOptions()

    @classmethod
    @callback
    @override
    def async_supports_options_flow(cls, config_entry: ConfigEntry) -> bool:
        """Only sites and families with a choice of intervals have options."""
        if config_entry.data[CONF_FAMILY] == FAMILY_SITE:
            return True
        family = FAMILIES.get(config_entry.data[CONF_FAMILY])
        return family is not None and bool(family.intervals_s)

    @classmethod
    @callback
    @override
    def async_get_supported_subentry_types(
        cls, config_entry: ConfigEntry
    ) -> dict[str, type[ConfigSubentryFlow]]:
        """A site has chargers."""
        if config_entry.data[CONF_FAMILY] == FAMILY_SITE:
            return {SUBENTRY_CHARGER: ChargerFlow}
        return {}

    @override
    async def _probe(self, placeholders: dict[str, str]) -> str | None:
        """Identify and read the device once; returns the key of what went wrong."""
        family = FAMILIES[self._data[CONF_FAMILY]]
        placeholders["host"] = self._data[CONF_HOST]
        placeholders["port"] = str(self._data[CONF_PORT])
        placeholders["family"] = family.name
        if not self._data[CONF_HOST]:
            return "invalid_host"
        try:
            async with temporary_device(self.hass, self._data) as device:
                self._identity = await device.identify()
                if device.groups:
                    self._readings = await device.read(device.groups[0])
        except DeviceError as err:
            placeholders["found"] = getattr(err, "found", str(err))
            return _problem(err, family.key)
        except HomeAssistantError:
            return "in_use"
        return None


for _key in FAMILIES:
    # Home Assistant looks a step up by its name; families need no code here.
    setattr(
        MetersAndChargersFlow,
        f"async_step_{_key}",
        partialmethod(MetersAndChargersFlow._step_family, _key),  # noqa: SLF001 - our own class
    )


class DeviceOptions(OptionsFlowWithReload):
    """How often a device is asked for its fast values; a KSEM's access key."""

    async def async_step_init(
        self, user_input: Input | None = None
    ) -> ConfigFlowResult:
        """Ask for the interval; s."""
        entry = self.config_entry
        errors: dict[str, str] = {}
        placeholders: dict[str, str] = {}
        if user_input is not None:
            options = {
                **entry.options,
                CONF_INTERVAL: int(user_input[CONF_INTERVAL]),
            }
            problem = take_push(self.hass, entry, user_input, options)
            problem = problem or await take_key(
                self.hass, entry.data, user_input, options, placeholders
            )
            if problem is None:
                return self.async_create_entry(data=options)
            errors["base"] = problem
        choices = FAMILIES[entry.data[CONF_FAMILY]].intervals_s
        chosen = entry.options.get(CONF_INTERVAL, choices[0])
        fields: dict[vol.Marker, object] = {
            vol.Required(CONF_INTERVAL, default=str(chosen)): _choice(
                sorted(choices), "s"
            ),
            **key_fields(entry),
            **push_fields(entry),
        }
        typed = {**(user_input or {})}
        typed.pop(CONF_ACCESS_KEY, None)
        return self.async_show_form(
            step_id="init",
            data_schema=self.add_suggested_values_to_schema(vol.Schema(fields), typed),
            errors=errors,
            description_placeholders=placeholders,
        )


def _problem(err: DeviceError, family_key: str) -> str:
    """Return the key of the text that says what to do."""
    keys: dict[type[DeviceError], str] = {
        PortClosed: f"port_closed_{family_key}",
        Silent: "silent",
        Unreachable: "no_link",
        WrongDevice: "wrong_device",
    }
    return next((key for kind, key in keys.items() if isinstance(err, kind)), "refused")


def _schema(family_key: str) -> vol.Schema:
    """Return the form of a family: address, its own questions, the rest folded."""
    family = FAMILIES[family_key]
    fields: dict[vol.Marker, object] = {vol.Required(CONF_HOST): TextSelector()}
    for question in family.questions:
        marker = vol.Required(question.key, default=str(question.default))
        fields[marker] = _choice(question.options, "A")
    more: dict[vol.Marker, object] = {
        vol.Required(CONF_PORT, default=family.transport.port): _integer(1, 65535),
        vol.Required(CONF_UNIT_ID, default=family.transport.unit_id): _integer(0, 255),
    }
    if family.transport.tls is not None:
        more[vol.Required(CONF_ENCRYPTION, default=AUTOMATIC)] = ENCRYPTION
    fields[vol.Required(CONF_MORE)] = section(vol.Schema(more), {"collapsed": True})
    return vol.Schema(fields)


def _choice(values: tuple[int, ...] | list[int], unit: str) -> SelectSelector:
    return SelectSelector(
        SelectSelectorConfig(
            options=[
                SelectOptionDict(value=str(value), label=f"{value} {unit}")
                for value in values
            ],
            mode=SelectSelectorMode.DROPDOWN,
        )
    )


def _integer(lowest: int, highest: int) -> vol.All:
    return vol.All(
        NumberSelector(
            NumberSelectorConfig(
                min=lowest, max=highest, step=1, mode=NumberSelectorMode.BOX
            )
        ),
        vol.Coerce(int),
    )


def _flat(family_key: str, user_input: Mapping[str, Any]) -> Input:
    """Turn what was typed into entry data; a host has one spelling."""
    host: str = user_input[CONF_HOST].strip().lower()
    host = host.removeprefix("http://").removeprefix("https://").split("/")[0]
    questions = FAMILIES[family_key].questions
    return {
        CONF_FAMILY: family_key,
        CONF_HOST: host,
        **{key: user_input[CONF_MORE][key] for key in (CONF_PORT, CONF_UNIT_ID)},
        **{question.key: int(user_input[question.key]) for question in questions},
    }


def _nested(data: Mapping[str, Any]) -> Input:
    """Turn entry data back into the form's fields."""
    questions = FAMILIES[data[CONF_FAMILY]].questions
    return {
        CONF_HOST: data[CONF_HOST],
        **{question.key: str(data[question.key]) for question in questions},
        CONF_MORE: {
            **{key: data[key] for key in (CONF_PORT, CONF_UNIT_ID)},
            CONF_ENCRYPTION: ON if data.get(CONF_ENCRYPTED) else AUTOMATIC,
        },
    }


def _in_words(readings: Readings) -> str:
    """Say what the device measures now, so that a wrong one is noticed."""
    points = {
        Point(Quantity.POWER): "{:+.0f} W",
        **{
            Point(Quantity.CURRENT, phase): f"{phase.upper()} {{:.1f}} A"
            for phase in PHASES
        },
        Point(Quantity.VOLTAGE, Phase.L1): "{:.0f} V",
    }
    said = (
        text.format(value)
        for point, text in points.items()
        if (value := readings.get(point)) is not None
    )
    return " · ".join(said) or "-"
