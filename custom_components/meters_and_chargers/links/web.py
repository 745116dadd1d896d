"""Web pages of devices, and their makers' accounts."""

from collections.abc import Mapping
from typing import Any

from homeassistant.const import CONF_HOST
from homeassistant.core import HomeAssistant
from homeassistant.helpers.aiohttp_client import async_get_clientsession
from homeassistant.util.hass_dict import HassKey
from yarl import URL

from ..const import DOMAIN
from ..engine.devices.ksem.emobility import Emobility
from ..engine.devices.smart_me import Account
from ..engine.devices.smart_me.rest import BASE
from ..engine.protocols.http_json import HttpJson

_WEB_PORT = 80
"""Of the web interface of a KSEM, and of a Power Brain."""
_ACCOUNT_URL = BASE
_ACCOUNTS: HassKey[dict[str, Account]] = HassKey(f"{DOMAIN}_accounts")
"""By key: all stations of an owner share what was asked, and the pauses."""


def open_emobility(hass: HomeAssistant, data: Mapping[str, Any], key: str) -> Emobility:
    """Return what a KSEM's web interface offers to the owner of an access key."""
    base = URL.build(scheme="http", host=data[CONF_HOST], port=_WEB_PORT)
    return Emobility(HttpJson(async_get_clientsession(hass), base, key))


def open_power_brain(hass: HomeAssistant, data: Mapping[str, Any]) -> HttpJson:
    """Return the web page of a Power Brain; it asks for no key."""
    base = URL.build(scheme="http", host=data[CONF_HOST], port=_WEB_PORT)
    return HttpJson(async_get_clientsession(hass), base, None)


def open_account(hass: HomeAssistant, key: str) -> Account:
    """Return what the maker's cloud offers to the owner of a smart-me account."""
    accounts = hass.data.setdefault(_ACCOUNTS, {})
    if key not in accounts:
        session = async_get_clientsession(hass)
        accounts[key] = Account(session, key, _ACCOUNT_URL)
    return accounts[key]
