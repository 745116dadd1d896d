"""What the user's MIB files say: columns, outputs, the meaning of traps."""

import json
from pathlib import Path

import pytest

from custom_components.meters_and_chargers.engine.devices.diris.columns import Evidence
from custom_components.meters_and_chargers.engine.devices.diris.mib import (
    Mib,
    Output,
    columns_of_mib,
    mib_of,
    read_mib,
    stored_mib,
)
from custom_components.meters_and_chargers.engine.model import Phase, Point, Quantity
from custom_components.meters_and_chargers.engine.protocols.snmp import Trap
from custom_components.meters_and_chargers.engine.protocols.snmp.smi import BadMib

HERE = Path(__file__).parent
TEXTS = [
    (HERE / name).read_text()
    for name in ("EXAMPLE-GATEWAY-MIB.txt", "EXAMPLE-TYPES-MIB.txt")
]
OURS = "1.3.6.1.4.1.32473"
TABLE = "1.3.6.1.4.1.4555.10.20.20.1"


@pytest.fixture(scope="module")
def mib() -> Mib:
    """Return what the two files say."""
    return read_mib(TEXTS)


def test_columns_have_the_scale_that_the_file_states(mib: Mib) -> None:
    """By unit and display hint; what a column measures, the manual alone says."""
    assert {service: one.name for service, one in mib.columns.items()} == {
        10000: "exampleI1",
        10001: "exampleI2",
        10002: "exampleEnergy",
        10003: "examplePower",
        10004: "exampleBare",
    }
    columns = columns_of_mib(mib)
    assert {service: one.scale for service, one in columns.items()} == {
        10000: 0.001,
        10003: 100,
    }
    assert columns[10000].point == Point(Quantity.CURRENT, Phase.L1)
    assert columns[10003].point is None
    assert {one.evidence for one in columns.values()} == {Evidence.FILE}
    assert columns[10000].proof == "MIB: exampleI1, UNITS A, DISPLAY-HINT d-3"


@pytest.mark.parametrize(
    ("units", "scale"),
    [
        ("A", 1),
        ("mA", 0.001),
        ("milliamps", 0.001),
        ("0.01 A", 0.01),
        ("1/1000 A", 0.001),
        ("A / 1000", 0.001),
        ("A/100", 0.01),
        *[
            (said, None)
            for said in ("", "tenths of A", "A or so", "A / 0", "a.u.", "V")
        ],
    ],
)
def test_units_as_files_write_them(units: str, scale: float | None) -> None:
    """What isn't plainly a number of amperes gives a current no scale."""
    text = TEXTS[0].replace(
        'UNITS       "V"', f'UNITS       "{units}"' if units else ""
    )
    found = columns_of_mib(read_mib([text, TEXTS[1]])).get(10001)
    assert (None if found is None else found.scale) == scale


def test_outputs_are_what_can_be_written_and_is_plainly_on_or_off(mib: Mib) -> None:
    """Names of two values of which nobody knows which is on make no switch."""
    assert mib.outputs == (
        Output(name="exampleHorn", oid=f"{OURS}.20.1", row=False, on=1, off=0),
        Output(name="exampleOutput", oid=f"{OURS}.20.2.1.1", row=True, on=1, off=2),
    )


def test_traps_are_told_in_the_words_of_the_file(mib: Mib) -> None:
    """By names and labels; what the file doesn't name stays an OID."""
    seen = mib.notifications[f"{OURS}.20.0.7"]
    assert (seen.name, seen.description) == (
        "exampleOverload",
        "Too much flows through a circuit.",
    )
    assert mib.notifications[f"{OURS}.0.3"].name == "oldTrap"
    trap = Trap(
        seen.oid,
        (
            (f"{TABLE}.10000.5.3", 12_500),
            (f"{OURS}.20.1.0", 1),
            (f"{OURS}.20.2.1.1.4.1", 2),
            (f"{OURS}.20.5.0", b"Kitchen"),
            (f"{OURS}.20.5.1", b"\x00\xff"),
            (f"{OURS}.99.0", 7),
            (f"{OURS}.98.0", b"x" * 3_000),
        ),
        "v2c",
    )
    assert mib.said(trap) == {
        "exampleI1.5.3": 12_500,
        "exampleHorn": "on",
        "exampleOutput.4.1": "false",
        "exampleText": "Kitchen",
        "exampleText.1": "00ff",
        f"{OURS}.99.0": 7,
        f"{OURS}.98.0": "x" * 200,
    }
    assert Mib().said(trap)[f"{OURS}.20.1.0"] == 1


def test_files_that_are_missing_are_named(mib: Mib) -> None:
    """What hangs on them is left out; what a given file explains is used."""
    assert mib.missing == ("NOT-GIVEN-MIB",)
    assert {one.name for one in mib.notifications.values()} == {
        "exampleOverload",
        "oldTrap",
    }
    alone = read_mib(TEXTS[:1])
    assert [one.name for one in alone.outputs] == ["exampleOutput"]


def test_what_is_kept_is_the_same_after_a_restart(mib: Mib) -> None:
    """As JSON, without the library."""
    assert mib_of(json.loads(json.dumps(stored_mib(mib)))) == mib


@pytest.mark.parametrize(
    "text",
    [
        "",
        "hello",
        "A-MIB DEFINITIONS ::= BEGIN x OBJECT IDENTIFIER ::= {",
        "\0\1",
        "a" * 2_000_001,
    ],
    ids=["empty", "prose", "cut", "binary", "long"],
)
def test_what_is_no_mib_is_refused(text: str) -> None:
    """With where reading ended, and nothing of its text."""
    with pytest.raises(BadMib) as refused:
        read_mib([text])
    assert len(refused.value.where) < 100


def test_names_in_a_circle_end() -> None:
    """A file whose names hang on each other gives nothing, and costs no time."""
    text = (
        "LOOP-MIB DEFINITIONS ::= BEGIN\n"
        "a OBJECT IDENTIFIER ::= { b 1 }\nb OBJECT IDENTIFIER ::= { a 1 }\n"
        "T ::= U\nU ::= T\n"
        "c OBJECT-TYPE SYNTAX T ACCESS read-write STATUS mandatory ::= { a 1 }\nEND\n"
    )
    assert read_mib([text]) == Mib()
