"""The entity part of `diris_sweep`: a full gateway in a real Home Assistant.

Its core, registries and platforms run in this process, with 192 circuits of 13 sensors
of this integration and 240 sensors of Home Assistant's own `snmp`, read in turn. Every
value has changed before each reading, so that both sides write every state.
"""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable, Mapping
from contextlib import asynccontextmanager
import gc
from itertools import groupby, islice
from pathlib import Path
import socket
from statistics import median
import tempfile
import time
from types import MappingProxyType
from unittest.mock import PropertyMock, patch

from homeassistant import loader
from homeassistant.auth import auth_manager_from_config
from homeassistant.bootstrap import async_load_base_functionality
from homeassistant.components.sensor import DOMAIN as SENSOR
from homeassistant.components.snmp.sensor import SnmpSensor
from homeassistant.config_entries import ConfigEntries, ConfigEntry, ConfigEntryState
from homeassistant.core import CoreState, HomeAssistant
from homeassistant.helpers.entity import Entity
from homeassistant.helpers.entity_component import DATA_INSTANCES
from homeassistant.setup import async_setup_component

from custom_components.meters_and_chargers import diris, diris_snmp
from custom_components.meters_and_chargers.diris_entities import CircuitSensor
from custom_components.meters_and_chargers.diris_store import stored
from custom_components.meters_and_chargers.engine.devices.diris import (
    Gateway,
    Load,
    Module,
    SnmpPath,
    Topology,
)
from simulators.diris_table import oid, value
from simulators.hass import DOMAIN, HassError
from simulators.snmp_agent import COMMUNITY_V2C, HOST, SnmpAgent

from .server import Json

_PEERS = 240
_NEVER_S = 86_400
_STEP = 100_000
"""A change that turns up in every unit."""

type Sensors = list[Json]


async def longest_stall_s(ask: Callable[[], Awaitable[object]]) -> float:
    """Return how long the event loop was held at most, in its own processor time.

    Other programs on the machine don't count; all the time it looks whether its turn
    comes.
    """
    gc.collect()  # what the peer has left is not held against what follows
    longest = 0.0
    asking = asyncio.ensure_future(ask())
    while not asking.done():
        begun = time.thread_time()
        await asyncio.sleep(0)
        longest = max(longest, time.thread_time() - begun)
    await asking
    return longest


@asynccontextmanager
async def running(
    folder: Path, path: SnmpPath, sensors: Iterable[Json] = ()
) -> AsyncIterator[HomeAssistant]:
    """Run with the entries of before, each gateway read by this path."""
    hass = HomeAssistant(str(folder))
    hass.config.skip_pip = True
    loader.async_setup(hass)
    hass.config_entries = ConfigEntries(hass, {})
    web = {"server_host": HOST, "server_port": _free_port()}

    async def opened(*_: object) -> Gateway:
        return Gateway(None, path)

    with patch.object(diris_snmp, "open_gateway", opened):
        try:
            await async_load_base_functionality(hass)
            hass.auth = await auth_manager_from_config(hass, [], [])
            if not (
                await async_setup_component(hass, "http", {"http": web})
                and await async_setup_component(hass, SENSOR, {SENSOR: [*sensors]})
                and await async_setup_component(hass, DOMAIN, {})
            ):
                raise HassError("Home Assistant did not start")
            hass.set_state(CoreState.running)
            yield hass
        finally:
            await hass.async_stop(force=True)


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind((HOST, 0))
        port: int = probe.getsockname()[1]
        return port


def _entry(unique_id: str, known: Topology) -> ConfigEntry[diris.GatewayCoordinator]:
    """Return what the flow would have added."""
    return ConfigEntry(
        version=1,
        minor_version=1,
        domain=DOMAIN,
        title="Gateway",
        source="user",
        unique_id=unique_id,
        data={
            "family": "diris",
            "host": HOST,
            "port": 502,
            "unit_id": 1,
            "addresses": "1-247",
            "modules": stored(known),
        },
        options={},
        discovery_keys=MappingProxyType({}),
        subentries_data=(),
    )


def topology(agent: SnmpAgent) -> Topology:
    """Return the modules of the simulated gateway."""
    every = groupby(sorted(agent.loads), lambda load: load[0])
    return Topology(
        tuple(
            Module(
                address=address,
                loads=tuple(Load(*one) for one in loads),
                product="Digiware",
            )
            for address, loads in every
        )
    )


def _entities(hass: HomeAssistant, kind: type[Entity]) -> list[Entity]:
    every = hass.data[DATA_INSTANCES][SENSOR].entities
    return [entity for entity in every if isinstance(entity, kind)]


async def _settled(hass: HomeAssistant) -> None:
    await hass.async_block_till_done(wait_background_tasks=True)


async def set_up_s(folder: Path, path: SnmpPath, known: Topology) -> float:
    """Add the gateway's entry, all sensors enabled; until they are there, s."""
    identity = await path.identify()
    enabled = PropertyMock(return_value=True)
    async with running(folder, path) as hass:
        entry = _entry(identity.key, known)
        with patch.object(Entity, "entity_registry_enabled_default", enabled):
            begun = time.perf_counter()
            await hass.config_entries.async_add(entry)
            took = time.perf_counter() - begun
        if entry.state is not ConfigEntryState.LOADED:
            raise HassError(f"the gateway's entry is {entry.state}")
        expected = len(known.loads) * len(path.points)
        if len(found := _entities(hass, CircuitSensor)) != expected:
            raise HassError(f"{len(found)} sensors instead of {expected}")
        await _settled(hass)
    return took


async def start_s(folder: Path, path: SnmpPath) -> float:
    """Start with the entries of a folder; s."""
    begun = time.perf_counter()
    async with running(folder, path) as hass:
        took = time.perf_counter() - begun
        await _settled(hass)
    return took


async def starts(folder: Path, path: SnmpPath, times: int) -> Json:
    """Return what the gateway's sensors add to a start."""
    with tempfile.TemporaryDirectory(prefix=DOMAIN) as empty:
        each = [
            (await start_s(folder, path), await start_s(Path(empty), path))
            for _ in range(times)
        ]
    with_it, without = (median(found) for found in zip(*each, strict=True))
    return {
        "start_with_s": round(with_it, 2),
        "start_without_s": round(without, 2),
        "added_to_start_s": round(with_it - without, 2),
    }


def _places(agent: SnmpAgent, path: SnmpPath) -> list[tuple[int, int, int]]:
    """Return service id, module and number of every value that is read."""
    return [(service, *load) for load in agent.loads for service in path.columns]


def _snmp_sensors(agent: SnmpAgent, path: SnmpPath) -> Sensors:
    """Describe some of the values to `snmp`; it asks when it is told to."""
    return [
        {
            "platform": "snmp",
            "name": f"Peer {place}",
            "host": HOST,
            "port": agent.port,
            "community": COMMUNITY_V2C,
            "version": "2c",
            "baseoid": oid(*place),
            "scan_interval": _NEVER_S,
        }
        for place in islice(_places(agent, path), _PEERS)
    ]


async def writes(folder: Path, path: SnmpPath, agent: SnmpAgent, rounds: int) -> Json:
    """Let both read and write their states in turn; processor time per value, us."""
    used: dict[str, list[float]] = {"ours": [], "peer": []}
    places = _places(agent, path)
    async with running(folder, path, _snmp_sensors(agent, path)) as hass:
        await _settled(hass)
        (entry,) = hass.config_entries.async_entries(DOMAIN)
        ours, peers = (_entities(hass, kind) for kind in (CircuitSensor, SnmpSensor))

        async def ask_peers() -> None:
            for peer in peers:
                await peer.async_update_ha_state(force_refresh=True)

        async def refresh() -> None:
            await entry.runtime_data.async_refresh()
            await hass.async_block_till_done(wait_background_tasks=True)

        def change(number: int) -> None:
            step = number * _STEP
            agent.change(values={oid(*one): value(*one) + step for one in places})

        for number in range(rounds):
            change(number + 1)
            sides: Mapping[str, tuple[list[Entity], Callable[[], Awaitable[None]]]] = {
                "ours": (ours, refresh),
                "peer": (peers, ask_peers),
            }
            for side, (entities, ask) in sides.items():
                before = {one.entity_id: _shown(hass, one) for one in entities}
                begun = time.process_time()
                await ask()
                used[side].append((time.process_time() - begun) / len(entities))
                same = [
                    one
                    for one in entities
                    if _shown(hass, one) == before[one.entity_id]
                ]
                if same:
                    raise HassError(f"{len(same)} of {side} did not change")
        change(rounds + 1)
        stall = await longest_stall_s(refresh)
    cpu = {side: 1e6 * median(found) for side, found in used.items()}
    return {
        "sensors": len(ours),
        "peer_sensors": len(peers),
        "ours_us_per_value": round(cpu["ours"], 1),
        "peer_us_per_value": round(cpu["peer"], 1),
        "longest_stall_ms": round(1000 * stall, 2),
        "cpu_ratio_entities": round(cpu["peer"] / cpu["ours"], 1),
    }


def _shown(hass: HomeAssistant, entity: Entity) -> str:
    state = hass.states.get(entity.entity_id)
    return "" if state is None else state.state


async def measure(path: SnmpPath, agent: SnmpAgent, rounds: int) -> Json:
    """Measure all of it, in a folder of its own."""
    with tempfile.TemporaryDirectory(prefix=DOMAIN) as config:
        folder = Path(config)
        took = await set_up_s(folder, path, topology(agent))
        found = await starts(folder, path, rounds)
        found |= await writes(folder, path, agent, rounds)
    return {"set_up_s": round(took, 2), **found}
