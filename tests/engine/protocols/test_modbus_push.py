"""From written words to samples: never a value of two of them."""

from itertools import pairwise

from hypothesis import given, settings
from hypothesis import strategies as st
import pytest

from custom_components.meters_and_chargers.engine.devices.ksem import registers
from custom_components.meters_and_chargers.engine.model import (
    PHASES,
    Mark,
    Phase,
    Point,
    Quantity,
    Sample,
)
from custom_components.meters_and_chargers.engine.protocols.modbus import (
    Block,
    Encoding,
    Pushed,
    Row,
    SampleBuilder,
    Table,
)

PUSHED = registers.PUSHED
CYCLE_S = 0.2
WORDS = 24
SMALL = Pushed(
    blocks=(Block(0, WORDS),),
    tables=(
        Table(
            source="Made for this test: counters of four registers, and of two",
            mark=Mark.DOCUMENTED,
            blocks=(Block(0, WORDS),),
            rows=(
                # Of any size and sign, unlike all other quantities.
                *(
                    Row(Point(Quantity.TARIFF, part=str(at)), at, encoding, 1)
                    for at, encoding in (
                        *((at, Encoding.UINT64) for at in (0, 4, 8, 12)),
                        (18, Encoding.UINT32),
                        (21, Encoding.UINT32),
                    )
                ),
            ),
        ),
    ),
)


def raw(words: list[int]) -> bytes:
    """Return words as bytes."""
    return b"".join(word.to_bytes(2) for word in words)


def pushed_in(builder: SampleBuilder, writes: list[tuple[int, int]]) -> list[Sample]:
    """Write two cycles; return what the builder told."""
    told: list[Sample] = []
    for cycle in (1, 2):
        for start, count in writes:
            told += builder.write(start, raw([0] * count), cycle * CYCLE_S)
    return told


@pytest.mark.parametrize("block", PUSHED.blocks)
def test_every_value_comes_wherever_a_block_is_split(block: Block) -> None:
    """Split at each word: all of a block's values come, in each sample."""
    expected = {row.point for row in PUSHED.rows if block.holds(row)}
    for at in range(block.start + 1, block.end):
        writes = [(block.start, at - block.start), (at, block.end - at)]
        told = pushed_in(SampleBuilder(PUSHED), writes)
        assert len(told) == 2, at
        for sample in told:
            assert expected <= sample.points, at


def test_net_powers_are_computed() -> None:
    """Import less export, of the total and each phase, as by polling."""
    builder = SampleBuilder(PUSHED)
    builder.write(0, raw([0, 1234, 0, 0]), 0)
    (sample,) = builder.finish()
    assert sample.readings == {
        Point(Quantity.POWER_IMPORT): 123.4,
        Point(Quantity.POWER_EXPORT): 0,
        Point(Quantity.POWER): 123.4,
    }
    told = pushed_in(builder, [(40, 106)])
    for phase in (*PHASES,):
        assert Point(Quantity.POWER, phase) in told[-1].points
    assert Point(Quantity.POWER, Phase.TOTAL) not in told[-1].points


def test_first_sample_is_told_after_a_pause_and_later_ones_at_once() -> None:
    """What a meter writes each cycle is learnt from the first."""
    builder = SampleBuilder(PUSHED)
    assert builder.write(0, raw([0] * 28), 0) == []
    assert builder.write(40, raw([0] * 106), 0.01) == []
    assert builder.waiting
    (first,) = builder.finish()
    assert not builder.waiting
    assert builder.finish() == []
    assert builder.write(0, raw([0] * 28), CYCLE_S) == []
    (second,) = builder.write(40, raw([0] * 106), CYCLE_S + 0.01)
    assert second.points == first.points
    assert second.at == CYCLE_S


def test_implausible_value_is_named_but_not_told(
    expected_logs: list[str], caplog: pytest.LogCaptureFixture
) -> None:
    """A value that can't be is missing, logged once, and its end once."""
    expected_logs.append("implausible")
    caplog.set_level("INFO")
    builder = SampleBuilder(PUSHED)
    power = Point(Quantity.POWER_IMPORT)
    for cycle, word in enumerate((0xFFFF, 0xFFFF, 0)):
        (sample,) = [
            *builder.write(0, raw([word, word]), cycle * CYCLE_S),
            *builder.finish(),
        ]
        assert power in sample.points
        assert (power in sample.readings) is (word == 0)
    said = [r.message for r in caplog.records if "register 0" in r.message]
    assert len(said) == 1
    assert "power_import can be read again" in caplog.messages


def test_words_between_blocks_are_nobodys() -> None:
    """Only what lies wholly in one documented block may be written."""
    assert PUSHED.takes(0, 28)
    assert PUSHED.takes(592, 123)
    assert PUSHED.takes(715, 77)
    for start, count in ((0, 29), (28, 1), (39, 2), (146, 2), (512, 41), (592, 201)):
        assert not PUSHED.takes(start, count), start


# The property


@st.composite
def plans(draw: st.DrawFn) -> list[tuple[int, int]]:
    """Draw what a meter writes in each cycle: parts of the map, in any order."""
    cuts = sorted(draw(st.sets(st.integers(1, WORDS - 1), max_size=8)))
    edges = [0, *cuts, WORDS]
    writes = [(first, end - first) for first, end in pairwise(edges)]
    kept = draw(st.lists(st.sampled_from(writes), min_size=1, unique=True))
    return draw(st.permutations(kept))


short = st.floats(0, 0.09)
"""Pauses inside a cycle; after a stall of ours also between two."""
long = st.floats(0.11, 5)


@st.composite
def connections(draw: st.DrawFn) -> list[tuple[bool, float, list[tuple[int, int]]]]:
    """Draw what comes on one connection: cycles, each after a pause or none.

    What is written changes, and a cycle is left unfinished, only before a pause.
    """
    cycles = []
    plan = draw(plans())
    for _ in range(draw(st.integers(1, 6))):
        change = draw(st.booleans())
        if change:
            plan = draw(plans())
        cycles.append((change, draw(long if change else short | long), plan))
    return cycles


@settings(max_examples=400, deadline=None)
@given(st.lists(connections(), min_size=1, max_size=4), st.data())
def test_no_value_is_put_together_from_two_samples(
    whole: list[list[tuple[bool, float, list[tuple[int, int]]]]], data: st.DataObject
) -> None:
    """Each word says its cycle: a value of another one's words is found at once."""
    cycle, now = 0, 0.0
    for connection in whole:
        builder = SampleBuilder(SMALL)
        told: list[Sample] = []
        unfinished = False
        for _change, pause, plan in connection:
            now += max(pause, 0.11) if unfinished else pause
            cycle += 1
            cut = data.draw(st.integers(1, len(plan)))
            unfinished = cut < len(plan)
            for start, count in plan[:cut]:
                now += data.draw(short)
                told += builder.write(start, raw([cycle] * count), now)
        told += builder.finish()
        for sample in told:
            for row in SMALL.rows:
                if (value := sample.readings.get(row.point)) is not None:
                    assert len(set(row.encoding.encode(int(value)))) == 1, row


@settings(max_examples=200, deadline=None)
@given(
    st.lists(
        st.tuples(st.integers(0, WORDS - 1), st.integers(1, WORDS), short | long),
        max_size=40,
    )
)
def test_any_writes_at_all_leave_values_of_one_run(
    writes: list[tuple[int, int, float]],
) -> None:
    """Whatever is written: a value's words followed each other without a pause."""
    builder = SampleBuilder(SMALL)
    log: list[tuple[int, int, float]] = []
    now = 0.0
    for start, wanted, pause in writes:
        count = min(wanted, WORDS - start)
        now += pause
        told = builder.write(start, raw([len(log)] * count), now)
        log.append((start, start + count, now))
        for sample in told:
            for row in SMALL.rows:
                if (value := sample.readings.get(row.point)) is None:
                    continue
                numbers = row.encoding.encode(int(value))
                used = range(min(numbers), max(numbers) + 1)
                assert numbers == sorted(numbers)
                for before, after in pairwise(used):
                    assert log[before][1] == log[after][0]
                    assert log[after][2] - log[before][2] <= 0.1
