"""Rules which hold for every family, present and future."""

import ast
from itertools import pairwise
import json
from pathlib import Path
import re

import pytest

from custom_components.meters_and_chargers.describe import SENSORS, UNITS
from custom_components.meters_and_chargers.engine.devices import FAMILIES
from custom_components.meters_and_chargers.engine.devices.ksem import registers
from custom_components.meters_and_chargers.engine.devices.smart_me import (
    registers as smart_me,
)
from custom_components.meters_and_chargers.engine.model import Mark, Quantity, Unit
from custom_components.meters_and_chargers.engine.protocols.modbus import Table

ROOT = Path(__file__).parent.parent / "custom_components" / "meters_and_chargers"
TABLES = [
    pytest.param(table, id=f"{module.__name__.rsplit('.', 2)[1]}-{name}")
    for module in (registers, smart_me)
    for name, table in vars(module).items()
    if isinstance(table, Table)
]


@pytest.mark.parametrize("table", TABLES)
def test_every_table_names_its_source_and_mark(table: Table) -> None:
    """A table without a document is refused."""
    assert len(table.source) > 20
    assert isinstance(table.mark, Mark)


@pytest.mark.parametrize("table", TABLES)
def test_rows_of_a_table_do_not_overlap(table: Table) -> None:
    """Two values never share a register, and a point stands only once."""
    rows = sorted(table.rows, key=lambda row: row.address)
    for row, following in pairwise(rows):
        assert row.end <= following.address, (row, following)
    assert len(set(table.points)) == len(table.points)


@pytest.mark.parametrize("table", TABLES)
def test_every_row_lies_in_one_block_that_one_request_can_read(table: Table) -> None:
    """No row is forgotten, none is read twice, no request asks for too much."""
    for row in table.rows:
        assert sum(block.holds(row) for block in table.blocks) == 1, row
    assert all(block.count <= 125 for block in table.blocks)


def test_written_registers_name_their_source() -> None:
    """What is written outside a table has a source and a mark as well."""
    assert "Modbus TCP" in smart_me.CURRENT_SOURCE
    assert smart_me.CURRENT_MARK is Mark.DOCUMENTED
    assert smart_me.SERIAL_MARK is Mark.DOCUMENTED


def test_every_quantity_and_unit_is_described() -> None:
    """A quantity without device class or unit would make a nameless sensor."""
    assert set(SENSORS) == set(Quantity)
    assert set(UNITS) == set(Unit)


def _texts(language: str) -> dict[str, object]:
    texts: dict[str, object] = json.loads(
        (ROOT / "translations" / f"{language}.json").read_text()
    )
    return texts


def _keys(tree: object, path: str = "") -> dict[str, str]:
    if not isinstance(tree, dict):
        return {path: str(tree)}
    return {
        key: text
        for name, part in tree.items()
        for key, text in _keys(part, f"{path}.{name}" if path else name).items()
    }


LANGUAGES = sorted(path.stem for path in (ROOT / "translations").glob("*.json"))


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_language_has_the_same_keys_and_placeholders(language: str) -> None:
    """A missing or stale key, or a lost placeholder, is refused."""
    english, other = _keys(_texts("en")), _keys(_texts(language))
    assert other.keys() == english.keys()
    for key, text in english.items():
        placeholders = re.findall(r"{\w+}", text)
        assert sorted(re.findall(r"{\w+}", other[key])) == sorted(placeholders), key
        assert other[key] == other[key].strip(), key


def test_every_sensor_has_a_name() -> None:
    """Each point of each family has a translation; device classes don't suffice."""
    keys = _keys(_texts("en"))
    for param in TABLES:
        table = param.values[0]
        assert isinstance(table, Table)
        for point in table.points:
            suffix = "" if point.phase == "total" else "_phase"
            assert f"entity.sensor.{point.quantity}{suffix}.name" in keys


def test_every_family_has_its_words() -> None:
    """Menu, form and the hint for a closed port exist for each family."""
    keys = _keys(_texts("en"))
    for key, family in FAMILIES.items():
        assert f"config.step.user.menu_options.{key}" in keys
        assert f"config.step.{key}.title" in keys
        assert f"config.error.port_closed_{key}" in keys
        for question in family.questions:
            assert f"config.step.{key}.data.{question.key}" in keys


def test_every_translation_key_in_the_code_exists() -> None:
    """An exception text that Home Assistant can't find would show its key."""
    keys = _keys(_texts("en"))
    for path in ROOT.glob("*.py"):
        for node in ast.walk(ast.parse(path.read_text())):
            if (
                isinstance(node, ast.keyword)
                and node.arg == "translation_key"
                and isinstance(node.value, ast.Constant)
            ):
                name = node.value.value
                known = (
                    f"exceptions.{name}.message",
                    f"selector.{name}.options.off",
                    f"issues.{name}.title",
                )
                assert any(key in keys for key in known), (path.name, name)


def test_icons_belong_to_entities_that_exist() -> None:
    """A stale icon key is refused."""
    keys = _keys(_texts("en"))
    icons = json.loads((ROOT / "icons.json").read_text())
    for platform, entities in icons["entity"].items():
        for key in entities:
            assert f"entity.{platform}.{key}.name" in keys
