"""The steps of a billing service in a charger's options: asked for, tried, kept."""

import asyncio
from collections.abc import Mapping, Sequence
from typing import Any, Protocol

from homeassistant.config_entries import ConfigFlowResult, OptionsFlow
from homeassistant.const import CONF_CLIENT_ID, CONF_PASSWORD, CONF_URL
from homeassistant.helpers.selector import (
    BooleanSelector,
    SelectSelector,
    SelectSelectorConfig,
    SelectSelectorMode,
    TextSelector,
    TextSelectorConfig,
    TextSelectorType,
)
import voluptuous as vol

from . import billing_upload, certificates, links
from .billing import (
    PASSED_ON,
    gateway_of,
    is_same_account,
    is_same_gateway,
    mode_of,
)
from .billing_certificates import Trust
from .card_flow import one_of
from .certificates import Unusable
from .const import (
    CONF_BACKEND_CARDS,
    CONF_BILLING,
    CONF_BILLING_MODE,
    CONF_CERTIFIED,
    CONF_FILES,
    CONF_FIXED_TAG,
    CONF_OCPP_VERSION,
    CONF_OFFLINE,
    CONF_PASSED_ON,
    CONF_TRUST,
)
from .engine.billing import Mode
from .engine.gateway import Failure, Offline, Settings
from .key_flow import KEY as SECRET

type Input = dict[str, Any]

CONF_DISCARD = "discard"
CONF_END = "end"
CONF_SAVE_ANYWAY = "save_anyway"
NO_SERVER = "no_server_now"
V16 = "1.6"
_LONGEST_TAG = 20
_MAY_PASS = frozenset(
    {
        Failure.BUSY,
        Failure.CLOSED,
        Failure.HANDSHAKE,
        Failure.NAME,
        Failure.PENDING,
        Failure.SILENT,
        Failure.UNREACHABLE,
    }
)
"""What may be over tomorrow, with the same settings."""
_SAID: Mapping[Failure, str] = {
    Failure.ADDRESS: "billing_address",
    Failure.NAME: "billing_name",
    Failure.UNREACHABLE: "billing_unreachable",
    Failure.SILENT: "billing_silent",
    Failure.UNTRUSTED: "billing_untrusted",
    Failure.ENCRYPTION: "billing_encryption",
    Failure.PASSWORD: "billing_password",
    Failure.IDENTITY: "billing_identity",
    Failure.BUSY: "billing_busy",
    Failure.HANDSHAKE: "billing_handshake",
    Failure.VERSION: "billing_version",
    Failure.PENDING: "billing_pending",
    Failure.REJECTED: "billing_rejected",
    Failure.CLOSED: "billing_closed",
}
_USUAL: Mapping[str, Any] = {
    CONF_TRUST: Trust.PUBLIC,
    CONF_CERTIFIED: False,
    CONF_OFFLINE: Offline.KNOWN,
    CONF_BACKEND_CARDS: True,
    CONF_PASSED_ON: [
        name for name, actions in PASSED_ON.items() if actions <= Settings().passed_on
    ],
}
_NOT_RELAYED = frozenset({CONF_FIXED_TAG, CONF_OFFLINE, CONF_PASSED_ON})
"""What the wallbox and its service settle between them."""
_TEXT = TextSelector()
_URL = TextSelector(TextSelectorConfig(type=TextSelectorType.URL))


class Introduced(Protocol):
    """What a billing service can be told of."""

    def boot(self) -> Mapping[str, Any]:
        """Return a BootNotification."""


class BillingSteps(OptionsFlow):
    """Where a charger is billed, and by whose rules."""

    _beside: Input = {}  # noqa: RUF012  # replaced, never changed
    """Other options that are stored with it."""

    _mode: Mode | None = None
    """What the service is to see, once that was chosen."""
    _draft: Input
    """What is to be kept, once it has been tried."""
    _typed: Input | None = None
    """What the form was sent with."""
    _trying: asyncio.Task[Failure | None] | None = None
    _failure: Failure | None = None

    @property
    def modes(self) -> Sequence[Mode]:
        """Return what its owner may choose that the service sees."""
        return ()

    @property
    def _chosen(self) -> Mode:
        """What the service is to see."""
        return self._mode or next(iter(self.modes), Mode.VIRTUAL)

    @property
    def uncounted(self) -> frozenset[str]:
        """Return what nothing depends on, so that it is not asked for."""
        return _NOT_RELAYED if self._chosen is Mode.RELAY else frozenset()

    def mode_problem(self, mode: Mode) -> str | None:
        """Return why the service can't see that from now on; None where it can."""
        del mode  # without a choice
        return None

    @property
    def version(self) -> str:
        """Return what is spoken to the service."""
        return V16

    def billed(self) -> Introduced | str:
        """Return the charger as its billing service sees it, or why there is none."""
        raise NotImplementedError

    @property
    def _kept(self) -> Mapping[str, Any] | None:
        found: Mapping[str, Any] | None = self.options_now.get(CONF_BILLING)
        return found

    @property
    def options_now(self) -> Mapping[str, Any]:
        """Return where the billing service of the charger is kept."""
        return self.config_entry.options

    @property
    def owner_id(self) -> str:
        """Return whose gateway it is."""
        return self.config_entry.entry_id

    def keep(self, options: Input) -> ConfigFlowResult:
        """Keep what was chosen, and end."""
        return self.async_create_entry(data=options)

    @property
    def _waiting(self) -> int:
        """How many messages wait for the one there is now."""
        gateway = gateway_of(self.hass, self.owner_id)
        return 0 if gateway is None else gateway.standing.length

    async def async_step_billing(
        self, user_input: Input | None = None
    ) -> ConfigFlowResult:
        """Ask for all but files, and first what the service is to see."""
        if user_input is None and self._mode is None and len(self.modes) > 1:
            return await self.async_step_billing_mode()
        why, ends = self.billed(), bool(user_input and user_input.get(CONF_END))
        errors = {"base": why} if isinstance(why, str) else {}
        if ends and why != NO_SERVER:
            if not self._waiting or (user_input or {}).get(CONF_DISCARD):
                return await self._finish(None)
            errors = {"base": "billing_waiting"}
        elif user_input is not None and not errors:
            errors = self._problems(user_input)
            if not errors:
                self._typed = {**user_input}
                return await self._go_on(user_input)
        return self._show(user_input, self._kept or {}, errors)

    async def async_step_billing_mode(
        self, user_input: Input | None = None
    ) -> ConfigFlowResult:
        """Ask what the service is to see: the rest depends on it."""
        errors: dict[str, str] = {}
        shown = mode_of(self._kept or {})
        if user_input is not None:
            shown = Mode(user_input[CONF_BILLING_MODE])
            if (why := self.mode_problem(shown)) is None:
                self._mode = shown
                return await self.async_step_billing()
            errors["base"] = why
        asked = vol.Required(CONF_BILLING_MODE, default=shown.value)
        modes = one_of("billing_mode", *self.modes)
        return self.async_show_form(
            step_id="billing_mode",
            data_schema=vol.Schema({asked: modes}),
            errors=errors,
        )

    def _show(
        self, typed: Input | None, kept: Mapping[str, Any], errors: dict[str, str]
    ) -> ConfigFlowResult:
        """Show what was just typed, else what is kept, but for its password.

        What is the wallbox's is no suggestion.
        """
        left_out = (CONF_OCPP_VERSION, *(() if typed else (CONF_PASSWORD,)))
        shown = typed or kept
        shown = {key: one for key, one in shown.items() if key not in left_out}
        return self.async_show_form(
            step_id="billing",
            data_schema=self.add_suggested_values_to_schema(self._form(), shown),
            errors=errors,
            description_placeholders={
                "count": str(self._waiting),
                "version": self.version,
            },
        )

    def _form(self) -> vol.Schema:
        version = SelectSelector(SelectSelectorConfig(options=[self.version]))
        fields: dict[vol.Marker, object] = {
            vol.Required(CONF_URL): _URL,
            vol.Required(CONF_CLIENT_ID): _TEXT,
            vol.Optional(CONF_PASSWORD): SECRET,
            vol.Required(CONF_TRUST): one_of("billing_trust", *Trust),
            vol.Required(CONF_CERTIFIED): BooleanSelector(),
            vol.Required(CONF_OCPP_VERSION, default=self.version): version,
            vol.Required(CONF_OFFLINE): one_of("billing_offline", *Offline),
            vol.Required(CONF_BACKEND_CARDS): BooleanSelector(),
            vol.Optional(CONF_FIXED_TAG): _TEXT,
            vol.Required(CONF_PASSED_ON): SelectSelector(
                SelectSelectorConfig(
                    options=list(PASSED_ON),
                    translation_key="billing_passed_on",
                    multiple=True,
                    mode=SelectSelectorMode.LIST,
                )
            ),
        }
        fields = {
            marker: one
            for marker, one in fields.items()
            if marker.schema not in self.uncounted
        }
        for marker in fields:
            if marker.schema in _USUAL:
                marker.default = vol.default_factory(_USUAL[marker.schema])
        if self._failure in _MAY_PASS:
            fields[vol.Required(CONF_SAVE_ANYWAY, default=False)] = BooleanSelector()
        if self._kept is not None:
            fields[vol.Required(CONF_END, default=False)] = BooleanSelector()
        if self._waiting:
            fields[vol.Required(CONF_DISCARD, default=False)] = BooleanSelector()
        return vol.Schema(fields)

    def _problems(self, typed: Input) -> dict[str, str]:
        typed[CONF_URL] = url = typed[CONF_URL].strip()
        typed[CONF_CLIENT_ID] = typed[CONF_CLIENT_ID].strip()
        if not url.lower().startswith(("ws://", "wss://")):
            return {CONF_URL: "billing_address"}
        if not typed[CONF_CLIENT_ID]:
            return {CONF_CLIENT_ID: "billing_no_identity"}
        if len(typed.get(CONF_FIXED_TAG, "")) > _LONGEST_TAG:
            return {CONF_FIXED_TAG: "billing_tag"}
        if (why := self.mode_problem(self._chosen)) is not None:
            return {"base": why}
        if self.modes:
            typed[CONF_BILLING_MODE] = self._chosen.value
        kept = self._kept
        other = kept is not None and not is_same_gateway(kept, typed)
        if other and self._waiting and not typed.get(CONF_DISCARD):
            return {"base": "billing_waiting"}
        return {}

    async def _go_on(self, typed: Input) -> ConfigFlowResult:
        before: Mapping[str, Any] = getattr(self, "_draft", self._kept or {})
        untried = typed.pop(CONF_SAVE_ANYWAY, False)
        for key in (CONF_END, CONF_DISCARD):
            typed.pop(key, None)
        password = typed.get(CONF_PASSWORD, "").strip()
        if not password and is_same_account(before, typed):
            password = before.get(CONF_PASSWORD, "")
        unasked = {key: before.get(key, _USUAL.get(key, "")) for key in self.uncounted}
        self._draft = {**unasked, **typed, CONF_PASSWORD: password}
        if (files := before.get(CONF_FILES)) is not None:
            self._draft[CONF_FILES] = files
        if untried:
            return await self._finish(self._draft)
        if typed[CONF_TRUST] == Trust.OWN or typed[CONF_CERTIFIED]:
            return await self.async_step_billing_files()
        return await self.async_step_billing_test()

    async def async_step_billing_files(
        self, user_input: Input | None = None
    ) -> ConfigFlowResult:
        """Ask for certificates; those that are there already may stay."""
        errors: dict[str, str] = {}
        if user_input is not None:
            try:
                self._draft[CONF_FILES] = await self.hass.async_add_executor_job(
                    billing_upload.upload, self.hass, self._draft, user_input
                )
            except Unusable as err:
                errors["base"] = err.key
            else:
                return await self.async_step_billing_test()
        form = billing_upload.form(self._draft)
        return self.async_show_form(
            step_id="billing_files", data_schema=form, errors=errors
        )

    async def async_step_billing_test(
        self, user_input: Input | None = None
    ) -> ConfigFlowResult:
        """Dial once and say who we are."""
        del user_input
        if self._trying is None:
            charger = self.billed()
            if isinstance(charger, str):
                return self._show(self._typed, self._draft, {"base": charger})
            self._trying = self.hass.async_create_background_task(
                links.try_backend(self.hass, self._draft, charger.boot()),
                "try a billing service",
                eager_start=False,
            )
        if self._trying.done():
            return self.async_show_progress_done(next_step_id="billing_tested")
        return self.async_show_progress(
            step_id="billing_test",
            progress_action="billing_test",
            progress_task=self._trying,
        )

    async def async_step_billing_tested(
        self, user_input: Input | None = None
    ) -> ConfigFlowResult:
        """Say that it works, or in the form what does not."""
        del user_input
        task, self._trying = self._trying, None
        if task is None:
            return await self.async_step_billing()
        self._failure = await task
        self._take_back()
        if self._failure is None:
            return await self.async_step_billing_done()
        return self._show(self._typed, self._draft, {"base": _SAID[self._failure]})

    def _take_back(self) -> None:
        """Dial anew where the test has taken the place of the line that is used."""
        gateway = gateway_of(self.hass, self.owner_id)
        if gateway is not None and is_same_account(gateway.data, self._draft):
            gateway.shown.redial()

    async def async_step_billing_done(
        self, user_input: Input | None = None
    ) -> ConfigFlowResult:
        """Say what happens from now on."""
        if user_input is not None:
            return await self._finish(self._draft)
        return self.async_show_form(
            step_id="billing_done",
            data_schema=vol.Schema({}),
            description_placeholders={"client_id": self._draft[CONF_CLIENT_ID]},
        )

    async def _finish(self, chosen: Input | None) -> ConfigFlowResult:
        options = {**self.options_now, **self._beside}
        before: Mapping[str, Any] = options.pop(CONF_BILLING, {})
        if chosen is not None:
            options[CONF_BILLING] = {
                key: one for key, one in chosen.items() if one != ""
            }
        files = before.get(CONF_FILES)
        if files is not None and files != (chosen or {}).get(CONF_FILES):
            await self.hass.async_add_executor_job(
                certificates.remove, links.billing_folder(self.hass), files
            )
        return self.keep(options)
