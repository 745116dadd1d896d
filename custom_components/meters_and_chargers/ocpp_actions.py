"""Actions on OCPP wallboxes: what no entity does, each for one or several of them."""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from datetime import timedelta
from functools import partial
from typing import Any, Final
from urllib.parse import urlsplit

from homeassistant.core import (
    HomeAssistant,
    ServiceCall,
    ServiceResponse,
    SupportsResponse,
    callback,
)
from homeassistant.exceptions import HomeAssistantError
from homeassistant.helpers import config_validation as cv
from homeassistant.helpers.typing import VolDictType
from homeassistant.util import dt as dt_util
from homeassistant.util.json import JsonObjectType
import voluptuous as vol

from . import ocpp_tls
from .const import DOMAIN
from .engine.devices.ocpp_charger import (
    LONGEST_TAG,
    Card,
    Setting,
    is_secret,
    locks_out,
    same_serial,
)
from .engine.model import DeviceError, OutOfRange, Unsupported
from .ocpp_targets import Answer, ask_each, refused, wallboxes
from .ocpp_wallbox import ChargerHub
from .update import Offer, offer

_CONNECTOR: Final = "connector"
_KEY: Final = "key"
_KEYS: Final = "keys"
_VALUE: Final = "value"
_MESSAGE: Final = "message"
_MINUTES: Final = "minutes"
_HOURS: Final = "hours"
_UNIT: Final = "unit"
_AT_ONCE: Final = "at_once"
_AVAILABLE: Final = "available"
_CARD: Final = "card"
_CARDS: Final = "cards"
_PARENT: Final = "parent_card"
_VENDOR: Final = "vendor"
_CONTENT: Final = "content"
_URL: Final = "url"
_SECURITY: Final = "security"
_VERSION: Final = "version"
_CERTIFICATE: Final = "signing_certificate"
_SIGNATURE: Final = "signature"
_SERIAL: Final = "serial_number"

_HIDDEN = "REDACTED"
_SCHEMES = frozenset({"ftp", "ftps", "sftp", "http", "https"})
_TRIGGERS = (
    "diagnostics_status_notification",
    "firmware_status_notification",
    "heartbeat",
    "log_status_notification",
    "meter_values",
    "status_notification",
)
"""Not a boot: the standard forbids to ask one that was accepted for another."""

type Data = Mapping[str, Any]


def address(value: object) -> str:
    """Return the address of a file or a folder; refuse one no wallbox can reach."""
    found = cv.string(value).strip()
    parts = urlsplit(found)
    if parts.scheme not in _SCHEMES or not parts.hostname:
        # It may hold a password: it is not repeated.
        raise refused("bad_address")
    return found


def connector_of(hub: ChargerHub, data: Data) -> int:
    """Return the connector that is meant; refuse one that the wallbox does not have."""
    number: int = data[_CONNECTOR]
    if number and number not in hub.charger.connectors:
        raise refused("no_connector", name=hub.entry.title, connector=str(number))
    return number


# Settings and messages


async def _get_configuration(hub: ChargerHub, data: Data) -> Answer:
    found = await hub.charger.read_settings(data.get(_KEYS))

    def told(key: str, setting: Setting) -> JsonObjectType:
        hidden = is_secret(key) and bool(setting.value)
        return {
            "value": _HIDDEN if hidden else setting.value,
            "read_only": setting.read_only,
        }

    return {
        "keys": {key: told(key, setting) for key, setting in found.known.items()},
        "unknown": list(found.unknown),
    }


async def _set_configuration(hub: ChargerHub, data: Data) -> Answer:
    if locks_out(data[_KEY]):
        raise refused("key_is_ours", setting=data[_KEY])
    status = await hub.charger.change_configuration(data[_KEY], data[_VALUE])
    return {"restart_needed": status == "reboot_required"}


async def _trigger_message(hub: ChargerHub, data: Data) -> Answer:
    number = connector_of(hub, data) if _CONNECTOR in data else None
    message = "".join(word.capitalize() for word in data[_MESSAGE].split("_"))
    await hub.charger.ask_for(message, number)
    return None


async def _send_vendor_message(hub: ChargerHub, data: Data) -> Answer:
    status, told = await hub.charger.transfer_data(
        data[_VENDOR], data.get(_MESSAGE), data.get(_CONTENT)
    )
    return {"status": status, "data": told}


async def _upload_log(hub: ChargerHub, data: Data) -> Answer:
    now, hours = dt_util.utcnow(), data.get(_HOURS)
    since = None if hours is None else now - timedelta(hours=hours)
    file = await hub.charger.upload_log(
        data[_URL], now, security=data[_SECURITY], since=since
    )
    return {"file": file}


async def _offer_firmware(hub: ChargerHub, data: Data) -> Answer:
    made = None
    if _URL in data:
        made = Offer(
            url=data[_URL],
            version=data[_VERSION],
            signing_certificate=data.get(_CERTIFICATE, ""),
            signature=data.get(_SIGNATURE, ""),
            before=hub.charger.identity.firmware or "",
        )
    offer(hub, made)
    return None


async def _get_certificates(hub: ChargerHub, _data: Data) -> Answer:
    ours = (await ocpp_tls.root(hub.hass)).serial
    trusted = await hub.charger.trusted_servers()
    return {
        "certificates": [
            {_SERIAL: one, "ours": same_serial(one, ours)} for one in trusted
        ]
    }


async def _delete_certificate(hub: ChargerHub, data: Data) -> Answer:
    name, serial = hub.entry.title, data[_SERIAL]
    if same_serial(serial, (await ocpp_tls.root(hub.hass)).serial):
        raise refused("certificate_is_ours", name=name)
    if not await hub.charger.distrust_server(serial):
        raise refused("no_certificate", name=name, serial=serial)
    return None


# Charging


async def _restart(hub: ChargerHub, data: Data) -> Answer:
    await hub.charger.reset(hard=data[_AT_ONCE])
    return None


async def _set_availability(hub: ChargerHub, data: Data) -> Answer:
    status = await hub.charger.change_availability(
        connector_of(hub, data), data[_AVAILABLE]
    )
    return {"after_transaction": status == "scheduled"}


async def _start_charging(hub: ChargerHub, data: Data) -> Answer:
    await hub.charger.remote_start(connector_of(hub, data), data[_CARD])
    return None


async def _get_charging_schedule(hub: ChargerHub, data: Data) -> Answer:
    found = await hub.charger.composite_schedule(
        connector_of(hub, data), round(data[_HOURS] * 3600), data.get(_UNIT)
    )
    return {
        "unit": found.unit,
        "start": None if found.start is None else found.start.isoformat(),
        "periods": [
            {"after": one.start_s, "limit": one.limit, "phases": one.phases}
            for one in found.periods
        ],
    }


async def _clear_limits(hub: ChargerHub, _data: Data) -> Answer:
    await hub.charger.clear_charging_profile()
    return None


# Cards and reservations


async def _reserve(hub: ChargerHub, data: Data) -> Answer:
    until = dt_util.utcnow() + timedelta(minutes=data[_MINUTES])
    await hub.charger.reserve(
        connector_of(hub, data), data[_CARD], until, data.get(_PARENT, "")
    )
    return {"until": dt_util.as_local(until).isoformat()}


async def _cancel_reservation(hub: ChargerHub, data: Data) -> Answer:
    await hub.charger.cancel_reservation(connector_of(hub, data))
    return None


async def _get_card_list_version(hub: ChargerHub, _data: Data) -> Answer:
    return {"version": await hub.charger.local_list_version()}


async def _set_card_list(hub: ChargerHub, data: Data) -> Answer:
    if hub.server.copies_cards:
        raise refused("cards_are_copied", name=hub.entry.title)
    cards = [Card(id_tag=tag) for tag in dict.fromkeys(data[_CARDS])]
    return {"version": await hub.charger.give_cards(cards)}


async def _clear_card_memory(hub: ChargerHub, _data: Data) -> Answer:
    await hub.charger.clear_cache()
    return None


@dataclass(frozen=True, slots=True)
class Action:
    """What one wallbox is asked, and with which fields."""

    do: Callable[[ChargerHub, Data], Awaitable[Answer]]
    fields: VolDictType
    answers: SupportsResponse = SupportsResponse.NONE
    needs_link: bool = True


_TEXT = vol.All(cv.string, vol.Length(min=1))
# The wallbox's own version may allow less, which is said when it is asked.
_TAG = vol.All(cv.string, vol.Length(min=1, max=LONGEST_TAG))
_FROM_0 = vol.All(vol.Coerce(int), vol.Range(min=0, max=99))
_FROM_1 = vol.All(vol.Coerce(int), vol.Range(min=1, max=99))
_DAYS = vol.All(vol.Coerce(float), vol.Range(min=0.1, max=31 * 24))
_EITHER, _ALWAYS = SupportsResponse.OPTIONAL, SupportsResponse.ONLY

ACTIONS: Final[Mapping[str, Action]] = {
    "get_configuration": Action(
        _get_configuration,
        {vol.Optional(_KEYS): vol.All(cv.ensure_list, [_TEXT])},
        _ALWAYS,
    ),
    "set_configuration": Action(
        _set_configuration,
        {vol.Required(_KEY): _TEXT, vol.Required(_VALUE): cv.string},
        _EITHER,
    ),
    "trigger_message": Action(
        _trigger_message,
        {vol.Required(_MESSAGE): vol.In(_TRIGGERS), vol.Optional(_CONNECTOR): _FROM_0},
    ),
    "send_vendor_message": Action(
        _send_vendor_message,
        {
            vol.Required(_VENDOR): _TEXT,
            vol.Optional(_MESSAGE): _TEXT,
            vol.Optional(_CONTENT): cv.string,
        },
        _EITHER,
    ),
    "upload_log": Action(
        _upload_log,
        {
            vol.Required(_URL): address,
            vol.Optional(_HOURS): _DAYS,
            vol.Optional(_SECURITY, default=False): cv.boolean,
        },
        _EITHER,
    ),
    "offer_firmware": Action(
        _offer_firmware,
        {
            vol.Inclusive(_URL, "firmware"): address,
            vol.Inclusive(_VERSION, "firmware"): _TEXT,
            vol.Inclusive(_CERTIFICATE, "signed"): _TEXT,
            vol.Inclusive(_SIGNATURE, "signed"): _TEXT,
        },
        needs_link=False,
    ),
    "restart": Action(_restart, {vol.Optional(_AT_ONCE, default=False): cv.boolean}),
    "set_availability": Action(
        _set_availability,
        {
            vol.Required(_AVAILABLE): cv.boolean,
            vol.Optional(_CONNECTOR, default=0): _FROM_0,
        },
        _EITHER,
    ),
    "get_certificates": Action(_get_certificates, {}, _ALWAYS),
    "delete_certificate": Action(
        _delete_certificate,
        {vol.Required(_SERIAL): vol.All(cv.string, vol.Length(min=1))},
    ),
    "start_charging": Action(
        _start_charging,
        {vol.Required(_CARD): _TAG, vol.Optional(_CONNECTOR, default=1): _FROM_1},
    ),
    "get_charging_schedule": Action(
        _get_charging_schedule,
        {
            vol.Optional(_HOURS, default=24): _DAYS,
            vol.Optional(_UNIT): vol.In(("A", "W")),
            vol.Optional(_CONNECTOR, default=1): _FROM_0,
        },
        _ALWAYS,
    ),
    "clear_limits": Action(_clear_limits, {}),
    "reserve": Action(
        _reserve,
        {
            vol.Required(_CARD): _TAG,
            vol.Optional(_MINUTES, default=30): vol.All(
                vol.Coerce(float), vol.Range(min=1, max=7 * 1440)
            ),
            vol.Optional(_PARENT): _TAG,
            vol.Optional(_CONNECTOR, default=1): _FROM_0,
        },
        _EITHER,
    ),
    "cancel_reservation": Action(
        _cancel_reservation, {vol.Optional(_CONNECTOR, default=1): _FROM_0}
    ),
    "get_card_list_version": Action(_get_card_list_version, {}, _ALWAYS),
    "set_card_list": Action(
        _set_card_list,
        {vol.Optional(_CARDS, default=list): vol.All(cv.ensure_list, [_TAG])},
        _EITHER,
    ),
    "clear_card_memory": Action(_clear_card_memory, {}),
}


@callback
def register(hass: HomeAssistant) -> None:
    """Make the actions known; they are there whether a wallbox is set up or not."""
    for name, action in ACTIONS.items():
        schema = vol.Schema({**cv.ENTITY_SERVICE_FIELDS, **action.fields})
        hass.services.async_register(
            DOMAIN, name, partial(_act, action), schema, action.answers
        )


async def _act(action: Action, call: ServiceCall) -> ServiceResponse:
    """Ask every wallbox that is meant; one that refuses does not stop the others."""
    hubs = wallboxes(call)
    for hub in hubs:
        if action.needs_link and not hub.online:
            raise refused("wallbox_offline", name=hub.entry.title)
    return await ask_each(
        call, {hub.device_id: _ask(action, hub, call.data) for hub in hubs}
    )


async def _ask(
    action: Action, hub: ChargerHub, data: Data
) -> Answer | HomeAssistantError:
    """Return what a wallbox answers, or in words for the user why it does not."""
    name = hub.entry.title
    try:
        return await action.do(hub, data)
    except HomeAssistantError as err:
        return err
    except OutOfRange as err:
        return refused("value_refused", name=name, error=str(err))
    except Unsupported as err:
        return refused("not_supported", name=name, error=str(err))
    except DeviceError as err:
        return HomeAssistantError(
            translation_domain=DOMAIN,
            translation_key="request_failed",
            translation_placeholders={"name": name, "error": str(err)},
        )
