"""The specification row by row: each has a scenario, each invariant its properties."""

from pathlib import Path

import yaml

from benchmarks.invariants import properties

HERE = Path(__file__).parent
SPECIFICATION = yaml.safe_load((HERE / "specification.yaml").read_text())
ROWS = set(SPECIFICATION["rows"])
SHOWN = {
    path.name: yaml.safe_load(path.read_text()).get("shows") or []
    for path in (HERE / "scenarios").glob("*.yaml")
}


def test_every_row_has_a_scenario() -> None:
    """No row of sections 5.2 to 5.5, and no vector, is without a file that shows it."""
    assert ROWS - {row for shows in SHOWN.values() for row in shows} == set()


def test_every_scenario_names_its_rows() -> None:
    """Each file says which rows it shows, and all that it names are in the list."""
    assert [name for name, shows in SHOWN.items() if not shows] == []
    strangers = {name: set(shows) - ROWS for name, shows in SHOWN.items()}
    assert {name: rows for name, rows in strangers.items() if rows} == {}


def test_every_invariant_has_its_properties() -> None:
    """The 27 numbers of section 5.7 name properties that exist."""
    invariants = SPECIFICATION["invariants"]
    assert list(invariants) == list(range(1, 28))
    known = {one.partition("::")[2] for one in properties()}
    assert all(invariants.values())
    assert {name for names in invariants.values() for name in names} - known == set()
