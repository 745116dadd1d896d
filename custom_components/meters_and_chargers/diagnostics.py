"""What an entry knows, to be sent to somebody who helps: raw, and without secrets.

Texts are shown only where they are known to name nobody: no host, no serial number,
no id of a wallbox or a card, no name the owner gave. ``replay`` can be run again:
see docs/adding-a-device.md.
"""

from collections import Counter
from collections.abc import Mapping
from dataclasses import asdict
from importlib.metadata import version
from typing import Any

from homeassistant.components.diagnostics import REDACTED
from homeassistant.config_entries import ConfigEntryState
from homeassistant.const import CONF_HOST
from homeassistant.core import HomeAssistant
from homeassistant.exceptions import HomeAssistantError

from . import AnyEntry, links
from .const import (
    CONF_BACNET_OUTPUTS,
    CONF_BILLING_MODE,
    CONF_CARD_KIND,
    CONF_CHARGER_ID,
    CONF_CHARGER_PHASES,
    CONF_COLUMNS,
    CONF_ENERGY_PLACES,
    CONF_FAMILY,
    CONF_MODE,
    CONF_OCPP_VERSION,
    CONF_OFFLINE,
    CONF_PASSED_ON,
    CONF_POLICY,
    CONF_TLS_MODE,
    CONF_TRUST,
    FAMILY_OCPP_CHARGER,
    FAMILY_OCPP_SERVER,
    FAMILY_SITE,
)
from .controller import SiteController
from .coordinator import DeviceCoordinator
from .diris import GatewayCoordinator
from .engine.devices import FAMILIES
from .engine.devices.diris import dump_gateway, name_of
from .engine.devices.ocpp_charger import Dialect, shown
from .ocpp import OcppServer
from .ocpp_wallbox import ChargerHub
from .pico_station import PicoStation
from .push_coordinator import PushCoordinator
from .push_listener import MeterPush
from .site_replay import replay

_SHOWN = {
    CONF_CARD_KIND,
    CONF_FAMILY,
    CONF_MODE,
    CONF_CHARGER_PHASES,
    CONF_TLS_MODE,
    CONF_POLICY,
    CONF_OFFLINE,
    CONF_OCPP_VERSION,
    CONF_BILLING_MODE,
    CONF_PASSED_ON,
    CONF_TRUST,
}
"""Texts of entry data that are one of a few words."""
_TRIED = (ConfigEntryState.SETUP_RETRY, ConfigEntryState.SETUP_ERROR)
_KINDS = {FAMILY_SITE, FAMILY_OCPP_SERVER, FAMILY_OCPP_CHARGER}


async def async_get_config_entry_diagnostics(
    hass: HomeAssistant, entry: AnyEntry
) -> dict[str, Any]:
    """Return what one entry knows; asks a polled device for all it has."""
    family = entry.data[CONF_FAMILY]
    told: dict[str, Any] = {
        "kind": family if family in _KINDS else "device",
        "entry": {
            "state": entry.state.value,
            "error": entry.error_reason_translation_key,
            "data": _shown(entry.data),
            "options": _shown(entry.options),
            "subentries": [_shown(one.data) for one in entry.subentries.values()],
        },
    }
    found = entry.runtime_data if entry.state is ConfigEntryState.LOADED else None
    match found:
        case DeviceCoordinator():
            told |= _device(hass, found)
            if found.billing is not None:
                told["billing"] = found.billing.gateway.figures()
            told["replay"] = await links.dump(found.device)
        case GatewayCoordinator():
            told |= _gateway(found)
            if found.export is not None:
                told["export"] = found.export.figures()
            if found.path.modbus is not None:
                told["replay"] = await found.async_ask(dump_gateway)
        case SiteController():
            told |= _site(found)
        case OcppServer():
            told |= await _server(hass, found)
        case ChargerHub():
            told |= _wallbox(found)
        case None if family in FAMILIES and entry.state in _TRIED:
            told["replay"] = await _try(hass, entry)
    return told


def _shown(data: Mapping[str, Any]) -> dict[str, Any]:
    """Return data of an entry; of texts only those which name nobody."""

    def shown(key: str, value: Any) -> Any:
        if isinstance(value, Mapping):
            return _shown(value)
        if isinstance(value, list | tuple):
            return [shown(key, one) for one in value]
        return REDACTED if isinstance(value, str) and key not in _SHOWN else value

    return {key: shown(key, value) for key, value in data.items()}


# A site


def _site(found: SiteController) -> dict[str, Any]:
    told: dict[str, Any] = {}
    if found.billing is not None and (running := found.billing.running):
        told["billing"] = {
            f"wallbox {place}": running[one.subentry_id].gateway.figures()
            for place, one in enumerate(found.chargers, 1)
            if one.subentry_id in running
        }
    if decisions := replay(found):
        told["replay"] = decisions
    return told


# A device that is polled


def _device(hass: HomeAssistant, found: DeviceCoordinator) -> dict[str, Any]:
    identity, now = found.identity, hass.loop.time()
    return {
        "identity": {
            "maker": identity.maker,
            "model": identity.model,
            "firmware": identity.firmware,
            "hardware": identity.hardware,
        },
        "interval_s": found.interval_s,
        "limit_ma": found.limit_ma,
        "polls": found.polls,
        "failed_polls": found.failed_polls,
        "error": getattr(found.last_exception, "translation_key", None),
        "station": _station(found.station),
        "push": _push(found.push if isinstance(found, PushCoordinator) else None),
        "groups": {
            group.key: {
                "interval_s": group.interval_s,
                "points": len(group.points),
                "took_s": _rounded(found.took_s.get(group.key)),
                "age_s": _rounded(now - found.read_at[group.key])
                if group.key in found.read_at
                else None,
            }
            for group in found.device.groups
        },
        "values": {point.key: value for point, value in sorted(found.data.items())},
    }


def _station(station: PicoStation | None) -> dict[str, Any] | None:
    if station is None:
        return None
    steering, memory = station.pico.steering, station.pico.steering.memory
    held = steering.held
    return {
        "told": None if memory.told is None else list(memory.told),
        "held": None if held is None else list(held),
        "reads_back": not station.pico.limit_is_assumed,
        "changes_today": steering.changes_today,
        "changes": memory.total,
        "early_changes": memory.urgent,
    }


def _push(push: MeterPush | None) -> dict[str, Any] | None:
    if push is None:
        return None
    return {
        "listening": push.listening,
        "active": push.active,
        "period_s": _rounded(push.period_s),
        "values": len(push.values),
        "connections": push.source.connections,
        "writes": push.source.writes,
        "samples": push.source.samples,
        "refused": push.source.refused,
    }


# A gateway


def _gateway(found: GatewayCoordinator) -> dict[str, Any]:
    return {
        "identity": {
            "maker": found.identity.maker,
            "model": found.identity.model,
            "firmware": found.identity.firmware,
        },
        "interval_s": found.interval_s,
        "period_s": _rounded(found.period_s),
        "error": getattr(found.last_exception, "translation_key", None),
        "energy_places": found.config_entry.options.get(CONF_ENERGY_PLACES),
        "traps": None if found.traps is None else found.traps.diagnostics(),
        "mib": {
            "columns": len(found.mib.columns),
            "notifications": len(found.mib.notifications),
            "outputs": len(found.mib.outputs),
            "missing": len(found.mib.missing),
        },
        "bacnet_outputs": len(found.config_entry.options.get(CONF_BACNET_OUTPUTS, ())),
        "budget": asdict(found.budget.state),
        # Products and figures: a column's proof is what was compared.
        "columns": found.config_entry.data.get(CONF_COLUMNS),
        "modules": [
            {
                "address": module.address,
                "product": module.product,
                "firmware": module.firmware,
                "table": module.table,
                "answers": found.path.answers(module.address),
                "besides": {
                    name_of(key): value
                    for key, value in found.data.get(module.itself, {}).items()
                },
                "circuits": {
                    load.number: {
                        name_of(key): value
                        for key, value in found.data.get(load, {}).items()
                    }
                    for load in module.loads
                },
            }
            for module in found.topology.modules
        ],
    }


async def _try(hass: HomeAssistant, entry: AnyEntry) -> object:
    """Ask a device that could not be set up; what it answers tells most."""
    if CONF_HOST not in entry.data:
        return None
    try:
        async with links.temporary_device(hass, entry.data) as device:
            return await links.dump(device)
    except HomeAssistantError as err:
        return {"error": type(err).__name__}


# OCPP


async def _server(hass: HomeAssistant, found: OcppServer) -> dict[str, Any]:
    told: dict[str, Any] = {
        "library": await hass.async_add_executor_job(version, "ocpp"),
        "listening": found.listening,
    }
    if (listener := found.listener) is None:
        return told
    ids = [entry.data[CONF_CHARGER_ID] for entry in found.charger_entries()]
    told["wallboxes"] = {
        f"wallbox {number}": {
            "connected": charger_id in listener.server.links,
            **_counted(found, charger_id),
        }
        for number, charger_id in enumerate(ids, 1)
    }
    told["waiting"] = [
        {
            "maker": knock.maker,
            "attempts": knock.attempts,
            "replay": _frames(found, knock.charger_id, knock.peer, knock.serial),
        }
        for knock in listener.central.knocks
    ]
    return told


def _wallbox(found: ChargerHub) -> dict[str, Any]:
    charger, identity = found.charger, found.identity
    return {
        "identity": {
            "maker": identity.maker,
            "model": identity.model,
            "firmware": identity.firmware,
        },
        "connected": charger.online,
        "configuration": shown(
            charger.settings, charger.charger_id, charger.maker_serial
        ),
        **_counted(found.server, charger.charger_id),
        **_model(charger.dialect),
        "billing": None if found.gateway is None else found.gateway.figures(),
        "connectors": {
            number: {
                "status": one.status,
                "limit_ma": one.limit_ma,
                "offered_ma": one.offered_ma,
                "charging": one.transaction is not None,
                "session_energy_wh": one.session_energy_wh,
            }
            for number in charger.connectors
            for one in (charger.connector(number),)
        },
        "values": {point.key: value for point, value in sorted(charger.values.items())},
        "replay": _frames(found.server, charger.charger_id, charger.maker_serial),
    }


def _model(dialect: Dialect | None) -> dict[str, Any]:
    """Return how much an OCPP 2 wallbox has told of itself; values may be secrets."""
    if dialect is None:
        return {}
    known = dialect.variables.known
    components = Counter(name.component for name in known)
    return {
        "missing_events": dialect.missing_events,
        "variables": {
            name: count for name, count in components.items() if name.isalnum()
        },
    }


def _counted(server: OcppServer, charger_id: str) -> dict[str, int]:
    """Return how much went over a wallbox's connections."""
    if (listener := server.listener) is None:
        return {}
    trace = listener.server.trace(charger_id)
    return {
        "connections": trace.connections,
        "received": trace.received,
        "sent": trace.sent,
        "malformed": trace.malformed,
        "unasked_answers": trace.unasked,
    }


def _frames(server: OcppServer, charger_id: str, *secrets: str) -> dict[str, Any]:
    """Return a wallbox's last frames."""
    listener = server.listener
    trace = None if listener is None else listener.server.trace(charger_id)
    return {
        "format": 1,
        "protocol": "ocpp1.6" if trace is None else f"ocpp{trace.version}",
        "frames": [] if trace is None else trace.frames(charger_id, *secrets),
    }


def _rounded(seconds: float | None) -> float | None:
    return None if seconds is None else round(seconds, 3)
