"""The firmware of an OCPP wallbox: what runs, and what its owner offers it."""

from dataclasses import asdict, dataclass
from functools import partial
import logging
from typing import Any, Final, override

from homeassistant.components.update import UpdateDeviceClass, UpdateEntity
from homeassistant.components.update.const import UpdateEntityFeature
from homeassistant.core import HomeAssistant, callback
from homeassistant.helpers.entity_platform import AddConfigEntryEntitiesCallback
from homeassistant.util import dt as dt_util

from .engine.devices.ocpp_charger import Firmware
from .entity import ChargerEntity
from .ocpp_wallbox import WALLBOX, ChargerEntry, ChargerHub

_LOGGER = logging.getLogger(__name__)

PARALLEL_UPDATES = 1

_OFFER: Final = "firmware"
_BUSY = frozenset(
    {
        "requested",
        "downloading",
        "downloaded",
        "download_scheduled",
        "download_paused",
        "signature_verified",
        "install_scheduled",
        "installing",
        "install_rebooting",
    }
)
_FAILED = frozenset(
    {
        "download_failed",
        "installation_failed",
        "install_verification_failed",
        "invalid_signature",
    }
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Offer:
    """A firmware that an owner offers; nobody else knows of newer ones."""

    url: str
    version: str
    signing_certificate: str = ""
    signature: str = ""
    before: str = ""
    """What ran when it was offered; once that is another, the offer is over."""


@callback
def offer(hub: ChargerHub, made: Offer | None) -> None:
    """Offer a wallbox a firmware, or none any more; nothing is installed by it."""
    data = {key: value for key, value in hub.entry.data.items() if key != _OFFER}
    if made is not None:
        data[_OFFER] = asdict(made)
    hub.hass.config_entries.async_update_entry(hub.entry, data=data)
    hub.tell(WALLBOX)


async def async_setup_entry(
    _hass: HomeAssistant,
    entry: ChargerEntry,
    async_add_entities: AddConfigEntryEntitiesCallback,
) -> None:
    """Make the update entity of a wallbox."""
    async_add_entities([FirmwareUpdate(entry.runtime_data)])


class FirmwareUpdate(ChargerEntity, UpdateEntity):
    """Installs what its owner offers, and only when its owner says so."""

    _attr_device_class = UpdateDeviceClass.FIRMWARE
    _attr_supported_features = (
        UpdateEntityFeature.INSTALL | UpdateEntityFeature.PROGRESS
    )

    def __init__(self, hub: ChargerHub) -> None:
        """Belong to a wallbox."""
        super().__init__(hub, None, "firmware")
        self._connector = hub.connectors[1]
        self._failed = False

    @override
    async def async_added_to_hass(self) -> None:
        """Follow the wallbox."""
        await super().async_added_to_hass()
        self._hub.listen(WALLBOX, self._follow)
        self.async_on_remove(partial(self._hub.leave, WALLBOX, self._follow))

    @property
    def _offer(self) -> Offer | None:
        kept: dict[str, str] | None = self._hub.entry.data.get(_OFFER)
        return None if kept is None else Offer(**kept)

    @property
    @override
    def installed_version(self) -> str | None:
        """What it said at its last boot."""
        return self._hub.charger.identity.firmware

    @property
    @override
    def latest_version(self) -> str | None:
        """What is offered, else what runs."""
        offered = self._offer
        return self.installed_version if offered is None else offered.version

    @property
    @override
    def in_progress(self) -> bool:
        """Whether it is at it, as far as it says."""
        return self._hub.charger.firmware_status in _BUSY

    @override
    def version_is_newer(self, latest_version: str, installed_version: str) -> bool:
        """Offer what the owner chose: it may be an older one that works."""
        return True

    @override
    def _shown(self) -> object:
        return self.installed_version, self.latest_version, self.in_progress

    @callback
    def _follow(self) -> None:
        """Forget an offer that was taken, and say once that one was not."""
        found, runs = self._offer, self.installed_version
        if found is not None and found.before and runs and runs != found.before:
            offer(self._hub, None)  # which calls this again
            return
        failed = self._hub.charger.firmware_status in _FAILED
        if failed and not self._failed:
            _LOGGER.warning(
                "%s did not install its firmware: %s",
                self._hub.entry.title,
                self._hub.charger.firmware_status.replace("_", " "),
            )
        self._failed = failed
        self._changed()

    @override
    async def async_install(
        self, version: str | None, backup: bool, **kwargs: Any
    ) -> None:
        """Let the wallbox fetch and install what is offered."""
        found = self._offer
        if found is None:
            return  # nothing newer: Home Assistant does not offer to install it
        firmware = Firmware(
            url=found.url,
            signing_certificate=found.signing_certificate,
            signature=found.signature,
        )
        await self._connector.ask(
            self._hub.charger.update_firmware(firmware, dt_util.utcnow())
        )
