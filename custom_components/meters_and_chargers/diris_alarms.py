"""Alarms that modules of a DIRIS gateway keep: read in turn, shown as problems."""

from collections import deque
from collections.abc import Mapping
from typing import Any, override

from homeassistant.components.binary_sensor import BinarySensorEntity
from homeassistant.components.binary_sensor.const import BinarySensorDeviceClass
from homeassistant.const import EntityCategory
from homeassistant.core import CALLBACK_TYPE, callback
from homeassistant.helpers.device_registry import DeviceInfo
from homeassistant.helpers.entity_platform import AddConfigEntryEntitiesCallback

from .const import DOMAIN
from .diris import GatewayCoordinator
from .diris_entities import GatewayEntity
from .engine.devices.diris import (
    Alarm,
    AlarmKind,
    AlarmPlace,
    AlarmTable,
    Key,
    Load,
    ModbusPath,
    Module,
    alarms_of,
)
from .engine.model import Mark

MOST_IN_A_ROUND = 2
"""Of each module: every alarm is a request of its own on the modules' slow bus."""


class AlarmRounds:
    """The alarms that enabled entities show, a few of each module in a round."""

    def __init__(self) -> None:
        """Begin with none."""
        self._turns: dict[int, deque[AlarmPlace]] = {}
        self._read: dict[tuple[int, AlarmPlace], Alarm | None] = {}

    @callback
    def async_show(self, address: int, table: AlarmTable) -> CALLBACK_TYPE:
        """Read the alarms of a kind from now on."""
        turn = self._turns.setdefault(address, deque())
        places = [(table.kind, number) for number in range(1, table.count + 1)]
        turn.extend(places)

        @callback
        def end() -> None:
            for place in places:
                turn.remove(place)

        return end

    async def read(self, path: ModbusPath) -> None:
        """Read those whose turn it is; what can't be read is known no more."""
        wanted: dict[int, list[AlarmPlace]] = {}
        for address, turn in self._turns.items():
            wanted[address] = [*turn][:MOST_IN_A_ROUND]
            turn.rotate(-MOST_IN_A_ROUND)
        read = await path.read_alarms(wanted)
        for address, places in wanted.items():
            found = read.get(address, {})
            for place in places:
                if place in found:
                    self._read[address, place] = found[place]
                else:
                    self._read.pop((address, place), None)

    def active(self, address: int, table: AlarmTable) -> tuple[Alarm, ...] | None:
        """Return which alarms of a kind are active; None while any isn't known."""
        keys = [(address, (table.kind, number)) for number in range(1, table.count + 1)]
        if not all(key in self._read for key in keys):
            return None
        return tuple(alarm for key in keys if (alarm := self._read[key]) is not None)


@callback
def add_alarms(
    coordinator: GatewayCoordinator, add: AddConfigEntryEntitiesCallback
) -> None:
    """Make an entity for each kind of alarms of each module, as they are found."""
    known: set[tuple[int, AlarmKind]] = set()
    rounds = AlarmRounds()
    coordinator.async_also(rounds.read)

    @callback
    def made(module: Module, _load: Load, _keys: Mapping[Key, Mark]) -> None:
        new = {
            (module.address, kind): table
            for kind, table in alarms_of(module.product).items()
            if (module.address, kind) not in known
        }
        known.update(new)
        add(AlarmSensor(coordinator, rounds, module, table) for table in new.values())

    coordinator.config_entry.async_on_unload(coordinator.async_each(made))


class AlarmSensor(GatewayEntity, BinarySensorEntity):
    """Whether any alarm of a kind is active in a module."""

    _attr_device_class = BinarySensorDeviceClass.PROBLEM
    _attr_entity_category = EntityCategory.DIAGNOSTIC

    def __init__(
        self,
        coordinator: GatewayCoordinator,
        rounds: AlarmRounds,
        module: Module,
        table: AlarmTable,
    ) -> None:
        """Belong to a module; what its owner must set up first is off."""
        self._rounds = rounds
        self._address, self._table = module.address, table
        self._key = f"{module.address}_alarm_{table.kind}"
        super().__init__(coordinator)
        self._attr_translation_key = f"alarm_{table.kind}"
        self._attr_device_info = DeviceInfo(
            identifiers={(DOMAIN, f"{coordinator.key}_{module.address}")}
        )
        self._attr_entity_registry_enabled_default = table.kind is AlarmKind.SYSTEM

    @override
    async def async_added_to_hass(self) -> None:
        """Have them read from the next round on."""
        await super().async_added_to_hass()
        self.async_on_remove(self._rounds.async_show(self._address, self._table))

    @property
    def _active(self) -> tuple[Alarm, ...] | None:
        return self._rounds.active(self._address, self._table)

    @property
    @override
    def available(self) -> bool:
        """Only when all of them could be read."""
        return super().available and self._active is not None

    @property
    @override
    def is_on(self) -> bool:
        """Whether any is active, whoever has acknowledged it."""
        return bool(self._active)

    @property
    @override
    def extra_state_attributes(self) -> dict[str, Any]:
        """Which are active, why, and how bad the worst is, in the module's words."""
        active = self._active or ()
        said = [one.criticality for one in active if one.criticality is not None]
        return {
            "alarms": [one.number for one in active],
            "causes": sorted({one.cause for one in active if one.cause is not None}),
            "criticality": max(said).name.lower() if said else None,
        }

    @override
    def _shown(self) -> object:
        return self.available, self._active
