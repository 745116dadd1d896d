"""Rules which hold for every family, present and future."""

from collections.abc import Iterable, Iterator
from itertools import pairwise
import json
from pathlib import Path
import re

import pytest

from custom_components.meters_and_chargers.config_flow import _problem
from custom_components.meters_and_chargers.coordinator import error_key
from custom_components.meters_and_chargers.describe import SENSORS, UNITS
from custom_components.meters_and_chargers.engine.charging import Mode, Reason
from custom_components.meters_and_chargers.engine.devices import FAMILIES
from custom_components.meters_and_chargers.engine.devices.cfos import (
    registers as cfos,
)
from custom_components.meters_and_chargers.engine.devices.cfos import (
    web as cfos_web,
)
from custom_components.meters_and_chargers.engine.devices.diris import (
    registers as diris,
)
from custom_components.meters_and_chargers.engine.devices.ksem import registers
from custom_components.meters_and_chargers.engine.devices.ksem.emobility import (
    ChargeMode,
    PhaseUse,
)
from custom_components.meters_and_chargers.engine.devices.ocpp_charger import (
    ACTIVITIES,
    CARDS,
    SECURITY_EVENTS,
    STATUSES,
    measurands,
)
from custom_components.meters_and_chargers.engine.devices.smart_me import (
    registers as smart_me,
)
from custom_components.meters_and_chargers.engine.model import (
    DeviceError,
    Mark,
    Phase,
    Quantity,
    Unit,
)
from custom_components.meters_and_chargers.engine.protocols.modbus import Table
from custom_components.meters_and_chargers.event import CARD_PRESENTED
from custom_components.meters_and_chargers.site_options import FIGURES

ROOT = Path(__file__).parent.parent / "custom_components" / "meters_and_chargers"
TABLES = [
    pytest.param(table, id=f"{module.__name__.rsplit('.', 2)[1]}-{name}")
    for module in (registers, smart_me, cfos, diris)
    for name, found in vars(module).items()
    for table in (found if isinstance(found, tuple) else (found,))
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
    assert "flash" in cfos.WRITABLE_SOURCE
    assert cfos.WRITABLE_MARK is Mark.AGREED
    assert cfos.IDENTITY_MARK is Mark.DOCUMENTED
    assert "HTTP API" in cfos_web.SOURCE
    assert cfos_web.MARK is Mark.AGREED


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


def test_every_sensor_has_a_name() -> None:
    """Each point has a name, device classes don't suffice; each name has a point."""
    points = {measurand.point for measurand in measurands.table(1).values()}
    for param in TABLES:
        table = param.values[0]
        assert isinstance(table, Table)
        points.update(table.points)
    named = {
        key
        for key in _keys(_texts("en"))
        if (said := re.fullmatch(r"entity\.sensor\.(\w+?)(_phase)?\.name", key))
        and said[1] in set(Quantity)
    }
    assert named == {
        f"entity.sensor.{point.quantity}"
        f"{'' if point.phase is Phase.TOTAL else '_phase'}.name"
        for point in points
    }


def test_every_family_has_its_words() -> None:
    """Menu, form and the hint for a closed port exist for each family."""
    keys = _keys(_texts("en"))
    for key, family in FAMILIES.items():
        assert f"config.step.user.menu_options.{key}" in keys
        assert f"config.step.{key}.title" in keys
        assert f"config.error.port_closed_{key}" in keys
        for question in family.questions:
            assert f"config.step.{key}.data.{question.key}" in keys


def test_every_figure_of_a_site_has_its_words() -> None:
    """No option of a site is shown by its key, and none is left unexplained."""
    keys = _keys(_texts("en"))
    for key, figure in FIGURES.items():
        for kind in ("data", "data_description"):
            assert f"options.step.site.sections.{figure.section}.{kind}.{key}" in keys


@pytest.mark.parametrize(
    ("place", "states"),
    [
        ("entity.sensor.reason.state", Reason),
        ("entity.sensor.connector_status.state", STATUSES),
        ("entity.select.charge_mode.state", Mode),
        ("selector.charge_mode.options", Mode),
        ("entity.select.wallbox_charge_mode.state", ChargeMode),
        ("entity.select.wallbox_phase_use.state", PhaseUse),
        (
            "entity.event.activity.state_attributes.event_type.state",
            (*ACTIVITIES, CARD_PRESENTED),
        ),
        ("entity.event.cards.state_attributes.event_type.state", CARDS),
        ("entity.event.security.state_attributes.event_type.state", SECURITY_EVENTS),
    ],
)
def test_every_state_has_its_word(place: str, states: Iterable[str]) -> None:
    """No state is shown by its key, and no word is left of a state that is gone."""
    named = {key.removeprefix(f"{place}.") for key in _keys(_texts("en"))}
    assert set(states) == {key for key in named if "." not in key}


def _kinds(error: type[DeviceError]) -> Iterator[type[DeviceError]]:
    yield error
    for kind in error.__subclasses__():
        yield from _kinds(kind)


def test_every_error_of_a_device_has_its_words() -> None:
    """Whatever goes wrong with a device, Home Assistant finds the text of its key."""
    keys = _keys(_texts("en"))
    for kind in _kinds(DeviceError):
        assert f"exceptions.{error_key(kind('found'))}.message" in keys
        for family in FAMILIES:
            assert f"config.error.{_problem(kind('found'), family)}" in keys
