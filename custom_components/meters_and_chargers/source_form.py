"""The fields of a form that name a meter: one of ours, or any sensors."""

from collections.abc import Mapping
from typing import Any

from homeassistant.components.sensor import SensorDeviceClass
from homeassistant.const import Platform
from homeassistant.core import HomeAssistant
from homeassistant.data_entry_flow import section
from homeassistant.helpers.selector import (
    EntitySelector,
    EntitySelectorConfig,
    SelectOptionDict,
    SelectSelector,
    SelectSelectorConfig,
    SelectSelectorMode,
)
import voluptuous as vol

from . import registry
from .const import (
    CONF_GRID_CURRENTS,
    CONF_GRID_EXPORT,
    CONF_GRID_IMPORT,
    CONF_GRID_METER,
    CONF_GRID_POWER,
    CONF_GRID_POWERS,
)
from .coordinator import DeviceCoordinator
from .engine.model import PHASES, Point, Quantity

SENSORS = "sensors"
"""The section with what only some have."""
_TOGETHER = (CONF_GRID_IMPORT, CONF_GRID_EXPORT, CONF_GRID_POWERS, CONF_GRID_CURRENTS)
SOURCES = (CONF_GRID_METER, CONF_GRID_POWER, *_TOGETHER)


def sensors(
    device_class: SensorDeviceClass, *, several: bool = False
) -> EntitySelector:
    """Return a field for one sensor, or for several in an order."""
    return EntitySelector(
        EntitySelectorConfig(
            domain=Platform.SENSOR,
            device_class=device_class,
            multiple=several,
            reorder=several,
        )
    )


POWER_SENSOR = sensors(SensorDeviceClass.POWER)


def clearable(options: list[SelectOptionDict]) -> SelectSelector:
    """Return a field for one of some, or none: a list could not be left again."""
    return SelectSelector(
        SelectSelectorConfig(options=options, mode=SelectSelectorMode.DROPDOWN)
    )


def meter_options(hass: HomeAssistant) -> list[SelectOptionDict]:
    """Return our meters to choose from."""
    return [
        SelectOptionDict(value=meter.key, label=meter.title)
        for meter in registry.present(hass)
        if isinstance(meter, DeviceCoordinator)
        and meter.charger is None
        and any(Point(Quantity.POWER) in group.points for group in meter.device.groups)
    ]


def folded(fields: dict[vol.Marker, object], filled: Mapping[str, Any]) -> section:
    """Return a section that is open when something in it is filled in already."""
    used = any(filled.get(str(name)) for name in fields)
    return section(vol.Schema(fields), {"collapsed": not used})


def source_fields(
    meters: list[SelectOptionDict], filled: Mapping[str, Any]
) -> dict[vol.Marker, object]:
    """Return the fields of a form; of them one kind of source is to be filled in."""
    rest: dict[vol.Marker, object] = {
        vol.Optional(CONF_GRID_IMPORT): POWER_SENSOR,
        vol.Optional(CONF_GRID_EXPORT): POWER_SENSOR,
        vol.Optional(CONF_GRID_POWERS): sensors(SensorDeviceClass.POWER, several=True),
        vol.Optional(CONF_GRID_CURRENTS): sensors(
            SensorDeviceClass.CURRENT, several=True
        ),
    }
    return {
        vol.Optional(CONF_GRID_METER): clearable(meters),
        vol.Optional(CONF_GRID_POWER): POWER_SENSOR,
        vol.Optional(SENSORS): folded(rest, filled),
    }


def flat(user_input: Mapping[str, Any], *sections: str) -> dict[str, Any]:
    """Return what was typed without its sections, and without empty lists."""
    typed = {key: one for key, one in user_input.items() if key not in sections}
    for name in sections:
        typed |= user_input.get(name, {})
    return {key: value for key, value in typed.items() if value != []}


def nested(data: Mapping[str, Any], sections: Mapping[str, tuple[str, ...]]) -> Any:
    """Return data with the sections in which a form shows them."""
    return {
        **data,
        **{
            name: {key: data[key] for key in keys if key in data}
            for name, keys in sections.items()
        },
    }


IN_SENSORS: Mapping[str, tuple[str, ...]] = {SENSORS: _TOGETHER}


def source_problem(typed: Mapping[str, Any], *, needed: bool = True) -> str | None:
    """Return the key of what is wrong with the sources that were filled in."""
    for name in (CONF_GRID_POWERS, CONF_GRID_CURRENTS):
        if name in typed and len(typed[name]) != len(PHASES):
            return "three_sensors"
    if (CONF_GRID_IMPORT in typed) != (CONF_GRID_EXPORT in typed):
        return "import_and_export"
    kinds = {
        CONF_GRID_METER: "meter",
        CONF_GRID_POWER: "power",
        CONF_GRID_IMPORT: "pair",
        CONF_GRID_POWERS: "powers",
        CONF_GRID_CURRENTS: "currents",
    }
    chosen = {kind for name, kind in kinds.items() if name in typed}
    if chosen == {"currents", "power"}:
        return None
    if len(chosen) == 1 or (not chosen and not needed):
        return None
    return "one_grid_source"


def source_of(typed: Mapping[str, Any]) -> dict[str, Any]:
    """Return the sources among what was typed."""
    return {key: typed[key] for key in SOURCES if key in typed}


def name_of(typed: Mapping[str, Any]) -> str:
    """Return what tells a source from any other."""
    first = next(iter(source_of(typed).values()))
    return str(first[0] if isinstance(first, list) else first)
