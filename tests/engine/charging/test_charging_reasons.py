"""Each reason belongs to one stage, as the table of the reason line says."""

import pytest

from custom_components.meters_and_chargers.engine.charging import (
    STAGES,
    Explanation,
    Reason,
    Stage,
)


@pytest.mark.parametrize("reason", Reason)
def test_every_reason_has_a_stage(reason: Reason) -> None:
    """None is left out, or in two."""
    assert Explanation(reason).stage is STAGES[reason]


def test_every_stage_has_a_reason() -> None:
    """A stage that nothing leads to would never be shown."""
    assert set(STAGES.values()) == set(Stage)
