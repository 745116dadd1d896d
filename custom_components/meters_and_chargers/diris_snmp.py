"""A DIRIS gateway's SNMP in Home Assistant: its columns, what they are found to be."""

from collections.abc import Collection, Mapping
import logging
from typing import TYPE_CHECKING, Any

from homeassistant.config_entries import ConfigEntry
from homeassistant.core import HomeAssistant
from homeassistant.exceptions import ConfigEntryNotReady
from homeassistant.helpers import entity_registry as er
from homeassistant.helpers import issue_registry as ir
from homeassistant.requirements import RequirementsNotFound

from . import links
from .const import (
    CONF_BACNET,
    CONF_BACNET_MODULES,
    CONF_COLUMNS,
    CONF_COMMUNITY,
    CONF_ENABLED,
    CONF_ENGINE_ID,
    CONF_HIDDEN,
    CONF_MODBUS,
    CONF_MODBUS_KEY,
    CONF_MODULES,
    CONF_SNMP,
    DOMAIN,
)
from .diris_store import circuits_of, columns_of, modules_of, stored_columns
from .engine.devices.diris import (
    BacnetPath,
    Column,
    Gateway,
    Mib,
    SnmpPath,
    columns_of_mib,
)
from .engine.model import DeviceError

if TYPE_CHECKING:
    from .diris import GatewayCoordinator

_LOGGER = logging.getLogger(__name__)

DEFAULT_COMMUNITIES = ("publicV2", "publicv2", "public")
"""Those of new gateways, by the manual: anybody may know them."""
_ZERO_S = 24 * 3600.0
"""So long a column is 0 on every circuit before it is proposed to hide it."""
_COLUMNS_A_LOOK = 10
"""So many are looked at after each look at the topology, every ten minutes."""
_WEAK_MODEL, _WEAK_FIRMWARE = "M-70", "1.6"
"""Of 1.6.9 weaknesses are published; the gateway tells only the first two numbers."""


# Opening


async def open_gateway(
    hass: HomeAssistant, entry: ConfigEntry[Any], mib: Mib
) -> Gateway:
    """Open all paths by which an entry's gateway is read.

    Raises `ConfigEntryNotReady` when there is none, for want of a library.
    """
    data = entry.data
    modbus = None
    if data.get(CONF_MODBUS, True):
        modbus = links.open_diris(hass, entry, modules_of(data[CONF_MODULES]))
    snmp = await _open_snmp(hass, entry, mib) if CONF_SNMP in data else None
    if snmp is None and modbus is None:
        raise ConfigEntryNotReady(
            translation_domain=DOMAIN, translation_key="snmp_not_installed"
        )
    hidden = data.get(CONF_HIDDEN, ())
    learnt = {int(service) for service in data.get(CONF_COLUMNS, {})}
    key = data.get(CONF_MODBUS_KEY, entry.unique_id)
    bacnet = _open_bacnet(hass, entry)
    return Gateway(modbus, snmp, bacnet, key=key, learnt=learnt.difference(hidden))


def _open_bacnet(hass: HomeAssistant, entry: ConfigEntry[Any]) -> BacnetPath | None:
    told = entry.options.get(CONF_BACNET, {})
    if not told.get(CONF_ENABLED):
        return None
    known = modules_of(entry.data.get(CONF_BACNET_MODULES, []))
    path = links.open_diris_bacnet(hass, entry.data, told, known)
    entry.async_on_unload(path.close)
    return path


async def _open_snmp(
    hass: HomeAssistant, entry: ConfigEntry[Any], mib: Mib
) -> SnmpPath | None:
    data = entry.data
    # What the maker's file says counts more than what was typed or compared.
    told = {
        service: column
        for service, column in columns_of_mib(mib).items()
        if column.point is not None
    }
    columns = {**columns_of(data), **told}
    known, serial = circuits_of(data), data[CONF_SNMP].get(CONF_ENGINE_ID, "")
    issue = f"snmp_not_installed_{entry.entry_id}"
    try:
        path = await links.open_diris_snmp(hass, data, columns, known, serial)
    except RequirementsNotFound:
        _tell(hass, entry, "snmp_not_installed")
        return None
    ir.async_delete_issue(hass, DOMAIN, issue)
    entry.async_on_unload(path.close)
    remove_columns(hass, entry, told)
    return path


# What its owner should know


def _tell(hass: HomeAssistant, entry: ConfigEntry[Any], key: str, **more: str) -> None:
    ir.async_create_issue(
        hass,
        DOMAIN,
        f"{key}_{entry.entry_id}",
        is_fixable=False,
        severity=ir.IssueSeverity.WARNING,
        translation_key=key,
        translation_placeholders={"name": entry.title, **more},
    )


def warn(coordinator: GatewayCoordinator) -> None:
    """Make issues of what is weak or slow, and take back what no longer is."""
    hass, entry = coordinator.hass, coordinator.config_entry
    snmp, identity = coordinator.path.snmp, coordinator.identity
    community = entry.data.get(CONF_SNMP, {}).get(CONF_COMMUNITY)
    firmware = identity.firmware or ""
    weak = _WEAK_MODEL in identity.model and firmware == _WEAK_FIRMWARE
    told = {
        "slow_snmp": snmp is not None and snmp.slow,
        "default_community": community in DEFAULT_COMMUNITIES,
        "weak_firmware": weak,
    }
    for key, is_so in told.items():
        if is_so:
            _tell(hass, entry, key, firmware=firmware)
        else:
            ir.async_delete_issue(hass, DOMAIN, f"{key}_{entry.entry_id}")


def forget(hass: HomeAssistant, entry: ConfigEntry[Any]) -> None:
    """Take back all that was told of an entry which is removed."""
    for key in (
        *("slow_snmp", "default_community", "weak_firmware"),
        *("snmp_not_installed", "zero_columns"),
    ):
        ir.async_delete_issue(hass, DOMAIN, f"{key}_{entry.entry_id}")


def remove_columns(
    hass: HomeAssistant, entry: ConfigEntry[Any], services: Collection[int]
) -> None:
    """Remove the plain numbers of columns that are known now, or hidden."""
    ends = tuple(f"_column_{service}" for service in services)
    registry = er.async_get(hass)
    for found in er.async_entries_for_config_entry(registry, entry.entry_id):
        if ends and found.unique_id.endswith(ends):
            registry.async_remove(found.entity_id)


def hide_columns(
    hass: HomeAssistant, entry: ConfigEntry[Any], services: Collection[int]
) -> None:
    """Show columns no more, and read the entry anew without them."""
    hidden = sorted({*entry.data.get(CONF_HIDDEN, ()), *services})
    remove_columns(hass, entry, services)
    hass.config_entries.async_update_entry(
        entry, data={**entry.data, CONF_HIDDEN: hidden}
    )
    hass.config_entries.async_schedule_reload(entry.entry_id)


class ColumnWatch:
    """Finds out what columns are, by Modbus, and which of them say nothing."""

    def __init__(self, coordinator: GatewayCoordinator) -> None:
        """Begin with all columns that were learnt."""
        self._coordinator = coordinator
        now = coordinator.hass.loop.time()
        self._zero_since = dict.fromkeys(sorted(coordinator.path.learnt), now)
        """Columns that have not been seen to hold anything, by when that began."""
        self._seen: set[int] = set()
        """Those of them that have been looked at at least once."""

    async def look(self) -> None:
        """Compare and look; raises `DeviceError`. Nothing else is asked meanwhile."""
        path = self._coordinator.path
        if path.snmp is None:
            return
        if found := await path.compare():
            path.snmp.columns = {**path.snmp.columns, **found}
            path.look()
            self._keep(found)
        await self._look_for_zeros(path)

    def _keep(self, found: Mapping[int, Column]) -> None:
        entry, hass = self._coordinator.config_entry, self._coordinator.hass
        columns = {**entry.data.get(CONF_COLUMNS, {}), **stored_columns((), found)}
        hass.config_entries.async_update_entry(
            entry, data={**entry.data, CONF_COLUMNS: columns}
        )
        remove_columns(hass, entry, found.keys())
        for service, column in found.items():
            _LOGGER.debug("Column %d is %s", service, column)

    async def _look_for_zeros(self, path: Gateway) -> None:
        turn = list(self._zero_since)[:_COLUMNS_A_LOOK]
        for service in turn:
            since = self._zero_since.pop(service)
            try:
                is_zero = await path.is_zero(service)
            except DeviceError:
                self._zero_since[service] = since
                raise
            if is_zero:
                # To the end of the row.
                self._zero_since[service] = since
                self._seen.add(service)
        now = self._coordinator.hass.loop.time()
        idle = [
            service
            for service, since in self._zero_since.items()
            if service in self._seen and now - since >= _ZERO_S
        ]
        if idle:
            self._propose(sorted(idle))

    def _propose(self, services: list[int]) -> None:
        entry = self._coordinator.config_entry
        listed = ", ".join(map(str, services))
        ir.async_create_issue(
            self._coordinator.hass,
            DOMAIN,
            f"zero_columns_{entry.entry_id}",
            is_fixable=True,
            severity=ir.IssueSeverity.WARNING,
            translation_key="zero_columns",
            translation_placeholders={"name": entry.title, "columns": listed},
            data={"entry_id": entry.entry_id, "hide": listed},
        )
