"""How the integration fares as a whole, in Home Assistant's system information."""

from typing import Any

from homeassistant.components import system_health
from homeassistant.config_entries import ConfigEntryState
from homeassistant.core import HomeAssistant, callback

from . import AnyEntry
from .const import (
    CONF_FAMILY,
    DOMAIN,
    FAMILY_OCPP_CHARGER,
    FAMILY_OCPP_SERVER,
    FAMILY_SITE,
)
from .coordinator import DeviceCoordinator
from .diris import GatewayCoordinator
from .engine.journal import JournalError
from .figures import figures_of
from .ocpp import OcppServer
from .ocpp_wallbox import ChargerHub

_ONLINE = (DeviceCoordinator, GatewayCoordinator, ChargerHub)
_OTHERS = {FAMILY_SITE, FAMILY_OCPP_SERVER, FAMILY_OCPP_CHARGER}


@callback
def async_register(
    hass: HomeAssistant, register: system_health.SystemHealthRegistration
) -> None:
    """Offer the information."""
    del hass
    register.async_register_info(system_health_info)


async def system_health_info(hass: HomeAssistant) -> dict[str, Any]:
    """Return how many of each kind there are, and how many of them work."""
    entries: list[AnyEntry] = hass.config_entries.async_entries(DOMAIN)
    by_family: dict[str, list[AnyEntry]] = {}
    for entry in entries:
        family = entry.data[CONF_FAMILY]
        kind = family if family in _OTHERS else ""
        by_family.setdefault(kind, []).append(entry)
    servers = by_family.get(FAMILY_OCPP_SERVER, [])
    return {
        "devices": _of(by_family.get("", [])),
        "sites": _of(by_family.get(FAMILY_SITE, [])),
        "ocpp_servers": _of(servers),
        "ocpp_chargers": _of(by_family.get(FAMILY_OCPP_CHARGER, [])),
        "journal": await _journal(hass, servers),
    }


def _of(entries: list[AnyEntry]) -> str:
    """Return how many work, of how many."""
    return f"{sum(_works(entry) for entry in entries)} / {len(entries)}"


def _works(entry: AnyEntry) -> bool:
    """Whether a device answers, a wallbox is connected, anything else is loaded."""
    if entry.state is not ConfigEntryState.LOADED:
        return False
    found = entry.runtime_data
    return found.online if isinstance(found, _ONLINE) else True


async def _journal(hass: HomeAssistant, servers: list[AnyEntry]) -> object:
    """Return the journal's size, after a commit that changes nothing."""
    for entry in servers:
        found = getattr(entry, "runtime_data", None)
        if not isinstance(found, OcppServer) or (listener := found.listener) is None:
            continue
        try:
            size = await listener.journal_size()
        except JournalError:
            return {"type": "failed", "error": "not writable"}
        return (await figures_of(hass)).number(size / 1e6, 2, "MB")
    return "-"
