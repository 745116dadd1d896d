"""The tables of SOCOMEC's products against an excerpt of the maker's own.

`maker.csv` holds, of the maker's tables, the lines of the values that are read, as they
stand there: nothing in it was made from our tables.
"""

from collections.abc import Iterator
import csv
from pathlib import Path

import pytest

from custom_components.meters_and_chargers.engine.devices.diris import registers
from custom_components.meters_and_chargers.engine.devices.diris.registers import (
    layout_of,
    points_of,
    tables_of,
)
from custom_components.meters_and_chargers.engine.model import (
    PHASES,
    Mark,
    Phase,
    Point,
    Quantity,
)
from custom_components.meters_and_chargers.engine.protocols.modbus import (
    Encoding,
    Row,
    Table,
)
from custom_components.meters_and_chargers.engine.protocols.modbus.decode import derive

DOCUMENTS = {
    "diris_b30_v153.745": (
        registers.B30,
        registers.B30_ENERGY,
        *registers.TEMPERATURES,
        *registers.COUNTERS,
    ),
    "countis_e14_v103.4": (registers.E14, registers.E14_ENERGY),
    "countis_e23_v103.18": (registers.E23, registers.E23_ENERGY),
    "countis_e34_e44_v200.53": (registers.E34, registers.E34_ENERGY),
    "diris_a10_v202.81": (registers.A10, registers.A10_ENERGY),
    "diris_a14_v0.115": (registers.A14, registers.A14_ENERGY),
}
TYPES = {
    Encoding.UINT32: "U32",
    Encoding.INT32: "S32",
    Encoding.INT16: "S16",
    Encoding.UINT32_AND_REST: "U32",
    Encoding.INT64: "S64",
}
# The maker's notation of a unit, as what a word counts in ours.
SCALES = {
    **{f"{unit} / 100": 0.01 for unit in ("V", "Hz")},
    **{f"{unit} / 1000": 0.001 for unit in ("A", "Hz", "-")},
    **{f"{unit} 10⁻²": 0.01 for unit in ("V", "Hz")},
    "mA": 0.001,
    "?C / 100": 0.01,
    "-": 1,
    **dict.fromkeys(("W", "var", "VA"), 1),
    **{f"{unit} / 0.1": 10 for unit in ("W", "var", "VA", "Wh", "varh")},
    **{f"{unit} 10": 10 for unit in ("W", "var", "VA")},
    **{f"{unit} / 0.001": 1000 for unit in ("Wh", "varh", "VAh")},
    "kWh": 1000,
    **{f"{unit} / 10": 0.1 for unit in ("Wh", "varh", "VAh")},
}
# What the maker calls a value; the phase's number stands behind.
NAMES = {
    Quantity.FREQUENCY: ("Frequency",),
    Quantity.VOLTAGE: ("Ph-N Voltage : V", "Simple voltage : V"),
    Quantity.CURRENT: ("Current : I",),
    Quantity.POWER: ("active power",),
    Quantity.REACTIVE_POWER: ("reactive power",),
    Quantity.APPARENT_POWER: ("apparent power",),
    Quantity.POWER_FACTOR: ("power factor",),
    Quantity.ENERGY_IMPORT: ("positive active energy",),
    Quantity.ENERGY_EXPORT: ("negative active energy",),
    Quantity.REACTIVE_ENERGY_IMPORT: ("positive reactive energy",),
    Quantity.REACTIVE_ENERGY_EXPORT: ("negative reactive energy",),
    Quantity.APPARENT_ENERGY: ("total apparent energy",),
    Quantity.PARTIAL_ENERGY_IMPORT: ("partial positive active energy",),
    Quantity.TEMPERATURE: ("Inst.Temperature",),
    Quantity.COUNTER: ("Total",),
    Quantity.PARTIAL_ENERGY_EXPORT: ("partial negative active energy",),
}


def maker() -> dict[tuple[str, int], dict[str, str]]:
    """Return the maker's lines by document and address."""
    with (Path(__file__).parent / "maker.csv").open() as file:
        return {
            (line["document"], int(line["address"])): line
            for line in csv.DictReader(file)
        }


def rows() -> Iterator[tuple[str, Table, Row]]:
    """Yield every documented row with its document."""
    for document, tables in DOCUMENTS.items():
        for table in tables:
            for row in table.rows:
                yield document, table, row


ROWS = [pytest.param(*found, id=f"{found[0]}-{found[2].address}") for found in rows()]


@pytest.mark.parametrize(("document", "table", "row"), ROWS)
def test_every_row_is_the_makers(document: str, table: Table, row: Row) -> None:
    """Address, length, type, unit, name and block of each value."""
    lines = maker()
    line = lines[document, row.address]
    fine = row.encoding is Encoding.UINT32_AND_REST
    assert line["type"] == TYPES[row.encoding]
    assert int(line["words"]) == row.encoding.words - fine
    assert SCALES[line["unit"]] == (row.scale * 10_000 if fine else row.scale)
    said = line["description"].casefold()
    assert any(name.casefold() in said for name in NAMES[row.point.quantity])
    if row.point.quantity is not Quantity.REACTIVE_POWER:
        assert "reactive power" not in said
    if row.point.phase is not Phase.TOTAL:
        assert f"{PHASES.index(row.point.phase) + 1}" in said[-3:] + said[:24]
    if row.point.part:
        assert line["table"].endswith(f"#{row.point.part}")
    (block,) = table.blocks
    assert (block.start, block.count) == (
        int(line["block_start"]),
        int(line["block_words"]),
    )
    if fine:
        rest = lines[document, row.address + 2]
        assert "Residual" in rest["description"]
        assert (rest["type"], rest["words"]) == ("U16", "1")
        assert SCALES[rest["unit"]] == row.scale
        assert rest["unit"].split()[0] == line["unit"].split()[0]


def test_inputs_are_the_makers() -> None:
    """Two masks in a row, in one block; bit 0 is the first one's as of its counter."""
    b30 = "diris_b30_v153.745"
    lines = maker()
    (row,) = registers.INPUTS.rows
    (block,) = registers.INPUTS.blocks
    assert (row.address, row.encoding.words) == (11249, 2)
    assert "Available (1)/Not available (0)" in lines[b30, 11249]["description"]
    assert "Activated (1)/Deactivated (0)" in lines[b30, 11250]["description"]
    assert "0x0001 : Input pulse counter 1 0" in lines[b30, 11318]["description"]
    line = lines[b30, 11249]
    assert (f"{block.start}", f"{block.count}") == (
        line["block_start"],
        line["block_words"],
    )


def test_inputs_out_of_their_masks() -> None:
    """Of three that are there the second is active; the others are not there."""
    values: dict[Point, float | None] = {
        Point(Quantity.DIGITAL_INPUT): 0b111 << 16 | 0b1000000010
    }
    derive([registers.INPUTS], values)
    found = [
        values[Point(Quantity.DIGITAL_INPUT, part=str(number))]
        for number in range(1, 11)
    ]
    assert found == [0, 1, 0, *[None] * 7]
    assert Point(Quantity.DIGITAL_INPUT) not in points_of("DIRIS B30", 0)
    assert len(points_of("DIRIS B30", 0)) == 24


def test_identification_is_the_makers() -> None:
    """The words in which a product says who it is, and the two of its Net ID."""
    lines = maker()
    told = {
        address: (line["words"], line["type"], line["description"])
        for (_, address), line in lines.items()
        if line["table"] == "Product identification"
    }
    assert told[50000] == ("4", "STRING_16", '"SOCO"')
    assert told[50006][2] == "MODBUS Table Version"
    assert told[50007][2].startswith("Product software version")
    assert [told[at][2] for at in (50008, 50009, 50010)] == [
        "Serial_AA_SS",
        "Serial_SST_L",
        "Serial_order",
    ]
    assert told[50018][2].endswith("(Major)")
    assert told[50058] == ("8", "STRING_NORM", "Extended name")
    assert told[50067] == ("2", "U32_HEX", "Net ID")
    assert registers.IDENTIFICATION.end == 50066
    assert registers.NET_ID.end == 50069
    for address in (18432, 19840):
        assert "0 : Disabled" in lines["diris_b30_v153.745", address]["description"]


@pytest.mark.parametrize(
    ("product", "loads", "energy", "mark"),
    [
        ("DIRIS B30 RS485", 4, True, Mark.DOCUMENTED),
        ("DIRIS B-30 RF", 4, True, Mark.DOCUMENTED),
        ("Digiware S-135", 3, False, Mark.DOCUMENTED),
        ("Digiware I-30", 3, False, Mark.SINGLE_SOURCE),
        ("DIRIS Digiware I-35", 3, False, Mark.SINGLE_SOURCE),
        ("Digiware I-60", 6, False, Mark.SINGLE_SOURCE),
        ("Countis E14", 1, True, Mark.DOCUMENTED),
        ("COUNTIS E24", 1, True, Mark.DOCUMENTED),
        ("Countis E44", 1, True, Mark.DOCUMENTED),
        ("DIRIS A-10", 1, False, Mark.DOCUMENTED),
        ("DIRIS A14", 1, True, Mark.DOCUMENTED),
    ],
)
def test_products_that_are_read(
    product: str, loads: int, mark: Mark, *, energy: bool
) -> None:
    """By their extended names: circuits, whether they count energy, how sure it is."""
    layout = layout_of(product)
    assert layout is not None
    assert layout.loads == loads
    for number in range(1, loads + 1):
        points = points_of(product, number)
        assert points[Point(Quantity.POWER)] is mark
        assert (Point(Quantity.ENERGY_IMPORT) in points) is energy
    assert points_of(product, loads + 1) == {}


@pytest.mark.parametrize(
    "product",
    [
        *("Digiware I-30dc", "Digiware I-35dc", "Digiware I-61", "Digiware I-43"),
        *("Digiware IO-10", "DIRIS M-70", "DIRIS B-10", "Countis E44R", "DIRIS A-40"),
        *("Countis E28", "", None),
    ],
)
def test_products_whose_registers_nobody_documents(product: str | None) -> None:
    """They are named and nothing of them is read."""
    assert layout_of(product) is None
    assert tables_of(product, 1) == ()


def test_circuits_of_a_module_lie_2048_words_apart() -> None:
    """The sixth circuit of an I-60 begins where a program reads it on a real one."""
    (table,) = tables_of("Digiware I-60", 6)
    assert [block.start for block in table.blocks] == [28672]
    assert {row.address - 28672 for row in table.rows} == {
        row.address - 18432 for row in registers.B30.rows
    }


def test_energy_is_one_number_with_its_remainder() -> None:
    """1234 kWh and 5678 tenths of a Wh are 12345678 tenths, both ways."""
    fine = Encoding.UINT32_AND_REST
    assert fine.words == 3
    assert fine.decode([0, 1234, 5678]) == 12_345_678
    assert fine.encode(12_345_678) == [0, 1234, 5678]


def test_what_may_bring_a_gateway_down_is_never_asked() -> None:
    """No block of any circuit or alarm touches what public reports name."""
    denied = {4352, 29440, 57856, 58112}
    asked: set[int] = set()
    for block in (registers.IDENTIFICATION, registers.NET_ID):
        asked.update(range(block.start, block.end))
    for layout in registers.LAYOUTS:
        for number in range(1, layout.loads + 1):
            for place in registers.ENERGY_PLACES.values():
                for table in (*layout.tables, place, *layout.own):
                    by = registers.SPAN * (number - 1)
                    for block in table.blocks:
                        asked.update(range(block.start + by, block.end + by))
        for alarm in layout.alarms:
            asked.update(range(alarm.first, alarm.first + alarm.step * alarm.count))
    assert len(asked) > 500
    assert asked.isdisjoint(denied)
