"""What it costs to read a DIRIS gateway by SNMP, beside Home Assistant's own `snmp`.

net-snmp's agent, a process of its own, serves 32 modules with 192 circuits and 60
columns. This integration's path reads all 11,520 values in their units; the sensors of
Home Assistant's `snmp` get a part of them, each by a request of its own as always, in
turn and in the same process. Only processor time of this process counts: the sending,
receiving and decoding. The entities of 192 circuits come after that (`diris_home`).
"""

import argparse
import asyncio
from collections.abc import Awaitable, Callable, Iterator, Mapping
from contextlib import contextmanager
from itertools import islice, product
import json
from statistics import median
import sys
import time
from typing import Protocol

from homeassistant.components.snmp.sensor import SnmpData
from homeassistant.components.snmp.util import _get_snmp_engine
from pysnmp.hlapi.v3arch.asyncio import (
    CommunityData,
    ContextData,
    ObjectIdentity,
    ObjectType,
    UdpTransportTarget,
    UsmUserData,
    usmAesCfb128Protocol,
    usmHMACSHAAuthProtocol,
)

from custom_components.meters_and_chargers.engine.devices.diris.columns import Column
from custom_components.meters_and_chargers.engine.devices.diris.snmp import SnmpPath
from custom_components.meters_and_chargers.engine.devices.diris.tree import Load
from custom_components.meters_and_chargers.engine.model import (
    Phase,
    Point,
    Quantity,
    Readings,
)
from custom_components.meters_and_chargers.engine.protocols.budget import Budget
from custom_components.meters_and_chargers.engine.protocols.snmp import (
    Community,
    Credentials,
    SnmpSession,
    User,
)
from simulators.diris_table import oid, value
from simulators.snmp_agent import (
    COLUMNS,
    COMMUNITY_V2C,
    HOST,
    PASSWORD,
    SnmpAgent,
)

from . import diris_home
from .diris_home import longest_stall_s
from .server import Json, say

GOALS = {
    "cpu_ratio_v2c": 100.0,
    "cpu_ratio_v3": 100.0,
    "cpu_ratio_entities": 20.0,
    "longest_stall_ms": 10.0,
    "growth_per_circuit": 1.25,
    "set_up_s": 5.0,
    "added_to_start_s": 3.0,
}
"""Ratios at least, the others at most; seconds for 2,496 sensors."""
_SCALE = 0.0001
_MOST = 1000.0
"""More than any value of the table in its unit."""
_PEER_VALUES = 240
_COLUMNS_OF_A_HOUSE = 13
_FEW, _MANY = 12, 192
_READS = 2304
"""Circuits that are read for one figure of what a circuit costs."""

type Wanted = dict[Load, frozenset[Point]]


def columns() -> dict[int, Column]:
    """Give each column a point of its own, and a unit."""
    wide = (
        one for one in Quantity if one.plausible[0] <= 0 and one.plausible[1] > _MOST
    )
    points = islice(product(wide, Phase), len(COLUMNS))
    return {
        service: Column(service=service, quantity=quantity, phase=phase, scale=_SCALE)
        for service, (quantity, phase) in zip(COLUMNS, points, strict=True)
    }


def wanted(agent: SnmpAgent, circuits: int, services: int) -> Wanted:
    """Want so many columns of so many circuits."""
    found = list(columns().values())[:services]
    points = frozenset(one.point for one in found if one.point is not None)
    return {Load(*load): points for load in list(agent.loads)[:circuits]}


@contextmanager
def path(agent: SnmpAgent, credentials: Credentials) -> Iterator[SnmpPath]:
    """Open a path whose budget holds nothing back."""
    budget = Budget(bits_per_s=1e12, requests_per_s=1e9)
    session = SnmpSession(HOST, credentials, budget, port=agent.port)
    try:
        yield SnmpPath(session, columns())
    finally:
        session.close()


async def cpu_s(ask: Callable[[], Awaitable[object]]) -> float:
    """Return the processor time of something."""
    begun = time.process_time()
    await ask()
    return time.process_time() - begun


class Peer(Protocol):
    """What of Home Assistant's `snmp` stands behind one sensor."""

    @property
    def value(self) -> str | None:
        """What it shows."""

    async def async_update(self) -> None:
        """Ask for the value by a request of its own."""


async def peers(agent: SnmpAgent, credentials: Credentials) -> Mapping[str, Peer]:
    """Make what Home Assistant makes of so many sensors in its configuration."""
    engine = await asyncio.to_thread(_get_snmp_engine)
    target = await UdpTransportTarget.create((HOST, agent.port), timeout=5)
    if isinstance(credentials, Community):
        auth = CommunityData(credentials.name, mpModel=1)  # noqa: S508 - beside our own of v2c
    else:
        auth = UsmUserData(
            credentials.name,
            credentials.password,
            credentials.password,
            usmHMACSHAAuthProtocol,
            usmAesCfb128Protocol,
        )
    places = (oid(service, *load) for load in agent.loads for service in COLUMNS)
    found: dict[str, Peer] = {}
    for place in islice(places, _PEER_VALUES):
        thing = ObjectType(ObjectIdentity(place))
        args = (engine, auth, target, ContextData(), thing)
        found[place] = SnmpData(args, place, accept_errors=False, default_value=None)
    return found


async def compare(agent: SnmpAgent, credentials: Credentials, rounds: int) -> Json:
    """Read everything and a part of it by both, in turn; CPU per value, in us."""
    whole = wanted(agent, len(agent.loads), len(COLUMNS))
    values = sum(len(points) for points in whole.values())
    theirs = await peers(agent, credentials)
    used: dict[str, list[float]] = {"ours": [], "peer": []}

    async def ask_peers() -> None:
        for peer in theirs.values():
            await peer.async_update()

    with path(agent, credentials) as ours:
        check(await ours.read(whole))
        await ask_peers()
        for _ in range(rounds):
            used["ours"].append(await cpu_s(lambda: ours.read(whole)) / values)
            used["peer"].append(await cpu_s(ask_peers) / len(theirs))
        stall = await longest_stall_s(lambda: ours.read(whole))
        learning = await longest_stall_s(ours.learn)
    for place, peer in theirs.items():
        service, *load = map(int, place.split(".")[-3:])
        if peer.value != str(value(service, *load)):
            raise ValueError(f"the peer read {peer.value} at {place}")
    cpu = {who: 1e6 * median(found) for who, found in used.items()}
    return {
        "values": values,
        "ours_us_per_value": round(cpu["ours"], 3),
        "peer_us_per_value": round(cpu["peer"], 1),
        "cpu_ratio": round(cpu["peer"] / cpu["ours"], 1),
        "longest_stall_ms": round(1000 * max(stall, learning), 2),
    }


def check(read: Mapping[Load, Readings]) -> None:
    """Refuse to measure what is not right."""
    known = columns()
    for load, readings in read.items():
        for service, column in known.items():
            expected = value(service, load.module, load.number) * _SCALE
            found = readings[column.point] if column.point is not None else None
            if found is None or abs(found - expected) > _SCALE / 2:
                raise ValueError(f"{found} instead of {expected}")


async def per_circuit(agent: SnmpAgent, credentials: Credentials, rounds: int) -> Json:
    """Return what a circuit of 13 columns costs in a small and in a full gateway."""
    used: dict[int, list[float]] = {_FEW: [], _MANY: []}
    with path(agent, credentials) as ours:
        for _ in range(rounds):
            for circuits, found in used.items():
                whole = wanted(agent, circuits, _COLUMNS_OF_A_HOUSE)

                async def read(times: int = _READS // circuits) -> None:
                    for _ in range(times):
                        await ours.read(whole)  # noqa: B023 - awaited in this round

                found.append(await cpu_s(read) / _READS)
    few, many = (1e6 * median(used[circuits]) for circuits in (_FEW, _MANY))
    return {
        f"us_per_circuit_of_{_FEW}": round(few, 1),
        f"us_per_circuit_of_{_MANY}": round(many, 1),
        "growth": round(many / few, 3),
    }


async def entities(agent: SnmpAgent, credentials: Credentials, rounds: int) -> Json:
    """Measure the sensors of a full gateway in Home Assistant."""
    budget = Budget(bits_per_s=1e12, requests_per_s=1e9)
    session = SnmpSession(HOST, credentials, budget, port=agent.port)
    few = islice(columns().items(), _COLUMNS_OF_A_HOUSE)
    known = diris_home.topology(agent)
    try:
        gateway = SnmpPath(session, dict(few), known)
        return await diris_home.measure(gateway, agent, rounds)
    finally:
        session.close()


async def run(rounds: int) -> Json:
    """Measure one version after the other."""
    agent = SnmpAgent()
    agent.start()
    try:
        figures: Json = {}
        versions: dict[str, Credentials] = {
            "v2c": Community(COMMUNITY_V2C),
            "v3": User(name="sha_aes", password=PASSWORD),
        }
        for name, credentials in versions.items():
            say(f"SNMP {name} ...")
            figures[name] = await compare(agent, credentials, rounds)
            figures[f"cpu_ratio_{name}"] = figures[name]["cpu_ratio"]
        say("12 and 192 circuits ...")
        figures["per_circuit"] = await per_circuit(agent, versions["v2c"], rounds)
        say("192 circuits of 13 sensors in Home Assistant ...")
        figures["entities"] = await entities(agent, versions["v2c"], rounds)
    finally:
        agent.close()
    figures["growth_per_circuit"] = figures["per_circuit"]["growth"]
    for name in ("cpu_ratio_entities", "set_up_s", "added_to_start_s"):
        figures[name] = figures["entities"][name]
    figures["longest_stall_ms"] = max(
        figures[name]["longest_stall_ms"] for name in (*versions, "entities")
    )
    return figures


def main() -> int:
    """Run from the command line."""
    parser = argparse.ArgumentParser(prog="diris_sweep", description=__doc__)
    parser.add_argument("--rounds", type=int, default=5, help="of each; the median")
    figures = asyncio.run(run(parser.parse_args().rounds))
    good = all(
        figures[name] >= goal if name.startswith("cpu_ratio") else figures[name] <= goal
        for name, goal in GOALS.items()
    )
    result = {"figures": figures, "goals": GOALS, "ok": good}
    sys.stdout.write(f"{json.dumps(result)}\n")
    return 0 if good else 1


if __name__ == "__main__":
    sys.exit(main())
