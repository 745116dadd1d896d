"""How every connection fares: told to the health card, which asks while it is seen."""

from collections.abc import Iterator, Mapping
from datetime import timedelta
from typing import Any, Final

from homeassistant.components.websocket_api import async_register_command
from homeassistant.components.websocket_api.connection import ActiveConnection
from homeassistant.components.websocket_api.decorators import websocket_command
from homeassistant.config_entries import ConfigEntry, ConfigEntryState
from homeassistant.core import HomeAssistant, callback
from homeassistant.helpers import device_registry as dr
from homeassistant.helpers.translation import async_get_cached_translations
from homeassistant.util import dt as dt_util
import voluptuous as vol

from .billing import REJECTED, gateway_of
from .const import CONF_FAMILY, DOMAIN, FAMILY_OCPP_SERVER, FAMILY_SITE
from .controller import SiteController
from .coordinator import DeviceCoordinator, error_key
from .diris import GatewayCoordinator
from .engine.model import DeviceError, Health, NotAllowed
from .ocpp_wallbox import ChargerHub

_TYPE: Final = "type"
_SLOW_S = 1.0
_LATE_POLLS = 3
"""So many polls without a value are too many."""
_WORDS: Mapping[str | None, str] = {
    "wrong_device": "wrong_device",
    "account_key_refused": "refused",
    "no_link_tls": "waiting_for_acceptance",
}
"""What keys of errors mean for a connection; any other is no contact."""
_NO_CONTACT = "no_contact"
_BILLING_SERVICE = f"component.{DOMAIN}.entity.sensor.backend_limiter.state.backend"
"""Whose text names the other end of such a line."""

type Row = dict[str, str | float | int | None]


@callback
def register(hass: HomeAssistant) -> None:
    """Make the question known."""
    async_register_command(hass, _tell)


@websocket_command({vol.Required(_TYPE): f"{DOMAIN}/health"})
@callback
def _tell(
    hass: HomeAssistant, connection: ActiveConnection, msg: dict[str, Any]
) -> None:
    """Answer with each connection and with the age of each site's meter; s."""
    entries = hass.config_entries.async_entries(DOMAIN, include_disabled=False)
    sites = {
        entry.entry_id: _age_of(entry.runtime_data)
        for entry in entries
        if entry.state is ConfigEntryState.LOADED
        and isinstance(entry.runtime_data, SiteController)
    }
    rows = [
        row
        for entry in entries
        for row in (*_rows(hass, entry), *_billing(hass, entry))
    ]
    connection.send_result(msg["id"], {"connections": rows, "sites": sites})


def _age_of(site: SiteController) -> float | None:
    view = site.house.view
    return None if view is None or view.age_ms is None else view.age_ms / 1000


def _rows(hass: HomeAssistant, entry: ConfigEntry[Any]) -> Iterator[Row]:
    """Yield the connections of an entry: a gateway has one by each path."""
    row: Row = {
        "entry_id": entry.entry_id,
        "device_id": _page_of(hass, entry),
        "name": entry.title,
    }
    if entry.state is not ConfigEntryState.LOADED:
        key = entry.error_reason_translation_key
        ours = entry.data[CONF_FAMILY] in (FAMILY_SITE, FAMILY_OCPP_SERVER)
        yield row | {"status": "off" if ours else _WORDS.get(key, _NO_CONTACT)}
        return
    match entry.runtime_data:
        case DeviceCoordinator() as device:
            late_s = _LATE_POLLS * device.interval_s if device.device.groups else None
            fares = _fares(device.health, late_s, online=device.online)
            yield row | fares | ({} if device.online else _why(device.failure_key))
        case ChargerHub() as hub:
            yield row | _fares(hub.charger.health, None, online=hub.online)
        case GatewayCoordinator() as gateway:
            late_s = _LATE_POLLS * gateway.period_s
            banned_s = gateway.budget.state.banned_for_s
            for path, (health, error) in gateway.path.healths.items():
                fares = _fares(health, late_s, online=error is None)
                told = {"path": path, "left_alone": banned_s or None}
                yield row | fares | told | ({} if error is None else _kind(error))


def _billing(hass: HomeAssistant, entry: ConfigEntry[Any]) -> Iterator[Row]:
    """Yield the lines to billing services of an entry's chargers."""
    words = async_get_cached_translations(hass, hass.config.language, "entity", DOMAIN)
    for owner_id in (entry.entry_id, *entry.subentries):
        if (gateway := gateway_of(hass, owner_id)) is None:
            continue
        line, status = gateway.line, "working"
        if not line.connected:
            status = "refused" if line.failure in REJECTED else _NO_CONTACT
        away = line.since if not line.connected else None
        own = owner_id == entry.entry_id
        yield {
            "entry_id": entry.entry_id,
            "device_id": _page_of(hass, entry) if own else None,
            "name": gateway.owner.title,
            "path": words.get(_BILLING_SERVICE),
            "status": status,
            "waiting": gateway.standing.length,
            "since": None if away is None else away.isoformat(timespec="seconds"),
        }


def _page_of(hass: HomeAssistant, entry: ConfigEntry[Any]) -> str | None:
    """Return the page of an entry's own device, which no other one is behind."""
    pages = dr.async_entries_for_config_entry(dr.async_get(hass), entry.entry_id)
    own = [page.id for page in pages if page.via_device_id is None]
    return own[0] if own else None


def _fares(health: Health, late_s: float | None, *, online: bool) -> Row:
    """Return the figures of a connection, and the word for them; s."""
    age_s, answer_s = health.age_s, health.answer_s
    status = "working"
    if not online:
        status = _NO_CONTACT
    elif late_s is not None and age_s is not None and age_s > late_s:
        status = "late"
    elif answer_s is not None and answer_s > _SLOW_S:
        status = "slow"
    since = None
    if health.away_at is not None and not online:
        away = timedelta(seconds=health.clock() - health.away_at)
        since = (dt_util.utcnow() - away).isoformat(timespec="seconds")
    return {
        "status": status,
        "age": None if age_s is None else round(age_s, 1),
        "answer": None if answer_s is None else round(answer_s, 4),
        "failures": health.failures,
        "waiting": health.waiting,
        "since": since,
    }


def _kind(error: DeviceError) -> Row:
    refused = isinstance(error, NotAllowed)
    return _why("account_key_refused" if refused else error_key(error))


def _why(key: str | None) -> Row:
    return {"status": _WORDS.get(key, _NO_CONTACT)}
