"""Sets up and unloads one entry: a device, a site, an OCPP server or its wallbox."""

from collections.abc import Sequence
from contextlib import suppress
from typing import cast

from homeassistant.config_entries import ConfigEntry, ConfigEntryState
from homeassistant.const import CONF_HOST, CONF_PORT, Platform
from homeassistant.core import HomeAssistant
from homeassistant.exceptions import ConfigEntryError, ConfigEntryNotReady
from homeassistant.helpers import config_validation as cv
from homeassistant.helpers.device_registry import AnyDeviceEntry
from homeassistant.helpers.typing import ConfigType
from homeassistant.loader import async_get_integration

from . import (
    billing_actions,
    billing_stand_in,
    billing_upload,
    dashboard,
    diris_export,
    diris_mib,
    diris_snmp,
    health,
    ksem_wallbox,
    links,
    load_management,
    ocpp_actions,
    ocpp_limits,
    ocpp_tls,
    pico_account,
    pico_group,
    pico_station,
    reason_text,
    registry,
    services,
    session_actions,
    session_log,
    site_billing,
    site_leave,
    site_watch,
    tls_watch,
)
from .const import (
    CHARGER_PLATFORMS,
    CONF_CHARGER_ID,
    CONF_FAMILY,
    CONF_SERVER,
    CONF_TLS_MODE,
    DEVICE_PLATFORMS,
    DIRIS_PLATFORMS,
    DOMAIN,
    FAMILY_DIRIS,
    FAMILY_OCPP_CHARGER,
    FAMILY_OCPP_SERVER,
    FAMILY_SITE,
    SITE_PLATFORMS,
)
from .controller import SiteController, SiteEntry
from .coordinator import DeviceCoordinator, DeviceEntry
from .diris import GatewayCoordinator, GatewayEntry
from .diris_pages import remove_device
from .engine.journal import JournalError
from .ocpp import OcppServer, ServerEntry, tell_left_behind
from .ocpp_root_view import RootCertificate
from .ocpp_wallbox import ChargerEntry, ChargerHub
from .pico_flow import is_pico
from .push_coordinator import PushCoordinator
from .push_listener import MeterPush
from .trap_listener import GatewayTraps

type AnyEntry = ConfigEntry[
    DeviceCoordinator | SiteController | OcppServer | ChargerHub | GatewayCoordinator
]

CONFIG_SCHEMA = cv.config_entry_only_config_schema(DOMAIN)


async def async_setup(hass: HomeAssistant, _config: ConfigType) -> bool:
    """Make the actions known; an automation that uses one is then never wrong."""
    # Entries of several kinds start at the same time. The loader takes platforms that
    # another of them is just importing into the event loop if one is known already.
    integration = await async_get_integration(hass, DOMAIN)
    await integration.async_get_platforms(
        {*DEVICE_PLATFORMS, *CHARGER_PLATFORMS, *SITE_PLATFORMS}
    )
    services.register(hass)
    billing_actions.register(hass)
    session_actions.register(hass)
    ocpp_actions.register(hass)
    health.register(hass)
    hass.http.register_view(RootCertificate)
    await reason_text.async_load(hass)
    await dashboard.async_serve(hass)
    return True


async def async_setup_entry(hass: HomeAssistant, entry: AnyEntry) -> bool:
    """Open the device, start the site or the server, or take the wallbox in."""
    family = entry.data[CONF_FAMILY]
    if family == FAMILY_SITE:
        await _set_up_site(hass, cast("SiteEntry", entry))
    elif family == FAMILY_OCPP_SERVER:
        await _set_up_server(hass, cast("ServerEntry", entry))
    elif family == FAMILY_OCPP_CHARGER:
        await _set_up_charger(hass, cast("ChargerEntry", entry))
    elif family == FAMILY_DIRIS:
        await _set_up_gateway(hass, cast("GatewayEntry", entry))
    else:
        await _set_up_device(hass, cast("DeviceEntry", entry))
    return True


async def async_unload_entry(hass: HomeAssistant, entry: AnyEntry) -> bool:
    """Remove an entry's entities; its sockets and timers close with it."""
    if isinstance(entry.runtime_data, SiteController):
        if entry.runtime_data.billing is not None:
            await entry.runtime_data.billing.stop()
        await site_leave.unload(cast("SiteEntry", entry))
    if isinstance(entry.runtime_data, OcppServer):
        await entry.runtime_data.stop()
        for charger in entry.runtime_data.charger_entries():
            if charger.state is ConfigEntryState.LOADED:
                hass.config_entries.async_schedule_reload(charger.entry_id)
    if isinstance(entry.runtime_data, ChargerHub) and entry.disabled_by is not None:
        await ocpp_limits.leave(entry, entry.runtime_data.charger)
        with suppress(JournalError):
            await entry.runtime_data.server.billing.end(
                entry.data[CONF_CHARGER_ID], forget=False
            )
    if isinstance(entry.runtime_data, DeviceCoordinator):
        await billing_stand_in.stop(cast("DeviceEntry", entry))
    if (
        isinstance(entry.runtime_data, DeviceCoordinator)
        and (station := entry.runtime_data.station) is not None
    ):
        await station.stop()
    if (
        isinstance(entry.runtime_data, GatewayCoordinator)
        and entry.runtime_data.export is not None
    ):
        await entry.runtime_data.export.stop()
    return await hass.config_entries.async_unload_platforms(entry, _platforms(entry))


async def async_remove_entry(hass: HomeAssistant, entry: AnyEntry) -> None:
    """Let go of a removed wallbox, or say what a removed server leaves behind."""
    family = entry.data[CONF_FAMILY]
    if family == FAMILY_SITE:
        await site_leave.remove(hass, cast("SiteEntry", entry))
        await site_billing.forget(hass, entry)
    elif family == FAMILY_OCPP_SERVER:
        tell_left_behind(hass, entry.entry_id, entry.title)
    elif family == FAMILY_OCPP_CHARGER:
        server = _server_of(hass, cast("ChargerEntry", entry))
        if server is not None:
            charger = server.central.charger(entry.data[CONF_CHARGER_ID])
            if charger is not None and entry.disabled_by is None:
                await ocpp_limits.leave(entry, charger)
            # It is unknown to its server from now on.
            await server.forget(entry.data[CONF_CHARGER_ID])
        elif entry.disabled_by is None:
            ocpp_limits.leave_untold(entry)
        await billing_upload.forget(hass, entry.options)
        ocpp_limits.forget_foreign(hass, entry)
        tell_left_behind(hass, entry.data[CONF_SERVER])
    elif family == FAMILY_DIRIS:
        await diris_mib.forget(hass, entry.entry_id)
        await diris_export.forget(hass, entry)
        await diris_snmp.forget(hass, entry)
    else:
        logged_as = billing_stand_in.logged_as(entry)
        await billing_stand_in.forget(hass, entry.entry_id, entry.options, logged_as)
        await billing_upload.forget(hass, entry.options)
    if is_pico(entry):
        pico_account.forget(hass, entry)
        await pico_station.forget(hass, entry)
    session_log.is_read(hass, entry)
    load_management.forget(hass, entry)
    await ocpp_tls.forget(hass, entry)
    await tls_watch.forget(hass, entry)


def _platforms(entry: AnyEntry) -> Sequence[Platform]:
    return {
        FAMILY_SITE: SITE_PLATFORMS,
        FAMILY_OCPP_SERVER: (),
        FAMILY_DIRIS: DIRIS_PLATFORMS,
        FAMILY_OCPP_CHARGER: CHARGER_PLATFORMS,
    }.get(entry.data[CONF_FAMILY], DEVICE_PLATFORMS)


async def _set_up_device(hass: HomeAssistant, entry: DeviceEntry) -> None:
    await links.prepare(hass, entry.data)
    pushes = MeterPush.wanted(entry)
    coordinator = (PushCoordinator if pushes else DeviceCoordinator)(hass, entry)
    try:
        await coordinator.async_config_entry_first_refresh()
    except (ConfigEntryNotReady, ConfigEntryError) as err:
        if await pico_group.find(hass, entry):
            # It is tried there in some seconds.
            raise ConfigEntryNotReady(
                translation_domain=err.translation_domain,
                translation_key=err.translation_key,
                translation_placeholders=err.translation_placeholders,
            ) from err
        if isinstance(err, ConfigEntryNotReady):
            await tls_watch.look(hass, entry)
        raise
    entry.runtime_data = coordinator
    await tls_watch.watch(hass, entry)
    if isinstance(coordinator, PushCoordinator):
        await coordinator.async_start_push()
    ksem_wallbox.start(hass, entry)
    station = await pico_station.start(hass, entry)
    pico_account.make(hass, entry)
    pico_group.watch(hass, entry)
    load_management.watch_load_management(hass, entry)
    await billing_stand_in.start(hass, entry)
    # Platforms first: a number recalls the last limit before a site asks for it.
    await hass.config_entries.async_forward_entry_setups(entry, DEVICE_PLATFORMS)
    ksem_wallbox.ask(hass, entry)
    if coordinator.account is not None:
        coordinator.account.start()
    withdraw = registry.publish(hass, coordinator)
    entry.async_on_unload(withdraw)
    if station is not None:
        station.withdraw = withdraw


async def _set_up_gateway(hass: HomeAssistant, entry: GatewayEntry) -> None:
    _, mib = await diris_mib.load(hass, entry.entry_id)
    path = await diris_snmp.open_gateway(hass, entry, mib)
    coordinator = GatewayCoordinator(hass, entry, path)
    coordinator.mib = mib
    if GatewayTraps.wanted(entry):
        coordinator.traps = GatewayTraps(hass, entry, coordinator.mib)
    await coordinator.async_config_entry_first_refresh()
    entry.runtime_data = coordinator
    coordinator.async_start()
    await hass.config_entries.async_forward_entry_setups(entry, DIRIS_PLATFORMS)
    coordinator.async_run()
    if coordinator.traps is not None:
        # Its library may have to be installed first.
        entry.async_create_background_task(
            hass, coordinator.traps.start(), f"{DOMAIN} traps"
        )
    if coordinator.export is not None:
        coordinator.export.start()


async def async_remove_config_entry_device(
    _hass: HomeAssistant, entry: AnyEntry, device: AnyDeviceEntry
) -> bool:
    """Let a gateway's module or circuit be deleted that is gone, and nothing else."""
    if entry.data[CONF_FAMILY] != FAMILY_DIRIS:
        return False
    return remove_device(cast("GatewayEntry", entry), device)


async def _set_up_site(hass: HomeAssistant, entry: SiteEntry) -> None:
    controller = SiteController(hass, entry)
    entry.runtime_data = controller
    controller.billing = site_billing.SiteBilling(controller)
    # The modes are restored by their entities before the first decision.
    await hass.config_entries.async_forward_entry_setups(entry, SITE_PLATFORMS)
    controller.start()
    await controller.billing.start()
    entry.async_on_unload(site_watch.watch(hass, entry))
    site_leave.watch(hass, entry)
    made_of = _made_of(entry)

    async def changed(hass: HomeAssistant, entry: SiteEntry) -> None:
        """Take over options at once; reload for anything else."""
        if _made_of(entry) != made_of:
            controller.comes_back = True
            hass.config_entries.async_schedule_reload(entry.entry_id)
            return
        controller.take_options(entry.options)
        controller.look()

    entry.async_on_unload(entry.add_update_listener(changed))


async def _set_up_server(hass: HomeAssistant, entry: ServerEntry) -> None:
    server = entry.runtime_data = OcppServer(hass, entry)
    await server.start()
    listens = _listens(entry)

    async def changed(hass: HomeAssistant, entry: ServerEntry) -> None:
        """Take over cards and options at once, with every connection as it is."""
        if _listens(entry) != listens:
            hass.config_entries.async_schedule_reload(entry.entry_id)
        else:
            server.take_cards()

    entry.async_on_unload(entry.add_update_listener(changed))


def _listens(entry: ServerEntry) -> object:
    """Return where and how a server listens; all else it takes over as it runs."""
    return [entry.data.get(key) for key in (CONF_HOST, CONF_PORT, CONF_TLS_MODE)]


async def _set_up_charger(hass: HomeAssistant, entry: ChargerEntry) -> None:
    server = _server_of(hass, entry)
    if server is None:
        raise ConfigEntryNotReady(
            translation_domain=DOMAIN, translation_key="no_server"
        )
    hub = ChargerHub(hass, entry, server, await server.charger(entry))
    entry.runtime_data = hub
    await hass.config_entries.async_forward_entry_setups(entry, CHARGER_PLATFORMS)
    entry.async_on_unload(hub.start())
    server.look_at_wallbox(entry)


def _made_of(entry: SiteEntry) -> object:
    """Return what a site is made of, all but its options."""
    # Subentries are changed in place.
    parts = [(key, one.title, dict(one.data)) for key, one in entry.subentries.items()]
    return entry.title, dict(entry.data), parts


def _server_of(hass: HomeAssistant, entry: ChargerEntry) -> OcppServer | None:
    found: ServerEntry | None = hass.config_entries.async_get_entry(
        entry.data[CONF_SERVER]
    )
    server = getattr(found, "runtime_data", None)
    return server if isinstance(server, OcppServer) and server.listening else None
