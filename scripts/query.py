"""Prints one reading of a device, without Home Assistant."""

import argparse
import asyncio
from collections.abc import Sequence
import json
import logging
import signal
import sys
import time
from typing import TYPE_CHECKING

from modbus_connection import ModbusTcpParams
from modbus_connection.tmodbus import ModbusConnection

from simulators.engine import load_engine

load_engine()

from custom_components.meters_and_chargers.engine.devices import FAMILIES  # noqa: E402 - load_engine comes first
from custom_components.meters_and_chargers.engine.devices.diris import (  # noqa: E402 - same
    FAMILY as DIRIS,
)
from custom_components.meters_and_chargers.engine.devices.diris import (  # noqa: E402 - same
    ModbusPath,
    dump_gateway,
)
from custom_components.meters_and_chargers.engine.model import (  # noqa: E402 - same
    Device,
    DeviceError,
    Family,
)
from custom_components.meters_and_chargers.engine.protocols.modbus import (  # noqa: E402 - same
    ModbusDevice,
    ModbusLink,
    Spacing,
)

if TYPE_CHECKING:
    from custom_components.meters_and_chargers.engine.protocols.modbus.dump import (
        Answer,
        Dump,
    )

_MODULES = 32
"""As many as a gateway of SOCOMEC has."""


def _arguments(arguments: Sequence[str] | None) -> argparse.Namespace:
    families = "\n".join(f"  {f.key:16} {f.name}" for f in FAMILIES.values())
    parser = argparse.ArgumentParser(
        prog="scripts/query",
        description=__doc__,
        epilog=f"families:\n{families}",
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("family", choices=sorted(FAMILIES), metavar="FAMILY")
    parser.add_argument("host", metavar="HOST")
    parser.add_argument("--port", type=int, help="instead of the family's own")
    parser.add_argument("--unit", type=int, help="Modbus unit id")
    parser.add_argument(
        "--raw",
        action="store_true",
        help="the words as JSON without the serial: scripts/replay plays it",
    )
    return parser.parse_args(arguments)


async def query(
    family: Family[ModbusLink], params: ModbusTcpParams, unit: int, *, raw: bool
) -> None:
    """Print one reading, or the raw words; raises `DeviceError`."""
    connection = ModbusConnection(params)
    link = ModbusLink(connection.for_unit(unit), Spacing(family.transport.spacing_s))
    device = family.open(link, {one.key: one.default for one in family.questions})
    try:
        if not raw:
            await _reading(link, device)
        elif isinstance(device, ModbusDevice):
            if family is DIRIS:
                found = await _behind(connection, link, unit)
            else:
                found = await device.dump()
            print(json.dumps(found, indent=2))
            if found["error"] is not None:
                raise DeviceError(found["error"].replace("_", " "))
    finally:
        link.close()
        await connection.close()


async def _behind(connection: ModbusConnection, own: ModbusLink, unit: int) -> Dump:
    """Look for the modules behind a gateway, and return what all of them answer."""

    async def open_unit(unit_id: int) -> ModbusLink:
        if unit_id == unit:
            return own
        return ModbusLink(connection.for_unit(unit_id), recycles=False)

    path = ModbusPath(open_unit, unit)
    await path.look_for(range(1, _MODULES + 1))
    return await dump_gateway(path)


async def _reading(link: ModbusLink, device: Device) -> None:
    """Print who it is, each value, what was refused, and the time it took."""
    answers: list[Answer] = []
    started = time.monotonic()
    with link.observed(answers.append):
        identity = await device.identify()
        firmware = f", firmware {identity.firmware}" if identity.firmware else ""
        print(f"{identity.maker} {identity.model}, serial {identity.serial}{firmware}")
        for group in device.groups:
            readings = await device.read(group)
            for point in group.points:
                value = readings.get(point)
                shown = "not read" if point not in readings else "-"
                if value is not None:
                    shown = f"{value:.12g}"
                print(f"  {point.key:32} {shown:>14} {point.quantity.unit}".rstrip())
    for answer in answers:
        if answer.words is None:
            last = answer.addresses[-1]
            print(f"registers {answer.start} to {last}: {answer.error}")
    took_s = time.monotonic() - started
    print(f"{len(answers)} requests in {took_s:.2f} s")


def main(arguments: Sequence[str] | None = None) -> None:
    """Run from the command line."""
    # `| head` ends it without a word, as it ends other programs.
    signal.signal(signal.SIGPIPE, signal.SIG_DFL)
    # What it logs is printed in its place.
    logging.disable(logging.ERROR)
    given = _arguments(arguments)
    family = FAMILIES[given.family]
    port = family.transport.port if given.port is None else given.port
    unit = family.transport.unit_id if given.unit is None else given.unit
    params = ModbusTcpParams(host=given.host, port=port)
    try:
        asyncio.run(query(family, params, unit, raw=given.raw))
    except DeviceError as err:
        sys.exit(f"{given.host}:{port} could not be read: {err}")


if __name__ == "__main__":
    main()
