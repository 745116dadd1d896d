"""The columns of a gateway's SNMP table: what each holds, and how that is known.

Source: SOCOMEC, instruction manual DIRIS Digiware M-50/M-70, annex I (SNMP). It names
the columns 10000 and 10001 alone and gives no units: a column has none until its scale
is known.
"""

from collections.abc import Iterable, Mapping
import csv
from dataclasses import dataclass, replace
from enum import StrEnum
from math import isfinite, log10
from typing import Final

from ...model import PHASES, Phase, Point, Quantity, Readings
from .tree import Load

LEAST_CURRENT_A: Final = 1.0
"""Below it a circuit's values are too small, or too restless, to compare."""
_WITHIN = 0.05
_TENS = 9
"""A scale is a power of ten between 10^-9 and 10^9."""
_LONGEST_FILE = 1_000_000


class Evidence(StrEnum):
    """Where a column's scale comes from."""

    FILE = "file"
    TYPED = "typed"
    COMPARED = "compared"


@dataclass(frozen=True, slots=True, kw_only=True)
class Column:
    """One service id of the table; a raw number times ``scale`` is in its unit."""

    service: int
    quantity: Quantity | None = None
    phase: Phase = Phase.TOTAL
    scale: float | None = None
    evidence: Evidence | None = None
    proof: str = ""
    """What was compared, for diagnostics."""

    @property
    def point(self) -> Point | None:
        """What it measures; None as long as its quantity or scale isn't known."""
        if self.quantity is None or self.scale is None:
            return None
        return Point(self.quantity, self.phase)


DOCUMENTED: Final[Mapping[int, Column]] = {
    10000: Column(service=10000, quantity=Quantity.CURRENT, phase=Phase.L1),
    10001: Column(service=10001, quantity=Quantity.CURRENT, phase=Phase.L2),
}
"""What the manual names."""
PROPOSED_SCALE: Final[Mapping[int, float]] = {10000: 0.001, 10001: 0.001}
"""What a person is asked to confirm; never taken for known."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Comparison:
    """One circuit's number in a column, and its value over another path."""

    load: Load
    raw: float
    value: float
    """In the quantity's unit."""
    current_a: float
    """What the circuit draws on that phase, or on its strongest one."""


def compared(column: Column, seen: Iterable[Comparison]) -> Column | None:
    """Return the column with the scale that all circuits show; None where they don't.

    The ratio must be a power of ten within 5 %; circuits below 1 A show nothing.
    """
    tens: set[int] = set()
    proof = []
    for one in seen:
        if abs(one.current_a) < LEAST_CURRENT_A:
            continue
        ratio = one.value / one.raw if one.raw else 0.0
        if ratio <= 0:
            return None
        ten = round(log10(ratio))
        if abs(ten) > _TENS or abs(ratio / 10.0**ten - 1) > _WITHIN:
            return None
        tens.add(ten)
        load = f"{one.load.module}.{one.load.number}"
        proof.append(f"{load}: {one.raw:g} is {one.value:g}")
    if len(tens) != 1:
        return None
    return replace(
        column,
        scale=10.0 ** tens.pop(),
        evidence=Evidence.COMPARED,
        proof="; ".join(proof),
    )


class Fault(StrEnum):
    """What is wrong with a file of columns; each has its words in the translations."""

    TOO_LONG = "too_long"
    NOTHING = "nothing"
    FIELDS = "fields"
    SERVICE = "service"
    QUANTITY = "quantity"
    PHASE = "phase"
    SCALE = "scale"
    TWICE = "twice"


class BadFile(ValueError):
    """A file of columns that can't be used."""

    def __init__(self, fault: Fault, line: int = 0) -> None:
        """Say what is wrong in which line, counted from 1."""
        super().__init__(f"{fault.value} in line {line}")
        self.fault, self.line = fault, line


def read_file(text: str) -> dict[int, Column]:
    """Read columns from CSV: service id, quantity, phase, scale.

    The phase may be empty, a first line may hold names; fields are divided by comma,
    semicolon or tabulator, and beside the latter two a comma may be the decimal sign.
    Raises `BadFile`.
    """
    if len(text) > _LONGEST_FILE:
        raise BadFile(Fault.TOO_LONG)
    lines = text.removeprefix("\ufeff").splitlines()
    divider = next((sign for sign in ";\t" if any(sign in one for one in lines)), ",")
    columns: dict[int, Column] = {}
    for number, fields in enumerate(csv.reader(lines, delimiter=divider), start=1):
        cells = [cell.strip() for cell in fields]
        if not any(cells) or (number == 1 and not cells[0].isdecimal()):
            continue
        try:
            column = _column(cells, decimal_comma=divider != ",")
        except BadFile as err:
            raise BadFile(err.fault, number) from err
        points = {known.point for known in columns.values()}
        if column.service in columns or column.point in points:
            raise BadFile(Fault.TWICE, number)
        columns[column.service] = column
    if not columns:
        raise BadFile(Fault.NOTHING)
    return columns


def _column(cells: list[str], *, decimal_comma: bool) -> Column:
    if len(cells) != 4:  # noqa: PLR2004 - as many as the file's description names
        raise BadFile(Fault.FIELDS)
    service, quantity, phase, scale = cells
    if not service.isdecimal() or not 0 < int(service) < 2**32:
        raise BadFile(Fault.SERVICE)
    if quantity.lower() not in set(Quantity):
        raise BadFile(Fault.QUANTITY)
    if (phase.lower() or Phase.TOTAL) not in set(Phase):
        raise BadFile(Fault.PHASE)
    try:
        factor = float(scale.replace(",", ".") if decimal_comma else scale)
    except ValueError as err:
        raise BadFile(Fault.SCALE) from err
    if not isfinite(factor) or factor == 0:
        raise BadFile(Fault.SCALE)
    return Column(
        service=int(service),
        quantity=Quantity(quantity.lower()),
        phase=Phase(phase.lower() or Phase.TOTAL),
        scale=factor,
        evidence=Evidence.FILE,
    )


CURRENTS: Final = tuple(Point(Quantity.CURRENT, phase) for phase in PHASES)


def currents_of(read: Readings) -> dict[Phase, float]:
    """Return what flows on each phase; A."""
    return {
        point.phase: abs(value)
        for point in CURRENTS
        if (value := read.get(point)) is not None
    }


def is_enough(phases: Mapping[Phase, float]) -> bool:
    """Whether enough flows on one of them to compare."""
    return max(phases.values(), default=0) >= LEAST_CURRENT_A


def current_of(phases: Mapping[Phase, float], phase: Phase) -> float | None:
    """Return what flows on a phase, or on the strongest for what concerns all."""
    if phase in PHASES:
        return phases.get(phase)
    return max(phases.values(), default=None)
