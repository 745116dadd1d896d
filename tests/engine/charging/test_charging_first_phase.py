"""On one phase a charger loads its own first one, wherever the electrician put it."""

import pytest

from custom_components.meters_and_chargers.engine.charging import ChargerSettings
from custom_components.meters_and_chargers.engine.charging.switch import (
    ALL,
    ONE,
    loaded,
)

type Wires = tuple[bool, bool, bool]


@pytest.mark.parametrize(
    ("phases", "first", "one"),
    [
        ((True, True, True), 0, (True, False, False)),
        ((True, True, True), 1, (False, True, False)),
        ((True, True, True), 2, (False, False, True)),
        ((True, True, False), 2, (True, False, False)),
        ((True, False, True), 1, (False, False, True)),
    ],
)
def test_one_phase_is_the_chargers_own_first(
    phases: Wires, first: int, one: Wires
) -> None:
    """Counted on from where its L1 is, to the first that is connected."""
    settings = ChargerSettings(
        key="garage", phases=phases, switches_phases=True, first_phase=first
    )
    assert loaded(settings, ONE) == one
    assert loaded(settings, ALL) == phases
