"""Adds a device: choose its family, ask its connection, read it once, confirm."""

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
)
from homeassistant.const import CONF_DEVICE, CONF_HOST, CONF_NAME, CONF_PORT
from homeassistant.core import callback
from homeassistant.exceptions import HomeAssistantError
from homeassistant.helpers.selector import TextSelector
import voluptuous as vol

from .account_flow import AccountSteps
from .card_flow import CardFlow, ServerOptions
from .circuit_flow import CircuitFlow
from .const import (
    CONF_BY_ACCOUNT,
    CONF_ENCRYPTED,
    CONF_FAMILY,
    CONF_HOSTS,
    CONF_MINIMUM_CURRENT,
    CONF_MORE,
    CONF_SERVER,
    CONF_UNIT_ID,
    DOMAIN,
    FAMILY_DIRIS,
    FAMILY_OCPP_CHARGER,
    FAMILY_OCPP_SERVER,
    FAMILY_SITE,
    SUBENTRY_CARD,
    SUBENTRY_CHARGER,
    SUBENTRY_CIRCUIT,
)
from .device_form import (
    bounds_in_words,
    flat,
    in_words,
    members_are_named,
    nested,
    place_of,
    schema,
)
from .device_options import DeviceOptions
from .diris_flow import DirisOptions, DirisSteps
from .engine.devices import FAMILIES
from .engine.model import (
    DeviceError,
    Identity,
    Point,
    PortClosed,
    Quantity,
    Readings,
    Silent,
    Unreachable,
    WrongDevice,
)
from .figures import figures_of
from .key_flow import AccessKeySteps
from .links import temporary_device
from .ocpp_flow import OcppSteps
from .ocpp_options import WallboxOptions
from .pico_flow import PicoOptions, is_pico
from .search_flow import SearchSteps
from .serial_line import let_go
from .site_billing import billable
from .site_billing_flow import SiteBillingOptions
from .site_flow import SiteSteps
from .site_options import SiteOptions
from .subentry_flow import ChargerFlow
from .tls_flow import AUTOMATIC, CONF_ENCRYPTION, TO_TLS, TlsSteps

type Input = dict[str, Any]

_AT_A_LINE = {"no_link": "no_serial_port", "silent": "silent_serial"}


class MetersAndChargersFlow(
    AccountSteps,
    SearchSteps,
    DirisSteps,
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
        """Ask what to add; or go on with what a flow before has made possible."""
        if user_input and (server_id := user_input.get(CONF_SERVER)):
            return await self._open_room(server_id)
        if user_input and user_input.get(CONF_FAMILY) == FAMILY_SITE:
            return await self.async_step_site()
        options = ["search", "smart_me_account", *_steps(), FAMILY_OCPP_SERVER]
        options.insert(0 if self._site_is_next else len(options), FAMILY_SITE)
        return self.async_show_menu(step_id="user", menu_options=options)

    async def _step_family(
        self, family_key: str, user_input: Input | None = None, *, serial: bool = False
    ) -> ConfigFlowResult:
        """Ask how to reach a device of a family, and read it."""
        errors: dict[str, str] = {}
        placeholders: dict[str, str] = {}
        if user_input is not None:
            self._data = flat(family_key, user_input)
            wanted = user_input[CONF_MORE].get(CONF_ENCRYPTION, AUTOMATIC)
            problem = await self._probe_or_tls(wanted, placeholders)
            if problem == TO_TLS:
                return await self.async_step_tls()
            if problem is None and self._identity is not None:
                await self._claim(self._identity)
                return await self.async_step_confirm()
            errors["base"] = problem or "no_link"
        return self.async_show_form(
            step_id=_step(family_key, serial=serial),
            data_schema=self.add_suggested_values_to_schema(
                schema(family_key, serial=serial), user_input
            ),
            errors=errors,
            description_placeholders=placeholders,
        )

    @override
    async def _claim(self, identity: Identity) -> None:
        """Abort if the device is set up already, with its entry brought up to date."""
        self._abort_if_by_account(identity)
        by_user = self.source == SOURCE_USER
        await self.async_set_unique_id(identity.key, raise_on_progress=not by_user)
        if not by_user:
            host, port = self._data[CONF_HOST], self._data[CONF_PORT]
            self._abort_if_found_again(identity, host, port)
        # What an entry is told here replaces how it was reached before.
        before: Input = {CONF_ENCRYPTED: False}
        if FAMILIES[identity.family].transport.serial:
            before[CONF_DEVICE] = None
        self._abort_if_unique_id_configured(
            updates=before | self._data if by_user else None,
            description_placeholders={"serial": identity.serial},
        )

    @override
    async def _take_up(
        self, family_key: str, host: str, port: int | None = None
    ) -> ConfigFlowResult:
        """Read a device that was found; what only its owner knows is asked first."""
        form = schema(family_key)
        typed: Input = form({CONF_HOST: host, CONF_MORE: {}})
        if port is not None:
            typed[CONF_MORE][CONF_PORT] = port
        self._data = flat(family_key, typed)
        ask = bool(FAMILIES[family_key].questions)
        if self.source == SOURCE_DHCP and not ask:
            # Nobody is there yet to be told what is wrong.
            ask = await self._probe({}) is not None
            if ask and not self.named:
                return self.async_abort(reason="another_product")
        if not ask:
            if family_key == FAMILY_DIRIS:
                return await self.async_step_diris(typed)
            return await self._step_family(family_key, typed)
        return self.async_show_form(
            step_id=family_key,
            data_schema=self.add_suggested_values_to_schema(form, typed),
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
            step_id=self._confirmed_as,
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
                "values": bounds_in_words(self._data)
                if self._is_station
                else in_words(self._readings, await figures_of(self.hass)),
                **self._certificate_words(),
            },
        )

    async_step_confirm_import = async_step_confirm
    async_step_confirm_export = async_step_confirm
    async_step_confirm_station = async_step_confirm
    async_step_confirm_tls_import = async_step_confirm
    async_step_confirm_tls_export = async_step_confirm

    @property
    def _confirmed_as(self) -> str:
        """The step that says of a meter which way power flows now."""
        step = "confirm_tls" if self._data.get(CONF_ENCRYPTED) else "confirm"
        if self._is_station:
            step = "confirm_station"
        power = self._readings.get(Point(Quantity.POWER))
        # Only wallboxes are asked about, and they draw.
        if power is not None and not FAMILIES[self._data[CONF_FAMILY]].questions:
            step += "_export" if power < 0 else "_import"
        return step

    @property
    def _is_station(self) -> bool:
        """Whether it says nothing of itself, and has bounds instead."""
        return not self._readings and CONF_MINIMUM_CURRENT in self._data

    async def async_step_reconfigure(
        self, user_input: Input | None = None
    ) -> ConfigFlowResult:
        """Change the address or the bounds of the same device, or the site's fuse."""
        entry = self._get_reconfigure_entry()
        steps = {
            FAMILY_SITE: self.async_step_reconfigure_site,
            FAMILY_OCPP_SERVER: self.async_step_reconfigure_ocpp_server,
            FAMILY_OCPP_CHARGER: self.async_step_reconfigure_ocpp_charger,
            FAMILY_DIRIS: self.async_step_diris,
        }
        if (step := steps.get(entry.data[CONF_FAMILY])) is not None:
            return await step()
        if entry.data.get(CONF_BY_ACCOUNT):
            return await self.async_step_reconfigure_account()
        errors: dict[str, str] = {}
        placeholders: dict[str, str] = {}
        if user_input is not None:
            self._data = flat(entry.data[CONF_FAMILY], user_input) | self._kept()
            if CONF_HOSTS in entry.data:
                self._data[CONF_HOSTS] = entry.data[CONF_HOSTS]
            wanted = user_input[CONF_MORE].get(CONF_ENCRYPTION, AUTOMATIC)
            async with let_go(self.hass, entry, self._data):
                problem = await self._probe_or_tls(wanted, placeholders)
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
                schema(
                    entry.data[CONF_FAMILY],
                    entry.data,
                    serial=bool(entry.data.get(CONF_DEVICE)),
                ),
                user_input or nested(entry.data),
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
            has_foreign = bool(billable(config_entry))
            return SiteBillingOptions() if has_foreign else SiteOptions()
        if config_entry.data[CONF_FAMILY] == FAMILY_OCPP_CHARGER:
            return WallboxOptions()
        if config_entry.data[CONF_FAMILY] == FAMILY_OCPP_SERVER:
            return ServerOptions()
        if config_entry.data[CONF_FAMILY] == FAMILY_DIRIS:
            return DirisOptions()
        return PicoOptions() if is_pico(config_entry) else DeviceOptions()

    @classmethod
    @callback
    @override
    def async_supports_options_flow(cls, config_entry: ConfigEntry) -> bool:
        """All but families without a choice of intervals have some."""
        family_key = config_entry.data[CONF_FAMILY]
        if is_pico(config_entry) or family_key in (
            FAMILY_SITE,
            FAMILY_OCPP_CHARGER,
            FAMILY_OCPP_SERVER,
        ):
            return True
        family = FAMILIES.get(family_key)
        return family is not None and bool(family.intervals_s)

    @classmethod
    @callback
    @override
    def async_get_supported_subentry_types(
        cls, config_entry: ConfigEntry
    ) -> dict[str, type[ConfigSubentryFlow]]:
        """A site has chargers and circuits, an OCPP server has cards."""
        if config_entry.data[CONF_FAMILY] == FAMILY_SITE:
            return {SUBENTRY_CHARGER: ChargerFlow, SUBENTRY_CIRCUIT: CircuitFlow}
        if config_entry.data[CONF_FAMILY] == FAMILY_OCPP_SERVER:
            return {SUBENTRY_CARD: CardFlow}
        return {}

    @override
    async def _probe(self, placeholders: dict[str, str]) -> str | None:
        """Identify and read the device once; returns the key of what went wrong."""
        family = FAMILIES[self._data[CONF_FAMILY]]
        placeholders["host"] = place_of(self._data)
        placeholders["port"] = str(self._data.get(CONF_PORT))
        placeholders["unit_id"] = str(self._data[CONF_UNIT_ID])
        placeholders["family"] = family.name
        serial = bool(self._data.get(CONF_DEVICE))
        if not placeholders["host"]:
            return "no_serial_port" if CONF_DEVICE in self._data else "invalid_host"
        if not members_are_named(self._data):
            return "invalid_serials"
        try:
            async with temporary_device(self.hass, self._data) as device:
                self._identity = await device.identify()
                if family.learn is not None:
                    self._data |= await family.learn(device)
                if device.groups:
                    self._readings = await device.read(device.groups[0])
        except DeviceError as err:
            placeholders["found"] = getattr(err, "found", str(err))
            problem = _problem(err, family.key)
            return _AT_A_LINE.get(problem, problem) if serial else problem
        except HomeAssistantError:
            return "in_use"
        return None


def _step(family_key: str, *, serial: bool) -> str:
    """Return the name of the step in which a device is added."""
    return f"{family_key}_serial" if serial else family_key


def _steps() -> dict[str, tuple[str, bool]]:
    """Return those steps: the family of each, and whether it hangs on a serial line."""
    return {
        _step(key, serial=serial): (key, serial)
        for key, family in FAMILIES.items()
        for serial in ((False, True) if family.transport.serial else (False,))
    }


for _name, (_key, _serial) in _steps().items():
    # Home Assistant looks a step up by its name; families need no code here.
    if not hasattr(MetersAndChargersFlow, f"async_step_{_name}"):
        setattr(
            MetersAndChargersFlow,
            f"async_step_{_name}",
            partialmethod(MetersAndChargersFlow._step_family, _key, serial=_serial),  # noqa: SLF001 - our own class
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
