"""Where a module's energy counters are, found out by what a circuit draws.

Two sources name different places for those of Digiware I-30, I-31, I-35 and I-60: a
primary one of a sister product, and one program. In 10 s a circuit's power moves its
counter by an amount that can be known; what stands in the other place does not move so.
"""

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from ...model import DeviceError, Point, Quantity, Unreachable
from ...protocols.modbus import Row
from .modbus import ModbusPath
from .registers import energy_tables, layout_of, tables_of
from .tree import Load, Module

PAUSE_S: Final = 10.0
"""Between the two readings."""
_LEAST_WH = 1.0
"""A circuit must draw so much meanwhile: ten steps of its counter."""
_WITHIN, _BESIDES_WH = 0.35, 0.2
"""The counter may lag behind by a second or two, and moves in tenths of a Wh."""
_UNSTEADY = 0.2
_POWER = Point(Quantity.POWER)
_IMPORT = Point(Quantity.ENERGY_IMPORT)


@dataclass(frozen=True, slots=True, kw_only=True)
class Sample:
    """What a circuit showed at one time."""

    at: float
    """In seconds of any clock."""
    power_w: float
    counters_wh: Mapping[str, float]
    """What stands in each of the places, taken for its energy import."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """What a test says of a product."""

    place: str | None
    """One of `registers.ENERGY_PLACES`; None where it can't tell."""
    idle: bool = False
    """Whether it can't because no circuit drew enough, steadily."""
    evidence: tuple[str, ...] = ()
    """A line for each circuit that was looked at."""


def disputed(modules: Iterable[Module]) -> list[Module]:
    """Return the modules whose counters are in one of several places."""
    return [
        module
        for module in modules
        if (layout := layout_of(module.product)) is not None and layout.disputed
    ]


async def sample(
    path: ModbusPath, modules: Iterable[Module], clock: Callable[[], float]
) -> dict[Load, Sample]:
    """Read every circuit of the modules; without those that can't be read.

    Raises `Unreachable` when the gateway itself falls silent.
    """
    found: dict[Load, Sample] = {}
    for module in modules:
        for load in module.loads:
            try:
                found[load] = await _sample(path, module.product, load, clock)
            except Unreachable:
                raise
            except DeviceError:
                continue
    return found


async def _sample(
    path: ModbusPath, product: str | None, load: Load, clock: Callable[[], float]
) -> Sample:
    table = tables_of(product, load.number)[0]
    (block,) = table.blocks
    words = await path.read_words(load, block)
    (power,) = (row for row in table.rows if row.point == _POWER)
    tables = energy_tables(load.number)
    ((counters,),) = {one.blocks for one in tables.values()}
    begun = clock()
    counted = await path.read_words(load, counters)
    return Sample(
        at=(begun + clock()) / 2,
        power_w=_value(power, words, block.start),
        counters_wh={
            place: _value(row, counted, counters.start)
            for place, one in tables.items()
            for row in one.rows
            if row.point == _IMPORT
        },
    )


def _value(row: Row, words: Sequence[int], start: int) -> float:
    at = row.address - start
    return row.encoding.decode(words[at : at + row.encoding.words]) * row.scale


def judge(
    modules: Iterable[Module],
    before: Mapping[Load, Sample],
    after: Mapping[Load, Sample],
) -> dict[str, Verdict]:
    """Say for each product which of the places moved as its circuits' energy.

    All circuits that draw enough must show the same place, and that one alone.
    """
    loads: dict[str, list[Load]] = defaultdict(list)
    for module in modules:
        loads[module.product or ""] += module.loads
    return {
        product: _verdict(
            [
                (one, before[one], after[one])
                for one in own
                if one in before and one in after
            ]
        )
        for product, own in loads.items()
    }


def _verdict(pairs: Iterable[tuple[Load, Sample, Sample]]) -> Verdict:
    shown: set[str | None] = set()
    evidence = []
    for load, before, after in pairs:
        seconds = after.at - before.at
        expected = (before.power_w + after.power_w) / 2 * seconds / 3600
        moved = {
            place: after.counters_wh[place] - before.counters_wh[place]
            for place in before.counters_wh
        }
        said = ", ".join(f"{place} moved by {by:.1f}" for place, by in moved.items())
        evidence.append(
            f"{load.module}.{load.number}: {before.power_w:.0f} W, then "
            f"{after.power_w:.0f} W, {expected:.1f} Wh in {seconds:.1f} s; {said}"
        )
        unsteady = abs(after.power_w - before.power_w) * seconds / 3600
        if expected < _LEAST_WH or unsteady > _UNSTEADY * expected:
            continue
        right = [
            place
            for place, by in moved.items()
            if abs(by - expected) <= _WITHIN * expected + _BESIDES_WH
        ]
        shown.add(right[0] if len(right) == 1 else None)
    return Verdict(
        place=next(iter(shown)) if len(shown) == 1 else None,
        idle=not shown,
        evidence=tuple(evidence),
    )
