"""A DIRIS gateway's entry: reads its circuits in rounds, follows what is behind it."""

import asyncio
from collections.abc import Awaitable, Callable, Iterator, Mapping
from collections.abc import Set as AbstractSet
from datetime import timedelta
import logging
from typing import Any, override

from homeassistant.config_entries import ConfigEntry
from homeassistant.core import CALLBACK_TYPE, HomeAssistant, callback
from homeassistant.exceptions import ConfigEntryError, HomeAssistantError
from homeassistant.helpers import device_registry as dr
from homeassistant.helpers.update_coordinator import DataUpdateCoordinator, UpdateFailed

from .const import (
    CONF_ADDRESSES,
    CONF_INTERVAL,
    CONF_MODULES,
    CONF_NAMES,
    CONF_SINGLE_SOURCE,
    DOMAIN,
)
from .coordinator import error_key
from .diris_export import GatewayExport
from .engine.devices.diris import (
    FAMILY,
    Load,
    Mib,
    ModbusPath,
    Module,
    Topology,
    points_of,
)
from .engine.model import DeviceError, Identity, Mark, Point, Unit, WrongDevice
from .links import open_diris
from .trap_listener import GatewayTraps

_LOGGER = logging.getLogger(__name__)

TOPOLOGY_S = 600.0
"""How often modules are asked again who they are and which circuits they have."""
ENERGY_S = 60.0
"""Counters are read this often: each is another request on the modules' slow bus."""
REST_S = 1.0
"""What is left to others on that bus between two rounds."""
_COUNTED = {Unit.WATT_HOUR, Unit.VAR_HOUR, Unit.VOLT_AMPERE_HOUR}

type GatewayEntry = ConfigEntry[GatewayCoordinator]
type Offer = Callable[[Module, Load, Mapping[Point, Mark]], None]
"""Takes a circuit with what can be shown of it for the first time."""
type AlsoRead = Callable[[ModbusPath], Awaitable[None]]
"""Reads something else than circuits; raises `DeviceError` subclasses."""
type Values = dict[Load, dict[Point, float | None]]


def modules_of(stored: list[dict[str, Any]]) -> tuple[Module, ...]:
    """Return modules as an entry keeps them."""
    return tuple(
        Module(
            address=one["address"],
            loads=tuple(Load(one["address"], number) for number in one["loads"]),
            product=one["product"],
            net_id=int(one["net_id"], 16) if one["net_id"] else None,
            firmware=one["firmware"],
            serial=one["serial"],
            table=one["table"],
        )
        for one in stored
    )


def stored(topology: Topology) -> list[dict[str, Any]]:
    """Return what an entry keeps of its modules; numbers that name one are texts."""
    return [
        {
            "address": module.address,
            "loads": [load.number for load in module.loads],
            "product": module.product,
            "net_id": f"{module.net_id:06X}" if module.net_id else None,
            "firmware": module.firmware,
            "serial": module.serial,
            "table": module.table,
        }
        for module in topology.modules
    ]


def addresses_in(text: str) -> tuple[int, ...]:
    """Return the addresses that a text such as "1-12, 20" names; raises ValueError."""
    found: set[int] = set()
    for part in text.replace(" ", "").split(","):
        first, ranges, last = part.partition("-")
        found.update(range(int(first), int(last if ranges else first) + 1))
    if not found or min(found) < 1 or max(found) > 247:  # noqa: PLR2004 - Modbus's own bounds
        raise ValueError(text)
    return tuple(sorted(found))


class GatewayCoordinator(DataUpdateCoordinator[Values]):
    """Reads what enabled entities show of circuits, one round after the other.

    ``data`` holds by circuit what the last rounds brought; what is missing failed. A
    round takes as long as the modules' bus needs: the interval stretches, and two never
    overlap.
    """

    config_entry: GatewayEntry
    identity: Identity

    def __init__(self, hass: HomeAssistant, entry: GatewayEntry) -> None:
        """Open the path to the gateway; nothing is asked yet."""
        self.path = open_diris(hass, entry, modules_of(entry.data[CONF_MODULES]))
        self.interval_s = float(
            entry.options.get(CONF_INTERVAL) or FAMILY.intervals_s[0]
        )
        self.period_s = self.interval_s
        """How often values really come."""
        self.device_id = ""
        self.mib = Mib()
        """What the user's files say."""
        self.traps: GatewayTraps | None = None
        self.export = (
            GatewayExport(hass, entry) if GatewayExport.wanted(entry) else None
        )
        """The files that it exports, if they are wanted."""
        self._names: Mapping[str, str] = entry.options.get(CONF_NAMES, {})
        self._bus = asyncio.Lock()
        self._wanted: dict[Load, dict[Point, int]] = {}
        """What entities show, and how many of them."""
        self._listeners_of: dict[Load, list[Callable[[], None]]] = {}
        self._changed: AbstractSet[Load] = frozenset()
        self._on_new: list[Offer] = []
        self._also: list[AlsoRead] = []
        self._offered: dict[Load, frozenset[Point]] = {}
        """Circuits that have their entities, and what these show."""
        self._energy_at = self._topology_at = float("-inf")
        self._running = False
        super().__init__(
            hass,
            _LOGGER,
            config_entry=entry,
            name=entry.title,
            update_interval=timedelta(seconds=self.interval_s),
        )

    # What its page and its entities are told

    @property
    def online(self) -> bool:
        """Whether the gateway answered in the last round."""
        return self.last_update_success

    @property
    def topology(self) -> Topology:
        """The modules and circuits that are known."""
        return self.path.known

    def name_of(self, load: Load) -> str | None:
        """Return what its owner calls a circuit."""
        return self._names.get(f"{load.module}.{load.number}")

    def shows(self, mark: Mark) -> bool:
        """Whether what is known so surely is shown from the start."""
        sure = mark is not Mark.SINGLE_SOURCE
        return sure or self.config_entry.options.get(CONF_SINGLE_SOURCE, False)

    @callback
    def async_start(self) -> None:
        """Make the gateway's page, and read from now on; the set-up waits for none."""
        entry, identity = self.config_entry, self.identity
        self.device_id = (
            dr.async_get(self.hass)
            .async_get_or_create(
                config_entry_id=entry.entry_id,
                identifiers={(DOMAIN, identity.key)},
                manufacturer=identity.maker,
                model=identity.model,
                name=entry.title,
                serial_number=identity.serial,
                sw_version=identity.firmware,
            )
            .id
        )
        # Rounds go on as long as somebody listens, even if only circuits do.
        entry.async_on_unload(self.async_add_listener(self._tell))

    @callback
    def async_run(self) -> None:
        """Begin with the rounds, now that entities have said what they show."""
        self._running = True
        self.config_entry.async_create_background_task(
            self.hass, self.async_refresh(), f"{DOMAIN} first round"
        )

    @callback
    def async_each(self, tell: Offer) -> CALLBACK_TYPE:
        """Call for each circuit there is, and for each that comes or says more."""
        for module, load, points in self._everything():
            # What other platforms were offered before.
            before = self._offered.get(load, frozenset())
            if known := {key: mark for key, mark in points.items() if key in before}:
                tell(module, load, known)
        self._on_new.append(tell)
        self._offer()
        return lambda: self._on_new.remove(tell)

    @callback
    def async_also(self, read: AlsoRead) -> None:
        """Have something else read in each round, after the circuits."""
        self._also.append(read)

    @callback
    def async_show(
        self, load: Load, point: Point, listener: Callable[[], None]
    ) -> CALLBACK_TYPE:
        """Read a value from now on, and call when its circuit was read or lost."""
        wanted = self._wanted.setdefault(load, {})
        wanted[point] = wanted.get(point, 0) + 1
        listeners = self._listeners_of.setdefault(load, [])
        listeners.append(listener)

        @callback
        def end() -> None:
            wanted[point] -= 1
            if not wanted[point]:
                del wanted[point]
            listeners.remove(listener)

        return end

    @callback
    def module_page(self, module: Module) -> dr.DeviceEntry:
        """Return the page of a module, made or brought up to date."""
        return dr.async_get(self.hass).async_get_or_create(
            config_entry_id=self.config_entry.entry_id,
            identifiers={(DOMAIN, f"{self.identity.key}_{module.address}")},
            manufacturer=self.identity.maker,
            model=module.product,
            name=f"{module.product} {module.address}",
            serial_number=f"{module.net_id:06X}" if module.net_id else module.serial,
            sw_version=module.firmware,
            via_device_id=self.device_id,
        )

    # Rounds

    @override
    async def _async_setup(self) -> None:
        """Make sure that the gateway of the entry answers, and no other."""
        try:
            self.identity = await self.path.identify()
        except WrongDevice as err:
            raise self._wrong_device(err.found) from err
        except DeviceError as err:
            raise UpdateFailed(**self._words(err)) from err
        if self.identity.key != self.config_entry.unique_id:
            raise self._wrong_device(f"{self.identity.maker} {self.identity.model}")

    @override
    async def _async_update_data(self) -> Values:
        if not self._running:
            return {}
        clock = self.hass.loop.time
        async with self._bus:
            started = clock()
            wanted = self._due(started)
            try:
                read = await self.path.read(wanted)
                for also in self._also:
                    await also(self.path)
            except DeviceError as err:
                self._energy_at = float("-inf")
                self._changed = frozenset(self._listeners_of)
                self.data = {}
                raise UpdateFailed(**self._words(err)) from err
            self._pace(clock() - started)
        if started >= self._topology_at:
            self._topology_at = started + TOPOLOGY_S
            self.config_entry.async_create_background_task(
                self.hass, self._look(), f"{DOMAIN} topology"
            )
        return self._merged(wanted, read)

    def _due(self, now: float) -> dict[Load, AbstractSet[Point]]:
        """Return what to ask for in this round."""
        counters = now >= self._energy_at
        if counters:
            # Half a round early rather than a whole one late.
            self._energy_at = now + ENERGY_S - self.interval_s / 2
        return {
            load: {
                point
                for point in points
                if counters or point.quantity.unit not in _COUNTED
            }
            for load, points in self._wanted.items()
            if points
        }

    def _pace(self, took_s: float) -> None:
        """Begin the next round at its time, or when the bus has had its rest."""
        pause_s = max(self.interval_s - took_s, REST_S)
        self.update_interval = timedelta(seconds=pause_s)
        self.period_s = took_s + pause_s

    def _merged(
        self,
        wanted: Mapping[Load, AbstractSet[Point]],
        read: Mapping[Load, Mapping[Point, float | None]],
    ) -> Values:
        """Return all values of now: those of this round, and counters of before."""
        values: Values = {}
        for load, points in wanted.items():
            if not points and self.path.answers(load.module):
                values[load] = (self.data or {}).get(load, {})
            elif load in read:
                kept = {
                    point: value
                    for point, value in (self.data or {}).get(load, {}).items()
                    if point not in points
                }
                values[load] = kept | dict(read[load])
        self._changed = frozenset(wanted)
        return values

    @callback
    def _tell(self) -> None:
        for load in self._changed:
            for listener in tuple(self._listeners_of.get(load, ())):
                listener()

    # What is behind the gateway

    async def _look(self) -> None:
        """Ask the modules for their circuits, between two rounds."""
        async with self._bus:
            try:
                await self.path.topology()
            except DeviceError as err:
                # The next round says so, and the look after it is soon enough.
                _LOGGER.debug("The topology can't be read: %s", err)
                return
            self._take_topology()

    async def async_ask[T](self, ask: Callable[[ModbusPath], Awaitable[T]]) -> T:
        """Ask the gateway something between two rounds; raises `DeviceError`."""
        async with self._bus:
            return await ask(self.path)

    async def async_search(self) -> None:
        """Ask all addresses for modules, and the modules for their circuits.

        Raises `HomeAssistantError` in words for the user.
        """
        async with self._bus:
            try:
                await self.path.look_for(self._addresses())
                await self.path.topology()
            except DeviceError as err:
                raise HomeAssistantError(**self._words(err)) from err
            self._take_topology()

    def _addresses(self) -> tuple[int, ...]:
        entry = self.config_entry
        return addresses_in({**entry.data, **entry.options}[CONF_ADDRESSES])

    @callback
    def _take_topology(self) -> None:
        self._offer()
        self._keep()

    @callback
    def _keep(self) -> None:
        """Remember what was found, so that the next start asks for nothing."""
        data = self.config_entry.data
        found = stored(self.topology)
        if found != data[CONF_MODULES]:
            self.hass.config_entries.async_update_entry(
                self.config_entry, data={**data, CONF_MODULES: found}
            )

    @callback
    def _offer(self) -> None:
        if not self._on_new:
            return
        for module in self.topology.modules:
            self.module_page(module)
        for module, load, points in self._everything():
            before = self._offered.get(load, frozenset())
            new = {key: mark for key, mark in points.items() if key not in before}
            self._offered[load] = before | points.keys()
            for tell in self._on_new if new else ():
                tell(module, load, new)

    def _everything(self) -> Iterator[tuple[Module, Load, Mapping[Point, Mark]]]:
        """Yield what can be read of each circuit, and of the modules themselves."""
        for module in self.topology.modules:
            place = self.path.energies.get(module.product or "")
            for load in (*module.loads, module.itself):
                yield module, load, points_of(module.product, load.number, place)

    @callback
    def async_forget(self, key: str) -> bool:
        """Forget a module or circuit that is gone; returns whether it is."""
        place = key.removeprefix(f"{self.identity.key}_").split("_")
        if key == self.identity.key:
            return False
        address = int(place[0])
        module = self.topology.module(address)
        if len(place) > 1:
            load = Load(address, int(place[1]))
            if module is not None and load in module.loads:
                return False
            self._offered.pop(load, None)
            return True
        if module is not None and self.path.answers(address):
            return False
        self.path.forget(address)
        for load in [one for one in self._offered if one.module == address]:
            del self._offered[load]
        self._keep()
        return True

    # What goes wrong

    def _words(self, err: DeviceError) -> dict[str, Any]:
        return {
            "translation_domain": DOMAIN,
            "translation_key": error_key(err),
            "translation_placeholders": {
                "name": self.config_entry.title,
                "error": str(err),
            },
        }

    def _wrong_device(self, found: str) -> ConfigEntryError:
        words = self._words(WrongDevice(found))
        words["translation_placeholders"]["error"] = found
        return ConfigEntryError(**words)


def remove_device(entry: GatewayEntry, device: dr.AnyDeviceEntry) -> bool:
    """Let a module or circuit be deleted that is no longer there."""
    key = next(key for domain, key in device.identifiers if domain == DOMAIN)
    return entry.runtime_data.async_forget(key)
