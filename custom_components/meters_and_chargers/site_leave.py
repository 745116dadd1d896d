"""What a site leaves its wallboxes with when it stops: safe, as they are, or free."""

import asyncio
from collections.abc import Awaitable, Iterable, Mapping
from contextlib import suppress

from homeassistant.core import HassJob, HomeAssistant

from .controller import SiteController, SiteEntry
from .engine.charging import Mode, PhaseCurrents
from .ocpp_connector import Connector
from .site_charger import SiteCharger
from .site_options import OnStop, on_stop

_PATIENCE_S = 5.0
"""A wallbox that takes longer than that must not hold up Home Assistant's stop."""


def watch(hass: HomeAssistant, entry: SiteEntry) -> None:
    """Leave the wallboxes well when Home Assistant stops, or the entry is unloaded."""

    async def stop() -> None:
        chosen = on_stop(entry.options)
        await leave(entry.runtime_data, chosen)
        if chosen is not OnStop.FAILSAFE and not entry.runtime_data.observes:
            await _keep(entry.runtime_data)

    entry.async_on_unload(
        hass.async_add_shutdown_job(
            HassJob(stop, f"limits of {entry.title} at the stop")
        )
    )


async def unload(entry: SiteEntry) -> None:
    """Leave the wallboxes when the entry is unloaded, unless it comes back at once.

    They are let go only if it is disabled: nobody would guard the fuse meanwhile.
    """
    chosen = on_stop(entry.options)
    if entry.runtime_data.comes_back:
        return
    if chosen is not OnStop.RELEASE or entry.disabled_by is not None:
        await leave(entry.runtime_data, chosen)


async def remove(hass: HomeAssistant, entry: SiteEntry) -> None:
    """Let the wallboxes of a removed site go, if that was wanted."""
    if on_stop(entry.options) is OnStop.RELEASE:
        chargers = SiteController(hass, entry).chargers
        await _tell({one: one.most_ma for one in chargers})


async def leave(controller: SiteController, chosen: OnStop) -> None:
    """Write the last limits, best effort; one that only looks writes nothing."""
    if controller.observes or chosen is OnStop.KEEP:
        return
    chargers = controller.chargers
    if chosen is OnStop.FAILSAFE:
        safe = controller.safe_limits()
        await _tell({one: safe[one.key] for one in chargers if one.key in safe})
        return
    free = (one for one in chargers if one.enabled and one.mode is not Mode.OFF)
    await _tell({one: one.most_ma for one in free})


async def _keep(controller: SiteController) -> None:
    """Let nobody fall back by itself: what was chosen is to hold without us."""
    found = (one.present for one in controller.chargers)
    await _all(one.async_keep() for one in found if isinstance(one, Connector))


async def _tell(limits: Mapping[SiteCharger, PhaseCurrents]) -> None:
    """Write limits at once."""
    await _all(charger.async_tell(limit) for charger, limit in limits.items())


async def _all(writes: Iterable[Awaitable[None]]) -> None:
    """Wait for all writes; a wallbox without an answer is given up."""
    with suppress(TimeoutError):
        async with asyncio.timeout(_PATIENCE_S):
            await asyncio.gather(*writes)
