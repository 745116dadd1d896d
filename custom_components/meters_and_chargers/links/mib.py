"""What a DIRIS gateway's MIB files are for: their parser, traps, written outputs."""

from collections.abc import Callable, Iterable, Mapping
from typing import Any

from homeassistant.const import CONF_HOST, CONF_PORT
from homeassistant.core import HomeAssistant
from homeassistant.requirements import async_process_requirements

from ..const import DOMAIN
from ..engine.devices.diris import Mib, read_mib
from ..engine.protocols.snmp import (
    FALLBACK,
    Trap,
    TrapListener,
    TrapSource,
    WritingSession,
    load_decoder,
)
from ..engine.protocols.snmp.smi import REQUIREMENT
from .diris import budget_of
from .snmp import credentials_of

_EVERYWHERE = "0.0.0.0"  # noqa: S104 - whose traps are taken is a list of the listener's


async def load_mib(hass: HomeAssistant, texts: Iterable[str]) -> Mib:
    """Read MIB files.

    Raises `BadMib`, and `RequirementsNotFound` when the parser can't be installed.
    """
    await async_process_requirements(hass, DOMAIN, [REQUIREMENT], False)
    return await hass.async_add_executor_job(read_mib, texts)


def trap_source(data: Mapping[str, Any], on_trap: Callable[[Trap], None]) -> TrapSource:
    """Return an agent whose traps are taken, with where they go."""
    return TrapSource(credentials_of(data), on_trap)


async def open_traps(hass: HomeAssistant, port: int) -> TrapListener:
    """Listen for traps.

    Raises OSError where the port can't be had, `RequirementsNotFound` and ImportError
    without the library.
    """
    await async_process_requirements(hass, DOMAIN, [FALLBACK], False)
    await hass.async_add_import_executor_job(load_decoder)
    listener = TrapListener(_EVERYWHERE, port)
    await listener.start()
    return listener


async def open_writer(
    hass: HomeAssistant, host: str, data: Mapping[str, Any]
) -> WritingSession:
    """Open a session that may write to a gateway; nothing is asked yet.

    Raises `RequirementsNotFound` and ImportError without the library.
    """
    await async_process_requirements(hass, DOMAIN, [FALLBACK], False)
    budget = budget_of(hass, {CONF_HOST: host})
    port: int = data[CONF_PORT]
    return await WritingSession.open(host, credentials_of(data), budget, port)
