"""A DIRIS gateway's entry: reads its circuits in rounds, follows what is behind it."""

import asyncio
from collections.abc import Awaitable, Callable, Iterator, Mapping
from collections.abc import Set as AbstractSet
from datetime import timedelta
import logging
from typing import override

from homeassistant.config_entries import ConfigEntry
from homeassistant.core import CALLBACK_TYPE, HomeAssistant, callback
from homeassistant.exceptions import HomeAssistantError
from homeassistant.helpers import device_registry as dr
from homeassistant.helpers.update_coordinator import DataUpdateCoordinator

from .const import (
    CONF_ADDRESSES,
    CONF_INTERVAL,
    CONF_NAMES,
    CONF_SINGLE_SOURCE,
    DOMAIN,
)
from .diris_export import GatewayExport
from .diris_failures import Failures
from .diris_pages import gateway_page, module_page
from .diris_snmp import ColumnWatch, remove_columns, warn
from .diris_store import addresses_in, stored_paths
from .engine.devices.diris import (
    FAMILY,
    Gateway,
    Key,
    Load,
    Mib,
    ModbusPath,
    Module,
    Topology,
    is_counted,
)
from .engine.model import (
    DeviceError,
    Identity,
    Mark,
    Unreachable,
    WrongDevice,
)
from .links import budget_of
from .trap_listener import GatewayTraps

_LOGGER = logging.getLogger(__name__)

TOPOLOGY_S = 600.0
"""How often modules are asked again who they are and which circuits they have."""
ENERGY_S = 60.0
"""Counters are read this often: each is another request on the modules' slow bus."""
REST_S = 1.0
"""What is left to others on that bus between two rounds."""
_TURN_S = 0.003
"""So long circuits write what they show before others have their turn."""

type GatewayEntry = ConfigEntry[GatewayCoordinator]
type Offer = Callable[[Module, Load, Mapping[Key, Mark]], None]
"""Takes a circuit with what can be shown of it for the first time."""
type AlsoRead = Callable[[ModbusPath], Awaitable[None]]
"""Reads something else than circuits; raises `DeviceError` subclasses."""
type Values = dict[Load, dict[Key, float | None]]


class GatewayCoordinator(DataUpdateCoordinator[Values]):
    """Reads what enabled entities show of circuits, one round after the other.

    ``data`` holds by circuit what the last rounds brought; what is missing failed. A
    round takes as long as the modules' bus needs: the interval stretches, and two never
    overlap.
    """

    config_entry: GatewayEntry
    identity: Identity

    def __init__(self, hass: HomeAssistant, entry: GatewayEntry, path: Gateway) -> None:
        """Take the open paths to the gateway; nothing is asked yet."""
        self.path = path
        self.budget = budget_of(hass, entry.data)
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
        self._wanted: dict[Load, dict[Key, int]] = {}
        """What entities show, and how many of them."""
        self._listeners_of: dict[Load, list[Callable[[], None]]] = {}
        self._changed: AbstractSet[Load] = frozenset()
        self._untold: dict[Load, None] = {}
        """What still is to write what has changed."""
        self._on_new: list[Offer] = []
        self._also: list[AlsoRead] = []
        self._offered: dict[Load, frozenset[Key]] = {}
        """Circuits that have their entities, and what these show."""
        self._energy_at = self._topology_at = float("-inf")
        self._running = False
        self.failures = Failures(self)
        super().__init__(
            hass,
            _LOGGER,
            config_entry=entry,
            name=entry.title,
            # One that only sends files is never asked.
            update_interval=timedelta(seconds=self.interval_s)
            if path.is_read
            else None,
        )
        self._columns = ColumnWatch(self)

    # What its page and its entities are told

    @property
    def key(self) -> str:
        """What identifies the gateway, by whatever path it is read."""
        entry = self.config_entry
        return entry.unique_id or f"{FAMILY.key}_{entry.entry_id}"

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
        entry = self.config_entry
        self.device_id = gateway_page(self).id
        remove_columns(self.hass, entry, self.path.named)
        warn(self)
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
        for module, load, keys in self._everything():
            # What other platforms were offered before.
            before = self._offered.get(load, frozenset())
            if known := {key: mark for key, mark in keys.items() if key in before}:
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
        self, load: Load, key: Key, listener: Callable[[], None]
    ) -> CALLBACK_TYPE:
        """Read a value from now on, and call when its circuit was read or lost."""
        wanted = self._wanted.setdefault(load, {})
        wanted[key] = wanted.get(key, 0) + 1
        listeners = self._listeners_of.setdefault(load, [])
        listeners.append(listener)

        @callback
        def end() -> None:
            wanted[key] -= 1
            if not wanted[key]:
                del wanted[key]
            listeners.remove(listener)

        return end

    @callback
    def module_page(self, module: Module) -> dr.DeviceEntry:
        """Return the page of a module, made or brought up to date."""
        return module_page(self, module)

    # Rounds

    @override
    async def _async_setup(self) -> None:
        """Make sure that the gateway of the entry answers, and no other."""
        try:
            self.identity = await self.path.identify()
        except WrongDevice as err:
            raise self.failures.wrong_device(err.found) from err
        except DeviceError as err:
            self.failures.look(at_start=True)
            raise self.failures.failed(err) from err

    @override
    async def _async_update_data(self) -> Values:
        if not self._running or not self.path.is_read:
            return {}
        clock = self.hass.loop.time
        async with self._bus:
            started = clock()
            wanted = self._due(started)
            try:
                read = await self.path.read(wanted)
                await self.path.also(self._also)
            except DeviceError as err:
                self._energy_at = float("-inf")
                self._changed = frozenset(self._listeners_of)
                self.data = {}
                self.failures.look()
                raise self.failures.failed(err) from err
            self._pace(clock() - started)
        self.failures.look()
        if started >= self._topology_at:
            self._topology_at = started + TOPOLOGY_S
            self.config_entry.async_create_background_task(
                self.hass, self._look(), f"{DOMAIN} topology"
            )
        return self._merged(wanted, read)

    def _due(self, now: float) -> dict[Load, AbstractSet[Key]]:
        """Return what to ask for in this round."""
        counters = now >= self._energy_at
        if counters:
            # Half a round early rather than a whole one late.
            self._energy_at = now + ENERGY_S - self.interval_s / 2
        return {
            load: {key for key in keys if counters or not is_counted(key)}
            for load, keys in self._wanted.items()
            if keys
        }

    def _pace(self, took_s: float) -> None:
        """Begin the next round at its time, or when the bus has had its rest."""
        pause_s = max(self.interval_s - took_s, REST_S)
        self.update_interval = timedelta(seconds=pause_s)
        self.period_s = took_s + pause_s

    def _merged(
        self,
        wanted: Mapping[Load, AbstractSet[Key]],
        read: Mapping[Load, Mapping[Key, float | None]],
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
        """Have circuits write what they show; thousands would hold all others up."""
        busy = bool(self._untold)
        self._untold |= dict.fromkeys(self._changed)
        if busy:
            return
        self._tell_some()
        if self._untold:
            self.config_entry.async_create_background_task(
                self.hass, self._tell_rest(), f"{DOMAIN} states"
            )

    async def _tell_rest(self) -> None:
        while self._untold:
            await asyncio.sleep(0)
            self._tell_some()

    def _tell_some(self) -> None:
        ends = self.hass.loop.time() + _TURN_S
        while self._untold:
            load, _ = self._untold.popitem()
            for listener in tuple(self._listeners_of.get(load, ())):
                listener()
            if self.hass.loop.time() >= ends:
                return

    # What is behind the gateway

    async def _look(self) -> None:
        """Ask the modules for their circuits, between two rounds."""
        async with self._bus:
            try:
                await self.path.topology()
                self._take_topology()
                await self._columns.look()
            except DeviceError as err:
                # The next round says so, and the look after it is soon enough.
                _LOGGER.debug("The topology can't be read: %s", err)
                return
            self._offer()

    async def async_ask[T](self, ask: Callable[[ModbusPath], Awaitable[T]]) -> T:
        """Ask it something by Modbus between two rounds; raises `DeviceError`."""
        if self.path.modbus is None:
            raise Unreachable("it is not read by Modbus")
        async with self._bus:
            return await ask(self.path.modbus)

    async def async_search(self) -> None:
        """Ask all addresses for modules, and the modules for their circuits.

        Raises `HomeAssistantError` in words for the user.
        """
        async with self._bus:
            try:
                data = {**self.config_entry.data, **self.config_entry.options}
                await self.path.look_for(addresses_in(data[CONF_ADDRESSES]))
                await self.path.topology()
            except DeviceError as err:
                raise HomeAssistantError(**self.failures.words(err)) from err
            self._take_topology()

    @callback
    def _take_topology(self) -> None:
        self._offer()
        self._keep()

    @callback
    def _keep(self) -> None:
        """Remember what was found, so that the next start asks for nothing."""
        data = self.config_entry.data
        found = {**data, **stored_paths(self.path)}
        if found != data:
            self.hass.config_entries.async_update_entry(self.config_entry, data=found)

    @callback
    def _offer(self) -> None:
        if not self._on_new:
            return
        for module in self.topology.modules:
            self.module_page(module)
        for module, load, keys in self._everything():
            before = self._offered.get(load, frozenset())
            new = {key: mark for key, mark in keys.items() if key not in before}
            self._offered[load] = before | keys.keys()
            for tell in self._on_new if new else ():
                tell(module, load, new)

    def _everything(self) -> Iterator[tuple[Module, Load, Mapping[Key, Mark]]]:
        """Yield what can be read of each circuit, and of the modules themselves."""
        for module in self.topology.modules:
            for load in (*module.loads, module.itself):
                yield module, load, self.path.offered(load)

    @callback
    def async_forget(self, key: str) -> bool:
        """Forget a module or circuit that is gone; returns whether it is."""
        place = key.removeprefix(f"{self.key}_").split("_")
        if key == self.key:
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
