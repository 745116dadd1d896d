"""Sensors in the plainest way, as many as wallboxes would have, without any.

`wallboxes` of the configuration have so many `sensors` each; `ocpp_peer.write` lets
them write new states: what Home Assistant itself costs. `ocpp_peer.collect` frees what
nobody needs, so that memory can be compared.
"""

from asyncio import sleep
from collections.abc import Sequence
import ctypes
import gc
from itertools import count

from homeassistant.components.sensor import SensorDeviceClass, SensorEntity
from homeassistant.components.sensor.const import SensorStateClass
from homeassistant.core import Context, HomeAssistant, ServiceCall
from homeassistant.helpers.entity_platform import AddEntitiesCallback
from homeassistant.helpers.typing import ConfigType, DiscoveryInfoType

DOMAIN = "ocpp_peer"
type Kind = tuple[str, SensorDeviceClass, str | None, int]
_KINDS: tuple[Kind, ...] = (
    ("Power.Active.Import", SensorDeviceClass.POWER, "W", 0),
    ("Energy.Active.Import.Register", SensorDeviceClass.ENERGY, "Wh", 2),
    ("Current.Import L1", SensorDeviceClass.CURRENT, "A", 2),
    ("Current.Import L2", SensorDeviceClass.CURRENT, "A", 2),
    ("Current.Import L3", SensorDeviceClass.CURRENT, "A", 2),
    ("Voltage L1-N", SensorDeviceClass.VOLTAGE, "V", 1),
    ("Voltage L2-N", SensorDeviceClass.VOLTAGE, "V", 1),
    ("Voltage L3-N", SensorDeviceClass.VOLTAGE, "V", 1),
    ("Power.Factor", SensorDeviceClass.POWER_FACTOR, None, 2),
    ("Frequency", SensorDeviceClass.FREQUENCY, "Hz", 2),
)


class Value(SensorEntity):
    """One value."""

    _attr_should_poll = False

    def __init__(self, identity: str, kind: Kind) -> None:
        """Describe it."""
        name, device_class, unit, digits = kind
        self._attr_unique_id = f"{identity} {name}"
        self._attr_name = self._attr_unique_id
        self._attr_device_class = device_class
        self._attr_native_unit_of_measurement = unit
        self._attr_suggested_display_precision = digits
        self._attr_state_class = SensorStateClass.MEASUREMENT
        if device_class is SensorDeviceClass.ENERGY:
            self._attr_state_class = SensorStateClass.TOTAL_INCREASING
            self._attr_suggested_unit_of_measurement = "kWh"

    def show(self, value: float, context: Context) -> None:
        """Write a state."""
        self._attr_native_value = value
        self.async_set_context(context)
        self.async_write_ha_state()


def _kinds(number: int) -> Sequence[Kind]:
    """Return so many values, of the same few kinds again and again."""
    return [
        (f"{_KINDS[index % len(_KINDS)][0]} {index}", *_KINDS[index % len(_KINDS)][1:])
        for index in range(number)
    ]


async def _collect(_: ServiceCall) -> None:
    """Free what nobody needs, down to the kernel."""
    gc.collect()
    ctypes.CDLL(None).malloc_trim(0)


async def async_setup_platform(
    hass: HomeAssistant,
    config: ConfigType,
    async_add_entities: AddEntitiesCallback,
    _discovery: DiscoveryInfoType | None = None,
) -> None:
    """Make the sensors, and offer the two actions."""
    wallboxes: list[list[Value]] = []
    turns = count()

    async def write(call: ServiceCall) -> None:
        pause_s = call.data.get("pause_s", 0)
        due = hass.loop.time()
        for _ in range(call.data["times"]):
            due += pause_s
            await sleep(due - hass.loop.time())
            turn, context = next(turns), Context()
            for value in wallboxes[turn % len(wallboxes)]:
                value.show(100.5 + turn // len(wallboxes), context)

    for index in range(config.get("wallboxes", 0)):
        kinds = _kinds(config["sensors"])
        wallboxes.append([Value(f"BENCH{index:04}", kind) for kind in kinds])
        async_add_entities(wallboxes[-1])
    hass.services.async_register(DOMAIN, "write", write)
    hass.services.async_register(DOMAIN, "collect", _collect)
