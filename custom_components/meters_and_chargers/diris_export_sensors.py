"""What a gateway's page says of the files that it exports."""

from collections.abc import Iterable
from datetime import datetime
from typing import override

from homeassistant.components.sensor import DOMAIN as SENSOR_DOMAIN
from homeassistant.components.sensor import (
    SensorDeviceClass,
    SensorEntity,
    SensorEntityDescription,
    SensorStateClass,
)
from homeassistant.const import EntityCategory
from homeassistant.core import HomeAssistant, callback
from homeassistant.helpers import entity_registry as er
from homeassistant.helpers.device_registry import DeviceInfo
from homeassistant.helpers.typing import StateType
from homeassistant.util import dt as dt_util

from .const import DOMAIN
from .diris_export import GatewayExport

_LAST_FILE, _ROWS, _REJECTED = "export_last_file", "export_rows", "export_rejected"
_SENSORS = (
    SensorEntityDescription(
        key=_LAST_FILE,
        translation_key=_LAST_FILE,
        device_class=SensorDeviceClass.TIMESTAMP,
        entity_category=EntityCategory.DIAGNOSTIC,
    ),
    SensorEntityDescription(
        key=_ROWS,
        translation_key=_ROWS,
        state_class=SensorStateClass.TOTAL_INCREASING,
        entity_category=EntityCategory.DIAGNOSTIC,
    ),
    SensorEntityDescription(
        key=_REJECTED,
        translation_key=_REJECTED,
        state_class=SensorStateClass.MEASUREMENT,
        entity_category=EntityCategory.DIAGNOSTIC,
    ),
)


def export_sensors(export: GatewayExport, gateway: str) -> Iterable[ExportSensor]:
    """Return the sensors of a gateway's files."""
    return [ExportSensor(export, gateway, described) for described in _SENSORS]


@callback
def forget_sensors(hass: HomeAssistant, gateway: str) -> None:
    """Take the sensors away when the files are no longer wanted."""
    registry = er.async_get(hass)
    for described in _SENSORS:
        unique_id = f"{gateway}_{described.key}"
        if found := registry.async_get_entity_id(SENSOR_DOMAIN, DOMAIN, unique_id):
            registry.async_remove(found)


class ExportSensor(SensorEntity):
    """One figure of the files that came."""

    _attr_has_entity_name = True
    _attr_should_poll = False

    def __init__(
        self, export: GatewayExport, gateway: str, described: SensorEntityDescription
    ) -> None:
        """Put it on the gateway's page."""
        self.entity_description = described
        self._export = export
        self._attr_unique_id = f"{gateway}_{described.key}"
        self._attr_device_info = DeviceInfo(identifiers={(DOMAIN, gateway)})

    @override
    async def async_added_to_hass(self) -> None:
        """Follow what comes."""
        self.async_on_remove(self._export.async_listen(self.async_write_ha_state))

    @property
    @override
    def native_value(self) -> StateType | datetime:
        """When the last file came; all rows so far; files that lie in `rejected`."""
        facts = self._export.facts
        if self.entity_description.key == _ROWS:
            return facts.rows
        if self.entity_description.key == _REJECTED:
            return self._export.seen.rejected
        return dt_util.utc_from_timestamp(facts.last_at) if facts.last_at else None
