"""What an entry keeps of a DIRIS gateway: modules, circuits, columns, as plain data."""

from collections.abc import Iterable, Mapping
from typing import Any

from .const import (
    CONF_BACNET_MODULES,
    CONF_CIRCUITS,
    CONF_COLUMNS,
    CONF_MODBUS,
    CONF_MODULES,
    CONF_SNMP,
)
from .engine.devices.diris import (
    DOCUMENTED,
    Column,
    Evidence,
    Gateway,
    Load,
    Module,
    Topology,
)
from .engine.model import Phase, Quantity


def only_sends_files(data: Mapping[str, Any]) -> bool:
    """Whether an entry's gateway is asked neither by Modbus nor by SNMP."""
    return CONF_SNMP not in data and not data.get(CONF_MODBUS, True)


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


def stored_paths(path: Gateway) -> dict[str, Any]:
    """Return what an entry keeps of all that was found, by each path apart."""
    found: dict[str, Any] = {}
    if path.modbus is not None:
        found[CONF_MODULES] = stored(path.modbus.known)
    if path.bacnet is not None:
        found[CONF_BACNET_MODULES] = stored(path.bacnet.known)
    if path.snmp is not None:
        found[CONF_CIRCUITS] = stored_circuits(path.snmp.known.loads)
    return found


def addresses_in(text: str) -> tuple[int, ...]:
    """Return the addresses that a text such as "1-12, 20" names; raises ValueError."""
    found: set[int] = set()
    for part in text.replace(" ", "").split(","):
        first, ranges, last = part.partition("-")
        found.update(range(int(first), int(last if ranges else first) + 1))
    if not found or min(found) < 1 or max(found) > 247:  # noqa: PLR2004 - Modbus's own bounds
        raise ValueError(text)
    return tuple(sorted(found))


def columns_of(data: Mapping[str, Any]) -> dict[int, Column]:
    """Return what an entry knows of the columns of its SNMP table, by service id."""
    columns = dict(DOCUMENTED)
    for service, told in data.get(CONF_COLUMNS, {}).items():
        if told:
            columns[int(service)] = Column(
                service=int(service),
                quantity=Quantity(told["quantity"]),
                phase=Phase(told["phase"]),
                scale=told["scale"],
                evidence=Evidence(told["evidence"]),
                proof=told["proof"],
            )
    return columns


def stored_columns(
    learnt: Iterable[int], columns: Mapping[int, Column]
) -> dict[str, Any]:
    """Return what an entry keeps: all columns there are, with what is known of them."""
    return {
        str(service): {
            "quantity": column.quantity.value,
            "phase": column.phase.value,
            "scale": column.scale,
            "evidence": column.evidence.value,
            "proof": column.proof,
        }
        if (column := columns.get(service)) is not None
        and column.quantity is not None
        and column.evidence is not None
        else {}
        for service in sorted({*learnt, *columns})
    }


def stored_circuits(loads: Iterable[Load]) -> list[list[int]]:
    """Return what an entry keeps of the circuits that SNMP tells of."""
    return [[load.module, load.number] for load in sorted(loads)]


def circuits_of(data: Mapping[str, Any]) -> Topology:
    """Return the circuits that an entry knows by SNMP."""
    modules: dict[int, list[Load]] = {}
    for address, number in data.get(CONF_CIRCUITS, ()):
        modules.setdefault(address, []).append(Load(address, number))
    return Topology(
        tuple(
            Module(address=address, loads=tuple(loads))
            for address, loads in sorted(modules.items())
        )
    )
