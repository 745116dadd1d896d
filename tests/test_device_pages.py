"""The page of each device, in docs/devices, against the tables of the code.

A comment in the page, <!-- read: FAMILY --> or <!-- written: FAMILY -->, stands above a
table that is compared with what the family reads or writes. `scripts/tables` writes
those of what is read.
"""

from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
import re

import pytest
import yaml

from custom_components.meters_and_chargers.describe import SENSORS, UNITS
from custom_components.meters_and_chargers.diris_entities import FIRST_POINTS
from custom_components.meters_and_chargers.engine.devices import (
    FAMILIES,
    ocpp_charger,
)
from custom_components.meters_and_chargers.engine.devices.cfos import (
    registers as cfos,
)
from custom_components.meters_and_chargers.engine.devices.diris import (
    registers as diris,
)
from custom_components.meters_and_chargers.engine.devices.ksem import Ksem
from custom_components.meters_and_chargers.engine.devices.ksem import (
    registers as ksem,
)
from custom_components.meters_and_chargers.engine.devices.smart_me import (
    registers as smart_me,
)
from custom_components.meters_and_chargers.engine.model import (
    Mark,
    Phase,
    Point,
    Quantity,
)
from custom_components.meters_and_chargers.engine.protocols.modbus import Table
from simulators.modbus_device import ModbusDevice as Idle

from .links import connected
from .tables import check
from .test_docs import DOCS, english

PAGES = {
    path.stem: path.read_text() for path in sorted((DOCS / "devices").glob("*.md"))
}
_HEAD = ["| value | unit | known by | at first | read |", "|---|---|---|---|---|"]

# What a family reads, in the order of its page; a table that is contained in another
# is left out.
TABLES = {
    "ksem": (ksem.INSTANTANEOUS, ksem.ENERGY, ksem.ENERGY_FLOW, ksem.WALLBOX),
    "smart_me_meter": (
        smart_me.POWER,
        smart_me.FACTORS,
        smart_me.ENERGY,
        smart_me.REACTIVE,
        smart_me.REACTIVE_ENERGY,
    ),
    "cfos": (cfos.CONTROL, cfos.METER, cfos.FAILSAFE),
    "cfos_meter": (cfos.S0_METER,),
}
# Of each family what it writes, as the maker counts the addresses.
_PICO = {smart_me.CHARGING_CURRENT + 1, *range(smart_me.PHASE_CURRENTS + 1, 0x2077, 2)}
WRITTEN = {
    "ksem": set[int](),
    "diris": set[int](),
    "smart_me_meter": set[int](),
    "smart_me_pico": _PICO,
    "smart_me_pico_group": _PICO,
    "cfos": {int(one) for one in cfos.Writable},
    "cfos_meter": set[int](),
}


def below(kind: str, key: str) -> list[str]:
    """Return the table that stands below a comment; each family has one at most."""
    mark = f"<!-- {kind}: {key} -->\n"
    found = [text.split(mark)[1] for text in PAGES.values() if mark in text]
    assert len(found) <= 1, f"{mark} stands on several pages"
    lines = found[0].strip("\n").splitlines() if found else []
    end = next((n for n, line in enumerate(lines) if not line.startswith("|")), None)
    return lines[:end]


def name_of(points: list[Point]) -> str:
    """Return the names of a value, on several phases in short."""
    (quantity,) = {point.quantity for point in points}
    if points == [Point(quantity)]:
        return english()[f"entity.sensor.{quantity}.name"]
    name = english()[f"entity.sensor.{quantity}_phase.name"]
    phases = ", ".join(point.phase.upper() for point in points)
    return name.format(phase=phases)


def rows_of(
    table: Table, every: Mapping[Point, float | None], off: frozenset[Point]
) -> Iterator[str]:
    """Yield the rows that a table makes: one for a total, one for its phases."""
    kinds: dict[tuple[str, bool], list[Point]] = {}
    for point in table.points:
        total = point.phase is Phase.TOTAL
        kinds.setdefault((point.quantity, total), []).append(point)
    for (_, total), points in kinds.items():
        kind = SENSORS[points[0].quantity]
        unit = UNITS[points[0].quantity.unit]
        shown = total and kind.enabled and not off.intersection(points)
        (interval_s,) = {every[point] for point in points}
        cells = (
            name_of(points),
            (kind.states is None and (unit.shown_as or unit.name)) or "-",
            table.mark,
            "on" if shown else "off",
            "as chosen" if interval_s is None else f"every {interval_s:g} s",
        )
        yield f"| {' | '.join(cells)} |"


async def read_by(key: str) -> list[str]:
    """Return the table of all that a family can read."""
    family, tables = FAMILIES[key], TABLES.get(key, ())
    idle = Idle([(0, 1)])
    await idle.start()
    try:
        answers = {one.key: one.default for one in family.questions}
        async with connected(idle) as link:
            device = family.open(link, answers)
    finally:
        await idle.stop()
    # What not every meter has is among its groups only once it was found.
    groups = device._known if isinstance(device, Ksem) else device.groups
    every = {point: group.interval_s for group in groups for point in group.points}
    assert every.keys() == {point for table in tables for point in table.points}
    off = device.off_by_default
    rows = [row for table in tables for row in rows_of(table, every, off)]
    return [*_HEAD, *rows] if rows else []


@pytest.mark.parametrize("key", FAMILIES)
async def test_what_is_read_is_listed(key: str, socket_enabled: None) -> None:
    """Each value with its unit and mark, whether it is on, and how often it is read."""
    if lines := await read_by(key):
        check(f"read: {key}", lines)
    else:
        # What is behind a gateway has a table of another shape.
        assert key == "diris" or not below("read", key)


# The products behind a gateway, in the order of their layouts, as its page calls them.
PRODUCTS = (
    "DIRIS B-30",
    "Digiware S-135",
    "Digiware I-35",
    "Digiware I-60",
    "Digiware U-30",
    "Countis E14",
    "Countis E24",
    "Countis E34",
    "DIRIS A-10",
    "DIRIS A-14",
)


def circuits() -> Iterator[str]:
    """Yield the table of what a circuit of each product has, a column for each."""
    known = []
    for product, layout in zip(PRODUCTS, diris.LAYOUTS, strict=True):
        assert diris.layout_of(product) is layout
        places = diris.ENERGY_PLACES if layout.disputed else {None: None}
        found = [diris.points_of(product, 1, place) for place in places]
        known.append(found[0] | diris.points_of(product, diris.ITSELF))
    yield f"| value | unit | {' | '.join(PRODUCTS)} |"
    yield "|---" * (2 + len(PRODUCTS)) + "|"
    kinds: dict[tuple[str, bool], list[Point]] = {}
    for point in sorted({point for marks in known for point in marks}):
        total = point.phase is Phase.TOTAL
        points = kinds.setdefault((point.quantity, total), [])
        points.append(point)
    for points in kinds.values():
        unit = UNITS[points[0].quantity.unit]
        cells = (_sure(points, marks) for marks in known)
        name = name_of(points) if not points[0].part else _numbered(points)
        yield f"| {name} | {unit.shown_as or unit.name or '-'} | {' | '.join(cells)} |"


def _sure(points: list[Point], marks: Mapping[Point, Mark]) -> str:
    """Say how sure a value of a product is, and whether it is on at first."""
    found = {marks[point] for point in points if point in marks}
    if not found:
        return "-"
    (mark,) = found
    first = points[0] in FIRST_POINTS and mark is not Mark.SINGLE_SOURCE
    return f"{mark}, on" if first else f"{mark}"


def _numbered(points: list[Point]) -> str:
    kind = "binary_sensor" if points[0].quantity is Quantity.DIGITAL_INPUT else "sensor"
    name = english()[f"entity.{kind}.{points[0].quantity}.name"]
    return name.format(number=f"1 to {len(points)}")


def test_circuits_of_each_product_are_listed() -> None:
    """Behind a gateway, each product has its own values."""
    check("read: diris", [*circuits()])


@pytest.mark.parametrize("key", FAMILIES)
def test_what_is_written_is_listed(key: str) -> None:
    """Each address that may be written, and no other: nothing else is ever written."""
    found = below("written", key)[2:]
    assert {number for row in found for number in numbers(row.split("|")[1])} == (
        WRITTEN[key]
    )


def numbers(cell: str) -> Iterable[int]:
    """Return the numbers in a cell, in the maker's own spelling."""
    return (int(word, 0) for word in re.findall(r"\b0x[0-9A-F]+\b|\b\d+\b", cell))


@pytest.mark.parametrize("key", FAMILIES)
def test_every_device_is_on_a_page(key: str) -> None:
    """Whoever has one finds a page with its name as a heading."""
    title = english()[f"config.step.user.menu_options.{key}"]
    pages = [text for text in PAGES.values() if f"\n## {title}\n" in text]
    assert len(pages) == 1


QUIRKS = Path(str(ocpp_charger.__file__)).with_name("quirks.yaml")


def test_known_wallboxes_are_listed() -> None:
    """What is known of a maker's wallboxes is what our file says of them."""
    rows = [
        "| maker | model | firmware | done otherwise | known from |",
        "|---" * 5 + "|",
    ]
    for one in yaml.safe_load(QUIRKS.read_text()):
        known = (one.pop(key, "") for key in ("vendor", "model", "firmware", "source"))
        maker, model, firmware, source = (str(cell).replace("*", "…") for cell in known)
        done = ", ".join(f"`{name}`: {_plain(value)}" for name, value in one.items())
        rows.append(
            f"| {maker or 'says none'} | {model or 'all'} | {firmware or 'all'} "
            f"| {done} | {source} |"
        )
    check("quirks", rows)


def _plain(value: object) -> str:
    return ", ".join(map(str, value)) if isinstance(value, list) else str(value)
