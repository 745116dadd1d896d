"""Ten sensors a wallbox in the plainest way, behind the central system of `ocpp`.

`ocpp_peer.add` adds wallboxes; `ocpp_peer.write` lets their sensors write new states
without any wallbox: what Home Assistant itself costs. `wallboxes` of the configuration
are there from the start, with so many `sensors` each; without a `port` nothing listens.
`ocpp_peer.collect` frees what nobody needs, so that memory can be compared.
"""

from asyncio import sleep
from collections import defaultdict
from collections.abc import Sequence
from contextlib import suppress
import ctypes
import gc
import logging
from typing import Any, Protocol

from aiohttp import web
from homeassistant.components.sensor import SensorDeviceClass, SensorEntity
from homeassistant.components.sensor.const import SensorStateClass
from homeassistant.core import Context, HomeAssistant, ServiceCall
from homeassistant.helpers.entity_platform import AddEntitiesCallback
from homeassistant.helpers.typing import ConfigType, DiscoveryInfoType
from homeassistant.util import dt as dt_util
from ocpp.routing import on  # type: ignore[import-untyped]  # the library has no types
from ocpp.v16 import (  # type: ignore[import-untyped]  # same
    ChargePoint,
    call_result,
)

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


class _Connection(Protocol):
    """What the library wants of a connection."""

    async def recv(self) -> str: ...
    async def send(self, message: str) -> None: ...


class _Socket:
    """A WebSocket of aiohttp as the library wants it."""

    def __init__(self, socket: web.WebSocketResponse) -> None:
        self._socket = socket

    async def recv(self) -> str:
        return await self._socket.receive_str()

    async def send(self, message: str) -> None:
        await self._socket.send_str(message)


class Wallbox(ChargePoint):  # type: ignore[misc]  # same
    """Answers a wallbox, and shows its values."""

    def __init__(
        self, identity: str, connection: _Connection, values: dict[str, Value]
    ) -> None:
        """Take a new connection."""
        super().__init__(identity, connection)
        self._values = values

    @on("BootNotification")  # type: ignore[untyped-decorator]  # same
    async def boot(self, **_: Any) -> object:
        """Accept it."""
        now = dt_util.utcnow().isoformat()
        return call_result.BootNotification(
            current_time=now, interval=60, status="Accepted"
        )

    @on("StatusNotification")  # type: ignore[untyped-decorator]  # same
    async def status(self, **_: Any) -> object:
        """Take note."""
        return call_result.StatusNotification()

    @on("StartTransaction")  # type: ignore[untyped-decorator]  # same
    async def start_transaction(self, **_: Any) -> object:
        """Let it charge."""
        return call_result.StartTransaction(
            transaction_id=1, id_tag_info={"status": "Accepted"}
        )

    @on("MeterValues")  # type: ignore[untyped-decorator]  # same
    async def meter_values(self, meter_value: list[dict[str, Any]], **_: Any) -> object:
        """Show all that it brings."""
        context = Context()
        for sample in meter_value:
            for one in sample["sampled_value"]:
                phase = one.get("phase")
                name = f"{one['measurand']} {phase}" if phase else one["measurand"]
                self._values[name].show(float(one["value"]), context)
        return call_result.MeterValues()


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
    """Listen, and offer the two actions."""
    # Otherwise it logs each frame.
    logging.getLogger("ocpp").setLevel(logging.WARNING)
    wallboxes: defaultdict[str, dict[str, Value]] = defaultdict(dict)

    async def serve(request: web.Request) -> web.WebSocketResponse:
        socket = web.WebSocketResponse(protocols=("ocpp1.6",))
        await socket.prepare(request)
        identity = request.match_info["identity"]
        wallbox = Wallbox(identity, _Socket(socket), wallboxes[identity])
        with suppress(TypeError):  # what `receive_str` raises at the end
            await wallbox.start()
        return socket

    async def add(call: ServiceCall) -> None:
        begin = len(wallboxes)
        for index in range(begin, begin + call.data["number"]):
            make(index, _KINDS)

    def make(index: int, kinds: Sequence[Kind]) -> None:
        identity = f"BENCH{index:04}"
        wallboxes[identity] = {kind[0]: Value(identity, kind) for kind in kinds}
        async_add_entities(wallboxes[identity].values())

    async def write(call: ServiceCall) -> None:
        known, pause_s = [*wallboxes.values()], call.data["pause_s"]
        due = hass.loop.time()
        for turn in range(call.data["times"]):
            due += pause_s
            await sleep(due - hass.loop.time())
            context = Context()
            for value in known[turn % len(known)].values():
                value.show(100.5 + turn // len(known), context)

    for index in range(config.get("wallboxes", 0)):
        make(index, _kinds(config["sensors"]))
    hass.services.async_register(DOMAIN, "add", add)
    hass.services.async_register(DOMAIN, "write", write)
    hass.services.async_register(DOMAIN, "collect", _collect)
    if "port" not in config:
        return
    app = web.Application()
    app.router.add_get("/{identity}", serve)
    runner = web.AppRunner(app, access_log=None)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", config["port"]).start()
