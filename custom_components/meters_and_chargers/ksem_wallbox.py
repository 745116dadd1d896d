"""The wallbox behind a KSEM, asked and told by the meter's access key.

A failure here never touches the meter's readings. Nothing is asked but for entities
that are switched on, and nothing is written unless somebody says so.
"""

from collections.abc import Awaitable
from dataclasses import dataclass, replace
from datetime import timedelta
import logging
from typing import override

from homeassistant.config_entries import ConfigEntry
from homeassistant.core import HomeAssistant
from homeassistant.exceptions import ConfigEntryAuthFailed, HomeAssistantError
from homeassistant.helpers.update_coordinator import (
    CoordinatorEntity,
    DataUpdateCoordinator,
    UpdateFailed,
)

from .const import CONF_ACCESS_KEY, CONF_FAMILY, DOMAIN
from .coordinator import DeviceCoordinator, DeviceEntry
from .engine.devices.ksem import FAMILY
from .engine.devices.ksem.emobility import Charging, PhaseUse
from .engine.model import DeviceError, NotAllowed, Refused
from .entity import device_info
from .links import open_emobility

_LOGGER = logging.getLogger(__name__)

_INTERVAL = timedelta(seconds=60)
CHARGING = "charging"
PHASES = "phases"


@dataclass(frozen=True, slots=True, kw_only=True)
class WallboxState:
    """What the meter last said; None where it was not asked or has no answer."""

    charging: Charging | None = None
    phase_use: PhaseUse | None = None


class KsemWallbox(DataUpdateCoordinator[WallboxState]):
    """Asks the meter every 60 s how it charges, as long as an entity shows it."""

    config_entry: ConfigEntry

    def __init__(self, hass: HomeAssistant, entry: ConfigEntry, key: str) -> None:
        """Use an access key; nothing is asked yet."""
        super().__init__(
            hass,
            _LOGGER,
            config_entry=entry,
            name=f"{entry.title} wallbox",
            update_interval=_INTERVAL,
            always_update=False,
        )
        self.emobility = open_emobility(hass, entry.data, key)
        self.data = WallboxState()

    @override
    async def _async_update_data(self) -> WallboxState:
        asked = set(self.async_contexts())
        try:
            charging = await self.emobility.charging() if CHARGING in asked else None
            phase_use = await self._phase_use() if PHASES in asked else None
        except NotAllowed as err:
            raise self._failed(ConfigEntryAuthFailed, "key_refused", err) from err
        except DeviceError as err:
            raise self._failed(UpdateFailed, "wallbox_unread", err) from err
        return WallboxState(charging=charging, phase_use=phase_use)

    async def _phase_use(self) -> PhaseUse | None:
        try:
            return await self.emobility.phase_use()
        except NotAllowed:
            raise
        except Refused:
            # A wallbox that can't switch phases does not hide the charge mode.
            return None

    async def async_charge(self, change: Awaitable[Charging]) -> None:
        """Make a change of mode or quota and show the meter's answer.

        Raises `HomeAssistantError` in words for the user.
        """
        said = await self._told(change)
        self.async_set_updated_data(replace(self.data, charging=said))

    async def async_use_phases(self, use: PhaseUse) -> None:
        """Change the number of phases and show the meter's answer.

        Raises `HomeAssistantError` in words for the user.
        """
        said = await self._told(self.emobility.set_phase_use(use))
        self.async_set_updated_data(replace(self.data, phase_use=said))

    async def _told[Answer](self, change: Awaitable[Answer]) -> Answer:
        try:
            return await change
        except DeviceError as err:
            key = "wallbox_unchanged"
            if isinstance(err, NotAllowed):
                key = "key_refused"
                self.config_entry.async_start_reauth(self.hass)
            else:
                # Whatever arrived, the entities show what the meter says now.
                await self.async_request_refresh()
            raise self._failed(HomeAssistantError, key, err) from err

    def _failed[Kind: HomeAssistantError](
        self, kind: type[Kind], key: str, err: DeviceError
    ) -> Kind:
        return kind(
            translation_domain=DOMAIN,
            translation_key=key,
            translation_placeholders={
                "name": self.config_entry.title,
                "error": str(err),
            },
        )


class KsemWallboxEntity(CoordinatorEntity[KsemWallbox]):
    """A setting of the meter for its wallboxes; it stands on the meter's page."""

    _attr_has_entity_name = True
    _attr_entity_registry_enabled_default = False

    def __init__(
        self, meter: DeviceCoordinator, wallbox: KsemWallbox, key: str, asks: str
    ) -> None:
        """Name the entity by the meter's identity and its own key."""
        super().__init__(wallbox, asks)
        self._attr_translation_key = key
        self._attr_unique_id = f"{meter.identity.key}_{key}"
        self._attr_device_info = device_info(meter.identity, meter.title)


def start(hass: HomeAssistant, entry: DeviceEntry) -> None:
    """Make the wallbox of a KSEM that has an access key; asks it for nothing."""
    key = entry.options.get(CONF_ACCESS_KEY)
    # Another device's key is for somebody else.
    if key and entry.data[CONF_FAMILY] == FAMILY.key:
        entry.runtime_data.wallbox = KsemWallbox(hass, entry, key)


def ask(hass: HomeAssistant, entry: DeviceEntry) -> None:
    """Ask for what the entities show, without making the meter wait."""
    wallbox = entry.runtime_data.wallbox
    if wallbox is not None and any(True for _ in wallbox.async_contexts()):
        entry.async_create_background_task(
            hass, wallbox.async_refresh(), f"{DOMAIN} wallbox of {entry.title}"
        )
