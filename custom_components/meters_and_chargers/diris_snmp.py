"""A DIRIS gateway's SNMP in Home Assistant: its columns, what they are found to be."""

from collections.abc import Collection, Mapping
import logging
from typing import TYPE_CHECKING, Any

from homeassistant.config_entries import ConfigEntry
from homeassistant.core import HomeAssistant
from homeassistant.exceptions import ConfigEntryNotReady
from homeassistant.helpers import entity_registry as er
from homeassistant.helpers import issue_registry as ir
from homeassistant.helpers.storage import Store
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
from .diris_store import (
    circuits_of,
    columns_of,
    modules_of,
    only_sends_files,
    stored_columns,
)
from .engine.devices.diris import (
    BacnetPath,
    Column,
    Gateway,
    Mib,
    SnmpPath,
    columns_of_mib,
)

if TYPE_CHECKING:
    from .diris import GatewayCoordinator

_LOGGER = logging.getLogger(__name__)

DEFAULT_COMMUNITIES = ("publicV2", "publicv2", "public")
"""Those of new gateways, by the manual: anybody may know them."""
_ZERO_S = 24 * 3600.0
"""So long a column is 0 on every circuit before it is proposed to hide it."""
_MENDS = ("hide", "asks")
"""What says of an issue how it is mended."""
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
    if only_sends_files(data):
        return Gateway(None)
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
    try:
        path = await links.open_diris_snmp(hass, data, columns, known, serial)
    except RequirementsNotFound:
        tell(hass, entry, "snmp_not_installed")
        return None
    untell(hass, entry, "snmp_not_installed")
    entry.async_on_unload(path.close)
    remove_columns(hass, entry, told)
    return path


# What its owner should know


def tell(hass: HomeAssistant, entry: ConfigEntry[Any], key: str, **more: str) -> None:
    """Make an issue; what it can mend stands in ``asks`` or ``hide``."""
    mends = {name: more.pop(name) for name in _MENDS if name in more}
    ir.async_create_issue(
        hass,
        DOMAIN,
        f"{key}_{entry.entry_id}",
        is_fixable=bool(mends),
        severity=ir.IssueSeverity.WARNING,
        translation_key=key,
        translation_placeholders={"name": entry.title, **more},
        data={"entry_id": entry.entry_id, **mends} if mends else None,
    )


def untell(hass: HomeAssistant, entry: ConfigEntry[Any], key: str) -> None:
    """Take an issue back, if it was made."""
    ir.async_delete_issue(hass, DOMAIN, f"{key}_{entry.entry_id}")


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
            tell(hass, entry, key, firmware=firmware)
        else:
            untell(hass, entry, key)


async def forget(hass: HomeAssistant, entry: ConfigEntry[Any]) -> None:
    """Take back all that was told of an entry which is removed, and seen of it."""
    for key in (
        *("slow_snmp", "default_community", "weak_firmware"),
        *("snmp_not_installed", "zero_columns", "silent_snmp"),
    ):
        untell(hass, entry, key)
    await _zeros_of(hass, entry).async_remove()


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


def _zeros_of(hass: HomeAssistant, entry: ConfigEntry[Any]) -> Store[dict[str, float]]:
    """Return where it is kept how long columns have been 0, in seconds."""
    return Store(hass, 1, f"{DOMAIN}_zero_columns_{entry.entry_id}", private=True)


class ColumnWatch:
    """Finds out what columns are, by Modbus, and which of them say nothing."""

    def __init__(self, coordinator: GatewayCoordinator) -> None:
        """Begin with all columns that were learnt."""
        self._coordinator = coordinator
        self._kept = _zeros_of(coordinator.hass, coordinator.config_entry)
        self._zero_s: dict[int, float] | None = None
        """Columns that were never seen to hold anything, for how long; in turn."""
        self._seen_at: dict[int, float] = {}
        """When they were last seen to be 0, in the loop's time."""

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
        """Look at some; time counts from one look to the next, over restarts."""
        if self._zero_s is None:
            before = await self._kept.async_load() or {}
            learnt = sorted(path.learnt)
            self._zero_s = {one: before.get(str(one), 0.0) for one in learnt}
        for service in list(self._zero_s)[:_COLUMNS_A_LOOK]:
            is_zero = await path.is_zero(service)
            now = self._coordinator.hass.loop.time()
            # To the end of the row, or out of it.
            passed_s = self._zero_s.pop(service)
            if is_zero:
                passed_s += now - self._seen_at.get(service, now)
                self._zero_s[service], self._seen_at[service] = passed_s, now
        await self._kept.async_save({str(one): s for one, s in self._zero_s.items()})
        idle = [service for service, s in self._zero_s.items() if s >= _ZERO_S]
        if idle:
            self._propose(sorted(idle))

    def _propose(self, services: list[int]) -> None:
        coordinator = self._coordinator
        listed = ", ".join(map(str, services))
        entry = coordinator.config_entry
        tell(coordinator.hass, entry, "zero_columns", columns=listed, hide=listed)
