"""Registers of SOCOMEC's meters and modules, as the maker's tables list them.

Addresses are those on the wire. A block is what one request may read.
"""

from dataclasses import dataclass, replace
from functools import cache
import re

from ...model import Mark, Point, Quantity
from ...protocols.modbus import Block, Derived, Encoding, Row, Table, per_phase, total
from .alarms import B30_ALARMS, AlarmKind, AlarmTable

_U32, _S32, _S16 = Encoding.UINT32, Encoding.INT32, Encoding.INT16
_FINE = Encoding.UINT32_AND_REST
"""kWh, and what is left of one in tenths of a Wh."""

IDENTITY_SOURCE = (
    "SOCOMEC, MODBUS tables of DIRIS B30 V153.745, table Product identification"
)
IDENTIFICATION = Block(50000, 66)
"""The same on every product; the two words of the Net ID are on some only."""
NET_ID = Block(50066, 3)
SIGN = "SOCO"


def _energies(first: int) -> tuple[Row, ...]:
    """Return the five counters that begin here, each with its remainder."""
    quantities = (
        Quantity.ENERGY_IMPORT,
        Quantity.ENERGY_EXPORT,
        Quantity.REACTIVE_ENERGY_IMPORT,
        Quantity.REACTIVE_ENERGY_EXPORT,
        Quantity.APPARENT_ENERGY,
    )
    return tuple(
        total(quantity, first + 3 * index, _FINE, 0.1)
        for index, quantity in enumerate(quantities)
    )


# DIRIS B-30: each circuit has blocks of its own, 2048 words from the one before.

SPAN = 2048
ITSELF = 0
"""In place of a circuit's number: what a module has besides."""
HIDDEN = frozenset({Point(Quantity.DIGITAL_INPUT)})
"""Values that others are computed from."""
_B30 = "SOCOMEC, MODBUS tables of DIRIS B30 V153.745, table"

B30 = Table(
    source=f"{_B30} Inst. measurement - Load#1",
    mark=Mark.DOCUMENTED,
    blocks=(Block(18432, 92),),
    rows=(
        total(Quantity.FREQUENCY, 18442, _U32, 0.001),
        *per_phase(Quantity.VOLTAGE, (18444, 18446, 18448), _U32, 0.01),
        *per_phase(Quantity.CURRENT, (18458, 18460, 18462), _U32, 0.001),
        total(Quantity.POWER, 18476, _S32, 1),
        total(Quantity.REACTIVE_POWER, 18478, _S32, 1),
        total(Quantity.APPARENT_POWER, 18484, _U32, 1),
        total(Quantity.POWER_FACTOR, 18486, _S16, 0.001),
        *per_phase(Quantity.POWER, (18488, 18490, 18492), _S32, 1),
        *per_phase(Quantity.REACTIVE_POWER, (18494, 18496, 18498), _S32, 1),
        *per_phase(Quantity.APPARENT_POWER, (18512, 18514, 18516), _U32, 1),
        *per_phase(Quantity.POWER_FACTOR, (18518, 18519, 18520), _S16, 0.001),
    ),
)
B30_ENERGY = Table(
    source=f"{_B30} Energy measurement - Load#1",
    mark=Mark.DOCUMENTED,
    blocks=(Block(19840, 66),),
    rows=_energies(19843),
)

# What is connected to a B-30 besides its circuits.


def _input(number: int) -> Derived:
    """Return the state of an input out of the masks; None for one that isn't there."""
    masks = Point(Quantity.DIGITAL_INPUT)

    def compute(both: float, _: float) -> float | None:
        available, active = divmod(int(both), 1 << 16)
        bit = 1 << number - 1
        return float(bool(active & bit)) if available & bit else None

    point = Point(Quantity.DIGITAL_INPUT, part=str(number))
    return Derived(point, masks, masks, compute)


INPUTS = Table(
    source=f"{_B30} Logical Input; bit 0 is input 1 as in Input Pulse Meters Reset",
    mark=Mark.DOCUMENTED,
    blocks=(Block(11248, 14),),
    # Which there are, and in the word behind it which of them are active.
    rows=(total(Quantity.DIGITAL_INPUT, 11249, _U32, 1),),
    derived=tuple(_input(number) for number in range(1, 11)),
)
TEMPERATURES = tuple(
    Table(
        source=f"{_B30} Inst. Temperature#{number}",
        mark=Mark.DOCUMENTED,
        blocks=(Block(11695 + number, 1),),
        rows=(
            Row(
                Point(Quantity.TEMPERATURE, part=str(number)),
                11695 + number,
                _S16,
                0.01,
            ),
        ),
    )
    for number in range(1, 5)
)
COUNTERS = tuple(
    Table(
        source=f"{_B30} Multi-fluid feeder#{number}",
        mark=Mark.DOCUMENTED,
        blocks=(Block(10209 + 31 * number, 23),),
        # Whether the weight of a pulse is already in it, the table does not say.
        rows=(
            Row(
                Point(Quantity.COUNTER, part=str(number)),
                10225 + 31 * number,
                Encoding.INT64,
                1,
            ),
        ),
    )
    for number in range(1, 11)
)

# Digiware modules of the same platform.

S135 = Table(
    source="SOCOMEC, DIRIS Digiware S instruction manual 546420C, page 35",
    mark=Mark.DOCUMENTED,
    blocks=(Block(18436, 51),),
    rows=tuple(row for row in B30.rows if row.address <= 18486),  # noqa: PLR2004 - the last one on that page
)
DIGIWARE = replace(
    B30,
    source="modbus-database (MIT), SOCOMEC I-31: the addresses of the DIRIS B30",
    mark=Mark.SINGLE_SOURCE,
)
# Where its counters are, two sources say differently: `energy.py` finds out which of
# them is right, and until then none is read.
ENERGY_LIKE_B30 = replace(
    B30_ENERGY,
    source=f"{_B30} Energy measurement - Load#1, taken to hold for its other modules",
    mark=Mark.SINGLE_SOURCE,
    rows=B30_ENERGY.rows[:2],
)
ENERGY_TWO_BEFORE = Table(
    source="Anass-Ezz/TEST_PUSH_EMS (a fork of OpenEMS), Digiware I-30, I-35 and I-60",
    mark=Mark.SINGLE_SOURCE,
    blocks=B30_ENERGY.blocks,
    rows=(
        total(Quantity.ENERGY_IMPORT, 19841, _FINE, 0.1),
        # It names no remainder.
        total(Quantity.ENERGY_EXPORT, 19844, _U32, 1000),
    ),
)
ENERGY_PLACES = {"19843": ENERGY_LIKE_B30, "19841": ENERGY_TWO_BEFORE}
"""By where the energy import of the first circuit stands."""
U30 = Table(
    source="modbus-database (MIT), SOCOMEC U-30: the network block of the DIRIS B30",
    mark=Mark.SINGLE_SOURCE,
    blocks=(Block(36864, 37),),
    rows=(
        total(Quantity.FREQUENCY, 36871, _U32, 0.001),
        *per_phase(Quantity.VOLTAGE, (36873, 36875, 36877), _U32, 0.01),
    ),
)

# Countis meters and DIRIS A: one circuit, one metrology block, powers in 10 W.

_METROLOGY = "Metrology, affected by current and voltage transformers"


def _metrology(document: str, words: int, hertz: float) -> Table:
    """Return the block that three-phase meters share, but for the frequency."""
    return Table(
        source=f"SOCOMEC, {document}, table {_METROLOGY}",
        mark=Mark.DOCUMENTED,
        blocks=(Block(50512, words),),
        rows=(
            *per_phase(Quantity.VOLTAGE, (50520, 50522, 50524), _U32, 0.01),
            total(Quantity.FREQUENCY, 50526, _U32, hertz),
            *per_phase(Quantity.CURRENT, (50528, 50530, 50532), _U32, 0.001),
            total(Quantity.POWER, 50536, _S32, 10),
            total(Quantity.REACTIVE_POWER, 50538, _S32, 10),
            total(Quantity.APPARENT_POWER, 50540, _U32, 10),
            total(Quantity.POWER_FACTOR, 50542, _S32, 0.001),
            *per_phase(Quantity.POWER, (50544, 50546, 50548), _S32, 10),
            *per_phase(Quantity.REACTIVE_POWER, (50550, 50552, 50554), _S32, 10),
            *per_phase(Quantity.APPARENT_POWER, (50556, 50558, 50560), _U32, 10),
            *per_phase(Quantity.POWER_FACTOR, (50562, 50564, 50566), _S32, 0.001),
        ),
    )


def _total_energy(document: str) -> Table:
    return Table(
        source=f"SOCOMEC, {document}, table Energy measurement - Total",
        mark=Mark.DOCUMENTED,
        blocks=(Block(25984, 66),),
        rows=_energies(25987),
    )


def _energy_in_tens(document: str, *rows: Row) -> Table:
    return Table(
        source=f"SOCOMEC, {document}, table Energies in Unit/100",
        mark=Mark.DOCUMENTED,
        blocks=(Block(50944, 65),),
        rows=(
            total(Quantity.ENERGY_IMPORT, 50946, _U32, 10),
            total(Quantity.REACTIVE_ENERGY_IMPORT, 50948, _U32, 10),
            total(Quantity.ENERGY_EXPORT, 50952, _U32, 10),
            *rows,
        ),
    )


_E14 = "MODBUS tables of COUNTIS E14 V103.4"
_E23 = "MODBUS tables of COUNTIS E23/E24 V103.18"
_E34 = "MODBUS tables of COUNTIS E34/E44 V200.53"
_A10 = "MODBUS tables of DIRIS A10 V202.81"
_A14 = "MODBUS tables of DIRIS A14 V0.115"

E23 = _metrology(_E23, 62, 0.001)
E23_ENERGY = _total_energy(_E23)
# It has one phase, and the three-phase meters' addresses for it.
_ONE_PHASE = {50520, 50526, 50528, 50536, 50538, 50540, 50542}
E14 = replace(
    _metrology(_E14, 62, 0.001),
    rows=tuple(row for row in E23.rows if row.address in _ONE_PHASE),
)
E14_ENERGY = _total_energy(_E14)
E34 = _metrology(_E34, 62, 0.01)
E34_ENERGY = _energy_in_tens(_E34)
A10 = _metrology(_A10, 74, 0.01)
A10_ENERGY = Table(
    source=f"SOCOMEC, {_A10}, table Energies",
    mark=Mark.DOCUMENTED,
    blocks=(Block(50768, 65),),
    rows=(
        total(Quantity.PARTIAL_ENERGY_IMPORT, 50780, _U32, 1000),
        total(Quantity.PARTIAL_ENERGY_EXPORT, 50786, _U32, 1000),
    ),
)
A14 = _metrology(_A14, 62, 0.01)
A14_ENERGY = _energy_in_tens(
    _A14, total(Quantity.REACTIVE_ENERGY_EXPORT, 50954, _U32, 10)
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Layout:
    """Which tables a product serves, and how many circuits it may have.

    ``name`` is a pattern for the extended name by which it identifies itself.
    """

    name: str
    tables: tuple[Table, ...]
    """Those of its first circuit."""
    own: tuple[Table, ...] = ()
    """Those of the module itself, whatever circuits it has."""
    loads: int = 1
    switched: bool = False
    """Whether the first word of a circuit's first block is 0 while it is off."""
    disputed: bool = False
    """Whether its counters are in one of the `ENERGY_PLACES`, unknown in which."""
    alarms: tuple[AlarmTable, ...] = ()
    """Of the whole module."""


LAYOUTS = (
    Layout(
        name=r"diris b-?30\b",
        tables=(B30, B30_ENERGY),
        own=(INPUTS, *TEMPERATURES, *COUNTERS),
        loads=4,
        switched=True,
        alarms=B30_ALARMS,
    ),
    Layout(name=r".*\bs-?135\b", tables=(S135,), loads=3),
    Layout(
        name=r".*\bi-?3[015]\b",
        tables=(DIGIWARE,),
        loads=3,
        switched=True,
        disputed=True,
    ),
    Layout(
        name=r".*\bi-?60\b", tables=(DIGIWARE,), loads=6, switched=True, disputed=True
    ),
    Layout(name=r".*\bu-?30\b", tables=(U30,)),
    Layout(name=r"countis e14\b", tables=(E14, E14_ENERGY)),
    Layout(name=r"countis e2[34]\b", tables=(E23, E23_ENERGY)),
    Layout(name=r"countis e[34]4\b", tables=(E34, E34_ENERGY)),
    Layout(name=r"diris a-?10\b", tables=(A10, A10_ENERGY)),
    Layout(name=r"diris a-?14\b", tables=(A14, A14_ENERGY)),
)


@cache
def layout_of(product: str | None) -> Layout | None:
    """Return how a product is read; None for one whose registers nobody documents."""
    name = (product or "").casefold()
    return next((one for one in LAYOUTS if re.match(one.name, name)), None)


@cache
def tables_of(
    product: str | None, number: int, energy: str | None = None
) -> tuple[Table, ...]:
    """Return the tables of one circuit; none for a product that is not known.

    The number `ITSELF` stands for the module itself.
    ``energy`` is the one of `ENERGY_PLACES` which a test has shown to hold.
    """
    layout = layout_of(product)
    if layout is not None and number == ITSELF:
        return layout.own
    if layout is None or not 1 <= number <= layout.loads:
        return ()
    by = SPAN * (number - 1)
    tables = layout.tables
    if layout.disputed and energy is not None:
        tables = (*tables, ENERGY_PLACES[energy])
    return tuple(_moved(table, by) for table in tables)


def alarms_of(product: str | None) -> dict[AlarmKind, AlarmTable]:
    """Return the alarms that a product keeps, by their kinds."""
    layout = layout_of(product)
    return {} if layout is None else {one.kind: one for one in layout.alarms}


def _moved(table: Table, by: int) -> Table:
    """Return a table with all its addresses moved; words."""
    return replace(
        table,
        blocks=tuple(Block(one.start + by, one.count) for one in table.blocks),
        rows=tuple(replace(row, address=row.address + by) for row in table.rows),
    )


def energy_tables(number: int) -> dict[str, Table]:
    """Return where a circuit's counters may be, where sources say differently."""
    by = SPAN * (number - 1)
    return {place: _moved(table, by) for place, table in ENERGY_PLACES.items()}


def points_of(
    product: str | None, number: int, energy: str | None = None
) -> dict[Point, Mark]:
    """Return what can be read of a circuit, and how sure that is."""
    sure = len(tables_of(product, number))
    return {
        point: table.mark if index < sure else Mark.TESTED
        for index, table in enumerate(tables_of(product, number, energy))
        for point in table.points
        if point not in HIDDEN
    }
