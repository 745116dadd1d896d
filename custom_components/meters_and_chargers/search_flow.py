"""Finds devices in the network: the user searches, or DHCP names one."""

import asyncio
from collections.abc import Mapping
from fnmatch import fnmatch
from ipaddress import ip_address
from typing import Any, override

from homeassistant.components import network
from homeassistant.config_entries import (
    SOURCE_IGNORE,
    SOURCE_INTEGRATION_DISCOVERY,
    ConfigEntry,
    ConfigEntryState,
    ConfigFlow,
    ConfigFlowResult,
)
from homeassistant.const import CONF_DEVICE, CONF_HOST, CONF_PORT
from homeassistant.data_entry_flow import AbortFlow
from homeassistant.exceptions import HomeAssistantError
from homeassistant.helpers.discovery_flow import async_create_flow
from homeassistant.helpers.selector import (
    SelectOptionDict,
    SelectSelector,
    SelectSelectorConfig,
)
from homeassistant.helpers.service_info.dhcp import DhcpServiceInfo
import voluptuous as vol

from . import links
from .const import CONF_FAMILY, CONF_MEMBERS, DOMAIN
from .engine.devices import FAMILIES
from .engine.model import DeviceError, Family, Identity
from .search import Found, hosts_near

_DEVICE = "device"
_MOST_UPDATES_S = 1.0


class SearchSteps(ConfigFlow):
    """The steps of searching in the integration's flow."""

    named = True
    """Whether a device's own name told its family, and not its maker's addresses."""
    _hosts: tuple[str, ...] = ()
    _searching: asyncio.Task[None] | None = None
    _asked = 0
    _told_at = 0.0
    _new: list[Found]
    """Devices that are not set up yet."""
    _moved: list[Found]
    """Devices whose entry has just been told their new address."""

    async def _take_up(
        self, family_key: str, host: str, port: int | None = None
    ) -> ConfigFlowResult:
        """Go on as if the user had typed this address."""
        raise NotImplementedError

    async def async_step_search(
        self, _user_input: dict[str, Any] | None = None
    ) -> ConfigFlowResult:
        """Ask all neighbours; shows how far it is, and ends when it is closed."""
        if self._searching is None:
            self._hosts = await self._neighbours()
            self._asked, self._new, self._moved = 0, [], []
            self._searching = self.hass.async_create_background_task(
                links.search(self.hass, self._hosts, self._on_found, self._on_asked),
                f"{DOMAIN} search",
            )
        elif self._searching.done():
            self._searching.result()
            self._searching = None
            return self.async_show_progress_done(next_step_id="found")
        return self.async_show_progress(
            step_id="search",
            progress_action="search",
            description_placeholders={
                "done": str(self._asked),
                "total": str(len(self._hosts)),
                "names": ", ".join(one.title for one in self._new) or "-",
            },
            progress_task=self._searching,
        )

    async def _neighbours(self) -> tuple[str, ...]:
        """Return whom to ask; who is read already need not be."""
        hosts = hosts_near(
            (ours["address"], ours["network_prefix"])
            for adapter in await network.async_get_adapters(self.hass)
            if adapter["enabled"]
            for ours in adapter["ipv4"]
        )
        read = {one.data.get(CONF_HOST) for one in self._devices() if _works(one)}
        return tuple(host for host in hosts if host not in read)

    def _on_found(self, found: Found) -> None:
        known = self._entry_of(found.identity)
        if known is None:
            self._new.append(found)
        elif self._follow(known, found.host, found.port):
            self._moved.append(found)

    def _on_asked(self) -> None:
        self._asked += 1
        self.async_update_progress(self._asked / len(self._hosts))
        now = self.hass.loop.time()
        if now - self._told_at > _MOST_UPDATES_S:
            self._told_at = now
            self.async_notify_flow_changed()

    async def async_step_found(
        self, user_input: dict[str, Any] | None = None
    ) -> ConfigFlowResult:
        """Ask which device to add first; the others wait under Discovered."""
        if not self._new:
            if not self._moved:
                return self._nothing_found()
            serials = ", ".join(one.identity.serial for one in self._moved)
            return self.async_abort(
                reason="already_configured",
                description_placeholders={"serial": serials},
            )
        if user_input is None and len(self._new) > 1:
            return self._which_first()
        chosen = self._new.pop(int(user_input[_DEVICE]) if user_input else 0)
        for other in self._new:
            async_create_flow(
                self.hass,
                DOMAIN,
                {"source": SOURCE_INTEGRATION_DISCOVERY},
                {
                    CONF_FAMILY: other.identity.family,
                    CONF_HOST: other.host,
                    CONF_PORT: other.port,
                    "key": other.identity.key,
                    "name": other.title,
                },
            )
        return await self._take_up(chosen.identity.family, chosen.host, chosen.port)

    def _which_first(self) -> ConfigFlowResult:
        options = [
            SelectOptionDict(value=str(number), label=one.title)
            for number, one in enumerate(self._new)
        ]
        return self.async_show_form(
            step_id="found",
            data_schema=vol.Schema(
                {
                    vol.Required(_DEVICE, default="0"): SelectSelector(
                        SelectSelectorConfig(options=options)
                    )
                }
            ),
            description_placeholders={"others": str(len(self._new) - 1)},
        )

    def _nothing_found(self) -> ConfigFlowResult:
        return self.async_show_menu(
            step_id="nothing_found",
            menu_options=["search", "user"],
            description_placeholders={"total": str(len(self._hosts))},
        )

    async def async_step_nothing_found(
        self, _user_input: dict[str, Any] | None = None
    ) -> ConfigFlowResult:
        """Say why nothing may have been found."""
        return self._nothing_found()

    @override
    async def async_step_integration_discovery(
        self, discovery_info: Mapping[str, Any]
    ) -> ConfigFlowResult:
        """Take up what a search found besides; what knocks goes to the next."""
        if CONF_FAMILY not in discovery_info:
            return await super().async_step_integration_discovery(dict(discovery_info))
        await self.async_set_unique_id(discovery_info["key"])
        self._abort_if_unique_id_configured()
        self.context["title_placeholders"] = {"name": discovery_info["name"]}
        return await self._take_up(
            discovery_info[CONF_FAMILY],
            discovery_info[CONF_HOST],
            discovery_info[CONF_PORT],
        )

    @override
    async def async_step_dhcp(
        self, discovery_info: DhcpServiceInfo
    ) -> ConfigFlowResult:
        """Take up a device that has got an address, or follow one that is known."""
        host = discovery_info.ip
        family = next(
            family for family in FAMILIES.values() if _is_named(family, discovery_info)
        )
        self.named = bool(family.probe and family.probe.hostname)
        # Until its serial is known, so that it is not shown twice or once ignored.
        await self.async_set_unique_id(f"{family.key}_{discovery_info.macaddress}")
        self._abort_if_unique_id_configured()
        for entry in self._devices():
            if entry.data[CONF_FAMILY] == family.key:
                await self._abort_if_it_is(entry, host)
        self.context["title_placeholders"] = {"name": f"{family.name} ({host})"}
        return await self._take_up(family.key, host)

    async def _abort_if_it_is(self, entry: ConfigEntry[Any], host: str) -> None:
        """Ask a host in an entry's own way, unless the entry's device is elsewhere."""
        same = entry.data[CONF_HOST] == host
        if _works(entry):
            answers = entry.unique_id if same else None
        else:
            try:
                async with links.temporary_device(
                    self.hass, {**entry.data, CONF_HOST: host}
                ) as device:
                    answers = (await device.identify()).key
            except DeviceError, HomeAssistantError:
                # One that has just been switched on answers later.
                answers = entry.unique_id if same else None
        if answers == entry.unique_id:
            self._follow(entry, host, entry.data[CONF_PORT])
            raise _known(entry)

    def _abort_if_found_again(self, identity: Identity, host: str, port: int) -> None:
        """Give a known device's entry nothing but the new address."""
        if (entry := self._entry_of(identity)) is not None:
            self._follow(entry, host, port)
            raise _known(entry)

    def _follow(self, entry: ConfigEntry[Any], host: str, port: int) -> bool:
        """Tell an entry where its device answers now; returns whether that was new.

        A name that its owner gave stays as long as the device answers to it, and who
        hangs on a serial line stays there.
        """
        if CONF_HOST not in entry.data:
            return False
        works = _works(entry)
        if (
            entry.data.get(CONF_DEVICE)
            or port != entry.data[CONF_PORT]
            or (works and not _is_address(entry.data[CONF_HOST]))
        ):
            return False
        moved = self.hass.config_entries.async_update_entry(
            entry, data={**entry.data, CONF_HOST: host}
        )
        if moved or not works:
            self.hass.config_entries.async_schedule_reload(entry.entry_id)
        return moved

    def _devices(self) -> list[ConfigEntry[Any]]:
        """Return the entries of devices that are polled."""
        return [
            entry
            for entry in self.hass.config_entries.async_entries(
                DOMAIN, include_ignore=False, include_disabled=False
            )
            if entry.data[CONF_FAMILY] in FAMILIES
        ]

    def _entry_of(self, identity: Identity) -> ConfigEntry[Any] | None:
        entry = self.hass.config_entries.async_entry_for_domain_unique_id(
            DOMAIN, identity.key
        )
        if entry is None:
            # The master of a group answers for it, and may be another than before.
            return next(
                (
                    one
                    for one in self._devices()
                    if identity.serial in one.data.get(CONF_MEMBERS, ())
                ),
                None,
            )
        return None if entry.source == SOURCE_IGNORE else entry


def _works(entry: ConfigEntry[Any]) -> bool:
    """Whether an entry's device answered the last time it was asked."""
    loaded = entry.state is ConfigEntryState.LOADED
    return loaded and bool(entry.runtime_data.online)


def _is_named(family: Family[Any], lease: DhcpServiceInfo) -> bool:
    """Whether a lease's host name or hardware address is one of the family's."""
    if (probe := family.probe) is None:
        return False
    mac = lease.macaddress.upper()
    return bool(
        (probe.hostname and fnmatch(lease.hostname, probe.hostname))
        or (probe.mac and fnmatch(mac, probe.mac))
    )


def _is_address(host: str) -> bool:
    try:
        ip_address(host)
    except ValueError:
        return False
    return True


def _known(entry: ConfigEntry[Any]) -> AbortFlow:
    serial = (entry.unique_id or "").removeprefix(f"{entry.data[CONF_FAMILY]}_")
    return AbortFlow("already_configured", {"serial": serial})
