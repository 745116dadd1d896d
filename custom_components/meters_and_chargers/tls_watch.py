"""Makes issues of certificates: a device shows another one, or ours ends soon."""

from datetime import datetime, timedelta

from homeassistant.config_entries import ConfigEntry
from homeassistant.const import CONF_HOST
from homeassistant.core import CALLBACK_TYPE, HomeAssistant, callback
from homeassistant.helpers import issue_registry as ir
from homeassistant.helpers.event import async_track_time_interval
from homeassistant.util import dt as dt_util

from . import certificates, links
from .const import (
    CONF_ENCRYPTED,
    CONF_PAIR,
    CONF_PINNED,
    CONF_TLS,
    DOMAIN,
)
from .coordinator import DeviceEntry
from .engine.model import DeviceError

LOOK_EVERY_S = 60.0
"""How often a device that has fallen silent is looked at, at most."""
_WARNING = timedelta(days=30)
_DAY = timedelta(days=1)


def _changed(entry: ConfigEntry) -> str:
    return f"other_certificate_{entry.entry_id}"


def _ending(entry: ConfigEntry) -> str:
    return f"certificate_ends_{entry.entry_id}"


async def look(hass: HomeAssistant, entry: ConfigEntry) -> None:
    """Say it, when an encrypted device shows another certificate than is trusted."""
    if not entry.data.get(CONF_ENCRYPTED):
        return
    try:
        seen = await links.look_at(hass, entry.data, entry.data[CONF_TLS][CONF_PAIR])
    except DeviceError, OSError:
        # Not there at all, or our own files are gone: others say so.
        return
    trusted: str = entry.data[CONF_TLS][CONF_PINNED]
    if not seen.certificate:
        return
    shown = certificates.fingerprint(seen.certificate)
    if shown == trusted:
        ir.async_delete_issue(hass, DOMAIN, _changed(entry))
        return
    ir.async_create_issue(
        hass,
        DOMAIN,
        _changed(entry),
        is_fixable=True,
        severity=ir.IssueSeverity.ERROR,
        translation_key="other_certificate",
        translation_placeholders={
            "name": entry.title,
            "host": entry.data[CONF_HOST],
            "trusted": trusted,
            "shown": shown,
        },
        data={"entry_id": entry.entry_id, "shown": shown},
    )


async def trust(hass: HomeAssistant, entry_id: str, shown: str) -> bool:
    """Pin the certificate which an owner has compared, if it is still that one."""
    if (entry := hass.config_entries.async_get_entry(entry_id)) is None:
        return False
    pair: str = entry.data[CONF_TLS][CONF_PAIR]
    try:
        seen = await links.look_at(hass, entry.data, pair)
    except DeviceError, OSError:
        return False
    if certificates.fingerprint(seen.certificate) != shown:
        return False
    folder = links.certificate_folder(hass)
    await hass.async_add_executor_job(certificates.pin, folder, pair, seen.certificate)
    pinned = {**entry.data[CONF_TLS], CONF_PINNED: shown}
    hass.config_entries.async_update_entry(entry, data={**entry.data, CONF_TLS: pinned})
    hass.config_entries.async_schedule_reload(entry_id)
    return True


async def watch(hass: HomeAssistant, entry: DeviceEntry) -> None:
    """Look whenever a loaded device falls silent, and at our certificate every day."""
    if not entry.data.get(CONF_ENCRYPTED):
        ir.async_delete_issue(hass, DOMAIN, _changed(entry))
        ir.async_delete_issue(hass, DOMAIN, _ending(entry))
        return
    ir.async_delete_issue(hass, DOMAIN, _changed(entry))
    entry.async_on_unload(_watch_silence(hass, entry))

    async def check(_now: datetime) -> None:
        await _check_end(hass, entry)

    await check(dt_util.utcnow())
    entry.async_on_unload(async_track_time_interval(hass, check, _DAY))


def _watch_silence(hass: HomeAssistant, entry: DeviceEntry) -> CALLBACK_TYPE:
    coordinator = entry.runtime_data
    looked_at = float("-inf")

    @callback
    def polled() -> None:
        nonlocal looked_at
        if coordinator.last_update_success:
            looked_at = float("-inf")
            ir.async_delete_issue(hass, DOMAIN, _changed(entry))
        elif hass.loop.time() - looked_at >= LOOK_EVERY_S:
            looked_at = hass.loop.time()
            entry.async_create_background_task(
                hass, look(hass, entry), f"look at {entry.title}"
            )

    return coordinator.async_add_listener(polled)


async def _check_end(hass: HomeAssistant, entry: ConfigEntry) -> None:
    """Say it in the last 30 days of our own certificate, and afterwards."""
    try:
        stored = await hass.async_add_executor_job(
            certificates.load,
            links.certificate_folder(hass),
            entry.data[CONF_TLS][CONF_PAIR],
        )
    except OSError:
        return
    if stored.ends - dt_util.utcnow() > _WARNING:
        ir.async_delete_issue(hass, DOMAIN, _ending(entry))
        return
    ir.async_create_issue(
        hass,
        DOMAIN,
        _ending(entry),
        is_fixable=False,
        severity=ir.IssueSeverity.WARNING,
        translation_key="certificate_ends",
        translation_placeholders={
            "name": entry.title,
            "certificate": stored.name,
            "date": dt_util.as_local(stored.ends).date().isoformat(),
        },
    )


async def forget(hass: HomeAssistant, entry: ConfigEntry) -> None:
    """Delete the certificates and issues of a removed entry."""
    if (tls := entry.data.get(CONF_TLS)) is None:
        return
    ir.async_delete_issue(hass, DOMAIN, _changed(entry))
    ir.async_delete_issue(hass, DOMAIN, _ending(entry))
    folder = links.certificate_folder(hass)
    await hass.async_add_executor_job(certificates.remove, folder, tls[CONF_PAIR])
