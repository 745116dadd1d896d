"""A DIRIS gateway by SNMP; its library is installed when it is first used."""

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from typing import Any

from homeassistant.const import (
    CONF_HOST,
    CONF_PASSWORD,
    CONF_PORT,
    CONF_USERNAME,
)
from homeassistant.core import HomeAssistant
from homeassistant.requirements import RequirementsNotFound, async_process_requirements

from ..const import (
    CONF_AUTH,
    CONF_COMMUNITY,
    CONF_PRIVACY,
    CONF_SNMP,
    CONF_VERSION,
    DOMAIN,
)
from ..engine.devices.diris import Column, SnmpPath, Topology
from ..engine.protocols.snmp import (
    FALLBACK,
    REQUIREMENT,
    Auth,
    Community,
    Credentials,
    Privacy,
    SnmpSession,
    User,
)
from .diris import budget_of


def credentials_of(told: Mapping[str, Any]) -> Credentials:
    """Return as whom SNMP is spoken; raises ValueError for what no agent could take."""
    version = told[CONF_VERSION]
    if version != "v3":
        return Community(told[CONF_COMMUNITY], v1=version == "v1")
    return User(
        name=told[CONF_USERNAME],
        password=told[CONF_PASSWORD],
        auth=Auth(told[CONF_AUTH]),
        privacy=Privacy(told[CONF_PRIVACY]),
    )


async def open_diris_snmp(
    hass: HomeAssistant,
    data: Mapping[str, Any],
    columns: Mapping[int, Column],
    known: Topology,
    serial: str = "",
) -> SnmpPath:
    """Open the path by SNMP to a DIRIS gateway; nothing is asked yet.

    ``known`` are the circuits of before, ``serial`` the engine id of then. Raises
    `RequirementsNotFound` when no library can be installed.
    """
    try:
        await async_process_requirements(hass, DOMAIN, [REQUIREMENT], False)
    except RequirementsNotFound:
        # Not for this Python or processor; the session says that it is slow.
        await async_process_requirements(hass, DOMAIN, [FALLBACK], False)
    told = data[CONF_SNMP]
    session = SnmpSession(
        data[CONF_HOST],
        credentials_of(told),
        budget_of(hass, data),
        port=told[CONF_PORT],
        clock=hass.loop.time,
    )
    return SnmpPath(session, columns, known, serial)


@asynccontextmanager
async def temporary_diris_snmp(
    hass: HomeAssistant, data: Mapping[str, Any], columns: Mapping[int, Column]
) -> AsyncIterator[SnmpPath]:
    """Open such a path for a flow; its socket is closed at the end."""
    path = await open_diris_snmp(hass, data, columns, Topology(()))
    try:
        yield path
    finally:
        path.close()
