"""Sets up what a smart-me account contains: asks for its key, and reads the devices.

The account only says where they are. They are read in the house, as if their owner had
typed their addresses; a load group alone can be told through the account, by choice.
"""

import asyncio
from dataclasses import dataclass, field, replace
from typing import Any

from homeassistant.config_entries import SOURCE_IMPORT, ConfigFlow, ConfigFlowResult
from homeassistant.const import CONF_HOST, CONF_PORT
from homeassistant.data_entry_flow import AbortFlow
from homeassistant.helpers.selector import (
    BooleanSelector,
    SelectOptionDict,
    SelectSelector,
    SelectSelectorConfig,
    SelectSelectorMode,
)
import voluptuous as vol

from .const import (
    CONF_ACCESS_KEY,
    CONF_BY_ACCOUNT,
    CONF_FAMILY,
    CONF_GROUP_ID,
    CONF_MEMBERS,
    CONF_REASSERT,
    CONF_UNIT_ID,
    DOMAIN,
)
from .device_form import answered, bounds_in_words, in_words, question_fields
from .engine.devices import FAMILIES
from .engine.devices.smart_me import METER, PICO, PICO_GROUP, Offer, inventory
from .engine.devices.smart_me.steering import REASSERT_S
from .engine.model import DeviceError, Identity, NotAllowed, Readings, TooOften
from .figures import Figures, figures_of
from .key_flow import KEY, may_be_key
from .links import open_account
from .pico_account import serials_of

type Input = dict[str, Any]

_DEVICES = "devices"
_KEEP_KEY = "keep_key"
_SWITCH_MODBUS = "switch_modbus"
_SIGNS = {True: "✓", False: "✗", None: "?"}
_FAMILIES = (METER.key, PICO.key, PICO_GROUP.key)
WAKE_TRIES, WAKE_S = 6, 5.0
"""How often, and how far apart, a device is tried whose Modbus was just switched on."""


@dataclass(slots=True)
class _Findings:
    """What became of the devices that were chosen."""

    entries: list[Input] = field(default_factory=list)
    """What `async_step_import` takes."""
    found: list[str] = field(default_factory=list)
    off: list[str] = field(default_factory=list)
    """Those whose Modbus is switched off."""
    silent: list[str] = field(default_factory=list)

    def in_words(self) -> dict[str, str]:
        """Return the lines of each kind, as placeholders of a text."""
        return {
            "found": _lines(self.found),
            "off": _lines(self.off),
            "silent": _lines(self.silent),
        }


class AccountSteps(ConfigFlow):
    """The steps of an account in the integration's flow."""

    _data: Input
    _identity: Identity | None
    _readings: Readings
    _key = ""
    _offers: dict[str, Offer]
    """What can be set up, by the key of its identity."""
    _unread = 0
    _chosen: Input
    _reading: asyncio.Task[_Findings] | None = None
    _findings: _Findings

    async def _probe(self, placeholders: dict[str, str]) -> str | None:
        """Read the device that `_data` describes; the flow itself does it."""
        raise NotImplementedError

    async def async_step_smart_me_account(
        self, user_input: Input | None = None
    ) -> ConfigFlowResult:
        """Ask for the account's key, and what the account contains."""
        errors: dict[str, str] = {}
        placeholders: dict[str, str] = {}
        if user_input is not None:
            self._key = user_input[CONF_ACCESS_KEY].strip()
            problem = await self._take_stock(placeholders)
            if problem is None:
                return await self.async_step_account_devices()
            errors["base"] = problem
        return self.async_show_form(
            step_id="smart_me_account",
            data_schema=self.add_suggested_values_to_schema(
                vol.Schema({vol.Required(CONF_ACCESS_KEY): KEY}), user_input
            ),
            errors=errors,
            description_placeholders=placeholders,
        )

    async def _take_stock(self, placeholders: dict[str, str]) -> str | None:
        """Ask what there is to set up; returns the key of what went wrong."""
        if not self._key or not may_be_key(self._key):
            return "account_key_refused"
        try:
            offers, self._unread = await inventory(open_account(self.hass, self._key))
        except NotAllowed:
            return "account_key_refused"
        except TooOften as err:
            placeholders["seconds"] = f"{err.retry_after_s or 60:.0f}"
            return "account_too_often"
        except DeviceError as err:
            placeholders["found"] = str(err)
            return "account_key_untried"
        taken = self._serials_in_use()
        self._offers = {one.key: one for one in offers if taken.isdisjoint(one.serials)}
        return None if self._offers else "account_empty"

    def _serials_in_use(self) -> set[int]:
        """Return who is set up already, alone or in a group: nobody is told twice."""
        return {
            serial
            for entry in self.hass.config_entries.async_entries(DOMAIN)
            if entry.data.get(CONF_FAMILY) in _FAMILIES
            for serial in serials_of(entry)
        }

    def _abort_if_by_account(self, identity: Identity) -> None:
        """Refuse a station whose group is told through the account already."""
        for entry in self.hass.config_entries.async_entries(DOMAIN):
            if not entry.data.get(CONF_BY_ACCOUNT):
                continue
            if identity.serial in entry.data[CONF_MEMBERS]:
                raise AbortFlow("told_by_account", {"name": entry.title})

    async def async_step_account_devices(
        self, user_input: Input | None = None
    ) -> ConfigFlowResult:
        """Ask what of it to add."""
        errors: dict[str, str] = {}
        if user_input is not None:
            self._chosen = user_input
            if user_input[_DEVICES]:
                return await self.async_step_account_read()
            errors[_DEVICES] = "nothing_chosen"
        return self._ask_devices(errors, user_input)

    def _ask_devices(
        self,
        errors: dict[str, str],
        typed: Input | None,
        placeholders: dict[str, str] | None = None,
    ) -> ConfigFlowResult:
        offers = self._offers.values()
        options = [SelectOptionDict(value=one.key, label=_label(one)) for one in offers]
        usable = [one.key for one in offers if one.modbus is not False]
        fields: dict[vol.Marker, object] = {
            vol.Required(_DEVICES, default=usable): SelectSelector(
                SelectSelectorConfig(
                    options=options, multiple=True, mode=SelectSelectorMode.LIST
                )
            )
        }
        families = {one.family for one in offers}
        if families != {METER.key}:
            fields[vol.Required(_KEEP_KEY, default=True)] = BooleanSelector()
        if any(one.modbus is False for one in offers):
            fields[vol.Required(_SWITCH_MODBUS, default=False)] = BooleanSelector()
        if PICO_GROUP.key in families:
            fields[vol.Required(CONF_BY_ACCOUNT, default=False)] = BooleanSelector()
        return self.async_show_form(
            step_id="account_devices",
            data_schema=self.add_suggested_values_to_schema(vol.Schema(fields), typed),
            errors=errors,
            description_placeholders={
                "unread": str(self._unread),
                **(placeholders or {}),
            },
        )

    async def async_step_account_read(
        self, _user_input: Input | None = None
    ) -> ConfigFlowResult:
        """Read what was chosen; ends when it is closed."""
        if self._reading is None:
            self._reading = self.hass.async_create_background_task(
                self._read_chosen(), f"{DOMAIN} devices of an account"
            )
        elif self._reading.done():
            self._findings, self._reading = self._reading.result(), None
            found = bool(self._findings.entries)
            return self.async_show_progress_done(
                next_step_id="account_found" if found else "account_none"
            )
        return self.async_show_progress(
            step_id="account_read",
            progress_action="account_read",
            progress_task=self._reading,
        )

    async def async_step_account_none(
        self, _user_input: Input | None = None
    ) -> ConfigFlowResult:
        """Say why nothing answered, and let choose again."""
        words = self._findings.in_words()
        return self._ask_devices({"base": "account_none"}, self._chosen, words)

    async def async_step_account_found(
        self, user_input: Input | None = None
    ) -> ConfigFlowResult:
        """Show what answers, with live values, and add it."""
        if user_input is None:
            return self.async_show_form(
                step_id="account_found",
                data_schema=vol.Schema({}),
                description_placeholders=self._findings.in_words(),
            )
        own, *others = self._findings.entries
        for other in others:
            await self.hass.config_entries.flow.async_init(
                DOMAIN, context={"source": SOURCE_IMPORT}, data=other
            )
        return await self.async_step_import(own)

    async def async_step_import(self, import_data: Input) -> ConfigFlowResult:
        """Add a device of an account that was read; nothing else is imported."""
        await self.async_set_unique_id(import_data["key"], raise_on_progress=False)
        self._abort_if_unique_id_configured(
            description_placeholders={"serial": import_data["serial"]}
        )
        return self.async_create_entry(
            title=import_data["title"],
            data=import_data["data"],
            options=import_data["options"],
        )

    async def _read_chosen(self) -> _Findings:
        findings, written = _Findings(), await figures_of(self.hass)
        chosen: list[str] = self._chosen[_DEVICES]
        for number, key in enumerate(chosen):
            self.async_update_progress(number / len(chosen))
            offer = self._offers[key]
            if self._chosen.get(CONF_BY_ACCOUNT) and offer.group_id:
                self._data = _by_account(offer)
                findings.found.append(_label(offer))
                findings.entries.append(self._entry(offer))
                continue
            woken = await self._wake(offer)
            if await self._reach(offer, WAKE_TRIES if woken else 1):
                values = self._values(offer, written)
                place = f"{_title(offer)} ({self._data[CONF_HOST]})"
                findings.found.append(f"{place}: {values}")
                findings.entries.append(self._entry(offer))
            elif offer.modbus is False and not woken:
                findings.off.append(_label(offer))
            else:
                findings.silent.append(_label(offer))
        return findings

    async def _wake(self, offer: Offer) -> bool:
        """Switch a device's Modbus on, if that was asked for; whether that was done."""
        if offer.modbus is not False or not self._chosen.get(_SWITCH_MODBUS):
            return False
        account, done = open_account(self.hass, self._key), False
        for device_id in offer.ids:
            try:
                await account.switch_modbus_on(device_id)
            except DeviceError:
                # It is shown as switched off.
                continue
            done = True
        return done

    async def _reach(self, offer: Offer, tries: int) -> bool:
        """Look for a device in the house; leaves its entry data and its values."""
        way = FAMILIES[offer.family].transport
        for number in range(tries):
            if number:
                await asyncio.sleep(WAKE_S)
            for host in offer.hosts:
                self._readings = {}
                self._data = {
                    **_common(offer),
                    CONF_HOST: host,
                    CONF_PORT: way.port,
                    CONF_UNIT_ID: way.unit_id,
                }
                problem = await self._probe({})
                found = self._identity if problem is None else None
                if found is not None and found.key == offer.key:
                    return True
        return False

    def _values(self, offer: Offer, written: Figures) -> str:
        """Say what a meter measures, and what a station may be told."""
        if offer.family == METER.key:
            return in_words(self._readings, replace(written, signed=True))
        return bounds_in_words(offer.answers)

    def _entry(self, offer: Offer) -> Input:
        options: Input = {}
        by_account = CONF_BY_ACCOUNT in self._data
        if offer.family != METER.key and (by_account or self._chosen[_KEEP_KEY]):
            options[CONF_ACCESS_KEY] = self._key
        if by_account:
            # As seldom as can be: each is a request to the account.
            options[CONF_REASSERT] = REASSERT_S[1]
        return {
            "key": offer.key,
            "serial": str(offer.serials[0]),
            "title": _title(offer),
            "data": dict(self._data),
            "options": options,
        }

    async def async_step_reconfigure_account(
        self, user_input: Input | None = None
    ) -> ConfigFlowResult:
        """Change the bounds of a group that is told through the account."""
        entry = self._get_reconfigure_entry()
        if user_input is not None:
            data = {**entry.data, **answered(PICO_GROUP.key, user_input)}
            return self.async_update_reload_and_abort(entry, data=data)
        return self.async_show_form(
            step_id="reconfigure_account",
            data_schema=vol.Schema(question_fields(PICO_GROUP.key, entry.data)),
        )


def _common(offer: Offer) -> Input:
    """Return entry data of a device that hold however it is reached."""
    data: Input = {CONF_FAMILY: offer.family, **offer.answers}
    if FAMILIES[offer.family].members:
        data[CONF_MEMBERS] = [str(serial) for serial in offer.serials]
    return data


def _by_account(offer: Offer) -> Input:
    return {**_common(offer), CONF_BY_ACCOUNT: True, CONF_GROUP_ID: offer.group_id}


def _title(offer: Offer) -> str:
    return offer.name or f"{FAMILIES[offer.family].name} {offer.serials[0]}"


def _label(offer: Offer) -> str:
    """Return name, kind, serial numbers, likeliest address, whether Modbus is on."""
    serials = ", ".join(map(str, offer.serials))
    name = f"{offer.name}: " if offer.name else ""
    return (
        f"{name}{FAMILIES[offer.family].name} {serials}, {offer.hosts[0]}, "
        f"Modbus {_SIGNS[offer.modbus]}"
    )


def _lines(texts: list[str]) -> str:
    return "".join(f"\n- {one}" for one in texts) or "-"
