"""The columns of a gateway's SNMP table: scales by files and by comparison."""

import pytest

from custom_components.meters_and_chargers.engine.devices.diris.columns import (
    DOCUMENTED,
    PROPOSED_SCALE,
    BadFile,
    Column,
    Comparison,
    Evidence,
    Fault,
    compared,
    read_file,
)
from custom_components.meters_and_chargers.engine.devices.diris.tree import Load
from custom_components.meters_and_chargers.engine.model import Phase, Point, Quantity

CURRENT = DOCUMENTED[10000]


def one(raw: float, value: float, current_a: float | None = None) -> Comparison:
    """Return what a circuit shows over both paths."""
    drawn = value if current_a is None else current_a
    return Comparison(load=Load(5, 1), raw=raw, value=value, current_a=drawn)


def test_no_column_has_a_unit_by_itself() -> None:
    """What the manual names has a quantity, but no scale, and so no point."""
    assert [column.quantity for column in DOCUMENTED.values()] == [
        Quantity.CURRENT,
        Quantity.CURRENT,
    ]
    assert all(column.point is None for column in DOCUMENTED.values())
    assert set(PROPOSED_SCALE) == set(DOCUMENTED)


@pytest.mark.parametrize(
    ("seen", "scale"),
    [
        ([one(4_210, 4.2)], 1e-3),
        ([one(4_210, 4.02)], 1e-3),
        ([one(4_210, 3.9)], None),
        ([one(42, 4.2)], 0.1),
        ([one(4, 4.0)], 1.0),
        ([one(4_210, 4.2), one(9_000, 9.1)], 1e-3),
        ([one(4_210, 4.2), one(90, 9.0)], None),
        ([one(900, 0.9)], None),
        ([one(900, 0.9), one(4_210, 4.2)], 1e-3),
        ([one(0, 4.2)], None),
        ([one(-4_210, 4.2)], None),
        ([one(92, 920.0, 4.0)], 10.0),
        ([one(1, 1e-15, 4.0)], None),
        ([], None),
    ],
    ids=[
        *("exact", "within 5 %", "beyond 5 %", "tenths", "amperes"),
        *("two agree", "two differ", "below 1 A", "small ones don't count"),
        *("0", "another sign", "tens of watts", "absurd", "nothing seen"),
    ],
)
def test_a_scale_by_comparison(seen: list[Comparison], scale: float | None) -> None:
    """The ratio to another path must be the same power of ten on all circuits."""
    column = compared(CURRENT, seen)
    if scale is None:
        assert column is None
    else:
        assert column is not None
        assert column.scale == pytest.approx(scale)
        assert column.evidence is Evidence.COMPARED
        assert "5.1" in column.proof
        assert column.point == Point(Quantity.CURRENT, Phase.L1)


@pytest.mark.parametrize(
    "text",
    [
        "10000,current,l1,0.001\n20001,power,,10\n",
        "\ufeffid;quantity;phase;scale\r\n10000;Current;L1;0,001\r\n\r\n20001;power;;10",
        "id\tquantity\tphase\tscale\n10000\tcurrent\tl1\t1e-3\n20001\tpower\t\t10",
    ],
    ids=["comma", "semicolon", "tabulator"],
)
def test_a_file_of_columns(text: str) -> None:
    """Any spreadsheet's CSV is read, with or without names, BOM and decimal comma."""
    assert read_file(text) == {
        10000: Column(
            service=10000,
            quantity=Quantity.CURRENT,
            phase=Phase.L1,
            scale=0.001,
            evidence=Evidence.FILE,
        ),
        20001: Column(
            service=20001, quantity=Quantity.POWER, scale=10, evidence=Evidence.FILE
        ),
    }


@pytest.mark.parametrize(
    ("text", "fault", "line"),
    [
        ("", Fault.NOTHING, 0),
        ("service,quantity,phase,scale\n", Fault.NOTHING, 0),
        ("10000,current,l1\n", Fault.FIELDS, 1),
        ("service,quantity,phase,scale\nx,current,l1,1\n", Fault.SERVICE, 2),
        ("1,power,,1\n0,current,l1,1\n", Fault.SERVICE, 2),
        ("10000,amperes,l1,1\n", Fault.QUANTITY, 1),
        ("10000,current,l4,1\n", Fault.PHASE, 1),
        ("10000,current,l1,milli\n", Fault.SCALE, 1),
        ("10000,current,l1,0\n", Fault.SCALE, 1),
        ("10000,current,l1,nan\n", Fault.SCALE, 1),
        ("1,power,,1\n1,current,l1,1\n", Fault.TWICE, 2),
        ("1,power,,1\n2,power,total,1\n", Fault.TWICE, 2),
        ("1" * 1_000_001, Fault.TOO_LONG, 0),
    ],
)
def test_a_file_that_can_not_be_used(text: str, fault: Fault, line: int) -> None:
    """What is wrong is said by a word and its line."""
    with pytest.raises(BadFile) as bad:
        read_file(text)
    assert (bad.value.fault, bad.value.line) == (fault, line)
