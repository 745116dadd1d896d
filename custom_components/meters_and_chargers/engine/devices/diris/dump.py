"""What a gateway and its modules answer now, word by word: it can be replayed."""

import asyncio
from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import replace
from typing import cast

from ...model import DeviceError
from ...protocols.modbus import Dump, ModbusLink
from ...protocols.modbus.device import DUMP_S
from ...protocols.modbus.dump import FORMAT, Answer, Played, name_of, written
from .modbus import ModbusPath
from .nameplate import FAMILY_KEY, identify
from .registers import IDENTIFICATION, NET_ID, tables_of

_KEPT = frozenset({*range(4), 6, 7, 18, 19, *range(42, 66)})
"""Words of the identification that tell the product, and not which piece of it."""
_SERIAL = {8: 0x1111, 9: 0x1111, 10: 11111}
_NET_ID = {1: 0x11, 2: 0x1111}
"""What stands in for the numbers of a piece, so that it is one still."""


async def dump_gateway(path: ModbusPath, limit_s: float = DUMP_S) -> Dump:
    """Ask a gateway's modules for all they have, raw and nameless; raises nothing.

    Takes ``limit_s`` at most. A dump that ends early says why.
    """
    answers: list[Answer] = []
    error = None
    with ExitStack() as watched:
        try:
            async with asyncio.timeout(limit_s):
                await path.observe(watched, answers.append)
                await path.identify()
                known = await path.topology()
                wanted = {
                    load: frozenset(
                        point
                        for table in tables_of(
                            module.product,
                            load.number,
                            path.energies.get(module.product or ""),
                        )
                        for point in table.points
                    )
                    for module in known.modules
                    for load in (*module.loads, module.itself)
                }
                await path.read(wanted)
        except DeviceError as err:
            error = name_of(err)
        except TimeoutError:
            error = "took_too_long"
    nameless = [_nameless(one) for one in answers]
    return Dump(
        format=FORMAT,
        protocol="modbus",
        family=FAMILY_KEY,
        serial=await _serial([one for one in nameless if one.unit == path.own]),
        error=error,
        answers=[written(one) for one in nameless],
    )


def _nameless(answer: Answer) -> Answer:
    """Return an answer without what tells one piece of a product from another."""
    words = answer.words
    if words is None:
        return answer
    if answer.start == IDENTIFICATION.start:
        told = [_SERIAL.get(at, w if at in _KEPT else 0) for at, w in enumerate(words)]
    elif answer.start == NET_ID.start:
        # A product without one says 0.
        has = any(words[1:])
        told = [_NET_ID.get(at, 0) if has else 0 for at, _ in enumerate(words)]
    else:
        return answer
    return replace(answer, words=tuple(told))


async def _serial(answers: Sequence[Answer]) -> str | None:
    """Return what the gateway is called in a replay; None if it said nothing."""
    try:
        # An identification reads and does nothing else.
        return (await identify(cast("ModbusLink", Played(answers)))).serial
    except DeviceError:
        return None
