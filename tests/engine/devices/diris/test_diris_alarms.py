"""Alarms that a DIRIS module keeps: the maker's table, and a simulated B-30."""

import csv
from pathlib import Path

import pytest

from custom_components.meters_and_chargers.engine.devices.diris import (
    Alarm,
    AlarmKind,
    AlarmTable,
    alarms_of,
)
from custom_components.meters_and_chargers.engine.devices.diris.alarms import (
    B30_ALARMS,
    Criticality,
)
from custom_components.meters_and_chargers.engine.model import Mark

NAMES = {
    AlarmKind.SYSTEM: "System",
    AlarmKind.INRUSH: "Inrush",
    AlarmKind.QUALITY: "EN50160",
    AlarmKind.ANALOG: "Analog",
    AlarmKind.LOGICAL: "Logical",
    AlarmKind.COMBINATION: "Combination",
}
# Words of the maker's description for each of our keys.
CAUSES = {
    "net_rotation": "Net rotation",
    "vi_association": "V/I association",
    "ct_disconnected": "CT disconnected",
    "bad_ct_primary": "Bad CT prim",
    "above_threshold": "High Th",
    "below_threshold": "Low Th",
    "interruption": "Inter",
    "swell": "Swell",
    "dip": "Dip",
    "and": "Combi. And",
    "or": "Combi. Or",
    **{f"circuit_{number}": f"Load {number}" for number in range(1, 5)},
    **{f"input_{number}": f"Input {number}" for number in range(1, 11)},
}


@pytest.mark.parametrize("table", B30_ALARMS, ids=lambda table: table.kind.value)
def test_every_alarm_is_the_makers(table: AlarmTable) -> None:
    """Its block, and where status, criticality and cause stand, with their codes."""
    with (Path(__file__).parent / "maker.csv").open() as file:
        lines = {
            int(line["address"]): line
            for line in csv.DictReader(file)
            if line["document"] == "diris_b30_v153.745"
        }
    named = {line["table"] for line in lines.values()}
    heading = f"{NAMES[table.kind]} alarm current status"
    assert sum(name.startswith(heading) for name in named) == table.count
    assert table.mark is Mark.DOCUMENTED
    assert table.source.endswith(f"{heading}#1")
    for number, block in enumerate(table.blocks, start=1):
        status = lines[block.start + 1]
        assert status["table"] == f"{heading}#{number}"
        assert (int(status["block_start"]), int(status["block_words"])) == (
            block.start,
            block.count,
        )
        assert status["description"].startswith("Status")
        assert "1 : Active 2 : Finished" in status["description"]
        how_bad = lines[block.start + table.criticality]["description"]
        assert how_bad == "Criticality : 0 : Information 1 : Not critical 2 : Critical"
        cause = lines[block.start + table.cause]
        assert (cause["words"], cause["type"]) == ("1", "U16")
        for code, key in table.causes.items():
            said = f"{code} : "
            assert said in cause["description"]
            after = cause["description"].partition(said)[2]
            assert CAUSES[key] in after.partition(f" {code + 1} : ")[0]


def test_only_an_active_alarm_is_one() -> None:
    """A finished one is over, also before anybody acknowledged it."""
    system = alarms_of("DIRIS B-30 RF")[AlarmKind.SYSTEM]
    shown = {
        status: system.alarm(2, [7, status, 3, 12, 2, *[0] * 18]) for status in range(5)
    }
    assert shown.pop(1) == Alarm(2, "ct_disconnected", Criticality.CRITICAL)
    assert set(shown.values()) == {None}
    assert system.alarm(1, [7, 1, 99, 12, 9, *[0] * 18]) == Alarm(1, None, None)


def test_other_products_have_no_documented_alarms() -> None:
    """What a Digiware's module keeps is not in any table that we have."""
    assert alarms_of("Digiware I-35") == {}
    assert alarms_of(None) == {}
