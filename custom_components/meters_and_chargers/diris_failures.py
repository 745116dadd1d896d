"""What goes wrong with a DIRIS gateway: in words, and who is asked for credentials."""

from typing import TYPE_CHECKING, Any

from homeassistant.core import callback
from homeassistant.exceptions import (
    ConfigEntryAuthFailed,
    ConfigEntryError,
    HomeAssistantError,
)
from homeassistant.helpers.update_coordinator import UpdateFailed

from .const import CONF_COMMUNITY, CONF_SNMP, DOMAIN
from .coordinator import error_key
from .diris_snmp import tell, untell
from .engine.model import DeviceError, NotAllowed, TooOften, WrongDevice

if TYPE_CHECKING:
    from .diris import GatewayCoordinator

SILENT_S = 300.0
"""So long SNMP is silent before its owner is asked whether the community changed."""


class Failures:
    """Tells Home Assistant what fails; asks its owner for credentials of SNMP."""

    def __init__(self, coordinator: GatewayCoordinator) -> None:
        """Belong to a gateway; nothing has failed yet."""
        self._coordinator = coordinator
        self._refused = False
        self._silent_since: float | None = None

    def words(self, err: DeviceError) -> dict[str, Any]:
        """Return the text of a failure, as the arguments of an exception."""
        coordinator = self._coordinator
        key = error_key(err)
        if isinstance(err, (NotAllowed, TooOften)):
            key = "snmp_refused" if isinstance(err, NotAllowed) else "banned"
        elif coordinator.path.modbus is None and key in ("port_closed", "silent"):
            key = f"{key}_snmp"
        return {
            "translation_domain": DOMAIN,
            "translation_key": key,
            "translation_placeholders": {
                "name": coordinator.config_entry.title,
                "error": str(err),
            },
        }

    def failed(self, err: DeviceError) -> HomeAssistantError:
        """Return what Home Assistant is told: to ask for credentials, or to wait."""
        refused = isinstance(err, NotAllowed)
        return (ConfigEntryAuthFailed if refused else UpdateFailed)(**self.words(err))

    def wrong_device(self, found: str) -> ConfigEntryError:
        """Return that another device is at the address."""
        words = self.words(WrongDevice(found))
        words["translation_placeholders"]["error"] = found
        return ConfigEntryError(**words)

    @callback
    def look(self, *, at_start: bool = False) -> None:
        """Ask for other credentials of SNMP where they are refused, or may be wrong.

        A wrong password is refused. A wrong community is silence, as much else is: an
        issue asks, at once where the entry can't start.
        """
        coordinator = self._coordinator
        entry, path = coordinator.config_entry, coordinator.path
        if path.refused and not (self._refused or at_start):
            entry.async_start_reauth(coordinator.hass)
        self._refused = path.refused
        now = coordinator.hass.loop.time()
        if not path.unanswered or CONF_COMMUNITY not in entry.data.get(CONF_SNMP, {}):
            self._silent_since = None
            untell(coordinator.hass, entry, "silent_snmp")
            return
        if self._silent_since is None:
            self._silent_since = now
        if at_start or now - self._silent_since >= SILENT_S:
            tell(coordinator.hass, entry, "silent_snmp", asks=CONF_COMMUNITY)
