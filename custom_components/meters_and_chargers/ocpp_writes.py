"""How often an OCPP wallbox was sent today what it may store, and an issue if often."""

from collections.abc import Callable
from datetime import datetime

from homeassistant.config_entries import ConfigEntry
from homeassistant.core import CALLBACK_TYPE, HomeAssistant, callback
from homeassistant.helpers import issue_registry as ir
from homeassistant.helpers.event import async_track_time_change
from homeassistant.util import dt as dt_util

from .const import DOMAIN
from .engine.devices.ocpp_charger import OcppCharger

MANY_WRITES = 500
"""More in a day wear out a memory of 100,000 writes within months."""


class ProfileWrites:
    """Counts the charging profiles of the day that outlive a restart of a wallbox."""

    def __init__(
        self, hass: HomeAssistant, entry: ConfigEntry, charger: OcppCharger
    ) -> None:
        """Begin with none; the sensor brings what was counted before a restart."""
        self._hass = hass
        self._entry = entry
        self._charger = charger
        self._changed: Callable[[], None] | None = None
        self._before = -charger.profile_writes
        """What was counted today before, less what the charger counted until then."""
        self.day = _today()

    @property
    def count(self) -> int:
        """How many there were today."""
        return self._before + self._charger.profile_writes

    @callback
    def start(self, changed: Callable[[], None]) -> CALLBACK_TYPE:
        """Count from now on; returns the function that ends it."""
        self._changed = changed
        self._charger.on_profile_write = self._written
        end_day = async_track_time_change(
            self._hass, self._midnight, hour=0, minute=0, second=0
        )

        @callback
        def stop() -> None:
            end_day()
            self._charger.on_profile_write = None
            ir.async_delete_issue(self._hass, DOMAIN, self._issue_id)

        return stop

    @callback
    def recall(self, day: str, count: int) -> None:
        """Go on with what was counted before a restart, if that is of today."""
        if day == self.day:
            self._before += count
            self._judge()

    @property
    def _issue_id(self) -> str:
        return f"many_profiles_{self._entry.entry_id}"

    @callback
    def _written(self) -> None:
        self._judge()
        if self._changed is not None:
            self._changed()

    @callback
    def _midnight(self, _now: datetime) -> None:
        self.day = _today()
        self._before = -self._charger.profile_writes
        ir.async_delete_issue(self._hass, DOMAIN, self._issue_id)
        if self._changed is not None:
            self._changed()

    def _judge(self) -> None:
        """Say once a day that it is told too often."""
        issues = ir.async_get(self._hass)
        known = issues.async_get_issue(DOMAIN, self._issue_id)
        if self.count <= MANY_WRITES or (known is not None and known.active):
            return
        ir.async_create_issue(
            self._hass,
            DOMAIN,
            self._issue_id,
            is_fixable=False,
            severity=ir.IssueSeverity.WARNING,
            translation_key="many_profiles",
            translation_placeholders={
                "name": self._entry.title,
                "most": str(MANY_WRITES),
            },
        )


def _today() -> str:
    return dt_util.now().date().isoformat()
