"""Currents of three phases, and the ten-minute rule: pure, without any station."""

from hypothesis import given
from hypothesis import strategies as st
import pytest

from custom_components.meters_and_chargers.engine.devices.smart_me.currents import (
    PhaseCurrents,
)
from custom_components.meters_and_chargers.engine.devices.smart_me.limits import (
    LOCK_MS,
    PhaseMemory,
    admit,
    may_have_written,
    moves,
    waits_until,
    wrote,
)
from custom_components.meters_and_chargers.engine.model import OutOfRange

ALL = PhaseCurrents.alike(10_000)
L3 = PhaseCurrents(0, 0, 10_000)
PAUSE = PhaseCurrents.alike(0)

currents = st.builds(
    PhaseCurrents,
    *[st.sampled_from([0, *range(6000, 17_000, 1000)]) for _ in range(3)],
)
writes = st.lists(
    st.tuples(currents, st.integers(1, 400_000), st.booleans()), max_size=30
)


numbers = st.one_of(
    st.integers(-(2**31), 2**32),
    st.integers(-1, 7000),
    st.integers(-1, 7).map(lambda amperes: amperes * 1000),
    st.sampled_from([499, 500, 6_400_000, 6_401_000]),
)


@given(numbers, numbers, numbers)
def test_no_number_that_counts_as_amperes_can_be_made(
    l1: int, l2: int, l3: int
) -> None:
    """Whatever is asked for: each number is 0 or 6,000 and more, or there is none."""
    values = (l1, l2, l3)
    fine = all(
        value == 0 or (6000 <= value <= 6_400_000 and value % 1000 == 0)
        for value in values
    )
    try:
        made = tuple(PhaseCurrents(*values))
    except OutOfRange:
        assert not fine
    else:
        assert fine
        assert made == values


@given(*[st.integers(0, 499) for _ in range(3)])
def test_the_range_of_the_trap_holds_zero_alone(l1: int, l2: int, l3: int) -> None:
    """Numbers up to 499 would be amperes: of them only 0 can be told."""
    if l1 or l2 or l3:
        with pytest.raises(OutOfRange):
            PhaseCurrents(l1, l2, l3)
    else:
        assert PhaseCurrents(l1, l2, l3).paused


@pytest.mark.parametrize(
    ("told", "pattern", "offered_ma"),
    [
        ((6000, 6000, 8000), (1, 1, 1), 6000),
        ((0, 8000, 0), (0, 2, 0), 8000),
        ((0, 8000, 10_000), (0, 1, 2), 10_000),
        ((0, 10_000, 8000), (0, 2, 1), 10_000),
        ((0, 8000, 8000), (0, 2, 2), 8000),
        ((0, 0, 0), (0, 0, 0), 0),
    ],
)
def test_what_a_station_makes_of_them(
    told: tuple[int, int, int], pattern: tuple[int, int, int], offered_ma: int
) -> None:
    """Three phases at the least of them, else one at the largest."""
    made = PhaseCurrents(*told)
    assert made.pattern == pattern
    assert made.offered_ma == offered_ma


def test_a_change_waits_for_ten_minutes() -> None:
    """From three phases to one: ten minutes after the phases began to be known."""
    memory = wrote(PhaseMemory(), ALL, now_ms=1000, day=1)
    assert admit(memory, L3, 1001).now is None
    assert admit(memory, L3, 1001).later == L3
    assert waits_until(memory, L3, 1001) == 1000 + LOCK_MS
    assert admit(memory, L3, 999 + LOCK_MS).now is None
    assert admit(memory, L3, 1000 + LOCK_MS).now == L3


def test_current_and_pause_never_wait() -> None:
    """Less, more, off and on again on the same phases move no relay."""
    memory = wrote(PhaseMemory(), ALL, 0, 1)
    for told in (PhaseCurrents.alike(6000), PhaseCurrents(6000, 7000, 8000), PAUSE):
        assert admit(memory, told, 1).now == told
    memory = wrote(memory, PAUSE, 1, 1)
    assert admit(memory, ALL, 2).now == ALL
    assert admit(memory, L3, 2).now is None
    assert wrote(memory, ALL, 2, 1).total == 0


def test_the_larger_of_two_phases_counts() -> None:
    """A single station charges on the larger: another larger one moves its relays."""
    memory = wrote(PhaseMemory(), PhaseCurrents(0, 8000, 10_000), 0, 1)
    assert admit(memory, PhaseCurrents(0, 8000, 9000), 1).now is not None
    assert admit(memory, PhaseCurrents(0, 10_000, 8000), 1).now is None


def test_a_fuse_drops_phases_at_once() -> None:
    """Urgent and lower on each phase: written, counted, and a new ten minutes."""
    memory = wrote(PhaseMemory(), ALL, 0, 1)
    assert admit(memory, L3, 5, urgent=True).now == L3
    memory = wrote(memory, L3, 5, 1)
    assert (memory.changes, memory.total, memory.urgent) == (1, 1, 1)
    assert waits_until(memory, ALL, 6) == 5 + LOCK_MS


def test_urgent_is_no_way_round() -> None:
    """What an urgent wish raises waits; what it lowers does not."""
    memory = wrote(PhaseMemory(), PhaseCurrents(10_000, 0, 0), 0, 1)
    step = admit(memory, L3, 5, urgent=True)
    assert (step.now, step.later) == (PAUSE, L3)
    memory = wrote(memory, PAUSE, 5, 1)
    step = admit(memory, L3, 6, urgent=True)
    assert (step.now, step.later) == (None, L3)
    assert memory.total == 0


def test_changes_are_counted_by_day() -> None:
    """Today's begin anew with the day, the total does not."""
    memory = wrote(PhaseMemory(), ALL, 0, 1)
    memory = wrote(memory, L3, LOCK_MS, 1)
    memory = wrote(memory, ALL, 2 * LOCK_MS, 1)
    assert (memory.changes_on(1), memory.total, memory.urgent) == (2, 2, 0)
    assert memory.changes_on(2) == 0
    memory = wrote(memory, L3, 3 * LOCK_MS, 2)
    assert (memory.changes_on(2), memory.total) == (1, 3)


def test_a_write_without_an_answer_counts_as_a_change() -> None:
    """The relays may have moved: the way back waits, the same again does not."""
    memory = wrote(PhaseMemory(), ALL, 0, 1)
    memory = may_have_written(memory, L3, LOCK_MS, 1)
    assert memory.told == ALL
    assert admit(memory, L3, LOCK_MS + 1).now == L3
    assert admit(memory, ALL, LOCK_MS + 1).now is None


@given(writes)
def test_changes_are_ten_minutes_apart_whoever_writes(
    wishes: list[tuple[PhaseCurrents, int, bool]],
) -> None:
    """Any two changes of the phases, but those that only lower what an urgency asks."""
    memory, now_ms = PhaseMemory(), 0
    last_ms: int | None = None
    for wanted, after_ms, urgent in wishes:
        now_ms += after_ms
        told = admit(memory, wanted, now_ms, urgent=urgent).now
        if told is None:
            continue
        if moves(memory, told):
            early = last_ms is not None and now_ms < last_ms + LOCK_MS
            assert memory.told is not None
            only_lowers = all(
                new <= old for new, old in zip(told, memory.told, strict=True)
            )
            assert not early or (urgent and only_lowers)
            last_ms = now_ms
        elif memory.in_use is None and not told.paused:
            last_ms = now_ms
        memory = wrote(memory, told, now_ms, day=0)


@given(writes)
def test_an_urgent_wish_is_never_exceeded(
    wishes: list[tuple[PhaseCurrents, int, bool]],
) -> None:
    """After an urgent wish no phase may carry more than it says."""
    memory, now_ms = PhaseMemory(), 0
    for wanted, after_ms, urgent in wishes:
        now_ms += after_ms
        told = admit(memory, wanted, now_ms, urgent=urgent).now
        if told is not None:
            memory = wrote(memory, told, now_ms, day=0)
        if urgent and memory.told is not None:
            assert all(
                may <= most for may, most in zip(memory.told, wanted, strict=True)
            )
