"""The folded part of a wallbox's options: how it wants to be talked to."""

from collections.abc import Iterable, Mapping
from ipaddress import ip_address
from typing import Any

from homeassistant.config_entries import ConfigEntry
from homeassistant.const import CONF_ADDRESS
from homeassistant.data_entry_flow import section
from homeassistant.helpers.selector import (
    NumberSelector,
    NumberSelectorConfig,
    NumberSelectorMode,
    SelectSelector,
    SelectSelectorConfig,
    TextSelector,
    TextSelectorConfig,
)
import voluptuous as vol

from .const import (
    CONF_ADVANCED,
    CONF_ALIASES,
    CONF_CALL_TIMEOUT,
    CONF_CHARGER_ID,
    CONF_OCPP_VERSION,
    CONF_PING_INTERVAL,
    CONF_REPLY_DELAY,
    CONF_UNAVAILABLE_AFTER,
)
from .engine.devices.ocpp_charger import SECONDS, Quirk
from .engine.protocols.ocpp import Manners, Version

_AUTOMATIC = "automatic"
_VERSIONS: Mapping[str, Version] = {
    "ocpp16": Version.V16,
    "ocpp201": Version.V201,
    "ocpp21": Version.V21,
}
PINNED: Mapping[str, Any] = {CONF_ADVANCED: {CONF_OCPP_VERSION: "ocpp16"}}
"""Options of a wallbox that does not name its version."""
_USUAL = Manners()
_NOTHING_KNOWN = Quirk()
_FIGURES: Mapping[str, tuple[float, float, float, str, float]] = {
    CONF_PING_INTERVAL: (*SECONDS[CONF_PING_INTERVAL], 1, "s", _USUAL.ping_s or 0),
    CONF_CALL_TIMEOUT: (*SECONDS[CONF_CALL_TIMEOUT], 1, "s", _USUAL.timeout_s),
    CONF_REPLY_DELAY: (*SECONDS[CONF_REPLY_DELAY], 0.1, "s", _USUAL.reply_delay_s),
    CONF_UNAVAILABLE_AFTER: (0, 60, 1, "min", 0),
}
"""By option: lowest, highest, step, unit, and what it is at first."""


def _chosen(entry: ConfigEntry) -> Mapping[str, Any]:
    found: Mapping[str, Any] = entry.options.get(CONF_ADVANCED, {})
    return found


def _at_first(key: str, quirk: Quirk) -> float:
    """Return what a figure is where nothing was chosen."""
    known: float | None = getattr(quirk, key, None)
    return _FIGURES[key][-1] if known is None else known


def _quirk(entry: ConfigEntry[Any]) -> Quirk:
    """Return what is known of the wallbox of an entry, once it is set up."""
    hub = getattr(entry, "runtime_data", None)
    return Quirk() if hub is None else hub.charger.quirk


def manners_of(entry: ConfigEntry, quirk: Quirk = _NOTHING_KNOWN) -> Manners:
    """Return how a wallbox is talked to: as was chosen, is known, or is usual."""
    chosen = _chosen(entry)

    def figure(key: str) -> float:
        value: float = chosen.get(key, _at_first(key, quirk))
        return value

    return Manners(
        version=_VERSIONS.get(chosen.get(CONF_OCPP_VERSION, _AUTOMATIC)),
        aliases=frozenset(chosen.get(CONF_ALIASES, ())),
        address=chosen.get(CONF_ADDRESS, ""),
        # 0 stands for never.
        ping_s=figure(CONF_PING_INTERVAL) or None,
        timeout_s=figure(CONF_CALL_TIMEOUT),
        reply_delay_s=figure(CONF_REPLY_DELAY),
    )


def unavailable_after_s(entry: ConfigEntry) -> float:
    """Return how long a wallbox may be away before it is shown so; s."""
    minutes: float = _chosen(entry).get(CONF_UNAVAILABLE_AFTER, 0)
    return minutes * 60


def advanced_fields(entry: ConfigEntry) -> dict[vol.Marker, object]:
    """Return the folded section, open where something in it was chosen."""
    chosen = _chosen(entry)
    version = chosen.get(CONF_OCPP_VERSION, _AUTOMATIC)
    fields: dict[vol.Marker, object] = {
        vol.Required(CONF_OCPP_VERSION, default=version): SelectSelector(
            SelectSelectorConfig(
                options=[_AUTOMATIC, *_VERSIONS], translation_key=CONF_OCPP_VERSION
            )
        ),
        _optional(CONF_ALIASES, chosen): TextSelector(
            TextSelectorConfig(multiple=True)
        ),
        _optional(CONF_ADDRESS, chosen): TextSelector(),
    }
    for key, (lowest, highest, step, unit, _) in _FIGURES.items():
        usual = _at_first(key, _quirk(entry))
        fields[vol.Required(key, default=chosen.get(key, usual))] = NumberSelector(
            NumberSelectorConfig(
                min=lowest,
                max=highest,
                step=step,
                unit_of_measurement=unit,
                mode=NumberSelectorMode.BOX,
            )
        )
    return {
        vol.Optional(CONF_ADVANCED): section(
            vol.Schema(fields), {"collapsed": not chosen}
        )
    }


def _optional(key: str, chosen: Mapping[str, Any]) -> vol.Marker:
    return vol.Optional(key, description={"suggested_value": chosen.get(key)})


def take_advanced(
    entry: ConfigEntry,
    others: Iterable[ConfigEntry],
    user_input: Mapping[str, Any],
    options: dict[str, Any],
) -> str | None:
    """Put what was chosen into the options; return the key of an error, or None.

    What is as it is at first is not kept. ``others`` are the wallboxes of its server.
    """
    chosen: Mapping[str, Any] = user_input.get(CONF_ADVANCED, _chosen(entry))
    said = (alias.strip() for alias in chosen.get(CONF_ALIASES, ()))
    names = {alias for alias in said if alias} - {entry.data[CONF_CHARGER_ID]}
    address = chosen.get(CONF_ADDRESS, "").strip()
    if address:
        try:
            address = str(ip_address(address))
        except ValueError:
            return "not_an_address"
    for other in others:
        if other.entry_id == entry.entry_id:
            continue
        manners = manners_of(other)
        if names & {other.data[CONF_CHARGER_ID], *manners.aliases} or (
            address and address == manners.address
        ):
            return "identity_taken"
    kept: dict[str, Any] = {
        key: chosen[key]
        for key in _FIGURES
        if (usual := _at_first(key, _quirk(entry))) != chosen.get(key, usual)
    }
    if (version := chosen.get(CONF_OCPP_VERSION)) in _VERSIONS:
        kept[CONF_OCPP_VERSION] = version
    if names:
        kept[CONF_ALIASES] = sorted(names)
    if address:
        kept[CONF_ADDRESS] = address
    options.pop(CONF_ADVANCED, None)
    if kept:
        options[CONF_ADVANCED] = kept
    return None
